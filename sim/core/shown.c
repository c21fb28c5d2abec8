/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/shown.h"

#include <math.h>
#include <stdio.h>

static const char *show(double x, bool sign, double rounding, char buffer[JD_SHOWN])
{
    double size = fabs(x);
    if (isnan(x))
        snprintf(buffer, JD_SHOWN, "-");
    else if (size < rounding || x == 0)
        snprintf(buffer, JD_SHOWN, "0");
    else if (size < 1e-4 || size >= 1e7)
        snprintf(buffer, JD_SHOWN, sign ? "%+.2e" : "%.2e", x);
    else
        snprintf(buffer, JD_SHOWN, sign ? "%+.*f" : "%.*f", size < 10 ? 5 : size < 1000 ? 3 : 1, x);
    return buffer;
}

const char *jd_shown(double x, bool sign, char buffer[JD_SHOWN])
{
    return show(x, sign, 1e-12, buffer);
}

const char *jd_shown_of(double x, double size, char buffer[JD_SHOWN])
{
    return show(x, false, 1e-12 * fmin(1, size), buffer);
}
