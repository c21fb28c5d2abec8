/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What many replicates say of an estimator, each figure with its Monte-Carlo standard error
 * (Morris, White, Crowther 2019, Using simulation studies to evaluate statistical methods). */
#ifndef JIEDAO_MONTE_CARLO_H
#define JIEDAO_MONTE_CARLO_H

#include <stdint.h>

#include "jiedao/export.h"

JD_BEGIN_DECLS

typedef enum jd_mc_measure {
    JD_MC_TRUTH,    /**< mean of the true effects */
    JD_MC_ESTIMATE, /**< mean of the estimates */
    JD_MC_BIAS,     /**< mean of estimate - truth */
    JD_MC_SD,       /**< SD of estimate - truth */
    JD_MC_RMSE,
    JD_MC_SE_RATIO, /**< mean standard error over the SD of the estimates */
    JD_MC_COVERAGE, /**< share of intervals that hold the truth */
    JD_MC_POWER,    /**< share of intervals without 0 */
    JD_MC_TYPE_S,   /**< of these, share with the sign of the mean truth turned (Gelman, Carlin
                       2014); NaN at truth 0 */
    JD_MC_TYPE_M,   /**< of these, mean |estimate| over |mean truth| */
    JD_MC_SIZE,     /**< share rejected where there is no effect: needs null_rejected */
    JD_MC_PASSED,   /**< share that passes the pre-test: needs passed */
    JD_MC_BIAS_IF_PASSED, /**< bias of those (Roth 2022) */
    JD_MC_COVERAGE_IF_PASSED,
    JD_MC_FAILED, /**< share of fits that failed */
    JD_MC_MEASURES
} jd_mc_measure_t;

/** Replicates, in any order; arrays [n], borrowed. Failed fits are left out of them and counted. */
typedef struct jd_mc_sample {
    int64_t n;
    const double *estimate, *std_error, *ci_low, *ci_high, *truth;
    const int8_t *null_rejected; /**< 1: rejected in the same world without effect; -1 unknown; or
                                    NULL */
    const int8_t *passed;        /**< 1: no lead was significant; -1 unknown; or NULL */
    int64_t failed;
} jd_mc_sample_t;

typedef struct jd_mc_value {
    double value, mcse; /**< NaN where it cannot be said */
    int64_t n;          /**< replicates it rests on */
    double low, high;   /**< 95 % Monte-Carlo interval */
} jd_mc_value_t;

/** All measures. Errors: means SD / sqrt(n); shares sqrt(p (1 - p) / n), where this is 0 half the
 *  interval's width / 1.96; SD, RMSE, ratios: the jackknife. Intervals: value +- 1.96 errors,
 *  shares Wilson's (1927), which no share of 0 or 1 makes a point. Cost: a few passes. */
JD_API void jd_mc_measure(const jd_mc_sample_t *sample, jd_mc_value_t value[JD_MC_MEASURES]);

/** Mean of a column and its error: for the parts of the bias. NaNs are passed over. */
JD_API jd_mc_value_t jd_mc_mean(const double *x, int64_t n);

/** `yes` of n, as the shares among the measures. */
JD_API jd_mc_value_t jd_mc_share(int64_t yes, int64_t n);

/** "bias", "se_ratio", ... and a phrase for people. */
JD_API const char *jd_mc_name(jd_mc_measure_t measure);
JD_API const char *jd_mc_label(jd_mc_measure_t measure);

JD_END_DECLS

#endif
