/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `run` says in words, where there is little to say: no moves, no effect, no controls. */
#include "cli/tiny.h"

static said_t said;

static void run_loud(const char *options)
{
    char line[2048];
    snprintf(line, sizeof line, "\"$JIEDAO\" run ${TINY%%--quiet} --force -o w.h5 %s", options);
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s", options, said.err);
    if (strstr(said.out, "nan")) fail_msg("%s: %s", options, said.out);
}

static void test_without_moves(void **state)
{
    (void)state;
    run_loud("--set firms.review=0");
    ASSERT_HOLDS(said.out, "0.0 % of firms move a year, none across a county border");
    ASSERT_HOLDS(said.out, "TWFE recovers the total effect but for trends and chance (0)");
    assert_null(strstr(said.out, "standard errors"));
}

/* Without a dose there is no bias but chance, and nothing to blame. */
static void test_without_effect(void **state)
{
    (void)state;
    run_loud("--set policy.dose=0");
    ASSERT_HOLDS(said.out, "TWFE recovers the total effect but for trends and chance (");
    assert_null(strstr(said.out, "understates"));
}

static void test_without_controls(void **state)
{
    (void)state;
    run_loud("--set policy.share=1");
    ASSERT_HOLDS(said.err, "twfe on the county panel: left out");
    assert_null(strstr(said.out, "In words"));
}

/* Near the direct effect the words are "within", far from it "misses". */
static void test_direct_effect(void **state)
{
    (void)state;
    run_loud("--set firms.n=200000 --set run.direct_folds=4");
    ASSERT_HOLDS(said.out, "Of the direct effect (+");
    run_loud("--set firms.n=200000 --set run.direct_folds=4 --set estimate.data=observed"
             " --set observation.coverage=0.3");
    ASSERT_HOLDS(said.out, "The direct effect (+");
    ASSERT_HOLDS(said.out, "it misses by ");
}

/* What belongs to the occasion lies beside the file. */
static void test_log(void **state)
{
    (void)state;
    static const char *const fields[] = {"\"finished\": \"", "\"host\": \"",
                                         "\"compiler\": \"", "\"libraries\": \"HDF5 ",
                                         "\"threads\": ",    "\"simulate\": "};
    run_loud("");
    run_shell(&said, "cat w.log.json");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ASSERT_HOLDS(said.out, fields[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_moves),
        cmocka_unit_test(test_without_effect),
        cmocka_unit_test(test_without_controls),
        cmocka_unit_test(test_direct_effect),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
