/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/study.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jiedao/version.h"
#include "study/log.h"
#include "study/replicates.h"
#include "study/sections.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void jd_study_result_free(jd_study_result_t *r)
{
    jd_table_free(&r->estimates);
    jd_table_free(&r->estimands);
    jd_table_free(&r->all_estimates);
    jd_table_free(&r->all_estimands);
    memset(r, 0, sizeof *r);
}

/* ---- what a file says of itself ---- */

static int store_identity(jd_store_t *store, const jd_config_t *config, const jd_study_inputs_t *inputs,
                          int64_t replicates, jd_ctx_t *ctx)
{
    static const char *const names[2] = {"input_divisions", "input_policy_list"};
    int64_t seed = *(const int64_t *)jd_config_section(config, "run");
    char text[JD_TEXT_MAX + 64];
    snprintf(text, sizeof text, "%016" PRIx64, jd_config_hash(config));
    int rc = jd_store_attribute_text(store, "/", "jiedao_version", jd_version(), ctx);
    if (!rc) rc = jd_store_attribute_text(store, "/", "git_commit", jd_git_commit(), ctx);
    if (!rc) rc = jd_store_attribute_text(store, "/", "config_hash", text, ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "seed", seed, ctx);
    if (!rc) rc = jd_store_attribute_int(store, "/", "replicates", replicates, ctx);
    for (int i = 0; i < 2 && !rc; i++) {
        if (!inputs->path[i]) continue;
        const char *base = strrchr(inputs->path[i], '/');
        snprintf(text, sizeof text, "%s, %" PRId64 " bytes, fnv1a-64 %016" PRIx64, base ? base + 1 : inputs->path[i],
                 inputs->bytes[i], inputs->checksum[i]);
        rc = jd_store_attribute_text(store, "/", names[i], text, ctx);
    }
    return rc;
}

enum { PAR_SECTION, PAR_NAME, PAR_VALUE, PAR_GIVEN, PAR_UNIT, PAR_COLUMNS };
static const jd_column_t parameter_columns[PAR_COLUMNS] = {
    {"section", JD_TEXT, "", "section", NULL, 48, JD_AXIS_CELL},
    {"name", JD_TEXT, "", "parameter", NULL, 32, JD_AXIS_CELL},
    {"value", JD_TEXT, "", "value, as it would be written in a config", NULL, 256, JD_AXIS_CELL},
    {"given", JD_INT8, "1", "given in the config, or a default", "0 default, 1 given", 0, JD_AXIS_CELL},
    {"unit", JD_TEXT, "", "unit", NULL, 16, JD_AXIS_CELL},
};

typedef struct collector {
    jd_table_t *table;
    jd_ctx_t *ctx;
} collector_t;

static int collect(void *user, const char *section, const jd_param_t *param, const char *value, bool given)
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

static int store_config(jd_store_t *store, const jd_config_t *config, jd_ctx_t *ctx)
{
    jd_table_t table;
    int rc = jd_table_init(&table, "config/parameters", "All parameters that decide values, as resolved",
                           parameter_columns, PAR_COLUMNS, 256, ctx);
    collector_t collector = {&table, ctx};
    if (!rc) rc = jd_config_each(config, collect, &collector);
    if (!rc) rc = jd_store_text(store, "config/ini", jd_config_source(config), ctx);
    if (!rc) rc = jd_store_write(store, &table, ctx);
    jd_table_free(&table);
    return rc;
}

/* ---- one replicate ---- */

typedef struct outlet {
    jd_store_t *store;
    const char *prefix; /* "" or "runs/000001/" */
} outlet_t;

/* A table under another name in the file; the name's storage must last for the call. */
static int write_as(jd_store_t *store, const char *prefix, const jd_table_t *table, bool append, jd_ctx_t *ctx)
{
    char name[128];
    jd_table_t renamed = *table;
    snprintf(name, sizeof name, "%s%s", prefix, table->name);
    renamed.name = name;
    return append ? jd_store_append(store, &renamed, ctx) : jd_store_write(store, &renamed, ctx);
}

static int take_rows(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    outlet_t *outlet = user;
    return write_as(outlet->store, outlet->prefix, rows, true, ctx);
}

static const jd_table_t *find_table(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static int store_tables(const jd_simulation_t *sim, const jd_table_t *estimates, const outlet_t *outlet, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < jd_simulation_n_tables(sim) && !rc; i++) {
        const jd_table_t *t = jd_simulation_table_at(sim, i);
        if (t->columns) rc = write_as(outlet->store, outlet->prefix, t, false, ctx);
    }
    return rc ? rc : write_as(outlet->store, outlet->prefix, estimates, false, ctx);
}

/* Takes a table over: the source is left empty. */
static void move_table(jd_table_t *to, jd_table_t *from)
{
    *to = *from;
    memset(from, 0, sizeof *from);
}

int jd_study_replicate(const jd_config_t *config, const jd_inputs_t *inputs, uint64_t replicate, jd_store_t *store,
                       const char *prefix, jd_study_replicate_t *out, jd_study_times_t *times, jd_ctx_t *ctx)
{
    outlet_t outlet = {.store = store, .prefix = prefix};
    jd_sink_t sink = {.append = take_rows, .user = &outlet};
    jd_simulation_t *sim = NULL;
    memset(out, 0, sizeof *out);
    double start = now(), built = start, simulated = start, estimated = start;
    int rc = jd_simulation_create(&sim, config, inputs, replicate, ctx);
    built = now();
    if (!rc) rc = jd_simulation_run(sim, store ? &sink : NULL, ctx);
    simulated = now();
    jd_recorded_t recorded = {.table = find_table, .user = sim};
    if (!rc) rc = jd_recover(jd_config_section(config, "estimate"), &recorded, &out->estimates, ctx);
    estimated = now();
    if (!rc && store) rc = store_tables(sim, &out->estimates, &outlet, ctx);
    if (!rc) {
        const jd_table_t *estimands = jd_simulation_table(sim, "truth/estimands");
        out->facts = jd_simulation_facts(sim);
        rc = jd_table_copy(&out->estimands, estimands, ctx);
    }
    times->setup += built - start;
    times->simulate += simulated - built;
    times->estimate += estimated - simulated;
    times->write += now() - estimated;
    jd_simulation_free(sim);
    if (rc) jd_study_replicate_free(out);
    return rc;
}

void jd_study_replicate_free(jd_study_replicate_t *out)
{
    jd_table_free(&out->estimates);
    jd_table_free(&out->estimands);
}

/* ---- the whole ---- */

static int run_into(jd_store_t *store, const jd_config_t *config, int64_t replicates, const jd_study_inputs_t *inputs,
                    jd_study_result_t *result, jd_ctx_t *ctx)
{
    int rc = store_identity(store, config, inputs, replicates, ctx);
    if (!rc) rc = store_config(store, config, ctx);
    if (rc) return rc;
    if (replicates > 1) return jd_study_replicates(config, &inputs->inputs, replicates, store, result, ctx);
    jd_study_replicate_t one;
    rc = jd_study_replicate(config, &inputs->inputs, 0, store, "", &one, &result->times, ctx);
    if (rc) return rc;
    result->facts = one.facts;
    move_table(&result->estimates, &one.estimates);
    move_table(&result->estimands, &one.estimands);
    return JD_OK;
}

/* The result is whole without its log, so a log that cannot be written is no more than a remark. */
static void write_log(const char *path, const jd_config_t *config, const jd_study_result_t *result, jd_ctx_t *ctx)
{
    jd_ctx_t inner;
    jd_ctx_init(&inner);
    inner.threads = jd_ctx_threads(ctx);
    if (jd_log_write(path, config, result, &inner)) jd_warn(ctx, "the log beside %s: %s", path, inner.message);
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
    double start = now();
    int rc = jd_study_inputs_read(&inputs, config, ctx);
    if (!rc) rc = jd_store_create(&store, path, replace, ctx);
    if (!rc) rc = run_into(store, config, replicates, &inputs, result, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    double ran = now();
    if (!rc) rc = jd_store_commit(&store, ctx);
    else jd_store_abandon(&store);
    result->times.write += now() - ran;
    result->times.total = now() - start;
    if (!rc) write_log(path, config, result, ctx);
    jd_study_inputs_free(&inputs);
    if (rc || result == &own) jd_study_result_free(result);
    return rc;
}
