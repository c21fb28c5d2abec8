/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Another program, run to its end. Internal. */
#ifndef JD_FIGURES_PROGRAM_H
#define JD_FIGURES_PROGRAM_H

/** Starts argv[0] of PATH on these descriptors (-1 = the caller's own) in UTF-8 with decimal points
 *  whatever the locale is, and waits. Returns 0, or errno: ENOENT where there is no such program.
 *  *status is waitpid()'s; 127 says "no such program" too. */
int jd_program_run(char *const *argv, int in, int out, int said, int *status);

#endif
