/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conley and Taber 2011: with few treated clusters the estimation error stays random however many
 * controls there are, and the controls' residuals give its law. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "diagnose/diagnostic.h"
#include "did/base/design.h"
#include "did/base/list.h"
#include "jiedao/random.h"
#include "jiedao/randomisation.h"
#include "linear/sums.h"

enum { DRAWS = 9999, MAX_DRAWS = 10000000, FEW_TREATED = 10, MANY_CONTROLS = 20 };

/* Clusters by periods. */
typedef struct {
    int32_t clusters, periods;
    double *residual;           /* [clusters][periods] means */
    double *path;               /* [clusters][periods] treatment less its mean over the periods */
    int32_t *treated, *control; /* the treated in the order of their paths */
    int32_t *size;              /* [paths] treated clusters that share a path */
    int32_t n_treated, n_controls, n_paths;
    double scale;   /* sum of the treated paths' squares */
    double *effect; /* [paths][controls] a treated path on a control's residuals, over scale */
} cells_t;

static int check(const jd_design_t *design, double null, double level,
                 const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    if (design->estimator != &jd_estimator_twfe)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED, "%s: Conley and Taber's test applies only to twfe",
                       design->estimator->name);
    if (!(level > 0 && level < 1) || !isfinite(null))
        return jd_fail(
            ctx, JD_ERR_ARGUMENT,
            "null = %g and level = %g of Conley and Taber's test; the first is a number, "
            "the second lies in (0, 1)",
            null, level);
    if (options->draws < 0 || options->draws > MAX_DRAWS)
        return jd_fail(ctx, JD_ERR_ARGUMENT, "draws = %d of Conley and Taber's test; 1 to %d",
                       options->draws, MAX_DRAWS);
    return JD_OK;
}

/* Means by cluster and period; all cells must be there, each treated as a whole. */
static int fill_cells(cells_t *c, const jd_design_t *design, const double *residual, double *count,
                      jd_ctx_t *ctx)
{
    const int32_t *cluster = design->clusters.code, *period = design->rows.time->code;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int64_t cell = (int64_t)cluster[i] * c->periods + period[i];
        double w = design->weight ? design->weight[i] : 1.0;
        double d = design->event_time[i] != JD_NEVER && design->event_time[i] >= 0;
        if (count[cell] > 0 && c->path[cell] != d)
            return jd_fail(ctx, JD_ERR_DATA,
                           "cluster %s is treated in part only in period %s; Conley and Taber's "
                           "test needs clusters treated as a whole",
                           JD_CLUSTER_NAME(ctx, design->clusters.value[cluster[i]]),
                           JD_PERIOD_NAME(ctx, design->rows.time->value[period[i]]));
        c->path[cell] = d;
        c->residual[cell] += w * residual[i];
        count[cell] += w;
    }
    for (int64_t cell = 0; cell < (int64_t)c->clusters * c->periods; cell++) {
        if (!(count[cell] > 0))
            return jd_fail(
                ctx, JD_ERR_DATA,
                "cluster %s has no row in period %s; Conley and Taber's test needs every "
                "cluster in every period",
                JD_CLUSTER_NAME(ctx, design->clusters.value[cell / c->periods]),
                JD_PERIOD_NAME(ctx, design->rows.time->value[cell % c->periods]));
        c->residual[cell] /= count[cell];
    }
    return JD_OK;
}

/* Paths less their means; who is treated. */
static int part_clusters(cells_t *c, jd_ctx_t *ctx)
{
    for (int32_t g = 0; g < c->clusters; g++) {
        double *d = c->path + (int64_t)g * c->periods, mean = 0, square = 0;
        int ever = 0;
        for (int32_t t = 0; t < c->periods; t++) {
            ever |= d[t] > 0;
            mean += d[t] / c->periods;
        }
        for (int32_t t = 0; t < c->periods; t++) {
            d[t] -= mean;
            square += d[t] * d[t];
        }
        if (ever)
            c->treated[c->n_treated++] = g;
        else
            c->control[c->n_controls++] = g;
        c->scale += ever ? square : 0;
    }
    if (c->n_treated < 1 || c->n_controls < 2 || c->n_controls < c->n_treated || !(c->scale > 0))
        return jd_fail(
            ctx, JD_ERR_DATA,
            "%d clusters are treated and %d never are; Conley and Taber's test needs "
            "controls for every treated cluster, two at least, and a before and an after",
            c->n_treated, c->n_controls);
    return JD_OK;
}

/* The law is exact for as many controls as one likes and treated that stay few. */
static void report_premise(const cells_t *c, jd_ctx_t *ctx)
{
    const char *cure = NULL;
    if (c->n_controls < MANY_CONTROLS)
        cure = "with few controls randomisation inference requires less";
    else if (c->n_treated > FEW_TREATED)
        cure = "with many treated, standard errors by clusters and the wild bootstrap are better";
    if (cure)
        jd_warn(ctx,
                "Conley and Taber's test: %d clusters are treated and %d never are; its law is "
                "for few treated (at most %d, say) and many controls (%d or more); %s",
                c->n_treated, c->n_controls, FEW_TREATED, MANY_CONTROLS, cure);
}

/* Clusters treated in the same periods are interchangeable: a placebo is which controls get a path,
 * not in what order. */
static void group_paths(cells_t *c)
{
    size_t bytes = (size_t)c->periods * sizeof *c->path;
    for (int32_t k = 0; k < c->n_treated; c->n_paths++) {
        const double *path = c->path + (int64_t)c->treated[k] * c->periods;
        int32_t from = k;
        for (int32_t j = k; j < c->n_treated; j++) {
            int32_t g = c->treated[j];
            if (memcmp(path, c->path + (int64_t)g * c->periods, bytes) != 0) continue;
            c->treated[j] = c->treated[k];
            c->treated[k++] = g;
        }
        c->size[c->n_paths] = k - from;
    }
}

static int open_cells(cells_t *c, const jd_design_t *design, const double *residual, jd_ctx_t *ctx)
{
    c->clusters = design->clusters.n_groups;
    c->periods = design->rows.time->n_groups;
    size_t clusters = (size_t)c->clusters, cells = clusters * (size_t)c->periods;
    double *count;
    int rc = jd_make_n(&count, cells, sizeof *count, "clusters by periods", ctx);
    if (!rc) rc = jd_make_n(&c->residual, cells, sizeof *c->residual, "clusters by periods", ctx);
    if (!rc) rc = jd_make_n(&c->path, cells, sizeof *c->path, "clusters by periods", ctx);
    if (!rc) rc = jd_make_n(&c->treated, 3 * clusters, sizeof *c->treated, "clusters", ctx);
    if (!rc) {
        c->control = c->treated + clusters;
        c->size = c->treated + 2 * clusters;
        rc = fill_cells(c, design, residual, count, ctx);
    }
    if (!rc) rc = part_clusters(c, ctx);
    free(count);
    if (rc) return rc;
    report_premise(c, ctx);
    group_paths(c);
    size_t pairs = (size_t)c->n_paths * (size_t)c->n_controls;
    if (jd_make_unset(&c->effect, pairs + 1, sizeof *c->effect, "placebo effects", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t p = 0, of = 0; p < c->n_paths; of += c->size[p++])
        for (int32_t k = 0; k < c->n_controls; k++)
            c->effect[(int64_t)p * c->n_controls + k] =
                jd_dot(c->path + (int64_t)c->treated[of] * c->periods,
                       c->residual + (int64_t)c->control[k] * c->periods, c->periods) /
                c->scale;
    return JD_OK;
}

static void close_cells(cells_t *c)
{
    free(c->residual);
    free(c->path);
    free(c->treated);
    free(c->effect);
}

/* Different placebos: ways to choose each path's controls; cut at most + 1. */
static int64_t count_placebos(const cells_t *c, int64_t most)
{
    double all = 1;
    int32_t left = c->n_controls;
    for (int32_t p = 0; p < c->n_paths; left -= c->size[p++]) {
        int32_t few = c->size[p] <= left / 2 ? c->size[p] : left - c->size[p];
        for (int32_t j = 0; j < few && all < 1e15; j++)
            all = all * (left - j) / (j + 1); /* whole numbers all the way */
    }
    return all > (double)most ? most + 1 : (int64_t)all;
}

static double sum_effects(const cells_t *c, const int32_t *path_of)
{
    double sum = 0;
    for (int32_t k = 0; k < c->n_controls; k++)
        if (path_of[k] > 0) sum += c->effect[(int64_t)(path_of[k] - 1) * c->n_controls + k];
    return sum;
}

/* The path of each control, from 1, or 0: the first arrangement in lexicographic order. */
static void deal_paths(const cells_t *c, int32_t *path_of)
{
    int32_t k = c->n_controls;
    for (int32_t p = c->n_paths; p > 0; p--)
        for (int32_t j = 0; j < c->size[p - 1]; j++)
            path_of[--k] = p;
    while (k > 0)
        path_of[--k] = 0;
}

static void swap(int32_t *a, int32_t *b)
{
    int32_t keep = *a;
    *a = *b;
    *b = keep;
}

/* The next arrangement of a multiset in lexicographic order. */
static void arrange_next(int32_t *x, int32_t n)
{
    int32_t i = n - 1, j = n - 1;
    while (i > 0 && x[i - 1] >= x[i])
        i--;
    if (i > 0) {
        while (x[j] <= x[i - 1])
            j--;
        swap(&x[j], &x[i - 1]);
    }
    for (int32_t a = i, b = n - 1; a < b; a++, b--)
        swap(&x[a], &x[b]);
}

/* The treated paths on controls at random, all orders equally likely, so all placebos. */
static double drawn_effect(const cells_t *c, const jd_jump_t *jump, int64_t d, int32_t *left)
{
    double sum = 0;
    jd_rng_t rng = jd_rng_at(jump, (uint64_t)d);
    for (int32_t p = 0, j = 0; p < c->n_paths; p++)
        for (int32_t of = 0; of < c->size[p]; of++, j++) { /* left stays a permutation */
            int32_t at = j + (int32_t)(jd_rng_uniform(&rng) * (c->n_controls - j));
            swap(&left[at], &left[j]);
            sum += c->effect[(int64_t)p * c->n_controls + left[j]];
        }
    return sum;
}

static int fill_law(const cells_t *c, const jd_vcov_options_t *options, jd_conley_taber_t *r,
                    jd_ctx_t *ctx)
{
    int64_t most = options->draws > 0 ? options->draws : DRAWS, all = count_placebos(c, most);
    r->enumerated = all <= most;
    r->draws = r->enumerated ? all : most;
    int32_t *left;
    if (jd_make_unset(&r->law, (size_t)r->draws, sizeof *r->law, "placebo effects", ctx) ||
        jd_make(&left, c->n_controls, sizeof *left, "placebo effects", ctx))
        return JD_ERR_NO_MEMORY;
    jd_jump_t jump = jd_jump(jd_stream(options->seed, 0, JD_DRAW_PERMUTE), 0, 0);
    if (r->enumerated)
        deal_paths(c, left);
    else
        for (int32_t k = 0; k < c->n_controls; k++)
            left[k] = k;
    for (int64_t d = 0; d < r->draws; d++) {
        r->law[d] = r->enumerated ? sum_effects(c, left) : drawn_effect(c, &jump, d, left);
        if (r->enumerated) arrange_next(left, c->n_controls);
    }
    qsort(r->law, (size_t)r->draws, sizeof *r->law, jd_ascending);
    free(left);
    return JD_OK;
}

/* Residuals of the fit [sample] and its estimate. */
static int fit_residuals(const jd_design_t *design, const double *y, double *residual,
                         double *estimate, jd_ctx_t *ctx)
{
    const jd_regression_t *r = &design->regression;
    size_t n = (size_t)design->sample.n, k = (size_t)r->n_kept;
    double *own;
    if (jd_make_unset(&own, n + k, sizeof *own, "an outcome", ctx)) return JD_ERR_NO_MEMORY;
    const double *column = own;
    for (size_t i = 0; i < n; i++)
        own[i] = y[design->sample.row[i]];
    jd_regression_estimate(r, &column, 1, own + n, ctx);
    int rc = jd_regression_residuals(r, own, own + n, residual, ctx);
    *estimate = own[n];
    free(own);
    if (!rc && !isfinite(*estimate))
        rc = jd_fail(ctx, JD_ERR_DATA, "the outcome is not finite in every row used");
    return rc;
}

/* Both tails, the estimate counted among the placebos: p <= 1 - level where, and only where, the
 * interval leaves the null out. */
static void judge(jd_conley_taber_t *r, double null, double level, jd_ctx_t *ctx)
{
    double error = r->estimate - null, room = 1e-12 * fabs(error), all = (double)r->draws + 1;
    int64_t below = 1, above = 1;
    for (int64_t d = 0; d < r->draws; d++) {
        below += r->law[d] <= error + room;
        above += r->law[d] >= error - room;
    }
    r->p_value = fmin(1, 2 * (double)(below < above ? below : above) / all);
    int64_t out = (int64_t)((1 - level) / 2 * all + 1e-9) - 1; /* of the law, on each side */
    r->ci_low = r->estimate - (out < 0 ? HUGE_VAL : r->law[r->draws - 1 - out]);
    r->ci_high = r->estimate - (out < 0 ? -HUGE_VAL : r->law[out]);
    if (out < 0)
        jd_warn(ctx,
                "Conley and Taber's test: %" PRId64 " different placebo%s: no p-value is below "
                "%.3g and an interval at %g %% has no ends; it takes %.0f placebos",
                r->draws, r->draws == 1 ? "" : "s", fmin(1, 2 / all), 100 * level,
                ceil(2 / (1 - level) - 1e-9) - 1);
}

int jd_conley_taber_test(jd_conley_taber_t *result, const jd_design_t *design, const double *y,
                         double null, double level, const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    const jd_vcov_options_t usual = {0};
    cells_t cells = {0};
    memset(result, 0, sizeof *result);
    if (!options) options = &usual;
    int rc = check(design, null, level, options, ctx);
    if (rc) return rc;
    size_t bytes = (size_t)design->sample.n * sizeof(double);
    double *residual;
    if (jd_make_unset(&residual, bytes, 1, "residuals", ctx)) return JD_ERR_NO_MEMORY;
    rc = fit_residuals(design, y, residual, &result->estimate, ctx);
    if (!rc) rc = open_cells(&cells, design, residual, ctx);
    if (!rc) rc = fill_law(&cells, options, result, ctx);
    if (!rc) {
        judge(result, null, level, ctx);
        result->n_treated = cells.n_treated;
        result->n_controls = cells.n_controls;
    } else {
        jd_conley_taber_free(result);
    }
    close_cells(&cells);
    free(residual);
    return rc;
}

void jd_conley_taber_free(jd_conley_taber_t *result)
{
    if (!result) return;
    free(result->law);
    memset(result, 0, sizeof *result);
}

static int diagnose(const jd_diagnosis_t *d, jd_ctx_t *ctx)
{
    jd_conley_taber_t r = {0};
    int rc = jd_conley_taber_test(&r, d->design, d->y, 0, d->level, d->vcov, ctx);
    const jd_estimate_t number = {r.estimate, (double)NAN, r.ci_low, r.ci_high, r.p_value};
    if (!rc) rc = jd_diagnosis_add(d, "conley_taber", "att", number, true, ctx);
    jd_conley_taber_free(&r);
    return rc;
}

const jd_diagnostic_t jd_diagnostic_conley_taber = {
    .name = "conley_taber",
    .label = "Conley and Taber's test, for few treated clusters",
    .of_fit = true,
    .warns = true,
    .run = diagnose,
};
