/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sweep/shards.h"

int jd_run_result_init(jd_run_result_t *result, const jd_run_layout_t *layout, jd_ctx_t *ctx)
{
    memset(result, 0, sizeof *result);
    int rc = JD_OK;
    for (int t = 0; t < layout->n && !rc; t++)
        rc = jd_table_init(&result->table[t], layout->name[t], layout->label[t], layout->columns[t],
                           layout->n_columns[t], 0, ctx);
    if (rc) jd_run_result_free(result);
    return rc;
}

void jd_run_result_free(jd_run_result_t *result)
{
    for (int t = 0; t < JD_RUN_TABLES; t++)
        jd_table_free(&result->table[t]);
}

void jd_run_result_take(jd_table_t *to, jd_table_t *from)
{
    const char *name = to->name, *label = to->label;
    jd_table_free(to);
    *to = *from;
    to->name = name;
    to->label = label;
    memset(from, 0, sizeof *from);
}

void jd_first_failure_note(jd_first_failure_t *first, int64_t run, const jd_run_result_t *result)
{
    if (!result->failed || (first->run > 0 && first->run <= run + 1)) return;
    first->run = run + 1;
    memcpy(first->message, result->message, sizeof first->message);
}
