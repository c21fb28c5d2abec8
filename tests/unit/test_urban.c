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
 * and squares within 4.5 SD (false alarm 7e-6 each). Thousands of points a county: inversion from
 * the mode. */
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
        cmocka_unit_test(test_few_points),
        cmocka_unit_test(test_points_from_the_first_quarter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
