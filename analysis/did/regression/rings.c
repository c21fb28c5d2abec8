/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spillover-robust difference in differences (Butts 2021, Difference-in-differences estimation with
 * spatial spillovers, arXiv 2105.03737, eq. 8):
 *
 *      y_it = tau D_it + sum over rings j of delta_j (1 - D_it) S^j_it + unit + period + x'b,
 *
 * S^j = 1 where the nearest treated unit lies in ring j. By event time, tau and delta_j go by
 * periods since adoption, and since the unit was first within reach of a treated one. Who is never
 * within reach is the control. */
#include "did/regression/rings.h"
#include "did/base/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MAX_TERMS = 2048 };

static int check_edges(const jd_panel_t *panel, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    if (!panel->latitude || !panel->longitude)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "rings: the panel has no places; give latitude and longitude, or "
                       "an exposure of your own as the dose");
    if (options->rings.edges.n < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "rings: no ring is given; name their outer edges in km, as in 25, 50, 100: "
                       "as far as spillovers may reach");
    if (options->rings.exposure == JD_EXPOSURE_DECAY && options->rings.edges.n > 1)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "rings: %d numbers are given; an exposure that decays needs one, the km over "
            "which it falls to 1/e",
            options->rings.edges.n);
    for (int k = 0; k < options->rings.edges.n; k++)
        if (!(options->rings.edges.value[k] > (k ? options->rings.edges.value[k - 1] : 0)) ||
            !isfinite(options->rings.edges.value[k]))
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "rings: edge %d is %g km; edges are positive and go up", k + 1,
                           options->rings.edges.value[k]);
    return JD_OK;
}

static int check_request(const jd_panel_t *panel, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    if (options->aggregate > JD_AGGREGATE_OVERALL)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "rings: effects go by event time, or overall; other averages are not here");
    if (options->bin_first >= options->bin_last)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "rings: end points are binned at %d and %d; the first must lie before the "
                       "last",
                       options->bin_first, options->bin_last);
    if (options->rings.exposure != JD_EXPOSURE_GIVEN) return check_edges(panel, options, ctx);
    if (!panel->dose)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "rings: an exposure of your own is requested; give it as the panel's dose");
    return JD_OK;
}

static int32_t bin(const jd_did_options_t *options, int64_t event)
{
    if (event < options->bin_first) return options->bin_first;
    return event > options->bin_last ? options->bin_last : (int32_t)event;
}

/* Where a row stands: its own event time, and its ring and event time of exposure. */
typedef struct {
    int64_t n;
    int n_groups; /* of exposures; twice that where the treated have theirs */
    int by_event;
    int32_t *own;   /* [n] key of the effect of one's own treatment; JD_NEVER none */
    int32_t *event; /* [n] binned event time of exposure; JD_NEVER none */
    int32_t *group; /* [n] ring of by-event terms */
    const jd_did_options_t *options;
    const jd_references_t *references; /* of one's own treatment */
    const jd_exposures_t *x;
} rows_t;

/* Event time of exposure from period `since` on, binned; JD_NEVER for references: the observed
 * period before, or those named. */
static int32_t exposure_event(const rows_t *rows, int32_t now, int32_t since)
{
    const int32_t *period = rows->x->periods.value;
    const jd_did_options_t *options = rows->options;
    int32_t e = bin(options, (int64_t)period[now] - period[since]);
    if (options->reference.n > 0) return jd_is_reference(options, e) ? JD_NEVER : e;
    int refers = since > 0 && e == bin(options, (int64_t)period[since - 1] - period[since]);
    return refers ? JD_NEVER : e;
}

/* First period in which a unit is exposed, and its ring then; 0 if ever. */
static int first_exposed(const jd_exposures_t *x, int32_t unit, int32_t *period, int *ring)
{
    int32_t periods = x->periods.n_groups;
    const double *own = x->value + (int64_t)unit * x->n * periods;
    for (int32_t t = 0; t < periods; t++)
        for (int k = 0; k < x->n; k++)
            if (own[k * periods + t] > 0) {
                *period = t;
                *ring = k;
                return 1;
            }
    return 0;
}

static double exposure(const rows_t *rows, const jd_design_t *design, const jd_panel_t *panel,
                       int64_t i, int k)
{
    int64_t row = design->sample.row[i];
    const jd_exposures_t *x = rows->x;
    if (rows->options->rings.exposure == JD_EXPOSURE_GIVEN) return panel->dose[row];
    return x->value[((int64_t)x->units.code[row] * x->n + k) * x->periods.n_groups +
                    x->periods.code[row]];
}

/* Keys of by-event exposure: the ring of the period, or before all exposure the first one. */
static void place_exposure(rows_t *rows, const jd_design_t *design, const jd_frame_t *frame)
{
    const jd_exposures_t *x = rows->x;
    for (int64_t i = 0; i < frame->n; i++) {
        int64_t row = design->sample.row[i];
        int32_t unit = x->units.code[row], now = x->periods.code[row], since;
        int ring;
        rows->event[i] = JD_NEVER;
        if ((frame->treated[i] && !rows->options->rings.on_treated) ||
            !first_exposed(x, unit, &since, &ring))
            continue;
        const double *own = x->value + (int64_t)unit * x->n * x->periods.n_groups;
        for (int k = 0; now >= since && k < x->n; k++)
            if (own[k * x->periods.n_groups + now] > 0) ring = k;
        rows->event[i] = exposure_event(rows, now, since);
        rows->group[i] = ring + (frame->treated[i] ? x->n : 0);
    }
}

static void place_own(rows_t *rows, const jd_frame_t *frame)
{
    for (int64_t i = 0; i < frame->n; i++) {
        if (rows->by_event)
            rows->own[i] = jd_event_end(&rows->references->options, rows->references->event[i]);
        else
            rows->own[i] = frame->treated[i] ? 0 : JD_NEVER;
    }
}

static jd_term_t own_term(const rows_t *rows, int32_t key)
{
    jd_term_t term = rows->by_event ? jd_term_event(key) : jd_term_overall("att");
    if (rows->by_event && key == rows->options->bin_first) term.event_first = INT32_MIN + 1;
    if (rows->by_event && key == rows->options->bin_last) term.event_last = INT32_MAX;
    return term;
}

/* "ring=25-50,e=1", "treated,share=0-25", "exposure". */
static jd_term_t exposure_term(const rows_t *rows, int group, int32_t event)
{
    static const char *const what[] = {"ring", "count", "share", "exposure", "exposure"};
    const jd_did_options_t *options = rows->options;
    jd_term_t term = jd_term_other("");
    term.kind = JD_TERM_PART;
    if (event != JD_NEVER) jd_term_set_event(&term, event);
    int k = group % rows->x->n;
    char text[JD_TERM_NAME] = "", tail[16] = "";
    if (options->rings.exposure < JD_EXPOSURE_DECAY)
        snprintf(text, sizeof text, "=%.8g-%.8g", k ? options->rings.edges.value[k - 1] : 0,
                 options->rings.edges.value[k]);
    if (event != JD_NEVER) snprintf(tail, sizeof tail, ",e=%d", event);
    snprintf(term.name, sizeof term.name, "%s%s%.24s%s", group >= rows->x->n ? "tr," : "",
             what[options->rings.exposure], text, event != JD_NEVER ? tail : "");
    return term;
}

/* The regression's columns: own effects, then exposures by event or as they are. */
static int fill(jd_design_t *design, const jd_panel_t *panel, const rows_t *rows,
                const jd_groups_t *own, const jd_groups_t *keys, const jd_frame_t *frame,
                jd_ctx_t *ctx)
{
    int skip = own->value[0] == JD_NEVER, n_own = own->n_groups - skip;
    int rings = rows->by_event && rows->options->rings.exposure == JD_EXPOSURE_RINGS;
    int none = rings && keys->value[0] == JD_NO_KEY;
    int n_terms = n_own + (rings ? keys->n_groups - none : rows->n_groups);
    if (n_own < 1 || n_terms > MAX_TERMS)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "rings: %d event times and %d terms; it needs one that is not a reference, and accepts "
            "%d terms at most: bin the end points",
            n_own, n_terms, MAX_TERMS);
    jd_term_t *terms;
    if (jd_make_unset(&terms, (size_t)n_terms, sizeof *terms, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; k < n_own; k++)
        terms[k] = own_term(rows, own->value[k + skip]);
    for (int k = n_own; k < n_terms; k++) {
        int32_t key = rings ? keys->value[k - n_own + none] : k - n_own;
        int span = rows->n_groups;
        /* keys are event * span + group, group in 0 ... span - 1 */
        int group = rings ? ((key % span) + span) % span : key;
        terms[k] = exposure_term(rows, group, rings ? (key - group) / span : JD_NEVER);
    }
    int rc = jd_design_open(design, panel, terms, n_terms, ctx);
    free(terms);
    if (rc) return rc;
    for (int64_t i = 0; i < rows->n; i++) {
        if (own->code[i] >= skip) jd_design_column(design, own->code[i] - skip)[i] = 1;
        if (rings && keys->code[i] >= none)
            jd_design_column(design, n_own + keys->code[i] - none)[i] = 1;
        int first = frame->treated[i] ? rows->x->n : 0;
        for (int k = 0; !rings && k < rows->x->n && first + k < rows->n_groups; k++)
            jd_design_column(design, n_own + first + k)[i] = exposure(rows, design, panel, i, k);
    }
    return JD_OK;
}

static int fill_rows(jd_design_t *design, const jd_panel_t *panel, rows_t *rows,
                     const jd_frame_t *frame, jd_ctx_t *ctx)
{
    jd_groups_t own = {0}, keys = {0};
    int rings = rows->by_event && rows->options->rings.exposure == JD_EXPOSURE_RINGS;
    place_own(rows, frame);
    if (rings) place_exposure(rows, design, frame);
    for (int64_t i = 0; i < rows->n && rings; i++) {
        int64_t key = (int64_t)rows->event[i] * rows->n_groups + rows->group[i];
        rows->event[i] = rows->event[i] == JD_NEVER || key <= INT32_MIN || key > INT32_MAX
                             ? JD_NO_KEY
                             : (int32_t)key;
    }
    int rc = jd_groups_make(&own, rows->own, rows->n, ctx);
    if (!rc && rings) rc = jd_groups_make(&keys, rows->event, rows->n, ctx);
    if (!rc) rc = fill(design, panel, rows, &own, &keys, frame, ctx);
    if (!rc) rc = jd_design_close(design, ctx);
    if (!rc) rc = jd_check_events_kept(design, ctx);
    if (!rc && design->terms[0].kind > JD_TERM_EVENT)
        rc = jd_fail(ctx, JD_ERR_RANK,
                     "rings: the effect is not identified: fixed effects, covariates and exposures "
                     "explain the treatment");
    jd_groups_free(&own);
    jd_groups_free(&keys);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *given,
                   jd_ctx_t *ctx)
{
    jd_did_options_t own = *given;
    const jd_did_options_t *options = &own;
    own.anticipation = 0; /* that of other estimators */
    jd_frame_t frame = {0};
    jd_exposures_t x = {.n = 1};
    int32_t *cohort = NULL, *keys = NULL;
    jd_references_t references = {0};
    const int by_event = options->aggregate == JD_AGGREGATE_EVENT;
    const jd_frame_needs_t needs = {
        .cohort = 1, .effects = 1, .reference = by_event && options->reference.n == 0};
    int rc = check_request(panel, options, ctx);
    if (!rc && by_event) rc = jd_check_references(options, "rings", ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc && by_event) rc = jd_references_make(&references, design, &frame, options, ctx);
    if (rc) goto out;
    rc = jd_make_unset(&cohort, (size_t)panel->n, sizeof *cohort, "exposures", ctx);
    if (!rc) rc = jd_make_n(&keys, 3 * (size_t)frame.n, sizeof *keys, "exposures", ctx);
    if (!rc) rc = jd_panel_cohorts(panel, cohort, ctx);
    if (!rc && options->rings.exposure != JD_EXPOSURE_GIVEN)
        rc = jd_exposures_make(&x, panel, cohort, options, ctx);
    if (!rc) {
        rows_t rows = {.n = frame.n,
                       .n_groups = x.n * (options->rings.on_treated ? 2 : 1),
                       .by_event = by_event,
                       .own = keys,
                       .event = keys + frame.n,
                       .group = keys + 2 * frame.n,
                       .options = options,
                       .references = &references,
                       .x = &x};
        rc = fill_rows(design, panel, &rows, &frame, ctx);
    }
out:
    jd_references_free(&references);
    free(cohort);
    free(keys);
    jd_exposures_free(&x);
    jd_design_frame_free(&frame);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"rings", JD_PARAM_LIST, offsetof(jd_did_options_t, rings.edges), "", 0, 1e6, NULL, "km",
     "outer edges of the rings, by commas: 25,50,100", "", JD_RESULT},
    {"exposure", JD_PARAM_CHOICE, offsetof(jd_did_options_t, rings.exposure), "rings", 0, 0,
     "rings | count | share | decay | given", "", "of units to treated others", "", JD_RESULT},
    {"rings_on_treated", JD_PARAM_FLAG, offsetof(jd_did_options_t, rings.on_treated), "no", 0, 0,
     NULL, "", "exposures of the treated are terms too", "", JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_rings = {
    .name = "rings",
    .label = "spillover-robust, rings of distance (Butts)",
    .short_label = "rings",
    .synonyms = "butts",
    .uses = JD_USES_AGGREGATE | JD_USES_REFERENCE | JD_USES_BIN | JD_USES_SINGLETONS |
            JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_PLACES,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .options = own_options,
    .no_bootstrap =
        "who is exposed depends on all units, and a sample of clusters lacks some of them",
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
};
