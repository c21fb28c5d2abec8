/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where firms want to go: size-weighted nested logit on the tree (street in county in prefecture)
 * with border costs and gravity (model-equations.md, section 3), as tables per kind of firm. */
#ifndef JD_MODEL_FIRMS_CHOICE_H
#define JD_MODEL_FIRMS_CHOICE_H

#include "model/firms/firms.h"

/** Distance and borders: fixed for a run. */
typedef struct jd_borders {
    double k_county, k_prefecture, k_province; /**< border costs, utility */
    double *gravity;   /**< [prefectures][prefectures] exp(-k_pref - k_prov) (1 + d/d0)^-gamma, 0 on
                          the diagonal */
    double *reference; /**< [counties] ln of the total at V = 0, subtracted from L */
} jd_borders_t;

/** Solves the border costs so that moves at V = 0 divide as the target shares ask; a share that no
 * place can take (a world of one province) is left out. Cost: O(prefectures^2 + rounds * counties).
 */
JD_MUST_USE int jd_borders_init(jd_borders_t *borders, const jd_firms_params_t *params,
                                const jd_tree_t *tree, jd_ctx_t *ctx);
void jd_borders_free(jd_borders_t *borders);

/** Proposal table of all draws (section 4): the choice table of the period firms first move
 * in, without refusals, equal in all worlds, with running sums to draw from. */
typedef struct jd_base {
    jd_choice_t choice; /**< weight, sums, mass, elsewhere, own, total only */
    double *street;     /**< [kinds][streets] running sum of weight within the county */
    double *county;     /**< [kinds][counties] running sum of weight_county within the prefecture */
    double *prefecture; /**< [kinds][prefectures][prefectures] running sum of mass * gravity */
    double crossing;    /**< exp(-k_county) */
    bool rivals;        /**< crossings of a world differ from it: firms.k_rival > 0 */
    bool ready;
    void *block; /**< choice's arrays */
} jd_base_t;

/** Everything the tables are made from; borrowed. */
typedef struct jd_choice_setting {
    const jd_dims_t *dims;
    const jd_tree_t *tree;
    const jd_firms_params_t *firms;
    const jd_borders_t *borders;
    const jd_base_t *base;         /**< not ready: ratios are not made */
    double drift;                  /**< b_dev + b_drift t/T of this period */
    double review[JD_SECTORS_MAX]; /**< review rates of this period, common shock included */
    double tilt[JD_SECTORS_MAX];   /**< what a sector adds to drift in this period */
    bool apart;                    /**< sectors crowd each other by `crowd` (jd_sectors_crowd) */
    double crowd[JD_SECTORS_MAX][JD_SECTORS_MAX];
} jd_choice_setting_t;

/** First half, prefectures [first, end): utilities, street, county and prefecture weights.
 *  refuse = false ignores stringency (for the base). */
void jd_choice_weigh(const jd_choice_setting_t *setting, jd_world_t *world, bool refuse,
                     int32_t first, int32_t end);
/** Second half, prefectures [first, end) as origins, after all have been weighed: totals, hazards
 * of moving away, and (base ready) ratios to the base. */
void jd_choice_leave(const jd_choice_setting_t *setting, jd_world_t *world, int32_t first,
                     int32_t end);
/** Last, when all ratios are there: bound [kinds][counties] of this world. `first` is the world it
 * follows, NULL for the one that follows none. */
void jd_choice_bound(const jd_choice_setting_t *setting, jd_world_t *world,
                     const jd_choice_t *first);

JD_MUST_USE int jd_base_init(jd_base_t *base, const jd_dims_t *dims, jd_ctx_t *ctx);
/** Takes the world's tables, weighed without refusals, as the base. */
void jd_base_fix(jd_base_t *base, const jd_choice_setting_t *setting, const jd_world_t *world);
void jd_base_free(jd_base_t *base);

/** What draws are made with; borrowed. */
typedef struct jd_draw_tables {
    const jd_base_t *base;
    const jd_borders_t *borders;
    const jd_dims_t *dims;
    const jd_tree_t *tree;
} jd_draw_tables_t;

/** Firms that draw together: none waits for the tables of another. What a firm draws depends on
 * itself alone. */
enum { JD_DRAWS_MOST = 256 };
typedef struct jd_draws {
    int n;
    int32_t kind[JD_DRAWS_MOST], origin[JD_DRAWS_MOST]; /**< origin: a street */
    uint64_t state[JD_DRAWS_MOST];                      /**< of each firm's generator */
    uint64_t increment;
    int32_t to[JD_DRAWS_MOST]; /**< the street drawn; the firm's own means no move */
} jd_draws_t;

/** Streets firms go to: 3 proposals from the base, accepted with p/(M q), M = choice->bound; then
 * the inverse CDF. Takes 15 draws of each. Cost: 50-100 ns a firm. */
void jd_choice_destinations(const jd_draw_tables_t *tables, const jd_choice_t *choice,
                            jd_draws_t *draws);

/** Draws jd_choice_follow() takes at most. */
enum { JD_FOLLOW_DRAWS = 4094 };

/** The same for a world that follows `first`, whose tables gave draws->to from these origins: `to`
 * stays with probability min(1, p/p_first), else it is a draw from (p - p_first)+: proposals from
 * the base accepted with that over bound, and a walk over all streets where a thousand of them
 * fail. The law is p exactly, and no way of sharing draws agrees more often. Draws come from a
 * stream apart (JD_DRAW_FOLLOW): what `first` draws does not depend on who follows. */
void jd_choice_follow(const jd_draw_tables_t *tables, const jd_choice_t *first,
                      const jd_choice_t *choice, jd_draws_t *draws);

/** After both: firms whose county has ties go to a tied county instead, with probability sum X / (T
 * + sum X), to which by X, there to a street by w_j. `firm` [draws->n]: three of JD_DRAW_TIE of
 * each, the same in all worlds, whose tables turn them. */
void jd_tied_take(const jd_draw_tables_t *tables, const jd_choice_t *choice, const jd_jump_t *jump,
                  const int64_t *firm, jd_draws_t *draws);

/** Probability of a street of this weight in county `to`, where it is `untied` without ties. */
double jd_tied_probability(const jd_choice_t *choice, const jd_dims_t *dims, int kind,
                           int32_t origin, int32_t to, double weight, double untied);

/** Values of counties as tied alternatives, of one kind; in jd_choice_weigh(). */
void jd_tied_weigh(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                   int32_t first, int32_t end);
/** What ties pull, whatever the kind; in jd_choice_leave(). */
void jd_tied_pull(const jd_choice_setting_t *setting, const jd_choice_t *choice, int32_t first,
                  int32_t end);
/** Sums of X of one kind, and what leaving costs with them. */
void jd_tied_leave(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                   int32_t first, int32_t end);

/** Probability that a firm of this kind at `origin`, on leaving, goes to `to`: exact, for tests. */
double jd_choice_probability(const jd_choice_t *choice, const jd_borders_t *borders,
                             const jd_dims_t *dims, const jd_tree_t *tree, int kind, int32_t origin,
                             int32_t to);

/** Probability that a firm leaves its street, times 2^32: h P(leave | review) = review / (1 +
 * exp(V_o + kappa_q - L_o)), of its street's appeal and its county's cost. */
static inline uint32_t jd_hazard(double review, double appeal, double cost)
{
    return (uint32_t)(int64_t)(review * 4294967295.0 / (1 + appeal * cost));
}

/** The same by type and street. */
static inline uint32_t jd_choice_hazard(const jd_choice_t *choice, const jd_dims_t *dims,
                                        const jd_tree_t *tree, double review, int type,
                                        int32_t street)
{
    int64_t county = tree->parent[JD_STREET][street];
    return jd_hazard(review, choice->appeal[(int64_t)(type / dims->sizes) * dims->streets + street],
                     choice->cost[(int64_t)type * dims->counties + county]);
}

/** The largest hazard of a world: the pass looks no closer at draws above it. */
uint32_t jd_choice_top_hazard(const jd_choice_t *choice, const jd_dims_t *dims);

#endif
