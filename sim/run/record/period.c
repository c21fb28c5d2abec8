/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The end of a period: flows and states into the panels, rows out to the sink. */
#include <string.h>

#include "run/record/columns.h"
#include "run/setting.h"

/* Flows and stocks of every world, for the truth. Before the split all worlds are the one there is.
 */
static void keep_history(struct jd_simulation *sim, int64_t period)
{
    const jd_dims_t *d = &sim->dims;
    size_t bytes = (size_t)d->sectors * (size_t)d->counties * sizeof(int32_t);
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

static void fill_flows(const struct jd_simulation *sim, int w, int64_t period, jd_table_t *t)
{
    const int32_t n = sim->dims.counties;
    for (int flow = 0; flow < JD_FLOW_KINDS; flow++) {
        const int32_t *value = jd_history(sim, w, flow, period);
        int32_t *targeted = JD_CELLS(t, C_INFLOW + flow, int32_t) + (period - 1) * n;
        int32_t *other = JD_CELLS(t, C_INFLOW_OTHER + flow, int32_t) + (period - 1) * n;
        for (int32_t c = 0; c < n; c++) {
            targeted[c] = value[c];
            other[c] = 0;
            for (int k = 1; k < sim->dims.sectors; k++)
                other[c] += value[(int64_t)k * n + c];
        }
    }
    for (int32_t c = 0; c < n; c++)
        JD_CELLS(t, C_CELL, int8_t)[(period - 1) * n + c] = (int8_t)jd_cell_kind(sim, c, period);
}

static double share_of(double part, double rest)
{
    return part + rest > 0 ? part / (part + rest) : 0;
}

/* Means over each county's streets. */
static void fill_states(const struct jd_simulation *sim, const jd_world_t *world, int64_t period,
                        jd_table_t *t)
{
    const int32_t n = sim->dims.counties;
    for (int32_t c = 0; c < n; c++) {
        double sum[C_TAIL] = {0};
        int32_t from = sim->tree.child[JD_COUNTY][c], end = sim->tree.child[JD_COUNTY][c + 1];
        for (int32_t s = from; s < end; s++) {
            sum[C_DOSE_EFFECTIVE] += world->dose_effective[s];
            sum[C_PRESSURE] += world->pressure[s];
            sum[C_SHARE_STRONG] += share_of(world->output.e_s[s], world->output.e_w[s]);
            sum[C_CORNER_STRONG] += world->output.corner_s[s];
            sum[C_CORNER_WEAK] += world->output.corner_w[s];
            sum[C_WILLINGNESS] += world->output.psi[s];
            sum[C_INDUCEMENT] += world->inducement[s];
            sum[C_SERVICES] += world->services[s];
            sum[C_FRICTION] += world->friction[s];
            sum[C_LOG_FRICTION] += world->log_friction[s];
            sum[C_FRICTION_WILL] += world->friction_will[s];
            sum[C_FRICTION_CAPACITY] += world->log_friction[s] - world->friction_will[s];
        }
        sum[C_DOSE] = world->dose[c] * (end - from);
        sum[C_TOOLKIT] = world->toolkit[c] * (end - from);
        for (int k = C_STATES; k < C_TAIL; k++)
            JD_CELLS(t, k, double)[(period - 1) * n + c] = sum[k] / (end - from);
    }
}

static void fill_sectors(const struct jd_simulation *sim, int w, int64_t period, jd_table_t *t)
{
    const int32_t n = sim->dims.counties, sectors = sim->dims.sectors;
    for (int32_t c = 0; c < n; c++) {
        for (int32_t k = 0; k < sectors; k++) {
            int64_t at = ((period - 1) * n + c) * sectors + k;
            jd_cell_kind_t kind = jd_cell_kind(sim, c, period);
            if (k > 0 && sim->cohort[c] > 0) kind = JD_KIND_OTHER;
            JD_CELLS(t, S_CELL, int8_t)[at] = (int8_t)kind;
            for (int flow = 0; flow < JD_FLOW_KINDS; flow++)
                JD_CELLS(t, S_INFLOW + flow, int32_t)
            [at] = jd_history(sim, w, flow, period)[(int64_t)k * n + c];
        }
    }
}

static void fill_national(const struct jd_simulation *sim, const jd_world_t *world, int w,
                          int64_t period, jd_table_t *t)
{
    const jd_dims_t *d = &sim->dims;
    int64_t row = t->rows++, moves = 0, across = 0;
    double sum[N_COLUMNS] = {0}, targeted = 0, squares = 0;
    for (int64_t i = 0; i < (int64_t)d->sectors * d->counties; i++)
        moves += world->moves[i], across += world->inflow[i];
    for (int32_t s = 0; s < d->streets; s++) {
        sum[N_SHARE_STRONG] += share_of(world->output.e_s[s], world->output.e_w[s]);
        sum[N_PRESSURE] += world->pressure[s];
        sum[N_INDUCEMENT] += world->inducement[s];
        sum[N_SERVICES] += world->services[s];
        sum[N_FRICTION] += world->friction[s];
        sum[N_CORNER_STRONG] += world->output.corner_s[s];
        sum[N_CORNER_WEAK] += world->output.corner_w[s];
    }
    for (int k = N_SHARE_STRONG; k <= N_CORNER_WEAK; k++)
        JD_CELLS(t, k, double)[row] = sum[k] / d->streets;
    const int32_t *stock = jd_history(sim, w, JD_FLOW_STOCK, period);
    for (int32_t c = 0; c < d->counties; c++)
        targeted += stock[c];
    for (int32_t c = 0; c < d->counties && targeted > 0; c++) {
        double share = stock[c] / targeted;
        squares += share * share;
    }
    JD_CELLS(t, N_PERIOD, int32_t)[row] = (int32_t)period;
    JD_CELLS(t, N_DATE, int32_t)[row] = jd_quarter_days((int32_t)(sim->params->start + period - 1));
    JD_CELLS(t, N_MOVES, int32_t)[row] = (int32_t)moves;
    JD_CELLS(t, N_RELOCATIONS, int32_t)[row] = (int32_t)across;
    JD_CELLS(t, N_CONCENTRATION, double)[row] = squares;
}

static void fill_officials(const struct jd_simulation *sim, const jd_world_t *world, int64_t period,
                           jd_table_t *t)
{
    const int32_t n = sim->record.n_sample, slots = sim->dims.slots;
    for (int32_t i = 0; i < n; i++) {
        int32_t street = sim->record.sample_official[i] / slots,
                slot = sim->record.sample_official[i] % slots;
        int64_t from = (int64_t)slot * sim->dims.streets + street, at = (period - 1) * n + i;
        JD_CELLS(t, F_EFFORT_STRONG, float)[at] = (float)world->officials.effort_s[from];
        JD_CELLS(t, F_EFFORT_WEAK, float)[at] = (float)world->officials.effort_w[from];
        JD_CELLS(t, F_STRONG, float)[at] = (float)world->officials.strong[from];
        JD_CELLS(t, F_WEAK, float)[at] = (float)world->officials.weak[from];
        JD_CELLS(t, F_WILLINGNESS, float)[at] = (float)world->officials.psi[from];
    }
}

static void narrow(float *to, const double *from, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void fill_streets(const struct jd_simulation *sim, const jd_world_t *world, int64_t period,
                         jd_table_t *t)
{
    const int32_t n = sim->dims.streets;
    const double *const columns[G_COLUMNS] = {
        [G_DOSE_EFFECTIVE] = world->dose_effective,
        [G_PRESSURE] = world->pressure,
        [G_EFFORT_STRONG] = world->output.e_s,
        [G_EFFORT_WEAK] = world->output.e_w,
        [G_WILLINGNESS] = world->output.psi,
        [G_INDUCEMENT] = world->inducement,
        [G_SERVICES] = world->services,
        [G_FRICTION] = world->friction,
        [G_FRICTION_WILL] = world->friction_will,
        [G_STRINGENCY] = world->stringency,
    };
    JD_CELLS(t, P_TIME, int32_t)[0] = (int32_t)period;
    JD_CELLS(t, P_DATE, int32_t)[0] = jd_quarter_days((int32_t)(sim->params->start + period - 1));
    for (int k = 0; k < G_COLUMNS; k++) {
        if (columns[k]) narrow(JD_CELLS(t, k, float), columns[k], n);
    }
    for (int32_t s = 0; s < n; s++) {
        int32_t other = 0;
        for (int k = 1; k < sim->dims.sectors; k++)
            other += world->stock[(int64_t)k * n + s];
        JD_CELLS(t, G_STOCK, int32_t)[s] = world->stock[s];
        JD_CELLS(t, G_STOCK_OTHER, int32_t)[s] = other;
        JD_CELLS(t, G_FRICTION_CAPACITY, float)
        [s] = (float)(world->log_friction[s] - world->friction_will[s]);
    }
}

static int hand_out(const struct jd_simulation *sim, const jd_table_t *rows, jd_ctx_t *ctx)
{
    const jd_sink_t *sink = sim->record.sink;
    return sink && sink->append ? sink->append(sink->user, rows, ctx) : JD_OK;
}

int jd_record_period(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    jd_record_t *r = &sim->record;
    const int fact = jd_factual(sim);
    keep_history(sim, period);
    for (int w = 0; w < 2; w++) { /* the factual world's tables, then the counterfactual one's */
        int which = w == 0 ? fact : JD_WORLD_WITHOUT;
        const jd_world_t *world = &sim->world[which];
        jd_table_t *county = &r->table[w ? JD_TABLE_TRUTH_COUNTY : JD_TABLE_COUNTY];
        fill_flows(sim, which, period, county);
        fill_states(sim, world, period, county);
        fill_sectors(sim, which, period,
                     &r->table[w ? JD_TABLE_TRUTH_SECTOR_COUNTY : JD_TABLE_SECTOR_COUNTY]);
        fill_national(sim, world, which, period,
                      &r->table[w ? JD_TABLE_TRUTH_NATIONAL : JD_TABLE_NATIONAL]);
        jd_moment_t moment = {.config = sim->config,
                              .dims = &sim->dims,
                              .tree = &sim->tree,
                              .street = &sim->street,
                              .firms = sim->firms_params,
                              .period = period,
                              .seed = sim->seed,
                              .replicate = sim->replicate};
        for (int m = 0; jd_mechanisms[m]; m++) {
            if (r->mechanism_table[m] >= 0)
                jd_mechanisms[m]->record(&moment, world, &r->table[r->mechanism_table[m] + w],
                                         period - 1);
        }
        if (!r->output->streets) continue;
        fill_streets(sim, world, period, &r->street[w]);
        int rc = hand_out(sim, &r->street[w], ctx);
        if (rc) return rc;
    }
    if (r->n_sample > 0)
        fill_officials(sim, &sim->world[fact], period, &r->table[JD_TABLE_OFFICIALS]);
    int rc = r->output->relocations == JD_KEEP_NONE ? JD_OK : hand_out(sim, &r->relocations, ctx);
    r->relocations.rows = 0;
    return rc;
}
