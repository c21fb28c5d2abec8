/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples, effects and averages of callaway_santanna, drdid and staggered_triple_difference.
 *
 * Callaway and Sant'Anna (2021, J. Econometrics 225). Without covariates every
 *
 *      ATT(g,t) = E[Y_t - Y_b | G = g] - E[Y_t - Y_b | C]          (eqs. 2.8, 2.9)
 *
 * is a difference of cell means, b the base period, C the controls; with covariates it is a
 * comparison of drdid.h. Their averages (section 3) are weighted by the cohorts' shares of units.
 */
#include "did/group_time/callaway_santanna.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static const int64_t max_table = 1 << 27; /* terms times cells: 1 GB */

void jd_cs_release(jd_design_t *design)
{
    jd_cs_t *cs = design->own;
    free(cs->cohort);
    free(cs->period);
    free(cs->cell);
    free(cs->unit_cohort);
    free(cs->share);
    free(cs->mass);
    free(cs->cohort_share);
    free(cs->att);
    free(cs->multiple);
    free(cs->mix);
    free(cs->loading);
    jd_cs_free_comparisons(cs);
    free(cs);
}

int jd_cs_is_control(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t cohort)
{
    if (cs->cohort[cohort] == 0) return 1;
    int32_t later = a->time > a->base ? a->time : a->base;
    return cs->control == JD_CONTROL_NOT_YET && cohort != a->cohort &&
           (int64_t)cs->cohort[cohort] > (int64_t)cs->period[later] + cs->anticipation;
}

double jd_cs_control_mass(const jd_cs_t *cs, const jd_cs_att_t *a, int32_t period, const double *x,
                          double *mean)
{
    double mass = 0, sum = 0;
    for (int32_t h = 0; h < cs->n_cohorts; h++) {
        int32_t cell = h * cs->n_periods + period;
        if (!jd_cs_is_control(cs, a, h) || cs->mass[cell] <= 0) continue;
        mass += cs->mass[cell];
        if (x) sum += cs->mass[cell] * x[cell];
    }
    if (x) *mean = sum / mass;
    return mass;
}

/* Adds `by` times the effect's weights on the cells' means. */
static void add_loading(const jd_cs_t *cs, const jd_cs_att_t *a, double by, double *loading)
{
    const int32_t period[2] = {a->time, a->base};
    for (int side = 0; side < 2; side++) {
        double sign = side == 0 ? by : -by;
        double mass = jd_cs_control_mass(cs, a, period[side], NULL, NULL);
        loading[a->cohort * cs->n_periods + period[side]] += sign;
        for (int32_t h = 0; h < cs->n_cohorts; h++) {
            int32_t cell = h * cs->n_periods + period[side];
            if (jd_cs_is_control(cs, a, h)) loading[cell] -= sign * cs->mass[cell] / mass;
        }
    }
}

static int32_t *copy_codes(const int32_t *from, int64_t n)
{
    int32_t *to = malloc((size_t)(n + 1) * sizeof *to);
    if (to) memcpy(to, from, (size_t)n * sizeof *to);
    return to;
}

/* Sums by cell and cohort where each unit has one row of weight 1 in every period. */
static void count_units(jd_cs_t *cs, const jd_groups_t *cohorts)
{
    for (int32_t g = 0; g < cs->n_cohorts; g++) {
        int32_t units = cohorts->count[g] / (cs->in_order ? 1 : cs->n_periods);
        cs->cohort_share[g] = units;
        for (int32_t t = 0; t < cs->n_periods; t++)
            cs->mass[g * cs->n_periods + t] = units;
    }
}

/* Sums and shares elsewhere. */
static int fill_shares(jd_cs_t *cs, const jd_design_t *design, const int8_t *eligible,
                       jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units;
    size_t n = (size_t)design->sample.n, bytes = ((size_t)units->n_groups + 1) * sizeof(int32_t);
    int32_t *rows = calloc((size_t)units->n_groups + 1, sizeof *rows);
    cs->share = malloc((n + 1) * sizeof *cs->share);
    if (!rows || !cs->share) {
        free(rows);
        return jd_fail_memory(ctx, bytes + n * sizeof *cs->share, "units");
    }
    for (size_t i = 0; i < n; i++)
        rows[units->code[i]]++;
    for (size_t i = 0; i < n; i++) {
        double w = design->weight ? design->weight[i] : 1;
        double share =
            !cs->complete ? w / rows[units->code[i]] : (design->periods.code[i] == 0 ? w : 0);
        cs->share[i] = eligible && !eligible[i] ? 0 : share;
        cs->mass[cs->cell[i]] += w;
        cs->cohort_share[cs->cell[i] / cs->n_periods] += cs->share[i];
    }
    free(rows);
    return JD_OK;
}

static int allocate_cells(jd_cs_t *cs, const jd_design_t *design, const jd_groups_t *cohorts,
                          jd_ctx_t *ctx)
{
    const jd_groups_t *periods = &design->periods;
    if ((int64_t)cohorts->n_groups * periods->n_groups > max_table)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: %d cohorts in %d periods are too many; take longer periods",
                       design->estimator->name, cohorts->n_groups, periods->n_groups);
    cs->n_cohorts = cohorts->n_groups;
    cs->n_periods = periods->n_groups;
    size_t n = cs->in_order ? 0 : (size_t)design->sample.n, cells = (size_t)jd_cs_cells(cs);
    cs->cohort = copy_codes(cohorts->value, cohorts->n_groups);
    cs->period = copy_codes(periods->value, periods->n_groups);
    if (!cs->in_order) cs->cell = malloc((n + 1) * sizeof *cs->cell);
    cs->mass = calloc(cells, sizeof *cs->mass);
    cs->cohort_share = calloc((size_t)cs->n_cohorts, sizeof *cs->cohort_share);
    cs->att = calloc(cells, sizeof *cs->att);
    if (!cs->cohort || !cs->period || !(cs->cell || cs->in_order) || !cs->mass ||
        !cs->cohort_share || !cs->att)
        return jd_fail_memory(ctx, n * sizeof *cs->cell + cells * sizeof(double), "cells");
    return JD_OK;
}

/* Cohorts of the rows, or, where these lie in order, of the units. */
static int code_cohorts(jd_groups_t *cohorts, const jd_cs_t *cs, const jd_frame_t *frame,
                        int32_t n_periods, jd_ctx_t *ctx)
{
    if (!cs->in_order) return jd_groups_make(cohorts, frame->cohort, frame->n, ctx);
    int64_t units = frame->n / n_periods;
    int32_t *first;
    if (jd_make_unset(&first, (size_t)(units + 1), sizeof *first, "cohorts", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t u = 0; u < units; u++)
        first[u] = frame->cohort[u * n_periods];
    int rc = jd_groups_make(cohorts, first, units, ctx);
    free(first);
    return rc;
}

/* Cells of the rows; of rows in order the units' cohorts, taken over, tell them. */
static void number_cells(jd_cs_t *cs, jd_groups_t *cohorts, const jd_groups_t *periods)
{
    if (cs->in_order) {
        cs->unit_cohort = cohorts->code;
        cohorts->code = NULL;
        return;
    }
    for (int64_t i = 0; i < periods->n; i++)
        cs->cell[i] = cohorts->code[i] * cs->n_periods + periods->code[i];
}

static int make_cells(jd_cs_t *cs, const jd_design_t *design, const jd_frame_t *frame,
                      const int8_t *eligible, jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    int rc = code_cohorts(&cohorts, cs, frame, design->periods.n_groups, ctx);
    if (!rc) rc = allocate_cells(cs, design, &cohorts, ctx);
    if (!rc) number_cells(cs, &cohorts, &design->periods);
    if (!rc && cs->by_unit) count_units(cs, &cohorts);
    jd_groups_free(&cohorts);
    return !rc && !cs->by_unit ? fill_shares(cs, design, eligible, ctx) : rc;
}

int32_t jd_cs_last_before(const jd_cs_t *cs, int32_t cohort)
{
    int64_t start = (int64_t)cs->cohort[cohort] - cs->anticipation;
    int32_t last = -1;
    while (last + 1 < cs->n_periods && cs->period[last + 1] < start)
        last++;
    return last;
}

/* Base period's code; -1 where there is none. */
static int32_t base_of(const jd_cs_t *cs, int32_t cohort, int32_t t, int universal)
{
    int64_t start = (int64_t)cs->cohort[cohort] - cs->anticipation;
    return !universal && cs->period[t] < start ? t - 1 : jd_cs_last_before(cs, cohort);
}

static int is_comparable(const jd_cs_t *cs, const jd_cs_att_t *a)
{
    int32_t own = a->cohort * cs->n_periods;
    return cs->mass[own + a->time] > 0 && cs->mass[own + a->base] > 0 &&
           jd_cs_control_mass(cs, a, a->time, NULL, NULL) > 0 &&
           jd_cs_control_mass(cs, a, a->base, NULL, NULL) > 0;
}

/* Effects that can be told, by cohort and period; those that cannot are said. */
static void list_atts(jd_cs_t *cs, const char *name, int universal, jd_ctx_t *ctx)
{
    for (int32_t g = 0; g < cs->n_cohorts; g++)
        for (int32_t t = 0; cs->cohort[g] != 0 && t < cs->n_periods; t++) {
            jd_cs_att_t a = {g, t, base_of(cs, g, t, universal)};
            if (a.base < 0) continue;
            if (is_comparable(cs, &a))
                cs->att[cs->n_atts++] = a;
            else
                jd_warn(ctx,
                        "%s: g=%s,t=%s left out: no rows of the cohort or of controls in this or "
                        "its base period",
                        name, JD_PERIOD_NAME(ctx, cs->cohort[g]),
                        JD_PERIOD_NAME(ctx, cs->period[t]));
        }
}

/* The term an effect counts under, or JD_NO_KEY. */
static int32_t key_of(const jd_cs_t *cs, const jd_did_options_t *options, int att)
{
    const jd_cs_att_t *a = &cs->att[att];
    int32_t g = cs->cohort[a->cohort], t = cs->period[a->time];
    int32_t first = cs->period[0], last = cs->period[cs->n_periods - 1];
    int32_t key = jd_aggregate_key(options->aggregate, g, t);
    if (options->aggregate != JD_AGGREGATE_EVENT) return key;
    if (key < options->event_first || key > options->event_last) return JD_NO_KEY;
    int64_t balance = options->group_time.balance_event;
    if (balance < 0) return key;
    int seen =
        (int64_t)last - g >= balance && key <= balance && key >= balance - ((int64_t)last - first);
    return seen ? key : JD_NO_KEY;
}

/* Term `k` = mean of the effects of one key by cohort share; JD_AGGREGATE_COHORT's are plain means.
 */
static void fill_mix(jd_cs_t *cs, int k)
{
    double *mix = cs->mix + (size_t)k * (size_t)cs->n_atts, total = 0;
    const double *multiple = cs->multiple + (size_t)k * (size_t)cs->n_atts;
    for (int a = 0; a < cs->n_atts; a++) {
        mix[a] = multiple[a] * cs->cohort_share[cs->att[a].cohort];
        total += mix[a];
    }
    for (int a = 0; a < cs->n_atts; a++)
        mix[a] /= total;
}

/* Overall effect of the cohort aggregate: their own means, by share; elsewhere every treated cell
 * that has a key. Returns whether there is one. */
static int fill_overall(jd_cs_t *cs, jd_aggregate_t by, const int32_t *key)
{
    int some = 0;
    for (int a = 0; a < cs->n_atts; a++) {
        int32_t g = cs->att[a].cohort, count = 0;
        for (int b = 0; b < cs->n_atts; b++)
            count += cs->att[b].cohort == g && cs->period[cs->att[b].time] >= cs->cohort[g];
        if (cs->period[cs->att[a].time] < cs->cohort[g] || key[a] == JD_NO_KEY) continue;
        cs->multiple[a] = by == JD_AGGREGATE_COHORT ? 1.0 / count : 1;
        some = 1;
    }
    if (some) fill_mix(cs, 0);
    return some;
}

/* Overall effect of event times and periods: the plain mean of the terms of treated cells. */
static int fill_mean(jd_cs_t *cs, const jd_term_t *terms)
{
    cs->mean_first = cs->n_terms;
    for (int k = 1; k < cs->n_terms; k++)
        if (terms[k].kind != JD_TERM_EVENT || terms[k].event_first >= 0) {
            if (cs->n_mean++ == 0) cs->mean_first = k;
            for (int a = 0; a < cs->n_atts; a++)
                cs->mix[a] += cs->mix[(size_t)k * (size_t)cs->n_atts + (size_t)a];
        }
    for (int a = 0; a < cs->n_atts; a++)
        cs->mix[a] /= cs->n_mean;
    return cs->n_mean > 0;
}

static int has_overall(const jd_cs_t *cs)
{
    for (int a = 0; a < cs->n_atts; a++)
        if (cs->period[cs->att[a].time] >= cs->cohort[cs->att[a].cohort]) return 1;
    return 0;
}

static int allocate_terms(jd_design_t *design, jd_cs_t *cs, jd_ctx_t *ctx)
{
    size_t n = (size_t)cs->n_terms, cells = (size_t)jd_cs_cells(cs);
    if ((int64_t)n > max_table / (int64_t)cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: %d terms of %d cohorts in %d periods are too many; "
                       "aggregate, or take longer periods",
                       design->estimator->name, cs->n_terms, cs->n_cohorts, cs->n_periods);
    design->terms = calloc(n, sizeof *design->terms);
    cs->multiple = calloc(n * (size_t)cs->n_atts, sizeof *cs->multiple);
    cs->mix = calloc(n * (size_t)cs->n_atts, sizeof *cs->mix);
    if (!cs->compared) cs->loading = calloc(n * cells, sizeof *cs->loading);
    if (!design->terms || !cs->multiple || !cs->mix || !(cs->loading || cs->compared))
        return jd_fail_memory(ctx, n * cells * sizeof(double), "the aggregates");
    return JD_OK;
}

static void fill_terms(jd_design_t *design, jd_cs_t *cs, const jd_did_options_t *options,
                       const jd_groups_t *keys, const int32_t *key)
{
    jd_aggregate_t by = options->aggregate;
    int k = by != JD_AGGREGATE_CELLS;
    if (k) design->terms[0] = jd_term_overall("att");
    if (by == JD_AGGREGATE_CELLS)
        for (int a = 0; a < cs->n_atts; a++) {
            const jd_cs_att_t *att = &cs->att[a];
            design->terms[a] = jd_term_cell(cs->cohort[att->cohort], cs->period[att->time]);
            cs->multiple[(size_t)a * (size_t)cs->n_atts + (size_t)a] = 1;
        }
    else if (by != JD_AGGREGATE_OVERALL)
        for (int32_t g = 0; g < keys->n_groups; g++)
            if (keys->value[g] != JD_NO_KEY) {
                design->terms[k] = jd_term_aggregate(by, keys->value[g]);
                for (int a = 0; a < cs->n_atts; a++)
                    cs->multiple[(size_t)k * (size_t)cs->n_atts + (size_t)a] =
                        key[a] == keys->value[g];
                k++;
            }
    for (k = by != JD_AGGREGATE_CELLS; k < cs->n_terms; k++)
        fill_mix(cs, k);
}

static int make_terms(jd_design_t *design, jd_cs_t *cs, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    jd_aggregate_t by = options->aggregate;
    size_t bytes = (size_t)cs->n_atts * sizeof(int32_t);
    jd_groups_t keys = {0};
    int32_t *key;
    int rc = jd_make_unset(&key, bytes, 1, "the aggregates", ctx);
    for (int a = 0; key && a < cs->n_atts; a++)
        key[a] = key_of(cs, options, a);
    if (!rc) rc = jd_groups_make(&keys, key, cs->n_atts, ctx);
    if (!rc) {
        int none = keys.value[0] == JD_NO_KEY;
        cs->n_terms = by == JD_AGGREGATE_CELLS     ? cs->n_atts
                      : by == JD_AGGREGATE_OVERALL ? 1
                                                   : 1 + keys.n_groups - none;
        rc = allocate_terms(design, cs, ctx);
    }
    if (!rc) {
        fill_terms(design, cs, options, &keys, key);
        int cells = by == JD_AGGREGATE_OVERALL || by == JD_AGGREGATE_COHORT || options->cell_mean;
        int found = by == JD_AGGREGATE_CELLS ||
                    (cells ? fill_overall(cs, by, key) : fill_mean(cs, design->terms));
        if (!found)
            rc = jd_fail(ctx, JD_ERR_ARGUMENT,
                         "%s: no event time from 0 on is left to average; widen event_first, "
                         "event_last or balance_event",
                         design->estimator->name);
    }
    for (int k = 0; !rc && !cs->compared && k < cs->n_terms; k++)
        for (int a = 0; a < cs->n_atts; a++) {
            double by_att = cs->mix[(size_t)k * (size_t)cs->n_atts + (size_t)a];
            if (by_att != 0)
                add_loading(cs, &cs->att[a], by_att,
                            cs->loading + (size_t)k * (size_t)jd_cs_cells(cs));
        }
    free(key);
    jd_groups_free(&keys);
    design->facts.n_terms = cs->n_terms;
    return rc;
}

static int check_request(const char *name, const jd_panel_t *panel, const jd_did_options_t *options,
                         jd_cs_kind_t kind, jd_ctx_t *ctx)
{
    if (options->anticipation < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%s: anticipation = %d periods; it is at least 0",
                       name, options->anticipation);
    if (options->cross_sections && !panel->cohort)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: repeated cross-sections have no treatment path; give each row's cohort",
                       name);
    if (options->group_time.method == JD_METHOD_ABADIE && kind != JD_CS_PAIR)
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "%s: method = abadie, whose weights do not add up to 1, is drdid's; take ipw", name);
    return JD_OK;
}

/* Eligibility of the sample's rows; event times, and units counted as treated, are those of the
 * eligible alone. Caller frees; NULL without memory. */
static int8_t *keep_eligible(jd_design_t *design, const jd_panel_t *panel)
{
    int8_t *eligible = malloc((size_t)design->sample.n + 1);
    int8_t *treated = calloc((size_t)design->units.n_groups + 1, 1);
    design->facts.n_treated_units = 0;
    for (int64_t i = 0; eligible && treated && i < design->sample.n; i++) {
        int8_t *seen = &treated[design->units.code[i]];
        eligible[i] = panel->eligible[design->sample.row[i]];
        if (!eligible[i]) design->event_time[i] = JD_NEVER;
        if (design->event_time[i] < 0 || *seen) continue;
        *seen = 1;
        design->facts.n_treated_units++;
    }
    if (!treated) {
        free(eligible);
        eligible = NULL;
    }
    free(treated);
    return eligible;
}

/* drdid's sample is one comparison. */
static int check_pair(const jd_cs_t *cs, jd_ctx_t *ctx)
{
    if (cs->n_periods != 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "drdid: %d periods (%s ... %s); it compares two: leave the others out, or "
                       "take callaway_santanna",
                       cs->n_periods, JD_PERIOD_NAME(ctx, cs->period[0]),
                       JD_PERIOD_NAME(ctx, cs->period[cs->n_periods - 1]));
    return JD_OK;
}

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
static int settle_weights(jd_design_t *design, jd_cs_t *cs, jd_ctx_t *ctx)
{
    static const char *const what[] = {
        "each comparison takes those of its earlier period, cohorts' shares those of the first",
        "each row counts with its own, as in repeated cross-sections",
        "those of the first period count",
        ("each comparison takes those of the cohort's last period before treatment, cohorts' "
         "shares "
         "those of the first")};
    size_t units = (size_t)design->units.n_groups;
    double *first = calloc(units + 1, sizeof *first);
    unsigned char *moves = calloc(units + 1, 1);
    int32_t n = 0;
    if (first && moves) n = count_moving(design, first, moves);
    if (n > 0 && cs->fix == JD_FIX_FIRST)
        for (int64_t i = 0; i < design->sample.n; i++)
            design->weight[i] = first[design->units.code[i]];
    int rc = first && moves ? JD_OK : jd_fail_memory(ctx, units * sizeof *first, "weights");
    free(first);
    free(moves);
    if (n == 0) return rc;
    jd_warn(ctx, "%s: weights change over time in %d unit%s: %s", design->estimator->name, n,
            n == 1 ? "" : "s", what[cs->fix]);
    if (cs->fix == JD_FIX_VARYING)
        cs->complete = 0;
    else if (cs->fix != JD_FIX_FIRST)
        cs->compared = 1;
    return rc;
}

/* Units of one side: how many, how many of them in the sample. */
typedef struct {
    int32_t all, kept;
} side_t;

/* The period in which fewest units of a side have a row, their number at *rows. */
static int find_gap(const jd_panel_t *panel, const jd_staggered_t *staggered, int treated,
                    int32_t *period, int64_t *rows, jd_ctx_t *ctx)
{
    jd_groups_t periods = {0};
    int rc = jd_groups_make(&periods, panel->time, panel->n, ctx);
    if (rc) return rc;
    int64_t *count = calloc((size_t)periods.n_groups, sizeof *count);
    if (!count) rc = jd_fail_memory(ctx, (size_t)periods.n_groups * sizeof *count, "periods");
    for (int64_t i = 0; count && i < panel->n; i++)
        if ((staggered->cohort[i] != 0) == treated && staggered->leave[i] != JD_LEAVE_UNUSED)
            count[periods.code[i]]++;
    *rows = INT64_MAX;
    for (int32_t t = 0; count && t < periods.n_groups; t++)
        if (count[t] < *rows) {
            *rows = count[t];
            *period = periods.value[t];
        }
    free(count);
    jd_groups_free(&periods);
    return rc;
}

/* Why nothing is left to compare: a complete panel takes units seen in every period alone. */
static int refuse_incomplete(const jd_design_t *design, const jd_panel_t *panel,
                             const jd_staggered_t *staggered, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    side_t side[2] = {{0}};
    int32_t period = 0;
    int64_t rows = 0;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    unsigned char *seen = calloc((size_t)units.n_groups, 1);
    if (!seen) rc = jd_fail_memory(ctx, (size_t)units.n_groups, "units");
    for (int64_t i = 0; seen && i < panel->n; i++) {
        side_t *own = &side[staggered->cohort[i] != 0];
        unsigned char *state = &seen[units.code[i]], now = staggered->leave[i] ? 1 : 3;
        own->all += !(*state & 1);
        own->kept += !(*state & 2) && now == 3;
        *state |= now;
    }
    free(seen);
    jd_groups_free(&units);
    int treated = side[0].all == 0 || side[0].kept > 0;
    const side_t *lost = &side[treated];
    if (!rc) rc = find_gap(panel, staggered, treated, &period, &rows, ctx);
    if (rc) return rc;
    return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                   "%s: %lld of %d %s units have no row, or one without a covariate, in period %s; "
                   "a complete panel uses only units seen in every period, so %d of them are "
                   "left and no effect is identified. allow_unbalanced (--unbalanced) keeps the "
                   "others",
                   design->estimator->name, (long long)(lost->all - rows), lost->all,
                   treated ? "treated" : "never-treated", JD_PERIOD_NAME(ctx, period), lost->kept);
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                const jd_staggered_t *staggered, jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    jd_cs_t *cs = design->own;
    const char *name = design->estimator->name;
    const jd_frame_needs_t needs = {.cohort = 1, .staggered = staggered};
    int8_t *eligible = NULL;
    cs->in_order = cs->by_unit && staggered->in_order;
    int rc = jd_frame_make(&frame, design, panel, options, needs, ctx);
    if (rc == JD_ERR_NO_CONTROLS && cs->complete && design->facts.n_incomplete > 0) {
        jd_ctx_clear(ctx); /* that no control is left has this cause */
        rc = refuse_incomplete(design, panel, staggered, ctx);
    }
    if (!rc && cs->kind == JD_CS_TRIPLE) {
        eligible = keep_eligible(design, panel);
        if (!eligible) rc = jd_fail_memory(ctx, (size_t)frame.n, "eligibility");
    }
    if (!rc && cs->complete && design->weight) rc = settle_weights(design, cs, ctx);
    if (!rc) rc = make_cells(cs, design, &frame, eligible, ctx);
    if (!rc && cs->kind == JD_CS_PAIR) rc = check_pair(cs, ctx);
    if (!rc) list_atts(cs, name, options->group_time.universal_base, ctx);
    if (!rc && cs->compared) rc = jd_cs_compare(design, panel, options, frame.unit, eligible, ctx);
    jd_frame_free(&frame);
    free(eligible);
    if (rc) return rc;
    if (!has_overall(cs) && cs->complete && design->facts.n_incomplete > 0)
        return refuse_incomplete(design, panel, staggered, ctx);
    if (!has_overall(cs))
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no treated cohort has rows and controls%s both before and after "
                       "adoption%s",
                       name, cs->compared ? " to compare with" : "",
                       cs->compared ? "; the warnings say why of each" : "");
    return make_terms(design, cs, options, ctx);
}

int jd_cs_prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                  jd_cs_kind_t kind, jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    const char *name = design->estimator->name;
    int rc = check_request(name, panel, options, kind, ctx);
    if (rc) return rc;
    const int complete = !options->group_time.allow_unbalanced && !options->cross_sections;
    const jd_staggered_needs_t who = {.anticipation = options->anticipation,
                                      .last_as_control = options->control == JD_CONTROL_NOT_YET,
                                      .complete = complete};
    jd_panel_t own = *panel;
    int32_t *row = NULL;
    size_t bytes = (size_t)panel->n * sizeof *row;
    jd_cs_t *cs;
    if (jd_make_n(&cs, 1, sizeof *cs, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = cs;
    cs->kind = kind;
    cs->compared = panel->n_x > 0 || kind != JD_CS_COHORTS;
    cs->control = options->control;
    cs->fix = options->group_time.fix_weights;
    cs->complete = complete;
    cs->anticipation = options->anticipation;
    cs->by_unit = complete && !panel->cluster && !panel->weight && kind != JD_CS_TRIPLE;
    if (options->cross_sections) {
        if (jd_make_unset(&row, bytes, 1, "units", ctx)) return JD_ERR_NO_MEMORY;
        for (int64_t i = 0; i < panel->n; i++)
            row[i] = (int32_t)i;
        own.unit = row;
    }
    rc = jd_staggered_make(&staggered, name, &own, who, ctx);
    if (!rc) rc = fill(design, &own, options, &staggered, ctx);
    jd_staggered_free(&staggered);
    free(row);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    return jd_cs_prepare(design, panel, options, JD_CS_COHORTS, ctx);
}

/* Of the family; drdid takes those from `method` on. */
const jd_param_t jd_group_time_options[] = {
    {"universal_base", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.universal_base), "no",
     0, 0, NULL, "", "leads against the last period before treatment, not against their own", "",
     JD_RESULT},
    {"unbalanced", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.allow_unbalanced), "no", 0,
     0, NULL, "", "keep units not seen in every period", "", JD_RESULT},
    {"balance", JD_PARAM_INT32, offsetof(jd_did_options_t, group_time.balance_event), "-1", -1,
     1000000, NULL, "periods", "only cohorts seen for this many periods after adoption; -1 = all",
     "", JD_RESULT},
    {"method", JD_PARAM_CHOICE, offsetof(jd_did_options_t, group_time.method), "dr", 0, 0,
     "dr | reg | ipw | improved | abadie", "",
     "how covariates enter: doubly robust, regression, inverse propensities, improved or Abadie's",
     "Sant'Anna and Zhao 2020", JD_RESULT},
    {"drdid_sign", JD_PARAM_FLAG, offsetof(jd_did_options_t, group_time.drdid_sign), "no", 0, 0,
     NULL, "", "dr in cross-sections with the standard errors of the R packages did and DRDID", "",
     JD_RESULT},
    {"fix_weights", JD_PARAM_CHOICE, offsetof(jd_did_options_t, group_time.fix_weights), "earlier",
     0, 0, "earlier | varying | first | base", "",
     "which of the weights that change over time: of the earlier period compared, each row's, the "
     "first, the base's",
     "", JD_RESULT},
    {.name = NULL},
};

bool jd_cs_averages_events(const jd_did_options_t *options)
{
    return !options->cell_mean && options->aggregate == JD_AGGREGATE_EVENT;
}

const jd_estimator_t jd_estimator_callaway_santanna = {
    .name = "callaway_santanna",
    .label = "Callaway and Sant'Anna, effects by cohort and period",
    .short_label = "Callaway-Sant'Anna",
    .synonyms = "did,att_gt,cs,csdid,csdid2,hdidregress,xthdidregress",
    .uses = JD_USES_AGGREGATE | JD_USES_CELL_MEAN | JD_USES_CONTROL | JD_USES_ANTICIPATION |
            JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .options = jd_group_time_options,
    .averages_events = jd_cs_averages_events,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = jd_cs_infer,
    .release = jd_cs_release,
    .estimate = jd_cs_estimate,
    .weights = jd_cs_weights,
    .infers_estimate = true,
};
