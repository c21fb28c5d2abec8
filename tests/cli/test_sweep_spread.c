/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sweep whose runs are done here and there: the tasks of an array however they are numbered. */
#include "cli/tiny.h"

#define SWEEP "sweep $TINY --set sweep.policy.share=0.25,0.5 --set sweep.replicates=4"

static said_t said;

static void make_whole(void)
{
    if (is_here("whole/sweep.h5")) return;
    run_program(&said, SWEEP " -o whole");
    ASSERT_STATUS(&said, 0);
}

/* docs/examples/sweep.sbatch, with the words that Slurm gives each task of an array. */
static void run_array(const char *folder, const char *n, const char *ids, int least, int most)
{
    char line[2048];
    int count = 1;
    for (const char *c = ids; *c; c++)
        count += *c == ' ';
    snprintf(line, sizeof line,
             "mkdir -p bin; printf '#!/bin/sh\\nshift 2\\nexec \"$JIEDAO\" " SWEEP " \"$@\"\\n' "
             ">bin/jiedao; chmod +x bin/jiedao; export PATH=$PWD/bin:$PATH; for i in %s; do "
             "N=%s SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_MIN=%d SLURM_ARRAY_TASK_MAX=%d "
             "SLURM_ARRAY_TASK_COUNT=%d sh \"" JD_SOURCE_DIR "/docs/examples/sweep.sbatch\" my.ini "
             "%s || exit; done",
             ids, n, least, most, count, folder);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
}

static void assert_whole(const char *folder)
{
    char line[256];
    snprintf(line, sizeof line, "\"$JIEDAO\" merge --force %s && cmp %s/sweep.h5 whole/sweep.h5",
             folder, folder);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
}

static void test_arrays_from_any_number(void **state)
{
    (void)state;
    make_whole();
    run_array("zero", "", "0 1 2 3", 0, 3);
    assert_whole("zero");
    run_array("one", "", "1 2 3", 1, 3);
    assert_whole("one");
    run_array("five", "", "5 6", 5, 6);
    assert_whole("five");
}

/* Tasks 2 and 4 of four failed: their shares are done again, and no others. */
static void test_some_tasks_again(void **state)
{
    (void)state;
    make_whole();
    run_array("some", "4", "1 3", 1, 3);
    run_program(&said, "merge some");
    ASSERT_HOLDS(said.err, "4 of 8 runs are missing");
    run_array("some", "4", "2 4", 2, 4);
    assert_whole("some");
    run_array("gaps", "4", "1 3", 1, 3);
    run_array("gaps", "", "2 4", 2, 4); /* not said how many: whatever is missing */
    assert_whole("gaps");
}

/* Keyed draws: replicates that come later, or lie in another folder, make the same file. */
static void test_more_replicates(void **state)
{
    (void)state;
    make_whole();
    run_shell(&said, "\"$JIEDAO\" " SWEEP " -o grown --set sweep.replicates=3 >/dev/null && "
                     "\"$JIEDAO\" " SWEEP " -o grown --set sweep.replicates=4 --resume && "
                     "\"$JIEDAO\" " SWEEP " -o four --set sweep.replicates=4 >/dev/null && cmp "
                     "grown/sweep.h5 four/sweep.h5 && diff grown/config.ini four/config.ini");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "Runs        8 of 2 points x 4 replicates, 6 of them there before");
    /* killed while it grew: plan.txt is written, config.ini not yet */
    run_shell(&said, "\"$JIEDAO\" " SWEEP " -o half --set sweep.replicates=3 >/dev/null && "
                     "cp grown/plan.txt half && "
                     "\"$JIEDAO\" " SWEEP " -o half --set sweep.replicates=4 --resume && "
                     "cmp half/sweep.h5 four/sweep.h5 && cmp half/config.ini four/config.ini");
    ASSERT_STATUS(&said, 0);
    run_program(&said, SWEEP " -o grown --set sweep.replicates=3 --resume");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "with sweep.replicates = 4, and 3 are requested: --resume adds");
    run_program(&said, SWEEP " -o grown --set sweep.replicates=9 --shard 1/2");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "with sweep.replicates = 4, and 9 are requested: --resume adds");
}

/* Killed between the two files of a folder, and begun anew with another config. */
static void test_half_states_are_forced(void **state)
{
    (void)state;
    run_shell(&said, "\"$JIEDAO\" " SWEEP " -o anew --set sweep.replicates=2 >/dev/null && "
                     "\"$JIEDAO\" " SWEEP " -o more --set sweep.replicates=3 >/dev/null && "
                     "cp -r more old && cp -r more user && \"$JIEDAO\" " SWEEP
                     " -o more --resume >/dev/null && [ $(grep -c ^source more/plan.txt) = 2 ]");
    ASSERT_STATUS(&said, 0);
    /* growing: the plan is written, the config is the one before */
    run_shell(&said, "cp more/plan.txt old && \"$JIEDAO\" " SWEEP
                     " -o old --set sweep.replicates=2 --force >/dev/null && cmp old/sweep.h5 "
                     "anew/sweep.h5 && cmp old/config.ini anew/config.ini");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "cp more/plan.txt user && echo '; mine' >>user/config.ini && cp "
                     "user/config.ini mine.ini; \"$JIEDAO\" " SWEEP
                     " -o user --set sweep.replicates=2 --force; s=$?; cmp user/config.ini "
                     "mine.ini && [ -e user/sweep.h5 ] && exit $s");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "user/config.ini is there and is not this sweep's");
    /* beginning: the config is written, the plan not yet */
    run_shell(&said, "mkdir begun && cp anew/config.ini begun && \"$JIEDAO\" " SWEEP
                     " -o begun --set sweep.replicates=2 --force >/dev/null && cmp "
                     "begun/sweep.h5 anew/sweep.h5");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "rm begun/plan.txt begun/sweep.h5 && \"$JIEDAO\" " SWEEP " -o begun --force");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "begun/config.ini is there and is not this sweep's");
}

static void test_folders_become_one(void **state)
{
    (void)state;
    make_whole();
    run_shell(&said, "cd $HERE; for s in 1 2; do \"$JIEDAO\" " SWEEP " -o part$s --shard $s/2 "
                     ">/dev/null || exit; done; \"$JIEDAO\" merge part2 part1 -o parts && cmp "
                     "parts/sweep.h5 whole/sweep.h5");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "\"$JIEDAO\" sweep $TINY --set sweep.policy.share=0.25,0.5 --set "
                     "sweep.replicates=3 -o early >/dev/null && \"$JIEDAO\" " SWEEP
                     " --set sweep.replicates=1 --set sweep.first=3 -o late >/dev/null && "
                     "\"$JIEDAO\" merge late early -o years && cmp years/sweep.h5 whole/sweep.h5");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "merge early late");
    ASSERT_HOLDS(said.err, "2 folders become one: name it with -o");
    run_program(&said, "merge early late -o whole");
    ASSERT_HOLDS(said.err, "whole holds a sweep already");
    run_shell(&said, "\"$JIEDAO\" " SWEEP " --set sweep.replicates=1 --set sweep.first=9 -o gap "
                     ">/dev/null; \"$JIEDAO\" merge early gap -o holes");
    ASSERT_HOLDS(said.err, "holes: 12 of 20 runs are missing");
    run_shell(&said, "\"$JIEDAO\" " SWEEP " --set firms.n=2999 -o other >/dev/null; \"$JIEDAO\" "
                     "merge early other -o x");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "early and other are not of one sweep: other holds another sweep: "
                           "firms.n was 3000, is 2999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_from_any_number),
        cmocka_unit_test(test_some_tasks_again),
        cmocka_unit_test(test_more_replicates),
        cmocka_unit_test(test_half_states_are_forced),
        cmocka_unit_test(test_folders_become_one),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
