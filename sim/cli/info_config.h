/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jiedao info --config: what was given, as a config that makes the same file again. */
#ifndef JD_CLI_INFO_CONFIG_H
#define JD_CLI_INFO_CONFIG_H

#include "io/hdf5/store.h"

/** Prints it to standard output. `path` is the file's: paths that the config names are printed in
 * full where the log beside it knows them. */
JD_MUST_USE int jd_cli_print_config(jd_store_t *store, const char *path, jd_ctx_t *ctx);

#endif
