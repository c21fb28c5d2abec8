/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many parameters a regression with fixed effects has. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/effects.h"
#include "linear/vcov/leverage.h"
#include "linear/vcov/vcov.h"

int jd_is_nested(const jd_groups_t *effect, const jd_groups_t *groups, jd_ctx_t *ctx)
{
    if (effect->code == groups->code) return 1;
    size_t levels = (size_t)effect->n_groups;
    int32_t *home;
    if (jd_make_unset(&home, levels + 1, sizeof *home, "clusters", ctx)) return JD_ERR_NO_MEMORY;
    for (size_t l = 0; l < levels; l++)
        home[l] = -1;
    int nested = 1;
    for (int64_t i = 0; nested && i < effect->n; i++) {
        int32_t *h = &home[effect->code[i]];
        if (*h < 0) *h = groups->code[i];
        nested = *h == groups->code[i];
    }
    free(home);
    return nested;
}

static int32_t find_root(int32_t *parent, int32_t at)
{
    while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    return at;
}

/* Parts the levels of two effects fall into, rows being the links. */
static int count_components(const jd_groups_t *a, const jd_groups_t *b, int64_t *count,
                            jd_ctx_t *ctx)
{
    int32_t levels = a->n_groups + b->n_groups;
    int32_t *parent;
    if (jd_make_unset(&parent, (size_t)levels, sizeof *parent, "components", ctx))
        return JD_ERR_NO_MEMORY;
    for (int32_t l = 0; l < levels; l++)
        parent[l] = l;
    *count = levels;
    for (int64_t i = 0; i < a->n; i++) {
        int32_t x = find_root(parent, a->code[i]);
        int32_t y = find_root(parent, a->n_groups + b->code[i]);
        if (x != y) parent[x > y ? x : y] = x < y ? x : y;
        *count -= x != y;
    }
    free(parent);
    return JD_OK;
}

/* Columns the fixed effects' dummies span. */
static int count_rank(const jd_regression_t *r, int64_t levels, int64_t *rank, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(r->effects);
    *rank = levels;
    if (jd_effects_slopes(r->effects) > 0)
        return jd_fail(ctx, JD_ERR_UNSUPPORTED,
                       "the exact rank of fixed effects with slopes that differ by level is not "
                       "known; leave k_exact out: each slope then counts");
    if (n_effects < 2) return JD_OK;
    if (n_effects > 2) return jd_leverage_rank(r, rank, ctx);
    int64_t components = 0;
    int rc = count_components(jd_effects_groups(r->effects, 0), jd_effects_groups(r->effects, 1),
                              &components, ctx);
    if (!rc) *rank -= components;
    return rc;
}

int jd_count_parameters(const jd_regression_t *r, const jd_groups_t *const *way, int n_ways,
                        const jd_vcov_options_t *options, int64_t *k, jd_ctx_t *ctx)
{
    int n_effects = jd_effects_count(r->effects);
    int64_t levels = 0, nested_levels = 0, rank;
    *k = r->n_counted > 0 ? r->n_counted : r->n_kept;
    if (options->k_fixed == JD_K_NONE) return JD_OK;
    *k +=
        jd_effects_slope_levels(r->effects); /* one each, wherever they are nested, as in fixest */
    if (n_effects == 0) return JD_OK;
    for (int f = 0; f < n_effects; f++) {
        const jd_groups_t *effect = jd_effects_groups(r->effects, f);
        int nested = 0;
        for (int c = 0; nested == 0 && c < n_ways && options->k_fixed == JD_K_NESTED_FREE; c++)
            nested = jd_is_nested(effect, way[c], ctx);
        if (nested < 0) return nested;
        levels += effect->n_groups;
        if (nested) nested_levels += effect->n_groups - 1;
    }
    rank = levels - (n_effects - 1);
    if (options->k_exact) {
        int rc = count_rank(r, levels, &rank, ctx);
        if (rc) return rc;
    }
    *k += rank - nested_levels;
    return JD_OK;
}
