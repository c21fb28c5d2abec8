/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a person sees while a command runs: a bar on a terminal, now and then a line in a log. */
#ifndef JD_CLI_TERMINAL_H
#define JD_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "jiedao/context.h"

/** Fields may be set by hand after init (tests do: the clock, tty). */
typedef struct jd_terminal {
    FILE *out;
    bool quiet;            /**< say nothing but errors */
    bool tty;              /**< draw a bar, over and over on one line */
    bool colour;           /**< a tty, and NO_COLOR is not set */
    double (*clock)(void); /**< seconds, from anywhere */
    char stage[64];        /**< the stage under way */
    jd_progress_t first;   /**< how far it was when first heard of */
    int64_t done;          /**< how far it is */
    double began, shown;   /**< when it began; when something was last shown */
    int tenth;             /**< tenths done when a log line was last written */
    bool bar;              /**< a bar stands on the current line */
} jd_terminal_t;

void jd_terminal_init(jd_terminal_t *terminal, FILE *out);

/** Callbacks of a context whose `user` is the terminal. */
void jd_terminal_progress(void *user, const jd_progress_t *progress);
void jd_terminal_warn(void *user, const char *message);

/** Wipes the bar, if one stands. */
void jd_terminal_clear(jd_terminal_t *terminal);

/** Prints each line of a message behind "jiedao: ". */
void jd_terminal_error(jd_terminal_t *terminal, const char *message);

#endif
