/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Moments of the runs of a sweep, kept as facts: "moments.inflow_mean". */
#ifndef JD_MOMENTS_OF_RUNS_H
#define JD_MOMENTS_OF_RUNS_H

#include "study/recovery.h"

/** Adds the moments of a run to the table of its facts. For jd_sweep_set_measure(). */
JD_MUST_USE int jd_moments_of_run(const jd_recorded_t *recorded, jd_table_t *facts, jd_ctx_t *ctx);

#endif
