/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates in did_multiplegt_dyn: outcomes' changes are freed of what changes in covariates
 * explain of them among those not switched yet, by baseline treatment. */
#ifndef JD_DID_MULTIPLEGT_CONTROLS_H
#define JD_DID_MULTIPLEGT_CONTROLS_H

#include "did/multiplegt/multiplegt.h"

/** Prepares theta's weights. */
JD_MUST_USE int jd_multiplegt_controls_make(jd_multiplegt_t *mg, const jd_design_t *design,
                                            const jd_panel_t *panel, jd_ctx_t *ctx);
/** The same for weights of outcomes of another design, whose covariates are shared, not copied:
 * `fill` does the work, as often as weights change. Cost: O(cells x n_x^2). */
JD_MUST_USE int jd_multiplegt_controls_share(jd_multiplegt_t *mg,
                                             const struct jd_multiplegt_controls *of,
                                             jd_ctx_t *ctx);
void jd_multiplegt_controls_fill(jd_multiplegt_t *mg);
void jd_multiplegt_controls_free(struct jd_multiplegt_controls *controls);
/** (X'X)^-1 times the lag's differences of covariates, by baseline [n_baselines][n_x]: how theta
 * enters the lag. */
void jd_multiplegt_controls_loading(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                                    const double *coef, double *loading);
/** Takes the covariates' part off a lag's weights `on` [cells]. */
void jd_multiplegt_controls_weights(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                                    const double *coef, double *on);
/** theta [n_baselines][n_x] of mean outcomes [cells]; the caller frees. */
JD_MUST_USE int jd_multiplegt_controls_theta(const jd_multiplegt_t *mg, const double *mean,
                                             double **theta, jd_ctx_t *ctx);
/** theta' (change of the covariates) in a cell of a lag. */
double jd_multiplegt_controls_fit(const jd_multiplegt_t *mg, const double *theta,
                                  const jd_multiplegt_lag_t *lag, size_t cell);
/** Adds to the groups' influences u [n_groups] on a lag what theta, being estimated, adds. */
JD_MUST_USE int jd_multiplegt_controls_influence(const jd_multiplegt_t *mg, const double *theta,
                                                 const double *mean, const jd_multiplegt_lag_t *lag,
                                                 const double *coef, double *u, jd_ctx_t *ctx);

#endif
