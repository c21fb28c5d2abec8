/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/study.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/version.h"
#include "run/setting.h"
#include "study/log.h"
#include "study/replicate.h"
#include "study/replicates.h"
#include "study/run_notes.h"
#include "study/store_keep.h"

void jd_study_result_free(jd_study_result_t *r)
{
    jd_table_free(&r->estimates);
    jd_table_free(&r->estimands);
    jd_table_free(&r->all_estimates);
    jd_table_free(&r->all_estimands);
    memset(r, 0, sizeof *r);
}

int jd_study_store_identity(jd_store_t *store, const jd_config_t *config, int64_t replicates,
                            jd_ctx_t *ctx)
{
    const jd_run_params_t *run = jd_config_section(config, "run");
    char hash[32];
    snprintf(hash, sizeof hash, "%016" PRIx64, jd_config_hash(config));
    int rc = jd_store_attribute_text(store, "/", "jiedao_version", jd_version(), ctx);
    if (!rc) rc = jd_store_attribute_text(store, "/", "git_commit", jd_git_commit(), ctx);
    if (!rc) rc = jd_store_attribute_text(store, "/", "config_hash", hash, ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "seed", run->seed, ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "replicates", replicates, ctx);
    return rc;
}

const char *const jd_study_input_names[JD_STUDY_INPUTS] = {"input_divisions", "input_policy_list"};

bool jd_study_input_text(const jd_study_inputs_t *inputs, int i, char text[JD_STUDY_INPUT_TEXT])
{
    if (!inputs->path[i]) return false;
    const char *base = strrchr(inputs->path[i], '/');
    snprintf(text, JD_STUDY_INPUT_TEXT, "%s, %" PRId64 " bytes, fnv1a-64 %016" PRIx64,
             base ? base + 1 : inputs->path[i], inputs->bytes[i], inputs->checksum[i]);
    return true;
}

int jd_study_store_inputs(jd_store_t *store, const jd_study_inputs_t *inputs, jd_ctx_t *ctx)
{
    char text[JD_STUDY_INPUT_TEXT];
    int rc = JD_OK;
    for (int i = 0; i < JD_STUDY_INPUTS && !rc; i++)
        if (jd_study_input_text(inputs, i, text))
            rc = jd_store_attribute_text(store, "/", jd_study_input_names[i], text, ctx);
    return rc;
}

enum { PAR_SECTION, PAR_NAME, PAR_VALUE, PAR_GIVEN, PAR_UNIT, PAR_COLUMNS };
static const jd_column_t parameter_columns[PAR_COLUMNS] = {
    {"section", JD_TEXT, "", "section", NULL, 48, JD_AXIS_CELL},
    {"name", JD_TEXT, "", "parameter", NULL, 32, JD_AXIS_CELL},
    {"value", JD_TEXT, "", "value, as it would be written in a config", NULL, 256, JD_AXIS_CELL},
    {"given", JD_INT8, "1", "given in the config, or a default", "0 default, 1 given", 0,
     JD_AXIS_CELL},
    {"unit", JD_TEXT, "", "unit", NULL, 16, JD_AXIS_CELL},
};

/* Bytes of the longest value, which none is cut below. */
static int widest(void *user, const char *section, const jd_param_t *param, const char *value,
                  bool given)
{
    int *width = user, n = (int)strlen(value);
    (void)section;
    (void)given;
    if (param->kind == JD_RESULT && n > *width) *width = n;
    return 0;
}

typedef struct collector {
    jd_table_t *table;
    jd_ctx_t *ctx;
} collector_t;

static int collect(void *user, const char *section, const jd_param_t *param, const char *value,
                   bool given)
{
    collector_t *c = user;
    if (param->kind != JD_RESULT) return 0;
    int rc = jd_table_reserve(c->table, c->table->rows + 1, c->ctx);
    if (rc) return rc;
    int64_t row = c->table->rows++;
    jd_table_set_text(c->table, PAR_SECTION, row, section);
    jd_table_set_text(c->table, PAR_NAME, row, param->name);
    jd_table_set_text(c->table, PAR_VALUE, row, value);
    jd_table_set_text(c->table, PAR_UNIT, row, param->unit);
    JD_CELLS(c->table, PAR_GIVEN, int8_t)[row] = given;
    return 0;
}

/* What a sweep varies, as its config says it; the table is as wide as the longest. */
static int store_swept(jd_store_t *store, const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_column_t columns[] = {
        {"parameter", JD_TEXT, "", "parameter", NULL, 1, JD_AXIS_CELL},
        {"values", JD_TEXT, "", "its values, as in the config's [sweep]", NULL, 1, JD_AXIS_CELL}};
    const char *cell[2];
    int n = 0;
    for (; jd_config_other(config, "sweep", n, &cell[0], &cell[1]); n++)
        for (int c = 0; c < 2; c++)
            if ((int)strlen(cell[c]) > columns[c].width) columns[c].width = (int)strlen(cell[c]);
    if (n == 0) return JD_OK;
    jd_table_t table;
    int rc =
        jd_table_init(&table, "config/swept", "Parameters that were varied", columns, 2, n, ctx);
    for (int i = 0; i < n && !rc; i++) {
        jd_config_other(config, "sweep", i, &cell[0], &cell[1]);
        table.rows++;
        for (int c = 0; c < 2; c++)
            jd_table_set_text(&table, c, i, cell[c]);
    }
    if (!rc) rc = jd_store_write(store, &table, ctx);
    jd_table_free(&table);
    return rc;
}

int jd_study_store_config(jd_store_t *store, const jd_config_t *config, const char *source,
                          jd_ctx_t *ctx)
{
    jd_table_t table;
    jd_column_t columns[PAR_COLUMNS];
    memcpy(columns, parameter_columns, sizeof columns);
    jd_config_each(config, widest, &columns[PAR_VALUE].width);
    int rc =
        jd_table_init(&table, "config/parameters", "All parameters that decide values, as resolved",
                      columns, PAR_COLUMNS, 256, ctx);
    collector_t collector = {&table, ctx};
    if (!rc) rc = jd_config_each(config, collect, &collector);
    if (!rc) rc = jd_store_text(store, "config/ini", source, ctx);
    if (!rc) rc = jd_store_write(store, &table, ctx);
    if (!rc) rc = store_swept(store, config, ctx);
    jd_table_free(&table);
    return rc;
}

/* Takes a table over: the source is left empty. */
static void move_table(jd_table_t *to, jd_table_t *from)
{
    *to = *from;
    memset(from, 0, sizeof *from);
}

/* The replicate there is; its remarks are told, and kept as the file's attribute `notes`. */
static int run_once(jd_store_t *store, const jd_config_t *config, const jd_study_inputs_t *inputs,
                    jd_study_result_t *result, jd_ctx_t *ctx)
{
    jd_study_replicate_t one;
    jd_run_notes_t notes;
    jd_ctx_t inner;
    char text[JD_RUN_NOTE];
    jd_run_notes_begin_reporting(&notes, &inner, ctx);
    jd_store_keep_t where = {.store = store, .prefix = ""};
    const jd_keeper_t keep = jd_keep_in_store(&where);
    int rc = jd_study_replicate(config, &inputs->inputs, 0, &keep, &one, &result->times, &inner);
    if (rc) return jd_fail(ctx, rc, "%s", inner.message);
    result->facts = one.facts;
    memcpy(result->fact, one.fact, sizeof one.fact);
    result->n_facts = one.n_facts;
    jd_study_add_friction(result, &one.friction);
    move_table(&result->estimates, &one.estimates);
    move_table(&result->estimands, &one.estimands);
    jd_run_notes_end(&notes, text);
    return *text ? jd_store_attribute_text(store, "/", "notes", text, ctx) : JD_OK;
}

void jd_study_add_friction(jd_study_result_t *result, const jd_study_friction_t *one)
{
    result->friction.friction += one->friction;
    result->friction.log_friction += one->log_friction;
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        result->friction.part[k] += one->part[k];
}

static int run_into(jd_store_t *store, const jd_config_t *config, int64_t replicates,
                    const jd_study_inputs_t *inputs, jd_study_result_t *result, jd_ctx_t *ctx)
{
    int rc = jd_study_store_identity(store, config, replicates, ctx);
    if (!rc) rc = jd_study_store_inputs(store, inputs, ctx);
    if (!rc) rc = jd_study_store_config(store, config, jd_config_source(config), ctx);
    if (rc) return rc;
    if (replicates > 1)
        return jd_study_replicates(config, &inputs->inputs, replicates, store, result, ctx);
    return run_once(store, config, inputs, result, ctx);
}

/* The result is whole without its log, so a log that cannot be written is no more than a remark. */
static void write_log(const char *path, const jd_config_t *config, const jd_study_result_t *result,
                      jd_ctx_t *ctx)
{
    jd_ctx_t inner;
    jd_ctx_init(&inner);
    inner.threads = jd_ctx_threads(ctx);
    if (jd_log_write(path, config, result, &inner))
        jd_warn(ctx, "the log beside %s: %s", path, inner.message);
}

int jd_study_room(const jd_config_t *config, const jd_inputs_t *inputs, const char *path,
                  jd_bytes_t bytes, int64_t files, jd_ctx_t *ctx)
{
    const double most_packed = 1032; /* what deflate makes of zeros */
    const double packed = 2.5;       /* quickstart: 2.3, overview: 2.9 */
    double tables = 0;
    int rc = files > 0 ? jd_simulation_file_bytes(config, inputs, &tables, ctx) : JD_OK;
    bytes.least += (double)files * tables / most_packed;
    bytes.likely += (double)files * tables / packed;
    return rc ? rc : jd_room_check(path, bytes, ctx);
}

/* How many replicates' tables the file keeps. */
static int64_t kept(const jd_config_t *config, int64_t replicates)
{
    const jd_output_params_t *output = jd_config_section(config, "output");
    return replicates == 1 ? 1 : output->keep == JD_KEEP_TABLES ? replicates : 0;
}

int jd_study_run(const jd_config_t *config, const char *path, bool replace, int64_t replicates,
                 jd_study_result_t *result, jd_ctx_t *ctx)
{
    jd_study_result_t own = {0};
    jd_study_inputs_t inputs;
    jd_store_t *store = NULL;
    if (!result) result = &own;
    memset(result, 0, sizeof *result);
    result->replicates = replicates;
    double start = jd_study_clock();
    int rc = jd_study_inputs_read(&inputs, config, ctx);
    if (!rc)
        rc = jd_study_room(config, &inputs.inputs, path, (jd_bytes_t){0}, kept(config, replicates),
                           ctx);
    if (!rc) rc = jd_store_create(&store, path, replace, ctx);
    if (!rc) rc = run_into(store, config, replicates, &inputs, result, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    double ran = jd_study_clock();
    if (!rc)
        rc = jd_store_commit(&store, ctx);
    else
        jd_store_abandon(&store);
    result->times.write += jd_study_clock() - ran;
    result->times.total = jd_study_clock() - start;
    if (!rc) write_log(path, config, result, ctx);
    jd_study_inputs_free(&inputs);
    if (rc || result == &own) jd_study_result_free(result);
    return rc;
}
