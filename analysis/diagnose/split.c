/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "did/design.h"

/* The outcomes L is applied to; the derived ones are columns of work. */
enum {
    Y1_OBS,
    Y1,
    Y0,
    TAU_POST,
    TAU_ANN,
    TAU_PRE,
    TAU_NEVER,
    TAU_OTHER,
    DIR_POST,
    DIR_ANN,
    SP,
    N_OUTCOMES
};
enum { N_DERIVED = N_OUTCOMES - TAU_POST };

static int check_input(const jd_design_t *design, const jd_split_input_t *input, jd_ctx_t *ctx)
{
    if (design->estimator->family != JD_CLASS_LINEAR)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s is not linear in the outcome: this split holds for linear estimators",
                       design->estimator->name);
    if (!input->y1_obs || !input->y1 || !input->y0 || !input->cell)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "the bias split needs y1_obs, y1, y0 and cell");
    for (int64_t i = 0; i < design->n_rows; i++)
        if (input->cell[i] < JD_CELL_POST || input->cell[i] > JD_CELL_OTHER)
            return jd_fail(ctx, JD_ERR_DATA, "row %" PRId64 ": cell kind = %d; it is 0 to 4", i + 1,
                           input->cell[i]);
    return JD_OK;
}

/* tau by kind of cell, and its direct and spillover halves; work [N_DERIVED][n], zeroed. */
static void derive(const jd_split_input_t *input, int64_t n, double *work)
{
    double *direct_post = work + (DIR_POST - TAU_POST) * n;
    double *direct_ann = work + (DIR_ANN - TAU_POST) * n, *sp = work + (SP - TAU_POST) * n;
    for (int64_t i = 0; i < n; i++) {
        int kind = input->cell[i];
        double tau = input->y1[i] - input->y0[i];
        work[kind * n + i] = tau; /* TAU_POST ... TAU_OTHER stand in the order of jd_cell_t */
        if (!input->direct) continue;
        double direct = kind <= JD_CELL_ANN ? input->direct[i] : 0;
        if (kind == JD_CELL_POST) direct_post[i] = direct;
        if (kind == JD_CELL_ANN) direct_ann[i] = direct;
        sp[i] = tau - direct;
    }
}

/* A weighted mean in the making. */
typedef struct {
    double sum, weight;
} mean_t;

static void add(mean_t *mean, const double *weight, int64_t row, double value)
{
    double w = weight ? weight[row] : 1.0;
    if (!(w > 0)) return;
    mean->sum += w * value;
    mean->weight += w;
}

static double value_of(mean_t mean, int is_lead)
{
    return is_lead ? 0 : mean.sum / mean.weight;
}

/* Targets of one term. Rows the estimator leaves out have no event time of their own: `event` is
 * over all rows, JD_NEVER where unknown. */
static void find_targets(const jd_design_t *design, const jd_term_t *term,
                         const jd_split_input_t *input, const int32_t *event,
                         const unsigned char *used, jd_split_t *split)
{
    mean_t att = {0}, theta = {0}, ade = {0};
    for (int64_t i = 0; i < design->n_rows; i++) {
        if (input->cell[i] != JD_CELL_POST) continue;
        if (term->kind == JD_TERM_EVENT &&
            (event[i] < term->event_first || event[i] > term->event_last))
            continue;
        double tau = input->y1[i] - input->y0[i];
        add(&att, input->weight, i, tau);
        if (!used[i]) continue;
        add(&theta, input->weight, i, tau);
        if (input->direct) add(&ade, input->weight, i, input->direct[i]);
    }
    int lead = term->kind == JD_TERM_EVENT && term->event_last < 0;
    split->att = value_of(att, lead);
    split->theta = value_of(theta, lead);
    split->ade = input->direct ? value_of(ade, lead) : (double)NAN;
}

/* Parts of one term out of L of all outcomes. */
static void fill_parts(const double *l, int has_direct, jd_split_t *split)
{
    split->estimate = l[Y1_OBS];
    split->measurement = l[Y1_OBS] - l[Y1];
    split->trends = l[Y0];
    split->weights = l[TAU_POST] - split->theta;
    split->target = split->theta - split->att;
    split->anticipation = l[TAU_ANN];
    split->spillover_pre = l[TAU_PRE];
    split->spillover_never = l[TAU_NEVER];
    split->spillover_other = l[TAU_OTHER];
    const double parts[] = {split->measurement,     split->trends,         split->weights,
                            split->target,          split->anticipation,   split->spillover_pre,
                            split->spillover_never, split->spillover_other};
    double sum = 0;
    split->scale = fabs(l[Y1]);
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        sum += parts[p];
        split->scale += fabs(parts[p]);
    }
    split->residual = split->estimate - split->att - sum;
    double none = (double)NAN;
    split->ade_weights = has_direct ? l[DIR_POST] - split->ade : none;
    split->ade_anticipation = has_direct ? l[DIR_ANN] : none;
    split->ade_spillover = has_direct ? l[SP] : none;
    split->ade_residual =
        l[Y1] - split->ade -
        (l[Y0] + split->ade_weights + split->ade_anticipation + split->ade_spillover);
}

/* Event time and use of every row of the panel, from the design's sample. */
static void spread_sample(const jd_design_t *design, int32_t *event, unsigned char *used)
{
    for (int64_t i = 0; i < design->n_rows; i++)
        event[i] = JD_NEVER;
    memset(used, 0, (size_t)design->n_rows);
    for (int64_t i = 0; i < design->sample.n; i++) {
        event[design->sample.row[i]] = design->event_time[i];
        used[design->sample.row[i]] = 1;
    }
}

int jd_split_bias(const jd_design_t *design, const jd_split_input_t *input, jd_split_t *split,
                  int *n_split, jd_ctx_t *ctx)
{
    *n_split = 0;
    int rc = check_input(design, input, ctx);
    if (rc != JD_OK) return rc;
    int64_t n = design->n_rows;
    int n_terms = design->facts.n_terms, n_y = input->direct ? N_OUTCOMES : DIR_POST;
    size_t rows = (size_t)n, bytes = rows * N_DERIVED * sizeof(double);
    double *work = calloc(rows * N_DERIVED, sizeof *work);
    double *l = calloc((size_t)n_terms * N_OUTCOMES, sizeof *l);
    int32_t *event = malloc(rows * sizeof *event);
    unsigned char *used = malloc(rows);
    if (!work || !l || !event || !used) {
        rc = jd_fail_memory(ctx, bytes, "the bias split");
        goto out;
    }
    derive(input, n, work);
    spread_sample(design, event, used);
    const double *y[N_OUTCOMES] = {input->y1_obs, input->y1, input->y0};
    for (int j = TAU_POST; j < N_OUTCOMES; j++)
        y[j] = work + (size_t)(j - TAU_POST) * rows;
    rc = jd_design_estimate(design, y, n_y, l, ctx);
    if (rc != JD_OK) goto out;
    for (int k = 0; k < n_terms && design->terms[k].kind < JD_TERM_OTHER; k++) {
        memset(&split[k], 0, sizeof split[k]);
        find_targets(design, &design->terms[k], input, event, used, &split[k]);
        fill_parts(l + k * n_y, input->direct != NULL, &split[k]);
        *n_split = k + 1;
    }
out:
    free(work);
    free(l);
    free(event);
    free(used);
    return rc;
}
