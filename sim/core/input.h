/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Opening a text file that a user named. Private to the library. */
#ifndef JD_CORE_INPUT_H
#define JD_CORE_INPUT_H

#include <stdio.h>

#include "jiedao/context.h"

/** Opens a file, a pipe or a terminal for reading; NULL, with JD_ERR_OPEN's message in the context,
 *  where it cannot be opened, is a folder or a device, or a pipe that nothing writes to (which is
 *  waited for two seconds, where fopen() would wait for ever). Closed by fclose(). */
JD_API FILE *jd_open_input(const char *path, jd_ctx_t *ctx);

#endif
