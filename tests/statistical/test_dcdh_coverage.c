/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn in its own assumptions: parallel trends by baseline treatment, treatments of
 * three values that rise or fall, effects that grow with time since the switch and differ between
 * units. Fixed seed, R replicates: mean estimates lie within 4 of their standard errors of the
 * truth (false alarm 6e-5 each) and 95 % intervals cover at least what a binomial leaves with that
 * probability, less 1 point for the normal law at 80 units; placebos likewise, about 0. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 80, PERIODS = 7, N = UNITS * PERIODS, REPLICATES = 1000 };

static int32_t unit[N], period[N];
static double dose[N], y[N];

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* Half start at 0, half at 1; switches in 4, 5 or never, up, or (from 1) down. */
static void fill_design(void)
{
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, kind = u % 8 / 2, base = u % 2;
        unit[i] = u;
        period[i] = i % PERIODS + 1;
        int on = kind && period[i] >= (kind == 1 ? 4 : 5);
        dose[i] = base + (on ? (kind == 3 && base ? -1 : 1) : 0);
    }
}

/* Each unit of treatment above the baseline adds 1 and 0.5 a period since the switch. */
static double effect_of(int i)
{
    int u = i / PERIODS, kind = u % 8 / 2, first = kind == 1 ? 4 : 5;
    double above = dose[i] - u % 2;
    return above * (1 + 0.5 * (period[i] - first)) * (1 + 0.4 * (u / 8 % 3 - 1));
}

static void draw(int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(33, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double level = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = u * PERIODS + t;
            y[i] = level + 0.2 * t * (1 + u % 2) + effect_of(i) + normal(&rng);
        }
    }
}

static void test_unbiased_and_covers(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    double truth[8], sum[8] = {0}, square[8] = {0}, tau[N];
    int covered[8] = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.event_first = -3;
    o.event_last = 2;
    fill_design();
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .dose = dose};
    if (jd_design_prepare(&design, jd_estimator_find("did_multiplegt_dyn"), &panel, &o, &ctx))
        fail_msg("%s", ctx.message);
    int n = jd_design_facts(design).n_terms;
    assert_int_equal(n, 6);
    for (int i = 0; i < N; i++)
        tau[i] = effect_of(i);
    const double *column = tau;
    /* The estimator is linear, so its target is its value on the effects alone: what it takes from
     * switchers; controls have none. */
    assert_int_equal(jd_design_estimate(design, &column, 1, truth, &ctx), JD_OK);
    assert_true(fabs(truth[3] - 0.96) < 1e-9); /* e=0: 1 per unit of treatment, times 0.96 */
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
    for (int k = 0; k < n; k++) {
        double mean = sum[k] / REPLICATES, sd = sqrt(square[k] / REPLICATES - mean * mean);
        double share = (double)covered[k] / REPLICATES;
        print_message("%-5s mean %.4f (truth %.4f), covers %.3f\n", jd_design_terms(design)[k].name,
                      mean, truth[k], share);
        assert_true(fabs(mean - truth[k]) < 4 * sd / sqrt(REPLICATES));
        assert_true(share > 0.95 - 4 * sqrt(0.95 * 0.05 / REPLICATES) - 0.01);
        if (truth[k] == 0) assert_true(share < 0.95 + 4 * sqrt(0.95 * 0.05 / REPLICATES));
    }
    jd_design_free(design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unbiased_and_covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
