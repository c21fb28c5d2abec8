/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/imputation/classes.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

int jd_level_classes_open(jd_level_classes_t *classes, size_t n_levels, int n_terms, jd_ctx_t *ctx)
{
    static const char what[] = "the terms";
    jd_level_classes_t *c = classes;
    memset(c, 0, sizeof *c);
    c->n_levels = n_levels;
    c->n = n_levels > 0;
    c->room = 64;
    int rc = jd_make_n(&c->of, n_levels, sizeof *c->of, what, ctx);
    if (!rc) rc = jd_make(&c->value, n_terms, sizeof *c->value, what, ctx);
    if (!rc) rc = jd_make_unset(&c->fresh, n_levels, sizeof *c->fresh, what, ctx);
    if (!rc) rc = jd_make_unset(&c->example, c->room / 2, sizeof *c->example, what, ctx);
    return rc ? rc : jd_make_unset(&c->table, c->room, sizeof *c->table, what, ctx);
}

static int are_alike(const jd_level_classes_t *c, const double *level, size_t a, size_t b)
{
    return c->of[a] == c->of[b] && memcmp(&level[a], &level[b], sizeof *level) == 0;
}

/* Where in the table a level's class stands, or would. */
static size_t find(const jd_level_classes_t *c, const double *level, size_t l)
{
    uint64_t bits;
    memcpy(&bits, &level[l], sizeof bits);
    bits = (bits ^ (uint64_t)c->of[l] << 40) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(bits >> 24) & (c->room - 1);
    while (c->table[at] >= 0 && !are_alike(c, level, (size_t)c->example[c->table[at]], l))
        at = (at + 1) & (c->room - 1);
    return at;
}

/* A table twice as wide, with the n classes found so far. */
static int widen(jd_level_classes_t *c, const double *level, size_t n, jd_ctx_t *ctx)
{
    size_t room = 2 * c->room;
    int32_t *example = realloc(c->example, room / 2 * sizeof *example);
    if (example) c->example = example;
    int32_t *table = example ? realloc(c->table, room * sizeof *table) : NULL;
    if (!table) return jd_fail_memory(ctx, room * sizeof *table, "the terms");
    c->table = table;
    c->room = room;
    memset(c->table, -1, room * sizeof *c->table);
    for (size_t q = 0; q < n; q++)
        c->table[find(c, level, (size_t)c->example[q])] = (int32_t)q;
    return JD_OK;
}

/* Classes by the old ones and the new numbers, in the order in which they are first seen. */
static int refine(jd_level_classes_t *c, const double *level, size_t *n_classes, jd_ctx_t *ctx)
{
    size_t n = 0;
    memset(c->table, -1, c->room * sizeof *c->table);
    for (size_t l = 0; l < c->n_levels; l++) {
        size_t at = find(c, level, l);
        if (c->table[at] < 0) {
            if (2 * n == c->room) {
                if (widen(c, level, n, ctx)) return JD_ERR_NO_MEMORY;
                at = find(c, level, l);
            }
            c->example[n] = (int32_t)l;
            c->table[at] = (int32_t)n++;
        }
        c->fresh[l] = c->table[at];
    }
    *n_classes = n;
    return JD_OK;
}

/* An earlier term's numbers where classes have become n: no class is numbered below the one it was
 * part of, so that those still to be read are not yet written over. */
static int spread(const jd_level_classes_t *c, double **value, size_t n, jd_ctx_t *ctx)
{
    double *wider = realloc(*value, n * sizeof *wider);
    if (!wider) return jd_fail_memory(ctx, n * sizeof *wider, "the terms");
    *value = wider;
    for (size_t q = n; q-- > 0;)
        wider[q] = wider[c->of[c->example[q]]];
    return JD_OK;
}

int jd_level_classes_add(jd_level_classes_t *classes, const double *level, jd_ctx_t *ctx)
{
    jd_level_classes_t *c = classes;
    size_t n = 0;
    int rc = refine(c, level, &n, ctx);
    for (int k = 0; !rc && n > c->n && k < c->n_terms; k++)
        rc = spread(c, &c->value[k], n, ctx);
    double **value = &c->value[c->n_terms];
    if (!rc) rc = jd_make_unset(value, n, sizeof **value, "the terms", ctx);
    if (rc) return rc;
    for (size_t q = 0; q < n; q++)
        (*value)[q] = level[c->example[q]];
    memcpy(c->of, c->fresh, c->n_levels * sizeof *c->of);
    c->n = n;
    c->n_terms++;
    return JD_OK;
}

void jd_level_classes_close(jd_level_classes_t *classes)
{
    free(classes->fresh);
    free(classes->example);
    free(classes->table);
    classes->fresh = classes->example = classes->table = NULL;
}

void jd_level_classes_free(jd_level_classes_t *classes)
{
    if (!classes) return;
    jd_level_classes_close(classes);
    for (int k = 0; classes->value && k < classes->n_terms; k++)
        free(classes->value[k]);
    free(classes->value);
    free(classes->of);
    memset(classes, 0, sizeof *classes);
}
