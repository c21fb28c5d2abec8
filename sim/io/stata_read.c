/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stata files through ReadStat: once for the names, once for the values. */
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/open.h"

typedef struct names {
    char **list; /* each owned */
    readstat_type_t *type;
    size_t *width;
    int n, room;
} names_t;

typedef struct reading {
    const char *path;
    names_t names;
    bool *take;
    jd_table_t *table;
    jd_ctx_t *ctx;
    int rc;         /* what made a handler abort */
    char said[256]; /* ReadStat's own words */
} reading_t;

static void names_free(names_t *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
    free(names->type);
    free(names->width);
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
    if (!list || !type || !width) return JD_ERR_NO_MEMORY;
    names->room = room;
    return JD_OK;
}

static int stop(reading_t *r, int rc)
{
    r->rc = rc;
    return READSTAT_HANDLER_ABORT;
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

static int take_value(int row, readstat_variable_t *variable, readstat_value_t value, void *user)
{
    reading_t *r = user;
    jd_table_t *t = r->table;
    int c = readstat_variable_get_index_after_skipping(variable);
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

static int parse(reading_t *r, readstat_variable_handler variable, readstat_value_handler value)
{
    readstat_parser_t *parser = readstat_parser_init();
    if (!parser) return jd_fail_memory(r->ctx, sizeof(void *), r->path);
    readstat_set_variable_handler(parser, variable);
    readstat_set_value_handler(parser, value);
    readstat_set_error_handler(parser, note_error);
    readstat_error_t error = readstat_parse_dta(parser, r->path, r);
    readstat_parser_free(parser);
    if (r->rc) return r->rc;
    if (error == READSTAT_OK) return JD_OK;
    if (error == READSTAT_ERROR_OPEN)
        return jd_fail(r->ctx, JD_ERR_OPEN, "%s: cannot be opened; check its name and folder",
                       r->path);
    if (error == READSTAT_ERROR_MALLOC)
        return jd_fail(r->ctx, JD_ERR_NO_MEMORY, "%s: out of memory", r->path);
    return jd_fail(r->ctx, JD_ERR_FORMAT, "%s: is no Stata file, or damaged: %s", r->path,
                   r->said[0] ? r->said : readstat_error_message(error));
}

static int set_types(const reading_t *r, jd_column_t *columns)
{
    for (int i = 0, c = 0; i < r->names.n; i++) {
        if (!r->take[i]) continue;
        if (r->names.type[i] == READSTAT_TYPE_STRING_REF)
            return jd_fail(
                r->ctx, JD_ERR_DATA,
                "%s: column %s is a strL; in Stata, 'compress' or 'recast str244 %s' makes it "
                "a plain string",
                r->path, columns[c].name, columns[c].name);
        if (r->names.type[i] == READSTAT_TYPE_STRING) {
            columns[c].type = JD_TEXT;
            /* Older files are in other encodings: a byte may become up to four. */
            columns[c].width = 4 * (int)r->names.width[i] + 1;
        }
        c++;
    }
    return JD_OK;
}

int jd_stata_read(const char *path, const jd_wanted_t *wanted, jd_table_t *table, jd_ctx_t *ctx)
{
    reading_t r = {.path = path, .table = table, .ctx = ctx};
    jd_column_t *columns = NULL;
    int n_columns = 0;
    *table = (jd_table_t){0};
    int rc = parse(&r, note_variable, NULL);
    if (!rc && !(r.take = calloc((size_t)r.names.n + 1, sizeof *r.take)))
        rc = jd_fail_memory(ctx, 1, path);
    const char *const *names = (const char *const *)r.names.list;
    if (!rc) rc = wanted->choose(wanted->user, names, r.names.n, r.take, ctx);
    if (!rc) rc = jd_open_columns(path, names, r.take, r.names.n, &columns, &n_columns, ctx);
    if (!rc) rc = set_types(&r, columns);
    if (!rc) rc = jd_table_init(table, path, "", columns, n_columns, 1024, ctx);
    if (!rc) rc = parse(&r, pass_over, take_value);
    if (!rc && table->rows == 0) rc = jd_fail(ctx, JD_ERR_DATA, "%s: has no rows", path);
    if (rc) jd_table_free(table);
    if (!rc)
        table->owned = columns;
    else
        free(columns);
    free(r.take);
    names_free(&r.names);
    return rc;
}
