/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Weighted least squares with explicit dummies by Gram-Schmidt in long double, and CR1: a slow
 *  second opinion on estimators that make a data set of their own and regress on it. */
#ifndef JD_TESTS_PLAIN_OLS_H
#define JD_TESTS_PLAIN_OLS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OLS_N = 3000, OLS_X = 24, OLS_K = 64 };

typedef struct {
    int n, k, n_effects;
    long double x[OLS_X][OLS_N], y[OLS_N], w[OLS_N];
    int cluster[OLS_N], effect[2][OLS_N];
    /* out: */
    int kept[OLS_X], n_kept, n_clusters;
    long double beta[OLS_X], vcov[OLS_X][OLS_X], factor;
    long double score[OLS_N]; /* of the first coefficient kept */
} ols_t;

typedef struct {
    long double q[OLS_K][OLS_N], r[OLS_K][OLS_K];
    int n;
} ols_basis_t;

/* Adds a column (times sqrt w) unless earlier ones explain it. */
static inline int ols_add(ols_basis_t *b, const ols_t *o, const long double *x, long double cut)
{
    long double *q = b->q[b->n], before = 0, after = 0;
    for (int i = 0; i < o->n; i++) {
        q[i] = x[i] * sqrtl(o->w[i]);
        before += q[i] * q[i];
    }
    for (int k = 0; k <= b->n; k++)
        b->r[k][b->n] = 0;
    for (int round = 0; round < 2; round++)
        for (int k = 0; k < b->n; k++) {
            long double dot = 0;
            for (int i = 0; i < o->n; i++)
                dot += b->q[k][i] * q[i];
            for (int i = 0; i < o->n; i++)
                q[i] -= dot * b->q[k][i];
            b->r[k][b->n] += dot;
        }
    for (int i = 0; i < o->n; i++)
        after += q[i] * q[i];
    if (after <= cut * cut * before || before == 0) return 0;
    b->r[b->n][b->n] = sqrtl(after);
    for (int i = 0; i < o->n; i++)
        q[i] /= sqrtl(after);
    b->n++;
    return 1;
}

static inline int ols_levels(const int *code, int n)
{
    int levels = 0;
    for (int i = 0; i < n; i++) {
        int fresh = 1;
        for (int j = 0; j < i && fresh; j++)
            fresh = code[j] != code[i];
        levels += fresh;
    }
    return levels;
}

static inline int ols_nested(const int *code, const int *cluster, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (code[i] == code[j] && cluster[i] != cluster[j]) return 0;
    return 1;
}

/** Coefficients of x and their covariance, clustered, with fixest's factor. */
static inline void ols_fit(ols_t *o)
{
    static ols_basis_t b;
    static long double column[OLS_N], e[OLS_N], inverse[OLS_X][OLS_X], score[OLS_X][OLS_N];
    memset(&b, 0, sizeof b);
    for (int f = 0; f < o->n_effects; f++)
        for (int l = 0; l < o->n; l++) {
            int fresh = 1;
            for (int j = 0; j < l && fresh; j++)
                fresh = o->effect[f][j] != o->effect[f][l];
            if (!fresh) continue;
            for (int i = 0; i < o->n; i++)
                column[i] = o->effect[f][i] == o->effect[f][l];
            ols_add(&b, o, column, 1e-9L);
        }
    int dummies = b.n;
    o->n_kept = 0;
    for (int k = 0; k < o->k; k++)
        if (ols_add(&b, o, o->x[k], 1e-7L)) o->kept[o->n_kept++] = k;
    int k = o->n_kept;
    for (int i = 0; i < o->n; i++)
        e[i] = o->y[i] * sqrtl(o->w[i]);
    long double dot[OLS_K];
    for (int j = 0; j < b.n; j++) {
        dot[j] = 0;
        for (int i = 0; i < o->n; i++)
            dot[j] += b.q[j][i] * e[i];
        for (int i = 0; i < o->n; i++)
            e[i] -= dot[j] * b.q[j][i];
    }
    memset(inverse, 0, sizeof inverse);
    for (int j = 0; j < k; j++)
        for (int i = j; i >= 0; i--) {
            long double sum = i == j;
            for (int m = i + 1; m <= j; m++)
                sum -= b.r[dummies + i][dummies + m] * inverse[m][j];
            inverse[i][j] = sum / b.r[dummies + i][dummies + i];
        }
    for (int j = 0; j < k; j++) {
        o->beta[j] = 0;
        for (int m = j; m < k; m++)
            o->beta[j] += inverse[j][m] * dot[dummies + m];
        for (int i = 0; i < o->n; i++) {
            score[j][i] = 0;
            for (int m = j; m < k; m++)
                score[j][i] += inverse[j][m] * b.q[dummies + m][i] * e[i];
        }
    }
    memcpy(o->score, score[0], (size_t)o->n * sizeof *o->score);
    long double parameters = k;
    if (o->n_effects) parameters -= o->n_effects - 1;
    for (int f = 0; f < o->n_effects; f++)
        parameters +=
            ols_nested(o->effect[f], o->cluster, o->n) ? 1 : ols_levels(o->effect[f], o->n);
    o->n_clusters = ols_levels(o->cluster, o->n);
    long double g = o->n_clusters;
    o->factor = g / (g - 1) * (o->n - 1) / (o->n - parameters);
    for (int a = 0; a < k; a++)
        for (int c = 0; c < k; c++) {
            long double sum = 0;
            for (int i = 0; i < o->n; i++)
                for (int j = 0; j < o->n; j++)
                    if (o->cluster[i] == o->cluster[j]) sum += score[a][i] * score[c][j];
            o->vcov[a][c] = sum * o->factor;
        }
}

#endif
