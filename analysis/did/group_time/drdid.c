/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One treated group and one control group in two periods, given covariates: pair.h's comparison
 * by itself, by all its methods. */
#include "did/group_time/group_time.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_did_options_t own = *options;
    own.aggregate = JD_AGGREGATE_OVERALL;
    own.control = JD_CONTROL_NEVER;
    return jd_gt_prepare(design, panel, &own, JD_GT_PAIR, ctx);
}

const jd_estimator_t jd_estimator_drdid = {
    .name = "drdid",
    .label = "two groups and periods given covariates, doubly robust",
    .short_label = "DR-DID",
    .synonyms = "sant_anna_zhao",
    .uses = JD_USES_CROSS_SECTIONS,
    .options = jd_group_time_options + 3,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = jd_gt_infer,
    .release = jd_gt_release,
    .estimate = jd_gt_estimate,
    .weights = jd_gt_weights,
    .infers_estimate = true,
};
