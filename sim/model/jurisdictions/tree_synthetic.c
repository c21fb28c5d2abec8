/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A tree of given counts: children spread over parents with random weights, each unit in a
 * jittered cell of its parent's square, so that neighbours on the map are neighbours in the tree.
 */
#include <math.h>
#include <stdio.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/jurisdictions/tree.h"

/* A unit's id in the draws: levels never share one. */
static uint64_t entity(int level, int32_t unit)
{
    return (uint64_t)level << 32 | (uint32_t)unit;
}

/* Splits n[level + 1] children over n[level] parents: one each, the rest by random weights in
 * [0.5, 1.5], cut by cumulated shares so that they add up. */
static void deal_children(jd_tree_t *tree, int level, jd_stream_t stream)
{
    int32_t parents = tree->n[level], spare = tree->n[level + 1] - parents;
    jd_jump_t jump = jd_jump(stream, 0, 0);
    double total = 0;
    for (int32_t i = 0; i < parents; i++)
        total += 0.5 + jd_draw(&jump, entity(level, i));
    double sum = 0;
    int32_t *child = tree->child[level];
    for (int32_t i = 0; i < parents; i++) {
        child[i] = i + (int32_t)(spare * (sum / total));
        sum += 0.5 + jd_draw(&jump, entity(level, i));
    }
    child[parents] = tree->n[level + 1];
    for (int32_t i = 0; i < parents; i++) {
        for (int32_t c = child[i]; c < child[i + 1]; c++)
            tree->parent[level + 1][c] = i;
    }
}

/* Puts the children of every unit of a level into a square grid of cells inside its square of the
 * given side, each somewhere in the middle half of its cell. Returns the side of a typical cell. */
static double place_children(jd_tree_t *tree, int level, double side, jd_stream_t stream)
{
    jd_jump_t jump_x = jd_jump(stream, 0, 1), jump_y = jd_jump(stream, 0, 2);
    for (int32_t i = 0; i < tree->n[level]; i++) {
        int32_t first = tree->child[level][i], end = tree->child[level][i + 1];
        int32_t across = (int32_t)ceil(sqrt((double)(end - first)));
        double cell = side / across;
        for (int32_t c = first; c < end; c++) {
            int32_t k = c - first, row = k / across;
            /* Rows alternate in direction: siblings with neighbouring numbers are neighbours. */
            int32_t column = row % 2 ? across - 1 - k % across : k % across;
            double jx = 0.25 + 0.5 * jd_draw(&jump_x, entity(level + 1, c));
            double jy = 0.25 + 0.5 * jd_draw(&jump_y, entity(level + 1, c));
            tree->x[level + 1][c] = tree->x[level][i] + cell * (column + jx) - side / 2;
            tree->y[level + 1][c] = tree->y[level][i] + cell * (row + jy) - side / 2;
        }
    }
    double mean = (double)tree->n[level + 1] / tree->n[level];
    return side / ceil(sqrt(mean));
}

/* Codes: the level, then the number within it, seven digits. */
static void name_units(jd_tree_t *tree)
{
    static const char *const kinds[JD_LEVELS] = {"Centre", "Province", "Prefecture", "County",
                                                 "Street"};
    for (int l = 0; l < JD_LEVELS; l++) {
        for (int32_t i = 0; i < tree->n[l]; i++) {
            char *code = tree->code[l] + (size_t)i * JD_CODE_WIDTH;
            snprintf(tree->name[l] + (size_t)i * JD_NAME_WIDTH, JD_NAME_WIDTH, "%s %ld", kinds[l],
                     (long)i + 1);
            if (l == JD_CENTRE) {
                snprintf(code, JD_CODE_WIDTH, "0");
                continue;
            }
            snprintf(code, JD_CODE_WIDTH, "%d%07ld", l, (long)i + 1);
        }
    }
}

int jd_tree_grow(jd_tree_t *tree, const jd_world_params_t *params, uint64_t seed, jd_ctx_t *ctx)
{
    tree->n[JD_CENTRE] = 1;
    tree->n[JD_PROVINCE] = (int32_t)params->provinces;
    tree->n[JD_PREFECTURE] = (int32_t)params->prefectures;
    tree->n[JD_COUNTY] = (int32_t)params->counties;
    tree->n[JD_STREET] = (int32_t)params->streets;
    int rc = jd_tree_allocate(tree, ctx);
    if (rc) return rc;

    jd_stream_t stream = jd_stream(seed, 0, JD_DRAW_TREE);
    double side = params->province_km * ceil(sqrt((double)params->provinces));
    for (int l = JD_CENTRE; l < JD_STREET; l++) {
        deal_children(tree, l, stream);
        side = place_children(tree, l, side, stream);
    }
    jd_jump_t first = jd_jump(stream, 0, 3), second = jd_jump(stream, 0, 4);
    double typical = params->province_km * params->province_km * (double)params->provinces /
                     (double)params->streets;
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        double z = jd_normal(jd_draw(&first, (uint64_t)s), jd_draw(&second, (uint64_t)s));
        tree->land[JD_STREET][s] = typical * jd_exp(params->land_sd * z);
    }
    name_units(tree);
    jd_tree_sum_up(tree);
    return JD_OK;
}
