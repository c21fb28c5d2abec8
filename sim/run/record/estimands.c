/* SPDX-License-Identifier: GPL-3.0-or-later */
/** truth/estimands: true effects by name (model-equations.md, section 5), of flows of targeted
 * firms by county. */
#include "run/record/estimands.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "run/record/recorded.h"
#include "run/record/truth.h"

const jd_column_t jd_estimand_columns[E_COLUMNS] = {
    [E_NAME] = {"estimand", JD_TEXT, "", "name, as in docs/model.md", NULL, 32, JD_AXIS_CELL},
    [E_OUTCOME] = {"outcome", JD_TEXT, "", "outcome of panel/county or panel/urban", NULL, 24,
                   JD_AXIS_CELL},
    [E_TERM] = {"term", JD_TEXT, "",
                "empty = over all; g=.. a cohort, g=..,t=.. a cohort's period, e=.. an event time",
                NULL, 24, JD_AXIS_CELL},
    [E_COHORT] = JD_COLUMN("cohort", JD_INT32, "quarter", "cohort, -1 = all"),
    [E_PERIOD] = JD_COLUMN("period", JD_INT32, "quarter", "period, -1 = all"),
    [E_EVENT_TIME] = JD_COLUMN("event_time", JD_INT32, "quarter", "event time; -1000 = all"),
    [E_VALUE] = JD_COLUMN("value", JD_DOUBLE, "1", "value"),
    [E_CELLS] = JD_COLUMN("cells", JD_INT64, "1", "cells it is the mean of"),
};

#define OF_COUNTIES                    \
    {                                  \
        "panel/county", "truth/county" \
    }
#define OF_URBAN                     \
    {                                \
        "panel/urban", "truth/urban" \
    }

const jd_outcome_t jd_outcomes[] = {
    [JD_FLOW_IN] = {"inflow", OF_COUNTIES, "inflow of targeted firms", "firms per quarter"},
    [JD_FLOW_OUT] = {"outflow", OF_COUNTIES, "outflow of targeted firms", "firms per quarter"},
    [JD_FLOW_STOCK] = {"stock", OF_COUNTIES, "stock of targeted firms", "firms"},
    {"pressure", OF_COUNTIES, "pressure on streets", "pressure"},
    {"share_strong", OF_COUNTIES, "share of effort in strong tasks", "share"},
    {"willingness", OF_COUNTIES, "willingness of officials", "utility"},
    {"toolkit", OF_COUNTIES, "toolkit", "toolkit"},
    {"inducement", OF_COUNTIES, "inducement", "inducement"},
    {"services", OF_COUNTIES, "services", "services"},
    {"friction", OF_COUNTIES, "governance friction", "friction"},
    {"log_friction", OF_COUNTIES, "friction in logs, -ln(1 - F)", "log points"},
    {"stringency", OF_COUNTIES, "environmental stringency", "stringency"},
    {"share_dirty", OF_COUNTIES, "share of firms that emit most", "share"},
    {"friction_toolkit", OF_COUNTIES, "friction's part of the toolkit", "log points"},
    {"friction_capability", OF_COUNTIES, "friction's part of capability", "log points"},
    {"friction_time", OF_COUNTIES, "friction's part of time", "log points"},
    {"friction_willingness", OF_COUNTIES, "friction's part of willingness", "log points"},
    {"friction_show", OF_COUNTIES, "friction's part of show", "log points"},
    {"poi", OF_URBAN, "points of interest", "points of interest"},
    {"land_efficiency", OF_URBAN, "output per land", "output per km2"},
    {"location_quotient", OF_URBAN, "location quotient of the targeted sector", "quotient"},
    {"services_per_firm", OF_URBAN, "services per 100 firms", "services"},
    {.name = NULL},
};

#undef OF_COUNTIES
#undef OF_URBAN

const jd_outcome_t *jd_outcome_find(const char *name)
{
    const jd_outcome_t *o = jd_outcomes;
    while (o->name && strcmp(o->name, name) != 0)
        o++;
    return o->name ? o : NULL;
}

const jd_mechanism_t *jd_outcome_mechanism(const jd_outcome_t *outcome)
{
    for (int i = 0; jd_mechanisms[i]; i++) {
        const jd_mechanism_panel_t *p = jd_mechanisms[i]->panels;
        for (; p && p->names[0]; p++)
            if (!strcmp(p->names[0], outcome->panels[0])) return jd_mechanisms[i];
    }
    return NULL;
}

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    (void)dims, (void)sizes;
    return (jd_extent_t){0, 256}; /* to begin with */
}

/* Sums over the cells of a kind, or of a cohort, period or event time. */
typedef struct sums {
    double tau, y1, y0, direct, direct_none, mediated, dose; /* mediated: by added friction */
    int64_t cells;
} sums_t;

enum { ALL_EVENTS = -1000 };

typedef struct cell_pick {
    int kind, cohort, period, event; /* -1 (event: ALL_EVENTS) = any */
} cell_pick_t;

/* What estimands are made of, and where they go. */
typedef struct pool {
    const struct jd_simulation *sim;
    const double *dose; /* [periods][counties] effective dose in the world that is fact */
    const int8_t *kind; /* [periods][counties] jd_cell_kind_t, as recorded */
    jd_table_t *table;
} pool_t;

static sums_t sum_cells(const pool_t *pool, int flow, cell_pick_t which)
{
    const struct jd_simulation *sim = pool->sim;
    const int32_t n = sim->dims.counties;
    int fact = sim->n_worlds_max > 1 ? JD_WORLD_WITH : JD_WORLD_WITHOUT;
    sums_t sum = {0};
    for (int64_t t = 1; t <= sim->params->periods; t++) {
        if (which.period >= 0 && which.period != t) continue;
        for (int32_t c = 0; c < n; c++) {
            int32_t g = sim->cohort[c];
            if (which.kind >= 0 && pool->kind[(t - 1) * n + c] != which.kind) continue;
            if ((which.cohort >= 0 && g != which.cohort) ||
                (which.event != ALL_EVENTS && t - g != which.event))
                continue;
            sum.cells++;
            sum.tau += jd_effect(sim, flow, t, c);
            sum.y1 += jd_history(sim, fact, flow, t)[c];
            sum.y0 += jd_history(sim, JD_WORLD_WITHOUT, flow, t)[c];
            sum.direct += jd_direct_effect(sim, flow, t, c, false);
            sum.direct_none += jd_direct_effect(sim, flow, t, c, true);
            sum.mediated += jd_mediated_effect(sim, flow, t, c);
            sum.dose += pool->dose[(t - 1) * n + c];
        }
    }
    return sum;
}

static int add(pool_t *pool, const char *name, int outcome, cell_pick_t which, double value,
               int64_t cells, jd_ctx_t *ctx)
{
    jd_table_t *t = pool->table;
    char term[32] = "";
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    if (which.event != ALL_EVENTS)
        snprintf(term, sizeof term, "e=%d", which.event);
    else if (which.cohort >= 0 && which.period >= 0)
        snprintf(term, sizeof term, "g=%d,t=%d", which.cohort, which.period);
    else if (which.cohort >= 0)
        snprintf(term, sizeof term, "g=%d", which.cohort);
    jd_table_set_text(t, E_NAME, row, name);
    jd_table_set_text(t, E_OUTCOME, row, jd_outcomes[outcome].name);
    jd_table_set_text(t, E_TERM, row, term);
    JD_CELLS(t, E_COHORT, int32_t)[row] = which.cohort;
    JD_CELLS(t, E_PERIOD, int32_t)[row] = which.period;
    JD_CELLS(t, E_EVENT_TIME, int32_t)[row] = which.event;
    JD_CELLS(t, E_VALUE, double)[row] = value;
    JD_CELLS(t, E_CELLS, int64_t)[row] = cells;
    return JD_OK;
}

static double mean_of(double sum, int64_t cells)
{
    return cells > 0 ? sum / (double)cells : (double)NAN;
}

static double ratio_of(double a, double b)
{
    return b != 0.0 ? a / b : (double)NAN;
}

/* Everything that is one number for an outcome. */
static int add_overall(pool_t *pool, int flow, jd_ctx_t *ctx)
{
    const cell_pick_t all = {-1, -1, -1, ALL_EVENTS};
    sums_t kind[4], any = sum_cells(pool, flow, all);
    for (int k = 0; k < 4; k++)
        kind[k] = sum_cells(pool, flow, (cell_pick_t){k, -1, -1, ALL_EVENTS});
    const sums_t *post = &kind[JD_KIND_POST];
    double att = mean_of(post->tau, post->cells), ade = mean_of(post->direct, post->cells);
    const struct {
        const char *name;
        double value;
        int64_t cells;
    } rows[] = {
        {"att", att, post->cells},
        {"mean_without", mean_of(post->y0, post->cells), post->cells},
        {"ade", ade, post->cells},
        {"ade_none", mean_of(post->direct_none, post->cells), post->cells},
        {"spillover_treated", att - ade, post->cells},
        {"anticipation", mean_of(kind[JD_KIND_ANN].tau, kind[JD_KIND_ANN].cells),
         kind[JD_KIND_ANN].cells},
        {"spillover_pre", mean_of(kind[JD_KIND_PRE].tau, kind[JD_KIND_PRE].cells),
         kind[JD_KIND_PRE].cells},
        {"spillover_never", mean_of(kind[JD_KIND_NEVER].tau, kind[JD_KIND_NEVER].cells),
         kind[JD_KIND_NEVER].cells},
        {"nie", mean_of(post->mediated, post->cells), post->cells},
        {"nde", mean_of(post->tau - post->mediated, post->cells), post->cells},
        {"net_creation", ratio_of(any.tau, post->tau), any.cells},
        {"per_effective_dose", ratio_of(post->tau, post->dose), post->cells},
        {"ratio_att", ratio_of(post->y1, post->y0) - 1, post->cells},
        {"ratio_ade", ratio_of(post->direct, post->y1 - post->direct), post->cells},
    };
    int rc = JD_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !rc; i++)
        rc = add(pool, rows[i].name, flow, all, rows[i].value, rows[i].cells, ctx);
    return rc;
}

static int add_effects(pool_t *pool, int flow, cell_pick_t which, jd_ctx_t *ctx)
{
    sums_t s = sum_cells(pool, flow, which);
    if (s.cells == 0) return JD_OK;
    int rc = add(pool, "att", flow, which, mean_of(s.tau, s.cells), s.cells, ctx);
    if (!rc && pool->sim->params->direct_folds > 0 && which.period < 0)
        rc = add(pool, "ade", flow, which, mean_of(s.direct, s.cells), s.cells, ctx);
    return rc;
}

/* Y of every cell (period, county) in both worlds, of an outcome that is no flow. */
typedef struct both {
    const jd_table_t *with, *without;
    int column; /* of both: they share the head and the states */
} both_t;

/* One pass, by kind of cell. */
static void sum_both(const pool_t *pool, const both_t *y, sums_t sum[JD_KIND_OTHER])
{
    memset(sum, 0, JD_KIND_OTHER * sizeof *sum);
    for (int64_t i = 0; i < y->with->rows; i++) {
        sums_t *s = &sum[pool->kind[i]];
        const double y1 = jd_table_number(y->with, y->column, i),
                     y0 = jd_table_number(y->without, y->column, i);
        s->cells++;
        s->y0 += y0;
        s->tau += y1 - y0;
    }
}

/* Few rows: a sweep keeps them of every run. */
static int add_both(pool_t *pool, int outcome, const both_t *y, jd_ctx_t *ctx)
{
    const cell_pick_t all = {-1, -1, -1, ALL_EVENTS};
    sums_t sum[JD_KIND_OTHER];
    sum_both(pool, y, sum);
    const sums_t *post = &sum[JD_KIND_POST], *never = &sum[JD_KIND_NEVER];
    int rc =
        add(pool, "mean_without", outcome, all, mean_of(post->y0, post->cells), post->cells, ctx);
    if (!rc) rc = add(pool, "att", outcome, all, mean_of(post->tau, post->cells), post->cells, ctx);
    if (!rc)
        rc = add(pool, "spillover_never", outcome, all, mean_of(never->tau, never->cells),
                 never->cells, ctx);
    return rc;
}

/* Outcomes that are no flows, where their panels are recorded. */
static int add_states(pool_t *pool, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int k = JD_FLOW_KINDS; jd_outcomes[k].name && !rc; k++) {
        const jd_outcome_t *o = &jd_outcomes[k];
        both_t y = {jd_simulation_table(pool->sim, o->panels[0]),
                    jd_simulation_table(pool->sim, o->panels[1]), 0};
        if (!y.with || !y.without) continue;
        y.column = jd_table_find(y.with, o->name);
        rc = add_both(pool, k, &y, ctx);
    }
    return rc;
}

static int finish(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    const int periods = (int)sim->params->periods;
    const jd_table_t *county = jd_simulation_table(sim, "panel/county");
    pool_t pool = {.sim = sim,
                   .dose = JD_CELLS(county, jd_table_find(county, "dose_effective"), double),
                   .kind = JD_CELLS(county, jd_table_find(county, "cell"), int8_t),
                   .table = t};
    int rc = JD_OK;
    for (int flow = 0; flow < JD_FLOW_KINDS && !rc; flow++) {
        rc = add_overall(&pool, flow, ctx);
        for (int e = 0; e < periods && !rc; e++)
            rc = add_effects(&pool, flow, (cell_pick_t){JD_KIND_POST, -1, -1, e}, ctx);
        for (int g = 1; g <= periods && !rc; g++) {
            sums_t s = sum_cells(&pool, flow, (cell_pick_t){JD_KIND_POST, g, -1, ALL_EVENTS});
            if (s.cells == 0) continue;
            rc = add_effects(&pool, flow, (cell_pick_t){JD_KIND_POST, g, -1, ALL_EVENTS}, ctx);
            for (int p = g; p <= periods && !rc; p++)
                rc = add_effects(&pool, flow, (cell_pick_t){JD_KIND_POST, g, p, ALL_EVENTS}, ctx);
        }
    }
    return rc ? rc : add_states(&pool, ctx);
}

const jd_record_table_t jd_record_estimands = {
    .name = "truth/estimands",
    .label = "True effects by name: means over cells of county and quarter",
    .columns = jd_estimand_columns,
    .n_columns = E_COLUMNS,
    .rows = rows,
    .finish = finish,
};
