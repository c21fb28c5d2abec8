/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/memory_runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "core/host.h"
#include "core/memory.h"
#include "linear/blas.h"
#include "study/run_notes.h"

/* What the workers share; all but what is only read is touched under one lock. */
typedef struct crew {
    const jd_sweep_kind_t *kind;
    const jd_plan_t *plan;
    const jd_config_t *config;
    jd_study_inputs_t inputs; /* read once, unless a swept value names the files */
    bool own_inputs;
    int threads; /* of one run */
    int (*take)(void *, int64_t, jd_run_result_t *, jd_ctx_t *);
    void *user;
    jd_run_result_t **ready; /* [n_runs] done and not taken, for those before are not done */
    int64_t next, taken;
    int working, rc;
    jd_relay_t relay;
    jd_ctx_t *ctx;
} crew_t;

static bool sweeps_paths(const jd_plan_t *plan)
{
    for (int f = 0; f < plan->n_factors; f++)
        if (plan->factors[f].param->type == JD_PARAM_PATH) return true;
    return false;
}

static int run_one(const crew_t *c, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_config_t *config = NULL;
    jd_study_inputs_t own = {0};
    int rc = jd_plan_config(&config, c->plan, c->config, jd_plan_point(c->plan, run), ctx);
    if (!rc && c->own_inputs) rc = jd_study_inputs_read(&own, config, ctx);
    const jd_sweep_one_t one = {.config = config,
                                .inputs = c->own_inputs ? &own.inputs : &c->inputs.inputs,
                                .key = jd_plan_key(c->plan, run)};
    if (!rc) rc = c->kind->run(&one, result, ctx);
    jd_study_inputs_free(&own);
    jd_config_free(config);
    return rc;
}

/* A run with its notes; what ends all is returned, what ends the run alone is in the result. */
static int do_run(crew_t *c, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_run_notes_t notes;
    jd_ctx_t inner;
    int rc = jd_run_result_init(result, &c->kind->layout, ctx);
    if (rc) return rc;
    jd_run_notes_begin(&notes, &inner, ctx);
    inner.threads = c->threads;
    const int failed = run_one(c, run, result, &inner);
    if (failed == JD_ERR_CANCELLED || failed == JD_ERR_NO_MEMORY)
        return jd_fail(ctx, failed, "%s", inner.message);
    if (failed) {
        jd_run_result_free(result);
        rc = jd_run_result_init(result, &c->kind->layout, ctx);
        snprintf(result->message, sizeof result->message, "%.*s", (int)strcspn(inner.message, "\n"),
                 inner.message);
    }
    result->failed = failed;
    jd_run_notes_end(&notes, result->note);
    return rc;
}

/* Takes what is ready, in order. */
static void take_ready(crew_t *c)
{
    while (!c->rc && c->taken < c->plan->n_runs && c->ready[c->taken]) {
        jd_run_result_t *result = c->ready[c->taken];
        c->rc = c->take(c->user, c->taken, result, c->ctx);
        c->ready[c->taken++] = NULL;
        jd_run_result_free(result);
        free(result);
    }
    const jd_progress_t progress = {.stage = "runs",
                                    .done = c->taken,
                                    .total = c->plan->n_runs,
                                    .items = (double)c->taken,
                                    .item = "runs"};
    jd_report_progress(c->ctx, &progress);
}

static int64_t next_run(crew_t *c)
{
    int64_t run = -1;
#pragma omp critical(jd_memory_runs)
    {
        if (!c->rc && c->next < c->plan->n_runs) {
            run = c->next++;
            c->working++;
        }
    }
    return run;
}

static void end_run(crew_t *c, int64_t run, jd_run_result_t *result, int rc, const jd_ctx_t *inner)
{
#pragma omp critical(jd_memory_runs)
    {
        c->working--;
        if (rc && !c->rc) c->rc = jd_fail(c->ctx, rc, "%s", inner->message);
        if (!rc) {
            c->ready[run] = result;
            take_ready(c);
        }
    }
}

/* The thread of the call goes on asking the caller while others still work. */
static void wait_for_others(crew_t *c)
{
    const struct timespec nap = {.tv_nsec = 20000000};
    int working = 1;
    while (working > 0) {
        jd_ctx_t ctx = jd_relay_ctx(&c->relay);
        (void)jd_stop_wished(&ctx);
#pragma omp critical(jd_memory_runs)
        {
            working = c->working;
        }
        if (working > 0) nanosleep(&nap, NULL);
    }
}

static void work(crew_t *c)
{
    for (int64_t run = next_run(c); run >= 0; run = next_run(c)) {
        jd_ctx_t ctx = jd_relay_ctx(&c->relay);
        jd_run_result_t *result = malloc(sizeof *result);
        int rc =
            result ? jd_check_cancelled(&ctx) : jd_fail_memory(&ctx, sizeof *result, "the runs");
        if (result) memset(result, 0, sizeof *result);
        if (!rc) rc = do_run(c, run, result, &ctx);
        if (rc && result) jd_run_result_free(result);
        if (rc) free(result);
        end_run(c, run, rc ? NULL : result, rc, &ctx);
    }
    if (pthread_equal(c->relay.owner, pthread_self())) wait_for_others(c);
}

/* By default OpenMP gives one thread to whatever runs inside a parallel region. */
static void let_nest(bool nest)
{
#ifdef _OPENMP
    if (nest) omp_set_max_active_levels(2);
#else
    (void)nest;
#endif
}

int jd_memory_runs(const jd_sweep_kind_t *kind, const jd_plan_t *plan, const jd_config_t *config,
                   int (*take)(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx),
                   void *user, jd_ctx_t *ctx)
{
    crew_t c = {.kind = kind,
                .plan = plan,
                .config = config,
                .own_inputs = sweeps_paths(plan),
                .take = take,
                .user = user,
                .ctx = ctx};
    int rc = jd_make(&c.ready, plan->n_runs, sizeof *c.ready, "the runs", ctx);
    if (!rc && !c.own_inputs) rc = jd_study_inputs_read(&c.inputs, config, ctx);
    if (!rc) {
        const int threads = jd_ctx_threads(ctx);
        const int workers = plan->n_runs < threads ? (int)plan->n_runs : threads;
        c.threads = threads / workers;
        jd_relay_begin(&c.relay, ctx);
        let_nest(workers > 1 && c.threads > 1);
        jd_blas_alone_begin(); /* the same bits in whatever process this is */
#pragma omp parallel num_threads(workers)
        work(&c);
        jd_blas_alone_end();
        rc = c.rc;
    }
    for (int64_t i = c.taken; c.ready && i < c.next; i++) {
        if (c.ready[i]) jd_run_result_free(c.ready[i]);
        free(c.ready[i]);
    }
    free(c.ready);
    jd_study_inputs_free(&c.inputs);
    return rc;
}
