/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "linear/absorb/effects.h"

void jd_delay_add(int32_t *delay, int32_t seen, int32_t adoption)
{
    int32_t own = adoption > 0 && seen > adoption ? seen - adoption : 0;
    *delay = *delay == -1 || *delay == own ? own : 0;
}

void jd_report_gaps(const char *name, jd_ctx_t *ctx)
{
    jd_warn(ctx,
            "%s: the first period seen after adoption is not equally late for all adopters, so "
            "event times count the periods in use",
            name);
}

int jd_fail_window(const char *name, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    char from[16] = "", to[16] = "";
    if (options->event_first != INT32_MIN) snprintf(from, sizeof from, "%d", options->event_first);
    if (options->event_last != INT32_MAX) snprintf(to, sizeof to, "%d", options->event_last);
    return jd_fail(ctx, JD_ERR_ARGUMENT,
                   "%s: event times %s:%s leave out some that its att averages; request all from 0 "
                   "on, or take callaway_santanna, which averages any",
                   name, from, to);
}

/* A window that reaches beyond the event times in the data gives a warning: its ends are no
 * results. Event time -1 is the base of most, so it is no term of theirs. */
static void report_window(const jd_design_t *d, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int32_t first = INT32_MAX, last = INT32_MIN;
    const char *name = d->estimator->name;
    if (!(d->estimator->uses & JD_USES_EVENT)) return;
    for (int k = 0; k < d->facts.n_terms; k++) {
        const jd_term_t *t = &d->terms[k];
        if (t->kind != JD_TERM_EVENT) continue;
        if (t->event_first < first) first = t->event_first;
        if (t->event_last > last) last = t->event_last;
    }
    if (first > last) return; /* no terms by event time */
    if (first > -1) first = -1;
    if (options->event_first != INT32_MIN && options->event_first < first)
        jd_warn(ctx, "%s: event times from %d on are requested; the first one estimated is %d",
                name, options->event_first, first);
    if (options->event_last != INT32_MAX && options->event_last > last)
        jd_warn(ctx, "%s: event times up to %d are requested; the last one estimated is %d", name,
                options->event_last, last);
}

/* Lists filled by hand can claim more than they hold. */
static int check_lists(const jd_did_options_t *o, jd_ctx_t *ctx)
{
    const int32_t n[] = {o->reference.n, o->imputation.pretrend.n, o->rings.edges.n, o->dose.at.n};
    static const char *const names[] = {"reference", "pretrend", "rings", "dose_at"};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        if (n[i] > JD_LIST_MAX)
            return jd_fail(ctx, JD_ERR_ARGUMENT, "%s has %d values; %d are the most", names[i],
                           n[i], JD_LIST_MAX);
    return JD_OK;
}

int jd_design_prepare(jd_design_t **design, const jd_estimator_t *estimator,
                      const jd_panel_t *panel, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    *design = NULL;
    if (!estimator || !panel || !options)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "a design needs an estimator, a panel and options");
    int rc = jd_check_cancelled(ctx);
    if (!rc) rc = jd_panel_check(panel, ctx);
    if (!rc) rc = check_lists(options, ctx);
    if (rc) return rc;
    jd_panel_t taken = *panel;
    if (!(estimator->reads & JD_READS_FIXED)) taken.n_fixed = taken.n_slopes = 0;
    if (taken.n_slopes > 0 && !(estimator->reads & JD_READS_SLOPES))
        return jd_fail(
            ctx, JD_ERR_UNSUPPORTED,
            "%s: does not support slopes that differ by level; leave them out, or take twfe, "
            "event_study or sun_abraham",
            estimator->name);
    jd_design_t *d;
    if (jd_make_n(&d, 1, sizeof *d, "a design", ctx)) return JD_ERR_NO_MEMORY;
    d->estimator = estimator;
    d->n_rows = panel->n;
    rc = estimator->prepare(d, &taken, options, ctx);
    if (rc) {
        jd_design_free(d);
        return rc;
    }
    d->facts.n_rows = panel->n;
    d->facts.n_obs = d->sample.n;
    d->facts.dropped = d->sample.dropped;
    d->facts.n_clusters = d->clusters.n_groups;
    report_window(d, options, ctx);
    *design = d;
    return JD_OK;
}

void jd_design_free(jd_design_t *design)
{
    if (!design) return;
    if (design->own) design->estimator->release(design);
    jd_sample_free(&design->sample);
    free(design->event_time);
    free(design->weight);
    free(design->latitude);
    free(design->longitude);
    jd_regression_free(&design->regression);
    jd_effects_free(design->effects);
    if (design->clusters.code != design->units.code) jd_groups_free(&design->clusters);
    jd_groups_free(&design->clusters2);
    jd_groups_free(&design->units);
    jd_groups_free(&design->periods);
    for (int k = 0; design->fixed && k < design->n_fixed; k++)
        jd_groups_free(&design->fixed[k]);
    free(design->fixed);
    free(design->terms);
    free(design);
}

/* Terms, with room for the covariates' behind them. */
static int copy_terms(jd_design_t *design, const jd_panel_t *panel, const jd_term_t *terms,
                      int n_terms, jd_ctx_t *ctx)
{
    size_t n_all = (size_t)n_terms + (size_t)panel->n_x;
    if (jd_make_n(&design->terms, n_all, sizeof *design->terms, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    memcpy(design->terms, terms, (size_t)n_terms * sizeof *terms);
    for (int k = 0; k < panel->n_x; k++)
        design->terms[n_terms + k] = jd_term_other(panel->x_name[k]);
    return JD_OK;
}

int jd_design_open(jd_design_t *design, const jd_panel_t *panel, const jd_term_t *terms,
                   int n_terms, jd_ctx_t *ctx)
{
    const jd_sample_t *sample = &design->sample;
    int rc = copy_terms(design, panel, terms, n_terms, ctx);
    if (!rc)
        rc = jd_regression_init(&design->regression, design->effects, sample->n,
                                n_terms + panel->n_x, design->weight, ctx);
    if (rc) return rc;
    for (int k = 0; k < panel->n_x; k++) {
        double *column = jd_design_column(design, n_terms + k);
        for (int64_t i = 0; i < sample->n; i++)
            column[i] = panel->x[k][sample->row[i]];
    }
    return JD_OK;
}

int jd_design_open_dummies(jd_design_t *design, const jd_panel_t *panel, const jd_term_t *terms,
                           int n_terms, const int32_t *code, jd_ctx_t *ctx)
{
    int64_t n = design->sample.n;
    if (panel->n_x > 0) { /* covariates need columns, and so do dummies beside them */
        int rc = jd_design_open(design, panel, terms, n_terms, ctx);
        for (int64_t i = 0; !rc && i < n; i++)
            if (code[i] >= 0) jd_design_column(design, code[i])[i] = 1;
        return rc;
    }
    int rc = copy_terms(design, panel, terms, n_terms, ctx);
    if (rc) return rc;
    return jd_regression_init_dummies(&design->regression, design->effects, n, n_terms, code,
                                      design->weight, ctx);
}

double *jd_design_column(jd_design_t *design, int term)
{
    return design->regression.columns + (size_t)term * (size_t)design->sample.n;
}

int jd_design_open_treatment(jd_design_t *design, const jd_panel_t *panel, const jd_frame_t *frame,
                             jd_ctx_t *ctx)
{
    const jd_term_t term = jd_term_overall(frame->is_amount ? "dose" : "att");
    int rc = jd_design_open(design, panel, &term, 1, ctx);
    for (int64_t i = 0; !rc && i < frame->n; i++)
        jd_design_column(design, 0)[i] =
            frame->is_amount ? panel->dose[design->sample.row[i]] : frame->treated[i];
    return rc;
}

/* Kept terms first, collinear ones behind, each in their order. */
static int part_terms(jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    jd_term_t *parted;
    if (jd_make_n(&parted, (size_t)r->n_x, sizeof *parted, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    int kept = 0, left = r->n_kept;
    for (int j = 0; j < r->n_x; j++) {
        int keep = kept < r->n_kept && r->kept[kept] == j;
        parted[keep ? kept++ : left++] = design->terms[j];
        if (!keep)
            jd_warn(ctx, "%s: '%s': collinear with the fixed effects or earlier terms; dropped",
                    design->estimator->name,
                    JD_TERM_TEXT(ctx, &parted[keep ? kept - 1 : left - 1]));
    }
    free(design->terms);
    design->terms = parted;
    design->facts.n_terms = r->n_kept;
    design->facts.n_collinear = r->n_x - r->n_kept;
    return JD_OK;
}

int jd_design_close(jd_design_t *design, jd_ctx_t *ctx)
{
    int rc = design->regression.cells ? JD_OK : jd_effects_ready(design->effects, ctx);
    if (!rc) rc = jd_regression_factor(&design->regression, ctx);
    if (!rc) rc = part_terms(design, ctx);
    if (rc) return rc;
    if (design->terms[0].kind == JD_TERM_OTHER)
        return jd_fail(ctx, JD_ERR_RANK,
                       "%s: the effect is not identified: fixed effects and covariates explain the "
                       "treatment; use fewer of them, or data with a before and an after",
                       design->estimator->name);
    return JD_OK;
}

int jd_design_aggregate(jd_design_t *design, const jd_term_t *terms, int n_terms, jd_ctx_t *ctx)
{
    size_t kept = (size_t)n_terms, collinear = (size_t)design->facts.n_collinear;
    jd_term_t *all;
    if (jd_make_unset(&all, kept + collinear, sizeof *all, "the terms", ctx))
        return JD_ERR_NO_MEMORY;
    memcpy(all, terms, kept * sizeof *all);
    memcpy(all + kept, design->terms + design->facts.n_terms, collinear * sizeof *all);
    free(design->terms);
    design->terms = all;
    design->facts.n_terms = n_terms;
    return JD_OK;
}

jd_design_facts_t jd_design_facts(const jd_design_t *design)
{
    return design->facts;
}

const jd_estimator_t *jd_design_estimator(const jd_design_t *design)
{
    return design->estimator;
}

const jd_term_t *jd_design_terms(const jd_design_t *design)
{
    return design->terms;
}

const jd_sample_t *jd_design_sample(const jd_design_t *design)
{
    return &design->sample;
}

const char *jd_design_collinear(const jd_design_t *design, int i)
{
    return design->terms[design->facts.n_terms + i].name;
}

void jd_design_place(const jd_design_t *design, double *w)
{
    /* The sample's rows ascend, so none moves onto one that is still to move. */
    for (int64_t i = design->sample.n; i-- > 0;) {
        double own = w[i];
        w[i] = 0;
        w[design->sample.row[i]] = own;
    }
}

void jd_design_weights(const jd_design_t *design, int term, double *w)
{
    memset(w, 0, (size_t)design->n_rows * sizeof *w);
    if (design->estimator->weights) {
        design->estimator->weights(design, term, w);
        return;
    }
    jd_regression_weights(&design->regression, term, w);
    jd_design_place(design, w);
}
