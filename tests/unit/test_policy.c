/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is treated, when, and with what dose. */
#include "street_bench.h"

#define WORLD \
    "[world]\nprovinces=4\nprefectures=40\ncounties=300\nstreets=600\n[rescaling]\nevent=0\n"

enum { START = 4 * 2020, PERIODS = 24, COUNTIES = 300 };

/* Assigns; cohorts into `cohort`. */
static int assign(street_bench_t *b, const char *policy, const jd_table_t *list, uint64_t replicate,
                  int32_t cohort[COUNTIES])
{
    char text[1024];
    snprintf(text, sizeof text, WORLD "[policy]\n%s", policy);
    bench_open(b, text);
    return jd_policy_assign(b->setting.policy, &b->tree, list, START, PERIODS, 1, replicate, cohort,
                            b->config, &b->ctx);
}

static int treated(const int32_t cohort[COUNTIES])
{
    int n = 0;
    for (int c = 0; c < COUNTIES; c++)
        n += cohort[c] > 0;
    return n;
}

static void test_shares_are_exact(void **state)
{
    (void)state;
    static const char *const how[] = {"random", "development", "fiscal"};
    static const double share[] = {0, 0.1, 0.333, 0.5, 0.75, 1};
    for (int h = 0; h < 3; h++) {
        for (int i = 0; i < 6; i++) {
            char text[256];
            int32_t cohort[COUNTIES];
            street_bench_t b;
            snprintf(text, sizeof text, "assignment=%s\nshare=%g\n", how[h], share[i]);
            assert_int_equal(assign(&b, text, NULL, 0, cohort), JD_OK);
            assert_int_equal(treated(cohort), (int)floor(share[i] * COUNTIES + 0.5));
            for (int c = 0; c < COUNTIES; c++)
                assert_true(cohort[c] == 0 || cohort[c] == 9); /* 2022Q1 */
            bench_free(&b);
        }
    }
}

/* Correlation of treatment with a county's z-score. */
static double correlation(const int32_t cohort[COUNTIES], const double *z)
{
    double mean = mean_of(z, COUNTIES), share = treated(cohort) / (double)COUNTIES, zz = 0, zt = 0;
    for (int c = 0; c < COUNTIES; c++) {
        zz += (z[c] - mean) * (z[c] - mean);
        zt += (z[c] - mean) * ((cohort[c] > 0) - share);
    }
    return zt / sqrt(zz * COUNTIES * share * (1 - share));
}

static void test_selection_sorts(void **state)
{
    (void)state;
    static const char *const how[] = {"development", "fiscal"};
    int32_t cohort[COUNTIES];
    street_bench_t b;
    for (int h = 0; h < 2; h++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            char text[128];
            snprintf(text, sizeof text, "assignment=%s\nshare=0.3\nselection=%d\n", how[h], sign);
            assert_int_equal(assign(&b, text, NULL, 0, cohort), JD_OK);
            const double *z = h ? b.tree.fiscal[JD_COUNTY] : b.tree.development[JD_COUNTY];
            for (int c = 0; c < COUNTIES; c++)
                for (int d = 0; d < COUNTIES; d++)
                    if (cohort[c] > 0 && cohort[d] == 0) assert_true(sign * z[c] >= sign * z[d]);
            bench_free(&b);
        }
    }
    double last = 1;
    static const char *const selection[] = {"1", "0.5", "0", "-0.5"};
    for (int i = 0; i < 4; i++) {
        char text[128];
        snprintf(text, sizeof text, "assignment=development\nselection=%s\n", selection[i]);
        assert_int_equal(assign(&b, text, NULL, 0, cohort), JD_OK);
        double r = correlation(cohort, b.tree.development[JD_COUNTY]);
        assert_true(r < last - 0.1);
        if (i == 2) assert_near(r, 0, 4 / sqrt(COUNTIES));
        last = r;
        bench_free(&b);
    }
}

static void test_chance_differs_between_replicates(void **state)
{
    (void)state;
    int32_t one[COUNTIES], same[COUNTIES], other[COUNTIES];
    street_bench_t b;
    assert_int_equal(assign(&b, "", NULL, 3, one), JD_OK);
    bench_free(&b);
    assert_int_equal(assign(&b, "", NULL, 3, same), JD_OK);
    bench_free(&b);
    assert_int_equal(assign(&b, "", NULL, 4, other), JD_OK);
    assert_memory_equal(one, same, sizeof one);
    int differ = 0;
    for (int c = 0; c < COUNTIES; c++)
        differ += one[c] != other[c];
    assert_near(differ, 150, 5 * 9);
    assert_near(correlation(one, b.tree.development[JD_COUNTY]), 0, 4 / sqrt(COUNTIES));
    bench_free(&b);
}

static void test_neighbours_go_together(void **state)
{
    (void)state;
    static const double share[] = {0.1, 0.5, 0.9};
    for (int i = 0; i < 3; i++) {
        char text[128];
        int32_t cohort[COUNTIES];
        street_bench_t b;
        snprintf(text, sizeof text, "assignment=neighbours\nshare=%g\nadoption=2021Q1, 2023Q3\n",
                 share[i]);
        assert_int_equal(assign(&b, text, NULL, 0, cohort), JD_OK);
        for (int c = 1; c < COUNTIES; c++) {
            if (b.tree.parent[JD_COUNTY][c] != b.tree.parent[JD_COUNTY][c - 1]) continue;
            assert_int_equal(cohort[c] > 0, cohort[c - 1] > 0);
        }
        /* As near as whole prefectures (4 to 12 counties) come. */
        assert_near(treated(cohort), share[i] * COUNTIES, 4);
        bench_free(&b);
    }
}

static void test_cohorts_are_even(void **state)
{
    (void)state;
    int32_t cohort[COUNTIES];
    street_bench_t b;
    assert_int_equal(assign(&b, "adoption=2021Q1, 2022Q3, 2024Q4\n", NULL, 0, cohort), JD_OK);
    int count[32] = {0};
    for (int c = 0; c < COUNTIES; c++)
        count[cohort[c]]++;
    assert_int_equal(count[0], 150);
    assert_int_equal(count[5], 50);
    assert_int_equal(count[11], 50);
    assert_int_equal(count[20], 50);
    bench_free(&b);
}

static int warnings;
static void hear(void *user, const char *message)
{
    (void)user;
    warnings += strstr(message, "never treated") != NULL;
}

static void test_late_and_early_adoption(void **state)
{
    (void)state;
    int32_t cohort[COUNTIES];
    street_bench_t b;
    bench_open(&b, WORLD "[policy]\nadoption=2025Q4, 2026Q1\n");
    b.ctx.warn = hear;
    warnings = 0;
    assert_int_equal(jd_policy_assign(b.setting.policy, &b.tree, NULL, START, PERIODS, 1, 0, cohort,
                                      b.config, &b.ctx),
                     JD_OK);
    assert_int_equal(treated(cohort), 75);
    assert_int_equal(warnings, 1);
    bench_free(&b);
    assert_int_equal(assign(&b, "adoption=2019Q4\n", NULL, 0, cohort), JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "before run.start"));
    bench_free(&b);
}

/* A list of n rows of (code, adoption). */
static jd_table_t make_list(const char *const (*rows)[2], int n)
{
    jd_table_t list;
    assert_int_equal(
        jd_table_init(&list, "policy", "", jd_policy_columns, JD_POLICY_COLUMNS, n, NULL), JD_OK);
    for (int i = 0; i < n; i++) {
        jd_table_set_text(&list, JD_POLICY_CODE, i, rows[i][0]);
        jd_table_set_text(&list, JD_POLICY_ADOPTION, i, rows[i][1]);
    }
    list.rows = n;
    return list;
}

static void test_list(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"30000001", "2021Q1"}, {"30000300", "2024q3"}, {"30000017", "2020Q1"}};
    int32_t cohort[COUNTIES];
    street_bench_t b;
    jd_table_t list = make_list(rows, 3);
    assert_int_equal(assign(&b, "assignment=list\nlist=x.csv\n", &list, 0, cohort), JD_OK);
    for (int c = 0; c < COUNTIES; c++)
        assert_int_equal(cohort[c], c == 0 ? 5 : c == 299 ? 19 : c == 16 ? 1 : 0);
    bench_free(&b);
    jd_table_free(&list);
}

/* Dates as own data take them; run.start is 2020Q1, period 1. */
static void test_list_dates(void **state)
{
    (void)state;
    static const struct {
        const char *dates[2];
        int32_t cohort[2];
    } lists[] = {
        {{"2021-02-14", "01jul2021"}, {5, 7}},  {{"Jan 2021", "2021M12"}, {5, 8}},
        {{"1/4/2021", "13/7/2021"}, {6, 7}},    {{"1/4/2021", "7/13/2021"}, {5, 7}},
        {{"01.04.2021", "01.07.2021"}, {6, 7}}, {{"20212", "20210731"}, {6, 7}},
        {{"never", "2021-Q3"}, {0, 7}},         {{"inf", "2021-07-01 00:00:00"}, {0, 7}},
    };
    int32_t cohort[COUNTIES];
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *const rows[][2] = {{"30000001", lists[i].dates[0]},
                                       {"30000002", lists[i].dates[1]}};
        street_bench_t b;
        jd_table_t list = make_list(rows, 2);
        if (assign(&b, "assignment=list\nlist=x.csv\n", &list, 0, cohort))
            fail_msg("%s", b.ctx.message);
        assert_int_equal(cohort[0], lists[i].cohort[0]);
        assert_int_equal(cohort[1], lists[i].cohort[1]);
        bench_free(&b);
        jd_table_free(&list);
    }
}

static void test_list_errors(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"99", "2021Q1", "no county has code '99'"},
        {"30000002", "2021Q5", "'2021Q5' is not a quarter"},
        {"30000002", "2021", "'2021' is not a quarter"},
        {"30000002", "", "'' is not a quarter"},
        {"30000002", "2021Q1x", "is not a quarter"},
        {"30000002", "1/4/2021", "'1/4/2021' is not a quarter"},
        {"30000001", "never", "stands in an earlier row"},
        {"30000001", "2022Q1", "county '30000001' stands in an earlier row"},
        {"30000002", "2019Q4", "lies before run.start"}};
    int32_t cohort[COUNTIES];
    street_bench_t b;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *const rows[][2] = {{"30000001", "2021Q1"}, {wrong[i][0], wrong[i][1]}};
        jd_table_t list = make_list(rows, 2);
        assert_int_equal(assign(&b, "assignment=list\nlist=x.csv\n", &list, 0, cohort),
                         JD_ERR_DATA);
        assert_non_null(strstr(b.ctx.message, "row 3"));
        assert_non_null(strstr(b.ctx.message, wrong[i][2]));
        bench_free(&b);
        jd_table_free(&list);
    }
    assert_int_equal(bench_config(&b, "[policy]\nassignment=list\n"), JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "policy.list"));
    bench_free(&b);
}

static void test_doses(void **state)
{
    (void)state;
    jd_policy_params_t p = {.dose = 2, .anticipation_dose = 0.25, .profile_length = 4};
    for (int t = 1; t <= 24; t++) {
        assert_true(jd_policy_dose(&p, 0, t) == 0.0);
        assert_true(jd_policy_dose(&p, 10, t) == (t >= 10 ? 2 : 0));
    }
    p.anticipation = 3;
    static const double ramp[] = {0, 0.5, 0.5, 0.5, 0.5, 1, 1.5, 2, 2},
                        fade[] = {0, .5, .5, .5, 2, 1.5, 1, .5, 0};
    for (int k = 0; k < 9; k++) {
        p.profile = JD_PROFILE_RAMP;
        assert_near(jd_policy_dose(&p, 10, 6 + k), ramp[k], 1e-15);
        p.profile = JD_PROFILE_FADE;
        assert_near(jd_policy_dose(&p, 10, 6 + k), fade[k], 1e-15);
    }
    assert_true(jd_policy_dose(&p, 10, 100) == 0.0);
    /* What was acted on before is kept until the ramp passes it: no profile falls at adoption. */
    static const double kept[] = {0, 1.2, 1.2, 1.2, 1.2, 1.2, 1.5, 2, 2};
    p.profile = JD_PROFILE_RAMP;
    p.anticipation_dose = 0.6;
    for (int k = 0; k < 9; k++)
        assert_near(jd_policy_dose(&p, 10, 6 + k), kept[k], 1e-15);
    p.anticipation = 0; /* nothing was announced */
    assert_near(jd_policy_dose(&p, 10, 10), 0.5, 1e-15);
    for (int profile = JD_PROFILE_FLAT; profile <= JD_PROFILE_FADE; profile++) {
        for (int share = 0; share <= 10; share++) {
            p = (jd_policy_params_t){.dose = 1.5,
                                     .profile = profile,
                                     .profile_length = 5,
                                     .anticipation = 2,
                                     .anticipation_dose = 0.1 * share};
            assert_true(jd_policy_dose(&p, 10, 10) >= jd_policy_dose(&p, 10, 9));
        }
    }
}

static void test_first_period(void **state)
{
    (void)state;
    int32_t cohort[] = {0, 12, 7, 20};
    jd_policy_params_t p = {.dose = 1, .anticipation = 3, .anticipation_dose = 0.3};
    assert_int_equal(jd_policy_first_period(&p, cohort, 4, PERIODS), 4);
    p.anticipation = 10;
    assert_int_equal(jd_policy_first_period(&p, cohort, 4, PERIODS), 1);
    p.anticipation_dose = 0;
    assert_int_equal(jd_policy_first_period(&p, cohort, 4, PERIODS), 7);
    assert_int_equal(jd_policy_first_period(&p, cohort, 1, PERIODS), PERIODS + 1);
    p.dose = 0;
    assert_int_equal(jd_policy_first_period(&p, cohort, 4, PERIODS), PERIODS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_are_exact),
        cmocka_unit_test(test_selection_sorts),
        cmocka_unit_test(test_chance_differs_between_replicates),
        cmocka_unit_test(test_neighbours_go_together),
        cmocka_unit_test(test_cohorts_are_even),
        cmocka_unit_test(test_late_and_early_adoption),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_dates),
        cmocka_unit_test(test_list_errors),
        cmocka_unit_test(test_doses),
        cmocka_unit_test(test_first_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
