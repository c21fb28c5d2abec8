/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firms at the start, and other outcomes by division and period. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "records/records.h"

static int32_t unit_of(const jd_records_t *e, const jd_foreign_t *c, int column, int64_t row)
{
    char own[JD_CELL_SIZE];
    unsigned how = 0;
    const int32_t place = jd_place_find(&e->places, jd_foreign_text(c, column, row, own), &how),
                  unit = place < 0 ? -1 : jd_place_above(&e->places, place, e->level);
    return unit < 0 ? -1 : unit - jd_records_first_unit(e);
}

enum { PLACE, SECTOR, COUNT, FIRM, WISHES };

/* Enters a firm into the panel of firms; false: it is there already. */
static bool enter_firm(jd_records_t *e, int8_t *there, int64_t row, int32_t unit, int sector)
{
    jd_roster_t *r = &e->roster;
    const int32_t firm = jd_records_stock_firm(e, e->stock_file.column[FIRM], row);
    if (firm < 0) return true; /* a firm without a name counts, but cannot be followed */
    if (there[firm]) return false;
    there[firm] = 1;
    r->firm[r->n] = firm;
    r->unit[r->n] = unit;
    r->sector[r->n++] = (int8_t)sector;
    return true;
}

static int sector_of(const jd_records_t *e, int64_t row)
{
    const jd_foreign_t *c = &e->stock_file;
    char own[JD_CELL_SIZE];
    if (c->column[SECTOR] < 0) return 0;
    return jd_records_sector(e->wish, jd_foreign_text(c, c->column[SECTOR], row, own));
}

static int take_stock_row(jd_records_t *e, int8_t *there, int64_t i, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    const jd_foreign_t *c = &e->stock_file;
    const int32_t unit = unit_of(e, c, c->column[PLACE], i);
    const double n = c->column[COUNT] < 0 ? 1 : jd_table_number(&c->table, c->column[COUNT], i);
    const int sector = sector_of(e, i);
    if (!(n >= 0 && n <= INT32_MAX) || n != floor(n))
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: row %lld: %s = %g; a count is a whole number, 0 or more", w->stock,
                       (long long)i + 1, w->stock_count, n);
    if (unit < 0 || sector < 0 || sector >= e->sectors) {
        e->stock_left++;
        return JD_OK;
    }
    if (there && !enter_firm(e, there, i, unit, sector)) {
        e->stock_again++;
        return JD_OK;
    }
    int32_t *cell = &e->stock[(int64_t)unit * e->sectors + sector];
    if ((double)*cell + n > INT32_MAX)
        return jd_fail(ctx, JD_ERR_DATA, "%s: a unit has more than 2^31 - 1 firms", w->stock);
    *cell += (int32_t)n;
    return JD_OK;
}

int jd_records_read_stock(jd_records_t *e, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    if (!w->stock) return JD_OK;
    const jd_wish_t wishes[WISHES] = {
        [PLACE] = {"--stock-place", w->stock_place ? w->stock_place : "code", false, false},
        [SECTOR] = {"--stock-sector",
                    w->sector ? w->stock_sector ? w->stock_sector : w->sector : NULL, false, false},
        [COUNT] = {"--stock-count", w->stock_count, false, true},
        [FIRM] = {"--stock-firm", w->stock_firm, false, false}};
    jd_foreign_t *c = &e->stock_file;
    int8_t *there = NULL;
    int rc = jd_foreign_open(c, w->stock, &e->style, wishes, WISHES, false, false, ctx);
    if (!rc && c->column[COUNT] >= 0 && c->table.columns[c->column[COUNT]].type == JD_TEXT)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: --stock-count %s is no column of numbers", w->stock,
                     w->stock_count);
    /* Firms that stay may be of a sector that no mover is of. */
    for (int64_t i = 0; !rc && i < c->table.rows; i++)
        if (sector_of(e, i) >= e->sectors) e->sectors = sector_of(e, i) + 1;
    if (!rc)
        rc = jd_make(&e->stock, (int64_t)jd_records_units(e) * e->sectors, sizeof *e->stock,
                     "stocks", ctx);
    if (!rc && w->stock_firm) rc = jd_records_start_roster(e, c->table.rows, ctx);
    if (!rc && w->stock_firm)
        rc = jd_make(&there, e->firms + c->table.rows, sizeof *there, "firms", ctx);
    for (int64_t i = 0; !rc && i < c->table.rows; i++)
        rc = take_stock_row(e, there, i, ctx);
    free(there);
    return rc;
}

/* ---- Joined outcomes ---- */

bool jd_records_is_name(const char *s)
{
    if (!*s || (*s >= '0' && *s <= '9') || strlen(s) > 31) return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_')) return false;
    return true;
}

/* Adds an empty column to the joined ones; its name is copied. */
static int add_column(jd_records_t *e, const char *name, const char *path, jd_ctx_t *ctx)
{
    static const char *const taken[] = {
        "time",       "date",  "unit",         "cohort",        "cell",        "inflow",
        "outflow",    "stock", "inflow_other", "outflow_other", "stock_other", "inflow_observed",
        "policy_end", "code"};
    jd_table_t *t = &e->joined;
    bool twice = jd_table_find(t, name) >= 0;
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
        twice = twice || !strcmp(name, taken[k]);
    if (twice || !jd_records_is_name(name))
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: the column '%.60s' cannot be joined: %s; rename it in the file", path,
                       name,
                       twice ? "the panel has one of this name"
                             : "names have small letters, digits and _, 31 at most");
    const int n = t->n_columns;
    jd_column_t *columns = realloc(t->owned, (size_t)(n + 1) * sizeof *columns);
    if (!columns) return jd_fail_memory(ctx, sizeof *columns, "columns");
    t->owned = columns;
    t->columns = columns;
    void **data = realloc(t->data, (size_t)(n + 1) * sizeof *data);
    if (!data) return jd_fail_memory(ctx, sizeof *data, "columns");
    t->data = data;
    char *copy = jd_copy_text(name, strlen(name), ctx);
    if (!copy) return JD_ERR_NO_MEMORY;
    columns[n] = (jd_column_t){.name = copy, .type = JD_DOUBLE, .unit = "1", .label = "joined"};
    int rc = jd_make_n(&t->data[n], (size_t)t->rows, sizeof(double), "joined outcomes", ctx);
    if (rc)
        free(copy);
    else
        t->n_columns++;
    return rc;
}

static int join_row(jd_records_t *e, const jd_foreign_t *c, int64_t row, int first, int32_t *seen,
                    jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE];
    const int32_t unit = unit_of(e, c, c->column[0], row), n = jd_records_units(e);
    int64_t from = 1, to = e->periods;
    if (c->column[1] >= 0) {
        jd_moment_t m = {0};
        const jd_dated_t how = jd_foreign_date(c, c->column[1], row, &m);
        const bool dated = how != JD_DATED_EMPTY && how != JD_DATED_NOT;
        if (dated && m.unit == JD_PERIOD_YEAR && e->unit != JD_PERIOD_YEAR)
            return jd_fail(ctx, JD_ERR_DATA,
                           "%s: row %lld: '%s' is a year, a period is %s; join yearly figures to a "
                           "yearly panel (--every year), or date them by period",
                           c->path, (long long)row + 1, jd_foreign_text(c, c->column[1], row, own),
                           jd_period_name(e->unit));
        if (!dated || !jd_records_period(e, &m, &from)) from = 0;
        to = from;
    }
    if (unit < 0 || from < 1 || to > e->periods) {
        e->join_left++;
        return JD_OK;
    }
    for (int64_t period = from; period <= to; period++) {
        const int64_t at = (period - 1) * n + unit;
        if (seen[at]++ > 0 && e->wish->join_by == JD_JOIN_ONE)
            return jd_fail(
                ctx, JD_ERR_DATA,
                "%s: row %lld is a further one for '%s' in the same period; say --join-by sum "
                "or mean",
                c->path, (long long)row + 1, jd_foreign_text(c, c->column[0], row, own));
        int k = first;
        for (int col = 0; col < c->table.n_columns; col++)
            if (c->table.columns[col].type != JD_TEXT && col != c->column[0] && col != c->column[1])
                JD_CELLS(&e->joined, k++, double)[at] += jd_table_number(&c->table, col, row);
    }
    return JD_OK;
}

static int join_file(jd_records_t *e, const char *path, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    const jd_wish_t wishes[] = {
        {"--join-place", w->join_place ? w->join_place : "code", false, false},
        {"--join-date", w->join_date ? w->join_date : "date", !w->join_date, false}};
    jd_foreign_t c = {0};
    int32_t *seen = NULL;
    const int first = e->joined.n_columns;
    const int64_t cells = e->joined.rows;
    int rc = jd_foreign_open(&c, path, &e->style, wishes, 2, true, true, ctx);
    c.order = e->records.order;
    if (!rc) rc = jd_foreign_find_order(&c, c.column[1], "--join-date", ctx);
    for (int col = 0; !rc && col < c.table.n_columns; col++)
        if (c.table.columns[col].type != JD_TEXT && col != c.column[0] && col != c.column[1])
            rc = add_column(e, c.table.columns[col].name, path, ctx);
    if (!rc && e->joined.n_columns == first)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has no column of numbers to join", path);
    if (!rc) rc = jd_make(&seen, cells, sizeof *seen, "joined outcomes", ctx);
    e->join_rows += c.table.rows;
    for (int64_t i = 0; !rc && i < c.table.rows; i++)
        rc = join_row(e, &c, i, first, seen, ctx);
    for (int64_t at = 0; !rc && at < cells; at++) {
        e->join_missing += seen[at] == 0;
        for (int k = first; k < e->joined.n_columns; k++) {
            double *cell = &JD_CELLS(&e->joined, k, double)[at];
            if (seen[at] == 0) *cell = (double)NAN;
            if (seen[at] > 1 && w->join_by == JD_JOIN_MEAN) *cell /= seen[at];
        }
    }
    free(seen);
    jd_foreign_free(&c);
    return rc;
}

int jd_records_read_join(jd_records_t *e, jd_ctx_t *ctx)
{
    const char *list = e->wish->join;
    char path[1024];
    int rc = JD_OK;
    e->joined.rows = (int64_t)e->periods * jd_records_units(e);
    while (!rc && jd_list_next(&list, path, sizeof path))
        rc = join_file(e, path, ctx);
    return rc;
}
