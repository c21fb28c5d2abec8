/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A firm's uniform of a quarter as docs/model/firms.md says it, one firm at a time. */
#ifndef JD_TESTS_LOW_UNIFORM_H
#define JD_TESTS_LOW_UNIFORM_H

#include "jiedao/random.h"

typedef struct low_draws {
    jd_jump_t leading, own;
} low_draws_t;

static inline low_draws_t low_draws(uint64_t seed, uint64_t replicate, int64_t period)
{
    return (low_draws_t){jd_jump(jd_stream(seed, replicate, JD_DRAW_LEAVE), period, 0),
                         jd_jump(jd_stream(seed, replicate, JD_DRAW_MOVE), period, 0)};
}

static inline uint32_t low_uniform(const jd_jump_t *leading, const jd_jump_t *own, int64_t firm)
{
    jd_rng_t rng = jd_rng_at(leading, (uint64_t)(firm / 64));
    uint32_t uniform = 0;
    for (int l = 0; l < 6; l++) {
        uint64_t upper = jd_rng_bits(&rng), word = upper << 32 | jd_rng_bits(&rng);
        uniform = uniform << 1 | (uint32_t)(word >> (firm % 64) & 1);
    }
    return uniform << 26 | jd_draw_bits(own, (uint64_t)firm) >> 6;
}

#endif
