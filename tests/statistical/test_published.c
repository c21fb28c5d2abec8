/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes of the literature. Placebo laws with autocorrelated errors, against a re-run apart from
 * this program (8,000 replications); and what passing a pre-trend test does to the bias, against
 * the exact integrals of jd_pretrend_assess(). Bounds are four standard errors of the difference:
 * false alarm 6e-5 a comparison; seeds are fixed. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/monte_carlo.h"
#include "jiedao/pretrend.h"
#include "sweep/dgp/dgp.h"

static const jd_dgp_params_t placebo = {.kind = JD_DGP_AR1_PLACEBO,
                                        .units = 50,
                                        .periods = 21,
                                        .first_period = 1,
                                        .adoption_first = 7,
                                        .adoption_last = 17,
                                        .share = 0.5,
                                        .sd = 1,
                                        .unit_sd = 1};

static void recover(const jd_dgp_params_t *dgp, const char *estimator, jd_vcov_t variance,
                    uint64_t replicate, jd_table_t *t)
{
    jd_ctx_t ctx;
    jd_recovery_sample_t s = {0};
    jd_estimate_params_t p = {
        .vcov = {.kind = variance}, .level = 0.95, .bin_first = -1000, .bin_last = 1000};
    jd_ctx_init(&ctx);
    jd_did_defaults(&p.how);
    p.how.cell_mean = true;
    ctx.threads = 1; /* samples are small */
    strcpy(p.estimators, estimator);
    assert_int_equal(jd_estimates_init(t, &ctx), JD_OK);
    if (jd_dgp_sample(&s, dgp, 1, replicate, &ctx) || jd_recover_sample(&p, &s, t, NULL, &ctx))
        fail_msg("%s", ctx.message);
    jd_recovery_sample_free(&s);
}

static double number(const jd_table_t *t, int column, int64_t row)
{
    return jd_table_number(t, column, row);
}

static void test_placebo_laws_are_found_too_often(void **state)
{
    (void)state;
    enum { N = 600 };
    static const double rho[] = {-0.4, 0, 0.4, 0.8}, theirs[] = {0.005, 0.052, 0.178, 0.400};
    for (int k = 0; k < 4; k++) {
        jd_dgp_params_t dgp = placebo;
        int found = 0;
        dgp.rho = rho[k];
        for (uint64_t r = 0; r < N; r++) {
            jd_table_t t;
            recover(&dgp, "twfe", JD_VCOV_IID, r, &t);
            found += number(&t, JD_EST_CI_LOW, 0) > 0 || number(&t, JD_EST_CI_HIGH, 0) < 0;
            jd_table_free(&t);
        }
        double p = (double)found / N, v = theirs[k] * (1 - theirs[k]);
        print_message("  rho = %4.1f: rejected %.4f, elsewhere %.3f\n", rho[k], p, theirs[k]);
        assert_true(fabs(p - theirs[k]) < 4 * sqrt(v * (1.0 / N + 1.0 / 8000)));
    }
}

enum { LEADS = 3, EFFECTS = 4, PERIODS = LEADS + EFFECTS, UNITS = 100 };

/* Half of 100 units treated, errors white: every coefficient is a difference of mean changes since
 * the reference, of variance (1/50 + 1/50) (1 + 1), and they share the reference's half of it. */
static void assess(double trend, jd_pretrend_t *exact)
{
    double vcov[PERIODS * PERIODS], zero[PERIODS] = {0}, drift[PERIODS];
    jd_ctx_t ctx;
    jd_event_path_t path = {0};
    jd_pretrend_options_t options;
    jd_ctx_init(&ctx);
    for (int i = 0; i < PERIODS; i++) {
        drift[i] = trend * (i < LEADS ? i - LEADS : i - LEADS + 1);
        for (int j = 0; j < PERIODS; j++)
            vcov[i * PERIODS + j] = 4.0 / UNITS * (1 + (i == j));
    }
    jd_pretrend_defaults(&options);
    options.level = 0.95276; /* whose normal quantile is Student's of 99 degrees at 0.95 */
    if (jd_event_path_make(&path, zero, vcov, LEADS, EFFECTS, &ctx) ||
        jd_pretrend_assess(exact, &path, drift, &options, &ctx))
        fail_msg("%s", ctx.message);
    jd_event_path_free(&path);
}

static void test_passing_a_pretest_makes_bias_worse(void **state)
{
    (void)state;
    enum { N = 1200 };
    jd_dgp_params_t dgp = {.kind = JD_DGP_EVENT_TREND,
                           .units = UNITS,
                           .periods = PERIODS + 1,
                           .first_period = 1,
                           .adoption_first = 5,
                           .adoption_last = 5,
                           .share = 0.5,
                           .sd = 1,
                           .unit_sd = 1,
                           .trend = 0.1};
    static double kept[N];
    double bias = 0, all = 0;
    int passed = 0;
    jd_pretrend_t exact = {0};
    assess(dgp.trend, &exact);
    for (uint64_t r = 0; r < N; r++) {
        jd_table_t t;
        bool passes = true;
        recover(&dgp, "event_study", JD_VCOV_CLUSTER, r, &t);
        for (int64_t i = 0; i < t.rows; i++)
            if (JD_CELLS(&t, JD_EST_EVENT_TIME, int32_t)[i] < -1 &&
                JD_CELLS(&t, JD_EST_EVENT_TIME, int32_t)[i] != JD_NO_EVENT)
                passes = passes && number(&t, JD_EST_CI_LOW, i) <= 0 &&
                         number(&t, JD_EST_CI_HIGH, i) >= 0;
        all += number(&t, JD_EST_ESTIMATE, 0) / N;
        if (passes) kept[passed++] = number(&t, JD_EST_ESTIMATE, 0);
        jd_table_free(&t);
    }
    for (int k = 0; k < EFFECTS; k++)
        bias += exact.mean[LEADS + k] / EFFECTS;
    jd_mc_value_t mean = jd_mc_mean(kept, passed);
    double pass = 1 - exact.power;
    print_message("  passed %.3f, exactly %.3f; bias %.4f, of those that pass %.4f (%.4f), exactly "
                  "%.4f\n",
                  (double)passed / N, pass, all, mean.value, mean.mcse, bias);
    assert_true(fabs((double)passed / N - pass) < 4 * sqrt(pass * (1 - pass) / N));
    assert_true(fabs(mean.value - bias) < 4 * mean.mcse);
    assert_true(mean.value - 4 * mean.mcse > all);
    jd_pretrend_free(&exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_placebo_laws_are_found_too_often),
        cmocka_unit_test(test_passing_a_pretest_makes_bias_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
