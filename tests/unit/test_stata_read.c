/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stata files are read back as they were written; damaged ones are refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/open.h"
#include "io/stata/stata.h"
#include "support.h"

enum { ROWS = 1500 };

static const jd_column_t columns[] = {
    {"unit", JD_INT32, "1", "county", NULL, 0, JD_AXIS_CELL},
    {"y", JD_DOUBLE, "1", "outcome", NULL, 0, JD_AXIS_CELL},
    {"name", JD_TEXT, "", "name", NULL, 12, JD_AXIS_CELL},
    {"small", JD_INT8, "1", "small", NULL, 0, JD_AXIS_CELL},
};

static char file[] = "/tmp/jiedao-stata-XXXXXX";

static void fill(jd_table_t *t)
{
    assert_int_equal(jd_table_init(t, "t", "", columns, 4, ROWS, NULL), JD_OK);
    t->rows = ROWS;
    for (int i = 0; i < ROWS; i++) {
        jd_table_set_number(t, 0, i, 1000000 + i);
        jd_table_set_number(t, 1, i, i % 7 == 3 ? (double)NAN : i / 3.0);
        jd_table_set_text(t, 2, i, i % 5 == 1 ? "" : i % 2 ? "街道" : "street");
        jd_table_set_number(t, 3, i, i % 100 - 50);
    }
}

static int make_file(void **state)
{
    (void)state;
    jd_table_t t;
    fill(&t);
    int fd = mkstemp(file);
    if (fd < 0) return -1;
    close(fd);
    int rc = jd_stata_write(&t, file, true, NULL);
    jd_table_free(&t);
    return rc;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

/* Takes the columns whose first letter is in `user`. */
static int choose(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    const char *letters = user;
    for (int i = 0; i < n; i++)
        take[i] = strchr(letters, names[i][0]) != NULL;
    return strchr(letters, '!') ? jd_fail(ctx, JD_ERR_ARGUMENT, "no") : JD_OK;
}

static void test_columns_come_back(void **state)
{
    (void)state;
    char letters[] = "yns", text[64], expected[64];
    jd_wanted_t wanted = {choose, letters, NULL, NULL};
    jd_table_t was, t;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    fill(&was);
    if (jd_stata_read(file, &wanted, NULL, &t, &ctx)) fail_msg("%s", ctx.message);
    assert_int_equal(t.n_columns, 3);
    assert_int_equal(t.rows, ROWS);
    assert_int_equal(jd_table_find(&t, "unit"), -1);
    int y = jd_table_find(&t, "y"), name = jd_table_find(&t, "name"),
        small = jd_table_find(&t, "small");
    for (int i = 0; i < ROWS; i++) {
        double is = jd_table_number(&t, y, i), should = jd_table_number(&was, 1, i);
        assert_true(is == should || (isnan(is) && isnan(should)));
        assert_true(jd_table_number(&t, small, i) == i % 100 - 50);
        assert_string_equal(jd_table_text(&t, name, i, text, sizeof text),
                            jd_table_text(&was, 2, i, expected, sizeof expected));
    }
    jd_table_free(&t);
    jd_table_free(&was);
}

static void test_the_choosers_error_ends_it(void **state)
{
    (void)state;
    char letters[] = "y!";
    jd_wanted_t wanted = {choose, letters, NULL, NULL};
    jd_table_t t;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_stata_read(file, &wanted, NULL, &t, &ctx), JD_ERR_ARGUMENT);
    assert_string_equal(ctx.message, "no");
    assert_null(t.data);
}

/* Cut at every 97th byte, and with single bytes wrong: an answer or a refusal, never a crash. */
static void test_damaged_files(void **state)
{
    (void)state;
    char letters[] = "uyns", damaged[] = "/tmp/jiedao-damaged-XXXXXX";
    jd_wanted_t wanted = {choose, letters, NULL, NULL};
    int fd = mkstemp(damaged), refused = 0;
    assert_true(fd >= 0);
    FILE *in = fopen(file, "rb");
    assert_non_null(in);
    static char bytes[200000];
    size_t size = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_true(size > 1000 && size < sizeof bytes);
    for (size_t k = 0; k < 400; k++) {
        size_t length = k < 200 ? size * k / 200 : size, at = k * 37 % 4000;
        char was = bytes[at];
        if (k >= 200) bytes[at] = (char)(was ^ (char)(1 + k % 127));
        FILE *out = fopen(damaged, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(bytes, 1, length, out), length);
        fclose(out);
        bytes[at] = was;
        jd_table_t t;
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        int rc = jd_stata_read(damaged, &wanted, NULL, &t, &ctx);
        if (rc && !ctx.message[0]) fail_msg("case %zu: code %d without a word", k, rc);
        refused += rc != 0;
        jd_table_free(&t);
    }
    close(fd);
    unlink(damaged);
    assert_true(refused > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_come_back),
        cmocka_unit_test(test_the_choosers_error_ends_it),
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
