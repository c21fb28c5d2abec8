/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows each estimator uses, and why the others are left out. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

enum { ROW, LEFT_OUT, FIRST, REASON = 40 };

int jd_own_note_rows(jd_own_fit_t *own, const jd_own_subject_t *s, jd_ctx_t *ctx)
{
    const jd_own_data_t *d = s->data;
    const jd_sample_t *sample = jd_design_sample(s->design);
    int rc = jd_make(&own->used, d->n_rows, sizeof *own->used, "the rows in use", ctx);
    int64_t at = 0, next = 0; /* row of the panel, place in the sample */
    for (int64_t row = 0; row < d->n_rows && !rc; row++) {
        if (d->left_out[row] < JD_OWN_REASONS) continue;
        own->used[row] = next < sample->n && sample->row[next] == at;
        next += own->used[row];
        at++;
    }
    return rc;
}

/* A column an estimator that applied; their cells are borrowed. */
static int list_columns(jd_table_t *t, const jd_own_result_t *result, jd_ctx_t *ctx)
{
    jd_column_t *columns = NULL;
    int rc = jd_make(&columns, FIRST + result->n_fits, sizeof *columns, "rows in use", ctx);
    t->columns = t->owned = columns;
    if (!rc) rc = jd_make(&t->data, FIRST + result->n_fits, sizeof *t->data, "rows in use", ctx);
    if (rc) return rc;
    columns[ROW] = (jd_column_t){
        "row", JD_INT32, "1",         "row of the file, the first below the header is 1",
        NULL,  0,        JD_AXIS_CELL};
    columns[LEFT_OUT] =
        (jd_column_t){"left_out", JD_TEXT, "",          "why no estimator has it; empty: some may",
                      NULL,       REASON,  JD_AXIS_CELL};
    t->n_columns = FIRST;
    for (int i = 0; i < result->n_fits; i++) {
        if (!result->fits[i].used) continue;
        columns[t->n_columns] = (jd_column_t){
            result->fits[i].name, JD_INT8, "1", "1: it is in its sample", NULL, 0, JD_AXIS_CELL};
        t->data[t->n_columns++] = result->fits[i].used;
    }
    return JD_OK;
}

int jd_own_rows_table(jd_table_t *t, const jd_own_data_t *data, const jd_own_result_t *result,
                      jd_ctx_t *ctx)
{
    int32_t *row = NULL;
    char *why = NULL;
    *t = (jd_table_t){.name = "rows", .label = "Rows in use", .rows = data->n_rows};
    int rc = list_columns(t, result, ctx);
    if (!rc) rc = jd_make(&row, t->rows, sizeof *row, "rows in use", ctx);
    if (!rc) t->data[ROW] = row;
    if (!rc) rc = jd_make(&why, t->rows * REASON, 1, "rows in use", ctx);
    if (!rc) t->data[LEFT_OUT] = why;
    for (int64_t i = 0; i < t->rows && !rc; i++) {
        row[i] = (int32_t)i + 1;
        if (data->left_out[i] < JD_OWN_REASONS)
            jd_table_set_text(t, LEFT_OUT, i, jd_own_reason(data->left_out[i]));
    }
    return rc; /* freed by the caller, in any case */
}

void jd_own_rows_free(jd_table_t *t)
{
    if (t->data) {
        free(t->data[ROW]);
        free(t->data[LEFT_OUT]);
    }
    free(t->data);
    free(t->owned);
    memset(t, 0, sizeof *t);
}
