/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A primal simplex for one small dense polytope and thousands of objectives: a general library
 * would set up each programme from scratch, keeps state by thread and ends the process on an error.
 * Pricing by the largest gain; by Bland's rule where steps stay at one vertex, so that it cannot
 * cycle. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/trends/honest_parts.h"
#include "linear/lapack.h"

enum { REFRESH = 64 }; /* pivots after which the inverse is recomputed */

static const double *column_of(const jd_vertices_t *lp, int j)
{
    return lp->w + (size_t)j * (size_t)lp->r;
}

/* Inverse of the basic columns, from scratch. */
static int refresh(jd_vertices_t *lp, jd_ctx_t *ctx)
{
    int r = lp->r;
    for (int i = 0; i < r; i++)
        for (int k = 0; k < r; k++)
            lp->inverse[k * r + i] =
                lp->basis[i] < lp->n ? column_of(lp, lp->basis[i])[k] : lp->basis[i] - lp->n == k;
    lp->fresh = 0;
    jd_transpose(r, lp->inverse);
    int info = jd_invert(r, lp->inverse, lp->pivot);
    jd_transpose(r, lp->inverse);
    if (info == 0) return JD_OK;
    if (info == JD_LAPACK_MEMORY)
        return jd_fail_memory(ctx, (size_t)r * sizeof(double), "a linear programme");
    return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                   "honest: a linear programme's basis became singular; rescale the outcome");
}

/* Basic row that leaves when the variable of lp->step enters; -1 if none is bounded. Artificial
 * variables are at 0 once the polytope is found, and stay there. */
static int leaving_row(const jd_vertices_t *lp, int searching, int bland)
{
    int best = -1;
    double best_ratio = HUGE_VAL;
    for (int i = 0; i < lp->r; i++) {
        double d = lp->step[i], level = lp->inverse[(int64_t)i * lp->r];
        if (level < 0) level = 0;
        if (!searching && lp->basis[i] >= lp->n && fabs(d) > 1e-9) return i;
        if (d <= 1e-10) continue;
        double ratio = level / d;
        int tie = fabs(ratio - best_ratio) <= 1e-13 * (1 + ratio);
        int better = tie ? (bland ? lp->basis[i] < lp->basis[best] : d > lp->step[best])
                         : ratio < best_ratio;
        if (best < 0 || better) {
            best = i;
            best_ratio = ratio;
        }
    }
    return best;
}

static void pivot(jd_vertices_t *lp, int row, int enter)
{
    int r = lp->r;
    double scale = 1 / lp->step[row];
    double *own = lp->inverse + (int64_t)row * r;
    for (int k = 0; k < r; k++)
        own[k] *= scale;
    for (int i = 0; i < r; i++) {
        double d = lp->step[i];
        if (i == row || d == 0) continue;
        double *other = lp->inverse + (int64_t)i * r;
        for (int k = 0; k < r; k++)
            other[k] -= d * own[k];
    }
    if (lp->basis[row] < lp->n) lp->in[lp->basis[row]] = 0;
    lp->basis[row] = enter;
    lp->in[enter] = 1;
    lp->fresh++;
}

/* Objective of a variable: f, or while a vertex is searched for, minus the artificial ones. */
static double gain_of(const jd_vertices_t *lp, const double *f, int j)
{
    if (!f) return j < lp->n ? 0 : -1;
    return j < lp->n ? f[j] : 0;
}

/* The variable to enter and *most it gains, or -1 at the optimum. */
static int entering(jd_vertices_t *lp, const double *f, double tolerance, int bland, double *most)
{
    int r = lp->r, best = -1;
    double best_gain = tolerance;
    memset(lp->price, 0, (size_t)r * sizeof *lp->price);
    for (int i = 0; i < r; i++) {
        double g = gain_of(lp, f, lp->basis[i]);
        for (int k = 0; k < r; k++)
            lp->price[k] += g * lp->inverse[i * r + k];
    }
    for (int j = 0; j < lp->n; j++) {
        if (lp->in[j]) continue;
        double gain = gain_of(lp, f, j);
        const double *w = column_of(lp, j);
        for (int k = 0; k < r; k++)
            gain -= lp->price[k] * w[k];
        if (gain > best_gain) {
            best = j;
            best_gain = gain;
            if (bland) break;
        }
    }
    *most = best_gain;
    return best;
}

/* Since the first equation is sum x = 1, no vertex is better than the present one by more than the
 * largest gain: below `floor` the search may stop. */
static int improve(jd_vertices_t *lp, const double *f, double floor, jd_ctx_t *ctx)
{
    int r = lp->r, idle = 0, most = 200 * (lp->n + r);
    double size = 0;
    for (int j = 0; f && j < lp->n; j++)
        size = fmax(size, fabs(f[j]));
    double tolerance = 1e-11 * (f ? size : 1);
    for (int step = 0; step < most; step++) {
        int bland = idle > 2 * r + 20;
        if (lp->fresh >= REFRESH) {
            int rc = refresh(lp, ctx);
            if (rc) return rc;
        }
        double gain;
        int enter = entering(lp, f, tolerance, bland, &gain);
        if (enter < 0 || (!bland && lp->price[0] + gain <= floor)) return JD_OK;
        const double *w = column_of(lp, enter);
        for (int i = 0; i < r; i++) {
            lp->step[i] = 0;
            for (int k = 0; k < r; k++)
                lp->step[i] += lp->inverse[i * r + k] * w[k];
        }
        int row = leaving_row(lp, !f, bland);
        if (row < 0) break;
        idle = lp->inverse[(int64_t)row * r] <= 1e-13 ? idle + 1 : 0;
        pivot(lp, row, enter);
    }
    return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                   "honest: a linear programme of %d restrictions did not end after %d steps; "
                   "rescale the outcome, or use fewer periods",
                   lp->n, most);
}

static int vertices_alloc(jd_vertices_t *lp, jd_ctx_t *ctx)
{
    const char *what = "a linear programme";
    size_t rows = (size_t)lp->r, n = (size_t)lp->n;
    int rc = jd_make_unset(&lp->w, n * rows, sizeof *lp->w, what, ctx);
    if (!rc) rc = jd_make_unset(&lp->basis, rows, sizeof *lp->basis, what, ctx);
    if (!rc) rc = jd_make_n(&lp->in, n, 1, what, ctx);
    if (!rc) rc = jd_make_n(&lp->inverse, rows * rows, sizeof *lp->inverse, what, ctx);
    if (!rc) rc = jd_make_unset(&lp->price, rows, sizeof *lp->price, what, ctx);
    if (!rc) rc = jd_make_unset(&lp->step, rows, sizeof *lp->step, what, ctx);
    if (!rc) rc = jd_make_unset(&lp->pivot, rows, sizeof *lp->pivot, what, ctx);
    return rc;
}

int jd_vertices_init(jd_vertices_t *lp, int n, int r, const double *w, jd_ctx_t *ctx)
{
    memset(lp, 0, sizeof *lp);
    lp->n = n;
    lp->r = r;
    int rc = vertices_alloc(lp, ctx);
    if (!rc) {
        memcpy(lp->w, w, (size_t)n * (size_t)r * sizeof *w);
        for (int i = 0; i < r; i++) {
            lp->basis[i] = n + i;
            lp->inverse[i * r + i] = 1;
        }
        rc = improve(lp, NULL, -HUGE_VAL, ctx);
    }
    for (int i = 0; !rc && i < r; i++)
        if (lp->basis[i] >= n && lp->inverse[(int64_t)i * r] > 1e-9) lp->infeasible = 1;
    if (rc) jd_vertices_free(lp);
    return rc;
}

int jd_vertices_best(jd_vertices_t *lp, const double *f, double floor, double *x, double *value,
                     jd_ctx_t *ctx)
{
    int rc = improve(lp, f, floor, ctx);
    if (rc) return rc;
    memset(x, 0, (size_t)lp->n * sizeof *x);
    *value = 0;
    for (int i = 0; i < lp->r; i++) {
        int j = lp->basis[i];
        double level = lp->inverse[(int64_t)i * lp->r];
        if (j >= lp->n || level <= 0) continue;
        x[j] = level;
        *value += level * f[j];
    }
    return JD_OK;
}

void jd_vertices_free(jd_vertices_t *lp)
{
    if (!lp) return;
    free(lp->w);
    free(lp->basis);
    free(lp->in);
    free(lp->inverse);
    free(lp->price);
    free(lp->step);
    free(lp->pivot);
    memset(lp, 0, sizeof *lp);
}
