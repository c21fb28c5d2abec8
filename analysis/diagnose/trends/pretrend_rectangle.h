/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Integrals over the rectangle where no lead is significant. */
#ifndef JD_DIAGNOSE_TRENDS_PRETREND_RECTANGLE_H
#define JD_DIAGNOSE_TRENDS_PRETREND_RECTANGLE_H

#include "jiedao/event_path.h"

enum { JD_SHIFTS = 8 };

/** The leads' law, ordered for integration, and what the coefficients after the reference are given
 *  the leads. */
typedef struct {
    int k, n_post;
    int *order;      /* [k] lead of each place */
    double *factor;  /* [k][k] Cholesky of their covariance, so ordered */
    double *bound;   /* [k] |coefficient| below which a lead is not significant */
    double *project; /* [n_post][k] regression of the others on the standardised leads */
    double *spread;  /* [n_post] standard deviation left */
    double *half;    /* [n_post] half-length of the usual interval */
    double critical; /* of a coefficient over its standard error */
    int points;
} jd_rectangle_t;

JD_MUST_USE int jd_rectangle_init(jd_rectangle_t *rectangle, const jd_event_path_t *path,
                                  double level, int points, jd_ctx_t *ctx);
void jd_rectangle_free(jd_rectangle_t *rectangle);

/** b'V^-1 b of the leads b [k]; z [k] is work. */
double jd_rectangle_distance(const jd_rectangle_t *rectangle, const double *b, double *z);

/** P(no lead significant) for mean [k + n_post], and given that (where not NULL): lead [k] the mean
 *  of the leads, other [n_post] that of the other coefficients, cover [n_post] how often their
 * usual interval holds 0. *error is the standard error of the probability. */
JD_MUST_USE int jd_rectangle_integrate(const jd_rectangle_t *rectangle, const double *mean,
                                       double *probability, double *error, double *lead,
                                       double *other, double *cover, jd_ctx_t *ctx);

#endif
