/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CSV file with unknown columns: the text is held in memory and walked twice by all threads, once
 * to learn what its columns are and once to fill them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "core/input.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "io/csv/fields.h"
#include "io/csv/walk.h"
#include "io/open.h"

typedef struct source {
    jd_csv_text_t text;
    jd_missing_t missing; /* the user's codes */
} source_t;

/* ---- The whole text ---- */

static int load(source_t *s, const char *path, jd_ctx_t *ctx)
{
    FILE *in = jd_open_input(path, ctx);
    if (!in) return JD_ERR_OPEN;
    int rc = jd_csv_load(&s->text, in, path, JD_ERR_FORMAT, ctx);
    fclose(in);
    if (rc) return rc;
    if (s->text.size > 0 && memchr(s->text.bytes, 0, s->text.size))
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s: is no text; data may be CSV, Stata (.dta) or jiedao's own HDF5", path);
    if (s->text.size == 0)
        return jd_fail(ctx, JD_ERR_DATA, "%s: is empty; a header and lines are expected", path);
    return JD_OK;
}

/* The one of , ; tab that the header holds most of, outside quotes. */
static char find_separator(const jd_csv_text_t *t)
{
    static const char candidates[] = {',', ';', '\t'};
    int64_t count[3] = {0};
    bool quoted = false;
    for (size_t i = t->start; i < t->size; i++) {
        char c = t->bytes[i];
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == '\n' || c == '\r')) break;
        for (int k = 0; k < 3; k++)
            count[k] += !quoted && c == candidates[k];
    }
    int best = count[1] > count[0] ? 1 : 0;
    return candidates[count[2] > count[best] ? 2 : best];
}

/* ---- Header ---- */

typedef struct header {
    char **names; /* one block: the pointers, then the names */
    int n;
} header_t;

/* Names that would garble messages are refused. */
static int check_name(const char *file, const jd_csv_field_t *f, int number, jd_ctx_t *ctx)
{
    if (!jd_utf8_valid(f->bytes, f->length))
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s:1: the name of column %d is not valid UTF-8; save the file as UTF-8",
                       file, number);
    if (!jd_utf8_printable(f->bytes, f->length))
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s:1: the name of column %d holds a control character (a line end, a tab, "
                       "an escape or the like); rename the column",
                       file, number);
    return JD_OK;
}

static int count_fields(const source_t *s, int *n, size_t *bytes, jd_ctx_t *ctx)
{
    jd_csv_field_t f = {0};
    jd_csv_cursor_t c = jd_csv_begin(&s->text);
    int rc = JD_OK;
    for (*n = 0, *bytes = 0; !rc && !f.last; (*n)++, *bytes += f.length + 1) {
        rc = jd_csv_next(&c, &f, ctx);
        if (!rc) rc = check_name(s->text.name, &f, *n + 1, ctx);
    }
    jd_csv_end(&c);
    return rc;
}

/* Leaves the cursor at the first line of data. */
static int read_header(const source_t *s, header_t *h, jd_csv_cursor_t *c, jd_ctx_t *ctx)
{
    size_t bytes;
    int rc = count_fields(s, &h->n, &bytes, ctx);
    if (rc) return rc;
    size_t pointers = (size_t)h->n * sizeof *h->names;
    h->names = malloc(pointers + bytes);
    if (!h->names) return jd_fail_memory(ctx, pointers + bytes, s->text.name);
    char *to = (char *)h->names + pointers;
    *c = jd_csv_begin(&s->text);
    for (int i = 0; i < h->n; i++) {
        jd_csv_field_t f;
        rc = jd_csv_next(c, &f, ctx);
        if (rc) return rc;
        memcpy(to, f.bytes, f.length);
        to[f.length] = '\0';
        h->names[i] = to;
        to += f.length + 1;
    }
    return JD_OK;
}

/* ---- Columns ---- */

/* Columns that are numbers with one mark only; of those in use, or of the others. */
static void find_marks(const header_t *h, const jd_csv_kind_t *kinds, bool others,
                       const char **by_point, const char **by_comma)
{
    *by_point = *by_comma = NULL;
    for (int i = 0; i < h->n; i++) {
        const jd_csv_kind_t *k = &kinds[i];
        if ((k->column < 0) != others || k->id || !k->seen) continue;
        if (k->ways == JD_CELL_POINT) *by_point = h->names[i];
        if (k->ways == JD_CELL_COMMA) *by_comma = h->names[i];
    }
}

static bool is_ambiguous(const jd_csv_kind_t *k)
{
    return !k->id && k->ways == (JD_CELL_POINT | JD_CELL_COMMA) && (k->seen & JD_CELL_MARKED);
}

/* The decimal mark of the file, by the columns in use; where these leave it open, by the others. It
 * stays '\0' where nothing shows it. */
static int find_decimal(jd_csv_walk_t *w, const header_t *h, char *decimal, jd_ctx_t *ctx)
{
    const jd_csv_kind_t *kinds = w->kinds;
    const char *by_point, *by_comma;
    bool open = false;
    if (*decimal) return JD_OK;
    find_marks(h, kinds, false, &by_point, &by_comma);
    if (by_point && by_comma)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: column %s is written with decimal points, column %s with decimal "
                       "commas; say which counts: "
                       "--decimal . or --decimal ,",
                       w->text->name, by_point, by_comma);
    for (int i = 0; i < h->n; i++)
        open = open || (kinds[i].column >= 0 && is_ambiguous(&kinds[i]));
    if (open && !by_point && !by_comma) {
        w->others = true;
        int rc = jd_csv_walk(w, ctx);
        w->others = false;
        if (rc) return rc;
        find_marks(h, kinds, true, &by_point, &by_comma);
    }
    if (by_point && !by_comma) *decimal = '.';
    if (by_comma && !by_point) *decimal = ',';
    return JD_OK;
}

/* Columns that may be read in two ways stay text: who needs numbers refuses them. */
static void set_types(jd_column_t *columns, const header_t *h, const jd_csv_kind_t *kinds,
                      char decimal)
{
    for (int i = 0; i < h->n; i++) {
        const jd_csv_kind_t *k = &kinds[i];
        if (k->column < 0) continue;
        jd_column_t *c = &columns[k->column];
        const bool number = (k->ways & (decimal == ',' ? JD_CELL_COMMA : JD_CELL_POINT)) &&
                            (decimal || !is_ambiguous(k));
        c->type = k->text                   ? JD_TEXT
                  : k->whole && !k->missing ? JD_INT64
                  : number                  ? JD_DOUBLE
                                            : JD_TEXT;
        /* Whole numbers beyond 2^53 with some missing stay text: as ids they must not be rounded.
         */
        if (c->type == JD_DOUBLE && k->id && k->whole && k->width > 15) c->type = JD_TEXT;
        if (c->type == JD_TEXT) c->width = (int)k->width + 1;
    }
}

/* Says where thousands are taken as grouped, and where they are not though it looks so: whole
 * numbers beside decimals of always three digits. */
static void note_groups(const jd_csv_walk_t *w, const header_t *h, const jd_column_t *columns,
                        char decimal, jd_ctx_t *ctx)
{
    const unsigned grouped = decimal == ',' ? JD_CELL_COMMA_GROUPED : JD_CELL_POINT_GROUPED;
    for (int i = 0; i < h->n; i++) {
        const jd_csv_kind_t *k = &w->kinds[i];
        const long long row = k->grouped ? (long long)jd_csv_row(w, k->place) + 1 : 0;
        double x = 0;
        if (k->column < 0 || !k->grouped || columns[k->column].type != JD_DOUBLE ||
            !jd_cell_number(k->shown, strlen(k->shown), decimal ? decimal : '.', true, &x))
            continue;
        if (k->seen & grouped)
            jd_warn(ctx, "column %s: numbers are grouped by thousands: '%s' in row %lld is %.15g",
                    h->names[i], k->shown, row, x);
        else if (k->plain && is_ambiguous(k))
            jd_warn(ctx,
                    "column %s: numbers look grouped by thousands, but '%s' in row %lld is read as "
                    "%.15g, as --decimal or other columns have it",
                    h->names[i], k->shown, row, x);
    }
}

/* ---- All together ---- */

int jd_open_columns(const char *path, const char *const *names, const bool *take, int n,
                    jd_column_t **columns, int *taken, jd_ctx_t *ctx)
{
    size_t bytes = 0;
    *taken = 0;
    for (int i = 0; i < n; i++) {
        if (!take[i]) continue;
        (*taken)++;
        bytes += strlen(names[i]) + 1;
    }
    size_t lists = (size_t)(*taken + 1) * sizeof **columns;
    *columns = calloc(1, lists + bytes);
    if (!*columns) return jd_fail_memory(ctx, lists + bytes, path);
    char *to = (char *)*columns + lists;
    for (int i = 0, c = 0; i < n; i++) {
        if (!take[i]) continue;
        (*columns)[c++] = (jd_column_t){.name = to, .type = JD_DOUBLE, .unit = "", .label = ""};
        size_t length = strlen(names[i]) + 1;
        memcpy(to, names[i], length);
        to += length;
    }
    return JD_OK;
}

static int read_rows(jd_csv_walk_t *w, const header_t *h, jd_column_t *columns, int n_columns,
                     char *decimal, jd_table_t *table, jd_ctx_t *ctx)
{
    const char *name = w->text->name;
    int rc = jd_csv_walk(w, ctx);
    if (!rc && w->rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has a header and no lines of data", name);
    if (!rc) rc = find_decimal(w, h, decimal, ctx);
    if (rc) return rc;
    set_types(columns, h, w->kinds, *decimal);
    rc = jd_table_init(table, name, "", columns, n_columns, w->rows, ctx);
    w->table = table;
    w->decimal = *decimal ? *decimal : '.';
    if (!rc) rc = jd_csv_walk(w, ctx);
    table->rows = w->rows;
    if (rc) return rc;
    note_groups(w, h, columns, *decimal, ctx);
    jd_missing_report(w->missing, ctx);
    return JD_OK;
}

static int choose(const char *path, const header_t *h, const jd_wanted_t *wanted,
                  jd_csv_kind_t *kinds, jd_column_t **columns, int *n_columns, jd_ctx_t *ctx)
{
    bool *take = calloc((size_t)h->n, sizeof *take);
    if (!take) return jd_fail_memory(ctx, (size_t)h->n, path);
    const char *const *names = (const char *const *)h->names;
    int rc = wanted->choose(wanted->user, names, h->n, take, ctx);
    if (!rc) rc = jd_open_columns(path, names, take, h->n, columns, n_columns, ctx);
    for (int i = 0, c = 0; i < h->n; i++) {
        kinds[i] = jd_csv_unknown;
        if (!take[i]) continue;
        kinds[i].column = c++;
        kinds[i].id = wanted->is_id && wanted->is_id(wanted->user, names[i]);
        kinds[i].text = wanted->is_text && wanted->is_text(wanted->user, names[i]);
    }
    free(take);
    return rc;
}

static int check_style(const jd_csv_style_t *style, jd_ctx_t *ctx)
{
    char c = style->separator;
    if (c == '"' || c == '\n' || c == '\r' || (c >= '0' && c <= '9') || (c && c == style->decimal))
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "a separator is a comma, a semicolon, a tab or another sign, not the decimal mark");
    if (style->decimal && style->decimal != '.' && style->decimal != ',')
        return jd_fail(ctx, JD_ERR_ARGUMENT, "a decimal mark is . or ,");
    return JD_OK;
}

int jd_csv_open(const char *path, jd_csv_style_t *style, const jd_wanted_t *wanted,
                jd_table_t *table, jd_ctx_t *ctx)
{
    source_t s = {0};
    header_t h = {0};
    jd_csv_walk_t w = {.text = &s.text, .missing = &s.missing};
    jd_csv_kind_t *kinds = NULL;
    jd_column_t *columns = NULL;
    int n_columns = 0;
    *table = (jd_table_t){0};
    int rc = check_style(style, ctx);
    if (!rc) rc = jd_missing_make(&s.missing, style->missing, ctx);
    if (!rc) rc = load(&s, path, ctx);
    if (!rc && !style->separator) style->separator = find_separator(&s.text);
    if (!rc) jd_csv_separate(&s.text, style->separator, true);
    if (!rc) rc = read_header(&s, &h, &w.data, ctx);
    if (!rc) rc = jd_make(&kinds, h.n, sizeof *kinds, path, ctx);
    if (!rc) rc = choose(path, &h, wanted, kinds, &columns, &n_columns, ctx);
    w.n = h.n;
    w.kinds = kinds;
    if (!rc) rc = read_rows(&w, &h, columns, n_columns, &style->decimal, table, ctx);
    if (rc) jd_table_free(table);
    if (!rc)
        table->owned = columns;
    else
        free(columns);
    jd_csv_end(&w.data);
    jd_csv_walk_free(&w);
    jd_csv_text_free(&s.text);
    free(kinds);
    free(h.names);
    free(s.missing.codes);
    return rc;
}
