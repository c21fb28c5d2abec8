/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of a sweep: the simulator and its estimates. */
#include "run/record/estimands.h"
#include "study/facts.h"
#include "study/replicate.h"
#include "sweep/sweep.h"

static int simulate(const jd_sweep_one_t *run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_study_times_t times = {0};
    jd_study_replicate_t one = {0};
    jd_table_t *summary = &result->table[JD_SWEEP_SUMMARY];
    int rc = jd_study_replicate(run->config, run->inputs, run->key, run->keep, &one, &times, ctx);
    if (!rc) rc = jd_table_reserve(summary, 1, ctx);
    if (!rc) rc = jd_study_add_facts(&result->table[JD_SWEEP_FACTS], one.fact, one.n_facts, ctx);
    if (!rc) {
        summary->rows = 1;
        jd_study_summarise(&one, summary, 0, 0);
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMATES], &one.estimates);
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMANDS], &one.estimands);
    }
    jd_study_replicate_free(&one);
    return rc;
}

const jd_sweep_kind_t jd_sweep_simulate = {
    .layout = {.n = JD_SWEEP_TABLES,
               .name = {"estimates", "truth/estimands", "facts", "summary"},
               .label = {JD_ESTIMATES_OF_ALL, JD_ESTIMANDS_OF_ALL, "Facts of all runs",
                         "What a run did"},
               .columns = {jd_estimate_columns, jd_estimand_columns, jd_fact_columns,
                           jd_summary_columns},
               .n_columns = {JD_EST_COLUMNS, E_COLUMNS, JD_FACT_COLUMNS, JD_SUMMARY_COLUMNS}},
    .run = simulate,
    .merges = true,
};
