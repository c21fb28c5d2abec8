/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/outcomes.h"

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
        double fiscal = tk_fiscal[c];
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
    const double horizontal = 1 + p->horizontal, slope = p->horizontal_slope;
    const double *restrict environment = world->environment + first, *restrict services =
                                                                         world->services + first;
    const double *restrict more_burden = world->modifiers.burden + first,
                           *restrict tour = world->modifiers.tour + first;
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
        double felt = pressure[i] + push * dose[i], burden = own_burden + more_burden[i];
        pressure[i] = felt;
        stringency[i] = base * authority[i] * jd_max(0, 1 + th_environment * environment[i]);
        stake_s[i] = strong * jd_max(0, 1 + th_strong * felt) * (1 + tour[i]);
        stake_w[i] = weak * jd_max(0, 1 + th_weak * felt);
        resident[i] = horizontal + slope * jd_max(0, 1 - services[i]);
        time[i] = jd_max(0, 1 - burden);
        overload[i] = jd_max(0, felt + burden);
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

/* -weight ln(level) if level < 1, else 0; `cap` is the level capacity alone would give. Adds the
 * whole to f and what is left after capacity's part to f_will. */
static inline void add_gap(double weight, double level, double cap, double *f, double *f_will)
{
    double whole = -weight * jd_log(level), capacity = -weight * jd_log(cap);
    double falls_short = level < 1 ? 1.0 : 0.0; /* a product, not a branch: the loop vectorises */
    *f += falls_short * whole;
    *f_will += falls_short * (whole - capacity);
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
    const double *restrict y_s = world->output.y_s + first, *restrict y_w =
                                                                world->output.y_w + first;
    const double *restrict a_s = world->output.a_s + first, *restrict a_w =
                                                                world->output.a_w + first;
    const double *restrict shown = world->modifiers.show + first;
    double *restrict inducement = world->inducement + first, *restrict services =
                                                                 world->services + first;
    double *restrict services_cap = world->services_cap + first, *restrict log_friction =
                                                                     world->log_friction + first;
    double *restrict friction_will = world->friction_will + first, *restrict friction =
                                                                       world->friction + first;
    double *restrict dose_effective = world->dose_effective + first;
    JD_SIMD
    for (int i = 0; i < n; i++) {
        double tk = toolkit[i] * tk_street[i];
        double show =
            jd_min(1, show_most * inspection / (inspection + 0.5 + 0.5 * a_w[i]) + shown[i]);
        double level = tk * y_s[i] * over_s;
        double g = services[i] + rate * ((1 - show) * y_w[i] * over_w - services[i]);
        double g_cap = services_cap[i] + rate * (0.5 * a_w[i] * over_w - services_cap[i]);
        double f = 0, f_will = 0;
        add_gap(eta, level, tk * 0.5 * a_s[i] * over_s, &f, &f_will);
        add_gap(1 - eta, g, g_cap, &f, &f_will);
        double implemented = jd_exp(-f);
        inducement[i] = level;
        services[i] = g;
        services_cap[i] = g_cap;
        log_friction[i] = f;
        friction_will[i] = f_will;
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
