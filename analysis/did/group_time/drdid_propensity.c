/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Propensities by Newton's method: both likelihoods are concave. */
#include <math.h>
#include <string.h>

#include "did/group_time/drdid.h"
#include "linear/cholesky.h"

static const double tolerance = 1e-10; /* of a pivot, relative: 1e-5 of a column's length */

static double index_of(const double *x, const double *gamma, int k)
{
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += x[j] * gamma[j];
    return sum;
}

/* log(1 + e^v) without overflow. */
static double log1p_exp(double v)
{
    return v > 0 ? v + log1p(exp(-v)) : log1p(exp(v));
}

/* A row's part of the objective. */
static double objective(double index, int treated, int balance)
{
    if (balance) return treated ? index : -exp(index);
    return (treated ? index : 0) - log1p_exp(index);
}

static double total_objective(const jd_pair_t *p, int balance, const double *gamma)
{
    int64_t controls = p->start[p->n_sides], n = jd_pair_rows(p);
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += p->w[i] * objective(index_of(p->x + i * p->k, gamma, p->k), i < controls, balance);
    return sum;
}

/* Gradient [k] and minus the Hessian [k][k], lower part. */
static void derivatives(const jd_pair_t *p, int balance, const double *gamma, double *gradient,
                        double *hessian)
{
    int k = p->k;
    int64_t controls = p->start[p->n_sides], n = jd_pair_rows(p);
    memset(gradient, 0, (size_t)k * sizeof *gradient);
    memset(hessian, 0, (size_t)(k * k) * sizeof *hessian);
    for (int64_t i = 0; i < n; i++) {
        const double *x = p->x + i * k;
        int treated = i < controls;
        double v = index_of(x, gamma, k), w = p->w[i];
        double prob = balance ? (treated ? 0 : exp(v)) : 1 / (1 + exp(-v));
        double slope = w * (treated - prob), curve = w * (balance ? prob : prob * (1 - prob));
        for (int a = 0; a < k; a++) {
            gradient[a] += slope * x[a];
            for (int b = 0; b <= a; b++)
                hessian[a * k + b] += curve * x[a] * x[b];
        }
    }
}

int jd_propensity_fit(const jd_pair_t *pair, int balance, double *gamma, double *hessian,
                      unsigned char *curved, double *room)
{
    int k = pair->k, done = 0;
    double *step = room, *next = room + k, mass = 0;
    for (int64_t i = 0; i < jd_pair_rows(pair); i++)
        mass += pair->w[i];
    for (int round = 0; round < 100; round++) {
        double gradient_step = 0, scale = 1;
        derivatives(pair, balance, gamma, step, hessian);
        memcpy(next, step, (size_t)k * sizeof *next);
        jd_cholesky(hessian, k, NULL, tolerance, curved);
        if (done) return 1;
        jd_cholesky_solve(hessian, k, curved, step);
        for (int j = 0; j < k; j++)
            gradient_step += next[j] * step[j];
        if (!isfinite(gradient_step)) return 0;
        done = gradient_step <= 1e-16 * mass;
        /* Far from the maximum the step is halved until it does not fall. */
        int far = gradient_step > 0.01 * mass;
        double here = far ? total_objective(pair, balance, gamma) : 0;
        do {
            for (int j = 0; j < k; j++)
                next[j] = gamma[j] + scale * step[j];
            scale /= 2;
        } while (far && scale > 1e-12 && !(total_objective(pair, balance, next) >= here));
        memcpy(gamma, next, (size_t)k * sizeof *gamma);
    }
    return 0;
}
