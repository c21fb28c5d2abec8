/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Other people's lists (CSV, Stata) cell by cell: texts as they stand in the file, and dates. */
#ifndef JD_RECORDS_FOREIGN_H
#define JD_RECORDS_FOREIGN_H

#include "core/calendar/calendar.h"
#include "io/open.h"

enum { JD_FOREIGN_MOST = 16, JD_CELL_SIZE = 40 };

/** A file's columns by what they are for. */
typedef struct jd_foreign {
    const char *path;
    jd_table_t table;
    int column[JD_FOREIGN_MOST]; /**< of each wish, -1 = none */
    jd_date_order_t order;
} jd_foreign_t;

/** A column that is wanted. */
typedef struct jd_wish {
    const char *option; /**< that names it, for messages: "--firm" */
    const char *name;   /**< NULL: none is wanted */
    bool optional;      /**< taken only where it is there */
    bool number;        /**< read as numbers; else as texts */
} jd_wish_t;

/** Opens a file and finds the columns; `all`: takes the others too, as texts (`others_number`: as
 *  numbers where they are). JD_ERR_ARGUMENT names what is not there. */
JD_MUST_USE int jd_foreign_open(jd_foreign_t *cells, const char *path, const jd_csv_style_t *style,
                                const jd_wish_t *wishes, int n, bool all, bool others_number,
                                jd_ctx_t *ctx);
void jd_foreign_free(jd_foreign_t *cells);

/** A cell's text by column of the table, or "" where there is none; numbers of Stata are printed.
 */
const char *jd_foreign_text(const jd_foreign_t *cells, int column, int64_t row,
                            char buffer[JD_CELL_SIZE]);

/** What a date is written as. */
typedef enum jd_dated {
    JD_DATED,
    JD_DATED_NUMBER, /**< digits alone: 20210315, 202103, 20211, 2021 */
    JD_DATED_EXCEL,  /**< a count of days since 1899-12-30, as spreadsheets keep them: a guess */
    JD_DATED_EMPTY,
    JD_DATED_NOT
} jd_dated_t;

/** Reads a date: all jd_date_read() knows, Stata's dates by their format, digits alone, and
 *  2021年3月15日. */
jd_dated_t jd_foreign_date(const jd_foreign_t *cells, int column, int64_t row, jd_moment_t *moment);

/** Finds out from all cells of a column whether day or month comes first; JD_ERR_DATA where they
 *  contradict each other, or where it matters and none shows it. */
JD_MUST_USE int jd_foreign_find_order(jd_foreign_t *cells, int column, const char *option,
                                      jd_ctx_t *ctx);

#endif
