/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inference from influence functions, summed by cluster: their covariance, or the multiplier
 *  bootstrap (Callaway, Sant'Anna 2021, section 4.1). No small-sample factor, normal law. */
#ifndef JD_DID_BASE_INFLUENCE_H
#define JD_DID_BASE_INFLUENCE_H

#include "did/base/design.h"

/** Refuses iid and HC1, and a single cluster. */
JD_MUST_USE int jd_influence_check(const jd_design_t *design, const jd_vcov_options_t *options,
                                   jd_ctx_t *ctx);
/** How many draws of the bootstrap: options->draws; with bands alone 1000, but 0 where there are
 *  effects by event time, whose bands jd_fit_bands() simulates from the covariance. */
int32_t jd_influence_draws(const jd_design_t *design, const jd_vcov_options_t *options);
jd_vcov_facts_t jd_influence_facts(const jd_design_t *design);

/** From sum [n_terms][clusters] the covariance into fit->vcov, and facts. options->draws > 0:
 * standard errors by the bootstrap (interquartile range over that of the normal law; correlations
 * stay). options->bands: fit->uniform over all terms but the overall one, by fit->level. Rademacher
 *  multipliers, one a cluster and draw, keyed by the seed. Cost: O(terms^2 clusters) and
 *  O(draws terms clusters). */
JD_MUST_USE int jd_influence_infer(const jd_design_t *design, const double *sum,
                                   const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
