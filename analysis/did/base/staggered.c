/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/base/staggered.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "did/base/reference.h"
#include "panel/grid.h"

void jd_staggered_free(jd_staggered_t *s)
{
    if (!s) return;
    free(s->own);
    free(s->leave);
    memset(s, 0, sizeof *s);
}

/* Cohorts of a treatment path, or the panel's own, which are copied before the first change. */
static int find_cohorts(jd_staggered_t *s, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    if (panel->cohort && !panel->treated) {
        s->cohort = panel->cohort;
        return JD_OK;
    }
    size_t bytes = (size_t)panel->n * sizeof *s->own;
    s->cohort = s->own = malloc(bytes);
    return s->own ? jd_panel_cohorts(panel, s->own, ctx) : jd_fail_memory(ctx, bytes, "cohorts");
}

static int own_cohorts(jd_staggered_t *s, int64_t n, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)n * sizeof *s->own;
    if (s->own) return JD_OK;
    if (jd_make_unset(&s->own, bytes, 1, "cohorts", ctx)) return JD_ERR_NO_MEMORY;
    memcpy(s->own, s->cohort, bytes);
    s->cohort = s->own;
    return JD_OK;
}

/* Rows that no sample holds. */
static int leave_unused(jd_staggered_t *s, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    if (!panel->weight && panel->n_x == 0) return JD_OK;
    jd_sample_t sample = {0};
    int rc = jd_sample_make(&sample, panel, ctx);
    if (!rc) {
        memset(s->leave, JD_LEAVE_UNUSED, (size_t)panel->n);
        for (int64_t k = 0; k < sample.n; k++)
            s->leave[sample.row[k]] = JD_KEEP;
        s->n_left = panel->n - sample.n;
    }
    jd_sample_free(&sample);
    return rc;
}

/* Periods, and cohorts that adopt, of the rows kept. */
typedef struct {
    int32_t first, last, earliest, latest;
} extent_t;

JD_CLONES static extent_t survey(const jd_staggered_t *s, const jd_panel_t *panel)
{
    extent_t e = {INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN};
    const int32_t *time = panel->time, *cohort = s->cohort;
    for (int64_t i = 0; i < panel->n; i++) {
        int kept = !s->leave[i], adopts = kept & (cohort[i] != 0);
        int32_t low = kept ? time[i] : INT32_MAX, high = kept ? time[i] : INT32_MIN;
        int32_t soon = adopts ? cohort[i] : INT32_MAX, late = adopts ? cohort[i] : INT32_MIN;
        e.first = low < e.first ? low : e.first;
        e.last = high > e.last ? high : e.last;
        e.earliest = soon < e.earliest ? soon : e.earliest;
        e.latest = late > e.latest ? late : e.latest;
    }
    return e;
}

/* A cohort that would adopt after the last period, anticipation included, never does here. */
static int forget_later_cohorts(jd_staggered_t *s, int64_t n, int64_t last, jd_ctx_t *ctx)
{
    int rc = own_cohorts(s, n, ctx);
    for (int64_t i = 0; !rc && i < n; i++)
        if (s->own[i] > last) s->own[i] = 0;
    return rc;
}

/* Leaves out cohorts that adopt, or anticipate it, by the first period of all. */
static void leave_by_first(jd_staggered_t *s, int64_t n, int32_t anticipation)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t g = s->cohort[i];
        if (g != 0 && g <= (int64_t)s->first + anticipation && !s->leave[i])
            jd_staggered_leave(s, i, JD_LEAVE_ALWAYS);
    }
}

/* Leaves out units that are treated, or anticipate it, when they are first seen. */
static int leave_by_unit(jd_staggered_t *s, const jd_panel_t *panel, int32_t anticipation,
                         jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)panel->n + 1) * sizeof(int32_t);
    int64_t n = 0;
    int32_t *row;
    unsigned char *always = NULL;
    int rc = jd_make_unset(&row, bytes, 1, "units", ctx);
    if (!rc) rc = jd_make_unset(&always, (size_t)panel->n + 1, 1, "units", ctx);
    for (int64_t i = 0; !rc && i < panel->n; i++)
        if (!s->leave[i]) row[n++] = (int32_t)i;
    if (!rc) rc = jd_mark_always_treated(panel, s->cohort, row, n, anticipation, always, ctx);
    for (int64_t k = 0; !rc && k < n; k++)
        if (always[k]) jd_staggered_leave(s, row[k], JD_LEAVE_ALWAYS);
    free(row);
    free(always);
    return rc;
}

/* Units treated, or anticipating it, from the start have no before. `earliest` adopts first. The
 * date of a treatment path is not known where it begins with the unit. */
static int leave_always_treated(jd_staggered_t *s, const jd_panel_t *panel, int32_t earliest,
                                jd_staggered_needs_t needs, jd_ctx_t *ctx)
{
    if (needs.own_first || panel->treated) return leave_by_unit(s, panel, needs.anticipation, ctx);
    if (earliest <= (int64_t)s->first + needs.anticipation)
        leave_by_first(s, panel->n, needs.anticipation);
    return JD_OK;
}

/* Without never-treated units the last cohort takes their place, in the periods before it adopts.
 */
static int choose_control(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                          jd_staggered_needs_t needs, jd_ctx_t *ctx)
{
    int32_t latest = INT32_MIN, earliest = INT32_MAX;
    for (int64_t i = 0; i < panel->n; i++) {
        if (s->leave[i]) continue;
        if (s->cohort[i] == 0) return JD_OK;
        if (s->cohort[i] > latest) latest = s->cohort[i];
        if (s->cohort[i] < earliest) earliest = s->cohort[i];
    }
    if (earliest == latest)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no control group: all units that are seen before treatment adopt in "
                       "period %s; add units that adopt later or never",
                       name, JD_PERIOD_NAME(ctx, latest));
    if (!needs.last_as_control)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no control group: every unit is treated by the last period (%s), and "
                       "never-treated units are requested as controls; take the not-yet-treated",
                       name, JD_PERIOD_NAME(ctx, s->last));
    int rc = own_cohorts(s, panel->n, ctx);
    for (int64_t i = 0; !rc && i < panel->n; i++) {
        if (s->leave[i]) continue;
        if ((int64_t)panel->time[i] >= (int64_t)latest - needs.anticipation)
            jd_staggered_leave(s, i, JD_LEAVE_UNCONTROLLED);
        else if (s->own[i] == latest)
            s->own[i] = 0;
    }
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

/* Rows kept so far: their numbers, units and periods. */
static int64_t gather_kept(const jd_staggered_t *s, const jd_panel_t *panel, int32_t *row,
                           int32_t *unit, int32_t *time)
{
    int64_t n = 0;
    for (int64_t i = 0; i < panel->n; i++) {
        if (s->leave[i]) continue;
        row[n] = (int32_t)i;
        unit[n] = panel->unit[i];
        time[n++] = panel->time[i];
    }
    return n;
}

static int leave_incomplete(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                            jd_ctx_t *ctx)
{
    s->in_order = s->n_left == 0 && jd_grid_periods(panel->unit, panel->time, panel->n, ctx) > 0;
    if (s->in_order) return JD_OK;
    size_t n = (size_t)panel->n + 1;
    jd_groups_t units = {0}, periods = {0};
    int rc = JD_OK;
    int32_t *work;
    if (jd_make_n(&work, 5 * n + 1, sizeof *work, "the balance of a panel", ctx))
        return JD_ERR_NO_MEMORY;
    int32_t *row = work, *order = row + n, *stamp = order + n, *seen = stamp + n, *start = seen + n;
    int64_t kept = gather_kept(s, panel, row, order, stamp);
    s->in_order = jd_grid_periods(order, stamp, kept, ctx) > 0;
    if (!s->in_order) rc = jd_groups_make(&units, order, kept, ctx);
    if (!s->in_order && !rc) rc = jd_groups_make(&periods, stamp, kept, ctx);
    if (!s->in_order && !rc) {
        memset(stamp, 0, n * sizeof *stamp);
        int32_t twice = count_cells(&units, &periods, row, start, order, stamp, seen);
        if (twice >= 0)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: row %s: unit %s has a second row in period %s; give one row a unit "
                         "and period, or take the rows as repeated cross-sections",
                         name, JD_ROW_NAME(ctx, twice + 1), JD_UNIT_NAME(ctx, panel->unit[twice]),
                         JD_PERIOD_NAME(ctx, panel->time[twice]));
        for (int64_t i = 0; twice < 0 && i < units.n; i++)
            if (seen[units.code[i]] < periods.n_groups)
                jd_staggered_leave(s, row[i], JD_LEAVE_INCOMPLETE);
    }
    jd_groups_free(&units);
    jd_groups_free(&periods);
    free(work);
    return rc;
}

static void set_periods(jd_staggered_t *s, extent_t extent)
{
    s->first = extent.first;
    s->last = extent.last;
}

int jd_staggered_make(jd_staggered_t *s, const char *name, const jd_panel_t *panel,
                      jd_staggered_needs_t needs, jd_ctx_t *ctx)
{
    memset(s, 0, sizeof *s);
    int rc = jd_make_n(&s->leave, (size_t)panel->n, 1, "cohorts", ctx);
    if (!rc) rc = find_cohorts(s, panel, ctx);
    if (!rc) rc = leave_unused(s, panel, ctx);
    if (!rc) {
        extent_t extent = survey(s, panel);
        int64_t last = (int64_t)extent.last + needs.anticipation;
        set_periods(s, extent);
        if (extent.latest > last) rc = forget_later_cohorts(s, panel->n, last, ctx);
        if (!rc) rc = leave_always_treated(s, panel, extent.earliest, needs, ctx);
    }
    if (!rc) rc = choose_control(s, name, panel, needs, ctx);
    if (!rc && needs.complete) rc = leave_incomplete(s, name, panel, ctx);
    if (!rc && s->n_left > 0) set_periods(s, survey(s, panel));
    if (rc) jd_staggered_free(s);
    return rc;
}
