/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Destinations drawn by rejection, and by following another world, against their exact law, by
 * chi-square. The tables have moved far from the base they propose from, so that acceptances,
 * rejections and the inverse CDF all occur. Each law is drawn 2^17 times; |z| of the chi-square
 * (Wilson-Hilferty) above 3 enlarges the same sample 16-fold, and the test fails above 4.5: false
 * alarm 7e-6 a law, 3e-3 for this file. */
#include "near.h"
#include "toy_choice.h"

static double z_of_chi2(double chi2, int df)
{
    double v = 2.0 / (9.0 * df);
    return (cbrt(chi2 / df) - (1 - v)) / sqrt(v);
}

/* z of the counts of draws against the law; rare cells are taken together. */
static double compare(const double *law, const int64_t *count, int n, double draws)
{
    double chi2 = 0, rare = 0, rare_seen = 0;
    int df = -1;
    for (int s = 0; s < n; s++) {
        double expected = law[s] * draws, seen = (double)count[s];
        if (law[s] <= 0) assert_int_equal(count[s], 0);
        if (expected < 10) {
            rare += expected, rare_seen += seen;
        } else {
            chi2 += (seen - expected) * (seen - expected) / expected, df++;
        }
    }
    if (rare >= 10) chi2 += (rare_seen - rare) * (rare_seen - rare) / rare, df++;
    return df > 0 ? z_of_chi2(chi2, df) : 0;
}

/* So many firms of a kind at a street, numbered from `first`. */
static void start_draws(jd_draws_t *draws, int kind, int from, const jd_jump_t *jump,
                        uint64_t first)
{
    draws->n = JD_DRAWS_MOST;
    draws->increment = jump->increment;
    for (int i = 0; i < JD_DRAWS_MOST; i++) {
        draws->kind[i] = kind;
        draws->origin[i] = from;
        draws->state[i] = jd_rng_at(jump, first + (uint64_t)i).state;
    }
}

static void check_law(const toy_t *toy, int kind, int from)
{
    double law[TOY_MAX];
    int64_t count[TOY_MAX] = {0};
    jd_jump_t jump = jd_jump(jd_stream(7, (uint64_t)(kind * TOY_MAX + from), JD_DRAW_MOVE), 1, 1);
    const jd_draw_tables_t tables = {&toy->base, &toy->borders, &toy->dims, &toy->tree};
    toy_law(toy, kind, from, false, law);
    double z = 0;
    for (int64_t i = 0, n = 1 << 17; i < 1 << 21; i = n, n = 1 << 21) {
        for (int64_t d = i; d < n; d += JD_DRAWS_MOST) {
            jd_draws_t draws;
            start_draws(&draws, kind, from, &jump, (uint64_t)d);
            jd_choice_destinations(&tables, &toy->world.choice, &draws);
            for (int j = 0; j < draws.n; j++)
                count[draws.to[j]]++;
        }
        z = compare(law, count, toy->dims.streets, (double)n);
        if (fabs(z) < 3) return;
    }
    if (fabs(z) > 4.5)
        fail_msg("kind %d from street %d: chi-square at %.1f SD from its mean", kind, from, z);
}

static void check_laws(const toy_street_t *streets, int n, const char *const *set)
{
    toy_t toy;
    toy_start(&toy, streets, n, set);
    for (int kind = 0; kind < toy.dims.kinds; kind += 2) {
        for (int from = 0; from<n; from += n> 4 ? 3 : 1)
            check_law(&toy, kind, from);
    }
    toy_stop(&toy);
}

static void test_defaults(void **state)
{
    (void)state;
    check_laws(toy_world, TOY_WORLD, NULL);
}

/* Classes refused here and there: the base proposes what the world then refuses. */
static void test_refusals(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.emission_limit=0.9", NULL};
    check_laws(toy_world, TOY_WORLD, set);
}

/* Utilities so steep that the bound is large and most draws end in the inverse CDF. */
static void test_far_from_the_base(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.b_policy=3",
                                      "firms.b_inducement=2",
                                      "firms.dissimilarity_county=0.3",
                                      "firms.dissimilarity_prefecture=0.5",
                                      "firms.emission_limit=0.9",
                                      NULL};
    check_laws(toy_world, TOY_WORLD, set);
}

/* Rivals: the border inside the prefecture is another than the base's. */
static void test_rivals(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.k_rival=5", "tournament.county=1",
                                      "firms.emission_limit=0.9", NULL};
    check_laws(toy_world, TOY_WORLD, set);
}

static void test_one_prefecture(void **state)
{
    (void)state;
    check_laws(toy_world, 6, NULL);
}

static void test_one_county(void **state)
{
    (void)state;
    check_laws(toy_world, 3, NULL);
}

static void test_counties_of_one_street(void **state)
{
    (void)state;
    toy_street_t streets[12];
    for (int s = 0; s < 12; s++)
        streets[s] = (toy_street_t){s / 6, s / 3, s, 1 + s % 3, s, 1};
    check_laws(streets, 12, NULL);
}

/* A world in state 1 that follows one in state `when`: each law, and how often both land together:
 * sum of min(p, p_first), which no coupling beats, within 4.5 SD (false alarm 7e-6 each).
 * `widen` > 1 makes the bound so large that nearly every draw of the excess is by walking. */
static void check_following(const toy_street_t *streets, int n, const char *const *set, int when,
                            double widen)
{
    toy_t first, toy;
    toy_start(&first, streets, n, set);
    toy_start(&toy, streets, n, set);
    toy_state(&first, when);
    toy_weigh(&first, true);
    jd_choice_bound(&toy.setting, &toy.world, &first.world.choice);
    const jd_draw_tables_t tables[2] = {{&first.base, &first.borders, &first.dims, &first.tree},
                                        {&toy.base, &toy.borders, &toy.dims, &toy.tree}};
    for (int i = 0; i < toy.dims.kinds * toy.dims.counties; i++)
        toy.world.choice.bound[i] *= widen;
    for (int kind = 0; kind < toy.dims.kinds; kind += 3) {
        for (int from = 0; from < n; from += n / 3) {
            enum { DRAWS = 1 << 17 };
            double law[2][TOY_MAX], together = 0, agree = 0;
            int64_t count[2][TOY_MAX] = {{0}};
            uint64_t id = (uint64_t)(kind * TOY_MAX + from);
            jd_jump_t jump = jd_jump(jd_stream(8, id, JD_DRAW_MOVE), 1, 1);
            jd_jump_t follow = jd_jump(jd_stream(8, id, JD_DRAW_FOLLOW), 256, 0);
            toy_law(&first, kind, from, false, law[0]);
            toy_law(&toy, kind, from, false, law[1]);
            for (int s = 0; s < n; s++)
                together += fmin(law[0][s], law[1][s]);
            for (uint64_t i = 0; i < DRAWS; i += JD_DRAWS_MOST) {
                jd_draws_t draws[2];
                start_draws(&draws[0], kind, from, &jump, i);
                start_draws(&draws[1], kind, from, &follow, i);
                jd_choice_destinations(&tables[0], &first.world.choice, &draws[0]);
                memcpy(draws[1].to, draws[0].to, sizeof draws[0].to);
                jd_choice_follow(&tables[1], &first.world.choice, &toy.world.choice, &draws[1]);
                for (int j = 0; j < JD_DRAWS_MOST; j++) {
                    count[0][draws[0].to[j]]++, count[1][draws[1].to[j]]++;
                    agree += draws[0].to[j] == draws[1].to[j];
                }
            }
            for (int w = 0; w < 2; w++) {
                double z = compare(law[w], count[w], n, DRAWS);
                if (fabs(z) > 4.5)
                    fail_msg("world %d, kind %d from street %d: chi-square at %.1f SD", w, kind,
                             from, z);
            }
            assert_near(agree, DRAWS * together,
                        4.5 * sqrt(DRAWS * fmax(0, together * (1 - together))) + 1);
        }
    }
    toy_stop(&first);
    toy_stop(&toy);
}

static void test_following(void **state)
{
    (void)state;
    static const char *const smog[] = {"firms.emission_limit=0.9", NULL};
    static const char *const steep[] = {"firms.b_policy=3",
                                        "firms.b_inducement=2",
                                        "firms.dissimilarity_county=0.3",
                                        "firms.dissimilarity_prefecture=0.5",
                                        "firms.emission_limit=0.9",
                                        NULL};
    static const char *const rivals[] = {"firms.k_rival=5", "tournament.county=1", NULL};
    check_following(toy_world, TOY_WORLD, NULL, 0, 1);
    check_following(toy_world, TOY_WORLD, NULL, 1, 1); /* equal worlds: never apart */
    check_following(toy_world, TOY_WORLD, smog, 2, 1);
    check_following(toy_world, TOY_WORLD, steep, 2, 1);
    check_following(toy_world, TOY_WORLD, smog, 2, 1e6);
    check_following(toy_world, TOY_WORLD, rivals, 2, 1);
    check_following(toy_world, TOY_WORLD, rivals, 2, 1e6);
    check_following(toy_world, 6, smog, 2, 1);
    check_following(toy_world, 3, NULL, 2, 1);
}

/* Firms of county 0, tied to 1, 4 and 8: the law with ties that test_ties holds against the
 * equations, drawn. */
static void test_ties(void **state)
{
    static const char *const set[] = {"firms.b_tie=1", "firms.emission_limit=0.9", NULL};
    enum { DRAWS = 1 << 17 };
    toy_t toy;
    (void)state;
    toy_start(&toy, toy_world, TOY_WORLD, set);
    jd_world_free(&toy.world);
    toy.dims.ties = JD_TIES_MOST;
    assert_int_equal(jd_world_init(&toy.world, &toy.dims, 0, false, &toy.ctx), JD_OK);
    toy_state(&toy, 1);
    for (int c = 1; c < 9; c += c == 1 ? 3 : 4)
        assert_int_equal(jd_ties_add(&toy.world.modifiers, &toy.dims, 0, c, 0.5 * c, &toy.ctx),
                         JD_OK);
    toy_weigh(&toy, true);
    const jd_draw_tables_t tables = {&toy.base, &toy.borders, &toy.dims, &toy.tree};
    for (int kind = 0; kind < toy.dims.kinds; kind += 2) {
        const jd_jump_t jump = jd_jump(jd_stream(9, (uint64_t)kind, JD_DRAW_MOVE), 1, 1),
                        tie = jd_jump(jd_stream(9, (uint64_t)kind, JD_DRAW_TIE), 1, 0);
        double law[TOY_MAX];
        int64_t count[TOY_MAX] = {0}, firm[JD_DRAWS_MOST];
        for (int s = 0; s < TOY_WORLD; s++)
            law[s] = jd_choice_probability(&toy.world.choice, &toy.borders, &toy.dims, &toy.tree,
                                           kind, 1, s);
        for (uint64_t i = 0; i < DRAWS; i += JD_DRAWS_MOST) {
            jd_draws_t draws;
            start_draws(&draws, kind, 1, &jump, i);
            for (int j = 0; j < JD_DRAWS_MOST; j++)
                firm[j] = (int64_t)i + j;
            jd_choice_destinations(&tables, &toy.world.choice, &draws);
            jd_tied_take(&tables, &toy.world.choice, &tie, firm, &draws);
            for (int j = 0; j < JD_DRAWS_MOST; j++)
                count[draws.to[j]]++;
        }
        const double z = compare(law, count, TOY_WORLD, DRAWS);
        if (fabs(z) > 4.5) fail_msg("kind %d: chi-square at %.1f SD from its mean", kind, z);
    }
    toy_stop(&toy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_far_from_the_base),
        cmocka_unit_test(test_rivals),
        cmocka_unit_test(test_one_prefecture),
        cmocka_unit_test(test_one_county),
        cmocka_unit_test(test_counties_of_one_street),
        cmocka_unit_test(test_following),
        cmocka_unit_test(test_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
