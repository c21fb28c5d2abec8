/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rows sorted by group and period, so that comparisons of groups given covariates run over
 *  stretches of memory, and these comparisons. A group is whatever is compared: a cohort, or the
 *  eligible of a cohort. */
#ifndef JD_DID_GROUP_TIME_COMPARISON_H
#define JD_DID_GROUP_TIME_COMPARISON_H

#include "did/base/design.h"
#include "did/group_time/pair.h"

typedef struct jd_arranged {
    int64_t n;
    int32_t n_groups, n_periods;
    bool complete;  /* each unit once in every period: it has the same place in all its cells */
    bool still;     /* complete, and covariates and weights are the same in all periods */
    bool in_order;  /* complete, and rows lie by unit and period */
    int32_t *order; /* [n] row of the sample at each place; if in_order, [units] the unit at each
                       place that a group's have in its cells */
    int32_t *start; /* [n_groups * n_periods + 1] first place of a cell */
    int k;          /* covariates and 1 */
    double *x;      /* [n][k] in units of their standard deviation, about their mean; if still,
                       [units][k], those of a unit once */
    double *w;      /* [n] or [units] likewise; NULL where all weigh 1 */
} jd_arranged_t;

/** First place of a cell; that of the next cell follows it. */
static inline const int32_t *jd_arranged_start(const jd_arranged_t *a, int32_t group,
                                               int32_t period)
{
    return a->start + (int64_t)group * a->n_periods + period;
}

/** Rows of the sample in a cell: the r-th is at[r] * times + plus. */
typedef struct jd_cell_rows {
    const int32_t *at;
    int32_t times, plus;
} jd_cell_rows_t;

static inline jd_cell_rows_t jd_arranged_rows(const jd_arranged_t *a, int32_t group, int32_t period)
{
    const int32_t *start = jd_arranged_start(a, group, 0);
    if (a->in_order)
        return (jd_cell_rows_t){a->order + start[0] / a->n_periods, a->n_periods, period};
    return (jd_cell_rows_t){a->order + start[period], 1, 0};
}

static inline int32_t jd_cell_row(jd_cell_rows_t rows, int64_t r)
{
    return rows.at[r] * rows.times + rows.plus;
}

/** Where the covariates and weights of a cell's rows begin. */
static inline int64_t jd_arranged_first(const jd_arranged_t *a, int32_t group, int32_t period)
{
    const int32_t *start = jd_arranged_start(a, group, 0);
    return a->still ? start[0] / a->n_periods : start[period];
}

/** What is arranged: codes [n] over the sample's rows. */
typedef struct jd_arrange_from {
    const jd_design_t *design;
    const jd_panel_t *panel;
    const int32_t *unit; /* any codes */
    const int32_t *cell; /* group * n_periods + period, or NULL where */
    const int32_t
        *unit_group; /* [units], rows of a complete panel lie by unit and period; or NULL */
    int32_t n_groups, n_periods;
    bool complete;
} jd_arrange_from_t;

/** Collinear covariates give a warning and are left out. Cost: O(n k^2), two sorts by counting. */
JD_MUST_USE int jd_arranged_make(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx);
void jd_arranged_free(jd_arranged_t *a);
/** y [n] of the sample's rows by place. */
void jd_arranged_sort(const jd_arranged_t *a, const double *y, double *sorted);

/** One comparison: a treated group and its controls, between two periods or, in a complete panel,
 *  with the covariates of the base period. */
typedef struct jd_comparison {
    int32_t treated, n_controls, *control; /* groups; control owned */
    int32_t time, base;
    int32_t weigh; /* period whose weights count, in a complete panel */
    int64_t n;
    jd_pair_fit_t fit;
    double *omega; /* [n] weights on the outcomes, or on their changes from base to time */
} jd_comparison_t;

/** Room for one comparison at a time; [largest]. */
typedef struct jd_comparison_room {
    double *block;
    jd_pair_t pair;
    double *influence, *small;
    int32_t *row;
} jd_comparison_room_t;

JD_MUST_USE int jd_comparison_room_make(jd_comparison_room_t *room, const jd_arranged_t *a,
                                        jd_ctx_t *ctx);
void jd_comparison_room_free(jd_comparison_room_t *room);

JD_MUST_USE int jd_comparison_prepare(jd_comparison_t *c, const jd_arranged_t *a,
                                      const jd_pair_how_t *how, jd_comparison_room_t *room,
                                      jd_pair_trouble_t *trouble, jd_ctx_t *ctx);
void jd_comparison_free(jd_comparison_t *c);

/** The effect between two periods (those of the comparison, or any in a complete panel). y by
 *  place. */
double jd_comparison_effect(const jd_comparison_t *c, const jd_arranged_t *a, int32_t time,
                            int32_t base, const double *y);
/** Adds `by` times its weights on the outcomes; w by row of the panel, or (sample = NULL)
 *  of the design. */
void jd_comparison_weights(const jd_comparison_t *c, const jd_arranged_t *a,
                           const jd_sample_t *sample, int32_t time, int32_t base, double by,
                           double *w);
/** Influences on the effect `att` into room->influence [c->n], of the sample's rows room->row. */
void jd_comparison_influence(const jd_comparison_t *c, const jd_arranged_t *a, int32_t time,
                             int32_t base, const double *y, double att, jd_comparison_room_t *room);

#endif
