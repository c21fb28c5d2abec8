/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-stage differences in differences (Gardner 2022, Two-stage differences in differences). Fit
 * y = alpha_i + lambda_t + x'delta to untreated rows; regress y - y(0)^ of all rows on dummies of
 * treatment or of event times, which do not overlap: means. The variance is that of both stages as
 * one GMM problem (Newey, McFadden 1994, theorem 6.1): clustered sums of
 *     c e2 + (v - c) e1,   c the means' row weights, v those of the estimate, e1 and e2 the
 * residuals of the first stage (untreated rows) and the second. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/imputation/scores.h"

typedef struct {
    jd_first_stage_t stage;
    jd_effect_means_t means;
} two_stage_t;

static void release(jd_design_t *design)
{
    two_stage_t *own = design->own;
    jd_first_stage_free(&own->stage);
    jd_effect_means_free(&own->means);
    free(own);
    design->own = NULL;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    /* "att" alone asks for no event time, so the treatment may end again. */
    const jd_frame_needs_t needs = {
        .cohort = options->aggregate != JD_AGGREGATE_OVERALL, .effects = 1, .imputable = 1};
    two_stage_t *own;
    if (jd_make_n(&own, 1, sizeof *own, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = own;
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_first_stage_make(&own->stage, design, &frame, panel, 0, options->solver, ctx);
    if (!rc) rc = jd_effect_means_make(&own->means, design, &frame, options, 1, ctx);
    jd_design_frame_free(&frame);
    return rc ? rc : jd_effect_means_fit(&own->means, design, &own->stage, 0, ctx);
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const two_stage_t *own = design->own;
    size_t n = (size_t)own->stage.n, cells = n + (size_t)own->means.n_terms;
    double *adjusted;
    if (jd_make_unset(&adjusted, cells, sizeof *adjusted, "an outcome", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    for (int j = 0; !rc && j < n_y; j++) {
        rc = jd_first_stage_impute(&own->stage, y[j], adjusted, ctx);
        if (!rc)
            jd_effect_means_estimate(&own->means, design, &own->stage, adjusted, adjusted + n,
                                     out + j, n_y);
    }
    free(adjusted);
    return rc;
}

static void weights(const jd_design_t *design, int term, double *w)
{
    const two_stage_t *own = design->own;
    jd_effect_means_weights(&own->means, design, &own->stage, term, w);
    jd_design_place(design, w);
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const two_stage_t *own = design->own;
    const jd_first_stage_t *stage = &own->stage;
    int rc = jd_scores_check(design, options, ctx);
    if (rc) return rc;
    size_t n = (size_t)stage->n;
    double *adjusted;
    if (jd_make_unset(&adjusted, n + (size_t)fit->n_terms, sizeof *adjusted, "standard errors",
                      ctx))
        return JD_ERR_NO_MEMORY;
    /* "att" is a second stage of its own, beside that of the other terms. */
    const jd_scores_t scores = {.design = design,
                                .means = &own->means,
                                .stage = stage,
                                .adjusted = adjusted,
                                .estimate = fit->estimate};
    rc = jd_first_stage_impute(stage, y, adjusted, ctx);
    if (!rc) {
        jd_effect_means_estimate(&own->means, design, stage, adjusted, adjusted + n, fit->estimate,
                                 1);
        rc = jd_scores_infer(&scores, NULL, 0, "GMM", options, fit, ctx);
    }
    free(adjusted);
    return rc;
}

const jd_estimator_t jd_estimator_two_stage = {
    .name = "two_stage",
    .label = "two stages (Gardner)",
    .short_label = "two-stage",
    .synonyms = "did2s,gardner",
    .uses = JD_USES_AGGREGATE | JD_USES_REFERENCE | JD_USES_BIN | JD_USES_SINGLETONS |
            JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED,
    .leads_alone = true,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
    .infers_estimate = true,
};
