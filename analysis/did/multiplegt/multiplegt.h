/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of did_multiplegt_dyn, in the notation of de Chaisemartin and D'Haultfoeuille (2024):
 * group g (a unit) leaves its baseline treatment D_g1 first in period F_g; effect l compares F_g -
 * 1 + l with F_g - 1. Periods are counted from 0 here. A cell is g * n_periods + t. */
#ifndef JD_DID_MULTIPLEGT_MULTIPLEGT_H
#define JD_DID_MULTIPLEGT_MULTIPLEGT_H

#include "did/base/design.h"

/** One long difference: effect l, or placebo l (from F - 1 back to F - 1 - l). */
typedef struct jd_multiplegt_lag {
    int l;
    bool placebo;
    int through, back; /* switchers are seen from F - 1 - back to F - 1 + through; 0 = need not */
    double switchers_mass; /* N_l, weights of switchers in it */
    double dose;           /* mean of |D - D_g1| at F - 1 + l */
    double cumulated;      /* mean of its sum over F ... F - 1 + l */
    int64_t n_rows, n_switchers;
} jd_multiplegt_lag_t;

/** Numbers of cells, each group with a row of its own: while switches are sought, and in the
 *  bootstrap, which leaves `treatment` to the kinds. */
typedef struct jd_multiplegt_groups {
    double *mass;       /* [cells] N_gt, 0 where there is no row, or none to be used; under
                           trends_lin of the outcomes' first differences */
    double *level_mass; /* [cells] trends_lin: N_gt of the outcomes themselves; else NULL */
    double *treatment;  /* [cells] NaN where unknown */
} jd_multiplegt_groups_t;

/** The same numbers once for all groups that have the same ones: a kind. With covariates or
 *  characteristics, which differ, each group is a kind, in the groups' order. */
typedef struct jd_multiplegt_kinds {
    int32_t n;
    int32_t *of;                           /* [n_groups] kind of a group */
    int32_t *example;                      /* [n] a group of each */
    double *mass, *level_mass, *treatment; /* [n][n_periods] */
} jd_multiplegt_kinds_t;

/** Where comparisons read: a group's row, of masses and of treatments, is the group's own or its
 *  kind's. The design is by group, then by kind; in the bootstrap, whose groups weigh as drawn,
 *  masses are by group and treatments by kind. */
typedef struct jd_multiplegt_view {
    const double *mass, *level_mass, *treatment;
    const int32_t *mass_row, *treatment_row; /* [n_groups], or NULL: a group's own */
    int32_t n_rows;                          /* of masses, and of coefficients, which lie as they */
} jd_multiplegt_view_t;

/** What the design owns. */
typedef struct jd_multiplegt {
    int32_t n_groups, n_periods, n_baselines, n_cohorts;
    int32_t never;     /* F_g of groups that never switch: a period after the last */
    bool in_order;     /* row i of the sample is cell i: none missing, none doubled */
    int32_t *baseline; /* [n_groups] code of D_g1 (and trends' group); -1 = left out */
    int32_t *first;    /* [n_groups] F_g */
    int32_t *cohort;   /* [n_groups] code of baseline, F_g and D_gF */
    int8_t *up;        /* [n_groups] 1 = treatment rises, 0 = falls */
    int32_t *cluster;  /* [n_groups] */
    int32_t *order;    /* [n_groups] groups by cluster */
    int32_t *last;     /* [n_baselines] T_g: last period in which someone has not switched */
    jd_multiplegt_groups_t groups;
    jd_multiplegt_kinds_t kinds;
    jd_multiplegt_view_t view;
    int n_lags, n_effects;
    jd_multiplegt_lag_t *lag; /* [n_lags] effects, then placebos */
    bool normalized, same_switchers, same_switchers_pl, only_never, keep_reversals, trends_lin;
    jd_switchers_t switchers;
    struct jd_multiplegt_controls *controls; /* or NULL */
    struct jd_multiplegt_het *het;           /* or NULL */
    int32_t delay;                           /* of the first period seen after a switch */
    double *weight;                          /* [n_terms][kinds][n_periods] on cells' outcomes */
} jd_multiplegt_t;

static inline size_t jd_multiplegt_cells(const jd_multiplegt_t *mg)
{
    return (size_t)mg->n_groups * (size_t)mg->n_periods;
}

/** A group's treatments [n_periods]. */
static inline const double *jd_multiplegt_path(const jd_multiplegt_t *mg, int32_t g)
{
    const int32_t *row = mg->view.treatment_row;
    return mg->view.treatment + (size_t)(row ? row[g] : g) * (size_t)mg->n_periods;
}

static inline size_t jd_multiplegt_weights_of_term(const jd_multiplegt_t *mg)
{
    return (size_t)mg->kinds.n * (size_t)mg->n_periods;
}

/** Cell of a row of the sample. */
static inline size_t jd_multiplegt_cell(const jd_multiplegt_t *mg, const jd_design_t *design,
                                        int64_t i)
{
    return (size_t)design->units.code[i] * (size_t)mg->n_periods + (size_t)design->periods.code[i];
}

/** Where a group's numbers begin in masses and coefficients. */
static inline size_t jd_multiplegt_at(const jd_multiplegt_t *mg, int32_t g)
{
    const int32_t *row = mg->view.mass_row;
    return (size_t)(row ? row[g] : g) * (size_t)mg->n_periods;
}

/** Weight of a row of the sample in its cell's mean; 0 in cells left out. */
static inline double jd_multiplegt_share(const jd_multiplegt_t *mg, const jd_design_t *design,
                                         int64_t i)
{
    const double *mass = mg->view.level_mass ? mg->view.level_mass : mg->view.mass;
    double all =
        mass[jd_multiplegt_at(mg, design->units.code[i]) + (size_t)design->periods.code[i]];
    return all > 0 ? (design->weight ? design->weight[i] : 1) / all : 0;
}

/* Views: kinds.c. */

void jd_multiplegt_view_groups(jd_multiplegt_t *mg);
/** Finds the kinds, whose numbers replace the groups', and reads these from there. */
JD_MUST_USE int jd_multiplegt_find_kinds(jd_multiplegt_t *mg, jd_ctx_t *ctx);
/** The bootstrap's. */
void jd_multiplegt_view_drawn(jd_multiplegt_t *mg);
void jd_multiplegt_free_cells(jd_multiplegt_t *mg);

/* Who switches: switchers.c. Cells, baselines, F_g, clusters and cohorts. */

JD_MUST_USE int jd_multiplegt_find_switchers(jd_multiplegt_t *mg, const jd_design_t *design,
                                             const jd_panel_t *panel, jd_ctx_t *ctx);
/** Treatment in a row of the panel, of whatever it has. */
double jd_multiplegt_treatment(const jd_panel_t *panel, int64_t row);

/* Lags: lags.c, terms.c. */

/** Whether a difference exists in cell (g, t): both outcomes are there. */
bool jd_multiplegt_seen(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag, int32_t g,
                        int32_t t);
/** The periods a difference is taken between, at t: plus and minus. */
void jd_multiplegt_ends(const jd_multiplegt_lag_t *lag, int32_t t, int32_t *plus, int32_t *minus);
/** Linear trends by group (web appendix, section 1.3): effect l is the sum of effects 1 ... l on
 * the outcome's first difference, which are its pieces; without them a lag is its only piece. */
static inline int jd_multiplegt_pieces(const jd_multiplegt_t *mg, const jd_multiplegt_lag_t *lag)
{
    return mg->trends_lin ? lag->l : 1;
}

static inline jd_multiplegt_lag_t jd_multiplegt_piece(const jd_multiplegt_t *mg,
                                                      const jd_multiplegt_lag_t *lag, int j)
{
    return (jd_multiplegt_lag_t){.l = mg->trends_lin ? j + 1 : lag->l,
                                 .placebo = lag->placebo,
                                 .through = lag->through,
                                 .back = lag->back};
}

/** Means [cells] become their first differences where there are some, under trends_lin alone. */
void jd_multiplegt_difference(const jd_multiplegt_t *mg, double *mean);
/** Leaves out cells of periods in which all of a baseline have switched; then the last period there
 * is sets F_g of those that never switch. JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_multiplegt_leave_uncontrolled(jd_multiplegt_t *mg, jd_ctx_t *ctx);
/** T_g, S_g where treatments may cross their baseline, and the weights of first differences. After
 * it both may be called again, outcomes' weights being made less. */
void jd_multiplegt_close(jd_multiplegt_t *mg);
void jd_multiplegt_leave_group(jd_multiplegt_t *mg, int32_t g);
/** D_g1. */
double jd_multiplegt_base(const jd_multiplegt_t *mg, int32_t g);
/** Weights of a piece's differences: coef [view.n_rows][n_periods], of switchers
 * N_gt / N_l (negative where treatment falls), of controls what sets them against these; role
 * [cells] 1 switcher, 2 control, 0 neither. Fills its counts and doses. JD_ERR_NO_MEMORY. */
JD_MUST_USE int jd_multiplegt_compare(const jd_multiplegt_t *mg, jd_multiplegt_lag_t *lag,
                                      double *coef, unsigned char *role, jd_ctx_t *ctx);
/** Term of the k-th lag, -1 if it has no switchers. */
int jd_multiplegt_term(const jd_multiplegt_t *mg, int k);
/** Weight of the k-th lag in the overall effect, per unit of treatment; 0 for placebos. */
double jd_multiplegt_overall_weight(const jd_multiplegt_t *mg, int k);
/** How many effects and placebos there can be, of as many as are requested. */
void jd_multiplegt_reach(const jd_multiplegt_t *mg, int64_t *effects, int64_t *placebos);
/** Effect or placebo l of so many, and how long its switchers are followed. */
jd_multiplegt_lag_t jd_multiplegt_lag(const jd_multiplegt_t *mg, int l, bool placebo, int effects,
                                      int placebos);
/** The difference a piece takes of means [cells] in a cell, less what covariates explain by theta
 * (or NULL). */
double jd_multiplegt_change(const jd_multiplegt_t *mg, const double *mean, const double *theta,
                            const jd_multiplegt_lag_t *piece, size_t cell);
/** Weights [kinds][n_periods] of what differences are taken of become those of outcomes:
 * trends_lin. */
void jd_multiplegt_of_outcomes(const jd_multiplegt_t *mg, double *on);
/** Chooses the lags that can be told, and makes terms and weights. */
JD_MUST_USE int jd_multiplegt_terms(jd_design_t *design, jd_multiplegt_t *mg,
                                    const jd_did_options_t *options, jd_ctx_t *ctx);
/** Mean outcomes [cells] of y [rows of the sample]: y itself where these are the cells, else *own,
 *  to be freed; with `differences`, under trends_lin, their first differences. */
JD_MUST_USE int jd_multiplegt_means(const jd_design_t *design, const double *y, bool differences,
                                    const double **mean, double **own, jd_ctx_t *ctx);

JD_MUST_USE int jd_multiplegt_estimate(const jd_design_t *design, const double *const *y, int n_y,
                                       double *estimate, jd_ctx_t *ctx);
void jd_multiplegt_weights(const jd_design_t *design, int term, double *w);
JD_MUST_USE int jd_multiplegt_infer(const jd_design_t *design, const double *y,
                                    const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);
/** fit->vcov and fit->facts by resampling, means [cells] given. Cost: a draw is O(cells x pieces);
 * draws are shared out to threads and do not depend on them. */
JD_MUST_USE int jd_multiplegt_bootstrap(const jd_design_t *design, const double *mean,
                                        const jd_vcov_options_t *options, jd_fit_t *fit,
                                        jd_ctx_t *ctx);

#endif
