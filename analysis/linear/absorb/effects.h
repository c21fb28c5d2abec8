/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of the fixed-effects solver, shared by its files. */
#ifndef JD_LINEAR_ABSORB_EFFECTS_H
#define JD_LINEAR_ABSORB_EFFECTS_H

#include "jiedao/linear.h"

enum { JD_DIRECT_LEVELS = 512 }; /* the dense factor then takes 2 MB at most */

typedef struct jd_sparse jd_sparse_t;

/** Rows in the order of the first effect's levels. */
typedef struct jd_rows {
    int32_t *start; /* [levels + 1] */
    int32_t *row;   /* [n], or NULL where the rows already lie so */
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
    double *weight;      /* [n] or NULL */
    int borrowed;        /* 1: weight and the groups' arrays are another's */
    const int32_t *row;  /* [n] of the groups' rows, ours; NULL: all of them */
    int ready;           /* 1: a solver is there */
    jd_solver_t solver;  /* as asked for */
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

/** Indexes effects coded already: groups [n_effects] and weight [n] are borrowed for its life.
 * Without a solver, which regressions on dummies do not need: jd_effects_ready() makes it. With row
 * [n] (else NULL; borrowed) of those rows of the groups alone, and for jd_effects_solve() alone. */
JD_MUST_USE int jd_effects_borrow(jd_effects_t **effects, int64_t n, const int32_t *row,
                                  int n_effects, const jd_groups_t *const *groups, double *weight,
                                  jd_solver_t solver, jd_ctx_t *ctx);
/** Chooses and prepares the solver that demeaning needs; a second call does nothing. */
JD_MUST_USE int jd_effects_ready(jd_effects_t *effects, jd_ctx_t *ctx);

/** Where the codes of row i stand. */
static inline int64_t jd_effects_place(const jd_effects_t *effects, int64_t i)
{
    return effects->row ? effects->row[i] : i;
}

/** Rows [n] in the order of the groups, a counting sort; group g's are start[g] ... start[g + 1] -
 * 1 of them. start [n_groups + 1]. With `of` (else NULL), row i is the groups' row of[i]. */
void jd_rows_by_group(const jd_groups_t *groups, int64_t n, const int32_t *of, int32_t *start,
                      int32_t *row);

/** The effect with most levels. */
const jd_groups_t *jd_effects_largest(const jd_effects_t *effects);

/** Subtracts (weighted) means of one effect's levels; sums [levels] is scratch. */
void jd_effects_project(const jd_effects_t *effects, int effect, double *x, double *sums);

/** Builds the direct solver's factor. */
JD_MUST_USE int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx);
/** The same after `weight` was changed, the levels' inverse weights too, by all threads. */
JD_MUST_USE int jd_effects_refactor(jd_effects_t *effects, jd_ctx_t *ctx);

/** Parts of groups that are summed apart and added up in their order: they depend on the number of
 *  groups alone, never on threads. */
static inline int jd_count_parts(int64_t n_groups)
{
    enum { GROUPS = 512, PARTS = 32 };
    int64_t parts = n_groups / GROUPS;
    return parts < 1 ? 1 : parts < PARTS ? (int)parts : PARTS;
}

/** Sorts rows by the first effect's levels. */
JD_MUST_USE int jd_effects_sort(jd_effects_t *effects, jd_ctx_t *ctx);
void jd_rows_free(jd_rows_t *rows);

/** Builds the sparse solver's factor of the reduced normal equations S; leaves effects->sparse NULL
 *  where S is too full to pay. Needs sorted rows. */
JD_MUST_USE int jd_effects_factor_sparse(jd_effects_t *effects, jd_ctx_t *ctx);
void jd_sparse_free(jd_sparse_t *sparse);
/** Factors anew after `weight`, which must not be NULL, was changed. Needs sorted rows, and a
 * solver that was asked to iterate. */
JD_MUST_USE int jd_effects_reweight(jd_effects_t *effects, jd_ctx_t *ctx);
/** Solves S a = b; work [6 n_small]. `scale` = b'Pb before elimination, P the inverse weights of
 *  levels, says what rounding is. Returns 0, or 1 if it did not converge. */
int jd_sparse_solve(const jd_sparse_t *sparse, const double *b, double scale, double *a,
                    double *work);

/** out = matrix in. */
typedef void jd_product_t(const void *matrix, const double *in, double *out);

/** Conjugate gradients, preconditioned by a diagonal, for S a = b with S positive semi-definite and
 *  b in its range; work [4 n]; scale as above. Returns 0, or 1 if it did not converge. */
int jd_conjugate_gradients(jd_product_t *product, const void *matrix, int n, const double *inverse,
                           const double *b, double scale, double *a, double *work);

/** What the smaller effects' levels sum of a column without its first effect: b [n_small]. */
void jd_effects_collect(const jd_effects_t *effects, const double *x, double *b);

/** Solves S a = b by whatever solver the effects have; work [6 n_small]; returns 0, or 1 if it did
 *  not converge. */
int jd_effects_solve_reduced(const jd_effects_t *effects, const double *b, double scale, double *a,
                             double *work);

/** One column by the reduced equations; scratch [max_levels + 8 n_small]. Returns 0, or 1. */
int jd_effects_demean_reduced(const jd_effects_t *effects, double *x, double *scratch);

/** Takes the fixed effects without slopes out of a column; scratch [max_levels + 8 n_small].
 * Returns 0, or 1 if it did not converge. */
int jd_effects_demean_levels(const jd_effects_t *effects, double *x, double *scratch);
/** The same with the slopes; scratch [jd_slopes_scratch() more]. */
int jd_effects_demean_slopes(const jd_effects_t *effects, double *x, double *scratch);
size_t jd_slopes_scratch(const jd_effects_t *effects);
void jd_slopes_free(jd_effects_t *effects);

/** Solves A'WA a = b for the levels: level[k] [levels of effect k], in the order asked, holds b and
 *  is replaced by a solution (any two differ by what A maps to 0). b must be one that some row
 *  vector u gives, b = A'Wu. Cost: O(n), without a factor O(n) an iteration. */
JD_MUST_USE int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx);

#endif
