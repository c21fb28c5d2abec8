/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CSV file whose columns are known: the fields that are requested go into their types. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/input.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "io/csv/csv.h"
#include "io/csv/fields.h"
#include "io/csv/missing.h"

enum { ERRORS_MAX = 10, NAMES_SHOWN = 300 };

typedef struct reader {
    jd_csv_cursor_t cursor;
    jd_csv_field_t field; /* the current one */
    const char *name;
    jd_ctx_t *ctx;
    int errors;
} reader_t;

/* ---- Header ---- */

typedef struct header {
    int *column; /* of each field: index in the column list, or -1 */
    int n_fields, room;
    char shown[NAMES_SHOWN]; /* the names that are there, for messages */
} header_t;

static int find_column(const jd_column_t *columns, int n, const jd_csv_field_t *f)
{
    for (int c = 0; c < n; c++) {
        if (strlen(columns[c].name) == f->length && !memcmp(columns[c].name, f->bytes, f->length))
            return c;
    }
    return -1;
}

static void show_name(header_t *h, const jd_csv_field_t *f)
{
    size_t at = strlen(h->shown);
    if (at + 8 >= sizeof h->shown) return;
    int n = snprintf(h->shown + at, sizeof h->shown - at, "%s%.*s", at ? ", " : "",
                     f->length < NAMES_SHOWN ? (int)f->length : NAMES_SHOWN, f->bytes);
    if (n >= (int)(sizeof h->shown - at)) memcpy(h->shown + at, at ? ", ..." : "...", at ? 6 : 4);
}

static int add_to_header(reader_t *r, header_t *h, const jd_column_t *columns, int n_columns,
                         bool *found)
{
    if (h->n_fields == h->room) {
        int room = 2 * h->room + 16;
        int *wider = realloc(h->column, (size_t)room * sizeof *wider);
        if (!wider) return jd_fail_memory(r->ctx, (size_t)room * sizeof *wider, r->name);
        h->column = wider;
        h->room = room;
    }
    if (!jd_utf8_valid(r->field.bytes, r->field.length))
        return jd_fail(r->ctx, JD_ERR_DATA,
                       "%s:1: the name of column %d is not valid UTF-8; save the file as UTF-8",
                       r->name, h->n_fields + 1);
    show_name(h, &r->field);
    int c = find_column(columns, n_columns, &r->field);
    if (c >= 0 && found[c]) {
        return jd_fail(r->ctx, JD_ERR_DATA, "%s:1: two columns have the name %s", r->name,
                       columns[c].name);
    }
    if (c >= 0) found[c] = true;
    h->column[h->n_fields++] = c;
    return JD_OK;
}

static int check_header(const reader_t *r, const header_t *h, const jd_column_t *columns, int n,
                        const bool *required, const bool *found)
{
    int rc = JD_OK;
    for (int c = 0; c < n; c++) {
        if (found[c] || (required && !required[c])) continue;
        const char *hint = h->n_fields == 1 && strchr(h->shown, ';')
                               ? "; fields must be separated by commas, not semicolons"
                               : "";
        rc = jd_fail(r->ctx, JD_ERR_DATA, "%s:1: column %s is missing; there are: %s%s", r->name,
                     columns[c].name, h->shown, hint);
    }
    return rc;
}

static int read_header(reader_t *r, header_t *h, const jd_column_t *columns, int n,
                       const bool *required, bool *found)
{
    if (jd_csv_at_end(&r->cursor))
        return jd_fail(r->ctx, JD_ERR_DATA, "%s: is empty; a header and lines are expected",
                       r->name);
    do {
        int rc = jd_csv_next(&r->cursor, &r->field, r->ctx);
        if (!rc) rc = add_to_header(r, h, columns, n, found);
        if (rc) return rc;
    } while (!r->field.last);
    return check_header(r, h, columns, n, required, found);
}

/* ---- Cells ---- */

static int bad_cell(reader_t *r, const jd_column_t *column, const char *why)
{
    enum { MOST = 36 };
    const jd_csv_field_t *f = &r->field;
    char shown[MOST + 1];
    const size_t n = f->length <= MOST ? f->length : jd_utf8_cut(f->bytes, MOST);
    for (size_t i = 0; i < n; i++)
        shown[i] = (unsigned char)f->bytes[i] < 0x20 ? ' ' : f->bytes[i];
    shown[n] = '\0';
    r->errors++;
    return jd_fail(r->ctx, JD_ERR_DATA, "%s:%lld: column %s: '%s%s' %s", r->name,
                   (long long)f->line, column->name, shown, n < f->length ? "..." : "", why);
}

static int store_text(reader_t *r, const jd_column_t *column, char *cell)
{
    const jd_csv_field_t *f = &r->field;
    if (!jd_utf8_valid(f->bytes, f->length)) {
        r->errors++; /* not shown: it would garble the message */
        return jd_fail(
            r->ctx, JD_ERR_DATA,
            "%s:%lld: column %s is not valid UTF-8; save the file as UTF-8 (CSV UTF-8 in "
            "spreadsheet programs)",
            r->name, (long long)f->line, column->name);
    }
    if (f->length > (size_t)column->width) {
        char why[80];
        snprintf(why, sizeof why, "has %zu bytes, at most %d are taken", f->length, column->width);
        return bad_cell(r, column, why);
    }
    memcpy(cell, f->bytes, f->length);
    memset(cell + f->length, 0, (size_t)column->width - f->length);
    return JD_OK;
}

static int store_integer(reader_t *r, jd_table_t *table, int c, int64_t row)
{
    const jd_column_t *column = &table->columns[c];
    int bits = (int)(8 * jd_column_size(column));
    int64_t most = INT64_MAX >> (64 - bits), value = -1;
    if (!jd_missing_word(r->field.bytes, r->field.length) &&
        !jd_number_read_int(r->field.bytes, r->field.length, &value)) {
        return bad_cell(r, column, "is not a whole number");
    }
    if (value > most || value < -most - 1) {
        char why[80];
        snprintf(why, sizeof why, "is outside %lld ... %lld", -(long long)most - 1,
                 (long long)most);
        return bad_cell(r, column, why);
    }
    if (column->type == JD_INT64) {
        JD_CELLS(table, c, int64_t)[row] = value;
    } else {
        jd_table_set_number(table, c, row, (double)value);
    }
    return JD_OK;
}

static int store_cell(reader_t *r, jd_table_t *table, int c, int64_t row)
{
    const jd_column_t *column = &table->columns[c];
    double value = (double)NAN;
    switch (column->type) {
    case JD_TEXT:
        return store_text(r, column, (char *)table->data[c] + (size_t)row * (size_t)column->width);
    case JD_INT8:
    case JD_INT16:
    case JD_INT32:
    case JD_INT64:
        return store_integer(r, table, c, row);
    case JD_FLOAT:
    case JD_DOUBLE:
        break;
    }
    if (!jd_missing_word(r->field.bytes, r->field.length) &&
        !jd_number_read(r->field.bytes, r->field.length, &value)) {
        return bad_cell(r, column, "is not a number (decimal point, no thousands separators)");
    }
    if (column->type == JD_FLOAT && fabs(value) > (double)FLT_MAX) {
        return bad_cell(r, column, "is too large");
    }
    jd_table_set_number(table, c, row, value);
    return JD_OK;
}

static void store_missing(jd_table_t *table, int c, int64_t row)
{
    const jd_column_t *column = &table->columns[c];
    bool real = column->type == JD_FLOAT || column->type == JD_DOUBLE;
    if (column->type != JD_TEXT) jd_table_set_number(table, c, row, real ? (double)NAN : -1.0);
}

/* ---- Lines ---- */

/* Errors of cells are gathered over lines; others end the reading at once. */
static int read_line(reader_t *r, const header_t *h, jd_table_t *table)
{
    const int64_t row = table->rows, line = r->cursor.line;
    const jd_csv_field_t *f = &r->field;
    int n = 0;
    do {
        int rc = jd_csv_next(&r->cursor, &r->field, r->ctx);
        if (rc) return rc;
        if (n == 0 && f->last && f->length == 0 && !f->quoted && h->n_fields > 1)
            return JD_OK; /* an empty line */
        int c = n < h->n_fields ? h->column[n] : -1;
        if (c >= 0 && r->errors < ERRORS_MAX) (void)store_cell(r, table, c, row);
        n++;
    } while (!f->last);
    if (n != h->n_fields) {
        r->errors++;
        jd_fail(r->ctx, JD_ERR_DATA, "%s:%lld: has %d fields, the header has %d", r->name,
                (long long)line, n, h->n_fields);
    }
    table->rows++;
    return JD_OK;
}

static int read_lines(reader_t *r, const header_t *h, const bool *found, jd_table_t *table)
{
    while (!jd_csv_at_end(&r->cursor) && r->errors < ERRORS_MAX) {
        int rc = jd_table_reserve(table, table->rows + 1, r->ctx);
        if (!rc) rc = read_line(r, h, table);
        if (rc) return rc;
    }
    if (r->errors) return JD_ERR_DATA;
    for (int c = 0; c < table->n_columns; c++) {
        for (int64_t row = 0; row < table->rows && !found[c]; row++)
            store_missing(table, c, row);
    }
    return JD_OK;
}

int jd_csv_read_stream(FILE *stream, const char *name, const jd_column_t *columns, int n_columns,
                       const bool *required, bool *found, jd_table_t *table, jd_ctx_t *ctx)
{
    reader_t r = {.name = name, .ctx = ctx};
    header_t h = {0};
    jd_csv_text_t text = {0};
    const size_t n = (size_t)n_columns;
    bool *has = NULL;
    *table = (jd_table_t){0};
    int rc = jd_make(&has, n_columns, sizeof *has, name, ctx);
    if (!rc) rc = jd_csv_load(&text, stream, name, JD_ERR_DATA, ctx);
    if (!rc) r.cursor = jd_csv_begin(&text);
    if (!rc) rc = read_header(&r, &h, columns, n_columns, required, has);
    if (!rc) rc = jd_table_init(table, name, "", columns, n_columns, 1024, ctx);
    if (!rc) rc = read_lines(&r, &h, has, table);
    if (!rc && found) memcpy(found, has, n * sizeof *has);
    if (rc) jd_table_free(table);
    jd_csv_end(&r.cursor);
    jd_csv_text_free(&text);
    free(h.column);
    free(has);
    return rc;
}

int jd_csv_read(const char *path, const jd_column_t *columns, int n_columns, const bool *required,
                bool *found, jd_table_t *table, jd_ctx_t *ctx)
{
    *table = (jd_table_t){0};
    FILE *stream = jd_open_input(path, ctx);
    if (!stream) return JD_ERR_OPEN;
    int rc = jd_csv_read_stream(stream, path, columns, n_columns, required, found, table, ctx);
    fclose(stream);
    return rc;
}
