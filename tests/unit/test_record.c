/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a run writes down: the rows of moves against the panels, the empirical file against the
 * rows, and every rule of the audit seen to fire. */
#include <stdlib.h>

#include "small_world.h"

enum { ROWS_MAX = 40000 };

/* Rows of moves as the sink got them. */
typedef struct kept {
    int64_t n;
    int32_t firm[ROWS_MAX], from[ROWS_MAX], to[ROWS_MAX]; /* counties */
    int8_t sector[ROWS_MAX], observed_sector[ROWS_MAX];
    int16_t period[ROWS_MAX], observed[ROWS_MAX];
    int streets; /* panels by street seen */
} kept_t;

static int32_t county_of(const jd_table_t *units, int32_t row)
{
    return (int32_t)small_cell(units, "parent", row);
}

typedef struct sink_user {
    kept_t *kept;
    const jd_table_t *units;
} sink_user_t;

static int keep(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    (void)ctx;
    sink_user_t *u = user;
    kept_t *k = u->kept;
    if (strcmp(rows->name, "relocations") != 0) {
        k->streets++;
        return JD_OK;
    }
    for (int64_t i = 0; i < rows->rows && k->n < ROWS_MAX; i++, k->n++) {
        k->firm[k->n] = JD_CELLS(rows, small_column(rows, "firm"), int32_t)[i];
        k->from[k->n] =
            county_of(u->units, JD_CELLS(rows, small_column(rows, "origin"), int32_t)[i]);
        k->to[k->n] =
            county_of(u->units, JD_CELLS(rows, small_column(rows, "destination"), int32_t)[i]);
        k->sector[k->n] = JD_CELLS(rows, small_column(rows, "sector"), int8_t)[i];
        k->period[k->n] = JD_CELLS(rows, small_column(rows, "period"), int16_t)[i];
        k->observed[k->n] = JD_CELLS(rows, small_column(rows, "observed_period"), int16_t)[i];
        k->observed_sector[k->n] = JD_CELLS(rows, small_column(rows, "observed_sector"), int8_t)[i];
        assert_int_equal(JD_CELLS(rows, small_column(rows, "observed"), int8_t)[i],
                         k->observed[k->n] > 0);
        assert_true(JD_CELLS(rows, small_column(rows, "distance"), float)[i] > 0);
    }
    return JD_OK;
}

static void run_into(small_t *s, kept_t *kept, const char *const *set)
{
    memset(kept, 0, sizeof *kept);
    small_create(s, set, 0);
    sink_user_t user = {kept, small_table(s, "jurisdictions")};
    jd_sink_t sink = {keep, &user};
    small_go(s, &sink);
    assert_in_range(kept->n, 1, ROWS_MAX - 1);
}

/* Counts rows by (period, county, sector) and holds them against the three columns of the sector
 * panel. */
static void compare_with_panel(const small_t *s, const kept_t *k)
{
    const jd_table_t *t = small_table(s, "panel/sector_county");
    for (int64_t at = 0; at < t->rows; at++) {
        int period = (int)(at / t->n_unit) + 1;
        int64_t unit = at % t->n_unit;
        int32_t county = JD_CELLS(t, small_column(t, "county"), int32_t)[unit];
        int8_t sector = JD_CELLS(t, small_column(t, "sector"), int8_t)[unit];
        int in = 0, out = 0, observed = 0;
        for (int64_t i = 0; i < k->n; i++) {
            if (k->from[i] == k->to[i]) continue;
            bool now = k->period[i] == period && k->sector[i] == sector;
            in += now && k->to[i] == county;
            out += now && k->from[i] == county;
            observed +=
                k->observed[i] == period && k->observed_sector[i] == sector && k->to[i] == county;
        }
        assert_int_equal(JD_CELLS(t, small_column(t, "inflow"), int32_t)[at], in);
        assert_int_equal(JD_CELLS(t, small_column(t, "outflow"), int32_t)[at], out);
        assert_int_equal(JD_CELLS(t, small_column(t, "inflow_observed"), int32_t)[at], observed);
    }
}

static void test_rows_are_the_panels(void **state)
{
    (void)state;
    static const char *const set[] = {"firms.sector_shares=0.3, 0.3, 0.4", NULL};
    small_t s;
    kept_t *k = malloc(sizeof *k);
    run_into(&s, k, set);
    assert_int_equal(k->n, jd_simulation_facts(s.sim).relocations);
    assert_int_equal(k->streets, 16); /* two worlds, eight quarters */
    for (int64_t i = 1; i < k->n; i++)
        assert_true(k->period[i] > k->period[i - 1] ||
                    (k->period[i] == k->period[i - 1] && k->firm[i] > k->firm[i - 1]));
    compare_with_panel(&s, k);
    small_stop(&s);
    free(k);
}

/* A firm leaves from where its last row left it. */
static void test_rows_are_journeys(void **state)
{
    (void)state;
    static const char *const set[] = {"output.relocations=all", "firms.review=0.5",
                                      "output.streets=no", NULL};
    small_t s;
    kept_t *k = malloc(sizeof *k);
    int32_t last[6000];
    run_into(&s, k, set);
    assert_int_equal(k->n, jd_simulation_facts(s.sim).moves);
    assert_int_equal(k->n, small_sum(small_table(&s, "panel/national"), "moves"));
    assert_int_equal(k->streets, 0);
    memset(last, -1, sizeof last);
    for (int64_t i = 0; i < k->n; i++) {
        if (last[k->firm[i]] >= 0) assert_int_equal(last[k->firm[i]], k->from[i]);
        last[k->firm[i]] = k->to[i];
    }
    compare_with_panel(&s, k);
    small_stop(&s);
    free(k);
}

static void test_what_is_kept(void **state)
{
    (void)state;
    static const char *const observed[] = {"output.relocations=observed", NULL};
    static const char *const none[] = {"output.relocations=none", NULL};
    small_t s;
    kept_t *k = malloc(sizeof *k);
    run_into(&s, k, observed);
    assert_int_equal(k->n, jd_simulation_facts(s.sim).observed);
    for (int64_t i = 0; i < k->n; i++)
        assert_true(k->observed[i] > 0);
    small_stop(&s);
    memset(k, 0, sizeof *k);
    small_create(&s, none, 0);
    sink_user_t user = {k, small_table(&s, "jurisdictions")};
    small_go(&s, &(jd_sink_t){keep, &user});
    assert_int_equal(k->n, 0);
    assert_true(jd_simulation_facts(s.sim).relocations > 0);
    small_stop(&s);
    free(k);
}

/* The empirical panel holds the moves of its firms, as they are and as they are filed. */
static void test_panel_of_firms(void **state)
{
    (void)state;
    static const char *const set[] = {"observation.panel_firms=1000000", "firms.review=0.3", NULL};
    small_t s;
    kept_t *k = malloc(sizeof *k);
    run_into(&s, k, set);
    const jd_table_t *t = small_table(&s, "panel/observed");
    assert_int_equal(t->n_unit, 6000);
    assert_int_equal(small_sum(t, "moved"), k->n);
    assert_int_equal(small_sum(t, "moved_observed"), jd_simulation_facts(s.sim).observed);
    for (int64_t i = 0; i < k->n; i++)
        assert_int_equal(JD_CELLS(t, small_column(t, "moved"),
                                  int8_t)[(k->period[i] - 1) * t->n_unit + k->firm[i]],
                         1);
    small_stop(&s);
    free(k);
}

/* A firm is treated by its sector and the county it starts in; the empirical file's by the sector
 * it has there. */
static void test_firms_are_treated_by_sector_and_place(void **state)
{
    (void)state;
    static const char *const set[] = {"policy.adoption=2020Q3, 2021Q2", "observation.misclass=0.3",
                                      "observation.panel_firms=6000", NULL};
    small_t s;
    int64_t seen[2][2] = {{0}}, differ = 0;
    small_create(&s, set, 0);
    const jd_table_t *t = small_table(&s, "panel/observed");
    for (int64_t i = 0; i < t->n_unit; i++) {
        int32_t county = s.sim->tree.parent[JD_STREET][s.sim->world[0].place[i]];
        int32_t cohort = s.sim->cohort[county];
        bool targeted = JD_CELLS(t, small_column(t, "sector"), int8_t)[i] == 0,
             filed = JD_CELLS(t, small_column(t, "sector_observed"), int8_t)[i] == 0;
        assert_int_equal(JD_CELLS(t, P_COHORT, int32_t)[i], targeted ? cohort : 0);
        assert_int_equal(JD_CELLS(t, small_column(t, "cohort_observed"), int32_t)[i],
                         filed ? cohort : 0);
        assert_int_equal(JD_CELLS(t, small_column(t, "cohort_origin"), int32_t)[i], cohort);
        seen[targeted][cohort > 0]++;
        differ += targeted != filed;
    }
    assert_true(seen[0][0] > 0 && seen[0][1] > 0 && seen[1][0] > 0 && seen[1][1] > 0);
    assert_true(differ > 0);
    small_stop(&s);
}

static int refuse(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    (void)user, (void)rows;
    return jd_fail(ctx, JD_ERR_WRITE, "disk full");
}

static void test_a_sink_can_stop_the_run(void **state)
{
    (void)state;
    small_t s;
    small_create(&s, NULL, 0);
    assert_int_equal(jd_simulation_run(s.sim, &(jd_sink_t){refuse, NULL}, &s.ctx), JD_ERR_WRITE);
    small_stop(&s);
}

/* Spoils one thing, expects the audit to name it, and puts it back. */
#define SPOIL(place, wrong, words)                                  \
    do {                                                            \
        unsigned char spoilt_was[sizeof(place)];                    \
        jd_ctx_t spoilt;                                            \
        jd_ctx_init(&spoilt);                                       \
        memcpy(spoilt_was, &(place), sizeof(place));                \
        (place) = (wrong);                                          \
        int spoilt_rc = jd_simulation_audit(sim, &spoilt);          \
        memcpy(&(place), spoilt_was, sizeof(place));                \
        assert_int_equal(spoilt_rc, JD_ERR_DATA);                   \
        assert_string_equal(spoilt.message, words);                 \
        assert_int_equal(jd_simulation_audit(sim, &spoilt), JD_OK); \
    } while (0)

/* Points of interest that urban keeps of a county. */
static int32_t *own_state(const struct jd_simulation *sim, const jd_world_t *w, int county)
{
    return (int32_t *)((char *)w->own + sim->mechanisms.active[0].state_at[0]) + county;
}

static int spoil(void *user, const struct jd_simulation *constant, int64_t period)
{
    (void)constant;
    struct jd_simulation *sim = user;
    if (period != 6) return JD_OK;
    jd_world_t *w = &sim->world[JD_WORLD_WITH];
    int busy = 0;
    while (w->inflow[busy] == 0)
        busy++;
    SPOIL(w->place[3], sim->dims.streets, "a firm is nowhere");
    SPOIL(w->place[3], w->place[3] == 0, "a street's stock is not the number of firms there");
    SPOIL(w->active, w->active + 1, "firms were lost or doubled");
    SPOIL(w->inflow[busy], -1, "a flow is negative, or more firms leave a county than move");
    SPOIL(w->moves[busy], w->outflow[busy] - 1,
          "a flow is negative, or more firms leave a county than move");
    SPOIL(w->inflow[busy], w->inflow[busy] + 1, "inflows and outflows of a sector do not balance");
    SPOIL(w->officials.strong[1], 1.01, "a capability is outside [0, 1]");
    SPOIL(w->officials.weak[1], (double)NAN, "a capability is outside [0, 1]");
    SPOIL(w->officials.effort_s[1], -0.01, "an effort is negative");
    SPOIL(w->officials.effort_w[1], 1.01, "effort exceeds the time left");
    SPOIL(w->officials.psi[1], -1, "a willingness is negative");
    SPOIL(w->friction[2], 1.01, "friction is outside [0, 1]");
    SPOIL(w->friction[2], w->friction[2] * 0.999,
          "friction is not what inducement and services say");
    SPOIL(w->part[JD_PART_SHOW][2], 0.01, "friction is not the sum of its parts");
    SPOIL(*own_state(sim, w, 5), -1,
          "urban: county 5 has -1 points of interest, 0 opened, 0 closed");
    SPOIL(w->choice.own[0], -1, "a county's choice totals are not in order");
    SPOIL(sim->facts.relocations, 0, "panels and events count different relocations");
    return JD_OK;
}

static void test_every_rule_of_the_audit_fires(void **state)
{
    (void)state;
    small_t s;
    small_create(&s, NULL, 0);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, spoil, s.sim, &s.ctx), JD_OK);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_the_panels),
        cmocka_unit_test(test_rows_are_journeys),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_firms_are_treated_by_sector_and_place),
        cmocka_unit_test(test_panel_of_firms),
        cmocka_unit_test(test_a_sink_can_stop_the_run),
        cmocka_unit_test(test_every_rule_of_the_audit_fires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
