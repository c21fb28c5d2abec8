/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P2: simulated officials fall out of balance and find back where theory says; the return to no
 * pressure is incomplete iff P_dn < 0 < P_up; the loop gets lower the more officials differ. No
 * chance in it but the officials' traits. */
#include "street_bench.h"

#include "jiedao/theory.h"

enum { PRESSURE, BRANCH, POPULATION, SHARE, CORNER };

static void open_loop(street_bench_t *b, jd_table_t *t, jd_folds_t *f, const char *text, double low,
                      double high, double step)
{
    assert_int_equal(bench_config(b, text), JD_OK);
    if (jd_loop_table(b->config, low, high, step, t, f, &b->ctx)) fail_msg("%s", b->ctx.message);
}

/* Lowest pressure of a branch from which on all are at the S corner. */
static double lowest_corner(const jd_table_t *t, int branch)
{
    double lowest = HUGE_VAL;
    for (int64_t i = 0; i < t->rows; i++) {
        if (jd_table_number(t, POPULATION, i) != 0 || jd_table_number(t, BRANCH, i) != branch)
            continue;
        if (jd_table_number(t, CORNER, i) == 1)
            lowest = fmin(lowest, jd_table_number(t, PRESSURE, i));
    }
    return lowest;
}

static double share_at(const jd_table_t *t, int population, int branch, double pressure)
{
    for (int64_t i = 0; i < t->rows; i++) {
        if (jd_table_number(t, POPULATION, i) == population &&
            jd_table_number(t, BRANCH, i) == branch &&
            fabs(jd_table_number(t, PRESSURE, i) - pressure) < 1e-9)
            return jd_table_number(t, SHARE, i);
    }
    return (double)NAN;
}

/* One official a street: the heterogeneous are not looked at here. */
static void compare_folds(double g)
{
    char text[128];
    street_bench_t b;
    jd_table_t t;
    jd_folds_t f;
    snprintf(text, sizeof text, "[officials]\ncongestion=%g\nper_street=1\n", g);
    open_loop(&b, &t, &f, text, 0, 1.1, 0.01); /* balance lasts at 0 */
    double up = lowest_corner(&t, 0), before = share_at(&t, 0, 0, 0), after = share_at(&t, 0, 1, 0);
    jd_table_free(&t);
    bench_free(&b);
    open_loop(&b, &t, &f, text, -0.4, 1.1, 0.01);
    double down = lowest_corner(&t, 1);
    jd_table_free(&t);
    bench_free(&b);
    print_message("g %.2f: P_dn %.4f, simulated %.2f; P_up %.4f, simulated %.2f\n", g, f.down, down,
                  f.up, up);
    assert_true(down >= f.down && down <= f.down + 0.01 + 1e-9);
    assert_true(up >= f.up && up <= f.up + 0.01 + 1e-9);
    /* Back at no pressure: as if nothing had been, or marked for good. */
    if (f.down < 0)
        assert_true(after == 1.0 && before < 0.7);
    else
        assert_near(after, before, 1e-9);
}

static void test_simulated_folds_are_the_analytic(void **state)
{
    (void)state;
    static const double g[] = {0.8, 1, 1.15, 1.3, 1.5};
    for (int i = 0; i < 5; i++)
        compare_folds(g[i]);
}

/* Largest S-share that the different have lost between going up and coming down. */
static double loop_height(const char *text)
{
    street_bench_t b;
    jd_table_t t;
    double height = 0;
    open_loop(&b, &t, NULL, text, 0, 1.4, 0.2);
    for (int64_t i = 0; i < t.rows; i++) {
        double pressure = jd_table_number(&t, PRESSURE, i);
        height = fmax(height, share_at(&t, 1, 1, pressure) - share_at(&t, 1, 0, pressure));
    }
    jd_table_free(&t);
    bench_free(&b);
    return height;
}

/* Each has a loop of their own: what they have in common gets lower the more they differ. The area,
 * the mean of their own loops, need not. */
static void test_differences_lower_the_loop(void **state)
{
    (void)state;
    static const double sd[] = {0, 0.2, 0.4, 0.8};
    for (int trait = 0; trait < 2; trait++) {
        double last = HUGE_VAL;
        print_message("height of the loop at %s 0, .2, .4, .8:", trait ? "psi_sd" : "career_sd");
        for (int i = 0; i < 4; i++) {
            char text[128];
            snprintf(text, sizeof text,
                     "[officials]\nper_street=1\npsi_street_sd=0\ncareer_sd=%g\npsi_sd=%g\n",
                     trait ? 0 : sd[i], trait ? sd[i] : 0);
            double height = loop_height(text);
            print_message(" %.3f", height);
            assert_true(height > 0 && height < last);
            last = height;
        }
        print_message("\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simulated_folds_are_the_analytic),
        cmocka_unit_test(test_differences_lower_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
