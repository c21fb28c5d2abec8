/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A simulation on divisions as a user's file brings them: with counts of firms, without, with an
 * empty column. */
#include "small_world.h"

enum { COUNTIES = 3, STREETS = 4, ROWS = 2 + COUNTIES * (1 + STREETS) };

static void add_row(jd_table_t *t, const char *code, const char *above, const char *level,
                    double at, double firms)
{
    int64_t row = t->rows++;
    jd_table_set_text(t, JD_DIVISION_CODE, row, code);
    jd_table_set_text(t, JD_DIVISION_PARENT, row, above);
    jd_table_set_text(t, JD_DIVISION_LEVEL, row, level);
    jd_table_set_text(t, JD_DIVISION_NAME, row, code);
    jd_table_set_number(t, JD_DIVISION_LONGITUDE, row, 110 + at);
    jd_table_set_number(t, JD_DIVISION_LATITUDE, row, 30 + at / 2);
    for (int c = JD_DIVISION_DEVELOPMENT; c < JD_DIVISION_FIRMS; c++)
        jd_table_set_number(t, c, row, (double)NAN);
    jd_table_set_number(t, JD_DIVISION_FIRMS, row, firms);
}

/* One province, one prefecture, three counties of four streets; `firms` on each street (NaN: not
 * said). */
static void make_divisions(jd_table_t *t, double firms, jd_ctx_t *ctx)
{
    int n, required;
    const jd_column_t *columns = jd_divisions_columns(&n, &required);
    assert_int_equal(jd_table_init(t, "divisions", "divisions", columns, n, ROWS, ctx), JD_OK);
    add_row(t, "11", "0", "province", 0, (double)NAN);
    add_row(t, "1101", "11", "prefecture", 0, (double)NAN);
    for (int c = 0; c < COUNTIES; c++) {
        char county[16], street[16];
        snprintf(county, sizeof county, "1101%02d", c + 1);
        add_row(t, county, "1101", "county", 0.1 * c, (double)NAN);
        for (int s = 0; s < STREETS; s++) {
            snprintf(street, sizeof street, "1101%02d%03d", c + 1, s + 1);
            add_row(t, street, county, "street", 0.1 * c + 0.01 * s, firms);
        }
    }
}

/* Firms at the start and the numbers of those born in eight quarters. */
static void check_firms(double given, int64_t first, int64_t born)
{
    small_t s;
    jd_table_t divisions;
    static const char *const set[] = {"firms.n=2400", "firms.entry=0.05", "policy.share=0", NULL};
    small_create(&s, set, 0); /* for its config */
    make_divisions(&divisions, given, &s.ctx);
    jd_inputs_t inputs = {.divisions = &divisions};
    jd_simulation_free(s.sim);
    if (jd_simulation_create(&s.sim, s.config, &inputs, 0, &s.ctx)) fail_msg("%s", s.ctx.message);
    small_go(&s, NULL);
    assert_int_equal(s.sim->dims.first_firms, first);
    assert_int_equal(s.sim->dims.firms, first + born);
    assert_true(s.sim->world[0].active == (double)(first + born));
    small_stop(&s);
    jd_table_free(&divisions);
}

static void test_the_file_counts_firms(void **state)
{
    (void)state;
    check_firms(50, 600, 8 * 30);
}

/* A reader leaves a column that is not in the file without numbers: firms.n then says how many. */
static void test_the_file_does_not(void **state)
{
    (void)state;
    check_firms((double)NAN, 2400, 8 * 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_file_counts_firms),
        cmocka_unit_test(test_the_file_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
