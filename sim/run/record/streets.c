/* SPDX-License-Identifier: GPL-3.0-or-later */
/** panel/street and truth/street: one period at a time, handed to the sink. */
#include "run/record/recorded.h"

enum {
    COUNTY = P_SHARED,
    STOCK,
    STOCK_OTHER,
    DOSE_EFFECTIVE,
    PRESSURE,
    EFFORT_STRONG,
    EFFORT_WEAK,
    WILLINGNESS,
    INDUCEMENT,
    SERVICES,
    FRICTION,
    FRICTION_PART,
    STRINGENCY = FRICTION_PART + JD_FRICTION_PARTS,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("street: row of /jurisdictions", JD_COHORT_LABEL),
    [COUNTY] = {"county", JD_INT32, "1", "county: row of /jurisdictions", NULL, JD_UNIT},
    [STOCK] = JD_COLUMN("stock", JD_INT32, "firms", "targeted firms at the quarter's end"),
    [STOCK_OTHER] =
        JD_COLUMN("stock_other", JD_INT32, "firms", "untargeted firms at the quarter's end"),
    [DOSE_EFFECTIVE] = JD_COLUMN("dose_effective", JD_FLOAT, "1", "effective dose D (1 - F)"),
    [PRESSURE] = JD_COLUMN("pressure", JD_FLOAT, "1", "pressure P"),
    [EFFORT_STRONG] =
        JD_COLUMN("effort_strong", JD_FLOAT, "1", "effort in strong tasks, mean of officials"),
    [EFFORT_WEAK] =
        JD_COLUMN("effort_weak", JD_FLOAT, "1", "effort in weak tasks, mean of officials"),
    [WILLINGNESS] = JD_COLUMN("willingness", JD_FLOAT, "1", "willingness psi, mean of officials"),
    [INDUCEMENT] = JD_COLUMN("inducement", JD_FLOAT, "1", "inducement I"),
    [SERVICES] = JD_COLUMN("services", JD_FLOAT, "1", "stock of services G"),
    [FRICTION] = JD_COLUMN("friction", JD_FLOAT, "1", "governance friction F"),
    JD_PART_COLUMNS(FRICTION_PART, JD_FLOAT),
    [STRINGENCY] = JD_COLUMN("stringency", JD_FLOAT, "1", "environmental stringency R"),
};

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    return (jd_extent_t){1, sizes->street_panels ? dims->streets : 0};
}

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    int32_t county = jd_first_row(&sim->tree, JD_COUNTY);
    (void)ctx;
    jd_record_units(t, jd_first_row(&sim->tree, JD_STREET));
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        JD_CELLS(t, COUNTY, int32_t)[s] = county + sim->tree.parent[JD_STREET][s];
        JD_CELLS(t, P_COHORT, int32_t)[s] = sim->cohort[sim->tree.parent[JD_STREET][s]];
    }
    return JD_OK;
}

static void narrow(float *to, const double *from, int32_t n)
{
    for (int32_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static int fill(struct jd_simulation *sim, int w, int64_t period, jd_table_t *t, jd_ctx_t *ctx)
{
    const jd_world_t *world = &sim->world[w];
    const int32_t n = sim->dims.streets;
    const double *const as_is[COLUMNS] = {
        [DOSE_EFFECTIVE] = world->dose_effective,
        [PRESSURE] = world->pressure,
        [EFFORT_STRONG] = world->output.e_s,
        [EFFORT_WEAK] = world->output.e_w,
        [WILLINGNESS] = world->output.psi,
        [INDUCEMENT] = world->inducement,
        [SERVICES] = world->services,
        [FRICTION] = world->friction,
        [STRINGENCY] = world->stringency,
    };
    (void)ctx;
    JD_CELLS(t, P_TIME, int32_t)[0] = (int32_t)period;
    JD_CELLS(t, P_DATE, int32_t)[0] = jd_record_date(sim, period);
    for (int k = 0; k < COLUMNS; k++) {
        if (as_is[k]) narrow(JD_CELLS(t, k, float), as_is[k], n);
    }
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        narrow(JD_CELLS(t, FRICTION_PART + k, float), world->part[k], n);
    for (int32_t s = 0; s < n; s++) {
        int32_t other = 0;
        for (int k = 1; k < sim->dims.sectors; k++)
            other += world->stock[(int64_t)k * n + s];
        JD_CELLS(t, STOCK, int32_t)[s] = world->stock[s];
        JD_CELLS(t, STOCK_OTHER, int32_t)[s] = other;
    }
    return JD_OK;
}

const jd_record_table_t jd_record_streets[2] = {
    {
        .name = "panel/street",
        .label = "Streets by quarter",
        .columns = columns,
        .n_columns = COLUMNS,
        .streamed = true,
        .grows = JD_GROWS_STREETS,
        .rows = rows,
        .start = start,
        .fill = fill,
    },
    {
        .name = "truth/street",
        .label = "Streets by quarter, in the world without the policy",
        .columns = columns,
        .n_columns = COLUMNS,
        .without = true,
        .streamed = true,
        .grows = JD_GROWS_STREETS,
        .rows = rows,
        .start = start,
        .fill = fill,
    },
};
