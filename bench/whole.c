/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs, both worlds, file written; each in a process of its own, so that memory is its own
 * too. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "study/study.h"

typedef struct whole {
    double seconds, memory_mb;
    jd_study_times_t times;
    jd_run_facts_t facts;
    int64_t bytes;
} whole_t;

/* Runs the study in a child and hands back what it measured through a pipe. */
static whole_t run_once(const char *const *assignments, int threads)
{
    whole_t w = {0};
    int ends[2];
    jd_demand(pipe(ends) == 0, "a pipe");
    pid_t child = fork();
    jd_demand(child >= 0, "a process");
    if (child == 0) {
        char path[64];
        jd_ctx_t ctx;
        jd_study_result_t result;
        struct stat file;
        jd_ctx_init(&ctx);
        ctx.threads = threads;
        snprintf(path, sizeof path, "jiedao-bench-%ld.h5", (long)getpid());
        jd_config_t *config = jd_bench_config(assignments);
        double start = jd_now();
        int rc = jd_study_run(config, path, true, 1, &result, &ctx);
        w.seconds = jd_now() - start;
        jd_demand(!rc, ctx.message);
        jd_demand(stat(path, &file) == 0, "the file is there");
        w.times = result.times;
        w.facts = result.facts;
        w.bytes = file.st_size;
        struct rusage used;
        getrusage(RUSAGE_SELF, &used);
        w.memory_mb = (double)used.ru_maxrss / 1024;
        unlink(path);
        strcpy(strrchr(path, '.'), ".log.json");
        unlink(path);
        jd_demand(write(ends[1], &w, sizeof w) == (ssize_t)sizeof w, "the pipe holds");
        _exit(0);
    }
    close(ends[1]);
    jd_demand(read(ends[0], &w, sizeof w) == (ssize_t)sizeof w, "the child's figures");
    close(ends[0]);
    int status;
    jd_demand(waitpid(child, &status, 0) == child && status == 0, "the child ends well");
    return w;
}

static whole_t run_median(const char *const *assignments, int threads, int rounds)
{
    double seconds[JD_ROUNDS];
    whole_t w = {0};
    for (int r = 0; r < rounds; r++) {
        w = run_once(assignments, threads);
        seconds[r] = w.seconds;
    }
    w.seconds = jd_median(seconds, rounds);
    return w;
}

static void tell(const char *label, const whole_t *w)
{
    char beside[192];
    snprintf(beside, sizeof beside,
             "set-up %.2f, simulate and stream %.2f, estimate %.2f, write %.2f; %lld moves, %lld "
             "rows of relocations, %.0f "
             "MB file, %.0f MB memory",
             w->times.setup, w->times.simulate, w->times.estimate, w->times.write,
             (long long)w->facts.moves, (long long)w->facts.relocations, (double)w->bytes / 1e6,
             w->memory_mb);
    jd_report(label, w->seconds, "s", beside);
}

void jd_bench_whole(const char *which)
{
    if (strcmp(which, "quickstart") == 0) {
        const char *const defaults[] = {NULL};
        const char *const twice[] = {"firms.n=400000", NULL};
        const char *const longer[] = {"run.periods=48", NULL};
        whole_t one = run_median(defaults, 1, JD_ROUNDS), two = run_median(defaults, 2, JD_ROUNDS);
        whole_t more = run_median(twice, 2, JD_ROUNDS), late = run_median(longer, 2, JD_ROUNDS);
        jd_demand(one.facts.moves == two.facts.moves && one.bytes == two.bytes,
                  "threads change nothing");
        tell("quickstart, 1 thread", &one);
        tell("quickstart, 2 threads (under 0.7 s)", &two);
        tell("quickstart, 400,000 firms, 2 threads", &more);
        tell("quickstart, 48 quarters, 2 threads", &late);
        return;
    }
    const char *const china[] = {"world.provinces=31",
                                 "world.prefectures=342",
                                 "world.counties=2978",
                                 "world.streets=41352",
                                 "firms.n=50000000",
                                 "output.officials=1000",
                                 NULL};
    const char *const half[] = {"world.provinces=31",
                                "world.prefectures=342",
                                "world.counties=2978",
                                "world.streets=41352",
                                "firms.n=25000000",
                                "output.officials=1000",
                                NULL};
    whole_t small = run_median(half, 2, 1), two = run_median(china, 2, 3),
            one = run_median(china, 1, 1);
    jd_demand(one.facts.moves == two.facts.moves, "threads change nothing");
    tell("China, 25 million firms, 2 threads", &small);
    tell("China, 50 million firms, 2 threads (under 9 s, 1 GiB)", &two);
    tell("China, 50 million firms, 1 thread", &one);
}
