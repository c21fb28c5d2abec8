/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/sweep.h"

#include <string.h>

#include "run/columns.h"
#include "study/replicate.h"

static const jd_column_t summary_columns[JD_SUMMARY_COLUMNS] = {
    {"moves", JD_INT64, "1", "moves of firms, world with the policy", NULL, 0, JD_AXIS_CELL},
    {"relocations", JD_INT64, "1", "of them across a county border", NULL, 0, JD_AXIS_CELL},
    {"observed", JD_INT64, "1", "of them in the empirical file", NULL, 0, JD_AXIS_CELL},
    {"within_prefecture", JD_INT64, "1", "relocations inside a prefecture", NULL, 0, JD_AXIS_CELL},
    {"within_province", JD_INT64, "1", "relocations inside a province", NULL, 0, JD_AXIS_CELL},
    {"distance", JD_DOUBLE, "km", "mean distance of relocations", NULL, 0, JD_AXIS_CELL},
    {"treated_counties", JD_INT32, "1", "counties ever treated", NULL, 0, JD_AXIS_CELL},
    {"share_strong", JD_DOUBLE, "1", "share of time on strong tasks, last period", NULL, 0,
     JD_AXIS_CELL},
    {"services", JD_DOUBLE, "1", "services G, last period", NULL, 0, JD_AXIS_CELL},
    {"friction", JD_DOUBLE, "1", "friction F, last period", NULL, 0, JD_AXIS_CELL},
};

/* What the runs of a sweep share; only read. */
typedef struct job {
    const jd_sweep_kind_t *kind;
    const jd_config_t *config;
    const jd_plan_t *plan;
    const jd_inputs_t *inputs;
    bool own_inputs; /* a swept value names the files: each run reads its own */
} job_t;

static int add_summary(jd_table_t *t, const jd_study_replicate_t *one, jd_ctx_t *ctx)
{
    const jd_run_facts_t *f = &one->facts;
    int rc = jd_table_reserve(t, 1, ctx);
    if (rc) return rc;
    const double values[JD_SUMMARY_COLUMNS] = {(double)f->moves,
                                               (double)f->relocations,
                                               (double)f->observed,
                                               (double)f->within_prefecture,
                                               (double)f->within_province,
                                               f->distance,
                                               (double)f->treated_counties,
                                               one->strong,
                                               one->services,
                                               one->friction};
    t->rows = 1;
    for (int c = 0; c < JD_SUMMARY_COLUMNS; c++)
        jd_table_set_number(t, c, 0, values[c]);
    return JD_OK;
}

static int simulate(const jd_config_t *config, const jd_inputs_t *inputs, uint64_t key,
                    jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_study_times_t times = {0};
    jd_study_replicate_t one = {0};
    int rc = jd_study_replicate(config, inputs, key, NULL, "", &one, &times, ctx);
    if (!rc) rc = add_summary(&result->table[JD_SWEEP_SUMMARY], &one, ctx);
    if (!rc) {
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMATES], &one.estimates);
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMANDS], &one.estimands);
    }
    jd_study_replicate_free(&one);
    return rc;
}

const jd_sweep_kind_t jd_sweep_simulate = {
    .layout = {.n = JD_SWEEP_TABLES,
               .name = {"estimates", "truth/estimands", "summary"},
               .label = {"Estimates of all runs", "Estimands of all runs", "What a run did"},
               .columns = {jd_estimate_columns, jd_estimand_columns, summary_columns},
               .n_columns = {JD_EST_COLUMNS, E_COLUMNS, JD_SUMMARY_COLUMNS}},
    .run = simulate,
    .merges = true,
};

static int run_one(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    const job_t *job = user;
    jd_config_t *config = NULL;
    jd_study_inputs_t own = {0};
    int rc = jd_plan_config(&config, job->plan, job->config, jd_plan_point(job->plan, run), ctx);
    if (!rc && job->own_inputs) rc = jd_study_inputs_read(&own, config, ctx);
    if (!rc)
        rc = job->kind->run(config, job->own_inputs ? &own.inputs : job->inputs,
                            jd_plan_key(job->plan, run), result, ctx);
    jd_study_inputs_free(&own);
    jd_config_free(config);
    return rc;
}

static bool sweeps_paths(const jd_plan_t *plan)
{
    for (int f = 0; f < plan->n_factors; f++)
        if (plan->factors[f].param->type == JD_PARAM_PATH) return true;
    return false;
}

int jd_sweep_run(const jd_sweep_kind_t *kind, const jd_config_t *config, const char *folder,
                 const jd_sweep_options_t *options, jd_sweep_facts_t *facts, jd_ctx_t *ctx)
{
    jd_study_inputs_t inputs;
    jd_sweep_folder_t made = {0};
    memset(facts, 0, sizeof *facts);
    int rc = jd_study_inputs_read(&inputs, config, ctx);
    if (!rc) rc = jd_sweep_folder_make(&made, kind, folder, config, &inputs, options, ctx);
    job_t job = {.kind = kind,
                 .config = config,
                 .plan = &made.plan,
                 .inputs = &inputs.inputs,
                 .own_inputs = !rc && sweeps_paths(&made.plan)};
    const jd_farm_t farm = {.shards = &made.shards,
                            .run = run_one,
                            .user = &job,
                            .part = options->part,
                            .parts = options->parts > 0 ? options->parts : 1,
                            .runs_most = options->runs_most,
                            .ticket = options->ticket,
                            .ready = options->ready,
                            .done = options->done,
                            .process = options->process};
    facts->n_points = made.plan.n_points;
    facts->replicates = made.plan.replicates;
    facts->n_runs = made.plan.n_runs;
    if (!rc) rc = jd_farm_work(&farm, &facts->farm, ctx);
    bool all = facts->farm.found + facts->farm.done == facts->n_runs;
    bool merges = options->ticket ? options->leads : farm.parts == 1 && all;
    jd_sweep_folder_free(&made);
    jd_study_inputs_free(&inputs);
    if (!rc && merges && kind->merges) {
        jd_sweep_facts_t merged;
        rc = jd_sweep_merge(folder, true, &merged, ctx);
        facts->merged = rc == JD_OK;
        facts->farm.failed = merged.farm.failed;
    }
    return rc;
}
