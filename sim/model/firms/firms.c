/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/firms/firms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "model/firms/choice.h"
#include "model/firms/low.h"

void jd_dims_init(jd_dims_t *d, const jd_tree_t *tree, const jd_firms_params_t *firms,
                  const jd_officials_params_t *officials, int32_t periods)
{
    *d = (jd_dims_t){.streets = tree->n[JD_STREET],
                     .counties = tree->n[JD_COUNTY],
                     .prefectures = tree->n[JD_PREFECTURE],
                     .provinces = tree->n[JD_PROVINCE],
                     .slots = (int32_t)officials->per_street,
                     .sectors = firms->sector_shares.n,
                     .emissions = firms->emission_classes.n,
                     .sizes = firms->size_shares.n};
    d->kinds = d->sectors * d->emissions;
    d->types = d->kinds * d->sizes;
    double first = 0;
    for (int32_t s = 0; tree->firms && s < d->streets; s++)
        first += floor(tree->firms[s]);
    d->first_firms = tree->firms ? (int64_t)first : firms->n;
    d->firms = d->first_firms + jd_firms_births(firms, d->first_firms) * periods;
}

int64_t jd_firms_births(const jd_firms_params_t *p, int64_t first_firms)
{
    return (int64_t)floor(p->entry * (double)first_firms + 0.5);
}

/* Bits of one draw for a run of firms. */
JD_CLONES static void draw_bits(const jd_jump_t *jump, int64_t first, int n,
                                uint32_t *restrict bits)
{
    const uint64_t increment = jump->increment, multiplier = jump->multiplier,
                   offset = jump->offset;
    const uint64_t start = jump->key + (uint64_t)first * JD_GOLDEN;
    for (int i = 0; i < n; i++) {
        uint64_t state = jd_mix64(start + (uint64_t)i * JD_GOLDEN) + increment;
        bits[i] = jd_pcg_output(multiplier * state + offset);
    }
}

/* Upper ends of the types' stretches of [0, 2^32): type t is drawn iff bits >= ends[0 ... t-1]. */
static int type_ends(const jd_firms_params_t *p, const jd_dims_t *d, uint32_t *ends)
{
    double sum = 0;
    int n = 0;
    for (int k = 0; k < d->sectors; k++) {
        for (int z = 0; z < d->emissions; z++) {
            for (int q = 0; q < d->sizes; q++) {
                sum += p->sector_shares.value[k] * p->emission_shares.value[z] *
                       p->size_shares.value[q];
                ends[n++] = (uint32_t)jd_min(sum * 0x1p32, 4294967295.0);
            }
        }
    }
    return n;
}

enum { TYPE_BLOCK = 256 };

JD_CLONES static void sort_types(const uint32_t *restrict bits, int n,
                                 const uint32_t *restrict ends, int types, int8_t *restrict type)
{
    uint32_t above[TYPE_BLOCK] = {0};
    for (int e = 0; e + 1 < types; e++) {
        const uint32_t end = ends[e];
        for (int i = 0; i < n; i++)
            above[i] += bits[i] >= end;
    }
    for (int i = 0; i < n; i++)
        type[i] = (int8_t)above[i];
}

void jd_firms_draw_types(const jd_firms_params_t *p, const jd_dims_t *d, uint64_t seed,
                         uint64_t replicate, int8_t *type, jd_ctx_t *ctx)
{
    uint32_t ends[JD_SECTORS_MAX * JD_EMISSIONS_MAX * JD_SIZES_MAX];
    int types = type_ends(p, d, ends);
    jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_FIRM), 0, 0);
    (void)ctx;
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int64_t first = 0; first < d->firms; first += TYPE_BLOCK) {
        uint32_t bits[TYPE_BLOCK];
        int n = (int)(d->firms - first < TYPE_BLOCK ? d->firms - first : TYPE_BLOCK);
        draw_bits(&jump, first, n, bits);
        sort_types(bits, n, ends, types, type + first);
    }
}

/* Firms per street by cumulated shares: each street gets its expected number, rounded up or down,
 * with one random start for the whole world (systematic sampling). */
static void share_out(const jd_firms_params_t *p, const jd_dims_t *d, const jd_tree_t *tree,
                      uint64_t seed, uint64_t replicate, int64_t total, int64_t *count)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_FIRM), 0, 1);
    double start = jd_draw(&jump, 0), sum = 0, all = 0;
    const double *development = tree->development[JD_STREET];
    for (int32_t s = 0; s < d->streets; s++)
        all += tree->site[s] * jd_exp(p->gradient * development[s]);
    int64_t before = 0;
    for (int32_t s = 0; s < d->streets; s++) {
        sum += tree->site[s] * jd_exp(p->gradient * development[s]);
        int64_t upto =
            s + 1 < d->streets ? (int64_t)floor(sum / all * (double)total + start) : total;
        if (upto > total) upto = total;
        count[s] = upto - before;
        before = upto;
    }
}

int jd_firms_place(const jd_firms_params_t *p, const jd_dims_t *d, const jd_tree_t *tree,
                   const int8_t *type, uint64_t seed, uint64_t replicate, jd_world_t *world,
                   jd_ctx_t *ctx)
{
    int64_t *first;
    int rc = jd_make(&first, d->streets + 1, sizeof *first, "firms", ctx);
    if (rc) return rc;
    if (tree->firms) {
        for (int32_t s = 0; s < d->streets; s++)
            first[s] = (int64_t)floor(tree->firms[s]);
    } else {
        share_out(p, d, tree, seed, replicate, d->first_firms, first);
    }
    int64_t before = 0;
    for (int32_t s = 0; s <= d->streets; s++) { /* counts to first firms */
        int64_t n = s < d->streets ? first[s] : 0;
        first[s] = before;
        before += n;
    }
#pragma omp parallel for schedule(static) num_threads(jd_ctx_threads(ctx))
    for (int32_t s = 0; s < d->streets; s++) {
        int32_t count[JD_SECTORS_MAX] = {0};
        for (int64_t i = first[s]; i < first[s + 1]; i++) {
            world->place[i] = s;
            count[jd_type_sector(d, type[i])]++;
        }
        for (int k = 0; k < d->sectors; k++)
            world->stock[(int64_t)k * d->streets + s] = count[k];
    }
    for (int64_t i = first[d->streets]; i < d->firms; i++)
        world->place[i] = JD_ABSENT; /* still to be born */
    world->active = (double)first[d->streets];
    free(first);
    return JD_OK;
}

/* Their places lie far apart in memory: they are asked for here and looked at later. */
static void fetch(const jd_pass_t *pass, const int64_t *firm, int n)
{
    for (int i = 0; i < n; i++) {
        for (int w = 0; w < pass->n_worlds; w++)
            __builtin_prefetch(&pass->place[w][firm[i]]);
        __builtin_prefetch(&pass->type[firm[i]]);
    }
}

/* Of the candidates, those that leave their street in some world; worlds as bits. */
static int find_leavers(const jd_pass_t *pass, const uint32_t *uniform, int n, int64_t *firm,
                        uint64_t *worlds)
{
    const int64_t streets = pass->dims->streets;
    int found = 0;
    for (int i = 0; i < n; i++) {
        int64_t candidate = firm[i], type = pass->type[candidate];
        uint64_t leaves = 0;
        for (int w = 0; w < pass->n_worlds; w++) {
            int32_t at = pass->place[w][candidate];
            if (at >= 0 && uniform[i] < pass->choice[w]->hazard[type * streets + at])
                leaves |= UINT64_C(1) << w;
        }
        firm[found] = candidate;
        worlds[found] = leaves;
        found += leaves != 0;
    }
    return found;
}

/* Where a leaving firm goes: the first world's tables draw from the firm's place, and the others
 * follow. A firm that is elsewhere in one of them, or leaves only there, makes them draw from there
 * too, on the same numbers. */
static void move_firm(const jd_pass_t *pass, int64_t firm, uint64_t worlds, jd_moves_t *moves)
{
    int kind = pass->type[firm] / pass->dims->sizes;
    int32_t drawn_from = JD_ABSENT, drawn = JD_ABSENT;
    bool any = false;
    for (int w = 0; w < pass->n_worlds; w++) {
        int32_t to = JD_ABSENT;
        if (worlds >> w & 1) {
            int32_t at = pass->place[w][firm];
            if (at != drawn_from) {
                jd_rng_t rng = jd_rng_at(&pass->jump, (uint64_t)firm);
                (void)jd_rng_bits(&rng); /* draw 0 is part of the uniform that decided */
                drawn = jd_choice_destination(pass->base, pass->choice[0], pass->borders,
                                              pass->dims, pass->tree, kind, at, &rng);
                drawn_from = at;
            }
            to = drawn;
            if (w > 0) {
                jd_rng_t rng = jd_rng_at(&pass->follow, (uint64_t)firm);
                to = jd_choice_follow(pass->base, pass->choice[0], pass->choice[w], pass->borders,
                                      pass->dims, pass->tree, kind, at, drawn, &rng);
            }
            if (to == at) to = JD_ABSENT;
        }
        moves->to[w][moves->n] = to;
        any |= to >= 0;
    }
    moves->firm[moves->n] = firm;
    moves->n += any;
}

void jd_pass_draws(jd_pass_t *pass, uint64_t seed, uint64_t replicate, int64_t period)
{
    enum { PERIODS = JD_FOLLOW_DRAWS / JD_DRAWS + 1 }; /* a period's room, in periods of others */
    pass->leading = jd_jump(jd_stream(seed, replicate, JD_DRAW_LEAVE), period, 0);
    pass->jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_MOVE), period, 0);
    pass->follow = jd_jump(jd_stream(seed, replicate, JD_DRAW_FOLLOW), period * PERIODS, 0);
}

void jd_firms_pass(const jd_pass_t *pass, int64_t first, int64_t end, jd_moves_t *moves)
{
    uint32_t uniform[JD_LOW_BLOCK];
    int64_t firm[JD_LOW_BLOCK];
    uint64_t worlds[JD_LOW_BLOCK];
    moves->n = 0;
    for (int64_t from = first; from < end; from = jd_low_next(from)) {
        int n =
            jd_firms_low(&pass->leading, &pass->jump, pass->threshold, from, end, firm, uniform);
        fetch(pass, firm, n);
        n = find_leavers(pass, uniform, n, firm, worlds);
        for (int i = 0; i < n; i++)
            move_firm(pass, firm[i], worlds[i], moves);
    }
}

void jd_firms_exit(const jd_firms_params_t *p, const jd_dims_t *d, const int8_t *type,
                   int64_t period, uint64_t seed, uint64_t replicate, jd_world_t *world)
{
    enum { BLOCK = 2048 };
    if (p->exit <= 0 || period < 1) return;
    uint32_t bits[BLOCK], threshold = (uint32_t)(p->exit * 4294967295.0);
    jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_EXIT), period, 0);
    for (int64_t from = 0; from < d->firms; from += BLOCK) {
        int n = (int)(d->firms - from < BLOCK ? d->firms - from : BLOCK);
        draw_bits(&jump, from, n, bits);
        for (int i = 0; i < n; i++) {
            int32_t at = world->place[from + i];
            if (bits[i] >= threshold || at < 0) continue;
            world->place[from + i] = JD_ABSENT;
            world->stock[(int64_t)jd_type_sector(d, type[from + i]) * d->streets + at]--;
            world->active -= 1;
        }
    }
}

void jd_firms_enter(const jd_firms_params_t *p, const jd_dims_t *d, const int8_t *type,
                    int64_t period, uint64_t seed, uint64_t replicate, jd_world_t *world)
{
    int64_t births = jd_firms_births(p, d->first_firms), n = 0;
    if (births == 0 || period < 1 || world->active <= 0) return;
    jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_ENTRY), period, 0);
    double start = jd_draw(&jump, 0), active = world->active, sum = 0;
    int64_t first = d->first_firms + births * (period - 1);
    for (int32_t s = 0; s < d->streets; s++) {
        for (int k = 0; k < d->sectors; k++)
            sum += world->stock[(int64_t)k * d->streets + s];
        while (n < births && ((double)n + start) / (double)births * active < sum)
            world->place[first + n++] = s;
    }
    for (int64_t i = first; i < first + n; i++)
        world->stock[(int64_t)jd_type_sector(d, type[i]) * d->streets + world->place[i]]++;
    world->active += (double)n;
}
