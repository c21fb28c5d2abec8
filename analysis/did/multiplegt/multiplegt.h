/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of did_multiplegt_dyn, in the notation of de Chaisemartin and D'Haultfoeuille (2024):
 * group g (a unit) leaves its baseline treatment D_g1 first in period F_g; effect l compares F_g -
 * 1 + l with F_g - 1. Periods are counted from 0 here. A cell is g * n_periods + t. */
#ifndef JD_DID_MULTIPLEGT_MULTIPLEGT_H
#define JD_DID_MULTIPLEGT_MULTIPLEGT_H

#include "did/base/design.h"

/** One long difference: effect l, or placebo l (from F - 1 back to F - 1 - l). */
typedef struct jd_dcdh_lag {
    int l, placebo;
    int through, back; /* switchers are seen from F - 1 - back to F - 1 + through; 0 = need not */
    double switchers_mass; /* N_l, weights of switchers in it */
    double dose;           /* mean of |D - D_g1| at F - 1 + l */
    double cumulated;      /* mean of its sum over F ... F - 1 + l */
    int64_t n_rows, n_switchers;
} jd_dcdh_lag_t;

/** What the design owns. */
typedef struct jd_dcdh {
    int32_t n_groups, n_periods, n_baselines, n_cohorts;
    int32_t never;     /* F_g of groups that never switch: a period after the last */
    int in_order;      /* row i of the sample is cell i: none missing, none doubled */
    double *mass;      /* [cells] N_gt, 0 where there is no row, or none to be used; once kinds are
                          found [n_kinds][n_periods], which is by cells too where there are
                          covariates or characteristics; resampled [cells] */
    double *d;         /* [cells], then [n_kinds][n_periods]: treatment, NaN where unknown */
    int32_t *baseline; /* [n_groups] code of D_g1 (and trends' group); -1 = left out */
    int32_t *first;    /* [n_groups] F_g */
    int32_t *cohort;   /* [n_groups] code of baseline, F_g and D_gF */
    int8_t *up;        /* [n_groups] 1 = treatment rises, 0 = falls */
    int32_t *cluster;  /* [n_groups] */
    int32_t *order;    /* [n_groups] groups by cluster */
    int32_t *last;     /* [n_baselines] T_g: last period in which someone has not switched */
    int n_lags, n_effects;
    jd_dcdh_lag_t *lag; /* [n_lags] effects, then placebos */
    int normalized, same_switchers, same_switchers_pl, only_never, keep_reversals, trends_lin;
    jd_switchers_t switchers;
    double *level_mass; /* likewise; trends_lin: N_gt of outcomes, while mass is that of their first
                           differences; else NULL */
    struct jd_dcdh_controls *controls; /* or NULL */
    struct jd_dcdh_het *het;           /* or NULL */
    int32_t n_kinds;                   /* groups of the same treatments and weights on outcomes */
    int32_t *kind;                     /* [n_groups]; NULL before they are found */
    int32_t delay;                     /* of the first period seen after a switch: jd_delay_add() */
    int resampled;                     /* groups weigh as drawn, each for itself */
    int32_t *example;                  /* [n_kinds] a group of each; all, if covariates or
                                          characteristics tell them apart */
    double *weight;                    /* [n_terms][n_kinds][n_periods] on the cells' outcomes */
} jd_dcdh_t;

static inline size_t jd_dcdh_cells(const jd_dcdh_t *dc)
{
    return (size_t)dc->n_groups * (size_t)dc->n_periods;
}

/** A group's treatments [n_periods]. */
static inline double *jd_dcdh_path(const jd_dcdh_t *dc, int32_t g)
{
    return dc->d + (size_t)(dc->kind ? dc->kind[g] : g) * (size_t)dc->n_periods;
}

static inline size_t jd_dcdh_weights_of_term(const jd_dcdh_t *dc)
{
    return (size_t)dc->n_kinds * (size_t)dc->n_periods;
}

/** Cell of a row of the sample. */
static inline size_t jd_dcdh_cell(const jd_dcdh_t *dc, const jd_design_t *design, int64_t i)
{
    return (size_t)design->units.code[i] * (size_t)dc->n_periods + (size_t)design->periods.code[i];
}

/** Where a group's numbers begin in masses and coefficients. */
static inline size_t jd_dcdh_at(const jd_dcdh_t *dc, int32_t g)
{
    return (size_t)(dc->resampled || !dc->kind ? g : dc->kind[g]) * (size_t)dc->n_periods;
}

/** Weight of a row of the sample in its cell's mean; 0 in cells left out. */
static inline double jd_dcdh_share(const jd_dcdh_t *dc, const jd_design_t *design, int64_t i)
{
    const double *mass = dc->level_mass ? dc->level_mass : dc->mass;
    double all = mass[jd_dcdh_at(dc, design->units.code[i]) + (size_t)design->periods.code[i]];
    return all > 0 ? (design->weight ? design->weight[i] : 1) / all : 0;
}

/** Whether a difference exists in cell (g, t): both outcomes are there. */
int jd_dcdh_seen(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, int32_t g, int32_t t);
/** The periods a difference is taken between, at t: plus and minus. */
void jd_dcdh_ends(const jd_dcdh_lag_t *lag, int32_t t, int32_t *plus, int32_t *minus);
/** Linear trends by group (web appendix, section 1.3): effect l is the sum of effects 1 ... l on
 * the outcome's first difference, which are its pieces; without them a lag is its only piece. */
static inline int jd_dcdh_pieces(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag)
{
    return dc->trends_lin ? lag->l : 1;
}

static inline jd_dcdh_lag_t jd_dcdh_piece(const jd_dcdh_t *dc, const jd_dcdh_lag_t *lag, int j)
{
    return (jd_dcdh_lag_t){.l = dc->trends_lin ? j + 1 : lag->l,
                           .placebo = lag->placebo,
                           .through = lag->through,
                           .back = lag->back};
}

/** Means [cells] become their first differences where there are some, under trends_lin alone. */
void jd_dcdh_difference(const jd_dcdh_t *dc, double *mean);
/** Leaves out cells of periods in which all of a baseline have switched; then the last period there
 * is sets F_g of those that never switch. JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_dcdh_leave_uncontrolled(jd_dcdh_t *dc, jd_ctx_t *ctx);
/** T_g, S_g where treatments may cross their baseline, and the weights of first differences. After
 * it both may be called again, outcomes' weights being made less. */
void jd_dcdh_close(jd_dcdh_t *dc);
void jd_dcdh_leave_group(jd_dcdh_t *dc, int32_t g);
/** D_g1. */
double jd_dcdh_base(const jd_dcdh_t *dc, int32_t g);
/** Weights of a piece's differences: coef [n_kinds][n_periods], resampled [cells], of switchers
 * N_gt / N_l (negative where treatment falls), of controls what sets them against these; role
 * [cells] 1 switcher, 2 control, 0 neither. Fills its counts and doses. JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_dcdh_compare(const jd_dcdh_t *dc, jd_dcdh_lag_t *lag, double *coef,
                                unsigned char *role, jd_ctx_t *ctx);
/** How many effects and placebos there can be, of as many as are asked for. */
void jd_dcdh_reach(const jd_dcdh_t *dc, int64_t *effects, int64_t *placebos);
/** Effect or placebo l of so many, and how long its switchers are followed. */
jd_dcdh_lag_t jd_dcdh_lag(const jd_dcdh_t *dc, int l, int placebo, int effects, int placebos);
/** The difference a piece takes of means [cells] in a cell, less what covariates explain by theta
 * (or NULL). */
double jd_dcdh_change(const jd_dcdh_t *dc, const double *mean, const double *theta,
                      const jd_dcdh_lag_t *piece, size_t cell);
/** Weights [n_kinds][n_periods] of what differences are taken of become those of outcomes:
 * trends_lin. */
void jd_dcdh_of_outcomes(const jd_dcdh_t *dc, double *on);
/** Chooses the lags that can be told, and makes terms and weights. */
JD_MUST_USE int jd_dcdh_terms(jd_design_t *design, jd_dcdh_t *dc, const jd_did_options_t *options,
                              jd_ctx_t *ctx);
/** Mean outcomes [cells] of y [rows of the sample]: y itself where these are the cells, else *own,
 * to be freed; with `differences`, under trends_lin, their first differences. NULL without memory.
 */
const double *jd_dcdh_means(const jd_design_t *design, const double *y, int differences,
                            double **own);

JD_MUST_USE int jd_dcdh_estimate(const jd_design_t *design, const double *const *y, int n_y,
                                 double *estimate, jd_ctx_t *ctx);
void jd_dcdh_weights(const jd_design_t *design, int term, double *w);
JD_MUST_USE int jd_dcdh_infer(const jd_design_t *design, const double *y,
                              const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);
/** fit->vcov and fit->facts by resampling, means [cells] given. Cost: a draw is O(cells x pieces);
 * draws are shared out to threads and do not depend on them. */
JD_MUST_USE int jd_dcdh_bootstrap(const jd_design_t *design, const double *mean,
                                  const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
