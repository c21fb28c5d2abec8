/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a test of the leads of an event study could have found, and what passing it does to the
 *  estimates (Roth 2022, Pretest with caution, American Economic Review: Insights 4). The pretest
 *  passes if no coefficient before the reference is significant by itself (normal law). */
#ifndef JIEDAO_PRETREND_H
#define JIEDAO_PRETREND_H

#include "jiedao/event_path.h"

JD_BEGIN_DECLS

/** jd_pretrend_defaults() sets every field. */
typedef struct jd_pretrend_options {
    double level; /**< of the intervals by which coefficients are significant, 0.95 */
    int points;   /**< quasi-random points in each of 8 shifted lattices; 0 = 4096 */
} jd_pretrend_options_t;

JD_API void jd_pretrend_defaults(jd_pretrend_options_t *options);

/** The leads as estimated, tested together: needs no violation to be named. */
typedef struct jd_pretrend_test {
    double wald, p_value; /**< b'V^-1 b of the leads, chi-squared with n_pre degrees of freedom */
    int df;
    int n_significant; /**< leads significant by themselves */
} jd_pretrend_test_t;

/** Errors: JD_ERR_ARGUMENT, JD_ERR_DATA (covariance before treatment singular). Cost: O(n_pre^3).
 */
JD_API JD_MUST_USE int jd_pretrend_test(const jd_event_path_t *path,
                                        const jd_pretrend_options_t *options,
                                        jd_pretrend_test_t *test, jd_ctx_t *ctx);

/** Zero it first; arrays are owned. n = n_pre + n_post. */
typedef struct jd_pretrend {
    double power;            /**< P(pretest does not pass) if the violation is there */
    double size;             /**< the same under parallel trends */
    double wald_power;       /**< P(the joint test rejects) if it is there */
    double bayes_factor;     /**< P(passes | violation) / P(passes | parallel trends) */
    double likelihood_ratio; /**< of the leads as estimated, likewise */
    double error;            /**< standard error of the integral behind `power` */
    int n, n_pre;
    double *violation;       /**< [n] the violation itself: the bias of each coefficient */
    double *mean;            /**< [n] the bias given that the pretest passed */
    double *coverage;        /**< [n - n_pre] of each usual interval after the reference */
    double *coverage_passed; /**< [n - n_pre] the same given that the pretest passed */
} jd_pretrend_t;

/** What a violation of parallel trends, violation [n_pre + n_post] as a bias of the coefficients,
 *  means for test and estimates. Rectangle probabilities of the normal law by Genz's transform
 *  (1992) on shifted Richtmyer lattices: deterministic, the same bits for any threads.
 *  Errors: as jd_pretrend_test(), violation not finite. Cost: O(points n_pre (n_pre + n_post)). */
JD_API JD_MUST_USE int jd_pretrend_assess(jd_pretrend_t *pretrend, const jd_event_path_t *path,
                                          const double *violation,
                                          const jd_pretrend_options_t *options, jd_ctx_t *ctx);
JD_API void jd_pretrend_free(jd_pretrend_t *pretrend);

/** The slope > 0 of a linear violation, 0 at the reference, against which the pretest has `power`,
 *  and in *wald_slope that for the joint test; 0 where a test rejects as often under parallel
 * trends, as it does with many leads. JD_ERR_ARGUMENT for a power outside (0, 1). Cost: about ten
 * integrals. */
JD_API JD_MUST_USE int jd_pretrend_slope(const jd_event_path_t *path, double power,
                                         const jd_pretrend_options_t *options, double *slope,
                                         double *wald_slope, jd_ctx_t *ctx);

JD_END_DECLS

#endif
