/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects by comparisons: their values, weights and influences. Where an effect can be found in
 * several ways, the mean of least variance is taken (GMM; Ortiz-Villavicencio, Sant'Anna 2025,
 * section 4.3): weights W 1 / 1'W 1, W the inverse of the ways' covariance. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/group_time/callaway_santanna.h"
#include "linear/cholesky.h"
#include "linear/sums.h"

double jd_cs_way_effect(const jd_cs_t *cs, const jd_cs_way_t *way, const jd_cs_att_t *a,
                        const double *y)
{
    double sum = 0;
    for (int p = 0; p < way->n_parts; p++)
        sum += way->sign[p] * jd_comparison_effect(&cs->comparison[way->comparison[p]],
                                                   &cs->arranged, a->time, a->base, y);
    return sum;
}

void jd_cs_way_influence(const jd_design_t *design, const jd_cs_way_t *way, const jd_cs_att_t *a,
                         const double *y, double by, jd_comparison_room_t *room, double *sum)
{
    const jd_cs_t *cs = design->own;
    for (int p = 0; p < way->n_parts; p++) {
        const jd_comparison_t *c = &cs->comparison[way->comparison[p]];
        double part = by * way->sign[p];
        double effect = jd_comparison_effect(c, &cs->arranged, a->time, a->base, y);
        jd_comparison_influence(c, &cs->arranged, a->time, a->base, y, effect, room);
        for (int64_t r = 0; r < c->n; r++)
            sum[design->clusters.code[room->row[r]]] += part * room->influence[r];
    }
}

/* Solves for the weights: cov [n][n] is spent. Ways that follow from earlier ones get none; all the
 * same if none varies. */
static void least_variance(double *cov, int n, unsigned char *kept, double *by)
{
    double total = 0;
    int found = jd_cholesky(cov, n, NULL, 1e-10, kept);
    for (int i = 0; i < n; i++)
        by[i] = 1;
    if (found) jd_cholesky_solve(cov, n, kept, by);
    for (int i = 0; i < n; i++)
        total += by[i];
    for (int i = 0; i < n; i++)
        by[i] /= total;
}

int jd_cs_weigh_ways(const jd_design_t *design, int att, const double *y,
                     jd_comparison_room_t *room, double *by_way, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    int first = cs->first_way[att], n = cs->first_way[att + 1] - first;
    size_t groups = (size_t)design->clusters.n_groups, ways = (size_t)n;
    size_t all = ways * (groups + ways + 1);
    double *sum;
    if (jd_make_n(&sum, all, sizeof *sum, "cohorts of control", ctx)) return JD_ERR_NO_MEMORY;
    double *cov = sum + ways * groups;
    for (size_t i = 0; i < ways; i++)
        jd_cs_way_influence(design, &cs->way[(size_t)first + i], &cs->att[att], y, 1, room,
                            sum + i * groups);
    for (size_t i = 0; i < ways; i++)
        for (size_t j = 0; j <= i; j++)
            cov[i * ways + j] = jd_dot(sum + i * groups, sum + j * groups, (int64_t)groups);
    least_variance(cov, n, (unsigned char *)(cov + ways * ways), by_way);
    free(sum);
    return JD_OK;
}

static void fill_effects(const jd_cs_t *cs, const double *y, const double *by_way, double *att,
                         int threads)
{
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < cs->n_atts; i++) {
        att[i] = 0;
        for (int w = cs->first_way[i]; w < cs->first_way[i + 1]; w++)
            att[i] += by_way[w] * jd_cs_way_effect(cs, &cs->way[w], &cs->att[i], y);
    }
}

int jd_cs_compared(const jd_design_t *design, const double *y, double *att, double *by_way,
                   jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    jd_comparison_room_t room = {0};
    int rc = JD_OK;
    for (int i = 0; !rc && i < cs->n_atts; i++) {
        int first = cs->first_way[i], n = cs->first_way[i + 1] - first;
        if (n == 1) by_way[first] = 1;
        if (n < 2) continue;
        if (!room.block) rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
        if (!rc) rc = jd_cs_weigh_ways(design, i, y, &room, by_way + first, ctx);
    }
    jd_comparison_room_free(&room);
    if (!rc) fill_effects(cs, y, by_way, att, jd_ctx_threads(ctx));
    return rc;
}

int jd_cs_compared_influence(const jd_design_t *design, const double *y, const double *by_way,
                             double *sum, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    size_t groups = (size_t)design->clusters.n_groups;
    jd_comparison_room_t room = {0};
    double *one;
    if (jd_make_unset(&one, groups, sizeof *one, "influence functions", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_comparison_room_make(&room, &cs->arranged, ctx);
    for (int i = 0; !rc && i < cs->n_atts; i++) {
        memset(one, 0, groups * sizeof *one);
        for (int w = cs->first_way[i]; w < cs->first_way[i + 1]; w++)
            jd_cs_way_influence(design, &cs->way[w], &cs->att[i], y, by_way[w], &room, one);
        for (int k = 0; k < cs->n_terms; k++) {
            double by = cs->mix[(size_t)k * (size_t)cs->n_atts + (size_t)i];
            double *term = sum + (size_t)k * groups;
            for (size_t g = 0; by != 0 && g < groups; g++)
                term[g] += by * one[g];
        }
    }
    jd_comparison_room_free(&room);
    free(one);
    return rc;
}

void jd_cs_compared_weights(const jd_design_t *design, int term, const double *by_way,
                            const jd_sample_t *sample, double *w)
{
    const jd_cs_t *cs = design->own;
    for (int i = 0; i < cs->n_atts; i++) {
        double by = cs->mix[(size_t)term * (size_t)cs->n_atts + (size_t)i];
        const jd_cs_att_t *a = &cs->att[i];
        for (int v = cs->first_way[i]; by != 0 && v < cs->first_way[i + 1]; v++)
            for (int p = 0; p < cs->way[v].n_parts; p++)
                jd_comparison_weights(&cs->comparison[cs->way[v].comparison[p]], &cs->arranged,
                                      sample, a->time, a->base,
                                      by * (by_way ? by_way[v] : 1) * cs->way[v].sign[p], w);
    }
}

int jd_cs_freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    const jd_cs_t *cs = design->own;
    size_t n = (size_t)cs->arranged.n, all = n + (size_t)cs->n_atts + (size_t)cs->n_ways;
    double *sorted;
    if (jd_make_unset(&sorted, all, sizeof *sorted, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    double *by_way = sorted + n + cs->n_atts;
    jd_arranged_sort(&cs->arranged, y, sorted);
    int rc = jd_cs_compared(design, sorted, sorted + n, by_way, ctx);
    for (int k = 0; !rc && k < cs->n_terms; k++)
        jd_cs_compared_weights(design, k, by_way, NULL, w + (size_t)k * n);
    free(sorted);
    return rc;
}
