/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The reduced normal equations: the largest effect is eliminated by its level means; what remains
 *  are equations S a = b of the other effects' levels,
 *
 *      S = D'WD - sum over groups g of d_g d_g' / W_g,     d_g = weights of g's rows by level,
 *
 *  solved by a dense factor, a sparse one, or conjugate gradients whose products pass over the
 * rows, whichever the effects have. */
#ifndef JD_LINEAR_ABSORB_REDUCED_H
#define JD_LINEAR_ABSORB_REDUCED_H

#include "linear/absorb/index.h"

/** Room to work on one column; a thread's own. Doubles in one block, see jd_absorb_room(). */
typedef struct jd_absorb {
    const jd_effects_t *effects;
    double *sums;                                 /* [max_levels] */
    double *b, *a;                                /* [n_small] right-hand side, solution */
    double *work;                                 /* [6 n_small] of the solver */
    double *row;                                  /* [n] of slopes, as what follows */
    double *slope_b, *slope_a, *one, *directions; /* [slope_levels], the last four times as long */
} jd_absorb_t;

/** How many doubles it takes, and it in them. */
size_t jd_absorb_size(const jd_effects_t *effects);
jd_absorb_t jd_absorb_room(const jd_effects_t *effects, double *block);

/** Factors again after `weight`, which must not be NULL, was changed. Needs sorted rows, and a
 * solver that was asked to iterate. */
JD_MUST_USE int jd_effects_reweight(jd_effects_t *effects, jd_ctx_t *ctx);
/** Solves S a = b by whatever solver the effects have; work [6 n_small]; returns 0, or why it
 * failed (solvers.h). `scale` = b'Pb before elimination, P the inverse weights of levels, says what
 *  rounding is. */
int jd_effects_solve_reduced(const jd_effects_t *effects, const double *b, double scale, double *a,
                             double *work);
void jd_solver_free(jd_effects_t *effects);

/** Takes the fixed effects without slopes out of a column. Returns 0, or 1 if it did not converge.
 */
int jd_levels_demean(const jd_absorb_t *room, double *x);

#endif
