/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Each estimator's description, which lies in its own folder. */
#ifndef JD_DID_BASE_LIST_H
#define JD_DID_BASE_LIST_H

#include "jiedao/did.h"

extern const jd_estimator_t jd_estimator_2x2;
extern const jd_estimator_t jd_estimator_twfe;
extern const jd_estimator_t jd_estimator_event_study;
extern const jd_estimator_t jd_estimator_sun_abraham;
extern const jd_estimator_t jd_estimator_callaway_santanna;
extern const jd_estimator_t jd_estimator_imputation;
extern const jd_estimator_t jd_estimator_two_stage;
extern const jd_estimator_t jd_estimator_roll_out;
extern const jd_estimator_t jd_estimator_synthetic_did;
extern const jd_estimator_t jd_estimator_synthetic_control;
extern const jd_estimator_t jd_estimator_block_did;
extern const jd_estimator_t jd_estimator_did_multiplegt_dyn;
extern const jd_estimator_t jd_estimator_rings;
extern const jd_estimator_t jd_estimator_stacked;
extern const jd_estimator_t jd_estimator_drdid;
extern const jd_estimator_t jd_estimator_triple_difference;
extern const jd_estimator_t jd_estimator_staggered_triple_difference;
extern const jd_estimator_t jd_estimator_dose;
extern const jd_estimator_t jd_estimator_wald_did;
extern const jd_estimator_t jd_estimator_lp_did;
extern const jd_estimator_t jd_estimator_poisson;
extern const jd_estimator_t jd_estimator_etwfe;
extern const jd_estimator_t jd_estimator_etwfe_poisson;

#endif
