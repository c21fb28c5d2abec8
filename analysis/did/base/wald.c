/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joint tests of terms. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "linear/lapack.h"
#include "linear/laws.h"

static const double rank_tolerance = 1e-12; /* of the largest eigenvalue of the correlations */

/* difference' vcov^-1 difference in units of standard errors; refuses a singular covariance. */
static int wald_statistic(const jd_fit_t *fit, const int *term, int n, const double *null,
                          double *work, double *statistic, jd_ctx_t *ctx)
{
    double *corr = work, *value = corr + (size_t)n * (size_t)n, *t = value + n;
    for (int i = 0; i < n; i++) {
        double variance = fit->vcov[term[i] * fit->n_terms + term[i]];
        if (!(variance > 0))
            return jd_fail(ctx, JD_ERR_DATA,
                           "term %d of the joint test has no standard error; leave it out",
                           term[i] + 1);
        t[i] = (fit->estimate[term[i]] - (null ? null[i] : 0)) / sqrt(variance);
        for (int j = 0; j < n; j++)
            corr[i * n + j] = fit->vcov[term[i] * fit->n_terms + term[j]] /
                              sqrt(variance * fit->vcov[term[j] * fit->n_terms + term[j]]);
    }
    jd_transpose(n, corr);
    int info = jd_eigen('L', n, corr, value);
    jd_transpose(n, corr);
    if (info == JD_LAPACK_MEMORY)
        return jd_fail_memory(ctx, (size_t)n * sizeof *value, "eigenvalues");
    if (info != 0)
        return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                       "the eigenvalues of the terms' covariance do not converge");
    int rank = 0;
    *statistic = 0;
    for (int e = 0; e < n; e++) {
        double along = 0;
        rank += value[e] > rank_tolerance * value[n - 1];
        for (int i = 0; i < n; i++)
            along += corr[i * n + e] * t[i];
        *statistic += along * along / value[e];
    }
    if (rank < n)
        return jd_fail(ctx, JD_ERR_DATA,
                       "a joint test of %d terms: their covariance has rank %d only (%d clusters); "
                       "test fewer terms, or bin event times",
                       n, rank, fit->n_clusters);
    return JD_OK;
}

int jd_fit_wald(const jd_fit_t *fit, const int *term, int n, const double *null, jd_wald_t *wald,
                jd_ctx_t *ctx)
{
    memset(wald, 0, sizeof *wald);
    if (n < 1) return jd_fail(ctx, JD_ERR_ARGUMENT, "a joint test needs at least one term");
    for (int i = 0; i < n; i++)
        if (term[i] < 0 || term[i] >= fit->n_terms)
            return jd_fail(ctx, JD_ERR_ARGUMENT, "term %d of a joint test; there are %d", term[i],
                           fit->n_terms);
    size_t size = (size_t)n, cells = size * size + 2 * size;
    double chi2 = 0;
    double *work;
    if (jd_make_unset(&work, cells, sizeof *work, "a joint test", ctx)) return JD_ERR_NO_MEMORY;
    int rc = wald_statistic(fit, term, n, null, work, &chi2, ctx);
    free(work);
    if (rc) return rc;
    wald->n_terms = n;
    wald->df = fit->facts.df;
    wald->f = chi2 / n;
    wald->p_value = jd_f_tail(wald->f, n, wald->df);
    return JD_OK;
}

int jd_fit_pretrend(const jd_design_t *design, const jd_fit_t *fit, jd_wald_t *wald, jd_ctx_t *ctx)
{
    int n = 0;
    int *term;
    memset(wald, 0, sizeof *wald);
    if (jd_make_unset(&term, (size_t)fit->n_terms, sizeof *term, "a joint test", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; k < fit->n_terms; k++) {
        const jd_term_t *t = &design->terms[k];
        int effect = t->kind == JD_TERM_EVENT || (t->kind == JD_TERM_PART && t->cohort != JD_NEVER);
        if (effect && t->event_last < 0 && fit->vcov[k * fit->n_terms + k] > 0) term[n++] = k;
    }
    int rc = n > 0 ? jd_fit_wald(fit, term, n, NULL, wald, ctx)
                   : jd_fail(ctx, JD_ERR_DATA,
                             "%s: no effect before treatment is estimated, so there is no "
                             "pre-trend to test",
                             design->estimator->name);
    free(term);
    return rc;
}

/* Later effects less the first, with their covariance: as good as any other contrasts. */
static void fill_differences(const jd_fit_t *fit, const int *term, int n, jd_fit_t *differences)
{
    const double *v = fit->vcov;
    for (int i = 0; i + 1 < n; i++) {
        int k = term[i + 1], first = term[0], all = fit->n_terms;
        differences->estimate[i] = fit->estimate[k] - fit->estimate[first];
        for (int j = 0; j + 1 < n; j++) {
            int l = term[j + 1];
            differences->vcov[i * (n - 1) + j] =
                v[k * all + l] - v[k * all + first] - v[first * all + l] + v[first * all + first];
        }
    }
}

int jd_fit_equal(const jd_design_t *design, const jd_fit_t *fit, jd_wald_t *wald, jd_ctx_t *ctx)
{
    size_t most = (size_t)fit->n_terms;
    int n = 0;
    int *term = malloc(2 * most * sizeof *term);
    jd_fit_t differences = {.estimate = malloc(most * (most + 1) * sizeof *differences.estimate),
                            .facts = fit->facts,
                            .n_clusters = fit->n_clusters};
    memset(wald, 0, sizeof *wald);
    int rc = term && differences.estimate
                 ? JD_OK
                 : jd_fail_memory(ctx, most * (most + 1) * sizeof(double), "a joint test");
    for (int k = 0; !rc && k < fit->n_terms; k++) {
        const jd_term_t *t = &design->terms[k];
        if (t->kind != JD_TERM_EVENT || t->event_first < 0) continue;
        if (!(fit->vcov[k * fit->n_terms + k] > 0)) continue;
        term[most + (size_t)n] = n;
        term[n++] = k;
    }
    if (!rc && n < 2)
        rc = jd_fail(
            ctx, JD_ERR_DATA,
            "%s: %d effects by event time are identified; a test that they are equal needs two",
            design->estimator->name, n);
    if (!rc) {
        differences.vcov = differences.estimate + most;
        differences.n_terms = n - 1;
        fill_differences(fit, term, n, &differences);
        rc = jd_fit_wald(&differences, term + most, n - 1, NULL, wald, ctx);
    }
    free(term);
    free(differences.estimate);
    return rc;
}
