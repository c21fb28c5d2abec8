/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic DID, its inference, weights and bias split where every n-th allocation fails: an error
 * that says so, and nothing leaked. */
#include "fault/failing.h"
#include "jiedao/split.h"
#include "jiedao/synthetic.h"
#include "property/did_dense.h"

static int run(const trial_t *t, const jd_did_options_t *options, jd_resample_t how, jd_ctx_t *ctx)
{
    static double y0[MAX_ROWS];
    static int8_t cell[MAX_ROWS];
    jd_split_t split[MAX_COLUMNS];
    jd_design_t *design = NULL;
    jd_synthetic_weights_t weights = {0};
    jd_fit_t fit = {0};
    int n = 0;
    const jd_vcov_options_t vcov = {.resample = how, .draws = 3};
    const jd_split_input_t input = {.y1_obs = t->y, .y1 = t->y, .y0 = y0, .cell = cell};
    int rc =
        jd_design_prepare(&design, jd_estimator_find("synthetic_did"), &t->panel, options, ctx);
    if (rc == JD_OK) rc = jd_design_infer(design, t->y, &vcov, 0.95, &fit, ctx);
    if (rc == JD_OK) rc = jd_synthetic_weights_find(&weights, design, t->y, ctx);
    if (rc == JD_OK) rc = jd_split_bias(design, &input, split, &n, ctx);
    jd_synthetic_weights_free(&weights);
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc;
}

static void assert_survives(const trial_t *t, int synthdid, jd_resample_t how)
{
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.aggregate = JD_AGGREGATE_OVERALL;
    options.synthdid = synthdid;
    for (long n = 0;; n++) {
        jd_ctx_t ctx;
        long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        int rc = run(t, &options, how, &ctx);
        int failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("allocation %ld: %ld blocks leaked", n, failing.blocks - blocks);
        if (!failed) {
            if (rc != JD_OK) fail_msg("%s", ctx.message);
            print_message("%ld allocations\n", n);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("allocation %ld: %d, '%s'", n, rc, ctx.message);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static trial_t t;
    make_trial(&t, 8);
    t.panel = (jd_panel_t){.unit = t.unit, .time = t.time, .cohort = t.cohort};
    t.panel.x = t.x_column;
    t.panel.x_name = t.x_name;
    t.panel.n_x = 1;
    for (int u = 0; u < 8; u++)
        for (int s = 0; s < 5; s++, t.panel.n++) {
            t.unit[t.panel.n] = u;
            t.time[t.panel.n] = s + 1;
            t.cohort[t.panel.n] = u < 2 ? 4 : 0;
        }
    assert_survives(&t, 0, JD_RESAMPLE_JACKKNIFE);
    assert_survives(&t, 1, JD_RESAMPLE_PLACEBO);
    assert_survives(&t, 0, JD_RESAMPLE_BOOTSTRAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
