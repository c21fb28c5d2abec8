/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The analyses of one call of `jiedao did`: one an outcome, or one an outcome and group. */
#ifndef JD_CLI_DID_RUNS_H
#define JD_CLI_DID_RUNS_H

#include "cli/did_options.h"
#include "dataset/groups.h"

typedef struct jd_did_run {
    const char *outcome, *group; /**< borrowed; NULL = the only one */
    jd_analysis_t *analysis;     /**< owned */
} jd_did_run_t;

typedef struct jd_did_runs {
    jd_did_run_t *list;      /**< [n] outcomes, and groups within each; owned */
    jd_own_groups_t *groups; /**< [outcomes] of --by, owned; NULL without */
    jd_table_t *differences; /**< [outcomes] owned; NULL without groups */
    int n, n_outcomes;
} jd_did_runs_t;

/** Reads the file and analyses it. The caller frees, also after an error. */
JD_MUST_USE int jd_did_runs_make(jd_did_runs_t *runs, jd_did_wish_t *wish, jd_request_t *request,
                                 jd_ctx_t *ctx);
void jd_did_runs_free(jd_did_runs_t *runs);

/** What the run's results bear beside what one alone has: "outcome" and "group" before the columns
 *  of `lines`, whose first n_columns are taken. The caller frees. Errors: memory. */
JD_MUST_USE int jd_did_runs_table(jd_table_t *all, const jd_did_runs_t *runs, jd_ctx_t *ctx);

/** Name of a run's file: "events-lemp-North.pdf" of "events.pdf" where there are several. The
 *  caller frees; NULL without memory. */
char *jd_did_run_path(const jd_did_runs_t *runs, const jd_did_run_t *run, const char *path,
                      jd_ctx_t *ctx);

#endif
