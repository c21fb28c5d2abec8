/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The exact bias split of an estimator L, where both worlds are known: Y1 with the policy, Y0
 *  without, tau = Y1 - Y0. For each effect term of a linear L
 *
 *      L(Y1_obs) - ATT = [L(Y1_obs) - L(Y1)]      measurement
 *                      + L(Y0)                    trends and chance
 *                      + [L(tau post) - theta]    weights
 *                      + [theta - ATT]            target: rows the estimator leaves out
 *                      + L(tau ann)               anticipation
 *                      + L(tau pre) + L(tau never) + L(tau other)   spillover by kind of cell
 *
 *  ("tau post" = tau in post cells, 0 elsewhere), and against the average direct effect
 *
 *      L(Y1) - ADE = L(Y0) + [L(dir post) - ADE] + L(dir ann) + L(sp),   sp = tau - direct.
 *
 *  It holds for any linear L; it says what the estimate is made of, whatever its assumptions. The
 *  other classes (jd_estimator_class_t) have the same parts:
 *  - frozen: L above is applied with the weights the estimator finds in Y1. Those found in Y0 give
 *    another L(Y0): the difference is a part of its own, the weights' response to the policy.
 *  - not linear: cells are switched from Y0 to Y1 by kind, in the order post, ann, pre, never,
 *    other; L(tau of a kind) is the estimate after the switch less the one before. Against the ADE
 *    the order is direct post, direct ann, all the rest. */
#ifndef JIEDAO_SPLIT_H
#define JIEDAO_SPLIT_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** Kinds of cells: treated; announced, not adopted; will be treated, not announced; never treated;
 *  not targeted, in a place that is treated sometime (displaced or crowded, so never "never"). */
typedef enum jd_cell {
    JD_CELL_POST,
    JD_CELL_ANN,
    JD_CELL_PRE,
    JD_CELL_NEVER,
    JD_CELL_OTHER
} jd_cell_t;

/** One replicate's outcomes, over all rows of the panel; borrowed. */
typedef struct jd_split_input {
    const double *y1_obs; /**< as recorded */
    const double *y1;     /**< true, with the policy */
    const double *y0;     /**< true, without */
    const int8_t *cell;   /**< jd_cell_t */
    const double *direct; /**< effect of the unit's own policy, or NULL: no split against the ADE */
    const double *weight; /**< of the panel: means are weighted; NULL = 1 */
    const double *dose;   /**< of the panel, where the target is an effect per dose; else NULL */
} jd_split_input_t;

/** Parts of one term's bias. The targets are what the estimator's jd_target_t says, a mean of tau
 *  for most. For an event-time term they are over its own event times, 0 for leads. A target
 * without a cell to average over is NaN, and so are the parts that use it.
 */
typedef struct jd_split {
    double estimate; /**< L(Y1_obs) */
    double att;      /**< mean tau over post cells of the panel (weight > 0) */
    double theta;    /**< the same over the estimator's rows */
    double measurement, trends, weights, target, anticipation, spillover_pre, spillover_never;
    double residual; /**< estimate - att - all parts: rounding, nothing else */
    double scale;    /**< |L(Y1)| + sum of |parts|: residual is about 1e-12 of it, or less */
    double ade;      /**< mean direct effect over the estimator's post cells; NaN without direct */
    /** With trends, response: L(Y1) - ADE. NaN too where y0 + direct is no outcome the estimator
     * takes, as a negative one in Poisson. */
    double ade_weights, ade_anticipation, ade_spillover;
    double ade_residual;
    double spillover_other; /**< on the untargeted in treated places; 0 where there are none */
    double response; /**< frozen: what the policy's effect on the weights does to L(Y0); else 0 */
} jd_split_t;

/** Splits the bias of every effect term (terms of kind JD_TERM_OTHER or _PART are passed over;
 * effect terms come first). split [n_terms], out; *n_split = how many were filled. Errors:
 * JD_ERR_DATA (cell kind out of range, outcome not finite), JD_ERR_ARGUMENT (a dose is needed), and
 * those of estimating. Source: model-equations, section "The bias split". Cost: estimates of at
 * most eleven outcomes, equal ones once; memory: eight columns, and one a term for frozen weights.
 */
JD_API JD_MUST_USE int jd_split_bias(const jd_design_t *design, const jd_split_input_t *input,
                                     jd_split_t *split, int *n_split, jd_ctx_t *ctx);

JD_END_DECLS

#endif
