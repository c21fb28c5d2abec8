/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Static two-way fixed effects: y = att D + unit + period (+ further effects, covariates), D = 1
 * under treatment. With panel.fixed = sector x time, county x time, and no period effects, a triple
 * difference. The treatment path need not be absorbing. Where a dose alone is given it is D, and
 * the coefficient, of one unit of it, is called "dose". */
#include <stdlib.h>

#include "did/base/design.h"
#include "panel/grid.h"

/* Without columns, where there are no covariates. */
static int open_dummy(jd_design_t *design, const jd_panel_t *panel, const jd_frame_t *frame,
                      jd_ctx_t *ctx)
{
    const jd_term_t term = jd_term_overall("att");
    size_t bytes = (size_t)frame->n * sizeof(int32_t);
    int32_t *code = malloc(bytes);
    if (code) {
#pragma omp parallel for num_threads(jd_pass_threads(ctx, frame->n)) schedule(static)
        for (int64_t i = 0; i < frame->n; i++)
            code[i] = frame->treated[i] - 1;
    }
    int rc = code ? jd_design_open_dummies(design, panel, &term, 1, code, ctx)
                  : jd_fail_memory(ctx, bytes, "the treatment");
    free(code);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.effects = 1, .amount = 1};
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc)
        rc = frame.is_amount ? jd_design_open_treatment(design, panel, &frame, ctx)
                             : open_dummy(design, panel, &frame, ctx);
    if (!rc) rc = jd_design_close(design, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

const jd_estimator_t jd_estimator_twfe = {
    .name = "twfe",
    .label = "two-way fixed effects",
    .short_label = "TWFE",
    .synonyms = "areg,feols,felm,plm,reghdfe,xtdidregress,xtreg",
    .uses = JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_SLOPES,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
};
