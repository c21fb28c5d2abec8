/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firms' pass and the officials' step, taken out of a simulation of China's tree that has been
 * running. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "core/thread.h"
#include "run/setting.h"

enum { CHUNK = 65536, PERIOD = 12 };

static const char *const china_20m[] = {"world.provinces=31",
                                        "world.prefectures=342",
                                        "world.counties=2978",
                                        "world.streets=41352",
                                        "firms.n=20000000",
                                        "run.burn_in=4",
                                        "run.periods=24",
                                        "output.streets=no",
                                        "observation.panel_firms=0",
                                        NULL};

typedef struct timed {
    double seconds;
    int64_t moves;
} timed_t;

/* Processor time of this thread where one works alone, so that a busy machine counts for less;
 * else the clock. */
static double now_of(int threads)
{
    struct timespec t;
    if (threads > 1) return jd_now();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All firms of the simulation's worlds once, in `threads` threads. */
static timed_t pass_once(const jd_pass_t *pass, jd_moves_t *moves, int threads)
{
    int64_t n = pass->dims->firms, chunks = (n + CHUNK - 1) / CHUNK, total = 0;
    double start = now_of(threads);
    (void)threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) reduction(+ : total)
    for (int64_t c = 0; c < chunks; c++) {
        const int thread = jd_thread_number();
        int64_t end = (c + 1) * CHUNK < n ? (c + 1) * CHUNK : n;
        jd_firms_pass(pass, c * CHUNK, end, &moves[thread]);
        total += moves[thread].n;
    }
    return (timed_t){now_of(threads) - start, total};
}

static timed_t pass_median(const jd_pass_t *pass, jd_moves_t *moves, int threads)
{
    double seconds[JD_ROUNDS];
    timed_t t = {0};
    for (int r = 0; r < JD_ROUNDS; r++) {
        t = pass_once(pass, moves, threads);
        seconds[r] = t.seconds;
    }
    t.seconds = jd_median(seconds, JD_ROUNDS);
    return t;
}

typedef struct found {
    timed_t zero, full, full2;
    int64_t firms;
} found_t;

/* Called after every period; in one of them, with two worlds apart, the next period's pass is
 * timed. */
static int time_pass(void *user, const struct jd_simulation *sim, int64_t period)
{
    found_t *found = user;
    if (period != PERIOD) return 0;
    jd_moves_t moves[2] = {{0}};
    jd_pass_t pass = jd_moves_pass(sim, period + 1);
    for (int t = 0; t < 2; t++)
        jd_demand(!jd_move_list_make(&moves[t], CHUNK, sim->n_worlds, NULL), "memory for moves");
    found->firms = sim->dims.firms;
    found->full = pass_median(&pass, moves, 1);
    found->full2 = pass_median(&pass, moves, 2);
    pass.threshold = 1; /* every uniform is asked for, none is below */
    found->zero = pass_median(&pass, moves, 1);
    for (int t = 0; t < 2; t++)
        jd_move_list_free(&moves[t]);
    return 0;
}

void jd_bench_firms(const jd_limits_t *limits)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_config_t *config = jd_bench_config(china_20m);
    jd_simulation_t *sim = NULL;
    found_t found = {0};
    char beside[96];
    int rc = jd_simulation_create(&sim, config, NULL, 0, &ctx);
    if (!rc) rc = jd_simulation_run_hooked(sim, NULL, time_pass, &found, &ctx);
    jd_demand(!rc, ctx.message);
    jd_demand(found.zero.moves == 0, "no move at rate zero");
    jd_demand(found.full.moves > 120000 && found.full.moves < 240000 &&
                  found.full.moves == found.full2.moves,
              "0.6 to 1.2 % of firms move a quarter, in any number of threads");
    double zero = 1e9 * found.zero.seconds / (double)found.firms;
    double move = 1e9 * (found.full.seconds - found.zero.seconds) / (double)found.full.moves;
    snprintf(beside, sizeof beside, "%.2f times the bare probe (at most 0.3)",
             zero / limits->probe_ns);
    jd_report("firms' pass at rate zero, two worlds", zero, "ns/firm", beside);
    snprintf(beside, sizeof beside, "%lld moves of %lld firms (at most 400)",
             (long long)found.full.moves, (long long)found.firms);
    jd_report("a coupled move, both worlds", move, "ns/move", beside);
    jd_report("firms' pass, two worlds, 1 thread", 1e9 * found.full.seconds / (double)found.firms,
              "ns/firm", "");
    snprintf(beside, sizeof beside, "%.2f times faster (at least 1.8 on a quiet machine)",
             found.full.seconds / found.full2.seconds);
    jd_report("firms' pass, two worlds, 2 threads", 1e9 * found.full2.seconds / (double)found.firms,
              "ns/firm", beside);
    jd_simulation_free(sim);
    jd_config_free(config);
}

void jd_bench_officials(void)
{
    enum { STREETS = 41352, QUARTERS = 20, ARRAYS_OFFICIAL = 5, ARRAYS_IN = 5, ARRAYS_OUT = 9 };
    const char *const none[] = {NULL};
    jd_config_t *config = jd_bench_config(none);
    const jd_officials_params_t *p = jd_config_section(config, "officials");
    jd_traits_t traits;
    jd_officials_t officials;
    jd_incentives_t in;
    jd_output_t out;
    jd_demand(!jd_traits_init(&traits, p, STREETS, 1, 0, NULL), "memory");
    int64_t n = (int64_t)STREETS * traits.slots;
    double *block = calloc(
        (size_t)(n * ARRAYS_OFFICIAL + (int64_t)STREETS * (ARRAYS_IN + ARRAYS_OUT)), sizeof *block);
    jd_demand(block != NULL, "memory");
    double *at = block, *arrays[ARRAYS_OFFICIAL + ARRAYS_IN + ARRAYS_OUT];
    for (int i = 0; i < ARRAYS_OFFICIAL + ARRAYS_IN + ARRAYS_OUT; i++) {
        arrays[i] = at;
        at += i < ARRAYS_OFFICIAL ? n : STREETS;
    }
    officials = (jd_officials_t){arrays[0], arrays[1], arrays[2], arrays[3], arrays[4]};
    in = (jd_incentives_t){arrays[5], arrays[6], arrays[7], arrays[8],
                           arrays[9], NULL,      NULL,      {NULL, NULL}};
    out = (jd_output_t){arrays[10], arrays[11], arrays[12], arrays[13], arrays[14],
                        arrays[15], arrays[16], arrays[17], arrays[18]};
    for (int32_t s = 0; s < STREETS; s++) {
        in.stake_s[s] = 0.99, in.stake_w[s] = 0.404, in.resident[s] = 1, in.time[s] = 1,
        in.overload[s] = 0.1;
    }
    jd_officials_start(p, &traits, &officials);
    double seconds[JD_ROUNDS], effort = 0;
    for (int r = 0; r < JD_ROUNDS; r++) {
        double start = jd_now();
        for (int q = 0; q < QUARTERS; q++)
            jd_officials_step(p, &traits, &in, 0, STREETS, &officials, &out);
        seconds[r] = jd_now() - start;
    }
    for (int32_t s = 0; s < STREETS; s++)
        effort += out.e_s[s] / STREETS;
    jd_demand(effort > 0.5 && effort < 0.6, "officials settle at an S-effort between .5 and .6");
    jd_report("an official's quarter", 1e9 * jd_median(seconds, JD_ROUNDS) / (double)(n * QUARTERS),
              "ns/official", "at most 10; about 20 flops and 14 words of memory");
    free(block);
    jd_traits_free(&traits);
    jd_config_free(config);
}
