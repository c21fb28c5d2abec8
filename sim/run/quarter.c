/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The steps of a quarter, over all worlds at once: few and large parallel regions over (world,
 * range). */
#include <string.h>

#include "core/vmath.h"
#include "run/setting.h"

enum { RANGES = 64 }; /* streets and prefectures are cut into these, whatever the threads */

static int32_t cut(int32_t n, int range)
{
    return (int32_t)((int64_t)n * range / RANGES);
}

static int32_t quarter_of(const struct jd_simulation *sim, int64_t period)
{
    return (int32_t)(sim->params->start + period - 1);
}

/* What all worlds share this quarter: events, and what they do to the toolkit. */
static void apply_events(struct jd_simulation *sim, int64_t period)
{
    int32_t quarter = quarter_of(sim, period);
    jd_events_reclassify(&sim->events, &sim->tree, quarter, period, sim->seed, sim->replicate);
    jd_events_mandate(&sim->events, &sim->tree, quarter);
    jd_events_apply(&sim->events, &sim->tree, quarter, sim->pressure, sim->environment,
                    sim->tk_land, sim->tk_fiscal, sim->authority);
}

static void count_firms(const struct jd_simulation *sim, const jd_world_t *world, int64_t *count)
{
    memset(count, 0, (size_t)sim->dims.counties * sizeof *count);
    for (int k = 0; k < sim->dims.sectors; k++) {
        const int32_t *stock = world->stock + (int64_t)k * sim->dims.streets;
        for (int32_t s = 0; s < sim->dims.streets; s++)
            count[sim->tree.parent[JD_STREET][s]] += stock[s];
    }
}

/* Dose, events and toolkit of one world. */
static void equip_world(struct jd_simulation *sim, int w, int64_t period)
{
    jd_world_t *world = &sim->world[w];
    size_t streets = (size_t)sim->dims.streets * sizeof(double);
    const int64_t *first = NULL;
    for (int32_t c = 0; c < sim->dims.counties; c++) {
        world->dose[c] = jd_county_treated_in(sim, c, sim->n_worlds > 1 ? w : JD_WORLD_WITHOUT)
                             ? jd_policy_dose(sim->policy_params, sim->cohort[c], period)
                             : 0;
        world->authority[c] = sim->authority[c];
    }
    memcpy(world->pressure, sim->pressure, streets);
    memcpy(world->environment, sim->environment, streets);
    if (sim->street.world->fiscal_feedback > 0 && period >= 1) {
        if (period == 1) count_firms(sim, world, sim->first_stock);
        count_firms(sim, world, sim->county_stock);
        first = sim->first_stock;
    }
    jd_counties_equip(&sim->street, world, sim->tk_land, sim->tk_fiscal, first, sim->county_stock);
}

/* Whether the officials of world w are nobody's: what they do is the world's with the policy. */
static bool is_mediation(const struct jd_simulation *sim, int w)
{
    return w == jd_world_mediation(sim) && w < sim->n_worlds;
}

/* The world of mediation: inducement, services and friction of the world with the policy, whose
 * dose meets the friction there would be without it. Its firms move by these. */
static void mediate(struct jd_simulation *sim)
{
    const int w = jd_world_mediation(sim);
    if (w < 0 || w >= sim->n_worlds) return;
    const jd_world_t *with = &sim->world[JD_WORLD_WITH], *without = &sim->world[JD_WORLD_WITHOUT];
    jd_world_t *world = &sim->world[w];
    jd_streets_copy(world, with, &sim->dims);
    for (int32_t s = 0; s < sim->dims.streets; s++)
        world->dose_effective[s] =
            world->dose[sim->tree.parent[JD_STREET][s]] * (1 - without->friction[s]);
}

void jd_quarter_ask(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    apply_events(sim, period);
    for (int w = 0; w < sim->n_worlds; w++)
        equip_world(sim, w, period);
    int n = sim->n_worlds * RANGES;
    (void)ctx;
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int i = 0; i < n; i++) {
        jd_world_t *world = &sim->world[i / RANGES];
        if (is_mediation(sim, i / RANGES)) continue;
        int32_t first = cut(sim->dims.streets, i % RANGES),
                end = cut(sim->dims.streets, i % RANGES + 1);
        jd_streets_ask(&sim->street, world, first, end);
        jd_officials_step(sim->street.officials, &sim->traits, &world->incentives, first, end,
                          &world->officials, &world->output);
        jd_streets_deliver(&sim->street, world, first, end);
    }
    mediate(sim);
}

typedef struct choice_pass {
    jd_choice_setting_t setting;
    bool refuse;
} choice_pass_t;

static void weigh_and_leave(struct jd_simulation *sim, const choice_pass_t *pass, jd_ctx_t *ctx)
{
    int n = sim->n_worlds * RANGES;
    int32_t prefectures = sim->dims.prefectures;
    (void)ctx;
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int i = 0; i < n; i++)
        jd_choice_weigh(&pass->setting, &sim->world[i / RANGES], pass->refuse,
                        cut(prefectures, i % RANGES), cut(prefectures, i % RANGES + 1));
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int i = 0; i < n; i++)
        jd_choice_leave(&pass->setting, &sim->world[i / RANGES], cut(prefectures, i % RANGES),
                        cut(prefectures, i % RANGES + 1));
}

/* Worlds that part from the first one land together more often under one bound: a fold world takes
 * that of the world with the policy, unless its own is larger. The two main worlds' do not depend
 * on folds. */
static void share_bounds(struct jd_simulation *sim)
{
    int64_t n = (int64_t)sim->dims.kinds * sim->dims.counties;
    const double *with = sim->world[JD_WORLD_WITH].choice.bound;
    for (int w = JD_WORLD_FOLDS; w < sim->n_worlds; w++) {
        double *mine = sim->world[w].choice.bound;
        for (int64_t i = 0; i < n; i++)
            mine[i] = with[i] > mine[i] ? with[i] : mine[i];
    }
}

double jd_review_rate(const struct jd_simulation *sim, int sector, int64_t period)
{
    const jd_firms_params_t *p = sim->firms_params;
    const bool shocked = quarter_of(sim, period) >= p->common_shock_start;
    const double shock = shocked ? p->common_shock + jd_of_sector(&p->sector_shock, sector) : 0;
    const double review = p->review * jd_of_sector(&p->sector_review, sector) * (1 + shock);
    return review < 1 ? review : 1;
}

/* Firms per land and land quota of each county, over the world's: as the quarter begins. Nothing is
 * cleared: the price follows use, and keeps firms away where it is high. */
static void price_land(struct jd_simulation *sim)
{
    if (!(sim->firms_params->b_land > 0)) return;
    for (int w = 0; w < sim->n_worlds; w++) {
        jd_world_t *world = &sim->world[w];
        count_firms(sim, world, sim->county_stock);
        for (int32_t c = 0; c < sim->dims.counties; c++) {
            const double used = (double)sim->county_stock[c] / jd_max(1, world->active),
                         quota = sim->tree.site_county[c] * sim->tk_land[c];
            world->land_price[c] = jd_log(0.2 + used / quota);
        }
    }
}

static jd_choice_setting_t setting_of(const struct jd_simulation *sim, int64_t period)
{
    const jd_firms_params_t *p = sim->firms_params;
    const double passed = (double)(period > 0 ? period : 0), all = (double)sim->params->periods;
    jd_choice_setting_t setting = {.dims = &sim->dims,
                                   .tree = &sim->tree,
                                   .firms = p,
                                   .borders = &sim->borders,
                                   .base = &sim->base,
                                   .drift = p->b_dev + p->b_drift * passed / all};
    for (int k = 0; k < sim->dims.sectors; k++) {
        setting.review[k] = jd_review_rate(sim, k, period);
        setting.tilt[k] = jd_of_sector(&p->sector_drift, k) * passed / all;
    }
    setting.apart = jd_sectors_crowd(p, setting.crowd);
    return setting;
}

void jd_quarter_choices(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    choice_pass_t pass = {.setting = setting_of(sim, period), .refuse = false};
    price_land(sim);
    if (!sim->base.ready) {
        weigh_and_leave(sim, &pass, ctx);
        jd_base_fix(&sim->base, &pass.setting, &sim->world[0]);
    }
    pass.refuse = true;
    weigh_and_leave(sim, &pass, ctx);
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int w = 0; w < sim->n_worlds; w++)
        jd_choice_bound(&pass.setting, &sim->world[w], w > 0 ? &sim->world[0].choice : NULL);
    share_bounds(sim);
}
