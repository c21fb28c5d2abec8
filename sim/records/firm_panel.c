/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panel/observed: firms by period. Only where stayers are known, which records of movers do not
 * show: from a stock that names its firms, or from addresses. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/panel_head.h"
#include "records/columns.h"

static int make_roster(jd_roster_t *r, int64_t room, jd_ctx_t *ctx)
{
    int rc = jd_make(&r->firm, room, sizeof *r->firm, "firms of the panel", ctx);
    if (!rc) rc = jd_make(&r->unit, room, sizeof *r->unit, "firms of the panel", ctx);
    if (!rc) rc = jd_make(&r->sector, room, sizeof *r->sector, "firms of the panel", ctx);
    return rc;
}

/* ---- From addresses ---- */

/* The last row of each firm before the first period: where it is as the panel begins. */
static void find_last_before(const jd_records_t *e, int32_t *last, int64_t *later)
{
    const jd_judged_t *j = &e->judged;
    for (int64_t i = 0; i < j->n; i++) {
        const int fate = j->fate[i], firm = j->firm[i];
        const bool dated = fate == JD_FATE_FIRST || fate == JD_FATE_SAME_PLACE ||
                           fate == JD_FATE_SAME_UNIT || fate == JD_FATE_BEFORE;
        if (fate == JD_FATE_FIRST && j->period[i] > 0) (*later)++;
        if (!dated || firm < 0 || j->to[i] < 0 || j->period[i] > 0) continue;
        if (last[firm] < 0 || j->day[i] >= j->day[last[firm]]) last[firm] = (int32_t)i;
    }
}

static int roster_of_addresses(jd_records_t *e, jd_ctx_t *ctx)
{
    const jd_judged_t *j = &e->judged;
    jd_roster_t *r = &e->roster;
    int32_t *last = NULL;
    int rc = make_roster(r, e->firms, ctx);
    if (!rc) rc = jd_make(&last, e->firms, sizeof *last, "firms of the panel", ctx);
    for (int64_t f = 0; f < e->firms && !rc; f++)
        last[f] = -1;
    if (!rc) find_last_before(e, last, &r->later);
    for (int64_t f = 0; f < e->firms && !rc; f++) {
        const int32_t i = last[f];
        if (i < 0 || j->sector[i] < 0 || j->sector[i] >= e->sectors) continue;
        r->firm[r->n] = (int32_t)f;
        r->unit[r->n] = jd_place_above(&e->places, j->to[i], e->level) - jd_records_first_unit(e);
        r->sector[r->n++] = j->sector[i];
    }
    free(last);
    return rc;
}

/* ---- From a stock ---- */

int jd_records_start_roster(jd_records_t *e, int64_t rows, jd_ctx_t *ctx)
{
    int rc = jd_records_expect_firms(e, rows, ctx);
    return rc ? rc : make_roster(&e->roster, rows, ctx);
}

/* ---- The panel ---- */

enum {
    SECTOR = P_SHARED,
    SECTOR_OBSERVED,
    COHORT_OBSERVED,
    ORIGIN,
    COHORT_ORIGIN,
    MOVED,
    MOVED_TREATED,
    MOVED_OBSERVED,
    MOVED_TREATED_OBSERVED,
    COLUMNS
};
static const char *const names[COLUMNS] = {[P_TIME] = "time",
                                           [P_DATE] = "date",
                                           [P_UNIT] = "unit",
                                           [P_COHORT] = "cohort",
                                           [SECTOR] = "sector",
                                           [SECTOR_OBSERVED] = "sector_observed",
                                           [COHORT_OBSERVED] = "cohort_observed",
                                           [ORIGIN] = "origin",
                                           [COHORT_ORIGIN] = "cohort_origin",
                                           [MOVED] = "moved",
                                           [MOVED_TREATED] = "moved_treated",
                                           [MOVED_OBSERVED] = "moved_observed",
                                           [MOVED_TREATED_OBSERVED] = "moved_treated_observed"};

static void fill_firms(const jd_records_t *e, jd_table_t *t)
{
    const jd_roster_t *r = &e->roster;
    for (int64_t i = 0; i < r->n; i++) {
        const int32_t cohort = e->cohort[r->unit[i]], own = r->sector[i] == 0 ? cohort : 0;
        JD_CELLS(t, P_UNIT, int32_t)[i] = jd_records_firm_number(e, r->firm[i]);
        JD_CELLS(t, P_COHORT, int32_t)[i] = own;
        JD_CELLS(t, COHORT_OBSERVED, int32_t)[i] = own;
        JD_CELLS(t, SECTOR, int8_t)[i] = r->sector[i];
        JD_CELLS(t, SECTOR_OBSERVED, int8_t)[i] = r->sector[i];
        JD_CELLS(t, ORIGIN, int32_t)[i] = jd_records_first_unit(e) + r->unit[i];
        JD_CELLS(t, COHORT_ORIGIN, int32_t)[i] = cohort;
    }
}

static int32_t unit_of(const jd_records_t *e, int32_t place)
{
    return place < 0 ? -1 : jd_place_above(&e->places, place, e->level) - jd_records_first_unit(e);
}

/* Counts the moves of firms in the panel; a first move that leaves another unit than the firm is
 * said to be in is counted, since then one of the two files is wrong. */
static void fill_moves(jd_records_t *e, jd_table_t *t, const int32_t *place, int32_t *first)
{
    const jd_judged_t *j = &e->judged;
    jd_roster_t *r = &e->roster;
    for (int64_t i = 0; i < j->n; i++) {
        if (j->fate[i] != JD_FATE_KEPT) continue;
        const int32_t at = j->firm[i] < 0 ? -1 : place[j->firm[i]];
        if (at < 0) {
            r->moves_without++;
            continue;
        }
        if (first[at] < 0 || j->day[i] < j->day[first[at]]) first[at] = (int32_t)i;
        const int64_t cell = (int64_t)(j->period[i] - 1) * r->n + at;
        const int32_t to = unit_of(e, j->to[i]);
        const bool treated = to >= 0 && e->cohort[to] > 0;
        for (int seen = 0; seen < 2; seen++) {
            JD_CELLS(t, seen ? MOVED_OBSERVED : MOVED, int8_t)[cell] = 1;
            if (treated)
                JD_CELLS(t, seen ? MOVED_TREATED_OBSERVED : MOVED_TREATED, int8_t)[cell] = 1;
        }
    }
    for (int64_t at = 0; at < r->n; at++) {
        const int32_t from = first[at] < 0 ? -1 : unit_of(e, j->from[first[at]]);
        r->elsewhere += from >= 0 && from != r->unit[at];
    }
}

int jd_records_make_firm_panel(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_table_t *t = &e->firm_panel;
    jd_roster_t *r = &e->roster;
    int rc = e->wish->address ? roster_of_addresses(e, ctx) : JD_OK;
    if (rc || !r->n || e->wish->count) return rc;
    int32_t *place = NULL, *first = NULL;
    jd_column_list_t l;
    rc = jd_column_list_make(&l, COLUMNS, ctx);
    for (int c = 0; c < COLUMNS && !rc; c++)
        (void)jd_column_list_take(&l, e, "panel/observed", names[c]);
    if (!rc) {
        rc = jd_table_init_panel(t, "panel/observed", "Firms by period, from records", l.columns,
                                 COLUMNS, e->periods, r->n, ctx);
        if (rc)
            free(l.columns);
        else
            t->owned = l.columns;
    }
    if (!rc) rc = jd_make(&place, e->firms, sizeof *place, "firms of the panel", ctx);
    if (!rc) rc = jd_make(&first, r->n, sizeof *first, "firms of the panel", ctx);
    if (!rc) {
        jd_records_fill_axes(e, t);
        for (int64_t f = 0; f < e->firms; f++)
            place[f] = -1;
        for (int64_t i = 0; i < r->n; i++) {
            place[r->firm[i]] = (int32_t)i;
            first[i] = -1;
        }
        fill_firms(e, t);
        fill_moves(e, t, place, first);
    }
    free(place);
    free(first);
    return rc;
}
