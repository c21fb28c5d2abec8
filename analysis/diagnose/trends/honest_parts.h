/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the files of HonestDiD share. n = n_pre + n_post throughout. */
#ifndef JD_DIAGNOSE_TRENDS_HONEST_PARTS_H
#define JD_DIAGNOSE_TRENDS_HONEST_PARTS_H

#include "jiedao/honest.h"

/** An affine estimator of theta, weights'beta, with its worst bias over SD(M). */
typedef struct {
    double *weight; /* [n] on the coefficients, owned */
    double estimate, bias, std_error, half_length;
} jd_flci_t;

/** Optimal fixed-length interval of size alpha. */
JD_MUST_USE int jd_flci_make(jd_flci_t *flci, const jd_event_path_t *path, const double *l,
                             double m, double alpha, jd_ctx_t *ctx);
void jd_flci_free(jd_flci_t *flci);

/** A linear programme solved again and again with other objectives: largest f'x over the polytope
 *  {x >= 0 : W'x = e_1}, e_1 = (1, 0, ...). Primal simplex from where the last one ended. */
typedef struct {
    int n, r;             /* variables, equations */
    double *w;            /* [n][r], owned */
    int *basis;           /* [r] basic variable of each row; n + i = an artificial one */
    unsigned char *in;    /* [n] basic */
    double *inverse;      /* [r][r] of the basic columns */
    double *price, *step; /* [r] */
    int *pivot;           /* [r] LAPACK's */
    int fresh;            /* pivots since the inverse was recomputed */
    int infeasible;       /* the polytope is empty */
} jd_vertices_t;

/** w [n][r] row-major, copied; its first column must be all 1. Finds a vertex, or that there is
 * none.
 */
JD_MUST_USE int jd_vertices_init(jd_vertices_t *lp, int n, int r, const double *w, jd_ctx_t *ctx);
/** The best vertex x [n] for f [n]; *value = f'x. Where the best value is at most `floor`, any
 * vertex. Not for an empty polytope. */
JD_MUST_USE int jd_vertices_best(jd_vertices_t *lp, const double *f, double floor, double *x,
                                 double *value, jd_ctx_t *ctx);
void jd_vertices_free(jd_vertices_t *lp);

/** Moment inequalities E[A beta - d] - a1 theta - X nuisance <= 0 that say theta lies in the
 *  identified set, each scaled to unit variance. */
typedef struct {
    int n_moments, n_nuisance, n;
    double *a;             /* [n_moments][n] */
    double *d;             /* [n_moments] */
    double *base;          /* [n_moments] A beta_hat - d */
    double *toward;        /* [n_moments] a1 */
    double *correlation;   /* [n_moments][n_moments] A Sigma A' */
    jd_vertices_t lp;      /* dual of: smallest eta with y - X nuisance <= eta */
    double critical;       /* first stage rejects where eta is larger; INFINITY = no first stage */
    double size;           /* of the conditional test */
    const jd_flci_t *flci; /* first stage by an interval, or NULL; borrowed */
    const double *sigma_flci;                 /* [n] Sigma x its weights; borrowed */
    double *y, *x, *direction, *rest, *tried; /* work [n_moments] */
} jd_moments_t;

/** Which restriction: the difference before treatment that is the largest (0 = the last one), and
 *  its sign; neither enters SD. */
typedef struct {
    int place, sign;
} jd_largest_t;

/** How many of these make the union. */
int jd_honest_n_largest(const jd_event_path_t *path, jd_honest_delta_t delta);

JD_MUST_USE int jd_moments_init(jd_moments_t *moments, const jd_event_path_t *path,
                                const jd_honest_options_t *options, const double *l, double m,
                                jd_largest_t largest, jd_ctx_t *ctx);
void jd_moments_free(jd_moments_t *moments);

/** Least-favourable critical value of size kappa from draws [n_draws][n] of N(0, Sigma). */
JD_MUST_USE int jd_moments_critical(jd_moments_t *moments, const double *draws, int n_draws,
                                    double kappa, jd_ctx_t *ctx);

/** *accepted = 1 unless the test rejects theta. */
JD_MUST_USE int jd_moments_test(jd_moments_t *moments, double theta, int *accepted, jd_ctx_t *ctx);

/** Values of theta whose statistic is at most `limit`: an interval, NaN if empty. `from` and
 *  `step`: where to start and how far to look first. */
JD_MUST_USE int jd_moments_range(jd_moments_t *moments, double limit, double from, double step,
                                 double *low, double *high, jd_ctx_t *ctx);

#endif
