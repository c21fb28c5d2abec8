/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "io/csv/csv.h"
#include "io/open.h"

enum {
    BLOCK = 1 << 16,
    FIELD_MAX = 1 << 20, /* bytes; more means a quote was never closed */
    ERRORS_MAX = 10,
    NAMES_SHOWN = 300,
};

/* ---- Fields out of bytes ---- */

typedef enum ending { END_FIELD, END_LINE, END_FILE } ending_t;

typedef struct reader {
    FILE *stream;
    const char *name;
    jd_ctx_t *ctx;
    unsigned char *block;
    size_t at, filled;
    char *field; /* the current one, '\0' at its end */
    size_t length, room;
    bool quoted;       /* the current field was */
    int64_t line;      /* where the current field began */
    int64_t next_line; /* where the next byte lies */
    int errors;
} reader_t;

static int next_byte(reader_t *r)
{
    if (r->at == r->filled) {
        r->at = 0;
        r->filled = fread(r->block, 1, BLOCK, r->stream);
        if (r->filled == 0) return EOF;
    }
    return r->block[r->at++];
}

/* Gives back the byte just read. */
static void step_back(reader_t *r, int byte)
{
    if (byte != EOF) r->at--;
}

static int add_byte(reader_t *r, int byte)
{
    if (r->length + 1 >= r->room) {
        if (r->length >= FIELD_MAX) {
            return jd_fail(r->ctx, JD_ERR_DATA,
                           "%s:%lld: a field of more than 1 MB begins here; is a quote not closed?",
                           r->name, (long long)r->line);
        }
        size_t room = 2 * r->room + 64;
        char *wider = realloc(r->field, room);
        if (!wider) return jd_fail_memory(r->ctx, room, r->name);
        r->field = wider;
        r->room = room;
    }
    r->field[r->length++] = (char)byte;
    return JD_OK;
}

static int open_quote(const reader_t *r)
{
    return jd_fail(r->ctx, JD_ERR_DATA, "%s:%lld: a quote that opens here is never closed", r->name,
                   (long long)r->line);
}

/* The rest of a field after its opening quote. */
static int read_quoted(reader_t *r)
{
    r->quoted = true;
    for (;;) {
        int byte = next_byte(r);
        if (byte == EOF) return open_quote(r);
        if (byte == '\n') r->next_line++;
        if (byte == '"') {
            int after = next_byte(r);
            if (after != '"') {
                step_back(r, after);
                return JD_OK;
            }
        }
        int rc = add_byte(r, byte);
        if (rc) return rc;
    }
}

/* Reads a field and says what ended it. */
static int read_field(reader_t *r, ending_t *ending)
{
    r->length = 0;
    r->quoted = false;
    r->line = r->next_line;
    int rc = JD_OK;
    int byte = next_byte(r);
    if (byte == '"') {
        rc = read_quoted(r);
        byte = rc ? EOF : next_byte(r);
    }
    while (!rc) {
        if (byte == '\r') {
            byte = next_byte(r);
            if (byte != '\n' && byte != EOF) {
                step_back(r, byte);
                byte = '\n'; /* a lone CR ends a line too */
            }
        }
        if (byte == ',' || byte == '\n' || byte == EOF) break;
        if (r->quoted) {
            return jd_fail(
                r->ctx, JD_ERR_DATA,
                "%s:%lld: text follows a closing quote; a quote inside a quoted field is "
                "written twice",
                r->name, (long long)r->line);
        }
        rc = add_byte(r, byte);
        if (!rc) byte = next_byte(r);
    }
    if (rc) return rc;
    if (byte == '\n') r->next_line++;
    *ending = byte == ',' ? END_FIELD : byte == '\n' ? END_LINE : END_FILE;
    r->field[r->length] = '\0';
    return JD_OK;
}

static int skip_mark(reader_t *r)
{
    r->filled = fread(r->block, 1, BLOCK, r->stream);
    if (r->filled >= 3 && memcmp(r->block, "\xEF\xBB\xBF", 3) == 0) r->at = 3;
    if (!jd_is_utf16(r->block, r->filled)) return JD_OK;
    return jd_fail(r->ctx, JD_ERR_DATA,
                   "%s: is UTF-16; save it as UTF-8 (CSV UTF-8 in spreadsheet programs)", r->name);
}

/* ---- Encoding ---- */

/* Bytes of the character that begins with `c`; 0 if none does. */
static size_t character_bytes(unsigned char c)
{
    if (c == 0 || (c >= 0x80 && c < 0xC2) || c >= 0xF5) return 0;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static bool is_utf8(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned char c = s[i];
        size_t size = character_bytes(c);
        if (size == 0 || size > n - i) return false;
        for (size_t k = 1; k < size; k++) {
            if ((s[i + k] & 0xC0u) != 0x80u) return false;
        }
        if ((c == 0xE0 && s[i + 1] < 0xA0) || (c == 0xED && s[i + 1] >= 0xA0) ||
            (c == 0xF0 && s[i + 1] < 0x90) || (c == 0xF4 && s[i + 1] >= 0x90)) {
            return false; /* over-long, surrogate, beyond Unicode */
        }
        i += size;
    }
    return true;
}

/* ---- Header ---- */

typedef struct header {
    int *column; /* of each field: index in the column list, or -1 */
    int n_fields, room;
    char shown[NAMES_SHOWN]; /* the names that are there, for messages */
} header_t;

static int find_column(const jd_column_t *columns, int n, const char *name)
{
    for (int c = 0; c < n; c++) {
        if (strcmp(columns[c].name, name) == 0) return c;
    }
    return -1;
}

static void show_name(header_t *h, const char *name)
{
    size_t at = strlen(h->shown);
    if (at + 8 >= sizeof h->shown) return;
    int n = snprintf(h->shown + at, sizeof h->shown - at, "%s%s", at ? ", " : "", name);
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
    if (!is_utf8((const unsigned char *)r->field, r->length))
        return jd_fail(r->ctx, JD_ERR_DATA,
                       "%s:1: the name of column %d is not valid UTF-8; save the file as UTF-8",
                       r->name, h->n_fields + 1);
    show_name(h, r->field);
    int c = find_column(columns, n_columns, r->field);
    if (c >= 0 && found[c]) {
        return jd_fail(r->ctx, JD_ERR_DATA, "%s:1: two columns have the name %s", r->name,
                       r->field);
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

static int cannot_read(const reader_t *r)
{
    return jd_fail(r->ctx, JD_ERR_READ,
                   "%s: cannot be read: %s; check the disk, and that it is a file", r->name,
                   strerror(errno));
}

static int read_header(reader_t *r, header_t *h, const jd_column_t *columns, int n,
                       const bool *required, bool *found)
{
    ending_t ending = END_FIELD;
    while (ending == END_FIELD) {
        int rc = read_field(r, &ending);
        if (!rc && ferror(r->stream)) rc = cannot_read(r);
        if (!rc && ending == END_FILE && h->n_fields == 0 && r->length == 0) {
            return jd_fail(r->ctx, JD_ERR_DATA, "%s: is empty; a header and lines are expected",
                           r->name);
        }
        if (!rc) rc = add_to_header(r, h, columns, n, found);
        if (rc) return rc;
    }
    return check_header(r, h, columns, n, required, found);
}

/* ---- Cells ---- */

static int bad_cell(reader_t *r, const jd_column_t *column, const char *why)
{
    char shown[40];
    size_t n = r->length < sizeof shown - 4 ? r->length : sizeof shown - 4;
    while (n < r->length && n > 0 && ((unsigned char)r->field[n] & 0xC0u) == 0x80u)
        n--;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)r->field[i];
        shown[i] = byte < 0x20 ? ' ' : r->field[i];
    }
    memcpy(shown + n, n < r->length ? "..." : "", n < r->length ? 4 : 1);
    r->errors++;
    return jd_fail(r->ctx, JD_ERR_DATA, "%s:%lld: column %s: '%s' %s", r->name, (long long)r->line,
                   column->name, shown, why);
}

static int store_text(reader_t *r, const jd_column_t *column, char *cell)
{
    if (!is_utf8((const unsigned char *)r->field, r->length)) {
        r->errors++; /* not shown: it would garble the message */
        return jd_fail(
            r->ctx, JD_ERR_DATA,
            "%s:%lld: column %s is not valid UTF-8; save the file as UTF-8 (CSV UTF-8 in "
            "spreadsheet programs)",
            r->name, (long long)r->line, column->name);
    }
    if (r->length > (size_t)column->width) {
        char why[80];
        snprintf(why, sizeof why, "has %zu bytes, at most %d are taken", r->length, column->width);
        return bad_cell(r, column, why);
    }
    memcpy(cell, r->field, r->length);
    memset(cell + r->length, 0, (size_t)column->width - r->length);
    return JD_OK;
}

static bool is_missing(const reader_t *r)
{
    switch (r->length) {
    case 0:
        return true;
    case 1:
        return r->field[0] == '.';
    case 2:
        return memcmp(r->field, "NA", 2) == 0;
    case 3:
        return memcmp(r->field, "NaN", 3) == 0 || memcmp(r->field, "nan", 3) == 0;
    default:
        return false;
    }
}

static int store_integer(reader_t *r, jd_table_t *table, int c, int64_t row)
{
    const jd_column_t *column = &table->columns[c];
    int bits = (int)(8 * jd_column_size(column));
    int64_t most = INT64_MAX >> (64 - bits), value = -1;
    if (!is_missing(r) && !jd_number_read_int(r->field, r->length, &value)) {
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
    if (!is_missing(r) && !jd_number_read(r->field, r->length, &value)) {
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
static int read_line(reader_t *r, const header_t *h, jd_table_t *table, bool *more)
{
    ending_t ending = END_FIELD;
    int64_t row = table->rows, line = r->next_line;
    int field = 0;
    for (; ending == END_FIELD; field++) {
        int rc = read_field(r, &ending);
        if (rc) return rc;
        if (field == 0 && ending != END_FIELD && r->length == 0 && !r->quoted && h->n_fields > 1) {
            *more = ending == END_LINE; /* an empty line */
            return JD_OK;
        }
        if (field == 0 && ending == END_FILE && r->length == 0 && !r->quoted) {
            *more = false;
            return JD_OK;
        }
        int c = field < h->n_fields ? h->column[field] : -1;
        if (c >= 0 && r->errors < ERRORS_MAX) (void)store_cell(r, table, c, row);
    }
    *more = ending == END_LINE && r->errors < ERRORS_MAX;
    if (field != h->n_fields) {
        r->errors++;
        jd_fail(r->ctx, JD_ERR_DATA, "%s:%lld: has %d fields, the header has %d", r->name,
                (long long)line, field, h->n_fields);
    }
    table->rows++;
    return JD_OK;
}

static int read_lines(reader_t *r, const header_t *h, const bool *found, jd_table_t *table)
{
    bool more = true;
    while (more) {
        int rc = jd_table_reserve(table, table->rows + 1, r->ctx);
        if (!rc) rc = read_line(r, h, table, &more);
        if (rc) return rc;
    }
    if (ferror(r->stream)) return cannot_read(r);
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
    reader_t r = {.stream = stream, .name = name, .ctx = ctx, .next_line = 1};
    header_t h = {0};
    size_t n = (size_t)n_columns;
    *table = (jd_table_t){0};
    bool *has = calloc(n + 1, sizeof *has);
    r.block = malloc(BLOCK);
    r.room = 256;
    r.field = malloc(r.room);
    int rc = has && r.block && r.field ? JD_OK : jd_fail_memory(ctx, BLOCK, name);
    if (!rc) rc = skip_mark(&r);
    if (!rc) rc = read_header(&r, &h, columns, n_columns, required, has);
    if (!rc) rc = jd_table_init(table, name, "", columns, n_columns, 1024, ctx);
    if (!rc) rc = read_lines(&r, &h, has, table);
    if (!rc && found) memcpy(found, has, n * sizeof *has);
    if (rc) jd_table_free(table);
    free(h.column);
    free(r.field);
    free(r.block);
    free(has);
    return rc;
}

int jd_csv_read(const char *path, const jd_column_t *columns, int n_columns, const bool *required,
                bool *found, jd_table_t *table, jd_ctx_t *ctx)
{
    *table = (jd_table_t){0};
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return jd_fail(ctx, JD_ERR_OPEN, "%s: cannot be opened: %s; check its name and folder",
                       path, strerror(errno));
    }
    int rc = jd_csv_read_stream(stream, path, columns, n_columns, required, found, table, ctx);
    fclose(stream);
    return rc;
}
