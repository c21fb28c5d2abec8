/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the docs show is what the program does: tables and columns of a file, the screen; and what a
 * newcomer tries first works. */
#include "cli/tiny.h"
#include "io/hdf5/store.h"

static said_t said;
static char page[1 << 17];

static void check_table(jd_store_t *store, const char *name, const char *run_column)
{
    char cell[128];
    jd_table_t table;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    snprintf(cell, sizeof cell, "`%s`", name);
    if (!strstr(page, cell)) fail_msg("docs/file-format.md: no table %s", name);
    assert_int_equal(jd_store_read(store, name, &table, &ctx), JD_OK);
    for (int c = 0; c < table.n_columns; c++) {
        snprintf(cell, sizeof cell, "\n| `%s` |", table.columns[c].name);
        if (!strstr(page, cell) && strcmp(table.columns[c].name, run_column) != 0)
            fail_msg("docs/file-format.md: no column %s (of %s)", table.columns[c].name, name);
    }
    jd_table_free(&table);
}

static void check_file(const char *name)
{
    char path[512];
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    jd_store_t *store = NULL;
    jd_store_entry_t *entries = NULL;
    int n = 0;
    assert_int_equal(jd_store_open(&store, path, &ctx), JD_OK);
    assert_int_equal(jd_store_list(store, &entries, &n, &ctx), JD_OK);
    assert_true(n > 3);
    for (int i = 0; i < n; i++)
        check_table(store, entries[i].name, "run");
    jd_store_list_free(entries, n);
    jd_store_close(&store);
}

static void test_every_table_and_column_is_told(void **state)
{
    (void)state;
    read_back(JD_SOURCE_DIR "/docs/file-format.md", page, sizeof page);
    run_shell(&said,
              "\"$JIEDAO\" run $TINY -o one.h5 && \"$JIEDAO\" run $TINY --replicates 2 -o two.h5");
    ASSERT_STATUS(&said, 0);
    check_file("one.h5");
    check_file("two.h5");
}

/* Every block of text in a page is a piece of what the program prints. */
static void check_screens_of(const char *path)
{
    static const char open[] = "```text\n";
    int n = 0;
    read_back(path, page, sizeof page);
    for (char *at = page; (at = strstr(at, open)); n++) {
        char *block = at + sizeof open - 1, *end = strstr(block, "```");
        assert_non_null(end);
        *end = '\0';
        at = end + 3;
        if (!strstr(said.out, block))
            fail_msg("%s shows what is not printed:\n%sbut this is:\n%s", path, block, said.out);
    }
    assert_true(n > 0);
}

static void test_screens_in_docs_are_what_is_printed(void **state)
{
    (void)state;
    run_shell(&said, "mkdir results && \"$JIEDAO\" run quickstart -o results/quickstart.h5 --set "
                     "run.direct_folds=10");
    ASSERT_STATUS(&said, 0);
    check_screens_of(JD_SOURCE_DIR "/README.md");
    check_screens_of(JD_SOURCE_DIR "/docs/tutorials/first-run.md");
}

static void test_config_of_a_file_makes_it_again(void **state)
{
    (void)state;
    run_shell(&said, "\"$JIEDAO\" run $TINY --seed 7 --set event.mine.size=0.3 --set "
                     "policy.adoption=2020Q3,2021Q1 -o first.h5 && "
                     "\"$JIEDAO\" info first.h5 --config >again.ini && \"$JIEDAO\" run again.ini "
                     "-q -o second.h5 && "
                     "\"$JIEDAO\" info first.h5 | tail -n +2 >1.txt && \"$JIEDAO\" info second.h5 "
                     "| tail -n +2 >2.txt && "
                     "cmp 1.txt 2.txt && \"$JIEDAO\" export first.h5 -t panel/street -o 1.csv && "
                     "\"$JIEDAO\" export second.h5 -t panel/street -o 2.csv && cmp 1.csv 2.csv");
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
}

static void test_ending_says_the_format(void **state)
{
    (void)state;
    run_shell(&said, "\"$JIEDAO\" export one.h5 -t estimates -o e.dta && \"$JIEDAO\" export one.h5 "
                     "-t estimates -o c.txt && "
                     "head -c 11 e.dta && head -c 16 c.txt");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "<stata_dta>panel,estimator,");
}

static void test_what_newcomers_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } mistakes[] = {
        {"quickstart",
         "quickstart: is a config, not a command; did you mean 'jiedao run quickstart'?"},
        {"mine.ini", "did you mean 'jiedao run mine.ini'?"},
        {"info one.h5 --table county", "one.h5: has no table county; did you mean 'panel/county'?"},
        {"export one.h5 -t estimats -o -", "did you mean 'estimates'?"},
        {"export one.h5 -t xyzzy -o -", "`jiedao info one.h5` lists those it has"},
        {"params policy.share",
         "'policy.share' is a key, not a section; 'jiedao params policy' shows it"},
        {"params share", "'jiedao params policy' shows it"},
        {"run china", "china_divisions.csv: cannot be opened: No such file or directory; "
                      "world.divisions must name a CSV file"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        run_program(&said, mistakes[i].line);
        assert_int_not_equal(said.status, 0);
        ASSERT_HOLDS(said.err, mistakes[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_table_and_column_is_told),
        cmocka_unit_test(test_screens_in_docs_are_what_is_printed),
        cmocka_unit_test(test_config_of_a_file_makes_it_again),
        cmocka_unit_test(test_ending_says_the_format),
        cmocka_unit_test(test_what_newcomers_mistake),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
