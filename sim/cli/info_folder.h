/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jiedao info FOLDER: how far a sweep or a validation has come. */
#ifndef JD_CLI_INFO_FOLDER_H
#define JD_CLI_INFO_FOLDER_H

#include "jiedao/context.h"

/** Prints plan, done, failed and missing runs, what failed, and when it was last at work. Only
 *  reads; a sweep may be running there. Errors: the folder's, JD_ERR_DATA (neither a sweep's nor a
 * validation's). */
JD_MUST_USE int jd_cli_info_folder(const char *folder, jd_ctx_t *ctx);

#endif
