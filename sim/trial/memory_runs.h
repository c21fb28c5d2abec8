/* SPDX-License-Identifier: GPL-3.0-or-later */
/** All runs of a plan, side by side, whose results are taken in order and not kept on disk. */
#ifndef JD_TRIAL_MEMORY_RUNS_H
#define JD_TRIAL_MEMORY_RUNS_H

#include "sweep/sweep.h"

/** Runs every run of the plan of a finished config; `take` gets each result in the order of runs,
 * one at a time, on any thread, and may take its tables over. A run that fails is a result; what
 * ends all is JD_ERR_CANCELLED, JD_ERR_NO_MEMORY and an error of `take`. */
JD_MUST_USE int
jd_memory_runs(const jd_sweep_kind_t *kind, const jd_plan_t *plan, const jd_config_t *config,
               int (*take)(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx),
               void *user, jd_ctx_t *ctx);

#endif
