/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which covariance, with which small-sample factor and degrees of freedom. */
#include "linear/vcov/vcov.h"
#include "linear/lapack.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/effects.h"
#include "linear/cells/cellwise.h"
#include "linear/sums.h"

/* What a kind needs of the rows. */
static const struct {
    const char *name;
    unsigned clusters : 1, time : 1, unit : 1, place : 1, adjusted : 1;
} kinds[] = {
    [JD_VCOV_CLUSTER] = {.name = "CR1", .clusters = 1},
    [JD_VCOV_IID] = {.name = "iid"},
    [JD_VCOV_HC1] = {.name = "HC1"},
    [JD_VCOV_MULTIWAY] = {.name = "CR1 multi-way", .clusters = 1},
    [JD_VCOV_HC2] = {.name = "HC2", .adjusted = 1},
    [JD_VCOV_HC3] = {.name = "HC3", .adjusted = 1},
    [JD_VCOV_CR2] = {.name = "CR2", .clusters = 1, .adjusted = 1},
    [JD_VCOV_CR3] = {.name = "CR3", .clusters = 1, .adjusted = 1},
    [JD_VCOV_CV3] = {.name = "CV3", .clusters = 1, .adjusted = 1},
    [JD_VCOV_CV3J] = {.name = "CV3J", .clusters = 1, .adjusted = 1},
    [JD_VCOV_NEWEY_WEST] = {.name = "Newey-West", .time = 1, .unit = 1},
    [JD_VCOV_DRISCOLL_KRAAY] = {.name = "Driscoll-Kraay", .time = 1},
    [JD_VCOV_CONLEY] = {.name = "Conley", .place = 1},
};

static int check_clusters(const jd_vcov_rows_t *rows, const jd_vcov_options_t *options,
                          jd_ctx_t *ctx)
{
    int need = options->kind == JD_VCOV_MULTIWAY ? 2 : 1;
    if (rows->n_ways < need && need == 2)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "multi-way clustering needs a second cluster variable beside the first");
    for (int c = 0; c < need || (need == 2 && c < rows->n_ways); c++) {
        int32_t groups = c < rows->n_ways ? rows->way[c]->n_groups : 0;
        if (groups < 2)
            return jd_fail(
                ctx, JD_ERR_DATA,
                "clustered standard errors need at least two clusters, here is %d; cluster "
                "by a finer unit, or request HC1 or iid",
                groups);
    }
    return JD_OK;
}

static int check_rows(const jd_vcov_rows_t *rows, const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    if ((unsigned)options->kind >= sizeof kinds / sizeof *kinds)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "no variance of kind %d", (int)options->kind);
    const char *name = kinds[options->kind].name;
    if (kinds[options->kind].clusters) return check_clusters(rows, options, ctx);
    if ((kinds[options->kind].time && !rows->time) || (kinds[options->kind].unit && !rows->unit))
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s standard errors need units and periods, which this estimator's rows do "
                       "not have; use clustered ones",
                       name);
    if (kinds[options->kind].time && rows->time->n_groups < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s standard errors need at least two periods, here is one", name);
    if (!kinds[options->kind].place) return JD_OK;
    if (!rows->latitude || !rows->longitude)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "Conley standard errors need latitude and longitude of every row");
    if (!(options->cutoff_km > 0 && isfinite(options->cutoff_km)))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "cutoff_km = %g of Conley standard errors; it is a distance > 0",
                       options->cutoff_km);
    return JD_OK;
}

/* Groups the factor G/(G-1) counts: of the way with fewest, or periods; 0 = none. */
static int32_t count_groups(const jd_vcov_rows_t *rows, const jd_vcov_options_t *options)
{
    if (kinds[options->kind].time) return rows->time->n_groups;
    if (!kinds[options->kind].clusters) return 0;
    int32_t fewest = rows->way[0]->n_groups;
    for (int c = 1; options->kind == JD_VCOV_MULTIWAY && c < rows->n_ways; c++)
        if (rows->way[c]->n_groups < fewest) fewest = rows->way[c]->n_groups;
    return fewest;
}

/* Small-sample factor, degrees of freedom and name. */
static int judge(const jd_regression_t *r, const jd_vcov_rows_t *rows,
                 const jd_vcov_options_t *options, jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    int clustered = kinds[options->kind].clusters, multiway = options->kind == JD_VCOV_MULTIWAY;
    double n = (double)r->n, g = (double)count_groups(rows, options);
    int rc = jd_count_parameters(r, rows->way, multiway ? rows->n_ways : clustered, options,
                                 &facts->k, ctx);
    if (rc) return rc;
    if (facts->k >= r->n)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%" PRId64 " rows for %" PRId64 " parameters: no degree of freedom is left "
                       "for a standard error; use fewer fixed effects or covariates",
                       r->n, facts->k);
    double k = (double)facts->k;
    facts->name = kinds[options->kind].name;
    facts->n_clusters = clustered ? (int32_t)g : 0;
    facts->df = g > 0 && !options->residual_df ? g - 1 : n - k;
    int jackknife = options->kind == JD_VCOV_CV3 || options->kind == JD_VCOV_CV3J;
    facts->factor = jackknife ? (g - 1) / g : 1;
    if (kinds[options->kind].adjusted) return JD_OK;
    if (!options->no_k_adjustment)
        facts->factor = g > 0 && !options->n_over ? (n - 1) / (n - k) : n / (n - k);
    int own = multiway && options->own_cluster_factors;
    if (g > 0 && !options->no_cluster_adjustment && !own) facts->factor *= g / (g - 1);
    return JD_OK;
}

int jd_mend(double *matrix, int k, jd_ctx_t *ctx)
{
    size_t size = (size_t)k;
    double *vectors;
    if (jd_make_unset(&vectors, size * size + size, sizeof *vectors, "a covariance", ctx))
        return JD_ERR_NO_MEMORY;
    double *values = vectors + size * size;
    memcpy(vectors, matrix, size * size * sizeof *vectors);
    /* Eigenvectors end in rows: row-major is column-major transposed. */
    int rc = JD_OK, info = jd_eigen('U', k, vectors, values);
    if (info == JD_LAPACK_MEMORY)
        rc = jd_fail_memory(ctx, size * sizeof *values, "a covariance");
    else if (info != 0)
        rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE, "the eigenvalues of a covariance do not converge");
    if (!rc && values[0] < 0) {
        memset(matrix, 0, size * size * sizeof *matrix);
        for (size_t e = 0; e < size; e++)
            for (size_t i = 0; values[e] > 0 && i < size; i++)
                for (size_t j = 0; j < size; j++)
                    matrix[i * size + j] +=
                        values[e] * vectors[e * size + i] * vectors[e * size + j];
    }
    free(vectors);
    return rc;
}

/* T^(1/4), whole part: Newey and West's 1987 rule as fixest and sandwich use it. */
static int32_t lags(const jd_vcov_options_t *options, int32_t periods)
{
    if (options->lag < 0) return 0;
    if (options->lag > 0) return options->lag < periods ? options->lag : periods - 1;
    return (int32_t)floor(sqrt(sqrt((double)periods)) + 1e-9);
}

static int make_meat(const jd_regression_t *r, const double *residual, const jd_vcov_rows_t *rows,
                     const jd_vcov_options_t *o, double *meat, jd_ctx_t *ctx)
{
    switch (o->kind) {
    case JD_VCOV_CLUSTER:
        if (!r->columns)
            return jd_cellwise_meat(r->cells, r->n_kept, residual, rows->way[0], meat, ctx);
        return jd_meat_groups(r, residual, rows->way[0], meat, ctx);
    case JD_VCOV_MULTIWAY: {
        int own = o->own_cluster_factors && !o->no_cluster_adjustment;
        return jd_meat_multiway(r, residual, rows, own, meat, ctx);
    }
    case JD_VCOV_NEWEY_WEST:
    case JD_VCOV_DRISCOLL_KRAAY:
        return jd_meat_lags(r, residual, o->kind == JD_VCOV_NEWEY_WEST ? rows->unit : NULL,
                            rows->time, lags(o, rows->time->n_groups), meat, ctx);
    case JD_VCOV_CONLEY:
        return jd_meat_conley(r, residual, rows, o, meat, ctx);
    default:
        return jd_meat_rows(r, residual, NULL, 0, meat, ctx);
    }
}

static int fill_df(const jd_regression_t *r, const jd_vcov_rows_t *rows,
                   const jd_vcov_options_t *options, const jd_vcov_facts_t *facts, double *df,
                   jd_ctx_t *ctx)
{
    int n = rows->contrast ? rows->n_contrasts : r->n_kept;
    if (options->kind == JD_VCOV_CLUSTER && options->satterthwaite)
        return jd_vcov_adjusted(r, NULL, rows, JD_VCOV_CLUSTER, NULL, df, ctx);
    for (int j = 0; j < n; j++)
        df[j] = facts->df;
    return JD_OK;
}

int jd_regression_spread(const jd_regression_t *r, double **columns, jd_ctx_t *ctx)
{
    size_t n = (size_t)r->n, bytes = (size_t)r->n_kept * n * sizeof **columns;
    if (jd_make_unset(columns, bytes, 1, "row weights", ctx)) return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    for (int j = 0; j < r->n_kept && !rc; j++) {
        jd_regression_weights(r, j, *columns + (size_t)j * n);
        rc = jd_check_cancelled(ctx);
    }
    return rc;
}

static int estimate_vcov(const jd_regression_t *r, const double *residual,
                         const jd_vcov_rows_t *rows, const jd_vcov_options_t *options, double *vcov,
                         double *df, jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    int rc = judge(r, rows, options, facts, ctx);
    if (!rc && df) rc = fill_df(r, rows, options, facts, df, ctx);
    if (rc) return rc;
    facts->ssr = jd_dot_weighted(r->weight, residual, residual, r->n);
    if (options->kind == JD_VCOV_IID) {
        for (int e = 0; e < k * k; e++)
            vcov[e] = r->bread[e] * (facts->ssr / (double)r->n * facts->factor);
        return JD_OK;
    }
    if (kinds[options->kind].adjusted)
        return jd_vcov_adjusted(r, residual, rows, options->kind, vcov, df, ctx);
    rc = make_meat(r, residual, rows, options, vcov, ctx);
    if (rc) return rc;
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++) {
            vcov[i * k + j] *= facts->factor;
            vcov[j * k + i] = vcov[i * k + j];
        }
    int may_be_negative = options->kind == JD_VCOV_MULTIWAY || options->kind == JD_VCOV_CONLEY;
    return may_be_negative ? jd_mend(vcov, k, ctx) : JD_OK;
}

/* 1 if the variance is made of columns of row weights; negative: out of memory. Without columns
 * there is iid, and clusters that hold whole units. */
static int needs_columns(const jd_regression_t *r, const jd_vcov_rows_t *rows,
                         const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    if (!r->cells || options->kind == JD_VCOV_IID) return 0;
    if (options->kind != JD_VCOV_CLUSTER || options->satterthwaite) return 1;
    int nested = jd_is_nested(jd_effects_largest(r->effects), rows->way[0], ctx);
    return nested < 0 ? nested : !nested;
}

int jd_regression_vcov(const jd_regression_t *regression, const double *residual,
                       const jd_vcov_rows_t *rows, const jd_vcov_options_t *options, double *vcov,
                       double *df, jd_vcov_facts_t *facts, jd_ctx_t *ctx)
{
    jd_regression_t r = *regression;
    memset(facts, 0, sizeof *facts);
    int rc = jd_check_cancelled(ctx);
    if (!rc) rc = check_rows(rows, options, ctx);
    if (rc) return rc;
    int spread = needs_columns(&r, rows, options, ctx);
    if (spread < 0) return spread;
    if (spread) {
        rc = jd_regression_spread(regression, &r.columns, ctx);
        if (rc) return rc;
    }
    int told = rows->contrast ? rows->n_contrasts - rows->n_aside : r.n_kept;
    rc = estimate_vcov(&r, residual, rows, options, vcov, df, facts, ctx);
    for (int j = 0; !rc && df && j < told; j++)
        if (df[j] < facts->df) facts->df = df[j];
    if (spread) free(r.columns);
    return rc;
}
