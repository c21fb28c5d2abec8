/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days, weeks, months, quarters, half-years and years as whole numbers. */
#include "core/calendar/calendar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { DAYS_TO_1960 = -3653, WEEKS = 52, MONDAY = 4 };

/* Years beginning in March. */
int64_t jd_day_number(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

void jd_day_date(int64_t number, int64_t *year, int64_t *month, int64_t *day)
{
    *year = 1970 + (number >= 0 ? number / 366 : number / 365 - 1); /* not too late; then up */
    while (jd_day_number(*year + 1, 1, 1) <= number)
        (*year)++;
    *month = 1;
    while (*month < 12 && jd_day_number(*year, *month + 1, 1) <= number)
        (*month)++;
    *day = number - jd_day_number(*year, *month, 1) + 1;
}

int64_t jd_days_in_month(int64_t year, int64_t month)
{
    return (month == 12 ? jd_day_number(year + 1, 1, 1) : jd_day_number(year, month + 1, 1)) -
           jd_day_number(year, month, 1);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return (a - ((a % b + b) % b)) / b;
}

/* ---- Units ---- */

int64_t jd_periods_a_year(jd_period_t unit)
{
    static const int64_t counts[JD_PERIODS] = {[JD_PERIOD_YEAR] = 1,
                                               [JD_PERIOD_HALF] = 2,
                                               [JD_PERIOD_QUARTER] = 4,
                                               [JD_PERIOD_MONTH] = 12};
    return counts[unit];
}

int64_t jd_period_day(jd_period_t unit, int64_t value)
{
    int64_t n = jd_periods_a_year(unit);
    if (unit == JD_PERIOD_STATA_WEEK) {
        int64_t year = floor_divide(value, WEEKS);
        return jd_day_number(year, 1, 1) + 7 * (value - WEEKS * year);
    }
    if (n == 0) return value;
    int64_t year = floor_divide(value, n);
    return jd_day_number(year, (value - n * year) * (12 / n) + 1, 1);
}

int64_t jd_week_of_day(int64_t day, int32_t weekday)
{
    return day - ((day - weekday) % 7 + 7) % 7;
}

int64_t jd_period_of_day(jd_period_t unit, int64_t day)
{
    int64_t year, month, in_month, n = jd_periods_a_year(unit);
    if (unit == JD_PERIOD_WEEK) return jd_week_of_day(day, MONDAY); /* 1970-01-05 is one */
    if (unit == JD_PERIOD_DAY) return day;
    jd_day_date(day, &year, &month, &in_month);
    if (unit == JD_PERIOD_STATA_WEEK) {
        int64_t week = (day - jd_day_number(year, 1, 1)) / 7;
        return WEEKS * year + (week < WEEKS ? week : WEEKS - 1);
    }
    return n * year + (month - 1) / (12 / n);
}

bool jd_period_within(jd_period_t fine, jd_period_t coarse)
{
    if (fine == coarse || fine == JD_PERIOD_DAY) return true;
    if (fine == JD_PERIOD_STATA_WEEK) return coarse == JD_PERIOD_YEAR;
    return jd_periods_a_year(coarse) > 0 && jd_periods_a_year(fine) > jd_periods_a_year(coarse);
}

const char *jd_period_name(jd_period_t unit)
{
    static const char *const names[JD_PERIODS] = {"a whole number", "a year",  "a half-year",
                                                  "a quarter",      "a month", "a week (of 52)",
                                                  "a week",         "a day"};
    return names[unit];
}

const char *jd_period_text(jd_period_t unit, int64_t value, char *buffer, size_t size)
{
    int64_t year = 0, month = 0, day = 0, n = jd_periods_a_year(unit);
    if (n > 0) year = floor_divide(value, n);
    switch (unit) {
    case JD_PERIOD_HALF:
    case JD_PERIOD_QUARTER:
        snprintf(buffer, size, "%04" PRId64 "%c%" PRId64, year, unit == JD_PERIOD_HALF ? 'H' : 'Q',
                 value - n * year + 1);
        break;
    case JD_PERIOD_MONTH:
        snprintf(buffer, size, "%04" PRId64 "-%02" PRId64, year, value - n * year + 1);
        break;
    case JD_PERIOD_STATA_WEEK:
        year = floor_divide(value, WEEKS);
        snprintf(buffer, size, "%04" PRId64 "w%" PRId64, year, value - WEEKS * year + 1);
        break;
    case JD_PERIOD_WEEK:
    case JD_PERIOD_DAY:
        jd_day_date(value, &year, &month, &day);
        snprintf(buffer, size, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
        break;
    default:
        snprintf(buffer, size, "%" PRId64, value);
    }
    return buffer;
}

/* ---- Numbers that are dates ---- */

/* Leap seconds up to a second since 1960 of a clock that counts them: Stata's %tC. */
static int leap_seconds(double seconds)
{
    static const int16_t after[][2] = {
        /* the last day of that month ends with one */
        {1972, 6},  {1972, 12}, {1973, 12}, {1974, 12}, {1975, 12}, {1976, 12}, {1977, 12},
        {1978, 12}, {1979, 12}, {1981, 6},  {1982, 6},  {1983, 6},  {1985, 6},  {1987, 12},
        {1989, 12}, {1990, 12}, {1992, 6},  {1993, 6},  {1994, 6},  {1995, 12}, {1997, 6},
        {1998, 12}, {2005, 12}, {2008, 12}, {2012, 6},  {2015, 6},  {2016, 12}};
    int n = 0;
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
        int64_t next = after[i][1] == 6 ? jd_day_number(after[i][0], 7, 1)
                                        : jd_day_number(after[i][0] + 1, 1, 1);
        n += seconds >= (double)(next - DAYS_TO_1960) * 86400 + n;
    }
    return n;
}

bool jd_date_from_stata(char letter, double x, jd_moment_t *m)
{
    *m = (jd_moment_t){0};
    if (!isfinite(x) || x != floor(x)) return false;
    if (letter == 'c' || letter == 'C') {
        double seconds = floor(x / 1000);
        if (letter == 'C') seconds -= leap_seconds(seconds);
        double day = floor(seconds / 86400);
        if (fabs(day) > 1e7) return false;
        *m = (jd_moment_t){JD_PERIOD_DAY, (int64_t)day + DAYS_TO_1960,
                           (int32_t)(seconds - day * 86400)};
        return true;
    }
    if (fabs(x) > 1e7) return false;
    int64_t v = (int64_t)x;
    switch (letter) {
    case 'd':
        *m = (jd_moment_t){JD_PERIOD_DAY, v + DAYS_TO_1960, 0};
        return true;
    case 'w':
        *m = (jd_moment_t){JD_PERIOD_STATA_WEEK, v + WEEKS * 1960, 0};
        return true;
    case 'm':
        *m = (jd_moment_t){JD_PERIOD_MONTH, v + 12 * 1960, 0};
        return true;
    case 'q':
        *m = (jd_moment_t){JD_PERIOD_QUARTER, v + 4 * 1960, 0};
        return true;
    case 'h':
        *m = (jd_moment_t){JD_PERIOD_HALF, v + 2 * 1960, 0};
        return true;
    case 'y':
        *m = (jd_moment_t){JD_PERIOD_YEAR, v, 0};
        return true;
    default:
        return false;
    }
}

static bool is_year(int64_t year)
{
    return year >= 1900 && year <= 2100;
}

static bool make_day(int64_t year, int64_t month, int64_t day, jd_moment_t *m)
{
    if (!is_year(year) || month < 1 || month > 12 || day < 1 || day > jd_days_in_month(year, month))
        return false;
    *m = (jd_moment_t){JD_PERIOD_DAY, jd_day_number(year, month, day), 0};
    return true;
}

int64_t jd_code_tail(jd_code_t code)
{
    static const int64_t tails[JD_CODES] = {10, 100, 100, 10000, 1000, 1, 1};
    return tails[code];
}

const char *jd_code_name(jd_code_t code)
{
    static const char *const names[JD_CODES] = {
        "year and quarter",   "year and month",      "year and week",      "year, month and day",
        "year and day of it", "day, month and year", "month, day and year"};
    return names[code];
}

bool jd_period_from_fraction(jd_period_t unit, double x, int64_t *value)
{
    const double parts = x * (double)jd_periods_a_year(unit), whole = floor(parts + 0.5);
    if (!(x >= 1000 && x < 3000) ||
        !(fabs(parts - whole) < (unit == JD_PERIOD_MONTH ? 0.06 : 1e-6)))
        return false;
    if (value) *value = (int64_t)whole;
    return true;
}

bool jd_date_from_code(jd_code_t code, int64_t v, jd_moment_t *m)
{
    static const int64_t most[] = {4, 12, 53, 1231, 366};
    if (v <= 0) return false;
    if (code >= JD_CODE_DMY) {
        int64_t first = v / 1000000, second = v / 10000 % 100;
        return code == JD_CODE_DMY ? make_day(v % 10000, second, first, m)
                                   : make_day(v % 10000, first, second, m);
    }
    int64_t year = v / jd_code_tail(code), rest = v % jd_code_tail(code);
    if (!is_year(year) || rest < 1 || rest > most[code]) return false;
    switch (code) {
    case JD_CODE_QUARTER:
        *m = (jd_moment_t){JD_PERIOD_QUARTER, 4 * year + rest - 1, 0};
        return true;
    case JD_CODE_MONTH:
        *m = (jd_moment_t){JD_PERIOD_MONTH, 12 * year + rest - 1, 0};
        return true;
    case JD_CODE_WEEK: { /* ISO 8601: the week of 4 January is the first */
        int64_t day = jd_period_of_day(JD_PERIOD_WEEK, jd_day_number(year, 1, 4)) + 7 * (rest - 1);
        *m = (jd_moment_t){JD_PERIOD_WEEK, day, 0};
        return day + 3 < jd_day_number(year + 1, 1, 1);
    }
    case JD_CODE_DAY:
        return make_day(year, rest / 100, rest % 100, m);
    default:
        *m = (jd_moment_t){JD_PERIOD_DAY, jd_day_number(year, 1, 1) + rest - 1, 0};
        return m->value < jd_day_number(year + 1, 1, 1);
    }
}
