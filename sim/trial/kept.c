/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/kept.h"

#include <stdlib.h>
#include <string.h>

static jd_table_t *find(const jd_kept_t *kept, const char *name)
{
    for (int i = 0; i < kept->n; i++)
        if (strcmp(kept->table[i].name, name) == 0) return &kept->table[i];
    return NULL;
}

const jd_table_t *jd_kept_find(const jd_kept_t *kept, const char *name)
{
    return find(kept, name);
}

static int begin(jd_kept_t *kept, const jd_table_t *rows, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)kept->n + 1) * sizeof *kept->table;
    jd_table_t *more = realloc(kept->table, bytes);
    if (!more) return jd_fail_memory(ctx, bytes, rows->name);
    kept->table = more;
    jd_table_t *t = &more[kept->n];
    *t = (jd_table_t){.name = rows->name,
                      .label = rows->label,
                      .columns = rows->columns,
                      .n_columns = rows->n_columns,
                      .n_unit = rows->n_unit};
    t->data = calloc((size_t)rows->n_columns, sizeof *t->data);
    if (!t->data) return jd_fail_memory(ctx, 8 * (size_t)rows->n_columns, rows->name);
    kept->n++;
    return JD_OK;
}

/* Makes room for as many rows more; grows by half. */
static int widen(jd_table_t *t, const jd_table_t *rows, jd_ctx_t *ctx)
{
    if (t->rows + rows->rows <= t->capacity) return JD_OK;
    int64_t room = t->rows + t->rows / 2 + rows->rows;
    const int64_t unit = t->n_unit > 0 ? t->n_unit : 1;
    for (int c = 0; c < t->n_columns; c++) {
        const jd_axis_t axis = t->n_unit > 0 ? t->columns[c].axis : JD_AXIS_CELL;
        int64_t cells = axis == JD_AXIS_CELL ? room : axis == JD_AXIS_TIME ? room / unit + 1 : unit;
        size_t bytes = (size_t)cells * jd_column_size(&t->columns[c]);
        void *more = realloc(t->data[c], bytes ? bytes : 1);
        if (!more) return jd_fail_memory(ctx, bytes, t->name);
        t->data[c] = more;
    }
    t->capacity = room;
    return JD_OK;
}

static int append(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    jd_kept_t *kept = user;
    int rc = find(kept, rows->name) ? JD_OK : begin(kept, rows, ctx);
    jd_table_t *t = find(kept, rows->name);
    if (!rc) rc = widen(t, rows, ctx);
    if (rc) return rc;
    for (int c = 0; c < t->n_columns; c++) {
        const size_t size = jd_column_size(&t->columns[c]);
        const jd_axis_t axis = t->n_unit > 0 ? t->columns[c].axis : JD_AXIS_CELL;
        int64_t at = axis == JD_AXIS_CELL ? t->rows : axis == JD_AXIS_TIME ? t->n_time : 0;
        int64_t n = axis == JD_AXIS_CELL   ? rows->rows
                    : axis == JD_AXIS_TIME ? rows->n_time
                                           : rows->n_unit;
        if (n > 0) memcpy((char *)t->data[c] + (size_t)at * size, rows->data[c], (size_t)n * size);
    }
    t->rows += rows->rows;
    if (t->n_unit > 0) t->n_time += rows->n_time;
    return JD_OK;
}

jd_sink_t jd_kept_sink(jd_kept_t *kept)
{
    return (jd_sink_t){.append = append, .user = kept};
}

void jd_kept_free(jd_kept_t *kept)
{
    for (int i = 0; i < kept->n; i++)
        jd_table_free(&kept->table[i]);
    free(kept->table);
    memset(kept, 0, sizeof *kept);
}
