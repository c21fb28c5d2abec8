/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every variance here is a sum over rows or clusters of u u', u = W e: row weights times residual.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/linear.h"
#include "linear/cellwise.h"
#include "linear/effects.h"
#include "linear/sums.h"

/* 1 if every level of the effect lies in one cluster, 0 if not, negative: out of memory. */
static int is_nested(const jd_groups_t *effect, const jd_groups_t *clusters, jd_ctx_t *ctx)
{
    if (effect->code == clusters->code) return 1;
    size_t levels = (size_t)effect->n_groups;
    int32_t *home = malloc((levels + 1) * sizeof *home);
    if (!home) return jd_fail_memory(ctx, levels * sizeof *home, "clusters");
    for (size_t l = 0; l < levels; l++)
        home[l] = -1;
    int nested = 1;
    for (int64_t i = 0; nested && i < effect->n; i++) {
        int32_t *h = &home[effect->code[i]];
        if (*h < 0) *h = clusters->code[i];
        nested = *h == clusters->code[i];
    }
    free(home);
    return nested;
}

/* K of the small-sample factor, by the conventions stated in the header. */
static int count_parameters(const jd_regression_t *r, const jd_groups_t *clusters, jd_k_fixed_t how,
                            int64_t *k, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(r->effects);
    *k = r->n_kept;
    if (how == JD_K_NONE || n_effects == 0) return JD_OK;
    *k -= n_effects - 1;
    for (int f = 0; f < n_effects; f++) {
        const jd_groups_t *effect = jd_effects_groups(r->effects, f);
        int nested = 0;
        if (how == JD_K_NESTED_FREE && clusters) nested = is_nested(effect, clusters, ctx);
        if (nested < 0) return nested;
        *k += nested ? 1 : effect->n_groups;
    }
    return JD_OK;
}

static const double *weights_of(const jd_regression_t *r, int j)
{
    return r->columns + (size_t)j * (size_t)r->n;
}

/* sum over rows of u u', over blocks in order. */
static int meat_rows(const jd_regression_t *r, const double *residual, double *meat, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    size_t size = (size_t)k * (size_t)k;
    double *u = malloc((size_t)k * JD_BLOCK * sizeof *u);
    if (!u) return jd_fail_memory(ctx, (size_t)k * JD_BLOCK * sizeof *u, "a variance");
    memset(meat, 0, size * sizeof *meat);
    for (int64_t b = 0; b < jd_n_blocks(r->n); b++) {
        int64_t from = b * JD_BLOCK, rows = jd_block_end(b, r->n) - from;
        for (int j = 0; j < k; j++) {
            const double *w = weights_of(r, j) + from, *e = residual + from;
            for (int64_t i = 0; i < rows; i++)
                u[j * JD_BLOCK + i] = w[i] * e[i];
        }
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++)
                meat[i * k + j] += jd_dot(u + i * JD_BLOCK, u + j * JD_BLOCK, rows);
    }
    free(u);
    return JD_OK;
}

/* sum over clusters of u u', u summed within clusters in the order of rows. */
static int meat_clusters(const jd_regression_t *r, const double *residual,
                         const jd_groups_t *clusters, double *meat, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    size_t groups = (size_t)clusters->n_groups;
    double *u = calloc((size_t)k * groups, sizeof *u);
    if (!u) return jd_fail_memory(ctx, (size_t)k * groups * sizeof *u, "clustered scores");
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static)
    for (int j = 0; j < k; j++) {
        const double *w = weights_of(r, j);
        double *sum = u + (size_t)j * groups;
        for (int64_t i = 0; i < r->n; i++)
            sum[clusters->code[i]] += w[i] * residual[i];
    }
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            meat[i * k + j] =
                jd_dot(u + (size_t)i * groups, u + (size_t)j * groups, clusters->n_groups);
    free(u);
    return JD_OK;
}

/* Small-sample factor, degrees of freedom and name. */
static int judge(const jd_regression_t *r, const jd_groups_t *clusters,
                 const jd_vcov_options_t *options, jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    int clustered = options->kind == JD_VCOV_CLUSTER;
    double n = (double)r->n;
    int rc = count_parameters(r, clustered ? clusters : NULL, options->k_fixed, &facts->k, ctx);
    if (rc != JD_OK) return rc;
    if (facts->k >= r->n)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%" PRId64 " rows for %" PRId64 " parameters: no degree of freedom is left "
                       "for a standard error; use fewer fixed effects or covariates",
                       r->n, facts->k);
    double k = (double)facts->k;
    facts->df = n - k;
    if (!clustered) {
        facts->name = options->kind == JD_VCOV_IID ? "iid" : "HC1";
        facts->factor = options->no_k_adjustment ? 1 : n / (n - k);
        return JD_OK;
    }
    double g = (double)clusters->n_groups;
    facts->name = "CR1";
    facts->n_clusters = clusters->n_groups;
    facts->df = g - 1;
    facts->factor = options->no_k_adjustment ? 1 : (n - 1) / (n - k);
    if (!options->no_cluster_adjustment) facts->factor *= g / (g - 1);
    return JD_OK;
}

static int estimate_vcov(const jd_regression_t *regression, const double *residual,
                         const jd_groups_t *clusters, const jd_vcov_options_t *options,
                         double *vcov, jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    const jd_regression_t *r = regression;
    int k = r->n_kept;
    memset(facts, 0, sizeof *facts);
    if (options->kind == JD_VCOV_CLUSTER && (!clusters || clusters->n_groups < 2))
        return jd_fail(ctx, JD_ERR_DATA,
                       "clustered standard errors need at least two clusters, here is %d; cluster "
                       "by a finer unit, or ask for HC1 or iid",
                       clusters ? clusters->n_groups : 0);
    int rc = judge(r, clusters, options, facts, ctx);
    if (rc != JD_OK) return rc;
    facts->ssr = jd_dot_weighted(r->weight, residual, residual, r->n);
    if (options->kind == JD_VCOV_IID) {
        for (int e = 0; e < k * k; e++)
            vcov[e] = r->bread[e] * (facts->ssr / (double)r->n * facts->factor);
        return JD_OK;
    }
    if (options->kind == JD_VCOV_HC1)
        rc = meat_rows(r, residual, vcov, ctx);
    else if (!r->columns)
        rc = jd_cellwise_meat(r->cells, k, residual, clusters, vcov, ctx);
    else
        rc = meat_clusters(r, residual, clusters, vcov, ctx);
    if (rc != JD_OK) return rc;
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++) {
            vcov[i * k + j] *= facts->factor;
            vcov[j * k + i] = vcov[i * k + j];
        }
    return JD_OK;
}

/* 1 if the variance is made of columns of row weights; negative: out of memory. Without columns
 * there is iid, and clusters that hold whole units. */
static int needs_columns(const jd_regression_t *r, const jd_groups_t *clusters,
                         const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    if (!r->cells || options->kind == JD_VCOV_IID) return 0;
    if (options->kind != JD_VCOV_CLUSTER) return 1;
    if (!clusters) return 0; /* refused later */
    int nested = is_nested(jd_effects_largest(r->effects), clusters, ctx);
    return nested < 0 ? nested : !nested;
}

int jd_regression_vcov(const jd_regression_t *regression, const double *residual,
                       const jd_groups_t *clusters, const jd_vcov_options_t *options, double *vcov,
                       jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    jd_regression_t r = *regression;
    int spread = needs_columns(&r, clusters, options, ctx);
    if (spread < 0) return spread;
    if (spread) {
        size_t n = (size_t)r.n, bytes = (size_t)r.n_kept * n * sizeof *r.columns;
        r.columns = malloc(bytes);
        if (!r.columns) return jd_fail_memory(ctx, bytes, "row weights");
        for (int j = 0; j < r.n_kept; j++)
            jd_regression_weights(regression, j, r.columns + (size_t)j * n);
    }
    int rc = estimate_vcov(&r, residual, clusters, options, vcov, facts, ctx);
    if (spread) free(r.columns);
    return rc;
}
