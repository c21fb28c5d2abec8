/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of many runs: those of one run, with the run's number in front. */
#ifndef JD_STUDY_RUN_TABLES_H
#define JD_STUDY_RUN_TABLES_H

#include "jiedao/table.h"

/** Column `run`, counted from 1. */
extern const jd_column_t jd_run_column;

/** An empty table of the columns given with `run` in front; its column list is its own. */
JD_MUST_USE int jd_run_table_begin(jd_table_t *all, const char *name, const char *label,
                                   const jd_column_t *columns, int n_columns, int64_t capacity,
                                   jd_ctx_t *ctx);
/** Adds the rows of one run's table. */
JD_MUST_USE int jd_run_table_add(jd_table_t *all, const jd_table_t *one, int32_t run,
                                 jd_ctx_t *ctx);

#endif
