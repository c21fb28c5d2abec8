/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conjugate gradients on the reduced normal equations. Restarts from the true residual, each run a
 * few digits further: S is singular, and a run that goes on into rounding would wander off where S
 * cannot see. */
#include <math.h>
#include <string.h>

#include "linear/absorb/solvers.h"
#include "linear/sums.h"

enum { MAX_STEPS = 20000, MAX_RESTARTS = 20 };
static const double tolerance = 1e-14;

typedef struct {
    jd_product_t *product;
    const void *matrix;
    const double *inverse;
    int n;
} system_t;

static void precondition(const system_t *s, const double *in, double *out)
{
    for (int l = 0; l < s->n; l++)
        out[l] = in[l] * s->inverse[l];
}

/* From a, until r'Pr <= goal; the residual r is carried along; work [3 n]. Returns steps taken. */
static int descend(const system_t *s, double *a, double *r, double goal, double *work)
{
    size_t size = (size_t)s->n;
    double *step = work, *image = work + size, *z = image + size;
    precondition(s, r, z);
    memcpy(step, z, size * sizeof *step);
    double now = jd_dot(r, z, s->n);
    int steps = 0;
    while (now > goal && steps++ < MAX_STEPS) {
        s->product(s->matrix, step, image);
        double curve = jd_dot(step, image, s->n);
        if (!(curve > 0)) break;
        double length = now / curve;
        for (size_t l = 0; l < size; l++) {
            a[l] += length * step[l];
            r[l] -= length * image[l];
        }
        precondition(s, r, z);
        double next = jd_dot(r, z, s->n), turn = next / now;
        for (size_t l = 0; l < size; l++)
            step[l] = z[l] + turn * step[l];
        now = next;
    }
    return steps;
}

int jd_conjugate_gradients(jd_product_t *product, const void *matrix, int n, const double *inverse,
                           const double *b, double scale, double *a, double *work)
{
    const system_t s = {product, matrix, inverse, n};
    size_t size = (size_t)n;
    double *r = work, *z = work + size, last = HUGE_VAL;
    double goal = tolerance * tolerance * scale;
    memset(a, 0, size * sizeof *a);
    for (int restart = 0, steps = 0; restart < MAX_RESTARTS && steps < MAX_STEPS; restart++) {
        product(matrix, a, z);
        for (size_t l = 0; l < size; l++)
            r[l] = b[l] - z[l];
        precondition(&s, r, z);
        double now = jd_dot(r, z, n);
        if (now <= goal || (now <= 1e4 * goal && now > last / 4)) return 0;
        last = now;
        steps += descend(&s, a, r, fmax(goal / 4, 1e-8 * now), z);
    }
    return 1;
}
