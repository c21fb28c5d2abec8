/* SPDX-License-Identifier: GPL-3.0-or-later */
/** From the columns of time and cohort to periods: what the files own_data_time*.c share. */
#ifndef JD_DATASET_TIME_H
#define JD_DATASET_TIME_H

#include "dataset/parts.h"

/** A cohort that is never treated. */
#define JD_OWN_NEVER_DATE INT64_MIN

/** A column of periods as it is read. */
typedef struct jd_own_axis {
    const jd_own_column_t *column; /**< NULL: there is none */
    jd_period_t unit;
    int64_t *value; /**< [n] */
    bool known;     /**< some value sets the unit */
    char letter;    /**< of a date format of Stata, or '\0' */
} jd_own_axis_t;

/** What means never beside missing cells and infinity. */
typedef struct jd_own_never {
    const char *list; /**< codes by commas; NULL: none was given */
    bool zero;        /**< 0 does */
} jd_own_never_t;

typedef struct jd_own_axes {
    jd_own_axis_t time, cohort;
    jd_own_never_t never;
    const int32_t *keep;
    int64_t n;
    jd_own_spacing_t spacing;
    int32_t weekday; /**< weeks begin on it, 0 = Thursday */
} jd_own_axes_t;

/** The value of a row as it is written, for messages. */
const char *jd_own_show_cell(const jd_own_axis_t *axis, const jd_own_axes_t *axes, int64_t at,
                             char *buffer, size_t size);

bool jd_own_is_never(const jd_own_column_t *cohort, int64_t row, const jd_own_never_t *never);

/** Decides whether 0 means never, once times are read: not where it is a period, unless it is
 * listed. JD_ERR_DATA where both are possible. */
JD_MUST_USE int jd_own_settle_never(jd_own_axes_t *axes, jd_ctx_t *ctx);

/** Notes listed codes that no row holds: slips most often. */
void jd_own_report_unseen(const jd_own_axes_t *axes, jd_ctx_t *ctx);

/** Finds out whether numbers are codes of dates (20104), years or Stata's numbers, makes dates of
 *  them where the option or the data leave no doubt, and says so. JD_ERR_DATA where there is doubt.
 */
JD_MUST_USE int jd_own_decode(jd_own_axes_t *axes, jd_ctx_t *ctx);

/** Brings times and cohorts into one unit, the one requested, or that of the times.
 *  JD_ERR_DATA where cohorts are written in a larger one. */
JD_MUST_USE int jd_own_unify(jd_own_axes_t *axes, jd_ctx_t *ctx);

/** Counts both in the largest unit of which all are whole steps, or numbers the observed periods;
 *  sets data->period, weekday and ranked. */
JD_MUST_USE int jd_own_count(jd_own_data_t *data, jd_own_axes_t *axes, jd_ctx_t *ctx);

#endif
