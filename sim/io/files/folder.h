/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Folders for results. */
#ifndef JD_IO_FILES_FOLDER_H
#define JD_IO_FILES_FOLDER_H

#include "jiedao/context.h"

/** Makes a folder and those above it; one that is there, or made by another process meanwhile, is
 *  fine. Errors: JD_ERR_ARGUMENT (no name, or a longer one than paths are), JD_ERR_OPEN. */
JD_MUST_USE int jd_folder_make(const char *path, jd_ctx_t *ctx);

#endif
