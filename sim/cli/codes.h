/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Jurisdictions by their codes beside the rows of /jurisdictions that a table names. */
#ifndef JD_CLI_CODES_H
#define JD_CLI_CODES_H

#include "io/hdf5/store.h"

/** A table with columns added behind its own: origin_code for origin, and so on. */
typedef struct jd_coded {
    jd_table_t table; /**< for reading only: cells and texts are mostly the other table's */
    void *owned;      /**< names of the added columns */
    int n_added;
} jd_coded_t;

/** Adds the codes, where the file has /jurisdictions; `table` must outlive what is made. Free in
 * any case. */
JD_MUST_USE int jd_cli_add_codes(jd_store_t *store, const jd_table_t *table, jd_coded_t *coded,
                                 jd_ctx_t *ctx);
void jd_cli_codes_free(jd_coded_t *coded);

#endif
