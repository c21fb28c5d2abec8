/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn's terms: which effects and placebos can be identified, and their weights on
 * outcomes. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/controls.h"
#include "did/multiplegt/het.h"

/* Effect 1 is event time 0, placebo 1 is -2: the last period before the switch is the base. */
static int choose_lags(jd_multiplegt_t *mg, const jd_did_options_t *options, jd_ctx_t *ctx)
{
    int64_t effects = (int64_t)options->event_last + 1 - mg->delay,
            placebos = -1 - (int64_t)options->event_first;
    if (options->event_first > 0) return jd_fail_window("did_multiplegt_dyn", options, ctx);
    if (effects < 1)
        return jd_fail(ctx, JD_ERR_ARGUMENT,
                       "did_multiplegt_dyn: event_last = %d; at least event time 0 is estimated",
                       options->event_last);
    if (placebos < 0) placebos = 0;
    jd_multiplegt_reach(mg, &effects, &placebos);
    if (effects == 0)
        return jd_fail(
            ctx, JD_ERR_NO_CONTROLS,
            "did_multiplegt_dyn: no unit changes its treatment (in the direction requested) while "
            "another with the same treatment in its first period has not "
            "changed it yet");
    if (jd_make_n(&mg->lag, (size_t)(effects + placebos), sizeof *mg->lag, "the effects", ctx))
        return JD_ERR_NO_MEMORY;
    mg->n_effects = (int)effects;
    mg->n_lags = (int)(effects + placebos);
    for (int k = 0; k < mg->n_lags; k++) {
        const bool placebo = k >= mg->n_effects;
        int l = placebo ? k - mg->n_effects + 1 : k + 1;
        mg->lag[k] = jd_multiplegt_lag(mg, l, placebo, (int)effects, (int)placebos);
    }
    return JD_OK;
}

/* Adds the weights on cells of a piece whose coefficients are given: those of each kind. */
static void spread(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, const double *coef,
                   double *on)
{
    size_t n_t = (size_t)mg->n_periods;
    for (int32_t q = 0; q < mg->kinds.n; q++) {
        const double *from = coef + (size_t)q * n_t;
        double *to = on + (size_t)q * n_t;
        for (int32_t t = 0; t < mg->n_periods; t++) {
            if (from[t] == 0) continue;
            int32_t plus, minus;
            jd_multiplegt_ends(lag, t, &plus, &minus);
            to[plus] += from[t];
            to[minus] -= from[t];
        }
    }
}

/* What a lag is divided by. */
static double divisor(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag)
{
    return mg->normalized ? lag->cumulated : 1;
}

/* The term of a lag, -1 if it has no switcher: overall, placebos from the farthest, effects. */
int jd_multiplegt_term(const jd_multiplegt_t *mg, int k)
{
    int term = 1;
    if (mg->lag[k].switchers_mass <= 0) return -1;
    for (int j = 0; j < mg->n_lags; j++)
        if (mg->lag[j].switchers_mass > 0)
            term += mg->lag[k].placebo ? mg->lag[j].placebo && j > k : mg->lag[j].placebo || j < k;
    return term;
}

double jd_multiplegt_overall_weight(const jd_multiplegt_t *mg, int k)
{
    double doses = 0;
    for (int j = 0; j < mg->n_effects; j++)
        doses += mg->lag[j].switchers_mass * mg->lag[j].dose;
    return k < mg->n_effects ? mg->lag[k].switchers_mass / doses : 0;
}

/* Adds a lag's weights to its own term and to the overall one. */
static void add_lag(jd_multiplegt_t *mg, int k, const double *on)
{
    size_t n = jd_multiplegt_weights_of_term(mg);
    double overall = jd_multiplegt_overall_weight(mg, k), by = 1 / divisor(mg, &mg->lag[k]);
    double *w = mg->weight + (size_t)jd_multiplegt_term(mg, k) * n;
    for (size_t i = 0; i < n; i++) {
        w[i] = by * on[i];
        mg->weight[i] += overall * on[i];
    }
}

static int allocate_terms(jd_design_t *design, jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    int n = 1, effects = 0, het = 0;
    for (int k = 0; k < mg->n_lags; k++) {
        n += mg->lag[k].switchers_mass > 0;
        effects += k < mg->n_effects && mg->lag[k].switchers_mass > 0;
    }
    if (effects == 0)
        return jd_fail(ctx, JD_ERR_NO_CONTROLS,
                       "did_multiplegt_dyn: no unit that changes its treatment is seen with "
                       "controls in the periods requested");
    int rc = mg->het ? jd_multiplegt_het_plan(mg, &het, ctx) : JD_OK;
    if (rc) return rc;
    size_t terms = (size_t)n + (size_t)het, cells = terms * jd_multiplegt_weights_of_term(mg);
    rc = jd_make_n(&design->terms, terms, sizeof *design->terms, "weights on outcomes", ctx);
    if (!rc) rc = jd_make_n(&mg->weight, cells, sizeof *mg->weight, "weights on outcomes", ctx);
    if (rc) return rc;
    design->facts.n_terms = n + het;
    design->terms[0] = jd_term_overall("att");
    for (int k = 0; k < mg->n_lags; k++)
        if (mg->lag[k].switchers_mass > 0)
            design->terms[jd_multiplegt_term(mg, k)] = jd_term_event(
                mg->lag[k].placebo ? -1 - mg->lag[k].l : jd_delayed(mg->delay, mg->lag[k].l - 1));
    return mg->het ? jd_multiplegt_het_fill(design, mg, n, ctx) : JD_OK;
}

/* Counts, doses and weights of a lag; a sum lacks its switchers where a piece lacks them. */
static int measure(const jd_multiplegt_t *mg, jd_multiplegt_lag_t *lag, double *coef,
                   unsigned char *role, jd_ctx_t *ctx)
{
    int rc = jd_multiplegt_compare(mg, lag, coef, role, ctx);
    for (int j = 0; !rc && j < jd_multiplegt_pieces(mg, lag) - 1; j++) {
        jd_multiplegt_lag_t piece = jd_multiplegt_piece(mg, lag, j);
        rc = jd_multiplegt_compare(mg, &piece, coef, role, ctx);
        if (piece.switchers_mass <= 0) lag->switchers_mass = 0;
    }
    return rc;
}

void jd_multiplegt_of_outcomes(const jd_multiplegt_t *mg, double *on)
{
    for (size_t c = 0; mg->trends_lin && c + 1 < jd_multiplegt_weights_of_term(mg); c++)
        if ((c + 1) % (size_t)mg->n_periods > 0) on[c] -= on[c + 1];
}

/* A lag's weights `on` [n_kinds][n_periods] of outcomes. */
static int weigh(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, double *coef,
                 unsigned char *role, double *on, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    memset(on, 0, jd_multiplegt_weights_of_term(mg) * sizeof *on);
    for (int j = 0; !rc && j < jd_multiplegt_pieces(mg, lag); j++) {
        jd_multiplegt_lag_t piece = jd_multiplegt_piece(mg, lag, j);
        rc = jd_multiplegt_compare(mg, &piece, coef, role, ctx);
        if (rc) break;
        spread(mg, &piece, coef, on);
        if (mg->controls) jd_multiplegt_controls_weights(mg, &piece, coef, on);
    }
    jd_multiplegt_of_outcomes(mg, on);
    return rc;
}

int jd_multiplegt_terms(jd_design_t *design, jd_multiplegt_t *mg, const jd_did_options_t *options,
                        jd_ctx_t *ctx)
{
    int rc = choose_lags(mg, options, ctx);
    if (rc) return rc;
    size_t cells = jd_multiplegt_cells(mg);
    size_t weights = jd_multiplegt_weights_of_term(mg);
    double *coef, *on = NULL;
    unsigned char *role = NULL;
    rc = jd_make_n(&coef, weights, sizeof *coef, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&on, weights, sizeof *on, "comparisons", ctx);
    if (!rc) rc = jd_make_n(&role, cells, 1, "comparisons", ctx);
    for (int k = 0; !rc && k < mg->n_lags; k++)
        rc = measure(mg, &mg->lag[k], coef, role, ctx);
    if (!rc) rc = allocate_terms(design, mg, ctx);
    for (int k = 0; !rc && k < mg->n_lags; k++) {
        if (mg->lag[k].switchers_mass <= 0) continue;
        rc = weigh(mg, &mg->lag[k], coef, role, on, ctx);
        if (!rc) add_lag(mg, k, on);
    }
    free(coef);
    free(on);
    free(role);
    return rc;
}
