/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The command line of `jiedao did`: what can be requested by name, and the command's own options,
 *  which are of files and of what is printed. */
#ifndef JD_CLI_DID_OPTIONS_H
#define JD_CLI_DID_OPTIONS_H

#include <stdio.h>

#include "cli/command.h"
#include "cli/did_read.h"
#include "cli/look.h"

typedef enum jd_did_format {
    JD_DID_TEXT,
    JD_DID_CSV,
    JD_DID_JSON,
    JD_DID_LATEX,
    JD_DID_MARKDOWN
} jd_did_format_t;

/** The command's own. */
typedef struct jd_did_wish {
    jd_did_file_t file;
    const char *separator, *decimal;
    const char *by;       /**< column of groups, or NULL */
    const char **outcome; /**< [n_outcomes] of --y, owned */
    int n_outcomes;       /**< 0: none is named */
    const char *plot, *honest_plot, *outcome_weights, *rows_out, *vcov_out; /**< files,
                                                                                    or NULL */
    int force;              /**< replace what is not known as this program's */
    int format;             /**< jd_did_format_t */
    jd_look_options_t look; /**< of figures */
} jd_did_wish_t;

/** Names of estimators and diagnostics, for the help. */
void jd_did_list_names(FILE *out);

/** All options of jiedao did, ended by one without a name: those of a request, and the command's
 *  own where they belong in the help. */
const jd_option_t *jd_did_option_rows(void);

/** Whether an option is the command's own; the others are a request's. */
bool jd_did_is_own(const jd_option_t *option);

/** Reads the command line. The caller frees the request, and the wish's own with
 *  jd_did_wish_free(), also after an error; `args` must outlive
 *  both. All mistakes are told. */
JD_MUST_USE int jd_did_wish_read(jd_did_wish_t *wish, jd_request_t **request, const jd_args_t *args,
                                 jd_ctx_t *ctx);
void jd_did_wish_free(jd_did_wish_t *wish);

#endif
