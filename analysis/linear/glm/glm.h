/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of the Poisson and logit fits, shared by their files. */
#ifndef JD_LINEAR_GLM_GLM_H
#define JD_LINEAR_GLM_GLM_H

#include "jiedao/glm.h"
#include "linear/absorb/reduced.h"

/** jd_glm_fit() for beta, which are kept, eta and mu alone: no likelihoods, and nothing that
 *  variances need. */
JD_MUST_USE int jd_glm_fit_means(jd_glm_t *glm, const jd_glm_input_t *input, jd_ctx_t *ctx);

/** The rows a fit can use: keep [n] is 1 for those, in and out; counts what goes. Levels without
 *  variation are dropped until none is left. */
JD_MUST_USE int jd_glm_drop_empty(const jd_glm_input_t *input, unsigned char *keep, int64_t *count,
                                  jd_ctx_t *ctx);

/** Looks for rows with y = 0 whose expected value the fit can send to 0 at no cost to the others
 *  (iterative rectifier); separated [glm->n] is 1 for these, *count how many. Poisson. */
JD_MUST_USE int jd_glm_find_separated(const jd_glm_t *glm, const double *x, int n_x,
                                      unsigned char *separated, int64_t *count, jd_ctx_t *ctx);

/** Newton's method from scratch: glm holds rows in the order of effects->rows, y, weight, effects
 *  (their weights are overwritten), and room for the rest; regression.columns the regressors
 *  [n_kept], not yet residualised; offset [n] or NULL. *clear becomes 1 if, in the last step,
 * effects and other regressors left much of every regressor, else 0; where it was 1 and the first
 * step shows that it is 0, nothing else is done. */
JD_MUST_USE int jd_glm_newton(jd_glm_t *glm, const double *offset, int *clear, jd_ctx_t *ctx);

#endif
