/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Benchmarks: each figure is the median of several rounds, the limits of the machine are measured
 * in the same run, and every benchmark checks that what it timed came out right. */
#ifndef JD_BENCH_H
#define JD_BENCH_H

#include <stdint.h>
#include <stdio.h>

#include "jiedao/config.h"

enum { JD_ROUNDS = 5 };

/** Seconds on a clock that never goes back. */
double jd_now(void);
/** Median of n seconds; sorts them. */
double jd_median(double *seconds, int n);
/** A line of the report: what, figure, unit, and what it stands beside. */
void jd_report(const char *what, double figure, const char *unit, const char *beside);
/** Ends the program if a benchmark's outcome is wrong: a fast wrong answer is no figure. */
void jd_demand(int holds, const char *what);

/** Finished config of all sections with the given assignments, NULL-ended. */
jd_config_t *jd_bench_config(const char *const *assignments);

/** What this machine can do: reading memory, keyed draws. */
typedef struct jd_limits {
    double read_gb;  /**< GB/s read by one thread */
    double probe_ns; /**< ns a firm: one keyed draw, one table look-up, one thread */
} jd_limits_t;
jd_limits_t jd_measure_limits(void);

void jd_bench_firms(const jd_limits_t *limits);
void jd_bench_officials(void);
void jd_bench_whole(const char *which);
/** Peaks of the same; it forks, and a heap that has been used before would keep what is freed. */
void jd_bench_peaks(void);
void jd_bench_did(const jd_limits_t *limits);
void jd_bench_sweep(void);

#endif
