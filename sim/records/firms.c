/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firms by what the files call them: those of the records, then those of the stock alone. */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/number.h"
#include "records/records.h"

enum { BLOCK = 1 << 16 };

int jd_slots_make(jd_slots_t *s, int64_t n, jd_ctx_t *ctx)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)n)
        size *= 2;
    s->mask = size - 1;
    return jd_make_n(&s->slot, size, sizeof *s->slot, "a table of firms", ctx);
}

uint64_t jd_slot_of(const jd_slots_t *s, uint64_t hash)
{
    hash ^= hash >> 32;
    return (hash * UINT64_C(0x9E3779B97F4A7C15) >> 16) & s->mask;
}

/* What the file that named a firm first calls it. */
static const char *text_of(const jd_records_t *e, int64_t firm, char own[JD_CELL_SIZE])
{
    const int64_t row = e->firm_row[firm];
    return row >= 0 ? jd_foreign_text(&e->records, e->records.column[0], row, own)
                    : jd_foreign_text(&e->stock_file, e->stock_file.column[3], ~row, own);
}

/* Its slot: that of the firm of this name, or the free one where it belongs. */
static uint64_t find_slot(const jd_records_t *e, const char *text)
{
    const jd_slots_t *s = &e->firm_slots;
    char other[JD_CELL_SIZE];
    const uint64_t hash = jd_hash_words(UINT64_C(0xCBF29CE484222325), text, strlen(text) + 1);
    uint64_t at = jd_slot_of(s, hash);
    while (s->slot[at] && strcmp(text_of(e, s->slot[at] - 1, other), text) != 0)
        at = (at + 1) & s->mask;
    return at;
}

static bool is_number(const char *text)
{
    int64_t x;
    return jd_number_read_int(text, strlen(text), &x) && x >= 0 && x < INT32_MAX &&
           (text[0] != '0' || !text[1]);
}

/* Number of the firm of this name; it is entered with its row if it is new. */
static int32_t number_of(jd_records_t *e, const char *text, int64_t row)
{
    if (!*text) return -1;
    if (!is_number(text)) e->numbered = true;
    const uint64_t at = find_slot(e, text);
    if (!e->firm_slots.slot[at]) {
        e->firm_row[e->firms++] = row;
        e->firm_slots.slot[at] = (int32_t)e->firms;
    }
    return e->firm_slots.slot[at] - 1;
}

int jd_records_number_firms(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    char own[JD_CELL_SIZE];
    int rc = jd_slots_make(&e->firm_slots, j->n, ctx);
    if (!rc) rc = jd_make(&e->firm_row, j->n, sizeof *e->firm_row, "firms", ctx);
    for (int64_t i = 0; i < j->n && !rc; i++) {
        j->firm[i] = number_of(e, jd_foreign_text(&e->records, e->records.column[0], i, own), i);
        if (i % BLOCK == 0) rc = jd_check_cancelled(ctx);
    }
    return rc;
}

int jd_records_expect_firms(jd_records_t *e, int64_t more, jd_ctx_t *ctx)
{
    char own[JD_CELL_SIZE];
    const int64_t n = e->firms + more;
    if (n >= INT32_MAX - 1)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: with those of the records there are %lld firms; at most 2^31 - 3 can be numbered",
            e->wish->stock, (long long)n);
    int64_t *rows = realloc(e->firm_row, (size_t)(n + 1) * sizeof *rows);
    if (!rows) return jd_fail_memory(ctx, (size_t)n * sizeof *rows, "firms");
    e->firm_row = rows;
    free(e->firm_slots.slot);
    int rc = jd_slots_make(&e->firm_slots, n, ctx);
    for (int64_t i = 0; i < e->firms && !rc; i++)
        e->firm_slots.slot[find_slot(e, text_of(e, i, own))] = (int32_t)(i + 1);
    return rc;
}

int32_t jd_records_stock_firm(jd_records_t *e, int column, int64_t row)
{
    char own[JD_CELL_SIZE];
    return number_of(e, jd_foreign_text(&e->stock_file, column, row, own), ~row);
}

int32_t jd_records_firm_number(const jd_records_t *e, int32_t firm)
{
    char own[JD_CELL_SIZE];
    int64_t x = -1;
    if (firm < 0 || e->numbered) return firm;
    const char *text = text_of(e, firm, own);
    return jd_number_read_int(text, strlen(text), &x) ? (int32_t)x : firm;
}

static const jd_column_t columns[] = {
    {"firm", JD_INT32, "1", "firm, from 0, as in /relocations", NULL, 0, JD_AXIS_CELL},
    {"id", JD_TEXT, "", "as the files call it", NULL, JD_CELL_SIZE, JD_AXIS_CELL},
};

int jd_records_make_firms(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_table_t *t = &e->firm_list;
    char own[JD_CELL_SIZE];
    if (!e->numbered || !e->firms) return JD_OK;
    int rc = jd_table_init(t, "firms", "Firms by number", columns, 2, e->firms, ctx);
    for (int64_t i = 0; i < e->firms && !rc; i++) {
        JD_CELLS(t, 0, int32_t)[i] = (int32_t)i;
        jd_table_set_text(t, 1, i, text_of(e, i, own));
        t->rows++;
    }
    return rc;
}
