/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outcomes' side: all of it walks over units, whose rows stay in cache for a second look. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/index.h"
#include "linear/cells/cellwise.h"
#include "linear/cholesky.h"
#include "linear/sums.h"
#include "panel/grid.h"

enum { AT_ONCE = 256 }; /* blocks of units that threads share */

static double weight_of(const jd_cellwise_t *c, int64_t i)
{
    return c->weight ? c->weight[i] : 1.0;
}

/* Mean of a unit's x, its rows lying together. */
static double mean_of_run(const jd_cellwise_t *c, int32_t unit, const double *x)
{
    int64_t from = c->start[unit], n = c->start[unit + 1] - from;
    double sum = c->weight ? jd_dot(c->weight + from, x + from, n) : jd_sum(x + from, n);
    return sum * c->inverse[unit];
}

static double mean_of_rows(const jd_cellwise_t *c, int32_t unit, const double *x)
{
    double sum = 0;
    for (int64_t r = c->start[unit]; r < c->start[unit + 1]; r++)
        sum += weight_of(c, c->row[r]) * x[c->row[r]];
    return sum * c->inverse[unit];
}

static double mean_of(const jd_cellwise_t *c, int32_t unit, const double *x)
{
    return c->row ? mean_of_rows(c, unit, x) : mean_of_run(c, unit, x);
}

/* part[cell] += weighted y less its unit mean */
static void add_unit(const jd_cellwise_t *c, int32_t unit, const double *y, double *part)
{
    double mean = mean_of(c, unit, y);
    int64_t from = c->start[unit], to = c->start[unit + 1];
    if (c->row)
        for (int64_t r = from; r < to; r++) {
            int64_t i = c->row[r];
            part[c->code[i]] += weight_of(c, i) * (y[i] - mean);
        }
    else if (c->weight)
        for (int64_t i = from; i < to; i++)
            part[c->code[i]] += c->weight[i] * (y[i] - mean);
    else
        for (int64_t i = from; i < to; i++)
            part[c->code[i]] += y[i] - mean;
}

/* The unit that begins the block after the one of `unit`. */
static int32_t next_block(const jd_cellwise_t *c, int32_t unit)
{
    int64_t first = c->start[unit];
    while (unit < c->n_units && c->start[unit] - first < JD_BLOCK)
        unit++;
    return unit;
}

/* s = E'W M y: plain sums within blocks of units, blocks added with their rounding carried along.
 * part [at_once][n_cells] is room for the blocks that threads share. */
static void sum_blocks(const jd_cellwise_t *c, const double *y, double *part, int at_once,
                       int threads, double *s)
{
    double lost[JD_MAX_CELLS];
    size_t size = (size_t)c->n_cells;
    int32_t first[AT_ONCE + 1] = {0};
    (void)threads; /* for OpenMP alone */
    memset(s, 0, size * sizeof *s);
    memset(lost, 0, size * sizeof *lost);
    for (int n; first[0] < c->n_units; first[0] = first[n]) {
        for (n = 0; n < at_once && first[n] < c->n_units; n++)
            first[n + 1] = next_block(c, first[n]);
        memset(part, 0, (size_t)n * size * sizeof *part);
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int b = 0; b < n; b++)
            for (int32_t u = first[b]; u < first[b + 1]; u++)
                add_unit(c, u, y, part + (size_t)b * size);
        for (const double *own = part; own < part + (size_t)n * size; own += size)
            for (size_t a = 0; a < size; a++)
                jd_add_exactly(&s[a], &lost[a], own[a]);
    }
    for (size_t a = 0; a < size; a++)
        s[a] += lost[a];
}

/* By one thread where others would find no memory: bits are the same. */
static void sum_cells(const jd_cellwise_t *c, const double *y, int threads, double *s)
{
    double own[JD_MAX_CELLS], *part = NULL;
    if (threads > 1) part = malloc(AT_ONCE * (size_t)c->n_cells * sizeof *part);
    if (part)
        sum_blocks(c, y, part, AT_ONCE, threads, s);
    else
        sum_blocks(c, y, own, 1, 1, s);
    free(part);
}

void jd_cellwise_estimate(const jd_cellwise_t *cells, int n_kept, const double *y, double *beta,
                          ptrdiff_t stride, int threads)
{
    double s[JD_MAX_CELLS];
    sum_cells(cells, y, threads, s);
    for (int k = 0; k < n_kept; k++) {
        double sum = 0, lost = 0;
        for (int a = 0; a < cells->n_cells; a++)
            jd_add_exactly(&sum, &lost, s[a] * cells->v[(size_t)a * (size_t)n_kept + (size_t)k]);
        beta[k * stride] = sum + lost;
    }
}

/* What the model says of each cell, unit means aside: f = G beta + H eta, eta = (H'SH)^-1 (H's -
 * H'SG beta). */
static void fit_cells(const jd_cellwise_t *c, int n_kept, const double *y, const double *beta,
                      int threads, double *f)
{
    double s[JD_MAX_CELLS], eta[JD_DIRECT_LEVELS];
    size_t n = (size_t)c->n_cells;
    if (c->n_small > 0) sum_cells(c, y, threads, s);
    for (int l = 0; l < c->n_levels; l++) {
        eta[l] = 0;
        for (int k = 0; k < n_kept; k++)
            eta[l] -= c->mixed[(size_t)l * (size_t)n_kept + (size_t)k] * beta[k];
    }
    for (int k = 0; k < c->n_small; k++)
        for (size_t a = 0; a < n; a++)
            eta[c->level[(size_t)k * n + a]] += s[a];
    jd_cholesky_solve(c->factor, c->n_levels, c->known, eta);
    for (size_t a = 0; a < n; a++) {
        f[a] = c->dummy[a] >= 0 ? beta[c->dummy[a]] : 0;
        for (int k = 0; k < c->n_small; k++)
            f[a] += eta[c->level[(size_t)k * n + a]];
    }
}

void jd_cellwise_residuals(const jd_cellwise_t *cells, int n_kept, const double *y,
                           const double *beta, double *residual, int threads)
{
    const jd_cellwise_t *c = cells;
    double f[JD_MAX_CELLS];
    fit_cells(c, n_kept, y, beta, threads, f);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int32_t u = 0; u < c->n_units; u++) {
        int64_t from = c->start[u], to = c->start[u + 1];
        for (int64_t r = from; r < to; r++) {
            int64_t i = c->row ? c->row[r] : r;
            residual[i] = y[i] - f[c->code[i]];
        }
        double mean = mean_of(c, u, residual);
        for (int64_t r = from; r < to; r++)
            residual[c->row ? c->row[r] : r] -= mean;
    }
}

/* w = weight times v of the row's cell less its unit mean */
static void spread(const jd_cellwise_t *c, const double *v, double *w)
{
    for (int64_t i = 0; i < c->n; i++)
        w[i] = v[c->code[i]];
    for (int32_t u = 0; u < c->n_units; u++) {
        double mean = mean_of(c, u, w);
        for (int64_t r = c->start[u]; r < c->start[u + 1]; r++) {
            int64_t i = c->row ? c->row[r] : r;
            w[i] = weight_of(c, i) * (w[i] - mean);
        }
    }
}

void jd_cellwise_weights(const jd_cellwise_t *cells, int n_kept, int k, double *w)
{
    double v[JD_MAX_CELLS];
    for (int a = 0; a < cells->n_cells; a++)
        v[a] = cells->v[(size_t)a * (size_t)n_kept + (size_t)k];
    spread(cells, v, w);
}

void jd_cellwise_combine(const jd_cellwise_t *cells, int n_kept, const double *by, double *w)
{
    double v[JD_MAX_CELLS];
    for (int a = 0; a < cells->n_cells; a++) {
        v[a] = 0;
        for (int k = 0; k < n_kept; k++)
            v[a] += by[k] * cells->v[(size_t)a * (size_t)n_kept + (size_t)k];
    }
    spread(cells, v, w);
}

/* out [n_kept][n_kept], lower part, += u u' */
static void add_outer(const double *u, int n_kept, double *out)
{
    for (int i = 0; i < n_kept; i++)
        for (int j = 0; j <= i; j++)
            out[i * n_kept + j] += u[i] * u[j];
}

/* A row's part of the score of a single coefficient. */
static double part_of(const jd_cellwise_t *c, const double *residual, int64_t r)
{
    int64_t i = c->row ? c->row[r] : r;
    return c->v[c->code[i]] * weight_of(c, i) * residual[i];
}

/* One coefficient, the usual case: a unit's score [units] is one sum, in two chains of additions
 * that go side by side. */
static void score_units(const jd_cellwise_t *c, const double *residual, int threads, double *score)
{
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int32_t u = 0; u < c->n_units; u++) {
        int64_t end = c->start[u + 1], r = c->start[u];
        double even = 0, odd = 0;
        for (; r + 1 < end; r += 2) {
            even += part_of(c, residual, r);
            odd += part_of(c, residual, r + 1);
        }
        if (r < end) even += part_of(c, residual, r);
        score[u] = even + odd;
    }
}

/* Their sums by cluster. */
static void add_single(const jd_cellwise_t *c, const int32_t *cluster, const double *by_unit,
                       double *score)
{
    for (int32_t u = 0; u < c->n_units; u++) {
        int64_t first = c->start[u];
        score[cluster[c->row ? c->row[first] : first]] += by_unit[u];
    }
}

/* Residuals sum to 0 over a unit, so unit means leave no trace in its cluster's score: V'z with z
 * the sums of w e by cell. */
static int meat_by_scores(const jd_cellwise_t *c, int n_kept, const double *residual,
                          const jd_groups_t *clusters, double *meat, jd_ctx_t *ctx)
{
    size_t k = (size_t)n_kept, groups = (size_t)clusters->n_groups;
    size_t all = k * groups + (n_kept == 1 ? (size_t)c->n_units : 0);
    double *u;
    if (jd_make_n(&u, all, sizeof *u, "clustered scores", ctx)) return JD_ERR_NO_MEMORY;
    if (n_kept == 1) {
        score_units(c, residual, jd_pass_threads(ctx, c->n), u + groups);
        add_single(c, clusters->code, u + groups, u);
    }
    for (int64_t i = 0; n_kept > 1 && i < c->n; i++) {
        const double *restrict v = c->v + (size_t)c->code[i] * k;
        double *restrict score = u + (size_t)clusters->code[i] * k;
        double e = weight_of(c, i) * residual[i];
        for (size_t j = 0; j < k; j++)
            score[j] += v[j] * e;
    }
    for (size_t g = 0; g < groups; g++)
        add_outer(u + g * k, n_kept, meat);
    free(u);
    return JD_OK;
}

/* The same with units as clusters: V'(sum of z z')V, z sparse. Pairs of cells go to one side of the
 * diagonal of `squares`. */
static void sum_squares(const jd_cellwise_t *c, const double *residual, int32_t *place, double *z,
                        int32_t *met, double *squares)
{
    size_t size = (size_t)c->n_cells;
    for (int32_t u = 0; u < c->n_units; u++) {
        int n_met = 0;
        for (int64_t r = c->start[u]; r < c->start[u + 1]; r++) {
            int64_t i = c->row ? c->row[r] : r;
            int32_t cell = c->code[i];
            if (place[cell] < 0) {
                place[cell] = n_met;
                met[n_met] = cell;
                z[n_met++] = 0;
            }
            z[place[cell]] += weight_of(c, i) * residual[i];
        }
        for (int a = 0; a < n_met; a++) {
            double *row = squares + (size_t)met[a] * size;
            for (int b = 0; b <= a; b++)
                row[met[b]] += z[a] * z[b];
        }
        for (int a = 0; a < n_met; a++)
            place[met[a]] = -1;
    }
}

static int meat_by_cells(const jd_cellwise_t *c, int n_kept, const double *residual, double *meat,
                         jd_ctx_t *ctx)
{
    size_t n = (size_t)c->n_cells, k = (size_t)n_kept, room = n * n + n + k;
    double *squares;
    int32_t *place = NULL;
    int rc = jd_make_n(&squares, room, sizeof *squares, "scores", ctx);
    if (!rc) rc = jd_make_unset(&place, 2 * n, sizeof *place, "scores", ctx);
    if (rc) goto out;
    double *z = squares + n * n, *half = z + n;
    for (size_t a = 0; a < n; a++)
        place[a] = -1;
    sum_squares(c, residual, place, z, place + n, squares);
    for (size_t a = 0; a < n; a++) {
        memset(half, 0, k * sizeof *half);
        for (size_t b = 0; b < n; b++) {
            double by = a == b ? squares[a * n + a] : squares[a * n + b] + squares[b * n + a];
            if (by == 0) continue;
            const double *restrict v = c->v + b * k;
            for (size_t j = 0; j < k; j++)
                half[j] += by * v[j];
        }
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j <= i; j++)
                meat[i * k + j] += c->v[a * k + i] * half[j];
    }
out:
    free(squares);
    free(place);
    return rc;
}

int jd_cellwise_meat(const jd_cellwise_t *cells, int n_kept, const double *residual,
                     const jd_groups_t *clusters, double *meat, jd_ctx_t *ctx)
{
    const jd_cellwise_t *c = cells;
    memset(meat, 0, (size_t)n_kept * (size_t)n_kept * sizeof *meat);
    /* Products a row: n_kept and n_kept^2 / 2 a unit, or half the rows of its unit. */
    double n = (double)c->n, k = n_kept, units = c->n_units, cells2 = (double)c->n_cells;
    double by_scores = n * k + units * k * k / 2;
    double by_cells = 4 * n * (n / units) / 2 + cells2 * cells2 * k + cells2 * k * k / 2;
    if (clusters->n_groups == c->n_units && by_cells < by_scores)
        return meat_by_cells(c, n_kept, residual, meat, ctx);
    return meat_by_scores(c, n_kept, residual, clusters, meat, ctx);
}
