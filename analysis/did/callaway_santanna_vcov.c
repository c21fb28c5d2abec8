/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances of influence functions, bits independent of the number of threads. */
#include <stdlib.h>
#include <string.h>

#include "did/callaway_santanna.h"
#include "linear/sums.h"

/* Influence of one term, summed by cluster. */
static void sum_influence(const jd_design_t *design, const jd_cs_influence_t *influence, int term,
                          double *sum)
{
    const jd_cs_t *cs = design->own;
    size_t cells = (size_t)jd_cs_cells(cs);
    const double *loading = cs->loading + (size_t)term * cells;
    const double *offset = influence->offset + (size_t)term * cells;
    const double *by_cohort = influence->by_cohort + (size_t)term * (size_t)cs->n_cohorts;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int32_t c = cs->cell[i];
        double w = design->weight ? design->weight[i] : 1;
        sum[design->clusters.code[i]] +=
            w * (loading[c] / cs->mass[c] * (influence->y[i] - influence->mean[c]) + offset[c]) +
            jd_cs_share(cs, i) * by_cohort[c / cs->n_periods];
    }
}

void jd_cs_sum_influence(const jd_design_t *design, const jd_cs_influence_t *influence, double *sum,
                         int threads)
{
    (void)threads; /* for OpenMP alone */
    const jd_cs_t *cs = design->own;
    size_t groups = (size_t)design->clusters.n_groups;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int j = 0; j < cs->n_terms; j++)
        sum_influence(design, influence, j, sum + (size_t)j * groups);
}

enum { AT_ONCE = 8 }; /* units whose products are added together */

/* Adds the products of AT_ONCE units' residuals r [AT_ONCE][n]. */
static void add_products(const double *r, int32_t n, double *restrict moments)
{
    const double *restrict a = r, *restrict b = a + n, *restrict c = b + n, *restrict d = c + n;
    const double *restrict e = d + n, *restrict f = e + n, *restrict g = f + n, *restrict h = g + n;
    for (int32_t s = 0; s < n; s++)
        for (int32_t t = 0; t < n; t++)
            moments[s * n + t] += ((a[s] * a[t] + b[s] * b[t]) + (c[s] * c[t] + d[s] * d[t])) +
                                  ((e[s] * e[t] + f[s] * f[t]) + (g[s] * g[t] + h[s] * h[t]));
}

/* A cohort's second moments [n_periods][n_periods] of the residuals of y, by unit and period; r
 * [AT_ONCE][n_periods] is scratch. */
static void add_moments(const jd_cs_t *cs, const double *y, const double *mean,
                        const int32_t *cohort, int32_t units, int32_t g, double *r, double *moments)
{
    int32_t n = cs->n_periods, found = 0;
    for (int32_t u = 0; u < units; u++) {
        if (cohort[u] != g) continue;
        const double *own = y + jd_cs_first_row(cs, u);
        for (int32_t t = 0; t < n; t++)
            r[found * n + t] = own[t] - mean[g * n + t];
        if (++found == AT_ONCE) add_products(r, n, moments);
        found %= AT_ONCE;
    }
    if (found == 0) return;
    memset(r + found * n, 0, (size_t)(AT_ONCE - found) * (size_t)n * sizeof *r);
    add_products(r, n, moments);
}

/* Adds one cohort's part: a unit's influence is its residuals times `load` plus a constant, and
 * residuals sum to 0 within a cell. */
static void add_cohort(const jd_cs_t *cs, const jd_cs_influence_t *influence, int32_t g,
                       const double *moments, double *load, double *half, double *vcov)
{
    int k = cs->n_terms;
    int32_t n = cs->n_periods, first = g * n;
    double *constant = half + (size_t)k * (size_t)n;
    for (int j = 0; j < k; j++) {
        size_t at = (size_t)j * (size_t)jd_cs_cells(cs) + (size_t)first;
        constant[j] = influence->by_cohort[j * cs->n_cohorts + g];
        for (int32_t t = 0; t < n; t++) {
            load[j * n + t] = cs->loading[at + (size_t)t] / cs->mass[first + t];
            constant[j] += influence->offset[at + (size_t)t];
        }
        for (int32_t t = 0; t < n; t++)
            half[j * n + t] = jd_dot(load + j * n, moments + t * n, n);
    }
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            vcov[a * k + b] +=
                jd_dot(half + a * n, load + b * n, n) + cs->mass[first] * constant[a] * constant[b];
}

/* Cohort of each unit, and y by unit and period where it does not lie so. */
static void sort_units(const jd_design_t *design, const double *y, int32_t *cohort, double *sorted)
{
    const jd_cs_t *cs = design->own;
    for (int32_t u = 0; cs->in_order && u < design->clusters.n_groups; u++)
        cohort[u] = cs->cell[jd_cs_first_row(cs, u)] / cs->n_periods;
    for (int64_t i = 0; !cs->in_order && i < design->sample.n; i++) {
        int32_t u = design->clusters.code[i], t = design->periods.code[i];
        sorted[jd_cs_first_row(cs, u) + t] = y[i];
        cohort[u] = cs->cell[i] / cs->n_periods;
    }
}

int jd_cs_vcov_by_moments(const jd_design_t *design, const jd_cs_influence_t *influence,
                          double *vcov, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    size_t n = (size_t)cs->n_periods, k = (size_t)cs->n_terms, cohorts = (size_t)cs->n_cohorts;
    size_t square = n * n, own = square + AT_ONCE * n; /* of a cohort: moments, scratch */
    size_t all = cohorts * own + 2 * k * n + k;
    size_t rows = cs->in_order ? 0 : (size_t)design->sample.n;
    int32_t units = design->clusters.n_groups;
    double *moments = calloc(all, sizeof *moments), *sorted = malloc((rows + 1) * sizeof *sorted);
    int32_t *cohort = malloc((size_t)units * sizeof *cohort);
    int rc = JD_OK;
    if (!moments || !sorted || !cohort) {
        rc = jd_fail_memory(ctx, (all + rows) * sizeof *moments, "influence functions");
        goto out;
    }
    double *load = moments + cohorts * own;
    const double *y = cs->in_order ? influence->y : sorted;
    sort_units(design, influence->y, cohort, sorted);
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(dynamic)
    for (int32_t g = 0; g < cs->n_cohorts; g++) {
        double *m = moments + (size_t)g * own;
        add_moments(cs, y, influence->mean, cohort, units, g, m + square, m);
    }
    for (int32_t g = 0; g < cs->n_cohorts; g++)
        add_cohort(cs, influence, g, moments + (size_t)g * own, load, load + k * n, vcov);
    /* Alike on both sides, and rounding must not make a variance negative. */
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < a; b++)
            vcov[b * k + a] = vcov[a * k + b];
        if (vcov[a * k + a] < 0) vcov[a * k + a] = 0;
    }
out:
    free(moments);
    free(sorted);
    free(cohort);
    return rc;
}
