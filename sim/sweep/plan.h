/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Which runs a sweep consists of: factors, the points of its design, replicates. The same config
 *  gives the same plan on every machine. */
#ifndef JD_SWEEP_PLAN_H
#define JD_SWEEP_PLAN_H

#include <stdbool.h>

#include "jiedao/config.h"
#include "jiedao/table.h"

typedef enum jd_plan_design {
    JD_PLAN_GRID,     /**< every combination of the lists, the last factor fastest */
    JD_PLAN_LIST,     /**< the lists side by side: the i-th value of each */
    JD_PLAN_LHS,      /**< Latin hypercube (McKay, Beckman, Conover 1979) */
    JD_PLAN_SOBOL,    /**< Sobol's sequence, scrambled as Owen (1995) */
    JD_PLAN_SALTELLI, /**< A, B and A with one column of B, for Sobol indices (Saltelli 2010) */
    JD_PLAN_MORRIS    /**< trajectories, one factor changed at a time (Morris 1991) */
} jd_plan_design_t;

/** Section [sweep]; its other keys are parameters of the model. */
typedef struct jd_plan_params {
    int32_t design;
    int64_t replicates, first, points, levels;
    bool common;
    bool moments; /**< of each run, among its facts */
    int64_t max_failures; /**< 0 = go on whatever fails */
} jd_plan_params_t;

extern const jd_section_t jd_plan_section;

typedef enum jd_factor_kind {
    JD_FACTOR_VALUES, /**< listed ones; drawn designs give each the same chance */
    JD_FACTOR_UNIFORM,
    JD_FACTOR_LOGUNIFORM,
    JD_FACTOR_NORMAL,
    JD_FACTOR_INTEGER
} jd_factor_kind_t;

/** A parameter that is varied. */
typedef struct jd_factor {
    char name[128]; /**< "policy.share" */
    const jd_param_t *param;
    jd_factor_kind_t kind;
    double a, b;   /**< ends, or mean and SD of the normal */
    char **values; /**< [n_values] as they would be written in a config; owned */
    int n_values;
} jd_factor_t;

typedef struct jd_plan {
    jd_plan_design_t design;
    jd_factor_t *factors; /**< [n_factors] in the order of the config */
    int n_factors;
    int64_t n_points, replicates, n_runs; /**< all points, then again with the next replicate */
    int64_t first;                        /**< number of the first replicate, from 0 */
    int64_t base; /**< saltelli: rows of A; morris: trajectories; else points */
    int levels;   /**< of morris */
    bool common;  /**< replicate r draws the same numbers at every point */
    double *unit; /**< [n_points][n_factors] places in [0, 1]; of grid and list (index + 1/2) / n */
} jd_plan_t;

enum { JD_PLAN_VALUE = JD_TEXT_MAX };

/** Whether the parameter is a list itself, so that bars and not commas part its values. */
bool jd_factor_is_list(const jd_factor_t *factor);

/** Reads the plan off a finished config. All mistakes are reported with their lines. Errors:
 *  JD_ERR_COMBINATION, JD_ERR_NO_MEMORY. The config must outlive the plan. */
JD_MUST_USE int jd_plan_make(jd_plan_t *plan, const jd_config_t *config, jd_ctx_t *ctx);
void jd_plan_free(jd_plan_t *plan);

/** A factor's value at a point, as it would be written in a config; returns buffer. */
const char *jd_plan_value(const jd_plan_t *plan, int64_t point, int factor,
                          char buffer[JD_PLAN_VALUE]);
/** The same as a number: of lists that are no numbers the index, from 1. */
double jd_plan_number(const jd_plan_t *plan, int64_t point, int factor);

/** The finished config of a point, a copy; the caller frees it. Errors: a combination of values the
 *  sections refuse. */
JD_MUST_USE int jd_plan_config(jd_config_t **made, const jd_plan_t *plan, const jd_config_t *config,
                               int64_t point, jd_ctx_t *ctx);
/** Point and replicate of a run, from 0; and what keys its random numbers. */
int64_t jd_plan_point(const jd_plan_t *plan, int64_t run);
int64_t jd_plan_replicate(const jd_plan_t *plan, int64_t run);
uint64_t jd_plan_key(const jd_plan_t *plan, int64_t run);

/** plan_columns.c: factors as columns of a table, "policy.share" as policy_share; [n_factors] each.
 * The columns borrow the names and the plan. */
typedef char jd_plan_name_t[33];
void jd_plan_columns(const jd_plan_t *plan, jd_column_t *columns, jd_plan_name_t *names);
/** A point's values into a row of these columns, which begin at `first`. */
void jd_plan_put(const jd_plan_t *plan, int64_t point, jd_table_t *table, int first, int64_t row);

/** plan_points.c: fills plan->unit, sized by n_points and n_factors, for the drawn designs. */
JD_MUST_USE int jd_plan_draw(jd_plan_t *plan, uint64_t seed, jd_ctx_t *ctx);

#endif
