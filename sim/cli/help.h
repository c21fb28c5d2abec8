/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What --help prints, from the table of commands. */
#ifndef JD_CLI_HELP_H
#define JD_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void jd_help_overview(FILE *out);
void jd_help_command(FILE *out, const jd_command_t *command);
void jd_print_version(FILE *out);

#endif
