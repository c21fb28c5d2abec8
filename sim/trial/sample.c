/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/sample.h"

#include <math.h>

#include "study/recovery_samples.h"

enum { UNIT, TIME, COHORT, CLUSTER, OUTCOME, WITH, WITHOUT, DIRECT, DOSE, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    {"unit", JD_INT32, "1", "county: row of jurisdictions", NULL, 0, JD_AXIS_CELL},
    {"time", JD_INT32, "quarter", "period, from 1", NULL, 0, JD_AXIS_CELL},
    {"cohort", JD_INT32, "quarter", "first treated period, 0 = never", NULL, 0, JD_AXIS_CELL},
    {"cluster", JD_INT32, "1", "cluster, as estimate.cluster says", NULL, 0, JD_AXIS_CELL},
    {"outcome", JD_DOUBLE, "firms", "outcome as estimators see it", NULL, 0, JD_AXIS_CELL},
    {"with_policy", JD_DOUBLE, "firms", "true outcome with the policy", NULL, 0, JD_AXIS_CELL},
    {"without_policy", JD_DOUBLE, "firms", "true outcome without the policy", NULL, 0,
     JD_AXIS_CELL},
    {"direct", JD_DOUBLE, "firms", "outcome if the county alone were treated; missing = not known",
     NULL, 0, JD_AXIS_CELL},
    {"dose", JD_DOUBLE, "1", "effective dose of the policy", NULL, 0, JD_AXIS_CELL},
};

int jd_trial_sample(jd_table_t *t, const jd_estimate_params_t *params,
                    const jd_recorded_t *recorded, jd_ctx_t *ctx)
{
    jd_recovery_sample_t s = {0};
    int rc = jd_county_sample(&s, params, recorded, ctx);
    if (!rc)
        rc = jd_table_init(t, "sample/county", "The county panel that estimators run on", columns,
                           COLUMNS, s.n, ctx);
    for (int64_t i = 0; i < s.n && !rc; i++) {
        JD_CELLS(t, UNIT, int32_t)[i] = s.unit[i];
        JD_CELLS(t, TIME, int32_t)[i] = s.time[i];
        JD_CELLS(t, COHORT, int32_t)[i] = s.cohort[i];
        JD_CELLS(t, CLUSTER, int32_t)[i] = s.cluster[i];
        JD_CELLS(t, OUTCOME, double)[i] = s.observed[i];
        JD_CELLS(t, WITH, double)[i] = s.y1[i];
        JD_CELLS(t, WITHOUT, double)[i] = s.y0[i];
        JD_CELLS(t, DIRECT, double)[i] = s.direct ? s.direct[i] : (double)NAN;
        JD_CELLS(t, DOSE, double)[i] = s.dose[i];
    }
    if (!rc) t->rows = s.n;
    jd_recovery_sample_free(&s);
    return rc;
}
