/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/firms/low.h"

#include "core/vmath.h"

enum {
    LEADING = JD_LOW_LEADING,
    GROUP = JD_LOW_GROUP,
    GROUPS = JD_LOW_BLOCK / JD_LOW_GROUP,
    LISTED = 2 /* leading zeros from which on low firms are few enough to be listed */
};

/* PCG's output in the lower half of a word: jd_pcg_output() without change of width. The upper half
 * is anything. */
static inline uint64_t output(uint64_t state)
{
    uint64_t shifted = ((state >> 18 ^ state) >> 27) & UINT32_MAX;
    return (shifted | shifted << 32) >> (state >> 59);
}

/* The words of a block's groups, and which of its firms have a one among the first `zeros` bits. */
JD_CLONES static void draw_leading(const jd_jump_t *jump, uint64_t first_group, int zeros,
                                   uint64_t word[LEADING][GROUPS], uint64_t *restrict high)
{
    const uint64_t increment = jump->increment, multiplier = jump->multiplier,
                   offset = jump->offset;
    const uint64_t start = jump->key + first_group * JD_GOLDEN;
    uint64_t state[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
        state[g] = multiplier * (jd_mix64(start + (uint64_t)g * JD_GOLDEN) + increment) + offset;
        high[g] = 0;
    }
    for (int l = 0; l < LEADING; l++) {
        const uint64_t counts = l < zeros ? UINT64_MAX : 0;
        for (int g = 0; g < GROUPS; g++) {
            uint64_t upper = state[g], lower = upper * JD_PCG_MULTIPLIER + increment;
            state[g] = lower * JD_PCG_MULTIPLIER + increment;
            word[l][g] = output(upper) << 32 | (output(lower) & UINT32_MAX);
            high[g] |= word[l][g] & counts;
        }
    }
}

/* Firms of a block that lie in [first, end), as bits of a group. */
static inline uint64_t within(int64_t group, int64_t first, int64_t end)
{
    uint64_t bits = UINT64_MAX;
    if (first >= group + GROUP || end <= group) return 0;
    if (first > group) bits &= UINT64_MAX << (first - group);
    if (end < group + GROUP) bits &= UINT64_MAX >> (group + GROUP - end);
    return bits;
}

/* Firms without a high bit. Two of a group are written whether they are there or not: nearly all
 * groups have no more, and a guess less goes wrong. */
JD_CLONES static int list_low(const uint64_t *high, int64_t base, int64_t first, int64_t end,
                              int64_t *firm)
{
    const uint64_t last = UINT64_C(1) << 63;
    int n = 0;
    for (int g = 0; g < GROUPS; g++) {
        int64_t group = base + (int64_t)g * GROUP;
        uint64_t low = ~high[g] & within(group, first, end);
        int count = __builtin_popcountll(low);
        for (int k = 0; k < 2 || k < count; k++) {
            firm[n + k] = group + __builtin_ctzll(low | last);
            low &= low - 1;
        }
        n += count;
    }
    return n;
}

/* Uniforms of the firms: leading bits out of the words, the others of their own draw. */
JD_CLONES static void draw_own(const jd_jump_t *jump, uint64_t word[LEADING][GROUPS], int zeros,
                               const int64_t *restrict firm, int n, uint32_t *restrict uniform)
{
    const jd_jump_t own = *jump;
    for (int i = 0; i < n; i++)
        uniform[i] = jd_draw_bits(&own, (uint64_t)firm[i]) >> LEADING;
    for (int l = zeros; l < LEADING; l++)
        for (int i = 0; i < n; i++) {
            uint64_t bits = word[l][firm[i] / GROUP % GROUPS] >> (firm[i] % GROUP);
            uniform[i] |= (uint32_t)(bits & 1) << (31 - l);
        }
}

/* The same for all firms of a block: where many are low, that is quicker than to list them first.
 */
JD_CLONES static void draw_block(const jd_jump_t *jump, uint64_t word[LEADING][GROUPS],
                                 int64_t base, uint32_t *restrict uniform)
{
    enum { HALF = GROUP / 2 };
    const jd_jump_t own = *jump;
    for (int i = 0; i < JD_LOW_BLOCK; i++)
        uniform[i] = jd_draw_bits(&own, (uint64_t)(base + i)) >> LEADING;
    for (int l = 0; l < LEADING; l++)
        for (int h = 0; h < 2 * GROUPS; h++) {
            const uint32_t bits = (uint32_t)(word[l][h / 2] >> (h % 2 * HALF));
            for (int i = 0; i < HALF; i++)
                uniform[h * HALF + i] |= (bits >> i & 1) << (31 - l);
        }
}

static int pick_low(const uint32_t *restrict all, uint32_t threshold, int64_t base, int64_t first,
                    int64_t end, int64_t *restrict firm, uint32_t *restrict uniform)
{
    int found = 0;
    int64_t last = end - base < JD_LOW_BLOCK ? end - base : JD_LOW_BLOCK;
    for (int64_t i = first - base; i < last; i++) {
        firm[found] = base + i;
        uniform[found] = all[i];
        found += all[i] < threshold;
    }
    return found;
}

int jd_firms_low(const jd_jump_t *leading, const jd_jump_t *own, uint32_t threshold, int64_t first,
                 int64_t end, int64_t *firm, uint32_t *uniform)
{
    if (threshold == 0) return 0;
    uint64_t word[LEADING][GROUPS], high[GROUPS];
    /* What is below the threshold begins with this many zeros. */
    int zeros = threshold > 1 ? __builtin_clz(threshold - 1) : LEADING;
    if (zeros > LEADING) zeros = LEADING;
    int64_t base = first / JD_LOW_BLOCK * JD_LOW_BLOCK;
    draw_leading(leading, (uint64_t)(base / GROUP), zeros, word, high);
    if (zeros < LISTED) {
        uint32_t all[JD_LOW_BLOCK];
        draw_block(own, word, base, all);
        return pick_low(all, threshold, base, first, end, firm, uniform);
    }
    int n = list_low(high, base, first, end, firm), found = 0;
    draw_own(own, word, zeros, firm, n, uniform);
    for (int i = 0; i < n; i++) {
        firm[found] = firm[i];
        uniform[found] = uniform[i];
        found += uniform[i] < threshold;
    }
    return found;
}
