/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The observation model: what the empirical file makes of a move (observed.c). */
#ifndef JD_RUN_RECORD_OBSERVE_H
#define JD_RUN_RECORD_OBSERVE_H

#include <stdint.h>

struct jd_simulation;

/** Sector a firm is filed under in the empirical file, the same in every period. */
int jd_observed_sector(const struct jd_simulation *sim, int64_t firm);

/** A move across a county border enters the empirical file, or not: the period it is filed under,
 * and then its sector there; -1 if it is not there. */
int64_t jd_observe_move(struct jd_simulation *sim, int64_t period, int64_t firm, int32_t to_county,
                        int *sector);

#endif
