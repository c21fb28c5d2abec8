/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The county panel that estimators run on, as a table, with what is true of each cell. */
#ifndef JD_TRIAL_SAMPLE_H
#define JD_TRIAL_SAMPLE_H

#include "study/recovery.h"

/** Makes the table "sample/county". */
JD_MUST_USE int jd_trial_sample(jd_table_t *sample, const jd_estimate_params_t *params,
                                const jd_recorded_t *recorded, jd_ctx_t *ctx);

#endif
