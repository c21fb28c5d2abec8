/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects ATT(g,t) of callaway_santanna, drdid and staggered_triple_difference, and their averages.
 *
 * Callaway and Sant'Anna (2021, J. Econometrics 225). Without covariates every
 *
 *      ATT(g,t) = E[Y_t - Y_b | G = g] - E[Y_t - Y_b | C]          (eqs. 2.8, 2.9)
 *
 * is a difference of cell means, b the base period, C the controls; with covariates it is a
 * comparison of pair.h. Their averages (section 3) are weighted by the cohorts' shares of units.
 */
#include <stdlib.h>

#include "core/memory.h"
#include "did/group_time/group_time.h"

static const int64_t max_table = 1 << 27; /* terms times cells: 1 GB */

bool jd_gt_is_control(const jd_gt_effects_t *e, const jd_gt_att_t *a, int32_t cohort)
{
    if (e->cohort[cohort] == 0) return true;
    int32_t later = a->time > a->base ? a->time : a->base;
    return e->control == JD_CONTROL_NOT_YET && cohort != a->cohort &&
           (int64_t)e->cohort[cohort] > (int64_t)e->period[later] + e->anticipation;
}

double jd_gt_control_mass(const jd_gt_effects_t *e, const jd_gt_att_t *a, int32_t period,
                          const double *x, double *mean)
{
    double mass = 0, sum = 0;
    for (int32_t h = 0; h < e->n_cohorts; h++) {
        int32_t cell = h * e->n_periods + period;
        if (!jd_gt_is_control(e, a, h) || e->mass[cell] <= 0) continue;
        mass += e->mass[cell];
        if (x) sum += e->mass[cell] * x[cell];
    }
    if (x) *mean = sum / mass;
    return mass;
}

int32_t jd_gt_last_before(const jd_gt_effects_t *e, int32_t cohort)
{
    int64_t start = (int64_t)e->cohort[cohort] - e->anticipation;
    int32_t last = -1;
    while (last + 1 < e->n_periods && e->period[last + 1] < start)
        last++;
    return last;
}

/* Base period's code; -1 where there is none. */
static int32_t base_of(const jd_gt_effects_t *e, int32_t cohort, int32_t t, bool universal)
{
    int64_t start = (int64_t)e->cohort[cohort] - e->anticipation;
    return !universal && e->period[t] < start ? t - 1 : jd_gt_last_before(e, cohort);
}

static bool is_comparable(const jd_gt_effects_t *e, const jd_gt_att_t *a)
{
    int32_t own = a->cohort * e->n_periods;
    return e->mass[own + a->time] > 0 && e->mass[own + a->base] > 0 &&
           jd_gt_control_mass(e, a, a->time, NULL, NULL) > 0 &&
           jd_gt_control_mass(e, a, a->base, NULL, NULL) > 0;
}

void jd_gt_list_effects(jd_gt_effects_t *e, const char *name, bool universal, jd_ctx_t *ctx)
{
    for (int32_t g = 0; g < e->n_cohorts; g++)
        for (int32_t t = 0; e->cohort[g] != 0 && t < e->n_periods; t++) {
            jd_gt_att_t a = {g, t, base_of(e, g, t, universal)};
            if (a.base < 0) continue;
            if (is_comparable(e, &a))
                e->att[e->n_atts++] = a;
            else
                jd_warn(ctx,
                        "%s: g=%s,t=%s left out: no rows of the cohort or of controls in this or "
                        "its base period",
                        name, JD_PERIOD_NAME(ctx, e->cohort[g]), JD_PERIOD_NAME(ctx, e->period[t]));
        }
}

bool jd_gt_has_overall(const jd_gt_effects_t *e)
{
    for (int a = 0; a < e->n_atts; a++)
        if (e->period[e->att[a].time] >= e->cohort[e->att[a].cohort]) return true;
    return false;
}

/* The term an effect counts under, or JD_NO_KEY. */
static int32_t key_of(const jd_gt_effects_t *e, const jd_did_options_t *options, int att)
{
    const jd_gt_att_t *a = &e->att[att];
    int32_t g = e->cohort[a->cohort], t = e->period[a->time];
    int32_t first = e->period[0], last = e->period[e->n_periods - 1];
    int32_t key = jd_aggregate_key(options->aggregate, g, t);
    if (options->aggregate != JD_AGGREGATE_EVENT) return key;
    if (key < options->event_first || key > options->event_last) return JD_NO_KEY;
    int64_t balance = options->group_time.balance_event;
    if (balance < 0) return key;
    bool seen =
        (int64_t)last - g >= balance && key <= balance && key >= balance - ((int64_t)last - first);
    return seen ? key : JD_NO_KEY;
}

/* Term `k` = mean of the effects of one key by cohort share; JD_AGGREGATE_COHORT's are plain means.
 */
static void fill_mix(const jd_gt_effects_t *e, jd_gt_terms_t *terms, int k)
{
    double *mix = terms->mix + (size_t)k * (size_t)e->n_atts, total = 0;
    const double *multiple = terms->multiple + (size_t)k * (size_t)e->n_atts;
    for (int a = 0; a < e->n_atts; a++) {
        mix[a] = multiple[a] * e->cohort_share[e->att[a].cohort];
        total += mix[a];
    }
    for (int a = 0; a < e->n_atts; a++)
        mix[a] /= total;
}

/* Overall effect of the cohort aggregate: their own means, by share; elsewhere every treated cell
 * that has a key. Returns whether there is one. */
static bool fill_overall(const jd_gt_effects_t *e, jd_gt_terms_t *terms, jd_aggregate_t by,
                         const int32_t *key)
{
    bool some = false;
    for (int a = 0; a < e->n_atts; a++) {
        int32_t g = e->att[a].cohort, count = 0;
        for (int b = 0; b < e->n_atts; b++)
            count += e->att[b].cohort == g && e->period[e->att[b].time] >= e->cohort[g];
        if (e->period[e->att[a].time] < e->cohort[g] || key[a] == JD_NO_KEY) continue;
        terms->multiple[a] = by == JD_AGGREGATE_COHORT ? 1.0 / count : 1;
        some = true;
    }
    if (some) fill_mix(e, terms, 0);
    return some;
}

/* Overall effect of event times and periods: the plain mean of the terms of treated cells. Returns
 * whether there is one. */
static bool fill_mean(jd_gt_terms_t *terms, int n_atts, const jd_term_t *term)
{
    terms->mean_first = terms->n;
    for (int k = 1; k < terms->n; k++)
        if (term[k].kind != JD_TERM_EVENT || term[k].event_first >= 0) {
            if (terms->n_mean++ == 0) terms->mean_first = k;
            for (int a = 0; a < n_atts; a++)
                terms->mix[a] += terms->mix[(size_t)k * (size_t)n_atts + (size_t)a];
        }
    for (int a = 0; a < n_atts; a++)
        terms->mix[a] /= terms->n_mean;
    return terms->n_mean > 0;
}

static int count_terms(const jd_groups_t *keys, jd_aggregate_t by, int n_atts)
{
    if (by == JD_AGGREGATE_CELLS) return n_atts;
    if (by == JD_AGGREGATE_OVERALL) return 1;
    return 1 + keys->n_groups - (keys->value[0] == JD_NO_KEY);
}

static int allocate_terms(jd_design_t *design, jd_gt_t *gt, jd_ctx_t *ctx)
{
    const jd_gt_effects_t *e = &gt->effects;
    size_t n = (size_t)gt->terms.n, atts = (size_t)e->n_atts, cells = (size_t)jd_gt_n_cells(e);
    if ((int64_t)n > max_table / (int64_t)cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: %d terms of %d cohorts in %d periods are too many; "
                       "aggregate, or take longer periods",
                       design->estimator->name, gt->terms.n, e->n_cohorts, e->n_periods);
    int rc = jd_make_n(&design->terms, n, sizeof *design->terms, "the aggregates", ctx);
    if (!rc) rc = jd_make_n(&gt->terms.multiple, n * atts, sizeof(double), "the aggregates", ctx);
    if (!rc) rc = jd_make_n(&gt->terms.mix, n * atts, sizeof(double), "the aggregates", ctx);
    if (!rc && gt->by == JD_GT_BY_CELLS)
        rc = jd_make_n(&gt->cells.loading, n * cells, sizeof(double), "the aggregates", ctx);
    return rc;
}

static void fill_terms(jd_gt_t *gt, jd_term_t *term, jd_aggregate_t by, const jd_groups_t *keys,
                       const int32_t *key)
{
    const jd_gt_effects_t *e = &gt->effects;
    double *multiple = gt->terms.multiple;
    size_t atts = (size_t)e->n_atts;
    int k = by != JD_AGGREGATE_CELLS;
    if (k) term[0] = jd_term_overall("att");
    if (by == JD_AGGREGATE_CELLS)
        for (size_t a = 0; a < atts; a++) {
            term[a] = jd_term_cell(e->cohort[e->att[a].cohort], e->period[e->att[a].time]);
            multiple[a * atts + a] = 1;
        }
    else if (by != JD_AGGREGATE_OVERALL)
        for (int32_t g = 0; g < keys->n_groups; g++)
            if (keys->value[g] != JD_NO_KEY) {
                term[k] = jd_term_aggregate(by, keys->value[g]);
                for (size_t a = 0; a < atts; a++)
                    multiple[(size_t)k * atts + a] = key[a] == keys->value[g];
                k++;
            }
    for (k = by != JD_AGGREGATE_CELLS; k < gt->terms.n; k++)
        fill_mix(e, &gt->terms, k);
}

/* Adds `by` times the effect's weights on the cells' means. */
static void add_loading(const jd_gt_effects_t *e, const jd_gt_att_t *a, double by, double *loading)
{
    const int32_t period[2] = {a->time, a->base};
    for (int side = 0; side < 2; side++) {
        double sign = side == 0 ? by : -by;
        double mass = jd_gt_control_mass(e, a, period[side], NULL, NULL);
        loading[a->cohort * e->n_periods + period[side]] += sign;
        for (int32_t h = 0; h < e->n_cohorts; h++) {
            int32_t cell = h * e->n_periods + period[side];
            if (jd_gt_is_control(e, a, h)) loading[cell] -= sign * e->mass[cell] / mass;
        }
    }
}

static void fill_loadings(jd_gt_t *gt)
{
    const jd_gt_effects_t *e = &gt->effects;
    for (int k = 0; k < gt->terms.n; k++) {
        const double *mix = jd_gt_mix(gt, k);
        double *loading = gt->cells.loading + (size_t)k * (size_t)jd_gt_n_cells(e);
        for (int a = 0; a < e->n_atts; a++)
            if (mix[a] != 0) add_loading(e, &e->att[a], mix[a], loading);
    }
}

int jd_gt_make_terms(jd_design_t *design, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    jd_aggregate_t by = options->aggregate;
    jd_groups_t keys = {0};
    int32_t *key;
    int rc = jd_make(&key, e->n_atts, sizeof *key, "the aggregates", ctx);
    for (int a = 0; key && a < e->n_atts; a++)
        key[a] = key_of(e, options, a);
    if (!rc) rc = jd_groups_make(&keys, key, e->n_atts, ctx);
    if (!rc) gt->terms.n = count_terms(&keys, by, e->n_atts);
    if (!rc) rc = allocate_terms(design, gt, ctx);
    if (!rc) {
        fill_terms(gt, design->terms, by, &keys, key);
        bool cells = by == JD_AGGREGATE_OVERALL || by == JD_AGGREGATE_COHORT || options->cell_mean;
        bool found =
            by == JD_AGGREGATE_CELLS || (cells ? fill_overall(e, &gt->terms, by, key)
                                               : fill_mean(&gt->terms, e->n_atts, design->terms));
        if (!found)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "%s: no event time from 0 on is left to average; widen event_first, "
                         "event_last or balance_event",
                         design->estimator->name);
    }
    if (!rc && gt->by == JD_GT_BY_CELLS) fill_loadings(gt);
    free(key);
    jd_groups_free(&keys);
    design->facts.n_terms = gt->terms.n;
    return rc;
}
