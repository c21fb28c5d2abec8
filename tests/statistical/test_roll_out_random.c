/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roll_out under its own assumption: potential outcomes are fixed, with effects that differ between
 * units, and only the timing is random. Fixed seed, R assignments: the mean estimate lies within 4
 * of its standard errors of the truth (false alarm 6e-5), 95 % intervals cover at least what a
 * binomial leaves with probability 6e-5 (the variance is conservative), the efficient estimator
 * varies less than Callaway and Sant'Anna's, and with no effect the randomisation test rejects as
 * often as it says, within 4 binomial standard errors. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"
#include "jiedao/roll_out.h"

enum { UNITS = 60, PERIODS = 6, N = UNITS * PERIODS, REPLICATES = 600, TESTS = 200, DRAWS = 19 };

static int32_t unit[N], period[N], cohort[N];
static double untreated[N], effect[UNITS], y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void make_population(void)
{
    jd_jump_t jump = jd_jump(jd_stream(31, 0, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = 2 * normal(&rng);
        effect[u] = 0.5 + 0.5 * normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            unit[i] = u;
            period[i] = t + 1;
            untreated[i] = 0.6 * level + normal(&rng);
        }
    }
}

/* Thirds of the units adopt in 3, in 5 and never, by a random order. */
static void assign(int replicate, double size)
{
    int32_t g[UNITS];
    jd_jump_t jump = jd_jump(jd_stream(32, (uint64_t)replicate, JD_DRAW_PERMUTE), 1, 0);
    jd_rng_t rng = jd_rng_at(&jump, 0);
    for (int u = 0; u < UNITS; u++)
        g[u] = u % 3 == 0 ? 3 : u % 3 == 1 ? 5 : 0;
    for (int u = UNITS - 1; u > 0; u--) {
        int j = (int)(jd_rng_uniform(&rng) * (u + 1)), keep = g[u];
        g[u] = g[j];
        g[j] = keep;
    }
    for (int i = 0; i < N; i++) {
        cohort[i] = g[unit[i]];
        y[i] = untreated[i] + (cohort[i] && period[i] >= cohort[i] ? size * effect[unit[i]] : 0);
    }
}

static jd_design_t *prepare(jd_adjust_t adjust)
{
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.aggregate = JD_AGGREGATE_OVERALL;
    o.roll_out.adjust = adjust;
    if (jd_design_prepare(&design, jd_estimator_find("roll_out"), &panel, &o, &ctx) != JD_OK)
        fail_msg("%s", ctx.message);
    return design;
}

static void try_all(jd_adjust_t adjust, double truth, double *sd)
{
    jd_ctx_t ctx;
    double sum = 0, square = 0;
    int covered = 0;
    jd_ctx_init(&ctx);
    for (int r = 0; r < REPLICATES; r++) {
        jd_fit_t fit = {0};
        assign(r, 1);
        jd_design_t *design = prepare(adjust);
        assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
        sum += fit.estimate[0];
        square += fit.estimate[0] * fit.estimate[0];
        covered += fit.ci_low[0] <= truth && truth <= fit.ci_high[0];
        jd_fit_free(&fit);
        jd_design_free(design);
    }
    double mean = sum / REPLICATES, share = (double)covered / REPLICATES;
    *sd = sqrt(square / REPLICATES - mean * mean);
    print_message("adjust %d: mean %.4f (truth %.4f), sd %.4f, covers %.3f\n", (int)adjust, mean,
                  truth, *sd, share);
    assert_true(fabs(mean - truth) < 4 * *sd / sqrt(REPLICATES));
    assert_true(share > 0.95 - 4 * sqrt(0.95 * 0.05 / REPLICATES) - 0.005);
}

static void test_unbiased_covers_and_efficient(void **state)
{
    (void)state;
    double truth = 0, efficient, did;
    make_population();
    for (int u = 0; u < UNITS; u++)
        truth += effect[u] / UNITS; /* each unit is as likely in each cohort */
    try_all(JD_ADJUST_EFFICIENT, truth, &efficient);
    try_all(JD_ADJUST_DID, truth, &did);
    assert_true(efficient < 0.97 * did);
}

static void test_randomisation_has_its_size(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    double p, share = 0.2;
    int rejected = 0;
    jd_ctx_init(&ctx);
    make_population();
    for (int r = 0; r < TESTS; r++) {
        assign(r, 0);
        jd_design_t *design = prepare(JD_ADJUST_EFFICIENT);
        assert_int_equal(jd_roll_out_randomise(design, y, DRAWS, (uint64_t)r, &p, &ctx), JD_OK);
        rejected += p <= share;
        jd_design_free(design);
    }
    print_message("rejects %.3f at %.1f\n", (double)rejected / TESTS, share);
    assert_true(fabs((double)rejected / TESTS - share) < 4 * sqrt(share * (1 - share) / TESTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbiased_covers_and_efficient),
        cmocka_unit_test(test_randomisation_has_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
