/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "records/records.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

int32_t jd_records_first_unit(const jd_records_t *e)
{
    return (int32_t)e->places.first[e->level];
}

int32_t jd_records_units(const jd_records_t *e)
{
    return (int32_t)(e->places.first[e->level + 1] - e->places.first[e->level]);
}

static int read_records(jd_records_t *e, jd_ctx_t *ctx)
{
    const jd_panel_wish_t *w = e->wish;
    const jd_wish_t wishes[] = {
        {"--firm", w->firm, false, false},
        {"--date", w->date, false, false},
        {"--from", w->from, false, false},
        {w->address ? "--address" : "--to", w->address ? w->address : w->to, false, false},
        {"--sector", w->sector, false, false}};
    int rc = jd_foreign_open(&e->records, e->path, &e->style, wishes, 5, w->leftover != NULL, false,
                             ctx);
    e->records.order = (jd_date_order_t)w->order;
    return rc;
}

/* Sectors that are named, and one more where some record is of none of them. */
static void count_sectors(jd_records_t *e)
{
    e->sectors = !e->wish->sector ? 1 : e->wish->other ? 3 : e->wish->similar ? 2 : 1;
    for (int64_t i = 0; i < e->judged.n; i++) {
        if (e->judged.fate[i] == JD_FATE_KEPT && e->judged.sector[i] >= e->sectors)
            e->sectors = e->judged.sector[i] + 1;
    }
}

int jd_records_make(jd_records_t *e, const char *path, const jd_panel_wish_t *wish,
                    const jd_csv_style_t *style, jd_ctx_t *ctx)
{
    static const jd_period_t units[] = {JD_PERIOD_QUARTER, JD_PERIOD_MONTH, JD_PERIOD_HALF,
                                        JD_PERIOD_YEAR};
    static const int levels[] = {3, 2, 1, 4};
    e->wish = wish;
    e->path = path;
    e->style = *style;
    e->unit = units[wish->every];
    e->level = levels[wish->by];
    int rc = jd_records_check_sectors(wish, ctx);
    if (!rc) rc = jd_places_read(&e->places, wish->divisions, wish->codes, style, ctx);
    if (!rc && jd_records_units(e) == 0)
        rc = jd_fail(ctx, JD_ERR_DATA, "%s: has no division of level %s; choose another with --by",
                     wish->divisions, jd_place_levels[e->level]);
    if (!rc) rc = read_records(e, ctx);
    if (!rc) rc = jd_records_judge(e, ctx);
    if (!rc) count_sectors(e);
    if (!rc) rc = jd_records_read_policy(e, ctx);
    if (!rc) rc = jd_records_read_stock(e, ctx);
    if (!rc) rc = jd_records_read_join(e, ctx);
    if (!rc) rc = jd_records_make_tables(e, ctx);
    return rc;
}

void jd_records_free(jd_records_t *e)
{
    jd_judged_t *j = &e->judged;
    void *const owned[] = {
        j->firm,         j->day,  j->period,          j->from,        j->to,
        j->sector,       j->fate, j->remarks,         e->cohort,      e->firm_row,
        e->stock,        e->ends, e->firm_slots.slot, e->roster.firm, e->roster.unit,
        e->roster.sector};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        free(owned[k]);
    /* Panels borrow the names of joined columns. */
    jd_table_free(&e->panel);
    jd_table_free(&e->sector_panel);
    jd_table_free(&e->moves);
    jd_table_free(&e->flows);
    jd_table_free(&e->reading);
    jd_table_free(&e->firm_list);
    jd_table_free(&e->firm_panel);
    for (int k = 0; k < e->joined.n_columns; k++)
        free((char *)(uintptr_t)e->joined.columns[k].name);
    jd_table_free(&e->joined);
    jd_foreign_free(&e->records);
    jd_foreign_free(&e->stock_file);
    jd_places_free(&e->places);
    memset(e, 0, sizeof *e);
}
