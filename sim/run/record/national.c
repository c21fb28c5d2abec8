/* SPDX-License-Identifier: GPL-3.0-or-later */
/** panel/national and truth/national: the whole world, a row a quarter. */
#include "run/record/recorded.h"
#include "run/record/truth.h"

enum {
    PERIOD,
    DATE,
    MOVES,
    RELOCATIONS,
    MEANS,
    SHARE_STRONG = MEANS,
    PRESSURE,
    INDUCEMENT,
    SERVICES,
    FRICTION,
    LOG_FRICTION,
    FRICTION_PART,
    CORNER_STRONG = FRICTION_PART + JD_FRICTION_PARTS,
    CORNER_WEAK,
    MEANS_END,
    CONCENTRATION = MEANS_END,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    [PERIOD] = JD_COLUMN("period", JD_INT32, "quarter", "period, from 1"),
    [DATE] = JD_COLUMN("date", JD_INT32, JD_DAYS, "first day of the quarter"),
    [MOVES] = JD_COLUMN("moves", JD_INT32, "firms", "all moves"),
    [RELOCATIONS] = JD_COLUMN("relocations", JD_INT32, "firms", "moves across a county border"),
    [SHARE_STRONG] = JD_COLUMN("share_strong", JD_DOUBLE, "1",
                               "share of effort in strong tasks, mean of streets"),
    [PRESSURE] = JD_COLUMN("pressure", JD_DOUBLE, "1", "pressure P, mean of streets"),
    [INDUCEMENT] = JD_COLUMN("inducement", JD_DOUBLE, "1", "inducement I, mean of streets"),
    [SERVICES] = JD_COLUMN("services", JD_DOUBLE, "1", "stock of services G, mean of streets"),
    [FRICTION] = JD_COLUMN("friction", JD_DOUBLE, "1", "governance friction F, mean of streets"),
    [LOG_FRICTION] = JD_COLUMN("log_friction", JD_DOUBLE, "1", "f = -ln(1 - F), mean of streets"),
    JD_PART_COLUMNS(FRICTION_PART, JD_DOUBLE),
    [CORNER_STRONG] =
        JD_COLUMN("corner_strong", JD_DOUBLE, "1", "officials with all effort in strong tasks"),
    [CORNER_WEAK] =
        JD_COLUMN("corner_weak", JD_DOUBLE, "1", "officials with all effort in weak tasks"),
    [CONCENTRATION] = JD_COLUMN("concentration", JD_DOUBLE, "1",
                                "Herfindahl index of targeted firms over counties"),
};

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    (void)dims;
    return (jd_extent_t){0, sizes->periods};
}

static void fill_means(const struct jd_simulation *sim, const jd_world_t *world, int64_t row,
                       jd_table_t *t)
{
    double sum[MEANS_END] = {0}, strong = 0;
    const double *street[MEANS_END] = {
        [PRESSURE] = world->pressure,          [INDUCEMENT] = world->inducement,
        [SERVICES] = world->services,          [FRICTION] = world->friction,
        [LOG_FRICTION] = world->log_friction,  [CORNER_STRONG] = world->output.corner_s,
        [CORNER_WEAK] = world->output.corner_w};
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        street[FRICTION_PART + k] = world->part[k];
    jd_record_sums(street, MEANS_END, 0, sim->dims.streets, sum);
    for (int32_t s = 0; s < sim->dims.streets; s++)
        strong += jd_share_of(world->output.e_s[s], world->output.e_w[s]);
    sum[SHARE_STRONG] = strong;
    for (int k = MEANS; k < MEANS_END; k++)
        JD_CELLS(t, k, double)[row] = sum[k] / sim->dims.streets;
}

static double concentration(const struct jd_simulation *sim, int w, int64_t period)
{
    const int32_t *stock = jd_history(sim, w, JD_FLOW_STOCK, period);
    double targeted = 0, squares = 0;
    for (int32_t c = 0; c < sim->dims.counties; c++)
        targeted += stock[c];
    for (int32_t c = 0; c < sim->dims.counties && targeted > 0; c++) {
        double share = stock[c] / targeted;
        squares += share * share;
    }
    return squares;
}

static int fill(struct jd_simulation *sim, int w, int64_t period, jd_table_t *t, jd_ctx_t *ctx)
{
    const jd_world_t *world = &sim->world[w];
    int64_t row = t->rows++, moves = 0, across = 0;
    (void)ctx;
    for (int64_t i = 0; i < (int64_t)sim->dims.sectors * sim->dims.counties; i++)
        moves += world->moves[i], across += world->inflow[i];
    JD_CELLS(t, PERIOD, int32_t)[row] = (int32_t)period;
    JD_CELLS(t, DATE, int32_t)[row] = jd_record_date(sim, period);
    JD_CELLS(t, MOVES, int32_t)[row] = (int32_t)moves;
    JD_CELLS(t, RELOCATIONS, int32_t)[row] = (int32_t)across;
    fill_means(sim, world, row, t);
    JD_CELLS(t, CONCENTRATION, double)[row] = concentration(sim, w, period);
    return JD_OK;
}

const jd_record_table_t jd_record_national[2] = {
    {
        .name = "panel/national",
        .label = "The whole world by quarter",
        .columns = columns,
        .n_columns = COLUMNS,
        .rows = rows,
        .fill = fill,
    },
    {
        .name = "truth/national",
        .label = "The whole world by quarter, without the policy",
        .columns = columns,
        .n_columns = COLUMNS,
        .without = true,
        .rows = rows,
        .fill = fill,
    },
};
