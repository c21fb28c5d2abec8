/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the linear and the Poisson extended two-way fixed effects share: cells of cohort and
 * period, covariates centred by cohort, and the averages requested. */
#ifndef JD_DID_ETWFE_ETWFE_H
#define JD_DID_ETWFE_ETWFE_H

#include "did/base/design.h"

typedef struct jd_etwfe_cell {
    int32_t cohort, time;
} jd_etwfe_cell_t;

/** An average of cells' effects: those of a key, or (JD_AGGREGATE_CELLS) the cell number `key`. */
typedef struct jd_etwfe_mean {
    jd_aggregate_t by;
    int32_t key;
} jd_etwfe_mean_t;

typedef struct jd_etwfe {
    int n_cells, n_x;
    jd_etwfe_cell_t *cell; /* [n_cells] */
    int32_t *of_row;       /* [n] cell of a row, -1 for controls and references; raw only */
    double *centred;       /* [n_x][n] covariates less their cohort's mean; raw only */
    double *moment;        /* [n_cells][1 + n_x] sums of weights, and of these times centred */
    int n_kept;            /* regressors kept: */
    int *kept_cell;        /* [n_kept] its cell, -1 for a slope of a covariate */
    int *kept_x;           /* [n_kept] the covariate that is interacted, -1 for none */
    int n_means;
    jd_etwfe_mean_t *mean; /* [n_means], the first terms */
    int n_shown;           /* behind them, the first of the kept coefficients themselves; Poisson */
    double *contrast;      /* [n_terms][n_kept] terms out of coefficients; linear */
    double *column;        /* [n_x regressors][n] as given; Poisson */
    const double **x;      /* [n_kept] of them */
} jd_etwfe_t;

/** Fills a design: regressors are cells' dummies, these times centred covariates, and covariates
 *  times cohort and period dummies; effects are units (or cohorts, with no_unit_effects) and
 *  periods. raw: regressors are kept as given in own->x. The design's terms are the means. */
JD_MUST_USE int jd_etwfe_prepare(jd_design_t *design, const jd_panel_t *panel,
                                 const jd_did_options_t *options, int raw, jd_ctx_t *ctx);
void jd_etwfe_release(jd_design_t *design);

/** 1 if a mean takes in a cell. */
int jd_etwfe_takes(const jd_etwfe_t *own, int mean, int cell);

#endif
