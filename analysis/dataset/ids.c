/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids of any kind as 32-bit codes, in the order of the ids: numbers by size, texts by bytes but for
 * the whole numbers in them, which count by size too: draws are keyed by codes, and the same
 * clusters are drawn whether they are written 9 and 10, "9" and "10", or "c9" and "c10". */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

typedef struct key {
    union {
        int64_t whole;
        double real;
        const char *text;
    } id;
    int32_t width; /* bytes of a text's cell */
    int32_t at;    /* whose code it gives */
} id_key_t;

static int by_whole(const void *a, const void *b)
{
    int64_t x = ((const id_key_t *)a)->id.whole, y = ((const id_key_t *)b)->id.whole;
    return (x > y) - (x < y);
}

static int by_real(const void *a, const void *b)
{
    double x = ((const id_key_t *)a)->id.real, y = ((const id_key_t *)b)->id.real;
    return (x > y) - (x < y);
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compares the numbers that begin at x[*at] and y[*at_y], and steps behind them. */
static int by_number(const char *x, int32_t n, int32_t *at, const char *y, int32_t m, int32_t *at_y)
{
    int by = 0;
    while (*at < n && x[*at] == '0')
        ++*at;
    while (*at_y < m && y[*at_y] == '0')
        ++*at_y;
    for (;; ++*at, ++*at_y) {
        int more = *at < n && is_digit(x[*at]), more_y = *at_y < m && is_digit(y[*at_y]);
        if (!more || !more_y) return more != more_y ? more - more_y : by;
        if (by == 0) by = (x[*at] > y[*at_y]) - (x[*at] < y[*at_y]);
    }
}

/* Texts that differ are never equal: 01 and 1 are two. */
static int by_text(const void *a, const void *b)
{
    const id_key_t *x = a, *y = b;
    int32_t n = x->width, m = y->width, i = 0, j = 0;
    while (i < n && j < m && x->id.text[i] && y->id.text[j]) {
        char c = x->id.text[i], d = y->id.text[j];
        int by = is_digit(c) && is_digit(d) ? by_number(x->id.text, n, &i, y->id.text, m, &j)
                                            : ((unsigned char)c > (unsigned char)d) -
                                                  ((unsigned char)c < (unsigned char)d);
        if (by) return by;
        if (!is_digit(c)) {
            i++;
            j++;
        }
    }
    int more = i < n && x->id.text[i] != 0, more_y = j < m && y->id.text[j] != 0;
    return more != more_y ? more - more_y : strncmp(x->id.text, y->id.text, (size_t)x->width);
}

/* Exact for every type of integer. */
static int64_t whole_of(const jd_own_column_t *c, int64_t row)
{
    int64_t cell = jd_long_cell(c->table, c->column, row);
    if (c->table->columns[c->column].type == JD_INT64)
        return JD_CELLS(c->table, c->column, int64_t)[cell];
    return (int64_t)jd_table_number(c->table, c->column, cell);
}

static bool is_real(const jd_own_column_t *c)
{
    jd_type_t type = c->table->columns[c->column].type;
    return type == JD_DOUBLE || type == JD_FLOAT;
}

/* True if all ids are 32-bit whole numbers: then they are their own codes. */
static bool take_as_they_are(const jd_own_column_t *ids, const int32_t *keep, int64_t n,
                             int32_t *codes)
{
    for (int64_t i = 0; i < n; i++) {
        double x = jd_own_number(ids, keep[i]);
        if (!(fabs(x) < INT32_MAX) || x != floor(x)) return false;
        codes[i] = (int32_t)x;
    }
    return true;
}

static int fill_keys(const jd_own_column_t *ids, const int32_t *keep, int64_t n, id_key_t *keys,
                     jd_ctx_t *ctx)
{
    const jd_column_t *column = &ids->table->columns[ids->column];
    for (int64_t i = 0; i < n; i++) {
        id_key_t *k = &keys[i];
        if (column->type == JD_TEXT) {
            int64_t cell = jd_long_cell(ids->table, ids->column, keep[i]);
            k->id.text =
                (const char *)ids->table->data[ids->column] + (size_t)cell * (size_t)column->width;
            k->width = column->width;
        } else if (is_real(ids)) {
            k->id.real = jd_own_number(ids, keep[i]);
            if (fabs(k->id.real) > 9007199254740992.0)
                return jd_fail(
                    ctx, JD_ERR_DATA,
                    "%s %s: row %" PRId32
                    " holds %.17g; numbers beyond 2^53 that are no 64-bit integers "
                    "cannot be distinguished: write such ids as text, with a letter in front",
                    ids->option, column->name, keep[i] + 1, k->id.real);
        } else {
            k->id.whole = whole_of(ids, keep[i]);
        }
    }
    return JD_OK;
}

/* Codes of sorted keys, by what each stands at. */
static void code_in_order(id_key_t *keys, int64_t n, int (*order)(const void *, const void *),
                          int32_t *codes)
{
    int32_t code = 0;
    qsort(keys, (size_t)n, sizeof *keys, order);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && order(&keys[i - 1], &keys[i]) != 0) code++;
        codes[keys[i].at] = code;
    }
}

/* Rows of a unit lie together as a rule: of each run of equal keys the first is kept. codes[i] is
 * the run of row i; returns how many runs there are. */
static int64_t find_runs(id_key_t *keys, int64_t n, int (*order)(const void *, const void *),
                         int32_t *codes)
{
    int64_t runs = 0;
    for (int64_t i = 0; i < n; i++) {
        if (runs == 0 || order(&keys[runs - 1], &keys[i]) != 0) {
            keys[runs] = keys[i];
            keys[runs].at = (int32_t)runs;
            runs++;
        }
        codes[i] = (int32_t)runs - 1;
    }
    return runs;
}

/* Codes of keys [n] in the order of rows. */
static int code_keys(id_key_t *keys, int64_t n, int (*order)(const void *, const void *),
                     int32_t *codes, jd_ctx_t *ctx)
{
    int32_t *run_code;
    int64_t runs = find_runs(keys, n, order, codes);
    int rc = jd_make(&run_code, runs, sizeof *run_code, "ids", ctx);
    if (rc) return rc;
    code_in_order(keys, runs, order, run_code);
    for (int64_t i = 0; i < n; i++)
        codes[i] = run_code[codes[i]];
    free(run_code);
    return JD_OK;
}

int jd_own_ids(const jd_own_column_t *ids, const int32_t *keep, int64_t n, int32_t *codes,
               jd_ctx_t *ctx)
{
    if (!jd_own_is_text(ids) && take_as_they_are(ids, keep, n, codes)) return JD_OK;
    id_key_t *keys;
    int rc = jd_make(&keys, n, sizeof *keys, "ids", ctx);
    if (!rc) rc = fill_keys(ids, keep, n, keys, ctx);
    if (!rc)
        rc = code_keys(keys, n,
                       jd_own_is_text(ids) ? by_text
                       : is_real(ids)      ? by_real
                                           : by_whole,
                       codes, ctx);
    free(keys);
    return rc;
}

int jd_own_cross(int32_t *codes, const int32_t *other, int64_t n, jd_ctx_t *ctx)
{
    id_key_t *keys;
    int rc = jd_make(&keys, n, sizeof *keys, "crossed ids", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < n; i++)
        keys[i].id.whole = codes[i] * ((int64_t)1 << 32) + other[i];
    rc = code_keys(keys, n, by_whole, codes, ctx);
    free(keys);
    return rc;
}
