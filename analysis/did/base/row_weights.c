/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/base/row_weights.h"

#include "linear/sums.h"

void jd_row_weights_estimate(const jd_design_t *design, const double *weight,
                             const double *const *y, int n_y, double *estimate, jd_ctx_t *ctx)
{
    int64_t n = design->sample.n;
    int n_terms = design->facts.n_terms;
    (void)ctx; /* read where there are threads */
#pragma omp parallel for collapse(2) num_threads(jd_ctx_threads(ctx)) \
    schedule(static) if (n > JD_BLOCK)
    for (int j = 0; j < n_y; j++)
        for (int k = 0; k < n_terms; k++)
            estimate[k * n_y + j] = jd_dot_exact(weight + (size_t)k * (size_t)n, y[j], n);
}

void jd_row_weights_place(const jd_design_t *design, const double *weight, int term, double *w)
{
    const double *own = weight + (size_t)term * (size_t)design->sample.n;
    for (int64_t i = 0; i < design->sample.n; i++)
        w[design->sample.row[i]] = own[i];
}
