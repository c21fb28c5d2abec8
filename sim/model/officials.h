/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Step 2-4 of a period: officials split their time between strong and weak tasks, learn, and keep
 * or lose their willingness (model-equations.md, section 1). Section [officials]. */
#ifndef JD_MODEL_OFFICIALS_H
#define JD_MODEL_OFFICIALS_H

#include "jiedao/config.h"

typedef struct jd_officials_params {
    double congestion, crowding, habit; /* g, c, h */
    double learn, forget, floor;        /* lam, del, A0 */
    double mu_strong, mu_weak, beta, lag;
    double psi_bar, psi_sd, psi_street_sd, psi_return, psi_erosion;
    double career_sd, burden, horizontal, horizontal_slope;
    int64_t per_street;
} jd_officials_params_t;

extern const jd_section_t jd_officials_section;

/** Long-run capability at effort e: a(e) = (A0 + k e) / (1 + k e), k = lam / del. */
double jd_capability_at(const jd_officials_params_t *params, double effort);

/** What does not change from quarter to quarter. Officials of slot n stand at [n * streets +
 * street], so that loops over streets have unit stride. */
typedef struct jd_traits {
    int32_t streets, slots;
    double *career;  /**< [slots * streets] w, weight of career concerns */
    double *psi_bar; /**< [slots * streets] set-point of willingness */
} jd_traits_t;

JD_MUST_USE int jd_traits_init(jd_traits_t *traits, const jd_officials_params_t *params,
                               int32_t streets, uint64_t seed, uint64_t replicate, jd_ctx_t *ctx);
void jd_traits_free(jd_traits_t *traits);

/** What moves: [slots * streets] each, borrowed from the world's block. */
typedef struct jd_officials {
    double *strong, *weak; /**< capabilities A_S, A_W in [0, 1] */
    double *psi;           /**< willingness */
    double *effort_s;      /**< efforts e_S, e_W of the last quarter */
    double *effort_w;
} jd_officials_t;

/** What a street demands of its officials this quarter, [streets] each. */
typedef struct jd_incentives {
    double *stake_s;  /**< mu_S (1 + th_S P)(1 + tour), multiplies w */
    double *stake_w;  /**< mu_W beta^lag (1 + th_W P), multiplies w */
    double *resident; /**< 1 + hor, multiplies psi */
    double *time;     /**< H = max(0, 1 - burden) */
    double *overload; /**< max(0, P + burden) */
    /* What mechanisms change in officials themselves; NULL = nothing. */
    const double *crowd;    /**< c times this */
    const double *trust;    /**< the set-point of psi times this */
    const double *boost[2]; /**< A += boost (1 - A), of A_S and of A_W */
} jd_incentives_t;

/** Means over a street's officials, [streets] each. */
typedef struct jd_output {
    double *y_s, *y_w; /**< A e */
    double *a_s, *a_w; /**< capability */
    double *e_s, *e_w; /**< effort */
    double *psi;
    double *corner_s, *corner_w; /**< share at the S corner (e_W = 0 < e_S), at the W corner */
} jd_output_t;

/** Everyone starts balanced: half time each, the capability that comes with it, psi = psi_bar. */
void jd_officials_start(const jd_officials_params_t *params, const jd_traits_t *traits,
                        const jd_officials_t *officials);

/** One quarter for streets [first, end): choice, output, learning, willingness. Cost: O(officials),
 *  a few ns each. Distinct ranges may run in parallel. */
void jd_officials_step(const jd_officials_params_t *params, const jd_traits_t *traits,
                       const jd_incentives_t *incentives, int32_t first, int32_t end,
                       const jd_officials_t *officials, const jd_output_t *output);

/** The optimum of one official's problem, for tests and theory:
 *  max b_S A_S e_S + b_W A_W e_W - g/2 (e_S^2 + e_W^2) - c/2 (e_S + e_W)^2 - h/2 |e - e_prev|^2
 *  over e >= 0, e_S + e_W <= H, with r_x = b_x A_x + h e_x(prev) given. */
void jd_officials_choose(const jd_officials_params_t *params, double r_s, double r_w, double time,
                         double *e_s, double *e_w);

#endif
