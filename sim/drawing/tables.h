/* SPDX-License-Identifier: GPL-3.0-or-later */
/** From a result file's tables to those figures are drawn from (figures/figures.h). Columns are
 * found by name; what is not there is missing (NaN). No row at the end = nothing to draw. All
 * tables are made here and freed by the caller, also after an error. */
#ifndef JD_DRAWING_TABLES_H
#define JD_DRAWING_TABLES_H

#include <stdbool.h>

#include "jiedao/table.h"

/** A cell by its column's name; NaN where there is none. */
double jd_cell(const jd_table_t *table, const char *column, int64_t row);
/** Whether a text cell holds exactly this. */
bool jd_cell_is(const jd_table_t *table, const char *column, int64_t row, const char *text);

/** Rows that differ in the run alone, made one. */
typedef struct jd_means {
    jd_table_t
        mean; /**< the columns of the rows; numbers (JD_DOUBLE) are means of what is not NaN */
    jd_table_t error; /**< Monte-Carlo standard errors of the means; NaN where only one run is */
    int64_t *runs;    /**< rows that were made one */
} jd_means_t;

/** Groups rows by the `n_keys` named columns (absent ones do not part rows), in order of first
 *  appearance. `rows` must outlive the means. Cost: linear where runs repeat their order. */
JD_MUST_USE int jd_means_of(jd_means_t *means, const jd_table_t *rows, const char *const *keys,
                            int n_keys, jd_ctx_t *ctx);
void jd_means_free(jd_means_t *means);

/** Means of /estimates by panel, estimator and term, and of /truth/estimands by name, outcome and
 *  term. */
JD_MUST_USE int jd_mean_estimates(jd_means_t *means, const jd_table_t *estimates, jd_ctx_t *ctx);
JD_MUST_USE int jd_mean_estimands(jd_means_t *means, const jd_table_t *estimands, jd_ctx_t *ctx);

/** What a mean effect on an outcome is measured in: "firms per quarter", or "firms" of the stock.
 */
const char *jd_outcome_unit(const char *outcome);

/** Overall effects; panels whose effects have another scale (firms' chances) are left out. A table
 *  is in one unit: firms if any estimator's effects are, else that of the first; jd_warn() says
 *  which estimators of another one are left out. */
JD_MUST_USE int jd_bias_rows(jd_table_t *bias, const jd_means_t *estimates, jd_ctx_t *ctx);

/** Effects by event time in the county panel. With runs the intervals are those of the means; the
 *  reference period, which has no estimate, is 0 without interval. One unit, as above; at most
 *  JD_FIGURE_ESTIMATORS, and jd_warn() names the others. */
JD_MUST_USE int jd_event_rows(jd_table_t *events, const jd_means_t *estimates, jd_ctx_t *ctx);
/** True ATT and ADE by event time, of the outcome the county panel's estimates are of; none where
 *  those are in another unit. */
JD_MUST_USE int jd_truth_rows(jd_table_t *truth, const jd_means_t *estimands,
                              const jd_means_t *estimates, jd_ctx_t *ctx);

/** National means by quarter, with the policy and (`without` not NULL) without. */
JD_MUST_USE int jd_series_rows(jd_table_t *series, const jd_table_t *with,
                               const jd_table_t *without, jd_ctx_t *ctx);

/** Friction by quarter, of treated counties and of those never treated, from panel/county. */
JD_MUST_USE int jd_friction_rows(jd_table_t *friction, const jd_table_t *panel, jd_ctx_t *ctx);

/** Begins a table to which jd_add_share() adds one row a file, in order of the share: the county
 *  panel's TWFE. Adds nothing where the file has no such estimate. */
JD_MUST_USE int jd_begin_shares(jd_table_t *shares, int64_t capacity, jd_ctx_t *ctx);
void jd_add_share(jd_table_t *shares, double share, const jd_means_t *estimates);
/** Whether a row of means is that estimate; adds it at a share, or at another parameter's value. */
bool jd_is_share_row(const jd_means_t *estimates, int64_t row);
void jd_add_share_row(jd_table_t *shares, double share, const jd_means_t *estimates, int64_t from);

/** An estimator's name for people; one this list does not know keeps its own. */
const char *jd_estimator_name(const char *own);

/** Counties with place, treatment and what they are shaded by: column `value` of `of`, a panel of
 * the same counties (friction of /panel/county), in the last period. Places are degrees where the
 * streets have them, else km. `places` is /jurisdictions, `panel` /panel/county. */
JD_MUST_USE int jd_county_rows(jd_table_t *counties, int *degrees, const jd_table_t *places,
                               const jd_table_t *panel, const jd_table_t *of, const char *value,
                               jd_ctx_t *ctx);
/** Relocations between prefectures, from and to the mean place of their streets. */
JD_MUST_USE int jd_flow_rows(jd_table_t *flows, const jd_table_t *places,
                             const jd_table_t *relocations, jd_ctx_t *ctx);

#endif
