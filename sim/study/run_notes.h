/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is remarked while a run goes on, kept with the run. */
#ifndef JD_STUDY_RUN_NOTES_H
#define JD_STUDY_RUN_NOTES_H

#include "study/shards.h"

/** Hears a context's remarks. */
typedef struct jd_run_notes {
    int (*cancelled)(void *user); /**< of the context around the run */
    void *user;
    int more;               /**< notes there was no room for */
    char text[JD_RUN_NOTE]; /**< each once, in their order, "; " between */
} jd_run_notes_t;

/** *inner is a context for one run in `outer`: as jd_ctx_inner(), and its remarks go to `notes`,
 * which must last as long. */
void jd_run_notes_begin(jd_run_notes_t *notes, jd_ctx_t *inner, const jd_ctx_t *outer);
/** The notes heard, with how many more there were; "" = none. */
void jd_run_notes_end(const jd_run_notes_t *notes, char text[JD_RUN_NOTE]);

#endif
