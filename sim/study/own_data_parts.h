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

/** Roles of columns; covariates, fixed effects and the further parts of crossed ids follow. */
enum {
    JD_OWN_Y,
    JD_OWN_UNIT,
    JD_OWN_TIME,
    JD_OWN_COHORT,
    JD_OWN_TREAT,
    JD_OWN_DOSE,
    JD_OWN_ELIGIBLE,
    JD_OWN_WEIGHT,
    JD_OWN_CLUSTER,
    JD_OWN_CLUSTER2,
    JD_OWN_LATITUDE,
    JD_OWN_LONGITUDE,
    JD_OWN_LISTED
};

/** A column the user named. */
typedef struct jd_own_role {
    const char *option;
    char *name; /**< owned; NULL = not given */
    int reason; /**< what a missing cell counts under; -1: none is missing (cohorts) */
    int next;   /**< the role this id is crossed with, by its place; 0 = none */
    jd_own_column_t column;
} jd_own_role_t;

typedef struct jd_own_columns {
    jd_own_role_t
        *list; /**< JD_OWN_LISTED of them, n_x covariates, n_fixed fixed effects, then parts */
    int n, n_x, n_fixed;
    bool absorb, no_unit;
    const char *path;
} jd_own_columns_t;

/** Reads the table of a file with the columns the roles name, checks that they are there, and finds
 *  them in it. The caller frees both, also after an error. */
JD_MUST_USE int jd_own_columns_read(jd_own_columns_t *columns, jd_table_t *table, const char *path,
                                    const jd_own_roles_t *roles, jd_ctx_t *ctx);
void jd_own_columns_free(jd_own_columns_t *columns);

/** Whether a role takes numbers only. */
bool jd_own_is_numeric(const jd_own_columns_t *columns, int role);

/** Whether two roles name the same column, or cross the same. */
bool jd_own_is_same(const jd_own_columns_t *columns, int a, int b);

/** Codes of ids [n] of the rows `keep`: the ids themselves where they are 32-bit whole numbers,
 * else 0, 1, ... in ascending order. JD_ERR_DATA for numbers too large to be told apart. */
JD_MUST_USE int jd_own_ids(const jd_own_column_t *ids, const int32_t *keep, int64_t n,
                           int32_t *codes, jd_ctx_t *ctx);

/** Makes codes [n] those of the pairs (codes, other), 0, 1, ... in ascending order. */
JD_MUST_USE int jd_own_cross(int32_t *codes, const int32_t *other, int64_t n, jd_ctx_t *ctx);

/** Periods of time and (unless NULL) cohorts of the rows `keep`, 0 = never; sets data->period,
 * first and last. `never` as in the roles. */
JD_MUST_USE int jd_own_periods(jd_own_data_t *data, const jd_own_column_t *time,
                               const jd_own_column_t *cohort, const char *never,
                               const int32_t *keep, int64_t n, int32_t *times, int32_t *cohorts,
                               jd_ctx_t *ctx);

#endif
