/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates out of text: cut into numbers, words and what stands between, then matched. */
#include <string.h>

#include "core/calendar/calendar.h"

enum { PARTS = 4, LETTERS = 12 };

/* A number or a word of a date. */
typedef struct part {
    char word[LETTERS]; /* in small letters; "" for a number */
    bool capital;       /* the word's first letter */
    int64_t number;
    int digits;
    char before; /* what stands between it and the part before: - / . : a blank, or '\0' */
} part_t;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* One sign, or a blank with a sign beside it, between two parts. */
static const char *pass_between(const char *s, char *between)
{
    *between = '\0';
    for (int n = 0; n < 2 && *s && strchr("-/.:, ", *s); n++, s++) {
        if (*between && *between != ' ' && *s != ' ') return NULL;
        if (!*between || *between == ' ' || *between == ',') *between = *s == ',' ? ' ' : *s;
    }
    return s;
}

/* Cuts [text, end) into parts; how many, 0 if it is no date. */
static int cut(const char *s, const char *end, part_t part[PARTS])
{
    int n = 0;
    while (s < end) {
        part_t *p = &part[n];
        if (n == PARTS) return 0;
        memset(p, 0, sizeof *p);
        if (n > 0 && !(s = pass_between(s, &p->before))) return 0;
        if (s >= end) return 0;
        if (is_digit(*s)) {
            for (; s < end && is_digit(*s); s++) {
                if (++p->digits > 4) return 0;
                p->number = 10 * p->number + (*s - '0');
            }
        } else if (is_letter(*s)) {
            int k = 0;
            p->capital = *s < 'a';
            for (; s < end && is_letter(*s); s++) {
                if (k == LETTERS - 1) return 0;
                p->word[k++] = small(*s);
            }
        } else {
            return 0;
        }
        n++;
    }
    return n;
}

/* ---- Time of day ---- */

/* `n` digits at most, at least one. */
static bool take_number(const char **s, int n, int *value)
{
    int k = 0;
    for (*value = 0; k < n && is_digit(**s); k++, (*s)++)
        *value = 10 * *value + (**s - '0');
    return k > 0;
}

/* Z, UTC, +01, +0100, +01:00: the day is that of the place, and stays as it is written. */
static bool is_zone(const char *s)
{
    int hours, minutes;
    if (*s == ' ') s++;
    if (!*s || !strcmp(s, "Z") || !strcmp(s, "UTC") || !strcmp(s, "GMT")) return true;
    if (*s != '+' && *s != '-') return false;
    s++;
    if (!take_number(&s, 2, &hours)) return false;
    if (*s == ':') s++;
    return !*s || (take_number(&s, 2, &minutes) && !*s);
}

/* 14:30, 14:30:00.000, 2:30:00 PM, each with a zone. */
static bool read_time(const char *s, int32_t *seconds)
{
    int hour, minute, second = 0, fraction;
    if (!take_number(&s, 2, &hour) || *s++ != ':' || !take_number(&s, 2, &minute)) return false;
    if (*s == ':' && (s++, !take_number(&s, 2, &second))) return false;
    if (*s == '.' && (s++, !take_number(&s, 9, &fraction))) return false;
    const char *half = *s == ' ' ? s + 1 : s;
    if ((small(half[0]) == 'a' || small(half[0]) == 'p') && small(half[1]) == 'm') {
        if (hour < 1 || hour > 12) return false;
        hour = hour % 12 + (small(half[0]) == 'p' ? 12 : 0);
        s = half + 2;
    }
    *seconds = 3600 * hour + 60 * minute + second;
    return hour < 24 && minute < 60 && second <= 60 && is_zone(s);
}

/* Where the date ends: before the blank or T that a time of day follows; SAS writes a colon there,
 * 01JAN2018:12:30. */
static const char *end_of_date(const char *text)
{
    const char *colon = strchr(text, ':');
    const char *s = colon;
    while (s && s > text && is_digit(s[-1]))
        s--;
    if (s && colon - s == 4 && is_digit(colon[1])) return colon;
    if (!s || s == colon || s == text || (s[-1] != 'T' && s[-1] != ' ')) return text + strlen(text);
    return s - 1;
}

/* ---- Patterns ---- */

static bool is_year(const part_t *p)
{
    return p->digits == 4;
}

static bool is_short(const part_t *p)
{
    return p->digits == 1 || p->digits == 2;
}

/* January or jan; 0 if it is not a month. */
static int month_of(const part_t *p)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = strlen(p->word);
    for (int m = 0; m < 12; m++)
        if (!strcmp(p->word, names[m]) || (n == 3 && !strncmp(p->word, names[m], 3)) ||
            (m == 8 && !strcmp(p->word, "sept")))
            return m + 1;
    return 0;
}

static bool day(int64_t year, int64_t month, int64_t in_month, jd_moment_t *m)
{
    m->unit = JD_PERIOD_DAY;
    if (month < 1 || month > 12 || in_month < 1 || in_month > jd_days_in_month(year, month))
        return false;
    m->value = jd_day_number(year, month, in_month);
    return true;
}

static bool part_of_year(jd_period_t unit, int64_t year, int64_t n, int64_t most, jd_moment_t *m)
{
    m->unit = unit;
    m->value = most * year + n - 1;
    return n >= 1 && n <= most;
}

/* 2018Q1: a year, a letter and a number. */
static bool lettered(const part_t *year, const part_t *letter, const part_t *n, jd_moment_t *m)
{
    if (!is_year(year) || !is_short(n) || letter->word[1]) return false;
    switch (letter->word[0]) {
    case 'q':
        return part_of_year(JD_PERIOD_QUARTER, year->number, n->number, 4, m);
    case 'm':
        return part_of_year(JD_PERIOD_MONTH, year->number, n->number, 12, m);
    case 'h':
    case 's':
        return part_of_year(JD_PERIOD_HALF, year->number, n->number, 2, m);
    case 'w':
        if (!letter->capital && !letter->before)
            return part_of_year(JD_PERIOD_STATA_WEEK, year->number, n->number, 52, m);
        return n->number < 54 && jd_date_from_code(JD_CODE_WEEK, 100 * year->number + n->number, m);
    default:
        return false;
    }
}

static bool match_two(const part_t *p, jd_moment_t *m)
{
    bool words = p[0].word[0] || p[1].word[0];
    if (!words && is_year(&p[0]) && is_short(&p[1]) && strchr("-/", p[1].before))
        return p[1].before && part_of_year(JD_PERIOD_MONTH, p[0].number, p[1].number, 12, m);
    if (!words && is_short(&p[0]) && is_year(&p[1]) && p[1].before && strchr("-/.", p[1].before))
        return part_of_year(JD_PERIOD_MONTH, p[1].number, p[0].number, 12, m);
    if (month_of(&p[0]) && is_year(&p[1]))
        return part_of_year(JD_PERIOD_MONTH, p[1].number, month_of(&p[0]), 12, m);
    return is_year(&p[0]) && month_of(&p[1]) &&
           part_of_year(JD_PERIOD_MONTH, p[0].number, month_of(&p[1]), 12, m);
}

/* Two numbers and a year, between them twice the same sign. */
static bool is_numeric_date(const part_t *p)
{
    return !p[0].word[0] && !p[1].word[0] && is_short(&p[0]) && is_short(&p[1]) && is_year(&p[2]) &&
           p[1].before && p[1].before == p[2].before && strchr("-/.", p[1].before);
}

static bool match_three(const part_t *p, jd_date_order_t order, jd_moment_t *m)
{
    if (is_numeric_date(p)) {
        jd_moment_t dmy = {0}, mdy = {0};
        bool fits_dmy = day(p[2].number, p[1].number, p[0].number, &dmy),
             fits_mdy = day(p[2].number, p[0].number, p[1].number, &mdy);
        if (order == JD_ORDER_UNKNOWN && fits_dmy && fits_mdy && dmy.value != mdy.value)
            return false;
        bool first = order == JD_ORDER_UNKNOWN ? fits_dmy : order == JD_ORDER_DMY;
        *m = first ? dmy : mdy;
        return first ? fits_dmy : fits_mdy;
    }
    if (!p[0].word[0] && !p[1].word[0] && is_year(&p[0]) && is_short(&p[1]) && is_short(&p[2]))
        return p[1].before && p[1].before == p[2].before && strchr("-/.", p[1].before) &&
               day(p[0].number, p[1].number, p[2].number, m);
    if (is_short(&p[0]) && month_of(&p[1]) && is_year(&p[2]))
        return day(p[2].number, month_of(&p[1]), p[0].number, m);
    if (month_of(&p[0]) && is_short(&p[1]) && is_year(&p[2]))
        return day(p[2].number, month_of(&p[0]), p[1].number, m);
    if (is_year(&p[0]) && month_of(&p[1]) && is_short(&p[2]))
        return day(p[0].number, month_of(&p[1]), p[2].number, m);
    if (p[1].word[0] && !p[0].word[0])
        return lettered(&p[0], &p[1], &p[2], m) || lettered(&p[2], &p[1], &p[0], m);
    return p[0].word[0] && !p[1].word[0] && lettered(&p[2], &p[0], &p[1], m);
}

/* ISO's 2018-W05-3: a day of a week. */
static bool match_four(const part_t *p, jd_moment_t *m)
{
    if (strcmp(p[1].word, "w") != 0 || p[3].digits != 1 || !p[1].capital) return false;
    if (!lettered(&p[0], &p[1], &p[2], m) || p[3].number < 1 || p[3].number > 7) return false;
    m->unit = JD_PERIOD_DAY;
    m->value += p[3].number - 1;
    return true;
}

static bool begins_with_year(const char *text)
{
    return is_digit(text[0]) && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3]);
}

/* 2018-03-31, the most frequent one. */
static bool read_iso(const char *s, jd_moment_t *m)
{
    if (!begins_with_year(s) || s[4] != '-' || !is_digit(s[5]) || !is_digit(s[6]) || s[7] != '-' ||
        !is_digit(s[8]) || !is_digit(s[9]) || s[10])
        return false;
    return day(1000 * (s[0] - '0') + 100 * (s[1] - '0') + 10 * (s[2] - '0') + s[3] - '0',
               10 * (s[5] - '0') + s[6] - '0', 10 * (s[8] - '0') + s[9] - '0', m);
}

bool jd_date_read(const char *text, jd_date_order_t order, jd_moment_t *m)
{
    part_t part[PARTS];
    *m = (jd_moment_t){0};
    if (read_iso(text, m)) return true;
    const char *end = end_of_date(text);
    int n = cut(text, end, part);
    bool found = n == 2   ? match_two(part, m)
                 : n == 3 ? match_three(part, order, m)
                 : n == 4 ? match_four(part, m)
                          : false;
    if (!found || !*end) return found;
    return m->unit == JD_PERIOD_DAY && read_time(end + 1, &m->seconds);
}

unsigned jd_date_order(const char *text)
{
    part_t p[PARTS];
    jd_moment_t dmy = {0}, mdy = {0};
    if (!is_digit(text[0]) || begins_with_year(text)) return 0;
    if (cut(text, end_of_date(text), p) != 3 || !is_numeric_date(p)) return 0;
    unsigned bits = JD_ORDER_IS_DATE;
    if (day(p[2].number, p[1].number, p[0].number, &dmy)) bits |= JD_ORDER_FITS_DMY;
    if (day(p[2].number, p[0].number, p[1].number, &mdy)) bits |= JD_ORDER_FITS_MDY;
    const unsigned both = JD_ORDER_FITS_DMY | JD_ORDER_FITS_MDY;
    return (bits & both) == both && dmy.value != mdy.value ? bits | JD_ORDER_MATTERS : bits;
}
