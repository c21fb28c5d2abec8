/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Mechanisms: optional parts of a period, one file each in mechanisms/ and one line in its list.
 *  `step` reads the period as it went and adds to the next one's modifiers (world->tour, burden,
 * show), which only the period's own steps apply; so their order carries no meaning and any subset
 * runs. `record` fills one row of time of the mechanism's own panel over counties. */
#ifndef JD_MODEL_MECHANISM_H
#define JD_MODEL_MECHANISM_H

#include "model/firms/firms.h"
#include "model/outcomes.h"
#include "model/panel_head.h"

/** What a mechanism may read of the period that just went; borrowed. */
typedef struct jd_moment {
    const jd_config_t *config;
    const jd_dims_t *dims;
    const jd_tree_t *tree;
    const jd_street_setting_t *street;
    const jd_firms_params_t *firms;
    int64_t period; /**< 1 = first recorded; burn-in <= 0 */
    uint64_t seed, replicate;
} jd_moment_t;

typedef struct jd_mechanism {
    const char *name;
    const jd_section_t *section;
    bool (*on)(const jd_config_t *config);
    void (*step)(const jd_moment_t *moment, jd_world_t *world); /**< may be NULL */
    const char *label;     /**< of its panel; NULL: it has none */
    const char *tables[2]; /**< its names: "panel/...", "truth/..." */
    const jd_column_t
        *columns; /**< JD_PANEL_HEAD(), then JD_AXIS_CELL columns; filled from P_SHARED on */
    int n_columns;
    /** Cells of all counties in row `row` (0 = first period) of the panel. */
    void (*record)(const jd_moment_t *moment, const jd_world_t *world, jd_table_t *panel,
                   int64_t row);
} jd_mechanism_t;

/** Their sections, defined beside their code. */
extern const jd_section_t jd_tournament_section;
extern const jd_section_t jd_urban_section;

/** All mechanisms, ended by NULL. */
extern const jd_mechanism_t *const jd_mechanisms[];

#endif
