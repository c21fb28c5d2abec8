/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/csv/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/thread.h"

enum {
    PART = 1 << 18, /* bytes of a part, about: a millisecond of work */
    AT_ONCE = 32,   /* parts between two looks at whether to stop */
    APART = 2       /* kinds between those of two threads, so that they share no cache line */
};

/* ---- A line ---- */

static void fill(jd_table_t *table, int column, int64_t row, const jd_csv_field_t *f, char decimal)
{
    const jd_column_t *c = &table->columns[column];
    if (c->type == JD_TEXT) {
        char *cell = (char *)table->data[column] + (size_t)row * (size_t)c->width;
        if (!jd_missing_word(f->bytes, f->length)) memcpy(cell, f->bytes, f->length);
    } else if (c->type == JD_INT64) {
        (void)jd_number_read_int(f->bytes, f->length, &JD_CELLS(table, column, int64_t)[row]);
    } else {
        double *cell = &JD_CELLS(table, column, double)[row];
        if (!jd_cell_number(f->bytes, f->length, decimal, true, cell)) *cell = (double)NAN;
    }
}

static void count_hit(jd_missing_code_t *code)
{
#pragma omp atomic
    code->hits++;
}

static void take_field(const jd_csv_walk_t *w, jd_csv_kind_t *k, jd_csv_place_t place, int64_t row,
                       jd_csv_field_t *f)
{
    if ((k->column < 0) != w->others) return;
    jd_missing_code_t *code =
        w->missing->n ? jd_missing_find(w->missing, f->bytes, f->length, w->decimal) : NULL;
    if (!w->table && code) {
        jd_csv_learn_code(k, f, w->missing);
    } else if (!w->table) {
        jd_csv_learn(k, f, place);
    } else {
        if (code) f->length = 0, count_hit(code);
        fill(w->table, k->column, row, f, w->decimal);
    }
}

static int walk_line(const jd_csv_walk_t *w, jd_csv_kind_t *kinds, int64_t number,
                     jd_csv_part_t *part, jd_csv_cursor_t *c, jd_ctx_t *ctx)
{
    const int64_t line = c->line;
    const jd_csv_place_t place = {number, part->rows};
    jd_csv_field_t f;
    int i = 0;
    do {
        int rc = jd_csv_next(c, &f, ctx);
        if (rc) return rc;
        if (i == 0 && f.last && f.length == 0 && !f.quoted) return JD_OK; /* an empty line */
        if (i < w->n) take_field(w, &kinds[i], place, part->before + part->rows, &f);
        i++;
    } while (!f.last);
    if (i != w->n)
        return jd_fail(ctx, JD_ERR_DATA, "%s:%lld: has %d fields, the header has %d (separator %s)",
                       w->text->name, (long long)line, i, w->n,
                       w->text->separator == '\t' ? "tab" : (char[2]){w->text->separator, 0});
    part->rows++;
    return part->rows % 65536 == 0 ? jd_check_cancelled(ctx) : JD_OK;
}

/* ---- Parts ---- */

/* Leaves the cursor where the last line that begins in the part ends. */
static int walk_part(const jd_csv_walk_t *w, jd_csv_kind_t *kinds, int64_t number,
                     jd_csv_cursor_t *c, jd_ctx_t *ctx)
{
    jd_csv_part_t part = w->parts[number]; /* its own: neighbours are counted by other threads */
    int rc = JD_OK;
    part.rows = 0;
    while (!rc && c->at < part.end)
        rc = walk_line(w, kinds, number, &part, c, ctx);
    w->parts[number].rows = part.rows;
    return rc;
}

/* Whether the part's lines are as the header says, and the last of them ends where the part does.
 */
static bool walk_apart(const jd_csv_walk_t *w, jd_csv_kind_t *kinds, int64_t number)
{
    jd_csv_cursor_t c = jd_csv_again(&w->data);
    c.at = w->parts[number].from;
    const bool whole = !walk_part(w, kinds, number, &c, NULL) && c.at == w->parts[number].end;
    jd_csv_end(&c);
    return whole;
}

/* Parts end behind an end of line, or with the text. */
static int cut(jd_csv_walk_t *w, jd_ctx_t *ctx)
{
    const char *at = w->data.at, *end = w->text->bytes + w->text->size;
    int rc = jd_make(&w->parts, (end - at) / PART + 1, sizeof *w->parts, w->text->name, ctx);
    for (w->n_parts = 0; !rc && at < end; w->n_parts++) {
        const char *line =
            end - at > PART ? memchr(at + PART - 1, '\n', (size_t)(end - at - PART + 1)) : NULL;
        w->parts[w->n_parts].from = at;
        at = line ? line + 1 : end;
        w->parts[w->n_parts].end = at;
    }
    return rc;
}

/* By one thread, which reports what is wrong with its line. */
static int walk_in_order(jd_csv_walk_t *w, jd_ctx_t *ctx)
{
    jd_csv_cursor_t c = jd_csv_again(&w->data);
    w->parts[0].end = w->text->bytes + w->text->size;
    w->n_parts = 1;
    int rc = walk_part(w, w->kinds, 0, &c, ctx);
    jd_csv_end(&c);
    return rc;
}

/* Each thread learns apart: kinds is [threads][n + APART]. False where a part does not end as it
 * should. */
static int walk_parts(const jd_csv_walk_t *w, jd_csv_kind_t *kinds, int threads, bool *whole,
                      jd_ctx_t *ctx)
{
    bool bad = false;
    int rc = JD_OK;
    for (int64_t first = 0; !rc && !bad && first < w->n_parts; first += AT_ONCE) {
        const int64_t last = first + AT_ONCE < w->n_parts ? first + AT_ONCE : w->n_parts;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) reduction(|| : bad)
        for (int64_t p = first; p < last; p++)
            bad = !walk_apart(w, kinds + (size_t)jd_thread_number() * (size_t)(w->n + APART), p) ||
                  bad;
        rc = jd_check_cancelled(ctx);
    }
    *whole = !bad;
    return rc;
}

static int walk_together(jd_csv_walk_t *w, bool *whole, jd_ctx_t *ctx)
{
    const int threads = jd_ctx_threads(ctx);
    const size_t n = (size_t)w->n, stride = n + APART;
    jd_csv_kind_t *kinds;
    int rc = jd_make_n(&kinds, (size_t)threads * stride, sizeof *kinds, w->text->name, ctx);
    if (rc) return rc;
    for (int t = 0; t < threads; t++)
        memcpy(kinds + (size_t)t * stride, w->kinds, n * sizeof *kinds);
    rc = walk_parts(w, kinds, threads, whole, ctx);
    for (size_t i = 0; !rc && *whole && !w->table && i < n * (size_t)threads; i++)
        jd_csv_join(&w->kinds[i % n], &kinds[i / n * stride + i % n]);
    free(kinds);
    return rc;
}

int jd_csv_walk(jd_csv_walk_t *w, jd_ctx_t *ctx)
{
    bool whole = false;
    int rc = w->parts ? JD_OK : cut(w, ctx);
    if (!rc && w->n_parts > 1) rc = walk_together(w, &whole, ctx);
    if (!rc && !whole) rc = walk_in_order(w, ctx);
    w->rows = 0;
    for (int64_t p = 0; p < w->n_parts; p++) {
        w->parts[p].before = w->rows;
        w->rows += w->parts[p].rows;
    }
    return rc;
}

void jd_csv_walk_free(jd_csv_walk_t *w)
{
    free(w->parts);
    *w = (jd_csv_walk_t){0};
}

int64_t jd_csv_row(const jd_csv_walk_t *w, jd_csv_place_t place)
{
    return w->parts[place.part].before + place.row;
}
