/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal equations A'WA a = b of the fixed effects' levels, for any right-hand side they can meet.
 * The largest effect is eliminated; what is left, S a = r, is solved by the direct solver's factor
 * where there is one, else by conjugate gradients with the levels' weights as preconditioner. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear/cholesky.h"
#include "linear/effects.h"
#include "linear/sums.h"

enum { MAX_STEPS = 20000, MAX_RESTARTS = 20 };
static const double tolerance = 1e-14;

static double weight_of(const jd_effects_t *e, int64_t i)
{
    return e->weight ? e->weight[i] : 1.0;
}

/* row[i] = sum of the smaller effects' levels met there */
static void spread(const jd_effects_t *e, const double *small, double *row)
{
    memset(row, 0, (size_t)e->n * sizeof *row);
    for (int k = 1; k < e->n_effects; small += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            row[i] += small[e->groups[k].code[i]];
}

/* small[level] += sign * weighted sum of row */
static void collect(const jd_effects_t *e, const double *row, double sign, double *small)
{
    for (int k = 1; k < e->n_effects; small += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            small[e->groups[k].code[i]] += sign * weight_of(e, i) * row[i];
}

static void precondition(const jd_effects_t *e, const double *in, double *out)
{
    for (int k = 1; k < e->n_effects; k++)
        for (int32_t l = 0; l < e->groups[k].n_groups; l++)
            *out++ = *in++ * e->inverse[k][l];
}

/* out = S in; row [n], sums [max_levels] are scratch. */
static void apply(const jd_effects_t *e, const double *in, double *out, double *row, double *sums)
{
    spread(e, in, row);
    jd_effects_project(e, 0, row, sums);
    memset(out, 0, (size_t)e->n_small * sizeof *out);
    collect(e, row, 1, out);
}

/* Conjugate gradients on S a = r from a, until r'Pr <= goal; r is carried along. */
static int descend(const jd_effects_t *e, double *a, double *r, double goal, double *work,
                   double *row, double *sums)
{
    size_t size = (size_t)e->n_small;
    double *step = work, *image = work + size, *z = image + size;
    precondition(e, r, z);
    memcpy(step, z, size * sizeof *step);
    double now = jd_dot(r, z, e->n_small);
    int steps = 0;
    while (now > goal && steps++ < MAX_STEPS) {
        apply(e, step, image, row, sums);
        double curve = jd_dot(step, image, e->n_small);
        if (!(curve > 0)) break;
        double length = now / curve;
        for (size_t l = 0; l < size; l++) {
            a[l] += length * step[l];
            r[l] -= length * image[l];
        }
        precondition(e, r, z);
        double next = jd_dot(r, z, e->n_small), turn = next / now;
        for (size_t l = 0; l < size; l++)
            step[l] = z[l] + turn * step[l];
        now = next;
    }
    return steps;
}

/* Restarts from the true residual, each run a few digits further: S is singular, and a run that
 * goes on into rounding would wander off where S cannot see. work [4 n_small]. Returns 0, or 1 if
 * it did not converge; scale is
 * b'Pb before elimination, whose rounding is in b. */
static int iterate(const jd_effects_t *e, double *a, const double *b, double scale, double *work,
                   double *row, double *sums)
{
    size_t size = (size_t)e->n_small;
    double *r = work, *z = work + size, last = HUGE_VAL;
    double goal = tolerance * tolerance * scale;
    memset(a, 0, size * sizeof *a);
    for (int restart = 0, steps = 0; restart < MAX_RESTARTS && steps < MAX_STEPS; restart++) {
        apply(e, a, z, row, sums);
        for (size_t l = 0; l < size; l++)
            r[l] = b[l] - z[l];
        precondition(e, r, z);
        double now = jd_dot(r, z, e->n_small);
        if (now <= goal || (now <= 1e4 * goal && now > last / 4)) return 0;
        last = now;
        steps += descend(e, a, r, fmax(goal / 4, 1e-8 * now), z, row, sums);
    }
    return 1;
}

/* The position in groups of the effect that was asked for as k-th is order[k]; its inverse. */
static double *level_at(const jd_effects_t *e, double *const *level, int position)
{
    int k = 0;
    while (e->order[k] != position)
        k++;
    return level[k];
}

int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx)
{
    const jd_effects_t *e = effects;
    if (e->n_effects == 0) return JD_OK;
    size_t size = (size_t)e->n_small;
    size_t cells = (size_t)e->n + 6 * size + (size_t)e->max_levels;
    double *row = malloc(cells * sizeof *row);
    if (!row) return jd_fail_memory(ctx, cells * sizeof *row, "solving for fixed effects");
    double *r = row + e->n, *a = r + size, *work = a + size, *sums = work + 4 * size;
    const jd_groups_t *first = &e->groups[0];
    double *mean = level_at(e, level, 0), *at = r, scale = 0;
    int rc = JD_OK;

    for (int k = 0; k < e->n_effects; k++)
        for (int32_t l = 0; l < e->groups[k].n_groups; l++)
            scale += level_at(e, level, k)[l] * level_at(e, level, k)[l] * e->inverse[k][l];

    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] *= e->inverse[0][g];
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(at, level_at(e, level, k), (size_t)e->groups[k].n_groups * sizeof *at);
    for (int64_t i = 0; i < e->n; i++)
        row[i] = mean[first->code[i]];
    collect(e, row, -1, r);
    if (e->factor) {
        memcpy(a, r, size * sizeof *a);
        jd_cholesky_solve(e->factor, e->n_small, e->kept, a);
    } else if (iterate(e, a, r, scale, work, row, sums)) {
        rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                     "fixed effects did not converge; their levels may hang together by a few rows "
                     "only: use fewer or coarser fixed effects");
    }
    spread(e, a, row);
    memset(sums, 0, (size_t)first->n_groups * sizeof *sums);
    for (int64_t i = 0; i < e->n; i++)
        sums[first->code[i]] += weight_of(e, i) * row[i];
    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] -= sums[g] * e->inverse[0][g];
    at = a;
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(level_at(e, level, k), at, (size_t)e->groups[k].n_groups * sizeof *at);
    free(row);
    return rc;
}
