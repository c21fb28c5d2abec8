/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coefficient is sum over rows of W_i y_i with W orthogonal to unit and period effects, so what
 * is left of effects Delta_i is the sum over treated rows of W_i Delta_i: the weights are twfe's
 * own. */
#include "jiedao/twfe_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "did/base/design.h"
#include "did/base/list.h"

/* A treated row. */
typedef struct {
    double ratio; /* w_gt: its weight over its share */
    double share; /* N_gt / N_1 */
    int32_t cohort, time;
} treated_t;

static int by_cell(const void *a, const void *b)
{
    const treated_t *x = a, *y = b;
    if (x->cohort != y->cohort) return x->cohort < y->cohort ? -1 : 1;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio); /* one order of sums whatever the rows' */
}

static int by_ratio_descending(const void *a, const void *b)
{
    const treated_t *x = a, *y = b;
    if (x->ratio != y->ratio) return x->ratio > y->ratio ? -1 : 1;
    return (x->share > y->share) - (x->share < y->share);
}

static void sum_signs(jd_twfe_weights_t *w, const treated_t *row, int64_t n)
{
    double square = 0;
    for (int64_t i = 0; i < n; i++) {
        double weight = row[i].ratio * row[i].share;
        w->n_positive += weight > 0;
        w->n_negative += weight < 0;
        *(weight < 0 ? &w->sum_negative : &w->sum_positive) += weight;
        square += row[i].share * (row[i].ratio - 1) * (row[i].ratio - 1);
    }
    /* Weights that differ by rounding alone (ratios are 1 on average): no spread of effects makes
     * the estimate 0. */
    w->sigma_zero = square > 1e-20 ? fabs(w->estimate) / sqrt(square) : (double)NAN;
}

/* Corollary 1 (ii): rows from the smallest ratio up, with the tails' P, S, T; s is the first in
 * descending order with w < -S / (1 - P). */
static void find_opposite(jd_twfe_weights_t *w, treated_t *row, int64_t n)
{
    double p = 0, s = 0, t = 0;
    w->sigma_opposite = (double)NAN;
    if (w->n_negative == 0) return;
    qsort(row, (size_t)n, sizeof *row, by_ratio_descending);
    for (int64_t i = n - 1; i >= 0; i--) {
        p += row[i].share;
        s += row[i].share * row[i].ratio;
        t += row[i].share * row[i].ratio * row[i].ratio;
        if (1 - p <= 0 || row[i].ratio >= -s / (1 - p)) break;
        w->sigma_opposite = fabs(w->estimate) / sqrt(t + s * s / (1 - p));
    }
}

static int fill_cells(jd_twfe_weights_t *w, treated_t *row, int64_t n, jd_ctx_t *ctx)
{
    qsort(row, (size_t)n, sizeof *row, by_cell);
    for (int pass = 0; pass < 2; pass++) {
        int k = -1;
        for (int64_t i = 0; i < n; i++) {
            if (i == 0 || row[i].cohort != row[i - 1].cohort || row[i].time != row[i - 1].time) k++;
            if (pass == 0) continue;
            w->cell[k].cohort = row[i].cohort;
            w->cell[k].time = row[i].time;
            w->cell[k].n_rows++;
            w->cell[k].weight += row[i].ratio * row[i].share;
        }
        w->n_cells = k + 1;
        if (pass == 1) break;
        if (jd_make_n(&w->cell, (size_t)w->n_cells, sizeof *w->cell, "weights by cell", ctx))
            return JD_ERR_NO_MEMORY;
    }
    return JD_OK;
}

/* The design's treated rows; cohorts 0 throughout where treatment does not last. Returns how many.
 */
static int64_t list_treated(const jd_design_t *design, const jd_panel_t *panel,
                            const double *on_rows, const int32_t *cohort, treated_t *row)
{
    int64_t n = 0;
    double total = 0;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int32_t at = design->sample.row[i];
        if (design->event_time[i] < 0) continue; /* never too */
        row[n].share = design->weight ? design->weight[i] : 1;
        row[n].ratio = on_rows[at] / row[n].share;
        row[n].cohort = cohort[at];
        row[n].time = panel->time[at];
        total += row[n++].share;
    }
    for (int64_t i = 0; i < n; i++) {
        row[i].ratio *= total;
        row[i].share /= total;
    }
    return n;
}

static int describe(jd_twfe_weights_t *w, const jd_design_t *design, const jd_panel_t *panel,
                    const double *y, jd_ctx_t *ctx)
{
    size_t n = (size_t)panel->n;
    jd_ctx_t inner = jd_ctx_inner(ctx);
    double *on_rows = NULL;
    int32_t *cohort = NULL;
    treated_t *row = NULL;
    int rc = jd_make_unset(&on_rows, n, sizeof *on_rows, "the weights", ctx);
    if (!rc) rc = jd_make_unset(&cohort, n, sizeof *cohort, "the weights", ctx);
    if (!rc) rc = jd_make_unset(&row, n, sizeof *row, "the weights", ctx);
    if (rc) goto out;
    rc = jd_panel_cohorts(panel, cohort, &inner);
    if (rc == JD_ERR_DATA) memset(cohort, 0, n * sizeof *cohort);
    rc = rc == JD_ERR_DATA ? JD_OK : rc;
    if (!rc) rc = jd_design_estimate(design, &y, 1, on_rows, ctx); /* [n_terms] <= rows */
    if (rc) goto out;
    w->estimate = on_rows[0];
    jd_design_weights(design, 0, on_rows);
    int64_t n_treated = list_treated(design, panel, on_rows, cohort, row);
    rc = jd_check_cancelled(ctx);
    if (!rc) rc = fill_cells(w, row, n_treated, ctx);
    if (!rc) rc = jd_check_cancelled(ctx);
    if (rc) goto out;
    sum_signs(w, row, n_treated);
    find_opposite(w, row, n_treated);
out:
    free(on_rows);
    free(cohort);
    free(row);
    return rc;
}

int jd_twfe_weights_find(jd_twfe_weights_t *weights, const jd_panel_t *panel, const double *y,
                         const jd_did_options_t *options, jd_ctx_t *ctx)
{
    memset(weights, 0, sizeof *weights);
    jd_design_t *design = NULL;
    int rc = jd_design_prepare(&design, &jd_estimator_twfe, panel, options, ctx);
    if (!rc) rc = describe(weights, design, panel, y, ctx);
    jd_design_free(design);
    if (rc) jd_twfe_weights_free(weights);
    return rc;
}

void jd_twfe_weights_free(jd_twfe_weights_t *weights)
{
    if (!weights) return;
    free(weights->cell);
    memset(weights, 0, sizeof *weights);
}

/* ---- Lines ---- */

static int add_cell(const jd_diagnosis_t *d, int32_t cohort, int32_t time, double weight,
                    jd_ctx_t *ctx)
{
    char term[96];
    snprintf(term, sizeof term, "g=%s,t=%s", cohort ? JD_PERIOD_NAME(ctx, cohort) : "any",
             JD_PERIOD_NAME(ctx, time));
    const jd_diagnosis_line_t line = {
        .quantity = "weight", .term = term, .number = jd_diagnosis_bare(weight), .detail = true};
    return d->add(d->user, &line, ctx);
}

static int add_all(const jd_diagnosis_t *d, const jd_twfe_weights_t *w, jd_ctx_t *ctx)
{
    const struct {
        const char *quantity;
        double value;
        bool of_outcome;
    } lines[] = {{"estimate", w->estimate, true},
                 {"n_positive", (double)w->n_positive, false},
                 {"n_negative", (double)w->n_negative, false},
                 {"sum_positive", w->sum_positive, false},
                 {"sum_negative", w->sum_negative, false},
                 {"sigma_zero", w->sigma_zero, true},
                 {"sigma_opposite", w->sigma_opposite, true}};
    int rc = JD_OK;
    for (size_t i = 0; i < sizeof lines / sizeof *lines && !rc; i++)
        if (!isnan(lines[i].value))
            rc = jd_diagnosis_add(d, lines[i].quantity, "", jd_diagnosis_bare(lines[i].value),
                                  lines[i].of_outcome, ctx);
    for (int i = 0; i < w->n_cells && !rc; i++)
        rc = add_cell(d, w->cell[i].cohort, w->cell[i].time, w->cell[i].weight, ctx);
    return rc;
}

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    jd_twfe_weights_t weights = {0};
    jd_did_options_t options;
    jd_did_defaults(&options);
    int rc = jd_twfe_weights_find(&weights, d->panel, d->y, &options, ctx);
    if (!rc) rc = add_all(d, &weights, ctx);
    jd_twfe_weights_free(&weights);
    return rc;
}

const jd_diagnostic_t jd_diagnostic_twfe_weights = {
    .name = "twfe_weights",
    .label = "weights of the two-way coefficient on effects",
    .synonyms = "twowayfeweights",
    .run = diagnose,
};
