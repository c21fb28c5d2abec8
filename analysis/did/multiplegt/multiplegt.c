/* SPDX-License-Identifier: GPL-3.0-or-later */
/* de Chaisemartin and D'Haultfoeuille (2024, Difference-in-differences estimators of intertemporal
 * treatment effects, Review of Economics and Statistics): treatments that are not binary, come and
 * go. A group is compared, from the last period before its first change of treatment on, with
 * groups of the same baseline treatment that have not changed theirs yet:
 *
 *      DID_g,l = Y_g,F-1+l - Y_g,F-1 - mean over not-yet-switchers of the same            (eq. 5)
 *
 * This file finds baselines, dates of switching and who can be used; did_multiplegt_lags.c
 * compares. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"

static const int64_t max_cells = 1 << 28; /* groups times periods: 2 GB a column */

static void release(jd_design_t *design)
{
    jd_dcdh_t *dc = design->own;
    free(dc->mass);
    free(dc->level_mass);
    free(dc->d);
    free(dc->baseline);
    free(dc->first);
    free(dc->cohort);
    free(dc->up);
    free(dc->cluster);
    free(dc->order);
    free(dc->last);
    free(dc->lag);
    jd_dcdh_controls_free(dc->controls);
    jd_dcdh_het_free(dc->het);
    free(dc->kind);
    free(dc->example);
    free(dc->weight);
    free(dc);
}

static double treatment_of(const jd_panel_t *panel, int64_t row)
{
    if (panel->dose) return panel->dose[row];
    if (panel->treated) return panel->treated[row];
    return panel->cohort[row] != 0 && panel->time[row] >= panel->cohort[row];
}

static int allocate(jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    size_t groups = (size_t)dc->n_groups, cells = jd_dcdh_cells(dc);
    if ((int64_t)cells > max_cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: %d units in %d periods are too many; take longer "
                       "periods or larger units",
                       dc->n_groups, dc->n_periods);
    dc->mass = calloc(cells, sizeof *dc->mass);
    dc->d = calloc(cells, sizeof *dc->d);
    dc->baseline = calloc(groups, sizeof *dc->baseline);
    dc->first = calloc(groups, sizeof *dc->first);
    dc->cohort = calloc(groups, sizeof *dc->cohort);
    dc->up = calloc(groups, sizeof *dc->up);
    dc->cluster = calloc(groups, sizeof *dc->cluster);
    dc->order = calloc(groups, sizeof *dc->order);
    if (!dc->mass || !dc->d || !dc->baseline || !dc->first || !dc->cohort || !dc->up ||
        !dc->cluster || !dc->order)
        return jd_fail_memory(ctx, cells * sizeof *dc->d, "units by periods");
    return JD_OK;
}

/* Cells' weights and mean treatments; each group's cluster, which may not cut it. */
static int fill_cells(jd_dcdh_t *dc, const jd_design_t *design, const jd_panel_t *panel,
                      jd_ctx_t *ctx)
{
    const jd_groups_t *groups = &design->units;
    int64_t n = design->sample.n;
    dc->in_order = (size_t)n == jd_dcdh_cells(dc);
    for (int32_t g = 0; g < dc->n_groups; g++)
        dc->cluster[g] = -1;
    for (int64_t i = 0; i < n; i++) {
        int32_t g = groups->code[i], c = design->clusters.code[i];
        int64_t row = design->sample.row[i];
        size_t cell = jd_dcdh_cell(dc, design, i);
        double w = design->weight ? design->weight[i] : 1, d = treatment_of(panel, row);
        if (!isfinite(d))
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: row %s: treatment = %g; it must be finite: give "
                           "such rows weight 0",
                           JD_ROW_NAME(ctx, row + 1), d);
        if (dc->cluster[g] >= 0 && dc->cluster[g] != c)
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: unit %s is in cluster %s and, in row %s, in "
                           "cluster %s; a cluster holds whole units here: give each unit one",
                           JD_UNIT_NAME(ctx, groups->value[g]),
                           JD_CLUSTER_NAME(ctx, design->clusters.value[dc->cluster[g]]),
                           JD_ROW_NAME(ctx, row + 1),
                           JD_CLUSTER_NAME(ctx, design->clusters.value[c]));
        dc->cluster[g] = c;
        dc->in_order &= cell == (size_t)i;
        dc->mass[cell] += w;
        dc->d[cell] += w * d;
    }
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++)
        dc->d[c] = dc->mass[c] > 0 ? dc->d[c] / dc->mass[c] : (double)NAN;
    return JD_OK;
}

/* Groups in the order of their clusters. */
static int order_groups(jd_dcdh_t *dc, int32_t n_clusters, jd_ctx_t *ctx)
{
    int32_t *start;
    if (jd_make_n(&start, (size_t)n_clusters + 1, sizeof *start, "clusters", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t g = 0; g < dc->n_groups; g++)
        start[dc->cluster[g] + 1]++;
    for (int32_t c = 0; c < n_clusters; c++)
        start[c + 1] += start[c];
    for (int32_t g = 0; g < dc->n_groups; g++)
        dc->order[start[dc->cluster[g]]++] = g;
    free(start);
    return JD_OK;
}

/* F_g, 0 where treatment never changes; cells in which treatment has been both above and below the
 * baseline are left out unless such reversals are kept. Returns how many. */
static int64_t find_first(jd_dcdh_t *dc, int32_t g, double *base)
{
    int64_t left = 0;
    int above = 0, below = 0;
    double *mass = dc->mass + (size_t)g * (size_t)dc->n_periods;
    const double *d = dc->d + (size_t)g * (size_t)dc->n_periods;
    *base = (double)NAN;
    dc->first[g] = 0;
    for (int32_t t = 0; t < dc->n_periods; t++) {
        if (mass[t] <= 0) continue;
        if (isnan(*base)) *base = d[t];
        above |= d[t] > *base;
        below |= d[t] < *base;
        if (above && below && !dc->keep_reversals) {
            mass[t] = 0;
            left++;
        } else if ((above || below) && dc->first[g] == 0) {
            dc->first[g] = t;
        }
    }
    dc->up[g] = (int8_t)above;
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
        unit_key_t *key = calloc((size_t)groups->n_groups, sizeof *key);
        if (!key) return jd_fail_memory(ctx, (size_t)n * sizeof *key, "groups of common trends");
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
 * the rest numbered anew. */
static int32_t leave_unvaried(jd_dcdh_t *dc, int32_t n, int32_t *fresh, int32_t *seen)
{
    int32_t kept = 0;
    for (int32_t b = 0; b < n; b++)
        seen[b] = -1;
    memset(fresh, 0, (size_t)n * sizeof *fresh);
    for (int32_t g = 0; g < dc->n_groups; g++) {
        int32_t b = dc->baseline[g];
        if (seen[b] >= 0 && seen[b] != dc->first[g]) fresh[b] = 1;
        seen[b] = dc->first[g];
    }
    for (int32_t b = 0; b < n; b++)
        fresh[b] = fresh[b] ? kept++ : -1;
    for (int32_t g = 0; g < dc->n_groups; g++)
        dc->baseline[g] = fresh[dc->baseline[g]];
    return kept;
}

static int find_baselines(jd_dcdh_t *dc, const jd_design_t *design, const jd_panel_t *panel,
                          const jd_groups_t *groups, jd_ctx_t *ctx)
{
    size_t n = (size_t)dc->n_groups;
    int64_t left = 0;
    unit_key_t *key = calloc(n, sizeof *key);
    int32_t *work = calloc(2 * n, sizeof *work);
    int rc = key && work ? cross_trends(design, panel, groups, work, ctx)
                         : jd_fail_memory(ctx, n * sizeof *key, "baseline treatments");
    for (int32_t g = 0; !rc && g < dc->n_groups; g++) {
        left += find_first(dc, g, &key[g].value[0]);
        key[g].part = work[g];
        key[g].group = g;
    }
    if (!rc) {
        int32_t n_values = number_keys(key, dc->n_groups, dc->baseline);
        dc->n_baselines = leave_unvaried(dc, n_values, work, work + n);
        if (left > 0)
            jd_warn(ctx,
                    "did_multiplegt_dyn: %lld cells of unit and period left out: treatment had "
                    "been above and below its baseline",
                    (long long)left);
        if (dc->n_baselines == 0)
            rc = jd_fail(ctx, JD_ERR_NO_CONTROLS,
                         "did_multiplegt_dyn: no control group: no two units with the same "
                         "treatment in their first period change it at different dates, or one "
                         "not at all");
    }
    free(key);
    free(work);
    return rc;
}

/* Who is not seen in the period before the change has no known date of it: control until then. */
static void settle_group(jd_dcdh_t *dc, int32_t g)
{
    double *mass = dc->mass + (size_t)g * (size_t)dc->n_periods;
    double *d = dc->d + (size_t)g * (size_t)dc->n_periods;
    int32_t first = dc->first[g];
    if (first < dc->never && mass[first - 1] <= 0) {
        int32_t t = first - 1;
        while (t > 0 && mass[t] <= 0)
            t--;
        for (t++; t < dc->n_periods; t++)
            mass[t] = 0;
        first = dc->never;
    }
    /* A gap after the change: treatment there is taken as it was at the change. */
    for (int32_t t = first; t < dc->n_periods; t++)
        if (isnan(d[t])) d[t] = d[first];
    dc->first[g] = first;
}

/* Dates and directions of switches, once those without controls are left out. With linear trends,
 * who switches in the second period tells nothing of its own. */
static int settle(jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    size_t cells = jd_dcdh_cells(dc);
    dc->last = calloc((size_t)dc->n_baselines, sizeof *dc->last);
    if (!dc->last) return jd_fail_memory(ctx, cells * sizeof *dc->last, "baseline treatments");
    for (int32_t g = 0; g < dc->n_groups; g++) {
        if (dc->baseline[g] >= 0) settle_group(dc, g);
        if (dc->trends_lin && dc->first[g] == 1) jd_dcdh_leave_group(dc, g);
    }
    if (dc->trends_lin) {
        if (jd_make_unset(&dc->level_mass, cells, sizeof *dc->mass, "weights", ctx))
            return JD_ERR_NO_MEMORY;
        memcpy(dc->level_mass, dc->mass, cells * sizeof *dc->mass);
    }
    jd_dcdh_close(dc);
    return JD_OK;
}

/* Switchers that can be told apart by what their variance is taken about. */
static int number_cohorts(jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    size_t n = (size_t)dc->n_groups;
    unit_key_t *key;
    if (jd_make_n(&key, n, sizeof *key, "cohorts of switchers", ctx)) return JD_ERR_NO_MEMORY;
    for (int32_t g = 0; g < dc->n_groups; g++) {
        size_t c = (size_t)g * (size_t)dc->n_periods + (size_t)dc->first[g];
        int switches = dc->baseline[g] >= 0 && dc->first[g] < dc->never;
        key[g] = (unit_key_t){{dc->first[g], switches ? dc->d[c] : 0}, dc->baseline[g], g};
    }
    dc->n_cohorts = number_keys(key, dc->n_groups, dc->cohort);
    free(key);
    return JD_OK;
}

/* A group, in an order by what its weights follow from, covariates and characteristics aside. */
typedef struct {
    const jd_dcdh_t *dc;
    int32_t group;
} kind_key_t;

static int compare_columns(const kind_key_t *x, const kind_key_t *y, const double *column)
{
    size_t n_t = (size_t)x->dc->n_periods;
    return memcmp(column + (size_t)x->group * n_t, column + (size_t)y->group * n_t,
                  n_t * sizeof *column);
}

static int compare_kinds(const void *a, const void *b)
{
    const kind_key_t *x = a, *y = b;
    const jd_dcdh_t *dc = x->dc;
    const int32_t own[] = {dc->baseline[x->group], dc->first[x->group], dc->up[x->group]};
    const int32_t other[] = {dc->baseline[y->group], dc->first[y->group], dc->up[y->group]};
    for (int k = 0; k < 3; k++)
        if (own[k] != other[k]) return own[k] < other[k] ? -1 : 1;
    if (own[0] < 0) return 0; /* left out */
    int order = compare_columns(x, y, dc->mass);
    if (order == 0) order = compare_columns(x, y, dc->d);
    return order == 0 && dc->level_mass ? compare_columns(x, y, dc->level_mass) : order;
}

static void number_kinds(jd_dcdh_t *dc, kind_key_t *key)
{
    for (int32_t g = 0; g < dc->n_groups; g++)
        key[g] = (kind_key_t){dc, g};
    qsort(key, (size_t)dc->n_groups, sizeof *key, compare_kinds);
    for (int32_t i = 0; i < dc->n_groups; i++) {
        if (i == 0 || compare_kinds(&key[i - 1], &key[i]) != 0) dc->n_kinds++;
        dc->kind[key[i].group] = dc->n_kinds - 1;
        dc->example[dc->n_kinds - 1] = key[i].group;
    }
}

/* A column [cells] comes to be told once a kind. */
static int share_column(const jd_dcdh_t *dc, double **column, jd_ctx_t *ctx)
{
    size_t n_t = (size_t)dc->n_periods, bytes = n_t * sizeof **column;
    if (!*column) return JD_OK;
    double *shared;
    if (jd_make_unset(&shared, (size_t)dc->n_kinds * bytes, 1, "kinds of units", ctx))
        return JD_ERR_NO_MEMORY;
    for (size_t q = 0; q < (size_t)dc->n_kinds; q++)
        memcpy(shared + q * n_t, *column + (size_t)dc->example[q] * n_t, bytes);
    free(*column);
    *column = shared;
    return JD_OK;
}

static int find_kinds(jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    size_t n = (size_t)dc->n_groups;
    int alike = !dc->controls && !dc->het;
    dc->kind = calloc(n, sizeof *dc->kind);
    dc->example = calloc(n, sizeof *dc->example);
    kind_key_t *key = alike ? calloc(n, sizeof *key) : NULL;
    int rc = dc->kind && dc->example && (key || !alike)
                 ? JD_OK
                 : jd_fail_memory(ctx, n * sizeof *key, "kinds of units");
    if (!rc && alike) number_kinds(dc, key);
    for (int32_t g = 0; !rc && !alike && g < dc->n_groups; g++)
        dc->kind[g] = dc->example[g] = dc->n_kinds++;
    free(key);
    if (!rc && alike) rc = share_column(dc, &dc->d, ctx);
    if (!rc && alike) rc = share_column(dc, &dc->mass, ctx);
    return !rc && alike ? share_column(dc, &dc->level_mass, ctx) : rc;
}

/* Periods since the switch, for targets and figures: effect 1 is event time 0. */
static int fill_event_times(const jd_dcdh_t *dc, jd_design_t *design, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)design->sample.n * sizeof *design->event_time;
    if (jd_make_unset(&design->event_time, bytes, 1, "event times", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int32_t g = design->units.code[i], t = design->periods.code[i];
        design->event_time[i] = dc->baseline[g] >= 0 && dc->first[g] < dc->never
                                    ? jd_delayed(dc->delay, t - dc->first[g])
                                    : JD_NEVER;
    }
    return JD_OK;
}

/* Where dates of adoption are known, event times count from them. */
static void find_delay(jd_dcdh_t *dc, const jd_design_t *design, const jd_panel_t *panel,
                       jd_ctx_t *ctx)
{
    const int32_t *date = panel->treated ? panel->adoption : panel->cohort;
    int32_t delay = -1;
    int differ = 0;
    for (int64_t i = 0; date && !panel->dose && i < design->sample.n; i++) {
        int32_t g = design->units.code[i], before = delay;
        if (dc->baseline[g] < 0 || dc->first[g] >= dc->never) continue;
        jd_delay_add(&delay, design->periods.value[dc->first[g]], date[design->sample.row[i]]);
        differ |= before != -1 && before != delay;
    }
    if (differ) jd_tell_gaps("did_multiplegt_dyn", ctx);
    dc->delay = differ || delay < 0 ? 0 : delay;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                jd_ctx_t *ctx)
{
    jd_dcdh_t *dc;
    if (jd_make_n(&dc, 1, sizeof *dc, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = dc;
    dc->normalized = options->multiplegt.normalized;
    dc->same_switchers_pl = options->multiplegt.same_switchers_pl;
    dc->same_switchers =
        options->multiplegt.same_switchers || options->multiplegt.same_switchers_pl;
    dc->only_never = options->multiplegt.only_never_switchers;
    dc->keep_reversals = options->multiplegt.dont_drop_larger_lower;
    dc->trends_lin = options->multiplegt.trends_lin;
    dc->switchers = options->multiplegt.switchers;
    dc->n_groups = design->units.n_groups;
    dc->n_periods = design->periods.n_groups;
    free(design->event_time); /* the frame's are of another treatment */
    design->event_time = NULL;
    int rc = allocate(dc, ctx);
    if (!rc) rc = fill_cells(dc, design, panel, ctx);
    if (!rc) rc = order_groups(dc, design->clusters.n_groups, ctx);
    if (!rc) rc = find_baselines(dc, design, panel, &design->units, ctx);
    if (!rc) rc = jd_dcdh_leave_uncontrolled(dc, ctx);
    if (!rc) rc = settle(dc, ctx);
    if (!rc) rc = number_cohorts(dc, ctx);
    if (!rc && panel->n_x > 0) rc = jd_dcdh_controls_make(dc, design, panel, ctx);
    if (!rc && panel->n_het > 0) rc = jd_dcdh_het_make(dc, design, panel, ctx);
    if (!rc) rc = find_kinds(dc, ctx);
    if (!rc) find_delay(dc, design, panel, ctx);
    if (!rc) rc = jd_dcdh_terms(design, dc, options, ctx);
    if (!rc) rc = fill_event_times(dc, design, ctx);
    return rc;
}

/* Rows in which treatment differs from its unit's first: what "treated" means to the frame. */
static int fill_switched(const jd_panel_t *panel, int8_t *switched, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    int32_t *row = malloc((size_t)units.n_groups * sizeof *row);
    if (!row) rc = jd_fail_memory(ctx, (size_t)units.n_groups * sizeof *row, "units");
    for (int32_t u = 0; row && u < units.n_groups; u++)
        row[u] = -1;
    for (int32_t i = 0; row && i < panel->n; i++) {
        int32_t *r = &row[units.code[i]];
        if (panel->weight && !(panel->weight[i] > 0)) continue;
        if (*r < 0 || panel->time[i] < panel->time[*r]) *r = i;
    }
    for (int64_t i = 0; row && i < panel->n; i++) {
        int32_t r = row[units.code[i]];
        switched[i] = r >= 0 && treatment_of(panel, i) != treatment_of(panel, r);
    }
    free(row);
    jd_groups_free(&units);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {0};
    jd_panel_t own = *panel;
    if (options->cross_sections)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "did_multiplegt_dyn: repeated cross-sections are requested; it follows units "
            "from before their switch");
    int8_t *switched;
    if (jd_make_n(&switched, (size_t)panel->n, 1, "treatment", ctx)) return JD_ERR_NO_MEMORY;
    own.treated = switched;
    int rc = fill_switched(panel, switched, ctx);
    if (!rc) rc = jd_design_frame_make(&frame, design, &own, options, needs, ctx);
    jd_design_frame_free(&frame); /* its codes are the design's */
    free(switched);
    if (!rc) rc = fill(design, panel, options, ctx);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"switchers", JD_PARAM_CHOICE, offsetof(jd_did_options_t, multiplegt.switchers), "both", 0, 0,
     "both | in | out", "", "whose change of treatment counts", "", JD_RESULT},
    {"normalized", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.normalized), "no", 0, 0,
     NULL, "", "effects per unit of treatment so far", "", JD_RESULT},
    {"same_switchers", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.same_switchers), "no",
     0, 0, NULL, "", "only switchers seen for all effects", "", JD_RESULT},
    {"only_never_switchers", JD_PARAM_FLAG,
     offsetof(jd_did_options_t, multiplegt.only_never_switchers), "no", 0, 0, NULL, "",
     "controls never change their treatment", "", JD_RESULT},
    {"same_switchers_pl", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.same_switchers_pl),
     "no", 0, 0, NULL, "", "only switchers seen for all effects and placebos", "", JD_RESULT},
    {"trends_lin", JD_PARAM_FLAG, offsetof(jd_did_options_t, multiplegt.trends_lin), "no", 0, 0,
     NULL, "", "a linear trend of each unit's own", "", JD_RESULT},
    {"dont_drop_larger_lower", JD_PARAM_FLAG,
     offsetof(jd_did_options_t, multiplegt.dont_drop_larger_lower), "no", 0, 0, NULL, "",
     "keep treatments that have been above and below the first one", "", JD_RESULT},
    {.name = NULL},
};

/* Normalized effects are divided by the treatment received. */
static bool is_per_dose(const jd_did_options_t *options)
{
    return options->multiplegt.normalized;
}

const jd_estimator_t jd_estimator_did_multiplegt_dyn = {
    .name = "did_multiplegt_dyn",
    .label = "de Chaisemartin and D'Haultfoeuille, first switches of any treatment",
    .short_label = "did_multiplegt",
    .synonyms = "dcdh,did_multiplegt,de_chaisemartin",
    .uses = JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_HET,
    .infers = JD_INFERS_RESAMPLE,
    .options = own_options,
    .counts_waves = true,
    .is_per_dose = is_per_dose,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = jd_dcdh_infer,
    .release = release,
    .estimate = jd_dcdh_estimate,
    .weights = jd_dcdh_weights,
};
