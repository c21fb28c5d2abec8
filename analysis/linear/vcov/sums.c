/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meats that are sums over rows, clusters, ways of clustering, and lags. Scores are summed in the
 * order of rows, one thread a coefficient, so their bits do not depend on threads. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"

int jd_meat_rows(const jd_regression_t *r, const double *residual, const double *leverage,
                 int power, double *meat, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    size_t size = (size_t)k * (size_t)k;
    double *u;
    if (jd_make_unset(&u, (size_t)(k + 1) * JD_BLOCK, sizeof *u, "a variance", ctx))
        return JD_ERR_NO_MEMORY;
    double *by = u + (size_t)k * JD_BLOCK; /* 1 / (1 - h)^power */
    memset(meat, 0, size * sizeof *meat);
    for (int64_t b = 0; b < jd_n_blocks(r->n); b++) {
        int64_t from = b * JD_BLOCK, rows = jd_block_end(b, r->n) - from;
        for (int64_t i = 0; leverage && i < rows; i++)
            by[i] = 1 / (power == 2 ? (1 - leverage[from + i]) * (1 - leverage[from + i])
                                    : 1 - leverage[from + i]);
        for (int j = 0; j < k; j++) {
            const double *w = jd_row_weights(r, j) + from, *e = residual + from;
            double *own = u + (size_t)j * JD_BLOCK;
            for (int64_t i = 0; i < rows; i++)
                own[i] = w[i] * e[i];
        }
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++)
                meat[i * k + j] += jd_dot_weighted(leverage ? by : NULL, u + (size_t)i * JD_BLOCK,
                                                   u + (size_t)j * JD_BLOCK, rows);
    }
    free(u);
    return JD_OK;
}

/* Scores [n_kept][groups], summed within groups in the order of rows; NULL: out of memory. */
static double *sum_scores(const jd_regression_t *r, const double *residual, const int32_t *code,
                          int64_t n_groups, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    size_t groups = (size_t)n_groups;
    double *u = calloc((size_t)k * groups, sizeof *u);
    if (!u) {
        jd_fail_memory(ctx, (size_t)k * groups * sizeof *u, "clustered scores");
        return NULL;
    }
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static)
    for (int j = 0; j < k; j++) {
        const double *w = jd_row_weights(r, j);
        double *sum = u + (size_t)j * groups;
        for (int64_t i = 0; i < r->n; i++)
            sum[code[i]] += w[i] * residual[i];
    }
    return u;
}

/* meat += by * u u' */
static void add_products(const double *u, int k, int64_t groups, double by, double *meat)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            meat[i * k + j] +=
                by * jd_dot(u + (int64_t)i * groups, u + (int64_t)j * groups, groups);
}

static void clear(double *meat, int k)
{
    memset(meat, 0, (size_t)k * (size_t)k * sizeof *meat);
}

int jd_meat_groups(const jd_regression_t *r, const double *residual, const jd_groups_t *groups,
                   double *meat, jd_ctx_t *ctx)
{
    double *u = sum_scores(r, residual, groups->code, groups->n_groups, ctx);
    if (!u) return JD_ERR_NO_MEMORY;
    clear(meat, r->n_kept);
    add_products(u, r->n_kept, groups->n_groups, 1, meat);
    free(u);
    return JD_OK;
}

/* Rows by group: a counting sort. start [n_groups + 1], row [n]. */
static void sort_by_group(const jd_groups_t *groups, int64_t *start, int32_t *row)
{
    memset(start, 0, ((size_t)groups->n_groups + 1) * sizeof *start);
    for (int64_t i = 0; i < groups->n; i++)
        start[groups->code[i] + 1]++;
    for (int32_t g = 0; g < groups->n_groups; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < groups->n; i++)
        row[start[groups->code[i]]++] = (int32_t)i;
    for (int32_t g = groups->n_groups; g > 0; g--)
        start[g] = start[g - 1];
    start[0] = 0;
}

/* Dense codes of the pairs (a, b): code [n]; *n_pairs. */
static int cross_codes(const jd_groups_t *a, const int32_t *b, int64_t n_b, int32_t *code,
                       int64_t *n_pairs, jd_ctx_t *ctx)
{
    size_t n = (size_t)a->n, levels = (size_t)n_b;
    int64_t *start = malloc(((size_t)a->n_groups + 1) * sizeof *start);
    int32_t *row = calloc(n, sizeof *row), *seen = malloc(2 * levels * sizeof *seen);
    int rc = JD_OK;
    if (!start || !row || !seen) {
        rc = jd_fail_memory(ctx, (n + 2 * levels) * sizeof *row, "crossed clusters");
    } else {
        int32_t *slot = seen + levels, next = 0;
        sort_by_group(a, start, row);
        for (size_t l = 0; l < levels; l++)
            seen[l] = -1;
        for (int32_t g = 0; g < a->n_groups; g++)
            for (int64_t at = start[g]; at < start[g + 1]; at++) {
                int32_t level = b[row[at]];
                if (seen[level] != g) slot[level] = next++;
                seen[level] = g;
                code[row[at]] = slot[level];
            }
        *n_pairs = next;
    }
    free(start);
    free(row);
    free(seen);
    return rc;
}

/* Codes of rows that agree in every way of the set `ways` (bits). */
static int intersect(const jd_vcov_rows_t *rows, unsigned ways, int32_t *code, int64_t *n_groups,
                     jd_ctx_t *ctx)
{
    int first = 1, rc = JD_OK;
    for (int c = 0; !rc && c < rows->n_ways; c++) {
        const jd_groups_t *way = rows->way[c];
        if (!(ways & 1u << c)) continue;
        if (first) {
            memcpy(code, way->code, (size_t)way->n * sizeof *code);
            *n_groups = way->n_groups;
        } else {
            rc = cross_codes(way, code, *n_groups, code, n_groups, ctx);
        }
        first = 0;
    }
    return rc;
}

int jd_meat_multiway(const jd_regression_t *r, const double *residual, const jd_vcov_rows_t *rows,
                     int own_factors, double *meat, jd_ctx_t *ctx)
{
    int32_t *code;
    if (jd_make_unset(&code, (size_t)r->n, sizeof *code, "crossed clusters", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    clear(meat, r->n_kept);
    for (unsigned ways = 1; !rc && ways < 1u << rows->n_ways; ways++) {
        int64_t groups = 0;
        double sign = -1;
        for (int c = 0; c < rows->n_ways; c++)
            if (ways & 1u << c) sign = -sign;
        rc = intersect(rows, ways, code, &groups, ctx);
        double *u = rc ? NULL : sum_scores(r, residual, code, groups, ctx);
        if (!rc && !u) rc = JD_ERR_NO_MEMORY;
        if (own_factors) sign *= (double)groups / (double)(groups - 1);
        if (u) add_products(u, r->n_kept, groups, sign, meat);
        free(u);
    }
    free(code);
    return rc;
}

/* meat += weight * (u_a u_b' + u_b u_a') for scores in columns a and b of u [k][cells]. */
static void add_pair(const double *u, int k, int64_t cells, int64_t a, int64_t b, double weight,
                     double *meat)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            meat[i * k + j] += weight * (u[i * cells + a] * u[j * cells + b] +
                                         u[i * cells + b] * u[j * cells + a]);
}

static int by_place(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Cells of (unit, time), sorted: key = unit * periods + time; the rows' codes among them. */
static int list_cells(const jd_groups_t *unit, const jd_groups_t *time, int32_t *code,
                      int64_t **cell, int64_t *n_cells, jd_ctx_t *ctx)
{
    int64_t periods = time->n_groups;
    size_t n = (size_t)time->n;
    int rc = JD_OK;
    *cell = NULL;
    if (unit) {
        rc = cross_codes(unit, time->code, periods, code, n_cells, ctx);
    } else {
        memcpy(code, time->code, n * sizeof *code);
        *n_cells = periods;
    }
    if (rc) return rc;
    /* key in the high part, old code in the low one: sorting carries it along */
    size_t cells = (size_t)*n_cells;
    int64_t *key;
    int32_t *moved = NULL;
    rc = jd_make_n(&key, cells + 1, 2 * sizeof *key, "cells of units and periods", ctx);
    if (!rc) rc = jd_make_n(&moved, cells + 1, sizeof *moved, "cells of units and periods", ctx);
    if (rc) {
        free(key);
        free(moved);
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t *own = key + 2 * (int64_t)code[i];
        own[0] = (unit ? unit->code[i] : 0) * periods + time->code[i];
        own[1] = code[i];
    }
    qsort(key, cells, 2 * sizeof *key, by_place);
    for (size_t c = 0; c < cells; c++) {
        moved[key[2 * c + 1]] = (int32_t)c;
        key[c] = key[2 * c];
    }
    for (size_t i = 0; i < n; i++)
        code[i] = moved[code[i]];
    free(moved);
    *cell = key;
    return JD_OK;
}

int jd_meat_lags(const jd_regression_t *r, const double *residual, const jd_groups_t *unit,
                 const jd_groups_t *time, int32_t lag, double *meat, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    int64_t cells = 0, *cell = NULL, periods = time->n_groups;
    int32_t *code;
    if (jd_make_n(&code, (size_t)r->n, sizeof *code, "lagged scores", ctx)) return JD_ERR_NO_MEMORY;
    double *u = NULL;
    int rc = list_cells(unit, time, code, &cell, &cells, ctx);
    if (!rc) u = sum_scores(r, residual, code, cells, ctx);
    if (!rc && !u) rc = JD_ERR_NO_MEMORY;
    if (!rc) {
        clear(meat, k);
        add_products(u, k, cells, 1, meat);
        for (int64_t a = 0; a < cells; a++)
            for (int64_t b = a + 1; b < cells && cell[b] - cell[a] <= lag; b++) {
                if (cell[b] / periods != cell[a] / periods) break;
                double weight = 1 - (double)(cell[b] - cell[a]) / (lag + 1.0);
                add_pair(u, k, cells, a, b, weight, meat);
            }
    }
    free(u);
    free(cell);
    free(code);
    return rc;
}
