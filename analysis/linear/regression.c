/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/linear.h"
#include "linear/cells/cellwise.h"
#include "linear/cholesky.h"
#include "linear/identify.h"
#include "linear/sums.h"
#include "panel/grid.h"

static const double absorbed_tolerance = 1e-8; /* of a column's length, left by fixed effects */
static const double rounding =
    1e-12; /* of a column's length, its mean in it: what is left is noise */
static const double collinear_tolerance = 1e-10; /* of its square, left by the columns before it */

enum { MOST_REGRESSORS = 46340 }; /* cells of [k][k] are counted by int */

/* All but the columns. */
static int init_small(jd_regression_t *r, const jd_effects_t *effects, int64_t n, int n_x,
                      const double *weight, jd_ctx_t *ctx)
{
    memset(r, 0, sizeof *r);
    if (n_x < 1) return jd_fail(ctx, JD_ERR_ARGUMENT, "a regression needs a regressor");
    if (n_x > MOST_REGRESSORS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "a regression on %d columns; at most %d are possible: bin or aggregate the "
                       "effects, and absorb dummies as fixed effects",
                       n_x, MOST_REGRESSORS);
    size_t k = (size_t)n_x, rows = (size_t)n;
    r->n = n;
    r->n_x = n_x;
    r->effects = effects;
    int rc = jd_make_n(&r->kept, k, sizeof *r->kept, "the regressors", ctx);
    if (!rc) rc = jd_make_n(&r->cross, k * k, sizeof *r->cross, "the regressors", ctx);
    if (!rc) rc = jd_make_n(&r->bread, k * k, sizeof *r->bread, "the regressors", ctx);
    if (!rc && weight)
        rc = jd_make_unset(&r->weight, rows, sizeof *r->weight, "the regressors", ctx);
    if (rc) return rc;
    if (weight) memcpy(r->weight, weight, rows * sizeof *weight);
    return JD_OK;
}

static int make_columns(jd_regression_t *r, jd_ctx_t *ctx)
{
    size_t cells = (size_t)r->n_x * (size_t)r->n;
    return jd_make_n(&r->columns, cells, sizeof *r->columns, "the regressors", ctx);
}

int jd_regression_init(jd_regression_t *regression, const jd_effects_t *effects, int64_t n, int n_x,
                       const double *weight, jd_ctx_t *ctx)
{
    int rc = init_small(regression, effects, n, n_x, weight, ctx);
    if (!rc) rc = make_columns(regression, ctx);
    if (rc) jd_regression_free(regression);
    return rc;
}

int jd_regression_init_dummies(jd_regression_t *regression, const jd_effects_t *effects, int64_t n,
                               int n_x, const int32_t *code, const double *weight, jd_ctx_t *ctx)
{
    jd_regression_t *r = regression;
    int rc = init_small(r, effects, n, n_x, weight, ctx);
    if (!rc) rc = jd_cellwise_make(&r->cells, effects, n_x, code, ctx);
    if (!rc && !r->cells) {
        rc = make_columns(r, ctx);
        for (int64_t i = 0; !rc && i < n; i++)
            if (code[i] >= 0) r->columns[(int64_t)code[i] * n + i] = 1;
    }
    if (rc) jd_regression_free(r);
    return rc;
}

void jd_regression_free(jd_regression_t *regression)
{
    if (!regression) return;
    free(regression->columns);
    jd_cellwise_free(regression->cells);
    free(regression->kept);
    free(regression->cross);
    free(regression->bread);
    free(regression->weight);
    memset(regression, 0, sizeof *regression);
}

static double *column(const jd_regression_t *r, int j)
{
    return r->columns + (size_t)j * (size_t)r->n;
}

/* What fixed effects must leave of a column's squared length for it to be kept: a share of its
 * length about its mean where they take the mean out, and more than the rounding of its values, all
 * that a constant leaves. Weights are in both, and any scale. */
static double least_left(const jd_regression_t *r, int j)
{
    const double *x = column(r, j), *w = r->weight;
    double sum = 0, total = 0, square = 0, mean = 0, whole = 0;
    if (jd_effects_count(r->effects) > 0) {
        for (int64_t i = 0; i < r->n; i++) {
            double wi = w ? w[i] : 1.0;
            sum += wi * x[i];
            total += wi;
        }
        mean = sum / total;
    }
    for (int64_t i = 0; i < r->n; i++) {
        double wi = w ? w[i] : 1.0;
        square += wi * (x[i] - mean) * (x[i] - mean);
        whole += wi * x[i] * x[i];
    }
    return fmax(absorbed_tolerance * absorbed_tolerance * square, rounding * rounding * whole);
}

/* Lower part of one block's cross products. */
static void cross_block(const double *columns, int64_t n, int k, int64_t block, double *part)
{
    int64_t from = block * JD_BLOCK, rows = jd_block_end(block, n) - from;
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            part[i * k + j] = jd_dot(columns + (size_t)i * (size_t)n + from,
                                     columns + (size_t)j * (size_t)n + from, rows);
}

/* Lower part of the cross products of columns [k][n], a few blocks at a time, added in their order.
 */
static int cross_products(const double *columns, int64_t n, int k, double *cross, jd_ctx_t *ctx)
{
    enum { AT_ONCE = 16 };
    int64_t blocks = jd_n_blocks(n);
    size_t size = (size_t)k * (size_t)k;
    double *part;
    if (jd_make_n(&part, AT_ONCE * size, sizeof *part, "cross products", ctx))
        return JD_ERR_NO_MEMORY;
    memset(cross, 0, size * sizeof *cross);
    int rc = JD_OK;
    for (int64_t first = 0; first < blocks && !rc; first += AT_ONCE) {
        int64_t last = first + AT_ONCE < blocks ? first + AT_ONCE : blocks;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static) if (last - first > 1)
        for (int64_t b = first; b < last; b++)
            cross_block(columns, n, k, b, part + (size_t)(b - first) * size);
        for (int64_t b = first; b < last; b++)
            for (size_t e = 0; e < size; e++)
                cross[e] += part[(size_t)(b - first) * size + e];
        rc = jd_check_cancelled(ctx);
    }
    free(part);
    return rc;
}

/* Columns scaled by the square root of the weights, those the fixed effects absorb moved out. */
static int residualise(jd_regression_t *r, double *least, jd_ctx_t *ctx)
{
    for (int j = 0; j < r->n_x; j++)
        least[j] = least_left(r, j);
    int rc = jd_effects_demean(r->effects, r->columns, r->n_x, ctx);
    if (rc) return rc;
    int kept = 0;
    for (int j = 0; j < r->n_x; j++) {
        double *x = column(r, j);
        double left = jd_dot_weighted(r->weight, x, x, r->n);
        if (!(left > least[j])) continue;
        if (r->weight)
            for (int64_t i = 0; i < r->n; i++)
                x[i] *= sqrt(r->weight[i]);
        if (kept != j) memcpy(column(r, kept), x, (size_t)r->n * sizeof *x);
        r->kept[kept++] = j;
    }
    r->n_kept = kept;
    return JD_OK;
}

/* Leaves out columns that depend on earlier ones; `cross` is scratch for the factor. */
static int drop_collinear(jd_regression_t *r, jd_ctx_t *ctx)
{
    if (r->n_kept == 0) return JD_OK;
    unsigned char *keep;
    if (jd_make(&keep, r->n_kept, 1, "the search for collinear terms", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = cross_products(r->columns, r->n, r->n_kept, r->cross, ctx);
    if (!rc) {
        jd_cholesky(r->cross, r->n_kept, NULL, collinear_tolerance, keep);
        int kept = 0;
        for (int j = 0; j < r->n_kept; j++) {
            if (!keep[j]) continue;
            if (kept != j) memcpy(column(r, kept), column(r, j), (size_t)r->n * sizeof(double));
            r->kept[kept++] = r->kept[j];
        }
        r->n_kept = kept;
    }
    free(keep);
    return rc;
}

/* In each block of rows, columns times the upper triangle `u` [k][k] (rows of it, if transposed).
 */
static void multiply_blocks(jd_regression_t *r, const double *u, int transposed, int64_t first,
                            int64_t last, int threads)
{
    int k = r->n_kept;
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static) if (last - first > 1)
    for (int64_t b = first; b < last; b++) {
        int64_t from = b * JD_BLOCK, rows = jd_block_end(b, r->n) - from;
        /* In place: X U needs columns up to j, so j falls; X U' those from j on, so j rises. */
        for (int step = 0; step < k; step++) {
            int j = transposed ? step : k - 1 - step;
            double *restrict out = column(r, j) + from;
            double own = u[j * k + j];
            for (int64_t i = 0; i < rows; i++)
                out[i] *= own;
            for (int m = transposed ? j + 1 : 0; m < (transposed ? k : j); m++) {
                const double *restrict in = column(r, m) + from;
                double by = transposed ? u[j * k + m] : u[m * k + j];
                for (int64_t i = 0; i < rows; i++)
                    out[i] += by * in[i];
            }
        }
    }
}

/* All blocks, some at a time, so that a wish to stop is heard between them. */
static int multiply_triangle(jd_regression_t *r, const double *u, int transposed, jd_ctx_t *ctx)
{
    enum { SUMS = 100000000 }; /* between two looks: some 30 ms */
    const int threads = jd_ctx_threads(ctx);
    const int64_t blocks = jd_n_blocks(r->n), k = r->n_kept, fit = SUMS / (JD_BLOCK * (k * k + 1)),
                  at_once = fit > threads ? fit : threads;
    int rc = JD_OK;
    for (int64_t first = 0; first < blocks && !rc; first += at_once) {
        const int64_t last = first + at_once < blocks ? first + at_once : blocks;
        multiply_blocks(r, u, transposed, first, last, threads);
        rc = jd_check_cancelled(ctx);
    }
    return rc;
}

/* Upper triangle R with X'X = R'R, and its inverse; both row-major [k][k], lower parts zero. */
static int triangle_of(const jd_regression_t *r, double *triangle, double *inverse, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    int rc = cross_products(r->columns, r->n, k, inverse, ctx);
    if (rc) return rc;
    /* Row-major lower is column-major upper: LAPACK then leaves L, row-major, in place. */
    if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', k, inverse, k) != 0)
        return jd_fail(ctx, JD_ERR_RANK,
                       "the regressors' cross products are not positive definite");
    memset(triangle, 0, (size_t)(k * k) * sizeof *triangle);
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            triangle[j * k + i] = inverse[i * k + j];
    memcpy(inverse, triangle, (size_t)(k * k) * sizeof *inverse);
    if (LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'L', 'N', k, inverse, k) != 0)
        return jd_fail(ctx, JD_ERR_RANK, "the regressors' triangular factor is singular");
    return JD_OK;
}

/* out = a b for k x k matrices. */
static void multiply(const double *a, const double *b, int k, double *out)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += a[i * k + m] * b[m * k + j];
            out[i * k + j] = sum;
        }
}

/* Cholesky-QR twice: X = Q R with Q orthonormal to rounding; then W = sqrt(w) Q R^-T. */
static int orthogonalise(jd_regression_t *r, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    size_t size = (size_t)k * (size_t)k;
    double *work;
    if (jd_make_unset(&work, 6 * size, sizeof *work, "the regressors' factor", ctx))
        return JD_ERR_NO_MEMORY;
    double *r1 = work, *i1 = r1 + size, *r2 = i1 + size, *i2 = r2 + size, *all = i2 + size,
           *inverse = all + size;
    int rc = triangle_of(r, r1, i1, ctx);
    if (!rc) {
        rc = multiply_triangle(r, i1, 0, ctx);
        if (!rc) rc = triangle_of(r, r2, i2, ctx);
    }
    if (!rc) rc = multiply_triangle(r, i2, 0, ctx);
    if (!rc) {
        multiply(r2, r1, k, all);
        multiply(i1, i2, k, inverse);
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                double cross = 0, bread = 0;
                for (int m = 0; m < k; m++) {
                    cross += all[m * k + i] * all[m * k + j];
                    bread += inverse[i * k + m] * inverse[j * k + m];
                }
                r->cross[i * k + j] = cross;
                r->bread[i * k + j] = bread;
            }
        rc = multiply_triangle(r, inverse, 1, ctx);
    }
    free(work);
    return rc;
}

static int refuse_unidentified(const jd_regression_t *r, jd_ctx_t *ctx)
{
    if (r->n_kept > 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_RANK,
                   "no coefficient is identified: the fixed effects explain all %d regressors; an "
                   "effect needs a treatment that varies over time within units and between "
                   "units at a time",
                   r->n_x);
}

int jd_regression_identify(jd_regression_t *r, jd_ctx_t *ctx)
{
    double *least;
    if (jd_make_unset(&least, (size_t)r->n_x, sizeof *least, "the regressors", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = residualise(r, least, ctx);
    free(least);
    if (!rc) rc = drop_collinear(r, ctx);
    return rc ? rc : refuse_unidentified(r, ctx);
}

static int factor_columns(jd_regression_t *r, jd_ctx_t *ctx)
{
    int rc = jd_regression_identify(r, ctx);
    if (!rc) rc = orthogonalise(r, ctx);
    if (rc) return rc;
    if (r->weight)
        for (int j = 0; j < r->n_kept; j++)
            for (int64_t i = 0; i < r->n; i++)
                column(r, j)[i] *= sqrt(r->weight[i]);
    if (r->n_kept < r->n_x) {
        size_t bytes = (size_t)r->n_kept * (size_t)r->n * sizeof *r->columns;
        double *less = realloc(r->columns, bytes);
        if (!less) return jd_fail_memory(ctx, bytes, "the regressors");
        r->columns = less;
    }
    return JD_OK;
}

int jd_regression_factor(jd_regression_t *regression, jd_ctx_t *ctx)
{
    int rc = jd_check_cancelled(ctx);
    if (rc) return rc;
    if (!regression->cells) return factor_columns(regression, ctx);
    rc = jd_cellwise_factor(regression->cells, regression, ctx);
    return rc ? rc : refuse_unidentified(regression, ctx);
}

void jd_regression_estimate(const jd_regression_t *regression, const double *const *y, int n_y,
                            double *beta, jd_ctx_t *ctx)
{
    const jd_regression_t *r = regression;
    if (r->cells) {
        int own = n_y == 1 ? jd_pass_threads(ctx, r->n) : 1;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static) if (n_y > 1)
        for (int j = 0; j < n_y; j++)
            jd_cellwise_estimate(r->cells, r->n_kept, y[j], beta + j, n_y, own);
        return;
    }
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static) if (r->n > JD_BLOCK)
    for (int64_t c = 0; c < (int64_t)r->n_kept * n_y; c++)
        beta[c] = jd_dot_exact(column(r, (int)(c / n_y)), y[c % n_y], r->n);
}

void jd_regression_weights(const jd_regression_t *regression, int k, double *w)
{
    const jd_regression_t *r = regression;
    if (r->cells)
        jd_cellwise_weights(r->cells, r->n_kept, k, w);
    else
        memcpy(w, column(r, k), (size_t)r->n * sizeof *w);
}

void jd_regression_combine(const jd_regression_t *regression, const double *by, double *w)
{
    const jd_regression_t *r = regression;
    if (r->cells) {
        jd_cellwise_combine(r->cells, r->n_kept, by, w);
        return;
    }
    memset(w, 0, (size_t)r->n * sizeof *w);
    for (int k = 0; k < r->n_kept; k++)
        for (int64_t i = 0; by[k] != 0 && i < r->n; i++)
            w[i] += by[k] * column(r, k)[i];
}

int jd_regression_residuals(const jd_regression_t *regression, const double *y, const double *beta,
                            double *residual, jd_ctx_t *ctx)
{
    const jd_regression_t *r = regression;
    int k = r->n_kept;
    if (r->cells) {
        jd_cellwise_residuals(r->cells, k, y, beta, residual, jd_pass_threads(ctx, r->n));
        return JD_OK;
    }
    double *load;
    if (jd_make_unset(&load, (size_t)k, sizeof *load, "residuals", ctx)) return JD_ERR_NO_MEMORY;
    memcpy(residual, y, (size_t)r->n * sizeof *residual);
    int rc = jd_effects_demean(r->effects, residual, 1, ctx);
    /* X = (W / w) X'X, so the fit X beta is (W / w) times X'X beta. */
    for (int i = 0; i < k; i++) {
        load[i] = 0;
        for (int j = 0; j < k; j++)
            load[i] += r->cross[i * k + j] * beta[j];
    }
    if (!rc)
        for (int j = 0; j < k; j++) {
            const double *w = column(r, j);
            if (r->weight)
                for (int64_t i = 0; i < r->n; i++)
                    residual[i] -= w[i] / r->weight[i] * load[j];
            else
                for (int64_t i = 0; i < r->n; i++)
                    residual[i] -= w[i] * load[j];
        }
    free(load);
    return rc;
}
