/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/staggered.h"

#include <stdlib.h>
#include <string.h>

void jd_staggered_free(jd_staggered_t *s)
{
    if (!s) return;
    free(s->cohort);
    free(s->leave);
    memset(s, 0, sizeof *s);
}

static void find_periods(jd_staggered_t *s, const jd_panel_t *panel, const jd_sample_t *sample)
{
    s->first = INT32_MAX;
    s->last = INT32_MIN;
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i], t = panel->time[row];
        if (s->leave[row]) continue;
        if (t < s->first) s->first = t;
        if (t > s->last) s->last = t;
    }
}

/* A cohort that would adopt after the last period, anticipation included, never does here. */
static void forget_later_cohorts(jd_staggered_t *s, const jd_sample_t *sample, int32_t anticipation)
{
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t *g = &s->cohort[sample->row[i]];
        if ((int64_t)*g > (int64_t)s->last + anticipation) *g = 0;
    }
}

/* First period in which a row of each cohort is seen; [n_groups]. */
static int32_t *first_seen(const jd_groups_t *cohorts, const jd_panel_t *panel,
                           const jd_sample_t *sample)
{
    int32_t *first = malloc(((size_t)cohorts->n_groups + 1) * sizeof *first);
    for (int32_t g = 0; first && g < cohorts->n_groups; g++)
        first[g] = INT32_MAX;
    for (int64_t i = 0; first && i < sample->n; i++) {
        int32_t *f = &first[cohorts->code[i]], t = panel->time[sample->row[i]];
        if (t < *f) *f = t;
    }
    return first;
}

/* Leaves out cohorts that adopt, or anticipate it, by `first` [cohorts] of their own, or (code =
 * NULL) of all. */
static void leave_by(jd_staggered_t *s, const jd_sample_t *sample, const int32_t *code,
                     const int32_t *first, int32_t anticipation)
{
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i], g = s->cohort[row];
        int64_t before = code ? first[code[i]] : s->first;
        if (g != 0 && g <= before + anticipation) s->leave[row] = JD_LEAVE_ALWAYS;
    }
}

/* Units treated, or anticipating it, from the start have no before. */
static int leave_always_treated(jd_staggered_t *s, const jd_panel_t *panel,
                                const jd_sample_t *sample, jd_staggered_needs_t needs,
                                jd_ctx_t *ctx)
{
    if (!needs.own_first) {
        leave_by(s, sample, NULL, NULL, needs.anticipation);
        return JD_OK;
    }
    size_t bytes = ((size_t)sample->n + 1) * sizeof(int32_t);
    int32_t *cohort = malloc(bytes), *first = NULL;
    jd_groups_t cohorts = {0};
    int rc = cohort ? JD_OK : jd_fail_memory(ctx, bytes, "cohorts");
    for (int64_t i = 0; cohort && i < sample->n; i++)
        cohort[i] = s->cohort[sample->row[i]];
    if (rc == JD_OK) rc = jd_groups_make(&cohorts, cohort, sample->n, ctx);
    if (rc == JD_OK) {
        first = first_seen(&cohorts, panel, sample);
        if (!first) rc = jd_fail_memory(ctx, bytes, "cohorts");
    }
    if (rc == JD_OK) leave_by(s, sample, cohorts.code, first, needs.anticipation);
    free(first);
    free(cohort);
    jd_groups_free(&cohorts);
    return rc;
}

/* Without never-treated units the last cohort takes their place, in the periods before it adopts.
 */
static int choose_control(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                          const jd_sample_t *sample, jd_staggered_needs_t needs, jd_ctx_t *ctx)
{
    int32_t latest = INT32_MIN;
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i];
        if (s->leave[row]) continue;
        if (s->cohort[row] == 0) return JD_OK;
        if (s->cohort[row] > latest) latest = s->cohort[row];
    }
    if (!needs.last_as_control)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no control group: every unit is treated by the last period (%d), and "
                       "never-treated units are asked for as controls; take the not-yet-treated",
                       name, s->last);
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i];
        if (s->leave[row]) continue;
        if ((int64_t)panel->time[row] >= (int64_t)latest - needs.anticipation)
            s->leave[row] = JD_LEAVE_UNCONTROLLED;
        else if (s->cohort[row] == latest)
            s->cohort[row] = 0;
    }
    return JD_OK;
}

/* Rows kept so far, as codes of unit and period. */
static int code_kept(const jd_staggered_t *s, const jd_panel_t *panel, const jd_sample_t *sample,
                     int32_t *row, jd_groups_t *units, jd_groups_t *periods, jd_ctx_t *ctx)
{
    int32_t *value = malloc(((size_t)sample->n + 1) * sizeof *value);
    if (!value) return jd_fail_memory(ctx, (size_t)sample->n * sizeof *value, "units");
    int64_t n = 0;
    for (int64_t i = 0; i < sample->n; i++)
        if (!s->leave[sample->row[i]]) row[n++] = sample->row[i];
    for (int64_t i = 0; i < n; i++)
        value[i] = panel->unit[row[i]];
    int rc = jd_groups_make(units, value, n, ctx);
    for (int64_t i = 0; i < n; i++)
        value[i] = panel->time[row[i]];
    if (rc == JD_OK) rc = jd_groups_make(periods, value, n, ctx);
    free(value);
    return rc;
}

/* Counts each unit's rows, and finds a cell seen twice: in the order of periods, a unit's stamp is
 * then already the period's. Returns the row, or -1. */
static int32_t count_cells(const jd_groups_t *units, const jd_groups_t *periods, const int32_t *row,
                           int32_t *start, int32_t *order, int32_t *stamp, int32_t *seen)
{
    for (int64_t i = 0; i < periods->n; i++)
        start[periods->code[i] + 1]++;
    for (int32_t t = 0; t < periods->n_groups; t++)
        start[t + 1] += start[t];
    for (int64_t i = 0; i < periods->n; i++)
        order[start[periods->code[i]]++] = (int32_t)i;
    for (int64_t k = 0; k < periods->n; k++) {
        int32_t i = order[k], u = units->code[i], t = periods->code[i];
        if (stamp[u] == t + 1) return row[i];
        stamp[u] = t + 1;
        seen[u]++;
    }
    return -1;
}

/* Whether the rows kept are a complete panel that says so by its order: unit by unit, each with the
 * same ascending periods. One pass, where the general way sorts. */
static int is_in_order(const jd_staggered_t *s, const jd_panel_t *panel, const jd_sample_t *sample)
{
    const int32_t *unit = panel->unit, *time = panel->time;
    int64_t first = -1, length = 0, place = 0, last = -1; /* of the first unit; of the row before */
    for (int64_t i = 0; i < sample->n; i++) {
        int32_t row = sample->row[i];
        if (s->leave[row]) continue;
        int same = last >= 0 && unit[row] == unit[last];
        if (last >= 0 && same && time[row] <= time[last]) return 0;
        if (last >= 0 && !same && (unit[row] < unit[last] || (length && place < length))) return 0;
        if (!same && last >= 0 && !length) length = place;
        place = same ? place + 1 : 1;
        if (first < 0) first = i;
        if (!length && i != first + place - 1) return 0;
        if (length && (place > length || time[row] != time[sample->row[first + place - 1]]))
            return 0;
        last = row;
    }
    return !length || place == length;
}

static int leave_incomplete(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                            const jd_sample_t *sample, jd_ctx_t *ctx)
{
    if (is_in_order(s, panel, sample)) return JD_OK;
    size_t n = (size_t)sample->n + 1;
    jd_groups_t units = {0}, periods = {0};
    int32_t *work = calloc(5 * n + 1, sizeof *work);
    if (!work) return jd_fail_memory(ctx, 5 * n * sizeof *work, "the balance of a panel");
    int32_t *row = work, *order = row + n, *stamp = order + n, *seen = stamp + n, *start = seen + n;
    int rc = code_kept(s, panel, sample, row, &units, &periods, ctx);
    if (rc == JD_OK) {
        int32_t twice = count_cells(&units, &periods, row, start, order, stamp, seen);
        if (twice >= 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: row %d: unit %d has a second row in period %d; give one row a unit "
                         "and period, or take the rows as repeated cross-sections",
                         name, twice + 1, panel->unit[twice], panel->time[twice]);
        for (int64_t i = 0; twice < 0 && i < units.n; i++)
            if (seen[units.code[i]] < periods.n_groups) s->leave[row[i]] = JD_LEAVE_INCOMPLETE;
    }
    jd_groups_free(&units);
    jd_groups_free(&periods);
    free(work);
    return rc;
}

int jd_staggered_make(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                      jd_staggered_needs_t needs, jd_ctx_t *ctx)
{
    memset(s, 0, sizeof *s);
    size_t n = (size_t)panel->n;
    jd_sample_t sample = {0};
    s->cohort = calloc(n, sizeof *s->cohort);
    s->leave = calloc(n, 1);
    int rc = s->cohort && s->leave ? JD_OK : jd_fail_memory(ctx, n * 5, "cohorts");
    if (rc == JD_OK) rc = jd_panel_cohorts(panel, s->cohort, ctx);
    if (rc == JD_OK) rc = jd_sample_make(&sample, panel, ctx);
    if (rc == JD_OK) {
        find_periods(s, panel, &sample);
        forget_later_cohorts(s, &sample, needs.anticipation);
        rc = leave_always_treated(s, panel, &sample, needs, ctx);
    }
    if (rc == JD_OK) rc = choose_control(s, name, panel, &sample, needs, ctx);
    if (rc == JD_OK && needs.complete) rc = leave_incomplete(s, name, panel, &sample, ctx);
    if (rc == JD_OK) find_periods(s, panel, &sample);
    jd_sample_free(&sample);
    if (rc != JD_OK) jd_staggered_free(s);
    return rc;
}
