/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interaction-weighted estimator of Sun and Abraham (2021, J. Econometrics 225, section 4):
 *
 *      y_it = sum over g, l of delta_gl 1{G_i = g} 1{t - g = l} + alpha_i + lambda_t (+ covariates)
 *
 * over cohorts g and relative periods l but the reference (each cohort's last period before
 * adoption), controls the never treated (eq.
 * 26); then the terms are means of the delta_gl by the cells' (weighted) numbers of rows (eq. 28).
 * The shares count as fixed in the variance. Event times may be binned before they interact. */
#include <stdlib.h>

#include "core/memory.h"
#include "did/base/contrast.h"
#include "did/base/reference.h"

enum { MAX_CELLS = 2048 };

/* One cohort in one period, or one bin of periods. */
typedef struct {
    int32_t cohort, time; /* the first such period seen */
    int32_t first, last;  /* event times seen, end points binned */
    double mass;          /* weights of its rows */
} cell_t;

typedef struct {
    jd_groups_t pairs; /* of cohort and period; given back together with the codes, so that the
                          outcome's residuals find room in their place */
    jd_groups_t codes; /* [sample.n] cell of a row; the first group, -1, is of rows in none */
    cell_t *cell;      /* [n] by cohort, then period */
    int n;
    const jd_did_options_t *options;
    const int32_t *event; /* [sample.n] event times as references have them */
} cells_t;

static void free_cells(cells_t *cells)
{
    jd_groups_free(&cells->pairs);
    jd_groups_free(&cells->codes);
    free(cells->cell);
}

/* The cohorts' codes become numbers of pairs of cohort and period; -1 for controls and references.
 */
static int number_pairs(const jd_design_t *design, const cells_t *cells, jd_groups_t *cohorts,
                        jd_ctx_t *ctx)
{
    const jd_groups_t *periods = &design->periods;
    if ((int64_t)cohorts->n_groups * periods->n_groups > INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "sun_abraham: %d cohorts in %d periods are too many",
                       cohorts->n_groups, periods->n_groups);
    for (int64_t i = 0; i < cohorts->n; i++) {
        int32_t *pair = &cohorts->code[i], e = jd_event_end(cells->options, cells->event[i]);
        *pair = e == JD_NEVER ? -1 : *pair * periods->n_groups + periods->code[i];
    }
    return JD_OK;
}

/* Cells of single periods, which are the groups but the first where `skip`. */
static int count_cells(cells_t *cells, const jd_design_t *design, const jd_frame_t *frame, int skip,
                       jd_ctx_t *ctx)
{
    if (jd_make(&cells->cell, cells->n, sizeof *cells->cell, "cells", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < frame->n; i++) {
        int c = cells->codes.code[i] -= skip;
        if (c < 0) continue;
        cell_t *cell = &cells->cell[c];
        cell->cohort = frame->cohort[i];
        cell->time = frame->time[i];
        cell->first = cell->last = jd_event_end(cells->options, cells->event[i]);
        cell->mass += design->weight ? design->weight[i] : 1;
    }
    return JD_OK;
}

static int are_one(const cells_t *cells, const cell_t *a, const cell_t *b)
{
    return a->cohort == b->cohort &&
           jd_event_bin(cells->options, a->first) == jd_event_bin(cells->options, b->first);
}

/* A cohort's neighbouring cells of one bin become one, as end points that share an event time do.
 */
static int merge_cells(cells_t *cells, jd_ctx_t *ctx)
{
    int single = cells->n, n = 0;
    int32_t *bin;
    if (jd_make_unset(&bin, (size_t)single, sizeof *bin, "cells", ctx)) return JD_ERR_NO_MEMORY;
    for (int c = 0; c < single; c++) {
        const cell_t *cell = &cells->cell[c];
        if (n > 0 && are_one(cells, &cells->cell[n - 1], cell)) {
            cells->cell[n - 1].last = cell->last;
            cells->cell[n - 1].mass += cell->mass;
        } else {
            cells->cell[n++] = *cell;
        }
        bin[c] = n - 1;
    }
    for (int64_t i = 0; n < single && i < cells->codes.n; i++)
        if (cells->codes.code[i] >= 0) cells->codes.code[i] = bin[cells->codes.code[i]];
    cells->n = n;
    free(bin);
    return JD_OK;
}

static int list_cells(cells_t *cells, const jd_design_t *design, const jd_frame_t *frame,
                      jd_ctx_t *ctx)
{
    int rc = jd_groups_make(&cells->pairs, frame->cohort, frame->n, ctx);
    if (!rc) rc = number_pairs(design, cells, &cells->pairs, ctx);
    if (!rc) rc = jd_groups_make(&cells->codes, cells->pairs.code, frame->n, ctx);
    if (rc) return rc;
    int skip = cells->codes.value[0] == -1;
    cells->n = cells->codes.n_groups - skip;
    if (cells->n < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: every event time is a reference; name fewer references");
    rc = count_cells(cells, design, frame, skip, ctx);
    if (!rc) rc = merge_cells(cells, ctx);
    if (!rc && cells->n > MAX_CELLS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: %d cells of cohort and period; at most %d are allowed: bin "
                       "event times, take longer periods or fewer cohorts",
                       cells->n, MAX_CELLS);
    return rc;
}

static int regress(jd_design_t *design, const jd_panel_t *panel, const cells_t *cells,
                   jd_ctx_t *ctx)
{
    jd_term_t *terms;
    if (jd_make_unset(&terms, (size_t)cells->n, sizeof *terms, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    for (int c = 0; c < cells->n; c++) {
        const cell_t *cell = &cells->cell[c];
        const jd_term_t bin = jd_term_bin(cells->options, cell->first, cell->last);
        terms[c] = jd_term_cell(cell->cohort, cell->time);
        terms[c].event_first = bin.event_first;
        terms[c].event_last = bin.event_last;
    }
    int rc = jd_design_open_dummies(design, panel, terms, cells->n, cells->codes.code, ctx);
    free(terms);
    if (!rc) rc = jd_design_close(design, ctx);
    return rc ? rc : jd_check_cells_kept(design, ctx);
}

/* The coefficient of a kept cell, or NULL for a covariate's. */
static const cell_t *cell_of(const jd_design_t *design, const cells_t *cells, int coefficient)
{
    int regressor = design->regression.kept[coefficient];
    return regressor < cells->n ? &cells->cell[regressor] : NULL;
}

/* Which term a cell counts under; see jd_aggregate_key(). */
static int32_t key_of(const cells_t *cells, const cell_t *c, jd_aggregate_t by)
{
    if (by == JD_AGGREGATE_EVENT) return jd_event_bin(cells->options, c->first);
    return jd_aggregate_key(by, c->cohort, c->time);
}

/* Mean of the effects of one key (or of all treated cells), by mass, and its term. Returns 0 where
 * there is none. */
static int average(const jd_design_t *design, const cells_t *cells, jd_aggregate_t by, int32_t key,
                   double *row, jd_term_t *term)
{
    double total = 0;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (int k = 0; k < design->regression.n_kept; k++) {
        const cell_t *c = cell_of(design, cells, k);
        row[k] = 0;
        if (!c || key_of(cells, c, by) != key) continue;
        row[k] = c->mass;
        total += row[k];
        if (c->first < first) first = c->first;
        if (c->last > last) last = c->last;
    }
    for (int k = 0; total > 0 && k < design->regression.n_kept; k++)
        row[k] /= total;
    *term = by == JD_AGGREGATE_OVERALL ? jd_term_overall("att")
            : by == JD_AGGREGATE_EVENT ? jd_term_bin(cells->options, first, last)
                                       : jd_term_aggregate(by, key);
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
        key[n] = key_of(cells, c, by);
        n += key[n] != JD_NO_KEY;
    }
    return jd_groups_make(keys, key, n, ctx);
}

static int aggregate(jd_design_t *design, const cells_t *cells, jd_ctx_t *ctx)
{
    const ptrdiff_t k = design->regression.n_kept;
    int n = 0;
    jd_aggregate_t by = cells->options->aggregate;
    if (by == JD_AGGREGATE_CELLS) return JD_OK;
    jd_groups_t keys = {0};
    int rc = list_keys(design, cells, by, &keys, ctx);
    if (rc) return rc;
    size_t rows = 1 + (size_t)keys.n_groups + (size_t)k;
    jd_term_t *terms = malloc(rows * sizeof *terms);
    double *contrast = calloc(rows * (size_t)k, sizeof *contrast);
    if (!terms || !contrast) {
        rc = jd_fail_memory(ctx, rows * (size_t)k * sizeof *contrast, "the aggregates");
        free(contrast);
        goto out;
    }
    n += average(design, cells, JD_AGGREGATE_OVERALL, 0, contrast, &terms[n]);
    for (int32_t g = 0; by != JD_AGGREGATE_OVERALL && g < keys.n_groups; g++)
        n += average(design, cells, by, keys.value[g], contrast + n * k, &terms[n]);
    for (int j = 0; j < k; j++)
        if (!cell_of(design, cells, j)) {
            contrast[n * k + j] = 1;
            terms[n++] = design->terms[j];
        }
    design->own = contrast; /* NULL: the cells themselves are the terms */
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

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    return jd_contrast_estimate(design, design->own, y, n_y, out, ctx);
}

static void weights(const jd_design_t *design, int term, double *w)
{
    jd_contrast_weights(design, design->own, term, w);
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    return jd_contrast_infer(design, design->own, y, options, fit, ctx);
}

static int check_options(const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int binned = options->bin_first != INT32_MIN || options->bin_last != INT32_MAX;
    if (options->bin_first >= 0 || options->bin_last < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: end points are binned at %d and %d; the first must be a lead "
                       "(< 0), the last a lag (>= 0)",
                       options->bin_first, options->bin_last);
    if (options->aggregate == JD_AGGREGATE_CALENDAR && (binned || options->bin_width > 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "sun_abraham: effects of binned event times cannot be reported by period; "
                       "aggregate by event time or cohort, or do not bin");
    int rc = jd_check_bins(options, "sun_abraham", ctx);
    return rc ? rc : jd_check_references(options, "sun_abraham", ctx);
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    jd_frame_t frame = {0};
    jd_references_t references = {0};
    cells_t cells = {.options = &references.options};
    const jd_staggered_needs_t who = {.anticipation = options->anticipation,
                                      .last_as_control = 1,
                                      .own_first = !options->no_unit_effects};
    const jd_frame_needs_t needs = {
        .cohort = 1, .effects = 1, .staggered = &staggered, .reference = 1};
    int rc = check_options(options, ctx);
    if (!rc) rc = jd_staggered_make(&staggered, "sun_abraham", panel, who, ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_references_make(&references, design, &frame, options, ctx);
    cells.event = references.event;
    if (!rc) rc = list_cells(&cells, design, &frame, ctx);
    if (!rc) rc = regress(design, panel, &cells, ctx);
    if (!rc) rc = aggregate(design, &cells, ctx);
    free_cells(&cells);
    jd_references_free(&references);
    jd_design_frame_free(&frame);
    jd_staggered_free(&staggered);
    return rc;
}

const jd_estimator_t jd_estimator_sun_abraham = {
    .name = "sun_abraham",
    .label = "Sun and Abraham, cohorts against the never treated",
    .short_label = "Sun-Abraham",
    .synonyms = "sa,sunab,eventstudyinteract",
    .uses = JD_USES_AGGREGATE | JD_USES_ANTICIPATION | JD_USES_REFERENCE | JD_USES_BIN |
            JD_USES_BIN_WIDTH | JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_SLOPES,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
};
