/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A second opinion on comparisons given covariates: the estimators as their papers write them, in
 *  long double, by elimination and plain Newton steps; influences as derivatives in the weights. */
#ifndef JD_TESTS_DRDID_DENSE_H
#define JD_TESTS_DRDID_DENSE_H

#include <math.h>
#include <string.h>

#include "jiedao/did.h"

enum { PAIR_ROWS = 200, PAIR_X = 4 };

/** Rows of one comparison; panel: y is the change and post unused. x[.][0] = 1. */
typedef struct {
    int n, k, cross;
    int d[PAIR_ROWS], post[PAIR_ROWS], id[PAIR_ROWS];
    long double w[PAIR_ROWS], y[PAIR_ROWS], x[PAIR_ROWS][PAIR_X];
} dense_pair_t;

/** a x = b with pivots; unknowns without a pivot are 0. */
static inline void dense_solve(int k, long double a[PAIR_X][PAIR_X], long double *b)
{
    int used[PAIR_X] = {0}, row_of[PAIR_X];
    for (int j = 0; j < k; j++) {
        int best = -1;
        for (int i = 0; i < k; i++)
            if (!used[i] && (best < 0 || fabsl(a[i][j]) > fabsl(a[best][j]))) best = i;
        row_of[j] = -1;
        if (best < 0 || fabsl(a[best][j]) < 1e-12L) continue;
        used[best] = 1;
        row_of[j] = best;
        for (int i = 0; i < k; i++) {
            if (i == best) continue;
            long double by = a[i][j] / a[best][j];
            for (int l = 0; l < k; l++)
                a[i][l] -= by * a[best][l];
            b[i] -= by * b[best];
        }
    }
    long double out[PAIR_X] = {0};
    for (int j = 0; j < k; j++)
        if (row_of[j] >= 0) out[j] = b[row_of[j]] / a[row_of[j]][j];
    memcpy(b, out, (size_t)k * sizeof *b);
}

/** Least squares of y on x in rows with d and post (post < 0: both), weights w * odds or w. */
static inline void dense_wls(const dense_pair_t *p, int d, int post, const long double *odds,
                             long double *beta)
{
    long double a[PAIR_X][PAIR_X] = {{0}};
    memset(beta, 0, PAIR_X * sizeof *beta);
    for (int i = 0; i < p->n; i++) {
        if (p->d[i] != d || (post >= 0 && p->post[i] != post)) continue;
        long double w = p->w[i] * (odds ? odds[i] : 1);
        for (int j = 0; j < p->k; j++) {
            beta[j] += w * p->x[i][j] * p->y[i];
            for (int l = 0; l < p->k; l++)
                a[j][l] += w * p->x[i][j] * p->x[i][l];
        }
    }
    dense_solve(p->k, a, beta);
}

static inline long double dense_at(const dense_pair_t *p, int i, const long double *beta)
{
    long double sum = 0;
    for (int j = 0; j < p->k; j++)
        sum += p->x[i][j] * beta[j];
    return sum;
}

/** Odds of the logit, or those that balance the means; Newton's steps cut at `most_step`. */
static inline void dense_odds(const dense_pair_t *p, int balance, long double most_step,
                              long double *odds)
{
    long double gamma[PAIR_X] = {0};
    for (int round = 0; round < (balance ? 40 : 25); round++) {
        long double a[PAIR_X][PAIR_X] = {{0}}, step[PAIR_X] = {0}, most = 0;
        int balancing = balance && round >= 15;
        for (int i = 0; i < p->n; i++) {
            long double e = expl(dense_at(p, i, gamma)), chance = e / (1 + e);
            long double g = balancing ? (p->d[i] ? 1 : -e) : p->d[i] - chance;
            long double h = balancing ? (p->d[i] ? 0 : e) : chance * (1 - chance);
            for (int j = 0; j < p->k; j++) {
                step[j] += p->w[i] * g * p->x[i][j];
                for (int l = 0; l < p->k; l++)
                    a[j][l] += p->w[i] * h * p->x[i][j] * p->x[i][l];
            }
        }
        dense_solve(p->k, a, step);
        for (int j = 0; j < p->k; j++)
            most = fmaxl(most, fabsl(step[j]));
        for (int j = 0; j < p->k; j++)
            gamma[j] += step[j] * (most > most_step ? most_step / most : 1);
    }
    for (int i = 0; i < p->n; i++)
        odds[i] = expl(dense_at(p, i, gamma));
}

/** Mean of v over d and post (-1: both), weights w or w odds. */
static inline long double dense_mean(const dense_pair_t *p, int d, int post,
                                     const long double *odds, const long double *v)
{
    long double sum = 0, total = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->d[i] != d || (post >= 0 && p->post[i] != post)) continue;
        long double w = p->w[i] * (odds ? odds[i] : 1);
        sum += w * v[i];
        total += w;
    }
    return sum / total;
}

/** One side of the papers' estimators; post = -1 in a panel. */
static inline long double dense_side(const dense_pair_t *p, jd_method_t method, int post,
                                     const long double *odds)
{
    long double control[PAIR_X], treated[PAIR_X], r[PAIR_ROWS], gap[PAIR_ROWS], fit[PAIR_ROWS];
    if (method == JD_METHOD_ABADIE) {
        long double sum = 0, mass = 0, side = 0, all = 0;
        for (int i = 0; i < p->n; i++) {
            int in = post < 0 || p->post[i] == post;
            mass += p->d[i] ? p->w[i] : 0;
            side += in ? p->w[i] : 0;
            all += p->w[i];
            if (in) sum += p->w[i] * (p->d[i] ? 1 : -odds[i]) * p->y[i];
        }
        return sum / mass / (side / all);
    }
    if (method == JD_METHOD_IPW)
        return dense_mean(p, 1, post, NULL, p->y) - dense_mean(p, 0, post, odds, p->y);
    dense_wls(p, 0, post, method == JD_METHOD_IMPROVED ? odds : NULL, control);
    dense_wls(p, 1, post, NULL, treated);
    for (int i = 0; i < p->n; i++) {
        fit[i] = dense_at(p, i, control);
        r[i] = p->y[i] - fit[i];
        gap[i] = dense_at(p, i, treated) - fit[i];
    }
    if (method == JD_METHOD_REG)
        return dense_mean(p, 1, post, NULL, p->y) - dense_mean(p, 1, -1, NULL, fit);
    long double side = dense_mean(p, 1, post, NULL, r) - dense_mean(p, 0, post, odds, r);
    if (post >= 0) side += dense_mean(p, 1, -1, NULL, gap) - dense_mean(p, 1, post, NULL, gap);
    return side;
}

static inline long double dense_pair_att(const dense_pair_t *p, jd_method_t method)
{
    long double odds[PAIR_ROWS];
    if (method != JD_METHOD_REG) dense_odds(p, method == JD_METHOD_IMPROVED, 1, odds);
    if (!p->cross) return dense_side(p, method, -1, odds);
    return dense_side(p, method, 1, odds) - dense_side(p, method, 0, odds);
}

/** Influence of each row: derivative in its weight, times the weight. */
static inline void dense_pair_influence(dense_pair_t *p, jd_method_t method, long double *influence)
{
    for (int i = 0; i < p->n; i++) {
        long double w = p->w[i], step = 1e-6L;
        p->w[i] = w * (1 + step);
        long double up = dense_pair_att(p, method);
        p->w[i] = w * (1 - step);
        influence[i] = (up - dense_pair_att(p, method)) / (2 * step);
        p->w[i] = w;
    }
}

/** Largest propensity. */
static inline long double dense_most(const dense_pair_t *p)
{
    long double odds[PAIR_ROWS], most = 0;
    dense_odds(p, 0, 50, odds);
    for (int i = 0; i < p->n; i++)
        most = fmaxl(most, odds[i] / (1 + odds[i]));
    return most;
}

#endif
