/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covariates that are categories (i.region): a column of 0 and 1 for each level but the base. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "dataset/parts.h"

enum { LEVELS_MOST = 1000, LEVEL_TEXT = 96 };

/* ---- Names ---- */

size_t jd_own_category_prefix(const char *text, size_t length)
{
    if (length > 2 && !strncmp(text, "i.", 2)) return 2;
    if (length < 5 || strncmp(text, "ib", 2) != 0) return 0;
    const char *dot = memchr(text, '.', length - 1);
    return dot && dot > text + 2 ? (size_t)(dot + 1 - text) : 0;
}

int jd_own_category_mark(jd_own_role_t *role, const char *text, size_t prefix, jd_ctx_t *ctx)
{
    const size_t size = prefix + strlen(role->name) + 1;
    int rc = jd_make(&role->whole, (int64_t)size, 1, "a column's name", ctx);
    if (rc) return rc;
    snprintf(role->whole, size, "%.*s%s", (int)prefix, text, role->name);
    role->category = true;
    if (prefix == 2) return JD_OK;
    role->base = jd_copy_text(text + 2, prefix - 3, ctx);
    return role->base ? JD_OK : JD_ERR_NO_MEMORY;
}

void jd_own_category_settle(jd_own_role_t *role, const char *const *names, int n)
{
    for (int i = 0; i < n && role->category; i++) {
        if (strcmp(names[i], role->whole) != 0) continue;
        free(role->name);
        role->name = role->whole;
        role->whole = NULL;
        role->category = false;
    }
}

/* ---- Levels ---- */

/* First rows of the levels, by place in `keep`. */
static int find_first(const jd_groups_t *levels, int64_t **first, jd_ctx_t *ctx)
{
    int rc = jd_make(first, levels->n_groups, sizeof **first, "levels", ctx);
    for (int64_t i = levels->n - 1; i >= 0 && !rc; i--)
        (*first)[levels->code[i]] = i;
    return rc;
}

static const char *show(const jd_own_columns_t *columns, int role, int32_t row, char text[])
{
    jd_own_show_ids(columns, role, row, text, LEVEL_TEXT);
    return text;
}

static int refuse_base(const jd_own_columns_t *columns, int role, const jd_groups_t *levels,
                       const int64_t *first, const int32_t *keep, jd_ctx_t *ctx)
{
    char list[256] = "", text[LEVEL_TEXT];
    size_t at = 0;
    for (int32_t g = 0; g < levels->n_groups && at < sizeof list; g++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", g ? ", " : "",
                               show(columns, role, keep[first[g]], text));
    return jd_fail(ctx, JD_ERR_DATA, "\3x\2 %s: no row in use has the level '%s'; there are: %s%s",
                   columns->list[role].whole, columns->list[role].base, list,
                   at < sizeof list ? "" : " ...");
}

/* The level left out: the one named, else the first. */
static int find_base(const jd_own_columns_t *columns, int role, const jd_groups_t *levels,
                     const int64_t *first, const int32_t *keep, int32_t *base, jd_ctx_t *ctx)
{
    char text[LEVEL_TEXT];
    const char *wanted = columns->list[role].base;
    *base = 0;
    while (wanted && *base < levels->n_groups &&
           strcmp(show(columns, role, keep[first[*base]], text), wanted) != 0)
        ++*base;
    return *base < levels->n_groups ? JD_OK : refuse_base(columns, role, levels, first, keep, ctx);
}

/* "region::North" for each level but the base. */
static int name_levels(jd_own_dummies_t *d, const jd_own_columns_t *columns, int role,
                       const int64_t *first, const int32_t *keep, int32_t base, jd_ctx_t *ctx)
{
    const jd_own_role_t *r = &columns->list[role];
    char text[LEVEL_TEXT];
    for (int32_t g = 0, k = 0; k < d->n; g++) {
        if (g == base) continue;
        const int length = snprintf(d->name[k++], sizeof *d->name, "%s::%s", r->name,
                                    show(columns, role, keep[first[g]], text));
        if (length >= JD_TERM_NAME)
            return jd_fail(ctx, JD_ERR_DATA,
                           "\3x\2 %s: the name of the term '%s::%s' has %d bytes, and up to %d are "
                           "taken; give the column a shorter name",
                           r->whole, r->name, text, length, JD_TERM_NAME - 1);
    }
    return JD_OK;
}

static void fill(jd_own_dummies_t *d, const jd_groups_t *levels, int32_t base)
{
    for (int64_t i = 0; i < levels->n; i++) {
        const int32_t g = levels->code[i];
        if (g != base) d->values[(int64_t)(g - (g > base)) * levels->n + i] = 1;
    }
}

static int expand(jd_own_dummies_t *d, const jd_own_columns_t *columns, int role,
                  const jd_groups_t *levels, const int32_t *keep, jd_ctx_t *ctx)
{
    const char *whole = columns->list[role].whole;
    int64_t *first = NULL;
    int32_t base;
    char text[LEVEL_TEXT];
    if (levels->n_groups > LEVELS_MOST)
        return jd_fail(ctx, JD_ERR_DATA,
                       "\3x\2 %s: %" PRId32 " levels, and up to %d are taken; take so many out as "
                       "fixed effects: \3fe\2 %s",
                       whole, levels->n_groups, LEVELS_MOST, columns->list[role].name);
    int rc = find_first(levels, &first, ctx);
    if (!rc) rc = find_base(columns, role, levels, first, keep, &base, ctx);
    d->n = rc ? 0 : levels->n_groups - 1;
    if (!rc) rc = jd_make(&d->values, (int64_t)d->n * levels->n, sizeof *d->values, "levels", ctx);
    if (!rc) rc = jd_make(&d->name, d->n, sizeof *d->name, "levels", ctx);
    if (!rc) rc = name_levels(d, columns, role, first, keep, base, ctx);
    if (!rc) {
        fill(d, levels, base);
        jd_warn(ctx, "\3x\2 %s: %" PRId32 " level%s; the base is '%s'%s", whole, levels->n_groups,
                levels->n_groups == 1 ? "" : "s", show(columns, role, keep[first[base]], text),
                d->n ? "" : ", and no other is left to compare it with");
    }
    free(first);
    return rc;
}

/* Amounts have no levels: i.income is a slip. */
static int check_whole(const jd_own_role_t *role, const int32_t *keep, int64_t n, jd_ctx_t *ctx)
{
    for (int64_t i = 0; i < n && !jd_own_is_text(&role->column); i++) {
        const double x = jd_own_number(&role->column, keep[i]);
        if (x == floor(x)) continue;
        return jd_fail_at(ctx, JD_ERR_DATA, "x", keep[i],
                          "\3x\2 %s: row %" PRId32
                          " holds %.15g; levels are whole numbers or texts: "
                          "an amount enters as \3x\2 %s",
                          role->whole, keep[i] + 1, x, role->name);
    }
    return JD_OK;
}

int jd_own_dummies_make(jd_own_dummies_t *d, const jd_own_columns_t *columns, int role,
                        const int32_t *keep, int64_t n, jd_ctx_t *ctx)
{
    int32_t *codes = NULL;
    jd_groups_t levels = {0};
    *d = (jd_own_dummies_t){0};
    int rc = check_whole(&columns->list[role], keep, n, ctx);
    if (!rc) rc = jd_make(&codes, n, sizeof *codes, "levels", ctx);
    if (!rc) rc = jd_own_ids(&columns->list[role].column, keep, n, codes, ctx);
    if (!rc) rc = jd_groups_make(&levels, codes, n, ctx);
    if (!rc) rc = expand(d, columns, role, &levels, keep, ctx);
    jd_groups_free(&levels);
    free(codes);
    if (rc) jd_own_dummies_free(d);
    return rc;
}

void jd_own_dummies_free(jd_own_dummies_t *d)
{
    free(d->values);
    free(d->name);
    *d = (jd_own_dummies_t){0};
}
