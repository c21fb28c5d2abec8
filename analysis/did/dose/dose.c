/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Difference in differences with a continuous treatment (Callaway, Goodman-Bacon, Sant'Anna 2024,
 * arXiv 2107.02637). Under parallel trends, with theta of dose_cells.h and B(d) a spline basis,
 *
 *      ATT(d) = E[theta | D = d] = B(d)'b,      ACRT(d) = B'(d)'b  (strong parallel trends),
 *      ATT^o = mean of theta,                   ACRT^o = mean of B'(D)'b over treated cells,
 *
 * b by least squares of theta on B(D) over treated cells. Linear in y. */
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/dose/cells.h"
#include "linear/lapack.h"
#include "linear/sums.h"

enum { MAX_DEGREE = 5, MAX_BASIS = 64, USUAL_GRID = 9 };

/* What a term is. */
typedef enum { MEAN, LEVEL, SLOPE, MEAN_SLOPE } kind_t;

typedef struct {
    jd_dose_cells_t cells;
    int degree, n_basis;
    double knot[MAX_BASIS + MAX_DEGREE + 1];
    double *basis, *slope; /* [n_units][n_basis] at the unit's dose; 0 for the untreated */
    double *dose;          /* [n_units]; 0 */
    double *bread;         /* [n_basis][n_basis] inverse of sum w B B' */
    double weight;         /* of the treated cells */
    int32_t *term;         /* [n_cells] term beside "att" a cell counts under; -1 none */
    kind_t *kind;          /* [n_terms] */
    double *at;            /* [n_terms][n_basis] coefficients on b of LEVEL and the slopes */
    double *total;         /* [n_terms] weight of a MEAN */
} dose_t;

static void release(jd_design_t *design)
{
    dose_t *own = design->own;
    jd_dose_cells_free(&own->cells);
    free(own->basis);
    free(own->term);
    free(own->kind);
    free(own->at);
    free(own);
    design->own = NULL;
}

/* The basis at x by de Boor's recursion, of a lower degree on request; a plain loop over few
 * functions. (GSL's would stop the program where memory is short.) */
static void eval_basis(const dose_t *own, double x, int degree, double *b)
{
    const double *t = own->knot;
    int n = own->n_basis + own->degree; /* intervals */
    double value[MAX_BASIS + MAX_DEGREE + 1] = {0};
    int span = own->degree;
    while (span + 1 < own->n_basis && x >= t[span + 1])
        span++;
    value[span] = 1;
    for (int p = 1; p <= degree; p++)
        for (int i = 0; i + p < n; i++) {
            double left = t[i + p] - t[i], right = t[i + p + 1] - t[i + 1];
            value[i] = (left > 0 ? (x - t[i]) / left * value[i] : 0) +
                       (right > 0 ? (t[i + p + 1] - x) / right * value[i + 1] : 0);
        }
    memcpy(b, value, (size_t)(n - degree) * sizeof *b);
}

static void eval_slope(const dose_t *own, double x, double *b)
{
    double lower[MAX_BASIS + MAX_DEGREE + 1];
    const double *t = own->knot;
    int p = own->degree;
    memset(b, 0, (size_t)own->n_basis * sizeof *b);
    if (p == 0) return;
    eval_basis(own, x, p - 1, lower);
    for (int i = 0; i < own->n_basis; i++) {
        double left = t[i + p] - t[i], right = t[i + p + 1] - t[i + 1];
        if (left > 0) b[i] += p * lower[i] / left;
        if (right > 0) b[i] -= p * lower[i + 1] / right;
    }
}

/* One dose a treated unit, and it must stay. */
static int read_doses(dose_t *own, jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    for (int32_t i = 0; i < c->n_cells; i++) {
        int32_t u = c->cell_unit[i];
        double d = c->dose[(int64_t)u * c->n_periods + c->group[c->cell_group[i]].time];
        if (d == 0 || (own->dose[u] != 0 && own->dose[u] != d))
            return jd_fail(ctx, JD_ERR_DATA,
                           "dose: unit %s, treated from %s, has dose %g in period %s%s; a treated "
                           "unit keeps one dose, not 0: make it untreated, or use wald_did",
                           JD_UNIT_NAME(ctx, c->unit[u]), JD_PERIOD_NAME(ctx, c->cohort[u]), d,
                           JD_PERIOD_NAME(ctx, jd_dose_cell_time(c, i)),
                           d == 0 ? "" : " and another before");
        own->dose[u] = d;
    }
    return JD_OK;
}

/* Quantile of sorted values, as R's type 7. */
static double quantile(const double *sorted, int32_t n, double p)
{
    double h = p * (n - 1);
    int32_t k = (int32_t)h;
    if (k >= n - 1) return sorted[n - 1];
    return sorted[k] + (h - k) * (sorted[k + 1] - sorted[k]);
}

/* Knots and the grid of doses; sorted [n] doses of treated units. */
static int place_knots(dose_t *own, const jd_did_options_t *options, const double *sorted,
                       int32_t n, jd_ctx_t *ctx)
{
    int degree = options->dose.degree, inner = options->dose.knots, distinct = 1;
    if (degree < 0 || degree > MAX_DEGREE || inner < 0 || inner + degree + 1 > MAX_BASIS)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "dose: splines of degree %d with %d inner knots; degrees go from 0 to %d, "
                       "knots from 0 to %d",
                       degree, inner, MAX_DEGREE, MAX_BASIS - degree - 1);
    for (int32_t i = 1; i < n; i++)
        distinct += sorted[i] > sorted[i - 1];
    own->degree = degree;
    own->n_basis = inner + degree + 1;
    if (distinct < own->n_basis)
        return jd_fail(ctx, JD_ERR_RANK,
                       "dose: treated units have %d different doses, too few for splines of degree "
                       "%d with %d inner knots; take a lower degree or fewer knots",
                       distinct, degree, inner);
    for (int k = 0; k <= degree; k++) {
        own->knot[k] = sorted[0];
        own->knot[own->n_basis + k] = sorted[n - 1];
    }
    for (int k = 1; k <= inner; k++) {
        double at = quantile(sorted, n, (double)k / (inner + 1));
        if (!(at > own->knot[degree + k - 1] && at < sorted[n - 1]))
            return jd_fail(
                ctx, JD_ERR_RANK,
                "dose: inner knots %d and %d of %d fall on the same dose, %g; take fewer", k - 1, k,
                inner, at);
        own->knot[degree + k] = at;
    }
    return JD_OK;
}

/* Doses of treated units, ascending, into sorted; how many. */
static int32_t sort_doses(const dose_t *own, double *sorted)
{
    int32_t n = 0;
    for (int32_t u = 0; u < own->cells.n_units; u++)
        if (own->dose[u] != 0) sorted[n++] = own->dose[u];
    qsort(sorted, (size_t)n, sizeof *sorted, jd_ascending);
    return n;
}

/* Basis at all units' doses, and the inverse of its weighted squares. */
static int fill_basis(dose_t *own, jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    int k = own->n_basis;
    for (int32_t u = 0; u < c->n_units; u++) {
        if (own->dose[u] == 0) continue;
        eval_basis(own, own->dose[u], own->degree, own->basis + (int64_t)u * k);
        eval_slope(own, own->dose[u], own->slope + (int64_t)u * k);
    }
    for (int32_t i = 0; i < c->n_cells; i++) {
        const double *b = own->basis + (int64_t)c->cell_unit[i] * k;
        double w = c->weight[c->cell_unit[i]];
        own->weight += w;
        for (int p = 0; p < k; p++)
            for (int q = 0; q < k; q++)
                own->bread[p * k + q] += w * b[p] * b[q];
    }
    double largest = 0;
    for (int p = 0; p < k; p++)
        largest = fmax(largest, own->bread[p * k + p]);
    jd_transpose(k, own->bread);
    int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', k, own->bread, k);
    for (int p = 0; info == 0 && p < k; p++)
        if (own->bread[p * k + p] * own->bread[p * k + p] < 1e-11 * largest) info = 1;
    if (info == 0) info = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', k, own->bread, k);
    jd_transpose(k, own->bread);
    if (info != 0)
        return jd_fail(ctx, JD_ERR_RANK,
                       "dose: the treated units' doses do not identify splines of degree %d with "
                       "%d inner knots; take a lower degree or fewer knots",
                       own->degree, k - own->degree - 1);
    for (int p = 0; p < k; p++)
        for (int q = p + 1; q < k; q++)
            own->bread[p * k + q] = own->bread[q * k + p];
    return JD_OK;
}

static int allocate_units(dose_t *own, int n_basis, jd_ctx_t *ctx)
{
    size_t units = (size_t)own->cells.n_units, k = (size_t)n_basis;
    size_t all = 2 * units * k + 2 * units + k * k;
    if (jd_make_n(&own->basis, all, sizeof *own->basis, "splines", ctx)) return JD_ERR_NO_MEMORY;
    own->slope = own->basis + units * k;
    own->dose = own->slope + units * k;
    own->bread = own->dose + units; /* behind it room to sort doses */
    return JD_OK;
}

static jd_term_t dose_term(const char *prefix, double dose)
{
    jd_term_t term = jd_term_other("");
    term.kind = JD_TERM_PART;
    snprintf(term.name, sizeof term.name, "%sd=%.10g", prefix, dose);
    return term;
}

/* Adds a term; its coefficients on b, times the bread, where it is of the curve. */
static void add_term(jd_design_t *design, dose_t *own, jd_term_t term, kind_t kind, const double *b)
{
    int k = own->n_basis, n = design->facts.n_terms++;
    design->terms[n] = term;
    own->kind[n] = kind;
    for (int p = 0; b && p < k; p++) {
        own->at[n * k + p] = 0;
        for (int q = 0; q < k; q++)
            own->at[n * k + p] += own->bread[p * k + q] * b[q];
    }
}

static int check_grid(const dose_t *own, const double *grid, int n, jd_ctx_t *ctx)
{
    double low = own->knot[0], high = own->knot[own->n_basis + own->degree];
    for (int j = 0; j < n; j++)
        if (!(grid[j] >= low && grid[j] <= high))
            return jd_fail(ctx, JD_ERR_ARGUMENT,
                           "dose: an effect at dose %g is requested; treated units have doses from "
                           "%g to %g",
                           grid[j], low, high);
    return JD_OK;
}

/* Mean terms by key: event times, cohorts, periods or cells. */
static void add_means(jd_design_t *design, dose_t *own, const jd_did_options_t *options,
                      const jd_groups_t *keys)
{
    const jd_dose_cells_t *c = &own->cells;
    int skip = keys->value[0] == JD_NO_KEY;
    add_term(design, own, jd_term_overall("att"), MEAN, NULL);
    own->total[0] = own->weight;
    for (int32_t g = skip; g < keys->n_groups; g++) {
        int n = design->facts.n_terms;
        int32_t cell = 0;
        while (keys->code[cell] != g)
            cell++;
        add_term(design, own,
                 options->aggregate == JD_AGGREGATE_CELLS
                     ? jd_term_cell(c->cohort[c->cell_unit[cell]], jd_dose_cell_time(c, cell))
                     : jd_term_aggregate(options->aggregate, keys->value[g]),
                 MEAN, NULL);
        for (int32_t i = 0; i < c->n_cells; i++)
            if (keys->code[i] == g) own->total[n] += c->weight[c->cell_unit[i]];
    }
    for (int32_t i = 0; i < c->n_cells; i++)
        own->term[i] = keys->code[i] >= skip ? 1 + keys->code[i] - skip : -1;
}

static void add_curve(jd_design_t *design, dose_t *own, const double *grid, int n)
{
    const jd_dose_cells_t *c = &own->cells;
    double b[MAX_BASIS + MAX_DEGREE + 1];
    jd_term_t mean = jd_term_other("acrt");
    mean.kind = JD_TERM_PART;
    memset(b, 0, sizeof b);
    for (int32_t i = 0; i < c->n_cells; i++)
        for (int p = 0; p < own->n_basis; p++)
            b[p] += c->weight[c->cell_unit[i]] / own->weight *
                    own->slope[(int64_t)c->cell_unit[i] * own->n_basis + p];
    if (own->degree > 0) add_term(design, own, mean, MEAN_SLOPE, b);
    for (int j = 0; j < n; j++) {
        eval_basis(own, grid[j], own->degree, b);
        add_term(design, own, dose_term("", grid[j]), LEVEL, b);
    }
    for (int j = 0; own->degree > 0 && j < n; j++) {
        eval_slope(own, grid[j], b);
        add_term(design, own, dose_term("acrt,", grid[j]), SLOPE, b);
    }
}

static int make_terms(jd_design_t *design, dose_t *own, const jd_did_options_t *options,
                      const double *grid, int n_grid, jd_ctx_t *ctx)
{
    const jd_dose_cells_t *c = &own->cells;
    jd_groups_t keys = {0};
    if (jd_make_unset(&own->term, (size_t)c->n_cells, sizeof *own->term, "terms", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t i = 0; i < c->n_cells; i++) {
        int32_t g = c->cohort[c->cell_unit[i]], t = jd_dose_cell_time(c, i), key;
        key = options->aggregate == JD_AGGREGATE_OVERALL ? JD_NO_KEY
              : options->aggregate == JD_AGGREGATE_CELLS
                  ? c->cell_group[i]
                  : jd_aggregate_key(options->aggregate, g, t);
        if (options->aggregate == JD_AGGREGATE_EVENT &&
            (key < options->event_first || key > options->event_last))
            key = JD_NO_KEY;
        own->term[i] = key;
    }
    int rc = jd_groups_make(&keys, own->term, c->n_cells, ctx);
    size_t n = rc ? 0 : (size_t)keys.n_groups + 2 + 2 * (size_t)n_grid;
    if (!rc) {
        rc = jd_make_n(&design->terms, n, sizeof *design->terms, "the terms", ctx);
        if (!rc) rc = jd_make_n(&own->kind, n, sizeof *own->kind, "the terms", ctx);
        if (!rc)
            rc = jd_make_n(&own->at, n * ((size_t)own->n_basis + 1), sizeof *own->at, "the terms",
                           ctx);
    }
    if (!rc) {
        own->total = own->at + n * (size_t)own->n_basis;
        add_means(design, own, options, &keys);
        add_curve(design, own, grid, n_grid);
    }
    jd_groups_free(&keys);
    return rc;
}

/* A term's coefficients on theta. */
static void fill_coefficients(const void *user, int term, double *a)
{
    const dose_t *own = user;
    const jd_dose_cells_t *c = &own->cells;
    const double *at = own->at + (int64_t)term * own->n_basis;
    for (int32_t i = 0; i < c->n_cells; i++) {
        double w = c->weight[c->cell_unit[i]], sum = 0;
        if (own->kind[term] == MEAN) {
            a[i] = term == 0 || own->term[i] == term ? w / own->total[term] : 0;
            continue;
        }
        for (int p = 0; p < own->n_basis; p++)
            sum += at[p] * own->basis[(int64_t)c->cell_unit[i] * own->n_basis + p];
        a[i] = w * sum;
    }
}

/* The curve: doses, knots, basis, grid, terms. */
static int make_curve(jd_design_t *design, dose_t *own, const jd_did_options_t *options,
                      jd_ctx_t *ctx)
{
    double deciles[USUAL_GRID], *sorted = NULL;
    const double *grid = options->dose.at.value;
    int n_grid = options->dose.at.n;
    int n_basis = options->dose.knots + options->dose.degree + 1;
    if (n_grid < 0 || (n_grid > 0 && !grid))
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "dose: %d doses at which effects are wanted are not given", n_grid);
    int rc = allocate_units(own, n_basis > 0 && n_basis <= MAX_BASIS ? n_basis : 1, ctx);
    if (!rc) rc = read_doses(own, ctx);
    if (rc) return rc;
    if (jd_make_unset(&sorted, (size_t)own->cells.n_units, sizeof *sorted, "doses", ctx))
        return JD_ERR_NO_MEMORY;
    int32_t n = sort_doses(own, sorted);
    rc = place_knots(own, options, sorted, n, ctx);
    if (!rc && n_grid == 0) {
        for (int j = 0; j < USUAL_GRID; j++) {
            double at = quantile(sorted, n, (j + 1) / 10.0);
            if (n_grid == 0 || at > deciles[n_grid - 1]) deciles[n_grid++] = at;
        }
        grid = deciles;
    }
    free(sorted);
    if (!rc) rc = check_grid(own, grid, n_grid, ctx);
    if (!rc) rc = fill_basis(own, ctx);
    if (!rc) rc = make_terms(design, own, options, grid, n_grid, ctx);
    return rc;
}

static int prepare(jd_design_t *design, const jd_panel_t *panel, const jd_did_options_t *options,
                   jd_ctx_t *ctx)
{
    dose_t *own;
    if (jd_make_n(&own, 1, sizeof *own, "a design", ctx)) return JD_ERR_NO_MEMORY;
    design->own = own;
    int rc = jd_dose_cells_make(&own->cells, design, panel, options, 0, ctx);
    if (!rc) rc = make_curve(design, own, options, ctx);
    if (!rc) rc = jd_dose_cells_fill(design, &own->cells, fill_coefficients, own, ctx);
    return rc;
}

/* Coefficients b [n_basis] of the curve, and its values [n_cells]. */
static void fit_curve(const dose_t *own, const double *theta, double *b, double *fitted)
{
    const jd_dose_cells_t *c = &own->cells;
    int k = own->n_basis;
    double cross[MAX_BASIS] = {0};
    for (int32_t i = 0; i < c->n_cells; i++)
        for (int p = 0; p < k; p++)
            cross[p] += c->weight[c->cell_unit[i]] * theta[i] *
                        own->basis[(int64_t)c->cell_unit[i] * k + p];
    for (int p = 0; p < k; p++) {
        b[p] = 0;
        for (int q = 0; q < k; q++)
            b[p] += own->bread[p * k + q] * cross[q];
    }
    for (int32_t i = 0; i < c->n_cells; i++) {
        fitted[i] = 0;
        for (int p = 0; p < k; p++)
            fitted[i] += b[p] * own->basis[(int64_t)c->cell_unit[i] * k + p];
    }
}

/* The doses over which a mean slope is taken are a sample too. */
static void add_mean_slope(const dose_t *own, const double *b, double estimate, double *by_cluster)
{
    const jd_dose_cells_t *c = &own->cells;
    for (int32_t i = 0; i < c->n_cells; i++) {
        int32_t u = c->cell_unit[i];
        double slope = 0;
        for (int p = 0; p < own->n_basis; p++)
            slope += b[p] * own->slope[(int64_t)u * own->n_basis + p];
        by_cluster[c->cluster[u]] += c->weight[u] / own->weight * (slope - estimate);
    }
}

static int infer(const jd_design_t *design, const double *y, const jd_vcov_options_t *options,
                 jd_fit_t *fit, jd_ctx_t *ctx)
{
    const dose_t *own = design->own;
    const jd_dose_cells_t *c = &own->cells;
    int rc = jd_influence_check(design, options, ctx);
    if (rc) return rc;
    size_t matrix = (size_t)c->n_units * (size_t)c->n_periods, cells = (size_t)c->n_cells;
    size_t clusters = (size_t)design->clusters.n_groups, k = (size_t)fit->n_terms;
    size_t all = matrix + 4 * cells + 2 * jd_dose_group_numbers(c) + k * clusters;
    double b[MAX_BASIS], *v;
    if (jd_make_n(&v, all, sizeof *v, "influence functions", ctx)) return JD_ERR_NO_MEMORY;
    double *theta = v + matrix, *a = theta + cells, *fitted = a + cells, *centre = fitted + cells;
    double *mean = centre + cells, *by_group = mean + jd_dose_group_numbers(c);
    double *sum = by_group + jd_dose_group_numbers(c);
    for (size_t i = 0; i < matrix; i++)
        v[i] = y[c->row[i]];
    jd_dose_cells_effects(c, v, theta, mean);
    fit_curve(own, theta, b, fitted);
    for (int j = 0; j < fit->n_terms; j++) {
        double *by_cluster = sum + (size_t)j * clusters;
        int is_mean = own->kind[j] == MEAN;
        for (size_t i = 0; is_mean && i < cells; i++)
            centre[i] = fit->estimate[j];
        fill_coefficients(own, j, a);
        jd_dose_cells_influence(c, a, v, theta, mean, is_mean ? centre : fitted, by_group,
                                by_cluster);
        if (own->kind[j] == MEAN_SLOPE) add_mean_slope(own, b, fit->estimate[j], by_cluster);
    }
    rc = jd_influence_infer(design, sum, options, fit, ctx);
    free(v);
    return rc;
}

/* Options of its own. */
static const jd_param_t own_options[] = {
    {"dose_degree", JD_PARAM_INT32, offsetof(jd_did_options_t, dose.degree), "3", 0, 5, NULL, "",
     "degree of the effect as a spline of the dose; 0 = bins", "", JD_RESULT},
    {"dose_knots", JD_PARAM_INT32, offsetof(jd_did_options_t, dose.knots), "0", 0, 63, NULL, "",
     "its inner knots, at quantiles", "", JD_RESULT},
    {"dose_at", JD_PARAM_LIST, offsetof(jd_did_options_t, dose.at), "", -1e300, 1e300, NULL,
     "doses", "doses at which effects are given, by commas; none: deciles", "", JD_RESULT},
    {.name = NULL},
};

const jd_estimator_t jd_estimator_dose = {
    .name = "dose",
    .label = "effects by dose (Callaway, Goodman-Bacon, Sant'Anna)",
    .short_label = "dose",
    .synonyms = "contdid",
    .uses = JD_USES_AGGREGATE | JD_USES_CONTROL | JD_USES_ANTICIPATION | JD_USES_EVENT |
            JD_USES_CROSS_SECTIONS,
    .reads = JD_READS_DOSE,
    .options = own_options,
    .family = JD_CLASS_LINEAR,
    .prepare = prepare,
    .infer = infer,
    .release = release,
};
