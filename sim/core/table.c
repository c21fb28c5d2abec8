/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

size_t jd_column_size(const jd_column_t *column)
{
    switch (column->type) {
    case JD_INT8:
        return 1;
    case JD_INT16:
        return 2;
    case JD_INT32:
    case JD_FLOAT:
        return 4;
    case JD_INT64:
    case JD_DOUBLE:
        return 8;
    case JD_TEXT:
        return (size_t)column->width;
    }
    return 0;
}

static int64_t cells_of(const jd_table_t *table, int column, int64_t records)
{
    if (table->n_unit == 0) return records;
    switch (table->columns[column].axis) {
    case JD_AXIS_UNIT:
        return table->n_unit;
    case JD_AXIS_TIME:
        return table->n_time;
    case JD_AXIS_CELL:
        break;
    }
    return table->n_time * table->n_unit;
}

int64_t jd_table_cells(const jd_table_t *table, int column)
{
    return cells_of(table, column, table->rows);
}

static int allocate(jd_table_t *table, jd_ctx_t *ctx)
{
    table->data = calloc((size_t)table->n_columns, sizeof *table->data);
    if (!table->data) return jd_fail_memory(ctx, sizeof(void *), table->name);
    for (int c = 0; c < table->n_columns; c++) {
        size_t cells = (size_t)cells_of(table, c, table->capacity);
        size_t size = jd_column_size(&table->columns[c]);
        table->data[c] = calloc(cells ? cells : 1, size);
        if (!table->data[c]) {
            jd_table_free(table);
            return jd_fail_memory(ctx, cells * size, table->name);
        }
    }
    return JD_OK;
}

int jd_table_init(jd_table_t *table, const char *name, const char *label,
                  const jd_column_t *columns, int n_columns, int64_t capacity, jd_ctx_t *ctx)
{
    *table = (jd_table_t){.name = name,
                          .label = label,
                          .columns = columns,
                          .n_columns = n_columns,
                          .capacity = capacity};
    return allocate(table, ctx);
}

int jd_table_init_panel(jd_table_t *table, const char *name, const char *label,
                        const jd_column_t *columns, int n_columns, int64_t n_time, int64_t n_unit,
                        jd_ctx_t *ctx)
{
    *table = (jd_table_t){.name = name,
                          .label = label,
                          .columns = columns,
                          .n_columns = n_columns,
                          .rows = n_time * n_unit,
                          .capacity = n_time * n_unit,
                          .n_time = n_time,
                          .n_unit = n_unit};
    return allocate(table, ctx);
}

int jd_table_reserve(jd_table_t *table, int64_t capacity, jd_ctx_t *ctx)
{
    if (capacity <= table->capacity) return JD_OK;
    int64_t grown = table->capacity + table->capacity / 2 + 16;
    if (grown < capacity) grown = capacity;
    for (int c = 0; c < table->n_columns; c++) {
        size_t size = jd_column_size(&table->columns[c]);
        void *wider = realloc(table->data[c], (size_t)grown * size);
        if (!wider) return jd_fail_memory(ctx, (size_t)grown * size, table->name);
        memset((char *)wider + (size_t)table->capacity * size, 0,
               (size_t)(grown - table->capacity) * size);
        table->data[c] = wider;
    }
    table->capacity = grown;
    return JD_OK;
}

int jd_table_copy(jd_table_t *to, const jd_table_t *from, jd_ctx_t *ctx)
{
    *to = *from;
    to->owned = NULL;
    to->capacity = from->rows;
    int rc = allocate(to, ctx);
    for (int c = 0; c < to->n_columns && !rc; c++)
        memcpy(to->data[c], from->data[c],
               (size_t)jd_table_cells(from, c) * jd_column_size(&from->columns[c]));
    return rc;
}

void jd_table_free(jd_table_t *table)
{
    if (table->data) {
        for (int c = 0; c < table->n_columns; c++)
            free(table->data[c]);
        free(table->data);
    }
    free(table->owned);
    table->data = NULL;
    table->owned = NULL;
    table->rows = table->capacity = table->n_time = table->n_unit = 0;
}

int jd_table_find(const jd_table_t *table, const char *name)
{
    for (int c = 0; c < table->n_columns; c++) {
        if (strcmp(table->columns[c].name, name) == 0) return c;
    }
    return -1;
}

double jd_table_number(const jd_table_t *table, int column, int64_t row)
{
    const void *cells = table->data[column];
    switch (table->columns[column].type) {
    case JD_INT8:
        return ((const int8_t *)cells)[row];
    case JD_INT16:
        return ((const int16_t *)cells)[row];
    case JD_INT32:
        return ((const int32_t *)cells)[row];
    case JD_INT64:
        return (double)((const int64_t *)cells)[row];
    case JD_FLOAT:
        return (double)((const float *)cells)[row];
    case JD_DOUBLE:
        return ((const double *)cells)[row];
    case JD_TEXT:
        break;
    }
    return (double)NAN;
}

void jd_table_set_number(jd_table_t *table, int column, int64_t row, double value)
{
    void *cells = table->data[column];
    switch (table->columns[column].type) {
    case JD_INT8:
        ((int8_t *)cells)[row] = (int8_t)value;
        break;
    case JD_INT16:
        ((int16_t *)cells)[row] = (int16_t)value;
        break;
    case JD_INT32:
        ((int32_t *)cells)[row] = (int32_t)value;
        break;
    case JD_INT64:
        ((int64_t *)cells)[row] = (int64_t)value;
        break;
    case JD_FLOAT:
        ((float *)cells)[row] = (float)value;
        break;
    case JD_DOUBLE:
        ((double *)cells)[row] = value;
        break;
    case JD_TEXT:
        break;
    }
}

void jd_table_set_text(jd_table_t *table, int column, int64_t row, const char *text)
{
    size_t width = (size_t)table->columns[column].width;
    char *cell = (char *)table->data[column] + (size_t)row * width;
    size_t n = strlen(text);
    if (n > width) n = jd_utf8_cut(text, width);
    memset(cell, 0, width);
    memcpy(cell, text, n);
}

const char *jd_table_text(const jd_table_t *table, int column, int64_t row, char *buffer,
                          size_t size)
{
    size_t width = (size_t)table->columns[column].width;
    const char *cell = (const char *)table->data[column] + (size_t)row * width;
    size_t n = 0;
    while (n < width && n + 1 < size && cell[n])
        n++;
    memcpy(buffer, cell, n);
    buffer[n] = '\0';
    return buffer;
}

int64_t jd_table_n_rows(const jd_table_t *table)
{
    return table->rows;
}

int jd_table_n_columns(const jd_table_t *table)
{
    return table->n_columns;
}

const char *jd_table_column_name(const jd_table_t *table, int column)
{
    return table->columns[column].name;
}

const char *jd_table_column_type(const jd_table_t *table, int column)
{
    static const char *const letters[] = {
        [JD_INT8] = "c",  [JD_INT16] = "s",  [JD_INT32] = "i", [JD_INT64] = "l",
        [JD_FLOAT] = "f", [JD_DOUBLE] = "g", [JD_TEXT] = "w"};
    return letters[table->columns[column].type];
}

const char *jd_table_column_unit(const jd_table_t *table, int column)
{
    return table->columns[column].unit;
}

const char *jd_table_column_label(const jd_table_t *table, int column)
{
    return table->columns[column].label;
}

int jd_table_column_width(const jd_table_t *table, int column)
{
    return (int)jd_column_size(&table->columns[column]);
}

const void *jd_table_column_data(const jd_table_t *table, int column)
{
    return table->data[column];
}

const char *jd_table_column_flags(const jd_table_t *table, int column)
{
    const char *flags = table->columns[column].flags;
    return flags ? flags : "";
}

int64_t jd_table_n_time(const jd_table_t *table)
{
    return table->n_time;
}

int64_t jd_table_n_unit(const jd_table_t *table)
{
    return table->n_unit;
}

const char *jd_table_column_axis(const jd_table_t *table, int column)
{
    static const char *const names[] = {
        [JD_AXIS_CELL] = "cell", [JD_AXIS_UNIT] = "unit", [JD_AXIS_TIME] = "time"};
    return names[table->n_unit > 0 ? table->columns[column].axis : JD_AXIS_CELL];
}

const char *jd_table_label(const jd_table_t *table)
{
    return table->label;
}
