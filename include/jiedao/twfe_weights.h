/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a two-way fixed-effects coefficient averages (de Chaisemartin and D'Haultfoeuille 2020,
 * Two-way fixed effects estimators with heterogeneous treatment effects, American Economic Review
 * 110, theorem 1): under parallel trends
 *
 *      E[beta] = E[ sum over treated cells of (N_gt / N_1) w_gt Delta_gt ],
 *
 *  the weights on cells' effects adding to 1, though some may be negative. */
#ifndef JIEDAO_TWFE_WEIGHTS_H
#define JIEDAO_TWFE_WEIGHTS_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** The weight of one cohort's effects in one period. */
typedef struct jd_twfe_weight {
    int32_t cohort, time; /**< cohort 0 where treatment does not last: cells of a period together */
    int64_t n_rows;       /**< treated rows */
    double weight;        /**< sum of their weights */
} jd_twfe_weight_t;

/** Zero it first; cells are owned. */
typedef struct jd_twfe_weights {
    double estimate;                /**< the coefficient */
    int64_t n_positive, n_negative; /**< treated rows by the sign of their weight */
    double sum_positive, sum_negative;
    double sigma_zero;     /**< the smallest standard deviation of effects between treated cells at
                                which their mean may be 0 (corollary 1, i) */
    double sigma_opposite; /**< and at which all may have the sign opposite to the coefficient's
                                (ii); NaN where no weight is negative: then none is large enough */
    int n_cells;
    jd_twfe_weight_t *cell; /**< [n_cells] by cohort, then period */
} jd_twfe_weights_t;

/** Weights of the estimator twfe of y [panel.n] on the panel (its weights, covariates, further
 * fixed effects and options). Errors: those of preparing and estimating. Cost: those, and a sort of
 * the treated rows. */
JD_API JD_MUST_USE int jd_twfe_weights_find(jd_twfe_weights_t *weights, const jd_panel_t *panel,
                                            const double *y, const jd_did_options_t *options,
                                            jd_ctx_t *ctx);
JD_API void jd_twfe_weights_free(jd_twfe_weights_t *weights);

JD_END_DECLS

#endif
