/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tails and quantiles of t, chi-squared and F that never call GSL's error handler, which ends the
 *  host's program unless the host has switched it off, and whose quantiles always converge. What is
 *  outside a law's domain (degrees of freedom of 0, no number) has no value: NaN. Infinite degrees
 *  of freedom are the normal law, or the chi-squared one for F. */
#ifndef JD_LINEAR_LAWS_H
#define JD_LINEAR_LAWS_H

/** P(T > t). */
double jd_t_tail(double t, double df);
/** t with P(T > t) = tail, in (0, 1). Relative error 1e-13 or so. */
double jd_t_quantile(double tail, double df);
/** P(X > x). */
double jd_chi2_tail(double x, double df);
/** x with P(X <= x) = p, in (0, 1). Relative error 1e-12 below a million degrees of freedom, 1e-9
 *  above. */
double jd_chi2_quantile(double p, double df);
/** P(F > f) with n and df degrees of freedom. */
double jd_f_tail(double f, double n, double df);

#endif
