/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "did/comparison.h"
#include "linear/cholesky.h"

void jd_arranged_free(jd_arranged_t *a)
{
    free(a->order);
    free(a->start);
    free(a->x);
    free(a->w);
    memset(a, 0, sizeof *a);
}

/* Stable sort by counting: `from` (NULL = 0, 1, ...) by key into `to`; start [n_keys + 1] out. */
static void sort_by(const int32_t *key, int32_t n_keys, int64_t n, const int32_t *from, int32_t *to,
                    int32_t *start)
{
    memset(start, 0, ((size_t)n_keys + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        start[key[i] + 1]++;
    for (int32_t g = 0; g < n_keys; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < n; i++) {
        int32_t row = from ? from[i] : (int32_t)i;
        to[start[key[row]]++] = row;
    }
    memmove(start + 1, start, (size_t)n_keys * sizeof *start);
    start[0] = 0;
}

/* By unit, then by cell: a unit of a complete panel has one place in all its cells. */
static int fill_order(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, from->unit, a->n, ctx);
    if (rc != JD_OK) return rc;
    size_t cells = ((size_t)a->n + (size_t)units.n_groups + 1) * sizeof(int32_t);
    int32_t *by_unit = malloc(cells);
    if (by_unit) {
        sort_by(units.code, units.n_groups, a->n, NULL, by_unit, by_unit + a->n);
        sort_by(from->cell, a->n_groups * a->n_periods, a->n, by_unit, a->order, a->start);
    } else {
        rc = jd_fail_memory(ctx, cells, "the order of the rows");
    }
    free(by_unit);
    jd_groups_free(&units);
    return rc;
}

/* One covariate about its mean, in standard deviations; 0 if it does not vary. Scaled first, so
 * that no square overflows. */
static void standardise(const jd_arranged_t *a, int j)
{
    double size = 0, mean = 0, square = 0;
    for (int64_t i = 0; i < a->n; i++)
        size = fmax(size, fabs(a->x[i * a->k + j]));
    if (size == 0) return;
    for (int64_t i = 0; i < a->n; i++)
        mean += a->x[i * a->k + j] / size / (double)a->n;
    for (int64_t i = 0; i < a->n; i++) {
        double d = a->x[i * a->k + j] / size - mean;
        square += d * d / (double)a->n;
    }
    double by = square > 1e-20 ? 1 / sqrt(square) : 0;
    for (int64_t i = 0; i < a->n; i++)
        a->x[i * a->k + j] = by * (a->x[i * a->k + j] / size - mean);
}

/* Covariates that the ones before them tell are set to 0. */
static int drop_collinear(jd_arranged_t *a, const jd_panel_t *panel, const char *name,
                          jd_ctx_t *ctx)
{
    size_t k = (size_t)a->k;
    double *gram = calloc(k * (k + 1), sizeof *gram);
    if (!gram) return jd_fail_memory(ctx, k * (k + 1) * sizeof *gram, "covariates");
    unsigned char *kept = (unsigned char *)(gram + k * k);
    for (int64_t i = 0; i < a->n; i++)
        for (size_t p = 0; p < k; p++)
            for (size_t q = 0; q <= p; q++)
                gram[p * k + q] += a->x[(size_t)i * k + p] * a->x[(size_t)i * k + q];
    jd_cholesky(gram, a->k, NULL, 1e-10, kept);
    for (size_t j = 1; j < k; j++) {
        if (kept[j]) continue;
        jd_warn(ctx, "%s: '%s': constant or collinear with earlier covariates; dropped", name,
                panel->x_name[j - 1]);
        for (int64_t i = 0; i < a->n; i++)
            a->x[(size_t)i * k + j] = 0;
    }
    free(gram);
    return JD_OK;
}

static int is_still(const jd_arranged_t *a)
{
    size_t k = (size_t)a->k;
    for (int32_t g = 0; g < a->n_groups; g++) {
        const int32_t *start = a->start + g * a->n_periods;
        size_t units = (size_t)(start[1] - start[0]);
        for (int32_t t = 1; t < a->n_periods; t++)
            if (memcmp(a->x + (size_t)start[0] * k, a->x + (size_t)start[t] * k,
                       units * k * sizeof *a->x) != 0 ||
                memcmp(a->w + start[0], a->w + start[t], units * sizeof *a->w) != 0)
                return 0;
    }
    return 1;
}

int jd_arranged_make(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx)
{
    memset(a, 0, sizeof *a);
    const jd_design_t *design = from->design;
    size_t n = (size_t)design->sample.n, k = (size_t)from->panel->n_x + 1;
    size_t cells = (size_t)from->n_groups * (size_t)from->n_periods;
    a->n = design->sample.n;
    a->n_groups = from->n_groups;
    a->n_periods = from->n_periods;
    a->complete = from->complete;
    a->k = (int)k;
    a->order = malloc((n + 1) * sizeof *a->order);
    a->start = malloc((cells + 1) * sizeof *a->start);
    a->x = malloc((n + 1) * k * sizeof *a->x);
    a->w = malloc((n + 1) * sizeof *a->w);
    if (!a->order || !a->start || !a->x || !a->w)
        return jd_fail_memory(ctx, n * (k + 2) * sizeof *a->x, "covariates");
    int rc = fill_order(a, from, ctx);
    if (rc != JD_OK) return rc;
    for (size_t i = 0; i < n; i++) {
        a->w[i] = design->weight ? design->weight[a->order[i]] : 1;
        a->x[i * k] = 1;
        for (size_t j = 1; j < k; j++)
            a->x[i * k + j] = from->panel->x[j - 1][design->sample.row[a->order[i]]];
    }
    for (int j = 1; j < a->k; j++)
        standardise(a, j);
    a->still = a->complete && is_still(a);
    return drop_collinear(a, from->panel, design->estimator->name, ctx);
}
