/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who has a before, and which of its periods effects are measured from: each cohort's last observed
 * period before adoption, less anticipation, or the event times the options name. */
#include "did/base/reference.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* First row of a list, or the list's rows themselves. */
static int64_t row_of(const int32_t *row, int64_t k)
{
    return row ? row[k] : k;
}

/* Marks the treated units of rows [n] that lie by unit and have no row before adoption. Returns 0
 * if the rows are in another order. */
static int mark_runs(const jd_panel_t *panel, const int32_t *cohort, const int32_t *row, int64_t n,
                     int32_t anticipation, unsigned char *always)
{
    const int32_t *unit = panel->unit;
    for (int64_t k = 1; k < n; k++)
        if (unit[row_of(row, k)] < unit[row_of(row, k - 1)]) return 0;
    for (int64_t from = 0, to; from < n; from = to) {
        int before = 0;
        for (to = from; to < n && unit[row_of(row, to)] == unit[row_of(row, from)]; to++) {
            int64_t i = row_of(row, to), g = cohort[i];
            before |= g == 0 || panel->time[i] < g - anticipation;
        }
        memset(always + from, !before, (size_t)(to - from));
    }
    return 1;
}

int jd_mark_always_treated(const jd_panel_t *panel, const int32_t *cohort, const int32_t *row,
                           int64_t n, int32_t anticipation, unsigned char *always, jd_ctx_t *ctx)
{
    if (mark_runs(panel, cohort, row, n, anticipation, always)) return JD_OK;
    size_t bytes = ((size_t)n + 1) * sizeof(int32_t);
    jd_groups_t units = {0};
    int32_t *unit;
    unsigned char *before = NULL;
    int rc = jd_make_unset(&unit, bytes, 1, "units", ctx);
    for (int64_t k = 0; !rc && k < n; k++)
        unit[k] = panel->unit[row_of(row, k)];
    if (!rc) rc = jd_groups_make(&units, unit, n, ctx);
    free(unit);
    if (!rc) rc = jd_make_n(&before, (size_t)units.n_groups + 1, 1, "units", ctx);
    for (int64_t k = 0; !rc && k < n; k++) {
        int64_t i = row_of(row, k), g = cohort[i];
        if (g == 0 || panel->time[i] < g - anticipation) before[units.code[k]] = 1;
    }
    for (int64_t k = 0; !rc && k < n; k++)
        always[k] = !before[units.code[k]];
    free(before);
    jd_groups_free(&units);
    return rc;
}

/* Whether effects may be measured from a row of cohort g in period t. */
static int may_refer(const jd_did_options_t *options, int32_t t, int32_t g)
{
    if (options->reference.n > 0) return jd_is_reference(options, jd_event_time(t, g));
    return t < (int64_t)g - options->anticipation;
}

int jd_drop_unreferenced(jd_sample_t *sample, const jd_panel_t *panel, const int32_t *cohort,
                         const jd_did_options_t *options, const char *name, int64_t *unreferenced,
                         jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    size_t bytes = ((size_t)sample->n + 1) * sizeof(int32_t);
    int32_t *own;
    unsigned char *has = NULL;
    int64_t kept = 0,
            *count = options->reference.n > 0 ? unreferenced : &sample->dropped.always_treated;
    int rc = jd_make_unset(&own, bytes, 1, "cohorts", ctx);
    for (int64_t k = 0; !rc && k < sample->n; k++)
        own[k] = cohort[sample->row[k]];
    if (!rc) rc = jd_groups_make(&cohorts, own, sample->n, ctx);
    free(own);
    if (!rc) rc = jd_make_n(&has, (size_t)cohorts.n_groups + 1, 1, "cohorts", ctx);
    for (int64_t k = 0; !rc && k < sample->n; k++) {
        int32_t c = cohorts.code[k], g = cohorts.value[c];
        if (g == 0 || may_refer(options, panel->time[sample->row[k]], g)) has[c] = 1;
    }
    for (int32_t c = 0; !rc && c < cohorts.n_groups; c++)
        if (!has[c])
            jd_warn(ctx,
                    "%s: cohort %s: no row of it lies %s; its effects are not identified, and "
                    "it is left out",
                    name, JD_PERIOD_NAME(ctx, cohorts.value[c]),
                    options->reference.n > 0 ? "at a reference" : "before its adoption");
    for (int64_t k = 0; !rc && k < sample->n; k++)
        if (has[cohorts.code[k]]) sample->row[kept++] = sample->row[k];
    if (!rc) {
        *count += sample->n - kept;
        sample->n = kept;
    }
    free(has);
    jd_groups_free(&cohorts);
    return rc;
}

/* Event time of each cohort's last period that may be a reference; JD_NEVER for controls. */
static int32_t *find_last(const jd_groups_t *cohorts, const jd_frame_t *frame,
                          const jd_did_options_t *options)
{
    int32_t *last = malloc(((size_t)cohorts->n_groups + 1) * sizeof *last);
    for (int32_t c = 0; last && c < cohorts->n_groups; c++)
        last[c] = JD_NEVER;
    for (int64_t i = 0; last && i < frame->n; i++) {
        int32_t c = cohorts->code[i], g = cohorts->value[c];
        if (g == 0 || !may_refer(options, frame->time[i], g)) continue;
        int32_t e = jd_event_time(frame->time[i], g);
        if (e > last[c]) last[c] = e;
    }
    return last;
}

/* An event time with its end points binned. */
static int32_t binned(const jd_did_options_t *options, int32_t e)
{
    return e < options->bin_first  ? options->bin_first
           : e > options->bin_last ? options->bin_last
                                   : e;
}

/* Copies event times, JD_NEVER where a row's is its cohort's reference. */
static int copy_events(jd_references_t *r, const jd_design_t *design, const jd_groups_t *cohorts,
                       const int32_t *last, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)cohorts->n * sizeof *r->own;
    if (jd_make_unset(&r->own, bytes, 1, "event times", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < cohorts->n; i++) {
        int32_t e = design->event_time[i], own = last[cohorts->code[i]];
        int refers =
            e != JD_NEVER && own != JD_NEVER && binned(&r->options, e) == binned(&r->options, own);
        r->own[i] = refers ? JD_NEVER : e;
    }
    r->event = r->own;
    r->options.reference.n = -1;
    return JD_OK;
}

int jd_references_make(jd_references_t *r, const jd_design_t *design, const jd_frame_t *frame,
                       const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    memset(r, 0, sizeof *r);
    r->options = *options;
    r->event = design->event_time;
    if (options->reference.n > 0) return JD_OK;
    int rc = jd_groups_make(&cohorts, frame->cohort, frame->n, ctx);
    if (rc) return rc;
    int32_t *last = find_last(&cohorts, frame, options), one = JD_NEVER, differ = 0;
    if (!last) rc = jd_fail_memory(ctx, (size_t)cohorts.n_groups * sizeof *last, "cohorts");
    for (int32_t c = 0; !rc && c < cohorts.n_groups; c++) {
        if (last[c] == JD_NEVER) continue;
        differ |= one != JD_NEVER && last[c] != one;
        one = last[c];
    }
    if (!rc && differ) {
        rc = copy_events(r, design, &cohorts, last, ctx);
    } else if (!rc) {
        r->options.reference.value[0] = binned(options, one);
        r->options.reference.n = 1;
    }
    free(last);
    jd_groups_free(&cohorts);
    return rc;
}

void jd_references_free(jd_references_t *r)
{
    free(r->own);
    r->own = NULL;
}

int jd_check_references(const jd_did_options_t *options, const char *name, jd_ctx_t *ctx)
{
    if (options->anticipation < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: anticipation = %d periods; it is at least 0",
                       name, options->anticipation);
    for (int k = 0; k < options->reference.n; k++)
        if (options->reference.value[k] >= 0)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "%s: reference = %d; effects are measured from periods before "
                           "adoption, whose event times are below 0",
                           name, options->reference.value[k]);
    if (options->bin_first >= 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: event times up to %d are one term, so no period before adoption is "
                       "left to measure from; the first end point is below 0",
                       name, options->bin_first);
    return JD_OK;
}

int jd_check_cells_kept(const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_design_facts_t *facts = &design->facts;
    for (int k = 0; k < facts->n_collinear; k++) {
        const jd_term_t *t = &design->terms[facts->n_terms + k];
        if (t->kind == JD_TERM_PART)
            return jd_fail(ctx, JD_ERR_RANK,
                           "%s: effects are not identified: %s is collinear with the fixed effects "
                           "and the other cells; use fewer fixed effects and slopes, or data with "
                           "untreated units in each period",
                           design->estimator->name, JD_TERM_TEXT(ctx, t));
    }
    return JD_OK;
}

int jd_check_events_kept(const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_design_facts_t *facts = &design->facts;
    for (int k = 0; k < facts->n_collinear; k++) {
        const jd_term_t *t = &design->terms[facts->n_terms + k];
        if (t->kind != JD_TERM_EVENT) continue;
        return jd_fail(ctx, JD_ERR_RANK,
                       "%s: effects are not identified: event time %d is collinear with the fixed "
                       "effects and the other event times, which without units never treated are "
                       "known up to a linear trend only; name more references before adoption "
                       "(\3reference\2 -1,-2,-3), or take imputation, sun_abraham or "
                       "callaway_santanna with the not yet treated as controls",
                       design->estimator->name, t->event_first);
    }
    return JD_OK;
}
