/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where units' trends follow one factor and the treated have more of it, plain DID is far off and
 * synthetic DID is near; where assignment is as good as random, its jackknife intervals cover.
 * Fixed seed; with R replicates the mean lies within 4 of its standard errors (false alarm 6e-5),
 * coverage above what a binomial of 0.95 leaves with probability 6e-5 (the jackknife is
 * conservative: no bound above). */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 40, TREATED = 8, PERIODS = 20, ADOPT = 16, N = UNITS * PERIODS, REPLICATES = 150 };
static const double effect = 0.5;

static int32_t unit[N], period[N], cohort[N];
static double y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Loadings rise with the unit's number; the treated are the last ones, or every fifth. */
static void draw_world(int replicate, int selected)
{
    jd_jump_t jump = jd_jump(jd_stream(31, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng), loading = (double)u / UNITS;
        int treated = selected ? u >= UNITS - TREATED : u % (UNITS / TREATED) == 2;
        if (selected && u < UNITS / 4) loading = 1; /* some controls are like the treated */
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = treated ? ADOPT : 0;
            y[i] = level + 0.15 * loading * t + 0.2 * normal(&rng) +
                   (treated && period[i] >= ADOPT ? effect : 0);
        }
    }
}

typedef struct {
    double mean, error, covered;
} law_t;

static law_t find_law(const char *name, int selected)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    const jd_vcov_options_t vcov = {.resample = JD_RESAMPLE_JACKKNIFE}; /* cheap */
    const jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    double sum = 0, square = 0, covered = 0;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.aggregate = JD_AGGREGATE_OVERALL;
    for (int r = 0; r < REPLICATES; r++) {
        jd_design_t *design = NULL;
        jd_fit_t fit;
        draw_world(r, selected);
        assert_int_equal(
            jd_design_prepare(&design, jd_estimator_find(name), &panel, &options, &ctx), JD_OK);
        assert_int_equal(jd_design_infer(design, y, &vcov, 0.95, &fit, &ctx), JD_OK);
        sum += fit.estimate[0];
        square += fit.estimate[0] * fit.estimate[0];
        covered += fit.ci_low[0] <= effect && effect <= fit.ci_high[0];
        jd_fit_free(&fit);
        jd_design_free(design);
    }
    law_t law = {.mean = sum / REPLICATES, .covered = covered / REPLICATES};
    law.error = sqrt((square / REPLICATES - law.mean * law.mean) / REPLICATES);
    print_message("%-18s %s: mean %.4f (%.4f), covers %.3f\n", name,
                  selected ? "selected" : "random  ", law.mean, law.error, law.covered);
    return law;
}

static void test_unbiased_and_covers(void **state)
{
    (void)state;
    law_t law = find_law("synthetic_did", 0);
    assert_true(fabs(law.mean - effect) < 4 * law.error);
    assert_true(law.covered > 0.95 - 4 * sqrt(0.95 * 0.05 / REPLICATES));
}

static void test_selected_trends(void **state)
{
    (void)state;
    law_t synthetic = find_law("synthetic_did", 1), plain = find_law("block_did", 1);
    assert_true(plain.mean - effect > 20 * plain.error);
    assert_true(fabs(synthetic.mean - effect) < 0.2 * (plain.mean - effect));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unbiased_and_covers),
        cmocka_unit_test(test_selected_trends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
