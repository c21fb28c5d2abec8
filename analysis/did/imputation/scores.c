/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/imputation/scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/sums.h"

enum { BLOCK = 64 * JD_LANES }; /* clusters */

int jd_scores_check(const jd_design_t *design, const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    const char *name = design->estimator->name;
    if (options->kind != JD_VCOV_CLUSTER)
        return jd_fail(
            ctx, JD_ERR_UNSUPPORTED,
            "%s: standard errors are clustered, one way; for independent rows give each a "
            "cluster of its own",
            name);
    if (design->clusters.n_groups < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "%s: clustered standard errors need at least two clusters, here is %d; "
                       "cluster by a finer unit",
                       name, design->clusters.n_groups);
    return JD_OK;
}

/* Rows, their clusters, and the terms whose scores are wanted. */
typedef struct {
    int64_t from, to, from_untreated; /* rows; untreated ones before them */
    int32_t first, width;             /* clusters */
    int first_term, end_term;
} part_t;

static int32_t own_term(const jd_effect_means_t *means, int64_t i)
{
    return means->term ? means->term[i] : 0;
}

/* Means of cells by weight^2 of the part's terms, mean [terms][cells]; total likewise, scratch. */
static void fill_centers(const jd_scores_t *s, int first, int end, double *mean, double *total)
{
    size_t n_cells = (size_t)s->cells->n, all = (size_t)(end - first) * n_cells;
    memset(mean, 0, all * sizeof *mean);
    memset(total, 0, all * sizeof *total);
    for (int64_t i = 0; i < s->stage->n; i++) {
        const int32_t terms[] = {0, own_term(s->means, i)};
        for (int j = 0; j < 1 + (terms[1] > 0); j++) {
            if (terms[j] < first || terms[j] >= end) continue;
            double v = jd_effect_means_weight(s->means, s->design, s->stage, terms[j], i);
            if (v == 0) continue;
            size_t at =
                (size_t)(terms[j] - first) * n_cells + (size_t)jd_cells_at(s->cells, s->design, i);
            mean[at] += v * v * s->adjusted[i];
            total[at] += v * v;
        }
    }
    for (size_t c = 0; c < all; c++)
        mean[c] /= total[c];
}

/* Adds what rows are away from their centres. */
static void add_rows(const jd_scores_t *s, const part_t *p, const double *mean, double *score)
{
    const int32_t *cluster = s->design->clusters.code;
    for (int64_t i = p->from; i < p->to; i++) {
        const int32_t terms[] = {0, own_term(s->means, i)};
        for (int j = 0; j < 1 + (terms[1] > 0); j++) {
            int32_t k = terms[j] - p->first_term;
            if (k < 0 || terms[j] >= p->end_term) continue;
            double v = jd_effect_means_weight(s->means, s->design, s->stage, terms[j], i);
            if (v == 0) continue;
            double center =
                s->cells ? mean[(int64_t)k * s->cells->n + jd_cells_at(s->cells, s->design, i)]
                         : s->estimate[terms[j]];
            score[(int64_t)k * p->width + cluster[i] - p->first] += v * (s->adjusted[i] - center);
        }
    }
}

/* Takes off what untreated rows' weights give. */
static void subtract_untreated(const jd_scores_t *s, const part_t *p, double *score)
{
    const int32_t *cluster = s->design->clusters.code;
    for (int k = p->first_term; k < p->end_term; k++, score += p->width)
        for (int64_t i = p->from, r = p->from_untreated; i < p->to; i++)
            if (!s->stage->treated[i])
                score[cluster[i] - p->first] -=
                    jd_effect_means_taken(s->means, s->stage, k, i, r++) * s->adjusted[i];
}

/* Scores [terms][width] of a part, which begin as 0. */
static void fill_part(const jd_scores_t *s, const part_t *p, const double *mean, double *score)
{
    add_rows(s, p, mean, score);
    subtract_untreated(s, p, score);
}

/* Term by term, for all clusters: room [2 cells] of a term's centres. */
static int infer_whole(const jd_scores_t *s, const double *more, int n_more,
                       const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int n_means = s->means->n_terms, n = n_means + n_more, rc = JD_OK;
    size_t groups = (size_t)s->design->clusters.n_groups;
    size_t own = (size_t)n_means * groups, cells = s->cells ? (size_t)s->cells->n : 0;
    const size_t further = (size_t)n_more * groups;
    double *score;
    if (jd_make_n(&score, own + further + 2 * cells, sizeof *score, "standard errors", ctx))
        return JD_ERR_NO_MEMORY;
    double *mean = score + own + further;
    if (further) memcpy(score + own, more, further * sizeof *score);
    part_t p = {.to = s->stage->n, .width = s->design->clusters.n_groups};
    for (int k = 0; !rc && k < n_means; k++) {
        p.first_term = k;
        p.end_term = k + 1;
        rc = jd_check_cancelled(ctx);
        if (s->cells) fill_centers(s, k, k + 1, mean, mean + cells);
        fill_part(s, &p, mean, score + (size_t)k * groups);
    }
    for (int a = 0; !rc && a < n; a++)
        for (int b = 0; b <= a; b++)
            fit->vcov[a * n + b] = fit->vcov[b * n + a] =
                jd_dot(score + (size_t)a * groups, score + (size_t)b * groups, (int64_t)groups);
    if (!rc) rc = jd_fit_sums_keep(s->design, score, options, fit, ctx);
    free(score);
    return rc;
}

/* Adds a block's products of scores to the sums' lanes, [pairs][JD_LANES]; what is left behind
 * the last eight clusters goes to the sums' tails, in vcov. */
static void add_products(const double *score, int n, int32_t width, double *lane, double *vcov)
{
    int32_t whole = width - width % JD_LANES;
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++, lane += JD_LANES) {
            const double *x = score + (int64_t)a * width, *y = score + (int64_t)b * width;
            jd_dot_lanes(x, y, whole, lane);
            for (int32_t c = whole; c < width; c++)
                vcov[a * n + b] += x[c] * y[c];
        }
}

/* The next clusters and their rows; 0 if there are none. */
static int next_part(const jd_scores_t *s, part_t *p)
{
    const jd_groups_t *clusters = &s->design->clusters;
    for (int64_t i = p->from; i < p->to; i++)
        p->from_untreated += !s->stage->treated[i];
    p->first += p->width;
    p->from = p->to;
    p->width = clusters->n_groups - p->first < BLOCK ? clusters->n_groups - p->first : BLOCK;
    for (int32_t c = 0; c < p->width; c++)
        p->to += clusters->count[p->first + c];
    return p->width > 0;
}

/* All terms, cluster block by cluster block. */
static int infer_blocks(const jd_scores_t *s, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int n = s->means->n_terms;
    size_t terms = (size_t)n, pairs = terms * (terms + 1) / 2;
    size_t cells = s->cells ? terms * (size_t)s->cells->n : 0;
    double *mean;
    if (jd_make_n(&mean, 2 * cells + terms * BLOCK + pairs * JD_LANES, sizeof *mean,
                  "standard errors", ctx))
        return JD_ERR_NO_MEMORY;
    double *score = mean + 2 * cells, *lane = score + terms * BLOCK;
    int rc = jd_check_cancelled(ctx);
    if (!rc && s->cells) fill_centers(s, 0, n, mean, mean + cells);
    memset(fit->vcov, 0, terms * terms * sizeof *fit->vcov);
    for (part_t p = {.end_term = n}; !rc && next_part(s, &p);) {
        memset(score, 0, terms * BLOCK * sizeof *score);
        fill_part(s, &p, mean, score);
        add_products(score, n, p.width, lane, fit->vcov);
        rc = jd_check_cancelled(ctx);
    }
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++, lane += JD_LANES)
            fit->vcov[a * n + b] = fit->vcov[b * n + a] =
                jd_fold_lanes(lane) + fit->vcov[a * n + b];
    free(mean);
    return rc;
}

/* Whether blocks hold less than the scores of all clusters do. */
static int is_for_blocks(const jd_scores_t *s)
{
    const jd_groups_t *clusters = &s->design->clusters;
    int64_t cells = s->cells ? s->cells->n : 0;
    return clusters->ascending &&
           2 * cells + JD_LANES / 2 * (int64_t)s->means->n_terms + BLOCK < clusters->n_groups;
}

int jd_scores_infer(const jd_scores_t *scores, const double *more, int n_more, const char *name,
                    const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    int rc = n_more == 0 && is_for_blocks(scores) && !options->keep_sums
                 ? infer_blocks(scores, fit, ctx)
                 : infer_whole(scores, more, n_more, options, fit, ctx);
    fit->facts.name = name;
    fit->facts.factor = 1;
    fit->facts.df = HUGE_VAL;
    fit->facts.n_clusters = scores->design->clusters.n_groups;
    fit->facts.ssr = jd_first_stage_squares(scores->stage, scores->adjusted);
    return rc;
}
