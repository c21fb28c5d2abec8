/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Many runs spread over threads, processes and machines, each recorded as soon as it is done.
 *
 *  Workers take whole blocks of a folder's shards; which worker takes which changes no byte.
 * Several farms may work on one folder: a block is written by one at a time. */
#ifndef JD_SWEEP_FARM_H
#define JD_SWEEP_FARM_H

#include "sweep/shards.h"

typedef struct jd_farm {
    const jd_shards_t *shards;
    /** One run: fills the result's tables, or returns the code of its failure, which is recorded.
     *  Called by several threads at a time, each with its own context. JD_ERR_CANCELLED,
     *  JD_ERR_WRITE and JD_ERR_NO_MEMORY end the farm instead. */
    int (*run)(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx);
    void *user;
    int64_t part,
        parts;          /**< of `parts` equal parts of all blocks the part-th, from 0; parts >= 1 */
    bool one_at_a_time; /**< runs are not side by side; each uses all threads */
    int64_t max_failures; /**< recorded ones at which the farm stops, 0 = never */
    /** Hands out 0, 1, 2, ... among processes that work together; NULL = this one works alone.
     *  `ready` is called once this process has read the folder, or could not (`good`), and tells
     *  whether all could; if so `done` is called after the last run. Both return once all processes
     *  have called them. */
    int64_t (*ticket)(void *process);
    bool (*ready)(void *process, bool good);
    void (*done)(void *process);
    void *process;
} jd_farm_t;

typedef struct jd_farm_facts {
    int64_t found;                    /**< runs recorded before */
    int64_t found_failed;             /**< of them, failed */
    int64_t done;                     /**< runs recorded now */
    int64_t failed;                   /**< of them, failed */
    int64_t damaged;                  /**< shards that were not whole or gone */
    int64_t busy;                     /**< blocks another process was writing */
    jd_first_failure_t first_failure; /**< of all those recorded */
} jd_farm_facts_t;

/** Runs what is missing of the farm's part. Errors: fatal ones of a run, of the folder,
 *  JD_ERR_CANCELLED, JD_ERR_DATA (max_failures); finished runs are kept. */
JD_MUST_USE int jd_farm_work(const jd_farm_t *farm, jd_farm_facts_t *facts, jd_ctx_t *ctx);

#endif
