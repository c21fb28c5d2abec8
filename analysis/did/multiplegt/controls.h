/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates in did_multiplegt_dyn: outcomes' changes are freed of what changes in covariates
 * explain of them among those not switched yet, by baseline treatment. */
#ifndef JD_DID_MULTIPLEGT_CONTROLS_H
#define JD_DID_MULTIPLEGT_CONTROLS_H

#include "did/multiplegt/multiplegt.h"

/** Term of the k-th lag, -1 if it has no switchers. */
int jd_dcdh_term(const jd_dcdh_t *dc, int k);
/** Weight of the k-th lag in the overall effect, per unit of treatment; 0 for placebos. */
double jd_dcdh_overall_weight(const jd_dcdh_t *dc, int k);

/** Prepares theta's weights. */
JD_MUST_USE int jd_dcdh_controls_make(jd_dcdh_t *dc, const jd_design_t *design,
                                      const jd_panel_t *panel, jd_ctx_t *ctx);
/** The same for weights of outcomes of another design, whose covariates are shared, not copied:
 * `fill` does the work, as often as weights change. Cost: O(cells x n_x^2). */
JD_MUST_USE int jd_dcdh_controls_share(jd_dcdh_t *dc, const struct jd_dcdh_controls *of,
                                       jd_ctx_t *ctx);
void jd_dcdh_controls_fill(jd_dcdh_t *dc);
void jd_dcdh_controls_free(struct jd_dcdh_controls *controls);
/** (X'X)^-1 times the lag's differences of covariates, by baseline [n_baselines][n_x]: how theta
 * enters the lag. */
void jd_dcdh_controls_loading(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, const double *coef,
                              double *loading);
/** Takes the covariates' part off a lag's weights `on` [cells]. */
void jd_dcdh_controls_weights(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, const double *coef,
                              double *on);
/** theta [n_baselines][n_x] of mean outcomes [cells]; the caller frees. */
JD_MUST_USE int jd_dcdh_controls_theta(const jd_dcdh_t *dc, const double *mean, double **theta,
                                       jd_ctx_t *ctx);
/** theta' (change of the covariates) in a cell of a lag. */
double jd_dcdh_controls_fit(const jd_dcdh_t *dc, const double *theta, const jd_dcdh_lag_t *lag,
                            size_t cell);
/** Adds to the groups' influences u [n_groups] on a lag what theta, being estimated, adds. */
JD_MUST_USE int jd_dcdh_controls_influence(const jd_dcdh_t *dc, const double *theta,
                                           const double *mean, const jd_dcdh_lag_t *lag,
                                           const double *coef, double *u, jd_ctx_t *ctx);

#endif
