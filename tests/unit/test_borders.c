/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Border costs: where moves go at V = 0, summed street by street, is where the targets want them.
 */
#include "near.h"
#include "toy_choice.h"

enum { COUNTY, PREFECTURE, PROVINCE, OTHER, SHARES };

/* Shares of moves at V = 0, origins weighted by land, moves that stay on the street left out. */
static void shares_of(const toy_t *toy, double *share)
{
    const jd_tree_t *t = &toy->tree;
    double all = 0;
    memset(share, 0, SHARES * sizeof *share);
    for (int from = 0; from < toy->dims.streets; from++) {
        double law[TOY_MAX];
        toy_law(toy, 0, from, true, law);
        for (int to = 0; to < toy->dims.streets; to++) {
            int level = COUNTY;
            for (int l = JD_COUNTY; l >= JD_PROVINCE; l--)
                level +=
                    jd_tree_above(t, from, (jd_level_t)l) != jd_tree_above(t, to, (jd_level_t)l);
            if (to == from) continue;
            share[level] += t->site[from] * law[to];
            all += t->site[from] * law[to];
        }
    }
    for (int i = 0; i < SHARES; i++)
        share[i] /= all;
}

static void check_shares(const toy_street_t *streets, int n, const char *const *set,
                         const double *expected)
{
    toy_t toy;
    double share[SHARES];
    toy_start(&toy, streets, n, set);
    shares_of(&toy, share);
    for (int i = 0; i < SHARES; i++)
        assert_near(share[i], expected[i], 1e-6);
    toy_stop(&toy);
}

static void test_targets_are_met(void **state)
{
    (void)state;
    static const char *const near[] = {"firms.share_county=0.9",
                                       "firms.share_prefecture=0.05",
                                       "firms.share_province=0.03",
                                       "firms.gamma=3",
                                       "firms.d0=1",
                                       NULL};
    static const char *const far[] = {"firms.share_county=0.1",
                                      "firms.share_prefecture=0.1",
                                      "firms.share_province=0.2",
                                      "firms.dissimilarity_county=0.2",
                                      "firms.dissimilarity_prefecture=0.3",
                                      NULL};
    const double usual[] = {.667, .133, .09, .11};
    check_shares(toy_world, TOY_WORLD, NULL, usual);
    check_shares(toy_world, TOY_WORLD, near, (const double[]){.9, .05, .03, .02});
    check_shares(toy_world, TOY_WORLD, far, (const double[]){.1, .1, .2, .6});
}

/* What no place can take is left out; the rest keep their proportions. */
static void test_levels_that_are_not_there(void **state)
{
    (void)state;
    toy_street_t single[12];
    for (int s = 0; s < 12; s++)
        single[s] = (toy_street_t){s / 6, s / 3, s, 1 + s % 3, s, 1};
    check_shares(toy_world, 10, NULL, (const double[]){.667 / .89, .133 / .89, .09 / .89, 0});
    check_shares(toy_world, 6, NULL, (const double[]){.667 / .8, .133 / .8, 0, 0});
    check_shares(toy_world, 3, NULL, (const double[]){1, 0, 0, 0});
    check_shares(single, 12, NULL, (const double[]){0, .133 / .333, .09 / .333, .11 / .333});
}

/* A share of 0 is a border nobody crosses, not one without cost. */
static void test_closed_borders(void **state)
{
    (void)state;
    static const char *const none_near[] = {"firms.share_prefecture=0", NULL};
    static const char *const none_far[] = {"firms.share_county=0.7", "firms.share_prefecture=0.2",
                                           "firms.share_province=0.1", NULL};
    static const char *const stay[] = {"firms.share_county=0.8", "firms.share_prefecture=0.2",
                                       "firms.share_province=0", NULL};
    static const char *const leap[] = {"firms.share_province=0", NULL};
    check_shares(toy_world, TOY_WORLD, none_near, (const double[]){.667, 0, .09, .243});
    check_shares(toy_world, TOY_WORLD, none_far, (const double[]){.7, .2, .1, 0});
    check_shares(toy_world, TOY_WORLD, stay, (const double[]){.8, .2, 0, 0});
    check_shares(toy_world, TOY_WORLD, leap, (const double[]){.667, .133, 0, .2});
}

/* Counties alone in their prefecture keep their firms, whatever the cost of the border: no cost
 * gives more. */
static void test_impossible_shares(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.share_county=0.01", "firms.share_prefecture=0.97",
                                      "firms.share_province=0.01", NULL};
    const toy_street_t lone[] = {{0, 0, 0, 1, 0, 1}, {0, 0, 0, 1, 1, 1}, {0, 1, 1, 1, 2, 1},
                                 {0, 1, 1, 1, 3, 1}, {1, 2, 2, 1, 4, 1}, {1, 2, 2, 1, 5, 1},
                                 {1, 3, 3, 1, 6, 1}, {1, 3, 4, 1, 7, 1}};
    toy_t toy;
    memset(&toy, 0, sizeof toy);
    toy.config = toy_config(set, &toy.ctx);
    toy.firms = jd_config_section(toy.config, "firms");
    toy_link(&toy, lone, 8);
    toy_endow(&toy, lone, 8);
    assert_int_equal(jd_borders_init(&toy.borders, toy.firms, &toy.tree, &toy.ctx),
                     JD_ERR_NO_CONVERGENCE);
    assert_non_null(strstr(toy.ctx.message, "share_prefecture = 0.97"));
    jd_borders_free(&toy.borders);
    jd_config_free(toy.config);
}

/* Gravity: nearer prefectures of the same class take more, by (1 + d/d0)^-gamma; none at gamma = 0.
 */
static void test_distance(void **state)
{
    (void)state;
    static const char *const sets[][3] = {{"firms.gamma=0", NULL},
                                          {"firms.gamma=2", "firms.d0=10", NULL}};
    for (int i = 0; i < 2; i++) {
        toy_t toy;
        toy_start(&toy, toy_world, TOY_WORLD, sets[i]);
        const double *g =
            toy.borders.gravity; /* from prefecture 0 to 2 and 4, both in other provinces */
        double d2 = hypot(120, 0), d4 = hypot(240, 0);
        double expected = i == 0 ? 1 : pow((1 + d4 / 10) / (1 + d2 / 10), 2);
        assert_near(g[2] / g[4], expected, 1e-12 * expected);
        assert_true(g[0] == 0);
        toy_stop(&toy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets_are_met), cmocka_unit_test(test_levels_that_are_not_there),
        cmocka_unit_test(test_closed_borders),  cmocka_unit_test(test_impossible_shares),
        cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
