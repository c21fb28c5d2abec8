/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reduced normal equations. The largest effect is eliminated by its level means; what remains
 * are equations S a = b of the other effects' levels,
 *     S = D'WD - sum over groups g of d_g d_g' / W_g,     d_g = weights of g's rows by level,
 * solved by a dense factor, a sparse one, or conjugate gradients whose products pass over the rows,
 * whichever the effects have. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/effects.h"
#include "linear/cholesky.h"
#include "linear/sums.h"

static double weight_of(const jd_effects_t *e, int64_t i)
{
    return e->weight ? e->weight[i] : 1.0;
}

void jd_effects_collect(const jd_effects_t *e, const double *x, double *b)
{
    memset(b, 0, (size_t)e->n_small * sizeof *b);
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            b[e->groups[k].code[i]] += weight_of(e, i) * x[i];
}

/* x[i] += sign * the smaller effects' levels met in row i */
static void spread(const jd_effects_t *e, const double *a, double sign, double *x)
{
    for (int k = 1; k < e->n_effects; a += e->groups[k++].n_groups)
        for (int64_t i = 0; i < e->n; i++)
            x[i] += sign * a[e->groups[k].code[i]];
}

static double weight_at(const jd_effects_t *e, int64_t r)
{
    return e->weight ? e->weight[e->rows.row ? e->rows.row[r] : r] : 1.0;
}

/* out = S in, group by group. */
static void multiply(const void *matrix, const double *in, double *out)
{
    const jd_effects_t *e = matrix;
    const jd_rows_t *rows = &e->rows;
    int width = e->n_effects - 1;
    memset(out, 0, (size_t)e->n_small * sizeof *out);
    for (int32_t g = 0; g < e->groups[0].n_groups; g++) {
        double mean = 0;
        for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
            double sum = 0;
            for (int k = 0; k < width; k++)
                sum += in[rows->code[r * width + k]];
            mean += weight_at(e, r) * sum;
        }
        mean *= e->inverse[0][g];
        for (int64_t r = rows->start[g]; r < rows->start[g + 1]; r++) {
            const int32_t *own = rows->code + r * width;
            double sum = -mean;
            for (int k = 0; k < width; k++)
                sum += in[own[k]];
            sum *= weight_at(e, r);
            for (int k = 0; k < width; k++)
                out[own[k]] += sum;
        }
    }
}

int jd_effects_solve_reduced(const jd_effects_t *e, const double *b, double scale, double *a,
                             double *work)
{
    size_t size = (size_t)e->n_small;
    if (e->factor) {
        memcpy(a, b, size * sizeof *a);
        jd_cholesky_solve(e->factor, e->n_small, e->kept, a);
        return 0;
    }
    if (e->sparse) return jd_sparse_solve(e->sparse, b, scale, a, work);
    double *inverse = work + 4 * size, *at = inverse;
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(at, e->inverse[k], (size_t)e->groups[k].n_groups * sizeof *at);
    if (e->one_sweep) { /* balanced: S is the levels' weights less a constant that b annuls */
        for (size_t l = 0; l < size; l++)
            a[l] = b[l] * inverse[l];
        return 0;
    }
    return jd_conjugate_gradients(multiply, e, e->n_small, inverse, b, scale, a, work);
}

/* b'Pb of the smaller effects' levels. */
static double size_of(const jd_effects_t *e, const double *b)
{
    double scale = 0;
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        for (int32_t l = 0; l < e->groups[k].n_groups; l++)
            scale += b[l] * b[l] * e->inverse[k][l];
    return scale;
}

int jd_effects_demean_reduced(const jd_effects_t *e, double *x, double *scratch)
{
    double *sums = scratch, *b = sums + e->max_levels, *a = b + e->n_small, *work = a + e->n_small;
    double scale = 0;
    int failed = 0;
    /* A first time by itself: rounding of large means would leave b outside S's range. */
    if (!e->factor) jd_effects_project(e, 0, x, sums);
    /* Twice: the second time takes out what rounding left. */
    for (int round = 0; round < 2 && !failed; round++) {
        jd_effects_project(e, 0, x, sums);
        jd_effects_collect(e, x, b);
        if (round == 0) scale = jd_dot_weighted(e->weight, x, x, e->n);
        failed = jd_effects_solve_reduced(e, b, scale, a, work);
        spread(e, a, -1, x);
    }
    jd_effects_project(e, 0, x, sums);
    return failed;
}

/* The position in groups of the effect that was asked for as k-th is order[k]; its inverse. */
static double *level_at(const jd_effects_t *e, double *const *level, int position)
{
    int k = 0;
    while (e->order[k] != position)
        k++;
    return level[k];
}

/* to[one effect's level] += weight * from[another's], over all rows. */
static void carry(const jd_effects_t *e, const int32_t *code, const double *from,
                  const int32_t *into, double *to)
{
    const int32_t *row = e->row;
    if (row && !e->weight) /* many times over in imputation: no choice in the loop */
        for (int64_t i = 0; i < e->n; i++)
            to[into[row[i]]] += from[code[row[i]]];
    else
        for (int64_t i = 0; i < e->n; i++) {
            int64_t p = jd_effects_place(e, i);
            to[into[p]] += weight_of(e, i) * from[code[p]];
        }
}

/* b [n_small] = what the smaller effects' levels sum of the first effect's means. */
static void collect_means(const jd_effects_t *e, const double *mean, double *b)
{
    memset(b, 0, (size_t)e->n_small * sizeof *b);
    for (int k = 1; k < e->n_effects; b += e->groups[k++].n_groups)
        carry(e, e->groups[0].code, mean, e->groups[k].code, b);
}

/* mean [levels of the first effect] -= the means of the smaller effects' levels a; sums is scratch.
 */
static void subtract_means(const jd_effects_t *e, const double *a, double *sums, double *mean)
{
    const jd_groups_t *first = &e->groups[0];
    memset(sums, 0, (size_t)first->n_groups * sizeof *sums);
    for (int k = 1; k < e->n_effects; a += e->groups[k++].n_groups)
        carry(e, e->groups[k].code, a, first->code, sums);
    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] -= sums[g] * e->inverse[0][g];
}

int jd_effects_solve(const jd_effects_t *effects, double *const *level, jd_ctx_t *ctx)
{
    const jd_effects_t *e = effects;
    if (e->n_effects == 0) return JD_OK;
    size_t size = (size_t)e->n_small;
    size_t cells = 8 * size + (size_t)e->max_levels;
    double *r;
    if (jd_make_n(&r, cells, sizeof *r, "solving for fixed effects", ctx)) return JD_ERR_NO_MEMORY;
    double *a = r + size, *work = a + size, *sums = work + 6 * size;
    const jd_groups_t *first = &e->groups[0];
    double *mean = level_at(e, level, 0), *at = r, scale = 0;
    int rc = JD_OK;

    for (int32_t g = 0; g < first->n_groups; g++)
        scale += mean[g] * mean[g] * e->inverse[0][g];
    for (int32_t g = 0; g < first->n_groups; g++)
        mean[g] *= e->inverse[0][g];
    collect_means(e, mean, a);
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(at, level_at(e, level, k), (size_t)e->groups[k].n_groups * sizeof *at);
    scale += size_of(e, r);
    for (size_t l = 0; l < size; l++)
        r[l] -= a[l];
    if (jd_effects_solve_reduced(e, r, scale, a, work))
        rc = jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                     "fixed effects did not converge; their levels may hang together by a few rows "
                     "only: use fewer or coarser fixed effects");
    subtract_means(e, a, sums, mean);
    at = a;
    for (int k = 1; k < e->n_effects; at += e->groups[k++].n_groups)
        memcpy(level_at(e, level, k), at, (size_t)e->groups[k].n_groups * sizeof *at);
    free(r);
    return rc;
}
