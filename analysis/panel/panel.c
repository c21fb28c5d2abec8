/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/panel.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "panel/grid.h"

static int check_columns(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    if (panel->n < 1 || panel->n > INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "panel has %" PRId64 " rows; allowed are 1 to %d",
                       panel->n, INT32_MAX);
    if (!panel->unit || !panel->time)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "panel needs the columns unit and time");
    if (!panel->cohort && !panel->treated && !panel->dose)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel has no treatment; give cohort (first treated period, 0 = "
                       "never), treated (0 or 1) or dose (an amount)");
    if ((panel->n_fixed > 0 && !panel->fixed) || panel->n_fixed < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "panel names %d fixed effects without their columns",
                       panel->n_fixed);
    if ((panel->n_slopes > 0 && (!panel->slope || !panel->slope_level)) || panel->n_slopes < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel names %d slopes without their variables and levels", panel->n_slopes);
    if ((panel->n_x > 0 && (!panel->x || !panel->x_name)) || panel->n_x < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel names %d covariates without their columns and names", panel->n_x);
    if ((panel->n_het > 0 && (!panel->het || !panel->het_name)) || panel->n_het < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "panel names %d characteristics of units without their columns and names",
                       panel->n_het);
    return JD_OK;
}

/* INT32_MIN is what R's NA becomes, and would be one more unit or period. */
static int check_codes(const int32_t *code, int64_t n, const char *what, jd_ctx_t *ctx)
{
    int none = 0;
    for (int64_t i = 0; code && i < n; i++)
        none |= code[i] == INT32_MIN;
    for (int64_t i = 0; none && i < n; i++)
        if (code[i] == INT32_MIN)
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s: %s is missing (INT32_MIN); leave such rows out",
                           JD_ROW_NAME(ctx, i + 1), what);
    return JD_OK;
}

static int check_all_codes(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const int64_t n = panel->n;
    int rc = check_codes(panel->unit, n, "the unit", ctx);
    if (!rc) rc = check_codes(panel->time, n, "the period", ctx);
    if (!rc && !panel->treated) rc = check_codes(panel->cohort, n, "the cohort", ctx);
    if (!rc) rc = check_codes(panel->cluster, n, "the cluster", ctx);
    if (!rc) rc = check_codes(panel->cluster2, n, "the second cluster", ctx);
    for (int k = 0; k < panel->n_fixed && !rc; k++)
        rc = check_codes(panel->fixed[k], n, "a fixed effect", ctx);
    return rc;
}

static int check_weights(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const double *w = panel->weight;
    for (int64_t i = 0; w && i < panel->n; i++)
        if (!(w[i] >= 0 && isfinite(w[i])))
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s: weight = %g; weights are finite and not negative",
                           JD_ROW_NAME(ctx, i + 1), w[i]);
    return JD_OK;
}

static int none_negative(const int32_t *x, int64_t n)
{
    int32_t signs = 0;
    for (int64_t i = 0; i < n; i++)
        signs |= x[i];
    return signs >= 0;
}

static int check_treatment(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    for (int64_t i = 0; panel->treated && i < panel->n; i++)
        if (panel->treated[i] != 0 && panel->treated[i] != 1)
            return jd_fail(ctx, JD_ERR_DATA, "row %s: treated = %d; it is 0 or 1",
                           JD_ROW_NAME(ctx, i + 1), panel->treated[i]);
    if (!panel->cohort || panel->treated || none_negative(panel->cohort, panel->n)) return JD_OK;
    for (int64_t i = 0; i < panel->n; i++)
        if (panel->cohort[i] < 0)
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s: cohort = %d; it is the first treated period, or 0 for "
                           "never",
                           JD_ROW_NAME(ctx, i + 1), panel->cohort[i]);
    return JD_OK;
}

/* 1 if rows lie by unit and no cohort changes within one: then there is nothing to look up. */
static int plainly_one_cohort(const jd_panel_t *panel, const jd_ctx_t *ctx)
{
    const int32_t *unit = panel->unit, *cohort = panel->cohort;
    int bad = 0, threads = jd_pass_threads(ctx, panel->n);
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : bad)
    for (int64_t i = 1; i < panel->n; i++)
        bad |= (unit[i] < unit[i - 1]) | ((unit[i] == unit[i - 1]) & (cohort[i] != cohort[i - 1]));
    return !bad;
}

/* A unit whose cohort changes has no event time: most often two units share a code. */
static int check_cohorts(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int64_t *first = NULL;
    if (plainly_one_cohort(panel, ctx)) return JD_OK;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) goto out;
    rc = jd_make_unset(&first, (size_t)units.n_groups, sizeof *first, "units", ctx);
    if (rc) goto out;
    for (int32_t g = 0; g < units.n_groups; g++)
        first[g] = -1;
    for (int64_t i = 0; i < panel->n; i++) {
        int64_t *at = &first[units.code[i]];
        if (*at < 0) *at = i;
        if (panel->cohort[i] == panel->cohort[*at]) continue;
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "unit %s has cohort %s in row %s and %s in row %s; a unit has one cohort: "
                     "check for units that share a code, or give the "
                     "treatment path instead",
                     JD_UNIT_NAME(ctx, panel->unit[i]), JD_PERIOD_NAME(ctx, panel->cohort[*at]),
                     JD_ROW_NAME(ctx, *at + 1), JD_PERIOD_NAME(ctx, panel->cohort[i]),
                     JD_ROW_NAME(ctx, i + 1));
        goto out;
    }
out:
    free(first);
    jd_groups_free(&units);
    return rc;
}

int jd_panel_check(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    int rc = check_columns(panel, ctx);
    if (!rc) rc = check_all_codes(panel, ctx);
    if (!rc) rc = check_weights(panel, ctx);
    if (!rc) rc = check_treatment(panel, ctx);
    if (!rc && !panel->treated && panel->cohort) rc = check_cohorts(panel, ctx);
    return rc;
}

static int cohorts_of_path(const jd_panel_t *panel, const jd_groups_t *units, int32_t *start,
                           int32_t *cohort, jd_ctx_t *ctx)
{
    const int32_t never = INT32_MAX;
    for (int32_t g = 0; g < units->n_groups; g++)
        start[g] = never;
    for (int64_t i = 0; i < panel->n; i++) {
        int32_t *s = &start[units->code[i]];
        if (panel->treated[i] && panel->time[i] < *s) *s = panel->time[i];
    }
    for (int64_t i = 0; i < panel->n; i++) {
        int32_t s = start[units->code[i]];
        if (!panel->treated[i] && panel->time[i] >= s)
            return jd_fail(ctx, JD_ERR_DATA,
                           "unit %s is treated from period %s but not in period %s (row %s); event "
                           "time needs a treatment that stays: take did_multiplegt_dyn, or "
                           "lp_did with nonabsorbing",
                           JD_UNIT_NAME(ctx, panel->unit[i]), JD_PERIOD_NAME(ctx, s),
                           JD_PERIOD_NAME(ctx, panel->time[i]), JD_ROW_NAME(ctx, i + 1));
        if (s <= 0)
            return jd_fail(ctx, JD_ERR_DATA,
                           "unit %s is treated from period %s on; 0 as a cohort says never, so "
                           "periods of treatment are numbers above 0: add a number to all periods",
                           JD_UNIT_NAME(ctx, panel->unit[i]), JD_PERIOD_NAME(ctx, s));
        cohort[i] = s == never ? 0 : s;
    }
    return JD_OK;
}

/* Dates known from elsewhere, which the path may not contradict. */
static int take_adoption(const jd_panel_t *panel, int32_t *cohort, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < panel->n; i++) {
        int32_t g = cohort[i] = panel->adoption[i];
        int on = g != 0 && panel->time[i] >= g;
        if (g < 0 || on != panel->treated[i])
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s: treated = %d in period %s, but the unit adopts in %s; "
                           "path and date must agree",
                           JD_ROW_NAME(ctx, i + 1), panel->treated[i],
                           JD_PERIOD_NAME(ctx, panel->time[i]), JD_PERIOD_NAME(ctx, g));
    }
    return JD_OK;
}

int jd_panel_cohorts(const jd_panel_t *panel, int32_t *cohort, jd_ctx_t *ctx)
{
    if (!panel->treated && !panel->cohort)
        return jd_fail(ctx, JD_ERR_DATA,
                       "the treatment is an amount only; this estimator needs to know who is "
                       "treated from when on: give cohort or treated");
    if (!panel->treated) {
        for (int64_t i = 0; i < panel->n; i++)
            cohort[i] = panel->cohort[i];
        return JD_OK;
    }
    if (panel->adoption) return take_adoption(panel, cohort, ctx);
    jd_groups_t units = {0};
    int32_t *start = NULL;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) goto out;
    start = malloc((size_t)units.n_groups * sizeof *start);
    rc = start ? cohorts_of_path(panel, &units, start, cohort, ctx)
               : jd_fail_memory(ctx, (size_t)units.n_groups * sizeof *start, "units");
out:
    free(start);
    jd_groups_free(&units);
    return rc;
}
