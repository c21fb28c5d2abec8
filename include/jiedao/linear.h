/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Least squares with any number of fixed effects, prepared once, applied to many outcomes.
 *
 *  Frisch-Waugh-Lovell: regressors are residualised on the fixed effects once; what is kept of them
 *  are the row weights W of every coefficient, beta = W'y, so an outcome costs one pass and the
 *  estimates are linear in it to the last bit but rounding. Columns are contiguous: [column][row].
 *  Threads take whole columns or fixed blocks of rows: bits do not depend on their number. */
#ifndef JIEDAO_LINEAR_H
#define JIEDAO_LINEAR_H

#include "jiedao/panel.h"
#include "jiedao/param.h"

JD_BEGIN_DECLS

/** How fixed effects are taken out. All agree to rounding. */
typedef enum jd_solver {
    JD_SOLVER_AUTO,    /**< the cheapest that applies */
    JD_SOLVER_DIRECT,  /**< exact: normal equations of all but the largest effect, factored once */
    JD_SOLVER_ITERATE, /**< conjugate gradients on these equations, passing over the rows */
} jd_solver_t;

/** Fixed effects of n rows, indexed and factored; opaque. */
typedef struct jd_effects jd_effects_t;

/** Prepares fixed effects: codes [n_effects][n] (any values), weight [n] > 0 or NULL, all copied.
 *  n_effects = 0 is allowed: nothing is taken out. Direct formula for one effect and for two in a
 *  balanced unweighted panel; else the direct solver where the smaller effects have at most 512
 *  levels together, else, where few pairs of levels meet, sparse elimination of levels with few
 *  neighbours and conjugate gradients on what is left, else iteration.
 *  Errors: JD_ERR_NO_MEMORY, JD_ERR_ARGUMENT. Caller frees. */
JD_API JD_MUST_USE int jd_effects_make(jd_effects_t **effects, int64_t n, int n_effects,
                                       const int32_t *const *codes, const double *weight,
                                       jd_solver_t solver, jd_ctx_t *ctx);
JD_API void jd_effects_free(jd_effects_t *effects);

/** Adds to the fixed effects a coefficient of variable [n] for each value of codes [n] (fixest's
 *  codes[[variable]]), both copied. Demeaning then iterates over products that take out the other
 *  effects, at most as many as these have levels. Not for effects whose levels are solved for, nor
 *  exact leverages. Errors: JD_ERR_NO_MEMORY. Cost: O(n). */
JD_API JD_MUST_USE int jd_effects_add_slope(jd_effects_t *effects, const int32_t *codes,
                                            const double *variable, jd_ctx_t *ctx);

JD_API int jd_effects_count(const jd_effects_t *effects);
/** Codes of one effect; borrowed from it. */
JD_API const jd_groups_t *jd_effects_groups(const jd_effects_t *effects, int effect);

/** Takes the fixed effects out of columns [n_columns][n], in place, to 1e-14 of each column's size.
 *  Errors: JD_ERR_NO_CONVERGENCE, JD_ERR_NO_MEMORY. Cost: O(n) a column and iteration. */
JD_API JD_MUST_USE int jd_effects_demean(const jd_effects_t *effects, double *columns,
                                         int n_columns, jd_ctx_t *ctx);

/** A regression's design. Plain struct; zero it first; free is safe at any stage. */
typedef struct jd_regression {
    int64_t n;
    int n_x;         /**< regressors offered */
    int n_kept;      /**< of them identified */
    int *kept;       /**< [n_x] kept[j] = which regressor coefficient j is */
    double *columns; /**< [n_x][n] regressors; once factored, [n_kept][n] row weights W; NULL where
                          the regressors are dummies that need no columns */
    double *cross;   /**< [n_kept][n_kept] X'X of what is left of the regressors */
    double *bread;   /**< [n_kept][n_kept] its inverse */
    double *weight;  /**< [n] or NULL, copied */
    const jd_effects_t *effects; /**< borrowed */
    struct jd_cellwise *cells;   /**< takes the columns' place; opaque */
    int n_counted;               /**< coefficients the small-sample factors count; 0 = n_kept */
} jd_regression_t;

/** Makes room for n_x regressors, at most 46340; fill regression->columns, then factor. weight as
 *  in the effects. */
JD_API JD_MUST_USE int jd_regression_init(jd_regression_t *regression, const jd_effects_t *effects,
                                          int64_t n, int n_x, const double *weight, jd_ctx_t *ctx);
/** The same where regressors are dummies: number j is 1 in rows with code [n] j < n_x, 0 elsewhere;
 *  rows with a code < 0 have none. Where the fixed effects but the largest take few combinations
 *  with the code (and the solver is automatic) no columns are made: preparing, an outcome's
 *  estimates and its residuals then each cost O(n) whatever n_x. Exact in both ways. */
JD_API JD_MUST_USE int jd_regression_init_dummies(jd_regression_t *regression,
                                                  const jd_effects_t *effects, int64_t n, int n_x,
                                                  const int32_t *code, const double *weight,
                                                  jd_ctx_t *ctx);
JD_API void jd_regression_free(jd_regression_t *regression);

/** Residualises and factors the regressors. One is dropped when the fixed effects leave less than
 *  1e-8 of its (centred) length, or the ones before it less than 1e-5: earlier columns are kept.
 *  Cholesky-QR twice, so the accuracy is that of Householder's. JD_ERR_RANK if none is left.
 *  Cost: O(n n_x^2). */
JD_API JD_MUST_USE int jd_regression_factor(jd_regression_t *regression, jd_ctx_t *ctx);

/** beta[k * n_y + j] = W_k'y_j for outcomes y [n_y][n] (pointers); compensated sums over fixed
 *  blocks. Cost: one pass over W and y. */
JD_API void jd_regression_estimate(const jd_regression_t *regression, const double *const *y,
                                   int n_y, double *beta, jd_ctx_t *ctx);

/** Row weights W_k [n] of a coefficient, whether there are columns or not. Cost: O(n). */
JD_API void jd_regression_weights(const jd_regression_t *regression, int k, double *w);
/** Row weights [n] of the sum of by[k] times coefficient k, by [n_kept]. Cost: a pass for each
 * by[k] that is not 0, one pass for all where there are no columns. */
JD_API void jd_regression_combine(const jd_regression_t *regression, const double *by, double *w);

/** Residuals [n] of an outcome with its coefficients [n_kept]. Cost: one demeaned column. */
JD_API JD_MUST_USE int jd_regression_residuals(const jd_regression_t *regression, const double *y,
                                               const double *beta, double *residual, jd_ctx_t *ctx);

/** Variance estimators. */
typedef enum jd_vcov {
    JD_VCOV_CLUSTER, /**< CR1, one way: the default */
    JD_VCOV_IID,
    JD_VCOV_HC1,
    JD_VCOV_MULTIWAY,   /**< CR1 by every way given, by inclusion and exclusion (Cameron, Gelbach,
                           Miller 2011); eigenvalues below 0 become 0 */
    JD_VCOV_HC2,        /**< u^2 / (1 - h), h the exact leverage, fixed effects included */
    JD_VCOV_HC3,        /**< u^2 / (1 - h)^2 */
    JD_VCOV_CR2,        /**< Bell, McCaffrey 2002; Pustejovsky, Tipton 2018: unbiased under iid */
    JD_VCOV_CR3,        /**< sum of squared changes of beta as clusters leave: clubSandwich's CR3 */
    JD_VCOV_CV3,        /**< cluster jackknife about beta, (G-1)/G CR3 (MacKinnon, Nielsen, Webb) */
    JD_VCOV_CV3J,       /**< the same about the jackknife's mean */
    JD_VCOV_NEWEY_WEST, /**< serial correlation within units, Bartlett kernel */
    JD_VCOV_DRISCOLL_KRAAY, /**< and between units: Bartlett over the periods' summed scores */
    JD_VCOV_CONLEY          /**< between places up to a distance (Conley 1999) */
} jd_vcov_t;

/** Which fixed effects count as parameters in the small-sample factor (fixest's K.fixef). */
typedef enum jd_k_fixed {
    JD_K_NESTED_FREE, /**< those nested in the clusters do not: the default */
    JD_K_FULL,        /**< all */
    JD_K_NONE         /**< none */
} jd_k_fixed_t;

/** How estimators that draw again do it. */
typedef enum jd_resample {
    JD_RESAMPLE_AUTO,      /**< the estimator's own choice */
    JD_RESAMPLE_PLACEBO,   /**< controls in the places of the treated */
    JD_RESAMPLE_JACKKNIFE, /**< one unit or cluster left out at a time */
    JD_RESAMPLE_BOOTSTRAP  /**< units or clusters drawn again */
} jd_resample_t;

/** How far apart two places are. */
typedef enum jd_distance {
    JD_DISTANCE_HAVERSINE, /**< great circle of the mean Earth, radius 6371.0088 km */
    JD_DISTANCE_SPHERICAL, /**< fixest's "spherical": the same, radius 6376 km */
    JD_DISTANCE_TRIANGULAR /**< fixest's "triangular": Pythagoras at 111 km a degree */
} jd_distance_t;

typedef enum jd_kernel {
    JD_KERNEL_UNIFORM, /**< 1 up to the cutoff: the default */
    JD_KERNEL_BARTLETT /**< 1 - distance / cutoff */
} jd_kernel_t;

/** Small-sample conventions, fixest's; zeroed = its defaults. Factors: iid SSR/(n-K); HC1 n/(n-K);
 *  cluster G/(G-1) (n-1)/(n-K), G the fewest clusters of a way; Newey-West and Driscoll-Kraay
 * T/(T-1) (n-1)/(n-K); Conley n/(n-K); HC2, HC3, CR2, CR3 none. K = coefficients + sum of levels -
 * (effects - 1), less levels - 1 of each effect nested in the clusters. */
typedef struct jd_vcov_options {
    jd_vcov_t kind;
    jd_k_fixed_t k_fixed;
    bool no_k_adjustment;       /**< K = 0 and n - 1 = n: ssc(K.adj = FALSE) */
    bool no_cluster_adjustment; /**< without G/(G-1): ssc(G.adj = FALSE) */
    int32_t draws; /**< of bootstraps and simulated laws; 0 = the default of whoever draws */
    uint64_t seed; /**< of these */
    bool bands;    /**< the uniform critical value of the effects by event time too */
    jd_resample_t resample;   /**< synthetic_did and its like; did_multiplegt_dyn's bootstrap */
    bool k_exact;             /**< K counts the rank of the fixed effects: ssc(K.exact = TRUE) */
    bool own_cluster_factors; /**< each piece of JD_VCOV_MULTIWAY by its own G/(G-1):
                                ssc(G.df = "conventional") */
    bool residual_df;   /**< n-K degrees of freedom when clustered: ssc(t.df = "conventional") */
    bool n_over;        /**< n/(n-K) when clustered, not (n-1)/(n-K): plm's type "HC1" */
    bool satterthwaite; /**< degrees of freedom by Satterthwaite for JD_VCOV_CLUSTER too, as CR2
                          and CR3 have them (Bell, McCaffrey 2002) */
    int32_t lag;      /**< Newey-West, Driscoll-Kraay: periods; 0 = the whole part of T^(1/4), -1 =
                         none */
    double cutoff_km; /**< Conley: > 0 */
    jd_kernel_t kernel;     /**< Conley */
    jd_distance_t distance; /**< Conley */
    bool keep_sums;         /**< jd_fit_t.sums too, for JD_VCOV_CLUSTER and influence functions */
} jd_vcov_options_t;

/** The index-th option that is set by name, a row into jd_vcov_options_t; NULL behind the last. */
JD_API const jd_param_t *jd_vcov_option_at(int index);
/** The kinds of covariance that read it, joined by commas; NULL = all. */
JD_API const char *jd_vcov_option_kinds(const jd_param_t *option);
/** Sets an option by its name from a text, "k_fixed" to "full". Errors: JD_ERR_UNKNOWN_KEY with the
 *  nearest name, JD_ERR_VALUE with what is allowed. */
JD_API JD_MUST_USE int jd_vcov_option_set(jd_vcov_options_t *options, const char *name,
                                          const char *text, jd_ctx_t *ctx);

enum { JD_MAX_WAYS = 4 };

/** What a variance may ask of the rows; all borrowed. A kind refuses where what it needs is
 * absent. */
typedef struct jd_vcov_rows {
    const jd_groups_t *way[JD_MAX_WAYS]; /**< clusters; the first one for one-way kinds */
    int n_ways;
    const jd_groups_t *unit, *time;     /**< Newey-West, Driscoll-Kraay */
    const double *latitude, *longitude; /**< [n] degrees: Conley */
    const double *contrast; /**< [n_contrasts][n_kept] whose degrees of freedom are requested; NULL
                               = the coefficients themselves */
    int n_contrasts;
    int n_aside; /**< of them, the last so many are not in facts.df */
} jd_vcov_rows_t;

/** What a variance was made with. */
typedef struct jd_vcov_facts {
    const char *name;   /**< "CR1", "HC1", "iid" */
    double factor;      /**< small-sample factor applied */
    double df;          /**< degrees of freedom of the t distribution: G-1, else n-K; with
                             Satterthwaite requested, the smallest of them all */
    int64_t k;          /**< parameters counted in the factor */
    int32_t n_clusters; /**< 0 unless clustered */
    double ssr;         /**< weighted sum of squared residuals */
    int64_t samples;    /**< of jd_design_bootstrap(), whose intervals are percentiles; or 0 */
} jd_vcov_facts_t;

/** Covariance [n_kept][n_kept] of the coefficients. df [n_contrasts, or n_kept without any], or
 *  NULL: degrees of freedom of each, by Satterthwaite for CR2, CR3 and where requested, else
 *  facts->df. Errors: JD_ERR_DATA for fewer than two clusters, no degree of freedom, a coefficient
 *  that hangs on one cluster (CR3, CV3); JD_ERR_ARGUMENT where rows lack what the kind needs;
 *  JD_ERR_UNSUPPORTED where leverages would need more than 4096 levels of fixed effects in one
 * dense factor (all but the largest effect nested in the clusters). Cost: O(n n_kept), HC1 O(n
 *  n_kept^2), HC2 and HC3 O(n (levels + n_kept)) after a factor O(levels^3) of all effects but the
 * largest; CR2, CR3 and the jackknives besides O(min(rows of a cluster, levels + n_kept)^3) a
 *  cluster; Conley O(pairs within the cutoff). */
JD_API JD_MUST_USE int jd_regression_vcov(const jd_regression_t *regression, const double *residual,
                                          const jd_vcov_rows_t *rows,
                                          const jd_vcov_options_t *options, double *vcov,
                                          double *df, jd_vcov_facts_t *facts, jd_ctx_t *ctx);

JD_END_DECLS

#endif
