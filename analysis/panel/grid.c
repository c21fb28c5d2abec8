/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "panel/grid.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* 1 if the rows from ... from + length - 1 are not of one unit after the one before, in the first
 * unit's periods. */
static int breaks_grid(const int32_t *unit, const int32_t *time, int64_t from, int64_t length)
{
    int differs = from > 0 && unit[from] <= unit[from - 1];
    const int32_t *own = unit + from, *seen = time + from;
    for (int64_t t = 0; t < length; t++)
        differs |= (own[t] ^ own[0]) | (seen[t] ^ time[t]);
    return differs;
}

int32_t jd_grid_periods(const int32_t *unit, const int32_t *time, int64_t n, const jd_ctx_t *ctx)
{
    int64_t length = 0; /* rows of the first unit */
    while (length < n && unit[length] == unit[0] &&
           (length == 0 || time[length] > time[length - 1]))
        length++;
    if (length == 0 || n % length != 0) return 0;
    int broken = 0, threads = jd_pass_threads(ctx, n);
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static) reduction(| : broken)
    for (int64_t from = 0; from < n; from += length)
        if (!broken) broken = breaks_grid(unit, time, from, length);
    return broken ? 0 : (int32_t)length;
}

static int allocate(jd_groups_t *groups, int64_t n, int32_t levels, jd_ctx_t *ctx)
{
    size_t bytes = ((size_t)n + 1) * sizeof(int32_t), own = (size_t)levels * sizeof(int32_t);
    memset(groups, 0, sizeof *groups);
    groups->n = n;
    groups->n_groups = levels;
    int rc = jd_make_unset(&groups->code, bytes, 1, "the codes of a column", ctx);
    if (!rc) rc = jd_make_unset(&groups->value, own, 1, "the codes of a column", ctx);
    if (!rc) rc = jd_make_unset(&groups->count, own, 1, "the codes of a column", ctx);
    return rc;
}

int jd_grid_code(jd_groups_t *units, jd_groups_t *periods, const int32_t *unit, const int32_t *time,
                 int64_t n, int32_t n_periods, jd_ctx_t *ctx)
{
    int32_t n_units = (int32_t)(n / n_periods);
    int rc = allocate(units, n, n_units, ctx), rc2 = allocate(periods, n, n_periods, ctx);
    if (rc || rc2) return JD_ERR_NO_MEMORY;
    units->ascending = 1;
    periods->ascending = n_units == 1 || n_periods == 1;
    for (int32_t t = 0; t < n_periods; t++) {
        periods->value[t] = time[t];
        periods->count[t] = n_units;
    }
#pragma omp parallel for num_threads(jd_pass_threads(ctx, n)) schedule(static)
    for (int32_t u = 0; u < n_units; u++) {
        int64_t from = (int64_t)u * n_periods;
        units->value[u] = unit[from];
        units->count[u] = n_periods;
        for (int32_t t = 0; t < n_periods; t++) {
            units->code[from + t] = u;
            periods->code[from + t] = t;
        }
    }
    return JD_OK;
}
