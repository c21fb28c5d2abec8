/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A tree of a few streets written down one by one, with the tables of choice on it; and the nested
 * logit of model-equations.md, section 3, a second time: straight from the equations, street by
 * street. */
#ifndef JD_TESTS_TOY_CHOICE_H
#define JD_TESTS_TOY_CHOICE_H

#include <math.h>
#include <string.h>

#include "model/firms/choice.h"
#include "run/setting.h"
#include "support.h"

enum { TOY_MAX = 48 };

/** A street: where it is, its land, which of the made-up streets it is like, and what part of its
 * firms it has (a half clone has part .5). */
typedef struct toy_street {
    int province, prefecture, county;
    double land;
    int like;
    double part;
} toy_street_t;

/** Three provinces; counties of one to four streets; a prefecture of one county. */
static const toy_street_t toy_world[] = {
    {0, 0, 0, 1.0, 0, 1},  {0, 0, 0, 2.0, 1, 1},  {0, 0, 0, 0.5, 2, 1},  {0, 0, 1, 1.5, 3, 1},
    {0, 0, 1, 1.0, 4, 1},  {0, 0, 2, 3.0, 5, 1},  {0, 1, 3, 1.0, 6, 1},  {0, 1, 3, 1.2, 7, 1},
    {0, 1, 4, 0.7, 8, 1},  {0, 1, 4, 1.1, 9, 1},  {1, 2, 5, 2.0, 10, 1}, {1, 2, 5, 1.0, 11, 1},
    {1, 2, 6, 0.9, 12, 1}, {1, 3, 7, 1.3, 13, 1}, {1, 3, 7, 0.4, 14, 1}, {1, 3, 7, 1.0, 15, 1},
    {1, 3, 7, 2.2, 16, 1}, {2, 4, 8, 1.0, 17, 1}, {2, 4, 9, 1.6, 18, 1}, {2, 4, 9, 0.8, 19, 1},
};
enum { TOY_WORLD = sizeof toy_world / sizeof toy_world[0] };

typedef struct toy {
    toy_street_t street[TOY_MAX];
    jd_ctx_t ctx;
    jd_config_t *config;
    const jd_firms_params_t *firms;
    jd_tree_t tree;
    int32_t child[JD_LEVELS][TOY_MAX + 1], parent[JD_LEVELS][TOY_MAX];
    double land[3][TOY_MAX], development[TOY_MAX], at[3][TOY_MAX], tour[TOY_MAX];
    jd_dims_t dims;
    jd_borders_t borders;
    jd_base_t base;
    jd_world_t world;
    jd_choice_setting_t setting;
} toy_t;

/* Numbers every unit and links it to its parent: a unit ends where its id changes. */
static void toy_link(toy_t *toy, const toy_street_t *street, int n)
{
    jd_tree_t *t = &toy->tree;
    for (int l = 0; l < JD_LEVELS; l++) {
        t->child[l] = toy->child[l];
        t->parent[l] = toy->parent[l];
    }
    t->n[JD_CENTRE] = 1;
    for (int s = 0; s < n; s++) {
        const int id[JD_LEVELS] = {0, street[s].province, street[s].prefecture, street[s].county,
                                   s};
        const int last[JD_LEVELS] = {0, s ? street[s - 1].province : -1,
                                     s ? street[s - 1].prefecture : -1,
                                     s ? street[s - 1].county : -1, s - 1};
        for (int l = JD_PROVINCE; l < JD_LEVELS; l++) {
            if (id[l] == last[l]) continue;
            int32_t unit = t->n[l]++;
            t->parent[l][unit] = t->n[l - 1] - 1;
            t->child[l][unit] = t->n[l < JD_STREET ? l + 1 : l];
        }
        toy->street[s] = street[s];
    }
    for (int l = JD_CENTRE; l < JD_STREET; l++)
        t->child[l][t->n[l]] = t->n[l + 1];
    t->child[JD_CENTRE][0] = 0;
}

/* Shares of land; prefectures on a bent line, 60 km apart. */
static void toy_endow(toy_t *toy, const toy_street_t *street, int n)
{
    jd_tree_t *t = &toy->tree;
    double all = 0;
    for (int s = 0; s < n; s++)
        all += street[s].land;
    t->site = toy->land[0];
    t->site_county = toy->land[1];
    t->site_prefecture = toy->land[2];
    t->development[JD_STREET] = toy->development;
    t->ax = toy->at[0];
    t->ay = toy->at[1];
    t->az = toy->at[2];
    for (int s = 0; s < n; s++) {
        double share = street[s].land / all;
        t->site[s] = share;
        t->site_county[jd_tree_above(t, s, JD_COUNTY)] += share;
        t->site_prefecture[jd_tree_above(t, s, JD_PREFECTURE)] += share;
        toy->development[s] = (street[s].like * 11 % 9 - 4) / 4.0;
    }
    for (int p = 0; p < t->n[JD_PREFECTURE]; p++) {
        t->ax[p] = 60 * p;
        t->ay[p] = 25 * (p % 2);
    }
}

/** State of the streets, made up from `like` and from a number `when`: two of these are two
 * quarters. */
static void toy_state(toy_t *toy, int when)
{
    jd_world_t *w = &toy->world;
    w->active = 0;
    w->modifiers.tour = toy->tour; /* read only where firms.k_rival > 0 */
    for (int s = 0; s < toy->dims.streets; s++) {
        int l = toy->street[s].like + 5 * when;
        w->inducement[s] = 0.6 + 0.15 * (l * 7 % 5);
        w->services[s] = 0.2 + 0.12 * (l * 3 % 7);
        toy->tour[s] = 0.1 * (l * 7 % 6);
        w->stringency[s] = 0.8 + 0.2 * (l * 5 % 4);
        w->dose_effective[s] = when && l % 3 == 0 ? 1.5 : 0;
        for (int k = 0; k < toy->dims.sectors; k++) {
            int32_t firms = (int32_t)((20 + 8 * (l * (k + 2) % 6)) * toy->street[s].part);
            w->stock[k * toy->dims.streets + s] = firms;
            w->active += firms;
        }
    }
}

/** Tables of the state as it is, from weights to bound. */
static void toy_weigh(toy_t *toy, bool refuse)
{
    jd_choice_weigh(&toy->setting, &toy->world, refuse, 0, toy->dims.prefectures);
    jd_choice_leave(&toy->setting, &toy->world, 0, toy->dims.prefectures);
    if (toy->base.ready) jd_choice_bound(&toy->setting, &toy->world, NULL);
}

/** A config of defaults and `set`, a list of assignments ended by NULL. */
static jd_config_t *toy_config(const char *const *set, jd_ctx_t *ctx)
{
    int n;
    jd_config_t *config;
    const jd_section_t *const *sections = jd_simulation_sections(&n);
    jd_ctx_init(ctx);
    assert_int_equal(jd_config_create(&config, sections, n, ctx), JD_OK);
    for (; set && *set; set++)
        assert_int_equal(jd_config_set(config, "--set", *set, ctx), JD_OK);
    assert_int_equal(jd_config_finish(config, ctx), JD_OK);
    return config;
}

/** Tree, borders and base (of state 0); the tables are those of state 1, refusals on. */
static void toy_start(toy_t *toy, const toy_street_t *street, int n, const char *const *set)
{
    memset(toy, 0, sizeof *toy);
    toy->config = toy_config(set, &toy->ctx);
    toy->firms = jd_config_section(toy->config, "firms");
    toy_link(toy, street, n);
    toy_endow(toy, street, n);
    jd_dims_init(&toy->dims, &toy->tree, toy->firms, jd_config_section(toy->config, "officials"),
                 8);
    assert_int_equal(jd_borders_init(&toy->borders, toy->firms, &toy->tree, &toy->ctx), JD_OK);
    assert_int_equal(jd_base_init(&toy->base, &toy->dims, &toy->ctx), JD_OK);
    assert_int_equal(jd_world_init(&toy->world, &toy->dims, 0, false, &toy->ctx), JD_OK);
    toy->setting = (jd_choice_setting_t){.dims = &toy->dims,
                                         .tree = &toy->tree,
                                         .firms = toy->firms,
                                         .borders = &toy->borders,
                                         .base = &toy->base,
                                         .drift = toy->firms->b_dev,
                                         .review = {1, 1, 1, 1}};
    toy_state(toy, 0);
    toy_weigh(toy, false);
    jd_base_fix(&toy->base, &toy->setting, &toy->world);
    toy_state(toy, 1);
    toy_weigh(toy, true);
}

static void toy_stop(toy_t *toy)
{
    jd_world_free(&toy->world);
    jd_base_free(&toy->base);
    jd_borders_free(&toy->borders);
    jd_config_free(toy->config);
}

/** V_jkz of the equations. */
static inline double toy_value(const toy_t *toy, int kind, int s)
{
    const jd_firms_params_t *p = toy->firms;
    const jd_world_t *w = &toy->world;
    int k = kind / toy->dims.emissions, streets = toy->dims.streets;
    double all = 0, site = toy->tree.site[s],
           z = p->emission_classes.value[kind % toy->dims.emissions];
    for (int i = 0; i < toy->dims.sectors; i++)
        all += w->stock[i * streets + s];
    double own = w->stock[k * streets + s] / (w->active * p->sector_shares.value[k] * site);
    double occupied = all / (w->active * site);
    return p->b_inducement * w->inducement[s] + p->b_services * log(0.05 + w->services[s]) +
           p->b_agglomeration * log(0.1 + own) - p->b_crowding * log(0.2 + occupied) -
           p->b_emission * z * w->stringency[s] +
           (k == 0 ? p->b_policy * w->dose_effective[s] : 0) +
           p->b_dev * toy->tree.development[JD_STREET][s];
}

/** The law seen from one street, by the equations: [streets] probabilities; returns L (not yet less
 * its value at V = 0). Refused classes have no weight. `flat`: V = 0 and nothing is refused. */
static inline double toy_law(const toy_t *toy, int kind, int origin, bool flat, double *probability)
{
    const jd_tree_t *t = &toy->tree;
    const jd_firms_params_t *p = toy->firms;
    const jd_borders_t *b = &toy->borders;
    const double lam_c = p->dissimilarity_county, lam_p = p->dissimilarity_prefecture;
    int c0 = jd_tree_above(t, origin, JD_COUNTY), p0 = jd_tree_above(t, origin, JD_PREFECTURE);
    double w[TOY_MAX] = {0}, in_c[TOY_MAX] = {0}, w_c[TOY_MAX] = {0}, in_p[TOY_MAX] = {0},
           w_p[TOY_MAX], all = 0, push = 0, streets = 0;
    for (int s = 0; s < toy->dims.streets; s++)
        if (!flat && jd_tree_above(t, s, JD_COUNTY) == c0) push += toy->tour[s], streets++;
    const double k_county = b->k_county + (flat ? 0 : p->k_rival * push / streets);
    for (int s = 0; s < toy->dims.streets; s++) {
        double z = p->emission_classes.value[kind % toy->dims.emissions];
        bool refused = !flat && z * toy->world.stringency[s] > p->emission_limit;
        w[s] = refused ? 0 : t->site[s] * exp((flat ? 0 : toy_value(toy, kind, s)) / lam_c);
        in_c[jd_tree_above(t, s, JD_COUNTY)] += w[s];
    }
    for (int c = 0; c < toy->dims.counties; c++) {
        w_c[c] = t->site_county[c] * exp(lam_c * log(in_c[c] / t->site_county[c]) / lam_p);
        in_p[t->parent[JD_COUNTY][c]] +=
            w_c[c] * (t->parent[JD_COUNTY][c] == p0 && c != c0 ? exp(-k_county) : 1);
    }
    for (int i = 0; i < toy->dims.prefectures; i++) {
        double d = hypot(t->ax[i] - t->ax[p0], t->ay[i] - t->ay[p0]);
        double far = b->k_prefecture + p->gamma * log(1 + d / p->d0);
        if (t->parent[JD_PREFECTURE][i] != t->parent[JD_PREFECTURE][p0]) far += b->k_province;
        double value = lam_p * log(in_p[i] / t->site_prefecture[i]);
        w_p[i] = t->site_prefecture[i] * exp(value - (i == p0 ? 0 : far));
        all += w_p[i];
    }
    for (int s = 0; s < toy->dims.streets; s++) {
        int c = jd_tree_above(t, s, JD_COUNTY), i = jd_tree_above(t, s, JD_PREFECTURE);
        double near = i == p0 && c != c0 ? exp(-k_county) : 1;
        probability[s] = w[s] > 0 ? w_p[i] / all * (near * w_c[c] / in_p[i]) * (w[s] / in_c[c]) : 0;
    }
    return log(all);
}

#endif
