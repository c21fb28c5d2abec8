/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/base/influence.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "jiedao/random.h"
#include "linear/sums.h"

enum { LANES = 32, CHUNK = 64 }; /* draws at a time, one bit each of a random word; clusters */
enum { USUAL_DRAWS = 1000 };

int32_t jd_influence_draws(const jd_design_t *design, const jd_vcov_options_t *options)
{
    if (options->draws > 0 || !options->bands) return options->draws;
    for (int k = 0; k < design->facts.n_terms; k++)
        if (design->terms[k].kind == JD_TERM_EVENT) return 0;
    return USUAL_DRAWS;
}

int jd_check_whole_clusters(const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_groups_t *units = &design->units, *clusters = &design->clusters;
    size_t bytes = (size_t)units->n_groups * sizeof(int32_t);
    if (clusters->code == units->code) return JD_OK;
    int32_t *of;
    if (jd_make_unset(&of, bytes + 1, 1, "clusters", ctx)) return JD_ERR_NO_MEMORY;
    memset(of, -1, bytes);
    int rc = JD_OK;
    for (int64_t i = 0; !rc && i < design->sample.n; i++) {
        int32_t u = units->code[i], c = clusters->code[i];
        if (of[u] >= 0 && of[u] != c)
            rc = jd_fail(ctx, JD_ERR_DATA,
                         "%s: unit %s is in cluster %s and, in row %s, in cluster %s; a cluster "
                         "holds whole units here: give each unit one, or let a regression (twfe, "
                         "event_study, sun_abraham, etwfe) cluster by units and these, two ways",
                         design->estimator->name, JD_UNIT_NAME(ctx, units->value[u]),
                         JD_CLUSTER_NAME(ctx, clusters->value[of[u]]),
                         JD_ROW_NAME(ctx, design->sample.row[i] + 1),
                         JD_CLUSTER_NAME(ctx, clusters->value[c]));
        of[u] = c;
    }
    free(of);
    return rc;
}

int jd_influence_check(const jd_design_t *design, const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    if (options->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: standard errors come from influence functions, summed by unit or "
                       "panel.cluster; iid and HC1 do not apply",
                       name);
    if (options->draws != 0 && options->draws < 100)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: draws = %d of the multiplier bootstrap; take at least 100, or 0 for "
                       "standard errors by formula",
                       name, options->draws);
    if (design->clusters.n_groups < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "clustered standard errors need at least two clusters, here is %d; cluster "
                       "by a finer unit",
                       design->clusters.n_groups);
    return jd_check_whole_clusters(design, ctx);
}

jd_vcov_facts_t jd_influence_facts(const jd_design_t *design)
{
    return (jd_vcov_facts_t){.name = "influence function",
                             .factor = 1,
                             .df = (double)INFINITY,
                             .n_clusters = design->clusters.n_groups};
}

static void fill_vcov(const double *sum, int k, int64_t groups, double *vcov, int threads)
{
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int a = 0; a < k; a++)
        for (int b = 0; b <= a; b++)
            vcov[a * k + b] = vcov[b * k + a] = jd_dot(sum + a * groups, sum + b * groups, groups);
}

/* Signs [CHUNK][LANES] of clusters first ... end - 1. */
static void fill_signs(const jd_jump_t *jump, int32_t first, int32_t end, double *sign)
{
    for (int32_t g = first; g < end; g++) {
        uint32_t bits = jd_draw_bits(jump, (uint64_t)g);
        for (int l = 0; l < LANES; l++)
            sign[(g - first) * LANES + l] = (bits >> l & 1) ? 1 : -1;
    }
}

/* Adds the clusters' parts under their signs; a lane is a draw. */
static void add_chunk(const double *part, const double *sign, int n, double *restrict lane)
{
    for (int g = 0; g < n; g++)
        for (int l = 0; l < LANES; l++)
            lane[l] += part[g] * sign[g * LANES + l];
}

/* LANES draws of all terms: by_draw [k][n_draws] at `first`. */
static void draw_block(const double *sum, int k, int32_t groups, jd_stream_t stream, int32_t first,
                       int32_t n_draws, double *by_draw)
{
    const jd_jump_t jump = jd_jump(stream, first / LANES, 0);
    double sign[CHUNK * LANES], lane[LANES];
    size_t lanes = (size_t)(n_draws - first < LANES ? n_draws - first : LANES);
    for (int32_t g = 0; g < groups; g += CHUNK) {
        int32_t end = groups - g < CHUNK ? groups : g + CHUNK;
        fill_signs(&jump, g, end, sign);
        for (int j = 0; j < k; j++) {
            double *out = by_draw + (size_t)j * (size_t)n_draws + first;
            memset(lane, 0, sizeof lane);
            if (g > 0) memcpy(lane, out, lanes * sizeof *lane);
            add_chunk(sum + (size_t)j * (size_t)groups + g, sign, end - g, lane);
            memcpy(out, lane, lanes * sizeof *lane);
        }
    }
}

/* The value of rank `at` (0 = smallest), by Hoare's selection; reorders x [n]. */
static double select_rank(double *x, int32_t n, int32_t at)
{
    for (int32_t low = 0, high = n - 1; low < high;) {
        double pivot = x[low + (high - low) / 2];
        int32_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i > j) break;
            double keep = x[i];
            x[i++] = x[j];
            x[j--] = keep;
        }
        if (at <= j)
            high = j;
        else if (at >= i)
            low = i;
        else
            break;
    }
    return x[at];
}

/* The smallest value with a share of at least p at or below it. */
static double quantile(double *x, int32_t n, double p)
{
    int32_t at = (int32_t)ceil(p * n) - 1;
    return select_rank(x, n, at < 0 ? 0 : at >= n ? n - 1 : at);
}

/* Standard errors [k] from interquartile ranges; room [n_draws]. */
static void fill_errors(const double *by_draw, int k, int32_t n_draws, double *room, double *error)
{
    double normal = 2 * gsl_cdf_ugaussian_Qinv(0.25);
    for (int j = 0; j < k; j++) {
        memcpy(room, by_draw + (size_t)j * (size_t)n_draws, (size_t)n_draws * sizeof *room);
        error[j] = (quantile(room, n_draws, 0.75) - quantile(room, n_draws, 0.25)) / normal;
    }
}

/* Quantile at `level` of the largest |draw / error| over all terms but the overall one. */
static double uniform_value(const jd_design_t *design, const double *by_draw, const double *error,
                            double level, int32_t n_draws, double *room)
{
    int k = design->facts.n_terms;
    memset(room, 0, (size_t)n_draws * sizeof *room);
    for (int j = 0; j < k; j++) {
        if ((k > 1 && design->terms[j].kind == JD_TERM_OVERALL) || !(error[j] > 0)) continue;
        for (int32_t d = 0; d < n_draws; d++)
            room[d] =
                fmax(room[d], fabs(by_draw[(size_t)j * (size_t)n_draws + (size_t)d]) / error[j]);
    }
    return quantile(room, n_draws, level);
}

/* Covariances keep their correlations and get the bootstrap's standard errors. */
static void rescale(const double *error, int k, double *vcov, double *room)
{
    for (int a = 0; a < k; a++)
        room[a] = vcov[a * k + a] > 0 ? error[a] / sqrt(vcov[a * k + a]) : 0;
    for (int a = 0; a < k; a++)
        for (int b = 0; b < k; b++)
            vcov[a * k + b] *= room[a] * room[b];
}

int jd_influence_infer(const jd_design_t *design, const double *sum,
                       const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int k = design->facts.n_terms, threads = jd_ctx_threads(ctx);
    int32_t groups = design->clusters.n_groups, n_draws = jd_influence_draws(design, options);
    fit->facts = jd_influence_facts(design);
    fill_vcov(sum, k, groups, fit->vcov, threads);
    int rc = jd_fit_sums_keep(design, sum, options, fit, ctx);
    if (rc || n_draws == 0) return rc;
    size_t all = ((size_t)k + 1) * (size_t)n_draws + 2 * (size_t)k;
    double *by_draw;
    if (jd_make_unset(&by_draw, all, sizeof *by_draw, "the bootstrap's draws", ctx))
        return JD_ERR_NO_MEMORY;
    double *room = by_draw + (size_t)k * (size_t)n_draws, *error = room + n_draws;
    jd_stream_t stream = jd_stream(options->seed, 0, JD_DRAW_BOOTSTRAP);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int32_t first = 0; first < n_draws; first += LANES)
        draw_block(sum, k, groups, stream, first, n_draws, by_draw);
    fill_errors(by_draw, k, n_draws, room, error);
    if (options->bands)
        fit->uniform = uniform_value(design, by_draw, error, fit->level, n_draws, room);
    if (options->draws > 0) {
        rescale(error, k, fit->vcov, error + k);
        fit->facts.name = "multiplier bootstrap";
    }
    free(by_draw);
    return JD_OK;
}
