/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The observation model: shares of records shown, misdated and filed under another sector. All
 * bounds are 4.5 SD of the binomial: false alarm 7e-6 each. */
#include "small_world.h"

typedef struct tally {
    double rows, shown, lost_edge, misdated, early, other_sector;
    double first, last, firms_misfiled;
    int64_t periods;
} tally_t;

static int count(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    (void)ctx;
    tally_t *t = user;
    if (strcmp(rows->name, "relocations") != 0) return JD_OK;
    for (int64_t i = 0; i < rows->rows; i++) {
        int period = JD_CELLS(rows, small_column(rows, "period"), int16_t)[i],
            seen = JD_CELLS(rows, small_column(rows, "observed_period"), int16_t)[i];
        bool inside = period > 1 && period < t->periods; /* a wrong date stays in the window */
        t->first += period == 1, t->last += period == t->periods;
        if (!inside) continue;
        t->rows++;
        if (seen < 0) continue;
        assert_in_range(seen, period - 1, period + 1);
        t->shown++;
        t->misdated += seen != period;
        t->early += seen < period;
        t->other_sector += JD_CELLS(rows, small_column(rows, "observed_sector"), int8_t)[i] !=
                           JD_CELLS(rows, small_column(rows, "sector"), int8_t)[i];
    }
    return JD_OK;
}

static tally_t run(const char *const *set)
{
    small_t s;
    small_create(&s, set, 0);
    tally_t t = {.periods = s.sim->params->periods};
    small_go(&s, &(jd_sink_t){count, &t});
    jd_run_facts_t f = jd_simulation_facts(s.sim);
    double columns = small_sum(small_table(&s, "panel/sector_county"), "inflow_observed");
    assert_true(columns == (double)f.observed);
    const jd_table_t *firms = small_table(&s, "panel/observed");
    for (int64_t i = 0; i < firms->n_unit; i++)
        t.firms_misfiled += JD_CELLS(firms, small_column(firms, "sector"), int8_t)[i] !=
                            JD_CELLS(firms, small_column(firms, "sector_observed"), int8_t)[i];
    t.lost_edge = (double)f.observed;
    small_stop(&s);
    return t;
}

static void assert_share(double part, double whole, double share)
{
    assert_true(whole > 1000);
    assert_near(part / whole, share, 4.5 * sqrt(share * (1 - share) / whole));
}

static void test_shares(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=60000",
                                      "firms.review=0.3",
                                      "observation.coverage=0.7",
                                      "observation.date_error=0.2",
                                      "observation.misclass=0.1",
                                      "observation.panel_firms=20000",
                                      NULL};
    tally_t t = run(set);
    assert_share(t.shown, t.rows, 0.7);
    assert_share(t.misdated, t.shown, 0.2);
    assert_share(t.early, t.misdated, 0.5);
    assert_share(t.other_sector, t.shown, 0.1);
    assert_share(t.firms_misfiled, 20000, 0.1);
}

/* A misfiled firm is filed under any other sector alike, not the next one: 4 sectors, 12 pairs. */
static void test_any_other_sector(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.n=80000", "firms.sector_shares=.25,.25,.25,.25",
                                      "observation.misclass=0.6", "observation.panel_firms=80000",
                                      NULL};
    small_t s;
    double count[4][4] = {{0}};
    small_create(&s, set, 0);
    const jd_table_t *t = small_table(&s, "panel/observed");
    for (int64_t i = 0; i < t->n_unit; i++)
        count[JD_CELLS(t, small_column(t, "sector"), int8_t)[i]]
             [JD_CELLS(t, small_column(t, "sector_observed"), int8_t)[i]]++;
    for (int k = 0; k < 4; k++) {
        double all = count[k][0] + count[k][1] + count[k][2] + count[k][3];
        for (int l = 0; l < 4; l++)
            assert_share(count[k][l], all, k == l ? 0.4 : 0.2);
    }
    small_stop(&s);
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    static const char *const nothing[] = {"observation.coverage=0", NULL};
    static const char *const all[] = {"observation.coverage=1", "observation.date_error=0",
                                      "observation.misclass=0", NULL};
    static const char *const wrong[] = {"observation.coverage=1", "observation.date_error=1",
                                        "observation.misclass=1", NULL};
    tally_t t = run(nothing);
    assert_true(t.shown == 0 && t.rows > 100 && t.lost_edge == 0);
    t = run(all);
    assert_true(t.shown == t.rows && t.misdated == 0 && t.other_sector == 0);
    assert_true(t.lost_edge == t.rows + t.first + t.last);
    t = run(wrong);
    assert_true(t.shown == t.rows && t.misdated == t.rows && t.other_sector == t.rows);
    assert_true(t.lost_edge < t.rows + t.first + t.last); /* dated outside the window */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_any_other_sector),
        cmocka_unit_test(test_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
