/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of the fixed-effects solver, shared by its files. */
#ifndef JD_LINEAR_EFFECTS_H
#define JD_LINEAR_EFFECTS_H

#include "jiedao/linear.h"

enum { JD_DIRECT_LEVELS = 512 }; /* the dense factor then takes 2 MB at most */

struct jd_effects {
    int64_t n;
    int n_effects;
    jd_groups_t *groups; /* [n_effects], the effect with most levels first */
    int *order;          /* [n_effects] order[asked] = where it stands in groups */
    double **inverse;    /* [n_effects][levels] one over the sum of weights of a level */
    double *weight;      /* [n] or NULL */
    jd_solver_t solver;  /* as asked for */
    int32_t max_levels;
    int n_small;         /* levels of all effects but the first */
    double *factor;      /* [n_small][n_small] for the direct solver, else NULL */
    unsigned char *kept; /* [n_small] */
    int one_sweep;       /* projections commute: one sweep is exact */
};

/** Rows [n] in the order of the groups, a counting sort; group g's are start[g] ... start[g + 1] -
 * 1 of them. start [n_groups + 1]. */
void jd_rows_by_group(const jd_groups_t *groups, int32_t *start, int32_t *row);

/** The effect with most levels. */
const jd_groups_t *jd_effects_largest(const jd_effects_t *effects);

/** Subtracts (weighted) means of one effect's levels; sums [levels] is scratch. */
void jd_effects_project(const jd_effects_t *effects, int effect, double *x, double *sums);

/** Builds the direct solver's factor. */
JD_MUST_USE int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx);

/** One column by the direct solver; scratch [max_levels + n_small]. */
void jd_effects_demean_direct(const jd_effects_t *effects, double *x, double *scratch);

/** One column by iteration; scratch [max_levels + 3 n]. Returns 0, or 1 if it did not converge. */
int jd_effects_demean_iterate(const jd_effects_t *effects, double *x, double *scratch);

/** Solves A'WA a = b for the levels: level[k] [levels of effect k], in the order asked, holds b and
 *  is replaced by a solution (any two differ by what A maps to 0). b must be one that some row
 *  vector u gives, b = A'Wu. Cost: O(n), without the direct factor O(n) an iteration. */
JD_MUST_USE int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx);

#endif
