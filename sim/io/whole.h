/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A file that appears under its name only when whole: written beside its target as NAME.part,
 *  synced, renamed. Whatever happens before jd_whole_commit() leaves the target as it was. */
#ifndef JD_IO_WHOLE_H
#define JD_IO_WHOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/context.h"

/** Zero it first; abandon is then always safe. */
typedef struct jd_whole {
    char *path;   /**< the target, owned */
    char *part;   /**< what is written meanwhile, owned; NULL = nothing is open */
    int fd;       /**< of `part`; while it is open no other process writes there: closing any
                       descriptor of the file, a copy too, would give up the lock */
    FILE *stream; /**< on `fd`, or NULL */
    bool replace; /**< an existing target may be replaced */
} jd_whole_t;

/** Opens NAME.part, empty; one left over by a killed program is taken over. Errors: JD_ERR_EXISTS
 *  (target there and !replace, or another process writes it), JD_ERR_OPEN, JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_whole_open(jd_whole_t *whole, const char *path, bool replace, jd_ctx_t *ctx);

/** A buffered stream on the open file; it stays the file's, do not close it. NULL after
 *  JD_ERR_NO_MEMORY. */
FILE *jd_whole_stream(jd_whole_t *whole, jd_ctx_t *ctx);

/** Writes what the stream holds, syncs, renames, syncs the folder. Frees in any case; after an
 * error nothing is left over. */
JD_MUST_USE int jd_whole_commit(jd_whole_t *whole, jd_ctx_t *ctx);

/** Removes the unfinished file. Fine on zeroed, committed and abandoned ones. */
void jd_whole_abandon(jd_whole_t *whole);

/** JD_ERR_WRITE with a sentence for errno value `number`. */
int jd_whole_fail(const jd_whole_t *whole, int number, jd_ctx_t *ctx);

#endif
