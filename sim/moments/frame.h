/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What moments are computed from: plain arrays taken out of a world's tables once, and a weight
 *  for each unit, 1 or how often a bootstrap drew it. Private to moments/. */
#ifndef JD_MOMENTS_FRAME_H
#define JD_MOMENTS_FRAME_H

#include "moments/moments.h"

enum { JD_MOMENT_SECTORS = 4 };

/** A move between two units whose destination is known. */
typedef struct jd_moment_move {
    double distance;  /**< km; NaN = not known */
    int32_t to, from; /**< units; from = -1: not known */
    int8_t same_prefecture, other_province;
} jd_moment_move_t;

typedef struct jd_moment_frame {
    const char *panel; /**< its table's name, static */
    int64_t units, periods, blocks;
    int per_year;                      /**< periods of a year */
    double *inflow, *outflow, *other;  /**< [periods][units]; NULL = not recorded, as all */
    double *flow, *stock;              /**< all sectors' moves in, and firms */
    double *sector[JD_MOMENT_SECTORS]; /**< [units] moves in over all periods */
    double *development;               /**< [units] */
    int32_t *unit, *time, *cohort;     /**< [periods * units] for estimators */
    int32_t *block;                    /**< [units] from 0 */
    jd_moment_move_t *move;            /**< [moves] by distance, NaN last; NULL = no table */
    int64_t moves;
    bool any_treated;
} jd_moment_frame_t;

JD_MUST_USE int jd_moment_frame_make(jd_moment_frame_t *frame, const jd_moment_tables_t *tables,
                                     int block, jd_ctx_t *ctx);
void jd_moment_frame_free(jd_moment_frame_t *frame);

/** One moment of the list: w [units] are the weights. NaN where it cannot be said. */
typedef struct jd_moment_row {
    const char *name, *unit, *label;
    double (*measure)(const jd_moment_frame_t *frame, const double *w, int arg);
    int arg;
    const char *needs; /**< what it takes, for whoever lacks it */
} jd_moment_row_t;

/** Moments that belong together; `list` is ended by one without a name. */
typedef struct jd_moment_group {
    const char *name, *label;
    const jd_moment_row_t *list;
} jd_moment_group_t;
extern const jd_moment_group_t *const jd_moment_groups[];

/** estimator.c: the overall effect that an estimator finds in moves in, NaN where it does not
 * apply; *why then says what it takes. Errors: memory, JD_ERR_CANCELLED. */
JD_MUST_USE int jd_moment_estimate(const jd_moment_frame_t *frame, const double *w,
                                   const char *estimator, double *value, const char **why,
                                   jd_ctx_t *ctx);

#endif
