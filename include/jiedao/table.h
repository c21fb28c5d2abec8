/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jd_table: named columns with type, unit and description; what the rooms of the house exchange.
 *
 *  A table is either a list of records (n_time = n_unit = 0; every column has `rows` cells) or a
 *  panel, time x unit, row-major (cell (t, i) at t * n_unit + i, rows = n_time * n_unit); in a
 * panel a column may also run along one axis only (JD_AXIS_TIME: n_time cells, JD_AXIS_UNIT:
 * n_unit). The column list is static and stands beside the code that fills the table; it drives
 * allocation, HDF5, CSV, Stata and the docs. */
#ifndef JIEDAO_TABLE_H
#define JIEDAO_TABLE_H

#include <stdint.h>

#include "jiedao/arrow.h"
#include "jiedao/context.h"

JD_BEGIN_DECLS

/** Cell types. Integers are signed; -1 stands for "none"; a missing number is NaN. Text is UTF-8 of
 *  fixed width, padded with '\0' (not necessarily terminated). */
typedef enum jd_type {
    JD_INT8,
    JD_INT16,
    JD_INT32,
    JD_INT64,
    JD_FLOAT,
    JD_DOUBLE,
    JD_TEXT
} jd_type_t;

typedef enum jd_axis { JD_AXIS_CELL, JD_AXIS_UNIT, JD_AXIS_TIME } jd_axis_t;

/** A column's description; all text borrowed, usually static. */
typedef struct jd_column {
    const char *name; /**< lower_case, a valid HDF5, R and Stata (<= 32 bytes) name */
    jd_type_t type;
    const char *unit;  /**< "1" for pure numbers, else "km", "quarter", "firms", ...; "" for text */
    const char *label; /**< long_name: a phrase for people */
    const char *flags; /**< enumerations: "0 never, 1 treated"; else NULL */
    int width;         /**< JD_TEXT: bytes of a cell; else 0 */
    jd_axis_t axis;    /**< panels only */
} jd_column_t;

typedef struct jd_table {
    const char *name;  /**< where it belongs in a file: "relocations", "panel/county" */
    const char *label; /**< a sentence for people */
    const jd_column_t *columns;
    int n_columns;
    int64_t rows;     /**< rows in use */
    int64_t capacity; /**< rows there is room for */
    int64_t n_time, n_unit;
    void **data; /**< [n_columns], owned */
    void *owned; /**< block that holds columns and texts of a table read from a file, or NULL */
} jd_table_t;

/** Bytes of a cell of this column. */
JD_API size_t jd_column_size(const jd_column_t *column);

/** Cells a column of the table holds (rows, n_unit or n_time). */
JD_API int64_t jd_table_cells(const jd_table_t *table, int column);

/** Makes an empty list of records with room for `capacity` rows. Column list borrowed for the
 *  table's life. Returns JD_OK or JD_ERR_NO_MEMORY; table is then empty and free is still safe. */
JD_API JD_MUST_USE int jd_table_init(jd_table_t *table, const char *name, const char *label,
                                     const jd_column_t *columns, int n_columns, int64_t capacity,
                                     jd_ctx_t *ctx);

/** Makes a panel of n_time x n_unit cells, all bytes zero. */
JD_API JD_MUST_USE int jd_table_init_panel(jd_table_t *table, const char *name, const char *label,
                                           const jd_column_t *columns, int n_columns,
                                           int64_t n_time, int64_t n_unit, jd_ctx_t *ctx);

/** Makes room for at least `capacity` records; grows by half at a time; new bytes are zero. */
JD_API JD_MUST_USE int jd_table_reserve(jd_table_t *table, int64_t capacity, jd_ctx_t *ctx);

/** Makes `to` a copy of a table; the column list is shared, so `from` must not own it unless it
 * lives longer. Cost: its bytes. */
JD_API JD_MUST_USE int jd_table_copy(jd_table_t *to, const jd_table_t *from, jd_ctx_t *ctx);

/** Frees the cells; fine on zeroed, half-built and already freed tables. */
JD_API void jd_table_free(jd_table_t *table);

/** Index of a column by name, or -1. */
JD_API int jd_table_find(const jd_table_t *table, const char *name);

/** Cell access by value, for any numeric type; row counts along the column's own axis.
 *  Slow (a switch a cell): for edges and tests, not for kernels. Text reads as NaN. */
JD_API double jd_table_number(const jd_table_t *table, int column, int64_t row);
JD_API void jd_table_set_number(jd_table_t *table, int column, int64_t row, double value);
/** Copies text into a JD_TEXT cell, cut to its width at a character's border. */
JD_API void jd_table_set_text(jd_table_t *table, int column, int64_t row, const char *text);
/** The text of a cell copied into `buffer` (always terminated); returns buffer. */
JD_API const char *jd_table_text(const jd_table_t *table, int column, int64_t row, char *buffer,
                                 size_t size);

/** The same by functions alone, for other languages. Columns count from 0; texts are borrowed. */
JD_API int64_t jd_table_n_rows(const jd_table_t *table);
JD_API int jd_table_n_columns(const jd_table_t *table);
JD_API const char *jd_table_column_name(const jd_table_t *table, int column);
/** Arrow's letter of the cells: "c" "s" "i" "l" "f" "g"; "w" for texts of a fixed width, padded
 * with zeros. */
JD_API const char *jd_table_column_type(const jd_table_t *table, int column);
/** What it is measured in, "1" for pure numbers; and a phrase for people. */
JD_API const char *jd_table_column_unit(const jd_table_t *table, int column);
JD_API const char *jd_table_column_label(const jd_table_t *table, int column);
/** What its numbers mean: "0 never, 1 treated"; "" = nothing to say. */
JD_API const char *jd_table_column_flags(const jd_table_t *table, int column);
/** Of a panel: periods and units, whose product is the rows, time slowest; of a list 0. */
JD_API int64_t jd_table_n_time(const jd_table_t *table);
JD_API int64_t jd_table_n_unit(const jd_table_t *table);
/** What a column runs along: "cell", [rows]; of panels also "unit", [n_unit], and "time", [n_time].
 */
JD_API const char *jd_table_column_axis(const jd_table_t *table, int column);
/** What the table holds: a sentence. */
JD_API const char *jd_table_label(const jd_table_t *table);
/** Bytes of a cell, and the cells along its axis. */
JD_API int jd_table_column_width(const jd_table_t *table, int column);
JD_API const void *jd_table_column_data(const jd_table_t *table, int column);

/** The table as a record batch of the Arrow C data interface: a struct with a child a column,
 * [rows] each, those of a panel's axes repeated; texts are "U" (large UTF-8) without padding. No
 * cell is null: a missing number is NaN here too. All is copied, so that the batch may outlive the
 * table; the caller, or who takes it over, calls release of schema and array, once each. What they
 * held before is overwritten. Errors: JD_ERR_NO_MEMORY; both are then released. Cost: its bytes. */
JD_API JD_MUST_USE int jd_table_arrow(const jd_table_t *table, struct ArrowSchema *schema,
                                      struct ArrowArray *array, jd_ctx_t *ctx);

/** Typed access to a column's cells; the caller knows the type from the column list. */
#define JD_CELLS(table, column, type) ((type *)(table)->data[column])

JD_END_DECLS

#endif
