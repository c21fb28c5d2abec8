/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Monte Carlo of estimators: what they do over many replicates at each point of a design, each
 *  figure with its Monte-Carlo error.
 *
 *  Replicates are runs of sweeps, one a round, in FOLDER/rounds/01, 02, ...: resumable as these
 * are. With validate.until_mcse rounds are added until every overall effect's bias is known so
 * well; the result is that of asking for as many replicates at once. FOLDER/validation.h5 holds it.
 */
#ifndef JD_SWEEP_VALIDATE_VALIDATE_H
#define JD_SWEEP_VALIDATE_VALIDATE_H

#include "jiedao/monte_carlo.h"
#include "sweep/sweep.h"

/** Section [validate]. */
typedef struct jd_validate_params {
    int64_t replicates, most;
    double until_mcse, until_rate_mcse;
    bool size;
    char variance[JD_TEXT_MAX]; /**< ways of inference, see study/inference.h */
    int32_t published_measure;
    char published_estimator[JD_TEXT_MAX], published_source[JD_TEXT_MAX];
    jd_list_t published, published_error;
} jd_validate_params_t;

extern const jd_section_t jd_validate_section;

/** Columns of /validation. */
enum {
    JD_VAL_POINT,
    JD_VAL_PANEL,
    JD_VAL_ESTIMATOR,
    JD_VAL_TERM,
    JD_VAL_EVENT_TIME,
    JD_VAL_TARGET,
    JD_VAL_MEASURE,
    JD_VAL_VALUE,
    JD_VAL_MCSE,
    JD_VAL_N,
    JD_VAL_LOW,
    JD_VAL_HIGH,
    JD_VAL_COLUMNS
};

/** Columns of /replicates. */
enum {
    JD_REP_POINT,
    JD_REP_REPLICATE,
    JD_REP_PANEL,
    JD_REP_ESTIMATOR,
    JD_REP_ESTIMATE,
    JD_REP_STD_ERROR,
    JD_REP_CI_LOW,
    JD_REP_CI_HIGH,
    JD_REP_P_VALUE,
    JD_REP_ATT,
    JD_REP_ADE,
    JD_REP_NULL_REJECTED,
    JD_REP_PASSED,
    JD_REP_COLUMNS
};

/** What came of it. Zero it first. */
typedef struct jd_validation {
    jd_plan_t plan;
    int64_t replicates;           /**< of each point */
    int64_t failed;               /**< runs */
    int64_t first_failed;         /**< the replicate of the first of them, from 1; 0 = none */
    char failure[JD_RUN_MESSAGE]; /**< its message */
    int32_t failed_point;         /**< its point, from 1 */
    int rounds;
    double largest_error;      /**< of an overall effect's bias; with until_mcse */
    double largest_rate_error; /**< of its coverage, power and size; with until_rate_mcse */
    jd_table_t singles;        /**< /replicates: overall effects, a row a replicate */
    jd_table_t table;          /**< /validation */
    jd_table_t points;         /**< a row a point, a column a factor */
} jd_validation_t;
void jd_validation_free(jd_validation_t *validation);

/** Errors: as jd_sweep_run(). */
JD_MUST_USE int jd_validate_run(const jd_config_t *config, const char *folder,
                                const jd_sweep_options_t *options, jd_validation_t *validation,
                                jd_ctx_t *ctx);

/** Why an estimator gives nothing at a point of a process of [dgp]: its first replicate says. False
 * where it does give something, or the data are the simulator's. */
bool jd_validate_reason(const jd_config_t *config, const jd_plan_t *plan, int64_t point,
                        const char *estimator, char reason[JD_RUN_MESSAGE]);

/** The screen's table. */
void jd_validate_print(FILE *out, const jd_config_t *config, const jd_validation_t *validation,
                       const char *path);

/** The runs of a validation's rounds, FOLDER/rounds/01 and so on, each laid out as a sweep's. */
extern const jd_sweep_kind_t jd_sweep_validate;
/** What a run leaves. */
enum { JD_VALIDATE_ESTIMATES, JD_VALIDATE_NULL, JD_VALIDATE_TABLES };

/* ---- validate_series.c: replicates by point, estimator and term ---- */

enum { JD_SERIES_PARTS = 8 };

/** One estimator's term at one point, over its replicates. */
typedef struct jd_series {
    int32_t point, event_time;
    char panel[16], estimator[32], term[16];
    int64_t n, capacity;
    int32_t *replicate; /**< [n] owned, as all */
    double *estimate, *std_error, *low, *high, *p_value, *att, *ade;
    double *part[JD_SERIES_PARTS]; /**< as jd_series_part_columns[] */
    int8_t *rejected, *passed;
} jd_series_t;

/** Columns of /estimates the parts are: against the ATT the first five, against the ADE the first
 * two and the last three. */
extern const int jd_series_part_columns[JD_SERIES_PARTS];

typedef struct jd_series_list {
    jd_series_t *series;
    int n, capacity;
    int next; /* where the next row is likely to belong: replicates have the same rows in order */
} jd_series_list_t;

/** Adds a replicate's estimates, and those in the world without the policy (no rows = unknown). */
JD_MUST_USE int jd_series_add(jd_series_list_t *list, int32_t point, int32_t replicate,
                              const jd_table_t *estimates, const jd_table_t *null, jd_ctx_t *ctx);
/** Its replicates whose estimate, error and truth (att, or ade) are numbers, copied: made here, to
 * be freed; att holds the truth. */
JD_MUST_USE int jd_series_usable(const jd_series_t *series, bool ade, jd_series_t *copy,
                                 jd_ctx_t *ctx);
jd_mc_sample_t jd_series_sample(const jd_series_t *series);
void jd_series_drop(jd_series_t *series);
void jd_series_free(jd_series_list_t *list);

#endif
