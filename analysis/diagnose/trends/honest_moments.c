/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Theta as a test of moment inequalities (Rambachan and Roth 2023; Andrews, Roth and Pakes 2023,
 * Inference for linear conditional moment inequalities, Review of Economic Studies 90). delta =
 * beta - (0, tau), and A delta <= d for delta in Delta; restrictions that say nothing of the
 * periods after the reference are left out, as in the paper's programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sf_erf.h>

#include "core/memory.h"
#include "diagnose/trends/honest_parts.h"

int jd_honest_n_largest(const jd_event_path_t *path, jd_honest_delta_t delta)
{
    switch (delta) {
    case JD_HONEST_RM:
        return 2 * path->n_pre;
    case JD_HONEST_SDRM:
        return 2 * (path->n_pre - 1);
    case JD_HONEST_SD:
        break;
    }
    return 1;
}

/* Adds scale x the order-th difference of delta that ends in period t (reference: 0) to a row. */
static void add_difference(double *row, const jd_event_path_t *path, int order, int t, double scale)
{
    static const double weights[3][3] = {{1, 0, 0}, {1, -1, 0}, {1, -2, 1}};
    for (int k = 0; k <= order; k++) {
        int at = t - k;
        if (at != 0) row[path->n_pre + at - (at > 0)] += scale * weights[order][k];
    }
}

/* Rows A and d of the restrictions on periods 1 ... n_post. */
static void fill_restrictions(jd_moments_t *mo, const jd_event_path_t *path,
                              const jd_honest_options_t *options, double m, jd_largest_t largest)
{
    int order = options->delta == JD_HONEST_RM ? 1 : 2;
    int relative = options->delta != JD_HONEST_SD;
    double *row = mo->a, *d = mo->d;
    for (int t = 1; t <= path->n_post; t++) {
        for (int s = -1; s <= 1; s += 2, row += mo->n, d++) {
            add_difference(row, path, order, t, s);
            if (relative)
                add_difference(row, path, order, largest.place, -m * largest.sign);
            else
                *d = m;
        }
        if (options->shape == JD_HONEST_ANY) continue;
        int level = options->shape == JD_HONEST_POSITIVE || options->shape == JD_HONEST_NEGATIVE;
        int up = options->shape == JD_HONEST_POSITIVE || options->shape == JD_HONEST_INCREASING;
        add_difference(row, path, level ? 0 : 1, t, up ? -1 : 1);
        row += mo->n;
        d++;
    }
}

static int moments_alloc(jd_moments_t *mo, jd_ctx_t *ctx)
{
    size_t rows = (size_t)mo->n_moments, n = (size_t)mo->n;
    const char *what = "restrictions on trends";
    int rc = jd_make_n(&mo->a, rows * n, sizeof *mo->a, what, ctx);
    if (!rc) rc = jd_make_n(&mo->d, rows, sizeof *mo->d, what, ctx);
    if (!rc) rc = jd_make_n(&mo->base, rows, sizeof *mo->base, what, ctx);
    if (!rc) rc = jd_make_n(&mo->toward, rows, sizeof *mo->toward, what, ctx);
    if (!rc) rc = jd_make_n(&mo->correlation, rows * rows, sizeof *mo->correlation, what, ctx);
    if (!rc) rc = jd_make_n(&mo->y, rows, sizeof *mo->y, what, ctx);
    if (!rc) rc = jd_make_n(&mo->x, rows, sizeof *mo->x, what, ctx);
    if (!rc) rc = jd_make_n(&mo->direction, rows, sizeof *mo->direction, what, ctx);
    if (!rc) rc = jd_make_n(&mo->rest, rows, sizeof *mo->rest, what, ctx);
    if (!rc) rc = jd_make_n(&mo->tried, rows, sizeof *mo->tried, what, ctx);
    return rc;
}

/* a Sigma b'. */
static double covariance(const jd_event_path_t *path, const double *a, const double *b)
{
    int n = path->n_pre + path->n_post;
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (a[i] == 0) continue;
        double row = 0;
        for (int j = 0; j < n; j++)
            row += path->vcov[i * n + j] * b[j];
        sum += a[i] * row;
    }
    return sum;
}

/* Scales every restriction to unit variance, and makes what the tests need of them. */
static int scale_moments(jd_moments_t *mo, const jd_event_path_t *path, jd_ctx_t *ctx)
{
    int n = mo->n, rows = mo->n_moments;
    for (int i = 0; i < rows; i++) {
        double *a = mo->a + (int64_t)i * n, size = 0;
        for (int j = 0; j < n; j++)
            size += fabs(a[j]) * sqrt(path->vcov[j * n + j]);
        double sd = sqrt(fmax(covariance(path, a, a), 0));
        if (!(sd > 1e-8 * size))
            return jd_fail(ctx, JD_ERR_DATA,
                           "honest: a restriction on the trends has no variance (%g): the "
                           "coefficients' covariance is singular; use fewer periods, or more "
                           "clusters than coefficients",
                           sd);
        mo->base[i] = 0;
        for (int j = 0; j < n; j++) {
            a[j] /= sd;
            mo->base[i] += a[j] * path->estimate[j];
        }
        mo->d[i] /= sd;
        mo->base[i] -= mo->d[i];
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++)
            mo->correlation[(int64_t)i * rows + j] =
                covariance(path, mo->a + (int64_t)i * n, mo->a + (int64_t)j * n);
    return JD_OK;
}

/* Theta takes the place of the effect with the largest weight in l; the other effects are nuisance.
 * The columns of these are scaled: it changes no value of the programme. */
static int make_programme(jd_moments_t *mo, const jd_event_path_t *path, const double *l,
                          jd_ctx_t *ctx)
{
    int rows = mo->n_moments, r = path->n_post, p = 0;
    for (int j = 1; j < r; j++)
        if (fabs(l[j]) > fabs(l[p])) p = j;
    size_t bytes = (size_t)rows * (size_t)r * sizeof(double);
    double *w;
    if (jd_make_unset(&w, bytes, 1, "a linear programme", ctx)) return JD_ERR_NO_MEMORY;
    for (int i = 0; i < rows; i++) {
        const double *post = mo->a + (int64_t)i * mo->n + path->n_pre;
        mo->toward[i] = post[p] / l[p];
        w[(int64_t)i * r] = 1;
        for (int j = 0, k = 1; j < r; j++)
            if (j != p) w[i * r + k++] = post[j] - mo->toward[i] * l[j];
    }
    for (int k = 1; k < r; k++) {
        double largest = 0;
        for (int i = 0; i < rows; i++)
            largest = fmax(largest, fabs(w[i * r + k]));
        for (int i = 0; largest > 0 && i < rows; i++)
            w[i * r + k] /= largest;
    }
    int rc = jd_vertices_init(&mo->lp, rows, r, w, ctx);
    free(w);
    return rc;
}

int jd_moments_init(jd_moments_t *mo, const jd_event_path_t *path,
                    const jd_honest_options_t *options, const double *l, double m,
                    jd_largest_t largest, jd_ctx_t *ctx)
{
    memset(mo, 0, sizeof *mo);
    mo->n = path->n_pre + path->n_post;
    mo->n_moments = (options->shape == JD_HONEST_ANY ? 2 : 3) * path->n_post;
    mo->critical = HUGE_VAL;
    mo->size = 1 - options->level;
    int rc = moments_alloc(mo, ctx);
    if (!rc) {
        fill_restrictions(mo, path, options, m, largest);
        rc = scale_moments(mo, path, ctx);
    }
    if (!rc) rc = make_programme(mo, path, l, ctx);
    if (rc) jd_moments_free(mo);
    return rc;
}

void jd_moments_free(jd_moments_t *mo)
{
    if (!mo) return;
    free(mo->a);
    free(mo->d);
    free(mo->base);
    free(mo->toward);
    free(mo->correlation);
    free(mo->y);
    free(mo->x);
    free(mo->direction);
    free(mo->rest);
    free(mo->tried);
    jd_vertices_free(&mo->lp);
    memset(mo, 0, sizeof *mo);
}

/* Puts a value into the ascending list of the largest ones, its least dropping out. */
static void keep_largest(double *top, int n_top, double value)
{
    if (value <= top[0]) return;
    int i = 0;
    for (; i + 1 < n_top && top[i + 1] < value; i++)
        top[i] = top[i + 1];
    top[i] = value;
}

/* The quantile is R's type 7. Only the largest statistics enter it, so the others need no exact
 * solution. */
int jd_moments_critical(jd_moments_t *mo, const double *draws, int n_draws, double kappa,
                        jd_ctx_t *ctx)
{
    double at = (1 - kappa) * (n_draws - 1), below = floor(at);
    int n_top = n_draws - (int)below;
    double *top;
    if (jd_make_n(&top, (size_t)n_top, sizeof *top, "simulated statistics", ctx))
        return JD_ERR_NO_MEMORY;
    for (int i = 0; i < n_top; i++)
        top[i] = -HUGE_VAL;
    int rc = JD_OK;
    for (int s = 0; !rc && s < n_draws; s++) {
        const double *z = draws + (size_t)s * (size_t)mo->n;
        double eta;
        for (int i = 0; i < mo->n_moments; i++) {
            mo->y[i] = 0;
            for (int j = 0; j < mo->n; j++)
                mo->y[i] += mo->a[i * mo->n + j] * z[j];
        }
        rc = jd_vertices_best(&mo->lp, mo->y, top[0], mo->x, &eta, ctx);
        if (!rc) keep_largest(top, n_top, eta);
        if (!rc && s % 256 == 0) rc = jd_check_cancelled(ctx);
    }
    if (!rc) mo->critical = top[0] + (n_top > 1 ? (at - below) * (top[1] - top[0]) : 0);
    free(top);
    return rc;
}

/* The statistic eta at theta, its vertex in mo->x and its slope in theta. */
static int statistic(jd_moments_t *mo, double theta, double *eta, double *slope, jd_ctx_t *ctx)
{
    for (int i = 0; i < mo->n_moments; i++)
        mo->y[i] = mo->base[i] - mo->toward[i] * theta;
    int rc = jd_vertices_best(&mo->lp, mo->y, -HUGE_VAL, mo->x, eta, ctx);
    *slope = 0;
    for (int i = 0; !rc && i < mo->n_moments; i++)
        *slope -= mo->x[i] * mo->toward[i];
    return rc;
}

/* How far from eta towards `end` the vertex stays the best one when y moves along its own direction
 * (ARP find it by bisection). The best value less v is convex, piecewise linear and 0
 * where the vertex is best: Newton's steps from outside end there. */
static int truncation(jd_moments_t *mo, double end, double *v, jd_ctx_t *ctx)
{
    *v = end;
    for (int step = 0; step < 1000; step++) {
        double size = 0, value, gain = 0, level = 0;
        for (int i = 0; i < mo->n_moments; i++) {
            mo->y[i] = mo->rest[i] + mo->direction[i] * *v;
            size = fmax(size, fabs(mo->y[i]));
        }
        int rc = jd_vertices_best(&mo->lp, mo->y, -HUGE_VAL, mo->tried, &value, ctx);
        if (rc) return rc;
        if (value - *v <= 1e-10 * size) return JD_OK;
        for (int i = 0; i < mo->n_moments; i++) {
            level += mo->tried[i] * mo->rest[i];
            gain += mo->tried[i] * mo->direction[i];
        }
        *v = level / (1 - gain);
    }
    return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                   "honest: the bounds of a conditional test were not found; rescale the outcome");
}

/* Narrows [low, high] to where the first stage's interval holds theta. */
static void narrow_to_flci(const jd_moments_t *mo, double theta, double eta, double variance,
                           double *low, double *high)
{
    double rate = 0; /* of the interval's centre, as eta moves */
    for (int j = 0; j < mo->n; j++) {
        double g = 0;
        for (int i = 0; i < mo->n_moments; i++)
            g += mo->x[i] * mo->a[i * mo->n + j];
        rate += g * mo->sigma_flci[j];
    }
    rate /= variance;
    double down = theta - mo->flci->half_length - mo->flci->estimate;
    double up = theta + mo->flci->half_length - mo->flci->estimate;
    if (rate == 0) return;
    *low = fmax(*low, eta + (rate > 0 ? down : up) / rate);
    *high = fmin(*high, eta + (rate > 0 ? up : down) / rate);
}

/* P(Z > z | a < Z < b), by logarithms of tails: they differ by hundreds of powers of ten. */
static double tail_within(double z, double a, double b)
{
    double root = sqrt(0.5), at_a = gsl_sf_log_erfc(a * root);
    double to_z = gsl_sf_log_erfc(z * root) - at_a;
    double to_b = isinf(b) ? -HUGE_VAL : gsl_sf_log_erfc(b * root) - at_a;
    return (exp(to_z) - exp(to_b)) / -expm1(to_b);
}

int jd_moments_test(jd_moments_t *mo, double theta, int *accepted, jd_ctx_t *ctx)
{
    *accepted = 1;
    if (mo->lp.infeasible) return JD_OK;
    double eta, slope;
    int rc = statistic(mo, theta, &eta, &slope, ctx);
    if (rc || eta <= 0) return rc;
    *accepted = 0;
    if (eta > mo->critical) return JD_OK;
    if (mo->flci && fabs(theta - mo->flci->estimate) > mo->flci->half_length) return JD_OK;
    int n = mo->n_moments;
    double variance = 0;
    for (int i = 0; i < n; i++) {
        mo->direction[i] = 0;
        for (int j = 0; j < n; j++)
            mo->direction[i] += mo->correlation[i * n + j] * mo->x[j];
        variance += mo->x[i] * mo->direction[i];
    }
    double sd = sqrt(fmax(variance, 0));
    if (sd < 1e-10) return JD_OK; /* a statistic without noise, and positive */
    for (int i = 0; i < n; i++) {
        mo->direction[i] /= variance;
        mo->rest[i] = mo->y[i] - mo->direction[i] * eta;
    }
    /* Beyond 40 standard errors a bound changes no digit of the tail. */
    double low, high, far = eta + 40 * sd;
    rc = truncation(mo, eta - 40 * sd, &low, ctx);
    if (!rc) rc = truncation(mo, far, &high, ctx);
    if (rc) return rc;
    high = fmin(high, mo->critical);
    if (mo->flci) narrow_to_flci(mo, theta, eta, variance, &low, &high);
    if (!(low <= eta && eta <= high)) {
        *accepted = 1;
        return JD_OK;
    }
    *accepted = tail_within(eta / sd, low / sd, high == far ? HUGE_VAL : high / sd) >= mo->size;
    return JD_OK;
}

/* The end of the range on one side: from outside, by Newton's steps on the convex eta(theta). */
static int range_end(jd_moments_t *mo, double limit, double from, double step, double *end,
                     jd_ctx_t *ctx)
{
    double theta = from, eta, slope, side = step > 0 ? 1 : -1;
    for (int k = 0;; k++) {
        int rc = statistic(mo, theta, &eta, &slope, ctx);
        if (rc) return rc;
        if (eta > limit && side * slope > 0) break;
        if (k == 60) {
            *end = side * HUGE_VAL;
            return JD_OK;
        }
        theta = from + step;
        step *= 2;
    }
    for (int k = 0; k < 1000; k++) {
        double next = theta - (eta - limit) / slope;
        if (next == theta || side * (theta - next) <= 0) break;
        theta = next;
        int rc = statistic(mo, theta, &eta, &slope, ctx);
        if (rc) return rc;
        if (eta <= limit * (1 + 1e-12)) break;
        if (side * slope <= 0) { /* the minimum lies above the limit */
            theta = (double)NAN;
            break;
        }
    }
    *end = theta;
    return JD_OK;
}

int jd_moments_range(jd_moments_t *mo, double limit, double from, double step, double *low,
                     double *high, jd_ctx_t *ctx)
{
    *low = -HUGE_VAL;
    *high = HUGE_VAL;
    if (mo->lp.infeasible) return JD_OK;
    int rc = range_end(mo, limit, from, -step, low, ctx);
    if (!rc) rc = range_end(mo, limit, from, step, high, ctx);
    return rc;
}
