/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/record/truth.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "run/setting.h"

jd_cell_kind_t jd_cell_kind(const struct jd_simulation *sim, int32_t county, int64_t period)
{
    int32_t g = sim->cohort[county];
    if (g == 0) return JD_KIND_NEVER;
    if (period >= g) return JD_KIND_POST;
    return period >= g - sim->policy_params->anticipation ? JD_KIND_ANN : JD_KIND_PRE;
}

static int64_t n_cells(const struct jd_simulation *sim)
{
    return (int64_t)sim->dims.sectors * sim->dims.counties;
}

double jd_history_bytes(int64_t worlds, int64_t periods, int64_t cells)
{
    return (double)periods * (double)cells * (JD_FLOW_KINDS * (double)worlds + 1) * sizeof(int32_t);
}

int jd_history_init(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    int64_t n = sim->params->periods * n_cells(sim);
    int rc = jd_make(&r->history, n * JD_FLOW_KINDS * sim->n_worlds_max, sizeof *r->history,
                     "histories", ctx);
    if (!rc) rc = jd_make(&r->observed, n, sizeof *r->observed, "histories", ctx);
    return rc;
}

int32_t *jd_history(const struct jd_simulation *sim, int world, int flow, int64_t period)
{
    int64_t periods = sim->params->periods;
    return sim->record.history +
           (((int64_t)world * JD_FLOW_KINDS + flow) * periods + (period - 1)) * n_cells(sim);
}

/* Before the split all worlds are the one there is. */
void jd_history_keep(struct jd_simulation *sim, int64_t period)
{
    const jd_dims_t *d = &sim->dims;
    size_t bytes = (size_t)n_cells(sim) * sizeof(int32_t);
    for (int w = 0; w < sim->n_worlds_max; w++) {
        const jd_world_t *world = &sim->world[w < sim->n_worlds ? w : 0];
        memcpy(jd_history(sim, w, JD_FLOW_IN, period), world->inflow, bytes);
        memcpy(jd_history(sim, w, JD_FLOW_OUT, period), world->outflow, bytes);
        int32_t *stock = jd_history(sim, w, JD_FLOW_STOCK, period);
        memset(stock, 0, bytes);
        for (int k = 0; k < d->sectors; k++) {
            for (int32_t s = 0; s < d->streets; s++)
                stock[(int64_t)k * d->counties + sim->tree.parent[JD_STREET][s]] +=
                    world->stock[(int64_t)k * d->streets + s];
        }
    }
}

static int32_t flow_at(const struct jd_simulation *sim, int world, int flow, int64_t period,
                       int64_t cell)
{
    return jd_history(sim, world, flow, period)[cell];
}

int32_t jd_effect(const struct jd_simulation *sim, int flow, int64_t period, int64_t cell)
{
    if (sim->n_worlds_max < 2) return 0;
    return flow_at(sim, JD_WORLD_WITH, flow, period, cell) -
           flow_at(sim, JD_WORLD_WITHOUT, flow, period, cell);
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
    return (with - without - f * jd_effect(sim, flow, period, county)) / (1 - f);
}

double jd_mediated_effect(const struct jd_simulation *sim, int flow, int64_t period, int32_t county)
{
    const int w = jd_world_mediation(sim);
    if (w < 0) return (double)NAN;
    return flow_at(sim, JD_WORLD_WITH, flow, period, county) -
           flow_at(sim, w, flow, period, county);
}
