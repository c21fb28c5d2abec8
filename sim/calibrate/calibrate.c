/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "calibrate/calibrate.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { FOLDS = 10, GRID = 8, LEAST_RUNS = 40, RUNS_OF_PARAMETER = 5, LEAST_KEPT = 50 };
static const double share_kept = 0.2;

/* ---- Features: standardised moments and their squares ---- */

typedef struct features {
    int n, k;             /* runs, features without the constant */
    double *x;            /* [n][k] */
    double *mean, *scale; /* [q] of the moments */
    int q;
} features_t;

static void put_row(const features_t *f, const double *moment, double *row)
{
    for (int j = 0; j < f->q; j++) {
        const double z = (moment[j] - f->mean[j]) / f->scale[j];
        row[j] = z;
        row[f->q + j] = z * z - 1;
    }
}

static int make_features(features_t *f, const jd_calibration_runs_t *r, jd_ctx_t *ctx)
{
    *f = (features_t){.n = r->n, .k = 2 * r->q, .q = r->q};
    int rc = jd_make(&f->x, (int64_t)r->n * f->k, sizeof *f->x, "moments", ctx);
    if (!rc) rc = jd_make(&f->mean, r->q, sizeof *f->mean, "moments", ctx);
    if (!rc) rc = jd_make(&f->scale, r->q, sizeof *f->scale, "moments", ctx);
    for (int j = 0; j < r->q && !rc; j++) {
        double mean = 0, square = 0;
        for (int i = 0; i < r->n; i++)
            mean += r->moment[(int64_t)i * r->q + j] / r->n;
        for (int i = 0; i < r->n; i++) {
            const double d = r->moment[(int64_t)i * r->q + j] - mean;
            square += d * d / r->n;
        }
        f->mean[j] = mean;
        f->scale[j] = square > 0 ? sqrt(square) : 1;
    }
    for (int i = 0; i < r->n && !rc; i++)
        put_row(f, r->moment + (int64_t)i * r->q, f->x + (int64_t)i * f->k);
    return rc;
}

static void free_features(features_t *f)
{
    free(f->x);
    free(f->mean);
    free(f->scale);
}

/* ---- Ridge ---- */

static bool in_fold(int i, int fold)
{
    return i % FOLDS == fold;
}

/* X'X [k][k], X'y [k][p] and means over the runs outside a fold (-1: all). */
typedef struct normal {
    double *xx, *xy, *mean_x, *mean_y;
    int n;
} normal_t;

static int make_normal(normal_t *s, const features_t *f, const jd_calibration_runs_t *r, int fold,
                       jd_ctx_t *ctx)
{
    const int k = f->k, p = r->p;
    *s = (normal_t){.n = 0};
    int rc = jd_make(&s->xx, (int64_t)k * k, sizeof *s->xx, "a regression", ctx);
    if (!rc) rc = jd_make(&s->xy, (int64_t)k * p, sizeof *s->xy, "a regression", ctx);
    if (!rc) rc = jd_make(&s->mean_x, k, sizeof *s->mean_x, "a regression", ctx);
    if (!rc) rc = jd_make(&s->mean_y, p, sizeof *s->mean_y, "a regression", ctx);
    for (int i = 0; i < f->n && !rc; i++) {
        if (in_fold(i, fold)) continue;
        s->n++;
        for (int a = 0; a < k; a++)
            s->mean_x[a] += f->x[(int64_t)i * k + a];
        for (int c = 0; c < p; c++)
            s->mean_y[c] += r->theta[(int64_t)i * p + c];
    }
    for (int a = 0; a < k && !rc; a++)
        s->mean_x[a] /= s->n;
    for (int c = 0; c < p && !rc; c++)
        s->mean_y[c] /= s->n;
    for (int i = 0; i < f->n && !rc; i++) {
        const double *x = f->x + (int64_t)i * k, *y = r->theta + (int64_t)i * p;
        if (in_fold(i, fold)) continue;
        for (int a = 0; a < k; a++) {
            const double xa = x[a] - s->mean_x[a];
            for (int b = 0; b <= a; b++)
                s->xx[a * k + b] += xa * (x[b] - s->mean_x[b]);
            for (int c = 0; c < p; c++)
                s->xy[a * p + c] += xa * (y[c] - s->mean_y[c]);
        }
    }
    for (int a = 0; a < k && !rc; a++)
        for (int b = 0; b < a; b++)
            s->xx[b * k + a] = s->xx[a * k + b];
    return rc;
}

static void free_normal(normal_t *s)
{
    free(s->xx);
    free(s->xy);
    free(s->mean_x);
    free(s->mean_y);
}

/* beta [k][p] with a penalty on the squares of coefficients; room [k][k]. */
static int solve_ridge(const normal_t *s, int k, int p, double penalty, double *room, double *beta)
{
    memcpy(room, s->xx, (size_t)k * (size_t)k * sizeof *room);
    for (int a = 0; a < k; a++)
        room[a * k + a] += penalty * s->n;
    gsl_matrix_view m = gsl_matrix_view_array(room, (size_t)k, (size_t)k);
    if (gsl_linalg_cholesky_decomp1(&m.matrix)) return -1;
    for (int c = 0; c < p; c++) {
        gsl_vector_const_view b =
            gsl_vector_const_view_array_with_stride(s->xy + c, (size_t)p, (size_t)k);
        gsl_vector_view x = gsl_vector_view_array_with_stride(beta + c, (size_t)p, (size_t)k);
        if (gsl_linalg_cholesky_solve(&m.matrix, &b.vector, &x.vector)) return -1;
    }
    return 0;
}

static double foretell(const normal_t *s, const double *beta, const double *x, int k, int p, int c)
{
    double y = s->mean_y[c];
    for (int a = 0; a < k; a++)
        y += (x[a] - s->mean_x[a]) * beta[a * p + c];
    return y;
}

/* ---- Forecasts of runs by regressions that have not seen them ---- */

typedef struct ridge {
    const jd_calibration_runs_t *runs;
    features_t features;
    double *room, *beta; /* [k][k], [k][p] */
    double *error;       /* [GRID][p] squares */
    double *all;         /* [GRID][n][p] forecasts */
    int *best;           /* [p] place in the grid */
} ridge_t;

static double penalty_at(int g)
{
    return pow(10, g - 5.0);
}

static int forecast_fold(ridge_t *t, int fold, jd_ctx_t *ctx)
{
    const jd_calibration_runs_t *r = t->runs;
    const int k = t->features.k, p = r->p;
    normal_t s;
    int rc = make_normal(&s, &t->features, r, fold, ctx);
    for (int g = 0; g < GRID && !rc; g++) {
        if (solve_ridge(&s, k, p, penalty_at(g), t->room, t->beta))
            rc = jd_fail(ctx, JD_ERR_DATA, "calibrate: the moments' regression is singular");
        for (int i = fold; i < r->n && !rc; i += FOLDS)
            for (int c = 0; c < p; c++) {
                const double y = foretell(&s, t->beta, t->features.x + (int64_t)i * k, k, p, c);
                const double d = y - r->theta[(int64_t)i * p + c];
                t->all[((int64_t)g * r->n + i) * p + c] = y;
                t->error[g * p + c] += d * d;
            }
    }
    free_normal(&s);
    return rc;
}

static int cross_validate(ridge_t *t, jd_calibration_t *out, jd_ctx_t *ctx)
{
    const jd_calibration_runs_t *r = t->runs;
    int rc = JD_OK;
    for (int fold = 0; fold < FOLDS && !rc; fold++) {
        rc = jd_check_cancelled(ctx);
        if (!rc) rc = forecast_fold(t, fold, ctx);
    }
    for (int c = 0; c < r->p && !rc; c++) {
        double mean = 0, square = 0;
        for (int g = 1; g < GRID; g++)
            if (t->error[g * r->p + c] < t->error[t->best[c] * r->p + c]) t->best[c] = g;
        for (int i = 0; i < r->n; i++)
            mean += r->theta[(int64_t)i * r->p + c] / r->n;
        for (int i = 0; i < r->n; i++) {
            const double d = r->theta[(int64_t)i * r->p + c] - mean;
            square += d * d;
            out->forecast[(int64_t)i * r->p + c] =
                t->all[((int64_t)t->best[c] * r->n + i) * r->p + c];
        }
        out->parameter[c].prior_sd = sqrt(square / r->n);
        out->parameter[c].r2 = 1 - t->error[t->best[c] * r->p + c] / square;
    }
    return rc;
}

/* The target's forecasts [p], by regressions on all runs. */
static int forecast_target(ridge_t *t, const double *target, double *forecast, jd_ctx_t *ctx)
{
    const int k = t->features.k, p = t->runs->p;
    normal_t s;
    double *row = NULL;
    int rc = make_normal(&s, &t->features, t->runs, -1, ctx);
    if (!rc) rc = jd_make(&row, k, sizeof *row, "a target", ctx);
    if (!rc) put_row(&t->features, target, row);
    for (int c = 0; c < p && !rc; c++) {
        if (solve_ridge(&s, k, p, penalty_at(t->best[c]), t->room, t->beta))
            rc = jd_fail(ctx, JD_ERR_DATA, "calibrate: the moments' regression is singular");
        else
            forecast[c] = foretell(&s, t->beta, row, k, p, c);
    }
    free(row);
    free_normal(&s);
    return rc;
}

/* ---- The posterior ---- */

typedef struct near_run {
    double distance;
    int run;
} near_run_t;

static int by_distance(const void *a, const void *b)
{
    const near_run_t *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    return (x->run > y->run) - (x->run < y->run);
}

typedef struct draw {
    double value, weight;
} draw_t;

static int by_value(const void *a, const void *b)
{
    const draw_t *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

typedef struct posterior {
    const jd_calibration_runs_t *runs;
    const jd_calibration_t *of;
    near_run_t *near; /* [n] */
    double *a, *b;    /* [(p + 1)][(p + 1)], [(p + 1)][p]: the local regression */
    draw_t *draw;     /* [n] of one parameter */
    int kept;
    double widest;
} posterior_t;

/* Below this share a forecast is noise and takes no part in distances. */
static bool counts(const jd_calibration_parameter_t *p)
{
    return p->r2 > 0.05;
}

/* Runs by the distance of their forecasts; `without`: a run that is left out, or -1. */
static void find_near(posterior_t *s, const double *forecast, int without)
{
    const int n = s->runs->n, p = s->runs->p;
    int m = 0;
    for (int i = 0; i < n; i++) {
        double sum = 0;
        if (i == without) continue;
        for (int c = 0; c < p; c++) {
            const double d =
                (s->of->forecast[(int64_t)i * p + c] - forecast[c]) / s->of->parameter[c].prior_sd;
            if (counts(&s->of->parameter[c])) sum += d * d;
        }
        s->near[m++] = (near_run_t){sqrt(sum), i};
    }
    qsort(s->near, (size_t)m, sizeof *s->near, by_distance);
    s->kept = (int)fmin(m, fmax(LEAST_KEPT, share_kept * n));
    s->widest = s->near[s->kept - 1].distance;
}

/* Epanechnikov's; all equal where all distances are 0. */
static double weight_of(const posterior_t *s, int k)
{
    const double u = s->widest > 0 ? s->near[k].distance / s->widest : 0;
    return fmax(1e-6, 1 - u * u);
}

static double within(const jd_calibration_runs_t *r, int c, double theta)
{
    return fmin(r->high[c], fmax(r->low[c], theta));
}

/* Coefficients [p + 1][p] of theta on forecasts less the target's, among the kept. */
static int fit_local(posterior_t *s, const double *forecast)
{
    const int p = s->runs->p, k = p + 1;
    double x[64];
    memset(s->a, 0, (size_t)(k * k) * sizeof *s->a);
    memset(s->b, 0, (size_t)(k * p) * sizeof *s->b);
    for (int j = 0; j < s->kept; j++) {
        const int i = s->near[j].run;
        const double w = weight_of(s, j);
        x[0] = 1;
        for (int c = 0; c < p; c++)
            x[c + 1] = counts(&s->of->parameter[c])
                           ? s->of->forecast[(int64_t)i * p + c] - forecast[c]
                           : 0;
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < k; b++)
                s->a[a * k + b] += w * x[a] * x[b];
            for (int c = 0; c < p; c++)
                s->b[a * p + c] += w * x[a] * s->runs->theta[(int64_t)i * p + c];
        }
    }
    for (int a = 0; a < k; a++) /* a parameter that nothing foretells has a column of zeros */
        s->a[a * k + a] += 1e-9 * (1 + s->a[a * k + a]);
    gsl_matrix_view m = gsl_matrix_view_array(s->a, (size_t)k, (size_t)k);
    if (gsl_linalg_cholesky_decomp1(&m.matrix)) return -1;
    for (int c = 0; c < p; c++) {
        gsl_vector_view y = gsl_vector_view_array_with_stride(s->b + c, (size_t)p, (size_t)k);
        if (gsl_linalg_cholesky_svx(&m.matrix, &y.vector)) return -1;
    }
    return 0;
}

/* Residuals of so many runs by so many coefficients are too small by this, and the line itself is
 * known with an error. */
static double widen(const posterior_t *s)
{
    double sum = 0, square = 0;
    for (int j = 0; j < s->kept; j++) {
        sum += weight_of(s, j);
        square += weight_of(s, j) * weight_of(s, j);
    }
    const double n = sum * sum / square, k = s->runs->p + 1;
    return sqrt(n / fmax(1, n - k) * (1 + k / n));
}

/* Draws of one parameter, sorted, their weights adding up to 1: residuals about the line's value at
 * the target, within the prior. */
static void draw_parameter(posterior_t *s, const double *forecast, int c)
{
    const int p = s->runs->p;
    const double wider = widen(s), center = s->b[c];
    double total = 0;
    for (int j = 0; j < s->kept; j++) {
        const int i = s->near[j].run;
        double residual = s->runs->theta[(int64_t)i * p + c] - center;
        for (int d = 0; d < p; d++)
            if (counts(&s->of->parameter[d]))
                residual -=
                    s->b[(d + 1) * p + c] * (s->of->forecast[(int64_t)i * p + d] - forecast[d]);
        s->draw[j] = (draw_t){within(s->runs, c, center + wider * residual), weight_of(s, j)};
        total += s->draw[j].weight;
    }
    for (int j = 0; j < s->kept; j++)
        s->draw[j].weight /= total;
    qsort(s->draw, (size_t)s->kept, sizeof *s->draw, by_value);
}

static double quantile(const posterior_t *s, double share)
{
    double sum = 0;
    for (int j = 0; j < s->kept; j++) {
        sum += s->draw[j].weight;
        if (sum >= share) return s->draw[j].value;
    }
    return s->draw[s->kept - 1].value;
}

/* Share of the draws below a value, half of those equal to it. */
static double rank_of(const posterior_t *s, double value)
{
    double sum = 0;
    for (int j = 0; j < s->kept; j++)
        sum += s->draw[j].value < value    ? s->draw[j].weight
               : s->draw[j].value == value ? s->draw[j].weight / 2
                                           : 0;
    return sum;
}

static int make_posterior(posterior_t *s, const jd_calibration_runs_t *r,
                          const jd_calibration_t *of, jd_ctx_t *ctx)
{
    const int k = r->p + 1;
    *s = (posterior_t){.runs = r, .of = of};
    int rc = jd_make(&s->near, r->n, sizeof *s->near, "a posterior", ctx);
    if (!rc) rc = jd_make(&s->a, (int64_t)k * k, sizeof *s->a, "a posterior", ctx);
    if (!rc) rc = jd_make(&s->b, (int64_t)k * r->p, sizeof *s->b, "a posterior", ctx);
    if (!rc) rc = jd_make(&s->draw, r->n, sizeof *s->draw, "a posterior", ctx);
    return rc;
}

static void free_posterior(posterior_t *s)
{
    free(s->near);
    free(s->a);
    free(s->b);
    free(s->draw);
}

/* The distance of runs to their own nearest ones: what is usual. */
static double usual_distance(posterior_t *s)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->runs->n; i += 1 + s->runs->n / 50, n++) {
        find_near(s, s->of->forecast + (int64_t)i * s->runs->p, i);
        sum += s->near[s->kept / 10].distance;
    }
    return sum / n;
}

static int judge_target(posterior_t *s, jd_calibration_t *out, const double *forecast,
                        jd_ctx_t *ctx)
{
    const double usual = usual_distance(s);
    find_near(s, forecast, -1);
    out->kept = s->kept;
    out->distance = usual > 0 ? s->near[s->kept / 10].distance / usual : 0;
    if (fit_local(s, forecast))
        return jd_fail(ctx, JD_ERR_DATA, "calibrate: the local regression is singular");
    for (int c = 0; c < s->runs->p; c++) {
        jd_calibration_parameter_t *p = &out->parameter[c];
        double mean = 0, square = 0;
        draw_parameter(s, forecast, c);
        for (int j = 0; j < s->kept; j++)
            mean += s->draw[j].weight * s->draw[j].value;
        for (int j = 0; j < s->kept; j++)
            square += s->draw[j].weight * (s->draw[j].value - mean) * (s->draw[j].value - mean);
        p->mean = mean;
        p->sd = sqrt(square);
        p->q05 = quantile(s, 0.05);
        p->q50 = quantile(s, 0.5);
        p->q95 = quantile(s, 0.95);
    }
    return JD_OK;
}

/* ---- The check ---- */

static int check_one(posterior_t *s, jd_calibration_t *out, int i)
{
    const int p = s->runs->p;
    const double *forecast = s->of->forecast + (int64_t)i * p;
    find_near(s, forecast, i);
    if (fit_local(s, forecast)) return -1;
    for (int c = 0; c < p; c++) {
        jd_calibration_parameter_t *of = &out->parameter[c];
        draw_parameter(s, forecast, c);
        const double rank = rank_of(s, s->runs->theta[(int64_t)i * p + c]);
        const int bin = (int)fmin(JD_CALIBRATION_BINS - 1, floor(rank * JD_CALIBRATION_BINS));
        of->ranks[bin]++;
        of->cover50 += rank >= 0.25 && rank <= 0.75;
        of->cover90 += rank >= 0.05 && rank <= 0.95;
    }
    return 0;
}

static int check_all(posterior_t *s, jd_calibration_t *out, int checks, jd_ctx_t *ctx)
{
    const int n = s->runs->n;
    int rc = JD_OK;
    for (int k = 0; k < checks && k < n && !rc; k++) {
        rc = jd_check_cancelled(ctx);
        if (!rc && check_one(s, out, (int)((int64_t)k * n / (checks < n ? checks : n))))
            rc = jd_fail(ctx, JD_ERR_DATA, "calibrate: the local regression is singular");
        out->checks++;
    }
    for (int c = 0; c < s->runs->p && !rc; c++) {
        jd_calibration_parameter_t *of = &out->parameter[c];
        const double expected = (double)out->checks / JD_CALIBRATION_BINS;
        double chi = 0;
        of->cover50 /= out->checks;
        of->cover90 /= out->checks;
        for (int b = 0; b < JD_CALIBRATION_BINS; b++)
            chi += (of->ranks[b] - expected) * (of->ranks[b] - expected) / expected;
        of->rank_p = gsl_cdf_chisq_Q(chi, JD_CALIBRATION_BINS - 1);
    }
    return rc;
}

/* ---- All ---- */

static int make_ridge(ridge_t *t, const jd_calibration_runs_t *r, jd_ctx_t *ctx)
{
    *t = (ridge_t){.runs = r};
    int rc = make_features(&t->features, r, ctx);
    const int k = t->features.k;
    if (!rc) rc = jd_make(&t->room, (int64_t)k * k, sizeof *t->room, "a regression", ctx);
    if (!rc) rc = jd_make(&t->beta, (int64_t)k * r->p, sizeof *t->beta, "a regression", ctx);
    if (!rc) rc = jd_make(&t->error, (int64_t)GRID * r->p, sizeof *t->error, "a regression", ctx);
    if (!rc)
        rc = jd_make(&t->all, (int64_t)GRID * r->n * r->p, sizeof *t->all, "a regression", ctx);
    if (!rc) rc = jd_make(&t->best, r->p, sizeof *t->best, "a regression", ctx);
    return rc;
}

static void free_ridge(ridge_t *t)
{
    free_features(&t->features);
    free(t->room);
    free(t->beta);
    free(t->error);
    free(t->all);
    free(t->best);
}

static int prepare(jd_calibration_t *out, const jd_calibration_runs_t *r, jd_ctx_t *ctx)
{
    memset(out, 0, sizeof *out);
    if (r->p < 1 || r->p > 60 || r->q < 1)
        return jd_fail(ctx, JD_ERR_DATA,
                       "calibrate: takes 1 to 60 parameters and a moment at least");
    if (r->n < LEAST_RUNS || r->n < RUNS_OF_PARAMETER * r->p)
        return jd_fail(
            ctx, JD_ERR_DATA, "calibrate: %d runs are too few for %d parameters; take %d or more",
            r->n, r->p,
            LEAST_RUNS > RUNS_OF_PARAMETER * r->p ? LEAST_RUNS : RUNS_OF_PARAMETER * r->p);
    int rc = jd_make(&out->parameter, r->p, sizeof *out->parameter, "a calibration", ctx);
    if (!rc)
        rc = jd_make(&out->forecast, (int64_t)r->n * r->p, sizeof *out->forecast, "a calibration",
                     ctx);
    for (int c = 0; c < r->p && !rc; c++) {
        jd_calibration_parameter_t *p = &out->parameter[c];
        p->mean = p->sd = p->q05 = p->q50 = p->q95 = (double)NAN;
    }
    return rc;
}

int jd_calibrate(jd_calibration_t *out, const jd_calibration_runs_t *r, const double *target,
                 int checks, jd_ctx_t *ctx)
{
    ridge_t ridge = {0};
    posterior_t posterior = {0};
    double *forecast = NULL;
    int rc = prepare(out, r, ctx);
    if (!rc) rc = make_ridge(&ridge, r, ctx);
    if (!rc) rc = cross_validate(&ridge, out, ctx);
    if (!rc) rc = make_posterior(&posterior, r, out, ctx);
    if (!rc && target) rc = jd_make(&forecast, r->p, sizeof *forecast, "a target", ctx);
    if (!rc && target) rc = forecast_target(&ridge, target, forecast, ctx);
    if (!rc && target) rc = judge_target(&posterior, out, forecast, ctx);
    if (!rc && checks > 0) rc = check_all(&posterior, out, checks, ctx);
    free(forecast);
    free_posterior(&posterior);
    free_ridge(&ridge);
    if (rc) jd_calibration_free(out);
    return rc;
}

void jd_calibration_free(jd_calibration_t *c)
{
    free(c->parameter);
    free(c->forecast);
    memset(c, 0, sizeof *c);
}
