/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Urban outcomes by county: points of interest (POI) of manufacturing services, which open and
 * close, land-use efficiency, concentration of the targeted sector, services per firm. */
#include <math.h>
#include <string.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

typedef struct urban_params {
    bool on;
    double poi_rate, poi_elasticity, poi_turnover, productivity;
} urban_params_t;

#define P(field) offsetof(urban_params_t, field)

static const jd_param_t params[] = {
    {"on", JD_PARAM_FLAG, P(on), "yes", 0, 0, NULL, "", "compute urban outcomes", "", JD_RESULT},
    {"poi_rate", JD_PARAM_DOUBLE, P(poi_rate), "0.1", 0, 100, NULL, "1/firm",
     "points of interest per targeted firm in the long run where services are at plan", "assumed",
     JD_RESULT},
    {"poi_elasticity", JD_PARAM_DOUBLE, P(poi_elasticity), "0.5", 0, 3, NULL, "1",
     "elasticity of openings of points of interest to services", "assumed", JD_RESULT},
    {"poi_turnover", JD_PARAM_DOUBLE, P(poi_turnover), "0.05", 0.001, 0.5, NULL, "1/quarter",
     "share of points of interest that close in a quarter, and are opened again at rest", "assumed",
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
    {"poi_rate, poi_elasticity, poi_turnover, productivity", is_off,
     "urban.on = no computes no urban outcomes"},
    {"poi_elasticity, poi_turnover", has_no_poi, "urban.poi_rate = 0 makes no points of interest"},
    {NULL, NULL, NULL},
};

/* Points there, and what the last quarter opened and closed. */
enum { THERE, OPENED, CLOSED };

static const jd_state_t state[] = {
    [THERE] = {"poi", JD_COUNTY, JD_INT32},
    [OPENED] = {"poi_opened", JD_COUNTY, JD_INT32},
    [CLOSED] = {"poi_closed", JD_COUNTY, JD_INT32},
    {NULL, JD_COUNTY, JD_INT32},
};

enum {
    POI = P_SHARED,
    POI_OPENED,
    POI_CLOSED,
    LAND_EFFICIENCY,
    LOCATION_QUOTIENT,
    SERVICES_PER_FIRM,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    {"poi", JD_INT32, "1", "points of interest of manufacturing services, as the quarter begins",
     NULL, 0, JD_AXIS_CELL},
    {"poi_opened", JD_INT32, "1", "of them, opened in the quarter before", NULL, 0, JD_AXIS_CELL},
    {"poi_closed", JD_INT32, "1", "points of interest closed in the quarter before", NULL, 0,
     JD_AXIS_CELL},
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

/* What Stirling's formula leaves of ln(k!): 1/(12 k) - 1/(360 k^3) + 1/(1260 k^5); k >= 10. */
static double stirling_rest(double k)
{
    const double over = 1 / k, square = over * over;
    return over * (1.0 / 12 - square * (1.0 / 360 - square / 1260));
}

static const double two_pi = 6.28318530717958647693;

/* Where a search for a quantile of a law of this mean and variance begins: behind it lies less than
 * 1e-15. */
static double search_from(double mean, double variance)
{
    return mean < 100 ? 0 : floor(mean - 8 * sqrt(variance));
}

/* The inverse of the Poisson distribution function: it never falls as the mean or u rises, so
 * worlds that share u differ as little as they can. O(sqrt(mean)). */
static int32_t poisson(double mean, double u)
{
    if (mean <= 0) return 0;
    double k = search_from(mean, mean), ln_p = -mean;
    if (k > 0)
        ln_p = k * jd_log(mean / k) + (k - mean) - 0.5 * jd_log(two_pi * k) - stirling_rest(k);
    double p = jd_exp(ln_p), sum = p, most = mean + 12 * sqrt(mean) + 60;
    while (sum < u && k < most) {
        p *= mean / ++k;
        sum += p;
    }
    return (int32_t)k;
}

/* The same of the binomial law: how many of n close. rate <= 1/2. */
static int32_t binomial(double n, double rate, double u)
{
    const double mean = n * rate, odds = rate / (1 - rate);
    double k = search_from(mean, mean * (1 - rate)), ln_p = n * jd_log(1 - rate);
    if (k > 0) {
        const double left = n - k;
        ln_p = k * jd_log(mean / k) + left * jd_log((n - mean) / left) +
               0.5 * jd_log(n / (two_pi * k * left)) + stirling_rest(n) - stirling_rest(k) -
               stirling_rest(left);
    }
    double p = jd_exp(ln_p), sum = p;
    for (; sum < u && k < n; sum += p) {
        p *= odds * (n - k) / (k + 1);
        k++;
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

static int64_t count_firms(const jd_moment_t *m, int sector, int32_t county)
{
    const int32_t *stock = m->world->stock + (int64_t)sector * m->dims->streets;
    int64_t n = 0;
    for (int32_t s = m->tree->child[JD_COUNTY][county]; s < m->tree->child[JD_COUNTY][county + 1];
         s++)
        n += stock[s];
    return n;
}

/* Points of a county in the long run, as its firms and services stand. */
static double points_at_rest(const jd_moment_t *m, int32_t county, double services)
{
    const urban_params_t *p = m->params;
    return p->poi_rate * (double)count_firms(m, 0, county) * jd_pow(services, p->poi_elasticity);
}

enum { DRAW_OPEN, DRAW_CLOSE, DRAW_START };

static jd_jump_t jump_to(const jd_moment_t *m, int draw)
{
    return jd_jump(jd_stream(m->seed, m->replicate, JD_DRAW_POI), m->period, draw);
}

/* At rest. */
static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const jd_jump_t jump = jump_to(m, DRAW_START);
    int32_t *there = jd_own(m, THERE);
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++)
        there[c] = poisson(points_at_rest(m, c, mean_services(m, c)), jd_draw(&jump, (uint64_t)c));
    return JD_OK;
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const double turnover = ((const urban_params_t *)m->params)->poi_turnover;
    const jd_jump_t open = jump_to(m, DRAW_OPEN), close = jump_to(m, DRAW_CLOSE);
    int32_t *there = jd_own(m, THERE), *opened = jd_own(m, OPENED), *closed = jd_own(m, CLOSED);
    (void)next, (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        const double mean = turnover * points_at_rest(m, c, mean_services(m, c));
        opened[c] = poisson(mean, jd_draw(&open, (uint64_t)c));
        closed[c] = binomial(there[c], turnover, jd_draw(&close, (uint64_t)c));
        there[c] += opened[c] - closed[c];
    }
    return JD_OK;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const int32_t *there = jd_own(m, THERE), *opened = jd_own(m, OPENED),
                  *closed = jd_own(m, CLOSED);
    for (int32_t c = 0; c < m->dims->counties; c++) {
        if (there[c] < opened[c] || opened[c] < 0 || closed[c] < 0)
            return jd_fail(ctx, JD_ERR_DATA,
                           "urban: county %ld has %ld points of interest, %ld opened, %ld closed",
                           (long)c, (long)there[c], (long)opened[c], (long)closed[c]);
    }
    return JD_OK;
}

static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const urban_params_t *p = m->params;
    const jd_world_t *world = m->world;
    const int32_t streets = m->dims->streets, counties = m->dims->counties;
    int64_t world_targeted = 0, world_all = 0;
    const int32_t of_points[] = {POI, POI_OPENED, POI_CLOSED};
    (void)ctx;
    for (int i = 0; i < 3; i++)
        memcpy(JD_CELLS(panel, of_points[i], int32_t) + row * counties, jd_own(m, i),
               (size_t)counties * sizeof(int32_t));
    for (int k = 0; k < m->dims->sectors; k++) {
        for (int32_t s = 0; s < streets; s++) {
            int32_t n = world->stock[(int64_t)k * streets + s];
            world_all += n;
            if (k == 0) world_targeted += n;
        }
    }
    double share = world_all > 0 ? (double)world_targeted / (double)world_all : 0;
    for (int32_t c = 0; c < counties; c++) {
        int64_t targeted = count_firms(m, 0, c), all = targeted;
        for (int k = 1; k < m->dims->sectors; k++)
            all += count_firms(m, k, c);
        int64_t at = row * counties + c;
        double number = (double)all, output = number + (p->productivity - 1) * (double)targeted;
        double n_streets = m->tree->child[JD_COUNTY][c + 1] - m->tree->child[JD_COUNTY][c];
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
    .only_reads = true,
    .state = state,
    .panels = panels,
    .init = init,
    .step = step,
    .audit = audit,
};
