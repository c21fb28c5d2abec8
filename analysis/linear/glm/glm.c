/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/glm/glm.h"

#include <gsl/gsl_sf_gamma.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/identify.h"
#include "linear/sums.h"

void jd_glm_free(jd_glm_t *glm)
{
    if (!glm) return;
    jd_regression_free(&glm->regression);
    jd_effects_free(glm->effects);
    free(glm->row);
    free(glm->y);
    free(glm->weight);
    free(glm->eta);
    free(glm->mu);
    free(glm->beta);
    memset(glm, 0, sizeof *glm);
}

static double weight_of(const jd_glm_t *glm, int64_t i)
{
    return glm->weight ? glm->weight[i] : 1.0;
}

/* Judges y in the rows with weight, and keeps these. */
static int check(const jd_glm_input_t *in, unsigned char *keep, jd_ctx_t *ctx)
{
    double sum = 0;
    for (int64_t i = 0; i < in->n; i++) {
        keep[i] = !in->weight || in->weight[i] > 0;
        if (!keep[i]) continue;
        double y = in->y[i];
        const int64_t row = (in->row ? in->row[i] : i) + 1;
        if (in->offset && !isfinite(in->offset[i]))
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s"
                           ": offset = %g; it must be finite: give such rows weight 0",
                           JD_ROW_NAME(ctx, row), in->offset[i]);
        if (in->family == JD_FAMILY_POISSON && !(y >= 0 && isfinite(y)))
            return jd_fail(ctx, JD_ERR_DATA,
                           "row %s: outcome = %g; a Poisson model needs finite outcomes >= 0: use "
                           "another estimator, or another unit of measure",
                           JD_ROW_NAME(ctx, row), y);
        if (in->family == JD_FAMILY_LOGIT && y != 0 && y != 1)
            return jd_fail(ctx, JD_ERR_DATA, "row %s: outcome = %g; a logit model needs 0 or 1",
                           JD_ROW_NAME(ctx, row), y);
        sum += y;
    }
    if (sum > 0) return JD_OK;
    return jd_fail(ctx, JD_ERR_DATA, "the outcome is 0 in every row used: there is nothing to fit");
}

/* Codes [n_effects][n] of the rows in their order. */
static int32_t **gather_codes(const jd_glm_t *glm, const jd_glm_input_t *in)
{
    int32_t **codes = calloc((size_t)in->n_effects + 1, sizeof *codes);
    for (int k = 0; codes && k < in->n_effects; k++) {
        codes[k] = malloc((size_t)glm->n * sizeof **codes);
        for (int64_t i = 0; codes[k] && i < glm->n; i++)
            codes[k][i] = in->codes[k][glm->row[i]];
    }
    return codes;
}

static int make_effects(jd_glm_t *glm, const jd_glm_input_t *in, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    int32_t **codes = gather_codes(glm, in);
    double *ones = malloc((size_t)glm->n * sizeof *ones);
    for (int k = 0; codes && k < in->n_effects; k++)
        if (!codes[k]) rc = JD_ERR_NO_MEMORY;
    if (!codes || !ones || rc)
        rc = jd_fail_memory(ctx, (size_t)glm->n * sizeof *ones, "fixed effects");
    for (int64_t i = 0; !rc && i < glm->n; i++)
        ones[i] = 1;
    if (!rc)
        rc = jd_effects_make(&glm->effects, glm->n, in->n_effects, (const int32_t *const *)codes,
                             ones, JD_SOLVER_ITERATE, ctx);
    if (!rc && in->n_effects > 0) rc = jd_effects_sort(glm->effects, ctx);
    for (int k = 0; codes && k < in->n_effects; k++)
        free(codes[k]);
    free(codes);
    free(ones);
    return rc;
}

/* Puts the rows in the order of the largest effect's levels, so that each level is a run. */
static int order_rows(jd_glm_t *glm, const jd_glm_input_t *in, jd_ctx_t *ctx)
{
    int rc = make_effects(glm, in, ctx);
    if (rc || !glm->effects->rows.row) return rc;
    int32_t *sorted = glm->effects->rows.row;
    for (int64_t i = 0; i < glm->n; i++)
        sorted[i] = glm->row[sorted[i]];
    memcpy(glm->row, sorted, (size_t)glm->n * sizeof *sorted);
    jd_effects_free(glm->effects);
    glm->effects = NULL;
    return make_effects(glm, in, ctx);
}

static int allocate(jd_glm_t *glm, const jd_glm_input_t *in, jd_ctx_t *ctx)
{
    size_t n = (size_t)glm->n + 1, bytes = n * sizeof(double);
    int rc = jd_make_unset(&glm->y, bytes, 1, "a fit", ctx);
    if (!rc) rc = jd_make_unset(&glm->eta, bytes, 1, "a fit", ctx);
    if (!rc) rc = jd_make_unset(&glm->mu, bytes, 1, "a fit", ctx);
    if (!rc) rc = jd_make_n(&glm->beta, (size_t)in->n_x + 1, sizeof *glm->beta, "a fit", ctx);
    if (!rc && in->weight) rc = jd_make_unset(&glm->weight, bytes, 1, "a fit", ctx);
    if (rc) return rc;
    for (int64_t i = 0; i < glm->n; i++) {
        glm->y[i] = in->y[glm->row[i]];
        if (in->weight) glm->weight[i] = in->weight[glm->row[i]];
    }
    return JD_OK;
}

static void fill_regressor(const jd_glm_t *glm, const jd_glm_input_t *in, int k, double *out)
{
    for (int64_t i = 0; i < glm->n; i++)
        out[i] = in->x[k][glm->row[i]];
}

/* Which regressors are identified; that does not depend on weights, so equal ones tell. */
static int find_identified(const jd_glm_t *glm, const jd_glm_input_t *in, jd_regression_t *trial,
                           jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < glm->n; i++)
        glm->effects->weight[i] = 1;
    int rc = jd_effects_reweight(glm->effects, ctx);
    if (!rc) rc = jd_regression_init(trial, glm->effects, glm->n, in->n_x, NULL, ctx);
    for (int k = 0; !rc && k < in->n_x; k++) {
        fill_regressor(glm, in, k, trial->columns + (int64_t)k * glm->n);
        rc = jd_check_cancelled(ctx);
    }
    return rc ? rc : jd_regression_identify(trial, ctx);
}

/* The regression with all regressors as given, or with `identified` those alone. */
static int take_regressors(jd_glm_t *glm, const jd_glm_input_t *in, bool identified, jd_ctx_t *ctx)
{
    jd_regression_t trial = {0}, *r = &glm->regression;
    jd_regression_free(r);
    int rc = identified ? find_identified(glm, in, &trial, ctx) : JD_OK;
    int n = identified ? trial.n_kept : in->n_x;
    if (!rc) rc = jd_regression_init(r, glm->effects, glm->n, n, glm->effects->weight, ctx);
    for (int k = 0; !rc && k < n; k++) {
        r->kept[k] = identified ? trial.kept[k] : k;
        fill_regressor(glm, in, r->kept[k], r->columns + (int64_t)k * glm->n);
        rc = jd_check_cancelled(ctx);
    }
    r->n_kept = n;
    jd_regression_free(&trial);
    return rc;
}

/* Newton's method with the identified regressors, which need be sought only where the first step
 * does not show that all of them are. One alone is judged at the end. */
static int climb(jd_glm_t *glm, const jd_glm_input_t *in, const double *offset, int *clear,
                 jd_ctx_t *ctx)
{
    const int several = in->n_x > 1;
    *clear = several;
    int rc = jd_glm_newton(glm, offset, clear, ctx);
    if (!several || glm->iterations > 0 || (rc && rc != JD_ERR_NO_CONVERGENCE)) return rc;
    jd_ctx_clear(ctx);
    rc = take_regressors(glm, in, true, ctx);
    return rc ? rc : jd_glm_newton(glm, offset, clear, ctx);
}

/* 1 if some expected value is so small beside the mean that it may be on its way to 0. */
static int looks_separated(const jd_glm_t *glm)
{
    double sum = 0;
    if (glm->family != JD_FAMILY_POISSON) return 0;
    for (int64_t i = 0; i < glm->n; i++)
        sum += glm->y[i];
    for (int64_t i = 0; i < glm->n; i++)
        if (glm->y[i] <= 0 && glm->mu[i] < 1e-6 * sum / (double)glm->n) return 1;
    return 0;
}

/* Strikes separated rows out of keep; *count = how many. */
static int drop_separated(const jd_glm_t *glm, const double *x, unsigned char *keep, int64_t *count,
                          jd_ctx_t *ctx)
{
    *count = 0;
    if (!looks_separated(glm)) return JD_OK;
    unsigned char *separated;
    if (jd_make_unset(&separated, (size_t)glm->n, 1, "the search for separated rows", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_glm_find_separated(glm, x, glm->regression.n_kept, separated, count, ctx);
    for (int64_t i = 0; !rc && i < glm->n; i++)
        if (separated[i]) keep[glm->row[i]] = 0;
    free(separated);
    return rc;
}

/* Newton's method on the rows kept; where it ends at separated rows these are struck out and
 * *again = 1. */
static int fit_rows(jd_glm_t *glm, const jd_glm_input_t *in, unsigned char *keep, int *again,
                    int *clear, jd_ctx_t *ctx)
{
    *again = 0;
    glm->n = 0;
    if (jd_make_unset(&glm->row, (size_t)in->n + 1, sizeof *glm->row, "a fit", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < in->n; i++)
        if (keep[i]) glm->row[glm->n++] = (int32_t)i;
    if (glm->n == 0)
        return jd_fail(ctx, JD_ERR_DATA,
                       "no row is left: every level of the fixed effects holds one value of the "
                       "outcome only; use coarser fixed effects");
    int rc = order_rows(glm, in, ctx);
    if (!rc) rc = allocate(glm, in, ctx);
    if (!rc) rc = take_regressors(glm, in, false, ctx);
    if (rc) return rc;
    double *offset = NULL;
    if (in->offset) {
        if (jd_make_unset(&offset, (size_t)glm->n, sizeof *offset, "the offset", ctx))
            return JD_ERR_NO_MEMORY;
        for (int64_t i = 0; i < glm->n; i++)
            offset[i] = in->offset[glm->row[i]];
    }
    jd_ctx_t quiet = jd_ctx_inner(ctx);
    rc = climb(glm, in, offset, clear, &quiet);
    free(offset);
    int64_t count = 0;
    if (!rc || rc == JD_ERR_NO_CONVERGENCE) {
        int judged = drop_separated(glm, glm->regression.columns, keep, &count, ctx);
        if (judged) return judged;
        glm->n_separated += count;
        *again = count > 0;
    }
    if (rc && !*again) return jd_fail(ctx, rc, "%s", quiet.message);
    return JD_OK;
}

/* Keeps what earlier rounds counted. */
static void start_again(jd_glm_t *glm)
{
    const jd_glm_t counted = *glm;
    jd_glm_free(glm);
    glm->family = counted.family;
    glm->n_empty = counted.n_empty;
    glm->n_separated = counted.n_separated;
}

/* Residualises the regressors by the last weights; without `factor` only those stay that this
 * would keep. */
static int finish(jd_glm_t *glm, bool factor, jd_ctx_t *ctx)
{
    jd_regression_t *r = &glm->regression;
    int n = r->n_kept, *kept = r->kept;
    r->kept = calloc((size_t)n + 1, sizeof *kept);
    if (!r->kept) {
        r->kept = kept;
        return jd_fail_memory(ctx, (size_t)n * sizeof *kept, "a fit");
    }
    memcpy(r->weight, glm->effects->weight, (size_t)glm->n * sizeof *r->weight);
    int rc = factor ? jd_regression_factor(r, ctx) : jd_regression_identify(r, ctx);
    for (int k = 0; !rc && k < r->n_kept; k++) {
        glm->beta[k] = glm->beta[r->kept[k]];
        r->kept[k] = kept[r->kept[k]];
    }
    free(kept);
    return rc;
}

/* What the likelihood takes of y alone: y log y - y, and log y!. */
typedef struct {
    double saturated, factorial;
} own_part_t;

enum { SMALL_COUNT = 256 };

static own_part_t part_of(double y)
{
    return (own_part_t){(y > 0 ? y * log(y) : 0) - y, gsl_sf_lngamma(y + 1)};
}

/* Constant that makes expected outcomes add up to y where nothing but the offset differs. */
static double null_level(const jd_glm_t *glm, const double *offset)
{
    double level = 0;
    if (!offset && glm->family == JD_FAMILY_POISSON) {
        double sum = 0, total = 0;
        for (int64_t i = 0; i < glm->n; i++) {
            sum += weight_of(glm, i) * glm->y[i];
            total += weight_of(glm, i);
        }
        return log(sum / total);
    }
    for (int round = 0; round < 100; round++) {
        double score = 0, slope = 0, want = 0;
        for (int64_t i = 0; i < glm->n; i++) {
            double w = weight_of(glm, i), eta = level + (offset ? offset[glm->row[i]] : 0);
            int poisson = glm->family == JD_FAMILY_POISSON;
            double mu = poisson ? exp(eta) : 1 / (1 + exp(-eta));
            score += w * mu;
            want += w * glm->y[i];
            slope += w * (poisson ? mu : mu * (1 - mu));
        }
        if (glm->family == JD_FAMILY_POISSON) return level + log(want / score);
        level += (want - score) / slope;
        if (fabs(want - score) <= 1e-14 * want) break;
    }
    return level;
}

/* Completes the deviance with what y alone decides; counts find theirs in a table. */
static void fill_likelihoods(jd_glm_t *glm, const double *offset)
{
    own_part_t table[SMALL_COUNT];
    double full = 0, all = 0, null = 0, level = null_level(glm, offset);
    for (int y = 0; y < SMALL_COUNT; y++)
        table[y] = part_of(y);
    for (int64_t i = 0; i < glm->n; i++) {
        double w = weight_of(glm, i), y = glm->y[i];
        double eta = level + (offset ? offset[glm->row[i]] : 0);
        if (glm->family == JD_FAMILY_LOGIT) {
            null += w * (y * eta - log1p(exp(eta)));
            continue;
        }
        own_part_t own = y < SMALL_COUNT && y == (int)y ? table[(int)y] : part_of(y);
        full += w * own.saturated;
        all += w * own.factorial;
        null += w * (y * eta - (offset ? exp(eta) : 0));
    }
    if (glm->family == JD_FAMILY_POISSON) {
        double sum = 0;
        for (int64_t i = 0; i < glm->n; i++)
            sum += weight_of(glm, i) * glm->y[i];
        null -= all + (offset ? 0 : sum); /* expected outcomes add up to y */
        glm->deviance += 2 * full;
    }
    glm->log_likelihood = (glm->family == JD_FAMILY_POISSON ? full - all : 0) - glm->deviance / 2;
    glm->null_log_likelihood = null;
}

static int fit(jd_glm_t *glm, const jd_glm_input_t *input, bool factor, jd_ctx_t *ctx)
{
    memset(glm, 0, sizeof *glm);
    glm->family = input->family;
    if (input->n < 1 || input->n_x < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "a fit needs rows and a regressor");
    unsigned char *keep;
    if (jd_make_unset(&keep, (size_t)input->n, 1, "a fit", ctx)) return JD_ERR_NO_MEMORY;
    int rc = check(input, keep, ctx), again = 1, clear = 0;
    while (!rc && again) {
        int64_t empty = 0;
        start_again(glm);
        rc = jd_glm_drop_empty(input, keep, &empty, ctx);
        glm->n_empty += empty;
        if (!rc) rc = fit_rows(glm, input, keep, &again, &clear, ctx);
    }
    if (!rc && (factor || !clear)) rc = finish(glm, factor, ctx);
    if (!rc && factor) fill_likelihoods(glm, input->offset);
    free(keep);
    if (rc) jd_glm_free(glm);
    return rc;
}

int jd_glm_fit(jd_glm_t *glm, const jd_glm_input_t *input, jd_ctx_t *ctx)
{
    return fit(glm, input, true, ctx);
}

int jd_glm_fit_means(jd_glm_t *glm, const jd_glm_input_t *input, jd_ctx_t *ctx)
{
    return fit(glm, input, false, ctx);
}

static int gather_clusters(const jd_glm_t *glm, const int32_t *cluster, jd_groups_t *groups,
                           jd_ctx_t *ctx)
{
    int32_t *own;
    if (jd_make_unset(&own, (size_t)glm->n, sizeof *own, "clusters", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < glm->n; i++)
        own[i] = cluster[glm->row[i]];
    int rc = jd_groups_make(groups, own, glm->n, ctx);
    free(own);
    return rc;
}

static int check_kind(const jd_vcov_options_t *options, int n_ways, jd_ctx_t *ctx)
{
    jd_vcov_t kind = options->kind;
    if (n_ways < 0 || n_ways > JD_MAX_WAYS)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "%d ways of clustering; at most %d are allowed",
                       n_ways, JD_MAX_WAYS);
    if (kind == JD_VCOV_CLUSTER || kind == JD_VCOV_IID || kind == JD_VCOV_HC1 ||
        kind == JD_VCOV_MULTIWAY)
        return JD_OK;
    return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                   "a model of Poisson or logit has variances iid, HC1, one-way and multi-way "
                   "clustered; request one of these");
}

/* Working residuals: weighted by h they are the scores. Returns the squares of y - mu. */
static double fill_residuals(const jd_glm_t *glm, double *residual)
{
    double ssr = 0;
    for (int64_t i = 0; i < glm->n; i++) {
        double e = glm->y[i] - glm->mu[i], w = weight_of(glm, i);
        ssr += w * e * e;
        residual[i] = w * e / glm->regression.weight[i];
    }
    return ssr;
}

int jd_glm_vcov(const jd_glm_t *glm, const int32_t *const *ways, int n_ways,
                const jd_vcov_options_t *options, double *vcov, jd_vcov_facts_t *facts,
                jd_ctx_t *ctx)
{
    const jd_regression_t *r = &glm->regression;
    jd_groups_t groups[JD_MAX_WAYS] = {{0}};
    jd_vcov_rows_t rows = {.n_ways = n_ways};
    int rc = check_kind(options, n_ways, ctx);
    if (rc) return rc;
    double *residual;
    if (jd_make_unset(&residual, (size_t)glm->n, sizeof *residual, "residuals", ctx))
        return JD_ERR_NO_MEMORY;
    double ssr = fill_residuals(glm, residual);
    for (int k = 0; !rc && k < n_ways; k++) {
        rc = gather_clusters(glm, ways[k], &groups[k], ctx);
        rows.way[k] = &groups[k];
    }
    if (!rc) rc = jd_regression_vcov(r, residual, &rows, options, vcov, NULL, facts, ctx);
    if (!rc) {
        double n = (double)glm->n, k = (double)facts->k;
        facts->ssr = ssr;
        if (options->kind == JD_VCOV_IID) {
            facts->factor = options->no_k_adjustment ? 1 : (n - 1) / (n - k);
            for (int e = 0; e < r->n_kept * r->n_kept; e++)
                vcov[e] = r->bread[e] * facts->factor;
        }
    }
    for (int k = 0; k < n_ways; k++)
        jd_groups_free(&groups[k]);
    free(residual);
    return rc;
}
