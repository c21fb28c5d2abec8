/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The direct solver. The largest effect is eliminated by its level means; what remains are normal
 * equations S a = b of the other effects' levels, small, dense and positive semi-definite:
 *     S = D'WD - sum over groups g of d_g d_g' / W_g,     d_g = weights of g's rows by level.
 * Redundant levels (one per further effect and connected component) are left out by the factor. */
#include <stdlib.h>
#include <string.h>

#include "linear/cholesky.h"
#include "linear/effects.h"

static double weight_of(const jd_effects_t *e, int64_t i)
{
    return e->weight ? e->weight[i] : 1.0;
}

void jd_rows_by_group(const jd_groups_t *groups, int32_t *start, int32_t *row)
{
    memset(start, 0, ((size_t)groups->n_groups + 1) * sizeof *start);
    for (int64_t i = 0; i < groups->n; i++)
        start[groups->code[i] + 1]++;
    for (int32_t g = 0; g < groups->n_groups; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < groups->n; i++)
        row[start[groups->code[i]]++] = (int32_t)i;
    for (int32_t g = groups->n_groups; g > 0; g--)
        start[g] = start[g - 1];
    start[0] = 0;
}

/* One group's part of S: its own levels' cross products less d d' / W. `d` is zero on entry and
 * exit; `touched` lists the levels met. */
static void add_group(const jd_effects_t *e, const int32_t *row, int64_t n_rows, double inverse,
                      double *d, int *touched)
{
    size_t size = (size_t)e->n_small;
    int n_touched = 0;
    for (int64_t r = 0; r < n_rows; r++) {
        int64_t i = row[r];
        double w = weight_of(e, i);
        int offset = 0;
        int level[64];
        for (int k = 1; k < e->n_effects; k++) {
            level[k] = offset + e->groups[k].code[i];
            offset += e->groups[k].n_groups;
            if (d[level[k]] == 0) touched[n_touched++] = level[k];
            d[level[k]] += w;
            for (int j = 1; j <= k; j++)
                e->factor[(size_t)level[k] * size + (size_t)level[j]] += w;
        }
    }
    for (int a = 0; a < n_touched; a++)
        for (int b = 0; b < n_touched; b++)
            if (touched[b] <= touched[a])
                e->factor[(size_t)touched[a] * size + (size_t)touched[b]] -=
                    d[touched[a]] * d[touched[b]] * inverse;
    for (int a = 0; a < n_touched; a++)
        d[touched[a]] = 0;
}

int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx)
{
    const jd_groups_t *first = &effects->groups[0];
    size_t size = (size_t)effects->n_small, bytes = size * size * sizeof *effects->factor;
    int rc = JD_OK;
    if (effects->n_effects > 64)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%d fixed effects; at most 64 are allowed",
                       effects->n_effects);
    effects->factor = calloc(size * size, sizeof *effects->factor);
    effects->kept = calloc(size, 1);
    double *d = calloc(2 * size, sizeof *d);
    int *touched = malloc(size * sizeof *touched);
    int32_t *start = malloc(((size_t)first->n_groups + 1) * sizeof *start);
    int32_t *row = malloc((size_t)effects->n * sizeof *row);
    if (!effects->factor || !effects->kept || !d || !touched || !start || !row) {
        rc = jd_fail_memory(ctx, bytes, "the fixed effects' normal equations");
        goto out;
    }
    jd_rows_by_group(first, start, row);
    for (int32_t g = 0; g < first->n_groups; g++)
        add_group(effects, row + start[g], start[g + 1] - start[g], effects->inverse[0][g], d,
                  touched);
    /* A level's own weight is the scale: what is left of it after the others tells dependence. */
    double *scale = d + size;
    for (int k = 1, offset = 0; k < effects->n_effects; offset += effects->groups[k++].n_groups)
        for (int32_t l = 0; l < effects->groups[k].n_groups; l++)
            scale[offset + l] = 1 / effects->inverse[k][l];
    jd_cholesky(effects->factor, effects->n_small, scale, 1e-12, effects->kept);
out:
    free(d);
    free(touched);
    free(start);
    free(row);
    return rc;
}

void jd_effects_demean_direct(const jd_effects_t *effects, double *x, double *scratch)
{
    double *sums = scratch, *a = scratch + effects->max_levels;
    jd_effects_project(effects, 0, x, sums);
    memset(a, 0, (size_t)effects->n_small * sizeof *a);
    int offset = 0;
    for (int k = 1; k < effects->n_effects; k++) {
        const jd_groups_t *g = &effects->groups[k];
        for (int64_t i = 0; i < effects->n; i++)
            a[offset + g->code[i]] += weight_of(effects, i) * x[i];
        offset += g->n_groups;
    }
    jd_cholesky_solve(effects->factor, effects->n_small, effects->kept, a);
    offset = 0;
    for (int k = 1; k < effects->n_effects; k++) {
        const jd_groups_t *g = &effects->groups[k];
        for (int64_t i = 0; i < effects->n; i++)
            x[i] -= a[offset + g->code[i]];
        offset += g->n_groups;
    }
    jd_effects_project(effects, 0, x, sums);
}
