/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Development and fiscal capacity: z-scores over streets, correlated within a county and, less,
 * within prefecture and province; given values keep their ranks and are only standardised. */
#include <math.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/jurisdictions/tree.h"

static double draw_normal(const jd_jump_t jump[2], int level, int32_t unit)
{
    uint64_t id = (uint64_t)level << 32 | (uint32_t)unit;
    return jd_normal(jd_draw(&jump[0], id), jd_draw(&jump[1], id));
}

/* Sum of draws of the street and of all it lies in: a third of the between-county variance each at
 * province, prefecture and county. */
static double nested_normal(const jd_tree_t *tree, const jd_jump_t jump[2], int32_t s,
                            double between)
{
    int32_t county = tree->parent[JD_STREET][s], prefecture = tree->parent[JD_COUNTY][county];
    int32_t province = tree->parent[JD_PREFECTURE][prefecture];
    double upper = draw_normal(jump, JD_PROVINCE, province) +
                   draw_normal(jump, JD_PREFECTURE, prefecture) +
                   draw_normal(jump, JD_COUNTY, county);
    return sqrt(between / 3.0) * upper + sqrt(1.0 - between) * draw_normal(jump, JD_STREET, s);
}

static void standardise(double *z, int32_t n)
{
    double mean = 0, variance = 0;
    for (int32_t i = 0; i < n; i++)
        mean += z[i];
    mean /= n;
    for (int32_t i = 0; i < n; i++)
        variance += (z[i] - mean) * (z[i] - mean);
    double sd = sqrt(variance / n);
    for (int32_t i = 0; i < n; i++)
        z[i] = sd > 0 ? (z[i] - mean) / sd : 0;
}

/* Means by land of what the streets below have. */
static void average_up(const jd_tree_t *tree, double *const columns[JD_LEVELS])
{
    for (int l = JD_COUNTY; l >= JD_CENTRE; l--) {
        for (int32_t i = 0; i < tree->n[l]; i++) {
            double sum = 0;
            for (int32_t c = tree->child[l][i]; c < tree->child[l][i + 1]; c++)
                sum += tree->land[l + 1][c] * columns[l + 1][c];
            columns[l][i] = sum / tree->land[l][i];
        }
    }
}

void jd_tree_endow(jd_tree_t *tree, const jd_world_params_t *params, uint64_t seed)
{
    jd_stream_t stream = jd_stream(seed, 0, JD_DRAW_DEVELOPMENT);
    jd_jump_t dev[2] = {jd_jump(stream, 0, 0), jd_jump(stream, 0, 1)};
    jd_jump_t fis[2] = {jd_jump(stream, 0, 2), jd_jump(stream, 0, 3)};
    double rho = params->fiscal_correlation, rest = sqrt(1.0 - rho * rho);
    int32_t n = tree->n[JD_STREET];
    double *development = tree->development[JD_STREET], *fiscal = tree->fiscal[JD_STREET];
    bool given = tree->longitude != NULL; /* a divisions file may have brought values */
    for (int32_t s = 0; s < n; s++) {
        if (!given || isnan(development[s]))
            development[s] = nested_normal(tree, dev, s, params->county_share);
    }
    standardise(development, n);
    for (int32_t s = 0; s < n; s++) {
        if (!given || isnan(fiscal[s]))
            fiscal[s] =
                rho * development[s] + rest * nested_normal(tree, fis, s, params->county_share);
    }
    standardise(fiscal, n);
    average_up(tree, tree->development);
    average_up(tree, tree->fiscal);
}
