/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The textbook comparison of four means: (treated after - treated before) - (control after -
 * control before), as the regression y = att treated post + a + b treated + c post (+ covariates).
 * Treated = ever treated in the sample's periods, after = from the first adoption of anyone on;
 * units treated when first seen are left out. */
#include "did/base/design.h"

/* First adoption and last period of the sample. */
static void find_window(const jd_frame_t *frame, int32_t *first_adoption, int32_t *last_period)
{
    *first_adoption = INT32_MAX;
    *last_period = INT32_MIN;
    for (int64_t i = 0; i < frame->n; i++) {
        if (frame->cohort[i] != 0 && frame->cohort[i] < *first_adoption)
            *first_adoption = frame->cohort[i];
        if (frame->time[i] > *last_period) *last_period = frame->time[i];
    }
}

static int fill_columns(jd_design_t *design, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    int32_t first, last;
    find_window(frame, &first, &last);
    double *att = jd_design_column(design, 0), *one = jd_design_column(design, 1);
    double *treated = jd_design_column(design, 2), *post = jd_design_column(design, 3);
    int64_t never = 0;
    int staggered = 0;
    for (int64_t i = 0; i < frame->n; i++) {
        int32_t g = frame->cohort[i];
        one[i] = 1;
        treated[i] = g != 0 && g <= last;
        post[i] = frame->time[i] >= first;
        att[i] = treated[i] * post[i];
        never += treated[i] == 0;
        staggered |= treated[i] != 0 && g != first;
    }
    if (never == 0)
        return jd_fail(
            ctx, JD_ERR_NO_CONTROLS,
            "2x2: no control group: every unit is treated by the last period (%s), and the "
            "2x2 comparison needs units that never are",
            JD_PERIOD_NAME(ctx, last));
    if (staggered)
        jd_warn(
            ctx,
            "2x2: adoption is staggered; 'after' begins with the first adoption (period %s), so "
            "units that adopt later dilute the effect",
            JD_PERIOD_NAME(ctx, first));
    return JD_OK;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.cohort = 1};
    const jd_term_t terms[] = {jd_term_overall("att"), jd_term_other("(Intercept)"),
                               jd_term_other("treated"), jd_term_other("post")};
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_design_open(design, panel, terms, 4, ctx);
    if (!rc) rc = fill_columns(design, &frame, ctx);
    if (!rc) rc = jd_design_close(design, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

const jd_estimator_t jd_estimator_2x2 = {
    .name = "2x2",
    .label = "difference in differences of four means",
    .short_label = "2×2",
    .uses = JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_FACTORS,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
};
