/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which factors an output depends on: Sobol indices of a Saltelli design, elementary effects of
 *  Morris' trajectories. Outputs may be noisy: means over replicates, whose noise is taken out. */
#ifndef JIEDAO_SENSITIVITY_H
#define JIEDAO_SENSITIVITY_H

#include "jiedao/context.h"

JD_BEGIN_DECLS

/** One factor's indices with bootstrap intervals. */
typedef struct jd_sobol_index {
    double first, first_low, first_high; /**< share of the variance explained by the factor alone */
    double total, total_low, total_high; /**< share that is gone once all others are fixed */
} jd_sobol_index_t;

/** y [n][k + 2]: for each base row the output at A, at B, and at A with column j of B, j = 0 ...
 * k-1. Rows with a NaN are left out. noise [n][k + 2] or NULL, where y are means over replicates:
 * the variance of the error of y at A, of y at B, and of each difference y_ABj - y_A. It is taken
 * out, so that the indices are of the noise-free output, whether replicates share their random
 * numbers or not. Intervals: `draws` bootstraps of base rows, percentiles at `level`. *sum, unless
 * NULL, gets the sums of all factors' indices: below 1 in `first`, the rest is interactions.
 *      first = mean(y_B (y_ABj - y_A)) / V  (Saltelli et al. 2010), y centred;
 *      total = mean((y_A - y_ABj)^2) / 2 V  (Jansen 1999).
 *  *used = rows used. Errors: JD_ERR_DATA (fewer than 4 rows, or y does not vary),
 * JD_ERR_NO_MEMORY. Cost: draws x n x k. */
JD_API JD_MUST_USE int jd_sobol_indices(const double *y, const double *noise, int64_t n, int k,
                                        int draws, uint64_t seed, double level,
                                        jd_sobol_index_t *index, jd_sobol_index_t *sum,
                                        int64_t *used, jd_ctx_t *ctx);

/** One factor's elementary effects over the trajectories. */
typedef struct jd_morris_effect {
    double mu;      /**< mean */
    double mu_star; /**< mean size (Campolongo, Cariboni, Saltelli 2007) */
    double mu_star_low, mu_star_high;
    double sigma; /**< SD: interactions, curvature, and noise */
} jd_morris_effect_t;

/** y [n][k + 1] along each trajectory, unit [n][k + 1][k] the places in the unit cube. Effects are
 * per full range of a factor. Trajectories with a NaN are left out. Errors: JD_ERR_DATA (fewer than
 * two trajectories), JD_ERR_NO_MEMORY. */
JD_API JD_MUST_USE int jd_morris_effects(const double *y, const double *unit, int64_t n, int k,
                                         int draws, uint64_t seed, double level,
                                         jd_morris_effect_t *effect, int64_t *used, jd_ctx_t *ctx);

JD_END_DECLS

#endif
