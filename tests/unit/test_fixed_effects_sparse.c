/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More levels than the dense factor takes: graphs of every sort, against iteration over the rows,
 * which shares no step with the sparse factor. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/linear.h"
#include "jiedao/random.h"
#include "linear/absorb/index.h"

enum { N = 24000, COLUMNS = 3 };

typedef struct {
    int32_t worker[N], firm[N], year[N];
    double weight[N], x[COLUMNS * N];
} rows_t;

static rows_t rows;

static double draw(int purpose, int i)
{
    jd_jump_t jump = jd_jump(jd_stream(11, 0, JD_DRAW_SAMPLE), purpose, 0);
    return jd_draw(&jump, (uint64_t)i);
}

static int below(int purpose, int i, int n)
{
    return (int)(draw(purpose, i) * n);
}

typedef enum { RING, SPARSE, ISLANDS, TREE } graph_t;

/* Ten years of each worker; firms on a ring, met at random by movers, in islands, or in a tree. */
static void fill(graph_t graph)
{
    for (int i = 0; i < N; i++) {
        int w = i / 10, home = below(1, w, 3000);
        rows.worker[i] = w;
        rows.year[i] = i % 10;
        rows.weight[i] = 0.1 + 2 * draw(2, i);
        rows.firm[i] = graph == RING     ? i % 1043
                       : graph == SPARSE ? (i % 10 < 5 ? home : below(3, w, 3000))
                       : graph == ISLANDS
                           ? w / 300 * 100 + (i % 10 < 5 ? home % 100 : below(3, w, 100))
                           : (i % 10 < 5 ? w % 2000 : w % 2000 / 2);
        for (int c = 0; c < COLUMNS; c++)
            rows.x[c * N + i] =
                100 * c + draw(10 + c, i) + 0.1 * (w % 13) + 0.2 * (rows.firm[i] % 7);
    }
}

static double largest_mean(const double *x, const int32_t *code, const double *weight)
{
    static double sum[2][N];
    double worst = 0;
    memset(sum, 0, sizeof sum);
    for (int i = 0; i < N; i++) {
        sum[0][code[i]] += (weight ? weight[i] : 1) * x[i];
        sum[1][code[i]] += weight ? weight[i] : 1;
    }
    for (int g = 0; g < N; g++)
        if (sum[1][g] > 0) worst = fmax(worst, fabs(sum[0][g] / sum[1][g]));
    return worst;
}

static void demean(int n_effects, const double *weight, jd_solver_t solver, int threads, double *x)
{
    const int32_t *const codes[] = {rows.firm, rows.worker, rows.year};
    jd_effects_t *effects = NULL;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    memcpy(x, rows.x, sizeof rows.x);
    int rc = jd_effects_make(&effects, N, n_effects, codes, weight, solver, &ctx);
    assert_int_equal(rc, JD_OK);
    if (solver == JD_SOLVER_AUTO) assert_non_null(effects->sparse);
    rc = jd_effects_demean(effects, x, COLUMNS, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    jd_effects_free(effects);
}

static void compare(graph_t graph)
{
    static double x[COLUMNS * N], other[COLUMNS * N];
    fill(graph);
    for (int n_effects = 2; n_effects <= 3; n_effects++)
        for (int weighted = 0; weighted < 2; weighted++) {
            const double *weight = weighted ? rows.weight : NULL;
            demean(n_effects, weight, JD_SOLVER_AUTO, 1, x);
            demean(n_effects, weight, JD_SOLVER_ITERATE, 2, other);
            for (int c = 0; c < COLUMNS; c++) {
                assert_true(largest_mean(x + c * N, rows.worker, weight) < 1e-12);
                assert_true(largest_mean(x + c * N, rows.firm, weight) < 1e-12);
                if (n_effects == 3) assert_true(largest_mean(x + c * N, rows.year, weight) < 1e-12);
            }
            for (int i = 0; i < COLUMNS * N; i++)
                if (!(fabs(x[i] - other[i]) < 1e-9))
                    fail_msg("%.17g and %.17g differ", x[i], other[i]);
            demean(n_effects, weight, JD_SOLVER_AUTO, 3, other);
            assert_memory_equal(x, other, sizeof x);
        }
}

static void test_ring(void **state)
{
    (void)state;
    compare(RING);
}

/* Movers between 3000 firms: elimination leaves a core to conjugate gradients. */
static void test_sparse_random_graph(void **state)
{
    (void)state;
    compare(SPARSE);
}

/* Effects of firm, worker and year solved for in some rows of their groups: the fit there. */
static void fit_some(const jd_groups_t *groups, int n_effects, const double *weight,
                     jd_solver_t solver, int32_t n, const int32_t *row, double *fit)
{
    static double level[3][N], w[N];
    static int8_t skip[N];
    const jd_groups_t *const which[] = {&groups[0], &groups[1], &groups[2]};
    double *const levels[] = {level[0], level[1], level[2]};
    jd_effects_t *effects = NULL;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    memset(level, 0, sizeof level);
    memset(skip, 1, sizeof skip);
    for (int32_t r = 0; r < n; r++) {
        int32_t i = row[r];
        skip[i] = 0;
        w[i] = weight ? weight[i] : 1;
        for (int k = 0; k < n_effects; k++)
            level[k][groups[k].code[i]] += w[i] * rows.x[i];
    }
    int rc =
        jd_effects_borrow(&effects, n, skip, n_effects, which, weight ? w : NULL, solver, &ctx);
    assert_int_equal(rc, JD_OK);
    assert_int_equal(jd_effects_ready(effects, &ctx), JD_OK);
    if (solver == JD_SOLVER_AUTO) assert_non_null(effects->sparse);
    rc = jd_effects_solve(effects, levels, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    for (int32_t r = 0; r < n; r++) {
        fit[r] = 0;
        for (int k = 0; k < n_effects; k++)
            fit[r] += level[k][groups[k].code[row[r]]];
    }
    jd_effects_free(effects);
}

/* Two rows in three, and one at least of every firm and worker. */
static int32_t choose_rows(const jd_groups_t *firm, int32_t *row)
{
    static unsigned char seen[N];
    int32_t n = 0;
    memset(seen, 0, sizeof seen);
    for (int32_t i = 0; i < N; i++) {
        unsigned char *own = &seen[firm->code[i]];
        if (i % 3 != 1 || !*own) row[n++] = i;
        *own = 1;
    }
    return n;
}

static void compare_some(graph_t graph)
{
    static int32_t row[N];
    static double fit[N], other[N];
    const int32_t *const codes[] = {rows.firm, rows.worker, rows.year};
    jd_groups_t groups[3] = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    fill(graph);
    for (int k = 0; k < 3; k++)
        assert_int_equal(jd_groups_make(&groups[k], codes[k], N, &ctx), JD_OK);
    const int32_t n = choose_rows(&groups[0], row);
    for (int n_effects = 2; n_effects <= 3; n_effects++)
        for (int weighted = 0; weighted < 2; weighted++) {
            const double *weight = weighted ? rows.weight : NULL;
            fit_some(groups, n_effects, weight, JD_SOLVER_AUTO, n, row, fit);
            fit_some(groups, n_effects, weight, JD_SOLVER_ITERATE, n, row, other);
            for (int32_t r = 0; r < n; r++)
                if (!(fabs(fit[r] - other[r]) < 1e-8))
                    fail_msg("%.17g and %.17g differ", fit[r], other[r]);
        }
    for (int k = 0; k < 3; k++)
        jd_groups_free(&groups[k]);
}

static void test_some_rows_of_the_groups(void **state)
{
    (void)state;
    compare_some(RING);
    compare_some(SPARSE);
    compare_some(TREE);
}

static void test_islands(void **state)
{
    (void)state;
    compare(ISLANDS);
}

static void test_tree(void **state)
{
    (void)state;
    compare(TREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_sparse_random_graph),
        cmocka_unit_test(test_some_rows_of_the_groups),
        cmocka_unit_test(test_islands),
        cmocka_unit_test(test_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
