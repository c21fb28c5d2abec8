/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Urban outcomes recomputed from the other panels; points of interest against their Poisson law.
 */
#include "small_world.h"

static const char *const set[] = {"firms.n=40000", "urban.poi_rate=100", "urban.poi_elasticity=3",
                                  "world.counties=60", NULL};

static void test_columns_follow_from_the_panels(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *county = small_table(&s, "panel/county"),
                     *urban = small_table(&s, "panel/urban");
    const jd_tree_t *tree = &s.sim->tree;
    for (int64_t i = 0; i < county->rows; i++) {
        int64_t c = i % county->n_unit, first = i - c;
        double targeted = small_cell(county, "stock", i),
               all = targeted + small_cell(county, "stock_other", i);
        double world_targeted = 0, world = 0;
        for (int64_t j = first; j < first + county->n_unit; j++) {
            world_targeted += small_cell(county, "stock", j);
            world += small_cell(county, "stock", j) + small_cell(county, "stock_other", j);
        }
        double streets = tree->child[JD_COUNTY][c + 1] - tree->child[JD_COUNTY][c];
        assert_near(small_cell(urban, "land_efficiency", i),
                    (all + 0.5 * targeted) / tree->land[JD_COUNTY][c], 1e-9);
        assert_near(small_cell(urban, "location_quotient", i),
                    targeted / all / (world_targeted / world), 1e-12);
        assert_near(small_cell(urban, "services_per_firm", i),
                    100 * small_cell(county, "services", i) * streets / all, 1e-9);
    }
    small_stop(&s);
}

/* Mean rate * firms * services^3 of two quarters before (steep, so that a wrong lag shows); sums
 * and squares within 4.5 SD (false alarm 7e-6 each). Thousands of points a county. */
static void test_points_are_poisson(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *county = small_table(&s, "panel/county"),
                     *urban = small_table(&s, "panel/urban");
    double sum = 0, mean = 0, chi2 = 0, n = 0;
    for (int64_t i = 2 * county->n_unit; i < county->rows; i++) {
        double g = small_cell(county, "services", i - 2 * county->n_unit);
        double expected = 100 * small_cell(county, "stock", i) * g * g * g,
               seen = small_cell(urban, "poi", i);
        sum += seen;
        mean += expected;
        n++;
        chi2 += (seen - expected) * (seen - expected) / expected;
    }
    assert_near(sum, mean, 4.5 * sqrt(mean));
    assert_near(chi2, n, 4.5 * sqrt(2 * n));
    small_stop(&s);
}

/* Points are the inverse of the distribution function at the county's keyed number, for means of 1
 * to some 10,000: recomputed here in long double. So they rise with the mean, and two worlds that
 * share the number differ by what their means differ (shared numbers alone, searched from the mode,
 * gave a difference of 10 where 2 is right). */
static int32_t quantile(double mean, double u)
{
    const long double m = (long double)mean, wanted = (long double)u;
    long double sum = 0;
    int32_t k = -1;
    while (sum < wanted && k < 100000)
        k++, sum += expl((long double)k * logl(m) - m - lgammal((long double)k + 1));
    return k;
}

static void test_points_are_coupled(void **state)
{
    (void)state;
    static const char *const rates[] = {"urban.poi_rate=0.02", "urban.poi_rate=1.3",
                                        "urban.poi_rate=100"};
    for (int r = 0; r < 3; r++) {
        const char *const some[] = {"firms.n=4000",
                                    "urban.poi_elasticity=0",
                                    rates[r],
                                    "world.counties=20",
                                    "firms.b_policy=2",
                                    "policy.dose=2",
                                    "policy.adoption=2020Q2",
                                    NULL};
        double rate = r == 0 ? 0.02 : r == 1 ? 1.3 : 100;
        small_t s;
        small_run(&s, some, 0);
        static const char *const worlds[][2] = {{"panel/county", "panel/urban"},
                                                {"truth/county", "truth/urban"}};
        int64_t n = small_table(&s, "panel/urban")->rows, counties = 20;
        for (int64_t i = 0; i < n; i++) {
            double mean[2], points[2];
            jd_jump_t jump = jd_jump(jd_stream(1, 0, JD_DRAW_POI), i / counties + 1, 0);
            double u = jd_draw(&jump, (uint64_t)(i % counties));
            for (int w = 0; w < 2; w++) {
                mean[w] = rate * small_cell(small_table(&s, worlds[w][0]), "stock", i);
                points[w] = small_cell(small_table(&s, worlds[w][1]), "poi", i);
                assert_true(points[w] == quantile(mean[w], u));
            }
            if (mean[0] <= mean[1]) assert_true(points[0] <= points[1]);
            if (mean[0] >= mean[1]) assert_true(points[0] >= points[1]);
            double more = mean[0] - mean[1]; /* quantiles move as mean and, by z, its root */
            double root = sqrt(mean[0]) - sqrt(mean[1]);
            assert_near(points[0] - points[1], more, 2 + 6.5 * fabs(root));
        }
        small_stop(&s);
    }
}

static void test_few_points(void **state)
{
    (void)state;
    static const char *const few[] = {"urban.poi_rate=0.01", "world.counties=60", "run.periods=40",
                                      NULL};
    static const char *const none[] = {"urban.poi_rate=0", NULL}, *const off[] = {"urban.on=no",
                                                                                  NULL};
    small_t s;
    small_run(&s, few, 0); /* below a mean of 30: inversion from 0 */
    const jd_table_t *county = small_table(&s, "panel/county");
    double mean = 0, sum = 0;
    for (int64_t i = 2 * county->n_unit; i < county->rows; i++) {
        mean += 0.01 * small_cell(county, "stock", i) *
                sqrt(small_cell(county, "services", i - 2 * county->n_unit));
        sum += small_cell(small_table(&s, "panel/urban"), "poi", i);
    }
    assert_near(sum, mean, 4.5 * sqrt(mean));
    small_stop(&s);
    small_run(&s, none, 0);
    assert_true(small_sum(small_table(&s, "panel/urban"), "poi") == 0);
    small_stop(&s);
    small_run(&s, off, 0);
    assert_null(jd_simulation_table(s.sim, "panel/urban"));
    small_stop(&s);
}

/* Without a burn-in the quarters before the first are those officials start from: services at plan.
 */
static void test_points_from_the_first_quarter(void **state)
{
    (void)state;
    static const char *const start[] = {"run.burn_in=0", "urban.poi_rate=100", NULL};
    small_t s;
    small_run(&s, start, 0);
    const jd_table_t *urban = small_table(&s, "panel/urban");
    double sum[3] = {0};
    for (int64_t i = 0; i < 3 * urban->n_unit; i++)
        sum[i / urban->n_unit] += small_cell(urban, "poi", i);
    assert_near(sum[0] / sum[2], 1, 0.2);
    assert_near(sum[1] / sum[2], 1, 0.2);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_follow_from_the_panels),
        cmocka_unit_test(test_points_are_poisson),
        cmocka_unit_test(test_points_are_coupled),
        cmocka_unit_test(test_few_points),
        cmocka_unit_test(test_points_from_the_first_quarter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
