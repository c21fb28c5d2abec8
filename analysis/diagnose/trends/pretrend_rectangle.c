/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Genz 1992, Numerical computation of multivariate normal probabilities, Journal of Computational
 * and Graphical Statistics 1: with x = mean + L y, each y_i is drawn from its own slice given the
 * ones before; the weight of a point is the product of the slices' probabilities. Means within the
 * rectangle are weighted means over the same points. */
#include "diagnose/trends/pretrend_rectangle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "core/memory.h"
#include "jiedao/random.h"

static int rectangle_alloc(jd_rectangle_t *r, jd_ctx_t *ctx)
{
    size_t k = (size_t)r->k, post = (size_t)r->n_post;
    const char *what = "the leads' covariance";
    int rc = jd_make_unset(&r->order, k, sizeof *r->order, what, ctx);
    if (!rc) rc = jd_make_n(&r->factor, k * k, sizeof *r->factor, what, ctx);
    if (!rc) rc = jd_make_unset(&r->bound, k, sizeof *r->bound, what, ctx);
    if (!rc) rc = jd_make_unset(&r->project, post * k, sizeof *r->project, what, ctx);
    if (!rc) rc = jd_make_unset(&r->spread, post, sizeof *r->spread, what, ctx);
    if (!rc) rc = jd_make_unset(&r->half, post, sizeof *r->half, what, ctx);
    return rc;
}

/* Cholesky factor of the leads' covariance with the lead next that has least variance left, so that
 * early slices vary little. */
static int factor_leads(jd_rectangle_t *r, const jd_event_path_t *path, jd_ctx_t *ctx)
{
    int k = r->k, n = path->n_pre + path->n_post;
    for (int i = 0; i < k; i++)
        r->order[i] = i;
    for (int i = 0; i < k; i++) {
        int best = -1;
        double least = HUGE_VAL;
        for (int c = i; c < k; c++) {
            double whole = path->vcov[r->order[c] * n + r->order[c]], left = whole;
            for (int j = 0; j < i; j++)
                left -= r->factor[c * k + j] * r->factor[c * k + j];
            if (!(left > 1e-12 * whole)) left = 0;
            if (left / whole < least) {
                least = left / whole;
                best = c;
            }
        }
        if (!(least > 0))
            return jd_fail(ctx, JD_ERR_DATA,
                           "pretrend: the covariance of the %d leads is singular; use fewer leads, "
                           "or more clusters than coefficients",
                           k);
        int lead = r->order[best];
        r->order[best] = r->order[i];
        r->order[i] = lead;
        for (int j = 0; j < i; j++) {
            double swap = r->factor[best * k + j];
            r->factor[best * k + j] = r->factor[i * k + j];
            r->factor[i * k + j] = swap;
        }
        double pivot = sqrt(least * path->vcov[lead * n + lead]);
        r->factor[i * k + i] = pivot;
        for (int c = i + 1; c < k; c++) {
            double left = path->vcov[r->order[c] * n + lead];
            for (int j = 0; j < i; j++)
                left -= r->factor[c * k + j] * r->factor[i * k + j];
            r->factor[c * k + i] = left / pivot;
        }
    }
    return JD_OK;
}

/* The other coefficients given the leads: mean + P y, y the standardised leads, P = V_21 L'^-1. */
static void project_others(jd_rectangle_t *r, const jd_event_path_t *path)
{
    int k = r->k, n = path->n_pre + path->n_post;
    for (int s = 0; s < r->n_post; s++) {
        double *p = r->project + (int64_t)s * k, left = path->vcov[(k + s) * n + k + s];
        r->half[s] = r->critical * sqrt(left);
        for (int i = 0; i < k; i++) {
            p[i] = path->vcov[(k + s) * n + r->order[i]];
            for (int j = 0; j < i; j++)
                p[i] -= r->factor[i * k + j] * p[j];
            p[i] /= r->factor[i * k + i];
            left -= p[i] * p[i];
        }
        r->spread[s] = sqrt(fmax(left, 0));
    }
}

int jd_rectangle_init(jd_rectangle_t *r, const jd_event_path_t *path, double level, int points,
                      jd_ctx_t *ctx)
{
    memset(r, 0, sizeof *r);
    if (!(level > 0.5 && level < 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "pretrend: level = %g; it must lie in (0.5, 1)",
                       level);
    if (points < 0 || points > 10000000)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "pretrend: points = %d; 1 to 10000000 are allowed, 0 is the default",
                       points);
    r->k = path->n_pre;
    r->n_post = path->n_post;
    r->points = points > 0 ? points : 4096;
    r->critical = gsl_cdf_ugaussian_Qinv((1 - level) / 2);
    int rc = rectangle_alloc(r, ctx), n = path->n_pre + path->n_post;
    if (!rc) rc = factor_leads(r, path, ctx);
    if (rc) {
        jd_rectangle_free(r);
        return rc;
    }
    for (int i = 0; i < r->k; i++)
        r->bound[i] = r->critical * sqrt(path->vcov[r->order[i] * n + r->order[i]]);
    project_others(r, path);
    return JD_OK;
}

void jd_rectangle_free(jd_rectangle_t *r)
{
    if (!r) return;
    free(r->order);
    free(r->factor);
    free(r->bound);
    free(r->project);
    free(r->spread);
    free(r->half);
    memset(r, 0, sizeof *r);
}

/* Probability of (a, b) under N(0, 1), in *y its point at share t; on the side where the tails keep
 * their digits. */
static double slice(double a, double b, double t, double *y)
{
    double side = a > 0 ? -1 : 1, low = side > 0 ? a : -b, high = side > 0 ? b : -a;
    double below = gsl_cdf_ugaussian_P(low), width = gsl_cdf_ugaussian_P(high) - below;
    double at = gsl_cdf_ugaussian_Pinv(below + (side > 0 ? t : 1 - t) * width);
    *y = side * fmin(fmax(at, low), high);
    return width;
}

/* P(|N(mean, sd)| <= half). */
static double within(double mean, double sd, double half)
{
    if (sd <= 1e-12 * half) return fabs(mean) <= half;
    return gsl_cdf_ugaussian_P((half - mean) / sd) - gsl_cdf_ugaussian_P((-half - mean) / sd);
}

/* Adds one point's weight and weighted values to sums [1 + k + n_post]: the probability, the
 * standardised leads, the coverages. */
static void add_point(const jd_rectangle_t *r, const double *mean, const double *t, double weight,
                      double *y, double *sums)
{
    for (int i = 0; i < r->k; i++) {
        double centre = mean[r->order[i]], own = r->factor[i * r->k + i];
        for (int j = 0; j < i; j++)
            centre += r->factor[i * r->k + j] * y[j];
        weight *= slice((-r->bound[i] - centre) / own, (r->bound[i] - centre) / own, t[i], &y[i]);
    }
    sums[0] += weight;
    for (int i = 0; i < r->k; i++)
        sums[1 + i] += weight * y[i];
    for (int s = 0; s < r->n_post; s++) {
        double centre = mean[r->k + s];
        for (int i = 0; i < r->k; i++)
            centre += r->project[s * r->k + i] * y[i];
        sums[1 + r->k + s] += weight * within(centre, r->spread[s], r->half[s]);
    }
}

static int next_prime(int after)
{
    for (int p = after + 1;; p++) {
        int prime = 1;
        for (int d = 2; d * d <= p && prime; d++)
            prime = p % d != 0;
        if (prime) return p;
    }
}

/* One shifted lattice: point i is frac(i sqrt(prime) + shift), folded so that it ends where it
 * began. Points weigh less towards both ends, which makes the error fall with the square of their
 * number where the leads are few (Haselgrove 1961; Sugihara and Murota 1982). work [3 k]. */
static void add_lattice(const jd_rectangle_t *r, const double *mean, int shift, double *work,
                        double *sums)
{
    double *rate = work, *t = work + r->k, *y = t + r->k;
    jd_stream_t stream = jd_stream(0, 0, JD_DRAW_NORMAL);
    jd_jump_t jump = jd_jump(stream, 0, 0);
    for (int j = 0, prime = 1; j < r->k; j++) {
        prime = next_prime(prime);
        rate[j] = sqrt((double)prime);
    }
    double total = 0;
    for (int i = 1; i <= r->points; i++) {
        for (int j = 0; j < r->k; j++) {
            double at =
                i * rate[j] + jd_draw(&jump, (uint64_t)shift * (uint64_t)r->k + (uint64_t)j);
            t[j] = fabs(2 * (at - floor(at)) - 1);
        }
        double weight = 1 - fabs(2.0 * i / (r->points + 1.0) - 1);
        add_point(r, mean, t, weight, y, sums);
        total += weight;
    }
    for (int i = 0; i < 1 + r->k + r->n_post; i++)
        sums[i] /= total;
}

/* Means of the coefficients out of those of the standardised leads. */
static void report_means(const jd_rectangle_t *r, const double *mean, const double *y, double *lead,
                         double *other)
{
    for (int i = 0; lead && i < r->k; i++) {
        lead[r->order[i]] = mean[r->order[i]];
        for (int j = 0; j <= i; j++)
            lead[r->order[i]] += r->factor[i * r->k + j] * y[j];
    }
    for (int s = 0; other && s < r->n_post; s++) {
        other[s] = mean[r->k + s];
        for (int i = 0; i < r->k; i++)
            other[s] += r->project[s * r->k + i] * y[i];
    }
}

double jd_rectangle_distance(const jd_rectangle_t *r, const double *b, double *z)
{
    double sum = 0;
    for (int i = 0; i < r->k; i++) {
        z[i] = b[r->order[i]];
        for (int j = 0; j < i; j++)
            z[i] -= r->factor[i * r->k + j] * z[j];
        z[i] /= r->factor[i * r->k + i];
        sum += z[i] * z[i];
    }
    return sum;
}

/* Mean of the lattices, in order; returns the standard error of the probability. */
static double join_lattices(const double *sums, size_t each, size_t n, double *total)
{
    double squares = 0;
    for (int b = 0; b < JD_SHIFTS; b++)
        for (size_t i = 0; i < n; i++)
            total[i] += sums[(size_t)b * each + i] / JD_SHIFTS;
    for (int b = 0; b < JD_SHIFTS; b++) {
        double miss = sums[(size_t)b * each] - total[0];
        squares += miss * miss;
    }
    return sqrt(squares / ((JD_SHIFTS - 1.0) * JD_SHIFTS));
}

int jd_rectangle_integrate(const jd_rectangle_t *r, const double *mean, double *probability,
                           double *error, double *lead, double *other, double *cover, jd_ctx_t *ctx)
{
    size_t n = 1 + (size_t)r->k + (size_t)r->n_post, each = n + 3 * (size_t)r->k;
    size_t all = JD_SHIFTS * each + n;
    int rc = jd_check_cancelled(ctx);
    if (rc) return rc;
    double *total;
    if (jd_make_n(&total, all, sizeof *total, "an integral", ctx)) return JD_ERR_NO_MEMORY;
    double *sums = total + n;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static)
    for (int b = 0; b < JD_SHIFTS; b++)
        add_lattice(r, mean, b, sums + (size_t)b * each + n, sums + (size_t)b * each);
    *error = join_lattices(sums, each, n, total);
    *probability = total[0];
    for (size_t i = 1; i < n; i++)
        total[i] /= total[0];
    report_means(r, mean, total + 1, lead, other);
    if (cover) memcpy(cover, total + 1 + r->k, (size_t)r->n_post * sizeof *cover);
    free(total);
    return JD_OK;
}
