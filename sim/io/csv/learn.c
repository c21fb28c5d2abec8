/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/csv/learn.h"

#include <stdio.h>
#include <string.h>

#include "core/cell.h"
#include "core/number.h"

const jd_csv_kind_t jd_csv_unknown = {
    .column = -1, .whole = true, .ways = JD_CELL_POINT | JD_CELL_COMMA};

static bool is_before(jd_csv_place_t a, jd_csv_place_t b)
{
    return a.part < b.part || (a.part == b.part && a.row < b.row);
}

static void learn_ways(jd_csv_kind_t *k, const jd_csv_field_t *f, unsigned ways,
                       jd_csv_place_t place)
{
    const unsigned grouped = JD_CELL_POINT_GROUPED | JD_CELL_COMMA_GROUPED;
    if (k->id && (ways & JD_CELL_POINT_GROUPED)) ways &= ~(unsigned)JD_CELL_POINT;
    if (k->id && (ways & JD_CELL_COMMA_GROUPED)) ways &= ~(unsigned)JD_CELL_COMMA;
    k->ways &= ways;
    k->seen |= ways;
    k->plain =
        k->plain || (ways && !(ways & JD_CELL_MARKED) && !(f->length == 1 && *f->bytes == '0'));
    /* A thread need not meet the parts in order. */
    if (!(ways & grouped) || (k->grouped && is_before(k->place, place))) return;
    k->grouped = true;
    k->place = place;
    snprintf(k->shown, sizeof k->shown, "%.*s", (int)f->length, f->bytes);
}

void jd_csv_learn(jd_csv_kind_t *k, const jd_csv_field_t *f, jd_csv_place_t place)
{
    enum { SURELY_WHOLE = 18 }; /* digits that 64 bits hold in any case */
    int64_t i;
    unsigned ways;
    if (f->length > k->width) k->width = f->length;
    if (k->text || (!k->whole && !k->ways)) { /* text: only what is missing and how wide it is counts */
        k->missing = k->missing || jd_missing_word(f->bytes, f->length);
        return;
    }
    const bool plain = jd_cell_is_plain(f->bytes, f->length, &ways);
    if (!plain && jd_missing_word(f->bytes, f->length)) {
        k->missing = true;
        return;
    }
    if (k->whole && (!plain || (ways & JD_CELL_MARKED) || f->length > SURELY_WHOLE))
        k->whole = !memchr(f->bytes, '.', f->length) && jd_number_read_int(f->bytes, f->length, &i);
    if (k->ways) learn_ways(k, f, plain ? ways : jd_cell_ways(f->bytes, f->length), place);
}

/* Missing with one decimal mark at least; with the other the cell may be a number, or none. */
void jd_csv_learn_code(jd_csv_kind_t *k, const jd_csv_field_t *f, const jd_missing_t *missing)
{
    unsigned ways = jd_cell_ways(f->bytes, f->length);
    if (f->length > k->width) k->width = f->length;
    if (jd_missing_find(missing, f->bytes, f->length, '.')) ways |= JD_CELL_POINT;
    if (jd_missing_find(missing, f->bytes, f->length, ',')) ways |= JD_CELL_COMMA;
    k->ways &= ways;
    k->missing = true;
}

void jd_csv_join(jd_csv_kind_t *k, const jd_csv_kind_t *other)
{
    k->whole = k->whole && other->whole;
    k->missing = k->missing || other->missing;
    k->plain = k->plain || other->plain;
    k->ways &= other->ways;
    k->seen |= other->seen;
    if (other->width > k->width) k->width = other->width;
    if (!other->grouped || (k->grouped && is_before(k->place, other->place))) return;
    k->grouped = true;
    k->place = other->place;
    memcpy(k->shown, other->shown, sizeof k->shown);
}
