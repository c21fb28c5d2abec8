/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "study/replicate.h"
#include "study/facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "run/setting.h"

double jd_study_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int take_rows(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    const jd_keeper_t *keep = user;
    return keep->take(keep->user, rows, true, ctx);
}

static const jd_table_t *find_table(void *user, const char *name)
{
    return jd_simulation_table(user, name);
}

static int keep_tables(const jd_simulation_t *sim, const jd_table_t *estimates,
                       const jd_keeper_t *keep, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int i = 0; i < jd_simulation_n_tables(sim) && !rc; i++) {
        const jd_table_t *t = jd_simulation_table_at(sim, i);
        if (t->columns) rc = keep->take(keep->user, t, false, ctx);
    }
    return rc ? rc : keep->take(keep->user, estimates, false, ctx);
}

int jd_study_facts(const jd_study_replicate_t *one, jd_table_t *facts, jd_ctx_t *ctx)
{
    int rc = jd_table_init(facts, "facts", "Numbers beside those of a text", jd_fact_columns,
                           JD_FACT_COLUMNS, one->n_facts, ctx);
    return rc ? rc : jd_study_add_facts(facts, one->fact, one->n_facts, ctx);
}

static int keep_facts(const jd_study_replicate_t *one, const jd_keeper_t *keep, jd_ctx_t *ctx)
{
    jd_table_t t;
    if (one->n_facts == 0) return JD_OK;
    int rc = jd_study_facts(one, &t, ctx);
    if (!rc) rc = keep->take(keep->user, &t, false, ctx);
    jd_table_free(&t);
    return rc;
}

static double last_of(const jd_table_t *t, const char *column)
{
    return t && t->rows > 0 ? jd_table_number(t, jd_table_find(t, column), t->rows - 1)
                            : (double)NAN;
}

int jd_study_note(const jd_simulation_t *sim, jd_study_replicate_t *out, jd_ctx_t *ctx)
{
    const jd_table_t *estimands = jd_simulation_table(sim, "truth/estimands");
    const jd_table_t *national = jd_simulation_table(sim, "panel/national");
    out->facts = jd_simulation_facts(sim);
    out->strong = last_of(national, "share_strong");
    out->services = last_of(national, "services");
    out->friction.friction = last_of(national, "friction");
    out->friction.log_friction = last_of(national, "log_friction");
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        out->friction.part[k] = last_of(national, jd_summary_columns[JD_SUMMARY_PART + k].name);
    return jd_table_copy(&out->estimands, estimands, ctx);
}

int jd_study_replicate(const jd_config_t *config, const jd_inputs_t *inputs, uint64_t replicate,
                       const jd_keeper_t *keep, jd_study_replicate_t *out, jd_study_times_t *times,
                       jd_ctx_t *ctx)
{
    jd_keeper_t keeper = keep ? *keep : (jd_keeper_t){NULL, NULL};
    jd_sink_t sink = {.append = take_rows, .user = &keeper};
    jd_simulation_t *sim = NULL;
    memset(out, 0, sizeof *out);
    double start = jd_study_clock();
    int rc = jd_simulation_create(&sim, config, inputs, replicate, ctx);
    double built = jd_study_clock();
    if (!rc) rc = jd_simulation_run(sim, keep ? &sink : NULL, ctx);
    if (!rc) out->n_facts = jd_mechanisms_facts(sim, out->fact);
    if (!rc) jd_simulation_drop_firms(sim);
    double simulated = jd_study_clock();
    jd_recorded_t recorded = {.table = find_table, .user = sim};
    if (!rc)
        rc = jd_recover(jd_config_section(config, "estimate"), &recorded, &out->estimates, NULL,
                        ctx);
    double estimated = jd_study_clock();
    if (!rc && keep) rc = keep_tables(sim, &out->estimates, keep, ctx);
    if (!rc && keep) rc = keep_facts(out, keep, ctx);
    if (!rc) rc = jd_study_note(sim, out, ctx);
    times->setup += built - start;
    times->simulate += simulated - built;
    times->estimate += estimated - simulated;
    times->write += jd_study_clock() - estimated;
    jd_simulation_free(sim);
    if (rc) jd_study_replicate_free(out);
    return rc;
}

void jd_study_replicate_free(jd_study_replicate_t *out)
{
    jd_table_free(&out->estimates);
    jd_table_free(&out->estimands);
}

const jd_column_t jd_summary_columns[JD_SUMMARY_COLUMNS] = {
    {"moves", JD_INT64, "1", "moves of firms, world with the policy", NULL, 0, JD_AXIS_CELL},
    {"relocations", JD_INT64, "1", "of them across a county border", NULL, 0, JD_AXIS_CELL},
    {"observed", JD_INT64, "1", "of them in the empirical file", NULL, 0, JD_AXIS_CELL},
    {"within_prefecture", JD_INT64, "1", "relocations inside a prefecture", NULL, 0, JD_AXIS_CELL},
    {"within_province", JD_INT64, "1", "relocations inside a province", NULL, 0, JD_AXIS_CELL},
    {"distance", JD_DOUBLE, "km", "mean distance of relocations", NULL, 0, JD_AXIS_CELL},
    {"treated_counties", JD_INT32, "1", "counties ever treated", NULL, 0, JD_AXIS_CELL},
    {"share_strong", JD_DOUBLE, "1", "share of time on strong tasks, last period", NULL, 0,
     JD_AXIS_CELL},
    {"services", JD_DOUBLE, "1", "services G, last period", NULL, 0, JD_AXIS_CELL},
    {"friction", JD_DOUBLE, "1", "friction F, last period", NULL, 0, JD_AXIS_CELL},
    {"log_friction", JD_DOUBLE, "1", "f = -ln(1 - F), last period", NULL, 0, JD_AXIS_CELL},
    {"friction_toolkit", JD_DOUBLE, "1", "part of f, last period", NULL, 0, JD_AXIS_CELL},
    {"friction_capability", JD_DOUBLE, "1", "part of f, last period", NULL, 0, JD_AXIS_CELL},
    {"friction_time", JD_DOUBLE, "1", "part of f, last period", NULL, 0, JD_AXIS_CELL},
    {"friction_willingness", JD_DOUBLE, "1", "part of f, last period", NULL, 0, JD_AXIS_CELL},
    {"friction_show", JD_DOUBLE, "1", "part of f, last period", NULL, 0, JD_AXIS_CELL},
};

void jd_study_summarise(const jd_study_replicate_t *one, jd_table_t *table, int first, int64_t row)
{
    const jd_run_facts_t *f = &one->facts;
    const double values[JD_SUMMARY_PART] = {(double)f->moves,
                                            (double)f->relocations,
                                            (double)f->observed,
                                            (double)f->within_prefecture,
                                            (double)f->within_province,
                                            f->distance,
                                            (double)f->treated_counties,
                                            one->strong,
                                            one->services,
                                            one->friction.friction,
                                            one->friction.log_friction};
    for (int c = 0; c < JD_SUMMARY_PART; c++)
        jd_table_set_number(table, first + c, row, values[c]);
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        jd_table_set_number(table, first + JD_SUMMARY_PART + k, row, one->friction.part[k]);
}

void jd_study_summarise_failed(jd_table_t *table, int first, int64_t row)
{
    for (int c = 0; c < JD_SUMMARY_COLUMNS; c++)
        jd_table_set_number(table, first + c, row,
                            jd_summary_columns[c].type == JD_DOUBLE ? (double)NAN : -1);
}
