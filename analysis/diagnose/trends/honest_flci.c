/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimal fixed-length interval over SD(M). Weights on the leads are written as second differences,
 * w_{-t} = u_{t-1} - 2 u_t + u_{t+1}, with u_0 = sum t l_t (which takes linear trends out) and u =
 * 0 from u_{n_pre} on. Then the worst bias is M (B_0 + sum |u_j|), j = 1 ... n_pre - 1, the
 * variance is quadratic in u, and the frontier between them is the path of a lasso: linear between
 * knots. */
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "core/memory.h"
#include "diagnose/trends/honest_parts.h"
#include "linear/lapack.h"

typedef struct {
    int k;               /* free u: n_pre - 1 */
    double b0;           /* least bias / M */
    double a, *q, *quad; /* variance a + 2 q'u + u'Q u */
    double m, alpha;
    int n_active;
    int *active;           /* [k] */
    double *sign;          /* [k] of the active ones */
    double *start, *slope; /* [k] u(lambda) = start - lambda slope, 0 where inactive */
    double *u;             /* [k] */
    double *work;          /* [k][k] */
} path_t;

/* The t-th coefficient's weight by which u_j enters: t = 1 ... n_pre periods before. */
static double second_difference(int t, int j)
{
    return t == j ? -2 : t == j + 1 || t == j - 1 ? 1 : 0;
}

/* Quantile 1 - alpha of |N(t, 1)|: Newton's method, kept between bounds. */
static double folded_quantile(double t, double alpha)
{
    double low = t + gsl_cdf_ugaussian_Qinv(alpha), high = t + gsl_cdf_ugaussian_Qinv(alpha / 2);
    double c = high;
    for (int i = 0; i < 200 && low < high; i++) {
        double miss = gsl_cdf_ugaussian_Q(c - t) + gsl_cdf_ugaussian_Q(c + t) - alpha;
        *(miss > 0 ? &low : &high) = c;
        double density =
            (exp(-0.5 * (c - t) * (c - t)) + exp(-0.5 * (c + t) * (c + t))) / sqrt(2 * acos(-1.0));
        double next = c + miss / density;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - c) <= 1e-16 * c) break;
        c = next;
    }
    return c;
}

static double variance_of(const path_t *p)
{
    double v = p->a;
    for (int i = 0; i < p->k; i++) {
        double g = 2 * p->q[i];
        for (int j = 0; j < p->k; j++)
            g += p->quad[i * p->k + j] * p->u[j];
        v += g * p->u[i];
    }
    return v;
}

static double bias_of(const path_t *p)
{
    double b = p->b0;
    for (int i = 0; i < p->k; i++)
        b += fabs(p->u[i]);
    return p->m * b;
}

static void move_to(path_t *p, double lambda)
{
    for (int i = 0; i < p->k; i++)
        p->u[i] = p->start[i] - lambda * p->slope[i];
}

/* Lambda less what the half-length's first-order condition makes of it: negative below the optimum.
 */
static double excess(path_t *p, double lambda)
{
    move_to(p, lambda);
    double sigma = sqrt(variance_of(p)), t = bias_of(p) / sigma;
    double c = folded_quantile(t, p->alpha), rate = tanh(c * t); /* dc/dt */
    return lambda - p->m * sigma * rate / (c - t * rate);
}

/* The linear piece for the present active set and signs. */
static int solve_piece(path_t *p, jd_ctx_t *ctx)
{
    int n = p->n_active;
    double *right = p->u;
    memset(p->start, 0, (size_t)p->k * sizeof *p->start);
    memset(p->slope, 0, (size_t)p->k * sizeof *p->slope);
    if (n == 0) return JD_OK;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            p->work[a * n + b] = p->quad[p->active[a] * p->k + p->active[b]];
    jd_transpose(n, p->work);
    int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', n, p->work, n);
    for (int a = 0; a < n && info == 0; a++) {
        double pivot = p->work[a * n + a], own = p->quad[p->active[a] * (p->k + 1)];
        info = !(pivot * pivot > 1e-13 * own); /* what the others leave of it is rounding */
    }
    if (info != 0)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "honest: the covariance of the periods before treatment is singular, so no "
            "weights on them are best; use fewer leads, or cluster by more clusters than "
            "there are coefficients");
    for (int side = 0; side < 2; side++) {
        for (int a = 0; a < n; a++)
            right[a] = side == 0 ? -p->q[p->active[a]] : p->sign[a];
        LAPACKE_dpotrs(LAPACK_COL_MAJOR, 'L', n, 1, p->work, n, right, n);
        for (int a = 0; a < n; a++)
            *(side == 0 ? &p->start[p->active[a]] : &p->slope[p->active[a]]) = right[a];
    }
    return JD_OK;
}

static int find_active(const path_t *p, int j)
{
    for (int a = 0; a < p->n_active; a++)
        if (p->active[a] == j) return a;
    return -1;
}

/* The next knot below lambda: where a weight comes to 0, or an idle one's gradient to lambda.
 * Returns it (0 if there is none), *who and the *sign it enters with (0: it leaves). */
static double next_knot(const path_t *p, double lambda, int *who, double *sign)
{
    double next = 0, below = lambda * (1 - 1e-12);
    for (int j = 0; j < p->k; j++) {
        if (find_active(p, j) >= 0) {
            double at = p->start[j] / p->slope[j];
            if (at > next && at < below) {
                next = at;
                *who = j;
                *sign = 0;
            }
            continue;
        }
        double g = p->q[j], rate = 0;
        for (int i = 0; i < p->k; i++) {
            g += p->quad[j * p->k + i] * p->start[i];
            rate += p->quad[j * p->k + i] * p->slope[i];
        }
        for (int s = -1; s <= 1; s += 2) { /* g - lambda rate = s lambda */
            double at = g / (s + rate);
            if (at > next && at < below) {
                next = at;
                *who = j;
                *sign = -s;
            }
        }
    }
    return next;
}

static void change_active(path_t *p, int who, double sign)
{
    int a = find_active(p, who);
    if (a >= 0) {
        p->n_active--;
        for (; a < p->n_active; a++) {
            p->active[a] = p->active[a + 1];
            p->sign[a] = p->sign[a + 1];
        }
    } else {
        p->active[p->n_active] = who;
        p->sign[p->n_active++] = sign;
    }
}

/* Leaves u at the optimum. The excess falls along the path, so its root lies on the first piece
 * at whose lower end it is not positive. */
static int follow(path_t *p, jd_ctx_t *ctx)
{
    double high = HUGE_VAL;
    for (int knot = 0; knot < 100 * (p->k + 1); knot++) {
        int rc = solve_piece(p, ctx), who = -1;
        if (rc) return rc;
        double sign = 0, low = next_knot(p, high, &who, &sign);
        if (excess(p, low) <= 0) {
            if (isinf(high)) { /* u = 0 throughout this piece */
                move_to(p, low);
                return JD_OK;
            }
            for (int i = 0; i < 200; i++) {
                double middle = 0.5 * (low + high);
                if (!(middle > low && middle < high)) break;
                *(excess(p, middle) > 0 ? &high : &low) = middle;
            }
            move_to(p, low);
            return JD_OK;
        }
        if (who < 0) /* the excess at 0 is no number */
            return jd_fail(ctx, JD_ERR_DATA,
                           "honest: the covariance of effects by event time leaves no variance to "
                           "the best weights; use fewer leads, or cluster by more clusters");
        change_active(p, who, sign);
        high = low;
    }
    return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                   "honest: the path of weights did not end after %d knots; the covariance of the "
                   "periods before treatment is nearly singular: use fewer leads",
                   100 * (p->k + 1));
}

static void path_free(path_t *p)
{
    free(p->q);
    free(p->quad);
    free(p->active);
    free(p->sign);
    free(p->start);
    free(p->slope);
    free(p->u);
    free(p->work);
}

static int path_alloc(path_t *p, int k, jd_ctx_t *ctx)
{
    size_t n = (size_t)k + 1;
    p->k = k;
    const char *what = "the weights' path";
    int rc = jd_make_n(&p->q, n, sizeof *p->q, what, ctx);
    if (!rc) rc = jd_make_n(&p->quad, n * n, sizeof *p->quad, what, ctx);
    if (!rc) rc = jd_make_n(&p->active, n, sizeof *p->active, what, ctx);
    if (!rc) rc = jd_make_n(&p->sign, n, sizeof *p->sign, what, ctx);
    if (!rc) rc = jd_make_n(&p->start, n, sizeof *p->start, what, ctx);
    if (!rc) rc = jd_make_n(&p->slope, n, sizeof *p->slope, what, ctx);
    if (!rc) rc = jd_make_n(&p->u, n, sizeof *p->u, what, ctx);
    if (!rc) rc = jd_make_n(&p->work, n * n, sizeof *p->work, what, ctx);
    return rc;
}

/* Weights [n] for u: u_0 = c enters the first lead, l what comes after. */
static void weights_of(const jd_event_path_t *path, const double *l, double c, const double *u,
                       double *weight)
{
    int n_pre = path->n_pre;
    for (int t = 1; t <= n_pre; t++) {
        double w = c * second_difference(t, 0);
        for (int j = 1; j < n_pre; j++)
            w += u[j - 1] * second_difference(t, j);
        weight[n_pre - t] = w;
    }
    memcpy(weight + n_pre, l, (size_t)path->n_post * sizeof *l);
}

/* Variance as a quadratic of u, and the bias that no u changes. */
static void fill_path(path_t *p, const jd_event_path_t *path, const double *l, const double *weight)
{
    int n_pre = path->n_pre, n = n_pre + path->n_post;
    for (int j = 0; j < path->n_post; j++) { /* of the second difference about period j */
        double effect = 0;
        for (int t = j + 1; t <= path->n_post; t++)
            effect += (t - j) * l[t - 1];
        p->b0 += fabs(effect);
    }
    for (int r = 0; r < n; r++) {
        for (int s = 0; s < n; s++) {
            double v = path->vcov[r * n + s];
            p->a += weight[r] * v * weight[s];
            for (int i = 1; i < n_pre; i++) {
                double at = r < n_pre ? second_difference(n_pre - r, i) * v : 0;
                if (at == 0) continue;
                p->q[i - 1] += at * weight[s];
                for (int j = 1; s < n_pre && j < n_pre; j++)
                    p->quad[(i - 1) * p->k + j - 1] += at * second_difference(n_pre - s, j);
            }
        }
    }
}

static double quadratic_form(const jd_event_path_t *path, const double *weight)
{
    int n = path->n_pre + path->n_post;
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            sum += weight[i] * path->vcov[i * n + j] * weight[j];
    return sum;
}

int jd_flci_make(jd_flci_t *flci, const jd_event_path_t *path, const double *l, double m,
                 double alpha, jd_ctx_t *ctx)
{
    memset(flci, 0, sizeof *flci);
    int n = path->n_pre + path->n_post;
    path_t p = {.m = m, .alpha = alpha};
    int rc = path_alloc(&p, path->n_pre - 1, ctx);
    if (!rc) rc = jd_make(&flci->weight, n, sizeof *flci->weight, "an interval's weights", ctx);
    if (rc) goto out;
    double c = 0;
    for (int t = 1; t <= path->n_post; t++)
        c += t * l[t - 1];
    weights_of(path, l, c, p.u, flci->weight);
    fill_path(&p, path, l, flci->weight);
    rc = follow(&p, ctx);
    if (rc) goto out;
    weights_of(path, l, c, p.u, flci->weight);
    for (int i = 0; i < n; i++)
        flci->estimate += flci->weight[i] * path->estimate[i];
    flci->bias = bias_of(&p);
    double variance = quadratic_form(path, flci->weight);
    if (!(variance > 0)) {
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "honest: the best weights on the coefficients have variance %g; their "
                     "covariance is singular: use fewer periods",
                     variance);
        goto out;
    }
    flci->std_error = sqrt(variance);
    flci->half_length = flci->std_error * folded_quantile(flci->bias / flci->std_error, alpha);
out:
    path_free(&p);
    if (rc) jd_flci_free(flci);
    return rc;
}

void jd_flci_free(jd_flci_t *flci)
{
    if (!flci) return;
    free(flci->weight);
    memset(flci, 0, sizeof *flci);
}
