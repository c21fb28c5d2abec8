/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every command of the tutorials on one's own data runs, on the data they name. */
#include "cli/tiny.h"

static said_t said;
static char page[1 << 16], script[1 << 14];

/* Each block of shell lines, run as it stands; stops at the first that fails. */
static int run_blocks(const char *path)
{
    static const char open[] = "```sh\n";
    int n = 0;
    read_back(path, page, sizeof page);
    for (char *at = page; (at = strstr(at, open)); n++) {
        char *block = at + sizeof open - 1, *end = strstr(block, "```");
        assert_non_null(end);
        *end = '\0';
        at = end + 3;
        snprintf(script, sizeof script, "%s/block.sh", getenv("HERE"));
        FILE *out = fopen(script, "w");
        assert_non_null(out);
        fputs(block, out);
        assert_int_equal(fclose(out), 0);
        run_shell(&said, "PATH=\"$HERE:$PATH\" sh -e block.sh");
        if (said.status) fail_msg("%s: %s%s", path, block, said.err);
        assert_true(strlen(said.out) > 100 || strstr(block, "export"));
    }
    return n;
}

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run_shell(&said,
              "ln -sf \"$JIEDAO\" jiedao && cp " JD_SOURCE_DIR "/docs/tutorials/firms.csv . && "
              "mkdir results && ./jiedao run quickstart -q -o results/quickstart.h5 --set "
              "run.direct_folds=0 >run.txt");
    return said.status;
}

static void test_stata(void **state)
{
    (void)state;
    assert_true(run_blocks(JD_SOURCE_DIR "/docs/tutorials/from-stata.md") > 15);
}

static void test_r(void **state)
{
    (void)state;
    assert_true(run_blocks(JD_SOURCE_DIR "/docs/tutorials/from-r.md") > 15);
}

static void test_records(void **state)
{
    (void)state;
    assert_true(run_blocks(JD_SOURCE_DIR "/docs/tutorials/from-records.md") == 3);
    /* What the page shows is what the last panel said. */
    run_shell(&said,
              "./jiedao panel moves.csv --firm id --date date --from from --to to --divisions "
              "divisions.csv --policy policy.csv --sector industry --targeted 35 --similar 33 "
              "--first 2020 --last 2025 --leftover left.csv -o mine.h5 --force");
    assert_int_equal(said.status, 0);
    read_back(JD_SOURCE_DIR "/docs/tutorials/from-records.md", page, sizeof page);
    ASSERT_HOLDS(page, said.out);
}

static void test_own_data(void **state)
{
    (void)state;
    assert_true(run_blocks(JD_SOURCE_DIR "/docs/tutorials/own-data.md") > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stata),
        cmocka_unit_test(test_r),
        cmocka_unit_test(test_own_data),
        cmocka_unit_test(test_records),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
