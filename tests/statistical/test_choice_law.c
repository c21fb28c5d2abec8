/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Destinations drawn by shared rejection against their exact law, by chi-square. The tables have
 * moved far from the base they propose from, so that acceptances, rejections and the inverse CDF
 * all occur. Each law is drawn 2^17 times; |z| of the chi-square (Wilson-Hilferty) above 3 enlarges
 * the same sample 16-fold, and the test fails above 4.5: false alarm 4e-6 a law, 1e-3 for this
 * file. */
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

static void check_law(const toy_t *toy, int kind, int from)
{
    double law[TOY_MAX];
    int64_t count[TOY_MAX] = {0};
    jd_jump_t jump = jd_jump(jd_stream(7, (uint64_t)(kind * TOY_MAX + from), JD_DRAW_MOVE), 1, 1);
    toy_law(toy, kind, from, false, law);
    double z = 0;
    for (int64_t i = 0, n = 1 << 17; i < 1 << 21; i = n, n = 1 << 21) {
        for (int64_t d = i; d < n; d++) {
            jd_rng_t rng = jd_rng_at(&jump, (uint64_t)d);
            count[jd_choice_destination(&toy->base, &toy->world.choice, &toy->borders, &toy->dims,
                                        &toy->tree, kind, from, &rng)]++;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),          cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_far_from_the_base), cmocka_unit_test(test_one_prefecture),
        cmocka_unit_test(test_one_county),        cmocka_unit_test(test_counties_of_one_street),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
