/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/run_tables.h"

#include <stdlib.h>
#include <string.h>

const jd_column_t jd_run_column = {"run", JD_INT32, "1", "run, from 1", NULL, 0, JD_AXIS_CELL};

int jd_run_table_begin(jd_table_t *all, const char *name, const char *label,
                       const jd_column_t *columns, int n_columns, int64_t capacity, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)n_columns + 1) * sizeof *columns;
    jd_column_t *own = malloc(bytes);
    if (!own) return jd_fail_memory(ctx, bytes, name);
    own[0] = jd_run_column;
    memcpy(own + 1, columns, (size_t)n_columns * sizeof *columns);
    int rc = jd_table_init(all, name, label, own, n_columns + 1, capacity, ctx);
    if (rc)
        free(own);
    else
        all->owned = own;
    return rc;
}

int jd_run_table_add(jd_table_t *all, const jd_table_t *one, int32_t run, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(all, all->rows + one->rows, ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < one->rows; i++)
        JD_CELLS(all, 0, int32_t)[all->rows + i] = run;
    for (int c = 0; c < one->n_columns; c++) {
        size_t size = jd_column_size(&one->columns[c]);
        if (one->rows > 0)
            memcpy((char *)all->data[c + 1] + (size_t)all->rows * size, one->data[c],
                   (size_t)one->rows * size);
    }
    all->rows += one->rows;
    return JD_OK;
}
