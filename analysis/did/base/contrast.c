/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/base/contrast.h"

#include <stdlib.h>

#include "core/memory.h"

/* C [n][k] times in [k][width]. */
static void combine(const double *contrast, int n, int k, const double *in, int width, double *out)
{
    for (int t = 0; t < n; t++)
        for (int j = 0; j < width; j++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += contrast[(int64_t)t * k + m] * in[(int64_t)m * width + j];
            out[(int64_t)t * width + j] = sum;
        }
}

int jd_contrast_estimate(const jd_design_t *design, const double *contrast, const double *const *y,
                         int n_y, double *estimate, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    if (!contrast) {
        jd_regression_estimate(r, y, n_y, estimate, ctx);
        return JD_OK;
    }
    size_t cells = (size_t)r->n_kept * (size_t)n_y;
    double *beta;
    if (jd_make_unset(&beta, cells, sizeof *beta, "coefficients", ctx)) return JD_ERR_NO_MEMORY;
    jd_regression_estimate(r, y, n_y, beta, ctx);
    combine(contrast, design->facts.n_terms, r->n_kept, beta, n_y, estimate);
    free(beta);
    return JD_OK;
}

void jd_contrast_weights(const jd_design_t *design, const double *contrast, int term, double *w)
{
    const jd_regression_t *r = &design->regression;
    if (contrast)
        jd_regression_combine(r, contrast + (int64_t)term * r->n_kept, w);
    else
        jd_regression_weights(r, term, w);
    jd_design_place(design, w);
}

void jd_contrast_vcov(const double *contrast, int n, int k, const double *vcov, double *half,
                      double *out)
{
    combine(contrast, n, k, vcov, k, half);
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;
            for (int m = 0; m < k; m++)
                sum += half[(int64_t)a * k + m] * contrast[(int64_t)b * k + m];
            out[(int64_t)a * n + b] = out[(int64_t)b * n + a] = sum;
        }
}

int jd_contrast_infer(const jd_design_t *design, const double *contrast, const double *y,
                      const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    if (!contrast)
        return jd_infer_coefficients(design, y, fit->estimate, NULL, options, fit->vcov, fit, ctx);
    int k = design->regression.n_kept, n = fit->n_terms;
    size_t cells = (size_t)k * (size_t)(1 + k + n);
    double *beta;
    if (jd_make_unset(&beta, cells, sizeof *beta, "a covariance", ctx)) return JD_ERR_NO_MEMORY;
    double *vcov = beta + k, *half = vcov + (size_t)k * (size_t)k;
    jd_regression_estimate(&design->regression, &y, 1, beta, ctx);
    int rc = jd_infer_coefficients(design, y, beta, contrast, options, vcov, fit, ctx);
    if (!rc) jd_contrast_vcov(contrast, n, k, vcov, half, fit->vcov);
    free(beta);
    return rc;
}
