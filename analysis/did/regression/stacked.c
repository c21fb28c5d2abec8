/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacked difference in differences (Wing, Freedman, Hollingsworth 2024, Stacked difference-in-
 * differences, NBER 32054): every cohort with clean controls is a sub-experiment over event times
 * -kappa_pre ... kappa_post, all are stacked, and one regression is run on the stack,
 *
 *      y = b_0 D + sum over e of lambda_e + sum over e != -1 of beta_e 1{e} D + u        (eq. 4)
 *
 * treated rows weighing 1, controls (N^D_a / N^D) / (N^C_a / N^C) (eq. 5), which makes beta_e the
 * mean of the sub-experiments' effects by their numbers of treated: the trimmed aggregate ATT. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/contrast.h"
#include "did/base/row_weights.h"

/* The stack: rows of the sample, each as often as sub-experiments use it. */
typedef struct {
    int64_t n;
    int32_t *row;   /* [n] of the sample */
    int32_t *side;  /* [n] 1 treated, 0 control */
    int32_t *event; /* [n] event time */
    int32_t *code;  /* [n] which dummy, -1 = none */
    double *weight; /* [n] */
    jd_groups_t clusters;
    jd_effects_t *effects;
    jd_regression_t regression;
    double *contrast;  /* [n_terms][n_kept] */
    double *on_rows;   /* [n_terms][rows of the sample] weights on outcomes */
    int32_t pre, post; /* kappa */
    int32_t delay;     /* as in the timing */
} stack_t;

/* The sample by periods as they appear, and each row's adoption among these. */
typedef struct {
    int64_t n;
    int32_t n_periods;
    int32_t *time;       /* [n] */
    int32_t *first;      /* [n] first treated period, n_periods = never here */
    unsigned char *has;  /* [n_periods] a cohort adopts here */
    unsigned char *keep; /* [n_periods] and is a sub-experiment */
    double *mass[2];     /* control, treated: [n_periods][window] */
    int32_t delay;       /* of the first period seen after adoption: jd_delay_add() */
    int not_yet, never;  /* controls; whether there is a never-treated row */
} timing_t;

static void release(jd_design_t *design)
{
    stack_t *s = design->own;
    free(s->row);
    free(s->side);
    free(s->event);
    free(s->code);
    free(s->weight);
    free(s->contrast);
    free(s->on_rows);
    jd_groups_free(&s->clusters);
    jd_effects_free(s->effects);
    jd_regression_free(&s->regression);
    free(s);
}

static void timing_free(timing_t *t)
{
    free(t->time);
    free(t->first);
    free(t->has);
    free(t->keep);
    free(t->mass[0]);
    free(t->mass[1]);
}

static int timing_make(timing_t *t, jd_design_t *design, const jd_frame_t *frame, jd_ctx_t *ctx)
{
    jd_groups_t periods = {0};
    int rc = jd_groups_make(&periods, frame->time, frame->n, ctx);
    if (rc) return rc;
    size_t n = (size_t)frame->n, p = (size_t)periods.n_groups;
    t->n = frame->n;
    t->n_periods = periods.n_groups;
    rc = jd_make_n(&t->time, n, sizeof *t->time, "adoption dates", ctx);
    if (!rc) rc = jd_make_n(&t->first, n, sizeof *t->first, "adoption dates", ctx);
    if (!rc) rc = jd_make_n(&t->has, p + 1, 1, "adoption dates", ctx);
    if (!rc) rc = jd_make_n(&t->keep, p + 1, 1, "adoption dates", ctx);
    int32_t delay = -1;
    int differ = 0;
    for (int64_t i = 0; !rc && i < t->n; i++) {
        int32_t first = frame->cohort[i] == 0 ? t->n_periods : 0;
        while (first < t->n_periods && periods.value[first] < frame->cohort[i])
            first++;
        t->time[i] = periods.code[i];
        t->first[i] = first;
        t->has[first] = 1;
        t->never |= first == t->n_periods;
        design->event_time[i] = first < t->n_periods ? t->time[i] - first : JD_NEVER;
        if (first == t->n_periods) continue;
        int32_t before = delay;
        jd_delay_add(&delay, periods.value[first], frame->cohort[i]);
        differ |= before != -1 && before != delay;
    }
    if (!rc && differ) jd_report_gaps("stacked", ctx);
    t->delay = differ || delay < 0 ? 0 : delay;
    for (int64_t i = 0; !rc && t->delay > 0 && i < t->n; i++)
        if (design->event_time[i] != JD_NEVER)
            design->event_time[i] = jd_delayed(t->delay, design->event_time[i]);
    jd_groups_free(&periods);
    return rc;
}

/* Whether adopters in `first` are clean controls of cohort a. */
static int is_clean(const timing_t *t, const stack_t *s, int32_t first, int32_t a)
{
    return first == t->n_periods || (t->not_yet && first > a + s->post);
}

/* The window requested, or the widest that leaves out no cohort that could have controls. */
static int choose_window(stack_t *s, const timing_t *t, const jd_did_options_t *options,
                         jd_ctx_t *ctx)
{
    int32_t last = t->n_periods - 1, pre = t->n_periods, post = t->n_periods;
    while (!t->never && last > 0 && !t->has[last])
        last--;
    for (int32_t a = 1; a < t->n_periods; a++) {
        if (!t->has[a] || (!t->never && a == last)) continue;
        if (a < pre) pre = a;
        if (t->n_periods - 1 - a < post) post = t->n_periods - 1 - a;
    }
    if (options->event_first != INT32_MIN) pre = -options->event_first;
    if (options->event_last != INT32_MAX) post = options->event_last - t->delay;
    if (pre < 1 || post < 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "stacked: event times %d to %d are requested; the window holds at least -1 "
                       "and 0",
                       -pre, post);
    s->delay = t->delay;
    s->pre = pre < t->n_periods ? pre : t->n_periods;
    s->post = post < t->n_periods ? post : t->n_periods;
    return JD_OK;
}

/* Weights of treated and controls by cohort and event time. */
static int fill_masses(timing_t *t, const stack_t *s, const jd_design_t *design, jd_ctx_t *ctx)
{
    size_t window = (size_t)s->pre + (size_t)s->post + 1, cells = (size_t)t->n_periods * window;
    for (int side = 0; side < 2; side++) {
        if (jd_make_n(&t->mass[side], cells, sizeof *t->mass[side], "sub-experiments", ctx))
            return JD_ERR_NO_MEMORY;
    }
    for (int64_t i = 0; i < t->n; i++)
        for (int32_t a = 1; a < t->n_periods; a++) {
            int32_t e = t->time[i] - a;
            int own = t->first[i] == a;
            if (!t->has[a] || e < -s->pre || e > s->post) continue;
            if (own || is_clean(t, s, t->first[i], a))
                t->mass[own][(size_t)a * window + (size_t)(e + s->pre)] +=
                    design->weight ? design->weight[i] : 1;
        }
    return JD_OK;
}

/* Sub-experiments: the whole window lies in the data, and wherever there are treated, controls. */
static int choose_cohorts(timing_t *t, const stack_t *s, jd_ctx_t *ctx)
{
    size_t window = (size_t)s->pre + (size_t)s->post + 1;
    int kept = 0, left = 0;
    for (int32_t a = 1; a < t->n_periods; a++) {
        if (!t->has[a]) continue;
        int good = a >= s->pre && a + s->post < t->n_periods, base = 0, after = 0;
        for (size_t e = 0; good && e < window; e++) {
            const double treated = t->mass[1][(size_t)a * window + e];
            if (treated > 0 && t->mass[0][(size_t)a * window + e] <= 0) good = 0;
            base |= treated > 0 && e + 1 == (size_t)s->pre;
            after |= treated > 0 && e >= (size_t)s->pre;
        }
        t->keep[a] = (unsigned char)(good && base && after);
        kept += t->keep[a];
        left += !t->keep[a];
    }
    if (kept == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "stacked: no cohort is seen over event times %d to %d with clean controls "
                       "(untreated all that time); request a narrower window, or take the not yet "
                       "treated as controls too",
                       -s->pre, s->post);
    if (left > 0)
        jd_warn(ctx,
                "stacked: %d of %d cohorts are left out: not seen over event times %d to %d, or "
                "without clean controls there",
                left, kept + left, -s->pre, s->post);
    return JD_OK;
}

/* One row of the stack, or 0 if the row has no place in cohort a's sub-experiment. */
static double stack_weight(const timing_t *t, const stack_t *s, const double *total, int64_t i,
                           int32_t a, double own_weight)
{
    size_t window = (size_t)s->pre + (size_t)s->post + 1;
    int32_t e = t->time[i] - a;
    if (!t->keep[a] || e < -s->pre || e > s->post) return 0;
    size_t at = (size_t)((int64_t)e + s->pre);
    if (t->first[i] == a) return own_weight;
    if (!is_clean(t, s, t->first[i], a)) return 0;
    double share = t->mass[1][(size_t)a * window + at] / total[window + at];
    return share > 0 ? own_weight * share / (t->mass[0][(size_t)a * window + at] / total[at]) : 0;
}

static void fill_totals(const timing_t *t, const stack_t *s, double *total)
{
    size_t window = (size_t)s->pre + (size_t)s->post + 1;
    for (int32_t a = 1; a < t->n_periods; a++)
        for (size_t e = 0; t->keep[a] && e < window; e++)
            for (size_t side = 0; side < 2; side++)
                total[side * window + e] += t->mass[side][(size_t)a * window + e];
}

static int allocate_rows(stack_t *s, jd_ctx_t *ctx)
{
    size_t n = (size_t)s->n;
    if (s->n > INT32_MAX)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "stacked: the stack has %" PRId64
                       " rows, at most %d are possible; request a "
                       "narrower window",
                       s->n, INT32_MAX);
    int rc = jd_make_n(&s->row, n, sizeof *s->row, "the stack", ctx);
    if (!rc) rc = jd_make_n(&s->side, n, sizeof *s->side, "the stack", ctx);
    if (!rc) rc = jd_make_n(&s->event, n, sizeof *s->event, "the stack", ctx);
    if (!rc) rc = jd_make_n(&s->code, n, sizeof *s->code, "the stack", ctx);
    if (!rc) rc = jd_make_n(&s->weight, n, sizeof *s->weight, "the stack", ctx);
    if (rc) return rc;
    return JD_OK;
}

/* Counts the stack's rows, then fills them. */
static int fill_stack(stack_t *s, const timing_t *t, const jd_design_t *design, jd_ctx_t *ctx)
{
    size_t window = (size_t)s->pre + (size_t)s->post + 1;
    double *total;
    if (jd_make_n(&total, 2 * window, sizeof *total, "sub-experiments", ctx))
        return JD_ERR_NO_MEMORY;
    fill_totals(t, s, total);
    int rc = JD_OK;
    for (int pass = 0; !rc && pass < 2; pass++) {
        int64_t n = 0;
        for (int32_t a = 1; !rc && a < t->n_periods; a++) {
            if (t->keep[a]) rc = jd_check_cancelled(ctx);
            for (int64_t i = 0; !rc && t->keep[a] && i < t->n; i++) {
                double w = stack_weight(t, s, total, i, a, design->weight ? design->weight[i] : 1);
                if (!(w > 0)) continue;
                if (pass == 1) {
                    int32_t e = t->time[i] - a;
                    s->row[n] = (int32_t)i;
                    s->side[n] = t->first[i] == a;
                    s->event[n] = e;
                    s->code[n] = s->side[n] && e != -1 ? e + s->pre - (e > -1) : -1;
                    s->weight[n] = w;
                }
                n++;
            }
        }
        s->n = n;
        if (!rc && pass == 0) rc = allocate_rows(s, ctx);
    }
    free(total);
    return rc;
}

static int regress(stack_t *s, const jd_design_t *design, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const int32_t *const effects[] = {s->side, s->event};
    int n_dummies = s->pre + s->post, n_x = n_dummies + panel->n_x;
    jd_regression_t *r = &s->regression;
    int rc = jd_effects_make(&s->effects, s->n, 2, effects, s->weight, JD_SOLVER_AUTO, ctx);
    if (rc) return rc;
    if (panel->n_x == 0) {
        rc = jd_regression_init_dummies(r, s->effects, s->n, n_dummies, s->code, s->weight, ctx);
    } else {
        rc = jd_regression_init(r, s->effects, s->n, n_x, s->weight, ctx);
        for (int64_t i = 0; !rc && i < s->n; i++) {
            if (s->code[i] >= 0) r->columns[(int64_t)s->code[i] * s->n + i] = 1;
            for (int k = 0; k < panel->n_x; k++)
                r->columns[(int64_t)(n_dummies + k) * s->n + i] =
                    panel->x[k][design->sample.row[s->row[i]]];
        }
    }
    return rc ? rc : jd_regression_factor(r, ctx);
}

/* "att", the mean of the effects from 0 on; the effects; covariates' coefficients. */
static int make_terms(jd_design_t *design, stack_t *s, const jd_panel_t *panel, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &s->regression;
    int n_dummies = s->pre + s->post, n = 1 + r->n_kept, post = 0;
    int rc = jd_make(&design->terms, n, sizeof *design->terms, "terms", ctx);
    if (!rc)
        rc = jd_make_n(&s->contrast, (size_t)n * (size_t)r->n_kept, sizeof *s->contrast, "terms",
                       ctx);
    if (rc) return rc;
    design->facts.n_terms = n;
    design->terms[0] = jd_term_overall("att");
    for (int k = 0; k < r->n_kept; k++) {
        int j = r->kept[k], e = j - s->pre + (j >= s->pre - 1);
        s->contrast[(k + 1) * r->n_kept + k] = 1;
        design->terms[k + 1] = j < n_dummies ? jd_term_event(jd_delayed(s->delay, e))
                                             : jd_term_other(panel->x_name[j - n_dummies]);
        if (j < n_dummies && e >= 0) {
            s->contrast[k] = 1;
            post++;
        }
    }
    for (int k = 0; k < r->n_kept; k++)
        s->contrast[k] /= post;
    return JD_OK;
}

static int fill_weights(const jd_design_t *design, stack_t *s, jd_ctx_t *ctx)
{
    size_t n = (size_t)design->sample.n, terms = (size_t)design->facts.n_terms;
    double *own;
    int rc = jd_make(&own, s->n, sizeof *own, "weights on outcomes", ctx);
    if (!rc) rc = jd_make_n(&s->on_rows, terms * n, sizeof *s->on_rows, "weights on outcomes", ctx);
    if (rc) {
        free(own);
        return rc;
    }
    for (size_t k = 0; !rc && k < terms; k++) {
        rc = jd_check_cancelled(ctx);
        jd_regression_combine(&s->regression, s->contrast + k * (size_t)s->regression.n_kept, own);
        for (int64_t i = 0; i < s->n; i++)
            s->on_rows[k * n + (size_t)s->row[i]] += own[i];
    }
    free(own);
    return rc;
}

static int keep_clusters(const jd_design_t *design, stack_t *s, jd_ctx_t *ctx)
{
    int32_t *code;
    if (jd_make_unset(&code, (size_t)s->n, sizeof *code, "clusters", ctx)) return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < s->n; i++)
        code[i] = design->clusters.code[s->row[i]];
    int rc = jd_groups_make(&s->clusters, code, s->n, ctx);
    free(code);
    return rc;
}

static int fill(jd_design_t *design, const jd_panel_t *panel, const jd_frame_t *frame,
                const jd_did_options_t *options, jd_ctx_t *ctx)
{
    timing_t t = {.not_yet = options->control == JD_CONTROL_NOT_YET};
    stack_t *s;
    if (jd_make_n(&s, 1, sizeof *s, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = s;
    int rc = timing_make(&t, design, frame, ctx);
    if (!rc) rc = choose_window(s, &t, options, ctx);
    if (!rc) rc = fill_masses(&t, s, design, ctx);
    if (!rc) rc = choose_cohorts(&t, s, ctx);
    if (!rc) rc = fill_stack(s, &t, design, ctx);
    timing_free(&t);
    if (!rc) rc = keep_clusters(design, s, ctx);
    if (!rc) rc = regress(s, design, panel, ctx);
    if (!rc) rc = make_terms(design, s, panel, ctx);
    if (!rc) rc = fill_weights(design, s, ctx);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    jd_frame_t frame = {0};
    const jd_frame_needs_t needs = {.cohort = 1};
    int rc = jd_design_frame_make(&frame, design, panel, options, needs, ctx);
    if (!rc) rc = fill(design, panel, &frame, options, ctx);
    jd_design_frame_free(&frame);
    return rc;
}

static int estimate(const jd_design_t *design, const double *const *y, int n_y, double *out,
                    jd_ctx_t *ctx)
{
    const stack_t *s = design->own;
    jd_row_weights_estimate(design, s->on_rows, y, n_y, out, ctx);
    return JD_OK;
}

static void weights(const jd_design_t *design, int term, double *w)
{
    const stack_t *s = design->own;
    jd_row_weights_place(design, s->on_rows, term, w);
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const stack_t *s = design->own;
    size_t n = (size_t)s->n, k = (size_t)s->regression.n_kept;
    size_t all = 2 * n + k * (1 + k + (size_t)fit->n_terms);
    double *own;
    if (jd_make_unset(&own, all, sizeof *own, "residuals", ctx)) return JD_ERR_NO_MEMORY;
    double *residual = own + n, *beta = residual + n, *vcov = beta + k, *half = vcov + k * k;
    for (size_t i = 0; i < n; i++)
        own[i] = y[s->row[i]];
    const double *column = own;
    const jd_vcov_rows_t rows = {
        .way = {&s->clusters}, .n_ways = 1, .contrast = s->contrast, .n_contrasts = fit->n_terms};
    jd_regression_estimate(&s->regression, &column, 1, beta, ctx);
    int rc = jd_regression_residuals(&s->regression, own, beta, residual, ctx);
    if (!rc)
        rc = jd_regression_vcov(&s->regression, residual, &rows, options, vcov, fit->df,
                                &fit->facts, ctx);
    if (!rc) jd_contrast_vcov(s->contrast, fit->n_terms, (int)k, vcov, half, fit->vcov);
    free(own);
    return rc;
}

static bool averages_events(const jd_did_options_t *options)
{
    (void)options;
    return true;
}

const jd_estimator_t jd_estimator_stacked = {
    .name = "stacked",
    .label = "Wing, Freedman and Hollingsworth, stacked with corrective weights",
    .short_label = "stacked",
    .synonyms = "stackdid,stackedev,wing",
    .uses = JD_USES_CONTROL | JD_USES_EVENT | JD_USES_CROSS_SECTIONS,
    .infers = JD_INFERS_SATTERTHWAITE | JD_INFERS_FACTORS,
    .counts_waves = true,
    .averages_events = averages_events,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
    .estimate = estimate,
    .weights = weights,
};
