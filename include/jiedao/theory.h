/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What theory says of officials under pressure, beside what the simulated ones do: folds and the
 * loop of effort (propositions P1 and P2; docs/model/officials.md). */
#ifndef JIEDAO_THEORY_H
#define JIEDAO_THEORY_H

#include "jiedao/config.h"
#include "jiedao/table.h"

JD_BEGIN_DECLS

/** Pressures at which identical officials (w = 1, psi at rest) fall out of balance and find back.
 * Between them both states can last; pressure that has gone leaves its mark iff down < 0 < up. NaN:
 * not in [-1, 4]. */
typedef struct jd_folds {
    double down; /**< P_dn: lowest pressure at which "strong tasks only" lasts */
    double up;   /**< P_up: lowest pressure at which no state with both tasks lasts */
} jd_folds_t;

struct jd_officials_params;
struct jd_rescaling_params;

/** Folds of officials with set-point `psi_bar`; the blocks are those of jd_config_section(config,
 *  "officials") and "rescaling". Rivals and residents add nothing (tour = 0; services as planned).
 *  Cost: about 10 ms. */
JD_API jd_folds_t jd_theory_folds(const struct jd_officials_params *officials,
                                  const struct jd_rescaling_params *rescaling, double psi_bar);

/** Lets the config's officials come to rest at each pressure low, low + step, ... high and back
 * down again: once all identical at the mean of traits, once as different as the config draws them.
 *  @param table  out: a row a resting state: pressure, branch (0 rising, 1 falling), population (0
 *                homogeneous, 1 heterogeneous), share (of effort in strong tasks, mean of
 * officials), corner_strong, corner_weak (fractions of officials); free with jd_table_free()
 *  @param folds  out, may be NULL: of the homogeneous
 *  Errors: JD_ERR_ARGUMENT (range), JD_ERR_NO_CONVERGENCE (naming the pressure), JD_ERR_CANCELLED,
 * memory. Threads: any number, same bits. Cost: some 5 ms a pressure. */
JD_API JD_MUST_USE int jd_loop_table(const jd_config_t *config, double low, double high,
                                     double step, jd_table_t *table, jd_folds_t *folds,
                                     jd_ctx_t *ctx);

JD_END_DECLS

#endif
