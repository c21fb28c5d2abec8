/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What `jiedao did` is asked for. An option is one row of did_options.c. */
#ifndef JD_CLI_DID_OPTIONS_H
#define JD_CLI_DID_OPTIONS_H

#include "cli/command.h"
#include "cli/did_read.h"

typedef enum jd_did_format {
    JD_DID_TEXT,
    JD_DID_CSV,
    JD_DID_TABLES /**< + jd_own_format_t */
} jd_did_format_t;

typedef struct jd_did_request {
    jd_did_file_t file;
    jd_own_roles_t roles;
    jd_did_options_t how;
    jd_vcov_options_t vcov;
    jd_diagnostic_options_t diagnose;
    jd_bootstrap_t bootstrap;
    const char *estimators;  /**< names, or "all" */
    const char *diagnostics; /**< likewise; NULL = none */
    const char *separator, *decimal;
    const char *plot, *honest_plot, *outcome_weights; /**< files, or NULL */
    int force; /**< replace what is not known as this program's */
    double level;
    int format; /**< jd_did_format_t */
} jd_did_request_t;

/** Names of estimators and diagnostics, for the help. */
void jd_did_list_names(FILE *out);
/** All options of jiedao did, ended by one without a name: those of the file, of uncertainty and of
 *  output, and in their middle the estimators' own, from their rows. */
const jd_option_t *jd_did_option_rows(void);

/** Reads the command line. Texts are borrowed from `args`. */
JD_MUST_USE int jd_did_request_read(jd_did_request_t *request, const jd_args_t *args,
                                    jd_ctx_t *ctx);
/** Warns of options given that none, or not all, of what is asked for takes. */
void jd_did_tell_unused(const jd_did_request_t *request, const jd_args_t *args, jd_ctx_t *ctx);

#endif
