/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <readstat.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/stata/stata.h"

static const jd_column_t COLUMNS[] = {
    {.name = "unit", .type = JD_INT32, .unit = "1", .label = "county", .axis = JD_AXIS_UNIT},
    {.name = "date",
     .type = JD_TEXT,
     .unit = "",
     .label = "date",
     .width = 6,
     .axis = JD_AXIS_TIME},
    {.name = "status",
     .type = JD_INT8,
     .unit = "1",
     .label = "status",
     .flags = "0 never treated, 1 treated"},
    {.name = "wide", .type = JD_INT8, .unit = "1", .label = "does not fit Stata's byte"},
    {.name = "y", .type = JD_FLOAT, .unit = "km", .label = "distance"},
    {.name = "code", .type = JD_INT64, .unit = "1", .label = "code"},
    {.name = "name",
     .type = JD_TEXT,
     .unit = "",
     .label = "名称",
     .width = 9,
     .axis = JD_AXIS_UNIT},
};
enum { N = sizeof COLUMNS / sizeof *COLUMNS };

static void make_panel(jd_table_t *table)
{
    assert_int_equal(jd_table_init_panel(table, "panel", "Counties", COLUMNS, N, 2, 3, NULL),
                     JD_OK);
    for (int i = 0; i < 3; i++)
        jd_table_set_number(table, 0, i, 10 * (i + 1));
    for (int i = 0; i < 3; i++)
        jd_table_set_text(table, 6, i, i == 1 ? "" : "北京市");
    jd_table_set_text(table, 1, 0, "2020Q1");
    jd_table_set_text(table, 1, 1, "2020Q2");
    for (int i = 0; i < 6; i++) {
        jd_table_set_number(table, 2, i, i % 2);
        jd_table_set_number(table, 3, i, i == 4 ? 127 : -1);
        jd_table_set_number(table, 4, i, i == 2 ? (double)NAN : 0.5 * i);
        jd_table_set_number(table, 5, i, 110101001.0 + i);
    }
}

typedef struct seen {
    int rows, variables, labels, format;
    char names[N][40], label_of[N][400], value_label[2][40];
    readstat_type_t types[N];
    double cells[N][6];
    char texts[N][6][16];
} seen_t;

static int see_metadata(readstat_metadata_t *metadata, void *user)
{
    seen_t *seen = user;
    seen->rows = readstat_get_row_count(metadata);
    seen->format = (int)readstat_get_file_format_version(metadata);
    assert_string_equal(readstat_get_file_label(metadata), "Counties");
    return READSTAT_HANDLER_OK;
}

static int see_variable(int index, readstat_variable_t *variable, const char *labels, void *user)
{
    seen_t *seen = user;
    assert_in_range(index, 0, N - 1);
    snprintf(seen->names[index], sizeof seen->names[0], "%s", readstat_variable_get_name(variable));
    snprintf(seen->label_of[index], sizeof seen->label_of[0], "%s",
             readstat_variable_get_label(variable));
    seen->types[index] = readstat_variable_get_type(variable);
    seen->variables++;
    if (index == 2) assert_string_equal(labels, "status");
    return READSTAT_HANDLER_OK;
}

static int see_value(int row, readstat_variable_t *variable, readstat_value_t value, void *user)
{
    seen_t *seen = user;
    int c = readstat_variable_get_index(variable);
    assert_in_range(row, 0, 5);
    if (readstat_value_type(value) == READSTAT_TYPE_STRING) {
        snprintf(seen->texts[c][row], sizeof seen->texts[0][0], "%s", readstat_string_value(value));
    } else {
        seen->cells[c][row] =
            readstat_value_is_missing(value, variable) ? (double)NAN : readstat_double_value(value);
    }
    return READSTAT_HANDLER_OK;
}

static int see_value_label(const char *set, readstat_value_t value, const char *label, void *user)
{
    seen_t *seen = user;
    assert_string_equal(set, "status");
    int i = readstat_int32_value(value);
    assert_in_range(i, 0, 1);
    snprintf(seen->value_label[i], sizeof seen->value_label[0], "%s", label);
    seen->labels++;
    return READSTAT_HANDLER_OK;
}

static void see(const char *path, seen_t *seen)
{
    readstat_parser_t *parser = readstat_parser_init();
    readstat_set_metadata_handler(parser, see_metadata);
    readstat_set_variable_handler(parser, see_variable);
    readstat_set_value_handler(parser, see_value);
    readstat_set_value_label_handler(parser, see_value_label);
    assert_int_equal(readstat_parse_dta(parser, path, seen), READSTAT_OK);
    readstat_parser_free(parser);
}

static char folder[] = "/tmp/jiedao-stata-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/a.dta", folder);
    snprintf(other, sizeof other, "%s/b.dta", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

static void test_write_panel(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_table_t panel;
    static seen_t seen;
    make_panel(&panel);
    int rc = jd_stata_write(&panel, path, true, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    see(path, &seen);
    assert_int_equal(seen.rows, 6);
    assert_int_equal(seen.format, 118);
    assert_int_equal(seen.variables, N);
    assert_int_equal(seen.labels, 2);
    assert_string_equal(seen.value_label[0], "never treated");
    assert_string_equal(seen.label_of[4], "distance (km)");
    assert_string_equal(seen.label_of[6], "名称");
    assert_int_equal(seen.types[2], READSTAT_TYPE_INT8);
    assert_int_equal(seen.types[3], READSTAT_TYPE_INT16);
    assert_int_equal(seen.types[5], READSTAT_TYPE_DOUBLE);
    for (int row = 0; row < 6; row++) {
        assert_true(seen.cells[0][row] == 10 * (row % 3 + 1));
        assert_string_equal(seen.texts[1][row], row < 3 ? "2020Q1" : "2020Q2");
        assert_true(seen.cells[3][row] == (row == 4 ? 127 : -1));
        assert_true(row == 2 ? isnan(seen.cells[4][row]) : seen.cells[4][row] == 0.5 * row);
        assert_true(seen.cells[5][row] == 110101001.0 + row);
        assert_string_equal(seen.texts[6][row], row % 3 == 1 ? "" : "北京市");
    }
    assert_int_equal(jd_stata_write(&panel, path, false, &ctx), JD_ERR_EXISTS);
    jd_table_free(&panel);
}

static void test_write_same_bytes(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_table_t panel;
    make_panel(&panel);
    setenv("TZ", "UTC", 1);
    assert_int_equal(jd_stata_write(&panel, path, true, &ctx), JD_OK);
    setenv("TZ", "Asia/Shanghai", 1);
    sleep(1);
    assert_int_equal(jd_stata_write(&panel, other, true, &ctx), JD_OK);
    FILE *x = fopen(path, "rb"), *y = fopen(other, "rb");
    assert_true(x && y);
    for (long at = 0;; at++) {
        int i = getc(x), j = getc(y);
        if (i != j) fail_msg("the files differ at byte %ld", at);
        if (i == EOF) break;
    }
    fclose(x);
    fclose(y);
    jd_table_free(&panel);
}

static void test_write_errors(void **state)
{
    (void)state;
    static const jd_column_t wide[] = {
        {.name = "text", .type = JD_TEXT, .unit = "", .label = "", .width = 3000}};
    jd_ctx_t ctx = {0};
    jd_table_t table;
    unlink(other);
    assert_int_equal(jd_table_init(&table, "t", "", wide, 1, 1, NULL), JD_OK);
    assert_int_equal(jd_stata_write(&table, other, false, &ctx), JD_ERR_ARGUMENT);
    assert_non_null(strstr(ctx.message, "csv"));
    assert_int_equal(access(other, F_OK), -1);
    jd_table_free(&table);
    make_panel(&table);
    assert_int_equal(jd_stata_write(&table, "/nowhere/x.dta", false, &ctx), JD_ERR_OPEN);
    jd_table_free(&table);
}

/* Labels longer than Stata's 80 characters are cut between characters. */
static void test_write_long_label(void **state)
{
    (void)state;
    char label[400] = "";
    for (int i = 0; i < 100; i++)
        strcat(label, "长");
    const jd_column_t column = {.name = "x", .type = JD_DOUBLE, .unit = "1", .label = label};
    jd_ctx_t ctx = {0};
    jd_table_t table;
    static seen_t seen;
    assert_int_equal(jd_table_init(&table, "t", "Counties", &column, 1, 1, NULL), JD_OK);
    table.rows = 0;
    int rc = jd_stata_write(&table, path, true, &ctx);
    if (rc) print_error("%s\n", ctx.message);
    assert_int_equal(rc, JD_OK);
    see(path, &seen);
    assert_int_equal(strlen(seen.label_of[0]), 3 * 80);
    jd_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_panel),
        cmocka_unit_test(test_write_same_bytes),
        cmocka_unit_test(test_write_errors),
        cmocka_unit_test(test_write_long_label),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
