/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the rows lie: cells, the weights and shares that rows have in them, and weights that change
 * over time. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/group_time/group_time.h"

static const int64_t max_cells = 1 << 27; /* cohorts times periods */

/* Units whose weight is not the same in all rows; first [units] becomes that of the first period.
 */
static int32_t count_moving(const jd_design_t *design, double *first, unsigned char *moves)
{
    const int32_t *unit = design->units.code;
    int32_t n = 0;
    for (int64_t i = 0; i < design->sample.n; i++)
        if (design->periods.code[i] == 0) first[unit[i]] = design->weight[i];
    for (int64_t i = 0; i < design->sample.n; i++) {
        double w = design->weight[i], at_first = first[unit[i]];
        if (!(w < at_first || w > at_first) || moves[unit[i]]) continue;
        moves[unit[i]] = 1;
        n++;
    }
    return n;
}

/* Weights that change over time: one convention whether there are covariates or not. */
int jd_gt_settle_weights(jd_design_t *design, jd_ctx_t *ctx)
{
    static const char *const what[] = {
        "each comparison takes those of its earlier period, cohorts' shares those of the first",
        "each row counts with its own, as in repeated cross-sections",
        "those of the first period count",
        ("each comparison takes those of the cohort's last period before treatment, cohorts' "
         "shares "
         "those of the first")};
    jd_gt_t *gt = design->own;
    const jd_fix_weights_t fix = gt->effects.fix;
    size_t units = (size_t)design->units.n_groups;
    double *first;
    unsigned char *moves = NULL;
    int32_t n = 0;
    int rc = jd_make_n(&first, units, sizeof *first, "weights", ctx);
    if (!rc) rc = jd_make_n(&moves, units, 1, "weights", ctx);
    if (!rc) n = count_moving(design, first, moves);
    if (n > 0 && fix == JD_FIX_FIRST)
        for (int64_t i = 0; i < design->sample.n; i++)
            design->weight[i] = first[design->units.code[i]];
    free(first);
    free(moves);
    if (n == 0) return rc;
    jd_warn(ctx, "%s: weights change over time in %d unit%s: %s", design->estimator->name, n,
            n == 1 ? "" : "s", what[fix]);
    if (fix == JD_FIX_VARYING)
        gt->rows.complete = false;
    else if (fix != JD_FIX_FIRST)
        gt->by = JD_GT_BY_COMPARISONS;
    return rc;
}

static int copy_codes(int32_t **to, const int32_t *from, int32_t n, jd_ctx_t *ctx)
{
    int rc = jd_make(to, n, sizeof **to, "cells", ctx);
    if (!rc) memcpy(*to, from, (size_t)n * sizeof **to);
    return rc;
}

/* Sums by cell and cohort where each unit has one row of weight 1 in every period. */
static void count_units(jd_gt_effects_t *e, const jd_groups_t *cohorts, int32_t rows_of_unit)
{
    for (int32_t g = 0; g < e->n_cohorts; g++) {
        int32_t units = cohorts->count[g] / rows_of_unit;
        e->cohort_share[g] = units;
        for (int32_t t = 0; t < e->n_periods; t++)
            e->mass[g * e->n_periods + t] = units;
    }
}

/* Sums and shares elsewhere. */
static int fill_shares(jd_gt_t *gt, const jd_design_t *design, const int8_t *eligible,
                       jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units;
    jd_gt_effects_t *e = &gt->effects;
    const int32_t *cell = gt->rows.cell;
    size_t n = (size_t)design->sample.n;
    int32_t *rows;
    int rc = jd_make(&rows, units->n_groups, sizeof *rows, "units", ctx);
    if (!rc) rc = jd_make_unset(&gt->rows.share, n, sizeof *gt->rows.share, "units", ctx);
    for (size_t i = 0; !rc && i < n; i++)
        rows[units->code[i]]++;
    for (size_t i = 0; !rc && i < n; i++) {
        double w = design->weight ? design->weight[i] : 1;
        double share =
            !gt->rows.complete ? w / rows[units->code[i]] : (design->periods.code[i] == 0 ? w : 0);
        gt->rows.share[i] = eligible && !eligible[i] ? 0 : share;
        e->mass[cell[i]] += w;
        e->cohort_share[cell[i] / e->n_periods] += gt->rows.share[i];
    }
    free(rows);
    return rc;
}

static int allocate_cells(jd_gt_effects_t *e, const jd_design_t *design, const jd_groups_t *cohorts,
                          jd_ctx_t *ctx)
{
    const jd_groups_t *periods = &design->periods;
    if ((int64_t)cohorts->n_groups * periods->n_groups > max_cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: %d cohorts in %d periods are too many; take longer periods",
                       design->estimator->name, cohorts->n_groups, periods->n_groups);
    e->n_cohorts = cohorts->n_groups;
    e->n_periods = periods->n_groups;
    const int32_t cells = jd_gt_n_cells(e);
    int rc = copy_codes(&e->cohort, cohorts->value, cohorts->n_groups, ctx);
    if (!rc) rc = copy_codes(&e->period, periods->value, periods->n_groups, ctx);
    if (!rc) rc = jd_make(&e->mass, cells, sizeof *e->mass, "cells", ctx);
    if (!rc) rc = jd_make(&e->cohort_share, e->n_cohorts, sizeof *e->cohort_share, "cells", ctx);
    return rc ? rc : jd_make(&e->att, cells, sizeof *e->att, "cells", ctx);
}

/* Cohorts of the rows, or, where these lie in order, of the units. */
static int code_cohorts(jd_groups_t *cohorts, jd_gt_lie_t lie, const jd_frame_t *frame,
                        int32_t n_periods, jd_ctx_t *ctx)
{
    if (lie != JD_GT_IN_ORDER) return jd_groups_make(cohorts, frame->cohort, frame->n, ctx);
    int64_t units = frame->n / n_periods;
    int32_t *first;
    if (jd_make_unset(&first, (size_t)units, sizeof *first, "cohorts", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t u = 0; u < units; u++)
        first[u] = frame->cohort[u * n_periods];
    int rc = jd_groups_make(cohorts, first, units, ctx);
    free(first);
    return rc;
}

/* Cells of the rows; of rows in order they follow from the units' cohorts. */
static int number_cells(jd_gt_rows_t *rows, jd_groups_t *cohorts, const jd_groups_t *periods,
                        jd_ctx_t *ctx)
{
    if (rows->lie == JD_GT_IN_ORDER) {
        rows->unit_cohort = cohorts->code;
        cohorts->code = NULL;
        return JD_OK;
    }
    if (jd_make_unset(&rows->cell, (size_t)periods->n, sizeof *rows->cell, "cells", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < periods->n; i++)
        rows->cell[i] = cohorts->code[i] * periods->n_groups + periods->code[i];
    return JD_OK;
}

int jd_gt_make_cells(jd_design_t *design, const jd_frame_t *frame, const int8_t *eligible,
                     jd_ctx_t *ctx)
{
    jd_gt_t *gt = design->own;
    const jd_gt_lie_t lie = gt->rows.lie;
    const int32_t n_periods = design->periods.n_groups;
    jd_groups_t cohorts = {0};
    int rc = code_cohorts(&cohorts, lie, frame, n_periods, ctx);
    if (!rc) rc = allocate_cells(&gt->effects, design, &cohorts, ctx);
    if (!rc) rc = number_cells(&gt->rows, &cohorts, &design->periods, ctx);
    if (!rc && lie != JD_GT_SINGLY)
        count_units(&gt->effects, &cohorts, lie == JD_GT_IN_ORDER ? 1 : n_periods);
    jd_groups_free(&cohorts);
    return !rc && lie == JD_GT_SINGLY ? fill_shares(gt, design, eligible, ctx) : rc;
}

void jd_gt_free_rows(jd_gt_rows_t *rows)
{
    free(rows->cell);
    free(rows->unit_cohort);
    free(rows->share);
}
