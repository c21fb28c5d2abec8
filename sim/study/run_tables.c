/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/run_tables.h"

#include <stdlib.h>
#include <string.h>

#include "study/run_notes.h"

const jd_column_t jd_run_columns[JD_RUN_COLUMNS] = {
    {"run", JD_INT32, "1", "run, from 1", NULL, 0, JD_AXIS_CELL},
    {"point", JD_INT32, "1", "design point, from 1", NULL, 0, JD_AXIS_CELL},
    {"replicate", JD_INT32, "1", "replicate, from 1", NULL, 0, JD_AXIS_CELL},
    {"status", JD_INT8, "1", "status", "0 done, 1 failed", 0, JD_AXIS_CELL},
    {"message", JD_TEXT, "", "why it failed", NULL, JD_RUN_MESSAGE, JD_AXIS_CELL},
};

const jd_column_t jd_run_note_column = {
    "note", JD_TEXT,     "",          "what was remarked, as what did not apply",
    NULL,   JD_RUN_NOTE, JD_AXIS_CELL};

int jd_run_note(jd_table_t *runs, int64_t run, int64_t point, int64_t replicate,
                const char *message, const char *note, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(runs, runs->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = runs->rows++;
    JD_CELLS(runs, JD_RUN_RUN, int32_t)[row] = (int32_t)run;
    JD_CELLS(runs, JD_RUN_POINT, int32_t)[row] = (int32_t)point;
    JD_CELLS(runs, JD_RUN_REPLICATE, int32_t)[row] = (int32_t)replicate;
    JD_CELLS(runs, JD_RUN_STATUS, int8_t)[row] = message != NULL;
    jd_table_set_text(runs, JD_RUN_REASON, row, message ? message : "");
    jd_table_set_text(runs, runs->n_columns - 1, row, note);
    return JD_OK;
}

int jd_run_table_begin(jd_table_t *all, const char *name, const char *label,
                       const jd_column_t *columns, int n_columns, int64_t capacity, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)n_columns + 1) * sizeof *columns;
    jd_column_t *own = malloc(bytes);
    if (!own) return jd_fail_memory(ctx, bytes, name);
    own[0] = jd_run_columns[JD_RUN_RUN];
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
