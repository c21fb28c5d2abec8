/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Urban outcomes by county: points of interest (POI) of manufacturing services as noisy counts,
 * land-use efficiency, concentration of the targeted sector, services per firm (model-equations.md,
 * section 7). */
#include <math.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

typedef struct urban_params {
    bool on;
    double poi_rate, poi_elasticity, productivity;
} urban_params_t;

#define P(field) offsetof(urban_params_t, field)

static const jd_param_t params[] = {
    {"on", JD_PARAM_FLAG, P(on), "yes", 0, 0, NULL, "", "compute urban outcomes", "", JD_RESULT},
    {"poi_rate", JD_PARAM_DOUBLE, P(poi_rate), "0.1", 0, 100, NULL, "1/firm",
     "points of interest per targeted firm where services are at plan", "assumed", JD_RESULT},
    {"poi_elasticity", JD_PARAM_DOUBLE, P(poi_elasticity), "0.5", 0, 3, NULL, "1",
     "elasticity of points of interest to services two quarters ago", "model equations, section 7",
     JD_RESULT},
    {"productivity", JD_PARAM_DOUBLE, P(productivity), "1.5", 0, 100, NULL, "1",
     "output of a targeted firm; another firm's is 1", "assumed", JD_RESULT},
};

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !((const urban_params_t *)block)->on;
}

static bool has_no_poi(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const urban_params_t *)block)->poi_rate == 0.0;
}

static const jd_unread_t unread[] = {
    {"poi_rate, poi_elasticity, productivity", is_off, "urban.on = no computes no urban outcomes"},
    {"poi_elasticity", has_no_poi, "urban.poi_rate = 0 makes no points of interest"},
    {NULL, NULL, NULL},
};

/* Services of the last two quarters, for the lag of points of interest. */
enum { LAST, BEFORE };

static const jd_state_t state[] = {
    [LAST] = {"services_last", JD_COUNTY, JD_DOUBLE},
    [BEFORE] = {"services_before", JD_COUNTY, JD_DOUBLE},
    {NULL, JD_COUNTY, JD_DOUBLE},
};

enum { POI = P_SHARED, LAND_EFFICIENCY, LOCATION_QUOTIENT, SERVICES_PER_FIRM, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    {"poi", JD_INT32, "1", "points of interest of manufacturing services", NULL, 0, JD_AXIS_CELL},
    {"land_efficiency", JD_DOUBLE, "1/km2", "output per land", NULL, 0, JD_AXIS_CELL},
    {"location_quotient", JD_DOUBLE, "1",
     "share of the targeted sector among the county's firms, over its share in the world", NULL, 0,
     JD_AXIS_CELL},
    {"services_per_firm", JD_DOUBLE, "1", "stock of services times streets, per 100 firms", NULL, 0,
     JD_AXIS_CELL},
};

static bool on(const void *block)
{
    return ((const urban_params_t *)block)->on;
}

/* Poisson number of the given mean by the inverse of its distribution function: it never falls as
 * the mean or u rises, so worlds that share u differ as little as they can. Adds up from 0, or from
 * 8 SD below a large mean, where less than 1e-15 lies. O(sqrt(mean)). */
static int32_t poisson(double mean, double u)
{
    if (mean <= 0) return 0;
    double k = mean < 100 ? 0 : floor(mean - 8 * sqrt(mean)), ln_p = -mean;
    if (k > 0) { /* ln(k!) by Stirling's series; k >= 20 */
        double over = 1 / k, square = over * over;
        ln_p = k * jd_log(mean * over) + (k - mean) - 0.5 * jd_log(6.28318530717958647693 * k) -
               over * (1.0 / 12 - square * (1.0 / 360 - square / 1260));
    }
    double p = jd_exp(ln_p), sum = p, most = mean + 12 * sqrt(mean) + 60;
    while (sum < u && k < most) {
        p *= mean / ++k;
        sum += p;
    }
    return (int32_t)k;
}

static double mean_services(const jd_moment_t *m, int32_t county)
{
    int32_t from = m->tree->child[JD_COUNTY][county], end = m->tree->child[JD_COUNTY][county + 1];
    double sum = 0;
    for (int32_t s = from; s < end; s++)
        sum += m->world->services[s];
    return sum / (end - from);
}

/* Services stood where they start. */
static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    double *last = jd_own(m, LAST), *before = jd_own(m, BEFORE);
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++)
        last[c] = before[c] = 1 / m->street->world->ambition_w;
    return JD_OK;
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    double *last = jd_own(m, LAST), *before = jd_own(m, BEFORE);
    (void)next, (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        before[c] = last[c];
        last[c] = mean_services(m, c);
    }
    return JD_OK;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const double *last = jd_own(m, LAST);
    for (int32_t c = 0; c < m->dims->counties; c++) {
        if (!(last[c] >= 0))
            return jd_fail(ctx, JD_ERR_DATA, "urban: services of county %d are negative", (int)c);
    }
    return JD_OK;
}

static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const urban_params_t *p = m->params;
    const jd_world_t *world = m->world;
    const int32_t streets = m->dims->streets, counties = m->dims->counties;
    jd_jump_t jump = jd_jump(jd_stream(m->seed, m->replicate, JD_DRAW_POI), m->period, 0);
    const double *before = jd_own(m, BEFORE);
    int64_t world_targeted = 0, world_all = 0;
    (void)ctx;
    for (int k = 0; k < m->dims->sectors; k++) {
        for (int32_t s = 0; s < streets; s++) {
            int32_t n = world->stock[(int64_t)k * streets + s];
            world_all += n;
            if (k == 0) world_targeted += n;
        }
    }
    double share = world_all > 0 ? (double)world_targeted / (double)world_all : 0;
    for (int32_t c = 0; c < counties; c++) {
        int64_t targeted = 0, all = 0;
        for (int32_t s = m->tree->child[JD_COUNTY][c]; s < m->tree->child[JD_COUNTY][c + 1]; s++) {
            targeted += world->stock[s];
            for (int k = 0; k < m->dims->sectors; k++)
                all += world->stock[(int64_t)k * streets + s];
        }
        int64_t at = row * counties + c;
        double mean = p->poi_rate * (double)targeted * jd_pow(before[c], p->poi_elasticity);
        double number = (double)all, output = number + (p->productivity - 1) * (double)targeted;
        double n_streets = m->tree->child[JD_COUNTY][c + 1] - m->tree->child[JD_COUNTY][c];
        JD_CELLS(panel, POI, int32_t)[at] = poisson(mean, jd_draw(&jump, (uint64_t)c));
        JD_CELLS(panel, LAND_EFFICIENCY, double)[at] = output / m->tree->land[JD_COUNTY][c];
        JD_CELLS(panel, LOCATION_QUOTIENT, double)
        [at] = all > 0 && share > 0 ? (double)targeted / number / share : (double)NAN;
        JD_CELLS(panel, SERVICES_PER_FIRM, double)
        [at] = all > 0 ? 100 * mean_services(m, c) * n_streets / number : (double)NAN;
    }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/urban", "truth/urban"},
     "Urban outcomes by county and quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_urban = {
    .section =
        {
            .name = "urban",
            .help = "urban outcomes: points of interest, land use, concentration",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(urban_params_t),
            .unread = unread,
        },
    .on = on,
    .state = state,
    .panels = panels,
    .init = init,
    .step = step,
    .audit = audit,
};
