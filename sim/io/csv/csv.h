/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Comma-separated text (RFC 4180): UTF-8, a header line, '.' for the decimal point in any locale.
 */
#ifndef JD_IO_CSV_CSV_H
#define JD_IO_CSV_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/table.h"

/** Prints a table: a header, then a line a record. Numbers in the shortest form that reads back
 *  equal, NaN and "" empty. A panel comes long: a line per time and unit, time slowest, columns of
 *  one axis repeated. Errors: JD_ERR_WRITE (`name` is the stream's name in the message). */
JD_MUST_USE int jd_csv_print(const jd_table_t *table, FILE *stream, const char *name,
                             jd_ctx_t *ctx);

/** The same into a file, which appears whole or not at all. JD_ERR_EXISTS unless `replace`. */
JD_MUST_USE int jd_csv_write(const jd_table_t *table, const char *path, bool replace,
                             jd_ctx_t *ctx);

/** Reads the columns requested, found by their names in the header (any order, others ignored),
 *  into a list of records named after the path's text; path and column list are borrowed for its
 *  life. Quoted fields, any ends of lines, a byte order mark and empty lines are fine. An empty
 *  number, or NA, N/A, NaN, NULL (in any letters) or ".", is NaN, in integer columns -1; text
 * longer than the column is an error.
 *  @param required  which columns must be there, NULL = all; others are missing throughout if
 * absent
 *  @param found     out, may be NULL: which columns are there
 *  Errors: JD_ERR_OPEN, JD_ERR_READ, JD_ERR_DATA (up to ten lines "file:line: column ...");
 *  the table is then empty. Cost: the file in memory, one pass over it. */
JD_MUST_USE int jd_csv_read(const char *path, const jd_column_t *columns, int n_columns,
                            const bool *required, bool *found, jd_table_t *table, jd_ctx_t *ctx);

/** The same from a stream; `name` is its name in messages. */
JD_MUST_USE int jd_csv_read_stream(FILE *stream, const char *name, const jd_column_t *columns,
                                   int n_columns, const bool *required, bool *found,
                                   jd_table_t *table, jd_ctx_t *ctx);

#endif
