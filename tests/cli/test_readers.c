/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What others' programs see in our files, made here: Python's and R's packages, h5dump. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "io/csv/csv.h"
#include "io/hdf5/store.h"
#include "io/stata/stata.h"

enum { ROWS = 70000, TIMES = 5, UNITS = 300, SKIPPED = 77 };

static const jd_column_t EVENTS[] = {
    {.name = "firm", .type = JD_INT32, .unit = "1", .label = "firm"},
    {.name = "kind",
     .type = JD_INT8,
     .unit = "1",
     .label = "kind of move",
     .flags = "-1 none, 0 never treated, 1 treated"},
    {.name = "distance", .type = JD_FLOAT, .unit = "km", .label = "distance moved"},
    {.name = "name", .type = JD_TEXT, .unit = "", .label = "name", .width = 9},
};

static const jd_column_t PANEL[] = {
    {.name = "unit", .type = JD_INT32, .unit = "1", .label = "county", .axis = JD_AXIS_UNIT},
    {.name = "time",
     .type = JD_INT8,
     .unit = "quarter",
     .label = "period",
     .flags = "1 first, 2 second, 3 third, 4 fourth, 5 fifth",
     .axis = JD_AXIS_TIME},
    {.name = "date",
     .type = JD_TEXT,
     .unit = "",
     .label = "date",
     .width = 6,
     .axis = JD_AXIS_TIME},
    {.name = "x", .type = JD_FLOAT, .unit = "km", .label = "place", .axis = JD_AXIS_UNIT},
    {.name = "y", .type = JD_INT32, .unit = "firms", .label = "firms there"},
};

static char folder[] = "/tmp/jiedao-readers-XXXXXX";
static char h5[64], dta[64], csv[64];

static void make_events(jd_table_t *events)
{
    assert_int_equal(jd_table_init(events, "relocations", "Moves", EVENTS, 4, ROWS, NULL), JD_OK);
    events->rows = ROWS;
    for (int64_t i = 0; i < ROWS; i++) {
        jd_table_set_number(events, 0, i, (double)i);
        jd_table_set_number(events, 1, i, (double)(i % 3 - 1));
        jd_table_set_number(events, 2, i, i % 7 ? 0.5 * (double)i : (double)NAN);
        jd_table_set_text(events, 3, i, i % 2 ? "北京市" : "x");
    }
}

static void make_panel(jd_table_t *panel)
{
    assert_int_equal(
        jd_table_init_panel(panel, "panel/county", "Counties", PANEL, 5, TIMES, UNITS, NULL),
        JD_OK);
    for (int i = 0; i < UNITS; i++) {
        jd_table_set_number(panel, 0, i, 100 + i);
        jd_table_set_number(panel, 3, i, 0.25 * i);
    }
    for (int t = 0; t < TIMES; t++) {
        char date[16];
        snprintf(date, sizeof date, "%dQ%d", 2020 + t / 4, t % 4 + 1);
        jd_table_set_number(panel, 1, t, t + 1);
        jd_table_set_text(panel, 2, t, date);
        for (int i = 0; i < UNITS; i++)
            jd_table_set_number(panel, 4, t * UNITS + i, 1000 * t + i);
    }
}

static int make_files(void **state)
{
    (void)state;
    jd_ctx_t ctx = {.threads = 2};
    jd_store_t *store = NULL;
    jd_table_t events, panel, empty;
    if (!mkdtemp(folder)) return -1;
    snprintf(h5, sizeof h5, "%s/a.h5", folder);
    snprintf(dta, sizeof dta, "%s/a.dta", folder);
    snprintf(csv, sizeof csv, "%s/a.csv", folder);
    make_events(&events);
    make_panel(&panel);
    assert_int_equal(jd_table_init(&empty, "empty", "", EVENTS, 4, 0, NULL), JD_OK);
    assert_int_equal(jd_store_create(&store, h5, false, &ctx), JD_OK);
    assert_int_equal(jd_store_append(store, &events, &ctx), JD_OK);
    assert_int_equal(jd_store_append(store, &panel, &ctx), JD_OK);
    assert_int_equal(jd_store_write(store, &empty, &ctx), JD_OK);
    assert_int_equal(jd_store_text(store, "config/ini", "[run]\n; 北京\n", &ctx), JD_OK);
    assert_int_equal(jd_store_commit(&store, &ctx), JD_OK);
    assert_int_equal(jd_stata_write(&panel, dta, false, &ctx), JD_OK);
    assert_int_equal(jd_csv_write(&panel, csv, false, &ctx), JD_OK);
    jd_table_free(&events);
    jd_table_free(&panel);
    jd_table_free(&empty);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(h5);
    unlink(dta);
    unlink(csv);
    return rmdir(folder);
}

/* Runs a script of tests/cli/readers by the first of two interpreters that has what it needs. */
static void run_reader(const char *const interpreters[2], const char *script, const char *arguments,
                       const char *needs)
{
    char command[512];
    for (size_t i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s '%s/tests/cli/readers/%s' %s 2>&1", interpreters[i],
                 JD_SOURCE_DIR, script, arguments);
        int status = system(command);
        assert_true(WIFEXITED(status));
        int code = WEXITSTATUS(status);
        if (code == 0) return;
        if (code != SKIPPED && code != 127) fail_msg("%s ended with %d", script, code);
    }
    print_message("skipped: %s is not there\n", needs);
    skip();
}

/* Debian's python sees Debian's packages; another one may come first on the path. */
static const char *const python[] = {"/usr/bin/python3", "python3"};
static const char *const r[] = {"Rscript --vanilla", "/usr/bin/Rscript --vanilla"};

static void test_python_store(void **state)
{
    (void)state;
    run_reader(python, "read_store.py", h5, "python3 with h5py, xarray, h5netcdf and netCDF4");
}

static void test_r_store(void **state)
{
    (void)state;
    run_reader(r, "read_store.R", h5, "R with ncdf4 or rhdf5");
}

static void test_python_stata(void **state)
{
    (void)state;
    char arguments[160];
    snprintf(arguments, sizeof arguments, "%s %s", dta, csv);
    run_reader(python, "read_stata.py", arguments, "python3 with pandas");
}

static void test_r_stata(void **state)
{
    (void)state;
    char arguments[160];
    snprintf(arguments, sizeof arguments, "%s %s", dta, csv);
    run_reader(r, "read_stata.R", arguments, "R with haven");
}

/* h5dump and its like need no plugin. */
static void test_h5dump(void **state)
{
    (void)state;
    char command[256];
    snprintf(command, sizeof command,
             "command -v h5dump >/dev/null || exit %d; h5dump -d %s %s >/dev/null", SKIPPED,
             "/relocations/distance", h5);
    int code = WEXITSTATUS(system(command));
    if (code == SKIPPED) {
        print_message("skipped: h5dump (hdf5-tools) is not there\n");
        skip();
    }
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_python_store), cmocka_unit_test(test_r_store),
        cmocka_unit_test(test_python_stata), cmocka_unit_test(test_r_stata),
        cmocka_unit_test(test_h5dump),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
