/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/all_runs.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "study/run_tables.h"

static int make_columns(jd_all_runs_t *all, int64_t room, jd_ctx_t *ctx)
{
    const jd_column_t *summary = jd_sweep_simulate.layout.columns[JD_SWEEP_SUMMARY];
    int n = JD_RUN_COLUMNS + all->plan->n_factors + JD_SUMMARY_COLUMNS + 1;
    int rc = jd_make(&all->name, all->plan->n_factors, sizeof *all->name, "the merge", ctx);
    if (!rc) rc = jd_make(&all->columns, n, sizeof *all->columns, "the merge", ctx);
    if (rc) return rc;
    memcpy(all->columns, jd_run_columns, sizeof jd_run_columns);
    jd_plan_columns(all->plan, all->columns + JD_RUN_COLUMNS, all->name);
    memcpy(all->columns + JD_RUN_COLUMNS + all->plan->n_factors, summary,
           JD_SUMMARY_COLUMNS * sizeof *summary);
    all->columns[n - 1] = jd_run_note_column;
    return jd_table_init(&all->runs, "runs", "Runs of this file", all->columns, n, room, ctx);
}

int jd_all_runs_begin(jd_all_runs_t *all, const jd_plan_t *plan, int64_t room, jd_ctx_t *ctx)
{
    const jd_run_layout_t *l = &jd_sweep_simulate.layout;
    all->plan = plan;
    int rc = make_columns(all, room, ctx);
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_run_table_begin(&all->table[t], l->name[t], l->label[t], l->columns[t],
                                l->n_columns[t], 1024, ctx);
    return rc;
}

int jd_all_runs_add(jd_all_runs_t *all, int64_t run, const jd_run_result_t *r, jd_ctx_t *ctx)
{
    const jd_plan_t *plan = all->plan;
    int64_t point = jd_plan_point(plan, run);
    const jd_table_t *summary = &r->table[JD_SWEEP_SUMMARY];
    int rc = jd_run_note(&all->runs, run + 1, point + 1, jd_plan_replicate(plan, run) + 1,
                         r->failed ? r->message : NULL, r->note, ctx);
    if (rc) return rc;
    int64_t row = all->runs.rows - 1;
    jd_plan_put(plan, point, &all->runs, JD_RUN_COLUMNS, row);
    jd_study_summarise_failed(&all->runs, JD_RUN_COLUMNS + plan->n_factors, row);
    for (int c = 0; c < JD_SUMMARY_COLUMNS && summary->rows == 1; c++)
        jd_table_set_number(&all->runs, JD_RUN_COLUMNS + plan->n_factors + c, row,
                            jd_table_number(summary, c, 0));
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_run_table_add(&all->table[t], &r->table[t], (int32_t)run + 1, ctx);
    all->failed += r->failed != 0;
    all->n++;
    jd_first_failure_note(&all->first_failure, run, r);
    return rc ? rc : jd_notes_tally_add(&all->tally, r->note, r->failed ? r->message : NULL, ctx);
}

void jd_all_runs_free(jd_all_runs_t *all)
{
    for (int t = 0; t < JD_SWEEP_SUMMARY; t++)
        jd_table_free(&all->table[t]);
    jd_table_free(&all->runs);
    free(all->columns);
    free(all->name);
}
