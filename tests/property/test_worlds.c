/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Twin worlds: equal to the last bit where they must be, whatever the threads, ranges, folds and
 * the quarter in which they are split. */
#include <stdlib.h>

#include "small_world.h"

/* Everything on: several cohorts, anticipation, drift, feedback, entry, exit, events, tournament.
 */
#define RICH "policy.adoption=2020Q3, 2021Q1", "policy.anticipation=2", "policy.profile=ramp", RICH0
#define RICH0                                                                                    \
    "firms.b_drift=0.3", "firms.entry=0.01", "firms.exit=0.01", "firms.common_shock=0.5",        \
        "firms.common_shock_start=2020Q4", "world.fiscal_feedback=0.5", "tournament.street=0.3", \
        "run.burn_in_firms=3", "firms.emission_limit=1", "event.smog.kind=env",                  \
        "event.smog.start=2020Q2", "event.smog.spread=0.5"

/* Columns two panels share hold the same bytes. */
static void assert_same_worlds(const small_t *s)
{
    static const char *const pairs[][2] = {{"panel/county", "truth/county"},
                                           {"panel/sector_county", "truth/sector_county"},
                                           {"panel/national", "truth/national"},
                                           {"panel/urban", "truth/urban"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const jd_table_t *a = small_table(s, pairs[i][0]), *b = small_table(s, pairs[i][1]);
        for (int c = 0; c < a->n_columns; c++) {
            int other = jd_table_find(b, a->columns[c].name);
            if (other < 0) continue;
            if (!same_column(a, c, b, other))
                fail_msg("%s/%s differs", a->name, a->columns[c].name);
        }
    }
    const jd_table_t *truth = small_table(s, "truth/county"),
                     *firms = small_table(s, "panel/observed");
    for (int64_t i = 0; i < truth->rows; i++) {
        assert_true(small_cell(truth, "tau_inflow", i) == 0 &&
                    small_cell(truth, "tau_outflow", i) == 0);
        assert_true(small_cell(truth, "tau_stock", i) == 0);
    }
    assert_true(same_column(firms, small_column(firms, "moved"), firms,
                            small_column(firms, "moved_without")));
    assert_true(same_column(firms, small_column(firms, "moved_treated"), firms,
                            small_column(firms, "moved_treated_without")));
}

static void test_policy_without_dose(void **state)
{
    (void)state;
    static const char *const dose[] = {RICH, "policy.dose=0", NULL};
    static const char *const share[] = {RICH, "policy.share=0", NULL};
    const char *const *sets[] = {dose, share};
    for (int i = 0; i < 4; i++) { /* split when there is reason (never), or at once */
        small_t s;
        small_create(&s, sets[i / 2], 0);
        if (i % 2) s.sim->split = 1;
        small_go(&s, NULL);
        assert_same_worlds(&s);
        assert_true(jd_simulation_facts(s.sim).moves > 0);
        if (i % 2 == 0)
            assert_int_equal(s.sim->n_worlds, 1); /* twice the work for nothing otherwise */
        small_stop(&s);
    }
}

/* The test above could pass on tables that never differ: with a dose they do, first in the split's
 * quarter. */
static void test_policy_with_dose(void **state)
{
    (void)state;
    static const char *const set[] = {RICH, NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *with = small_table(&s, "panel/county"),
                     *without = small_table(&s, "truth/county");
    int32_t split = jd_simulation_facts(s.sim).split_period;
    assert_int_equal(split, 1); /* 2020Q3 less two quarters of anticipation */
    double differs = 0;
    for (int64_t i = 0; i < with->rows; i++)
        differs +=
            fabs(small_cell(with, "dose_effective", i) - small_cell(without, "dose_effective", i));
    assert_true(differs > 1);
    small_stop(&s);
}

static void test_splitting_early_changes_nothing(void **state)
{
    (void)state;
    static const char *const set[] = {RICH, "policy.adoption=2021Q2, 2021Q3", "run.direct_folds=3",
                                      "run.direct_none=yes", NULL};
    small_t late, early;
    small_run(&late, set, 0);
    assert_int_equal(late.sim->split, 4);
    for (int32_t split = 1; split <= 3; split += 2) {
        small_create(&early, set, 0);
        early.sim->split = split;
        small_go(&early, NULL);
        assert_same_tables(&late, &early, NULL);
        small_stop(&early);
    }
    small_stop(&late);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    static const char *const set[] = {RICH, "run.direct_folds=3", "firms.n=140000", "run.periods=6",
                                      NULL};
    small_t one, many;
    small_create(&one, set, 0);
    one.ctx.threads = 1;
    small_go(&one, NULL);
    for (int threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1) {
        small_create(&many, set, 0);
        many.ctx.threads = threads;
        small_go(&many, NULL);
        assert_same_tables(&one, &many, NULL);
        small_stop(&many);
    }
    small_stop(&one);
}

/* Only the columns that need folds may differ; none of the two worlds' own. */
static void test_folds_change_nothing_else(void **state)
{
    (void)state;
    static const char *const without[] = {RICH, NULL};
    static const char *const with[] = {RICH, "run.direct_folds=4", "run.direct_none=yes", NULL};
    static const char *const tables[] = {
        "panel/county",   "truth/county",   "panel/sector_county", "truth/sector_county",
        "panel/national", "truth/national", "panel/observed",      "panel/urban"};
    small_t a, b;
    small_run(&a, without, 0);
    small_run(&b, with, 0);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const jd_table_t *ta = small_table(&a, tables[i]), *tb = small_table(&b, tables[i]);
        for (int c = 0; c < ta->n_columns; c++) {
            if (strncmp(ta->columns[c].name, "direct_", 7) == 0) continue;
            if (!same_column(ta, c, tb, c))
                fail_msg("%s/%s differs", ta->name, ta->columns[c].name);
        }
    }
    small_stop(&a);
    small_stop(&b);
}

/* The world without the policy is one world: whatever the policy is, or whether there is one. */
static void test_the_untreated_world_is_one(void **state)
{
    (void)state;
    static const char *const sets[][24] = {
        {RICH0, "policy.share=0", NULL},
        {RICH0, "policy.share=0.5", NULL},
        {RICH0, "policy.share=1", "policy.dose=2", NULL},
        {RICH0, "policy.share=0.3", "policy.assignment=development", "firms.b_policy=3", NULL},
        {RICH0, "policy.assignment=neighbours", "policy.pressure=1", "policy.profile=fade", NULL},
        {RICH0, "policy.adoption=2020Q1", "policy.anticipation=3", "run.direct_folds=3", NULL},
        {RICH0, "policy.adoption=2021Q3, 2021Q4", "policy.dose=0.1", "firms.b_policy=3", NULL},
    };
    static const char *const tables[] = {"truth/county", "truth/sector_county", "truth/national",
                                         "truth/urban"};
    small_t none;
    small_run(&none, sets[0], 0);
    for (size_t k = 1; k < sizeof sets / sizeof *sets; k++) {
        small_t some;
        small_run(&some, sets[k], 0);
        double effect = 0;
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
            const jd_table_t *a = small_table(&none, tables[i]), *b = small_table(&some, tables[i]);
            for (int c = 0; c < a->n_columns; c++) {
                const char *name = a->columns[c].name;
                if (strncmp(name, "direct_", 7) == 0 || strcmp(name, "cohort") == 0 ||
                    strcmp(name, "cell") == 0)
                    continue;
                for (int64_t r = 0; strcmp(name, "tau_inflow") == 0 && r < b->rows; r++)
                    effect += fabs(jd_table_number(b, c, r));
                if (strncmp(name, "tau_", 4) != 0 && !same_column(a, c, b, c))
                    fail_msg("set %zu: %s/%s differs", k, tables[i], name);
            }
        }
        assert_true(effect > 0); /* the policy did something */
        const jd_table_t *fa = small_table(&none, "panel/observed"),
                         *fb = small_table(&some, "panel/observed");
        assert_true(same_column(fa, small_column(fa, "moved_without"), fb,
                                small_column(fb, "moved_without")));
        small_stop(&some);
    }
    small_stop(&none);
}

static void test_replicates_and_seeds_differ(void **state)
{
    (void)state;
    static const char *const seed2[] = {"run.seed=2", NULL};
    small_t a, b, c;
    small_run(&a, NULL, 0);
    small_run(&b, NULL, 1);
    small_run(&c, seed2, 0);
    const jd_table_t *ta = small_table(&a, "panel/county"), *tb = small_table(&b, "panel/county");
    assert_false(same_column(ta, small_column(ta, "inflow"), tb, small_column(tb, "inflow")));
    assert_false(same_column(ta, small_column(ta, "inflow"), small_table(&c, "panel/county"),
                             small_column(small_table(&c, "panel/county"), "inflow")));
    /* Replicates share the tree, not the firms. */
    const jd_table_t *ja = small_table(&a, "jurisdictions"), *jb = small_table(&b, "jurisdictions");
    assert_true(
        same_column(ja, small_column(ja, "development"), jb, small_column(jb, "development")));
    assert_false(same_column(ja, small_column(ja, "development"), small_table(&c, "jurisdictions"),
                             small_column(small_table(&c, "jurisdictions"), "development")));
    small_stop(&a);
    small_stop(&b);
    small_stop(&c);
}

/* The pass over firms [0, n) in one piece, or in any pieces: the same moves in the same order. */
static int stop_at_five(void *user, const struct jd_simulation *sim, int64_t period)
{
    (void)user, (void)sim;
    return period == 5;
}

typedef struct pass_case {
    small_t s;
    jd_pass_t pass;
    jd_moves_t all, other;
} pass_case_t;

static void make_pass(pass_case_t *c)
{
    static const char *const set[] = {RICH, "run.direct_folds=2", NULL};
    small_create(&c->s, set, 0);
    assert_int_equal(jd_simulation_run_hooked(c->s.sim, NULL, stop_at_five, NULL, &c->s.ctx), 1);
    struct jd_simulation *sim = c->s.sim;
    int64_t n = sim->dims.firms;
    c->pass = jd_moves_pass(sim, 6);
    assert_int_equal(jd_move_list_make(&c->all, n, sim->n_worlds, &c->s.ctx), JD_OK);
    assert_int_equal(jd_move_list_make(&c->other, n, sim->n_worlds, &c->s.ctx), JD_OK);
    jd_firms_pass(&c->pass, 0, sim->dims.firms, &c->all);
    assert_true(c->all.n > 100);
}

static void free_pass(pass_case_t *c)
{
    jd_move_list_free(&c->all), jd_move_list_free(&c->other);
    small_stop(&c->s);
}

static void test_ranges_change_nothing(void **state)
{
    (void)state;
    pass_case_t c;
    make_pass(&c);
    const int64_t firms = c.s.sim->dims.firms;
    for (int ranges = 2; ranges <= 5; ranges += 3) {
        int64_t done = 0;
        for (int r = 0; r < ranges; r++) {
            jd_firms_pass(&c.pass, firms * r / ranges, firms * (r + 1) / ranges, &c.other);
            assert_true(done + c.other.n <= c.all.n);
            assert_memory_equal(c.other.firm, c.all.firm + done,
                                (size_t)c.other.n * sizeof *c.other.firm);
            for (int w = 0; w < c.pass.n_worlds; w++)
                assert_memory_equal(c.other.to[w], c.all.to[w] + done,
                                    (size_t)c.other.n * sizeof *c.other.to[w]);
            done += c.other.n;
        }
        assert_int_equal(done, c.all.n);
    }
    free_pass(&c);
}

/* Who is looked at more closely does not matter: a threshold above need gives the same moves. */
static void test_a_threshold_above_need_changes_nothing(void **state)
{
    (void)state;
    pass_case_t c;
    make_pass(&c);
    c.pass.threshold = UINT32_MAX;
    jd_firms_pass(&c.pass, 0, c.s.sim->dims.firms, &c.other);
    assert_int_equal(c.other.n, c.all.n);
    assert_memory_equal(c.other.firm, c.all.firm, (size_t)c.all.n * sizeof *c.all.firm);
    for (int w = 0; w < c.pass.n_worlds; w++)
        assert_memory_equal(c.other.to[w], c.all.to[w], (size_t)c.all.n * sizeof *c.all.to[w]);
    free_pass(&c);
}

/* At a lower rate those who move are among those of the higher one, and go to the same streets. */
static void test_a_swept_rate_keeps_its_movers(void **state)
{
    (void)state;
    pass_case_t c;
    make_pass(&c);
    const struct jd_simulation *sim = c.s.sim;
    c.pass.threshold = c.pass.threshold / 10 * 3 + 10;
    for (int k = 0; k < JD_SECTORS_MAX; k++)
        c.pass.review[k] *= 0.3;
    jd_firms_pass(&c.pass, 0, sim->dims.firms, &c.other);
    assert_true(c.other.n > 20 && c.other.n < c.all.n);
    int64_t at = 0;
    for (int64_t i = 0; i < c.other.n; i++) {
        while (at < c.all.n && c.all.firm[at] < c.other.firm[i])
            at++;
        assert_true(at < c.all.n && c.all.firm[at] == c.other.firm[i]);
        for (int w = 0; w < sim->n_worlds; w++)
            if (c.other.to[w][i] >= 0) assert_int_equal(c.other.to[w][i], c.all.to[w][at]);
    }
    free_pass(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_without_dose),
        cmocka_unit_test(test_policy_with_dose),
        cmocka_unit_test(test_splitting_early_changes_nothing),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_folds_change_nothing_else),
        cmocka_unit_test(test_the_untreated_world_is_one),
        cmocka_unit_test(test_replicates_and_seeds_differ),
        cmocka_unit_test(test_ranges_change_nothing),
        cmocka_unit_test(test_a_threshold_above_need_changes_nothing),
        cmocka_unit_test(test_a_swept_rate_keeps_its_movers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
