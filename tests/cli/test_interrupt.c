/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ctrl-C, SIGTERM and kill -9 at any moment: an older result stays until a whole one replaces it.
 */
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "cli/tiny.h"

static said_t said;

static void pause_for(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};
    t.tv_nsec = (long)(1e9 * (seconds - (double)t.tv_sec));
    nanosleep(&t, NULL);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Starts `jiedao run LINE` in the tests' folder and does not wait; stderr goes to the file "err".
 */
static pid_t start(const char *line)
{
    char command[2048];
    snprintf(command, sizeof command, "cd \"$HERE\" && exec \"$JIEDAO\" run $TINY %s >out 2>err",
             line);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGINT, SIG_DFL); /* ignored in what a shell runs in the background */
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return child;
}

static int wait_for(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void assert_bytes(const char *name, const char *bytes, size_t size)
{
    size_t there = 0;
    char *found = load_here(name, &there);
    if (!found || there != size || memcmp(found, bytes, size) != 0)
        fail_msg("%s: %zu bytes, not the %zu expected", name, there, size);
    free(found);
}

/* A run that takes far longer than the test waits. */
#define LONG_RUN                                                                     \
    "--set firms.n=5000000 --set run.periods=1000 --set firms.review=0.5 --threads " \
    "1 --set output.relocations=none --set 'policy.adoption=2021Q1, 2022Q1' --force -o long.h5"

/* Whether a process has a file open that has no name yet. */
static bool writes(pid_t child)
{
    char line[128];
    snprintf(line, sizeof line, "ls -l /proc/%ld/fd | grep -q \"$HERE/#\"", (long)child);
    return system(line) == 0;
}

/* Nothing unfinished is left, under whatever name. */
static void assert_nothing_else(void)
{
    run_shell(&said, "ls -A | grep -v -e '^long.h5$' -e '^k.h5$' -e '^k.log.json$' -e '^out$' -e "
                     "'^err$' -e '^.std'");
    if (said.out[0]) fail_msg("left over: %s", said.out);
}

/* Starts the long run over an older file; returns once it has begun to write. */
static pid_t start_long(void)
{
    run_shell(&said, "echo older >long.h5");
    pid_t child = start(LONG_RUN);
    while (!writes(child)) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child) {
            run_shell(&said, "cat err >&2");
            fail_msg("the run ended, status %x, before it wrote: %s", (unsigned)status, said.err);
        }
        pause_for(0.01);
    }
    return child;
}

/* A machine with other work may take longer to stop than the program waits: then it ends where it
 * stands and says less. Once in three times it must be in time. */
static void assert_stops(int number, int tries)
{
    pid_t child = start_long();
    kill(child, number);
    int status = wait_for(child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + number);
    assert_bytes("long.h5", "older\n", 6);
    assert_nothing_else();
    assert_false(is_here("long.log.json"));
    run_shell(&said, "cat err >&2");
    ASSERT_HOLDS(said.err, "interrupted");
    if (tries > 1 && strstr(said.err, "nothing unfinished is left")) {
        assert_stops(number, tries - 1);
        return;
    }
    ASSERT_HOLDS(said.err, "long.h5 is not written");
    ASSERT_HOLDS(said.err,
                 "jiedao run quickstart --set world.provinces=2"); /* $TINY, as it was given */
    ASSERT_HOLDS(said.err, "--set firms.review=0.5 --threads 1 --set output.relocations=none "
                           "--set 'policy.adoption=2021Q1, 2022Q1' --force --output long.h5");
}

static void test_interrupt(void **state)
{
    (void)state;
    assert_stops(SIGINT, 3);
}

static void test_terminate(void **state)
{
    (void)state;
    assert_stops(SIGTERM, 3);
}

/* Both signals wait for the stopped program, so that it cannot end between them. */
static void test_second_signal(void **state)
{
    (void)state;
    pid_t child = start_long();
    kill(child, SIGSTOP);
    kill(child, SIGINT);
    kill(child, SIGTERM);
    kill(child, SIGCONT);
    int status = wait_for(child);
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM);
    assert_bytes("long.h5", "older\n", 6);
    assert_nothing_else();
}

/* Kills at moments spread over the length of a run: by turns with an older file there and without.
 */
static void test_kill(void **state)
{
    (void)state;
    static const char line[] = "--set firms.n=200000 --set output.relocations=all -o k.h5 --force";
    size_t size = 0;
    double began = now();
    assert_int_equal(wait_for(start(line)), 0);
    double length = now() - began;
    char *whole = load_here("k.h5", &size);
    assert_non_null(whole);
    int killed = 0;
    for (int i = 0; i < 30; i++) {
        run_shell(&said, i % 2 ? "rm -f k.h5" : "echo older >k.h5");
        pid_t child = start(line);
        pause_for(length * (double)(i * 13 % 30) / 28);
        kill(child, SIGKILL);
        killed += WIFSIGNALED(wait_for(child));
        size_t there = 0;
        char *found = load_here("k.h5", &there);
        bool same = found && there == size && memcmp(found, whole, size) == 0;
        bool before = i % 2 ? !found : found && there == 6 && memcmp(found, "older\n", 6) == 0;
        if (!same && !before) fail_msg("kill %d left %zu bytes", i, there);
        free(found);
    }
    print_message("%d of 30 killed before their end\n", killed);
    assert_int_equal(wait_for(start(line)), 0);
    assert_bytes("k.h5", whole, size);
    assert_nothing_else();
    free(whole);
}

static int setup(void **state)
{
    int rc = set_tiny(state);
    run_shell(&said, "true"); /* makes the folder */
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_terminate),
        cmocka_unit_test(test_second_signal),
        cmocka_unit_test(test_kill),
    };
    return cmocka_run_group_tests(tests, setup, remove_here);
}
