/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conjugate gradients on the reduced normal equations. Restarts from the true residual, each run a
 * few digits further: S is singular, and a run that goes on into rounding would wander off where S
 * cannot see. */
#include <math.h>
#include <string.h>

#include "linear/absorb/solvers.h"
#include "linear/sums.h"

enum { MAX_STEPS = 20000, MAX_RESTARTS = 20, MAX_SQUARED_STEPS = 5000 };
static const double tolerance = 1e-14;
static const double unseen = 1e-8; /* of a vector, by P: what S makes of it */

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

/* out = S P in; room [n]. */
static void image_of(const system_t *s, const double *in, double *room, double *out)
{
    precondition(s, in, room);
    s->product(s->matrix, room, out);
}

/* Whether b is outside S's range: what is left of it where S a comes nearest, by least squares
 * (CGLS), is not seen by S. That takes the square of the steps, and so is asked only where others
 * failed. Work [4 n]. */
static bool has_no_solution(const system_t *s, const double *b, double goal, double *work)
{
    const size_t size = (size_t)s->n;
    double *r = work, *step = r + size, *image = step + size, *slope = image + size;
    memcpy(r, b, size * sizeof *r);
    image_of(s, r, image, slope);
    precondition(s, slope, step);
    double now = jd_dot(slope, step, s->n);
    for (int steps = 0; steps < MAX_SQUARED_STEPS; steps++) {
        precondition(s, r, image);
        const double left = jd_dot(r, image, s->n);
        if (left <= 1e6 * goal) return false; /* met, but for rounding */
        if (now <= unseen * unseen * left) return true;
        s->product(s->matrix, step, image);
        precondition(s, image, slope); /* as scratch */
        const double curve = jd_dot(image, slope, s->n);
        if (!(curve > 0)) return false;
        const double length = now / curve;
        for (size_t l = 0; l < size; l++)
            r[l] -= length * image[l];
        image_of(s, r, image, slope);
        precondition(s, slope, image);
        const double next = jd_dot(slope, image, s->n), turn = next / now;
        for (size_t l = 0; l < size; l++)
            step[l] = image[l] + turn * step[l];
        now = next;
    }
    return false;
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
        if (now <= goal || (now <= 1e4 * goal && now > last / 4)) return JD_SOLVED;
        last = now;
        steps += descend(&s, a, r, fmax(goal / 4, 1e-8 * now), z);
    }
    return has_no_solution(&s, b, goal, work) ? JD_NO_SOLUTION : JD_NOT_CONVERGED;
}
