/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jurisdictions/tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"

#define P(field) offsetof(jd_world_params_t, field)

static const jd_param_t params[] = {
    {"provinces", JD_PARAM_INT, P(provinces), "8", 1, 1000, NULL, "1",
     "provinces of a synthetic tree", "Jiang, Eaton, Kostka 2022: 8 provinces", JD_RESULT},
    {"prefectures", JD_PARAM_INT, P(prefectures), "88", 1, 10000, NULL, "1",
     "prefectures of a synthetic tree, all provinces together", "11 a province, as in China",
     JD_RESULT},
    {"counties", JD_PARAM_INT, P(counties), "820", 1, 100000, NULL, "1",
     "counties of a synthetic tree", "Jiang, Eaton, Kostka 2022: 820 counties", JD_RESULT},
    {"streets", JD_PARAM_INT, P(streets), "11000", 2, 2000000, NULL, "1",
     "streets (towns, townships, street offices) of a synthetic tree",
     "13.4 a county, near China's 13.9", JD_RESULT},
    {"divisions", JD_PARAM_PATH, P(divisions), "", 0, 0, NULL, "",
     "CSV of real divisions; replaces the counts above", "", JD_RESULT},
    {"only", JD_PARAM_NAMES, P(only), "", 0, 0, NULL, "",
     "codes or names of divisions: of the file, these with all below them; empty: all", "",
     JD_RESULT},
    {"province_km", JD_PARAM_DOUBLE, P(province_km), "550", 10, 5000, NULL, "km",
     "side of a synthetic province", "9.6 million km2 over 31 provinces", JD_RESULT},
    {"county_share", JD_PARAM_DOUBLE, P(county_share), "0.9", 0, 1, NULL, "1",
     "share of development's variance that lies between counties (rest: within)", "assumed",
     JD_RESULT},
    {"fiscal_correlation", JD_PARAM_DOUBLE, P(fiscal_correlation), "0.6", -1, 1, NULL, "1",
     "correlation of fiscal capacity with development", "assumed", JD_RESULT},
    {"land_sd", JD_PARAM_DOUBLE, P(land_sd), "0.4", 0, 2, NULL, "log",
     "SD of the log of a street's land", "assumed", JD_RESULT},
    {"ambition_s", JD_PARAM_DOUBLE, P(ambition_s), "0.9", 0.5, 3, NULL, "1",
     "plan target for strong tasks, over balanced full-time output", "calibrated: friction .2-.4",
     JD_RESULT},
    {"ambition_w", JD_PARAM_DOUBLE, P(ambition_w), "1.5", 0.5, 3, NULL, "1",
     "plan target for weak tasks, over balanced full-time output", "calibrated: friction .2-.4",
     JD_RESULT},
    {"eta", JD_PARAM_DOUBLE, P(eta), "0.4", 0, 1, NULL, "1",
     "weight of inducement in implementation; the rest is services", "calibrated: friction .2-.4",
     JD_RESULT},
    {"service_rate", JD_PARAM_DOUBLE, P(service_rate), "0.08", 0.01, 1, NULL, "1/quarter",
     "rate at which the stock of services follows weak output", "calibrated: friction .2-.4",
     JD_RESULT},
    {"weight_land", JD_PARAM_DOUBLE, P(weight_land), "0.4", 0, 1, NULL, "1",
     "weight of the land quota in the toolkit", "assumed", JD_RESULT},
    {"weight_fiscal", JD_PARAM_DOUBLE, P(weight_fiscal), "0.4", 0, 1, NULL, "1",
     "weight of fiscal autonomy in the toolkit", "assumed", JD_RESULT},
    {"weight_authority", JD_PARAM_DOUBLE, P(weight_authority), "0.2", 0, 1, NULL, "1",
     "weight of regulatory authority in the toolkit", "assumed", JD_RESULT},
    {"fiscal_feedback", JD_PARAM_DOUBLE, P(fiscal_feedback), "0", 0, 2, NULL, "1",
     "elasticity of fiscal autonomy to the county's stock of firms, 0 = off", "assumed", JD_RESULT},
};

static int check(const void *block, const char *name, const jd_config_t *config, jd_ctx_t *ctx)
{
    (void)name;
    const jd_world_params_t *p = block;
    int rc = JD_OK;
    if (fabs(p->weight_land + p->weight_fiscal + p->weight_authority - 1.0) > 1e-9)
        rc = jd_config_blame(
            config, "world", "weight_land", ctx,
            "world.weight_land + weight_fiscal + weight_authority = %g: the toolkit's "
            "weights must sum to 1",
            p->weight_land + p->weight_fiscal + p->weight_authority);
    if (p->divisions[0]) return rc;
    if (p->only[0])
        rc =
            jd_config_blame(config, "world", "only", ctx,
                            "world.only = %.60s chooses among real divisions, and there is no file "
                            "of them: set world.divisions, or leave it out",
                            p->only);
    if (p->prefectures < p->provinces)
        rc = jd_config_blame(config, "world", "prefectures", ctx,
                             "world.prefectures = %lld is fewer than world.provinces = %lld: each "
                             "province needs one",
                             (long long)p->prefectures, (long long)p->provinces);
    if (p->counties < p->prefectures)
        rc = jd_config_blame(config, "world", "counties", ctx,
                             "world.counties = %lld is fewer than world.prefectures = %lld: each "
                             "prefecture needs one",
                             (long long)p->counties, (long long)p->prefectures);
    if (p->streets < p->counties)
        rc =
            jd_config_blame(config, "world", "streets", ctx,
                            "world.streets = %lld is fewer than world.counties = %lld: each county "
                            "needs one",
                            (long long)p->streets, (long long)p->counties);
    return rc;
}

static bool has_divisions(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_world_params_t *)block)->divisions[0] != '\0';
}

static const jd_unread_t unread[] = {
    {"provinces, prefectures, counties, streets, province_km, land_sd", has_divisions,
     "world.divisions brings the tree"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_world_section = {
    .name = "world",
    .help = "jurisdictions, what they are endowed with, and what plans ask of them",
    .params = params,
    .n_params = (int)(sizeof params / sizeof params[0]),
    .size = sizeof(jd_world_params_t),
    .check = check,
    .unread = unread,
};

int jd_tree_allocate(jd_tree_t *tree, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    for (int l = 0; l < JD_LEVELS && !rc; l++) {
        int64_t n = tree->n[l];
        if (l < JD_STREET && !rc)
            rc = jd_make(&tree->child[l], n + 1, sizeof(int32_t), "the tree", ctx);
        if (l > JD_CENTRE && !rc)
            rc = jd_make(&tree->parent[l], n, sizeof(int32_t), "the tree", ctx);
        if (!rc) rc = jd_make(&tree->x[l], n, sizeof(double), "positions", ctx);
        if (!rc) rc = jd_make(&tree->y[l], n, sizeof(double), "positions", ctx);
        if (!rc) rc = jd_make(&tree->land[l], n, sizeof(double), "land", ctx);
        if (!rc) rc = jd_make(&tree->development[l], n, sizeof(double), "development", ctx);
        if (!rc) rc = jd_make(&tree->fiscal[l], n, sizeof(double), "fiscal capacity", ctx);
        if (!rc) rc = jd_make(&tree->code[l], n, JD_CODE_WIDTH, "codes", ctx);
        if (!rc) rc = jd_make(&tree->name[l], n, JD_NAME_WIDTH, "names", ctx);
    }
    int64_t streets = tree->n[JD_STREET];
    if (!rc) rc = jd_make(&tree->at, streets, sizeof *tree->at, "positions", ctx);
    if (!rc) rc = jd_make(&tree->ax, tree->n[JD_PREFECTURE], sizeof(double), "positions", ctx);
    if (!rc) rc = jd_make(&tree->ay, tree->n[JD_PREFECTURE], sizeof(double), "positions", ctx);
    if (!rc) rc = jd_make(&tree->az, tree->n[JD_PREFECTURE], sizeof(double), "positions", ctx);
    if (!rc) rc = jd_make(&tree->site, streets, sizeof(double), "land shares", ctx);
    if (!rc)
        rc = jd_make(&tree->site_county, tree->n[JD_COUNTY], sizeof(double), "land shares", ctx);
    if (!rc)
        rc = jd_make(&tree->site_prefecture, tree->n[JD_PREFECTURE], sizeof(double), "land shares",
                     ctx);
    return rc;
}

void jd_tree_free(jd_tree_t *tree)
{
    for (int l = 0; l < JD_LEVELS; l++) {
        free(tree->child[l]);
        free(tree->parent[l]);
        free(tree->x[l]);
        free(tree->y[l]);
        free(tree->land[l]);
        free(tree->development[l]);
        free(tree->fiscal[l]);
        free(tree->code[l]);
        free(tree->name[l]);
    }
    double *rest[] = {tree->longitude, tree->latitude,    tree->ax,
                      tree->ay,        tree->az,          tree->firms,
                      tree->site,      tree->site_county, tree->site_prefecture};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        free(rest[i]);
    free(tree->at);
    memset(tree, 0, sizeof *tree);
}

int32_t jd_tree_first_street(const jd_tree_t *tree, jd_level_t level, int32_t unit)
{
    for (int l = (int)level; l < JD_STREET; l++)
        unit = tree->child[l][unit];
    return unit;
}

int32_t jd_first_row(const jd_tree_t *tree, jd_level_t level)
{
    int32_t row = 0;
    for (int l = 0; l < (int)level; l++)
        row += tree->n[l];
    return row;
}

double jd_tree_mean(const jd_tree_t *tree, jd_level_t level, int32_t unit, const double *street)
{
    const int32_t from = jd_tree_first_street(tree, level, unit),
                  end = jd_tree_first_street(tree, level, unit + 1);
    double sum = 0;
    for (int32_t s = from; s < end; s++)
        sum += street[s];
    return sum / (end - from);
}

int32_t jd_tree_find(const jd_tree_t *tree, jd_level_t level, const char *code)
{
    for (int32_t i = 0; i < tree->n[level]; i++) {
        if (strncmp(tree->code[level] + (size_t)i * JD_CODE_WIDTH, code, JD_CODE_WIDTH) == 0)
            return i;
    }
    return -1;
}

/* A straight line through the Earth of length c subtends an arc c (1 + c^2 / (24 R^2) + ...):
 * within 1e-4 of the great circle up to 3,000 km, and no arc sine needed. */
static double arc(double dx, double dy, double dz, int on_sphere)
{
    double chord2 = dx * dx + dy * dy + dz * dz;
    double c = sqrt(chord2);
    return on_sphere ? c * (1.0 + chord2 / (24.0 * 6371.0 * 6371.0)) : c;
}

double jd_tree_distance(const jd_tree_t *tree, int32_t from, int32_t to)
{
    const double *a = tree->at[from], *b = tree->at[to];
    return arc(a[0] - b[0], a[1] - b[1], a[2] - b[2], tree->longitude != NULL);
}

double jd_tree_distance_prefectures(const jd_tree_t *tree, int32_t from, int32_t to)
{
    return arc(tree->ax[from] - tree->ax[to], tree->ay[from] - tree->ay[to],
               tree->az[from] - tree->az[to], tree->longitude != NULL);
}

void jd_tree_project(jd_tree_t *tree)
{
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        if (!tree->longitude) {
            tree->at[s][0] = tree->x[JD_STREET][s];
            tree->at[s][1] = tree->y[JD_STREET][s];
            continue;
        }
        double sin_lon, cos_lon, sin_lat, cos_lat;
        jd_sincos_turn(tree->longitude[s] / 360.0, &sin_lon, &cos_lon);
        jd_sincos_turn(tree->latitude[s] / 360.0, &sin_lat, &cos_lat);
        tree->at[s][0] = 6371.0 * cos_lat * cos_lon;
        tree->at[s][1] = 6371.0 * cos_lat * sin_lon;
        tree->at[s][2] = 6371.0 * sin_lat;
    }
    for (int32_t p = 0; p < tree->n[JD_PREFECTURE]; p++) {
        int32_t first = jd_tree_first_street(tree, JD_PREFECTURE, p);
        int32_t end = jd_tree_first_street(tree, JD_PREFECTURE, p + 1);
        double x = 0, y = 0, z = 0;
        for (int32_t s = first; s < end; s++)
            x += tree->at[s][0], y += tree->at[s][1], z += tree->at[s][2];
        tree->ax[p] = x / (end - first);
        tree->ay[p] = y / (end - first);
        tree->az[p] = z / (end - first);
    }
}

/* A unit's place on the map: the mean of its streets', as jd_tree_project() takes the centres of
 * prefectures. */
static void centre(jd_tree_t *tree, jd_level_t level, int32_t unit)
{
    int32_t first = jd_tree_first_street(tree, level, unit);
    int32_t end = jd_tree_first_street(tree, level, unit + 1);
    double x = 0, y = 0;
    for (int32_t s = first; s < end; s++)
        x += tree->x[JD_STREET][s], y += tree->y[JD_STREET][s];
    tree->x[level][unit] = x / (end - first);
    tree->y[level][unit] = y / (end - first);
}

void jd_tree_sum_up(jd_tree_t *tree)
{
    for (int l = JD_COUNTY; l >= JD_CENTRE; l--) {
        for (int32_t i = 0; i < tree->n[l]; i++) {
            double land = 0;
            for (int32_t c = tree->child[l][i]; c < tree->child[l][i + 1]; c++)
                land += tree->land[l + 1][c];
            tree->land[l][i] = land;
            centre(tree, (jd_level_t)l, i);
        }
    }
    double world = tree->land[JD_CENTRE][0];
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++)
        tree->site[s] = tree->land[JD_STREET][s] / world;
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++)
        tree->site_county[c] = tree->land[JD_COUNTY][c] / world;
    for (int32_t p = 0; p < tree->n[JD_PREFECTURE]; p++)
        tree->site_prefecture[p] = tree->land[JD_PREFECTURE][p] / world;
}

int jd_tree_init(jd_tree_t *tree, const jd_world_params_t *p, const jd_table_t *divisions,
                 uint64_t seed, jd_ctx_t *ctx)
{
    memset(tree, 0, sizeof *tree);
    int rc = divisions ? jd_tree_read(tree, divisions, p->only, seed, ctx)
                       : jd_tree_grow(tree, p, seed, ctx);
    if (rc) return rc;
    jd_tree_endow(tree, p, seed);
    jd_tree_project(tree);
    return JD_OK;
}
