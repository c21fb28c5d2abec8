/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dense factor of the reduced normal equations S, for few levels. Redundant levels (one per
 * further effect and connected component) are left out by the factor. */
#include <stdlib.h>
#include <string.h>

#include "linear/absorb/solvers.h"
#include "linear/cholesky.h"

static const size_t at_hand = 1 << 17; /* doubles: the sums of all parts stay in cache */

/* Sums over a part of the groups. */
typedef struct {
    double *s;        /* [size][size] lower part of S */
    double *level;    /* [size] weights by level */
    double *d;        /* [size] a group's weights by level; 0 between groups */
    int32_t *touched; /* [size] the levels it meets */
} part_t;

/* Less d d' / W over the levels a group touches; over all, where it touches most of them. */
static void subtract_group(const part_t *p, size_t size, double inverse, int n_touched)
{
    int whole = 2 * (size_t)n_touched > size;
    for (int a = 0; a < n_touched; a++) {
        size_t row = (size_t)p->touched[a];
        double *restrict out = p->s + row * size, by = p->d[row] * inverse;
        if (whole)
            for (size_t b = 0; b <= row; b++)
                out[b] -= by * p->d[b];
        else
            for (int b = 0; b < n_touched; b++)
                if (p->touched[b] <= p->touched[a]) out[p->touched[b]] -= by * p->d[p->touched[b]];
    }
}

/* One group's part of S: its own levels' cross products less d d' / W, whose inverse it sets. */
static void add_group(const jd_effects_t *e, int32_t g, const part_t *p)
{
    const jd_rows_t *rows = &e->rows;
    size_t size = (size_t)e->n_small;
    int width = e->n_effects - 1, n_touched = 0;
    double total = 0;
    for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
        double w = jd_effects_weight_at(e, r);
        const int32_t *level = rows->code + r * width;
        total += w;
        for (int k = 0; k < width; k++) {
            if (p->d[level[k]] == 0) p->touched[n_touched++] = level[k];
            p->d[level[k]] += w;
            for (int j = 0; j <= k; j++)
                p->s[(size_t)level[k] * size + (size_t)level[j]] += w;
        }
    }
    e->inverse[0][g] = 1 / total;
    subtract_group(p, size, e->inverse[0][g], n_touched);
    for (int a = 0; a < n_touched; a++) {
        p->level[p->touched[a]] += p->d[p->touched[a]];
        p->d[p->touched[a]] = 0;
    }
}

/* Doubles of a part: S, levels, scratch. */
static size_t part_size(size_t size)
{
    return size * (size + 2);
}

/* All groups, a part of them a thread; the parts are added up in their order, into the first. */
static void add_groups(const jd_effects_t *e, int parts, double *sums, int32_t *touched,
                       jd_ctx_t *ctx)
{
    size_t size = (size_t)e->n_small, own = part_size(size);
    int64_t groups = e->groups[0].n_groups;
    int threads = parts > 1 ? jd_ctx_threads(ctx) : 1;
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int p = 0; p < parts; p++) {
        double *s = sums + (size_t)p * own;
        const part_t part = {s, s + size * size, s + size * (size + 1), touched + (size_t)p * size};
        for (int64_t g = groups * p / parts; g < groups * (p + 1) / parts; g++)
            add_group(e, (int32_t)g, &part);
    }
    for (int p = 1; p < parts; p++)
        for (size_t i = 0; i < own; i++)
            sums[i] += sums[(size_t)p * own + i];
}

/* A level's own weight is the scale: what is left of it after the others shows dependence. */
static void factor_sums(jd_effects_t *e, double *sums, int reweigh)
{
    size_t size = (size_t)e->n_small;
    double *level = sums + size * size, *scale = level + size;
    for (int k = 1, at = 0; k < e->n_effects; k++)
        for (int32_t l = 0; l < e->groups[k].n_groups; l++, at++) {
            if (reweigh) e->inverse[k][l] = 1 / level[at];
            scale[at] = 1 / e->inverse[k][l];
        }
    memcpy(e->factor, sums, size * size * sizeof *sums);
    jd_cholesky(e->factor, e->n_small, scale, 1e-12, e->kept);
}

static int factor(jd_effects_t *e, int parts, int reweigh, jd_ctx_t *ctx)
{
    size_t size = (size_t)e->n_small, all = (size_t)parts * part_size(size);
    /* What stays before what goes: a hole below it would be memory held for nothing. */
    if (!e->factor) e->factor = malloc(size * size * sizeof *e->factor);
    if (!e->kept) e->kept = malloc(size);
    int rc = jd_effects_sort(e, ctx);
    if (rc) return rc;
    double *sums = calloc(all, sizeof *sums);
    int32_t *touched = malloc((size_t)parts * size * sizeof *touched);
    if (e->factor && e->kept && sums && touched) {
        add_groups(e, parts, sums, touched, ctx);
        factor_sums(e, sums, reweigh);
    } else {
        rc = jd_fail_memory(ctx, all * sizeof *sums, "the fixed effects' normal equations");
    }
    free(sums);
    free(touched);
    return rc;
}

int jd_effects_factor(jd_effects_t *effects, jd_ctx_t *ctx)
{
    return factor(effects, 1, 0, ctx);
}

int jd_effects_refactor(jd_effects_t *effects, jd_ctx_t *ctx)
{
    size_t most = at_hand / part_size((size_t)effects->n_small);
    int parts = jd_count_parts(effects->groups[0].n_groups);
    return factor(effects, (size_t)parts < most ? parts : most > 0 ? (int)most : 1, 1, ctx);
}
