/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/record/columns.h"

#include <string.h>

#include "run/record/recorded.h"

const jd_column_t *jd_record_columns(const char *table, int *n)
{
    for (int k = 0; jd_record_tables[k]; k++)
        if (!strcmp(jd_record_tables[k]->name, table)) {
            *n = jd_record_tables[k]->n_columns;
            return jd_record_tables[k]->columns;
        }
    *n = 0;
    return NULL;
}
