/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times and cohorts in one unit: the one requested, that of the times, or the largest of which all
 * are whole steps; or the observed periods, numbered. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/time.h"

static const char *name_of(const jd_own_axis_t *axis)
{
    return axis->column->of->name;
}

/* For each value of an axis that is a date; never treated is not a date. */
#define EACH(axis, i, n)                                \
    for (int64_t i = 0; (axis)->column && i < (n); i++) \
        if ((axis)->value[i] != JD_OWN_NEVER_DATE)

/* ---- One unit for both columns ---- */

static void convert(jd_own_axis_t *axis, const jd_own_axes_t *axes, jd_period_t to)
{
    const jd_period_t from = axis->unit;
    axis->unit = to;
    if (from == to) return;
    EACH(axis, i, axes->n)
    {
        int64_t day = jd_period_day(from, axis->value[i]);
        axis->value[i] =
            to == JD_PERIOD_WEEK ? jd_week_of_day(day, axes->weekday) : jd_period_of_day(to, day);
    }
}

/* Weeks begin on the weekday of the dates where it is one, else on Mondays. */
static void find_weekday(jd_own_axes_t *axes)
{
    int64_t rest = -1;
    axes->weekday = 4;
    if (axes->time.unit != JD_PERIOD_DAY) return;
    for (int64_t i = 0; i < axes->n; i++) {
        int64_t r = (axes->time.value[i] % 7 + 7) % 7;
        if (rest >= 0 && r != rest) return;
        rest = r;
    }
    axes->weekday = (int32_t)rest;
}

static const jd_period_t units[] = {
    [JD_OWN_BY_DAY] = JD_PERIOD_DAY,     [JD_OWN_BY_WEEK] = JD_PERIOD_WEEK,
    [JD_OWN_BY_MONTH] = JD_PERIOD_MONTH, [JD_OWN_BY_QUARTER] = JD_PERIOD_QUARTER,
    [JD_OWN_BY_HALF] = JD_PERIOD_HALF,   [JD_OWN_BY_YEAR] = JD_PERIOD_YEAR};

static int convert_as_asked(jd_own_axis_t *axis, const jd_own_axes_t *axes, jd_period_t to,
                            jd_ctx_t *ctx)
{
    char cell[64];
    if (!axis->column || axis->unit == to) return JD_OK;
    if (to == JD_PERIOD_WEEK && axis->unit == JD_PERIOD_STATA_WEEK) return JD_OK;
    if (axis->unit == JD_PERIOD_NUMBER) {
        int64_t at = 0;
        while (at < axes->n - 1 && axis->value[at] == JD_OWN_NEVER_DATE)
            at++;
        return jd_fail_at(
            ctx, JD_ERR_ARGUMENT, axis->column->option, axes->keep[at],
            "\3%s\2 %s: row %" PRId32 " holds %s, which is no date: it cannot be counted in "
            "%ss; write dates, or leave \1periods\2 out",
            axis->column->option, name_of(axis), axes->keep[at] + 1,
            jd_own_show_cell(axis, axes, at, cell, sizeof cell), jd_period_name(to) + 2);
    }
    if (!jd_period_within(axis->unit, to))
        jd_warn(ctx, "\3%s\2 %s: %s counts as the %s it begins in", axis->column->option,
                name_of(axis), jd_period_name(axis->unit), jd_period_name(to) + 2);
    convert(axis, axes, to);
    return JD_OK;
}

static int refuse_units(const jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    const jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    char cell[64];
    int64_t at = 0;
    while (at < axes->n - 1 && c->value[at] == JD_OWN_NEVER_DATE)
        at++;
    const bool coarse = t->unit != JD_PERIOD_NUMBER && c->unit != JD_PERIOD_NUMBER;
    return jd_fail_at(
        ctx, JD_ERR_DATA, c->column->option, axes->keep[at],
        "\3%s\2 %s: row %" PRId32 " holds %s ('%s') where the periods of %s are each %s; %s",
        c->column->option, name_of(c), axes->keep[at] + 1, jd_period_name(c->unit),
        jd_own_show_cell(c, axes, at, cell, sizeof cell), name_of(t), jd_period_name(t->unit),
        coarse ? "write cohorts as the periods are, or count both in the larger unit "
                 "with \1periods\2"
               : "write periods, and cohorts, in one way");
}

int jd_own_unify(jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    const jd_own_spacing_t asked = axes->spacing;
    find_weekday(axes);
    if (asked >= JD_OWN_BY_DAY && asked <= JD_OWN_BY_YEAR) {
        int rc = convert_as_asked(t, axes, units[asked], ctx);
        /* Stata's weeks stay such. */
        return rc || !c->column ? rc
               : t->unit == JD_PERIOD_STATA_WEEK && jd_period_within(c->unit, t->unit)
                   ? (convert(c, axes, t->unit), JD_OK)
                   : convert_as_asked(c, axes, t->unit, ctx);
    }
    if (!c->column || !c->known || c->unit == t->unit) return JD_OK;
    if (t->unit == JD_PERIOD_NUMBER || c->unit == JD_PERIOD_NUMBER ||
        !jd_period_within(c->unit, t->unit))
        return refuse_units(axes, ctx);
    jd_warn(ctx, "\3%s\2 %s: each %s counts as the %s it lies in, as \1%s\2 has them",
            c->column->option, name_of(c), jd_period_name(c->unit) + 2, jd_period_name(t->unit) + 2,
            t->column->option);
    convert(c, axes, t->unit);
    return JD_OK;
}

/* ---- The largest unit of which all dates are whole steps ---- */

static bool same_rest(const jd_own_axis_t *axis, int64_t n, int64_t modulus, int64_t *rest)
{
    EACH(axis, i, n)
    {
        int64_t r = (axis->value[i] % modulus + modulus) % modulus;
        if (*rest >= 0 && r != *rest) return false;
        *rest = r;
    }
    return true;
}

/* Which of both edges of a month all days are on. */
static void look_at_edges(const jd_own_axis_t *axis, int64_t n, bool *first, bool *last)
{
    int64_t year, month, day;
    EACH(axis, i, n)
    {
        if (!*first && !*last) return;
        jd_day_date(axis->value[i], &year, &month, &day);
        *first = *first && day == 1;
        *last = *last && day == jd_days_in_month(year, month);
    }
}

/* The unit of times and cohorts. */
static jd_period_t find_unit(const jd_own_axes_t *axes)
{
    const jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    const int64_t n = axes->n;
    bool first = true, last = true;
    int64_t rest = -1;
    if (t->unit == JD_PERIOD_DAY) {
        look_at_edges(t, n, &first, &last);
        look_at_edges(c, n, &first, &last);
        if (!first && !last)
            return same_rest(t, n, 7, &rest) && same_rest(c, n, 7, &rest) ? JD_PERIOD_WEEK
                                                                          : JD_PERIOD_DAY;
    } else if (t->unit != JD_PERIOD_MONTH) {
        return t->unit;
    }
    /* Months: of the dates, or those given. */
    int64_t month = -1;
    jd_period_t unit = JD_PERIOD_YEAR;
    const jd_own_axis_t *const list[] = {t, c};
    for (int k = 0; k < 2; k++)
        EACH(list[k], i, n)
        {
            int64_t value = t->unit == JD_PERIOD_MONTH
                                ? list[k]->value[i]
                                : jd_period_of_day(JD_PERIOD_MONTH, list[k]->value[i]);
            if (month < 0) month = value;
            int64_t apart = value - month;
            if (unit == JD_PERIOD_YEAR && apart % 12 != 0) unit = JD_PERIOD_QUARTER;
            if (apart % 3 != 0) return JD_PERIOD_MONTH;
        }
    return unit;
}

/* ---- Observed periods, numbered ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The number of the first observed period from `value` on. Beyond the last one periods go on in
 * steps of the smallest gap, so that dates there stay apart. */
static int64_t rank_of(const int64_t *seen, int64_t n, int64_t gap, int64_t value)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (seen[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n ? low + 1 : n + (value - seen[n - 1] + gap - 1) / gap;
}

/* The observed periods, each once. */
static int list_periods(const jd_own_axes_t *axes, int64_t **seen, int64_t *n, jd_ctx_t *ctx)
{
    int rc = jd_make(seen, axes->n, sizeof **seen, "periods", ctx);
    *n = 0;
    if (rc) return rc;
    memcpy(*seen, axes->time.value, (size_t)axes->n * sizeof **seen);
    qsort(*seen, (size_t)axes->n, sizeof **seen, by_size);
    for (int64_t i = 0; i < axes->n; i++)
        if (*n == 0 || (*seen)[i] != (*seen)[*n - 1]) (*seen)[(*n)++] = (*seen)[i];
    return JD_OK;
}

/* Whether all numbers (weeks: their days, 7 apart) from the first period to the last are periods.
 */
static int are_consecutive(const jd_own_axes_t *axes, int64_t step, bool *yes, jd_ctx_t *ctx)
{
    int64_t first = INT64_MAX, last = INT64_MIN, found = 0;
    bool *seen;
    for (int64_t i = 0; i < axes->n; i++) {
        first = axes->time.value[i] < first ? axes->time.value[i] : first;
        last = axes->time.value[i] > last ? axes->time.value[i] : last;
    }
    *yes = axes->n > 0 && ((uint64_t)last - (uint64_t)first) / (uint64_t)step < (uint64_t)axes->n;
    if (!*yes) return JD_OK;
    const int64_t most = (last - first) / step + 1;
    int rc = jd_make(&seen, most, sizeof *seen, "periods", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < axes->n; i++)
        seen[(axes->time.value[i] - first) / step] = true;
    for (int64_t t = 0; t < most; t++)
        found += seen[t];
    *yes = found == most;
    free(seen);
    return JD_OK;
}

static int number_them(jd_own_data_t *data, jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    int64_t *seen, n, gap = INT64_MAX;
    int rc = list_periods(axes, &seen, &n, ctx);
    if (rc) return rc;
    for (int64_t i = 1; i < n; i++)
        if (seen[i] - seen[i - 1] < gap) gap = seen[i] - seen[i - 1];
    if (n < 2) gap = 1;
    for (int64_t i = 0; i < axes->n; i++)
        axes->time.value[i] = rank_of(seen, n, gap, axes->time.value[i]);
    EACH(&axes->cohort, i, axes->n)
    axes->cohort.value[i] = rank_of(seen, n, gap, axes->cohort.value[i]);
    data->ranked = seen;
    data->n_ranked = (int32_t)n;
    return JD_OK;
}

/* Periods count as they stand, and adoption between two that are observed counts at the next. */
static int move_cohorts(jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    int64_t *seen, n;
    if (!axes->cohort.column) return JD_OK;
    int rc = list_periods(axes, &seen, &n, ctx);
    if (rc) return rc;
    EACH(&axes->cohort, i, axes->n)
    {
        int64_t *value = &axes->cohort.value[i];
        if (*value > seen[0] && *value <= seen[n - 1])
            *value = seen[rank_of(seen, n, 1, *value) - 1];
    }
    free(seen);
    return JD_OK;
}

/* Unless a unit is requested, periods with gaps are numbered: then event times mean the same for
 * all cohorts and estimators. */
static int settle_gaps(jd_own_data_t *data, jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    bool consecutive;
    int rc = are_consecutive(axes, data->period == JD_PERIOD_WEEK ? 7 : 1, &consecutive, ctx);
    if (rc || consecutive) return rc;
    data->gaps_kept = axes->spacing != JD_OWN_BY_FILE;
    if (data->gaps_kept) return move_cohorts(axes, ctx);
    const char *unit = jd_period_name(data->period) + 2;
    if (data->period == JD_PERIOD_NUMBER) unit = "integer";
    data->gaps_noted = true;
    jd_warn(ctx,
            "\3%s\2 %s: the periods have gaps, so event times count observed periods, "
            "and adoption in a "
            "gap counts at the next one; \3periods\2 %s counts %s",
            axes->time.column->option, name_of(&axes->time), unit,
            data->period == JD_PERIOD_NUMBER ? "the numbers as they stand" : "the calendar");
    return number_them(data, axes, ctx);
}

/* ---- All together ---- */

int jd_own_count(jd_own_data_t *data, jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    data->period = t->unit;
    if (axes->spacing == JD_OWN_BY_RANK) return number_them(data, axes, ctx);
    if (axes->spacing == JD_OWN_BY_FILE && t->unit != JD_PERIOD_NUMBER) {
        data->period = find_unit(axes);
        if (data->period == JD_PERIOD_WEEK) find_weekday(axes);
        convert(t, axes, data->period);
        convert(c, axes, data->period);
    }
    int rc = settle_gaps(data, axes, ctx);
    if (rc || data->ranked || data->period != JD_PERIOD_WEEK) return rc;
    data->weekday = axes->weekday;
    jd_own_axis_t *const list[] = {t, c};
    for (int k = 0; k < 2; k++)
        EACH(list[k], i, axes->n)
    list[k]->value[i] = (list[k]->value[i] - axes->weekday) / 7;
    return JD_OK;
}
