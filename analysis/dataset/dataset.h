/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A user's own data: from a table and the roles of its columns to a panel the estimators take, the
 *  estimators run on it, and what they say in words. Where the table comes from it does not know.
 */
#ifndef JD_DATASET_DATASET_H
#define JD_DATASET_DATASET_H

#include <stdbool.h>
#include <stdio.h>

#include "core/calendar/calendar.h"
#include "diagnose/diagnostic.h"
#include "jiedao/did.h"
#include "jiedao/frame.h"
#include "jiedao/table.h"

/** In what periods are counted. */
typedef enum jd_own_spacing {
    JD_OWN_BY_FILE, /**< whole numbers as they stand; dates in the largest unit of which all are
                         whole steps */
    JD_OWN_BY_RANK, /**< the observed periods, 1 to T; adoption between two of them counts at the
                         next one */
    JD_OWN_BY_DAY,
    JD_OWN_BY_WEEK,
    JD_OWN_BY_MONTH,
    JD_OWN_BY_QUARTER,
    JD_OWN_BY_HALF,
    JD_OWN_BY_YEAR,
    JD_OWN_BY_INTEGER /**< whole numbers are no dates, whatever they look like */
} jd_own_spacing_t;

/** Which column is what; NULL = none. Lists are names joined by commas. */
typedef struct jd_own_roles {
    const char *y, *unit, *time;
    const char *cohort;   /**< first treated period; 0, missing and inf = never */
    const char *never;    /**< another code of `cohort` that means never */
    const char *treat;    /**< or the treatment path, 0 or 1 */
    const char *dose;     /**< treatment as an amount, beside these or alone */
    const char *eligible; /**< 0 or 1 */
    const char *strata;   /**< within which treatment is re-randomised */
    const char *x;
    const char *fixed;   /**< beside unit and period; names joined by ^ are crossed, as in unit and
                            cluster; a[x]: with slopes of x that differ by a, a[[x]]: these alone */
    const char *absorb;  /**< or exactly these: unit and period only where named */
    const char *cluster; /**< one name or two */
    const char *weights;
    const char *coords;   /**< latitude and longitude, degrees */
    bool which;           /**< keep why each row is left out */
    bool origin;          /**< keep which row, unit and period of the file each row is */
    bool no_treatment;    /**< nobody need be treated: outcomes alone are wanted */
    bool no_unit;         /**< repeated cross-sections: each row is a unit where none is named */
    const char *filter;   /**< the condition rows must meet, see filter.h; NULL: all */
    const char *het;      /**< characteristics of units, for predict_het */
    const int32_t *group; /**< [rows] only rows with in_group here are in use; NULL: all */
    int32_t in_group;
    const char *group_name, *group_label; /**< of the column, and of the group in it */
    int periods;                          /**< jd_own_spacing_t */
    int date_order;                       /**< jd_date_order_t */
    char decimal;       /**< mark of the text the table was read from; '\0' = none is known */
    const char *source; /**< what messages call the table: a file's name */
} jd_own_roles_t;

/** Why a row of the file is not used; it counts under the first that applies. */
enum {
    JD_OWN_ELSEWHERE, /**< of another group */
    JD_OWN_OUTSIDE,
    JD_OWN_OPEN,
    JD_OWN_NO_Y,
    JD_OWN_NO_UNIT,
    JD_OWN_NO_TIME,
    JD_OWN_NO_TREAT,
    JD_OWN_NO_WEIGHT,
    JD_OWN_NO_X,
    JD_OWN_NO_GROUP,
    JD_OWN_NO_PLACE,
    JD_OWN_REASONS
};

/** What the codes of ids stand for; n = 0: the codes are the ids. */
typedef struct jd_own_labels {
    char *text; /**< [n][width], owned */
    int32_t n, width;
} jd_own_labels_t;

enum { JD_OWN_UNITS, JD_OWN_CLUSTERS, JD_OWN_LABELS };

enum { JD_OWN_REMARKS = 5, JD_OWN_REMARK_WIDTH = 320, JD_OWN_NEVER_WIDTH = 256 };

/** Units that are never treated, and what of --cohort was read so: "cohort 0", "empty cells", "code
 *  9999 of --never", each with its number of units where there are several. */
typedef struct jd_own_never_known {
    bool told;    /**< a cohort or a treatment says who is treated */
    int32_t n;    /**< units; rows where each is its own */
    int32_t late; /**< more that adopt after the last period, and count as never */
    char read_as[JD_OWN_NEVER_WIDTH]; /**< "" where n = 0 */
} jd_own_never_known_t;

typedef struct jd_own_data {
    const int32_t *stratum; /**< [rows] of --strata, or NULL */
    jd_panel_t panel;       /**< rows in use, in the order of the file */
    double *y; /**< [panel.n], times 2^-exponent: huge or tiny outcomes would leave the doubles when
                  squared */
    int exponent;                          /**< 0 unless outcomes lie beyond 2^+-300 */
    int *x_exponent;                       /**< [panel.n_x] likewise: columns are times 2^-this */
    bool no_unit_effects, no_time_effects; /**< as --absorb says */
    int64_t n_rows;                        /**< of the file */
    int64_t dropped[JD_OWN_REASONS];
    char lacking[JD_TERM_NAME]; /**< the column that the first of JD_OWN_NO_X lacks */
    jd_period_t period; /**< NUMBER: whole numbers as they stand; else counted in this unit */
    int64_t *ranked;    /**< [n_ranked] observed periods in that unit, owned, where they are
                             numbered from 1; else NULL */
    int32_t n_ranked;
    int32_t first, last; /**< periods */
    int32_t step;        /**< periods and cohorts lie whole multiples of this apart */
    int32_t n_units;
    bool zero_is_never; /**< a cohort of 0 is */
    jd_own_never_known_t never;
    int32_t n_clusters, n_treated_clusters; /**< ever under treatment; 0 where an amount is given */
    int32_t weekday;                        /**< of weekly dates */
    int32_t shift; /**< added to periods and cohorts, so that all are above 0 */
    jd_own_labels_t labels[JD_OWN_LABELS];
    int8_t *left_out; /**< [n_rows] JD_OWN_NO_Y, ...; JD_OWN_REASONS: in use; owned, if requested */
    const int32_t *row; /**< [panel.n] row of the file, the first is 0; NULL: all are in use */
    char y_name[JD_TERM_NAME];
    char group[JD_TERM_NAME + 100]; /**< "region = North"; "" = all rows */
    jd_table_t origin;              /**< row, unit and time as the file has them, if requested */
    void **owned;                   /**< the panel's arrays */
    int n_owned;
    bool gaps_noted; /**< a note said that event times count observed periods */
    bool gaps_kept;  /**< the file's periods have gaps, and --periods keeps them */
    char remark[JD_OWN_REMARKS][JD_OWN_REMARK_WIDTH]; /**< [n_remarks] what to know of the data */
    int n_remarks;
} jd_own_data_t;

/** Checks the roles and makes the panel of a frame. Rows with a missing or infinite value in a used
 *  column are left out and counted. The caller frees, also after an error. Errors: JD_ERR_ARGUMENT
 *  (a role's column is not there, or none was named), JD_ERR_DATA (row, value and cure are named).
 *  Cost: ids that are not 32-bit whole numbers are sorted. */
JD_MUST_USE int jd_own_data_make(jd_own_data_t *data, const jd_frame_t *frame,
                                 const jd_own_roles_t *roles, jd_ctx_t *ctx);
void jd_own_data_free(jd_own_data_t *data);

/** A period as it is written in the data: 2020, 2020Q1, 2020-03, 2020-03-31. */
const char *jd_own_period_text(const jd_own_data_t *data, int32_t period, char *buffer,
                               size_t size);
/** What event times are counted in: "year", "observed period"; "" for whole numbers. */
const char *jd_own_period_unit(const jd_own_data_t *data);

/** What is wanted of the data. */
typedef struct jd_own_ask {
    const char *estimators;  /**< names joined by commas, or "all" of jd_estimators[] */
    const char *diagnostics; /**< names joined by commas, or "all"; NULL = none */
    const jd_did_options_t *how;
    const jd_vcov_options_t *vcov;
    double level;
    bool rows;                               /**< which rows each estimator uses */
    bool weights;                            /**< the weights on outcomes too */
    const jd_diagnostic_options_t *diagnose; /**< NULL = all defaults */
    jd_bootstrap_t bootstrap;                /**< of the estimates themselves */
    bool keep;                               /**< the designs too, for jd_own_infer() */
    bool sums;                               /**< what each cluster adds to errors too */
} jd_own_ask_t;

/** What became of one estimator or diagnostic. */
typedef struct jd_own_fit {
    const char *name;
    bool applied;
    char *reason; /**< why it does not apply, owned; NULL = it does */
    jd_design_facts_t facts;
    jd_vcov_facts_t variance;
    jd_quality_t quality; /**< in the units of the outcome */
    double uniform; /**< intervals of event times are +- this times std_error; 0 = each its own */
    bool mean_of_events;       /**< its att is the plain mean over event times */
    bool may_weigh_cells;      /**< and would be over treated rows by --cell-mean */
    bool per_dose, log_points; /**< what its effects are measured in, else the outcome's unit */
    double *vcov;              /**< [n_terms][n_terms] owned, in the units of the estimates */
    int n_terms;
    double *sums; /**< [n_terms + 1][n_sums] owned: what each cluster adds to an estimate's error,
                     the last row to that of their mean; NULL = not requested, or not known */
    int32_t *sums_cluster; /**< [n_sums] owned: the panel's clusters, or units */
    int32_t n_sums;
    double level;        /**< of its intervals */
    int8_t *used;        /**< [rows of the frame] 1: in the sample; owned; NULL = not requested */
    jd_design_t *design; /**< owned; NULL = not kept */
} jd_own_fit_t;

enum {
    JD_OWN_ESTIMATOR,
    JD_OWN_QUANTITY, /**< att, att_gt, coef; or what a diagnostic gives */
    JD_OWN_TERM,
    JD_OWN_ESTIMATE,
    JD_OWN_STD_ERROR,
    JD_OWN_CI_LOW,
    JD_OWN_CI_HIGH,
    JD_OWN_P_VALUE,
    JD_OWN_N_OBS,
    JD_OWN_N_UNITS,
    JD_OWN_N_CLUSTERS,
    JD_OWN_EVENT_TIME, /**< missing where the line is of none; cohort and period likewise "" */
    JD_OWN_TERM_COHORT,
    JD_OWN_TERM_PERIOD,
    JD_OWN_COLUMNS
};

/** estimate = sum over the rows in use of w times outcome. */
typedef struct jd_own_weights {
    char name[JD_TERM_NAME + 128]; /**< "event_study:e=0" */
    double *w;                     /**< [data.panel.n], owned */
} jd_own_weights_t;

typedef struct jd_own_result {
    jd_table_t estimates;   /**< a row a term */
    jd_table_t diagnostics; /**< the same columns; `estimator` is the diagnostic's own name where it
                                 looks at the data alone */
    jd_table_t details; /**< of diagnostics, for programs rather than people; the same columns */
    jd_own_fit_t *fits; /**< [n_fits] estimators, then [n_diagnoses] diagnostics */
    int n_fits, n_diagnoses;
    jd_own_weights_t *weights; /**< [n_weights] of linear estimators' effects, if requested */
    int n_weights;
    double level;
    double size; /**< of the outcome: its largest absolute value */
} jd_own_result_t;

/** Runs estimators and diagnostics. One that does not apply gets its reason where all were asked
 *  for, and is an error where it was named; a diagnostic never is one. An estimator whose first
 *  term is an event time also gets its mean over treated rows, "att", as in a run. */
JD_MUST_USE int jd_own_estimate(jd_own_result_t *result, const jd_own_data_t *data,
                                const jd_own_ask_t *ask, jd_ctx_t *ctx);
/** Gives an estimator whose design was kept other errors: its lines in `estimates`, its covariance
 *  and what the fit says of them; the same bits as jd_own_estimate() with them. Of `ask`, vcov and
 *  level count. After an error all is as before. */
JD_MUST_USE int jd_own_infer(jd_own_result_t *result, jd_own_fit_t *own, const jd_own_data_t *data,
                             const jd_own_ask_t *ask, jd_ctx_t *ctx);
void jd_own_result_free(jd_own_result_t *result);

/** Whether so few clusters are treated that standard errors by clusters are far too small, and some
 *  estimator that applies has such. */
bool jd_own_few_treated(const jd_own_data_t *data, const jd_own_result_t *result);

/** The weights as a table: row, unit and time of the data, and a column a term. Its cells are
 *  borrowed; free with jd_own_weights_free(). The data must have been made with `origin`. */
JD_MUST_USE int jd_own_weights_table(jd_table_t *table, const jd_own_data_t *data,
                                     const jd_own_result_t *result, jd_ctx_t *ctx);
void jd_own_weights_free(jd_table_t *table);

/** Every row of the frame: its number, why it is left out, and a column an estimator that applied,
 *  1 where it is in its sample. Data and fits must have been made with `which` and `rows`; cells of
 *  estimators are borrowed. Free with jd_own_rows_free(), also after an error. */
JD_MUST_USE int jd_own_rows_table(jd_table_t *table, const jd_own_data_t *data,
                                  const jd_own_result_t *result, jd_ctx_t *ctx);
void jd_own_rows_free(jd_table_t *table);

/** Covariances of the terms of all estimators, a row a pair; means over terms have none. The caller
 *  frees. */
JD_MUST_USE int jd_own_vcov_table(jd_table_t *table, const jd_own_result_t *result, jd_ctx_t *ctx);

/** The screen: data, what was dropped, estimates (those of several estimators side by side),
 *  diagnostics, conventions, what does not apply. Errors: memory. */
JD_MUST_USE int jd_own_print(FILE *out, const jd_own_data_t *data, const jd_own_result_t *result,
                             const char *path, jd_ctx_t *ctx);
/** Estimates and diagnostics alone: for papers an estimator a column, standard errors in brackets
 * below; JSON a line an estimate, each with the units never treated and what was read so. Errors:
 * memory. */
typedef enum jd_own_format { JD_OWN_JSON, JD_OWN_LATEX, JD_OWN_MARKDOWN } jd_own_format_t;
JD_MUST_USE int jd_own_print_table(FILE *out, const jd_own_data_t *data,
                                   const jd_own_result_t *result, jd_own_format_t format,
                                   jd_ctx_t *ctx);
/** Estimates, diagnostics and details as one table, with the columns that are printed. The caller
 *  frees. */
JD_MUST_USE int jd_own_all_lines(jd_table_t *all, const jd_own_result_t *result, jd_ctx_t *ctx);

#endif
