/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is remarked while a run goes on, kept with the run. */
#ifndef JD_STUDY_RUN_NOTES_H
#define JD_STUDY_RUN_NOTES_H

#include "jiedao/context.h"

/** Bytes of why a run failed, and of its remarks. */
enum { JD_RUN_MESSAGE = 256, JD_RUN_NOTE = 2040 };

/** Between two remarks of a run. */
#define JD_RUN_NOTE_BETWEEN " | "

/** Hears a context's remarks. */
typedef struct jd_run_notes {
    const jd_ctx_t *outer;  /**< the context around the run */
    int more;               /**< notes there was no room for */
    char text[JD_RUN_NOTE]; /**< each once, in their order, JD_RUN_NOTE_BETWEEN between */
} jd_run_notes_t;

/** *inner is a context for one run in `outer`: as jd_ctx_inner(), and its remarks go to `notes`,
 * which must last as long. */
void jd_run_notes_begin(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer);
/** The notes heard, with how many more there were; "" = none. */
void jd_run_notes_end(const jd_run_notes_t *notes, char text[JD_RUN_NOTE]);

/** The same, but remarks and progress reach `outer` too. */
void jd_run_notes_begin_reporting(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer);

/** Distinct remarks of many runs, in the order they came. Zero it first. */
typedef struct jd_tallied jd_tallied_t;
typedef struct jd_notes_tally {
    jd_tallied_t *list; /**< owned */
    int n;
    int64_t runs; /**< added so far */
} jd_notes_tally_t;

/** Adds a run: its remarks as jd_run_notes_end() gave them, and why it failed (NULL: it did not).
 * Errors: JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_notes_tally_add(jd_notes_tally_t *tally, const char *note, const char *failure,
                                   jd_ctx_t *ctx);
/** Remarks each once, "3 of 4 RUNS: ...", to the context, and frees the tally; ctx NULL: frees. */
void jd_notes_tally_end(jd_notes_tally_t *tally, const char *runs, jd_ctx_t *ctx);

#endif
