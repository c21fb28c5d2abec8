/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drdid and staggered_triple_difference where the truth is known, fixed seed. A method whose model
 * is right is unbiased and its 95 % interval covers; one whose model is wrong is seen to fail. With
 * R replicates the mean lies within 4 of its standard errors (false alarm 6e-5 a check), and
 * coverage within 4 binomial standard errors, widened by 2 points for what asymptotic errors miss
 * at 300 units. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "jiedao/random.h"

enum { UNITS = 300, PERIODS = 4, N = UNITS * PERIODS, REPLICATES = 500 };

static int32_t unit[N], period[N], cohort[N];
static int8_t eligible[N];
static double y[N], x1[N], x2[N];
static const double *const x[] = {x1, x2};
static const char *const names[] = {"x1", "x2"};

static double normal(jd_rng_t *rng)
{
    double u = jd_rng_uniform(rng), v = jd_rng_uniform(rng);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

typedef struct {
    double sum, square, covered, n;
} tally_t;

static void count(tally_t *t, const jd_fit_t *fit, double truth)
{
    double b = fit->estimate[0] - truth;
    t->sum += b;
    t->square += b * b;
    t->covered += fit->ci_low[0] <= truth && truth <= fit->ci_high[0];
    t->n++;
}

/* Bias in units of its own standard error, and how far coverage is from 0.95 in points. */
static void judge(const tally_t *t, const char *what, int right)
{
    double mean = t->sum / t->n, sd = sqrt(t->square / t->n - mean * mean);
    double share = t->covered / t->n, z = mean / (sd / sqrt(t->n));
    print_message("%-34s bias %7.3f (%5.1f standard errors), covers %.3f\n", what, mean, z, share);
    if (right) {
        assert_true(fabs(z) < 4);
        assert_true(fabs(share - 0.95) < 4 * sqrt(0.95 * 0.05 / t->n) + 0.02);
    } else {
        assert_true(fabs(z) > 6);
    }
}

static void fit_one(const char *estimator, const jd_panel_t *panel, const jd_did_options_t *o,
                    double truth, tally_t *t)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    ctx.threads = 1;
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), panel, o, &ctx);
    if (!rc) rc = jd_design_infer(design, y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("%s: %s", estimator, ctx.message);
    count(t, &fit, truth);
    jd_fit_free(&fit);
    jd_design_free(design);
}

/* Two periods; the models see a and b, the truth may be in their squares. */
static int draw_pair(int replicate, int odd_trend, int odd_propensity)
{
    jd_jump_t jump = jd_jump(jd_stream(31, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        double a = normal(&rng), b = jd_rng_uniform(&rng) - 0.5, level = normal(&rng);
        double s = fabs(a) - 0.8;
        double index = odd_propensity ? fmin(exp(0.9 * a), 4) - 1.5 : 0.7 * a - b;
        int g = jd_rng_uniform(&rng) < 1 / (1 + exp(-index)) ? 2 : 0;
        for (int t = 0; t < 2; t++) {
            int i = 2 * u + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = g;
            x1[i] = a;
            x2[i] = b;
            y[i] = level + t * (odd_trend ? a + s : a + b) + normal(&rng) + (g && t);
        }
    }
    return 2 * UNITS;
}

static void test_methods_under_right_and_wrong_models(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int odd_trend, odd_propensity, right[4]; /* dr, reg, ipw, improved */
    } worlds[] = {{"both right", 0, 0, {1, 1, 1, 1}},
                  {"regression wrong", 1, 0, {1, 0, 1, 1}},
                  {"propensity wrong", 0, 1, {1, 1, 0, 1}},
                  {"both wrong", 1, 1, {0, 0, 0, 0}}};
    static const char *const methods[] = {"dr", "reg", "ipw", "improved"};
    for (int w = 0; w < 4; w++) {
        tally_t t[4] = {{0}};
        for (int r = 0; r < REPLICATES; r++) {
            jd_panel_t panel = {
                .unit = unit, .time = period, .cohort = cohort, .n_x = 2, .x = x, .x_name = names};
            panel.n = draw_pair(r, worlds[w].odd_trend, worlds[w].odd_propensity);
            for (int m = 0; m < 4; m++) {
                jd_did_options_t o;
                jd_did_defaults(&o);
                o.group_time.method = (jd_method_t)m;
                fit_one("drdid", &panel, &o, 1, &t[m]);
            }
        }
        for (int m = 0; m < 4; m++) {
            char what[64];
            snprintf(what, sizeof what, "%s, %s", worlds[w].what, methods[m]);
            judge(&t[m], what, worlds[w].right[m]);
        }
    }
}

/* Trends by cohort, by eligibility, and by covariate among the eligible, who differ in it by
 * cohort: only comparisons given covariates are right. Effects grow with time since adoption. */
static int draw_triple(int replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(32, (uint64_t)replicate, JD_DRAW_SAMPLE), 1, 0);
    for (int u = 0; u < UNITS; u++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)u);
        int q = u % 2, k = u / 2 % 3, g = k ? 1 + k : 0; /* never, 2, 3 */
        double a = normal(&rng) + (q ? 0.4 * k : 0), level = normal(&rng);
        for (int t = 0; t < PERIODS; t++) {
            int i = PERIODS * u + t;
            unit[i] = u;
            period[i] = t + 1;
            cohort[i] = g;
            eligible[i] = (int8_t)q;
            x1[i] = a;
            y[i] = level + 0.5 * k * t + q * t + a * t * (1 + q) + normal(&rng) +
                   (q && g && t + 1 >= g ? 1 + 0.5 * (t + 1 - g) : 0);
        }
    }
    return N;
}

static void test_staggered_triple_difference(void **state)
{
    (void)state;
    tally_t never = {0}, not_yet = {0}, plain = {0};
    for (int r = 0; r < REPLICATES; r++) {
        jd_did_options_t o;
        jd_panel_t panel = {.unit = unit,
                            .time = period,
                            .cohort = cohort,
                            .eligible = eligible,
                            .n_x = 1,
                            .x = x,
                            .x_name = names};
        panel.n = draw_triple(r);
        jd_did_defaults(&o);
        o.aggregate = JD_AGGREGATE_CALENDAR; /* t = 2: 1, t = 3: 1.25, t = 4: 1.75 */
        double truth = (1 + (1.5 + 1) / 2 + (2 + 1.5) / 2) / 3;
        fit_one("staggered_triple_difference", &panel, &o, truth, &never);
        o.control = JD_CONTROL_NOT_YET;
        fit_one("staggered_triple_difference", &panel, &o, truth, &not_yet);
        panel.n_x = 0;
        fit_one("staggered_triple_difference", &panel, &o, truth, &plain);
    }
    judge(&never, "triple difference, never treated", 1);
    judge(&not_yet, "triple difference, not yet", 1);
    judge(&plain, "triple difference, no covariates", 0);
    assert_true(not_yet.square <= never.square * 1.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods_under_right_and_wrong_models),
        cmocka_unit_test(test_staggered_triple_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
