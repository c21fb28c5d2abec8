/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roth and Sant'Anna (2023, JPE Microeconomics 1, Efficient estimation for staggered rollout
 * designs): where the timing of treatment is as good as random,
 *
 *      theta(beta) = theta_0 - X'beta,   theta_0 = sum over g of A_theta,g Ybar_g        (section
 * 3)
 *
 * is unbiased for every beta, X the same comparisons in the last period before treatment; the
 * plug-in beta* makes it efficient, beta = 1 is Callaway and Sant'Anna's, 0 a difference in means.
 */
#include "did/roll_out/roll_out.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static const int64_t max_table = 1 << 27; /* numbers in a table of covariances or terms: 1 GB */

static void release(jd_design_t *design)
{
    jd_roll_out_t *r = design->own;
    free(r->cohort);
    free(r->period);
    free(r->size);
    free(r->unit_cohort);
    free(r->at);
    free(r->theta);
    free(r->x);
    free(r);
}

/* One more effect ATT(g,t) a term averages. */
typedef struct {
    int32_t cohort, time; /* codes */
} att_t;

/* Whether cohort h is untreated in period t, and allowed as control. */
static int is_control(const jd_roll_out_t *r, int32_t h, int32_t time)
{
    return r->cohort[h] > r->period[time] && (!r->last_only || h == r->n_cohorts - 1);
}

/* Adds `by` times the effect's comparison in a period to weights on the cells' means. */
static void compare(const jd_roll_out_t *r, const att_t *a, int32_t in, double by, double *weight)
{
    double mass = 0;
    for (int32_t h = 0; h < r->n_cohorts; h++)
        if (is_control(r, h, a->time)) mass += r->size[h];
    weight[a->cohort * r->n_periods + in] += by;
    for (int32_t h = 0; h < r->n_cohorts; h++)
        if (is_control(r, h, a->time)) weight[h * r->n_periods + in] -= by * r->size[h] / mass;
}

static int32_t last_before(const jd_roll_out_t *r, int32_t cohort)
{
    int32_t base = 0;
    while (base + 1 < r->n_periods && r->period[base + 1] < r->cohort[cohort])
        base++;
    return base;
}

/* Effects of treated cohorts in periods with controls; att has room for all cells. */
static int list_atts(const jd_roll_out_t *r, att_t *att)
{
    int n = 0;
    for (int32_t g = 0; g < r->n_cohorts; g++)
        for (int32_t t = 0; t < r->n_periods; t++)
            if (r->period[t] >= r->cohort[g] && is_control(r, r->n_cohorts - 1, t))
                att[n++] = (att_t){g, t};
    return n;
}

/* Weight of an effect in the overall term (before they are made to add to 1): cells by units, the
 * mean of cohorts' means by units, or the plain mean of periods' means. */
static double overall_weight(const jd_roll_out_t *r, jd_aggregate_t by, const att_t *att, int n,
                             int i)
{
    double cells = 0, units = 0;
    for (int a = 0; a < n; a++) {
        if (att[a].cohort == att[i].cohort) cells++;
        if (att[a].time == att[i].time) units += r->size[att[a].cohort];
    }
    double size = r->size[att[i].cohort];
    return by == JD_AGGREGATE_COHORT     ? size / cells
           : by == JD_AGGREGATE_CALENDAR ? size / units
                                         : size;
}

/* Fills one term from its effects' weights [n]. */
static void fill_term(jd_roll_out_t *r, int term, const att_t *att, const double *weight, int n)
{
    size_t cells = jd_roll_out_cells(r);
    double total = 0;
    for (int a = 0; a < n; a++)
        total += weight[a];
    for (int a = 0; a < n; a++) {
        if (weight[a] == 0) continue;
        compare(r, &att[a], att[a].time, weight[a] / total, r->theta + (size_t)term * cells);
        compare(r, &att[a], last_before(r, att[a].cohort), weight[a] / total,
                r->x + (size_t)term * cells);
    }
}

/* The key an effect is averaged under; JD_NO_KEY where the options leave it out. */
static int32_t key_of(const jd_roll_out_t *r, const jd_did_options_t *options, const att_t *a)
{
    int32_t key = jd_aggregate_key(options->aggregate, r->cohort[a->cohort], r->period[a->time]);
    int out = options->aggregate == JD_AGGREGATE_EVENT &&
              (key < options->event_first || key > options->event_last);
    return out ? JD_NO_KEY : key;
}

static int allocate_terms(jd_design_t *design, jd_roll_out_t *r, jd_ctx_t *ctx)
{
    size_t cells = jd_roll_out_cells(r), n = (size_t)r->n_terms;
    if ((int64_t)n > max_table / (int64_t)cells || r->n_periods > max_table / (int64_t)cells)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "roll_out: %d cohorts in %d periods with %d terms are too many; take longer "
                       "periods",
                       r->n_cohorts, r->n_periods, r->n_terms);
    int rc = jd_make_n(&design->terms, n, sizeof *design->terms, "the terms", ctx);
    if (!rc) rc = jd_make_n(&r->theta, n * cells, sizeof *r->theta, "the terms", ctx);
    if (!rc) rc = jd_make_n(&r->x, n * cells, sizeof *r->x, "the terms", ctx);
    if (rc) return rc;
    design->facts.n_terms = r->n_terms;
    return JD_OK;
}

/* Overall term first, then one a key; or one a cell. */
static void fill_terms(jd_design_t *design, jd_roll_out_t *r, jd_aggregate_t by, const att_t *att,
                       const int32_t *key, int n, const jd_groups_t *keys, double *weight)
{
    int k = 0;
    if (by != JD_AGGREGATE_CELLS) {
        for (int a = 0; a < n; a++)
            weight[a] = overall_weight(r, by, att, n, a);
        design->terms[k] = jd_term_overall("att");
        fill_term(r, k++, att, weight, n);
    }
    for (int a = 0; by == JD_AGGREGATE_CELLS && a < n; a++) {
        memset(weight, 0, (size_t)n * sizeof *weight);
        weight[a] = 1;
        design->terms[k] = jd_term_cell(r->cohort[att[a].cohort], r->period[att[a].time]);
        fill_term(r, k++, att, weight, n);
    }
    for (int32_t j = 0; k < r->n_terms; j++) {
        if (keys->value[j] == JD_NO_KEY) continue;
        for (int a = 0; a < n; a++)
            weight[a] = key[a] != keys->value[j]    ? 0
                        : by == JD_AGGREGATE_COHORT ? 1
                                                    : r->size[att[a].cohort];
        design->terms[k] = jd_term_aggregate(by, keys->value[j]);
        fill_term(r, k++, att, weight, n);
    }
}

static int make_terms(jd_design_t *design, jd_roll_out_t *r, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    jd_aggregate_t by = options->aggregate;
    size_t cells = jd_roll_out_cells(r);
    att_t *att = calloc(cells, sizeof *att);
    int32_t *key = calloc(cells, sizeof *key);
    double *weight = calloc(cells, sizeof *weight);
    jd_groups_t keys = {0};
    int rc = JD_OK, n = 0;
    if (!att || !key || !weight) {
        rc = jd_fail_memory(ctx, cells * sizeof *weight, "the terms");
        goto out;
    }
    n = list_atts(r, att);
    for (int a = 0; a < n; a++)
        key[a] = key_of(r, options, &att[a]);
    for (int a = 0; !rc && by == JD_AGGREGATE_EVENT && a < n; a++)
        if (key[a] == JD_NO_KEY) rc = jd_fail_window("roll_out", options, ctx);
    if (!rc) rc = jd_groups_make(&keys, key, n, ctx);
    if (rc) goto out;
    int keyed = keys.n_groups - (keys.value[0] == JD_NO_KEY);
    r->n_terms = by == JD_AGGREGATE_CELLS ? n : by == JD_AGGREGATE_OVERALL ? 1 : 1 + keyed;
    rc = allocate_terms(design, r, ctx);
    if (!rc) fill_terms(design, r, by, att, key, n, &keys, weight);
out:
    jd_groups_free(&keys);
    free(att);
    free(key);
    free(weight);
    return rc;
}

static int32_t *take_values(jd_groups_t *groups)
{
    int32_t *value = groups->value;
    groups->value = NULL;
    return value;
}

/* Units, cohorts and periods of the sample, each unit once in every period. */
static int make_cells(jd_roll_out_t *r, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    jd_groups_t units = {0}, cohorts = {0}, periods = {0};
    size_t bytes = (size_t)frame->n * sizeof *frame->cohort;
    int32_t *cohort; /* never treated = last */
    if (jd_make_unset(&cohort, bytes, 1, "cohorts", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < frame->n; i++)
        cohort[i] = frame->cohort[i] == 0 ? INT32_MAX : frame->cohort[i];
    int rc = jd_groups_make(&units, frame->unit, frame->n, ctx);
    if (!rc) rc = jd_groups_make(&cohorts, cohort, frame->n, ctx);
    free(cohort);
    if (!rc) rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc) goto out;
    r->n_units = units.n_groups;
    r->n_cohorts = cohorts.n_groups;
    r->n_periods = periods.n_groups;
    r->cohort = take_values(&cohorts);
    r->period = take_values(&periods);
    rc = jd_make(&r->size, r->n_cohorts, sizeof *r->size, "the panel's index", ctx);
    if (!rc)
        rc = jd_make(&r->unit_cohort, r->n_units, sizeof *r->unit_cohort, "the panel's index", ctx);
    if (!rc) rc = jd_make(&r->at, frame->n, sizeof *r->at, "the panel's index", ctx);
    if (rc) goto out;
    for (int64_t i = 0; i < frame->n; i++) {
        r->unit_cohort[units.code[i]] = cohorts.code[i];
        r->at[(int64_t)units.code[i] * r->n_periods + periods.code[i]] = (int32_t)i;
    }
    for (int32_t u = 0; u < r->n_units; u++)
        r->size[r->unit_cohort[u]]++;
out:
    jd_groups_free(&units);
    jd_groups_free(&cohorts);
    jd_groups_free(&periods);
    return rc;
}

/* A cohort's covariance takes two units: those of one alone are left out. */
static int leave_alone(jd_staggered_t *s, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    jd_groups_t cohorts = {0};
    int rc = jd_groups_make(&cohorts, s->cohort, panel->n, ctx);
    if (rc) return rc;
    size_t n = (size_t)cohorts.n_groups;
    int32_t *first;              /* a unit of the cohort */
    unsigned char *state = NULL; /* 0 no unit, 1 one, 2 more */
    rc = jd_make_n(&first, n, sizeof *first, "cohorts", ctx);
    if (!rc) rc = jd_make_n(&state, n, 1, "cohorts", ctx);
    for (int64_t i = 0; !rc && i < panel->n; i++) {
        int32_t g = cohorts.code[i];
        if (s->leave[i]) continue;
        if (state[g] == 0) first[g] = panel->unit[i];
        if (state[g] == 0 || (state[g] == 1 && first[g] != panel->unit[i])) state[g]++;
    }
    for (size_t g = 0; !rc && g < n; g++)
        if (state[g] == 1)
            jd_warn(ctx, "roll_out: cohort %s has a single unit, which has no variance; left out",
                    JD_PERIOD_NAME(ctx, cohorts.value[g]));
    for (int64_t i = 0; !rc && i < panel->n; i++)
        if (!s->leave[i] && state[cohorts.code[i]] == 1) jd_staggered_leave(s, i, JD_LEAVE_ALONE);
    free(first);
    free(state);
    jd_groups_free(&cohorts);
    return rc;
}

/* Units are equally weighted, and each is its own cluster: that is how treatment was assigned. */
static int check_design(const jd_design_t *design, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    for (int64_t i = 1; design->weight && i < frame->n; i++)
        if (design->weight[i] != design->weight[0])
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "roll_out: weights differ (%g, %g); the design-based estimator weighs "
                           "units equally: leave the weights out",
                           design->weight[0], design->weight[i]);
    if (design->clusters.n_groups < design->facts.n_units)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "roll_out: %d clusters hold %d units; where timing was randomised by "
                       "cluster, give their means as the units",
                       design->clusters.n_groups, design->facts.n_units);
    return jd_check_whole_clusters(design, ctx);
}

static int check_request(const jd_panel_t *panel, jd_ctx_t *ctx)
{
    if (panel->n_x > 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "roll_out: covariates are given ('%s'%s); it adjusts for outcomes before "
                       "treatment only: leave them out",
                       panel->x_name[0], panel->n_x > 1 ? ", ..." : "");
    return JD_OK;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                const jd_staggered_t *staggered, jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.cohort = 1, .staggered = staggered};
    jd_roll_out_t *r;
    if (jd_make_n(&r, 1, sizeof *r, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = r;
    r->adjust = options->roll_out.adjust;
    r->neyman = options->roll_out.neyman;
    r->last_only = options->roll_out.last_cohort_control;
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = check_design(design, &frame, ctx);
    if (!rc) rc = make_cells(r, &frame, ctx);
    jd_design_frame_free(&frame);
    if (!rc) rc = make_terms(design, r, options, ctx);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_staggered_t staggered = {0};
    const jd_staggered_needs_t who = {.last_as_control = 1, .complete = 1};
    int rc = check_request(panel, ctx);
    if (!rc) rc = jd_staggered_make(&staggered, "roll_out", panel, who, ctx);
    if (!rc) rc = leave_alone(&staggered, panel, ctx);
    if (!rc) rc = fill(design, panel, options, &staggered, ctx);
    jd_staggered_free(&staggered);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"adjust", JD_PARAM_CHOICE, offsetof(jd_did_options_t, roll_out.adjust), "efficient", 0, 0,
     "efficient | did | none", "", "how outcomes before treatment are used",
     "Roth and Sant'Anna 2023", JD_RESULT},
    {"neyman", JD_PARAM_FLAG, offsetof(jd_did_options_t, roll_out.neyman), "no", 0, 0, NULL, "",
     "conservative variance", "", JD_RESULT},
    {"last_cohort_control", JD_PARAM_FLAG, offsetof(jd_did_options_t, roll_out.last_cohort_control),
     "no", 0, 0, NULL, "", "the last cohort, or the never treated, alone are controls", "",
     JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_roll_out = {
    .name = "roll_out",
    .label = "Roth and Sant'Anna, efficient under random timing",
    .short_label = "roll-out",
    .synonyms = "staggered,roth_santanna",
    .uses = JD_USES_AGGREGATE | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .options = own_options,
    .no_bootstrap =
        "what is random is who is treated when, not which units are seen; a bootstrap of "
        "clusters has another law",
    .family = JD_CLASS_FROZEN,
    .prepare = prepare,
    .infer = jd_roll_out_infer,
    .release = release,
    .estimate = jd_roll_out_estimate,
    .freeze = jd_roll_out_freeze,
};
