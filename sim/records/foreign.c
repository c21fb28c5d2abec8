/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records/foreign.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"
#include "jiedao/config.h"

/* ---- Opening ---- */

typedef struct choice {
    const char *path;
    const jd_wish_t *wishes;
    int n;
    bool all, others_number;
} choice_t;

static int find_name(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name)) return i;
    return -1;
}

static int choose(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    const choice_t *choice = user;
    int rc = JD_OK, taken = 0;
    for (int i = 0; i < n; i++)
        take[i] = choice->all, taken += choice->all;
    for (int k = 0; k < choice->n; k++) {
        const jd_wish_t *w = &choice->wishes[k];
        int at = w->name ? find_name(names, n, w->name) : -1;
        if (at >= 0) {
            take[at] = true;
            taken++;
        } else if (w->name && !w->optional) {
            const char *near = jd_nearest(w->name, names, n);
            rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: has no column %s (%s); %s '%s'%s", choice->path,
                         w->name, w->option, near ? "did you mean" : "its first is",
                         near ? near : names[0], near ? "?" : "");
        }
    }
    if (!rc && !taken)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%s: has none of the columns that are looked for",
                     choice->path);
    return rc;
}

static bool is_text(void *user, const char *name)
{
    const choice_t *choice = user;
    for (int k = 0; k < choice->n; k++)
        if (choice->wishes[k].name && !strcmp(choice->wishes[k].name, name))
            return !choice->wishes[k].number;
    return !choice->others_number;
}

static bool is_stata(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ".dta");
}

int jd_foreign_open(jd_foreign_t *cells, const char *path, const jd_csv_style_t *style,
                    const jd_wish_t *wishes, int n, bool all, bool others_number, jd_ctx_t *ctx)
{
    choice_t choice = {path, wishes, n, all, others_number};
    const jd_wanted_t wanted = {choose, &choice, NULL, is_text};
    jd_csv_style_t own = *style;
    *cells = (jd_foreign_t){.path = path};
    int rc = is_stata(path) ? jd_stata_read(path, &wanted, own.missing, &cells->table, ctx)
                            : jd_csv_open(path, &own, &wanted, &cells->table, ctx);
    for (int k = 0; k < n && k < JD_FOREIGN_MOST; k++)
        cells->column[k] =
            !rc && wishes[k].name ? jd_table_find(&cells->table, wishes[k].name) : -1;
    return rc;
}

void jd_foreign_free(jd_foreign_t *cells)
{
    jd_table_free(&cells->table);
}

/* ---- Texts ---- */

const char *jd_foreign_text(const jd_foreign_t *cells, int column, int64_t row,
                            char buffer[JD_CELL_SIZE])
{
    if (column < 0) return "";
    const jd_column_t *c = &cells->table.columns[column];
    if (c->type == JD_TEXT)
        return (const char *)cells->table.data[column] + (size_t)row * (size_t)c->width;
    if (c->type == JD_INT64) {
        jd_number_print_int(buffer, JD_CELLS(&cells->table, column, int64_t)[row]);
        return buffer;
    }
    const double x = jd_table_number(&cells->table, column, row);
    if (fabs(x) < 9007199254740992.0 && x == floor(x))
        jd_number_print_int(buffer, (int64_t)x);
    else
        jd_number_print(x, buffer, JD_CELL_SIZE);
    return buffer;
}

/* ---- Dates ---- */

/* 2021年3月15日 as 2021-3-15, 2021年3月 as 2021-3; what else there is stays. */
static const char *plain_date(const char *text, char buffer[JD_CELL_SIZE])
{
    static const char year[] = "\345\271\264", month[] = "\346\234\210", day[] = "\346\227\245";
    if (!strstr(text, year) || strlen(text) >= JD_CELL_SIZE) return text;
    size_t n = 0;
    for (const char *s = text; *s;) {
        if (!strncmp(s, year, 3) || !strncmp(s, month, 3)) {
            if (s[3]) buffer[n++] = '-';
            s += 3;
        } else if (!strncmp(s, day, 3)) {
            s += 3;
        } else {
            buffer[n++] = *s++;
        }
    }
    buffer[n] = '\0';
    return buffer;
}

static jd_dated_t read_digits(const char *text, jd_moment_t *m)
{
    enum { FIRST_YEAR = 1900, LAST_YEAR = 2100, EXCEL_LAST = 80000, EXCEL_ZERO = -25569 };
    int64_t x;
    const size_t length = strlen(text);
    if (!jd_number_read_int(text, length, &x)) return JD_DATED_NOT;
    if (x >= FIRST_YEAR && x <= LAST_YEAR) {
        *m = (jd_moment_t){.unit = JD_PERIOD_YEAR, .value = x};
        return JD_DATED_NUMBER;
    }
    const jd_code_t code = length == 8   ? JD_CODE_DAY
                           : length == 6 ? JD_CODE_MONTH
                                         : JD_CODE_QUARTER;
    if ((length == 8 || length == 6 || length == 5) && jd_date_from_code(code, x, m) &&
        x / jd_code_tail(code) >= FIRST_YEAR && x / jd_code_tail(code) <= LAST_YEAR)
        return JD_DATED_NUMBER;
    if (length != 5 || x > EXCEL_LAST) return JD_DATED_NOT;
    *m = (jd_moment_t){.unit = JD_PERIOD_DAY, .value = x + EXCEL_ZERO};
    return JD_DATED_EXCEL;
}

jd_dated_t jd_foreign_date(const jd_foreign_t *cells, int column, int64_t row, jd_moment_t *m)
{
    char own[JD_CELL_SIZE], plain[JD_CELL_SIZE];
    const jd_column_t *c = &cells->table.columns[column];
    if (c->type != JD_TEXT && c->unit[0] == '%') {
        const double x = jd_table_number(&cells->table, column, row);
        if (isnan(x)) return JD_DATED_EMPTY;
        return jd_date_from_stata(c->unit[2], x, m) ? JD_DATED : JD_DATED_NOT;
    }
    const char *text = jd_foreign_text(cells, column, row, own);
    if (!*text) return JD_DATED_EMPTY;
    text = plain_date(text, plain);
    if (jd_date_read(text, cells->order, m)) return JD_DATED;
    return read_digits(text, m);
}

int jd_foreign_find_order(jd_foreign_t *cells, int column, const char *option, jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE], other[JD_CELL_SIZE], day[JD_CELL_SIZE], month[JD_CELL_SIZE];
    int64_t day_first = -1, month_first = -1, matters = -1;
    bool dots = true;
    if (cells->order != JD_ORDER_UNKNOWN || column < 0 ||
        cells->table.columns[column].type != JD_TEXT)
        return JD_OK;
    for (int64_t i = 0; i < cells->table.rows; i++) {
        const char *text = jd_foreign_text(cells, column, i, own);
        const unsigned bits = jd_date_order(text);
        if (!bits) continue;
        dots = dots && strchr(text, '.');
        const bool dmy = bits & JD_ORDER_FITS_DMY, mdy = bits & JD_ORDER_FITS_MDY;
        if (dmy && !mdy && day_first < 0) day_first = i;
        if (mdy && !dmy && month_first < 0) month_first = i;
        if ((bits & JD_ORDER_MATTERS) && matters < 0) matters = i;
    }
    if (day_first >= 0 && month_first >= 0)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: %s: row %lld holds '%s' (day first), row %lld '%s' (month first); write "
            "all dates as 2018-12-31, or say --date-order: those that do not fit it are "
            "then left out",
            cells->path, option, (long long)day_first + 1,
            jd_foreign_text(cells, column, day_first, own), (long long)month_first + 1,
            jd_foreign_text(cells, column, month_first, other));
    if (day_first >= 0) cells->order = JD_ORDER_DMY;
    if (month_first >= 0) cells->order = JD_ORDER_MDY;
    if (cells->order != JD_ORDER_UNKNOWN || matters < 0) return JD_OK;
    const char *text = jd_foreign_text(cells, column, matters, own);
    jd_moment_t dmy, mdy;
    (void)jd_date_read(text, JD_ORDER_DMY, &dmy);
    (void)jd_date_read(text, JD_ORDER_MDY, &mdy);
    jd_period_text(JD_PERIOD_DAY, dmy.value, day, sizeof day);
    jd_period_text(JD_PERIOD_DAY, mdy.value, month, sizeof month);
    if (dots) {
        cells->order = JD_ORDER_DMY;
        jd_warn(ctx,
                "%s: dates with dots are read day first ('%s' is %s); --date-order mdy if the "
                "month comes first",
                cells->path, text, day);
        return JD_OK;
    }
    return jd_fail(
        ctx, JD_ERR_DATA,
        "%s: %s: row %lld holds '%s': %s or %s? No date of the file shows whether day or "
        "month comes first; say --date-order dmy or mdy",
        cells->path, option, (long long)matters + 1, text, day, month);
}
