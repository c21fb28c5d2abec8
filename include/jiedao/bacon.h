/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What static two-way fixed effects compare with what (Goodman-Bacon 2021,
 * Difference-in-differences with variation in treatment timing, Journal of Econometrics 225): the
 * coefficient is a weighted mean of all 2x2 comparisons of two cohorts, weights positive, adding to
 * 1 (theorem 1). With covariates X (section 5.2) a part of the coefficient comes from units of one
 * cohort whose X move apart: beta = Omega beta_within + (1 - Omega) beta_between, and only the
 * second is a mean over pairs of cohorts, each pair once. */
#ifndef JIEDAO_BACON_H
#define JIEDAO_BACON_H

#include "jiedao/panel.h"

JD_BEGIN_DECLS

typedef enum jd_bacon_kind {
    JD_BACON_UNTREATED,  /**< treated against never treated */
    JD_BACON_EARLY_LATE, /**< earlier treated against later treated, before these are */
    JD_BACON_LATE_EARLY, /**< later treated against earlier treated, which are already */
    JD_BACON_ALWAYS,     /**< treated against treated in all periods */
    JD_BACON_BOTH, /**< with covariates: two cohorts treated in turn, both comparisons in one */
    JD_BACON_KINDS
} jd_bacon_kind_t;

/** One 2x2 comparison. */
typedef struct jd_bacon_pair {
    int32_t treated, control; /**< first treated periods; control 0 = never; with covariates
                                   treated is the earlier of the two */
    jd_bacon_kind_t kind;
    double estimate, weight;
} jd_bacon_pair_t;

/** Zero it first; pairs are owned. */
typedef struct jd_bacon {
    int n_pairs;
    jd_bacon_pair_t *pairs; /**< [n_pairs] by treated cohort, then by control */
    double estimate;        /**< the two-way fixed-effects coefficient */
    double kind_weight[JD_BACON_KINDS];
    double
        kind_estimate[JD_BACON_KINDS]; /**< weighted mean of the kind; NaN where it has no pair */
    double between; /**< weighted sum of the pairs; the coefficient itself without covariates */
    double omega;   /**< weight of the part within cohorts; 0 without covariates */
    double within;  /**< that part; NaN where omega is 0 */
} jd_bacon_t;

/** Decomposes the coefficient of y [panel.n] on treatment, the panel's covariates, unit and period
 *  effects. The panel must be balanced, unweighted, without further effects, its treatment
 *  absorbing, its covariates complete; rows may lie in any order. Cohorts after the last period
 *  count as never treated.
 *  Errors: JD_ERR_DATA, JD_ERR_UNSUPPORTED, JD_ERR_NO_TREATED, JD_ERR_NO_CONTROLS, those of twfe.
 *  Cost: O(rows + cohorts^2 periods), and with covariates a fit of twfe. */
JD_API JD_MUST_USE int jd_bacon_decompose(jd_bacon_t *bacon, const jd_panel_t *panel,
                                          const double *y, jd_ctx_t *ctx);
JD_API void jd_bacon_free(jd_bacon_t *bacon);

/** "Treated vs Untreated", ... */
JD_API const char *jd_bacon_kind_name(jd_bacon_kind_t kind);

JD_END_DECLS

#endif
