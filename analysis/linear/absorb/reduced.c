/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses and holds the solver of the reduced normal equations, and takes levels out of columns. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/reduced.h"
#include "linear/absorb/solvers.h"
#include "linear/cholesky.h"
#include "linear/sums.h"

size_t jd_absorb_size(const jd_effects_t *effects)
{
    size_t size = (size_t)effects->max_levels + 8 * (size_t)effects->n_small;
    if (effects->n_slopes) size += (size_t)effects->n + 7 * (size_t)effects->slope_levels;
    return size;
}

jd_absorb_t jd_absorb_room(const jd_effects_t *effects, double *block)
{
    size_t small = (size_t)effects->n_small, levels = (size_t)effects->slope_levels;
    jd_absorb_t room = {.effects = effects, .sums = block};
    room.b = room.sums + effects->max_levels;
    room.a = room.b + small;
    room.work = room.a + small;
    if (effects->n_slopes == 0) return room;
    room.row = room.work + 6 * small;
    room.slope_b = room.row + effects->n;
    room.slope_a = room.slope_b + levels;
    room.one = room.slope_a + levels;
    room.directions = room.one + levels;
    return room;
}

/* Two effects, each pair of levels seen exactly once. */
static int is_balanced(const jd_effects_t *effects, unsigned char *seen)
{
    const jd_groups_t *a = &effects->groups[0], *b = &effects->groups[1];
    for (int64_t i = 0; i < effects->n_places; i++) {
        if (jd_effects_skips(effects, i)) continue;
        unsigned char *cell = &seen[(int64_t)a->code[i] * b->n_groups + b->code[i]];
        if (*cell) return 0;
        *cell = 1;
    }
    return 1;
}

static int detect_one_sweep(jd_effects_t *effects, jd_ctx_t *ctx)
{
    if (effects->n_effects != 2 || effects->weight) return JD_OK;
    int64_t cells = (int64_t)effects->groups[0].n_groups * effects->groups[1].n_groups;
    if (cells != effects->n) return JD_OK;
    unsigned char *seen;
    if (jd_make(&seen, cells, 1, "the check for a balanced panel", ctx)) return JD_ERR_NO_MEMORY;
    effects->one_sweep = is_balanced(effects, seen);
    free(seen);
    return JD_OK;
}

/* A dense factor for few levels, a sparse one where it fits, else iteration over the rows. */
static int choose_solver(jd_effects_t *e, int direct, jd_solver_t solver, jd_ctx_t *ctx)
{
    int rc;
    if (direct) {
        rc = jd_effects_factor(e, ctx);
        jd_rows_free(&e->rows);
        return rc;
    }
    rc = jd_effects_sort(e, ctx);
    if (!rc && solver == JD_SOLVER_AUTO) rc = jd_effects_factor_sparse(e, ctx);
    if (e->sparse) jd_rows_free(&e->rows);
    return rc;
}

int jd_effects_ready(jd_effects_t *effects, jd_ctx_t *ctx)
{
    jd_effects_t *e = effects;
    int rc = JD_OK, many = e->n_effects > 1;
    if (e->ready) return JD_OK;
    e->one_sweep = e->n_effects == 1;
    if (e->solver == JD_SOLVER_AUTO) rc = detect_one_sweep(e, ctx);
    int direct = e->solver == JD_SOLVER_DIRECT ||
                 (e->solver == JD_SOLVER_AUTO && e->n_small <= JD_DIRECT_LEVELS);
    if (!rc && many && !e->one_sweep) rc = choose_solver(e, direct, e->solver, ctx);
    e->ready = !rc;
    return rc;
}

int jd_effects_reweight(jd_effects_t *e, jd_ctx_t *ctx)
{
    if (e->n_effects > 1 && e->n_small <= JD_DIRECT_LEVELS) return jd_effects_refactor(e, ctx);
    jd_effects_weigh(e);
    if (e->n_effects < 2) return JD_OK;
    int once = e->sparse || !e->reweighted; /* too full once is too full for ever */
    jd_sparse_free(e->sparse);
    e->sparse = NULL;
    e->reweighted = 1;
    return once ? jd_effects_factor_sparse(e, ctx) : JD_OK;
}

int jd_effects_is_direct(const jd_effects_t *effects)
{
    return effects->factor != NULL;
}

void jd_solver_free(jd_effects_t *effects)
{
    free(effects->factor);
    free(effects->kept);
    jd_sparse_free(effects->sparse);
}

/* out = S in, group by group. */
static void multiply(const void *matrix, const double *in, double *out)
{
    const jd_effects_t *e = matrix;
    const jd_rows_t *rows = &e->rows;
    int width = e->n_effects - 1;
    memset(out, 0, (size_t)e->n_small * sizeof *out);
    for (int32_t g = 0; g < e->groups[0].n_groups; g++) {
        double mean = 0;
        for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
            double sum = 0;
            for (int k = 0; k < width; k++)
                sum += in[rows->code[r * width + k]];
            mean += jd_effects_weight_at(e, r) * sum;
        }
        mean *= e->inverse[0][g];
        for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
            const int32_t *own = rows->code + r * width;
            double sum = -mean;
            for (int k = 0; k < width; k++)
                sum += in[own[k]];
            sum *= jd_effects_weight_at(e, r);
            for (int k = 0; k < width; k++)
                out[own[k]] += sum;
        }
    }
}

int jd_effects_solve_reduced(const jd_effects_t *e, const double *b, double scale, double *a,
                             double *work)
{
    size_t size = (size_t)e->n_small;
    if (e->factor) {
        memcpy(a, b, size * sizeof *a);
        jd_cholesky_solve(e->factor, e->n_small, e->kept, a);
        return 0;
    }
    if (e->sparse) return jd_sparse_solve(e->sparse, b, scale, a, work);
    double *inverse = work + 4 * size, *at = inverse;
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(at, e->inverse[k], (size_t)e->groups[k].n_groups * sizeof *at);
    if (e->one_sweep) { /* balanced: S is the levels' weights less a constant that b annuls */
        for (size_t l = 0; l < size; l++)
            a[l] = b[l] * inverse[l];
        return 0;
    }
    return jd_conjugate_gradients(multiply, e, e->n_small, inverse, b, scale, a, work);
}

/* What the smaller effects' levels sum of a column without its first effect: b [n_small]. */
static void collect(const jd_effects_t *e, const double *x, double *b)
{
    memset(b, 0, (size_t)e->n_small * sizeof *b);
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            b[e->groups[k].code[i]] += jd_effects_weight(e, i) * x[i];
}

/* x[i] += sign * the smaller effects' levels met in row i */
static void spread(const jd_effects_t *e, const double *a, double sign, double *x)
{
    for (int k = 1; k < e->n_effects; a += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            x[i] += sign * a[e->groups[k].code[i]];
}

/* One column by the reduced equations. */
static int demean_reduced(const jd_absorb_t *room, double *x)
{
    const jd_effects_t *e = room->effects;
    double scale = 0;
    int failed = 0;
    /* A first time by itself: rounding of large means would leave b outside S's range. */
    if (!e->factor) jd_effects_project(e, 0, x, room->sums);
    /* Twice: the second time takes out what rounding left. */
    for (int round = 0; round < 2 && !failed; round++) {
        jd_effects_project(e, 0, x, room->sums);
        collect(e, x, room->b);
        if (round == 0) scale = jd_dot_weighted(e->weight, x, x, e->n);
        failed = jd_effects_solve_reduced(e, room->b, scale, room->a, room->work);
        spread(e, room->a, -1, x);
    }
    jd_effects_project(e, 0, x, room->sums);
    return failed;
}

int jd_levels_demean(const jd_absorb_t *room, double *x)
{
    const jd_effects_t *effects = room->effects;
    if (effects->n_effects == 0) return 0;
    if (effects->one_sweep) { /* twice: the second sweep takes out what rounding left */
        for (int round = 0; round < 2; round++)
            for (int k = 0; k < effects->n_effects; k++)
                jd_effects_project(effects, k, x, room->sums);
        return 0;
    }
    return demean_reduced(room, x);
}
