/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A panel of so many rows that threads share the passes over them: estimates and covariances have
 * the same bits as by one. */
#include <stdlib.h>
#include <string.h>

#include "jiedao/did.h"
#include "panel/grid.h"
#include "support.h"

enum { PERIODS = 24, UNITS = JD_ROWS_TO_SHARE / PERIODS + 1, ROWS = UNITS * PERIODS };

typedef struct {
    int32_t unit[ROWS], time[ROWS], cohort[ROWS];
    double y[ROWS];
} columns_t;

static columns_t *make_columns(void)
{
    columns_t *c = malloc(sizeof *c);
    assert_non_null(c);
    for (int i = 0; i < ROWS; i++) {
        int u = i / PERIODS, t = i % PERIODS;
        c->unit[i] = u;
        c->time[i] = 2000 + t;
        c->cohort[i] = u % 5 ? 2002 + u % 5 * 4 : 0;
        c->y[i] = u % 977 + 0.1 * t + (double)((uint32_t)i * 2654435761u >> 8) / (1 << 24);
    }
    return c;
}

static jd_fit_t fit(const columns_t *c, const char *estimator, int threads)
{
    const jd_panel_t panel = {.n = ROWS, .unit = c->unit, .time = c->time, .cohort = c->cohort};
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t out = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    jd_did_defaults(&options);
    assert_int_equal(
        jd_design_prepare(&design, jd_estimator_find(estimator), &panel, &options, &ctx), JD_OK);
    assert_int_equal(jd_design_infer(design, c->y, NULL, 0.95, &out, &ctx), JD_OK);
    jd_design_free(design);
    return out;
}

static void test_same_bits(void **state)
{
    (void)state;
    static const char *const estimators[] = {"twfe", "callaway_santanna"};
    columns_t *c = make_columns();
    for (int e = 0; e < 2; e++) {
        jd_fit_t one = fit(c, estimators[e], 1), two = fit(c, estimators[e], 2);
        size_t k = (size_t)one.n_terms;
        assert_int_equal(one.n_terms, two.n_terms);
        assert_memory_equal(one.estimate, two.estimate, k * sizeof *one.estimate);
        assert_memory_equal(one.vcov, two.vcov, k * k * sizeof *one.vcov);
        jd_fit_free(&one);
        jd_fit_free(&two);
    }
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
