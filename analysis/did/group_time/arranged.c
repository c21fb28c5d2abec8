/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/group_time/comparison.h"
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
static int sort_rows(jd_arranged_t *a, const jd_arrange_from_t *from, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, from->unit, a->n, ctx);
    if (rc) return rc;
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

/* The same where rows lie by unit and period: units sorted by group, whose cells are as large as
 * it. From the last group on, since start tells those before it. */
static void place_units(jd_arranged_t *a, const int32_t *unit_group)
{
    int32_t n_t = a->n_periods, *start = a->start;
    sort_by(unit_group, a->n_groups, a->n / n_t, NULL, a->order, start);
    for (int32_t g = a->n_groups - 1; g >= 0; g--) {
        int32_t first = start[g] * n_t, units = start[g + 1] - start[g];
        for (int32_t t = 1; t <= n_t; t++)
            start[g * n_t + t] = first + t * units;
    }
}

/* Whether covariates and weight are the same in two rows. */
static int is_same(const jd_arrange_from_t *from, int32_t i, int32_t j)
{
    const double *weight = from->design->weight;
    if (weight && (weight[i] < weight[j] || weight[i] > weight[j])) return 0;
    int32_t one = from->design->sample.row[i], other = from->design->sample.row[j];
    for (int k = 0; k < from->panel->n_x; k++) {
        const double *x = from->panel->x[k];
        if (x[one] < x[other] || x[one] > x[other]) return 0;
    }
    return 1;
}

static int is_still(const jd_arranged_t *a, const jd_arrange_from_t *from)
{
    for (int32_t g = 0; g < a->n_groups; g++) {
        const int32_t *start = jd_arranged_start(a, g, 0);
        jd_cell_rows_t first = jd_arranged_rows(a, g, 0);
        for (int32_t t = 1; t < a->n_periods; t++) {
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            for (int32_t r = 0; r < start[1] - start[0]; r++)
                if (!is_same(from, jd_cell_row(first, r), jd_cell_row(rows, r))) return 0;
        }
    }
    return 1;
}

static void fill_columns(jd_arranged_t *a, const jd_arrange_from_t *from)
{
    size_t k = (size_t)a->k;
    const double *weight = from->design->weight;
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < (a->still ? 1 : a->n_periods); t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            size_t at = (size_t)jd_arranged_first(a, g, t);
            for (int32_t r = 0; r < start[1] - start[0]; r++, at++) {
                int32_t i = jd_cell_row(rows, r);
                if (weight) a->w[at] = weight[i];
                a->x[at * k] = 1;
                for (size_t j = 1; j < k; j++)
                    a->x[at * k + j] = from->panel->x[j - 1][from->design->sample.row[i]];
            }
        }
}

/* Sum over all rows of a covariate by `by` less `mean`, or of its square. */
static double sum_column(const jd_arranged_t *a, int j, double size, double mean, int square)
{
    double sum = 0;
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < a->n_periods; t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            const double *x = a->x + jd_arranged_first(a, g, t) * a->k + j;
            for (int32_t r = 0; r < start[1] - start[0]; r++) {
                double d = x[(int64_t)r * a->k] / size - mean;
                sum += (square ? d * d : d) / (double)a->n;
            }
        }
    return sum;
}

/* One covariate about its mean, in standard deviations; 0 if it does not vary. Scaled first, so
 * that no square overflows. */
static void standardise(jd_arranged_t *a, int j, int64_t rows)
{
    double size = 0;
    for (int64_t i = 0; i < rows; i++)
        size = fmax(size, fabs(a->x[i * a->k + j]));
    if (size == 0) return;
    double mean = sum_column(a, j, size, 0, 0), square = sum_column(a, j, size, mean, 1);
    double by = square > 1e-20 ? 1 / sqrt(square) : 0;
    for (int64_t i = 0; i < rows; i++)
        a->x[i * a->k + j] = by * (a->x[i * a->k + j] / size - mean);
}

static void add_products(const double *x, size_t k, double *gram)
{
    for (size_t p = 0; p < k; p++)
        for (size_t q = 0; q <= p; q++)
            gram[p * k + q] += x[p] * x[q];
}

/* Covariates that the ones before them tell are set to 0. */
static int drop_collinear(jd_arranged_t *a, int64_t rows, const jd_panel_t *panel, const char *name,
                          jd_ctx_t *ctx)
{
    size_t k = (size_t)a->k;
    double *gram;
    if (jd_make_n(&gram, k * (k + 1), sizeof *gram, "covariates", ctx)) return JD_ERR_NO_MEMORY;
    unsigned char *kept = (unsigned char *)(gram + k * k);
    for (int64_t i = 0; i < rows; i++)
        add_products(a->x + (size_t)i * k, k, gram);
    jd_cholesky(gram, a->k, NULL, 1e-10, kept);
    for (size_t j = 1; j < k; j++) {
        if (kept[j]) continue;
        jd_warn(ctx, "%s: '%s': constant or collinear with earlier covariates; dropped", name,
                panel->x_name[j - 1]);
        for (int64_t i = 0; i < rows; i++)
            a->x[(size_t)i * k + j] = 0;
    }
    free(gram);
    return JD_OK;
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
    a->in_order = !from->cell;
    size_t places = a->in_order ? n / (size_t)a->n_periods : n;
    a->order = calloc(places + 1, sizeof *a->order);
    a->start = malloc((cells + 1) * sizeof *a->start);
    if (!a->order || !a->start)
        return jd_fail_memory(ctx, places * sizeof *a->order, "the order of the rows");
    int rc = JD_OK;
    if (from->cell)
        rc = sort_rows(a, from, ctx);
    else
        place_units(a, from->unit_group);
    if (rc) return rc;
    a->still = a->complete && is_still(a, from);
    size_t rows = a->still ? n / (size_t)a->n_periods : n;
    a->x = calloc((rows + 1) * k, sizeof *a->x);
    if (design->weight) a->w = malloc((rows + 1) * sizeof *a->w);
    if (!a->x || (design->weight && !a->w))
        return jd_fail_memory(ctx, rows * (k + 1) * sizeof *a->x, "covariates");
    fill_columns(a, from);
    for (int j = 1; j < a->k; j++)
        standardise(a, j, (int64_t)rows);
    return drop_collinear(a, (int64_t)rows, from->panel, design->estimator->name, ctx);
}

void jd_arranged_sort(const jd_arranged_t *a, const double *y, double *sorted)
{
    for (int32_t g = 0; g < a->n_groups; g++)
        for (int32_t t = 0; t < a->n_periods; t++) {
            const int32_t *start = jd_arranged_start(a, g, t);
            jd_cell_rows_t rows = jd_arranged_rows(a, g, t);
            double *cell = sorted + start[0];
            for (int32_t r = 0; r < start[1] - start[0]; r++)
                cell[r] = y[jd_cell_row(rows, r)];
        }
}
