/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The simulator: one config, worlds with and without the policy on the same random numbers, tables
 * out.
 *
 *      const jd_section_t *const *sections = jd_simulation_sections(&n);
 *      jd_config_create(&config, sections, n, ctx);        ... read, set, finish ...
 *      jd_simulation_create(&sim, config, &inputs, 0, ctx);
 *      jd_simulation_run(sim, &sink, ctx);
 *      const jd_table_t *county = jd_simulation_table(sim, "panel/county");
 *      jd_simulation_free(sim);
 *
 *  Same config, seed and replicate: the same numbers for any number of threads. */
#ifndef JIEDAO_SIMULATION_H
#define JIEDAO_SIMULATION_H

#include "jiedao/config.h"
#include "jiedao/table.h"

JD_BEGIN_DECLS

/** Sections the simulator reads, in the order they are documented; borrowed, static. */
JD_API const jd_section_t *const *jd_simulation_sections(int *n);

/** Tables read from the user's files, or NULL. Borrowed for the simulation's life. */
typedef struct jd_inputs {
    const jd_table_t *divisions; /**< world.divisions: columns of jd_divisions_columns() */
    const jd_table_t *policy;    /**< policy.list: columns code, adoption */
} jd_inputs_t;

/** Columns a divisions file and a policy list have; the first `*required` must be there. */
JD_API const jd_column_t *jd_divisions_columns(int *n, int *required);
JD_API const jd_column_t *jd_policy_list_columns(int *n);

/** Where rows go that are too many to keep: relocations, and panels by street. Rows of a table come
 * in order, some at a time; a panel's come a period at a time. Return an error to stop the run. */
typedef struct jd_sink {
    int (*append)(void *user, const jd_table_t *rows, jd_ctx_t *ctx); /**< NULL: rows are dropped */
    void *user;
} jd_sink_t;

typedef struct jd_simulation jd_simulation_t;

/** Builds the world at rest before the first period. config and inputs are borrowed for its life.
 *  Errors: memory, JD_ERR_DATA in the inputs, values that do not fit the tree.
 *  Cost: O(firms) a few ns each, O(prefectures^2). */
JD_API JD_MUST_USE int jd_simulation_create(jd_simulation_t **simulation, const jd_config_t *config,
                                            const jd_inputs_t *inputs, uint64_t replicate,
                                            jd_ctx_t *ctx);
/** Burn-in and all periods. Errors: the sink's, memory, JD_ERR_CANCELLED between periods.
 *  Cost: 0.2-0.4 ns a firm and period, 0.1-0.3 us a move, all worlds in one pass. */
JD_API JD_MUST_USE int jd_simulation_run(jd_simulation_t *simulation, const jd_sink_t *sink,
                                         jd_ctx_t *ctx);
JD_API void jd_simulation_free(jd_simulation_t *simulation);

/** Tables kept in memory, there after the run: "jurisdictions" (before it too), "panel/county",
 *  "truth/county", "panel/sector_county", ...; all of them by index 0 ... n-1 in the order of the
 * file. */
JD_API int jd_simulation_n_tables(const jd_simulation_t *simulation);
JD_API const jd_table_t *jd_simulation_table_at(const jd_simulation_t *simulation, int index);
JD_API const jd_table_t *jd_simulation_table(const jd_simulation_t *simulation, const char *name);

/** What a run did. */
typedef struct jd_run_facts {
    int64_t firms, streets, counties, officials, periods;
    int64_t firm_periods; /**< firms x periods passed over (worlds in one pass count once) */
    int64_t moves;        /**< all moves of the factual world */
    int64_t relocations;  /**< those across a county border */
    int64_t observed;     /**< those the empirical file shows */
    int64_t within_prefecture, within_province; /**< relocations that stay inside */
    double distance;                            /**< mean distance of relocations, km */
    int32_t treated_counties, first_treated_period,
        split_period; /**< split: worlds differ from here */
    int32_t worlds;
} jd_run_facts_t;
JD_API jd_run_facts_t jd_simulation_facts(const jd_simulation_t *simulation);

JD_END_DECLS

#endif
