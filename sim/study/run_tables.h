/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of many runs: those of one run, with the run's number in front. */
#ifndef JD_STUDY_RUN_TABLES_H
#define JD_STUDY_RUN_TABLES_H

#include "jiedao/table.h"

/** Columns of /runs that every file has; `run` is counted from 1. */
enum { JD_RUN_RUN, JD_RUN_POINT, JD_RUN_REPLICATE, JD_RUN_STATUS, JD_RUN_REASON, JD_RUN_COLUMNS };
extern const jd_column_t jd_run_columns[JD_RUN_COLUMNS];
/** And the last of them, behind the factors and what the run did. */
extern const jd_column_t jd_run_note_column;
/** A row more: run, point and replicate counted from 1; `message` NULL or why it failed;
 * `note` what was remarked, "" = nothing. */
JD_MUST_USE int jd_run_note(jd_table_t *runs, int64_t run, int64_t point, int64_t replicate,
                            const char *message, const char *note, jd_ctx_t *ctx);

/** An empty table of the columns given with `run` in front; its column list is its own. */
JD_MUST_USE int jd_run_table_begin(jd_table_t *all, const char *name, const char *label,
                                   const jd_column_t *columns, int n_columns, int64_t capacity,
                                   jd_ctx_t *ctx);
/** Adds the rows of one run's table. */
JD_MUST_USE int jd_run_table_add(jd_table_t *all, const jd_table_t *one, int32_t run,
                                 jd_ctx_t *ctx);

#endif
