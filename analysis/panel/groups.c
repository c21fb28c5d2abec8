/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "jiedao/panel.h"

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Values in ascending order: a new one is a new code. */
static void code_in_order(jd_groups_t *groups, const int32_t *values)
{
    int32_t next = 0;
    int64_t start = 0;
    for (int64_t i = 0; i < groups->n; i++) {
        if (i > 0 && values[i] != values[i - 1]) {
            groups->count[next++] = (int32_t)(i - start);
            start = i;
        }
        groups->value[next] = values[i];
        groups->code[i] = next;
    }
    if (groups->n > 0) groups->count[next++] = (int32_t)(groups->n - start);
    groups->n_groups = next;
}

/* INT32_MIN, "none" in many columns, has a place of its own beside the others, low and above. */
static int64_t slot_of(int32_t value, int32_t low)
{
    return value == INT32_MIN ? 0 : (int64_t)value - low + 1;
}

/* Values close together: a table [slots] from value to count, then to code. Rows of one value often
 * follow each other: those are one look-up. */
static void code_by_table(jd_groups_t *groups, const int32_t *values, int32_t low, int64_t slots,
                          int32_t *table)
{
    int64_t start = 0;
    for (int64_t i = 1; i <= groups->n; i++) {
        if (i < groups->n && values[i] == values[start]) continue;
        table[slot_of(values[start], low)] += (int32_t)(i - start);
        start = i;
    }
    int32_t next = 0;
    for (int64_t v = 0; v < slots; v++) {
        if (!table[v]) continue;
        groups->value[next] = v == 0 ? INT32_MIN : (int32_t)(low + v - 1);
        groups->count[next] = table[v];
        table[v] = next++;
    }
    groups->n_groups = next;
    for (int64_t i = 0; i < groups->n; i++)
        groups->code[i] = table[slot_of(values[i], low)];
}

/* Values far apart: sort them, keep one of each, look each row's up. */
static void code_by_sorting(jd_groups_t *groups, const int32_t *values)
{
    int32_t *value = groups->value;
    memcpy(value, values, (size_t)groups->n * sizeof *value);
    qsort(value, (size_t)groups->n, sizeof *value, ascending);
    int32_t kept = 0;
    for (int64_t i = 0; i < groups->n; i++) {
        if (i == 0 || value[i] != value[kept - 1]) {
            groups->count[kept] = 0;
            value[kept++] = value[i];
        }
        groups->count[kept - 1]++;
    }
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

/* Smallest value but INT32_MIN. */
static int32_t least_above(const int32_t *values, int64_t n)
{
    int32_t least = INT32_MAX;
    for (int64_t i = 0; i < n; i++)
        if (values[i] < least && values[i] != INT32_MIN) least = values[i];
    return least;
}

/* Smallest and largest value, INT32_MIN aside; returns 1 if none falls from one row to the next.
 * Loops of one purpose, since those vectorise. */
static int survey(const int32_t *values, int64_t n, int32_t *low, int32_t *high)
{
    int32_t least = INT32_MAX, most = INT32_MIN, falls = 0;
    for (int64_t i = 0; i < n; i++)
        least = values[i] < least ? values[i] : least;
    for (int64_t i = 0; i < n; i++)
        most = values[i] > most ? values[i] : most;
    for (int64_t i = 1; i < n; i++)
        falls |= values[i] < values[i - 1];
    *low = least == INT32_MIN ? least_above(values, n) : least;
    *high = most > *low ? most : *low;
    return !falls;
}

int jd_groups_make(jd_groups_t *groups, const int32_t *values, int64_t n, jd_ctx_t *ctx)
{
    memset(groups, 0, sizeof *groups);
    int32_t low, high;
    groups->n = n;
    groups->ascending = survey(values, n, &low, &high);
    int64_t slots = (int64_t)high - low + 2;
    int close = !groups->ascending && slots <= 4 * n + 1024;
    size_t bytes = (size_t)(n + 1) * sizeof(int32_t);
    size_t level_bytes = close && slots < n ? (size_t)slots * sizeof(int32_t) : bytes;
    groups->code = malloc(bytes);
    groups->value = malloc(level_bytes);
    groups->count = malloc(level_bytes);
    int32_t *table = close ? calloc((size_t)slots, sizeof *table) : NULL;
    if (!groups->code || !groups->value || !groups->count || (close && !table)) {
        free(table);
        jd_groups_free(groups);
        return jd_fail_memory(ctx, 3 * bytes, "the codes of a column");
    }
    if (groups->ascending)
        code_in_order(groups, values);
    else if (close)
        code_by_table(groups, values, low, slots, table);
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
    free(groups->count);
    memset(groups, 0, sizeof *groups);
}
