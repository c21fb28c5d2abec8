/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/dose/cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

void jd_dose_cells_free(jd_dose_cells_t *c)
{
    free(c->row);
    free(c->weight);
    free(c->cell_unit);
    free(c->group);
    free(c->control);
    jd_dose_covariates_free(c);
    memset(c, 0, sizeof *c);
}

int32_t jd_dose_cell_time(const jd_dose_cells_t *c, int32_t cell)
{
    return c->period[c->group[c->cell_group[cell]].time];
}

static int check_request(const jd_design_t *design, const jd_panel_t *panel,
                         const jd_did_options_t *options, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    if (!panel->dose)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: the panel has no dose; it estimates effects by it", name);
    if (options->cross_sections)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: repeated cross-sections are requested; it follows units through all "
                       "periods",
                       name);
    if (options->anticipation < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: anticipation = %d periods; it is at least 0",
                       name, options->anticipation);
    return JD_OK;
}

static int allocate(jd_dose_cells_t *c, jd_ctx_t *ctx)
{
    size_t units = (size_t)c->n_units, periods = (size_t)c->n_periods, cells = units * periods;
    int rc = jd_make_unset(&c->row, cells + 3 * units + periods, sizeof *c->row, "the cells", ctx);
    if (!rc) rc = jd_make_n(&c->weight, units + cells, sizeof *c->weight, "the cells", ctx);
    if (!rc) rc = jd_make_unset(&c->cell_unit, 2 * cells, sizeof *c->cell_unit, "the cells", ctx);
    if (rc) return rc;
    c->unit = c->row + cells;
    c->cluster = c->unit + units;
    c->cohort = c->cluster + units;
    c->period = c->cohort + units;
    c->dose = c->weight + units;
    c->cell_group = c->cell_unit + cells;
    return JD_OK;
}

/* One row of the sample into its unit's line; what is a unit's must not change along it. */
static int place_row(jd_dose_cells_t *c, const jd_design_t *design, const jd_panel_t *panel,
                     const jd_frame_t *frame, int64_t i, int32_t u, int32_t t, int fresh,
                     jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    int64_t row = design->sample.row[i];
    double weight = design->weight ? design->weight[i] : 1;
    if (!isfinite(panel->dose[row]))
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: row %s: dose = %g; doses must be finite in every row used: "
                       "give such rows weight 0",
                       name, JD_ROW_NAME(ctx, row + 1), panel->dose[row]);
    if (fresh) {
        c->weight[u] = weight;
        c->cluster[u] = design->clusters.code[i];
        c->cohort[u] = frame->cohort[i];
        c->unit[u] = frame->unit[i];
    } else if (c->cluster[u] != design->clusters.code[i]) {
        return jd_check_whole_clusters(design, ctx);
    } else if (c->weight[u] != weight) {
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: row %s: unit %s weighs %g here and %g in another row; it "
                       "follows units: give each one weight, that of its first period say",
                       name, JD_ROW_NAME(ctx, row + 1), JD_UNIT_NAME(ctx, frame->unit[i]), weight,
                       c->weight[u]);
    }
    c->row[(int64_t)u * c->n_periods + t] = (int32_t)i;
    c->dose[(int64_t)u * c->n_periods + t] = panel->dose[row];
    return JD_OK;
}

static int place_rows(jd_dose_cells_t *c, const jd_design_t *design, const jd_panel_t *panel,
                      const jd_frame_t *frame, jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, periods = {0};
    unsigned char *seen = NULL;
    int rc = jd_groups_make(&units, frame->unit, frame->n, ctx);
    if (!rc) rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc) goto out;
    c->n_units = units.n_groups;
    c->n_periods = periods.n_groups;
    rc = allocate(c, ctx);
    if (!rc) rc = jd_make(&seen, units.n_groups, 1, "units", ctx);
    if (!rc) memcpy(c->period, periods.value, (size_t)periods.n_groups * sizeof *c->period);
    for (int64_t i = 0; !rc && i < frame->n; i++) {
        int32_t u = units.code[i];
        rc = place_row(c, design, panel, frame, i, u, periods.code[i], !seen[u], ctx);
        seen[u] = 1;
    }
out:
    free(seen);
    jd_groups_free(&units);
    jd_groups_free(&periods);
    return rc;
}

/* Last period before adoption less anticipation; the sample has one. */
static int32_t find_base(const jd_dose_cells_t *c, int32_t cohort, int32_t anticipation)
{
    int32_t base = 0;
    while (base + 1 < c->n_periods && (int64_t)c->period[base + 1] < (int64_t)cohort - anticipation)
        base++;
    return base;
}

static double dose_at(const jd_dose_cells_t *c, int32_t u, int32_t t)
{
    return c->dose[(int64_t)u * c->n_periods + t];
}

/* Whether a unit is control in a period. */
static int is_control(const jd_dose_cells_t *c, const jd_did_options_t *options, int32_t u,
                      int32_t t)
{
    if (c->cohort[u] == 0) return 1;
    return options->control == JD_CONTROL_NOT_YET &&
           (int64_t)c->cohort[u] > (int64_t)c->period[t] + options->anticipation;
}

/* Room for one more group, and for all units in it. */
static int reserve_group(jd_dose_cells_t *c, int32_t *room, int64_t *control_room, jd_ctx_t *ctx)
{
    if (c->n_groups == *room) {
        int32_t more = *room ? 2 * *room : 64;
        void *to = realloc(c->group, (size_t)more * sizeof *c->group);
        if (!to) return jd_fail_memory(ctx, (size_t)more * sizeof *c->group, "comparisons");
        c->group = to;
        *room = more;
    }
    if ((int64_t)c->n_controls + c->n_units > *control_room) {
        int64_t more = 2 * *control_room + c->n_units;
        if (more > INT32_MAX)
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "comparisons with %" PRId64 " controls in all are too many; take "
                           "longer periods or fewer doses before adoption",
                           more);
        void *to = realloc(c->control, (size_t)more * sizeof *c->control);
        if (!to) return jd_fail_memory(ctx, (size_t)more * sizeof *c->control, "controls");
        c->control = to;
        *control_room = more;
    }
    return JD_OK;
}

/* Lists the controls of cohort g's units in a period; with `stable` of those with this dose. */
static void fill_group(jd_dose_cells_t *c, const jd_did_options_t *options,
                       jd_comparison_group_t shape, const double *stable)
{
    jd_comparison_group_t *group = &c->group[c->n_groups++];
    int32_t t = shape.time, base = shape.base;
    *group = shape;
    group->first = c->n_controls;
    for (int32_t u = 0; u < c->n_units; u++) {
        if (!is_control(c, options, u, t)) continue;
        if (stable && !(dose_at(c, u, t) == *stable && dose_at(c, u, base) == *stable)) continue;
        c->control[c->n_controls++] = u;
        group->weight += c->weight[u];
    }
    group->n = c->n_controls - group->first;
}

/* The group of a treated cell among those from `from` on (one cohort and period), or -1. */
static int32_t find_group(const jd_dose_cells_t *c, int32_t from, const double *dose,
                          double const *stable)
{
    for (int32_t k = from; k < c->n_groups; k++)
        if (!stable || dose[k - from] == *stable) return k;
    return -1;
}

/* Cells of one cohort in one period. doses [n_units] scratch. */
static int add_cells(jd_dose_cells_t *c, const jd_did_options_t *options, int32_t cohort, int32_t t,
                     int is_stable, double *doses, int32_t room[1], int64_t control_room[1],
                     jd_ctx_t *ctx)
{
    int32_t from = c->n_groups, base = find_base(c, cohort, options->anticipation);
    for (int32_t u = 0; u < c->n_units; u++) {
        if (c->cohort[u] != cohort) continue;
        double before = dose_at(c, u, base), *stable = is_stable ? &before : NULL;
        int32_t group = find_group(c, from, doses, stable);
        if (group < 0) {
            int rc = reserve_group(c, room, control_room, ctx);
            if (rc) return rc;
            group = c->n_groups;
            doses[group - from] = before;
            const jd_comparison_group_t shape = {.cohort = cohort, .time = t, .base = base};
            fill_group(c, options, shape, stable);
        }
        if (c->group[group].n == 0) {
            c->n_unmatched++;
            continue;
        }
        c->cell_unit[c->n_cells] = u;
        c->cell_group[c->n_cells++] = group;
    }
    return JD_OK;
}

static int list_cells(jd_dose_cells_t *c, const jd_design_t *design,
                      const jd_did_options_t *options, int stable, jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    int32_t room = 0;
    int64_t control_room = 0;
    double *doses;
    int rc = jd_make_unset(&doses, (size_t)c->n_units, sizeof *doses, "doses", ctx);
    if (!rc) rc = jd_groups_make(&cohorts, c->cohort, c->n_units, ctx);
    for (int32_t g = 0; !rc && g < cohorts.n_groups; g++)
        for (int32_t t = 0; !rc && t < c->n_periods; t++)
            if (cohorts.value[g] != 0 && c->period[t] >= cohorts.value[g])
                rc = add_cells(c, options, cohorts.value[g], t, stable, doses, &room, &control_room,
                               ctx);
    if (!rc && c->n_cells == 0)
        rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                     "%s: no treated unit has a control (%d cells); controls are never treated, or "
                     "not yet if requested%s",
                     design->estimator->name, c->n_unmatched,
                     stable ? ", of the same dose before, which does not change" : "");
    if (!rc && c->n_unmatched > 0)
        jd_warn(ctx, "%s: %d treated cells left out: they have no control", design->estimator->name,
                c->n_unmatched);
    free(doses);
    jd_groups_free(&cohorts);
    return rc;
}

int jd_dose_cells_make(jd_dose_cells_t *c, jd_design_t *design, const jd_panel_t *panel,
                       const jd_did_options_t *options, int stable, jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    jd_frame_t frame = {0};
    const jd_staggered_needs_t who = {.anticipation = options->anticipation,
                                      .last_as_control = options->control == JD_CONTROL_NOT_YET,
                                      .complete = 1};
    const jd_frame_needs_t needs = {.cohort = 1, .staggered = &staggered};
    int rc = check_request(design, panel, options, ctx);
    if (!rc) rc = jd_staggered_make(&staggered, design->estimator->name, panel, who, ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = place_rows(c, design, panel, &frame, ctx);
    if (!rc) rc = list_cells(c, design, options, stable, ctx);
    if (!rc) rc = jd_dose_covariates_make(c, design, panel, ctx);
    jd_design_frame_free(&frame);
    jd_staggered_free(&staggered);
    return rc;
}

static double change(const jd_dose_cells_t *c, const jd_comparison_group_t *group, const double *v,
                     int32_t u)
{
    const double *own = v + (int64_t)u * c->n_periods;
    return own[group->time] - own[group->base];
}

void jd_dose_cells_effects(const jd_dose_cells_t *c, const double *v, double *theta, double *mean)
{
    double *slopes = mean + c->n_groups;
    memset(mean, 0, jd_dose_group_numbers(c) * sizeof *mean);
    for (int32_t k = 0; k < c->n_groups; k++) {
        const jd_comparison_group_t *group = &c->group[k];
        double sum = 0;
        for (int32_t j = group->first; j < group->first + group->n; j++)
            sum += c->weight[c->control[j]] * change(c, group, v, c->control[j]);
        mean[k] = sum / group->weight;
        for (int32_t j = group->first; c->n_x > 0 && j < group->first + group->n; j++) {
            int32_t u = c->control[j];
            jd_dose_add_x(c, k, u, c->weight[u] * (change(c, group, v, u) - mean[k]), slopes);
        }
    }
    jd_dose_solve_x(c, slopes);
    for (int32_t i = 0; i < c->n_cells; i++) {
        int32_t k = c->cell_group[i], u = c->cell_unit[i];
        theta[i] = change(c, &c->group[k], v, u) - mean[k] - jd_dose_shift(c, k, u, slopes);
    }
}

/* Sum of a by group, and behind it what makes weights of the controls' covariates. */
static void sum_groups(const jd_dose_cells_t *c, const double *a, double *by_group)
{
    memset(by_group, 0, jd_dose_group_numbers(c) * sizeof *by_group);
    for (int32_t i = 0; i < c->n_cells; i++) {
        by_group[c->cell_group[i]] += a[i];
        jd_dose_add_x(c, c->cell_group[i], c->cell_unit[i], a[i], by_group + c->n_groups);
    }
    jd_dose_solve_x(c, by_group + c->n_groups);
}

/* Weight of control u's change in a sum of theta, but for its sign. */
static double control_weight(const jd_dose_cells_t *c, int32_t k, int32_t u, const double *by_group)
{
    return by_group[k] * c->weight[u] / c->group[k].weight +
           c->weight[u] * jd_dose_shift(c, k, u, by_group + c->n_groups);
}

static int has_part(const jd_dose_cells_t *c, int32_t k, const double *by_group)
{
    return by_group[k] != 0 || c->n_x > 0;
}

static void add_change(const jd_dose_cells_t *c, const jd_comparison_group_t *group, int32_t u,
                       double by, double *w)
{
    const int32_t *own = c->row + (int64_t)u * c->n_periods;
    w[own[group->time]] += by;
    w[own[group->base]] -= by;
}

void jd_dose_cells_weights(const jd_dose_cells_t *c, const double *a, double *by_group, double *w)
{
    sum_groups(c, a, by_group);
    for (int32_t i = 0; i < c->n_cells; i++)
        if (a[i] != 0) add_change(c, &c->group[c->cell_group[i]], c->cell_unit[i], a[i], w);
    for (int32_t k = 0; k < c->n_groups; k++) {
        const jd_comparison_group_t *group = &c->group[k];
        if (!has_part(c, k, by_group)) continue;
        for (int32_t j = group->first; j < group->first + group->n; j++) {
            int32_t u = c->control[j];
            add_change(c, group, u, -control_weight(c, k, u, by_group), w);
        }
    }
}

void jd_dose_cells_influence(const jd_dose_cells_t *c, const double *a, const double *v,
                             const double *theta, const double *mean, const double *centre,
                             double *by_group, double *by_cluster)
{
    sum_groups(c, a, by_group);
    for (int32_t i = 0; i < c->n_cells; i++)
        by_cluster[c->cluster[c->cell_unit[i]]] += a[i] * (theta[i] - (centre ? centre[i] : 0));
    for (int32_t k = 0; k < c->n_groups; k++) {
        const jd_comparison_group_t *group = &c->group[k];
        if (!has_part(c, k, by_group)) continue;
        for (int32_t j = group->first; j < group->first + group->n; j++) {
            int32_t u = c->control[j];
            by_cluster[c->cluster[u]] -=
                control_weight(c, k, u, by_group) *
                (change(c, group, v, u) - mean[k] - jd_dose_shift(c, k, u, mean + c->n_groups));
        }
    }
}

int jd_dose_cells_fill(jd_design_t *design, const jd_dose_cells_t *c,
                       jd_dose_coefficients_t coefficients, const void *own, jd_ctx_t *ctx)
{
    int n_terms = design->facts.n_terms;
    double *a;
    if (jd_make_unset(&a, (size_t)c->n_cells + jd_dose_group_numbers(c), sizeof *a, "weights", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_regression_init(&design->regression, NULL, design->sample.n, n_terms, NULL, ctx);
    for (int k = 0; !rc && k < n_terms; k++) {
        coefficients(own, k, a);
        jd_dose_cells_weights(c, a, a + c->n_cells, jd_design_column(design, k));
        design->regression.kept[k] = k;
    }
    if (!rc) design->regression.n_kept = n_terms;
    free(a);
    return rc;
}
