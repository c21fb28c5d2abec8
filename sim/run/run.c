/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A run: the quarters in order, one world until the policy can first act, then all worlds in step.
 */
#include "run/setting.h"

/* The one world becomes many: all equal to it. */
static int split_worlds(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    for (int w = 1; w < sim->n_worlds_max; w++) {
        int rc = jd_world_init(&sim->world[w], &sim->dims, sim->mechanisms.bytes, true, ctx);
        if (rc) return rc;
        jd_world_copy(&sim->world[w], &sim->world[0], &sim->dims);
    }
    sim->n_worlds = sim->n_worlds_max;
    return JD_OK;
}

jd_moment_t jd_moment_of(const struct jd_simulation *sim, int w, int64_t period)
{
    return (jd_moment_t){.dims = &sim->dims,
                         .tree = &sim->tree,
                         .street = &sim->street,
                         .firms = sim->firms_params,
                         .leaders = sim->leaders_params,
                         .period = period,
                         .seed = sim->seed,
                         .replicate = sim->replicate,
                         .world = &sim->world[w]};
}

int jd_mechanisms_facts(const struct jd_simulation *sim, jd_fact_t *facts)
{
    const jd_moment_t moment = jd_moment_of(sim, jd_factual(sim), sim->params->periods);
    int n = 0;
    for (int k = 0; k < sim->mechanisms.n; k++) {
        const jd_mechanism_t *mechanism = sim->mechanisms.active[k].mechanism;
        const jd_moment_t m = jd_active_moment(&sim->mechanisms, k, &moment);
        jd_fact_t more[JD_FACTS_MOST];
        const int found = mechanism->facts ? mechanism->facts(&m, more) : 0;
        for (int i = 0; i < found && n < JD_FACTS_MOST; i++) {
            facts[n] = more[i];
            facts[n++].mechanism = mechanism->section.name;
        }
    }
    return n;
}

/* Leaders turn; mechanisms read the quarter as it went and write the next one's modifiers. */
static int run_mechanisms(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    const jd_active_set_t *set = &sim->mechanisms;
    int rc = JD_OK;
    for (int w = 0; w < sim->n_worlds && !rc; w++) {
        const jd_modifiers_t *next = &sim->world[w].modifiers;
        const jd_moment_t moment = jd_moment_of(sim, w, period);
        const jd_leaders_draw_t draw = {sim->seed, sim->replicate, period};
        const bool recorded = period >= 1 && w == jd_factual(sim);
        jd_leaders_turn(sim->leaders_params, sim->dims.seats, next->rise, &draw,
                        &sim->world[w].leaders);
        if (set->modifies) jd_modifiers_clear(next, &sim->dims);
        for (int k = 0; k < set->n && !rc; k++) {
            jd_moment_t m = jd_active_moment(set, k, &moment);
            if (recorded) m.events = jd_record_events(sim, k);
            if (set->active[k].mechanism->step) rc = set->active[k].mechanism->step(&m, next, ctx);
        }
        if (!rc && set->modifies) rc = jd_boosts_check(&moment, ctx);
    }
    return rc || period < 1 ? rc : jd_record_hand_events(sim, ctx);
}

static int run_quarter(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    int rc = jd_check_cancelled(ctx);
    if (!rc && period == sim->split) rc = split_worlds(sim, ctx);
    if (rc) return rc;
    jd_quarter_ask(sim, period, ctx);
    if (period > -sim->params->burn_in_firms) {
        jd_quarter_choices(sim, period, ctx);
        rc = jd_quarter_moves(sim, period, ctx);
    }
    if (!rc && period >= 1) rc = jd_record_period(sim, period, ctx);
    return rc ? rc : run_mechanisms(sim, period, ctx);
}

int jd_simulation_run_hooked(struct jd_simulation *sim, const jd_sink_t *sink,
                             jd_period_hook_t hook, void *user, jd_ctx_t *ctx)
{
    int64_t burn_in = sim->params->burn_in, periods = sim->params->periods;
    int rc = JD_OK;
    sim->record.sink = sink;
    for (int64_t t = 1 - burn_in; t <= periods && !rc; t++) {
        rc = run_quarter(sim, t, ctx);
        if (!rc && hook) rc = hook(user, sim, t);
        jd_progress_t progress = {.stage = t < 1 ? "settling" : "simulating",
                                  .done = t < 1 ? t + burn_in : t,
                                  .total = t < 1 ? burn_in : periods,
                                  .items = (double)sim->facts.firm_periods,
                                  .item = t < 1 ? NULL : "firm-quarters"};
        jd_report_progress(ctx, &progress);
    }
    if (!rc) rc = jd_record_finish(sim, ctx);
    return rc;
}

int jd_simulation_run(jd_simulation_t *sim, const jd_sink_t *sink, jd_ctx_t *ctx)
{
    return jd_simulation_run_hooked(sim, sink, NULL, NULL, ctx);
}
