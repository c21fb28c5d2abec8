/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a proposition's runs say: numbers and lines, as tables. */
#ifndef JD_PROPOSITIONS_MEASURE_H
#define JD_PROPOSITIONS_MEASURE_H

#include "io/hdf5/store.h"
#include "propositions/proposition.h"

/** Columns of /numbers. */
enum {
    JD_NUM_LABEL,
    JD_NUM_OF,
    JD_NUM_AT,
    JD_NUM_STATUS,
    JD_NUM_ROLE,
    JD_NUM_VALUE,
    JD_NUM_LOW,
    JD_NUM_HIGH,
    JD_NUM_N,
    JD_NUM_EXPECTED,
    JD_NUM_VERDICT,
    JD_NUM_COLUMNS
};
extern const jd_column_t jd_number_columns[JD_NUM_COLUMNS];

/** Columns of /lines, which figure `claim` is drawn from. */
enum {
    JD_LINE_LABEL,
    JD_LINE_X,
    JD_LINE_WORD,
    JD_LINE_VALUE,
    JD_LINE_LOW,
    JD_LINE_HIGH,
    JD_LINE_COLUMNS
};
extern const jd_column_t jd_line_columns[JD_LINE_COLUMNS];

/** A proposition's runs while they are measured. Zero it first. */
typedef struct jd_measured {
    const jd_proposition_t *proposition;
    jd_store_t *store; /**< of the runs, open */
    jd_table_t runs;
    int64_t n_points, replicates;
    double *values[3]; /**< [points x replicates] of `of` and `per`, and one of each point */
    jd_column_t line_columns[JD_LINE_COLUMNS];
    jd_table_t numbers, lines;
} jd_measured_t;

/** Reads the runs in FOLDER/sweep.h5 and measures all rows of the proposition. */
JD_MUST_USE int jd_measure(jd_measured_t *m, const jd_proposition_t *p, const char *folder,
                           jd_ctx_t *ctx);
void jd_measured_free(jd_measured_t *m);

/** One number more; one place more of a line. */
JD_MUST_USE int jd_measure_number(jd_measured_t *m, const jd_number_t *row, jd_ctx_t *ctx);
JD_MUST_USE int jd_measure_place(jd_measured_t *m, const jd_number_t *row, double x,
                                 const char *word, jd_ctx_t *ctx);

#endif
