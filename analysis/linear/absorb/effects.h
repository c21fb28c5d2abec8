/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Fixed effects, as other rooms use them: jiedao/linear.h makes them, takes them out of columns
 * and frees them; here is what designs whose rows are coded already need, and what is known of
 * them. */
#ifndef JD_LINEAR_ABSORB_EFFECTS_H
#define JD_LINEAR_ABSORB_EFFECTS_H

#include "jiedao/linear.h"

/** Indexes effects coded already: groups [n_effects] and weight [rows of the groups] are borrowed
 * for its life. Without a solver, which regressions on dummies do not need: jd_effects_ready()
 * makes it. With skip [rows of the groups] (else NULL; borrowed) of the n rows alone that it does
 * not mark, and for jd_effects_solve() alone. */
JD_MUST_USE int jd_effects_borrow(jd_effects_t **effects, int64_t n, const int8_t *skip,
                                  int n_effects, const jd_groups_t *const *groups, double *weight,
                                  jd_solver_t solver, jd_ctx_t *ctx);
/** Chooses and prepares the solver that demeaning needs; a second call does nothing. */
JD_MUST_USE int jd_effects_ready(jd_effects_t *effects, jd_ctx_t *ctx);

/** Solves A'WA a = b for the levels: level[k] [levels of effect k], in the order asked, holds b and
 *  is replaced by a solution (any two differ by what A maps to 0). b must be one that some row
 *  vector u gives, b = A'Wu. Cost: O(n), without a factor O(n) an iteration. */
JD_MUST_USE int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx);

/** 1 if the levels are solved for by the dense factor. */
int jd_effects_is_direct(const jd_effects_t *effects);
/** 1 if some level has no row. */
int jd_effects_has_empty(const jd_effects_t *effects);
/** The effect with most levels. */
const jd_groups_t *jd_effects_largest(const jd_effects_t *effects);
/** Variables whose slopes differ by level, and the levels of all of them. */
int jd_effects_slopes(const jd_effects_t *effects);
int32_t jd_effects_slope_levels(const jd_effects_t *effects);

#endif
