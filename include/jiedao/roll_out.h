/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What roll_out can do beyond the common signatures (Roth and Sant'Anna 2023, Efficient estimation
 *  for staggered rollout designs, JPE Microeconomics 1). */
#ifndef JIEDAO_ROLL_OUT_H
#define JIEDAO_ROLL_OUT_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** Fisher's randomisation test of no effect on anyone, studentised (section 4.3): units' cohorts
 * are re-randomised `draws` times; p_value [n_terms] is (1 + draws whose |estimate| / standard
 * error reaches the data's) / (1 + draws). y over all the panel's rows. Draws: JD_DRAW_PERMUTE of
 * `seed`. Errors: JD_ERR_ARGUMENT, JD_ERR_NO_MEMORY, JD_ERR_CANCELLED. Cost: draws times an
 * inference. */
JD_API JD_MUST_USE int jd_roll_out_randomise(const jd_design_t *design, const double *y,
                                             int32_t draws, uint64_t seed, double *p_value,
                                             jd_ctx_t *ctx);

JD_END_DECLS

#endif
