/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What is requested, filled by name. */
#ifndef JD_DATASET_REQUEST_H
#define JD_DATASET_REQUEST_H

#include "dataset/dataset.h"
#include "dataset/options.h"
#include "jiedao/analysis.h"

/** An option that was set. */
typedef struct jd_asked {
    const jd_own_option_t *option;
    char *text; /**< owned; of a switch NULL */
} jd_asked_t;

struct jd_request {
    char style[16];
    jd_own_roles_t roles;
    jd_did_options_t how;
    jd_vcov_options_t vcov;
    jd_diagnostic_options_t diagnose;
    jd_bootstrap_t bootstrap;
    const char *estimators;  /**< names, or "all" */
    const char *diagnostics; /**< likewise; NULL = none */
    double level;
    int rows;    /**< which rows each estimator uses is kept */
    int weights; /**< the weights on outcomes are kept */
    jd_asked_t *asked;
    int n_asked;
    bool sums;    /**< what each cluster adds to errors; no option either */
    bool keep;    /**< designs, for jd_analysis_infer(); no option of the program */
    bool checked; /**< jd_request_check() has reported what it found */
};

/** What the request comes to: two clusters are two ways, and the like. Borrows from it. Errors:
 *  options that contradict each other. */
JD_MUST_USE int jd_request_settle(const jd_request_t *request, jd_own_roles_t *roles,
                                  jd_own_ask_t *ask, jd_vcov_options_t *vcov, jd_ctx_t *ctx);

/** The text an option was set to; NULL = it was not. */
const char *jd_request_text(const jd_request_t *request, const char *name);

/** Warns of options set that none, or not all, of what is requested takes. */
void jd_request_report_unused(const jd_request_t *request, jd_ctx_t *ctx);
/** The same of one option, by its takers. */
void jd_request_report_unused_one(const jd_request_t *request, const char *option,
                                  const char *takers, jd_ctx_t *ctx);

#endif
