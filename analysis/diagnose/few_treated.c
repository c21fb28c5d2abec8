/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conley and Taber 2011: with few treated clusters the estimation error stays random however many
 * controls there are, and the controls' residuals tell its law. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "did/design.h"
#include "jiedao/random.h"
#include "jiedao/randomisation.h"
#include "linear/sums.h"

enum { DRAWS = 9999, MAX_DRAWS = 10000000, FEW_TREATED = 10, MANY_CONTROLS = 20 };

/* Clusters by periods. */
typedef struct {
    int32_t clusters, periods;
    double *residual; /* [clusters][periods] means */
    double *path;     /* [clusters][periods] treatment less its mean over the periods */
    int32_t *treated, *control;
    int32_t n_treated, n_controls;
    double scale;   /* sum of the treated paths' squares */
    double *effect; /* [treated][controls] a treated path on a control's residuals, over scale */
} cells_t;

static int check(const jd_design_t *design, double null, double level,
                 const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    if (strcmp(design->estimator->name, "twfe") != 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "%s: Conley and Taber's test is there for twfe, whose estimate it is about",
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
                           "cluster %d is treated in part only in period %d; Conley and Taber's "
                           "test needs clusters treated as a whole",
                           design->clusters.value[cluster[i]], design->rows.time->value[period[i]]);
        c->path[cell] = d;
        c->residual[cell] += w * residual[i];
        count[cell] += w;
    }
    for (int64_t cell = 0; cell < (int64_t)c->clusters * c->periods; cell++) {
        if (!(count[cell] > 0))
            return jd_fail(
                ctx, JD_ERR_DATA,
                "cluster %d has no row in period %d; Conley and Taber's test needs every "
                "cluster in every period",
                design->clusters.value[cell / c->periods],
                design->rows.time->value[cell % c->periods]);
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
static void tell_premise(const cells_t *c, jd_ctx_t *ctx)
{
    const char *cure = NULL;
    if (c->n_controls < MANY_CONTROLS)
        cure = "with few controls randomisation inference asks for less";
    else if (c->n_treated > FEW_TREATED)
        cure = "with many treated, standard errors by clusters and the wild bootstrap are better";
    if (cure)
        jd_warn(ctx,
                "Conley and Taber's test: %d clusters are treated and %d never are; its law is "
                "for few treated (at most %d, say) and many controls (%d or more); %s",
                c->n_treated, c->n_controls, FEW_TREATED, MANY_CONTROLS, cure);
}

static int open_cells(cells_t *c, const jd_design_t *design, const double *residual, jd_ctx_t *ctx)
{
    c->clusters = design->clusters.n_groups;
    c->periods = design->rows.time->n_groups;
    size_t clusters = (size_t)c->clusters, cells = clusters * (size_t)c->periods;
    double *count = calloc(cells, sizeof *count);
    c->residual = calloc(cells, sizeof *c->residual);
    c->path = calloc(cells, sizeof *c->path);
    c->treated = calloc(2 * clusters, sizeof *c->treated);
    c->control = c->treated ? c->treated + clusters : NULL;
    int known = count && c->residual && c->path && c->treated;
    int rc = known ? fill_cells(c, design, residual, count, ctx)
                   : jd_fail_memory(ctx, 3 * cells * sizeof *count, "clusters by periods");
    if (rc == JD_OK) rc = part_clusters(c, ctx);
    free(count);
    if (rc != JD_OK) return rc;
    tell_premise(c, ctx);
    size_t pairs = (size_t)c->n_treated * (size_t)c->n_controls;
    c->effect = malloc((pairs + 1) * sizeof *c->effect);
    if (!c->effect) return jd_fail_memory(ctx, pairs * sizeof *c->effect, "placebo effects");
    for (int32_t j = 0; j < c->n_treated; j++)
        for (int32_t k = 0; k < c->n_controls; k++)
            c->effect[(int64_t)j * c->n_controls + k] =
                jd_dot(c->path + (int64_t)c->treated[j] * c->periods,
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

/* Ways to put the treated on different controls, in order; cut at most + 1. */
static int64_t count_placements(const cells_t *c, int64_t most)
{
    int64_t all = 1;
    for (int32_t j = 0; j < c->n_treated; j++) {
        all *= c->n_controls - j;
        if (all > most) return most + 1;
    }
    return all;
}

/* Placement number d: the digits of d in a falling radix choose among the controls left. */
static double placed_effect(const cells_t *c, int64_t d, int32_t *left)
{
    double sum = 0;
    for (int32_t k = 0; k < c->n_controls; k++)
        left[k] = k;
    for (int32_t j = 0, n = c->n_controls; j < c->n_treated && n > 0; j++, n--) {
        int32_t at = (int32_t)(d % n);
        d /= n;
        sum += c->effect[(int64_t)j * c->n_controls + left[at]];
        left[at] = left[n - 1];
    }
    return sum;
}

static double drawn_effect(const cells_t *c, const jd_jump_t *jump, int64_t d, int32_t *left)
{
    double sum = 0;
    jd_rng_t rng = jd_rng_at(jump, (uint64_t)d);
    for (int32_t j = 0; j < c->n_treated; j++) { /* left stays a permutation: no need to reset */
        int32_t n = c->n_controls - j, at = j + (int32_t)(jd_rng_uniform(&rng) * n);
        int32_t keep = left[at];
        left[at] = left[j];
        left[j] = keep;
        sum += c->effect[(int64_t)j * c->n_controls + keep];
    }
    return sum;
}

static int fill_law(const cells_t *c, const jd_vcov_options_t *options, jd_conley_taber_t *r,
                    jd_ctx_t *ctx)
{
    int64_t most = options->draws > 0 ? options->draws : DRAWS, all = count_placements(c, most);
    r->enumerated = all <= most;
    r->draws = r->enumerated ? all : most;
    r->law = malloc((size_t)r->draws * sizeof *r->law);
    int32_t *left = calloc((size_t)c->n_controls, sizeof *left);
    if (!r->law || !left) {
        free(left);
        return jd_fail_memory(ctx, (size_t)r->draws * sizeof *r->law, "placebo effects");
    }
    jd_jump_t jump = jd_jump(jd_stream(options->seed, 0, JD_DRAW_PERMUTE), 0, 0);
    for (int32_t k = 0; k < c->n_controls; k++)
        left[k] = k;
    for (int64_t d = 0; d < r->draws; d++)
        r->law[d] = r->enumerated ? placed_effect(c, d, left) : drawn_effect(c, &jump, d, left);
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
    double *own = malloc((n + k) * sizeof *own);
    if (!own) return jd_fail_memory(ctx, (n + k) * sizeof *own, "an outcome");
    const double *column = own;
    for (size_t i = 0; i < n; i++)
        own[i] = y[design->sample.row[i]];
    jd_regression_estimate(r, &column, 1, own + n, ctx);
    int rc = jd_regression_residuals(r, own, own + n, residual, ctx);
    *estimate = own[n];
    free(own);
    if (rc == JD_OK && !isfinite(*estimate))
        rc = jd_fail(ctx, JD_ERR_DATA, "the outcome is not finite in every row used");
    return rc;
}

int jd_conley_taber_test(jd_conley_taber_t *result, const jd_design_t *design, const double *y,
                         double null, double level, const jd_vcov_options_t *options, jd_ctx_t *ctx)
{
    const jd_vcov_options_t usual = {0};
    cells_t cells = {0};
    memset(result, 0, sizeof *result);
    if (!options) options = &usual;
    int rc = check(design, null, level, options, ctx);
    if (rc != JD_OK) return rc;
    size_t bytes = (size_t)design->sample.n * sizeof(double);
    double *residual = malloc(bytes);
    if (!residual) return jd_fail_memory(ctx, bytes, "residuals");
    rc = fit_residuals(design, y, residual, &result->estimate, ctx);
    if (rc == JD_OK) rc = open_cells(&cells, design, residual, ctx);
    if (rc == JD_OK) rc = fill_law(&cells, options, result, ctx);
    if (rc == JD_OK) {
        double error = fabs(result->estimate - null), add = result->enumerated ? 0 : 1;
        int64_t extreme = 0;
        for (int64_t d = 0; d < result->draws; d++)
            extreme += fabs(result->law[d]) >= error * (1 - 1e-12);
        result->p_value = ((double)extreme + add) / ((double)result->draws + add);
        /* Order statistics that leave at most (1 - level) / 2 outside on each side. */
        int64_t out = (int64_t)((1 - level) / 2 * (double)(result->draws + 1) + 1e-9) - 1;
        result->ci_low =
            result->estimate - (out < 0 ? HUGE_VAL : result->law[result->draws - 1 - out]);
        result->ci_high = result->estimate - (out < 0 ? -HUGE_VAL : result->law[out]);
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
