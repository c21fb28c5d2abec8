/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One replicate of a config: simulate, estimate, store. */
#ifndef JD_STUDY_REPLICATE_H
#define JD_STUDY_REPLICATE_H

#include "study/study.h"

/** Titles of the tables that hold those of many replicates. */
#define JD_ESTIMATES_OF_ALL "Estimates of all runs"
#define JD_ESTIMANDS_OF_ALL "Estimands of all runs"

/** What is kept of a replicate. */
typedef struct jd_study_replicate {
    jd_run_facts_t facts;
    jd_table_t estimates, estimands;
    double strong, services; /**< of the factual world in the last period: mean share of time on
                                strong tasks, G */
    jd_study_friction_t friction;
    jd_fact_t fact[JD_FACTS_MOST];
    int n_facts;
} jd_study_replicate_t;

/** Takes tables of a run, one after the other; `append`: more rows of one that came before, or its
 *  first. */
typedef struct jd_keeper {
    int (*take)(void *user, const jd_table_t *table, bool append, jd_ctx_t *ctx);
    void *user;
} jd_keeper_t;

/** One replicate; all its tables to `keep`, unless it is NULL. Adds to times. */
JD_MUST_USE int jd_study_replicate(const jd_config_t *config, const jd_inputs_t *inputs,
                                   uint64_t replicate, const jd_keeper_t *keep,
                                   jd_study_replicate_t *out, jd_study_times_t *times,
                                   jd_ctx_t *ctx);
/** What a simulation did, into `out`: facts, friction, a copy of its estimands. */
JD_MUST_USE int jd_study_note(const jd_simulation_t *sim, jd_study_replicate_t *out, jd_ctx_t *ctx);
/** Its facts of mechanisms as the table "facts", made here. */
JD_MUST_USE int jd_study_facts(const jd_study_replicate_t *one, jd_table_t *facts, jd_ctx_t *ctx);
void jd_study_replicate_free(jd_study_replicate_t *out);

/** What a replicate did, as columns of /runs. */
enum {
    JD_SUMMARY_MOVES,
    JD_SUMMARY_RELOCATIONS,
    JD_SUMMARY_OBSERVED,
    JD_SUMMARY_WITHIN_PREFECTURE,
    JD_SUMMARY_WITHIN_PROVINCE,
    JD_SUMMARY_DISTANCE,
    JD_SUMMARY_TREATED,
    JD_SUMMARY_STRONG,
    JD_SUMMARY_SERVICES,
    JD_SUMMARY_FRICTION,
    JD_SUMMARY_LOG_FRICTION,
    JD_SUMMARY_PART,
    JD_SUMMARY_COLUMNS = JD_SUMMARY_PART + JD_FRICTION_PARTS
};
extern const jd_column_t jd_summary_columns[JD_SUMMARY_COLUMNS];
/** Into a row of a table in which these columns begin at `first`; of one that failed -1 and NaN. */
void jd_study_summarise(const jd_study_replicate_t *one, jd_table_t *table, int first, int64_t row);
void jd_study_summarise_failed(jd_table_t *table, int first, int64_t row);

/** Seconds on a clock that never goes back. */
double jd_study_clock(void);

#endif
