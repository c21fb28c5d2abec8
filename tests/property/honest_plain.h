/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The tests behind robust sets, plainly: restrictions out of a trend's differences, every vertex
 * of the dual by solving for every subset of restrictions. */
#ifndef JD_TESTS_HONEST_PLAIN_H
#define JD_TESTS_HONEST_PLAIN_H

#include <string.h>

#include "diagnose/trends/honest_parts.h"
#include "property/event_paths.h"

enum { MAX_ROWS = 12 };

typedef struct {
    int rows, r, n;
    double a[MAX_ROWS][MAX_PATH], d[MAX_ROWS];
    double w[MAX_ROWS][4]; /* 1 and the nuisance columns */
    double toward[MAX_ROWS], base[MAX_ROWS], covariance[MAX_ROWS][MAX_ROWS];
    int n_vertices;
    double vertex[400][MAX_ROWS];
    double size, critical;
    const jd_event_path_t *path;
    const jd_flci_t *flci; /* first stage, or NULL */
} plain_t;

/* Difference of the given order that ends in t, of a trend with its 0 put in. */
static inline double difference(const double *delta, int order, int t)
{
    return order == 0 ? delta[t]
                      : difference(delta, order - 1, t) - difference(delta, order - 1, t - 1);
}

static inline void plain_row(plain_t *p, const jd_event_path_t *path, int order, int t, double sign,
                             int bound_order, int place, double bound)
{
    for (int i = 0; i < p->n; i++) {
        double all[MAX_PATH + 1] = {0}, *delta = all + path->n_pre;
        all[i + (i >= path->n_pre)] = 1;
        p->a[p->rows][i] = sign * difference(delta, order, t);
        if (bound != 0) p->a[p->rows][i] -= bound * difference(delta, bound_order, place);
    }
    p->rows++;
}

/* Solves r equations by Gauss and Jordan; 0 where singular. */
static inline int plain_solve(double m[4][5], int r)
{
    for (int c = 0; c < r; c++) {
        int best = c;
        for (int i = c + 1; i < r; i++)
            if (fabs(m[i][c]) > fabs(m[best][c])) best = i;
        if (fabs(m[best][c]) < 1e-9) return 0;
        for (int k = 0; k <= r; k++) {
            double swap = m[c][k];
            m[c][k] = m[best][k];
            m[best][k] = swap;
        }
        for (int i = 0; i < r; i++) {
            double f = i == c ? 0 : m[i][c] / m[c][c];
            for (int k = 0; k <= r; k++)
                m[i][k] -= f * m[c][k];
        }
    }
    for (int i = 0; i < r; i++)
        m[i][r] /= m[i][i];
    return 1;
}

static inline void list_vertices(plain_t *p)
{
    for (int set = 1; set < 1 << p->rows; set++) {
        int chosen[4], n = 0;
        for (int i = 0; i < p->rows && n <= p->r; i++)
            if (set >> i & 1) {
                if (n < p->r) chosen[n] = i;
                n++;
            }
        if (n != p->r) continue;
        double m[4][5] = {{0}};
        for (int k = 0; k < p->r; k++) {
            for (int c = 0; c < p->r; c++)
                m[k][c] = p->w[chosen[c]][k];
            m[k][p->r] = k == 0;
        }
        int good = plain_solve(m, p->r);
        for (int c = 0; good && c < p->r; c++)
            good = m[c][p->r] >= -1e-10;
        if (!good) continue;
        assert_true(p->n_vertices < 400);
        for (int c = 0; c < p->r; c++)
            p->vertex[p->n_vertices][chosen[c]] = fmax(m[c][p->r], 0);
        p->n_vertices++;
    }
}

static inline void plain_make(plain_t *p, const jd_event_path_t *path, const jd_honest_options_t *o,
                              const double *l, double m, int place, int sign)
{
    memset(p, 0, sizeof *p);
    p->n = path->n_pre + path->n_post;
    p->r = path->n_post;
    p->size = 1 - o->level;
    p->critical = INFINITY;
    p->path = path;
    int order = o->delta == JD_HONEST_RM ? 1 : 2, relative = o->delta != JD_HONEST_SD;
    for (int t = 1; t <= path->n_post; t++) {
        for (int s = -1; s <= 1; s += 2) {
            if (!relative) p->d[p->rows] = m;
            plain_row(p, path, order, t, s, order, place, relative ? m * sign : 0);
        }
        if (o->shape == JD_HONEST_POSITIVE) plain_row(p, path, 0, t, -1, 0, 0, 0);
        if (o->shape == JD_HONEST_DECREASING) plain_row(p, path, 1, t, 1, 0, 0, 0);
    }
    int last = path->n_post - 1; /* theta takes the place of the last effect */
    for (int i = 0; i < p->rows; i++) {
        double variance = 0;
        for (int a = 0; a < p->n; a++)
            for (int b = 0; b < p->n; b++)
                variance += p->a[i][a] * p->a[i][b] * path->vcov[a * p->n + b];
        double sd = sqrt(variance);
        for (int a = 0; a < p->n; a++)
            p->base[i] += (p->a[i][a] /= sd) * path->estimate[a];
        p->base[i] -= p->d[i] / sd;
        p->toward[i] = p->a[i][p->n - 1] / l[last];
        p->w[i][0] = 1;
        for (int j = 0; j < last; j++)
            p->w[i][1 + j] = p->a[i][path->n_pre + j] - p->toward[i] * l[j];
    }
    for (int i = 0; i < p->rows; i++)
        for (int j = 0; j < p->rows; j++)
            for (int a = 0; a < p->n; a++)
                for (int b = 0; b < p->n; b++)
                    p->covariance[i][j] += p->a[i][a] * p->a[j][b] * path->vcov[a * p->n + b];
    list_vertices(p);
}

static inline double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Where the interval of a first stage holds theta while eta moves the coefficients along Sigma g:
 * each bound by itself. */
static inline void plain_narrow(const plain_t *p, double theta, double eta, const double *vertex,
                                double *low, double *high)
{
    double g[MAX_PATH] = {0}, moved[MAX_PATH] = {0}, variance = 0, rate = 0, centre = 0;
    for (int i = 0; i < p->rows; i++)
        for (int a = 0; a < p->n; a++)
            g[a] += vertex[i] * p->a[i][a];
    for (int a = 0; a < p->n; a++) {
        for (int b = 0; b < p->n; b++)
            moved[a] += p->path->vcov[a * p->n + b] * g[b];
        variance += moved[a] * g[a];
    }
    for (int a = 0; a < p->n; a++) {
        rate += p->flci->weight[a] * moved[a] / variance;
        centre += p->flci->weight[a] * p->path->estimate[a];
    }
    for (int side = -1; side <= 1; side += 2) {
        double at = eta + (theta + side * p->flci->half_length - centre) / rate;
        if (side * rate > 0) *high = fmin(*high, at);
        if (side * rate < 0) *low = fmax(*low, at);
    }
}

/* The p-value's excess over the test's size: positive where theta is accepted. */
static inline double plain_margin(const plain_t *p, double theta)
{
    double y[MAX_ROWS], eta = -INFINITY, b[MAX_ROWS] = {0}, rest[MAX_ROWS], variance = 0;
    int best = 0;
    if (p->n_vertices == 0) return 1;
    for (int i = 0; i < p->rows; i++)
        y[i] = p->base[i] - p->toward[i] * theta;
    for (int v = 0; v < p->n_vertices; v++) {
        double value = dot(p->vertex[v], y, p->rows);
        if (value > eta + 1e-12) {
            eta = value;
            best = v;
        }
    }
    if (eta <= 0) return 1;
    if (eta > 20) return -1; /* where the library stops looking */
    for (int i = 0; i < p->rows; i++) {
        b[i] = dot(p->covariance[i], p->vertex[best], p->rows);
        variance += b[i] * p->vertex[best][i];
    }
    double low = -INFINITY, high = INFINITY, sd = sqrt(variance);
    for (int i = 0; i < p->rows; i++) {
        b[i] /= variance;
        rest[i] = y[i] - b[i] * eta;
    }
    for (int v = 0; v < p->n_vertices; v++) {
        double gain = 1 - dot(p->vertex[v], b, p->rows), level = dot(p->vertex[v], rest, p->rows);
        if (gain > 1e-11) low = fmax(low, level / gain);
        if (gain < -1e-11) high = fmin(high, level / gain);
    }
    if (eta > p->critical) return -1;
    high = fmin(high, p->critical);
    if (p->flci) {
        if (fabs(p->flci->estimate - theta) > p->flci->half_length) return -1;
        plain_narrow(p, theta, eta, p->vertex[best], &low, &high);
    }
    if (low > eta || high < eta) return 1;
    double at_high = normal_tail(high / sd);
    return (normal_tail(eta / sd) - at_high) / (normal_tail(low / sd) - at_high) - p->size;
}

#endif
