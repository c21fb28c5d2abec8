/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Moments: named numbers that describe the panels of a world, simulated or recorded, so that the
 *  two can be compared. Measured alike of a run's file and of one that `jiedao panel` made: where a
 *  run has a column as the empirical file shows it, that one is read. */
#ifndef JD_MOMENTS_MOMENTS_H
#define JD_MOMENTS_MOMENTS_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/table.h"

/** Where tables are found: by name, NULL if there is none of it. */
typedef struct jd_moment_tables {
    const jd_table_t *(*table)(void *user, const char *name);
    void *user;
} jd_moment_tables_t;

/** Which tables may be read; NULL-ended. */
extern const char *const jd_moment_sources[];

typedef enum jd_moment_block { JD_BLOCK_UNIT, JD_BLOCK_PREFECTURE, JD_BLOCK_PROVINCE } jd_block_t;

typedef struct jd_moment_options {
    const char *estimators; /**< names joined by commas, "" = none */
    int32_t draws;          /**< of the bootstrap, 0 = none */
    int block;              /**< jd_block_t: what is drawn whole, with all its periods */
    uint64_t seed;
} jd_moment_options_t;

/** Columns of /moments. */
enum {
    JD_MOM_MOMENT,
    JD_MOM_GROUP,
    JD_MOM_VALUE,
    JD_MOM_STD_ERROR,
    JD_MOM_UNIT,
    JD_MOM_LABEL,
    JD_MOM_COLUMNS
};
extern const jd_column_t jd_moment_columns[JD_MOM_COLUMNS];
enum { JD_MOMENT_NAME = 48 };

/** What was measured. Zero it first; free in any case. */
typedef struct jd_moment_set {
    jd_table_t table;   /**< a row a moment; NaN where the tables do not have it */
    double *covariance; /**< [rows][rows], NaN where not known; NULL without a bootstrap */
    const char **why;   /**< [rows] what is missing where a value is NaN; static texts, or NULL */
    const char *panel;  /**< name of the panel read, static */
    int64_t units, periods, blocks;
} jd_moment_set_t;
void jd_moment_set_free(jd_moment_set_t *moments);

/** Measures all moments. Errors: JD_ERR_DATA (no panel, fewer than two blocks to draw),
 *  JD_ERR_ARGUMENT (an estimator that is not known). The same numbers for any threads. Cost: some
 *  30 passes over the panel, and again each draw. */
JD_MUST_USE int jd_moment_set_measure(jd_moment_set_t *moments, const jd_moment_tables_t *tables,
                                      const jd_moment_options_t *options, jd_ctx_t *ctx);

/** Whether there can be a moment of this name: of the list, "did.ESTIMATOR" or "MECHANISM.FACT". */
bool jd_moment_known(const char *name);
/** The nearest name of the list, or NULL. */
const char *jd_moment_nearest(const char *name);

void jd_moment_set_list(FILE *out);
void jd_moment_set_print(FILE *out, const jd_moment_set_t *moments,
                         const jd_moment_options_t *options, const char *path);
void jd_moment_set_json(FILE *out, const jd_moment_set_t *moments);
/** The covariance as a table of rows (moment, with, covariance), made here. */
JD_MUST_USE int jd_moment_set_covariance(const jd_moment_set_t *moments, jd_table_t *table,
                                         jd_ctx_t *ctx);

#endif
