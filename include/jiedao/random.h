/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Random numbers as a pure function of (seed, replicate, purpose, entity, period, draw).
 *
 *  Keyed-jump PCG32 (O'Neill 2014, PCG: a family of simple fast space-efficient statistically good
 *  algorithms for random number generation): a purpose's 64-bit key picks the stream, the mixed
 *  entity id the starting state, and PCG's own jump-ahead the position. Each (entity, period) owns
 *  JD_DRAWS consecutive positions. Draw for draw equal to libpcg's pcg32(start, key).advance(n).
 *  No state is shared, so order, threads, ranks and shards cannot matter. */
#ifndef JIEDAO_RANDOM_H
#define JIEDAO_RANDOM_H

#include <stdint.h>

#include "jiedao/export.h"

JD_BEGIN_DECLS

/** Draws an entity owns in a period, per purpose. */
enum { JD_DRAWS = 16 };

/** What a draw is for. Append only: a new purpose moves no other draw. */
typedef enum jd_purpose {
    JD_DRAW_TREE,        /**< synthetic tree: child counts, positions */
    JD_DRAW_DEVELOPMENT, /**< development, fiscal capacity, land */
    JD_DRAW_OFFICIAL,    /**< officials' traits */
    JD_DRAW_FIRM,        /**< firms' types and first places */
    JD_DRAW_MOVE,        /**< leaving (later bits of the uniform), destination */
    JD_DRAW_ASSIGN,      /**< who is treated, and when */
    JD_DRAW_FOLD,        /**< fold of a treated unit */
    JD_DRAW_EVENT,       /**< exposure to rescaling events, reclassification */
    JD_DRAW_OUTPUT,      /**< noise in measured output */
    JD_DRAW_OBSERVE,     /**< what the empirical file shows of a move */
    JD_DRAW_MISCLASS,    /**< sector as recorded */
    JD_DRAW_SAMPLE,      /**< samples of firms and officials kept */
    JD_DRAW_POI,         /**< points of interest */
    JD_DRAW_EXIT,        /**< firms that close */
    JD_DRAW_ENTRY,       /**< firms that open */
    JD_DRAW_PRESSURE,    /**< standing differences in pressure */
    JD_DRAW_BOOTSTRAP,   /**< resampling: multipliers, clusters drawn again */
    JD_DRAW_PERMUTE,     /**< treatments re-randomised: placebos, randomisation inference */
    JD_DRAW_NORMAL,      /**< laws simulated: critical values of bands and tests */
    JD_DRAW_PROCESS,     /**< outcomes of built-in processes that are no simulation */
    JD_DRAW_PLAN,        /**< where the runs of a sweep lie */
    JD_DRAW_FOLLOW,      /**< where a world follows another's destination, and where it parts */
    JD_DRAW_CLUSTERS,    /**< whole clusters drawn again with all their rows: pairs bootstrap */
    JD_DRAW_LEAVE,       /**< first bits of the uniforms of firms, for 64 firms at once */
    JD_DRAW_LEADER,      /**< leaders: who is posted, newcomers' ages */
    JD_DRAW_DIFFUSION,   /**< policy-process diffusion: steps, causes, designs */
    JD_DRAW_TIE,         /**< whether a firm goes to a tied county, which one, which street */
    JD_DRAW_COOPERATION, /**< inter-county cooperation: who proposes, to whom, who assents */
    JD_DRAW_PROJECTS,    /**< optional projects: launches, themes, ends, leaders' traits */
    JD_DRAW_BUREAU,      /**< mid-level entrepreneurs: expertise, attempts, repairs */
    JD_DRAW_PURPOSES     /**< how many there are; not a purpose */
} jd_purpose_t;

/** A purpose's stream: copy it, share it between threads; nothing in it changes. */
typedef struct jd_stream {
    uint64_t key;       /**< of (seed, replicate, purpose) */
    uint64_t increment; /**< PCG's stream constant, 2 key + 1 */
} jd_stream_t;

/** Jump to one position: state = multiplier * (start + increment) + offset. Once a pass. */
typedef struct jd_jump {
    uint64_t key, increment, multiplier, offset;
} jd_jump_t;

/** A running generator at some entity and period: consecutive draws without another jump. */
typedef struct jd_rng {
    uint64_t state, increment;
} jd_rng_t;

#define JD_PCG_MULTIPLIER UINT64_C(6364136223846793005)
#define JD_GOLDEN UINT64_C(0x9E3779B97F4A7C15)

/** Full 64-bit mixer (Stafford's variant 13 of the MurmurHash3 finaliser). */
static inline uint64_t jd_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/** PCG's XSH-RR output of a state. */
static inline uint32_t jd_pcg_output(uint64_t state)
{
    uint32_t shifted = (uint32_t)(((state >> 18) ^ state) >> 27);
    uint32_t turn = (uint32_t)(state >> 59);
    return (shifted >> turn) | (shifted << ((32u - turn) & 31u));
}

/** Stream of a purpose. Cost: three mixes. */
JD_API jd_stream_t jd_stream(uint64_t seed, uint64_t replicate, jd_purpose_t purpose);

/** Jump to `draw` (0 ... JD_DRAWS-1) of `period` (any integer; burn-in is <= 0). Cost: O(log). */
JD_API jd_jump_t jd_jump(jd_stream_t stream, int64_t period, int draw);

/** The 32 bits at the jump's position for one entity. */
static inline uint32_t jd_draw_bits(const jd_jump_t *jump, uint64_t entity)
{
    uint64_t start = jd_mix64(jump->key + entity * JD_GOLDEN);
    return jd_pcg_output(jump->multiplier * (start + jump->increment) + jump->offset);
}

/** Bits as a uniform in (0, 1): never 0, never 1. */
static inline double jd_uniform_of(uint32_t bits)
{
    return ((double)bits + 0.5) * 0x1p-32;
}

static inline double jd_draw(const jd_jump_t *jump, uint64_t entity)
{
    return jd_uniform_of(jd_draw_bits(jump, entity));
}

/** Generator standing at the jump's position: first value equals jd_draw_bits(). */
static inline jd_rng_t jd_rng_at(const jd_jump_t *jump, uint64_t entity)
{
    uint64_t start = jd_mix64(jump->key + entity * JD_GOLDEN);
    jd_rng_t rng = {jump->multiplier * (start + jump->increment) + jump->offset, jump->increment};
    return rng;
}

static inline uint32_t jd_rng_bits(jd_rng_t *rng)
{
    uint64_t old = rng->state;
    rng->state = old * JD_PCG_MULTIPLIER + rng->increment;
    return jd_pcg_output(old);
}

static inline double jd_rng_uniform(jd_rng_t *rng)
{
    return jd_uniform_of(jd_rng_bits(rng));
}

JD_END_DECLS

#endif
