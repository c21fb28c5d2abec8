/* SPDX-License-Identifier: GPL-3.0-or-later */
/** True effects and estimands, recomputed from the tables; folds, and the kinds of cells. */
#include <stdlib.h>

#include "small_world.h"

static const char *const staggered[] = {"policy.adoption=2020Q3, 2021Q2",
                                        "policy.anticipation=2",
                                        "policy.share=0.6",
                                        "run.direct_folds=4",
                                        "run.direct_none=yes",
                                        "firms.b_policy=1",
                                        NULL};

static const char *const flows[] = {"inflow", "outflow", "stock"};

static void test_tau_is_the_difference_of_worlds(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"panel/county", "truth/county"},
                                           {"panel/sector_county", "truth/sector_county"}};
    small_t s;
    small_run(&s, staggered, 0);
    for (int t = 0; t < 2; t++) {
        const jd_table_t *y1 = small_table(&s, names[t][0]), *y0 = small_table(&s, names[t][1]);
        for (int f = 0; f < 3; f++) {
            char tau[32];
            double moved = 0;
            snprintf(tau, sizeof tau, "tau_%s", flows[f]);
            for (int64_t i = 0; i < y1->rows; i++) {
                double difference = small_cell(y1, flows[f], i) - small_cell(y0, flows[f], i);
                assert_true(difference == small_cell(y0, tau, i));
                moved += fabs(difference);
            }
            assert_true(moved > 0);
        }
    }
    small_stop(&s);
}

static void test_kinds_of_cells(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, staggered, 0);
    const jd_table_t *t = small_table(&s, "panel/county"),
                     *k = small_table(&s, "panel/sector_county");
    int64_t seen[4] = {0};
    for (int64_t i = 0; i < t->rows; i++) {
        int64_t period = i / t->n_unit + 1, g = JD_CELLS(t, P_COHORT, int32_t)[i % t->n_unit];
        int kind = g == 0 ? 3 : period >= g ? 0 : period >= g - 2 ? 1 : 2;
        assert_int_equal(JD_CELLS(t, small_column(t, "cell"), int8_t)[i], kind);
        seen[kind]++;
        /* the dose says the same */
        assert_near(JD_CELLS(t, small_column(t, "dose"), double)[i],
                    kind == 0   ? 1
                    : kind == 1 ? 0.3
                                : 0,
                    1e-15);
        assert_int_equal(JD_CELLS(k, small_column(k, "cell"), int8_t)[2 * i], kind);
        assert_int_equal(JD_CELLS(k, small_column(k, "cell"), int8_t)[2 * i + 1], g == 0 ? 3 : 4);
    }
    for (int i = 0; i < 4; i++)
        assert_true(seen[i] > 0);
    small_stop(&s);
}

/* Sums by kind of cell, by hand. */
typedef struct sums {
    double tau, y1, y0, direct, none, dose;
    int64_t n;
} sums_t;

static sums_t sum_kind(const small_t *s, const char *flow, int kind)
{
    const jd_table_t *y1 = small_table(s, "panel/county"), *y0 = small_table(s, "truth/county");
    char tau[32];
    sums_t sum = {0};
    snprintf(tau, sizeof tau, "tau_%s", flow);
    for (int64_t i = 0; i < y1->rows; i++) {
        if (kind >= 0 && JD_CELLS(y1, small_column(y1, "cell"), int8_t)[i] != kind) continue;
        sum.n++;
        sum.tau += small_cell(y0, tau, i);
        sum.y1 += small_cell(y1, flow, i);
        sum.y0 += small_cell(y0, flow, i);
        sum.direct += small_cell(y0, "direct_inflow", i);
        sum.none += small_cell(y0, "direct_inflow_none", i);
        sum.dose += small_cell(y1, "dose_effective", i);
    }
    return sum;
}

static void test_estimands_are_what_they_are_called(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, staggered, 0);
    for (int f = 0; f < 3; f++) {
        sums_t post = sum_kind(&s, flows[f], 0), ann = sum_kind(&s, flows[f], 1),
               pre = sum_kind(&s, flows[f], 2);
        sums_t never = sum_kind(&s, flows[f], 3), all = sum_kind(&s, flows[f], -1);
        double n = (double)post.n, att = post.tau / n;
        assert_near(small_estimand(&s, "att", flows[f]), att, 1e-12);
        assert_near(small_estimand(&s, "mean_without", flows[f]), post.y0 / n, 1e-12);
        assert_near(small_estimand(&s, "anticipation", flows[f]), ann.tau / (double)ann.n, 1e-12);
        assert_near(small_estimand(&s, "spillover_pre", flows[f]), pre.tau / (double)pre.n, 1e-12);
        assert_near(small_estimand(&s, "spillover_never", flows[f]), never.tau / (double)never.n,
                    1e-12);
        assert_near(small_estimand(&s, "net_creation", flows[f]), all.tau / post.tau, 1e-12);
        assert_near(small_estimand(&s, "per_effective_dose", flows[f]), post.tau / post.dose,
                    1e-12);
        assert_near(small_estimand(&s, "ratio_att", flows[f]), post.y1 / post.y0 - 1, 1e-12);
        if (f > 0) continue; /* direct columns are of inflow */
        assert_near(small_estimand(&s, "ade", "inflow"), post.direct / n, 1e-12);
        assert_near(small_estimand(&s, "ade_none", "inflow"), post.none / n, 1e-12);
        assert_near(small_estimand(&s, "spillover_treated", "inflow"), att - post.direct / n,
                    1e-12);
        assert_near(small_estimand(&s, "ratio_ade", "inflow"),
                    post.direct / (post.y1 - post.direct), 1e-12);
    }
    /* Every stock is displaced somewhere: over all counties effects on stocks sum to 0. */
    assert_near(small_estimand(&s, "net_creation", "stock"), 0, 1e-12);
    small_stop(&s);
}

/* Before a county's own policy acts it has no effect, whatever the rest of its fold does: exactly
 * 0; afterwards it is the worlds' difference with the correction. */
static void test_no_direct_effect_before_the_policy(void **state)
{
    (void)state;
    static const char *const deaf[] = {"policy.adoption=2020Q3, 2021Q2",
                                       "policy.anticipation=2",
                                       "policy.anticipation_dose=0",
                                       "policy.share=0.6",
                                       "run.direct_folds=4",
                                       "run.direct_none=yes",
                                       "firms.b_policy=1",
                                       NULL};
    const char *const *const sets[] = {staggered, deaf};
    for (int k = 0; k < 2; k++) {
        small_t s;
        small_run(&s, sets[k], 0);
        const jd_table_t *t = small_table(&s, "truth/county");
        double later = 0;
        for (int64_t i = 0; i < t->rows; i++) {
            int64_t period = i / t->n_unit + 1;
            int32_t c = (int32_t)(i % t->n_unit), g = s.sim->cohort[c];
            double direct = small_cell(t, "direct_inflow", i),
                   none = small_cell(t, "direct_inflow_none", i);
            if (g == 0 || period < g - (k ? 0 : 2)) {
                assert_true(direct == 0 && none == 0);
                continue;
            }
            double n = s.sim->facts.treated_counties, f = (n / 4 - 1) / (n - 1);
            const int32_t *with = jd_history(s.sim, JD_WORLD_WITH, JD_FLOW_IN, period);
            const int32_t *without = jd_history(s.sim, JD_WORLD_WITHOUT, JD_FLOW_IN, period);
            const int32_t *fold =
                jd_history(s.sim, JD_WORLD_FOLDS + s.sim->fold[c], JD_FLOW_IN, period);
            assert_near(direct, (with[c] - fold[c] - f * (with[c] - without[c])) / (1 - f), 1e-12);
            later += fabs(direct) + fabs(none);
        }
        assert_true(later > 1);
        small_stop(&s);
    }
}

/* Terms: event times and (cohort, period) split the overall mean without rest. */
static void test_terms_add_up(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, staggered, 0);
    const jd_table_t *t = small_table(&s, "truth/estimands");
    double event = 0, cohort = 0, cell = 0, n = (double)sum_kind(&s, "inflow", 0).n;
    char name[40], outcome[40];
    for (int64_t i = 0; i < t->rows; i++) {
        jd_table_text(t, E_NAME, i, name, sizeof name);
        jd_table_text(t, E_OUTCOME, i, outcome, sizeof outcome);
        if (strcmp(name, "att") != 0 || strcmp(outcome, "inflow") != 0) continue;
        double part = small_cell(t, "value", i) * small_cell(t, "cells", i) / n;
        bool g = small_cell(t, "cohort", i) >= 0, p = small_cell(t, "period", i) >= 0;
        if (small_cell(t, "event_time", i) > -1000)
            event += part;
        else if (g && p)
            cell += part;
        else if (g)
            cohort += part;
    }
    double att = small_estimand(&s, "att", "inflow");
    assert_near(event, att, 1e-12);
    assert_near(cohort, att, 1e-12);
    assert_near(cell, att, 1e-12);
    small_stop(&s);
}

static void test_without_folds_direct_effects_are_missing(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, NULL, 0);
    const jd_table_t *t = small_table(&s, "truth/county");
    assert_true(isnan(small_cell(t, "direct_inflow", 0)) &&
                isnan(small_cell(t, "direct_inflow_none", 0)));
    assert_true(isnan(small_estimand(&s, "ade", "inflow")) != 0);
    assert_true(isnan(small_estimand(&s, "att", "inflow")) == 0);
    small_stop(&s);
}

/* In every fold's world, and in no other respect, the policy is off for just that fold. */
static int check_doses(void *user, const struct jd_simulation *sim, int64_t period)
{
    int *checked = user;
    int folds = (int)sim->params->direct_folds;
    for (int k = 0; k < 2 * folds && sim->n_worlds > 1 && period >= 6; k++) {
        const double *dose = sim->world[JD_WORLD_FOLDS + k].dose;
        for (int32_t c = 0; c < sim->dims.counties; c++) {
            bool mine = sim->fold[c] == k % folds, treated = sim->cohort[c] > 0;
            assert_true(sim->world[JD_WORLD_WITHOUT].dose[c] == 0);
            assert_true(dose[c] == (treated && mine == (k >= folds) ? 1 : 0));
        }
        ++*checked;
    }
    return JD_OK;
}

/* As many folds as treated units: single toggles, without correction. */
static void test_folds_of_one(void **state)
{
    (void)state;
    static const char *const set[] = {"world.counties=12",      "policy.share=0.5",
                                      "run.direct_folds=6",     "run.direct_none=yes",
                                      "policy.adoption=2020Q3", NULL};
    small_t s;
    int checked = 0;
    small_create(&s, set, 0);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, check_doses, &checked, &s.ctx), JD_OK);
    assert_int_equal(checked, 3 * 12);
    int seen[6] = {0};
    double moved = 0;
    for (int32_t c = 0; c < 12; c++) {
        int fold = s.sim->fold[c];
        assert_int_equal(fold >= 0, s.sim->cohort[c] > 0);
        if (fold >= 0) seen[fold]++;
        for (int64_t t = 1; t <= 8; t++) {
            double direct =
                small_cell(small_table(&s, "truth/county"), "direct_inflow", (t - 1) * 12 + c);
            double none =
                small_cell(small_table(&s, "truth/county"), "direct_inflow_none", (t - 1) * 12 + c);
            if (fold < 0) {
                assert_true(direct == 0 && none == 0);
                continue;
            }
            double y1 = jd_history(s.sim, JD_WORLD_WITH, JD_FLOW_IN, t)[c];
            double y0 = jd_history(s.sim, JD_WORLD_WITHOUT, JD_FLOW_IN, t)[c];
            assert_true(direct == y1 - jd_history(s.sim, JD_WORLD_FOLDS + fold, JD_FLOW_IN, t)[c]);
            assert_true(none ==
                        jd_history(s.sim, JD_WORLD_FOLDS + 6 + fold, JD_FLOW_IN, t)[c] - y0);
            moved += fabs(direct) + fabs(none);
        }
    }
    for (int k = 0; k < 6; k++)
        assert_int_equal(seen[k], 1);
    assert_true(moved > 0);
    small_stop(&s);
}

static void test_more_folds_than_treated(void **state)
{
    (void)state;
    static const char *const set[] = {"policy.share=0.1", "run.direct_folds=5", NULL};
    small_t s;
    assert_int_equal(small_try(&s, set, 0), JD_ERR_COMBINATION);
    assert_non_null(strstr(s.ctx.message, "run.direct_folds = 5"));
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tau_is_the_difference_of_worlds),
        cmocka_unit_test(test_kinds_of_cells),
        cmocka_unit_test(test_estimands_are_what_they_are_called),
        cmocka_unit_test(test_no_direct_effect_before_the_policy),
        cmocka_unit_test(test_terms_add_up),
        cmocka_unit_test(test_without_folds_direct_effects_are_missing),
        cmocka_unit_test(test_folds_of_one),
        cmocka_unit_test(test_more_folds_than_treated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
