/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to know of the data before believing an estimate: units seen twice in a period, codes that
 * look like "never", a group in the place of a treatment. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/said.h"
#include "dataset/parts.h"

JD_PRINTF(2, 3)
static void remark(jd_own_data_t *data, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(data->remark[data->n_remarks++], JD_OWN_REMARK_WIDTH, format, list);
    va_end(list);
}

/* Rows by unit, in their order within each: order [n]. */
static int sort_by_unit(const jd_groups_t *units, int32_t **order, jd_ctx_t *ctx)
{
    int32_t *next;
    int rc = jd_make(&next, (int64_t)units->n_groups + 1, sizeof *next, "rows by unit", ctx);
    if (!rc) rc = jd_make(order, units->n, sizeof **order, "rows by unit", ctx);
    for (int32_t g = 1; g < units->n_groups && !rc; g++)
        next[g] = next[g - 1] + units->count[g - 1];
    for (int64_t i = 0; i < units->n && !rc; i++)
        (*order)[next[units->code[i]]++] = (int32_t)i;
    free(next);
    return rc;
}

typedef struct seen {
    int64_t repeats;
    int32_t first;       /* the first row that repeats another's unit and period */
    bool treated, moves; /* some row is treated; some unit's treatment changes */
} seen_t;

/* Walks the units; last[time] is the last unit seen in a period, from 1. O(n). */
static void walk(const jd_panel_t *p, const jd_groups_t *units, const jd_groups_t *times,
                 const int32_t *order, int32_t *last, seen_t *seen)
{
    for (int64_t k = 0; k < p->n; k++) {
        int32_t i = order[k], unit = units->code[i] + 1, *at = &last[times->code[i]];
        if (*at == unit && (seen->repeats++ == 0 || i < seen->first)) seen->first = i;
        *at = unit;
        if (!p->treated) continue;
        seen->treated = seen->treated || p->treated[i];
        seen->moves = seen->moves || (k > 0 && units->code[order[k - 1]] + 1 == unit &&
                                      p->treated[i] != p->treated[order[k - 1]]);
    }
}

static int look_at_units(const jd_panel_t *p, seen_t *seen, jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, times = {0};
    int32_t *order = NULL, *last = NULL;
    int rc = jd_groups_make(&units, p->unit, p->n, ctx);
    if (!rc) rc = jd_groups_make(&times, p->time, p->n, ctx);
    if (!rc) rc = sort_by_unit(&units, &order, ctx);
    if (!rc) rc = jd_make(&last, times.n_groups, sizeof *last, "periods", ctx);
    if (!rc) walk(p, &units, &times, order, last, seen);
    free(last);
    free(order);
    jd_groups_free(&times);
    jd_groups_free(&units);
    return rc;
}

/* A cohort further behind the data than they are long: most likely a code. */
static void remark_cohort(jd_own_data_t *data)
{
    const jd_panel_t *p = &data->panel;
    int32_t farthest = 0;
    int64_t rows = 0;
    char cohort[32];
    for (int64_t i = 0; p->cohort && i < p->n; i++) {
        if (p->cohort[i] > farthest) {
            farthest = p->cohort[i];
            rows = 0;
        }
        rows += p->cohort[i] == farthest;
    }
    if (farthest <= data->last) return;
    jd_own_period_text(data, farthest, cohort, sizeof cohort);
    const bool far = (int64_t)farthest - data->last > (int64_t)data->last - data->first + 1;
    remark(data, "cohort %s (%" PRId64 " rows) adopts after the last period: not treated here%s",
           cohort, rows, far ? "; a code for never goes with \1never\2" : "");
}

/* Units whose rows lie in several clusters: errors of one unit in two of them count as independent.
 */
static int remark_movers(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                         jd_ctx_t *ctx)
{
    const jd_panel_t *p = &data->panel;
    jd_groups_t units = {0};
    int32_t *first = NULL, movers = 0;
    int64_t one = -1;
    char unit[96], a[96], b[96];
    if (!p->cluster || p->cluster2) return JD_OK;
    int rc = jd_groups_make(&units, p->unit, p->n, ctx);
    if (!rc) rc = jd_make(&first, units.n_groups, sizeof *first, "clusters", ctx);
    for (int64_t i = 0; i < p->n && !rc; i++) {
        int32_t *seen =
            &first[units.code[i]]; /* row of the unit's first cluster, from 1; < 0 after a remark */
        if (*seen == 0) *seen = (int32_t)i + 1;
        if (*seen < 0 || p->cluster[*seen - 1] == p->cluster[i]) continue;
        if (movers++ == 0) {
            one = i;
            jd_own_show_ids(roles, JD_OWN_CLUSTER, keep[*seen - 1], a, sizeof a);
        }
        *seen = -1;
    }
    if (movers > 0) {
        jd_own_show_ids(roles, JD_OWN_UNIT, keep[one], unit, sizeof unit);
        jd_own_show_ids(roles, JD_OWN_CLUSTER, keep[one], b, sizeof b);
        remark(data,
               "%" PRId32 " unit%s cluster (unit %s: %s, then %s): in regressions each row has its "
               "own, and errors of one unit in two count as independent; \3cluster\2 UNIT,%s takes "
               "both",
               movers, movers == 1 ? " changes" : "s change", unit, a, b,
               roles->list[JD_OWN_CLUSTER].name);
    }
    free(first);
    jd_groups_free(&units);
    return rc;
}

static int look_at_rows(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                        jd_ctx_t *ctx)
{
    seen_t seen = {0};
    char unit[96], time[32];
    remark_cohort(data);
    if (roles->no_unit) return JD_OK;
    int rc = look_at_units(&data->panel, &seen, ctx);
    if (!rc) rc = remark_movers(data, roles, keep, ctx);
    if (rc) return rc;
    if (seen.repeats) {
        jd_own_show_ids(roles, JD_OWN_UNIT, keep[seen.first], unit, sizeof unit);
        remark(data,
               "%" PRId64 " row%s the unit and period of another (first: row %" PRId32
               ", unit %s, %s); all are counted",
               seen.repeats, seen.repeats == 1 ? " repeats" : "s repeat", keep[seen.first] + 1,
               unit, jd_own_period_text(data, data->panel.time[seen.first], time, sizeof time));
    }
    if (seen.treated && !seen.moves)
        remark(
            data,
            "no unit's treatment ever changes: \1treat\2 is the treatment of each period, not the "
            "group");
    return JD_OK;
}

int jd_own_remark(jd_own_data_t *data, const jd_own_columns_t *roles, const int32_t *keep,
                  jd_ctx_t *ctx)
{
    int rc = look_at_rows(data, roles, keep, ctx);
    for (int i = 0; i < data->n_remarks; i++)
        jd_say_options(data->remark[i], JD_OWN_REMARK_WIDTH, ctx ? ctx->style : NULL);
    return rc;
}
