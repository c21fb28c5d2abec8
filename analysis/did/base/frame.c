/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "did/base/reference.h"
#include "did/base/unimputable.h"
#include "linear/absorb/effects.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"
#include "panel/grid.h"

/* A sample's column out of a panel's. */
static int32_t *gather(const jd_sample_t *sample, const int32_t *column)
{
    int32_t *out = malloc((size_t)(sample->n + 1) * sizeof *out);
    for (int64_t i = 0; out && i < sample->n; i++)
        out[i] = column[sample->row[i]];
    return out;
}

/* The same, or the panel's own where no row is left out; *own is to be freed. */
static const int32_t *take(const jd_sample_t *sample, int64_t n_rows, const int32_t *column,
                           int32_t **own)
{
    if (sample->n == n_rows) return column;
    return *own = gather(sample, column);
}

static int code_column(jd_groups_t *groups, const jd_sample_t *sample, int64_t n_rows,
                       const int32_t *column, jd_ctx_t *ctx)
{
    int32_t *own = NULL;
    const int32_t *values = take(sample, n_rows, column, &own);
    jd_groups_free(groups);
    int rc = values ? jd_groups_make(groups, values, sample->n, ctx)
                    : jd_fail_memory(ctx, (size_t)sample->n * sizeof *values, "codes");
    free(own);
    return rc;
}

/* Leaves out units that are treated when first seen in the sample: they have no before. Where rows
 * are units of their own, or cohorts stand in their place, those are cohorts. */
static int drop_always_treated(jd_sample_t *sample, const jd_panel_t *panel, const int32_t *cohort,
                               const jd_did_options_t *options, int32_t anticipation, jd_ctx_t *ctx)
{
    unsigned char *always;
    jd_panel_t by = *panel;
    int64_t kept = 0;
    if (jd_make_unset(&always, (size_t)sample->n, 1, "units", ctx)) return JD_ERR_NO_MEMORY;
    if (options->cross_sections || (options->no_unit_effects && !panel->treated)) by.unit = cohort;
    int rc = jd_mark_always_treated(&by, cohort, sample->row, sample->n, anticipation, always, ctx);
    for (int64_t k = 0; !rc && k < sample->n; k++)
        if (!always[k]) sample->row[kept++] = sample->row[k];
    if (!rc) {
        sample->dropped.always_treated = sample->n - kept;
        sample->n = kept;
    }
    free(always);
    return rc;
}

/* Effects of the estimator: columns of the panel, and their codes in the sample. */
typedef struct {
    int n;
    const int32_t **column;
    const jd_groups_t **groups;
} effects_t;

static void add_effect(effects_t *effects, const int32_t *column, const jd_groups_t *groups)
{
    effects->column[effects->n] = column;
    effects->groups[effects->n++] = groups;
}

/* Unit, time and further effects of the panel, as the options say. */
static int list_effects(effects_t *effects, jd_design_t *design, const jd_panel_t *panel,
                        const jd_did_options_t *options, int wanted, jd_ctx_t *ctx)
{
    size_t most = (size_t)panel->n_fixed + 2;
    int rc = jd_make_n(&effects->column, most, sizeof *effects->column, "fixed effects", ctx);
    if (!rc) rc = jd_make_n(&effects->groups, most, sizeof *effects->groups, "fixed effects", ctx);
    if (!rc) rc = jd_make_n(&design->fixed, most, sizeof *design->fixed, "fixed effects", ctx);
    if (rc) return rc;
    if (!wanted) return JD_OK;
    design->n_fixed = panel->n_fixed;
    if (!options->no_unit_effects) add_effect(effects, panel->unit, &design->units);
    if (!options->no_time_effects) add_effect(effects, panel->time, &design->periods);
    for (int k = 0; k < panel->n_fixed; k++)
        add_effect(effects, panel->fixed[k], &design->fixed[k]);
    return JD_OK;
}

/* Codes of the sample's units and periods: of a grid without a look-up. */
static int code_units(jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    int32_t *own[2] = {NULL, NULL};
    const int32_t *unit = take(sample, panel->n, panel->unit, &own[0]);
    const int32_t *time = take(sample, panel->n, panel->time, &own[1]);
    size_t bytes = (size_t)sample->n * sizeof *unit;
    int rc = unit && time ? JD_OK : jd_fail_memory(ctx, bytes, "codes");
    jd_groups_free(&design->units);
    jd_groups_free(&design->periods);
    int32_t length = rc ? 0 : jd_grid_periods(unit, time, sample->n, ctx);
    if (length > 0)
        rc = jd_grid_code(&design->units, &design->periods, unit, time, sample->n, length, ctx);
    else if (!rc)
        rc = jd_groups_make(&design->units, unit, sample->n, ctx);
    if (!rc && length == 0) rc = jd_groups_make(&design->periods, time, sample->n, ctx);
    free(own[0]);
    free(own[1]);
    return rc;
}

/* Codes of the sample's units, periods and further effects. */
static int code_sample(jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    int rc = code_units(design, panel, ctx);
    for (int k = 0; !rc && k < design->n_fixed; k++)
        rc = code_column(&design->fixed[k], sample, panel->n, panel->fixed[k], ctx);
    return rc;
}

static int has_singletons(const effects_t *effects)
{
    for (int k = 0; k < effects->n; k++)
        for (int32_t g = 0; g < effects->groups[k]->n_groups; g++)
            if (effects->groups[k]->count[g] == 1) return 1;
    return 0;
}

/* Periods since adoption; cut where the difference would not fit. */
int32_t jd_event_time(int32_t t, int32_t g)
{
    int64_t e = (int64_t)t - g;
    return e < -INT32_MAX ? -INT32_MAX : e > INT32_MAX ? INT32_MAX : (int32_t)e;
}

/* Which of the rows from ... to - 1 are under treatment, and how long since. */
static void fill_block(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                       int has_cohort, int64_t from, int64_t to)
{
    int8_t *restrict treated = frame->treated;
    int32_t *restrict event = design->event_time;
    const int32_t *cohort = frame->cohort, *time = frame->time;
    if (frame->is_amount)
        for (int64_t i = from; i < to; i++)
            treated[i] = panel->dose[design->sample.row[i]] != 0;
    else if (panel->treated)
        for (int64_t i = from; i < to; i++)
            treated[i] = panel->treated[design->sample.row[i]];
    else
        for (int64_t i = from; i < to; i++)
            treated[i] = (cohort[i] != 0) & (time[i] >= cohort[i]);
    if (!event) return;
    if (has_cohort && design->periods.value[0] >= 0)
        for (int64_t i = from; i < to; i++) /* of numbers >= 0 any difference fits */
            event[i] = cohort[i] != 0 ? time[i] - cohort[i] : JD_NEVER;
    else if (has_cohort)
        for (int64_t i = from; i < to; i++)
            event[i] = cohort[i] != 0 ? jd_event_time(time[i], cohort[i]) : JD_NEVER;
    else
        for (int64_t i = from; i < to; i++)
            event[i] = treated[i] ? 0 : JD_NEVER;
}

static void fill_treatment(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                           int has_cohort, const jd_ctx_t *ctx)
{
    (void)ctx; /* for OpenMP alone */
#pragma omp parallel for num_threads(jd_pass_threads(ctx, frame->n)) schedule(static)
    for (int64_t b = 0; b < jd_n_blocks(frame->n); b++)
        fill_block(frame, design, panel, has_cohort, b * JD_BLOCK, jd_block_end(b, frame->n));
}

static int count_units(const jd_frame_t *frame, jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units;
    unsigned char *ever;
    if (jd_make_n(&ever, (size_t)units->n_groups + 1, 1, "units", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < frame->n; i++)
        if (frame->treated[i]) ever[units->code[i]] = 1;
    design->facts.n_units = units->n_groups;
    for (int32_t g = 0; g < units->n_groups; g++)
        design->facts.n_treated_units += ever[g];
    free(ever);
    return JD_OK;
}

/* 1 if some period holds treated and untreated rows: without one, time effects take all. */
static int has_contrast(const jd_groups_t *periods, const int8_t *treated, unsigned char *seen)
{
    for (int64_t i = 0; i < periods->n; i++) {
        unsigned char *s = &seen[periods->code[i]];
        *s |= (unsigned char)(treated[i] ? 2 : 1);
        if (*s == 3) return 1;
    }
    return 0;
}

static int check_contrast(const jd_frame_t *frame, jd_design_t *design, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    const jd_groups_t *periods = &design->periods;
    jd_design_facts_t *facts = &design->facts;
    int rc = JD_OK;
    facts->n_periods = periods->n_groups;
    unsigned char *seen;
    if (jd_make(&seen, periods->n_groups, 1, "periods", ctx)) return JD_ERR_NO_MEMORY;
    if (periods->n_groups < 2)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: a single period (%s) holds all rows; a difference in differences needs a "
                     "before and an after",
                     name, JD_PERIOD_NAME(ctx, periods->value[0]));
    else if (facts->n_treated_units == 0 && facts->n_unreferenced > 0)
        rc = jd_fail(ctx, JD_ERR_NO_TREATED,
                     "%s: no cohort has a row at a reference that is named; name event times that "
                     "are seen, or none: then each cohort's last period before adoption is its "
                     "reference",
                     name);
    else if (facts->n_treated_units == 0 && design->sample.dropped.always_treated > 0)
        rc = jd_fail(ctx, JD_ERR_NO_TREATED,
                     "%s: all treated units are treated when first seen (%" PRId64
                     " rows, left out); without a period before, effects are not identified",
                     name, design->sample.dropped.always_treated);
    else if (facts->n_treated_units == 0)
        rc = jd_fail(ctx, JD_ERR_NO_TREATED,
                     "%s: none of the %d units is ever treated in the periods %s to %s", name,
                     facts->n_units, JD_PERIOD_NAME(ctx, periods->value[0]),
                     JD_PERIOD_NAME(ctx, periods->value[periods->n_groups - 1]));
    else if (!frame->is_amount && !has_contrast(periods, frame->treated, seen))
        rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                     "%s: no control group: in no period are there both treated and untreated rows "
                     "(%d of %d units are treated); add units that are treated later or never",
                     name, facts->n_treated_units, facts->n_units);
    free(seen);
    return rc;
}

static double *gather_numbers(const jd_sample_t *sample, const double *column)
{
    double *out = malloc((size_t)(sample->n + 1) * sizeof *out);
    for (int64_t i = 0; out && i < sample->n; i++)
        out[i] = column[sample->row[i]];
    return out;
}

/* Weight, clusters and places, which the design keeps. */
static int keep_columns(jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    size_t bytes = (size_t)sample->n * sizeof(double);
    int places = panel->latitude && panel->longitude, rc = JD_OK;
    if (panel->weight) design->weight = gather_numbers(sample, panel->weight);
    if (places) design->latitude = gather_numbers(sample, panel->latitude);
    if (places) design->longitude = gather_numbers(sample, panel->longitude);
    if ((panel->weight && !design->weight) || (places && !(design->latitude && design->longitude)))
        return jd_fail_memory(ctx, bytes, "weights and places");
    if (!panel->cluster || panel->cluster == panel->unit)
        design->clusters = design->units;
    else
        rc = code_column(&design->clusters, sample, panel->n, panel->cluster, ctx);
    if (!rc && panel->cluster2)
        rc = code_column(&design->clusters2, sample, panel->n, panel->cluster2, ctx);
    return rc;
}

/* What variances may need of the rows. */
static void keep_rows(jd_design_t *design, const jd_panel_t *panel)
{
    jd_vcov_rows_t *rows = &design->rows;
    rows->way[rows->n_ways++] = &design->clusters;
    if (panel->cluster2) rows->way[rows->n_ways++] = &design->clusters2;
    rows->latitude = design->latitude;
    rows->longitude = design->longitude;
    rows->unit = &design->units;
    rows->time = &design->periods;
}

/* `cohort` is the panel's, or *made over the panel's rows, which the frame then takes over. */
static int fill_frame(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                      const int32_t *cohort, int32_t **made, int has_cohort, jd_frame_needs_t needs,
                      jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    size_t bytes = (size_t)sample->n * sizeof(int32_t);
    frame->n = sample->n;
    frame->unit = take(sample, panel->n, panel->unit, &frame->own[0]);
    frame->time = take(sample, panel->n, panel->time, &frame->own[1]);
    frame->cohort = take(sample, panel->n, cohort, &frame->own[2]);
    if (frame->cohort == *made) {
        frame->own[2] = *made;
        *made = NULL;
    }
    frame->treated_lent = needs.path && sample->n == panel->n;
    frame->treated = frame->treated_lent ? needs.path : malloc((size_t)sample->n);
    if (!needs.path) design->event_time = malloc(bytes);
    if (!frame->unit || !frame->time || !frame->cohort || !frame->treated ||
        !(design->event_time || needs.path))
        return jd_fail_memory(ctx, bytes, "the sample's columns");
    fill_treatment(frame, design, panel, has_cohort, ctx);
    return JD_OK;
}

/* Leaves out the rows that comparisons of cohorts cannot use. */
static void leave_rows(jd_sample_t *sample, const jd_staggered_t *staggered,
                       jd_design_facts_t *facts)
{
    int64_t count[JD_LEAVE_UNUSED + 1] = {0}, kept = 0;
    if (staggered->n_left == 0) return;
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i];
        count[staggered->leave[row]]++;
        if (!staggered->leave[row]) sample->row[kept++] = row;
    }
    sample->n = kept;
    sample->dropped.always_treated = count[JD_LEAVE_ALWAYS];
    facts->n_uncontrolled = count[JD_LEAVE_UNCONTROLLED];
    facts->n_incomplete = count[JD_LEAVE_INCOMPLETE];
    facts->n_alone = count[JD_LEAVE_ALONE];
}

/* Why no row is left: the reasons that took some, and a cure where it is plain. */
static int refuse_empty(const jd_design_t *design, const jd_panel_t *panel,
                        const jd_did_options_t *options, jd_ctx_t *ctx)
{
    const jd_dropped_t *d = &design->sample.dropped;
    const struct {
        int64_t n;
        const char *words;
    } reasons[] = {{d->zero_weight, "have weight 0"},
                   {d->missing, "lack a covariate"},
                   {d->always_treated, "are of always-treated units"},
                   {design->facts.n_uncontrolled, "lie in periods without untreated units"},
                   {design->facts.n_incomplete, "are of units not seen in every period"},
                   {design->facts.n_alone, "are of cohorts of a single unit"},
                   {design->facts.n_unreferenced, "are of cohorts without a row at a reference"},
                   {d->singleton, "are alone in a level of a fixed effect"},
                   {d->unimputable, "are treated with no untreated rows to impute from"}};
    char told[512] = "";
    size_t at = 0;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].n > 0)
            at += (size_t)snprintf(told + at, sizeof told - at, "%s%" PRId64 " %s", at ? ", " : "",
                                   reasons[i].n, reasons[i].words);
    return jd_fail(ctx, JD_ERR_DATA, "%s: none of the %" PRId64 " rows can be used: %s%s",
                   design->estimator->name, panel->n, told,
                   options->cross_sections && d->singleton > 0
                       ? "; in repeated cross-sections take effects of cohorts or regions in the "
                         "place of those of units"
                       : "");
}

/* Drops what the estimator cannot use, in the order the counts are told, and codes what is left. */
static int make_sample(jd_design_t *design, const jd_panel_t *panel, const int32_t *cohort,
                       const jd_did_options_t *options, jd_frame_needs_t needs,
                       const effects_t *effects, jd_ctx_t *ctx)
{
    jd_sample_t *sample = &design->sample;
    int rc = jd_sample_make(sample, panel, ctx);
    if (rc) return rc;
    if (needs.staggered) leave_rows(sample, needs.staggered, &design->facts);
    if (needs.cohort && !needs.staggered)
        rc = drop_always_treated(sample, panel, cohort, options, needs.anticipation, ctx);
    if (rc) return rc;
    int64_t coded;
    do { /* a row left out may leave others alone */
        rc = code_sample(design, panel, ctx);
        coded = sample->n;
        if (!rc && !options->keep_singletons && has_singletons(effects))
            rc = jd_sample_drop_singletons(sample, effects->n, effects->column, ctx);
        if (!rc && needs.reference)
            rc = jd_drop_unreferenced(sample, panel, cohort, options, design->estimator->name,
                                      &design->facts.n_unreferenced, ctx);
        if (!rc && needs.imputable && sample->n < coded) rc = code_sample(design, panel, ctx);
        if (!rc && needs.imputable)
            rc = jd_drop_unimputable(sample, panel, cohort, effects->n, effects->groups, ctx);
        if (rc) return rc;
    } while (sample->n < coded);
    return design->sample.n > 0 ? JD_OK : refuse_empty(design, panel, options, ctx);
}

/* Where there is an amount alone, an estimator that takes amounts does so. */
static int check_amount(jd_frame_t *frame, const jd_panel_t *panel, const jd_design_t *design,
                        jd_frame_needs_t needs, jd_ctx_t *ctx)
{
    if (!needs.amount || panel->treated || panel->cohort) return JD_OK;
    for (int64_t i = 0; i < panel->n; i++)
        if (!isfinite(panel->dose[i]))
            return jd_fail(ctx, JD_ERR_DATA, "%s: row %s: dose = %g; leave such rows out",
                           design->estimator->name, JD_ROW_NAME(ctx, i + 1), panel->dose[i]);
    frame->is_amount = 1;
    return JD_OK;
}

/* Cohorts over the panel's rows: its own where it has them, else *made. */
static int find_cohorts(const int32_t **cohort, int32_t **made, const jd_panel_t *panel,
                        jd_frame_needs_t needs, int has_cohort, jd_ctx_t *ctx)
{
    *cohort = needs.staggered ? needs.staggered->cohort : panel->cohort;
    if (*cohort && (needs.staggered || !panel->treated)) return JD_OK; /* a dose alone: none */
    if (jd_make(made, panel->n, sizeof **made, "cohorts", ctx)) return JD_ERR_NO_MEMORY;
    *cohort = *made;
    return has_cohort ? jd_panel_cohorts(panel, *made, ctx) : JD_OK;
}

static int32_t largest(const int32_t *x, int64_t n)
{
    int32_t most = INT32_MIN;
    for (int64_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

/* A cohort that would adopt after the last period, anticipation included, never does here. */
static int forget_later(const int32_t **cohort, int32_t **made, const jd_panel_t *panel,
                        int32_t anticipation, jd_ctx_t *ctx)
{
    int64_t last = (int64_t)largest(panel->time, panel->n) + anticipation;
    size_t bytes = (size_t)panel->n * sizeof **made;
    if (largest(*cohort, panel->n) <= last) return JD_OK;
    if (!*made) {
        if (jd_make_unset(made, bytes, 1, "cohorts", ctx)) return JD_ERR_NO_MEMORY;
        memcpy(*made, *cohort, bytes);
        *cohort = *made;
    }
    for (int64_t i = 0; i < panel->n; i++)
        if ((*made)[i] > last) (*made)[i] = 0;
    return JD_OK;
}

/* An effect that is there already under another name is left out: it would count its levels as
 * parameters twice. */
static int drop_repeated(effects_t *effects, jd_ctx_t *ctx)
{
    int kept = 0;
    for (int k = 0; k < effects->n; k++) {
        int same = 0;
        for (int j = 0; same == 0 && j < kept; j++)
            if (effects->groups[j]->n_groups == effects->groups[k]->n_groups)
                same = jd_is_nested(effects->groups[j], effects->groups[k], ctx);
        if (same < 0) return same;
        if (!same) effects->groups[kept++] = effects->groups[k];
    }
    effects->n = kept;
    return JD_OK;
}

/* Slopes that differ by level, beside the design's fixed effects. */
static int add_slopes(jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    int rc = JD_OK;
    for (int k = 0; !rc && k < panel->n_slopes; k++) {
        int32_t *level = gather(sample, panel->slope_level[k]);
        double *variable = gather_numbers(sample, panel->slope[k]);
        rc = level && variable
                 ? jd_effects_add_slope(design->effects, level, variable, ctx)
                 : jd_fail_memory(ctx, (size_t)sample->n * sizeof *variable, "slopes");
        free(level);
        free(variable);
    }
    return rc;
}

int jd_design_frame_make(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                         const jd_did_options_t *options, jd_frame_needs_t needs, jd_ctx_t *ctx)
{
    memset(frame, 0, sizeof *frame);
    const int32_t *cohort = NULL;
    int32_t *made = NULL;
    effects_t effects = {0};
    int rc = check_amount(frame, panel, design, needs, ctx);
    int has_cohort = needs.cohort || !(panel->treated || frame->is_amount);
    if (!rc) rc = find_cohorts(&cohort, &made, panel, needs, has_cohort, ctx);
    if (!rc && needs.cohort && !needs.staggered)
        rc = forget_later(&cohort, &made, panel, needs.anticipation, ctx);
    if (!rc) rc = list_effects(&effects, design, panel, options, needs.effects, ctx);
    if (!rc) rc = make_sample(design, panel, cohort, options, needs, &effects, ctx);
    if (!rc) rc = keep_columns(design, panel, ctx);
    if (!rc) rc = fill_frame(frame, design, panel, cohort, &made, has_cohort, needs, ctx);
    if (!rc) rc = count_units(frame, design, ctx);
    if (!rc) rc = check_contrast(frame, design, ctx);
    if (!rc) rc = drop_repeated(&effects, ctx);
    if (!rc)
        rc = jd_effects_borrow(&design->effects, design->sample.n, NULL, effects.n, effects.groups,
                               design->weight, options->solver, ctx);
    if (!rc) rc = add_slopes(design, panel, ctx);
    if (!rc) keep_rows(design, panel);
    free(made);
    free(effects.column);
    free(effects.groups);
    return rc;
}

void jd_design_frame_free(jd_frame_t *frame)
{
    if (!frame) return;
    for (int k = 0; k < 3; k++)
        free(frame->own[k]);
    if (!frame->treated_lent) free(frame->treated);
    memset(frame, 0, sizeof *frame);
}
