/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-way fixed effects with leads and lags: y = sum over e of beta_e 1{t - g = e} + unit + period,
 * reference event times left out (default -1), end points binned where asked. */
#include <stdlib.h>
#include <string.h>

#include "did/design.h"

enum { MAX_TERMS = 2048 };

int jd_is_reference(const jd_did_options_t *options, int32_t event)
{
    if (options->n_reference == 0) return event == -1;
    for (int k = 0; k < options->n_reference; k++)
        if (options->reference[k] == event) return 1;
    return 0;
}

/* The event time a row counts under; JD_NEVER: under none. */
static int32_t bin(const jd_did_options_t *options, int32_t event)
{
    if (event == JD_NEVER) return JD_NEVER;
    if (event < options->bin_first) event = options->bin_first;
    if (event > options->bin_last) event = options->bin_last;
    return jd_is_reference(options, event) ? JD_NEVER : event;
}

/* Distinct binned event times are the terms; code[row] says which, -1 none. */
static int list_terms(const jd_design_t *design, const jd_did_options_t *options,
                      jd_groups_t *groups, int32_t *binned, jd_ctx_t *ctx)
{
    int64_t n = design->sample.n;
    for (int64_t i = 0; i < n; i++)
        binned[i] = bin(options, design->event_time[i]);
    int rc = jd_groups_make(groups, binned, n, ctx);
    if (rc != JD_OK) return rc;
    if (groups->n_groups > MAX_TERMS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event_study: %d event times; at most %d are allowed: bin the end points",
                       groups->n_groups, MAX_TERMS);
    return JD_OK;
}

static jd_term_t make_term(const jd_did_options_t *options, int32_t event)
{
    jd_term_t term = jd_term_event(event);
    if (event == options->bin_first) term.event_first = INT32_MIN + 1;
    if (event == options->bin_last) term.event_last = INT32_MAX;
    return term;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                jd_groups_t *groups, jd_ctx_t *ctx)
{
    /* JD_NEVER, the smallest value, is group 0 where there are such rows. */
    int32_t skip = groups->value[0] == JD_NEVER, n_terms = groups->n_groups - skip;
    if (n_terms < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event_study: every event time is a reference; name fewer references");
    jd_term_t *terms = malloc((size_t)n_terms * sizeof *terms);
    if (!terms) return jd_fail_memory(ctx, (size_t)n_terms * sizeof *terms, "the terms");
    for (int32_t k = 0; k < n_terms; k++)
        terms[k] = make_term(options, groups->value[k + skip]);
    for (int64_t i = 0; i < groups->n; i++)
        groups->code[i] -= skip;
    int rc = jd_design_open_dummies(design, panel, terms, n_terms, groups->code, ctx);
    free(terms);
    return rc == JD_OK ? jd_design_close(design, ctx) : rc;
}

static int check_options(const jd_did_options_t *options, jd_ctx_t *ctx)
{
    if (options->bin_first >= options->bin_last)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event_study: end points are binned at %d and %d; the first must lie before "
                       "the last",
                       options->bin_first, options->bin_last);
    if (options->n_reference > 0 && !options->reference)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "event_study: %d references are not given",
                       options->n_reference);
    return JD_OK;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    jd_groups_t groups = {0};
    int32_t *binned = NULL;
    const jd_frame_needs_t needs = {.cohort = 1, .effects = 1};
    int rc = check_options(options, ctx);
    if (rc == JD_OK) rc = jd_frame_make(&frame, design, panel, options, needs, ctx);
    if (rc != JD_OK) goto out;
    size_t bytes = (size_t)frame.n * sizeof *binned;
    binned = malloc(bytes);
    rc = binned ? list_terms(design, options, &groups, binned, ctx)
                : jd_fail_memory(ctx, bytes, "event times");
    if (rc == JD_OK) rc = fill(design, panel, options, &groups, ctx);
out:
    free(binned);
    jd_groups_free(&groups);
    jd_frame_free(&frame);
    return rc;
}

const jd_estimator_t jd_estimator_event_study = {
    .name = "event_study",
    .label = "two-way fixed effects, leads and lags",
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
};
