/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With row weights W of the tested coefficient, residuals e of the bootstrap's process, factors v
 * of clusters and s_g the (leverage-adjusted) weights behind a cluster's score:
 *
 *     b* - b = sum over g of a_g v_g,                        a_g = W_g'e_g
 *     score*_g = s_g'[(I - H)(v e)]_g = d_g v_g - t_g.(sum over h of z_h v_h)
 *
 * with H of leverage.h: t_g = R_g's_g and z_h = R_h'e_h (rows scaled by sqrt(w)), d_g = s_g'e_g;
 * the nested effect's dummies do not enter, being orthogonal to s_g. Under an imposed null r, e =
 * e0 + (b - r) e1 with e1 = W/w / (W'W/w), so all of these are linear in b - r, and a draw's
 * variance is quadratic in it.
 */
#include "jiedao/wild_bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "did/base/design.h"
#include "jiedao/random.h"
#include "linear/lapack.h"
#include "linear/sums.h"
#include "linear/vcov/reweigh.h"
#include "linear/vcov/vcov.h"

enum { DRAWS = 9999, MAX_DRAWS = 1 << 27, BETWEEN_POLLS = 1 << 24 };
static const double tie = 1e-10; /* relative difference below which statistics are equal */

/* Everything a draw needs. */
typedef struct {
    const jd_wild_options_t *o;
    int32_t groups;
    int m;
    double estimate, std_error, factor;
    double *a[2], *d[2]; /* [groups], at b - r = 0 and their slopes */
    double *t, *z[2];    /* [groups][m] */
    double *room;        /* holds them */
    int64_t draws;
    int enumerated;
    double *draw; /* [draws][5]: numerator and its slope; variance's three coefficients */
} wild_t;

/* Columns over the design's rows. */
typedef struct {
    double *w, *e[2], *room; /* row weights; residuals and their slope */
    double scale;            /* W'W/w */
} rows_t;

static double weight_of(const jd_design_t *design, int64_t i)
{
    return design->weight ? design->weight[i] : 1.0;
}

static int check(const jd_design_t *design, int term, const jd_wild_options_t *o, jd_ctx_t *ctx)
{
    const jd_estimator_t *e = design->estimator;
    if (!(e->infers & JD_INFERS_WILD))
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s: the wild bootstrap needs the residuals of one regression; it applies "
                       "only to 2x2, twfe, event_study and sun_abraham",
                       e->name);
    if (term < 0 || term >= design->facts.n_terms)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "term %d of a wild bootstrap; there are %d", term,
                       design->facts.n_terms);
    if (o->vcov.kind != JD_VCOV_CLUSTER && o->vcov.kind != JD_VCOV_CV3)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "the wild cluster bootstrap's t statistic has CR1 or CV3 standard errors");
    if (!isfinite(o->null) || o->level < 0 || o->level >= 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "null = %g and level = %g of a wild bootstrap; the first is a number, the "
                       "second lies in (0, 1)",
                       o->null, o->level);
    if (o->vcov.draws < 0 || o->vcov.draws > MAX_DRAWS)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "draws = %d of a wild bootstrap; 1 to %d",
                       o->vcov.draws, MAX_DRAWS);
    if (design->clusters.n_groups < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "a wild cluster bootstrap needs at least two clusters, here is %d",
                       design->clusters.n_groups);
    return JD_OK;
}

/* Row weights, residuals, and how these move with the null. */
static int make_rows(const jd_design_t *design, const jd_regression_t *r, const double *y, int term,
                     const jd_wild_options_t *o, rows_t *rows, jd_ctx_t *ctx)
{
    size_t n = (size_t)r->n, all = (size_t)design->n_rows, k = (size_t)r->n_kept;
    size_t cells = 4 * n + k + (all > n ? all : n);
    if (jd_make_n(&rows->room, cells, sizeof *rows->room, "a wild bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    rows->w = rows->room;
    rows->e[0] = rows->w + n;
    rows->e[1] = rows->e[0] + n;
    double *own = rows->e[1] + n, *beta = own + n, *panel = beta + k;
    const double *column = own;
    jd_design_weights(design, term, panel);
    for (size_t i = 0; i < n; i++) {
        rows->w[i] = panel[design->sample.row[i]];
        own[i] = y[design->sample.row[i]];
    }
    jd_regression_estimate(r, &column, 1, beta, ctx);
    int rc = jd_regression_residuals(r, own, beta, rows->e[0], ctx);
    for (size_t i = 0; i < n; i++)
        rows->scale += rows->w[i] * rows->w[i] / weight_of(design, (int64_t)i);
    for (size_t i = 0; !rc && i < n && !o->unrestricted; i++)
        rows->e[1][i] = rows->w[i] / weight_of(design, (int64_t)i) / rows->scale;
    return rc;
}

/* As if the cluster had not been in the fit: x := (I - H_gg)^-1 x, without the tested direction in
 * H where the null is imposed. x [n] in scaled rows. */
static int transform_scores(const jd_leverage_t *v, int32_t g, const rows_t *rows,
                            const double *direction, jd_reweigh_work_t *work, double *const *x)
{
    const int32_t *row;
    int64_t n = jd_leverage_rows(v, g, &row);
    for (int64_t i = 0; direction && i < n; i++) {
        double root = sqrt(v->r->weight ? v->r->weight[row[i]] : 1.0);
        for (int a = 0; a < v->m; a++)
            work->r[i * v->m + a] -= rows->w[row[i]] / root * direction[a] / rows->scale;
    }
    int rank = jd_reweigh_singular(v, n, work);
    for (int c = 0; c < 2 && rank >= 0; c++)
        jd_reweigh_power(v, g, n, rank, -1, work, x[c]);
    return rank < 0 ? rank : 0;
}

/* R'W over all rows: where in R the tested coefficient lies. */
static void find_direction(const jd_leverage_t *v, const rows_t *rows, jd_reweigh_work_t *work,
                           double *direction)
{
    memset(direction, 0, (size_t)v->m * sizeof *direction);
    for (int32_t g = 0; g < v->groups->n_groups; g++) {
        const int32_t *row;
        int64_t n = jd_leverage_rows(v, g, &row);
        jd_leverage_block(v, g, work->r, work->u, work->scratch);
        for (int64_t i = 0; i < n; i++) {
            double by = rows->w[row[i]] / sqrt(v->r->weight ? v->r->weight[row[i]] : 1.0);
            for (int a = 0; a < v->m; a++)
                direction[a] += by * work->r[i * v->m + a];
        }
    }
}

/* a, d, t and z of one cluster. s and x[3] [largest] are scratch, in scaled rows. */
static int do_cluster(const jd_leverage_t *v, int32_t g, const rows_t *rows,
                      const double *direction, wild_t *w, jd_reweigh_work_t *work, double *s,
                      double *const *x)
{
    const int32_t *row;
    int64_t n = jd_leverage_rows(v, g, &row);
    int m = v->m;
    for (int64_t i = 0; i < n; i++) {
        double root = sqrt(v->r->weight ? v->r->weight[row[i]] : 1.0);
        s[i] = rows->w[row[i]] / root;
        for (int c = 0; c < 2; c++)
            x[c][i] = rows->e[c][row[i]] * root;
    }
    if (w->o->jackknife_scores) {
        jd_leverage_block(v, g, work->r, work->u, work->scratch);
        if (w->o->unrestricted) { /* the fit without the cluster must identify the effect */
            memcpy(x[2], s, (size_t)n * sizeof *s);
            int rank = jd_reweigh_singular(v, n, work);
            if (rank < 0) return rank;
            if (jd_reweigh_power(v, g, n, rank, -1, work, x[2]) > 1e-10 * rows->scale) return 1;
            jd_leverage_block(v, g, work->r, work->u, work->scratch);
        }
        int bad = transform_scores(v, g, rows, direction, work, x);
        if (bad) return bad;
    }
    for (int c = 0; c < 2; c++)
        w->a[c][g] = jd_dot(s, x[c], n);
    jd_leverage_block(v, g, work->r, work->u, work->scratch);
    if (w->o->vcov.kind == JD_VCOV_CV3) {
        int rank = jd_reweigh_singular(v, n, work);
        if (rank < 0) return rank;
        double lost = jd_reweigh_power(v, g, n, rank, -1, work, s);
        if (lost > 1e-10 * rows->scale) return 1;
    }
    double *t = w->t + (int64_t)g * m;
    for (int64_t i = 0; i < n; i++)
        for (int b = 0; b < m; b++)
            t[b] += s[i] * work->r[i * m + b];
    for (int c = 0; c < 2; c++) {
        double *z = w->z[c] + (int64_t)g * m;
        w->d[c][g] = jd_dot(s, x[c], n);
        for (int64_t i = 0; i < n; i++)
            for (int b = 0; b < m; b++)
                z[b] += x[c][i] * work->r[i * m + b];
    }
    return 0;
}

static int allocate(wild_t *w, int32_t groups, int m, jd_ctx_t *ctx)
{
    size_t g = (size_t)groups, cells = 4 * g + 3 * g * (size_t)m;
    w->groups = groups;
    w->m = m;
    if (jd_make_n(&w->room, cells, sizeof *w->room, "a wild bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    double *at = w->room;
    for (int c = 0; c < 2; c++) {
        w->a[c] = at + (size_t)c * g;
        w->d[c] = at + (size_t)(2 + c) * g;
        w->z[c] = at + 4 * g + (size_t)(1 + c) * g * (size_t)m;
    }
    w->t = at + 4 * g;
    return JD_OK;
}

static int do_clusters(const jd_leverage_t *v, const rows_t *rows, wild_t *w, jd_ctx_t *ctx)
{
    jd_reweigh_work_t work = {0};
    size_t largest = (size_t)v->largest, cells = 4 * largest + (size_t)v->m;
    double *scratch, *direction = NULL;
    if (jd_make_unset(&scratch, cells, sizeof *scratch, "a wild bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    double *const x[3] = {scratch + largest, scratch + 2 * largest, scratch + 3 * largest};
    int rc = jd_reweigh_open(&work, v, JD_REWEIGH_CR3, ctx);
    if (!rc && w->o->jackknife_scores && !w->o->unrestricted) {
        direction = scratch + 4 * largest;
        find_direction(v, rows, &work, direction);
    }
    for (int32_t g = 0; !rc && g < v->groups->n_groups; g++) {
        rc = jd_check_cancelled(ctx);
        if (rc) break;
        int bad = do_cluster(v, g, rows, direction, w, &work, scratch, x);
        if (bad == JD_LAPACK_MEMORY)
            rc = jd_fail_memory(ctx, 0, "the eigenvalues of a cluster");
        else if (bad < 0)
            rc =
                jd_fail(ctx, JD_ERR_NO_CONVERGENCE, "the eigenvalues of a cluster do not converge");
        else if (bad)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "without cluster %s the effect is not identified, nor its CV3 error: see "
                         "randomisation inference and Conley and Taber's test; CR1 (type 11) "
                         "hardly ever rejects then, or unrestricted nearly always",
                         JD_CLUSTER_NAME(ctx, v->groups->value[g]));
    }
    jd_reweigh_close(&work);
    free(scratch);
    return rc;
}

/* Where vectors are longer than there are clusters, their products take their place: t_g becomes a
 * unit vector, z_h the products of the old t with the old z_h. */
static int shorten(wild_t *w, jd_ctx_t *ctx)
{
    wild_t less = *w;
    if (w->m <= w->groups) return JD_OK;
    int rc = allocate(&less, w->groups, w->groups, ctx);
    if (rc) return rc;
    for (int c = 0; c < 2; c++) {
        memcpy(less.a[c], w->a[c], (size_t)w->groups * sizeof(double));
        memcpy(less.d[c], w->d[c], (size_t)w->groups * sizeof(double));
        for (int32_t h = 0; h < w->groups; h++)
            for (int32_t g = 0; g < w->groups; g++)
                less.z[c][(int64_t)h * w->groups + g] =
                    jd_dot(w->t + (int64_t)g * w->m, w->z[c] + (int64_t)h * w->m, w->m);
    }
    for (int32_t g = 0; g < w->groups; g++)
        less.t[(int64_t)g * w->groups + g] = 1;
    free(w->room);
    *w = less;
    return JD_OK;
}

/* Every vector of factors, if there are at most as many as draws. */
static void count_draws(wild_t *w)
{
    int64_t points = w->o->law == JD_WILD_WEBB ? 6 : 2, all = 1;
    w->draws = w->o->vcov.draws > 0 ? w->o->vcov.draws : DRAWS;
    if (w->o->law == JD_WILD_MAMMEN) return; /* its points are not equally likely */
    for (int32_t g = 0; g < w->groups && all <= w->draws; g++)
        all *= points;
    w->enumerated = all <= w->draws;
    if (w->enumerated) w->draws = all;
}

static double webb_point(int64_t i)
{
    static const double points[] = {-1.5, -1, -0.5, 0.5, 1, 1.5};
    return points[i] < 0 ? -sqrt(-points[i]) : sqrt(points[i]);
}

static void fill_factors(const wild_t *w, const jd_jump_t *jump, int64_t draw, double *v)
{
    const double root = sqrt(5.0), up = (root + 1) / 2, chance = (root - 1) / (2 * root);
    jd_rng_t rng = jd_rng_at(jump, (uint64_t)draw);
    for (int32_t g = 0; g < w->groups; g++) {
        double u = w->enumerated ? 0 : jd_rng_uniform(&rng);
        if (w->o->law == JD_WILD_WEBB) {
            v[g] = webb_point(w->enumerated ? draw % 6 : (int64_t)(6 * u));
            draw /= w->enumerated ? 6 : 1;
        } else if (w->o->law == JD_WILD_MAMMEN) {
            v[g] = u < chance ? up : 1 - up;
        } else {
            v[g] = (w->enumerated ? (draw >> g) & 1 : u < 0.5) ? -1 : 1;
        }
    }
}

/* Numerator and variance of one draw, with their slopes in b - r. v [groups], y [2 m] scratch. */
static void do_draw(const wild_t *w, const double *v, double *y, double *out)
{
    int m = w->m, slopes = w->o->unrestricted ? 1 : 2;
    memset(y, 0, 2 * (size_t)m * sizeof *y);
    memset(out, 0, 5 * sizeof *out);
    for (int c = 0; c < slopes; c++) {
        for (int32_t h = 0; h < w->groups; h++) {
            const double *z = w->z[c] + (int64_t)h * m;
            out[c] += w->a[c][h] * v[h];
            for (int b = 0; b < m; b++)
                y[c * m + b] += v[h] * z[b];
        }
    }
    for (int32_t g = 0; g < w->groups; g++) {
        const double *t = w->t + (int64_t)g * m;
        double q0 = w->d[0][g] * v[g] - jd_dot(t, y, m);
        double q1 = slopes > 1 ? w->d[1][g] * v[g] - jd_dot(t, y + m, m) : 0;
        out[2] += q0 * q0;
        out[3] += q0 * q1;
        out[4] += q1 * q1;
    }
}

static int do_draws(wild_t *w, jd_ctx_t *ctx)
{
    int threads = jd_ctx_threads(ctx);
    size_t each = (size_t)w->groups + 2 * (size_t)w->m, draws = (size_t)w->draws;
    double *scratch;
    if (jd_make_unset(&w->draw, 5 * draws, sizeof *w->draw, "a wild bootstrap's draws", ctx) ||
        jd_make_unset(&scratch, (size_t)threads * each, sizeof *scratch, "a wild bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    jd_jump_t jump = jd_jump(jd_stream(w->o->vcov.seed, 0, JD_DRAW_BOOTSTRAP), 0, 0);
    int64_t work = 0, each_draw = (int64_t)w->groups * (4 * (int64_t)w->m + 1);
    int stop = 0; /* set by the caller's own thread, read by the others */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        double *v = scratch + (size_t)t * each;
        for (int64_t d = t; d < w->draws; d += threads) {
            int now;
            if (t == 0 && (work += each_draw) > BETWEEN_POLLS) {
                work = 0;
                const jd_progress_t progress = {
                    .stage = "wild bootstrap", .done = d, .total = w->draws};
                jd_report_progress(ctx, &progress);
                now = jd_check_cancelled(ctx);
#pragma omp atomic write
                stop = now;
            }
#pragma omp atomic read
            now = stop;
            if (now) break;
            fill_factors(w, &jump, d, v);
            do_draw(w, v, v + w->groups, w->draw + 5 * d);
        }
    }
    free(scratch);
    return stop;
}

static double variance_at(const wild_t *w, const double *draw, double gap)
{
    return w->factor * (draw[2] + gap * (2 * draw[3] + gap * draw[4]));
}

/* p-value of |t| at a value `gap` below the estimate. */
static double two_tailed(const wild_t *w, double gap)
{
    double t = gap / w->std_error, bar = t * t * (w->o->strict ? 1 + tie : 1 - tie);
    int64_t count = 0;
    for (int64_t d = 0; d < w->draws; d++) {
        const double *draw = w->draw + 5 * d;
        double top = draw[0] + gap * draw[1], value = top * top;
        double limit = bar * variance_at(w, draw, gap);
        count += w->o->strict ? value > limit : value >= limit;
    }
    return w->enumerated ? (double)count / (double)w->draws
                         : (1.0 + (double)count) / (1.0 + (double)w->draws);
}

/* How far from the estimate, in the direction of `sign`, values are not rejected. */
static double find_end(const wild_t *w, double alpha, double sign)
{
    double inside = 0, outside = sign * w->std_error;
    while (two_tailed(w, outside) > alpha) {
        inside = outside;
        outside *= 2;
        if (fabs(outside) > 1e6 * w->std_error) return sign * HUGE_VAL;
    }
    for (int step = 0; step < 60; step++) {
        double middle = (inside + outside) / 2;
        if (two_tailed(w, middle) > alpha)
            inside = middle;
        else
            outside = middle;
    }
    return inside;
}

/* Statistics at the null, one-sided counts, and the set. */
static int report(const wild_t *w, jd_wild_t *out, jd_ctx_t *ctx)
{
    double gap = w->estimate - w->o->null, t = gap / w->std_error;
    double near = tie * fmax(fabs(t), tie);
    int64_t below = 0, above = 0, equal = 0;
    if (jd_make_unset(&out->t_star, (size_t)w->draws, sizeof *out->t_star, "a wild bootstrap", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t d = 0; d < w->draws; d++) {
        const double *draw = w->draw + 5 * d;
        double star = (draw[0] + gap * draw[1]) / sqrt(variance_at(w, draw, gap));
        int same = fabs(star - t) <= near;
        out->t_star[d] = star;
        equal += same;
        below += star < t && !same;
        above += star > t && !same;
    }
    double add = w->enumerated ? 0 : 1, all = (double)w->draws + add;
    int64_t ties = w->o->strict ? 0 : equal;
    *out = (jd_wild_t){.estimate = w->estimate,
                       .std_error = w->std_error,
                       .t = t,
                       .p_value = two_tailed(w, gap),
                       .p_left = ((double)(below + ties) + add) / all,
                       .p_right = ((double)(above + ties) + add) / all,
                       .tie_share = (double)equal / (double)w->draws,
                       .ci_low = (double)NAN,
                       .ci_high = (double)NAN,
                       .draws = w->draws,
                       .enumerated = w->enumerated,
                       .n_clusters = w->groups,
                       .t_star = out->t_star};
    out->p_equal_tailed = fmin(1, 2 * fmin(out->p_left, out->p_right));
    if (w->o->no_interval) return JD_OK;
    /* a p-value of 1 - level rejects, whatever the rounding of the subtraction */
    double alpha = (1 - (w->o->level > 0 ? w->o->level : 0.95)) * (1 + tie);
    out->ci_low = w->estimate - find_end(w, alpha, 1);
    out->ci_high = w->estimate - find_end(w, alpha, -1);
    return JD_OK;
}

int jd_wild_bootstrap(const jd_design_t *design, const double *y, int term,
                      const jd_wild_options_t *options, jd_wild_t *wild, jd_ctx_t *ctx)
{
    const jd_wild_options_t usual = {0};
    wild_t w = {.o = options ? options : &usual};
    jd_regression_t r = design->regression;
    jd_leverage_t v = {0};
    rows_t rows = {0};
    jd_fit_t fit = {0};
    memset(wild, 0, sizeof *wild);
    int rc = check(design, term, w.o, ctx);
    if (!rc) rc = jd_design_infer(design, y, &w.o->vcov, 0.95, &fit, ctx);
    if (rc) return rc;
    w.estimate = fit.estimate[term];
    w.std_error = fit.std_error[term];
    w.factor = fit.facts.factor;
    jd_fit_free(&fit);
    if (!(w.std_error > 0))
        return jd_fail(ctx, JD_ERR_DATA,
                       "the wild bootstrap needs a standard error > 0; the fit is perfect");
    if (!r.columns) rc = jd_regression_spread(&design->regression, &r.columns, ctx);
    if (!rc) rc = make_rows(design, &r, y, term, w.o, &rows, ctx);
    if (!rc) rc = jd_leverage_make(&v, &r, &design->clusters, ctx);
    if (!rc) rc = allocate(&w, design->clusters.n_groups, v.m, ctx);
    if (!rc) rc = do_clusters(&v, &rows, &w, ctx);
    if (!rc) rc = shorten(&w, ctx);
    count_draws(&w);
    if (!rc) rc = do_draws(&w, ctx);
    if (!rc) rc = report(&w, wild, ctx);
    jd_leverage_free(&v);
    if (!design->regression.columns) free(r.columns);
    free(rows.room);
    free(w.room);
    free(w.draw);
    return rc;
}

void jd_wild_free(jd_wild_t *wild)
{
    if (!wild) return;
    free(wild->t_star);
    memset(wild, 0, sizeof *wild);
}

/* ---- Lines ---- */

#define OPTION(field) offsetof(jd_diagnostic_options_t, wild.field)

static const jd_param_t own_options[] = {
    {"wild_weights", JD_PARAM_CHOICE, OPTION(law), "rademacher", 0, 0, "rademacher | webb | mammen",
     "", "law of clusters' factors; webb for fewer than about ten clusters", "", JD_RESULT},
    {"wild_type", JD_PARAM_CHOICE, OPTION(type), "11", 0, 0, "11 | 13 | 31 | 33", "",
     "3 = as if each cluster were left out, in the residuals, in the standard errors",
     "MacKinnon, Nielsen and Webb 2023", JD_RESULT},
    {"wild_unrestricted", JD_PARAM_FLAG, OPTION(unrestricted), "no", 0, 0, NULL, "",
     "the null is not imposed on the residuals (WCU)", "", JD_RESULT},
    {.name = NULL},
};

static int check_clusters(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    if (d->vcov->kind == JD_VCOV_MULTIWAY)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "clusters are two-way, and the wild bootstrap supports one-way clusters: "
                       "name one in \1cluster\2, usually the one with fewer clusters");
    if (d->n_treated_clusters == 1)
        jd_warn(ctx,
                "wild: one treated cluster: with the null imposed the bootstrap hardly ever "
                "rejects, unrestricted nearly always; \3diagnose\2 randomisation (treatment could "
                "have gone to any unit) and conley_taber (errors with the same distribution in all "
                "clusters, many controls) are for that");
    return JD_OK;
}

/* Every effect of a regression, with the bootstrap's p-value and interval. */
static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    const jd_term_t *terms = jd_design_terms(d->design);
    const int32_t type = d->options->wild.type;
    jd_wild_options_t options = {.vcov = *d->vcov,
                                 .level = d->level,
                                 .law = d->options->wild.law,
                                 .unrestricted = d->options->wild.unrestricted,
                                 .jackknife_scores = type >= 2};
    int rc = check_clusters(d, ctx);
    if (options.vcov.kind != JD_VCOV_CV3)
        options.vcov.kind = type % 2 ? JD_VCOV_CV3 : JD_VCOV_CLUSTER;
    for (int k = 0; k < d->fit->n_terms && terms[k].kind != JD_TERM_OTHER && !rc; k++) {
        jd_wild_t w = {0};
        rc = jd_wild_bootstrap(d->design, d->y, k, &options, &w, ctx);
        const jd_diagnosis_line_t line = {
            .quantity = "wild_bootstrap",
            .of = &terms[k],
            .number = {w.estimate, w.std_error, w.ci_low, w.ci_high, w.p_value},
            .of_outcome = true};
        if (!rc) rc = d->add(d->user, &line, ctx);
        jd_wild_free(&w);
    }
    return rc;
}

const jd_diagnostic_t jd_diagnostic_wild = {
    .name = "wild",
    .label = "wild cluster bootstrap of each effect",
    .synonyms = "boottest",
    .of_fit = true,
    .options = own_options,
    .run = diagnose,
};
