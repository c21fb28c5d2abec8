/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pieces of covariance matrices, shared by the files vcov*.c. A meat is sum of u u' over whatever
 *  may be correlated, u = W e: row weights times residual. Lower triangles [n_kept][n_kept]. */
#ifndef JD_LINEAR_VCOV_VCOV_H
#define JD_LINEAR_VCOV_VCOV_H

#include "jiedao/linear.h"

/** Sum over rows, each divided by (1 - leverage)^power where a leverage is given. */
JD_MUST_USE int jd_meat_rows(const jd_regression_t *r, const double *residual,
                             const double *leverage, int power, double *meat, jd_ctx_t *ctx);

/** Sum over groups of rows. */
JD_MUST_USE int jd_meat_groups(const jd_regression_t *r, const double *residual,
                               const jd_groups_t *groups, double *meat, jd_ctx_t *ctx);

/** Inclusion and exclusion over all ways; each piece by its own G/(G-1) on request. */
JD_MUST_USE int jd_meat_multiway(const jd_regression_t *r, const double *residual,
                                 const jd_vcov_rows_t *rows, int own_factors, double *meat,
                                 jd_ctx_t *ctx);

/** Bartlett sums over lags of periods: within units, or of whole periods where unit is NULL. */
JD_MUST_USE int jd_meat_lags(const jd_regression_t *r, const double *residual,
                             const jd_groups_t *unit, const jd_groups_t *time, int32_t lag,
                             double *meat, jd_ctx_t *ctx);

JD_MUST_USE int jd_meat_conley(const jd_regression_t *r, const double *residual,
                               const jd_vcov_rows_t *rows, const jd_vcov_options_t *options,
                               double *meat, jd_ctx_t *ctx);

/** Covariance by HC2, HC3, CR2, CR3, CV3 or CV3J, and degrees of freedom by Satterthwaite into df
 *  (or NULL), all without a factor but the jackknife's; vcov NULL: df alone. */
JD_MUST_USE int jd_vcov_adjusted(const jd_regression_t *r, const double *residual,
                                 const jd_vcov_rows_t *rows, jd_vcov_t kind, double *vcov,
                                 double *df, jd_ctx_t *ctx);

/** Replaces eigenvalues below 0 of a symmetric matrix by 0. */
JD_MUST_USE int jd_mend(double *matrix, int k, jd_ctx_t *ctx);

/** K of the small-sample factor: coefficients and fixed effects, those nested in a way as the
 *  options say. */
JD_MUST_USE int jd_count_parameters(const jd_regression_t *r, const jd_groups_t *const *way,
                                    int n_ways, const jd_vcov_options_t *options, int64_t *k,
                                    jd_ctx_t *ctx);

/** 1 if every level of the effect lies in one group, 0 if not, negative: out of memory. */
JD_MUST_USE int jd_is_nested(const jd_groups_t *effect, const jd_groups_t *groups, jd_ctx_t *ctx);

/** Columns [n_kept][n] of row weights of a regression that keeps none; caller frees. */
JD_MUST_USE int jd_regression_spread(const jd_regression_t *r, double **columns, jd_ctx_t *ctx);

static inline const double *jd_row_weights(const jd_regression_t *r, int j)
{
    return r->columns + (size_t)j * (size_t)r->n;
}

#endif
