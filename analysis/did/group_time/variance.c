/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances of influence functions, bits independent of the number of threads. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "did/group_time/group_time.h"
#include "linear/sums.h"

/* Influence of one term, summed by cluster. */
static void sum_influence(const jd_design_t *design, const jd_gt_influence_t *influence, int term,
                          double *sum)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    size_t cells = (size_t)jd_gt_n_cells(e);
    const double *loading = gt->cells.loading + (size_t)term * cells;
    const double *offset = influence->offset + (size_t)term * cells;
    const double *by_cohort = influence->by_cohort + (size_t)term * (size_t)e->n_cohorts;
    int32_t run = jd_gt_run(gt);
    for (int64_t first = 0; first < design->sample.n; first += run) {
        int32_t c = jd_gt_cell(gt, first);
        double by_share = by_cohort[c / e->n_periods];
        for (int64_t i = first; i < first + run; i++, c++) {
            double w = design->weight ? design->weight[i] : 1;
            double residual = influence->y[i] - influence->mean[c];
            sum[design->clusters.code[i]] += w * (loading[c] / e->mass[c] * residual + offset[c]) +
                                             jd_gt_share(gt, i) * by_share;
        }
    }
}

void jd_gt_sum_influence(const jd_design_t *design, const jd_gt_influence_t *influence, double *sum,
                         int threads)
{
    (void)threads; /* for OpenMP alone */
    const jd_gt_t *gt = design->own;
    size_t groups = (size_t)design->clusters.n_groups;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int j = 0; j < gt->terms.n; j++)
        sum_influence(design, influence, j, sum + (size_t)j * groups);
}

enum { AT_ONCE = 8 };                  /* units whose products are added together */
static const size_t at_hand = 1 << 17; /* doubles: what a pass writes to stays in cache */

/* Adds the products of AT_ONCE units' residuals r [AT_ONCE][n] to the moments [n][n], below the
 * diagonal and a little above. */
JD_CLONES static void add_products(const double *r, ptrdiff_t n, double *restrict moments)
{
    const double *restrict a = r, *restrict b = a + n, *restrict c = b + n, *restrict d = c + n;
    const double *restrict e = d + n, *restrict f = e + n, *restrict g = f + n, *restrict h = g + n;
    for (ptrdiff_t s = 0; s < n; s++) {
        ptrdiff_t end = s / AT_ONCE * AT_ONCE + AT_ONCE; /* whole vectors */
        for (ptrdiff_t t = 0; t < (end < n ? end : n); t++)
            moments[s * n + t] += ((a[s] * a[t] + b[s] * b[t]) + (c[s] * c[t] + d[s] * d[t])) +
                                  ((e[s] * e[t] + f[s] * f[t]) + (g[s] * g[t] + h[s] * h[t]));
    }
}

/* Second moments of cohorts. */
typedef struct {
    size_t own;   /* doubles a cohort: moments [n_periods][n_periods], residuals of AT_ONCE units */
    double *room; /* [n_cohorts][own] */
    int32_t *found; /* [n_cohorts] units whose residuals wait; behind them room for as many ends */
} moments_t;

/* Second moments of the residuals of y, by unit and period, of cohorts from ... to - 1. */
static void add_moments(const jd_gt_effects_t *e, const double *y, const double *mean,
                        const int32_t *cohort, int32_t units, int32_t from, int32_t to,
                        const moments_t *m)
{
    ptrdiff_t n = e->n_periods;
    size_t square = (size_t)n * (size_t)n;
    for (int32_t u = 0; u < units; u++) {
        int32_t g = cohort[u];
        if (g < from || g >= to) continue;
        const double *restrict own = y + u * n, *restrict centre = mean + g * n;
        double *room = m->room + (size_t)g * m->own, *restrict r = room + square + m->found[g] * n;
        for (ptrdiff_t t = 0; t < n; t++)
            r[t] = own[t] - centre[t];
        if (++m->found[g] < AT_ONCE) continue;
        add_products(room + square, n, room);
        m->found[g] = 0;
    }
    for (int32_t g = from; g < to; g++) {
        double *room = m->room + (size_t)g * m->own, *r = room + square;
        memset(r + m->found[g] * n, 0, (size_t)((AT_ONCE - m->found[g]) * n) * sizeof *r);
        if (m->found[g] > 0) add_products(r, n, room);
        for (ptrdiff_t s = 0; s < n; s++)
            for (ptrdiff_t t = 0; t < s; t++)
                room[t * n + s] = room[s * n + t];
    }
}

/* Adds one cohort's part: a unit's influence is its residuals times `load` plus a constant, and
 * residuals sum to 0 within a cell. */
static void add_cohort(const jd_gt_t *gt, const jd_gt_influence_t *influence, int32_t g,
                       const double *moments, double *load, double *half, double *vcov)
{
    const jd_gt_effects_t *e = &gt->effects;
    int k = gt->terms.n;
    ptrdiff_t n = e->n_periods, first = g * n;
    double *constant = half + (size_t)k * (size_t)n;
    for (int j = 0; j < k; j++) {
        size_t at = (size_t)j * (size_t)jd_gt_n_cells(e) + (size_t)first;
        constant[j] = influence->by_cohort[j * e->n_cohorts + g];
        for (ptrdiff_t t = 0; t < n; t++) {
            load[j * n + t] = gt->cells.loading[at + (size_t)t] / e->mass[first + t];
            constant[j] += influence->offset[at + (size_t)t];
        }
        for (ptrdiff_t t = 0; t < n; t++)
            half[j * n + t] = jd_dot(load + j * n, moments + t * n, n);
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            vcov[a * k + b] +=
                jd_dot(half + a * n, load + b * n, n) + e->mass[first] * constant[a] * constant[b];
}

/* Cohorts from `from` on that one pass takes: up to a thread's share of the units, and few enough
 * to keep their moments in cache. */
static int32_t end_of_range(const jd_gt_effects_t *e, int32_t from, size_t own, double units)
{
    double sum = 0;
    int32_t g = from;
    while (g < e->n_cohorts && (g == from || ((size_t)(g - from + 1) * own <= at_hand &&
                                              sum + e->cohort_share[g] / 2 <= units)))
        sum += e->cohort_share[g++];
    return g;
}

/* Cohort of each unit, and y by unit and period, of rows in another order. */
static void sort_units(const jd_design_t *design, const double *y, int32_t *cohort, double *sorted)
{
    const jd_gt_t *gt = design->own;
    const int32_t n_t = gt->effects.n_periods;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int32_t u = design->clusters.code[i], t = design->periods.code[i];
        sorted[(int64_t)u * n_t + t] = y[i];
        cohort[u] = gt->rows.cell[i] / n_t;
    }
}

/* All cohorts' moments, range by range. */
static void fill_moments(const jd_gt_effects_t *e, const double *y, const double *mean,
                         const int32_t *cohort, int32_t units, const moments_t *m, jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx), n_ranges = 0;
    int32_t *end = m->found + e->n_cohorts;
    for (int32_t g = 0; g < e->n_cohorts; g = end[n_ranges++])
        end[n_ranges] = end_of_range(e, g, m->own, (double)units / threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int k = 0; k < n_ranges; k++)
        add_moments(e, y, mean, cohort, units, k > 0 ? end[k - 1] : 0, end[k], m);
}

int jd_gt_vcov_by_moments(const jd_design_t *design, const jd_gt_influence_t *influence,
                          double *vcov, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    size_t n = (size_t)e->n_periods, k = (size_t)gt->terms.n, cohorts = (size_t)e->n_cohorts;
    size_t own = n * n + AT_ONCE * n, all = cohorts * own + 2 * k * n + k;
    const bool in_order = gt->rows.lie == JD_GT_IN_ORDER;
    size_t rows = in_order ? 0 : (size_t)design->sample.n;
    size_t units = (size_t)design->clusters.n_groups, codes = 2 * cohorts + (in_order ? 0 : units);
    double *room, *sorted = NULL;
    int32_t *found = NULL;
    int rc = jd_make_n(&room, all, sizeof *room, "influence functions", ctx);
    if (!rc) rc = jd_make_n(&sorted, rows, sizeof *sorted, "influence functions", ctx);
    if (!rc) rc = jd_make_n(&found, codes, sizeof *found, "influence functions", ctx);
    if (rc) goto out;
    double *load = room + cohorts * own;
    const moments_t m = {own, room, found};
    if (in_order) {
        fill_moments(e, influence->y, influence->mean, gt->rows.unit_cohort, (int32_t)units, &m,
                     ctx);
    } else {
        int32_t *cohort = found + 2 * cohorts;
        sort_units(design, influence->y, cohort, sorted);
        fill_moments(e, sorted, influence->mean, cohort, (int32_t)units, &m, ctx);
    }
    for (int32_t g = 0; g < e->n_cohorts; g++)
        add_cohort(gt, influence, g, room + (size_t)g * own, load, load + k * n, vcov);
    /* Alike on both sides, and rounding must not make a variance negative. */
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < a; b++)
            vcov[b * k + a] = vcov[a * k + b];
        if (vcov[a * k + a] < 0) vcov[a * k + a] = 0;
    }
out:
    free(room);
    free(sorted);
    free(found);
    return rc;
}
