/* SPDX-License-Identifier: GPL-3.0-or-later */
/** panel/county and truth/county: flows of firms and means over each county's streets; beside the
 * first what is observed, beside the second the true effects. */
#include <math.h>
#include <string.h>

#include "run/record/recorded.h"
#include "run/record/truth.h"

enum {
    CELL = P_SHARED,
    INFLOW,
    OUTFLOW,
    STOCK,
    INFLOW_OTHER,
    OUTFLOW_OTHER,
    STOCK_OTHER,
    STATES,
    DOSE = STATES,
    DOSE_EFFECTIVE,
    PRESSURE,
    SHARE_STRONG,
    CORNER_STRONG,
    CORNER_WEAK,
    WILLINGNESS,
    TOOLKIT,
    INDUCEMENT,
    SERVICES,
    FRICTION,
    LOG_FRICTION,
    STRINGENCY,
    SHARE_DIRTY,
    FRICTION_PART,
    FRICTION_PARTS_END = FRICTION_PART + JD_FRICTION_PARTS - 1,
    TAIL,
    INFLOW_OBSERVED = TAIL,
    COLUMNS,
    TAU_INFLOW = TAIL,
    TAU_OUTFLOW,
    TAU_STOCK,
    DIRECT_INFLOW,
    DIRECT_INFLOW_NONE,
    TRUTH_COLUMNS
};

/* Columns of each flow: of targeted firms, of the others, the effect. */
static const int of_targeted[] = {
    [JD_FLOW_IN] = INFLOW, [JD_FLOW_OUT] = OUTFLOW, [JD_FLOW_STOCK] = STOCK};
static const int of_others[] = {
    [JD_FLOW_IN] = INFLOW_OTHER, [JD_FLOW_OUT] = OUTFLOW_OTHER, [JD_FLOW_STOCK] = STOCK_OTHER};
static const int of_effect[] = {
    [JD_FLOW_IN] = TAU_INFLOW, [JD_FLOW_OUT] = TAU_OUTFLOW, [JD_FLOW_STOCK] = TAU_STOCK};

#define SHARED_COLUMNS                                                                             \
    JD_PANEL_HEAD("county: row of /jurisdictions", JD_COHORT_LABEL),                               \
        [CELL] = {"cell", JD_INT8, "1", "kind of cell", JD_CELL_FLAGS, JD_CELL},                   \
        [INFLOW] =                                                                                 \
            JD_COLUMN("inflow", JD_INT32, "firms", "targeted firms moved in from other counties"), \
        [OUTFLOW] =                                                                                \
            JD_COLUMN("outflow", JD_INT32, "firms", "targeted firms moved out to other counties"), \
        [STOCK] = JD_COLUMN("stock", JD_INT32, "firms", "targeted firms at the quarter's end"),    \
        [INFLOW_OTHER] =                                                                           \
            JD_COLUMN("inflow_other", JD_INT32, "firms", "untargeted firms moved in"),             \
        [OUTFLOW_OTHER] =                                                                          \
            JD_COLUMN("outflow_other", JD_INT32, "firms", "untargeted firms moved out"),           \
        [STOCK_OTHER] =                                                                            \
            JD_COLUMN("stock_other", JD_INT32, "firms", "untargeted firms at the quarter's end"),  \
        [DOSE] = JD_COLUMN("dose", JD_DOUBLE, "1", "dose of the policy D"),                        \
        [DOSE_EFFECTIVE] = JD_COLUMN("dose_effective", JD_DOUBLE, "1",                             \
                                     "effective dose D (1 - F), mean of streets"),                 \
        [PRESSURE] = JD_COLUMN("pressure", JD_DOUBLE, "1", "pressure P, mean of streets"),         \
        [SHARE_STRONG] = JD_COLUMN("share_strong", JD_DOUBLE, "1",                                 \
                                   "share of effort in strong tasks, mean of streets"),            \
        [CORNER_STRONG] = JD_COLUMN("corner_strong", JD_DOUBLE, "1",                               \
                                    "officials with all effort in strong tasks"),                  \
        [CORNER_WEAK] =                                                                            \
            JD_COLUMN("corner_weak", JD_DOUBLE, "1", "officials with all effort in weak tasks"),   \
        [WILLINGNESS] =                                                                            \
            JD_COLUMN("willingness", JD_DOUBLE, "1", "willingness psi, mean of officials"),        \
        [TOOLKIT] = JD_COLUMN("toolkit", JD_DOUBLE, "1", "toolkit tk"),                            \
        [INDUCEMENT] = JD_COLUMN("inducement", JD_DOUBLE, "1", "inducement I, mean of streets"),   \
        [SERVICES] =                                                                               \
            JD_COLUMN("services", JD_DOUBLE, "1", "stock of services G, mean of streets"),         \
        [FRICTION] =                                                                               \
            JD_COLUMN("friction", JD_DOUBLE, "1", "governance friction F, mean of streets"),       \
        [LOG_FRICTION] =                                                                           \
            JD_COLUMN("log_friction", JD_DOUBLE, "1", "f = -ln(1 - F), mean of streets"),          \
        [STRINGENCY] = JD_COLUMN("stringency", JD_DOUBLE, "1",                                     \
                                 "environmental stringency R, mean of streets"),                   \
        [SHARE_DIRTY] = JD_COLUMN("share_dirty", JD_DOUBLE, "1",                                   \
                                  "share of the last emission class among all firms"),             \
        JD_PART_COLUMNS(FRICTION_PART, JD_DOUBLE)

static const jd_column_t columns[COLUMNS] = {
    SHARED_COLUMNS,
    [INFLOW_OBSERVED] = JD_COLUMN("inflow_observed", JD_INT32, "firms",
                                  "inflow of targeted firms as the empirical file shows it"),
};

static const jd_column_t truth_columns[TRUTH_COLUMNS] = {
    SHARED_COLUMNS,
    [TAU_INFLOW] = JD_COLUMN("tau_inflow", JD_INT32, "firms",
                             "effect on inflow: with the policy less without"),
    [TAU_OUTFLOW] = JD_COLUMN("tau_outflow", JD_INT32, "firms", "effect on outflow"),
    [TAU_STOCK] = JD_COLUMN("tau_stock", JD_INT32, "firms", "effect on stock"),
    [DIRECT_INFLOW] =
        JD_COLUMN("direct_inflow", JD_DOUBLE, "firms",
                  "effect of the county's own treatment on inflow, others' given (needs "
                  "run.direct_folds); 0 where untreated"),
    [DIRECT_INFLOW_NONE] =
        JD_COLUMN("direct_inflow_none", JD_DOUBLE, "firms",
                  "effect of the county's own treatment alone (needs run.direct_none)"),
};

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    (void)ctx;
    jd_record_units(t, jd_first_row(&sim->tree, JD_COUNTY));
    memcpy(t->data[P_COHORT], sim->cohort, (size_t)sim->dims.counties * sizeof(int32_t));
    return JD_OK;
}

static void fill_flows(const struct jd_simulation *sim, int w, int64_t period, jd_table_t *t)
{
    const int32_t n = sim->dims.counties;
    for (int flow = 0; flow < JD_FLOW_KINDS; flow++) {
        const int32_t *value = jd_history(sim, w, flow, period);
        int32_t *targeted = JD_CELLS(t, of_targeted[flow], int32_t) + (period - 1) * n;
        int32_t *other = JD_CELLS(t, of_others[flow], int32_t) + (period - 1) * n;
        for (int32_t c = 0; c < n; c++) {
            targeted[c] = value[c];
            other[c] = 0;
            for (int k = 1; k < sim->dims.sectors; k++)
                other[c] += value[(int64_t)k * n + c];
        }
    }
    for (int32_t c = 0; c < n; c++)
        JD_CELLS(t, CELL, int8_t)[(period - 1) * n + c] = (int8_t)jd_cell_kind(sim, c, period);
}

/* Means over each county's streets. */
static void fill_states(const struct jd_simulation *sim, const jd_world_t *world, int64_t period,
                        jd_table_t *t)
{
    const int32_t n = sim->dims.counties;
    const double *street[TAIL] = {[DOSE_EFFECTIVE] = world->dose_effective,
                                  [PRESSURE] = world->pressure,
                                  [CORNER_STRONG] = world->output.corner_s,
                                  [CORNER_WEAK] = world->output.corner_w,
                                  [WILLINGNESS] = world->output.psi,
                                  [INDUCEMENT] = world->inducement,
                                  [SERVICES] = world->services,
                                  [FRICTION] = world->friction,
                                  [LOG_FRICTION] = world->log_friction,
                                  [STRINGENCY] = world->stringency};
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        street[FRICTION_PART + k] = world->part[k];
    for (int32_t c = 0; c < n; c++) {
        double sum[TAIL] = {0}, strong = 0;
        int64_t dirty = 0, firms = 0;
        int32_t from = sim->tree.child[JD_COUNTY][c], end = sim->tree.child[JD_COUNTY][c + 1];
        jd_record_sums(street, TAIL, from, end, sum);
        for (int32_t s = from; s < end; s++) {
            strong += jd_share_of(world->output.e_s[s], world->output.e_w[s]);
            dirty += world->dirty[s];
        }
        for (int k = 0; k < sim->dims.sectors; k++)
            for (int32_t s = from; s < end; s++)
                firms += world->stock[(int64_t)k * sim->dims.streets + s];
        sum[SHARE_STRONG] = strong;
        sum[DOSE] = world->dose[c] * (end - from);
        sum[TOOLKIT] = world->toolkit[c] * (end - from);
        sum[SHARE_DIRTY] = (firms > 0 ? (double)dirty / (double)firms : (double)NAN) * (end - from);
        for (int k = STATES; k < TAIL; k++)
            JD_CELLS(t, k, double)[(period - 1) * n + c] = sum[k] / (end - from);
    }
}

static int fill(struct jd_simulation *sim, int w, int64_t period, jd_table_t *t, jd_ctx_t *ctx)
{
    (void)ctx;
    fill_flows(sim, w, period, t);
    fill_states(sim, &sim->world[w], period, t);
    return JD_OK;
}

static int finish(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    const int32_t n = sim->dims.counties;
    (void)ctx;
    for (int64_t period = 1; period <= sim->params->periods; period++)
        memcpy(JD_CELLS(t, INFLOW_OBSERVED, int32_t) + (period - 1) * n,
               sim->record.observed + (period - 1) * sim->dims.sectors * n,
               (size_t)n * sizeof(int32_t)); /* of sector 0 */
    return JD_OK;
}

static int finish_truth(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    const int32_t n = sim->dims.counties;
    (void)ctx;
    for (int64_t i = 0; i < sim->params->periods * n; i++) {
        const int64_t period = i / n + 1;
        const int32_t c = (int32_t)(i % n);
        for (int flow = 0; flow < JD_FLOW_KINDS; flow++)
            JD_CELLS(t, of_effect[flow], int32_t)[i] = jd_effect(sim, flow, period, c);
        JD_CELLS(t, DIRECT_INFLOW, double)
        [i] = jd_direct_effect(sim, JD_FLOW_IN, period, c, false);
        JD_CELLS(t, DIRECT_INFLOW_NONE, double)
        [i] = jd_direct_effect(sim, JD_FLOW_IN, period, c, true);
    }
    return JD_OK;
}

const jd_record_table_t jd_record_county[2] = {
    {
        .name = "panel/county",
        .label = "Counties by quarter",
        .columns = columns,
        .n_columns = COLUMNS,
        .grows = JD_GROWS_PANELS,
        .rows = jd_rows_by_county,
        .start = start,
        .fill = fill,
        .finish = finish,
    },
    {
        .name = "truth/county",
        .label = "Counties by quarter in the world without the policy, and the true effects",
        .columns = truth_columns,
        .n_columns = TRUTH_COLUMNS,
        .without = true,
        .grows = JD_GROWS_PANELS,
        .rows = jd_rows_by_county,
        .start = start,
        .fill = fill,
        .finish = finish_truth,
    },
};
