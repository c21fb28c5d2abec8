/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Terms that are combinations C b of the design's regression coefficients b, contrast C [n_terms]
 *  [n_kept]; NULL: the coefficients themselves. */
#ifndef JD_DID_BASE_CONTRAST_H
#define JD_DID_BASE_CONTRAST_H

#include "did/base/design.h"

/** As jd_estimator_t's estimate and weights. */
JD_MUST_USE int jd_contrast_estimate(const jd_design_t *design, const double *contrast,
                                     const double *const *y, int n_y, double *estimate,
                                     jd_ctx_t *ctx);
void jd_contrast_weights(const jd_design_t *design, const double *contrast, int term, double *w);

/** C V C' [n][n] of C [n][k] and V [k][k]; half [n][k] is scratch. Cost: O(n k (n + k)). */
void jd_contrast_vcov(const double *contrast, int n, int k, const double *vcov, double *half,
                      double *out);

/** As jd_estimator_t's infer: C V C', V the covariance of the coefficients; C counts as fixed. */
JD_MUST_USE int jd_contrast_infer(const jd_design_t *design, const double *contrast,
                                  const double *y, const jd_vcov_options_t *options, jd_fit_t *fit,
                                  jd_ctx_t *ctx);

#endif
