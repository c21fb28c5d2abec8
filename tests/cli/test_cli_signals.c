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
        cmocka_unit_test(test_exit_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
