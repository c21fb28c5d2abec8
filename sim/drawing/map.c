/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figures.h"
#include "core/memory.h"
#include "core/vmath.h"
#include "drawing/tables.h"
#include "run/record/estimands.h"

enum { STREET = 4 }; /* level of /jurisdictions */

/* Where divisions are: the mean of their streets. */
typedef struct sites {
    int64_t n;
    double *x, *y; /* NaN where nothing is known */
    int32_t *parent;
    bool degrees;
} sites_t;

static void sites_free(sites_t *s)
{
    free(s->x);
    free(s->y);
    free(s->parent);
}

/* Adds a street's place to its own row and those above it. A division stands below its parent in
 * the table, so the walk ends whatever the file says. */
static void add_street(sites_t *s, double *streets, int64_t row, double x, double y)
{
    if (isnan(x) || isnan(y)) return;
    for (int64_t at = row; at >= 0; at = s->parent[at]) {
        s->x[at] += x;
        s->y[at] += y;
        streets[at]++;
    }
}

/* Circular mean of the streets' longitudes: a map across 180 degrees has its edges elsewhere. */
static double middle_longitude(const jd_table_t *places)
{
    double sum[2] = {0};
    for (int64_t row = 0; row < places->rows; row++) {
        double east = jd_cell(places, "longitude", row);
        if (jd_cell(places, "level", row) == STREET && !isnan(east)) jd_add_direction(east, sum);
    }
    return jd_mean_direction(sum);
}

static int sites_init(sites_t *s, const jd_table_t *places, jd_ctx_t *ctx)
{
    double *streets = NULL;
    memset(s, 0, sizeof *s);
    s->n = places->rows;
    int rc = jd_make(&s->x, s->n, sizeof *s->x, "a map's places", ctx);
    if (!rc) rc = jd_make(&s->y, s->n, sizeof *s->y, "a map's places", ctx);
    if (!rc) rc = jd_make(&s->parent, s->n, sizeof *s->parent, "a map's places", ctx);
    if (!rc) rc = jd_make(&streets, s->n, sizeof *streets, "a map's places", ctx);
    for (int64_t row = 0; row < s->n && !rc; row++) {
        double parent = jd_cell(places, "parent", row);
        s->parent[row] = parent >= 0 && parent < (double)row ? (int32_t)parent : -1;
        s->degrees = s->degrees || !isnan(jd_cell(places, "longitude", row));
    }
    const char *x = s->degrees ? "longitude" : "x", *y = s->degrees ? "latitude" : "y";
    double middle = s->degrees && !rc ? middle_longitude(places) : 0;
    for (int64_t row = 0; row < s->n && !rc; row++) {
        if (jd_cell(places, "level", row) != STREET) continue;
        double east = jd_cell(places, x, row);
        add_street(s, streets, row, s->degrees ? jd_longitude_near(east, middle) : east,
                   jd_cell(places, y, row));
    }
    for (int64_t row = 0; row < s->n && !rc; row++) {
        s->x[row] /= streets[row]; /* 0 / 0 is NaN */
        s->y[row] /= streets[row];
    }
    free(streets);
    return rc;
}

/* Counties shaded by another column bear its unit and label. */
static int name_shade(jd_table_t *counties, const jd_column_t *of, jd_ctx_t *ctx)
{
    jd_column_t *own;
    int rc = jd_make(&own, JD_MAP_COLUMNS, sizeof *own, "a map's columns", ctx);
    if (rc) return rc;
    memcpy(own, counties->columns, JD_MAP_COLUMNS * sizeof *own);
    own[JD_MAP_FRICTION].unit = of->unit;
    const jd_outcome_t *outcome = jd_outcome_find(of->name); /* whose label is shorter */
    own[JD_MAP_FRICTION].label = outcome ? outcome->words : of->label;
    counties->columns = counties->owned = own;
    return JD_OK;
}

int jd_county_rows(jd_table_t *counties, int *degrees, const jd_table_t *places,
                   const jd_table_t *panel, const jd_table_t *of, const char *value, jd_ctx_t *ctx)
{
    sites_t sites;
    const int shade = jd_table_find(of, value);
    memset(counties, 0, sizeof *counties);
    int rc = sites_init(&sites, places, ctx);
    if (!rc)
        rc = jd_table_init(counties, "counties", "", jd_map_county_columns, JD_MAP_COLUMNS,
                           panel->n_unit, ctx);
    if (!rc && strcmp(value, "friction") != 0) rc = name_shade(counties, &of->columns[shade], ctx);
    *degrees = sites.degrees;
    for (int64_t u = 0; u < panel->n_unit && !rc; u++) {
        double unit = jd_cell(panel, "unit", u), cohort = jd_cell(panel, "cohort", u);
        if (!(unit >= 0 && unit < (double)sites.n)) continue;
        int64_t row = counties->rows++, last = (panel->n_time - 1) * panel->n_unit + u;
        jd_table_set_number(counties, JD_MAP_X, row, sites.x[(int64_t)unit]);
        jd_table_set_number(counties, JD_MAP_Y, row, sites.y[(int64_t)unit]);
        jd_table_set_number(counties, JD_MAP_FRICTION, row, jd_table_number(of, shade, last));
        jd_table_set_number(counties, JD_MAP_TREATED, row, cohort > 0);
    }
    sites_free(&sites);
    return rc;
}

/* The prefecture of a street given by its row; -1 if there is none. */
static int64_t prefecture_of(const sites_t *s, double street)
{
    if (!(street >= 0 && street < (double)s->n)) return -1;
    int32_t county = s->parent[(int64_t)street];
    return county < 0 ? -1 : s->parent[county];
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Origin and destination of each relocation between prefectures as one number, sorted. */
static int64_t sort_pairs(const sites_t *s, const jd_table_t *relocations, int64_t *pairs)
{
    int64_t n_pairs = 0;
    int origin = jd_table_find(relocations, "origin");
    int destination = jd_table_find(relocations, "destination");
    if (origin < 0 || destination < 0) return 0;
    for (int64_t row = 0; row < relocations->rows; row++) {
        int64_t from = prefecture_of(s, jd_table_number(relocations, origin, row));
        int64_t to = prefecture_of(s, jd_table_number(relocations, destination, row));
        if (from >= 0 && to >= 0 && from != to) pairs[n_pairs++] = from * s->n + to;
    }
    qsort(pairs, (size_t)n_pairs, sizeof *pairs, by_number);
    return n_pairs;
}

static void add_flow(jd_table_t *flows, const sites_t *s, int64_t pair, int64_t firms)
{
    int64_t row = flows->rows++, from = pair / s->n, to = pair % s->n;
    jd_table_set_number(flows, JD_FLOW_X0, row, s->x[from]);
    jd_table_set_number(flows, JD_FLOW_Y0, row, s->y[from]);
    jd_table_set_number(flows, JD_FLOW_X1, row, s->x[to]);
    jd_table_set_number(flows, JD_FLOW_Y1, row, s->y[to]);
    jd_table_set_number(flows, JD_FLOW_FIRMS, row, (double)firms);
}

int jd_flow_rows(jd_table_t *flows, const jd_table_t *places, const jd_table_t *relocations,
                 jd_ctx_t *ctx)
{
    sites_t sites;
    int64_t *pairs = NULL, n = 0, different = 0;
    memset(flows, 0, sizeof *flows);
    int rc = sites_init(&sites, places, ctx);
    if (!rc) rc = jd_make(&pairs, relocations->rows, sizeof *pairs, "a map's flows", ctx);
    if (!rc) n = sort_pairs(&sites, relocations, pairs);
    for (int64_t i = 0; i < n; i++)
        different += i == 0 || pairs[i] != pairs[i - 1];
    if (!rc)
        rc =
            jd_table_init(flows, "flows", "", jd_map_flow_columns, JD_FLOW_COLUMNS, different, ctx);
    for (int64_t i = 0, end; i < n && !rc; i = end) {
        for (end = i; end < n && pairs[end] == pairs[i];)
            end++;
        add_flow(flows, &sites, pairs[i], end - i);
    }
    free(pairs);
    sites_free(&sites);
    return rc;
}
