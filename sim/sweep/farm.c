/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sweep/farm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "core/memory.h"
#include "study/run_notes.h"

/* What the workers of this process share; all but `farm`, `pending` and `ctx` under one lock. */
typedef struct crew {
    const jd_farm_t *farm;
    int64_t *pending, n_pending; /* blocks with runs to do */
    int64_t next;                /* ticket, where this process works alone */
    int64_t total;               /* runs of this farm's part */
    jd_farm_facts_t *facts;
    jd_ctx_t *ctx;
    int rc; /* of the first fatal failure */
    int inner_threads;
    bool no_journal; /* its name is taken by another file */
} crew_t;

/* ---- The journal: which shards were ever sealed, so that a lost one is noticed ---- */

static void journal_path(const jd_shards_t *shards, char path[4096])
{
    snprintf(path, 4096, "%s/shards/journal", shards->folder);
}

static void note_sealed(const jd_shards_t *shards, int64_t block)
{
    char path[4096], line[32];
    journal_path(shards, path);
    int n = snprintf(line, sizeof line, "%06" PRId64 "\n", block + 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) return; /* the journal serves a remark, no result */
    ssize_t written = write(fd, line, (size_t)n);
    (void)written;
    close(fd);
}

/* *foreign = a file of this name is no journal. */
static int read_journal(const jd_shards_t *shards, bool *sealed, bool *foreign, jd_ctx_t *ctx)
{
    char path[4096], line[64];
    journal_path(shards, path);
    FILE *in = fopen(path, "r");
    if (!in)
        return errno == ENOENT ? JD_OK : jd_fail(ctx, JD_ERR_READ, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, in)) {
        int64_t block = strtoll(line, NULL, 10);
        if (strspn(line, "0123456789") < 6) *foreign = true;
        if (block >= 1 && block <= jd_shards_count(shards)) sealed[block - 1] = true;
    }
    int rc = JD_OK;
    if (ferror(in)) rc = jd_fail(ctx, JD_ERR_READ, "%s: cannot be read: %s", path, strerror(errno));
    fclose(in);
    return rc;
}

/* ---- What is there ---- */

static void report_damage(const jd_shards_t *s, int64_t block, jd_shard_state_t state,
                          int64_t valid, jd_ctx_t *ctx)
{
    int64_t first = block * s->block,
            n = s->n_runs - first < s->block ? s->n_runs - first : s->block;
    jd_warn(ctx,
            "%s/shards/%06" PRId64 ".shard is %s: %" PRId64 " of its %" PRId64 " runs are done "
            "again",
            s->folder, block + 1, state == JD_SHARD_DAMAGED ? "damaged" : "gone", n - valid, n);
}

static int count_failed(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_farm_facts_t *facts = user;
    (void)ctx;
    facts->found_failed += result->failed != 0;
    jd_first_failure_note(&facts->first_failure, run, result);
    return JD_OK;
}

/* Blocks of the farm's part that are not whole. */
static int look(crew_t *crew)
{
    const jd_farm_t *farm = crew->farm;
    const jd_shards_t *shards = farm->shards;
    int64_t n = jd_shards_count(shards);
    bool *sealed = NULL;
    int rc = jd_make(&crew->pending, n, sizeof *crew->pending, "the sweep", crew->ctx);
    if (!rc) rc = jd_make(&sealed, n, sizeof *sealed, "the sweep", crew->ctx);
    if (!rc) rc = read_journal(shards, sealed, &crew->no_journal, crew->ctx);
    for (int64_t b = farm->part; b < n && !rc; b += farm->parts) {
        jd_shard_state_t state;
        int64_t valid, left = shards->n_runs - b * shards->block;
        crew->total += left < shards->block ? left : shards->block;
        rc = jd_shard_read(shards, b, &state, &valid, count_failed, crew->facts, crew->ctx);
        crew->facts->found += valid;
        if (rc || state == JD_SHARD_WHOLE) continue;
        crew->pending[crew->n_pending++] = b;
        if (state != JD_SHARD_DAMAGED && !(sealed[b] && state == JD_SHARD_NONE)) continue;
        crew->facts->damaged++;
        report_damage(shards, b, state, valid, crew->ctx);
    }
    free(sealed);
    return rc;
}

/* ---- Work ---- */

static bool fatal(int rc)
{
    return rc == JD_ERR_CANCELLED || rc == JD_ERR_WRITE || rc == JD_ERR_NO_MEMORY;
}

/* The next block, or -1. */
static int64_t take_block(crew_t *crew)
{
    const jd_farm_t *farm = crew->farm;
    int64_t ticket, block = -1;
#pragma omp critical(jd_farm)
    {
        if (!crew->rc) {
            ticket = farm->ticket ? farm->ticket(farm->process) : crew->next++;
            if (ticket < crew->n_pending) block = crew->pending[ticket];
        }
    }
    return block;
}

static void report_progress(const crew_t *crew)
{
    const jd_farm_facts_t *f = crew->facts;
    const jd_progress_t progress = {.stage = "runs",
                                    .done = f->found + f->done,
                                    .total = crew->total,
                                    .items = (double)f->done,
                                    .item = "runs",
                                    .failed = f->failed};
    jd_report_progress(crew->ctx, &progress);
}

/* Too many runs failed while others are still to do: what is wrong is wrong with the config. */
static int check_failures(const crew_t *crew)
{
    const jd_farm_t *farm = crew->farm;
    const jd_farm_facts_t *f = crew->facts;
    int64_t failed = f->found_failed + f->failed;
    if (farm->max_failures == 0 || failed < farm->max_failures || f->found + f->done >= crew->total)
        return JD_OK;
    return jd_fail(
        crew->ctx, JD_ERR_DATA,
        "%s: stopped after %" PRId64 " failed runs of %" PRId64 " (sweep.max_failures = %" PRId64
        "); the first (run %" PRId64
        "): %s; correct the config and start over with --force, or go on with --resume and "
        "--set sweep.max_failures=0",
        farm->shards->folder, failed, f->found + f->done, farm->max_failures, f->first_failure.run,
        f->first_failure.message);
}

/* Notes a run's end; returns whether to go on. */
static bool note_run(crew_t *crew, int64_t run, const jd_run_result_t *result)
{
    bool more;
#pragma omp critical(jd_farm)
    {
        jd_farm_facts_t *f = crew->facts;
        f->done++;
        f->failed += result->failed != 0;
        jd_first_failure_note(&f->first_failure, run, result);
        report_progress(crew);
        if (!crew->rc) crew->rc = check_failures(crew);
        more = !crew->rc;
    }
    return more;
}

/* One run into the block's file; *more = go on. */
static int do_run(crew_t *crew, jd_shard_writer_t *writer, int64_t run, bool *more, jd_ctx_t *ctx)
{
    const jd_farm_t *farm = crew->farm;
    jd_run_result_t result;
    int rc = jd_run_result_init(&result, farm->shards->layout, ctx);
    if (rc) return rc;
    jd_ctx_t inner;
    jd_run_notes_t notes;
    jd_run_notes_begin(&notes, &inner, ctx);
    inner.threads = crew->inner_threads;
    int failed = farm->run(farm->user, run, &result, &inner);
    if (fatal(failed)) {
        rc = jd_fail(ctx, failed, "%s", inner.message);
    } else {
        if (failed) {
            jd_run_result_free(&result);
            rc = jd_run_result_init(&result, farm->shards->layout, ctx);
            snprintf(result.message, sizeof result.message, "%.*s",
                     (int)strcspn(inner.message, "\n"), inner.message);
        }
        result.failed = failed;
        jd_run_notes_end(&notes, result.note);
        if (!rc) rc = jd_shard_append(writer, run, &result, ctx);
        if (!rc) *more = note_run(crew, run, &result);
    }
    jd_run_result_free(&result);
    return rc;
}

static int do_block(crew_t *crew, int64_t block, jd_ctx_t *ctx)
{
    const jd_shards_t *shards = crew->farm->shards;
    jd_shard_writer_t writer;
    bool busy, more = true;
    int rc = jd_shard_open(&writer, shards, block, &busy, ctx);
    if (busy)
#pragma omp atomic
        crew->facts->busy++;
    if (rc || busy) return rc;
    int64_t first = block * shards->block, left = shards->n_runs - first;
    int64_t n = left < shards->block ? left : shards->block;
    for (int64_t i = 0; i < n && !rc && more; i++) {
        rc = jd_check_cancelled(ctx);
        if (!rc && !writer.done[i]) rc = do_run(crew, &writer, first + i, &more, ctx);
    }
    bool whole = writer.n_done == n;
    int closed = jd_shard_close(&writer, ctx);
    if (!closed && whole && !crew->no_journal) note_sealed(shards, block);
    return rc ? rc : closed;
}

static void work(crew_t *crew)
{
    jd_ctx_t ctx = jd_ctx_inner(crew->ctx);
    int rc = JD_OK;
    for (int64_t block = take_block(crew); block >= 0 && !rc; block = take_block(crew))
        rc = do_block(crew, block, &ctx);
    if (!rc) return;
#pragma omp critical(jd_farm)
    if (!crew->rc) crew->rc = jd_fail(crew->ctx, rc, "%s", ctx.message);
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

int jd_farm_work(const jd_farm_t *farm, jd_farm_facts_t *facts, jd_ctx_t *ctx)
{
    memset(facts, 0, sizeof *facts);
    crew_t crew = {.farm = farm, .facts = facts, .ctx = ctx};
    int rc = look(&crew);
    if (!rc) rc = check_failures(&crew);
    bool together = !farm->ready || farm->ready(farm->process, !rc);
    if (!rc && !together)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "another process of this job failed before it began: it says why, or it has "
                     "another config or program than this one");
    int threads = jd_ctx_threads(ctx);
    int64_t side = farm->one_at_a_time ? 1 : crew.n_pending < threads ? crew.n_pending : threads;
    int workers = side > 0 ? (int)side : 1;
    crew.inner_threads = threads / workers;
    if (!rc && crew.n_pending > 0) {
        report_progress(&crew);
        let_nest(workers > 1 && crew.inner_threads > 1);
#pragma omp parallel num_threads(workers)
        work(&crew);
        rc = crew.rc;
    }
    if (farm->done && together) farm->done(farm->process);
    free(crew.pending);
    return rc;
}
