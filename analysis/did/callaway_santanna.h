/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of callaway_santanna. All is a sum over the means of y in cells of cohort and period. */
#ifndef JD_DID_CALLAWAY_SANTANNA_H
#define JD_DID_CALLAWAY_SANTANNA_H

#include "did/design.h"

/** An effect ATT(g,t), by codes of cohort, period and base period. */
typedef struct jd_cs_att {
    int32_t cohort, time, base;
} jd_cs_att_t;

/** What the design owns. Cohort code 0 is the never treated. */
typedef struct jd_cs {
    int32_t n_cohorts, n_periods;
    int n_atts, n_terms;
    int n_mean; /* > 0: term 0 is the plain mean of terms mean_first, ... */
    int mean_first;
    int32_t *cohort, *period; /* [n_cohorts], [n_periods] values */
    int32_t *cell;            /* [rows] cohort code * n_periods + period code */
    double *share;            /* [rows] weight over its unit's number of rows */
    double *mass;             /* [cells] sum of weights */
    double *cohort_share;     /* [n_cohorts] sum of shares */
    jd_cs_att_t *att;         /* [n_atts] */
    double *multiple;         /* [n_terms][n_atts] an effect's weight in a term is this times its
                                 cohort's share, over their sum; not used in a plain mean */
    double *mix;              /* [n_terms][n_atts] the weights themselves */
    double *loading;          /* [n_terms][cells] a term's weights on the cells' means */
    int by_unit;              /* each unit is a cluster, in every period once, all with weight 1 */
    jd_control_t control;
    int32_t anticipation;
} jd_cs_t;

static inline int32_t jd_cs_cells(const jd_cs_t *cs)
{
    return cs->n_cohorts * cs->n_periods;
}

/** Whether a cohort is control for an effect. */
int jd_cs_is_control(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t cohort);
/** Control weights in a period: their sum, and of x [cells], if given, their mean in *mean. */
double jd_cs_control_mass(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t period, const double *x,
                          double *mean);

/** What inference knows of the terms: a row's influence is w (loading / mass residual + offset) +
 *  share by_cohort; [n_terms][cells], [n_terms][n_cohorts], residuals [rows]. */
typedef struct jd_cs_influence {
    const double *residual, *offset, *by_cohort;
} jd_cs_influence_t;

/** Covariance [n_terms][n_terms] by sums over clusters of products of influences; and the same from
 *  second moments of the residuals within cohorts, where by_unit allows. */
JD_MUST_USE int jd_cs_vcov_by_sums(const jd_design_t *design, const jd_cs_influence_t *influence,
                                   double *vcov, jd_ctx_t *ctx);
JD_MUST_USE int jd_cs_vcov_by_moments(const jd_design_t *design, const jd_cs_influence_t *influence,
                                      double *vcov, jd_ctx_t *ctx);

JD_MUST_USE int jd_cs_estimate(const jd_design_t *design, const double *const *y, int n_y,
                               double *estimate, jd_ctx_t *ctx);
void jd_cs_weights(const jd_design_t *design, int term, double *w);
JD_MUST_USE int jd_cs_infer(const jd_design_t *design, const double *y,
                            const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
