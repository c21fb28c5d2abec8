/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of callaway_santanna, drdid and staggered_triple_difference. Without covariates the first
 * is a sum over the means of y in cells of cohort and period; all else over comparisons. */
#ifndef JD_DID_GROUP_TIME_CALLAWAY_SANTANNA_H
#define JD_DID_GROUP_TIME_CALLAWAY_SANTANNA_H

#include "did/group_time/comparison.h"

/** An effect ATT(g,t), by codes of cohort, period and base period. */
typedef struct jd_cs_att {
    int32_t cohort, time, base;
} jd_cs_att_t;

/** Whose effects they are. */
typedef enum jd_cs_kind {
    JD_CS_COHORTS, /* callaway_santanna */
    JD_CS_PAIR,    /* drdid: two periods, one cohort */
    JD_CS_TRIPLE   /* staggered_triple_difference: groups are 2 cohort + eligible */
} jd_cs_kind_t;

/** An effect is a weighted sum of ways to find it, by cohort of control in triple differences (else
 *  there is one), and a way a signed sum of PARTS comparisons. */
enum { JD_CS_PARTS = 3 };
typedef struct jd_cs_way {
    int n_parts, comparison[JD_CS_PARTS];
    double sign[JD_CS_PARTS];
} jd_cs_way_t;

/** What the design owns. Cohort code 0 is the never treated. */
typedef struct jd_cs {
    int32_t n_cohorts, n_periods;
    int n_atts, n_terms;
    int n_mean; /* > 0: term 0 is the plain mean of terms mean_first, ... */
    int mean_first;
    int32_t *cohort, *period; /* [n_cohorts], [n_periods] values */
    int32_t *cell;            /* [rows] cohort code * n_periods + period code; NULL in_order */
    int32_t *unit_cohort;     /* [units] cohort code; NULL unless in_order */
    double *share; /* [rows] weight over its unit's number of rows, in a complete panel all of it in
                      the first period; 0 if ineligible; NULL by unit */
    double *mass;  /* [cells] sum of weights */
    double *cohort_share; /* [n_cohorts] sum of shares */
    jd_cs_att_t *att;     /* [n_atts] */
    double *multiple;     /* [n_terms][n_atts] an effect's weight in a term is this times its
                             cohort's share, over their sum; not used in a plain mean */
    double *mix;          /* [n_terms][n_atts] the weights themselves */
    double *loading;      /* [n_terms][cells] a term's weights on the cells' means; NULL if
                             compared */
    jd_cs_kind_t kind;
    int compared; /* by the following; 0 = by means of cells */
    jd_arranged_t arranged;
    int n_comparisons, n_ways;
    jd_comparison_t *comparison;
    jd_cs_way_t *way; /* [n_ways] */
    int *first_way;   /* [n_atts + 1]; an effect without any is 0 by definition */
    int by_unit;      /* each unit is a cluster, in every period once, all with weight 1 */
    int in_order;     /* by_unit, and rows lie by unit and period */
    jd_control_t control;
    jd_fix_weights_t fix;
    int complete; /* each unit in every period once, and compared with itself */
    int32_t anticipation;
} jd_cs_t;

static inline int32_t jd_cs_cells(const jd_cs_t *cs)
{
    return cs->n_cohorts * cs->n_periods;
}

/** Rows from one that this divides have cells that follow each other: a unit's, where they lie in
 *  order. */
static inline int32_t jd_cs_run(const jd_cs_t *cs)
{
    return cs->in_order ? cs->n_periods : 1;
}

/** Cell of the first row of a run. */
static inline int32_t jd_cs_cell(const jd_cs_t *cs, int64_t row)
{
    return cs->in_order ? cs->unit_cohort[row / cs->n_periods] * cs->n_periods : cs->cell[row];
}

/** Code of the cohort's last period before treatment, less anticipation; -1 where there is none. */
int32_t jd_cs_last_before(const jd_cs_t *cs, int32_t cohort);
/** Whether a cohort is control for an effect. */
int jd_cs_is_control(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t cohort);
/** Control weights in a period: their sum, and of x [cells], if given, their mean in *mean. */
double jd_cs_control_mass(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t period, const double *x,
                          double *mean);

static inline double jd_cs_share(const jd_cs_t *cs, int64_t row)
{
    return cs->share ? cs->share[row] : 1.0 / cs->n_periods;
}

/** What inference knows of the terms: a row's influence is w (loading / mass (y - mean) + offset) +
 *  share by_cohort; y [rows], mean [cells], [n_terms][cells], [n_terms][n_cohorts]. */
typedef struct jd_cs_influence {
    const double *y, *mean, *offset, *by_cohort;
} jd_cs_influence_t;

/** First row of a unit where rows lie in order. */
static inline int64_t jd_cs_first_row(const jd_cs_t *cs, int32_t unit)
{
    return (int64_t)unit * cs->n_periods;
}

/** Adds the influences by cluster to sum [n_terms][clusters]. */
void jd_cs_sum_influence(const jd_design_t *design, const jd_cs_influence_t *influence, double *sum,
                         int threads);
/** Covariance [n_terms][n_terms] from second moments of the residuals within cohorts, where by_unit
 *  allows. */
JD_MUST_USE int jd_cs_vcov_by_moments(const jd_design_t *design, const jd_cs_influence_t *influence,
                                      double *vcov, jd_ctx_t *ctx);

/** prepare of all three. */
JD_MUST_USE int jd_cs_prepare(jd_design_t *design, const jd_panel_t *panel,
                              const jd_did_options_t *options, jd_cs_kind_t kind, jd_ctx_t *ctx);
void jd_cs_release(jd_design_t *design);

/** Sorts the rows, prepares all comparisons, and leaves out the effects that have none, saying why.
 *  `unit`, `eligible` (or NULL) of the sample's rows. */
JD_MUST_USE int jd_cs_compare(jd_design_t *design, const jd_panel_t *panel,
                              const jd_did_options_t *options, const int32_t *unit,
                              const int8_t *eligible, jd_ctx_t *ctx);
void jd_cs_free_comparisons(jd_cs_t *cs);

/** All effects [n_atts] of y, which is sorted by place, and the weights [n_ways] of their ways:
 * those of least variance (GMM) where there are several. */
JD_MUST_USE int jd_cs_compared(const jd_design_t *design, const double *y, double *att,
                               double *by_way, jd_ctx_t *ctx);
/** Adds the influences of the effects to the terms' [n_terms][clusters]. */
JD_MUST_USE int jd_cs_compared_influence(const jd_design_t *design, const double *y,
                                         const double *by_way, double *sum, jd_ctx_t *ctx);
/** Adds the influences of one way, times `by`, to sum [clusters]. */
void jd_cs_way_influence(const jd_design_t *design, const jd_cs_way_t *way, const jd_cs_att_t *a,
                         const double *y, double by, jd_comparison_room_t *room, double *sum);
double jd_cs_way_effect(const jd_cs_t *cs, const jd_cs_way_t *way, const jd_cs_att_t *a,
                        const double *y);
/** Weights of least variance of an effect's ways, out: [ways]. */
JD_MUST_USE int jd_cs_weigh_ways(const jd_design_t *design, int att, const double *y,
                                 jd_comparison_room_t *room, double *by_way, jd_ctx_t *ctx);
/** Adds a term's weights to w, which goes by the rows of the panel, or (sample = NULL) the design.
 */
void jd_cs_compared_weights(const jd_design_t *design, int term, const double *by_way,
                            const jd_sample_t *sample, double *w);
/** freeze of staggered_triple_difference. */
JD_MUST_USE int jd_cs_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx);

JD_MUST_USE int jd_cs_estimate(const jd_design_t *design, const double *const *y, int n_y,
                               double *estimate, jd_ctx_t *ctx);
void jd_cs_weights(const jd_design_t *design, int term, double *w);
JD_MUST_USE int jd_cs_infer(const jd_design_t *design, const double *y,
                            const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

/* The family's options, and whether "att" is the plain mean over event times. */
extern const jd_param_t jd_group_time_options[];
bool jd_cs_averages_events(const jd_did_options_t *options);

#endif
