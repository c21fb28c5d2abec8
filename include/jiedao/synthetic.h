/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The weights synthetic_did and synthetic_control find: who the synthetic control is made of. */
#ifndef JIEDAO_SYNTHETIC_H
#define JIEDAO_SYNTHETIC_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** Zero it first; arrays are owned. */
typedef struct jd_synthetic_weights {
    int32_t n_cohorts, n_controls, n_periods;
    int32_t *cohort; /**< [n_cohorts] first treated periods */
    int32_t *unit;   /**< [n_controls] codes of the controls */
    int32_t *period; /**< [n_periods] */
    double *omega;   /**< [n_cohorts][n_controls] sum to 1 */
    double
        *lambda;  /**< [n_cohorts][n_periods] sum to 1, 0 from adoption on; synthetic control: 0 */
    double *zeta; /**< [n_cohorts][3] regularisation of omega, of lambda; noise level */
} jd_synthetic_weights_t;

/** The weights for an outcome y [rows of the panel]; design of an estimator of this family.
 *  Errors: those of jd_design_estimate(), JD_ERR_ARGUMENT for another estimator. */
JD_API JD_MUST_USE int jd_synthetic_weights_find(jd_synthetic_weights_t *weights,
                                                 const jd_design_t *design, const double *y,
                                                 jd_ctx_t *ctx);
JD_API void jd_synthetic_weights_free(jd_synthetic_weights_t *weights);

JD_END_DECLS

#endif
