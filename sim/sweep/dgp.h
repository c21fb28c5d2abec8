/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Processes of the econometric literature in place of the simulator: a panel of units and periods
 * whose true effects are known, for validating estimators.
 *
 *      y_it = a_i + e_it, and of units that adopt in period g_i: + trend (t - g_i + 1), and from
 *             g_i on + effect + slope_i (t - g_i + 1),
 *      a_i = unit_sd times a normal, e_it = rho e_i,t-1 + sd u_it, u normal, e_i1 from the
 *      stationary law. There is no term common to all units of a period: estimators with period
 *      effects would not see it.
 *
 *  kind = ar1_placebo: half the units, say, adopt at one date drawn anew in each replicate; no
 * effect unless requested (Bertrand, Duflo, Mullainathan 2004). staggered_linear: cohorts of equal
 * size whose effects grow by their own slope each period, from the period of adoption on (Baker;
 * Cunningham; Goodman-Bacon 2021). event_trend: one date; the treated drift by trend a period (Roth
 * 2022). */
#ifndef JD_SWEEP_DGP_H
#define JD_SWEEP_DGP_H

#include "study/recovery_samples.h"

typedef enum jd_dgp_kind {
    JD_DGP_SIMULATOR, /**< none of them */
    JD_DGP_AR1_PLACEBO,
    JD_DGP_STAGGERED_LINEAR,
    JD_DGP_EVENT_TREND
} jd_dgp_kind_t;

/** Section [dgp]. */
typedef struct jd_dgp_params {
    int32_t kind;
    int64_t units, periods, first_period, adoption_first, adoption_last;
    double share, rho, sd, unit_sd, trend, effect;
    jd_list_t cohorts, slopes;
} jd_dgp_params_t;

extern const jd_section_t jd_dgp_section;

/** Notes shares that round to nobody or all, and cohorts that nobody is in; whether there was one.
 */
bool jd_dgp_note(const jd_dgp_params_t *params, jd_ctx_t *ctx);

/** One replicate: a panel named "dgp" of units x periods, cluster = unit. Free the sample in any
 * case. Errors: JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_dgp_sample(jd_recovery_sample_t *sample, const jd_dgp_params_t *params,
                              uint64_t seed, uint64_t replicate, jd_ctx_t *ctx);

#endif
