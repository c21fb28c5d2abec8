/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Poisson pseudo-maximum likelihood and logit with any number of fixed effects.
 *
 *      E[y | x] = exp(x'b + effects + offset),   or its logit,   weights w.
 *
 *  Newton's method on the likelihood whose effects are solved for exactly in every step (iterated
 *  weighted least squares with the effects eliminated as in linear.h); for Poisson the largest
 *  effect is concentrated out in closed form (Correia, Guimaraes, Zylkin 2020, Fast Poisson
 *  estimation with high-dimensional fixed effects). Steps are halved while the deviance rises.
 *
 *  Poisson's y need not be a count: only E[y | x] has to be right (Gourieroux, Monfort, Trognon
 *  1984). Estimates do not exist for rows that the effects or regressors separate from the others;
 *  such rows carry no information on the other coefficients and are left out, counted. */
#ifndef JIEDAO_GLM_H
#define JIEDAO_GLM_H

#include "jiedao/linear.h"

JD_BEGIN_DECLS

typedef enum jd_family { JD_FAMILY_POISSON, JD_FAMILY_LOGIT } jd_family_t;

/** A model, as plain borrowed arrays over n rows; structs grow only at their end. */
typedef struct jd_glm_input {
    jd_family_t family;
    int64_t n;
    int n_effects;               /**< 0: no constant either, unless it is among the regressors */
    const int32_t *const *codes; /**< [n_effects][n], any values */
    int n_x;
    const double *const *x; /**< [n_x][n] */
    const double *y;        /**< [n] >= 0; logit: 0 or 1 */
    const double *weight;   /**< [n] >= 0, rows of weight 0 are left out; NULL = all 1 */
    const double *offset;   /**< [n] added to x'b, or NULL */
    const int32_t *row; /**< [n] what messages call the rows, the first is 0; NULL = as they lie */
} jd_glm_input_t;

/** A fit; arrays owned. Rows are in an order of their own: see row. Zero it first; free is safe at
 *  any stage. */
typedef struct jd_glm {
    jd_family_t family;
    int64_t n;             /**< rows used */
    int32_t *row;          /**< [n] which of the input's rows they are */
    int64_t n_empty;       /**< rows left out: in levels where every y is 0 (logit: or 1) */
    int64_t n_separated;   /**< rows left out: separated by regressors and effects together */
    double *y, *weight;    /**< [n]; weight NULL = all 1 */
    double *eta, *mu;      /**< [n] linear index (effects and offset in it), expected y */
    double *beta;          /**< [regression.n_kept], which are regression.kept */
    jd_effects_t *effects; /**< with the working weights, of the rows used */
    jd_regression_t
        regression; /**< weighted regression of the last step: bread = inverse Hessian */
    double deviance, log_likelihood, null_log_likelihood; /**< null: constant (and offset) alone */
    int iterations;
} jd_glm_t;

/** Fits. Collinear regressors are dropped as in linear.h; where regressors separate rows with y = 0
 *  from the others (found by the iterative rectifier of Correia, Guimaraes, Zylkin 2019, Verifying
 *  the existence of maximum likelihood estimates for generalized linear models) these are left out.
 *  Errors: JD_ERR_DATA (y out of range or not finite, y 0 everywhere), JD_ERR_RANK,
 *  JD_ERR_NO_CONVERGENCE, JD_ERR_NO_MEMORY. Cost: six to ten passes over the rows. */
JD_API JD_MUST_USE int jd_glm_fit(jd_glm_t *glm, const jd_glm_input_t *input, jd_ctx_t *ctx);
JD_API void jd_glm_free(jd_glm_t *glm);

/** Covariance [n_kept][n_kept] of the coefficients: iid (inverse Hessian times (n-1)/(n-K)), HC1,
 *  clustered and multi-way with the factors of linear.h; ways [n_ways][rows of the input] are the
 *  clusters. facts->df is that of linear.h; the field's tests use the normal law.
 *  Errors: JD_ERR_UNSUPPORTED for other kinds, JD_ERR_DATA as there. */
JD_API JD_MUST_USE int jd_glm_vcov(const jd_glm_t *glm, const int32_t *const *ways, int n_ways,
                                   const jd_vcov_options_t *options, double *vcov,
                                   jd_vcov_facts_t *facts, jd_ctx_t *ctx);

JD_END_DECLS

#endif
