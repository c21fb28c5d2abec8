/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Programs of others: a command line, files in and out, a time limit. */
#ifndef JD_STUDY_OUTSIDE_H
#define JD_STUDY_OUTSIDE_H

#include <stdint.h>

#include "jiedao/context.h"

/** A call. Its standard input is `input` (a file; NULL = empty), its output goes to `output`. */
typedef struct jd_outside {
    const char *command; /**< for the shell */
    const char *input, *output;
    uint64_t seed, replicate; /**< in its environment: JIEDAO_SEED, JIEDAO_REPLICATE */
    double seconds;           /**< after which it is ended */
} jd_outside_t;

/** Runs it and waits; all of its children end with it. Errors: JD_ERR_PROGRAM with what it said
 * last, its exit status, or that it took too long; JD_ERR_CANCELLED within 0.1 s; memory. */
JD_MUST_USE int jd_outside_run(const jd_outside_t *call, jd_ctx_t *ctx);

/** A new empty file of a name nobody knows in TMPDIR or /tmp; the caller removes it. */
enum { JD_OUTSIDE_PATH = 512 };
JD_MUST_USE int jd_outside_file(char path[JD_OUTSIDE_PATH], jd_ctx_t *ctx);

#endif
