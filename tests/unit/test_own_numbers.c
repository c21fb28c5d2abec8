/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as people write them: thousands, decimal marks, codes of missing values. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cell.h"
#include "own_data.h"
#include "support.h"

static jd_ctx_t ctx;
static char notes[2048];
static char path[] = "/tmp/jiedao-numbers-XXXXXX";

static void take_note(void *user, const char *text)
{
    (void)user;
    snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s\n", text);
}

static void test_cells(void **state)
{
    (void)state;
    const double none = -12345;
    static const struct {
        const char *cell;
        double point, comma; /* -12345: none */
    } cells[] = {
        {"1,234", 1234, 1.234},
        {"-1,234.5", -1234.5, -12345},
        {"1.234", 1.234, 1234},
        {"1.234,5", -12345, 1234.5},
        {"1,234,567", 1234567, -12345},
        {"1.234.567", -12345, 1234567},
        {"12,34,567.25", 1234567.25, -12345},
        {"1 234", 1234, 1234},
        {"1\xC2\xA0"
         "234,5",
         -12345, 1234.5},
        {"1\xE2\x80\xAF"
         "234.5",
         1234.5, -12345},
        {"1'234'567.5", 1234567.5, -12345},
        {"1\xE2\x80\x99"
         "234",
         1234, 1234},
        {"0,435", -12345, 0.435},
        {"012,345", -12345, 12.345},
        {"1234,567", -12345, 1234.567},
        {"1,23", -12345, 1.23},
        {"1,2345", -12345, 1.2345},
        {"1234.5", 1234.5, -12345},
        {".5", .5, -12345},
        {",5", -12345, .5},
        {"5.", 5, -12345},
        {"1e3", 1000, 1000},
        {"1,5e3", -12345, 1500},
        {"1,234e3", -12345, 1234},
        {"1e999", -12345, -12345},
        {"1,234 567", -12345, -12345},
        {"1,23,45", -12345, -12345},
        {"123,45,678", -12345, -12345},
        {"1 23", -12345, -12345},
        {"1..5", -12345, -12345},
        {"1,234,56", -12345, -12345},
        {"1.234.5", -12345, -12345},
        {"1,234.567,8", -12345, -12345},
        {"-", -12345, -12345},
        {".", -12345, -12345},
        {"", -12345, -12345},
        {" 7 ", 7, 7},
        {"inf", (double)INFINITY, (double)INFINITY},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        const char *cell = cells[i].cell;
        double x = none, y = none;
        bool point = jd_cell_number(cell, strlen(cell), '.', true, &x),
             comma = jd_cell_number(cell, strlen(cell), ',', true, &y);
        if (point != (cells[i].point != none) || comma != (cells[i].comma != none) ||
            (point && x != cells[i].point) || (comma && y != cells[i].comma))
            fail_msg("'%s': %g %g", cell, x, y);
        const unsigned ways = jd_cell_ways(cell, strlen(cell));
        assert_int_equal((ways & JD_CELL_POINT) != 0, point);
        assert_int_equal((ways & JD_CELL_COMMA) != 0, comma);
    }
}

/* Columns i;t;d;y;w, and z, which nothing uses. */
static int read_rows(const char *rows, const jd_csv_style_t *style, jd_own_data_t *data)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fprintf(out, "i;t;d;y;w;z\n%s", rows);
    assert_int_equal(fclose(out), 0);
    const jd_own_roles_t roles = {.y = "y", .unit = "i", .time = "t", .treat = "d", .weights = "w"};
    jd_ctx_init(&ctx);
    ctx.warn = take_note;
    notes[0] = '\0';
    return own_data_read(data, path, &roles, style, &ctx);
}

static void test_columns(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        char decimal;
        double y[2], w[2];
        const char *note;
    } columns[] = {
        /* The mark by the column itself, another, one that nothing uses, the option. */
        {"a;1;0;1,234.5;1;1\na;2;1;611;2;1\n",
         0,
         {1234.5, 611},
         {1, 2},
         "'1,234.5' in row 1 is 1234.5"},
        {"a;1;0;1,234;0.5;1\na;2;1;611;2;1\n", 0, {1234, 611}, {.5, 2}, "'1,234' in row 1 is 1234"},
        {"a;1;0;1.234;0,5;1\na;2;1;611;2;1\n", 0, {1234, 611}, {.5, 2}, "'1.234' in row 1 is 1234"},
        {"a;1;0;1;1.234;1\na;2;1;6,5;611;1\n",
         0,
         {1, 6.5},
         {1234, 611},
         "'1.234' in row 1 is 1234"},
        {"a;1;0;1.234;1;0,5\na;2;1;611;2;1\n", 0, {1234, 611}, {1, 2}, "'1.234' in row 1 is 1234"},
        {"a;1;0;1.234;1;0.5\na;2;1;1.611;2;1\n", 0, {1.234, 1.611}, {1, 2}, ""},
        {"a;1;0;1.234;1;1\na;2;1;1.611;2;1\n", '.', {1.234, 1.611}, {1, 2}, ""},
        {"a;1;0;1.234;1;1\na;2;1;611;2;1\n",
         '.',
         {1.234, 611},
         {1, 2},
         "look grouped by thousands"},
        {"a;1;0;1.234;1;1\na;2;1;1.611;2;1\n", ',', {1234, 1611}, {1, 2}, "is 1234"},
        /* No doubt: two groups, a leading zero, four digits in front, blanks, apostrophes. */
        {"a;1;0;1.234.567;1;1\na;2;1;1.611;2;1\n", 0, {1234567, 1611}, {1, 2}, "is 1234567"},
        {"a;1;0;0,435;1;1\na;2;1;1,611;2;1\n", 0, {.435, 1.611}, {1, 2}, ""},
        {"a;1;0;1234.567;1;1\na;2;1;1.611;2;1\n", 0, {1234.567, 1.611}, {1, 2}, ""},
        {"a;1;0;1 234;1;1\na;2;1;611;2;1\n", 0, {1234, 611}, {1, 2}, "'1 234' in row 1 is 1234"},
        {"a;1;0;1'234;1'000;1\na;2;1;611;2;1\n", 0, {1234, 611}, {1000, 2}, "column w"},
        /* Ids have no say and stay as they are. */
        {"1.5;1;0;0,5;1;1\n1.5;2;1;1,5;2;1\n", 0, {.5, 1.5}, {1, 2}, ""},
        {"1.234;1;0;0,5;1;1\n1.234;2;1;1,5;2;1\n", 0, {.5, 1.5}, {1, 2}, ""},
    };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        const jd_csv_style_t style = {.decimal = columns[k].decimal};
        jd_own_data_t data;
        if (read_rows(columns[k].rows, &style, &data)) fail_msg("case %zu: %s", k, ctx.message);
        for (int i = 0; i < 2; i++)
            if (data.y[i] != columns[k].y[i] || data.panel.weight[i] != columns[k].w[i])
                fail_msg("case %zu: %g %g", k, data.y[i], data.panel.weight[i]);
        if (!strstr(notes, columns[k].note) || (!*columns[k].note && *notes))
            fail_msg("case %zu: %s", k, notes);
        jd_own_data_free(&data);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        char decimal;
        const char *message;
    } refused[] = {
        {"a;1;0;611;1;1\na;2;1;1,234;2;1\n", 0, "--y y: row 2 holds '1,234': 1234, or 1.234?"},
        {"a;1;0;611;1;1\na;2;1;1.234;2;1\n", 0, "--y y: row 2 holds '1.234': 1.234, or 1234?"},
        {"a;1;0;9.611;1;1\na;2;1;1.234;2;1\n", 0,
         "--decimal point reads 9.611, --decimal comma 9611"},
        {"a;1;0;611;1.000;1\na;2;1;612;2;1\n", 0, "--weights w: row 1 holds '1.000': 1, or 1000?"},
        {"a;1;0;1,5;1;1\na;2;1;611;0.5;2\n", 0, "say which counts"},
        {"a;1;0;1,5;1;1\na;2;1;1.5;2;1\n", 0,
         "row 2 holds '1.5', with a decimal point, row 1 '1,5'"},
        {"a;1;0;611;1;1\na;2;1;1.234,5;2;1\n", '.',
         "--y y: row 2 holds '1.234,5', which is no number with a decimal point"},
        {"a;1;0;611;1;1\na;2;1;1.5;2;1\n", ',',
         "--y y: row 2 holds '1.5', which is no number with a decimal comma"},
        {"a;1;0;611;1;1\na;2;1;x;2;1\n", ',', "--y y: row 2 holds 'x'; a number is needed"},
        {"a;1;0;6;1;1\na;2;1;1.234 kg;2;1\n", 0, "--y y: row 2 holds '1.234 kg'; a number"},
        {"a;2,001;0;6;1;1\na;2,002;1;1;2;1\n", 0, "--time t: row 1 holds '2,001'"},
    };
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        const jd_csv_style_t style = {.decimal = refused[k].decimal};
        jd_own_data_t data;
        if (!read_rows(refused[k].rows, &style, &data)) fail_msg("case %zu is taken", k);
        if (!strstr(ctx.message, refused[k].message)) fail_msg("case %zu: %s", k, ctx.message);
    }
}

static void test_missing_codes(void **state)
{
    (void)state;
    static const struct {
        const char *cells[4], *codes;
        char decimal;
        int64_t missing;
        const char *note;
    } lists[] = {
        {{"-999.0", "-999.00", "\" -999\"", "1"}, "-999", 0, 3, "--missing -999: 3 cells"},
        {{"-999", "-9.99e2", "-999.5", "1"}, "-999.0", 0, 2, "--missing -999.0: 2 cells"},
        {{"-999,00", "0,5", "-999", "1,25"}, "-999", 0, 2, "-999: 2 cells"},
        {{"-9,999", "0.5", "2", "3"}, "-9999", 0, 1, "-9999: 1 cell"},
        {{"-9,0", "1,5", "2", "3"}, "-9", 0, 1, "-9: 1 cell"},
        {{"n.a.", "0.5", "-99", "3"},
         "n.a.,-99,-98",
         0,
         2,
         "n.a.: 1 cell; -99: 1 cell; -98: no cell of the columns in use"},
        {{"99", "9", "999", "3"}, "9", 0, 1, "9: 1 cell"},
    };
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const jd_csv_style_t style = {.decimal = lists[k].decimal, .missing = lists[k].codes};
        const char *const *c = lists[k].cells;
        char rows[256];
        jd_own_data_t data;
        snprintf(rows, sizeof rows, "a;1;0;%s;1;1\na;2;1;%s;1;1\nb;1;0;%s;1;1\nb;2;0;%s;1;1\n",
                 c[0], c[1], c[2], c[3]);
        if (read_rows(rows, &style, &data)) fail_msg("case %zu: %s", k, ctx.message);
        assert_int_equal(data.dropped[JD_OWN_NO_Y], lists[k].missing);
        assert_int_equal(data.panel.n, 4 - lists[k].missing);
        if (!strstr(notes, lists[k].note)) fail_msg("case %zu: %s", k, notes);
        jd_own_data_free(&data);
    }
}

/* A code with the other mark is no code, and must not reach beyond its cell. */
static void test_a_code_with_the_other_mark(void **state)
{
    (void)state;
    const jd_csv_style_t style = {.missing = "-9"};
    jd_own_data_t data;
    assert_int_equal(read_rows("a;1;0;-9,0;0.5;1\na;2;1;x;1.5;1\n", &style, &data), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "--y y: row 2 holds 'x'; a number is needed"));
}

static void test_utf16(void **state)
{
    (void)state;
    static const char *const heads[] = {"\xFF\xFE", "", "\xFE\xFF"};
    for (int k = 0; k < 3; k++) {
        const char *text = "i;t;d;y\n1;1;0;1\n1;2;1;2\n";
        const jd_own_roles_t roles = {.y = "y", .unit = "i", .time = "t", .treat = "d"};
        jd_own_data_t data;
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        fputs(heads[k], out);
        for (const char *s = text; *s; s++) {
            if (k == 2) fputc(0, out);
            fputc(*s, out);
            if (k < 2) fputc(0, out);
        }
        assert_int_equal(fclose(out), 0);
        jd_ctx_init(&ctx);
        assert_int_equal(own_data_read(&data, path, &roles, NULL, &ctx), JD_ERR_FORMAT);
        assert_non_null(strstr(ctx.message, "is UTF-16; save it as UTF-8"));
    }
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_missing_codes),
        cmocka_unit_test(test_a_code_with_the_other_mark),
        cmocka_unit_test(test_utf16),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
