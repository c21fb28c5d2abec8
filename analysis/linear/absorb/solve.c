/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Levels solved for: what the fixed effects of a right-hand side by level are. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/reduced.h"
#include "linear/absorb/solvers.h"

/* b'Pb of the smaller effects' levels. */
static double size_of(const jd_effects_t *e, const double *b)
{
    double scale = 0;
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        for (int32_t l = 0; l < e->groups[k].n_groups; l++)
            scale += b[l] * b[l] * e->inverse[k][l];
    return scale;
}

/* The position in groups of the effect that was requested as k-th is order[k]; its inverse. */
static double *level_at(const jd_effects_t *e, double *const *level, int position)
{
    int k = 0;
    while (e->order[k] != position)
        k++;
    return level[k];
}

/* to[one effect's level] += weight * from[another's], over all rows. */
static void carry(const jd_effects_t *e, const int32_t *code, const double *from,
                  const int32_t *into, double *to)
{
    const int8_t *skip = e->skip;
    if (skip && !e->weight) /* many times over in imputation: one choice in the loop */
        for (int64_t i = 0; i < e->n_places; i++) {
            if (!skip[i]) to[into[i]] += from[code[i]];
        }
    else
        for (int64_t i = 0; i < e->n_places; i++)
            if (!jd_effects_skips(e, i)) to[into[i]] += jd_effects_weight(e, i) * from[code[i]];
}

/* b [n_small] = what the smaller effects' levels sum of the first effect's means. */
static void collect_means(const jd_effects_t *e, const double *mean, double *b)
{
    memset(b, 0, (size_t)e->n_small * sizeof *b);
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        carry(e, e->groups[0].code, mean, e->groups[k].code, b);
}

/* mean [levels of the first effect] -= the means of the smaller effects' levels a; sums is scratch.
 */
static void subtract_means(const jd_effects_t *e, const double *a, double *sums, double *mean)
{
    const jd_groups_t *first = &e->groups[0];
    memset(sums, 0, (size_t)first->n_groups * sizeof *sums);
    for (int k = 1; k < e->n_effects; a += e->groups[k++].n_groups)
        carry(e, e->groups[k].code, a, first->code, sums);
    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] -= sums[g] * e->inverse[0][g];
}

int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx)
{
    const jd_effects_t *e = effects;
    if (e->n_effects == 0) return JD_OK;
    size_t size = (size_t)e->n_small;
    size_t cells = 8 * size + (size_t)e->max_levels;
    double *r;
    if (jd_make_n(&r, cells, sizeof *r, "solving for fixed effects", ctx)) return JD_ERR_NO_MEMORY;
    double *a = r + size, *work = a + size, *sums = work + 6 * size;
    const jd_groups_t *first = &e->groups[0];
    double *mean = level_at(e, level, 0), *at = r, scale = 0;
    int rc = JD_OK;

    for (int32_t g = 0; g < first->n_groups; g++)
        scale += mean[g] * mean[g] * e->inverse[0][g];
    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] *= e->inverse[0][g];
    collect_means(e, mean, a);
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(at, level_at(e, level, k), (size_t)e->groups[k].n_groups * sizeof *at);
    scale += size_of(e, r);
    for (size_t l = 0; l < size; l++)
        r[l] -= a[l];
    const int failed = jd_effects_solve_reduced(e, r, scale, a, work);
    if (failed == JD_NO_SOLUTION)
        rc = jd_fail(
            ctx, JD_ERR_RANK,
            "no fixed effects have these sums by level; use fewer or coarser fixed effects");
    else if (failed)
        rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                     "fixed effects did not converge; their levels may hang together by a few rows "
                     "only: use fewer or coarser fixed effects");
    subtract_means(e, a, sums, mean);
    at = a;
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(level_at(e, level, k), at, (size_t)e->groups[k].n_groups * sizeof *at);
    free(r);
    return rc;
}
