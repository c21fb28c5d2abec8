/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process of the user's own, in any language: a command that writes a panel as CSV to its
 * standard output, with columns unit, time, cohort (0 = never), y and y0, the outcome without the
 * policy; and cluster if it likes. JIEDAO_SEED and JIEDAO_REPLICATE are in its environment: the
 * same pair must give the same panel, or what is interrupted cannot go on. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "io/csv/csv.h"
#include "study/outside.h"
#include "sweep/dgp/kinds.h"

#define ROW(field) offsetof(jd_dgp_params_t, program.field)
static const jd_param_t options[] = {
    {"command", JD_PARAM_TEXT, ROW(command), "", 0, 0, NULL, "",
     "kind = program: a command line that writes unit, time, cohort, y, y0 as CSV", "", JD_RESULT},
    {"seconds", JD_PARAM_DOUBLE, ROW(seconds), "60", 0.1, 86400, NULL, "s",
     "after which a replicate's command is ended", "assumed", JD_RESULT},
    {.name = NULL},
};

enum { UNIT, TIME, COHORT, Y, Y0, CLUSTER, COLUMNS };
static const jd_column_t columns[COLUMNS] = {
    {"unit", JD_INT32, "1", "unit", NULL, 0, JD_AXIS_CELL},
    {"time", JD_INT32, "1", "period", NULL, 0, JD_AXIS_CELL},
    {"cohort", JD_INT32, "1", "first treated period, 0 = never", NULL, 0, JD_AXIS_CELL},
    {"y", JD_DOUBLE, "1", "outcome", NULL, 0, JD_AXIS_CELL},
    {"y0", JD_DOUBLE, "1", "outcome without the policy", NULL, 0, JD_AXIS_CELL},
    {"cluster", JD_INT32, "1", "cluster", NULL, 0, JD_AXIS_CELL},
};

typedef struct place {
    int32_t time, unit;
    int64_t row;
} place_t;

static int by_time(const void *a, const void *b)
{
    const place_t *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int order_rows(const jd_table_t *t, place_t **place, jd_ctx_t *ctx)
{
    int rc = jd_make(place, t->rows, sizeof **place, "the process", ctx);
    for (int64_t i = 0; i < t->rows && !rc; i++)
        (*place)[i] = (place_t){JD_CELLS(t, TIME, int32_t)[i], JD_CELLS(t, UNIT, int32_t)[i], i};
    if (!rc) qsort(*place, (size_t)t->rows, sizeof **place, by_time);
    return rc;
}

static int fill(jd_recovery_sample_t *s, const jd_table_t *t, bool clusters, jd_ctx_t *ctx)
{
    place_t *place = NULL;
    int rc = jd_recovery_sample_init(s, t->rows, 0, false, ctx);
    if (!rc) rc = order_rows(t, &place, ctx);
    for (int64_t i = 0; i < t->rows && !rc; i++) {
        const int64_t at = place[i].row;
        const int32_t cohort = JD_CELLS(t, COHORT, int32_t)[at];
        const bool post = cohort > 0 && place[i].time >= cohort;
        s->unit[i] = place[i].unit;
        s->time[i] = place[i].time;
        s->cohort[i] = cohort;
        s->cluster[i] = clusters ? JD_CELLS(t, CLUSTER, int32_t)[at] : s->unit[i];
        s->cell[i] = post ? JD_CELL_POST : cohort > 0 ? JD_CELL_PRE : JD_CELL_NEVER;
        s->y0[i] = JD_CELLS(t, Y0, double)[at];
        s->observed[i] = s->y1[i] = JD_CELLS(t, Y, double)[at];
    }
    free(place);
    return rc;
}

/* A cell that is empty would be -1 or NaN in an estimate. */
static int check_rows(const jd_table_t *t, const char *command, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < t->rows; i++)
        if (JD_CELLS(t, COHORT, int32_t)[i] < 0 || !isfinite(JD_CELLS(t, Y, double)[i]) ||
            !isfinite(JD_CELLS(t, Y0, double)[i]))
            return jd_fail(ctx, JD_ERR_DATA,
                           "what '%.200s' wrote: row %lld lacks a cohort, y or y0 (a unit never "
                           "treated has cohort 0)",
                           command, (long long)i + 1);
    if (t->rows > 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA, "'%.200s' wrote no rows", command);
}

static int draw(jd_recovery_sample_t *s, const jd_dgp_params_t *p, uint64_t seed,
                uint64_t replicate, jd_ctx_t *ctx)
{
    char path[JD_OUTSIDE_PATH];
    static const bool needed[COLUMNS] = {true, true, true, true, true, false};
    bool found[COLUMNS] = {false};
    jd_table_t table = {0};
    int rc = jd_outside_file(path, ctx);
    if (rc) return rc;
    const jd_outside_t call = {.command = p->program.command,
                               .output = path,
                               .seed = seed,
                               .replicate = replicate,
                               .seconds = p->program.seconds};
    rc = jd_outside_run(&call, ctx);
    if (!rc) {
        jd_ctx_t inner = jd_ctx_inner(ctx);
        rc = jd_csv_read(path, columns, COLUMNS, needed, found, &table, &inner);
        if (rc) rc = jd_fail(ctx, rc, "what '%.200s' wrote: %s", p->program.command, inner.message);
    }
    if (!rc) rc = check_rows(&table, p->program.command, ctx);
    if (!rc) rc = fill(s, &table, found[CLUSTER], ctx);
    jd_table_free(&table);
    (void)remove(path);
    return rc;
}

static int check(const jd_dgp_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    if (*p->program.command) return JD_OK;
    return jd_config_blame(
        config, "dgp", "command", ctx,
        "is empty; kind = program takes panels from a command, as 'Rscript mine.R'");
}

const jd_dgp_kind_t jd_dgp_program = {
    .name = "program",
    .reads = "",
    .options = options,
    .unread = {"", NULL, "dgp.kind = program has all from dgp.command"},
    .check = check,
    .draw = draw,
};
