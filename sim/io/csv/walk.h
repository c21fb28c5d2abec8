/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A walk over all lines of a CSV text, by all threads: to learn what its columns are, or to fill a
 *  table.
 */
#ifndef JD_IO_CSV_WALK_H
#define JD_IO_CSV_WALK_H

#include "io/csv/learn.h"
#include "jiedao/table.h"

/** A run of whole lines. */
typedef struct jd_csv_part {
    const char *from, *end;
    int64_t before, rows; /**< rows in the parts before it, and in it; known once walked */
} jd_csv_part_t;

typedef struct jd_csv_walk {
    const jd_csv_text_t *text;
    jd_csv_cursor_t data; /**< at the first line of data */
    jd_missing_t *missing;
    int n;                 /**< columns of the file */
    jd_csv_kind_t *kinds;  /**< [n] learned of */
    bool others;           /**< learns of the columns that are not in use */
    jd_table_t *table;     /**< to be filled; NULL: learns */
    char decimal;          /**< with which numbers are read; '\0' while it is not known */
    jd_csv_part_t *parts;  /**< [n_parts] owned; made by the first walk */
    int64_t n_parts, rows; /**< rows in all */
} jd_csv_walk_t;

/** Walks. What is learned or filled does not depend on the number of threads. A text is cut at line
 *  ends, which may turn out to lie within quotes; it is then walked by one thread. Errors:
 *  JD_ERR_DATA with the line (jd_csv_next(), too many or too few fields), JD_ERR_NO_MEMORY,
 *  JD_ERR_CANCELLED. */
JD_MUST_USE int jd_csv_walk(jd_csv_walk_t *walk, jd_ctx_t *ctx);
void jd_csv_walk_free(jd_csv_walk_t *walk);

/** Row of the table, from 0, of a place that was learned. */
int64_t jd_csv_row(const jd_csv_walk_t *walk, jd_csv_place_t place);

#endif
