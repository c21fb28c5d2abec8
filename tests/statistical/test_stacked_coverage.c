/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stacked and lp_did (reweighted) in their own assumptions: parallel trends, effects that grow with
 * time and differ by cohort, serially correlated errors; fixed seed, R replicates. Estimates are
 * unbiased for the means over cohorts by numbers of treated (4 standard errors of the mean, false
 * alarm 6e-5 a term), and 95 % intervals cover between the bounds a binomial leaves with that
 * probability, widened by a point for CR1 at 90 clusters. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 90, PERIODS = 9, N = UNITS * PERIODS, REPLICATES = 800 };

static int32_t unit[N], period[N], cohort[N];
static double y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Cohorts 4 (20 units) and 6 (40), 30 never; cohort 4's effect is e + 1, cohort 6's half of it. */
static double effect_of(int32_t g, int e)
{
    return g == 0 || e < 0 ? 0 : (e + 1) * (g == 4 ? 1 : 0.5);
}

static void draw(int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(34, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng), error = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            y[i] = level + 0.3 * t + error + effect_of(cohort[i], period[i] - cohort[i]);
            error = 0.5 * error + sqrt(0.75) * normal(&rng);
        }
    }
}

/* The mean over the cohorts seen at e. */
static double truth_at(int e)
{
    double late = 6 + e <= PERIODS;
    return (effect_of(4, e) + 2 * late * effect_of(6, e)) / (1 + 2 * late);
}

static void try_estimator(const char *name, int n_terms)
{
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    double sum[16] = {0}, square[16] = {0}, truth[16];
    int covered[16] = {0}, effects = 0;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.lp_did.reweight = 1;
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        period[i] = i % PERIODS + 1;
        cohort[i] = unit[i] < 30 ? 0 : unit[i] < 50 ? 4 : 6;
    }
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &panel, &o, &ctx), JD_OK);
    int n = jd_design_facts(design).n_terms;
    assert_int_equal(n, n_terms);
    truth[0] = 0;
    for (int k = 1; k < n; k++) {
        int e = jd_design_terms(design)[k].event_first;
        truth[k] = truth_at(e);
        effects += e >= 0;
        truth[0] += truth[k];
    }
    truth[0] /= effects;
    for (int r = 0; r < REPLICATES; r++) {
        jd_fit_t fit = {0};
        draw(r);
        assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
        for (int k = 0; k < n; k++) {
            sum[k] += fit.estimate[k];
            square[k] += fit.estimate[k] * fit.estimate[k];
            covered[k] += fit.ci_low[k] <= truth[k] && truth[k] <= fit.ci_high[k];
        }
        jd_fit_free(&fit);
    }
    double margin = 4 * sqrt(0.95 * 0.05 / REPLICATES) + 0.01;
    for (int k = 0; k < n; k++) {
        double mean = sum[k] / REPLICATES, sd = sqrt(square[k] / REPLICATES - mean * mean);
        double share = (double)covered[k] / REPLICATES;
        print_message("%-5s mean %.4f (truth %.4f), covers %.3f\n", jd_design_terms(design)[k].name,
                      mean, truth[k], share);
        assert_true(fabs(mean - truth[k]) < 4 * sd / sqrt(REPLICATES));
        assert_true(fabs(share - 0.95) < margin);
    }
    jd_design_free(design);
}

/* att, -3, -2, 0 ... 3: the widest window that holds both cohorts. */
static void test_stacked_unbiased_and_covers(void **state)
{
    (void)state;
    try_estimator("stacked", 7);
}

/* att, -5 ... -2, 0 ... 5: cohorts come in and drop out. */
static void test_lp_did_unbiased_and_covers(void **state)
{
    (void)state;
    try_estimator("lp_did", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stacked_unbiased_and_covers),
                                       cmocka_unit_test(test_lp_did_unbiased_and_covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
