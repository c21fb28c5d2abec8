/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cell.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/number.h"

enum { DIGITS_MAX = 400, RUNS_MAX = 40, BLANK = ' ', APOSTROPHE = '\'' };

/* A number cut up: runs of digits, what stands between them, and the exponent. */
typedef struct runs {
    const char *at[RUNS_MAX];
    int length[RUNS_MAX];
    char before[RUNS_MAX]; /* . , a blank or an apostrophe; of the first nothing */
    int n;
    char sign;
    const char *exponent; /* from the e on */
    size_t exponent_length;
} runs_t;

static bool is_word(const char *s, size_t n, const char *word)
{
    if (strlen(word) != n) return false;
    for (size_t i = 0; i < n; i++)
        if ((s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i]) != word[i]) return false;
    return true;
}

static bool read_infinity(const char *s, size_t n, double *value)
{
    const bool minus = n > 0 && *s == '-';
    if (n > 0 && (*s == '-' || *s == '+')) s++, n--;
    if (!is_word(s, n, "inf") && !is_word(s, n, "infinity")) return false;
    *value = minus ? -(double)INFINITY : (double)INFINITY;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The separator at s, and its bytes; 0 if there is none. */
static size_t separator_at(const char *s, const char *end, char *kind)
{
    static const struct {
        const char *bytes;
        char kind;
    } signs[] = {{".", '.'},
                 {",", ','},
                 {" ", BLANK},
                 {"\xC2\xA0", BLANK}, /* no-break, thin, narrow no-break */
                 {"\xE2\x80\x89", BLANK},
                 {"\xE2\x80\xAF", BLANK},
                 {"'", APOSTROPHE},
                 {"\xE2\x80\x99", APOSTROPHE}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i].bytes);
        if ((size_t)(end - s) < n || memcmp(s, signs[i].bytes, n) != 0) continue;
        *kind = signs[i].kind;
        return n;
    }
    return 0;
}

static bool cut(const char *s, size_t length, runs_t *r)
{
    const char *end = s + length;
    memset(r, 0, sizeof *r);
    if (s < end && (*s == '-' || *s == '+')) r->sign = *s++;
    for (;;) {
        r->at[r->n] = s;
        while (s < end && is_digit(*s))
            s++;
        r->length[r->n] = (int)(s - r->at[r->n]);
        r->n++;
        if (s == end) return true;
        if (*s == 'e' || *s == 'E') {
            r->exponent = s;
            r->exponent_length = (size_t)(end - s);
            return true;
        }
        if (r->n == RUNS_MAX) return false;
        size_t n = separator_at(s, end, &r->before[r->n]);
        if (n == 0) return false;
        s += n;
    }
}

/* Whether the first n runs are whole digits in groups: one to three, then threes, or twos and a
 * three at the end, between them always the same sign, which is not the decimal mark. */
static bool are_groups(const runs_t *r, int n, char decimal)
{
    if (r->length[0] < 1 || r->length[0] > 3 || *r->at[0] == '0' || r->length[n - 1] != 3)
        return false;
    for (int i = 1; i < n; i++)
        if (r->before[i] == decimal || r->before[i] != r->before[1] ||
            (i < n - 1 && r->length[i] != r->length[1]))
            return false;
    return n == 2 || r->length[1] == 3 || (r->length[1] == 2 && r->length[0] <= 2);
}

/* How many of the runs stand before this decimal mark; 0 if they are no number with it. */
static int whole_runs(const runs_t *r, char decimal, bool *grouped)
{
    const bool fraction = r->n > 1 && r->before[r->n - 1] == decimal;
    const int n = r->n - fraction;
    *grouped = n > 1;
    if (*grouped) return !r->exponent && are_groups(r, n, decimal) ? n : 0;
    return r->length[0] + (fraction ? r->length[1] : 0) > 0 ? n : 0;
}

static bool is_exponent(const runs_t *r)
{
    const char *s = r->exponent, *end = s ? s + r->exponent_length : NULL;
    if (!s) return true;
    s++;
    if (s < end && (*s == '-' || *s == '+')) s++;
    if (s == end) return false;
    while (s < end && is_digit(*s))
        s++;
    return s == end;
}

static void trim(const char **bytes, size_t *length)
{
    while (*length > 0 && **bytes == ' ')
        (*bytes)++, (*length)--;
    while (*length > 0 && (*bytes)[*length - 1] == ' ')
        (*length)--;
}

bool jd_cell_is_plain(const char *s, size_t n, unsigned *ways)
{
    size_t i = n > 1 && *s == '-', first = i;
    while (i < n && is_digit(s[i]))
        i++;
    const size_t whole = i - first;
    *ways = JD_CELL_POINT | JD_CELL_COMMA;
    if (i == n) return whole > 0;
    if (whole == 0 || (s[i] != '.' && s[i] != ',')) return false;
    const size_t mark = i++;
    while (i < n && is_digit(s[i]))
        i++;
    const bool point = s[mark] == '.';
    *ways = (point ? JD_CELL_POINT : JD_CELL_COMMA) | JD_CELL_MARKED;
    if (n - mark == 4 && whole <= 3 && s[first] != '0') /* 1.234 may be grouped */
        *ways |=
            point ? JD_CELL_COMMA | JD_CELL_COMMA_GROUPED : JD_CELL_POINT | JD_CELL_POINT_GROUPED;
    return i == n;
}

unsigned jd_cell_ways(const char *bytes, size_t length)
{
    runs_t r;
    double x;
    bool grouped;
    unsigned ways;
    trim(&bytes, &length);
    if (jd_cell_is_plain(bytes, length, &ways)) return ways;
    ways = 0;
    if (read_infinity(bytes, length, &x)) return JD_CELL_POINT | JD_CELL_COMMA;
    if (length >= DIGITS_MAX || !cut(bytes, length, &r) || !is_exponent(&r)) return 0;
    for (int i = 1; i < r.n; i++)
        if (r.before[i] == '.' || r.before[i] == ',') ways |= JD_CELL_MARKED;
    if (whole_runs(&r, '.', &grouped))
        ways |= JD_CELL_POINT | (grouped ? (unsigned)JD_CELL_POINT_GROUPED : 0);
    if (whole_runs(&r, ',', &grouped))
        ways |= JD_CELL_COMMA | (grouped ? (unsigned)JD_CELL_COMMA_GROUPED : 0);
    if ((r.exponent || length > 300) && !jd_cell_number(bytes, length, '.', true, &x) &&
        !jd_cell_number(bytes, length, ',', true, &x))
        return 0; /* 1e999 */
    return ways & (JD_CELL_POINT | JD_CELL_COMMA) ? ways : 0;
}

bool jd_cell_number(const char *bytes, size_t length, char decimal, bool grouped, double *value)
{
    runs_t r;
    bool has_groups;
    char plain[DIGITS_MAX + 2];
    size_t at = 0;
    trim(&bytes, &length);
    if (length >= DIGITS_MAX) return false;
    if (decimal == '.' && jd_number_read(bytes, length, value)) return true;
    if (read_infinity(bytes, length, value)) return true;
    if (!cut(bytes, length, &r)) return false;
    const int n = whole_runs(&r, decimal, &has_groups);
    if (n == 0 || (has_groups && !grouped)) return false;
    if (r.sign) plain[at++] = r.sign;
    for (int i = 0; i < r.n; i++) {
        if (i == n) plain[at++] = '.';
        memcpy(plain + at, r.at[i], (size_t)r.length[i]);
        at += (size_t)r.length[i];
    }
    memcpy(plain + at, r.exponent ? r.exponent : "", r.exponent_length);
    at += r.exponent_length;
    plain[at] = '\0';
    return jd_number_read(plain, at, value);
}
