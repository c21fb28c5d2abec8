/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The hat matrix of a regression with fixed effects, one group of rows at a time.
 *
 *  In rows scaled by sqrt(w), H = U U' + R R' with orthonormal columns: U the dummies of one fixed
 *  effect that is nested in the groups (the largest such one; none: no U), R all else: the other
 *  effects' levels orthogonalised by a Cholesky factor, and the regressors. Within a group H is
 *  then block U U' of whole levels, orthogonal to R, plus a product of rank s + n_kept. */
#ifndef JD_LINEAR_VCOV_LEVERAGE_H
#define JD_LINEAR_VCOV_LEVERAGE_H

#include "jiedao/linear.h"

enum { JD_LEVERAGE_LEVELS = 4096 }; /* the dense factor then takes 134 MB */

typedef struct jd_leverage {
    const jd_regression_t *r;
    const jd_groups_t *groups;
    const jd_groups_t *own; /* the nested effect, or NULL */
    double *own_inverse;    /* [levels] one over the sum of its weights */
    int n_other;            /* the other effects */
    const jd_groups_t **other;
    int s, m;        /* independent levels of these; s + n_kept */
    int32_t *place;  /* [levels of the others] column of the factor, -1 = redundant */
    double *factor;  /* [s][s] inverse of their Cholesky factor, one level's column contiguous */
    double *root;    /* [n_kept][n_kept] lower Cholesky factor of X'X */
    int32_t *row;    /* [n] rows by group, by level of own within */
    int64_t *start;  /* [n_groups + 1] */
    int64_t largest; /* rows of the largest group */
    int exact_unit;  /* 1: all weights are equal */
} jd_leverage_t;

/** Prepares; groups are those of whose rows blocks of H will be asked. Zero it first.
 *  Errors: JD_ERR_UNSUPPORTED for more than JD_LEVERAGE_LEVELS levels of effects not nested.
 *  Cost: O(n + levels^3). */
JD_MUST_USE int jd_leverage_make(jd_leverage_t *v, const jd_regression_t *r,
                                 const jd_groups_t *groups, jd_ctx_t *ctx);
void jd_leverage_free(jd_leverage_t *v);

/** Rows of a group: *row their numbers, returns how many. */
int64_t jd_leverage_rows(const jd_leverage_t *v, int32_t group, const int32_t **row);

/** R [rows][m] and U [rows] of a group's rows (U 0 without a nested effect): two rows of one level
 *  of `own` have H = U_i U_j + R_i . R_j, others R_i . R_j. scratch [s]. */
void jd_leverage_block(const jd_leverage_t *v, int32_t group, double *restrict big_r, double *u,
                       double *scratch);

/** Takes the part along U out of x [rows of group] in place. */
void jd_leverage_sweep(const jd_leverage_t *v, int32_t group, const double *u, double *x);

/** Leverages [n] of all rows. */
JD_MUST_USE int jd_leverages(const jd_regression_t *r, double *leverage, jd_ctx_t *ctx);

/** Rank of the fixed effects' dummies. */
JD_MUST_USE int jd_leverage_rank(const jd_regression_t *r, int64_t *rank, jd_ctx_t *ctx);

#endif
