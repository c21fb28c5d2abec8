/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Regressions on dummies without their columns.
 *
 *  Let a cell be a regressor together with a level of every fixed effect but the largest ("units").
 *  Dummies and small effects are then functions of the cell, X = E G and Z = E H with E the rows'
 *  cells. With the units taken out of E (M), all that least squares asks of the design is
 *
 *      S = E'W M E = diag(mass) - sum over units of d d' / W_unit,   d = a unit's weights by cell,
 *
 *  and of an outcome its sums by cell after its unit means, s = E'W M y. Row weights are w (V[cell]
 *  less its unit mean) with V = G~ (G~'S G~)^-1, G~ = G less its projection on H. So an outcome
 *  costs two passes over its rows whatever the number of regressors, and no column is ever made.
 *  Exact, for any panel, balanced or not. */
#ifndef JD_LINEAR_CELLS_CELLWISE_H
#define JD_LINEAR_CELLS_CELLWISE_H

#include "jiedao/linear.h"

enum { JD_MAX_CELLS = 2048 }; /* S then takes 32 MB, a vector of cells fits the stack */

typedef struct jd_cellwise {
    int64_t n;
    int n_cells;
    uint16_t *code;        /* [n] cell of a row */
    int32_t n_units;       /* levels of the largest effect */
    int32_t *start;        /* [n_units + 1] a unit's rows in `row` */
    int32_t *row;          /* [n] rows by unit; NULL where they lie so already */
    int32_t *dummy;        /* [n_cells] regressor, or kept regressor once factored; -1 none */
    int32_t *level;        /* [small effects][n_cells], counted through all small effects */
    int n_x, n_small;      /* regressors; small effects */
    int n_levels;          /* levels of all small effects */
    const double *weight;  /* borrowed from the effects, or NULL */
    const double *inverse; /* [n_units] one over a unit's weight; borrowed from the effects */
    double *mass;          /* [n_cells] weight of a cell's rows */
    double *factor;        /* [n_levels][n_levels] of H'SH */
    unsigned char *known;  /* [n_levels] 0: redundant, left out by the factor */
    double *mixed;         /* [n_levels][n_kept] H'SG */
    double *v;             /* [n_cells][n_kept] */
} jd_cellwise_t;

/** Makes cells of dummies, code [n] < n_x (< 0: none). *cells is NULL, and no error, where there
 *  are too many cells, no effects, or another solver was requested. */
JD_MUST_USE int jd_cellwise_make(jd_cellwise_t **cells, const jd_effects_t *effects, int n_x,
                                 const int32_t *code, jd_ctx_t *ctx);
void jd_cellwise_free(jd_cellwise_t *cells);

/** Sets kept, n_kept, cross and bread of the regression, as jd_regression_factor() tells. */
JD_MUST_USE int jd_cellwise_factor(jd_cellwise_t *cells, jd_regression_t *r, jd_ctx_t *ctx);

/** beta [n_kept] of an outcome, one every `stride`. The same bits for any number of threads, here
 *  and below. */
void jd_cellwise_estimate(const jd_cellwise_t *cells, int n_kept, const double *y, double *beta,
                          ptrdiff_t stride, int threads);
/** Residuals [n] of an outcome with its coefficients. */
void jd_cellwise_residuals(const jd_cellwise_t *cells, int n_kept, const double *y,
                           const double *beta, double *residual, int threads);
/** Row weights [n] of a coefficient. */
void jd_cellwise_weights(const jd_cellwise_t *cells, int n_kept, int k, double *w);
/** The same of a combination by [n_kept] of coefficients. */
void jd_cellwise_combine(const jd_cellwise_t *cells, int n_kept, const double *by, double *w);

/** Lower part of the sum of u u' over clusters, u the scores; each unit lies in one of them. */
JD_MUST_USE int jd_cellwise_meat(const jd_cellwise_t *cells, int n_kept, const double *residual,
                                 const jd_groups_t *clusters, double *meat, jd_ctx_t *ctx);

#endif
