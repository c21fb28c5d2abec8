/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each record by itself, on all threads; then firms, repeats and counts, in the file's order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/number.h"
#include "core/text.h"
#include "records/records.h"

const char *const jd_fate_names[JD_FATES] = {
    [JD_FATE_KEPT] = "kept",
    [JD_FATE_NO_DATE] = "no date",
    [JD_FATE_BAD_DATE] = "the date cannot be read",
    [JD_FATE_COARSE_DATE] = "the date is coarser than a period",
    [JD_FATE_BEFORE] = "before the first period",
    [JD_FATE_AFTER] = "after the last period",
    [JD_FATE_NO_SECTOR] = "no sector",
    [JD_FATE_NO_PLACE] = "neither origin nor destination is known",
    [JD_FATE_SAME_PLACE] = "moved to where it is",
    [JD_FATE_SAME_UNIT] = "moved within one unit",
    [JD_FATE_DUPLICATE] = "repeats a record: same firm, day, origin and destination",
    [JD_FATE_UNSURE] = "origin or destination not known (--unknown drop)",
    [JD_FATE_FIRST] = "the first address of a firm: no move",
    [JD_FATE_NO_FIRM] = "no firm",
};

const char *const jd_remark_names[JD_REMARKS] = {
    [JD_REMARK_PADDED] = "a code had lost the zeros in front; found without them",
    [JD_REMARK_WIDER] =
        "a code had more or fewer zeros behind than the divisions' (6, 9 or 12 digits)",
    [JD_REMARK_WITHIN] =
        "a code was finer than the divisions; taken as the one it lies in (a guess)",
    [JD_REMARK_NAME] = "a place was found by its name",
    [JD_REMARK_OLD] = "an old code was replaced (--codes)",
    [JD_REMARK_NUMBER_DATE] = "the date is digits alone, read as 20210315, 202103, 20211 or 2021",
    [JD_REMARK_EXCEL] = "the date is a spreadsheet's number of days (a guess)",
    [JD_REMARK_NO_ORIGIN] = "no origin is given: counted at the destination only",
    [JD_REMARK_BAD_ORIGIN] = "the origin is not known: counted at the destination only (a guess)",
    [JD_REMARK_NO_DESTINATION] = "no destination is given: counted at the origin only",
    [JD_REMARK_BAD_DESTINATION] =
        "the destination is not known: counted at the origin only (a guess)",
    [JD_REMARK_COARSE_PLACE] = "a place is above the level of the units, so its unit is not known",
    [JD_REMARK_AMBIGUOUS] = "a name or code fits several divisions, so it is not known which",
    [JD_REMARK_SPLIT] = "an old code became several (--codes), so it is not known which",
    [JD_REMARK_SAME_DAY] = "the firm has another move on the same day, both kept",
    [JD_REMARK_SECOND] = "the firm has moved before in the period, both kept",
};

enum { BLOCK = 1 << 16, MOST_PERIODS = 4000 };

bool jd_records_period(const jd_records_t *e, const jd_moment_t *m, int64_t *period)
{
    if (m->unit == JD_PERIOD_NUMBER) return false;
    if (m->unit == e->unit)
        *period = m->value - e->first + 1;
    else if (!jd_period_within(m->unit, e->unit))
        return false;
    else
        *period = jd_period_of_day(e->unit, jd_period_day(m->unit, m->value)) - e->first + 1;
    return true;
}

/* ---- A record by itself ---- */

static void judge_date(const jd_records_t *e, jd_judged_t *j, int64_t i, int64_t *kinds)
{
    jd_moment_t m = {0};
    int64_t period = 0;
    const jd_dated_t how = jd_foreign_date(&e->records, e->records.column[1], i, &m);
    if (how == JD_DATED_EMPTY || how == JD_DATED_NOT) {
        j->fate[i] = how == JD_DATED_EMPTY ? JD_FATE_NO_DATE : JD_FATE_BAD_DATE;
        return;
    }
    kinds[m.unit]++;
    if (how == JD_DATED_NUMBER) j->remarks[i] |= 1u << JD_REMARK_NUMBER_DATE;
    if (how == JD_DATED_EXCEL) j->remarks[i] |= 1u << JD_REMARK_EXCEL;
    const bool fits = jd_records_period(e, &m, &period);
    const int64_t day = jd_period_day(m.unit, m.value);
    if (day > INT32_MAX || day < INT32_MIN) {
        j->fate[i] = JD_FATE_BAD_DATE;
        return;
    }
    if (!fits) j->fate[i] = JD_FATE_COARSE_DATE;
    j->day[i] = (int32_t)day;
    /* Period 1 may not be known yet: then periods are counted from the calendar's start. */
    j->period[i] = (int32_t)period;
}

/* Row of a cell's place if its unit is known too, else JD_PLACE_...; what was done is remarked. */
static int32_t find_place(const jd_records_t *e, int column, int64_t i, uint32_t *remarks)
{
    char own[JD_CELL_SIZE];
    unsigned how = 0;
    int32_t row = jd_place_find(&e->places, jd_foreign_text(&e->records, column, i, own), &how);
    if (row >= 0) *remarks |= how;
    if (row == JD_PLACE_AMBIGUOUS) *remarks |= 1u << JD_REMARK_AMBIGUOUS;
    if (row == JD_PLACE_SPLIT) *remarks |= 1u << JD_REMARK_SPLIT;
    if (row < 0 || jd_place_above(&e->places, row, e->level) >= 0) return row;
    *remarks |= 1u << JD_REMARK_COARSE_PLACE;
    return JD_PLACE_AMBIGUOUS;
}

static void judge_places(const jd_records_t *e, jd_judged_t *j, int64_t i)
{
    const jd_places_t *p = &e->places;
    const int *column = e->records.column;
    const int32_t from =
                      column[2] >= 0 ? find_place(e, column[2], i, &j->remarks[i]) : JD_PLACE_NONE,
                  to = find_place(e, column[3], i, &j->remarks[i]);
    j->from[i] = from;
    j->to[i] = to;
    if (j->fate[i] != JD_FATE_KEPT) return;
    if (e->wish->address) {
        if (to < 0) j->fate[i] = JD_FATE_NO_PLACE;
        return; /* where it came from is in another row */
    }
    if (from < 0 && to < 0) {
        j->fate[i] = JD_FATE_NO_PLACE;
        return;
    }
    if (from >= 0 && from == to) j->fate[i] = JD_FATE_SAME_PLACE;
    if (from >= 0 && to >= 0 && from != to &&
        jd_place_above(p, from, e->level) == jd_place_above(p, to, e->level))
        j->fate[i] = JD_FATE_SAME_UNIT;
    if (from < 0 && column[2] >= 0)
        j->remarks[i] |= 1u << (from == JD_PLACE_NONE ? JD_REMARK_NO_ORIGIN : JD_REMARK_BAD_ORIGIN);
    if (to < 0)
        j->remarks[i] |=
            1u << (to == JD_PLACE_NONE ? JD_REMARK_NO_DESTINATION : JD_REMARK_BAD_DESTINATION);
    if (((from < 0 && column[2] >= 0) || to < 0) && e->wish->unknown == JD_UNKNOWN_DROP &&
        j->fate[i] == JD_FATE_KEPT)
        j->fate[i] = JD_FATE_UNSURE;
}

static void judge_one(const jd_records_t *e, jd_judged_t *j, int64_t i, int64_t *kinds)
{
    char own[JD_CELL_SIZE];
    judge_date(e, j, i, kinds);
    int sector = 0;
    if (e->records.column[4] >= 0)
        sector =
            jd_records_sector(e->wish, jd_foreign_text(&e->records, e->records.column[4], i, own));
    if (sector < 0 && j->fate[i] == JD_FATE_KEPT) j->fate[i] = JD_FATE_NO_SECTOR;
    j->sector[i] = (int8_t)sector;
    judge_places(e, j, i);
}

static int judge_all(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    const int64_t blocks = (j->n + BLOCK - 1) / BLOCK;
    int rc = JD_OK;
    int64_t kinds[JD_PERIODS] = {0};
    for (int64_t from = 0; from < blocks && !rc; from += 64) {
        const int64_t to = from + 64 < blocks ? from + 64 : blocks;
        rc = jd_check_cancelled(ctx);
        if (!rc)
            jd_report_progress(ctx, &(jd_progress_t){.stage = "reading records",
                                                     .done = from,
                                                     .total = blocks,
                                                     .items = (double)from * BLOCK,
                                                     .item = "records"});
        if (rc) break;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(dynamic) reduction(+ : kinds)
        for (int64_t b = from; b < to; b++) {
            const int64_t end = (b + 1) * BLOCK < j->n ? (b + 1) * BLOCK : j->n;
            for (int64_t i = b * BLOCK; i < end; i++)
                judge_one(e, j, i, kinds);
        }
    }
    memcpy(e->date_kinds, kinds, sizeof kinds);
    return rc;
}

/* ---- Addresses ---- */

typedef struct stay {
    int32_t firm, day, row;
} stay_t;

static int compare_stays(const void *a, const void *b)
{
    const stay_t *x = a, *y = b;
    if (x->firm != y->firm) return x->firm < y->firm ? -1 : 1;
    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* In a file of addresses a move is a row whose place is another than in the firm's row before. */
static int link_addresses(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    stay_t *stays = NULL;
    int64_t n = 0;
    int rc = jd_make(&stays, j->n, sizeof *stays, "addresses", ctx);
    for (int64_t i = 0; i < j->n && !rc; i++) {
        if (j->fate[i] != JD_FATE_KEPT) continue;
        if (j->firm[i] < 0)
            j->fate[i] = JD_FATE_NO_FIRM;
        else
            stays[n++] = (stay_t){j->firm[i], j->day[i], (int32_t)i};
    }
    if (!rc) qsort(stays, (size_t)n, sizeof *stays, compare_stays);
    for (int64_t k = 0; k < n && !rc; k++) {
        const int32_t i = stays[k].row;
        if (k == 0 || stays[k - 1].firm != stays[k].firm) {
            j->fate[i] = JD_FATE_FIRST;
            continue;
        }
        const int32_t from = j->from[i] = j->to[stays[k - 1].row], to = j->to[i];
        if (from == to)
            j->fate[i] = JD_FATE_SAME_PLACE;
        else if (jd_place_above(&e->places, from, e->level) ==
                 jd_place_above(&e->places, to, e->level))
            j->fate[i] = JD_FATE_SAME_UNIT;
    }
    free(stays);
    return rc;
}

/* ---- Periods ---- */

static int read_bound(const jd_records_t *e, const char *option, const char *text, bool last,
                      int64_t *period, jd_ctx_t *ctx)
{
    jd_moment_t m = {0};
    int64_t year;
    if (strlen(text) == 4 && jd_number_read_int(text, 4, &year)) {
        const int64_t month = last ? 12 : 1;
        m = (jd_moment_t){.unit = JD_PERIOD_MONTH, .value = 12 * year + month - 1};
    } else if (!jd_date_read(text, e->records.order, &m)) {
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel: %s %s: a period is written 2020, 2020Q1, 2020-03 or 2020-03-31",
                       option, text);
    }
    int64_t day = jd_period_day(m.unit, m.value);
    if (last) day = jd_period_day(m.unit, m.value + (m.unit == JD_PERIOD_WEEK ? 7 : 1)) - 1;
    *period = jd_period_of_day(e->unit, day);
    return JD_OK;
}

/* The window: as asked for, else from the first record that is kept to the last. */
static int find_window(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    int64_t low = INT64_MAX, high = INT64_MIN;
    char a[JD_CELL_SIZE], b[JD_CELL_SIZE];
    int rc = JD_OK;
    for (int64_t i = 0; i < j->n; i++) {
        const bool stays =
            e->wish->address && (j->fate[i] == JD_FATE_FIRST || j->fate[i] == JD_FATE_SAME_PLACE ||
                                 j->fate[i] == JD_FATE_SAME_UNIT);
        if (j->fate[i] != JD_FATE_KEPT && !stays) continue;
        if (j->period[i] < low) low = j->period[i];
        if (j->period[i] > high) high = j->period[i];
    }
    if (low > high && !(e->wish->first && e->wish->last))
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: no record can be used (%lld of %lld without a date that can be read, %lld "
            "at no known place); look at the columns named, and at --divisions",
            e->path, (long long)(e->fates[JD_FATE_NO_DATE] + e->fates[JD_FATE_BAD_DATE]),
            (long long)j->n, (long long)e->fates[JD_FATE_NO_PLACE]);
    low--, high--;                             /* as the calendar counts, while first = 0 */
    if (e->wish->address && low < high) low++; /* whoever moved in the first is not seen */
    if (e->wish->first) rc = read_bound(e, "--first", e->wish->first, false, &low, ctx);
    if (!rc && e->wish->last) rc = read_bound(e, "--last", e->wish->last, true, &high, ctx);
    if (rc) return rc;
    jd_period_text(e->unit, low, a, sizeof a);
    jd_period_text(e->unit, high, b, sizeof b);
    if (low > high)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "panel: the first period, %s, is after the last, %s",
                       a, b);
    if (high - low >= MOST_PERIODS)
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%s: dates run from %s to %s; most likely a date is wrong: name the window with "
            "--first and --last",
            e->path, a, b);
    e->periods = (int32_t)(high - low + 1);
    for (int64_t i = 0; i < j->n; i++) {
        if (j->fate[i] == JD_FATE_NO_DATE || j->fate[i] == JD_FATE_BAD_DATE ||
            j->fate[i] == JD_FATE_COARSE_DATE)
            continue;
        j->period[i] = (int32_t)(j->period[i] - 1 - low + 1);
        if (e->wish->address && j->fate[i] != JD_FATE_KEPT) continue; /* no moves in any case */
        if (j->period[i] < 1) j->fate[i] = JD_FATE_BEFORE;
        if (j->period[i] > e->periods) j->fate[i] = JD_FATE_AFTER;
    }
    e->first = low;
    return JD_OK;
}

/* ---- Firms and repeats ---- */

/* A key of a record; two keys are one if `same` says so. */
static bool is_same(const jd_judged_t *j, int64_t a, int64_t b, int what)
{
    if (j->firm[a] != j->firm[b]) return false;
    if (what == 2) return j->period[a] == j->period[b];
    return j->day[a] == j->day[b] &&
           (what == 1 || (j->from[a] == j->from[b] && j->to[a] == j->to[b]));
}

/* The first record like this one (what = 0: all the same, 1: firm and day, 2: firm and period), -1:
 * it is the first, and is entered. */
static int64_t first_like(jd_slots_t *s, const jd_judged_t *j, int64_t i, int what)
{
    uint64_t h = jd_hash_word(UINT64_C(0xCBF29CE484222325) + (uint64_t)what, (uint64_t)j->firm[i]);
    h = jd_hash_word(h, (uint64_t)(what == 2 ? j->period[i] : j->day[i]));
    if (what == 0) h = jd_hash_word(jd_hash_word(h, (uint64_t)j->from[i]), (uint64_t)j->to[i]);
    uint64_t at = jd_slot_of(s, h);
    for (; s->slot[at]; at = (at + 1) & s->mask)
        if (is_same(j, s->slot[at] - 1, i, what)) return s->slot[at] - 1;
    s->slot[at] = (int32_t)(i + 1);
    return -1;
}

static int find_repeats(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    jd_slots_t s[3] = {{0}};
    int rc = JD_OK;
    for (int k = 0; k < 3 && !rc; k++)
        rc = jd_slots_make(&s[k], j->n, ctx);
    for (int64_t i = 0; i < j->n && !rc; i++) {
        if (j->fate[i] != JD_FATE_KEPT || j->firm[i] < 0) continue;
        if (i % BLOCK == 0) rc = jd_check_cancelled(ctx);
        if (first_like(&s[0], j, i, 0) >= 0) {
            j->fate[i] = JD_FATE_DUPLICATE;
            continue;
        }
        if (first_like(&s[1], j, i, 1) >= 0) j->remarks[i] |= 1u << JD_REMARK_SAME_DAY;
        if (first_like(&s[2], j, i, 2) >= 0) j->remarks[i] |= 1u << JD_REMARK_SECOND;
    }
    for (int k = 0; k < 3; k++)
        free(s[k].slot);
    return rc;
}

/* ---- Counts ---- */

static void count_fates(jd_records_t *e)
{
    memset(e->fates, 0, sizeof e->fates);
    for (int64_t i = 0; i < e->judged.n; i++)
        e->fates[e->judged.fate[i]]++;
}

static void add_stranger(jd_records_t *e, const char *text)
{
    for (int k = 0; k < JD_STRANGERS; k++) {
        jd_stranger_t *s = &e->strangers[k];
        if (!s->n)
            snprintf(s->text, sizeof s->text, "%.*s",
                     (int)jd_utf8_cut(text, strlen(text) < JD_CELL_SIZE - 1 ? strlen(text)
                                                                            : JD_CELL_SIZE - 1),
                     text);
        if (strncmp(s->text, text, strlen(s->text)) != 0) continue;
        s->n++;
        return;
    }
}

/* Remarks of kept records, and of those left out for their places; unknown places by name. */
static void count_remarks(jd_records_t *e)
{
    const jd_judged_t *j = &e->judged;
    char own[JD_CELL_SIZE];
    for (int64_t i = 0; i < j->n; i++) {
        for (int k = 0; k < JD_REMARKS && j->fate[i] == JD_FATE_KEPT; k++)
            e->remarks[k] += j->remarks[i] >> k & 1;
        for (int k = 2; k < 4; k++)
            if ((k == 2 ? j->from : j->to)[i] < JD_PLACE_NONE)
                add_stranger(e, jd_foreign_text(&e->records, e->records.column[k], i, own));
    }
}

/* Codes shorter than most others by one digit may have lost a zero. */
static void count_short_sectors(jd_records_t *e)
{
    int64_t lengths[8] = {0};
    char own[JD_CELL_SIZE];
    for (int64_t i = 0; e->records.column[4] >= 0 && i < e->judged.n; i++) {
        const char *text = jd_foreign_text(&e->records, e->records.column[4], i, own);
        const size_t n = strspn(text, "0123456789");
        if (!text[n] && n < 8) lengths[n]++;
    }
    for (int n = 2; n < 8; n++)
        if (lengths[n] > 0 && lengths[n - 1] > 0 && lengths[n - 1] < lengths[n])
            e->short_sectors = lengths[n - 1];
}

int jd_records_judge(jd_records_t *e, jd_ctx_t *ctx)
{
    jd_judged_t *j = &e->judged;
    const int64_t n = j->n = e->records.table.rows;
    if (n >= INT32_MAX - 1)
        return jd_fail(ctx, JD_ERR_DATA, "%s: has %lld records; at most 2^31 - 3 are read", e->path,
                       (long long)n);
    int rc = jd_make(&j->firm, n, sizeof *j->firm, "records", ctx);
    if (!rc) rc = jd_make(&j->day, n, sizeof *j->day, "records", ctx);
    if (!rc) rc = jd_make(&j->period, n, sizeof *j->period, "records", ctx);
    if (!rc) rc = jd_make(&j->from, n, sizeof *j->from, "records", ctx);
    if (!rc) rc = jd_make(&j->to, n, sizeof *j->to, "records", ctx);
    if (!rc) rc = jd_make(&j->sector, n, sizeof *j->sector, "records", ctx);
    if (!rc) rc = jd_make(&j->fate, n, sizeof *j->fate, "records", ctx);
    if (!rc) rc = jd_make(&j->remarks, n, sizeof *j->remarks, "records", ctx);
    if (!rc) rc = jd_foreign_find_order(&e->records, e->records.column[1], "--date", ctx);
    if (!rc) rc = judge_all(e, ctx);
    for (int64_t i = 0; i < n && !rc; i++)
        j->firm[i] = -1;
    if (!rc && e->records.column[0] >= 0) rc = jd_records_number_firms(e, ctx);
    if (!rc && e->wish->address) rc = link_addresses(e, ctx);
    if (!rc) count_fates(e);
    if (!rc) rc = find_window(e, ctx);
    if (!rc) rc = find_repeats(e, ctx);
    if (rc) return rc;
    count_fates(e);
    count_remarks(e);
    count_short_sectors(e);
    return JD_OK;
}
