/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which row is in which group of a column. */
#include "dataset/groups.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "dataset/parts.h"

enum { GROUPS_MOST = 50 };

static int find(const jd_frame_t *frame, const char *by, jd_own_column_t *column, jd_ctx_t *ctx)
{
    jd_near_t near = {.word = by};
    *column = (jd_own_column_t){jd_frame_find(frame, by), "by", false};
    if (column->of) return JD_OK;
    for (int i = 0; i < frame->n; i++)
        jd_near_offer(&near, frame->column[i].name);
    return jd_fail(ctx, JD_ERR_ARGUMENT, "\3by\2 %s: %s has no such column%s%s%s", by, frame->name,
                   near.best ? "; did you mean '" : "", near.best ? near.best : "",
                   near.best ? "'?" : "");
}

static bool is_missing(const jd_own_column_t *c, int64_t row)
{
    char first[2];
    return jd_own_is_text(c) ? !*jd_own_text(c, row, first, sizeof first)
                             : isnan(jd_own_number(c, row));
}

static void name_group(const jd_own_column_t *c, int32_t row, char label[JD_OWN_GROUP_WIDTH])
{
    if (jd_own_is_text(c))
        jd_own_shown(c, row, label, JD_OWN_GROUP_WIDTH);
    else
        snprintf(label, JD_OWN_GROUP_WIDTH, "%.15g", jd_own_number(c, row));
}

/* Rows in use that have a group, in place; returns how many. */
static int64_t keep_grouped(const jd_own_column_t *by, int32_t *keep, int64_t n)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (!is_missing(by, keep[i])) keep[kept++] = keep[i];
    return kept;
}

static int fill(jd_own_groups_t *g, const jd_own_column_t *by, const int32_t *keep, int64_t n,
                const jd_groups_t *of, jd_ctx_t *ctx)
{
    if (of->n_groups < 2 || of->n_groups > GROUPS_MOST)
        return jd_fail(ctx, JD_ERR_DATA,
                       "\3by\2 %s: rows in use are in %" PRId32 " group%s; 2 to %d "
                       "are taken",
                       g->name, of->n_groups, of->n_groups == 1 ? "" : "s", GROUPS_MOST);
    int rc = jd_make(&g->label, of->n_groups, sizeof *g->label, "groups", ctx);
    if (rc) return rc;
    g->n = of->n_groups;
    for (int64_t i = n - 1; i >= 0; i--) {
        g->code[keep[i]] = of->code[i];
        name_group(by, keep[i], g->label[of->code[i]]);
    }
    return JD_OK;
}

static int group(jd_own_groups_t *g, const jd_own_column_t *by, int32_t *keep, int64_t n,
                 jd_ctx_t *ctx)
{
    jd_groups_t of = {0};
    int32_t *codes = NULL;
    const int64_t kept = keep_grouped(by, keep, n);
    if (kept == 0)
        return jd_fail(ctx, JD_ERR_DATA, "\3by\2 %s: it is missing in all rows in use", g->name);
    if (kept < n)
        jd_warn(ctx,
                "\3by\2 %s: it is missing in %" PRId64 " of %" PRId64
                " rows in use, which are in no group",
                g->name, n - kept, n);
    int rc = jd_make(&codes, kept, sizeof *codes, "groups", ctx);
    if (!rc) rc = jd_own_ids(by, keep, kept, codes, ctx);
    if (!rc) rc = jd_groups_make(&of, codes, kept, ctx);
    if (!rc) rc = fill(g, by, keep, kept, &of, ctx);
    jd_groups_free(&of);
    free(codes);
    return rc;
}

int jd_own_groups_make(jd_own_groups_t *g, const jd_frame_t *frame, const jd_request_t *request,
                       const char *by, jd_ctx_t *ctx)
{
    jd_own_column_t column;
    jd_own_roles_t roles = request->roles;
    int32_t *keep = NULL;
    int64_t n = 0;
    *g = (jd_own_groups_t){0};
    roles.no_unit = request->how.cross_sections;
    int rc = find(frame, by, &column, ctx);
    if (!rc && !(g->name = jd_copy_text(by, strlen(by), ctx))) rc = JD_ERR_NO_MEMORY;
    if (!rc) rc = jd_make(&g->code, frame->rows, sizeof *g->code, "groups", ctx);
    for (int64_t i = 0; i < frame->rows && !rc; i++)
        g->code[i] = -1;
    if (!rc) rc = jd_make(&keep, frame->rows, sizeof *keep, "groups", ctx);
    if (!rc) rc = jd_own_rows_in_use(frame, &roles, keep, &n, ctx);
    if (!rc) rc = group(g, &column, keep, n, ctx);
    free(keep);
    return rc;
}

void jd_own_groups_free(jd_own_groups_t *g)
{
    free(g->name);
    free(g->code);
    free(g->label);
    *g = (jd_own_groups_t){0};
}

void jd_own_groups_ask(jd_request_t *request, const jd_own_groups_t *groups, int32_t group)
{
    request->roles.group = groups->code;
    request->roles.in_group = group;
    request->roles.group_name = groups->name;
    request->roles.group_label = groups->label[group];
    request->sums = true;
}
