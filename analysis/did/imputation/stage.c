/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/imputation/stage.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/effects.h"
#include "linear/sums.h"

static const double rounding_share = 1e-4; /* of all weights, what a level's are taken to be */
static const double identified_tolerance = 1e-7; /* of what a sum that must vanish adds up */

static double weight_of(const jd_first_stage_t *s, int64_t i)
{
    return s->weight ? s->weight[i] : 1.0;
}

/* The untreated rows' weights, if `regress` needs them; all rows' covariates. */
static int copy_rows(jd_first_stage_t *s, const jd_design_t *design, const jd_frame_t *frame,
                     const jd_panel_t *panel, int regress, jd_ctx_t *ctx)
{
    size_t n = (size_t)frame->n, cells = (size_t)panel->n_x * n;
    s->n = frame->n;
    s->n_x = panel->n_x;
    for (int64_t i = 0; i < s->n; i++)
        s->n0 += !frame->treated[i];
    if (s->n0 == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "%s: no untreated rows to learn untreated outcomes from",
                       design->estimator->name);
    if (jd_make_unset(&s->x, cells + 1, sizeof *s->x, "the untreated rows", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; k < s->n_x; k++)
        for (size_t i = 0; i < n; i++)
            s->x[(size_t)k * n + i] = panel->x[k][design->sample.row[i]];
    if (!design->weight || !regress) return JD_OK;
    if (jd_make_unset(&s->weight0, (size_t)s->n0, sizeof *s->weight0, "weights", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0, r = 0; i < s->n; i++)
        if (!frame->treated[i]) s->weight0[r++] = design->weight[i];
    return JD_OK;
}

/* Codes and counts of the untreated rows in the levels of an effect. */
static int take_untreated(const jd_first_stage_t *s, const jd_groups_t *all, jd_groups_t *own,
                          jd_ctx_t *ctx)
{
    size_t bytes = (size_t)s->n0 * sizeof *own->code;
    *own = (jd_groups_t){
        .n = s->n0, .n_groups = all->n_groups, .ascending = all->ascending, .value = all->value};
    int rc = jd_make_unset(&own->code, bytes, 1, "fixed effects", ctx);
    if (!rc) rc = jd_make(&own->count, all->n_groups, sizeof *own->count, "fixed effects", ctx);
    if (rc) return rc;
    for (int64_t i = 0, r = 0; i < s->n; i++)
        if (!s->treated[i]) own->count[own->code[r++] = all->code[i]]++;
    return JD_OK;
}

/* Regressions need the codes of the untreated rows, solving reads the design's. */
static int make_effects(jd_first_stage_t *s, const jd_design_t *design, int regress,
                        jd_solver_t solver, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(s->all);
    size_t width = (size_t)n_effects + 1;
    const jd_groups_t **groups = calloc(width, sizeof *groups);
    if (regress) s->groups = calloc(width, sizeof *s->groups);
    int rc = groups && (s->groups || !regress)
                 ? JD_OK
                 : jd_fail_memory(ctx, width * sizeof **groups, "fixed effects");
    for (int k = 0; !rc && k < n_effects; k++) {
        groups[k] = regress ? &s->groups[k] : jd_effects_groups(s->all, k);
        if (regress) rc = take_untreated(s, jd_effects_groups(s->all, k), &s->groups[k], ctx);
    }
    if (!rc)
        rc = jd_effects_borrow(&s->effects, s->n0, regress ? NULL : s->treated, n_effects, groups,
                               regress ? s->weight0 : design->weight, solver, ctx);
    if (!rc && jd_effects_has_empty(s->effects)) /* its rows should have been left out */
        rc = jd_fail(ctx, JD_ERR_RANK, "a level of a fixed effect has treated rows only");
    if (!rc) rc = jd_effects_ready(s->effects, ctx);
    free(groups);
    return rc;
}

void jd_untreated_gather(const jd_first_stage_t *stage, const double *from, double *to)
{
    for (int64_t i = 0; i < stage->n; i++)
        if (!stage->treated[i]) *to++ = from[i];
}

/* Covariates on untreated rows. That all of them are collinear there is no error. */
static int fit_covariates(jd_first_stage_t *s, const jd_panel_t *panel, const char *name,
                          jd_ctx_t *ctx)
{
    if (s->n_x == 0) return JD_OK;
    int rc = jd_regression_init(&s->fit, s->effects, s->n0, s->n_x, s->weight0, ctx);
    if (rc) return rc;
    for (int k = 0; k < s->n_x; k++)
        jd_untreated_gather(s, s->x + (int64_t)k * s->n, s->fit.columns + (int64_t)k * s->n0);
    jd_ctx_t inner = jd_ctx_inner(ctx);
    rc = jd_regression_factor(&s->fit, &inner);
    if (rc && rc != JD_ERR_RANK) return jd_fail(ctx, rc, "%s: %s", name, inner.message);
    for (int k = 0, j = 0; k < s->n_x; k++) {
        if (j < s->fit.n_kept && s->fit.kept[j] == k)
            j++;
        else
            jd_warn(ctx, "%s: '%s': collinear in the untreated rows; dropped", name,
                    panel->x_name[k]);
    }
    return JD_OK;
}

int jd_first_stage_make(jd_first_stage_t *stage, const jd_design_t *design, jd_frame_t *frame,
                        const jd_panel_t *panel, int regress, jd_solver_t solver, jd_ctx_t *ctx)
{
    memset(stage, 0, sizeof *stage);
    stage->all = design->effects;
    stage->treated = frame->treated;
    stage->weight = design->weight;
    frame->treated_lent = 1;
    regress = regress || panel->n_x > 0;
    int rc = copy_rows(stage, design, frame, panel, regress, ctx);
    if (!rc) rc = make_effects(stage, design, regress, solver, ctx);
    if (!rc) rc = fit_covariates(stage, panel, design->estimator->name, ctx);
    return rc;
}

void jd_first_stage_free(jd_first_stage_t *stage)
{
    if (!stage) return;
    free(stage->treated);
    free(stage->x);
    free(stage->weight0);
    jd_regression_free(&stage->fit);
    jd_effects_free(stage->effects);
    for (int k = 0; stage->groups && k < jd_effects_count(stage->all); k++) {
        free(stage->groups[k].code);
        free(stage->groups[k].count);
    }
    free(stage->groups);
    memset(stage, 0, sizeof *stage);
}

size_t jd_first_stage_levels(const jd_first_stage_t *stage)
{
    size_t total = 0;
    for (int k = 0; k < jd_effects_count(stage->all); k++)
        total += (size_t)jd_effects_groups(stage->all, k)->n_groups;
    return total;
}

/* Room for one number a level: level[k] points to effect k's. One block, level[0] its start. */
static double **make_levels(const jd_first_stage_t *s, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(s->all);
    size_t total = jd_first_stage_levels(s) + 1;
    double **level = calloc((size_t)n_effects + 1, sizeof *level);
    double *block = malloc(total * sizeof *block);
    if (!level || !block) {
        free(level);
        free(block);
        jd_fail_memory(ctx, total * sizeof *block, "levels of fixed effects");
        return NULL;
    }
    level[0] = block;
    for (int k = 1; k < n_effects; k++)
        level[k] = level[k - 1] + jd_effects_groups(s->all, k - 1)->n_groups;
    return level;
}

static void free_levels(double **level)
{
    if (level) free(level[0]);
    free(level);
}

/* level[k] = sums of c, over rows [n] with weight 1, or over untreated rows with their weights. */
static void sum_levels(const jd_first_stage_t *s, const double *c, int untreated,
                       double *const *level)
{
    for (int k = 0; k < jd_effects_count(s->all); k++) {
        const jd_groups_t *g = jd_effects_groups(s->all, k);
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): there is one for each effect */
        memset(level[k], 0, (size_t)g->n_groups * sizeof *level[k]);
        if (untreated)
            for (int64_t i = 0; i < s->n; i++) {
                if (!s->treated[i]) level[k][g->code[i]] += weight_of(s, i) * c[i];
            }
        else
            for (int64_t i = 0; i < s->n; i++)
                level[k][g->code[i]] += c[i];
    }
}

/* A second round of the direct solver takes out what rounding left of the first. To the iterative
 * one such leftovers are mostly outside what it can meet, and it is as exact as it can be at once.
 */
static int rounds(const jd_first_stage_t *s)
{
    return jd_effects_is_direct(s->effects) ? 2 : 1;
}

/* One round of c - W0 Z0 (Z0'W0 Z0)^-1 Z'c: fixed effects, then what covariates add (FWL). What is
 * taken out is added to level_out, slope_out. */
static int adjust_once(const jd_first_stage_t *s, double *c, double *const *level,
                       double *level_out, double *slope_out, jd_ctx_t *ctx)
{
    sum_levels(s, c, 0, level);
    int rc = jd_effects_solve(s->effects, level, ctx);
    if (rc) return rc;
    size_t n_levels = jd_first_stage_levels(s);
    for (size_t l = 0; l < n_levels; l++)
        level_out[l] += level[0][l];
    for (int k = 0; k < jd_effects_count(s->all); k++) {
        const int32_t *code = jd_effects_groups(s->all, k)->code;
        for (int64_t i = 0; i < s->n; i++)
            if (!s->treated[i]) c[i] -= weight_of(s, i) * level[k][code[i]];
    }
    /* One covariate's part leaves the others' sums as they are: W_j'x_m = 1{j = m}. */
    for (int j = 0; j < s->fit.n_kept; j++) {
        const double *w = s->fit.columns + (int64_t)j * s->n0;
        double sum = jd_dot_exact(s->x + (int64_t)s->fit.kept[j] * s->n, c, s->n);
        slope_out[j] += sum;
        for (int64_t i = 0, r = 0; i < s->n; i++)
            if (!s->treated[i]) c[i] -= w[r++] * sum;
    }
    return JD_OK;
}

/* Z'v = 0, or the untreated rows do not say what the treated ones would have been. `total`, the
 * size of the weights c, shows what is rounding where v itself is next to nothing. scale [levels of
 * the largest effect] is scratch. */
static int levels_vanish(const jd_first_stage_t *s, const double *v, double total,
                         double *const *level, double *scale)
{
    sum_levels(s, v, 0, level);
    for (int k = 0; k < jd_effects_count(s->all); k++) {
        const jd_groups_t *g = jd_effects_groups(s->all, k);
        memset(scale, 0, (size_t)g->n_groups * sizeof *scale);
        for (int64_t i = 0; i < s->n; i++)
            scale[g->code[i]] += fabs(v[i]);
        for (int32_t l = 0; l < g->n_groups; l++)
            if (fabs(level[k][l]) > identified_tolerance * (scale[l] + rounding_share * total))
                return 0;
    }
    return 1;
}

static int covariates_vanish(const jd_first_stage_t *s, const double *v, double total)
{
    for (int k = 0; k < s->n_x; k++) {
        const double *x = s->x + (int64_t)k * s->n;
        double sum = jd_dot_exact(x, v, s->n), size = 0, most = 0;
        for (int64_t i = 0; i < s->n; i++)
            size += fabs(x[i] * v[i]);
        for (int64_t i = 0; i < s->n; i++)
            most = fmax(most, fabs(x[i]));
        if (fabs(sum) > identified_tolerance * (size + rounding_share * most * total)) return 0;
    }
    return 1;
}

int jd_first_stage_adjust(const jd_first_stage_t *stage, const char *name, const char *term,
                          double *c, double *level_out, double *slope_out, jd_ctx_t *ctx)
{
    double total = 0, *scale = NULL;
    for (int64_t i = 0; i < stage->n; i++)
        total += fabs(c[i]);
    double **level = make_levels(stage, ctx);
    int rc = level ? JD_OK : JD_ERR_NO_MEMORY;
    for (int round = 0; !rc && round < rounds(stage); round++)
        rc = adjust_once(stage, c, level, level_out, slope_out, ctx);
    if (!rc) rc = jd_make_unset(&scale, jd_first_stage_levels(stage), sizeof *scale, "levels", ctx);
    if (rc == JD_ERR_RANK || (!rc && !(levels_vanish(stage, c, total, level, scale) &&
                                       covariates_vanish(stage, c, total)))) {
        jd_ctx_clear(ctx); /* a solver that iterates finds it by itself */
        rc = jd_fail(
            ctx, JD_ERR_RANK,
            "%s: '%s' is not identified: the untreated rows do not identify all fixed effects "
            "and covariates of the treated ones; use fewer or coarser ones",
            name, term);
    }
    free_levels(level);
    free(scale);
    return rc;
}

double jd_first_stage_taken(const jd_first_stage_t *stage, const int32_t *class,
                            const double *level, const double *slope, int64_t i, int64_t r)
{
    const jd_first_stage_t *s = stage;
    double sum = 0;
    for (int k = 0; k < jd_effects_count(s->all); k++) {
        const jd_groups_t *g = jd_effects_groups(s->all, k);
        sum += level[class[g->code[i]]];
        class += g->n_groups;
    }
    sum *= weight_of(s, i);
    for (int j = 0; j < s->fit.n_kept; j++)
        sum += s->fit.columns[(int64_t)j * s->n0 + r] * slope[j];
    return sum;
}

int jd_first_stage_impute(const jd_first_stage_t *stage, const double *y, double *out,
                          jd_ctx_t *ctx)
{
    const jd_first_stage_t *s = stage;
    memcpy(out, y, (size_t)s->n * sizeof *out);
    for (int j = 0; j < s->fit.n_kept; j++) {
        const double *w = s->fit.columns + (int64_t)j * s->n0;
        const double *x = s->x + (int64_t)s->fit.kept[j] * s->n;
        double beta = 0;
        for (int64_t i = 0, r = 0; i < s->n; i++)
            if (!s->treated[i]) beta += w[r++] * y[i];
        for (int64_t i = 0; i < s->n; i++)
            out[i] -= beta * x[i];
    }
    double **level = make_levels(s, ctx);
    if (!level) return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    for (int round = 0; !rc && round < rounds(s); round++) {
        sum_levels(s, out, 1, level);
        rc = jd_effects_solve(s->effects, level, ctx);
        for (int k = 0; !rc && k < jd_effects_count(s->all); k++) {
            const int32_t *code = jd_effects_groups(s->all, k)->code;
            for (int64_t i = 0; i < s->n; i++)
                out[i] -= level[k][code[i]];
        }
    }
    free_levels(level);
    return rc;
}

double jd_first_stage_squares(const jd_first_stage_t *stage, const double *out)
{
    double sum = 0;
    for (int64_t i = 0; i < stage->n; i++)
        if (!stage->treated[i]) sum += weight_of(stage, i) * out[i] * out[i];
    return sum;
}
