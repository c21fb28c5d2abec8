/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Groups of rows by a column: an analysis of each, and how far they lie apart. */
#ifndef JD_DATASET_GROUPS_H
#define JD_DATASET_GROUPS_H

#include "dataset/analysis.h"
#include "dataset/request.h"

enum { JD_OWN_GROUP_WIDTH = 96 };

typedef struct jd_own_groups {
    char *name;                        /**< the column's, owned */
    int32_t n;                         /**< groups, in ascending order of their ids */
    int32_t *code;                     /**< [rows of the frame] -1: in none; owned */
    char (*label)[JD_OWN_GROUP_WIDTH]; /**< [n] owned */
} jd_own_groups_t;

/** The groups of the rows a request uses, by a column. Says how many of these are in none. The
 *  caller frees, also after an error. Errors: JD_ERR_ARGUMENT (no such column), JD_ERR_DATA (fewer
 *  than 2 groups, more than 50), memory. Cost: O(rows). */
JD_MUST_USE int jd_own_groups_make(jd_own_groups_t *groups, const jd_frame_t *frame,
                                   const jd_request_t *request, const char *by, jd_ctx_t *ctx);
void jd_own_groups_free(jd_own_groups_t *groups);

/** Turns a request to one group; groups must outlive the analysis. */
void jd_own_groups_ask(jd_request_t *request, const jd_own_groups_t *groups, int32_t group);

/** Effects of each group less those of the first, and for each overall effect a test that all
 *  groups' are equal, in the columns of estimates: the term's name, `quantity` "difference" or
 *  "equality", and in `group` "b - a". Groups that share clusters have the covariance of these
 *  clusters' sums (stacked estimating equations); groups that share none are independent. Where a
 *  covariance is not known the standard error is NaN and a warning says so. t and F with the
 *  smallest degrees of freedom of the groups. The caller frees. Errors: memory.
 *  a [n]: analyses of the groups, made with the requests of jd_own_groups_ask(). */
JD_MUST_USE int jd_own_groups_compare(jd_table_t *table, const jd_own_groups_t *groups,
                                      jd_analysis_t *const *a, const jd_request_t *request,
                                      jd_ctx_t *ctx);
/** For people: overall effects alone. */
void jd_own_groups_print(FILE *out, const jd_table_t *differences, const jd_own_groups_t *groups,
                         const jd_own_result_t *like);
enum { JD_OWN_DIFFERENCE_GROUP = JD_OWN_COLUMNS, JD_OWN_DIFFERENCE_STATISTIC };

#endif
