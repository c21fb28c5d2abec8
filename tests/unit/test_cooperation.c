/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inter-county cooperation: off is off, each form by itself, every event against the rules, what
 * ties do to modifiers against a second account, limits, faults. Audited every quarter. */
#include "small_world.h"

static const char *const off[] = {"run.periods=24", NULL};
static const char *const every[] = {"run.periods=24",
                                    "cooperation.arranged=0.2",
                                    "cooperation.mandated=0.1",
                                    "cooperation.self=0.1",
                                    "cooperation.mandate=12",
                                    "cooperation.rank=0.2",
                                    "tournament.county=0.5",
                                    "firms.b_tie=1",
                                    NULL};

/* Rates of zero: the same to the byte, whatever else is set. */
static void test_off_is_off(void **state)
{
    static const char *const set[] = {"run.periods=24", "cooperation.rank=0.3",
                                      "cooperation.learn=0.5", "firms.b_tie=2", NULL};
    small_t a, b;
    (void)state;
    small_run(&a, off, 0);
    small_run(&b, set, 0);
    assert_int_equal(a.sim->mechanisms.bytes, b.sim->mechanisms.bytes);
    assert_int_equal(b.sim->dims.ties, 0);
    assert_same_tables(&a, &b, NULL);
    small_stop(&a);
    small_stop(&b);
}

typedef struct seen {
    const struct jd_simulation *sim;
    int of[6][2];          /* by kind: refused, made */
    int inside, early;     /* security within a prefecture; water agreed before the mandate */
    int rich_asks, broken; /* infrastructure proposed by the richer; rules broken */
} seen_t;

static int county_of(const struct jd_simulation *sim, int32_t row)
{
    return row - 1 - sim->dims.provinces - sim->dims.prefectures;
}

static int check_events(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    seen_t *seen = user;
    const jd_tree_t *t = &seen->sim->tree;
    (void)ctx;
    if (strcmp(rows->name, "mechanisms/cooperation") != 0) return JD_OK;
    for (int64_t i = 0; i < rows->rows; i++) {
        const int from = county_of(seen->sim, (int32_t)small_cell(rows, "from", i)),
                  to = county_of(seen->sim, (int32_t)small_cell(rows, "to", i)),
                  kind = (int)small_cell(rows, "kind", i), made = (int)small_cell(rows, "made", i),
                  by = (int)small_cell(rows, "matchmaker", i);
        const bool prefecture = t->parent[JD_COUNTY][from] == t->parent[JD_COUNTY][to],
                   province = t->parent[JD_PREFECTURE][t->parent[JD_COUNTY][from]] ==
                              t->parent[JD_PREFECTURE][t->parent[JD_COUNTY][to]];
        const double *development = t->development[JD_COUNTY], *fiscal = t->fiscal[JD_COUNTY];
        seen->of[kind][made]++;
        seen->broken += from == to;
        seen->broken += prefecture != (small_cell(rows, "same_prefecture", i) > 0);
        seen->broken += province != (small_cell(rows, "same_province", i) > 0);
        seen->broken += (kind == 1) != (by > 0);
        if (kind == 1)
            seen->broken += !(fiscal[to] > fiscal[from] + 0.5) || (by == 2 && !province) ||
                            (by == 3 && !prefecture);
        if (kind == 3) seen->rich_asks += development[from] > development[to];
        if (kind == 4 && made) seen->inside += prefecture;
        if (kind == 2 && made) seen->early += small_cell(rows, "period", i) < 12;
    }
    return JD_OK;
}

static seen_t run_seen(const char *const *set, uint64_t replicate)
{
    small_t s;
    small_create(&s, set, replicate);
    seen_t seen = {.sim = s.sim};
    small_go(&s, &(jd_sink_t){check_events, &seen});
    small_stop(&s);
    return seen;
}

static void test_events_keep_the_rules(void **state)
{
    (void)state;
    const seen_t seen = run_seen(every, 0);
    assert_int_equal(seen.broken, 0);
    assert_int_equal(seen.rich_asks, 0);
    for (int kind = 1; kind <= 5; kind++)
        assert_true(seen.of[kind][0] + seen.of[kind][1] > 0);
}

/* A form whose rate is zero has no event; the others do not need it. */
static void test_each_form_alone(void **state)
{
    static const char *const rate[] = {"cooperation.arranged=0.2", "cooperation.mandated=0.2",
                                       "cooperation.self=0.2"};
    (void)state;
    for (int form = 0; form < 3; form++) {
        const char *const set[] = {"run.periods=24", rate[form], NULL};
        const seen_t seen = run_seen(set, 1);
        for (int kind = 1; kind <= 5; kind++) {
            const int of = kind == 1   ? 0
                           : kind == 5 ? 2
                                       : 1,
                      n = seen.of[kind][0] + seen.of[kind][1];
            if (of == form) continue;
            assert_int_equal(n, 0);
        }
        assert_true(seen.of[1][1] + seen.of[2][1] + seen.of[3][1] + seen.of[4][1] + seen.of[5][1] >
                    0);
    }
}

/* Modifiers of the next quarter from the panel's ties: what a donor pays, what a rank costs. */
static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    int *given = user;
    const jd_active_set_t *set = &sim->mechanisms;
    (void)period;
    for (int w = 0; w < sim->n_worlds; w++) {
        const jd_world_t *world = &sim->world[w];
        const size_t *at = NULL;
        for (int k = 0; k < set->n; k++)
            if (strcmp(set->active[k].mechanism->section.name, "cooperation") == 0)
                at = set->active[k].state_at;
        const int32_t *n = (const int32_t *)(const void *)((const char *)world->own + at[0]);
        const int8_t *kind = (const int8_t *)world->own + at[2],
                     *role = (const int8_t *)world->own + at[3],
                     *behind = (const int8_t *)world->own + at[5];
        for (int32_t c = 0; c < sim->dims.counties; c++) {
            int gives = 0, gets = 0, firms = 0;
            for (int32_t k = c * JD_TIES_MOST; k < c * JD_TIES_MOST + n[c]; k++) {
                gives += kind[k] == 1 && role[k] == 1;
                gets += (kind[k] == 1 || kind[k] == 5) && role[k] == -1;
                firms += kind[k] == 1 || kind[k] == 5;
            }
            *given += gives;
            const int32_t s = sim->tree.child[JD_COUNTY][c];
            assert_near(world->modifiers.budget[c], fmax(0.5, 1 - 0.02 * gives), 1e-15);
            assert_near(world->modifiers.induce[s], 1 + 0.02 * (gets < 3 ? gets : 3), 1e-15);
            assert_near(world->modifiers.burden[s], behind[c] ? 0.2 : 0, 1e-15);
            if (gets == 0) assert_true(world->modifiers.boost_w[s] == 0);
            double weight = 0;
            for (int32_t k = 0; k < world->modifiers.ties.n[c]; k++)
                weight += world->modifiers.ties.weight[c * JD_TIES_MOST + k];
            assert_near(weight, firms, 1e-12);
        }
    }
    return small_audit(NULL, sim, period);
}

static void test_effects(void **state)
{
    small_t s;
    int given = 0;
    (void)state;
    small_create(&s, every, 2);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, look, &given, &s.ctx), JD_OK);
    assert_true(given > 0);
    assert_true(small_sum(small_table(&s, "panel/cooperation"), "behind") > 0);
    assert_near(small_sum(small_table(&s, "panel/cooperation"), "given"),
                small_sum(small_table(&s, "panel/cooperation"), "received"), 0);
    small_stop(&s);
}

/* Without effects on anything, ties change nothing but their own tables: friction to the byte. */
static void test_no_effects(void **state)
{
    static const char *const set[] = {"run.periods=24",
                                      "cooperation.arranged=0.2",
                                      "cooperation.self=0.1",
                                      "cooperation.learn=0",
                                      "cooperation.capital=0",
                                      "cooperation.cost=0",
                                      NULL};
    small_t a, b;
    (void)state;
    small_run(&a, off, 0);
    small_run(&b, set, 0);
    const jd_table_t *pa = small_table(&a, "panel/county"), *pb = small_table(&b, "panel/county");
    for (int c = 0; c < pa->n_columns; c++)
        assert_true(same_column(pa, c, pb, c));
    small_stop(&a);
    small_stop(&b);
}

/* One county in all, and one province of two: nobody to turn to, no fault. */
static void test_small_trees(void **state)
{
    static const char *const one[] = {
        "world.provinces=1",  "world.prefectures=1",    "world.counties=1",
        "world.streets=4",    "cooperation.arranged=5", "cooperation.mandated=5",
        "cooperation.self=5", "policy.share=0",         NULL};
    static const char *const two[] = {"world.provinces=1",       "world.prefectures=1",
                                      "world.counties=2",        "world.streets=4",
                                      "cooperation.arranged=10", "cooperation.mandated=10",
                                      "cooperation.self=10",     "policy.share=0",
                                      "firms.b_tie=5",           NULL};
    (void)state;
    seen_t seen = run_seen(one, 0);
    for (int kind = 1; kind <= 5; kind++)
        assert_int_equal(seen.of[kind][0] + seen.of[kind][1], 0);
    seen = run_seen(two, 0);
    assert_int_equal(seen.broken, 0);
}

/* Counties that are full take no other: the list never runs over. */
static void test_full(void **state)
{
    static const char *const set[] = {"run.periods=80",
                                      "world.counties=60",
                                      "cooperation.arranged=10",
                                      "cooperation.self=10",
                                      "firms.b_tie=0.5",
                                      "cooperation.mandated=10",
                                      NULL};
    (void)state;
    const seen_t seen = run_seen(set, 0);
    assert_int_equal(seen.broken, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_is_off),
        cmocka_unit_test(test_events_keep_the_rules),
        cmocka_unit_test(test_each_form_alone),
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_no_effects),
        cmocka_unit_test(test_small_trees),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
