/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/signals.h"

#include <signal.h>
#include <string.h>

/* The one thing a signal handler can reach. */
static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    if (caught) {
        /* Blocked until the handler returns, then fatal: whoever asks twice means it. */
        signal(number, SIG_DFL);
        raise(number);
    }
    caught = number;
}

void jd_signals_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of a write, told as such */
}

int jd_signal_caught(void)
{
    return caught;
}
