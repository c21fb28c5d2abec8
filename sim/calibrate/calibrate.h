/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Parameters from moments: what can be found at all, then where it lies. From runs whose
 * parameters were drawn from priors and whose moments were measured; no run is made here.
 *
 *  Identifiability: each parameter is regressed on all moments (and their squares; ridge), and the
 *  share of its variance that the regression foretells in runs it has not seen says whether these
 *  moments know it (Carrella, Bailey, Madsen 2020). Posterior: the forecasts are the summaries
 *  (Fearnhead, Prangle 2012), the nearest runs are kept, and a local-linear regression moves their
 *  parameters to the data (Beaumont, Zhang, Balding 2002). Check: runs take the place of the data,
 *  and their parameters must lie anywhere in their posteriors alike (Talts et al. 2018). */
#ifndef JD_CALIBRATE_CALIBRATE_H
#define JD_CALIBRATE_CALIBRATE_H

#include <stdint.h>

#include "jiedao/context.h"

/** Runs: theta [n][p] in (low, high), moment [n][q]; all borrowed, all finite. */
typedef struct jd_calibration_runs {
    int n, p, q;
    const double *theta, *moment, *low, *high;
} jd_calibration_runs_t;

enum { JD_CALIBRATION_BINS = 10 };

/** What is known of a parameter. */
typedef struct jd_calibration_parameter {
    double r2;                      /**< foretold share of the variance, in runs not seen; <= 1 */
    double mean, sd, q05, q50, q95; /**< of the posterior; NaN without a target */
    double prior_sd;                /**< of the runs */
    double cover50, cover90;        /**< of the check: share of intervals that hold the truth */
    int ranks[JD_CALIBRATION_BINS]; /**< of the truths in their posteriors */
    double rank_p;                  /**< chi-squared test that they are even */
} jd_calibration_parameter_t;

typedef struct jd_calibration {
    jd_calibration_parameter_t *parameter; /**< [p] owned */
    double *forecast; /**< [n][p] owned: of runs, by regressions without them */
    int kept;         /**< runs near the target */
    double distance;  /**< of the target to the nearest runs, over that of runs to theirs */
    int checks;
} jd_calibration_t;
void jd_calibration_free(jd_calibration_t *calibration);

/** `target` [q], NULL = none. `checks`: how many runs take the place of the data, 0 = none; every
 *  n / checks-th one. Errors: JD_ERR_DATA (fewer than 5 runs a parameter and 40 in all), memory.
 *  Cost: O(n q^2 p) and a fit of O(n p^2) each check. The same bits on any machine of IEEE numbers.
 */
JD_MUST_USE int jd_calibrate(jd_calibration_t *calibration, const jd_calibration_runs_t *runs,
                             const double *target, int checks, jd_ctx_t *ctx);

#endif
