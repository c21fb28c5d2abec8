/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/base/reference.h"
#include "did/etwfe/etwfe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MAX_CELLS = 2048 };

void jd_etwfe_release(jd_design_t *design)
{
    jd_etwfe_t *own = design->own;
    free(own->cell);
    free(own->of_row);
    free(own->centred);
    free(own->moment);
    free(own->kept_cell);
    free(own->kept_x);
    free(own->mean);
    free(own->contrast);
    free(own->column);
    free(own->x);
    free(own);
    design->own = NULL;
}

int jd_etwfe_takes(const jd_etwfe_t *own, int mean, int cell)
{
    const jd_etwfe_mean_t *m = &own->mean[mean];
    const jd_etwfe_cell_t *c = &own->cell[cell];
    if (m->by == JD_AGGREGATE_CELLS) return m->key == cell;
    return jd_aggregate_key(m->by, c->cohort, c->time) == m->key;
}

/* Effects are estimated from adoption (less anticipation) on; against the never treated alone, in
 * all periods but the reference. */
static int is_estimated(const jd_did_options_t *options, int32_t event)
{
    if (event == JD_NEVER) return 0;
    if (options->control == JD_CONTROL_NOT_YET) return event >= -options->anticipation;
    return !jd_is_reference(options, event);
}

/* Numbers the pairs of cohort and period that have an effect; the cohorts' codes become pairs. */
static int number_cells(jd_etwfe_t *own, const jd_design_t *design, const jd_frame_t *frame,
                        const jd_references_t *references, jd_groups_t *cohorts, jd_ctx_t *ctx)
{
    jd_groups_t pairs = {0};
    const jd_groups_t *periods = &design->periods;
    int rc = jd_groups_make(cohorts, frame->cohort, frame->n, ctx);
    if (!rc && (int64_t)cohorts->n_groups * periods->n_groups > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: %d cohorts in %d periods are too many",
                     design->estimator->name, cohorts->n_groups, periods->n_groups);
    for (int64_t i = 0; !rc && i < frame->n; i++)
        cohorts->code[i] = is_estimated(&references->options, references->event[i])
                               ? cohorts->code[i] * periods->n_groups + periods->code[i]
                               : -1;
    if (!rc) rc = jd_groups_make(&pairs, cohorts->code, frame->n, ctx);
    own->of_row = pairs.code; /* taken over */
    pairs.code = NULL;
    int skip = !rc && pairs.value[0] == -1;
    if (!rc) own->n_cells = pairs.n_groups - skip;
    if (!rc && (own->n_cells < 1 || own->n_cells > MAX_CELLS))
        rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                     "%s: %d cells of cohort and period; 1 to %d are allowed: take longer periods "
                     "or fewer cohorts",
                     design->estimator->name, own->n_cells, MAX_CELLS);
    if (!rc) rc = jd_make(&own->cell, own->n_cells, sizeof *own->cell, "cells", ctx);
    for (int64_t i = 0; !rc && i < frame->n; i++) {
        int32_t c = own->of_row[i] -= skip;
        if (c >= 0) own->cell[c] = (jd_etwfe_cell_t){frame->cohort[i], frame->time[i]};
    }
    jd_groups_free(&pairs);
    return rc;
}

static double weight_of(const jd_design_t *design, int64_t i)
{
    return design->weight ? design->weight[i] : 1;
}

/* Covariates less their (weighted) means by cohort; then the cells' moments. */
static int centre(jd_etwfe_t *own, const jd_design_t *design, const jd_frame_t *frame,
                  const jd_panel_t *panel, jd_ctx_t *ctx)
{
    jd_effects_t *cohorts = NULL;
    const int32_t *codes[] = {frame->cohort};
    int64_t n = frame->n;
    int rc = JD_OK;
    for (int k = 0; k < own->n_x; k++)
        for (int64_t i = 0; i < n; i++)
            own->centred[k * n + i] = panel->x[k][design->sample.row[i]];
    if (own->n_x > 0)
        rc = jd_effects_make(&cohorts, n, 1, codes, design->weight, JD_SOLVER_AUTO, ctx);
    if (!rc && own->n_x > 0) rc = jd_effects_demean(cohorts, own->centred, own->n_x, ctx);
    jd_effects_free(cohorts);
    for (int k = 0; !rc && k < own->n_x; k++)
        for (int64_t i = 0; i < n; i++) { /* what rounding leaves of a constant is no regressor */
            double *left = &own->centred[k * n + i], x = panel->x[k][design->sample.row[i]];
            if (fabs(*left) <= 1e-12 * fabs(x)) *left = 0;
        }
    for (int64_t i = 0; !rc && i < n; i++) {
        if (own->of_row[i] < 0) continue;
        double *moment = own->moment + (int64_t)own->of_row[i] * (1 + own->n_x);
        moment[0] += weight_of(design, i);
        for (int k = 0; k < own->n_x; k++)
            moment[1 + k] += weight_of(design, i) * own->centred[k * n + i];
    }
    return rc;
}

/* The covariates' slopes, by cohort and by period: which groups have one of their own. */
typedef struct {
    jd_groups_t cohorts;
    const jd_groups_t *periods; /* the design's */
    unsigned char *by_cohort;   /* [n_x] 0 where unit effects take the covariate in */
} slopes_t;

static void free_slopes(slopes_t *s)
{
    jd_groups_free(&s->cohorts);
    free(s->by_cohort);
}

/* 1 if a covariate changes within some unit. */
static int varies(const jd_groups_t *units, const double *x, const int32_t *row, double *first)
{
    for (int64_t i = units->n; i-- > 0;)
        first[units->code[i]] = x[row[i]];
    for (int64_t i = 0; i < units->n; i++)
        if (x[row[i]] < first[units->code[i]] || x[row[i]] > first[units->code[i]]) return 1;
    return 0;
}

static int make_slopes(slopes_t *s, const jd_design_t *design, const jd_frame_t *frame,
                       const jd_panel_t *panel, int unit_effects, jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units;
    s->periods = &design->periods;
    if (panel->n_x == 0) return JD_OK;
    int rc = jd_groups_make(&s->cohorts, frame->cohort, frame->n, ctx);
    double *first = rc ? NULL : malloc((size_t)units->n_groups * sizeof *first);
    s->by_cohort = calloc((size_t)panel->n_x, 1);
    if (!rc && (!first || !s->by_cohort))
        rc = jd_fail_memory(ctx, (size_t)units->n_groups * sizeof *first, "covariates");
    for (int k = 0; !rc && k < panel->n_x; k++)
        s->by_cohort[k] = !unit_effects || varies(units, panel->x[k], design->sample.row, first);
    free(first);
    return rc;
}

/* Columns (or, with a NULL design, their number) of one covariate's slopes: all cohorts but for the
 * first period, whose slope they imply; with neither, all periods but the first. */
static int add_slopes(const slopes_t *s, int k, jd_design_t *design, const jd_panel_t *panel,
                      int at)
{
    int cohorts = s->by_cohort[k] ? s->cohorts.n_groups : 0, periods = s->periods->n_groups - 1;
    for (int64_t i = 0; design && i < s->cohorts.n; i++) {
        double x = panel->x[k][design->sample.row[i]];
        if (cohorts) jd_design_column(design, at + s->cohorts.code[i])[i] = x;
        if (s->periods->code[i] > 0)
            jd_design_column(design, at + cohorts + s->periods->code[i] - 1)[i] = x;
    }
    return cohorts + periods;
}

/* Names of all regressors, in the order of their columns. */
static void name_regressors(const jd_etwfe_t *own, const jd_panel_t *panel, const slopes_t *s,
                            jd_term_t *terms)
{
    int n = 0;
    for (int c = 0; c < own->n_cells; c++)
        terms[n++] = jd_term_cell(own->cell[c].cohort, own->cell[c].time);
    for (int k = 0; k < own->n_x; k++)
        for (int c = 0; c < own->n_cells; c++) {
            terms[n++] = jd_term_of(own->cell[c].cohort, own->cell[c].time, panel->x_name[k]);
        }
    for (int k = 0; k < own->n_x; k++) {
        for (int g = 0; s->by_cohort[k] && g < s->cohorts.n_groups; g++) {
            terms[n++] = jd_term_of(s->cohorts.value[g], JD_NEVER, panel->x_name[k]);
        }
        for (int t = 1; t < s->periods->n_groups; t++) {
            terms[n++] = jd_term_of(JD_NEVER, s->periods->value[t], panel->x_name[k]);
        }
    }
}

static int open_design(jd_etwfe_t *own, jd_design_t *design, const jd_panel_t *panel,
                       const slopes_t *s, int raw, jd_ctx_t *ctx)
{
    jd_panel_t bare = *panel;
    int n = own->n_cells * (1 + own->n_x), at = n;
    int64_t rows = design->sample.n;
    bare.n_x = 0; /* covariates come in interacted only */
    for (int k = 0; k < own->n_x; k++)
        n += add_slopes(s, k, NULL, panel, 0);
    jd_term_t *terms;
    if (jd_make_n(&terms, (size_t)n, sizeof *terms, "the terms", ctx)) return JD_ERR_NO_MEMORY;
    name_regressors(own, panel, s, terms);
    int dummies = own->n_x == 0 && !raw;
    int rc = dummies ? jd_design_open_dummies(design, &bare, terms, n, own->of_row, ctx)
                     : jd_design_open(design, &bare, terms, n, ctx);
    free(terms);
    if (rc || dummies) return rc;
    for (int64_t i = 0; i < rows && !rc; i++) {
        int32_t c = own->of_row[i];
        if (i % 65536 == 0) rc = jd_check_cancelled(ctx);
        if (c < 0) continue;
        jd_design_column(design, c)[i] = 1;
        for (int k = 0; k < own->n_x; k++)
            jd_design_column(design, own->n_cells * (1 + k) + c)[i] = own->centred[k * rows + i];
    }
    for (int k = 0; k < own->n_x && !rc; k++)
        at += add_slopes(s, k, design, panel, at);
    return rc;
}

/* Which cell and covariate the kept regressors are of. */
static int describe_kept(jd_etwfe_t *own, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    size_t n = (size_t)r->n_kept;
    own->n_kept = r->n_kept;
    int rc = jd_make_unset(&own->kept_cell, n, sizeof *own->kept_cell, "the terms", ctx);
    if (!rc) rc = jd_make_unset(&own->kept_x, n, sizeof *own->kept_x, "the terms", ctx);
    if (!rc && own->column) rc = jd_make_n(&own->x, n, sizeof *own->x, "the terms", ctx);
    if (rc) return rc;
    for (int k = 0; k < r->n_kept; k++) {
        int j = r->kept[k], inside = j < own->n_cells * (1 + own->n_x);
        own->kept_cell[k] = inside ? j % own->n_cells : -1;
        own->kept_x[k] = inside ? j / own->n_cells - 1 : -1;
        if (own->column) own->x[k] = own->column + (int64_t)j * r->n;
    }
    return JD_OK;
}

static void add_mean(jd_etwfe_t *own, jd_aggregate_t by, int32_t key, jd_term_t term,
                     jd_term_t *terms)
{
    own->mean[own->n_means] = (jd_etwfe_mean_t){by, key};
    terms[own->n_means++] = term;
}

/* Distinct keys of the kept cells, ascending. */
static int list_keys(const jd_etwfe_t *own, jd_aggregate_t by, jd_groups_t *keys, jd_ctx_t *ctx)
{
    int32_t key[MAX_CELLS];
    int n = 0;
    for (int k = 0; k < own->n_kept; k++) {
        if (own->kept_cell[k] < 0 || own->kept_x[k] >= 0) continue;
        const jd_etwfe_cell_t *c = &own->cell[own->kept_cell[k]];
        key[n] =
            by == JD_AGGREGATE_CELLS ? own->kept_cell[k] : jd_aggregate_key(by, c->cohort, c->time);
        n += key[n] != JD_NO_KEY;
    }
    return n > 0 ? jd_groups_make(keys, key, n, ctx) : JD_OK;
}

/* The means requested, "att" first; where these are not linear in the coefficients and cells are
 * requested, the cells' coefficients behind them. */
static int list_means(jd_etwfe_t *own, jd_design_t *design, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    jd_aggregate_t by = options->aggregate;
    size_t most = 2 * (size_t)own->n_kept + 1;
    jd_term_t *terms = malloc(most * sizeof *terms);
    jd_groups_t keys = {0}, all = {0};
    own->mean = malloc(most * sizeof *own->mean);
    int rc = terms && own->mean ? list_keys(own, JD_AGGREGATE_OVERALL, &all, ctx)
                                : jd_fail_memory(ctx, most * sizeof *terms, "the terms");
    if (!rc && all.n_groups > 0 && by != JD_AGGREGATE_CELLS)
        add_mean(own, JD_AGGREGATE_OVERALL, 0, jd_term_overall("att"), terms);
    if (!rc && by != JD_AGGREGATE_OVERALL) rc = list_keys(own, by, &keys, ctx);
    for (int g = 0; !rc && g < keys.n_groups; g++) {
        const jd_etwfe_cell_t *c = &own->cell[by == JD_AGGREGATE_CELLS ? keys.value[g] : 0];
        add_mean(own, by, keys.value[g],
                 by == JD_AGGREGATE_CELLS ? jd_term_cell(c->cohort, c->time)
                                          : jd_term_aggregate(by, keys.value[g]),
                 terms);
    }
    for (int k = 0; !rc && by == JD_AGGREGATE_CELLS && k < own->n_kept; k++) {
        if (own->kept_cell[k] < 0) continue;
        terms[own->n_means + own->n_shown++] = jd_term_before("log:", &design->terms[k]);
    }
    if (!rc && own->n_means == 0)
        rc = jd_fail(
            ctx, JD_ERR_NO_CONTROLS,
            "%s: no cell of a treated cohort is identified: all are collinear with the fixed "
            "effects, or the aggregate uses none of them",
            design->estimator->name);
    if (!rc) rc = jd_design_aggregate(design, terms, own->n_means + own->n_shown, ctx);
    jd_groups_free(&keys);
    jd_groups_free(&all);
    free(terms);
    return rc;
}

/* Rows of the contrast: a mean's coefficients are its cells' moments over its weight. */
static int fill_contrast(jd_etwfe_t *own, jd_ctx_t *ctx)
{
    size_t cells = (size_t)own->n_means * (size_t)own->n_kept;
    if (jd_make_n(&own->contrast, cells + 1, sizeof *own->contrast, "the averages", ctx))
        return JD_ERR_NO_MEMORY;
    for (int m = 0; m < own->n_means; m++) {
        double total = 0, *row = own->contrast + (int64_t)m * own->n_kept;
        for (int k = 0; k < own->n_kept; k++) {
            int c = own->kept_cell[k];
            if (c < 0 || !jd_etwfe_takes(own, m, c)) continue;
            row[k] = own->moment[(int64_t)c * (1 + own->n_x) + 1 + own->kept_x[k]];
            if (own->kept_x[k] < 0) total += row[k];
        }
        for (int k = 0; k < own->n_kept; k++)
            row[k] /= total;
    }
    return JD_OK;
}

static int check_options(const jd_design_t *design, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    if (options->bin_first != INT32_MIN || options->bin_last != INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: end points are not binned; aggregate the cells, or use event_study",
                       name);
    return jd_check_references(options, name, ctx);
}

static int allocate(jd_etwfe_t *own, int64_t n, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    size_t rows = (size_t)n, k = (size_t)panel->n_x;
    own->n_x = panel->n_x;
    return jd_make_unset(&own->centred, k * rows + 1, sizeof *own->centred, "centred covariates",
                         ctx);
}

static int allocate_moments(jd_etwfe_t *own, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    size_t moments = (size_t)own->n_cells * (1 + (size_t)panel->n_x);
    return jd_make_n(&own->moment, moments, sizeof *own->moment, "cells", ctx);
}

/* The regression, its regressors as given kept aside for Poisson. */
static int regress(jd_etwfe_t *own, jd_design_t *design, const jd_panel_t *panel,
                   const jd_frame_t *frame, int unit_effects, int raw, jd_ctx_t *ctx)
{
    slopes_t slopes = {0};
    jd_regression_t *r = &design->regression;
    int rc = make_slopes(&slopes, design, frame, panel, unit_effects, ctx);
    if (!rc) rc = open_design(own, design, panel, &slopes, raw, ctx);
    free_slopes(&slopes);
    if (!rc && raw) {
        size_t cells = (size_t)r->n_x * (size_t)r->n;
        rc = jd_make_unset(&own->column, cells, sizeof *own->column, "the regressors", ctx);
        for (int k = 0; k < r->n_x && !rc; k++) {
            const size_t n = (size_t)r->n, at = (size_t)k * n;
            memcpy(own->column + at, r->columns + at, n * sizeof *own->column);
            rc = jd_check_cancelled(ctx);
        }
    }
    if (!rc) rc = jd_design_close(design, ctx);
    if (!rc) rc = jd_check_cells_kept(design, ctx);
    if (!rc) rc = describe_kept(own, design, ctx);
    return rc;
}

int jd_etwfe_prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                     int raw, jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    jd_frame_t frame = {0};
    jd_groups_t cohorts = {0}; /* given back after the rows' cells: residuals take their place */
    jd_panel_t crossed = *panel;
    jd_references_t references = {0};
    int never = options->control == JD_CONTROL_NEVER;
    int unit_effects = !options->no_unit_effects;
    const jd_staggered_needs_t who = {
        .anticipation = options->anticipation, .last_as_control = 1, .own_first = unit_effects};
    const jd_frame_needs_t needs = {
        .cohort = 1, .effects = 1, .staggered = &staggered, .reference = never};
    const int32_t **fixed = calloc((size_t)panel->n_fixed + 1, sizeof *fixed);
    jd_etwfe_t *own = design->own = calloc(1, sizeof *own);
    int rc = fixed && own ? JD_OK : jd_fail_memory(ctx, sizeof *own, "a design");
    if (!rc) rc = check_options(design, options, ctx);
    if (!rc) rc = jd_staggered_make(&staggered, design->estimator->name, panel, who, ctx);
    if (!rc && !unit_effects) { /* cohorts in the place of units */
        fixed[0] = staggered.cohort;
        for (int k = 0; k < panel->n_fixed; k++)
            fixed[k + 1] = panel->fixed[k];
        crossed.fixed = fixed;
        crossed.n_fixed = panel->n_fixed + 1;
    }
    if (!rc) rc = jd_design_frame_make(&frame, design, &crossed, options, needs, ctx);
    if (!rc) rc = allocate(own, frame.n, panel, ctx);
    if (!rc) rc = jd_references_make(&references, design, &frame, options, ctx);
    if (!rc) rc = number_cells(own, design, &frame, &references, &cohorts, ctx);
    jd_references_free(&references);
    if (!rc) rc = allocate_moments(own, panel, ctx);
    if (!rc) rc = centre(own, design, &frame, panel, ctx);
    if (!rc) rc = regress(own, design, panel, &frame, unit_effects, raw, ctx);
    if (!rc && (raw || options->aggregate != JD_AGGREGATE_CELLS))
        rc = list_means(own, design, options, ctx);
    if (!rc && !raw && own->n_means > 0) rc = fill_contrast(own, ctx);
    free(fixed);
    jd_groups_free(&cohorts);
    if (own && !raw) { /* the regression knows the rows now */
        free(own->of_row);
        free(own->centred);
        own->of_row = NULL;
        own->centred = NULL;
    }
    jd_design_frame_free(&frame);
    jd_staggered_free(&staggered);
    return rc;
}
