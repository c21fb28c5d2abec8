/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Tables as Stata files (.dta, format 118: Stata 14 and later). */
#ifndef JD_IO_STATA_STATA_H
#define JD_IO_STATA_STATA_H

#include <stdbool.h>

#include "jiedao/table.h"

/** Writes a table with variable labels (unit in brackets) and value labels; panels long, as in CSV.
 *  NaN is missing, -1 stays -1. Integers whose values Stata's type of that size cannot hold take
 * the next one; 64-bit ones become double. Equal content gives equal bytes. The file appears whole
 * or not at all. Errors: JD_ERR_EXISTS unless `replace`, JD_ERR_OPEN, JD_ERR_WRITE, JD_ERR_ARGUMENT
 *  (text wider than Stata's 2,045 bytes). */
JD_MUST_USE int jd_stata_write(const jd_table_t *table, const char *path, bool replace,
                               jd_ctx_t *ctx);

#endif
