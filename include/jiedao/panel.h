/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The long table an estimator starts from, as plain borrowed arrays: one row per unit and period,
 * in any order, with gaps, with several rows a cell (repeated cross-sections) if need be. */
#ifndef JIEDAO_PANEL_H
#define JIEDAO_PANEL_H

#include <stdint.h>

#include "jiedao/context.h"

JD_BEGIN_DECLS

/** Columns [n], all borrowed for the call they are handed to. Zero the struct, set what there is;
 *  structs grow only at their end. */
typedef struct jd_panel {
    int64_t n;              /**< rows, at most INT32_MAX */
    const int32_t *unit;    /**< any codes */
    const int32_t *time;    /**< period values, 1, 2, ... or years */
    const int32_t *cohort;  /**< first treated period of the row's unit, 0 = never */
    const int8_t *treated;  /**< or the treatment path, 0 or 1; used instead of cohort if given */
    const double *weight;   /**< >= 0, finite; rows of weight 0 are dropped; NULL = all 1 */
    const int32_t *cluster; /**< any codes; NULL = unit */
    int n_fixed;            /**< further fixed effects */
    const int32_t *const *fixed;        /**< [n_fixed][n], any codes (cross codes beforehand) */
    int n_x;                            /**< covariates */
    const double *const *x;             /**< [n_x][n]; rows with a NaN or infinity are dropped */
    const char *const *x_name;          /**< [n_x] */
    const int32_t *cluster2;            /**< a second way of clustering, any codes; or NULL */
    const double *latitude, *longitude; /**< degrees; NULL where no estimator reads places */
    const double *dose;     /**< treatment as an amount, of any sign and path; or NULL */
    const int8_t *eligible; /**< 0 or 1: whom the policy is for, in triple differences; or NULL */
    int n_slopes;           /**< variables whose slopes differ by level: a coefficient of slope[k]
                                 for each value of slope_level[k] */
    const int32_t *const *slope_level; /**< [n_slopes][n], any codes */
    const double *const *slope; /**< [n_slopes][n]; rows with a NaN or infinity are dropped */
    int n_het; /**< characteristics of units that effects may go with: did_multiplegt_dyn */
    const double *const *het;    /**< [n_het][n], finite, the same in all rows of a unit */
    const char *const *het_name; /**< [n_het] */
    const int32_t *adoption;     /**< beside `treated`: first treated period of the row's unit, 0 =
                                    never, where more is known than these rows show; or NULL */
} jd_panel_t;

/** Rows left out, by reason; a row counts under the first that applies. */
typedef struct jd_dropped {
    int64_t zero_weight;
    int64_t missing; /**< a covariate is not finite */
    int64_t
        always_treated; /**< of units treated when first seen, where a date of adoption is needed */
    int64_t singleton;  /**< alone in a level of a fixed effect */
    int64_t unimputable; /**< treated, and no untreated row identifies its fixed effects */
} jd_dropped_t;

/** Dense codes of a column: code[i] in 0 ... n_groups-1, in ascending order of value. */
typedef struct jd_groups {
    int64_t n;
    int32_t n_groups;
    int32_t *code;  /**< [n], owned */
    int32_t *value; /**< [n_groups], owned: the column's values, ascending */
    int32_t *count; /**< [n_groups], owned: rows */
    int ascending;  /**< 1: codes never fall from one row to the next */
} jd_groups_t;

/** The rows an estimator uses, ascending. */
typedef struct jd_sample {
    int64_t n;
    int32_t *row; /**< [n], owned */
    jd_dropped_t dropped;
} jd_sample_t;

/** Judges a panel: enough columns, n in range, weights finite and >= 0, treatment 0 or 1, one
 * cohort a unit. Errors: JD_ERR_ARGUMENT, JD_ERR_DATA (the row, its value and the cure are named).
 *  Cost: O(n), one pass for each column. */
JD_API JD_MUST_USE int jd_panel_check(const jd_panel_t *panel, jd_ctx_t *ctx);

/** First treated period of each row's unit, 0 = never: the panel's cohort, or what its treatment
 *  path, or `adoption` beside it, says. `cohort` [n] out. JD_ERR_DATA where the path goes back to 0
 * after 1, or begins in a period of 0 or below. */
JD_API JD_MUST_USE int jd_panel_cohorts(const jd_panel_t *panel, int32_t *cohort, jd_ctx_t *ctx);

/** Codes a column. Cost: O(n) where the values lie close together, else O(n log n). */
JD_API JD_MUST_USE int jd_groups_make(jd_groups_t *groups, const int32_t *values, int64_t n,
                                      jd_ctx_t *ctx);
JD_API void jd_groups_free(jd_groups_t *groups);

/** Rows with positive weight and finite covariates. */
JD_API JD_MUST_USE int jd_sample_make(jd_sample_t *sample, const jd_panel_t *panel, jd_ctx_t *ctx);

/** Drops rows that are alone in a level of any of the columns (over all the panel's rows), until
 * none is left. Cost: O(n) a round. */
JD_API JD_MUST_USE int jd_sample_drop_singletons(jd_sample_t *sample, int n_columns,
                                                 const int32_t *const *columns, jd_ctx_t *ctx);
JD_API void jd_sample_free(jd_sample_t *sample);

JD_END_DECLS

#endif
