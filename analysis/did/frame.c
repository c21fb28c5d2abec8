/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "did/design.h"
#include "did/imputation_stage.h"

/* A sample's column out of a panel's. */
static int32_t *gather(const jd_sample_t *sample, const int32_t *column)
{
    int32_t *out = malloc((size_t)(sample->n + 1) * sizeof *out);
    for (int64_t i = 0; out && i < sample->n; i++)
        out[i] = column[sample->row[i]];
    return out;
}

/* Leaves out units that are treated from the sample's first period on: they have no before. */
static void drop_always_treated(jd_sample_t *sample, const jd_panel_t *panel, const int32_t *cohort)
{
    int32_t first = INT32_MAX;
    for (int64_t i = 0; i < sample->n; i++)
        if (panel->time[sample->row[i]] < first) first = panel->time[sample->row[i]];
    int64_t kept = 0;
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i];
        if (cohort[row] == 0 || cohort[row] > first) sample->row[kept++] = row;
    }
    sample->dropped.always_treated = sample->n - kept;
    sample->n = kept;
}

/* Unit, time and further effects of the panel, as the options say; returns how many. */
static int list_effects(const jd_panel_t *panel, const jd_did_options_t *options,
                        const int32_t **columns)
{
    int n = 0;
    if (!options->no_unit_effects) columns[n++] = panel->unit;
    if (!options->no_time_effects) columns[n++] = panel->time;
    for (int k = 0; k < panel->n_fixed; k++)
        columns[n++] = panel->fixed[k];
    return n;
}

static int make_effects(jd_design_t *design, int n_effects, const int32_t *const *columns,
                        jd_solver_t solver, jd_ctx_t *ctx)
{
    int32_t **codes = calloc((size_t)n_effects + 1, sizeof *codes);
    int rc = codes ? JD_OK : jd_fail_memory(ctx, sizeof *codes, "fixed effects");
    for (int k = 0; rc == JD_OK && k < n_effects; k++) {
        codes[k] = gather(&design->sample, columns[k]);
        if (!codes[k])
            rc = jd_fail_memory(ctx, (size_t)design->sample.n * sizeof **codes, "fixed effects");
    }
    if (rc == JD_OK)
        rc = jd_effects_make(&design->effects, design->sample.n, n_effects,
                             (const int32_t *const *)codes, design->weight, solver, ctx);
    for (int k = 0; codes && k < n_effects; k++)
        free(codes[k]);
    free(codes);
    return rc;
}

/* Periods since adoption; cut where the difference would not fit. */
int32_t jd_event_time(int32_t t, int32_t g)
{
    int64_t e = (int64_t)t - g;
    return e < -INT32_MAX ? -INT32_MAX : e > INT32_MAX ? INT32_MAX : (int32_t)e;
}

/* Which rows are under treatment, and how long since. */
static void fill_treatment(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                           int has_cohort)
{
    for (int64_t i = 0; i < frame->n; i++) {
        int32_t g = frame->cohort[i], t = frame->time[i];
        if (panel->treated)
            frame->treated[i] = panel->treated[design->sample.row[i]];
        else
            frame->treated[i] = g != 0 && t >= g;
        if (has_cohort)
            design->event_time[i] = g != 0 ? jd_event_time(t, g) : JD_NEVER;
        else
            design->event_time[i] = frame->treated[i] ? 0 : JD_NEVER;
    }
}

static int count_units(const jd_frame_t *frame, jd_design_facts_t *facts, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, frame->unit, frame->n, ctx);
    if (rc != JD_OK) return rc;
    unsigned char *ever = calloc((size_t)units.n_groups + 1, 1);
    if (!ever) rc = jd_fail_memory(ctx, (size_t)units.n_groups, "units");
    for (int64_t i = 0; ever && i < frame->n; i++)
        if (frame->treated[i]) ever[units.code[i]] = 1;
    facts->n_units = units.n_groups;
    for (int32_t g = 0; ever && g < units.n_groups; g++)
        facts->n_treated_units += ever[g];
    free(ever);
    jd_groups_free(&units);
    return rc;
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

static int check_contrast(const jd_frame_t *frame, const jd_design_t *design,
                          jd_design_facts_t *facts, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    jd_groups_t periods = {0};
    int rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc != JD_OK) return rc;
    facts->n_periods = periods.n_groups;
    unsigned char *seen = calloc((size_t)periods.n_groups + 1, 1);
    if (!seen)
        rc = jd_fail_memory(ctx, (size_t)periods.n_groups, "periods");
    else if (periods.n_groups < 2)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: a single period (%d) holds all rows; a difference in differences needs a "
                     "before and an after",
                     name, periods.value[0]);
    else if (facts->n_treated_units == 0)
        rc = jd_fail(ctx, JD_ERR_NO_TREATED,
                     "%s: none of the %d units is ever treated in the periods %d to %d", name,
                     facts->n_units, periods.value[0], periods.value[periods.n_groups - 1]);
    else if (!has_contrast(&periods, frame->treated, seen))
        rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                     "%s: no control group: in no period are there both treated and untreated rows "
                     "(%d of %d units are treated); add units that are treated later or never",
                     name, facts->n_treated_units, facts->n_units);
    free(seen);
    jd_groups_free(&periods);
    return rc;
}

/* Codes of a panel's column over the sample's rows. */
static int keep_groups(jd_groups_t *groups, const jd_sample_t *sample, const int32_t *column,
                       jd_ctx_t *ctx)
{
    int32_t *own = gather(sample, column);
    if (!own) return jd_fail_memory(ctx, (size_t)sample->n * sizeof *own, "clusters");
    int rc = jd_groups_make(groups, own, sample->n, ctx);
    free(own);
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
    int places = panel->latitude && panel->longitude;
    if (panel->weight) design->weight = gather_numbers(sample, panel->weight);
    if (places) design->latitude = gather_numbers(sample, panel->latitude);
    if (places) design->longitude = gather_numbers(sample, panel->longitude);
    if ((panel->weight && !design->weight) || (places && !(design->latitude && design->longitude)))
        return jd_fail_memory(ctx, bytes, "weights and places");
    int rc =
        keep_groups(&design->clusters, sample, panel->cluster ? panel->cluster : panel->unit, ctx);
    if (rc == JD_OK && panel->cluster2)
        rc = keep_groups(&design->clusters2, sample, panel->cluster2, ctx);
    return rc;
}

/* What variances may ask of the rows; units and periods are borrowed from the fixed effects where
 * these have them. */
static int keep_rows(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                     int has_effects, jd_ctx_t *ctx)
{
    jd_vcov_rows_t *rows = &design->rows;
    int rc = JD_OK, next = 0;
    rows->way[rows->n_ways++] = &design->clusters;
    if (panel->cluster2) rows->way[rows->n_ways++] = &design->clusters2;
    rows->latitude = design->latitude;
    rows->longitude = design->longitude;
    if (has_effects && !options->no_unit_effects)
        rows->unit = jd_effects_groups(design->effects, next++);
    if (has_effects && !options->no_time_effects)
        rows->time = jd_effects_groups(design->effects, next);
    if (!rows->unit) {
        rc = keep_groups(&design->units, &design->sample, panel->unit, ctx);
        rows->unit = &design->units;
    }
    if (rc == JD_OK && !rows->time) {
        rc = keep_groups(&design->periods, &design->sample, panel->time, ctx);
        rows->time = &design->periods;
    }
    return rc;
}

static int fill_frame(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                      const int32_t *cohort, int has_cohort, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    size_t bytes = (size_t)sample->n * sizeof(int32_t);
    frame->n = sample->n;
    frame->unit = gather(sample, panel->unit);
    frame->time = gather(sample, panel->time);
    frame->cohort = gather(sample, cohort);
    frame->treated = malloc((size_t)sample->n);
    design->event_time = malloc(bytes);
    if (!frame->unit || !frame->time || !frame->cohort || !frame->treated || !design->event_time)
        return jd_fail_memory(ctx, bytes, "the sample's columns");
    fill_treatment(frame, design, panel, has_cohort);
    return JD_OK;
}

/* Leaves out the rows that comparisons of cohorts cannot use. */
static void leave_rows(jd_sample_t *sample, const jd_staggered_t *staggered,
                       jd_design_facts_t *facts)
{
    int64_t count[JD_LEAVE_ALONE + 1] = {0}, kept = 0;
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

/* Drops what the estimator cannot use, in the order the counts are told. */
static int make_sample(jd_design_t *design, const jd_panel_t *panel, const int32_t *cohort,
                       const jd_did_options_t *options, jd_frame_needs_t needs, int n_effects,
                       const int32_t *const *effects, jd_ctx_t *ctx)
{
    int rc = jd_sample_make(&design->sample, panel, ctx);
    if (rc != JD_OK) return rc;
    if (needs.drop_always_treated) drop_always_treated(&design->sample, panel, cohort);
    if (needs.staggered) leave_rows(&design->sample, needs.staggered, &design->facts);
    int64_t before;
    do { /* a row left out may leave others alone */
        before = design->sample.n;
        if (!options->keep_singletons)
            rc = jd_sample_drop_singletons(&design->sample, n_effects, effects, ctx);
        if (rc == JD_OK && needs.imputable)
            rc = jd_drop_unimputable(&design->sample, panel, cohort, n_effects, effects, ctx);
        if (rc != JD_OK) return rc;
    } while (needs.imputable && design->sample.n < before);
    const jd_dropped_t *d = &design->sample.dropped;
    if (design->sample.n == 0)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: none of the %" PRId64 " rows can be used: %" PRId64 " have weight 0, %" PRId64
            " lack a covariate, %" PRId64 " are of always-treated units, %" PRId64
            " are alone in a level of a fixed effect, %" PRId64
            " lie in periods without untreated units, %" PRId64
            " are of units not seen in every period, %" PRId64
            " are treated with no untreated rows to impute from",
            design->estimator->name, panel->n, d->zero_weight, d->missing, d->always_treated,
            d->singleton, design->facts.n_uncontrolled, design->facts.n_incomplete, d->unimputable);
    return JD_OK;
}

int jd_frame_make(jd_frame_t *frame, jd_design_t *design, const jd_panel_t *panel,
                  const jd_did_options_t *options, jd_frame_needs_t needs, jd_ctx_t *ctx)
{
    memset(frame, 0, sizeof *frame);
    size_t rows = (size_t)panel->n;
    int32_t *cohort = calloc(rows, sizeof *cohort);
    const int32_t **effects = calloc((size_t)panel->n_fixed + 2, sizeof *effects);
    int rc = JD_OK, has_cohort = needs.cohort || !panel->treated;
    if (!cohort || !effects) rc = jd_fail_memory(ctx, rows * sizeof *cohort, "cohorts");
    if (rc == JD_OK && needs.staggered)
        memcpy(cohort, needs.staggered->cohort, rows * sizeof *cohort);
    else if (rc == JD_OK && has_cohort)
        rc = jd_panel_cohorts(panel, cohort, ctx);
    if (rc != JD_OK) goto out;

    int n_effects = needs.effects ? list_effects(panel, options, effects) : 0;
    rc = make_sample(design, panel, cohort, options, needs, n_effects, effects, ctx);
    if (rc == JD_OK) rc = keep_columns(design, panel, ctx);
    if (rc == JD_OK) rc = fill_frame(frame, design, panel, cohort, has_cohort, ctx);
    if (rc == JD_OK) rc = count_units(frame, &design->facts, ctx);
    if (rc == JD_OK) rc = check_contrast(frame, design, &design->facts, ctx);
    if (rc == JD_OK) rc = make_effects(design, n_effects, effects, options->solver, ctx);
    if (rc == JD_OK) rc = keep_rows(design, panel, options, needs.effects, ctx);
out:
    free(cohort);
    free(effects);
    return rc;
}

void jd_frame_free(jd_frame_t *frame)
{
    if (!frame) return;
    free(frame->unit);
    free(frame->time);
    free(frame->cohort);
    free(frame->treated);
    memset(frame, 0, sizeof *frame);
}
