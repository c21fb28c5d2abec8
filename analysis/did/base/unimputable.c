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

/* Levels of effects as nodes: those of effect k from first[k] on. */
typedef struct {
    int n_effects;
    const jd_groups_t *const *groups;
    int32_t *first, *parent; /* [n_effects], [nodes] */
    unsigned char *seen;     /* [nodes] an untreated row is there */
} nodes_t;

static int nodes_make(nodes_t *nodes, int n_effects, const jd_groups_t *const *groups,
                      jd_ctx_t *ctx)
{
    int64_t n = 0;
    *nodes = (nodes_t){.n_effects = n_effects, .groups = groups};
    if (jd_make(&nodes->first, n_effects, sizeof *nodes->first, "levels", ctx))
        return JD_ERR_NO_MEMORY;
    for (int k = 0; k < n_effects; k++) {
        nodes->first[k] = (int32_t)n;
        n += groups[k]->n_groups;
        if (n > INT32_MAX)
            return jd_fail(ctx, JD_ERR_DATA, "more than %d levels of fixed effects; use fewer",
                           INT32_MAX);
    }
    int rc = jd_make(&nodes->parent, n, sizeof *nodes->parent, "levels", ctx);
    if (!rc) rc = jd_make(&nodes->seen, n, 1, "levels", ctx);
    for (int64_t l = 0; !rc && l < n; l++)
        nodes->parent[l] = (int32_t)l;
    return rc;
}

static void nodes_free(nodes_t *nodes)
{
    free(nodes->first);
    free(nodes->parent);
    free(nodes->seen);
}

static int32_t node_of(const nodes_t *nodes, int k, int64_t i)
{
    return nodes->first[k] + nodes->groups[k]->code[i];
}

/* Ties the levels of untreated rows. */
static void tie(const nodes_t *nodes, const int8_t *treated, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (treated[i]) continue;
        for (int k = 0; k < nodes->n_effects; k++) {
            nodes->seen[node_of(nodes, k, i)] = 1;
            nodes->parent[find(nodes->parent, node_of(nodes, k, i))] =
                find(nodes->parent, node_of(nodes, 0, i));
        }
    }
}

static int is_imputable(const nodes_t *nodes, int64_t i)
{
    for (int k = 0; k < nodes->n_effects; k++) {
        int32_t own = node_of(nodes, k, i);
        if (!nodes->seen[own] ||
            find(nodes->parent, own) != find(nodes->parent, node_of(nodes, 0, i)))
            return 0;
    }
    return 1;
}

int jd_drop_unimputable(jd_sample_t *sample, const jd_panel_t *panel, const int32_t *cohort,
                        int n_effects, const jd_groups_t *const *groups, jd_ctx_t *ctx)
{
    int64_t n = sample->n, kept = 0, n_treated = 0, n_imputable = 0;
    if (n_effects == 0 || n == 0) return JD_OK;
    nodes_t nodes;
    int8_t *treated = NULL;
    int rc = nodes_make(&nodes, n_effects, groups, ctx);
    if (!rc) rc = jd_make_unset(&treated, (size_t)n, 1, "levels", ctx);
    if (rc) goto out;
    for (int64_t i = 0; i < n; i++)
        treated[i] = (int8_t)is_treated(panel, cohort, sample->row[i]);
    tie(&nodes, treated, n);
    for (int64_t i = 0; i < n; i++) {
        int keep = !treated[i] || is_imputable(&nodes, i);
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
    nodes_free(&nodes);
    free(treated);
    return rc;
}
