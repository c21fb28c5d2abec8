/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Memory reckoned before it is asked for: against what a simulation holds, and by hand. */
#include "small_world.h"

#include "run/reckon.h"

/* 2e9 firms, two worlds: 1 byte a type, 4 a place: 18 GB, and which key to lower. */
static void test_by_hand(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_dims_t d = {.streets = 100,
                   .counties = 10,
                   .prefectures = 5,
                   .provinces = 1,
                   .slots = 6,
                   .sectors = 2,
                   .emissions = 2,
                   .sizes = 3,
                   .kinds = 4,
                   .types = 12,
                   .first_firms = 2000000000,
                   .firms = 2000000000};
    jd_reckon_t sizes = {.worlds = 2, .history_worlds = 2, .tables = {.periods = 24}};
    jd_need_t need = jd_reckon(&d, &sizes);
    assert_near(need.firms, 18e9, 1);
    assert_int_equal(jd_reckon_check(&need, 19e9, &d, &sizes, &ctx), JD_OK);
    assert_int_equal(jd_reckon_check(&need, HUGE_VAL, &d, &sizes, &ctx), JD_OK);
    assert_int_equal(jd_reckon_check(&need, 4e9, &d, &sizes, &ctx), JD_ERR_NO_MEMORY);
    assert_string_equal(ctx.message,
                        "the simulation needs 18.00 GB of memory and 4.00 GB are free: 2000000000 "
                        "firms take 18.00 GB in 2 worlds; lower firms.n");
    d.firms = d.first_firms = 1000;
    d.prefectures = 10000; /* 1 + 4 tables of 10,000 by 10,000 doubles: 4 GB */
    need = jd_reckon(&d, &sizes);
    assert_near(need.prefectures, 4e9, 1);
    assert_int_equal(jd_reckon_check(&need, 2e9, &d, &sizes, &ctx), JD_ERR_NO_MEMORY);
    assert_non_null(strstr(ctx.message, "take 4.00 GB; lower world.prefectures"));
    /* Six cells of a byte, of each firm 22 bytes, of each period 8. */
    d.firms = d.first_firms = 2000000000;
    sizes.tables.panel_firms = 10000000, sizes.tables.periods = 1000;
    need = jd_reckon(&d, &sizes);
    assert_near(need.samples, 60e9 + 22e7 + 8e3, 1);
}

/* What is reckoned is what is there: blocks of worlds within a few per cent, panels to
 * the byte. */
static void test_against_a_simulation(void **state)
{
    (void)state;
    static const char *const set[] = {"run.direct_folds=3", "firms.n=50000", NULL};
    small_t s;
    small_run(&s, set, 0);
    const struct jd_simulation *sim = s.sim;
    jd_reckon_t sizes = {.worlds = 5,
                         .history_worlds = 5,
                         .events = 1,
                         .mechanisms = &sim->mechanisms,
                         .tables = {.periods = 8, .panel_firms = 500, .officials = 20}};
    jd_need_t need = jd_reckon(&sim->dims, &sizes);
    assert_near(need.firms, 50000 * (1 + 4 * 5), 1);
    double worlds = 0, tables = 0;
    for (int w = 0; w < sim->n_worlds; w++)
        worlds += (double)sim->world[w].bytes;
    assert_true(need.streets > worlds && need.streets < 1.3 * worlds + 400 * 200);
    for (int i = 0; i < jd_simulation_n_tables(sim); i++) {
        const jd_table_t *t = jd_simulation_table_at(sim, i);
        for (int c = 0; c < t->n_columns && t->n_time > 0; c++)
            tables += (double)jd_table_cells(t, c) * (double)jd_column_size(&t->columns[c]);
    }
    tables += 8.0 * 24 * 2 * 4 * (3 * 5 + 1);           /* histories */
    assert_near(need.panels + need.samples, tables, 1); /* every panel, to the byte */
    assert_true(jd_memory_free() > 0);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_against_a_simulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
