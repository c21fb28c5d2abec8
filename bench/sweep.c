/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs side by side against one after the other, and what keeping them costs. Where neighbours use
 * the machine too, processor seconds tell more than the clock: runs that wait for memory or locks
 * show there. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "io/files/folder.h"
#include "sweep/sections.h"
#include "sweep/sweep.h"

enum { RUNS = 60 };

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static jd_config_t *make_config(void)
{
    jd_ctx_t ctx;
    jd_config_t *config = NULL;
    char runs[64];
    int n;
    jd_ctx_init(&ctx);
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    snprintf(runs, sizeof runs, "sweep.replicates=%d", RUNS);
    int rc = jd_config_create(&config, sections, n, &ctx);
    if (!rc) rc = jd_config_set(config, "bench", runs, &ctx);
    if (!rc) rc = jd_config_finish(config, &ctx);
    jd_demand(!rc, ctx.message);
    return config;
}

typedef struct timing {
    double wall, cpu;
} timing_t;

static timing_t run_sweep(const jd_config_t *config, const char *folder, int threads)
{
    const jd_sweep_options_t options = {.force = true, .parts = 1};
    jd_sweep_facts_t facts;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    timing_t t = {.wall = jd_now(), .cpu = cpu_seconds()};
    int rc = jd_sweep_run(&jd_sweep_simulate, config, folder, &options, &facts, &ctx);
    t.wall = jd_now() - t.wall;
    t.cpu = cpu_seconds() - t.cpu;
    jd_demand(!rc && facts.merged && facts.farm.failed == 0, ctx.message);
    return t;
}

/* Writes the results of a folder's runs once more, in blocks of their own; seconds a run. */
typedef struct again {
    jd_shards_t to;
    double seconds;
} again_t;

static int write_again(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    again_t *a = user;
    jd_shard_writer_t writer;
    bool busy;
    double start = jd_now();
    int rc = jd_shard_open(&writer, &a->to, run / a->to.block, &busy, ctx);
    if (!rc) rc = jd_shard_append(&writer, run, result, ctx);
    if (!rc) rc = jd_shard_close(&writer, ctx);
    a->seconds += jd_now() - start;
    return rc;
}

static double keeping(const char *from, const char *to)
{
    jd_sweep_folder_t folder;
    jd_shard_state_t state;
    jd_ctx_t ctx;
    char path[256];
    int64_t n;
    jd_ctx_init(&ctx);
    snprintf(path, sizeof path, "%s/shards", to);
    int rc = jd_sweep_folder_open(&folder, &jd_sweep_simulate, from, &ctx);
    if (!rc) rc = jd_folder_make(to, &ctx);
    if (!rc) rc = jd_folder_make(path, &ctx);
    again_t a = {.to = folder.shards};
    a.to.folder = to;
    for (int64_t b = 0; b < jd_shards_count(&folder.shards) && !rc; b++)
        rc = jd_shard_read(&folder.shards, b, &state, &n, write_again, &a, &ctx);
    jd_demand(!rc, ctx.message);
    jd_sweep_folder_free(&folder);
    return a.seconds / RUNS;
}

void jd_bench_sweep(void)
{
    char base[] = "jiedao-bench-XXXXXX", one[64], two[64], again[64], line[256], beside[192];
    jd_config_t *config = make_config();
    jd_demand(mkdtemp(base) != NULL, "a folder");
    snprintf(one, sizeof one, "%s/one", base);
    snprintf(two, sizeof two, "%s/two", base);
    snprintf(again, sizeof again, "%s/again", base);
    timing_t single = run_sweep(config, one, 1), pair = run_sweep(config, two, 2);
    snprintf(line, sizeof line, "cmp %s/sweep.h5 %s/sweep.h5", one, two);
    jd_demand(system(line) == 0, "threads change nothing");
    double kept = keeping(one, again);
    snprintf(beside, sizeof beside, "%d quickstart runs; processor time %.3f s a run", RUNS,
             single.cpu / RUNS);
    jd_report("sweep, 1 thread", single.wall / RUNS, "s a run", beside);
    snprintf(beside, sizeof beside, "%.1f %% of ideal by the clock; processor time %.3f s a run",
             100 * single.wall / (2 * pair.wall), pair.cpu / RUNS);
    jd_report("sweep, 2 threads side by side (at least 95 % of ideal)", pair.wall / RUNS, "s a run",
              beside);
    snprintf(beside, sizeof beside, "%.2f %% of a run by the clock; a file and two syncs a run",
             100 * kept / (single.wall / RUNS));
    jd_report("keeping a run: record and sealed shard (under 1 %)", 1e3 * kept, "ms a run", beside);
    snprintf(line, sizeof line, "rm -r %s", base);
    jd_demand(system(line) == 0, "the folder goes");
    jd_config_free(config);
}
