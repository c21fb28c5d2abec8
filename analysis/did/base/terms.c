/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Terms: their names, what a cell of cohort and period counts under, and event times as they are
 * requested: references left out, end points and neighbours binned. */
#include <stdio.h>
#include <string.h>

#include "did/base/design.h"

jd_term_t jd_term_overall(const char *name)
{
    jd_term_t term = jd_term_other(name);
    term.kind = JD_TERM_OVERALL;
    term.event_last = INT32_MAX;
    return term;
}

jd_term_t jd_term_event(int32_t event_time)
{
    jd_term_t term = jd_term_other("");
    term.kind = JD_TERM_EVENT;
    jd_term_set_event(&term, event_time);
    snprintf(term.name, sizeof term.name, "e=%d", event_time);
    return term;
}

jd_term_t jd_term_other(const char *name)
{
    jd_term_t term = {.kind = JD_TERM_OTHER, .cohort = JD_NEVER, .period = JD_NEVER};
    snprintf(term.name, sizeof term.name, "%s", name);
    return term;
}

void jd_term_set_event(jd_term_t *term, int32_t event_time)
{
    term->event_first = term->event_last = event_time;
    term->at_event = true;
}

jd_term_t jd_term_of(int32_t cohort, int32_t period, const char *x)
{
    jd_term_t term = jd_term_other("");
    const bool both = cohort != JD_NEVER && period != JD_NEVER;
    size_t at = 0;
    term.cohort = cohort;
    term.period = period;
    if (cohort != JD_NEVER) at += (size_t)snprintf(term.name, sizeof term.name, "g=%d", cohort);
    if (period != JD_NEVER)
        at += (size_t)snprintf(term.name + at, sizeof term.name - at, "%st=%d", both ? "," : "",
                               period);
    term.to = (int16_t)at;
    if (both) jd_term_set_event(&term, jd_event_time(period, cohort));
    if (x)
        snprintf(term.name + at, sizeof term.name - at, ":%s", x);
    else
        term.kind = JD_TERM_PART;
    return term;
}

jd_term_t jd_term_cell(int32_t cohort, int32_t time)
{
    return jd_term_of(cohort, time, NULL);
}

jd_term_t jd_term_before(const char *mark, const jd_term_t *of)
{
    jd_term_t term = *of;
    const int n = snprintf(term.name, sizeof term.name, "%s%.*s", mark,
                           (int)(sizeof term.name - strlen(mark) - 1), of->name) -
                  (int)strlen(of->name);
    term.kind = JD_TERM_OTHER;
    term.from = (int16_t)(of->from + n);
    term.to = (int16_t)(of->to + n);
    return term;
}

static const char *period_name(const jd_names_t *names, int32_t period, char own[JD_NAME_SIZE])
{
    const char *name =
        names && names->name ? names->name(names->user, JD_NAMED_PERIOD, period, own) : NULL;
    if (!name) snprintf(own, JD_NAME_SIZE, "%d", period);
    return name ? name : own;
}

const char *jd_term_text(const jd_names_t *names, const jd_term_t *term, char *text, size_t size)
{
    char cohort[JD_NAME_SIZE], period[JD_NAME_SIZE];
    const bool g = term->cohort != JD_NEVER, t = term->period != JD_NEVER;
    snprintf(text, size, "%.*s%s%s%s%s%s%s", term->from, term->name, g ? "g=" : "",
             g ? period_name(names, term->cohort, cohort) : "", g && t ? "," : "", t ? "t=" : "",
             t ? period_name(names, term->period, period) : "", term->name + term->to);
    return text;
}

int32_t jd_aggregate_key(jd_aggregate_t by, int32_t cohort, int32_t time)
{
    if (by == JD_AGGREGATE_EVENT) return jd_event_time(time, cohort);
    if (time < cohort) return JD_NO_KEY;
    return by == JD_AGGREGATE_COHORT ? cohort : by == JD_AGGREGATE_CALENDAR ? time : 0;
}

jd_term_t jd_term_aggregate(jd_aggregate_t by, int32_t key)
{
    if (by == JD_AGGREGATE_EVENT) return jd_term_event(key);
    return by == JD_AGGREGATE_COHORT ? jd_term_of(key, JD_NEVER, NULL)
                                     : jd_term_of(JD_NEVER, key, NULL);
}

int jd_is_reference(const jd_did_options_t *options, int32_t event)
{
    if (options->reference.n == 0) return event == -1;
    for (int k = 0; k < options->reference.n; k++)
        if (options->reference.value[k] == event) return 1;
    return 0;
}

int32_t jd_event_end(const jd_did_options_t *options, int32_t event)
{
    if (event == JD_NEVER) return JD_NEVER;
    if (event < options->bin_first) event = options->bin_first;
    if (event > options->bin_last) event = options->bin_last;
    return jd_is_reference(options, event) ? JD_NEVER : event;
}

int32_t jd_event_bin(const jd_did_options_t *options, int32_t event)
{
    int64_t width = options->bin_width > 1 ? options->bin_width : 1, e = event;
    return (int32_t)((e >= 0 ? e : e - width + 1) / width);
}

jd_term_t jd_term_bin(const jd_did_options_t *options, int32_t first, int32_t last)
{
    jd_term_t term = jd_term_event(first);
    term.event_first = first == options->bin_first ? INT32_MIN + 1 : first;
    term.event_last = last == options->bin_last ? INT32_MAX : last;
    return term;
}

int jd_check_bins(const jd_did_options_t *options, const char *name, jd_ctx_t *ctx)
{
    if (options->bin_first >= options->bin_last)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: end points are binned at %d and %d; the first must lie before the last",
                       name, options->bin_first, options->bin_last);
    if (options->bin_width < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: bins of %d event times; give 2 or more, 0 for none", name,
                       options->bin_width);
    return JD_OK;
}
