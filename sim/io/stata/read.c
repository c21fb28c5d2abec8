/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stata files through ReadStat: once for the names, once for the lengths of long strings if some
 * are wanted, once for the values. */
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/csv/missing.h"
#include "io/open.h"

enum { LONG_TEXT_MAX = 4000 /* bytes; ids, clusters and dates are shorter */ };

typedef struct names {
    char **list; /* each owned */
    readstat_type_t *type;
    size_t *width; /* 0: a strL */
    char *format;  /* the letter of a date format: d of %td; '\0' = none */
    int n, room;
} names_t;

typedef struct reading {
    const char *path;
    names_t names;
    bool *take, *long_text; /* of each column: wanted; wanted and a strL */
    jd_table_t *table;
    jd_ctx_t *ctx;
    long rows_declared; /* by the file's head, -1 = not */
    int rc;             /* what made a handler abort */
    char said[256];     /* ReadStat's own words */
} reading_t;

static void names_free(names_t *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
    free(names->type);
    free(names->width);
    free(names->format);
    memset(names, 0, sizeof *names);
}

static int widen(names_t *names)
{
    int room = 2 * names->room + 32;
    size_t n = (size_t)room;
    char **list = realloc(names->list, n * sizeof *list);
    if (list) names->list = list;
    readstat_type_t *type = realloc(names->type, n * sizeof *type);
    if (type) names->type = type;
    size_t *width = realloc(names->width, n * sizeof *width);
    if (width) names->width = width;
    char *format = realloc(names->format, n);
    if (format) names->format = format;
    if (!list || !type || !width || !format) return JD_ERR_NO_MEMORY;
    names->room = room;
    return JD_OK;
}

static int stop(reading_t *r, int rc)
{
    r->rc = rc;
    return READSTAT_HANDLER_ABORT;
}

/* "%td", "%-tdD_m_CY", "%d" of old files: d. */
static char date_letter(const char *format)
{
    const char *f = format ? format : "";
    if (*f++ != '%') return '\0';
    if (*f == '-') f++;
    if (*f == 'd') return 'd';
    return *f == 't' && f[1] && strchr("dcCmqwhyb", f[1]) ? f[1] : '\0';
}

/* What jd_column_t has as the unit of such a column. */
static const char *date_unit(char letter)
{
    static const char *const units[] = {"%td", "%tc", "%tC", "%tm", "%tq",
                                        "%tw", "%th", "%ty", "%tb"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i][2] == letter) return units[i];
    return "";
}

static int note_metadata(readstat_metadata_t *metadata, void *user)
{
    reading_t *r = user;
    r->rows_declared = readstat_get_row_count(metadata);
    return READSTAT_HANDLER_OK;
}

static int note_variable(int index, readstat_variable_t *variable, const char *labels, void *user)
{
    (void)index, (void)labels;
    reading_t *r = user;
    names_t *names = &r->names;
    if (names->n == names->room && widen(names))
        return stop(r, jd_fail_memory(r->ctx, sizeof(char *), r->path));
    const char *name = readstat_variable_get_name(variable);
    size_t size = strlen(name ? name : "") + 1;
    char *copy = malloc(size);
    if (!copy) return stop(r, jd_fail_memory(r->ctx, size, r->path));
    memcpy(copy, name ? name : "", size);
    names->type[names->n] = readstat_variable_get_type(variable);
    names->width[names->n] = readstat_variable_get_storage_width(variable);
    names->format[names->n] = date_letter(readstat_variable_get_format(variable));
    names->list[names->n++] = copy;
    return READSTAT_HANDLER_OK;
}

static int pass_over(int index, readstat_variable_t *variable, const char *labels, void *user)
{
    (void)variable, (void)labels;
    const reading_t *r = user;
    return index < r->names.n && r->take[index] ? READSTAT_HANDLER_OK
                                                : READSTAT_HANDLER_SKIP_VARIABLE;
}

static double number_of(readstat_value_t value)
{
    return readstat_value_is_system_missing(value) || readstat_value_is_tagged_missing(value)
               ? (double)NAN
               : readstat_double_value(value);
}

/* Of the first pass over values: how long the strings of a strL are. */
static int measure_value(int row, readstat_variable_t *variable, readstat_value_t value, void *user)
{
    reading_t *r = user;
    int i = readstat_variable_get_index(variable);
    if (row % 65536 == 0) {
        int rc = jd_check_cancelled(r->ctx);
        if (rc) return stop(r, rc);
    }
    if (!r->long_text[i]) return READSTAT_HANDLER_OK;
    const char *text = readstat_string_value(value);
    size_t length = text ? strlen(text) : 0;
    if (length > LONG_TEXT_MAX)
        return stop(r,
                    jd_fail(r->ctx, JD_ERR_DATA,
                            "%s: column %s is a strL and holds a text of %zu bytes in row %d; at "
                            "most %d are taken: name another column, or make ids of it (in "
                            "Stata: egen id = group(%s))",
                            r->path, r->names.list[i], length, row + 1, LONG_TEXT_MAX,
                            r->names.list[i]));
    if (length > r->names.width[i]) r->names.width[i] = length;
    return READSTAT_HANDLER_OK;
}

static int take_value(int row, readstat_variable_t *variable, readstat_value_t value, void *user)
{
    reading_t *r = user;
    jd_table_t *t = r->table;
    int c = readstat_variable_get_index_after_skipping(variable);
    if (c < 0 || c >= t->n_columns) return READSTAT_HANDLER_OK;
    if (row >= t->rows) {
        int rc = row % 65536 == 0 ? jd_check_cancelled(r->ctx) : JD_OK;
        if (!rc) rc = jd_table_reserve(t, (int64_t)row + 1, r->ctx);
        if (rc) return stop(r, rc);
        t->rows = (int64_t)row + 1;
    }
    if (t->columns[c].type == JD_DOUBLE) {
        JD_CELLS(t, c, double)[row] = number_of(value);
        return READSTAT_HANDLER_OK;
    }
    const char *text = readstat_string_value(value);
    size_t length = text ? strlen(text) : 0, most = (size_t)t->columns[c].width - 1;
    char *cell = (char *)t->data[c] + (size_t)row * (size_t)t->columns[c].width;
    if (text) memcpy(cell, text, length < most ? length : most);
    return READSTAT_HANDLER_OK;
}

static void note_error(const char *message, void *user)
{
    reading_t *r = user;
    snprintf(r->said, sizeof r->said, "%s", message);
    r->said[strcspn(r->said, "\n")] = '\0';
}

/* ReadStat refuses lengths that make no sense as if memory were short. */
static bool is_memory_short(const reading_t *r)
{
    struct stat about;
    size_t size = stat(r->path, &about) == 0 && about.st_size > 0 ? (size_t)about.st_size : 1;
    void *probe = malloc(size);
    free(probe);
    return !probe;
}

static int tell(const reading_t *r, readstat_error_t error)
{
    if (error == READSTAT_OK) return JD_OK;
    if (error == READSTAT_ERROR_OPEN)
        return jd_fail(r->ctx, JD_ERR_OPEN, "%s: cannot be opened; check its name and folder",
                       r->path);
    if (error == READSTAT_ERROR_MALLOC && is_memory_short(r))
        return jd_fail(r->ctx, JD_ERR_NO_MEMORY, "%s: out of memory", r->path);
    if (error == READSTAT_ERROR_MALLOC)
        return jd_fail(r->ctx, JD_ERR_FORMAT,
                       "%s: is damaged: a length in it makes no sense; write it again where it was "
                       "made",
                       r->path);
    return jd_fail(r->ctx, JD_ERR_FORMAT, "%s: is no Stata file, or is damaged: %s", r->path,
                   r->said[0] ? r->said : readstat_error_message(error));
}

static int parse(reading_t *r, readstat_variable_handler variable, readstat_value_handler value)
{
    struct stat
        about; /* a pipe's open() could wait for ever, and Stata files are read back and forth */
    if (stat(r->path, &about) == 0 && !S_ISREG(about.st_mode))
        return jd_fail(r->ctx, JD_ERR_OPEN, "%s: is not a regular file; copy it to one first",
                       r->path);
    readstat_parser_t *parser = readstat_parser_init();
    if (!parser) return jd_fail_memory(r->ctx, sizeof(void *), r->path);
    readstat_set_variable_handler(parser, variable);
    readstat_set_value_handler(parser, value);
    readstat_set_error_handler(parser, note_error);
    readstat_set_metadata_handler(parser, note_metadata);
    readstat_error_t error = readstat_parse_dta(parser, r->path, r);
    readstat_parser_free(parser);
    return r->rc ? r->rc : tell(r, error);
}

/* The types of columns; numbers are doubles already. */
static void set_types(const reading_t *r, jd_column_t *columns)
{
    for (int i = 0, c = 0; i < r->names.n; i++) {
        if (!r->take[i]) continue;
        columns[c].unit = date_unit(r->names.format[i]);
        if (r->names.type[i] == READSTAT_TYPE_STRING) {
            columns[c].type = JD_TEXT;
            /* Older files are in other encodings: a byte may become up to four. */
            columns[c].width = 4 * (int)r->names.width[i] + 1;
        }
        c++;
    }
}

/* Long strings stand apart from the rows; how long they are is only seen there. */
static int measure(reading_t *r)
{
    bool any = false;
    for (int i = 0; i < r->names.n; i++) {
        r->long_text[i] =
            r->take[i] && r->names.type[i] == READSTAT_TYPE_STRING && r->names.width[i] == 0;
        any = any || r->long_text[i];
    }
    return any ? parse(r, pass_over, measure_value) : JD_OK;
}

/* Makes the user's codes missing. */
static void clear_missing(const reading_t *r, jd_table_t *t, const jd_missing_t *missing)
{
    for (int i = 0, c = 0; i < r->names.n && missing->n > 0; i++) {
        if (!r->take[i]) continue;
        const size_t width = (size_t)t->columns[c].width;
        const bool single = r->names.type[i] == READSTAT_TYPE_FLOAT;
        for (int64_t row = 0; row < t->rows; row++) {
            char *cell = (char *)t->data[c] + (size_t)row * width;
            double *number = &JD_CELLS(t, c, double)[row];
            jd_missing_code_t *code = width ? jd_missing_find(missing, cell, strlen(cell), '.')
                                            : jd_missing_find_number(missing, *number, single);
            if (!code) continue;
            code->hits++;
            if (width)
                memset(cell, 0, width);
            else
                *number = (double)NAN;
        }
        c++;
    }
}

int jd_stata_read(const char *path, const jd_wanted_t *wanted, const char *missing,
                  jd_table_t *table, jd_ctx_t *ctx)
{
    jd_missing_t codes = {0};
    reading_t r = {.path = path, .table = table, .ctx = ctx, .rows_declared = -1};
    jd_column_t *columns = NULL;
    int n_columns = 0;
    *table = (jd_table_t){0};
    int rc = jd_missing_make(&codes, missing, ctx);
    if (!rc) rc = parse(&r, note_variable, NULL);
    const size_t n = (size_t)r.names.n + 1;
    if (!rc && (!(r.take = calloc(n, 2 * sizeof *r.take)))) rc = jd_fail_memory(ctx, n, path);
    r.long_text = r.take ? r.take + n : NULL;
    const char *const *names = (const char *const *)r.names.list;
    if (!rc) rc = wanted->choose(wanted->user, names, r.names.n, r.take, ctx);
    if (!rc) rc = measure(&r);
    if (!rc) rc = jd_open_columns(path, names, r.take, r.names.n, &columns, &n_columns, ctx);
    if (!rc) set_types(&r, columns);
    if (!rc) rc = jd_table_init(table, path, "", columns, n_columns, 1024, ctx);
    if (!rc) rc = parse(&r, pass_over, take_value);
    if (!rc && r.rows_declared >= 0 && table->rows != r.rows_declared)
        rc = jd_fail(ctx, JD_ERR_FORMAT, "%s: is damaged: it has %lld rows, its head says %ld",
                     path, (long long)table->rows, r.rows_declared);
    if (!rc && table->rows == 0) rc = jd_fail(ctx, JD_ERR_DATA, "%s: has no rows", path);
    if (!rc) {
        clear_missing(&r, table, &codes);
        jd_missing_report(&codes, ctx);
        table->owned = columns;
    } else {
        jd_table_free(table);
        free(columns);
    }
    free(codes.codes);
    free(r.take);
    names_free(&r.names);
    return rc;
}
