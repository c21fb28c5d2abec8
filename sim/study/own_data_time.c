/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Periods: whole numbers, or dates written 2020Q1, 2020-03 or 2020-03-31. Dates are counted in the
 * largest unit of which all are whole steps: month ends every third month are quarters. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "io/number.h"
#include "study/own_data_parts.h"

enum { WORD = 64, NEVER_DATE = INT32_MIN };

typedef struct moment {
    jd_own_period_t kind;
    int64_t value; /* the number; quarters, months since year 0; days since 1970-01-01 */
} moment_t;

/* Days from 1970-01-01 by the Gregorian calendar, years beginning in March. */
static int64_t day_number(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_of(int64_t number, int64_t *year, int64_t *month, int64_t *day)
{
    *year = 1970 + (number >= 0 ? number / 366 : number / 365 - 1); /* not too late; then up */
    while (day_number(*year + 1, 1, 1) <= number)
        (*year)++;
    *month = 1;
    while (*month < 12 && day_number(*year, *month + 1, 1) <= number)
        (*month)++;
    *day = number - day_number(*year, *month, 1) + 1;
}

static int64_t days_in(int64_t year, int64_t month)
{
    return (month == 12 ? day_number(year + 1, 1, 1) : day_number(year, month + 1, 1)) -
           day_number(year, month, 1);
}

/* `n` digits at *text, which moves on; -1 if they are not there. */
static int64_t digits(const char **text, int n)
{
    int64_t value = 0;
    for (int i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9') return -1;
        value = 10 * value + (**text - '0');
    }
    return value;
}

/* The end of a date, or midnight, as programs write it that know times only. */
static bool ends_day(const char *text)
{
    return !*text || !strcmp(text, " 00:00:00") || !strcmp(text, "T00:00:00") ||
           !strcmp(text, "T00:00:00Z");
}

/* 2020Q1, 2020-Q1, 2020 Q1, 2020-03, 2020m3, 2020-03-31 (also with / or . between); false if it is
 * none. */
static bool read_date(const char *text, moment_t *m)
{
    int64_t year = digits(&text, 4);
    if (year < 0 || !*text) return false;
    if ((*text == '-' || *text == ' ') && (text[1] == 'Q' || text[1] == 'q')) text++;
    if (*text == 'Q' || *text == 'q') {
        text++;
        int64_t quarter = digits(&text, 1);
        *m = (moment_t){JD_OWN_QUARTER, 4 * year + quarter - 1};
        return quarter >= 1 && quarter <= 4 && !*text;
    }
    char between = *text++;
    if (!strchr("-/.mM", between)) return false;
    bool one = text[0] && !(text[1] >= '0' && text[1] <= '9');
    int64_t month = digits(&text, one ? 1 : 2);
    if (month < 1 || month > 12) return false;
    if (!*text) {
        *m = (moment_t){JD_OWN_MONTH, 12 * year + month - 1};
        return between != '.';
    }
    if (*text++ != between) return false;
    int64_t day = digits(&text, 2);
    *m = (moment_t){JD_OWN_DAY, day_number(year, month, day)};
    return day >= 1 && day <= days_in(year, month) && ends_day(text);
}

static int refuse(const jd_own_column_t *c, int64_t row, const char *word, jd_ctx_t *ctx)
{
    return jd_fail(
        ctx, JD_ERR_DATA,
        "%s %s: row %" PRId64
        " holds '%s'; periods are whole numbers below 2^31 or dates written 2020Q1, 2020-03 "
        "or 2020-03-31%s",
        c->option, c->table->columns[c->column].name, row + 1, word,
        strcmp(c->option, "--cohort") ? "" : "; a word for never goes with --never");
}

/* A cell as a number or a word, trimmed of nothing: the readers did that. */
static int read_moment(const jd_own_column_t *c, int64_t row, moment_t *m, jd_ctx_t *ctx)
{
    char word[WORD];
    double x;
    bool text = jd_own_is_text(c);
    if (text) {
        jd_own_text(c, row, word, sizeof word);
        if (read_date(word, m)) return JD_OK;
        if (!jd_number_read(word, strlen(word), &x)) return refuse(c, row, word, ctx);
    } else {
        x = jd_own_number(c, row);
    }
    if (!(fabs(x) < INT32_MAX) || x != floor(x)) {
        if (!text) snprintf(word, sizeof word, "%.15g", x);
        return refuse(c, row, word, ctx);
    }
    *m = (moment_t){JD_OWN_NUMBER, (int64_t)x};
    return JD_OK;
}

/* 0, missing, inf, or the user's own code. */
static bool is_never(const jd_own_column_t *c, int64_t row, const char *never)
{
    char word[WORD];
    double x, code;
    bool number = true, coded = never && jd_number_read(never, strlen(never), &code);
    if (jd_own_is_text(c)) {
        jd_own_text(c, row, word, sizeof word);
        if (!*word || (never && strcmp(word, never) == 0)) return true;
        if (!strcmp(word, "inf") || !strcmp(word, "Inf") || !strcmp(word, "INF")) return true;
        number = jd_number_read(word, strlen(word), &x);
    } else {
        x = jd_own_number(c, row);
    }
    return number && (isnan(x) || x == 0 || (isinf(x) && x > 0) || (coded && x == code));
}

/* A code no row holds is most often a slip, or two codes at once. */
static void tell_unseen(const jd_own_column_t *c, const char *never, const int32_t *keep, int64_t n,
                        jd_ctx_t *ctx)
{
    double code;
    if (jd_number_read(never, strlen(never), &code) && (code == 0 || isinf(code))) return;
    for (int64_t i = 0; i < n; i++)
        if (is_never(c, keep[i], never) && !is_never(c, keep[i], NULL)) return;
    jd_warn(ctx, "--never %s: no row of %s holds it; it is one code, beside 0, empty and inf",
            never, c->table->columns[c->column].name);
}

/* Reads one column; all its dates must be of one kind, *kind (set where it is not yet known). */
static int read_column(const jd_own_column_t *c, const char *never, bool cohort,
                       const int32_t *keep, int64_t n, int64_t *values, bool *known,
                       jd_own_period_t *kind, jd_ctx_t *ctx)
{
    static const char *const words[] = {"a whole number", "a year", "a quarter",
                                        "a month",        "a week", "a day"};
    for (int64_t i = 0; i < n; i++) {
        moment_t m = {0};
        if (cohort && is_never(c, keep[i], never)) {
            values[i] = NEVER_DATE;
            continue;
        }
        int rc = read_moment(c, keep[i], &m, ctx);
        if (rc) return rc;
        if (!*known) *kind = m.kind;
        *known = true;
        if (m.kind != *kind)
            return jd_fail(ctx, JD_ERR_DATA,
                           "%s %s: row %" PRId32
                           " holds %s where earlier periods are each %s; write all "
                           "periods, and cohorts, alike",
                           c->option, c->table->columns[c->column].name, keep[i] + 1, words[m.kind],
                           words[*kind]);
        values[i] = m.value;
    }
    return JD_OK;
}

/* ---- The unit of dates ---- */

typedef struct dates {
    int64_t *values[2]; /* times and cohorts, NULL = none */
    int64_t n;
} dates_t;

/* Whether all dates leave the same rest. */
static bool alike(const dates_t *d, int64_t modulus)
{
    int64_t rest = -1;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; d->values[k] && i < d->n; i++) {
            int64_t v = d->values[k][i];
            if (v == NEVER_DATE) continue;
            int64_t r = (v % modulus + modulus) % modulus;
            if (rest >= 0 && r != rest) return false;
            rest = r;
        }
    return true;
}

static void divide(dates_t *d, int64_t by)
{
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; d->values[k] && i < d->n; i++) {
            int64_t *v = &d->values[k][i];
            if (*v != NEVER_DATE) *v = (*v - ((*v % by + by) % by)) / by;
        }
}

/* Whether all days are the first, or all the last, of their month. */
static bool are_month_edges(const dates_t *d)
{
    bool first = true, last = true;
    int64_t year, month, day;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; d->values[k] && i < d->n && (first || last); i++) {
            if (d->values[k][i] == NEVER_DATE) continue;
            date_of(d->values[k][i], &year, &month, &day);
            first = first && day == 1;
            last = last && day == days_in(year, month);
        }
    return first || last;
}

static void make_months(dates_t *d)
{
    int64_t year, month, day;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; d->values[k] && i < d->n; i++) {
            if (d->values[k][i] == NEVER_DATE) continue;
            date_of(d->values[k][i], &year, &month, &day);
            d->values[k][i] = 12 * year + month - 1;
        }
}

static jd_own_period_t find_unit(dates_t *d, jd_own_period_t kind, int32_t *weekday)
{
    if (kind == JD_OWN_DAY && are_month_edges(d)) {
        make_months(d);
        kind = JD_OWN_MONTH;
    }
    static const struct {
        jd_own_period_t from, to;
        int64_t steps;
    } units[] = {{JD_OWN_DAY, JD_OWN_WEEK, 7},
                 {JD_OWN_MONTH, JD_OWN_YEAR, 12},
                 {JD_OWN_MONTH, JD_OWN_QUARTER, 3}};
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        if (kind != units[k].from || !alike(d, units[k].steps)) continue;
        *weekday = (int32_t)((d->values[0][0] % 7 + 7) % 7);
        divide(d, units[k].steps);
        return units[k].to;
    }
    return kind;
}

/* Where periods lie at 0 or below, which as a cohort says never, all are moved to 1 and above. A
 * number before all periods is more likely a code than a cohort. */
static int32_t shift_of(const dates_t *d, bool numbers)
{
    int64_t least = INT64_MAX, most = INT64_MIN;
    for (int k = 0; k < 2; k++)
        for (int64_t i = 0; d->values[k] && i < d->n; i++) {
            int64_t v = d->values[k][i];
            if (v == NEVER_DATE) continue;
            if (v < least && (k == 0 || !numbers)) least = v;
            if (v > most) most = v;
        }
    bool fits = 1 - least <= INT32_MAX && most - least < INT32_MAX;
    return least < 1 && fits ? (int32_t)(1 - least) : 0;
}

/* Cohorts of dates [n] in codes; 0 = never. */
static int fill_cohorts(const jd_own_data_t *data, const jd_own_column_t *c, const int32_t *keep,
                        int64_t n, const int64_t *date, int32_t *cohorts, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t code = date[i] == NEVER_DATE ? 0 : date[i] + data->shift;
        if (data->shift > 0 && date[i] != NEVER_DATE && code < 1)
            return jd_fail(ctx, JD_ERR_DATA,
                           "%s %s: row %" PRId32 " holds %" PRId64
                           ", before the first period; never is 0 or empty, another code for it "
                           "goes with --never",
                           c->option, c->table->columns[c->column].name, keep[i] + 1, date[i]);
        cohorts[i] = (int32_t)code;
    }
    return JD_OK;
}

int jd_own_periods(jd_own_data_t *data, const jd_own_column_t *time, const jd_own_column_t *cohort,
                   const char *never, const int32_t *keep, int64_t n, int32_t *times,
                   int32_t *cohorts, jd_ctx_t *ctx)
{
    dates_t d = {.n = n};
    bool known = false;
    jd_own_period_t kind = JD_OWN_NUMBER;
    int rc = jd_make(&d.values[0], n, sizeof *d.values[0], "periods", ctx);
    if (!rc && cohort) rc = jd_make(&d.values[1], n, sizeof *d.values[1], "cohorts", ctx);
    if (!rc) rc = read_column(time, NULL, false, keep, n, d.values[0], &known, &kind, ctx);
    if (!rc && cohort)
        rc = read_column(cohort, never, true, keep, n, d.values[1], &known, &kind, ctx);
    if (!rc && cohort && never) tell_unseen(cohort, never, keep, n, ctx);
    if (!rc) data->period = kind == JD_OWN_NUMBER ? kind : find_unit(&d, kind, &data->weekday);
    data->shift = rc ? 0 : shift_of(&d, kind == JD_OWN_NUMBER);
    data->first = INT32_MAX;
    data->last = INT32_MIN;
    for (int64_t i = 0; i < n && !rc; i++) {
        times[i] = (int32_t)(d.values[0][i] + data->shift);
        if (times[i] < data->first) data->first = times[i];
        if (times[i] > data->last) data->last = times[i];
    }
    if (!rc && cohort) rc = fill_cohorts(data, cohort, keep, n, d.values[1], cohorts, ctx);
    free(d.values[0]);
    free(d.values[1]);
    return rc;
}

const char *jd_own_period_text(const jd_own_data_t *data, int32_t code, char *buffer, size_t size)
{
    int64_t year, month, day, period = (int64_t)code - data->shift;
    switch (data->period) {
    case JD_OWN_QUARTER:
        snprintf(buffer, size, "%04" PRId64 "Q%" PRId64, period / 4, period % 4 + 1);
        break;
    case JD_OWN_MONTH:
        snprintf(buffer, size, "%04" PRId64 "-%02" PRId64, period / 12, period % 12 + 1);
        break;
    case JD_OWN_WEEK:
    case JD_OWN_DAY:
        date_of(data->period == JD_OWN_DAY ? period : 7 * period + data->weekday, &year, &month,
                &day);
        snprintf(buffer, size, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
        break;
    case JD_OWN_NUMBER:
    case JD_OWN_YEAR:
        snprintf(buffer, size, "%" PRId64, period);
        break;
    }
    return buffer;
}
