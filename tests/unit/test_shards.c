/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of several runs on disk: what is appended is read back, and nothing else. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/files/folder.h"
#include "jiedao/context.h"
#include "sweep/shards.h"

static const jd_column_t columns[] = {{"x", JD_DOUBLE, "1", "a number", NULL, 0, JD_AXIS_CELL}};
static const jd_run_layout_t layout = {
    .n = 1, .name = {"t"}, .label = {"T"}, .columns = {columns}, .n_columns = {1}};
static char folder[] = "/tmp/jiedao-shards-XXXXXX";
/* 12 runs in blocks of 5, 5 and 2. */
static jd_shards_t shards = {
    .folder = folder, .layout = &layout, .identity = 99, .n_runs = 12, .block = 5};
static jd_ctx_t ctx;

/* Appends run 3's number three times over, and so on. */
static void append(jd_shard_writer_t *w, int64_t run)
{
    jd_run_result_t r;
    assert_int_equal(jd_run_result_init(&r, &layout, &ctx), JD_OK);
    assert_int_equal(jd_table_reserve(&r.table[0], run, &ctx), JD_OK);
    r.table[0].rows = run;
    for (int64_t i = 0; i < run; i++)
        JD_CELLS(&r.table[0], 0, double)[i] = (double)run;
    assert_int_equal(jd_shard_append(w, run, &r, &ctx), JD_OK);
    jd_run_result_free(&r);
}

static void write_runs(int64_t block, const int *runs, int n)
{
    jd_shard_writer_t w;
    bool busy;
    assert_int_equal(jd_shard_open(&w, &shards, block, &busy, &ctx), JD_OK);
    assert_false(busy);
    for (int i = 0; i < n; i++)
        append(&w, runs[i]);
    assert_int_equal(jd_shard_close(&w, &ctx), JD_OK);
}

static int note(void *user, int64_t run, jd_run_result_t *r, jd_ctx_t *unused)
{
    int *seen = user;
    (void)unused;
    assert_int_equal(r->table[0].rows, run);
    for (int64_t i = 0; i < run; i++)
        assert_true(JD_CELLS(&r->table[0], 0, double)[i] == (double)run);
    seen[run]++;
    return JD_OK;
}

static void assert_state(int64_t block, jd_shard_state_t expected, int64_t n)
{
    int seen[12] = {0};
    jd_shard_state_t state;
    int64_t valid;
    assert_int_equal(jd_shard_read(&shards, block, &state, &valid, note, seen, &ctx), JD_OK);
    assert_int_equal(state, expected);
    assert_int_equal(valid, n);
    for (int i = 0; i < 12; i++)
        assert_in_range(seen[i], 0, i / 5 == block);
}

static void test_a_block_fills_in_any_order(void **state)
{
    (void)state;
    static const int some[] = {8, 5}, rest[] = {9, 7, 6}, last[] = {11, 10};
    int64_t missing, first;
    assert_int_equal(jd_shards_count(&shards), 3);
    assert_state(1, JD_SHARD_NONE, 0);
    write_runs(1, some, 2);
    assert_state(1, JD_SHARD_PART, 2);
    write_runs(1, rest, 3);
    assert_state(1, JD_SHARD_WHOLE, 5);
    write_runs(1, NULL, 0); /* whole: left alone */
    assert_state(1, JD_SHARD_WHOLE, 5);
    write_runs(2, last, 2); /* the last block is shorter */
    assert_state(2, JD_SHARD_WHOLE, 2);
    assert_int_equal(jd_shards_missing(&shards, &missing, &first, &ctx), JD_OK);
    assert_int_equal(missing, 5);
    assert_int_equal(first, 0);
    shards.identity = 100; /* another sweep's records are none */
    assert_state(1, JD_SHARD_DAMAGED, 0);
    shards.identity = 99;
}

/* Locks are between processes. */
static void test_one_process_writes_a_block(void **state)
{
    (void)state;
    jd_shard_writer_t w;
    bool busy;
    assert_int_equal(jd_shard_open(&w, &shards, 0, &busy, &ctx), JD_OK);
    append(&w, 3);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jd_shard_writer_t other;
        int rc = jd_shard_open(&other, &shards, 0, &busy, &ctx);
        _exit(rc == JD_OK && busy ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(jd_shard_close(&w, &ctx), JD_OK);
    assert_state(0, JD_SHARD_PART, 1);
}

static int setup(void **state)
{
    char path[64];
    (void)state;
    jd_ctx_init(&ctx);
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/shards", folder);
    return jd_folder_make(path, &ctx);
}

static int teardown(void **state)
{
    char line[64];
    (void)state;
    snprintf(line, sizeof line, "rm -r %s", folder);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_block_fills_in_any_order),
        cmocka_unit_test(test_one_process_writes_a_block),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
