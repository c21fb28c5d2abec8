/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sectors that differ: whom they crowd, how often they review, what trend they have, where they are
 * filed. All alike, they are the sectors there were before. */
#include "small_world.h"
#include "study/recovery_samples.h"
#include "toy_choice.h"

#define THREE "firms.sector_shares=0.2, 0.3, 0.5"

/* exp(-distance), each row over its mean by shares; all 1 where the places are one. */
static void test_similarity(void **state)
{
    (void)state;
    static const char *const apart[] = {THREE, "firms.sector_place=0, 0.5, 2", NULL},
                             *const one[] = {THREE, "firms.sector_place=1, 1, 1", NULL};
    const double place[3] = {0, 0.5, 2}, share[3] = {0.2, 0.3, 0.5};
    double crowd[JD_SECTORS_MAX][JD_SECTORS_MAX];
    jd_ctx_t ctx;
    jd_config_t *config = toy_config(apart, &ctx);
    assert_true(jd_sectors_crowd(jd_config_section(config, "firms"), crowd));
    for (int k = 0; k < 3; k++) {
        double mean = 0, even = 0;
        for (int l = 0; l < 3; l++)
            mean += share[l] * exp(-fabs(place[k] - place[l]));
        for (int l = 0; l < 3; l++) {
            assert_near(crowd[k][l], exp(-fabs(place[k] - place[l])) / mean, 1e-14);
            even += share[l] * crowd[k][l];
        }
        assert_near(even, 1, 1e-14);
    }
    jd_config_free(config);
    config = toy_config(one, &ctx);
    assert_false(jd_sectors_crowd(jd_config_section(config, "firms"), crowd));
    jd_config_free(config);
}

/* What being apart does to V, by the equation, street by street. */
static void test_utility(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.sector_place=0, 0.7", NULL};
    toy_t toy;
    toy_start(&toy, toy_world, TOY_WORLD, set);
    const int streets = toy.dims.streets, emissions = toy.dims.emissions;
    double before[2][TOY_MAX];
    for (int k = 0; k < 2; k++)
        memcpy(before[k], toy.world.choice.appeal + k * emissions * streets,
               (size_t)streets * sizeof(double));
    toy.setting.apart = jd_sectors_crowd(toy.firms, toy.setting.crowd);
    toy.setting.tilt[1] = 0.25;
    toy_weigh(&toy, true);
    for (int k = 0; k < 2; k++) {
        for (int s = 0; s < streets; s++) {
            const double even = toy.world.active * toy.tree.site[s], b = toy.firms->b_crowding;
            const double n0 = toy.world.stock[s], n1 = toy.world.stock[streets + s];
            const double near = toy.setting.crowd[k][0] * n0 + toy.setting.crowd[k][1] * n1;
            const double rise = b * log((0.2 + (n0 + n1) / even) / (0.2 + near / even)) +
                                (k ? 0.25 * toy.development[s] : 0);
            assert_near(log(toy.world.choice.appeal[k * emissions * streets + s] / before[k][s]),
                        rise, 1e-12);
        }
    }
    toy_stop(&toy);
}

/* One place for all, whatever it is called, is no difference: the same bytes. */
static void test_alike(void **state)
{
    (void)state;
    static const char *const plain[] = {NULL},
                             *const same[] = {"firms.sector_place=2, 2", "firms.sector_drift=0, 0",
                                              "firms.sector_shock=0, 0", "firms.sector_review=1, 1",
                                              NULL},
                             *const apart[] = {"firms.sector_place=0, 2", NULL};
    small_t a, b, c;
    small_run(&a, plain, 0);
    small_run(&b, same, 0);
    small_run(&c, apart, 0);
    assert_same_tables(&a, &b, NULL);
    const jd_table_t *t = small_table(&a, "panel/county"), *u = small_table(&c, "panel/county");
    assert_false(same_column(t, small_column(t, "stock"), u, small_column(u, "stock")));
    small_stop(&a);
    small_stop(&b);
    small_stop(&c);
}

/* Moves within and across counties by sector, from `first` (0 = first) on. */
static void sum_moves(const char *const *set, int64_t first, double moves[2])
{
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *t = small_table(&s, "panel/sector_county");
    moves[0] = moves[1] = 0;
    for (int64_t i = first * t->n_unit; i < t->rows; i++)
        moves[i % 2] += small_cell(t, "inflow", i);
    small_stop(&s);
}

static void test_reviews(void **state)
{
    (void)state;
    static const char *const still[] = {"firms.sector_review=1, 0", NULL},
                             *const often[] = {"firms.sector_review=1, 3", NULL},
                             *const shock[] = {"firms.sector_shock=0, -1",
                                               "firms.common_shock_start=2021Q1", NULL};
    double a[2], b[2], c[2], before[2];
    sum_moves(still, 0, a);
    sum_moves(often, 0, b);
    assert_true(a[0] > 20 && a[1] == 0);
    assert_true(b[1] > 2 * b[0] * 0.6 / 0.4);
    sum_moves(shock, 0, before);
    sum_moves(shock, 4, c);
    assert_true(before[1] > 20 && c[1] == 0 && c[0] > 10);
}

/* Rise over the run of a sector's mean development. */
static double drift_of(const struct jd_simulation *sim, int k, double *before)
{
    double sum = 0, n = 0;
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        const double firms = sim->world[0].stock[k * sim->dims.streets + s];
        sum += firms * sim->tree.development[JD_STREET][s];
        n += firms;
    }
    const double rise = sum / n - *before;
    *before = sum / n;
    return rise;
}

static void test_drift(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.sector_drift=-1, 1", "firms.review=0.5",
                                      "firms.moving_cost=-2", "policy.share=0", NULL};
    small_t s;
    small_create(&s, set, 0);
    double at[2] = {0, 0};
    drift_of(s.sim, 0, &at[0]);
    drift_of(s.sim, 1, &at[1]);
    small_go(&s, NULL);
    assert_true(drift_of(s.sim, 1, &at[1]) > drift_of(s.sim, 0, &at[0]) + 0.05);
    small_stop(&s);
}

/* Firms of each sector by where they are filed. */
static void file(const char *confusion, double filed[3][3])
{
    const char *const set[] = {THREE, confusion, "observation.panel_firms=6000", NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *t = small_table(&s, "panel/observed");
    const int8_t *sector = JD_CELLS(t, small_column(t, "sector"), int8_t),
                 *seen = JD_CELLS(t, small_column(t, "sector_observed"), int8_t);
    memset(filed, 0, 3 * sizeof *filed);
    for (int64_t u = 0; u < t->n_unit; u++)
        filed[sector[u]][seen[u]]++;
    small_stop(&s);
}

static void test_confusion(void **state)
{
    (void)state;
    double n[3][3];
    file("observation.confusion=1,0,0, 0,1,0, 0,0,1", n);
    for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++)
            assert_true(k == l ? n[k][l] > 900 : n[k][l] == 0);
    file("observation.confusion=0.7,0.3,0, 0.2,0.8,0, 0,0,1", n);
    const double share[2][2] = {{0.7, 0.3}, {0.2, 0.8}};
    for (int k = 0; k < 2; k++) {
        const double all = n[k][0] + n[k][1];
        assert_true(n[k][2] == 0);
        assert_near(n[k][1], share[k][1] * all, 4 * sqrt(share[k][0] * share[k][1] * all));
    }
    assert_true(n[2][0] + n[2][1] == 0);
}

static void test_faults(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"firms.sector_place=0, 1, 2", "has 3 values, firms.sector_shares has 2"},
        {"firms.sector_review=1, 1, 1", "one for each sector, or one for all"},
        {"firms.sector_drift=0, 0, 0", "one for each sector, or one for all"},
        {"firms.sector_shock=0, 0, 0", "one for each sector, or one for all"},
        {"observation.confusion=0.9, 0.1", "2 rows of 2 shares"},
        {"observation.confusion=0.9, 0.1, 0.5, 0.4", "row 2, of sector 1, sums to 0.9"},
    };
    static const char *const falls[] = {"firms.common_shock=-0.5", "firms.sector_shock=0, -0.6",
                                        NULL};
    small_t s;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *const set[] = {wrong[i][0], NULL};
        assert_true(small_try(&s, set, 0) != JD_OK);
        if (!strstr(s.ctx.message, wrong[i][1])) fail_msg("%s", s.ctx.message);
        small_stop(&s);
    }
    assert_true(small_try(&s, falls, 0) != JD_OK);
    assert_non_null(strstr(s.ctx.message, "= -1.1 in sector 1"));
    small_stop(&s);
}

static const jd_table_t *table_of(void *user, const char *name)
{
    return small_table(user, name);
}

/* The triple difference's sample is that of the sectors it compares, in the order of all. */
static void test_control_sector(void **state)
{
    (void)state;
    static const char *const set[] = {THREE, NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_recorded_t r = {.table = table_of, .user = &s};
    jd_estimate_params_t all = {0}, one = {.control_sector = 2};
    jd_recovery_sample_t a = {0}, b = {0};
    assert_int_equal(jd_sector_sample(&a, &all, &r, &s.ctx), JD_OK);
    assert_int_equal(jd_sector_sample(&b, &one, &r, &s.ctx), JD_OK);
    assert_int_equal(3 * b.n, 2 * a.n);
    int64_t at = 0;
    for (int64_t i = 0; i < a.n; i++) {
        if (i % 3 == 1) continue;
        assert_int_equal(b.unit[at], a.unit[i]);
        assert_int_equal(b.cell[at], a.cell[i]);
        assert_int_equal(b.fixed[0][at], a.fixed[0][i]);
        assert_true(b.y1[at] == a.y1[i] && b.y0[at] == a.y0[i]);
        at++;
    }
    jd_recovery_sample_free(&a);
    jd_recovery_sample_free(&b);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_similarity), cmocka_unit_test(test_utility),
        cmocka_unit_test(test_alike),      cmocka_unit_test(test_reviews),
        cmocka_unit_test(test_drift),      cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_faults),     cmocka_unit_test(test_control_sector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
