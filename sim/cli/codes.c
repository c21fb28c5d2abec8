/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

typedef char added_name_t[40];

/* Whether a column holds rows of /jurisdictions: its label says so. */
static bool names_rows(const jd_table_t *table, int c)
{
    const jd_column_t *column = &table->columns[c];
    bool parent = !strcmp(table->name, "jurisdictions") && !strcmp(column->name, "parent");
    return column->type == JD_INT32 && strlen(column->name) + sizeof "_code" <= 33 &&
           (parent || (column->label && strstr(column->label, "row of /jurisdictions")));
}

/* The codes of one column, as a further one. */
static int add_codes(jd_coded_t *coded, const jd_table_t *places, int code, int c,
                     jd_column_t *column, char *name, jd_ctx_t *ctx)
{
    jd_table_t *t = &coded->table;
    int64_t cells = jd_table_cells(t, c);
    char *texts;
    size_t width = (size_t)places->columns[code].width;
    int rc = jd_make(&texts, cells + 1, width, "codes", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < cells; i++) {
        int32_t row = JD_CELLS(t, c, int32_t)[i];
        if (row >= 0 && row < places->rows)
            memcpy(texts + (size_t)i * width,
                   (const char *)places->data[code] + (size_t)row * width, width);
    }
    snprintf(name, sizeof(added_name_t), "%s_code", t->columns[c].name);
    *column = (jd_column_t){.name = name,
                            .type = JD_TEXT,
                            .unit = "",
                            .label = "its code",
                            .width = (int)width,
                            .axis = t->columns[c].axis};
    t->data[t->n_columns++] = texts;
    coded->n_added++;
    return JD_OK;
}

int jd_cli_add_codes(jd_store_t *store, const jd_table_t *table, jd_coded_t *coded, jd_ctx_t *ctx)
{
    jd_table_t places = {0};
    jd_column_t *columns = NULL;
    int n = 0, code = -1;
    memset(coded, 0, sizeof *coded);
    coded->table = *table;
    for (int c = 0; c < table->n_columns; c++)
        n += names_rows(table, c);
    if (n == 0 || !jd_store_has(store, "jurisdictions")) return JD_OK;
    int rc = jd_store_read(store, "jurisdictions", &places, ctx);
    if (!rc) code = jd_table_find(&places, "code");
    if (rc || code < 0 || places.columns[code].type != JD_TEXT) goto out;
    size_t all = (size_t)(table->n_columns + n);
    char *block;
    rc = jd_make(&block, 1, all * sizeof(jd_column_t) + (size_t)n * sizeof(added_name_t), "codes",
                 ctx);
    if (rc) goto out;
    coded->owned = block;
    void **data;
    rc = jd_make(&data, (int64_t)all, sizeof *data, "codes", ctx);
    if (rc) goto out;
    columns = (jd_column_t *)(void *)block;
    memcpy(columns, table->columns, (size_t)table->n_columns * sizeof *columns);
    memcpy(data, table->data, (size_t)table->n_columns * sizeof *data);
    coded->table.columns = columns;
    coded->table.data = data;
    char *name = block + all * sizeof(jd_column_t);
    for (int c = 0; c < table->n_columns && !rc; c++) {
        if (!names_rows(table, c)) continue;
        rc = add_codes(coded, &places, code, c, &columns[coded->table.n_columns], name, ctx);
        name += sizeof(added_name_t);
    }
out:
    jd_table_free(&places);
    return rc;
}

void jd_cli_codes_free(jd_coded_t *coded)
{
    if (!coded->owned) return;
    if (coded->table.columns == coded->owned) {
        for (int i = 1; i <= coded->n_added; i++)
            free(coded->table.data[coded->table.n_columns - i]);
        free(coded->table.data);
    }
    free(coded->owned);
    memset(coded, 0, sizeof *coded);
}
