/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the disk does to a sweep: it says so, keeps finished runs, and --resume ends with the same
 * bytes. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/mount.h>
#include <time.h>

#include "cli/tiny.h"

#define SWEEP "\"$JIEDAO\" sweep $TINY --set sweep.replicates=40"
#define KEEP "\"$JIEDAO\" sweep $TINY --set sweep.replicates=4 --set output.keep=all"

static said_t said;

/* Both sweeps undisturbed. */
static int make_whole(void **state)
{
    if (set_tiny(state)) return -1;
    run_shell(&said, SWEEP " -o whole >/dev/null && " KEEP " -o tables");
    return said.status;
}

static void assert_ok(const char *line)
{
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s%s", line, said.out, said.err);
}

static void test_a_file_size_limit(void **state)
{
    (void)state;
    run_shell(&said, "ulimit -f 4; " SWEEP " -o limited"); /* 2 kB: no record fits */
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "File too large; finished runs are kept");
    run_shell(&said, "ulimit -f 60; " SWEEP " -o limited --resume"); /* the merged file does not */
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "limited/sweep.h5: cannot be written");
    assert_false(is_here("limited/sweep.h5"));
    assert_ok(SWEEP " -o limited --resume && cmp limited/sweep.h5 whole/sweep.h5");
    ASSERT_HOLDS(said.out, "40 of them there before");
    run_shell(&said, "ulimit -f 400; " KEEP " -o limited_tables"); /* no run's file fits */
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "limited_tables/runs/000001.h5: cannot be written");
    assert_ok(KEEP " -o limited_tables --resume && cmp limited_tables/sweep.h5 tables/sweep.h5");
}

static void test_a_full_disk(void **state)
{
    (void)state;
    char disk[128];
    run_shell(&said, "mkdir disk");
    snprintf(disk, sizeof disk, "%s/disk", getenv("HERE"));
    if (mount("tmpfs", disk, "tmpfs", 0, "size=256k") != 0) {
        print_message("skipped: no small disk can be mounted: %s\n", strerror(errno));
        run_shell(&said, "rmdir disk");
        skip();
    }
    said_t full, copied;
    run_shell(&full, SWEEP " -o disk/s");
    run_shell(&copied, "cp -r disk/s moved");
    assert_int_equal(umount(disk), 0);
    ASSERT_STATUS(&full, 1);
    ASSERT_HOLDS(full.err, "No space left on device; finished runs are kept");
    assert_ok(SWEEP " -o moved --resume && cmp moved/sweep.h5 whole/sweep.h5");
    ASSERT_HOLDS(said.out, "of them there before"); /* what was finished was kept */
}

static void test_folders_that_may_not_be_written(void **state)
{
    (void)state;
    const char *as = geteuid() == 0 ? "setpriv --reuid=65534" : "";
    char line[1024];
    run_shell(&said, "setpriv --reuid=65534 true");
    if (geteuid() == 0 && said.status) {
        print_message("skipped: root may write everywhere, and setpriv is not there\n");
        skip();
    }
    assert_ok("chmod 755 .; cp -r whole closed; rm closed/sweep.h5 closed/shards/000005.shard; "
              "chmod 555 closed/shards");
    snprintf(line, sizeof line, "%s " SWEEP " -o closed --resume", as);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "closed/shards/000005.part: cannot be written: Permission denied");
    assert_ok("chmod 755 closed/shards; " SWEEP " -o closed --resume && cmp closed/sweep.h5 "
              "whole/sweep.h5");
    snprintf(line, sizeof line, "rm closed/sweep.h5; chmod 555 closed; %s \"$JIEDAO\" merge closed",
             as);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "closed/sweep.h5");
    run_shell(&said, "chmod 755 closed");
    /* a file in a folder's place is said, and not taken for runs that fail */
    assert_ok("cp -r tables odd; rm -r odd/runs odd/shards/* odd/sweep.h5; : >odd/runs");
    run_shell(&said, KEEP " -o odd --resume");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "odd/runs: cannot be made a folder: a file of this name is there");
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* kill -9 while sweep.h5 is written, at moments spread over the length of a merge: there is none,
 * or a whole one. */
static void test_kills_while_merging(void **state)
{
    (void)state;
    uint32_t draw = 7;
    int without = 0;
    assert_ok("cp -r tables merging; rm merging/sweep.h5");
    double began = now();
    assert_ok("\"$JIEDAO\" merge merging");
    double length = fmin(now() - began, 0.9);
    for (int i = 0; i < 20; i++) {
        draw = draw * 1664525u + 1013904223u;
        assert_ok("rm -f merging/sweep.h5");
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            execl("/bin/sh", "sh", "-c",
                  "cd \"$HERE\" && exec \"$JIEDAO\" merge merging >/dev/null 2>&1", (char *)NULL);
            _exit(127);
        }
        const struct timespec t = {.tv_nsec = (long)(length * 1e9 * (draw >> 8) / (1 << 24))};
        nanosleep(&t, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        if (is_here("merging/sweep.h5"))
            assert_ok("cmp merging/sweep.h5 tables/sweep.h5");
        else
            without++;
    }
    print_message("%d of 20 kills came before the file was whole\n", without);
    assert_true(without > 0);
    assert_ok("\"$JIEDAO\" merge merging --force && cmp merging/sweep.h5 tables/sweep.h5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_size_limit),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_folders_that_may_not_be_written),
        cmocka_unit_test(test_kills_while_merging),
    };
    return cmocka_run_group_tests(tests, make_whole, remove_here);
}
