/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A study: simulate, store, estimate, in one go; the meeting of simulator, files and estimators.
 */
#ifndef JD_STUDY_STUDY_H
#define JD_STUDY_STUDY_H

#include "io/files/room.h"
#include "io/hdf5/store.h"
#include "jiedao/simulation.h"
#include "model/mechanism.h"
#include "study/recovery.h"

/** Tables of the user's files that a config names (world.divisions, policy.list), read once. */
typedef struct jd_study_inputs {
    jd_table_t divisions, policy;
    jd_inputs_t inputs;   /**< points at those that were named */
    int64_t bytes[2];     /**< size of each file, 0 = none */
    uint64_t checksum[2]; /**< FNV-1a of its bytes */
    const char *path[2];  /**< borrowed from the config */
} jd_study_inputs_t;

JD_MUST_USE int jd_study_inputs_read(jd_study_inputs_t *inputs, const jd_config_t *config,
                                     jd_ctx_t *ctx);
void jd_study_inputs_free(jd_study_inputs_t *inputs);

/** Seconds the stages of a study took. */
typedef struct jd_study_times {
    double setup, simulate, estimate, write, total;
} jd_study_times_t;

/** Friction in the last period of the factual world, means of streets. */
typedef struct jd_study_friction {
    double friction;                /**< F */
    double log_friction;            /**< f, the sum of its parts */
    double part[JD_FRICTION_PARTS]; /**< in the order of jd_part_t */
} jd_study_friction_t;

/** What is left in memory after a study, for the screen. Zero it first. */
typedef struct jd_study_result {
    jd_run_facts_t facts;          /**< of the first replicate */
    jd_fact_t fact[JD_FACTS_MOST]; /**< of mechanisms, of the only replicate */
    int n_facts;
    jd_study_friction_t friction; /**< sums over the replicates that did not fail */
    jd_table_t estimates;         /**< of the first replicate */
    jd_table_t estimands;         /**< of the first replicate */
    int64_t replicates;
    jd_table_t all_estimates; /**< of all, column run in front; empty for one */
    jd_table_t all_estimands;
    int64_t failed; /**< replicates that failed */
    jd_study_times_t times;
} jd_study_result_t;
void jd_study_add_friction(jd_study_result_t *result, const jd_study_friction_t *one);
void jd_study_result_free(jd_study_result_t *result);

/** Runs a finished config `replicates` times and writes one file, whole or not at all. With one
 * replicate all tables are stored; with more, estimates and estimands of each (output.keep = all:
 * all tables, under runs/000001/...). `result` may be NULL. The occasion (time, host, stages) goes
 * to PATH.log.json, which is `path` with its .h5 replaced; jd_warn() says where that cannot be
 * written. Errors: of the config, the inputs, the file; nothing is left then. */
JD_MUST_USE int jd_study_run(const jd_config_t *config, const char *path, bool replace,
                             int64_t replicates, jd_study_result_t *result, jd_ctx_t *ctx);

/** Refuses (jd_room_check()) what cannot fit where `path` is to be: `bytes`, and `files` times the
 * tables of one replicate. */
JD_MUST_USE int jd_study_room(const jd_config_t *config, const jd_inputs_t *inputs,
                              const char *path, jd_bytes_t bytes, int64_t files, jd_ctx_t *ctx);

/** What every file says of where it comes from: attributes, and the config as given and resolved.
 */
enum { JD_STUDY_INPUTS = 2, JD_STUDY_INPUT_TEXT = JD_TEXT_MAX + 64 };
extern const char *const jd_study_input_names[JD_STUDY_INPUTS];
/** Name, size and checksum of an input; false if the config names none. */
bool jd_study_input_text(const jd_study_inputs_t *inputs, int i, char text[JD_STUDY_INPUT_TEXT]);
JD_MUST_USE int jd_study_store_inputs(jd_store_t *store, const jd_study_inputs_t *inputs,
                                      jd_ctx_t *ctx);
JD_MUST_USE int jd_study_store_identity(jd_store_t *store, const jd_config_t *config,
                                        int64_t replicates, jd_ctx_t *ctx);
JD_MUST_USE int jd_study_store_config(jd_store_t *store, const jd_config_t *config,
                                      const char *source, jd_ctx_t *ctx);

#endif
