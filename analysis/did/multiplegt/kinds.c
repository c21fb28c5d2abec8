/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of groups: weights and treatments are kept once for all groups that have the same ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/alike.h"
#include "did/multiplegt/multiplegt.h"

static int compare_columns(const jd_multiplegt_t *mg, int32_t a, int32_t b, const double *column)
{
    size_t n_t = (size_t)mg->n_periods;
    return memcmp(column + (size_t)a * n_t, column + (size_t)b * n_t, n_t * sizeof *column);
}

/* An order by what weights follow from, covariates and characteristics aside. */
static int compare_kinds(const void *user, int32_t a, int32_t b)
{
    const jd_multiplegt_t *mg = user;
    const int32_t own[] = {mg->baseline[a], mg->first[a], mg->up[a]};
    const int32_t other[] = {mg->baseline[b], mg->first[b], mg->up[b]};
    for (int k = 0; k < 3; k++)
        if (own[k] != other[k]) return own[k] < other[k] ? -1 : 1;
    if (own[0] < 0) return 0; /* left out */
    int order = compare_columns(mg, a, b, mg->groups.mass);
    if (order == 0) order = compare_columns(mg, a, b, mg->groups.treatment);
    return order == 0 && mg->groups.level_mass ? compare_columns(mg, a, b, mg->groups.level_mass)
                                               : order;
}

/* Masses and treatments tell most of it. */
static uint64_t hash_kind(const void *user, int32_t g)
{
    const jd_multiplegt_t *mg = user;
    const double *mass = mg->groups.mass + (size_t)g * (size_t)mg->n_periods;
    const double *d = mg->groups.treatment + (size_t)g * (size_t)mg->n_periods;
    uint64_t hash = jd_alike_mix(jd_alike_mix(0, mg->baseline[g]), mg->first[g]);
    hash = jd_alike_mix(hash, mg->up[g]);
    for (int32_t t = 0; mg->baseline[g] >= 0 && t < mg->n_periods; t++)
        hash = jd_alike_mix(jd_alike_mix(hash, mass[t]), isnan(d[t]) ? 0 : d[t]);
    return hash;
}

/* Groups that have the same numbers are one kind; else each is a kind of its own, in their order.
 */
static bool are_alike(const jd_multiplegt_t *mg)
{
    return !mg->controls && !mg->het;
}

/* A column [cells] of the groups becomes one of the kinds. */
static int share_column(jd_multiplegt_t *mg, double **own, double **shared, jd_ctx_t *ctx)
{
    size_t n_t = (size_t)mg->n_periods, kinds = (size_t)mg->kinds.n;
    if (!*own) return JD_OK;
    if (are_alike(mg)) {
        int rc = jd_make_unset(shared, kinds * n_t, sizeof **shared, "kinds of units", ctx);
        for (size_t q = 0; !rc && q < kinds; q++)
            memcpy(*shared + q * n_t, *own + (size_t)mg->kinds.example[q] * n_t,
                   n_t * sizeof **shared);
        if (!rc) free(*own);
        if (!rc) *own = NULL;
        return rc;
    }
    *shared = *own;
    *own = NULL;
    return JD_OK;
}

/* Numbers kinds. */
static int find(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    jd_multiplegt_kinds_t *kinds = &mg->kinds;
    const jd_alike_t by = {compare_kinds, hash_kind, mg};
    int rc = jd_make(&kinds->of, mg->n_groups, sizeof *kinds->of, "kinds of units", ctx);
    if (!rc && are_alike(mg))
        return jd_alike_number(&by, mg->n_groups, kinds->of, &kinds->n, &kinds->example, ctx);
    if (!rc)
        rc = jd_make(&kinds->example, mg->n_groups, sizeof *kinds->example, "kinds of units", ctx);
    for (int32_t g = 0; !rc && g < mg->n_groups; g++)
        kinds->of[g] = kinds->example[g] = kinds->n++;
    return rc;
}

void jd_multiplegt_view_groups(jd_multiplegt_t *mg)
{
    mg->view = (jd_multiplegt_view_t){.mass = mg->groups.mass,
                                      .level_mass = mg->groups.level_mass,
                                      .treatment = mg->groups.treatment,
                                      .n_rows = mg->n_groups};
}

int jd_multiplegt_find_kinds(jd_multiplegt_t *mg, jd_ctx_t *ctx)
{
    jd_multiplegt_groups_t *groups = &mg->groups;
    jd_multiplegt_kinds_t *kinds = &mg->kinds;
    int rc = find(mg, ctx);
    if (!rc) rc = share_column(mg, &groups->treatment, &kinds->treatment, ctx);
    if (!rc) rc = share_column(mg, &groups->mass, &kinds->mass, ctx);
    if (!rc) rc = share_column(mg, &groups->level_mass, &kinds->level_mass, ctx);
    mg->view = (jd_multiplegt_view_t){.mass = kinds->mass,
                                      .level_mass = kinds->level_mass,
                                      .treatment = kinds->treatment,
                                      .mass_row = kinds->of,
                                      .treatment_row = kinds->of,
                                      .n_rows = kinds->n};
    return rc;
}

void jd_multiplegt_view_drawn(jd_multiplegt_t *mg)
{
    mg->view = (jd_multiplegt_view_t){.mass = mg->groups.mass,
                                      .level_mass = mg->groups.level_mass,
                                      .treatment = mg->kinds.treatment,
                                      .treatment_row = mg->kinds.of,
                                      .n_rows = mg->n_groups};
}

void jd_multiplegt_free_cells(jd_multiplegt_t *mg)
{
    free(mg->groups.mass);
    free(mg->groups.level_mass);
    free(mg->groups.treatment);
    free(mg->kinds.of);
    free(mg->kinds.example);
    free(mg->kinds.mass);
    free(mg->kinds.level_mass);
    free(mg->kinds.treatment);
}
