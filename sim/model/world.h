/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A world's state: one flat block, arrays laid out in it by a list, so that a copy is a memcpy.
 * Firms' places are a second block. What all worlds share (tree, traits, firms' types) lives
 * elsewhere. */
#ifndef JD_MODEL_WORLD_H
#define JD_MODEL_WORLD_H

#include "model/jurisdictions/tree.h"
#include "model/leaders.h"
#include "model/officials.h"

enum { JD_ABSENT = -1 }; /**< place of a firm not yet born or closed; "stays" among moves */

enum { JD_TIES_MOST = 32 }; /**< counties that one county can be tied to */
/** Level of a mechanism's list of ties: JD_TIES_MOST cells for each county, one behind another. */
#define JD_COUNTY_TIES ((jd_level_t)JD_LEVELS)

/** Sizes every array follows from. */
typedef struct jd_dims {
    int32_t streets, counties, prefectures, provinces;
    int32_t slots;     /**< officials per street */
    int32_t sectors;   /**< k; sector 0 is the one the policy targets */
    int32_t emissions; /**< z classes */
    int32_t sizes;     /**< q classes */
    int32_t kinds;     /**< sectors * emissions: firms that choose destinations alike */
    int32_t types;     /**< kinds * sizes: alike in leaving too */
    int32_t seats; /**< leaders: of streets, then counties, then prefectures; 0 = there are none */
    int32_t ties; /**< partners a county has room for in the firms' choice; 0 = there are no ties */
    int64_t first_firms; /**< there at the start */
    int64_t firms;       /**< with room for those still to be born */
} jd_dims_t;

/** Ties between counties, both ways: county c's are cells c * dims.ties to c * dims.ties + n[c]. No
 * arrays where dims.ties is 0. */
typedef struct jd_ties {
    int32_t *n;    /**< [counties] */
    int32_t *with; /**< [counties][dims.ties] */
    double *weight;
} jd_ties_t;

/** What mechanisms change in the next period: one array a modifier, each with a neutral value that
 * leaves the period as it is without mechanisms. Cleared by one call, then added to in the order of
 * the mechanisms' list (multiplied into, where 1 is neutral); read by the steps of the period
 * alone.
 */
typedef struct jd_modifiers {
    double *tour;              /**< [streets] stakes of strong tasks times 1 + tour; 0 */
    double *burden;            /**< [streets] time taken away; 0 */
    double *show;              /**< [streets] share of weak effort that goes into show; 0 */
    double *hor;               /**< [streets] residents weigh 1 + hor more in willingness; 0 */
    double *crowd;             /**< [streets] officials' cost of total effort times this; 1 */
    double *trust;             /**< [streets] the set-point of willingness times this; 1 */
    double *boost_s, *boost_w; /**< [streets] capability learned beside work, of what it lacks; 0 */
    double *induce;            /**< [streets] inducement times this, as a better toolkit would; 1 */
    double *budget;            /**< [counties] fiscal autonomy times this; 1 */
    double *rise;              /**< [seats] 1: the leader rises at the next turn; 0 */
    jd_ties_t ties;            /**< see jd_ties_add(); none */
} jd_modifiers_t;

/** Parts of friction, in the order in which output runs through them. The first three are
 * capacity; docs/model/officials.md. */
typedef enum jd_part {
    JD_PART_TOOLKIT,
    JD_PART_CAPABILITY,
    JD_PART_TIME,
    JD_PART_WILLINGNESS,
    JD_PART_SHOW,
    JD_FRICTION_PARTS
} jd_part_t;

/** Services that officials of this capability would have built with all their time, with the time
 * they had, with the effort they made; show is between the last and G. */
typedef enum jd_stage { JD_STAGE_ABLE, JD_STAGE_TIMED, JD_STAGE_DONE, JD_STAGES } jd_stage_t;

/** Nested-logit tables of one world and quarter (choice.h). kz stands for kind: [kinds]. */
typedef struct jd_choice {
    double *appeal; /**< [kz][streets] exp(V) */
    double *weight; /**< [kz][streets] w_j = S_j exp(V_j / lam_c), 0 where the class is refused */
    double *sum_county;     /**< [kz][counties] sum of w_j */
    double *weight_county;  /**< [kz][counties] w_c = S_c exp(IV_c / lam_p) */
    double *sum_prefecture; /**< [kz][prefectures] sum of w_c */
    double *mass; /**< [kz][prefectures] S_p exp(IV_p): what a prefecture weighs before distance */
    double *elsewhere; /**< [kz][prefectures] sum over other prefectures of mass times gravity */
    double *crossing; /**< [counties] exp(-k_county - k_rival tour): what crossing to another county
                         of the own prefecture leaves */
    double *own;      /**< [kz][counties] W of the own prefecture, seen from this county */
    double *total;    /**< [kz][counties] own + elsewhere */
    double *cost;     /**< [types][counties] exp(kappa_q - L_o): what leaving costs */
    uint32_t *top;    /**< [kz][counties] the largest hazard of leaving, times 2^32 */
    /* Against the base table: p/q = ratio_j * (own prefecture ? own_ratio_c : far_ratio_c *
     * tilt_p). */
    double *ratio;                 /**< [kz][streets] */
    double *tilt;                  /**< [kz][prefectures] */
    double *own_ratio, *far_ratio; /**< [kz][counties] */
    double *bound; /**< [kz][counties] of origin: M >= p/q for all destinations; in a world that
                      follows another: >= (p - p_first)/q */
    /* Tied counties as alternatives at the top level; no arrays where dims.ties is 0. */
    const jd_ties_t *ties; /**< NULL: none */
    double *tie_pull;      /**< [counties][dims.ties] (exp(b_tie tie) - 1) g_oc */
    double *tie_value;     /**< [kz][counties] S_c exp(IV_c) */
    double *tie_sum;       /**< [kz][counties] sum of X_oc over the county's ties */
} jd_choice_t;

typedef struct jd_world {
    /* state carried from quarter to quarter */
    jd_officials_t officials; /**< [slots][streets] each */
    double *services;         /**< [streets] G */
    double *stage[JD_STAGES]; /**< [streets] what G would be up to each of its parts */
    jd_modifiers_t modifiers; /**< written by mechanisms for this quarter */
    jd_leaders_t leaders;     /**< [seats] each */
    int32_t *stock;           /**< [sectors][streets] firms */
    int32_t *dirty;           /**< [streets] firms of the last emission class */
    /* this quarter */
    double *dose;                   /**< [counties] D */
    double *land_price;             /**< [counties] ln(0.2 + p); only where firms.b_land > 0 */
    double *toolkit;                /**< [counties] tk */
    double *authority;              /**< [counties] tk_authority */
    double *pressure, *environment; /**< [streets] P; its environmental part */
    double *stringency;             /**< [streets] R */
    jd_incentives_t incentives;
    jd_output_t output;
    double *inducement;              /**< [streets] I */
    double *log_friction;            /**< [streets] f = -ln(1 - F) */
    double *part[JD_FRICTION_PARTS]; /**< [streets] f's parts, which add up to it */
    double *friction;                /**< [streets] F */
    double *dose_effective;          /**< [streets] D (1 - F) */
    int32_t *inflow, *outflow; /**< [sectors][counties] moves across a county border this quarter */
    int32_t *moves;            /**< [sectors][counties] all moves, by county of origin */
    jd_choice_t choice;
    double active; /**< firms present; [1] */

    int32_t *place; /**< [firms] street, -1 = absent; its own block */
    void *own;      /**< mechanisms' own state, at the block's end (mechanism.h) */
    void *block;    /**< what the pointers above point into */
    size_t bytes;
} jd_world_t;

/** Units of a level. */
int64_t jd_dims_units(const jd_dims_t *dims, jd_level_t level);
/** Seat of the leader of a street, county or prefecture. */
static inline int32_t jd_dims_seat(const jd_dims_t *dims, jd_level_t level, int32_t unit)
{
    return unit + (level <= JD_COUNTY ? dims->streets : 0) +
           (level <= JD_PREFECTURE ? dims->counties : 0);
}

/** Bytes of a world's block, firms' places and mechanisms' own state apart. */
size_t jd_world_bytes(const jd_dims_t *dims);
/** Bytes an array of so many takes in the block: whole cache lines. */
size_t jd_world_padded(size_t bytes);
/** Allocates a world, all zero and modifiers neutral, with `own` bytes of mechanisms' state;
 * without `with_firms` place stays NULL. Free with jd_world_free(). */
JD_MUST_USE int jd_world_init(jd_world_t *world, const jd_dims_t *dims, size_t own, bool with_firms,
                              jd_ctx_t *ctx);
/** Sets every modifier to its neutral value. */
void jd_modifiers_clear(const jd_modifiers_t *modifiers, const jd_dims_t *dims);
/** Ties two counties with this weight in the next period, both ways; adds to it where they are
 * tied. JD_ERR_DATA where one of them has no room. Nothing happens where firms do not heed ties. */
JD_MUST_USE int jd_ties_add(const jd_modifiers_t *modifiers, const jd_dims_t *dims, int32_t a,
                            int32_t b, double weight, jd_ctx_t *ctx);
/** Whether every modifier is neutral. */
bool jd_modifiers_are_neutral(const jd_modifiers_t *modifiers, const jd_dims_t *dims);
/** Makes `to` (initialised with the same dims, with firms) equal to `from`. */
void jd_world_copy(jd_world_t *to, const jd_world_t *from, const jd_dims_t *dims);
void jd_world_free(jd_world_t *world);

#endif
