/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who switches: baselines, dates of switching and who can be used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/alike.h"
#include "did/multiplegt/multiplegt.h"

static const int64_t max_cells = 1 << 28; /* groups times periods: 2 GB a column */

double jd_multiplegt_treatment(const jd_panel_t *panel, int64_t row)
{
    if (panel->dose) return panel->dose[row];
    if (panel->treated) return panel->treated[row];
    return panel->cohort[row] != 0 && panel->time[row] >= panel->cohort[row];
}

static int allocate(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    size_t groups = (size_t)mg->n_groups, cells = jd_multiplegt_cells(mg);
    if ((int64_t)cells > max_cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: %d units in %d periods are too many; take longer "
                       "periods or larger units",
                       mg->n_groups, mg->n_periods);
    static const char what[] = "units by periods";
    int rc = jd_make_n(&mg->groups.mass, cells, sizeof(double), what, ctx);
    if (!rc) rc = jd_make_n(&mg->groups.treatment, cells, sizeof(double), what, ctx);
    if (!rc) rc = jd_make_n(&mg->baseline, groups, sizeof *mg->baseline, what, ctx);
    if (!rc) rc = jd_make_n(&mg->first, groups, sizeof *mg->first, what, ctx);
    if (!rc) rc = jd_make_n(&mg->cohort, groups, sizeof *mg->cohort, what, ctx);
    if (!rc) rc = jd_make_n(&mg->up, groups, sizeof *mg->up, what, ctx);
    if (!rc) rc = jd_make_n(&mg->cluster, groups, sizeof *mg->cluster, what, ctx);
    if (!rc) rc = jd_make_n(&mg->order, groups, sizeof *mg->order, what, ctx);
    if (!rc) jd_multiplegt_view_groups(mg);
    return rc;
}

/* Cells' weights and mean treatments; each group's cluster, which may not cut it. */
static int fill_cells(jd_multiplegt_t *mg, const jd_design_t *design, const jd_panel_t *panel,
                      jd_ctx_t *ctx)
{
    const jd_groups_t *groups = &design->units;
    double *mass = mg->groups.mass, *treatment = mg->groups.treatment;
    int64_t n = design->sample.n;
    mg->in_order = (size_t)n == jd_multiplegt_cells(mg);
    for (int32_t g = 0; g < mg->n_groups; g++)
        mg->cluster[g] = -1;
    for (int64_t i = 0; i < n; i++) {
        int32_t g = groups->code[i], c = design->clusters.code[i];
        int64_t row = design->sample.row[i];
        size_t cell = jd_multiplegt_cell(mg, design, i);
        double w = design->weight ? design->weight[i] : 1, d = jd_multiplegt_treatment(panel, row);
        if (!isfinite(d))
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: row %s: treatment = %g; it must be finite: give "
                           "such rows weight 0",
                           JD_ROW_NAME(ctx, row + 1), d);
        if (mg->cluster[g] >= 0 && mg->cluster[g] != c)
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: unit %s is in cluster %s and, in row %s, in "
                           "cluster %s; a cluster holds whole units here: give each unit one",
                           JD_UNIT_NAME(ctx, groups->value[g]),
                           JD_CLUSTER_NAME(ctx, design->clusters.value[mg->cluster[g]]),
                           JD_ROW_NAME(ctx, row + 1),
                           JD_CLUSTER_NAME(ctx, design->clusters.value[c]));
        mg->cluster[g] = c;
        mg->in_order = mg->in_order && cell == (size_t)i;
        mass[cell] += w;
        treatment[cell] += w * d;
    }
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++)
        treatment[c] = mass[c] > 0 ? treatment[c] / mass[c] : (double)NAN;
    return JD_OK;
}

/* Groups in the order of their clusters. */
static int order_groups(jd_multiplegt_t *mg, int32_t n_clusters, jd_ctx_t *ctx)
{
    int32_t *start;
    if (jd_make_n(&start, (size_t)n_clusters + 1, sizeof *start, "clusters", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t g = 0; g < mg->n_groups; g++)
        start[mg->cluster[g] + 1]++;
    for (int32_t c = 0; c < n_clusters; c++)
        start[c + 1] += start[c];
    for (int32_t g = 0; g < mg->n_groups; g++)
        mg->order[start[mg->cluster[g]]++] = g;
    free(start);
    return JD_OK;
}

/* F_g, 0 where treatment never changes; cells in which treatment has been both above and below the
 * baseline are left out unless such reversals are kept. Returns how many. */
static int64_t find_first(jd_multiplegt_t *mg, int32_t g)
{
    int64_t left = 0;
    bool above = false, below = false;
    double *mass = mg->groups.mass + (size_t)g * (size_t)mg->n_periods, base = (double)NAN;
    const double *d = mg->groups.treatment + (size_t)g * (size_t)mg->n_periods;
    mg->first[g] = 0;
    for (int32_t t = 0; t < mg->n_periods; t++) {
        if (mass[t] <= 0) continue;
        if (isnan(base)) base = d[t];
        above = above || d[t] > base;
        below = below || d[t] < base;
        if (above && below && !mg->keep_reversals) {
            mass[t] = 0;
            left++;
        } else if ((above || below) && mg->first[g] == 0) {
            mg->first[g] = t;
        }
    }
    mg->up[g] = above;
    return left;
}

/* A group's key: numbers that must all agree. */
typedef struct {
    double value[2];
    int32_t part, group;
} unit_key_t;

static int compare_keys(const void *a, const void *b)
{
    const unit_key_t *x = a, *y = b;
    for (int k = 0; k < 2; k++)
        if (x->value[k] != y->value[k]) return x->value[k] < y->value[k] ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

/* Numbers distinct keys in ascending order; returns how many. */
static int32_t number_keys(unit_key_t *key, int32_t n, int32_t *code)
{
    int32_t last = -1;
    qsort(key, (size_t)n, sizeof *key, compare_keys);
    for (int32_t i = 0; i < n; i++) {
        if (i == 0 || compare_keys(&key[i - 1], &key[i]) != 0) last++;
        code[key[i].group] = last;
    }
    return last + 1;
}

/* Codes of the further fixed effects, crossed, that groups must share to be compared: [n_groups].
 */
static int cross_trends(const jd_design_t *design, const jd_panel_t *panel,
                        const jd_groups_t *groups, int32_t *code, jd_ctx_t *ctx)
{
    int64_t n = design->sample.n;
    memset(code, 0, (size_t)groups->n_groups * sizeof *code);
    for (int k = 0; k < panel->n_fixed; k++) {
        unit_key_t *key;
        if (jd_make(&key, groups->n_groups, sizeof *key, "groups of common trends", ctx))
            return JD_ERR_NO_MEMORY;
        for (int64_t i = 0; i < n; i++) {
            int32_t g = groups->code[i], value = panel->fixed[k][design->sample.row[i]];
            if (key[g].part && key[g].value[1] != value) {
                free(key);
                return jd_fail(
                    ctx, JD_ERR_DATA,
                    "did_multiplegt_dyn: unit %s changes its level (now %d) of a further "
                    "fixed effect; these are groups of whole units with common trends",
                    JD_UNIT_NAME(ctx, groups->value[g]), value);
            }
            key[g] = (unit_key_t){{code[g], value}, 1, g};
        }
        number_keys(key, groups->n_groups, code);
        free(key);
    }
    return JD_OK;
}

/* Baselines of which all groups switch at once (or none does) say nothing: they are left out, and
 * the rest renumbered. */
static int32_t leave_unvaried(jd_multiplegt_t *mg, int32_t n, int32_t *fresh, int32_t *seen)
{
    int32_t kept = 0;
    for (int32_t b = 0; b < n; b++)
        seen[b] = -1;
    memset(fresh, 0, (size_t)n * sizeof *fresh);
    for (int32_t g = 0; g < mg->n_groups; g++) {
        int32_t b = mg->baseline[g];
        if (seen[b] >= 0 && seen[b] != mg->first[g]) fresh[b] = 1;
        seen[b] = mg->first[g];
    }
    for (int32_t b = 0; b < n; b++)
        fresh[b] = fresh[b] ? kept++ : -1;
    for (int32_t g = 0; g < mg->n_groups; g++)
        mg->baseline[g] = fresh[mg->baseline[g]];
    return kept;
}

/* Groups by their baseline, and the code [n_groups] of those they share trends with. */
typedef struct {
    const jd_multiplegt_t *mg;
    const int32_t *part;
} baselines_t;

static double baseline_of(const jd_multiplegt_t *mg, int32_t g)
{
    const double *mass = mg->groups.mass + (size_t)g * (size_t)mg->n_periods;
    const double *d = mg->groups.treatment + (size_t)g * (size_t)mg->n_periods;
    int32_t t = 0;
    while (t + 1 < mg->n_periods && mass[t] <= 0)
        t++;
    return d[t];
}

static int compare_baselines(const void *user, int32_t a, int32_t b)
{
    const baselines_t *by = user;
    double x = baseline_of(by->mg, a), y = baseline_of(by->mg, b);
    if (x != y) return x < y ? -1 : 1;
    return (by->part[a] > by->part[b]) - (by->part[a] < by->part[b]);
}

static uint64_t hash_baseline(const void *user, int32_t g)
{
    const baselines_t *by = user;
    return jd_alike_mix(jd_alike_mix(0, baseline_of(by->mg, g)), by->part[g]);
}

static int find_baselines(jd_multiplegt_t *mg, const jd_design_t *design, const jd_panel_t *panel,
                          const jd_groups_t *groups, jd_ctx_t *ctx)
{
    size_t n = (size_t)mg->n_groups;
    int64_t left = 0;
    int32_t *work, *example = NULL, n_values = 0;
    int rc = jd_make_n(&work, 2 * n, sizeof *work, "baseline treatments", ctx);
    if (!rc) rc = cross_trends(design, panel, groups, work, ctx);
    for (int32_t g = 0; !rc && g < mg->n_groups; g++)
        left += find_first(mg, g);
    const baselines_t baselines = {mg, work};
    const jd_alike_t by = {compare_baselines, hash_baseline, &baselines};
    if (!rc) rc = jd_alike_number(&by, mg->n_groups, mg->baseline, &n_values, &example, ctx);
    free(example);
    if (!rc) {
        mg->n_baselines = leave_unvaried(mg, n_values, work, work + n);
        if (left > 0)
            jd_warn(ctx,
                    "did_multiplegt_dyn: %lld cells of unit and period left out: treatment had "
                    "been above and below its baseline",
                    (long long)left);
        if (mg->n_baselines == 0)
            rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                         "did_multiplegt_dyn: no control group: no two units with the same "
                         "treatment in their first period change it at different dates, or one "
                         "not at all");
    }
    free(work);
    return rc;
}

/* Who is not seen in the period before the change has no known date of it: control until then. */
static void settle_group(jd_multiplegt_t *mg, int32_t g)
{
    double *mass = mg->groups.mass + (size_t)g * (size_t)mg->n_periods;
    double *d = mg->groups.treatment + (size_t)g * (size_t)mg->n_periods;
    int32_t first = mg->first[g];
    if (first < mg->never && mass[first - 1] <= 0) {
        int32_t t = first - 1;
        while (t > 0 && mass[t] <= 0)
            t--;
        for (t++; t < mg->n_periods; t++)
            mass[t] = 0;
        first = mg->never;
    }
    /* A gap after the change: treatment there is taken as it was at the change. */
    for (int32_t t = first; t < mg->n_periods; t++)
        if (isnan(d[t])) d[t] = d[first];
    mg->first[g] = first;
}

/* Dates and directions of switches, once those without controls are left out. With linear trends,
 * who switches in the second period adds no information. */
static int settle(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    size_t cells = jd_multiplegt_cells(mg);
    if (jd_make(&mg->last, mg->n_baselines, sizeof *mg->last, "baseline treatments", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t g = 0; g < mg->n_groups; g++) {
        if (mg->baseline[g] >= 0) settle_group(mg, g);
        if (mg->trends_lin && mg->first[g] == 1) jd_multiplegt_leave_group(mg, g);
    }
    if (mg->trends_lin) {
        jd_multiplegt_groups_t *own = &mg->groups;
        if (jd_make_unset(&own->level_mass, cells, sizeof *own->mass, "weights", ctx))
            return JD_ERR_NO_MEMORY;
        memcpy(own->level_mass, own->mass, cells * sizeof *own->mass);
        jd_multiplegt_view_groups(mg);
    }
    jd_multiplegt_close(mg);
    return JD_OK;
}

/* Switchers that differ in what their variance is taken about: F_g, new treatment, baseline. */
static double new_treatment(const jd_multiplegt_t *mg, int32_t g)
{
    size_t c = (size_t)g * (size_t)mg->n_periods + (size_t)mg->first[g];
    const bool switches = mg->baseline[g] >= 0 && mg->first[g] < mg->never;
    return switches ? mg->groups.treatment[c] : 0;
}

static int compare_switchers(const void *user, int32_t a, int32_t b)
{
    const jd_multiplegt_t *mg = user;
    if (mg->first[a] != mg->first[b]) return mg->first[a] < mg->first[b] ? -1 : 1;
    double x = new_treatment(mg, a), y = new_treatment(mg, b);
    if (x != y) return x < y ? -1 : 1;
    return (mg->baseline[a] > mg->baseline[b]) - (mg->baseline[a] < mg->baseline[b]);
}

static uint64_t hash_switcher(const void *user, int32_t g)
{
    const jd_multiplegt_t *mg = user;
    uint64_t hash = jd_alike_mix(jd_alike_mix(0, mg->first[g]), new_treatment(mg, g));
    return jd_alike_mix(hash, mg->baseline[g]);
}

static int number_cohorts(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    const jd_alike_t by = {compare_switchers, hash_switcher, mg};
    int32_t *example;
    int rc = jd_alike_number(&by, mg->n_groups, mg->cohort, &mg->n_cohorts, &example, ctx);
    free(example);
    return rc;
}

int jd_multiplegt_find_switchers(jd_multiplegt_t *mg, const jd_design_t *design,
                                 const jd_panel_t *panel, jd_ctx_t *ctx)
{
    int rc = allocate(mg, ctx);
    if (!rc) rc = fill_cells(mg, design, panel, ctx);
    if (!rc) rc = order_groups(mg, design->clusters.n_groups, ctx);
    if (!rc) rc = find_baselines(mg, design, panel, &design->units, ctx);
    if (!rc) rc = jd_multiplegt_leave_uncontrolled(mg, ctx);
    if (!rc) rc = settle(mg, ctx);
    return rc ? rc : number_cohorts(mg, ctx);
}
