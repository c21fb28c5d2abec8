/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-way fixed effects with leads and lags: y = sum over e of beta_e 1{t - g = e} + unit + period,
 * references left out (default: each cohort's last period before adoption), end points and
 * neighbours binned on request. */
#include <stdlib.h>

#include "core/memory.h"
#include "did/base/reference.h"

enum { MAX_TERMS = 2048 };

/* A term for each bin of the event times seen (end points binned, references left out), and which
 * one, -1 none, every event time has. */
static int32_t list_terms(const jd_did_options_t *options, const jd_groups_t *seen,
                          jd_term_t *terms, int32_t *term_of)
{
    int32_t n = 0, first = 0;
    for (int32_t g = 0; g < seen->n_groups; g++) {
        int32_t e = jd_event_end(options, seen->value[g]);
        term_of[g] = -1;
        if (e == JD_NEVER) continue;
        int more = n > 0 && jd_event_bin(options, e) == jd_event_bin(options, first);
        if (!more) {
            first = e;
            n++;
        }
        terms[n - 1] = jd_term_bin(options, first, e);
        term_of[g] = n - 1;
    }
    return n;
}

/* Effects need a period to be measured from. */
static int check_reference(const jd_did_options_t *options, const jd_groups_t *seen, jd_ctx_t *ctx)
{
    if (options->reference.n <= 0) return JD_OK; /* found by cohort */
    for (int32_t g = 0; g < seen->n_groups; g++)
        if (seen->value[g] != JD_NEVER && jd_event_end(options, seen->value[g]) == JD_NEVER)
            return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "event_study: no row used lies at the reference, event time %d, so effects have "
                   "nothing to be measured from; name event times that are seen, or none: then "
                   "each cohort's last period before adoption is its reference",
                   options->reference.value[0]);
}

static int check_terms(int32_t n_terms, jd_ctx_t *ctx)
{
    if (n_terms < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event_study: every event time is a reference; name fewer references");
    if (n_terms > MAX_TERMS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event_study: %d event times; at most %d are allowed: bin the end points",
                       n_terms, MAX_TERMS);
    return JD_OK;
}

/* The codes of the event times become those of terms, in place. */
static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                jd_groups_t *seen, jd_ctx_t *ctx)
{
    size_t n = (size_t)seen->n_groups;
    jd_term_t *terms;
    int32_t *term_of = NULL;
    int32_t n_terms = 0;
    int rc = jd_make_unset(&terms, n, sizeof *terms, "the terms", ctx);
    if (!rc) rc = jd_make_unset(&term_of, n, sizeof *term_of, "the terms", ctx);
    if (!rc) {
        n_terms = list_terms(options, seen, terms, term_of);
        rc = check_reference(options, seen, ctx);
        if (!rc) rc = check_terms(n_terms, ctx);
    }
    for (int64_t i = 0; !rc && i < seen->n; i++)
        seen->code[i] = term_of[seen->code[i]];
    if (!rc) rc = jd_design_open_dummies(design, panel, terms, n_terms, seen->code, ctx);
    free(terms);
    free(term_of);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    jd_groups_t seen = {0};
    jd_references_t references = {0};
    const jd_frame_needs_t needs = {.cohort = 1,
                                    .effects = 1,
                                    .reference = options->reference.n == 0,
                                    .anticipation = options->anticipation};
    int rc = jd_check_bins(options, "event_study", ctx);
    if (!rc) rc = jd_check_references(options, "event_study", ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_references_make(&references, design, &frame, options, ctx);
    jd_design_frame_free(&frame);
    if (!rc) rc = jd_groups_make(&seen, references.event, design->sample.n, ctx);
    if (!rc) rc = fill(design, panel, &references.options, &seen, ctx);
    jd_references_free(&references);
    jd_groups_free(&seen);
    if (!rc) rc = jd_design_close(design, ctx);
    return rc ? rc : jd_check_events_kept(design, ctx);
}

const jd_estimator_t jd_estimator_event_study = {
    .name = "event_study",
    .label = "two-way fixed effects, leads and lags",
    .short_label = "event study",
    .uses = JD_USES_ANTICIPATION | JD_USES_REFERENCE | JD_USES_BIN | JD_USES_BIN_WIDTH |
            JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_SLOPES,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .by_event = true,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
};
