/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inside of synthetic DID, synthetic control and DID on the same blocks: a balanced panel as a
 *  matrix of units by periods, one block a cohort: its units, all controls, and two sets of weights
 *  on the simplex. */
#ifndef JD_DID_SYNTHETIC_SYNTHETIC_H
#define JD_DID_SYNTHETIC_SYNTHETIC_H

#include "did/imputation/stage.h"

/** Minimises |A w - b|^2 + ridge |w|^2 over w >= 0, sum w = 1, to rounding: A is a [n][m] (n
 *  contiguous columns of m rows). Directions in which columns do not differ get
 *  nothing: of several optima one of small norm.
 *  Semismooth Newton on the active set (Hintermueller, Ito, Kunisch 2002), and where that cycles
 *  the active-set method of Lawson and Hanson (1974, ch. 23). Each step solves the free weights'
 *  problem by QR. Cost a step: O(k m min(k, m)) with k free weights, a handful of steps.
 *  Errors: JD_ERR_NO_MEMORY, JD_ERR_NO_CONVERGENCE. */
JD_MUST_USE int jd_simplex_solve(const double *a, const double *b, int m, int n, double ridge,
                                 double *w, jd_ctx_t *ctx);

/** Whether no other weights give the A w that w [n] gives: columns with weight are independent under
 *  their sum, and no mixture of the others lies in their span. Columns of about 1 in size. */
JD_MUST_USE int jd_simplex_is_unique(const double *a, int m, int n, const double *w, int *unique,
                                     jd_ctx_t *ctx);

/** The R package synthdid's search for the same weights from `w` on: Frank-Wolfe steps until the
 *  objective per row falls by less than decrease^2, or max_steps. zeta^2 m is the ridge. */
JD_MUST_USE int jd_simplex_frank_wolfe(const double *a, const double *b, int m, int n, double zeta,
                                       double decrease, int max_steps, double *w, jd_ctx_t *ctx);

/** Which weights are found in the data. */
typedef enum jd_synthetic_kind {
    JD_SYNTHETIC_DID,
    JD_SYNTHETIC_CONTROL,
    JD_SYNTHETIC_UNIFORM /* neither: plain difference in differences */
} jd_synthetic_kind_t;

/** A cohort. */
typedef struct jd_block {
    int32_t cohort;
    int32_t n_pre;    /* periods before adoption less anticipation */
    int32_t n_before; /* periods before adoption */
} jd_block_t;

/** What the design owns. Units are numbered: controls, then each cohort's. */
typedef struct jd_synthetic {
    jd_synthetic_kind_t kind;
    int frank_wolfe; /* the package's weights, not the optimum */
    int32_t n_units, n_periods, n_controls, n_blocks;
    int n_terms;
    int32_t *cell;    /* [n_units][n_periods] row of the sample */
    int32_t *unit;    /* [n_units] the panel's code */
    int32_t *cluster; /* [n_units]; -1 where a unit lies in several */
    int32_t *period;  /* [n_periods] */
    int32_t *start;   /* [n_blocks + 1] first unit of each block */
    jd_block_t *block;
    int has_overall;        /* term 0 is the mean over all treated cells */
    int32_t *term;          /* [n_blocks][n_periods] the other term a cell counts under; -1 none */
    jd_first_stage_t stage; /* of the covariates, fitted to untreated rows; n = 0: none */
} jd_synthetic_t;

/** Units that take part in an estimate: the sample's, or some drawn from them. */
typedef struct jd_synthetic_who {
    int32_t n_controls;
    int32_t *control; /* [n_controls] units, repeats allowed */
    int32_t *treated; /* [start[n_blocks]] */
    int32_t *start;   /* [n_blocks + 1] */
} jd_synthetic_who_t;

/** Weights of all blocks. */
typedef struct jd_block_weights {
    double *omega;  /* [n_blocks][controls] */
    double *lambda; /* [n_blocks][n_periods], 0 from n_pre on */
    double *zeta;   /* [n_blocks][3] of omega, of lambda; noise */
} jd_block_weights_t;

/** Room for `most` controls. */
JD_MUST_USE int jd_block_weights_init(jd_block_weights_t *weights, const jd_synthetic_t *s,
                                      size_t most, jd_ctx_t *ctx);
void jd_block_weights_free(jd_block_weights_t *weights);

/** Everyone, with room for `most` controls and treated units. One block: free(who->control). */
JD_MUST_USE int jd_synthetic_everyone(const jd_synthetic_t *s, size_t most, jd_synthetic_who_t *who,
                                      jd_ctx_t *ctx);

/** The matrix of outcomes [n_units][n_periods] less covariates' part; y of the design's rows. */
JD_MUST_USE int jd_synthetic_outcomes(const jd_synthetic_t *s, const double *y, double *matrix,
                                      jd_ctx_t *ctx);

/** Finds the weights: zeta too where `find_zeta`. omega and lambda are where Frank-Wolfe starts. */
JD_MUST_USE int jd_synthetic_weigh(const jd_synthetic_t *s, const jd_synthetic_who_t *who,
                                   const double *matrix, int find_zeta, jd_block_weights_t *weights,
                                   jd_ctx_t *ctx);

/** Sums over a block's units: treated ones, and controls times omega. */
typedef struct jd_block_sums {
    double *treated, *control; /* [n_periods] */
    double n_treated, omega;
} jd_block_sums_t;

/** All blocks' sums, 0; one block of memory: free(*sums). */
JD_MUST_USE int jd_block_sums_init(jd_block_sums_t **sums, const jd_synthetic_t *s, jd_ctx_t *ctx);
/** Adds a unit's y [n_periods], so often among the treated and with such a weight as control. */
void jd_block_sums_add(const jd_synthetic_t *s, jd_block_sums_t *sums, const double *y,
                       double as_treated, double as_control);
/** Terms [n_terms] of sums [n_blocks]; lambda as in the weights. */
JD_MUST_USE int jd_synthetic_average(const jd_synthetic_t *s, const jd_block_sums_t *sums,
                                     const double *lambda, double *term, jd_ctx_t *ctx);

/** Terms [n_terms] with given weights. */
JD_MUST_USE int jd_synthetic_terms(const jd_synthetic_t *s, const jd_synthetic_who_t *who,
                                   const double *matrix, const jd_block_weights_t *weights,
                                   double *term, jd_ctx_t *ctx);

JD_MUST_USE int jd_synthetic_infer(const jd_design_t *design, const double *y,
                                   const jd_vcov_options_t *options, jd_fit_t *fit, jd_ctx_t *ctx);

#endif
