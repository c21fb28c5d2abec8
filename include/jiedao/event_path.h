/* SPDX-License-Identifier: GPL-3.0-or-later */
/** An event study as the diagnostics of parallel trends want it: the coefficients of consecutive
 *  periods about one reference period whose coefficient is 0, and their covariance. */
#ifndef JIEDAO_EVENT_PATH_H
#define JIEDAO_EVENT_PATH_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** Zero it first; arrays are owned. Coefficient i < n_pre is that of event time
 *  reference - n_pre + i, coefficient n_pre + k that of reference + 1 + k. */
typedef struct jd_event_path {
    int n_pre, n_post;  /**< periods before and after the reference */
    int32_t reference;  /**< its event time; -1 as a rule */
    double *estimate;   /**< [n_pre + n_post], ascending in time */
    double *vcov;       /**< [n_pre + n_post][n_pre + n_post] */
    int n_left_out;     /**< event terms left out: binned ones, and all beyond them or a gap */
    int32_t first_left; /**< event time of the first of these */
} jd_event_path_t;

/** From plain arrays (copied), reference at event time -1. Errors: JD_ERR_ARGUMENT (fewer than one
 *  period before or after), JD_ERR_DATA (not finite, a variance <= 0, not symmetric within 1e-8 of
 *  the variances), JD_ERR_NO_MEMORY. */
JD_API JD_MUST_USE int jd_event_path_make(jd_event_path_t *path, const double *estimate,
                                          const double *vcov, int n_pre, int n_post, jd_ctx_t *ctx);

/** From the fit of any estimator with terms by event time. The reference is the last event time
 *  before 0 that has no term, or one that is 0 without error; what lies between it and the next gap
 * or binned term on either side is used, the rest counted as left out. Errors: JD_ERR_UNSUPPORTED
 * where the terms have no such reference (leads that are not all measured from one period) or
 * nothing lies before or after it; then those of jd_event_path_make(). */
JD_API JD_MUST_USE int jd_event_path_of_fit(jd_event_path_t *path, const jd_fit_t *fit,
                                            const jd_term_t *terms, jd_ctx_t *ctx);

/** The same for a design's own fit. Errors: JD_ERR_UNSUPPORTED also for imputation and two_stage,
 *  whose leads are measured from the fit to all untreated rows, not from one period (Roth 2024,
 *  Interpreting event-studies from recent difference-in-differences methods). */
JD_API JD_MUST_USE int jd_event_path_of_design(jd_event_path_t *path, const jd_design_t *design,
                                               const jd_fit_t *fit, jd_ctx_t *ctx);
JD_API void jd_event_path_free(jd_event_path_t *path);

JD_END_DECLS

#endif
