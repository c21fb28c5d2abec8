/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tests that need no law for the errors across many clusters: treatment re-randomised
 *  (randomisation inference), and the controls' own residuals as the law of few treated units. */
#ifndef JIEDAO_RANDOMISATION_H
#define JIEDAO_RANDOMISATION_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** What is compared between assignments. */
typedef enum jd_randomisation_statistic {
    JD_RANDOMISE_T,          /**< |estimate / standard error|, studentised: the default (MacKinnon,
                                Webb 2020, Randomization inference for difference-in-differences with
                                few treated clusters, Journal of Econometrics 218) */
    JD_RANDOMISE_COEFFICIENT /**< |estimate|: exact under the sharp null only */
} jd_randomisation_statistic_t;

/** Zeroed = 999 permutations of cohorts among the panel's units, t statistic. */
typedef struct jd_randomisation_options {
    jd_randomisation_statistic_t statistic;
    int by_cluster; /**< 1: among panel.cluster, whose units must then share a cohort; else among
                       units */
    const int32_t *stratum; /**< [rows] cohorts move within these only, constant within who moves;
                               NULL = none; borrowed */
    jd_vcov_options_t vcov; /**< of the standard errors; draws and seed of the permutations */
    double null; /**< effect tested, taken off treated rows first (not zero: sharp null of a
                    constant effect) */
} jd_randomisation_options_t;

/** Zero it first. */
typedef struct jd_randomisation {
    double estimate, statistic; /**< as observed; the statistic with its sign */
    double p_value;         /**< share of assignments at least as extreme, the observed one among
                               them; one-sided below */
    double p_left, p_right; /**< against smaller and larger values */
    int64_t draws;          /**< assignments compared with */
    int64_t refused;        /**< of them, those whose effect is not identified; not counted */
    int enumerated;         /**< 1: all distinct assignments (at most as many as draws) */
    int32_t n_movers;       /**< units or clusters */
    double *law;            /**< [draws] owned: statistics with their sign, NaN where refused */
} jd_randomisation_t;

/** Randomisation inference for the first term of kind JD_TERM_OVERALL, or the first term, of any
 *  estimator: cohorts are permuted, the estimator is prepared and applied again. A treatment path
 *  must be absorbing. options NULL = zeroed. Errors: those of jd_design_prepare() and
 *  jd_design_infer() on the data as they are; JD_ERR_DATA where cohorts differ within a mover or
 *  all movers have the same path. Cost: draws + 1 estimates, permutations in parallel; the same
 * bits for any threads. */
JD_API JD_MUST_USE int
jd_randomisation_test(jd_randomisation_t *result, const jd_estimator_t *estimator,
                      const jd_panel_t *panel, const jd_did_options_t *how, const double *y,
                      const jd_randomisation_options_t *options, jd_ctx_t *ctx);
JD_API void jd_randomisation_free(jd_randomisation_t *result);

/** Zero it first. */
typedef struct jd_conley_taber {
    double estimate;
    double p_value;         /**< twice the share of placebos at least as far out on the estimate's
                               side, itself counted among them: at least 2 / (draws + 1), and at
                               most 1 - level where [ci_low, ci_high] leaves the null out */
    double ci_low, ci_high; /**< estimate less the law's outer quantiles */
    int32_t n_treated, n_controls;
    int64_t draws;  /**< placebo effects */
    int enumerated; /**< 1: every different placebo: which controls get which treatment path;
                       clusters treated in the same periods are interchangeable */
    double *law;    /**< [draws] owned, sorted: estimate - effect under controls' errors */
} jd_conley_taber_t;

/** Conley and Taber 2011 (Inference with "difference in differences" with a small number of policy
 *  changes, Review of Economics and Statistics 93, equations 5-8): few treated clusters, many
 *  controls. The treated clusters' treatment paths are put on controls' residuals, period means of
 * a `twfe` design [design, y over the panel's rows]; the law of
 *      sum of (d_jt - d_j) e_ct / sum of (d_jt - d_j)^2
 *  over treated j and controls c is that of the estimation error. Clusters are the design's; all
 *  rows of a cluster and period must share their treatment, and all clusters their periods.
 *  options' draws (9,999) and seed count where the placebos are more than that; level in (0, 1).
 *  More than 10 treated clusters or fewer than 20 controls are reported through jd_warn().
 *  Errors: JD_ERR_UNSUPPORTED (another estimator), JD_ERR_DATA. Same bits for any threads.
 *  Cost: one regression, draws x treated x periods. */
JD_API JD_MUST_USE int jd_conley_taber_test(jd_conley_taber_t *result, const jd_design_t *design,
                                            const double *y, double null, double level,
                                            const jd_vcov_options_t *options, jd_ctx_t *ctx);
JD_API void jd_conley_taber_free(jd_conley_taber_t *result);

JD_END_DECLS

#endif
