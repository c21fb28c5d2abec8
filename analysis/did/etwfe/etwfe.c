/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended two-way fixed effects (Wooldridge 2021, Two-way fixed effects, the two-way Mundlak
 * regression, and difference-in-differences estimators, eq. 6.33): y on a dummy for each treated
 * cohort and period, these times covariates less their cohort's mean, covariates times cohorts and
 * times periods, and two-way effects; then means of the cells' effects over their rows. The rows'
 * shares count as fixed in the variance. */
#include "did/etwfe/etwfe.h"
#include "did/base/contrast.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    return jd_etwfe_prepare(design, panel, options, 0, ctx);
}

static const double *contrast_of(const jd_design_t *design)
{
    const jd_etwfe_t *own = design->own;
    return own->contrast;
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    return jd_contrast_estimate(design, contrast_of(design), y, n_y, out, ctx);
}

static void weights(const jd_design_t *design, int term, double *w)
{
    jd_contrast_weights(design, contrast_of(design), term, w);
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    return jd_contrast_infer(design, contrast_of(design), y, options, fit, ctx);
}

const jd_estimator_t jd_estimator_etwfe = {
    .name = "etwfe",
    .label = "extended two-way fixed effects (Wooldridge)",
    .short_label = "ETWFE",
    .synonyms = "jwdid,wooldridge",
    .uses = JD_USES_AGGREGATE | JD_USES_CONTROL | JD_USES_ANTICIPATION | JD_USES_REFERENCE |
            JD_USES_BIN | JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED,
    .infers = JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = jd_etwfe_release,
    .estimate = estimate,
    .weights = weights,
};
