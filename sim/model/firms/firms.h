/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Firms: their types and first places, and step 7 of a period, the pass in which each may move
 *  (model-equations.md, sections 3 and 4). Section [firms]. */
#ifndef JD_MODEL_FIRMS_FIRMS_H
#define JD_MODEL_FIRMS_FIRMS_H

#include "jiedao/random.h"
#include "model/world.h"

enum { JD_SECTORS_MAX = 4, JD_EMISSIONS_MAX = 4, JD_SIZES_MAX = 4, JD_WORLDS_MAX = 35 };

typedef struct jd_firms_params {
    int64_t n;
    jd_list_t sector_shares;
    jd_list_t sector_place, sector_drift, sector_shock, sector_review; /**< jd_of_sector() */
    jd_list_t emission_classes, emission_shares, size_shares, size_employees;
    double gradient;
    double b_inducement, b_services, b_agglomeration, b_crowding, b_land, b_policy, b_dev, b_drift,
        b_emission, b_tie, k_rival;
    double emission_limit, common_shock;
    int32_t common_shock_start;
    double dissimilarity_county, dissimilarity_prefecture;
    double share_county, share_prefecture, share_province;
    double gamma, d0;
    double review, moving_cost;
    jd_list_t moving_cost_size;
    double entry, exit;
} jd_firms_params_t;

extern const jd_section_t jd_firms_section;

/** A sector's value: lists of sectors hold one for each, or one for all. */
static inline double jd_of_sector(const jd_list_t *list, int sector)
{
    return list->value[list->n == 1 ? 0 : sector];
}

/** How much firms of sector l crowd those of sector k, as [k][l]: similarity exp(-distance) of
 * their places, each row over its mean by the sectors' shares, so that an even spread is 1. False
 * where all sectors are in one place: all are 1 then. */
bool jd_sectors_crowd(const jd_firms_params_t *params,
                      double crowd[JD_SECTORS_MAX][JD_SECTORS_MAX]);

/** Sizes of the world for these parameters. `firms` counts room for those still to be born. */
void jd_dims_init(jd_dims_t *dims, const jd_tree_t *tree, const jd_firms_params_t *firms,
                  const jd_officials_params_t *officials, int32_t periods);

/** Firms born a period (0 unless entry is on), in proportion to the first ones. Their numbers
 * follow the first ones', period by period. */
int64_t jd_firms_births(const jd_firms_params_t *params, int64_t first_firms);

/** type = (sector * emissions + emission) * sizes + size of every firm [dims->firms].
 *  Draws: JD_DRAW_FIRM. Cost: 1 ns a firm. */
void jd_firms_draw_types(const jd_firms_params_t *params, const jd_dims_t *dims, uint64_t seed,
                         uint64_t replicate, int8_t *type, jd_ctx_t *ctx);

static inline int jd_type_sector(const jd_dims_t *dims, int type)
{
    return type / (dims->emissions * dims->sizes);
}
static inline int jd_type_emission(const jd_dims_t *dims, int type)
{
    return type / dims->sizes % dims->emissions;
}
static inline bool jd_type_is_dirty(const jd_dims_t *dims, int type)
{
    return jd_type_emission(dims, type) == dims->emissions - 1;
}
static inline int jd_type_size(const jd_dims_t *dims, int type)
{
    return type % dims->sizes;
}

enum { JD_TYPES_MAX = JD_SECTORS_MAX * JD_EMISSIONS_MAX * JD_SIZES_MAX };

/** What loops over firms ask of a type, looked up in place of divisions. */
typedef struct jd_types {
    int32_t sector[JD_TYPES_MAX];
    int32_t dirty[JD_TYPES_MAX]; /**< 0 or 1 */
} jd_types_t;

static inline jd_types_t jd_types_of(const jd_dims_t *dims)
{
    jd_types_t of;
    for (int t = 0; t < dims->types; t++) {
        of.sector[t] = jd_type_sector(dims, t);
        of.dirty[t] = jd_type_is_dirty(dims, t);
    }
    return of;
}

/** Places the first firms by land and development (density ~ exp(gradient * development)), or by
 * the tree's counts, in the order of streets; counts world->stock. */
JD_MUST_USE int jd_firms_place(const jd_firms_params_t *params, const jd_dims_t *dims,
                               const jd_tree_t *tree, const int8_t *type, uint64_t seed,
                               uint64_t replicate, jd_world_t *world, jd_ctx_t *ctx);

/** Moves of one range of firms in one period, in the order of firms. */
typedef struct jd_moves {
    int64_t n, capacity;
    int64_t *firm;                /**< [n] */
    int8_t *type;                 /**< [n] */
    int32_t *from[JD_WORLDS_MAX]; /**< [n] street each world's firm is in */
    int32_t *to[JD_WORLDS_MAX];   /**< [n] street each world's firm goes to, -1 = stays */
} jd_moves_t;

/** Room for the moves of so many firms in so many worlds. Free with jd_move_list_free(). */
JD_MUST_USE int jd_move_list_make(jd_moves_t *moves, int64_t capacity, int worlds, jd_ctx_t *ctx);
void jd_move_list_free(jd_moves_t *moves);

struct jd_base;
struct jd_borders;

/** What the pass reads: shared tables and each world's. Borrowed. */
typedef struct jd_pass {
    const jd_dims_t *dims;
    const jd_tree_t *tree;
    const struct jd_base *base;
    const struct jd_borders *borders;
    const int8_t *type; /**< [firms] */
    int n_worlds;
    const int32_t *place[JD_WORLDS_MAX];
    const jd_choice_t *choice[JD_WORLDS_MAX];
    double review[JD_SECTORS_MAX]; /**< of this period (jd_choice_setting_t) */
    uint32_t threshold; /**< above every world's largest hazard: others are not looked at */
    jd_jump_t leading;  /**< draw 0 of JD_DRAW_LEAVE in this period */
    jd_jump_t jump;     /**< draw 0 of JD_DRAW_MOVE in this period */
    jd_jump_t where;    /**< draw 1 of JD_DRAW_MOVE in this period */
    jd_jump_t follow;   /**< first draw of JD_DRAW_FOLLOW in this period */
    jd_jump_t tie;      /**< draw 0 of JD_DRAW_TIE in this period */
} jd_pass_t;

/** The jumps of a period's pass. */
void jd_pass_draws(jd_pass_t *pass, uint64_t seed, uint64_t replicate, int64_t period);

/** Fills moves with those of firms [first, end) (moves->capacity >= end - first). Every firm has
 * one uniform of its own, but only low ones are looked at (low.h). World 0 is drawn from its own
 * tables alone, the others follow it (choice.h). Cost: 0.2-0.4 ns a firm, 0.1-0.3 us a move. */
void jd_firms_pass(const jd_pass_t *pass, int64_t first, int64_t end, jd_moves_t *moves);

/** Firms that close this period: place becomes -1, stock falls. The same firms in every world. As
 * births, none in the burn-in (period < 1). */
void jd_firms_exit(const jd_firms_params_t *params, const jd_dims_t *dims, const int8_t *type,
                   int64_t period, uint64_t seed, uint64_t replicate, jd_world_t *world);
/** Firms born this period, the same in every world, open where the quarter's tables draw them: the
 * nested logit without an origin, a prefecture by its mass, no borders. Where no street admits
 * their class they take `base`, the tables without refusals. Draws: three of JD_DRAW_ENTRY a firm,
 * in all worlds the same, each turned by the world's own running sums. Cost: O(prefectures) a
 * birth. */
void jd_firms_enter(const jd_firms_params_t *params, const jd_dims_t *dims, const jd_tree_t *tree,
                    const jd_choice_t *base, const int8_t *type, int64_t period, uint64_t seed,
                    uint64_t replicate, jd_world_t *world);

#endif
