/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "linear/blas.h"
#include "run/setting.h"
#include "study/builtin.h"
#include "study/replicate.h"
#include "sweep/all_runs.h"
#include "sweep/reads.h"
#include "sweep/sections.h"
#include "sweep/validate/rounds.h"
#include "trial/kept.h"
#include "trial/memory_runs.h"
#include "trial/sample.h"

/* A world that was simulated; its config and inputs are lent to the simulation. */
typedef struct world {
    jd_config_t *config;
    jd_study_inputs_t inputs;
    jd_simulation_t *sim;
    jd_kept_t streamed;
    jd_study_replicate_t summary;
    jd_table_t summary_row, facts, sample, estimates;
} world_t;

/* A sweep that was run; tables borrow names from the plan. */
typedef struct swept {
    jd_config_t *config;
    jd_plan_t plan;
    jd_all_runs_t all;
} swept_t;

struct jd_trial {
    jd_config_t *config; /* as it was set, not finished */
    world_t world;
    jd_config_t *validated; /* lent to the plan of the validation */
    jd_validation_t validation;
    swept_t swept;
};

/* ---- What is tried ---- */

static void forget_world(world_t *w)
{
    jd_simulation_free(w->sim);
    jd_kept_free(&w->streamed);
    jd_study_replicate_free(&w->summary);
    jd_table_free(&w->summary_row);
    jd_table_free(&w->facts);
    jd_table_free(&w->sample);
    jd_table_free(&w->estimates);
    jd_study_inputs_free(&w->inputs);
    jd_config_free(w->config);
    memset(w, 0, sizeof *w);
}

static void forget_validation(jd_trial_t *trial)
{
    jd_validation_free(&trial->validation);
    jd_config_free(trial->validated);
    trial->validated = NULL;
}

static void forget_sweep(swept_t *s)
{
    jd_all_runs_free(&s->all);
    jd_plan_free(&s->plan);
    jd_config_free(s->config);
    memset(s, 0, sizeof *s);
}

int jd_trial_create(jd_trial_t **trial, const char *config, jd_ctx_t *ctx)
{
    int n;
    *trial = NULL;
    jd_ctx_enter(ctx);
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    jd_trial_t *made = calloc(1, sizeof *made);
    if (!made) return jd_fail_memory(ctx, sizeof *made, "a trial");
    int rc = jd_config_create(&made->config, sections, n, ctx);
    if (!rc && config && strchr(config, '\n'))
        rc = jd_config_read_text(made->config, "config", config, ctx);
    else if (!rc && config && config[0])
        rc = jd_config_read_named(made->config, config, ctx);
    if (rc)
        jd_trial_free(made);
    else
        *trial = made;
    return rc;
}

void jd_trial_free(jd_trial_t *trial)
{
    if (!trial) return;
    forget_world(&trial->world);
    forget_validation(trial);
    forget_sweep(&trial->swept);
    jd_config_free(trial->config);
    free(trial);
}

static int set(jd_config_t *config, const char *section, const char *name, const char *value,
               jd_ctx_t *ctx)
{
    char *text = NULL;
    const size_t room = strlen(section) + strlen(name) + strlen(value) + 2;
    int rc = jd_make_unset(&text, room, 1, "a parameter", ctx);
    if (rc) return rc;
    snprintf(text, room, "%s%s=%s", section, name, value);
    rc = jd_config_set(config, "settings", text, ctx);
    free(text);
    return rc;
}

int jd_trial_set(jd_trial_t *trial, const char *name, const char *value, jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    jd_ctx_enter(ctx);
    int rc = jd_config_copy(&config, trial->config, ctx);
    if (!rc) rc = set(config, "", name, value, ctx);
    if (rc) {
        jd_config_free(config);
        return rc;
    }
    jd_config_free(trial->config);
    trial->config = config;
    if (strncmp(name, "estimate.", 9) != 0) forget_world(&trial->world);
    return JD_OK;
}

/* A finished copy of what is set. */
static int finish(const jd_trial_t *trial, jd_config_t **config, jd_ctx_t *ctx)
{
    int rc = jd_config_copy(config, trial->config, ctx);
    return rc ? rc : jd_config_finish(*config, ctx);
}

/* ---- One world ---- */

static const jd_table_t *find_recorded(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static int estimate(world_t *w, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_estimate_params_t *params = jd_config_section(config, "estimate");
    const jd_recorded_t recorded = {.table = find_recorded, .user = w->sim};
    jd_table_t estimates = {0}, sample = {0};
    jd_blas_alone_begin(); /* the same bits in whatever process this is */
    int rc = jd_recover(params, &recorded, &estimates, NULL, ctx);
    jd_blas_alone_end();
    if (!rc && params->county) rc = jd_trial_sample(&sample, params, &recorded, ctx);
    if (rc) {
        jd_table_free(&estimates);
        jd_table_free(&sample);
        return rc;
    }
    jd_table_free(&w->estimates);
    jd_table_free(&w->sample);
    w->estimates = estimates;
    w->sample = sample;
    return JD_OK;
}

/* What the run did, and the facts of its mechanisms. */
static int sum_up(world_t *w, jd_ctx_t *ctx)
{
    int rc = jd_table_init(&w->summary_row, "summary", "What the run did", jd_summary_columns,
                           JD_SUMMARY_COLUMNS, 1, ctx);
    if (rc) return rc;
    w->summary_row.rows = 1;
    jd_study_summarise(&w->summary, &w->summary_row, 0, 0);
    return w->summary.n_facts > 0 ? jd_study_facts(&w->summary, &w->facts, ctx) : JD_OK;
}

int jd_trial_simulate(jd_trial_t *trial, int64_t replicate, int streams, jd_ctx_t *ctx)
{
    world_t *w = &trial->world;
    jd_ctx_enter(ctx);
    forget_world(w);
    if (replicate < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "replicate = %lld: replicates count from 1",
                       (long long)replicate);
    const jd_sink_t sink = jd_kept_sink(&w->streamed);
    int rc = finish(trial, &w->config, ctx);
    if (!rc) rc = jd_reads_note(w->config, jd_run_unread, ctx);
    if (!rc) rc = jd_study_inputs_read(&w->inputs, w->config, ctx);
    if (!rc)
        rc = jd_simulation_create(&w->sim, w->config, &w->inputs.inputs, (uint64_t)replicate - 1,
                                  ctx);
    if (!rc) rc = jd_simulation_run(w->sim, streams ? &sink : NULL, ctx);
    if (!rc) {
        w->summary.n_facts = jd_mechanisms_facts(w->sim, w->summary.fact);
        jd_simulation_drop_firms(w->sim);
        rc = jd_study_note(w->sim, &w->summary, ctx);
    }
    if (!rc) rc = sum_up(w, ctx);
    if (!rc) rc = estimate(w, w->config, ctx);
    if (rc) forget_world(w);
    return rc;
}

int jd_trial_estimate(jd_trial_t *trial, const char *const *names, const char *const *values, int n,
                      jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    jd_ctx_enter(ctx);
    if (!trial->world.sim)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "there is no world to estimate on: simulate one first, and again after a "
                       "parameter outside of [estimate] is set");
    int rc = jd_config_copy(&config, trial->config, ctx);
    for (int i = 0; i < n && !rc; i++)
        rc = set(config, "estimate.", names[i], values[i], ctx);
    if (!rc) rc = jd_config_finish(config, ctx);
    if (!rc) rc = estimate(&trial->world, config, ctx);
    jd_config_free(config);
    return rc;
}

/* ---- Many ---- */

static int validate_round(jd_validate_work_t *w, const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_plan_t plan = {0};
    int rc = jd_plan_make(&plan, config, ctx);
    w->round = &plan;
    if (!rc) rc = jd_memory_runs(&jd_sweep_validate, &plan, config, jd_validate_take, w, ctx);
    jd_plan_free(&plan);
    return rc;
}

int jd_trial_validate(jd_trial_t *trial, jd_ctx_t *ctx)
{
    jd_ctx_enter(ctx);
    forget_validation(trial);
    int rc = finish(trial, &trial->validated, ctx);
    jd_validate_work_t work = {
        .config = trial->validated, .validation = &trial->validation, .runs = validate_round};
    if (!rc) rc = jd_validate_all(&work, NULL, NULL, ctx);
    const jd_validation_t *v = &trial->validation;
    if (!rc && v->failed == v->replicates * v->plan.n_points)
        rc = jd_fail(ctx, JD_ERR_DATA, "every run failed; the first: %s", v->failure);
    if (rc) forget_validation(trial);
    return rc;
}

/* Adds a run, and stops where too many failed while others are still to do. */
static int take_swept(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    swept_t *s = user;
    const jd_plan_params_t *params = jd_config_section(s->config, "sweep");
    int rc = jd_all_runs_add(&s->all, run, result, ctx);
    if (rc || params->max_failures == 0 || s->all.failed < params->max_failures ||
        s->all.n == s->plan.n_runs)
        return rc;
    return jd_fail(ctx, JD_ERR_DATA,
                   "stopped after %lld failed runs of %lld (sweep.max_failures = %lld); the first "
                   "(run %lld): %s",
                   (long long)s->all.failed, (long long)s->all.n, (long long)params->max_failures,
                   (long long)s->all.first_failure.run, s->all.first_failure.message);
}

int jd_trial_sweep(jd_trial_t *trial, jd_ctx_t *ctx)
{
    swept_t *s = &trial->swept;
    jd_ctx_enter(ctx);
    forget_sweep(s);
    int rc = finish(trial, &s->config, ctx);
    if (!rc) rc = jd_plan_make(&s->plan, s->config, ctx);
    if (!rc) rc = jd_reads_check(&s->plan, s->config, jd_sweep_unread, ctx);
    if (!rc) rc = jd_all_runs_begin(&s->all, &s->plan, 64, ctx);
    if (!rc) rc = jd_memory_runs(&jd_sweep_simulate, &s->plan, s->config, take_swept, s, ctx);
    jd_notes_tally_end(&s->all.tally, "runs", rc ? NULL : ctx);
    if (rc) forget_sweep(s);
    return rc;
}

/* ---- Tables ---- */

enum { OWN_TABLES = 11 };

static void list_own(const jd_trial_t *t, const char *names[OWN_TABLES],
                     const jd_table_t *tables[OWN_TABLES])
{
    const jd_table_t *swept = t->swept.all.table;
    const struct {
        const char *name;
        const jd_table_t *table;
    } own[OWN_TABLES] = {{"estimates", &t->world.estimates},
                         {"facts", &t->world.facts},
                         {"summary", &t->world.summary_row},
                         {"sample/county", &t->world.sample},
                         {"validation/measures", &t->validation.table},
                         {"validation/points", &t->validation.points},
                         {"validation/replicates", &t->validation.singles},
                         {"sweep/runs", &t->swept.all.runs},
                         {"sweep/estimates", &swept[JD_SWEEP_ESTIMATES]},
                         {"sweep/estimands", &swept[JD_SWEEP_ESTIMANDS]},
                         {"sweep/facts", &swept[JD_SWEEP_FACTS]}};
    for (int i = 0; i < OWN_TABLES; i++) {
        names[i] = own[i].name;
        tables[i] = own[i].table;
    }
}

/* The index-th table; NULL behind the last. Those of a world that were not made have no columns. */
static const jd_table_t *table_at(const jd_trial_t *t, int index, const char **name)
{
    const char *names[OWN_TABLES];
    const jd_table_t *own[OWN_TABLES];
    const int simulated = t->world.sim ? jd_simulation_n_tables(t->world.sim) : 0;
    list_own(t, names, own);
    for (int i = 0; i < simulated + t->world.streamed.n + OWN_TABLES; i++) {
        const int k = i - simulated, o = k - t->world.streamed.n;
        const jd_table_t *table = i < simulated ? jd_simulation_table_at(t->world.sim, i)
                                  : o < 0       ? &t->world.streamed.table[k]
                                                : own[o];
        if (!table->columns || index-- > 0) continue;
        *name = o < 0 ? table->name : names[o];
        return table;
    }
    return NULL;
}

int jd_trial_n_tables(const jd_trial_t *trial)
{
    const char *name;
    int n = 0;
    while (table_at(trial, n, &name))
        n++;
    return n;
}

const char *jd_trial_table_name(const jd_trial_t *trial, int index)
{
    const char *name = NULL;
    return index >= 0 && table_at(trial, index, &name) ? name : NULL;
}

const jd_table_t *jd_trial_table(const jd_trial_t *trial, const char *name)
{
    const char *there;
    const jd_table_t *table;
    for (int i = 0; (table = table_at(trial, i, &there)); i++)
        if (strcmp(there, name) == 0) return table;
    return NULL;
}

/* ---- What can be asked for ---- */

int jd_trial_config(int index, const char **name, const char **text)
{
    if (index < 0 || index >= jd_builtin_count) return 0;
    if (name) *name = jd_builtin_names[index];
    if (text) *text = jd_builtin_texts[index];
    return 1;
}
