/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Columns of recorded tables, for who makes tables of the same layout from other data. */
#ifndef JD_RUN_RECORD_COLUMNS_H
#define JD_RUN_RECORD_COLUMNS_H

#include "jiedao/table.h"

/** Columns of the recorded table of this name; NULL: there is none. */
const jd_column_t *jd_record_columns(const char *table, int *n);

#endif
