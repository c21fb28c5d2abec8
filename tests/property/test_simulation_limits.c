/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Limits and directions of the whole simulation: nothing in, nothing out; more of a cause, more of
 * its effect; the smallest worlds; every option at once. All runs are audited after every period.
 */
#include "small_world.h"

static double moves_with(const char *a, const char *b)
{
    const char *const set[] = {a, b, NULL};
    small_t s;
    small_run(&s, set, 0);
    double moves = (double)jd_simulation_facts(s.sim).moves;
    small_stop(&s);
    return moves;
}

static void test_nobody_moves(void **state)
{
    (void)state;
    assert_true(moves_with("firms.review=0", NULL) == 0);
    assert_true(moves_with("firms.common_shock=-1", "firms.common_shock_start=2020Q1") == 0);
    assert_true(moves_with("firms.moving_cost_size=10, 10, 10", "firms.moving_cost=10") == 0);
    assert_true(moves_with(NULL, NULL) > 0);
}

static void test_more_reviews_more_moves(void **state)
{
    (void)state;
    double last = 0;
    const char *const rates[] = {"firms.review=0.02", "firms.review=0.1", "firms.review=0.5",
                                 "firms.review=1"};
    for (int i = 0; i < 4; i++) {
        double moves = moves_with(rates[i], NULL);
        assert_true(moves > last);
        last = moves;
    }
    assert_true(moves_with("firms.moving_cost=0.5", NULL) >
                moves_with("firms.moving_cost=1.5", NULL));
    assert_true(moves_with("firms.common_shock=0.5", "firms.common_shock_start=2020Q3") >
                moves_with(NULL, NULL));
}

static int stop_after_first(void *user, const struct jd_simulation *sim, int64_t period)
{
    (void)user, (void)sim;
    return period == 1;
}

/* Firm by firm: who moved in the first quarter still does when reviews are more frequent, and goes
 * to the same street, since tables are alike. */
static void test_the_same_firms_move_and_more(void **state)
{
    (void)state;
    static const char *const often[] = {"firms.review=0.3", NULL}, *const seldom[] = {
                                                                       "firms.review=0.1", NULL};
    small_t a, b, none;
    static const char *const never[] = {"firms.review=0", NULL};
    small_create(&a, seldom, 0);
    small_create(&b, often, 0);
    small_create(&none, never, 0);
    int64_t more = 0, moved = 0;
    assert_int_equal(jd_simulation_run_hooked(a.sim, NULL, stop_after_first, NULL, &a.ctx), 1);
    assert_int_equal(jd_simulation_run_hooked(b.sim, NULL, stop_after_first, NULL, &b.ctx), 1);
    for (int64_t i = 0; i < a.sim->dims.firms; i++) {
        int32_t start = none.sim->world[0].place[i], rare = a.sim->world[0].place[i],
                often_at = b.sim->world[0].place[i];
        if (rare != start) assert_int_equal(often_at, rare);
        moved += rare != start;
        more += often_at != start;
    }
    assert_true(moved > 50 && more > 2 * moved);
    small_stop(&a);
    small_stop(&b);
    small_stop(&none);
}

static void test_stronger_policy_larger_effect(void **state)
{
    (void)state;
    const char *const pulls[] = {"firms.b_policy=0", "firms.b_policy=0.5", "firms.b_policy=1.5",
                                 "firms.b_policy=3"};
    double last = -1;
    for (int i = 0; i < 4; i++) {
        const char *const set[] = {pulls[i], "policy.pressure=0", "firms.n=30000", NULL};
        small_t s;
        small_run(&s, set, 0);
        double att = small_estimand(&s, "att", "inflow");
        if (i == 0) assert_true(att == 0); /* neither pull nor pressure: nothing */
        assert_true(att > last);
        last = att;
        small_stop(&s);
    }
}

static void test_gravity_shortens_moves(void **state)
{
    (void)state;
    const char *const decay[] = {"firms.gamma=0", "firms.gamma=1", "firms.gamma=3"};
    double last = 1e9;
    for (int i = 0; i < 3; i++) {
        const char *const set[] = {decay[i], "firms.n=60000", "world.prefectures=20",
                                   "world.counties=60", NULL};
        small_t s;
        small_run(&s, set, 0);
        double distance = jd_simulation_facts(s.sim).distance;
        assert_true(distance > 0 && distance < last);
        last = distance;
        small_stop(&s);
    }
}

/* Targets at V = 0; utilities then move the shares a little: within .05 here. */
static void test_shares_of_moves(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=100000", "firms.b_dev=0", "firms.gradient=0",
                                      "run.periods=4", NULL};
    small_t s;
    small_run(&s, set, 0);
    jd_run_facts_t f = jd_simulation_facts(s.sim);
    double moves = (double)f.moves;
    assert_near((double)f.relocations / moves, 0.333, 0.05);
    assert_near((double)f.within_prefecture / moves, 0.133, 0.05);
    assert_near((double)f.within_province / moves, 0.223, 0.05);
    small_stop(&s);
}

static void test_small_worlds(void **state)
{
    (void)state;
    static const char *const one_firm[] = {"firms.n=1", "firms.review=1", "firms.moving_cost=-5",
                                           NULL};
    static const char *const one_county[] = {"world.provinces=1", "world.prefectures=1",
                                             "world.counties=1", NULL};
    static const char *const two_streets[] = {
        "world.provinces=1",         "world.prefectures=1", "world.counties=2",
        "world.streets=2",           "firms.n=10",          "firms.review=1",
        "observation.panel_firms=0", "output.officials=0",  NULL};
    static const char *const two_periods[] = {"run.periods=2", "policy.adoption=2020Q2", NULL};
    static const char *const no_burn_in[] = {"run.burn_in=0", NULL};
    static const char *const one_sector[] = {"firms.sector_shares=1", NULL};
    static const char *const many[] = {"firms.sector_shares=0.25,0.25,0.25,0.25",
                                       "firms.emission_classes=0,0.3,0.6,1",
                                       "firms.emission_shares=0.25,0.25,0.25,0.25",
                                       "firms.size_shares=0.25,0.25,0.25,0.25",
                                       "firms.size_employees=1,2,3,4",
                                       "firms.moving_cost_size=0,0,0,0",
                                       NULL};
    static const char *const everyone[] = {"policy.share=1", "run.direct_folds=16",
                                           "run.direct_none=yes", "policy.adoption=2020Q1", NULL};
    const char *const *sets[] = {one_firm,   one_county, two_streets, two_periods,
                                 no_burn_in, one_sector, many,        everyone};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        small_t s;
        small_run(&s, sets[i], 0);
        jd_run_facts_t f = jd_simulation_facts(s.sim);
        assert_true(f.moves > 0);
        if (sets[i] == one_county) assert_int_equal(f.relocations, 0);
        if (sets[i] == two_streets) assert_int_equal(f.relocations, f.moves);
        small_stop(&s);
    }
}

static void test_a_world_of_one_street(void **state)
{
    (void)state;
    static const char *const set[] = {"world.provinces=1", "world.prefectures=1",
                                      "world.counties=1", "world.streets=1", NULL};
    small_t s;
    assert_int_equal(small_try(&s, set, 0), JD_ERR_VALUE); /* the table says: 2 at least */
    assert_non_null(strstr(s.ctx.message, "streets"));
    small_stop(&s);
}

static void test_everything_at_once(void **state)
{
    (void)state;
    static const char *const set[] = {"policy.adoption=2020Q3, 2021Q1",
                                      "policy.anticipation=2",
                                      "policy.profile=fade",
                                      "policy.assignment=neighbours",
                                      "firms.entry=0.02",
                                      "firms.exit=0.02",
                                      "firms.b_drift=-0.5",
                                      "firms.emission_limit=0.9",
                                      "run.burn_in_firms=4",
                                      "run.direct_folds=4",
                                      "run.direct_none=yes",
                                      "world.fiscal_feedback=1",
                                      "tournament.street=0.5",
                                      "rescaling.base_sd=0.2",
                                      "rescaling.inspection=0.5",
                                      "event.smog.kind=env",
                                      "event.cities.kind=reclassify",
                                      "event.cities.level=street",
                                      "event.cities.rate=0.05",
                                      "firms.review=1",
                                      "firms.moving_cost=-2",
                                      NULL};
    for (uint64_t replicate = 0; replicate < 3; replicate++) {
        small_t s;
        small_run(&s, set, replicate);
        assert_true(jd_simulation_facts(s.sim).moves > 10000);
        small_stop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_moves),
        cmocka_unit_test(test_more_reviews_more_moves),
        cmocka_unit_test(test_the_same_firms_move_and_more),
        cmocka_unit_test(test_stronger_policy_larger_effect),
        cmocka_unit_test(test_gravity_shortens_moves),
        cmocka_unit_test(test_shares_of_moves),
        cmocka_unit_test(test_small_worlds),
        cmocka_unit_test(test_a_world_of_one_street),
        cmocka_unit_test(test_everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
