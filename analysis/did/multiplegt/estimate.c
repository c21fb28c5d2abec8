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
    double *sum;         /* [n_clusters][n_terms]; these three for all clusters at once alone */
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
    size_t cells = jd_multiplegt_cells(mg);
    static const char what[] = "influence functions";
    memset(w, 0, sizeof *w);
    w->mg = mg;
    const size_t weights = jd_multiplegt_weights_of_term(mg);
    int rc = jd_make_n(&w->coef, weights, sizeof *w->coef, what, ctx);
    if (!rc) rc = jd_make_n(&w->role, cells, 1, what, ctx);
    if (!rc) rc = jd_make(&w->switchers, mg->n_cohorts, sizeof *w->switchers, what, ctx);
    return rc ? rc : jd_make_n(&w->strata, 2 * n_strata(mg), sizeof *w->strata, what, ctx);
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

/* A cluster's influences on the terms. */
static void add_cluster(const double *sum, size_t terms, double *vcov)
{
    for (size_t i = 0; i < terms; i++)
        for (size_t j = 0; j < terms; j++)
            vcov[i * terms + j] += sum[i] * sum[j];
}

/* Influences of all clusters are held until all terms are there. */
static int infer_whole(work_t *w, const jd_design_t *design, const jd_vcov_options_t *options,
                       jd_fit_t *fit, jd_ctx_t *ctx)
{
    static const char what[] = "influence functions";
    const jd_multiplegt_t *mg = w->mg;
    size_t terms = (size_t)design->facts.n_terms, clusters = (size_t)design->clusters.n_groups;
    int rc = jd_make(&w->u, mg->n_groups, sizeof *w->u, what, ctx);
    if (!rc) rc = jd_make(&w->overall, mg->n_groups, sizeof *w->overall, what, ctx);
    if (!rc) rc = jd_make_n(&w->sum, terms * clusters, sizeof *w->sum, what, ctx);
    if (!rc) rc = fill_influence(w, design->facts.n_terms, ctx);
    if (!rc && mg->het) rc = fill_het(w, design->facts.n_terms, fit->df, ctx);
    for (size_t c = 0; !rc && c < clusters; c++)
        add_cluster(w->sum + c * terms, terms, fit->vcov);
    return rc ? rc : jd_fit_sums_by_cluster(design, w->sum, options, fit, ctx);
}

/* A piece of a lag, in numbers of kinds of groups: roles follow from the kind. */
typedef struct {
    jd_multiplegt_lag_t lag;
    int of;                       /* number of the lag */
    double *coef;                 /* [n_kinds][n_periods] */
    unsigned char *role;          /* the same */
    cohort_t *switchers, *strata; /* as those of the work */
} piece_t;

static int count_pieces(const jd_multiplegt_t *mg)
{
    int n = 0;
    for (int k = 0; k < mg->n_lags; k++)
        if (mg->lag[k].switchers_mass > 0) n += jd_multiplegt_pieces(mg, &mg->lag[k]);
    return n;
}

static size_t bytes_of_piece(const jd_multiplegt_t *mg)
{
    return jd_multiplegt_weights_of_term(mg) * (sizeof(double) + 1) +
           ((size_t)mg->n_cohorts + 2 * n_strata(mg)) * sizeof(cohort_t);
}

static int keep_piece(const work_t *w, jd_multiplegt_lag_t lag, int of, piece_t *piece,
                      jd_ctx_t *ctx)
{
    static const char what[] = "influence functions";
    const jd_multiplegt_t *mg = w->mg;
    size_t weights = jd_multiplegt_weights_of_term(mg), n_t = (size_t)mg->n_periods;
    size_t switchers = (size_t)mg->n_cohorts, strata = 2 * n_strata(mg);
    int rc = jd_multiplegt_compare(mg, &lag, w->coef, w->role, ctx);
    if (!rc) rc = jd_make_unset(&piece->coef, weights, sizeof *piece->coef, what, ctx);
    if (!rc) rc = jd_make_unset(&piece->role, weights, 1, what, ctx);
    if (!rc) rc = jd_make_unset(&piece->switchers, switchers, sizeof *piece->switchers, what, ctx);
    if (!rc) rc = jd_make_unset(&piece->strata, strata, sizeof *piece->strata, what, ctx);
    if (rc) return rc;
    fill_cohorts(w, &lag);
    piece->lag = lag;
    piece->of = of;
    memcpy(piece->coef, w->coef, weights * sizeof *piece->coef);
    memcpy(piece->switchers, w->switchers, switchers * sizeof *piece->switchers);
    memcpy(piece->strata, w->strata, strata * sizeof *piece->strata);
    for (size_t q = 0; q < (size_t)mg->kinds.n; q++)
        memcpy(piece->role + q * n_t, w->role + (size_t)mg->kinds.example[q] * n_t, n_t);
    return JD_OK;
}

/* A group's influence in a piece, added to u. */
static double add_group(const work_t *w, const piece_t *piece, size_t g, double u)
{
    const jd_multiplegt_t *mg = w->mg;
    size_t n_t = (size_t)mg->n_periods, at = jd_multiplegt_at(mg, (int32_t)g);
    for (size_t t = 0; t < n_t; t++) {
        if (piece->role[at + t] == 0) continue;
        size_t stratum = stratum_of(mg, g * n_t + t);
        const cohort_t *cohort =
            piece->role[at + t] == 1 ? &piece->switchers[mg->cohort[g]] : &piece->strata[stratum];
        if (cohort->n_clusters < 2) cohort = &piece->strata[n_strata(mg) + stratum];
        double d = difference(w, &piece->lag, g * n_t + t), n = cohort->n_clusters;
        if (n >= 2) d = sqrt(n / (n - 1)) * (d - cohort->sum / cohort->mass);
        u += piece->coef[at + t] * d;
    }
    return u;
}

/* A group's influences on all terms, added to its cluster's. */
static void add_terms(const work_t *w, const piece_t *piece, int n_pieces, size_t g, double *sum)
{
    const jd_multiplegt_t *mg = w->mg;
    double overall = 0;
    for (int j = 0; j < n_pieces;) {
        int k = piece[j].of;
        double u = 0;
        for (; j < n_pieces && piece[j].of == k; j++)
            u = add_group(w, &piece[j], g, u);
        overall += jd_multiplegt_overall_weight(mg, k) * u;
        sum[jd_multiplegt_term(mg, k)] += u / (mg->normalized ? mg->lag[k].cumulated : 1);
    }
    sum[0] += overall;
}

/* Cluster by cluster; what is held is a number a kind of groups, period and lag. */
static int infer_clusters(const work_t *w, piece_t *piece, double *sum, jd_fit_t *fit,
                          jd_ctx_t *ctx)
{
    const jd_multiplegt_t *mg = w->mg;
    int n = 0, rc = JD_OK;
    for (int k = 0; k < mg->n_lags; k++) {
        const jd_multiplegt_lag_t *lag = &mg->lag[k];
        for (int j = 0; !rc && lag->switchers_mass > 0 && j < jd_multiplegt_pieces(mg, lag); j++)
            rc = keep_piece(w, jd_multiplegt_piece(mg, lag, j), k, &piece[n++], ctx);
    }
    for (int32_t i = 0; !rc && i < mg->n_groups;) {
        int32_t cluster = mg->cluster[mg->order[i]];
        memset(sum, 0, (size_t)fit->n_terms * sizeof *sum);
        for (; i < mg->n_groups && mg->cluster[mg->order[i]] == cluster; i++)
            add_terms(w, piece, n, (size_t)mg->order[i], sum);
        add_cluster(sum, (size_t)fit->n_terms, fit->vcov);
    }
    return rc;
}

static int infer_by_cluster(const work_t *w, const jd_design_t *design, jd_fit_t *fit,
                            jd_ctx_t *ctx)
{
    int n = count_pieces(w->mg), rc;
    piece_t *piece;
    double *sum = NULL;
    rc = jd_make(&piece, n, sizeof *piece, "influence functions", ctx);
    if (!rc) rc = jd_make(&sum, design->facts.n_terms, sizeof *sum, "influence functions", ctx);
    if (!rc) rc = infer_clusters(w, piece, sum, fit, ctx);
    for (int j = 0; piece && j < n; j++) {
        free(piece[j].coef);
        free(piece[j].role);
        free(piece[j].switchers);
        free(piece[j].strata);
    }
    free(piece);
    free(sum);
    return rc;
}

/* Whether pieces are less than influences of all clusters. Covariates and characteristics add to
 * these term by term. */
static bool is_by_cluster(const work_t *w, const jd_design_t *design)
{
    size_t terms = (size_t)design->facts.n_terms, clusters = (size_t)design->clusters.n_groups;
    return !w->theta && !w->mg->het &&
           (size_t)count_pieces(w->mg) * bytes_of_piece(w->mg) < terms * clusters * sizeof(double);
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
    if (!rc)
        rc = is_by_cluster(&work, design) && !options->keep_sums
                 ? infer_by_cluster(&work, design, fit, ctx)
                 : infer_whole(&work, design, options, fit, ctx);
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
