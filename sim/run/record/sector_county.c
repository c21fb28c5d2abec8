/* SPDX-License-Identifier: GPL-3.0-or-later */
/** panel/sector_county and truth/sector_county: flows by sector in each county. */
#include "run/record/recorded.h"
#include "run/record/truth.h"

enum {
    COUNTY = P_SHARED,
    SECTOR,
    CELL,
    INFLOW,
    OUTFLOW,
    STOCK,
    TAIL,
    INFLOW_OBSERVED = TAIL,
    COLUMNS,
    TAU_INFLOW = TAIL,
    TAU_OUTFLOW,
    TAU_STOCK,
    TRUTH_COLUMNS
};

/* Columns of each flow and of the effect on it. */
static const int of_flow[] = {
    [JD_FLOW_IN] = INFLOW, [JD_FLOW_OUT] = OUTFLOW, [JD_FLOW_STOCK] = STOCK};
static const int of_effect[] = {
    [JD_FLOW_IN] = TAU_INFLOW, [JD_FLOW_OUT] = TAU_OUTFLOW, [JD_FLOW_STOCK] = TAU_STOCK};

#define SHARED_COLUMNS                                                                            \
    JD_PANEL_HEAD("county x sector: county * sectors + sector",                                   \
                  "first treated period of targeted firms, 0 = never"),                           \
        [COUNTY] = {"county", JD_INT32, "1", "county: row of /jurisdictions", NULL, JD_UNIT},     \
        [SECTOR] = {"sector", JD_INT8, "1", "sector", JD_SECTOR_FLAGS, JD_UNIT},                  \
        [CELL] = {"cell", JD_INT8, "1", "kind of cell", JD_CELL_FLAGS, JD_CELL},                  \
        [INFLOW] = JD_COLUMN("inflow", JD_INT32, "firms", "firms moved in from other counties"),  \
        [OUTFLOW] = JD_COLUMN("outflow", JD_INT32, "firms", "firms moved out to other counties"), \
        [STOCK] = JD_COLUMN("stock", JD_INT32, "firms", "firms at the quarter's end")

static const jd_column_t columns[COLUMNS] = {
    SHARED_COLUMNS,
    [INFLOW_OBSERVED] =
        JD_COLUMN("inflow_observed", JD_INT32, "firms", "inflow as the empirical file shows it"),
};

static const jd_column_t truth_columns[TRUTH_COLUMNS] = {
    SHARED_COLUMNS,
    [TAU_INFLOW] = JD_COLUMN("tau_inflow", JD_INT32, "firms", "effect on inflow"),
    [TAU_OUTFLOW] = JD_COLUMN("tau_outflow", JD_INT32, "firms", "effect on outflow"),
    [TAU_STOCK] = JD_COLUMN("tau_stock", JD_INT32, "firms", "effect on stock"),
};

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    int32_t sectors = sim->dims.sectors, first = jd_first_row(&sim->tree, JD_COUNTY);
    (void)ctx;
    jd_record_units(t, 0);
    for (int32_t c = 0; c < sim->dims.counties; c++) {
        for (int32_t k = 0; k < sectors; k++) {
            JD_CELLS(t, P_COHORT, int32_t)[c * sectors + k] = k == 0 ? sim->cohort[c] : 0;
            JD_CELLS(t, COUNTY, int32_t)[c * sectors + k] = first + c;
            JD_CELLS(t, SECTOR, int8_t)[c * sectors + k] = (int8_t)k;
        }
    }
    return JD_OK;
}

static int fill(struct jd_simulation *sim, int w, int64_t period, jd_table_t *t, jd_ctx_t *ctx)
{
    const int32_t n = sim->dims.counties, sectors = sim->dims.sectors;
    (void)ctx;
    for (int32_t c = 0; c < n; c++) {
        for (int32_t k = 0; k < sectors; k++) {
            int64_t at = ((period - 1) * n + c) * sectors + k;
            jd_cell_kind_t kind = jd_cell_kind(sim, c, period);
            if (k > 0 && sim->cohort[c] > 0) kind = JD_KIND_OTHER;
            JD_CELLS(t, CELL, int8_t)[at] = (int8_t)kind;
            for (int flow = 0; flow < JD_FLOW_KINDS; flow++)
                JD_CELLS(t, of_flow[flow], int32_t)
            [at] = jd_history(sim, w, flow, period)[(int64_t)k * n + c];
        }
    }
    return JD_OK;
}

static int finish(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    const int32_t n = sim->dims.counties, sectors = sim->dims.sectors;
    (void)ctx;
    for (int64_t period = 1; period <= sim->params->periods; period++) {
        const int32_t *observed = sim->record.observed + (period - 1) * sectors * n;
        int32_t *to = JD_CELLS(t, INFLOW_OBSERVED, int32_t) + (period - 1) * sectors * n;
        for (int32_t c = 0; c < n; c++)
            for (int32_t k = 0; k < sectors; k++)
                to[c * sectors + k] = observed[(int64_t)k * n + c];
    }
    return JD_OK;
}

static int finish_truth(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    const int32_t n = sim->dims.counties, sectors = sim->dims.sectors;
    (void)ctx;
    for (int64_t period = 1; period <= sim->params->periods; period++) {
        for (int flow = 0; flow < JD_FLOW_KINDS; flow++) {
            int32_t *to = JD_CELLS(t, of_effect[flow], int32_t) + (period - 1) * sectors * n;
            for (int32_t c = 0; c < n; c++)
                for (int32_t k = 0; k < sectors; k++)
                    to[c * sectors + k] = jd_effect(sim, flow, period, (int64_t)k * n + c);
        }
    }
    return JD_OK;
}

const jd_record_table_t jd_record_sector_county[2] = {
    {
        .name = "panel/sector_county",
        .label = "Sectors in counties by quarter",
        .columns = columns,
        .n_columns = COLUMNS,
        .grows = JD_GROWS_PANELS,
        .rows = jd_rows_by_sector,
        .start = start,
        .fill = fill,
        .finish = finish,
    },
    {
        .name = "truth/sector_county",
        .label = "Sectors in counties by quarter without the policy, and the true effects",
        .columns = truth_columns,
        .n_columns = TRUTH_COLUMNS,
        .without = true,
        .grows = JD_GROWS_PANELS,
        .rows = jd_rows_by_sector,
        .start = start,
        .fill = fill,
        .finish = finish_truth,
    },
};
