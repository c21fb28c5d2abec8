/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/hdf5/store.h"

static const jd_column_t EVENTS[] = {
    {.name = "firm", .type = JD_INT32, .unit = "1", .label = "firm's number"},
    {.name = "kind",
     .type = JD_INT8,
     .unit = "1",
     .label = "kind of move",
     .flags = "-1 none, 0 never moved, 1 treated"},
    {.name = "period", .type = JD_INT16, .unit = "quarter", .label = "period of the move"},
    {.name = "distance", .type = JD_FLOAT, .unit = "km", .label = "distance, as the crow flies"},
    {.name = "value", .type = JD_DOUBLE, .unit = "1", .label = ""},
    {.name = "code", .type = JD_INT64, .unit = "1", .label = "official code"},
    {.name = "name", .type = JD_TEXT, .unit = "", .label = "official name", .width = 13},
};
enum { N_EVENTS = sizeof EVENTS / sizeof *EVENTS };

static const jd_column_t PANEL[] = {
    {.name = "unit", .type = JD_INT32, .unit = "1", .label = "county", .axis = JD_AXIS_UNIT},
    {.name = "firms", .type = JD_INT32, .unit = "firms", .label = "firms there"},
    {.name = "time", .type = JD_INT32, .unit = "1", .label = "period", .axis = JD_AXIS_TIME},
    {.name = "friction", .type = JD_FLOAT, .unit = "1", .label = "friction"},
    {.name = "name",
     .type = JD_TEXT,
     .unit = "",
     .label = "name",
     .width = 20,
     .axis = JD_AXIS_UNIT},
    {.name = "date",
     .type = JD_TEXT,
     .unit = "",
     .label = "date",
     .width = 6,
     .axis = JD_AXIS_TIME},
};
enum { N_PANEL = sizeof PANEL / sizeof *PANEL };

/* A value for every cell that depends on all of its coordinates; noise, so that nothing repeats. */
static double value_at(int column, int64_t cell)
{
    uint64_t x = (uint64_t)cell * 0x9E3779B97F4A7C15u + (uint64_t)column * 1234567u;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 32;
    return (double)(x % 20011) - 10000.0;
}

static void fill_cells(jd_table_t *table, int column, int64_t n, int64_t first)
{
    static const char *const words[] = {"北京市", "", "Zhèjiāng", "a", "exactly 13 by"};
    for (int64_t i = 0; i < n; i++) {
        double value = value_at(column, first + i);
        switch (table->columns[column].type) {
        case JD_TEXT:
            jd_table_set_text(table, column, i, words[(first + i) % 5]);
            break;
        case JD_INT8:
            jd_table_set_number(table, column, i, fmod(fabs(value), 3) - 1);
            break;
        case JD_FLOAT:
        case JD_DOUBLE:
            jd_table_set_number(table, column, i, (first + i) % 7 == 3 ? (double)NAN : value / 3);
            break;
        default:
            jd_table_set_number(table, column, i, value);
        }
    }
}

/* Records [first, first + n). */
static void make_events(jd_table_t *table, int64_t first, int64_t n)
{
    assert_int_equal(
        jd_table_init(table, "relocations", "Firms that moved", EVENTS, N_EVENTS, n, NULL), JD_OK);
    table->rows = n;
    for (int c = 0; c < N_EVENTS; c++)
        fill_cells(table, c, n, first);
}

/* Time slices [first, first + n). */
static void make_panel(jd_table_t *table, int64_t first, int64_t n, int64_t units)
{
    assert_int_equal(jd_table_init_panel(table, "panel/county", "Counties by quarter", PANEL,
                                         N_PANEL, n, units, NULL),
                     JD_OK);
    for (int c = 0; c < N_PANEL; c++) {
        int64_t lead = PANEL[c].axis == JD_AXIS_CELL ? units : PANEL[c].axis == JD_AXIS_TIME;
        fill_cells(table, c, jd_table_cells(table, c), first * lead);
    }
}

static void assert_same_table(const jd_table_t *a, const jd_table_t *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->label, b->label);
    assert_int_equal(a->n_columns, b->n_columns);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->n_time, b->n_time);
    assert_int_equal(a->n_unit, b->n_unit);
    for (int c = 0; c < a->n_columns; c++) {
        const jd_column_t *x = &a->columns[c], *y = &b->columns[c];
        assert_string_equal(x->name, y->name);
        assert_string_equal(x->unit, y->unit);
        assert_string_equal(x->label, y->label);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->width, y->width);
        assert_int_equal(x->axis, y->axis);
        assert_true((x->flags == NULL) == (y->flags == NULL));
        if (x->flags) assert_string_equal(x->flags, y->flags);
        assert_memory_equal(a->data[c], b->data[c],
                            (size_t)jd_table_cells(a, c) * jd_column_size(x));
    }
}

static char folder[] = "/tmp/jiedao-store-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/a.h5", folder);
    snprintf(other, sizeof other, "%s/b.h5", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder); /* fails if anything else was left */
}

/* Checks a result and shows the message of a failure. */
static void assert_ok(int rc, jd_ctx_t *ctx)
{
    if (rc) print_error("%s\n", ctx->message);
    assert_int_equal(rc, JD_OK);
}

static jd_store_t *create(const char *name, jd_ctx_t *ctx)
{
    jd_store_t *store = NULL;
    assert_int_equal(jd_store_create(&store, name, true, ctx), JD_OK);
    return store;
}

static void commit(jd_store_t *store, jd_ctx_t *ctx)
{
    assert_ok(jd_store_commit(&store, ctx), ctx);
    assert_null(store);
}

static void assert_reads_as(const char *name, const jd_table_t *table)
{
    jd_ctx_t ctx = {0};
    jd_store_t *store = NULL;
    jd_table_t read;
    assert_ok(jd_store_open(&store, name, &ctx), &ctx);
    assert_ok(jd_store_read(store, table->name, &read, &ctx), &ctx);
    jd_store_close(&store);
    assert_same_table(table, &read); /* the table outlives the store */
    jd_table_free(&read);
    jd_table_free(&read);
}

static void assert_same_bytes(const char *a, const char *b)
{
    FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
    assert_true(x && y);
    for (long at = 0;; at++) {
        int i = getc(x), j = getc(y);
        if (i != j) fail_msg("%s and %s differ at byte %ld", a, b, at);
        if (i == EOF) break;
    }
    fclose(x);
    fclose(y);
}

static void test_write_records(void **state)
{
    (void)state;
    static const int64_t rows[] = {0, 1, 3, 16384, 65535, 65536, 65537, 200003};
    jd_ctx_t ctx = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        jd_table_t events;
        make_events(&events, 0, rows[i]);
        jd_store_t *store = create(path, &ctx);
        assert_ok(jd_store_write(store, &events, &ctx), &ctx);
        commit(store, &ctx);
        assert_reads_as(path, &events);
        jd_table_free(&events);
    }
}

static void test_write_panel(void **state)
{
    (void)state;
    static const int64_t units[] = {1, 7, 2978, 41352, 70001};
    static const int64_t times[] = {0, 1, 24};
    jd_ctx_t ctx = {0};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            jd_table_t panel;
            make_panel(&panel, 0, times[t], units[u]);
            jd_store_t *store = create(path, &ctx);
            assert_ok(jd_store_write(store, &panel, &ctx), &ctx);
            commit(store, &ctx);
            assert_reads_as(path, &panel);
            jd_table_free(&panel);
        }
    }
}

/* Pieces of any size end as the whole would. */
static void test_append_records(void **state)
{
    (void)state;
    static const int64_t pieces[] = {1, 0, 70000, 5, 131072, 65536, 30000, 40001};
    jd_ctx_t ctx = {0};
    jd_store_t *store = create(path, &ctx);
    int64_t first = 0;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        jd_table_t piece;
        make_events(&piece, first, pieces[i]);
        assert_ok(jd_store_append(store, &piece, &ctx), &ctx);
        jd_table_free(&piece);
        first += pieces[i];
    }
    commit(store, &ctx);
    jd_table_t whole;
    make_events(&whole, 0, first);
    assert_reads_as(path, &whole);
    jd_table_free(&whole);
}

static void test_append_panel(void **state)
{
    (void)state;
    static const int64_t units[] = {3, 2978, 41352, 70001};
    jd_ctx_t ctx = {0};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        jd_store_t *store = create(path, &ctx);
        for (int64_t t = 0, n = 0; t < 30; t += n) {
            n = 1 + t % 4;
            jd_table_t slices;
            make_panel(&slices, t, n, units[u]);
            assert_ok(jd_store_append(store, &slices, &ctx), &ctx);
            jd_table_free(&slices);
            if (t + n > 30) fail();
            if (t + n + 1 + (t + n) % 4 > 30) { /* the last piece ends at 30 */
                make_panel(&slices, t + n, 30 - t - n, units[u]);
                assert_ok(jd_store_append(store, &slices, &ctx), &ctx);
                jd_table_free(&slices);
                break;
            }
        }
        commit(store, &ctx);
        jd_table_t whole;
        make_panel(&whole, 0, 30, units[u]);
        assert_reads_as(path, &whole);
        jd_table_free(&whole);
    }
}

static void test_append_errors(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_table_t events, fewer, panel, narrow;
    make_events(&events, 0, 5);
    make_panel(&panel, 0, 2, 4);
    make_panel(&narrow, 2, 2, 3);
    assert_int_equal(jd_table_init(&fewer, "relocations", "", EVENTS, 3, 1, NULL), JD_OK);

    jd_store_t *store = create(path, &ctx);
    assert_ok(jd_store_append(store, &events, &ctx), &ctx);
    assert_int_equal(jd_store_append(store, &fewer, &ctx), JD_ERR_ARGUMENT);
    assert_non_null(strstr(ctx.message, "relocations"));
    /* After an error the store takes nothing more, and the commit leaves no file. */
    assert_int_equal(jd_store_append(store, &events, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_store_commit(&store, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(access(other, F_OK), -1);

    store = create(other, &ctx);
    assert_ok(jd_store_append(store, &panel, &ctx), &ctx);
    assert_int_equal(jd_store_append(store, &narrow, &ctx), JD_ERR_ARGUMENT);
    jd_store_abandon(&store);

    store = create(other, &ctx);
    assert_ok(jd_store_write(store, &events, &ctx), &ctx);
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_store_write(store, &events, &ctx), JD_ERR_ARGUMENT);
    assert_non_null(strstr(ctx.message, "written already"));
    jd_store_abandon(&store);
    jd_store_abandon(&store);
    assert_int_equal(access(other, F_OK), -1);

    jd_table_free(&events);
    jd_table_free(&fewer);
    jd_table_free(&panel);
    jd_table_free(&narrow);
}

/* Names that dimensions need. */
static void test_write_dimension_names(void **state)
{
    (void)state;
    static const jd_column_t columns[] = {
        {.name = "record", .type = JD_INT32, .unit = "1", .label = ""},
        {.name = "unit", .type = JD_INT32, .unit = "1", .label = "", .axis = JD_AXIS_TIME},
        {.name = "time",
         .type = JD_TEXT,
         .unit = "",
         .label = "",
         .width = 6,
         .axis = JD_AXIS_TIME},
    };
    for (int c = 0; c < 3; c++) {
        jd_ctx_t ctx = {0};
        jd_table_t table;
        int made = c == 0 ? jd_table_init(&table, "t", "", &columns[c], 1, 1, NULL)
                          : jd_table_init_panel(&table, "t", "", &columns[c], 1, 2, 2, NULL);
        assert_int_equal(made, JD_OK);
        jd_store_t *store = create(path, &ctx);
        assert_int_equal(jd_store_write(store, &table, &ctx), JD_ERR_ARGUMENT);
        assert_non_null(strstr(ctx.message, columns[c].name));
        jd_store_abandon(&store);
        jd_table_free(&table);
    }
}

static void write_everything(const char *name, int threads)
{
    jd_ctx_t ctx = {.threads = threads};
    jd_table_t events, panel;
    make_events(&events, 0, 150000);
    make_panel(&panel, 0, 5, 3000);
    jd_store_t *store = create(name, &ctx);
    assert_ok(jd_store_write(store, &panel, &ctx), &ctx);
    for (int i = 0; i < 2; i++)
        assert_ok(jd_store_append(store, &events, &ctx), &ctx);
    assert_ok(jd_store_text(store, "config/ini", "[run]\nseed = 1\n", &ctx), &ctx);
    assert_ok(jd_store_attribute_text(store, "/", "note", "北京", &ctx), &ctx);
    assert_ok(jd_store_attribute_double(store, "relocations", "share", 0.1, &ctx), &ctx);
    commit(store, &ctx);
    jd_table_free(&events);
    jd_table_free(&panel);
}

static void test_write_same_bytes(void **state)
{
    (void)state;
    write_everything(path, 1);
    struct stat before;
    assert_int_equal(stat(path, &before), 0);
    for (int threads = 1; threads <= 7; threads += threads == 3 ? 4 : 1) {
        sleep(threads == 1); /* another second of the clock */
        write_everything(other, threads);
        assert_same_bytes(path, other);
    }
}

static void test_attributes(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_table_t panel;
    char *text = NULL;
    int64_t number = 0;
    double real = 0;
    make_panel(&panel, 0, 2, 3);
    jd_store_t *store = create(path, &ctx);
    assert_ok(jd_store_write(store, &panel, &ctx), &ctx);
    assert_ok(jd_store_attribute_text(store, "/", "jiedao_version", "0.1", &ctx), &ctx);
    assert_ok(jd_store_attribute_text(store, "/", "jiedao_version", "0.1.0", &ctx), &ctx);
    assert_ok(jd_store_attribute_text(store, "panel/county", "empty", "", &ctx), &ctx);
    assert_ok(jd_store_attribute_int(store, "/", "seed", -(INT64_C(1) << 62), &ctx), &ctx);
    assert_ok(jd_store_attribute_double(store, "panel/county/firms", "share", 0.1, &ctx), &ctx);
    commit(store, &ctx);

    assert_ok(jd_store_open(&store, path, &ctx), &ctx);
    assert_ok(jd_store_get_text(store, "/", "jiedao_version", &text, &ctx), &ctx);
    assert_string_equal(text, "0.1.0");
    free(text);
    assert_ok(jd_store_get_text(store, "panel/county", "empty", &text, &ctx), &ctx);
    assert_string_equal(text, "");
    free(text);
    assert_ok(jd_store_get_int(store, "/", "seed", &number, &ctx), &ctx);
    assert_int_equal(number, -(INT64_C(1) << 62));
    assert_ok(jd_store_get_double(store, "panel/county/firms", "share", &real, &ctx), &ctx);
    assert_true(real == 0.1);
    assert_int_equal(jd_store_get_int(store, "/", "nothing", &number, &ctx), JD_ERR_DATA);
    assert_int_equal(jd_store_get_int(store, "/nowhere/at/all", "x", &number, &ctx), JD_ERR_DATA);
    assert_int_equal(jd_store_get_int(store, "/", "format", &number, &ctx), JD_ERR_DATA);
    assert_int_equal(jd_store_attribute_int(store, "/", "x", 1, &ctx), JD_ERR_ARGUMENT);
    jd_store_close(&store);
    jd_store_close(&store);
    jd_table_free(&panel);
}

/* Days are counted in the Gregorian calendar, back to the year 1: without the attribute a reader of
 * CF takes those before 1582-10-15 for Julian. */
static void test_dates_name_their_calendar(void **state)
{
    (void)state;
    static const jd_column_t columns[] = {
        {.name = "date", .type = JD_INT32, .unit = "days since 1970-01-01", .label = "day"},
        {.name = "life", .type = JD_INT32, .unit = "days", .label = "no date"},
    };
    jd_ctx_t ctx = {0};
    jd_table_t table;
    char *text = NULL;
    assert_int_equal(jd_table_init(&table, "days", "", columns, 2, 1, &ctx), JD_OK);
    table.rows = 1;
    jd_store_t *store = create(path, &ctx);
    assert_ok(jd_store_write(store, &table, &ctx), &ctx);
    commit(store, &ctx);
    assert_ok(jd_store_open(&store, path, &ctx), &ctx);
    assert_ok(jd_store_get_text(store, "days/date", "calendar", &text, &ctx), &ctx);
    assert_string_equal(text, "proleptic_gregorian");
    free(text);
    assert_int_equal(jd_store_get_text(store, "days/life", "calendar", &text, &ctx), JD_ERR_DATA);
    jd_store_close(&store);
    jd_table_free(&table);
}

static void test_attribute_before_table(void **state)
{
    (void)state;
    jd_ctx_t ctx = {0};
    jd_store_t *store = create(path, &ctx);
    assert_int_equal(jd_store_attribute_int(store, "panel/county", "x", 1, &ctx), JD_ERR_ARGUMENT);
    assert_non_null(strstr(ctx.message, "panel/county"));
    jd_store_abandon(&store);
}

static void test_text(void **state)
{
    (void)state;
    enum { LONG = 100000 };
    jd_ctx_t ctx = {0};
    char *text = NULL, *many = malloc(LONG + 1);
    assert_non_null(many);
    for (int i = 0; i < LONG; i++)
        many[i] = (char)('a' + i % 26);
    many[LONG] = '\0';
    jd_store_t *store = create(path, &ctx);
    assert_ok(jd_store_text(store, "config/ini", many, &ctx), &ctx);
    assert_ok(jd_store_text(store, "note", "", &ctx), &ctx);
    commit(store, &ctx);
    assert_ok(jd_store_open(&store, path, &ctx), &ctx);
    assert_true(jd_store_has(store, "config/ini"));
    assert_false(jd_store_has(store, "config/nil"));
    assert_ok(jd_store_read_text(store, "config/ini", &text, &ctx), &ctx);
    assert_string_equal(text, many);
    free(text);
    assert_ok(jd_store_read_text(store, "note", &text, &ctx), &ctx);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(jd_store_read_text(store, "config", &text, &ctx), JD_ERR_DATA);
    assert_null(text);
    jd_store_close(&store);
    free(many);
}

static void test_list(void **state)
{
    (void)state;
    write_everything(path, 2);
    jd_ctx_t ctx = {0};
    jd_store_t *store = NULL;
    jd_store_entry_t *entries = NULL;
    jd_table_t table;
    int n = 0;
    assert_ok(jd_store_open(&store, path, &ctx), &ctx);
    assert_ok(jd_store_list(store, &entries, &n, &ctx), &ctx);
    assert_int_equal(n, 2);
    assert_string_equal(entries[0].name, "panel/county");
    assert_int_equal(entries[0].n_time, 5);
    assert_int_equal(entries[0].n_unit, 3000);
    assert_int_equal(entries[0].rows, 15000);
    assert_int_equal(entries[0].n_columns, N_PANEL);
    assert_string_equal(entries[1].name, "relocations");
    assert_string_equal(entries[1].label, "Firms that moved");
    assert_int_equal(entries[1].rows, 300000);
    assert_int_equal(entries[1].n_columns, N_EVENTS);
    jd_store_list_free(entries, n);
    assert_int_equal(jd_store_read(store, "panel", &table, &ctx), JD_ERR_DATA);
    assert_int_equal(jd_store_read(store, "panel/county/firms", &table, &ctx), JD_ERR_DATA);
    assert_int_equal(jd_store_read(store, "", &table, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "jiedao info"));
    jd_table_free(&table);
    jd_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_records),
        cmocka_unit_test(test_write_panel),
        cmocka_unit_test(test_append_records),
        cmocka_unit_test(test_append_panel),
        cmocka_unit_test(test_append_errors),
        cmocka_unit_test(test_write_dimension_names),
        cmocka_unit_test(test_write_same_bytes),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_dates_name_their_calendar),
        cmocka_unit_test(test_attribute_before_table),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
