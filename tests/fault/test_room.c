/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that are too small for what is to be written: said before anything is. */
#include "fault/study_work.h"
#include "io/csv/csv.h"
#include "io/files/room.h"
#include "io/stata/stata.h"
#include "run/setting.h"
#include "sweep/sweep.h"

static char remark[1024];

static void hear(void *user, const char *message)
{
    (void)user;
    snprintf(remark, sizeof remark, "%s", message);
}

static jd_ctx_t fresh(void)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    ctx.warn = hear;
    ctx.threads = 1;
    remark[0] = '\0';
    return ctx;
}

/* A disk with so many bytes free. */
static void tell(double bytes)
{
    disk_says.disk = (struct statvfs){.f_frsize = 1,
                                      .f_blocks = 1u << 30,
                                      .f_bfree = (fsblkcnt_t)bytes,
                                      .f_bavail = (fsblkcnt_t)bytes};
    disk_says.kind = 0xEF53;
}

static int report_the_truth(void **state)
{
    (void)state;
    memset(&disk_says, 0, sizeof disk_says);
    return 0;
}

static void in_folder(const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", folder, name);
}

static void test_the_check(void **state)
{
    (void)state;
    char path[512], expected[1200];
    const jd_bytes_t bytes = {.least = 2e6, .likely = 3e9};
    jd_ctx_t ctx = fresh();
    in_folder("no/such/file.h5", path);
    tell(1999999);
    assert_int_equal(jd_room_check(path, bytes, &ctx), JD_ERR_WRITE);
    snprintf(expected, sizeof expected,
             "%s: takes 2 MB at least, and 2 MB are free in %s; make room there, or write to "
             "another disk; nothing is written",
             path, folder);
    assert_string_equal(ctx.message, expected);
    assert_string_equal(remark, "");
    ctx = fresh();
    disk_says.kind = 0x9123683E; /* btrfs packs files by itself */
    assert_int_equal(jd_room_check(path, bytes, &ctx), JD_OK);
    assert_non_null(strstr(remark, "takes about 3 GB, and 2 MB are free in"));
    ctx = fresh();
    tell(2e6);
    assert_int_equal(jd_room_check(path, bytes, &ctx), JD_OK);
    assert_non_null(strstr(remark, "it may not fit"));
    ctx = fresh();
    tell(1e9);
    disk_says.disk.f_frsize = 3; /* blocks, not bytes */
    assert_int_equal(jd_room_check(path, bytes, &ctx), JD_OK);
    assert_string_equal(remark, "");
    tell(0);
    disk_says.disk.f_blocks = 0; /* unknown */
    assert_int_equal(jd_room_check(path, bytes, &ctx), JD_OK);
    assert_string_equal(remark, "");
}

static void test_a_run(void **state)
{
    (void)state;
    char path[512];
    double bytes;
    jd_config_t *config = ready_config(NULL);
    jd_ctx_t ctx = fresh();
    in_folder("run.h5", path);
    assert_int_equal(jd_simulation_file_bytes(config, NULL, &bytes, &ctx), JD_OK);
    tell(bytes / 1032 - 1);
    assert_int_equal(jd_study_run(config, path, false, 1, NULL, &ctx), JD_ERR_WRITE);
    assert_non_null(strstr(ctx.message, "run.h5: takes "));
    assert_int_equal(files_in_folder(), 0);
    ctx = fresh();
    assert_int_equal(jd_study_run(config, path, false, 2, NULL, &ctx), JD_OK); /* no tables */
    clear_folder();
    ctx = fresh();
    tell(bytes / 1032 + 1);
    assert_int_equal(jd_study_run(config, path, false, 1, NULL, &ctx), JD_OK);
    assert_int_equal(files_in_folder(), 2);
    clear_folder();
    jd_config_free(config);
}

/* What is reckoned is what the file's tables hold: those that are kept, and each period's streets.
 */
static double held, streets;
static int add_rows(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    (void)user, (void)ctx;
    if (rows->n_time > 0) streets += (double)rows->n_time * (double)rows->n_unit;
    return JD_OK;
}

static void test_against_a_simulation(void **state)
{
    (void)state;
    double bytes;
    jd_config_t *config = ready_config(NULL);
    jd_ctx_t ctx = fresh();
    jd_simulation_t *sim;
    jd_sink_t sink = {.append = add_rows};
    assert_int_equal(jd_simulation_create(&sim, config, NULL, 0, &ctx), JD_OK);
    assert_int_equal(jd_simulation_run(sim, &sink, &ctx), JD_OK);
    for (int i = 0; i < jd_simulation_n_tables(sim); i++) {
        const jd_table_t *t = jd_simulation_table_at(sim, i);
        for (int c = 0; c < t->n_columns && t->n_time > 0; c++)
            held += (double)jd_table_cells(t, c) * (double)jd_column_size(&t->columns[c]);
    }
    assert_int_equal((int)streets, 2 * 6 * 24);
    assert_int_equal(jd_simulation_file_bytes(config, NULL, &bytes, &ctx), JD_OK);
    assert_true(bytes > held + streets * 40 && bytes < held + streets * 200);
    jd_simulation_free(sim);
    jd_config_free(config);
}

static void test_exports(void **state)
{
    (void)state;
    char path[512];
    static const jd_column_t columns[] = {{"a", JD_DOUBLE, "", "", NULL, 0, 0},
                                          {"b", JD_TEXT, "", "", NULL, 5, 0}};
    jd_table_t table;
    jd_ctx_t ctx = fresh();
    assert_int_equal(jd_table_init(&table, "t", "t", columns, 2, 1000, &ctx), JD_OK);
    table.rows = 1000;
    for (int k = 0; k < 2; k++) {
        in_folder("t.csv", path);
        tell(k ? 2000 : 1999); /* two commas or line ends a row */
        ctx = fresh();
        assert_int_equal(jd_csv_write(&table, path, true, &ctx), k ? JD_OK : JD_ERR_WRITE);
        in_folder("t.dta", path);
        tell(k ? 13000 : 12999); /* 8 bytes and 5 */
        ctx = fresh();
        assert_int_equal(jd_stata_write(&table, path, true, &ctx), k ? JD_OK : JD_ERR_WRITE);
        assert_int_equal(files_in_folder(), 2 * k);
    }
    clear_folder();
    jd_table_free(&table);
}

static jd_config_t *swept_config(const char *keep)
{
    const char *const set[] = {"sweep.policy.share=0.25, 0.5", "sweep.replicates=50000", keep,
                               NULL};
    jd_ctx_t ctx = fresh();
    jd_config_t *made = NULL;
    int n;
    const jd_section_t *const *sections = jd_sweep_sections(&n);
    int rc = jd_config_create(&made, sections, n, &ctx);
    for (const char *const *a = tiny; !rc && *a; a++)
        rc = jd_config_set(made, "--set", *a, &ctx);
    for (const char *const *a = set; !rc && *a; a++)
        rc = jd_config_set(made, "--set", *a, &ctx);
    if (!rc) rc = jd_config_finish(made, &ctx);
    if (rc) fail_msg("%s", ctx.message);
    return made;
}

/* 100,000 records of some hundred bytes; with output.keep = all, as many files. */
static void test_a_sweep(void **state)
{
    (void)state;
    char path[512];
    double bytes;
    in_folder("sweep", path);
    for (int k = 0; k < 2; k++) {
        const jd_sweep_options_t options = {.parts = 1};
        jd_sweep_facts_t facts;
        jd_ctx_t ctx = fresh();
        jd_config_t *config = swept_config(k ? "output.keep=all" : "output.keep=summary");
        const double record = (double)jd_shard_least(&jd_sweep_simulate.layout);
        assert_true(record > 40 && record < 1000);
        assert_int_equal(jd_simulation_file_bytes(config, NULL, &bytes, &ctx), JD_OK);
        tell(1e5 * (record + k * bytes / 1032) - 100);
        assert_int_equal(jd_sweep_run(&jd_sweep_simulate, config, path, &options, &facts, &ctx),
                         JD_ERR_WRITE);
        assert_non_null(strstr(ctx.message, "sweep: takes "));
        assert_int_equal(files_in_folder(), 0);
        jd_config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_check, report_the_truth),
        cmocka_unit_test_teardown(test_a_run, report_the_truth),
        cmocka_unit_test_teardown(test_against_a_simulation, report_the_truth),
        cmocka_unit_test_teardown(test_exports, report_the_truth),
        cmocka_unit_test_teardown(test_a_sweep, report_the_truth),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
