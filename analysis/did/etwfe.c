/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended two-way fixed effects (Wooldridge 2021, Two-way fixed effects, the two-way Mundlak
 * regression, and difference-in-differences estimators, eq. 6.33): y on a dummy for each treated
 * cohort and period, these times covariates less their cohort's mean, covariates times cohorts and
 * times periods, and two-way effects; then means of the cells' effects over their rows. The rows'
 * shares count as fixed in the variance. */
#include <stdlib.h>
#include <string.h>

#include "did/etwfe.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    return jd_etwfe_prepare(design, panel, options, 0, ctx);
}

/* out [n_terms][width] = contrast times in [n_kept][width]. */
static void combine(const jd_etwfe_t *own, const double *in, int width, double *out)
{
    for (int t = 0; t < own->n_means; t++)
        for (int j = 0; j < width; j++) {
            double sum = 0;
            for (int k = 0; k < own->n_kept; k++)
                sum += own->contrast[t * own->n_kept + k] * in[k * width + j];
            out[t * width + j] = sum;
        }
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const jd_etwfe_t *own = design->own;
    if (!own->contrast) { /* the cells themselves */
        jd_regression_estimate(&design->regression, y, n_y, out, ctx);
        return JD_OK;
    }
    size_t cells = (size_t)own->n_kept * (size_t)n_y;
    double *beta = malloc(cells * sizeof *beta);
    if (!beta) return jd_fail_memory(ctx, cells * sizeof *beta, "coefficients");
    jd_regression_estimate(&design->regression, y, n_y, beta, ctx);
    combine(own, beta, n_y, out);
    free(beta);
    return JD_OK;
}

static void weights(const jd_design_t *design, int term, double *w)
{
    const jd_etwfe_t *own = design->own;
    const jd_regression_t *r = &design->regression;
    if (own->contrast)
        jd_regression_combine(r, own->contrast + (int64_t)term * own->n_kept, w);
    else
        jd_regression_weights(r, term, w);
    jd_design_place(design, w);
}

/* C V C' with V the covariance of the coefficients. */
static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_etwfe_t *own = design->own;
    if (!own->contrast)
        return jd_infer_coefficients(design, y, fit->estimate, NULL, options, fit->vcov, fit, ctx);
    int k = own->n_kept, n = own->n_means;
    size_t cells = (size_t)k * (size_t)(1 + k + n);
    double *beta = malloc(cells * sizeof *beta);
    if (!beta) return jd_fail_memory(ctx, cells * sizeof *beta, "a covariance");
    double *vcov = beta + k, *half = vcov + (size_t)k * (size_t)k;
    jd_regression_estimate(&design->regression, &y, 1, beta, ctx);
    int rc = jd_infer_coefficients(design, y, beta, own->contrast, options, vcov, fit, ctx);
    if (rc == JD_OK) combine(own, vcov, k, half);
    for (int a = 0; rc == JD_OK && a < n; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += half[a * k + m] * own->contrast[b * k + m];
            fit->vcov[a * n + b] = fit->vcov[b * n + a] = sum;
        }
    free(beta);
    return rc;
}

const jd_estimator_t jd_estimator_etwfe = {
    .name = "etwfe",
    .label = "extended two-way fixed effects (Wooldridge)",
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = jd_etwfe_release,
    .estimate = estimate,
    .weights = weights,
};
