/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A small world's tables as hashes, and a few numbers by which to see what moved. They hold for
 * any compiler, optimisation and number of threads. A change here is a change of results:
 * regenerate (run the test, copy what it prints) only in a commit that says which results moved and
 * why, under "Results:" and in the CHANGELOG. */
#include "small_world.h"

static const char *const set[] = {"policy.adoption=2020Q3, 2021Q1",
                                  "policy.anticipation=1",
                                  "run.direct_folds=3",
                                  "run.burn_in_firms=2",
                                  "firms.entry=0.01",
                                  "firms.exit=0.01",
                                  "firms.b_drift=0.2",
                                  "event.reform.kind=env",
                                  "event.reform.spread=0.3",
                                  "tournament.street=0.3",
                                  NULL};

/* FNV-1a, 64 bits, of a table's cells, column by column. */
static uint64_t hash_table(const jd_table_t *t)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (int c = 0; c < t->n_columns; c++) {
        const unsigned char *bytes = t->data[c];
        size_t n = (size_t)jd_table_cells(t, c) * jd_column_size(&t->columns[c]);
        for (size_t i = 0; i < n; i++)
            h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return h;
}

static const struct {
    const char *table;
    uint64_t hash;
} golden[] = {
    {"jurisdictions", UINT64_C(0xf7cbeb4b2d9deca0)},
    {"panel/county", UINT64_C(0x4589583000f6e676)},
    {"panel/sector_county", UINT64_C(0x444cc091a9bbb1df)},
    {"panel/observed", UINT64_C(0xef2518ecf27300cb)},
    {"panel/national", UINT64_C(0x146bb02a33894eb6)},
    {"panel/urban", UINT64_C(0xe89b0881d025f7d3)},
    {"truth/county", UINT64_C(0xc27a0a80c31c41f3)},
    {"truth/sector_county", UINT64_C(0x9b2fefbd0735ce8d)},
    {"truth/national", UINT64_C(0x85cc97c233d88fd4)},
    {"truth/urban", UINT64_C(0x122c9e81080454fd)},
    {"panel/tournament", UINT64_C(0xe1b588d86e4a46d9)},
    {"truth/tournament", UINT64_C(0x169496ed32eb984d)},
    {"truth/estimands", UINT64_C(0x9a5cc39482d0ae1e)},
    {"officials", UINT64_C(0x247630564ecd4457)},
};

static void test_tables(void **state)
{
    (void)state;
    small_t s;
    int wrong = 0;
    small_run(&s, set, 0);
    jd_run_facts_t f = jd_simulation_facts(s.sim);
    print_message("moves %lld relocations %lld observed %lld; inflow ATT %.6f ADE %.6f\n",
                  (long long)f.moves, (long long)f.relocations, (long long)f.observed,
                  small_estimand(&s, "att", "inflow"), small_estimand(&s, "ade", "inflow"));
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        uint64_t h = hash_table(small_table(&s, golden[i].table));
        if (h == golden[i].hash) continue;
        print_message("    {\"%s\", UINT64_C(0x%016llx)},\n", golden[i].table,
                      (unsigned long long)h);
        wrong++;
    }
    assert_int_equal(wrong, 0);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
