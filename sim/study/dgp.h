/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Processes of the econometric literature in place of the simulator: a panel of units and periods
 * whose true effects are known, for validating estimators.
 *
 *      y_it = a_i + (common) t + slope_i t + e_it + effect(g_i, t),
 *      e_it = rho e_i,t-1 + sd u_it,  u normal, e_i1 from the stationary law
 *
 *  kind = ar1_placebo: half the units, say, adopt at one date drawn anew in each replicate; no
 * effect unless asked for (Bertrand, Duflo, Mullainathan 2004). staggered_linear: cohorts of equal
 * size whose effects grow by their own slope each period, from the period of adoption on (Baker;
 * Cunningham; Goodman-Bacon 2021). event_trend: one date; the treated drift by trend a period (Roth
 * 2022). */
#ifndef JD_STUDY_DGP_H
#define JD_STUDY_DGP_H

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

/** One replicate: a panel named "dgp" of units x periods, cluster = unit. Free the sample in any
 * case. Errors: JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_dgp_sample(jd_recovery_sample_t *sample, const jd_dgp_params_t *params,
                              uint64_t seed, uint64_t replicate, jd_ctx_t *ctx);

/** Notes the keys of [dgp] that are given but that this kind of process does not read. */
void jd_dgp_note_unread(const jd_config_t *config, jd_dgp_kind_t kind, jd_ctx_t *ctx);

#endif
