/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/multiplegt/het.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/cholesky.h"

static const double collinear =
    1e-10;                           /* of a characteristic's square, left by those before it ... */
static const double rounding = 1e-6; /* ... and by its dummies' means, which leave rounding */
static const double certain = 1e-12; /* 1 - h of a unit that settles a coefficient alone */

/* A term: characteristic j in the regression of lag k. */
typedef struct {
    int k, j;
    int64_t units;
    double df;
} het_term_t;

struct jd_multiplegt_het {
    int n;
    double *z; /* [n][n_groups] */
    const char *const *name;
    het_term_t *term;
    int n_terms, first; /* how many, and the number of the first in the design */
};

void jd_multiplegt_het_free(struct jd_multiplegt_het *het)
{
    if (!het) return;
    free(het->z);
    free(het->term);
    free(het);
}

static int take_column(jd_multiplegt_t *mg, const jd_design_t *design, const jd_panel_t *panel,
                       int j, double *z, jd_ctx_t *ctx)
{
    for (int32_t g = 0; g < mg->n_groups; g++)
        z[g] = (double)NAN;
    for (int64_t i = 0; i < design->sample.n; i++) {
        int64_t row = design->sample.row[i];
        double *unit = &z[design->units.code[i]], value = panel->het[j][row];
        if (!isfinite(value))
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: row %s: characteristic %s = %g; it must be "
                           "finite: give such rows weight 0",
                           JD_ROW_NAME(ctx, row + 1), panel->het_name[j], value);
        if (!isnan(*unit) && *unit != value)
            return jd_fail(ctx, JD_ERR_DATA,
                           "did_multiplegt_dyn: row %s: %s = %g, elsewhere in unit %s %g; "
                           "predict_het takes characteristics of whole units: take the value "
                           "before any switch",
                           JD_ROW_NAME(ctx, row + 1), panel->het_name[j], value,
                           JD_UNIT_NAME(ctx, panel->unit[row]), *unit);
        *unit = value;
    }
    return JD_OK;
}

int jd_multiplegt_het_make(jd_multiplegt_t *mg, const jd_design_t *design, const jd_panel_t *panel,
                           jd_ctx_t *ctx)
{
    size_t n = (size_t)panel->n_het;
    if (mg->normalized || panel->n_x > 0)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: predict_het explains effects that are neither "
                       "normalized nor net of covariates; leave %s out",
                       mg->normalized ? "normalized" : "the covariates");
    if (jd_make_n(&mg->het, 1, sizeof *mg->het, "characteristics", ctx)) return JD_ERR_NO_MEMORY;
    struct jd_multiplegt_het *het = mg->het;
    het->n = panel->n_het;
    het->name = panel->het_name;
    if (jd_make_unset(&het->z, n * (size_t)mg->n_groups, sizeof *het->z, "units", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = JD_OK;
    for (int j = 0; !rc && j < het->n; j++)
        rc = take_column(mg, design, panel, j, het->z + (size_t)j * (size_t)mg->n_groups, ctx);
    return rc;
}

/* A lag's regression. */
typedef struct {
    double *q;        /* [n][n_groups] weights on units' differences; 0 of who is not in it */
    double *leverage; /* [n_groups]; < 0 of who is not in it */
    double *mass;     /* [n_strata] of dummies */
    double *sum;      /* [n_strata] */
    int32_t *count;   /* [n_strata] units */
    double *cross;    /* [n][n], then scales [n] and a right-hand side [n] */
    unsigned char *role, *kept;
    double *coef; /* [cells] */
    int64_t units, dummies, clusters;
    double df;
} regression_t;

static void regression_free(regression_t *r)
{
    free(r->q);
    free(r->mass);
    free(r->count);
    free(r->cross);
    free(r->role);
    free(r->coef);
}

static size_t n_strata(const jd_multiplegt_t *mg)
{
    return 2 * (size_t)mg->n_baselines * (size_t)mg->n_periods;
}

static int regression_make(regression_t *r, const jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    size_t n = (size_t)mg->het->n, groups = (size_t)mg->n_groups, cells = jd_multiplegt_cells(mg);
    static const char what[] = "units' effects";
    memset(r, 0, sizeof *r);
    int rc = jd_make_n(&r->q, (n + 1) * groups, sizeof *r->q, what, ctx);
    if (!rc) rc = jd_make_n(&r->mass, 2 * n_strata(mg), sizeof *r->mass, what, ctx);
    if (!rc) rc = jd_make_n(&r->count, n_strata(mg), sizeof *r->count, what, ctx);
    if (!rc) rc = jd_make_n(&r->cross, n * (n + 2), sizeof *r->cross, what, ctx);
    if (!rc) rc = jd_make_n(&r->role, cells + n, 1, what, ctx);
    if (!rc) rc = jd_make_n(&r->coef, cells, sizeof *r->coef, what, ctx);
    if (rc) return rc;
    r->leverage = r->q + n * groups;
    r->sum = r->mass + n_strata(mg);
    r->kept = r->role + cells;
    return JD_OK;
}

/* The dummy of a switcher: baseline, F_g, S_g. */
static size_t stratum_of(const jd_multiplegt_t *mg, size_t g)
{
    return 2 * ((size_t)mg->baseline[g] * (size_t)mg->n_periods + (size_t)mg->first[g]) +
           (size_t)mg->up[g];
}

/* The cell whose weight a switcher has in effect or placebo l. */
static size_t cell_of(const jd_multiplegt_t *mg, size_t g, int l)
{
    return g * (size_t)mg->n_periods + (size_t)(mg->first[g] - 1 + l);
}

static bool is_switcher(const jd_multiplegt_t *mg, const regression_t *r, size_t g, int l)
{
    return mg->baseline[g] >= 0 && mg->first[g] < mg->never &&
           mg->first[g] - 1 + l < mg->n_periods && r->role[cell_of(mg, g, l)] == 1;
}

/* Who is in it: switchers of the lag that share their dummy with others. */
static void find_units(const jd_multiplegt_t *mg, regression_t *r, int l)
{
    size_t strata = n_strata(mg), groups = (size_t)mg->n_groups;
    int32_t last = -1;
    memset(r->mass, 0, strata * sizeof *r->mass);
    memset(r->count, 0, strata * sizeof *r->count);
    r->units = r->dummies = r->clusters = 0;
    for (size_t g = 0; g < groups; g++)
        if (is_switcher(mg, r, g, l)) r->count[stratum_of(mg, g)]++;
    for (size_t i = 0; i < groups; i++) {
        size_t g = (size_t)mg->order[i];
        r->leverage[g] = -1;
        if (!is_switcher(mg, r, g, l) || r->count[stratum_of(mg, g)] < 2) continue;
        r->leverage[g] = 0;
        r->mass[stratum_of(mg, g)] += mg->view.mass[cell_of(mg, g, l)];
        r->units++;
        r->clusters += mg->cluster[g] != last;
        last = mg->cluster[g];
    }
    for (size_t s = 0; s < strata; s++)
        r->dummies += r->count[s] > 1;
}

/* z [n_groups] about the means of its dummies; 0 of who is not in the regression. */
static void demean(const jd_multiplegt_t *mg, const regression_t *r, int l, const double *z,
                   double *out)
{
    size_t groups = (size_t)mg->n_groups;
    memset(r->sum, 0, n_strata(mg) * sizeof *r->sum);
    for (size_t g = 0; g < groups; g++)
        if (r->leverage[g] >= 0)
            r->sum[stratum_of(mg, g)] += mg->view.mass[cell_of(mg, g, l)] * z[g];
    for (size_t g = 0; g < groups; g++) {
        out[g] = 0;
        if (r->leverage[g] < 0) continue;
        size_t s = stratum_of(mg, g);
        out[g] = z[g] - r->sum[s] / r->mass[s];
    }
}

/* Factors the cross products of the demeaned characteristics, which are in q. */
static int factor(const jd_multiplegt_t *mg, regression_t *r, int l)
{
    size_t n = (size_t)mg->het->n, groups = (size_t)mg->n_groups;
    double *scale = r->cross + n * n;
    memset(r->cross, 0, n * (n + 2) * sizeof *r->cross);
    for (size_t g = 0; g < groups; g++) {
        if (r->leverage[g] < 0) continue;
        double w = mg->view.mass[cell_of(mg, g, l)];
        for (size_t i = 0; i < n; i++) {
            double z = mg->het->z[i * groups + g];
            scale[i] += rounding * w * z * z;
            for (size_t j = 0; j <= i; j++)
                r->cross[i * n + j] += w * r->q[i * groups + g] * r->q[j * groups + g];
        }
    }
    for (size_t i = 0; i < n; i++)
        scale[i] += r->cross[i * n + i];
    return jd_cholesky(r->cross, (int)n, scale, collinear, r->kept);
}

/* From demeaned characteristics to weights on differences, and leverages, dummies included. */
static void weigh(const jd_multiplegt_t *mg, regression_t *r, int l)
{
    size_t n = (size_t)mg->het->n, groups = (size_t)mg->n_groups;
    double *side = r->cross + n * (n + 1);
    for (size_t g = 0; g < groups; g++) {
        if (r->leverage[g] < 0) continue;
        double w = mg->view.mass[cell_of(mg, g, l)];
        for (size_t j = 0; j < n; j++)
            side[j] = w * r->q[j * groups + g];
        jd_cholesky_solve(r->cross, (int)n, r->kept, side);
        r->leverage[g] = w / r->mass[stratum_of(mg, g)];
        for (size_t j = 0; j < n; j++) {
            r->leverage[g] += r->q[j * groups + g] * side[j];
            r->q[j * groups + g] = side[j];
        }
    }
}

static int regress(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, regression_t *r,
                   jd_ctx_t *ctx)
{
    size_t groups = (size_t)mg->n_groups;
    jd_multiplegt_lag_t last = jd_multiplegt_piece(mg, lag, lag->l - 1);
    int rc = jd_multiplegt_compare(mg, &last, r->coef, r->role, ctx);
    if (rc) return rc;
    find_units(mg, r, lag->l);
    for (size_t j = 0; j < (size_t)mg->het->n; j++)
        demean(mg, r, lag->l, mg->het->z + j * groups, r->q + j * groups);
    int rank = factor(mg, r, lag->l);
    r->df = (double)(r->units - r->dummies - rank);
    if (r->df < 1) memset(r->kept, 0, (size_t)mg->het->n);
    if (r->clusters < r->units && (double)(r->clusters - 1) < r->df)
        r->df = (double)(r->clusters - 1);
    weigh(mg, r, lag->l);
    return JD_OK;
}

/* Signed differences [n_groups] of who is in the regression, summed over the lag's pieces. */
static void take_differences(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag,
                             const regression_t *r, const double *mean, double *out)
{
    for (size_t g = 0; g < (size_t)mg->n_groups; g++) {
        out[g] = 0;
        for (int j = 0; r->leverage[g] >= 0 && j < jd_multiplegt_pieces(mg, lag); j++) {
            jd_multiplegt_lag_t piece = jd_multiplegt_piece(mg, lag, j);
            double change = jd_multiplegt_change(mg, mean, NULL, &piece, cell_of(mg, g, piece.l));
            out[g] += mg->up[g] ? change : -change;
        }
    }
}

int jd_multiplegt_het_plan(jd_multiplegt_t *mg, int *n, jd_ctx_t *ctx)
{
    struct jd_multiplegt_het *het = mg->het;
    regression_t r;
    int rc = regression_make(&r, mg, ctx);
    const size_t most = (size_t)het->n * (size_t)mg->n_lags;
    if (!rc) rc = jd_make_n(&het->term, most, sizeof *het->term, "terms", ctx);
    /* In the order of event times. */
    for (int i = 0; !rc && i < mg->n_lags; i++) {
        int placebos = mg->n_lags - mg->n_effects,
            k = i < placebos ? mg->n_lags - 1 - i : i - placebos;
        if (mg->lag[k].switchers_mass <= 0) continue;
        rc = regress(mg, &mg->lag[k], &r, ctx);
        for (int j = 0; !rc && j < het->n; j++)
            if (r.kept[j]) het->term[het->n_terms++] = (het_term_t){k, j, r.units, r.df};
    }
    for (int j = 0; !rc && j < het->n; j++) {
        bool told = false;
        for (int t = 0; t < het->n_terms; t++)
            told = told || het->term[t].j == j;
        if (!told)
            jd_warn(ctx,
                    "did_multiplegt_dyn: %s does not vary, on its own, among units that switch in "
                    "the same way; it predicts no effect",
                    het->name[j]);
    }
    *n = het->n_terms;
    regression_free(&r);
    return rc;
}

static jd_term_t name_term(const struct jd_multiplegt_het *het, const jd_multiplegt_t *mg,
                           const het_term_t *t)
{
    const jd_multiplegt_lag_t *lag = &mg->lag[t->k];
    const int32_t event = lag->placebo ? -1 - lag->l : jd_delayed(mg->delay, lag->l - 1);
    jd_term_t term = jd_term_other("");
    jd_term_set_event(&term, event);
    snprintf(term.name, sizeof term.name, "%.200s:e=%d", het->name[t->j], event);
    return term;
}

/* Weights `on` [cells] of outcomes of units' differences weighed by q [n_groups]. */
static void spread(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, const double *q,
                   double *on)
{
    memset(on, 0, jd_multiplegt_cells(mg) * sizeof *on);
    for (size_t g = 0; g < (size_t)mg->n_groups; g++)
        for (int j = 0; q[g] != 0 && j < jd_multiplegt_pieces(mg, lag); j++) {
            jd_multiplegt_lag_t piece = jd_multiplegt_piece(mg, lag, j);
            double by = mg->up[g] ? q[g] : -q[g];
            int32_t plus, minus;
            jd_multiplegt_ends(&piece, mg->first[g] - 1 + piece.l, &plus, &minus);
            on[g * (size_t)mg->n_periods + (size_t)plus] += by;
            on[g * (size_t)mg->n_periods + (size_t)minus] -= by;
        }
    jd_multiplegt_of_outcomes(mg, on);
}

int jd_multiplegt_het_fill(jd_design_t *design, jd_multiplegt_t *mg, int first, jd_ctx_t *ctx)
{
    struct jd_multiplegt_het *het = mg->het;
    size_t n = jd_multiplegt_weights_of_term(mg), groups = (size_t)mg->n_groups;
    regression_t r;
    int rc = regression_make(&r, mg, ctx);
    het->first = first;
    for (int t = 0; !rc && t < het->n_terms; t++) {
        const het_term_t *term = &het->term[t];
        design->terms[first + t] = name_term(het, mg, term);
        rc = regress(mg, &mg->lag[term->k], &r, ctx);
        if (rc) break;
        spread(mg, &mg->lag[term->k], r.q + (size_t)term->j * groups,
               mg->weight + (size_t)(first + t) * n);
    }
    het->name = NULL; /* borrowed from the panel */
    regression_free(&r);
    return rc;
}

/* What the regression leaves of differences y [n_groups]; `other` [n_groups] is scratch. */
static void take_residuals(const jd_multiplegt_t *mg, const regression_t *r, int l, const double *y,
                           double *rest, double *other)
{
    size_t groups = (size_t)mg->n_groups;
    demean(mg, r, l, y, rest);
    for (size_t j = 0; j < (size_t)mg->het->n; j++) {
        double beta = 0;
        for (size_t g = 0; g < groups; g++)
            beta += r->q[j * groups + g] * y[g];
        demean(mg, r, l, mg->het->z + j * groups, other);
        for (size_t g = 0; g < groups; g++)
            rest[g] -= beta * other[g];
    }
}

/* A term's estimate, and its influences unless u is NULL. */
static double report_term(const jd_multiplegt_t *mg, const regression_t *r, const double *q,
                          const double *y, const double *rest, double *u)
{
    double sum = 0;
    for (size_t g = 0; g < (size_t)mg->n_groups; g++) {
        double left = 1 - r->leverage[g];
        sum += q[g] * y[g];
        if (u) u[g] = r->leverage[g] < 0 || left < certain ? 0 : q[g] * rest[g] / sqrt(left);
    }
    return sum;
}

/* Terms one after the other, those of a lag from one regression; value and u may be NULL. */
static int walk(const jd_multiplegt_t *mg, const double *mean, double *value, double *u,
                jd_ctx_t *ctx)
{
    const struct jd_multiplegt_het *het = mg->het;
    size_t groups = (size_t)mg->n_groups;
    regression_t r;
    int rc = regression_make(&r, mg, ctx), k = -1;
    double *y = NULL;
    if (!rc) rc = jd_make_n(&y, 3 * groups, sizeof *y, "units' effects", ctx);
    for (int t = 0; !rc && t < het->n_terms; t++) {
        const jd_multiplegt_lag_t *lag = &mg->lag[het->term[t].k];
        const bool fresh = het->term[t].k != k;
        int j = het->term[t].j;
        if (value) value[t] = (double)NAN;
        if (lag->switchers_mass <= 0) continue;
        k = het->term[t].k;
        if (fresh) rc = regress(mg, lag, &r, ctx);
        if (rc) break;
        if (fresh) take_differences(mg, lag, &r, mean, y);
        if (fresh && u) take_residuals(mg, &r, lag->l, y, y + groups, y + 2 * groups);
        double told = report_term(mg, &r, r.q + (size_t)j * groups, y, y + groups,
                                  u ? u + (size_t)t * groups : NULL);
        if (value && r.kept[j]) value[t] = told;
    }
    free(y);
    regression_free(&r);
    return rc;
}

int jd_multiplegt_het_estimate(const jd_multiplegt_t *mg, const double *mean, double *value,
                               jd_ctx_t *ctx)
{
    return walk(mg, mean, value, NULL, ctx);
}

int jd_multiplegt_het_influence(const jd_multiplegt_t *mg, const double *mean, double *u,
                                jd_ctx_t *ctx)
{
    return walk(mg, mean, NULL, u, ctx);
}

void jd_multiplegt_het_df(const jd_multiplegt_t *mg, double *df)
{
    for (int t = 0; t < mg->het->n_terms; t++)
        df[t] = mg->het->term[t].df;
}

int jd_multiplegt_het_first(const jd_multiplegt_t *mg)
{
    return mg->het->first;
}

int64_t jd_multiplegt_het_units(const jd_multiplegt_t *mg, int term)
{
    int t = mg->het ? term - mg->het->first : -1;
    return t >= 0 ? mg->het->term[t].units : -1;
}
