/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Propositions P4, P5, P6, P11 and P12 of model-equations.md, section 8, as means over replicates
 * with intervals, each also where it fails. Intervals are mean +- 4 SE of at least eight
 * replicates: false alarm about 5e-3 a bound by Student's t (7 degrees), and seeds are fixed: what
 * holds once, holds. */
#include "small_world.h"

enum { REPLICATES = 8 };

/* A quantity's mean over replicates, and what it may be off by. */
typedef struct interval {
    double sum, squares;
    int n;
} interval_t;

static void add(interval_t *v, double x)
{
    v->sum += x, v->squares += x * x, v->n++;
}

static double mean(const interval_t *v)
{
    return v->sum / v->n;
}

static double error(const interval_t *v)
{
    double m = mean(v);
    return 4 * sqrt((v->squares / v->n - m * m) / (v->n - 1));
}

/* What the naive comparison says, and what is true, for inflows of targeted firms. */
typedef struct result {
    interval_t att, ade, ratio_ade, friction, dose;
    interval_t trend,
        ratio_trend;   /* of the world without the policy: L(Y0); and as log ratio of ratios */
    interval_t effect; /* L(Y1) - L(Y0) = L(tau): free of the trend's chance */
    interval_t over_att, over_ade; /* L(tau) - ATT, - ADE, each as a share of ADE */
} result_t;

/* Sums of inflow: treated or not, after or before. */
static void four_means(const jd_table_t *t, double sum[2][2])
{
    double n[2][2] = {{0}};
    int64_t first = 0;
    for (int64_t u = 0; u < t->n_unit; u++) {
        int32_t g = JD_CELLS(t, P_COHORT, int32_t)[u];
        if (g > 0) first = g;
    }
    for (int64_t i = 0; i < t->rows; i++) {
        int treated = JD_CELLS(t, P_COHORT, int32_t)[i % t->n_unit] > 0,
            after = i / t->n_unit + 1 >= first;
        sum[treated][after] += JD_CELLS(t, small_column(t, "inflow"), int32_t)[i];
        n[treated][after] += 1;
    }
    for (int i = 0; i < 4; i++)
        sum[i / 2][i % 2] /= n[i / 2][i % 2];
}

static double did(double m[2][2])
{
    return m[1][1] - m[1][0] - (m[0][1] - m[0][0]);
}

/* Eight replicates of a country of 200 counties, 12 quarters, policy from the fifth; `set` on top.
 */
static result_t measure(const char *const *set, bool folds)
{
    const char *all[32] = {"world.provinces=4",
                           "world.prefectures=24",
                           "world.counties=200",
                           "world.streets=1200",
                           "firms.n=150000",
                           "firms.review=0.1",
                           "run.periods=12",
                           "run.burn_in=40",
                           "output.streets=no",
                           "observation.panel_firms=0",
                           folds ? "run.direct_folds=10" : "run.direct_folds=0"};
    int n = 11;
    for (; *set; set++)
        all[n++] = *set;
    result_t r = {0};
    for (uint64_t replicate = 0; replicate < REPLICATES; replicate++) {
        small_t s;
        double m1[2][2] = {{0}}, m0[2][2] = {{0}};
        small_create(&s, all, replicate);
        if (jd_simulation_run(s.sim, NULL, &s.ctx)) fail_msg("%s", s.ctx.message);
        four_means(small_table(&s, "panel/county"), m1);
        four_means(small_table(&s, "truth/county"), m0);
        double att = small_estimand(&s, "att", "inflow"), ade = small_estimand(&s, "ade", "inflow");
        double effect = did(m1) - did(m0);
        add(&r.att, att);
        add(&r.ade, ade);
        add(&r.ratio_ade, small_estimand(&s, "ratio_ade", "inflow"));
        add(&r.friction, small_sum(small_table(&s, "truth/national"), "friction") / 12);
        add(&r.trend, did(m0));
        add(&r.ratio_trend, log(m0[1][1] / m0[1][0]) - log(m0[0][1] / m0[0][0]));
        add(&r.effect, effect);
        add(&r.over_att, (effect - att) / ade);
        add(&r.over_ade, (effect - ade) / ade);
        small_stop(&s);
    }
    return r;
}

static void say(const char *what, const interval_t *v)
{
    print_message("  %-46s %8.4f +- %.4f\n", what, mean(v), error(v));
}

#define assert_above(v, bound) assert_true(mean(&(v)) - error(&(v)) > (bound))
#define assert_below(v, bound) assert_true(mean(&(v)) + error(&(v)) < (bound))

/* P4: at a fixed dose the direct ratio effect falls with friction, whatever raised it; at bP = 0
 * there is none. */
static void test_p4_friction_weakens_the_policy(void **state)
{
    (void)state;
    static const char *const base[] = {"policy.pressure=0", NULL};
    static const char *const raised[][4] = {
        {"policy.pressure=0", "officials.psi_bar=0.25", NULL},
        {"policy.pressure=0", "rescaling.base=0.6", NULL},
        {"policy.pressure=0", "officials.burden=0.4", NULL},
    };
    static const char *const no_pull[] = {"policy.pressure=0", "firms.b_policy=0", NULL};
    result_t low = measure(base, true);
    say("friction, default", &low.friction);
    say("direct ratio effect, default", &low.ratio_ade);
    for (int i = 0; i < 3; i++) {
        result_t high = measure(raised[i], true);
        say(raised[i][1], &high.friction);
        say("  direct ratio effect", &high.ratio_ade);
        assert_true(mean(&high.friction) > mean(&low.friction) + 0.03);
        assert_true(mean(&low.ratio_ade) - error(&low.ratio_ade) >
                    mean(&high.ratio_ade) + error(&high.ratio_ade));
    }
    result_t none = measure(no_pull, true);
    assert_true(mean(&none.att) == 0 && mean(&none.ade) == 0);
}

/* P5: random assignment, DID overstates the total effect, the more the larger the treated share,
 * and is near the direct one. */
static void test_p5_did_is_direct_not_total(void **state)
{
    (void)state;
    static const char *const shares[] = {"policy.share=0.1", "policy.share=0.25",
                                         "policy.share=0.5", "policy.share=0.75"};
    double last = 0;
    for (int i = 0; i < 4; i++) {
        const char *const set[] = {shares[i], NULL};
        result_t r = measure(set, true);
        print_message("  %s: ATT %.3f ADE %.3f\n", shares[i], mean(&r.att), mean(&r.ade));
        say("(DID - ATT) / ADE", &r.over_att);
        say("(DID - ADE) / ADE", &r.over_ade);
        assert_above(r.over_att, 0);
        assert_true(mean(&r.over_att) > last);
        last = mean(&r.over_att);
        assert_true(fabs(mean(&r.over_ade)) < 0.02 + error(&r.over_ade));
    }
}

/* P6: the trend part has the sign of drift times selection; without drift it has none to speak of.
 */
static void test_p6_sign_of_the_trend(void **state)
{
    (void)state;
    static const char *const up[] = {"policy.assignment=development", "firms.b_drift=0.6", NULL};
    static const char *const down[] = {"policy.assignment=development", "firms.b_drift=-0.6", NULL};
    static const char *const poor[] = {"policy.assignment=development", "policy.selection=-1",
                                       "firms.b_drift=0.6", NULL};
    static const char *const none[] = {"policy.assignment=development", NULL};
    static const char *const random[] = {"firms.b_drift=0.6", NULL};
    result_t r = measure(up, false);
    say("trend: drift up, the developed treated", &r.trend);
    assert_above(r.trend, 0);
    double large = mean(&r.trend);
    r = measure(down, false);
    say("trend: drift down, the developed treated", &r.trend);
    assert_below(r.trend, 0);
    r = measure(poor, false);
    say("trend: drift up, the poor treated", &r.trend);
    assert_below(r.trend, 0);
    /* Where it fails: without drift, or with assignment at random, chance alone. */
    r = measure(none, true);
    say("trend: no drift, the developed treated", &r.trend);
    say("  direct effect", &r.ade);
    assert_true(fabs(mean(&r.trend)) < 0.1 * large);
    r = measure(random, false);
    say("trend: drift up, at random", &r.trend);
    assert_true(fabs(mean(&r.trend)) < error(&r.trend));
}

/* P11: a common proportional rise of all moves biases levels under selection, ratios not. */
static void test_p11_levels_against_ratios(void **state)
{
    (void)state;
    static const char *const shock[] = {"policy.assignment=development", "firms.common_shock=0.5",
                                        "firms.common_shock_start=2021Q1", NULL};
    static const char *const random[] = {"firms.common_shock=0.5",
                                         "firms.common_shock_start=2021Q1", NULL};
    result_t r = measure(shock, true);
    say("trend in levels, selection", &r.trend);
    say("trend in logs, selection", &r.ratio_trend);
    say("  direct effect", &r.ade);
    assert_above(r.trend, 0);
    assert_true(fabs(mean(&r.ratio_trend)) < 0.05 * log(1.5));
    r = measure(random, false);
    say("trend in levels, at random", &r.trend);
    assert_true(fabs(mean(&r.trend)) < error(&r.trend));
}

/* P12: treating whole prefectures takes DID below the direct effect; treating at random does not
 * (P5). */
static void test_p12_neighbours_treated_together(void **state)
{
    (void)state;
    static const char *const set[] = {"policy.assignment=neighbours", NULL};
    result_t r = measure(set, true);
    say("(DID - ADE) / ADE, whole prefectures", &r.over_ade);
    assert_below(r.over_ade, -0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p4_friction_weakens_the_policy),
        cmocka_unit_test(test_p5_did_is_direct_not_total),
        cmocka_unit_test(test_p6_sign_of_the_trend),
        cmocka_unit_test(test_p11_levels_against_ratios),
        cmocka_unit_test(test_p12_neighbours_treated_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
