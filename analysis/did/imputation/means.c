/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The means that imputation and two-stage report, and their row weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/reference.h"
#include "did/imputation/stage.h"
#include "linear/sums.h"

enum { NO_KEY = INT32_MIN, MAX_TERMS = 2048 };

int jd_cells_make(jd_groups_t *cells, const jd_design_t *design, const jd_frame_t *frame,
                  jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    const jd_groups_t *periods = &design->periods;
    int rc = jd_groups_make(&cohorts, frame->cohort, frame->n, ctx);
    if (!rc && (int64_t)cohorts.n_groups * periods->n_groups > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%d cohorts times %d periods are more cells than can be counted; use coarser "
                     "periods",
                     cohorts.n_groups, periods->n_groups);
    if (!rc) {
        for (int64_t i = 0; i < frame->n; i++)
            cohorts.code[i] = cohorts.code[i] * periods->n_groups + periods->code[i];
        rc = jd_groups_make(cells, cohorts.code, frame->n, ctx);
    }
    jd_groups_free(&cohorts);
    return rc;
}

/* Codes of the units' cohorts, times the count of periods; NULL where a unit has several. */
static int code_cohorts(jd_cells_t *cells, const jd_design_t *design, const jd_groups_t *cohorts,
                        jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units;
    int32_t n_periods = design->periods.n_groups;
    if (jd_make(&cells->cohort, units->n_groups, sizeof *cells->cohort, "cohorts", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < units->n; i++)
        cells->cohort[units->code[i]] = cohorts->code[i] * n_periods;
    for (int64_t i = 0; cells->cohort && i < units->n; i++) {
        if (cells->cohort[units->code[i]] == cohorts->code[i] * n_periods) continue;
        free(cells->cohort);
        cells->cohort = NULL;
    }
    cells->n = cohorts->n_groups * n_periods;
    return JD_OK;
}

int jd_cells_find(jd_cells_t *cells, const jd_design_t *design, const jd_frame_t *frame,
                  jd_ctx_t *ctx)
{
    enum { ROWS_OF_A_CELL = 4 }; /* with fewer, numbers by cell would take more than codes by row */
    jd_groups_t cohorts = {0};
    memset(cells, 0, sizeof *cells);
    int rc = jd_groups_make(&cohorts, frame->cohort, frame->n, ctx);
    int64_t pairs = (int64_t)cohorts.n_groups * design->periods.n_groups;
    if (!rc && pairs * ROWS_OF_A_CELL <= frame->n) rc = code_cohorts(cells, design, &cohorts, ctx);
    jd_groups_free(&cohorts);
    if (rc || cells->cohort) return rc;
    rc = jd_cells_make(&cells->row, design, frame, ctx);
    cells->n = cells->row.n_groups;
    return rc;
}

void jd_cells_free(jd_cells_t *cells)
{
    free(cells->cohort);
    jd_groups_free(&cells->row);
    memset(cells, 0, sizeof *cells);
}

static int32_t binned(const jd_did_options_t *options, int32_t event)
{
    if (event < options->bin_first) return options->bin_first;
    return event > options->bin_last ? options->bin_last : event;
}

/* What a row counts under besides "att". */
static int32_t key_of(const jd_design_t *design, const jd_frame_t *frame,
                      const jd_did_options_t *options, const jd_references_t *leads,
                      const int32_t *cell, int64_t i)
{
    int32_t event = design->event_time[i];
    if (!frame->treated[i]) {
        if (!leads->event) return NO_KEY;
        event = jd_event_end(&leads->options, leads->event[i]);
        return event == JD_NEVER ? NO_KEY : event;
    }
    switch (options->aggregate) {
    case JD_AGGREGATE_EVENT:
        return binned(options, event);
    case JD_AGGREGATE_COHORT:
        return frame->cohort[i];
    case JD_AGGREGATE_CALENDAR:
        return frame->time[i];
    case JD_AGGREGATE_CELLS:
        return cell[i];
    case JD_AGGREGATE_OVERALL:
        break;
    }
    return NO_KEY;
}

/* Term of a row, any of those that count under it. */
static jd_term_t name_term(const jd_did_options_t *options, const jd_frame_t *frame, int32_t key,
                           int64_t row)
{
    jd_term_t term = jd_term_event(key);
    if (options->aggregate == JD_AGGREGATE_EVENT) {
        if (key == options->bin_first) term.event_first = INT32_MIN + 1;
        if (key == options->bin_last) term.event_last = INT32_MAX;
        return term;
    }
    return options->aggregate == JD_AGGREGATE_CELLS
               ? jd_term_cell(frame->cohort[row], frame->time[row])
               : jd_term_aggregate(options->aggregate, key);
}

/* "att" and the sum of its weights, room for the others. */
static int open_terms(jd_effect_means_t *means, const jd_design_t *design, const jd_frame_t *frame,
                      int n_terms, jd_ctx_t *ctx)
{
    means->n_terms = n_terms;
    int rc = jd_make(&means->terms, n_terms, sizeof *means->terms, "the terms", ctx);
    if (!rc) rc = jd_make(&means->total, n_terms, sizeof *means->total, "the terms", ctx);
    if (rc) return rc;
    means->terms[0] = jd_term_overall("att");
    for (int64_t i = 0; i < frame->n; i++)
        if (frame->treated[i]) means->total[0] += design->weight ? design->weight[i] : 1.0;
    return JD_OK;
}

/* Terms from the distinct keys, and the weights' sums. */
static int list_terms(jd_effect_means_t *means, const jd_design_t *design, const jd_frame_t *frame,
                      const jd_did_options_t *options, const jd_groups_t *keys, jd_ctx_t *ctx)
{
    int32_t skip = keys->value[0] == NO_KEY;
    int n_terms = 1 + keys->n_groups - skip;
    if (n_terms > MAX_TERMS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: %d terms; at most %d are allowed: bin the end points, or request "
                       "another aggregate",
                       design->estimator->name, n_terms, MAX_TERMS);
    int rc = open_terms(means, design, frame, n_terms, ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < frame->n; i++) {
        int32_t t = keys->code[i] - skip + 1;
        double w = design->weight ? design->weight[i] : 1.0;
        means->term[i] = (uint16_t)t;
        if (t == 0) continue;
        if (means->total[t] == 0)
            means->terms[t] = name_term(options, frame, keys->value[t + skip - 1], i);
        means->total[t] += w;
    }
    return JD_OK;
}

int jd_effect_means_make(jd_effect_means_t *means, const jd_design_t *design,
                         const jd_frame_t *frame, const jd_did_options_t *options, int leads,
                         jd_ctx_t *ctx)
{
    memset(means, 0, sizeof *means);
    if (options->bin_first >= 0 || options->bin_last < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: end points are binned at %d and %d; the first must lie before "
                       "treatment (< 0), the last after (>= 0)",
                       design->estimator->name, options->bin_first, options->bin_last);
    if (options->aggregate == JD_AGGREGATE_OVERALL) return open_terms(means, design, frame, 1, ctx);
    jd_groups_t cells = {0}, keys = {0};
    jd_references_t references = {0};
    size_t bytes = (size_t)frame->n * sizeof(int32_t);
    int32_t *key = NULL;
    /* What stays before what goes: a hole below it would be memory held for nothing. */
    int rc = jd_make_unset(&means->term, (size_t)frame->n, sizeof *means->term, "the terms", ctx);
    if (!rc) rc = jd_make_unset(&key, bytes, 1, "the terms", ctx);
    jd_did_options_t how = *options;
    how.anticipation = 0; /* that of other estimators */
    if (!rc && leads && options->aggregate == JD_AGGREGATE_EVENT)
        rc = jd_references_make(&references, design, frame, &how, ctx);
    if (!rc && options->aggregate == JD_AGGREGATE_CELLS)
        rc = jd_cells_make(&cells, design, frame, ctx);
    for (int64_t i = 0; !rc && i < frame->n; i++)
        key[i] = key_of(design, frame, options, &references, cells.code, i);
    jd_references_free(&references);
    jd_groups_free(&cells);
    if (!rc) rc = jd_groups_make(&keys, key, frame->n, ctx);
    free(key);
    if (!rc) rc = list_terms(means, design, frame, options, &keys, ctx);
    jd_groups_free(&keys);
    return rc;
}

void jd_effect_means_free(jd_effect_means_t *means)
{
    if (!means) return;
    free(means->terms);
    free(means->term);
    free(means->total);
    jd_level_classes_free(&means->level);
    free(means->slope);
    memset(means, 0, sizeof *means);
}

double jd_effect_means_weight(const jd_effect_means_t *means, const jd_design_t *design,
                              const jd_first_stage_t *stage, int term, int64_t i)
{
    int counts = term == 0 ? stage->treated[i] : means->term[i] == term; /* > 0: it is there */
    if (!counts) return 0;
    return (design->weight ? design->weight[i] : 1.0) / means->total[term];
}

/* c [n] of a term. */
static void fill_mean(const jd_effect_means_t *means, const jd_design_t *design,
                      const jd_first_stage_t *stage, int term, double *c)
{
    for (int64_t i = 0; i < stage->n; i++)
        c[i] = jd_effect_means_weight(means, design, stage, term, i);
}

/* The terms one by one: c [n] and level [levels] are scratch. */
static int fit_terms(jd_effect_means_t *means, const jd_design_t *design,
                     const jd_first_stage_t *stage, double *c, double *level, jd_ctx_t *ctx)
{
    size_t slopes = (size_t)stage->fit.n_kept;
    int rc = JD_OK;
    for (int k = 0; !rc && k < means->n_terms; k++) {
        fill_mean(means, design, stage, k, c);
        memset(level, 0, means->level.n_levels * sizeof *level);
        rc = jd_check_cancelled(ctx);
        if (!rc)
            rc = jd_first_stage_adjust(stage, design->estimator->name, means->terms[k].name, c,
                                       level, means->slope + (size_t)k * slopes, ctx);
        if (!rc) rc = jd_level_classes_add(&means->level, level, ctx);
    }
    return rc;
}

int jd_effect_means_fit(jd_effect_means_t *means, jd_design_t *design,
                        const jd_first_stage_t *stage, int n_more, jd_ctx_t *ctx)
{
    size_t n_terms = (size_t)means->n_terms, n_all = n_terms + (size_t)n_more;
    size_t levels = jd_first_stage_levels(stage), slopes = n_terms * (size_t)stage->fit.n_kept;
    double *c = NULL;
    int rc = jd_make_n(&design->terms, n_all, sizeof *design->terms, "the terms", ctx);
    if (!rc) rc = jd_make_n(&means->slope, slopes, sizeof *means->slope, "the terms", ctx);
    if (!rc) rc = jd_level_classes_open(&means->level, levels, means->n_terms, ctx);
    /* Last, so that what stays does not lie behind it: the outcome can take its place. */
    if (!rc) rc = jd_make_unset(&c, (size_t)stage->n + levels, sizeof *c, "the terms", ctx);
    if (!rc) memcpy(design->terms, means->terms, n_terms * sizeof *means->terms);
    if (!rc) rc = fit_terms(means, design, stage, c, c + stage->n, ctx);
    jd_level_classes_close(&means->level);
    design->facts.n_terms = means->n_terms;
    free(c);
    return rc;
}

double jd_effect_means_taken(const jd_effect_means_t *means, const jd_first_stage_t *stage,
                             int term, int64_t i, int64_t r)
{
    return jd_first_stage_taken(stage, means->level.of, means->level.value[term],
                                means->slope + (size_t)term * (size_t)stage->fit.n_kept, i, r);
}

void jd_effect_means_weights(const jd_effect_means_t *means, const jd_design_t *design,
                             const jd_first_stage_t *stage, int term, double *v)
{
    fill_mean(means, design, stage, term, v);
    for (int64_t i = 0, r = 0; i < stage->n; i++)
        if (!stage->treated[i]) v[i] -= jd_effect_means_taken(means, stage, term, i, r++);
}

void jd_effect_means_estimate(const jd_effect_means_t *means, const jd_design_t *design,
                              const jd_first_stage_t *stage, const double *adjusted, double *lost,
                              double *estimate, ptrdiff_t stride)
{
    for (int k = 0; k < means->n_terms; k++)
        estimate[k * stride] = lost[k] = 0;
    for (int64_t i = 0; i < stage->n; i++) {
        double part = design->weight ? design->weight[i] * adjusted[i] : adjusted[i];
        int32_t k = means->term ? means->term[i] : 0;
        if (stage->treated[i]) jd_add_exactly(&estimate[0], &lost[0], part);
        if (k > 0) jd_add_exactly(&estimate[k * stride], &lost[k], part);
    }
    for (int k = 0; k < means->n_terms; k++)
        estimate[k * stride] = (estimate[k * stride] + lost[k]) / means->total[k];
}
