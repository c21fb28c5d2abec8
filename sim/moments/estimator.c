/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Indirect inference: what an estimator finds is a moment, be it right or wrong. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "jiedao/did.h"
#include "moments/frame.h"

static double overall(const jd_design_t *design, const double *estimate, double *weight)
{
    const jd_term_t *terms = jd_design_terms(design);
    const int n = jd_design_facts(design).n_terms;
    double sum = 0, weights = 0;
    for (int k = 0; k < n; k++)
        if (terms[k].kind == JD_TERM_OVERALL) return estimate[k];
    jd_design_mean_weights(design, weight);
    for (int k = 0; k < n; k++) {
        sum += weight[k] * estimate[k];
        weights += weight[k];
    }
    return weights > 0 ? sum : (double)NAN;
}

int jd_moment_estimate(const jd_moment_frame_t *f, const double *w, const char *name, double *value,
                       const char **why, jd_ctx_t *ctx)
{
    const jd_estimator_t *estimator = jd_estimator_find(name);
    const int64_t n = f->units * f->periods;
    double *weight = NULL, *of_terms = NULL;
    jd_ctx_t inner = jd_ctx_inner(ctx); /* that it does not apply is no failure */
    jd_design_t *design = NULL;
    jd_did_options_t how;
    jd_did_defaults(&how);
    how.cell_mean = true; /* what the ATT is */
    *why = "units that are treated from some period on, and others";
    *value = (double)NAN;
    if (!f->any_treated) return JD_OK;
    int rc = jd_make(&weight, n, sizeof *weight, "moments", &inner);
    for (int64_t i = 0; i < n && !rc; i++)
        weight[i] = w[i % f->units];
    const jd_panel_t panel = {
        .n = n, .unit = f->unit, .time = f->time, .cohort = f->cohort, .weight = weight};
    if (!rc) rc = jd_design_prepare(&design, estimator, &panel, &how, &inner);
    const int terms = rc ? 0 : jd_design_facts(design).n_terms;
    if (!rc) rc = jd_make(&of_terms, 2 * (int64_t)terms, sizeof *of_terms, "moments", &inner);
    const double *const y = f->inflow;
    if (!rc) rc = jd_design_estimate(design, &y, 1, of_terms, &inner);
    if (!rc) *value = overall(design, of_terms, of_terms + terms);
    if (rc) *why = "data that the estimator can be applied to";
    free(of_terms);
    free(weight);
    jd_design_free(design);
    if (rc == JD_ERR_NO_MEMORY || rc == JD_ERR_CANCELLED)
        return jd_fail(ctx, rc, "%s", inner.message);
    return JD_OK;
}
