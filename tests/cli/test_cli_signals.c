/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first signal asks to stop, the second ends the program; exit statuses follow from codes. */
#include <signal.h>
#include <sys/wait.h>

#include "cli/command.h"
#include "cli/signals.h"
#include "support.h"

/* In a child: raises `first`, then `second` unless 0; exits with the status of a cancelled command.
 */
static int status_of_child(int first, int second)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jd_signals_install();
        if (jd_signal_caught()) _exit(99);
        raise(first);
        if (jd_signal_caught() != first) _exit(98);
        if (second) raise(second);
        _exit(jd_exit_status(JD_ERR_CANCELLED));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_first_signal_asks_to_stop(void **state)
{
    (void)state;
    int status = status_of_child(SIGINT, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    status = status_of_child(SIGTERM, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 143);
}

static void test_second_signal_kills(void **state)
{
    (void)state;
    int status = status_of_child(SIGINT, SIGINT);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    status = status_of_child(SIGINT, SIGTERM);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void test_all_that_ask_to_stop(void **state)
{
    (void)state;
    static const int asking[] = {SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM};
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) {
        int status = status_of_child(asking[i], 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + asking[i]);
    }
    /* the system sends it again each second */
    assert_true(WIFEXITED(status_of_child(SIGXCPU, SIGXCPU)));
}

static void test_what_was_ignored_stays_ignored(void **state)
{
    (void)state;
    static const int numbers[] = {SIGINT, SIGHUP, SIGTERM};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        void (*before)(int) = signal(numbers[i], SIG_IGN);
        int status = status_of_child(numbers[i], 0);
        signal(numbers[i], before);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 98); /* it was not heard */
    }
}

/* Work that never looks whether it should stop is ended all the same. */
static void test_work_that_does_not_listen(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        jd_signals_install();
        raise(SIGTERM);
        for (volatile long i = 0;; i++)
            continue;
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 143);
}

static void test_exit_status(void **state)
{
    (void)state;
    assert_int_equal(jd_exit_status(JD_OK), 0);
    assert_int_equal(jd_exit_status(JD_ERR_NO_MEMORY), 1);
    assert_int_equal(jd_exit_status(JD_ERR_DATA), 1);
    assert_int_equal(jd_exit_status(JD_ERR_WRITE), 1);
    assert_int_equal(jd_exit_status(JD_ERR_ARGUMENT), 2);
    assert_int_equal(jd_exit_status(JD_ERR_SYNTAX), 2);
    assert_int_equal(jd_exit_status(JD_ERR_COMBINATION), 2);
    assert_int_equal(jd_exit_status(JD_ERR_EXISTS), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_signal_asks_to_stop),
        cmocka_unit_test(test_second_signal_kills),
        cmocka_unit_test(test_all_that_ask_to_stop),
        cmocka_unit_test(test_what_was_ignored_stays_ignored),
        cmocka_unit_test(test_work_that_does_not_listen),
        cmocka_unit_test(test_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
