/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef JD_TESTS_NEAR_H
#define JD_TESTS_NEAR_H

#include <math.h>

#include "support.h"

/** Fails, showing both numbers in full, unless they differ by at most `tolerance` (NaN always
 * fails). */
#define assert_near(a, b, tolerance)                                                              \
    do {                                                                                          \
        double near_a = (a), near_b = (b);                                                        \
        if (!(fabs(near_a - near_b) <= (tolerance)))                                              \
            fail_msg("%s = %.17g, not %.17g within %g", #a, near_a, near_b, (double)(tolerance)); \
    } while (0)

#endif
