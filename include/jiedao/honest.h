/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How far an event study's conclusion survives violations of parallel trends (Rambachan and Roth
 *  2023, A more credible approach to parallel trends, Review of Economic Studies 90).
 *
 *  The coefficients are beta = tau + delta: effects, and differences in trend, which are all there
 *  is before treatment and 0 in the reference period. Given a set Delta that delta is taken to lie
 *  in, a confidence set for theta = l'tau_post. Restrictions by the paper's names:
 *
 *      SD(M)     |second differences of delta| <= M
 *      RM(Mbar)  |first differences after the reference| <= Mbar x the largest one before it
 *      SDRM(Mbar) the same of second differences
 *
 *  each alone or with a sign of delta after treatment or a direction of delta. */
#ifndef JIEDAO_HONEST_H
#define JIEDAO_HONEST_H

#include "jiedao/event_path.h"

JD_BEGIN_DECLS

typedef enum jd_honest_delta {
    JD_HONEST_SD,  /**< smoothness */
    JD_HONEST_RM,  /**< relative magnitudes */
    JD_HONEST_SDRM /**< smoothness, relative to what is seen before */
} jd_honest_delta_t;

/** What is known of the trends' sign or direction. */
typedef enum jd_honest_shape {
    JD_HONEST_ANY,
    JD_HONEST_POSITIVE,   /**< delta >= 0 after the reference (the package's "B", positive) */
    JD_HONEST_NEGATIVE,   /**< delta <= 0 after the reference */
    JD_HONEST_INCREASING, /**< delta never falls (its "M", increasing) */
    JD_HONEST_DECREASING
} jd_honest_shape_t;

typedef enum jd_honest_method {
    JD_HONEST_AUTO,        /**< SD without a shape: FLCI; SD with one: C-FLCI; else C-LF */
    JD_HONEST_FLCI,        /**< optimal fixed-length interval (Armstrong and Kolesár 2018); SD */
    JD_HONEST_CONDITIONAL, /**< conditional test (Andrews, Roth and Pakes 2023). It accepts single
                                values at any distance, where two restrictions tie; those whose
                                statistic is above 20 standard errors count as rejected */
    JD_HONEST_C_FLCI,      /**< conditional, after a first stage by the FLCI; SD only */
    JD_HONEST_C_LF         /**< conditional, after a first stage by least-favourable values */
} jd_honest_method_t;

/** jd_honest_defaults() sets every field. */
typedef struct jd_honest_options {
    jd_honest_delta_t delta;
    jd_honest_shape_t shape;
    jd_honest_method_t method;
    double level;         /**< of the set, 0.95 */
    double kappa;         /**< size of the first stage; 0 = (1 - level) / 10 */
    const double *target; /**< l [n_post], borrowed; NULL = the first period from event time 0 */
    int32_t draws;        /**< for least-favourable values; 0 = 10000 */
    uint64_t seed;        /**< of these */
    int grid;             /**< points at which tests are inverted; 0 = 1000 */
    double grid_low, grid_high; /**< tested values of theta; equal = all that could be accepted */
} jd_honest_options_t;

JD_API void jd_honest_defaults(jd_honest_options_t *options);

/** A set for one M. */
typedef struct jd_honest_set {
    double m;         /**< M or Mbar */
    double low, high; /**< smallest and largest value not rejected; infinite where there is no end;
                           NaN, both, where all are rejected */
    double estimate, bias, std_error; /**< FLCI: its centre, its largest bias and standard error;
                                           else NaN */
} jd_honest_set_t;

/** The usual interval for l'beta_post, which takes delta = 0. */
JD_API JD_MUST_USE int jd_honest_original(const jd_event_path_t *path,
                                          const jd_honest_options_t *options, jd_honest_set_t *set,
                                          jd_ctx_t *ctx);

/** Robust sets for each m[n_m] >= 0, out: sets[n_m].
 *
 *  FLCI: half-length sigma cv(bias / sigma), cv the folded normal's quantile, minimised exactly
 *  along the piecewise linear path of weights from least bias to least variance. Others: the test
 *  of theta for each place and sign of the largest difference before treatment (a union of sets),
 *  on a grid over the values whose statistic can pass, the ends then refined by bisection.
 *
 *  Errors: JD_ERR_ARGUMENT (an option or m out of range, a method that does not go with the
 *  restriction), JD_ERR_UNSUPPORTED (SDRM with a single period before), JD_ERR_DATA (FLCI: the
 *  covariance before treatment is singular; a restriction without variance), JD_ERR_NO_CONVERGENCE,
 *  JD_ERR_NO_MEMORY, JD_ERR_CANCELLED.
 *
 *  Cost: FLCI O(n_pre^4); others 2 n_pre (draws + grid) linear programmes, in threads; the same
 *  bits for any number of them. */
JD_API JD_MUST_USE int jd_honest_sets(const jd_event_path_t *path,
                                      const jd_honest_options_t *options, const double *m, int n_m,
                                      jd_honest_set_t *sets, jd_ctx_t *ctx);

/** Breakdown value: the smallest M (or Mbar) at which theta = `null` is not rejected, by doubling
 *  and bisection to 1e-4 of itself (1e-6 for the FLCI); 0 if it is not rejected at 0 either,
 *  infinite if it still is at 1e6 (SD: times the target's standard error). Errors as above; cost of
 *  some 30 tests of one value. */
JD_API JD_MUST_USE int jd_honest_breakdown(const jd_event_path_t *path,
                                           const jd_honest_options_t *options, double null,
                                           double *m, jd_ctx_t *ctx);

/** "SD", "RM", "SDRM", with "PB", "NB", "I" or "D" behind: the restriction's usual name. */
JD_API const char *jd_honest_name(jd_honest_delta_t delta, jd_honest_shape_t shape);
/** "FLCI", "Conditional", "C-F", "C-LF". */
JD_API const char *jd_honest_method_name(jd_honest_method_t method);

JD_END_DECLS

#endif
