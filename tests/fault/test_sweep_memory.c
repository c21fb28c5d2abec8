/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of a sweep and of its merge may fail: an error that says so, nothing leaked, and
 * going on ends with the same bytes. */
#include "fault/study_work.h"
#include "sweep/sweep.h"

static jd_config_t *config;
static char sweep[64], whole[64];

static jd_config_t *swept_config(const char *keep)
{
    const char *const set[] = {"sweep.policy.share=0.25, 0.5", "sweep.replicates=2", keep, NULL};
    jd_ctx_t ctx;
    jd_config_t *made = NULL;
    int n;
    jd_ctx_init(&ctx);
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    int rc = jd_config_create(&made, sections, n, &ctx);
    for (const char *const *a = tiny; !rc && *a; a++)
        rc = jd_config_set(made, "--set", *a, &ctx);
    for (const char *const *a = set; !rc && *a; a++)
        rc = jd_config_set(made, "--set", *a, &ctx);
    if (!rc) rc = jd_config_finish(made, &ctx);
    if (rc) fail_msg("%s", ctx.message);
    return made;
}

static int run_sweep(const char *into, bool force, jd_ctx_t *ctx)
{
    const jd_sweep_options_t options = {.force = force, .resume = !force, .parts = 1};
    jd_sweep_facts_t facts;
    return jd_sweep_run(&jd_sweep_simulate, config, into, &options, &facts, ctx);
}

static void assert_same(void)
{
    char line[256];
    snprintf(line, sizeof line, "cmp %s/sweep.h5 %s/sweep.h5", sweep, whole);
    assert_int_equal(system(line), 0);
}

/* The n-th allocation, for each n up to `dense` and every `stride`-th after; every twentieth time
 * the sweep then goes on. */
static void assert_survives(bool force, long dense, long stride)
{
    static jd_ctx_t ctx;
    for (long n = 0, tried = 1;; n += n < dense ? 1 : stride, tried++) {
        const long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        int rc = run_sweep(sweep, force, &ctx);
        bool failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("allocation %ld: %ld blocks leaked", n, failing.blocks - blocks);
        if (!failed) {
            if (rc) fail_msg("allocation %ld: nothing failed, yet: %s", n, ctx.message);
            print_message("%ld allocations, %ld tried\n", n, tried);
            assert_same();
            return;
        }
        if (rc != JD_ERR_NO_MEMORY) fail_msg("allocation %ld: code %d: %s", n, rc, ctx.message);
        if (!strstr(ctx.message, "memory")) fail_msg("allocation %ld: \"%s\"", n, ctx.message);
        if (tried % 20) continue;
        jd_ctx_init(&ctx);
        if (run_sweep(sweep, false, &ctx)) fail_msg("allocation %ld: %s", n, ctx.message);
        assert_same();
    }
}

/* A shard that cannot be opened or read once is not one that is absent: no file lacks runs. */
static void test_reads_that_fail_lose_no_run(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    static const int errors[] = {EMFILE, EIO};
    char path[80];
    int refused = 0;
    config = swept_config("output.keep=summary");
    jd_ctx_init(&ctx);
    if (run_sweep(sweep, true, &ctx) || run_sweep(whole, true, &ctx)) fail_msg("%s", ctx.message);
    snprintf(path, sizeof path, "%s/sweep.h5", sweep);
    for (int e = 0; e < 2; e++)
        for (long n = 0;; n++) {
            jd_sweep_facts_t facts;
            unlink(path);
            failing.error = errors[e];
            failing.for_good = false;
            fail_at(FAIL_FILES, n, &ctx);
            int rc = jd_sweep_merge(sweep, false, &facts, &ctx);
            bool failed = stop_failing();
            if (!rc) assert_same();
            if (rc && !access(path, F_OK)) fail_msg("call %ld: %s, yet a file", n, ctx.message);
            refused += rc != 0;
            if (!failed) break;
        }
    assert_true(refused > 16); /* four shards, opened and read, looked at twice, two errors */
    jd_config_free(config);
}

static void check(const char *keep, long dense, long stride)
{
    jd_ctx_t ctx;
    config = swept_config(keep);
    jd_ctx_init(&ctx);
    if (run_sweep(whole, true, &ctx)) fail_msg("%s", ctx.message);
    assert_survives(true, dense, stride);
    assert_survives(false, dense, stride); /* all runs are there: reading, merging */
    jd_config_free(config);
}

static void test_summaries(void **state)
{
    (void)state;
    check("output.keep=summary", 50, 97);
}

static void test_all_tables(void **state)
{
    (void)state;
    check("output.keep=all", 0, 509);
}

static int setup(void **state)
{
    if (make_folder(state)) return -1;
    snprintf(sweep, sizeof sweep, "%s/s", folder);
    snprintf(whole, sizeof whole, "%s/w", folder);
    return 0;
}

static int teardown(void **state)
{
    char line[256];
    (void)state;
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summaries),
        cmocka_unit_test(test_all_tables),
        cmocka_unit_test(test_reads_that_fail_lose_no_run),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
