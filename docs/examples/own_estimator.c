/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An estimator of one's own: two-way fixed effects, an effect soon (two periods) and one later. It
 * uses a header of the tree and the static library; to add it to Jiedao, move what is above the
 * line into analysis/did/regression and name it in list.h and list.c of analysis/did/base. */
#include <stdio.h>

#include "did/base/design.h"

enum { SOON, LATER, TERMS, SOON_PERIODS = 2 };

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.cohort = 1, .effects = 1}; /* a date; fixed effects */
    jd_term_t terms[TERMS] = {jd_term_event(0), jd_term_event(SOON_PERIODS)};
    terms[SOON].event_last = SOON_PERIODS - 1;
    terms[LATER].event_last = INT32_MAX;
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = jd_design_open(design, panel, terms, TERMS, ctx);
    for (int64_t i = 0; !rc && i < frame.n; i++) {
        const int32_t event = jd_event_time(frame.time[i], frame.cohort[i]);
        if (frame.treated[i]) jd_design_column(design, event < SOON_PERIODS ? SOON : LATER)[i] = 1;
    }
    if (!rc) rc = jd_design_close(design, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

static const jd_estimator_t soon_and_later = {
    .name = "soon_and_later",
    .label = "two-way fixed effects, an effect soon and one later",
    .short_label = "soon/later",
    .family = JD_CLASS_LINEAR, /* so that weights on outcomes and the bias split are exact */
    .infers = JD_INFERS_WILD | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .prepare = prepare,
};

/* ---- The line: from here on a caller ---- */

enum { UNITS = 120, PERIODS = 10, ROWS = UNITS * PERIODS };

static int32_t unit[ROWS], year[ROWS], cohort[ROWS];
static double outcome[ROWS];

static void make_data(void)
{
    for (int i = 0; i < ROWS; i++) {
        unit[i] = i / PERIODS;
        year[i] = 2011 + i % PERIODS;
        cohort[i] = unit[i] % 2 ? 2016 : 0;
        int since = cohort[i] ? year[i] - cohort[i] : -1;
        outcome[i] = unit[i] % 7 + 0.1 * ((13 * unit[i] + 7 * year[i]) % 11) +
                     (since < 0              ? 0
                      : since < SOON_PERIODS ? 1
                                             : 3);
    }
}

int main(void)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    make_data();
    const jd_panel_t panel = {.n = ROWS, .unit = unit, .time = year, .cohort = cohort};
    int rc = jd_design_prepare(&design, &soon_and_later, &panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, outcome, NULL, 0.95, &fit, &ctx);
    for (int k = 0; !rc && k < fit.n_terms; k++)
        printf("%-4s %.4f (%.4f)\n", jd_design_terms(design)[k].name, fit.estimate[k],
               fit.std_error[k]);
    if (rc) fprintf(stderr, "%s\n", ctx.message);
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc != JD_OK;
}
