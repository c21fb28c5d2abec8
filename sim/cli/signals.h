/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Ctrl-C and SIGTERM: the first asks the running command to stop, the second ends the program. */
#ifndef JD_CLI_SIGNALS_H
#define JD_CLI_SIGNALS_H

void jd_signals_install(void);

/** The signal that asked to stop, or 0. */
int jd_signal_caught(void);

#endif
