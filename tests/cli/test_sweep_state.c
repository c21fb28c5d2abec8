/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep under way can be looked into, stops after too many failures, and keeps what its runs
 * remarked. */
#include "cli/tiny.h"

/* Every second run fails. */
#define FAILING                                                                   \
    "sweep $TINY --set sweep.world.counties=16,3 --set sweep.replicates=3 --set " \
    "sweep.max_failures="

static said_t said;

static void test_a_sweep_stops_after_so_many_failures(void **state)
{
    (void)state;
    run_program(&said, FAILING "2 -o failing --threads 1");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "failing: stopped after 2 failed runs of 4 (sweep.max_failures = 2); "
                           "the first (run 2): ");
    assert_false(is_here("failing/sweep.h5"));
    /* those recorded count when one goes on */
    run_program(&said, FAILING "2 -o failing --threads 1 --resume");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "stopped after 2 failed runs of 4");
    run_program(&said, FAILING "3 -o failing --threads 1 --resume");
    ASSERT_STATUS(&said, 0); /* the third is the last run: nothing is left to stop */
    /* how many may fail is no part of the result */
    run_program(&said, FAILING "0 -o never && cmp never/sweep.h5 failing/sweep.h5");
    if (said.status) fail_msg("%s%s", said.out, said.err);
    run_program(&said, "sweep $TINY --set sweep.sweep.max_failures=1,2 -o x");
    ASSERT_STATUS(&said, 2);
}

static void test_info_looks_into_an_unfinished_sweep(void **state)
{
    (void)state;
    run_program(&said, FAILING "0 -o half --shard 1/2");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "info half");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "2 points x 3 replicates = 6 runs");
    ASSERT_HOLDS(said.out, "done       3\n  failed     0\n  missing    3\n");
    ASSERT_HOLDS(said.out, "To go on: jiedao sweep CONFIG -o half --resume");
    run_program(&said, FAILING "0 -o half --shard 2/2");
    run_program(&said, "info half");
    ASSERT_HOLDS(said.out, "done       6\n  failed     3\n  missing    0\n");
    ASSERT_HOLDS(said.out, "jiedao merge half writes the file");
    ASSERT_HOLDS(said.out, "     3 x ");
    ASSERT_HOLDS(said.out, "(first run 2: point 2, replicate 1)");
    run_shell(&said, "printf x | dd of=half/shards/000001.shard bs=1 seek=90 conv=notrunc "
                     "2>/dev/null; \"$JIEDAO\" info half");
    ASSERT_HOLDS(said.out, "missing    1\n  damaged    1 shards");
    run_shell(&said, "mkdir empty; \"$JIEDAO\" info empty");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "empty is no folder of a sweep");
    run_program(&said, "info half --config");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "half is a folder");
}

static void test_info_looks_into_a_validation(void **state)
{
    (void)state;
    run_program(&said, "validate $TINY --set validate.replicates=4 -o checked");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "info checked");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "checked/rounds/01\n");
    ASSERT_HOLDS(said.out, "1 points x 4 replicates = 4 runs");
    ASSERT_HOLDS(said.out, "done       4\n  failed     0\n  missing    0\n");
}

#define NOTING "--set estimate.estimators=rings,drdid,twfe"

/* What all replicates or runs remark is said once, with how many it concerns. */
static void test_remarks_of_many_runs_are_said_once(void **state)
{
    (void)state;
    static const char late[] = "policy: 8 counties adopt after the last period";
    static const char *const lines[][2] = {
        {"run ${TINY% --quiet} --set policy.adoption=2030Q1 --replicates 3 -o late.h5",
         "3 of 3 replicates: "},
        {"run ${TINY% --quiet} --set policy.adoption=2030Q1 --replicates 3 -o late2.h5 --format "
         "csv",
         "3 of 3 replicates: "},
        {"sweep ${TINY% --quiet} --set 'sweep.policy.adoption=2021Q1 | 2030Q1' --set "
         "sweep.replicates=2 -o late",
         "2 of 4 runs: "},
        {"merge late --force", "2 of 4 runs: "},
        {"validate ${TINY% --quiet} --set policy.adoption=2030Q1 --set validate.replicates=3 -o "
         "latest",
         "3 of 3 runs: "}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char wanted[128], line[512];
        snprintf(line, sizeof line, "%s", lines[i][0]);
        run_program(&said, line);
        snprintf(wanted, sizeof wanted, "%s%s", lines[i][1], late);
        char *first = strstr(said.err, wanted);
        if (!first) fail_msg("%s: %s", line, said.err);
        if (strstr(first + strlen(wanted), late)) fail_msg("twice: %s", said.err);
    }
    /* estimators that are left out, and one run's file */
    run_program(&said, "run ${TINY% --quiet} --set policy.share=1 --replicates 2 -o all.h5");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, "2 of 2 replicates: twfe on the county panel: left out: ");
    run_program(&said, "run ${TINY% --quiet} --set policy.adoption=2030Q1 -o one.h5");
    ASSERT_HOLDS(said.err, late);
    run_program(&said, "info one.h5");
    ASSERT_HOLDS(said.out, late);
}

/* An estimator that does not apply is a remark; each is kept once, with its run. */
static void test_remarks_are_kept_with_their_run(void **state)
{
    (void)state;
    run_program(&said, "sweep $TINY " NOTING " --set sweep.replicates=2 -o noted");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "info noted");
    ASSERT_HOLDS(said.out, "remarks    left by 2 runs");
    run_program(&said, "export noted/sweep.h5 -t runs -o -");
    ASSERT_HOLDS(said.out, ",friction_show,note\n");
    ASSERT_HOLDS(said.out, ",\"rings on the county panel: left out: ");
    ASSERT_HOLDS(said.out, " | drdid on the county panel: left out: ");
    /* and by run --replicates */
    run_shell(&said,
              "\"$JIEDAO\" export noted/sweep.h5 -t runs -o - >a; \"$JIEDAO\" run $TINY " NOTING
              " --replicates 2 -o noted.h5 >/dev/null; "
              "\"$JIEDAO\" export noted.h5 -t runs -o - | cmp a -");
    if (said.status) fail_msg("%s%s", said.out, said.err);
    /* more of them than there is room for are counted */
    run_shell(&said, "\"$JIEDAO\" run $TINY --set estimate.estimators=all --set "
                     "policy.adoption=2030Q1 --replicates 2 -o "
                     "more.h5 >/dev/null; \"$JIEDAO\" export more.h5 -t runs -o - | "
                     "grep -c ' | and [0-9]* more\"'");
    assert_string_equal(said.out, "2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sweep_stops_after_so_many_failures),
        cmocka_unit_test(test_info_looks_into_an_unfinished_sweep),
        cmocka_unit_test(test_info_looks_into_a_validation),
        cmocka_unit_test(test_remarks_are_kept_with_their_run),
        cmocka_unit_test(test_remarks_of_many_runs_are_said_once),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
