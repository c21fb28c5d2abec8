/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sobol indices of Ishigami's function and Sobol's G, Morris' effects of both and of a line,
 * against their closed forms. Designs are drawn from fixed seeds: the tolerances are of
 * quasi-random integration. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/random.h"
#include "jiedao/sensitivity.h"
#include "sweep/plan.h"

enum { MOST = 8 };

static const double pi = 3.14159265358979323846;

static double ishigami(const double *u, int k)
{
    double x[3];
    (void)k;
    for (int j = 0; j < 3; j++)
        x[j] = pi * (2 * u[j] - 1);
    return sin(x[0]) + 7 * sin(x[1]) * sin(x[1]) + 0.1 * pow(x[2], 4) * sin(x[0]);
}

static const double g_a[MOST] = {0, 1, 4.5, 9, 99, 99, 99, 99};

static double sobol_g(const double *u, int k)
{
    double y = 1;
    for (int j = 0; j < k; j++)
        y *= (fabs(4 * u[j] - 2) + g_a[j]) / (1 + g_a[j]);
    return y;
}

/* A design of the plan's own, and the function on it. */
static void run_design(jd_plan_t *plan, jd_plan_design_t design, int k, int64_t base,
                       double (*f)(const double *, int), double **y)
{
    memset(plan, 0, sizeof *plan);
    plan->design = design;
    plan->n_factors = k;
    plan->base = base;
    plan->levels = 4;
    plan->n_points = base * (design == JD_PLAN_MORRIS ? k + 1 : k + 2);
    plan->unit = calloc((size_t)plan->n_points * (size_t)k, sizeof *plan->unit);
    *y = calloc((size_t)plan->n_points, sizeof **y);
    assert_non_null(plan->unit);
    assert_non_null(*y);
    assert_int_equal(jd_plan_draw(plan, 11, NULL), JD_OK);
    for (int64_t i = 0; i < plan->n_points; i++)
        (*y)[i] = f(plan->unit + i * k, k);
}

static void assert_within(double x, double expected, double tolerance)
{
    if (!(fabs(x - expected) <= tolerance)) fail_msg("%g is not %g +- %g", x, expected, tolerance);
}

static void check_sobol(double (*f)(const double *, int), int k, const double *first,
                        const double *total)
{
    jd_plan_t plan;
    jd_sobol_index_t index[MOST], sum;
    double *y, sums[2] = {0};
    int64_t used;
    run_design(&plan, JD_PLAN_SALTELLI, k, 8192, f, &y);
    assert_int_equal(jd_sobol_indices(y, NULL, 8192, k, 100, 3, 0.95, index, &sum, &used, NULL),
                     JD_OK);
    assert_int_equal(used, 8192);
    for (int j = 0; j < k; j++) {
        assert_within(index[j].first, first[j], 0.01);
        assert_within(index[j].total, total[j], 0.01);
        assert_true(index[j].first_low <= index[j].first && index[j].first <= index[j].first_high);
        assert_true(index[j].total_low <= index[j].total && index[j].total <= index[j].total_high);
        sums[0] += first[j];
        sums[1] += total[j];
    }
    assert_within(sum.first, sums[0], 0.02);
    assert_within(sum.total, sums[1], 0.02);
    assert_true(sum.first_low <= sums[0] && sums[0] <= sum.first_high && sum.first_high < 1);
    assert_true(sum.total_low <= sums[1] && sums[1] <= sum.total_high && sum.total_low > 1);
    free(y);
    free(plan.unit);
}

static void test_ishigami(void **state)
{
    (void)state;
    const double a = 7, b = 0.1;
    double v1 = 0.5 * pow(1 + b * pow(pi, 4) / 5, 2), v2 = a * a / 8;
    double v13 = b * b * pow(pi, 8) * 8 / 225, v = v1 + v2 + v13;
    const double first[] = {v1 / v, v2 / v, 0};
    const double total[] = {(v1 + v13) / v, v2 / v, v13 / v};
    check_sobol(ishigami, 3, first, total);
}

static void test_sobol_g(void **state)
{
    (void)state;
    double part[MOST], all = 1, first[MOST], total[MOST];
    for (int j = 0; j < MOST; j++) {
        part[j] = 1 / (3 * (1 + g_a[j]) * (1 + g_a[j]));
        all *= 1 + part[j];
    }
    for (int j = 0; j < MOST; j++) {
        first[j] = part[j] / (all - 1);
        total[j] = part[j] * (all / (1 + part[j])) / (all - 1);
    }
    check_sobol(sobol_g, MOST, first, total);
}

/* Noise as large as the signal: with its variance told, the indices are those without it. */
static void test_noise_is_taken_out(void **state)
{
    (void)state;
    jd_plan_t plan;
    jd_sobol_index_t clean[3], noisy[3], told[3];
    double *y;
    int64_t used;
    enum { BASE = 8192 };
    run_design(&plan, JD_PLAN_SALTELLI, 3, BASE, ishigami, &y);
    assert_int_equal(jd_sobol_indices(y, NULL, BASE, 3, 2, 3, 0.95, clean, NULL, &used, NULL),
                     JD_OK);
    double *noise = calloc((size_t)plan.n_points, sizeof *noise), sd = 3.7;
    assert_non_null(noise);
    const jd_jump_t jump = jd_jump(jd_stream(5, 0, JD_DRAW_PROCESS), 0, 0);
    for (int64_t i = 0; i < plan.n_points; i++) {
        y[i] += sd * sqrt(12) * (jd_draw(&jump, (uint64_t)i) - 0.5);
        noise[i] = i % 5 < 2 ? sd * sd : 2 * sd * sd; /* of y_A, y_B; of the differences */
    }
    assert_int_equal(jd_sobol_indices(y, NULL, BASE, 3, 2, 3, 0.95, noisy, NULL, &used, NULL),
                     JD_OK);
    assert_int_equal(jd_sobol_indices(y, noise, BASE, 3, 2, 3, 0.95, told, NULL, &used, NULL),
                     JD_OK);
    for (int j = 0; j < 3; j++) {
        assert_within(told[j].first, clean[j].first, 0.05);
        assert_within(told[j].total, clean[j].total, 0.05);
    }
    assert_true(fabs(noisy[2].total - clean[2].total) > 0.15);
    free(noise);
    free(y);
    free(plan.unit);
}

static double line(const double *u, int k)
{
    double y = 0;
    for (int j = 0; j < k; j++)
        y += (j - 1) * u[j];
    return y;
}

static void test_morris(void **state)
{
    (void)state;
    jd_plan_t plan;
    jd_morris_effect_t effect[MOST];
    double *y;
    int64_t used;
    run_design(&plan, JD_PLAN_MORRIS, 4, 20, line, &y);
    y[3] = (double)NAN; /* a failed run: its trajectory is left out */
    assert_int_equal(jd_morris_effects(y, plan.unit, 20, 4, 50, 1, 0.95, effect, &used, NULL),
                     JD_OK);
    assert_int_equal(used, 19);
    for (int j = 0; j < 4; j++) {
        assert_within(effect[j].mu, j - 1, 1e-9);
        assert_within(effect[j].mu_star, fabs(j - 1.0), 1e-9);
        assert_within(effect[j].sigma, 0, 1e-9);
    }
    free(y);
    free(plan.unit);
    /* Sobol's G: the factors' order of importance. */
    run_design(&plan, JD_PLAN_MORRIS, 4, 200, sobol_g, &y);
    assert_int_equal(jd_morris_effects(y, plan.unit, 200, 4, 50, 1, 0.95, effect, &used, NULL),
                     JD_OK);
    for (int j = 0; j < 3; j++)
        assert_true(effect[j].mu_star > effect[j + 1].mu_star);
    free(y);
    free(plan.unit);
}

static void test_refusals(void **state)
{
    (void)state;
    double y[12 * 3];
    jd_sobol_index_t index[1];
    int64_t used;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    for (int i = 0; i < 36; i++)
        y[i] = 2;
    assert_int_equal(jd_sobol_indices(y, NULL, 12, 1, 10, 1, 0.95, index, NULL, &used, &ctx),
                     JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "nothing to explain"));
    for (int i = 0; i < 30; i++)
        y[i] = (double)NAN;
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_sobol_indices(y, NULL, 12, 1, 10, 1, 0.95, index, NULL, &used, &ctx),
                     JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "2 whole rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ishigami),           cmocka_unit_test(test_sobol_g),
        cmocka_unit_test(test_noise_is_taken_out), cmocka_unit_test(test_morris),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
