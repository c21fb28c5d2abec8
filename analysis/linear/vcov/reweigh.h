/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Row weights of coefficients adjusted for leverage, a cluster at a time: with s_g = A_g' W_g the
 *  score of a cluster is s_g'e_g. */
#ifndef JD_LINEAR_VCOV_REWEIGH_H
#define JD_LINEAR_VCOV_REWEIGH_H

#include "linear/vcov/leverage.h"

/** Which A_g. */
typedef enum jd_reweigh {
    JD_REWEIGH_NONE, /**< 1 */
    JD_REWEIGH_CR2,  /**< [(I-H)(I-H)']_gg to the power -1/2, pseudo-inverse */
    JD_REWEIGH_CR3   /**< (I - H_gg) to the power -1, pseudo-inverse */
} jd_reweigh_t;

/** A thread's room. */
typedef struct jd_reweigh_work {
    double *r, *u, *scratch; /* of jd_leverage_block */
    double *s;               /* [n_kept][largest] adjusted weights, the result */
    unsigned char *lost;     /* [n_kept] coefficients not identified without the group (CR3) */
    double *p, *gram, *value, *c;
    double *level, *level_own; /* weighted CR2 alone */
} jd_reweigh_work_t;

/** Refuses what would not fit. */
JD_MUST_USE int jd_reweigh_open(jd_reweigh_work_t *work, const jd_leverage_t *v, jd_reweigh_t how,
                                jd_ctx_t *ctx);
void jd_reweigh_close(jd_reweigh_work_t *work);

/** Adds relative weights times R R', sum over all rows: [m][m]; the identity where weights are
 * equal. */
JD_MUST_USE int jd_reweigh_spread(const jd_leverage_t *v, double *spread, jd_ctx_t *ctx);

/** Left singular vectors of work->r [n][m] into work->p, squared singular values into work->value;
 *  returns how many, -1 on failure. */
int jd_reweigh_singular(const jd_leverage_t *v, int64_t n, jd_reweigh_work_t *work);
/** After that, x := (I - H_gg)^power x for x [n] in scaled rows of a group, pseudo-inverse; returns
 *  the largest part of x along what I - H takes to 0, squared. */
double jd_reweigh_power(const jd_leverage_t *v, int32_t group, int64_t n, int rank, double power,
                        const jd_reweigh_work_t *work, double *x);

/** Fills work->r, u and s of a group. spread as of jd_reweigh_spread(), read by weighted CR2.
 *  Returns how many coefficients are not identified without the group (CR3): work->lost says which;
 *  the others' are what they are without the group and these. -1 where the eigenvalues did not
 *  converge. */
int jd_reweigh_group(const jd_leverage_t *v, int32_t group, jd_reweigh_t how, const double *spread,
                     jd_reweigh_work_t *work);

/** Relative weight of a row: 1 where all are equal. */
static inline double jd_reweigh_weight(const jd_leverage_t *v, int64_t row)
{
    return v->exact_unit ? 1 : v->r->weight[row];
}

#endif
