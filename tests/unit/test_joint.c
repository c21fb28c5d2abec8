/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uniform bands and joint tests: against laws known in closed form, plain inversion, and their
 * refusals. */
#include "support.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "did/base/design.h"
#include "jiedao/did.h"
#include "near.h"
#include "property/did_dense.h"

static int infer_event_study(uint64_t seed, const jd_vcov_options_t *v, int threads,
                             jd_design_t **design, jd_fit_t *fit)
{
    static trial_t trial;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    jd_did_defaults(&options);
    make_trial(&trial, seed);
    trial.panel.cluster = NULL;
    int rc =
        jd_design_prepare(design, jd_estimator_find("event_study"), &trial.panel, &options, &ctx);
    return !rc ? jd_design_infer(*design, trial.y, v, 0.9, fit, &ctx) : rc;
}

static void test_bands_lie_between_their_bounds(void **state)
{
    (void)state;
    const jd_vcov_options_t v = {.bands = 1, .draws = 4000, .seed = 3, .kind = JD_VCOV_HC1};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        jd_design_t *design = NULL;
        jd_fit_t fit = {0}, again = {0};
        if (infer_event_study(seed, &v, 1, &design, &fit) != JD_OK) continue;
        int m = 0;
        for (int k = 0; k < fit.n_terms; k++)
            m += jd_design_terms(design)[k].kind == JD_TERM_EVENT;
        assert_true(fit.uniform >= gsl_cdf_tdist_Qinv(0.05, fit.facts.df));
        assert_true(fit.uniform <= gsl_cdf_tdist_Qinv(0.05 / m, fit.facts.df));
        jd_design_free(design);
        assert_int_equal(infer_event_study(seed, &v, 3, &design, &again), JD_OK);
        assert_memory_equal(&fit.uniform, &again.uniform, sizeof fit.uniform);
        jd_fit_free(&fit);
        jd_fit_free(&again);
        jd_design_free(design);
    }
}

/* Four independent effects: P(all |t| <= c) = (1 - 2 Q(c))^4, with the normal law. */
static void test_bands_of_independent_effects(void **state)
{
    (void)state;
    enum { PERIODS = 5, N = 5000 * PERIODS };
    static int32_t unit[N], period[N], cohort[N];
    static double y[N];
    jd_rng_t rng = trial_rng(5);
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        period[i] = i % PERIODS + 1;
        cohort[i] = unit[i] % 2 ? 4 : 0;
        y[i] = gauss(&rng);
    }
    /* No fixed effect that would tie the effects together; every unit's effects stand apart. */
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.no_unit_effects = 1;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    const jd_vcov_options_t v = {.kind = JD_VCOV_IID, .bands = 1, .draws = 100000};
    assert_int_equal(
        jd_design_prepare(&design, jd_estimator_find("event_study"), &panel, &options, &ctx),
        JD_OK);
    assert_int_equal(jd_design_infer(design, y, &v, 0.95, &fit, &ctx), JD_OK);
    assert_int_equal(fit.n_terms, 4);
    double exact = gsl_cdf_ugaussian_Qinv((1 - pow(0.95, 0.25)) / 2);
    assert_near(fit.uniform, exact, 0.02); /* 4 errors of a quantile from 100,000 draws */
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_wald_equals_plain_inversion(void **state)
{
    (void)state;
    double estimate[] = {1.0, -0.5, 2.0}, null[] = {0.25, 1.5};
    double vcov[] = {0.5, 0.1, 0.0, 0.1, 0.3, -0.2, 0.0, -0.2, 0.8};
    jd_fit_t fit = {.n_terms = 3, .estimate = estimate, .vcov = vcov, .facts = {.df = 11}};
    const int terms[] = {0, 2}, one[] = {1};
    jd_wald_t wald;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_fit_wald(&fit, terms, 2, null, &wald, &ctx), JD_OK);
    double f = (0.75 * 0.75 / 0.5 + 0.5 * 0.5 / 0.8) / 2;
    assert_near(wald.f, f, 1e-14);
    assert_near(wald.p_value, gsl_cdf_fdist_Q(f, 2, 11), 1e-14);
    /* One term: F = t squared, the same p-value. */
    assert_int_equal(jd_fit_wald(&fit, one, 1, NULL, &wald, &ctx), JD_OK);
    assert_near(wald.p_value, 2 * gsl_cdf_tdist_Q(0.5 / sqrt(0.3), 11), 1e-13);
    fit.facts.df = HUGE_VAL;
    const int both[] = {1, 2};
    assert_int_equal(jd_fit_wald(&fit, both, 2, NULL, &wald, &ctx), JD_OK);
    double det = 0.3 * 0.8 - 0.04;
    double chi2 = (0.25 * 0.8 + 2 * 0.2 * (-0.5) * 2 + 4 * 0.3) / det;
    assert_near(wald.f * 2, chi2, 1e-12);
    assert_near(wald.p_value, gsl_cdf_chisq_Q(chi2, 2), 1e-13);
}

static void test_wald_refusals(void **state)
{
    (void)state;
    double estimate[] = {1, 2}, vcov[] = {1, 1, 1, 1};
    jd_fit_t fit = {.n_terms = 2, .estimate = estimate, .vcov = vcov, .facts = {.df = 5}};
    const int terms[] = {0, 1}, beyond[] = {2};
    jd_wald_t wald;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_fit_wald(&fit, terms, 2, NULL, &wald, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "rank 1"));
    assert_int_equal(jd_fit_wald(&fit, beyond, 1, NULL, &wald, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_fit_wald(&fit, terms, 0, NULL, &wald, &ctx), JD_ERR_ARGUMENT);
    vcov[0] = 0;
    assert_int_equal(jd_fit_wald(&fit, terms, 1, NULL, &wald, &ctx), JD_ERR_DATA);
}

/* gsl would stop the program outside its laws' domain. */
static void test_no_degrees_of_freedom(void **state)
{
    (void)state;
    double estimate[] = {1, 2}, vcov[] = {1, 0.5, 0.5, 1};
    jd_fit_t fit = {.n_terms = 2, .estimate = estimate, .vcov = vcov};
    const double none[] = {0, -1, (double)NAN};
    const int terms[] = {0, 1};
    jd_wald_t wald;
    for (int i = 0; i < 3; i++) {
        fit.facts.df = none[i];
        assert_int_equal(jd_fit_wald(&fit, terms, 2, NULL, &wald, NULL), JD_OK);
        assert_true(isfinite(wald.f) && isnan(wald.p_value));
    }
    const jd_vcov_options_t v = {.kind = JD_VCOV_HC1, .draws = 100};
    jd_design_t *design = NULL;
    jd_fit_t study = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(infer_event_study(4, &v, 1, &design, &study), JD_OK);
    study.facts.df = 0;
    assert_int_equal(jd_fit_bands(design, &v, &study, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "0 degrees of freedom"));
    jd_fit_free(&study);
    jd_design_free(design);
}

static void test_pretrend_takes_the_leads(void **state)
{
    (void)state;
    const jd_vcov_options_t v = {.kind = JD_VCOV_HC1};
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_wald_t all, picked;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(infer_event_study(4, &v, 1, &design, &fit), JD_OK);
    int terms[64], n = 0;
    for (int k = 0; k < fit.n_terms; k++)
        if (strncmp(jd_design_terms(design)[k].name, "e=-", 3) == 0) terms[n++] = k;
    assert_true(n > 1);
    assert_int_equal(jd_fit_pretrend(design, &fit, &all, &ctx), JD_OK);
    assert_int_equal(jd_fit_wald(&fit, terms, n, NULL, &picked, &ctx), JD_OK);
    assert_near(all.f, picked.f, 0);
    assert_int_equal(all.n_terms, n);
    jd_fit_free(&fit);
    jd_design_free(design);
}

/* The effects less their mean, all but the last, by plain elimination of their covariance. */
static double plain_equality(const jd_fit_t *fit, const int *term, int n)
{
    long double a[16][17] = {{0}}, chi2 = 0;
    assert_true(n <= 16);
    for (int i = 0; i + 1 < n; i++)
        for (int k = 0; k < n; k++) {
            long double on_k = (i == k) - 1.0L / n;
            a[i][n - 1] += on_k * fit->estimate[term[k]];
            for (int j = 0; j + 1 < n; j++)
                for (int l = 0; l < n; l++)
                    a[i][j] +=
                        on_k * ((j == l) - 1.0L / n) * fit->vcov[term[k] * fit->n_terms + term[l]];
        }
    for (int i = 0; i + 1 < n; i++) {
        chi2 += a[i][n - 1] * a[i][n - 1] / a[i][i];
        for (int r = i + 1; r + 1 < n; r++)
            for (int c = n - 1; c >= i; c--)
                a[r][c] -= a[r][i] / a[i][i] * a[i][c];
    }
    return (double)(chi2 / (n - 1));
}

static void test_equality_takes_the_effects(void **state)
{
    (void)state;
    const jd_vcov_options_t v = {.kind = JD_VCOV_HC1};
    int compared = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        jd_wald_t wald;
        jd_ctx_t ctx;
        int term[16], n = 0;
        jd_ctx_init(&ctx);
        if (infer_event_study(seed, &v, 1, &design, &fit) != JD_OK) continue;
        for (int k = 0; k < fit.n_terms; k++) {
            const jd_term_t *t = &jd_design_terms(design)[k];
            if (t->kind == JD_TERM_EVENT && t->event_first >= 0) term[n++] = k;
        }
        if (n > 1 && jd_fit_equal(design, &fit, &wald, &ctx) == JD_OK) {
            double f = plain_equality(&fit, term, n);
            assert_near(wald.f, f, 1e-7 * f);
            assert_int_equal(wald.n_terms, n - 1);
            compared++;
        }
        for (int i = 1; i < n; i++)
            fit.vcov[term[i] * (fit.n_terms + 1)] = 0; /* one is left with a standard error */
        assert_int_equal(jd_fit_equal(design, &fit, &wald, &ctx), JD_ERR_DATA);
        assert_non_null(strstr(ctx.message, "needs two"));
        jd_fit_free(&fit);
        jd_design_free(design);
    }
    assert_true(compared > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands_lie_between_their_bounds),
        cmocka_unit_test(test_bands_of_independent_effects),
        cmocka_unit_test(test_wald_equals_plain_inversion),
        cmocka_unit_test(test_wald_refusals),
        cmocka_unit_test(test_no_degrees_of_freedom),
        cmocka_unit_test(test_pretrend_takes_the_leads),
        cmocka_unit_test(test_equality_takes_the_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
