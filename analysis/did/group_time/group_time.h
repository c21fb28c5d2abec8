/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of callaway_santanna, drdid and staggered_triple_difference, all made of effects ATT(g,t)
 * of a group (a cohort) in a period t. Their design has four parts: the effects, the terms that are
 * made of them, how the sample's rows lie, and what the effects are found by: means of y in cells
 * of cohort and period where there are no covariates, comparisons elsewhere. */
#ifndef JD_DID_GROUP_TIME_GROUP_TIME_H
#define JD_DID_GROUP_TIME_GROUP_TIME_H

#include "did/group_time/comparison.h"

/** An effect ATT(g,t), by codes of cohort, period and base period. */
typedef struct jd_gt_att {
    int32_t cohort, time, base;
} jd_gt_att_t;

/** Whose effects they are. */
typedef enum jd_gt_kind {
    JD_GT_COHORTS, /* callaway_santanna */
    JD_GT_PAIR,    /* drdid: two periods, one cohort */
    JD_GT_TRIPLE   /* staggered_triple_difference: groups are 2 cohort + eligible */
} jd_gt_kind_t;

/** The effects, and the cells they are between. Cohort code 0 is the never treated. */
typedef struct jd_gt_effects {
    jd_gt_kind_t kind;
    jd_control_t control;
    jd_fix_weights_t fix;
    int32_t anticipation;
    int32_t n_cohorts, n_periods;
    int32_t *cohort, *period; /* [n_cohorts], [n_periods] values */
    double *mass;             /* [cells] sum of weights; a cell is cohort * n_periods + period */
    double *cohort_share;     /* [n_cohorts] sum of the rows' shares */
    int n_atts;
    jd_gt_att_t *att; /* [n_atts] */
} jd_gt_effects_t;

/** The terms: weighted means of effects. */
typedef struct jd_gt_terms {
    int n;
    int n_mean; /* > 0: term 0 is the plain mean of terms mean_first, ... */
    int mean_first;
    double *multiple; /* [n][n_atts] an effect's weight in a term is this times its cohort's share,
                         over their sum; not used in a plain mean */
    double *mix;      /* [n][n_atts] the weights themselves */
} jd_gt_terms_t;

/** How the rows of the sample lie. */
typedef enum jd_gt_lie {
    JD_GT_SINGLY,  /* in any order, with weights and clusters of any kind */
    JD_GT_BY_UNIT, /* each unit is a cluster, in every period once, all with weight 1 */
    JD_GT_IN_ORDER /* the same, and rows lie by unit and period */
} jd_gt_lie_t;

typedef struct jd_gt_rows {
    jd_gt_lie_t lie;
    bool complete;        /* each unit in every period once, and compared with itself */
    int32_t *cell;        /* [rows]; NULL in order */
    int32_t *unit_cohort; /* [units] cohort code; in order alone */
    double *share; /* [rows] weight over its unit's number of rows, in a complete panel all of it in
                      the first period; 0 if ineligible; singly alone */
} jd_gt_rows_t;

/** Effects found by means of cells. */
typedef struct jd_gt_cells {
    double *loading; /* [terms][cells] a term's weights on the cells' means */
} jd_gt_cells_t;

/** An effect is a weighted sum of ways to find it, by cohort of control in triple differences (else
 *  there is one), and a way a signed sum of PARTS comparisons. */
enum { JD_GT_PARTS = 3 };
typedef struct jd_gt_way {
    int n_parts, comparison[JD_GT_PARTS];
    double sign[JD_GT_PARTS];
} jd_gt_way_t;

/** Effects found by comparisons. */
typedef struct jd_gt_comparisons {
    jd_arranged_t arranged;
    int n, n_ways;
    jd_comparison_t *comparison; /* [n] */
    jd_gt_way_t *way;            /* [n_ways] */
    int *first_way;              /* [n_atts + 1]; an effect without any is 0 by definition */
} jd_gt_comparisons_t;

/** Which of the two. */
typedef enum jd_gt_by { JD_GT_BY_CELLS, JD_GT_BY_COMPARISONS } jd_gt_by_t;

/** What the design owns. */
typedef struct jd_gt {
    jd_gt_effects_t effects;
    jd_gt_terms_t terms;
    jd_gt_rows_t rows;
    jd_gt_by_t by;
    union {
        jd_gt_cells_t cells;
        jd_gt_comparisons_t comparisons;
    };
} jd_gt_t;

/* Effects: effects.c. */

static inline int32_t jd_gt_n_cells(const jd_gt_effects_t *e)
{
    return e->n_cohorts * e->n_periods;
}

/** Code of the cohort's last period before treatment, less anticipation; -1 where there is none. */
int32_t jd_gt_last_before(const jd_gt_effects_t *e, int32_t cohort);
/** Whether a cohort is control for an effect. */
bool jd_gt_is_control(const jd_gt_effects_t *e, const jd_gt_att_t *a, int32_t cohort);
/** Control weights in a period: their sum, and of x [cells], if given, their mean in *mean. */
double jd_gt_control_mass(const jd_gt_effects_t *e, const jd_gt_att_t *a, int32_t period,
                          const double *x, double *mean);
/** Lists the effects that can be identified, by cohort and period, and names the others. */
void jd_gt_list_effects(jd_gt_effects_t *e, const char *name, bool universal, jd_ctx_t *ctx);
/** Whether any of them is one of a treated cell. */
bool jd_gt_has_overall(const jd_gt_effects_t *e);
/** Makes the terms of the design, and their loadings on cells' means where effects are these. */
JD_MUST_USE int jd_gt_make_terms(jd_design_t *design, const jd_did_options_t *options,
                                 jd_ctx_t *ctx);

static inline const double *jd_gt_mix(const jd_gt_t *gt, int term)
{
    return gt->terms.mix + (size_t)term * (size_t)gt->effects.n_atts;
}

/* Rows: rows.c. */

/** Settles weights that change over time: they may make effects be found by comparisons. */
JD_MUST_USE int jd_gt_settle_weights(jd_design_t *design, jd_ctx_t *ctx);
/** Codes cohorts, periods and cells, and adds up their weights. `eligible` [rows] or NULL. */
JD_MUST_USE int jd_gt_make_cells(jd_design_t *design, const jd_frame_t *frame,
                                 const int8_t *eligible, jd_ctx_t *ctx);
void jd_gt_free_rows(jd_gt_rows_t *rows);

/** Rows from one that this divides have cells that follow each other: a unit's, where they lie in
 *  order. */
static inline int32_t jd_gt_run(const jd_gt_t *gt)
{
    return gt->rows.lie == JD_GT_IN_ORDER ? gt->effects.n_periods : 1;
}

/** Cell of the first row of a run. */
static inline int32_t jd_gt_cell(const jd_gt_t *gt, int64_t row)
{
    int32_t n_t = gt->effects.n_periods;
    return gt->rows.lie == JD_GT_IN_ORDER ? gt->rows.unit_cohort[row / n_t] * n_t
                                          : gt->rows.cell[row];
}

static inline double jd_gt_share(const jd_gt_t *gt, int64_t row)
{
    return gt->rows.share ? gt->rows.share[row] : 1.0 / gt->effects.n_periods;
}

/* Comparisons: ways.c. */

/** Sorts the rows, prepares all comparisons, and leaves out the effects that have none, saying why.
 *  `unit`, `eligible` (or NULL) of the sample's rows. */
JD_MUST_USE int jd_gt_compare(jd_design_t *design, const jd_panel_t *panel,
                              const jd_did_options_t *options, const int32_t *unit,
                              const int8_t *eligible, jd_ctx_t *ctx);
void jd_gt_free_comparisons(jd_gt_comparisons_t *by);
/** All effects [n_atts] of y, which is sorted by place, and the weights [n_ways] of their ways:
 *  those of least variance (GMM) where there are several. */
JD_MUST_USE int jd_gt_compared(const jd_design_t *design, const double *y, double *att,
                               double *by_way, jd_ctx_t *ctx);
/** Adds the influences of the effects to the terms' [n_terms][clusters]. */
JD_MUST_USE int jd_gt_compared_influence(const jd_design_t *design, const double *y,
                                         const double *by_way, double *sum, jd_ctx_t *ctx);
/** Adds a term's weights to w, which goes by the rows of the panel, or (sample = NULL) the design.
 */
void jd_gt_compared_weights(const jd_design_t *design, int term, const double *by_way,
                            const jd_sample_t *sample, double *w);

/* Variance: variance.c. */

/** What inference knows of the terms: a row's influence is w (loading / mass (y - mean) + offset) +
 *  share by_cohort; y [rows], mean [cells], [n_terms][cells], [n_terms][n_cohorts]. */
typedef struct jd_gt_influence {
    const double *y, *mean, *offset, *by_cohort;
} jd_gt_influence_t;

/** Adds the influences by cluster to sum [n_terms][clusters]. */
void jd_gt_sum_influence(const jd_design_t *design, const jd_gt_influence_t *influence, double *sum,
                         int threads);
/** Covariance [n_terms][n_terms] from second moments of the residuals within cohorts, where rows
 *  lie by unit. */
JD_MUST_USE int jd_gt_vcov_by_moments(const jd_design_t *design, const jd_gt_influence_t *influence,
                                      double *vcov, jd_ctx_t *ctx);

/* What the three estimators are made of: prepare.c, estimate.c. */

JD_MUST_USE int jd_gt_prepare(jd_design_t *design, const jd_panel_t *panel,
                              const jd_did_options_t *options, jd_gt_kind_t kind, jd_ctx_t *ctx);
void jd_gt_release(jd_design_t *design);
JD_MUST_USE int jd_gt_estimate(const jd_design_t *design, const double *const *y, int n_y,
                               double *estimate, jd_ctx_t *ctx);
void jd_gt_weights(const jd_design_t *design, int term, double *w);
/** freeze of staggered_triple_difference. */
JD_MUST_USE int jd_gt_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx);
JD_MUST_USE int jd_gt_infer(const jd_design_t *design, const double *y,
                            const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

/* The family's options, and whether "att" is the plain mean over event times. */
extern const jd_param_t jd_group_time_options[];
bool jd_gt_averages_events(const jd_did_options_t *options);

#endif
