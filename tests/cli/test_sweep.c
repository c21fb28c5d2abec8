/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps survive: whatever stops them, --resume ends with the same bytes. */
#include "cli/tiny.h"

#include <signal.h>
#include <time.h>

#define SWEEP "sweep $TINY --set sweep.policy.share=0.25,0.5,0.75 --set sweep.replicates=20"

/* The whole sweep on one thread, to which others are held. */
static void make_reference(void)
{
    said_t said;
    if (is_here("one/sweep.h5")) return;
    run_program(&said, SWEEP " -o one --threads 1");
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "60 of 3 points x 20 replicates");
}

static void assert_same(const char *folder)
{
    char name[64];
    size_t n = 0, m = 0;
    snprintf(name, sizeof name, "%s/sweep.h5", folder);
    char *a = load_here("one/sweep.h5", &n), *b = load_here(name, &m);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
}

static void test_threads_and_shards_change_no_byte(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, SWEEP " -o many --threads 4");
    ASSERT_STATUS(&said, 0);
    assert_same("many");
    run_program(&said, SWEEP " -o parts --shard 2/3");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "jiedao merge parts");
    run_program(&said, "merge parts");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "40 of 60 runs are missing");
    run_program(&said, SWEEP " -o parts --shard 1/3 && $JIEDAO " SWEEP
                             " -o parts --shard 3/3 && $JIEDAO merge parts");
    ASSERT_STATUS(&said, 0);
    assert_same("parts");
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Starts the sweep, and ends it with a signal after a while. */
static void strike(const char *folder, int number, long ms)
{
    char line[512];
    snprintf(line, sizeof line,
             "cd \"$HERE\" && exec \"$JIEDAO\" " SWEEP
             " -o %s --resume --threads 2 >/dev/null 2>&1",
             folder);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    pause_ms(ms);
    kill(child, number);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
}

#ifndef KILLS
#define KILLS 30
#endif

/* Thirty kills hit one sweep, at any stage of it; then another begins. */
static void test_kills_at_random_moments(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    uint32_t draw = 12345;
    for (int i = 1; i <= KILLS; i++) {
        draw = draw * 1664525u + 1013904223u;
        strike("killed", SIGKILL, 5 + (long)(draw >> 25));
        if (i % 30 && i < KILLS) continue;
        run_program(&said, SWEEP " -o killed --resume");
        ASSERT_STATUS(&said, 0);
        assert_same("killed");
        run_shell(&said, "rm -r killed");
    }
}

#if KILLS > 30
/* Two runs a block: a block's records come in the order of its runs, whoever wrote them. */
static void test_blocks_of_several_runs(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, SWEEP " --set sweep.replicates=700 -o blocks");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "[ $(ls blocks/shards/*.shard | wc -l) = 1050 ] && \"$JIEDAO\" export "
                     "blocks/sweep.h5 -t runs -o - | cut -d, -f1 | tail -n +2 >have && "
                     "seq 2100 | cmp - have && rm -r blocks");
    if (said.status) fail_msg("%s%s", said.out, said.err);
}
#endif

/* A shell ignores SIGINT for its background jobs, and so do they. */
static void test_ctrl_c_names_the_command_that_goes_on(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_shell(&said,
              "\"$JIEDAO\" " SWEEP " --set sweep.replicates=4000 -o stopped --threads 1 & p=$!; "
              "while [ ! -e stopped/shards/000001.shard ]; do sleep 0.02; done; "
              "kill -TERM $p; wait $p");
    ASSERT_STATUS(&said, 143);
    ASSERT_HOLDS(said.err, "runs are kept in stopped; to go on: jiedao sweep quickstart");
    ASSERT_HOLDS(said.err, "--resume");
    run_shell(&said,
              "\"$JIEDAO\" run $TINY --replicates 100000 -o r.h5 & p=$!; "
              "until ls -l /proc/$p/fd | grep -q \"$HERE/#\"; do sleep 0.02; done; kill -TERM $p; "
              "wait $p");
    ASSERT_STATUS(&said, 143);
    ASSERT_HOLDS(said.err, "jiedao sweep quickstart --set sweep.replicates=100000 -o DIR, with the "
                           "same --set");
    assert_false(is_here("r.h5"));
}

static void test_lost_and_damaged_shards_are_said_and_done_again(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, SWEEP " -o hurt");
    run_shell(&said, "rm hurt/shards/000007.shard hurt/sweep.h5; printf x | dd "
                     "of=hurt/shards/000020.shard bs=1 seek=400 conv=notrunc 2>/dev/null; "
                     "truncate -s 100 hurt/shards/000021.shard; \"$JIEDAO\" merge hurt");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "3 of 60 runs are missing, the first in shard 000007");
    run_shell(&said, "TINY=\"${TINY% --quiet}\"; \"$JIEDAO\" " SWEEP " -o hurt --resume");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, "000007.shard is gone: 1 of its 1 runs");
    ASSERT_HOLDS(said.err, "000020.shard is damaged: 1 of its 1 runs");
    ASSERT_HOLDS(said.err, "000021.shard is damaged: 1 of its 1 runs");
    ASSERT_HOLDS(said.out, "57 of them there before");
    assert_same("hurt");
}

/* A record of each kind of damage, in a folder of two shards of one run each. */
static void test_no_damaged_record_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *what, *how;
    } damage[] = {
        {"empty", ": >$F"},
        {"cut in its head", "truncate -s 30 $F"},
        {"cut in its last byte", "truncate -s -1 $F"},
        {"followed by rubbish, which is dropped",
         "mv $F ${F%shard}part; echo rubbish >>${F%shard}part"},
        {"another magic", "printf x | dd of=$F bs=1 seek=0 conv=notrunc"},
        {"another identity", "printf x | dd of=$F bs=1 seek=8 conv=notrunc"},
        {"another run", "printf '\\001' | dd of=$F bs=1 seek=16 conv=notrunc"},
        {"a run that is none", "printf '\\377' | dd of=$F bs=1 seek=23 conv=notrunc"},
        {"a length below zero", "printf '\\377' | dd of=$F bs=1 seek=31 conv=notrunc"},
        {"an enormous length", "printf '\\100' | dd of=$F bs=1 seek=30 conv=notrunc"},
        {"another checksum", "printf xxxx | dd of=$F bs=1 seek=32 conv=notrunc"},
        {"another code", "printf x | dd of=$F bs=1 seek=40 conv=notrunc"},
        {"another number in its last table",
         "printf x | dd of=$F bs=1 seek=$(($(stat -c %s $F)-3)) "
         "conv=notrunc"},
        {"the other run's", "cp two/shards/000002.shard $F"},
        {"twice the same", "cat $F $F >x && mv x ${F%shard}part && rm $F"},
    };
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.replicates=2 -o two");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "cp two/sweep.h5 whole.h5");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        char line[1024];
        snprintf(
            line, sizeof line,
            "F=two/shards/000001.shard; rm two/sweep.h5; { %s; } 2>/dev/null; \"$JIEDAO\" sweep "
            "$TINY --set sweep.replicates=2 -o two --resume && cmp two/sweep.h5 whole.h5",
            damage[i].how);
        run_shell(&said, line);
        if (said.status) fail_msg("%s: %s%s", damage[i].what, said.out, said.err);
        bool kept = strstr(said.out, "2 of them there before");
        bool good = strstr(damage[i].what, "dropped") || strstr(damage[i].what, "twice");
        if (kept != good) fail_msg("%s: %s", damage[i].what, said.out);
    }
}

/* Who comes second on a block passes it over; who ends last merges. */
static void test_several_processes_share_a_folder(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_shell(&said, "for i in 1 2 3; do \"$JIEDAO\" " SWEEP
                     " -o shared --resume --threads 1 & p=\"$p $!\"; done; "
                     "for i in $p; do wait $i || exit; done");
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
    assert_same("shared");
    run_shell(&said, "for i in 1 2 3 4 5; do \"$JIEDAO\" " SWEEP
                     " -o array --shard $i/5 --threads 1 & p=\"$p $!\"; done; "
                     "for i in $p; do wait $i || exit; done; \"$JIEDAO\" merge array");
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
    assert_same("array");
}

static void test_force_starts_anew(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.replicates=3 -o anew");
    run_shell(&said, "mkdir -p anew/runs; echo mine > anew/runs/notes.txt");
    run_program(&said, "sweep $TINY --set sweep.replicates=2 -o anew --force");
    assert_true(is_here("anew/runs/notes.txt")); /* no sweep's file */
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
    assert_null(strstr(said.out, "there before"));
    assert_false(is_here("anew/shards/000003.shard"));
    run_program(&said, "sweep $TINY --set sweep.replicates=2 -o anew --force");
    assert_null(strstr(said.out, "there before"));
    run_program(&said, "sweep $TINY --set sweep.replicates=2 -o anew --force --shard 1/2");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "would throw away what other processes");
    assert_true(is_here("anew/sweep.h5"));
}

#define KEEP "sweep $TINY --set sweep.replicates=3 --set output.keep=all"

static void test_all_tables_of_each_run_can_be_kept(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, KEEP " -o kept --threads 2");
    ASSERT_STATUS(&said, 0);
    run_program(&said, KEEP " -o apart --shard 2/2 && \"$JIEDAO\" " KEEP
                            " -o apart --shard 1/2 && \"$JIEDAO\" merge apart && "
                            "cmp apart/sweep.h5 kept/sweep.h5");
    if (said.status) fail_msg("%s%s", said.out, said.err);
    /* a lost file is as a lost record */
    run_shell(&said, "rm apart/runs/000002.h5; \"$JIEDAO\" merge apart --force");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "1 of 3 runs are missing, the first in shard 000002");
    run_shell(&said, "\"$JIEDAO\" " KEEP " -o apart --resume && cmp apart/sweep.h5 kept/sweep.h5");
    if (said.status) fail_msg("%s%s", said.out, said.err);
    ASSERT_HOLDS(said.out, "2 of them there before");
    /* a damaged one is named, with the cure */
    run_shell(&said, "truncate -s 1000 apart/runs/000003.h5; \"$JIEDAO\" merge apart --force");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "remove apart/runs/000003.h5, and jiedao sweep --resume");
    run_shell(&said, "cmp apart/sweep.h5 kept/sweep.h5"); /* the older one is as it was */
    ASSERT_STATUS(&said, 0);
}

/* A sweep of one point and `run --replicates` write the same tables. */
static void test_replicates_are_a_sweep_of_one_point(void **state)
{
    (void)state;
    static const char *const tables[] = {"estimates",
                                         "truth/estimands",
                                         "runs",
                                         "runs/000001/panel/county",
                                         "runs/000002/relocations",
                                         "runs/000003/truth/county"};
    said_t said;
    run_program(&said, KEEP " -o kept --resume");
    run_program(&said, "run $TINY --replicates 3 --set output.keep=all -o three.h5 --force");
    ASSERT_STATUS(&said, 0);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "for f in kept/sweep.h5 three.h5; do \"$JIEDAO\" export $f -t %s -o - >x.$i; "
                 "\"$JIEDAO\" info $f --table %s >>x.$i; i=1; done; cmp x. x.1 && rm x. x.1",
                 tables[i], tables[i]);
        run_shell(&said, line);
        if (said.status) fail_msg("%s: %s%s", tables[i], said.out, said.err);
    }
    /* and each run's own file is that of `run` */
    run_shell(&said, "\"$JIEDAO\" run $TINY -o single.h5 >/dev/null; for f in kept/runs/000001.h5 "
                     "single.h5; do \"$JIEDAO\" export $f -t panel/street -o - >x.$i; i=1; done; "
                     "cmp x. x.1");
    if (said.status) fail_msg("%s%s", said.out, said.err);
}

/* What readers of files make of a sweep's. */
static void test_the_file_tells_what_it_is(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, "info one/sweep.h5");
    ASSERT_HOLDS(said.out, "config/swept");
    ASSERT_HOLDS(said.out, "Estimates of all runs");
    run_shell(&said,
              "\"$JIEDAO\" info one/sweep.h5 --config >again.ini && \"$JIEDAO\" sweep "
              "again.ini --quiet -o again && \"$JIEDAO\" export again/sweep.h5 -t runs -o - >a && "
              "\"$JIEDAO\" export one/sweep.h5 -t runs -o - | cmp a -");
    if (said.status) fail_msg("%s%s", said.out, said.err);
}

static void test_another_sweep_is_not_gone_on_with(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, SWEEP " -o one");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "--resume goes on with it, --force starts over");
    run_program(&said, SWEEP " --set sweep.policy.share=0.2 --set firms.n=4000 -o one --resume");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "firms.n was 3000, is 4000");
    ASSERT_HOLDS(said.err, "sweep.policy.share was 0.25,0.5,0.75, is 0.2");
    assert_same("one");
}

static void test_a_failed_run_does_not_sink_the_sweep(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.world.counties=16,3 -o mixed");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "Failed      1 run, the first (run 2): ");
    ASSERT_HOLDS(said.out, "world.counties = 3 is fewer than");
    run_program(&said, "export mixed/sweep.h5 --table runs -o runs.csv --force && cat runs.csv");
    ASSERT_HOLDS(said.out, "world_counties");
    ASSERT_HOLDS(said.out, "counties");
}

static void test_a_sweep_of_failures_fails(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.policy.adoption=2001Q1 -o not/yet/there");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.out, "Written     not/yet/there/sweep.h5");
    ASSERT_HOLDS(said.err, "every run failed");
    run_program(&said, "merge not/yet/there");
    ASSERT_HOLDS(said.err, "--force rewrites it");
    run_program(&said, "merge not/yet/there/sweep.h5");
    ASSERT_HOLDS(said.err, "is a file; name the sweep's folder: not/yet/there");
    run_program(&said,
                "validate $TINY --set sweep.policy.adoption=2001Q1 --set validate.replicates=2 "
                "-o not/yet/valid");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.out, "Failed      2 runs, the first (replicate 1 of point 1): ");
    /* What the config alone tells is told before any run. */
    run_program(&said, "sweep $TINY --set sweep.world.counties=3 -o never");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "no point can be run; the first: ");
    assert_false(is_here("never"));
}

/* A slip in the folder's name would begin all anew. */
static void test_resume_where_nothing_is(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said, "\"$JIEDAO\" sweep ${TINY% --quiet} -o fresh --resume");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, "fresh holds nothing to go on with");
}

/* With one parameter there is nothing to interact with. */
static void test_sensitivity_of_one(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.design=saltelli --set sweep.points=8 "
                       "--set 'sweep.world.land_sd=uniform(0, 2)' -o alone");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "sensitivity alone --output att");
    ASSERT_HOLDS(said.out, "\n  world.land_sd ");
    assert_null(strstr(said.out, "sum of first"));
}

static void test_sensitivity(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "sweep $TINY --set sweep.design=saltelli --set sweep.points=16 --set "
                       "sweep.replicates=2 --set 'sweep.policy.share=uniform(0.2, 0.8)' --set "
                       "'sweep.officials.mu_weak=uniform(0.2, 0.6)' -o sobol");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "sensitivity sobol --output friction");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "16 of 16 base rows");
    /* friction depends on officials, hardly on who is treated */
    assert_true(strstr(said.out, "officials.mu_weak") < strstr(said.out, "policy.share"));
    /* their sum has an interval, and what it says follows from its end */
    const char *sum = strstr(said.out, "\n  sum of first ");
    double high = 0;
    assert_non_null(sum);
    assert_int_equal(sscanf(strchr(sum, ','), ",%lf]", &high), 1);
    ASSERT_HOLDS(sum, high < 1 ? "]  the rest is interactions\n"
                               : "]  no interactions beyond the indices' error\n");
    run_program(&said, "sensitivity sobol --output twfe.bias --format csv");
    ASSERT_HOLDS(said.out, "parameter,output,first,first_low,first_high,total");
    run_program(&said, "sensitivity sobol --output nothing");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "ESTIMATOR.COLUMN");
    make_reference();
    run_program(&said, "sensitivity sobol --output twfe.biass");
    ASSERT_HOLDS(said.err, "did you mean 'twfe.bias'?");
    run_program(&said, "sensitivity sobol --output message");
    ASSERT_HOLDS(said.err, "is text");
    run_program(&said, "sensitivity sobol --output ade");
    ASSERT_HOLDS(said.err, "run.direct_folds");
    run_program(&said, "sensitivity one --output att");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "design = saltelli");
}

static void test_words(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, SWEEP " --dry-run");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "grid: 3 points x 20 replicates = 60 runs");
    ASSERT_HOLDS(said.out, "All runs    about");
    run_program(&said, SWEEP " --dry-run --set output.keep=all");
    ASSERT_HOLDS(said.out, "Besides     all tables of each run");
    run_program(&said, SWEEP);
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "-o results/sweep");
    run_program(&said, SWEEP " -o x --shard 4/3");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "there is no share 4 of 3; N is the number of all shares");
    run_program(&said, SWEEP " -o x --shard 0/4");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "shares are numbered from 1, the first is 1/4");
    run_program(&said, SWEEP " -o x --shard 2");
    ASSERT_HOLDS(said.err, "3/8 for the third of eight");
    run_program(&said, SWEEP " -o .stdout");
    ASSERT_HOLDS(said.err, "a file of this name is there");
    run_program(&said, "merge nowhere");
    ASSERT_HOLDS(said.err, "nowhere: No such file or directory; name a folder that");
    run_program(&said, "merge .");
    ASSERT_HOLDS(said.err, "is a folder without plan.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_shards_change_no_byte),
        cmocka_unit_test(test_kills_at_random_moments),
#if KILLS > 30
        cmocka_unit_test(test_blocks_of_several_runs),
#endif
        cmocka_unit_test(test_ctrl_c_names_the_command_that_goes_on),
        cmocka_unit_test(test_lost_and_damaged_shards_are_said_and_done_again),
        cmocka_unit_test(test_no_damaged_record_is_taken),
        cmocka_unit_test(test_several_processes_share_a_folder),
        cmocka_unit_test(test_force_starts_anew),
        cmocka_unit_test(test_all_tables_of_each_run_can_be_kept),
        cmocka_unit_test(test_replicates_are_a_sweep_of_one_point),
        cmocka_unit_test(test_the_file_tells_what_it_is),
        cmocka_unit_test(test_another_sweep_is_not_gone_on_with),
        cmocka_unit_test(test_a_failed_run_does_not_sink_the_sweep),
        cmocka_unit_test(test_a_sweep_of_failures_fails),
        cmocka_unit_test(test_resume_where_nothing_is),
        cmocka_unit_test(test_sensitivity),
        cmocka_unit_test(test_sensitivity_of_one),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
