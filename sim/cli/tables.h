/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables of a result file by the name a user typed. */
#ifndef JD_CLI_TABLES_H
#define JD_CLI_TABLES_H

#include "io/hdf5/store.h"

/** Reads a table; where there is none of this name, suggests the nearest. Free with
 * jd_table_free(). */
JD_MUST_USE int jd_cli_table(jd_store_t *store, const char *path, const char *name,
                             jd_table_t *table, jd_ctx_t *ctx);

#endif
