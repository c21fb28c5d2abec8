/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/vcov/leverage.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/effects.h"
#include "linear/cholesky.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"

static double weight_of(const jd_regression_t *r, int64_t i)
{
    return r->weight ? r->weight[i] : 1.0;
}

/* The largest effect nested in the groups becomes `own`, the rest `other`. */
static int part_effects(jd_leverage_t *v, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(v->r->effects), own = -1;
    if (jd_effects_slopes(v->r->effects) > 0)
        return jd_fail(
            ctx, JD_ERR_UNSUPPORTED,
            "leverages (HC2, HC3, CR2, CR3, jackknives, the wild bootstrap) are not known "
            "with slopes that differ by level; use cluster (CR1) or HC1, or give the slopes of few "
            "levels as covariates, a column a level");
    if (jd_make_n(&v->other, (size_t)n_effects + 1, sizeof *v->other, "leverages", ctx))
        return JD_ERR_NO_MEMORY;
    for (int f = 0; f < n_effects; f++) {
        const jd_groups_t *effect = jd_effects_groups(v->r->effects, f);
        if (v->own && effect->n_groups <= v->own->n_groups) continue;
        int nested = jd_is_nested(effect, v->groups, ctx);
        if (nested < 0) return nested;
        if (!nested) continue;
        v->own = effect;
        own = f;
    }
    int64_t levels = 0;
    for (int f = 0; f < n_effects; f++) {
        if (f == own) continue;
        v->other[v->n_other++] = jd_effects_groups(v->r->effects, f);
        levels += jd_effects_groups(v->r->effects, f)->n_groups;
    }
    if (levels > JD_LEVERAGE_LEVELS)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "exact leverages need all fixed effects but one nested in the clusters in "
                       "one dense factor: %lld levels, at most %d are allowed; use CR1 or HC1, or "
                       "clusters that contain the largest effect's levels",
                       (long long)levels, JD_LEVERAGE_LEVELS);
    v->s = (int)levels;
    return JD_OK;
}

/* Stable counting sort of rows by code; in may be NULL: rows in their order. */
static void sort_rows(const jd_groups_t *groups, const int32_t *in, int64_t *start, int32_t *out)
{
    memset(start, 0, ((size_t)groups->n_groups + 1) * sizeof *start);
    for (int64_t i = 0; i < groups->n; i++)
        start[groups->code[i] + 1]++;
    for (int32_t g = 0; g < groups->n_groups; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < groups->n; i++) {
        int32_t row = in ? in[i] : (int32_t)i;
        out[start[groups->code[row]]++] = row;
    }
    for (int32_t g = groups->n_groups; g > 0; g--)
        start[g] = start[g - 1];
    start[0] = 0;
}

static int order_rows(jd_leverage_t *v, jd_ctx_t *ctx)
{
    size_t n = (size_t)v->r->n, most = (size_t)v->groups->n_groups;
    if (v->own && (size_t)v->own->n_groups > most) most = (size_t)v->own->n_groups;
    int32_t *first = calloc(n, sizeof *first);
    v->row = malloc(n * sizeof *v->row);
    v->start = malloc((most + 1) * sizeof *v->start);
    int rc = JD_OK;
    if (!first || !v->row || !v->start) {
        rc = jd_fail_memory(ctx, 2 * n * sizeof *first, "leverages");
    } else {
        if (v->own) sort_rows(v->own, NULL, v->start, first);
        sort_rows(v->groups, v->own ? first : NULL, v->start, v->row);
        for (int32_t g = 0; g < v->groups->n_groups; g++)
            if (v->start[g + 1] - v->start[g] > v->largest)
                v->largest = v->start[g + 1] - v->start[g];
    }
    free(first);
    return rc;
}

/* End of the run of rows in one level of `own` that begins at `from`; without own, one row. */
static int64_t run_end(const jd_leverage_t *v, int64_t from, int64_t to)
{
    int64_t end = from + 1;
    if (!v->own) return end;
    while (end < to && v->own->code[v->row[end]] == v->own->code[v->row[from]])
        end++;
    return end;
}

/* Adds one run's part of the other effects' normal equations, after own's means are taken out. */
static void add_run(const jd_leverage_t *v, int64_t from, int64_t to, double *a, double *d,
                    int *touched)
{
    size_t size = (size_t)v->s;
    int n_touched = 0;
    for (int64_t at = from; at < to; at++) {
        int64_t i = v->row[at];
        double w = weight_of(v->r, i);
        int offset = 0;
        for (int f = 0; f < v->n_other; offset += v->other[f++]->n_groups) {
            int level = offset + v->other[f]->code[i], before = 0;
            if (d[level] == 0) touched[n_touched++] = level;
            d[level] += w;
            for (int e = 0; e <= f; before += v->other[e++]->n_groups)
                a[(size_t)level * size + (size_t)(before + v->other[e]->code[i])] += w;
        }
    }
    double inverse = v->own ? v->own_inverse[v->own->code[v->row[from]]] : 0;
    for (int x = 0; x < n_touched; x++)
        for (int y = 0; v->own && y < n_touched; y++)
            if (touched[y] <= touched[x])
                a[(size_t)touched[x] * size + (size_t)touched[y]] -=
                    d[touched[x]] * d[touched[y]] * inverse;
    for (int x = 0; x < n_touched; x++)
        d[touched[x]] = 0;
}

/* Inverse of the Cholesky factor of a [size][size] over its kept levels, columns contiguous. */
static int invert_factor(jd_leverage_t *v, const double *a, size_t size, const unsigned char *kept,
                         jd_ctx_t *ctx)
{
    int s = 0;
    for (size_t l = 0; l < size; l++)
        v->place[l] = kept[l] ? s++ : -1;
    v->s = s;
    if (jd_make_n(&v->factor, (size_t)s * (size_t)s + 1, sizeof *v->factor, "leverages", ctx))
        return JD_ERR_NO_MEMORY;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; kept[i] && j <= i; j++)
            if (kept[j]) v->factor[v->place[j] * s + v->place[i]] = a[i * size + j];
    if (s > 0 && LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'L', 'N', s, v->factor, s) != 0)
        return jd_fail(ctx, JD_ERR_RANK, "the fixed effects' factor is singular");
    return JD_OK;
}

static int factor_others(jd_leverage_t *v, jd_ctx_t *ctx)
{
    size_t size = (size_t)v->s;
    double *a;
    int *touched = NULL;
    unsigned char *kept = NULL;
    int rc = jd_make_n(&a, size * size + 2 * size + 1, sizeof *a, "leverages", ctx);
    if (!rc) rc = jd_make_unset(&touched, size + 1, sizeof *touched, "leverages", ctx);
    if (!rc) rc = jd_make_n(&kept, size + 1, 1, "leverages", ctx);
    if (!rc) rc = jd_make_unset(&v->place, size + 1, sizeof *v->place, "leverages", ctx);
    if (rc) goto out;
    double *scale = a + size * size, *d = scale + size;
    for (int64_t from = 0, to; size > 0 && from < v->r->n; from = to) {
        to = run_end(v, from, v->r->n);
        add_run(v, from, to, a, d, touched);
    }
    int offset = 0;
    for (int f = 0; f < v->n_other; offset += v->other[f++]->n_groups)
        for (int64_t i = 0; i < v->r->n; i++)
            scale[offset + v->other[f]->code[i]] += weight_of(v->r, i);
    if (size > 0) jd_cholesky(a, (int)size, scale, 1e-12, kept);
    rc = invert_factor(v, a, size, kept, ctx);
out:
    free(a);
    free(touched);
    free(kept);
    return rc;
}

/* What of the nested effect is needed: one over the weights of its levels. */
static int sum_own(jd_leverage_t *v, jd_ctx_t *ctx)
{
    if (!v->own) return JD_OK;
    size_t levels = (size_t)v->own->n_groups;
    if (jd_make_n(&v->own_inverse, levels, sizeof *v->own_inverse, "leverages", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < v->r->n; i++)
        v->own_inverse[v->own->code[i]] += weight_of(v->r, i);
    for (size_t l = 0; l < levels; l++)
        v->own_inverse[l] = 1 / v->own_inverse[l];
    return JD_OK;
}

static int factor_regressors(jd_leverage_t *v, jd_ctx_t *ctx)
{
    int k = v->r->n_kept;
    size_t size = (size_t)k * (size_t)k;
    if (jd_make_unset(&v->root, size, sizeof *v->root, "leverages", ctx)) return JD_ERR_NO_MEMORY;
    memcpy(v->root, v->r->cross, size * sizeof *v->root);
    /* Row-major lower is column-major upper. */
    if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', k, v->root, k) != 0)
        return jd_fail(ctx, JD_ERR_RANK, "the regressors' cross products are not definite");
    return JD_OK;
}

int jd_leverage_make(jd_leverage_t *v, const jd_regression_t *r, const jd_groups_t *groups,
                     jd_ctx_t *ctx)
{
    memset(v, 0, sizeof *v);
    v->r = r;
    v->groups = groups;
    v->exact_unit = 1;
    for (int64_t i = 1; r->weight && i < r->n && v->exact_unit; i++)
        v->exact_unit = r->weight[i] == r->weight[0];
    int rc = part_effects(v, ctx);
    if (!rc) rc = order_rows(v, ctx);
    if (!rc) rc = sum_own(v, ctx);
    if (!rc) rc = factor_others(v, ctx);
    if (!rc) rc = factor_regressors(v, ctx);
    v->m = v->s + r->n_kept;
    return rc;
}

void jd_leverage_free(jd_leverage_t *v)
{
    if (!v) return;
    free(v->own_inverse);
    free(v->other);
    free(v->place);
    free(v->factor);
    free(v->root);
    free(v->row);
    free(v->start);
    memset(v, 0, sizeof *v);
}

int64_t jd_leverage_rows(const jd_leverage_t *v, int32_t group, const int32_t **row)
{
    *row = v->row + v->start[group];
    return v->start[group + 1] - v->start[group];
}

/* q += by * (sum of the factor's columns of the levels row i lies in) */
static void add_levels(const jd_leverage_t *v, int64_t i, double by, double *restrict q)
{
    int32_t offset = 0;
    for (int f = 0; f < v->n_other; offset += v->other[f++]->n_groups) {
        int32_t place = v->place[offset + v->other[f]->code[i]];
        if (place < 0) continue;
        const double *restrict column = v->factor + (size_t)place * (size_t)v->s;
        for (int j = place; j < v->s; j++)
            q[j] += by * column[j];
    }
}

static void add_regressors(const jd_leverage_t *v, int64_t i, double *restrict p)
{
    int k = v->r->n_kept;
    double root_w = sqrt(weight_of(v->r, i));
    for (int m = 0; m < k; m++) {
        double x = jd_row_weights(v->r, m)[i] / root_w;
        for (int j = 0; j <= m; j++)
            p[j] += x * v->root[m * k + j];
    }
}

void jd_leverage_block(const jd_leverage_t *v, int32_t group, double *restrict big_r, double *u,
                       double *scratch)
{
    int64_t first = v->start[group], last = v->start[group + 1], to;
    memset(big_r, 0, (size_t)(last - first) * (size_t)v->m * sizeof *big_r);
    for (int64_t from = first; from < last; from = to) {
        to = run_end(v, from, last);
        double inverse = v->own ? v->own_inverse[v->own->code[v->row[from]]] : 0;
        memset(scratch, 0, (size_t)v->s * sizeof *scratch);
        for (int64_t at = from; v->own && at < to; at++)
            add_levels(v, v->row[at], -weight_of(v->r, v->row[at]) * inverse, scratch);
        for (int64_t at = from; at < to; at++) {
            int64_t i = v->row[at];
            double *q = big_r + (at - first) * v->m, root_w = sqrt(weight_of(v->r, i));
            u[at - first] = root_w * sqrt(inverse);
            add_levels(v, i, 1, q);
            for (int j = 0; j < v->s; j++)
                q[j] = root_w * (q[j] + scratch[j]);
            add_regressors(v, i, q + v->s);
        }
    }
}

void jd_leverage_sweep(const jd_leverage_t *v, int32_t group, const double *u, double *x)
{
    int64_t first = v->start[group], last = v->start[group + 1], to;
    for (int64_t from = first; v->own && from < last; from = to) {
        to = run_end(v, from, last);
        double along = jd_dot(u + (from - first), x + (from - first), to - from);
        for (int64_t at = from - first; at < to - first; at++)
            x[at] -= along * u[at];
    }
}

/* Groups to work through where only single rows matter: the largest effect's levels, else blocks
 * of rows. */
static int part_rows(const jd_regression_t *r, jd_groups_t *blocks, const jd_groups_t **groups,
                     jd_ctx_t *ctx)
{
    *groups = NULL;
    for (int f = 0; f < jd_effects_count(r->effects); f++) {
        const jd_groups_t *effect = jd_effects_groups(r->effects, f);
        if (!*groups || effect->n_groups > (*groups)->n_groups) *groups = effect;
    }
    if (*groups) return JD_OK;
    if (jd_make_unset(&blocks->code, (size_t)r->n, sizeof *blocks->code, "leverages", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < r->n; i++)
        blocks->code[i] = (int32_t)(i / JD_BLOCK);
    blocks->n = r->n;
    blocks->n_groups = (int32_t)jd_n_blocks(r->n);
    *groups = blocks;
    return JD_OK;
}

int jd_leverages(const jd_regression_t *r, double *leverage, jd_ctx_t *ctx)
{
    jd_leverage_t v = {0};
    jd_groups_t blocks = {0};
    const jd_groups_t *groups;
    double *work = NULL;
    int rc = part_rows(r, &blocks, &groups, ctx), threads = jd_ctx_threads(ctx);
    if (!rc) rc = jd_leverage_make(&v, r, groups, ctx);
    size_t each = (size_t)v.largest * (size_t)(v.m + 1) + (size_t)v.s;
    if (!rc) rc = jd_make_unset(&work, (size_t)threads * each, sizeof *work, "leverages", ctx);
    if (!rc) {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (int t = 0; t < threads; t++) {
            double *big_r = work + (size_t)t * each, *u = big_r + v.largest * v.m;
            for (int32_t g = t; g < groups->n_groups; g += threads) {
                const int32_t *row;
                int64_t n = jd_leverage_rows(&v, g, &row);
                jd_leverage_block(&v, g, big_r, u, u + v.largest);
                for (int64_t i = 0; i < n; i++)
                    leverage[row[i]] = u[i] * u[i] + jd_dot(big_r + i * v.m, big_r + i * v.m, v.m);
            }
        }
    }
    free(work);
    jd_leverage_free(&v);
    jd_groups_free(&blocks);
    return rc;
}

int jd_leverage_rank(const jd_regression_t *r, int64_t *rank, jd_ctx_t *ctx)
{
    jd_leverage_t v = {0};
    jd_groups_t blocks = {0};
    const jd_groups_t *groups;
    int rc = part_rows(r, &blocks, &groups, ctx);
    if (!rc) rc = jd_leverage_make(&v, r, groups, ctx);
    if (!rc) *rank = v.s + (v.own ? v.own->n_groups : 0);
    jd_leverage_free(&v);
    jd_groups_free(&blocks);
    return rc;
}
