/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao-mpi: any number of ranks, the same file. */
#include "cli/tiny.h"

#define SWEEP "sweep $TINY --set sweep.policy.share=0.25,0.5 --set sweep.replicates=20"
/* Jobs that share Open MPI's folder in /tmp can remove it under each other: each test has its own.
 * A machine of other work is no reason to wait in a loop. MPI itself leaks. */
#define MPI                                                                                 \
    "TMPDIR=$PWD ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\" mpirun --allow-run-as-root " \
    "--oversubscribe --mca mpi_yield_when_idle 1 -np"

static void need_mpi(void)
{
    char program[512];
    snprintf(program, sizeof program, "%s-mpi", JD_PROGRAM);
    if (access(program, X_OK) == 0 && system("command -v mpirun >/dev/null") == 0) return;
    print_message("skipped: no jiedao-mpi or no mpirun\n");
    skip();
}

static void test_ranks_change_no_byte(void **state)
{
    (void)state;
    said_t said;
    need_mpi();
    run_program(&said, SWEEP " -o one --threads 1");
    ASSERT_STATUS(&said, 0);
    for (int ranks = 1; ranks <= 4; ranks *= 2) {
        char line[512];
        snprintf(line, sizeof line,
                 MPI " %d \"$JIEDAO-mpi\" " SWEEP
                     " -o r%d --threads 1 && cmp one/sweep.h5 r%d/sweep.h5",
                 ranks, ranks, ranks);
        run_shell(&said, line);
        if (said.status) fail_msg("%d ranks: %s%s", ranks, said.out, said.err);
        ASSERT_HOLDS(said.out, "Runs        40 of 2 points x 20 replicates");
    }
}

/* All mechanisms at once, with every world. */
static void test_ranks_and_mechanisms(void **state)
{
    (void)state;
    said_t said;
    static const char *const mechanisms =
        "sweep $TINY --set sweep.policy.share=0.25,0.5 --set sweep.replicates=2 --set "
        "tournament.county=0.3 --set diffusion.crisis=0.2 --set entrepreneurs.rate=0.3 --set "
        "projects.services=0.1 --set cooperation.arranged=0.2 --set cooperation.self=0.2 --set "
        "firms.b_tie=1 --threads 1 -q -o";
    char line[1600];
    need_mpi();
    snprintf(line, sizeof line,
             "\"$JIEDAO\" %s all1 && " MPI " 3 \"$JIEDAO-mpi\" %s all3 && cmp all1/sweep.h5 "
             "all3/sweep.h5",
             mechanisms, mechanisms);
    run_shell(&said, line);
    if (said.status) fail_msg("%s%s", said.out, said.err);
}

static void test_goes_on_what_others_began(void **state)
{
    (void)state;
    said_t said;
    need_mpi();
    run_program(&said, SWEEP " -o one --threads 1 --force");
    run_program(&said, SWEEP " -o mixed --shard 1/2");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, MPI " 2 \"$JIEDAO-mpi\" " SWEEP
                         " -o mixed --resume && cmp one/sweep.h5 mixed/sweep.h5");
    if (said.status) fail_msg("%s%s", said.out, said.err);
}

/* Ranks that come with another config, or find no folder, do not leave the others waiting. */
static void test_a_rank_that_fails_alone_ends_the_job(void **state)
{
    (void)state;
    said_t said;
    need_mpi();
    for (int first = 0; first < 2; first++) {
        char line[1024];
        snprintf(line, sizeof line,
                 "rm -rf alone; \"$JIEDAO\" " SWEEP " -o alone --shard 1/2 >/dev/null; " MPI
                 " 1 timeout 300 \"$JIEDAO-mpi\" " SWEEP " %s -o alone : -np 1 timeout 300 "
                 "\"$JIEDAO-mpi\" " SWEEP " %s -o alone",
                 first ? "--set firms.n=4000" : "", first ? "" : "--set firms.n=4000");
        run_shell(&said, line);
        if (said.status == 0 || said.status == 124)
            fail_msg("status %d: %s%s", said.status, said.out, said.err);
        ASSERT_HOLDS(said.err, "another process of this job failed");
        assert_false(is_here("alone/sweep.h5"));
    }
}

static void test_one_says_what_is_wrong(void **state)
{
    (void)state;
    said_t said;
    need_mpi();
    run_shell(&said, MPI " 2 \"$JIEDAO-mpi\" " SWEEP " -o x --set policy.share=2");
    const char *first = strstr(said.err, "policy.share = 2");
    if (said.status == 0 || !first || strstr(first + 1, "policy.share = 2"))
        fail_msg("status %d: %s%s", said.status, said.out, said.err);
    assert_false(is_here("x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_change_no_byte),
        cmocka_unit_test(test_ranks_and_mechanisms),
        cmocka_unit_test(test_goes_on_what_others_began),
        cmocka_unit_test(test_a_rank_that_fails_alone_ends_the_job),
        cmocka_unit_test(test_one_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
