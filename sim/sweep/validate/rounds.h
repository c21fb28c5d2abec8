/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The rounds of a validation, wherever its runs are kept. */
#ifndef JD_SWEEP_VALIDATE_ROUNDS_H
#define JD_SWEEP_VALIDATE_ROUNDS_H

#include "study/run_notes.h"
#include "sweep/validate/validate.h"

/** A validation under way. */
typedef struct jd_validate_work {
    const jd_config_t *config;
    jd_validation_t *validation;
    jd_series_list_t list;
    int64_t *done;          /**< [points] runs that did not fail */
    const jd_plan_t *round; /**< of the runs that are taken */
    jd_notes_tally_t tally;
    /** Does the runs of a round, whose finished config it gets: sets `round`, and gives each run in
     * order to jd_validate_take(). */
    int (*runs)(struct jd_validate_work *work, const jd_config_t *round, jd_ctx_t *ctx);
    void *user;
} jd_validate_work_t;

/** Takes a run's result. */
JD_MUST_USE int jd_validate_take(void *work, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx);

/** Plan, checks, rounds and tables of a validation; `begin`, unless NULL, is called between checks
 * and rounds, `end` when the tables are made. The result is that of jd_validate_run(). */
JD_MUST_USE int jd_validate_all(jd_validate_work_t *work,
                                int (*begin)(jd_validate_work_t *work, jd_ctx_t *ctx),
                                int (*end)(jd_validate_work_t *work, jd_ctx_t *ctx), jd_ctx_t *ctx);

#endif
