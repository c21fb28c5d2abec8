/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Linear estimators that keep their weights on outcomes, [n_terms][rows of the sample]. */
#ifndef JD_DID_BASE_ROW_WEIGHTS_H
#define JD_DID_BASE_ROW_WEIGHTS_H

#include "did/base/design.h"

/** Terms of outcomes y [n_y] over the sample's rows: one pass a term and outcome, in exact sums. */
void jd_row_weights_estimate(const jd_design_t *design, const double *weight,
                             const double *const *y, int n_y, double *estimate, jd_ctx_t *ctx);
/** A term's weights, put into w [rows of the panel]. */
void jd_row_weights_place(const jd_design_t *design, const double *weight, int term, double *w);

#endif
