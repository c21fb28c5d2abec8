/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triple differences: a policy that a cohort adopts, for the eligible of its units.
 *
 * triple_difference is the regression of Olden and Moen (2022, Econometrics Journal 25): effects of
 * units, of cohort x period and of eligibility x period, and the treatment of eligible units.
 * staggered_triple_difference is Ortiz-Villavicencio and Sant'Anna (2025): every ATT(g,t) is a sum
 * of three doubly robust comparisons of the treated with the three other groups (their eq. 4.1),
 * with each cohort of control by itself: pooled ones would not have the trends of any. */
#include <stdlib.h>
#include <string.h>

#include "did/base/list.h"
#include "did/group_time/callaway_santanna.h"

/* Eligibility as 0 and 1, both of them there, and one for each unit. */
static int check_eligible(const char *name, const jd_panel_t *panel, int cross_sections,
                          jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int64_t count[2] = {0};
    if (!panel->eligible || !panel->cohort)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: no %s given; it needs each row's eligibility (0 or 1: whom the policy "
                       "is for) and the cohort of its group, also for those not eligible",
                       name, panel->eligible ? "cohort is" : "eligibility is");
    for (int64_t i = 0; i < panel->n; i++) {
        if (panel->eligible[i] != 0 && panel->eligible[i] != 1)
            return jd_fail(ctx, JD_ERR_DATA, "%s: row %s: eligibility = %d; it is 0 or 1", name,
                           JD_ROW_NAME(ctx, i + 1), panel->eligible[i]);
        count[panel->eligible[i]]++;
    }
    if (count[0] == 0 || count[1] == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: all rows are %s; it compares the eligible with those who are not: take "
                       "a difference in differences",
                       name, count[0] ? "not eligible" : "eligible");
    if (cross_sections) return JD_OK;
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    int8_t *seen = calloc((size_t)units.n_groups + 1, 1);
    if (!seen) rc = jd_fail_memory(ctx, (size_t)units.n_groups, "eligibility");
    for (int64_t i = 0; !rc && i < panel->n; i++) {
        int8_t *s = &seen[units.code[i]], now = (int8_t)(1 + panel->eligible[i]);
        if (*s && *s != now)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: row %s: unit %s changes its eligibility; it is a trait of units, "
                         "the same in all periods",
                         name, JD_ROW_NAME(ctx, i + 1), JD_UNIT_NAME(ctx, panel->unit[i]));
        *s = now;
    }
    free(seen);
    jd_groups_free(&units);
    return rc;
}

/* Codes of pairs of values: a's group times the groups of b, plus b's. [n] out. */
static int cross(const int32_t *a, const int32_t *b, int64_t n, int32_t *out, jd_ctx_t *ctx)
{
    jd_groups_t first = {0}, second = {0};
    int rc = jd_groups_make(&first, a, n, ctx);
    if (!rc) rc = jd_groups_make(&second, b, n, ctx);
    if (!rc && (int64_t)first.n_groups * second.n_groups > INT32_MAX)
        rc = jd_fail(ctx, JD_ERR_ARGUMENT, "%d cohorts in %d periods are too many", first.n_groups,
                     second.n_groups);
    for (int64_t i = 0; !rc && i < n; i++)
        out[i] = first.code[i] * second.n_groups + second.code[i];
    jd_groups_free(&first);
    jd_groups_free(&second);
    return rc;
}

/* The panel with the treatment of the eligible alone, and the crossed effects. room [5 n]. */
static int cross_effects(jd_panel_t *own, const jd_panel_t *panel, int cross_sections,
                         const int32_t **fixed, int32_t *room, jd_ctx_t *ctx)
{
    int64_t n = panel->n;
    int32_t *cohort = room, *eligible = room + n;
    int32_t *crossed[3] = {room + 2 * n, room + 3 * n, room + 4 * n};
    for (int64_t i = 0; i < n; i++) {
        eligible[i] = panel->eligible[i];
        cohort[i] = eligible[i] ? panel->cohort[i] : 0;
    }
    int rc = cross(panel->cohort, panel->time, n, crossed[0], ctx);
    if (!rc) rc = cross(eligible, panel->time, n, crossed[1], ctx);
    if (!rc && cross_sections) rc = cross(panel->cohort, eligible, n, crossed[2], ctx);
    for (int k = 0; k < panel->n_fixed; k++)
        fixed[k] = panel->fixed[k];
    own->n_fixed = panel->n_fixed;
    for (int k = 0; k < 2 + (cross_sections != 0); k++)
        fixed[own->n_fixed++] = crossed[k];
    own->cohort = cohort;
    own->treated = NULL;
    own->fixed = fixed;
    return rc;
}

static int prepare_regression(jd_design_t *design, const jd_panel_t *panel,
                              const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int rc = check_eligible(design->estimator->name, panel, options->cross_sections, ctx);
    if (rc) return rc;
    jd_panel_t own = *panel;
    jd_did_options_t how = *options;
    how.no_time_effects = 1;
    if (options->cross_sections) how.no_unit_effects = 1;
    size_t bytes = 5 * (size_t)panel->n * sizeof(int32_t);
    int32_t *room = malloc(bytes);
    const int32_t **fixed = calloc((size_t)panel->n_fixed + 3, sizeof *fixed);
    rc = room && fixed ? JD_OK : jd_fail_memory(ctx, bytes, "crossed effects");
    if (!rc) rc = cross_effects(&own, panel, options->cross_sections, fixed, room, ctx);
    if (!rc) rc = jd_estimator_twfe.prepare(design, &own, &how, ctx);
    free(fixed);
    free(room);
    return rc;
}

static int prepare_staggered(jd_design_t *design, const jd_panel_t *panel,
                             const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int rc = check_eligible(design->estimator->name, panel, options->cross_sections, ctx);
    return rc ? rc : jd_cs_prepare(design, panel, options, JD_CS_TRIPLE, ctx);
}

const jd_estimator_t jd_estimator_triple_difference = {
    .name = "triple_difference",
    .label = "triple difference by regression",
    .short_label = "triple difference",
    .synonyms = "ddd",
    .uses = JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED | JD_READS_ELIGIBLE,
    .infers = JD_INFERS_WILD | JD_INFERS_SATTERTHWAITE | JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare_regression,
};

const jd_estimator_t jd_estimator_staggered_triple_difference = {
    .name = "staggered_triple_difference",
    .page = "triple_difference",
    .label = "triple difference, effects by cohort and period, doubly robust",
    .short_label = "staggered triple difference",
    .synonyms = "triplediff",
    .uses = JD_USES_AGGREGATE | JD_USES_CELL_MEAN | JD_USES_CONTROL | JD_USES_ANTICIPATION |
            JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_ELIGIBLE,
    .options = jd_group_time_options,
    .averages_events = jd_cs_averages_events,
    .family = JD_CLASS_FROZEN,
    .prepare = prepare_staggered,
    .infer = jd_cs_infer,
    .release = jd_cs_release,
    .estimate = jd_cs_estimate,
    .freeze = jd_cs_freeze,
    .infers_estimate = true,
};
