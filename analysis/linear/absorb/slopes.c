/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slopes that differ by level: columns v_i 1{level_i = l} beside the fixed effects' dummies. With M
 * the taking out of the latter, V these columns and W the weights, a column x becomes
 *
 *      M (x - V a),     V'W M V a = V'W M x,
 *
 * solved by conjugate gradients: each product takes the fixed effects out of one column. V is
 * centred by level where the fixed effects hold the level's dummy, and each column has length 1, so
 * that few products do: not more than levels + 1 of the other effects. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/slopes.h"
#include "linear/absorb/solvers.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"

static const double constant_tolerance = 1e-24; /* of its square, left of a variable in a level */

/* Sums [levels] of w v u by level, u = v or, where NULL, 1. */
static void sum_by_level(const jd_effects_t *e, const jd_groups_t *g, const double *v,
                         const double *u, double *sum)
{
    memset(sum, 0, (size_t)g->n_groups * sizeof *sum);
    for (int64_t i = 0; i < e->n; i++)
        sum[g->code[i]] += jd_effects_weight(e, i) * v[i] * (u ? u[i] : 1);
}

/* Twice: the second time takes out what rounding left. */
static void centre(const jd_effects_t *e, const jd_groups_t *g, double *v, double *sum,
                   double *mass)
{
    memset(mass, 0, (size_t)g->n_groups * sizeof *mass);
    for (int64_t i = 0; i < e->n; i++)
        mass[g->code[i]] += jd_effects_weight(e, i);
    for (int round = 0; round < 2; round++) {
        sum_by_level(e, g, v, NULL, sum);
        for (int64_t i = 0; i < e->n; i++)
            v[i] -= sum[g->code[i]] / mass[g->code[i]];
    }
}

/* Whether the fixed effects span the levels' dummies. */
static int is_spanned(const jd_effects_t *e, const jd_groups_t *g, jd_ctx_t *ctx)
{
    int spanned = 0;
    for (int k = 0; spanned == 0 && k < e->n_effects; k++)
        spanned = jd_is_nested(&e->groups[k], g, ctx);
    return spanned;
}

/* Length 1 in each level, 0 where the variable does not vary there. */
static int prepare(const jd_effects_t *e, jd_slope_t *slope, jd_ctx_t *ctx)
{
    const jd_groups_t *g = &slope->groups;
    size_t levels = (size_t)g->n_groups;
    double *before;
    if (jd_make_n(&before, 3 * levels, sizeof *before, "slopes", ctx)) return JD_ERR_NO_MEMORY;
    double *after = before + levels;
    int spanned = is_spanned(e, g, ctx), rc = spanned < 0 ? spanned : JD_OK;
    sum_by_level(e, g, slope->v, slope->v, before);
    if (spanned > 0) centre(e, g, slope->v, after, after + levels);
    sum_by_level(e, g, slope->v, slope->v, after);
    for (size_t l = 0; l < levels; l++)
        after[l] = after[l] > constant_tolerance * before[l] ? 1 / sqrt(after[l]) : 0;
    for (int64_t i = 0; i < e->n; i++)
        slope->v[i] *= after[g->code[i]];
    free(before);
    return rc;
}

int jd_effects_add_slope(jd_effects_t *effects, const int32_t *codes, const double *variable,
                         jd_ctx_t *ctx)
{
    jd_effects_t *e = effects;
    size_t n = (size_t)e->n, count = (size_t)e->n_slopes + 1;
    jd_slope_t *all = realloc(e->slopes, count * sizeof *all);
    if (!all) return jd_fail_memory(ctx, count * sizeof *all, "slopes");
    e->slopes = all;
    jd_slope_t *slope = &all[e->n_slopes];
    memset(slope, 0, sizeof *slope);
    slope->v = malloc(n * sizeof *slope->v);
    int rc = slope->v ? jd_groups_make(&slope->groups, codes, e->n, ctx)
                      : jd_fail_memory(ctx, n * sizeof *slope->v, "slopes");
    if (!rc) {
        memcpy(slope->v, variable, n * sizeof *slope->v);
        rc = prepare(e, slope, ctx);
    }
    if (rc) {
        jd_groups_free(&slope->groups);
        free(slope->v);
        return rc;
    }
    e->n_slopes++;
    e->slope_levels += slope->groups.n_groups;
    return JD_OK;
}

void jd_slopes_free(jd_effects_t *effects)
{
    for (int s = 0; s < effects->n_slopes; s++) {
        jd_groups_free(&effects->slopes[s].groups);
        free(effects->slopes[s].v);
    }
    free(effects->slopes);
}

/* out = V'W x */
static void collect(const jd_effects_t *e, const double *x, double *out)
{
    for (int s = 0; s < e->n_slopes; out += e->slopes[s++].groups.n_groups)
        sum_by_level(e, &e->slopes[s].groups, e->slopes[s].v, x, out);
}

/* x += sign V a */
static void spread(const jd_effects_t *e, const double *a, double sign, double *x)
{
    for (int s = 0; s < e->n_slopes; a += e->slopes[s++].groups.n_groups)
        for (int64_t i = 0; i < e->n; i++)
            x[i] += sign * e->slopes[s].v[i] * a[e->slopes[s].groups.code[i]];
}

typedef struct {
    const jd_absorb_t *room;
    int *failed;
} system_t;

/* out = V'W M V in */
static void multiply(const void *matrix, const double *in, double *out)
{
    const system_t *s = matrix;
    const jd_effects_t *e = s->room->effects;
    double *row = s->room->row;
    memset(row, 0, (size_t)e->n * sizeof *row);
    spread(e, in, 1, row);
    *s->failed |= jd_levels_demean(s->room, row);
    collect(e, row, out);
}

int jd_slopes_demean(const jd_absorb_t *room, double *x)
{
    const jd_effects_t *e = room->effects;
    double scale = 0;
    int failed = 0;
    const system_t system = {room, &failed};
    for (int32_t l = 0; l < e->slope_levels; l++)
        room->one[l] = 1;
    failed |= jd_levels_demean(room, x);
    /* Products are exact to 1e-14 only: 1e-12 is the tolerance, of what large means have left. */
    scale = 1e4 * jd_dot_weighted(e->weight, x, x, e->n);
    failed |= jd_levels_demean(room, x);
    /* Twice: the second time takes out what rounding left. */
    for (int round = 0; round < 2 && !failed; round++) {
        collect(e, x, room->slope_b);
        failed |= jd_conjugate_gradients(multiply, &system, e->slope_levels, room->one,
                                         room->slope_b, scale, room->slope_a, room->directions);
        spread(e, room->slope_a, -1, x);
        failed |= jd_levels_demean(room, x);
    }
    return failed;
}

int jd_effects_slopes(const jd_effects_t *effects)
{
    return effects->n_slopes;
}

int32_t jd_effects_slope_levels(const jd_effects_t *effects)
{
    return effects->slope_levels;
}
