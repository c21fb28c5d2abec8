/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What imputation (Borusyak, Jaravel, Spiess 2024) and two-stage (Gardner 2022) share: the model
 * of untreated outcomes, y = Z g + e with Z = fixed effects and covariates, fitted to untreated
 * rows.
 *
 *  A mean of y - Z g^ with row weights c is v'y with v = c - W0 Z0 (Z0'W0 Z0)^-1 Z'c, the last part
 *  on untreated rows only: both estimators are linear in y. */
#ifndef JD_DID_IMPUTATION_STAGE_H
#define JD_DID_IMPUTATION_STAGE_H

#include "did/base/design.h"
#include "did/imputation/classes.h"

typedef struct jd_first_stage {
    int64_t n, n0;           /* rows of the sample, untreated ones */
    int8_t *treated;         /* [n]; the untreated rows, in their order, are numbered through */
    const double *weight;    /* [n] the design's or NULL */
    const jd_effects_t *all; /* the design's effects, for the levels of treated rows; borrowed */
    jd_groups_t *groups;     /* [n_effects] of the untreated rows: the same levels, whose values are
                                the design's; NULL if only solved for, from the design's codes */
    jd_effects_t *effects;   /* of the untreated rows */
    int n_x;
    double *x;           /* [n_x][n] covariates */
    jd_regression_t fit; /* of the covariates on untreated rows; n_kept = 0: none */
    double *weight0;     /* [n0] where columns are regressed, or NULL */
} jd_first_stage_t;

/** Fits the first stage's design, and takes over the frame's `treated`. With `regress` columns
 *  beside the covariates are to be regressed on the untreated rows' effects. JD_ERR_NO_CONTROLS
 *  without untreated rows. Free it after an error too. */
JD_MUST_USE int jd_first_stage_make(jd_first_stage_t *stage, const jd_design_t *design,
                                    jd_frame_t *frame, const jd_panel_t *panel, int regress,
                                    jd_solver_t solver, jd_ctx_t *ctx);
void jd_first_stage_free(jd_first_stage_t *stage);

/** to [n0] = the untreated rows of from [n]. */
void jd_untreated_gather(const jd_first_stage_t *stage, const double *from, double *to);

/** Levels of all fixed effects together. */
size_t jd_first_stage_levels(const jd_first_stage_t *stage);

/** Row weights c [n] become v, in place; what was taken out of them by fixed effects and covariates
 *  is added to level [levels of all effects], slope [covariates kept]. JD_ERR_RANK where untreated
 *  rows do not identify the mean; `term` names it. */
JD_MUST_USE int jd_first_stage_adjust(const jd_first_stage_t *stage, const char *name,
                                      const char *term, double *c, double *level, double *slope,
                                      jd_ctx_t *ctx);
/** By these two, what was taken out of the weight of the sample's row i, the r-th untreated one;
 * level[class[l]] is that of level l. */
double jd_first_stage_taken(const jd_first_stage_t *stage, const int32_t *class,
                            const double *level, const double *slope, int64_t i, int64_t r);

/** out [n] = y - Z g^: first-stage residuals in untreated rows, effects in treated ones. */
JD_MUST_USE int jd_first_stage_impute(const jd_first_stage_t *stage, const double *y, double *out,
                                      jd_ctx_t *ctx);

/** Means over rows, the terms: "att" over all treated rows, then one for each event time, cohort,
 *  period or cell, as options->aggregate says. Their row weights v are not kept: a row's follow
 *  from its term, its levels and its covariates. Zero it; arrays are owned. */
typedef struct jd_effect_means {
    int n_terms;
    jd_term_t *terms; /* [n_terms], the first is "att" */
    uint16_t *term;   /* [n] which of the terms 1 ... a row counts under, 0 none; NULL: all 0 */
    double *total;    /* [n_terms] sum of weights */
    jd_level_classes_t level; /* of all fixed effects: what v takes off c, once fitted */
    double *slope;            /* [n_terms][covariates kept] */
} jd_effect_means_t;

/** With `leads`, event times before treatment have a term too, references left out. */
JD_MUST_USE int jd_effect_means_make(jd_effect_means_t *means, const jd_design_t *design,
                                     const jd_frame_t *frame, const jd_did_options_t *options,
                                     int leads, jd_ctx_t *ctx);
void jd_effect_means_free(jd_effect_means_t *means);
/** Weight of a row in a term's mean. */
double jd_effect_means_weight(const jd_effect_means_t *means, const jd_design_t *design,
                              const jd_first_stage_t *stage, int term, int64_t i);

/** Dense codes of (cohort, period) pairs, as values no order need be read into. */
JD_MUST_USE int jd_cells_make(jd_groups_t *cells, const jd_design_t *design,
                              const jd_frame_t *frame, jd_ctx_t *ctx);

/** Cells of cohort and period: where units have one cohort each and pairs are few, a row's follows
 *  from its unit's cohort and its period. Zero it; arrays are owned. */
typedef struct jd_cells {
    int32_t n;
    int32_t *cohort; /* [units] code of the cohort times the count of periods; NULL: by row */
    jd_groups_t row;
} jd_cells_t;

JD_MUST_USE int jd_cells_find(jd_cells_t *cells, const jd_design_t *design, const jd_frame_t *frame,
                              jd_ctx_t *ctx);
void jd_cells_free(jd_cells_t *cells);
static inline int32_t jd_cells_at(const jd_cells_t *cells, const jd_design_t *design, int64_t i)
{
    return cells->cohort ? cells->cohort[design->units.code[i]] + design->periods.code[i]
                         : cells->row.code[i];
}

/** Finds what v takes off c, and makes the means the design's first terms, with room for n_more
 *  behind them. */
JD_MUST_USE int jd_effect_means_fit(jd_effect_means_t *means, jd_design_t *design,
                                    const jd_first_stage_t *stage, int n_more, jd_ctx_t *ctx);
/** What v takes off c in row i, the r-th untreated one. */
double jd_effect_means_taken(const jd_effect_means_t *means, const jd_first_stage_t *stage,
                             int term, int64_t i, int64_t r);
/** Row weights v [n] of a term. Cost: O(n). */
void jd_effect_means_weights(const jd_effect_means_t *means, const jd_design_t *design,
                             const jd_first_stage_t *stage, int term, double *v);
/** All terms of what jd_first_stage_impute() gave, c'(y - Z g^) = v'y, one every `stride`; lost
 *  [n_terms] is scratch. */
void jd_effect_means_estimate(const jd_effect_means_t *means, const jd_design_t *design,
                              const jd_first_stage_t *stage, const double *adjusted, double *lost,
                              double *estimate, ptrdiff_t stride);

/** Weighted sum of squared residuals of the untreated rows. */
double jd_first_stage_squares(const jd_first_stage_t *stage, const double *out);

#endif
