/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which rows a condition keeps: "year >= 2010 and region in ('North', 'East') and not missing(x)".
 *
 *      any   = all { or all }          or is also | and ||
 *      all   = one { and one }         and is also & and &&
 *      one   = not one | (any) | missing(COLUMN) | COLUMN is [not] missing
 *            | COLUMN [not] in (VALUE, ...) | inlist(COLUMN, VALUE, ...)
 *            | inrange(COLUMN, VALUE, VALUE) | side OP side
 *      side  = COLUMN | VALUE          OP is = == != <> ~= < <= > >=; not is also ! and ~
 *
 *  A value in quotes is text (or a date, beside a column of dates); without them it is a number or
 * a date, of which year, quarter or month stand for all their days. is.na() and %in% c() are read
 *  too. What is compared with a missing cell is neither true nor false: not so negated either. */
#ifndef JD_DATASET_FILTER_H
#define JD_DATASET_FILTER_H

#include "dataset/parts.h"

typedef enum jd_filter_kind {
    JD_FILTER_ANY, /**< of two nodes */
    JD_FILTER_ALL,
    JD_FILTER_NOT,     /**< of the left one */
    JD_FILTER_MISSING, /**< a column */
    JD_FILTER_COMPARE, /**< a column with a value, or with a column */
    JD_FILTER_IN       /**< a column, values */
} jd_filter_kind_t;

enum { JD_FILTER_EQUAL = 1, JD_FILTER_LESS = 2, JD_FILTER_GREATER = 4 }; /**< what may hold */

typedef struct jd_filter_value {
    char *text; /**< owned, without quotes */
    bool quoted, is_number, is_date, found;
    double number;
    int64_t first_day, last_day;
} jd_filter_value_t;

typedef struct jd_filter_node {
    jd_filter_kind_t kind;
    int left, right;     /**< nodes */
    int column, other;   /**< places in the list of names; other = -1: a value */
    int value, n_values; /**< the first, how many */
    unsigned holds;      /**< JD_FILTER_EQUAL, ... */
} jd_filter_node_t;

typedef struct jd_filter {
    char *text;               /**< owned */
    jd_filter_node_t *node;   /**< [n_nodes] */
    jd_filter_value_t *value; /**< [n_values] */
    char **name;              /**< [n_names] columns, owned */
    int n_nodes, n_values, n_names, root;
    int date_order; /**< jd_date_order_t */
    int first;      /**< role of the first column */
} jd_filter_t;

/** Reads a condition. The caller frees. Errors: JD_ERR_ARGUMENT with the place. */
JD_MUST_USE int jd_filter_make(jd_filter_t **filter, const char *text, int date_order,
                               jd_ctx_t *ctx);
void jd_filter_free(jd_filter_t *filter);

/** Whether the condition holds in a row: 1, 0, or -1 where a missing cell leaves it open.
 *  JD_ERR_DATA: a cell or a column is of another kind than what it is compared with. */
JD_MUST_USE int jd_filter_row(const jd_filter_t *filter, const jd_own_columns_t *columns,
                              int64_t row, int *holds, jd_ctx_t *ctx);

#endif
