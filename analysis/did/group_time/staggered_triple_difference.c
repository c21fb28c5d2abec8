/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ortiz-Villavicencio and Sant'Anna (2025): triple differences of a policy that cohorts adopt at
 * different dates, for the eligible of their units. Every ATT(g,t) is a sum of three doubly robust
 * comparisons of the treated with the three other groups (their eq. 4.1), with each cohort of
 * control by itself: pooled ones would not have the trends of any. */
#include "did/group_time/group_time.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    int rc = jd_check_eligible(design->estimator->name, panel, options->cross_sections, ctx);
    return rc ? rc : jd_gt_prepare(design, panel, options, JD_GT_TRIPLE, ctx);
}

const jd_estimator_t jd_estimator_staggered_triple_difference = {
    .name = "staggered_triple_difference",
    .page = "triple_difference",
    .label = "triple difference, effects by cohort and period, doubly robust",
    .short_label = "staggered triple difference",
    .synonyms = "triplediff",
    .uses = JD_USES_AGGREGATE | JD_USES_CELL_MEAN | JD_USES_CONTROL | JD_USES_ANTICIPATION |
            JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_ELIGIBLE,
    .options = jd_group_time_options,
    .averages_events = jd_gt_averages_events,
    .family = JD_CLASS_FROZEN,
    .prepare = prepare,
    .infer = jd_gt_infer,
    .release = jd_gt_release,
    .estimate = jd_gt_estimate,
    .freeze = jd_gt_freeze,
    .infers_estimate = true,
};
