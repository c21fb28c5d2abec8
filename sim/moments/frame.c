/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "moments/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

const char *const jd_moment_sources[] = {
    "jurisdictions",
    "panel/county",
    "panel/prefecture",
    "panel/province",
    "panel/street",
    "panel/sector_county",
    "panel/sector_prefecture",
    "panel/sector_province",
    "panel/sector_street",
    "relocations",
    "facts",
    NULL,
};

/* The tables a frame is made of. */
typedef struct source {
    const jd_table_t *places, *panel, *sectors, *moves;
    const char *name; /* of the panel, static: results outlive the tables */
    int level;        /* of units in places */
} source_t;

static const jd_table_t *get(const jd_moment_tables_t *tables, const char *name)
{
    return tables->table(tables->user, name);
}

/* Panels of one level: that of counties where a file has several, as a run's has. */
static int find_panel(source_t *s, const jd_moment_tables_t *tables, jd_ctx_t *ctx)
{
    static const char *const names[][2] = {{"panel/county", "panel/sector_county"},
                                           {"panel/prefecture", "panel/sector_prefecture"},
                                           {"panel/province", "panel/sector_province"},
                                           {"panel/street", "panel/sector_street"}};
    for (size_t k = 0; k < sizeof names / sizeof *names && !s->panel; k++) {
        s->name = names[k][0];
        s->panel = get(tables, s->name);
        s->sectors = s->panel ? get(tables, names[k][1]) : NULL;
    }
    if (!s->panel || s->panel->rows == 0)
        return jd_fail(ctx, JD_ERR_DATA,
                       "there is no panel of divisions to measure moments of: name a file of "
                       "'jiedao run' or 'jiedao panel'");
    s->places = get(tables, "jurisdictions");
    s->moves = get(tables, "relocations");
    if (!s->places)
        return jd_fail(ctx, JD_ERR_DATA, "there is no table /jurisdictions beside %s", s->name);
    return JD_OK;
}

/* ---- Columns ---- */

static int take(double **to, const jd_table_t *t, int column, jd_ctx_t *ctx)
{
    if (!t || column < 0) return JD_OK;
    int rc = jd_make(to, t->rows, sizeof **to, "moments", ctx);
    for (int64_t i = 0; i < t->rows && !rc; i++)
        (*to)[i] = jd_table_number(t, column, i);
    return rc;
}

/* Moves in, as the empirical file shows them where that is recorded; of panels of other counts
 * (--count) the first column behind the head. */
static int inflow_of(const jd_table_t *t)
{
    const int seen = jd_table_find(t, "inflow_observed"), all = jd_table_find(t, "inflow");
    return seen >= 0 ? seen : all >= 0 ? all : jd_table_find(t, "cell") + 1;
}

/* Sums of a panel of sectors by unit and period; `own` takes the targeted one, or leaves it out. */
static int take_sectors(jd_moment_frame_t *f, const jd_table_t *t, jd_ctx_t *ctx)
{
    const int column = inflow_of(t), of = jd_table_find(t, "sector");
    const int64_t sectors = t->n_unit / f->units, cells = f->units * f->periods;
    int rc = JD_OK;
    if (of < 0 || sectors < 1 || sectors * f->units != t->n_unit || t->n_time != f->periods)
        return JD_OK;
    if (sectors > 1) rc = jd_make(&f->other, cells, sizeof *f->other, "moments", ctx);
    if (!rc) rc = jd_make(&f->flow, cells, sizeof *f->flow, "moments", ctx);
    for (int k = 0; k < JD_MOMENT_SECTORS && k < sectors && !rc && sectors > 1; k++)
        rc = jd_make(&f->sector[k], f->units, sizeof *f->sector[k], "moments", ctx);
    for (int64_t c = 0; c < t->rows && !rc; c++) {
        const int64_t unit = c % t->n_unit / sectors, period = c / t->n_unit;
        const int k = (int)jd_table_number(t, of, c % t->n_unit);
        const double y = jd_table_number(t, column, c);
        f->flow[period * f->units + unit] += y;
        if (k > 0 && f->other) f->other[period * f->units + unit] += y;
        if (k >= 0 && k < JD_MOMENT_SECTORS && f->sector[k]) f->sector[k][unit] += y;
    }
    return rc;
}

static int take_stock(jd_moment_frame_t *f, const jd_table_t *t, jd_ctx_t *ctx)
{
    const int own = jd_table_find(t, "stock"), other = jd_table_find(t, "stock_other");
    if (own < 0 || other < 0) return JD_OK;
    int rc = take(&f->stock, t, own, ctx);
    for (int64_t i = 0; i < t->rows && !rc; i++)
        f->stock[i] += jd_table_number(t, other, i);
    return rc;
}

static int take_panel(jd_moment_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const jd_table_t *t = s->panel;
    int rc = take(&f->inflow, t, inflow_of(t), ctx);
    if (!rc) rc = take(&f->outflow, t, jd_table_find(t, "outflow"), ctx);
    if (!rc) rc = take_stock(f, t, ctx);
    if (!rc && s->sectors) rc = take_sectors(f, s->sectors, ctx);
    return rc;
}

/* Periods of a year, by how many days lie between the first two. */
static int per_year(const jd_table_t *t)
{
    const int date = jd_table_find(t, "date");
    if (date < 0 || t->n_time < 2) return 4;
    const double days = jd_table_number(t, date, 1) - jd_table_number(t, date, 0);
    return days > 300 ? 1 : days > 150 ? 2 : days > 60 ? 4 : 12;
}

static int take_keys(jd_moment_frame_t *f, const jd_table_t *t, jd_ctx_t *ctx)
{
    const int64_t n = f->units * f->periods;
    const int time = jd_table_find(t, "time"), cohort = jd_table_find(t, "cohort");
    int rc = jd_make(&f->unit, n, sizeof *f->unit, "moments", ctx);
    if (!rc) rc = jd_make(&f->time, n, sizeof *f->time, "moments", ctx);
    if (!rc) rc = jd_make(&f->cohort, n, sizeof *f->cohort, "moments", ctx);
    for (int64_t i = 0; i < n && !rc; i++) {
        f->unit[i] = (int32_t)(i % f->units);
        f->time[i] = (int32_t)jd_table_number(t, time, i / f->units);
        f->cohort[i] = cohort < 0 ? 0 : (int32_t)jd_table_number(t, cohort, i % f->units);
        f->any_treated = f->any_treated || f->cohort[i] > 0;
    }
    return rc;
}

/* ---- Places ---- */

static int parent_of(const jd_table_t *places, int64_t row)
{
    return (int)jd_table_number(places, jd_table_find(places, "parent"), row);
}

static int level_of(const jd_table_t *places, int64_t row)
{
    return (int)jd_table_number(places, jd_table_find(places, "level"), row);
}

/* The division of `level` in which a row lies, or -1. */
static int64_t above(const jd_table_t *places, int64_t row, int level)
{
    while (row >= 0 && row < places->rows && level_of(places, row) > level)
        row = parent_of(places, row);
    return row >= 0 && row < places->rows && level_of(places, row) == level ? row : -1;
}

/* Blocks in the order of their first unit. */
static int take_blocks(jd_moment_frame_t *f, const source_t *s, int block, jd_ctx_t *ctx)
{
    static const int levels[] = {[JD_BLOCK_PREFECTURE] = 2, [JD_BLOCK_PROVINCE] = 1};
    const int unit = jd_table_find(s->panel, "unit");
    const bool own = block == JD_BLOCK_UNIT || levels[block] >= s->level;
    int32_t *number = NULL;
    int rc = jd_make(&f->block, f->units, sizeof *f->block, "moments", ctx);
    if (!rc) rc = jd_make(&number, s->places->rows, sizeof *number, "moments", ctx);
    for (int64_t i = 0; i < f->units && !rc; i++) {
        int64_t row = (int64_t)jd_table_number(s->panel, unit, i);
        if (!own) row = above(s->places, row, levels[block]);
        if (row < 0 || row >= s->places->rows) {
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: unit %lld lies in no division of that level; take --block unit",
                         f->panel, (long long)i + 1);
            break;
        }
        if (number[row] == 0) number[row] = (int32_t)++f->blocks;
        f->block[i] = number[row] - 1;
    }
    free(number);
    return rc;
}

static int take_development(jd_moment_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const int unit = jd_table_find(s->panel, "unit"),
              column = jd_table_find(s->places, "development");
    if (column < 0) return JD_OK;
    int rc = jd_make(&f->development, f->units, sizeof *f->development, "moments", ctx);
    bool known = true;
    for (int64_t i = 0; i < f->units && !rc; i++) {
        f->development[i] =
            jd_table_number(s->places, column, (int64_t)jd_table_number(s->panel, unit, i));
        known = known && isfinite(f->development[i]);
    }
    if (known) return rc;
    free(f->development);
    f->development = NULL;
    return rc;
}

/* ---- Moves ---- */

static int by_distance(const void *a, const void *b)
{
    const jd_moment_move_t *x = a, *y = b;
    const bool nx = isnan(x->distance), ny = isnan(y->distance);
    if (nx != ny) return nx ? 1 : -1;
    if (!nx && x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

/* Rows of units begin at `first` and stand in their order. */
static int32_t unit_of(const jd_moment_frame_t *f, const source_t *s, int64_t first, double place)
{
    const int64_t row = place < 0 ? -1 : above(s->places, (int64_t)place, s->level);
    return row < first || row >= first + f->units ? -1 : (int32_t)(row - first);
}

static int take_moves(jd_moment_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const jd_table_t *t = s->moves;
    if (!t) return JD_OK;
    const int from = jd_table_find(t, "origin"), to = jd_table_find(t, "destination"),
              km = jd_table_find(t, "distance"), seen = jd_table_find(t, "observed");
    const int64_t first = (int64_t)jd_table_number(s->panel, jd_table_find(s->panel, "unit"), 0);
    if (from < 0 || to < 0) return JD_OK;
    int rc = jd_make(&f->move, t->rows, sizeof *f->move, "moments", ctx);
    for (int64_t r = 0; r < t->rows && !rc; r++) {
        jd_moment_move_t *m = &f->move[f->moves];
        if (seen >= 0 && jd_table_number(t, seen, r) < 1) continue;
        m->from = unit_of(f, s, first, jd_table_number(t, from, r));
        m->to = unit_of(f, s, first, jd_table_number(t, to, r));
        if (m->to < 0 || m->to == m->from) continue;
        m->distance = km < 0 || m->from < 0 ? (double)NAN : jd_table_number(t, km, r);
        if (m->from >= 0) {
            const int64_t a = first + m->from, b = first + m->to;
            m->same_prefecture = above(s->places, a, 2) == above(s->places, b, 2);
            m->other_province = above(s->places, a, 1) != above(s->places, b, 1);
        }
        f->moves++;
    }
    if (!rc) qsort(f->move, (size_t)f->moves, sizeof *f->move, by_distance);
    return rc;
}

/* Moves out as the empirical file shows them: a run's panel has all of them, its list of moves says
 * which are seen, when, and under which sector. */
static int count_outflow(jd_moment_frame_t *f, const source_t *s, jd_ctx_t *ctx)
{
    const jd_table_t *t = s->moves;
    const int period = t ? jd_table_find(t, "observed_period") : -1,
              sector = t ? jd_table_find(t, "observed_sector") : -1;
    if (period < 0 || sector < 0 || !f->outflow) return JD_OK;
    const int from = jd_table_find(t, "origin"), to = jd_table_find(t, "destination");
    const int64_t first = (int64_t)jd_table_number(s->panel, jd_table_find(s->panel, "unit"), 0);
    memset(f->outflow, 0, (size_t)(f->units * f->periods) * sizeof *f->outflow);
    for (int64_t r = 0; r < t->rows; r++) {
        const double when = jd_table_number(t, period, r);
        const int32_t unit = unit_of(f, s, first, jd_table_number(t, from, r));
        if (when < 1 || when > (double)f->periods || jd_table_number(t, sector, r) != 0) continue;
        if (unit < 0 || unit == unit_of(f, s, first, jd_table_number(t, to, r))) continue;
        f->outflow[((int64_t)when - 1) * f->units + unit]++;
    }
    return jd_check_cancelled(ctx);
}

int jd_moment_frame_make(jd_moment_frame_t *f, const jd_moment_tables_t *tables, int block,
                         jd_ctx_t *ctx)
{
    source_t s = {0};
    memset(f, 0, sizeof *f);
    int rc = find_panel(&s, tables, ctx);
    if (rc) return rc;
    f->panel = s.name;
    f->units = s.panel->n_unit;
    f->periods = s.panel->n_time;
    f->per_year = per_year(s.panel);
    const int unit = jd_table_find(s.panel, "unit"), cell = jd_table_find(s.panel, "cell");
    if (unit < 0 || cell < 0 || f->units < 1)
        return jd_fail(ctx, JD_ERR_DATA, "%s: is no panel of divisions", f->panel);
    for (int64_t i = 0; i < f->units; i++) {
        const double row = jd_table_number(s.panel, unit, i);
        if (row != jd_table_number(s.panel, unit, 0) + (double)i || row < 0 ||
            row >= (double)s.places->rows)
            return jd_fail(ctx, JD_ERR_DATA, "%s: its units are no rows of /jurisdictions",
                           f->panel);
    }
    s.level = level_of(s.places, (int64_t)jd_table_number(s.panel, unit, 0));
    rc = take_panel(f, &s, ctx);
    if (!rc) rc = take_keys(f, s.panel, ctx);
    if (!rc) rc = take_blocks(f, &s, block, ctx);
    if (!rc) rc = take_development(f, &s, ctx);
    if (!rc) rc = take_moves(f, &s, ctx);
    return rc ? rc : count_outflow(f, &s, ctx);
}

void jd_moment_frame_free(jd_moment_frame_t *f)
{
    void *all[] = {f->inflow,    f->outflow,   f->other,     f->flow,      f->stock,
                   f->sector[0], f->sector[1], f->sector[2], f->sector[3], f->development,
                   f->unit,      f->time,      f->cohort,    f->block,     f->move};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    memset(f, 0, sizeof *f);
}
