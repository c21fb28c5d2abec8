/* SPDX-License-Identifier: GPL-3.0-or-later */
/* theta_d, by baseline d: outcomes' first differences on those of covariates and period effects,
 * over units and periods before the unit's first switch (de Chaisemartin and D'Haultfoeuille 2024,
 * web appendix, section 1.2). It is linear in the outcome, and so the estimator stays so. */
#include "did/multiplegt/controls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear/cholesky.h"

static const double collinear = 1e-10; /* of a covariate's square, left by those before it ... */
static const double rounding = 1e-6;   /* ... and by its periods' means, which leave rounding */

struct jd_dcdh_controls {
    int n_x;
    const double *x;     /* [n_x][cells] means of covariates */
    double *own;         /* the same where they are not another's */
    double *residual;    /* [n_x][cells] N_gt times the first difference about its period's mean */
    double *factor;      /* [n_baselines][n_x][n_x] Cholesky factors of X'X */
    unsigned char *kept; /* [n_baselines][n_x] */
    double *work;        /* [n_baselines][n_x] of one thread: filling, weights */
    double *strata;      /* [2][n_baselines][n_periods] likewise */
};

void jd_dcdh_controls_free(struct jd_dcdh_controls *controls)
{
    if (!controls) return;
    free(controls->own);
    free(controls->residual);
    free(controls->factor);
    free(controls->kept);
    free(controls->work);
    free(controls->strata);
    free(controls);
}

/* Whether a cell's first difference tells of trends: both outcomes there, not switched yet. */
static int is_usable(const jd_dcdh_t *dc, size_t cell)
{
    size_t g = cell / (size_t)dc->n_periods, t = cell % (size_t)dc->n_periods;
    return t > 0 && dc->baseline[g] >= 0 && (int32_t)t < dc->first[g] && dc->mass[cell] > 0 &&
           dc->mass[cell - 1] > 0;
}

static size_t baseline_of(const jd_dcdh_t *dc, size_t cell)
{
    return (size_t)dc->baseline[cell / (size_t)dc->n_periods];
}

/* One covariate's first differences about the means of baseline and period, weighted. */
static void fill_residual(const jd_dcdh_t *dc, const double *x, double *residual, double *mass,
                          double *sum)
{
    size_t n_t = (size_t)dc->n_periods, strata = (size_t)dc->n_baselines * n_t;
    memset(mass, 0, strata * sizeof *mass);
    memset(sum, 0, strata * sizeof *sum);
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (!is_usable(dc, c)) continue;
        size_t s = baseline_of(dc, c) * n_t + c % n_t;
        mass[s] += dc->mass[c];
        sum[s] += dc->mass[c] * (x[c] - x[c - 1]);
    }
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (!is_usable(dc, c)) continue;
        size_t s = baseline_of(dc, c) * n_t + c % n_t;
        residual[c] = dc->mass[c] * (x[c] - x[c - 1] - sum[s] / mass[s]);
    }
}

/* Returns how many covariates are left out, each baseline counted. */
static int factor(const jd_dcdh_t *dc)
{
    struct jd_dcdh_controls *x = dc->controls;
    size_t k = (size_t)x->n_x, cells = jd_dcdh_cells(dc);
    double *scale = x->work;
    int left = 0;
    memset(x->factor, 0, (size_t)dc->n_baselines * k * k * sizeof *x->factor);
    memset(scale, 0, (size_t)dc->n_baselines * k * sizeof *scale);
    for (size_t c = 0; c < cells; c++) {
        if (!is_usable(dc, c)) continue;
        size_t b = baseline_of(dc, c);
        double *a = x->factor + b * k * k;
        for (size_t i = 0; i < k; i++) {
            const double *z = x->x + i * cells;
            scale[b * k + i] += rounding * dc->mass[c] * (z[c] - z[c - 1]) * (z[c] - z[c - 1]);
            for (size_t j = 0; j <= i; j++)
                a[i * k + j] +=
                    x->residual[i * cells + c] * x->residual[j * cells + c] / dc->mass[c];
        }
    }
    for (size_t b = 0; b < (size_t)dc->n_baselines; b++) {
        double *a = x->factor + b * k * k;
        for (size_t i = 0; i < k; i++)
            scale[b * k + i] += a[i * k + i];
        left += x->n_x - jd_cholesky(a, x->n_x, scale + b * k, collinear, x->kept + b * k);
    }
    return left;
}

static int fill(jd_dcdh_t *dc)
{
    struct jd_dcdh_controls *x = dc->controls;
    size_t cells = jd_dcdh_cells(dc), strata = (size_t)dc->n_baselines * (size_t)dc->n_periods;
    for (size_t j = 0; j < (size_t)x->n_x; j++)
        fill_residual(dc, x->x + j * cells, x->residual + j * cells, x->strata, x->strata + strata);
    return factor(dc);
}

void jd_dcdh_controls_fill(jd_dcdh_t *dc)
{
    fill(dc);
}

static int allocate(jd_dcdh_t *dc, int n_x, jd_ctx_t *ctx)
{
    size_t k = (size_t)n_x, cells = jd_dcdh_cells(dc), b = (size_t)dc->n_baselines;
    struct jd_dcdh_controls *x = dc->controls = calloc(1, sizeof *x);
    if (!x) return jd_fail_memory(ctx, sizeof *x, "covariates");
    x->n_x = n_x;
    x->residual = calloc(k * cells, sizeof *x->residual);
    x->factor = calloc(b * k * k, sizeof *x->factor);
    x->kept = calloc(b * k, 1);
    x->work = calloc(b * k, sizeof *x->work);
    x->strata = calloc(2 * b * (size_t)dc->n_periods, sizeof *x->strata);
    if (!x->residual || !x->factor || !x->kept || !x->work || !x->strata)
        return jd_fail_memory(ctx, k * cells * sizeof *x->residual, "covariates");
    return JD_OK;
}

int jd_dcdh_controls_share(jd_dcdh_t *dc, const struct jd_dcdh_controls *of, jd_ctx_t *ctx)
{
    int rc = allocate(dc, of->n_x, ctx);
    if (!rc) dc->controls->x = of->x;
    return rc;
}

int jd_dcdh_controls_make(jd_dcdh_t *dc, const jd_design_t *design, const jd_panel_t *panel,
                          jd_ctx_t *ctx)
{
    size_t k = (size_t)panel->n_x, cells = jd_dcdh_cells(dc);
    int rc = allocate(dc, panel->n_x, ctx);
    if (rc) return rc;
    double *own = dc->controls->own = calloc(k * cells, sizeof *own);
    if (!own) return jd_fail_memory(ctx, k * cells * sizeof *own, "covariates");
    dc->controls->x = own;
    for (size_t j = 0; j < k; j++) {
        double *column = own + j * cells;
        for (int64_t i = 0; i < design->sample.n; i++)
            column[jd_dcdh_cell(dc, design, i)] +=
                jd_dcdh_share(dc, design, i) * panel->x[j][design->sample.row[i]];
        jd_dcdh_difference(dc, column);
    }
    int left = fill(dc);
    if (left > 0)
        jd_warn(
            ctx,
            "did_multiplegt_dyn: covariates do not vary on their own among the not yet switched "
            "of some baseline treatments; left out there (%d times)",
            left);
    return JD_OK;
}

static double change(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, size_t cell, int j)
{
    int32_t t = (int32_t)(cell % (size_t)dc->n_periods), plus, minus;
    jd_dcdh_ends(lag, t, &plus, &minus);
    const double *x = dc->controls->x + (size_t)j * jd_dcdh_cells(dc) + (cell - (size_t)t);
    return x[plus] - x[minus];
}

static void solve(const jd_dcdh_t *dc, double *by_baseline)
{
    const struct jd_dcdh_controls *x = dc->controls;
    size_t k = (size_t)x->n_x;
    for (size_t b = 0; b < (size_t)dc->n_baselines; b++)
        jd_cholesky_solve(x->factor + b * k * k, x->n_x, x->kept + b * k, by_baseline + b * k);
}

/* (X'X)^-1 times what a lag's differences of covariates add up to: how theta enters the lag. */
void jd_dcdh_controls_loading(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, const double *coef,
                              double *loading)
{
    size_t k = (size_t)dc->controls->n_x;
    memset(loading, 0, (size_t)dc->n_baselines * k * sizeof *loading);
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++)
        for (size_t j = 0; coef[c] != 0 && j < k; j++)
            loading[baseline_of(dc, c) * k + j] += coef[c] * change(dc, lag, c, (int)j);
    solve(dc, loading);
}

/* A lag's weight on the first difference of a usable cell, by way of theta. */
static double through_theta(const jd_dcdh_t *dc, const double *loading, size_t cell)
{
    size_t k = (size_t)dc->controls->n_x, cells = jd_dcdh_cells(dc);
    double sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += loading[baseline_of(dc, cell) * k + j] * dc->controls->residual[j * cells + cell];
    return sum;
}

void jd_dcdh_controls_weights(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, const double *coef,
                              double *on)
{
    double *loading = dc->controls->work;
    jd_dcdh_controls_loading(dc, lag, coef, loading);
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (!is_usable(dc, c)) continue;
        double by = through_theta(dc, loading, c);
        on[c] -= by;
        on[c - 1] += by;
    }
}

int jd_dcdh_controls_theta(const jd_dcdh_t *dc, const double *mean, double **theta, jd_ctx_t *ctx)
{
    size_t k = (size_t)dc->controls->n_x, cells = jd_dcdh_cells(dc), b = (size_t)dc->n_baselines;
    *theta = calloc(b * k, sizeof **theta);
    if (!*theta) return jd_fail_memory(ctx, b * k * sizeof **theta, "covariates' coefficients");
    for (size_t c = 0; c < cells; c++)
        for (size_t j = 0; is_usable(dc, c) && j < k; j++)
            (*theta)[baseline_of(dc, c) * k + j] +=
                dc->controls->residual[j * cells + c] * (mean[c] - mean[c - 1]);
    solve(dc, *theta);
    return JD_OK;
}

double jd_dcdh_controls_fit(const jd_dcdh_t *dc, const double *theta, const jd_dcdh_lag_t *lag,
                            size_t cell)
{
    int k = dc->controls->n_x;
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += theta[baseline_of(dc, cell) * (size_t)k + (size_t)j] * change(dc, lag, cell, j);
    return sum;
}

/* Sums over the not yet switched of a baseline and period. */
typedef struct {
    double mass, sum;
    int32_t n;
} stratum_t;

/* First difference of the outcome less what covariates explain of it. */
static double remainder_of(const jd_dcdh_t *dc, const double *theta, const double *mean,
                           size_t cell)
{
    static const jd_dcdh_lag_t first = {.l = 1};
    return mean[cell] - mean[cell - 1] - jd_dcdh_controls_fit(dc, theta, &first, cell);
}

int jd_dcdh_controls_influence(const jd_dcdh_t *dc, const double *theta, const double *mean,
                               const jd_dcdh_lag_t *lag, const double *coef, double *u,
                               jd_ctx_t *ctx)
{
    size_t n_t = (size_t)dc->n_periods, strata = (size_t)dc->n_baselines * n_t;
    size_t k = (size_t)dc->controls->n_x, b = (size_t)dc->n_baselines;
    stratum_t *stratum = calloc(strata, sizeof *stratum);
    double *loading = calloc(b * k, sizeof *loading);
    if (!stratum || !loading) {
        free(stratum);
        free(loading);
        return jd_fail_memory(ctx, strata * sizeof *stratum, "covariates' influence");
    }
    jd_dcdh_controls_loading(dc, lag, coef, loading);
    /* The authors' U has theta itself in it too, M'theta in equal parts from all groups. */
    double m = 0;
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++)
        if (coef[c] != 0) m += coef[c] * jd_dcdh_controls_fit(dc, theta, lag, c);
    for (int32_t g = 0; g < dc->n_groups; g++)
        u[g] += m / dc->n_groups;
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (!is_usable(dc, c)) continue;
        stratum_t *s = &stratum[baseline_of(dc, c) * n_t + c % n_t];
        s->mass += dc->mass[c];
        s->sum += dc->mass[c] * remainder_of(dc, theta, mean, c);
        s->n++;
    }
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (!is_usable(dc, c)) continue;
        const stratum_t *s = &stratum[baseline_of(dc, c) * n_t + c % n_t];
        if (s->n < 2) continue; /* its covariates do not differ from their mean */
        double more = sqrt((double)s->n / (s->n - 1));
        u[c / n_t] -= through_theta(dc, loading, c) * more *
                      (remainder_of(dc, theta, mean, c) - s->sum / s->mass);
    }
    free(stratum);
    free(loading);
    return JD_OK;
}
