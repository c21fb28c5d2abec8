/* SPDX-License-Identifier: GPL-3.0-or-later */
/* callaway_santanna with covariates: which comparisons its effects need, and their sums. In a
 * complete panel whose covariates stay as they are, all periods share a cohort's comparison with
 * the same controls. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "did/callaway_santanna.h"

static const double overlap = 0.999; /* propensities allowed, as in did */

void jd_cs_free_comparisons(jd_cs_t *cs)
{
    for (int c = 0; c < cs->n_comparisons; c++)
        jd_comparison_free(&cs->comparison[c]);
    free(cs->comparison);
    free(cs->which);
    jd_arranged_free(&cs->arranged);
}

static int count_controls(const jd_cs_t *cs, const jd_cs_att_t *a)
{
    int n = 0;
    for (int32_t h = 0; h < cs->n_cohorts; h++)
        n += jd_cs_is_control(cs, a, h);
    return n;
}

/* The comparison an effect shares with an earlier one, or -1. Sets of controls are nested: as many
 * are the same. */
static int find_comparison(const jd_cs_t *cs, const jd_cs_att_t *a, int n_controls)
{
    for (int c = 0; cs->arranged.complete && c < cs->n_comparisons; c++) {
        const jd_comparison_t *other = &cs->comparison[c];
        if (other->treated == a->cohort && other->n_controls == n_controls &&
            (cs->arranged.still || other->base == a->base))
            return c;
    }
    return -1;
}

/* Lists the comparison of one effect, if it is a new one. */
static int add_comparison(jd_cs_t *cs, int i, jd_ctx_t *ctx)
{
    const jd_cs_att_t *a = &cs->att[i];
    cs->which[i] = -1;
    if (a->time == a->base) return JD_OK;
    int n = count_controls(cs, a);
    cs->which[i] = find_comparison(cs, a, n);
    if (cs->which[i] >= 0) return JD_OK;
    jd_comparison_t *c = &cs->comparison[cs->n_comparisons];
    c->control = malloc((size_t)n * sizeof *c->control);
    if (!c->control) return jd_fail_memory(ctx, (size_t)n * sizeof *c->control, "controls");
    c->treated = a->cohort;
    c->time = a->time;
    c->base = a->base;
    for (int32_t h = 0; h < cs->n_cohorts; h++)
        if (jd_cs_is_control(cs, a, h)) c->control[c->n_controls++] = h;
    cs->which[i] = cs->n_comparisons++;
    return JD_OK;
}

static void tell(const jd_cs_t *cs, const jd_cs_att_t *a, jd_pair_trouble_t trouble, jd_ctx_t *ctx)
{
    static const char *const why[] = {
        [JD_PAIR_NO_OVERLAP] = "covariates tell treated and controls apart (propensities of 0.999 "
                               "and more); use fewer covariates, or method reg",
        [JD_PAIR_CONTROLS] = "its controls are too few, or too alike, to regress on the covariates",
        [JD_PAIR_TREATED] = "its treated are too few, or too alike, to regress on the covariates"};
    jd_warn(ctx, "callaway_santanna: g=%d,t=%d left out: %s", cs->cohort[a->cohort],
            cs->period[a->time], why[trouble]);
}

/* Prepares all, and leaves out the effects without one. */
static int prepare_all(jd_cs_t *cs, const jd_did_options_t *options, jd_pair_trouble_t *trouble,
                       jd_comparison_room_t *room, jd_ctx_t *ctx)
{
    const jd_drdid_how_t how = {options->method, options->drdid_sign, overlap};
    int64_t trimmed = 0;
    for (int c = 0; c < cs->n_comparisons; c++) {
        int rc =
            jd_comparison_prepare(&cs->comparison[c], &cs->arranged, &how, room, &trouble[c], ctx);
        if (rc != JD_OK) return rc;
        trimmed += cs->comparison[c].fit.n_trimmed;
    }
    int kept = 0;
    for (int i = 0; i < cs->n_atts; i++) {
        int c = cs->which[i];
        if (c >= 0 && trouble[c]) {
            tell(cs, &cs->att[i], trouble[c], ctx);
            continue;
        }
        cs->att[kept] = cs->att[i];
        cs->which[kept++] = c;
    }
    cs->n_atts = kept;
    if (trimmed > 0)
        jd_warn(ctx,
                "callaway_santanna: %" PRId64 " times a control with a propensity of 0.995 or more "
                "gets no weight",
                trimmed);
    return JD_OK;
}

int jd_cs_compare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                  const int32_t *unit, int complete, jd_ctx_t *ctx)
{
    jd_cs_t *cs = design->own;
    const jd_arrange_from_t from = {.design = design,
                                    .panel = panel,
                                    .unit = unit,
                                    .cell = cs->cell,
                                    .n_groups = cs->n_cohorts,
                                    .n_periods = cs->n_periods,
                                    .complete = complete};
    size_t n = (size_t)cs->n_atts + 1;
    jd_comparison_room_t room = {0};
    jd_pair_trouble_t *trouble = calloc(n, sizeof *trouble);
    cs->comparison = calloc(n, sizeof *cs->comparison);
    cs->which = calloc(n, sizeof *cs->which);
    int rc = JD_OK;
    if (!trouble || !cs->comparison || !cs->which)
        rc = jd_fail_memory(ctx, n * sizeof *cs->comparison, "comparisons");
    if (rc == JD_OK) rc = jd_arranged_make(&cs->arranged, &from, ctx);
    for (int i = 0; rc == JD_OK && i < cs->n_atts; i++)
        rc = add_comparison(cs, i, ctx);
    if (rc == JD_OK) rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    if (rc == JD_OK) rc = prepare_all(cs, options, trouble, &room, ctx);
    jd_comparison_room_free(&room);
    free(trouble);
    return rc;
}

void jd_cs_compared(const jd_cs_t *cs, const double *y, double *att, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < cs->n_atts; i++) {
        const jd_cs_att_t *a = &cs->att[i];
        att[i] = cs->which[i] < 0 ? 0
                                  : jd_comparison_effect(&cs->comparison[cs->which[i]],
                                                         &cs->arranged, a->time, a->base, y);
    }
}

/* Adds one effect's influence to the terms it is part of. */
static void scatter(const jd_design_t *design, int i, int64_t n, const jd_comparison_room_t *room,
                    double *sum)
{
    const jd_cs_t *cs = design->own;
    size_t groups = (size_t)design->clusters.n_groups;
    for (int k = 0; k < cs->n_terms; k++) {
        double by = cs->mix[(size_t)k * (size_t)cs->n_atts + (size_t)i];
        double *term = sum + (size_t)k * groups;
        for (int64_t r = 0; by != 0 && r < n; r++)
            term[design->clusters.code[room->row[r]]] += by * room->influence[r];
    }
}

int jd_cs_compared_influence(const jd_design_t *design, const double *y, const double *att,
                             double *sum, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    jd_comparison_room_t room = {0};
    int rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    for (int i = 0; rc == JD_OK && i < cs->n_atts; i++) {
        const jd_cs_att_t *a = &cs->att[i];
        if (cs->which[i] < 0) continue;
        const jd_comparison_t *c = &cs->comparison[cs->which[i]];
        jd_comparison_influence(c, &cs->arranged, a->time, a->base, y, att[i], &room);
        scatter(design, i, c->n, &room, sum);
    }
    jd_comparison_room_free(&room);
    return rc;
}

void jd_cs_compared_weights(const jd_design_t *design, int term, double *w)
{
    const jd_cs_t *cs = design->own;
    for (int i = 0; i < cs->n_atts; i++) {
        double by = cs->mix[(size_t)term * (size_t)cs->n_atts + (size_t)i];
        const jd_cs_att_t *a = &cs->att[i];
        if (by != 0 && cs->which[i] >= 0)
            jd_comparison_weights(&cs->comparison[cs->which[i]], &cs->arranged, &design->sample,
                                  a->time, a->base, by, w);
    }
}
