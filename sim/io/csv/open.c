/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A CSV file with unknown columns: the text is held in memory and walked twice, once to learn what
 * its columns are and once to fill them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/input.h"
#include "core/number.h"
#include "io/csv/cell.h"
#include "io/csv/missing.h"
#include "io/open.h"

enum { SHOWN = 40 };

/* ---- Fields ---- */

typedef struct text {
    const char *path;
    char *bytes;
    size_t size, at;
    int64_t line; /* of the next byte */
    char separator;
    jd_missing_t missing; /* the user's codes */
    char *scratch;        /* where quoted fields are unquoted; as large as the text */
} text_t;

typedef struct field {
    const char *bytes;
    size_t length;
    bool quoted, last; /* last of its line */
    int64_t line;
} field_t;

static int fail_at(const text_t *t, int64_t line, const char *what, jd_ctx_t *ctx)
{
    return jd_fail(ctx, JD_ERR_DATA, "%s:%lld: %s", t->path, (long long)line, what);
}

/* Unquotes into the scratch; t->at stands behind the opening quote. */
static int read_quoted(text_t *t, field_t *f, jd_ctx_t *ctx)
{
    size_t n = 0;
    for (;; t->at++) {
        if (t->at == t->size)
            return fail_at(t, f->line, "a quote that opens here is never closed", ctx);
        char c = t->bytes[t->at];
        if (c == '"' && t->at + 1 < t->size && t->bytes[t->at + 1] == '"')
            t->at++;
        else if (c == '"')
            break;
        if (c == '\n') t->line++;
        t->scratch[n++] = c;
    }
    t->at++;
    f->bytes = t->scratch;
    f->length = n;
    f->quoted = true;
    return JD_OK;
}

static bool ends_field(const text_t *t)
{
    if (t->at == t->size) return true;
    char c = t->bytes[t->at];
    return c == t->separator || c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next field, blanks around an unquoted one cut off. */
static int next_field(text_t *t, field_t *f, jd_ctx_t *ctx)
{
    *f = (field_t){.bytes = t->bytes + t->at, .line = t->line};
    if (t->at < t->size && t->bytes[t->at] == '"') {
        t->at++;
        int rc = read_quoted(t, f, ctx);
        if (rc) return rc;
        while (!ends_field(t) && is_blank(t->bytes[t->at]))
            t->at++;
        if (!ends_field(t))
            return fail_at(
                t, f->line,
                "text follows a closing quote; a quote inside a quoted field is written twice",
                ctx);
    } else {
        while (!ends_field(t))
            t->at++;
        f->length = (size_t)(t->bytes + t->at - f->bytes);
        while (f->length > 0 && is_blank(*f->bytes))
            f->bytes++, f->length--;
        while (f->length > 0 && is_blank(f->bytes[f->length - 1]))
            f->length--;
    }
    f->last = t->at == t->size || t->bytes[t->at] != t->separator;
    if (t->at < t->size && t->bytes[t->at] == '\r' && t->at + 1 < t->size &&
        t->bytes[t->at + 1] == '\n')
        t->at++;
    if (f->last && t->at < t->size) t->line++;
    if (t->at < t->size) t->at++;
    return JD_OK;
}

/* ---- The whole text ---- */

static int load(text_t *t, jd_ctx_t *ctx)
{
    FILE *in = jd_open_input(t->path, ctx);
    if (!in) return JD_ERR_OPEN;
    size_t room = 0;
    int rc = JD_OK;
    for (;;) {
        if (t->size == room) {
            room = 2 * room + 65536;
            char *wider = realloc(t->bytes, room);
            if (!wider) rc = jd_fail_memory(ctx, room, t->path);
            if (!wider) break;
            t->bytes = wider;
        }
        errno = 0;
        size_t n = fread(t->bytes + t->size, 1, room - t->size, in);
        t->size += n;
        if (n == 0) break;
    }
    if (!rc && ferror(in))
        rc = jd_fail(ctx, JD_ERR_READ,
                     "%s: cannot be read: %s; check the disk, and that it is a file", t->path,
                     strerror(errno));
    fclose(in);
    if (!rc) t->scratch = malloc(t->size + 1);
    if (!rc && !t->scratch) rc = jd_fail_memory(ctx, t->size, t->path);
    return rc;
}

bool jd_is_utf16(const unsigned char *b, size_t n)
{
    if (n < 2) return false;
    if ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF)) return true;
    size_t zeros[2] = {0}, seen = n < 64 ? n / 2 * 2 : 64;
    for (size_t i = 0; i < seen; i++)
        zeros[i % 2] += b[i] == 0;
    return seen >= 8 &&
           ((zeros[0] == 0 && zeros[1] > seen / 4) || (zeros[1] == 0 && zeros[0] > seen / 4));
}

static int check_text(const text_t *t, jd_ctx_t *ctx)
{
    const unsigned char *b = (const unsigned char *)t->bytes;
    if (jd_is_utf16(b, t->size))
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s: is UTF-16; save it as UTF-8 (CSV UTF-8 in spreadsheet programs)",
                       t->path);
    if (t->size > 0 && memchr(t->bytes, 0, t->size))
        return jd_fail(ctx, JD_ERR_FORMAT,
                       "%s: is no text; data may be CSV, Stata (.dta) or jiedao's own HDF5",
                       t->path);
    if (t->size == 0)
        return jd_fail(ctx, JD_ERR_DATA, "%s: is empty; a header and lines are expected", t->path);
    return JD_OK;
}

/* The one of , ; tab that the header holds most of, outside quotes. */
static char find_separator(const text_t *t)
{
    static const char candidates[] = {',', ';', '\t'};
    int64_t count[3] = {0};
    bool quoted = false;
    for (size_t i = t->at; i < t->size; i++) {
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

/* Names that would garble messages are refused; controls count as such. */
static bool is_printable(const field_t *f)
{
    for (size_t i = 0; i < f->length; i++) {
        unsigned char c = (unsigned char)f->bytes[i];
        size_t more = c < 0x80 ? 0 : c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xC2) || c >= 0xF5 || more >= f->length - i)
            return false;
        if (c == 0xC2 && (unsigned char)f->bytes[i + 1] < 0xA0) return false; /* C1 controls */
        for (; more > 0; more--)
            if (((unsigned char)f->bytes[++i] & 0xC0u) != 0x80u) return false;
    }
    return true;
}

static int count_fields(text_t t, int *n, size_t *bytes, jd_ctx_t *ctx)
{
    field_t f = {0};
    for (*n = 0, *bytes = 0; !f.last; (*n)++, *bytes += f.length + 1) {
        int rc = next_field(&t, &f, ctx);
        if (rc) return rc;
        if (!is_printable(&f))
            return jd_fail(ctx, JD_ERR_FORMAT,
                           "%s:1: the name of column %d is not valid UTF-8; save the file as UTF-8",
                           t.path, *n + 1);
    }
    return JD_OK;
}

static int read_header(text_t *t, header_t *h, jd_ctx_t *ctx)
{
    size_t bytes;
    int rc = count_fields(*t, &h->n, &bytes, ctx);
    if (rc) return rc;
    size_t pointers = (size_t)h->n * sizeof *h->names;
    h->names = malloc(pointers + bytes);
    if (!h->names) return jd_fail_memory(ctx, pointers + bytes, t->path);
    char *to = (char *)h->names + pointers;
    field_t f = {0};
    for (int i = 0; i < h->n; i++) {
        rc = next_field(t, &f, ctx);
        if (rc) return rc;
        memcpy(to, f.bytes, f.length);
        to[f.length] = '\0';
        h->names[i] = to;
        to += f.length + 1;
    }
    return JD_OK;
}

/* ---- Cells ---- */

static bool is_word(const field_t *f, const char *word)
{
    if (strlen(word) != f->length) return false;
    for (size_t i = 0; i < f->length; i++) {
        char c = f->bytes[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != word[i]) return false;
    }
    return true;
}

static bool is_missing(const field_t *f)
{
    return f->length == 0 || is_word(f, ".") || is_word(f, "na") || is_word(f, "n/a") ||
           is_word(f, "nan") || is_word(f, "null");
}

/* What is known of a column. */
typedef struct kind {
    int column; /* of the table, or -1 */
    bool id;    /* its cells need only be told apart: no thousands, no say in the decimal mark */
    bool whole, missing, plain; /* plain: some number but 0 has neither point nor comma */
    unsigned ways;              /* JD_CELL_POINT, JD_CELL_COMMA: what fits all cells */
    unsigned seen;              /* JD_CELL_...: what some cell has */
    size_t width;
    int64_t row; /* of the first cell in which thousands are, or may be, grouped */
    char shown[SHOWN];
} kind_t;

static const kind_t unknown = {
    .column = -1, .whole = true, .ways = JD_CELL_POINT | JD_CELL_COMMA, .row = -1};

static void learn(kind_t *k, const field_t *f, int64_t row)
{
    const unsigned grouped = JD_CELL_POINT_GROUPED | JD_CELL_COMMA_GROUPED;
    int64_t i;
    if (f->length > k->width) k->width = f->length;
    if (is_missing(f)) {
        k->missing = true;
        return;
    }
    if (k->whole)
        k->whole = jd_number_read_int(f->bytes, f->length, &i) && !memchr(f->bytes, '.', f->length);
    if (k->ways == 0) return;
    unsigned ways = jd_cell_ways(f->bytes, f->length);
    if (k->id && (ways & JD_CELL_POINT_GROUPED)) ways &= ~(unsigned)JD_CELL_POINT;
    if (k->id && (ways & JD_CELL_COMMA_GROUPED)) ways &= ~(unsigned)JD_CELL_COMMA;
    k->ways &= ways;
    k->seen |= ways;
    k->plain = k->plain || (ways && !(ways & JD_CELL_MARKED) && !is_word(f, "0"));
    if (!(ways & grouped) || k->row >= 0) return;
    k->row = row;
    snprintf(k->shown, sizeof k->shown, "%.*s", (int)f->length, f->bytes);
}

/* A cell that is a code of a missing value, with one decimal mark at least; with the other it may
 * be a number, or none. */
static void learn_code(kind_t *k, const field_t *f, const jd_missing_t *missing)
{
    unsigned ways = jd_cell_ways(f->bytes, f->length);
    if (f->length > k->width) k->width = f->length;
    if (jd_missing_find(missing, f->bytes, f->length, '.')) ways |= JD_CELL_POINT;
    if (jd_missing_find(missing, f->bytes, f->length, ',')) ways |= JD_CELL_COMMA;
    k->ways &= ways;
    k->missing = true;
}

static void fill(jd_table_t *table, int column, int64_t row, const field_t *f, char decimal)
{
    const jd_column_t *c = &table->columns[column];
    if (c->type == JD_TEXT) {
        char *cell = (char *)table->data[column] + (size_t)row * (size_t)c->width;
        if (!is_missing(f)) memcpy(cell, f->bytes, f->length);
    } else if (c->type == JD_INT64) {
        (void)jd_number_read_int(f->bytes, f->length, &JD_CELLS(table, column, int64_t)[row]);
    } else {
        double *cell = &JD_CELLS(table, column, double)[row];
        if (is_missing(f) || !jd_cell_number(f->bytes, f->length, decimal, true, cell))
            *cell = (double)NAN;
    }
}

/* ---- Lines ---- */

/* Walks the lines below the header: learns of all columns in use, or (table NULL, others) of the
 * others; or fills the table. */
static int walk(text_t t, const header_t *h, kind_t *kinds, bool others, jd_table_t *table,
                char decimal, int64_t *rows, jd_ctx_t *ctx)
{
    for (*rows = 0; t.at < t.size;) {
        int64_t line = t.line;
        field_t f = {0};
        int i = 0;
        for (; !f.last; i++) {
            int rc = next_field(&t, &f, ctx);
            if (rc) return rc;
            if (i == 0 && f.last && f.length == 0 && !f.quoted) break; /* an empty line */
            if (i >= h->n || (kinds[i].column < 0) != others) continue;
            jd_missing_code_t *code =
                t.missing.n ? jd_missing_find(&t.missing, f.bytes, f.length, decimal) : NULL;
            if (!table && code) {
                learn_code(&kinds[i], &f, &t.missing);
            } else if (!table) {
                learn(&kinds[i], &f, *rows);
            } else {
                if (code) f.length = 0, code->hits++;
                fill(table, kinds[i].column, *rows, &f, decimal);
            }
        }
        if (i == 0) continue;
        if (i != h->n)
            return jd_fail(ctx, JD_ERR_DATA,
                           "%s:%lld: has %d fields, the header has %d (separator %s)", t.path,
                           (long long)line, i, h->n,
                           t.separator == '\t' ? "tab" : (char[2]){t.separator, 0});
        (*rows)++;
        if (*rows % 65536 == 0) {
            int rc = jd_check_cancelled(ctx);
            if (rc) return rc;
        }
    }
    return JD_OK;
}

/* Columns that are numbers with one mark only; of those in use, or of the others. */
static void find_marks(const header_t *h, const kind_t *kinds, bool others, const char **by_point,
                       const char **by_comma)
{
    *by_point = *by_comma = NULL;
    for (int i = 0; i < h->n; i++) {
        const kind_t *k = &kinds[i];
        if ((k->column < 0) != others || k->id || !k->seen) continue;
        if (k->ways == JD_CELL_POINT) *by_point = h->names[i];
        if (k->ways == JD_CELL_COMMA) *by_comma = h->names[i];
    }
}

static bool is_ambiguous(const kind_t *k)
{
    return !k->id && k->ways == (JD_CELL_POINT | JD_CELL_COMMA) && (k->seen & JD_CELL_MARKED);
}

/* The decimal mark of the file, by the columns in use; where these leave it open, by the others. It
 * stays '\0' where nothing shows it. */
static int find_decimal(const text_t *t, const header_t *h, kind_t *kinds, char *decimal,
                        jd_ctx_t *ctx)
{
    const char *by_point, *by_comma;
    bool open = false;
    int64_t rows;
    if (*decimal) return JD_OK;
    find_marks(h, kinds, false, &by_point, &by_comma);
    if (by_point && by_comma)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: column %s is written with decimal points, column %s with decimal "
                       "commas; say which counts: "
                       "--decimal . or --decimal ,",
                       t->path, by_point, by_comma);
    for (int i = 0; i < h->n; i++)
        open = open || (kinds[i].column >= 0 && is_ambiguous(&kinds[i]));
    if (open && !by_point && !by_comma) {
        int rc = walk(*t, h, kinds, true, NULL, 0, &rows, ctx);
        if (rc) return rc;
        find_marks(h, kinds, true, &by_point, &by_comma);
    }
    if (by_point && !by_comma) *decimal = '.';
    if (by_comma && !by_point) *decimal = ',';
    return JD_OK;
}

/* Columns that may be read in two ways stay text: who needs numbers refuses them. */
static void set_types(jd_column_t *columns, const header_t *h, const kind_t *kinds, char decimal)
{
    for (int i = 0; i < h->n; i++) {
        const kind_t *k = &kinds[i];
        if (k->column < 0) continue;
        jd_column_t *c = &columns[k->column];
        const bool number = (k->ways & (decimal == ',' ? JD_CELL_COMMA : JD_CELL_POINT)) &&
                            (decimal || !is_ambiguous(k));
        c->type = k->whole && !k->missing ? JD_INT64 : number ? JD_DOUBLE : JD_TEXT;
        /* Whole numbers beyond 2^53 with some missing stay text: as ids they must not be rounded.
         */
        if (c->type == JD_DOUBLE && k->id && k->whole && k->width > 15) c->type = JD_TEXT;
        if (c->type == JD_TEXT) c->width = (int)k->width + 1;
    }
}

/* Says where thousands are taken as grouped, and where they are not though it looks so: whole
 * numbers beside decimals of always three digits. */
static void note_groups(const header_t *h, const kind_t *kinds, const jd_column_t *columns,
                        char decimal, jd_ctx_t *ctx)
{
    const unsigned grouped = decimal == ',' ? JD_CELL_COMMA_GROUPED : JD_CELL_POINT_GROUPED;
    for (int i = 0; i < h->n; i++) {
        const kind_t *k = &kinds[i];
        double x = 0;
        if (k->column < 0 || k->row < 0 || columns[k->column].type != JD_DOUBLE ||
            !jd_cell_number(k->shown, strlen(k->shown), decimal ? decimal : '.', true, &x))
            continue;
        if (k->seen & grouped)
            jd_warn(ctx, "column %s: numbers are grouped by thousands: '%s' in row %lld is %.15g",
                    h->names[i], k->shown, (long long)k->row + 1, x);
        else if (k->plain && is_ambiguous(k))
            jd_warn(ctx,
                    "column %s: numbers look grouped by thousands, but '%s' in row %lld is read as "
                    "%.15g, as --decimal or other columns have it",
                    h->names[i], k->shown, (long long)k->row + 1, x);
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

static int read_rows(text_t *t, const header_t *h, kind_t *kinds, jd_column_t *columns,
                     int n_columns, char *decimal, jd_table_t *table, jd_ctx_t *ctx)
{
    int64_t rows;
    int rc = walk(*t, h, kinds, false, NULL, 0, &rows, ctx);
    if (!rc && rows == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has a header and no lines of data", t->path);
    if (!rc) rc = find_decimal(t, h, kinds, decimal, ctx);
    if (rc) return rc;
    set_types(columns, h, kinds, *decimal);
    rc = jd_table_init(table, t->path, "", columns, n_columns, rows, ctx);
    if (!rc) rc = walk(*t, h, kinds, false, table, *decimal ? *decimal : '.', &table->rows, ctx);
    if (rc) return rc;
    note_groups(h, kinds, columns, *decimal, ctx);
    jd_missing_tell(&t->missing, ctx);
    return JD_OK;
}

static int choose(const text_t *t, const header_t *h, const jd_wanted_t *wanted, kind_t *kinds,
                  jd_column_t **columns, int *n_columns, jd_ctx_t *ctx)
{
    bool *take = calloc((size_t)h->n, sizeof *take);
    if (!take) return jd_fail_memory(ctx, (size_t)h->n, t->path);
    const char *const *names = (const char *const *)h->names;
    int rc = wanted->choose(wanted->user, names, h->n, take, ctx);
    if (!rc) rc = jd_open_columns(t->path, names, take, h->n, columns, n_columns, ctx);
    for (int i = 0, c = 0; i < h->n; i++) {
        kinds[i] = unknown;
        if (!take[i]) continue;
        kinds[i].column = c++;
        kinds[i].id = wanted->is_id && wanted->is_id(wanted->user, names[i]);
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
    text_t t = {.path = path, .line = 1};
    header_t h = {0};
    kind_t *kinds = NULL;
    jd_column_t *columns = NULL;
    int n_columns = 0;
    *table = (jd_table_t){0};
    int rc = check_style(style, ctx);
    if (!rc) rc = jd_missing_make(&t.missing, style->missing, ctx);
    if (!rc) rc = load(&t, ctx);
    if (!rc) rc = check_text(&t, ctx);
    if (rc) goto out;
    if (t.size >= 3 && memcmp(t.bytes, "\xEF\xBB\xBF", 3) == 0) t.at = 3;
    if (!style->separator) style->separator = find_separator(&t);
    t.separator = style->separator;
    rc = read_header(&t, &h, ctx);
    if (!rc && !(kinds = calloc((size_t)h.n, sizeof *kinds)))
        rc = jd_fail_memory(ctx, sizeof *kinds, path);
    if (!rc) rc = choose(&t, &h, wanted, kinds, &columns, &n_columns, ctx);
    if (!rc) rc = read_rows(&t, &h, kinds, columns, n_columns, &style->decimal, table, ctx);
    if (rc) jd_table_free(table);
    if (!rc)
        table->owned = columns;
    else
        free(columns);
out:
    free(kinds);
    free(h.names);
    free(t.missing.codes);
    free(t.scratch);
    free(t.bytes);
    return rc;
}
