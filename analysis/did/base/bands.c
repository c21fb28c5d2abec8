/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uniform bands: the quantile of the largest |t| among the effects by event time, whose law is
 * multivariate t with the fitted correlations (Montiel Olea, Plagborg-Moller 2019, Simultaneous
 * confidence bands, Journal of Applied Econometrics 34, algorithm 1; t in place of their normal
 * law, so that bands are never narrower than the intervals of few clusters). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "jiedao/random.h"
#include "linear/lapack.h"
#include "linear/laws.h"
#include "linear/sums.h"

enum { DRAWS = 20000, MAX_DRAWS = 10000000 };

/* Terms the bands are about: effects by event time that have a variance. */
static int list_events(const jd_design_t *design, const jd_fit_t *fit, int *term)
{
    int m = 0;
    for (int k = 0; k < fit->n_terms; k++)
        if (design->terms[k].kind == JD_TERM_EVENT && fit->vcov[k * fit->n_terms + k] > 0)
            term[m++] = k;
    return m;
}

/* root [m][m] with root root' = correlations, by eigenvalues: the covariance may be singular. */
static int root_of_correlations(const jd_fit_t *fit, const int *term, int m, double *root,
                                double *value, jd_ctx_t *ctx)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            root[i * m + j] = fit->vcov[term[i] * fit->n_terms + term[j]] /
                              sqrt(fit->vcov[term[i] * fit->n_terms + term[i]] *
                                   fit->vcov[term[j] * fit->n_terms + term[j]]);
    jd_transpose(m, root);
    int info = jd_eigen('L', m, root, value);
    jd_transpose(m, root);
    if (info == JD_LAPACK_MEMORY)
        return jd_fail_memory(ctx, (size_t)m * sizeof *value, "eigenvalues");
    if (info != 0)
        return jd_fail(ctx, JD_ERR_NO_CONVERGENCE,
                       "the eigenvalues of the effects' covariance do not converge");
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            root[i * m + j] *= value[j] > 0 ? sqrt(value[j]) : 0;
    return JD_OK;
}

/* Largest |t| of one draw; z [m + 1] is scratch. */
static double draw_largest(const double *root, int m, double df, const jd_jump_t *jump,
                           uint64_t draw, double *z)
{
    jd_rng_t rng = jd_rng_at(jump, draw);
    for (int j = 0; j < m; j += 2) { /* Box and Muller */
        double radius = sqrt(-2 * log(jd_rng_uniform(&rng)));
        double angle = 6.283185307179586 * jd_rng_uniform(&rng);
        z[j] = radius * cos(angle);
        z[j + 1] = radius * sin(angle);
    }
    double scale = isinf(df) ? 1 : sqrt(df / jd_chi2_quantile(jd_rng_uniform(&rng), df));
    double largest = 0;
    for (int i = 0; i < m; i++)
        largest = fmax(largest, fabs(jd_dot(root + (int64_t)i * m, z, m)));
    return largest * scale;
}

int jd_fit_bands(const jd_design_t *design, const jd_vcov_options_t *options, jd_fit_t *fit,
                 jd_ctx_t *ctx)
{
    int32_t draws = options->draws > 0 ? options->draws : DRAWS;
    if (draws > MAX_DRAWS)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "draws = %d of uniform bands; at most %d", draws,
                       MAX_DRAWS);
    size_t n = (size_t)fit->n_terms, threads = (size_t)jd_ctx_threads(ctx);
    size_t cells = n * n + n + threads * (n + 1) + (size_t)draws;
    int *term;
    double *root = NULL;
    int rc = jd_make_unset(&term, n, sizeof *term, "uniform bands", ctx);
    if (!rc) rc = jd_make_unset(&root, cells, sizeof *root, "uniform bands", ctx);
    if (rc) goto out;
    double *value = root + n * n, *z = value + n, *largest = z + threads * (n + 1);
    int m = list_events(design, fit, term);
    double df = fit->facts.df, share = 1 - fit->level;
    for (int i = 0; i < m; i++)
        df = fmin(df, fit->df[term[i]]);
    if (m == 0) goto out;
    if (!(df > 0)) {
        rc = jd_fail(
            ctx, JD_ERR_DATA,
            "uniform bands: %g degrees of freedom; bands need more than 0: more clusters, or "
            "fewer terms",
            df);
        goto out;
    }
    rc = root_of_correlations(fit, term, m, root, value, ctx);
    if (rc) goto out;
    jd_jump_t jump = jd_jump(jd_stream(options->seed, 0, JD_DRAW_NORMAL), 0, 0);
#pragma omp parallel for num_threads((int)threads) schedule(static)
    for (size_t t = 0; t < threads; t++)
        for (size_t d = t; d < (size_t)draws; d += threads)
            largest[d] = draw_largest(root, m, df, &jump, d, z + t * (n + 1));
    qsort(largest, (size_t)draws, sizeof *largest, jd_ascending);
    int32_t at = (int32_t)ceil(fit->level * draws) - 1;
    /* Known bounds: one effect alone, and Bonferroni's. */
    fit->uniform = fmin(fmax(largest[at < 0 ? 0 : at], jd_t_quantile(share / 2, df)),
                        jd_t_quantile(share / m / 2, df));
out:
    free(term);
    free(root);
    return rc;
}
