/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The wild cluster bootstrap: a test and a confidence set that hold their level with few clusters
 *  (Cameron, Gelbach, Miller 2008, Bootstrap-based improvements for inference with clustered
 * errors; Roodman, MacKinnon, Nielsen, Webb 2019, Fast and wild; MacKinnon, Nielsen, Webb 2023,
 * Fast and reliable jackknife and bootstrap methods for cluster-robust inference). */
#ifndef JIEDAO_WILD_BOOTSTRAP_H
#define JIEDAO_WILD_BOOTSTRAP_H

#include "jiedao/did.h"

JD_BEGIN_DECLS

/** Law of the factors by which clusters' residuals are multiplied. */
typedef enum jd_wild_law {
    JD_WILD_RADEMACHER, /**< 1 or -1: the default */
    JD_WILD_WEBB,       /**< six points, for fewer than about ten clusters (Webb 2014) */
    JD_WILD_MAMMEN      /**< two points, third moment 1 (Mammen 1993) */
} jd_wild_law_t;

/** Zeroed = WCR-11 with 9,999 draws: null imposed, CR1 t statistic, Rademacher. */
typedef struct jd_wild_options {
    jd_vcov_options_t vcov; /**< kind JD_VCOV_CLUSTER, or JD_VCOV_CV3 (types 13 and 33); its small-
                               sample conventions; draws and seed */
    double null;            /**< value tested */
    int unrestricted;       /**< 1: null not imposed on the bootstrap's residuals (WCU) */
    int jackknife_scores;   /**< 1: residuals as if each cluster had not been in the fit (types 31
                               and 33) */
    jd_wild_law_t law;
    int strict;   /**< 1: draws that tie with the statistic do not count as more extreme; by default
                     they do. When the null is imposed equal factors always tie. */
    double level; /**< of the confidence set; 0 = 0.95 */
    int no_interval; /**< 1: p-values alone */
} jd_wild_options_t;

/** Zero it first. */
typedef struct jd_wild {
    double estimate, std_error, t; /**< of the term, and (estimate - null) / std_error */
    double p_value;         /**< of |t|: share of draws as extreme; with draws that are not all
                               there are, (1 + count) / (1 + draws) */
    double p_left, p_right; /**< one-sided, against smaller and larger values */
    double p_equal_tailed;  /**< twice the smaller of them, at most 1 */
    double tie_share;       /**< of draws equal to t */
    double ci_low, ci_high; /**< values not rejected at 1 - level by p_value, around the estimate;
                               infinite where none is rejected on a side */
    int64_t draws;
    int enumerated; /**< 1: every vector of factors once (2^G, or 6^G, at most as many as draws) */
    int32_t n_clusters;
    double *t_star; /**< [draws] owned: the statistic's law under the null */
} jd_wild_t;

/** Tests that a term of a regression (2x2, twfe, event_study, sun_abraham) equals options->null for
 *  the outcome y [rows of the panel], clusters being the panel's. Any fixed effects, weights and
 *  terms. One pass over the rows leaves each cluster with one vector of the rank m of what is not
 *  nested in clusters; a draw then costs O(clusters x min(clusters, m)), and a further value of the
 *  null O(draws): the confidence set takes no further draw. options NULL = zeroed.
 *  Errors: JD_ERR_ARGUMENT, JD_ERR_UNSUPPORTED (no regression), as jd_design_infer() for
 *  JD_VCOV_CV3. Same bits for any threads. */
JD_API JD_MUST_USE int jd_wild_bootstrap(const jd_design_t *design, const double *y, int term,
                                         const jd_wild_options_t *options, jd_wild_t *wild,
                                         jd_ctx_t *ctx);
JD_API void jd_wild_free(jd_wild_t *wild);

JD_END_DECLS

#endif
