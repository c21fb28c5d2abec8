/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/panel.h"

enum { N = 6 };
static const int32_t unit[N] = {1, 1, 2, 2, 3, 3}, period[N] = {1, 2, 1, 2, 1, 2};

static jd_panel_t small(const int32_t *cohort)
{
    jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
    return panel;
}

static void check_refused(const jd_panel_t *panel, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_panel_check(panel, &ctx), code);
    assert_non_null(strstr(ctx.message, words));
}

static void test_panel_check_errors(void **state)
{
    (void)state;
    const int32_t cohort[N] = {0, 0, 2, 2, 0, 0}, torn[N] = {0, 0, 2, 3, 0, 0},
                  negative[N] = {0, 0, -2, -2, 0, 0};
    const double bad_weight[N] = {1, 1, -1, 1, 1, 1}, nan_weight[N] = {1, 1, 1, (double)NAN, 1, 1};
    const int8_t odd[N] = {0, 0, 0, 2, 0, 0};
    jd_panel_t panel = small(cohort);
    assert_int_equal(jd_panel_check(&panel, NULL), JD_OK);
    panel.n = 0;
    check_refused(&panel, JD_ERR_ARGUMENT, "0 rows");
    panel = small(NULL);
    check_refused(&panel, JD_ERR_ARGUMENT, "says nothing of treatment");
    panel = small(torn);
    check_refused(&panel, JD_ERR_DATA, "unit 2 has cohort 2 in row 3 and 3 in row 4");
    panel = small(negative);
    check_refused(&panel, JD_ERR_DATA, "row 3: cohort = -2");
    panel = small(cohort);
    panel.weight = bad_weight;
    check_refused(&panel, JD_ERR_DATA, "row 3: weight = -1");
    panel.weight = nan_weight;
    check_refused(&panel, JD_ERR_DATA, "row 4: weight = nan");
    panel = small(NULL);
    panel.treated = odd;
    check_refused(&panel, JD_ERR_DATA, "row 4: treated = 2");
    panel = small(cohort);
    panel.n_x = 1;
    check_refused(&panel, JD_ERR_ARGUMENT, "1 covariates without");
}

static void test_panel_cohorts_of_a_path(void **state)
{
    (void)state;
    const int8_t path[N] = {0, 0, 0, 1, 1, 1}, back[N] = {0, 0, 1, 0, 0, 0};
    int32_t cohort[N];
    jd_panel_t panel = small(NULL);
    panel.treated = path;
    assert_int_equal(jd_panel_cohorts(&panel, cohort, NULL), JD_OK);
    const int32_t expected[N] = {0, 0, 2, 2, 1, 1};
    assert_memory_equal(cohort, expected, sizeof cohort);
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    panel.treated = back;
    assert_int_equal(jd_panel_cohorts(&panel, cohort, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "unit 2 is treated from period 1 but not in period 2"));
}

/* Near and far values take different ways to the same codes. */
static void test_groups_make(void **state)
{
    (void)state;
    const int32_t near[N] = {7, 3, 7, 5, -2, 3};
    const int32_t far[N] = {INT32_MAX, 3, INT32_MAX, 5, INT32_MIN, 3};
    const int32_t code[N] = {3, 1, 3, 2, 0, 1};
    const int32_t *const columns[] = {near, far};
    for (int c = 0; c < 2; c++) {
        jd_groups_t groups = {0};
        assert_int_equal(jd_groups_make(&groups, columns[c], N, NULL), JD_OK);
        assert_int_equal(groups.n_groups, 4);
        assert_memory_equal(groups.code, code, sizeof code);
        assert_int_equal(groups.value[3], columns[c][0]);
        jd_groups_free(&groups);
        jd_groups_free(&groups);
    }
}

/* A row's leaving may leave another alone. */
static void test_sample_drops_in_a_chain(void **state)
{
    (void)state;
    const int32_t chain_unit[N] = {1, 2, 2, 3, 3, 3}, chain_time[N] = {1, 1, 2, 2, 3, 3};
    jd_panel_t panel = {.n = N, .unit = chain_unit, .time = chain_time, .cohort = chain_unit};
    jd_sample_t sample = {0};
    const int32_t *const columns[] = {chain_unit, chain_time};
    assert_int_equal(jd_sample_make(&sample, &panel, NULL), JD_OK);
    assert_int_equal(jd_sample_drop_singletons(&sample, 2, columns, NULL), JD_OK);
    /* Row 0 alone in unit 1; then row 1 alone in period 1; row 2 in unit 2; row 3 in period 2. */
    assert_int_equal(sample.n, 2);
    assert_int_equal(sample.row[0], 4);
    assert_int_equal(sample.dropped.singleton, 4);
    jd_sample_free(&sample);
}

static void test_sample_counts_reasons(void **state)
{
    (void)state;
    const int32_t cohort[N] = {0, 0, 2, 2, 0, 0};
    const double weight[N] = {1, 0, 1, 1, 0, 1};
    const double x[N] = {1, (double)NAN, (double)INFINITY, 1, 1, (double)NAN};
    const double *const columns[] = {x};
    const char *const names[] = {"x"};
    jd_panel_t panel = small(cohort);
    panel.weight = weight;
    panel.n_x = 1;
    panel.x = columns;
    panel.x_name = names;
    jd_sample_t sample = {0};
    assert_int_equal(jd_sample_make(&sample, &panel, NULL), JD_OK);
    assert_int_equal(sample.n, 2);
    assert_int_equal(sample.dropped.zero_weight, 2);
    assert_int_equal(sample.dropped.missing, 2);
    jd_sample_free(&sample);
    jd_sample_free(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panel_check_errors),
        cmocka_unit_test(test_panel_cohorts_of_a_path),
        cmocka_unit_test(test_groups_make),
        cmocka_unit_test(test_sample_drops_in_a_chain),
        cmocka_unit_test(test_sample_counts_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
