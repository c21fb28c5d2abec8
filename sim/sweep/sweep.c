/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/sweep.h"

#include <string.h>

#include "study/store_keep.h"
#include "sweep/ours.h"

/* What the runs of a sweep share; only read. */
typedef struct job {
    const jd_sweep_kind_t *kind;
    const jd_config_t *config;
    const jd_sweep_folder_t *folder;
    const jd_study_inputs_t *inputs;
    bool own_inputs; /* a swept value names the files: each run reads its own */
} job_t;

/* A run into a file of its own, which is there before the run's record is. */
static int run_into_file(const job_t *job, int64_t run, jd_sweep_one_t *one,
                         const jd_study_inputs_t *inputs, jd_run_result_t *result, jd_ctx_t *ctx)
{
    char path[4096];
    jd_shards_file(&job->folder->shards, run, path);
    jd_store_t *store = NULL;
    int rc = jd_sweep_may_replace(path, ctx);
    if (!rc) rc = jd_store_create(&store, path, true, ctx);
    if (rc) return rc == JD_ERR_NO_MEMORY ? rc : JD_ERR_WRITE; /* not this run's failure */
    jd_store_keep_t where = {.store = store, .prefix = ""};
    const jd_keeper_t keep = jd_keep_in_store(&where);
    one->keep = &keep;
    rc = jd_study_store_identity(store, one->config, 1, ctx);
    if (!rc) rc = jd_study_store_inputs(store, inputs, ctx);
    if (!rc) rc = jd_study_store_config(store, one->config, jd_config_source(one->config), ctx);
    if (!rc) rc = job->kind->run(one, result, ctx);
    one->keep = NULL;
    if (!rc) return jd_store_commit(&store, ctx);
    jd_store_abandon(&store);
    return rc;
}

static int run_one(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    const job_t *job = user;
    const jd_plan_t *plan = &job->folder->plan;
    jd_config_t *config = NULL;
    jd_study_inputs_t own = {0};
    const jd_study_inputs_t *inputs = job->own_inputs ? &own : job->inputs;
    int rc = jd_plan_config(&config, plan, job->config, jd_plan_point(plan, run), ctx);
    if (!rc && job->own_inputs) rc = jd_study_inputs_read(&own, config, ctx);
    jd_sweep_one_t one = {
        .config = config, .inputs = &inputs->inputs, .key = jd_plan_key(plan, run)};
    if (!rc && job->folder->shards.files)
        rc = run_into_file(job, run, &one, inputs, result, ctx);
    else if (!rc)
        rc = job->kind->run(&one, result, ctx);
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

/* Whether this process is to merge: it leads, or was to do all runs and, be it by others, all are
 * there. */
static int is_last(const jd_sweep_folder_t *made, const jd_sweep_options_t *options,
                   const jd_farm_facts_t *farm, bool *last, jd_ctx_t *ctx)
{
    int64_t missing, first;
    *last = options->leads;
    if (options->ticket || options->parts > 1) return JD_OK;
    *last = farm->found + farm->done == made->plan.n_runs;
    if (*last) return JD_OK;
    int rc = jd_shards_missing(&made->shards, &missing, &first, ctx);
    *last = missing == 0;
    return rc;
}

static int merge(const char *folder, jd_sweep_facts_t *facts, jd_ctx_t *ctx)
{
    jd_sweep_facts_t merged;
    jd_ctx_t inner = jd_ctx_inner(ctx);
    inner.warn = ctx ? ctx->warn : NULL;
    int rc = jd_sweep_merge(folder, true, &merged, &inner);
    facts->merged = !rc;
    facts->farm.failed = merged.farm.failed;
    facts->farm.first_failure = merged.farm.first_failure;
    bool others = facts->farm.found + facts->farm.done < facts->n_runs;
    if (rc == JD_ERR_EXISTS && others) return JD_OK; /* one of them merges just now */
    if (rc == JD_ERR_WRITE)
        return jd_fail(ctx, rc, "%s\nall runs are kept in %s: jiedao merge %s writes the file",
                       inner.message, folder, folder);
    return rc ? jd_fail(ctx, rc, "%s", inner.message) : JD_OK;
}

int jd_sweep_run(const jd_sweep_kind_t *kind, const jd_config_t *config, const char *folder,
                 const jd_sweep_options_t *options, jd_sweep_facts_t *facts, jd_ctx_t *ctx)
{
    const jd_plan_params_t *params = jd_config_section(config, "sweep");
    jd_study_inputs_t inputs;
    jd_sweep_folder_t made = {0};
    bool last = false;
    memset(facts, 0, sizeof *facts);
    int rc = jd_study_inputs_read(&inputs, config, ctx);
    if (!rc) rc = jd_sweep_folder_make(&made, kind, folder, config, &inputs, options, ctx);
    job_t job = {.kind = kind,
                 .config = config,
                 .folder = &made,
                 .inputs = &inputs,
                 .own_inputs = !rc && sweeps_paths(&made.plan)};
    const jd_farm_t farm = {.shards = &made.shards,
                            .run = run_one,
                            .user = &job,
                            .part = options->part,
                            .parts = options->parts > 0 ? options->parts : 1,
                            .one_at_a_time = made.shards.files, /* HDF5 takes one thread */
                            .max_failures = params->max_failures,
                            .ticket = options->ticket,
                            .ready = options->ready,
                            .done = options->done,
                            .process = options->process};
    facts->n_points = made.plan.n_points;
    facts->replicates = made.plan.replicates;
    facts->n_runs = made.plan.n_runs;
    if (!rc) rc = jd_farm_work(&farm, &facts->farm, ctx);
    if (!rc) rc = is_last(&made, options, &facts->farm, &last, ctx);
    jd_sweep_folder_free(&made);
    jd_study_inputs_free(&inputs);
    return !rc && last && kind->merges ? merge(folder, facts, ctx) : rc;
}
