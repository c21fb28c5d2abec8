/* SPDX-License-Identifier: GPL-3.0-or-later */
/* predict_het of did_multiplegt_dyn: which units' effects are larger (de Chaisemartin and
 * D'Haultfoeuille 2024, web appendix, section 1.5). Switchers' differences S_g (Y_g,F-1+l -
 * Y_g,F-1), or what else a lag takes, on characteristics z_g of the unit and dummies of baseline
 * (and trends' group), F_g and S_g, by least squares with the weights of DID_l. Controls' changes
 * are the same within a dummy, so that it is the regression of units' estimated effects. Linear in
 * the outcome. */
#ifndef JD_DID_MULTIPLEGT_HET_H
#define JD_DID_MULTIPLEGT_HET_H

#include "did/multiplegt/multiplegt.h"

struct jd_multiplegt_het;

/** Takes the panel's characteristics. JD_ERR_DATA where one is not finite or changes within a unit,
 *  JD_ERR_ARGUMENT beside covariates or normalised effects. */
JD_MUST_USE int jd_multiplegt_het_make(jd_multiplegt_t *mg, const jd_design_t *design,
                                       const jd_panel_t *panel, jd_ctx_t *ctx);
void jd_multiplegt_het_free(struct jd_multiplegt_het *het);
/** Finds what lags, measured, can tell; returns through *n how many terms that makes. */
JD_MUST_USE int jd_multiplegt_het_plan(jd_multiplegt_t *mg, int *n, jd_ctx_t *ctx);
/** Names its terms and weighs outcomes, given the number of the first one in the design. */
JD_MUST_USE int jd_multiplegt_het_fill(jd_design_t *design, jd_multiplegt_t *mg, int first,
                                       jd_ctx_t *ctx);
/** Estimates value [its terms] of means [cells]; NaN for what those who are there do not tell. */
JD_MUST_USE int jd_multiplegt_het_estimate(const jd_multiplegt_t *mg, const double *mean,
                                           double *value, jd_ctx_t *ctx);
/** Influences u [its terms][n_groups] of groups on the terms, of HC2: residuals over sqrt(1 - h).
 */
JD_MUST_USE int jd_multiplegt_het_influence(const jd_multiplegt_t *mg, const double *mean,
                                            double *u, jd_ctx_t *ctx);
/** Degrees of freedom df [its terms]: units less parameters, or clusters less 1 where fewer. */
void jd_multiplegt_het_df(const jd_multiplegt_t *mg, double *df);
/** Number of its first term in the design. */
int jd_multiplegt_het_first(const jd_multiplegt_t *mg);
/** Units in a term's regression, -1 if it is not of these; term counts all of the design's. */
int64_t jd_multiplegt_het_units(const jd_multiplegt_t *mg, int term);

#endif
