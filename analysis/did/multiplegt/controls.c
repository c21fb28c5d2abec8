/* SPDX-License-Identifier: GPL-3.0-or-later */
/* theta_d, by baseline d: outcomes' first differences on those of covariates and period effects,
 * over units and periods before the unit's first switch (de Chaisemartin and D'Haultfoeuille 2024,
 * web appendix, section 1.2). It is linear in the outcome, and so the estimator stays so. */
#include "did/multiplegt/controls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/cholesky.h"

static const double collinear = 1e-10; /* of a covariate's square, left by those before it ... */
static const double rounding = 1e-6;   /* ... and by its periods' means, which leave rounding */

struct jd_multiplegt_controls {
    int n_x;
    const double *x;     /* [n_x][cells] means of covariates */
    double *own;         /* the same where they are not another's */
    double *residual;    /* [n_x][cells] N_gt times the first difference about its period's mean */
    double *factor;      /* [n_baselines][n_x][n_x] Cholesky factors of X'X */
    unsigned char *kept; /* [n_baselines][n_x] */
    double *work;        /* [n_baselines][n_x] of one thread: filling, weights */
    double *strata;      /* [2][n_baselines][n_periods] likewise */
};

void jd_multiplegt_controls_free(struct jd_multiplegt_controls *controls)
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

/* Whether a cell's first difference informs about trends: both outcomes there, not switched yet. */
static bool is_usable(const jd_multiplegt_t *mg, size_t cell)
{
    size_t g = cell / (size_t)mg->n_periods, t = cell % (size_t)mg->n_periods;
    return t > 0 && mg->baseline[g] >= 0 && (int32_t)t < mg->first[g] && mg->view.mass[cell] > 0 &&
           mg->view.mass[cell - 1] > 0;
}

static size_t baseline_of(const jd_multiplegt_t *mg, size_t cell)
{
    return (size_t)mg->baseline[cell / (size_t)mg->n_periods];
}

/* One covariate's first differences about the means of baseline and period, weighted. */
static void fill_residual(const jd_multiplegt_t *mg, const double *x, double *residual,
                          double *mass, double *sum)
{
    size_t n_t = (size_t)mg->n_periods, strata = (size_t)mg->n_baselines * n_t;
    memset(mass, 0, strata * sizeof *mass);
    memset(sum, 0, strata * sizeof *sum);
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (!is_usable(mg, c)) continue;
        size_t s = baseline_of(mg, c) * n_t + c % n_t;
        mass[s] += mg->view.mass[c];
        sum[s] += mg->view.mass[c] * (x[c] - x[c - 1]);
    }
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (!is_usable(mg, c)) continue;
        size_t s = baseline_of(mg, c) * n_t + c % n_t;
        residual[c] = mg->view.mass[c] * (x[c] - x[c - 1] - sum[s] / mass[s]);
    }
}

/* Returns how many covariates are left out, each baseline counted. */
static int factor(const jd_multiplegt_t *mg)
{
    struct jd_multiplegt_controls *x = mg->controls;
    size_t k = (size_t)x->n_x, cells = jd_multiplegt_cells(mg);
    double *scale = x->work;
    int left = 0;
    memset(x->factor, 0, (size_t)mg->n_baselines * k * k * sizeof *x->factor);
    memset(scale, 0, (size_t)mg->n_baselines * k * sizeof *scale);
    for (size_t c = 0; c < cells; c++) {
        if (!is_usable(mg, c)) continue;
        size_t b = baseline_of(mg, c);
        double *a = x->factor + b * k * k;
        for (size_t i = 0; i < k; i++) {
            const double *z = x->x + i * cells;
            scale[b * k + i] += rounding * mg->view.mass[c] * (z[c] - z[c - 1]) * (z[c] - z[c - 1]);
            for (size_t j = 0; j <= i; j++)
                a[i * k + j] +=
                    x->residual[i * cells + c] * x->residual[j * cells + c] / mg->view.mass[c];
        }
    }
    for (size_t b = 0; b < (size_t)mg->n_baselines; b++) {
        double *a = x->factor + b * k * k;
        for (size_t i = 0; i < k; i++)
            scale[b * k + i] += a[i * k + i];
        left += x->n_x - jd_cholesky(a, x->n_x, scale + b * k, collinear, x->kept + b * k);
    }
    return left;
}

static int fill(jd_multiplegt_t *mg)
{
    struct jd_multiplegt_controls *x = mg->controls;
    size_t cells = jd_multiplegt_cells(mg),
           strata = (size_t)mg->n_baselines * (size_t)mg->n_periods;
    for (size_t j = 0; j < (size_t)x->n_x; j++)
        fill_residual(mg, x->x + j * cells, x->residual + j * cells, x->strata, x->strata + strata);
    return factor(mg);
}

void jd_multiplegt_controls_fill(jd_multiplegt_t *mg)
{
    fill(mg);
}

static int allocate(jd_multiplegt_t *mg, int n_x, jd_ctx_t *ctx)
{
    static const char what[] = "covariates";
    size_t k = (size_t)n_x, cells = jd_multiplegt_cells(mg), b = (size_t)mg->n_baselines;
    if (jd_make_n(&mg->controls, 1, sizeof *mg->controls, what, ctx)) return JD_ERR_NO_MEMORY;
    struct jd_multiplegt_controls *x = mg->controls;
    x->n_x = n_x;
    int rc = jd_make_n(&x->residual, k * cells, sizeof *x->residual, what, ctx);
    if (!rc) rc = jd_make_n(&x->factor, b * k * k, sizeof *x->factor, what, ctx);
    if (!rc) rc = jd_make_n(&x->kept, b * k, 1, what, ctx);
    if (!rc) rc = jd_make_n(&x->work, b * k, sizeof *x->work, what, ctx);
    if (rc) return rc;
    return jd_make_n(&x->strata, 2 * b * (size_t)mg->n_periods, sizeof *x->strata, what, ctx);
}

int jd_multiplegt_controls_share(jd_multiplegt_t *mg, const struct jd_multiplegt_controls *of,
                                 jd_ctx_t *ctx)
{
    int rc = allocate(mg, of->n_x, ctx);
    if (!rc) mg->controls->x = of->x;
    return rc;
}

int jd_multiplegt_controls_make(jd_multiplegt_t *mg, const jd_design_t *design,
                                const jd_panel_t *panel, jd_ctx_t *ctx)
{
    size_t k = (size_t)panel->n_x, cells = jd_multiplegt_cells(mg);
    int rc = allocate(mg, panel->n_x, ctx);
    if (rc) return rc;
    double *own;
    if (jd_make_n(&own, k * cells, sizeof *own, "covariates", ctx)) return JD_ERR_NO_MEMORY;
    mg->controls->x = mg->controls->own = own;
    for (size_t j = 0; j < k; j++) {
        double *column = own + j * cells;
        for (int64_t i = 0; i < design->sample.n; i++)
            column[jd_multiplegt_cell(mg, design, i)] +=
                jd_multiplegt_share(mg, design, i) * panel->x[j][design->sample.row[i]];
        jd_multiplegt_difference(mg, column);
    }
    int left = fill(mg);
    if (left > 0)
        jd_warn(
            ctx,
            "did_multiplegt_dyn: covariates do not vary on their own among the not yet switched "
            "of some baseline treatments; left out there (%d times)",
            left);
    return JD_OK;
}

static double change(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, size_t cell, int j)
{
    int32_t t = (int32_t)(cell % (size_t)mg->n_periods), plus, minus;
    jd_multiplegt_ends(lag, t, &plus, &minus);
    const double *x = mg->controls->x + (size_t)j * jd_multiplegt_cells(mg) + (cell - (size_t)t);
    return x[plus] - x[minus];
}

static void solve(const jd_multiplegt_t *mg, double *by_baseline)
{
    const struct jd_multiplegt_controls *x = mg->controls;
    size_t k = (size_t)x->n_x;
    for (size_t b = 0; b < (size_t)mg->n_baselines; b++)
        jd_cholesky_solve(x->factor + b * k * k, x->n_x, x->kept + b * k, by_baseline + b * k);
}

/* (X'X)^-1 times what a lag's differences of covariates add up to: how theta enters the lag. */
void jd_multiplegt_controls_loading(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                                    const double *coef, double *loading)
{
    size_t k = (size_t)mg->controls->n_x;
    memset(loading, 0, (size_t)mg->n_baselines * k * sizeof *loading);
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++)
        for (size_t j = 0; coef[c] != 0 && j < k; j++)
            loading[baseline_of(mg, c) * k + j] += coef[c] * change(mg, lag, c, (int)j);
    solve(mg, loading);
}

/* A lag's weight on the first difference of a usable cell, by way of theta. */
static double through_theta(const jd_multiplegt_t *mg, const double *loading, size_t cell)
{
    size_t k = (size_t)mg->controls->n_x, cells = jd_multiplegt_cells(mg);
    double sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += loading[baseline_of(mg, cell) * k + j] * mg->controls->residual[j * cells + cell];
    return sum;
}

void jd_multiplegt_controls_weights(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                                    const double *coef, double *on)
{
    double *loading = mg->controls->work;
    jd_multiplegt_controls_loading(mg, lag, coef, loading);
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (!is_usable(mg, c)) continue;
        double by = through_theta(mg, loading, c);
        on[c] -= by;
        on[c - 1] += by;
    }
}

int jd_multiplegt_controls_theta(const jd_multiplegt_t *mg, const double *mean, double **theta,
                                 jd_ctx_t *ctx)
{
    size_t k = (size_t)mg->controls->n_x, cells = jd_multiplegt_cells(mg),
           b = (size_t)mg->n_baselines;
    if (jd_make_n(theta, b * k, sizeof **theta, "covariates' coefficients", ctx))
        return JD_ERR_NO_MEMORY;
    for (size_t c = 0; c < cells; c++)
        for (size_t j = 0; is_usable(mg, c) && j < k; j++)
            (*theta)[baseline_of(mg, c) * k + j] +=
                mg->controls->residual[j * cells + c] * (mean[c] - mean[c - 1]);
    solve(mg, *theta);
    return JD_OK;
}

double jd_multiplegt_controls_fit(const jd_multiplegt_t *mg, const double *theta,
                                  const jd_multiplegt_lag_t *lag, size_t cell)
{
    int k = mg->controls->n_x;
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += theta[baseline_of(mg, cell) * (size_t)k + (size_t)j] * change(mg, lag, cell, j);
    return sum;
}

/* Sums over the not yet switched of a baseline and period. */
typedef struct {
    double mass, sum;
    int32_t n;
} stratum_t;

/* First difference of the outcome less what covariates explain of it. */
static double remainder_of(const jd_multiplegt_t *mg, const double *theta, const double *mean,
                           size_t cell)
{
    static const jd_multiplegt_lag_t first = {.l = 1};
    return mean[cell] - mean[cell - 1] - jd_multiplegt_controls_fit(mg, theta, &first, cell);
}

int jd_multiplegt_controls_influence(const jd_multiplegt_t *mg, const double *theta,
                                     const double *mean, const jd_multiplegt_lag_t *lag,
                                     const double *coef, double *u, jd_ctx_t *ctx)
{
    size_t n_t = (size_t)mg->n_periods, strata = (size_t)mg->n_baselines * n_t;
    size_t k = (size_t)mg->controls->n_x, b = (size_t)mg->n_baselines;
    stratum_t *stratum;
    double *loading = NULL;
    int rc = jd_make_n(&stratum, strata, sizeof *stratum, "covariates' influence", ctx);
    if (!rc) rc = jd_make_n(&loading, b * k, sizeof *loading, "covariates' influence", ctx);
    if (rc) {
        free(stratum);
        return rc;
    }
    jd_multiplegt_controls_loading(mg, lag, coef, loading);
    /* The authors' U has theta itself in it too, M'theta in equal parts from all groups. */
    double m = 0;
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++)
        if (coef[c] != 0) m += coef[c] * jd_multiplegt_controls_fit(mg, theta, lag, c);
    for (int32_t g = 0; g < mg->n_groups; g++)
        u[g] += m / mg->n_groups;
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (!is_usable(mg, c)) continue;
        stratum_t *s = &stratum[baseline_of(mg, c) * n_t + c % n_t];
        s->mass += mg->view.mass[c];
        s->sum += mg->view.mass[c] * remainder_of(mg, theta, mean, c);
        s->n++;
    }
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (!is_usable(mg, c)) continue;
        const stratum_t *s = &stratum[baseline_of(mg, c) * n_t + c % n_t];
        if (s->n < 2) continue; /* its covariates do not differ from their mean */
        double more = sqrt((double)s->n / (s->n - 1));
        u[c / n_t] -= through_theta(mg, loading, c) * more *
                      (remainder_of(mg, theta, mean, c) - s->sum / s->mass);
    }
    free(stratum);
    free(loading);
    return JD_OK;
}
