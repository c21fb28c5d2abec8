/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Standard output. Names, labels and cells of files are in what commands print, so all of it
 * passes jd_plain_bytes() on its way, wherever it goes: what is in a file today is on a terminal
 * tomorrow. Only data for other programs (CSV, paths, configs) go out byte for byte, and only where
 * no terminal is at the other end. */
#ifndef JD_CLI_OUT_H
#define JD_CLI_OUT_H

#include <stdio.h>

/** Puts the filter before stdout; without memory for it the program goes on without a stdout. */
void jd_out_start(void);

/** Where data for other programs go. Not mixed with what goes to stdout. */
FILE *jd_out_data(void);

/** Writes what is still held back. 0, or the errno of the first failure of either stream. */
int jd_out_finish(void);

#endif
