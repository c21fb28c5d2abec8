/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which cells of --cohort mean never: missing ones and infinity, the codes that are listed, and 0
 * where it is no period; and which of them units were read by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "core/said.h"
#include "core/text.h"
#include "dataset/time.h"

enum { WORD = 64 };

/* Whether a code is the cell: the same word, or the same number. */
static bool is_code(const char *code, const char *word, bool number, double x)
{
    double value;
    if (word && strcmp(code, word) == 0) return true;
    return number && jd_number_read(code, strlen(code), &value) && value == x;
}

/* Whether a cell is a listed code; `code` is that one. */
static bool find_listed(const jd_own_never_t *never, const char *word, bool number, double x,
                        char code[WORD])
{
    for (const char *list = never->list; jd_list_next(&list, code, WORD);)
        if (is_code(code, word, number, x)) return true;
    return false;
}

/* A cell as a word (NULL: a number's) and, if it is one, a number; missing: NaN, or "". */
static bool read_cell(const jd_own_column_t *c, int64_t row, char word[WORD], double *x)
{
    if (!jd_own_is_text(c)) {
        *x = jd_own_number(c, row);
        *word = '\0';
        return !jd_own_is_date(c) || isnan(*x); /* the days of a date are no code */
    }
    jd_own_text(c, row, word, WORD);
    return jd_number_read(word, strlen(word), x);
}

static bool is_infinity(const char *word)
{
    return !strcmp(word, "inf") || !strcmp(word, "Inf") || !strcmp(word, "INF");
}

/* Missing or infinite: never without a code. */
static bool is_blank(const jd_own_column_t *c, const char *word, bool number, double x)
{
    if (jd_own_is_text(c) && (!*word || is_infinity(word))) return true;
    return number && (isnan(x) || (isinf(x) && x > 0));
}

bool jd_own_is_never(const jd_own_column_t *c, int64_t row, const jd_own_never_t *never)
{
    char word[WORD], code[WORD];
    double x = 0;
    bool number = read_cell(c, row, word, &x);
    if (is_blank(c, word, number, x)) return true;
    if (number && x == 0 && never->zero) return true;
    return find_listed(never, jd_own_is_text(c) ? word : NULL, number, x, code);
}

/* Whether 0 lies among the periods, which are numbers as they stand. */
static bool zero_is_within(const jd_own_axes_t *axes, int64_t *first)
{
    int64_t last = INT64_MIN;
    *first = INT64_MAX;
    for (int64_t i = 0; i < axes->n; i++) {
        int64_t t = axes->time.value[i];
        if (t < *first) *first = t;
        if (t > last) last = t;
    }
    return axes->time.unit == JD_PERIOD_NUMBER && *first <= 0 && last >= 0;
}

int jd_own_settle_never(jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    const jd_own_column_t *c = axes->cohort.column;
    jd_own_never_t *never = &axes->never;
    int64_t first, zeros = 0, blanks = 0;
    const char *name = c->of->name;
    const bool within = zero_is_within(axes, &first);
    if (!within || never->list) {
        never->zero = !within && !(never->list && !*never->list);
        return JD_OK;
    }
    for (int64_t i = 0; i < axes->n; i++) {
        char word[WORD];
        double x = 0;
        bool number = read_cell(c, axes->keep[i], word, &x);
        if (is_blank(c, word, number, x))
            blanks++;
        else
            zeros += number && x == 0;
    }
    never->zero = blanks == 0;
    if (zeros == 0) return JD_OK;
    if (blanks > 0) {
        jd_warn(ctx,
                "\3cohort\2 %s: 0 is read as period 0, as never is written empty or "
                "inf; \3never\2 0 "
                "if it means never",
                name);
        return JD_OK;
    }
    if (first == 0) {
        jd_warn(ctx,
                "\3cohort\2 %s: 0 is read as never, though period 0 is the first "
                "one; \3never\2 '' if "
                "it is a date",
                name);
        return JD_OK;
    }
    return jd_fail(ctx, JD_ERR_DATA,
                   "\3cohort\2 %s: 0 lies among the periods and may mean never or period "
                   "0; \3never\2 0 "
                   "says that it means never, \3never\2 '' that no code does",
                   name);
}

void jd_own_report_unseen(const jd_own_axes_t *axes, jd_ctx_t *ctx)
{
    const jd_own_column_t *c = axes->cohort.column;
    char code[WORD], word[WORD];
    for (const char *list = axes->never.list; jd_list_next(&list, code, WORD);) {
        bool seen = false, blank = false;
        double x = 0;
        if (is_infinity(code) || (jd_number_read(code, strlen(code), &x) && x == 0)) continue;
        for (int64_t i = 0; i < axes->n && !seen; i++) {
            bool number = read_cell(c, axes->keep[i], word, &x);
            seen = is_code(code, jd_own_is_text(c) ? word : NULL, number, x);
            blank = blank || is_blank(c, word, number, x);
        }
        double value;
        const bool word_of_missing = blank && !jd_number_read(code, strlen(code), &value);
        if (!seen && !word_of_missing) /* NA is read as missing */
            jd_warn(ctx, "\3never\2 %s: no row of %s holds it; several codes are joined by commas",
                    code, c->of->name);
    }
}

/* ---- What was read so ---- */

enum { READINGS = 8, READING = WORD + 24 };

/* How many units were read as never by what. */
typedef struct readings {
    int n;
    int32_t count[READINGS];
    char as[READINGS][READING];
} readings_t;

/* Why a row that was read as never was: in words. */
static void say_reading(const jd_own_column_t *c, int64_t row, const jd_own_never_t *never,
                        char as[READING])
{
    char word[WORD], code[WORD];
    double x = 0;
    const bool number = read_cell(c, row, word, &x), text = jd_own_is_text(c);
    const bool infinite = (text && is_infinity(word)) || (number && isinf(x));
    if (is_blank(c, word, number, x))
        snprintf(as, READING, "%s", infinite ? "cohort inf" : "empty cells");
    else if (number && x == 0 && never->zero)
        snprintf(as, READING, "cohort 0");
    else if (find_listed(never, text ? word : NULL, number, x, code))
        snprintf(as, READING, "code %s of \1never\2", code);
    else
        snprintf(as, READING, "no date");
}

static void count_reading(readings_t *r, const char *as)
{
    int k = 0;
    while (k < r->n && strcmp(r->as[k], as) != 0)
        k++;
    if (k == READINGS) k--; /* the last takes what has no room */
    if (k == r->n) snprintf(r->as[r->n++], READING, "%s", as);
    r->count[k]++;
}

static void join_readings(const readings_t *r, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < r->n && used < size; k++) {
        char count[16] = "";
        if (r->n > 1) snprintf(count, sizeof count, "%d ", (int)r->count[k]);
        int more = snprintf(text + used, size - used, "%s%s%s", k ? ", " : "", count, r->as[k]);
        used += more > 0 ? (size_t)more : 0;
    }
}

/* Whether row i is under treatment by its own column; cohorts are dates. */
static bool is_on(const jd_panel_t *p, int64_t i)
{
    return p->treated && p->treated[i];
}

int jd_own_report_never(jd_own_data_t *data, const jd_own_columns_t *roles,
                        const jd_own_roles_t *given, const int32_t *keep, jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    const jd_own_never_t never = {given->never, data->zero_is_never};
    const jd_own_role_t *cohort = &roles->list[JD_OWN_COHORT];
    jd_own_never_known_t *told = &data->never;
    jd_groups_t units = {0};
    readings_t readings = {0};
    int32_t *seen = NULL; /* 1: untreated in every row so far; 2: treated; 3: adopts later */
    char as[READING];
    told->told = p->cohort || p->treated;
    if (!told->told) return JD_OK;
    int rc = jd_groups_make(&units, p->unit, p->n, ctx);
    if (!rc) rc = jd_make(&seen, units.n_groups, sizeof *seen, "units", ctx);
    for (int64_t i = 0; i < p->n && !rc; i++) {
        int32_t *unit = &seen[units.code[i]];
        if (p->adoption && p->adoption[i] != 0) *unit = 2; /* in a row that is not in use */
        if (is_on(p, i)) *unit = 2;
        if (*unit != 0) continue;
        *unit = !p->cohort || p->cohort[i] == 0 ? 1 : p->cohort[i] > data->last ? 3 : 2;
        if (*unit != 1 || !p->cohort) continue;
        say_reading(&cohort->column, keep[i], &never, as);
        count_reading(&readings, as);
    }
    for (int32_t g = 0; g < units.n_groups && !rc; g++) {
        told->n += seen[g] == 1;
        told->late += seen[g] == 3;
    }
    if (p->cohort)
        join_readings(&readings, told->read_as, sizeof told->read_as);
    else if (told->n > 0)
        snprintf(told->read_as, sizeof told->read_as, "\3treat\2 %.200s is never 1",
                 roles->list[JD_OWN_TREAT].name);
    jd_say_options(told->read_as, sizeof told->read_as, ctx ? ctx->style : NULL);
    free(seen);
    jd_groups_free(&units);
    return rc;
}
