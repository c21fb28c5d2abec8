/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "did/multiplegt/alike.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* Groups found to differ, in a table by their hash. */
typedef struct {
    const jd_alike_t *by;
    int32_t *example; /* [n], of room / 2 */
    int32_t *table;   /* [room] number of an example, -1 none */
    size_t room;      /* a power of 2 */
    int32_t n;
} found_t;

uint64_t jd_alike_mix(uint64_t hash, double value)
{
    uint64_t bits;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static size_t find(const found_t *f, int32_t group)
{
    size_t at = (size_t)f->by->hash(f->by->user, group) & (f->room - 1);
    while (f->table[at] >= 0 && f->by->compare(f->by->user, f->example[f->table[at]], group) != 0)
        at = (at + 1) & (f->room - 1);
    return at;
}

static int widen(found_t *f, jd_ctx_t *ctx)
{
    size_t room = f->room ? 2 * f->room : 64;
    int32_t *example = realloc(f->example, room / 2 * sizeof *example);
    if (example) f->example = example;
    int32_t *table = example ? realloc(f->table, room * sizeof *table) : NULL;
    if (!table) return jd_fail_memory(ctx, room * sizeof *table, "units");
    f->table = table;
    f->room = room;
    memset(table, -1, room * sizeof *table);
    for (int32_t q = 0; q < f->n; q++)
        table[find(f, f->example[q])] = q;
    return JD_OK;
}

/* Numbers in the order of first sight. */
static int number(found_t *f, int32_t n, int32_t *code, jd_ctx_t *ctx)
{
    for (int32_t g = 0; g < n; g++) {
        if (2 * (size_t)f->n == f->room && widen(f, ctx)) return JD_ERR_NO_MEMORY;
        size_t at = find(f, g);
        if (f->table[at] < 0) {
            f->example[f->n] = g;
            f->table[at] = f->n++;
        }
        code[g] = f->table[at];
    }
    return JD_OK;
}

static void sift(const jd_alike_t *by, int32_t *heap, int32_t at, int32_t n)
{
    for (int32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && by->compare(by->user, heap[child], heap[child + 1]) < 0) child++;
        if (by->compare(by->user, heap[at], heap[child]) >= 0) return;
        int32_t keep = heap[at];
        heap[at] = heap[child];
        heap[child] = keep;
    }
}

/* In place: qsort() has no room for what the order needs, and may copy. */
static void sort_by_heap(const jd_alike_t *by, int32_t *heap, int32_t n)
{
    for (int32_t i = n / 2; i-- > 0;)
        sift(by, heap, i, n);
    for (int32_t end = n - 1; end > 0; end--) {
        int32_t keep = heap[0];
        heap[0] = heap[end];
        heap[end] = keep;
        sift(by, heap, 0, end);
    }
}

int jd_alike_number(const jd_alike_t *by, int32_t n, int32_t *code, int32_t *n_codes,
                    int32_t **example, jd_ctx_t *ctx)
{
    found_t f = {.by = by};
    int32_t *rank = NULL;
    *n_codes = 0;
    *example = NULL;
    int rc = number(&f, n, code, ctx);
    if (!rc) rc = jd_make(&rank, f.n, sizeof *rank, "units", ctx);
    if (!rc) {
        sort_by_heap(by, f.example, f.n);
        for (int32_t q = 0; q < f.n; q++)
            rank[code[f.example[q]]] = q;
        for (int32_t g = 0; g < n; g++)
            code[g] = rank[code[g]];
        *n_codes = f.n;
        *example = f.example;
        f.example = NULL;
    }
    free(rank);
    free(f.table);
    free(f.example);
    return rc;
}
