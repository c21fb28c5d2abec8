/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Recovery: the estimators on a run's recorded tables, held against the truth. */
#ifndef JD_STUDY_RECOVERY_H
#define JD_STUDY_RECOVERY_H

#include <stdbool.h>

#include "jiedao/config.h"
#include "jiedao/did.h"
#include "jiedao/table.h"

typedef enum jd_estimate_data { JD_DATA_COMPLETE, JD_DATA_OBSERVED } jd_estimate_data_t;
typedef enum jd_estimate_cluster {
    JD_CLUSTER_COUNTY,
    JD_CLUSTER_PREFECTURE,
    JD_CLUSTER_PROVINCE
} jd_estimate_cluster_t;

/** Section [estimate]. */
typedef struct jd_estimate_params {
    jd_did_options_t how; /**< first, so that the estimators' rows hold here too; their keys are the
                               options' names, but for bin (bin_first, bin_last) */
    jd_vcov_options_t vcov;    /**< its rows too; the key of the kind is `variance` */
    char program[JD_TEXT_MAX]; /**< the user's own estimator, or "" */
    double program_seconds;
    char estimators[JD_TEXT_MAX]; /**< of the county panel: names joined by commas, or "all" */
    int32_t data, cluster;
    int32_t outcome; /**< row of jd_outcomes */
    bool county, sector, firm;
    int64_t control_sector;
    double level;
    int64_t bin_first, bin_last;
    char ways[JD_TEXT_MAX]; /**< no row: ways of inference (study/inference.h), a row each, joined
                               by commas; empty = that of vcov */
} jd_estimate_params_t;

/** Made once of its own rows and the estimators'. */
const jd_section_t *jd_estimate_section(void);

/** The next name of `estimators`, trimmed, into `name`, and what lies behind it; NULL at its end.
 */
const char *jd_estimate_next(const char *list, char name[JD_TERM_NAME]);

/** Columns of /estimates. The bias parts add up: bias = measurement + trends + weights +
 * anticipation + spillover, and bias_ade likewise with its own. */
enum {
    JD_EST_PANEL,
    JD_EST_ESTIMATOR,
    JD_EST_TERM,
    JD_EST_QUANTITY,
    JD_EST_EVENT_TIME,
    JD_EST_ESTIMATE,
    JD_EST_STD_ERROR,
    JD_EST_CI_LOW,
    JD_EST_CI_HIGH,
    JD_EST_P_VALUE,
    JD_EST_N_OBS,
    JD_EST_N_UNITS,
    JD_EST_N_CLUSTERS,
    JD_EST_ATT,
    JD_EST_BIAS,
    JD_EST_MEASUREMENT,
    JD_EST_TRENDS,
    JD_EST_WEIGHTS,
    JD_EST_ANTICIPATION,
    JD_EST_SPILLOVER,
    JD_EST_SPILLOVER_PRE,
    JD_EST_SPILLOVER_NEVER,
    JD_EST_SPILLOVER_OTHER,
    JD_EST_RESIDUAL,
    JD_EST_ADE,
    JD_EST_BIAS_ADE,
    JD_EST_WEIGHTS_ADE,
    JD_EST_ANTICIPATION_ADE,
    JD_EST_SPILLOVER_ADE,
    JD_EST_COLUMNS
};
extern const jd_column_t jd_estimate_columns[JD_EST_COLUMNS];

/** Event time of a term that is no event time. */
enum { JD_NO_EVENT = -1000 };

/** What the numbers of an estimator on a panel are measured in: a jd_target_t, or per firm. Unlike
 *  ones share no table and no axis. */
enum { JD_UNIT_PER_FIRM = JD_TARGET_PER_DOSE + 1, JD_UNITS };
typedef struct jd_unit_words {
    const char *head, *key; /**< ", in log points" behind a head; "log points" */
} jd_unit_words_t;
extern const jd_unit_words_t jd_unit_words[JD_UNITS];
int jd_estimate_unit(const char *panel, const char *estimator);

/** Where recovery finds the recorded tables: by name, NULL if there is none of it. */
typedef struct jd_recorded {
    const jd_table_t *(*table)(void *user, const char *name);
    void *user;
} jd_recorded_t;

/** Runs all estimators the section asks for on all panels it asks for and appends a row a term to
 * `estimates` (initialised here; the caller frees). An estimator that does not apply is left out
 * and reported by jd_warn(). `null`, unless NULL, likewise gets what the same designs estimate in
 * the world without the policy, where no effect is true: what is rejected there is the tests' size.
 * Errors: memory, and what no data explain. */
JD_MUST_USE int jd_recover(const jd_estimate_params_t *params, const jd_recorded_t *recorded,
                           jd_table_t *estimates, jd_table_t *null, jd_ctx_t *ctx);

/** An empty table of estimates, and the rows of the section's estimators on one sample. */
struct jd_recovery_sample;
JD_MUST_USE int jd_estimates_init(jd_table_t *estimates, jd_ctx_t *ctx);
JD_MUST_USE int jd_recover_sample(const jd_estimate_params_t *params,
                                  const struct jd_recovery_sample *sample, jd_table_t *estimates,
                                  jd_table_t *null, jd_ctx_t *ctx);

#endif
