/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Fixed effects as an index: which levels a row has, what they weigh. Read by the files of linear/
 *  that solve or number the same levels; what others call stands in effects.h. */
#ifndef JD_LINEAR_ABSORB_INDEX_H
#define JD_LINEAR_ABSORB_INDEX_H

#include "linear/absorb/effects.h"

enum { JD_DIRECT_LEVELS = 512 }; /* the dense factor then takes 2 MB at most */

typedef struct jd_sparse jd_sparse_t;

/** Rows in the order of the first effect's levels. */
typedef struct jd_rows {
    int32_t *start; /* [levels + 1] */
    int32_t *row;   /* [n] places, or NULL where the rows already lie so */
    int32_t *code;  /* [n][n_effects - 1] of the other effects, numbered through, in this order */
} jd_rows_t;

/** A variable whose slope differs by level. */
typedef struct jd_slope {
    jd_groups_t groups;
    double *v; /* [n] of length 1 in each level; 0 where it does not vary */
} jd_slope_t;

struct jd_effects {
    int64_t n;
    int n_effects;
    jd_groups_t *groups; /* [n_effects], the effect with most levels first */
    int *order;          /* [n_effects] order[asked] = where it stands in groups */
    double **inverse;    /* [n_effects][levels] one over the sum of weights of a level */
    double *weight;      /* [n_places] or NULL */
    int borrowed;        /* 1: weight and the groups' arrays are another's */
    int64_t n_places;    /* rows of the groups: n, but with `skip` */
    const int8_t *skip;  /* [n_places] 1: not of ours; NULL: all of them are */
    int ready;           /* 1: a solver is there */
    jd_solver_t solver;  /* as requested */
    int32_t max_levels;
    int n_small;         /* levels of all effects but the first */
    double *factor;      /* [n_small][n_small] for the direct solver, else NULL */
    unsigned char *kept; /* [n_small] */
    int one_sweep;       /* projections commute: one sweep is exact */
    jd_rows_t rows;      /* for the sparse and the iterative solver, else zero */
    jd_sparse_t *sparse; /* for the sparse solver, else NULL */
    int reweighted;
    jd_slope_t *slopes; /* [n_slopes] */
    int n_slopes;
    int32_t slope_levels; /* of all slopes */
};

/** 1 if the groups' row at place i is not of ours. */
static inline int jd_effects_skips(const jd_effects_t *effects, int64_t i)
{
    return effects->skip && effects->skip[i];
}

/** Place of the r-th row in the order of the first effect's levels. */
static inline int64_t jd_effects_place(const jd_effects_t *effects, int64_t r)
{
    return effects->rows.row ? effects->rows.row[r] : r;
}

/** Weight of the row at place i, and of the r-th row in that order. */
static inline double jd_effects_weight(const jd_effects_t *e, int64_t i)
{
    return e->weight ? e->weight[i] : 1.0;
}

static inline double jd_effects_weight_at(const jd_effects_t *e, int64_t r)
{
    return jd_effects_weight(e, jd_effects_place(e, r));
}

/** Room for an index of n_effects effects; zeroed but for these. NULL without memory, told. */
jd_effects_t *jd_effects_allocate(int64_t n, int n_effects, jd_solver_t solver, jd_ctx_t *ctx);
/** Once the groups are there: the effect with most levels goes first, and levels are weighed. */
JD_MUST_USE int jd_effects_index(jd_effects_t *effects, jd_ctx_t *ctx);
/** Weighs the levels again after `weight` was changed. */
void jd_effects_weigh(jd_effects_t *effects);
/** Frees the index; what solvers and slopes hold goes before it. */
void jd_index_free(jd_effects_t *effects);

/** Rows in the order of the groups, a counting sort; group g's are start[g] ... start[g + 1] - 1 of
 * them. start [n_groups + 1]. Of n rows those that `skip` (or NULL) does not mark. */
void jd_rows_by_group(const jd_groups_t *groups, int64_t n, const int8_t *skip, int32_t *start,
                      int32_t *row);

/** Parts of groups that are summed apart and added up in their order: they depend on the number of
 *  groups alone, never on threads. */
static inline int jd_count_parts(int64_t n_groups)
{
    enum { GROUPS = 512, PARTS = 32 };
    int64_t parts = n_groups / GROUPS;
    return parts < 1 ? 1 : parts < PARTS ? (int)parts : PARTS;
}

/** Sorts rows by the first effect's levels; a second call does nothing. */
JD_MUST_USE int jd_effects_sort(jd_effects_t *effects, jd_ctx_t *ctx);
void jd_rows_free(jd_rows_t *rows);

/** Subtracts (weighted) means of one effect's levels; sums [levels] is scratch. */
void jd_effects_project(const jd_effects_t *effects, int effect, double *x, double *sums);

#endif
