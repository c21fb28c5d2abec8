/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates of adoption from a treatment path, of all rows of the file that hold it: also of those that
 * lack an outcome or a covariate, which no estimator uses. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "dataset/parts.h"

int jd_own_find_dated(const jd_own_columns_t *roles, int64_t n_rows, int32_t *told, int64_t *n,
                      jd_ctx_t *ctx)
{
    enum { ASK = 1 << 17 }; /* rows between two questions whether to stop */
    *n = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        bool whole = !roles->outside || !roles->outside[row];
        int rc = row % ASK ? JD_OK : jd_check_cancelled(ctx);
        if (rc) return rc;
        for (int i = 0; i < roles->n; i++) {
            const jd_own_role_t *role = &roles->list[i];
            const bool needed = role->reason == JD_OWN_NO_UNIT || role->reason == JD_OWN_NO_TIME ||
                                i == JD_OWN_TREAT;
            if (role->name && needed && jd_own_is_missing(roles, i, row)) whole = false;
        }
        if (whole) told[(*n)++] = (int32_t)row;
    }
    return JD_OK;
}

/* Ids of units, crossed where their columns are, of rows told. */
static int code_units(const jd_own_columns_t *roles, const int32_t *told, int64_t n, int32_t *ids,
                      jd_ctx_t *ctx)
{
    const jd_own_role_t *r = &roles->list[JD_OWN_UNIT];
    int32_t *more = NULL;
    int rc = jd_own_ids(&r->column, told, n, ids, ctx);
    if (!rc && r->next) rc = jd_make(&more, n, sizeof *more, "crossed ids", ctx);
    while (!rc && r->next) {
        r = &roles->list[r->next];
        rc = jd_own_ids(&r->column, told, n, more, ctx);
        if (!rc) rc = jd_own_cross(ids, more, n, ctx);
    }
    free(more);
    return rc;
}

/* First treated period by unit, INT32_MAX = never. Returns the first row told that is untreated
 * after it, or -1. */
static int64_t find_starts(const jd_groups_t *units, const int32_t *time, const int8_t *on,
                           int32_t *start)
{
    for (int32_t g = 0; g < units->n_groups; g++)
        start[g] = INT32_MAX;
    for (int64_t k = 0; k < units->n; k++)
        if (on[k] && time[k] < start[units->code[k]]) start[units->code[k]] = time[k];
    for (int64_t k = 0; k < units->n; k++)
        if (!on[k] && time[k] > start[units->code[k]]) return k;
    return -1;
}

int jd_own_adoption(const jd_own_columns_t *roles, const int32_t *told, int64_t n,
                    const int32_t *time, const int8_t *on, const int32_t *keep, int64_t n_keep,
                    int32_t *adoption, int64_t *reversal, jd_ctx_t *ctx)
{
    jd_groups_t units = {0};
    int32_t *ids = NULL, *start = NULL;
    int rc = jd_make(&ids, n, sizeof *ids, "units", ctx);
    if (!rc) rc = code_units(roles, told, n, ids, ctx);
    if (!rc) rc = jd_groups_make(&units, ids, n, ctx);
    if (!rc) rc = jd_make(&start, units.n_groups, sizeof *start, "units", ctx);
    *reversal = rc ? -1 : find_starts(&units, time, on, start);
    for (int64_t i = 0, k = 0; !rc && *reversal < 0 && i < n_keep; i++) {
        while (told[k] != keep[i])
            k++;
        int32_t s = start[units.code[k]];
        adoption[i] = s == INT32_MAX ? 0 : s;
    }
    jd_groups_free(&units);
    free(start);
    free(ids);
    return rc;
}
