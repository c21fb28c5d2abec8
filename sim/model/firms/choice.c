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
                 b_crowding = p->b_crowding;
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
        for (int k = 0; k < d->sectors; k++) {
            value_sector(setting, world, k, first, n, common, value);
            for (int z = 0; z < d->emissions; z++)
                weigh_class(setting, world, k * d->emissions + z, refuse, first, n, value);
        }
    }
}

/* Sums up the tree: w_c and the prefecture's mass, for one kind. */
static void sum_prefecture(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                           int32_t prefecture)
{
    const jd_tree_t *tree = setting->tree;
    const jd_dims_t *d = setting->dims;
    const double lam_c = setting->firms->dissimilarity_county;
    const double lam_p = setting->firms->dissimilarity_prefecture;
    int64_t counties = (int64_t)kind * d->counties,
            at = (int64_t)kind * d->prefectures + prefecture;
    const double *weight = choice->weight + (int64_t)kind * d->streets;
    double total = 0;
    for (int32_t c = tree->child[JD_PREFECTURE][prefecture];
         c < tree->child[JD_PREFECTURE][prefecture + 1]; c++) {
        double sum = 0, site = tree->site_county[c];
        for (int32_t s = tree->child[JD_COUNTY][c]; s < tree->child[JD_COUNTY][c + 1]; s++)
            sum += weight[s];
        choice->sum_county[counties + c] = sum;
        choice->weight_county[counties + c] = site * jd_pow(sum / site, lam_c / lam_p);
        total += choice->weight_county[counties + c];
    }
    double site = tree->site_prefecture[prefecture];
    choice->sum_prefecture[at] = total;
    choice->mass[at] = site * jd_pow(total / site, lam_p);
}

void jd_choice_weigh(const jd_choice_setting_t *setting, jd_world_t *world, bool refuse,
                     int32_t first, int32_t end)
{
    int32_t from = jd_tree_first_street(setting->tree, JD_PREFECTURE, first);
    int32_t to = jd_tree_first_street(setting->tree, JD_PREFECTURE, end);
    weigh_streets(setting, world, refuse, from, to);
    for (int kind = 0; kind < setting->dims->kinds; kind++) {
        for (int32_t prefecture = first; prefecture < end; prefecture++)
            sum_prefecture(setting, &world->choice, kind, prefecture);
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

/* Totals seen from the counties of an origin prefecture. */
static void total_counties(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                           int32_t prefecture)
{
    const jd_tree_t *tree = setting->tree;
    const jd_dims_t *d = setting->dims;
    int64_t counties = (int64_t)kind * d->counties,
            at = (int64_t)kind * d->prefectures + prefecture;
    double elsewhere =
        attract(choice->mass + (int64_t)kind * d->prefectures,
                setting->borders->gravity + (int64_t)prefecture * d->prefectures, d->prefectures);
    choice->elsewhere[at] = elsewhere;
    double site = tree->site_prefecture[prefecture], crossing = jd_exp(-setting->borders->k_county);
    for (int32_t c = tree->child[JD_PREFECTURE][prefecture];
         c < tree->child[JD_PREFECTURE][prefecture + 1]; c++) {
        double own_county = choice->weight_county[counties + c];
        double near = own_county + crossing * (choice->sum_prefecture[at] - own_county);
        double own = site * jd_pow(near / site, setting->firms->dissimilarity_prefecture);
        choice->own[counties + c] = own;
        choice->total[counties + c] = own + elsewhere;
    }
}

/* h P(leave | review) of streets of one county: 1 / (1 + exp(V_o + kappa_q - L_o)). */
JD_CLONES static void leave_streets(const double *restrict appeal, double cost, double review,
                                    int32_t first, int32_t end, uint32_t *restrict hazard)
{
    JD_SIMD
    for (int32_t s = first; s < end; s++)
        hazard[s] = (uint32_t)(int64_t)(review * 4294967295.0 / (1 + appeal[s] * cost));
}

static void leave_county(const jd_choice_setting_t *setting, const jd_choice_t *choice, int kind,
                         int32_t county)
{
    const jd_dims_t *d = setting->dims;
    const jd_firms_params_t *p = setting->firms;
    int64_t at = (int64_t)kind * d->counties + county;
    int32_t first = setting->tree->child[JD_COUNTY][county],
            end = setting->tree->child[JD_COUNTY][county + 1];
    double pull = jd_log(choice->total[at]) - setting->borders->reference[county]; /* L_o */
    for (int q = 0; q < d->sizes; q++) {
        double kappa = p->moving_cost + p->moving_cost_size.value[q];
        leave_streets(choice->appeal + (int64_t)kind * d->streets, jd_exp(kappa - pull),
                      setting->review, first, end,
                      choice->hazard + (int64_t)(kind * d->sizes + q) * d->streets);
    }
}

static double over(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Ratios p/q of one prefecture: as a destination (ratio, tilt), and as an origin (own_ratio,
 * far_ratio). */
static void compare_with_base(const jd_choice_setting_t *setting, const jd_choice_t *choice,
                              int kind, int32_t prefecture)
{
    const jd_tree_t *tree = setting->tree;
    const jd_dims_t *d = setting->dims;
    const jd_choice_t *q = &setting->base->choice;
    const double crossing = setting->base->crossing;
    int64_t streets = (int64_t)kind * d->streets, counties = (int64_t)kind * d->counties;
    int64_t at = (int64_t)kind * d->prefectures + prefecture;
    choice->tilt[at] =
        over(choice->mass[at] / q->mass[at], choice->sum_prefecture[at] / q->sum_prefecture[at]);
    for (int32_t c = tree->child[JD_PREFECTURE][prefecture];
         c < tree->child[JD_PREFECTURE][prefecture + 1]; c++) {
        int64_t i = counties + c;
        double scale = over(choice->weight_county[i] / q->weight_county[i],
                            choice->sum_county[i] / q->sum_county[i]);
        for (int32_t s = tree->child[JD_COUNTY][c]; s < tree->child[JD_COUNTY][c + 1]; s++)
            choice->ratio[streets + s] =
                scale * choice->weight[streets + s] / q->weight[streets + s];
        double near = choice->weight_county[i] +
                      crossing * (choice->sum_prefecture[at] - choice->weight_county[i]);
        double near_q =
            q->weight_county[i] + crossing * (q->sum_prefecture[at] - q->weight_county[i]);
        choice->far_ratio[i] = over(q->total[i], choice->total[i]);
        choice->own_ratio[i] =
            choice->far_ratio[i] * over(choice->own[i] / q->own[i], near / near_q);
    }
}

void jd_choice_leave(const jd_choice_setting_t *setting, jd_world_t *world, int32_t first,
                     int32_t end)
{
    const jd_tree_t *tree = setting->tree;
    for (int kind = 0; kind < setting->dims->kinds; kind++) {
        for (int32_t p = first; p < end; p++) {
            total_counties(setting, &world->choice, kind, p);
            for (int32_t c = tree->child[JD_PREFECTURE][p]; c < tree->child[JD_PREFECTURE][p + 1];
                 c++)
                leave_county(setting, &world->choice, kind, c);
            if (setting->base->ready) compare_with_base(setting, &world->choice, kind, p);
        }
    }
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
        double top = 0;
        for (int32_t s = first; s < end; s++)
            top = jd_max(top, ratio[s]);
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
        double k = jd_max(near * times(choice->own_ratio[i], first->own_ratio[i]),
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
    for (int64_t i = 0; i < (int64_t)dims->types * dims->streets; i++)
        top = choice->hazard[i] > top ? choice->hazard[i] : top;
    return top;
}
