/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "did/base/design.h"

/* Coefficients and levels of fixed effects; an effect beside the first has one level less. */
static double parameters(const jd_regression_t *r)
{
    double k = r->n_kept;
    const int n = r->effects ? jd_effects_count(r->effects) : 0;
    for (int e = 0; e < n; e++)
        k += jd_effects_groups(r->effects, e)->n_groups - (e > 0);
    return k;
}

jd_quality_t jd_fit_quality(const jd_design_t *design, const jd_fit_t *fit)
{
    const double none = (double)NAN;
    jd_quality_t q = {none, none, none, none, none, none};
    if (fit->null_log_likelihood != 0) {
        q.pseudo_r2 = 1 - fit->log_likelihood / fit->null_log_likelihood;
        q.deviance = fit->deviance;
        return q;
    }
    if (!(fit->within_tss > 0 && fit->tss > 0)) return q; /* no regression of the outcome itself */
    const double n = (double)fit->n_obs, k = parameters(&design->regression);
    q.r2 = 1 - fit->facts.ssr / fit->tss;
    if (n > k) q.adjusted_r2 = 1 - (1 - q.r2) * (n - 1) / (n - k);
    q.within_r2 = 1 - fit->facts.ssr / fit->within_tss;
    q.rmse = sqrt(fit->facts.ssr / n);
    return q;
}
