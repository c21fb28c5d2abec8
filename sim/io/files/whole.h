/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A file that appears under its name only when whole. Until then it has no name at all, or, on
 * file systems without nameless files, a random one (.jiedao-0123456789abcdef.part) in its folder:
 * no link and no file that is there already is ever written to. Whatever happens before
 *  jd_whole_commit() leaves the target as it was; a killed program leaves nothing, or a file of a
 *  random name that nobody looks at. */
#ifndef JD_IO_FILES_WHOLE_H
#define JD_IO_FILES_WHOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/context.h"

/** Zero it first; abandon is then always safe. */
typedef struct jd_whole {
    char *path;   /**< the target, owned; NULL = nothing is open */
    char *part;   /**< room for the random name, owned */
    bool named;   /**< the file has the random name */
    int fd;       /**< of the file */
    FILE *stream; /**< on `fd`, or NULL */
    bool replace; /**< an existing target may be replaced */
} jd_whole_t;

/** Opens a new, empty file in the folder of `path`. Errors: JD_ERR_EXISTS (target there and
 *  !replace, or no plain file), JD_ERR_OPEN, JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_whole_open(jd_whole_t *whole, const char *path, bool replace, jd_ctx_t *ctx);

/** A buffered stream on the open file; it stays the file's, do not close it. NULL after
 *  JD_ERR_NO_MEMORY. */
FILE *jd_whole_stream(jd_whole_t *whole, jd_ctx_t *ctx);

/** Writes what the stream holds, syncs, gives the file its name, syncs the folder. A target that
 *  came to be meanwhile is refused unless it may be replaced. Frees in any case; after an error
 *  nothing is left over. */
JD_MUST_USE int jd_whole_commit(jd_whole_t *whole, jd_ctx_t *ctx);

/** Removes the unfinished file. Fine on zeroed, committed and abandoned ones. */
void jd_whole_abandon(jd_whole_t *whole);

/** JD_ERR_WRITE with a sentence for errno value `number`. */
int jd_whole_fail(const jd_whole_t *whole, int number, jd_ctx_t *ctx);

#endif
