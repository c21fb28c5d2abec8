/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GSL's tails are right in the range used here; its inverses of t and chi-squared stop with
 * "inverse failed to converge" at many degrees of freedom and at very few. Quantiles are therefore
 * found here, by Newton's steps on the tails that are kept between bounds. */
#include "linear/laws.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

enum { STEPS = 400 };
static const double many = 1e6; /* degrees of freedom: GSL's incomplete gamma may fail above */

double jd_t_tail(double t, double df)
{
    if (!(df > 0) || isnan(t)) return (double)NAN;
    if (isinf(t)) return t < 0;
    return isinf(df) ? gsl_cdf_ugaussian_Q(t) : gsl_cdf_tdist_Q(t, df);
}

/* The normal law's quantile with the first terms of Cornish and Fisher's expansion. */
static double near_t(double z, double df)
{
    double square = z * z, first = z * (square + 1) / 4,
           second = z * (square * (5 * square + 16) + 3) / 96;
    return z + (first + second / df) / df;
}

double jd_t_quantile(double tail, double df)
{
    if (!(df > 0) || !(tail > 0 && tail < 1)) return (double)NAN;
    if (tail > 0.5) return -jd_t_quantile(1 - tail, df);
    if (tail == 0.5) return 0;
    const double z = gsl_cdf_ugaussian_Qinv(tail);
    if (isinf(df)) return z;
    double low = 0, high = HUGE_VAL, t = near_t(z, df);
    for (int i = 0; i < STEPS; i++) {
        const double miss = log(gsl_cdf_tdist_Q(t, df) / tail);
        *(miss > 0 ? &low : &high) = t;
        /* Newton's step for the tail's logarithm in the logarithm of t: nearly a straight line far
         * out, where few degrees of freedom have their quantiles. */
        const double slope = t * gsl_ran_tdist_pdf(t, df) / gsl_cdf_tdist_Q(t, df);
        double next = t * exp(miss / slope);
        if (!(next > low && next < high)) next = isinf(high) ? 2 * t : 0.5 * (low + high);
        if (fabs(next - t) <= 4e-16 * t) return next;
        t = next;
    }
    return t;
}

/* Wilson and Hilferty: the cube root of x / df is nearly normal. */
static double near_chi2(double p, double df)
{
    double v = 2 / (9 * df), root = 1 - v + gsl_cdf_ugaussian_Pinv(p) * sqrt(v);
    return root > 0 ? df * root * root * root : 0;
}

double jd_chi2_tail(double x, double df)
{
    if (!(df > 0) || isnan(x)) return (double)NAN;
    if (x <= 0) return 1;
    if (isinf(x)) return 0;
    if (df <= many) return gsl_cdf_chisq_Q(x, df);
    double v = 2 / (9 * df);
    return gsl_cdf_ugaussian_Q((cbrt(x / df) - 1 + v) / sqrt(v));
}

double jd_chi2_quantile(double p, double df)
{
    if (!(df > 0) || !(p > 0 && p < 1)) return (double)NAN;
    double x = near_chi2(p, df);
    if (df > many) return x;
    double low = 0, high = HUGE_VAL;
    if (df < 2 || !(x > 0)) { /* near 0 P(X <= x) = (x / 2)^(df / 2) / Gamma(df / 2 + 1) */
        double near_zero = 2 * exp((log(p) + gsl_sf_lngamma(df / 2 + 1)) * 2 / df);
        if (near_zero < df || !(x > 0)) x = near_zero;
        if (x == 0) return 0; /* below the smallest double */
    }
    for (int i = 0; i < STEPS; i++) {
        const double miss = p < 0.5 ? gsl_cdf_chisq_P(x, df) - p : 1 - p - gsl_cdf_chisq_Q(x, df);
        *(miss < 0 ? &low : &high) = x;
        double next = x - miss / gsl_ran_chisq_pdf(x, df);
        if (!(next > low && next < high)) next = isinf(high) ? 2 * x : 0.5 * (low + high);
        if (fabs(next - x) <= 1e-14 * x) return next;
        x = next;
    }
    return x;
}

double jd_f_tail(double f, double n, double df)
{
    if (!(n > 0) || !(df > 0) || isnan(f)) return (double)NAN;
    if (f <= 0) return 1;
    if (isinf(df) || df > 1e10) return jd_chi2_tail(f * n, n);
    return f * n > 1e300 ? 0 : gsl_cdf_fdist_Q(f, n, df);
}
