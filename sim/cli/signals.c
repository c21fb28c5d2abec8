/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What asks a program to end, each ends it in the same way; SIGQUIT, which asks for a core file,
 * keeps its own. */
static const int asking[] = {SIGINT,  SIGTERM, SIGHUP,  SIGXCPU,
                             SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM};

/* What a signal handler can reach. */
static volatile sig_atomic_t caught, watched;
static timer_t watch;

/* Some work cannot be left in the middle (a library's, a large matrix): it gets so long to come to
 * a point where it can. Then the process ends where it stands, which harms nothing: files get their
 * names when they are whole, and records of finished runs have checksums. */
static const struct itimerspec patience = {.it_value.tv_nsec = 700000000};

static void on_signal(int number)
{
    if (caught && number == SIGXCPU) return; /* comes again each second */
    if (caught) {
        /* Blocked until the handler returns, then fatal: whoever asks twice means it. */
        signal(number, SIG_DFL);
        raise(number);
    }
    caught = number;
    if (watched) timer_settime(watch, 0, &patience, NULL);
}

static void on_watch(int number)
{
    static const char text[] =
        "jiedao: interrupted; nothing unfinished is left, and finished runs of "
        "a sweep are kept (--resume)\n";
    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(128 + (int)caught);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action, before;
    /* nohup, a shell's background jobs: what was ignored for us stays so */
    if (handler == on_signal && sigaction(number, NULL, &before) == 0 &&
        before.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void jd_signals_install(void)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    handle(SIGRTMIN, on_watch);
    watched = timer_create(CLOCK_MONOTONIC, &event, &watch) == 0;
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        handle(asking[i], on_signal);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of a write, reported as such */
}

int jd_signal_caught(void)
{
    return caught;
}
