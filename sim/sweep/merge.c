/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All shards of a sweep, in run order, as one file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sweep/all_runs.h"
#include "sweep/ours.h"
#include "sweep/sweep.h"

enum { PATH_SIZE = 4096 };

/* A merge under way. */
typedef struct merge {
    const jd_sweep_folder_t *folder;
    jd_all_runs_t all;      /* of the runs read last; emptied into the store */
    jd_run_result_t *block; /* [shards.block] a block's results, by run */
    bool *there;
    jd_store_t *store;
} merge_t;

static int begin(merge_t *m, jd_ctx_t *ctx)
{
    int64_t block = m->folder->shards.block;
    int rc = jd_all_runs_begin(&m->all, &m->folder->plan, block, ctx);
    if (!rc) rc = jd_make(&m->block, block, sizeof *m->block, "the merge", ctx);
    return rc ? rc : jd_make(&m->there, block, sizeof *m->there, "the merge", ctx);
}

static void end(merge_t *m)
{
    for (int64_t i = 0; m->block && m->there && i < m->folder->shards.block; i++)
        if (m->there[i]) jd_run_result_free(&m->block[i]);
    jd_all_runs_free(&m->all);
    free(m->block);
    free(m->there);
}

/* ---- Runs ---- */

/* Takes a record over, into its place in the block. */
static int take(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    merge_t *m = user;
    int64_t at = run % m->folder->shards.block;
    (void)ctx;
    m->block[at] = *result;
    m->there[at] = true;
    memset(result, 0, sizeof *result);
    return JD_OK;
}

/* All tables of a run's file, under runs/000001/ and so on. They are read and written again: HDF5's
 * copy of a group would cut its dimension scales off. */
static int copy_run(const merge_t *m, int64_t run, jd_ctx_t *ctx)
{
    char path[PATH_SIZE];
    jd_store_t *from = NULL;
    jd_store_entry_t *entries = NULL;
    int n = 0;
    jd_shards_file(&m->folder->shards, run, path);
    int rc = jd_store_open_own(&from, path, ctx);
    if (!rc) rc = jd_store_list(from, &entries, &n, ctx);
    for (int i = 0; i < n && !rc; i++) {
        char name[256];
        jd_table_t table;
        if (!strncmp(entries[i].name, "config/", 7)) continue;
        rc = jd_store_read(from, entries[i].name, &table, ctx);
        if (rc) break;
        snprintf(name, sizeof name, "runs/%06" PRId64 "/%.200s", run + 1, entries[i].name);
        table.name = name;
        rc = jd_store_write(m->store, &table, ctx);
        table.name = NULL;
        jd_table_free(&table);
    }
    jd_store_list_free(entries, n);
    jd_store_close(&from);
    if (!rc || rc == JD_ERR_NO_MEMORY || rc == JD_ERR_WRITE) return rc;
    return jd_fail(ctx, rc, "remove %s, and jiedao sweep --resume does this run again", path);
}

static int add_run(merge_t *m, int64_t run, const jd_run_result_t *r, jd_ctx_t *ctx)
{
    int rc = jd_all_runs_add(&m->all, run, r, ctx);
    if (!rc && m->folder->shards.files && !r->failed) rc = copy_run(m, run, ctx);
    return rc;
}

static int merge_block(merge_t *m, int64_t block, jd_ctx_t *ctx)
{
    const jd_shards_t *shards = &m->folder->shards;
    jd_shard_state_t state;
    int64_t n_valid;
    int rc = jd_shard_read(shards, block, &state, &n_valid, take, m, ctx);
    m->all.runs.rows = 0;
    for (int t = 0; t < JD_SWEEP_SUMMARY; t++)
        m->all.table[t].rows = 0;
    for (int64_t i = 0; i < shards->block; i++) {
        if (!m->there[i]) continue;
        if (!rc) rc = add_run(m, block * shards->block + i, &m->block[i], ctx);
        jd_run_result_free(&m->block[i]);
        m->there[i] = false;
    }
    if (!rc) rc = jd_store_append(m->store, &m->all.runs, ctx);
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_store_append(m->store, &m->all.table[t], ctx);
    return rc;
}

/* ---- The file ---- */

static int write_inputs(jd_store_t *store, const jd_sweep_folder_t *f, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < JD_STUDY_INPUTS && !rc; i++)
        if (f->input[i][0])
            rc = jd_store_attribute_text(store, "/", jd_study_input_names[i], f->input[i], ctx);
    return rc;
}

static int write_all(merge_t *m, jd_ctx_t *ctx)
{
    const jd_sweep_folder_t *f = m->folder;
    int rc = jd_study_store_identity(m->store, f->config, f->plan.replicates, ctx);
    if (!rc) rc = write_inputs(m->store, f, ctx);
    if (!rc) rc = jd_study_store_config(m->store, f->config, f->source, ctx);
    if (!rc) rc = begin(m, ctx);
    for (int64_t b = 0; b < jd_shards_count(&f->shards) && !rc; b++) {
        rc = merge_block(m, b, ctx);
        if (!rc) rc = jd_check_cancelled(ctx);
    }
    if (!rc && m->all.n != f->plan.n_runs)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: %" PRId64 " of %" PRId64 " runs could not be read again; sweep.h5 is not "
                     "written",
                     f->shards.folder, f->plan.n_runs - m->all.n, f->plan.n_runs);
    return rc;
}

int jd_sweep_merge(const char *folder, bool replace, jd_sweep_facts_t *facts, jd_ctx_t *ctx)
{
    jd_sweep_folder_t opened;
    char path[4096];
    int64_t missing = 0, first = 0;
    memset(facts, 0, sizeof *facts);
    int rc = jd_sweep_folder_open(&opened, &jd_sweep_simulate, folder, ctx);
    if (rc) return rc;
    rc = jd_shards_missing(&opened.shards, &missing, &first, ctx);
    if (!rc && missing)
        rc =
            jd_fail(ctx, JD_ERR_DATA,
                    "%s: %" PRId64 " of %" PRId64 " runs are missing, the first in shard %06" PRId64
                    "; jiedao sweep CONFIG -o %s --resume does them",
                    folder, missing, opened.shards.n_runs, first + 1, folder);
    merge_t merge = {.folder = &opened};
    snprintf(path, sizeof path, "%s/sweep.h5", folder);
    if (!rc && replace) rc = jd_sweep_may_replace(path, ctx);
    if (!rc) rc = jd_store_create(&merge.store, path, replace, ctx);
    if (!rc) {
        rc = write_all(&merge, ctx);
        if (!rc)
            rc = jd_store_commit(&merge.store, ctx);
        else
            jd_store_abandon(&merge.store);
    }
    facts->n_points = opened.plan.n_points;
    facts->replicates = opened.plan.replicates;
    facts->n_runs = opened.plan.n_runs;
    facts->farm.failed = merge.all.failed;
    facts->farm.first_failure = merge.all.first_failure;
    facts->farm.found = opened.plan.n_runs - missing;
    facts->merged = !rc;
    jd_notes_tally_end(&merge.all.tally, "runs", rc ? NULL : ctx);
    end(&merge);
    jd_sweep_folder_free(&opened);
    return rc;
}
