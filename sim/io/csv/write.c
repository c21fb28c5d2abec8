/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "core/calendar/calendar.h"
#include "core/long.h"
#include "core/number.h"
#include "io/csv/csv.h"
#include "io/files/room.h"
#include "io/files/whole.h"

/* Text up to its padding; quoted where it would be taken for something else. */
static void print_text(const char *cell, size_t width, FILE *stream)
{
    const char *end = memchr(cell, '\0', width);
    size_t n = end ? (size_t)(end - cell) : width;
    bool quoted = n > 0 && (cell[0] == ' ' || cell[n - 1] == ' ');
    for (size_t i = 0; i < n && !quoted; i++)
        quoted = strchr(",\"\r\n", cell[i]) != NULL;
    if (!quoted) {
        fwrite(cell, 1, n, stream);
        return;
    }
    putc('"', stream);
    for (size_t i = 0; i < n; i++) {
        if (cell[i] == '"') putc('"', stream);
        putc(cell[i], stream);
    }
    putc('"', stream);
}

static size_t print_number(const jd_table_t *table, int column, int64_t cell,
                           char text[JD_NUMBER_SIZE])
{
    switch (table->columns[column].type) {
    case JD_INT8:
        return jd_number_print_int(text, JD_CELLS(table, column, int8_t)[cell]);
    case JD_INT16:
        return jd_number_print_int(text, JD_CELLS(table, column, int16_t)[cell]);
    case JD_INT32:
        return jd_number_print_int(text, JD_CELLS(table, column, int32_t)[cell]);
    case JD_INT64:
        return jd_number_print_int(text, JD_CELLS(table, column, int64_t)[cell]);
    case JD_FLOAT:
        return jd_number_print_float(text, JD_CELLS(table, column, float)[cell]);
    case JD_DOUBLE:
        return jd_number_print_double(text, JD_CELLS(table, column, double)[cell]);
    case JD_TEXT:
        break;
    }
    return 0;
}

static void print_cell(const jd_table_t *table, int column, int64_t row, FILE *stream)
{
    int64_t cell = jd_long_cell(table, column, row);
    const jd_column_t *about = &table->columns[column];
    if (about->type == JD_TEXT) {
        size_t width = (size_t)about->width;
        print_text((const char *)table->data[column] + (size_t)cell * width, width, stream);
        return;
    }
    char text[JD_NUMBER_SIZE];
    if (jd_long_is_date(about)) {
        int64_t day = (int64_t)jd_table_number(table, column, cell);
        fputs(jd_period_text(JD_PERIOD_DAY, day, text, sizeof text), stream);
        return;
    }
    fwrite(text, 1, print_number(table, column, cell, text), stream);
}

/* errno of the first failure, or 0. */
static int print_all(const jd_table_t *table, FILE *stream)
{
    errno = 0;
    for (int c = 0; c < table->n_columns; c++) {
        if (c) putc(',', stream);
        print_text(table->columns[c].name, strlen(table->columns[c].name), stream);
    }
    putc('\n', stream);
    for (int64_t row = 0; row < table->rows && !ferror(stream); row++) {
        for (int c = 0; c < table->n_columns; c++) {
            if (c) putc(',', stream);
            print_cell(table, c, row, stream);
        }
        putc('\n', stream);
    }
    if (fflush(stream) == 0 && !ferror(stream)) return 0;
    return errno ? errno : EIO;
}

int jd_csv_print(const jd_table_t *table, FILE *stream, const char *name, jd_ctx_t *ctx)
{
    int error = print_all(table, stream);
    if (!error) return JD_OK;
    return jd_fail(ctx, JD_ERR_WRITE, "%s: the table %s cannot be written: %s", name, table->name,
                   strerror(error));
}

int jd_csv_write(const jd_table_t *table, const char *path, bool replace, jd_ctx_t *ctx)
{
    jd_whole_t whole;
    /* of each cell, its comma or line end */
    const double least = (double)table->rows * table->n_columns;
    int rc = jd_whole_open(&whole, path, replace, ctx);
    if (!rc) rc = jd_room_check(path, (jd_bytes_t){.least = least}, ctx);
    if (rc) {
        jd_whole_abandon(&whole);
        return rc;
    }
    FILE *stream = jd_whole_stream(&whole, ctx);
    if (!stream) {
        jd_whole_abandon(&whole);
        return JD_ERR_NO_MEMORY;
    }
    int error = print_all(table, stream);
    if (!error) return jd_whole_commit(&whole, ctx);
    rc = jd_whole_fail(&whole, error, ctx);
    jd_whole_abandon(&whole);
    return rc;
}
