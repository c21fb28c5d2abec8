/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Several replicates of one config: the same world, other draws; failures are recorded, not fatal.
 */
#ifndef JD_STUDY_REPLICATES_H
#define JD_STUDY_REPLICATES_H

#include "study/study.h"

/** Replicates 0 ... n-1 into the store: /runs, /estimates and /truth/estimands with a column `run`.
 */
JD_MUST_USE int jd_study_replicates(const jd_config_t *config, const jd_inputs_t *inputs, int64_t n,
                                    jd_store_t *store, jd_study_result_t *result, jd_ctx_t *ctx);

#endif
