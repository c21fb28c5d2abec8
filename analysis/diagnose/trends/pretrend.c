/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/pretrend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "core/memory.h"
#include "diagnose/trends/pretrend_rectangle.h"
#include "linear/laws.h"

void jd_pretrend_defaults(jd_pretrend_options_t *options)
{
    *options = (jd_pretrend_options_t){.level = 0.95, .points = 4096};
}

static int rectangle_of(jd_rectangle_t *r, const jd_event_path_t *path,
                        const jd_pretrend_options_t *options, jd_ctx_t *ctx)
{
    return jd_rectangle_init(r, path, options->level, options->points, ctx);
}

int jd_pretrend_test(const jd_event_path_t *path, const jd_pretrend_options_t *options,
                     jd_pretrend_test_t *test, jd_ctx_t *ctx)
{
    jd_rectangle_t r;
    memset(test, 0, sizeof *test);
    int rc = rectangle_of(&r, path, options, ctx);
    if (rc) return rc;
    double *z;
    rc = jd_make_unset(&z, (size_t)r.k, sizeof *z, "a test of the leads", ctx);
    if (!rc) {
        test->df = r.k;
        test->wald = jd_rectangle_distance(&r, path->estimate, z);
        test->p_value = jd_chi2_tail(test->wald, r.k);
        for (int i = 0; i < r.k; i++)
            test->n_significant += fabs(path->estimate[r.order[i]]) > r.bound[i];
    }
    free(z);
    jd_rectangle_free(&r);
    return rc;
}

/* P(chi-squared with df degrees of freedom and this noncentrality > x): a Poisson mixture, from its
 * largest weight outwards. */
static double noncentral_tail(double x, int df, double noncentrality)
{
    double half = noncentrality / 2, sum = 0;
    int middle = (int)fmin(half, 1e8);
    double largest = exp(middle * log(half > 0 ? half : 1) - half - lgamma(middle + 1.0));
    double weight = largest;
    for (int j = middle; weight > 1e-18; j++) {
        sum += weight * jd_chi2_tail(x, df + 2.0 * j);
        weight *= half / (j + 1);
    }
    weight = largest;
    for (int j = middle; j > 0;) {
        weight *= j / half;
        j--;
        if (weight <= 1e-18) break;
        sum += weight * jd_chi2_tail(x, df + 2.0 * j);
    }
    return fmin(sum, 1);
}

static double wald_power(const jd_rectangle_t *r, double level, double noncentrality)
{
    double x = jd_chi2_quantile(level, r->k);
    return noncentral_tail(x, r->k, noncentrality);
}

static int pretrend_alloc(jd_pretrend_t *p, const jd_event_path_t *path, jd_ctx_t *ctx)
{
    size_t n = (size_t)path->n_pre + (size_t)path->n_post, post = (size_t)path->n_post;
    p->n = (int)n;
    p->n_pre = path->n_pre;
    const char *what = "what a pretest does";
    int rc = jd_make_n(&p->violation, n, sizeof *p->violation, what, ctx);
    if (!rc) rc = jd_make_n(&p->mean, n, sizeof *p->mean, what, ctx);
    if (!rc) rc = jd_make_n(&p->coverage, post, sizeof *p->coverage, what, ctx);
    if (!rc) rc = jd_make_n(&p->coverage_passed, post, sizeof *p->coverage_passed, what, ctx);
    return rc;
}

static int check_violation(const double *violation, int n, jd_ctx_t *ctx)
{
    for (int i = 0; i < n; i++)
        if (!isfinite(violation[i]))
            return jd_fail(ctx, JD_ERR_DATA,
                           "pretrend: violation of coefficient %d = %g; it must be "
                           "finite",
                           i + 1, violation[i]);
    return JD_OK;
}

/* Likelihood of the leads as estimated under the violation, over that under parallel trends, and
 * the joint test's power. */
static int weigh_violation(jd_pretrend_t *p, const jd_rectangle_t *r, const jd_event_path_t *path,
                           double level, jd_ctx_t *ctx)
{
    double *gap;
    if (jd_make_unset(&gap, 2 * (size_t)r->k, sizeof *gap, "a likelihood", ctx))
        return JD_ERR_NO_MEMORY;
    double *z = gap + r->k;
    for (int i = 0; i < r->k; i++)
        gap[i] = path->estimate[i] - p->violation[i];
    double far = jd_rectangle_distance(r, gap, z);
    double near = jd_rectangle_distance(r, path->estimate, z);
    p->likelihood_ratio = exp((near - far) / 2);
    p->wald_power = wald_power(r, level, jd_rectangle_distance(r, p->violation, z));
    free(gap);
    return JD_OK;
}

/* Coverage without a pretest: |N(violation, se)| <= critical se. */
static void report_coverage(jd_pretrend_t *p, const jd_rectangle_t *r)
{
    for (int s = 0; s < r->n_post; s++) {
        double se = r->half[s] / r->critical, shift = p->violation[r->k + s] / se;
        p->coverage[s] =
            gsl_cdf_ugaussian_P(r->critical - shift) - gsl_cdf_ugaussian_P(-r->critical - shift);
    }
}

int jd_pretrend_assess(jd_pretrend_t *p, const jd_event_path_t *path, const double *violation,
                       const jd_pretrend_options_t *options, jd_ctx_t *ctx)
{
    jd_rectangle_t r;
    memset(p, 0, sizeof *p);
    int rc = check_violation(violation, path->n_pre + path->n_post, ctx);
    if (!rc) rc = rectangle_of(&r, path, options, ctx);
    if (rc) return rc;
    double passes = 0, passes_parallel = 0, unused;
    rc = pretrend_alloc(p, path, ctx);
    if (rc) goto out;
    /* p->violation is still 0 here: parallel trends. */
    rc = jd_rectangle_integrate(&r, p->violation, &passes_parallel, &unused, NULL, NULL, NULL, ctx);
    if (rc) goto out;
    memcpy(p->violation, violation, (size_t)p->n * sizeof *violation);
    rc = jd_rectangle_integrate(&r, violation, &passes, &p->error, p->mean, p->mean + p->n_pre,
                                p->coverage_passed, ctx);
    if (!rc) rc = weigh_violation(p, &r, path, options->level, ctx);
    if (rc) goto out;
    p->power = 1 - passes;
    p->size = 1 - passes_parallel;
    p->bayes_factor = passes / passes_parallel;
    report_coverage(p, &r);
out:
    jd_rectangle_free(&r);
    if (rc) jd_pretrend_free(p);
    return rc;
}

void jd_pretrend_free(jd_pretrend_t *p)
{
    if (!p) return;
    free(p->violation);
    free(p->mean);
    free(p->coverage);
    free(p->coverage_passed);
    memset(p, 0, sizeof *p);
}

/* Power against a linear violation less what is wanted. */
typedef struct {
    const jd_rectangle_t *rectangle;
    double *line, *mean; /* [k + n_post] unit slope; work */
    double unit;         /* noncentrality of unit slope */
    double wanted, level;
    int joint;
} search_t;

static int power_gap(const search_t *s, double slope, double *gap, jd_ctx_t *ctx)
{
    const jd_rectangle_t *r = s->rectangle;
    if (s->joint) {
        *gap = wald_power(r, s->level, s->unit * slope * slope) - s->wanted;
        return JD_OK;
    }
    double passes, error;
    for (int i = 0; i < r->k + r->n_post; i++)
        s->mean[i] = slope * s->line[i];
    int rc = jd_rectangle_integrate(r, s->mean, &passes, &error, NULL, NULL, NULL, ctx);
    *gap = 1 - passes - s->wanted;
    return rc;
}

/* The slope at which the gap, which grows with it, is 0: bracketed by doubling, then by the secant
 * with halved weights where one end stays (the Illinois rule). */
static int find_slope(const search_t *s, double *slope, jd_ctx_t *ctx)
{
    double low = 0, high = 1 / sqrt(s->unit), at_low, at_high;
    int rc = power_gap(s, 0, &at_low, ctx);
    if (rc) return rc;
    *slope = 0;
    if (at_low >= 0) return JD_OK;
    for (int k = 0;; k++) {
        rc = power_gap(s, high, &at_high, ctx);
        if (rc || at_high >= 0) break;
        if (k == 60)
            return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                           "pretrend: no slope found against which the test has power %g",
                           s->wanted);
        low = high;
        at_low = at_high;
        high *= 2;
    }
    for (int k = 0; !rc && k < 100 && high - low > 1e-10 * high; k++) {
        double middle = (low * at_high - high * at_low) / (at_high - at_low), at;
        rc = power_gap(s, middle, &at, ctx);
        *slope = middle;
        if (fabs(at) < 1e-12) return rc;
        if (at > 0) {
            if (high - middle < 0.5 * (high - low)) at_low /= 2;
            high = middle;
            at_high = at;
        } else {
            if (middle - low < 0.5 * (high - low)) at_high /= 2;
            low = middle;
            at_low = at;
        }
    }
    return rc;
}

int jd_pretrend_slope(const jd_event_path_t *path, double power,
                      const jd_pretrend_options_t *options, double *slope, double *wald_slope,
                      jd_ctx_t *ctx)
{
    jd_rectangle_t r;
    if (!(power > 0 && power < 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "pretrend: power = %g; it must lie in (0, 1)", power);
    int rc = rectangle_of(&r, path, options, ctx), n = path->n_pre + path->n_post;
    if (rc) return rc;
    double *line;
    rc = jd_make_unset(&line, 3 * (size_t)n, sizeof *line, "a linear violation", ctx);
    if (rc) goto out;
    for (int i = 0; i < n; i++)
        line[i] = i < path->n_pre ? i - path->n_pre : i - path->n_pre + 1;
    search_t search = {
        .rectangle = &r, .line = line, .mean = line + n, .wanted = power, .level = options->level};
    search.unit = jd_rectangle_distance(&r, line, line + 2 * (int64_t)n);
    rc = find_slope(&search, slope, ctx);
    search.joint = 1;
    if (!rc) rc = find_slope(&search, wald_slope, ctx);
out:
    free(line);
    jd_rectangle_free(&r);
    return rc;
}
