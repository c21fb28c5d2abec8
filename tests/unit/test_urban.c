/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Urban outcomes recomputed from the other panels; points of interest against the laws by which
 * they open and close. */
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

/* Sums and squares of standardised counts within 4.5 SD (false alarm 7e-6 each). */
typedef struct law {
    double sum, mean, variance, chi2, n;
} law_t;

static void add_count(law_t *l, double seen, double mean, double variance)
{
    l->sum += seen;
    l->mean += mean;
    l->variance += variance;
    l->chi2 += (seen - mean) * (seen - mean) / variance;
    l->n++;
}

static void check_law(const law_t *l)
{
    assert_near(l->sum, l->mean, 4.5 * sqrt(l->variance));
    assert_near(l->chi2, l->n, 4.5 * sqrt(2 * l->n));
}

/* Openings are Poisson with turnover * rate * firms * services^3 of the quarter before (steep, so
 * that a wrong lag shows), closings binomial, and points are what is left and new. */
static void check_points(const char *const *assignments, double rate, double turnover)
{
    small_t s;
    small_run(&s, assignments, 0);
    const jd_table_t *county = small_table(&s, "panel/county"),
                     *urban = small_table(&s, "panel/urban");
    law_t open = {0}, close = {0};
    for (int64_t i = county->n_unit; i < county->rows; i++) {
        const int64_t before = i - county->n_unit;
        const double g = small_cell(county, "services", before);
        const double mean = turnover * rate * small_cell(county, "stock", before) * g * g * g;
        const double had = small_cell(urban, "poi", before),
                     opened = small_cell(urban, "poi_opened", i),
                     closed = small_cell(urban, "poi_closed", i);
        assert_true(small_cell(urban, "poi", i) == had + opened - closed);
        add_count(&open, opened, mean, mean);
        if (had > 0) add_count(&close, closed, had * turnover, had * turnover * (1 - turnover));
    }
    check_law(&open);
    check_law(&close);
    small_stop(&s);
}

static void test_points_open_and_close(void **state)
{
    (void)state;
    static const char *const many[] = {"firms.n=40000",          "urban.poi_rate=100",
                                       "urban.poi_elasticity=3", "world.counties=60",
                                       "run.periods=40",         NULL};
    static const char *const fast[] = {"firms.n=40000",          "urban.poi_rate=100",
                                       "urban.poi_elasticity=3", "urban.poi_turnover=0.5",
                                       "world.counties=60",      NULL};
    check_points(many, 100, 0.05);
    check_points(fast, 100, 0.5);
}

/* The inverse of a distribution function by its definition, in long double. */
static int32_t quantile(long double n, long double mean, double u)
{
    long double sum = 0;
    int32_t k = -1;
    while (sum < (long double)u && k < 1000000 && (n < 0 || k < n)) {
        const long double j = ++k;
        if (n < 0)
            sum += expl(j * logl(mean) - mean - lgammal(j + 1));
        else
            sum += expl(lgammal(n + 1) - lgammal(j + 1) - lgammal(n - j + 1) + j * logl(mean / n) +
                        (n - j) * logl(1 - mean / n));
    }
    return k;
}

/* Openings and closings are quantiles at the county's keyed numbers, for means below 1 to some
 * 5,000: so they rise with their means, and two worlds that share the numbers differ by what their
 * means differ (shared numbers alone, searched from the mode, gave a difference of SD 10 where 2 is
 * right). */
static void check_coupled(const char *rate_set, double rate, const char *turnover_set,
                          double turnover)
{
    const char *const some[] = {"firms.n=4000",  "urban.poi_elasticity=0", rate_set,
                                turnover_set,    "world.counties=20",      "firms.b_policy=2",
                                "policy.dose=2", "policy.adoption=2020Q2", NULL};
    static const char *const worlds[][2] = {{"panel/county", "panel/urban"},
                                            {"truth/county", "truth/urban"}};
    enum { COUNTIES = 20 };
    small_t s;
    small_run(&s, some, 0);
    for (int64_t i = COUNTIES; i < small_table(&s, "panel/urban")->rows; i++) {
        const int64_t before = i - COUNTIES, period = before / COUNTIES + 1;
        double mean[2], opened[2];
        for (int w = 0; w < 2; w++) {
            const jd_table_t *urban = small_table(&s, worlds[w][1]);
            const jd_jump_t open = jd_jump(jd_stream(1, 0, JD_DRAW_POI), period, 0),
                            close = jd_jump(jd_stream(1, 0, JD_DRAW_POI), period, 1);
            const double had = small_cell(urban, "poi", before);
            mean[w] =
                turnover * (rate * small_cell(small_table(&s, worlds[w][0]), "stock", before));
            opened[w] = small_cell(urban, "poi_opened", i);
            assert_true(opened[w] ==
                        quantile(-1, mean[w], jd_draw(&open, (uint64_t)(i % COUNTIES))));
            assert_true(
                small_cell(urban, "poi_closed", i) ==
                (had > 0 ? quantile(had, had * turnover, jd_draw(&close, (uint64_t)(i % COUNTIES)))
                         : 0));
        }
        if (mean[0] <= mean[1]) assert_true(opened[0] <= opened[1]);
        if (mean[0] >= mean[1]) assert_true(opened[0] >= opened[1]);
        assert_near(opened[0] - opened[1], mean[0] - mean[1],
                    2 + 6.5 * fabs(sqrt(mean[0]) - sqrt(mean[1])));
    }
    small_stop(&s);
}

static void test_points_are_coupled(void **state)
{
    (void)state;
    check_coupled("urban.poi_rate=0.02", 0.02, "urban.poi_turnover=0.5", 0.5);
    check_coupled("urban.poi_rate=1.3", 1.3, "urban.poi_turnover=0.05", 0.05);
    check_coupled("urban.poi_rate=100", 100, "urban.poi_turnover=0.3", 0.3);
}

/* The stock is the sum of many quarters: in the long run Poisson about rate * firms, whatever the
 * turnover. */
static void test_points_at_rest(void **state)
{
    (void)state;
    static const char *const fixed[] = {
        "urban.poi_rate=0.4", "urban.poi_elasticity=0", "world.counties=60",      "firms.n=40000",
        "run.periods=4",      "run.burn_in=200",        "urban.poi_turnover=0.1", NULL};
    law_t law = {0};
    for (uint64_t replicate = 0; replicate < 5; replicate++) {
        small_t s;
        small_run(&s, fixed, replicate);
        for (int64_t c = 0; c < 60; c++) {
            const double mean = 0.4 * small_cell(small_table(&s, "panel/county"), "stock", c);
            add_count(&law, small_cell(small_table(&s, "panel/urban"), "poi", c), mean, mean);
        }
        small_stop(&s);
    }
    check_law(&law);
}

static void test_no_points(void **state)
{
    (void)state;
    static const char *const none[] = {"urban.poi_rate=0", NULL}, *const off[] = {"urban.on=no",
                                                                                  NULL};
    small_t s;
    small_run(&s, none, 0);
    assert_true(small_sum(small_table(&s, "panel/urban"), "poi") == 0);
    small_stop(&s);
    small_run(&s, off, 0);
    assert_null(jd_simulation_table(s.sim, "panel/urban"));
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_follow_from_the_panels),
        cmocka_unit_test(test_points_open_and_close),
        cmocka_unit_test(test_points_are_coupled),
        cmocka_unit_test(test_points_at_rest),
        cmocka_unit_test(test_no_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
