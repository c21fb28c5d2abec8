/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that appear when whole, also where several processes write the same one at once. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/files/whole.h"
#include "support.h"

enum { WRITERS = 4, ROUNDS = 60, LINES = 50 };

static char folder[] = "/tmp/jiedao_whole_XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/plan.txt", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    remove(path);
    return rmdir(folder);
}

static int write_lines(jd_ctx_t *ctx)
{
    jd_whole_t whole;
    int rc = jd_whole_open(&whole, path, true, ctx);
    FILE *out = rc ? NULL : jd_whole_stream(&whole, ctx);
    if (!out) return rc;
    for (int i = 0; i < LINES; i++)
        fprintf(out, "line %d\n", i);
    return jd_whole_commit(&whole, ctx);
}

/* 0 if the file is not there or is whole. */
static int misread(void)
{
    char line[32], last[32] = "none";
    FILE *in = fopen(path, "r");
    if (!in) return 0;
    int n = 0;
    for (; fgets(line, sizeof line, in); n++)
        snprintf(last, sizeof last, "%s", line);
    fclose(in);
    return n != LINES || strcmp(last, "line 49\n") != 0;
}

/* Nobody ever reads half a file. */
static int write_and_read(void)
{
    int wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        jd_ctx_t ctx = {0};
        int rc = write_lines(&ctx);
        wrong += (rc && rc != JD_ERR_EXISTS) || misread();
    }
    return wrong;
}

static void test_writers_of_one_file(void **state)
{
    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(write_and_read() != 0);
    }
    int wrong = 0;
    for (int i = 0, status; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        wrong += status != 0;
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(misread(), 0);
}

/* A file has no name before it is whole, so two writers never meet: the last to finish is what is
 * there, or, where nothing may be replaced, the second is refused. */
static void test_a_second_writer(void **state)
{
    (void)state;
    for (int replace = 0; replace < 2; replace++) {
        jd_ctx_t ctx = {0};
        jd_whole_t whole;
        remove(path);
        assert_int_equal(jd_whole_open(&whole, path, replace, &ctx), JD_OK);
        FILE *out = jd_whole_stream(&whole, &ctx);
        assert_non_null(out);
        fputs("half a file\n", out);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(write_lines(&ctx) != JD_OK);
        int status = 0;
        assert_true(waitpid(child, &status, 0) == child);
        assert_int_equal(status, 0);
        assert_int_equal(misread(), 0);
        assert_int_equal(jd_whole_commit(&whole, &ctx), replace ? JD_OK : JD_ERR_EXISTS);
        if (!replace) assert_non_null(strstr(ctx.message, "replace it with --force"));
        assert_int_equal(misread() != 0, replace);
    }
    jd_ctx_t ctx = {0};
    assert_int_equal(write_lines(&ctx), JD_OK);
    assert_int_equal(misread(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writers_of_one_file),
        cmocka_unit_test(test_a_second_writer),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
