/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triple differences: a policy that a cohort adopts, for the eligible of its units. The regression
 * of Olden and Moen (2022, Econometrics Journal 25): effects of units, of cohort x period and of
 * eligibility x period, and the treatment of eligible units. */
#include <stdlib.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "did/base/list.h"

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

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    int rc = jd_check_eligible(design->estimator->name, panel, options->cross_sections, ctx);
    if (rc) return rc;
    jd_panel_t own = *panel;
    jd_did_options_t how = *options;
    how.no_time_effects = 1;
    if (options->cross_sections) how.no_unit_effects = 1;
    int32_t *room;
    const int32_t **fixed = NULL;
    rc = jd_make_unset(&room, 5 * (size_t)panel->n, sizeof *room, "crossed effects", ctx);
    if (!rc)
        rc = jd_make_n(&fixed, (size_t)panel->n_fixed + 3, sizeof *fixed, "crossed effects", ctx);
    if (!rc) rc = cross_effects(&own, panel, options->cross_sections, fixed, room, ctx);
    if (!rc) rc = jd_estimator_twfe.prepare(design, &own, &how, ctx);
    free(fixed);
    free(room);
    return rc;
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
    .prepare = prepare,
};
