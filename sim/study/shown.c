/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/shown.h"

#include <math.h>
#include <stdio.h>

const char *jd_shown(double x, bool sign, char buffer[JD_SHOWN])
{
    double size = fabs(x);
    if (isnan(x))
        snprintf(buffer, JD_SHOWN, "-");
    else if (size < 1e-12)
        snprintf(buffer, JD_SHOWN, "0");
    else if (size < 1e-4 || size >= 1e7)
        snprintf(buffer, JD_SHOWN, sign ? "%+.2e" : "%.2e", x);
    else
        snprintf(buffer, JD_SHOWN, sign ? "%+.*f" : "%.*f", size < 10 ? 5 : size < 1000 ? 3 : 1, x);
    return buffer;
}
