/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation (Borusyak, Jaravel, Spiess 2024, Revisiting event-study designs, Review of Economic
 * Studies 91). Their theorem 2: fit y = alpha_i + beta_t + x'delta to untreated rows, impute y(0)
 * for treated ones, average tau = y - y(0). Here tau_w = v'y with their v (proposition 3); variance
 * (their eq. 7-8): sum over clusters of (sum of v e~)^2, e~ = residual in untreated rows, tau less
 * its mean by cohort and period, weighted by v^2, in treated ones. Pre-trends are tested apart,
 * on untreated rows only (their section 4.4). */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/reference.h"
#include "did/imputation/scores.h"

typedef struct {
    jd_first_stage_t stage;
    jd_effect_means_t means; /* the first terms; behind them the leads */
    jd_cells_t cells;        /* cohort by period */
    jd_regression_t leads;   /* on untreated rows; n_kept counts covariates too */
    jd_groups_t clusters;    /* of the untreated rows */
} imputation_t;

static void release(jd_design_t *design)
{
    imputation_t *own = design->own;
    jd_first_stage_free(&own->stage);
    jd_effect_means_free(&own->means);
    jd_cells_free(&own->cells);
    jd_regression_free(&own->leads);
    jd_groups_free(&own->clusters);
    free(own);
    design->own = NULL;
}

static int is_lead(const jd_did_options_t *options, int32_t event)
{
    if (event == JD_NEVER || event >= 0) return 0;
    if (options->imputation.pretrend.n < 0) return !jd_is_reference(options, event);
    for (int k = 0; k < options->imputation.pretrend.n; k++)
        if (options->imputation.pretrend.value[k] == event) return 1;
    return 0;
}

static int check_leads(const jd_did_options_t *options, jd_ctx_t *ctx)
{
    for (int k = 0; k < options->imputation.pretrend.n; k++)
        if (options->imputation.pretrend.value[k] >= 0)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "imputation: pre-trend at event time %d; they lie before 0, the first "
                           "treated period",
                           options->imputation.pretrend.value[k]);
    return JD_OK;
}

/* Event times that are leads; a warning names those requested and not seen. */
static int list_leads(const jd_references_t *references, const jd_first_stage_t *stage,
                      const jd_did_options_t *options, jd_groups_t *leads, jd_ctx_t *ctx)
{
    int32_t *event;
    if (jd_make_unset(&event, (size_t)stage->n0, sizeof *event, "pre-trends", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0, r = 0; i < stage->n; i++) {
        int32_t e = references->event[i];
        if (!stage->treated[i]) event[r++] = is_lead(&references->options, e) ? e : JD_NEVER;
    }
    int rc = jd_groups_make(leads, event, stage->n0, ctx);
    free(event);
    for (int k = 0; !rc && k < options->imputation.pretrend.n; k++) {
        int seen = 0;
        for (int32_t g = 0; g < leads->n_groups; g++)
            seen |= leads->value[g] == options->imputation.pretrend.value[k];
        if (!seen)
            jd_warn(ctx,
                    "imputation: no untreated row is at event time %d; its pre-trend is left "
                    "out",
                    options->imputation.pretrend.value[k]);
    }
    return rc;
}

/* Regresses on dummies of the leads and covariates, on untreated rows. */
static int fit_leads(imputation_t *own, const jd_groups_t *leads, int skip, jd_ctx_t *ctx)
{
    const jd_first_stage_t *stage = &own->stage;
    jd_regression_t *r = &own->leads;
    int n_leads = leads->n_groups - skip;
    int rc =
        jd_regression_init(r, stage->effects, stage->n0, n_leads + stage->n_x, stage->weight0, ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < stage->n0; i++)
        if (leads->code[i] >= skip) r->columns[(leads->code[i] - skip) * stage->n0 + i] = 1;
    for (int k = 0; k < stage->n_x; k++)
        jd_untreated_gather(stage, stage->x + k * stage->n, r->columns + (n_leads + k) * stage->n0);
    return jd_regression_factor(r, ctx);
}

/* Leads that are identified become terms; collinear ones stand behind all terms. */
static void add_leads(jd_design_t *design, const imputation_t *own, const jd_groups_t *leads,
                      int skip, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &own->leads;
    int n_leads = leads->n_groups - skip, kept = 0;
    while (kept < r->n_kept && r->kept[kept] < n_leads)
        kept++;
    int at = own->means.n_terms, dropped = own->means.n_terms + kept;
    for (int k = 0, j = 0; k < n_leads; k++) {
        jd_term_t term = jd_term_event(leads->value[k + skip]);
        if (j == kept || r->kept[j] != k) {
            jd_warn(ctx,
                    "imputation: '%s': pre-trend collinear with the fixed effects or earlier "
                    "terms; dropped",
                    term.name);
            design->terms[dropped++] = term;
            continue;
        }
        design->terms[at++] = term;
        j++;
    }
    design->facts.n_terms = at;
    design->facts.n_collinear = dropped - at;
}

/* Clusters of the untreated rows, which the leads' variance needs. */
static int cluster_leads(imputation_t *own, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_first_stage_t *stage = &own->stage;
    int32_t *code;
    if (jd_make_unset(&code, (size_t)stage->n0, sizeof *code, "clusters", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0, r = 0; i < stage->n; i++)
        if (!stage->treated[i]) code[r++] = design->clusters.code[i];
    int rc = jd_groups_make(&own->clusters, code, stage->n0, ctx);
    free(code);
    return rc;
}

static int fill(jd_design_t *design, imputation_t *own, const jd_frame_t *frame,
                const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_groups_t leads = {0};
    jd_references_t references = {0};
    jd_did_options_t named = *options;
    named.anticipation = 0; /* that of other estimators */
    int skip = 0, n_leads = 0;
    int rc = jd_effect_means_make(&own->means, design, frame, options, 0, ctx);
    if (!rc && options->imputation.pretrend.n != 0) {
        if (options->imputation.pretrend.n > 0) { /* those named are set against all other rows */
            named.reference.n = 1;
            named.reference.value[0] = 0; /* no lead's event time */
        }
        rc = jd_references_make(&references, design, frame, &named, ctx);
        if (!rc) rc = list_leads(&references, &own->stage, options, &leads, ctx);
        jd_references_free(&references);
        if (!rc) skip = leads.value[0] == JD_NEVER;
        n_leads = leads.n_groups - skip;
    }
    if (!rc) rc = jd_effect_means_fit(&own->means, design, &own->stage, n_leads, ctx);
    if (!rc && n_leads > 0) {
        rc = fit_leads(own, &leads, skip, ctx);
        if (!rc) rc = cluster_leads(own, design, ctx);
        if (!rc) add_leads(design, own, &leads, skip, ctx);
    }
    jd_groups_free(&leads);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.cohort = 1, .effects = 1, .imputable = 1};
    int rc = check_leads(options, ctx);
    if (rc) return rc;
    imputation_t *own;
    if (jd_make_n(&own, 1, sizeof *own, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = own;
    rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc)
        rc = jd_first_stage_make(&own->stage, design, &frame, panel,
                                 options->imputation.pretrend.n != 0, options->solver, ctx);
    if (!rc) rc = jd_cells_find(&own->cells, design, &frame, ctx);
    if (!rc) rc = fill(design, own, &frame, options, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

/* Scores of the leads, with fixest's small-sample factor in. */
static int score_leads(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                       double *score, jd_ctx_t *ctx)
{
    const imputation_t *own = design->own;
    const jd_regression_t *r = &own->leads;
    size_t n = (size_t)r->n, k = (size_t)r->n_kept;
    double *work;
    if (jd_make_unset(&work, 2 * n + k + k * k, sizeof *work, "pre-trends", ctx))
        return JD_ERR_NO_MEMORY;
    double *y0 = work, *residual = y0 + n, *beta = residual + n, *vcov = beta + k;
    const double *column = y0;
    jd_vcov_facts_t facts;
    const jd_vcov_rows_t rows = {.way = {&own->clusters}, .n_ways = 1};
    jd_untreated_gather(&own->stage, y, y0);
    jd_regression_estimate(r, &column, 1, beta, ctx);
    int rc = jd_regression_residuals(r, y0, beta, residual, ctx);
    if (!rc) rc = jd_regression_vcov(r, residual, &rows, options, vcov, NULL, &facts, ctx);
    int n_leads = design->facts.n_terms - own->means.n_terms;
    int32_t groups = design->clusters.n_groups;
    for (int j = 0; !rc && j < n_leads; j++)
        for (size_t i = 0; i < n; i++)
            score[(int64_t)j * groups + own->clusters.value[own->clusters.code[i]]] +=
                sqrt(facts.factor) * r->columns[(size_t)j * n + i] * residual[i];
    free(work);
    return rc;
}

/* Coefficients of the leads' regression: out, one every `stride`; room [n0 + n_kept]. */
static void estimate_leads(const jd_design_t *design, const double *y, double *room, double *out,
                           ptrdiff_t stride, jd_ctx_t *ctx)
{
    const imputation_t *own = design->own;
    const jd_regression_t *r = &own->leads;
    const double *column = room;
    double *beta = room + r->n;
    jd_untreated_gather(&own->stage, y, room);
    jd_regression_estimate(r, &column, 1, beta, ctx);
    for (int j = 0; own->means.n_terms + j < design->facts.n_terms; j++)
        out[j * stride] = beta[j];
}

/* All terms of an outcome, one every `stride`; tau [n] becomes its effects and residuals; room
 * [rows and coefficients of the leads, n_terms]. */
static int estimate_one(const jd_design_t *design, const double *y, double *tau, double *room,
                        double *out, ptrdiff_t stride, jd_ctx_t *ctx)
{
    const imputation_t *own = design->own;
    int n_means = own->means.n_terms;
    int rc = jd_first_stage_impute(&own->stage, y, tau, ctx);
    if (rc) return rc;
    jd_effect_means_estimate(&own->means, design, &own->stage, tau, room, out, stride);
    if (design->facts.n_terms > n_means)
        estimate_leads(design, y, room, out + n_means * stride, stride, ctx);
    return JD_OK;
}

static size_t room_of(const jd_design_t *design)
{
    const imputation_t *own = design->own;
    return (size_t)own->leads.n + (size_t)design->facts.n_terms + (size_t)own->leads.n_kept;
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    size_t n = (size_t)design->sample.n, cells = n + room_of(design);
    double *tau;
    if (jd_make_unset(&tau, cells, sizeof *tau, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    for (int j = 0; !rc && j < n_y; j++)
        rc = estimate_one(design, y[j], tau, tau + n, out + j, n_y, ctx);
    free(tau);
    return rc;
}

/* w starts as 0. */
static void weights(const jd_design_t *design, int term, double *w)
{
    const imputation_t *own = design->own;
    const jd_regression_t *r = &own->leads;
    if (term < own->means.n_terms)
        jd_effect_means_weights(&own->means, design, &own->stage, term, w);
    else
        for (int64_t i = 0, j = 0; i < own->stage.n; i++)
            if (!own->stage.treated[i]) w[i] = r->columns[(term - own->means.n_terms) * r->n + j++];
    jd_design_place(design, w);
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const imputation_t *own = design->own;
    int rc = jd_scores_check(design, options, ctx);
    if (rc) return rc;
    int n_leads = fit->n_terms - own->means.n_terms;
    size_t n = (size_t)own->stage.n, groups = (size_t)design->clusters.n_groups;
    size_t room = room_of(design), leads = n_leads > 0 ? (size_t)n_leads * groups : 0;
    double *tau;
    if (jd_make_n(&tau, n + room + leads, sizeof *tau, "standard errors", ctx))
        return JD_ERR_NO_MEMORY;
    double *more = tau + n + room;
    const jd_scores_t scores = {.design = design,
                                .means = &own->means,
                                .stage = &own->stage,
                                .adjusted = tau,
                                .cells = &own->cells};
    rc = estimate_one(design, y, tau, tau + n, fit->estimate, 1, ctx);
    if (!rc && n_leads > 0) rc = score_leads(design, y, options, more, ctx);
    if (!rc) rc = jd_scores_infer(&scores, more, n_leads, "BJS", options, fit, ctx);
    free(tau);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"pretrend", JD_PARAM_INTS, offsetof(jd_did_options_t, imputation.pretrend), "", -1000000, -1,
     "all", "times", "leads tested among untreated rows: -1, -2, or all",
     "Borusyak, Jaravel and Spiess 2024, section 4.4", JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_imputation = {
    .name = "imputation",
    .label = "imputation (Borusyak, Jaravel, Spiess)",
    .short_label = "imputation",
    .synonyms = "bjs,borusyak,did_imputation,didimputation",
    .uses = JD_USES_AGGREGATE | JD_USES_REFERENCE | JD_USES_BIN | JD_USES_SINGLETONS |
            JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED,
    .options = own_options,
    .leads_alone = true,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
    .infers_estimate = true,
};
