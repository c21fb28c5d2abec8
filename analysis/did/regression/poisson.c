/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-way fixed effects for outcomes that change by a factor: E y = exp(att D + unit + period
 * (+ further effects, covariates)), by Poisson pseudo-maximum likelihood. "att" is in log points,
 * "ratio" = exp(att) - 1 the proportional effect (standard error by the delta method). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/regression/poisson.h"

/* The regressors as given: the design's own are residualised. */
typedef struct {
    double *column; /* [n_x][sample.n] */
    const double **x;
    int n_x;
} poisson_t;

int jd_poisson_fit(jd_glm_t *glm, const jd_design_t *design, const double *const *x, int n_x,
                   const double *y, bool infers, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(design->effects);
    const int32_t **codes;
    if (jd_make_n(&codes, (size_t)n_effects + 1, sizeof *codes, "fixed effects", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; k < n_effects; k++)
        codes[k] = jd_effects_groups(design->effects, k)->code;
    const jd_glm_input_t input = {.family = JD_FAMILY_POISSON,
                                  .n = design->sample.n,
                                  .n_effects = n_effects,
                                  .codes = codes,
                                  .n_x = n_x,
                                  .x = x,
                                  .y = y,
                                  .weight = design->weight,
                                  .row = design->sample.row};
    int rc = infers ? jd_glm_fit(glm, &input, ctx) : jd_glm_fit_means(glm, &input, ctx);
    free(codes);
    return rc;
}

int jd_poisson_vcov(const jd_glm_t *glm, const jd_design_t *design,
                    const jd_vcov_options_t *options, double *vcov, jd_fit_t *fit, jd_ctx_t *ctx)
{
    const int32_t *ways[JD_MAX_WAYS] = {NULL};
    for (int k = 0; k < design->rows.n_ways; k++)
        ways[k] = design->rows.way[k]->code;
    int rc = jd_glm_vcov(glm, ways, design->rows.n_ways, options, vcov, &fit->facts, ctx);
    if (rc) return rc;
    fit->facts.df = HUGE_VAL;
    fit->n_obs = glm->n;
    fit->deviance = glm->deviance;
    fit->log_likelihood = glm->log_likelihood;
    fit->null_log_likelihood = glm->null_log_likelihood;
    if (glm->n_empty > 0)
        jd_warn(ctx,
                "%s: %" PRId64 " rows left out: every outcome in a level of the fixed effects is 0",
                design->estimator->name, glm->n_empty);
    if (glm->n_separated > 0)
        jd_warn(
            ctx,
            "%s: %" PRId64
            " rows left out: outcomes of 0 that effects and covariates separate from all others",
            design->estimator->name, glm->n_separated);
    return JD_OK;
}

static void release(jd_design_t *design)
{
    poisson_t *own = design->own;
    free(own->column);
    free(own->x);
    free(own);
    design->own = NULL;
}

/* Copies the kept regressors before they are residualised in place. */
static int keep_columns(poisson_t *own, const double *columns, int64_t n, int n_x, jd_ctx_t *ctx)
{
    size_t cells = (size_t)n * (size_t)n_x;
    int rc = jd_make_unset(&own->column, cells, sizeof *own->column, "the regressors", ctx);
    if (!rc) rc = jd_make(&own->x, n_x, sizeof *own->x, "the regressors", ctx);
    if (rc) return rc;
    memcpy(own->column, columns, cells * sizeof *columns);
    own->n_x = n_x;
    return JD_OK;
}

/* Effects first: att, its ratio, then covariates. */
static int name_terms(jd_design_t *design, jd_ctx_t *ctx)
{
    int n = design->facts.n_terms;
    jd_term_t *terms;
    if (jd_make_unset(&terms, (size_t)n + 1, sizeof *terms, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    terms[0] = design->terms[0];
    terms[1] = jd_term_other("ratio");
    memcpy(terms + 2, design->terms + 1, ((size_t)n - 1) * sizeof *terms);
    int rc = jd_design_aggregate(design, terms, n + 1, ctx);
    free(terms);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.effects = 1, .amount = 1};
    poisson_t *own;
    if (jd_make_n(&own, 1, sizeof *own, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = own;
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_design_open_treatment(design, panel, &frame, ctx);
    jd_regression_t *r = &design->regression;
    if (!rc) rc = keep_columns(own, r->columns, frame.n, r->n_x, ctx);
    if (!rc) rc = jd_design_close(design, ctx);
    for (int k = 0; !rc && k < r->n_kept; k++)
        own->x[k] = own->column + (int64_t)r->kept[k] * frame.n;
    if (!rc) {
        own->n_x = r->n_kept;
        free(r->columns); /* the linear weights, which nobody needs */
        r->columns = NULL;
        rc = name_terms(design, ctx);
    }
    jd_design_frame_free(&frame);
    return rc;
}

/* Where a term's coefficient stands in a fit: -1 if these rows do not identify it. */
static int find_kept(const jd_glm_t *glm, int regressor)
{
    for (int k = 0; k < glm->regression.n_kept; k++)
        if (glm->regression.kept[k] == regressor) return k;
    return -1;
}

static int fit_one(jd_glm_t *glm, const jd_design_t *design, const double *y, bool infers,
                   jd_ctx_t *ctx)
{
    const poisson_t *own = design->own;
    int rc = jd_poisson_fit(glm, design, own->x, own->n_x, y, infers, ctx);
    if (!rc && find_kept(glm, 0) < 0) {
        jd_glm_free(glm);
        rc = jd_fail(ctx, JD_ERR_RANK,
                     "poisson: the effect is not identified in the %" PRId64 " rows whose levels "
                     "hold an outcome above 0; use fewer fixed effects or covariates",
                     design->sample.n);
    }
    return rc;
}

/* Terms out of coefficients, estimate[term * stride]. */
static void fill_estimates(const jd_design_t *design, const jd_glm_t *glm, double *estimate,
                           ptrdiff_t stride)
{
    const poisson_t *own = design->own;
    double att = glm->beta[find_kept(glm, 0)];
    estimate[0] = att;
    estimate[stride] = expm1(att);
    for (int k = 1; k < own->n_x; k++) {
        int at = find_kept(glm, k);
        estimate[(k + 1) * stride] = at < 0 ? (double)NAN : glm->beta[at];
    }
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int j = 0; !rc && j < n_y; j++) {
        jd_glm_t glm = {0};
        rc = fit_one(&glm, design, y[j], false, ctx);
        if (!rc) fill_estimates(design, &glm, out + j, n_y);
        jd_glm_free(&glm);
    }
    return rc;
}

/* The coefficients' covariance, with the ratio's row and column by the delta method. */
static void spread_vcov(const jd_glm_t *glm, const double *vcov, jd_fit_t *fit)
{
    int n = fit->n_terms, kept = glm->regression.n_kept;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) {
            int i = find_kept(glm, a > 0 ? a - 1 : 0), j = find_kept(glm, b > 0 ? b - 1 : 0);
            double slope =
                (a == 1 ? 1 + fit->estimate[1] : 1) * (b == 1 ? 1 + fit->estimate[1] : 1);
            fit->vcov[a * n + b] = i < 0 || j < 0 ? (double)NAN : slope * vcov[i * kept + j];
        }
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const poisson_t *own = design->own;
    jd_glm_t glm = {0};
    size_t cells = (size_t)own->n_x * (size_t)own->n_x;
    double *vcov;
    if (jd_make_unset(&vcov, cells, sizeof *vcov, "a covariance", ctx)) return JD_ERR_NO_MEMORY;
    int rc = fit_one(&glm, design, y, true, ctx);
    if (!rc) {
        fill_estimates(design, &glm, fit->estimate, 1);
        rc = jd_poisson_vcov(&glm, design, options, vcov, fit, ctx);
    }
    if (!rc) spread_vcov(&glm, vcov, fit);
    jd_glm_free(&glm);
    free(vcov);
    return rc;
}

const jd_estimator_t jd_estimator_poisson = {
    .name = "poisson",
    .label = "two-way fixed effects, Poisson pseudo-likelihood",
    .short_label = "Poisson",
    .synonyms = "fepois,ppmlhdfe,ppml",
    .uses = JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED,
    .infers = JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_NONLINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .target = JD_TARGET_LOG_RATIO,
    .infers_estimate = true,
};
