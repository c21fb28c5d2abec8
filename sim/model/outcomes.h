/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Steps 1 and 5-6 of a period, street by street: what pressure, toolkit and residents demand of
 * officials; then output, services, inducement and friction with its exact parts
 * (model-equations.md, section 2). */
#ifndef JD_MODEL_OUTCOMES_H
#define JD_MODEL_OUTCOMES_H

#include "model/policy.h"
#include "model/pressure.h"
#include "model/world.h"

/** Parameters and constants the street steps read; borrowed. */
typedef struct jd_street_setting {
    const jd_tree_t *tree;
    const jd_world_params_t *world;
    const jd_officials_params_t *officials;
    const jd_rescaling_params_t *rescaling;
    const jd_policy_params_t *policy;
    const jd_events_t *events;
    double delay; /**< beta^lag */
    double full;  /**< Y* = a(1/2) / 2, balanced full-time output */
} jd_street_setting_t;

/** Fills the constants from the parameters. */
void jd_street_setting_init(jd_street_setting_t *setting);

/** Pressure, stringency and incentives of streets [first, end) from the world's dose, events,
 * modifiers and services. world->pressure and environment hold the events' part on entry. */
void jd_streets_ask(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                    int32_t end);

/** Services, inducement, friction and effective dose of streets [first, end) from officials'
 * output. */
void jd_streets_deliver(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                        int32_t end);

/** Demand and output of the streets of `from`, as those of `to`: firms there meet the same streets.
 */
void jd_streets_copy(jd_world_t *to, const jd_world_t *from, const jd_dims_t *dims);

/** Services and their stages start at what balanced officials deliver. */
void jd_services_start(const jd_street_setting_t *setting, jd_world_t *world);

/** The counties' toolkit from its three parts and, if fiscal feedback is on, from their stock of
 * firms relative to `first_stock` [counties] (NULL: off). */
void jd_counties_equip(const jd_street_setting_t *setting, jd_world_t *world, const double *tk_land,
                       const double *tk_fiscal, const int64_t *first_stock, const int64_t *stock);

#endif
