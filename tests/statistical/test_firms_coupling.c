/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Worlds that follow one another (model-equations.md, section 4): equal tables give equal
 * destinations; tables that differ by the policy separate as few movers as they must; each world's
 * law stays exact. */

#include "one_draw.h"
#include "small_world.h"

/* Streets differ in stringency: some refuse the dirty class. */
#define SMOG \
    "event.smog.kind=env", "event.smog.start=2020Q1", "event.smog.spread=1", "event.smog.size=0.5"

typedef struct coupled {
    double movers, differ, far, far_differ,
        must;               /* far: to another prefecture in the first world */
    double fold, fold_must; /* the last world against the one with the policy */
    double treated[2], expected[2], variance[2]; /* arrivals in treated counties, and their law */
} coupled_t;

static int stop_after(void *user, const struct jd_simulation *sim, int64_t period)
{
    (void)sim;
    return period == *(int64_t *)user;
}

/* Law of one origin in both worlds: chance to land in a treated county, and total variation between
 * them; likewise (`fold`) between the world with the policy and the last one. */
static double law(const struct jd_simulation *sim, int kind, int32_t from, double *treated,
                  double *fold)
{
    double apart = 0;
    int last = sim->n_worlds - 1;
    *fold = 0;
    treated[0] = treated[1] = 0;
    for (int32_t to = 0; to < sim->dims.streets; to++) {
        double p[2];
        for (int w = 0; w < 2; w++) {
            p[w] = jd_choice_probability(&sim->world[w].choice, &sim->borders, &sim->dims,
                                         &sim->tree, kind, from, to);
            if (sim->cohort[sim->tree.parent[JD_STREET][to]] > 0) treated[w] += p[w];
        }
        apart += fabs(p[0] - p[1]) / 2;
        if (last > 1)
            *fold += fabs(p[1] - jd_choice_probability(&sim->world[last].choice, &sim->borders,
                                                       &sim->dims, &sim->tree, kind, from, to)) /
                     2;
    }
    return apart;
}

/* Draws one destination in each world, on the same numbers, for every n-th firm from where it is.
 */
static coupled_t couple(struct jd_simulation *sim, int64_t step)
{
    coupled_t sum = {0};
    jd_pass_t pass = {0};
    const jd_draw_tables_t tables = {&sim->base, &sim->borders, &sim->dims, &sim->tree};
    jd_pass_draws(&pass, 99, 0, 1);
    for (int64_t i = 0; i < sim->dims.firms; i += step) {
        int32_t from = sim->world[0].place[i], to[JD_WORLDS_MAX];
        int kind = sim->type[i] / sim->dims.sizes, last = sim->n_worlds - 1;
        double treated[2], fold, apart = law(sim, kind, from, treated, &fold);
        for (int w = 0; w < sim->n_worlds; w++) {
            jd_rng_t rng = jd_rng_at(w ? &pass.follow : &pass.jump, (uint64_t)i);
            const jd_choice_t *choice = &sim->world[w].choice;
            to[w] = w == 0 ? one_destination(&tables, choice, kind, from, rng)
                           : one_follows(&tables, &sim->world[0].choice, choice, kind, from, to[0],
                                         rng);
        }
        for (int w = 0; w < 2; w++) {
            sum.treated[w] += sim->cohort[sim->tree.parent[JD_STREET][to[w]]] > 0;
            sum.expected[w] += treated[w];
            sum.variance[w] += treated[w] * (1 - treated[w]);
        }
        bool far = jd_tree_above(&sim->tree, from, JD_PREFECTURE) !=
                   jd_tree_above(&sim->tree, to[0], JD_PREFECTURE);
        sum.movers += 1;
        sum.differ += to[0] != to[1];
        sum.far += far;
        sum.far_differ += far && to[0] != to[1];
        sum.must += apart;
        sum.fold += to[1] != to[last];
        sum.fold_must += fold;
    }
    return sum;
}

static coupled_t run(const char *const *set, int64_t period)
{
    small_t s;
    small_create(&s, set, 0);
    s.sim->split = 1;
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, stop_after, &period, &s.ctx), 1);
    coupled_t sum = couple(s.sim, 4);
    small_stop(&s);
    return sum;
}

static void test_equal_worlds_move_as_one(void **state)
{
    (void)state;
    static const char *const set[] = {"policy.dose=0", SMOG, NULL};
    coupled_t sum = run(set, 4);
    assert_true(sum.differ == 0);
    assert_true(sum.far > 50);
}

/* Defaults, targeted and untargeted firms, eight quarters after adoption: worlds part where they
 * must (4.5 SD: false alarm 7e-6), not oftener. A fold world is bound to the one with the policy
 * only through the one without: it parts from it at most 2.5 times as often as it must. */
static void test_different_worlds_stay_close(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=200000",         "world.prefectures=22",
                                      "world.counties=200",     "world.streets=1200",
                                      "policy.adoption=2020Q2", "run.periods=10",
                                      "run.direct_folds=4",     NULL};
    coupled_t sum = run(set, 10);
    print_message(
        "of all movers %.2f %% part (%.2f %% must), of those across prefectures %.2f %%; from a "
        "fold's world %.2f %% (%.2f %% must)\n",
        100 * sum.differ / sum.movers, 100 * sum.must / sum.movers, 100 * sum.far_differ / sum.far,
        100 * sum.fold / sum.movers, 100 * sum.fold_must / sum.movers);
    assert_near(sum.differ, sum.must, 4.5 * sqrt(sum.must));
    assert_true(sum.fold > 0.5 * sum.fold_must && sum.fold < 2.5 * sum.fold_must);
    assert_true(sum.far_differ / sum.far < 0.06);
}

/* Each world's own law, pooled over firms: arrivals in treated counties within 4.5 SD (false alarm
 * 7e-6 each). */
static void test_each_law_is_exact(void **state)
{
    (void)state;
    static const char *const strong[] = {
        "firms.n=60000", "firms.b_policy=2", "policy.dose=2", "policy.adoption=2020Q2", SMOG, NULL};
    coupled_t sum = run(strong, 6);
    for (int w = 0; w < 2; w++)
        assert_near(sum.treated[w], sum.expected[w], 4.5 * sqrt(sum.variance[w]));
    assert_true(sum.expected[1] - sum.expected[0] >
                10 * sqrt(sum.variance[0])); /* the laws are not one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_worlds_move_as_one),
        cmocka_unit_test(test_different_worlds_stay_close),
        cmocka_unit_test(test_each_law_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
