/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recovery on a small run: every panel's parts add up, targets are the estimands, and what firms do
 * between announcement and adoption is anticipation on every panel. */
#include "small_world.h"
#include "study/recovery.h"
#include "study/recovery_samples.h"
#include "sweep/dgp/dgp.h"

static const jd_table_t *find(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static void recover(small_t *s, jd_estimate_params_t params, jd_table_t *estimates)
{
    jd_recorded_t recorded = {.table = find, .user = s->sim};
    params.county = params.sector = params.firm = true;
    params.level = 0.95;
    params.bin_first = -1000;
    params.bin_last = 1000;
    strcpy(params.estimators, "all");
    if (jd_recover(&params, &recorded, estimates, NULL, &s->ctx)) fail_msg("%s", s->ctx.message);
}

static double number(const jd_table_t *t, int column, int64_t row)
{
    return jd_table_number(t, column, row);
}

static bool is(const jd_table_t *t, int column, int64_t row, const char *text)
{
    char cell[64];
    return strcmp(jd_table_text(t, column, row, cell, sizeof cell), text) == 0;
}

/* Row of the overall effect. */
static int64_t overall(const jd_table_t *t, const char *panel, const char *estimator)
{
    for (int64_t i = 0; i < t->rows; i++) {
        if (is(t, JD_EST_PANEL, i, panel) && is(t, JD_EST_ESTIMATOR, i, estimator) &&
            is(t, JD_EST_TERM, i, "att"))
            return i;
    }
    fail_msg("no %s on the %s panel", estimator, panel);
    return -1;
}

static const char *const announced[] = {"policy.anticipation=2",
                                        "policy.anticipation_dose=1",
                                        "firms.b_policy=3",
                                        "firms.n=60000",
                                        "observation.panel_firms=60000",
                                        "run.direct_folds=4",
                                        NULL};

static void test_parts_add_up(void **state)
{
    (void)state;
    small_t s;
    jd_table_t t;
    small_run(&s, announced, 0);
    recover(&s, (jd_estimate_params_t){.data = JD_DATA_OBSERVED}, &t);
    assert_true(t.rows > 5);
    for (int64_t i = 0; i < t.rows; i++) {
        double sum = 0, size = fabs(number(&t, JD_EST_ESTIMATE, i));
        for (int c = JD_EST_MEASUREMENT; c <= JD_EST_SPILLOVER; c++) {
            sum += number(&t, c, i);
            size += fabs(number(&t, c, i));
        }
        assert_near(sum, number(&t, JD_EST_BIAS, i), 1e-12 * size);
        assert_true(fabs(number(&t, JD_EST_RESIDUAL, i)) <= 1e-12 * size);
    }
    jd_table_free(&t);
    small_stop(&s);
}

static void test_targets_are_the_estimands(void **state)
{
    (void)state;
    static const char *const estimators[] = {"2x2", "twfe", "event_study", "sun_abraham",
                                             "imputation"};
    small_t s;
    jd_table_t t;
    small_run(&s, announced, 0);
    recover(&s, (jd_estimate_params_t){0}, &t);
    for (int e = 0; e < 5; e++) {
        int64_t row = overall(&t, "county", estimators[e]);
        assert_near(number(&t, JD_EST_ATT, row), small_estimand(&s, "att", "inflow"), 1e-12);
        assert_near(number(&t, JD_EST_ADE, row), small_estimand(&s, "ade", "inflow"), 1e-12);
    }
    double per_dose = small_estimand(&s, "per_effective_dose", "inflow");
    assert_near(number(&t, JD_EST_ATT, overall(&t, "county", "wald_did")), per_dose, 1e-12);
    jd_table_free(&t);
    small_stop(&s);
}

/* An outcome of another table: its target is the mean difference of the two worlds' panels, which
 * is its estimand too, and its parts add up. */
static void check_outcome(small_t *s, const char *name)
{
    const jd_outcome_t *o = jd_outcome_find(name);
    const jd_table_t *county = small_table(s, "panel/county");
    double effect = 0, n = 0;
    for (int64_t i = 0; i < county->rows; i++) {
        if (small_cell(county, "cell", i) != JD_KIND_POST) continue;
        effect += small_cell(small_table(s, o->panels[0]), name, i) -
                  small_cell(small_table(s, o->panels[1]), name, i);
        n++;
    }
    jd_table_t t;
    recover(s, (jd_estimate_params_t){.outcome = (int32_t)(o - jd_outcomes)}, &t);
    assert_near(small_estimand(s, "att", name), effect / n, 1e-12);
    for (int64_t i = 0; i < t.rows; i++)
        assert_true(is(&t, JD_EST_PANEL, i, "county") && is(&t, JD_EST_QUANTITY, i, name));
    const int64_t row = overall(&t, "county", "twfe");
    assert_near(number(&t, JD_EST_ATT, row), effect / n, 1e-12);
    double sum = 0, size = fabs(number(&t, JD_EST_ESTIMATE, row));
    for (int c = JD_EST_MEASUREMENT; c <= JD_EST_SPILLOVER; c++) {
        sum += number(&t, c, row);
        size += fabs(number(&t, c, row));
    }
    assert_near(sum, number(&t, JD_EST_BIAS, row), 1e-12 * size);
    jd_table_free(&t);
}

static void test_every_outcome(void **state)
{
    (void)state;
    small_t s;
    small_run(&s, announced, 0);
    for (const jd_outcome_t *o = jd_outcomes; o->name; o++)
        if (o - jd_outcomes >= JD_FLOW_KINDS) check_outcome(&s, o->name);
    small_stop(&s);
}

static void test_an_outcome_that_is_not_recorded(void **state)
{
    (void)state;
    static const char *const off[] = {"urban.on=no", NULL};
    small_t s;
    jd_table_t t;
    jd_recorded_t recorded = {.table = find};
    jd_estimate_params_t params = {.county = true,
                                   .outcome = (int32_t)(jd_outcome_find("poi") - jd_outcomes)};
    small_run(&s, off, 0);
    recorded.user = s.sim;
    assert_int_equal(jd_recover(&params, &recorded, &t, NULL, &s.ctx), JD_ERR_VALUE);
    assert_non_null(strstr(s.ctx.message, "panel/urban"));
    assert_non_null(strstr(s.ctx.message, "urban.on = yes"));
    jd_table_free(&t);
    small_stop(&s);
}

/* All effects before adoption follow the announcement: none of them is spillover on the not yet
 * treated. */
static void test_announced_is_anticipation(void **state)
{
    (void)state;
    static const char *const panels[] = {"county", "sector_county", "firm"};
    small_t s;
    jd_table_t t;
    small_run(&s, announced, 0);
    recover(&s, (jd_estimate_params_t){0}, &t);
    for (int p = 0; p < 3; p++) {
        int64_t row = overall(&t, panels[p], "twfe");
        assert_true(number(&t, JD_EST_ANTICIPATION, row) < 0);
        assert_true(number(&t, JD_EST_SPILLOVER_PRE, row) == 0);
    }
    jd_table_free(&t);
    small_stop(&s);
}

static void count_notes(void *user, const char *message)
{
    *(int *)user += strstr(message, "above 200000 units it takes long") != NULL;
}

/* Who would take long is left out of "all", and runs by name. */
static void test_large_samples(void **state)
{
    (void)state;
    enum { N = 12 };
    jd_recovery_sample_t s = {.panel = "county", .quantity = "inflow", .n_units = 200001};
    jd_ctx_t ctx;
    jd_table_t t = {0};
    int notes = 0;
    jd_ctx_init(&ctx);
    ctx.warn = count_notes;
    ctx.user = &notes;
    jd_estimate_params_t params = {.level = 0.95, .bin_first = -1000, .bin_last = 1000};
    assert_int_equal(jd_recovery_sample_init(&s, N, 0, false, &ctx), JD_OK);
    assert_int_equal(jd_estimates_init(&t, &ctx), JD_OK);
    for (int i = 0; i < N; i++) {
        s.unit[i] = s.cluster[i] = i / 2;
        s.time[i] = i % 2;
        s.cohort[i] = i < N / 2;
        s.observed[i] = s.y1[i] = s.y0[i] = i * i % 7;
    }
    strcpy(params.estimators, "all");
    assert_int_equal(jd_recover_sample(&params, &s, &t, NULL, &ctx), JD_OK);
    assert_int_equal(notes, 3);
    strcpy(params.estimators, "block_did");
    t.rows = 0;
    assert_int_equal(jd_recover_sample(&params, &s, &t, NULL, &ctx), JD_OK);
    assert_int_equal(notes, 3);
    assert_true(t.rows > 0);
    jd_table_free(&t);
    jd_recovery_sample_free(&s);
}

static void test_a_process_counts_its_units(void **state)
{
    (void)state;
    const jd_dgp_params_t params = {.kind = JD_DGP_AR1_PLACEBO,
                                    .units = 7,
                                    .periods = 4,
                                    .share = 0.5,
                                    .adoption_first = 2,
                                    .adoption_last = 2,
                                    .sd = 1};
    jd_recovery_sample_t s = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_dgp_sample(&s, &params, 1, 1, &ctx), JD_OK);
    assert_int_equal(s.n_units, 7);
    jd_recovery_sample_free(&s);
}

static const jd_dgp_params_t composed = {.kind = JD_DGP_COMPOSED,
                                         .units = 40,
                                         .periods = 4,
                                         .first_period = 1,
                                         .rho = 0.5,
                                         .sd = 1,
                                         .unit_sd = 2,
                                         .cohorts = {.n = 3, .value = {0, 3, 4}},
                                         .composed = {.shares = {.n = 3, .value = {2, 1, 1}},
                                                      .effects = {.n = 3, .value = {0, 1, -2}},
                                                      .clusters = 8,
                                                      .by_cluster = true,
                                                      .spread = 2,
                                                      .cluster_sd = 1.5,
                                                      .shock_sd = 1,
                                                      .shock_rho = -0.5,
                                                      .period_sd = 1.2,
                                                      .t_df = 6,
                                                      .treated_sd = 1}};

/* Shares of clusters are exact, sizes unequal and none 0, effects those of the cohort; the variance
 * of an outcome is the sum of its parts', within five errors of about 1 percent: a false alarm one
 * time in a million. */
static void test_a_composed_process(void **state)
{
    (void)state;
    enum { REPLICATES = 20000 };
    double square = 0;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    for (uint64_t r = 0; r < REPLICATES; r++) {
        jd_recovery_sample_t s = {0};
        int32_t size[8] = {0}, of[8] = {0}, count[5] = {0};
        assert_int_equal(jd_dgp_sample(&s, &composed, 1, r, &ctx), JD_OK);
        for (int i = 0; i < 40 && r < 20; i++) {
            size[s.cluster[i] - 1]++;
            of[s.cluster[i] - 1] = s.cohort[i];
            double tau = s.cohort[i] == 3 ? 1 : s.cohort[i] == 4 ? -2 : 0;
            assert_true(fabs(s.y1[120 + i] - s.y0[120 + i] - tau) < 1e-12);
        }
        for (int g = 0; g < 8 && r < 20; g++) {
            assert_true(size[g] > 0);
            count[of[g]]++;
        }
        if (r < 20) {
            assert_true(size[7] > 3 * size[0]);
            assert_int_equal(count[0], 4);
            assert_int_equal(count[3], 2);
            assert_int_equal(count[4], 2);
        }
        square += s.y0[2 * 40 + 7] * s.y0[2 * 40 + 7];
        jd_recovery_sample_free(&s);
    }
    double variance = 4 + 2.25 + 1 / 0.75 + 1.44 + 1 / 0.75;
    assert_true(fabs(square / REPLICATES / variance - 1) < 0.05);
}

/* Factors and unequal errors: a loading's square has the mean sd^2, and gap^2 more for adopters,
 * who are half of all; the mean variance of errors stays. They move no other part's draws. */
static void test_factors_and_unequal_errors(void **state)
{
    (void)state;
    enum { REPLICATES = 20000 };
    jd_dgp_params_t p = composed, none = composed;
    double square[2] = {0}, n[2] = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    p.composed.factors = 2;
    p.composed.factor_sd = 1.5;
    p.composed.factor_gap = 2;
    p.composed.sd_spread = 0.3;
    for (uint64_t r = 0; r < REPLICATES; r++) {
        jd_recovery_sample_t s = {0}, t = {0};
        assert_int_equal(jd_dgp_sample(&s, &p, 1, r, &ctx), JD_OK);
        int adopts = s.cohort[7] > 0;
        square[adopts] += s.y0[2 * 40 + 7] * s.y0[2 * 40 + 7];
        n[adopts]++;
        if (r < 20) {
            p.composed.factors = 0;
            p.composed.sd_spread = 0;
            assert_int_equal(jd_dgp_sample(&t, &p, 1, r, &ctx), JD_OK);
            jd_recovery_sample_t u = {0};
            assert_int_equal(jd_dgp_sample(&u, &none, 1, r, &ctx), JD_OK);
            assert_memory_equal(t.y1, u.y1, 160 * sizeof *u.y1);
            assert_memory_equal(s.cohort, u.cohort, 160 * sizeof *u.cohort);
            assert_true(s.y1[7] != u.y1[7]);
            p.composed.factors = 2;
            p.composed.sd_spread = 0.3;
            jd_recovery_sample_free(&u);
        }
        jd_recovery_sample_free(&s);
        jd_recovery_sample_free(&t);
    }
    double variance = 4 + 2.25 + 1 / 0.75 + 1.44 + 1 / 0.75 + 2 * 2.25;
    assert_true(fabs(square[0] / n[0] / variance - 1) < 0.08);
    assert_true(fabs(square[1] / n[1] / (variance + 2 * 4) - 1) < 0.08);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_add_up),
        cmocka_unit_test(test_a_composed_process),
        cmocka_unit_test(test_factors_and_unequal_errors),
        cmocka_unit_test(test_targets_are_the_estimands),
        cmocka_unit_test(test_every_outcome),
        cmocka_unit_test(test_an_outcome_that_is_not_recorded),
        cmocka_unit_test(test_announced_is_anticipation),
        cmocka_unit_test(test_large_samples),
        cmocka_unit_test(test_a_process_counts_its_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
