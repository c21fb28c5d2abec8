/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What estimators of effects by dose share: in every treated cell (unit u of cohort g, period t >=
 * g)
 *
 *      theta_ut = y_ut - y_ub - (mean over controls of y_ct - y_cb),     b the last period before
 * g,
 *
 *  and all estimates are sums of theta with coefficients that depend on doses only. With covariates
 *  the mean gives way to a regression of the controls' changes on them (dose_covariates.c). */
#ifndef JD_DID_DOSE_CELLS_H
#define JD_DID_DOSE_CELLS_H

#include "did/base/influence.h"

/** Units a treated cell is compared with. */
typedef struct jd_comparison_group {
    int32_t cohort;     /* of the treated */
    int32_t time, base; /* codes of periods */
    int32_t first, n;   /* its controls in `control` */
    double weight;      /* theirs */
} jd_comparison_group_t;

/** A balanced panel's treated cells. Everything is owned. */
typedef struct jd_dose_cells {
    int32_t n_units, n_periods;
    int32_t *row;     /* [n_units][n_periods] of the sample */
    int32_t *unit;    /* [n_units] the panel's code */
    int32_t *cluster; /* [n_units] */
    int32_t *cohort;  /* [n_units] */
    int32_t *period;  /* [n_periods] */
    double *weight;   /* [n_units] */
    double *dose;     /* [n_units][n_periods] */
    int32_t n_cells;
    int32_t *cell_unit, *cell_group; /* [n_cells] */
    int32_t n_groups;
    jd_comparison_group_t *group;
    int32_t n_controls;
    int32_t *control;    /* units, by group */
    int32_t n_unmatched; /* treated cells without a control */
    int n_x;
    double *x;             /* [n_units][n_periods][n_x] covariates, of which the base counts */
    double *x_centre;      /* [n_groups][n_x] means of controls */
    double *x_factor;      /* [n_groups][n_x][n_x] of their squares about these */
    unsigned char *x_kept; /* [n_groups][n_x] */
} jd_dose_cells_t;

/** Numbers by group: one, and one a covariate behind those of all groups. */
static inline size_t jd_dose_group_numbers(const jd_dose_cells_t *c)
{
    return (size_t)c->n_groups * (1 + (size_t)c->n_x);
}

/** Makes sample, frame facts and cells of a design. With `stable`, controls are those whose dose
 *  does not change between the two periods and equals the treated unit's before. Units are followed
 *  through all periods; their weights and clusters do not change. Errors: JD_ERR_DATA,
 *  JD_ERR_ARGUMENT, JD_ERR_NO_CONTROLS, JD_ERR_NO_TREATED. Free it after an error too.
 *  Cost: O(controls) a cohort and period; with `stable` O(treated cells x controls). */
JD_MUST_USE int jd_dose_cells_make(jd_dose_cells_t *cells, jd_design_t *design,
                                   const jd_panel_t *panel, const jd_did_options_t *options,
                                   int stable, jd_ctx_t *ctx);
void jd_dose_cells_free(jd_dose_cells_t *cells);

/** Event time, cohort and period of a cell. */
int32_t jd_dose_cell_time(const jd_dose_cells_t *cells, int32_t cell);

/** theta [n_cells] of v [n_units][n_periods]; mean [jd_dose_group_numbers()] out: the controls'
 *  changes, and their slopes in the covariates. */
void jd_dose_cells_effects(const jd_dose_cells_t *cells, const double *v, double *theta,
                           double *mean);

/** Weights w [sample.n] on outcomes of the sum of a theta, a [n_cells]; by_group
 *  [jd_dose_group_numbers()] scratch. */
void jd_dose_cells_weights(const jd_dose_cells_t *cells, const double *a, double *by_group,
                           double *w);

/** Row weights of all the design's terms, as a regression's: `coefficients` gives a term's a
 * [n_cells].
 */
typedef void (*jd_dose_coefficients_t)(const void *own, int term, double *a);
JD_MUST_USE int jd_dose_cells_fill(jd_design_t *design, const jd_dose_cells_t *cells,
                                   jd_dose_coefficients_t coefficients, const void *own,
                                   jd_ctx_t *ctx);

/** Adds to by_cluster the influence of units on the sum of a theta: a (theta - centre) from treated
 *  cells, centre [n_cells] or NULL, and what their controls' changes add. */
void jd_dose_cells_influence(const jd_dose_cells_t *cells, const double *a, const double *v,
                             const double *theta, const double *mean, const double *centre,
                             double *by_group, double *by_cluster);

/* ---- Covariates: slopes and sums [n_groups][n_x] ---- */

/** Reads them and factors each group's; what is collinear among a group's controls is left out
 *  there, and told. */
JD_MUST_USE int jd_dose_covariates_make(jd_dose_cells_t *cells, const jd_design_t *design,
                                        const jd_panel_t *panel, jd_ctx_t *ctx);
void jd_dose_covariates_free(jd_dose_cells_t *cells);
/** Adds `by` times a unit's covariates, less the controls' means. */
void jd_dose_add_x(const jd_dose_cells_t *cells, int32_t group, int32_t u, double by, double *sum);
/** Sums of x times something to slopes, in place. */
void jd_dose_solve_x(const jd_dose_cells_t *cells, double *sum);
/** What a unit's covariates add to its group's mean; 0 without covariates. */
double jd_dose_shift(const jd_dose_cells_t *cells, int32_t group, int32_t u, const double *slopes);

#endif
