/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of roll_out. All is a function of the cohorts' mean outcomes and covariances by period. */
#ifndef JD_DID_ROLL_OUT_ROLL_OUT_H
#define JD_DID_ROLL_OUT_ROLL_OUT_H

#include "did/base/design.h"

/** What the design owns. Cohorts ascend, the never treated (INT32_MAX) last; a cell is cohort code
 * * n_periods + period code. */
typedef struct jd_roll_out {
    int32_t n_cohorts, n_periods, n_units;
    int n_terms;
    int32_t *cohort, *period; /* [n_cohorts], [n_periods] values */
    int32_t *size;            /* [n_cohorts] units */
    int32_t *unit_cohort;     /* [n_units] codes */
    int32_t *at;              /* [n_units][n_periods] row of the sample */
    double *theta, *x;        /* [n_terms][cells] A_theta and A_0 of the paper */
    jd_adjust_t adjust;
    int neyman, last_only;
} jd_roll_out_t;

/** Room for one outcome's moments and estimates, one block. */
typedef struct jd_roll_out_work {
    double *y;        /* [n_units][n_periods] */
    double *mean;     /* [cells] */
    double *s;        /* [n_cohorts][n_periods][n_periods] covariances, both halves */
    double *beta;     /* [n_terms] */
    double *estimate; /* [n_terms] */
    double *vcov;     /* [n_terms][n_terms] */
    double *scratch;  /* for jd_roll_out_vcov() */
} jd_roll_out_work_t;

static inline size_t jd_roll_out_cells(const jd_roll_out_t *r)
{
    return (size_t)r->n_cohorts * (size_t)r->n_periods;
}

JD_MUST_USE int jd_roll_out_work_make(jd_roll_out_work_t *work, const jd_roll_out_t *r,
                                      jd_ctx_t *ctx);
void jd_roll_out_work_free(jd_roll_out_work_t *work);
/** Means and covariances of work->y with units assigned to cohorts as given; beta and estimates. */
void jd_roll_out_solve(const jd_roll_out_t *r, const int32_t *unit_cohort,
                       jd_roll_out_work_t *work);
/** Covariance of the estimates. Returns how many adjusted variances were negative (there the
 *  conservative one stands), or a negative error. */
JD_MUST_USE int jd_roll_out_vcov(const jd_roll_out_t *r, const int32_t *unit_cohort,
                                 jd_roll_out_work_t *work, jd_ctx_t *ctx);

JD_MUST_USE int jd_roll_out_estimate(const jd_design_t *design, const double *const *y, int n_y,
                                     double *estimate, jd_ctx_t *ctx);
JD_MUST_USE int jd_roll_out_freeze(const jd_design_t *design, const double *y, double *w,
                                   jd_ctx_t *ctx);
JD_MUST_USE int jd_roll_out_infer(const jd_design_t *design, const double *y,
                                  const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
