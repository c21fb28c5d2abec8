/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The firms' pass over all worlds, in batches of chunks: every chunk finds its moves in parallel,
 * then they are booked in the order of firms, each world by itself. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "run/setting.h"

enum { CHUNK = 65536, BATCH = 24 };

int jd_moves_init(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    int64_t chunks = (sim->dims.firms + CHUNK - 1) / CHUNK;
    int64_t capacity = sim->dims.firms < CHUNK ? sim->dims.firms : CHUNK;
    sim->n_chunks = chunks < BATCH ? (int)chunks : BATCH;
    int rc = jd_make(&sim->moves, sim->n_chunks, sizeof *sim->moves, "moves", ctx);
    for (int c = 0; c < sim->n_chunks && !rc; c++) {
        jd_moves_t *moves = &sim->moves[c];
        moves->capacity = capacity;
        rc = jd_make(&moves->firm, capacity, sizeof *moves->firm, "moves", ctx);
        for (int w = 0; w < sim->n_worlds_max && !rc; w++)
            rc = jd_make(&moves->to[w], capacity, sizeof(int32_t), "moves", ctx);
    }
    return rc;
}

void jd_moves_free(struct jd_simulation *sim)
{
    for (int c = 0; sim->moves && c < sim->n_chunks; c++) {
        free(sim->moves[c].firm);
        for (int w = 0; w < JD_WORLDS_MAX; w++)
            free(sim->moves[c].to[w]);
    }
    free(sim->moves);
    sim->moves = NULL;
}

/* Books one move: place, stocks, flows across the county border. */
static void book(const struct jd_simulation *sim, jd_world_t *world, int64_t firm, int32_t from,
                 int32_t to)
{
    const jd_dims_t *d = &sim->dims;
    int sector = jd_type_sector(d, sim->type[firm]);
    int32_t from_county = sim->tree.parent[JD_STREET][from],
            to_county = sim->tree.parent[JD_STREET][to];
    world->place[firm] = to;
    world->stock[(int64_t)sector * d->streets + from]--;
    world->stock[(int64_t)sector * d->streets + to]++;
    world->moves[(int64_t)sector * d->counties + from_county]++;
    if (from_county == to_county) return;
    world->outflow[(int64_t)sector * d->counties + from_county]++;
    world->inflow[(int64_t)sector * d->counties + to_county]++;
}

static int book_world(struct jd_simulation *sim, int w, int n_chunks, int64_t period, jd_ctx_t *ctx)
{
    jd_world_t *world = &sim->world[w];
    const bool fact = w == jd_factual(sim), record = period >= 1;
    for (int c = 0; c < n_chunks; c++) {
        const jd_moves_t *moves = &sim->moves[c];
        for (int64_t i = 0; i < moves->n; i++) {
            int32_t to = moves->to[w][i];
            if (to < 0) continue;
            int64_t firm = moves->firm[i];
            int32_t from = world->place[firm];
            if (record && fact) {
                int rc = jd_record_move(sim, period, firm, from, to, ctx);
                if (rc) return rc;
            }
            if (record && w == JD_WORLD_WITHOUT)
                jd_record_counterfactual_move(sim, period, firm, from, to);
            book(sim, world, firm, from, to);
        }
    }
    return JD_OK;
}

static void clear_flows(struct jd_simulation *sim)
{
    size_t bytes = (size_t)sim->dims.sectors * (size_t)sim->dims.counties * sizeof(int32_t);
    for (int w = 0; w < sim->n_worlds; w++) {
        memset(sim->world[w].inflow, 0, bytes);
        memset(sim->world[w].outflow, 0, bytes);
        memset(sim->world[w].moves, 0, bytes);
    }
}

jd_pass_t jd_moves_pass(const struct jd_simulation *sim, int64_t period)
{
    jd_pass_t pass = {.dims = &sim->dims,
                      .tree = &sim->tree,
                      .base = &sim->base,
                      .borders = &sim->borders,
                      .type = sim->type,
                      .n_worlds = sim->n_worlds};
    jd_pass_draws(&pass, sim->seed, sim->replicate, period);
    for (int w = 0; w < sim->n_worlds; w++) {
        uint32_t top = jd_choice_top_hazard(&sim->world[w].choice, &sim->dims);
        pass.place[w] = sim->world[w].place;
        pass.choice[w] = &sim->world[w].choice;
        if (top > pass.threshold) pass.threshold = top;
    }
    return pass;
}

int jd_quarter_moves(struct jd_simulation *sim, int64_t period, jd_ctx_t *ctx)
{
    const jd_pass_t pass = jd_moves_pass(sim, period);
    clear_flows(sim);
    int rc = JD_OK, rcs[JD_WORLDS_MAX] = {0};
    int64_t batch = (int64_t)sim->n_chunks * CHUNK;
    for (int64_t from = 0; from < sim->dims.firms && !rc; from += batch) {
        int64_t left = sim->dims.firms - from;
        int n = left < batch ? (int)((left + CHUNK - 1) / CHUNK) : sim->n_chunks;
#pragma omp parallel num_threads(jd_ctx_threads(ctx))
        {
#pragma omp for schedule(dynamic, 1)
            for (int c = 0; c < n; c++) {
                int64_t first = from + (int64_t)c * CHUNK, end = first + CHUNK;
                jd_firms_pass(&pass, first, end < sim->dims.firms ? end : sim->dims.firms,
                              &sim->moves[c]);
            }
#pragma omp for schedule(dynamic, 1)
            for (int w = 0; w < sim->n_worlds; w++)
                rcs[w] = book_world(sim, w, n, period, ctx);
        }
        for (int w = 0; w < sim->n_worlds; w++)
            rc = rc ? rc : rcs[w];
    }
    sim->facts.firm_periods += sim->dims.firms;
    for (int w = 0; w < sim->n_worlds && !rc; w++) {
        jd_firms_exit(sim->firms_params, &sim->dims, sim->type, period, sim->seed, sim->replicate,
                      &sim->world[w]);
        jd_firms_enter(sim->firms_params, &sim->dims, sim->type, period, sim->seed, sim->replicate,
                       &sim->world[w]);
    }
    return rc;
}
