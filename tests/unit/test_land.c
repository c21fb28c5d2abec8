/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The price of land (firms.b_land): what it does to a county's weight is its price to the power
 * -b_land / lambda exactly; a land quota taken away raises it there alone. */
#include <stdlib.h>

#include "small_world.h"

static const char *const off[] = {"run.periods=2", "run.burn_in=0", "rescaling.event=0",
                                  "policy.share=0", NULL};
static const char *const on[] = {"run.periods=2",  "run.burn_in=0",    "rescaling.event=0",
                                 "policy.share=0", "firms.b_land=0.7", NULL};

/* Weights of the first quarter, in which all else is equal. */
static int keep_weights(void *user, const struct jd_simulation *sim, int64_t period)
{
    double **to = user;
    const size_t n = (size_t)sim->dims.kinds * (size_t)sim->dims.streets;
    if (period != 1) return JD_OK;
    *to = malloc(n * sizeof **to);
    memcpy(*to, sim->world[0].choice.weight, n * sizeof **to);
    return JD_OK;
}

static void test_weights(void **state)
{
    (void)state;
    small_t a, b;
    double *free_land = NULL, *priced = NULL;
    small_create(&a, off, 0);
    small_create(&b, on, 0);
    int64_t first[24] = {0}, all = 0; /* firms by county at the start */
    for (int64_t i = 0; i < b.sim->dims.first_firms; i++, all++)
        first[b.sim->tree.parent[JD_STREET][b.sim->world[0].place[i]]]++;
    assert_int_equal(jd_simulation_run_hooked(a.sim, NULL, keep_weights, &free_land, &a.ctx), 0);
    assert_int_equal(jd_simulation_run_hooked(b.sim, NULL, keep_weights, &priced, &b.ctx), 0);
    const int32_t streets = b.sim->dims.streets;
    for (int k = 0; k < b.sim->dims.kinds; k++) {
        for (int32_t s = 0; s < streets; s++) {
            const int32_t c = b.sim->tree.parent[JD_STREET][s];
            const double p = (double)first[c] / (double)all / b.sim->tree.site_county[c];
            const double was = free_land[(int64_t)k * streets + s];
            assert_near(priced[(int64_t)k * streets + s], was * pow(0.2 + p, -0.7 / 0.6),
                        1e-11 * was);
        }
    }
    free(free_land);
    free(priced);
    small_stop(&a);
    small_stop(&b);
}

/* Firms that came in all quarters to the counties of the first province less those of the other,
 * with a land quota a fifth of what it was in the first. */
static double gap(const char *b_land, const char *quota, uint64_t replicate)
{
    small_t s;
    char unit[64];
    small_run(&s, off, 0);
    snprintf(unit, sizeof unit, "event.q.unit=%.*s", JD_CODE_WIDTH, s.sim->tree.code[JD_PROVINCE]);
    small_stop(&s);
    const char *const set[] = {"rescaling.event=0",
                               "event.q.kind=eco",
                               "event.q.size=0",
                               "event.q.shape=step",
                               "event.q.start=2020Q1",
                               "event.q.level=province",
                               unit,
                               quota,
                               b_land,
                               "world.weight_land=0",
                               "world.weight_fiscal=0.6",
                               "world.weight_authority=0.4",
                               "policy.share=0",
                               "firms.n=30000",
                               NULL};
    small_run(&s, set, replicate);
    const jd_table_t *t = small_table(&s, "panel/county");
    double came[2] = {0};
    for (int64_t i = 0; i < t->rows; i++) {
        const int32_t c = (int32_t)(i % t->n_unit);
        const int32_t province =
            s.sim->tree.parent[JD_PREFECTURE][s.sim->tree.parent[JD_COUNTY][c]];
        came[province != 0] += small_cell(t, "inflow", i) + small_cell(t, "inflow_other", i);
    }
    small_stop(&s);
    return came[0] - came[1];
}

/* Test: a quota taken away keeps firms out where land has a price. Null: without one it does not.
 */
static void test_a_quota_taken_away(void **state)
{
    (void)state;
    for (uint64_t r = 0; r < 4; r++) {
        const double full = gap("firms.b_land=0.3", "event.q.tk_land=1", r),
                     less = gap("firms.b_land=0.3", "event.q.tk_land=0.2", r);
        assert_true(less < full);
        assert_true(gap("firms.b_land=0", "event.q.tk_land=1", r) ==
                    gap("firms.b_land=0", "event.q.tk_land=0.2", r));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_a_quota_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
