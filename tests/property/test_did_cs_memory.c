/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sun-Abraham and Callaway-Sant'Anna where every n-th allocation fails: an error that says so and
 * nothing leaked; and what they refuse, in one sentence. */
#include "fault/failing.h"
#include "jiedao/did.h"
#include "property/did_dense.h"

static void assert_survives(const char *estimator, uint64_t seed, int n_x,
                            const jd_did_options_t *options)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    static int8_t eligible[MAX_ROWS];
    static trial_t trial;
    static double weights[MAX_ROWS];
    make_trial(&trial, seed);
    keep_clusters_whole(&trial);
    trial.panel.n_x = n_x;
    trial.panel.x_name = names;
    for (int i = 0; i < trial.panel.n; i++)
        eligible[i] = (int8_t)(trial.unit[i] & 1);
    trial.panel.eligible = eligible;
    for (long n = 0;; n++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        int rc =
            jd_design_prepare(&design, jd_estimator_find(estimator), &trial.panel, options, &ctx);
        const jd_vcov_options_t vcov = {.draws = strcmp(estimator, "sun_abraham") ? 100 : 0};
        if (!rc) rc = jd_design_infer(design, trial.y, &vcov, 0.95, &fit, &ctx);
        int failed = stop_failing();
        if (!rc && jd_design_estimator(design)->family == JD_CLASS_LINEAR)
            jd_design_weights(design, 0, weights);
        jd_fit_free(&fit);
        jd_design_free(design);
        if (failing.blocks != blocks)
            fail_msg("%s, allocation %ld: %ld blocks leaked", estimator, n,
                     failing.blocks - blocks);
        if (!failed) {
            if (rc) fail_msg("%s: %s", estimator, ctx.message);
            print_message("%s: %ld allocations\n", estimator, n);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("%s, allocation %ld: %d, '%s'", estimator, n, rc, ctx.message);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    jd_did_options_t options;
    jd_did_defaults(&options);
    options.group_time.allow_unbalanced = 1;
    assert_survives("sun_abraham", 2, 0, &options);
    assert_survives("callaway_santanna", 2, 0, &options);
    assert_survives("callaway_santanna", 2, 1, &options);
    assert_survives("triple_difference", 2, 0, &options);
    assert_survives("staggered_triple_difference", 2, 0, &options);
    options.aggregate = JD_AGGREGATE_CELLS;
    assert_survives("sun_abraham", 2, 0, &options);
    options.cross_sections = 1;
    options.control = JD_CONTROL_NOT_YET;
    assert_survives("callaway_santanna", 2, 0, &options);
}

enum { N = 12 };
static const int32_t unit[N] = {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4};
static const int32_t period[N] = {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3};

static void check_refused(const char *estimator, const int32_t *time, const int32_t *cohort,
                          const jd_did_options_t *options, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_panel_t panel = {.n = N, .unit = unit, .time = time, .cohort = cohort};
    jd_design_t *design = NULL;
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), &panel, options, &ctx);
    if (rc != code || !strstr(ctx.message, words))
        fail_msg("%s: %d, '%s'", estimator, rc, ctx.message);
    assert_null(design);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const both[] = {"sun_abraham", "callaway_santanna"};
    const int32_t none[N] = {0}, all[N] = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
    const int32_t some[N] = {0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 3, 3};
    const int32_t later[N] = {2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3};
    const int32_t first[N] = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const int32_t twice[N] = {1, 2, 3, 1, 2, 2, 1, 2, 3, 1, 2, 3};
    jd_did_options_t options;
    jd_did_defaults(&options);
    for (int e = 0; e < 2; e++)
        check_refused(both[e], period, none, &options, JD_ERR_NO_TREATED, "is ever treated");
    check_refused(both[0], period, first, &options, JD_ERR_DATA, "9 are of always-treated units");
    check_refused(both[1], period, first, &options, JD_ERR_NO_TREATED,
                  "treated when first seen (9 rows, left out)");
    check_refused(both[1], period, later, &options, JD_ERR_NO_CONTROLS, "take the not-yet-treated");
    check_refused(both[1], period, all, &options, JD_ERR_NO_CONTROLS,
                  "adopt in period 2; add units that adopt later or never");
    check_refused(both[1], twice, some, &options, JD_ERR_DATA, "row 6: unit 2 has a second row");
    check_refused(both[0], period, all, &options, JD_ERR_NO_CONTROLS,
                  "adopt in period 2; add units that adopt later or never");
    options.control = JD_CONTROL_NOT_YET;
    check_refused(both[1], period, all, &options, JD_ERR_NO_CONTROLS,
                  "adopt in period 2; add units that adopt later or never");
    options.event_last = -2;
    check_refused(both[1], period, some, &options, JD_ERR_ARGUMENT, "no event time from 0 on");
    options.anticipation = -1;
    check_refused(both[1], period, some, &options, JD_ERR_ARGUMENT, "anticipation = -1");
    options.bin_last = -2;
    check_refused(both[0], period, some, &options, JD_ERR_ARGUMENT, "the last a lag");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
