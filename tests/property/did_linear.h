/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What every linear estimator must keep, on a trial of did_dense.h. */
#ifndef JD_TESTS_PROPERTY_DID_LINEAR_H
#define JD_TESTS_PROPERTY_DID_LINEAR_H

#include "near.h"
#include "property/did_dense.h"

/** Each estimate is its weights times the outcomes. */
static inline void check_weights(const jd_design_t *design, const trial_t *t, const jd_fit_t *fit)
{
    static double w[MAX_ROWS];
    for (int k = 0; k < fit->n_terms; k++) {
        double sum = 0;
        jd_design_weights(design, k, w);
        for (int i = 0; i < t->panel.n; i++)
            sum += w[i] * t->y[i];
        assert_near(sum, fit->estimate[k], 1e-10 * (1 + fabs(sum)));
    }
}

static inline void assert_same_bits(const jd_fit_t *a, const jd_fit_t *b)
{
    assert_memory_equal(a->estimate, b->estimate, (size_t)(a->n_terms * 5) * sizeof(double));
    assert_memory_equal(a->vcov, b->vcov, (size_t)(a->n_terms * a->n_terms) * sizeof(double));
}

static inline void check_refusal(const char *name, const trial_t *t, const jd_did_options_t *o,
                                 int expected, const char *word)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &t->panel, o, &ctx),
                     expected);
    if (!strstr(ctx.message, word)) fail_msg("'%s' without '%s'", ctx.message, word);
}

#endif
