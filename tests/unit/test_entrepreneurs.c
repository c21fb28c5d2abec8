/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mid-level entrepreneurs: off is off, limits, what attempts and projects do, and the order in
 * which mechanisms run. */
#include "small_world.h"

enum { BUREAUS = 4 };

#define BUSY "entrepreneurs.rate=0.5", "tournament.county=0.5", "run.periods=24"

/* Cells of the panel's bureau columns that hold `value`, over all rows. */
static int64_t count(const small_t *s, const char *column, int value)
{
    const jd_table_t *t = small_table(s, "panel/entrepreneurs");
    int64_t n = 0;
    for (int k = 1; k <= BUREAUS; k++) {
        char name[32];
        snprintf(name, sizeof name, "%s_%d", column, k);
        for (int64_t i = 0; i < t->rows; i++)
            n += (int)small_cell(t, name, i) == value;
    }
    return n;
}

static void test_off(void **state)
{
    (void)state;
    static const char *const none[] = {NULL}, *const zero[] = {"entrepreneurs.rate=0",
                                                               "entrepreneurs.gain=0.1",
                                                               "entrepreneurs.burden=0.5", NULL};
    small_t a, b;
    small_run(&a, none, 0);
    small_run(&b, zero, 0);
    assert_same_tables(&a, &b, NULL);
    assert_int_equal(b.sim->dims.seats, 0);
    assert_null(jd_simulation_table(b.sim, "panel/entrepreneurs"));
    small_stop(&a);
    small_stop(&b);
}

/* Who cannot solve a part gets nothing done; whom nobody lets go on neither, but for designs of one
 * part; who solves everything never fails, and keeps what runs. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const refused[] = {BUSY, "entrepreneurs.assent=0", NULL},
                             *const able[] = {BUSY, "entrepreneurs.expertise=1", NULL},
                             *const still[] = {BUSY, "entrepreneurs.wear=0", NULL},
                             *const worn[] = {BUSY, "entrepreneurs.wear=1", "leaders.rotation=0.3",
                                              NULL};
    small_t s;
    small_run(&s, refused, 0);
    const jd_table_t *t = small_table(&s, "panel/entrepreneurs");
    assert_true(small_sum(t, "live_2") == 0 && small_sum(t, "live_4") == 0);
    assert_true(small_sum(t, "live_1") > 0 && count(&s, "outcome", 1) > 100);
    small_stop(&s);
    small_run(&s, able, 0);
    assert_int_equal(count(&s, "outcome", 2), 0);
    assert_int_equal(count(&s, "outcome", 4), 0);
    assert_true(count(&s, "outcome", 3) > 50);
    small_stop(&s);
    small_run(&s, still, 0);
    assert_int_equal(count(&s, "outcome", 4), 0);
    assert_int_equal(count(&s, "flawed", 1), 0);
    assert_true(count(&s, "outcome", 2) > 20);
    small_stop(&s);
    small_run(&s, worn, 0);
    assert_true(count(&s, "outcome", 4) > 10);
    small_stop(&s);
}

/* Every quarter again, from the state before it: modifiers of the next one, and the tournament as
 * it was felt. */
typedef struct watch {
    int64_t quarters;
    double tour[32], felt;
} watch_t;

static const void *own(const struct jd_simulation *sim, int w, const char *name)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++) {
        const jd_mechanism_t *m = set->active[k].mechanism;
        for (int r = 0; strcmp(m->section.name, "entrepreneurs") == 0 && m->state[r].name; r++)
            if (strcmp(m->state[r].name, name) == 0)
                return (const char *)sim->world[w].own + set->active[k].state_at[r];
    }
    fail_msg("no state %s", name);
    return NULL;
}

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    watch_t *watch = user;
    const jd_world_t *world = &sim->world[0];
    const double *tour = own(sim, 0, "tour");
    for (int32_t c = 0; c < sim->dims.counties && period >= 1; c++) {
        int tries = 0, live = 0;
        double mean = 0;
        for (int b = 0; b < BUREAUS; b++) {
            char name[32];
            snprintf(name, sizeof name, "outcome_%d", b);
            const int8_t done = ((const int8_t *)own(sim, 0, name))[c];
            tries += done >= 1 && done <= 3;
            snprintf(name, sizeof name, "live_%d", b);
            live += ((const int8_t *)own(sim, 0, name))[c];
        }
        const int32_t from = sim->tree.child[JD_COUNTY][c], end = sim->tree.child[JD_COUNTY][c + 1];
        for (int32_t s = from; s < end; s++) {
            assert_near(world->modifiers.burden[s], 0.01 * tries, 1e-15);
            assert_near(world->modifiers.boost_w[s], 0.002 * live, 1e-15);
            mean += world->modifiers.tour[s] / (end - from);
        }
        if (watch->quarters > 0) assert_near(tour[c], watch->tour[c], 1e-12);
        watch->felt += tour[c];
        watch->tour[c] = mean; /* that of the next quarter */
    }
    if (period >= 1) watch->quarters++;
    return JD_OK;
}

static void test_quarters(void **state)
{
    (void)state;
    static const char *const set[] = {BUSY, NULL};
    small_t s;
    watch_t watch = {0};
    small_create(&s, set, 0);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, look, &watch, &s.ctx), JD_OK);
    assert_int_equal(watch.quarters, 24);
    assert_true(watch.felt > 1);
    small_stop(&s);
}

/* Without firms to see it the two worlds' bureaus act alike: their draws are the same. */
static void test_worlds_share_draws(void **state)
{
    (void)state;
    static const char *const set[] = {BUSY, "policy.pressure=0", "firms.b_policy=0",
                                      "entrepreneurs.visibility=0", NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *with = small_table(&s, "panel/entrepreneurs"),
                     *without = small_table(&s, "truth/entrepreneurs");
    const int c = small_column(with, "outcome_2");
    assert_true(same_column(with, c, without, c));
    small_stop(&s);
}

/* Mechanisms that are on together act as one by one would, whichever there are. */
static void test_subsets(void **state)
{
    (void)state;
    static const char *const all[] = {BUSY, "diffusion.training=0.2", "urban.on=yes", NULL},
                             *const alone[] = {"entrepreneurs.rate=0.5", "run.periods=24", NULL};
    small_t s;
    small_run(&s, all, 0);
    assert_true(count(&s, "outcome", 3) > 20);
    small_stop(&s);
    small_run(&s, alone, 0);
    assert_true(count(&s, "outcome", 3) > 20);
    assert_true(small_sum(small_table(&s, "panel/entrepreneurs"), "tour") == 0);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),      cmocka_unit_test(test_limits),
        cmocka_unit_test(test_quarters), cmocka_unit_test(test_worlds_share_draws),
        cmocka_unit_test(test_subsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
