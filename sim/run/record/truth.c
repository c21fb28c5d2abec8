/* SPDX-License-Identifier: GPL-3.0-or-later */
/** True effects and estimands (model-equations.md, section 5). Flows of targeted firms by county.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "run/record/columns.h"
#include "run/setting.h"

static int32_t treated_counties(const struct jd_simulation *sim)
{
    int32_t n = 0;
    for (int32_t c = 0; c < sim->dims.counties; c++)
        n += sim->cohort[c] > 0;
    return n;
}

static int32_t flow_at(const struct jd_simulation *sim, int world, int flow, int64_t period,
                       int32_t county)
{
    return jd_history(sim, world, flow, period)[county];
}

static double tau_at(const struct jd_simulation *sim, int flow, int64_t period, int32_t county)
{
    if (sim->n_worlds_max < 2) return 0;
    return flow_at(sim, JD_WORLD_WITH, flow, period, county) -
           flow_at(sim, JD_WORLD_WITHOUT, flow, period, county);
}

/* With n treated in K folds, a unit loses its own treatment and that of n/K - 1 of the n - 1
 * others: raw = direct + f (tau - direct), f = (n/K - 1) / (n - 1). */
double jd_direct_effect(const struct jd_simulation *sim, int flow, int64_t period, int32_t county,
                        bool from_none)
{
    int folds = (int)sim->params->direct_folds, fold = sim->fold[county];
    if (folds == 0 || (from_none && !sim->params->direct_none)) return (double)NAN;
    /* Before a county's own policy acts it has no effect; the worlds differ by the rest of its
     * fold. */
    if (fold < 0 || period < jd_policy_first_period(sim->policy_params, &sim->cohort[county], 1,
                                                    (int32_t)sim->params->periods))
        return 0;
    double n = sim->facts.treated_counties, f = n > 1 ? (n / folds - 1) / (n - 1) : 0;
    int world = JD_WORLD_FOLDS + fold + (from_none ? folds : 0);
    double with = flow_at(sim, from_none ? world : JD_WORLD_WITH, flow, period, county);
    double without = flow_at(sim, from_none ? JD_WORLD_WITHOUT : world, flow, period, county);
    return (with - without - f * tau_at(sim, flow, period, county)) / (1 - f);
}

/* Effects beside the counterfactual panels. */
static void fill_effects(struct jd_simulation *sim)
{
    jd_record_t *r = &sim->record;
    const int32_t n = sim->dims.counties;
    jd_table_t *t = &r->table[JD_TABLE_TRUTH_COUNTY], *fact = &r->table[JD_TABLE_COUNTY];
    for (int64_t period = 1; period <= sim->params->periods; period++) {
        const int32_t *observed = r->observed + (period - 1) * sim->dims.sectors * n;
        for (int32_t c = 0; c < n; c++) {
            int64_t at = (period - 1) * n + c;
            for (int flow = 0; flow < JD_FLOW_KINDS; flow++)
                JD_CELLS(t, T_TAU_INFLOW + flow, int32_t)
            [at] = (int32_t)tau_at(sim, flow, period, c);
            JD_CELLS(t, T_DIRECT_INFLOW, double)
            [at] = jd_direct_effect(sim, JD_FLOW_IN, period, c, false);
            JD_CELLS(t, T_DIRECT_INFLOW_NONE, double)
            [at] = jd_direct_effect(sim, JD_FLOW_IN, period, c, true);
            JD_CELLS(fact, C_INFLOW_OBSERVED, int32_t)[at] = observed[c];
        }
    }
}

static void fill_sector_effects(struct jd_simulation *sim)
{
    jd_record_t *r = &sim->record;
    const int32_t n = sim->dims.counties, sectors = sim->dims.sectors;
    jd_table_t *t = &r->table[JD_TABLE_TRUTH_SECTOR_COUNTY],
               *fact = &r->table[JD_TABLE_SECTOR_COUNTY];
    for (int64_t period = 1; period <= sim->params->periods; period++) {
        const int32_t *observed = r->observed + (period - 1) * sectors * n;
        for (int32_t c = 0; c < n; c++) {
            for (int32_t k = 0; k < sectors; k++) {
                int64_t at = ((period - 1) * n + c) * sectors + k;
                for (int flow = 0; flow < JD_FLOW_KINDS; flow++)
                    JD_CELLS(t, TS_TAU_INFLOW + flow, int32_t)
                [at] = JD_CELLS(fact, S_INFLOW + flow, int32_t)[at] -
                       JD_CELLS(t, S_INFLOW + flow, int32_t)[at];
                JD_CELLS(fact, S_INFLOW_OBSERVED, int32_t)[at] = observed[(int64_t)k * n + c];
            }
        }
    }
}

/* Sums over the cells of a kind, or of a cohort, period or event time. */
typedef struct sums {
    double tau, y1, y0, direct, direct_none, dose;
    int64_t cells;
} sums_t;

enum { ALL_EVENTS = -1000 };

typedef struct choice {
    int kind, cohort, period, event; /* -1 (event: ALL_EVENTS) = any */
} choice_t;

static sums_t sum_cells(const struct jd_simulation *sim, int flow, choice_t which)
{
    const jd_table_t *county = &sim->record.table[JD_TABLE_COUNTY];
    const int32_t n = sim->dims.counties;
    int fact = sim->n_worlds_max > 1 ? JD_WORLD_WITH : JD_WORLD_WITHOUT;
    sums_t sum = {0};
    for (int64_t t = 1; t <= sim->params->periods; t++) {
        if (which.period >= 0 && which.period != t) continue;
        for (int32_t c = 0; c < n; c++) {
            int32_t g = sim->cohort[c];
            if (which.kind >= 0 && (int)jd_cell_kind(sim, c, t) != which.kind) continue;
            if ((which.cohort >= 0 && g != which.cohort) ||
                (which.event != ALL_EVENTS && t - g != which.event))
                continue;
            sum.cells++;
            sum.tau += tau_at(sim, flow, t, c);
            sum.y1 += flow_at(sim, fact, flow, t, c);
            sum.y0 += flow_at(sim, JD_WORLD_WITHOUT, flow, t, c);
            sum.direct += jd_direct_effect(sim, flow, t, c, false);
            sum.direct_none += jd_direct_effect(sim, flow, t, c, true);
            sum.dose += JD_CELLS(county, C_DOSE_EFFECTIVE, double)[(t - 1) * n + c];
        }
    }
    return sum;
}

static const char *const outcomes[JD_FLOW_KINDS] = {"inflow", "outflow", "stock"};

static int add(struct jd_simulation *sim, const char *name, int flow, choice_t which, double value,
               int64_t cells, jd_ctx_t *ctx)
{
    jd_table_t *t = &sim->record.table[JD_TABLE_ESTIMANDS];
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
    jd_table_set_text(t, E_OUTCOME, row, outcomes[flow]);
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
static int add_overall(struct jd_simulation *sim, int flow, jd_ctx_t *ctx)
{
    const choice_t all = {-1, -1, -1, ALL_EVENTS};
    sums_t kind[4], any = sum_cells(sim, flow, all);
    for (int k = 0; k < 4; k++)
        kind[k] = sum_cells(sim, flow, (choice_t){k, -1, -1, ALL_EVENTS});
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
        {"net_creation", ratio_of(any.tau, post->tau), any.cells},
        {"per_effective_dose", ratio_of(post->tau, post->dose), post->cells},
        {"ratio_att", ratio_of(post->y1, post->y0) - 1, post->cells},
        {"ratio_ade", ratio_of(post->direct, post->y1 - post->direct), post->cells},
    };
    int rc = JD_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !rc; i++)
        rc = add(sim, rows[i].name, flow, all, rows[i].value, rows[i].cells, ctx);
    return rc;
}

static int add_effects(struct jd_simulation *sim, int flow, choice_t which, jd_ctx_t *ctx)
{
    sums_t s = sum_cells(sim, flow, which);
    if (s.cells == 0) return JD_OK;
    int rc = add(sim, "att", flow, which, mean_of(s.tau, s.cells), s.cells, ctx);
    if (!rc && sim->params->direct_folds > 0 && which.period < 0)
        rc = add(sim, "ade", flow, which, mean_of(s.direct, s.cells), s.cells, ctx);
    return rc;
}

int jd_record_estimands(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    const int periods = (int)sim->params->periods;
    int rc = jd_table_init(&sim->record.table[JD_TABLE_ESTIMANDS], "truth/estimands",
                           "True effects by name: means over cells of county and quarter",
                           jd_estimand_columns, E_COLUMNS, 256, ctx);
    for (int flow = 0; flow < JD_FLOW_KINDS && !rc; flow++) {
        rc = add_overall(sim, flow, ctx);
        for (int e = 0; e < periods && !rc; e++)
            rc = add_effects(sim, flow, (choice_t){JD_KIND_POST, -1, -1, e}, ctx);
        for (int g = 1; g <= periods && !rc; g++) {
            sums_t s = sum_cells(sim, flow, (choice_t){JD_KIND_POST, g, -1, ALL_EVENTS});
            if (s.cells == 0) continue;
            rc = add_effects(sim, flow, (choice_t){JD_KIND_POST, g, -1, ALL_EVENTS}, ctx);
            for (int t = g; t <= periods && !rc; t++)
                rc = add_effects(sim, flow, (choice_t){JD_KIND_POST, g, t, ALL_EVENTS}, ctx);
        }
    }
    return rc;
}

int jd_record_finish(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_run_facts_t *f = &sim->facts;
    f->firms = sim->dims.first_firms;
    f->streets = sim->dims.streets;
    f->counties = sim->dims.counties;
    f->officials = (int64_t)sim->dims.streets * sim->dims.slots;
    f->periods = sim->params->periods;
    f->treated_counties = treated_counties(sim);
    for (int32_t c = 0; c < sim->dims.counties; c++) {
        if (sim->cohort[c] > 0 &&
            (f->first_treated_period == 0 || sim->cohort[c] < f->first_treated_period))
            f->first_treated_period = sim->cohort[c];
    }
    f->split_period = sim->split;
    f->worlds = sim->n_worlds_max;
    f->distance =
        f->relocations > 0 ? sim->record.distance_sum / (double)f->relocations : (double)NAN;
    fill_effects(sim);
    fill_sector_effects(sim);
    return jd_record_estimands(sim, ctx);
}
