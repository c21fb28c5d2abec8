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
    int64_t width; /* bytes a text may have */
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
static int by_number(const char *x, int64_t n, int64_t *at, const char *y, int64_t m, int64_t *at_y)
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
    int64_t n = x->width, m = y->width, i = 0, j = 0;
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
    if (more != more_y) return more - more_y;
    const int by = strncmp(x->id.text, y->id.text, (size_t)(n < m ? n : m));
    return by ? by : (i > j) - (i < j);
}

static bool is_real(const jd_own_column_t *c)
{
    return c->of->type == JD_DOUBLE || c->of->type == JD_FLOAT;
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
    for (int64_t i = 0; i < n; i++) {
        id_key_t *k = &keys[i];
        if (jd_own_is_text(ids)) {
            k->id.text = jd_frame_text(ids->of, keep[i], &k->width);
        } else if (is_real(ids)) {
            k->id.real = jd_own_number(ids, keep[i]);
            if (fabs(k->id.real) > 9007199254740992.0)
                return jd_fail_at(
                    ctx, JD_ERR_DATA, ids->option, keep[i],
                    "\3%s\2 %s: row %" PRId32
                    " holds %.17g; numbers beyond 2^53 that are no 64-bit integers "
                    "cannot be distinguished: write such ids as text, with a letter in "
                    "front",
                    ids->option, ids->of->name, keep[i] + 1, k->id.real);
        } else {
            k->id.whole = jd_frame_whole(ids->of, jd_frame_cell(ids->of, keep[i]));
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

/* Of a coded column only the labels in use are sorted. */
static int code_labels(const jd_frame_column_t *c, const int32_t *keep, int64_t n, int32_t *codes,
                       jd_ctx_t *ctx)
{
    const int32_t *code = c->data;
    int32_t *rank = NULL, *of_used = NULL, used = 0;
    id_key_t *keys = NULL;
    int rc = jd_make(&rank, (int64_t)c->n_labels + 1, sizeof *rank, "labels", ctx);
    if (!rc) rc = jd_make(&of_used, (int64_t)c->n_labels + 1, sizeof *of_used, "labels", ctx);
    if (!rc) rc = jd_make(&keys, (int64_t)c->n_labels + 1, sizeof *keys, "labels", ctx);
    for (int64_t i = 0; i < n && !rc; i++) {
        const int32_t k = code[jd_frame_cell(c, keep[i])];
        if (rank[k]) continue;
        keys[used].id.text = c->label[k];
        keys[used].width = (int64_t)strlen(c->label[k]);
        rank[k] = ++used;
    }
    if (!rc) rc = code_keys(keys, used, by_text, of_used, ctx);
    for (int64_t i = 0; i < n && !rc; i++)
        codes[i] = of_used[rank[code[jd_frame_cell(c, keep[i])]] - 1];
    free(keys);
    free(of_used);
    free(rank);
    return rc;
}

int jd_own_ids(const jd_own_column_t *ids, const int32_t *keep, int64_t n, int32_t *codes,
               jd_ctx_t *ctx)
{
    if (!jd_own_is_text(ids) && take_as_they_are(ids, keep, n, codes)) return JD_OK;
    if (ids->of->label) return code_labels(ids->of, keep, n, codes, ctx);
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
