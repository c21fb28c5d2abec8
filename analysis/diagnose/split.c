/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/split.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/design.h"
#include "linear/sums.h"

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
    N_OUTCOMES,
    FROZEN_Y0 = N_OUTCOMES, /* Y0 with the weights of Y1 */
    N_VALUES
};
enum { N_DERIVED = N_OUTCOMES - TAU_POST };

static int check_input(const jd_design_t *design, const jd_split_input_t *input, jd_ctx_t *ctx)
{
    if (design->estimator->target == JD_TARGET_PER_DOSE && !input->dose)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s estimates an effect per dose: its bias split needs the dose",
                       design->estimator->name);
    if (!input->y1_obs || !input->y1 || !input->y0 || !input->cell)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "the bias split needs y1_obs, y1, y0 and cell");
    for (int64_t i = 0; i < design->n_rows; i++)
        if (input->cell[i] < JD_CELL_POST || input->cell[i] > JD_CELL_OTHER)
            return jd_fail(ctx, JD_ERR_DATA, "row %s: cell kind = %d; it is 0 to 4",
                           JD_ROW_NAME(ctx, i + 1), input->cell[i]);
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

/* A target in the making: effects over what they are held against. */
typedef struct {
    double effect, base;
} ratio_t;

static void add(ratio_t *ratio, double weight, double effect, double base)
{
    ratio->effect += weight * effect;
    ratio->base += weight * base;
}

static double value_of(const jd_design_t *design, ratio_t ratio, int is_lead)
{
    double value = ratio.effect / ratio.base;
    if (is_lead) return 0;
    return design->estimator->target == JD_TARGET_LOG_RATIO ? log1p(value) : value;
}

/* What an effect in a cell is held against; `without` = its outcome without the effect. */
static double base_of(const jd_design_t *design, const jd_split_input_t *input, int64_t row,
                      double without)
{
    jd_target_t target = design->estimator->target;
    return target == JD_TARGET_MEAN ? 1 : target == JD_TARGET_PER_DOSE ? input->dose[row] : without;
}

/* Targets of one term. Rows the estimator leaves out have no event time of their own: `event` is
 * over all rows, JD_NEVER where unknown. */
static void find_targets(const jd_design_t *design, const jd_term_t *term,
                         const jd_split_input_t *input, const int32_t *event,
                         const unsigned char *used, jd_split_t *split)
{
    ratio_t att = {0}, theta = {0}, ade = {0};
    for (int64_t i = 0; i < design->n_rows; i++) {
        double w = input->weight ? input->weight[i] : 1, y1 = input->y1[i], y0 = input->y0[i];
        if (input->cell[i] != JD_CELL_POST || !(w > 0)) continue;
        if (term->kind == JD_TERM_EVENT &&
            (event[i] < term->event_first || event[i] > term->event_last))
            continue;
        double base = base_of(design, input, i, y0);
        add(&att, w, y1 - y0, base);
        if (!used[i]) continue;
        add(&theta, w, y1 - y0, base);
        if (!input->direct) continue;
        add(&ade, w, input->direct[i], base_of(design, input, i, y1 - input->direct[i]));
    }
    int lead = term->kind == JD_TERM_EVENT && term->event_last < 0;
    split->att = value_of(design, att, lead);
    split->theta = value_of(design, theta, lead);
    split->ade = input->direct ? value_of(design, ade, lead) : (double)NAN;
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
    split->response = l[FROZEN_Y0] - l[Y0];
    const double parts[] = {split->measurement,     split->trends,          split->weights,
                            split->target,          split->anticipation,    split->spillover_pre,
                            split->spillover_never, split->spillover_other, split->response};
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
        (l[FROZEN_Y0] + split->ade_weights + split->ade_anticipation + split->ade_spillover);
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

/* Each class fills l [n_terms][N_VALUES] out of work: tau by kind, direct effects and the rest. */
typedef struct {
    const jd_design_t *design;
    const jd_split_input_t *input;
    const unsigned char *used;
    double *work; /* [N_DERIVED][n] */
    double *l;
} split_work_t;

static double *derived(const split_work_t *s, int outcome)
{
    return s->work + (size_t)(outcome - TAU_POST) * (size_t)s->design->n_rows;
}

/* Estimates of n_y outcomes into the first places of l. Kinds of cells there are none of leave
 * outcomes equal: each is estimated once. */
static int estimate_into(const split_work_t *s, const double *const *y, int n_y, jd_ctx_t *ctx)
{
    const double *other[N_OUTCOMES];
    int n_terms = s->design->facts.n_terms, n = 0, at[N_OUTCOMES];
    for (int j = 0; j < n_y; j++) {
        for (at[j] = 0; at[j] < n; at[j]++)
            if (memcmp(y[j], other[at[j]], (size_t)s->design->n_rows * sizeof *y[j]) == 0) break;
        if (at[j] == n) other[n++] = y[j];
    }
    double *value;
    const size_t n_values = (size_t)n_terms * (size_t)n;
    if (jd_make_unset(&value, n_values, sizeof *value, "the bias split", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = jd_design_estimate(s->design, other, n, value, ctx);
    for (int k = 0; !rc && k < n_terms; k++)
        for (int j = 0; j < n_y; j++)
            s->l[k * N_VALUES + j] = value[k * n + at[j]];
    free(value);
    return rc;
}

static int apply_linear(const split_work_t *s, int n_y, jd_ctx_t *ctx)
{
    const double *y[N_OUTCOMES] = {s->input->y1_obs, s->input->y1, s->input->y0};
    for (int j = TAU_POST; j < n_y; j++)
        y[j] = derived(s, j);
    int rc = estimate_into(s, y, n_y, ctx);
    for (int k = 0; k < s->design->facts.n_terms; k++)
        s->l[k * N_VALUES + FROZEN_Y0] = s->l[k * N_VALUES + Y0];
    return rc;
}

static int apply_frozen(const split_work_t *s, int n_y, jd_ctx_t *ctx)
{
    const double *y[] = {s->input->y1_obs, s->input->y1, s->input->y0};
    size_t n = (size_t)s->design->n_rows, n_terms = (size_t)s->design->facts.n_terms;
    double *w;
    if (jd_make_unset(&w, (n_terms + 1) * n, sizeof *w, "frozen weights", ctx))
        return JD_ERR_NO_MEMORY;
    double *column = w + n_terms * n;
    int rc = estimate_into(s, y, TAU_POST, ctx);
    if (!rc) rc = jd_design_freeze(s->design, s->input->y1, w, ctx);
    for (int j = TAU_POST; !rc && j <= FROZEN_Y0; j++) {
        if (j >= n_y && j < FROZEN_Y0) continue;
        const double *from = j == FROZEN_Y0 ? s->input->y0 : derived(s, j);
        for (size_t i = 0; i < n; i++) /* rows left out may hold anything */
            column[i] = s->used[i] ? from[i] : 0;
        for (size_t k = 0; k < n_terms; k++)
            s->l[k * N_VALUES + (size_t)j] = jd_dot_exact(w + k * n, column, (int64_t)n);
    }
    free(w);
    return rc;
}

/* Outcomes on the way from Y0 to Y1, in place of what each step adds. */
static void cumulate(const split_work_t *s)
{
    const jd_split_input_t *in = s->input;
    for (int64_t i = 0; i < s->design->n_rows; i++) {
        for (int kind = JD_CELL_POST; kind <= JD_CELL_OTHER; kind++)
            derived(s, TAU_POST + kind)[i] = in->cell[i] <= kind ? in->y1[i] : in->y0[i];
        double post = in->y0[i] + derived(s, DIR_POST)[i];
        derived(s, DIR_ANN)[i] += post;
        derived(s, DIR_POST)[i] = post;
        derived(s, SP)[i] = in->y1[i];
    }
}

static int apply_telescoped(const split_work_t *s, int n_y, jd_ctx_t *ctx)
{
    cumulate(s);
    int rc = apply_linear(s, n_y, ctx);
    if (rc == JD_ERR_DATA && n_y > DIR_POST) { /* y0 + direct < 0, say: no split against the ADE */
        jd_warn(ctx, "no bias split against the direct effect: %s", ctx ? ctx->message : "");
        n_y = DIR_POST;
        rc = apply_linear(s, n_y, ctx);
    }
    for (int k = 0; !rc && k < s->design->facts.n_terms; k++) {
        double *l = s->l + (int64_t)k * N_VALUES;
        for (int j = n_y - 1; j >= TAU_POST; j--)
            l[j] -= j == TAU_POST || j == DIR_POST ? l[Y0] : l[j - 1];
        for (int j = n_y; j < N_OUTCOMES; j++)
            l[j] = (double)NAN;
    }
    return rc;
}

static int apply_class(const split_work_t *s, jd_ctx_t *ctx)
{
    int n_y = s->input->direct ? N_OUTCOMES : DIR_POST;
    switch (s->design->estimator->family) {
    case JD_CLASS_FROZEN:
        return apply_frozen(s, n_y, ctx);
    case JD_CLASS_NONLINEAR:
        return apply_telescoped(s, n_y, ctx);
    case JD_CLASS_LINEAR:
        break;
    }
    return apply_linear(s, n_y, ctx);
}

int jd_split_bias(const jd_design_t *design, const jd_split_input_t *input, jd_split_t *split,
                  int *n_split, jd_ctx_t *ctx)
{
    *n_split = 0;
    int rc = check_input(design, input, ctx);
    if (rc) return rc;
    int64_t n = design->n_rows;
    int n_terms = design->facts.n_terms;
    double *work = NULL, *l = NULL;
    int32_t *event = NULL;
    unsigned char *used = NULL;
    rc = jd_make(&work, n * N_DERIVED, sizeof *work, "the bias split", ctx);
    if (!rc) rc = jd_make(&l, (int64_t)n_terms * N_VALUES, sizeof *l, "the bias split", ctx);
    if (!rc) rc = jd_make(&event, n, sizeof *event, "the bias split", ctx);
    if (!rc) rc = jd_make_unset(&used, (size_t)n, 1, "the bias split", ctx);
    if (rc) goto out;
    derive(input, n, work);
    spread_sample(design, event, used);
    const split_work_t parts = {design, input, used, work, l};
    rc = apply_class(&parts, ctx);
    if (rc) goto out;
    for (int k = 0; k < n_terms && design->terms[k].kind < JD_TERM_OTHER; k++) {
        memset(&split[k], 0, sizeof split[k]);
        find_targets(design, &design->terms[k], input, event, used, &split[k]);
        fill_parts(l + (int64_t)k * N_VALUES, input->direct != NULL, &split[k]);
        *n_split = k + 1;
    }
out:
    free(work);
    free(l);
    free(event);
    free(used);
    return rc;
}
