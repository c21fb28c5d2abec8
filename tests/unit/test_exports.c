/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the built libraries show the world, and what they lean on. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static const char *const shared[] = {JD_SHARED_CORE, JD_SHARED_DID, JD_SHARED_SIM};
static const char *const archives[] = {JD_STATIC_CORE, JD_STATIC_DID, JD_STATIC_SIM};

/* Sanitizers and coverage put names of their own beside ours. */
static bool is_instrumentation(const char *name)
{
    static const char *const starts[] = {
        "__asan",     "__odr_asan", "__ubsan", "__tsan", "__sanitizer", "__sancov",
        "__start___", "__stop___",  "__gcov",  "asan.",  "tsan.",       "sancov.",
        "__llvm",     "___asan",    ".omp",    ".gomp",  "__emutls"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (!strncmp(name, starts[i], strlen(starts[i]))) return true;
    return false;
}

/* Names `nm OPTIONS LIBRARY` lists without the jd_ prefix, told one by one; *n counts all. */
static int count_foreign(const char *options, const char *library, int *n)
{
    char command[2048], line[2048], name[1024];
    snprintf(command, sizeof command, "nm %s --defined-only '%s'", options, library);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    int foreign = 0;
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "%*s %*c %1023s", name) != 1 || is_instrumentation(name)) continue;
        ++*n;
        if (!strncmp(name, "jd_", 3)) continue;
        print_error("%s: %s has no jd_ in front\n", library, name);
        foreign++;
    }
    assert_int_equal(pclose(in), 0);
    return foreign;
}

static void test_exported_names_have_the_prefix(void **state)
{
    (void)state;
    int foreign = 0, n = 0;
    for (int i = 0; i < 3; i++)
        foreign += count_foreign("-D", shared[i], &n);
    assert_true(n > 10);
    assert_int_equal(foreign, 0);
}

/* In an archive hidden names count too: they would clash with a user's. */
static void test_archive_names_have_the_prefix(void **state)
{
    (void)state;
    int foreign = 0, n = 0;
    for (int i = 0; i < 3; i++)
        foreign += count_foreign("-g", archives[i], &n);
    assert_true(n > 10);
    assert_int_equal(foreign, 0);
}

static bool output_holds(const char *command, const char *needle)
{
    FILE *in = popen(command, "r");
    assert_non_null(in);
    char line[2048];
    bool found = false;
    while (fgets(line, sizeof line, in))
        found |= strstr(line, needle) != NULL;
    assert_int_equal(pclose(in), 0);
    return found;
}

static bool needs(const char *library, const char *other)
{
    char command[2048];
    snprintf(command, sizeof command, "readelf -d '%s' | grep NEEDED", library);
    return output_holds(command, other);
}

static void test_estimators_and_simulator_do_not_know_each_other(void **state)
{
    (void)state;
    assert_false(needs(JD_SHARED_DID, "jiedao-sim"));
    assert_false(needs(JD_SHARED_SIM, "jiedao-did"));
    assert_false(needs(JD_SHARED_CORE, "jiedao"));
    for (int i = 0; i < 3; i++)
        assert_false(needs(shared[i], "hdf5"));
}

/* What other languages bind: all that frame.h and analysis.h declare, and contexts and tables by
 * functions. Nothing but pointers, numbers and texts goes over the border. */
static void test_the_flat_interface_is_exported(void **state)
{
    (void)state;
    static const char *const headers[] = {"frame", "analysis"};
    static const char *const more[] = {"jd_ctx_create",        "jd_ctx_free",
                                       "jd_ctx_set_threads",   "jd_ctx_set_poll",
                                       "jd_ctx_set_hear",      "jd_ctx_message",
                                       "jd_ctx_code",          "jd_ctx_where",
                                       "jd_error_name",        "jd_abi",
                                       "jd_table_n_rows",      "jd_table_n_columns",
                                       "jd_table_column_name", "jd_table_column_type",
                                       "jd_table_column_data", "jd_table_arrow"};
    char command[2048], line[1024], name[256];
    int n = 0;
    for (int k = 0; k < 2; k++) {
        snprintf(line, sizeof line, "%s/include/jiedao/%s.h", JD_SOURCE_DIR, headers[k]);
        FILE *in = fopen(line, "r");
        assert_non_null(in);
        while (fgets(line, sizeof line, in)) {
            const char *at = strstr(line, "jd_");
            if (strncmp(line, "JD_API", 6) != 0) {
                assert_null(strstr(line, "{"));
                continue;
            }
            assert_null(strstr(line, "..."));
            while (at && sscanf(at, "%255[a-z0-9_](", name) == 1 && at[strlen(name)] != '(')
                at = strstr(at + 3, "jd_");
            if (!at) fail_msg("no function in: %s", line);
            snprintf(command, sizeof command, "nm -D --defined-only '%s'", JD_SHARED_DID);
            snprintf(line, sizeof line, " T %s\n", name);
            if (!output_holds(command, line)) fail_msg("%s is not exported", name);
            n++;
        }
        fclose(in);
    }
    assert_true(n > 15);
    for (size_t k = 0; k < sizeof more / sizeof *more; k++) {
        snprintf(command, sizeof command, "nm -D --defined-only '%s'", JD_SHARED_CORE);
        snprintf(line, sizeof line, " T %s\n", more[k]);
        if (!output_holds(command, line)) fail_msg("%s is not exported", more[k]);
    }
}

/* Simulated data must be equal on every machine, and libm's functions are not. */
static void test_simulator_calls_no_libm(void **state)
{
    (void)state;
    static const char *const functions[] = {
        "exp",  "exp2", "expm1", "log",   "log2",  "log10",  "log1p",  "pow",  "sin",  "cos",
        "tan",  "asin", "acos",  "atan",  "atan2", "sinh",   "cosh",   "tanh", "erf",  "erfc",
        "expf", "logf", "powf",  "hypot", "cbrt",  "lgamma", "tgamma", "sinf", "cosf",
    };
    char command[2048], line[2048], name[1024];
    snprintf(command, sizeof command, "nm -u '%s' '%s'", JD_STATIC_CORE, JD_STATIC_SIM);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    int found = 0, n = 0;
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, " U %1023s", name) != 1) continue;
        n++;
        for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
            if (!strcmp(name, functions[i])) {
                print_error("sim calls %s of libm\n", name);
                found++;
            }
    }
    assert_int_equal(pclose(in), 0);
    assert_true(n > 0);
    assert_int_equal(found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exported_names_have_the_prefix),
        cmocka_unit_test(test_archive_names_have_the_prefix),
        cmocka_unit_test(test_estimators_and_simulator_do_not_know_each_other),
        cmocka_unit_test(test_the_flat_interface_is_exported),
        cmocka_unit_test(test_simulator_calls_no_libm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
