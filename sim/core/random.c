/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jiedao/random.h"

jd_stream_t jd_stream(uint64_t seed, uint64_t replicate, jd_purpose_t purpose)
{
    uint64_t key = jd_mix64(seed + JD_GOLDEN);
    key = jd_mix64((key ^ replicate) + JD_GOLDEN);
    key = jd_mix64((key ^ (uint64_t)purpose) + JD_GOLDEN);
    /* The stream constant keeps 63 bits of the key; its top bit would be lost to the shift. */
    return (jd_stream_t){key, 2 * key + 1};
}

jd_jump_t jd_jump(jd_stream_t stream, int64_t period, int draw)
{
    /* pcg32's constructor makes one step from start + increment, hence the 1. Negative positions
     * wrap round the generator's full period, which is what going backwards means. */
    uint64_t steps = (uint64_t)period * JD_DRAWS + (uint64_t)draw + 1;
    uint64_t multiplier = 1, plus = 0;
    uint64_t step_multiplier = JD_PCG_MULTIPLIER, step_plus = stream.increment;
    for (; steps > 0;
         steps >>= 1) { /* Brown 1994, Random number generation with arbitrary strides */
        if (steps & 1u) {
            multiplier *= step_multiplier;
            plus = plus * step_multiplier + step_plus;
        }
        step_plus = (step_multiplier + 1) * step_plus;
        step_multiplier *= step_multiplier;
    }
    return (jd_jump_t){stream.key, stream.increment, multiplier, plus};
}
