/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/outcomes.h"

#include <string.h>

#include "core/vmath.h"

void jd_street_setting_init(jd_street_setting_t *setting)
{
    setting->delay = jd_pow(setting->officials->beta, setting->officials->lag);
    setting->full = 0.5 * jd_capability_at(setting->officials, 0.5);
}

void jd_counties_equip(const jd_street_setting_t *setting, jd_world_t *world, const double *tk_land,
                       const double *tk_fiscal, const int64_t *first_stock, const int64_t *stock)
{
    const jd_world_params_t *p = setting->world;
    for (int32_t c = 0; c < setting->tree->n[JD_COUNTY]; c++) {
        double fiscal = tk_fiscal[c] * world->modifiers.budget[c];
        if (first_stock && first_stock[c] > 0)
            fiscal *= jd_pow((double)stock[c] / (double)first_stock[c], p->fiscal_feedback);
        world->toolkit[c] =
            jd_exp(p->weight_land * jd_log(tk_land[c]) + p->weight_fiscal * jd_log(fiscal) +
                   p->weight_authority * jd_log(world->authority[c]));
    }
}

enum { BLOCK = 256 }; /* streets worked on together */

/* A county's value for each of its streets: gathered apart, so that the loops below vectorise. */
static void spread(const jd_street_setting_t *setting, const double *county, int32_t first, int n,
                   double *street)
{
    const int32_t *parent = setting->tree->parent[JD_STREET] + first;
    for (int i = 0; i < n; i++)
        street[i] = county[parent[i]];
}

JD_CLONES static void ask(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                          int n, const double *restrict dose, const double *restrict authority)
{
    const jd_officials_params_t *p = setting->officials;
    const jd_rescaling_params_t *r = setting->rescaling;
    const double weak = p->mu_weak * setting->delay, strong = p->mu_strong,
                 push = setting->policy->pressure;
    const double own_burden = p->burden, th_strong = r->th_strong, th_weak = r->th_weak;
    const double th_environment = r->th_environment, base = r->stringency;
    const double leniency = r->leniency, per_stake = r->leniency_stake;
    const double *restrict penalty = setting->events->penalty + first;
    const double horizontal = 1 + p->horizontal, slope = p->horizontal_slope;
    const double *restrict environment = world->environment + first, *restrict services =
                                                                         world->services + first;
    const double *restrict more_burden = world->modifiers.burden + first,
                           *restrict tour = world->modifiers.tour + first;
    const double *restrict hor = world->modifiers.hor + first;
    const double *restrict mandate_s = setting->events->mandate_s + first;
    const double *restrict mandate_w = setting->events->mandate_w + first;
    const double *restrict mandate_burden = setting->events->mandate_burden + first;
    double *restrict pressure = world->pressure + first, *restrict stringency =
                                                             world->stringency + first;
    double *restrict stake_s = world->incentives.stake_s + first, *restrict stake_w =
                                                                      world->incentives.stake_w +
                                                                      first;
    double *restrict resident = world->incentives.resident + first, *restrict time =
                                                                        world->incentives.time +
                                                                        first;
    double *restrict overload = world->incentives.overload + first;
    JD_SIMD
    for (int i = 0; i < n; i++) {
        double total = pressure[i] + push * dose[i],
               burden = own_burden + more_burden[i] + mandate_burden[i];
        double stake = mandate_s[i] * (strong * jd_max(0, 1 + th_strong * total) * (1 + tour[i]));
        double press = environment[i], over = press > 0 ? press : 1.0;
        double lenient = leniency + stake * per_stake / (penalty[i] * over);
        double left_out = press > 0 ? jd_min(1, jd_max(0, lenient)) : 0.0;
        pressure[i] = total;
        stringency[i] =
            base * authority[i] * jd_max(0, 1 + th_environment * press * (1 - left_out));
        stake_s[i] = stake;
        stake_w[i] = mandate_w[i] * (weak * jd_max(0, 1 + th_weak * total));
        resident[i] = horizontal + slope * jd_max(0, 1 - services[i]) + hor[i];
        time[i] = jd_max(0, 1 - burden);
        overload[i] = jd_max(0, total + burden);
    }
}

void jd_streets_ask(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                    int32_t end)
{
    double dose[BLOCK], authority[BLOCK];
    for (int32_t from = first; from < end; from += BLOCK) {
        int n = end - from < BLOCK ? end - from : BLOCK;
        spread(setting, world->dose, from, n, dose);
        spread(setting, world->authority, from, n, authority);
        ask(setting, world, from, n, dose, authority);
    }
}

/* Below this a level counts as it, so that friction and its parts stay finite where there is no
 * time, no effort or no stake. */
static const double least_level = 1e-6;

static inline double log_level(double level)
{
    return jd_log(jd_max(level, least_level));
}

/* A street's logs of inducement as it runs from the toolkit through capability and time to what was
 * done, and of services likewise, up to what is left after show. */
typedef struct run_through {
    double tools, able, timed, done;          /* I */
    double able_w, timed_w, done_w, served_w; /* G */
    double weight_s, weight_w; /* of what falls short in f; 0 at the cap: a product, not a branch,
                                  so that the loop vectorises */
} run_through_t;

/* f, and what each part adds to it. 0 - x, so that no zero bears a sign. */
static inline double friction_of(const run_through_t *r)
{
    return 0 - (r->weight_s * r->done + r->weight_w * r->served_w);
}

static inline double toolkit_part(const run_through_t *r)
{
    return 0 - r->weight_s * r->tools;
}

static inline double capability_part(const run_through_t *r)
{
    return 0 - (r->weight_s * (r->able - r->tools) + r->weight_w * r->able_w);
}

static inline double time_part(const run_through_t *r)
{
    return 0 - (r->weight_s * (r->timed - r->able) + r->weight_w * (r->timed_w - r->able_w));
}

static inline double willingness_part(const run_through_t *r)
{
    return 0 - (r->weight_s * (r->done - r->timed) + r->weight_w * (r->done_w - r->timed_w));
}

static inline double show_part(const run_through_t *r)
{
    return 0 - r->weight_w * (r->served_w - r->done_w);
}

JD_CLONES static void deliver(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                              int n, const double *restrict dose, const double *restrict toolkit)
{
    const jd_world_params_t *p = setting->world;
    const double over_s = 1 / (p->ambition_s * setting->full),
                 over_w = 1 / (p->ambition_w * setting->full);
    const double eta = p->eta, rate = p->service_rate;
    const double inspection = setting->rescaling->inspection,
                 show_most = setting->rescaling->show_max;
    const double *restrict tk_street = setting->events->tk_street + first;
    const double *restrict y_s = world->output.y_s + first;
    const double *restrict y_w = world->output.y_w + first;
    const double *restrict a_s = world->output.a_s + first;
    const double *restrict a_w = world->output.a_w + first;
    const double *restrict time = world->incentives.time + first;
    const double *restrict shown = world->modifiers.show + first;
    const double *restrict induce = world->modifiers.induce + first;
    double *restrict inducement = world->inducement + first;
    double *restrict services = world->services + first;
    double *restrict stage_able = world->stage[JD_STAGE_ABLE] + first;
    double *restrict stage_timed = world->stage[JD_STAGE_TIMED] + first;
    double *restrict stage_done = world->stage[JD_STAGE_DONE] + first;
    double *restrict log_friction = world->log_friction + first;
    double *restrict of_toolkit = world->part[JD_PART_TOOLKIT] + first;
    double *restrict of_capability = world->part[JD_PART_CAPABILITY] + first;
    double *restrict of_time = world->part[JD_PART_TIME] + first;
    double *restrict of_willingness = world->part[JD_PART_WILLINGNESS] + first;
    double *restrict of_show = world->part[JD_PART_SHOW] + first;
    double *restrict friction = world->friction + first;
    double *restrict dose_effective = world->dose_effective + first;
    JD_SIMD
    for (int i = 0; i < n; i++) {
        double tk = toolkit[i] * tk_street[i] * induce[i];
        double show =
            jd_min(1, show_most * inspection / (inspection + 0.5 + 0.5 * a_w[i]) + shown[i]);
        double level = tk * y_s[i] * over_s, able_s = tk * 0.5 * a_s[i] * over_s;
        double full_w = 0.5 * a_w[i] * over_w, done_w = y_w[i] * over_w;
        double g = services[i] + rate * ((1 - show) * y_w[i] * over_w - services[i]);
        double g_able = stage_able[i] + rate * (full_w - stage_able[i]);
        double g_timed = stage_timed[i] + rate * (full_w * time[i] - stage_timed[i]);
        double g_done = stage_done[i] + rate * (done_w - stage_done[i]);
        const run_through_t r = {
            .tools = log_level(tk),
            .able = log_level(able_s),
            .timed = log_level(able_s * time[i]),
            .done = log_level(level),
            .able_w = log_level(g_able),
            .timed_w = log_level(g_timed),
            .done_w = log_level(g_done),
            .served_w = log_level(g),
            .weight_s = level < 1 ? eta : 0.0,
            .weight_w = g < 1 ? 1 - eta : 0.0,
        };
        double f = friction_of(&r), implemented = jd_exp(-f);
        inducement[i] = level;
        services[i] = g;
        stage_able[i] = g_able;
        stage_timed[i] = g_timed;
        stage_done[i] = g_done;
        log_friction[i] = f;
        of_toolkit[i] = toolkit_part(&r);
        of_capability[i] = capability_part(&r);
        of_time[i] = time_part(&r);
        of_willingness[i] = willingness_part(&r);
        of_show[i] = show_part(&r);
        friction[i] = 1 - implemented;
        dose_effective[i] = dose[i] * implemented;
    }
}

void jd_streets_deliver(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                        int32_t end)
{
    double dose[BLOCK], toolkit[BLOCK];
    for (int32_t from = first; from < end; from += BLOCK) {
        int n = end - from < BLOCK ? end - from : BLOCK;
        spread(setting, world->dose, from, n, dose);
        spread(setting, world->toolkit, from, n, toolkit);
        deliver(setting, world, from, n, dose, toolkit);
    }
}

void jd_streets_copy(jd_world_t *to, const jd_world_t *from, const jd_dims_t *dims)
{
    const size_t bytes = (size_t)dims->streets * sizeof(double);
    memcpy(to->toolkit, from->toolkit, (size_t)dims->counties * sizeof(double));
    memcpy(to->pressure, from->pressure, bytes);
    memcpy(to->stringency, from->stringency, bytes);
    memcpy(to->inducement, from->inducement, bytes);
    memcpy(to->services, from->services, bytes);
    for (int k = 0; k < JD_STAGES; k++)
        memcpy(to->stage[k], from->stage[k], bytes);
    for (int k = 0; k < JD_FRICTION_PARTS; k++)
        memcpy(to->part[k], from->part[k], bytes);
    memcpy(to->log_friction, from->log_friction, bytes);
    memcpy(to->friction, from->friction, bytes);
}

void jd_services_start(const jd_street_setting_t *setting, jd_world_t *world)
{
    const double first = 1 / setting->world->ambition_w;
    for (int32_t s = 0; s < setting->tree->n[JD_STREET]; s++) {
        world->services[s] = first;
        for (int k = 0; k < JD_STAGES; k++)
            world->stage[k][s] = first;
    }
}
