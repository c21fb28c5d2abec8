/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "linear/absorb/effects.h"

void jd_rows_free(jd_rows_t *rows)
{
    free(rows->start);
    free(rows->row);
    free(rows->code);
    memset(rows, 0, sizeof *rows);
}

void jd_rows_by_group(const jd_groups_t *groups, int64_t n, const int32_t *of, int32_t *start,
                      int32_t *row)
{
    memset(start, 0, ((size_t)groups->n_groups + 1) * sizeof *start);
    for (int64_t i = 0; i < n; i++)
        start[groups->code[of ? of[i] : i] + 1]++;
    for (int32_t g = 0; g < groups->n_groups; g++)
        start[g + 1] += start[g];
    for (int64_t i = 0; i < n; i++)
        row[start[groups->code[of ? of[i] : i]]++] = (int32_t)i;
    for (int32_t g = groups->n_groups; g > 0; g--)
        start[g] = start[g - 1];
    start[0] = 0;
}

static int is_identity(const int32_t *row, int64_t n)
{
    for (int64_t r = 0; r < n; r++)
        if (row[r] != r) return 0;
    return 1;
}

int jd_effects_sort(jd_effects_t *effects, jd_ctx_t *ctx)
{
    const jd_groups_t *first = &effects->groups[0];
    jd_rows_t *rows = &effects->rows;
    if (rows->start) return JD_OK;
    size_t n = (size_t)effects->n, width = (size_t)effects->n_effects - 1;
    rows->start = malloc(((size_t)first->n_groups + 1) * sizeof *rows->start);
    rows->code = malloc((n * width + 1) * sizeof *rows->code);
    rows->row = calloc(n, sizeof *rows->row);
    if (!rows->start || !rows->code || !rows->row)
        return jd_fail_memory(ctx, n * (width + 1) * sizeof *rows->code, "fixed effects");
    jd_rows_by_group(first, effects->n, effects->row, rows->start, rows->row);
    if (is_identity(rows->row, effects->n)) {
        free(rows->row);
        rows->row = NULL;
    }
    int32_t offset = 0;
    for (size_t k = 0; k < width; k++) {
        const int32_t *code = effects->groups[k + 1].code;
        for (size_t r = 0; r < n; r++) {
            int64_t i = rows->row ? rows->row[r] : (int64_t)r;
            rows->code[r * width + k] = offset + code[jd_effects_place(effects, i)];
        }
        offset += effects->groups[k + 1].n_groups;
    }
    return JD_OK;
}
