/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Several replicates of one config: the same world, other draws; failures are recorded, not fatal. */
#ifndef JD_STUDY_REPLICATES_H
#define JD_STUDY_REPLICATES_H

#include "study/study.h"

/** What is kept of a replicate. */
typedef struct jd_study_replicate {
    jd_run_facts_t facts;
    jd_table_t estimates, estimands;
} jd_study_replicate_t;

/** One replicate; all its tables into the store under `prefix`, unless store is NULL. Adds to times. */
JD_MUST_USE int jd_study_replicate(const jd_config_t *config, const jd_inputs_t *inputs, uint64_t replicate,
                                   jd_store_t *store, const char *prefix, jd_study_replicate_t *out,
                                   jd_study_times_t *times, jd_ctx_t *ctx);
void jd_study_replicate_free(jd_study_replicate_t *out);

/** Replicates 0 ... n-1 into the store: /runs, /estimates and /truth/estimands with a column `run`. */
JD_MUST_USE int jd_study_replicates(const jd_config_t *config, const jd_inputs_t *inputs, int64_t n, jd_store_t *store,
                                    jd_study_result_t *result, jd_ctx_t *ctx);

#endif
