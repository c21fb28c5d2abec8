/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/stata/stata.h"

#include <errno.h>
#include <math.h>
#include <readstat.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/long.h"
#include "core/text.h"
#include "io/files/room.h"
#include "io/files/whole.h"

enum {
    TEXT_WIDTH_MAX = 2045,
    LABEL_MAX = 80 /* characters */,
    FORMAT = 118,
    FROM_1960 = 3653 /* days to 1970 */
};

/* Where ReadStat's bytes go. */
typedef struct sink {
    FILE *stream;
    int error; /* errno of the first failed write */
} sink_t;

static ssize_t put_bytes(const void *data, size_t length, void *user)
{
    sink_t *sink = user;
    if (length == 0 || fwrite(data, 1, length, sink->stream) == length) return (ssize_t)length;
    if (!sink->error) sink->error = errno ? errno : EIO;
    return 0; /* ReadStat compares without sign: -1 would be taken for success */
}

/* ---- Variables ---- */

/* Bounds of Stata's integers; the largest values of each type stand for missing. */
static readstat_type_t integer_type(const jd_table_t *table, int column)
{
    double low = 0, high = 0;
    for (int64_t i = 0; i < jd_table_cells(table, column); i++) {
        double value = jd_table_number(table, column, i);
        if (value < low) low = value;
        if (value > high) high = value;
    }
    switch (table->columns[column].type) {
    case JD_INT8:
        if (low >= -127 && high <= 100) return READSTAT_TYPE_INT8;
        return READSTAT_TYPE_INT16;
    case JD_INT16:
        if (low >= -32767 && high <= 32740) return READSTAT_TYPE_INT16;
        return READSTAT_TYPE_INT32;
    case JD_INT32:
        if (low >= -2147483647 && high <= 2147483620) return READSTAT_TYPE_INT32;
        return READSTAT_TYPE_DOUBLE;
    default:
        return READSTAT_TYPE_DOUBLE;
    }
}

static readstat_type_t type_of(const jd_table_t *table, int column)
{
    switch (table->columns[column].type) {
    case JD_TEXT:
        return READSTAT_TYPE_STRING;
    case JD_FLOAT:
        return READSTAT_TYPE_FLOAT;
    case JD_DOUBLE:
        return READSTAT_TYPE_DOUBLE;
    default:
        if (jd_long_is_date(&table->columns[column])) return READSTAT_TYPE_INT32;
        return integer_type(table, column);
    }
}

static double bytes_of(const jd_table_t *table, int column)
{
    switch (type_of(table, column)) {
    case READSTAT_TYPE_INT8:
        return 1;
    case READSTAT_TYPE_INT16:
        return 2;
    case READSTAT_TYPE_DOUBLE:
        return 8;
    case READSTAT_TYPE_INT32:
    case READSTAT_TYPE_FLOAT:
        return 4;
    default:
        return table->columns[column].width;
    }
}

/* "distance (km)", cut at Stata's 80 characters. */
static void make_label(const jd_column_t *column, char *label, size_t size)
{
    bool plain = jd_long_is_date(column) || !column->unit || !column->unit[0] ||
                 strcmp(column->unit, "1") == 0;
    const char *text = column->label ? column->label : "";
    snprintf(label, size, plain ? "%s" : "%s (%s)", text, column->unit);
    char *s = label;
    for (int characters = 0; *s && characters < LABEL_MAX; characters++) {
        const size_t n = jd_utf8_length((const unsigned char *)s);
        s += n ? n : 1;
    }
    *s = '\0';
}

/* Value labels out of "0 never, 1 treated". */
static void add_value_labels(readstat_writer_t *writer, readstat_variable_t *variable,
                             const jd_column_t *column)
{
    readstat_label_set_t *set = readstat_add_label_set(writer, READSTAT_TYPE_INT32, column->name);
    for (const char *s = column->flags; set && *s;) {
        char *end = NULL, meaning[128];
        long value = strtol(s, &end, 10);
        s = end + strspn(end, " ");
        size_t n = strcspn(s, ","), kept = n < sizeof meaning ? n : sizeof meaning - 1;
        memcpy(meaning, s, kept);
        meaning[kept] = '\0';
        readstat_label_int32_value(set, (int32_t)value, meaning);
        s += n + strspn(s + n, ", ");
    }
    readstat_variable_set_label_set(variable, set);
}

static int add_variable(readstat_writer_t *writer, const jd_table_t *table, int c, jd_ctx_t *ctx)
{
    const jd_column_t *column = &table->columns[c];
    char label[512];
    if (column->width > TEXT_WIDTH_MAX) {
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: column %s has texts of %d bytes, Stata takes %d; export it as csv",
                       table->name, column->name, column->width, TEXT_WIDTH_MAX);
    }
    readstat_variable_t *variable =
        readstat_add_variable(writer, column->name, type_of(table, c),
                              column->type == JD_TEXT ? (size_t)column->width : 0);
    if (!variable) return jd_fail_memory(ctx, sizeof(void *), column->name);
    make_label(column, label, sizeof label);
    readstat_variable_set_label(variable, label);
    if (jd_long_is_date(column)) readstat_variable_set_format(variable, "%td");
    if (column->flags && column->flags[0]) add_value_labels(writer, variable, column);
    return JD_OK;
}

/* ---- Cells ---- */

static readstat_error_t put_number(readstat_writer_t *writer, const readstat_variable_t *variable,
                                   double value)
{
    if (!isfinite(value)) return readstat_insert_missing_value(writer, variable);
    switch (readstat_variable_get_type(variable)) {
    case READSTAT_TYPE_INT8:
        return readstat_insert_int8_value(writer, variable, (int8_t)value);
    case READSTAT_TYPE_INT16:
        return readstat_insert_int16_value(writer, variable, (int16_t)value);
    case READSTAT_TYPE_INT32:
        return readstat_insert_int32_value(writer, variable, (int32_t)value);
    case READSTAT_TYPE_FLOAT:
        return readstat_insert_float_value(writer, variable, (float)value);
    default:
        return readstat_insert_double_value(writer, variable, value);
    }
}

static readstat_error_t put_row(readstat_writer_t *writer, const jd_table_t *table, int64_t row)
{
    char text[TEXT_WIDTH_MAX + 1];
    readstat_error_t rc = readstat_begin_row(writer);
    for (int c = 0; rc == READSTAT_OK && c < table->n_columns; c++) {
        const readstat_variable_t *variable = readstat_get_variable(writer, c);
        int64_t cell = jd_long_cell(table, c, row);
        if (table->columns[c].type == JD_TEXT) {
            jd_table_text(table, c, cell, text, sizeof text);
            rc = readstat_insert_string_value(writer, variable, text);
        } else {
            double origin = jd_long_is_date(&table->columns[c]) ? FROM_1960 : 0;
            rc = put_number(writer, variable, jd_table_number(table, c, cell) + origin);
        }
    }
    return rc == READSTAT_OK ? readstat_end_row(writer) : rc;
}

/* The same text in each file: ReadStat prints local time, so a local time is requested. */
static time_t fixed_time(void)
{
    struct tm day = {.tm_year = 100, .tm_mday = 1, .tm_hour = 12, .tm_isdst = -1};
    return mktime(&day);
}

static int put_table(readstat_writer_t *writer, const jd_table_t *table, sink_t *sink,
                     jd_whole_t *whole, jd_ctx_t *ctx)
{
    char label[512];
    const jd_column_t as_label = {.label = table->label};
    make_label(&as_label, label, sizeof label);
    readstat_set_data_writer(writer, put_bytes);
    readstat_writer_set_file_format_version(writer, FORMAT);
    readstat_writer_set_file_timestamp(writer, fixed_time());
    readstat_writer_set_file_label(writer, label);
    for (int c = 0; c < table->n_columns; c++) {
        int rc = add_variable(writer, table, c, ctx);
        if (rc) return rc;
    }
    double width = 0;
    for (int c = 0; c < table->n_columns; c++)
        width += bytes_of(table, c);
    const jd_bytes_t bytes = {.least = width * (double)table->rows};
    int no_room = jd_room_check(whole->path, bytes, ctx);
    if (no_room) return no_room;
    readstat_error_t rc = readstat_begin_writing_dta(writer, sink, (long)table->rows);
    for (int64_t row = 0; rc == READSTAT_OK && row < table->rows; row++) {
        rc = put_row(writer, table, row);
    }
    if (rc == READSTAT_OK) rc = readstat_end_writing(writer);
    if (rc == READSTAT_OK && !sink->error) return JD_OK;
    if (sink->error) return jd_whole_fail(whole, sink->error, ctx);
    return jd_fail(ctx, JD_ERR_WRITE, "%s: the table %s cannot be written for Stata: %s",
                   whole->path, table->name, readstat_error_message(rc));
}

int jd_stata_write(const jd_table_t *table, const char *path, bool replace, jd_ctx_t *ctx)
{
    jd_whole_t whole;
    int rc = jd_whole_open(&whole, path, replace, ctx);
    if (rc) return rc;
    sink_t sink = {.stream = jd_whole_stream(&whole, ctx)};
    readstat_writer_t *writer = readstat_writer_init();
    if (!sink.stream) {
        rc = JD_ERR_NO_MEMORY;
    } else if (!writer) {
        rc = jd_fail_memory(ctx, sizeof *table, "a Stata file");
    } else {
        rc = put_table(writer, table, &sink, &whole, ctx);
    }
    if (writer) readstat_writer_free(writer);
    if (!rc) return jd_whole_commit(&whole, ctx);
    jd_whole_abandon(&whole);
    return rc;
}
