/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects by comparisons: which are needed, and what becomes of those that cannot be made. In a
 * complete panel whose covariates stay as they are, all periods share a comparison. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/group_time/callaway_santanna.h"

void jd_cs_free_comparisons(jd_cs_t *cs)
{
    for (int c = 0; c < cs->n_comparisons; c++)
        jd_comparison_free(&cs->comparison[c]);
    free(cs->comparison);
    free(cs->way);
    free(cs->first_way);
    jd_arranged_free(&cs->arranged);
}

static int count_controls(const jd_cs_t *cs, const jd_cs_att_t *a)
{
    int n = 0;
    for (int32_t h = 0; h < cs->n_cohorts; h++)
        n += jd_cs_is_control(cs, a, h);
    return n;
}

/* An earlier comparison that is the same, or -1. */
static int find_comparison(const jd_cs_t *cs, const jd_comparison_t *c)
{
    for (int i = 0; cs->arranged.complete && i < cs->n_comparisons; i++) {
        const jd_comparison_t *other = &cs->comparison[i];
        if (other->treated == c->treated && other->n_controls == c->n_controls &&
            (cs->arranged.still || (other->base == c->base && other->weigh == c->weigh)) &&
            memcmp(other->control, c->control, (size_t)c->n_controls * sizeof *c->control) == 0)
            return i;
    }
    return -1;
}

/* The period whose weights count for an effect. */
static int32_t weighed_at(const jd_cs_t *cs, const jd_cs_att_t *a)
{
    int32_t last = jd_cs_last_before(cs, a->cohort);
    if (cs->fix == JD_FIX_FIRST) return 0;
    if (cs->fix == JD_FIX_BASE && last >= 0) return last;
    return a->time < a->base ? a->time : a->base;
}

/* Adds a comparison of groups to a way; takes over the list of controls. */
static void add_part(jd_cs_t *cs, jd_cs_way_t *way, jd_comparison_t c, double sign)
{
    int i = find_comparison(cs, &c);
    if (i < 0) {
        i = cs->n_comparisons++;
        cs->comparison[i] = c;
    } else {
        free(c.control);
    }
    way->comparison[way->n_parts] = i;
    way->sign[way->n_parts++] = sign;
}

static int has_rows(const jd_arranged_t *a, int32_t group, int32_t period)
{
    const int32_t *start = jd_arranged_start(a, group, period);
    return start[1] > start[0];
}

/* One way for an effect: a treated group and its controls. */
static int add_cohorts(jd_cs_t *cs, const jd_cs_att_t *a, jd_ctx_t *ctx)
{
    int n = count_controls(cs, a);
    jd_comparison_t c = {
        .treated = a->cohort, .time = a->time, .base = a->base, .weigh = weighed_at(cs, a)};
    if (jd_make_unset(&c.control, (size_t)n, sizeof *c.control, "controls", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t h = 0; h < cs->n_cohorts; h++)
        if (jd_cs_is_control(cs, a, h)) c.control[c.n_controls++] = h;
    add_part(cs, &cs->way[cs->n_ways++], c, 1);
    return JD_OK;
}

/* A way for each cohort of control: the eligible of the treated cohort against its ineligible, plus
 * against the control's eligible, less against the control's ineligible. */
static int add_triples(jd_cs_t *cs, const jd_cs_att_t *a, jd_ctx_t *ctx)
{
    const double signs[JD_CS_PARTS] = {1, 1, -1};
    int32_t treated = 2 * a->cohort + 1;
    for (int32_t h = 0; h < cs->n_cohorts; h++) {
        const int32_t other[JD_CS_PARTS] = {2 * a->cohort, 2 * h + 1, 2 * h};
        int complete =
            has_rows(&cs->arranged, treated, a->time) && has_rows(&cs->arranged, treated, a->base);
        for (int p = 0; p < JD_CS_PARTS; p++)
            complete = complete && has_rows(&cs->arranged, other[p], a->time) &&
                       has_rows(&cs->arranged, other[p], a->base);
        if (!jd_cs_is_control(cs, a, h) || !complete) continue;
        for (int p = 0; p < JD_CS_PARTS; p++) {
            jd_comparison_t c = {
                .treated = treated, .time = a->time, .base = a->base, .weigh = weighed_at(cs, a)};
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
static jd_pair_trouble_t trouble_of(const jd_cs_way_t *way, const jd_pair_trouble_t *trouble)
{
    for (int p = 0; p < way->n_parts; p++)
        if (trouble[way->comparison[p]]) return trouble[way->comparison[p]];
    return JD_PAIR_FINE;
}

/* Leaves out ways in trouble, and effects that are left without any. */
static void leave_out(jd_cs_t *cs, const char *name, const jd_pair_trouble_t *trouble,
                      jd_ctx_t *ctx)
{
    int atts = 0, ways = 0;
    for (int i = 0; i < cs->n_atts; i++) {
        const jd_cs_att_t *a = &cs->att[i];
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
                    JD_PERIOD_NAME(ctx, cs->cohort[a->cohort]),
                    JD_PERIOD_NAME(ctx, cs->period[a->time]), why_not(why));
            continue;
        }
        if (why)
            jd_warn(ctx, "%s: g=%s,t=%s compared without some cohorts of control: %s", name,
                    JD_PERIOD_NAME(ctx, cs->cohort[a->cohort]),
                    JD_PERIOD_NAME(ctx, cs->period[a->time]), why_not(why));
        cs->att[atts] = *a;
        cs->first_way[atts++] = first;
    }
    cs->n_atts = atts;
    cs->n_ways = cs->first_way[atts] = ways;
}

/* Prepares all comparisons. DRDID knows no bound on propensities. */
static int prepare_all(jd_cs_t *cs, const char *name, const jd_did_options_t *options,
                       jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    const jd_drdid_how_t how = {cs->arranged.k > 1 || cs->kind != JD_CS_COHORTS
                                    ? options->group_time.method
                                    : JD_METHOD_REG, /* no covariates: all are one */
                                options->group_time.drdid_sign, cs->kind == JD_CS_PAIR ? 1 : 0.999};
    jd_comparison_room_t room;
    int64_t trimmed = 0;
    int rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    for (int c = 0; !rc && c < cs->n_comparisons; c++) {
        rc =
            jd_comparison_prepare(&cs->comparison[c], &cs->arranged, &how, &room, &trouble[c], ctx);
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
static int allocate(jd_cs_t *cs, jd_pair_trouble_t **trouble, jd_ctx_t *ctx)
{
    size_t ways = 0, atts = (size_t)cs->n_atts;
    for (int i = 0; i < cs->n_atts; i++)
        ways += cs->kind == JD_CS_TRIPLE ? (size_t)count_controls(cs, &cs->att[i]) : 1;
    size_t most = 1 + ways * (cs->kind == JD_CS_TRIPLE ? JD_CS_PARTS : 1);
    *trouble = calloc(most, sizeof **trouble);
    cs->comparison = calloc(most, sizeof *cs->comparison);
    cs->way = calloc(ways + 1, sizeof *cs->way);
    cs->first_way = calloc(atts + 1, sizeof *cs->first_way);
    if (*trouble && cs->comparison && cs->way && cs->first_way) return JD_OK;
    return jd_fail_memory(ctx, most * sizeof *cs->comparison, "comparisons");
}

/* Cells by group and period where groups are not cohorts; caller frees. */
static int32_t *code_triples(const jd_cs_t *cs, const int8_t *eligible, int64_t n)
{
    int32_t *cell = malloc(((size_t)n + 1) * sizeof *cell);
    for (int64_t i = 0; cell && i < n; i++) {
        int32_t cohort = cs->cell[i] / cs->n_periods, period = cs->cell[i] % cs->n_periods;
        cell[i] = (2 * cohort + eligible[i]) * cs->n_periods + period;
    }
    return cell;
}

static int arrange(jd_design_t *design, const jd_panel_t *panel, const int32_t *unit,
                   const int8_t *eligible, jd_ctx_t *ctx)
{
    jd_cs_t *cs = design->own;
    int32_t *cell = eligible ? code_triples(cs, eligible, design->sample.n) : NULL;
    if (eligible && !cell)
        return jd_fail_memory(ctx, (size_t)design->sample.n * sizeof *cell, "cells");
    const jd_arrange_from_t from = {.design = design,
                                    .panel = panel,
                                    .unit = unit,
                                    .cell = eligible ? cell : cs->cell,
                                    .unit_group = cs->unit_cohort,
                                    .n_groups = eligible ? 2 * cs->n_cohorts : cs->n_cohorts,
                                    .n_periods = cs->n_periods,
                                    .complete = cs->complete};
    int rc = jd_arranged_make(&cs->arranged, &from, ctx);
    free(cell);
    return rc;
}

int jd_cs_compare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                  const int32_t *unit, const int8_t *eligible, jd_ctx_t *ctx)
{
    jd_cs_t *cs = design->own;
    const char *name = design->estimator->name;
    jd_pair_trouble_t *trouble = NULL;
    int rc = arrange(design, panel, unit, eligible, ctx);
    if (!rc) rc = allocate(cs, &trouble, ctx);
    for (int i = 0; !rc && i < cs->n_atts; i++) {
        const jd_cs_att_t *a = &cs->att[i];
        cs->first_way[i] = cs->n_ways;
        if (a->time != a->base) rc = eligible ? add_triples(cs, a, ctx) : add_cohorts(cs, a, ctx);
        cs->first_way[i + 1] = cs->n_ways;
    }
    if (!rc) rc = prepare_all(cs, name, options, trouble, ctx);
    if (!rc) leave_out(cs, name, trouble, ctx);
    free(trouble);
    return rc;
}
