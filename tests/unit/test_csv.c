/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "io/csv/csv.h"

static const jd_column_t COLUMNS[] = {
    {.name = "name", .type = JD_TEXT, .unit = "", .label = "", .width = 12},
    {.name = "count", .type = JD_INT16, .unit = "1", .label = ""},
    {.name = "share", .type = JD_DOUBLE, .unit = "1", .label = ""},
};
enum { N_COLUMNS = 3 };

static int read_text(const char *text, size_t length, const bool *required, bool *found,
                     jd_table_t *table, jd_ctx_t *ctx)
{
    FILE *stream = tmpfile();
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, length, stream), length);
    rewind(stream);
    int rc = jd_csv_read_stream(stream, "x.csv", COLUMNS, N_COLUMNS, required, found, table, ctx);
    fclose(stream);
    return rc;
}

/* ---- Numbers ---- */

static void assert_prints(double value, const char *text)
{
    char buffer[JD_NUMBER_SIZE];
    assert_int_equal(jd_number_print_double(buffer, value), strlen(text));
    assert_string_equal(buffer, text);
}

static void test_number_print(void **state)
{
    (void)state;
    char buffer[JD_NUMBER_SIZE];
    assert_prints(0.1, "0.1");
    assert_prints(1.0 / 3.0, "0.3333333333333333");
    assert_prints(-0.0, "-0");
    assert_prints(1e22, "1e+22");
    assert_prints(123456789.0, "123456789");
    assert_prints((double)NAN, "");
    assert_prints(DBL_MAX, "1.7976931348623157e+308");
    assert_prints(5e-324, "4.94065645841247e-324");
    assert_int_equal(jd_number_print_float(buffer, 0.1f), 3);
    assert_string_equal(buffer, "0.1");
    jd_number_print_float(buffer, 16777216.0f);
    assert_true(strtof(buffer, NULL) == 16777216.0f);
    jd_number_print_int(buffer, INT64_MIN);
    assert_string_equal(buffer, "-9223372036854775808");
    jd_number_print_int(buffer, 0);
    assert_string_equal(buffer, "0");
}

/* Random bits there and back; the fast way must round as strtod does. */
static void test_number_round_trip(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        double value, back = 0;
        float small;
        uint32_t low = (uint32_t)x;
        char buffer[JD_NUMBER_SIZE];
        memcpy(&value, &x, sizeof value);
        memcpy(&small, &low, sizeof small);
        if (i % 2) value = (double)(int64_t)(x >> 40) / 10000.0;
        if (isfinite(value)) {
            size_t n = jd_number_print_double(buffer, value);
            assert_true(jd_number_read(buffer, n, &back));
            assert_memory_equal(&value, &back, sizeof value);
        }
        if (isfinite(small)) {
            size_t n = jd_number_print_float(buffer, small);
            assert_true(jd_number_read(buffer, n, &back));
            assert_true((float)back == small);
        }
    }
}

static void test_number_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "1", " 1 ", "+1.5", "-.5", "5.", "1e3", "1E-3", "1e400", "123456789012345678901234567890"};
    static const char *const bad[] = {"",    " ",   "-",   ".",    "1e", "1e+", "1,5", "0x10",
                                      "inf", "nan", "1 2", "1..2", "e5", "--1", "1e5x"};
    double value = 0;
    int64_t whole = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bool fits = strcmp(good[i], "1e400") != 0;
        assert_int_equal(jd_number_read(good[i], strlen(good[i]), &value), fits);
        if (fits) assert_true(value == strtod(good[i], NULL));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(jd_number_read(bad[i], strlen(bad[i]), &value));
        assert_false(jd_number_read_int(bad[i], strlen(bad[i]), &whole));
    }
    assert_true(jd_number_read_int("-9223372036854775808", 20, &whole));
    assert_true(whole == INT64_MIN);
    assert_true(jd_number_read_int("9223372036854775807", 19, &whole));
    assert_true(whole == INT64_MAX);
    assert_false(jd_number_read_int("9223372036854775808", 19, &whole));
    assert_true(jd_number_read_int("12.50e1", 7, &whole));
    assert_int_equal(whole, 125);
    assert_false(jd_number_read_int("1.5", 3, &whole));
    assert_false(jd_number_read_int("1e99999", 7, &whole));
}

/* ---- Reading ---- */

static void test_read_quoting(void **state)
{
    (void)state;
    /* A mark, other columns and order, CRLF, a lone CR, quotes, line ends inside, an empty line, no
     * end of the last line. */
    static const char text[] = "\xEF\xBB\xBF"
                               "count,extra,name,share\r\n"
                               "1,x,\"a,b\",0.5\r"
                               "-2,\"\",\"say \"\"hi\"\"\",1e-3\n"
                               "\n"
                               "NA,\"two\nlines\",\"two\nlines\",.\n"
                               "32767,,北京市,";
    jd_ctx_t ctx = {0};
    jd_table_t table;
    bool found[N_COLUMNS] = {false};
    char cell[32];
    int rc = read_text(text, sizeof text - 1, NULL, found, &table, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    assert_int_equal(table.rows, 4);
    assert_true(found[0] && found[1] && found[2]);
    static const char *const names[] = {"a,b", "say \"hi\"", "two\nlines", "北京市"};
    static const double counts[] = {1, -2, -1, 32767};
    static const double shares[] = {0.5, 0.001, (double)NAN, (double)NAN};
    for (int row = 0; row < 4; row++) {
        assert_string_equal(jd_table_text(&table, 0, row, cell, sizeof cell), names[row]);
        assert_true(jd_table_number(&table, 1, row) == counts[row]);
        double share = jd_table_number(&table, 2, row);
        assert_true(share == shares[row] || (isnan(share) && isnan(shares[row])));
    }
    jd_table_free(&table);
}

static void test_read_optional(void **state)
{
    (void)state;
    static const char text[] = "name\nx\n\n";
    const bool required[N_COLUMNS] = {true, false, false};
    bool found[N_COLUMNS] = {false};
    jd_ctx_t ctx = {0};
    jd_table_t table;
    assert_int_equal(read_text(text, sizeof text - 1, required, found, &table, &ctx), JD_OK);
    assert_int_equal(table.rows, 2); /* with one column an empty line is an empty field */
    assert_true(found[0] && !found[1] && !found[2]);
    assert_true(jd_table_number(&table, 1, 1) == -1);
    assert_true(isnan(jd_table_number(&table, 2, 1)));
    jd_table_free(&table);
}

static void test_read_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "x.csv: is empty"},
        {"name,count\na,1\n", "x.csv:1: column share is missing; there are: name, count"},
        {"name;count;share\n", "separated by commas"},
        {"name,count,share,name\n", "two columns have the name name"},
        {"name,count,share\na,1.5,2\n", "x.csv:2: column count: '1.5' is not a whole number"},
        {"name,count,share\na,32768,2\n", "is outside -32768 ... 32767"},
        {"name,count,share\na,1,\"1,000\"\n", "x.csv:2: column share: '1,000' is not a number"},
        {"name,count,share\na,1,2\na,1\n", "x.csv:3: has 2 fields, the header has 3"},
        {"name,count,share\na,1,2,3\n", "x.csv:2: has 4 fields"},
        {"name,count,share\n\"a\n\n,1,2\n", "x.csv:2: a quote that opens here is never closed"},
        {"name,count,share\n\"a\"b,1,2\n", "x.csv:2: text follows a closing quote"},
        {"name,count,share\n\xB1\xB1,1,2\n", "x.csv:2: column name is not valid UTF-8"},
        {"\xFF\xFEn", "x.csv: is UTF-16; save it as UTF-8"},
        {"na\xB1me,count,share\n", "x.csv:1: the name of column 1 is not valid UTF-8"},
        {"name,count,share\n\xED\xA0\x80,1,2\n", "not valid UTF-8"},
        {"name,count,share\n\xE5\x8C,1,2\n", "not valid UTF-8"},
        {"name,count,share\n\xF4\x90\x80\x80,1,2\n", "not valid UTF-8"},
        {"name,count,share\n\"1\n2\",1,2\nthirteen byte,1,2\n",
         "x.csv:4: column name: 'thirteen byte' has 13 bytes, at most 12 are taken"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jd_ctx_t ctx = {0};
        jd_table_t table;
        int rc = read_text(cases[i].text, strlen(cases[i].text), NULL, NULL, &table, &ctx);
        assert_int_equal(rc, JD_ERR_DATA);
        if (!strstr(ctx.message, cases[i].says))
            fail_msg("%s\nlacks\n%s", ctx.message, cases[i].says);
        assert_null(table.data);
        jd_table_free(&table);
    }
    jd_ctx_t ctx = {0};
    jd_table_t table;
    assert_int_equal(jd_csv_read("/nowhere/x.csv", COLUMNS, N_COLUMNS, NULL, NULL, &table, &ctx),
                     JD_ERR_OPEN);
    assert_non_null(strstr(ctx.message, "/nowhere/x.csv"));
    ctx = (jd_ctx_t){0};
    assert_int_equal(jd_csv_read("/", COLUMNS, N_COLUMNS, NULL, NULL, &table, &ctx), JD_ERR_OPEN);
}

/* What readers of other people's tables take, this one takes too. */
static void test_read_as_others_do(void **state)
{
    (void)state;
    static const char text[] = "name,count,share\n\"a\" ,N/A,NULL\nnull,na,nan\n";
    jd_ctx_t ctx = {0};
    jd_table_t table;
    char name[16];
    assert_int_equal(read_text(text, strlen(text), NULL, NULL, &table, &ctx), JD_OK);
    assert_true(table.rows == 2);
    assert_string_equal(jd_table_text(&table, 0, 0, name, sizeof name), "a");
    assert_string_equal(jd_table_text(&table, 0, 1, name, sizeof name), "null"); /* a text */
    for (int64_t row = 0; row < 2; row++) {
        assert_true(jd_table_number(&table, 1, row) == -1);
        assert_true(isnan(jd_table_number(&table, 2, row)));
    }
    jd_table_free(&table);
}

/* Several mistakes are told at once, but not thousands. */
static void test_read_many_errors(void **state)
{
    (void)state;
    char text[2048] = "name,count,share\n";
    for (int i = 0; i < 100; i++)
        strcat(text, "a,x,y\n");
    jd_ctx_t ctx = {0};
    jd_table_t table;
    assert_int_equal(read_text(text, strlen(text), NULL, NULL, &table, &ctx), JD_ERR_DATA);
    assert_int_equal(ctx.n_errors, 10);
}

/* ---- Writing ---- */

static char *print(const jd_table_t *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(jd_csv_print(table, stream, "memory", NULL), JD_OK);
    fclose(stream);
    return text;
}

static void test_print_records(void **state)
{
    (void)state;
    static const char *const names[] = {"plain",        "a,b",  "say \"x\"", "",
                                        "exactly twel", "cr\r", " b"};
    jd_table_t table;
    assert_int_equal(jd_table_init(&table, "x", "", COLUMNS, N_COLUMNS, 7, NULL), JD_OK);
    table.rows = 7;
    for (int i = 0; i < 7; i++) {
        jd_table_set_text(&table, 0, i, names[i]);
        jd_table_set_number(&table, 1, i, i - 1);
        jd_table_set_number(&table, 2, i, i == 2 ? (double)NAN : 0.1 * i);
    }
    char *text = print(&table);
    assert_string_equal(text, "name,count,share\nplain,-1,0\n\"a,b\",0,0.1\n\"say \"\"x\"\"\",1,\n"
                              ",2,0.30000000000000004\nexactly twel,3,0.4\n\"cr\r\",4,0.5\n"
                              "\" b\",5,0.6000000000000001\n");
    free(text);
    jd_table_free(&table);
}

static const jd_column_t PANEL[] = {
    {.name = "unit", .type = JD_INT32, .unit = "1", .label = "", .axis = JD_AXIS_UNIT},
    {.name = "date", .type = JD_TEXT, .unit = "", .label = "", .width = 6, .axis = JD_AXIS_TIME},
    {.name = "y", .type = JD_FLOAT, .unit = "1", .label = ""},
};

static void make_panel(jd_table_t *table)
{
    assert_int_equal(jd_table_init_panel(table, "panel", "", PANEL, 3, 2, 3, NULL), JD_OK);
    for (int i = 0; i < 3; i++)
        jd_table_set_number(table, 0, i, 10 * (i + 1));
    jd_table_set_text(table, 1, 0, "2020Q1");
    jd_table_set_text(table, 1, 1, "2020Q2");
    for (int i = 0; i < 6; i++)
        jd_table_set_number(table, 2, i, 0.1 * i);
}

static const char LONG_PANEL[] = "unit,date,y\n10,2020Q1,0\n20,2020Q1,0.1\n30,2020Q1,0.2\n"
                                 "10,2020Q2,0.3\n20,2020Q2,0.4\n30,2020Q2,0.5\n";

static void test_print_panel(void **state)
{
    (void)state;
    jd_table_t panel;
    make_panel(&panel);
    char *text = print(&panel);
    assert_string_equal(text, LONG_PANEL);
    free(text);
    jd_table_free(&panel);
}

static void test_write(void **state)
{
    (void)state;
    char folder[] = "/tmp/jiedao-csv-XXXXXX", path[64], text[256] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/panel.csv", folder);
    jd_ctx_t ctx = {0};
    jd_table_t panel;
    make_panel(&panel);
    assert_int_equal(jd_csv_write(&panel, path, false, &ctx), JD_OK);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), sizeof LONG_PANEL - 1);
    fclose(file);
    assert_string_equal(text, LONG_PANEL);
    assert_int_equal(jd_csv_write(&panel, path, false, &ctx), JD_ERR_EXISTS);
    assert_non_null(strstr(ctx.message, "--force"));
    assert_int_equal(jd_csv_write(&panel, path, true, &ctx), JD_OK);
    ctx = (jd_ctx_t){0};
    FILE *full = fopen("/dev/full", "wb");
    if (full) {
        ctx = (jd_ctx_t){0};
        assert_int_equal(jd_csv_print(&panel, full, "out", &ctx), JD_ERR_WRITE);
        assert_non_null(strstr(ctx.message, "No space left"));
        fclose(full);
    }
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    jd_table_free(&panel);
}

/* A comma locale changes nothing, where the machine has one. */
static void test_locale(void **state)
{
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "fr_FR.utf8"};
    char was[64];
    size_t i = 0;
    snprintf(was, sizeof was, "%s", setlocale(LC_NUMERIC, NULL));
    while (i < 4 && !setlocale(LC_NUMERIC, commas[i]))
        i++;
    if (i == 4) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        skip();
    }
    test_number_print(state);
    test_number_round_trip(state);
    setlocale(LC_NUMERIC, was);
}

/* The real tree of divisions, if the developers' data are here. */
static void test_read_divisions(void **state)
{
    (void)state;
    static const char path[] = JD_SHARED "/data/china/china_divisions.csv";
    static const jd_column_t columns[] = {
        {.name = "code", .type = JD_INT64, .unit = "1", .label = ""},
        {.name = "parent_code", .type = JD_INT64, .unit = "1", .label = ""},
        {.name = "level", .type = JD_TEXT, .unit = "", .label = "", .width = 12},
        {.name = "name", .type = JD_TEXT, .unit = "", .label = "", .width = 96},
        {.name = "longitude_deg", .type = JD_DOUBLE, .unit = "degree", .label = ""},
        {.name = "latitude_deg", .type = JD_DOUBLE, .unit = "degree", .label = ""},
        {.name = "population", .type = JD_DOUBLE, .unit = "1", .label = ""},
    };
    static const bool required[] = {true, true, true, true, true, true, false};
    SKIP_WITHOUT(path);
    jd_ctx_t ctx = {0};
    jd_table_t table;
    bool found[7];
    char cell[97];
    int rc = jd_csv_read(path, columns, 7, required, found, &table, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    assert_int_equal(table.rows, 44703);
    assert_false(found[6]);
    int64_t streets = 0;
    for (int64_t i = 0; i < table.rows; i++) {
        bool street = strcmp(jd_table_text(&table, 2, i, cell, sizeof cell), "street") == 0;
        assert_int_equal(street, isnan(jd_table_number(&table, 4, i)));
        streets += street;
    }
    assert_int_equal(streets, 41352);
    assert_string_equal(jd_table_text(&table, 3, 0, cell, sizeof cell), "北京市");
    assert_true(jd_table_number(&table, 4, 0) == 116.4163);
    jd_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_print),
        cmocka_unit_test(test_number_round_trip),
        cmocka_unit_test(test_number_read),
        cmocka_unit_test(test_read_quoting),
        cmocka_unit_test(test_read_optional),
        cmocka_unit_test(test_read_errors),
        cmocka_unit_test(test_read_many_errors),
        cmocka_unit_test(test_read_as_others_do),
        cmocka_unit_test(test_print_records),
        cmocka_unit_test(test_print_panel),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_read_divisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
