/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of GSL in use, on R's own laws (nmath). */
#ifndef JD_SHIM_GSL_LAWS_H
#define JD_SHIM_GSL_LAWS_H

#define R_NO_REMAP_RMATH
#include <Rmath.h>

double Rf_pnorm5(double, double, double, int, int);
double Rf_qnorm5(double, double, double, int, int);
double Rf_pt(double, double, int, int);
double Rf_dt(double, double, int);
double Rf_pchisq(double, double, int, int);
double Rf_dchisq(double, double, int);
double Rf_pf(double, double, double, int, int);
double Rf_lgammafn(double);

static inline double gsl_cdf_ugaussian_P(double x)
{
    return Rf_pnorm5(x, 0, 1, 1, 0);
}

static inline double gsl_cdf_ugaussian_Q(double x)
{
    return Rf_pnorm5(x, 0, 1, 0, 0);
}

static inline double gsl_cdf_ugaussian_Pinv(double p)
{
    return Rf_qnorm5(p, 0, 1, 1, 0);
}

static inline double gsl_cdf_ugaussian_Qinv(double p)
{
    return Rf_qnorm5(p, 0, 1, 0, 0);
}

static inline double gsl_cdf_tdist_Q(double t, double df)
{
    return Rf_pt(t, df, 0, 0);
}

static inline double gsl_ran_tdist_pdf(double t, double df)
{
    return Rf_dt(t, df, 0);
}

static inline double gsl_cdf_chisq_P(double x, double df)
{
    return Rf_pchisq(x, df, 1, 0);
}

static inline double gsl_cdf_chisq_Q(double x, double df)
{
    return Rf_pchisq(x, df, 0, 0);
}

static inline double gsl_ran_chisq_pdf(double x, double df)
{
    return Rf_dchisq(x, df, 0);
}

static inline double gsl_cdf_fdist_Q(double f, double n, double df)
{
    return Rf_pf(f, n, df, 0, 0);
}

static inline double gsl_sf_lngamma(double x)
{
    return Rf_lgammafn(x);
}

/* erfc(x) = 2 P(Z > x sqrt(2)). */
static inline double gsl_sf_log_erfc(double x)
{
    return 0.693147180559945309417232121458 + Rf_pnorm5(x * 1.41421356237309504880, 0, 1, 0, 1);
}

#endif
