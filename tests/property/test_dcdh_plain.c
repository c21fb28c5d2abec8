/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn against plain loops; then weights, threads, linear trends, refusals. */
#include "property/dcdh_plain.h"

enum { LATER_SEEDS = 120 };

static void test_did_multiplegt_equals_plain_loops(void **state)
{
    (void)state;
    int wrong = 0, answered = 0;
    for (uint64_t seed = 1; seed <= FIRST_SEEDS + LATER_SEEDS; seed++)
        wrong += try_one(seed, &answered);
    print_message("%d of %d panels answered\n", answered, FIRST_SEEDS + LATER_SEEDS);
    assert_int_equal(wrong, 0);
    assert_true(answered > FIRST_SEEDS / 2 + LATER_SEEDS / 3);
}

/* Weights give the estimates; bits do not depend on threads. */
static void test_weights_and_threads(void **state)
{
    (void)state;
    static plain_t p;
    static double w[MAX_ROWS], first[4096];
    for (uint64_t seed = 1; seed <= 12; seed++) {
        make_panel(&p, seed);
        for (int threads = 1; threads <= 3; threads++) {
            jd_ctx_t ctx;
            jd_design_t *design = NULL;
            jd_fit_t fit = {0};
            jd_ctx_init(&ctx);
            ctx.threads = threads;
            int rc = jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p.t.panel,
                                       &p.options, &ctx);
            if (rc != JD_OK) break;
            assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &fit, &ctx), JD_OK);
            size_t bytes = (size_t)(fit.n_terms * (5 + fit.n_terms)) * sizeof(double);
            assert_true(bytes <= sizeof first);
            if (threads == 1) memcpy(first, fit.estimate, bytes);
            assert_memory_equal(first, fit.estimate, bytes);
            for (int k = 0; k < fit.n_terms; k++) {
                double sum = 0;
                jd_design_weights(design, k, w);
                for (int i = 0; i < p.t.panel.n; i++)
                    sum += w[i] * p.t.y[i];
                assert_near(sum, fit.estimate[k], 1e-11 * (1 + fabs(sum)));
            }
            jd_fit_free(&fit);
            jd_design_free(design);
        }
    }
}

/* trends_lin: a slope of each unit's own changes no estimate and no standard error. */
static void test_unit_trends_change_nothing(void **state)
{
    (void)state;
    static plain_t p;
    for (uint64_t seed = FIRST_SEEDS + 1; seed <= FIRST_SEEDS + 12; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t before = {0}, after = {0};
        jd_ctx_init(&ctx);
        make_panel(&p, seed);
        p.options.trends_lin = 1;
        if (jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &p.t.panel,
                              &p.options, &ctx) != JD_OK)
            continue;
        assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &before, &ctx), JD_OK);
        for (int i = 0; i < p.t.panel.n; i++)
            p.t.y[i] += (p.t.unit[i] % 7 - 3) * 0.5 * p.t.time[i];
        assert_int_equal(jd_design_infer(design, p.t.y, NULL, 0.95, &after, &ctx), JD_OK);
        for (int k = 0; k < before.n_terms; k++) {
            assert_near(after.estimate[k], before.estimate[k], 1e-10);
            assert_near(after.std_error[k], before.std_error[k], 1e-10);
        }
        jd_fit_free(&before);
        jd_fit_free(&after);
        jd_design_free(design);
    }
}

static void check_refusal(plain_t *p, int expected, const char *word)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"),
                                       &p->t.panel, &p->options, &ctx),
                     expected);
    if (!strstr(ctx.message, word)) fail_msg("'%s' without '%s'", ctx.message, word);
}

static void test_refusals(void **state)
{
    (void)state;
    static plain_t p;
    make_panel(&p, 8);
    p.dose[3] = (double)NAN;
    check_refusal(&p, JD_ERR_DATA, "finite");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++)
        p.t.cluster[i] = i % 4;
    p.t.panel.cluster = p.t.cluster;
    check_refusal(&p, JD_ERR_DATA, "two clusters");
    make_panel(&p, 8);
    p.options.event_last = -1;
    check_refusal(&p, JD_ERR_ARGUMENT, "event time 0");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++)
        p.dose[i] = 1;
    check_refusal(&p, JD_ERR_NO_TREATED, "treated");
    make_panel(&p, 8);
    for (int i = 0; i < p.t.panel.n; i++) /* no two alike */
        p.dose[i] = p.t.unit[i] + (p.t.unit[i] % 2 && p.t.time[i] > 13);
    check_refusal(&p, JD_ERR_NO_CONTROLS, "same treatment");
    make_panel(&p, 8);
    p.options.switchers = JD_SWITCHERS_OUT;
    check_refusal(&p, JD_ERR_NO_CONTROLS, "direction");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_did_multiplegt_equals_plain_loops),
        cmocka_unit_test(test_weights_and_threads),
        cmocka_unit_test(test_unit_trends_change_nothing),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
