/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of a sweep: the simulator and its estimates. */
#include <string.h>

#include "run/record/estimands.h"
#include "study/facts.h"
#include "study/replicate.h"
#include "sweep/sweep.h"

/* ---- Tables of the run that are measured ---- */

static const char *const *measured;
static jd_sweep_measure_t measure;

void jd_sweep_set_measure(const char *const *tables, jd_sweep_measure_t function)
{
    measured = tables;
    measure = function;
}

enum { MOST_TABLES = 16 };
typedef struct collected {
    const jd_keeper_t *next; /* takes all tables too, or NULL */
    jd_table_t table[MOST_TABLES];
    int n;
} collected_t;

static const jd_table_t *find(void *user, const char *name)
{
    const collected_t *c = user;
    for (int k = 0; k < c->n; k++)
        if (!strcmp(c->table[k].name, name)) return &c->table[k];
    return NULL;
}

static bool is_measured(const char *name)
{
    int k = 0;
    while (measured[k] && strcmp(measured[k], name) != 0)
        k++;
    return measured[k];
}

static int append(jd_table_t *to, const jd_table_t *from, jd_ctx_t *ctx)
{
    int rc = jd_table_reserve(to, to->rows + from->rows, ctx);
    for (int c = 0; c < from->n_columns && !rc; c++) {
        const size_t size = jd_column_size(&from->columns[c]);
        memcpy((char *)to->data[c] + (size_t)to->rows * size, from->data[c],
               (size_t)from->rows * size);
    }
    if (!rc) to->rows += from->rows;
    return rc;
}

static int take(void *user, const jd_table_t *table, bool more, jd_ctx_t *ctx)
{
    collected_t *c = user;
    int rc = c->next ? c->next->take(c->next->user, table, more, ctx) : JD_OK;
    if (rc || !is_measured(table->name)) return rc;
    for (int k = 0; k < c->n && more; k++)
        if (!strcmp(c->table[k].name, table->name)) return append(&c->table[k], table, ctx);
    return c->n < MOST_TABLES ? jd_table_copy(&c->table[c->n++], table, ctx) : JD_OK;
}

static bool is_asked(const jd_config_t *config)
{
    const jd_plan_params_t *plan = jd_config_section(config, "sweep");
    return measure && plan && plan->moments;
}

/* ---- The run ---- */

static int fill(const jd_study_replicate_t *one, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_table_t *summary = &result->table[JD_SWEEP_SUMMARY];
    int rc = jd_table_reserve(summary, 1, ctx);
    if (!rc) rc = jd_study_add_facts(&result->table[JD_SWEEP_FACTS], one->fact, one->n_facts, ctx);
    if (rc) return rc;
    summary->rows = 1;
    jd_study_summarise(one, summary, 0, 0);
    return JD_OK;
}

static int simulate(const jd_sweep_one_t *run, jd_run_result_t *result, jd_ctx_t *ctx)
{
    jd_study_times_t times = {0};
    jd_study_replicate_t one = {0};
    collected_t collected = {.next = run->keep};
    const jd_keeper_t keeper = {.take = take, .user = &collected};
    const bool asked = is_asked(run->config);
    int rc = jd_study_replicate(run->config, run->inputs, run->key, asked ? &keeper : run->keep,
                                &one, &times, ctx);
    if (!rc) rc = fill(&one, result, ctx);
    const jd_recorded_t recorded = {.table = find, .user = &collected};
    if (!rc && asked) rc = measure(&recorded, &result->table[JD_SWEEP_FACTS], ctx);
    if (!rc) {
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMATES], &one.estimates);
        jd_run_result_take(&result->table[JD_SWEEP_ESTIMANDS], &one.estimands);
    }
    for (int k = 0; k < collected.n; k++)
        jd_table_free(&collected.table[k]);
    jd_study_replicate_free(&one);
    return rc;
}

const jd_sweep_kind_t jd_sweep_simulate = {
    .layout = {.n = JD_SWEEP_TABLES,
               .name = {"estimates", "truth/estimands", "facts", "summary"},
               .label = {JD_ESTIMATES_OF_ALL, JD_ESTIMANDS_OF_ALL, "Facts of all runs",
                         "What a run did"},
               .columns = {jd_estimate_columns, jd_estimand_columns, jd_fact_columns,
                           jd_summary_columns},
               .n_columns = {JD_EST_COLUMNS, E_COLUMNS, JD_FACT_COLUMNS, JD_SUMMARY_COLUMNS}},
    .run = simulate,
    .merges = true,
};
