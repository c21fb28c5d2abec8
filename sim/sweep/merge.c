/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All shards of a sweep, in run order, as one file. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "study/replicate.h"
#include "study/run_notes.h"
#include "study/run_tables.h"
#include "sweep/ours.h"
#include "sweep/sweep.h"

enum { PATH_SIZE = 4096 };

/* A merge under way. */
typedef struct merge {
    const jd_sweep_folder_t *folder;
    jd_table_t runs, all[JD_SWEEP_SUMMARY]; /* of the runs read last; emptied into the store */
    jd_run_result_t *block;                 /* [shards.block] a block's results, by run */
    bool *there;
    jd_plan_name_t *name; /* [n_factors] columns' names */
    jd_column_t *columns;
    jd_store_t *store;
    int64_t failed, merged; /* runs */
    jd_first_failure_t first_failure;
    jd_notes_tally_t tally;
} merge_t;

/* ---- Columns of /runs: the fixed ones, the factors, what a run did ---- */

static int make_columns(merge_t *m, jd_ctx_t *ctx)
{
    const jd_plan_t *plan = &m->folder->plan;
    const jd_column_t *summary = jd_sweep_simulate.layout.columns[JD_SWEEP_SUMMARY];
    int n = JD_RUN_COLUMNS + plan->n_factors + JD_SUMMARY_COLUMNS + 1;
    int rc = jd_make(&m->name, plan->n_factors, sizeof *m->name, "the merge", ctx);
    if (!rc) rc = jd_make(&m->columns, n, sizeof *m->columns, "the merge", ctx);
    if (rc) return rc;
    memcpy(m->columns, jd_run_columns, sizeof jd_run_columns);
    jd_plan_columns(plan, m->columns + JD_RUN_COLUMNS, m->name);
    memcpy(m->columns + JD_RUN_COLUMNS + plan->n_factors, summary,
           JD_SUMMARY_COLUMNS * sizeof *summary);
    m->columns[n - 1] = jd_run_note_column;
    return jd_table_init(&m->runs, "runs", "Runs of this file", m->columns, n,
                         m->folder->shards.block, ctx);
}

static int begin(merge_t *m, jd_ctx_t *ctx)
{
    const jd_run_layout_t *l = &jd_sweep_simulate.layout;
    int rc = make_columns(m, ctx);
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_run_table_begin(&m->all[t], l->name[t], l->label[t], l->columns[t], l->n_columns[t],
                                1024, ctx);
    int64_t block = m->folder->shards.block;
    if (!rc) rc = jd_make(&m->block, block, sizeof *m->block, "the merge", ctx);
    return rc ? rc : jd_make(&m->there, block, sizeof *m->there, "the merge", ctx);
}

static void end(merge_t *m)
{
    for (int64_t i = 0; m->block && m->there && i < m->folder->shards.block; i++)
        if (m->there[i]) jd_run_result_free(&m->block[i]);
    for (int t = 0; t < JD_SWEEP_SUMMARY; t++)
        jd_table_free(&m->all[t]);
    jd_table_free(&m->runs);
    free(m->block);
    free(m->there);
    free(m->columns);
    free(m->name);
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
    const jd_plan_t *plan = &m->folder->plan;
    int64_t point = jd_plan_point(plan, run);
    const jd_table_t *summary = &r->table[JD_SWEEP_SUMMARY];
    int rc = jd_run_note(&m->runs, run + 1, point + 1, jd_plan_replicate(plan, run) + 1,
                         r->failed ? r->message : NULL, r->note, ctx);
    if (rc) return rc;
    int64_t row = m->runs.rows - 1;
    jd_plan_put(plan, point, &m->runs, JD_RUN_COLUMNS, row);
    jd_study_summarise_failed(&m->runs, JD_RUN_COLUMNS + plan->n_factors, row);
    for (int c = 0; c < JD_SUMMARY_COLUMNS && summary->rows == 1; c++)
        jd_table_set_number(&m->runs, JD_RUN_COLUMNS + plan->n_factors + c, row,
                            jd_table_number(summary, c, 0));
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_run_table_add(&m->all[t], &r->table[t], (int32_t)run + 1, ctx);
    m->failed += r->failed != 0;
    m->merged++;
    jd_first_failure_note(&m->first_failure, run, r);
    if (!rc) rc = jd_notes_tally_add(&m->tally, r->note, r->failed ? r->message : NULL, ctx);
    if (!rc && m->folder->shards.files && !r->failed) rc = copy_run(m, run, ctx);
    return rc;
}

static int merge_block(merge_t *m, int64_t block, jd_ctx_t *ctx)
{
    const jd_shards_t *shards = &m->folder->shards;
    jd_shard_state_t state;
    int64_t n_valid;
    int rc = jd_shard_read(shards, block, &state, &n_valid, take, m, ctx);
    m->runs.rows = 0;
    for (int t = 0; t < JD_SWEEP_SUMMARY; t++)
        m->all[t].rows = 0;
    for (int64_t i = 0; i < shards->block; i++) {
        if (!m->there[i]) continue;
        if (!rc) rc = add_run(m, block * shards->block + i, &m->block[i], ctx);
        jd_run_result_free(&m->block[i]);
        m->there[i] = false;
    }
    if (!rc) rc = jd_store_append(m->store, &m->runs, ctx);
    for (int t = 0; t < JD_SWEEP_SUMMARY && !rc; t++)
        rc = jd_store_append(m->store, &m->all[t], ctx);
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
    if (!rc && m->merged != f->plan.n_runs)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "%s: %" PRId64 " of %" PRId64 " runs could not be read again; sweep.h5 is not "
                     "written",
                     f->shards.folder, f->plan.n_runs - m->merged, f->plan.n_runs);
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
    facts->farm.failed = merge.failed;
    facts->farm.first_failure = merge.first_failure;
    facts->farm.found = opened.plan.n_runs - missing;
    facts->merged = !rc;
    jd_notes_tally_end(&merge.tally, "runs", rc ? NULL : ctx);
    end(&merge);
    jd_sweep_folder_free(&opened);
    return rc;
}
