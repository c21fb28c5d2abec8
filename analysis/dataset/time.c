/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Periods: whole numbers, or dates. Unless an option names the unit, dates are counted in the
 * largest one of which all are whole steps: month ends every third month are quarters. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "dataset/time.h"

enum { WORD = 64, ASK = 1 << 17 }; /* rows between two questions whether to stop */

static const char *name_of(const jd_own_column_t *c)
{
    return c->of->name;
}

const char *jd_own_show_cell(const jd_own_axis_t *axis, const jd_own_axes_t *axes, int64_t at,
                             char *buffer, size_t size)
{
    const jd_own_column_t *c = axis->column;
    jd_moment_t m;
    if (jd_own_is_text(c)) return jd_own_shown(c, axes->keep[at], buffer, size);
    if (jd_own_is_date(c) && jd_frame_moment(c->of, axes->keep[at], &m))
        return jd_period_text(m.unit, m.value, buffer, size);
    snprintf(buffer, size, "%.15g", jd_own_number(c, axes->keep[at]));
    return buffer;
}

/* ---- Cells ---- */

static int refuse(const jd_own_axis_t *axis, const jd_own_axes_t *axes, int64_t at, jd_ctx_t *ctx)
{
    char word[WORD];
    return jd_fail_at(
        ctx, JD_ERR_DATA, axis->column->option, axes->keep[at],
        "\3%s\2 %s: row %" PRId32 " holds '%s'; periods are whole numbers below 2^31 or "
        "dates written 2020Q1, 2020-03, "
        "2020-03-31, 31mar2020 or 31/3/2020 (years with four digits)%s",
        axis->column->option, name_of(axis->column), axes->keep[at] + 1,
        jd_own_show_cell(axis, axes, at, word, sizeof word),
        strcmp(axis->column->option, "cohort") ? "" : "; a word for never goes with \1never\2");
}

/* The letter of a date format of Stata, '\0' for none. */
static char letter_of(const jd_own_column_t *c)
{
    return c->of->format ? c->of->format[2] : '\0';
}

/* Units in which numbers such as 2018.75 may count parts of a year. */
static const jd_period_t fractions[3] = {JD_PERIOD_HALF, JD_PERIOD_QUARTER, JD_PERIOD_MONTH};

static int read_moment(const jd_own_axis_t *axis, const jd_own_axes_t *axes, int64_t at,
                       const jd_own_roles_t *roles, jd_period_t fraction, jd_moment_t *m,
                       jd_ctx_t *ctx)
{
    char word[WORD];
    double x;
    const jd_own_column_t *c = axis->column;
    if (jd_own_is_text(c)) {
        jd_own_text(c, axes->keep[at], word, sizeof word);
        if (jd_date_read(word, (jd_date_order_t)roles->date_order, m)) return JD_OK;
        if (!jd_number_read(word, strlen(word), &x)) return refuse(axis, axes, at, ctx);
    } else if (jd_own_is_date(c)) {
        return jd_frame_moment(c->of, axes->keep[at], m) ? JD_OK : refuse(axis, axes, at, ctx);
    } else {
        x = jd_own_number(c, axes->keep[at]);
        if (axis->letter && jd_date_from_stata(axis->letter, x, m)) return JD_OK;
    }
    *m = (jd_moment_t){.unit = fraction};
    if (fraction)
        return jd_period_from_fraction(fraction, x, &m->value) ? JD_OK
                                                               : refuse(axis, axes, at, ctx);
    if (!(fabs(x) < 9007199254740992.0) || x != floor(x)) return refuse(axis, axes, at, ctx);
    m->value = (int64_t)x;
    return JD_OK;
}

/* Times of day, if any, are the same throughout: rows of a day would else become one period. */
static int check_seconds(const jd_own_axis_t *axis, const jd_own_axes_t *axes, int64_t at,
                         const jd_moment_t *m, int32_t *seconds, jd_ctx_t *ctx)
{
    char word[WORD];
    if (*seconds < 0) *seconds = m->seconds;
    if (m->seconds == *seconds || axes->spacing > JD_OWN_BY_RANK) return JD_OK;
    return jd_fail_at(
        ctx, JD_ERR_DATA, axis->column->option, axes->keep[at],
        "\3%s\2 %s: row %" PRId32 " holds '%s', another time of day than the rows before; "
        "periods are days at least: \3periods\2 day leaves the time out, hours are written "
        "as whole numbers",
        axis->column->option, name_of(axis->column), axes->keep[at] + 1,
        jd_own_show_cell(axis, axes, at, word, sizeof word));
}

/* Reads one column; all its dates must be in one unit. */
static int read_axis(jd_own_axis_t *axis, const jd_own_axes_t *axes, const jd_own_roles_t *roles,
                     jd_period_t fraction, jd_ctx_t *ctx)
{
    const bool cohort = axis == &axes->cohort;
    int32_t seconds = -1;
    for (int64_t i = 0; i < axes->n; i++) {
        jd_moment_t m = {0};
        int rc = i % ASK ? JD_OK : jd_check_cancelled(ctx);
        if (rc) return rc;
        if (cohort && jd_own_is_never(axis->column, axes->keep[i], &axes->never)) {
            axis->value[i] = JD_OWN_NEVER_DATE;
            continue;
        }
        rc = read_moment(axis, axes, i, roles, fraction, &m, ctx);
        if (!rc && !cohort) rc = check_seconds(axis, axes, i, &m, &seconds, ctx);
        if (rc) return rc;
        if (!axis->known) axis->unit = m.unit;
        axis->known = true;
        if (m.unit != axis->unit)
            return jd_fail_at(ctx, JD_ERR_DATA, axis->column->option, axes->keep[i],
                              "\3%s\2 %s: row %" PRId32
                              " holds %s where earlier periods are each %s; "
                              "write all of a column in one way",
                              axis->column->option, name_of(axis->column), axes->keep[i] + 1,
                              jd_period_name(m.unit), jd_period_name(axis->unit));
        axis->value[i] = m.value;
    }
    return JD_OK;
}

/* ---- Before the cells are read ---- */

/* Day and month: which comes first is seen from all dates of both columns. */
typedef struct order_facts {
    unsigned all; /* bits that all dates share */
    bool any, dots;
    int64_t day_first, month_first, matters; /* a row that shows it, or -1 */
    const jd_own_axis_t *axis[3];            /* their columns */
} order_facts_t;

static void look_at_order(order_facts_t *o, const jd_own_axis_t *axis, const jd_own_axes_t *axes)
{
    char word[WORD];
    if (!axis->column || !jd_own_is_text(axis->column)) return;
    for (int64_t i = 0; i < axes->n; i++) {
        unsigned bits = jd_date_order(jd_own_text(axis->column, axes->keep[i], word, sizeof word));
        if (!bits) continue;
        o->dots = (!o->any || o->dots) && strchr(word, '.');
        o->any = true;
        o->all &= bits;
        int64_t *const rows[] = {&o->day_first, &o->month_first, &o->matters};
        const bool shows[] = {!(bits & JD_ORDER_FITS_MDY), !(bits & JD_ORDER_FITS_DMY),
                              bits & JD_ORDER_MATTERS};
        for (int k = 0; k < 3; k++)
            if (shows[k] && *rows[k] < 0) *rows[k] = i, o->axis[k] = axis;
    }
}

static int find_order(const jd_own_axes_t *axes, jd_own_roles_t *roles, jd_ctx_t *ctx)
{
    char first[WORD], second[WORD];
    order_facts_t o = {.all = ~0u, .day_first = -1, .month_first = -1, .matters = -1};
    if (roles->date_order != JD_ORDER_UNKNOWN) return JD_OK;
    look_at_order(&o, &axes->time, axes);
    look_at_order(&o, &axes->cohort, axes);
    if (!o.any) return JD_OK;
    if (o.day_first >= 0 && o.month_first >= 0)
        return jd_fail_at(
            ctx, JD_ERR_DATA, o.axis[0]->column->option, axes->keep[o.day_first],
            "\3%s\2 %s: row %" PRId32 " holds '%s' (day first), \3%s\2 %s: row %" PRId32
            " '%s' (month first); write all dates as 2018-12-31",
            o.axis[0]->column->option, name_of(o.axis[0]->column), axes->keep[o.day_first] + 1,
            jd_own_show_cell(o.axis[0], axes, o.day_first, first, sizeof first),
            o.axis[1]->column->option, name_of(o.axis[1]->column), axes->keep[o.month_first] + 1,
            jd_own_show_cell(o.axis[1], axes, o.month_first, second, sizeof second));
    if (o.day_first >= 0) roles->date_order = JD_ORDER_DMY;
    if (o.month_first >= 0) roles->date_order = JD_ORDER_MDY;
    if (roles->date_order != JD_ORDER_UNKNOWN || o.matters < 0) return JD_OK;
    jd_own_show_cell(o.axis[2], axes, o.matters, first, sizeof first);
    jd_moment_t dmy, mdy;
    (void)jd_date_read(first, JD_ORDER_DMY, &dmy);
    (void)jd_date_read(first, JD_ORDER_MDY, &mdy);
    if (o.dots) {
        roles->date_order = JD_ORDER_DMY;
        jd_warn(
            ctx,
            "\3%s\2 %s: dates with dots are read day first ('%s' is %s); \3date-order\2 mdy if the "
            "month comes first",
            o.axis[2]->column->option, name_of(o.axis[2]->column), first,
            jd_period_text(JD_PERIOD_DAY, dmy.value, second, sizeof second));
        return JD_OK;
    }
    char other[WORD];
    return jd_fail_at(
        ctx, JD_ERR_DATA, o.axis[2]->column->option, axes->keep[o.matters],
        "\3%s\2 %s: row %" PRId32 " holds '%s': %s or %s? No date of the file shows whether "
        "day or month comes first; say \3date-order\2 dmy or mdy",
        o.axis[2]->column->option, name_of(o.axis[2]->column), axes->keep[o.matters] + 1, first,
        jd_period_text(JD_PERIOD_DAY, dmy.value, second, sizeof second),
        jd_period_text(JD_PERIOD_DAY, mdy.value, other, sizeof other));
}

/* Which fractions of a year the numbers of both columns are, if they are: 2018.75. */
static jd_period_t find_fraction(const jd_own_axes_t *axes)
{
    const jd_own_axis_t *list[] = {&axes->time, &axes->cohort};
    bool fits[3] = {true, true, true}, broken = false;
    if (axes->spacing == JD_OWN_BY_INTEGER) return JD_PERIOD_NUMBER;
    for (int k = 0; k < 2; k++) {
        const jd_own_column_t *c = list[k]->column;
        if (!c) continue;
        if (jd_own_is_text(c) || jd_own_is_date(c) || list[k]->letter) return JD_PERIOD_NUMBER;
        for (int64_t i = 0; i < axes->n; i++) {
            double x = jd_own_number(c, axes->keep[i]);
            if (k == 1 && jd_own_is_never(c, axes->keep[i], &axes->never)) continue;
            broken = broken || x != floor(x);
            for (int f = 0; f < 3; f++)
                fits[f] = fits[f] && jd_period_from_fraction(fractions[f], x, NULL);
            if (!fits[2] && !fits[1]) return JD_PERIOD_NUMBER;
        }
    }
    for (int f = 0; f < 3 && broken; f++)
        if (fits[f]) return fractions[f];
    return JD_PERIOD_NUMBER;
}

static void note_fraction(const jd_own_axes_t *axes, jd_period_t fraction, jd_ctx_t *ctx)
{
    char cell[WORD], text[WORD];
    int64_t i = 0;
    while (i < axes->n - 1 && axes->time.value[i] % jd_periods_a_year(fraction) ==
                                  0) /* the first that is no whole year */
        i++;
    jd_warn(ctx, "\3%s\2 %s: numbers with a fraction are read as years and %ss (%s is %s)",
            axes->time.column->option, name_of(axes->time.column), jd_period_name(fraction) + 2,
            jd_own_show_cell(&axes->time, axes, i, cell, sizeof cell),
            jd_period_text(fraction, axes->time.value[i], text, sizeof text));
}

/* ---- All together ---- */

/* Where periods lie at 0 or below, which as a cohort says never, all are moved to 1 and above. A
 * number before all periods is more likely a code than a cohort. */
static int32_t shift_of(const jd_own_axes_t *axes, bool numbers)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    const int64_t *const values[] = {axes->time.value, axes->cohort.value};
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; values[k] && i < axes->n; i++) {
            int64_t v = values[k][i];
            if (v == JD_OWN_NEVER_DATE) continue;
            if (v < least && (k == 0 || !numbers)) least = v;
            if (v > most) most = v;
        }
    bool fits = 1 - least <= INT32_MAX && most - least < INT32_MAX;
    return least < 1 && fits ? (int32_t)(1 - least) : 0;
}

/* Codes are 32 bits wide. */
static int check_range(const jd_own_axis_t *axis, const jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    for (int64_t i = 0; axis->column && i < axes->n; i++)
        if (axis->value[i] != JD_OWN_NEVER_DATE &&
            (axis->value[i] >= INT32_MAX || axis->value[i] <= -INT32_MAX))
            return refuse(axis, axes, i, ctx);
    return JD_OK;
}

/* A number below 0 where no period is, most likely a code. */
static int check_codes(const jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    const jd_own_axis_t *t = &axes->time, *c = &axes->cohort;
    char word[WORD];
    int64_t first = INT64_MAX;
    if (!c->column || c->unit != JD_PERIOD_NUMBER) return JD_OK;
    for (int64_t i = 0; i < axes->n; i++)
        first = t->value[i] < first ? t->value[i] : first;
    for (int64_t i = 0; i < axes->n; i++)
        if (c->value[i] != JD_OWN_NEVER_DATE && c->value[i] < 0 && c->value[i] < first)
            return jd_fail_at(
                ctx, JD_ERR_DATA, c->column->option, axes->keep[i],
                "\3%s\2 %s: row %" PRId32
                " holds %s, before the first period; never is empty or 0, another code "
                "for it goes with \1never\2",
                c->column->option, name_of(c->column), axes->keep[i] + 1,
                jd_own_show_cell(c, axes, i, word, sizeof word));
    return JD_OK;
}

/* Cohorts in codes; 0 = never. Who adopts before the first period is treated from it on. */
static void fill_cohorts(const jd_own_data_t *data, const jd_own_axes_t *axes, int32_t *cohorts)
{
    for (int64_t i = 0; i < axes->n; i++) {
        const int64_t value = axes->cohort.value[i];
        int64_t code = value == JD_OWN_NEVER_DATE ? 0 : value + data->shift;
        cohorts[i] = (int32_t)(value != JD_OWN_NEVER_DATE && code < 1 ? data->first : code);
    }
}

static int fill_periods(jd_own_data_t *data, const jd_own_axes_t *axes, int32_t *times,
                        int32_t *cohorts, jd_ctx_t *ctx)
{
    int rc = check_range(&axes->time, axes, ctx);
    if (!rc) rc = check_range(&axes->cohort, axes, ctx);
    if (rc) return rc;
    data->shift = shift_of(axes, data->period == JD_PERIOD_NUMBER);
    data->first = INT32_MAX;
    data->last = INT32_MIN;
    for (int64_t i = 0; i < axes->n; i++) {
        times[i] = (int32_t)(axes->time.value[i] + data->shift);
        if (times[i] < data->first) data->first = times[i];
        if (times[i] > data->last) data->last = times[i];
    }
    if (cohorts) fill_cohorts(data, axes, cohorts);
    return JD_OK;
}

int jd_own_periods(jd_own_data_t *data, const jd_own_column_t *time, const jd_own_column_t *cohort,
                   const jd_own_roles_t *given, const int32_t *keep, int64_t n, int32_t *times,
                   int32_t *cohorts, jd_ctx_t *ctx)
{
    jd_own_roles_t roles = *given;
    jd_own_axes_t axes = {.time = {.column = time, .letter = letter_of(time)},
                          .cohort = {.column = cohort},
                          .never = {given->never, true},
                          .keep = keep,
                          .n = n,
                          .spacing = (jd_own_spacing_t)given->periods};
    if (cohort) axes.cohort.letter = letter_of(cohort);
    int rc = jd_make(&axes.time.value, n, sizeof *axes.time.value, "periods", ctx);
    if (!rc && cohort)
        rc = jd_make(&axes.cohort.value, n, sizeof *axes.cohort.value, "cohorts", ctx);
    if (axes.time.letter == 'b')
        jd_warn(ctx, "\3time\2 %s: business days of Stata (%%tb) are counted as they stand",
                name_of(time));
    if (!rc) rc = find_order(&axes, &roles, ctx);
    const jd_period_t fraction = rc ? JD_PERIOD_NUMBER : find_fraction(&axes);
    if (!rc) rc = read_axis(&axes.time, &axes, &roles, fraction, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc && cohort) rc = jd_own_settle_never(&axes, ctx);
    if (!rc && cohort) rc = read_axis(&axes.cohort, &axes, &roles, fraction, ctx);
    if (!rc && fraction) note_fraction(&axes, fraction, ctx);
    if (!rc && cohort) jd_own_report_unseen(&axes, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = jd_own_decode(&axes, ctx);
    if (!rc) rc = jd_own_unify(&axes, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = check_codes(&axes, ctx);
    if (!rc) rc = jd_own_count(data, &axes, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = fill_periods(data, &axes, times, cohorts, ctx);
    data->zero_is_never = axes.never.zero;
    free(axes.time.value);
    free(axes.cohort.value);
    return rc;
}

const char *jd_own_period_text(const jd_own_data_t *data, int32_t code, char *buffer, size_t size)
{
    int64_t period = (int64_t)code - data->shift;
    if (data->ranked && period >= 1 && period <= data->n_ranked)
        return jd_period_text(data->period, data->ranked[period - 1], buffer, size);
    if (data->ranked) {
        const bool after = period > data->n_ranked;
        char bound[24];
        jd_period_text(data->period, data->ranked[after ? data->n_ranked - 1 : 0], bound,
                       sizeof bound);
        snprintf(buffer, size, "%s%+" PRId64, bound, after ? period - data->n_ranked : period - 1);
        return buffer;
    }
    if (data->period == JD_PERIOD_WEEK) period = 7 * period + data->weekday;
    return jd_period_text(data->period, period, buffer, size);
}

const char *jd_own_period_unit(const jd_own_data_t *data)
{
    static const char *const units[JD_PERIODS] = {"",      "year", "half-year", "quarter",
                                                  "month", "week", "week",      "day"};
    return data->ranked ? "observed period" : units[data->period];
}
