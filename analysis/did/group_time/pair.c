/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/group_time/pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/cholesky.h"

static const double tolerance = 1e-10; /* of a pivot, relative: 1e-5 of a column's length */
static const double trim = 0.995;      /* controls of such a propensity get no weight */

void jd_pair_free(jd_pair_fit_t *fit)
{
    if (!fit) return;
    free(fit->gamma);
    free(fit->kept);
    memset(fit, 0, sizeof *fit);
}

static double dot(const double *a, const double *b, int k)
{
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += a[j] * b[j];
    return sum;
}

static bool uses_odds(jd_method_t method)
{
    return method != JD_METHOD_REG;
}

static bool uses_regression(jd_method_t method)
{
    return method != JD_METHOD_IPW && method != JD_METHOD_ABADIE;
}

/* The treated have regressions of their own. */
static bool uses_treated(const jd_pair_fit_t *fit)
{
    return fit->n_sides == 2 && (fit->method == JD_METHOD_DR || fit->method == JD_METHOD_IMPROVED);
}

/* + after, - before. */
static double sign_of(const jd_pair_fit_t *fit, int segment)
{
    return fit->n_sides == 2 && segment % 2 == 0 ? -1 : 1;
}

/* Odds as a weight: 0 where the propensity is too high. */
static double odds_weight(const jd_pair_fit_t *fit, double odds)
{
    return fit->method != JD_METHOD_IMPROVED && odds >= trim / (1 - trim) ? 0 : odds;
}

void jd_pair_odds(const jd_pair_fit_t *fit, jd_pair_t *pair)
{
    for (int64_t i = 0; i < jd_pair_rows(pair); i++)
        pair->odds[i] =
            uses_odds(fit->method) ? exp(dot(pair->x + i * fit->k, fit->gamma, fit->k)) : 0;
}

/* Room for all small arrays in one block. */
static int allocate(jd_pair_fit_t *fit, const jd_pair_t *pair, const jd_pair_how_t *how,
                    jd_ctx_t *ctx)
{
    bool wrong_sign = how->drdid_sign && pair->n_sides == 2 && how->method == JD_METHOD_DR;
    size_t k = (size_t)pair->k, cells = 7 * k + 5 * k * k;
    fit->method = how->method;
    fit->k = pair->k;
    fit->n_sides = pair->n_sides;
    int rc = jd_make_n(&fit->gamma, cells, sizeof *fit->gamma, "a comparison", ctx);
    if (!rc) rc = jd_make_n(&fit->kept, 2 * k, 1, "a comparison", ctx);
    if (rc) return rc;
    fit->curved = fit->kept + k;
    double *next = fit->gamma + k;
    fit->mean = next;
    next += k;
    for (int s = 0; s < 4; s++, next += k)
        fit->slope[s] = next;
    for (int s = 0; s < pair->n_sides; s++)
        fit->used[s] = fit->slope[pair->n_sides + s];
    if (wrong_sign) fit->used[0] = next;
    next += k;
    fit->hessian = next;
    for (int s = 0; s < 4; s++)
        fit->gram[s] = next + (size_t)(s + 1) * k * k;
    return JD_OK;
}

/* Sums of w by segment and side, and the treated's mean of x. */
static void add_masses(jd_pair_fit_t *fit, const jd_pair_t *p)
{
    for (int s = 0; s < 2 * p->n_sides; s++)
        for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
            fit->mass[s] += p->w[i];
            fit->side_mass[s % p->n_sides] += p->w[i];
            for (int j = 0; s < p->n_sides && j < p->k; j++)
                fit->mean[j] += p->w[i] * p->x[i * p->k + j];
        }
    for (int s = 0; s < p->n_sides; s++)
        fit->treated_mass += fit->mass[s];
    for (int j = 0; j < p->k; j++)
        fit->mean[j] /= fit->treated_mass;
}

/* X'WX of rows first ... end - 1, lower part; W = w or w odds. */
static void fill_gram(const jd_pair_t *p, int64_t first, int64_t end, bool by_odds, double *gram)
{
    int k = p->k;
    memset(gram, 0, (size_t)(k * k) * sizeof *gram);
    for (int64_t i = first; i < end; i++) {
        const double *x = p->x + i * k;
        double w = by_odds ? p->w[i] * p->odds[i] : p->w[i];
        for (int a = 0; a < k; a++)
            for (int b = 0; b <= a; b++)
                gram[a * k + b] += w * x[a] * x[b];
    }
}

/* Factors a segment's Gram matrix; false if it is short of rank. */
static bool factor_gram(jd_pair_fit_t *fit, const jd_pair_t *p, int segment, bool by_odds,
                        int n_kept, unsigned char *found)
{
    fill_gram(p, p->start[segment], p->start[segment + 1], by_odds, fit->gram[segment]);
    return jd_cholesky(fit->gram[segment], fit->k, NULL, tolerance, found) == n_kept &&
           memcmp(found, fit->kept, (size_t)fit->k) == 0;
}

/* log(1 + e^v) without overflow. */
static double log1p_exp(double v)
{
    return v > 0 ? v + log1p(exp(-v)) : log1p(exp(v));
}

/* A row's part of the objective. */
static double objective(double index, bool treated, bool balance)
{
    if (balance) return treated ? index : -exp(index);
    return (treated ? index : 0) - log1p_exp(index);
}

static double total_objective(const jd_pair_t *p, bool balance, const double *gamma)
{
    int64_t controls = p->start[p->n_sides], n = jd_pair_rows(p);
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += p->w[i] * objective(dot(p->x + i * p->k, gamma, p->k), i < controls, balance);
    return sum;
}

/* Gradient [k] and minus the Hessian [k][k], lower part. */
static void derivatives(const jd_pair_t *p, bool balance, const double *gamma, double *gradient,
                        double *hessian)
{
    int k = p->k;
    int64_t controls = p->start[p->n_sides], n = jd_pair_rows(p);
    memset(gradient, 0, (size_t)k * sizeof *gradient);
    memset(hessian, 0, (size_t)(k * k) * sizeof *hessian);
    for (int64_t i = 0; i < n; i++) {
        const double *x = p->x + i * k;
        bool treated = i < controls;
        double v = dot(x, gamma, k), w = p->w[i];
        double prob = balance ? (treated ? 0 : exp(v)) : 1 / (1 + exp(-v));
        double slope = w * (treated - prob), curve = w * (balance ? prob : prob * (1 - prob));
        for (int a = 0; a < k; a++) {
            gradient[a] += slope * x[a];
            for (int b = 0; b <= a; b++)
                hessian[a * k + b] += curve * x[a] * x[b];
        }
    }
}

/* Propensities by Newton's method: both likelihoods are concave. gamma (0, or a start) maximises
 * the logit's likelihood; with `balance` the odds instead make the controls' means of x those of
 * the treated (Graham, Pinto, Egel 2012). hessian [k][k] becomes the Cholesky factor of minus the
 * second derivatives there, curved [k] which of its columns are kept: flat ones are collinear, or
 * identify controls that are like no treated unit: these get odds of 0. Returns whether there is a
 * maximum. room [2 k]. */
static bool maximise(const jd_pair_t *pair, bool balance, double *gamma, double *hessian,
                     unsigned char *curved, double *room)
{
    int k = pair->k;
    bool done = false;
    double *step = room, *next = room + k, mass = 0;
    for (int64_t i = 0; i < jd_pair_rows(pair); i++)
        mass += pair->w[i];
    for (int round = 0; round < 100; round++) {
        double gradient_step = 0, scale = 1;
        derivatives(pair, balance, gamma, step, hessian);
        memcpy(next, step, (size_t)k * sizeof *next);
        jd_cholesky(hessian, k, NULL, tolerance, curved);
        if (done) return true;
        jd_cholesky_solve(hessian, k, curved, step);
        for (int j = 0; j < k; j++)
            gradient_step += next[j] * step[j];
        if (!isfinite(gradient_step)) return false;
        done = gradient_step <= 1e-16 * mass;
        /* Far from the maximum the step is halved until it does not fall. */
        bool far = gradient_step > 0.01 * mass;
        double here = far ? total_objective(pair, balance, gamma) : 0;
        do {
            for (int j = 0; j < k; j++)
                next[j] = gamma[j] + scale * step[j];
            scale /= 2;
        } while (far && scale > 1e-12 && !(total_objective(pair, balance, next) >= here));
        memcpy(gamma, next, (size_t)k * sizeof *gamma);
    }
    return false;
}

static jd_pair_trouble_t fit_propensity(jd_pair_fit_t *fit, jd_pair_t *p, double overlap,
                                        double *room)
{
    double most = 0;
    bool found = maximise(p, false, fit->gamma, fit->hessian, fit->curved, room);
    if (found && fit->method == JD_METHOD_IMPROVED)
        found = maximise(p, true, fit->gamma, fit->hessian, fit->curved, room);
    if (!found) return JD_PAIR_NO_OVERLAP;
    jd_pair_odds(fit, p);
    int64_t controls = p->start[p->n_sides];
    for (int64_t i = 0; i < jd_pair_rows(p); i++) {
        if (p->odds[i] > most) most = p->odds[i];
        fit->n_trimmed += i >= controls && odds_weight(fit, p->odds[i]) == 0;
    }
    if (most / (1 + most) >= overlap || !isfinite(most)) return JD_PAIR_NO_OVERLAP;
    for (int s = 0; s < p->n_sides; s++) {
        for (int64_t i = p->start[p->n_sides + s]; i < p->start[p->n_sides + s + 1]; i++)
            fit->odds_mass[s] += p->w[i] * odds_weight(fit, p->odds[i]);
        if (!(fit->odds_mass[s] > 0)) return JD_PAIR_NO_OVERLAP;
    }
    return JD_PAIR_FINE;
}

/* A side's mean of x over the controls by odds, or over the treated. */
static void add_mean(const jd_pair_fit_t *fit, const jd_pair_t *p, int segment, double by,
                     double *v)
{
    bool controls = segment >= p->n_sides;
    double mass = controls ? fit->odds_mass[segment - p->n_sides] : fit->mass[segment];
    for (int64_t i = p->start[segment]; i < p->start[segment + 1]; i++) {
        double h = p->w[i] * (controls ? odds_weight(fit, p->odds[i]) : 1) / mass;
        for (int j = 0; j < p->k; j++)
            v[j] += by * h * p->x[i * p->k + j];
    }
}

/* DRDID's slope of the controls before: m + mean^h - 2 mean_T where m - mean^h is right. */
static void fill_wrong_sign(const jd_pair_fit_t *fit, const jd_pair_t *p)
{
    double *v = fit->used[0];
    memcpy(v, fit->mean, (size_t)fit->k * sizeof *v);
    add_mean(fit, p, 2, 1, v);
    add_mean(fit, p, 0, -2, v);
    jd_cholesky_solve(fit->gram[2], fit->k, fit->kept, v);
}

/* Weights of a control segment: its mean by odds, and what its regression adds to them. */
static void fill_control(jd_pair_fit_t *fit, const jd_pair_t *p, int side)
{
    int segment = fit->n_sides + side, k = fit->k;
    double sign = sign_of(fit, segment), *v = fit->slope[segment];
    if (fit->method == JD_METHOD_ABADIE)
        fit->by_odds[segment] = -sign / fit->treated_mass *
                                ((fit->side_mass[0] + fit->side_mass[1]) / fit->side_mass[side]);
    else if (uses_odds(fit->method))
        fit->by_odds[segment] = -sign / fit->odds_mass[side];
    if (!uses_regression(fit->method)) return;
    memcpy(v, fit->mean, (size_t)k * sizeof *v);
    if (uses_odds(fit->method)) add_mean(fit, p, segment, -1, v);
    jd_cholesky_solve(fit->gram[segment], k, fit->kept, v);
    for (int j = 0; j < k; j++)
        v[j] *= -sign;
    if (fit->used[side] != v) fill_wrong_sign(fit, p);
}

static void fill_treated(jd_pair_fit_t *fit, int side)
{
    double sign = sign_of(fit, side), *v = fit->slope[side];
    if (fit->method == JD_METHOD_ABADIE) {
        fit->level[side] = sign / fit->treated_mass *
                           ((fit->side_mass[0] + fit->side_mass[1]) / fit->side_mass[side]);
    } else if (uses_treated(fit)) {
        memcpy(v, fit->mean, (size_t)fit->k * sizeof *v);
        jd_cholesky_solve(fit->gram[side], fit->k, fit->kept, v);
        for (int j = 0; j < fit->k; j++)
            v[j] *= sign;
    } else {
        fit->level[side] = sign / fit->mass[side];
    }
}

static jd_pair_trouble_t prepare(jd_pair_fit_t *fit, jd_pair_t *p, double overlap, double *room)
{
    const bool improved = fit->method == JD_METHOD_IMPROVED;
    int sides = p->n_sides;
    unsigned char *found = (unsigned char *)room;
    add_masses(fit, p);
    fill_gram(p, 0, jd_pair_rows(p), false, fit->hessian);
    int n_kept = jd_cholesky(fit->hessian, p->k, NULL, tolerance, fit->kept);
    if (uses_odds(fit->method)) {
        jd_pair_trouble_t trouble = fit_propensity(fit, p, overlap, room);
        if (trouble) return trouble;
    }
    for (int s = 0; s < sides; s++) {
        if (uses_regression(fit->method) &&
            !factor_gram(fit, p, sides + s, improved, n_kept, found))
            return JD_PAIR_CONTROLS;
        if (uses_treated(fit) && !factor_gram(fit, p, s, false, n_kept, found))
            return JD_PAIR_TREATED;
        fill_control(fit, p, s);
        fill_treated(fit, s);
    }
    return JD_PAIR_FINE;
}

int jd_pair_prepare(jd_pair_fit_t *fit, jd_pair_t *pair, const jd_pair_how_t *how,
                    jd_pair_trouble_t *trouble, jd_ctx_t *ctx)
{
    double *room;
    *trouble = JD_PAIR_FINE;
    if (jd_make_unset(&room, 3 * (size_t)pair->k, sizeof *room, "a comparison", ctx))
        return JD_ERR_NO_MEMORY;
    int rc = allocate(fit, pair, how, ctx);
    if (!rc) *trouble = prepare(fit, pair, how->overlap, room);
    free(room);
    return rc;
}

void jd_pair_weights(const jd_pair_fit_t *fit, const jd_pair_t *p, double *omega)
{
    for (int s = 0; s < 2 * p->n_sides; s++)
        for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
            double slope = dot(p->x + i * fit->k, fit->slope[s], fit->k);
            double h = odds_weight(fit, p->odds[i]);
            if (fit->method == JD_METHOD_IMPROVED && s >= p->n_sides)
                omega[i] = p->w[i] * h * (fit->by_odds[s] + slope);
            else
                omega[i] = p->w[i] * (fit->level[s] + h * fit->by_odds[s] + slope);
        }
}

/* Coefficients [k] of y on x in a segment. */
static void regress(const jd_pair_fit_t *fit, const jd_pair_t *p, int s, double *beta)
{
    bool by_odds = fit->method == JD_METHOD_IMPROVED && s >= p->n_sides;
    memset(beta, 0, (size_t)fit->k * sizeof *beta);
    for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
        double wy = p->w[i] * (by_odds ? p->odds[i] : 1) * p->y[i];
        for (int j = 0; j < fit->k; j++)
            beta[j] += wy * p->x[i * fit->k + j];
    }
    jd_cholesky_solve(fit->gram[s], fit->k, fit->kept, beta);
}

/* The treated of a side: the mean of y, or the regression at the mean of x. */
static void add_treated(const jd_pair_fit_t *fit, const jd_pair_t *p, int s, double *beta,
                        double *by_mean, double *influence)
{
    const bool own = uses_treated(fit);
    int k = fit->k;
    double sign = sign_of(fit, s), mean = 0;
    if (own) {
        regress(fit, p, s, beta);
        for (int j = 0; j < k; j++)
            by_mean[j] += sign * beta[j];
    }
    for (int64_t i = p->start[s]; i < p->start[s + 1]; i++)
        mean += p->w[i] * p->y[i] / fit->mass[s];
    if (own || fit->method == JD_METHOD_ABADIE) mean = 0;
    for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
        const double *x = p->x + i * k;
        double residual = p->y[i] - (own ? dot(x, beta, k) : mean);
        double by = !own                                ? fit->level[s]
                    : fit->method == JD_METHOD_IMPROVED ? sign / fit->mass[s]
                                                        : dot(x, fit->slope[s], k);
        influence[i] += p->w[i] * by * residual;
    }
}

/* The controls of a side; what the propensities' estimation adds to `by_score` [k]. */
static void add_control(const jd_pair_fit_t *fit, const jd_pair_t *p, int side, double *beta,
                        double *by_mean, double *by_score, double *influence)
{
    int s = fit->n_sides + side, k = fit->k;
    const bool regression = uses_regression(fit->method);
    const bool improved = fit->method == JD_METHOD_IMPROVED;
    double sign = sign_of(fit, s), centre = 0;
    if (regression) {
        regress(fit, p, s, beta);
        for (int j = 0; j < k; j++)
            by_mean[j] -= sign * beta[j];
    }
    for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
        double r = p->y[i] - (regression ? dot(p->x + i * k, beta, k) : 0);
        influence[i] = r;
        if (uses_odds(fit->method))
            centre += p->w[i] * odds_weight(fit, p->odds[i]) / fit->odds_mass[side] * r;
    }
    if (fit->method == JD_METHOD_ABADIE) centre = 0;
    for (int64_t i = p->start[s]; i < p->start[s + 1]; i++) {
        const double *x = p->x + i * k;
        double r = influence[i];
        double h = odds_weight(fit, p->odds[i]) * fit->by_odds[s] * (r - centre);
        double slope = regression && !improved ? dot(x, fit->used[side], k) : 0;
        influence[i] = p->w[i] * (h + slope * r);
        for (int j = 0; j < k; j++)
            by_score[j] += p->w[i] * h * x[j];
    }
}

/* Abadie's weights are by the shares of both sides, which are estimated. */
static void add_shares(const jd_pair_fit_t *fit, const jd_pair_t *p, double *influence)
{
    double total = fit->side_mass[0] + fit->side_mass[1], change[2] = {0};
    for (int s = 0; s < 4; s++)
        for (int64_t i = p->start[s]; i < p->start[s + 1]; i++)
            change[s % 2] +=
                p->w[i] * p->y[i] *
                (s < 2 ? fit->level[s] : odds_weight(fit, p->odds[i]) * fit->by_odds[s]);
    for (int s = 0; s < 4; s++)
        for (int64_t i = p->start[s]; i < p->start[s + 1]; i++)
            influence[i] +=
                p->w[i] * ((change[0] + change[1]) / total - change[s % 2] / fit->side_mass[s % 2]);
}

void jd_pair_influence(const jd_pair_fit_t *fit, const jd_pair_t *p, double att, double *room,
                       double *influence)
{
    int k = fit->k;
    double *beta = room, *by_mean = room + k, *by_score = by_mean + k;
    memset(room, 0, 3 * (size_t)k * sizeof *room);
    memset(influence, 0, (size_t)p->start[p->n_sides] * sizeof *influence);
    for (int s = 0; s < p->n_sides; s++) {
        add_treated(fit, p, s, beta, by_mean, influence);
        add_control(fit, p, s, beta, by_mean, by_score, influence);
    }
    double centre = dot(fit->mean, by_mean, k);
    double shift = fit->method == JD_METHOD_ABADIE ? -att / fit->treated_mass : 0;
    for (int64_t i = 0; i < p->start[p->n_sides]; i++)
        influence[i] +=
            p->w[i] * (shift + (dot(p->x + i * k, by_mean, k) - centre) / fit->treated_mass);
    if (fit->method == JD_METHOD_ABADIE && p->n_sides == 2) add_shares(fit, p, influence);
    if (!uses_odds(fit->method) || fit->method == JD_METHOD_IMPROVED) return;
    jd_cholesky_solve(fit->hessian, k, fit->curved, by_score);
    for (int64_t i = 0; i < jd_pair_rows(p); i++) {
        double chance = p->odds[i] / (1 + p->odds[i]);
        double score = (i < p->start[p->n_sides]) - (isfinite(p->odds[i]) ? chance : 1);
        influence[i] += p->w[i] * score * dot(p->x + i * k, by_score, k);
    }
}
