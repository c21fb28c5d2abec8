/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lists of columns for tables of records: a run's own, whose labels say this panel's units and
 * periods. */
#ifndef JD_RECORDS_COLUMNS_H
#define JD_RECORDS_COLUMNS_H

#include "records/records.h"

enum { JD_LABEL_SIZE = 96 };

/** Columns, and behind them their labels, one block: free(columns) frees both. */
typedef struct jd_column_list {
    jd_column_t *columns;
    char (*labels)[JD_LABEL_SIZE];
    int n, room;
} jd_column_list_t;

JD_MUST_USE int jd_column_list_make(jd_column_list_t *list, int room, jd_ctx_t *ctx);
/** Adds a copy of a column, or a run's by its table and name; the column's place. */
int jd_column_list_add(jd_column_list_t *list, const jd_column_t *column);
int jd_column_list_take(jd_column_list_t *list, const jd_records_t *records, const char *table,
                        const char *name);
/** "quarter", "year", ... */
const char *jd_records_period_word(const jd_records_t *records);

#endif
