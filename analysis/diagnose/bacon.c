/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goodman-Bacon's decomposition. In a balanced panel the 2x2 comparisons need only the mean outcome
 * of each cohort and period, and the weights only the cohorts' shares n and times treated D
 * (equations 10a-c; the squares of the subsamples' shares times the variance of treatment there).
 *
 * With covariates (section 5.2) all follows from d, what X, units and periods leave of treatment,
 * and its mean d_kt by cohort and period. beta = sum(d y) / sum(d^2), and d = (d - d_kt) + d_kt
 * splits it into a part within cohorts and one between. d_kt is free of unit and period effects,
 * so by Lagrange's identity the second is a mean over pairs k, l with weights
 * n_k n_l sum_t (d_kt - d_lt)^2 of the slope of y_kt - y_lt on d_kt - d_lt: the paper's 2x2 with
 * its two parts, treatment given X and the X themselves, already added up. */
#include "jiedao/bacon.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "jiedao/did.h"

/* Parts of a sum of squares below this are rounding. */
static const double nothing = 1e-20;

/* Cohorts by periods. Cohort value 0 is never; `from` is a cohort's first treated period's place.
 */
typedef struct {
    jd_groups_t cohorts, periods;
    double *mean;     /* [cohorts][periods] of y */
    double *residual; /* [cohorts][periods] of d; NULL without covariates */
    double *share;    /* [cohorts] of units */
    int *from;        /* [cohorts] periods before treatment; n_periods for never */
} table_t;

static void table_free(table_t *t)
{
    jd_groups_free(&t->cohorts);
    jd_groups_free(&t->periods);
    free(t->mean);
    free(t->residual);
    free(t->share);
    free(t->from);
}

static int check(const jd_panel_t *panel, const double *y, jd_ctx_t *ctx)
{
    int rc = jd_panel_check(panel, ctx);
    if (rc) return rc;
    if (panel->weight || panel->n_fixed > 0 || panel->n_slopes > 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "bacon: the decomposition is that of unit and period effects with equal "
                       "weights: leave out weights and further fixed effects");
    for (int64_t i = 0; i < panel->n; i++)
        if (!isfinite(y[i]))
            return jd_fail(ctx, JD_ERR_DATA, "bacon: row %s: outcome = %g; it must be finite",
                           JD_ROW_NAME(ctx, i + 1), y[i]);
    for (int k = 0; k < panel->n_x; k++)
        for (int64_t i = 0; i < panel->n; i++)
            if (!isfinite(panel->x[k][i]))
                return jd_fail(ctx, JD_ERR_DATA,
                               "bacon: row %s: covariate %d = %g; without the row the "
                               "panel would not be balanced: leave out the unit or the covariate",
                               JD_ROW_NAME(ctx, i + 1), k + 1, panel->x[k][i]);
    return JD_OK;
}

/* Each unit once in each period. */
static int check_balance(const jd_panel_t *panel, const jd_groups_t *periods, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int rc = jd_groups_make(&units, panel->unit, panel->n, ctx);
    if (rc) return rc;
    int64_t cells = (int64_t)units.n_groups * periods->n_groups, seen_cells = 0;
    unsigned char *seen = NULL;
    if (cells == panel->n) {
        rc = jd_make(&seen, cells, 1, "the check for a balanced panel", ctx);
        for (int64_t i = 0; !rc && i < panel->n; i++) {
            unsigned char *at =
                &seen[(int64_t)units.code[i] * periods->n_groups + periods->code[i]];
            seen_cells += !*at;
            *at = 1;
        }
    }
    if (!rc && seen_cells != cells)
        rc = jd_fail(ctx, JD_ERR_DATA,
                     "bacon: the panel is not balanced: %" PRId64
                     " rows for %d units in %d periods, "
                     "each of which must be there once; keep the units seen in every period",
                     panel->n, units.n_groups, periods->n_groups);
    free(seen);
    jd_groups_free(&units);
    return rc;
}

static int table_make(table_t *t, const jd_panel_t *panel, const double *y, jd_ctx_t *ctx)
{
    size_t bytes = (size_t)panel->n * sizeof(int32_t);
    int32_t *cohort;
    if (jd_make_unset(&cohort, bytes, 1, "cohorts", ctx)) return JD_ERR_NO_MEMORY;
    int rc = jd_panel_cohorts(panel, cohort, ctx);
    if (!rc) rc = jd_groups_make(&t->periods, panel->time, panel->n, ctx);
    if (!rc) rc = check_balance(panel, &t->periods, ctx);
    if (rc) goto out;
    int n_periods = t->periods.n_groups;
    for (int64_t i = 0; i < panel->n; i++)
        if (cohort[i] > t->periods.value[n_periods - 1]) cohort[i] = 0;
    rc = jd_groups_make(&t->cohorts, cohort, panel->n, ctx);
    if (rc) goto out;
    size_t n_cohorts = (size_t)t->cohorts.n_groups, cells = n_cohorts * (size_t)n_periods;
    rc = jd_make_n(&t->mean, cells, sizeof *t->mean, "means by cohort and period", ctx);
    if (!rc) rc = jd_make_n(&t->share, n_cohorts, sizeof *t->share, "cohorts", ctx);
    if (!rc) rc = jd_make_n(&t->from, n_cohorts, sizeof *t->from, "cohorts", ctx);
    if (rc) goto out;
    for (int64_t i = 0; i < panel->n; i++) {
        t->share[t->cohorts.code[i]] += 1.0 / (double)panel->n;
        t->mean[t->cohorts.code[i] * n_periods + t->periods.code[i]] += y[i];
    }
    for (size_t c = 0; c < n_cohorts; c++) {
        int32_t g = t->cohorts.value[c];
        for (int s = 0; s < n_periods; s++) {
            t->mean[c * (size_t)n_periods + (size_t)s] /=
                t->share[c] * (double)panel->n / n_periods;
            t->from[c] += g == 0 || t->periods.value[s] < g;
        }
    }
out:
    free(cohort);
    return rc;
}

static double mean_of(const table_t *t, int cohort, int from, int to)
{
    double sum = 0;
    for (int s = from; s < to; s++)
        sum += t->mean[cohort * t->periods.n_groups + s];
    return sum / (to - from);
}

/* Cohort a, adopting at place `turn`, against b, over periods [from, to), where b stays as it is.
 * Weight: (share of the subsample)^2 x variance of treatment in it, the total not yet divided. */
static jd_bacon_pair_t compare(const table_t *t, int a, int b, int from, int to)
{
    int turn = t->from[a];
    double before = turn - from, after = to - turn, all = t->periods.n_groups;
    jd_bacon_pair_t pair = {.treated = t->cohorts.value[a], .control = t->cohorts.value[b]};
    pair.estimate = mean_of(t, a, turn, to) - mean_of(t, a, from, turn) -
                    (mean_of(t, b, turn, to) - mean_of(t, b, from, turn));
    pair.weight = t->share[a] * t->share[b] * before * after / (all * all);
    return pair;
}

/* Without covariates, over the periods where `b` stays as it is. */
static int make_simple_pair(const table_t *t, int a, int b, jd_bacon_pair_t *pair)
{
    int last = t->periods.n_groups, turn = t->from[a], other = t->from[b];
    if (a == b || turn == 0 || turn == last) return 0;
    if (turn < other) {
        *pair = compare(t, a, b, 0, other);
        pair->kind = other == last ? JD_BACON_UNTREATED : JD_BACON_EARLY_LATE;
    } else {
        *pair = compare(t, a, b, other, last);
        pair->kind = other == 0 ? JD_BACON_ALWAYS : JD_BACON_LATE_EARLY;
    }
    return 1;
}

/* ---- With covariates ---- */

/* Row weights w [n] of the two-way coefficient, which is d over its sum of squares. */
static int residualise(const jd_panel_t *panel, const double *y, double *estimate, double *w,
                       jd_ctx_t *ctx)
{
    const jd_panel_t bare = {.n = panel->n,
                             .unit = panel->unit,
                             .time = panel->time,
                             .cohort = panel->cohort,
                             .treated = panel->treated,
                             .n_x = panel->n_x,
                             .x = panel->x,
                             .x_name = panel->x_name};
    jd_ctx_t inner = jd_ctx_inner(ctx); /* twfe warns of collinear covariates */
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_did_defaults(&options);
    int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &bare, &options, &inner);
    if (!rc) /* w has room: there are fewer terms than rows */
        rc = jd_design_estimate(design, &y, 1, w, &inner);
    if (!rc) {
        *estimate = w[0];
        jd_design_weights(design, 0, w);
    }
    jd_design_free(design);
    return rc ? jd_fail(ctx, rc, "bacon: %s", inner.message) : rc;
}

/* Means of d by cohort and period, and the part within these cells. */
static int split_within(jd_bacon_t *bacon, table_t *t, const jd_panel_t *panel, const double *y,
                        jd_ctx_t *ctx)
{
    int n_periods = t->periods.n_groups;
    size_t cells = (size_t)t->cohorts.n_groups * (size_t)n_periods;
    size_t bytes = (size_t)panel->n * sizeof(double);
    int rc = jd_make_n(&t->residual, cells, sizeof *t->residual, "residuals of treatment", ctx);
    double *w;
    if (rc || jd_make_unset(&w, bytes, 1, "residuals of treatment", ctx)) return JD_ERR_NO_MEMORY;
    rc = residualise(panel, y, &bacon->estimate, w, ctx);
    if (rc) goto out;
    double all = 0, square = 0, product = 0;
    for (int64_t i = 0; i < panel->n; i++)
        all += w[i] * w[i];
    for (int64_t i = 0; i < panel->n; i++) {
        int c = t->cohorts.code[i];
        double units = t->share[c] * (double)panel->n / n_periods;
        t->residual[c * n_periods + t->periods.code[i]] += w[i] / all / units;
    }
    for (int64_t i = 0; i < panel->n; i++) {
        int cell = t->cohorts.code[i] * n_periods + t->periods.code[i];
        double d = w[i] / all - t->residual[cell];
        square += d * d;
        product += d * (y[i] - t->mean[cell]);
    }
    bacon->omega = square * all > nothing ? square * all : 0; /* sum(d^2) = 1 / sum(w^2) */
    bacon->within = bacon->omega > 0 ? product / square : (double)NAN;
out:
    free(w);
    return rc;
}

/* Slope of the difference of two cohorts' outcomes on that of their d. */
static jd_bacon_pair_t compare_residuals(const table_t *t, int a, int b)
{
    int n = t->periods.n_groups;
    int64_t at_a = (int64_t)a * n, at_b = (int64_t)b * n;
    const double *y_a = &t->mean[at_a], *y_b = &t->mean[at_b];
    const double *d_a = &t->residual[at_a], *d_b = &t->residual[at_b];
    double level = mean_of(t, a, 0, n) - mean_of(t, b, 0, n), square = 0, product = 0;
    for (int s = 0; s < n; s++) {
        square += (d_a[s] - d_b[s]) * (d_a[s] - d_b[s]);
        product += (d_a[s] - d_b[s]) * (y_a[s] - y_b[s] - level);
    }
    return (jd_bacon_pair_t){
        .treated = t->cohorts.value[a],
        .control = t->cohorts.value[b],
        .kind = t->cohorts.value[b] == 0 ? JD_BACON_UNTREATED
                : t->from[a] == 0        ? JD_BACON_ALWAYS
                                         : JD_BACON_BOTH,
        .estimate = product / square,
        .weight = t->share[a] * t->share[b] * square,
    };
}

/* ---- Pairs ---- */

/* The comparison with `a` as the treated cohort, `b` as the control; 0 if there is none. */
static int make_pair(const table_t *t, int a, int b, jd_bacon_pair_t *pair)
{
    int32_t g = t->cohorts.value[a], other = t->cohorts.value[b];
    if (!t->residual) return make_simple_pair(t, a, b, pair);
    if (g == 0 || (other != 0 && other <= g)) return 0;
    *pair = compare_residuals(t, a, b);
    return 1;
}

/* Two cohorts that never differ in d, such as those always and never treated, are no pair. */
static double drop_empty(jd_bacon_t *bacon)
{
    double total = 0;
    int kept = 0;
    for (int p = 0; p < bacon->n_pairs; p++)
        total += bacon->pairs[p].weight;
    for (int p = 0; p < bacon->n_pairs; p++)
        if (bacon->pairs[p].weight > nothing * total) bacon->pairs[kept++] = bacon->pairs[p];
    bacon->n_pairs = kept;
    return total;
}

static void summarise(jd_bacon_t *bacon)
{
    double total = drop_empty(bacon);
    for (int p = 0; p < bacon->n_pairs; p++) {
        jd_bacon_pair_t *pair = &bacon->pairs[p];
        pair->weight /= total;
        bacon->between += pair->weight * pair->estimate;
        bacon->kind_weight[pair->kind] += pair->weight;
        bacon->kind_estimate[pair->kind] += pair->weight * pair->estimate;
    }
    for (int k = 0; k < JD_BACON_KINDS; k++)
        bacon->kind_estimate[k] /= bacon->kind_weight[k];
}

int jd_bacon_decompose(jd_bacon_t *bacon, const jd_panel_t *panel, const double *y, jd_ctx_t *ctx)
{
    memset(bacon, 0, sizeof *bacon);
    table_t t = {0};
    int rc = check(panel, y, ctx);
    if (!rc) rc = table_make(&t, panel, y, ctx);
    if (rc) goto out;
    int n = t.cohorts.n_groups, n_treated = 0;
    for (int c = 0; c < n; c++)
        n_treated += t.from[c] < t.periods.n_groups;
    if (n_treated == 0) {
        rc = jd_fail(ctx, JD_ERR_NO_TREATED, "bacon: no unit is treated in the panel's periods");
        goto out;
    }
    bacon->within = (double)NAN;
    if (panel->n_x > 0) rc = split_within(bacon, &t, panel, y, ctx);
    if (rc) goto out;
    rc = jd_make(&bacon->pairs, (int64_t)n * n, sizeof *bacon->pairs, "the comparisons", ctx);
    if (rc) goto out;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            bacon->n_pairs += make_pair(&t, a, b, &bacon->pairs[bacon->n_pairs]);
    if (bacon->n_pairs == 0)
        rc = jd_fail(
            ctx, JD_ERR_NO_CONTROLS,
            "bacon: there is nothing to compare: all units are treated from the same period "
            "on, or from the first; add units treated later or never");
    else {
        summarise(bacon);
        if (panel->n_x == 0) bacon->estimate = bacon->between;
    }
out:
    table_free(&t);
    if (rc) jd_bacon_free(bacon);
    return rc;
}

void jd_bacon_free(jd_bacon_t *bacon)
{
    if (!bacon) return;
    free(bacon->pairs);
    memset(bacon, 0, sizeof *bacon);
}

const char *jd_bacon_kind_name(jd_bacon_kind_t kind)
{
    static const char *const names[JD_BACON_KINDS] = {
        "Treated vs Untreated",
        "Earlier vs Later Treated",
        "Later vs Earlier Treated",
        "Later vs Always Treated",
        "Both Treated",
    };
    return kind >= 0 && kind < JD_BACON_KINDS ? names[kind] : "unknown";
}

/* ---- Lines ---- */

enum { TERM = 128 };

static int add(const jd_diagnosis_t *d, const char *quantity, const char *term, double x,
               bool of_outcome, jd_ctx_t *ctx)
{
    return jd_diagnosis_add(d, quantity, term, jd_diagnosis_bare(x), of_outcome, ctx);
}

/* Weight and estimate of a pair of cohorts. */
static int add_pair(const jd_diagnosis_t *d, const jd_bacon_pair_t *pair, jd_ctx_t *ctx)
{
    char term[TERM];
    snprintf(term, sizeof term, "treated=%s,untreated=%s,%s", JD_PERIOD_NAME(ctx, pair->treated),
             pair->control ? JD_PERIOD_NAME(ctx, pair->control) : "Inf",
             jd_bacon_kind_name(pair->kind));
    jd_diagnosis_line_t line = {.quantity = "weight",
                                .term = term,
                                .number = jd_diagnosis_bare(pair->weight),
                                .detail = true};
    int rc = d->add(d->user, &line, ctx);
    line.quantity = "estimate";
    line.number = jd_diagnosis_bare(pair->estimate);
    line.of_outcome = true;
    return rc ? rc : d->add(d->user, &line, ctx);
}

/* With covariates the pairs' sum is not all: the coefficient, and its part within cohorts. */
static int add_within(const jd_diagnosis_t *d, const jd_bacon_t *bacon, jd_ctx_t *ctx)
{
    int rc = add(d, "estimate", "", bacon->estimate, true, ctx);
    if (!rc) rc = add(d, "Omega", "", bacon->omega, false, ctx);
    if (!rc && bacon->omega > 0) rc = add(d, "beta_within", "", bacon->within, true, ctx);
    return rc;
}

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    jd_bacon_t bacon = {0};
    int rc = jd_bacon_decompose(&bacon, d->panel, d->y, ctx);
    if (!rc && d->panel->n_x > 0) rc = add_within(d, &bacon, ctx);
    if (!rc) rc = add(d, "weighted_sum", "", bacon.between, true, ctx);
    for (int k = 0; k < JD_BACON_KINDS && !rc; k++) {
        const char *kind = jd_bacon_kind_name((jd_bacon_kind_t)k);
        if (!(bacon.kind_weight[k] > 0)) continue;
        rc = add(d, "type_weight", kind, bacon.kind_weight[k], false, ctx);
        if (!rc) rc = add(d, "type_avg_estimate", kind, bacon.kind_estimate[k], true, ctx);
    }
    for (int i = 0; i < bacon.n_pairs && !rc; i++)
        rc = add_pair(d, &bacon.pairs[i], ctx);
    jd_bacon_free(&bacon);
    return rc;
}

const jd_diagnostic_t jd_diagnostic_bacon = {
    .name = "bacon",
    .label = "Goodman-Bacon decomposition of the two-way coefficient",
    .synonyms = "bacondecomp",
    .run = diagnose,
};
