/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The firms' pass over all worlds, in batches of chunks: every chunk finds its moves in parallel,
 * then they are recorded in the order of firms and booked, each world by itself. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "run/setting.h"

enum {
    CHUNK = 65536,
    BATCH = 24,
    AHEAD = 16 /* moves whose memory is requested before their turn */
};

int jd_moves_init(struct jd_simulation *sim, jd_ctx_t *ctx)
{
    int64_t chunks = (sim->dims.firms + CHUNK - 1) / CHUNK;
    int64_t capacity = sim->dims.firms < CHUNK ? sim->dims.firms : CHUNK;
    sim->n_chunks = chunks < BATCH ? (int)chunks : BATCH;
    int rc = jd_make(&sim->moves, sim->n_chunks, sizeof *sim->moves, "moves", ctx);
    for (int c = 0; c < sim->n_chunks && !rc; c++)
        rc = jd_move_list_make(&sim->moves[c], capacity, sim->n_worlds_max, ctx);
    return rc;
}

void jd_moves_free(struct jd_simulation *sim)
{
    for (int c = 0; sim->moves && c < sim->n_chunks; c++)
        jd_move_list_free(&sim->moves[c]);
    free(sim->moves);
    sim->moves = NULL;
}

/* Moves one chunk's firms. Nobody else looks at their places in this quarter, and the pass has just
 * had them in its cache. */
static void settle(const struct jd_simulation *sim, const jd_moves_t *moves)
{
    for (int w = 0; w < sim->n_worlds; w++) {
        int32_t *place = sim->world[w].place;
        for (int64_t i = 0; i < moves->n; i++)
            if (moves->to[w][i] >= 0) place[moves->firm[i]] = moves->to[w][i];
    }
}

/* Books one chunk's moves in a world: stocks, flows across the county border. */
static void book(const struct jd_simulation *sim, int w, const jd_moves_t *moves)
{
    const jd_dims_t *d = &sim->dims;
    const jd_world_t *world = &sim->world[w];
    const int32_t *county = sim->tree.parent[JD_STREET];
    const jd_types_t of = jd_types_of(d);
    for (int64_t i = 0; i < moves->n; i++) {
        int32_t from = moves->from[w][i], to = moves->to[w][i];
        if (to < 0) continue;
        int64_t sector = of.sector[moves->type[i]], streets = sector * d->streets;
        int64_t out = sector * d->counties + county[from], in = sector * d->counties + county[to];
        world->stock[streets + from]--;
        world->stock[streets + to]++;
        world->dirty[from] -= of.dirty[moves->type[i]];
        world->dirty[to] += of.dirty[moves->type[i]];
        world->moves[out]++;
        world->outflow[out] += out != in;
        world->inflow[in] += out != in;
    }
}

/* Records one chunk's moves in a world. */
static int record(struct jd_simulation *sim, int w, const jd_moves_t *moves, int64_t period,
                  jd_ctx_t *ctx)
{
    const bool fact = w == jd_factual(sim);
    const int32_t *county = sim->tree.parent[JD_STREET];
    int rc = JD_OK;
    for (int64_t i = 0; i < moves->n && !rc; i++) {
        int32_t from = moves->from[w][i], to = moves->to[w][i];
        if (i + AHEAD < moves->n && moves->to[w][i + AHEAD] >= 0) {
            const int32_t next = moves->to[w][i + AHEAD];
            __builtin_prefetch(&county[next]);
            if (fact) __builtin_prefetch(sim->tree.at[next]);
            __builtin_prefetch(&sim->type[moves->firm[i + AHEAD]]);
        }
        if (to < 0) continue;
        if (fact) rc = jd_record_move(sim, period, moves->firm[i], from, to, ctx);
        if (w == JD_WORLD_WITHOUT)
            jd_record_counterfactual_move(sim, period, moves->firm[i], from, to);
    }
    return rc;
}

/* One task for a thread: the even ones record the moves of a world, the odd ones book them. */
static int do_task(struct jd_simulation *sim, int task, int n_chunks, int64_t period, jd_ctx_t *ctx)
{
    const int w = sim->n_worlds - 1 - task / 2;
    const bool recorded = period >= 1 && (w == jd_factual(sim) || w == JD_WORLD_WITHOUT);
    int rc = JD_OK;
    for (int c = 0; c < n_chunks && !rc; c++) {
        if (task % 2 == 1)
            book(sim, w, &sim->moves[c]);
        else if (recorded)
            rc = record(sim, w, &sim->moves[c], period, ctx);
    }
    return rc;
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
    for (int k = 0; k < sim->dims.sectors; k++)
        pass.review[k] = jd_review_rate(sim, k, period);
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
    jd_record_begin(sim, period);
    int rc = JD_OK, rcs[2 * JD_WORLDS_MAX] = {0};
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
                settle(sim, &sim->moves[c]);
            }
#pragma omp for schedule(dynamic, 1)
            for (int task = 0; task < 2 * sim->n_worlds; task++)
                rcs[task] = do_task(sim, task, n, period, ctx);
        }
        for (int task = 0; task < 2 * sim->n_worlds; task++)
            rc = rc ? rc : rcs[task];
    }
    sim->facts.firm_periods += sim->dims.firms;
    for (int w = 0; w < sim->n_worlds && !rc; w++) {
        jd_firms_exit(sim->firms_params, &sim->dims, sim->type, period, sim->seed, sim->replicate,
                      &sim->world[w]);
        jd_firms_enter(sim->firms_params, &sim->dims, &sim->tree, &sim->base.choice, sim->type,
                       period, sim->seed, sim->replicate, &sim->world[w]);
    }
    return rc;
}
