/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What figures are drawn from, made from a result file's tables: checked by hand-made tables. */
#include <math.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "drawing/tables.h"
#include "near.h"
#include "run/record/estimands.h"
#include "run/record/recorded.h"
#include "study/recovery.h"
#include "support.h"

#define MISSING ((double)NAN)

static jd_ctx_t ctx;

/* A recorded table by name. */
static const jd_record_table_t *recorded(const char *name)
{
    for (int i = 0; jd_record_tables[i]; i++)
        if (strcmp(jd_record_tables[i]->name, name) == 0) return jd_record_tables[i];
    fail_msg("no recorded table %s", name);
    return NULL;
}

/* Like /estimates of several runs: `run` in front of the columns drawings need. */
enum {
    RUN,
    PANEL,
    ESTIMATOR,
    TERM,
    QUANTITY,
    EVENT,
    ESTIMATE,
    LOW,
    HIGH,
    ATT,
    BIAS,
    TRENDS,
    SPILLOVER,
    ADE,
    BIAS_ADE,
    SPILLOVER_ADE,
    COLUMNS
};
static const jd_column_t columns[COLUMNS] = {
    {"run", JD_INT32, "1", "", NULL, 0, JD_AXIS_CELL},
    {"panel", JD_TEXT, "", "", NULL, 16, JD_AXIS_CELL},
    {"estimator", JD_TEXT, "", "", NULL, 24, JD_AXIS_CELL},
    {"term", JD_TEXT, "", "", NULL, 16, JD_AXIS_CELL},
    {"quantity", JD_TEXT, "", "", NULL, 16, JD_AXIS_CELL},
    {"event_time", JD_INT32, "quarter", "", NULL, 0, JD_AXIS_CELL},
    {"estimate", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"ci_low", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"ci_high", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"att", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"bias", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"trends", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"spillover", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"ade", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"bias_ade", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
    {"spillover_ade", JD_DOUBLE, "firms", "", NULL, 0, JD_AXIS_CELL},
};

static void add(jd_table_t *t, int run, const char *panel, const char *estimator, int event,
                double estimate)
{
    char term[16] = "att";
    int64_t row = t->rows++;
    assert_true(row < t->capacity);
    if (event > JD_NO_EVENT) snprintf(term, sizeof term, "e=%d", event);
    jd_table_set_number(t, RUN, row, run);
    jd_table_set_text(t, PANEL, row, panel);
    jd_table_set_text(t, ESTIMATOR, row, estimator);
    jd_table_set_text(t, TERM, row, term);
    jd_table_set_text(t, QUANTITY, row, "outflow");
    jd_table_set_number(t, EVENT, row, event);
    for (int c = ESTIMATE; c < COLUMNS; c++)
        jd_table_set_number(t, c, row, estimate + 100 * (c - ESTIMATE));
}

/* Two runs in different orders; the second lacks an event time. */
static void make_estimates(jd_table_t *t, int runs)
{
    assert_int_equal(jd_table_init(t, "estimates", "", columns, COLUMNS, 32, &ctx), JD_OK);
    add(t, 1, "county", "2x2", JD_NO_EVENT, 5);
    add(t, 1, "county", "twfe", JD_NO_EVENT, 1);
    add(t, 1, "county", "event_study", JD_NO_EVENT, 7);
    add(t, 1, "county", "event_study", -2, -1);
    add(t, 1, "county", "event_study", 0, 2);
    add(t, 1, "county", "event_study", 1, 3);
    add(t, 1, "sector_county", "twfe", JD_NO_EVENT, 9);
    add(t, 1, "firm", "twfe", JD_NO_EVENT, 11);
    if (runs < 2) return;
    add(t, 2, "county", "twfe", JD_NO_EVENT, 4);
    add(t, 2, "county", "2x2", JD_NO_EVENT, MISSING);
    add(t, 2, "county", "event_study", -2, -3);
    add(t, 2, "county", "event_study", 0, 6);
}

typedef struct made {
    jd_table_t rows;
    jd_means_t means;
} made_t;

static void make(made_t *m, int runs)
{
    make_estimates(&m->rows, runs);
    assert_int_equal(jd_mean_estimates(&m->means, &m->rows, &ctx), JD_OK);
}

static void unmake(made_t *m)
{
    jd_means_free(&m->means);
    jd_table_free(&m->rows);
}

static void test_runs_become_means(void **state)
{
    (void)state;
    made_t m;
    make(&m, 2);
    assert_int_equal(m.means.mean.rows, 8);
    /* twfe: 1 and 4 */
    assert_int_equal(m.means.runs[1], 2);
    assert_near(jd_cell(&m.means.mean, "estimate", 1), 2.5, 1e-15);
    assert_near(jd_cell(&m.means.error, "estimate", 1), 1.5, 1e-15);
    assert_near(jd_cell(&m.means.mean, "att", 1), 302.5, 1e-12);
    /* 2x2: 5 and missing */
    assert_near(jd_cell(&m.means.mean, "estimate", 0), 5, 0);
    assert_true(isnan(jd_cell(&m.means.error, "estimate", 0)));
    /* of one run alone */
    assert_int_equal(m.means.runs[5], 1);
    assert_true(isnan(jd_cell(&m.means.error, "estimate", 5)));
    assert_true(jd_cell_is(&m.means.mean, "term", 5, "e=1"));
    unmake(&m);
}

static void test_panels_have_no_means(void **state)
{
    (void)state;
    jd_table_t panel;
    jd_means_t means;
    assert_int_equal(jd_table_init_panel(&panel, "p", "", columns, COLUMNS, 2, 2, &ctx), JD_OK);
    assert_int_equal(jd_mean_estimates(&means, &panel, &ctx), JD_ERR_DATA);
    jd_means_free(&means);
    jd_table_free(&panel);
    jd_ctx_clear(&ctx);
}

static void test_bias_rows(void **state)
{
    (void)state;
    made_t m;
    jd_table_t bias;
    make(&m, 1);
    assert_int_equal(jd_bias_rows(&bias, &m.means, &ctx), JD_OK);
    assert_int_equal(bias.rows, 4); /* no event times, no firms */
    assert_true(jd_cell_is(&bias, "estimator", 0, "2×2"));
    assert_true(jd_cell_is(&bias, "estimator", 2, "event study"));
    assert_true(jd_cell_is(&bias, "term", 2, ""));
    assert_true(jd_cell_is(&bias, "term", 3, "sector × county"));
    double e = 100; /* from column to column */
    assert_near(jd_cell(&bias, "bias", 1), 1 + e * (BIAS - ESTIMATE), 0);
    assert_near(jd_cell(&bias, "spillover", 1), 1 + e * (SPILLOVER - ESTIMATE), 0);
    assert_near(jd_cell(&bias, "spillover_ade", 1), 1 + e * (SPILLOVER_ADE - ESTIMATE), 0);
    /* the same against both truths */
    assert_near(jd_cell(&bias, "trends_ade", 1), jd_cell(&bias, "trends", 1), 0);
    /* not in the table */
    assert_true(isnan(jd_cell(&bias, "weights", 1)));
    assert_string_equal(bias.columns[JD_BIAS_BIAS].unit, "firms per quarter");
    jd_table_free(&bias);
    unmake(&m);
}

static char warned[2][512];
static int n_warned;
static void keep_warning(void *user, const char *message)
{
    (void)user;
    if (n_warned < 2) snprintf(warned[n_warned], sizeof *warned, "%s", message);
    n_warned++;
}

/* Log points and effects per dose have no place on an axis in firms, in whatever order they ran;
 * alone they have an axis of their own. */
static void test_a_figure_has_one_unit(void **state)
{
    (void)state;
    made_t m;
    jd_table_t bias, events, truth;
    jd_ctx_t told = ctx;
    told.warn = keep_warning;
    n_warned = 0;
    assert_int_equal(jd_table_init(&m.rows, "estimates", "", columns, COLUMNS, 32, &ctx), JD_OK);
    add(&m.rows, 1, "county", "poisson", JD_NO_EVENT, 5);
    add(&m.rows, 1, "county", "wald_did", JD_NO_EVENT, 6);
    add(&m.rows, 1, "county", "wald_did", 0, 6);
    add(&m.rows, 1, "county", "wald_did", 1, 6);
    assert_int_equal(jd_mean_estimates(&m.means, &m.rows, &ctx), JD_OK);
    assert_int_equal(jd_event_rows(&events, &m.means, &told), JD_OK);
    assert_int_equal(events.rows, 2);
    assert_string_equal(events.columns[JD_EVENT_ESTIMATE].unit, "firms per unit of dose");
    jd_means_t estimands = m.means; /* whatever they hold: the truth is in firms */
    assert_int_equal(jd_truth_rows(&truth, &estimands, &m.means, &ctx), JD_OK);
    assert_int_equal(truth.rows, 0);
    assert_int_equal(n_warned, 0);
    jd_table_free(&truth);
    jd_table_free(&events);
    assert_int_equal(jd_bias_rows(&bias, &m.means, &told), JD_OK);
    assert_int_equal(bias.rows, 1);
    assert_true(jd_cell_is(&bias, "estimator", 0, "Poisson"));
    assert_string_equal(bias.columns[JD_BIAS_BIAS].unit, "log points");
    assert_int_equal(n_warned, 1);
    jd_table_free(&bias);
    jd_means_free(&m.means);

    n_warned = 0;
    add(&m.rows, 1, "county", "etwfe_poisson", JD_NO_EVENT, 7); /* in levels */
    add(&m.rows, 1, "county", "etwfe_poisson", 0, 7);
    assert_int_equal(jd_mean_estimates(&m.means, &m.rows, &ctx), JD_OK);
    assert_int_equal(jd_bias_rows(&bias, &m.means, &told), JD_OK);
    assert_int_equal(jd_event_rows(&events, &m.means, &told), JD_OK);
    assert_int_equal(bias.rows, 1);
    assert_true(jd_cell_is(&bias, "estimator", 0, "Poisson ETWFE"));
    assert_string_equal(bias.columns[JD_BIAS_BIAS].unit, "firms per quarter");
    assert_int_equal(events.rows, 1);
    assert_true(jd_cell_is(&events, "estimator", 0, "Poisson ETWFE"));
    assert_int_equal(n_warned, 2);
    assert_non_null(strstr(warned[0], "bias_split: poisson, wald_did: measured in other units"));
    assert_non_null(strstr(warned[1], "event_time: wald_did: measured in other units"));
    jd_table_free(&events);
    jd_table_free(&bias);
    unmake(&m);
}

/* What does not fit into a figure is named. */
static void test_events_of_too_many_estimators(void **state)
{
    static const char *const names[] = {"event_study", "sun_abraham", "callaway_santanna",
                                        "imputation",  "two_stage",   "roll_out",
                                        "stacked",     "lp_did",      "etwfe"};
    (void)state;
    made_t m;
    jd_table_t events;
    jd_ctx_t told = ctx;
    told.warn = keep_warning;
    n_warned = 0;
    assert_int_equal(jd_table_init(&m.rows, "estimates", "", columns, COLUMNS, 32, &ctx), JD_OK);
    for (int k = 0; k < 9; k++)
        for (int e = 0; e < 2; e++)
            add(&m.rows, 1, "county", names[k], e, k);
    assert_int_equal(jd_mean_estimates(&m.means, &m.rows, &ctx), JD_OK);
    assert_int_equal(jd_event_rows(&events, &m.means, &told), JD_OK);
    assert_int_equal(events.rows, 2 * JD_FIGURE_ESTIMATORS);
    assert_int_equal(n_warned, 1);
    assert_non_null(strstr(warned[0], "a figure shows 8 estimators, so not etwfe;"));
    jd_table_free(&events);
    unmake(&m);
}

static void test_the_stock_is_no_flow(void **state)
{
    (void)state;
    assert_string_equal(jd_outcome_unit("inflow"), "firms per quarter");
    assert_string_equal(jd_outcome_unit("outflow"), "firms per quarter");
    assert_string_equal(jd_outcome_unit("stock"), "firms");
}

static void check_event(const jd_table_t *t, int64_t row, double time, double estimate, double low)
{
    assert_near(jd_cell(t, "event_time", row), time, 0);
    assert_near(jd_cell(t, "estimate", row), estimate, 1e-15);
    if (isnan(low))
        assert_true(isnan(jd_cell(t, "ci_low", row)));
    else
        assert_near(jd_cell(t, "ci_low", row), low, 1e-12);
}

static void test_event_rows_of_one_run(void **state)
{
    (void)state;
    made_t m;
    jd_table_t events;
    make(&m, 1);
    assert_int_equal(jd_event_rows(&events, &m.means, &ctx), JD_OK);
    assert_int_equal(events.rows, 4);
    check_event(&events, 0, -2, -1, -1 + 100);
    check_event(&events, 1, -1, 0, MISSING); /* the reference */
    check_event(&events, 2, 0, 2, 2 + 100);
    check_event(&events, 3, 1, 3, 3 + 100);
    assert_true(jd_cell_is(&events, "estimator", 1, "event study"));
    jd_table_free(&events);
    unmake(&m);
}

static void test_event_rows_of_runs(void **state)
{
    (void)state;
    made_t m;
    jd_table_t events;
    make(&m, 2);
    assert_int_equal(jd_event_rows(&events, &m.means, &ctx), JD_OK);
    check_event(&events, 0, -2, -2, -2 - 1.959963984540054);
    check_event(&events, 2, 0, 4, 4 - 2 * 1.959963984540054);
    assert_true(jd_cell_is(&events, "estimator", 0, "event study, mean of 2"));
    jd_table_free(&events);
    unmake(&m);
}

static void add_estimand(jd_table_t *t, const char *name, const char *outcome, int event,
                         double value)
{
    char term[16] = "";
    int64_t row = t->rows++;
    if (event > JD_NO_EVENT) snprintf(term, sizeof term, "e=%d", event);
    jd_table_set_text(t, E_NAME, row, name);
    jd_table_set_text(t, E_OUTCOME, row, outcome);
    jd_table_set_text(t, E_TERM, row, term);
    jd_table_set_number(t, E_EVENT_TIME, row, event);
    jd_table_set_number(t, E_VALUE, row, value);
}

static void test_truth_is_of_the_estimates_outcome(void **state)
{
    (void)state;
    made_t m;
    jd_table_t rows, truth;
    jd_means_t estimands;
    make(&m, 1);
    assert_int_equal(jd_table_init(&rows, "t", "", jd_estimand_columns, E_COLUMNS, 8, &ctx), JD_OK);
    add_estimand(&rows, "att", "outflow", JD_NO_EVENT, 1);
    add_estimand(&rows, "att", "outflow", 0, 3);
    add_estimand(&rows, "ade", "outflow", 0, 4);
    add_estimand(&rows, "att", "outflow", 1, 5);
    add_estimand(&rows, "att", "inflow", 0, 2);
    assert_int_equal(jd_mean_estimands(&estimands, &rows, &ctx), JD_OK);
    assert_int_equal(jd_truth_rows(&truth, &estimands, &m.means, &ctx), JD_OK);
    assert_int_equal(truth.rows, 2);
    assert_near(jd_cell(&truth, "att", 0), 3, 0);
    assert_near(jd_cell(&truth, "ade", 0), 4, 0);
    assert_near(jd_cell(&truth, "event_time", 1), 1, 0);
    assert_near(jd_cell(&truth, "att", 1), 5, 0);
    assert_true(isnan(jd_cell(&truth, "ade", 1)));
    jd_table_free(&truth);
    jd_means_free(&estimands);
    jd_table_free(&rows);
    unmake(&m);
}

static void test_shares_are_sorted(void **state)
{
    (void)state;
    made_t m, none = {0};
    jd_table_t shares;
    make(&m, 2);
    assert_int_equal(jd_begin_shares(&shares, 4, &ctx), JD_OK);
    jd_add_share(&shares, 0.5, &m.means);
    jd_add_share(&shares, 0.1, &m.means);
    jd_add_share(&shares, 0.25, &m.means);
    jd_add_share(&shares, 0.75, &none.means); /* has no estimate */
    jd_add_share(&shares, MISSING, &m.means);
    assert_int_equal(shares.rows, 3);
    static const double sorted[] = {0.1, 0.25, 0.5};
    for (int64_t i = 0; i < 3; i++) {
        assert_near(jd_cell(&shares, "share", i), sorted[i], 0);
        assert_near(jd_cell(&shares, "did", i), 2.5, 1e-15);
        assert_near(jd_cell(&shares, "did_se", i), 1.5, 1e-15);
        assert_near(jd_cell(&shares, "att", i), 302.5, 1e-12);
        assert_near(jd_cell(&shares, "spillover", i), 2.5 + 100 * (SPILLOVER - ESTIMATE), 1e-12);
    }
    jd_table_free(&shares);
    unmake(&m);
}

static void test_quarters_are_decimal_years(void **state)
{
    (void)state;
    jd_table_t with, series;
    assert_int_equal(jd_table_init(&with, "n", "", recorded("panel/national")->columns,
                                   recorded("panel/national")->n_columns, 400, &ctx),
                     JD_OK);
    for (int q = 0; q < 400; q++, with.rows++) {
        jd_table_set_number(&with, jd_table_find(&with, "date"), q, jd_quarter_days(4 * 1990 + q));
        jd_table_set_number(&with, jd_table_find(&with, "share_strong"), q, q);
    }
    assert_int_equal(jd_series_rows(&series, &with, &with, &ctx), JD_OK);
    assert_int_equal(series.rows, 800);
    for (int q = 0; q < 400; q++)
        assert_near(jd_cell(&series, "year", q), 1990 + q / 4.0, 0);
    assert_near(jd_cell(&series, "strong_share", 7), 7, 0);
    assert_near(jd_cell(&series, "world", 399), 1, 0);
    assert_near(jd_cell(&series, "world", 400), 0, 0);
    jd_table_free(&series);
    jd_table_free(&with);
}

/* ---- The map: a centre, a province, two prefectures with a county each, three streets ---- */

enum { PLACES = 9 };

static void make_places(jd_table_t *t, int degrees)
{
    static const int level[PLACES] = {0, 1, 2, 2, 3, 3, 4, 4, 4};
    static const int parent[PLACES] = {-1, 0, 1, 1, 2, 3, 4, 4, 5};
    assert_int_equal(jd_table_init(t, "j", "", recorded("jurisdictions")->columns,
                                   recorded("jurisdictions")->n_columns, PLACES, &ctx),
                     JD_OK);
    for (int i = 0; i < PLACES; i++, t->rows++) {
        jd_table_set_number(t, jd_table_find(t, "level"), i, level[i]);
        jd_table_set_number(t, jd_table_find(t, "parent"), i, parent[i]);
        jd_table_set_number(t, jd_table_find(t, "x"), i, 10 * i);
        jd_table_set_number(t, jd_table_find(t, "y"), i, -i);
        jd_table_set_number(t, jd_table_find(t, "longitude"), i,
                            degrees && level[i] == 4 ? 100 + i : MISSING);
        jd_table_set_number(t, jd_table_find(t, "latitude"), i,
                            degrees && level[i] == 4 ? 30 + i : MISSING);
    }
}

static void make_counties(jd_table_t *panel)
{
    assert_int_equal(jd_table_init_panel(panel, "p", "", recorded("panel/county")->columns,
                                         recorded("panel/county")->n_columns, 3, 2, &ctx),
                     JD_OK);
    for (int u = 0; u < 2; u++) {
        jd_table_set_number(panel, jd_table_find(panel, "unit"), u, 4 + u);
        jd_table_set_number(panel, jd_table_find(panel, "cohort"), u, u ? 2 : 0);
        for (int t = 0; t < 3; t++)
            jd_table_set_number(panel, jd_table_find(panel, "friction"), 2 * t + u, t + 0.1 * u);
    }
}

static void test_counties_lie_amid_their_streets(void **state)
{
    (void)state;
    for (int degrees = 0; degrees < 2; degrees++) {
        jd_table_t places, panel, counties;
        int told = -1;
        make_places(&places, degrees);
        make_counties(&panel);
        assert_int_equal(jd_county_rows(&counties, &told, &places, &panel, &panel, "friction", &ctx), JD_OK);
        assert_int_equal(told, degrees);
        assert_int_equal(counties.rows, 2);
        assert_near(jd_cell(&counties, "x", 0), degrees ? 106.5 : 65, 1e-12);
        assert_near(jd_cell(&counties, "y", 0), degrees ? 36.5 : -6.5, 1e-12);
        assert_near(jd_cell(&counties, "x", 1), degrees ? 108 : 80, 1e-12);
        assert_near(jd_cell(&counties, "friction", 1), 2.1, 1e-12); /* the last period's */
        assert_near(jd_cell(&counties, "treated", 0), 0, 0);
        assert_near(jd_cell(&counties, "treated", 1), 1, 0);
        jd_table_free(&counties);
        jd_table_free(&panel);
        jd_table_free(&places);
    }
    /* Streets at 179.9, -179.9 and 179.5: counties at 180 and 179.5, not 0 and 179.5. */
    static const double east[] = {179.9, -179.9, 179.5};
    jd_table_t places, panel, counties;
    int told;
    make_places(&places, 1);
    make_counties(&panel);
    for (int i = 0; i < 3; i++)
        jd_table_set_number(&places, jd_table_find(&places, "longitude"), 6 + i, east[i]);
    assert_int_equal(jd_county_rows(&counties, &told, &places, &panel, &panel, "friction", &ctx), JD_OK);
    assert_near(jd_cell(&counties, "x", 0), 180, 1e-9);
    assert_near(jd_cell(&counties, "x", 1), 179.5, 1e-9);
    jd_table_free(&counties);
    jd_table_free(&panel);
    jd_table_free(&places);
}

static void test_flows_between_prefectures(void **state)
{
    (void)state;
    /* within a prefecture, from and to nowhere, a place that is no street: none counts */
    static const int moves[][2] = {{6, 8},  {8, 7},   {7, 8}, {6, 7},
                                   {-1, 6}, {6, 900}, {6, 8}, {0, 6}};
    enum { MOVES = sizeof moves / sizeof moves[0] };
    jd_table_t places, relocations, flows;
    make_places(&places, 0);
    assert_int_equal(jd_table_init(&relocations, "r", "", recorded("relocations")->columns,
                                   recorded("relocations")->n_columns, MOVES, &ctx),
                     JD_OK);
    for (int i = 0; i < MOVES; i++, relocations.rows++) {
        jd_table_set_number(&relocations, jd_table_find(&relocations, "origin"), i, moves[i][0]);
        jd_table_set_number(&relocations, jd_table_find(&relocations, "destination"), i,
                            moves[i][1]);
    }
    assert_int_equal(jd_flow_rows(&flows, &places, &relocations, &ctx), JD_OK);
    assert_int_equal(flows.rows, 2);
    assert_near(jd_cell(&flows, "firms", 0), 3, 0);
    assert_near(jd_cell(&flows, "x_from", 0), 65, 1e-12);
    assert_near(jd_cell(&flows, "x_to", 0), 80, 1e-12);
    assert_near(jd_cell(&flows, "firms", 1), 1, 0);
    assert_near(jd_cell(&flows, "y_to", 1), -6.5, 1e-12);
    jd_table_free(&flows);
    jd_table_free(&relocations);
    jd_table_free(&places);
}

/* A damaged file may say that a division lies in itself or below. */
static void test_a_circle_of_divisions_ends(void **state)
{
    (void)state;
    jd_table_t places, panel, counties;
    int degrees;
    make_places(&places, 0);
    make_counties(&panel);
    jd_table_set_number(&places, jd_table_find(&places, "parent"), 4, 6);
    jd_table_set_number(&places, jd_table_find(&places, "parent"), 2, 2);
    jd_table_set_number(&panel, jd_table_find(&panel, "unit"), 1, 1e6);
    assert_int_equal(jd_county_rows(&counties, &degrees, &places, &panel, &panel, "friction", &ctx), JD_OK);
    assert_int_equal(counties.rows, 1);
    jd_table_free(&counties);
    jd_table_free(&panel);
    jd_table_free(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_become_means),
        cmocka_unit_test(test_panels_have_no_means),
        cmocka_unit_test(test_bias_rows),
        cmocka_unit_test(test_a_figure_has_one_unit),
        cmocka_unit_test(test_events_of_too_many_estimators),
        cmocka_unit_test(test_the_stock_is_no_flow),
        cmocka_unit_test(test_event_rows_of_one_run),
        cmocka_unit_test(test_event_rows_of_runs),
        cmocka_unit_test(test_truth_is_of_the_estimates_outcome),
        cmocka_unit_test(test_shares_are_sorted),
        cmocka_unit_test(test_quarters_are_decimal_years),
        cmocka_unit_test(test_counties_lie_amid_their_streets),
        cmocka_unit_test(test_flows_between_prefectures),
        cmocka_unit_test(test_a_circle_of_divisions_ends),
    };
    jd_ctx_init(&ctx);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
