/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables: panels in the layout of a run, whose columns they take. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/number.h"
#include "model/jurisdictions/tree.h"
#include "model/panel_head.h"
#include "records/columns.h"

/* ---- Flows ---- */

/* Moves in and out by period, unit and sector. */
typedef struct counts {
    int32_t *in, *out;
} counts_t;

static int64_t cell_of(const jd_records_t *e, int64_t period, int32_t row, int sector)
{
    const int32_t unit = jd_place_above(&e->places, row, e->level) - jd_records_first_unit(e);
    return ((period - 1) * jd_records_units(e) + unit) * e->sectors + sector;
}

static int count_flows(const jd_records_t *e, counts_t *c, jd_ctx_t *ctx)
{
    const jd_judged_t *j = &e->judged;
    const int64_t cells = (int64_t)e->periods * jd_records_units(e) * e->sectors;
    int rc = jd_make(&c->in, cells, sizeof *c->in, "panels", ctx);
    if (!rc) rc = jd_make(&c->out, cells, sizeof *c->out, "panels", ctx);
    for (int64_t i = 0; i < j->n && !rc; i++) {
        if (j->fate[i] != JD_FATE_KEPT) continue;
        if (j->to[i] >= 0) c->in[cell_of(e, j->period[i], j->to[i], j->sector[i])]++;
        if (j->from[i] >= 0) c->out[cell_of(e, j->period[i], j->from[i], j->sector[i])]++;
    }
    return rc;
}

/* Kinds of cells, by the numbers that stand in a run's panels. */
typedef enum kind { KIND_POST, KIND_ANN, KIND_PRE, KIND_NEVER, KIND_OTHER } kind_t;

static kind_t kind_of(const jd_records_t *e, int32_t unit, int64_t period)
{
    const int32_t g = e->cohort[unit];
    if (g == 0) return KIND_NEVER;
    if (period >= g) return KIND_POST;
    return period >= (int64_t)g - e->wish->anticipation ? KIND_ANN : KIND_PRE;
}

void jd_records_fill_axes(const jd_records_t *e, jd_table_t *t)
{
    for (int32_t p = 0; p < e->periods; p++) {
        JD_CELLS(t, P_TIME, int32_t)[p] = p + 1;
        JD_CELLS(t, P_DATE, int32_t)[p] = (int32_t)jd_period_day(e->unit, e->first + p);
    }
}

static bool has_out(const jd_records_t *e)
{
    return e->wish->from != NULL || e->wish->address != NULL;
}

/* ---- panel/county ---- */

static const char *panel_name(const jd_records_t *e, bool sectors)
{
    static const char *const names[2][JD_PLACE_LEVELS] = {
        {"", "panel/province", "panel/prefecture", "panel/county", "panel/street"},
        {"", "panel/sector_province", "panel/sector_prefecture", "panel/sector_county",
         "panel/sector_street"}};
    return names[sectors][e->level];
}

static int make_panel(jd_records_t *e, const counts_t *c, jd_ctx_t *ctx)
{
    const char *of = "panel/county";
    const int32_t n = jd_records_units(e), first = jd_records_first_unit(e), sectors = e->sectors;
    jd_column_list_t l;
    int rc = jd_column_list_make(&l, 16 + e->joined.n_columns, ctx);
    if (rc) return rc;
    const char *const head[] = {"time", "date",   "unit",         "cohort",
                                "cell", "inflow", "inflow_other", "inflow_observed"};
    const int heads = e->wish->count ? 7 : 8;
    int at[8], out[2] = {-1, -1}, stock[2] = {-1, -1}, ends = -1;
    for (int k = 0; k < heads; k++) {
        if (k == 6 && has_out(e)) out[0] = jd_column_list_take(&l, e, of, "outflow");
        if (k == 6 && e->stock) stock[0] = jd_column_list_take(&l, e, of, "stock");
        at[k] = jd_column_list_take(&l, e, of, head[k]);
        if (k == 6 && has_out(e)) out[1] = jd_column_list_take(&l, e, of, "outflow_other");
        if (k == 6 && e->stock) stock[1] = jd_column_list_take(&l, e, of, "stock_other");
    }
    if (e->ends) {
        const jd_column_t end = {"policy_end",
                                 JD_INT32,
                                 jd_records_period_word(e),
                                 "last treated period, 0 = none",
                                 NULL,
                                 0,
                                 JD_AXIS_UNIT};
        ends = jd_column_list_add(&l, &end);
    }
    const int joined = l.n;
    if (e->wish->count) {
        static const char *const label[] = {"events of targeted sectors",
                                            "events of other sectors"};
        for (int k = 0; k < 2; k++) {
            jd_column_t *own = &l.columns[at[5 + k]];
            snprintf(l.labels[at[5 + k]], JD_LABEL_SIZE, "%s%s", e->wish->count, k ? "_other" : "");
            own->name = l.labels[at[5 + k]];
            own->label = label[k];
            own->unit = "1";
        }
    }
    for (int k = 0; k < e->joined.n_columns; k++)
        (void)jd_column_list_add(&l, &e->joined.columns[k]);
    jd_table_t *t = &e->panel;
    rc = jd_table_init_panel(t, panel_name(e, false), "Divisions by period, from records",
                             l.columns, l.n, e->periods, n, ctx);
    if (rc) {
        free(l.columns);
        return rc;
    }
    t->owned = l.columns;
    jd_records_fill_axes(e, t);
    for (int32_t u = 0; u < n; u++)
        JD_CELLS(t, P_UNIT, int32_t)[u] = first + u;
    memcpy(t->data[P_COHORT], e->cohort, (size_t)n * sizeof *e->cohort);
    if (ends >= 0) memcpy(t->data[ends], e->ends, (size_t)n * sizeof *e->ends);
    for (int32_t u = 0; u < n; u++) {
        int32_t left[2] = {0, 0};
        for (int k = 0; e->stock && k < sectors; k++)
            left[k > 0] += e->stock[(int64_t)u * sectors + k];
        for (int64_t p = 0; p < e->periods; p++) {
            const int64_t cell = p * n + u;
            int32_t in[2] = {0, 0}, gone[2] = {0, 0};
            for (int k = 0; k < sectors; k++) {
                in[k > 0] += c->in[cell * sectors + k];
                gone[k > 0] += c->out[cell * sectors + k];
            }
            JD_CELLS(t, at[4], int8_t)[cell] = (int8_t)kind_of(e, u, p + 1);
            JD_CELLS(t, at[5], int32_t)[cell] = in[0];
            JD_CELLS(t, at[6], int32_t)[cell] = in[1];
            if (heads == 8) JD_CELLS(t, at[7], int32_t)[cell] = in[0];
            for (int k = 0; k < 2; k++) {
                left[k] += in[k] - gone[k];
                if (out[k] >= 0) JD_CELLS(t, out[k], int32_t)[cell] = gone[k];
                if (stock[k] >= 0) JD_CELLS(t, stock[k], int32_t)[cell] = left[k];
                e->stock_below += stock[k] >= 0 && left[k] < 0;
            }
        }
    }
    for (int k = 0; k < e->joined.n_columns; k++)
        memcpy(t->data[joined + k], e->joined.data[k], (size_t)e->joined.rows * sizeof(double));
    return JD_OK;
}

/* ---- panel/sector_county ---- */

static int make_sector_panel(jd_records_t *e, const counts_t *c, jd_ctx_t *ctx)
{
    const char *of = "panel/sector_county";
    const int32_t n = jd_records_units(e), first = jd_records_first_unit(e), sectors = e->sectors;
    jd_column_list_t l;
    int rc = jd_column_list_make(&l, 16, ctx);
    if (rc) return rc;
    const char *const head[] = {"time",   "date",   "unit", "cohort",
                                "county", "sector", "cell", "inflow"};
    int out = -1, stock = -1;
    for (int k = 0; k < 8; k++)
        (void)jd_column_list_take(&l, e, of, head[k]);
    if (has_out(e)) out = jd_column_list_take(&l, e, of, "outflow");
    if (e->stock) stock = jd_column_list_take(&l, e, of, "stock");
    const int observed = e->wish->count ? -1 : jd_column_list_take(&l, e, of, "inflow_observed");
    if (e->wish->count) {
        snprintf(l.labels[7], JD_LABEL_SIZE, "%s", e->wish->count);
        l.columns[7].name = l.labels[7];
        l.columns[7].label = "events";
        l.columns[7].unit = "1";
    }
    jd_table_t *t = &e->sector_panel;
    rc = jd_table_init_panel(t, panel_name(e, true), "Sectors in divisions by period, from records",
                             l.columns, l.n, e->periods, (int64_t)n * sectors, ctx);
    if (rc) {
        free(l.columns);
        return rc;
    }
    t->owned = l.columns;
    jd_records_fill_axes(e, t);
    for (int32_t i = 0; i < n * sectors; i++) {
        const int32_t u = i / sectors, k = i % sectors;
        int32_t left = e->stock ? e->stock[i] : 0;
        JD_CELLS(t, P_UNIT, int32_t)[i] = i;
        JD_CELLS(t, P_COHORT, int32_t)[i] = k == 0 ? e->cohort[u] : 0;
        JD_CELLS(t, 4, int32_t)[i] = first + u;
        JD_CELLS(t, 5, int8_t)[i] = (int8_t)k;
        for (int64_t p = 0; p < e->periods; p++) {
            const int64_t cell = p * n * sectors + i;
            kind_t kind = kind_of(e, u, p + 1);
            if (k > 0 && e->cohort[u] > 0) kind = KIND_OTHER;
            left += c->in[cell] - c->out[cell];
            JD_CELLS(t, 6, int8_t)[cell] = (int8_t)kind;
            JD_CELLS(t, 7, int32_t)[cell] = c->in[cell];
            if (observed >= 0) JD_CELLS(t, observed, int32_t)[cell] = c->in[cell];
            if (out >= 0) JD_CELLS(t, out, int32_t)[cell] = c->out[cell];
            if (stock >= 0) JD_CELLS(t, stock, int32_t)[cell] = left;
        }
    }
    return JD_OK;
}

/* ---- relocations ---- */

typedef struct move {
    int32_t period, firm, row;
} move_t;

static int compare_moves(const void *a, const void *b)
{
    const move_t *x = a, *y = b;
    if (x->period != y->period) return x->period < y->period ? -1 : 1;
    if (x->firm != y->firm) return x->firm < y->firm ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int sort_moves(const jd_records_t *e, move_t **moves, jd_ctx_t *ctx)
{
    const jd_judged_t *j = &e->judged;
    int64_t n = 0;
    int rc = jd_make(moves, e->fates[JD_FATE_KEPT], sizeof **moves, "moves", ctx);
    for (int64_t i = 0; i < j->n && !rc; i++)
        if (j->fate[i] == JD_FATE_KEPT)
            (*moves)[n++] =
                (move_t){j->period[i], jd_records_firm_number(e, j->firm[i]), (int32_t)i};
    if (!rc) qsort(*moves, (size_t)n, sizeof **moves, compare_moves);
    return rc;
}

static int make_moves(jd_records_t *e, const move_t *moves, jd_ctx_t *ctx)
{
    static const char *const names[] = {
        "firm",     "sector",          "period",         "date",
        "origin",   "destination",     "distance",       "treated_destination",
        "observed", "observed_period", "observed_sector"};
    enum {
        FIRM,
        SECTOR,
        PERIOD,
        DATE,
        FROM,
        TO,
        DISTANCE,
        TREATED,
        OBSERVED,
        OB_PERIOD,
        OB_SECTOR,
        DAY
    };
    static const jd_column_t day = {
        "day", JD_INT32, JD_DAYS, "day as written, or the first of what is", NULL, 0, JD_AXIS_CELL};
    const jd_judged_t *j = &e->judged;
    const int64_t n = e->fates[JD_FATE_KEPT];
    const int32_t first = jd_records_first_unit(e);
    jd_column_list_t l;
    int rc = jd_column_list_make(&l, DAY + 1, ctx);
    if (rc) return rc;
    for (int k = 0; k < DAY; k++)
        (void)jd_column_list_take(&l, e, "relocations", names[k]);
    l.columns[FROM].label = "division left: row of /jurisdictions";
    l.columns[TO].label = "division moved to: row of /jurisdictions";
    (void)jd_column_list_add(&l, &day);
    jd_table_t *t = &e->moves;
    rc = jd_table_init(t, "relocations",
                       "Moves of firms, in the order of period and firm, from records", l.columns,
                       l.n, n, ctx);
    if (rc) {
        free(l.columns);
        return rc;
    }
    t->owned = l.columns;
    t->rows = n;
    for (int64_t r = 0; r < n; r++) {
        const int32_t i = moves[r].row, from = j->from[i] < 0 ? -1 : j->from[i],
                      to = j->to[i] < 0 ? -1 : j->to[i];
        const int32_t unit = to < 0 ? -1 : jd_place_above(&e->places, to, e->level) - first,
                      cohort = unit < 0 ? 0 : e->cohort[unit];
        JD_CELLS(t, FIRM, int32_t)[r] = moves[r].firm;
        JD_CELLS(t, SECTOR, int8_t)[r] = j->sector[i];
        JD_CELLS(t, PERIOD, int16_t)[r] = (int16_t)j->period[i];
        JD_CELLS(t, DATE, int32_t)
        [r] = (int32_t)jd_period_day(e->unit, e->first + j->period[i] - 1);
        JD_CELLS(t, FROM, int32_t)[r] = from;
        JD_CELLS(t, TO, int32_t)[r] = to;
        JD_CELLS(t, DISTANCE, float)
        [r] = from < 0 || to < 0 ? NAN : (float)jd_place_distance(&e->places, from, to);
        JD_CELLS(t, TREATED, int8_t)[r] = cohort > 0 && j->period[i] >= cohort;
        JD_CELLS(t, OBSERVED, int8_t)[r] = 1;
        JD_CELLS(t, OB_PERIOD, int16_t)[r] = (int16_t)j->period[i];
        JD_CELLS(t, OB_SECTOR, int8_t)[r] = j->sector[i];
        JD_CELLS(t, DAY, int32_t)[r] = j->day[i];
    }
    return JD_OK;
}

/* ---- What was read, divisions ---- */

static const jd_column_t reading_columns[] = {
    {"what", JD_TEXT, "", "what became of records, or what is remarked of kept ones", NULL,
     JD_LABEL_SIZE, JD_AXIS_CELL},
    {"kind", JD_INT8, "1", "kind", "0 kept, 1 left out, 2 remark", 0, JD_AXIS_CELL},
    {"records", JD_INT64, "1", "records", NULL, 0, JD_AXIS_CELL},
};

static int make_reading(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_table_t *t = &e->reading;
    int rc = jd_table_init(t, "reading", "What became of the records", reading_columns, 3,
                           JD_FATES + JD_REMARKS, ctx);
    for (int k = 0; k < JD_FATES + JD_REMARKS && !rc; k++) {
        const bool fate = k < JD_FATES;
        jd_table_set_text(t, 0, k, fate ? jd_fate_names[k] : jd_remark_names[k - JD_FATES]);
        JD_CELLS(t, 1, int8_t)[k] = (int8_t)(k == 0 ? 0 : fate ? 1 : 2);
        JD_CELLS(t, 2, int64_t)[k] = fate ? e->fates[k] : e->remarks[k - JD_FATES];
        t->rows++;
    }
    return rc;
}

static void set_cohorts(jd_records_t *e)
{
    jd_table_t *t = &e->places.table;
    int32_t *cohort = JD_CELLS(t, jd_table_find(t, "cohort"), int32_t);
    int8_t *fold = JD_CELLS(t, jd_table_find(t, "fold"), int8_t);
    const int32_t first = jd_records_first_unit(e), n = jd_records_units(e);
    for (int32_t i = 0; i < t->rows; i++) {
        cohort[i] = i >= first && i < first + n ? e->cohort[i - first] : -1;
        fold[i] = -1;
    }
}

int jd_records_make_tables(jd_records_t *e, jd_ctx_t *ctx)
{
    counts_t c = {0};
    move_t *moves = NULL;
    int rc = JD_OK;
    if ((int64_t)jd_records_units(e) * e->sectors >= INT32_MAX || e->periods > INT16_MAX)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: the panel is too large", e->path);
    if (!rc) rc = count_flows(e, &c, ctx);
    if (!rc) rc = make_panel(e, &c, ctx);
    if (!rc) rc = make_sector_panel(e, &c, ctx);
    free(c.in);
    free(c.out);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (!rc) rc = sort_moves(e, &moves, ctx);
    if (!rc) rc = make_moves(e, moves, ctx);
    free(moves);
    if (!rc) rc = jd_records_make_flows(e, ctx);
    if (!rc) rc = make_reading(e, ctx);
    if (!rc) rc = jd_records_make_firms(e, ctx);
    if (!rc) rc = jd_records_make_firm_panel(e, ctx);
    if (!rc) set_cohorts(e);
    return rc;
}
