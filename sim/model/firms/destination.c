/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Drawing a destination. The world without the policy draws from its own tables alone; the others
 * follow it as far as their tables allow (maximal coupling). Proposals come from one base table
 * (model-equations.md, section 4). */
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

/* First i in [first, end - 1] with sums[i] > x; the last one if rounding leaves none. */
static inline int32_t search(const double *sums, int32_t first, int32_t end, double x)
{
    int32_t n = end - 1 - first; /* the last needs no look */
    while (n > 0) {
        int32_t half = (n + 1) / 2;
        first = sums[first + half - 1] > x ? first : first + half;
        n -= half;
    }
    return first;
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
static inline double over_base(const jd_choice_t *p, const jd_dims_t *d, int kind, origin_t o,
                               int32_t to, int32_t prefecture)
{
    int64_t at = (int64_t)kind * d->counties + o.county;
    double seen = prefecture == o.prefecture
                      ? p->own_ratio[at]
                      : p->far_ratio[at] * p->tilt[(int64_t)kind * d->prefectures + prefecture];
    return p->ratio[(int64_t)kind * d->streets + to] * seen;
}

/* Street proposed by the base table for three uniforms. */
static inline int32_t propose(const jd_base_t *base, const jd_dims_t *d, const jd_tree_t *tree,
                              int kind, origin_t o, jd_rng_t *rng, int32_t *prefecture)
{
    const jd_choice_t *q = &base->choice;
    int64_t counties = (int64_t)kind * d->counties, top = (int64_t)kind * d->prefectures;
    double u_prefecture = jd_rng_uniform(rng), u_county = jd_rng_uniform(rng),
           u_street = jd_rng_uniform(rng);
    double own_share = q->own[counties + o.county] / q->total[counties + o.county];
    const double *sums = base->county + counties;
    int32_t p = o.prefecture, county;
    if (u_prefecture < own_share) {
        double mine = q->weight_county[counties + o.county];
        double x = u_county * (mine + base->crossing * (q->sum_prefecture[top + p] - mine));
        if (x < mine) {
            county = o.county;
        } else { /* among the others: skip the own county's stretch of the running sum */
            x = (x - mine) / base->crossing;
            double before = sums[o.county] - mine;
            county = search(sums, tree->child[JD_PREFECTURE][p], tree->child[JD_PREFECTURE][p + 1],
                            x < before ? x : x + mine);
        }
    } else {
        const double *row = base->prefecture + (top + o.prefecture) * d->prefectures;
        double x = (u_prefecture - own_share) / (1 - own_share) * row[d->prefectures - 1];
        p = search(row, 0, d->prefectures, x);
        county = search(sums, tree->child[JD_PREFECTURE][p], tree->child[JD_PREFECTURE][p + 1],
                        u_county * q->sum_prefecture[top + p]);
    }
    *prefecture = p;
    return search(base->street + (int64_t)kind * d->streets, tree->child[JD_COUNTY][county],
                  tree->child[JD_COUNTY][county + 1], u_street * q->sum_county[counties + county]);
}

/* The same by running sums over the world's own tables, made as it goes. */
static int32_t invert(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                      const jd_tree_t *tree, double crossing, int kind, origin_t o, jd_rng_t *rng)
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
    double rate = near ? crossing : 1;
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

int32_t jd_choice_destination(const jd_base_t *base, const jd_choice_t *p,
                              const jd_borders_t *borders, const jd_dims_t *d,
                              const jd_tree_t *tree, int kind, int32_t street, jd_rng_t *rng)
{
    enum { ATTEMPTS = 3 };
    origin_t o = origin_of(tree, street);
    const double bound = p->bound[(int64_t)kind * d->counties + o.county];
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int32_t prefecture;
        int32_t to = propose(base, d, tree, kind, o, rng, &prefecture);
        if (jd_rng_uniform(rng) * bound < over_base(p, d, kind, o, to, prefecture)) return to;
    }
    return invert(p, borders, d, tree, base->crossing, kind, o, rng);
}

/* Probability of a street of county `to`, seen from an origin, over the street's weight. */
static double density(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                      const jd_tree_t *tree, double crossing, int kind, origin_t o, int32_t to)
{
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
                           double crossing, int kind, origin_t o, double x, double *sum)
{
    const double *w0 = first->weight + (int64_t)kind * d->streets;
    const double *w1 = p->weight + (int64_t)kind * d->streets;
    int32_t at = -1;
    *sum = 0;
    for (int32_t c = 0; c < d->counties; c++) {
        double f0 = density(first, borders, d, tree, crossing, kind, o, c);
        double f1 = density(p, borders, d, tree, crossing, kind, o, c);
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

int32_t jd_choice_follow(const jd_base_t *base, const jd_choice_t *first, const jd_choice_t *p,
                         const jd_borders_t *borders, const jd_dims_t *d, const jd_tree_t *tree,
                         int kind, int32_t street, int32_t to, jd_rng_t *rng)
{
    enum { ATTEMPTS = (JD_FOLLOW_DRAWS - 2) / 4 };
    origin_t o = origin_of(tree, street);
    int32_t prefecture = tree->parent[JD_COUNTY][tree->parent[JD_STREET][to]];
    if (jd_rng_uniform(rng) * over_base(first, d, kind, o, to, prefecture) <
        over_base(p, d, kind, o, to, prefecture))
        return to;
    const double bound = p->bound[(int64_t)kind * d->counties + o.county];
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int32_t other = propose(base, d, tree, kind, o, rng, &prefecture);
        double more = over_base(p, d, kind, o, other, prefecture) -
                      over_base(first, d, kind, o, other, prefecture);
        if (jd_rng_uniform(rng) * bound < more) return other;
    }
    double all, u = jd_rng_uniform(rng);
    walk_excess(first, p, borders, d, tree, base->crossing, kind, o, HUGE_VAL, &all);
    int32_t other = walk_excess(first, p, borders, d, tree, base->crossing, kind, o, u * all, &all);
    return other < 0 ? to : other;
}

double jd_choice_probability(const jd_choice_t *p, const jd_borders_t *borders, const jd_dims_t *d,
                             const jd_tree_t *tree, int kind, int32_t origin, int32_t to)
{
    return p->weight[(int64_t)kind * d->streets + to] *
           density(p, borders, d, tree, jd_exp(-borders->k_county), kind, origin_of(tree, origin),
                   tree->parent[JD_STREET][to]);
}
