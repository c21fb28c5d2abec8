/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/replicates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "run/record/record.h"
#include "study/replicate.h"
#include "study/run_notes.h"
#include "study/run_tables.h"
#include "study/store_keep.h"

/* Replicates under way, side by side; all but what is only read is touched by one at a time. */
typedef struct work {
    const jd_config_t *config;
    const jd_inputs_t *inputs;
    int64_t n;
    jd_store_t *store;    /* takes the tables of each, NULL = they are not kept */
    int threads;          /* of one replicate */
    jd_column_t *columns; /* of /runs */
    jd_table_t runs;
    jd_study_result_t *result;
    jd_notes_tally_t tally;
    char reason[JD_RUN_MESSAGE]; /* of the last failure */
    int rc;
    jd_ctx_t *ctx;
} work_t;

/* One replicate's end. */
typedef struct attempt {
    jd_study_replicate_t one;
    jd_study_times_t times;
    int code;
    char message[JD_RUN_MESSAGE], note[JD_RUN_NOTE];
} attempt_t;

static int begin(work_t *w)
{
    enum { COLUMNS = JD_RUN_COLUMNS + JD_SUMMARY_COLUMNS + 1 };
    int rc = jd_make(&w->columns, COLUMNS, sizeof *w->columns, "the replicates", w->ctx);
    if (rc) return rc;
    memcpy(w->columns, jd_run_columns, sizeof jd_run_columns);
    memcpy(w->columns + JD_RUN_COLUMNS, jd_summary_columns, sizeof jd_summary_columns);
    w->columns[COLUMNS - 1] = jd_run_note_column;
    return jd_table_init(&w->runs, "runs", "Runs of this file", w->columns, COLUMNS, w->n, w->ctx);
}

static void run_one(const work_t *w, int64_t i, attempt_t *a)
{
    char prefix[32];
    jd_ctx_t inner; /* progress is by replicate */
    jd_run_notes_t notes;
    jd_run_notes_begin(&notes, &inner, w->ctx);
    inner.threads = w->threads;
    memset(a, 0, sizeof *a);
    snprintf(prefix, sizeof prefix, "runs/%06lld/", (long long)i + 1);
    jd_store_keep_t where = {.store = w->store, .prefix = prefix};
    const jd_keeper_t keep = jd_keep_in_store(&where);
    a->code = jd_study_replicate(w->config, w->inputs, (uint64_t)i, w->store ? &keep : NULL,
                                 &a->one, &a->times, &inner);
    snprintf(a->message, sizeof a->message, "%.*s", (int)strcspn(inner.message, "\n"),
             inner.message);
    jd_run_notes_end(&notes, a->note);
}

static int begin_all(jd_table_t *all, const char *label, const jd_table_t *one, jd_ctx_t *ctx)
{
    return jd_run_table_begin(all, one->name, label, one->columns, one->n_columns, 4 * one->rows,
                              ctx);
}

/* Keeps a finished replicate: the first as it is, for the screen; all with their number. */
static int keep(jd_study_result_t *result, jd_study_replicate_t *one, int32_t run, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    bool first = result->all_estimates.columns == NULL;
    if (first) rc = begin_all(&result->all_estimates, JD_ESTIMATES_OF_ALL, &one->estimates, ctx);
    if (first && !rc)
        rc = begin_all(&result->all_estimands, JD_ESTIMANDS_OF_ALL, &one->estimands, ctx);
    if (!rc) rc = jd_run_table_add(&result->all_estimates, &one->estimates, run, ctx);
    if (!rc) rc = jd_run_table_add(&result->all_estimands, &one->estimands, run, ctx);
    if (!rc) jd_study_add_friction(result, &one->friction);
    if (first && !rc) {
        result->facts = one->facts;
        result->estimates = one->estimates;
        result->estimands = one->estimands;
        memset(one, 0, sizeof *one);
    }
    return rc;
}

static bool fatal(int code)
{
    return code == JD_ERR_CANCELLED || code == JD_ERR_WRITE || code == JD_ERR_NO_MEMORY;
}

/* Called in the order of replicates. */
static int take(work_t *w, int64_t i, attempt_t *a)
{
    if (fatal(a->code)) return jd_fail(w->ctx, a->code, "%s", a->message);
    int rc = jd_run_note(&w->runs, i + 1, 1, i + 1, a->code ? a->message : NULL, a->note, w->ctx);
    if (!rc) rc = jd_notes_tally_add(&w->tally, a->note, a->code ? a->message : NULL, w->ctx);
    if (rc) return rc;
    w->result->times.setup += a->times.setup;
    w->result->times.simulate += a->times.simulate;
    w->result->times.estimate += a->times.estimate;
    w->result->times.write += a->times.write;
    if (a->code) {
        w->result->failed++;
        memcpy(w->reason, a->message, sizeof w->reason);
        jd_study_summarise_failed(&w->runs, JD_RUN_COLUMNS, i);
        return JD_OK;
    }
    jd_study_summarise(&a->one, &w->runs, JD_RUN_COLUMNS, i);
    return keep(w->result, &a->one, (int32_t)i + 1, w->ctx);
}

static void report_progress(const work_t *w, int64_t done)
{
    const jd_progress_t progress = {.stage = "replicates",
                                    .done = done,
                                    .total = w->n,
                                    .items = (double)done,
                                    .item = "runs",
                                    .failed = w->result->failed};
    jd_report_progress(w->ctx, &progress);
}

/* Replicates [first, end), taken in their order. */
static void run_some(work_t *w, int workers, int64_t first, int64_t end)
{
    bool stopped = false;
#pragma omp parallel for ordered schedule(dynamic, 1) num_threads(workers)
    for (int64_t i = first; i < end; i++) {
        attempt_t a = {.code = JD_ERR_CANCELLED};
        bool over;
#pragma omp atomic read
        over = stopped;
        if (!over) run_one(w, i, &a);
#pragma omp ordered
        if (!w->rc) {
            w->rc = take(w, i, &a);
            if (!w->rc) report_progress(w, i + 1);
            if (w->rc) {
#pragma omp atomic write
                stopped = true;
            }
        }
        jd_study_replicate_free(&a.one);
    }
}

/* HDF5 takes one thread: replicates whose tables are kept come one by one, with all threads. A loop
 * cannot be left in the middle, and handing over a hundred thousand empty turns takes a second: so
 * there are several. */
static void run_all(work_t *w)
{
    int threads = jd_ctx_threads(w->ctx), workers = w->store || w->n < threads ? 1 : threads;
    const int64_t some = 256 * (int64_t)workers;
    w->threads = threads / workers;
    for (int64_t i = 0; i < w->n && !w->rc; i += some)
        run_some(w, workers, i, i + some < w->n ? i + some : w->n);
}

int jd_study_replicates(const jd_config_t *config, const jd_inputs_t *inputs, int64_t n,
                        jd_store_t *store, jd_study_result_t *result, jd_ctx_t *ctx)
{
    const jd_output_params_t *output = jd_config_section(config, "output");
    work_t w = {.config = config,
                .inputs = inputs,
                .n = n,
                .store = output->keep == JD_KEEP_TABLES ? store : NULL,
                .result = result,
                .ctx = ctx};
    int rc = begin(&w);
    if (!rc) {
        run_all(&w);
        rc = w.rc;
    }
    if (!rc && result->failed == n)
        rc = jd_fail(ctx, JD_ERR_DATA, "all %lld replicates failed; the last: %s", (long long)n,
                     w.reason);
    if (!rc) rc = jd_store_write(store, &w.runs, ctx);
    if (!rc) rc = jd_store_write(store, &result->all_estimates, ctx);
    if (!rc) rc = jd_store_write(store, &result->all_estimands, ctx);
    jd_notes_tally_end(&w.tally, "replicates", rc == JD_ERR_CANCELLED ? NULL : ctx);
    jd_table_free(&w.runs);
    free(w.columns);
    return rc;
}
