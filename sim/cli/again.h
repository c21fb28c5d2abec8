/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The command that starts again, or goes on, after an interruption. */
#ifndef JD_CLI_AGAIN_H
#define JD_CLI_AGAIN_H

#include "cli/command.h"

enum { JD_AGAIN_SIZE = 4096 };

/** The command line as it was typed, quoted for a shell, without the options named in `without`
 *  (NULL-ended, may be NULL) and with the word `more` behind it unless NULL. False if it has no
 * room.
 */
bool jd_cli_again(const jd_args_t *args, const char *const *without, const char *more,
                  char text[JD_AGAIN_SIZE]);

/** Notes that --resume was given for a FOLDER without FOLDER/`plan`: a new sweep will begin there,
 *  which a slip in the folder's name would have too. */
void jd_cli_note_new(const char *folder, const char *plan, jd_ctx_t *ctx);

#endif
