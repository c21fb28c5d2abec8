/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed effects as an index: levels of rows, their weights, rows by level. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/index.h"

/* The effect with most levels goes first. */
static void order_effects(jd_effects_t *effects)
{
    int largest = 0;
    for (int k = 0; k < effects->n_effects; k++) {
        effects->order[k] = k;
        effects->n_small += effects->groups[k].n_groups;
        if (effects->groups[k].n_groups > effects->groups[largest].n_groups) largest = k;
    }
    if (effects->n_effects == 0) return;
    jd_groups_t first = effects->groups[largest];
    effects->groups[largest] = effects->groups[0];
    effects->groups[0] = first;
    effects->order[0] = largest;
    effects->order[largest] = 0;
    effects->max_levels = first.n_groups;
    effects->n_small -= first.n_groups;
}

void jd_effects_weigh(jd_effects_t *effects)
{
    for (int k = 0; k < effects->n_effects; k++) {
        const jd_groups_t *g = &effects->groups[k];
        size_t levels = (size_t)g->n_groups;
        double *sum = effects->inverse[k];
        memset(sum, 0, levels * sizeof *sum);
        int counted = !effects->weight && !effects->skip;
        for (int64_t i = 0; !counted && i < effects->n_places; i++)
            if (!jd_effects_skips(effects, i)) sum[g->code[i]] += jd_effects_weight(effects, i);
        for (size_t l = 0; l < levels; l++)
            sum[l] = 1 / (counted ? (double)g->count[l] : sum[l]);
    }
}

static int allocate_weights(jd_effects_t *effects, jd_ctx_t *ctx)
{
    for (int k = 0; k < effects->n_effects; k++) {
        size_t bytes = ((size_t)effects->groups[k].n_groups + 1) * sizeof(double);
        if (jd_make_unset(&effects->inverse[k], bytes, 1, "fixed effects", ctx))
            return JD_ERR_NO_MEMORY;
    }
    return JD_OK;
}

jd_effects_t *jd_effects_allocate(int64_t n, int n_effects, jd_solver_t solver, jd_ctx_t *ctx)
{
    size_t width = (size_t)n_effects + 1;
    jd_effects_t *e = calloc(1, sizeof *e);
    if (e) {
        e->n = e->n_places = n;
        e->n_effects = n_effects;
        e->solver = solver;
        e->groups = calloc(width, sizeof *e->groups);
        e->order = calloc(width, sizeof *e->order);
        e->inverse = calloc(width, sizeof *e->inverse);
    }
    if (e && e->groups && e->order && e->inverse) return e;
    jd_index_free(e);
    jd_fail_memory(ctx, width * sizeof *e->groups, "fixed effects");
    return NULL;
}

int jd_effects_index(jd_effects_t *effects, jd_ctx_t *ctx)
{
    order_effects(effects);
    int rc = allocate_weights(effects, ctx);
    if (!rc) jd_effects_weigh(effects);
    return rc;
}

void jd_rows_free(jd_rows_t *rows)
{
    free(rows->start);
    free(rows->row);
    free(rows->code);
    memset(rows, 0, sizeof *rows);
}

void jd_rows_by_group(const jd_groups_t *groups, int64_t n, const int8_t *skip, int32_t *start,
                      int32_t *row)
{
    memset(start, 0, ((size_t)groups->n_groups + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        if (!skip || !skip[i]) start[groups->code[i] + 1]++;
    for (int32_t g = 0; g < groups->n_groups; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < n; i++)
        if (!skip || !skip[i]) row[start[groups->code[i]]++] = (int32_t)i;
    for (int32_t g = groups->n_groups; g > 0; g--)
        start[g] = start[g - 1];
    start[0] = 0;
}

static int is_identity(const int32_t *row, int64_t n)
{
    for (int64_t r = 0; r < n; r++)
        if (row[r] != r) return 0;
    return 1;
}

int jd_effects_sort(jd_effects_t *effects, jd_ctx_t *ctx)
{
    const jd_groups_t *first = &effects->groups[0];
    jd_rows_t *rows = &effects->rows;
    if (rows->start) return JD_OK;
    size_t n = (size_t)effects->n, width = (size_t)effects->n_effects - 1;
    int rc = jd_make_unset(&rows->start, (size_t)first->n_groups + 1, sizeof *rows->start,
                           "fixed effects", ctx);
    if (!rc)
        rc = jd_make_unset(&rows->code, n * width + 1, sizeof *rows->code, "fixed effects", ctx);
    if (!rc) rc = jd_make_n(&rows->row, n, sizeof *rows->row, "fixed effects", ctx);
    if (rc) return rc;
    jd_rows_by_group(first, effects->n_places, effects->skip, rows->start, rows->row);
    if (is_identity(rows->row, effects->n)) {
        free(rows->row);
        rows->row = NULL;
    }
    int32_t offset = 0;
    for (size_t k = 0; k < width; k++) {
        const int32_t *code = effects->groups[k + 1].code;
        for (size_t r = 0; r < n; r++)
            rows->code[r * width + k] = offset + code[jd_effects_place(effects, (int64_t)r)];
        offset += effects->groups[k + 1].n_groups;
    }
    return JD_OK;
}

void jd_index_free(jd_effects_t *effects)
{
    if (!effects) return;
    for (int k = 0; k < effects->n_effects; k++) {
        if (effects->groups && !effects->borrowed) jd_groups_free(&effects->groups[k]);
        if (effects->inverse) free(effects->inverse[k]);
    }
    free(effects->groups);
    free(effects->order);
    free(effects->inverse);
    if (!effects->borrowed) free(effects->weight);
    jd_rows_free(&effects->rows);
    free(effects);
}

int jd_effects_count(const jd_effects_t *effects)
{
    return effects->n_effects;
}

const jd_groups_t *jd_effects_groups(const jd_effects_t *effects, int effect)
{
    return &effects->groups[effects->order[effect]];
}

const jd_groups_t *jd_effects_largest(const jd_effects_t *effects)
{
    return &effects->groups[0];
}

int jd_effects_has_empty(const jd_effects_t *effects)
{
    for (int k = 0; k < effects->n_effects; k++)
        for (int32_t l = 0; l < effects->groups[k].n_groups; l++)
            if (!isfinite(effects->inverse[k][l])) return 1;
    return 0;
}

void jd_effects_project(const jd_effects_t *effects, int effect, double *x, double *sums)
{
    const jd_groups_t *g = &effects->groups[effect];
    const double *inverse = effects->inverse[effect], *weight = effects->weight;
    const int32_t *code = g->code;
    memset(sums, 0, (size_t)g->n_groups * sizeof *sums);
    if (weight)
        for (int64_t i = 0; i < effects->n; i++)
            sums[code[i]] += weight[i] * x[i];
    else
        for (int64_t i = 0; i < effects->n; i++)
            sums[code[i]] += x[i];
    for (int32_t l = 0; l < g->n_groups; l++)
        sums[l] *= inverse[l];
    for (int64_t i = 0; i < effects->n; i++)
        x[i] -= sums[code[i]];
}
