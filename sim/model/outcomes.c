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
        world->toolkit[c] = jd_exp(p->weight_land * jd_log(tk_land[c]) + p->weight_fiscal * jd_log(fiscal) +
                                   p->weight_authority * jd_log(world->authority[c]));
    }
}

JD_CLONES void jd_streets_ask(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                              int32_t end)
{
    const jd_officials_params_t *p = setting->officials;
    const jd_rescaling_params_t *r = setting->rescaling;
    const double weak = p->mu_weak * setting->delay, push = setting->policy->pressure;
    const int32_t *county = setting->tree->parent[JD_STREET];
    const jd_incentives_t *in = &world->incentives;
    for (int32_t s = first; s < end; s++) {
        int32_t c = county[s];
        double pressure = world->pressure[s] + push * world->dose[c];
        double burden = p->burden + world->burden[s];
        world->pressure[s] = pressure;
        world->stringency[s] = r->stringency * world->authority[c] *
                               jd_max(0, 1 + r->th_environment * world->environment[s]);
        in->stake_s[s] = p->mu_strong * jd_max(0, 1 + r->th_strong * pressure) * (1 + world->tour[s]);
        in->stake_w[s] = weak * jd_max(0, 1 + r->th_weak * pressure);
        in->resident[s] = 1 + p->horizontal + p->horizontal_slope * jd_max(0, 1 - world->services[s]);
        in->time[s] = jd_max(0, 1 - burden);
        in->overload[s] = jd_max(0, pressure + burden);
    }
}

/* -weight ln(level) if level < 1, else 0; `cap` is the level capacity alone would give. Adds the whole to
 * f and what is left after capacity's part to f_will. */
static inline void add_gap(double weight, double level, double cap, double *f, double *f_will)
{
    double whole = level < 1 ? -weight * jd_log(level) : 0;
    double capacity = level < 1 ? -weight * jd_log(cap) : 0;
    *f += whole;
    *f_will += whole - capacity;
}

JD_CLONES void jd_streets_deliver(const jd_street_setting_t *setting, jd_world_t *world, int32_t first,
                                  int32_t end)
{
    const jd_world_params_t *p = setting->world;
    const jd_rescaling_params_t *r = setting->rescaling;
    const double over_s = 1 / (p->ambition_s * setting->full), over_w = 1 / (p->ambition_w * setting->full);
    const double eta = p->eta, rate = p->service_rate;
    const int32_t *county = setting->tree->parent[JD_STREET];
    const double *tk_street = setting->events->tk_street;
    const jd_output_t *out = &world->output;
    for (int32_t s = first; s < end; s++) {
        double tk = world->toolkit[county[s]] * tk_street[s];
        double show = r->show_max * r->inspection / (r->inspection + 0.5 + 0.5 * out->a_w[s]);
        show = jd_min(1, show + world->show[s]);
        double level = tk * out->y_s[s] * over_s;
        double g = world->services[s] + rate * ((1 - show) * out->y_w[s] * over_w - world->services[s]);
        double g_cap = world->services_cap[s] + rate * (0.5 * out->a_w[s] * over_w - world->services_cap[s]);
        double f = 0, f_will = 0;
        add_gap(eta, level, tk * 0.5 * out->a_s[s] * over_s, &f, &f_will);
        add_gap(1 - eta, g, g_cap, &f, &f_will);
        world->inducement[s] = level;
        world->services[s] = g;
        world->services_cap[s] = g_cap;
        world->log_friction[s] = f;
        world->friction_will[s] = f_will;
        world->friction[s] = 1 - jd_exp(-f);
        world->dose_effective[s] = world->dose[county[s]] * jd_exp(-f);
    }
}
