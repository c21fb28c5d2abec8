/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interaction-weighted estimator of Sun and Abraham (2021, J. Econometrics 225, section 4):
 *
 *      y_it = sum over g, l of delta_gl 1{G_i = g} 1{t - g = l} + alpha_i + lambda_t (+ covariates)
 *
 * over cohorts g and relative periods l but the reference (-1), controls the never treated (eq.
 * 26); then the terms are means of the delta_gl by the cells' (weighted) numbers of rows (eq. 28).
 * The shares count as fixed in the variance. */
#include <stdlib.h>
#include <string.h>

#include "did/design.h"

enum { MAX_CELLS = 2048 };

/* One cohort in one period. */
typedef struct {
    int32_t cohort, time;
    double mass; /* weights of its rows */
} cell_t;

typedef struct {
    jd_groups_t codes; /* [sample.n] cell of a row; the first group, -1, is of rows in none */
    cell_t *cell;      /* [n] */
    int n;
} cells_t;

static void free_cells(cells_t *cells)
{
    jd_groups_free(&cells->codes);
    free(cells->cell);
}

/* Numbers the pairs of cohort and period; -1 for controls and references. */
static int number_pairs(const jd_design_t *design, const jd_frame_t *frame,
                        const jd_did_options_t *options, int32_t *pair, jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0}, periods = {0};
    int rc = jd_groups_make(&cohorts, frame->cohort, frame->n, ctx);
    if (rc == JD_OK) rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc == JD_OK && (int64_t)cohorts.n_groups * periods.n_groups > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "sun_abraham: %d cohorts in %d periods are too many",
                     cohorts.n_groups, periods.n_groups);
    for (int64_t i = 0; rc == JD_OK && i < frame->n; i++) {
        int32_t e = design->event_time[i];
        pair[i] = e == JD_NEVER || jd_is_reference(options, e)
                      ? -1
                      : cohorts.code[i] * periods.n_groups + periods.code[i];
    }
    jd_groups_free(&cohorts);
    jd_groups_free(&periods);
    return rc;
}

static int list_cells(cells_t *cells, const jd_design_t *design, const jd_frame_t *frame,
                      const jd_did_options_t *options, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)frame->n + 1) * sizeof(int32_t);
    int32_t *pair = malloc(bytes);
    int rc = pair ? number_pairs(design, frame, options, pair, ctx)
                  : jd_fail_memory(ctx, bytes, "cells");
    if (rc == JD_OK) rc = jd_groups_make(&cells->codes, pair, frame->n, ctx);
    free(pair);
    if (rc != JD_OK) return rc;
    int skip = cells->codes.value[0] == -1;
    cells->n = cells->codes.n_groups - skip;
    if (cells->n < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: every event time is a reference; name fewer references");
    if (cells->n > MAX_CELLS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: %d cells of cohort and period; at most %d are allowed: take "
                       "longer periods or fewer cohorts",
                       cells->n, MAX_CELLS);
    cells->cell = calloc((size_t)cells->n, sizeof *cells->cell);
    if (!cells->cell) return jd_fail_memory(ctx, (size_t)cells->n * sizeof(cell_t), "cells");
    for (int64_t i = 0; i < frame->n; i++) {
        int c = cells->codes.code[i] -= skip;
        if (c < 0) continue;
        cells->cell[c].cohort = frame->cohort[i];
        cells->cell[c].time = frame->time[i];
        cells->cell[c].mass += design->weight ? design->weight[i] : 1;
    }
    return JD_OK;
}

static int regress(jd_design_t *design, const jd_panel_t *panel, const cells_t *cells,
                   jd_ctx_t *ctx)
{
    jd_term_t *terms = malloc((size_t)cells->n * sizeof *terms);
    if (!terms) return jd_fail_memory(ctx, (size_t)cells->n * sizeof *terms, "the terms");
    for (int c = 0; c < cells->n; c++)
        terms[c] = jd_term_cell(cells->cell[c].cohort, cells->cell[c].time);
    int rc = jd_design_open_dummies(design, panel, terms, cells->n, cells->codes.code, ctx);
    free(terms);
    return rc == JD_OK ? jd_design_close(design, ctx) : rc;
}

/* The coefficient of a kept cell, or NULL for a covariate's. */
static const cell_t *cell_of(const jd_design_t *design, const cells_t *cells, int coefficient)
{
    int regressor = design->regression.kept[coefficient];
    return regressor < cells->n ? &cells->cell[regressor] : NULL;
}

/* Mean of the effects of one key (or of all treated cells), by mass. Returns 0 where there is none.
 */
static int average(const jd_design_t *design, const cells_t *cells, jd_aggregate_t by, int32_t key,
                   double *row)
{
    double total = 0;
    for (int k = 0; k < design->regression.n_kept; k++) {
        const cell_t *c = cell_of(design, cells, k);
        row[k] = c && jd_aggregate_key(by, c->cohort, c->time) == key ? c->mass : 0;
        total += row[k];
    }
    for (int k = 0; total > 0 && k < design->regression.n_kept; k++)
        row[k] /= total;
    return total > 0;
}

/* Keys of the kept cells, ascending; [n]. */
static int list_keys(const jd_design_t *design, const cells_t *cells, jd_aggregate_t by,
                     jd_groups_t *keys, jd_ctx_t *ctx)
{
    int n = 0;
    int32_t key[MAX_CELLS];
    for (int k = 0; k < design->regression.n_kept; k++) {
        const cell_t *c = cell_of(design, cells, k);
        if (!c) continue;
        key[n] = jd_aggregate_key(by, c->cohort, c->time);
        n += key[n] != JD_NO_KEY;
    }
    return jd_groups_make(keys, key, n, ctx);
}

static int aggregate(jd_design_t *design, const cells_t *cells, const jd_did_options_t *options,
                     jd_ctx_t *ctx)
{
    int k = design->regression.n_kept, n = 0;
    jd_aggregate_t by = options->aggregate;
    if (by == JD_AGGREGATE_CELLS) return JD_OK;
    jd_groups_t keys = {0};
    int rc = list_keys(design, cells, by, &keys, ctx);
    if (rc != JD_OK) return rc;
    size_t rows = 1 + (size_t)keys.n_groups + (size_t)k;
    jd_term_t *terms = malloc(rows * sizeof *terms);
    double *contrast = calloc(rows * (size_t)k, sizeof *contrast);
    if (!terms || !contrast) {
        rc = jd_fail_memory(ctx, rows * (size_t)k * sizeof *contrast, "the aggregates");
        free(contrast);
        goto out;
    }
    if (average(design, cells, JD_AGGREGATE_OVERALL, 0, contrast))
        terms[n++] = jd_term_overall("att");
    for (int32_t g = 0; by != JD_AGGREGATE_OVERALL && g < keys.n_groups; g++)
        if (average(design, cells, by, keys.value[g], contrast + n * k))
            terms[n++] = jd_term_aggregate(by, keys.value[g]);
    for (int j = 0; j < k; j++)
        if (!cell_of(design, cells, j)) {
            contrast[n * k + j] = 1;
            terms[n++] = design->terms[j];
        }
    design->own = contrast;
    rc = jd_design_aggregate(design, terms, n, ctx);
out:
    free(terms);
    jd_groups_free(&keys);
    return rc;
}

static void release(jd_design_t *design)
{
    free(design->own);
}

/* Terms out of coefficients: [n_terms][width] from [n_kept][width]. */
static void combine(const jd_design_t *design, const double *beta, int width, double *out)
{
    const double *contrast = design->own;
    int k = design->regression.n_kept, n = design->facts.n_terms;
    for (int t = 0; t < n; t++)
        for (int j = 0; j < width; j++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += contrast[t * k + m] * beta[m * width + j];
            out[t * width + j] = sum;
        }
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    if (!design->own) { /* the cells themselves */
        jd_regression_estimate(r, y, n_y, out, ctx);
        return JD_OK;
    }
    size_t cells = (size_t)r->n_kept * (size_t)n_y;
    double *beta = malloc(cells * sizeof *beta);
    if (!beta) return jd_fail_memory(ctx, cells * sizeof *beta, "coefficients");
    jd_regression_estimate(r, y, n_y, beta, ctx);
    combine(design, beta, n_y, out);
    free(beta);
    return JD_OK;
}

static void weights(const jd_design_t *design, int term, double *w)
{
    const jd_regression_t *r = &design->regression;
    const double *contrast = design->own;
    if (contrast)
        jd_regression_combine(r, contrast + (size_t)term * (size_t)r->n_kept, w);
    else
        jd_regression_weights(r, term, w);
    jd_design_place(design, w);
}

/* C V C' with V the covariance of the coefficients. */
static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    if (!design->own)
        return jd_infer_coefficients(design, y, fit->estimate, NULL, options, fit->vcov, fit, ctx);
    const double *contrast = design->own;
    int k = design->regression.n_kept, n = fit->n_terms;
    size_t cells = (size_t)k * (size_t)(1 + k + n);
    double *beta = malloc(cells * sizeof *beta);
    if (!beta) return jd_fail_memory(ctx, cells * sizeof *beta, "a covariance");
    double *vcov = beta + k, *half = vcov + (size_t)k * (size_t)k;
    jd_regression_estimate(&design->regression, &y, 1, beta, ctx);
    int rc = jd_infer_coefficients(design, y, beta, contrast, options, vcov, fit, ctx);
    if (rc == JD_OK) combine(design, vcov, k, half);
    for (int a = 0; rc == JD_OK && a < n; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += half[a * k + m] * contrast[b * k + m];
            fit->vcov[a * n + b] = fit->vcov[b * n + a] = sum;
        }
    free(beta);
    return rc;
}

static int check_options(const jd_did_options_t *options, jd_ctx_t *ctx)
{
    if (options->bin_first != INT32_MIN || options->bin_last != INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: end points are not binned; aggregate the cells, or use "
                       "event_study");
    if (options->n_reference > 0 && !options->reference)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "sun_abraham: %d references are not given",
                       options->n_reference);
    return JD_OK;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    jd_frame_t frame = {0};
    cells_t cells = {{0}, NULL, 0};
    const jd_staggered_needs_t who = {.last_as_control = 1, .own_first = 1};
    const jd_frame_needs_t needs = {.cohort = 1, .effects = 1, .staggered = &staggered};
    int rc = check_options(options, ctx);
    if (rc == JD_OK) rc = jd_staggered_make(&staggered, "sun_abraham", panel, who, ctx);
    if (rc == JD_OK) rc = jd_frame_make(&frame, design, panel, options, needs, ctx);
    if (rc == JD_OK) rc = list_cells(&cells, design, &frame, options, ctx);
    if (rc == JD_OK) rc = regress(design, panel, &cells, ctx);
    if (rc == JD_OK) rc = aggregate(design, &cells, options, ctx);
    free_cells(&cells);
    jd_frame_free(&frame);
    jd_staggered_free(&staggered);
    return rc;
}

const jd_estimator_t jd_estimator_sun_abraham = {
    .name = "sun_abraham",
    .label = "Sun and Abraham, cohorts against the never treated",
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
};
