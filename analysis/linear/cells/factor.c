/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The design's side: S of all units, small effects projected out, dummies factored. */
#include <lapacke.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/cells/cellwise.h"
#include "linear/cholesky.h"

/* What rounding leaves of the squares of a dummy that fixed effects explain; one more row that they
 * do not would leave 1e-8 at the least. */
static const double absorbed_tolerance = 1e-11;
static const double rounding =
    1e-14; /* of a dummy's whole mass: all that one of every row leaves */
static const double collinear_tolerance = 1e-10; /* of its square, left by the dummies before it */

enum { N_PATTERNS = 1024 };

/* Units whose rows meet the same cells in the same order, without weights: one product for all. */
typedef struct {
    int64_t from, n;
    double count; /* units seen */
} pattern_t;

static int64_t row_of(const jd_cellwise_t *c, int64_t r)
{
    return c->row ? c->row[r] : r;
}

/* S -= times d d' / W of the unit with rows from ... from + n - 1; each pair of cells goes to one
 * side of the diagonal. d [n_cells] is zero on entry and exit. */
static void take_unit(const jd_cellwise_t *c, int64_t from, int64_t n, double times, double *d,
                      int32_t *met, double *s)
{
    size_t size = (size_t)c->n_cells;
    int n_met = 0;
    double total = 0;
    for (int64_t r = from; r < from + n; r++) {
        int64_t i = row_of(c, r);
        double w = c->weight ? c->weight[i] : 1.0;
        if (d[c->code[i]] == 0) met[n_met++] = c->code[i];
        d[c->code[i]] += w;
        total += w;
    }
    for (int a = 0; a < n_met; a++) {
        double scaled = times / total * d[met[a]], *row = s + (size_t)met[a] * size;
        for (int b = 0; b <= a; b++)
            row[met[b]] -= scaled * d[met[b]];
    }
    for (int a = 0; a < n_met; a++)
        d[met[a]] = 0;
}

static int same_cells(const jd_cellwise_t *c, int64_t a, int64_t b, int64_t n)
{
    if (!c->row) return memcmp(c->code + a, c->code + b, (size_t)n * sizeof *c->code) == 0;
    for (int64_t r = 0; r < n; r++)
        if (c->code[c->row[a + r]] != c->code[c->row[b + r]]) return 0;
    return 1;
}

static uint32_t place_of(const jd_cellwise_t *c, int64_t from, int64_t n)
{
    uint32_t hash = (uint32_t)n;
    for (int64_t r = from; r < from + n; r++)
        hash = hash * 31 + (uint32_t)c->code[row_of(c, r)];
    return (hash ^ hash >> 10 ^ hash >> 20) % N_PATTERNS;
}

static void sum_units(const jd_cellwise_t *c, double *d, int32_t *met, pattern_t *pattern,
                      double *s)
{
    for (int32_t u = 0; u < c->n_units; u++) {
        int64_t from = c->start[u], n = c->start[u + 1] - from;
        if (c->weight) {
            take_unit(c, from, n, 1, d, met, s);
            continue;
        }
        pattern_t *p = &pattern[place_of(c, from, n)];
        if (p->count == 0 || p->n != n || !same_cells(c, p->from, from, n)) {
            if (p->count > 0) take_unit(c, p->from, p->n, p->count, d, met, s);
            *p = (pattern_t){from, n, 0};
        }
        p->count++;
    }
    for (int p = 0; p < N_PATTERNS; p++)
        if (pattern[p].count > 0)
            take_unit(c, pattern[p].from, pattern[p].n, pattern[p].count, d, met, s);
}

/* S [n_cells][n_cells], zeroed on entry. */
static int make_s(const jd_cellwise_t *c, double *s, jd_ctx_t *ctx)
{
    size_t size = (size_t)c->n_cells;
    double *d;
    int32_t *met = NULL;
    pattern_t *pattern = NULL;
    int rc = jd_make_n(&d, size, sizeof *d, "cells", ctx);
    if (!rc) rc = jd_make_unset(&met, size, sizeof *met, "cells", ctx);
    if (!rc) rc = jd_make_n(&pattern, N_PATTERNS, sizeof *pattern, "cells", ctx);
    if (!rc) {
        sum_units(c, d, met, pattern, s);
        for (size_t i = 0; i < size; i++) {
            s[i * size + i] += c->mass[i];
            for (size_t j = 0; j < i; j++)
                s[i * size + j] = s[j * size + i] = s[i * size + j] + s[j * size + i];
        }
    }
    free(d);
    free(met);
    free(pattern);
    return rc;
}

static const int32_t *levels_of(const jd_cellwise_t *c, int effect)
{
    return c->level + (size_t)effect * (size_t)c->n_cells;
}

/* out [n_levels][width] += sign H' in, in [n_cells][width] */
static void collect(const jd_cellwise_t *c, const double *in, int width, double sign, double *out)
{
    for (int k = 0; k < c->n_small; k++)
        for (int a = 0; a < c->n_cells; a++) {
            double *to = out + (size_t)levels_of(c, k)[a] * (size_t)width;
            const double *from = in + (size_t)a * (size_t)width;
            for (int j = 0; j < width; j++)
                to[j] += sign * from[j];
        }
}

/* in [n_cells][width] -= H level, level [n_levels][width] */
static void subtract(const jd_cellwise_t *c, const double *level, int width, double *in)
{
    for (int k = 0; k < c->n_small; k++)
        for (int a = 0; a < c->n_cells; a++) {
            const double *from = level + (size_t)levels_of(c, k)[a] * (size_t)width;
            double *to = in + (size_t)a * (size_t)width;
            for (int j = 0; j < width; j++)
                to[j] -= from[j];
        }
}

/* out = S in, both [n_cells][width]; most of S is 0, cohorts meet in few cells. */
static void apply(const double *s, int size, const double *in, int width, double *out)
{
    size_t n = (size_t)size, row = (size_t)width;
    memset(out, 0, n * row * sizeof *out);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            double by = s[a * n + b];
            if (by == 0) continue;
            const double *restrict from = in + b * row;
            double *restrict to = out + a * row;
            for (size_t j = 0; j < row; j++)
                to[j] += by * from[j];
        }
}

/* H'SH, factored: a level's own weight is the scale, as in the direct solver. */
static int factor_levels(jd_cellwise_t *c, const double *s, jd_ctx_t *ctx)
{
    size_t h = (size_t)c->n_levels, n = (size_t)c->n_cells;
    double *scale = NULL;
    int rc = jd_make_n(&c->factor, h * h + 1, sizeof *c->factor, "fixed effects", ctx);
    if (!rc) rc = jd_make_n(&c->known, h + 1, 1, "fixed effects", ctx);
    if (!rc) rc = jd_make_n(&scale, h + 1, sizeof *scale, "fixed effects", ctx);
    if (rc) {
        free(scale);
        return rc;
    }
    for (int k = 0; k < c->n_small; k++)
        for (size_t a = 0; a < n; a++) {
            double *row = c->factor + (size_t)levels_of(c, k)[a] * h;
            scale[levels_of(c, k)[a]] += c->mass[a];
            for (int m = 0; m < c->n_small; m++)
                for (size_t b = 0; b < n; b++)
                    row[levels_of(c, m)[b]] += s[a * n + b];
        }
    jd_cholesky(c->factor, c->n_levels, scale, 1e-12, c->known);
    free(scale);
    return JD_OK;
}

/* One projection on H in the metric S: g -= H (H'SH)^-1 H'S g. sg [n_cells][width] and level
 * [n_levels][width] are scratch, column [n_levels] too. */
static void project(const jd_cellwise_t *c, const double *s, double *g, int width, double *sg,
                    double *level, double *column)
{
    apply(s, c->n_cells, g, width, sg);
    memset(level, 0, (size_t)c->n_levels * (size_t)width * sizeof *level);
    collect(c, sg, width, 1, level);
    for (int j = 0; j < width; j++) {
        for (int l = 0; l < c->n_levels; l++)
            column[l] = level[(size_t)l * (size_t)width + (size_t)j];
        jd_cholesky_solve(c->factor, c->n_levels, c->known, column);
        for (int l = 0; l < c->n_levels; l++)
            level[(size_t)l * (size_t)width + (size_t)j] = column[l];
    }
    subtract(c, level, width, g);
}

/* out [width][width] = a'b, a and b [n][width] */
static void cross(const double *a, const double *b, size_t n, size_t width, double *out)
{
    memset(out, 0, width * width * sizeof *out);
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < width; i++) {
            double by = a[c * width + i];
            if (by == 0) continue;
            const double *restrict from = b + c * width;
            double *restrict to = out + i * width;
            for (size_t j = 0; j < width; j++)
                to[j] += by * from[j];
        }
}

/* What must be left of each dummy's square: a share of that about its mean, or of its mass. */
static void least_left(const jd_cellwise_t *c, double *least)
{
    double total = 0;
    memset(least, 0, (size_t)c->n_x * sizeof *least);
    for (int a = 0; a < c->n_cells; a++) {
        if (c->dummy[a] >= 0) least[c->dummy[a]] += c->mass[a];
        total += c->mass[a];
    }
    for (int j = 0; j < c->n_x; j++) {
        double square = least[j] - least[j] * least[j] / total;
        least[j] = fmax(absorbed_tolerance * square, rounding * least[j]);
    }
}

/* Which dummies are kept, given all cross products [n_x][n_x]; scratch [n_x][n_x]. */
static void choose(const jd_cellwise_t *c, const double *all, const double *least,
                   unsigned char *keep, double *scratch, jd_regression_t *r)
{
    int n = c->n_x, open = 0;
    for (int j = 0; j < n; j++)
        if (all[j * n + j] > least[j]) r->kept[open++] = j;
    for (int i = 0; i < open; i++)
        for (int j = 0; j <= i; j++)
            scratch[i * open + j] = all[r->kept[i] * n + r->kept[j]];
    jd_cholesky(scratch, open, NULL, collinear_tolerance, keep);
    r->n_kept = 0;
    for (int j = 0; j < open; j++)
        if (keep[j]) r->kept[r->n_kept++] = r->kept[j];
}

/* cross and bread of the kept dummies. */
static int invert(const double *all, int n_x, jd_regression_t *r, jd_ctx_t *ctx)
{
    int k = r->n_kept;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            int a = r->kept[i], b = r->kept[j];
            r->cross[i * k + j] = 0.5 * (all[a * n_x + b] + all[b * n_x + a]);
            r->bread[i * k + j] = r->cross[i * k + j];
        }
    if (LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', k, r->bread, k) != 0 ||
        LAPACKE_dpotri(LAPACK_COL_MAJOR, 'U', k, r->bread, k) != 0)
        return jd_fail(ctx, JD_ERR_RANK,
                       "the regressors' cross products are not positive definite");
    for (int i = 0; i < k; i++)
        for (int j = i + 1; j < k; j++)
            r->bread[i * k + j] = r->bread[j * k + i];
    return JD_OK;
}

/* What outcomes meet: V = G~ bread, H'SG, and the kept dummies' numbers. */
static int keep_tables(jd_cellwise_t *c, const double *g, const double *level,
                       const jd_regression_t *r, jd_ctx_t *ctx)
{
    size_t k = (size_t)r->n_kept, n_x = (size_t)c->n_x, n = (size_t)c->n_cells;
    int rc = jd_make_n(&c->v, n * k, sizeof *c->v, "row weights", ctx);
    if (!rc)
        rc = jd_make_unset(&c->mixed, (size_t)c->n_levels * k + 1, sizeof *c->mixed, "row weights",
                           ctx);
    if (rc) return rc;
    for (size_t a = 0; a < n; a++)
        for (size_t i = 0; i < k; i++) {
            double by = g[a * n_x + (size_t)r->kept[i]];
            if (by == 0) continue;
            for (size_t j = 0; j < k; j++)
                c->v[a * k + j] += by * r->bread[i * k + j];
        }
    for (size_t l = 0; l < (size_t)c->n_levels; l++)
        for (size_t j = 0; j < k; j++)
            c->mixed[l * k + j] = level[l * n_x + (size_t)r->kept[j]];
    for (size_t a = 0; a < n; a++) {
        int old = c->dummy[a];
        c->dummy[a] = -1;
        for (int j = 0; old >= 0 && j < r->n_kept; j++)
            if (r->kept[j] == old) c->dummy[a] = j;
    }
    return JD_OK;
}

int jd_cellwise_factor(jd_cellwise_t *cells, jd_regression_t *r, jd_ctx_t *ctx)
{
    jd_cellwise_t *c = cells;
    size_t n = (size_t)c->n_cells, n_x = (size_t)c->n_x, h = (size_t)c->n_levels;
    size_t room = n * n + 2 * n * n_x + 2 * h * n_x + h + 2 * n_x * n_x + n_x;
    double *s;
    unsigned char *keep = NULL;
    int rc = jd_make_n(&s, room, sizeof *s, "cross products", ctx);
    if (!rc) rc = jd_make_n(&keep, n_x, 1, "cross products", ctx);
    if (rc) goto out;
    double *g = s + n * n, *sg = g + n * n_x, *mixed = sg + n * n_x, *level = mixed + h * n_x;
    double *column = level + h * n_x, *all = column + h, *scratch = all + n_x * n_x;
    double *least = scratch + n_x * n_x;

    rc = make_s(c, s, ctx);
    if (!rc) rc = factor_levels(c, s, ctx);
    if (rc) goto out;
    for (size_t a = 0; a < n; a++)
        if (c->dummy[a] >= 0) g[a * n_x + (size_t)c->dummy[a]] = 1;
    apply(s, c->n_cells, g, c->n_x, sg);
    collect(c, sg, c->n_x, 1, mixed);
    /* Twice: the second takes out what rounding left. */
    project(c, s, g, c->n_x, sg, level, column);
    project(c, s, g, c->n_x, sg, level, column);
    apply(s, c->n_cells, g, c->n_x, sg);
    cross(g, sg, n, n_x, all);
    least_left(c, least);
    choose(c, all, least, keep, scratch, r);
    if (r->n_kept > 0) rc = invert(all, c->n_x, r, ctx);
    if (!rc && r->n_kept > 0) rc = keep_tables(c, g, mixed, r, ctx);
out:
    free(s);
    free(keep);
    return rc;
}
