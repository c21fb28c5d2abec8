/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic DID (its inference, weights and bias split), rings, dose, Wald DID, roll_out,
 * did_multiplegt_dyn, stacked, lp_did and the regressions where every n-th allocation fails: an
 * error that says so, and nothing leaked. */
#include "fault/failing.h"
#include "jiedao/split.h"
#include "jiedao/synthetic.h"
#include "property/did_dense.h"

typedef struct {
    const char *estimator;
    jd_did_options_t options;
    jd_resample_t resample;
} request_t;

static int run(const trial_t *t, const request_t *request, jd_ctx_t *ctx)
{
    static double y0[MAX_ROWS];
    static int8_t cell[MAX_ROWS];
    jd_split_t split[MAX_COLUMNS];
    jd_design_t *design = NULL;
    jd_synthetic_weights_t weights = {0};
    jd_fit_t fit = {0};
    int n = 0;
    for (int i = 0; i < t->panel.n; i++)
        y0[i] = 1 + i % 2;
    const jd_vcov_options_t vcov = {.resample = request->resample,
                                    .draws = request->resample ? 3 : 0};
    const jd_split_input_t input = {
        .y1_obs = t->y, .y1 = t->y, .y0 = y0, .cell = cell, .dose = t->panel.dose};
    int rc = jd_design_prepare(&design, jd_estimator_find(request->estimator), &t->panel,
                               &request->options, ctx);
    if (!rc) rc = jd_design_infer(design, t->y, &vcov, 0.95, &fit, ctx);
    if (!rc && !strcmp(request->estimator, "synthetic_did"))
        rc = jd_synthetic_weights_find(&weights, design, t->y, ctx);
    if (!rc) rc = jd_split_bias(design, &input, split, &n, ctx);
    jd_synthetic_weights_free(&weights);
    jd_fit_free(&fit);
    jd_design_free(design);
    return rc;
}

static void assert_survives(const trial_t *t, request_t request)
{
    for (long n = 0;; n++) {
        jd_ctx_t ctx;
        long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        int rc = run(t, &request, &ctx);
        int failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("%s, allocation %ld: %ld blocks leaked", request.estimator, n,
                     failing.blocks - blocks);
        if (!failed) {
            if (rc) fail_msg("%s", ctx.message);
            print_message("%s: %ld allocations\n", request.estimator, n);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("%s, allocation %ld: %d, '%s'", request.estimator, n, rc, ctx.message);
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
    request_t request = {.estimator = "synthetic_did"};
    jd_did_defaults(&request.options);
    request.options.aggregate = JD_AGGREGATE_OVERALL;
    for (int how = JD_RESAMPLE_PLACEBO; how <= JD_RESAMPLE_BOOTSTRAP; how++) {
        request.options.synthetic.synthdid = how == JD_RESAMPLE_PLACEBO;
        request.resample = (jd_resample_t)how;
        assert_survives(&t, request);
    }
    static double dose[MAX_ROWS], latitude[MAX_ROWS];
    static const double edge[] = {150};
    for (int i = 0; i < t.panel.n; i++) {
        dose[i] = t.cohort[i] && t.time[i] >= t.cohort[i] ? 1 + t.unit[i] : 0;
        latitude[i] = t.unit[i];
    }
    t.panel.n_x = 0;
    t.panel.dose = dose;
    t.panel.latitude = t.panel.longitude = latitude;
    request = (request_t){.estimator = "rings"};
    jd_did_defaults(&request.options);
    request.options.rings.edges.value[0] = edge[0];
    request.options.rings.edges.n = 1;
    assert_survives(&t, request);
    request.options.dose.degree = 1;
    t.panel.n_x = 1;
    request.estimator = "dose";
    assert_survives(&t, request);
    request.estimator = "wald_did";
    assert_survives(&t, request);
    static const char *const others[] = {"roll_out", "did_multiplegt_dyn", "stacked", "lp_did"};
    for (int k = 0; k < 4; k++) {
        request.estimator = others[k];
        request.options.lp_did.nonabsorbing = k == 3;
        t.panel.n_x = k > 0;
        assert_survives(&t, request);
    }
    request.estimator = "did_multiplegt_dyn";
    request.resample = JD_RESAMPLE_BOOTSTRAP;
    request.options.multiplegt.trends_lin = 1;
    assert_survives(&t, request);
    t.panel.n_x = 0;
    t.panel.n_het = 1;
    t.panel.het = (const double *const[]){latitude};
    t.panel.het_name = t.x_name;
    assert_survives(&t, request);
    request.resample = JD_RESAMPLE_AUTO;
    assert_survives(&t, request);
}

/* Regressions with columns and slopes, imputation and its kin. */
static void test_every_allocation_of_regressions_may_fail(void **state)
{
    (void)state;
    static const char *const names[] = {"2x2",         "twfe",       "event_study",
                                        "sun_abraham", "imputation", "two_stage",
                                        "etwfe",       "poisson",    "etwfe_poisson"};
    static trial_t t;
    make_trial(&t, 8);
    t.panel = (jd_panel_t){.unit = t.unit, .time = t.time, .cohort = t.cohort, .weight = t.weight};
    t.panel.x = t.x_column;
    t.panel.x_name = t.x_name;
    for (int u = 0; u < 9; u++)
        for (int s = 0; s < 6; s++, t.panel.n++) {
            t.unit[t.panel.n] = u;
            t.time[t.panel.n] = s + 1;
            t.cohort[t.panel.n] = u < 3 ? 3 : u < 6 ? 5 : 0;
            t.cluster[t.panel.n] = u / 2;
            t.weight[t.panel.n] = 1 + u % 3;
            t.y[t.panel.n] = 1 + (u * 5 + s * s * 3) % 7;
        }
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        request_t request = {.estimator = names[k]};
        jd_did_defaults(&request.options);
        t.panel.n_x = k < 6;
        t.panel.n_slopes = 0;
        assert_survives(&t, request);
        if (!(jd_estimator_find(names[k])->reads & JD_READS_SLOPES)) continue;
        add_slope(&t, 1);
        request.options.bin_width = 2;
        assert_survives(&t, request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_every_allocation_of_regressions_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
