/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao-bench [quick | kernels | china | peaks | did | sweep | all]: quick = kernels and
 * quickstart (default), china = 50 million firms, peaks = memory of estimators, did = these and
 * estimators beside R's, sweep = runs side by side. */
#include "bench.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "sweep/sections.h"

double jd_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double jd_median(double *seconds, int n)
{
    qsort(seconds, (size_t)n, sizeof *seconds, compare);
    return n % 2 ? seconds[n / 2] : 0.5 * (seconds[n / 2 - 1] + seconds[n / 2]);
}

void jd_report(const char *what, double figure, const char *unit, const char *beside)
{
    printf("| %-58s | %9.3f | %-22s | %s |\n", what, figure, unit, beside);
    fflush(stdout);
}

void jd_demand(int holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "jiedao-bench: wrong result: %s\n", what);
    exit(1);
}

jd_config_t *jd_bench_config(const char *const *assignments)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    int n;
    const jd_section_t *const *sections = jd_all_sections(&n);
    jd_config_t *config = NULL;
    int rc = jd_config_create(&config, sections, n, &ctx);
    for (int i = 0; assignments[i] && !rc; i++)
        rc = jd_config_set(config, "bench", assignments[i], &ctx);
    if (!rc) rc = jd_config_finish(config, &ctx);
    jd_demand(!rc, ctx.message);
    return config;
}

/* Processes that wanted to run in the last minute; 0 where the system does not tell. */
static double load(void)
{
    double mean = 0;
    FILE *f = fopen("/proc/loadavg", "r");
    if (f && fscanf(f, "%lf", &mean) != 1) mean = 0;
    if (f) fclose(f);
    return mean;
}

/* Threads that wait sleep, as in the program, which says why. */
static void wait_politely(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") || setenv("OMP_WAIT_POLICY", "passive", 1)) return;
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    wait_politely(argv);
    const char *which = argc > 1 ? argv[1] : "quick";
    struct utsname host;
    uname(&host);
    printf("machine: %s %s, %ld processors, load %.1f (above 0, times are too long); medians of %d "
           "rounds; one thread unless said\n\n",
           host.sysname, host.machine, sysconf(_SC_NPROCESSORS_ONLN), load(), JD_ROUNDS);
    printf("| %-58s | %9s | %-22s | %s |\n| --- | --- | --- | --- |\n", "what", "figure", "unit",
           "beside");
    const bool peaks = strcmp(which, "peaks") == 0;
    if (peaks || strcmp(which, "did") == 0 || strcmp(which, "all") == 0) jd_bench_peaks();
    if (peaks) return 0;
    jd_limits_t limits = jd_measure_limits();
    if (strcmp(which, "did") == 0) {
        jd_bench_did(&limits);
        return 0;
    }
    if (strcmp(which, "sweep") == 0) {
        jd_bench_sweep();
        return 0;
    }
    if (strcmp(which, "kernels") == 0) {
        jd_bench_firms(&limits);
        jd_bench_officials();
        return 0;
    }
    /* Whole runs first: they fork, and a child cannot use threads its parent has had running. */
    if (strcmp(which, "china") != 0) jd_bench_whole("quickstart");
    if (strcmp(which, "quick") != 0) jd_bench_whole("china");
    if (strcmp(which, "china") == 0) return 0;
    jd_bench_firms(&limits);
    jd_bench_officials();
    if (strcmp(which, "all") != 0) return 0;
    jd_bench_did(&limits);
    jd_bench_sweep();
    return 0;
}
