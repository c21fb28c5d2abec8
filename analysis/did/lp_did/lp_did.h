/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of lp_did: a regression a horizon, on observations made of several rows each. */
#ifndef JD_DID_LP_DID_LP_DID_H
#define JD_DID_LP_DID_LP_DID_H

#include "did/base/row_weights.h"

/** One regression: outcomes of horizons from ... to, averaged, against the base. */
typedef struct jd_lp_horizon {
    int32_t from, to;
    int32_t clean; /* controls are untreated until t + clean */
    double share;  /* in "att" */
} jd_lp_horizon_t;

/** What the design owns. */
typedef struct jd_lp {
    int32_t n_units, n_periods;
    int32_t *at;    /* [n_units][n_periods] row of the sample, -1 = none */
    int32_t *first; /* [n_units] period of adoption, n_periods = never here */
    int n_horizons, pooled;
    jd_lp_horizon_t *horizon; /* [n_horizons] that of term k is k - 1, or k if pooled */
    int32_t first_h, last_h;  /* of all */
    int32_t delay;            /* of the first period seen after adoption: jd_delay_add() */
    int32_t premean;          /* periods in the base, n_periods = all */
    int reweight, not_yet, no_composition, cell_mean;
    int32_t stable;  /* periods after a change from which effects stay as they are; 0 = treatment
                        does not end */
    int8_t *on;      /* [n_units][n_periods] if stable: treatment, as last seen */
    int32_t *change; /* likewise: period of its last change until then; negative = none */
    int n_x;
    double *x;       /* [n_x][rows of the sample] */
    double *on_rows; /* [n_terms][rows of the sample] weights on outcomes */
} jd_lp_t;

/** A horizon's observations and their regression. */
typedef struct jd_lp_projection {
    int64_t n;
    int32_t *unit, *time, *treated;
    double *weight;
    jd_groups_t clusters;
    jd_effects_t *effects;
    jd_regression_t regression;
} jd_lp_projection_t;

static inline int32_t jd_lp_row(const jd_lp_t *lp, int32_t u, int64_t t)
{
    return t < 0 || t >= lp->n_periods ? -1 : lp->at[(int64_t)u * lp->n_periods + t];
}

/** Treatment paths for `stable`: a change shows in the first period seen after it. */
JD_MUST_USE int jd_lp_paths_make(jd_lp_t *lp, const int8_t *treated, jd_ctx_t *ctx);

/** A horizon's regression, factored; p->n = 0 where there is nothing to compare. Free it after an
 *  error too. */
JD_MUST_USE int jd_lp_projection_make(jd_lp_projection_t *p, const jd_lp_t *lp,
                                      const jd_design_t *design, const jd_lp_horizon_t *h,
                                      jd_ctx_t *ctx);
void jd_lp_projection_free(jd_lp_projection_t *p);

/** Reads an observation's outcome, or spreads a weight on it over its rows. */
typedef struct jd_lp_visit {
    const double *y; /* read into value, or */
    double *w;       /* weights are added here, times value */
    double value;
} jd_lp_visit_t;

void jd_lp_visit(const jd_lp_t *lp, const jd_lp_horizon_t *h, int32_t u, int32_t t,
                 jd_lp_visit_t *v);

#endif
