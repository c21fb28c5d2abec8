/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/event_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"

/* Room for n_pre + n_post coefficients. */
static int path_init(jd_event_path_t *path, int n_pre, int n_post, jd_ctx_t *ctx)
{
    memset(path, 0, sizeof *path);
    size_t n = (size_t)n_pre + (size_t)n_post;
    path->n_pre = n_pre;
    path->n_post = n_post;
    path->reference = -1;
    const char *what = "the event study's covariance";
    int rc = jd_make_unset(&path->estimate, n, sizeof *path->estimate, what, ctx);
    if (!rc) rc = jd_make_unset(&path->vcov, n * n, sizeof *path->vcov, what, ctx);
    if (rc) jd_event_path_free(path);
    return rc;
}

/* A standard error this small beside the largest coefficient is the rounding of an exact 0. */
#define JD_ROUNDING 1e-11

static double largest_of(const jd_event_path_t *path)
{
    int n = path->n_pre + path->n_post;
    double largest = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, fmax(fabs(path->estimate[i]), sqrt(path->vcov[i * n + i])));
    return largest;
}

static int path_check(const jd_event_path_t *path, jd_ctx_t *ctx)
{
    int n = path->n_pre + path->n_post;
    const double largest = largest_of(path);
    for (int i = 0; i < n; i++) {
        int event = path->reference - path->n_pre + i + (i >= path->n_pre);
        double variance = path->vcov[i * n + i];
        if (!isfinite(path->estimate[i]) || !(variance > 0) || !isfinite(variance))
            return jd_fail(ctx, JD_ERR_DATA,
                           "event study: coefficient of event time %d = %g with variance %g; both "
                           "must be finite, the variance positive: leave this period out",
                           event, path->estimate[i], variance);
        if (sqrt(variance) <= JD_ROUNDING * largest)
            return jd_fail(ctx, JD_ERR_DATA,
                           "event study: the standard error of event time %d, %g beside a "
                           "coefficient of %g, is rounding: nothing varies there; leave this "
                           "period out, or cluster by more clusters than there are coefficients",
                           event, sqrt(variance), path->estimate[i]);
        for (int j = 0; j < i; j++) {
            double a = path->vcov[i * n + j], b = path->vcov[j * n + i];
            double room = 1e-8 * sqrt(variance * path->vcov[j * n + j]);
            if (!(fabs(a - b) <= room))
                return jd_fail(ctx, JD_ERR_DATA,
                               "event study: covariance of coefficients %d and %d is %g on one "
                               "side, %g on the other; it must be symmetric and finite",
                               i + 1, j + 1, a, b);
        }
    }
    return JD_OK;
}

int jd_event_path_make(jd_event_path_t *path, const double *estimate, const double *vcov, int n_pre,
                       int n_post, jd_ctx_t *ctx)
{
    memset(path, 0, sizeof *path);
    if (n_pre < 1 || n_post < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "event study: %d periods before the reference and %d after; at least one of "
                       "each is needed",
                       n_pre, n_post);
    int rc = path_init(path, n_pre, n_post, ctx);
    if (rc) return rc;
    size_t n = (size_t)n_pre + (size_t)n_post;
    memcpy(path->estimate, estimate, n * sizeof *estimate);
    memcpy(path->vcov, vcov, n * n * sizeof *vcov);
    rc = path_check(path, ctx);
    if (rc) jd_event_path_free(path);
    return rc;
}

/* A term that says 0 without error stands for the reference itself. */
static int is_event(const jd_fit_t *fit, const jd_term_t *terms, int k)
{
    double variance = fit->vcov[k * fit->n_terms + k];
    int fixed = fit->estimate[k] == 0 && !(variance > 0);
    return terms[k].kind == JD_TERM_EVENT && !fixed;
}

/* The term of one single event time, or -1. */
static int find_event(const jd_fit_t *fit, const jd_term_t *terms, int64_t event)
{
    for (int k = 0; k < fit->n_terms; k++)
        if (is_event(fit, terms, k) && terms[k].event_first == event &&
            terms[k].event_last == event)
            return k;
    return -1;
}

/* First event time of the term an event time lies in, or the event time itself plus 1: what lies
 * before it comes next. An open bin has a first event time of 2^31 - 1 periods before adoption, so
 * that a step goes from term to term, never from event time to event time. */
static int64_t first_of_term(const jd_fit_t *fit, const jd_term_t *terms, int64_t event)
{
    for (int k = 0; k < fit->n_terms; k++)
        if (is_event(fit, terms, k) && terms[k].event_first <= event &&
            event <= terms[k].event_last)
            return terms[k].event_first;
    return event + 1;
}

/* How many terms follow each other from `event` on, by steps of `step`. */
static int run_length(const jd_fit_t *fit, const jd_term_t *terms, int64_t event, int step)
{
    int n = 0;
    while (n < fit->n_terms && find_event(fit, terms, event + (int64_t)n * step) >= 0)
        n++;
    return n;
}

/* The reference: the last event time before 0 without a term, not before all terms. */
static int find_reference(const jd_fit_t *fit, const jd_term_t *terms, int32_t *reference,
                          jd_ctx_t *ctx)
{
    int32_t first = INT32_MAX;
    int n_events = 0;
    for (int k = 0; k < fit->n_terms; k++)
        if (is_event(fit, terms, k)) {
            n_events++;
            if (terms[k].event_first < first) first = terms[k].event_first;
        }
    if (n_events == 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "event study: no terms by event time; request the effects by event time, "
                       "leads included");
    if (first >= -1)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "event study: no lead before the reference (first event time %d); "
                       "conclusions about trends need leads",
                       first);
    int64_t event = -1;
    for (int64_t start; event > first && (start = first_of_term(fit, terms, event)) <= event;)
        event = start - 1;
    if (event <= first)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "event study: all event times before 0 have a coefficient, so the leads are "
                       "not measured from one period; use an estimator or a base period that sets "
                       "one of them to zero (a universal base)");
    *reference = (int32_t)event;
    return JD_OK;
}

static void note_left_out(jd_event_path_t *path, const jd_fit_t *fit, const jd_term_t *terms)
{
    int64_t low = (int64_t)path->reference - path->n_pre;
    int64_t high = (int64_t)path->reference + path->n_post;
    path->first_left = INT32_MAX;
    for (int k = 0; k < fit->n_terms; k++) {
        const jd_term_t *t = &terms[k];
        if (!is_event(fit, terms, k)) continue;
        if (t->event_first == t->event_last && t->event_first >= low && t->event_first <= high)
            continue;
        path->n_left_out++;
        if (t->event_first < path->first_left) path->first_left = t->event_first;
    }
    if (path->n_left_out == 0) path->first_left = 0;
}

int jd_event_path_of_fit(jd_event_path_t *path, const jd_fit_t *fit, const jd_term_t *terms,
                         jd_ctx_t *ctx)
{
    memset(path, 0, sizeof *path);
    int32_t reference = 0;
    int rc = find_reference(fit, terms, &reference, ctx);
    if (rc) return rc;
    int n_pre = run_length(fit, terms, (int64_t)reference - 1, -1);
    int n_post = run_length(fit, terms, (int64_t)reference + 1, 1);
    if (n_pre == 0 || (int64_t)reference + n_post < 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "event study: the reference %d has no single period's coefficient right %s: "
                       "that one is in a bin, not in the rows in use, or 0 without any error; bin "
                       "fewer periods, or number those that are there (\3periods\2 rank)",
                       reference, n_pre == 0 ? "before it" : "after it up to event time 0");
    rc = path_init(path, n_pre, n_post, ctx);
    if (rc) return rc;
    path->reference = reference;
    int n = n_pre + n_post;
    for (int i = 0; i < n; i++) {
        int a = find_event(fit, terms, (int64_t)reference - n_pre + i + (i >= n_pre));
        path->estimate[i] = fit->estimate[a];
        for (int j = 0; j < n; j++) {
            int b = find_event(fit, terms, (int64_t)reference - n_pre + j + (j >= n_pre));
            path->vcov[i * n + j] = fit->vcov[a * fit->n_terms + b];
        }
    }
    note_left_out(path, fit, terms);
    rc = path_check(path, ctx);
    if (rc) jd_event_path_free(path);
    return rc;
}

int jd_event_path_of_design(jd_event_path_t *path, const jd_design_t *design, const jd_fit_t *fit,
                            jd_ctx_t *ctx)
{
    const jd_estimator_t *estimator = jd_design_estimator(design);
    memset(path, 0, sizeof *path);
    if (estimator->leads_alone)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "event study: %s measures its leads from the fit to all untreated rows, not "
                       "from one period; use event_study, sun_abraham or callaway_santanna with a "
                       "universal base",
                       estimator->name);
    return jd_event_path_of_fit(path, fit, jd_design_terms(design), ctx);
}

void jd_event_path_free(jd_event_path_t *path)
{
    if (!path) return;
    free(path->estimate);
    free(path->vcov);
    memset(path, 0, sizeof *path);
}

int jd_diagnosis_of_path(const jd_diagnosis_t *d,
                         int (*add)(const jd_diagnosis_t *d, const jd_event_path_t *path,
                                    jd_ctx_t *ctx),
                         jd_ctx_t *ctx)
{
    jd_event_path_t path = {0};
    int rc = jd_event_path_of_design(&path, d->design, d->fit, ctx);
    if (!rc && path.n_left_out > 0)
        rc = jd_diagnosis_add_at(d, "periods_left_out", "first e", path.first_left,
                                 jd_diagnosis_bare(path.n_left_out), false, ctx);
    if (!rc) rc = add(d, &path, ctx);
    jd_event_path_free(&path);
    return rc;
}
