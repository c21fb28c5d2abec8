/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A number for people: one rule for every screen and for tables in papers. */
#ifndef JD_CORE_SHOWN_H
#define JD_CORE_SHOWN_H

#include <stdbool.h>

#include "jiedao/export.h"

enum { JD_SHOWN = 32 };

/** Five decimals below 10, three below 1000, one beyond: an estimate, its error and its parts stand
 *  with the same decimals, so that parts can be added up by eye. Powers of ten with three digits
 *  below 1e-4 and from 1e7 on; 0 for what is rounding (below 1e-12); "-" for a missing number.
 *  At most nine characters below 1e6; `sign` puts a plus before what is above 0. Returns the
 *  buffer. */
JD_API const char *jd_shown(double x, bool sign, char buffer[JD_SHOWN]);

/** The same without a plus for numbers in units of an outcome no larger than `size`: of a small one
 *  rounding is what lies below 1e-12 of it. */
JD_API const char *jd_shown_of(double x, double size, char buffer[JD_SHOWN]);

#endif
