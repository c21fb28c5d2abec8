/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TWFE under its own assumptions (one effect for all), errors correlated within units: unbiased,
 * and CR1 intervals cover. Fixed seed. With R replicates the mean estimate lies within 4 of its
 * standard errors (false alarm 6e-5), and the 95 % interval covers between the bounds a binomial
 * leaves with probability 6e-5, widened by 0.5 points for CR1's own small-sample error at 60
 * clusters. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 60, PERIODS = 10, N = UNITS * PERIODS, REPLICATES = 2000 };
static const double effect = 0.3, correlation = 0.6;

static int32_t unit[N], period[N], cohort[N];
static double y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Autoregressive errors: what plain standard errors miss. */
static void draw_outcome(int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(20, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng), error = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            y[i] = level + 0.1 * t + error + (cohort[i] && period[i] >= cohort[i] ? effect : 0);
            error = correlation * error + sqrt(1 - correlation * correlation) * normal(&rng);
        }
    }
}

static void test_twfe_unbiased_and_covers(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    double sum = 0, square = 0;
    int covered = 0, covered_iid = 0;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        period[i] = i % PERIODS + 1;
        cohort[i] = unit[i] % 3 == 0 ? 0 : unit[i] % 3 == 1 ? 4 : 7;
    }
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &options, &ctx),
                     JD_OK);
    const jd_vcov_options_t iid = {.kind = JD_VCOV_IID};
    for (int r = 0; r < REPLICATES; r++) {
        jd_fit_t fit = {0};
        draw_outcome(r);
        assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
        sum += fit.estimate[0];
        square += fit.estimate[0] * fit.estimate[0];
        covered += fit.ci_low[0] <= effect && effect <= fit.ci_high[0];
        jd_fit_free(&fit);
        assert_int_equal(jd_design_infer(design, y, &iid, 0.95, &fit, &ctx), JD_OK);
        covered_iid += fit.ci_low[0] <= effect && effect <= fit.ci_high[0];
        jd_fit_free(&fit);
    }
    jd_design_free(design);
    double mean = sum / REPLICATES, sd = sqrt(square / REPLICATES - mean * mean);
    double share = (double)covered / REPLICATES, share_iid = (double)covered_iid / REPLICATES;
    print_message("mean estimate %.4f (truth %.1f, error %.4f), CR1 covers %.3f, iid %.3f\n", mean,
                  effect, sd / sqrt(REPLICATES), share, share_iid);
    double margin = 4 * sqrt(0.95 * 0.05 / REPLICATES) + 0.005;
    assert_true(fabs(mean - effect) < 4 * sd / sqrt(REPLICATES));
    assert_true(fabs(share - 0.95) < margin);
    assert_true(share_iid < 0.95 - margin); /* the clusters matter here */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twfe_unbiased_and_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
