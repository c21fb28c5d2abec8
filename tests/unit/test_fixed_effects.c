/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/linear.h"
#include "jiedao/random.h"

enum { N = 6000, COLUMNS = 5 };

typedef struct {
    int32_t unit[N], time[N], region[N], worker[N], firm[N];
    double weight[N], x[COLUMNS * N];
} rows_t;

static double draw(int purpose, int i)
{
    jd_jump_t jump = jd_jump(jd_stream(7, 0, JD_DRAW_SAMPLE), purpose, 0);
    return jd_draw(&jump, (uint64_t)i);
}

/* Twelve periods of 500 units; workers move between few firms, so those two mix slowly. */
static void fill(rows_t *rows)
{
    for (int i = 0; i < N; i++) {
        rows->unit[i] = 10 * (i / 12);
        rows->time[i] = 1990 + i % 12;
        rows->region[i] = (i / 12) % 7 * 100 + i % 12;
        rows->worker[i] = i / 3;
        rows->firm[i] = i / 60 + (draw(1, i) < 0.04);
        rows->weight[i] = 0.2 + draw(2, i);
        for (int c = 0; c < COLUMNS; c++)
            rows->x[c * N + i] = 5 * draw(3 + c, i / 12) + draw(20 + c, i) + (i % 12) * 0.3 * c;
    }
}

static double largest_mean(const double *x, const int32_t *codes, const double *weight)
{
    jd_groups_t groups = {0};
    assert_int_equal(jd_groups_make(&groups, codes, N, NULL), JD_OK);
    double *sum = calloc((size_t)groups.n_groups * 2, sizeof *sum), worst = 0;
    assert_non_null(sum);
    for (int i = 0; i < N; i++) {
        sum[2 * groups.code[i]] += (weight ? weight[i] : 1) * x[i];
        sum[2 * groups.code[i] + 1] += weight ? weight[i] : 1;
    }
    for (int g = 0; g < groups.n_groups; g++)
        worst = fmax(worst, fabs(sum[2 * g] / sum[2 * g + 1]));
    free(sum);
    jd_groups_free(&groups);
    return worst;
}

static void demean(const rows_t *rows, int n_effects, const int32_t *const *codes, int weighted,
                   jd_solver_t solver, int threads, double *x)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    jd_effects_t *effects = NULL;
    memcpy(x, rows->x, sizeof rows->x);
    assert_int_equal(jd_effects_make(&effects, N, n_effects, codes, weighted ? rows->weight : NULL,
                                     solver, &ctx),
                     JD_OK);
    assert_int_equal(jd_effects_demean(effects, x, COLUMNS, &ctx), JD_OK);
    jd_effects_free(effects);
}

/* All three solvers leave no group mean and agree with each other. */
static void compare_solvers(const rows_t *rows, int n_effects, const int32_t *const *codes,
                            double tolerance)
{
    static double x[COLUMNS * N], first[COLUMNS * N];
    for (int weighted = 0; weighted < 2; weighted++)
        for (int solver = JD_SOLVER_AUTO; solver <= JD_SOLVER_ITERATE; solver++) {
            demean(rows, n_effects, codes, weighted, (jd_solver_t)solver, 2, x);
            if (solver == JD_SOLVER_AUTO) memcpy(first, x, sizeof x);
            for (int c = 0; c < COLUMNS; c++)
                for (int k = 0; k < n_effects; k++)
                    assert_true(largest_mean(x + c * N, codes[k], weighted ? rows->weight : NULL) <
                                1e-12);
            for (int i = 0; i < COLUMNS * N; i++)
                assert_true(fabs(x[i] - first[i]) < tolerance);
        }
}

static rows_t rows;

static void test_demean_balanced(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.unit, rows.time};
    compare_solvers(&rows, 2, codes, 1e-12);
}

static void test_demean_three_effects(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.time, rows.region, rows.unit};
    compare_solvers(&rows, 3, codes, 1e-12);
}

static void test_demean_slow_mixing(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.worker, rows.firm};
    compare_solvers(&rows, 2, codes, 1e-10);
}

static void test_demean_same_bits_for_any_threads(void **state)
{
    (void)state;
    static double x[COLUMNS * N], one[COLUMNS * N];
    const int32_t *const codes[] = {rows.worker, rows.firm, rows.time};
    const int threads[] = {2, 3, 7};
    for (int solver = JD_SOLVER_DIRECT; solver <= JD_SOLVER_ITERATE; solver++) {
        demean(&rows, 3, codes, 1, (jd_solver_t)solver, 1, one);
        for (int t = 0; t < 3; t++) {
            demean(&rows, 3, codes, 1, (jd_solver_t)solver, threads[t], x);
            assert_memory_equal(x, one, sizeof x);
        }
    }
}

static void test_effects_count_and_order(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.time, rows.unit};
    jd_effects_t *effects = NULL;
    assert_int_equal(jd_effects_make(&effects, N, 2, codes, NULL, JD_SOLVER_AUTO, NULL), JD_OK);
    assert_int_equal(jd_effects_count(effects), 2);
    assert_int_equal(jd_effects_groups(effects, 0)->n_groups, 12);
    assert_int_equal(jd_effects_groups(effects, 1)->n_groups, 500);
    assert_int_equal(jd_effects_groups(effects, 1)->value[499], 4990);
    jd_effects_free(effects);
}

/* Earlier columns are kept; what effects or earlier columns explain is left out. */
static void test_factor_drops_collinear(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.unit, rows.time};
    jd_effects_t *effects = NULL;
    jd_regression_t r = {0};
    assert_int_equal(jd_effects_make(&effects, N, 2, codes, NULL, JD_SOLVER_AUTO, NULL), JD_OK);
    assert_int_equal(jd_regression_init(&r, effects, N, 4, NULL, NULL), JD_OK);
    for (int i = 0; i < N; i++) {
        double a = rows.x[i], b = rows.x[N + i];
        r.columns[i] = 1e6 * rows.time[i]; /* a period effect */
        r.columns[N + i] = a;
        r.columns[2 * N + i] = 3 * a + rows.unit[i] - 4; /* a again, given units */
        r.columns[3 * N + i] = 1e-9 * b;                 /* small, but its own */
    }
    assert_int_equal(jd_regression_factor(&r, NULL), JD_OK);
    assert_int_equal(r.n_kept, 2);
    assert_int_equal(r.kept[0], 1);
    assert_int_equal(r.kept[1], 3);
    /* W'x is the identity on the kept regressors. */
    const double *y[] = {rows.x, rows.x + N};
    double beta[4];
    jd_regression_estimate(&r, y, 2, beta, NULL);
    assert_true(fabs(beta[0] - 1) < 1e-12 && fabs(beta[1]) < 1e-12);
    assert_true(fabs(beta[2]) < 1e-3 && fabs(beta[3] - 1e9) < 1e-3);
    jd_regression_free(&r);
    jd_effects_free(effects);
}

static void test_factor_errors(void **state)
{
    (void)state;
    const int32_t *const codes[] = {rows.unit, rows.time};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_effects_t *effects = NULL;
    jd_regression_t r = {0};
    assert_int_equal(jd_effects_make(&effects, N, 2, codes, NULL, JD_SOLVER_AUTO, &ctx), JD_OK);
    assert_int_equal(jd_regression_init(&r, effects, N, 1, NULL, &ctx), JD_OK);
    for (int i = 0; i < N; i++)
        r.columns[i] = rows.unit[i] + rows.time[i];
    assert_int_equal(jd_regression_factor(&r, &ctx), JD_ERR_RANK);
    assert_non_null(strstr(ctx.message, "explain all 1 regressors"));
    jd_regression_free(&r);
    jd_effects_free(effects);
}

static int set_up(void **state)
{
    (void)state;
    fill(&rows);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_demean_balanced),
        cmocka_unit_test(test_demean_three_effects),
        cmocka_unit_test(test_demean_slow_mixing),
        cmocka_unit_test(test_demean_same_bits_for_any_threads),
        cmocka_unit_test(test_effects_count_and_order),
        cmocka_unit_test(test_factor_drops_collinear),
        cmocka_unit_test(test_factor_errors),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
