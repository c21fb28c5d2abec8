/* SPDX-License-Identifier: GPL-3.0-or-later */
/* panel/od: moves by origin, destination and period, as far as there are any, or with their zeros.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/panel_head.h"
#include "records/records.h"

typedef struct pair {
    int32_t period, from, to, sector;
} pair_t;

static int compare_pairs(const void *a, const void *b)
{
    const pair_t *x = a, *y = b;
    if (x->period != y->period) return x->period < y->period ? -1 : 1;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

enum { PERIOD, DATE, FROM, TO, MOVES, OTHER, COLUMNS };
static const jd_column_t columns[COLUMNS] = {
    [PERIOD] = {"period", JD_INT32, "1", "period, from 1", NULL, 0, JD_AXIS_CELL},
    [DATE] = {"date", JD_INT32, JD_DAYS, "first day of the period", NULL, 0, JD_AXIS_CELL},
    [FROM] = {"origin", JD_INT32, "1", "division left: row of /jurisdictions", NULL, 0,
              JD_AXIS_CELL},
    [TO] = {"destination", JD_INT32, "1", "division moved to: row of /jurisdictions", NULL, 0,
            JD_AXIS_CELL},
    [MOVES] = {"moves", JD_INT32, "firms", "moves of targeted firms", NULL, 0, JD_AXIS_CELL},
    [OTHER] = {"moves_other", JD_INT32, "firms", "moves of untargeted firms", NULL, 0,
               JD_AXIS_CELL},
};
static const double MOST_ROWS = 2e8; /* 4.8 GB of columns */

/* Known moves between two units, sorted. */
static int sort_pairs(const jd_records_t *e, pair_t **pairs, int64_t *n, jd_ctx_t *ctx)
{
    const jd_judged_t *j = &e->judged;
    int rc = jd_make(pairs, e->fates[JD_FATE_KEPT], sizeof **pairs, "flows", ctx);
    for (int64_t i = 0; i < j->n && !rc; i++)
        if (j->fate[i] == JD_FATE_KEPT && j->from[i] >= 0 && j->to[i] >= 0)
            (*pairs)[(*n)++] =
                (pair_t){j->period[i], jd_place_above(&e->places, j->from[i], e->level),
                         jd_place_above(&e->places, j->to[i], e->level), j->sector[i]};
    if (!rc) qsort(*pairs, (size_t)*n, sizeof **pairs, compare_pairs);
    return rc;
}

static int compare_ends(const void *a, const void *b)
{
    const pair_t *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

/* The pairs that have a row in every period: those with a move in some, or all. */
static int list_rows(const jd_records_t *e, const pair_t *pairs, int64_t n, pair_t **rows,
                     int64_t *n_rows, jd_ctx_t *ctx)
{
    const int64_t units = jd_records_units(e);
    const int32_t first = jd_records_first_unit(e);
    const bool all = e->wish->od_zeros == JD_ZEROS_ALL;
    if (all && (double)units * (double)(units - 1) * e->periods > MOST_ROWS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel: --od-zeros all: %lld units in %d periods make %.3g rows, at most "
                       "%.3g can be made; say "
                       "--od-zeros pairs, a larger --by or a longer --every",
                       (long long)units, e->periods,
                       (double)units * (double)(units - 1) * e->periods, MOST_ROWS);
    int rc = jd_make(rows, all ? units * (units - 1) : n, sizeof **rows, "flows", ctx);
    if (rc) return rc;
    if (all) {
        for (int32_t i = 0; i < units; i++)
            for (int32_t k = 0; k < units; k++)
                if (i != k) (*rows)[(*n_rows)++] = (pair_t){0, first + i, first + k, 0};
        return JD_OK;
    }
    memcpy(*rows, pairs, (size_t)n * sizeof **rows);
    qsort(*rows, (size_t)n, sizeof **rows, compare_ends);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || compare_ends(&(*rows)[i], &(*rows)[*n_rows - 1]) != 0)
            (*rows)[(*n_rows)++] = (*rows)[i];
    return JD_OK;
}

static void add_row(const jd_records_t *e, jd_table_t *t, int32_t period, const pair_t *pair)
{
    const int64_t r = t->rows++;
    JD_CELLS(t, PERIOD, int32_t)[r] = period;
    JD_CELLS(t, DATE, int32_t)[r] = (int32_t)jd_period_day(e->unit, e->first + period - 1);
    JD_CELLS(t, FROM, int32_t)[r] = pair->from;
    JD_CELLS(t, TO, int32_t)[r] = pair->to;
}

static void fill_sparse(const jd_records_t *e, jd_table_t *t, const pair_t *pairs, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || compare_pairs(&pairs[i - 1], &pairs[i]) != 0)
            add_row(e, t, pairs[i].period, &pairs[i]);
        JD_CELLS(t, pairs[i].sector > 0 ? OTHER : MOVES, int32_t)[t->rows - 1]++;
    }
}

/* Both lists ascend within a period, so one walk of each does. */
static void fill_dense(const jd_records_t *e, jd_table_t *t, const pair_t *pairs, int64_t n,
                       const pair_t *rows, int64_t n_rows)
{
    int64_t i = 0;
    for (int32_t p = 1; p <= e->periods; p++)
        for (int64_t k = 0; k < n_rows; k++) {
            add_row(e, t, p, &rows[k]);
            for (; i < n && pairs[i].period == p && compare_ends(&pairs[i], &rows[k]) == 0; i++)
                JD_CELLS(t, pairs[i].sector > 0 ? OTHER : MOVES, int32_t)[t->rows - 1]++;
        }
}

int jd_records_make_flows(jd_records_t *e, jd_ctx_t *ctx)
{
    const bool dense = e->wish->od_zeros != JD_ZEROS_NONE;
    pair_t *pairs = NULL, *rows = NULL;
    int64_t n = 0, n_rows = 0;
    int rc = sort_pairs(e, &pairs, &n, ctx);
    if (!rc && dense) rc = list_rows(e, pairs, n, &rows, &n_rows, ctx);
    if (!rc)
        rc = jd_table_init(
            &e->flows, "panel/od",
            !dense ? "Moves by origin, destination and period; pairs without are left out"
            : e->wish->od_zeros == JD_ZEROS_ALL
                ? "Moves by origin, destination and period, of all pairs"
                : "Moves by origin, destination and period, of pairs with a move in some period",
            columns, COLUMNS, dense ? n_rows * e->periods : n, ctx);
    if (!rc && dense)
        fill_dense(e, &e->flows, pairs, n, rows, n_rows);
    else if (!rc)
        fill_sparse(e, &e->flows, pairs, n);
    free(rows);
    free(pairs);
    return rc;
}
