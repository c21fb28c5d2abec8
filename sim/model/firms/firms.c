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
    uint32_t ends[JD_TYPES_MAX];
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

/* Stocks of a street from the types of its firms. Two counts, so that no firm waits for the one
 * before. */
static void count_types(const jd_dims_t *d, const int8_t *type, int64_t n, jd_world_t *world,
                        int32_t street)
{
    int32_t count[2][JD_TYPES_MAX] = {{0}};
    for (int64_t i = 0; i < n; i++)
        count[i & 1][type[i]]++;
    for (int t = 0; t < d->types; t++) {
        int32_t firms = count[0][t] + count[1][t];
        world->stock[(int64_t)jd_type_sector(d, t) * d->streets + street] += firms;
        if (jd_type_is_dirty(d, t)) world->dirty[street] += firms;
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
        for (int64_t i = first[s]; i < first[s + 1]; i++)
            world->place[i] = s;
        count_types(d, type + first[s], first[s + 1] - first[s], world, s);
    }
    for (int64_t i = first[d->streets]; i < d->firms; i++)
        world->place[i] = JD_ABSENT; /* still to be born */
    world->active = (double)first[d->streets];
    free(first);
    return JD_OK;
}

int jd_move_list_make(jd_moves_t *moves, int64_t capacity, int worlds, jd_ctx_t *ctx)
{
    memset(moves, 0, sizeof *moves);
    moves->capacity = capacity;
    int rc = jd_make(&moves->firm, capacity, sizeof *moves->firm, "moves", ctx);
    if (!rc) rc = jd_make(&moves->type, capacity, sizeof *moves->type, "moves", ctx);
    for (int w = 0; w < worlds && !rc; w++) {
        rc = jd_make(&moves->from[w], capacity, sizeof(int32_t), "moves", ctx);
        if (!rc) rc = jd_make(&moves->to[w], capacity, sizeof(int32_t), "moves", ctx);
    }
    if (rc) jd_move_list_free(moves);
    return rc;
}

void jd_move_list_free(jd_moves_t *moves)
{
    free(moves->firm);
    free(moves->type);
    for (int w = 0; w < JD_WORLDS_MAX; w++) {
        free(moves->from[w]);
        free(moves->to[w]);
    }
    memset(moves, 0, sizeof *moves);
}

enum { TOGETHER = JD_DRAWS_MOST, ROOM = TOGETHER + JD_LOW_BLOCK };

/* Firms whose uniform is low, to be looked at together. */
typedef struct candidates {
    int n;
    int64_t firm[ROOM];
    uint32_t uniform[ROOM];
} candidates_t;

/* Appends those of a block. Their places lie far apart in memory: they are fetched here and
 * looked at later. */
static void add_candidates(const jd_pass_t *pass, int64_t first, int64_t end, candidates_t *c)
{
    int upto = c->n + jd_firms_low(&pass->leading, &pass->jump, pass->threshold, first, end,
                                   c->firm + c->n, c->uniform + c->n);
    for (; c->n < upto; c->n++) {
        for (int w = 0; w < pass->n_worlds; w++)
            __builtin_prefetch(&pass->place[w][c->firm[c->n]]);
        __builtin_prefetch(&pass->type[c->firm[c->n]]);
    }
}

/* Where a candidate's hazard is found; -1: it is in no street. */
typedef struct hazard_cell {
    int64_t appeal, cost;
} hazard_cell_t;

/* Of the candidates, which leave their street in world w: sets its bit. Cells are requested first,
 * then read. */
static void look(const jd_pass_t *pass, const candidates_t *c, int w, const int64_t *type,
                 hazard_cell_t *cell, uint64_t *leaves)
{
    const jd_dims_t *d = pass->dims;
    const jd_choice_t *choice = pass->choice[w];
    const int32_t *county = pass->tree->parent[JD_STREET], *place = pass->place[w];
    int64_t kind_of[JD_TYPES_MAX];
    double review[JD_TYPES_MAX];
    for (int t = 0; t < d->types; t++) {
        kind_of[t] = t / d->sizes;
        review[t] = pass->review[jd_type_sector(d, t)];
    }
    for (int i = 0; i < c->n; i++) {
        int32_t at = place[c->firm[i]];
        if (at < 0) {
            cell[i].appeal = -1;
            continue;
        }
        cell[i].appeal = kind_of[type[i]] * d->streets + at;
        cell[i].cost = type[i] * d->counties + county[at];
        __builtin_prefetch(&choice->appeal[cell[i].appeal]);
    }
    for (int i = 0; i < c->n; i++) {
        if (cell[i].appeal < 0) continue;
        uint32_t hazard =
            jd_hazard(review[type[i]], choice->appeal[cell[i].appeal], choice->cost[cell[i].cost]);
        leaves[i] |= (uint64_t)(c->uniform[i] < hazard) << w;
    }
}

/* Of the candidates, those that leave their street in some world; worlds as bits. */
static int find_leavers(const jd_pass_t *pass, const candidates_t *c, int64_t *firm,
                        uint64_t *worlds)
{
    hazard_cell_t cell[ROOM];
    int64_t type[ROOM];
    uint64_t leaves[ROOM];
    int found = 0;
    for (int i = 0; i < c->n; i++) {
        type[i] = pass->type[c->firm[i]];
        leaves[i] = 0;
    }
    for (int w = 0; w < pass->n_worlds; w++)
        look(pass, c, w, type, cell, leaves);
    for (int i = 0; i < c->n; i++) {
        firm[found] = c->firm[i];
        worlds[found] = leaves[i];
        found += leaves[i] != 0;
    }
    return found;
}

/* Adds a firm to those that draw; true adds it. */
static inline void add_draw(jd_draws_t *draws, int kind, int32_t origin, int32_t to, bool counts)
{
    draws->kind[draws->n] = kind;
    draws->origin[draws->n] = origin;
    draws->to[draws->n] = to;
    draws->n += counts;
}

JD_CLONES static void start_draws(jd_draws_t *draws, const jd_jump_t *jump,
                                  const int64_t *restrict firm)
{
    const jd_jump_t start = *jump;
    for (int i = 0; i < draws->n; i++)
        draws->state[i] = jd_rng_at(&start, (uint64_t)firm[i]).state;
    draws->increment = jump->increment;
}

/* Firms that leave, worked on together. */
typedef struct leavers {
    const int64_t *firm;
    const uint64_t *worlds; /* it leaves its street in, as bits */
    int n;
    int32_t kind[JD_DRAWS_MOST];
    int32_t drawn[JD_DRAWS_MOST], drawn_from[JD_DRAWS_MOST]; /* by the first world's tables */
    jd_draws_t draws;
    int64_t who[JD_DRAWS_MOST]; /* firms that draw */
    int whose[JD_DRAWS_MOST];   /* and their places among the leavers */
} leavers_t;

/* The first world's tables draw from the place of firms in world w, if it was not done before. */
static void draw_first(const jd_pass_t *pass, const jd_draw_tables_t *tables, int w, leavers_t *l)
{
    l->draws.n = 0;
    for (int i = 0; i < l->n; i++) {
        int32_t at = pass->place[w][l->firm[i]];
        l->who[l->draws.n] = l->firm[i];
        l->whose[l->draws.n] = i;
        add_draw(&l->draws, l->kind[i], at, JD_ABSENT,
                 (l->worlds[i] >> w & 1) && at != l->drawn_from[i]);
    }
    start_draws(&l->draws, &pass->where, l->who);
    jd_choice_destinations(tables, pass->choice[0], &l->draws);
    for (int j = 0; j < l->draws.n; j++) {
        l->drawn[l->whose[j]] = l->draws.to[j];
        l->drawn_from[l->whose[j]] = l->draws.origin[j];
    }
}

/* Where firms that leave in world w go, after draw_first(): what was drawn, or what the world makes
 * of it. `to`: a street for each leaver, -1 = stays. */
static void follow(const jd_pass_t *pass, const jd_draw_tables_t *tables, int w, leavers_t *l,
                   int32_t *from, int32_t *to)
{
    l->draws.n = 0;
    for (int i = 0; i < l->n; i++) {
        from[i] = pass->place[w][l->firm[i]];
        to[i] = JD_ABSENT;
        l->who[l->draws.n] = l->firm[i];
        l->whose[l->draws.n] = i;
        add_draw(&l->draws, l->kind[i], from[i], l->drawn[i], l->worlds[i] >> w & 1);
    }
    if (w > 0) {
        start_draws(&l->draws, &pass->follow, l->who);
        jd_choice_follow(tables, pass->choice[0], pass->choice[w], &l->draws);
    }
    if (pass->dims->ties > 0) jd_tied_take(tables, pass->choice[w], &pass->tie, l->who, &l->draws);
    for (int j = 0; j < l->draws.n; j++) {
        int32_t street = l->draws.to[j];
        to[l->whose[j]] = street == l->draws.origin[j] ? JD_ABSENT : street;
    }
}

/* Appended moves, from place n on, without firms that stay in all worlds. */
static void keep_moves(jd_moves_t *moves, int worlds, int n)
{
    int64_t kept = moves->n;
    for (int64_t i = moves->n; i < moves->n + n; i++) {
        bool any = false;
        for (int w = 0; w < worlds; w++) {
            any |= moves->to[w][i] >= 0;
            moves->from[w][kept] = moves->from[w][i];
            moves->to[w][kept] = moves->to[w][i];
        }
        moves->firm[kept] = moves->firm[i];
        moves->type[kept] = moves->type[i];
        kept += any;
    }
    moves->n = kept;
}

/* Where leaving firms go: the first world's tables draw from the firm's place, and the others
 * follow. A firm that is elsewhere in one of them, or leaves only there, makes them draw from there
 * too, on the same numbers. */
static void move_firms(const jd_pass_t *pass, const int64_t *firm, const uint64_t *worlds, int n,
                       jd_moves_t *moves)
{
    const jd_draw_tables_t tables = {pass->base, pass->borders, pass->dims, pass->tree};
    leavers_t l;
    l.firm = firm, l.worlds = worlds, l.n = n;
    for (int i = 0; i < n; i++) {
        int8_t type = pass->type[firm[i]];
        l.kind[i] = type / pass->dims->sizes;
        l.drawn_from[i] = JD_ABSENT;
        moves->firm[moves->n + i] = firm[i];
        moves->type[moves->n + i] = type;
    }
    for (int w = 0; w < pass->n_worlds; w++) {
        draw_first(pass, &tables, w, &l);
        follow(pass, &tables, w, &l, moves->from[w] + moves->n, moves->to[w] + moves->n);
    }
    keep_moves(moves, pass->n_worlds, n);
}

void jd_pass_draws(jd_pass_t *pass, uint64_t seed, uint64_t replicate, int64_t period)
{
    enum { PERIODS = JD_FOLLOW_DRAWS / JD_DRAWS + 1 }; /* a period's room, in periods of others */
    pass->leading = jd_jump(jd_stream(seed, replicate, JD_DRAW_LEAVE), period, 0);
    pass->jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_MOVE), period, 0);
    pass->where = jd_jump(jd_stream(seed, replicate, JD_DRAW_MOVE), period, 1);
    pass->tie = jd_jump(jd_stream(seed, replicate, JD_DRAW_TIE), period, 0);
    pass->follow = jd_jump(jd_stream(seed, replicate, JD_DRAW_FOLLOW), period * PERIODS, 0);
}

/* Draws for leavers, so many at once; the last few are kept for the next time unless it is the end.
 * Returns how many are left, at the start of the arrays. */
static int move_some(const jd_pass_t *pass, int64_t *firm, uint64_t *worlds, int n, bool end,
                     jd_moves_t *moves)
{
    int done = 0;
    while (n - done >= JD_DRAWS_MOST || (end && done < n)) {
        int now = n - done < JD_DRAWS_MOST ? n - done : JD_DRAWS_MOST;
        move_firms(pass, firm + done, worlds + done, now, moves);
        done += now;
    }
    memmove(firm, firm + done, (size_t)(n - done) * sizeof *firm);
    memmove(worlds, worlds + done, (size_t)(n - done) * sizeof *worlds);
    return n - done;
}

void jd_firms_pass(const jd_pass_t *pass, int64_t first, int64_t end, jd_moves_t *moves)
{
    candidates_t candidates;
    int64_t firm[TOGETHER + ROOM];
    uint64_t worlds[TOGETHER + ROOM];
    int n = 0;
    moves->n = candidates.n = 0;
    for (int64_t from = first; from < end; from = jd_low_next(from)) {
        add_candidates(pass, from, end, &candidates);
        bool last = jd_low_next(from) >= end;
        if (candidates.n < TOGETHER && !last) continue;
        n += find_leavers(pass, &candidates, firm + n, worlds + n);
        n = move_some(pass, firm, worlds, n, last, moves);
        candidates.n = 0;
    }
}

/* The uniforms of low.h, all out of JD_DRAW_EXIT: leading bits are draws 0 to 11 of a group's
 * number, a firm's own is draw 12 of its number. */
void jd_firms_exit(const jd_firms_params_t *p, const jd_dims_t *d, const int8_t *type,
                   int64_t period, uint64_t seed, uint64_t replicate, jd_world_t *world)
{
    enum { OWN = 2 * JD_LOW_LEADING };
    if (p->exit <= 0 || period < 1) return;
    const jd_stream_t stream = jd_stream(seed, replicate, JD_DRAW_EXIT);
    const jd_jump_t leading = jd_jump(stream, period, 0), own = jd_jump(stream, period, OWN);
    const uint32_t threshold = (uint32_t)(p->exit * 4294967295.0);
    uint32_t uniform[JD_LOW_BLOCK];
    int64_t firm[JD_LOW_BLOCK];
    for (int64_t from = 0; from < d->firms; from = jd_low_next(from)) {
        int n = jd_firms_low(&leading, &own, threshold, from, d->firms, firm, uniform);
        for (int i = 0; i < n; i++) {
            int32_t at = world->place[firm[i]];
            if (at < 0) continue;
            world->place[firm[i]] = JD_ABSENT;
            world->stock[(int64_t)jd_type_sector(d, type[firm[i]]) * d->streets + at]--;
            world->dirty[at] -= jd_type_is_dirty(d, type[firm[i]]);
            world->active -= 1;
        }
    }
}

/* The place at which the running sum of weights passes u times their total. */
static int32_t pick(const double *weight, int32_t first, int32_t end, double total, double u)
{
    double left = u * total;
    int32_t at = first;
    for (int32_t i = first; i < end && left >= 0; i++) {
        if (weight[i] <= 0) continue;
        at = i;
        left -= weight[i];
    }
    return at;
}

/* By the nested logit without an origin: no borders, no distance. */
static int32_t birthplace(const jd_choice_t *choice, const jd_dims_t *d, const jd_tree_t *tree,
                          int kind, double total, jd_rng_t *rng)
{
    const int64_t prefectures = (int64_t)kind * d->prefectures,
                  counties = (int64_t)kind * d->counties;
    const int32_t *counties_of = tree->child[JD_PREFECTURE], *streets_of = tree->child[JD_COUNTY];
    const int32_t p =
        pick(choice->mass + prefectures, 0, d->prefectures, total, jd_rng_uniform(rng));
    const int32_t c = pick(choice->weight_county + counties, counties_of[p], counties_of[p + 1],
                           choice->sum_prefecture[prefectures + p], jd_rng_uniform(rng));
    return pick(choice->weight + (int64_t)kind * d->streets, streets_of[c], streets_of[c + 1],
                choice->sum_county[counties + c], jd_rng_uniform(rng));
}

static double total_mass(const jd_choice_t *choice, const jd_dims_t *d, int kind)
{
    double sum = 0;
    for (int32_t p = 0; p < d->prefectures; p++)
        sum += choice->mass[(int64_t)kind * d->prefectures + p];
    return sum;
}

void jd_firms_enter(const jd_firms_params_t *p, const jd_dims_t *d, const jd_tree_t *tree,
                    const jd_choice_t *base, const int8_t *type, int64_t period, uint64_t seed,
                    uint64_t replicate, jd_world_t *world)
{
    const int64_t births = jd_firms_births(p, d->first_firms),
                  first = d->first_firms + births * (period - 1);
    const jd_choice_t *table[JD_SECTORS_MAX * JD_EMISSIONS_MAX];
    double total[JD_SECTORS_MAX * JD_EMISSIONS_MAX];
    if (births == 0 || period < 1) return;
    const jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_ENTRY), period, 0);
    for (int k = 0; k < d->kinds; k++) {
        table[k] = total_mass(&world->choice, d, k) > 0 ? &world->choice : base;
        total[k] = total_mass(table[k], d, k);
    }
    for (int64_t i = first; i < first + births; i++) {
        jd_rng_t rng = jd_rng_at(&jump, (uint64_t)i);
        const int kind = type[i] / d->sizes;
        const int32_t at = birthplace(table[kind], d, tree, kind, total[kind], &rng);
        world->place[i] = at;
        world->stock[(int64_t)jd_type_sector(d, type[i]) * d->streets + at]++;
        world->dirty[at] += jd_type_is_dirty(d, type[i]);
    }
    world->active += (double)births;
}
