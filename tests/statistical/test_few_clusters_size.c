/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Size with few clusters, no effect, errors correlated within clusters: tests at 5 %. Where CR1
 * over-rejects, CR2 with Satterthwaite's degrees of freedom, CV3 and the wild bootstrap stay near
 * their level; with one treated cluster randomisation inference is exact and Conley-Taber close.
 * Fixed seed. A share lies within 4 binomial standard errors of 5 % with probability 0.99994 where
 * the test has its level; 2.5 points are added for what these methods leave (they are conservative
 * with few treated clusters). Coverage of intervals is one less these shares. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"
#include "jiedao/randomisation.h"
#include "jiedao/wild_bootstrap.h"

enum { CLUSTERS = 20, PERIODS = 10, N = CLUSTERS * PERIODS, REPLICATES = 2000 };

static int32_t unit[N], period[N], cohort[N];
static double y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static jd_panel_t draw_panel(int clusters, int treated, int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(21, (uint64_t)replicate, JD_DRAW_SAMPLE), treated, 0);
    for (int u = 0; u < clusters; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double error = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = u < treated ? 6 : 0;
            y[i] = error;
            error = 0.7 * error + sqrt(1 - 0.7 * 0.7) * normal(&rng);
        }
    }
    return (jd_panel_t){.n = clusters * PERIODS, .unit = unit, .time = period, .cohort = cohort};
}

static double p_of(const jd_design_t *design, jd_vcov_t kind, jd_ctx_t *ctx)
{
    const jd_vcov_options_t v = {.kind = kind};
    jd_fit_t fit = {0};
    assert_int_equal(jd_design_infer(design, y, &v, 0.95, &fit, ctx), JD_OK);
    double p = fit.p_value[0];
    jd_fit_free(&fit);
    return p;
}

static double wild_p(const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_wild_options_t o = {.no_interval = 1, .vcov = {.draws = 999}};
    jd_wild_t w;
    assert_int_equal(jd_wild_bootstrap(design, y, 0, &o, &w, ctx), JD_OK);
    double p = w.p_value;
    jd_wild_free(&w);
    return p;
}

static void prepare(jd_design_t **design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    jd_did_options_t how;
    jd_did_defaults(&how);
    assert_int_equal(jd_design_prepare(design, jd_estimator_find("twfe"), panel, &how, ctx), JD_OK);
}

static void test_three_treated_of_twelve(void **state)
{
    (void)state;
    int cr1 = 0, cr2 = 0, cv3 = 0, wild = 0;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = 1;
    for (int r = 0; r < REPLICATES; r++) {
        jd_design_t *design = NULL;
        jd_panel_t panel = draw_panel(12, 3, r);
        prepare(&design, &panel, &ctx);
        cr1 += p_of(design, JD_VCOV_CLUSTER, &ctx) <= 0.05;
        cr2 += p_of(design, JD_VCOV_CR2, &ctx) <= 0.05;
        cv3 += p_of(design, JD_VCOV_CV3, &ctx) <= 0.05;
        wild += wild_p(design, &ctx) <= 0.05;
        jd_design_free(design);
    }
    double all = REPLICATES, margin = 4 * sqrt(0.05 * 0.95 / all);
    print_message("3 of 12 treated: CR1 rejects %.3f, CR2 %.3f, CV3 %.3f, wild bootstrap %.3f\n",
                  cr1 / all, cr2 / all, cv3 / all, wild / all);
    assert_true(cr1 / all > 0.05 + margin);
    assert_true(fabs(cr2 / all - 0.05) < margin + 0.025);
    assert_true(fabs(cv3 / all - 0.05) < margin + 0.025);
    assert_true(fabs(wild / all - 0.05) < margin + 0.025);
}

static void test_one_treated(void **state)
{
    (void)state;
    int cr1 = 0, placebo = 0, shuffled = 0, n_shuffled = 0;
    jd_ctx_t ctx;
    jd_did_options_t how;
    jd_did_defaults(&how);
    jd_ctx_init(&ctx);
    ctx.threads = 1;
    for (int r = 0; r < REPLICATES; r++) {
        jd_design_t *design = NULL;
        jd_conley_taber_t ct;
        jd_panel_t panel = draw_panel(CLUSTERS, 1, r);
        prepare(&design, &panel, &ctx);
        cr1 += p_of(design, JD_VCOV_CLUSTER, &ctx) <= 0.05;
        assert_int_equal(jd_conley_taber_test(&ct, design, y, 0, 0.9, NULL, &ctx), JD_OK);
        placebo += ct.ci_low > 0 || ct.ci_high < 0; /* 19 placebos: 90 % is what they can tell */
        jd_conley_taber_free(&ct);
        jd_design_free(design);
        if (r % 4) continue;
        const jd_randomisation_options_t o = {.statistic = JD_RANDOMISE_COEFFICIENT};
        jd_randomisation_t ri;
        assert_int_equal(
            jd_randomisation_test(&ri, jd_estimator_find("twfe"), &panel, &how, y, &o, &ctx),
            JD_OK);
        assert_int_equal(ri.draws, CLUSTERS);
        shuffled += ri.p_value <= 0.05;
        n_shuffled++;
        jd_randomisation_free(&ri);
    }
    double all = REPLICATES, half = n_shuffled;
    print_message("1 of 20 treated: CR1 rejects %.3f, randomisation %.3f; at 10 %% Conley-Taber "
                  "%.3f\n",
                  cr1 / all, shuffled / half, placebo / all);
    assert_true(cr1 / all > 0.3);
    assert_true(fabs(shuffled / half - 0.05) < 4 * sqrt(0.05 * 0.95 / half)); /* exact */
    assert_true(fabs(placebo / all - 0.1) < 4 * sqrt(0.1 * 0.9 / all) + 0.025);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_treated_of_twelve),
        cmocka_unit_test(test_one_treated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
