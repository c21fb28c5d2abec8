/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "linear/cellwise.h"

#include <stdlib.h>
#include <string.h>

#include "linear/effects.h"

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

/* A number for every combination of dummy and small levels; `keys` of them might occur. */
static void number_rows(jd_cellwise_t *cells, const jd_effects_t *e, const int32_t *code)
{
    for (int64_t i = 0; i < e->n; i++)
        cells->code[i] = code[i] < 0 ? 0 : code[i] + 1;
    for (int k = 1; k < e->n_effects; k++) {
        int32_t levels = e->groups[k].n_groups;
        const int32_t *level = e->groups[k].code;
        for (int64_t i = 0; i < e->n; i++)
            cells->code[i] = cells->code[i] * levels + level[i];
    }
}

/* Numbers that occur become cells 0, 1, ...; returns how many, or -1 where they are too many. */
static int count_cells(jd_cellwise_t *cells, int32_t *cell_of, int32_t keys)
{
    int n = 0;
    for (int64_t i = 0; i < cells->n; i++)
        cell_of[cells->code[i]] = 1;
    for (int32_t key = 0; key < keys; key++)
        if (cell_of[key]) cell_of[key] = n++;
    if (n > JD_MAX_CELLS) return -1;
    for (int64_t i = 0; i < cells->n; i++)
        cells->code[i] = cell_of[cells->code[i]];
    return n;
}

/* What a cell stands for, and its weight. */
static int describe(jd_cellwise_t *cells, const jd_effects_t *e, const int32_t *code, jd_ctx_t *ctx)
{
    size_t n = (size_t)cells->n_cells;
    cells->dummy = malloc(n * sizeof *cells->dummy);
    cells->level = malloc((n * (size_t)cells->n_small + 1) * sizeof *cells->level);
    cells->mass = calloc(n, sizeof *cells->mass);
    if (!cells->dummy || !cells->level || !cells->mass)
        return jd_fail_memory(ctx, n * sizeof *cells->mass, "cells");
    for (int64_t i = 0; i < e->n; i++) {
        int32_t c = cells->code[i];
        if (cells->mass[c] == 0) {
            cells->dummy[c] = code[i] < 0 ? -1 : code[i];
            for (int k = 1, offset = 0; k < e->n_effects; offset += e->groups[k++].n_groups)
                cells->level[(size_t)(k - 1) * n + (size_t)c] = offset + e->groups[k].code[i];
        }
        cells->mass[c] += e->weight ? e->weight[i] : 1.0;
    }
    return JD_OK;
}

static int is_ascending(const int32_t *code, int64_t n)
{
    int falls = 0;
    for (int64_t i = 1; i < n; i++)
        falls |= code[i] < code[i - 1];
    return !falls;
}

/* Rows by unit: as they lie, or by a counting sort. */
static int order_rows(jd_cellwise_t *cells, const jd_groups_t *units, jd_ctx_t *ctx)
{
    size_t groups = (size_t)units->n_groups;
    cells->n_units = units->n_groups;
    cells->start = malloc((groups + 1) * sizeof *cells->start);
    if (!cells->start) return jd_fail_memory(ctx, groups * sizeof *cells->start, "units");
    if (is_ascending(units->code, units->n)) {
        for (int64_t i = 0; i < units->n; i++)
            if (i == 0 || units->code[i] != units->code[i - 1])
                cells->start[units->code[i]] = (int32_t)i;
        cells->start[groups] = (int32_t)units->n;
        return JD_OK;
    }
    cells->row = malloc((size_t)units->n * sizeof *cells->row);
    if (!cells->row) return jd_fail_memory(ctx, (size_t)units->n * sizeof *cells->row, "rows");
    jd_rows_by_group(units, cells->start, cells->row);
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
    if (e->solver != JD_SOLVER_AUTO || e->n_effects < 1 || e->n_small > JD_DIRECT_LEVELS ||
        keys > MAX_KEYS)
        return JD_OK;
    jd_cellwise_t *c = calloc(1, sizeof *c);
    int32_t *cell_of = calloc((size_t)keys, sizeof *cell_of);
    if (c) c->code = malloc((size_t)e->n * sizeof *c->code);
    int rc =
        c && cell_of && c->code ? JD_OK : jd_fail_memory(ctx, (size_t)e->n * sizeof *code, "cells");
    if (rc == JD_OK) {
        c->n = e->n;
        c->n_x = n_x;
        c->n_small = e->n_effects - 1;
        c->n_levels = e->n_small;
        c->weight = e->weight;
        c->inverse = e->inverse[0];
        number_rows(c, e, code);
        c->n_cells = count_cells(c, cell_of, (int32_t)keys);
        if (c->n_cells > 0) {
            rc = describe(c, e, code, ctx);
            if (rc == JD_OK) rc = order_rows(c, &e->groups[0], ctx);
            *cells = c;
        }
    }
    free(cell_of);
    if (rc != JD_OK) *cells = NULL;
    if (!*cells) jd_cellwise_free(c);
    return rc;
}
