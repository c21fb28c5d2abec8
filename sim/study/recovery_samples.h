/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The samples estimators run on, out of a run's recorded tables. Private to study/. */
#ifndef JD_STUDY_RECOVERY_SAMPLES_H
#define JD_STUDY_RECOVERY_SAMPLES_H

#include "jiedao/split.h"
#include "study/recovery.h"

/** One panel, made from recorded tables: plain columns over rows (time, unit), time slowest. Zero
 * it first. */
typedef struct jd_recovery_sample {
    const char *panel, *quantity;
    int64_t n;
    int32_t *unit, *time, *cohort, *cluster, *fixed[2];
    int8_t *cell;
    double *observed, *y1, *y0, *direct; /**< direct NULL: not known */
    double *dose;                        /**< effective dose; NULL: none is recorded */
    int n_fixed;
    int32_t n_units; /**< 0 = not counted */
} jd_recovery_sample_t;

/** Room for n rows, all zero. Free in any case. */
JD_MUST_USE int jd_recovery_sample_init(jd_recovery_sample_t *s, int64_t n, int n_fixed,
                                        bool direct, jd_ctx_t *ctx);

/** County x quarter: the section's outcome of targeted firms. */
JD_MUST_USE int jd_county_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p,
                                 const jd_recorded_t *r, jd_ctx_t *ctx);
/** Units are county x sector; fixed effects sector x quarter and county x quarter: a triple
 * difference. */
JD_MUST_USE int jd_sector_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p,
                                 const jd_recorded_t *r, jd_ctx_t *ctx);
/** Did the firm move into a county that is treated sometime? Treated are firms of the targeted
 * sector, by their true sector, wherever they are. */
JD_MUST_USE int jd_firm_sample(jd_recovery_sample_t *s, const jd_estimate_params_t *p,
                               const jd_recorded_t *r, jd_ctx_t *ctx);
void jd_recovery_sample_free(jd_recovery_sample_t *s);

#endif
