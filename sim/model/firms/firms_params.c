/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "core/vmath.h"
#include "model/firms/firms.h"
#include "model/mechanism.h"

#define P(field) offsetof(jd_firms_params_t, field)

static const jd_param_t params[] = {
    {"n", JD_PARAM_INT, P(n), "200000", 1, 2000000000, NULL, "firms",
     "firms at the start (a divisions file with a column 'firms' decides itself)", "assumed",
     JD_RESULT},
    {"sector_shares", JD_PARAM_LIST, P(sector_shares), "0.4, 0.6", 0, 1, NULL, "1",
     "share of each sector; the first is the one the policy targets, the second is the same but "
     "untargeted",
     "assumed", JD_RESULT},
    {"sector_place", JD_PARAM_LIST, P(sector_place), "0", -10, 10, NULL, "1",
     "place of each sector on a line, or 0 for all: sectors as far apart as d are similar by "
     "exp(-d), and crowd each other on land by that much",
     "assumed: all alike", JD_RESULT},
    {"sector_drift", JD_PARAM_LIST, P(sector_drift), "0", -1, 1, NULL, "utility",
     "what each sector adds to b_drift, or one value for all", "assumed: all alike", JD_RESULT},
    {"sector_shock", JD_PARAM_LIST, P(sector_shock), "0", -1, 5, NULL, "1",
     "what each sector adds to common_shock, or one value for all", "assumed: all alike",
     JD_RESULT},
    {"sector_review", JD_PARAM_LIST, P(sector_review), "1", 0, 20, NULL, "1",
     "times review: how often firms of each sector review their place, or one value for all",
     "assumed: all alike", JD_RESULT},
    {"emission_classes", JD_PARAM_LIST, P(emission_classes), "0, 0.5, 1", 0, 10, NULL, "1",
     "emissions z of each class", "assumed", JD_RESULT},
    {"emission_shares", JD_PARAM_LIST, P(emission_shares), "0.5, 0.3, 0.2", 0, 1, NULL, "1",
     "share of each emission class", "assumed", JD_RESULT},
    {"size_shares", JD_PARAM_LIST, P(size_shares), "0.7, 0.25, 0.05", 0, 1, NULL, "1",
     "share of each size class", "assumed", JD_RESULT},
    {"size_employees", JD_PARAM_LIST, P(size_employees), "8, 60, 400", 1, 1e6, NULL, "persons",
     "employees of a firm of each size class", "assumed", JD_RESULT},
    {"gradient", JD_PARAM_DOUBLE, P(gradient), "0.3", -3, 3, NULL, "log",
     "rise of the log of firms per land, per SD of development, at the start", "assumed",
     JD_RESULT},
    {"b_inducement", JD_PARAM_DOUBLE, P(b_inducement), "0.2", 0, 2, NULL, "utility",
     "bS, inducement", "assumed", JD_RESULT},
    {"b_services", JD_PARAM_DOUBLE, P(b_services), "0.3", 0, 2, NULL, "utility", "bW, services",
     "assumed", JD_RESULT},
    {"b_agglomeration", JD_PARAM_DOUBLE, P(b_agglomeration), "0.1", 0, 2, NULL, "utility",
     "bA, firms of the own sector nearby", "assumed", JD_RESULT},
    {"b_land", JD_PARAM_DOUBLE, P(b_land), "0", 0, 2, NULL, "utility",
     "price of land of the county, ln(0.2 + p), p its share of firms over its share of land times "
     "its land quota; 0 = land has no price",
     "off", JD_RESULT},
    {"b_crowding", JD_PARAM_DOUBLE, P(b_crowding), "0.3", 0, 2, NULL, "utility",
     "bL, crowding of land", "assumed", JD_RESULT},
    {"b_policy", JD_PARAM_DOUBLE, P(b_policy), "0.4", 0, 3, NULL, "utility",
     "bP, effective dose, targeted sector only", "gives about +36 % inflow, direct", JD_RESULT},
    {"b_dev", JD_PARAM_DOUBLE, P(b_dev), "0.2", -1, 1, NULL, "utility", "bX, development",
     "assumed", JD_RESULT},
    {"b_drift", JD_PARAM_DOUBLE, P(b_drift), "0", -1, 1, NULL, "utility",
     "bT, growth over the run of the pull of development (a trend that selection can confound)",
     "assumed", JD_RESULT},
    {"b_emission", JD_PARAM_DOUBLE, P(b_emission), "0.3", 0, 3, NULL, "utility",
     "bE, stringency times the firm's emissions", "assumed", JD_RESULT},
    {"b_tie", JD_PARAM_DOUBLE, P(b_tie), "0", 0, 5, NULL, "utility",
     "a tie of weight 1 adds its county to a firm's alternatives, exp(b_tie) - 1 times as "
     "attractive "
     "as the county is by itself; where counties cooperate",
     "off", JD_RESULT},
    {"k_rival", JD_PARAM_DOUBLE, P(k_rival), "0", 0, 50, NULL, "utility",
     "the border to other counties of the own prefecture costs so much more by each unit of the "
     "county's push by the tournament: rivals keep their firms from each other",
     "off; Fang, Li, Wu 2025", JD_RESULT},
    {"emission_limit", JD_PARAM_DOUBLE, P(emission_limit), "1.2", 0, 100, NULL, "1",
     "z_max: streets refuse firms with emissions above z_max / stringency", "assumed", JD_RESULT},
    {"common_shock", JD_PARAM_DOUBLE, P(common_shock), "0", -1, 5, NULL, "1",
     "common rise of all firms' review rate, in both worlds", "model equations, section 6",
     JD_RESULT},
    {"common_shock_start", JD_PARAM_DATE, P(common_shock_start), "2022Q1", 0, 0, NULL, "quarter",
     "first quarter of the common shock", "", JD_RESULT},
    {"dissimilarity_county", JD_PARAM_DOUBLE, P(dissimilarity_county), "0.6", 0.05, 1, NULL, "1",
     "lam_c, dissimilarity of streets of a county", "assumed", JD_RESULT},
    {"dissimilarity_prefecture", JD_PARAM_DOUBLE, P(dissimilarity_prefecture), "0.8", 0.05, 1, NULL,
     "1", "lam_p, dissimilarity of counties of a prefecture", "assumed", JD_RESULT},
    {"share_county", JD_PARAM_DOUBLE, P(share_county), "0.667", 0.001, 0.999, NULL, "of moves",
     "target share of moves within the county", "CBS 2013: two thirds stay in the municipality",
     JD_RESULT},
    {"share_prefecture", JD_PARAM_DOUBLE, P(share_prefecture), "0.133", 0, 0.999, NULL, "of moves",
     "target share of moves to another county of the prefecture", "assumed", JD_RESULT},
    {"share_province", JD_PARAM_DOUBLE, P(share_province), "0.09", 0, 0.999, NULL, "of moves",
     "target share of moves to another prefecture of the province; the rest goes to other "
     "provinces",
     "Qichacha: 33 % of moves across counties cross provinces", JD_RESULT},
    {"gamma", JD_PARAM_DOUBLE, P(gamma), "1", 0, 3, NULL, "1", "decay of moves with distance",
     "not identified; sweep it", JD_RESULT},
    {"d0", JD_PARAM_DOUBLE, P(d0), "20", 1, 200, NULL, "km", "distance that counts as near",
     "assumed", JD_RESULT},
    {"review", JD_PARAM_DOUBLE, P(review), "0.03", 0, 1, NULL, "1/quarter",
     "rate at which a firm reviews its place", "3.1 % of firms move a year", JD_RESULT},
    {"moving_cost", JD_PARAM_DOUBLE, P(moving_cost), "1.05", -5, 10, NULL, "utility",
     "kappa, cost of moving", "3.1 % of firms move a year", JD_RESULT},
    {"moving_cost_size", JD_PARAM_LIST, P(moving_cost_size), "-0.2, 0, 0.5", -10, 10, NULL,
     "utility", "what each size class adds to it", "assumed", JD_RESULT},
    {"entry", JD_PARAM_DOUBLE, P(entry), "0", 0, 0.2, NULL, "1/quarter",
     "births, per firm at the start", "off", JD_RESULT},
    {"exit", JD_PARAM_DOUBLE, P(exit), "0", 0, 0.2, NULL, "1/quarter", "hazard that a firm closes",
     "off", JD_RESULT},
};

bool jd_sectors_crowd(const jd_firms_params_t *p, double crowd[JD_SECTORS_MAX][JD_SECTORS_MAX])
{
    const int sectors = p->sector_shares.n;
    bool apart = false;
    for (int k = 0; k < sectors; k++) {
        double mean = 0;
        for (int l = 0; l < sectors; l++) {
            const double d =
                fabs(jd_of_sector(&p->sector_place, k) - jd_of_sector(&p->sector_place, l));
            apart |= d > 0;
            crowd[k][l] = jd_exp(-d);
            mean += crowd[k][l] * p->sector_shares.value[l];
        }
        for (int l = 0; l < sectors; l++)
            crowd[k][l] /= mean;
    }
    return apart;
}

static double sum_of(const jd_list_t *list)
{
    double sum = 0;
    for (int i = 0; i < list->n; i++)
        sum += list->value[i];
    return sum;
}

static int check_shares(const jd_list_t *list, int most, const char *key, const jd_config_t *config,
                        jd_ctx_t *ctx)
{
    if (list->n < 1 || list->n > most)
        return jd_config_blame(config, "firms", key, ctx,
                               "firms.%s: has %d values; 1 to %d are possible", key, list->n, most);
    if (fabs(sum_of(list) - 1) > 1e-9)
        return jd_config_blame(config, "firms", key, ctx,
                               "firms.%s: sums to %g; shares must sum to 1", key, sum_of(list));
    return JD_OK;
}

static int check_length(const jd_list_t *list, const jd_list_t *shares, const char *key,
                        const char *with, const jd_config_t *config, jd_ctx_t *ctx)
{
    if (list->n == shares->n) return JD_OK;
    return jd_config_blame(config, "firms", key, ctx,
                           "firms.%s: has %d values, firms.%s has %d; give one for "
                           "each class",
                           key, list->n, with, shares->n);
}

static int check_sectors(const jd_list_t *list, const jd_list_t *shares, const char *key,
                         const jd_config_t *config, jd_ctx_t *ctx)
{
    if (list->n == 1 || list->n == shares->n) return JD_OK;
    return jd_config_blame(config, "firms", key, ctx,
                           "firms.%s: has %d values, firms.sector_shares has %d; give one for each "
                           "sector, or one for all",
                           key, list->n, shares->n);
}

/* Sectors' lists, and that no rate of review falls below none. */
static int check_all_sectors(const jd_firms_params_t *p, const jd_config_t *config, jd_ctx_t *ctx)
{
    const jd_list_t *shares = &p->sector_shares;
    int rc = check_sectors(&p->sector_place, shares, "sector_place", config, ctx);
    if (!rc) rc = check_sectors(&p->sector_drift, shares, "sector_drift", config, ctx);
    if (!rc) rc = check_sectors(&p->sector_shock, shares, "sector_shock", config, ctx);
    if (!rc) rc = check_sectors(&p->sector_review, shares, "sector_review", config, ctx);
    for (int k = 0; k < shares->n && !rc; k++) {
        const double shock = p->common_shock + jd_of_sector(&p->sector_shock, k);
        if (shock < -1)
            rc =
                jd_config_blame(config, "firms", "sector_shock", ctx,
                                "firms.common_shock + sector_shock = %g in sector %d: a rate falls "
                                "by 1 at most; give values that sum to -1 or more",
                                shock, k);
    }
    return rc;
}

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_firms_params_t *p = block;
    int rc[9] = {
        check_shares(&p->sector_shares, JD_SECTORS_MAX, "sector_shares", config, ctx),
        check_shares(&p->emission_shares, JD_EMISSIONS_MAX, "emission_shares", config, ctx),
        check_shares(&p->size_shares, JD_SIZES_MAX, "size_shares", config, ctx),
        check_length(&p->emission_classes, &p->emission_shares, "emission_classes",
                     "emission_shares", config, ctx),
        check_length(&p->size_employees, &p->size_shares, "size_employees", "size_shares", config,
                     ctx),
        check_length(&p->moving_cost_size, &p->size_shares, "moving_cost_size", "size_shares",
                     config, ctx),
        check_all_sectors(p, config, ctx),
        JD_OK,
        JD_OK,
    };
    if (p->dissimilarity_county > p->dissimilarity_prefecture)
        rc[7] = jd_config_blame(
            config, "firms", "dissimilarity_county", ctx,
            "firms.dissimilarity_county = %g is above dissimilarity_prefecture = %g: choice is a "
            "random-utility nested logit only with 0 < county <= prefecture <= 1",
            p->dissimilarity_county, p->dissimilarity_prefecture);
    if (p->share_county + p->share_prefecture + p->share_province > 1 + 1e-12)
        rc[8] = jd_config_blame(
            config, "firms", "share_county", ctx,
            "firms.share_county + share_prefecture + share_province = %g: shares of moves may sum "
            "to at most 1",
            p->share_county + p->share_prefecture + p->share_province);
    for (int i = 0; i < 9; i++) {
        if (rc[i]) return rc[i];
    }
    return JD_OK;
}

static bool has_no_shock(const void *block, const jd_config_t *config)
{
    (void)config;
    const jd_firms_params_t *p = block;
    bool shock = p->common_shock != 0.0;
    for (int k = 0; k < p->sector_shock.n; k++)
        shock |= p->sector_shock.value[k] != 0.0;
    return !shock;
}

static bool has_no_crowding(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_firms_params_t *)block)->b_crowding == 0.0;
}

static bool has_no_decay(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_firms_params_t *)block)->gamma == 0.0;
}

static bool has_no_ties(const void *block, const jd_config_t *config)
{
    (void)block;
    return !jd_mechanisms_tie(config);
}

static bool has_no_push(const void *block, const jd_config_t *config)
{
    (void)block;
    return !jd_mechanism_is_on(config, "tournament");
}

static const jd_unread_t unread[] = {
    {"k_rival", has_no_push, "no tournament is on: nobody has rivals"},
    {"b_tie", has_no_ties, "no mechanism that is on ties counties"},
    {"common_shock_start", has_no_shock, "firms.common_shock = 0 means no shock"},
    {"sector_place", has_no_crowding,
     "with firms.b_crowding = 0 nobody is crowded, by similar firms or others"},
    {"d0", has_no_decay, "with firms.gamma = 0 distance does not count"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_firms_section = {
    .name = "firms",
    .help = "firms: who they are, what they look for, how often and how far they move",
    .params = params,
    .n_params = (int)(sizeof params / sizeof params[0]),
    .size = sizeof(jd_firms_params_t),
    .check = check,
    .unread = unread,
};
