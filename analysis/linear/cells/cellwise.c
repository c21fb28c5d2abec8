/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/cells/cellwise.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "linear/absorb/index.h"
#include "linear/sums.h"
#include "panel/grid.h"

enum { MAX_KEYS = 1 << 22 }; /* numbers tried before cells are counted */

void jd_cellwise_free(jd_cellwise_t *cells)
{
    if (!cells) return;
    free(cells->code);
    free(cells->start);
    free(cells->row);
    free(cells->dummy);
    free(cells->level);
    free(cells->mass);
    free(cells->factor);
    free(cells->known);
    free(cells->mixed);
    free(cells->v);
    free(cells);
}

/* A number for every combination of dummy and small levels, the last effect's level varying
 * fastest: key [JD_BLOCK] of the rows of a block; returns how many they are. */
static int64_t number_rows(const jd_effects_t *e, const int32_t *code, int64_t block, int32_t *key)
{
    int64_t from = block * JD_BLOCK, n = jd_block_end(block, e->n) - from;
    for (int64_t i = 0; i < n; i++)
        key[i] = code[from + i] < 0 ? 0 : code[from + i] + 1;
    for (int k = 1; k < e->n_effects; k++) {
        int32_t levels = e->groups[k].n_groups;
        const int32_t *level = e->groups[k].code + from;
        for (int64_t i = 0; i < n; i++)
            key[i] = key[i] * levels + level[i];
    }
    return n;
}

/* Rows of each number, count [threads][keys], zero on entry; the sum in the first. */
static void count_rows(const jd_effects_t *e, const int32_t *code, int32_t *count, int32_t keys,
                       int threads)
{
    int64_t blocks = jd_n_blocks(e->n);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++)
        for (int64_t b = blocks * t / threads; b < blocks * (t + 1) / threads; b++) {
            int32_t key[JD_BLOCK], *own = count + (int64_t)t * keys;
            int64_t n = number_rows(e, code, b, key);
            for (int64_t i = 0; i < n; i++)
                own[key[i]]++;
        }
    for (int t = 1; t < threads; t++)
        for (int32_t k = 0; k < keys; k++)
            count[k] += count[(int64_t)t * keys + k];
}

/* Cells of the rows, cell [keys] of their numbers. */
static void code_rows(jd_cellwise_t *c, const jd_effects_t *e, const int32_t *code,
                      const int32_t *cell, int threads)
{
    (void)threads; /* for OpenMP alone */
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t b = 0; b < jd_n_blocks(e->n); b++) {
        int32_t key[JD_BLOCK];
        uint16_t *own = c->code + b * JD_BLOCK;
        int64_t n = number_rows(e, code, b, key);
        for (int64_t i = 0; i < n; i++)
            own[i] = (uint16_t)cell[key[i]];
    }
}

static int allocate_cells(jd_cellwise_t *c, jd_ctx_t *ctx)
{
    size_t n = (size_t)c->n_cells;
    int rc = jd_make_unset(&c->code, (size_t)c->n, sizeof *c->code, "cells", ctx);
    if (!rc) rc = jd_make_unset(&c->dummy, n, sizeof *c->dummy, "cells", ctx);
    if (!rc)
        rc = jd_make_unset(&c->level, n * (size_t)c->n_small + 1, sizeof *c->level, "cells", ctx);
    if (!rc) rc = jd_make_n(&c->mass, n, sizeof *c->mass, "cells", ctx);
    return rc;
}

/* Which dummy and levels a number stands for. */
static void describe(jd_cellwise_t *c, const jd_effects_t *e, int cell, int32_t key)
{
    int32_t offset = c->n_levels;
    for (int k = e->n_effects - 1; k > 0; k--) {
        int32_t levels = e->groups[k].n_groups;
        offset -= levels;
        c->level[(size_t)(k - 1) * (size_t)c->n_cells + (size_t)cell] = offset + key % levels;
        key /= levels;
    }
    c->dummy[cell] = key - 1;
}

/* Numbers that occur become cells 0, 1, ...; none where they are too many. count [threads][keys] is
 * zero. */
static int number_cells(jd_cellwise_t *c, const jd_effects_t *e, const int32_t *code,
                        int32_t *count, int32_t keys, int threads, jd_ctx_t *ctx)
{
    int n = 0;
    count_rows(e, code, count, keys, threads);
    for (int32_t k = 0; k < keys; k++)
        n += count[k] > 0;
    if (n > JD_MAX_CELLS) return JD_OK;
    c->n_cells = n;
    int rc = allocate_cells(c, ctx);
    if (rc) return rc;
    for (int32_t k = 0, cell = 0; k < keys; k++) {
        if (count[k] == 0) continue;
        describe(c, e, cell, k);
        if (!c->weight) c->mass[cell] = count[k];
        count[k] = cell++;
    }
    code_rows(c, e, code, count, threads);
    for (int64_t i = 0; c->weight && i < c->n; i++)
        c->mass[c->code[i]] += c->weight[i];
    return JD_OK;
}

/* Rows by unit: as they lie, or by a counting sort. */
static int order_rows(jd_cellwise_t *cells, const jd_groups_t *units, jd_ctx_t *ctx)
{
    size_t groups = (size_t)units->n_groups;
    cells->n_units = units->n_groups;
    if (jd_make_unset(&cells->start, groups + 1, sizeof *cells->start, "units", ctx))
        return JD_ERR_NO_MEMORY;
    if (units->ascending) {
        cells->start[0] = 0;
        for (size_t u = 0; u < groups; u++)
            cells->start[u + 1] = cells->start[u] + units->count[u];
        return JD_OK;
    }
    if (jd_make_unset(&cells->row, (size_t)units->n, sizeof *cells->row, "rows", ctx))
        return JD_ERR_NO_MEMORY;
    jd_rows_by_group(units, units->n, NULL, cells->start, cells->row);
    return JD_OK;
}

/* How many numbers number_rows() may give; more than MAX_KEYS where they are too many. */
static int64_t count_keys(const jd_effects_t *e, int n_x)
{
    int64_t keys = (int64_t)n_x + 1;
    for (int k = 1; k < e->n_effects && keys <= MAX_KEYS; k++)
        keys *= e->groups[k].n_groups;
    return keys;
}

int jd_cellwise_make(jd_cellwise_t **cells, const jd_effects_t *effects, int n_x,
                     const int32_t *code, jd_ctx_t *ctx)
{
    const jd_effects_t *e = effects;
    *cells = NULL;
    int64_t keys = count_keys(e, n_x);
    if (e->solver != JD_SOLVER_AUTO || e->n_slopes > 0 || e->n_effects < 1 ||
        e->n_small > JD_DIRECT_LEVELS || keys > MAX_KEYS)
        return JD_OK;
    int threads = jd_pass_threads(ctx, e->n), rc = JD_OK;
    if (keys * threads > MAX_KEYS) threads = 1;
    size_t counts = (size_t)keys * (size_t)threads;
    jd_cellwise_t *c;
    int32_t *count = NULL;
    rc = jd_make_n(&c, 1, sizeof *c, "cells", ctx);
    if (!rc) rc = jd_make_n(&count, counts, sizeof *count, "cells", ctx);
    if (rc) goto out;
    c->n = e->n;
    c->n_x = n_x;
    c->n_small = e->n_effects - 1;
    c->n_levels = e->n_small;
    c->weight = e->weight;
    c->inverse = e->inverse[0];
    rc = number_cells(c, e, code, count, (int32_t)keys, threads, ctx);
    if (!rc && c->n_cells > 0) rc = order_rows(c, &e->groups[0], ctx);
    if (!rc && c->n_cells > 0) *cells = c;
out:
    free(count);
    if (!*cells) jd_cellwise_free(c);
    return rc;
}
