/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each cluster adds to each estimate's error: two samples that share clusters have the
 * covariance of these sums (seemingly unrelated estimation; Weesie 1999). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "did/base/influence.h"

static int make_room(const jd_design_t *design, jd_fit_t *fit, jd_ctx_t *ctx)
{
    const int32_t groups = design->clusters.n_groups;
    int rc = jd_make_n(&fit->sums, (size_t)fit->n_terms * (size_t)groups, sizeof *fit->sums,
                       "clusters' sums", ctx);
    if (!rc) rc = jd_make(&fit->sums_cluster, groups, sizeof *fit->sums_cluster, "clusters", ctx);
    if (rc) return rc;
    fit->n_sums = groups;
    memcpy(fit->sums_cluster, design->clusters.value, (size_t)groups * sizeof *fit->sums_cluster);
    return JD_OK;
}

int jd_fit_sums_keep(const jd_design_t *design, const double *sum, const jd_vcov_options_t *options,
                     jd_fit_t *fit, jd_ctx_t *ctx)
{
    if (!options->keep_sums || options->draws > 0) return JD_OK;
    int rc = make_room(design, fit, ctx);
    if (!rc) memcpy(fit->sums, sum, (size_t)fit->n_terms * (size_t)fit->n_sums * sizeof *fit->sums);
    return rc;
}

int jd_fit_sums_by_cluster(const jd_design_t *design, const double *sum,
                           const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    if (!options->keep_sums) return JD_OK;
    int rc = make_room(design, fit, ctx);
    for (int32_t g = 0; g < fit->n_sums && !rc; g++)
        for (int k = 0; k < fit->n_terms; k++)
            fit->sums[(int64_t)k * fit->n_sums + g] = sum[(int64_t)g * fit->n_terms + k];
    return rc;
}

int jd_fit_sums_of_residuals(const jd_design_t *design, const double *residual,
                             const double *contrast, const jd_vcov_options_t *options,
                             jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    if (!options->keep_sums || options->kind != JD_VCOV_CLUSTER) return JD_OK;
    double *w;
    int rc = make_room(design, fit, ctx);
    if (!rc) rc = jd_make(&w, r->n, sizeof *w, "clusters' sums", ctx);
    if (rc) return rc;
    const double scale = sqrt(fit->facts.factor);
    for (int k = 0; k < fit->n_terms; k++) {
        double *sum = fit->sums + (int64_t)k * fit->n_sums;
        if (contrast)
            jd_regression_combine(r, contrast + (int64_t)k * r->n_kept, w);
        else
            jd_regression_weights(r, k, w);
        for (int64_t i = 0; i < r->n; i++)
            sum[design->clusters.code[i]] += scale * w[i] * residual[i];
    }
    free(w);
    return JD_OK;
}

void jd_fit_sums_check(jd_fit_t *fit)
{
    const double near = 1e-8;
    for (int k = 0; k < fit->n_terms && fit->sums; k++) {
        const double variance = fit->vcov[(int64_t)k * fit->n_terms + k];
        double square = 0;
        for (int32_t g = 0; g < fit->n_sums; g++) {
            const double s = fit->sums[(int64_t)k * fit->n_sums + g];
            square += s * s;
        }
        if (fabs(square - variance) <= near * variance) continue;
        free(fit->sums);
        fit->sums = NULL;
    }
}
