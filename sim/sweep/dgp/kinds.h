/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Kinds of [dgp], a constant each. To add one: the constant in a file of its own, its declaration
 *  here, a number in dgp.h, a line in dgp.c. Private to dgp/. */
#ifndef JD_SWEEP_DGP_KINDS_H
#define JD_SWEEP_DGP_KINDS_H

#include "jiedao/random.h"
#include "sweep/dgp/dgp.h"

struct jd_dgp_kind {
    const char *name;          /**< as in dgp.kind */
    const char *reads;         /**< rows of [dgp] it reads beside its own: "units,sd" */
    const jd_param_t *options; /**< its own rows, into jd_dgp_params_t, ended by one without a name;
                                  NULL = none */
    jd_unread_t unread;        /**< {"", NULL, why}: why it reads no other row */
    /** Judges values together; or NULL. */
    int (*check)(const jd_dgp_params_t *params, const jd_config_t *config, jd_ctx_t *ctx);
    /** Notes what is allowed and seldom meant; whether there was such a thing. Or NULL. */
    bool (*note)(const jd_dgp_params_t *params, jd_ctx_t *ctx);
    /** Fills a sample that is zeroed: jd_recovery_sample_init(), then its columns; n_units. A pure
     *  function of parameters, seed and replicate. */
    int (*draw)(jd_recovery_sample_t *sample, const jd_dgp_params_t *params, uint64_t seed,
                uint64_t replicate, jd_ctx_t *ctx);
};

extern const jd_dgp_kind_t jd_dgp_ar1_placebo, jd_dgp_staggered_linear, jd_dgp_event_trend,
    jd_dgp_composed, jd_dgp_data, jd_dgp_program;

/** A standard normal: two uniforms. */
double jd_dgp_normal(jd_rng_t *rng);

#endif
