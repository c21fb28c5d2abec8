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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_from_any_number),
        cmocka_unit_test(test_some_tasks_again),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
