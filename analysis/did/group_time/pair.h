/* SPDX-License-Identifier: GPL-3.0-or-later */
/** One comparison of treated and controls, before and after, given covariates: outcome regression,
 *  inverse propensities, and both (Sant'Anna, Zhao 2020, J. Econometrics 219; Abadie 2005).
 *
 *  With s the sides (2: rows before and after of a repeated cross-section; 1: changes of units),
 * all methods are  sum_s +- [ treated_s - control_s ],
 *
 *      reg   mean_T_s y      -  m'b_s                          m = mean of x over the treated
 *      ipw   mean_T_s y      -  mean^h_s y                     h = w p / (1 - p) over the controls
 *      dr    mean_T_s y      -  m'b_s - mean^h_s (y - x'b_s)   (1 side; eqs. 2.5, 2.6)
 *      dr    m'a_s           -  m'b_s - mean^h_s (y - x'b_s)   (2 sides; eq. 2.13)
 *
 *  b, a least squares on controls and treated of a side: linear in y, given the propensities. */
#ifndef JD_DID_GROUP_TIME_PAIR_H
#define JD_DID_GROUP_TIME_PAIR_H

#include "jiedao/did.h"

/** Rows sorted into segments: treated of side 0 (and 1), controls of side 0 (and 1). */
typedef struct jd_pair {
    int k;            /**< columns of x, the first all ones */
    int n_sides;      /**< 1 or 2 */
    int64_t start[5]; /**< first row of segment d * n_sides + side, d = 1 for controls; end last */
    double *x;        /**< [n][k] */
    double *w;        /**< [n] > 0 */
    double *y;        /**< [n] outcomes, or changes; not read by prepare */
    double *odds;     /**< [n] out: p / (1 - p); filled by jd_pair_odds() */
} jd_pair_t;

static inline int64_t jd_pair_rows(const jd_pair_t *pair)
{
    return pair->start[pair->n_sides == 2 ? 4 : 2];
}

/** Why a comparison cannot be made. */
typedef enum jd_pair_trouble {
    JD_PAIR_FINE,
    JD_PAIR_NO_OVERLAP, /**< some propensity is (nearly) 1, or the logit does not converge */
    JD_PAIR_CONTROLS,   /**< controls of a side do not identify the regression */
    JD_PAIR_TREATED     /**< nor do the treated, where they have one of their own */
} jd_pair_trouble_t;

/** How a comparison is made. */
typedef struct jd_pair_how {
    jd_method_t method;
    bool drdid_sign; /**< see jd_did_options_t */
    double overlap;  /**< propensities reach this nowhere; 1 = no bound */
} jd_pair_how_t;

/** All the outcome does not enter. Zero it first. */
typedef struct jd_pair_fit {
    jd_method_t method;
    int k, n_sides;
    unsigned char *kept;   /* [k] covariates that are not collinear here; owned, with: */
    unsigned char *curved; /* [k] columns of hessian that are not flat */
    double *gamma;         /* [k] log odds; the start of one block, owned */
    double *hessian;       /* [k][k] Cholesky factor of the logit's */
    double *gram[4];       /* [k][k] per segment, factors; those not needed are not filled */
    double *mean;          /* [k] m */
    double *slope[4];      /* [k] with level and by_odds: a row's weight on y is
                              w (level + odds by_odds + x'slope), improved: w odds (by_odds + x'slope) */
    double level[4], by_odds[4];
    double *used[2]; /* [k] as the controls' slopes, in their influence: elsewhere the same */
    double mass[4], odds_mass[2]; /* sums of w by segment, of w odds by side of the controls */
    double treated_mass, side_mass[2];
    int64_t n_trimmed; /* controls of propensity >= 0.995, which get no weight */
} jd_pair_fit_t;

/** Fits propensities and factors regressions. Errors: JD_ERR_NO_MEMORY; *trouble otherwise. Cost:
 *  O(n k^2) a Newton step. */
JD_MUST_USE int jd_pair_prepare(jd_pair_fit_t *fit, jd_pair_t *pair, const jd_pair_how_t *how,
                                jd_pair_trouble_t *trouble, jd_ctx_t *ctx);
void jd_pair_free(jd_pair_fit_t *fit);

/** Odds of all rows. */
void jd_pair_odds(const jd_pair_fit_t *fit, jd_pair_t *pair);
/** The weights on y [n]; odds as above. */
void jd_pair_weights(const jd_pair_fit_t *fit, const jd_pair_t *pair, double *omega);
/** Influences [n] of the rows on the effect `att`: its derivative in a row's weight, times the
 *  weight; they add up to 0. `room` [8 k] scratch. JD_METHOD_IMPROVED leaves out what estimating
 *  propensities and regressions adds: nothing to first order, by its choice of both. */
void jd_pair_influence(const jd_pair_fit_t *fit, const jd_pair_t *pair, double att, double *room,
                       double *influence);

#endif
