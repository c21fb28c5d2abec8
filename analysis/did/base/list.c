/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimators there are, in the order they are run and shown: a line here and one in list.h. */
#include <string.h>

#include "did/base/list.h"

const jd_estimator_t *const jd_estimators[] = {
    &jd_estimator_2x2,
    &jd_estimator_twfe,
    &jd_estimator_event_study,
    &jd_estimator_sun_abraham,
    &jd_estimator_callaway_santanna,
    &jd_estimator_imputation,
    &jd_estimator_two_stage,
    &jd_estimator_roll_out,
    &jd_estimator_synthetic_did,
    &jd_estimator_synthetic_control,
    &jd_estimator_block_did,
    &jd_estimator_did_multiplegt_dyn,
    &jd_estimator_rings,
    &jd_estimator_stacked,
    &jd_estimator_drdid,
    &jd_estimator_triple_difference,
    &jd_estimator_staggered_triple_difference,
    &jd_estimator_dose,
    &jd_estimator_wald_did,
    &jd_estimator_lp_did,
    &jd_estimator_poisson,
    &jd_estimator_etwfe,
    &jd_estimator_etwfe_poisson,
    NULL,
};

const jd_estimator_t *jd_estimator_find(const char *name)
{
    for (int i = 0; jd_estimators[i]; i++)
        if (strcmp(jd_estimators[i]->name, name) == 0) return jd_estimators[i];
    return NULL;
}
