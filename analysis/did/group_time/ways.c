/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects by comparisons: which are needed, and what becomes of those that cannot be made; their
 * values, weights and influences. In a complete panel whose covariates stay as they are, all
 * periods share a comparison. Where an effect can be found in several ways, the mean of least
 * variance is taken (GMM; Ortiz-Villavicencio, Sant'Anna 2025, section 4.3): weights W 1 / 1'W 1, W
 * the inverse of the ways' covariance. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/group_time/group_time.h"
#include "linear/cholesky.h"
#include "linear/sums.h"

void jd_gt_free_comparisons(jd_gt_comparisons_t *cs)
{
    for (int c = 0; c < cs->n; c++)
        jd_comparison_free(&cs->comparison[c]);
    free(cs->comparison);
    free(cs->way);
    free(cs->first_way);
    jd_arranged_free(&cs->arranged);
}

static int count_controls(const jd_gt_effects_t *e, const jd_gt_att_t *a)
{
    int n = 0;
    for (int32_t h = 0; h < e->n_cohorts; h++)
        n += jd_gt_is_control(e, a, h);
    return n;
}

/* An earlier comparison that is the same, or -1. */
static int find_comparison(const jd_gt_comparisons_t *cs, const jd_comparison_t *c)
{
    for (int i = 0; cs->arranged.complete && i < cs->n; i++) {
        const jd_comparison_t *other = &cs->comparison[i];
        if (other->treated == c->treated && other->n_controls == c->n_controls &&
            (cs->arranged.still || (other->base == c->base && other->weigh == c->weigh)) &&
            memcmp(other->control, c->control, (size_t)c->n_controls * sizeof *c->control) == 0)
            return i;
    }
    return -1;
}

/* The period whose weights count for an effect. */
static int32_t weighed_at(const jd_gt_effects_t *e, const jd_gt_att_t *a)
{
    int32_t last = jd_gt_last_before(e, a->cohort);
    if (e->fix == JD_FIX_FIRST) return 0;
    if (e->fix == JD_FIX_BASE && last >= 0) return last;
    return a->time < a->base ? a->time : a->base;
}

/* Adds a comparison of groups to a way; takes over the list of controls. */
static void add_part(jd_gt_comparisons_t *cs, jd_gt_way_t *way, jd_comparison_t c, double sign)
{
    int i = find_comparison(cs, &c);
    if (i < 0) {
        i = cs->n++;
        cs->comparison[i] = c;
    } else {
        free(c.control);
    }
    way->comparison[way->n_parts] = i;
    way->sign[way->n_parts++] = sign;
}

static bool has_rows(const jd_arranged_t *a, int32_t group, int32_t period)
{
    const int32_t *start = jd_arranged_start(a, group, period);
    return start[1] > start[0];
}

/* One way for an effect: a treated group and its controls. */
static int add_cohorts(const jd_gt_effects_t *e, jd_gt_comparisons_t *cs, const jd_gt_att_t *a,
                       jd_ctx_t *ctx)
{
    int n = count_controls(e, a);
    jd_comparison_t c = {
        .treated = a->cohort, .time = a->time, .base = a->base, .weigh = weighed_at(e, a)};
    if (jd_make_unset(&c.control, (size_t)n, sizeof *c.control, "controls", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t h = 0; h < e->n_cohorts; h++)
        if (jd_gt_is_control(e, a, h)) c.control[c.n_controls++] = h;
    add_part(cs, &cs->way[cs->n_ways++], c, 1);
    return JD_OK;
}

/* A way for each cohort of control: the eligible of the treated cohort against its ineligible, plus
 * against the control's eligible, less against the control's ineligible. */
static int add_triples(const jd_gt_effects_t *e, jd_gt_comparisons_t *cs, const jd_gt_att_t *a,
                       jd_ctx_t *ctx)
{
    const double signs[JD_GT_PARTS] = {1, 1, -1};
    int32_t treated = 2 * a->cohort + 1;
    for (int32_t h = 0; h < e->n_cohorts; h++) {
        const int32_t other[JD_GT_PARTS] = {2 * a->cohort, 2 * h + 1, 2 * h};
        bool complete =
            has_rows(&cs->arranged, treated, a->time) && has_rows(&cs->arranged, treated, a->base);
        for (int p = 0; p < JD_GT_PARTS; p++)
            complete = complete && has_rows(&cs->arranged, other[p], a->time) &&
                       has_rows(&cs->arranged, other[p], a->base);
        if (!jd_gt_is_control(e, a, h) || !complete) continue;
        for (int p = 0; p < JD_GT_PARTS; p++) {
            jd_comparison_t c = {
                .treated = treated, .time = a->time, .base = a->base, .weigh = weighed_at(e, a)};
            if (jd_make_unset(&c.control, sizeof *c.control, 1, "controls", ctx))
                return JD_ERR_NO_MEMORY;
            c.control[c.n_controls++] = other[p];
            add_part(cs, &cs->way[cs->n_ways], c, signs[p]);
        }
        cs->n_ways++;
    }
    return JD_OK;
}

static const char *why_not(jd_pair_trouble_t trouble)
{
    switch (trouble) {
    case JD_PAIR_NO_OVERLAP:
        return "covariates separate treated from controls (propensities of 0.999 and more); use "
               "fewer covariates, or method reg";
    case JD_PAIR_CONTROLS:
        return "its controls are too few, or too similar, to regress on the covariates";
    case JD_PAIR_TREATED:
        return "its treated are too few, or too similar, to regress on the covariates";
    default:
        return "no rows in some of the four groups it compares";
    }
}

/* The first trouble of a way. */
static jd_pair_trouble_t trouble_of(const jd_gt_way_t *way, const jd_pair_trouble_t *trouble)
{
    for (int p = 0; p < way->n_parts; p++)
        if (trouble[way->comparison[p]]) return trouble[way->comparison[p]];
    return JD_PAIR_FINE;
}

/* Leaves out ways in trouble, and effects that are left without any. */
static void leave_out(jd_gt_effects_t *e, jd_gt_comparisons_t *cs, const char *name,
                      const jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    int atts = 0, ways = 0;
    for (int i = 0; i < e->n_atts; i++) {
        const jd_gt_att_t *a = &e->att[i];
        jd_pair_trouble_t why = JD_PAIR_FINE;
        int first = ways;
        for (int w = cs->first_way[i]; w < cs->first_way[i + 1]; w++) {
            jd_pair_trouble_t found = trouble_of(&cs->way[w], trouble);
            if (found)
                why = found;
            else
                cs->way[ways++] = cs->way[w];
        }
        if (ways == first && a->time != a->base) {
            jd_warn(ctx, "%s: g=%s,t=%s left out: %s", name,
                    JD_PERIOD_NAME(ctx, e->cohort[a->cohort]),
                    JD_PERIOD_NAME(ctx, e->period[a->time]), why_not(why));
            continue;
        }
        if (why)
            jd_warn(ctx, "%s: g=%s,t=%s compared without some cohorts of control: %s", name,
                    JD_PERIOD_NAME(ctx, e->cohort[a->cohort]),
                    JD_PERIOD_NAME(ctx, e->period[a->time]), why_not(why));
        e->att[atts] = *a;
        cs->first_way[atts++] = first;
    }
    e->n_atts = atts;
    cs->n_ways = cs->first_way[atts] = ways;
}

/* Prepares all comparisons. DRDID knows no bound on propensities. */
static int prepare_all(const jd_gt_effects_t *e, jd_gt_comparisons_t *cs, const char *name,
                       const jd_did_options_t *options, jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    const jd_pair_how_t how = {cs->arranged.k > 1 || e->kind != JD_GT_COHORTS
                                   ? options->group_time.method
                                   : JD_METHOD_REG, /* no covariates: all are one */
                               options->group_time.drdid_sign, e->kind == JD_GT_PAIR ? 1 : 0.999};
    jd_comparison_room_t room;
    int64_t trimmed = 0;
    int rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    for (int c = 0; !rc && c < cs->n; c++) {
        rc =
            jd_comparison_prepare(&cs->comparison[c], &cs->arranged, &how, &room, &trouble[c], ctx);
        if (!rc) rc = jd_check_cancelled(ctx);
        trimmed += cs->comparison[c].fit.n_trimmed;
    }
    jd_comparison_room_free(&room);
    if (!rc && trimmed > 0)
        jd_warn(ctx,
                "%s: %" PRId64 " times a control with a propensity of 0.995 or more gets no weight",
                name, trimmed);
    return rc;
}

/* Room for the most ways and comparisons there can be. */
static int allocate(const jd_gt_effects_t *e, jd_gt_comparisons_t *cs, jd_pair_trouble_t **trouble,
                    jd_ctx_t *ctx)
{
    size_t ways = 0, atts = (size_t)e->n_atts;
    for (int i = 0; i < e->n_atts; i++)
        ways += e->kind == JD_GT_TRIPLE ? (size_t)count_controls(e, &e->att[i]) : 1;
    size_t most = 1 + ways * (e->kind == JD_GT_TRIPLE ? JD_GT_PARTS : 1);
    int rc = jd_make_n(trouble, most, sizeof **trouble, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&cs->comparison, most, sizeof *cs->comparison, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&cs->way, ways, sizeof *cs->way, "comparisons", ctx);
    if (rc) return rc;
    return jd_make_n(&cs->first_way, atts + 1, sizeof *cs->first_way, "comparisons", ctx);
}

/* Cells by group and period where groups are not cohorts; caller frees. */
static int code_triples(const jd_gt_t *gt, const int8_t *eligible, int64_t n, int32_t **cell,
                        jd_ctx_t *ctx)
{
    const int32_t n_t = gt->effects.n_periods;
    int rc = jd_make_unset(cell, (size_t)n, sizeof **cell, "cells", ctx);
    for (int64_t i = 0; !rc && i < n; i++) {
        int32_t cohort = gt->rows.cell[i] / n_t, period = gt->rows.cell[i] % n_t;
        (*cell)[i] = (2 * cohort + eligible[i]) * n_t + period;
    }
    return rc;
}

static int arrange(jd_design_t *design, const jd_panel_t *panel, const int32_t *unit,
                   const int8_t *eligible, jd_ctx_t *ctx)
{
    jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    jd_gt_comparisons_t *cs = &gt->comparisons;
    int32_t *cell = NULL;
    int rc = eligible ? code_triples(gt, eligible, design->sample.n, &cell, ctx) : JD_OK;
    if (rc) return rc;
    const jd_arrange_from_t from = {.design = design,
                                    .panel = panel,
                                    .unit = unit,
                                    .cell = eligible ? cell : gt->rows.cell,
                                    .unit_group = gt->rows.unit_cohort,
                                    .n_groups = eligible ? 2 * e->n_cohorts : e->n_cohorts,
                                    .n_periods = e->n_periods,
                                    .complete = gt->rows.complete};
    rc = jd_arranged_make(&cs->arranged, &from, ctx);
    free(cell);
    return rc;
}

int jd_gt_compare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                  const int32_t *unit, const int8_t *eligible, jd_ctx_t *ctx)
{
    jd_gt_t *gt = design->own;
    jd_gt_effects_t *e = &gt->effects;
    jd_gt_comparisons_t *cs = &gt->comparisons;
    const char *name = design->estimator->name;
    jd_pair_trouble_t *trouble = NULL;
    int rc = arrange(design, panel, unit, eligible, ctx);
    if (!rc) rc = allocate(e, cs, &trouble, ctx);
    for (int i = 0; !rc && i < e->n_atts; i++) {
        const jd_gt_att_t *a = &e->att[i];
        cs->first_way[i] = cs->n_ways;
        if (a->time != a->base)
            rc = eligible ? add_triples(e, cs, a, ctx) : add_cohorts(e, cs, a, ctx);
        cs->first_way[i + 1] = cs->n_ways;
    }
    if (!rc) rc = prepare_all(e, cs, name, options, trouble, ctx);
    if (!rc) leave_out(e, cs, name, trouble, ctx);
    free(trouble);
    return rc;
}

static double way_effect(const jd_gt_comparisons_t *cs, const jd_gt_way_t *way,
                         const jd_gt_att_t *a, const double *y)
{
    double sum = 0;
    for (int p = 0; p < way->n_parts; p++)
        sum += way->sign[p] * jd_comparison_effect(&cs->comparison[way->comparison[p]],
                                                   &cs->arranged, a->time, a->base, y);
    return sum;
}

static void way_influence(const jd_design_t *design, const jd_gt_way_t *way, const jd_gt_att_t *a,
                          const double *y, double by, jd_comparison_room_t *room, double *sum)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    for (int p = 0; p < way->n_parts; p++) {
        const jd_comparison_t *c = &cs->comparison[way->comparison[p]];
        double part = by * way->sign[p];
        double effect = jd_comparison_effect(c, &cs->arranged, a->time, a->base, y);
        jd_comparison_influence(c, &cs->arranged, a->time, a->base, y, effect, room);
        for (int64_t r = 0; r < c->n; r++)
            sum[design->clusters.code[room->row[r]]] += part * room->influence[r];
    }
}

/* Solves for the weights: cov [n][n] is spent. Ways that follow from earlier ones get none; all the
 * same if none varies. */
static void least_variance(double *cov, int n, unsigned char *kept, double *by)
{
    double total = 0;
    int found = jd_cholesky(cov, n, NULL, 1e-10, kept);
    for (int i = 0; i < n; i++)
        by[i] = 1;
    if (found) jd_cholesky_solve(cov, n, kept, by);
    for (int i = 0; i < n; i++)
        total += by[i];
    for (int i = 0; i < n; i++)
        by[i] /= total;
}

static int weigh_ways(const jd_design_t *design, int att, const double *y,
                      jd_comparison_room_t *room, double *by_way, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    int first = cs->first_way[att], n = cs->first_way[att + 1] - first;
    size_t groups = (size_t)design->clusters.n_groups, ways = (size_t)n;
    size_t all = ways * (groups + ways + 1);
    double *sum;
    if (jd_make_n(&sum, all, sizeof *sum, "cohorts of control", ctx)) return JD_ERR_NO_MEMORY;
    double *cov = sum + ways * groups;
    for (size_t i = 0; i < ways; i++)
        way_influence(design, &cs->way[(size_t)first + i], &e->att[att], y, 1, room,
                      sum + i * groups);
    for (size_t i = 0; i < ways; i++)
        for (size_t j = 0; j <= i; j++)
            cov[i * ways + j] = jd_dot(sum + i * groups, sum + j * groups, (int64_t)groups);
    least_variance(cov, n, (unsigned char *)(cov + ways * ways), by_way);
    free(sum);
    return JD_OK;
}

static void fill_effects(const jd_gt_effects_t *e, const jd_gt_comparisons_t *cs, const double *y,
                         const double *by_way, double *att, int threads)
{
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < e->n_atts; i++) {
        att[i] = 0;
        for (int w = cs->first_way[i]; w < cs->first_way[i + 1]; w++)
            att[i] += by_way[w] * way_effect(cs, &cs->way[w], &e->att[i], y);
    }
}

int jd_gt_compared(const jd_design_t *design, const double *y, double *att, double *by_way,
                   jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    jd_comparison_room_t room = {0};
    int rc = JD_OK;
    for (int i = 0; !rc && i < e->n_atts; i++) {
        int first = cs->first_way[i], n = cs->first_way[i + 1] - first;
        if (n == 1) by_way[first] = 1;
        if (n < 2) continue;
        if (!room.block) rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
        if (!rc) rc = weigh_ways(design, i, y, &room, by_way + first, ctx);
    }
    jd_comparison_room_free(&room);
    if (!rc) fill_effects(e, cs, y, by_way, att, jd_ctx_threads(ctx));
    return rc;
}

int jd_gt_compared_influence(const jd_design_t *design, const double *y, const double *by_way,
                             double *sum, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    size_t groups = (size_t)design->clusters.n_groups;
    jd_comparison_room_t room = {0};
    double *one;
    if (jd_make_unset(&one, groups, sizeof *one, "influence functions", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    for (int i = 0; !rc && i < e->n_atts; i++) {
        memset(one, 0, groups * sizeof *one);
        for (int w = cs->first_way[i]; w < cs->first_way[i + 1]; w++)
            way_influence(design, &cs->way[w], &e->att[i], y, by_way[w], &room, one);
        for (int k = 0; k < gt->terms.n; k++) {
            double by = jd_gt_mix(gt, k)[i];
            double *term = sum + (size_t)k * groups;
            for (size_t g = 0; by != 0 && g < groups; g++)
                term[g] += by * one[g];
        }
    }
    jd_comparison_room_free(&room);
    free(one);
    return rc;
}

void jd_gt_compared_weights(const jd_design_t *design, int term, const double *by_way,
                            const jd_sample_t *sample, double *w)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    const double *mix = jd_gt_mix(gt, term);
    for (int i = 0; i < e->n_atts; i++) {
        double by = mix[i];
        const jd_gt_att_t *a = &e->att[i];
        for (int v = cs->first_way[i]; by != 0 && v < cs->first_way[i + 1]; v++)
            for (int p = 0; p < cs->way[v].n_parts; p++)
                jd_comparison_weights(&cs->comparison[cs->way[v].comparison[p]], &cs->arranged,
                                      sample, a->time, a->base,
                                      by * (by_way ? by_way[v] : 1) * cs->way[v].sign[p], w);
    }
}

int jd_gt_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    size_t n = (size_t)cs->arranged.n, all = n + (size_t)e->n_atts + (size_t)cs->n_ways;
    double *sorted;
    if (jd_make_unset(&sorted, all, sizeof *sorted, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    double *by_way = sorted + n + e->n_atts;
    jd_arranged_sort(&cs->arranged, y, sorted);
    int rc = jd_gt_compared(design, sorted, sorted + n, by_way, ctx);
    for (int k = 0; !rc && k < gt->terms.n; k++)
        jd_gt_compared_weights(design, k, by_way, NULL, w + (size_t)k * n);
    free(sorted);
    return rc;
}
