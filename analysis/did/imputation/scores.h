/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Scores of imputation's and two-stage's means by cluster, and their covariance. A row counts in
 *  "att" and in its own term by its weight there times what it is away from a centre; an untreated
 *  one in all terms by what v takes off c. */
#ifndef JD_DID_IMPUTATION_SCORES_H
#define JD_DID_IMPUTATION_SCORES_H

#include "did/imputation/stage.h"

typedef struct jd_scores {
    const jd_design_t *design;
    const jd_effect_means_t *means;
    const jd_first_stage_t *stage;
    const double *adjusted;  /* [n] what jd_first_stage_impute() gave */
    const double *estimate;  /* [n_terms] the centres; unused with cells */
    const jd_cells_t *cells; /* or NULL; a centre is then the mean of a term's cell, by weight^2 */
} jd_scores_t;

/** Checks that scores can be clustered as the options ask: one way, two clusters at least. */
JD_MUST_USE int jd_scores_check(const jd_design_t *design, const jd_vcov_options_t *options,
                                jd_ctx_t *ctx);
/** Covariance and facts of all means, and of n_more terms behind them whose scores are given, more
 *  [n_more][clusters]. Without these, and with rows in the order of clusters, clusters are taken by
 *  blocks: no scores of all of them are held. The sums are the same to the bit. */
JD_MUST_USE int jd_scores_infer(const jd_scores_t *scores, const double *more, int n_more,
                                const char *name, const jd_vcov_options_t *options, jd_fit_t *fit,
                                jd_ctx_t *ctx);

#endif
