/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Panels as long tables: a line per time and unit, time slowest. */
#ifndef JD_CORE_LONG_H
#define JD_CORE_LONG_H

#include <stdbool.h>
#include <string.h>

#include "jiedao/table.h"

/** The cell of `column` that belongs to line `row`; lists of records have a cell a line. */
static inline int64_t jd_long_cell(const jd_table_t *table, int column, int64_t row)
{
    if (table->n_unit == 0) return row;
    switch (table->columns[column].axis) {
    case JD_AXIS_UNIT:
        return row % table->n_unit;
    case JD_AXIS_TIME:
        return row / table->n_unit;
    case JD_AXIS_CELL:
        break;
    }
    return row;
}

/** Whether a column holds days, which files for people carry as dates. */
static inline bool jd_long_is_date(const jd_column_t *column)
{
    return column->type == JD_INT32 && column->unit &&
           !strcmp(column->unit, "days since 1970-01-01");
}

#endif
