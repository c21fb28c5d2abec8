/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended two-way fixed effects for outcomes that change by a factor (Wooldridge 2023, Simple
 * approaches to nonlinear difference-in-differences with panel data, Econometrics Journal 26): a
 * Poisson model with the regressors of etwfe; an effect is the mean over treated rows of
 *
 *      mu_i - mu0_i,    mu0_i = mu_i without the cell's coefficients,
 *
 * in the outcome's units. Its variance is the delta method's in all parameters, fixed effects
 * included: with s the scores, the row weights of an effect are those of the coefficients times its
 * gradient, plus the projection of a (mu - mu0) / h on the effects, h the working weights. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/etwfe/etwfe.h"
#include "did/regression/poisson.h"

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    return jd_etwfe_prepare(design, panel, options, 1, ctx);
}

/* Coefficients by cell and covariate, 0 for those dropped. */
typedef struct {
    jd_glm_t glm;
    double *effect; /* [n_cells][1 + n_x] */
    double *mu0;    /* [glm.n] */
} fitted_t;

static void free_fitted(fitted_t *f)
{
    jd_glm_free(&f->glm);
    free(f->effect);
    free(f->mu0);
}

static int fit_one(fitted_t *f, const jd_design_t *design, const double *y, bool infers,
                   jd_ctx_t *ctx)
{
    const jd_etwfe_t *own = design->own;
    int64_t width = 1 + own->n_x;
    int64_t n = design->sample.n;
    memset(f, 0, sizeof *f);
    int rc = jd_poisson_fit(&f->glm, design, own->x, own->n_kept, y, infers, ctx);
    if (rc) return rc;
    if (f->glm.n_separated > 0)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: effects are not finite: %" PRId64
                       " outcomes of 0 are separated from all others by their cell of cohort and "
                       "period; take longer periods or fewer "
                       "cohorts, or poisson",
                       design->estimator->name, f->glm.n_separated);
    rc = jd_make_n(&f->effect, (size_t)own->n_cells * (size_t)width, sizeof *f->effect, "effects",
                   ctx);
    if (!rc) rc = jd_make_unset(&f->mu0, (size_t)f->glm.n, sizeof *f->mu0, "effects", ctx);
    if (rc) return rc;
    for (int k = 0; k < f->glm.regression.n_kept; k++) {
        int j = f->glm.regression.kept[k], c = own->kept_cell[j];
        if (c >= 0) f->effect[c * width + 1 + own->kept_x[j]] = f->glm.beta[k];
    }
    for (int64_t i = 0; i < f->glm.n; i++) {
        int32_t row = f->glm.row[i], c = own->of_row[row];
        double change = c < 0 ? 0 : f->effect[c * width];
        for (int q = 0; c >= 0 && q < own->n_x; q++)
            change += f->effect[c * width + 1 + q] * own->centred[q * n + row];
        f->mu0[i] = f->glm.mu[i] * exp(-change);
    }
    return JD_OK;
}

static double weight_of(const jd_design_t *design, int32_t row)
{
    return design->weight ? design->weight[row] : 1;
}

/* Mean of mu - mu0; a [glm.n] gets the rows' shares. Rows left out (all outcomes 0) have no effect
 * but count. */
static double mean_effect(const jd_design_t *design, const fitted_t *f, int mean, double *a)
{
    const jd_etwfe_t *own = design->own;
    double total = 0, sum = 0;
    for (int c = 0; c < own->n_cells; c++)
        if (jd_etwfe_takes(own, mean, c)) total += own->moment[(int64_t)c * (1 + own->n_x)];
    for (int64_t i = 0; i < f->glm.n; i++) {
        int32_t row = f->glm.row[i], c = own->of_row[row];
        a[i] = c >= 0 && jd_etwfe_takes(own, mean, c) ? weight_of(design, row) / total : 0;
        sum += a[i] * (f->glm.mu[i] - f->mu0[i]);
    }
    return sum;
}

/* Where the kept coefficients shown as terms stand. */
static int shown(const jd_etwfe_t *own, const jd_glm_t *glm, int which)
{
    for (int j = 0, n = 0; j < own->n_kept; j++) {
        if (own->kept_cell[j] < 0 || n++ != which) continue;
        for (int k = 0; k < glm->regression.n_kept; k++)
            if (glm->regression.kept[k] == j) return k;
    }
    return -1;
}

static void fill_estimates(const jd_design_t *design, const fitted_t *f, double *a, double *out,
                           ptrdiff_t stride)
{
    const jd_etwfe_t *own = design->own;
    for (int m = 0; m < own->n_means; m++)
        out[m * stride] = mean_effect(design, f, m, a);
    for (int s = 0; s < own->n_shown; s++) {
        int k = shown(own, &f->glm, s);
        out[(own->n_means + s) * stride] = k < 0 ? (double)NAN : f->glm.beta[k];
    }
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    int rc = JD_OK;
    size_t bytes = (size_t)design->sample.n * sizeof(double);
    double *a;
    if (jd_make_unset(&a, bytes, 1, "effects", ctx)) return JD_ERR_NO_MEMORY;
    for (int j = 0; !rc && j < n_y; j++) {
        fitted_t f;
        rc = fit_one(&f, design, y[j], false, ctx);
        if (!rc) fill_estimates(design, &f, a, out + j, n_y);
        free_fitted(&f);
    }
    free(a);
    return rc;
}

/* Where the kept regressors are not 0: rows of the fit, ascending. */
typedef struct {
    int64_t *start; /* [n_kept + 1] */
    int32_t *row;
} entries_t;

static void free_entries(entries_t *entries)
{
    free(entries->start);
    free(entries->row);
}

static int find_entries(entries_t *entries, const jd_etwfe_t *own, const jd_glm_t *g, jd_ctx_t *ctx)
{
    const int n_kept = g->regression.n_kept;
    int rc = jd_make(&entries->start, n_kept + 1, sizeof *entries->start, "effects", ctx);
    for (int k = 0; !rc && k < n_kept; k++) {
        const double *x = own->x[g->regression.kept[k]];
        int64_t n = entries->start[k];
        for (int64_t i = 0; i < g->n; i++)
            n += x[g->row[i]] != 0;
        entries->start[k + 1] = n;
        rc = jd_check_cancelled(ctx);
    }
    if (!rc)
        rc = jd_make(&entries->row, entries->start[n_kept], sizeof *entries->row, "effects", ctx);
    for (int k = 0; !rc && k < n_kept; k++) {
        const double *x = own->x[g->regression.kept[k]];
        int32_t *row = entries->row + entries->start[k];
        for (int64_t i = 0; i < g->n; i++)
            if (x[g->row[i]] != 0) *row++ = (int32_t)i;
        rc = jd_check_cancelled(ctx);
    }
    return rc;
}

/* Gradient of a mean along the kept coefficients, less what the effects take of it. v [n] = the
 * effects' part of a (mu - mu0) / h. */
static int fill_gradient(const jd_etwfe_t *own, const fitted_t *f, const entries_t *entries,
                         const double *a, const double *v, double *gradient, jd_ctx_t *ctx)
{
    const jd_glm_t *g = &f->glm;
    int rc = JD_OK;
    for (int k = 0; !rc && k < g->regression.n_kept; k++) {
        int j = g->regression.kept[k], inside = own->kept_cell[j] >= 0;
        const double *x = own->x[j];
        gradient[k] = 0;
        for (int64_t e = entries->start[k]; e < entries->start[k + 1]; e++) {
            int32_t i = entries->row[e];
            double change = inside ? g->mu[i] : g->mu[i] - f->mu0[i];
            gradient[k] += x[g->row[i]] * (a[i] * change - g->regression.weight[i] * v[i]);
        }
        rc = jd_check_cancelled(ctx);
    }
    return rc;
}

/* Row weights [glm.n] of a mean; v is scratch [n]. */
static int fill_weights(const jd_design_t *design, const fitted_t *f, const entries_t *entries,
                        const double *a, double *v, double *w, jd_ctx_t *ctx)
{
    const jd_etwfe_t *own = design->own;
    const jd_glm_t *g = &f->glm;
    const jd_regression_t *r = &g->regression;
    for (int64_t i = 0; i < g->n; i++)
        w[i] = v[i] = a[i] * (g->mu[i] - f->mu0[i]) / r->weight[i];
    int rc = jd_effects_demean(g->effects, w, 1, ctx);
    for (int64_t i = 0; !rc && i < g->n; i++)
        v[i] -= w[i];
    double *gradient;
    if (jd_make_unset(&gradient, (size_t)r->n_kept, sizeof *gradient, "a gradient", ctx))
        return JD_ERR_NO_MEMORY;
    if (!rc) rc = fill_gradient(own, f, entries, a, v, gradient, ctx);
    if (!rc) {
        jd_regression_combine(r, gradient, w);
        for (int64_t i = 0; i < g->n; i++)
            w[i] += r->weight[i] * v[i];
    }
    free(gradient);
    return rc;
}

/* A regressor far outside the range of untreated rows predicts means whose squares overflow. */
static int check_means(const jd_design_t *design, const fitted_t *f, const jd_regression_t *terms,
                       const double *estimates, jd_ctx_t *ctx)
{
    const int n_means = ((const jd_etwfe_t *)design->own)->n_means;
    double largest = 0;
    for (int64_t i = 0; i < f->glm.n; i++)
        largest = fmax(largest, f->mu0[i]);
    for (int m = 0; m < n_means; m++) {
        if (isnan(estimates[m])) continue; /* no row is in it */
        if (isfinite(estimates[m]) && isfinite(terms->bread[m * (terms->n_kept + 1)])) continue;
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: without treatment a treated row would have a mean of %g, too large for "
                       "a standard error; look for a regressor with values in treated rows far "
                       "from those in untreated ones",
                       design->estimator->name, largest);
    }
    return JD_OK;
}

/* Products of terms, in each of which rows are added up in their order; alike on both sides. */
static int fill_bread(jd_regression_t *terms, const double *weight, jd_ctx_t *ctx)
{
    enum { AT_ONCE = 4 }; /* sums that do not wait for each other */
    int k = terms->n_kept, rc = JD_OK;
    size_t n = (size_t)terms->n;
    for (int p = 0; p < k && !rc; p++) {
        const double *u = terms->columns + (size_t)p * n;
        for (int q = 0; q <= p && !rc; q += AT_ONCE) {
            const double *w[AT_ONCE];
            double sum[AT_ONCE] = {0};
            for (int l = 0; l < AT_ONCE; l++)
                w[l] = terms->columns + (size_t)(q + l < p ? q + l : p) * n;
            for (size_t i = 0; i < n; i++)
                for (int l = 0; l < AT_ONCE; l++)
                    sum[l] += u[i] * w[l][i] / weight[i];
            for (int l = 0; l < AT_ONCE && q + l <= p; l++)
                terms->bread[p * k + q + l] = terms->bread[(q + l) * k + p] = sum[l];
            rc = jd_check_cancelled(ctx);
        }
    }
    return rc;
}

/* A regression whose row weights are the terms', so that every variance of linear.h applies. */
static int make_terms(jd_regression_t *terms, const jd_design_t *design, const fitted_t *f,
                      double *estimates, jd_ctx_t *ctx)
{
    const jd_etwfe_t *own = design->own;
    const jd_regression_t *r = &f->glm.regression;
    int n_terms = own->n_means + own->n_shown;
    size_t n = (size_t)f->glm.n;
    int rc = jd_regression_init(terms, f->glm.effects, f->glm.n, n_terms, r->weight, ctx);
    if (rc) return rc;
    terms->n_kept = n_terms;
    double *a;
    if (jd_make_unset(&a, 2 * n, sizeof *a, "effects", ctx)) return JD_ERR_NO_MEMORY;
    entries_t entries = {0};
    rc = find_entries(&entries, own, &f->glm, ctx);
    if (!rc) fill_estimates(design, f, a, estimates, 1);
    for (int m = 0; !rc && m < own->n_means; m++) {
        rc = jd_check_cancelled(ctx);
        if (rc) break;
        mean_effect(design, f, m, a);
        rc = fill_weights(design, f, &entries, a, a + n, terms->columns + (size_t)m * n, ctx);
    }
    free_entries(&entries);
    for (int s = 0; !rc && s < own->n_shown; s++) {
        int k = shown(own, &f->glm, s);
        if (k >= 0) jd_regression_weights(r, k, terms->columns + ((size_t)(own->n_means + s)) * n);
    }
    if (!rc) rc = fill_bread(terms, r->weight, ctx);
    if (!rc) rc = check_means(design, f, terms, estimates, ctx);
    free(a);
    return rc;
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    fitted_t f;
    jd_glm_t terms = {0};
    int rc = fit_one(&f, design, y, true, ctx);
    if (!rc) {
        terms = f.glm; /* the same fit with the terms in the coefficients' place */
        memset(&terms.regression, 0, sizeof terms.regression);
        rc = make_terms(&terms.regression, design, &f, fit->estimate, ctx);
    }
    if (!rc) {
        terms.regression.n_counted = f.glm.regression.n_kept;
        rc = jd_poisson_vcov(&terms, design, options, fit->vcov, fit, ctx);
    }
    jd_regression_free(&terms.regression);
    free_fitted(&f);
    return rc;
}

const jd_estimator_t jd_estimator_etwfe_poisson = {
    .name = "etwfe_poisson",
    .page = "etwfe",
    .label = "extended two-way fixed effects, Poisson (Wooldridge)",
    .short_label = "Poisson ETWFE",
    .uses = JD_USES_AGGREGATE | JD_USES_CONTROL | JD_USES_ANTICIPATION | JD_USES_REFERENCE |
            JD_USES_BIN | JD_USES_SINGLETONS | JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_FIXED,
    .infers = JD_INFERS_EFFECTS | JD_INFERS_FACTORS,
    .family = JD_CLASS_NONLINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = jd_etwfe_release,
    .estimate = estimate,
    .infers_estimate = true,
};
