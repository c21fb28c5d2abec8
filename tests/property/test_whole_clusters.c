/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clusters that change within a unit: refused with the unit and both clusters named where errors are
 * sums over units or units are drawn; regressions take each row's own. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 24, PERIODS = 6, N = UNITS * PERIODS };

static int32_t unit[N], period[N], cohort[N], cluster[N];
static double y[N], dose[N];

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = i % PERIODS + 1, g = u % 2 ? 4 : 0;
        unit[i] = 100 + u;
        period[i] = t;
        cohort[i] = g;
        cluster[i] = u / 3 + (u % 5 == 2 && t > 3);
        dose[i] = g ? 1 + u % 3 : 0;
        y[i] = 0.5 * (u % 7) + 0.3 * t + 0.1 * ((u * 13 + t * 29) % 17) + (g && t >= g);
    }
}

static int infer(const char *name, jd_ctx_t *ctx, jd_fit_t *fit)
{
    const int amount = !strcmp(name, "dose") || !strcmp(name, "wald_did");
    const jd_panel_t panel = {.n = N,
                              .unit = unit,
                              .time = period,
                              .cohort = cohort,
                              .cluster = cluster,
                              .dose = amount ? dose : NULL};
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_ctx_init(ctx);
    jd_did_defaults(&options);
    options.aggregate = JD_AGGREGATE_OVERALL;
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &panel, &options, ctx);
    if (!rc) rc = jd_design_infer(design, y, NULL, 0.95, fit, ctx);
    jd_design_free(design);
    return rc;
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "callaway_santanna",  "synthetic_did", "synthetic_control", "block_did", "lp_did",
        "did_multiplegt_dyn", "dose",          "wald_did"};
    jd_ctx_t ctx;
    fill();
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        jd_fit_t fit = {0};
        assert_int_equal(infer(names[k], &ctx, &fit), JD_ERR_DATA);
        if (!strstr(ctx.message, "unit 102 is in cluster 0 and, in row 16, in cluster 1"))
            fail_msg("%s: %s", names[k], ctx.message);
    }
}

/* Rows' own clusters: scores summed by them, here by numpy (lstsq on dummies). */
static void test_regression_takes_rows(void **state)
{
    (void)state;
    jd_ctx_t ctx;
    jd_fit_t fit = {0};
    fill();
    assert_int_equal(infer("twfe", &ctx, &fit), JD_OK);
    assert_near(fit.estimate[0], 1.04722222222222, 1e-12);
    assert_near(fit.std_error[0] / sqrt(fit.facts.factor), 0.07835861846749474, 1e-12);
    jd_fit_free(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_regression_takes_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
