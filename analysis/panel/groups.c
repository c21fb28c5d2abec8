/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "jiedao/panel.h"

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Values close together: a table from value to code. */
static void code_by_table(jd_groups_t *groups, const int32_t *values, int32_t low, int64_t range,
                          int32_t *table)
{
    for (int64_t i = 0; i < groups->n; i++)
        table[(int64_t)values[i] - low] = 1;
    int32_t next = 0;
    for (int64_t v = 0; v < range; v++) {
        if (!table[v]) continue;
        groups->value[next] = (int32_t)(low + v);
        table[v] = next++;
    }
    groups->n_groups = next;
    for (int64_t i = 0; i < groups->n; i++)
        groups->code[i] = table[(int64_t)values[i] - low];
}

/* Values far apart: sort them, keep one of each, look each row's up. */
static void code_by_sorting(jd_groups_t *groups, const int32_t *values)
{
    int32_t *value = groups->value;
    memcpy(value, values, (size_t)groups->n * sizeof *value);
    qsort(value, (size_t)groups->n, sizeof *value, ascending);
    int32_t kept = 0;
    for (int64_t i = 0; i < groups->n; i++)
        if (i == 0 || value[i] != value[i - 1]) value[kept++] = value[i];
    groups->n_groups = kept;
    for (int64_t i = 0; i < groups->n; i++) {
        int32_t low = 0, high = kept - 1;
        while (low < high) {
            int32_t middle = low + (high - low) / 2;
            if (value[middle] < values[i])
                low = middle + 1;
            else
                high = middle;
        }
        groups->code[i] = low;
    }
}

int jd_groups_make(jd_groups_t *groups, const int32_t *values, int64_t n, jd_ctx_t *ctx)
{
    memset(groups, 0, sizeof *groups);
    int32_t low = n ? values[0] : 0, high = low;
    for (int64_t i = 1; i < n; i++) {
        if (values[i] < low) low = values[i];
        if (values[i] > high) high = values[i];
    }
    int64_t range = (int64_t)high - low + 1;
    int close = range <= 4 * n + 1024;
    size_t bytes = (size_t)(n + 1) * sizeof(int32_t);
    size_t value_bytes = close && range < n ? (size_t)range * sizeof(int32_t) : bytes;
    groups->n = n;
    groups->code = malloc(bytes);
    groups->value = malloc(value_bytes);
    int32_t *table = close ? calloc((size_t)range, sizeof *table) : NULL;
    if (!groups->code || !groups->value || (close && !table)) {
        free(table);
        jd_groups_free(groups);
        return jd_fail_memory(ctx, 2 * bytes, "the codes of a column");
    }
    if (close)
        code_by_table(groups, values, low, n ? range : 0, table);
    else
        code_by_sorting(groups, values);
    free(table);
    return JD_OK;
}

void jd_groups_free(jd_groups_t *groups)
{
    if (!groups) return;
    free(groups->code);
    free(groups->value);
    memset(groups, 0, sizeof *groups);
}
