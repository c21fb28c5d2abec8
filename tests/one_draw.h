/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Destinations of one firm by itself. */
#ifndef JD_TESTS_ONE_DRAW_H
#define JD_TESTS_ONE_DRAW_H

#include "model/firms/choice.h"

static inline void one_draw_start(jd_draws_t *draws, int kind, int32_t origin, jd_rng_t rng)
{
    draws->n = 1;
    draws->kind[0] = kind;
    draws->origin[0] = origin;
    draws->state[0] = rng.state;
    draws->increment = rng.increment;
}

static inline int32_t one_destination(const jd_draw_tables_t *tables, const jd_choice_t *choice,
                                      int kind, int32_t origin, jd_rng_t rng)
{
    jd_draws_t draws;
    one_draw_start(&draws, kind, origin, rng);
    jd_choice_destinations(tables, choice, &draws);
    return draws.to[0];
}

static inline int32_t one_follows(const jd_draw_tables_t *tables, const jd_choice_t *first,
                                  const jd_choice_t *choice, int kind, int32_t origin, int32_t to,
                                  jd_rng_t rng)
{
    jd_draws_t draws;
    one_draw_start(&draws, kind, origin, rng);
    draws.to[0] = to;
    jd_choice_follow(tables, first, choice, &draws);
    return draws.to[0];
}

#endif
