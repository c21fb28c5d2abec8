/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares on the simplex. The weights that are free solve a least-squares problem under one
 * equation; a reflection takes the equation out, so that all stands on orthogonal factorisations
 * and a ridge of 1e-12 of the columns' squares still counts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/synthetic/synthetic.h"
#include "linear/lapack.h"

enum { NEWTON_STEPS = 60 };
static const double SINGULAR = 1e-9; /* of a column, relative to the first, that adds nothing */

typedef struct {
    const double *a, *b;
    int m, n;
    double ridge, tolerance;
    int rank; /* of the free weights' problem under their sum */
    int *set; /* [n] the free weights, ascending */
    int n_set;
    unsigned char *free_now; /* [n] */
    double *z;               /* [n] weights of the free set's problem, by place in the set */
    double *gradient;        /* [n] a_j'(b - A w) - ridge w_j: equal for all free weights */
    double *reduced;         /* [n][m] columns after the reflection */
    double *square;          /* [2 m][m] */
    double *right;           /* [2 m + n] */
    double *tau;             /* [m] */
} simplex_t;

/* 0; -1 without memory; 1 where numbers are beyond LAPACK. */
static int verdict(int info)
{
    return info == 0 ? 0 : info == JD_LAPACK_MEMORY ? -1 : 1;
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Ridge least squares of `right` on reduced [q][m], to right itself; q <= m. */
static int solve_tall(simplex_t *s, int q)
{
    int rows = s->m + q;
    memset(s->square, 0, (size_t)rows * (size_t)q * sizeof *s->square);
    for (int j = 0; j < q; j++) {
        memcpy(s->square + (size_t)j * (size_t)rows, s->reduced + (size_t)j * (size_t)s->m,
               (size_t)s->m * sizeof *s->square);
        s->square[(size_t)j * (size_t)rows + (size_t)(s->m + j)] = sqrt(s->ridge);
    }
    memset(s->right + s->m, 0, (size_t)q * sizeof *s->right);
    memset(s->set + s->n, 0, (size_t)q * sizeof *s->set);
    return verdict(jd_gelsy(rows, q, s->square, rows, s->right, rows, s->set + s->n, 1e-13));
}

/* The same in the span of the rows, where every ridge solution lies: z = Q v with reduced' P = QR.
 * Directions beyond the rank get nothing, whatever rounding says of them. */
static int solve_span(simplex_t *s, int q, int rank)
{
    int m = s->m, rows = m + rank, *pivot = s->set + s->n;
    const double *r = s->reduced + (size_t)s->n * (size_t)m;
    memset(s->square, 0, (size_t)rows * (size_t)rank * sizeof *s->square);
    for (int j = 0; j < rank; j++) {
        for (int i = j; i < m; i++) /* P R' */
            s->square[(size_t)j * (size_t)rows + (size_t)(pivot[i] - 1)] =
                r[(size_t)i * (size_t)q + (size_t)j];
        s->square[(size_t)j * (size_t)rows + (size_t)(m + j)] = sqrt(s->ridge);
    }
    memset(s->right + m, 0, (size_t)rank * sizeof *s->right);
    memset(pivot, 0, (size_t)rank * sizeof *pivot);
    int bad = verdict(jd_gelsy(rows, rank, s->square, rows, s->right, rows, pivot, 1e-13));
    if (bad) return bad;
    if (q > rank) memset(s->right + rank, 0, (size_t)(q - rank) * sizeof *s->right);
    return verdict(jd_apply_q(q, q < m ? q : m, r, q, s->tau, s->right));
}

/* Factors the rows of reduced [q][m] and chooses. */
static int solve_reduced(simplex_t *s, int q)
{
    int m = s->m, most = q < m ? q : m;
    double *transposed = s->reduced + (size_t)s->n * (size_t)m;
    for (int j = 0; j < q; j++)
        for (int i = 0; i < m; i++)
            transposed[(size_t)i * (size_t)q + (size_t)j] =
                s->reduced[(size_t)j * (size_t)m + (size_t)i];
    int bad = verdict(jd_geqp3(q, m, transposed, q, s->set + s->n, s->tau));
    if (bad) return bad;
    double least = SINGULAR * fabs(transposed[0]);
    s->rank = 0;
    while (s->rank < most &&
           fabs(transposed[(size_t)s->rank * (size_t)q + (size_t)s->rank]) > least)
        s->rank++;
    if (s->rank == 0) {
        memset(s->right, 0, (size_t)q * sizeof *s->right);
        return 0;
    }
    return s->rank == q ? solve_tall(s, q) : solve_span(s, q, s->rank);
}

/* z = the free weights' optimum under their sum alone. With H the reflection that takes e_1 to
 * (1, ..., 1) / sqrt(p), w = H v: the equation sets v_1, the rest is free. */
static int solve_free(simplex_t *s)
{
    int p = s->n_set, m = s->m, q = p - 1;
    double root = sqrt((double)p), norm = 2 - 2 / root;
    if (p == 1) {
        s->z[0] = 1;
        s->rank = 0;
        return 0;
    }
    double *u = s->z, *au = s->right; /* A u, then b less v_1 times A H e_1 */
    for (int k = 0; k < p; k++)
        u[k] = 1 / root - (k == 0);
    memset(au, 0, (size_t)m * sizeof *au);
    for (int k = 0; k < p; k++)
        for (int i = 0; i < m; i++)
            au[i] += u[k] * s->a[(size_t)s->set[k] * (size_t)m + (size_t)i];
    for (int k = 1; k < p; k++)
        for (int i = 0; i < m; i++)
            s->reduced[(size_t)(k - 1) * (size_t)m + (size_t)i] =
                s->a[(size_t)s->set[k] * (size_t)m + (size_t)i] - 2 * u[k] / norm * au[i];
    for (int i = 0; i < m; i++) {
        double first = s->a[(size_t)s->set[0] * (size_t)m + (size_t)i] - 2 * u[0] / norm * au[i];
        au[i] = s->b[i] - first / root;
    }
    int bad = solve_reduced(s, q);
    if (bad) return bad;
    const double *v = s->right; /* of places 1 ... q */
    double along = u[0] / root + dot(u + 1, v, q);
    double u0 = u[0];
    for (int k = p - 1; k > 0; k--)
        s->z[k] = v[k - 1] - 2 * u[k] / norm * along;
    s->z[0] = 1 / root - 2 * u0 / norm * along;
    return 0;
}

/* Gradients under weights w; returns the free weights' common one. */
static double find_gradient(simplex_t *s, const double *w)
{
    double *rest = s->right, common = 0;
    memcpy(rest, s->b, (size_t)s->m * sizeof *rest);
    for (int j = 0; j < s->n; j++)
        for (int i = 0; w[j] != 0 && i < s->m; i++)
            rest[i] -= w[j] * s->a[(size_t)j * (size_t)s->m + (size_t)i];
    for (int j = 0; j < s->n; j++)
        s->gradient[j] = dot(s->a + (size_t)j * (size_t)s->m, rest, s->m) - s->ridge * w[j];
    for (int k = 0; k < s->n_set; k++)
        common += s->gradient[s->set[k]] / s->n_set;
    return common;
}

static void list_free(simplex_t *s)
{
    s->n_set = 0;
    for (int j = 0; j < s->n; j++)
        if (s->free_now[j]) s->set[s->n_set++] = j;
}

static void spread_free(const simplex_t *s, double *w)
{
    memset(w, 0, (size_t)s->n * sizeof *w);
    for (int k = 0; k < s->n_set; k++)
        w[s->set[k]] = s->z[k];
}

/* Free are the weights that come out positive, and those that would gain by being so. 1: done;
 * 0: not settled; -1: no room. */
static int newton(simplex_t *s, double *w)
{
    memset(s->free_now, 1, (size_t)s->n);
    for (int step = 0; step < NEWTON_STEPS; step++) {
        int changed = 0;
        list_free(s);
        if (s->n_set == 0) return 0;
        int bad = solve_free(s);
        if (bad) return bad < 0 ? -1 : 0;
        spread_free(s, w);
        double common = find_gradient(s, w);
        for (int j = 0; j < s->n; j++) {
            int now = s->free_now[j] ? w[j] > 0 : s->gradient[j] > common + s->tolerance;
            changed |= now != s->free_now[j];
            s->free_now[j] = (unsigned char)now;
        }
        if (!changed) return 1;
    }
    return 0;
}

/* The corner that fits best. */
static void start_at_corner(simplex_t *s, double *w)
{
    int best = 0;
    double least = HUGE_VAL;
    for (int j = 0; j < s->n; j++) {
        double sum = 0;
        for (int i = 0; i < s->m; i++) {
            double e = s->a[(size_t)j * (size_t)s->m + (size_t)i] - s->b[i];
            sum += e * e;
        }
        if (sum < least) {
            least = sum;
            best = j;
        }
    }
    memset(w, 0, (size_t)s->n * sizeof *w);
    memset(s->free_now, 0, (size_t)s->n);
    w[best] = s->free_now[best] = 1;
}

/* Goes from w towards the free optimum as far as weights stay positive; those that reach 0 are
 * fixed. 1 once the optimum itself is reached. */
static int walk(simplex_t *s, double *w)
{
    double way = 1;
    int blocking = -1;
    for (int k = 0; k < s->n_set; k++) {
        double from = w[s->set[k]], to = s->z[k];
        if (to > 0 || from / (from - to) >= way) continue;
        way = from / (from - to);
        blocking = s->set[k];
    }
    for (int k = 0; k < s->n_set; k++)
        w[s->set[k]] += way * (s->z[k] - w[s->set[k]]);
    if (blocking < 0) return 1;
    for (int k = 0; k < s->n_set; k++)
        if (s->set[k] == blocking || w[s->set[k]] <= 0) {
            w[s->set[k]] = 0;
            s->free_now[s->set[k]] = 0;
        }
    return 0;
}

static int active_set(simplex_t *s, double *w)
{
    start_at_corner(s, w);
    for (int step = 0; step < 100 + 20 * s->n; step++) {
        list_free(s);
        int bad = solve_free(s);
        if (bad) return bad < 0 ? -1 : 0;
        if (!walk(s, w)) continue;
        double common = find_gradient(s, w);
        int best = -1;
        for (int j = 0; j < s->n; j++)
            if (!s->free_now[j] && s->gradient[j] > common + s->tolerance &&
                (best < 0 || s->gradient[j] > s->gradient[best]))
                best = j;
        if (best < 0) return 1;
        s->free_now[best] = 1;
    }
    return 0;
}

/* Many rows: those of R in [A b] = QR serve as well. *own gets the [n + 1][n + 1] copy. */
static int compress(const double **a, const double **b, int *m, int n, double **own)
{
    int rows = *m, k = n + 1;
    if (rows <= k) return 0;
    double *full = malloc(((size_t)rows * (size_t)k + (size_t)k) * sizeof *full);
    *own = calloc((size_t)k * (size_t)k, sizeof **own);
    int bad = full && *own ? 0 : -1;
    if (!bad) {
        memcpy(full, *a, (size_t)rows * (size_t)n * sizeof *full);
        memcpy(full + (size_t)rows * (size_t)n, *b, (size_t)rows * sizeof *full);
        bad = verdict(jd_geqrf(rows, k, full, rows, full + (size_t)rows * (size_t)k));
    }
    for (int j = 0; !bad && j < k; j++)
        memcpy(*own + (size_t)j * (size_t)k, full + (size_t)j * (size_t)rows,
               ((size_t)j + 1) * sizeof *full);
    free(full);
    if (bad) return bad;
    *a = *own;
    *b = *own + (size_t)n * (size_t)k;
    *m = k;
    return 0;
}

static int allocate(simplex_t *s)
{
    size_t m = (size_t)s->m, n = (size_t)s->n;
    s->set = calloc(2 * n + m, sizeof *s->set); /* behind it dgelsy's pivots */
    s->free_now = malloc(n);
    s->z = calloc(2 * n + 2 * m * n + 2 * m * m + 2 * m + n + m, sizeof *s->z);
    if (!s->set || !s->free_now || !s->z) return 1;
    s->gradient = s->z + n;
    s->reduced = s->gradient + n;
    s->square = s->reduced + 2 * m * n;
    s->right = s->square + 2 * m * m;
    s->tau = s->right + 2 * m + n;
    return 0;
}

int jd_simplex_solve(const double *a, const double *b, int m, int n, double ridge, double *w,
                     jd_ctx_t *ctx)
{
    double *own = NULL, largest = 0;
    int bad = compress(&a, &b, &m, n, &own);
    simplex_t s = {.a = a, .b = b, .m = m, .n = n, .ridge = ridge};
    if (!bad && allocate(&s)) bad = -1;
    int done = bad < 0 ? -1 : 0;
    for (int j = 0; !bad && j < n; j++) {
        const double *column = a + (size_t)j * (size_t)m;
        double square = dot(column, column, m);
        if (square > largest) largest = square;
    }
    s.tolerance = 1e-12 * (largest + ridge);
    if (!bad) done = newton(&s, w);
    if (!bad && done == 0) done = active_set(&s, w);
    free(s.set);
    free(s.free_now);
    free(s.z);
    free(own);
    if (done > 0) return JD_OK;
    if (done < 0)
        return jd_fail_memory(ctx, (size_t)m * (size_t)n * sizeof *own, "synthetic weights");
    return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                   "weights of %d donors over %d rows: the active set does not settle; are values "
                   "many orders of magnitude apart?",
                   n, m);
}

/* Columns with weight first, each with a row of ones below: [n][m + 1]; returns how many. */
static int sort_columns(const double *a, int m, int n, const double *w, double *to)
{
    int with = 0, next = 0;
    for (int weighed = 1; weighed >= 0; weighed--)
        for (int j = 0; j < n; j++) {
            double *column = to + (size_t)next * (size_t)(m + 1);
            if ((w[j] > 0) != weighed) continue;
            memcpy(column, a + (size_t)j * (size_t)m, (size_t)m * sizeof *a);
            column[m] = 1;
            with += weighed;
            next++;
        }
    return with;
}

/* Whether some mixture of the columns without weight lies in the span of those with it; lower
 * [n_z][rows] is what QR leaves of them beside that span. */
static int reaches_span(const double *lower, int rows, int n_z, int *reaches, jd_ctx_t *ctx)
{
    double *v, left = 0;
    if (jd_make_n(&v, (size_t)n_z + 2 * (size_t)rows, sizeof *v, "synthetic weights", ctx))
        return JD_ERR_NO_MEMORY;
    double *zero = v + n_z, *mean = zero + rows;
    int rc = jd_simplex_solve(lower, zero, rows, n_z, 1e-16, v, ctx);
    for (int j = 0; j < n_z; j++)
        for (int i = 0; i < rows; i++)
            mean[i] += v[j] * lower[(size_t)j * (size_t)rows + (size_t)i];
    for (int i = 0; i < rows; i++)
        left = fmax(left, fabs(mean[i]));
    *reaches = left < 1e-7;
    free(v);
    return rc;
}

int jd_simplex_is_unique(const double *a, int m, int n, const double *w, int *unique, jd_ctx_t *ctx)
{
    int rows = m + 1;
    size_t cells = (size_t)rows * (size_t)n;
    double *sorted = malloc((2 * cells + (size_t)rows + (size_t)n) * sizeof *sorted);
    int *pivot = malloc((size_t)n * sizeof *pivot), rc = JD_OK;
    *unique = 1;
    if (!sorted || !pivot) {
        free(sorted);
        free(pivot);
        return jd_fail_memory(ctx, 2 * cells * sizeof *sorted, "synthetic weights");
    }
    double *lower = sorted + cells, *tau = lower + cells;
    int with = sort_columns(a, m, n, w, sorted), rank = 0;
    memcpy(lower, sorted, (size_t)rows * (size_t)with * sizeof *lower);
    int bad = jd_geqp3(rows, with, lower, rows, pivot, tau);
    while (!bad && rank < with && rank < rows &&
           fabs(lower[(size_t)rank * (size_t)rows + (size_t)rank]) > SINGULAR)
        rank++;
    if (!bad && rank < with) {
        *unique = 0;
    } else if (!bad && with < n && with == rows) {
        *unique = 0;
    } else if (!bad && with < n) {
        bad = jd_geqrf(rows, n, sorted, rows, tau);
        int left = rows - with, reaches = 0;
        /* below the diagonal stand the reflectors */
        memset(lower, 0, (size_t)left * (size_t)(n - with) * sizeof *lower);
        for (int j = with; !bad && j < n; j++)
            for (int i = with; i < rows && i <= j; i++)
                lower[(size_t)(j - with) * (size_t)left + (size_t)(i - with)] =
                    sorted[(size_t)j * (size_t)rows + (size_t)i];
        if (!bad) rc = reaches_span(lower, left, n - with, &reaches, ctx);
        *unique = !reaches;
    }
    free(sorted);
    free(pivot);
    return rc; /* numbers beyond LAPACK: the search itself says so */
}

int jd_simplex_frank_wolfe(const double *a, const double *b, int m, int n, double zeta,
                           double decrease, int max_steps, double *w, jd_ctx_t *ctx)
{
    double *rest;
    if (jd_make_unset(&rest, (size_t)m, sizeof *rest, "synthetic weights", ctx))
        return JD_ERR_NO_MEMORY;
    double ridge = m * zeta * zeta, last = HUGE_VAL, now = HUGE_VAL;
    for (int step = 0; step < max_steps && (step < 2 || last - now > decrease * decrease); step++) {
        int best = 0;
        double least = HUGE_VAL, slope = 0, curve = 0, way = 0, objective = 0;
        for (int i = 0; i < m; i++)
            rest[i] = -b[i];
        for (int j = 0; j < n; j++)
            for (int i = 0; w[j] != 0 && i < m; i++)
                rest[i] += w[j] * a[(size_t)j * (size_t)m + (size_t)i];
        for (int j = 0; j < n; j++) {
            double g = dot(rest, a + (size_t)j * (size_t)m, m) + ridge * w[j];
            slope -= g * w[j];
            if (g < least) {
                least = g;
                best = j;
            }
        }
        slope += least;
        const double *corner = a + (size_t)best * (size_t)m;
        for (int i = 0; i < m; i++) {
            double d = corner[i] - (rest[i] + b[i]);
            curve += d * d;
        }
        for (int j = 0; j < n; j++) {
            double d = (j == best) - w[j];
            curve += ridge * d * d;
        }
        if (curve > 0) way = fmin(1, fmax(0, -slope / curve));
        for (int j = 0; j < n; j++) {
            w[j] += way * ((j == best) - w[j]);
            objective += zeta * zeta * w[j] * w[j];
        }
        for (int i = 0; i < m; i++) {
            double e = rest[i] + way * (corner[i] - (rest[i] + b[i]));
            objective += e * e / m;
        }
        last = now;
        now = objective;
    }
    free(rest);
    return JD_OK;
}
