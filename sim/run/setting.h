/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A simulation's parts: what all worlds share, the worlds, the records. Private to run/ and the
 * tests; study/ reads the parameters. */
#ifndef JD_RUN_SETTING_H
#define JD_RUN_SETTING_H

#include "jiedao/simulation.h"
#include "model/firms/choice.h"
#include "model/mechanism.h"
#include "run/record/record.h"

typedef struct jd_run_params {
    int64_t seed, periods, burn_in, burn_in_firms, direct_folds;
    bool direct_none, mediation;
    int32_t start;
} jd_run_params_t;

extern const jd_section_t jd_run_section;

/** World 0 never has the policy, world 1 has it; then direct_folds worlds with one fold of the
 * treated switched off, then (direct_none) as many with only that fold switched on; last
 * (mediation) the one with the policy in which its dose meets the friction of world 0. */
enum { JD_WORLD_WITHOUT, JD_WORLD_WITH, JD_WORLD_FOLDS };

struct jd_simulation {
    const jd_config_t *config;
    const jd_run_params_t *params;
    const jd_firms_params_t *firms_params;
    const jd_policy_params_t *policy_params;
    const jd_leaders_params_t *leaders_params;
    uint64_t seed, replicate;

    jd_tree_t tree;
    jd_dims_t dims;
    jd_traits_t traits;
    jd_events_t events;
    jd_borders_t borders;
    jd_base_t base;
    jd_street_setting_t street;
    int8_t *type;    /**< [firms] */
    int32_t *cohort; /**< [counties] first treated period, 0 = never */
    int8_t *fold;    /**< [counties] fold of a treated county, -1 otherwise */
    int32_t split;   /**< first period in which worlds can differ */

    int n_worlds_max, n_worlds; /**< requested; there now (1 before the split) */
    jd_world_t world[JD_WORLDS_MAX];

    /* the same in all worlds, this quarter */
    double *pressure, *environment;          /**< [streets] of events */
    double *tk_land, *tk_fiscal, *authority; /**< [counties] */
    int64_t *first_stock, *county_stock;     /**< [counties] for fiscal feedback */
    jd_active_set_t mechanisms;              /**< those that are on */

    jd_moves_t *moves; /**< one per chunk of a batch */
    int n_chunks;      /**< chunks of a batch */
    jd_record_t record;
    jd_run_facts_t facts;
};

/** Number of the world whose outcomes are facts: the one with the policy, once there are several.
 */
static inline int jd_factual(const struct jd_simulation *sim)
{
    return sim->n_worlds > 1 ? JD_WORLD_WITH : 0;
}

/** Number of the world that shows what friction mediates; -1 = there is none. */
int jd_world_mediation(const struct jd_simulation *sim);

/** What mechanisms read of world w in a period. */
jd_moment_t jd_moment_of(const struct jd_simulation *sim, int w, int64_t period);

/** Facts of the mechanisms of a run that is over, for the screen: at most JD_FACTS_MOST; how many.
 */
JD_API int jd_mechanisms_facts(const struct jd_simulation *sim, jd_fact_t *facts);

/** As jd_simulation_create(), with mechanisms of one's own in place of jd_mechanisms; ended by
 * NULL.
 */
JD_MUST_USE int jd_simulation_create_with(struct jd_simulation **sim, const jd_config_t *config,
                                          const jd_inputs_t *inputs, uint64_t replicate,
                                          const jd_mechanism_t *const *mechanisms, jd_ctx_t *ctx);

/** Bytes of the tables such a simulation puts into a file, before they are packed: what is known
 * before it runs. */
JD_API JD_MUST_USE int jd_simulation_file_bytes(const jd_config_t *config,
                                                const jd_inputs_t *inputs, double *bytes,
                                                jd_ctx_t *ctx);

/** Frees firms and worlds once all periods are over: recorded tables and facts stay. They are most
 * of the memory, and who estimates needs some too. */
JD_API void jd_simulation_drop_firms(jd_simulation_t *sim);

/** Whether county c has the policy in world w. */
bool jd_county_treated_in(const struct jd_simulation *sim, int32_t county, int w);

/** The quarter's steps, in order; run.c calls them. */
void jd_quarter_ask(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx);
void jd_quarter_choices(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx);
/** Room for the moves of a batch of chunks. */
JD_MUST_USE int jd_moves_init(struct jd_simulation *sim, jd_ctx_t *ctx);
void jd_moves_free(struct jd_simulation *sim);
/** How often firms of a sector review their place in a period. */
double jd_review_rate(const struct jd_simulation *sim, int sector, int64_t period);
/** What the firms' pass of a period reads, of all worlds there are. */
jd_pass_t jd_moves_pass(const struct jd_simulation *sim, int64_t period);
JD_MUST_USE int jd_quarter_moves(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx);

/** Audits, for tests after every period: no firm lost or doubled, stocks equal places, flows
 * balance, capabilities in [0, 1], effort within the time left, friction's parts, mechanisms'
 * state. JD_OK if all holds, else JD_ERR_DATA with what does not. */
int jd_simulation_audit(const struct jd_simulation *sim, jd_ctx_t *ctx);
/** Called after every period if set by a test; non-zero stops the run. */
typedef int (*jd_period_hook_t)(void *user, const struct jd_simulation *sim, int64_t period);
int jd_simulation_run_hooked(struct jd_simulation *sim, const jd_sink_t *sink,
                             jd_period_hook_t hook, void *user, jd_ctx_t *ctx);

#endif
