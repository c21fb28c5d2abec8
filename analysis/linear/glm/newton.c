/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step solves, for working weights h = w dmu/deta and scores r = w (y - mu),
 *
 *     [ S   C ] [a]   [p]      over the smaller effects' levels and the coefficients, both less
 *     [ C'  M ] [b] = [q]      the (weighted) means by the largest effect's levels,
 *
 * the normal equations of weighted least squares after the largest effect's elimination. What
 * rounding does to them it does to the length of a step only: the fixed point is where r, summed by
 * level and against the regressors, is 0. The deviance left behind lacks what y alone decides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "core/memory.h"
#include "linear/cholesky.h"
#include "linear/glm/glm.h"
#include "linear/sums.h"

enum { MAX_ITERATIONS = 200, MAX_HALVINGS = 40, GROUPS_AT_ONCE = 512 };
static const double converged = 1e-9;  /* of a step: the next would be its square */
static const double absorbed = 1e-13;  /* of a regressor's squares, left by effects and others */
static const double clearly = 1e-5;    /* the same, left beyond any doubt */
static const double smallest = 1e-200; /* of a working weight: keeps sums of it positive */

typedef struct {
    jd_glm_t *glm;
    jd_effects_t *e;
    int n_x, n_small;
    int64_t n_groups;
    const int32_t *start;   /* [n_groups + 1] rows of the largest effect's levels */
    double *h;              /* [n] working weights: those of the effects */
    double *r, *step;       /* [n] scores; change of eta */
    double *cross, *solved; /* [n_x + 1][n_small] C and p; S^-1 of these */
    double *m, *q, *b;      /* [n_x][n_x], [n_x], [n_x] */
    double *part;           /* [2 blocks] of groups */
    int n_parts;            /* of groups */
    double *sums;           /* [n_parts] of what makes C, p, M and q, and n_x more */
    double *scale;          /* [n_x] squares of the regressors about their means, by h */
    double *work;           /* [6 n_small] */
    int32_t *active;        /* regressors that are not 0 throughout a group, in ascending order */
    int64_t *active_start;  /* [n_groups + 1] where those of a group begin */
} newton_t;

static double weight_of(const jd_glm_t *glm, int64_t i)
{
    return glm->weight ? glm->weight[i] : 1.0;
}

static const double *regressor(const newton_t *t, int k)
{
    return t->glm->regression.columns + (size_t)k * (size_t)t->glm->n;
}

/* Which regressors a group has: dummies of cells, many of them, are 0 in most. What is left out
 * would be sums of zeros. */
static int find_active(newton_t *t, jd_ctx_t *ctx)
{
    size_t groups = (size_t)t->n_groups, k = (size_t)t->n_x, cells = groups * k;
    unsigned char *has;
    int rc = jd_make_n(&has, cells, 1, "a fit", ctx);
    if (!rc) rc = jd_make_n(&t->active_start, groups + 1, sizeof *t->active_start, "a fit", ctx);
    for (size_t j = 0; !rc && j < k; j++) {
        const double *x = regressor(t, (int)j);
        for (size_t g = 0; g < groups; g++)
            for (int64_t i = t->start[g]; i < t->start[g + 1] && !has[g * k + j]; i++)
                has[g * k + j] = x[i] != 0;
    }
    for (size_t g = 0; !rc && g < groups; g++) {
        int64_t n = 0;
        for (size_t j = 0; j < k; j++)
            n += has[g * k + j];
        t->active_start[g + 1] = t->active_start[g] + n;
    }
    if (!rc) rc = jd_make(&t->active, t->active_start[groups], sizeof *t->active, "a fit", ctx);
    for (size_t c = 0, n = 0; !rc && c < cells; c++)
        if (has[c]) t->active[n++] = (int32_t)(c % k);
    free(has);
    return rc;
}

/* Expected values of one group; Poisson's own level is set so that they add up to its y. */
static void expect_poisson(const newton_t *t, int64_t from, int64_t to)
{
    jd_glm_t *g = t->glm;
    double have = 0, want = 0, top = t->e->n_effects > 0 ? g->eta[from] : 0;
    for (int64_t i = from; t->e->n_effects > 0 && i < to; i++)
        top = g->eta[i] > top ? g->eta[i] : top; /* no step is too long for exp */
    for (int64_t i = from; i < to; i++) {
        g->mu[i] = exp(g->eta[i] - top);
        have += weight_of(g, i) * g->mu[i];
        want += weight_of(g, i) * g->y[i];
    }
    if (t->e->n_effects == 0) return;
    double ratio = want / have, shift = log(ratio) - top;
    for (int64_t i = from; i < to; i++) {
        g->mu[i] *= ratio;
        g->eta[i] += shift;
    }
}

static double at_least(double h)
{
    return h > smallest ? h : smallest;
}

/* One group at its eta and `by` steps from there: mu, scores, working weights; returns its
 * deviance. Poisson's y log y, which does not change, is left out. */
static double expect_group(const newton_t *t, double by, int64_t from, int64_t to)
{
    jd_glm_t *g = t->glm;
    double deviance = 0;
    for (int64_t i = from; i < to; i++)
        g->eta[i] += by * t->step[i];
    if (g->family == JD_FAMILY_POISSON) {
        expect_poisson(t, from, to);
        for (int64_t i = from; i < to; i++) {
            double w = weight_of(g, i);
            t->h[i] = at_least(w * g->mu[i]);
            t->r[i] = w * (g->y[i] - g->mu[i]);
            deviance += 2 * w * (g->mu[i] - g->y[i] * g->eta[i]);
        }
        return deviance;
    }
    for (int64_t i = from; i < to; i++) {
        double w = weight_of(g, i), mu = 1 / (1 + exp(-g->eta[i]));
        g->mu[i] = mu;
        t->h[i] = at_least(w * mu * (1 - mu));
        t->r[i] = w * (g->y[i] - mu);
        deviance -= 2 * w * (g->y[i] > 0 ? log(mu) : log1p(-mu));
    }
    return deviance;
}

/* All groups, in blocks of fixed size, and the coefficients, `by` steps on. */
static double expect(const newton_t *t, double by, jd_ctx_t *ctx)
{
    int64_t blocks = (t->n_groups + GROUPS_AT_ONCE - 1) / GROUPS_AT_ONCE;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static) if (blocks > 1)
    for (int64_t b = 0; b < blocks; b++) {
        double sum = 0;
        for (int64_t g = b * GROUPS_AT_ONCE; g < (b + 1) * GROUPS_AT_ONCE && g < t->n_groups; g++)
            sum += expect_group(t, by, t->start[g], t->start[g + 1]);
        t->part[b] = sum;
    }
    double deviance = 0;
    for (int64_t b = 0; b < blocks; b++)
        deviance += t->part[b];
    for (int j = 0; j < t->n_x; j++)
        t->glm->beta[j] += by * t->b[j];
    return deviance;
}

/* The usual start of iterated least squares: mu between y and its mean, scores as if eta were that
 * mu's, so that the first step leads from the offset into the model. */
static void begin(const newton_t *t)
{
    jd_glm_t *g = t->glm;
    double sum = 0, total = 0;
    for (int64_t i = 0; i < g->n; i++) {
        sum += weight_of(g, i) * g->y[i];
        total += weight_of(g, i);
    }
    for (int64_t i = 0; i < g->n; i++) {
        double w = weight_of(g, i), mu, eta, slope;
        if (g->family == JD_FAMILY_POISSON) {
            slope = mu = (g->y[i] + sum / total) / 2;
            eta = log(mu);
        } else {
            mu = (g->y[i] + 0.5) / 2;
            eta = log(mu / (1 - mu));
            slope = mu * (1 - mu);
        }
        t->h[i] = w * slope;
        t->r[i] = w * (g->y[i] - mu) + t->h[i] * (eta - g->eta[i]);
    }
}

/* Sums over some groups, and scratch. */
typedef struct {
    double *cross, *m, *q; /* C and p, M, q, as in newton_t */
    double *mean;          /* [n_x] */
    double *own, *x;       /* [n_x][n_x], [n_x]: of the regressors a group has, side by side */
} sums_t;

static size_t sums_size(const newton_t *t)
{
    size_t k = (size_t)t->n_x;
    return (k + 1) * (size_t)t->n_small + 2 * k * k + 3 * k;
}

static sums_t sums_of(const newton_t *t, int part)
{
    size_t k = (size_t)t->n_x;
    double *cross = t->sums + (size_t)part * sums_size(t),
           *m = cross + (k + 1) * (size_t)t->n_small;
    double *q = m + k * k, *mean = q + k, *own = mean + k;
    return (sums_t){cross, m, q, mean, own, own + k * k};
}

/* M of the regressors a group has, side by side, and back. */
static void gather_own(const sums_t *s, const int32_t *active, int n, int k)
{
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++)
            s->own[a * n + b] = s->m[active[a] * k + active[b]];
}

static void scatter_own(const sums_t *s, const int32_t *active, int n, int k)
{
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++)
            s->m[active[a] * k + active[b]] = s->own[a * n + b];
}

/* One row's part of C, M and q. */
static void add_row(const newton_t *t, const sums_t *s, const int32_t *active, int n, int64_t i)
{
    int width = t->e->n_effects > 0 ? t->e->n_effects - 1 : 0;
    const int32_t *code = width ? t->e->rows.code + i * width : NULL;
    double *restrict x = s->x, h = t->h[i], r = t->r[i];
    for (int a = 0; a < n; a++) {
        int j = active[a];
        x[a] = regressor(t, j)[i] - s->mean[j];
        s->q[j] += r * x[a];
        for (int f = 0; f < width; f++)
            s->cross[(size_t)j * (size_t)t->n_small + (size_t)code[f]] += h * x[a];
    }
    for (int a = 0; a < n; a++) {
        double *restrict own = s->own + a * n, hx = h * x[a];
        for (int b = 0; b <= a; b++)
            own[b] += hx * x[b];
    }
}

/* One group's part of C, p, M and q. */
static void assemble_group(const newton_t *t, int64_t group, const sums_t *s)
{
    const int64_t from = t->start[group], to = t->start[group + 1];
    const int32_t *active = t->active + t->active_start[group];
    const int n_active = (int)(t->active_start[group + 1] - t->active_start[group]);
    int width = t->e->n_effects > 0 ? t->e->n_effects - 1 : 0, k = t->n_x;
    size_t size = (size_t)t->n_small;
    double weight = 0, score = 0;
    for (int64_t i = from; i < to; i++) {
        weight += t->h[i];
        score += t->r[i];
    }
    /* Without effects nothing is taken out. */
    double inverse = t->e->n_effects > 0 ? 1 / weight : 0, *p = s->cross + (size_t)k * size;
    score *= inverse;
    for (int a = 0; a < n_active; a++)
        s->mean[active[a]] =
            jd_dot(t->h + from, regressor(t, active[a]) + from, to - from) * inverse;
    gather_own(s, active, n_active, k);
    for (int64_t i = from; i < to; i++) {
        const int32_t *code = width ? t->e->rows.code + i * width : NULL;
        double h = t->h[i];
        for (int f = 0; f < width; f++)
            p[code[f]] += t->r[i] - h * score;
        add_row(t, s, active, n_active, i);
    }
    scatter_own(s, active, n_active, k);
}

static int assemble(newton_t *t, jd_ctx_t *ctx)
{
    size_t own = sums_size(t);
    int64_t groups = t->n_groups;
    int parts = t->n_parts, threads = parts > 1 ? jd_ctx_threads(ctx) : 1;
    (void)threads; /* for OpenMP alone */
    memset(t->sums, 0, (size_t)parts * own * sizeof *t->sums);
    const int asking = parts / threads; /* the first parts are the caller's own thread's */
    int stop = 0;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int p = 0; p < parts; p++) {
        const sums_t sums = sums_of(t, p);
        for (int64_t g = groups * p / parts; g < groups * (p + 1) / parts; g++) {
            int now = 0;
            if (p < asking && g % 512 == 0 && jd_stop_wished(ctx)) {
#pragma omp atomic write
                stop = 1;
            }
            if (g % 512 == 0) {
#pragma omp atomic read
                now = stop;
            }
            if (now) break;
            assemble_group(t, g, &sums);
        }
    }
    if (stop) return jd_stopped(ctx);
    for (int p = 1; p < parts; p++)
        for (size_t i = 0; i < own; i++)
            t->sums[i] += t->sums[(size_t)p * own + i];
    const sums_t all = sums_of(t, 0);
    t->cross = all.cross;
    t->m = all.m;
    t->q = all.q;
    return jd_effects_reweight(t->e, ctx);
}

/* S^-1 of C and p, taken out of M and q. */
static int eliminate(newton_t *t, jd_ctx_t *ctx)
{
    size_t size = (size_t)t->n_small;
    int k = t->n_x;
    double scale = 0;
    if (size == 0) return JD_OK;
    for (int64_t i = 0; !t->e->factor && i < t->glm->n; i++) /* what rounding is, to iterations */
        scale += t->r[i] * t->r[i] / t->h[i];
    for (int j = 0; j <= k; j++) {
        double *in = t->cross + (size_t)j * size, *out = t->solved + (size_t)j * size;
        if (jd_effects_solve_reduced(t->e, in, j < k ? t->m[j * k + j] : scale, out, t->work))
            return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                           "the fixed effects did not converge; their levels may hang together by "
                           "a few rows only: use fewer or coarser fixed effects");
    }
    const double *p = t->cross + (size_t)k * size;
    for (int j = 0; j < k; j++) {
        const double *a = t->solved + (size_t)j * size;
        t->q[j] -= jd_dot(a, p, (int64_t)size);
        for (int l = 0; l <= j; l++)
            t->m[j * k + l] -= jd_dot(a, t->cross + (size_t)l * size, (int64_t)size);
    }
    return JD_OK;
}

/* 1 if effects and other regressors leave much of every regressor, given the factor of M. */
static int is_clear(const newton_t *t, const unsigned char *kept)
{
    int k = t->n_x;
    for (int j = 0; j < k; j++) {
        const double *row = t->m + (size_t)j * (size_t)k;
        double own = 0;
        for (int l = 0; l <= j; l++)
            own += row[l] * row[l];
        if (!kept[j] || !(row[j] * row[j] > clearly * own) || !(own > clearly * t->scale[j]))
            return 0;
    }
    return 1;
}

/* Coefficients' steps b, 0 for one the effects leave nothing of, and the smaller effects'. */
static void solve_step(newton_t *t, unsigned char *kept)
{
    size_t size = (size_t)t->n_small;
    int k = t->n_x;
    double *a = t->solved + (size_t)k * size;
    jd_cholesky(t->m, k, t->scale, absorbed, kept);
    memcpy(t->b, t->q, (size_t)k * sizeof *t->b);
    jd_cholesky_solve(t->m, k, kept, t->b);
    for (int j = 0; j < k; j++)
        for (size_t l = 0; l < size; l++)
            a[l] -= t->b[j] * t->solved[(size_t)j * size + l];
}

/* The step of eta in one group's rows; adds its square by h, and h. */
static void fill_group(const newton_t *t, int64_t group, double *square, double *total)
{
    const int64_t from = t->start[group], to = t->start[group + 1];
    const int32_t *active = t->active + t->active_start[group];
    const int n_active = (int)(t->active_start[group + 1] - t->active_start[group]);
    const double *a = t->solved + (size_t)t->n_x * (size_t)t->n_small;
    int width = t->e->n_effects > 0 ? t->e->n_effects - 1 : 0;
    double weight = 0, sum = 0;
    for (int64_t i = from; i < to; i++) {
        double step = 0;
        for (int b = 0; b < n_active; b++)
            step += t->b[active[b]] * regressor(t, active[b])[i];
        for (int f = 0; f < width; f++)
            step += a[t->e->rows.code[i * width + f]];
        t->step[i] = step;
        weight += t->h[i];
        sum += t->r[i] - t->h[i] * step;
    }
    double level = t->e->n_effects > 0 ? sum / weight : 0;
    for (int64_t i = from; i < to; i++) {
        t->step[i] += level;
        *square += t->h[i] * t->step[i] * t->step[i];
    }
    *total += weight;
}

/* The step of eta in every row; returns its mean square by h. */
static double fill_step(const newton_t *t, jd_ctx_t *ctx)
{
    int64_t blocks = (t->n_groups + GROUPS_AT_ONCE - 1) / GROUPS_AT_ONCE;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static) if (blocks > 1)
    for (int64_t b = 0; b < blocks; b++) {
        double square = 0, total = 0;
        for (int64_t g = b * GROUPS_AT_ONCE; g < (b + 1) * GROUPS_AT_ONCE && g < t->n_groups; g++)
            fill_group(t, g, &square, &total);
        t->part[2 * b] = square;
        t->part[2 * b + 1] = total;
    }
    double square = 0, total = 0;
    for (int64_t b = 0; b < blocks; b++) {
        square += t->part[2 * b];
        total += t->part[2 * b + 1];
    }
    return square / total;
}

/* Goes a step, or the half of it, the quarter, ... until the deviance does not rise. */
static double advance(const newton_t *t, double before, jd_ctx_t *ctx)
{
    double by = 1, after = expect(t, by, ctx);
    for (int halving = 0; halving < MAX_HALVINGS; halving++) {
        if (after <= before + 1e-9 * fabs(before)) return after;
        by /= 2;
        after = expect(t, -by, ctx);
    }
    return after;
}

/* 1 once no coefficient moves any more, by its own size and its standard error. */
static int is_still(const newton_t *t, double square)
{
    if (!(sqrt(square) <= converged)) return 0;
    for (int j = 0; j < t->n_x; j++) {
        double size = fabs(t->glm->beta[j]) + 1 / fmax(fabs(t->m[j * t->n_x + j]), 1e-150);
        if (fabs(t->b[j]) > 1e-7 * size) return 0;
    }
    return 1;
}

/* What collinearity is held against: the start's weights are good enough. */
static void measure(const newton_t *t)
{
    for (int j = 0; j < t->n_x; j++) {
        const double *x = regressor(t, j);
        double sum = 0, total = 0, square = 0;
        for (int64_t i = 0; i < t->glm->n; i++) {
            sum += t->h[i] * x[i];
            total += t->h[i];
        }
        double mean = t->e->n_effects > 0 ? sum / total : 0;
        for (int64_t i = 0; i < t->glm->n; i++)
            square += t->h[i] * (x[i] - mean) * (x[i] - mean);
        t->scale[j] = square;
    }
}

static int iterate(newton_t *t, int *clear, jd_ctx_t *ctx)
{
    const int only_clear = *clear;
    unsigned char *kept;
    if (jd_make_n(&kept, (size_t)t->n_x + 1, 1, "a fit", ctx)) return JD_ERR_NO_MEMORY;
    double deviance = HUGE_VAL;
    int rc = JD_OK, still = 0;
    begin(t);
    measure(t);
    for (t->glm->iterations = 0; !rc && !still; t->glm->iterations++) {
        rc = t->glm->iterations < MAX_ITERATIONS
                 ? jd_check_cancelled(ctx)
                 : jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                           "the likelihood has no maximum within %d steps: some expected outcomes "
                           "go to their limits; use fewer covariates or coarser fixed effects",
                           MAX_ITERATIONS);
        if (!rc) rc = assemble(t, ctx);
        if (!rc) rc = eliminate(t, ctx);
        if (rc) break;
        solve_step(t, kept);
        *clear = is_clear(t, kept);
        if (only_clear && t->glm->iterations == 0 && !*clear) break;
        double square = fill_step(t, ctx);
        still = is_still(t, square);
        deviance = advance(t, deviance, ctx);
    }
    t->glm->deviance = deviance;
    free(kept);
    if (only_clear && !*clear && t->glm->iterations == 0) return rc;
    return rc ? rc : jd_effects_reweight(t->e, ctx);
}

int jd_glm_newton(jd_glm_t *glm, const double *offset, int *clear, jd_ctx_t *ctx)
{
    jd_effects_t *e = glm->effects;
    size_t n = (size_t)glm->n, k = (size_t)glm->regression.n_kept, size = (size_t)e->n_small;
    const int32_t all[2] = {0, (int32_t)glm->n};
    newton_t t = {.glm = glm, .e = e, .n_x = (int)k, .n_small = e->n_small, .h = e->weight};
    t.n_groups = e->n_effects > 0 ? e->groups[0].n_groups : 1;
    t.start = e->n_effects > 0 ? e->rows.start : all;
    size_t blocks = (size_t)t.n_groups / GROUPS_AT_ONCE + 1;
    t.n_parts = size <= JD_DIRECT_LEVELS ? jd_count_parts(t.n_groups) : 1;
    size_t sums = (size_t)t.n_parts * sums_size(&t);
    size_t cells = 2 * n + (k + 1) * size + sums + 2 * k + 2 * blocks + 6 * size;
    double *room;
    if (jd_make_unset(&room, cells, sizeof *room, "a fit", ctx)) return JD_ERR_NO_MEMORY;
    t.r = room;
    t.step = t.r + n;
    t.solved = t.step + n;
    t.sums = t.solved + (k + 1) * size;
    t.b = t.sums + sums;
    t.part = t.b + k;
    t.scale = t.part + 2 * blocks;
    t.work = t.scale + k;
    for (size_t i = 0; i < n; i++)
        glm->eta[i] = offset ? offset[i] : 0;
    memset(glm->beta, 0, k * sizeof *glm->beta);
    int rc = find_active(&t, ctx);
    if (!rc) rc = iterate(&t, clear, ctx);
    free(t.active);
    free(t.active_start);
    free(room);
    return rc;
}
