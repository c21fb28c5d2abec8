/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Drawing destinations, for many firms at once. The world without the policy draws from its own
 * tables alone; the others follow it as far as their tables allow (maximal coupling). Proposals
 * come from one base table (model-equations.md, section 4). */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "model/firms/choice.h"

int jd_base_init(jd_base_t *base, const jd_dims_t *d, jd_ctx_t *ctx)
{
    memset(base, 0, sizeof *base);
    int64_t streets = (int64_t)d->kinds * d->streets, counties = (int64_t)d->kinds * d->counties;
    int64_t prefectures = (int64_t)d->kinds * d->prefectures;
    int64_t n = 2 * streets + 5 * counties + 3 * prefectures + prefectures * d->prefectures;
    double *at;
    int rc = jd_make(&at, n, sizeof *at, "proposal tables", ctx);
    if (rc) return rc;
    base->block = at;
    double **const street_arrays[] = {&base->choice.weight, &base->street};
    double **const county_arrays[] = {&base->choice.sum_county, &base->choice.weight_county,
                                      &base->choice.own, &base->choice.total, &base->county};
    double **const prefecture_arrays[] = {&base->choice.sum_prefecture, &base->choice.mass,
                                          &base->choice.elsewhere};
    for (int i = 0; i < 2; i++, at += streets)
        *street_arrays[i] = at;
    for (int i = 0; i < 5; i++, at += counties)
        *county_arrays[i] = at;
    for (int i = 0; i < 3; i++, at += prefectures)
        *prefecture_arrays[i] = at;
    base->prefecture = at;
    return JD_OK;
}

void jd_base_free(jd_base_t *base)
{
    free(base->block);
    memset(base, 0, sizeof *base);
}

static void run_up(const double *value, const int32_t *child, int32_t parents, double *sums)
{
    for (int32_t p = 0; p < parents; p++) {
        double sum = 0;
        for (int32_t i = child[p]; i < child[p + 1]; i++)
            sums[i] = sum += value[i];
    }
}

void jd_base_fix(jd_base_t *base, const jd_choice_setting_t *setting, const jd_world_t *world)
{
    const jd_dims_t *d = setting->dims;
    const jd_choice_t *from = &world->choice;
    jd_choice_t *to = &base->choice;
    size_t streets = (size_t)d->kinds * (size_t)d->streets * sizeof(double);
    size_t counties = (size_t)d->kinds * (size_t)d->counties * sizeof(double);
    size_t prefectures = (size_t)d->kinds * (size_t)d->prefectures * sizeof(double);
    memcpy(to->weight, from->weight, streets);
    memcpy(to->sum_county, from->sum_county, counties);
    memcpy(to->weight_county, from->weight_county, counties);
    memcpy(to->own, from->own, counties);
    memcpy(to->total, from->total, counties);
    memcpy(to->sum_prefecture, from->sum_prefecture, prefectures);
    memcpy(to->mass, from->mass, prefectures);
    memcpy(to->elsewhere, from->elsewhere, prefectures);
    base->crossing = jd_exp(-setting->borders->k_county);
    base->rivals = setting->firms->k_rival > 0;
    for (int kind = 0; kind < d->kinds; kind++) {
        int64_t at = (int64_t)kind * d->streets, in = (int64_t)kind * d->counties;
        int64_t top = (int64_t)kind * d->prefectures;
        run_up(to->weight + at, setting->tree->child[JD_COUNTY], d->counties, base->street + at);
        run_up(to->weight_county + in, setting->tree->child[JD_PREFECTURE], d->prefectures,
               base->county + in);
        for (int32_t origin = 0; origin < d->prefectures; origin++) {
            const double *gravity = setting->borders->gravity + (int64_t)origin * d->prefectures;
            double *row = base->prefecture + (top + origin) * d->prefectures, sum = 0;
            for (int32_t p = 0; p < d->prefectures; p++)
                row[p] = sum += to->mass[top + p] * gravity[p];
        }
    }
    base->ready = true;
}

enum { MOST = JD_DRAWS_MOST };

/* Stretches of running sums, each to be searched for its own x. */
typedef struct stretches {
    int n;
    int32_t whose[MOST];
    int64_t at[MOST], left[MOST]; /* left: places behind `at` that may still be the one */
    double x[MOST];
} stretches_t;

/* Appends [first, end) if it counts; branches here would go wrong half the time. */
static inline void add_stretch(stretches_t *s, int whose, int64_t first, int64_t end, double x,
                               bool counts)
{
    s->whose[s->n] = whose;
    s->at[s->n] = first;
    s->left[s->n] = end - 1 - first;
    s->x[s->n] = x;
    s->n += counts;
}

/* Moves every `at` to the first i of its stretch with sums[i] > x, the last one if rounding leaves
 * none. All in step: a search alone would wait for memory at each of its halvings. */
JD_CLONES static void search_all(const double *restrict sums, stretches_t *s)
{
    int64_t longest = 0;
    for (int i = 0; i < s->n; i++)
        longest = s->left[i] > longest ? s->left[i] : longest;
    for (; longest > 0; longest /= 2) {
        JD_SIMD
        for (int i = 0; i < s->n; i++) {
            int64_t half = (s->left[i] + 1) / 2, last = s->at[i] + half - (half > 0);
            s->at[i] += sums[last] > s->x[i] ? 0 : half;
            s->left[i] -= half;
        }
    }
}

typedef struct origin {
    int32_t street, county, prefecture;
} origin_t;

static origin_t origin_of(const jd_tree_t *tree, int32_t street)
{
    int32_t county = tree->parent[JD_STREET][street];
    return (origin_t){street, county, tree->parent[JD_COUNTY][county]};
}

/* p/q of one street, which lies in `prefecture`, seen from an origin. */
static inline double over_base(const jd_choice_t *p, const jd_draw_tables_t *t, int kind,
                               origin_t o, int32_t to, int32_t prefecture)
{
    const jd_dims_t *d = t->dims;
    int64_t at = (int64_t)kind * d->counties + o.county;
    double seen = prefecture == o.prefecture
                      ? p->own_ratio[at]
                      : p->far_ratio[at] * p->tilt[(int64_t)kind * d->prefectures + prefecture];
    if (t->base->rivals && prefecture == o.prefecture && t->tree->parent[JD_STREET][to] != o.county)
        seen *= p->crossing[o.county] / t->base->crossing;
    return p->ratio[(int64_t)kind * d->streets + to] * seen;
}

/* Firms that have no street yet, and what the base table proposes to them. */
typedef struct open {
    int n;
    int32_t whose[MOST]; /* place among the draws */
    int32_t kind[MOST];
    int32_t county[MOST], prefecture[MOST]; /* of origin */
    uint64_t state[MOST];
    double u[4][MOST]; /* of an attempt: prefecture, county, street, acceptance */
    bool near[MOST];   /* proposed: the own prefecture */
    int32_t to_prefecture[MOST], to_county[MOST], to[MOST];
    stretches_t stretches;
} open_t;

JD_CLONES static void draw_uniforms(open_t *o, uint64_t increment, int draws)
{
    for (int k = 0; k < draws; k++) {
        for (int i = 0; i < o->n; i++) {
            o->u[k][i] = jd_uniform_of(jd_pcg_output(o->state[i]));
            o->state[i] = o->state[i] * JD_PCG_MULTIPLIER + increment;
        }
    }
}

static void propose_prefectures(const jd_base_t *base, const jd_dims_t *d, open_t *o)
{
    const jd_choice_t *q = &base->choice;
    const int64_t n = d->prefectures;
    stretches_t *far = &o->stretches;
    far->n = 0;
    for (int i = 0; i < o->n; i++) {
        int64_t at = (int64_t)o->kind[i] * d->counties + o->county[i];
        int64_t row = (o->kind[i] * n + o->prefecture[i]) * n;
        double u = o->u[0][i], own_share = q->own[at] / q->total[at];
        o->near[i] = u < own_share;
        o->to_prefecture[i] = o->prefecture[i];
        add_stretch(far, i, row, row + n,
                    (u - own_share) / (1 - own_share) * base->prefecture[row + n - 1], !o->near[i]);
    }
    search_all(base->prefecture, far);
    for (int j = 0; j < far->n; j++) {
        int i = far->whose[j];
        o->to_prefecture[i] = (int32_t)(far->at[j] - (o->kind[i] * n + o->prefecture[i]) * n);
    }
}

static void propose_counties(const jd_base_t *base, const jd_dims_t *d, const jd_tree_t *tree,
                             open_t *o)
{
    const jd_choice_t *q = &base->choice;
    const int32_t *child = tree->child[JD_PREFECTURE];
    stretches_t *other = &o->stretches;
    other->n = 0;
    for (int i = 0; i < o->n; i++) {
        int64_t counties = (int64_t)o->kind[i] * d->counties, at = counties + o->county[i];
        int32_t p = o->to_prefecture[i];
        double mine = q->weight_county[at], u = o->u[1][i];
        double all = q->sum_prefecture[(int64_t)o->kind[i] * d->prefectures + p];
        double x = u * (mine + base->crossing * (all - mine));
        bool own = o->near[i] && x < mine;
        /* Among the others: skip the own county's stretch of the running sum. */
        double past = (x - mine) / base->crossing, before = base->county[at] - mine;
        past = past < before ? past : past + mine;
        o->to_county[i] = o->county[i];
        add_stretch(other, i, counties + child[p], counties + child[p + 1],
                    o->near[i] ? past : u * all, !own);
    }
    search_all(base->county, other);
    for (int j = 0; j < other->n; j++) {
        int i = other->whose[j];
        o->to_county[i] = (int32_t)(other->at[j] - (int64_t)o->kind[i] * d->counties);
    }
}

static void propose_streets(const jd_base_t *base, const jd_dims_t *d, const jd_tree_t *tree,
                            open_t *o)
{
    const int32_t *child = tree->child[JD_COUNTY];
    stretches_t *s = &o->stretches;
    s->n = 0;
    for (int i = 0; i < o->n; i++) {
        int64_t streets = (int64_t)o->kind[i] * d->streets;
        int32_t c = o->to_county[i];
        double all = base->choice.sum_county[(int64_t)o->kind[i] * d->counties + c];
        add_stretch(s, i, streets + child[c], streets + child[c + 1], o->u[2][i] * all, true);
    }
    search_all(base->street, s);
    for (int i = 0; i < o->n; i++)
        o->to[i] = (int32_t)(s->at[i] - (int64_t)o->kind[i] * d->streets);
}

/* A street for each open firm, by the base table; u[3] is left for who accepts it. */
static void propose(const jd_draw_tables_t *t, open_t *o, uint64_t increment)
{
    draw_uniforms(o, increment, 4);
    propose_prefectures(t->base, t->dims, o);
    propose_counties(t->base, t->dims, t->tree, o);
    propose_streets(t->base, t->dims, t->tree, o);
}

static void open_all(const jd_draw_tables_t *t, const jd_draws_t *draws, open_t *o)
{
    o->n = draws->n;
    for (int i = 0; i < draws->n; i++) {
        origin_t from = origin_of(t->tree, draws->origin[i]);
        o->whose[i] = i;
        o->kind[i] = draws->kind[i];
        o->county[i] = from.county;
        o->prefecture[i] = from.prefecture;
        o->state[i] = draws->state[i];
    }
}

/* Firm i stays open: it moves up to place n. */
static inline void keep_open(open_t *o, int n, int i)
{
    o->whose[n] = o->whose[i];
    o->kind[n] = o->kind[i];
    o->county[n] = o->county[i];
    o->prefecture[n] = o->prefecture[i];
    o->state[n] = o->state[i];
}

/* p/q of what is proposed to open firm i. */
static inline double proposed_over_base(const jd_choice_t *p, const jd_draw_tables_t *t,
                                        const open_t *o, int i)
{
    const origin_t from = {JD_ABSENT, o->county[i], o->prefecture[i]};
    return over_base(p, t, o->kind[i], from, o->to[i], o->to_prefecture[i]);
}

static inline double bound_of(const jd_choice_t *p, const jd_dims_t *d, const open_t *o, int i)
{
    return p->bound[(int64_t)o->kind[i] * d->counties + o->county[i]];
}

/* The same by running sums over the world's own tables, made as it goes. */
static int32_t invert(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                      const jd_tree_t *tree, int kind, origin_t o, jd_rng_t *rng)
{
    int64_t counties = (int64_t)kind * d->counties, top = (int64_t)kind * d->prefectures;
    double u_prefecture = jd_rng_uniform(rng), u_county = jd_rng_uniform(rng),
           u_street = jd_rng_uniform(rng);
    double x = u_prefecture * p->total[counties + o.county];
    int32_t to = o.prefecture;
    bool near = x < p->own[counties + o.county];
    if (!near) {
        const double *gravity = borders->gravity + (int64_t)o.prefecture * d->prefectures;
        x -= p->own[counties + o.county];
        for (int32_t i = 0; i < d->prefectures; i++) {
            double mass = p->mass[top + i] * gravity[i];
            if (mass <= 0) continue;
            to = i; /* the last with any mass takes what rounding leaves */
            if (x < mass) break;
            x -= mass;
        }
        near = to == o.prefecture; /* nowhere else to go */
    }
    double mine = near ? p->weight_county[counties + o.county] : 0;
    double rate = near ? p->crossing[o.county] : 1;
    x = u_county * (mine + rate * (p->sum_prefecture[top + to] - mine));
    int32_t county = near && mine > 0 ? o.county : -1;
    if (!(near && x < mine)) {
        x -= mine;
        for (int32_t c = tree->child[JD_PREFECTURE][to]; c < tree->child[JD_PREFECTURE][to + 1];
             c++) {
            double w = rate * p->weight_county[counties + c];
            if ((near && c == o.county) || w <= 0) continue;
            county = c;
            if (x < w) break;
            x -= w;
        }
    }
    if (county < 0) return o.street;
    x = u_street * p->sum_county[counties + county];
    int32_t street = o.street;
    for (int32_t s = tree->child[JD_COUNTY][county]; s < tree->child[JD_COUNTY][county + 1]; s++) {
        double w = p->weight[(int64_t)kind * d->streets + s];
        if (w <= 0) continue;
        street = s;
        if (x < w) break;
        x -= w;
    }
    return street;
}

void jd_choice_destinations(const jd_draw_tables_t *t, const jd_choice_t *p, jd_draws_t *draws)
{
    enum { ATTEMPTS = 3 };
    open_t o;
    open_all(t, draws, &o);
    for (int attempt = 0; attempt < ATTEMPTS && o.n > 0; attempt++) {
        int open = 0;
        propose(t, &o, draws->increment);
        for (int i = 0; i < o.n; i++) {
            double bound = bound_of(p, t->dims, &o, i);
            bool taken = o.u[3][i] * bound < proposed_over_base(p, t, &o, i);
            draws->to[o.whose[i]] = o.to[i];
            keep_open(&o, open, i);
            open += !taken;
        }
        o.n = open;
    }
    for (int i = 0; i < o.n; i++) {
        int32_t *to = &draws->to[o.whose[i]];
        jd_rng_t rng = {o.state[i], draws->increment};
        *to = invert(p, t->borders, t->dims, t->tree, o.kind[i],
                     origin_of(t->tree, draws->origin[o.whose[i]]), &rng);
    }
}

/* Probability of a street of county `to`, seen from an origin, over the street's weight. */
static double density(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                      const jd_tree_t *tree, int kind, origin_t o, int32_t to)
{
    const double crossing = p->crossing[o.county];
    int64_t counties = (int64_t)kind * d->counties, top = (int64_t)kind * d->prefectures;
    int32_t prefecture = tree->parent[JD_COUNTY][to];
    double in_county = p->sum_county[counties + to], total = p->total[counties + o.county];
    if (in_county <= 0) return 0; /* all its streets refuse */
    double county = p->weight_county[counties + to] / in_county;
    if (prefecture != o.prefecture) {
        double g = borders->gravity[(int64_t)o.prefecture * d->prefectures + prefecture];
        return p->mass[top + prefecture] * g / total * county / p->sum_prefecture[top + prefecture];
    }
    double mine = p->weight_county[counties + o.county];
    double near = mine + crossing * (p->sum_prefecture[top + prefecture] - mine);
    return p->own[counties + o.county] / total * county / near * (to == o.county ? 1 : crossing);
}

/* Walks over all streets and adds up by how much p exceeds `first`, until the sum is above x; the
 * street that brought it there, or the last one that added. -1 if p exceeds nowhere. */
static int32_t walk_excess(const jd_choice_t *first, const jd_choice_t *p,
                           const jd_borders_t *borders, const jd_dims_t *d, const jd_tree_t *tree,
                           int kind, origin_t o, double x, double *sum)
{
    const double *w0 = first->weight + (int64_t)kind * d->streets;
    const double *w1 = p->weight + (int64_t)kind * d->streets;
    int32_t at = -1;
    *sum = 0;
    for (int32_t c = 0; c < d->counties; c++) {
        double f0 = density(first, borders, d, tree, kind, o, c);
        double f1 = density(p, borders, d, tree, kind, o, c);
        for (int32_t s = tree->child[JD_COUNTY][c]; s < tree->child[JD_COUNTY][c + 1]; s++) {
            double more = w1[s] * f1 - w0[s] * f0;
            if (more <= 0) continue;
            at = s;
            *sum += more;
            if (*sum > x) return at;
        }
    }
    return at;
}

/* A street where p exceeds `first`, with the probability of its excess; the one there is if p
 * exceeds nowhere. */
static int32_t draw_excess(const jd_draw_tables_t *t, const jd_choice_t *first,
                           const jd_choice_t *p, int kind, origin_t from, int32_t to, double u)
{
    double all;
    walk_excess(first, p, t->borders, t->dims, t->tree, kind, from, HUGE_VAL, &all);
    int32_t other = walk_excess(first, p, t->borders, t->dims, t->tree, kind, from, u * all, &all);
    return other < 0 ? to : other;
}

/* Who stays with the street of `first` is done; the others are left open. */
static void follow_first(const jd_draw_tables_t *t, const jd_choice_t *first, const jd_choice_t *p,
                         const jd_draws_t *draws, open_t *o)
{
    const jd_tree_t *tree = t->tree;
    int open = 0;
    draw_uniforms(o, draws->increment, 1);
    for (int i = 0; i < o->n; i++) {
        o->to[i] = draws->to[i];
        o->to_prefecture[i] = tree->parent[JD_COUNTY][tree->parent[JD_STREET][draws->to[i]]];
        bool stays =
            o->u[0][i] * proposed_over_base(first, t, o, i) < proposed_over_base(p, t, o, i);
        keep_open(o, open, i);
        open += !stays;
    }
    o->n = open;
}

void jd_choice_follow(const jd_draw_tables_t *t, const jd_choice_t *first, const jd_choice_t *p,
                      jd_draws_t *draws)
{
    enum { ATTEMPTS = (JD_FOLLOW_DRAWS - 2) / 4 };
    open_t o;
    open_all(t, draws, &o);
    follow_first(t, first, p, draws, &o);
    for (int attempt = 0; attempt < ATTEMPTS && o.n > 0; attempt++) {
        int open = 0;
        propose(t, &o, draws->increment);
        for (int i = 0; i < o.n; i++) {
            double more = proposed_over_base(p, t, &o, i) - proposed_over_base(first, t, &o, i);
            bool taken = o.u[3][i] * bound_of(p, t->dims, &o, i) < more;
            if (taken) draws->to[o.whose[i]] = o.to[i];
            keep_open(&o, open, i);
            open += !taken;
        }
        o.n = open;
    }
    draw_uniforms(&o, draws->increment, 1);
    for (int i = 0; i < o.n; i++) {
        int32_t *to = &draws->to[o.whose[i]];
        origin_t from = origin_of(t->tree, draws->origin[o.whose[i]]);
        *to = draw_excess(t, first, p, o.kind[i], from, *to, o.u[0][i]);
    }
}

double jd_choice_probability(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                             const jd_tree_t *tree, int kind, int32_t origin, int32_t to)
{
    const origin_t from = origin_of(tree, origin);
    const int32_t county = tree->parent[JD_STREET][to];
    const double weight = p->weight[(int64_t)kind * d->streets + to],
                 untied = weight * density(p, borders, d, tree, kind, from, county);
    return d->ties > 0 ? jd_tied_probability(p, d, kind, from.county, county, weight, untied)
                       : untied;
}
