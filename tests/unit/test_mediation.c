/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.mediation: the world with the policy in which its dose meets the friction of the world
 * without it. What is exact is asked for exactly; the sign of the indirect effect over replicates.
 */
#include "small_world.h"

static int check_world(void *user, const struct jd_simulation *sim, int64_t period)
{
    const int w = jd_world_mediation(sim);
    int *seen = user;
    assert_int_equal(jd_simulation_audit(sim, NULL), JD_OK);
    if (sim->n_worlds < 2) return JD_OK;
    const jd_world_t *world = &sim->world[w], *with = &sim->world[JD_WORLD_WITH],
                     *without = &sim->world[JD_WORLD_WITHOUT];
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        const double dose = with->dose[sim->tree.parent[JD_STREET][s]];
        assert_true(world->inducement[s] == with->inducement[s]);
        assert_true(world->services[s] == with->services[s]);
        assert_true(world->stringency[s] == with->stringency[s]);
        assert_true(world->dose_effective[s] == dose * (1 - without->friction[s]));
        *seen += period >= 1 && dose > 0 && without->friction[s] != with->friction[s];
    }
    return JD_OK;
}

/* Even where firms act back on the toolkit, so that this world's own streets would go another way.
 */
static void test_dose_meets_the_other_friction(void **state)
{
    (void)state;
    static const char *const set[] = {"run.mediation=yes", "policy.pressure=0.5",
                                      "world.fiscal_feedback=0.5", "run.direct_folds=2", NULL};
    small_t s;
    int seen = 0;
    small_create(&s, set, 0);
    assert_int_equal(s.sim->n_worlds_max, 5);
    assert_int_equal(jd_world_mediation(s.sim), 4);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, check_world, &seen, &s.ctx), JD_OK);
    assert_true(seen > 0);
    small_stop(&s);
}

static void check_parts(const char *const *set, double *nie, double *att)
{
    for (uint64_t r = 0; r < 12; r++) {
        small_t s;
        small_run(&s, set, r);
        const double indirect = small_estimand(&s, "nie", "inflow"),
                     direct = small_estimand(&s, "nde", "inflow"),
                     total = small_estimand(&s, "att", "inflow");
        assert_near(indirect + direct, total, 1e-12);
        nie[r] = indirect;
        att[r] = total;
        small_stop(&s);
    }
}

/* A policy that does not press on officials adds no friction; firms that do not heed the dose meet
 * none. */
static void test_nothing_to_mediate(void **state)
{
    (void)state;
    static const char *const calm[] = {"run.mediation=yes", "policy.pressure=0", "firms.b_policy=2",
                                       NULL};
    static const char *const deaf[] = {"run.mediation=yes", "policy.pressure=0.5",
                                       "firms.b_policy=0", NULL};
    const char *const *sets[] = {calm, deaf};
    for (int i = 0; i < 2; i++) {
        double nie[12], att[12], effects = 0;
        check_parts(sets[i], nie, att);
        for (int r = 0; r < 12; r++) {
            assert_true(nie[r] == 0);
            effects += fabs(att[r]);
        }
        assert_true(effects > 0);
    }
}

/* Pressure adds friction, and friction takes from the dose: below 0 by more than 4 standard errors
 * (false alarm 1e-3 at 11 degrees of freedom, had it no effect). */
static void test_friction_takes_from_the_effect(void **state)
{
    (void)state;
    static const char *const pressed[] = {"run.mediation=yes", "policy.pressure=1",
                                          "firms.b_policy=3",  "firms.n=60000",
                                          "run.periods=16",    NULL};
    double nie[12], att[12], sum = 0, squares = 0;
    check_parts(pressed, nie, att);
    for (int r = 0; r < 12; r++)
        sum += nie[r], squares += nie[r] * nie[r];
    const double mean = sum / 12, error = sqrt((squares - sum * mean) / 11 / 12);
    print_message("NIE %.4f (%.4f)\n", mean, error);
    assert_true(mean < -4 * error);
}

/* The other worlds do not feel that there is one more. */
static void test_others_are_as_without(void **state)
{
    (void)state;
    static const char *const with[] = {"run.mediation=yes", "run.direct_folds=2", NULL},
                             *const without[] = {"run.direct_folds=2", NULL};
    static const char *const tables[] = {"panel/county", "truth/county", "panel/observed"};
    small_t a, b;
    small_run(&a, with, 3);
    small_run(&b, without, 3);
    for (int i = 0; i < 3; i++) {
        const jd_table_t *ta = small_table(&a, tables[i]), *tb = small_table(&b, tables[i]);
        for (int c = 0; c < ta->n_columns; c++)
            assert_true(same_column(ta, c, tb, c));
    }
    assert_true(isnan(small_estimand(&b, "nie", "inflow")));
    small_stop(&a);
    small_stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dose_meets_the_other_friction),
        cmocka_unit_test(test_nothing_to_mediate),
        cmocka_unit_test(test_friction_takes_from_the_effect),
        cmocka_unit_test(test_others_are_as_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
