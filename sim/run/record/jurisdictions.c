/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jurisdictions: the tree's divisions with what is fixed about them. */
#include <math.h>
#include <string.h>

#include "run/record/recorded.h"

enum {
    CODE,
    LEVEL,
    PARENT,
    NAME,
    X,
    Y,
    LONGITUDE,
    LATITUDE,
    LAND,
    DEVELOPMENT,
    FISCAL,
    COHORT,
    FOLD,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    [CODE] = {"code", JD_TEXT, "", "division code", NULL, JD_CODE_WIDTH, JD_AXIS_CELL},
    [LEVEL] = {"level", JD_INT8, "1", "level",
               "0 centre, 1 province, 2 prefecture, 3 county, 4 street", JD_CELL},
    [PARENT] =
        JD_COLUMN("parent", JD_INT32, "1", "row of the division above, from 0; -1 for the centre"),
    [NAME] = {"name", JD_TEXT, "", "name", NULL, JD_NAME_WIDTH, JD_AXIS_CELL},
    [X] = JD_COLUMN("x", JD_DOUBLE, "km", "east on the map"),
    [Y] = JD_COLUMN("y", JD_DOUBLE, "km", "north on the map"),
    [LONGITUDE] =
        JD_COLUMN("longitude", JD_DOUBLE, "degrees_east", "longitude; missing in a synthetic tree"),
    [LATITUDE] =
        JD_COLUMN("latitude", JD_DOUBLE, "degrees_north", "latitude; missing in a synthetic tree"),
    [LAND] = JD_COLUMN("land", JD_DOUBLE, "km2", "land"),
    [DEVELOPMENT] = JD_COLUMN("development", JD_DOUBLE, "1", "development, z-score over streets"),
    [FISCAL] = JD_COLUMN("fiscal", JD_DOUBLE, "1", "fiscal capacity, z-score over streets"),
    [COHORT] = JD_COLUMN("cohort", JD_INT32, "quarter",
                         "first treated period of the county; 0 = never, -1 = not a county"),
    [FOLD] = JD_COLUMN("fold", JD_INT8, "1", "fold of a treated county, -1 = none"),
};

static jd_extent_t rows(const jd_dims_t *d, const jd_sizes_t *sizes)
{
    (void)sizes;
    return (jd_extent_t){0, 1 + (int64_t)d->provinces + d->prefectures + d->counties +
                                (int64_t)d->streets};
}

static void put(const struct jd_simulation *sim, jd_table_t *t, jd_level_t l, int32_t u,
                int64_t row)
{
    const jd_tree_t *tree = &sim->tree;
    bool degrees = l == JD_STREET && tree->longitude;
    memcpy(JD_CELLS(t, CODE, char) + row * JD_CODE_WIDTH, tree->code[l] + (size_t)u * JD_CODE_WIDTH,
           JD_CODE_WIDTH);
    memcpy(JD_CELLS(t, NAME, char) + row * JD_NAME_WIDTH, tree->name[l] + (size_t)u * JD_NAME_WIDTH,
           JD_NAME_WIDTH);
    JD_CELLS(t, LEVEL, int8_t)[row] = (int8_t)l;
    JD_CELLS(t, PARENT, int32_t)
    [row] = l == JD_CENTRE ? -1 : jd_first_row(tree, (jd_level_t)(l - 1)) + tree->parent[l][u];
    JD_CELLS(t, X, double)[row] = tree->x[l][u];
    JD_CELLS(t, Y, double)[row] = tree->y[l][u];
    JD_CELLS(t, LONGITUDE, double)[row] = degrees ? tree->longitude[u] : (double)NAN;
    JD_CELLS(t, LATITUDE, double)[row] = degrees ? tree->latitude[u] : (double)NAN;
    JD_CELLS(t, LAND, double)[row] = tree->land[l][u];
    JD_CELLS(t, DEVELOPMENT, double)[row] = tree->development[l][u];
    JD_CELLS(t, FISCAL, double)[row] = tree->fiscal[l][u];
    JD_CELLS(t, COHORT, int32_t)[row] = l == JD_COUNTY ? sim->cohort[u] : -1;
    JD_CELLS(t, FOLD, int8_t)[row] = l == JD_COUNTY ? sim->fold[u] : (int8_t)-1;
}

static int start(struct jd_simulation *sim, jd_table_t *t, jd_ctx_t *ctx)
{
    (void)ctx;
    for (int l = JD_CENTRE; l < JD_LEVELS; l++)
        for (int32_t u = 0; u < sim->tree.n[l]; u++)
            put(sim, t, (jd_level_t)l, u, t->rows++);
    return JD_OK;
}

const jd_record_table_t jd_record_jurisdictions = {
    .name = "jurisdictions",
    .label = "All divisions, level by level from the top",
    .columns = columns,
    .n_columns = COLUMNS,
    .rows = rows,
    .start = start,
};
