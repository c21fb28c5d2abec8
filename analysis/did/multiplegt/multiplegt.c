/* SPDX-License-Identifier: GPL-3.0-or-later */
/* de Chaisemartin and D'Haultfoeuille (2024, Difference-in-differences estimators of intertemporal
 * treatment effects, Review of Economics and Statistics): treatments that are not binary, come and
 * go. A group is compared, from the last period before its first change of treatment on, with
 * groups of the same baseline treatment that have not changed theirs yet:
 *
 *      DID_g,l = Y_g,F-1+l - Y_g,F-1 - mean over not-yet-switchers of the same            (eq. 5)
 *
 * switchers.c finds who switches when, sample.c who is there to compare with, lags.c compares,
 * terms.c makes terms of it and estimate.c meets outcomes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"

static void release(jd_design_t *design)
{
    jd_multiplegt_t *mg = design->own;
    jd_multiplegt_free_cells(mg);
    free(mg->baseline);
    free(mg->first);
    free(mg->cohort);
    free(mg->up);
    free(mg->cluster);
    free(mg->order);
    free(mg->last);
    free(mg->lag);
    jd_multiplegt_controls_free(mg->controls);
    jd_multiplegt_het_free(mg->het);
    free(mg->weight);
    free(mg);
}

/* Periods since the switch, for targets and figures: effect 1 is event time 0. */
static int fill_event_times(const jd_multiplegt_t *mg, jd_design_t *design, jd_ctx_t *ctx)
{
    const size_t n = (size_t)design->sample.n;
    if (jd_make_unset(&design->event_time, n, sizeof *design->event_time, "event times", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int32_t g = design->units.code[i], t = design->periods.code[i];
        design->event_time[i] = mg->baseline[g] >= 0 && mg->first[g] < mg->never
                                    ? jd_delayed(mg->delay, t - mg->first[g])
                                    : JD_NEVER;
    }
    return JD_OK;
}

/* Where dates of adoption are known, event times count from them. */
static void find_delay(jd_multiplegt_t *mg, const jd_design_t *design, const jd_panel_t *panel,
                       jd_ctx_t *ctx)
{
    const int32_t *date = panel->treated ? panel->adoption : panel->cohort;
    int32_t delay = -1;
    bool differ = false;
    for (int64_t i = 0; date && !panel->dose && i < design->sample.n; i++) {
        int32_t g = design->units.code[i], before = delay;
        if (mg->baseline[g] < 0 || mg->first[g] >= mg->never) continue;
        jd_delay_add(&delay, design->periods.value[mg->first[g]], date[design->sample.row[i]]);
        differ = differ || (before != -1 && before != delay);
    }
    if (differ) jd_report_gaps("did_multiplegt_dyn", ctx);
    mg->delay = differ || delay < 0 ? 0 : delay;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                jd_ctx_t *ctx)
{
    jd_multiplegt_t *mg;
    if (jd_make_n(&mg, 1, sizeof *mg, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = mg;
    mg->normalized = options->multiplegt.normalized;
    mg->same_switchers_pl = options->multiplegt.same_switchers_pl;
    mg->same_switchers =
        options->multiplegt.same_switchers || options->multiplegt.same_switchers_pl;
    mg->only_never = options->multiplegt.only_never_switchers;
    mg->keep_reversals = options->multiplegt.dont_drop_larger_lower;
    mg->trends_lin = options->multiplegt.trends_lin;
    mg->switchers = options->multiplegt.switchers;
    mg->n_groups = design->units.n_groups;
    mg->n_periods = design->periods.n_groups;
    int rc = jd_multiplegt_find_switchers(mg, design, panel, ctx);
    if (!rc && panel->n_x > 0) rc = jd_multiplegt_controls_make(mg, design, panel, ctx);
    if (!rc && panel->n_het > 0) rc = jd_multiplegt_het_make(mg, design, panel, ctx);
    if (!rc) rc = jd_multiplegt_find_kinds(mg, ctx);
    if (!rc) find_delay(mg, design, panel, ctx);
    if (!rc) rc = jd_multiplegt_terms(design, mg, options, ctx);
    if (!rc) rc = fill_event_times(mg, design, ctx);
    return rc;
}

/* Rows in which treatment differs from its unit's first: what "treated" means to the frame. */
static int fill_switched(const jd_panel_t *panel, int8_t *switched, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    int32_t *row;
    rc = jd_make(&row, units.n_groups, sizeof *row, "units", ctx);
    for (int32_t u = 0; row && u < units.n_groups; u++)
        row[u] = -1;
    for (int32_t i = 0; row && i < panel->n; i++) {
        int32_t *r = &row[units.code[i]];
        if (panel->weight && !(panel->weight[i] > 0)) continue;
        if (*r < 0 || panel->time[i] < panel->time[*r]) *r = i;
    }
    for (int64_t i = 0; row && i < panel->n; i++) {
        int32_t r = row[units.code[i]];
        switched[i] =
            r >= 0 && jd_multiplegt_treatment(panel, i) != jd_multiplegt_treatment(panel, r);
    }
    free(row);
    jd_groups_free(&units);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    jd_panel_t own = *panel;
    if (options->cross_sections)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "did_multiplegt_dyn: repeated cross-sections are requested; it follows units "
            "from before their switch");
    int8_t *switched;
    if (jd_make_n(&switched, (size_t)panel->n, 1, "treatment", ctx)) return JD_ERR_NO_MEMORY;
    own.treated = switched;
    const jd_frame_needs_t needs = {.path = switched}; /* not the treatment of the estimator */
    int rc = fill_switched(panel, switched, ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, &own, options, needs, ctx);
    jd_design_frame_free(&frame); /* its codes are the design's */
    free(switched);
    if (!rc) rc = fill(design, panel, options, ctx);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"switchers", JD_PARAM_CHOICE, offsetof(jd_did_options_t, multiplegt.switchers), "both", 0, 0,
     "both | in | out", "", "whose change of treatment counts", "", JD_RESULT},
    {"normalized", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.normalized), "no", 0, 0,
     NULL, "", "effects per unit of treatment so far", "", JD_RESULT},
    {"same_switchers", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.same_switchers), "no",
     0, 0, NULL, "", "only switchers seen for all effects", "", JD_RESULT},
    {"only_never_switchers", JD_PARAM_FLAG,
     offsetof(jd_did_options_t, multiplegt.only_never_switchers), "no", 0, 0, NULL, "",
     "controls never change their treatment", "", JD_RESULT},
    {"same_switchers_pl", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.same_switchers_pl),
     "no", 0, 0, NULL, "", "only switchers seen for all effects and placebos", "", JD_RESULT},
    {"trends_lin", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.trends_lin), "no", 0, 0,
     NULL, "", "a linear trend of each unit's own", "", JD_RESULT},
    {"dont_drop_larger_lower", JD_PARAM_FLAG,
     offsetof(jd_did_options_t, multiplegt.dont_drop_larger_lower), "no", 0, 0, NULL, "",
     "keep treatments that have been above and below the first one", "", JD_RESULT},
    {.name = NULL},
};

/* Normalized effects are divided by the treatment received. */
static bool is_per_dose(const jd_did_options_t *options)
{
    return options->multiplegt.normalized;
}

const jd_estimator_t jd_estimator_did_multiplegt_dyn = {
    .name = "did_multiplegt_dyn",
    .label = "de Chaisemartin and D'Haultfoeuille, first switches of any treatment",
    .short_label = "did_multiplegt",
    .synonyms = "dcdh,did_multiplegt,de_chaisemartin",
    .uses = JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_HET,
    .infers = JD_INFERS_RESAMPLE,
    .options = own_options,
    .counts_waves = true,
    .is_per_dose = is_per_dose,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = jd_multiplegt_infer,
    .release = release,
    .estimate = jd_multiplegt_estimate,
    .weights = jd_multiplegt_weights,
};
