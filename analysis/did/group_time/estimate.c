/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cell means of outcomes, and influence functions (Callaway, Sant'Anna 2021, theorem 2 and
 * eq. 4.3): a unit's influence on a term is the sum over its rows of
 *
 *      w (A_cell (y - mean_cell) + B_cell) + share D_cohort,
 *
 * B the cell's distance from the pooled control mean, D the influence of the cohorts' shares. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "did/base/influence.h"
#include "did/group_time/group_time.h"
#include "linear/sums.h"

/* Adds weighted y to its cells' sums, rounding carried along. */
static void sum_cells(const jd_gt_t *gt, const jd_design_t *design, const double *y, double *sum,
                      double *carry)
{
    const double *w = design->weight;
    for (int64_t i = 0; i < design->sample.n; i++)
        jd_add_exactly(&sum[gt->rows.cell[i]], &carry[gt->rows.cell[i]], w ? w[i] * y[i] : y[i]);
}

/* The same unit by unit, a unit's cells lying together. */
JD_CLONES static void sum_in_order(const jd_gt_t *gt, const jd_design_t *design, const double *y,
                                   double *sum, double *carry)
{
    const jd_gt_effects_t *e = &gt->effects;
    for (int64_t i = 0; i < design->sample.n; i += e->n_periods) {
        const double *restrict own = y + i;
        int32_t first = jd_gt_cell(gt, i);
        double *restrict s = sum + first, *restrict c = carry + first;
        for (int32_t t = 0; t < e->n_periods; t++)
            jd_add_exactly(&s[t], &c[t], own[t]);
    }
}

/* Means of y in the cells; carry [cells] is scratch; empty cells get 0. */
static void cell_means(const jd_gt_t *gt, const jd_design_t *design, const double *y, double *mean,
                       double *carry)
{
    const jd_gt_effects_t *e = &gt->effects;
    int32_t cells = jd_gt_n_cells(e);
    memset(mean, 0, (size_t)cells * sizeof *mean);
    memset(carry, 0, (size_t)cells * sizeof *carry);
    (gt->rows.lie == JD_GT_IN_ORDER ? sum_in_order : sum_cells)(gt, design, y, mean, carry);
    for (int32_t c = 0; c < cells; c++)
        mean[c] = e->mass[c] > 0 ? (mean[c] + carry[c]) / e->mass[c] : 0;
}

/* All terms of cell means, one every `stride`. */
static void combine_means(const jd_gt_t *gt, const double *mean, double *estimate, ptrdiff_t stride)
{
    int32_t cells = jd_gt_n_cells(&gt->effects);
    for (int k = 0; k < gt->terms.n; k++)
        estimate[k * stride] =
            jd_dot_exact(gt->cells.loading + (size_t)k * (size_t)cells, mean, cells);
}

/* All terms of effects. */
static void combine_effects(const jd_gt_t *gt, const double *att, double *estimate,
                            ptrdiff_t stride)
{
    for (int k = 0; k < gt->terms.n; k++)
        estimate[k * stride] = jd_dot_exact(jd_gt_mix(gt, k), att, gt->effects.n_atts);
}

static int estimate_compared(const jd_design_t *design, const double *const *y, int n_y,
                             double *estimate, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    size_t n = (size_t)cs->arranged.n, atts = (size_t)e->n_atts;
    size_t all = n + atts + (size_t)cs->n_ways;
    double *sorted;
    if (jd_make_unset(&sorted, all, sizeof *sorted, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    double *att = sorted + n;
    int rc = JD_OK;
    for (int j = 0; !rc && j < n_y; j++) {
        jd_arranged_sort(&cs->arranged, y[j], sorted);
        rc = jd_gt_compared(design, sorted, att, att + atts, ctx);
        if (!rc) combine_effects(gt, att, estimate + j, n_y);
    }
    free(sorted);
    return rc;
}

int jd_gt_estimate(const jd_design_t *design, const double *const *y, int n_y, double *estimate,
                   jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    if (gt->by == JD_GT_BY_COMPARISONS) return estimate_compared(design, y, n_y, estimate, ctx);
    size_t cells = (size_t)jd_gt_n_cells(&gt->effects);
    double *work;
    if (jd_make_unset(&work, 2 * cells * (size_t)n_y, sizeof *work, "cell means", ctx))
        return JD_ERR_NO_MEMORY;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static)
    for (int j = 0; j < n_y; j++) {
        double *mean = work + 2 * cells * (size_t)j;
        cell_means(gt, design, y[j], mean, mean + cells);
        combine_means(gt, mean, estimate + j, n_y);
    }
    free(work);
    return JD_OK;
}

void jd_gt_weights(const jd_design_t *design, int term, double *w)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    if (gt->by == JD_GT_BY_COMPARISONS) {
        jd_gt_compared_weights(design, term, NULL, &design->sample, w);
        return;
    }
    const double *loading = gt->cells.loading + (size_t)term * (size_t)jd_gt_n_cells(e);
    int32_t run = jd_gt_run(gt);
    for (int64_t first = 0; first < design->sample.n; first += run) {
        int32_t c = jd_gt_cell(gt, first);
        for (int64_t i = first; i < first + run; i++, c++)
            w[design->sample.row[i]] =
                loading[c] * (design->weight ? design->weight[i] : 1) / e->mass[c];
    }
}

/* ATT(g,t), and into centre [n_atts][2] the pooled means of its controls in both periods. */
static double att_of(const jd_gt_effects_t *e, const jd_gt_att_t *a, const double *mean,
                     double *centre)
{
    int32_t own = a->cohort * e->n_periods;
    jd_gt_control_mass(e, a, a->time, mean, &centre[0]);
    jd_gt_control_mass(e, a, a->base, mean, &centre[1]);
    return mean[own + a->time] - mean[own + a->base] - (centre[0] - centre[1]);
}

/* B of one term: how far its controls' cells lie from the means they are pooled into. */
static void fill_offsets(const jd_gt_t *gt, int term, const double *mean, const double *centre,
                         double *offset)
{
    const jd_gt_effects_t *e = &gt->effects;
    for (int i = 0; i < e->n_atts; i++) {
        double by = jd_gt_mix(gt, term)[i];
        const jd_gt_att_t *a = &e->att[i];
        if (by == 0 || a->time == a->base) continue;
        const int32_t period[2] = {a->time, a->base};
        for (int side = 0; side < 2; side++) {
            double mass = jd_gt_control_mass(e, a, period[side], NULL, NULL);
            for (int32_t h = 0; h < e->n_cohorts; h++) {
                int32_t c = h * e->n_periods + period[side];
                if (!jd_gt_is_control(e, a, h) || e->mass[c] <= 0) continue;
                double distance = by / mass * (mean[c] - centre[2 * i + side]);
                offset[c] += side == 0 ? -distance : distance;
            }
        }
    }
}

/* D of one term that is a mean by shares: d term / d share of each cohort. */
static void weigh_shares(const jd_gt_t *gt, int term, const double *att, double estimate,
                         double *by_cohort)
{
    const jd_gt_effects_t *e = &gt->effects;
    const double *multiple = gt->terms.multiple + (size_t)term * (size_t)e->n_atts;
    double total = 0;
    for (int a = 0; a < e->n_atts; a++)
        total += multiple[a] * e->cohort_share[e->att[a].cohort];
    for (int a = 0; a < e->n_atts; a++)
        by_cohort[e->att[a].cohort] += multiple[a] * (att[a] - estimate) / total;
}

/* D of all terms [n_terms][cohorts]; a plain mean's is the mean of theirs. */
static void weigh_all_shares(const jd_gt_t *gt, const double *att, const double *estimate,
                             double *by_cohort)
{
    const jd_gt_effects_t *e = &gt->effects;
    size_t cohorts = (size_t)e->n_cohorts;
    const bool first = gt->terms.n_mean > 0;
    for (int k = first; k < gt->terms.n; k++)
        weigh_shares(gt, k, att, estimate[k], by_cohort + (size_t)k * cohorts);
    for (int k = gt->terms.mean_first; first && k < gt->terms.mean_first + gt->terms.n_mean; k++)
        for (size_t g = 0; g < cohorts; g++)
            by_cohort[g] += by_cohort[(size_t)k * cohorts + g] / gt->terms.n_mean;
}

/* Estimates by cell means, and the influences of these: covariance alone, or their sums
 * [n_terms][clusters] if there is room. */
static int infer_means(const jd_design_t *design, const double *y, double *estimate, double *sum,
                       double *vcov, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    size_t cells = (size_t)jd_gt_n_cells(e), k = (size_t)gt->terms.n, atts = (size_t)e->n_atts;
    size_t all = 2 * cells + 3 * atts + k * (cells + (size_t)e->n_cohorts);
    double *mean;
    if (jd_make_n(&mean, all, sizeof *mean, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    double *att = mean + 2 * cells, *centre = att + atts;
    double *offset = centre + 2 * atts, *by_cohort = offset + k * cells;
    cell_means(gt, design, y, mean, mean + cells);
    combine_means(gt, mean, estimate, 1);
    for (size_t a = 0; a < atts; a++)
        att[a] = att_of(e, &e->att[a], mean, centre + 2 * a);
    for (int j = 0; j < gt->terms.n; j++)
        fill_offsets(gt, j, mean, centre, offset + (size_t)j * cells);
    weigh_all_shares(gt, att, estimate, by_cohort);
    const jd_gt_influence_t influence = {y, mean, offset, by_cohort};
    int rc = JD_OK;
    if (sum)
        jd_gt_sum_influence(design, &influence, sum, jd_ctx_threads(ctx));
    else
        rc = jd_gt_vcov_by_moments(design, &influence, vcov, ctx);
    free(mean);
    return rc;
}

/* Shares of one cohort in one cluster. */
typedef struct {
    int32_t cluster, cohort;
    double share;
} stake_t;

/* Adds the influences of the shares to sum; rows of a unit that stand together count as one. */
static int add_shares(const jd_design_t *design, const double *by_cohort, double *sum,
                      jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    int32_t run = jd_gt_run(gt);
    size_t most = (size_t)(design->sample.n / run), n = 0;
    stake_t *stake;
    if (jd_make_unset(&stake, most, sizeof *stake, "influence functions", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t first = 0; first < design->sample.n; first += run) {
        int32_t cluster = design->clusters.code[first];
        int32_t cohort = jd_gt_cell(gt, first) / e->n_periods;
        if (e->cohort[cohort] == 0) continue;
        if (n == 0 || stake[n - 1].cluster != cluster || stake[n - 1].cohort != cohort)
            stake[n++] = (stake_t){cluster, cohort, 0};
        for (int64_t i = first; i < first + run; i++)
            stake[n - 1].share += jd_gt_share(gt, i);
    }
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) schedule(static)
    for (int k = 0; k < gt->terms.n; k++) {
        double *term = sum + (size_t)k * (size_t)design->clusters.n_groups;
        for (size_t i = 0; i < n; i++)
            term[stake[i].cluster] +=
                stake[i].share * by_cohort[k * e->n_cohorts + stake[i].cohort];
    }
    free(stake);
    return JD_OK;
}

/* The same of comparisons. */
static int infer_compared(const jd_design_t *design, const double *y, double *estimate, double *sum,
                          jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    const jd_gt_effects_t *e = &gt->effects;
    const jd_gt_comparisons_t *cs = &gt->comparisons;
    size_t n = (size_t)cs->arranged.n, atts = (size_t)e->n_atts;
    size_t ways = (size_t)cs->n_ways;
    size_t all = n + atts + ways + (size_t)gt->terms.n * (size_t)e->n_cohorts;
    double *sorted;
    if (jd_make_n(&sorted, all, sizeof *sorted, "influence functions", ctx))
        return JD_ERR_NO_MEMORY;
    double *att = sorted + n, *by_way = att + atts, *by_cohort = by_way + ways;
    jd_arranged_sort(&cs->arranged, y, sorted);
    int rc = jd_gt_compared(design, sorted, att, by_way, ctx);
    if (!rc) combine_effects(gt, att, estimate, 1);
    if (!rc) weigh_all_shares(gt, att, estimate, by_cohort);
    if (!rc) rc = jd_gt_compared_influence(design, sorted, by_way, sum, ctx);
    if (!rc) rc = add_shares(design, by_cohort, sum, ctx);
    free(sorted);
    return rc;
}

int jd_gt_infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_gt_t *gt = design->own;
    int rc = jd_influence_check(design, options, ctx);
    if (rc) return rc;
    const bool compared = gt->by == JD_GT_BY_COMPARISONS;
    if (gt->rows.lie != JD_GT_SINGLY && !compared && !jd_influence_draws(design, options) &&
        !options->keep_sums) {
        fit->facts = jd_influence_facts(design);
        return infer_means(design, y, fit->estimate, NULL, fit->vcov, ctx);
    }
    size_t all = (size_t)gt->terms.n * (size_t)design->clusters.n_groups;
    double *sum;
    if (jd_make_n(&sum, all, sizeof *sum, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    rc = compared ? infer_compared(design, y, fit->estimate, sum, ctx)
                  : infer_means(design, y, fit->estimate, sum, NULL, ctx);
    if (!rc) rc = jd_influence_infer(design, sum, options, fit, ctx);
    free(sum);
    return rc;
}
