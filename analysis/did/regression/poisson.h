/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef JD_DID_REGRESSION_POISSON_H
#define JD_DID_REGRESSION_POISSON_H

#include <stdbool.h>

#include "did/base/design.h"
#include "linear/glm/glm.h"

/** Fits a Poisson model of y [sample.n] with columns [n_x][sample.n] and the design's effects,
 *  weights, without what variances need unless it `infers`; and its covariance [n_kept][n_kept] by
 *  the design's clusters, df infinite. */
JD_MUST_USE int jd_poisson_fit(jd_glm_t *glm, const jd_design_t *design, const double *const *x,
                               int n_x, const double *y, bool infers, jd_ctx_t *ctx);
JD_MUST_USE int jd_poisson_vcov(const jd_glm_t *glm, const jd_design_t *design,
                                const jd_vcov_options_t *options, double *vcov, jd_fit_t *fit,
                                jd_ctx_t *ctx);

#endif
