/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dense factor of the reduced normal equations S, for few levels. Redundant levels (one per
 * further effect and connected component) are left out by the factor. */
#include <stdlib.h>
#include <string.h>

#include "linear/cholesky.h"
#include "linear/effects.h"

static double weight_at(const jd_effects_t *e, int64_t r)
{
    return e->weight ? e->weight[e->rows.row ? e->rows.row[r] : r] : 1.0;
}

/* Less d d' / W over the levels a group touches; over all, where it touches most of them. */
static void subtract_group(jd_effects_t *e, double inverse, const double *d, const int32_t *touched,
                           int n_touched)
{
    size_t size = (size_t)e->n_small;
    int whole = 2 * n_touched > e->n_small;
    for (int a = 0; a < n_touched; a++) {
        size_t row = (size_t)touched[a];
        double *restrict out = e->factor + row * size, by = d[row] * inverse;
        if (whole)
            for (size_t b = 0; b <= row; b++)
                out[b] -= by * d[b];
        else
            for (int b = 0; b < n_touched; b++)
                if (touched[b] <= touched[a]) out[touched[b]] -= by * d[touched[b]];
    }
}

/* One group's part of S: its own levels' cross products less d d' / W. `d` is zero on entry and
 * exit; `touched` lists the levels met. */
static void add_group(jd_effects_t *e, int32_t g, double *d, int32_t *touched)
{
    const jd_rows_t *rows = &e->rows;
    size_t size = (size_t)e->n_small;
    int width = e->n_effects - 1, n_touched = 0;
    for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
        double w = weight_at(e, r);
        const int32_t *level = rows->code + r * width;
        for (int k = 0; k < width; k++) {
            if (d[level[k]] == 0) touched[n_touched++] = level[k];
            d[level[k]] += w;
            for (int j = 0; j <= k; j++)
                e->factor[(size_t)level[k] * size + (size_t)level[j]] += w;
        }
    }
    subtract_group(e, e->inverse[0][g], d, touched, n_touched);
    for (int a = 0; a < n_touched; a++)
        d[touched[a]] = 0;
}

int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx)
{
    size_t size = (size_t)effects->n_small, bytes = size * size * sizeof *effects->factor;
    int rc = jd_effects_sort(effects, ctx);
    if (rc != JD_OK) return rc;
    if (!effects->factor) effects->factor = malloc(bytes);
    if (!effects->kept) effects->kept = malloc(size);
    double *d = calloc(2 * size, sizeof *d);
    int32_t *touched = malloc(size * sizeof *touched);
    if (!effects->factor || !effects->kept || !d || !touched) {
        rc = jd_fail_memory(ctx, bytes, "the fixed effects' normal equations");
        goto out;
    }
    memset(effects->factor, 0, bytes);
    for (int32_t g = 0; g < effects->groups[0].n_groups; g++)
        add_group(effects, g, d, touched);
    /* A level's own weight is the scale: what is left of it after the others tells dependence. */
    double *scale = d + size;
    for (int k = 1, offset = 0; k < effects->n_effects; offset += effects->groups[k++].n_groups)
        for (int32_t l = 0; l < effects->groups[k].n_groups; l++)
            scale[offset + l] = 1 / effects->inverse[k][l];
    jd_cholesky(effects->factor, effects->n_small, scale, 1e-12, effects->kept);
out:
    free(d);
    free(touched);
    return rc;
}
