/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans of sweeps: what their words mean, where their points lie, what is refused. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/context.h"
#include "sweep/plan.h"
#include "sweep/sections.h"

typedef struct {
    jd_config_t *config;
    jd_plan_t plan;
    jd_ctx_t ctx;
} made_t;

static int make(made_t *m, const char *text)
{
    int n;
    memset(m, 0, sizeof *m);
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    assert_int_equal(jd_config_create(&m->config, sections, n, &m->ctx), JD_OK);
    int rc = jd_config_read_text(m->config, "x.ini", text, &m->ctx);
    if (!rc) rc = jd_config_finish(m->config, &m->ctx);
    return rc ? rc : jd_plan_make(&m->plan, m->config, &m->ctx);
}

static void drop(made_t *m)
{
    jd_plan_free(&m->plan);
    jd_config_free(m->config);
}

static void assert_value(const made_t *m, int64_t point, int factor, const char *expected)
{
    char value[JD_PLAN_VALUE];
    assert_string_equal(jd_plan_value(&m->plan, point, factor, value), expected);
}

static void test_a_grid_crosses_its_lists(void **state)
{
    (void)state;
    made_t m;
    assert_int_equal(make(&m, "[sweep]\nreplicates=3\npolicy.share = 0.1:0.5:0.2\n"
                              "policy.assignment = random, development\n"),
                     JD_OK);
    assert_int_equal(m.plan.n_points, 6);
    assert_int_equal(m.plan.n_runs, 18);
    static const char *const share[] = {"0.1", "0.1", "0.3", "0.3", "0.5", "0.5"};
    for (int i = 0; i < 6; i++) {
        assert_value(&m, i, 0, share[i]);
        assert_value(&m, i, 1, i % 2 ? "development" : "random");
    }
    for (int run = 0; run < 18; run++) {
        assert_int_equal(jd_plan_point(&m.plan, run), run % 6);
        assert_int_equal(jd_plan_key(&m.plan, run), run / 6);
    }
    drop(&m);
}

/* Each list is one value; bars may part other values too. */
static void test_bars_part_lists(void **state)
{
    (void)state;
    static const char *const adoption[] = {"2020Q3", "2021Q1, 2021Q4", "2022Q1"};
    made_t m;
    assert_int_equal(make(&m, "[sweep]\npolicy.adoption = 2020Q3|2021Q1, 2021Q4 | 2022Q1\n"
                              "estimate.estimators = twfe, 2x2 | all\npolicy.share = 0.1 | 0.2\n"
                              "firms.size_shares = 0.7, 0.25, 0.05 | 0.5, 0.25, 0.25\n"),
                     JD_OK);
    assert_int_equal(m.plan.n_points, 3 * 2 * 2 * 2);
    for (int i = 0; i < 3; i++)
        assert_value(&m, i * 8, 0, adoption[i]);
    assert_value(&m, 0, 1, "twfe, 2x2");
    assert_value(&m, 2, 2, "0.2");
    assert_value(&m, 1, 3, "0.5, 0.25, 0.25");
    drop(&m);
    assert_int_equal(make(&m, "[sweep]\npolicy.adoption = 2020Q3\n"), JD_OK); /* one, plainly */
    assert_int_equal(m.plan.n_points, 1);
    drop(&m);
}

static void test_lists_stand_side_by_side(void **state)
{
    (void)state;
    made_t m;
    assert_int_equal(make(&m, "[sweep]\ndesign=list\ncommon=no\npolicy.share = 0.1, 0.2\n"
                              "policy.adoption = 2021Q1 | 2021Q1, 2022Q1\n"),
                     JD_OK);
    assert_int_equal(m.plan.n_points, 2);
    assert_value(&m, 1, 0, "0.2");
    assert_value(&m, 1, 1, "2021Q1, 2022Q1");
    assert_int_equal(jd_plan_key(&m.plan, 1), 1);
    drop(&m);
}

/* Each of n slices of each factor holds one point. */
static void test_a_hypercube_has_one_point_a_slice(void **state)
{
    (void)state;
    enum { N = 50 };
    made_t m;
    assert_int_equal(make(&m, "[sweep]\ndesign=lhs\npoints=50\npolicy.share = uniform(0.2, 0.7)\n"
                              "firms.n = integer(1000, 9000)\n"
                              "officials.mu_weak = loguniform(0.1, 1)\n"),
                     JD_OK);
    for (int f = 0; f < 3; f++) {
        int seen[N] = {0};
        for (int i = 0; i < N; i++)
            seen[(int)(m.plan.unit[i * 3 + f] * N)]++;
        for (int i = 0; i < N; i++)
            assert_int_equal(seen[i], 1);
    }
    for (int i = 0; i < N; i++) {
        double share = jd_plan_number(&m.plan, i, 0), n = jd_plan_number(&m.plan, i, 1);
        assert_true(share >= 0.2 && share <= 0.7 && n >= 1000 && n <= 9000 && n == floor(n));
    }
    drop(&m);
}

/* Scrambling keeps the net: 64 points, one in each of 64 slices of any one factor, and one in each
 * 8 x 8 box of the first two. */
static void test_sobol_points_are_a_net(void **state)
{
    (void)state;
    enum { N = 64 };
    made_t m;
    int box[8][8] = {{0}};
    assert_int_equal(make(&m, "[sweep]\ndesign=sobol\npoints=64\npolicy.share = uniform(0, 1)\n"
                              "policy.dose = uniform(0, 1)\nofficials.mu_weak = uniform(0.1, 1)\n"),
                     JD_OK);
    for (int f = 0; f < 3; f++) {
        int seen[N] = {0};
        for (int i = 0; i < N; i++)
            seen[(int)(m.plan.unit[i * 3 + f] * N)]++;
        for (int i = 0; i < N; i++)
            assert_int_equal(seen[i], 1);
    }
    for (int i = 0; i < N; i++)
        box[(int)(m.plan.unit[i * 3] * 8)][(int)(m.plan.unit[i * 3 + 1] * 8)]++;
    for (int i = 0; i < N; i++)
        assert_int_equal(box[i / 8][i % 8], 1);
    drop(&m);
}

static void test_saltelli_changes_one_column(void **state)
{
    (void)state;
    made_t m;
    assert_int_equal(make(&m, "[sweep]\ndesign=saltelli\npoints=8\npolicy.share = uniform(0, 1)\n"
                              "policy.dose = uniform(0, 1)\n"),
                     JD_OK);
    assert_int_equal(m.plan.n_points, 8 * 4);
    for (int i = 0; i < 8; i++) {
        const double *a = m.plan.unit + (size_t)i * 8, *b = a + 2;
        for (int j = 0; j < 2; j++)
            for (int f = 0; f < 2; f++)
                assert_true(a[4 + 2 * j + f] == (f == j ? b[f] : a[f]));
    }
    drop(&m);
}

static void test_morris_moves_one_factor_a_step(void **state)
{
    (void)state;
    made_t m;
    assert_int_equal(make(&m, "[sweep]\ndesign=morris\npoints=10\npolicy.share = uniform(0, 1)\n"
                              "policy.dose = uniform(0, 1)\nofficials.mu_weak = uniform(0.1, 1)\n"),
                     JD_OK);
    assert_int_equal(m.plan.n_points, 40);
    for (int t = 0; t < 10; t++) {
        int moved[3] = {0};
        for (int s = 0; s < 3; s++) {
            const double *row = m.plan.unit + (size_t)(t * 4 + s) * 3;
            for (int f = 0; f < 3; f++) {
                assert_true(row[3 + f] >= 0 && row[3 + f] <= 1 + 1e-12);
                if (row[3 + f] == row[f]) continue;
                assert_true(fabs(fabs(row[3 + f] - row[f]) - 2.0 / 3) < 1e-12);
                moved[f]++;
            }
        }
        for (int f = 0; f < 3; f++)
            assert_int_equal(moved[f], 1);
    }
    drop(&m);
}

/* Only Morris' levels, which reach 0 and 1, need a normal's tails cut. */
static void test_a_normal_keeps_its_tails(void **state)
{
    (void)state;
    made_t m;
    double sum = 0, squares = 0, largest = 0;
    assert_int_equal(make(&m, "[sweep]\ndesign=lhs\npoints=2000\n"
                              "officials.mu_weak = normal(0.5, 0.05)\n"),
                     JD_OK);
    for (int i = 0; i < 2000; i++) {
        double z = (jd_plan_number(&m.plan, i, 0) - 0.5) / 0.05;
        sum += z;
        squares += z * z;
        largest = fmax(largest, fabs(z));
    }
    assert_true(fabs(sum) < 20 && fabs(squares / 2000 - 1) < 0.01 && largest > 3.2 && largest < 7);
    drop(&m);
    assert_int_equal(make(&m, "[sweep]\ndesign=morris\nofficials.mu_weak = normal(0.5, 0.05)\n"),
                     JD_OK);
    for (int i = 0; i < m.plan.n_points; i++)
        assert_true(fabs(jd_plan_number(&m.plan, i, 0) - 0.5) < 2.6 * 0.05);
    drop(&m);
}

static void test_mistakes_are_told_at_their_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"[sweep]\npolicy.shaer = 0.1\n",
         "x.ini:2: [sweep] policy.shaer: is no parameter; did you mean 'policy.share'?"},
        {"[sweep]\nfirm.n = 1\n", "did you mean 'firms.n'?"},
        {"[sweep]\npolicy.adoption = 2020Q3, 2021Q1,2021Q3\n",
         "x.ini:2: [sweep] policy.adoption: '2020Q3, 2021Q1,2021Q3' is one list, not several "
         "values: policy.adoption is a list itself, whose values are parted by bars: 2020Q3 | "
         "2021Q1 | 2021Q3; one list for all points goes into [policy]"},
        {"[sweep]\nfirms.sector_shares = 0.4, 0.6\n",
         "parted by bars: 0.4, 0.6 | and the next list; one list for all points goes into [firms]"},
        {"[sweep]\nestimate.estimators = twfe, 2x2\n", "parted by bars: twfe | 2x2; one"},
        {"[sweep]\nestimate.estimators = twfe 2x2\n", "parted by bars: twfe | 2x2; one"},
        {"[sweep]\ndgp.cohorts = 2, 4\n", "dgp.cohorts is a list itself"},
        {"[sweep]\npolicy.adoption = 2021Q1 |\n", "has an empty value"},
        {"[sweep]\nsweep.replicates = 20\n",
         "is a key of [sweep] itself and not varied; in [sweep] write replicates = 20"},
        {"[sweep]\nvalidate.replicates = 10, 50\n", "set it in [validate]"},
        {"[sweep]\nnothing.like_it = 1\n", "`jiedao params` lists them all"},
        {"[sweep]\noutput.keep = all, summary\n", "is one for all runs"},
        {"[sweep]\npolicy.share = 0.1, 1.4\n",
         "x.ini:2: [sweep] policy.share: policy.share = 1.4 is"},
        {"[sweep]\npolicy.share = uniform(0, 1)\n", "list values, or set design"},
        {"[sweep]\ndesign=lhs\npolicy.share = uniform(0.5, 0.1)\n", "lower end below"},
        {"[sweep]\ndesign=lhs\npolicy.share = uniform(0.5, 2)\n", "policy.share = 2"},
        {"[sweep]\ndesign=lhs\nfirms.n = uniform(1, 9)\n", "write integer(low, high)"},
        {"[sweep]\ndesign=lhs\npolicy.assignment = uniform(1, 9)\n", "list its values"},
        {"[sweep]\ndesign=lhs\n", "nothing to vary"},
        {"[sweep]\ndesign=list\npolicy.share=0.1,0.2\npolicy.dose=1\n", "has 1 values"},
        {"[sweep]\npolicy.share = 0.5:0.1:0.1\n", "'0.5:0.1:0.1' is no range"},
        {"[sweep]\npolicy.share = 0.1,,0.2\n", "empty value"},
        {"[sweep]\npolicy.share = 0.1\npolicy.share = 0.2\n", "x.ini:3"},
        {"[sweep]\ndesign=morris\nlevels=3\npolicy.share=uniform(0,1)\n", "is odd"},
        {"[sweep]\nreplicates=1000000\npolicy.share=0:1:0.001\n", "more than"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        made_t m;
        assert_int_not_equal(make(&m, wrong[i].text), JD_OK);
        if (!strstr(m.ctx.message, wrong[i].message))
            fail_msg("\"%s\" is not in: %s", wrong[i].message, m.ctx.message);
        drop(&m);
    }
}

static void test_a_point_has_its_own_config(void **state)
{
    (void)state;
    made_t m;
    jd_config_t *point = NULL;
    assert_int_equal(make(&m, "[policy]\ndose = 0.2\n[sweep]\npolicy.share = 0.25, 0.75\n"), JD_OK);
    uint64_t before = jd_config_hash(m.config);
    assert_int_equal(jd_plan_config(&point, &m.plan, m.config, 1, &m.ctx), JD_OK);
    assert_non_null(strstr(jd_config_source(point), "policy.share=0.75"));
    assert_true(jd_config_hash(point) != before);
    assert_true(jd_config_hash(m.config) == before);
    jd_config_free(point);
    drop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grid_crosses_its_lists),
        cmocka_unit_test(test_bars_part_lists),
        cmocka_unit_test(test_lists_stand_side_by_side),
        cmocka_unit_test(test_a_hypercube_has_one_point_a_slice),
        cmocka_unit_test(test_sobol_points_are_a_net),
        cmocka_unit_test(test_saltelli_changes_one_column),
        cmocka_unit_test(test_morris_moves_one_factor_a_step),
        cmocka_unit_test(test_a_normal_keeps_its_tails),
        cmocka_unit_test(test_mistakes_are_told_at_their_lines),
        cmocka_unit_test(test_a_point_has_its_own_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
