/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Sweeps: all runs of a plan into a folder, resumable, mergeable to one file.
 *
 *      FOLDER/plan.txt     what is run: program, config, inputs
 *      FOLDER/config.ini   the config as it was given
 *      FOLDER/shards/      records of finished runs
 *      FOLDER/runs/        with output.keep = all each run's file, as jiedao run would write it
 *      FOLDER/sweep.h5     all of them in run order, once all are there
 */
#ifndef JD_SWEEP_SWEEP_H
#define JD_SWEEP_SWEEP_H

#include "study/replicate.h"
#include "sweep/farm.h"
#include "sweep/plan.h"

/** Tables of a run: /estimates, /truth/estimands, and one row for /runs. */
enum { JD_SWEEP_ESTIMATES, JD_SWEEP_ESTIMANDS, JD_SWEEP_FACTS, JD_SWEEP_SUMMARY, JD_SWEEP_TABLES };

/** One run. */
typedef struct jd_sweep_one {
    const jd_config_t *config; /**< of its point, finished */
    const jd_inputs_t *inputs;
    uint64_t key;            /**< of its random numbers */
    const jd_keeper_t *keep; /**< takes all its tables; NULL = they are not kept */
} jd_sweep_one_t;

/** What the runs of a folder are. */
typedef struct jd_sweep_kind {
    jd_run_layout_t layout;
    int (*run)(const jd_sweep_one_t *one, jd_run_result_t *result, jd_ctx_t *ctx);
    bool merges; /**< into sweep.h5, and can keep all tables of each run */
} jd_sweep_kind_t;
extern const jd_sweep_kind_t jd_sweep_simulate;

/** With sweep.moments = yes: measures a run's tables of these names (a list ended by NULL) into its
 *  facts. The program sets it, before threads are made; the library of studies measures nothing. */
typedef int (*jd_sweep_measure_t)(const jd_recorded_t *recorded, jd_table_t *facts, jd_ctx_t *ctx);
void jd_sweep_set_measure(const char *const *tables, jd_sweep_measure_t measure);

typedef struct jd_sweep_options {
    bool resume;         /**< go on in a folder of the same config */
    bool force;          /**< start over where there is a sweep; not with parts or a ticket */
    int64_t part, parts; /**< the part-th of `parts` shards of the work, from 0; 0, 1 = all */
    int64_t (*ticket)(void *process); /**< as jd_farm_t */
    bool (*ready)(void *process, bool good);
    void (*done)(void *process);
    void *process;
    bool leads; /**< of several processes the one that merges */
} jd_sweep_options_t;

typedef struct jd_sweep_facts {
    int64_t n_points, replicates, n_runs;
    jd_farm_facts_t farm;
    bool merged; /**< sweep.h5 is written */
} jd_sweep_facts_t;

/** Runs what is missing of a finished config's sweep and, where all runs are there and this process
 *  was to do them all, merges. Errors: JD_ERR_EXISTS (a sweep is there and neither resume nor
 * force, or another config's), the plan's, the farm's. */
JD_MUST_USE int jd_sweep_run(const jd_sweep_kind_t *kind, const jd_config_t *config,
                             const char *folder, const jd_sweep_options_t *options,
                             jd_sweep_facts_t *facts, jd_ctx_t *ctx);

/** Writes FOLDER/sweep.h5 from its shards; the same bytes however they were made. Errors:
 *  JD_ERR_DATA (runs are missing: how many, and the command that does them), JD_ERR_EXISTS. */
JD_MUST_USE int jd_sweep_merge(const char *folder, bool replace, jd_sweep_facts_t *facts,
                               jd_ctx_t *ctx);

/** Makes `folder` a sweep of all runs that n folders of one sweep hold: shares of it, or replicates
 *  that follow each other (sweep.first). jd_sweep_merge() then writes its file, or says what is
 * missing. Errors: JD_ERR_EXISTS (other sweeps, a sweep in `folder`), JD_ERR_UNSUPPORTED
 *  (output.keep = all), those of shards. */
JD_MUST_USE int jd_sweep_gather(const char *const *folders, int n, const char *folder,
                                jd_ctx_t *ctx);

/* ---- For the folder's readers: sweep_folder.c ---- */

/** A folder's plan, read back. */
typedef struct jd_sweep_folder {
    jd_config_t *config;                              /**< finished */
    char *source;                                     /**< config.ini */
    char input[JD_STUDY_INPUTS][JD_STUDY_INPUT_TEXT]; /**< "" = none */
    char program[128];                                /**< that began it */
    uint64_t identity;
    int64_t block;         /**< runs a shard, as the sweep began */
    uint64_t source_hash;  /**< of the config the plan was made from, as plan.txt says */
    uint64_t source_grown; /**< of the config before replicates were added, or 0: plan.txt is
                              written before config.ini, and either may stand beside it */
    jd_plan_t plan;
    jd_shards_t shards;
} jd_sweep_folder_t;

/** Makes the folder for a config, or holds an existing one against it. *folder is to be freed after
 *  success. */
JD_MUST_USE int jd_sweep_folder_make(jd_sweep_folder_t *made, const jd_sweep_kind_t *kind,
                                     const char *folder, const jd_config_t *config,
                                     const jd_study_inputs_t *inputs,
                                     const jd_sweep_options_t *options, jd_ctx_t *ctx);
JD_MUST_USE int jd_sweep_folder_open(jd_sweep_folder_t *opened, const jd_sweep_kind_t *kind,
                                     const char *folder, jd_ctx_t *ctx);
/** Refuses a folder of another sweep than the first's, be it of other replicates. */
JD_MUST_USE int jd_sweep_folder_same(const jd_sweep_folder_t *first, const jd_sweep_folder_t *other,
                                     const char *first_name, const char *other_name, jd_ctx_t *ctx);
/** Begins `folder` as the sweep of `from` with so many replicates. */
JD_MUST_USE int jd_sweep_folder_widen(jd_sweep_folder_t *made, const jd_sweep_folder_t *from,
                                      const jd_sweep_kind_t *kind, const char *folder,
                                      int64_t replicates, jd_ctx_t *ctx);
void jd_sweep_folder_free(jd_sweep_folder_t *folder);

#endif
