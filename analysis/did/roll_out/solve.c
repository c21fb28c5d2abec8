/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimates of roll_out and their variance (Roth and Sant'Anna 2023, sections 3 and 4): with S_g
 * the covariance of a cohort's outcomes, beta* = Var(X)^-1 Cov(X, theta_0), both sums over g of A
 * S_g A' / N_g; the conservative variance is that of theta_0 - X'beta, less, in the adjusted one,
 * what the outcomes before the first treated cohort's treatment explain of unit effects. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/roll_out/roll_out.h"
#include "linear/lapack.h"
#include "linear/sums.h"

int jd_roll_out_work_make(jd_roll_out_work_t *work, const jd_roll_out_t *r, jd_ctx_t *ctx)
{
    size_t t = (size_t)r->n_periods, cells = jd_roll_out_cells(r), k = (size_t)r->n_terms;
    size_t n = (size_t)r->n_units * t + cells + cells * t + 2 * k + k * k;
    size_t scratch = k * cells + k * t + 3 * t * t + 4 * t;
    memset(work, 0, sizeof *work);
    if (jd_make_n(&work->y, n + scratch, sizeof *work->y, "covariances", ctx))
        return JD_ERR_NO_MEMORY;
    work->mean = work->y + (size_t)r->n_units * t;
    work->s = work->mean + cells;
    work->beta = work->s + cells * t;
    work->estimate = work->beta + k;
    work->vcov = work->estimate + k;
    work->scratch = work->y + n;
    return JD_OK;
}

void jd_roll_out_work_free(jd_roll_out_work_t *work)
{
    free(work->y);
    memset(work, 0, sizeof *work);
}

static void fill_means(const jd_roll_out_t *r, const int32_t *unit_cohort, jd_roll_out_work_t *work)
{
    int32_t n_t = r->n_periods;
    memset(work->mean, 0, jd_roll_out_cells(r) * sizeof *work->mean);
    for (int32_t u = 0; u < r->n_units; u++) {
        double *mean = work->mean + (size_t)unit_cohort[u] * (size_t)n_t;
        for (int32_t t = 0; t < n_t; t++)
            mean[t] += work->y[(size_t)u * (size_t)n_t + (size_t)t];
    }
    for (int32_t g = 0; g < r->n_cohorts; g++)
        for (int32_t t = 0; t < n_t; t++)
            work->mean[g * n_t + t] /= r->size[g];
}

static void fill_covariances(const jd_roll_out_t *r, const int32_t *unit_cohort,
                             jd_roll_out_work_t *work)
{
    size_t n_t = (size_t)r->n_periods;
    double *d = work->scratch;
    memset(work->s, 0, jd_roll_out_cells(r) * n_t * sizeof *work->s);
    for (size_t u = 0; u < (size_t)r->n_units; u++) {
        size_t g = (size_t)unit_cohort[u];
        double *s = work->s + g * n_t * n_t;
        for (size_t t = 0; t < n_t; t++)
            d[t] = work->y[u * n_t + t] - work->mean[g * n_t + t];
        for (size_t t = 0; t < n_t; t++)
            for (size_t v = 0; v <= t; v++)
                s[t * n_t + v] += d[t] * d[v];
    }
    for (size_t g = 0; g < (size_t)r->n_cohorts; g++)
        for (size_t t = 0; t < n_t; t++)
            for (size_t v = 0; v <= t; v++) {
                double *s = work->s + g * n_t * n_t;
                s[v * n_t + t] = s[t * n_t + v] /= r->size[g] - 1;
            }
}

/* a' S_g b over one cohort's periods. */
static double form(const double *a, const double *s, const double *b, int32_t n_t)
{
    double sum = 0;
    for (int32_t t = 0; t < n_t; t++)
        if (a[t] != 0) sum += a[t] * jd_dot(s + (size_t)t * (size_t)n_t, b, n_t);
    return sum;
}

/* Sum over cohorts of a' S_g b / N_g. */
static double covariance(const jd_roll_out_t *r, const double *s, const double *a, const double *b)
{
    double sum = 0;
    size_t n_t = (size_t)r->n_periods;
    for (size_t g = 0; g < (size_t)r->n_cohorts; g++)
        sum += form(a + g * n_t, s + g * n_t * n_t, b + g * n_t, r->n_periods) / r->size[g];
    return sum;
}

static void fill_beta(const jd_roll_out_t *r, jd_roll_out_work_t *work)
{
    size_t cells = jd_roll_out_cells(r);
    for (size_t k = 0; k < (size_t)r->n_terms; k++) {
        const double *theta = r->theta + k * cells, *x = r->x + k * cells;
        double var = covariance(r, work->s, x, x);
        work->beta[k] = var > 0 ? covariance(r, work->s, x, theta) / var : 0;
    }
}

void jd_roll_out_solve(const jd_roll_out_t *r, const int32_t *unit_cohort, jd_roll_out_work_t *work)
{
    size_t cells = jd_roll_out_cells(r);
    fill_means(r, unit_cohort, work);
    if (r->adjust == JD_ADJUST_EFFICIENT) {
        fill_covariances(r, unit_cohort, work);
        fill_beta(r, work);
    }
    for (size_t k = 0; k < (size_t)r->n_terms; k++) {
        if (r->adjust != JD_ADJUST_EFFICIENT) work->beta[k] = r->adjust == JD_ADJUST_DID;
        work->estimate[k] =
            jd_dot_exact(r->theta + k * cells, work->mean, (int64_t)cells) -
            work->beta[k] * jd_dot_exact(r->x + k * cells, work->mean, (int64_t)cells);
    }
}

/* Adds (M S M')^+ M S theta, M the first `before` periods; the pseudo-inverse as MASS::ginv cuts
 * it. scratch 2 before^2 + 2 before. */
static int add_projection(const double *s, const double *theta, int32_t n_t, int32_t before,
                          double *sum, double *scratch)
{
    size_t p = (size_t)before;
    double *vector = scratch, *value = vector + p * p, *right = value + p;
    int any = 0;
    for (int32_t t = 0; t < n_t; t++)
        any |= theta[t] != 0;
    if (!any) return JD_OK;
    for (size_t a = 0; a < p; a++) {
        memcpy(vector + a * p, s + a * (size_t)n_t, p * sizeof *vector);
        right[a] = jd_dot(s + a * (size_t)n_t, theta, n_t);
    }
    int info = jd_eigen('L', before, vector, value);
    if (info != 0) return info == JD_LAPACK_MEMORY ? JD_ERR_NO_MEMORY : JD_ERR_NO_CONVERGENCE;
    for (size_t j = 0; j < p; j++) {
        if (!(value[j] > 1.4901161193847656e-8 * value[p - 1])) continue; /* 2^-26 */
        double by = jd_dot(vector + j * p, right, before) / value[j];
        for (size_t a = 0; a < p; a++)
            sum[a] += by * vector[j * p + a];
    }
    return JD_OK;
}

/* Periods before the first cohort with a part in a term. */
static int32_t periods_before(const jd_roll_out_t *r, int term)
{
    const double *theta = r->theta + (size_t)term * jd_roll_out_cells(r);
    int32_t n_t = r->n_periods, before = 0;
    size_t cell = 0, cells = jd_roll_out_cells(r);
    while (cell < cells && theta[cell] == 0)
        cell++;
    if (cell == cells) return 0; /* its parts cancel */
    while (before < n_t && r->period[before] < r->cohort[cell / (size_t)n_t])
        before++;
    return before;
}

/* What the first `before` periods explain, taken off the pairs of terms of which the earlier starts
 * there (the last part of the paper's equation for the adjusted variance). */
static int adjust(const jd_roll_out_t *r, int32_t before, const int32_t *starts,
                  jd_roll_out_work_t *work, double *scratch)
{
    size_t n_t = (size_t)r->n_periods, p = (size_t)before, k = (size_t)r->n_terms;
    size_t cells = jd_roll_out_cells(r);
    double *sum = scratch, *mean = sum + k * n_t, *half = mean + n_t * n_t, *room = half + n_t;
    int n_later = 0;
    memset(sum, 0, k * n_t * sizeof *sum);
    memset(mean, 0, n_t * n_t * sizeof *mean);
    for (size_t g = 0; g < (size_t)r->n_cohorts; g++) {
        const double *s = work->s + g * n_t * n_t;
        if (r->cohort[g] <= r->period[before - 1]) continue;
        n_later++;
        for (size_t a = 0; a < p; a++)
            for (size_t b = 0; b < p; b++)
                mean[a * p + b] += s[a * n_t + b];
        for (size_t j = 0; j < k; j++) {
            if (starts[j] < before) continue;
            int rc = add_projection(s, r->theta + j * cells + g * n_t, r->n_periods, before,
                                    sum + j * p, room);
            if (rc) return rc;
        }
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            if ((starts[i] < starts[j] ? starts[i] : starts[j]) != before) continue;
            for (size_t a = 0; a < p; a++)
                half[a] = jd_dot(mean + a * p, sum + j * p, before);
            work->vcov[i * k + j] -= jd_dot(sum + i * p, half, before) / n_later / r->n_units;
        }
    return JD_OK;
}

static int adjust_all(const jd_roll_out_t *r, jd_roll_out_work_t *work, double *scratch,
                      jd_ctx_t *ctx)
{
    int k = r->n_terms, rc = JD_OK, negative = 0;
    int32_t *starts;
    if (jd_make_n(&starts, (size_t)k, sizeof *starts, "covariances", ctx)) return JD_ERR_NO_MEMORY;
    for (int i = 0; i < k; i++)
        starts[i] = periods_before(r, i);
    double *first = scratch; /* [k] conservative variances */
    for (int i = 0; i < k; i++)
        first[i] = work->vcov[i * k + i];
    for (int32_t before = 1; !rc && before <= r->n_periods; before++) {
        int any = 0;
        for (int i = 0; i < k; i++)
            any |= starts[i] == before;
        if (any) rc = adjust(r, before, starts, work, scratch + k);
    }
    if (rc == JD_ERR_NO_MEMORY)
        rc = jd_fail_memory(ctx, (size_t)r->n_periods * sizeof(double), "covariances");
    else if (rc)
        rc = jd_fail(ctx, rc,
                     "roll_out: the covariance of outcomes before treatment has no "
                     "eigenvalues; rescale the outcome");
    for (int i = 0; !rc && i < k; i++)
        if (!(work->vcov[i * k + i] >= 0)) {
            work->vcov[i * k + i] = first[i];
            negative++;
        }
    free(starts);
    return rc ? rc : negative;
}

/* Sums over cohorts of squares of the units' own parts of each term, net' (y_u - mean) / (N_g - 1)
 * / N_g: where unit effects cancel in these, nothing of them is left to be taken off. */
static void square_parts(const jd_roll_out_t *r, const int32_t *unit_cohort, const double *net,
                         double *part, jd_roll_out_work_t *work)
{
    size_t n_t = (size_t)r->n_periods, k = (size_t)r->n_terms, cells = jd_roll_out_cells(r);
    double *d = part + k;
    memset(work->vcov, 0, k * k * sizeof *work->vcov);
    for (size_t u = 0; u < (size_t)r->n_units; u++) {
        size_t g = (size_t)unit_cohort[u];
        double by = 1 / ((r->size[g] - 1.0) * r->size[g]);
        for (size_t t = 0; t < n_t; t++)
            d[t] = work->y[u * n_t + t] - work->mean[g * n_t + t];
        for (size_t i = 0; i < k; i++) {
            part[i] = jd_dot(net + i * cells + g * n_t, d, r->n_periods);
            for (size_t j = 0; j <= i; j++)
                work->vcov[i * k + j] += by * part[i] * part[j];
        }
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < i; j++)
            work->vcov[j * k + i] = work->vcov[i * k + j];
}

int jd_roll_out_vcov(const jd_roll_out_t *r, const int32_t *unit_cohort, jd_roll_out_work_t *work,
                     jd_ctx_t *ctx)
{
    size_t cells = jd_roll_out_cells(r), k = (size_t)r->n_terms;
    double *net = work->scratch;
    if (r->adjust != JD_ADJUST_EFFICIENT) fill_covariances(r, unit_cohort, work);
    for (size_t i = 0; i < k; i++)
        for (size_t c = 0; c < cells; c++)
            net[i * cells + c] = r->theta[i * cells + c] - work->beta[i] * r->x[i * cells + c];
    square_parts(r, unit_cohort, net, net + k * cells, work);
    return r->neyman ? 0 : adjust_all(r, work, work->scratch, ctx);
}
