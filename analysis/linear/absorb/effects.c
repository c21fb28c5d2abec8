/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/absorb/effects.h"
#include "linear/sums.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

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

static void invert_weights(jd_effects_t *effects)
{
    for (int k = 0; k < effects->n_effects; k++) {
        const jd_groups_t *g = &effects->groups[k];
        size_t levels = (size_t)g->n_groups;
        double *sum = effects->inverse[k];
        memset(sum, 0, levels * sizeof *sum);
        int counted = !effects->weight && !effects->row;
        for (int64_t i = 0; !counted && i < effects->n; i++)
            sum[g->code[jd_effects_place(effects, i)]] += effects->weight ? effects->weight[i] : 1;
        for (size_t l = 0; l < levels; l++)
            sum[l] = 1 / (counted ? (double)g->count[l] : sum[l]);
    }
}

static int sum_weights(jd_effects_t *effects, jd_ctx_t *ctx)
{
    for (int k = 0; k < effects->n_effects; k++) {
        size_t bytes = ((size_t)effects->groups[k].n_groups + 1) * sizeof(double);
        if (jd_make_unset(&effects->inverse[k], bytes, 1, "fixed effects", ctx))
            return JD_ERR_NO_MEMORY;
    }
    invert_weights(effects);
    return JD_OK;
}

/* Two effects, each pair of levels seen exactly once. */
static int is_balanced(const jd_effects_t *effects, unsigned char *seen)
{
    const jd_groups_t *a = &effects->groups[0], *b = &effects->groups[1];
    for (int64_t i = 0; i < effects->n; i++) {
        int64_t p = jd_effects_place(effects, i);
        unsigned char *cell = &seen[(int64_t)a->code[p] * b->n_groups + b->code[p]];
        if (*cell) return 0;
        *cell = 1;
    }
    return 1;
}

static int detect_one_sweep(jd_effects_t *effects, jd_ctx_t *ctx)
{
    if (effects->n_effects != 2 || effects->weight) return JD_OK;
    int64_t cells = (int64_t)effects->groups[0].n_groups * effects->groups[1].n_groups;
    if (cells != effects->n) return JD_OK;
    unsigned char *seen = calloc((size_t)cells, 1);
    if (!seen) return jd_fail_memory(ctx, (size_t)cells, "the check for a balanced panel");
    effects->one_sweep = is_balanced(effects, seen);
    free(seen);
    return JD_OK;
}

/* Room for an index of n_effects effects; zeroed. */
static jd_effects_t *allocate(int64_t n, int n_effects, jd_solver_t solver, jd_ctx_t *ctx)
{
    size_t width = (size_t)n_effects + 1;
    jd_effects_t *e = calloc(1, sizeof *e);
    if (e) {
        e->n = n;
        e->n_effects = n_effects;
        e->solver = solver;
        e->groups = calloc(width, sizeof *e->groups);
        e->order = calloc(width, sizeof *e->order);
        e->inverse = calloc(width, sizeof *e->inverse);
    }
    if (e && e->groups && e->order && e->inverse) return e;
    jd_effects_free(e);
    jd_fail_memory(ctx, width * sizeof *e->groups, "fixed effects");
    return NULL;
}

/* A dense factor for few levels, a sparse one where it fits, else iteration over the rows. */
static int choose_solver(jd_effects_t *e, int direct, jd_solver_t solver, jd_ctx_t *ctx)
{
    int rc;
    if (direct) {
        rc = jd_effects_factor(e, ctx);
        jd_rows_free(&e->rows);
        return rc;
    }
    rc = jd_effects_sort(e, ctx);
    if (!rc && solver == JD_SOLVER_AUTO) rc = jd_effects_factor_sparse(e, ctx);
    if (e->sparse) jd_rows_free(&e->rows);
    return rc;
}

int jd_effects_ready(jd_effects_t *effects, jd_ctx_t *ctx)
{
    jd_effects_t *e = effects;
    int rc = JD_OK, many = e->n_effects > 1;
    if (e->ready) return JD_OK;
    e->one_sweep = e->n_effects == 1;
    if (e->solver == JD_SOLVER_AUTO) rc = detect_one_sweep(e, ctx);
    int direct = e->solver == JD_SOLVER_DIRECT ||
                 (e->solver == JD_SOLVER_AUTO && e->n_small <= JD_DIRECT_LEVELS);
    if (!rc && many && !e->one_sweep) rc = choose_solver(e, direct, e->solver, ctx);
    e->ready = !rc;
    return rc;
}

int jd_effects_borrow(jd_effects_t **effects, int64_t n, const int32_t *row, int n_effects,
                      const jd_groups_t *const *groups, double *weight, jd_solver_t solver,
                      jd_ctx_t *ctx)
{
    jd_effects_t *e = allocate(n, n_effects, solver, ctx);
    *effects = NULL;
    if (!e) return JD_ERR_NO_MEMORY;
    e->borrowed = 1;
    e->row = row;
    e->weight = weight;
    for (int k = 0; k < n_effects; k++)
        e->groups[k] = *groups[k];
    order_effects(e);
    int rc = sum_weights(e, ctx);
    if (!rc)
        *effects = e;
    else
        jd_effects_free(e);
    return rc;
}

static int copy_weight(jd_effects_t *e, const double *weight, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)e->n * sizeof *weight;
    double *copy = weight ? malloc(bytes) : NULL;
    if (weight && !copy) return jd_fail_memory(ctx, bytes, "fixed effects");
    if (weight) memcpy(copy, weight, bytes);
    e->weight = copy;
    return JD_OK;
}

int jd_effects_make(jd_effects_t **effects, int64_t n, int n_effects, const int32_t *const *codes,
                    const double *weight, jd_solver_t solver, jd_ctx_t *ctx)
{
    *effects = NULL;
    if (n < 1 || n_effects < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "fixed effects need at least one row and a count >= 0");
    jd_effects_t *e = allocate(n, n_effects, solver, ctx);
    if (!e) return JD_ERR_NO_MEMORY;
    int rc = copy_weight(e, weight, ctx);
    for (int k = 0; !rc && k < n_effects; k++)
        rc = jd_groups_make(&e->groups[k], codes[k], n, ctx);
    if (!rc) {
        order_effects(e);
        rc = sum_weights(e, ctx);
    }
    if (!rc) rc = jd_effects_ready(e, ctx);
    if (!rc)
        *effects = e;
    else
        jd_effects_free(e);
    return rc;
}

int jd_effects_reweight(jd_effects_t *e, jd_ctx_t *ctx)
{
    if (e->n_effects > 1 && e->n_small <= JD_DIRECT_LEVELS) return jd_effects_refactor(e, ctx);
    invert_weights(e);
    if (e->n_effects < 2) return JD_OK;
    int once = e->sparse || !e->reweighted; /* too full once is too full for ever */
    jd_sparse_free(e->sparse);
    e->sparse = NULL;
    e->reweighted = 1;
    return once ? jd_effects_factor_sparse(e, ctx) : JD_OK;
}

void jd_effects_free(jd_effects_t *effects)
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
    free(effects->factor);
    free(effects->kept);
    jd_rows_free(&effects->rows);
    jd_sparse_free(effects->sparse);
    jd_slopes_free(effects);
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

int jd_effects_demean_levels(const jd_effects_t *effects, double *x, double *scratch)
{
    if (effects->n_effects == 0) return 0;
    if (effects->one_sweep) { /* twice: the second sweep takes out what rounding left */
        for (int round = 0; round < 2; round++)
            for (int k = 0; k < effects->n_effects; k++)
                jd_effects_project(effects, k, x, scratch);
        return 0;
    }
    return jd_effects_demean_reduced(effects, x, scratch);
}

static int demean_column(const jd_effects_t *effects, double *x, double *scratch)
{
    return effects->n_slopes ? jd_effects_demean_slopes(effects, x, scratch)
                             : jd_effects_demean_levels(effects, x, scratch);
}

int jd_effects_demean(const jd_effects_t *effects, double *columns, int n_columns, jd_ctx_t *ctx)
{
    if (effects->n_effects + effects->n_slopes == 0 || n_columns < 1) return JD_OK;
    if (!effects->ready)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "fixed effects are indexed but have no solver yet");
    int rc = jd_check_cancelled(ctx);
    if (rc) return rc;
    int threads = jd_ctx_threads(ctx);
    if (threads > n_columns) threads = n_columns;
    size_t each =
        (size_t)effects->max_levels + 8 * (size_t)effects->n_small + jd_slopes_scratch(effects);
    double *scratch;
    if (jd_make_unset(&scratch, (size_t)threads * each, sizeof *scratch, "taking out fixed effects",
                      ctx))
        return JD_ERR_NO_MEMORY;
    int failed = 0;
    /* Thread t takes columns t, t + threads, ...: each column is worked on by one thread alone. */
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : failed) \
    if (effects->n > JD_BLOCK)
    for (int t = 0; t < threads; t++)
        for (int c = t; c < n_columns; c += threads)
            failed += demean_column(effects, columns + (size_t)c * (size_t)effects->n,
                                    scratch + (size_t)t * each);
    free(scratch);
    if (failed)
        return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                       "fixed effects of %d of %d columns did not converge; the levels may hang "
                       "together by a few rows only: use fewer or coarser fixed effects",
                       failed, n_columns);
    return JD_OK;
}
