/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of groups: weights and treatments are kept once for all groups that have the same ones. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "did/multiplegt/multiplegt.h"

/* A group, in an order by what its weights follow from, covariates and characteristics aside. */
typedef struct {
    const jd_multiplegt_t *mg;
    int32_t group;
} kind_key_t;

static int compare_columns(const kind_key_t *x, const kind_key_t *y, const double *column)
{
    size_t n_t = (size_t)x->mg->n_periods;
    return memcmp(column + (size_t)x->group * n_t, column + (size_t)y->group * n_t,
                  n_t * sizeof *column);
}

static int compare_kinds(const void *a, const void *b)
{
    const kind_key_t *x = a, *y = b;
    const jd_multiplegt_t *mg = x->mg;
    const int32_t own[] = {mg->baseline[x->group], mg->first[x->group], mg->up[x->group]};
    const int32_t other[] = {mg->baseline[y->group], mg->first[y->group], mg->up[y->group]};
    for (int k = 0; k < 3; k++)
        if (own[k] != other[k]) return own[k] < other[k] ? -1 : 1;
    if (own[0] < 0) return 0; /* left out */
    int order = compare_columns(x, y, mg->groups.mass);
    if (order == 0) order = compare_columns(x, y, mg->groups.treatment);
    return order == 0 && mg->groups.level_mass ? compare_columns(x, y, mg->groups.level_mass)
                                               : order;
}

static void number_kinds(jd_multiplegt_t *mg, kind_key_t *key)
{
    jd_multiplegt_kinds_t *kinds = &mg->kinds;
    for (int32_t g = 0; g < mg->n_groups; g++)
        key[g] = (kind_key_t){mg, g};
    qsort(key, (size_t)mg->n_groups, sizeof *key, compare_kinds);
    for (int32_t i = 0; i < mg->n_groups; i++) {
        if (i == 0 || compare_kinds(&key[i - 1], &key[i]) != 0) kinds->n++;
        kinds->of[key[i].group] = kinds->n - 1;
        kinds->example[kinds->n - 1] = key[i].group;
    }
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
    const bool alike = are_alike(mg);
    kind_key_t *key = NULL;
    int rc = jd_make(&kinds->of, mg->n_groups, sizeof *kinds->of, "kinds of units", ctx);
    if (!rc)
        rc = jd_make(&kinds->example, mg->n_groups, sizeof *kinds->example, "kinds of units", ctx);
    if (!rc && alike) rc = jd_make(&key, mg->n_groups, sizeof *key, "kinds of units", ctx);
    if (!rc && alike) number_kinds(mg, key);
    for (int32_t g = 0; !rc && !alike && g < mg->n_groups; g++)
        kinds->of[g] = kinds->example[g] = kinds->n++;
    free(key);
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
