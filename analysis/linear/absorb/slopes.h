/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Slopes that differ by level. */
#ifndef JD_LINEAR_ABSORB_SLOPES_H
#define JD_LINEAR_ABSORB_SLOPES_H

#include "linear/absorb/reduced.h"

/** Takes fixed effects and slopes out of a column. Returns 0, or 1 if it did not converge. */
int jd_slopes_demean(const jd_absorb_t *room, double *x);
void jd_slopes_free(jd_effects_t *effects);

#endif
