/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Robust sets and pretests where every n-th allocation fails: an error that says so, and nothing
 * leaked. */
#include "fault/failing.h"
#include "jiedao/did.h"
#include "jiedao/honest.h"
#include "jiedao/pretrend.h"

static const double beta[] = {0.2, -0.1, 1.0, 1.4};
static const double sigma[] = {0.04, 0.01, 0.00, 0.01, 0.01, 0.03, 0.01, 0.00,
                               0.00, 0.01, 0.05, 0.02, 0.01, 0.00, 0.02, 0.06};

typedef int (*work_t)(const jd_event_path_t *path, jd_ctx_t *ctx);

static int run_sets(const jd_event_path_t *path, jd_honest_method_t method, jd_ctx_t *ctx)
{
    jd_honest_options_t options;
    jd_honest_set_t set;
    double m = 0.5, breakdown;
    jd_honest_defaults(&options);
    options.method = method;
    options.draws = 100;
    options.grid = 20;
    int rc = jd_honest_sets(path, &options, &m, 1, &set, ctx);
    return rc ? rc : jd_honest_breakdown(path, &options, 0, &breakdown, ctx);
}

static int flci(const jd_event_path_t *path, jd_ctx_t *ctx)
{
    return run_sets(path, JD_HONEST_FLCI, ctx);
}

static int flci_first(const jd_event_path_t *path, jd_ctx_t *ctx)
{
    return run_sets(path, JD_HONEST_C_FLCI, ctx);
}

static int simulated_first(const jd_event_path_t *path, jd_ctx_t *ctx)
{
    return run_sets(path, JD_HONEST_C_LF, ctx);
}

static int pretests(const jd_event_path_t *path, jd_ctx_t *ctx)
{
    jd_pretrend_options_t options;
    jd_pretrend_test_t test;
    jd_pretrend_t pretrend;
    double slope, joint;
    jd_pretrend_defaults(&options);
    options.points = 64;
    int rc = jd_pretrend_test(path, &options, &test, ctx);
    if (!rc) rc = jd_pretrend_slope(path, 0.5, &options, &slope, &joint, ctx);
    if (!rc) rc = jd_pretrend_assess(&pretrend, path, beta, &options, ctx);
    if (!rc) jd_pretrend_free(&pretrend);
    return rc;
}

static void assert_survives(work_t work)
{
    for (long n = 0;; n++) {
        jd_ctx_t ctx;
        jd_event_path_t path = {0};
        long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        ctx.threads = 1;
        int rc = jd_event_path_make(&path, beta, sigma, 2, 2, &ctx);
        if (!rc) rc = work(&path, &ctx);
        int failed = stop_failing();
        jd_event_path_free(&path);
        if (failing.blocks != blocks)
            fail_msg("allocation %ld: %ld blocks leaked", n, failing.blocks - blocks);
        if (!failed) {
            assert_int_equal(rc, JD_OK);
            assert_true(n > 5);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("allocation %ld: %d, '%s'", n, rc, ctx.message);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_survives(flci);
    assert_survives(flci_first);
    assert_survives(simulated_first);
    assert_survives(pretests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
