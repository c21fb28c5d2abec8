/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of all runs of a sweep: /runs, /estimates, /truth/estimands. */
#ifndef JD_SWEEP_ALL_RUNS_H
#define JD_SWEEP_ALL_RUNS_H

#include "study/run_notes.h"
#include "sweep/sweep.h"

/** Zero it first; free in any case. */
typedef struct jd_all_runs {
    const jd_plan_t *plan;
    jd_table_t runs, table[JD_SWEEP_SUMMARY];
    jd_plan_name_t *name; /**< [n_factors] columns' names */
    jd_column_t *columns; /**< of /runs: the fixed ones, the factors, what a run did, its remarks */
    int64_t n, failed;    /**< runs added, and of them failed */
    jd_first_failure_t first_failure;
    jd_notes_tally_t tally;
} jd_all_runs_t;

/** Empty tables with room for some runs; the plan is borrowed. */
JD_MUST_USE int jd_all_runs_begin(jd_all_runs_t *all, const jd_plan_t *plan, int64_t room,
                                  jd_ctx_t *ctx);
/** Adds run `run`, from 0, whose result is of jd_sweep_simulate's layout. */
JD_MUST_USE int jd_all_runs_add(jd_all_runs_t *all, int64_t run, const jd_run_result_t *result,
                                jd_ctx_t *ctx);
/** All but the tally. */
void jd_all_runs_free(jd_all_runs_t *all);

#endif
