/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A large CSV file is read in parts by all threads: cells, learned types, remarks and the line of
 * an error are those of one walk from the first line to the last, wherever the parts end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/open.h"
#include "support.h"

enum { ROWS = 30000, QUOTED = 4000 };

static char file[] = "/tmp/jiedao-walk-XXXXXX";
static char heard[4096];

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(file);
    if (fd >= 0) close(fd);
    return fd < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

static int take_all(void *user, const char *const *names, int n, bool *take, jd_ctx_t *ctx)
{
    (void)user, (void)names, (void)ctx;
    for (int i = 0; i < n; i++)
        take[i] = true;
    return JD_OK;
}

static void hear(void *user, const char *message)
{
    (void)user;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", message);
}

static int read_with(int threads, const char *missing, jd_table_t *table, jd_ctx_t *ctx)
{
    const jd_wanted_t wanted = {take_all, NULL, NULL, NULL};
    jd_csv_style_t style = {.missing = missing};
    jd_ctx_init(ctx);
    ctx->threads = threads;
    ctx->warn = hear;
    heard[0] = '\0';
    return jd_csv_open(file, &style, &wanted, table, ctx);
}

static const int threads[] = {1, 2, 3, 7};
enum { THREADS = sizeof threads / sizeof *threads };

/* Line ends of every kind, empty lines among them, codes of missing values, text. */
static void test_plain_lines(void **state)
{
    (void)state;
    static const char *const ends[] = {"\n", "\r\n", "\n\n"};
    FILE *out = fopen(file, "w");
    fputs("id,x,name\n", out);
    for (int i = 0; i < ROWS; i++)
        fprintf(out, "%d,%s%d.25,town %d%s", i, i % 7 == 3 ? "-99" : "", i, i * 7, ends[i % 3]);
    fclose(out);
    for (int t = 0; t < THREADS; t++) {
        jd_ctx_t ctx;
        jd_table_t table;
        assert_int_equal(read_with(threads[t], "-993.25", &table, &ctx), JD_OK);
        assert_true(table.rows == ROWS);
        assert_int_equal(table.columns[0].type, JD_INT64);
        assert_int_equal(table.columns[1].type, JD_DOUBLE);
        assert_int_equal(table.columns[2].width, 5 + 6 + 1);
        for (int i = 0; i < ROWS; i++) {
            char name[32];
            const double x = JD_CELLS(&table, 1, double)[i];
            snprintf(name, sizeof name, "town %d", i * 7);
            assert_true(JD_CELLS(&table, 0, int64_t)[i] == i);
            assert_string_equal(
                JD_CELLS(&table, 2, char) + (size_t)i * (size_t)table.columns[2].width, name);
            if (i == 3)
                assert_true(isnan(x));
            else if (i % 7 != 3)
                assert_true(x == i + .25);
        }
        assert_non_null(strstr(heard, "-993.25"));
        jd_table_free(&table);
    }
}

/* Lines of data within quotes, which hold most of the text: most parts would end in them. */
static void test_lines_within_quotes(void **state)
{
    (void)state;
    FILE *out = fopen(file, "w");
    fputs("id,note\n", out);
    for (int i = 0; i < QUOTED; i++) {
        fprintf(out, "%d,\"", i);
        for (int k = 0; k < 40; k++)
            fprintf(out, "%d,7\n", k);
        fputs("said \"\"so\"\"\"\n", out);
    }
    fclose(out);
    for (int t = 0; t < THREADS; t++) {
        jd_ctx_t ctx;
        jd_table_t table;
        assert_int_equal(read_with(threads[t], NULL, &table, &ctx), JD_OK);
        assert_true(table.rows == QUOTED);
        for (int i = 0; i < QUOTED; i++)
            assert_true(JD_CELLS(&table, 0, int64_t)[i] == i);
        assert_non_null(
            strstr(JD_CELLS(&table, 1, char) + (QUOTED - 1) * (size_t)table.columns[1].width,
                   "39,7\nsaid \"so\""));
        jd_table_free(&table);
    }
}

/* The first cell with thousands is named, whichever part a thread saw first. */
static void test_first_of_all_parts(void **state)
{
    (void)state;
    FILE *out = fopen(file, "w");
    fputs("id;x\n", out);
    for (int i = 0; i < ROWS * 2; i++)
        fprintf(out, i < 12345 ? "%d;%d.5\n" : "%d;1,0%d.5\n", i, 10 + i % 90);
    fclose(out);
    for (int t = 0; t < THREADS; t++) {
        jd_ctx_t ctx;
        jd_table_t table;
        assert_int_equal(read_with(threads[t], NULL, &table, &ctx), JD_OK);
        assert_non_null(strstr(heard, "row 12346 "));
        assert_true(JD_CELLS(&table, 1, double)[12345] == 1010 + 12345 % 90 + .5);
        jd_table_free(&table);
    }
}

static void check_error(const char *line, const char *message)
{
    FILE *out = fopen(file, "w");
    fputs("id,x\n", out);
    for (int i = 0; i < ROWS * 3; i++)
        fprintf(out, i == 55554 || i == 77777 ? line : "%d,%d\n", i, i % 90);
    fclose(out);
    for (int t = 0; t < THREADS; t++) {
        jd_ctx_t ctx;
        jd_table_t table;
        assert_int_equal(read_with(threads[t], NULL, &table, &ctx), JD_ERR_DATA);
        assert_int_equal(ctx.n_errors, 1);
        assert_non_null(strstr(ctx.message, message));
        assert_null(table.data);
    }
}

static void test_line_of_an_error(void **state)
{
    (void)state;
    check_error("%d,%d,3\n", ":55556: has 3 fields");
    check_error("%d,\"%d\n", ":55556: ");
    check_error("%d,\"a\"%d\n", ":55556: text follows a closing quote");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_lines),
        cmocka_unit_test(test_lines_within_quotes),
        cmocka_unit_test(test_first_of_all_parts),
        cmocka_unit_test(test_line_of_an_error),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
