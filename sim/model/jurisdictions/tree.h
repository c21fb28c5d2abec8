/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The jurisdiction tree: centre > province > prefecture > county > street, as index ranges with
 *  parent pointers and contiguous children, struct of arrays. Units of each level are numbered from
 * 0 in the order of their parents, so a sum over a unit's descendants is a sum over a range. */
#ifndef JD_MODEL_JURISDICTIONS_TREE_H
#define JD_MODEL_JURISDICTIONS_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "jiedao/config.h"
#include "jiedao/context.h"
#include "jiedao/table.h"

typedef enum jd_level {
    JD_CENTRE,
    JD_PROVINCE,
    JD_PREFECTURE,
    JD_COUNTY,
    JD_STREET,
    JD_LEVELS
} jd_level_t;

enum { JD_CODE_WIDTH = 16, JD_NAME_WIDTH = 96 };

/** Parameters of section [world]. */
typedef struct jd_world_params {
    int64_t provinces, prefectures, counties, streets;
    char divisions[JD_TEXT_MAX];
    char only[JD_TEXT_MAX];
    double province_km;
    double county_share, fiscal_correlation, land_sd;
    double ambition_s, ambition_w, eta, service_rate;
    double weight_land, weight_fiscal, weight_authority;
    double fiscal_feedback;
} jd_world_params_t;

extern const jd_section_t jd_world_section;

typedef struct jd_tree {
    int32_t n[JD_LEVELS];         /**< units of each level; n[JD_CENTRE] = 1 */
    int32_t *child[JD_LEVELS];    /**< [n + 1]: children of i are child[i] ... child[i+1]-1 below */
    int32_t *parent[JD_LEVELS];   /**< [n]: unit of the level above; NULL for the centre */
    double *x[JD_LEVELS];         /**< [n] km east on the map */
    double *y[JD_LEVELS];         /**< [n] km north on the map */
    double *longitude, *latitude; /**< [streets] degrees, NULL for a synthetic tree */
    double (
        *at)[4]; /**< [streets] km, for distances (on the sphere, or the plane); 4th: not used */
    double *ax, *ay, *az;           /**< [prefectures] the same, mean of their streets */
    double *land[JD_LEVELS];        /**< [n] km2 */
    double *development[JD_LEVELS]; /**< [n] z-score over streets; above, the mean by land */
    double *fiscal[JD_LEVELS];      /**< [n] z-score, fiscal capacity */
    double *firms;                  /**< [streets] counts given by the user, or NULL */
    double *site;                   /**< [streets] share of the world's land, S_j; sums to 1 */
    double *site_county;            /**< [counties] S_c */
    double *site_prefecture;        /**< [prefectures] S_p */
    char *code[JD_LEVELS];          /**< [n][JD_CODE_WIDTH], padded with '\0' */
    char *name[JD_LEVELS];          /**< [n][JD_NAME_WIDTH] */
} jd_tree_t;

/** Columns a divisions table must or may have; io reads a CSV by this list. */
enum {
    JD_DIVISION_CODE,
    JD_DIVISION_PARENT,
    JD_DIVISION_LEVEL,
    JD_DIVISION_NAME,
    JD_DIVISION_LONGITUDE,
    JD_DIVISION_LATITUDE,
    JD_DIVISION_DEVELOPMENT,
    JD_DIVISION_FISCAL,
    JD_DIVISION_LAND,
    JD_DIVISION_FIRMS,
    JD_DIVISION_COLUMNS,
    JD_DIVISION_REQUIRED = JD_DIVISION_DEVELOPMENT /**< the columns before this one */
};
extern const jd_column_t jd_division_columns[JD_DIVISION_COLUMNS];

/** Builds the tree of counts in `params` (divisions = NULL) or of a divisions table, endowments
 *  included. Draws: JD_DRAW_TREE, JD_DRAW_DEVELOPMENT. Errors: JD_ERR_DATA naming the row, memory.
 *  Free with jd_tree_free(), also after an error. Cost: O(units log units). */
JD_MUST_USE int jd_tree_init(jd_tree_t *tree, const jd_world_params_t *params,
                             const jd_table_t *divisions, uint64_t seed, jd_ctx_t *ctx);
void jd_tree_free(jd_tree_t *tree);

/** Distance in km between two streets, along the sphere for a tree with degrees. */
double jd_tree_distance(const jd_tree_t *tree, int32_t from, int32_t to);
/** The same between prefectures' centres. */
double jd_tree_distance_prefectures(const jd_tree_t *tree, int32_t from, int32_t to);

/** County, prefecture or province a street lies in. */
static inline int32_t jd_tree_above(const jd_tree_t *tree, int32_t street, jd_level_t level)
{
    int32_t unit = street;
    for (int l = JD_STREET; l > (int)level; l--)
        unit = tree->parent[l][unit];
    return unit;
}

/** First street of a unit; jd_tree_first_street(..., unit + 1) ends its range. */
int32_t jd_tree_first_street(const jd_tree_t *tree, jd_level_t level, int32_t unit);

/** First street's, county's, ... row in /jurisdictions, which lists all levels from the top. */
int32_t jd_first_row(const jd_tree_t *tree, jd_level_t level);

/** Mean of values [streets] over the streets of a unit. */
double jd_tree_mean(const jd_tree_t *tree, jd_level_t level, int32_t unit, const double *street);

/** Index of the unit of this level with this code, or -1. */
int32_t jd_tree_find(const jd_tree_t *tree, jd_level_t level, const char *code);

/** Parts of jd_tree_init(), one file each. */
JD_MUST_USE int jd_tree_allocate(jd_tree_t *tree, jd_ctx_t *ctx);
JD_MUST_USE int jd_tree_grow(jd_tree_t *tree, const jd_world_params_t *params, uint64_t seed,
                             jd_ctx_t *ctx);
/** `only`: codes or names of divisions, by commas, to which the tree is cut; "" = all. */
JD_MUST_USE int jd_tree_read(jd_tree_t *tree, const jd_table_t *divisions, const char *only,
                             uint64_t seed, jd_ctx_t *ctx);
void jd_tree_endow(jd_tree_t *tree, const jd_world_params_t *params, uint64_t seed);
/** Fills a level's positions and land from the streets' (means, sums). */
void jd_tree_sum_up(jd_tree_t *tree);
/** Distances on the sphere from longitude and latitude. */
void jd_tree_project(jd_tree_t *tree);

#endif
