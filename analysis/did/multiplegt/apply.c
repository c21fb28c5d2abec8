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

const double *jd_dcdh_means(const jd_design_t *design, const double *y, int differences,
                            double **own)
{
    const jd_dcdh_t *dc = design->own;
    *own = NULL;
    if (dc->in_order && !(differences && dc->trends_lin)) return y;
    double *mean = *own = calloc(jd_dcdh_cells(dc), sizeof *mean);
    for (int64_t i = 0; mean && i < design->sample.n; i++)
        mean[jd_dcdh_cell(dc, design, i)] += jd_dcdh_share(dc, design, i) * y[i];
    if (mean && differences) jd_dcdh_difference(dc, mean);
    return mean;
}

static int no_memory(const jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    return jd_fail_memory(ctx, jd_dcdh_cells(dc) * sizeof(double), "outcomes of units by periods");
}

/* A term of mean outcomes: groups' sums, added with their rounding carried along. */
static double weigh(const jd_dcdh_t *dc, int term, const double *mean)
{
    size_t n_t = (size_t)dc->n_periods;
    const double *weight = dc->weight + (size_t)term * jd_dcdh_weights_of_term(dc);
    double sum = 0, lost = 0;
    for (size_t g = 0; g < (size_t)dc->n_groups; g++)
        jd_add_exactly(
            &sum, &lost,
            jd_dot_exact(weight + (size_t)dc->kind[g] * n_t, mean + g * n_t, dc->n_periods));
    return sum + lost;
}

int jd_dcdh_estimate(const jd_design_t *design, const double *const *y, int n_y, double *estimate,
                     jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = design->own;
    int n_terms = design->facts.n_terms;
    for (int j = 0; j < n_y; j++) {
        double *own;
        const double *mean = jd_dcdh_means(design, y[j], 0, &own);
        if (!mean) return no_memory(dc, ctx);
#pragma omp parallel for num_threads(jd_ctx_threads(ctx)) \
    schedule(static) if (design->sample.n > JD_BLOCK)
        for (int k = 0; k < n_terms; k++)
            estimate[k * n_y + j] = weigh(dc, k, mean);
        free(own);
    }
    return JD_OK;
}

void jd_dcdh_weights(const jd_design_t *design, int term, double *w)
{
    const jd_dcdh_t *dc = design->own;
    const double *weight = dc->weight + (size_t)term * jd_dcdh_weights_of_term(dc);
    for (int64_t i = 0; i < design->sample.n; i++) {
        size_t kind = (size_t)dc->kind[design->units.code[i]];
        size_t at = kind * (size_t)dc->n_periods + (size_t)design->periods.code[i];
        w[design->sample.row[i]] = jd_dcdh_share(dc, design, i) * weight[at];
    }
}

/* A mean over a cohort in the making. */
typedef struct {
    double mass, sum;
    int32_t n_clusters, last; /* the last cluster counted, plus 1 */
} cohort_t;

/* What inference works with. */
typedef struct {
    const jd_dcdh_t *dc;
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

static size_t n_strata(const jd_dcdh_t *dc)
{
    return (size_t)dc->n_baselines * (size_t)dc->n_periods;
}

static int work_make(work_t *w, const jd_design_t *design, jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = design->own;
    size_t cells = jd_dcdh_cells(dc), terms = (size_t)design->facts.n_terms;
    memset(w, 0, sizeof *w);
    w->dc = dc;
    w->coef = calloc(jd_dcdh_weights_of_term(dc), sizeof *w->coef);
    w->role = calloc(cells, 1);
    w->switchers = calloc((size_t)dc->n_cohorts, sizeof *w->switchers);
    w->strata = calloc(2 * n_strata(dc), sizeof *w->strata);
    w->u = calloc((size_t)dc->n_groups, sizeof *w->u);
    w->overall = calloc((size_t)dc->n_groups, sizeof *w->overall);
    w->sum = calloc(terms * (size_t)design->clusters.n_groups, sizeof *w->sum);
    if (!w->coef || !w->role || !w->switchers || !w->strata || !w->u || !w->overall || !w->sum)
        return jd_fail_memory(ctx, terms * sizeof *w->sum, "influence functions");
    return JD_OK;
}

static double difference(const work_t *w, const jd_dcdh_lag_t *lag, size_t cell)
{
    return jd_dcdh_change(w->dc, w->mean, w->theta, lag, cell);
}

static size_t stratum_of(const jd_dcdh_t *dc, size_t cell)
{
    size_t g = cell / (size_t)dc->n_periods, t = cell % (size_t)dc->n_periods;
    return (size_t)dc->baseline[g] * (size_t)dc->n_periods + t;
}

/* The cohort a cell is first compared within. */
static cohort_t *cohort_of(const work_t *w, size_t cell)
{
    const jd_dcdh_t *dc = w->dc;
    if (w->role[cell] == 1) return &w->switchers[dc->cohort[cell / (size_t)dc->n_periods]];
    return &w->strata[stratum_of(dc, cell)];
}

static void join(cohort_t *cohort, double mass, double d, int32_t cluster)
{
    cohort->mass += mass;
    cohort->sum += mass * d;
    cohort->n_clusters += cohort->last != cluster + 1;
    cohort->last = cluster + 1;
}

/* Groups come in the order of their clusters, so that a new one is told by the last. */
static void fill_cohorts(const work_t *w, const jd_dcdh_lag_t *lag)
{
    const jd_dcdh_t *dc = w->dc;
    size_t n_t = (size_t)dc->n_periods;
    memset(w->switchers, 0, (size_t)dc->n_cohorts * sizeof *w->switchers);
    memset(w->strata, 0, 2 * n_strata(dc) * sizeof *w->strata);
    for (int32_t i = 0; i < dc->n_groups; i++) {
        size_t g = (size_t)dc->order[i];
        for (size_t c = g * n_t; c < (g + 1) * n_t; c++) {
            if (w->role[c] == 0) continue;
            double d = difference(w, lag, c);
            double mass = dc->mass[jd_dcdh_at(dc, (int32_t)g) + (c - g * n_t)];
            join(cohort_of(w, c), mass, d, dc->cluster[g]);
            join(&w->strata[n_strata(dc) + stratum_of(dc, c)], mass, d, dc->cluster[g]);
        }
    }
}

/* One piece's influences. */
static int add_piece(const work_t *w, jd_dcdh_lag_t lag, double *u, jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = w->dc;
    int rc = jd_dcdh_compare(dc, &lag, w->coef, w->role, ctx);
    if (rc) return rc;
    fill_cohorts(w, &lag);
    for (size_t c = 0; c < jd_dcdh_cells(dc); c++) {
        if (w->role[c] == 0) continue;
        const cohort_t *cohort = cohort_of(w, c);
        if (cohort->n_clusters < 2) cohort = &w->strata[n_strata(dc) + stratum_of(dc, c)];
        double d = difference(w, &lag, c), n = cohort->n_clusters;
        if (n >= 2) d = sqrt(n / (n - 1)) * (d - cohort->sum / cohort->mass);
        size_t n_t = (size_t)dc->n_periods, g = c / n_t;
        u[g] += w->coef[jd_dcdh_at(dc, (int32_t)g) + c % n_t] * d;
    }
    if (w->theta) return jd_dcdh_controls_influence(dc, w->theta, w->mean, &lag, w->coef, u, ctx);
    return JD_OK;
}

static int add_lag(const work_t *w, const jd_dcdh_lag_t *lag, double *u, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int j = 0; !rc && j < jd_dcdh_pieces(w->dc, lag); j++)
        rc = add_piece(w, jd_dcdh_piece(w->dc, lag, j), u, ctx);
    return rc;
}

/* Adds groups' influences on a term, divided by `by`, to their clusters'. */
static void add_term(const work_t *w, int n_terms, int term, double by, const double *u)
{
    const jd_dcdh_t *dc = w->dc;
    for (size_t g = 0; g < (size_t)dc->n_groups; g++)
        w->sum[(size_t)dc->cluster[g] * (size_t)n_terms + (size_t)term] += u[g] / by;
}

static int fill_influence(const work_t *w, int n_terms, jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = w->dc;
    size_t groups = (size_t)dc->n_groups;
    for (int k = 0; k < dc->n_lags; k++) {
        const jd_dcdh_lag_t *lag = &dc->lag[k];
        if (lag->switchers_mass <= 0) continue;
        double overall = jd_dcdh_overall_weight(dc, k);
        memset(w->u, 0, groups * sizeof *w->u);
        int rc = add_lag(w, lag, w->u, ctx);
        if (rc) return rc;
        for (size_t g = 0; g < groups; g++)
            w->overall[g] += overall * w->u[g];
        add_term(w, n_terms, jd_dcdh_term(dc, k), dc->normalized ? lag->cumulated : 1, w->u);
    }
    add_term(w, n_terms, 0, 1, w->overall);
    return JD_OK;
}

/* The same of characteristics' terms, which are the last. */
static int fill_het(const work_t *w, int n_terms, double *df, jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = w->dc;
    int first = jd_dcdh_het_first(dc);
    size_t groups = (size_t)dc->n_groups, cells = (size_t)(n_terms - first) * groups + 1;
    double *u;
    if (jd_make_n(&u, cells, sizeof *u, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    int rc = jd_dcdh_het_influence(dc, w->mean, u, ctx);
    for (int k = first; !rc && k < n_terms; k++)
        add_term(w, n_terms, k, 1, u + (size_t)(k - first) * groups);
    jd_dcdh_het_df(dc, df + first);
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
    const jd_dcdh_t *dc = design->own;
    double *own;
    const double *mean = jd_dcdh_means(design, y, 1, &own);
    int rc = mean ? jd_dcdh_bootstrap(design, mean, options, fit, ctx) : no_memory(dc, ctx);
    free(own);
    return rc;
}

int jd_dcdh_infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                  jd_fit_t *fit, jd_ctx_t *ctx)
{
    const jd_dcdh_t *dc = design->own;
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
    if (!rc) {
        work.mean = jd_dcdh_means(design, y, 1, &work.own);
        if (!work.mean) rc = no_memory(dc, ctx);
        if (!rc && dc->controls) rc = jd_dcdh_controls_theta(dc, work.mean, &work.theta, ctx);
    }
    if (!rc) rc = fill_influence(&work, design->facts.n_terms, ctx);
    if (!rc && dc->het) rc = fill_het(&work, design->facts.n_terms, fit->df, ctx);
    if (!rc) fill_vcov(&work, design, fit->vcov);
    work_free(&work);
    fit->facts = (jd_vcov_facts_t){.name = "influence function",
                                   .factor = 1,
                                   .df = (double)INFINITY,
                                   .n_clusters = design->clusters.n_groups};
    return rc;
}

/* Cells of the overall effect: of any effect, each once. */
static int count_overall(const jd_dcdh_t *dc, jd_dcdh_counts_t *counts, jd_ctx_t *ctx)
{
    size_t cells = jd_dcdh_cells(dc);
    double *coef = calloc(jd_dcdh_weights_of_term(dc), sizeof *coef);
    unsigned char *role = calloc(cells, 1), *used = calloc(cells, 1);
    int rc = coef && role && used ? JD_OK : jd_fail_memory(ctx, 2 * cells, "comparisons");
    for (int k = 0; !rc && k < dc->n_effects; k++) {
        jd_dcdh_lag_t lag = dc->lag[k];
        rc = jd_dcdh_compare(dc, &lag, coef, role, ctx);
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

int jd_did_multiplegt_counts(const jd_design_t *design, int term, jd_dcdh_counts_t *counts,
                             jd_ctx_t *ctx)
{
    memset(counts, 0, sizeof *counts);
    if (design->estimator != &jd_estimator_did_multiplegt_dyn || term < 0 ||
        term >= design->facts.n_terms)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "%s: counts of switchers are those of a term of did_multiplegt_dyn",
                       design->estimator->name);
    const jd_dcdh_t *dc = design->own;
    if (term == 0) return count_overall(dc, counts, ctx);
    int64_t units = jd_dcdh_het_units(dc, term);
    if (units >= 0) counts->n_rows = counts->n_switchers = units;
    for (int k = 0; k < dc->n_lags; k++)
        if (jd_dcdh_term(dc, k) == term) {
            counts->n_rows = dc->lag[k].n_rows;
            counts->n_switchers = dc->lag[k].n_switchers;
        }
    return JD_OK;
}
