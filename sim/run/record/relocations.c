/* SPDX-License-Identifier: GPL-3.0-or-later */
/** relocations: moves of firms as they happen, handed to the sink at every period's end. */
#include "run/record/observe.h"
#include "run/record/recorded.h"

enum {
    FIRM,
    SECTOR,
    EMISSION,
    SIZE,
    PERIOD,
    DATE,
    ORIGIN,
    DESTINATION,
    DISTANCE,
    TREATED,
    OBSERVED,
    OBSERVED_PERIOD,
    OBSERVED_SECTOR,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    [FIRM] = JD_COLUMN("firm", JD_INT32, "1", "firm, from 0"),
    [SECTOR] = {"sector", JD_INT8, "1", "sector", JD_SECTOR_FLAGS, JD_CELL},
    [EMISSION] = JD_COLUMN("emission", JD_INT8, "1", "emission class, from 0"),
    [SIZE] = JD_COLUMN("size", JD_INT8, "1", "size class, from 0"),
    [PERIOD] = JD_COLUMN("period", JD_INT16, "quarter", "period of the move, from 1"),
    [DATE] = JD_COLUMN("date", JD_INT32, JD_DAYS, "first day of the quarter"),
    [ORIGIN] = JD_COLUMN("origin", JD_INT32, "1", "street left: row of /jurisdictions"),
    [DESTINATION] =
        JD_COLUMN("destination", JD_INT32, "1", "street moved to: row of /jurisdictions"),
    [DISTANCE] = JD_COLUMN("distance", JD_FLOAT, "km", "distance moved"),
    [TREATED] = {"treated_destination", JD_INT8, "1", "destination county has adopted the policy",
                 "0 no, 1 yes", JD_CELL},
    [OBSERVED] = {"observed", JD_INT8, "1", "the empirical file shows this move", "0 no, 1 yes",
                  JD_CELL},
    [OBSERVED_PERIOD] =
        JD_COLUMN("observed_period", JD_INT16, "quarter", "period as recorded there, -1 = none"),
    [OBSERVED_SECTOR] =
        JD_COLUMN("observed_sector", JD_INT8, "1", "sector as recorded there, -1 = none"),
};

static jd_extent_t rows(const jd_dims_t *dims, const jd_sizes_t *sizes)
{
    return (jd_extent_t){0, sizes->relocations ? dims->firms / 100 + 1024 : 0};
}

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    (void)ctx;
    sim->record.relocations = t;
    return JD_OK;
}

static int keep_row(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t from,
                    int32_t to, int64_t observed, int observed_sector, double distance,
                    jd_ctx_t *ctx)
{
    jd_table_t *t = sim->record.relocations;
    const jd_dims_t *d = &sim->dims;
    int rc = jd_table_reserve(t, t->rows + 1, ctx);
    if (rc) return rc;
    int64_t row = t->rows++;
    int type = sim->type[firm];
    int32_t street = sim->record.first_street,
            cohort = sim->cohort[sim->tree.parent[JD_STREET][to]];
    JD_CELLS(t, FIRM, int32_t)[row] = (int32_t)firm;
    JD_CELLS(t, SECTOR, int8_t)[row] = (int8_t)jd_type_sector(d, type);
    JD_CELLS(t, EMISSION, int8_t)[row] = (int8_t)jd_type_emission(d, type);
    JD_CELLS(t, SIZE, int8_t)[row] = (int8_t)jd_type_size(d, type);
    JD_CELLS(t, PERIOD, int16_t)[row] = (int16_t)period;
    JD_CELLS(t, DATE, int32_t)[row] = sim->record.date;
    JD_CELLS(t, ORIGIN, int32_t)[row] = street + from;
    JD_CELLS(t, DESTINATION, int32_t)[row] = street + to;
    JD_CELLS(t, DISTANCE, float)[row] = (float)distance;
    JD_CELLS(t, TREATED, int8_t)[row] = cohort > 0 && period >= cohort;
    JD_CELLS(t, OBSERVED, int8_t)[row] = observed > 0;
    JD_CELLS(t, OBSERVED_PERIOD, int16_t)[row] = (int16_t)observed;
    JD_CELLS(t, OBSERVED_SECTOR, int8_t)[row] = (int8_t)(observed > 0 ? observed_sector : -1);
    return JD_OK;
}

int jd_record_move(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t from,
                   int32_t to, jd_ctx_t *ctx)
{
    const jd_tree_t *tree = &sim->tree;
    int32_t from_c = tree->parent[JD_STREET][from], to_c = tree->parent[JD_STREET][to];
    int32_t from_p = tree->parent[JD_COUNTY][from_c], to_p = tree->parent[JD_COUNTY][to_c];
    bool across = from_c != to_c;
    int keep = sim->record.output->relocations, sector = -1;
    int64_t observed = -1;
    double distance = 0;
    sim->facts.moves++;
    if (across) {
        distance = jd_tree_distance(tree, from, to);
        observed = jd_observe_move(sim, period, firm, to_c, &sector);
        sim->record.distance_sum += distance;
        sim->facts.relocations++;
        sim->facts.within_prefecture += from_p == to_p;
        sim->facts.within_province +=
            tree->parent[JD_PREFECTURE][from_p] == tree->parent[JD_PREFECTURE][to_p];
    }
    if (!sim->record.sink || keep == JD_KEEP_NONE || (keep == JD_KEEP_RECORDED && !across) ||
        (keep == JD_KEEP_OBSERVED && observed < 0))
        return JD_OK;
    if (!across) distance = jd_tree_distance(tree, from, to);
    return keep_row(sim, period, firm, from, to, observed, sector, distance, ctx);
}

const jd_record_table_t jd_record_relocations = {
    .name = "relocations",
    .label = "Moves of firms, in the order of period and firm",
    .columns = columns,
    .n_columns = COLUMNS,
    .streamed = true,
    .rows = rows,
    .start = start,
};
