/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files own_data*.c share. */
#ifndef JD_STUDY_OWN_DATA_PARTS_H
#define JD_STUDY_OWN_DATA_PARTS_H

#include "io/long.h"
#include "study/own_data.h"

/** A column of a table by the rows of its long form. */
typedef struct jd_own_column {
    const jd_table_t *table;
    int column;
    const char *option; /**< "--unit", for messages */
} jd_own_column_t;

static inline bool jd_own_is_text(const jd_own_column_t *c)
{
    return c->table->columns[c->column].type == JD_TEXT;
}

static inline double jd_own_number(const jd_own_column_t *c, int64_t row)
{
    return jd_table_number(c->table, c->column, jd_long_cell(c->table, c->column, row));
}

/** Text of a cell, cut to the buffer. */
static inline const char *jd_own_text(const jd_own_column_t *c, int64_t row, char *buffer,
                                      size_t size)
{
    return jd_table_text(c->table, c->column, jd_long_cell(c->table, c->column, row), buffer, size);
}

/** Codes of ids [n] of the rows `keep`: the ids themselves where they are 32-bit whole numbers,
 * else 0, 1, ... in ascending order. JD_ERR_DATA for numbers too large to be told apart. */
JD_MUST_USE int jd_own_ids(const jd_own_column_t *ids, const int32_t *keep, int64_t n,
                           int32_t *codes, jd_ctx_t *ctx);

/** Periods of time and (unless NULL) cohorts of the rows `keep`, 0 = never; sets data->period,
 * first and last. `never` as in the roles. */
JD_MUST_USE int jd_own_periods(jd_own_data_t *data, const jd_own_column_t *time,
                               const jd_own_column_t *cohort, const char *never,
                               const int32_t *keep, int64_t n, int32_t *times, int32_t *cohorts,
                               jd_ctx_t *ctx);

#endif
