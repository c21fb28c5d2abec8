/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of a design, shared by the estimators and the diagnostics. An estimator's prepare goes
 *  frame_make -> (terms) -> design_open -> fill columns -> design_close. */
#ifndef JD_DID_BASE_DESIGN_H
#define JD_DID_BASE_DESIGN_H

#include "did/base/staggered.h"
#include "jiedao/did.h"

struct jd_design {
    const jd_estimator_t *estimator;
    int64_t n_rows;
    jd_sample_t sample;
    int32_t *event_time;        /* [sample.n] periods since adoption; JD_NEVER for never-treated */
    double *weight;             /* [sample.n] or NULL */
    jd_groups_t units, periods; /* of the sample's rows */
    jd_groups_t clusters;       /* the same arrays as units where these are the clusters */
    jd_groups_t clusters2;      /* where requested */
    jd_groups_t *fixed;         /* [n_fixed] of the panel's further fixed effects */
    int n_fixed;
    jd_effects_t *effects;
    jd_regression_t regression;
    jd_term_t *terms; /* [n_terms] kept ones; behind them the collinear ones */
    jd_design_facts_t facts;
    void *own;                    /* what the estimator's infer needs; see its release */
    double *latitude, *longitude; /* [sample.n] or NULL */
    jd_vcov_rows_t rows;          /* what variances may need; points into the design */
};

/** The sample's columns [n], for the time of preparing. Where no row is left out they are the
 *  panel's own. */
typedef struct jd_frame {
    int64_t n;
    const int32_t *unit, *time, *cohort;
    int8_t *treated;  /* under treatment in this row */
    int treated_lent; /* 1: another frees it */
    int32_t *own[3];  /* what is not the panel's; freed with the frame */
    int is_amount;    /* the treatment is the panel's dose, which alone is given */
} jd_frame_t;

/** What an estimator needs of its sample. */
typedef struct jd_frame_needs {
    int cohort;    /* event time: a treatment path must be absorbing; without `staggered`, units
                      treated    when first seen are left out, and cohorts after the last period never
                      adopt */
    int reference; /* cohorts without a row at their reference are left out */
    int32_t anticipation;            /* periods before adoption that count as treated in both */
    int effects;                     /* unit, time and further fixed effects as the options say */
    const jd_staggered_t *staggered; /* cohorts and rows to leave out, or NULL; borrowed */
    int imputable; /* drop treated rows whose effects no untreated row identifies */
    int amount;    /* takes the dose where it alone is given */
    int8_t *path; /* the panel's `treated`, made for this frame by an estimator that makes its event
                     times itself; read in place where no row is left out. Else NULL */
} jd_frame_needs_t;

/** Makes sample, frame and fixed effects, and refuses what no such estimator can use. */
JD_MUST_USE int jd_design_frame_make(jd_frame_t *frame, jd_design_t *design,
                                     const jd_panel_t *panel, const jd_did_options_t *options,
                                     jd_frame_needs_t needs, jd_ctx_t *ctx);
void jd_design_frame_free(jd_frame_t *frame);
/** Periods from adoption g to t, cut where they would not fit. */
int32_t jd_event_time(int32_t t, int32_t g);

/** Takes n_terms terms (copied) and makes the regression with their columns, all 0, and the panel's
 *  covariates behind them as further terms. */
JD_MUST_USE int jd_design_open(jd_design_t *design, const jd_panel_t *panel, const jd_term_t *terms,
                               int n_terms, jd_ctx_t *ctx);
/** The same where the terms are dummies, code [sample.n] < n_terms, < 0 for none: nothing is left
 * to fill. */
JD_MUST_USE int jd_design_open_dummies(jd_design_t *design, const jd_panel_t *panel,
                                       const jd_term_t *terms, int n_terms, const int32_t *code,
                                       jd_ctx_t *ctx);
/** The same with one term, filled: "att" = under treatment, or "dose" where the frame's treatment
 * is an amount. */
JD_MUST_USE int jd_design_open_treatment(jd_design_t *design, const jd_panel_t *panel,
                                         const jd_frame_t *frame, jd_ctx_t *ctx);
/** Column of a term, to be filled between open and close. */
double *jd_design_column(jd_design_t *design, int term);
/** Factors, and parts the terms into kept and collinear ones. */
JD_MUST_USE int jd_design_close(jd_design_t *design, jd_ctx_t *ctx);
/** After closing: replaces the kept terms by others, copied. */
JD_MUST_USE int jd_design_aggregate(jd_design_t *design, const jd_term_t *terms, int n_terms,
                                    jd_ctx_t *ctx);

/** Moves w [sample.n], at the start of a zeroed w [n_rows], to the panel's rows. */
void jd_design_place(const jd_design_t *design, double *w);

/** Covariance of a regression's coefficients beta, and what of the outcome it explains. Degrees of
 *  freedom go into fit->df, of the contrasts [fit->n_terms][n_kept] where terms are combinations of
 * the coefficients, else NULL. */
JD_MUST_USE int jd_infer_coefficients(const jd_design_t *design, const double *y,
                                      const double *beta, const double *contrast,
                                      const jd_vcov_options_t *options, double *vcov, jd_fit_t *fit,
                                      jd_ctx_t *ctx);

/** With options->keep_sums: fit->sums from those of influence functions [n_terms][clusters], or
 * from the residuals of the regression, contrast as above. Errors: memory. */
JD_MUST_USE int jd_fit_sums_keep(const jd_design_t *design, const double *sum,
                                 const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);
/** The same of sums [clusters][n_terms]. */
JD_MUST_USE int jd_fit_sums_by_cluster(const jd_design_t *design, const double *sum,
                                       const jd_vcov_options_t *options, jd_fit_t *fit,
                                       jd_ctx_t *ctx);
JD_MUST_USE int jd_fit_sums_of_residuals(const jd_design_t *design, const double *residual,
                                         const double *contrast, const jd_vcov_options_t *options,
                                         jd_fit_t *fit, jd_ctx_t *ctx);
/** Forgets sums whose squares are not the fit's variances: its errors are more than these. */
void jd_fit_sums_check(jd_fit_t *fit);

/** fit->uniform by simulation from the fit's covariance; 0 where no effect is by event time. */
JD_MUST_USE int jd_fit_bands(const jd_design_t *design, const jd_vcov_options_t *options,
                             jd_fit_t *fit, jd_ctx_t *ctx);

/** Refuses clusters that change within a unit, naming both: where errors are sums over whole units,
 *  or units are drawn, a unit belongs to one cluster. Regressions take each row's own cluster. */
JD_MUST_USE int jd_check_whole_clusters(const jd_design_t *design, jd_ctx_t *ctx);

/** Eligibility as 0 and 1, both of them there, and one for each unit. */
JD_MUST_USE int jd_check_eligible(const char *name, const jd_panel_t *panel, bool cross_sections,
                                  jd_ctx_t *ctx);

jd_term_t jd_term_overall(const char *name);
jd_term_t jd_term_event(int32_t event_time);
jd_term_t jd_term_other(const char *name);
void jd_term_set_event(jd_term_t *term, int32_t event_time);
/** "g=2004,t=2006": an effect of a cohort, a period or both (JD_NEVER: not of one); with a
 *  covariate's name, "g=2004:age", its coefficient there. */
jd_term_t jd_term_of(int32_t cohort, int32_t period, const char *x);
jd_term_t jd_term_cell(int32_t cohort, int32_t time);
/** The same with a mark before its name, "log:": a coefficient. */
jd_term_t jd_term_before(const char *mark, const jd_term_t *of);

enum { JD_NO_KEY = INT32_MIN };
/** Which term a cell of cohort and period counts under: its event time, cohort or period, 0
 * overall; JD_NO_KEY for cells before treatment where the term is an effect. */
int32_t jd_aggregate_key(jd_aggregate_t by, int32_t cohort, int32_t time);
jd_term_t jd_term_aggregate(jd_aggregate_t by, int32_t key);
/** Periods from adoption to the first one seen after it, where that is the same for all adopters
 * and periods between have no rows; else 0. Keep one, *delay = -1 to begin with, and add each
 * adopter. */
void jd_delay_add(int32_t *delay, int32_t seen, int32_t adoption);
/** Says that the gaps after adoption differ, so that event times count the periods in use. */
void jd_report_gaps(const char *name, jd_ctx_t *ctx);
/** Event time of the k-th period seen since (k >= 0) or before the first one treated. */
static inline int32_t jd_delayed(int32_t delay, int32_t k)
{
    return k >= 0 && delay > 0 ? k + delay : k;
}
/** What the bootstrap's draws say of the weighted sum of terms, `sum` in the data; weight
 * [n_terms]. */
jd_estimate_t jd_fit_percentiles(const jd_fit_t *fit, const double *weight, double sum);
/** Refuses a window of event times that leaves out some that an estimator's "att" averages. */
JD_MUST_USE int jd_fail_window(const char *name, const jd_did_options_t *options, jd_ctx_t *ctx);
/** 1 if the options set this event time to zero. */
int jd_is_reference(const jd_did_options_t *options, int32_t event);
/** Refuses bins and references that make no sense; `name` is the estimator's. */
JD_MUST_USE int jd_check_bins(const jd_did_options_t *options, const char *name, jd_ctx_t *ctx);
/** The event time, end points binned; JD_NEVER for references and the never treated. */
int32_t jd_event_end(const jd_did_options_t *options, int32_t event);
/** Which bin of bin_width event times it lies in, the first one after adoption 0. */
int32_t jd_event_bin(const jd_did_options_t *options, int32_t event);
/** The term of a bin whose event times seen, end points binned, are first ... last. */
jd_term_t jd_term_bin(const jd_did_options_t *options, int32_t first, int32_t last);

#endif
