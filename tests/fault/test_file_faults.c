/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every call that touches a file may fail: an older result stays until a whole one replaces it, and
 * nothing else is left. */
#include <limits.h>

#include "fault/study_work.h"

static jd_config_t *config;
static char path[64], log_path[64];
static char *whole; /* what a run without faults writes */
static size_t whole_size;
static long calls; /* that it makes */

static char *load(const char *name, size_t *size)
{
    struct stat about;
    FILE *in = fopen(name, "rb");
    if (!in || fstat(fileno(in), &about) != 0) fail_msg("%s: %s", name, strerror(errno));
    *size = (size_t)about.st_size;
    char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, in), *size);
    fclose(in);
    bytes[*size] = '\0';
    return bytes;
}

static void put_older(void)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs("older", out);
    fclose(out);
}

/* Looks at what a run left after its n-th call failed: the older file, or all of the new one. */
static void look(long n, int rc)
{
    size_t size;
    char *found = load(path, &size);
    bool older = size == 5 && memcmp(found, "older", 5) == 0;
    bool new = size == whole_size &&memcmp(found, whole, size) == 0;
    free(found);
    if (rc ? !older : !new) fail_msg("call %ld, code %d: neither old nor new file", n, rc);
    int files = files_in_folder() - (access(log_path, F_OK) == 0);
    if (files != 1) fail_msg("call %ld, code %d: %d files are left", n, rc, files);
}

/* The first and the last calls one by one, every 11th between. */
static void fail_each(int error, bool for_good)
{
    static jd_ctx_t ctx;
    long told = 0;
    failing.error = error;
    failing.for_good = for_good;
    for (long n = 0; n < calls; n += n < 60 || n > calls - 60 ? 1 : 11) {
        put_older();
        fail_at(FAIL_FILES, n, &ctx);
        int rc = jd_study_run(config, path, true, 1, NULL, &ctx);
        assert_true(stop_failing());
        look(n, rc);
        unlink(log_path);
        if (!rc) continue; /* the folder's sync, the log */
        told++;
        if (!strstr(ctx.message, path)) fail_msg("call %ld: no file named: %s", n, ctx.message);
        if (!strstr(ctx.message, strerror(error)))
            fail_msg("call %ld: no reason: %s", n, ctx.message);
    }
    assert_true(told > 60);
}

static void test_full_disk(void **state)
{
    (void)state;
    fail_each(ENOSPC, true);
}

static void test_one_failure(void **state)
{
    (void)state;
    fail_each(EIO, false);
}

/* Where files cannot be without a name they get a random one, and leave none. */
static void test_no_nameless_files(void **state)
{
    (void)state;
    static jd_ctx_t ctx;
    int named = 0;
    failing.error = EOPNOTSUPP;
    failing.for_good = false;
    for (long n = 0; n < 8; n++) {
        put_older();
        fail_at(FAIL_FILES, n, &ctx);
        int rc = jd_study_run(config, path, true, 1, NULL, &ctx);
        assert_true(stop_failing());
        look(n, rc);
        named += !rc;
        unlink(log_path);
    }
    assert_true(named > 0);
}

static int setup(void **state)
{
    static jd_ctx_t ctx;
    if (make_folder(state)) return -1;
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(log_path, sizeof log_path, "%s/a.log.json", folder);
    config = ready_config(NULL);
    fail_at(FAIL_FILES, LONG_MAX, &ctx);
    if (jd_study_run(config, path, false, 1, NULL, &ctx)) return -1;
    calls = LONG_MAX - failing.left;
    stop_failing();
    whole = load(path, &whole_size);
    unlink(log_path);
    return 0;
}

static int teardown(void **state)
{
    jd_config_free(config);
    free(whole);
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_one_failure),
        cmocka_unit_test(test_no_nameless_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
