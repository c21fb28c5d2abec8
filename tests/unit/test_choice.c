/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The tables of choice against the equations written out street by street, and what must not
 * matter to them. The law of the draws is tests/statistical/test_choice_law.c. */
#include "near.h"
#include "one_draw.h"
#include "toy_choice.h"

static double probability(const toy_t *toy, int kind, int from, int to)
{
    return jd_choice_probability(&toy->world.choice, &toy->borders, &toy->dims, &toy->tree, kind,
                                 from, to);
}

static const char *const defaults[] = {NULL};
static const char *const strict[] = {"firms.emission_limit=0.9", NULL};
static const char *const wild[] = {"firms.dissimilarity_county=0.3",
                                   "firms.dissimilarity_prefecture=0.4",
                                   "firms.b_policy=2",
                                   "firms.gamma=2.5",
                                   "firms.share_county=0.3",
                                   NULL};

static const char *const rivals[] = {"firms.k_rival=5", "tournament.county=1",
                                     "firms.emission_limit=0.9", NULL};

static void test_probabilities_are_the_equations(void **state)
{
    (void)state;
    const char *const *sets[] = {defaults, strict, wild, rivals};
    for (int i = 0; i < 4; i++) {
        toy_t toy;
        toy_start(&toy, toy_world, TOY_WORLD, sets[i]);
        for (int kind = 0; kind < toy.dims.kinds; kind++) {
            for (int from = 0; from < TOY_WORLD; from++) {
                double law[TOY_MAX], sum = 0;
                toy_law(&toy, kind, from, false, law);
                for (int to = 0; to < TOY_WORLD; to++) {
                    double p = probability(&toy, kind, from, to);
                    assert_near(p, law[to], 1e-13);
                    sum += p;
                }
                assert_near(sum, 1, 1e-13);
            }
        }
        toy_stop(&toy);
    }
}

/* The strict limit must be one that some streets refuse and others do not, or nothing was tested
 * above. */
static void test_refused_streets_take_nobody(void **state)
{
    (void)state;
    toy_t toy;
    toy_start(&toy, toy_world, TOY_WORLD, strict);
    int refused = 0, dirty = toy.dims.emissions - 1;
    for (int s = 0; s < TOY_WORLD; s++) {
        if (toy.world.stringency[s] <= 0.9) continue;
        refused++;
        assert_true(probability(&toy, dirty, 0, s) == 0);
        assert_true(probability(&toy, 0, 0, s) > 0);
    }
    assert_in_range(refused, 1, TOY_WORLD - 1);
    toy_stop(&toy);
}

static uint32_t hazard_of(const toy_t *toy, int type, int32_t street)
{
    return jd_choice_hazard(&toy->world.choice, &toy->dims, &toy->tree, toy->setting.review[0],
                            type, street);
}

static void test_leaving_is_the_equation(void **state)
{
    (void)state;
    toy_t toy;
    toy_start(&toy, toy_world, TOY_WORLD, strict);
    const jd_firms_params_t *p = toy.firms;
    uint32_t all = 0;
    for (int type = 0; type < toy.dims.types; type++) {
        int kind = type / toy.dims.sizes;
        double kappa = p->moving_cost + p->moving_cost_size.value[jd_type_size(&toy.dims, type)];
        for (int s = 0; s < TOY_WORLD; s++) {
            double law[TOY_MAX];
            double pull = toy_law(&toy, kind, s, false, law) - toy_law(&toy, kind, s, true, law);
            double leave = 1 / (1 + exp(toy_value(&toy, kind, s) + kappa - pull));
            uint32_t hazard = hazard_of(&toy, type, s);
            assert_near(hazard * 0x1p-32, leave, 1e-9);
            int64_t county = toy.tree.parent[JD_STREET][s];
            assert_true(hazard <= toy.world.choice.top[kind * toy.dims.counties + county]);
            all = hazard > all ? hazard : all;
        }
    }
    assert_int_equal(jd_choice_top_hazard(&toy.world.choice, &toy.dims), all);
    toy_stop(&toy);
}

/* lam_c = lam_p = 1: one logit over all streets, weights S_j exp(V_j - cost of the border). */
static void test_without_nests_it_is_a_logit(void **state)
{
    (void)state;
    static const char *const plain[] = {"firms.dissimilarity_county=1",
                                        "firms.dissimilarity_prefecture=1", NULL};
    toy_t toy;
    toy_start(&toy, toy_world, TOY_WORLD, plain);
    const jd_tree_t *t = &toy.tree;
    for (int from = 0; from < TOY_WORLD; from++) {
        double weight[TOY_WORLD], all = 0;
        int c0 = jd_tree_above(t, from, JD_COUNTY), p0 = jd_tree_above(t, from, JD_PREFECTURE);
        for (int to = 0; to < TOY_WORLD; to++) {
            int c = jd_tree_above(t, to, JD_COUNTY), p = jd_tree_above(t, to, JD_PREFECTURE);
            double rate = p != p0   ? toy.borders.gravity[p0 * toy.dims.prefectures + p]
                          : c != c0 ? exp(-toy.borders.k_county)
                                    : 1;
            all += weight[to] = t->site[to] * exp(toy_value(&toy, 1, to)) * rate;
        }
        for (int to = 0; to < TOY_WORLD; to++)
            assert_near(probability(&toy, 1, from, to), weight[to] / all, 1e-13);
    }
    toy_stop(&toy);
}

/* Borders of one toy for another: the same prefectures, no reference (so L is seen whole). */
static void lend_borders(const toy_t *from, toy_t *to)
{
    to->borders.k_county = from->borders.k_county;
    to->borders.k_prefecture = from->borders.k_prefecture;
    to->borders.k_province = from->borders.k_province;
    memcpy(to->borders.gravity, from->borders.gravity,
           sizeof(double) * (size_t)from->dims.prefectures * (size_t)from->dims.prefectures);
    memset(to->borders.reference, 0, sizeof(double) * (size_t)to->dims.counties);
    toy_weigh(to, true);
}

/* Replaces each street of [first, end) by two halves; `county`: the second halves make a county of
 * their own. */
static int clone(toy_street_t *out, int first, int end, bool county)
{
    int n = 0;
    for (int s = 0; s < TOY_WORLD; s++) {
        toy_street_t half = toy_world[s];
        if (s == end && county) {
            for (int i = first; i < end; i++) {
                toy_street_t other = toy_world[i];
                other.land /= 2, other.part /= 2, other.county = 100;
                out[n++] = other;
            }
        }
        if (s >= first && s < end) half.land /= 2, half.part /= 2;
        out[n++] = half;
        if (s >= first && s < end && !county) out[n++] = half;
    }
    return n;
}

/* Streets of the cloned world that are like street `like` of the first, taken together. */
static double together(const toy_t *toy, int kind, int from, int like)
{
    double sum = 0;
    for (int s = 0; s < toy->dims.streets; s++) {
        if (toy->street[s].like == like) sum += probability(toy, kind, from, s);
    }
    return sum;
}

static int first_like(const toy_t *toy, int like)
{
    int s = 0;
    while (toy->street[s].like != like)
        s++;
    return s;
}

static void check_clone(int first, int end, bool county)
{
    toy_t one, two;
    toy_street_t streets[TOY_MAX];
    int n = clone(streets, first, end, county);
    toy_start(&one, toy_world, TOY_WORLD, defaults);
    toy_start(&two, streets, n, defaults);
    memset(one.borders.reference, 0, sizeof(double) * (size_t)one.dims.counties);
    toy_weigh(&one, true);
    lend_borders(&one, &two);
    for (int kind = 0; kind < one.dims.kinds; kind++) {
        for (int from = 0; from < TOY_WORLD; from++) {
            int same = first_like(&two, from);
            /* A county cut in two has a border where there was none: that is no clone to those
             * inside. */
            if (county && from >= first && from < end) continue;
            double pull =
                one.world.choice
                    .total[kind * one.dims.counties + jd_tree_above(&one.tree, from, JD_COUNTY)];
            double pull2 =
                two.world.choice
                    .total[kind * two.dims.counties + jd_tree_above(&two.tree, same, JD_COUNTY)];
            assert_near(log(pull), log(pull2), 1e-13);
            for (int to = 0; to < TOY_WORLD; to++)
                assert_near(probability(&one, kind, from, to), together(&two, kind, same, to),
                            1e-13);
        }
    }
    toy_stop(&one);
    toy_stop(&two);
}

static void test_cloning_a_street_changes_nothing(void **state)
{
    (void)state;
    check_clone(1, 2, false);
    check_clone(5, 6, false);
    check_clone(0, TOY_WORLD, false);
}

static void test_cloning_a_county_changes_nothing(void **state)
{
    (void)state;
    check_clone(6, 8, true);
    check_clone(17, 18, true);
}

/* A class refused everywhere has nowhere to go: nobody leaves, and nothing is NaN. */
static void test_refused_everywhere(void **state)
{
    (void)state;
    static const char *const closed[] = {"firms.emission_limit=0", NULL};
    toy_t toy;
    toy_start(&toy, toy_world, TOY_WORLD, closed);
    for (int type = toy.dims.sizes; type < toy.dims.emissions * toy.dims.sizes; type++) {
        for (int s = 0; s < TOY_WORLD; s++)
            assert_int_equal(hazard_of(&toy, type, s), 0);
    }
    assert_true(hazard_of(&toy, 0, 0) > 0);
    for (int i = 0; i < toy.dims.kinds * toy.dims.counties; i++)
        assert_true(isfinite(toy.world.choice.bound[i]));
    toy_stop(&toy);
}

/* Firms that draw together draw what each of them would alone: kinds and origins mixed, many
 * refusals, and a world that follows another. */
static void test_drawing_together_changes_nothing(void **state)
{
    (void)state;
    toy_t first, toy;
    toy_start(&first, toy_world, TOY_WORLD, wild);
    toy_start(&toy, toy_world, TOY_WORLD, strict);
    jd_choice_bound(&toy.setting, &toy.world, &first.world.choice);
    const jd_draw_tables_t tables = {&first.base, &first.borders, &first.dims, &first.tree};
    const jd_jump_t jump = jd_jump(jd_stream(5, 0, JD_DRAW_MOVE), 3, 1);
    static jd_draws_t all, followed;
    int moved = 0, parted = 0;
    all.n = JD_DRAWS_MOST;
    all.increment = jump.increment;
    for (int i = 0; i < all.n; i++) {
        all.kind[i] = i * 7 % toy.dims.kinds;
        all.origin[i] = i * 5 % TOY_WORLD;
        all.state[i] = jd_rng_at(&jump, (uint64_t)i).state;
    }
    jd_choice_destinations(&tables, &first.world.choice, &all);
    followed = all;
    jd_choice_follow(&tables, &first.world.choice, &toy.world.choice, &followed);
    for (int i = 0; i < all.n; i++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)i);
        assert_int_equal(all.to[i], one_destination(&tables, &first.world.choice, all.kind[i],
                                                    all.origin[i], rng));
        assert_int_equal(followed.to[i],
                         one_follows(&tables, &first.world.choice, &toy.world.choice, all.kind[i],
                                     all.origin[i], all.to[i], rng));
        moved += all.to[i] != all.origin[i];
        parted += followed.to[i] != all.to[i];
    }
    assert_true(moved > 100 && parted > 10 && parted < 200);
    toy_stop(&first);
    toy_stop(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probabilities_are_the_equations),
        cmocka_unit_test(test_refused_streets_take_nobody),
        cmocka_unit_test(test_leaving_is_the_equation),
        cmocka_unit_test(test_without_nests_it_is_a_logit),
        cmocka_unit_test(test_cloning_a_street_changes_nothing),
        cmocka_unit_test(test_cloning_a_county_changes_nothing),
        cmocka_unit_test(test_refused_everywhere),
        cmocka_unit_test(test_drawing_together_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
