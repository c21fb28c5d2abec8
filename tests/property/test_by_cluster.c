/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariances that are added up cluster by cluster, without scores of all clusters: the same as
 * where all are held. Each estimator has a way to be made to hold them: rows that do not lie in
 * the order of clusters, or a characteristic of units. And where every n-th allocation fails. */
#include <stdlib.h>
#include <string.h>

#include "fault/failing.h"
#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 1303, PERIODS = 6, N = UNITS * PERIODS, TERMS = 16 };

static struct {
    int32_t unit[N], time[N], cohort[N];
    double y[N], weight[N], z[N];
} rows;

static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

/* Units from `first` on, those before it last: their rows lie in order where first = 0. */
static jd_panel_t fill(int32_t first, int weighted)
{
    uint64_t state = 3;
    for (int32_t u = 0; u < UNITS; u++)
        for (int32_t t = 0; t < PERIODS; t++) {
            int32_t i = (u - first + UNITS) % UNITS * PERIODS + t;
            int32_t cohort = u % 4 == 0 ? 0 : 2 + u % 4;
            rows.unit[i] = u;
            rows.time[i] = 1 + t;
            rows.cohort[i] = cohort;
            rows.y[i] = 0.01 * (u % 50) + (cohort && t + 1 >= cohort) + draw(&state);
            rows.weight[i] = 0.5 + draw(&state);
            rows.z[i] = u % 7;
        }
    return (jd_panel_t){.n = N,
                        .unit = rows.unit,
                        .time = rows.time,
                        .cohort = rows.cohort,
                        .weight = weighted ? rows.weight : NULL};
}

static int infer(const jd_panel_t *panel, const char *estimator, jd_aggregate_t aggregate,
                 double vcov[TERMS * TERMS], int *n_terms, jd_ctx_t *ctx)
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_did_defaults(&options);
    options.aggregate = aggregate;
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), panel, &options, ctx);
    if (!rc) rc = jd_design_infer(design, rows.y, NULL, 0.95, &fit, ctx);
    if (!rc) {
        assert_true(fit.n_terms <= TERMS);
        *n_terms = fit.n_terms;
        memcpy(vcov, fit.vcov, (size_t)(fit.n_terms * fit.n_terms) * sizeof *vcov);
    }
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc;
}

static void check_order(const char *estimator, jd_aggregate_t aggregate, int weighted)
{
    double in_order[TERMS * TERMS], turned[TERMS * TERMS];
    int n, m;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_panel_t panel = fill(0, weighted);
    assert_int_equal(infer(&panel, estimator, aggregate, in_order, &n, &ctx), JD_OK);
    panel = fill(7, weighted);
    assert_int_equal(infer(&panel, estimator, aggregate, turned, &m, &ctx), JD_OK);
    assert_int_equal(n, m);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            assert_near(in_order[a * n + b], turned[a * n + b],
                        1e-11 * sqrt(in_order[a * n + a] * in_order[b * n + b]));
}

static void test_imputation_and_two_stage(void **state)
{
    (void)state;
    static const jd_aggregate_t aggregates[] = {JD_AGGREGATE_EVENT, JD_AGGREGATE_OVERALL,
                                                JD_AGGREGATE_COHORT, JD_AGGREGATE_CELLS};
    for (size_t a = 0; a < sizeof aggregates / sizeof *aggregates; a++)
        for (int weighted = 0; weighted < 2; weighted++) {
            check_order("imputation", aggregates[a], weighted);
            check_order("two_stage", aggregates[a], weighted);
        }
}

/* Terms of characteristics stand behind the others, whose covariance they leave as it is. */
static void test_did_multiplegt_dyn(void **state)
{
    (void)state;
    static const char *const names[] = {"z"};
    const double *het[] = {rows.z};
    double alone[TERMS * TERMS], beside[TERMS * TERMS];
    int n, m;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    for (int weighted = 0; weighted < 2; weighted++) {
        jd_panel_t panel = fill(0, weighted);
        assert_int_equal(infer(&panel, "did_multiplegt_dyn", JD_AGGREGATE_EVENT, alone, &n, &ctx),
                         JD_OK);
        panel.n_het = 1;
        panel.het = het;
        panel.het_name = names;
        assert_int_equal(infer(&panel, "did_multiplegt_dyn", JD_AGGREGATE_EVENT, beside, &m, &ctx),
                         JD_OK);
        assert_true(m > n);
        for (int a = 0; a < n; a++)
            for (int b = 0; b < n; b++)
                assert_near(alone[a * n + b], beside[a * m + b],
                            1e-12 * sqrt(alone[a * n + a] * alone[b * n + b]));
    }
}

static void check_survives(const char *estimator)
{
    static double vcov[TERMS * TERMS];
    const jd_panel_t panel = fill(0, 1);
    for (long at = 0;; at++) {
        jd_ctx_t ctx;
        int n;
        long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, at, &ctx);
        int rc = infer(&panel, estimator, JD_AGGREGATE_EVENT, vcov, &n, &ctx);
        int failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("%s, allocation %ld: %ld blocks leaked", estimator, at,
                     failing.blocks - blocks);
        if (!failed) {
            assert_int_equal(rc, JD_OK);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("%s, allocation %ld: %d, '%s'", estimator, at, rc, ctx.message);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    check_survives("imputation");
    check_survives("two_stage");
    check_survives("did_multiplegt_dyn");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imputation_and_two_stage),
        cmocka_unit_test(test_did_multiplegt_dyn),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
