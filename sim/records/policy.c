/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy list: which unit is treated from which period on. */
#include <string.h>

#include "core/memory.h"
#include "records/records.h"

enum { PLACE, DATE, END, NAME, SHOWN = 300, ERRORS = 10 };

static int refuse(const jd_foreign_t *c, int64_t row, int column, const char *why, jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE];
    return jd_fail(ctx, JD_ERR_DATA, "%s: row %lld: %s '%.60s' %s", c->path, (long long)row + 1,
                   c->table.columns[column].name, jd_foreign_text(c, column, row, own), why);
}

static int date_of(const jd_records_t *e, const jd_foreign_t *c, int64_t row, int column,
                   int64_t *period, jd_ctx_t *ctx)
{
    jd_moment_t m = {0};
    const jd_dated_t how = jd_foreign_date(c, column, row, &m);
    if (how == JD_DATED_EMPTY || how == JD_DATED_NOT)
        return refuse(c, row, column, "is no date; write 2021Q3, 2021-07 or 2021-07-15", ctx);
    if (!jd_records_period(e, &m, period))
        return refuse(c, row, column, "is coarser than a period; write its month or day", ctx);
    return JD_OK;
}

static void set_unit(jd_records_t *e, int32_t unit, int64_t period, int64_t end)
{
    const int64_t cohort = period < 1 ? 1 : period > INT32_MAX ? INT32_MAX : period;
    if (e->cohort[unit] > 0) e->policy_repeated++;
    if (e->cohort[unit] > 0 && e->cohort[unit] <= cohort) return;
    e->treated += e->cohort[unit] == 0;
    e->cohort[unit] = (int32_t)cohort;
    if (e->ends) e->ends[unit] = (int32_t)(end > 0 && end <= e->periods ? end : 0);
}

static int take_row(jd_records_t *e, const jd_foreign_t *c, int64_t row, jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE];
    unsigned how = 0;
    const int32_t place =
        jd_place_find(&e->places, jd_foreign_text(c, c->column[PLACE], row, own), &how);
    const int32_t first = jd_records_first_unit(e), n = jd_records_units(e);
    int64_t period = 0, end = 0;
    if (place < 0)
        return refuse(c, row, c->column[PLACE],
                      place == JD_PLACE_AMBIGUOUS ? "fits several divisions; give its code"
                      : place == JD_PLACE_NONE    ? "is empty; name a division"
                      : place == JD_PLACE_SPLIT
                          ? "became several divisions; give the one that has the policy"
                          : "is no division of --divisions; correct it, or map it with --codes",
                      ctx);
    int rc = date_of(e, c, row, c->column[DATE], &period, ctx);
    if (!rc && c->column[END] >= 0 && *jd_foreign_text(c, c->column[END], row, own))
        rc = date_of(e, c, row, c->column[END], &end, ctx);
    if (!rc && end && end < period)
        rc = refuse(c, row, c->column[END], "is before the policy begins", ctx);
    if (rc) return rc;
    const int level = jd_place_level(&e->places, place);
    if (level >= e->level) {
        e->policy_below += level > e->level;
        const int32_t unit = jd_place_above(&e->places, place, e->level);
        if (unit < 0) return refuse(c, row, c->column[PLACE], "lies in no unit of this level", ctx);
        set_unit(e, unit - first, period, end);
        return JD_OK;
    }
    e->policy_above++;
    for (int32_t u = 0; u < n; u++)
        if (jd_place_above(&e->places, first + u, level) == place) set_unit(e, u, period, end);
    return JD_OK;
}

/* Whether a row is of the treatment asked for; several without a choice are refused. */
static int is_meant(const jd_records_t *e, const jd_foreign_t *c, int64_t row, bool *meant,
                    jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE], other[JD_CELL_SIZE];
    *meant = true;
    if (c->column[NAME] < 0) return JD_OK;
    const char *name = jd_foreign_text(c, c->column[NAME], row, own);
    if (e->wish->treatment) {
        *meant = !strcmp(name, e->wish->treatment);
        return JD_OK;
    }
    const char *first = jd_foreign_text(c, c->column[NAME], 0, other);
    if (!strcmp(name, first)) return JD_OK;
    return jd_fail(
        ctx, JD_ERR_ARGUMENT,
        "%s: has several treatments ('%.40s' in row 1, '%.40s' in row %lld); choose one with "
        "--treatment",
        c->path, first, name, (long long)row + 1);
}

int jd_records_read_policy(jd_records_t *e, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    const jd_wish_t wishes[] = {
        [PLACE] = {"--policy-place", w->policy_place ? w->policy_place : "code", false, false},
        [DATE] = {"--policy-date", w->policy_date ? w->policy_date : "date", false, false},
        [END] = {"--policy-end", w->policy_end, false, false},
        [NAME] = {"--policy-name", w->policy_name, false, false}};
    jd_foreign_t c = {0};
    int rc = jd_make(&e->cohort, jd_records_units(e), sizeof *e->cohort, "cohorts", ctx),
        errors = 0;
    if (!rc && w->policy_end)
        rc = jd_make(&e->ends, jd_records_units(e), sizeof *e->ends, "ends of the policy", ctx);
    if (rc || !w->policy) return rc;
    rc = jd_foreign_open(&c, w->policy, &e->style, wishes, 4, false, false, ctx);
    c.order = e->records.order;
    if (!rc) rc = jd_foreign_find_order(&c, c.column[DATE], "--policy-date", ctx);
    for (int64_t i = 0; (!rc || rc == JD_ERR_DATA) && errors < ERRORS && i < c.table.rows; i++) {
        bool meant = false;
        int failed = is_meant(e, &c, i, &meant, ctx);
        if (!failed && meant) failed = take_row(e, &c, i, ctx), e->policy_rows++;
        if (failed) errors++, rc = failed;
    }
    for (int32_t u = 0; !rc && u < jd_records_units(e); u++)
        e->policy_late += e->cohort[u] > e->periods;
    if (!rc && !e->policy_rows && w->treatment)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: no row has the treatment '%s'", w->policy,
                     w->treatment);
    if (!rc) {
        jd_moment_t m = {0};
        for (int64_t i = 0; i < c.table.rows; i++) {
            int64_t period = 1;
            bool meant = false;
            if (is_meant(e, &c, i, &meant, ctx) || !meant) continue;
            if (jd_foreign_date(&c, c.column[DATE], i, &m) != JD_DATED_EMPTY)
                (void)jd_records_period(e, &m, &period);
            e->policy_early += period < 1;
        }
    }
    jd_foreign_free(&c);
    return rc;
}
