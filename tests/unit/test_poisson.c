/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The estimators poisson, etwfe and etwfe_poisson at their seams: against the fit they stand on,
 * their bias split, many outcomes at once, what is said and what is refused. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/glm.h"
#include "jiedao/split.h"
#include "near.h"

enum { UNITS = 24, PERIODS = 6, N = UNITS * PERIODS };

static int32_t unit[N], period[N], cohort[N];
static double y[N], d[N];
static char said[512];

static void take_warning(void *user, const char *message)
{
    (void)user;
    snprintf(said, sizeof said, "%s", message);
}

static jd_panel_t make_panel(void)
{
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        period[i] = i % PERIODS + 1;
        cohort[i] = unit[i] % 3 == 0 ? 0 : unit[i] % 3 == 1 ? 3 : 5;
        d[i] = cohort[i] && period[i] >= cohort[i];
        y[i] = (i * 37) % 11 + unit[i] % 4 + 2 * d[i];
    }
    return (jd_panel_t){.n = N, .unit = unit, .time = period, .cohort = cohort};
}

static jd_design_t *prepare(const char *name, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_ctx_init(ctx);
    ctx->warn = take_warning;
    jd_did_defaults(&options);
    if (jd_design_prepare(&design, jd_estimator_find(name), panel, &options, ctx) != JD_OK)
        print_error("%s\n", ctx->message);
    assert_non_null(design);
    return design;
}

static void test_poisson_is_the_fit_of_glm(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    const jd_panel_t panel = make_panel();
    const int32_t *codes[] = {unit, period}, *ways[] = {unit};
    const double *x[] = {d};
    const jd_glm_input_t input = {.n = N, .n_effects = 2, .codes = codes, .n_x = 1, .x = x, .y = y};
    const jd_vcov_options_t v = {0};
    jd_vcov_facts_t facts;
    jd_glm_t glm;
    jd_fit_t fit = {0};
    double vcov;
    jd_design_t *design = prepare("poisson", &panel, &ctx);
    assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
    assert_int_equal(jd_glm_fit(&glm, &input, &ctx), JD_OK);
    assert_int_equal(jd_glm_vcov(&glm, ways, 1, &v, &vcov, &facts, &ctx), JD_OK);
    assert_int_equal(fit.n_terms, 2);
    assert_near(fit.estimate[0], glm.beta[0], 1e-12);
    assert_near(fit.std_error[0], sqrt(vcov), 1e-12);
    assert_near(fit.estimate[1], exp(glm.beta[0]) - 1, 1e-12);
    assert_near(fit.std_error[1], exp(glm.beta[0]) * sqrt(vcov), 1e-12);
    assert_true(isinf(fit.facts.df));
    jd_glm_free(&glm);
    jd_fit_free(&fit);
    jd_design_free(design);
}

/* A unit without any outcome above 0 tells nothing; that is said and counted. */
static void test_empty_units_are_said(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    const jd_panel_t panel = make_panel();
    jd_fit_t fit = {0};
    for (int i = 0; i < PERIODS; i++)
        y[i] = 0;
    jd_design_t *design = prepare("poisson", &panel, &ctx);
    assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
    assert_int_equal(fit.n_obs, N - PERIODS);
    assert_non_null(strstr(said, "6 rows left out"));
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_many_outcomes_are_each_alone(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    static double other[N];
    static const char *const names[] = {"poisson", "etwfe", "etwfe_poisson"};
    const jd_panel_t panel = make_panel();
    for (int i = 0; i < N; i++)
        other[i] = 1 + (i * 11) % 7;
    for (int e = 0; e < 3; e++) {
        jd_design_t *design = prepare(names[e], &panel, &ctx);
        const double *both[] = {y, other}, *one[] = {other};
        double two[64], single[32];
        int n = jd_design_facts(design).n_terms;
        assert_true(n <= 32);
        assert_int_equal(jd_design_estimate(design, both, 2, two, &ctx), JD_OK);
        assert_int_equal(jd_design_estimate(design, one, 1, single, &ctx), JD_OK);
        for (int k = 0; k < n; k++)
            assert_memory_equal(&two[2 * k + 1], &single[k], sizeof *single);
        jd_design_free(design);
    }
}

static void test_bias_splits(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    static double y1[N], y0[N];
    static int8_t cell[N];
    static const char *const names[] = {"poisson", "etwfe", "etwfe_poisson"};
    const jd_panel_t panel = make_panel();
    for (int i = 0; i < N; i++) {
        y0[i] = 1 + (i * 37) % 11;
        y1[i] = y0[i] * (d[i] > 0 ? 1.3 : 1) + (cohort[i] == 0 ? 0.1 : 0);
        cell[i] = (int8_t)(d[i] > 0 ? JD_CELL_POST : cohort[i] ? JD_CELL_PRE : JD_CELL_NEVER);
    }
    const jd_split_input_t input = {.y1_obs = y1, .y1 = y1, .y0 = y0, .cell = cell};
    for (int e = 0; e < 3; e++) {
        jd_design_t *design = prepare(names[e], &panel, &ctx);
        jd_split_t split[32];
        int n = 0;
        assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_OK);
        assert_true(n >= 1);
        assert_true(fabs(split[0].residual) <= 1e-12 * split[0].scale);
        if (e == 0) assert_near(split[0].att, log(1.3), 1e-12);
        jd_design_free(design);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    const jd_panel_t panel = make_panel();
    const jd_vcov_options_t hc2 = {.kind = JD_VCOV_HC2};
    jd_fit_t fit = {0};
    jd_design_t *design = prepare("poisson", &panel, &ctx);
    assert_int_equal(jd_design_infer(design, y, &hc2, 0.95, &fit, &ctx), JD_ERR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "multi-way"));
    y[7] = -1;
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "outcome = -1"));
    jd_design_free(design);

    /* Treated cells of zeros: an infinite effect. */
    make_panel();
    for (int i = 0; i < N; i++)
        if (d[i] > 0 && cohort[i] == 5) y[i] = 0;
    design = prepare("etwfe_poisson", &panel, &ctx);
    assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "effects are not finite"));
    jd_design_free(design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poisson_is_the_fit_of_glm),
        cmocka_unit_test(test_empty_units_are_said),
        cmocka_unit_test(test_many_outcomes_are_each_alone),
        cmocka_unit_test(test_bias_splits),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
