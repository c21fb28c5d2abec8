/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the program does about its own process before a command runs. */
#ifndef JD_CLI_PROCESS_H
#define JD_CLI_PROCESS_H

#include "jiedao/context.h"

/** Opens what is closed of standard input, output and error, so that no other file gets their
 *  numbers and none of the program's words goes into it. Reading from and writing to such an input
 *  and output fails; words to the error output go nowhere. */
void jd_process_fill_descriptors(void);

/** Has OpenBLAS take its work space now, one piece a thread: where it cannot have it later, it
 * tries for ever. Threads become fewer where memory allows fewer pieces (a note says so). Errors:
 *  JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_process_claim_blas(jd_ctx_t *ctx);

#endif
