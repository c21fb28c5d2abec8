/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn meets outcomes. Its variance (de Chaisemartin and D'Haultfoeuille 2024,
 * section 3.3): a group's influence is the sum of its differences, about the mean of its cohort
 * (switchers by baseline, F_g and new treatment; controls by baseline and period), times sqrt(n /
 * (n - 1)) of that cohort; a cohort of one keeps its difference as it is, which is conservative. */
#include "jiedao/did_multiplegt.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/list.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"
#include "linear/sums.h"

int jd_multiplegt_means(const jd_design_t *design, const double *y, bool differences,
                        const double **mean, double **own, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = design->own;
    *own = NULL;
    *mean = y;
    if (mg->in_order && !(differences && mg->trends_lin)) return JD_OK;
    if (jd_make_n(own, jd_multiplegt_cells(mg), sizeof **own, "outcomes of units by periods", ctx))
        return JD_ERR_NO_MEMORY;
    for (int64_t i = 0; i < design->sample.n; i++)
        (*own)[jd_multiplegt_cell(mg, design, i)] += jd_multiplegt_share(mg, design, i) * y[i];
    if (differences) jd_multiplegt_difference(mg, *own);
    *mean = *own;
    return JD_OK;
}

/* A term of mean outcomes: groups' sums, added with their rounding carried along. */
static double weigh(const jd_multiplegt_t *mg, int term, const double *mean)
{
    size_t n_t = (size_t)mg->n_periods;
    const double *weight = mg->weight + (size_t)term * jd_multiplegt_weights_of_term(mg);
    double sum = 0, lost = 0;
    for (size_t g = 0; g < (size_t)mg->n_groups; g++)
        jd_add_exactly(
            &sum, &lost,
            jd_dot_exact(weight + (size_t)mg->kinds.of[g] * n_t, mean + g * n_t, mg->n_periods));
    return sum + lost;
}

int jd_multiplegt_estimate(const jd_design_t *design, const double *const *y, int n_y,
                           double *estimate, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = design->own;
    int n_terms = design->facts.n_terms;
    for (int j = 0; j < n_y; j++) {
        double *own;
        const double *mean;
        int rc = jd_multiplegt_means(design, y[j], false, &mean, &own, ctx);
        if (rc) return rc;
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) \
    schedule(static) if (design->sample.n > JD_BLOCK)
        for (int k = 0; k < n_terms; k++)
            estimate[k * n_y + j] = weigh(mg, k, mean);
        free(own);
    }
    return JD_OK;
}

void jd_multiplegt_weights(const jd_design_t *design, int term, double *w)
{
    const jd_multiplegt_t *mg = design->own;
    const double *weight = mg->weight + (size_t)term * jd_multiplegt_weights_of_term(mg);
    for (int64_t i = 0; i < design->sample.n; i++) {
        size_t kind = (size_t)mg->kinds.of[design->units.code[i]];
        size_t at = kind * (size_t)mg->n_periods + (size_t)design->periods.code[i];
        w[design->sample.row[i]] = jd_multiplegt_share(mg, design, i) * weight[at];
    }
}

/* A mean over a cohort in the making. */
typedef struct {
    double mass, sum;
    int32_t n_clusters, last; /* the last cluster counted, plus 1 */
} cohort_t;

/* What inference works with. */
typedef struct {
    const jd_multiplegt_t *mg;
    const double *mean;  /* [cells] */
    double *own;         /* the same where they are not the outcome itself */
    double *coef;        /* [n_kinds][n_periods] */
    unsigned char *role; /* [cells] */
    cohort_t *switchers; /* [n_cohorts] */
    cohort_t *strata;    /* [2][n_baselines][n_periods] controls, then all */
    double *theta;       /* [n_baselines][n_x] or NULL */
    double *u;           /* [n_groups] of a lag */
    double *overall;     /* [n_groups] */
    double *sum;         /* [n_clusters][n_terms] */
} work_t;

static void work_free(work_t *w)
{
    free(w->own);
    free(w->coef);
    free(w->role);
    free(w->switchers);
    free(w->strata);
    free(w->theta);
    free(w->u);
    free(w->overall);
    free(w->sum);
}

static size_t n_strata(const jd_multiplegt_t *mg)
{
    return (size_t)mg->n_baselines * (size_t)mg->n_periods;
}

static int work_make(work_t *w, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = design->own;
    size_t cells = jd_multiplegt_cells(mg), terms = (size_t)design->facts.n_terms;
    static const char what[] = "influence functions";
    memset(w, 0, sizeof *w);
    w->mg = mg;
    const size_t weights = jd_multiplegt_weights_of_term(mg);
    const size_t clusters = (size_t)design->clusters.n_groups;
    int rc = jd_make_n(&w->coef, weights, sizeof *w->coef, what, ctx);
    if (!rc) rc = jd_make_n(&w->role, cells, 1, what, ctx);
    if (!rc) rc = jd_make(&w->switchers, mg->n_cohorts, sizeof *w->switchers, what, ctx);
    if (!rc) rc = jd_make_n(&w->strata, 2 * n_strata(mg), sizeof *w->strata, what, ctx);
    if (!rc) rc = jd_make(&w->u, mg->n_groups, sizeof *w->u, what, ctx);
    if (!rc) rc = jd_make(&w->overall, mg->n_groups, sizeof *w->overall, what, ctx);
    return rc ? rc : jd_make_n(&w->sum, terms * clusters, sizeof *w->sum, what, ctx);
}

static double difference(const work_t *w, const jd_multiplegt_lag_t *lag, size_t cell)
{
    return jd_multiplegt_change(w->mg, w->mean, w->theta, lag, cell);
}

static size_t stratum_of(const jd_multiplegt_t *mg, size_t cell)
{
    size_t g = cell / (size_t)mg->n_periods, t = cell % (size_t)mg->n_periods;
    return (size_t)mg->baseline[g] * (size_t)mg->n_periods + t;
}

/* The cohort a cell is first compared within. */
static cohort_t *cohort_of(const work_t *w, size_t cell)
{
    const jd_multiplegt_t *mg = w->mg;
    if (w->role[cell] == 1) return &w->switchers[mg->cohort[cell / (size_t)mg->n_periods]];
    return &w->strata[stratum_of(mg, cell)];
}

static void join(cohort_t *cohort, double mass, double d, int32_t cluster)
{
    cohort->mass += mass;
    cohort->sum += mass * d;
    cohort->n_clusters += cohort->last != cluster + 1;
    cohort->last = cluster + 1;
}

/* Groups come in the order of their clusters, so that a new one differs from the last. */
static void fill_cohorts(const work_t *w, const jd_multiplegt_lag_t *lag)
{
    const jd_multiplegt_t *mg = w->mg;
    size_t n_t = (size_t)mg->n_periods;
    memset(w->switchers, 0, (size_t)mg->n_cohorts * sizeof *w->switchers);
    memset(w->strata, 0, 2 * n_strata(mg) * sizeof *w->strata);
    for (int32_t i = 0; i < mg->n_groups; i++) {
        size_t g = (size_t)mg->order[i];
        for (size_t c = g * n_t; c < (g + 1) * n_t; c++) {
            if (w->role[c] == 0) continue;
            double d = difference(w, lag, c);
            double mass = mg->view.mass[jd_multiplegt_at(mg, (int32_t)g) + (c - g * n_t)];
            join(cohort_of(w, c), mass, d, mg->cluster[g]);
            join(&w->strata[n_strata(mg) + stratum_of(mg, c)], mass, d, mg->cluster[g]);
        }
    }
}

/* One piece's influences. */
static int add_piece(const work_t *w, jd_multiplegt_lag_t lag, double *u, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = w->mg;
    int rc = jd_multiplegt_compare(mg, &lag, w->coef, w->role, ctx);
    if (rc) return rc;
    fill_cohorts(w, &lag);
    for (size_t c = 0; c < jd_multiplegt_cells(mg); c++) {
        if (w->role[c] == 0) continue;
        const cohort_t *cohort = cohort_of(w, c);
        if (cohort->n_clusters < 2) cohort = &w->strata[n_strata(mg) + stratum_of(mg, c)];
        double d = difference(w, &lag, c), n = cohort->n_clusters;
        if (n >= 2) d = sqrt(n / (n - 1)) * (d - cohort->sum / cohort->mass);
        size_t n_t = (size_t)mg->n_periods, g = c / n_t;
        u[g] += w->coef[jd_multiplegt_at(mg, (int32_t)g) + c % n_t] * d;
    }
    if (w->theta)
        return jd_multiplegt_controls_influence(mg, w->theta, w->mean, &lag, w->coef, u, ctx);
    return JD_OK;
}

static int add_lag(const work_t *w, const jd_multiplegt_lag_t *lag, double *u, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int j = 0; !rc && j < jd_multiplegt_pieces(w->mg, lag); j++)
        rc = add_piece(w, jd_multiplegt_piece(w->mg, lag, j), u, ctx);
    return rc;
}

/* Adds groups' influences on a term, divided by `by`, to their clusters'. */
static void add_term(const work_t *w, int n_terms, int term, double by, const double *u)
{
    const jd_multiplegt_t *mg = w->mg;
    for (size_t g = 0; g < (size_t)mg->n_groups; g++)
        w->sum[(size_t)mg->cluster[g] * (size_t)n_terms + (size_t)term] += u[g] / by;
}

static int fill_influence(const work_t *w, int n_terms, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = w->mg;
    size_t groups = (size_t)mg->n_groups;
    for (int k = 0; k < mg->n_lags; k++) {
        const jd_multiplegt_lag_t *lag = &mg->lag[k];
        if (lag->switchers_mass <= 0) continue;
        double overall = jd_multiplegt_overall_weight(mg, k);
        memset(w->u, 0, groups * sizeof *w->u);
        int rc = add_lag(w, lag, w->u, ctx);
        if (rc) return rc;
        for (size_t g = 0; g < groups; g++)
            w->overall[g] += overall * w->u[g];
        add_term(w, n_terms, jd_multiplegt_term(mg, k), mg->normalized ? lag->cumulated : 1, w->u);
    }
    add_term(w, n_terms, 0, 1, w->overall);
    return JD_OK;
}

/* The same of characteristics' terms, which are the last. */
static int fill_het(const work_t *w, int n_terms, double *df, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = w->mg;
    int first = jd_multiplegt_het_first(mg);
    size_t groups = (size_t)mg->n_groups, cells = (size_t)(n_terms - first) * groups + 1;
    double *u;
    if (jd_make_n(&u, cells, sizeof *u, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    int rc = jd_multiplegt_het_influence(mg, w->mean, u, ctx);
    for (int k = first; !rc && k < n_terms; k++)
        add_term(w, n_terms, k, 1, u + (size_t)(k - first) * groups);
    jd_multiplegt_het_df(mg, df + first);
    free(u);
    return rc;
}

static void fill_vcov(const work_t *w, const jd_design_t *design, double *vcov)
{
    size_t terms = (size_t)design->facts.n_terms;
    for (size_t c = 0; c < (size_t)design->clusters.n_groups; c++)
        for (size_t i = 0; i < terms; i++)
            for (size_t j = 0; j < terms; j++)
                vcov[i * terms + j] += w->sum[c * terms + i] * w->sum[c * terms + j];
}

static int resample(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                    jd_fit_t *fit, jd_ctx_t *ctx)
{
    double *own;
    const double *mean;
    int rc = jd_multiplegt_means(design, y, true, &mean, &own, ctx);
    if (!rc) rc = jd_multiplegt_bootstrap(design, mean, options, fit, ctx);
    free(own);
    return rc;
}

int jd_multiplegt_infer(const jd_design_t *design, const double *y,
                        const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = design->own;
    if (options->kind != JD_VCOV_CLUSTER)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: standard errors come from influence functions, summed "
                       "by unit or panel.cluster; iid and HC1 do not apply");
    if (design->clusters.n_groups < 2)
        return jd_fail(ctx, JD_ERR_DATA,
                       "clustered standard errors need at least two clusters, here is %d; cluster "
                       "by a finer unit",
                       design->clusters.n_groups);
    if (options->resample == JD_RESAMPLE_BOOTSTRAP) return resample(design, y, options, fit, ctx);
    work_t work;
    int rc = work_make(&work, design, ctx);
    if (!rc) rc = jd_multiplegt_means(design, y, true, &work.mean, &work.own, ctx);
    if (!rc && mg->controls) rc = jd_multiplegt_controls_theta(mg, work.mean, &work.theta, ctx);
    if (!rc) rc = fill_influence(&work, design->facts.n_terms, ctx);
    if (!rc && mg->het) rc = fill_het(&work, design->facts.n_terms, fit->df, ctx);
    if (!rc) fill_vcov(&work, design, fit->vcov);
    work_free(&work);
    fit->facts = (jd_vcov_facts_t){.name = "influence function",
                                   .factor = 1,
                                   .df = (double)INFINITY,
                                   .n_clusters = design->clusters.n_groups};
    return rc;
}

/* Cells of the overall effect: of any effect, each once. */
static int count_overall(const jd_multiplegt_t *mg, jd_multiplegt_counts_t *counts, jd_ctx_t *ctx)
{
    size_t cells = jd_multiplegt_cells(mg);
    const size_t weights = jd_multiplegt_weights_of_term(mg);
    double *coef;
    unsigned char *role = NULL, *used = NULL;
    int rc = jd_make_n(&coef, weights, sizeof *coef, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&role, cells, 1, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&used, cells, 1, "comparisons", ctx);
    for (int k = 0; !rc && k < mg->n_effects; k++) {
        jd_multiplegt_lag_t lag = mg->lag[k];
        rc = jd_multiplegt_compare(mg, &lag, coef, role, ctx);
        for (size_t c = 0; !rc && c < cells; c++)
            used[c] |= role[c] != 0;
        counts->n_switchers += lag.n_switchers;
    }
    for (size_t c = 0; !rc && c < cells; c++)
        counts->n_rows += used[c];
    free(coef);
    free(role);
    free(used);
    return rc;
}

int jd_did_multiplegt_counts(const jd_design_t *design, int term, jd_multiplegt_counts_t *counts,
                             jd_ctx_t *ctx)
{
    memset(counts, 0, sizeof *counts);
    if (design->estimator != &jd_estimator_did_multiplegt_dyn || term < 0 ||
        term >= design->facts.n_terms)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: counts of switchers are those of a term of did_multiplegt_dyn",
                       design->estimator->name);
    const jd_multiplegt_t *mg = design->own;
    if (term == 0) return count_overall(mg, counts, ctx);
    int64_t units = jd_multiplegt_het_units(mg, term);
    if (units >= 0) counts->n_rows = counts->n_switchers = units;
    for (int k = 0; k < mg->n_lags; k++)
        if (jd_multiplegt_term(mg, k) == term) {
            counts->n_rows = mg->lag[k].n_rows;
            counts->n_switchers = mg->lag[k].n_switchers;
        }
    return JD_OK;
}
