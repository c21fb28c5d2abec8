/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of this folder share. */
#ifndef JD_DATASET_PARTS_H
#define JD_DATASET_PARTS_H

#include "core/plain_text.h"
#include "dataset/dataset.h"
#include "dataset/frame.h"

/** A column in a role. */
typedef struct jd_own_column {
    const jd_frame_column_t *of;
    const char *option; /**< "unit", for messages */
    bool truth;         /**< holds TRUE and FALSE, as R and Python write 1 and 0 */
} jd_own_column_t;

static inline bool jd_own_is_text(const jd_own_column_t *c)
{
    return c->of->type == JD_TEXT;
}

/** Whether the type of the column says that it holds dates. */
static inline bool jd_own_is_date(const jd_own_column_t *c)
{
    return c->of->period != JD_PERIOD_NUMBER;
}

static inline double jd_own_number(const jd_own_column_t *c, int64_t row)
{
    return jd_frame_number(c->of, row);
}

/** Text of a cell, cut to the buffer; "" where it is missing. */
static inline const char *jd_own_text(const jd_own_column_t *c, int64_t row, char *buffer,
                                      size_t size)
{
    int64_t most;
    const char *text = jd_frame_text(c->of, row, &most);
    size_t n = strnlen(text, (size_t)most < size - 1 ? (size_t)most : size - 1);
    memcpy(buffer, text, n);
    buffer[n] = '\0';
    return buffer;
}

/** The same for a message or a table: it makes no line of its own. */
static inline const char *jd_own_shown(const jd_own_column_t *c, int64_t row, char *buffer,
                                       size_t size)
{
    jd_own_text(c, row, buffer, size);
    jd_plain_line(buffer);
    return buffer;
}

/** Roles of columns; covariates, fixed effects and the further parts of crossed ids follow. */
enum {
    JD_OWN_Y,
    JD_OWN_UNIT,
    JD_OWN_TIME,
    JD_OWN_COHORT,
    JD_OWN_TREAT,
    JD_OWN_DOSE,
    JD_OWN_ELIGIBLE,
    JD_OWN_WEIGHT,
    JD_OWN_CLUSTER,
    JD_OWN_CLUSTER2,
    JD_OWN_STRATUM,
    JD_OWN_LATITUDE,
    JD_OWN_LONGITUDE,
    JD_OWN_LISTED
};

/** A column the user named. */
typedef struct jd_own_role {
    const char *option;
    char *name;    /**< owned; NULL = not given */
    int reason;    /**< what a missing cell counts under; -1: none is missing (cohorts) */
    int next;      /**< the role this id is crossed with, by its place; 0 = none */
    int slope;     /**< the role of the variable whose slope differs by this id; 0 = none */
    bool alone;    /**< the slope without this id's own effects */
    bool number;   /**< a slope's variable, other than the period */
    bool category; /**< a covariate's levels count, not its numbers: i.region */
    char *whole;   /**< "i.region" as it was named, owned; NULL: no category */
    char *base;    /**< its base in ibLEVEL.region, owned; NULL: the first level */
    jd_own_column_t column;
} jd_own_role_t;

typedef struct jd_own_columns {
    jd_own_role_t *list; /**< JD_OWN_LISTED of them, n_x covariates, n_het characteristics, n_fixed
                            fixed effects, then parts */
    int n, n_x, n_het, n_fixed;
    struct jd_filter *filter; /**< owned; its columns are the last roles; NULL = all rows */
    int8_t *outside; /**< [rows] 0 kept, 1 not, -1 a missing cell leaves it open; NULL without a
                        filter */
    const int32_t *group; /**< borrowed, as in jd_own_roles_t */
    int32_t in_group;
    bool absorb, no_unit, no_treatment;
    char decimal; /**< mark of a text file, '\0' where none is seen */
    const char *source;
} jd_own_columns_t;

/** What the roles name, by place. The caller frees, also after an error. */
JD_MUST_USE int jd_own_columns_make(jd_own_columns_t *columns, const jd_own_roles_t *roles,
                                    jd_ctx_t *ctx);
/** Sets take[i] for those of a table's columns that are used; all mistakes are reported at once. */
JD_MUST_USE int jd_own_columns_choose(jd_own_columns_t *columns, const char *const *names, int n,
                                      bool *take, jd_ctx_t *ctx);
/** Whether a column's cells are ids and nothing else: compared, never calculated with. */
bool jd_own_columns_are_ids(const jd_own_columns_t *columns, const char *name);
/** Finds the columns in the frame, which is borrowed. JD_ERR_DATA: text where numbers are needed.
 */
JD_MUST_USE int jd_own_columns_bind(jd_own_columns_t *columns, const jd_frame_t *frame,
                                    jd_ctx_t *ctx);
void jd_own_columns_free(jd_own_columns_t *columns);

/** Fills data->remark: units seen twice in a period (unless rows are the units), cohorts that look
 * like a code, a treatment that never changes. Errors: memory. Cost: O(rows). */
JD_MUST_USE int jd_own_remark(jd_own_data_t *data, const jd_own_columns_t *roles,
                              const int32_t *keep, jd_ctx_t *ctx);

/** Fills data->never. Errors: memory. Cost: O(rows). */
JD_MUST_USE int jd_own_report_never(jd_own_data_t *data, const jd_own_columns_t *roles,
                                    const jd_own_roles_t *given, const int32_t *keep,
                                    jd_ctx_t *ctx);

/** The rows in use, keep [*n] with room for all of the frame's. Errors: as jd_own_data_make(). */
JD_MUST_USE int jd_own_rows_in_use(const jd_frame_t *frame, const jd_own_roles_t *given,
                                   int32_t *keep, int64_t *n, jd_ctx_t *ctx);

/** Whether a role's cell is missing, or no finite number where one is needed. */
bool jd_own_is_missing(const jd_own_columns_t *columns, int role, int64_t row);

/** Rows whose unit, period and treatment are known, those in use among them: told [rows]. */
JD_MUST_USE int jd_own_find_dated(const jd_own_columns_t *columns, int64_t n_rows, int32_t *told,
                                  int64_t *n, jd_ctx_t *ctx);

/** First treated periods of the units of the rows `keep`, 0 = never, from all rows told [n] with
 *  their periods and treatment (0 or 1). *reversal is -1, or the first row told of a unit that is
 *  untreated again: then there are none. */
JD_MUST_USE int jd_own_adoption(const jd_own_columns_t *columns, const int32_t *told, int64_t n,
                                const int32_t *time, const int8_t *on, const int32_t *keep,
                                int64_t n_keep, int32_t *adoption, int64_t *reversal,
                                jd_ctx_t *ctx);

/** Bytes of "i." or "ibLEVEL." before a covariate's name: its levels count; 0: it has none. */
size_t jd_own_category_prefix(const char *text, size_t length);
/** Marks a role that has its name as categories, by its text and the bytes of its prefix. Errors:
 *  memory. */
JD_MUST_USE int jd_own_category_mark(jd_own_role_t *role, const char *text, size_t prefix,
                                     jd_ctx_t *ctx);
/** Where a column of the table is really called "i.region", that is meant. */
void jd_own_category_settle(jd_own_role_t *role, const char *const *names, int n);

/** Columns of 0 and 1 of a covariate's levels but the base, in ascending order of the levels. */
typedef struct jd_own_dummies {
    int n;
    double *values;             /**< [n][rows in use], owned */
    char (*name)[JD_TERM_NAME]; /**< [n] "region::North", owned */
} jd_own_dummies_t;

/** Of the rows `keep` [n]. Says which level is the base. Errors: JD_ERR_DATA (more than 1,000
 *  levels, no such base), memory. Cost: O(n levels). */
JD_MUST_USE int jd_own_dummies_make(jd_own_dummies_t *dummies, const jd_own_columns_t *columns,
                                    int role, const int32_t *keep, int64_t n, jd_ctx_t *ctx);
void jd_own_dummies_free(jd_own_dummies_t *dummies);

/** How many names a list by commas has; a comma in backticks does not count. */
int jd_own_count_names(const char *list);

/** The names of such a list as it has them, backticks included: names [*n], one block the caller
 *  frees. Errors: memory, JD_ERR_ARGUMENT where one is empty. */
JD_MUST_USE int jd_own_split_names(const char *list, const char ***names, int *n, jd_ctx_t *ctx);

/** Whether a role takes numbers only. */
bool jd_own_is_numeric(const jd_own_columns_t *columns, int role);

/** Whether two roles name the same column, or cross the same. */
bool jd_own_is_same(const jd_own_columns_t *columns, int a, int b);

/** Codes of ids [n] of the rows `keep`: the ids themselves where they are 32-bit whole numbers,
 * else 0, 1, ... in ascending order. JD_ERR_DATA for numbers too large to be distinguished. */
JD_MUST_USE int jd_own_ids(const jd_own_column_t *ids, const int32_t *keep, int64_t n,
                           int32_t *codes, jd_ctx_t *ctx);

/** Makes codes [n] those of the pairs (codes, other), 0, 1, ... in ascending order. */
JD_MUST_USE int jd_own_cross(int32_t *codes, const int32_t *other, int64_t n, jd_ctx_t *ctx);

/** Periods of time and (unless NULL) cohorts of the rows `keep`, 0 = never; sets data->period,
 * ranked, first and last. Uses never, periods and date_order of the roles. */
JD_MUST_USE int jd_own_periods(jd_own_data_t *data, const jd_own_column_t *time,
                               const jd_own_column_t *cohort, const jd_own_roles_t *given,
                               const int32_t *keep, int64_t n, int32_t *times, int32_t *cohorts,
                               jd_ctx_t *ctx);

/** The ids of a role in a row as its columns have them, crossed parts joined by ^. */
void jd_own_show_ids(const jd_own_columns_t *columns, int role, int32_t row, char *text,
                     size_t size);

/** Labels of the codes [n] of a role's ids in the rows `keep`; none where the ids are their own
 *  codes. The caller frees labels->text. Cost: O(n). */
JD_MUST_USE int jd_own_labels_make(jd_own_labels_t *labels, const jd_own_columns_t *columns,
                                   int role, const int32_t *codes, const int32_t *keep, int64_t n,
                                   jd_ctx_t *ctx);

/** Periods, units, clusters and rows in messages as the file has them: for ctx->names. Borrows
 *  `data`. */
jd_names_t jd_own_names(const jd_own_data_t *data);

/** Notes in the making: zero it, set ctx. */
typedef struct jd_own_note jd_own_note_t;
typedef struct jd_own_notes {
    jd_ctx_t *ctx;         /**< where they are reported */
    const char *estimator; /**< at work */
    jd_own_note_t *list;
    int n, lost; /**< notes; those no memory was there for */
} jd_own_notes_t;

/** A context for one estimator (its name is borrowed), whose notes are kept. */
jd_ctx_t jd_own_notes_ctx(jd_own_notes_t *notes, const char *estimator, bool progress);

/** Forgets the notes of the estimator at work: for one that is refused the reason is enough. */
void jd_own_notes_drop(jd_own_notes_t *notes);

/** Tells each note once, naming the estimators it concerns, and frees them. JD_ERR_NO_MEMORY where
 *  one was lost. */
JD_MUST_USE int jd_own_notes_report(jd_own_notes_t *notes);

/* ---- Results ---- */

/** A term, with periods in words before a covariate's name. */
enum { JD_OWN_TERM_WIDTH = JD_TERM_NAME + 64 };

/** What a line is of; of diagnostics JD_OWN_OTHER. */
typedef enum jd_own_kind {
    JD_OWN_OTHER,
    JD_OWN_OVERALL, /**< the effect, or where the treatment is an amount that of one unit of it */
    JD_OWN_EVENT,   /**< at an event time */
    JD_OWN_PART,    /**< on another part of the treated */
    JD_OWN_COEFFICIENT
} jd_own_kind_t;

/** Columns behind those that are printed. */
enum { JD_OWN_STATISTIC = JD_OWN_COLUMNS, JD_OWN_VCOV_ROW, JD_OWN_KIND, JD_OWN_ALL_COLUMNS };

/** What is looked at: the data, or an estimator's fit to them. */
typedef struct jd_own_subject {
    const char *name; /**< of the estimator or diagnostic at work */
    const jd_own_data_t *data;
    const jd_own_ask_t *ask;
    const jd_design_t *design; /**< NULL: the data alone */
    const jd_fit_t *fit;       /**< NULL likewise */
} jd_own_subject_t;

/** A line of a table in the making; texts are copied. */
typedef struct jd_own_line {
    const char *estimator, *quantity, *term;
    jd_own_kind_t kind;
    bool at_event;                                   /**< of an event time: */
    int32_t event;                                   /**< of a bin the end nearer to adoption */
    char cohort[JD_NAME_SIZE], period[JD_NAME_SIZE]; /**< as the data write them; "" = of none */
    jd_estimate_t number;                            /**< NaN where there is none */
    int exponent;                                    /**< numbers but p_value are times 2^this */
    int64_t n_obs;
    int32_t n_units, n_clusters;
    int32_t vcov_row; /**< from 1; 0: none */
} jd_own_line_t;

/** A line about the subject: estimator and counts are filled. `in_units_of_y` for effects and the
 * like, not for weights or p-values. */
jd_own_line_t jd_own_line_of(const jd_own_subject_t *subject, const char *quantity,
                             const char *term, jd_estimate_t number, bool in_units_of_y);
/** Event time, cohort and period of a term. */
void jd_own_place_line(jd_own_line_t *line, const jd_own_data_t *data, const jd_term_t *term);
JD_MUST_USE int jd_own_lines_make(jd_table_t *lines, const char *name, const char *label,
                                  jd_ctx_t *ctx);
JD_MUST_USE int jd_own_add_line(jd_table_t *lines, const jd_own_line_t *line, jd_ctx_t *ctx);
/** A term's name with its periods as the data write them: "g=2020Q1,t=2020Q3". */
void jd_own_name_term(const jd_own_data_t *data, const jd_term_t *term,
                      char name[JD_OWN_TERM_WIDTH]);
bool jd_own_is_dose(const jd_term_t *term);
/** Whether a term is a slope in the dose (acrt), per unit of it, beside effects in levels. */
bool jd_own_is_slope(const jd_term_t *term);
/** All terms of a fit. */
JD_MUST_USE int jd_own_add_fit(jd_table_t *lines, const jd_own_subject_t *subject, jd_ctx_t *ctx);

/** The fit's covariance, in the units of the estimates. */
JD_MUST_USE int jd_own_keep_vcov(jd_own_fit_t *own, const jd_own_subject_t *subject, jd_ctx_t *ctx);

/** What each cluster adds to the errors of the fit's terms and of their mean, where it is known. */
JD_MUST_USE int jd_own_keep_sums(jd_own_fit_t *own, const jd_own_subject_t *subject, jd_ctx_t *ctx);

/** Marks the rows of the frame that are in the fit's sample. */
JD_MUST_USE int jd_own_note_rows(jd_own_fit_t *own, const jd_own_subject_t *subject, jd_ctx_t *ctx);

/** Weights of each effect term of a fit. */
JD_MUST_USE int jd_own_add_weights(jd_own_result_t *result, const jd_own_subject_t *subject,
                                   jd_ctx_t *ctx);

/** Runs a diagnostic: lines for people go to result->diagnostics, others to result->details. */
JD_MUST_USE int jd_own_diagnose(const jd_diagnostic_t *diagnostic, const jd_own_subject_t *subject,
                                jd_own_result_t *result, jd_ctx_t *ctx);

/* ---- The screen ---- */

/** A row of estimates side by side. */
typedef struct jd_own_row {
    char name[JD_OWN_TERM_WIDTH + 8];
    jd_own_kind_t kind; /**< they are listed in this order */
    long time;
    int at; /**< place among the lines */
} jd_own_row_t;

/** The terms of all estimators, each once: event times by size, the others as they come. Fills rows
 *  [lines of the table], returns how many. */
int jd_own_list_rows(const jd_table_t *lines, bool parts_only, jd_own_row_t *rows);
/** Line of an estimator for a row (NULL: its first), or -1. */
int64_t jd_own_find_line(const jd_table_t *lines, const char *estimator, const jd_own_row_t *row);
jd_own_kind_t jd_own_kind(const jd_table_t *lines, int64_t row);
int32_t jd_own_event(const jd_table_t *lines, int64_t row);
/** What a fit's numbers are measured in, "" = the outcome's unit: only like ones share a list or an
 *  axis. */
const char *jd_own_unit(const jd_own_fit_t *fit);
/** What the rows of a reason lack: "no outcome". */
const char *jd_own_reason(int reason);
JD_MUST_USE int jd_own_print_estimates(FILE *out, const jd_own_result_t *result, jd_ctx_t *ctx);
void jd_own_print_diagnostics(FILE *out, const jd_own_result_t *result);

#endif
