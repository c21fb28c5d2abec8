/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn's comparisons: which effects and placebos can be told, and their weights. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"

void jd_dcdh_ends(const jd_dcdh_lag_t *lag, int32_t t, int32_t *plus, int32_t *minus)
{
    *plus = lag->placebo ? t - 2 * lag->l : t;
    *minus = t - lag->l;
}

int jd_dcdh_seen(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, int32_t g, int32_t t)
{
    const double *mass = dc->mass + jd_dcdh_at(dc, g);
    if (t < (lag->placebo ? 2 : 1) * lag->l || mass[t] <= 0 || mass[t - lag->l] <= 0) return 0;
    return !lag->placebo || mass[t - 2 * lag->l] > 0;
}

double jd_dcdh_change(const jd_dcdh_t *dc, const double *mean, const double *theta,
                      const jd_dcdh_lag_t *piece, size_t cell)
{
    int32_t t = (int32_t)(cell % (size_t)dc->n_periods), plus, minus;
    jd_dcdh_ends(piece, t, &plus, &minus);
    const double *row = mean + (cell - (size_t)t);
    double change = row[plus] - row[minus];
    return theta ? change - jd_dcdh_controls_fit(dc, theta, piece, cell) : change;
}

/* All outcomes are there that the lag asks of its switchers. */
static int stays(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, int32_t g)
{
    if (lag->through == 0) return 1;
    const double *mass = dc->mass + jd_dcdh_at(dc, g);
    int32_t from = dc->first[g] - 1 - lag->back, end = dc->first[g] - 1 + lag->through;
    if (from < 0 || end > dc->last[dc->baseline[g]]) return 0;
    for (int32_t t = from; t <= end; t++)
        if (mass[t] <= 0) return 0;
    return 1;
}

/* Whether g switches within reach and in the direction asked for. */
static int is_switcher(const jd_dcdh_t *dc, int32_t g)
{
    if (dc->baseline[g] < 0 || dc->first[g] > dc->last[dc->baseline[g]]) return 0;
    if (dc->switchers == JD_SWITCHERS_IN) return dc->up[g];
    return dc->switchers != JD_SWITCHERS_OUT || !dc->up[g];
}

/* Sums of S_g (D - D_g1) from F on, and the last of them. */
static void add_doses(const jd_dcdh_t *dc, jd_dcdh_lag_t *lag, int32_t g, int32_t t, double mass)
{
    const double *d = jd_dcdh_path(dc, g);
    double sum = 0, base = jd_dcdh_base(dc, g), sign = dc->up[g] ? 1 : -1;
    for (int32_t s = dc->first[g]; s <= t; s++)
        sum += sign * (d[s] - base);
    lag->dose += mass * sign * (d[t] - base);
    lag->cumulated += mass * sum;
}

/* Roles, and the weights of switchers and controls by baseline and period. */
static void find_roles(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, unsigned char *role,
                       double *controls, double *up, double *down)
{
    memset(role, 0, jd_dcdh_cells(dc));
    for (int32_t g = 0; g < dc->n_groups; g++) {
        int32_t b = dc->baseline[g];
        if (b < 0 || (dc->only_never && dc->first[g] < dc->never)) continue;
        for (int32_t t = 0; t < dc->first[g] && t <= dc->last[b]; t++) {
            size_t c = (size_t)g * (size_t)dc->n_periods + (size_t)t;
            if (!jd_dcdh_seen(dc, lag, g, t)) continue;
            role[c] = 2;
            controls[b * dc->n_periods + t] += dc->mass[jd_dcdh_at(dc, g) + (size_t)t];
        }
    }
    for (int32_t g = 0; g < dc->n_groups; g++) {
        if (!is_switcher(dc, g) || !stays(dc, lag, g)) continue;
        int32_t b = dc->baseline[g], t = dc->first[g] - 1 + lag->l;
        if (t > dc->last[b] || !jd_dcdh_seen(dc, lag, g, t)) continue;
        if (controls[b * dc->n_periods + t] <= 0) continue;
        size_t c = (size_t)g * (size_t)dc->n_periods + (size_t)t;
        role[c] = 1;
        (dc->up[g] ? up : down)[b * dc->n_periods + t] += dc->mass[jd_dcdh_at(dc, g) + (size_t)t];
    }
}

int jd_dcdh_compare(const jd_dcdh_t *dc, jd_dcdh_lag_t *lag, double *coef, unsigned char *role,
                    jd_ctx_t *ctx)
{
    size_t strata = (size_t)dc->n_baselines * (size_t)dc->n_periods;
    double *controls;
    if (jd_make_n(&controls, 3 * strata, sizeof *controls, "comparisons", ctx))
        return JD_ERR_NO_MEMORY;
    double *up = controls + strata, *down = up + strata;
    find_roles(dc, lag, role, controls, up, down);
    *lag = (jd_dcdh_lag_t){
        .l = lag->l, .placebo = lag->placebo, .through = lag->through, .back = lag->back};
    for (size_t s = 0; s < strata; s++)
        lag->switchers_mass += up[s] + down[s];
    memset(coef, 0,
           (dc->resampled ? jd_dcdh_cells(dc) : jd_dcdh_weights_of_term(dc)) * sizeof *coef);
    for (size_t c = 0; lag->switchers_mass > 0 && c < jd_dcdh_cells(dc); c++) {
        if (role[c] == 0) continue;
        int32_t g = (int32_t)(c / (size_t)dc->n_periods), t = (int32_t)(c % (size_t)dc->n_periods);
        size_t s = (size_t)dc->baseline[g] * (size_t)dc->n_periods + (size_t)t;
        size_t at = jd_dcdh_at(dc, g) + (size_t)t;
        double share = dc->mass[at] / lag->switchers_mass, *by = &coef[at];
        if (role[c] == 1) {
            *by = dc->up[g] ? share : -share;
            lag->n_switchers++;
            add_doses(dc, lag, g, t, share);
        } else if (up[s] + down[s] > 0) {
            *by = -share * (up[s] - down[s]) / controls[s];
        } else {
            role[c] = 0;
        }
        lag->n_rows += role[c] != 0;
    }
    free(controls);
    return JD_OK;
}

void jd_dcdh_reach(const jd_dcdh_t *dc, int64_t *effects, int64_t *placebos)
{
    int64_t l = 0, p = 0;
    for (int32_t g = 0; g < dc->n_groups; g++) {
        if (!is_switcher(dc, g)) continue;
        int64_t reach = dc->last[dc->baseline[g]] - dc->first[g] + 1;
        int64_t back = dc->first[g] - 1 - (dc->trends_lin != 0);
        if (reach > l) l = reach;
        if (back > reach) back = reach;
        if (back > p) p = back;
    }
    if (l < *effects) *effects = l;
    if (p < *placebos) *placebos = p;
    if (*effects < *placebos) *placebos = *effects;
}

/* A sum over pieces takes the same switchers in each. */
jd_dcdh_lag_t jd_dcdh_lag(const jd_dcdh_t *dc, int l, int placebo, int effects, int placebos)
{
    jd_dcdh_lag_t lag = {.l = l, .placebo = placebo};
    if (dc->trends_lin) {
        lag.through = l;
        lag.back = placebo ? l : 0;
    }
    if (dc->same_switchers) lag.through = effects;
    if (dc->same_switchers_pl) lag.back = placebos;
    return lag;
}

/* Effect 1 is event time 0, placebo 1 is -2: the last period before the switch is the base. */
static int choose_lags(jd_dcdh_t *dc, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int64_t effects = (int64_t)options->event_last + 1 - dc->delay,
            placebos = -1 - (int64_t)options->event_first;
    if (options->event_first > 0) return jd_fail_window("did_multiplegt_dyn", options, ctx);
    if (effects < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: event_last = %d; at least event time 0 is estimated",
                       options->event_last);
    if (placebos < 0) placebos = 0;
    jd_dcdh_reach(dc, &effects, &placebos);
    if (effects == 0)
        return jd_fail(
            ctx, JD_ERR_NO_CONTROLS,
            "did_multiplegt_dyn: no unit changes its treatment (in the direction requested) while "
            "another with the same treatment in its first period has not "
            "changed it yet");
    if (jd_make_n(&dc->lag, (size_t)(effects + placebos), sizeof *dc->lag, "the effects", ctx))
        return JD_ERR_NO_MEMORY;
    dc->n_effects = (int)effects;
    dc->n_lags = (int)(effects + placebos);
    for (int k = 0; k < dc->n_lags; k++) {
        int placebo = k >= dc->n_effects, l = placebo ? k - dc->n_effects + 1 : k + 1;
        dc->lag[k] = jd_dcdh_lag(dc, l, placebo, (int)effects, (int)placebos);
    }
    return JD_OK;
}

/* Adds the weights on cells of a piece whose coefficients are given: those of each kind. */
static void spread(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, const double *coef, double *on)
{
    size_t n_t = (size_t)dc->n_periods;
    for (int32_t q = 0; q < dc->n_kinds; q++) {
        const double *from = coef + (size_t)q * n_t;
        double *to = on + (size_t)q * n_t;
        for (int32_t t = 0; t < dc->n_periods; t++) {
            if (from[t] == 0) continue;
            int32_t plus, minus;
            jd_dcdh_ends(lag, t, &plus, &minus);
            to[plus] += from[t];
            to[minus] -= from[t];
        }
    }
}

/* What a lag is divided by. */
static double divisor(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag)
{
    return dc->normalized ? lag->cumulated : 1;
}

/* The term of a lag, -1 if it has no switcher: overall, placebos from the farthest, effects. */
int jd_dcdh_term(const jd_dcdh_t *dc, int k)
{
    int term = 1;
    if (dc->lag[k].switchers_mass <= 0) return -1;
    for (int j = 0; j < dc->n_lags; j++)
        if (dc->lag[j].switchers_mass > 0)
            term += dc->lag[k].placebo ? dc->lag[j].placebo && j > k : dc->lag[j].placebo || j < k;
    return term;
}

double jd_dcdh_overall_weight(const jd_dcdh_t *dc, int k)
{
    double doses = 0;
    for (int j = 0; j < dc->n_effects; j++)
        doses += dc->lag[j].switchers_mass * dc->lag[j].dose;
    return k < dc->n_effects ? dc->lag[k].switchers_mass / doses : 0;
}

/* Adds a lag's weights to its own term and to the overall one. */
static void add_lag(jd_dcdh_t *dc, int k, const double *on)
{
    size_t n = jd_dcdh_weights_of_term(dc);
    double overall = jd_dcdh_overall_weight(dc, k), by = 1 / divisor(dc, &dc->lag[k]);
    double *w = dc->weight + (size_t)jd_dcdh_term(dc, k) * n;
    for (size_t i = 0; i < n; i++) {
        w[i] = by * on[i];
        dc->weight[i] += overall * on[i];
    }
}

static int allocate_terms(jd_design_t *design, jd_dcdh_t *dc, jd_ctx_t *ctx)
{
    int n = 1, effects = 0, het = 0;
    for (int k = 0; k < dc->n_lags; k++) {
        n += dc->lag[k].switchers_mass > 0;
        effects += k < dc->n_effects && dc->lag[k].switchers_mass > 0;
    }
    if (effects == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "did_multiplegt_dyn: no unit that changes its treatment is seen with "
                       "controls in the periods requested");
    int rc = dc->het ? jd_dcdh_het_plan(dc, &het, ctx) : JD_OK;
    if (rc) return rc;
    size_t terms = (size_t)n + (size_t)het, cells = terms * jd_dcdh_weights_of_term(dc);
    design->terms = calloc(terms, sizeof *design->terms);
    dc->weight = calloc(cells, sizeof *dc->weight);
    if (!design->terms || !dc->weight)
        return jd_fail_memory(ctx, cells * sizeof *dc->weight, "weights on outcomes");
    design->facts.n_terms = n + het;
    design->terms[0] = jd_term_overall("att");
    for (int k = 0; k < dc->n_lags; k++)
        if (dc->lag[k].switchers_mass > 0)
            design->terms[jd_dcdh_term(dc, k)] = jd_term_event(
                dc->lag[k].placebo ? -1 - dc->lag[k].l : jd_delayed(dc->delay, dc->lag[k].l - 1));
    return dc->het ? jd_dcdh_het_fill(design, dc, n, ctx) : JD_OK;
}

/* Counts, doses and weights of a lag; a sum lacks its switchers where a piece lacks them. */
static int measure(const jd_dcdh_t *dc, jd_dcdh_lag_t *lag, double *coef, unsigned char *role,
                   jd_ctx_t *ctx)
{
    int rc = jd_dcdh_compare(dc, lag, coef, role, ctx);
    for (int j = 0; !rc && j < jd_dcdh_pieces(dc, lag) - 1; j++) {
        jd_dcdh_lag_t piece = jd_dcdh_piece(dc, lag, j);
        rc = jd_dcdh_compare(dc, &piece, coef, role, ctx);
        if (piece.switchers_mass <= 0) lag->switchers_mass = 0;
    }
    return rc;
}

void jd_dcdh_of_outcomes(const jd_dcdh_t *dc, double *on)
{
    for (size_t c = 0; dc->trends_lin && c + 1 < jd_dcdh_weights_of_term(dc); c++)
        if ((c + 1) % (size_t)dc->n_periods > 0) on[c] -= on[c + 1];
}

/* A lag's weights `on` [n_kinds][n_periods] of outcomes. */
static int weigh(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, double *coef, unsigned char *role,
                 double *on, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    memset(on, 0, jd_dcdh_weights_of_term(dc) * sizeof *on);
    for (int j = 0; !rc && j < jd_dcdh_pieces(dc, lag); j++) {
        jd_dcdh_lag_t piece = jd_dcdh_piece(dc, lag, j);
        rc = jd_dcdh_compare(dc, &piece, coef, role, ctx);
        if (rc) break;
        spread(dc, &piece, coef, on);
        if (dc->controls) jd_dcdh_controls_weights(dc, &piece, coef, on);
    }
    jd_dcdh_of_outcomes(dc, on);
    return rc;
}

int jd_dcdh_terms(jd_design_t *design, jd_dcdh_t *dc, const jd_did_options_t *options,
                  jd_ctx_t *ctx)
{
    int rc = choose_lags(dc, options, ctx);
    if (rc) return rc;
    size_t cells = jd_dcdh_cells(dc);
    size_t weights = jd_dcdh_weights_of_term(dc);
    double *coef = calloc(weights, sizeof *coef), *on = calloc(weights, sizeof *on);
    unsigned char *role = calloc(cells, 1);
    if (!coef || !on || !role) rc = jd_fail_memory(ctx, 2 * weights * sizeof *coef, "comparisons");
    for (int k = 0; !rc && k < dc->n_lags; k++)
        rc = measure(dc, &dc->lag[k], coef, role, ctx);
    if (!rc) rc = allocate_terms(design, dc, ctx);
    for (int k = 0; !rc && k < dc->n_lags; k++) {
        if (dc->lag[k].switchers_mass <= 0) continue;
        rc = weigh(dc, &dc->lag[k], coef, role, on, ctx);
        if (!rc) add_lag(dc, k, on);
    }
    free(coef);
    free(on);
    free(role);
    return rc;
}
