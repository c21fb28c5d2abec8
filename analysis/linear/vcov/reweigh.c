/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Within a cluster I - H = (I - U U') - R R' in rows scaled by sqrt(w), U and R orthogonal. With
 * R = P L V' this is (I - U U') + P (-L^2) P', so any power of it is
 * (I - U U') + P [(1 - L^2)^power - 1] P': an eigenproblem of the smaller side of R. Unequal
 * weights make CR2's matrix (I-H)(I-H)' another one, which is then built in full. */
#include "linear/vcov/reweigh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/lapack.h"
#include "linear/sums.h"
#include "linear/vcov/vcov.h"

enum { MAX_DENSE = 4096 };                  /* rows of a cluster in weighted CR2 */
static const double null_tolerance = 1e-10; /* eigenvalues of I - H below count as 0 */

static int is_dense(const jd_leverage_t *v, jd_reweigh_t how)
{
    return how == JD_REWEIGH_CR2 && !v->exact_unit;
}

int jd_reweigh_open(jd_reweigh_work_t *work, const jd_leverage_t *v, jd_reweigh_t how,
                    jd_ctx_t *ctx)
{
    memset(work, 0, sizeof *work);
    size_t n = (size_t)v->largest, m = (size_t)v->m, k = (size_t)v->r->n_kept;
    if (is_dense(v, how) && v->largest > MAX_DENSE)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "CR2 with unequal weights needs clusters of at most %d rows, one has %lld; "
                       "use CR3 or CV3, which have no such bound",
                       MAX_DENSE, (long long)v->largest);
    size_t q = n < m || is_dense(v, how) ? n : m, rank = n < m ? n : m;
    if (how == JD_REWEIGH_NONE) q = rank = 0;
    size_t level = is_dense(v, how) ? n * m + n : 0;
    size_t cells = n * m + n + (size_t)v->s + k * n + rank * n + q * q + q + m + n + level + 1;
    if (jd_make_unset(&work->r, cells, sizeof *work->r, "adjusted clusters", ctx))
        return JD_ERR_NO_MEMORY;
    work->u = work->r + n * m;
    work->scratch = work->u + n;
    work->s = work->scratch + v->s;
    work->p = work->s + k * n;
    work->gram = work->p + rank * n;
    work->value = work->gram + q * q;
    work->c = work->value + q;
    work->level = work->c + m + n;
    work->level_own = work->level + n * m;
    return jd_make_n(&work->lost, k + 1, 1, "adjusted clusters", ctx);
}

void jd_reweigh_close(jd_reweigh_work_t *work)
{
    free(work->r); /* one block */
    free(work->lost);
    memset(work, 0, sizeof *work);
}

int jd_reweigh_spread(const jd_leverage_t *v, double *spread, jd_ctx_t *ctx)
{
    size_t m = (size_t)v->m;
    jd_reweigh_work_t work;
    memset(spread, 0, m * m * sizeof *spread);
    for (size_t i = 0; v->exact_unit && i < m; i++)
        spread[i * m + i] = 1;
    if (v->exact_unit) return JD_OK;
    int rc = jd_reweigh_open(&work, v, JD_REWEIGH_NONE, ctx);
    for (int32_t g = 0; !rc && g < v->groups->n_groups; g++) {
        const int32_t *row;
        int64_t n = jd_leverage_rows(v, g, &row);
        jd_leverage_block(v, g, work.r, work.u, work.scratch);
        for (int64_t i = 0; i < n; i++) {
            const double *r = work.r + (size_t)i * m;
            for (size_t a = 0; a < m; a++) {
                double by = v->r->weight[row[i]] * r[a];
                for (size_t b = 0; b < m; b++)
                    spread[a * m + b] += by * r[b];
            }
        }
    }
    jd_reweigh_close(&work);
    return rc;
}

int jd_reweigh_singular(const jd_leverage_t *v, int64_t n, jd_reweigh_work_t *work)
{
    int m = v->m, small = n <= m, q = small ? (int)n : m, rank = 0;
    double *g = work->gram, *value = work->value;
    if (small) {
        for (int i = 0; i < q; i++)
            for (int j = 0; j <= i; j++)
                g[i * q + j] = jd_dot(work->r + (int64_t)i * m, work->r + (int64_t)j * m, m);
    } else {
        memset(g, 0, (size_t)q * (size_t)q * sizeof *g);
        for (int64_t at = 0; at < n; at++)
            for (int i = 0; i < q; i++)
                for (int j = 0; j <= i; j++)
                    g[i * q + j] += work->r[at * m + i] * work->r[at * m + j];
    }
    int info = jd_eigen('U', q, g, value);
    if (info != 0) return info == JD_LAPACK_MEMORY ? JD_LAPACK_MEMORY : -1;
    for (int e = 0; e < q; e++) {
        const double *vector = g + (size_t)e * (size_t)q;
        if (value[e] < 1e-13) continue;
        double *p = work->p + (int64_t)rank * n;
        if (small)
            memcpy(p, vector, (size_t)n * sizeof *p);
        else
            for (int64_t at = 0; at < n; at++)
                p[at] = jd_dot(work->r + at * m, vector, m) / sqrt(value[e]);
        value[rank++] = value[e];
    }
    return rank;
}

double jd_reweigh_power(const jd_leverage_t *v, int32_t group, int64_t n, int rank, double power,
                        const jd_reweigh_work_t *work, double *x)
{
    double lost = 0;
    for (int e = 0; e < rank; e++)
        work->c[e] = jd_dot(work->p + (int64_t)e * n, x, n);
    jd_leverage_sweep(v, group, work->u, x);
    for (int e = 0; e < rank; e++) {
        double left = 1 - work->value[e];
        double by = left > null_tolerance ? pow(left, power) - 1 : -1;
        if (left <= null_tolerance && work->c[e] * work->c[e] > lost)
            lost = work->c[e] * work->c[e];
        for (int64_t i = 0; i < n; i++)
            x[i] += by * work->c[e] * work->p[(int64_t)e * n + i];
    }
    return lost;
}

/* By rows: a [n][m] = sum of w U R over the rows of the row's level, own [n] = that of w U U. */
static void sum_levels(const jd_leverage_t *v, int64_t n, const int32_t *row,
                       jd_reweigh_work_t *work)
{
    int m = v->m;
    double *a = work->level, *own = work->level_own;
    memset(a, 0, (size_t)n * (size_t)m * sizeof *a);
    memset(own, 0, (size_t)n * sizeof *own);
    for (int64_t from = 0, to; v->own && from < n; from = to) {
        for (to = from; to < n && v->own->code[row[to]] == v->own->code[row[from]]; to++) {
            double by = v->r->weight[row[to]] * work->u[to];
            own[from] += by * work->u[to];
            for (int c = 0; c < m; c++)
                a[from * m + c] += by * work->r[to * m + c];
        }
        for (int64_t i = from + 1; i < to; i++) {
            own[i] = own[from];
            memcpy(a + i * m, a + from * m, (size_t)m * sizeof *a);
        }
    }
}

/* [(I-H)(I-H)']_gg = I - H - H' + H H' in rows not scaled, which unequal weights make unsymmetric;
 * spread = sum of w R R'. In scaled rows H w H = R spread R' + U a R' + R a'U' + own U U'. */
static void dense_matrix(const jd_leverage_t *v, int64_t n, const int32_t *row,
                         const double *spread, jd_reweigh_work_t *work)
{
    int m = v->m;
    const double *u = work->u;
    double *b = work->gram, *turned = work->c;
    sum_levels(v, n, row, work);
    for (int64_t i = 0; i < n; i++) {
        const double *ri = work->r + i * m, *ai = work->level + i * m;
        for (int c = 0; c < m; c++)
            turned[c] = jd_dot(ri, spread + (int64_t)c * m, m) + u[i] * ai[c];
        for (int64_t j = 0; j <= i; j++) {
            const double *rj = work->r + j * m, *aj = work->level + j * m;
            int together = v->own && v->own->code[row[i]] == v->own->code[row[j]];
            double uu = together ? u[i] * u[j] : 0, h = jd_dot(ri, rj, m) + uu;
            double hwh = jd_dot(turned, rj, m) + u[j] * jd_dot(aj, ri, m) + uu * work->level_own[i];
            double wi = v->r->weight[row[i]], wj = v->r->weight[row[j]];
            b[i * n + j] = (i == j) - h * (sqrt(wj / wi) + sqrt(wi / wj)) + hwh / sqrt(wi * wj);
        }
    }
}

/* s := B^(-1/2) s for the dense matrix B. */
static int apply_dense(const jd_leverage_t *v, int64_t n, jd_reweigh_work_t *work)
{
    int k = v->r->n_kept;
    double *b = work->gram, *out = work->c;
    int info = jd_eigen('U', (int)n, b, work->value);
    if (info != 0) return info == JD_LAPACK_MEMORY ? JD_LAPACK_MEMORY : -1;
    for (int j = 0; j < k; j++) {
        double *s = work->s + j * n;
        memset(out, 0, (size_t)n * sizeof *out);
        for (int64_t e = 0; e < n; e++) {
            if (work->value[e] <= null_tolerance) continue;
            double along = jd_dot(b + e * n, s, n) / sqrt(work->value[e]);
            for (int64_t i = 0; i < n; i++)
                out[i] += along * b[e * n + i];
        }
        memcpy(s, out, (size_t)n * sizeof *out);
    }
    return 0;
}

int jd_reweigh_group(const jd_leverage_t *v, int32_t group, jd_reweigh_t how, const double *spread,
                     jd_reweigh_work_t *work)
{
    const int32_t *row;
    int64_t n = jd_leverage_rows(v, group, &row);
    int k = v->r->n_kept, rank = 0, lost = 0;
    jd_leverage_block(v, group, work->r, work->u, work->scratch);
    for (int j = 0; j < k; j++)
        for (int64_t i = 0; i < n; i++)
            work->s[j * n + i] = jd_row_weights(v->r, j)[row[i]];
    memset(work->lost, 0, (size_t)k);
    if (how == JD_REWEIGH_NONE) return 0;
    if (is_dense(v, how)) {
        dense_matrix(v, n, row, spread, work);
        return apply_dense(v, n, work);
    }
    rank = jd_reweigh_singular(v, n, work);
    if (rank < 0) return rank;
    for (int j = 0; j < k; j++) {
        double *s = work->s + j * n;
        for (int64_t i = 0; i < n; i++)
            s[i] /= sqrt(jd_reweigh_weight(v, row[i]));
        double along =
            jd_reweigh_power(v, group, n, rank, how == JD_REWEIGH_CR2 ? -0.5 : -1, work, s);
        double scale = v->r->bread[j * k + j]; /* squared length of all the scaled weights */
        if (v->exact_unit && v->r->weight) scale *= v->r->weight[0];
        work->lost[j] = how == JD_REWEIGH_CR3 && along > 1e-10 * scale;
        lost += work->lost[j];
        for (int64_t i = 0; i < n; i++)
            s[i] *= sqrt(jd_reweigh_weight(v, row[i]));
    }
    return lost;
}
