/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Row weights of coefficients adjusted for leverage, a cluster at a time: with s_g = A_g' W_g the
 *  score of a cluster is s_g'e_g. */
#ifndef JD_LINEAR_ADJUST_H
#define JD_LINEAR_ADJUST_H

#include "linear/leverage.h"

/** Which A_g. */
typedef enum jd_adjust {
    JD_ADJUST_NONE, /**< 1 */
    JD_ADJUST_CR2,  /**< [(I-H)(I-H)']_gg to the power -1/2, pseudo-inverse */
    JD_ADJUST_CR3   /**< (I - H_gg) to the power -1, pseudo-inverse */
} jd_adjust_t;

/** A thread's room. */
typedef struct jd_adjust_work {
    double *r, *u, *scratch; /* of jd_leverage_block */
    double *s;               /* [n_kept][largest] adjusted weights, the result */
    double *p, *gram, *value, *c;
    double *level, *level_own; /* weighted CR2 alone */
} jd_adjust_work_t;

/** Refuses what would not fit. */
JD_MUST_USE int jd_adjust_open(jd_adjust_work_t *work, const jd_leverage_t *v, jd_adjust_t how,
                               jd_ctx_t *ctx);
void jd_adjust_close(jd_adjust_work_t *work);

/** Adds relative weights times R R', sum over all rows: [m][m]; the identity where weights are
 * equal. */
JD_MUST_USE int jd_adjust_spread(const jd_leverage_t *v, double *spread, jd_ctx_t *ctx);

/** Fills work->r, u and s of a group. spread as of jd_adjust_spread(), read by weighted CR2.
 *  Returns 0; 1 + j where coefficient j is not identified without the group (CR3); -1 where the
 * eigenvalues did not converge. */
int jd_adjust_group(const jd_leverage_t *v, int32_t group, jd_adjust_t how, const double *spread,
                    jd_adjust_work_t *work);

/** Relative weight of a row: 1 where all are equal. */
static inline double jd_adjust_weight(const jd_leverage_t *v, int64_t row)
{
    return v->exact_unit ? 1 : v->r->weight[row];
}

#endif
