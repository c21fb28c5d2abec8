/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regressions on dummies without columns against the same ones with: an explicit solver asks for
 * columns. Panels are unbalanced, weighted, shuffled, with a collinear and an absorbed dummy. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/linear.h"
#include "jiedao/random.h"

enum { UNITS = 60, PERIODS = 9, ROOM = UNITS * PERIODS, DUMMIES = 8 };

typedef struct {
    int64_t n;
    int32_t unit[ROOM], time[ROOM], region[ROOM], state[ROOM], code[ROOM];
    double weight[ROOM], y[ROOM];
} rows_t;

typedef struct {
    int n_kept, kept[DUMMIES];
    double beta[DUMMIES], cross[DUMMIES * DUMMIES], residual[ROOM], w[DUMMIES][ROOM], mix[ROOM];
    double vcov[3][DUMMIES * DUMMIES];
} answer_t;

static double draw(int what, int64_t i)
{
    jd_jump_t jump = jd_jump(jd_stream(11, 0, JD_DRAW_SAMPLE), what, 0);
    return jd_draw(&jump, (uint64_t)i);
}

/* Treatment from a unit's own period on; dummy = periods since, 5 twice over as 5 and 6, and dummy
 * 7 a whole unit. */
static void fill(rows_t *rows, int missing, int shuffled)
{
    int64_t order[ROOM];
    for (int64_t k = 0; k < ROOM; k++) {
        int64_t j = shuffled ? (int64_t)(draw(9, k) * (double)(k + 1)) : k;
        order[k] = order[j];
        order[j] = k;
    }
    rows->n = 0;
    for (int k = 0; k < ROOM; k++) {
        int64_t i = order[k], n = rows->n, u = i / PERIODS, t = i % PERIODS, since = t - u % 7;
        if (missing && draw(1, i) < 0.2) continue;
        rows->unit[n] = (int32_t)u;
        rows->time[n] = (int32_t)t;
        rows->region[n] = (int32_t)(u % 3 * PERIODS + t);
        rows->state[n] = (int32_t)(u / 4);
        rows->code[n] = u == 3 ? 7 : since >= 0 && u % 7 > 1 && u % 2 ? (int32_t)since : -1;
        rows->weight[n] = 0.3 + draw(2, i);
        rows->y[n] = 1e3 * draw(3, u) + 10 * draw(4, t) + draw(5, i);
        rows->n++;
    }
}

static void answer(const rows_t *rows, int n_effects, int weighted, jd_solver_t solver, int threads,
                   answer_t *out)
{
    static const jd_vcov_t kinds[] = {JD_VCOV_CLUSTER, JD_VCOV_HC1, JD_VCOV_IID};
    const int32_t *const codes[] = {rows->unit, rows->time, rows->region};
    const double *weight = weighted ? rows->weight : NULL, *y = rows->y;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    jd_effects_t *effects = NULL;
    jd_regression_t r = {0};
    jd_groups_t clusters = {0};
    memset(out, 0, sizeof *out);
    assert_int_equal(jd_effects_make(&effects, rows->n, n_effects, codes, weight, solver, &ctx),
                     JD_OK);
    assert_int_equal(
        jd_regression_init_dummies(&r, effects, rows->n, DUMMIES, rows->code, weight, &ctx), JD_OK);
    assert_int_equal(r.columns == NULL, solver == JD_SOLVER_AUTO);
    assert_int_equal(jd_regression_factor(&r, &ctx), JD_OK);
    out->n_kept = r.n_kept;
    memcpy(out->kept, r.kept, (size_t)r.n_kept * sizeof *r.kept);
    memcpy(out->cross, r.cross, (size_t)(r.n_kept * r.n_kept) * sizeof *r.cross);
    jd_regression_estimate(&r, &y, 1, out->beta, &ctx);
    assert_int_equal(jd_regression_residuals(&r, y, out->beta, out->residual, &ctx), JD_OK);
    double by[DUMMIES] = {1, -2, 0, 0.5};
    for (int k = 0; k < r.n_kept; k++)
        jd_regression_weights(&r, k, out->w[k]);
    jd_regression_combine(&r, by, out->mix);
    /* Clusters: units for two effects, groups of them for one, and, across units, periods. */
    const int32_t *by_way[] = {rows->state, rows->unit, rows->time};
    assert_int_equal(jd_groups_make(&clusters, by_way[n_effects - 1], rows->n, &ctx), JD_OK);
    jd_vcov_rows_t ways = {.way = {&clusters}, .n_ways = 1};
    for (int v = 0; v < 3; v++) {
        jd_vcov_options_t options = {.kind = kinds[v]};
        jd_vcov_facts_t facts;
        assert_int_equal(jd_regression_vcov(&r, out->residual, &ways, &options, out->vcov[v], NULL,
                                            &facts, &ctx),
                         JD_OK);
    }
    jd_groups_free(&clusters);
    jd_regression_free(&r);
    jd_effects_free(effects);
}

static double worst(const double *a, const double *b, int64_t n)
{
    double apart = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        apart = fmax(apart, fabs(a[i] - b[i]));
        size = fmax(size, fabs(b[i]));
    }
    return apart / size;
}

static rows_t rows;
static answer_t cells, columns;

static void test_cells_equal_columns(void **state)
{
    (void)state;
    for (int what = 0; what < 24; what++) {
        int missing = what & 1, shuffled = what >> 1 & 1, weighted = what >> 2 & 1;
        int n_effects = 1 + what / 8;
        fill(&rows, missing, shuffled);
        answer(&rows, n_effects, weighted, JD_SOLVER_AUTO, 1, &cells);
        answer(&rows, n_effects, weighted, JD_SOLVER_DIRECT, 1, &columns);
        assert_int_equal(cells.n_kept, columns.n_kept);
        assert_true(cells.n_kept >= 3 && cells.n_kept < DUMMIES); /* unit 3's is absorbed */
        assert_memory_equal(cells.kept, columns.kept, sizeof cells.kept);
        int k = cells.n_kept;
        assert_true(worst(cells.beta, columns.beta, k) < 1e-11);
        assert_true(worst(cells.cross, columns.cross, k * k) < 1e-12);
        assert_true(worst(cells.residual, columns.residual, rows.n) < 1e-10);
        assert_true(worst(cells.mix, columns.mix, rows.n) < 1e-11);
        for (int j = 0; j < k; j++)
            assert_true(worst(cells.w[j], columns.w[j], rows.n) < 1e-11);
        for (int v = 0; v < 3; v++)
            assert_true(worst(cells.vcov[v], columns.vcov[v], k * k) < 1e-10);
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    fill(&rows, 1, 1);
    answer(&rows, 2, 1, JD_SOLVER_AUTO, 1, &cells);
    for (int threads = 2; threads <= 5; threads += 3) {
        answer(&rows, 2, 1, JD_SOLVER_AUTO, threads, &columns);
        assert_memory_equal(&cells, &columns, sizeof cells);
    }
}

/* Dummies by period and a code of many values: past the limit columns are made, and agree. */
static void test_too_many_cells_take_columns(void **state)
{
    (void)state;
    enum { N = 6000 };
    static int32_t unit[N], time[N], code[N];
    jd_effects_t *effects = NULL;
    jd_regression_t r = {0};
    for (int i = 0; i < N; i++) {
        unit[i] = i / 6;
        time[i] = i % 6 + i / 12 % 70 * 6;
        code[i] = i / 6 % 12 - 1;
    }
    const int32_t *const codes[] = {unit, time};
    assert_int_equal(jd_effects_make(&effects, N, 2, codes, NULL, JD_SOLVER_AUTO, NULL), JD_OK);
    assert_int_equal(jd_regression_init_dummies(&r, effects, N, 11, code, NULL, NULL), JD_OK);
    assert_non_null(r.columns);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 11; k++)
            assert_true(r.columns[k * N + i] == (code[i] == k));
    jd_regression_free(&r);
    jd_effects_free(effects);
}

/* Their cells would not be counted by an int: refused before any room is asked for. */
static void test_too_many_regressors_are_refused(void **state)
{
    (void)state;
    jd_regression_t r;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_regression_init(&r, NULL, 100000, 46341, NULL, &ctx), JD_ERR_ARGUMENT);
    assert_non_null(strstr(ctx.message, "at most 46340"));
    jd_regression_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_equal_columns),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_too_many_cells_take_columns),
        cmocka_unit_test(test_too_many_regressors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
