/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which treated rows can be imputed. Levels of the fixed effects are nodes, untreated rows tie the
 * levels they meet; a treated row needs all its levels in one tied set. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/base/unimputable.h"

static int is_treated(const jd_panel_t *panel, const int32_t *cohort, int32_t row)
{
    if (panel->treated) return panel->treated[row];
    return cohort[row] != 0 && panel->time[row] >= cohort[row];
}

static int32_t find(int32_t *parent, int32_t node)
{
    while (parent[node] != node)
        node = parent[node] = parent[parent[node]];
    return node;
}

/* Nodes of the sample's rows: node[effect][i], distinct over all effects. */
static int number_levels(const jd_sample_t *sample, int n_effects, const int32_t *const *effects,
                         int32_t *node, int64_t *n_nodes, jd_ctx_t *ctx)
{
    size_t n = (size_t)sample->n;
    *n_nodes = 0;
    for (int k = 0; k < n_effects; k++) {
        int32_t *own = node + (size_t)k * n;
        jd_groups_t groups = {0};
        for (size_t i = 0; i < n; i++)
            own[i] = effects[k][sample->row[i]];
        int rc = jd_groups_make(&groups, own, sample->n, ctx);
        if (rc) return rc;
        for (size_t i = 0; i < n; i++)
            own[i] = (int32_t)*n_nodes + groups.code[i];
        *n_nodes += groups.n_groups;
        jd_groups_free(&groups);
        if (*n_nodes > INT32_MAX)
            return jd_fail(ctx, JD_ERR_DATA, "more than %d levels of fixed effects; use fewer",
                           INT32_MAX);
    }
    return JD_OK;
}

/* Ties the levels of untreated rows; seen[node] = an untreated row is there. */
static void tie(size_t n, const int8_t *treated, int n_effects, const int32_t *node,
                int32_t *parent, unsigned char *seen)
{
    for (size_t i = 0; i < n; i++) {
        if (treated[i]) continue;
        for (int k = 0; k < n_effects; k++) {
            seen[node[(size_t)k * n + i]] = 1;
            parent[find(parent, node[(size_t)k * n + i])] = find(parent, node[i]);
        }
    }
}

static int is_imputable(size_t n, size_t i, int n_effects, const int32_t *node, int32_t *parent,
                        const unsigned char *seen)
{
    for (int k = 0; k < n_effects; k++) {
        int32_t own = node[(size_t)k * n + i];
        if (!seen[own] || find(parent, own) != find(parent, node[i])) return 0;
    }
    return 1;
}

int jd_drop_unimputable(jd_sample_t *sample, const jd_panel_t *panel, const int32_t *cohort,
                        int n_effects, const int32_t *const *effects, jd_ctx_t *ctx)
{
    size_t n = (size_t)sample->n, cells = (size_t)n_effects * n;
    if (n_effects == 0 || n == 0) return JD_OK;
    int64_t n_nodes = 0, kept = 0;
    int32_t *node, *parent = NULL;
    int8_t *treated = NULL;
    unsigned char *seen = NULL;
    int rc = jd_make_unset(&node, cells, sizeof *node, "levels", ctx);
    if (!rc) rc = jd_make_unset(&treated, n, 1, "levels", ctx);
    if (!rc) rc = number_levels(sample, n_effects, effects, node, &n_nodes, ctx);
    if (rc) goto out;
    rc = jd_make_unset(&parent, (size_t)n_nodes, sizeof *parent, "levels", ctx);
    if (!rc) rc = jd_make(&seen, n_nodes, 1, "levels", ctx);
    if (rc) goto out;
    for (int64_t l = 0; l < n_nodes; l++)
        parent[l] = (int32_t)l;
    for (size_t i = 0; i < n; i++)
        treated[i] = (int8_t)is_treated(panel, cohort, sample->row[i]);
    tie(n, treated, n_effects, node, parent, seen);
    int64_t n_treated = 0, n_imputable = 0;
    for (size_t i = 0; i < n; i++) {
        int keep = !treated[i] || is_imputable(n, i, n_effects, node, parent, seen);
        n_treated += treated[i];
        n_imputable += treated[i] && keep;
        if (keep) sample->row[kept++] = sample->row[i];
    }
    sample->dropped.unimputable += sample->n - kept;
    sample->n = kept;
    if (n_treated > 0 && n_imputable == 0)
        rc =
            jd_fail(ctx, JD_ERR_NO_CONTROLS,
                    "no treated row can be imputed: none has untreated rows of its own unit and of "
                    "its own period; add units treated later or never, and periods before "
                    "treatment");
out:
    free(node);
    free(parent);
    free(seen);
    free(treated);
    return rc;
}
