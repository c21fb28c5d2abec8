/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A prepared design meets outcomes. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "linear/laws.h"
#include "linear/sums.h"

enum { BATCH = 16 }; /* outcomes gathered at a time, where rows were dropped */

static int is_whole(const jd_design_t *design)
{
    return design->sample.n == design->n_rows;
}

static int all_finite(const double *y, int64_t n)
{
    enum { LANES = 8 };
    double zero[LANES] = {0}; /* 0 times what is not finite is no number */
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            zero[l] += 0 * y[i + l];
    for (; i < n; i++)
        zero[0] += 0 * y[i];
    for (int l = 1; l < LANES; l++)
        zero[0] += zero[l];
    return zero[0] == 0;
}

/* First row of the sample whose outcome is not finite, or -1. */
static int64_t find_missing(const jd_design_t *design, const double *y)
{
    const jd_sample_t *sample = &design->sample;
    if (is_whole(design) && all_finite(y, sample->n)) return -1;
    for (int64_t i = 0; i < sample->n; i++)
        if (!isfinite(y[sample->row[i]])) return sample->row[i];
    return -1;
}

static int check_outcome(const jd_design_t *design, const double *y, jd_ctx_t *ctx)
{
    int64_t row = find_missing(design, y);
    if (row < 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA,
                   "row %s: outcome = %g; outcomes must be finite in every row used: give "
                   "such rows weight 0",
                   JD_ROW_NAME(ctx, row + 1), y[row]);
}

static void gather(const jd_design_t *design, const double *y, double *out)
{
    const int32_t *row = design->sample.row;
    for (int64_t i = 0; i < design->sample.n; i++)
        out[i] = y[row[i]];
}

static void scatter_estimates(const double *part, int n_terms, int n_part, int first, int n_y,
                              double *estimate)
{
    for (int k = 0; k < n_terms; k++)
        for (int j = 0; j < n_part; j++)
            estimate[k * n_y + first + j] = part[k * n_part + j];
}

/* Outcomes over the design's rows. */
static int estimate_gathered(const jd_design_t *design, const double *const *y, int n_y,
                             double *estimate, jd_ctx_t *ctx)
{
    if (design->estimator->estimate)
        return design->estimator->estimate(design, y, n_y, estimate, ctx);
    jd_regression_estimate(&design->regression, y, n_y, estimate, ctx);
    return JD_OK;
}

int jd_design_estimate(const jd_design_t *design, const double *const *y, int n_y, double *estimate,
                       jd_ctx_t *ctx)
{
    for (int j = 0; j < n_y; j++) {
        int rc = check_outcome(design, y[j], ctx);
        if (rc) return rc;
    }
    if (is_whole(design)) return estimate_gathered(design, y, n_y, estimate, ctx);
    int n_terms = design->facts.n_terms, rc = JD_OK;
    size_t n = (size_t)design->sample.n, width = (size_t)(n_y < BATCH ? n_y : BATCH);
    size_t cells = width * (n + (size_t)n_terms);
    double *work;
    if (jd_make_unset(&work, cells, sizeof *work, "outcomes", ctx)) return JD_ERR_NO_MEMORY;
    double *part = work + width * n;
    const double *columns[BATCH];
    for (int first = 0; !rc && first < n_y; first += BATCH) {
        int batch = n_y - first < BATCH ? n_y - first : BATCH;
        for (int j = 0; j < batch; j++) {
            gather(design, y[first + j], work + (size_t)j * n);
            columns[j] = work + (size_t)j * n;
        }
        rc = estimate_gathered(design, columns, batch, part, ctx);
        if (!rc) scatter_estimates(part, n_terms, batch, first, n_y, estimate);
    }
    free(work);
    return rc;
}

/* From the design's rows to the panel's. */
static void spread(const jd_design_t *design, const double *own, double *w)
{
    for (int64_t i = 0; i < design->sample.n; i++)
        w[design->sample.row[i]] = own[i];
}

int jd_design_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    const jd_estimator_t *estimator = design->estimator;
    size_t rows = (size_t)design->n_rows, n = (size_t)design->sample.n;
    int n_terms = design->facts.n_terms;
    if (estimator->family == JD_CLASS_NONLINEAR)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s is not linear in the outcome: it has no weights on outcomes",
                       estimator->name);
    if (!estimator->freeze) {
        for (int k = 0; k < n_terms; k++)
            jd_design_weights(design, k, w + (size_t)k * rows);
        return JD_OK;
    }
    int rc = check_outcome(design, y, ctx);
    if (rc) return rc;
    size_t cells = n * ((size_t)n_terms + 1);
    double *own;
    if (jd_make_n(&own, cells, sizeof *own, "weights on outcomes", ctx)) return JD_ERR_NO_MEMORY;
    double *column = own + n * (size_t)n_terms;
    gather(design, y, column);
    rc = estimator->freeze(design, column, own, ctx);
    memset(w, 0, rows * (size_t)n_terms * sizeof *w);
    for (int k = 0; !rc && k < n_terms; k++)
        spread(design, own + (size_t)k * n, w + (size_t)k * rows);
    free(own);
    return rc;
}

static int allocate_fit(jd_fit_t *fit, int n_terms, jd_ctx_t *ctx)
{
    memset(fit, 0, sizeof *fit);
    size_t k = (size_t)n_terms, cells = k * (6 + k);
    if (jd_make_n(&fit->estimate, cells, sizeof *fit->estimate, "a fit", ctx))
        return JD_ERR_NO_MEMORY;
    fit->std_error = fit->estimate + k;
    fit->ci_low = fit->estimate + 2 * k;
    fit->ci_high = fit->estimate + 3 * k;
    fit->p_value = fit->estimate + 4 * k;
    fit->df = fit->estimate + 5 * k;
    fit->vcov = fit->estimate + 6 * k;
    fit->n_terms = n_terms;
    return JD_OK;
}

void jd_fit_free(jd_fit_t *fit)
{
    if (!fit) return;
    free(fit->estimate); /* one block */
    free(fit->law);
    free(fit->sums);
    free(fit->sums_cluster);
    memset(fit, 0, sizeof *fit);
}

/* What an estimate with its variance says, `t` standard errors each way. */
static jd_estimate_t judge(double b, double variance, double t, double df)
{
    double se = sqrt(variance), ratio = fabs(b) / se;
    double p = 2 * jd_t_tail(ratio, df); /* 0 / 0 is no number, b / 0 is certain */
    return (jd_estimate_t){b, se, b - t * se, b + t * se, p};
}

static double critical_value(double level, double df)
{
    return jd_t_quantile((1 - level) / 2, df);
}

static void fill_intervals(jd_fit_t *fit)
{
    for (int k = 0; k < fit->n_terms; k++) {
        if (!(fit->df[k] > 0)) fit->df[k] = fit->facts.df;
        jd_estimate_t e = judge(fit->estimate[k], fit->vcov[k * fit->n_terms + k],
                                critical_value(fit->level, fit->df[k]), fit->df[k]);
        fit->std_error[k] = e.std_error;
        fit->ci_low[k] = e.ci_low;
        fit->ci_high[k] = e.ci_high;
        fit->p_value[k] = e.p_value;
    }
    if (!(fit->mean_df > 0)) fit->mean_df = fit->facts.df;
}

/* An effect and an error that are both below the rounding of the outcome are noise: they are 0, and
 * what is certain to be 0 has no p-value. Effects in the outcome's unit alone. */
static void clear_noise(const jd_design_t *design, const double *y, jd_fit_t *fit)
{
    double largest = 0;
    if (design->estimator->family == JD_CLASS_NONLINEAR) return;
    for (int64_t i = 0; i < design->sample.n; i++)
        largest = fmax(largest, fabs(y[i]));
    /* An error found as a difference of squares keeps half the digits only. */
    const double noise = 1e-13 * largest, error = 1e-7 * largest;
    for (int k = 0; k < fit->n_terms; k++) {
        const double variance = fit->vcov[k * fit->n_terms + k];
        if (design->terms[k].kind == JD_TERM_OTHER || !(fabs(fit->estimate[k]) <= noise) ||
            !(variance <= error * error))
            continue;
        fit->estimate[k] = 0;
        for (int l = 0; l < fit->n_terms; l++)
            fit->vcov[k * fit->n_terms + l] = fit->vcov[l * fit->n_terms + k] = 0;
    }
}

static jd_estimate_t combine(const jd_fit_t *fit, const double *weight, double df)
{
    double sum = 0, variance = 0;
    for (int k = 0; k < fit->n_terms; k++) {
        if (weight[k] == 0) continue; /* a term without a standard error does no harm then */
        sum += weight[k] * fit->estimate[k];
        for (int l = 0; l < fit->n_terms; l++)
            if (weight[l] != 0)
                variance += weight[k] * weight[l] * fit->vcov[(int64_t)k * fit->n_terms + l];
    }
    if (fit->law) return jd_fit_percentiles(fit, weight, sum);
    return judge(sum, variance, critical_value(fit->level, df), df);
}

jd_estimate_t jd_fit_combine(const jd_fit_t *fit, const double *weight)
{
    return combine(fit, weight, fit->facts.df);
}

jd_estimate_t jd_fit_mean(const jd_design_t *design, const jd_fit_t *fit, double *weight)
{
    jd_design_mean_weights(design, weight);
    return combine(fit, weight, fit->mean_df);
}

/* The term of an event time, or -1; the search begins at `near`, since rows lie in order mostly. */
static int find_event(const jd_term_t *terms, int n, int32_t e, int near)
{
    for (int j = 0; j < n; j++) {
        int k = near + j < n ? near + j : near + j - n;
        if (terms[k].kind == JD_TERM_EVENT && e >= terms[k].event_first && e <= terms[k].event_last)
            return k;
    }
    return -1;
}

void jd_design_mean_weights(const jd_design_t *design, double *weight)
{
    int n = design->facts.n_terms, near = 0;
    double total = 0;
    memset(weight, 0, (size_t)n * sizeof *weight);
    for (int64_t i = 0; design->event_time && i < design->sample.n; i++) {
        int32_t e = design->event_time[i];
        int k = e < 0 ? -1 : find_event(design->terms, n, e, near);
        if (k < 0) continue;
        double rows = design->weight ? design->weight[i] : 1.0;
        weight[near = k] += rows;
        total += rows;
    }
    for (int k = 0; k < n && total > 0; k++)
        weight[k] /= total;
}

/* Weighted squares of the outcome about its mean. */
static double total_squares(const double *w, const double *y, int64_t n)
{
    double mean = w ? jd_dot(w, y, n) / jd_sum(w, n) : jd_sum(y, n) / (double)n, square = 0;
    for (int64_t b = 0; b < jd_n_blocks(n); b++) {
        double d[JD_BLOCK];
        int64_t from = b * JD_BLOCK, rows = jd_block_end(b, n) - from;
        for (int64_t i = 0; i < rows; i++)
            d[i] = y[from + i] - mean;
        square += jd_dot_weighted(w ? w + from : NULL, d, d, rows);
    }
    return square;
}

/* Within squares = residual squares + b' X'X b. */
static double explained_squares(const jd_regression_t *r, const double *b)
{
    double sum = 0;
    for (int i = 0; i < r->n_kept; i++)
        for (int j = 0; j < r->n_kept; j++)
            sum += b[i] * r->cross[i * r->n_kept + j] * b[j];
    return sum;
}

static int is_satterthwaite(const jd_vcov_options_t *options)
{
    return options->kind == JD_VCOV_CR2 || options->kind == JD_VCOV_CR3 ||
           (options->kind == JD_VCOV_CLUSTER && options->satterthwaite);
}

/* Degrees of freedom of an event study's coefficients and, with them, of their mean. */
static int infer_with_mean(const jd_design_t *design, const double *residual, jd_vcov_rows_t *rows,
                           const jd_vcov_options_t *options, double *vcov, jd_fit_t *fit,
                           jd_ctx_t *ctx)
{
    size_t k = (size_t)fit->n_terms, cells = (k + 1) * (k + 1);
    double *contrast;
    if (jd_make_n(&contrast, cells, sizeof *contrast, "degrees of freedom", ctx))
        return JD_ERR_NO_MEMORY;
    double *df = contrast + (k + 1) * k;
    for (size_t j = 0; j < k; j++)
        contrast[j * k + j] = 1;
    jd_design_mean_weights(design, contrast + k * k);
    rows->contrast = contrast;
    rows->n_contrasts = fit->n_terms + 1;
    rows->n_aside = 1;
    int rc = jd_regression_vcov(&design->regression, residual, rows, options, vcov, df, &fit->facts,
                                ctx);
    memcpy(fit->df, df, k * sizeof *df);
    fit->mean_df = df[k];
    free(contrast);
    return rc;
}

int jd_infer_coefficients(const jd_design_t *design, const double *y, const double *beta,
                          const double *contrast, const jd_vcov_options_t *options, double *vcov,
                          jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    size_t bytes = (size_t)design->sample.n * sizeof(double);
    double *residual;
    if (jd_make_unset(&residual, bytes, 1, "residuals", ctx)) return JD_ERR_NO_MEMORY;
    jd_vcov_rows_t rows = design->rows;
    rows.contrast = contrast;
    rows.n_contrasts = fit->n_terms;
    int rc = jd_regression_residuals(r, y, beta, residual, ctx);
    if (!rc)
        rc = !contrast && design->terms[0].kind == JD_TERM_EVENT && is_satterthwaite(options)
                 ? infer_with_mean(design, residual, &rows, options, vcov, fit, ctx)
                 : jd_regression_vcov(r, residual, &rows, options, vcov, fit->df, &fit->facts, ctx);
    if (!rc) fit->within_tss = fit->facts.ssr + explained_squares(r, beta);
    if (!rc) rc = jd_fit_sums_of_residuals(design, residual, contrast, options, fit, ctx);
    free(residual);
    return rc;
}

int jd_design_infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                    double level, jd_fit_t *fit, jd_ctx_t *ctx)
{
    memset(fit, 0, sizeof *fit);
    const jd_vcov_options_t usual = {0};
    if (!options) options = &usual;
    if (!(level > 0 && level < 1))
        return jd_fail(ctx, JD_ERR_ARGUMENT, "level = %g of the intervals; it lies in (0, 1)",
                       level);
    int rc = jd_check_cancelled(ctx);
    if (!rc) rc = check_outcome(design, y, ctx);
    if (rc) return rc;
    size_t n = (size_t)design->sample.n;
    double *own = NULL;
    const double *column = y;
    if (!is_whole(design)) {
        column = own = malloc(n * sizeof *own);
        if (!own) return jd_fail_memory(ctx, n * sizeof *own, "an outcome");
        gather(design, y, own);
    }
    rc = allocate_fit(fit, design->facts.n_terms, ctx);
    fit->level = level;
    fit->n_obs = design->sample.n;
    if (!rc && !design->estimator->infers_estimate)
        rc = estimate_gathered(design, &column, 1, fit->estimate, ctx);
    if (!rc)
        rc = design->estimator->infer ? design->estimator->infer(design, column, options, fit, ctx)
                                      : jd_infer_coefficients(design, column, fit->estimate, NULL,
                                                              options, fit->vcov, fit, ctx);
    if (!rc) {
        fit->n_units = design->facts.n_units;
        fit->n_clusters = fit->facts.n_clusters;
        fit->tss = total_squares(design->weight, column, design->sample.n);
        jd_fit_sums_check(fit);
        clear_noise(design, column, fit);
        fill_intervals(fit);
    }
    if (!rc && options->bands && fit->uniform == 0) rc = jd_fit_bands(design, options, fit, ctx);
    if (rc) jd_fit_free(fit);
    free(own);
    return rc;
}
