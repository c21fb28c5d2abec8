/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What finished runs left behind, on disk: a folder of shards, each a log of checksummed records.
 *
 *  Runs are cut into blocks of equal length. A block's records are appended to NNNNNN.part as its
 *  runs finish; when all have, the file is synced and becomes NNNNNN.shard. Whatever kills the
 *  program, the valid beginning of a .part file is kept and the rest is run again. */
#ifndef JD_SWEEP_SHARDS_H
#define JD_SWEEP_SHARDS_H

#include <stdbool.h>

#include "jiedao/table.h"
#include "study/run_notes.h"

enum { JD_RUN_TABLES = 4 };

/** What a run leaves behind. */
typedef struct jd_run_result {
    int32_t failed; /**< 0, or the code of its failure */
    char message[JD_RUN_MESSAGE];
    char note[JD_RUN_NOTE];          /**< what was remarked, "" = nothing: see run_notes.h */
    jd_table_t table[JD_RUN_TABLES]; /**< [layout.n], of the layout's columns; empty if it failed */
} jd_run_result_t;

/** The first of the failed runs, reported where not every one can be. Zero it first. */
typedef struct jd_first_failure {
    int64_t run; /**< from 1; 0 = none failed */
    char message[JD_RUN_MESSAGE];
} jd_first_failure_t;
/** Takes note of run `run` (from 0) if it failed and none before it has. */
void jd_first_failure_note(jd_first_failure_t *first, int64_t run, const jd_run_result_t *result);

/** The tables every run of a folder leaves. */
typedef struct jd_run_layout {
    int n;
    const char *name[JD_RUN_TABLES], *label[JD_RUN_TABLES];
    const jd_column_t *columns[JD_RUN_TABLES];
    int n_columns[JD_RUN_TABLES];
} jd_run_layout_t;

typedef struct jd_shards {
    const char *folder; /**< borrowed; shards lie in folder/shards */
    const jd_run_layout_t *layout;
    uint64_t identity; /**< of config and program: records of another are not taken */
    int64_t n_runs, block;
    bool files; /**< a run that did not fail has a file too, or it is not done */
} jd_shards_t;

/** Empty tables of the layout; jd_run_result_free() frees them. */
JD_MUST_USE int jd_run_result_init(jd_run_result_t *result, const jd_run_layout_t *layout,
                                   jd_ctx_t *ctx);
void jd_run_result_free(jd_run_result_t *result);
/** Takes the rows of a table of the same columns over; name and label of `to` stay. */
void jd_run_result_take(jd_table_t *to, jd_table_t *from);

/** Runs of a block, the same for any number of workers. */
int64_t jd_shards_block(int64_t n_runs);
int64_t jd_shards_count(const jd_shards_t *shards);

/** folder/runs/NNNNNN.h5 of a run. */
/** Bytes that a run's record has at least, whatever came of the run. */
size_t jd_shard_least(const jd_run_layout_t *layout);
void jd_shards_file(const jd_shards_t *shards, int64_t run, char path[4096]);

typedef enum jd_shard_state {
    JD_SHARD_NONE,
    JD_SHARD_PART, /**< some records, or an unfinished file */
    JD_SHARD_WHOLE,
    JD_SHARD_DAMAGED /**< called finished, but not whole */
} jd_shard_state_t;

/** Reads a block's records as they are: handed to `take` in the order of the file, each once;
 * `take` may be NULL. *n_valid = how many. Errors: take's, JD_ERR_READ, JD_ERR_NO_MEMORY. */
typedef int (*jd_shard_take_t)(void *user, int64_t run, jd_run_result_t *result, jd_ctx_t *ctx);
JD_MUST_USE int jd_shard_read(const jd_shards_t *shards, int64_t block, jd_shard_state_t *state,
                              int64_t *n_valid, jd_shard_take_t take, void *user, jd_ctx_t *ctx);

/** Whether a file begins as a shard of any sweep does. */
bool jd_shard_is_one(const char *path);

/** Runs without a record, and the first block that lacks one, -1 = none. Errors: as above. */
JD_MUST_USE int jd_shards_missing(const jd_shards_t *shards, int64_t *missing, int64_t *first,
                                  jd_ctx_t *ctx);

/** Calls the last block unfinished where it is shorter than the others: runs will follow in it. */
JD_MUST_USE int jd_shards_reopen_last(const jd_shards_t *shards, jd_ctx_t *ctx);

/** A block being written. */
typedef struct jd_shard_writer {
    const jd_shards_t *shards;
    int64_t block;
    int fd;
    bool sealed; /**< whole already: nothing to write */
    bool *done;  /**< [runs of the block] owned */
    int64_t n_done;
    unsigned char *buffer; /**< owned */
    size_t capacity;
} jd_shard_writer_t;

/** Opens a block for its missing runs; keeps what is valid of it, drops the rest. *busy = another
 *  process writes it: nothing is open then. Errors: JD_ERR_OPEN, JD_ERR_WRITE, JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_shard_open(jd_shard_writer_t *writer, const jd_shards_t *shards, int64_t block,
                              bool *busy, jd_ctx_t *ctx);
/** Appends a run's record in one write. */
JD_MUST_USE int jd_shard_append(jd_shard_writer_t *writer, int64_t run,
                                const jd_run_result_t *result, jd_ctx_t *ctx);
/** Closes; a block with all its runs is synced and sealed. */
JD_MUST_USE int jd_shard_close(jd_shard_writer_t *writer, jd_ctx_t *ctx);

#endif
