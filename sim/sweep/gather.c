/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of one sweep, done here and there, as one: other shares of its runs, or replicates that
 * follow (sweep.first). What a run draws is keyed by its replicate, so its record fits anywhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "sweep/sweep.h"

/* The gathering under way. */
typedef struct gather {
    const jd_sweep_folder_t *from; /* the folder being read */
    jd_sweep_folder_t *to;
    jd_shard_writer_t writer;
    bool open;
} gather_t;

static int close_writer(gather_t *g, jd_ctx_t *ctx)
{
    if (!g->open) return JD_OK;
    g->open = false;
    return jd_shard_close(&g->writer, ctx);
}

/* A record into the block that its run has in the whole sweep. */
static int take(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    gather_t *g = user;
    const jd_plan_t *plan = &g->from->plan;
    int64_t replicate = jd_plan_replicate(plan, run) - g->to->plan.first;
    int64_t there = replicate * plan->n_points + jd_plan_point(plan, run);
    int64_t block = there / g->to->shards.block;
    bool busy = false;
    int rc = JD_OK;
    if (g->open && g->writer.block != block) rc = close_writer(g, ctx);
    if (!rc && !g->open) {
        rc = jd_shard_open(&g->writer, &g->to->shards, block, &busy, ctx);
        if (!rc && busy)
            rc = jd_fail(ctx, JD_ERR_EXISTS, "%s: another process writes it", g->to->shards.folder);
        g->open = !rc;
    }
    if (rc || g->writer.done[there - block * g->to->shards.block]) return rc;
    return jd_shard_append(&g->writer, there, result, ctx);
}

static int read_folder(gather_t *g, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int64_t b = 0; b < jd_shards_count(&g->from->shards) && !rc; b++) {
        jd_shard_state_t state;
        int64_t n;
        rc = jd_shard_read(&g->from->shards, b, &state, &n, take, g, ctx);
        if (!rc) rc = jd_check_cancelled(ctx);
    }
    int closed = close_writer(g, ctx);
    return rc ? rc : closed;
}

int jd_sweep_gather(const char *const *folders, int n, const char *folder, jd_ctx_t *ctx)
{
    jd_sweep_folder_t *from = NULL, to = {0};
    int opened = 0, lowest = 0, rc = jd_make(&from, n, sizeof *from, "the folders", ctx);
    int64_t end = 0;
    for (int i = 0; i < n && !rc; i++) {
        rc = jd_sweep_folder_open(&from[i], &jd_sweep_simulate, folders[i], ctx);
        opened += !rc;
        if (rc) break;
        if (from[i].shards.files)
            rc = jd_fail(ctx, JD_ERR_UNSUPPORTED,
                         "%s keeps all tables of each run (output.keep = all), which are not "
                         "gathered from several folders",
                         folders[i]);
        if (from[i].plan.first < from[lowest].plan.first) lowest = i;
        int64_t last = from[i].plan.first + from[i].plan.replicates;
        if (last > end) end = last;
    }
    for (int i = 0; i < n && !rc; i++)
        rc = jd_sweep_folder_same(&from[lowest], &from[i], folders[lowest], folders[i], ctx);
    if (!rc)
        rc = jd_sweep_folder_widen(&to, &from[lowest], &jd_sweep_simulate, folder,
                                   end - from[lowest].plan.first, ctx);
    gather_t g = {.to = &to};
    for (int i = 0; i < n && !rc; i++) {
        g.from = &from[i];
        rc = read_folder(&g, ctx);
    }
    jd_sweep_folder_free(&to);
    for (int i = 0; i < opened; i++)
        jd_sweep_folder_free(&from[i]);
    free(from);
    return rc;
}
