/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/replicates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/record.h"
#include "study/replicate.h"
#include "study/run_tables.h"

enum { RUN_RUN, RUN_POINT, RUN_REPLICATE, RUN_STATUS, RUN_MESSAGE, RUN_COLUMNS };
static const jd_column_t run_columns[RUN_COLUMNS] = {
    {"run", JD_INT32, "1", "run, from 1", NULL, 0, JD_AXIS_CELL},
    {"point", JD_INT32, "1", "design point, from 1", NULL, 0, JD_AXIS_CELL},
    {"replicate", JD_INT32, "1", "replicate, from 1", NULL, 0, JD_AXIS_CELL},
    {"status", JD_INT8, "1", "status", "0 done, 1 failed", 0, JD_AXIS_CELL},
    {"message", JD_TEXT, "", "why it failed", NULL, 256, JD_AXIS_CELL},
};

static int begin_all(jd_table_t *all, const jd_table_t *one, jd_ctx_t *ctx)
{
    return jd_run_table_begin(all, one->name, one->label, one->columns, one->n_columns,
                              4 * one->rows, ctx);
}

static int note_run(jd_table_t *runs, int32_t run, int code, const char *message, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(runs, runs->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = runs->rows++;
    JD_CELLS(runs, RUN_RUN, int32_t)[row] = run;
    JD_CELLS(runs, RUN_POINT, int32_t)[row] = 1;
    JD_CELLS(runs, RUN_REPLICATE, int32_t)[row] = run;
    JD_CELLS(runs, RUN_STATUS, int8_t)[row] = code != JD_OK;
    jd_table_set_text(runs, RUN_MESSAGE, row, message);
    return JD_OK;
}

/* Keeps a finished replicate: the first as it is, for the screen; all with their number. */
static int keep(jd_study_result_t *result, jd_study_replicate_t *one, int32_t run, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    bool first = result->all_estimates.columns == NULL;
    if (first) rc = begin_all(&result->all_estimates, &one->estimates, ctx);
    if (first && !rc) rc = begin_all(&result->all_estimands, &one->estimands, ctx);
    if (!rc) rc = jd_run_table_add(&result->all_estimates, &one->estimates, run, ctx);
    if (!rc) rc = jd_run_table_add(&result->all_estimands, &one->estimands, run, ctx);
    if (first && !rc) {
        result->facts = one->facts;
        result->estimates = one->estimates;
        result->estimands = one->estimands;
        memset(one, 0, sizeof *one);
    }
    jd_study_replicate_free(one);
    return rc;
}

int jd_study_replicates(const jd_config_t *config, const jd_inputs_t *inputs, int64_t n,
                        jd_store_t *store, jd_study_result_t *result, jd_ctx_t *ctx)
{
    const jd_output_params_t *output = jd_config_section(config, "output");
    jd_table_t runs;
    char reason[257] = "";
    int rc = jd_table_init(&runs, "runs", "Runs of this file", run_columns, RUN_COLUMNS, n, ctx);
    for (int64_t i = 0; i < n && !rc; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "runs/%06lld/", (long long)i + 1);
        jd_study_replicate_t one;
        jd_ctx_t inner = jd_ctx_inner(ctx); /* progress is by replicate */
        int failed = jd_study_replicate(config, inputs, (uint64_t)i,
                                        output->keep == JD_KEEP_TABLES ? store : NULL, prefix, &one,
                                        &result->times, &inner);
        if (failed == JD_ERR_CANCELLED || failed == JD_ERR_WRITE || failed == JD_ERR_NO_MEMORY) {
            rc = jd_fail(ctx, failed, "%s", inner.message);
            break;
        }
        if (failed) snprintf(reason, sizeof reason, "%.256s", inner.message);
        rc = note_run(&runs, (int32_t)i + 1, failed, inner.message, ctx);
        if (failed)
            result->failed++;
        else if (!rc)
            rc = keep(result, &one, (int32_t)i + 1, ctx);
        jd_progress_t progress = {.stage = "replicates",
                                  .done = i + 1,
                                  .total = n,
                                  .items = (double)(i + 1),
                                  .item = "runs"};
        jd_tell_progress(ctx, &progress);
    }
    if (!rc && result->failed == n)
        rc = jd_fail(ctx, JD_ERR_DATA, "all %lld replicates failed; the last: %s", (long long)n,
                     reason);
    if (!rc) rc = jd_store_write(store, &runs, ctx);
    if (!rc) rc = jd_store_write(store, &result->all_estimates, ctx);
    if (!rc) rc = jd_store_write(store, &result->all_estimands, ctx);
    jd_table_free(&runs);
    return rc;
}
