/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/firms/choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"

enum { BLOCK = 256 }; /* streets worked on together: their parts of V stay in the first cache */

/* What of V_jkz depends neither on the sector nor on the emission class. */
JD_CLONES static void value_common(const jd_choice_setting_t *setting, const jd_world_t *world,
                                   int32_t first, int n, double *restrict common)
{
    const jd_firms_params_t *p = setting->firms;
    const double *site = setting->tree->site + first,
                 *development = setting->tree->development[JD_STREET] + first;
    const double *inducement = world->inducement + first, *services = world->services + first;
    const double b_inducement = p->b_inducement, b_services = p->b_services,
                 b_crowding = setting->apart ? 0 : p->b_crowding;
    const double drift = setting->drift, per_firm = world->active > 0 ? 1 / world->active : 0;
    double firms[BLOCK] = {0};
    for (int k = 0; k < setting->dims->sectors; k++) {
        const int32_t *stock = world->stock + (int64_t)k * setting->dims->streets + first;
        for (int i = 0; i < n; i++)
            firms[i] += stock[i];
    }
    JD_SIMD
    for (int i = 0; i < n; i++)
        common[i] = b_inducement * inducement[i] + b_services * jd_log(0.05 + services[i]) -
                    b_crowding * jd_log(0.2 + firms[i] * per_firm / site[i]) +
                    drift * development[i];
}

/* What land costs, where it has a price. */
static void pay_for_land(const jd_choice_setting_t *setting, const jd_world_t *world, int32_t first,
                         int n, double *common)
{
    const double b_land = setting->firms->b_land;
    const int32_t *county = setting->tree->parent[JD_STREET] + first;
    for (int i = 0; i < n && b_land > 0; i++)
        common[i] -= b_land * world->land_price[county[i]];
}

/* Adds how a sector differs from the others: whom it shares land with, and its own trend. Nothing
 * where sectors are alike. */
static void tell_apart(const jd_choice_setting_t *setting, const jd_world_t *world, int sector,
                       int32_t first, int n, double *restrict value)
{
    const double *site = setting->tree->site + first,
                 *development = setting->tree->development[JD_STREET] + first;
    const double b_crowding = setting->apart ? setting->firms->b_crowding : 0,
                 tilt = setting->tilt[sector];
    const double per_firm = world->active > 0 ? 1 / world->active : 0;
    double firms[BLOCK] = {0};
    for (int l = 0; l < setting->dims->sectors && b_crowding > 0; l++) {
        const int32_t *stock = world->stock + (int64_t)l * setting->dims->streets + first;
        for (int i = 0; i < n; i++)
            firms[i] += setting->crowd[sector][l] * stock[i];
    }
    for (int i = 0; i < n && b_crowding > 0; i++)
        value[i] -= b_crowding * jd_log(0.2 + firms[i] * per_firm / site[i]);
    for (int i = 0; i < n && tilt != 0.0; i++)
        value[i] += tilt * development[i];
}

/* Adds what depends on the sector: firms of its own nearby, and the policy. */
JD_CLONES static void value_sector(const jd_choice_setting_t *setting, const jd_world_t *world,
                                   int sector, int32_t first, int n, const double *restrict common,
                                   double *restrict value)
{
    const jd_firms_params_t *p = setting->firms;
    const double *site = setting->tree->site + first, *dose = world->dose_effective + first;
    const int32_t *stock = world->stock + (int64_t)sector * setting->dims->streets + first;
    const double all = world->active * p->sector_shares.value[sector],
                 per_firm = all > 0 ? 1 / all : 0;
    const double b_policy = sector == 0 ? p->b_policy : 0, b_agglomeration = p->b_agglomeration;
    JD_SIMD
    for (int i = 0; i < n; i++)
        value[i] = common[i] + b_agglomeration * jd_log(0.1 + stock[i] * per_firm / site[i]) +
                   b_policy * dose[i];
}

/* Adds emissions: exp(V) and w_j = S_j exp(V / lam_c), 0 where the class is refused. */
JD_CLONES static void weigh_class(const jd_choice_setting_t *setting, const jd_world_t *world,
                                  int kind, bool refuse, int32_t first, int n,
                                  const double *restrict value)
{
    const jd_firms_params_t *p = setting->firms;
    const double emission = p->emission_classes.value[kind % setting->dims->emissions];
    const double over_c = 1 / p->dissimilarity_county, b_emission = p->b_emission;
    const double limit = refuse ? p->emission_limit : HUGE_VAL;
    const double *site = setting->tree->site + first, *stringency = world->stringency + first;
    double *restrict appeal = world->choice.appeal + (int64_t)kind * setting->dims->streets + first;
    double *restrict weight = world->choice.weight + (int64_t)kind * setting->dims->streets + first;
    JD_SIMD
    for (int i = 0; i < n; i++) {
        double burden = emission * stringency[i], v = value[i] - b_emission * burden;
        double w = site[i] * jd_exp(v * over_c);
        appeal[i] = jd_exp(v);
        weight[i] = burden > limit ? 0 : w;
    }
}

static void weigh_streets(const jd_choice_setting_t *setting, const jd_world_t *world, bool refuse,
                          int32_t from, int32_t to)
{
    const jd_dims_t *d = setting->dims;
    double common[BLOCK], value[BLOCK];
    for (int32_t first = from; first < to; first += BLOCK) {
        int n = to - first < BLOCK ? to - first : BLOCK;
        value_common(setting, world, first, n, common);
        pay_for_land(setting, world, first, n, common);
        for (int k = 0; k < d->sectors; k++) {
            value_sector(setting, world, k, first, n, common, value);
            tell_apart(setting, world, k, first, n, value);
            for (int z = 0; z < d->emissions; z++)
                weigh_class(setting, world, k * d->emissions + z, refuse, first, n, value);
        }
    }
}

/* What several passes over counties read, of one kind. */
typedef struct counties {
    const jd_choice_setting_t *setting;
    const int32_t *prefecture; /* [counties] each lies in */
    int64_t at, top;           /* first cell of the kind by county, by prefecture */
    int32_t first, end;        /* counties to go over */
} counties_t;

static counties_t counties_of(const jd_choice_setting_t *setting, int kind, int32_t first,
                              int32_t end)
{
    const int32_t *child = setting->tree->child[JD_PREFECTURE];
    return (counties_t){.setting = setting,
                        .prefecture = setting->tree->parent[JD_COUNTY],
                        .at = (int64_t)kind * setting->dims->counties,
                        .top = (int64_t)kind * setting->dims->prefectures,
                        .first = child[first],
                        .end = child[end]};
}

/* The sum of each stretch of children, in their order. */
static void sum_children(const double *value, const int32_t *child, int32_t first, int32_t end,
                         double *restrict sum)
{
    for (int32_t p = first; p < end; p++) {
        double all = 0;
        for (int32_t i = child[p]; i < child[p + 1]; i++)
            all += value[i];
        sum[p] = all;
    }
}

/* S (sum / S)^power: what a nest weighs one level up. */
JD_CLONES static void raise_nests(const double *restrict site, const double *restrict sum,
                                  double power, int32_t first, int32_t end, double *restrict weight)
{
    JD_SIMD
    for (int32_t i = first; i < end; i++)
        weight[i] = site[i] * jd_pow(sum[i] / site[i], power);
}

/* Sums up the tree: w_c and the prefectures' masses, for one kind. */
static void sum_prefectures(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                            int32_t first, int32_t end)
{
    const jd_tree_t *tree = setting->tree;
    const counties_t c = counties_of(setting, kind, first, end);
    const double lam_c = setting->firms->dissimilarity_county;
    const double lam_p = setting->firms->dissimilarity_prefecture;
    sum_children(choice->weight + (int64_t)kind * setting->dims->streets, tree->child[JD_COUNTY],
                 c.first, c.end, choice->sum_county + c.at);
    raise_nests(tree->site_county, choice->sum_county + c.at, lam_c / lam_p, c.first, c.end,
                choice->weight_county + c.at);
    sum_children(choice->weight_county + c.at, tree->child[JD_PREFECTURE], first, end,
                 choice->sum_prefecture + c.top);
    raise_nests(tree->site_prefecture, choice->sum_prefecture + c.top, lam_p, first, end,
                choice->mass + c.top);
}

void jd_choice_weigh(const jd_choice_setting_t *setting, jd_world_t *world, bool refuse,
                     int32_t first, int32_t end)
{
    int32_t from = jd_tree_first_street(setting->tree, JD_PREFECTURE, first);
    int32_t to = jd_tree_first_street(setting->tree, JD_PREFECTURE, end);
    weigh_streets(setting, world, refuse, from, to);
    for (int kind = 0; kind < setting->dims->kinds; kind++) {
        sum_prefectures(setting, &world->choice, kind, first, end);
        if (setting->dims->ties > 0) jd_tied_weigh(setting, &world->choice, kind, first, end);
    }
}

/* Sum over prefectures of mass times gravity, in eight running sums that vectorise and always add
 * up in the same order. */
JD_CLONES static double attract(const double *restrict mass, const double *restrict gravity,
                                int32_t n)
{
    double lane[8] = {0};
    int32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (int l = 0; l < 8; l++)
            lane[l] += mass[i + l] * gravity[i + l];
    }
    for (int l = 0; i < n; i++, l++)
        lane[l] += mass[i] * gravity[i];
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* What the border to other counties of the own prefecture leaves: rivals raise it. */
static void cross_counties(const jd_choice_setting_t *setting, const jd_world_t *world,
                           int32_t first, int32_t end)
{
    const int32_t *child = setting->tree->child[JD_PREFECTURE];
    const double k_rival = setting->firms->k_rival, k = setting->borders->k_county,
                 plain = jd_exp(-k);
    for (int32_t c = child[first]; c < child[end]; c++)
        world->choice.crossing[c] =
            k_rival > 0 ? jd_exp(-k - k_rival * jd_tree_mean(setting->tree, JD_COUNTY, c,
                                                             world->modifiers.tour))
                        : plain;
}

/* Totals seen from each county. */
JD_CLONES static void total_counties(const counties_t *c, const jd_choice_t *choice)
{
    const double *site = c->setting->tree->site_prefecture;
    const double *all = choice->sum_prefecture + c->top, *elsewhere = choice->elsewhere + c->top;
    const double *weight = choice->weight_county + c->at;
    const int32_t *prefecture = c->prefecture;
    double *restrict own = choice->own + c->at, *restrict total = choice->total + c->at;
    const double *crossing = choice->crossing, lam_p = c->setting->firms->dissimilarity_prefecture;
    JD_SIMD
    for (int32_t i = c->first; i < c->end; i++) {
        int32_t p = prefecture[i];
        double near = weight[i] + crossing[i] * (all[p] - weight[i]);
        own[i] = site[p] * jd_pow(near / site[p], lam_p);
        total[i] = own[i] + elsewhere[p];
    }
}

/* exp(kappa_q - L_o) of each county: what leaving it costs one size of firms. */
JD_CLONES static void cost_counties(const counties_t *c, const double *restrict total, double kappa,
                                    double *restrict cost)
{
    const double *reference = c->setting->borders->reference;
    JD_SIMD
    for (int32_t i = c->first; i < c->end; i++)
        cost[i] = jd_exp(kappa - (jd_log(total[i]) - reference[i]));
}

/* The largest hazard of the types of one kind in each county, where appeal and cost are least. */
static void top_counties(const counties_t *c, const jd_choice_t *choice, int kind)
{
    const jd_dims_t *d = c->setting->dims;
    const double review = c->setting->review[kind / d->emissions];
    const int32_t *child = c->setting->tree->child[JD_COUNTY];
    const double *appeal = choice->appeal + (int64_t)kind * d->streets;
    const double *cost = choice->cost + (int64_t)kind * d->sizes * d->counties;
    for (int32_t i = c->first; i < c->end; i++) {
        double least = HUGE_VAL, cheapest = HUGE_VAL;
        for (int32_t s = child[i]; s < child[i + 1]; s++)
            least = jd_min(least, appeal[s]);
        for (int q = 0; q < d->sizes; q++)
            cheapest = jd_min(cheapest, cost[(int64_t)q * d->counties + i]);
        choice->top[c->at + i] = jd_hazard(review, least, cheapest);
    }
}

static inline double over(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Ratios p/q of counties as origins. */
JD_CLONES static void compare_origins(const counties_t *c, const jd_choice_t *choice)
{
    const jd_choice_t *q = &c->setting->base->choice;
    const double crossing_q = c->setting->base->crossing, *crossing = choice->crossing;
    const int32_t *prefecture = c->prefecture;
    const double *all = choice->sum_prefecture + c->top, *all_q = q->sum_prefecture + c->top;
    const double *weight = choice->weight_county + c->at, *weight_q = q->weight_county + c->at;
    const double *own = choice->own + c->at, *own_q = q->own + c->at;
    const double *total = choice->total + c->at, *total_q = q->total + c->at;
    double *restrict own_ratio = choice->own_ratio + c->at;
    double *restrict far_ratio = choice->far_ratio + c->at;
    JD_SIMD
    for (int32_t i = c->first; i < c->end; i++) {
        int32_t p = prefecture[i];
        double near = weight[i] + crossing[i] * (all[p] - weight[i]);
        double near_q = weight_q[i] + crossing_q * (all_q[p] - weight_q[i]);
        far_ratio[i] = over(total_q[i], total[i]);
        own_ratio[i] = far_ratio[i] * over(own[i] / own_q[i], near / near_q);
    }
}

JD_CLONES static void divide_streets(const double *restrict scale, const double *restrict weight,
                                     const double *restrict weight_q, int n, double *restrict ratio)
{
    JD_SIMD
    for (int i = 0; i < n; i++)
        ratio[i] = scale[i] * weight[i] / weight_q[i];
}

/* Ratios p/q of streets as destinations. */
static void compare_streets(const counties_t *c, const jd_choice_t *choice, int kind)
{
    const jd_choice_t *q = &c->setting->base->choice;
    const int32_t *county = c->setting->tree->parent[JD_STREET],
                  *child = c->setting->tree->child[JD_COUNTY];
    const int64_t streets = (int64_t)kind * c->setting->dims->streets;
    double scale[BLOCK], of_county = 0;
    for (int32_t s = child[c->first], last = -1; s < child[c->end];) {
        int n = child[c->end] - s < BLOCK ? child[c->end] - s : BLOCK;
        for (int i = 0; i < n; i++) {
            int64_t at = c->at + county[s + i];
            if (county[s + i] != last)
                of_county = over(choice->weight_county[at] / q->weight_county[at],
                                 choice->sum_county[at] / q->sum_county[at]);
            last = county[s + i];
            scale[i] = of_county;
        }
        divide_streets(scale, choice->weight + streets + s, q->weight + streets + s, n,
                       choice->ratio + streets + s);
        s += n;
    }
}

/* Ratios p/q of prefectures [first, end): as destinations (ratio, tilt), and as origins (own_ratio,
 * far_ratio). */
static void compare_with_base(const counties_t *c, const jd_choice_t *choice, int kind,
                              int32_t first, int32_t end)
{
    const jd_choice_t *q = &c->setting->base->choice;
    for (int64_t p = c->top + first; p < c->top + end; p++)
        choice->tilt[p] =
            over(choice->mass[p] / q->mass[p], choice->sum_prefecture[p] / q->sum_prefecture[p]);
    compare_streets(c, choice, kind);
    compare_origins(c, choice);
}

void jd_choice_leave(const jd_choice_setting_t *setting, jd_world_t *world, int32_t first,
                     int32_t end)
{
    const jd_dims_t *d = setting->dims;
    const jd_firms_params_t *firms = setting->firms;
    const jd_choice_t *choice = &world->choice;
    cross_counties(setting, world, first, end);
    if (d->ties > 0) jd_tied_pull(setting, choice, first, end);
    for (int kind = 0; kind < d->kinds; kind++) {
        const counties_t c = counties_of(setting, kind, first, end);
        for (int32_t p = first; p < end; p++)
            choice->elsewhere[c.top + p] =
                attract(choice->mass + c.top,
                        setting->borders->gravity + (int64_t)p * d->prefectures, d->prefectures);
        total_counties(&c, choice);
        for (int q = 0; q < d->sizes; q++)
            cost_counties(&c, choice->total + c.at,
                          firms->moving_cost + firms->moving_cost_size.value[q],
                          choice->cost + ((int64_t)kind * d->sizes + q) * d->counties);
        if (d->ties > 0) jd_tied_leave(setting, choice, kind, first, end);
        top_counties(&c, choice, kind);
        if (setting->base->ready) compare_with_base(&c, choice, kind, first, end);
    }
}

/* The largest of n values, none below 0. */
JD_CLONES static double largest(const double *restrict value, int32_t n)
{
    double lane[8] = {0};
    int32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (int l = 0; l < 8; l++)
            lane[l] = jd_max(lane[l], value[i + l]);
    }
    for (; i < n; i++)
        lane[0] = jd_max(lane[0], value[i]);
    for (int l = 1; l < 8; l++)
        lane[0] = jd_max(lane[0], lane[l]);
    return lane[0];
}

/* M >= p/q of one kind, by county of origin. */
static void bound_ratio(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind)
{
    const jd_tree_t *tree = setting->tree;
    const jd_dims_t *d = setting->dims;
    const double *ratio = choice->ratio + (int64_t)kind * d->streets;
    const double *tilt = choice->tilt + (int64_t)kind * d->prefectures;
    int64_t counties = (int64_t)kind * d->counties;
    double far = 0;
    for (int32_t p = 0; p < d->prefectures; p++) {
        int32_t first = jd_tree_first_street(tree, JD_PREFECTURE, p);
        int32_t end = jd_tree_first_street(tree, JD_PREFECTURE, p + 1);
        double top = largest(ratio + first, end - first);
        far = jd_max(far, top * tilt[p]);
        for (int32_t c = tree->child[JD_PREFECTURE][p]; c < tree->child[JD_PREFECTURE][p + 1]; c++)
            choice->bound[counties + c] = top; /* for the moment: the own prefecture's largest */
    }
    for (int64_t i = counties; i < counties + d->counties; i++)
        choice->bound[i] =
            jd_max(far * choice->far_ratio[i], choice->bound[i] * choice->own_ratio[i]);
}

static double times(double a, double b)
{
    return a <= 0 ? 0 : b > 0 ? a / b : HUGE_VAL;
}

/* From M >= p/q to a bound of (p - p_first)/q = p/q (1 - p_first/p) <= M (1 - 1/K), K >= p/p_first.
 */
static void bound_excess(const jd_choice_setting_t *setting, const jd_choice_t *choice,
                         const jd_choice_t *first, int kind)
{
    const jd_dims_t *d = setting->dims;
    int64_t streets = (int64_t)kind * d->streets, counties = (int64_t)kind * d->counties;
    int64_t top = (int64_t)kind * d->prefectures;
    double near = 0, far = 0;
    for (int32_t p = 0; p < d->prefectures; p++) {
        int32_t end = jd_tree_first_street(setting->tree, JD_PREFECTURE, p + 1);
        double most = 0;
        for (int32_t s = jd_tree_first_street(setting->tree, JD_PREFECTURE, p); s < end; s++)
            most = jd_max(most, times(choice->ratio[streets + s], first->ratio[streets + s]));
        near = jd_max(near, most);
        if (most > 0) far = jd_max(far, most * times(choice->tilt[top + p], first->tilt[top + p]));
    }
    for (int64_t i = counties; i < counties + d->counties; i++) {
        const int64_t c = i - counties;
        const double rival = jd_max(1, choice->crossing[c] / first->crossing[c]);
        double k = jd_max(near * rival * times(choice->own_ratio[i], first->own_ratio[i]),
                          far * times(choice->far_ratio[i], first->far_ratio[i]));
        if (k > 1) choice->bound[i] *= 1 - 1 / k;
    }
}

void jd_choice_bound(const jd_choice_setting_t *setting, jd_world_t *world,
                     const jd_choice_t *first)
{
    for (int kind = 0; kind < setting->dims->kinds; kind++) {
        bound_ratio(setting, &world->choice, kind);
        if (first) bound_excess(setting, &world->choice, first, kind);
    }
}

uint32_t jd_choice_top_hazard(const jd_choice_t *choice, const jd_dims_t *dims)
{
    uint32_t top = 0;
    for (int64_t i = 0; i < (int64_t)dims->kinds * dims->counties; i++)
        top = choice->top[i] > top ? choice->top[i] : top;
    return top;
}
