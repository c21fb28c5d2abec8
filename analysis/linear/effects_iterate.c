/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The iterative solver. T = M1 ... Mk ... M1, a sweep of projections there and back, is symmetric
 * in the weighted inner product, has eigenvalues in [0, 1], and leaves exactly the demeaned space
 * fixed. Conjugate gradients on (I - T) z = (I - T) x give the part z to take out of x; on y = x -
 * z the residual is (I - T) y, so the answer is checked by what a further sweep would change. */
#include <math.h>
#include <string.h>

#include "linear/effects.h"
#include "linear/sums.h"

enum { MAX_SWEEPS = 20000, MAX_RESTARTS = 20 };
static const double tolerance = 1e-14;

/* out = (I - T) in */
static void sweep(const jd_effects_t *e, const double *in, double *out, double *sums)
{
    memcpy(out, in, (size_t)e->n * sizeof *out);
    for (int k = 0; k < e->n_effects; k++)
        jd_effects_project(e, k, out, sums);
    for (int k = e->n_effects - 2; k >= 0; k--)
        jd_effects_project(e, k, out, sums);
    for (int64_t i = 0; i < e->n; i++)
        out[i] = in[i] - out[i];
}

static double square(const jd_effects_t *e, const double *x)
{
    return jd_dot_weighted(e->weight, x, x, e->n);
}

/* Conjugate gradients from x until the residual's square is at most `goal`; returns sweeps used. */
static int descend(const jd_effects_t *e, double *x, double *residual, double *step, double *image,
                   double *sums, double goal)
{
    double now = square(e, residual);
    memcpy(step, residual, (size_t)e->n * sizeof *step);
    int sweeps = 0;
    while (now > goal && sweeps < MAX_SWEEPS) {
        sweep(e, step, image, sums);
        sweeps++;
        double curve = jd_dot_weighted(e->weight, step, image, e->n);
        if (!(curve > 0)) break;
        double length = now / curve;
        for (int64_t i = 0; i < e->n; i++) {
            x[i] -= length * step[i];
            residual[i] -= length * image[i];
        }
        double next = square(e, residual), turn = next / now;
        for (int64_t i = 0; i < e->n; i++)
            step[i] = residual[i] + turn * step[i];
        now = next;
    }
    return sweeps;
}

int jd_effects_demean_iterate(const jd_effects_t *effects, double *x, double *scratch)
{
    double *sums = scratch, *residual = scratch + effects->max_levels + effects->n_small;
    double *step = residual + effects->n, *image = step + effects->n;
    /* The first effect's means go first, so that a large level of x does not set the scale. */
    jd_effects_project(effects, 0, x, sums);
    double scale = square(effects, x), goal = tolerance * tolerance * scale, last = HUGE_VAL;
    int sweeps = 0;
    /* The running residual drifts from the true one: restart from the true one until that is small,
     * or as small as rounding lets it be. */
    for (int restart = 0; restart < MAX_RESTARTS && sweeps < MAX_SWEEPS; restart++) {
        sweep(effects, x, residual, sums);
        double now = square(effects, residual);
        if (now <= goal || (now <= 100 * goal && now > last / 4)) return 0;
        last = now;
        sweeps += descend(effects, x, residual, step, image, sums, goal / 4) + 1;
    }
    return 1;
}
