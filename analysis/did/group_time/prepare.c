/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples of callaway_santanna, drdid and staggered_triple_difference: what is requested, who is
 * in, and why nothing is left to compare. */
#include <stdlib.h>

#include "core/memory.h"
#include "did/group_time/group_time.h"

void jd_gt_release(jd_design_t *design)
{
    jd_gt_t *gt = design->own;
    free(gt->effects.cohort);
    free(gt->effects.period);
    free(gt->effects.mass);
    free(gt->effects.cohort_share);
    free(gt->effects.att);
    free(gt->terms.multiple);
    free(gt->terms.mix);
    jd_gt_free_rows(&gt->rows);
    if (gt->by == JD_GT_BY_COMPARISONS)
        jd_gt_free_comparisons(&gt->comparisons);
    else
        free(gt->cells.loading);
    free(gt);
}

static int check_request(const char *name, const jd_panel_t *panel, const jd_did_options_t *options,
                         jd_gt_kind_t kind, jd_ctx_t *ctx)
{
    if (options->anticipation < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: anticipation = %d periods; it is at least 0",
                       name, options->anticipation);
    if (options->cross_sections && !panel->cohort)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: repeated cross-sections have no treatment path; give each row's cohort",
                       name);
    if (options->group_time.method == JD_METHOD_ABADIE && kind != JD_GT_PAIR)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "%s: method = abadie, whose weights do not add up to 1, is drdid's; take ipw", name);
    return JD_OK;
}

/* Eligibility of the sample's rows, for the caller to free; event times, and units counted as
 * treated, are those of the eligible alone. */
static int keep_eligible(jd_design_t *design, const jd_panel_t *panel, int8_t **eligible,
                         jd_ctx_t *ctx)
{
    int8_t *treated = NULL;
    int rc = jd_make_unset(eligible, (size_t)design->sample.n, 1, "eligibility", ctx);
    if (!rc) rc = jd_make(&treated, design->units.n_groups, 1, "eligibility", ctx);
    design->facts.n_treated_units = 0;
    for (int64_t i = 0; !rc && i < design->sample.n; i++) {
        int8_t *seen = &treated[design->units.code[i]];
        (*eligible)[i] = panel->eligible[design->sample.row[i]];
        if (!(*eligible)[i]) design->event_time[i] = JD_NEVER;
        if (design->event_time[i] < 0 || *seen) continue;
        *seen = 1;
        design->facts.n_treated_units++;
    }
    free(treated);
    return rc;
}

/* drdid's sample is one comparison. */
static int check_pair(const jd_gt_effects_t *e, jd_ctx_t *ctx)
{
    if (e->n_periods != 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "drdid: %d periods (%s ... %s); it compares two: leave the others out, or "
                       "take callaway_santanna",
                       e->n_periods, JD_PERIOD_NAME(ctx, e->period[0]),
                       JD_PERIOD_NAME(ctx, e->period[e->n_periods - 1]));
    return JD_OK;
}

/* Units of one side: how many, how many of them in the sample. */
typedef struct {
    int32_t all, kept;
} side_t;

/* The period in which fewest units of a side have a row, their number at *rows. */
static int find_gap(const jd_panel_t *panel, const jd_staggered_t *staggered, bool treated,
                    int32_t *period, int64_t *rows, jd_ctx_t *ctx)
{
    jd_groups_t periods = {0};
    int rc = jd_groups_make(&periods, panel->time, panel->n, ctx);
    if (rc) return rc;
    int64_t *count;
    rc = jd_make(&count, periods.n_groups, sizeof *count, "periods", ctx);
    for (int64_t i = 0; count && i < panel->n; i++)
        if ((staggered->cohort[i] != 0) == treated && staggered->leave[i] != JD_LEAVE_UNUSED)
            count[periods.code[i]]++;
    *rows = INT64_MAX;
    for (int32_t t = 0; count && t < periods.n_groups; t++)
        if (count[t] < *rows) {
            *rows = count[t];
            *period = periods.value[t];
        }
    free(count);
    jd_groups_free(&periods);
    return rc;
}

/* Why nothing is left to compare: a complete panel takes units seen in every period alone. */
static int refuse_incomplete(const jd_design_t *design, const jd_panel_t *panel,
                             const jd_staggered_t *staggered, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    side_t side[2] = {{0}};
    int32_t period = 0;
    int64_t rows = 0;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    unsigned char *seen;
    rc = jd_make(&seen, units.n_groups, 1, "units", ctx);
    for (int64_t i = 0; seen && i < panel->n; i++) {
        side_t *own = &side[staggered->cohort[i] != 0];
        unsigned char *state = &seen[units.code[i]], now = staggered->leave[i] ? 1 : 3;
        own->all += !(*state & 1);
        own->kept += !(*state & 2) && now == 3;
        *state |= now;
    }
    free(seen);
    jd_groups_free(&units);
    bool treated = side[0].all == 0 || side[0].kept > 0;
    const side_t *lost = &side[treated];
    if (!rc) rc = find_gap(panel, staggered, treated, &period, &rows, ctx);
    if (rc) return rc;
    return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                   "%s: %lld of %d %s units have no row, or one without a covariate, in period %s; "
                   "a complete panel uses only units seen in every period, so %d of them are "
                   "left and no effect is identified. allow_unbalanced (\1unbalanced\2) keeps the "
                   "others",
                   design->estimator->name, (long long)(lost->all - rows), lost->all,
                   treated ? "treated" : "never-treated", JD_PERIOD_NAME(ctx, period), lost->kept);
}

/* The rows, the effects and the terms, once the sample's units are known. */
static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                const jd_staggered_t *staggered, jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    jd_gt_t *gt = design->own;
    jd_gt_effects_t *e = &gt->effects;
    const char *name = design->estimator->name;
    const jd_frame_needs_t needs = {.cohort = 1, .staggered = staggered};
    int8_t *eligible = NULL;
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (rc == JD_ERR_NO_CONTROLS && gt->rows.complete && design->facts.n_incomplete > 0) {
        jd_ctx_clear(ctx); /* that no control is left has this cause */
        rc = refuse_incomplete(design, panel, staggered, ctx);
    }
    if (!rc && e->kind == JD_GT_TRIPLE) rc = keep_eligible(design, panel, &eligible, ctx);
    if (!rc && gt->rows.complete && design->weight) rc = jd_gt_settle_weights(design, ctx);
    if (!rc) rc = jd_gt_make_cells(design, &frame, eligible, ctx);
    if (!rc && e->kind == JD_GT_PAIR) rc = check_pair(e, ctx);
    if (!rc) jd_gt_list_effects(e, name, options->group_time.universal_base, ctx);
    const bool compared = gt->by == JD_GT_BY_COMPARISONS;
    if (!rc && compared) rc = jd_gt_compare(design, panel, options, frame.unit, eligible, ctx);
    jd_design_frame_free(&frame);
    free(eligible);
    if (rc) return rc;
    if (!jd_gt_has_overall(e) && gt->rows.complete && design->facts.n_incomplete > 0)
        return refuse_incomplete(design, panel, staggered, ctx);
    if (!jd_gt_has_overall(e))
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no treated cohort has rows and controls%s both before and after "
                       "adoption%s",
                       name, compared ? " to compare with" : "",
                       compared ? "; the warnings say why of each" : "");
    return jd_gt_make_terms(design, options, ctx);
}

/* How rows lie in a complete panel. */
static jd_gt_lie_t lie_of(const jd_panel_t *panel, const jd_staggered_t *staggered)
{
    if (panel->cluster || panel->weight) return JD_GT_SINGLY;
    return staggered->in_order ? JD_GT_IN_ORDER : JD_GT_BY_UNIT;
}

int jd_gt_prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                  jd_gt_kind_t kind, jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    const char *name = design->estimator->name;
    int rc = check_request(name, panel, options, kind, ctx);
    if (rc) return rc;
    const bool complete = !options->group_time.allow_unbalanced && !options->cross_sections;
    const jd_staggered_needs_t who = {.anticipation = options->anticipation,
                                      .last_as_control = options->control == JD_CONTROL_NOT_YET,
                                      .complete = complete};
    jd_panel_t own = *panel;
    int32_t *row = NULL;
    jd_gt_t *gt;
    if (jd_make_n(&gt, 1, sizeof *gt, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = gt;
    gt->effects.kind = kind;
    gt->effects.control = options->control;
    gt->effects.fix = options->group_time.fix_weights;
    gt->effects.anticipation = options->anticipation;
    gt->rows.complete = complete;
    gt->by = panel->n_x > 0 || kind != JD_GT_COHORTS ? JD_GT_BY_COMPARISONS : JD_GT_BY_CELLS;
    if (options->cross_sections) {
        if (jd_make(&row, panel->n, sizeof *row, "units", ctx)) return JD_ERR_NO_MEMORY;
        for (int64_t i = 0; i < panel->n; i++)
            row[i] = (int32_t)i;
        own.unit = row;
    }
    rc = jd_staggered_make(&staggered, name, &own, who, ctx);
    if (!rc && complete && kind != JD_GT_TRIPLE) gt->rows.lie = lie_of(panel, &staggered);
    if (!rc) rc = fill(design, &own, options, &staggered, ctx);
    jd_staggered_free(&staggered);
    free(row);
    return rc;
}
