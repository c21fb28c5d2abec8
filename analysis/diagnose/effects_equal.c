/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A test that the effects from event time 0 on are all the same. */
#include <stdio.h>

#include "diagnose/diagnostic.h"

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    jd_wald_t wald;
    char term[32];
    int rc = jd_fit_equal(d->design, d->fit, &wald, ctx);
    if (rc) return rc;
    jd_estimate_t f = jd_diagnosis_bare(wald.f);
    f.p_value = wald.p_value;
    snprintf(term, sizeof term, "df=%d", wald.n_terms);
    return jd_diagnosis_add(d, "effects_equal_f", term, f, false, ctx);
}

const jd_diagnostic_t jd_diagnostic_effects_equal = {
    .name = "effects_equal",
    .label = "test that effects by event time are equal",
    .of_fit = true,
    .run = diagnose,
};
