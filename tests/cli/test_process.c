/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process that was given less than usual: no standard streams, little memory. */
#include "cli/tiny.h"

static said_t said;

static void assert_shell(const char *line)
{
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s%s", line, said.out, said.err);
}

/* Progress and notes must not go into a file that got the number of a closed stream. */
static void test_closed_streams(void **state)
{
    (void)state;
    assert_shell("\"$JIEDAO\" run $TINY -o whole.h5; \"$JIEDAO\" sweep $TINY --set "
                 "sweep.replicates=400 -o whole");
    static const char *const closed[] = {"2>&-", "<&- 2>&-", "<&- >&- 2>&-", "<&-", ">&-"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        char line[1024];
        /* words that cannot be written are a failure of the output, not of the file */
        snprintf(
            line, sizeof line,
            "T=${TINY%% --quiet}; \"$JIEDAO\" run $T -o c.h5 --force %s; [ $? -lt 2 ] && cmp "
            "c.h5 whole.h5 && rm -rf c && { \"$JIEDAO\" sweep $T --set sweep.replicates=400 -o "
            "c --threads 1 %s; [ $? -lt 2 ] && cmp c/sweep.h5 whole/sweep.h5; }",
            closed[i], closed[i]);
        assert_shell(line);
    }
    run_shell(&said, "\"$JIEDAO\" run $TINY -o c.h5 --force >&-");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "results cannot be written to standard output");
}

/* OpenBLAS tries for ever where it cannot have its work space. */
static void test_little_memory(void **state)
{
    (void)state;
    run_shell(&said, "ulimit -v 100000; \"$JIEDAO\" version");
    if (said.status) {
        print_message("skipped: this build does not start with 100 MB\n");
        skip();
    }
    int refused = 0;
    for (int mb = 100; mb <= 500; mb += 50) {
        char line[256];
        snprintf(line, sizeof line,
                 "ulimit -v %d000; timeout -s KILL 300 \"$JIEDAO\" run $TINY -o m.h5 --force "
                 "--threads 2",
                 mb);
        run_shell(&said, line);
        if (said.status > 1) fail_msg("%d MB: status %d: %s", mb, said.status, said.err);
        if (said.status) ASSERT_HOLDS(said.err, "out of memory");
        refused += said.status == 1;
    }
    assert_true(refused > 0 && refused < 9);
    assert_shell("cmp m.h5 whole.h5");                       /* with fewer threads, the same */
    assert_shell("ulimit -v 150000; \"$JIEDAO\" info m.h5"); /* needs none of it */
}

/* Names and cells of files reach the terminal without what commands it. */
static void test_no_escape_sequence_is_printed(void **state)
{
    (void)state;
    run_shell(&said,
              "printf 'id,t,y,g\\n1,1,\\033[31mx,0\\n1,2,3,0\\n' >e.csv; \"$JIEDAO\" did e.csv "
              "--y y --unit id --time t --cohort g; \"$JIEDAO\" info \"$(printf "
              "'\\033]0;x\\007\\302\\233\\233.h5')\"");
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "?]0;x??");
    for (const unsigned char *c = (const unsigned char *)said.err; *c; c++)
        if ((*c < 0x20 && *c != '\n') || *c == 0x9B) fail_msg("byte %d in %s", *c, said.err);
}

/* What would never end, or never begin, is refused before it is opened; a pipe that is written to
 * is read. */
static void test_what_is_no_file(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "did fifo --y y --unit id --time t --cohort g",
        "did fifo.dta --y y --unit id --time t --cohort g",
        "did /dev/zero --y y --unit id --time t --cohort g",
        "did . --y y --unit id --time t --cohort g",
        "run fifo -o no.h5",
        "run /dev/zero -o no.h5",
        "run . -o no.h5",
        "run quickstart --set world.divisions=fifo -o no.h5",
        "run quickstart --set policy.assignment=list --set policy.list=/dev/zero -o no.h5",
        "info fifo",
        "figures fifo",
        "export fifo -t x -o -",
    };
    run_shell(&said, "mkfifo fifo fifo.dta");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "timeout 60 \"$JIEDAO\" %s; s=$?; ls no.h5 2>/dev/null; exit $s", lines[i]);
        run_shell(&said, line);
        ASSERT_STATUS(&said, 1);
        ASSERT_HOLDS(said.err, "jiedao: ");
        assert_string_equal(said.out, "");
    }
    assert_shell("{ echo id,t,y,g; for i in 1 2 3 4; do for t in 1 2 3; do echo "
                 "$i,$t,$((i * t % 5)),$((i < 3 ? 2 : 0)); done; done; } >f.csv; "
                 "D='--y y --unit id --time t --cohort g --estimator twfe --format csv'; "
                 "{ sleep 0.3; cat f.csv >fifo; } & \"$JIEDAO\" did fifo $D >a && \"$JIEDAO\" did "
                 "f.csv $D >b && cmp a b");
}

/* Waiting threads sleep unless the user says otherwise, whether the list of settings has lines to
 * spare for that or the program must start itself again. */
static void test_settings_before_start(void **state)
{
    (void)state;
    static const struct {
        const char *given, *policy;
    } of[] = {{"", "PASSIVE"},
              {"SHLVL=1", "PASSIVE"},
              {"SHLVL=1 OLDPWD=/", "PASSIVE"},
              {"A=1 SHLVL=1 B=2 OLDPWD=/ C=3 _=x", "PASSIVE"},
              {"SHLVL=1 OMP_WAIT_POLICY=active", "ACTIVE"},
              {"OMP_WAIT_POLICY=active", "ACTIVE"},
              {"OPENBLAS_NUM_THREADS=7", "PASSIVE"},
              {"OPENBLAS_NUM_THREADS=7 SHLVL=1", "PASSIVE"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "env -i OMP_DISPLAY_ENV=true %s \"$JIEDAO\" version 2>&1 | grep WAIT_POLICY",
                 of[i].given);
        run_shell(&said, line);
        if (said.status) {
            print_message("skipped: this build's OpenMP does not show its settings\n");
            skip();
        }
        ASSERT_HOLDS(said.out, of[i].policy);
        snprintf(line, sizeof line,
                 "env -i %s \"$JIEDAO\" version >plain && \"$JIEDAO\" version | cmp - plain",
                 of[i].given);
        assert_shell(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_streams),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_no_escape_sequence_is_printed),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_settings_before_start),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
