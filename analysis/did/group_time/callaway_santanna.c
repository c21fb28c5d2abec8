/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callaway and Sant'Anna: effects by cohort and period, and the options of the whole family. */
#include "did/group_time/group_time.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    return jd_gt_prepare(design, panel, options, JD_GT_COHORTS, ctx);
}

/* Of the family; drdid takes those from `method` on. */
const jd_param_t jd_group_time_options[] = {
    {"universal_base", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.universal_base), "no",
     0, 0, NULL, "", "leads against the last period before treatment, not against their own", "",
     JD_RESULT},
    {"unbalanced", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.allow_unbalanced), "no", 0,
     0, NULL, "", "keep units not seen in every period", "", JD_RESULT},
    {"balance", JD_PARAM_INT32, offsetof(jd_did_options_t, group_time.balance_event), "-1", -1,
     1000000, NULL, "periods", "only cohorts seen for this many periods after adoption; -1 = all",
     "", JD_RESULT},
    {"method", JD_PARAM_CHOICE, offsetof(jd_did_options_t, group_time.method), "dr", 0, 0,
     "dr | reg | ipw | improved | abadie", "",
     "how covariates enter: doubly robust, regression, inverse propensities, improved or Abadie's",
     "Sant'Anna and Zhao 2020", JD_RESULT},
    {"drdid_sign", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.drdid_sign), "no", 0, 0,
     NULL, "", "dr in cross-sections with the standard errors of the R packages did and DRDID", "",
     JD_RESULT},
    {"fix_weights", JD_PARAM_CHOICE, offsetof(jd_did_options_t, group_time.fix_weights), "earlier",
     0, 0, "earlier | varying | first | base", "",
     "which of the weights that change over time: of the earlier period compared, each row's, the "
     "first, the base's",
     "", JD_RESULT},
    {.name = NULL},
};

bool jd_gt_averages_events(const jd_did_options_t *options)
{
    return !options->cell_mean && options->aggregate == JD_AGGREGATE_EVENT;
}

const jd_estimator_t jd_estimator_callaway_santanna = {
    .name = "callaway_santanna",
    .label = "Callaway and Sant'Anna, effects by cohort and period",
    .short_label = "Callaway-Sant'Anna",
    .synonyms = "did,att_gt,gt,csdid,csdid2,hdidregress,xthdidregress",
    .uses = JD_USES_AGGREGATE | JD_USES_CELL_MEAN | JD_USES_CONTROL | JD_USES_ANTICIPATION |
            JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .options = jd_group_time_options,
    .averages_events = jd_gt_averages_events,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = jd_gt_infer,
    .release = jd_gt_release,
    .estimate = jd_gt_estimate,
    .weights = jd_gt_weights,
    .infers_estimate = true,
};
