/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/panel.h"
#include "panel/grid.h"

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
    check_refused(&panel, JD_ERR_ARGUMENT, "has no treatment");
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
    /* R's NA as a code is no unit of its own. */
    const int32_t missing[N] = {1, 1, 2, 2, INT32_MIN, INT32_MIN}, *fixed[] = {missing};
    panel = small(cohort);
    panel.cluster = missing;
    check_refused(&panel, JD_ERR_DATA, "row 5: the cluster is missing");
    panel = small(cohort);
    panel.unit = missing;
    check_refused(&panel, JD_ERR_DATA, "row 5: the unit is missing");
    panel = small(cohort);
    panel.n_fixed = 1;
    panel.fixed = fixed;
    check_refused(&panel, JD_ERR_DATA, "row 5: a fixed effect is missing");
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

static void check_same(const jd_groups_t *a, const jd_groups_t *b)
{
    size_t levels = (size_t)a->n_groups * sizeof *a->value;
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_groups, b->n_groups);
    assert_int_equal(a->ascending, b->ascending);
    assert_memory_equal(a->code, b->code, (size_t)a->n * sizeof *a->code);
    assert_memory_equal(a->value, b->value, levels);
    assert_memory_equal(a->count, b->count, levels);
}

/* A grid's codes are those of its columns, whatever the number of threads. */
static void check_grid(int32_t n_units, int32_t n_periods, int threads)
{
    int64_t n = (int64_t)n_units * n_periods;
    int32_t *id = malloc(2 * (size_t)n * sizeof *id), *time = id + n;
    jd_groups_t units = {0}, periods = {0}, plain = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    assert_non_null(id);
    for (int64_t i = 0; i < n; i++) {
        id[i] = (int32_t)(2 * (i / n_periods)) - 3;
        time[i] = (int32_t)(i % n_periods * (i % n_periods)) - 2;
    }
    assert_int_equal(jd_grid_periods(id, time, n, &ctx), n_periods);
    assert_int_equal(jd_grid_code(&units, &periods, id, time, n, n_periods, &ctx), JD_OK);
    assert_int_equal(jd_groups_make(&plain, id, n, &ctx), JD_OK);
    check_same(&units, &plain);
    jd_groups_free(&plain);
    assert_int_equal(jd_groups_make(&plain, time, n, &ctx), JD_OK);
    check_same(&periods, &plain);
    jd_groups_free(&plain);
    jd_groups_free(&units);
    jd_groups_free(&periods);
    if (n_units > 1 && n_periods > 1) {
        time[n - 1]++; /* the last unit is seen elsewhere */
        assert_int_equal(jd_grid_periods(id, time, n, &ctx), 0);
        time[n - 1]--;
        id[n - 1]++; /* or ends too soon */
        assert_int_equal(jd_grid_periods(id, time, n, &ctx), 0);
        assert_int_equal(jd_grid_periods(id, time, n - 1, &ctx), 0);
    }
    free(id);
}

static void test_grids(void **state)
{
    (void)state;
    check_grid(5, 3, 1);
    check_grid(1, 4, 1);
    check_grid(4, 1, 1);
    check_grid(1 + JD_ROWS_TO_SHARE / 24, 24, 2);
    const int32_t falling[N] = {3, 3, 2, 2, 1, 1}, backward[N] = {2, 1, 2, 1, 2, 1};
    assert_int_equal(jd_grid_periods(unit, period, N, NULL), 2);
    assert_int_equal(jd_grid_periods(falling, period, N, NULL), 0);
    assert_int_equal(jd_grid_periods(unit, backward, N, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panel_check_errors),
        cmocka_unit_test(test_panel_cohorts_of_a_path),
        cmocka_unit_test(test_groups_make),
        cmocka_unit_test(test_sample_drops_in_a_chain),
        cmocka_unit_test(test_sample_counts_reasons),
        cmocka_unit_test(test_grids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
