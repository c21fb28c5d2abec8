/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances of influence functions, bits independent of the number of threads. */
#include <stdlib.h>

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

/* Adds the products of four units' residuals [n]. */
static void add_products(const double *const r[4], int32_t n, double *restrict moments)
{
    const double *restrict a = r[0], *restrict b = r[1], *restrict c = r[2], *restrict d = r[3];
    for (int32_t s = 0; s < n; s++)
        for (int32_t t = 0; t < n; t++)
            moments[s * n + t] += (a[s] * a[t] + b[s] * b[t]) + (c[s] * c[t] + d[s] * d[t]);
}

/* Second moments [n_periods][n_periods] of one cohort's residuals; z [units + 1][n_periods], the
 * last row 0. */
static void add_moments(const jd_cs_t *cs, const double *z, const int32_t *cohort, int32_t units,
                        int32_t g, double *moments)
{
    int32_t n = cs->n_periods;
    const double *row[4];
    int found = 0;
    for (int32_t u = 0; u < units; u++) {
        if (cohort[u] != g) continue;
        row[found++] = z + (size_t)u * (size_t)n;
        if (found == 4) add_products(row, n, moments);
        found %= 4;
    }
    while (found > 0 && found < 4)
        row[found++] = z + (size_t)units * (size_t)n;
    if (found > 0) add_products(row, n, moments);
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

int jd_cs_vcov_by_moments(const jd_design_t *design, const jd_cs_influence_t *influence,
                          double *vcov, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    size_t n = (size_t)cs->n_periods, k = (size_t)cs->n_terms, rows = (size_t)design->sample.n;
    size_t square = n * n, all = rows + n + (size_t)cs->n_cohorts * square + 2 * k * n + k;
    int32_t units = design->clusters.n_groups;
    double *z = calloc(all, sizeof *z);
    int32_t *cohort = malloc((size_t)units * sizeof *cohort);
    if (!z || !cohort) {
        free(z);
        free(cohort);
        return jd_fail_memory(ctx, all * sizeof *z, "influence functions");
    }
    double *moments = z + rows + n, *load = moments + (size_t)cs->n_cohorts * square;
    for (size_t i = 0; i < rows; i++) {
        int32_t u = design->clusters.code[i], c = cs->cell[i];
        z[(size_t)u * n + (size_t)design->periods.code[i]] = influence->y[i] - influence->mean[c];
        cohort[u] = (c - design->periods.code[i]) / cs->n_periods;
    }
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(dynamic)
    for (int32_t g = 0; g < cs->n_cohorts; g++)
        add_moments(cs, z, cohort, units, g, moments + (size_t)g * square);
    for (int32_t g = 0; g < cs->n_cohorts; g++)
        add_cohort(cs, influence, g, moments + (size_t)g * square, load, load + k * n, vcov);
    /* Alike on both sides, and rounding must not make a variance negative. */
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < a; b++)
            vcov[b * k + a] = vcov[a * k + b];
        if (vcov[a * k + a] < 0) vcov[a * k + a] = 0;
    }
    free(z);
    free(cohort);
    return JD_OK;
}
