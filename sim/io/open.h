/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Other people's tables: CSV and Stata files whose columns are not known beforehand. The file's
 *  names are shown to the caller, who says which columns are wanted; only those are read, as a list
 *  of records in their order in the file. Numbers come as JD_INT64 (CSV, whole and none missing) or
 *  JD_DOUBLE (NaN = missing, also in Stata's 27 ways), all else as JD_TEXT ("" = missing), every
 *  cell of it ended by '\0'. Column list and names belong to the table: jd_table_free() frees all.
 */
#ifndef JD_IO_OPEN_H
#define JD_IO_OPEN_H

#include <stdbool.h>

#include "jiedao/table.h"

/** Looks at a file's column names and sets take[i] for those wanted (handed over all false); a
 *  negative code, told, ends the reading. At least one must be taken. */
typedef struct jd_wanted {
    int (*choose)(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx);
    void *user;
    /** Whether a column's cells are only compared, as ids; NULL = none. */
    bool (*is_id)(void *user, const char *name);
    /** Whether a column stays text whatever it holds, as codes do whose zeros in front count; NULL =
     *  none. Of a Stata file columns have the types they are stored in. */
    bool (*is_text)(void *user, const char *name);
} jd_wanted_t;

/** How a text file is written; '\0' = find out. */
typedef struct jd_csv_style {
    char separator; /**< ',' ';' '\t' or any other byte but quote, digit, letter, end of line */
    char decimal;   /**< '.' or ',' */
    const char *missing; /**< further codes of a missing value, joined by commas, or NULL: words as
                              they are written, numbers by their value */
} jd_csv_style_t;

/** Reads a file of separated fields: quoted or not, UTF-8, with or without byte order mark, any
 *  ends of lines, empty lines passed over. Missing are "", NA, N/A, NaN, NULL, "." and what the
 *  style adds, whose hits are told; "inf" is a number. A column is numeric if all its cells are,
 *  thousands grouped or not (which is told, and not so in ids). The separator found is the one of
 *  , ; tab that is most frequent in the header. The decimal mark found is that of the columns in
 * use that are numbers with one mark only, or else of the other columns; '\0' where no cell shows
 * it: columns such as "1,234" are then text. `style` comes back as it was found. Errors:
 * JD_ERR_OPEN, JD_ERR_READ, JD_ERR_FORMAT (no text), JD_ERR_DATA (file and line named; columns that
 * contradict each other in the decimal mark), JD_ERR_ARGUMENT (style), JD_ERR_NO_MEMORY, the
 * chooser's; the table is then empty. Cost: the file in memory, two passes over it by all threads.
 */
JD_MUST_USE int jd_csv_open(const char *path, jd_csv_style_t *style, const jd_wanted_t *wanted,
                            jd_table_t *table, jd_ctx_t *ctx);

/** Reads a Stata file (.dta, any version ReadStat knows: 104 to 119). Dates are Stata's numbers; a
 *  column with a date format has it as its unit: "%td", "%tc", "%tC", "%tw", "%tm", "%tq", "%th",
 *  "%ty", "%tb". `missing` as in the style, or NULL. Long strings (strL) are texts as others, up to
 * 4000 bytes. Errors: JD_ERR_OPEN, JD_ERR_FORMAT (no Stata file, or damaged), JD_ERR_DATA (a longer
 * text; no rows), JD_ERR_NO_MEMORY, the chooser's; the table is then empty. */
JD_MUST_USE int jd_stata_read(const char *path, const jd_wanted_t *wanted, const char *missing,
                              jd_table_t *table, jd_ctx_t *ctx);

/** Columns named after the taken ones of n names, all JD_DOUBLE as yet; one block, owned by the
 * caller. What the two readers share. */
JD_MUST_USE int jd_open_columns(const char *path, const char *const *names, const bool *take, int n,
                                jd_column_t **columns, int *taken, jd_ctx_t *ctx);

#endif
