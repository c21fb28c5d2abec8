/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Inter-county cooperation: pairs arranged by a matchmaker, agreements on what two neighbours
 * share once they are mandated, and partners that counties look for themselves
 * (docs/mechanisms/cooperation.md). */
#include <math.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

typedef struct cooperation_params {
    double arranged, mandated, own;
    jd_list_t calendar, provinces;
    int64_t mandate;
    double decay, rivalry, familiar, learn, capital, cost, rank, voluntary;
} cooperation_params_t;

#define P(field) offsetof(cooperation_params_t, field)
#define ROW(name, field, value, most, unit, help, source)                                    \
    {                                                                                        \
        name, JD_PARAM_DOUBLE, P(field), value, 0, most, NULL, unit, help, source, JD_RESULT \
    }

static const jd_param_t params[] = {
    ROW("arranged", arranged, "0", 10, "1/quarter",
        "rate at which a donor is sought for a county whose fiscal capacity is below its "
        "province's",
        "off"),
    ROW("mandated", mandated, "0", 10, "1/quarter",
        "rate of proposals of two neighbours that share a problem", "off"),
    ROW("self", own, "0", 10, "1/quarter", "rate at which a county looks for a partner itself",
        "off"),
    {"calendar", JD_PARAM_LIST, P(calendar), "1", 0, 100, NULL, "1",
     "factor of all three rates in each year of four quarters; the last one goes on", "given",
     JD_RESULT},
    {"provinces", JD_PARAM_LIST, P(provinces), "1", 0, 100, NULL, "1",
     "the same in each province, in their order; the last one goes on", "given", JD_RESULT},
    {"mandate", JD_PARAM_INT, P(mandate), "37", 0, 1000000, NULL, "period",
     "period from which eco-compensation is mandated; 0 = never",
     "37 is 2018Q1 in a run from 2009Q1: Jiang, Eaton, Kostka 2022", JD_RESULT},
    ROW("decay", decay, "1", 5, "1", "fall of a partner's weight with ln(1 + distance / 30 km)",
        "not identified; sweep it"),
    ROW("rivalry", rivalry, "1", 10, "1",
        "fall of the log weight of partners of the own prefecture, times the county's push by the "
        "tournament",
        "assumed; without a tournament there is none"),
    ROW("familiar", familiar, "1", 10, "1",
        "rise of the log rate of security pacts within a prefecture, where officials meet",
        "assumed"),
    ROW("learn", learn, "0.02", 1, "1/quarter",
        "rate at which a receiver's officials learn weak tasks, times the partners' gap of them",
        "assumed"),
    ROW("capital", capital, "0.02", 1, "1",
        "rise of a receiver's inducement by a partner, for up to three of them", "assumed"),
    ROW("cost", cost, "0.02", 0.3, "1", "fall of a donor's budget by each county that it helps",
        "10 million yuan a year and what is volunteered: Jiang, Eaton, Kostka 2022"),
    ROW("rank", rank, "0", 0.9, "1",
        "share of time that donors spend on the partnership in the year after a rank in the lower "
        "half of their province's; 0 = nobody ranks",
        "off"),
    ROW("voluntary", voluntary, "0", 1000, "1",
        "what a ranked donor gives beyond the mandated sum, in such sums, by the marginal value of "
        "its rank: rank times the density of the contest at its place",
        "off; one county of Anhui gave 1.6: Jiang, Eaton, Kostka 2022"),
};

static bool on(const void *block)
{
    const cooperation_params_t *p = block;
    return p->arranged > 0 || p->mandated > 0 || p->own > 0;
}

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !on(block);
}

static bool not_arranged(const void *block, const jd_config_t *config)
{
    (void)config;
    return on(block) && !(((const cooperation_params_t *)block)->arranged > 0);
}

static bool not_ranked(const void *block, const jd_config_t *config)
{
    (void)config;
    return on(block) && !(((const cooperation_params_t *)block)->rank > 0);
}

static const jd_unread_t unread[] = {
    {"calendar, provinces, mandate, decay, rivalry, familiar, learn, capital, cost, rank, "
     "voluntary",
     is_off, "cooperation.arranged, mandated and self are 0: nobody cooperates"},
    {"cost, rank", not_arranged, "cooperation.arranged = 0: nobody gives"},
    {"voluntary", not_ranked, "cooperation.rank = 0: nobody is ranked, and nobody volunteers"},
    {NULL, NULL, NULL},
};

typedef enum kind { ARRANGED = 1, ECO, INFRASTRUCTURE, SECURITY, ECONOMIC } kind_t;
typedef enum role { RECEIVES = -1, EQUAL, GIVES } role_t;

enum { NEAR = 6 }; /* nearest counties, with which problems are shared */

/* Ties of a county, both partners have them; nearest counties, once; rank. */
enum {
    N,
    WITH,
    KIND,
    ROLE,
    NEAREST,
    BEHIND,
    ATTENTION,
    VOLUNTARY,
    SHARE,
    WEIGHT,
    WATER_ASKED, /* proposals by county, before the mandate and from then on */
    WATER_AGREED,
    LATE_ASKED,
    LATE_AGREED,
    ROADS_ASKED,
    ROADS_AGREED
};

static const jd_state_t state[] = {
    [N] = {"n", JD_COUNTY, JD_INT32},
    [WITH] = {"with", JD_COUNTY_TIES, JD_INT32},
    [KIND] = {"kind", JD_COUNTY_TIES, JD_INT8},
    [ROLE] = {"role", JD_COUNTY_TIES, JD_INT8},
    [NEAREST] = {"nearest", JD_COUNTY_TIES, JD_INT32},
    [BEHIND] = {"behind", JD_COUNTY, JD_INT8},
    [ATTENTION] = {"attention", JD_COUNTY, JD_DOUBLE},
    [VOLUNTARY] = {"voluntary", JD_COUNTY, JD_DOUBLE}, /* sums beyond the mandated, this year */
    [SHARE] = {"share", JD_COUNTY, JD_DOUBLE},         /* of the targeted sector, this quarter */
    [WEIGHT] = {"weight", JD_COUNTY, JD_DOUBLE},       /* as a partner, while one is chosen */
    [WATER_ASKED] = {"water_asked", JD_COUNTY, JD_INT32},
    [WATER_AGREED] = {"water_agreed", JD_COUNTY, JD_INT32},
    [LATE_ASKED] = {"late_asked", JD_COUNTY, JD_INT32},
    [LATE_AGREED] = {"late_agreed", JD_COUNTY, JD_INT32},
    [ROADS_ASKED] = {"roads_asked", JD_COUNTY, JD_INT32},
    [ROADS_AGREED] = {"roads_agreed", JD_COUNTY, JD_INT32},
    {NULL, JD_COUNTY, JD_DOUBLE},
};

/* The county's list of ties as it stands. */
typedef struct ties {
    int32_t n;
    const int32_t *with;
    const int8_t *kind, *role;
} ties_t;

static ties_t ties_of(const jd_moment_t *m, int32_t county)
{
    const int64_t at = (int64_t)county * JD_TIES_MOST;
    return (ties_t){((int32_t *)jd_own(m, N))[county], (int32_t *)jd_own(m, WITH) + at,
                    (int8_t *)jd_own(m, KIND) + at, (int8_t *)jd_own(m, ROLE) + at};
}

static int count_ties(const ties_t *t, kind_t kind, role_t role)
{
    int n = 0;
    for (int32_t k = 0; k < t->n; k++)
        n += t->kind[k] == (int8_t)kind && t->role[k] == (int8_t)role;
    return n;
}

static bool tied(const ties_t *t, int32_t with, kind_t kind)
{
    for (int32_t k = 0; k < t->n; k++)
        if (t->with[k] == with && t->kind[k] == (int8_t)kind) return true;
    return false;
}

static double distance(const jd_moment_t *m, int32_t a, int32_t b)
{
    const double x = m->tree->x[JD_COUNTY][a] - m->tree->x[JD_COUNTY][b],
                 y = m->tree->y[JD_COUNTY][a] - m->tree->y[JD_COUNTY][b];
    return sqrt(x * x + y * y);
}

static int32_t province_of(const jd_moment_t *m, int32_t county)
{
    return m->tree->parent[JD_PREFECTURE][m->tree->parent[JD_COUNTY][county]];
}

static bool same_prefecture(const jd_moment_t *m, int32_t a, int32_t b)
{
    return m->tree->parent[JD_COUNTY][a] == m->tree->parent[JD_COUNTY][b];
}

static double gap(const jd_moment_t *m, int32_t i, int32_t j) /* j ahead of i */
{
    return jd_max(0, m->tree->development[JD_COUNTY][j] - m->tree->development[JD_COUNTY][i]);
}

/* Mean over a county's streets. */
static double mean_of(const jd_moment_t *m, const double *street, int32_t county)
{
    return jd_tree_mean(m->tree, JD_COUNTY, county, street);
}

/* The targeted sector's share of a county's firms. */
static double count_share(const jd_moment_t *m, int32_t county)
{
    int64_t first = 0, all = 0;
    for (int k = 0; k < m->dims->sectors; k++) {
        const int32_t *stock = m->world->stock + (int64_t)k * m->dims->streets;
        for (int32_t s = m->tree->child[JD_COUNTY][county];
             s < m->tree->child[JD_COUNTY][county + 1]; s++) {
            all += stock[s];
            if (k == 0) first += stock[s];
        }
    }
    return all > 0 ? (double)first / (double)all : 0;
}

static double share_of(const jd_moment_t *m, int32_t county)
{
    return ((double *)jd_own(m, SHARE))[county];
}

static double logistic(double x)
{
    return 1 / (1 + jd_exp(-x));
}

enum {
    DRAW_OFFER,
    DRAW_MATCHMAKER,
    DRAW_DONOR,
    DRAW_ASSENT,
    DRAW_LOOK,
    DRAW_PARTNER,
    DRAW_ACCEPT,
    DRAW_SHARED,
    DRAW_PROPOSE,
    DRAW_AGREE,
    DRAW_RANK,
    DRAWS
};

/* What a quarter shares. */
typedef struct pass {
    jd_jump_t jump[DRAWS], shared;
    double year; /* factor of the calendar */
} pass_t;

static double draw(const pass_t *pass, int what, int64_t entity)
{
    return jd_draw(&pass->jump[what], (uint64_t)entity);
}

static double nth(const jd_list_t *list, int64_t i)
{
    return list->value[i < list->n ? i : list->n - 1];
}

/* Whether something of this rate happens to county i in the quarter. */
static bool happens(const jd_moment_t *m, const pass_t *pass, double rate, int32_t county, double u)
{
    const cooperation_params_t *p = m->params;
    return u < 1 - jd_exp(-rate * pass->year * nth(&p->provinces, province_of(m, county)));
}

enum {
    EVENT_PERIOD,
    EVENT_FROM,
    EVENT_TO,
    EVENT_KIND,
    EVENT_MADE,
    EVENT_MATCHMAKER,
    EVENT_PREFECTURE,
    EVENT_PROVINCE,
    EVENT_COLUMNS
};

static const jd_column_t event_columns[EVENT_COLUMNS] = {
    [EVENT_PERIOD] =
        JD_CELL_COLUMN("period", JD_INT32, "quarter", "period at whose end it happens", NULL),
    [EVENT_FROM] = JD_CELL_COLUMN("from", JD_INT32, "1",
                                  "county that proposes, or receives: row of /jurisdictions", NULL),
    [EVENT_TO] = JD_CELL_COLUMN("to", JD_INT32, "1", "county that is asked", NULL),
    [EVENT_KIND] =
        JD_CELL_COLUMN("kind", JD_INT8, "1", "what it is about",
                       "1 arranged, 2 eco-compensation, 3 infrastructure, 4 security, 5 economic"),
    [EVENT_MADE] = JD_CELL_COLUMN("made", JD_INT8, "1", "whether they agreed", "0 refused, 1 made"),
    [EVENT_MATCHMAKER] = JD_CELL_COLUMN("matchmaker", JD_INT8, "1", "who arranged it",
                                        "0 nobody, 1 centre, 2 province, 3 prefecture"),
    [EVENT_PREFECTURE] =
        JD_CELL_COLUMN("same_prefecture", JD_INT8, "1", "both in one prefecture", "0 no, 1 yes"),
    [EVENT_PROVINCE] =
        JD_CELL_COLUMN("same_province", JD_INT8, "1", "both in one province", "0 no, 1 yes"),
};

/* A proposal and its answer. */
typedef struct proposal {
    int32_t from, to;
    kind_t kind;
    role_t role; /* of `from` */
    int matchmaker;
    bool made;
} proposal_t;

static int note(const jd_moment_t *m, const proposal_t *e, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    int64_t row;
    int rc = jd_event_begin(m, &row, ctx);
    if (rc || row < 0) return rc;
    const int32_t first = jd_first_row(m->tree, JD_COUNTY);
    JD_CELLS(t, EVENT_FROM, int32_t)[row] = first + e->from;
    JD_CELLS(t, EVENT_TO, int32_t)[row] = first + e->to;
    JD_CELLS(t, EVENT_KIND, int8_t)[row] = (int8_t)e->kind;
    JD_CELLS(t, EVENT_MADE, int8_t)[row] = e->made;
    JD_CELLS(t, EVENT_MATCHMAKER, int8_t)[row] = (int8_t)e->matchmaker;
    JD_CELLS(t, EVENT_PREFECTURE, int8_t)[row] = same_prefecture(m, e->from, e->to);
    JD_CELLS(t, EVENT_PROVINCE, int8_t)[row] = province_of(m, e->from) == province_of(m, e->to);
    return JD_OK;
}

static void add_half(const jd_moment_t *m, int32_t county, int32_t with, kind_t kind, int role)
{
    int32_t *n = (int32_t *)jd_own(m, N) + county;
    const int64_t at = (int64_t)county * JD_TIES_MOST + (*n)++;
    ((int32_t *)jd_own(m, WITH))[at] = with;
    ((int8_t *)jd_own(m, KIND))[at] = (int8_t)kind;
    ((int8_t *)jd_own(m, ROLE))[at] = (int8_t)role;
}

static bool is_mandated(const jd_moment_t *m)
{
    const int64_t mandate = ((const cooperation_params_t *)m->params)->mandate;
    return mandate > 0 && m->period >= mandate;
}

/* Proposals and assents about water and roads, for the facts. */
static void count_answer(const jd_moment_t *m, const proposal_t *e, bool assent)
{
    if (e->kind != ECO && e->kind != INFRASTRUCTURE) return;
    const int asked = e->kind == INFRASTRUCTURE ? ROADS_ASKED
                      : is_mandated(m)          ? LATE_ASKED
                                                : WATER_ASKED;
    ((int32_t *)jd_own(m, asked))[e->from]++;
    ((int32_t *)jd_own(m, asked + 1))[e->from] += assent;
}

/* A county that has all the ties it has room for takes no other. */
static int answer(const jd_moment_t *m, proposal_t *e, bool assent, jd_ctx_t *ctx)
{
    const int32_t *n = jd_own(m, N);
    count_answer(m, e, assent);
    e->made = assent && n[e->from] < JD_TIES_MOST && n[e->to] < JD_TIES_MOST;
    if (e->made) {
        add_half(m, e->from, e->to, e->kind, (int)e->role);
        add_half(m, e->to, e->from, e->kind, -(int)e->role);
    }
    return note(m, e, ctx);
}

/* How a matchmaker weighs county d as a donor of r; 0 = not at all. */
static double donor_weight(const jd_moment_t *m, int32_t r, int32_t d)
{
    const double *fiscal = m->tree->fiscal[JD_COUNTY];
    const ties_t ties = ties_of(m, d);
    if (d == r || !(fiscal[d] > fiscal[r] + 0.5) || tied(&ties, r, ARRANGED)) return 0;
    const double like = 1 - fabs(share_of(m, r) - share_of(m, d));
    return jd_exp(2 * like + 0.5 * fiscal[d] - 0.5 * count_ties(&ties, ARRANGED, GIVES));
}

/* The rule that weighs counties j as partners of county i. */
typedef double weigh_t(const jd_moment_t *m, int32_t i, int32_t j);

/* One of [first, end) by its weight, or -1. */
static int32_t choose(const jd_moment_t *m, weigh_t *weigh, int32_t i, int32_t first, int32_t end,
                      double u)
{
    double *weight = jd_own(m, WEIGHT), sum = 0;
    int32_t at = -1;
    for (int32_t j = first; j < end; j++)
        sum += weight[j] = weigh(m, i, j);
    double left = u * sum;
    for (int32_t j = first; j < end && left >= 0 && sum > 0; j++) {
        if (!(weight[j] > 0)) continue;
        at = j;
        left -= weight[j];
    }
    return at;
}

/* Matchmakers: a fifth of pairs by the centre, a fifth by the prefecture, the rest by the province.
 */
static int arrange(const jd_moment_t *m, const pass_t *pass, int32_t r, jd_ctx_t *ctx)
{
    const jd_tree_t *t = m->tree;
    const double u = draw(pass, DRAW_MATCHMAKER, r);
    const int32_t v = province_of(m, r), prefecture = t->parent[JD_COUNTY][r];
    const int by = u < 0.2 ? 1 : u < 0.8 ? 2 : 3;
    int32_t first = 0, end = m->dims->counties;
    if (by == 2) {
        first = t->child[JD_PREFECTURE][t->child[JD_PROVINCE][v]];
        end = t->child[JD_PREFECTURE][t->child[JD_PROVINCE][v + 1]];
    } else if (by == 3) {
        first = t->child[JD_PREFECTURE][prefecture];
        end = t->child[JD_PREFECTURE][prefecture + 1];
    }
    const int32_t d = choose(m, donor_weight, r, first, end, draw(pass, DRAW_DONOR, r));
    if (d < 0) return JD_OK; /* no donors, no case */
    const ties_t ties = ties_of(m, d);
    const double assent = 1.2 * t->fiscal[JD_COUNTY][d] - 0.5 * count_ties(&ties, ARRANGED, GIVES);
    proposal_t e = {r, d, ARRANGED, RECEIVES, by, false};
    return answer(m, &e, draw(pass, DRAW_ASSENT, r) < logistic(assent), ctx);
}

/* How county i weighs j as an economic partner. Money that has just come to a neighbour across the
 * prefecture's border draws it as a rich coast does. */
static double partner_weight(const jd_moment_t *m, int32_t i, int32_t j)
{
    const cooperation_params_t *p = m->params;
    const ties_t mine = ties_of(m, i), theirs = ties_of(m, j);
    if (i == j || tied(&mine, j, ECONOMIC)) return 0;
    const bool near = same_prefecture(m, i, j);
    const double km = distance(m, i, j), unlike = fabs(share_of(m, i) - share_of(m, j));
    double v = 0.8 * gap(m, i, j) + 2 * unlike - p->decay * jd_log(1 + km / 30);
    if (near) v -= p->rivalry * mean_of(m, m->world->modifiers.tour, i);
    if (!near && km < 60 && count_ties(&theirs, ARRANGED, RECEIVES) > 0) v += 1;
    return jd_exp(v);
}

static int look_for(const jd_moment_t *m, const pass_t *pass, int32_t i, jd_ctx_t *ctx)
{
    const int32_t j =
        choose(m, partner_weight, i, 0, m->dims->counties, draw(pass, DRAW_PARTNER, i));
    if (j < 0) return JD_OK;
    const double assent = -0.5 + 2 * fabs(share_of(m, i) - share_of(m, j)) - 0.4 * gap(m, i, j);
    proposal_t e = {i, j, ECONOMIC, gap(m, i, j) > 0 ? RECEIVES : GIVES, 0, false};
    return answer(m, &e, draw(pass, DRAW_ACCEPT, i) < logistic(assent), ctx);
}

/* What neighbours i and j share: nothing (7 of 10), water, a road, a border that is to be safe. */
static proposal_t problem_of(const jd_moment_t *m, const pass_t *pass, int32_t i, int k)
{
    const int32_t j = ((int32_t *)jd_own(m, NEAREST))[(int64_t)i * JD_TIES_MOST + k];
    const double u = jd_draw(&pass->shared, (uint64_t)i * NEAR + (uint64_t)k);
    proposal_t e = {i, j, ECONOMIC, EQUAL, 0, false};
    if (u >= 0.3 || j < 0) return e;
    const double *development = m->tree->development[JD_COUNTY];
    const bool poorer = development[i] < development[j];
    e.kind = u < 0.12 ? ECO : u < 0.21 ? INFRASTRUCTURE : SECURITY;
    if (e.kind == INFRASTRUCTURE && !poorer) e.from = j, e.to = i;
    if (e.kind == ECO && u < 0.06) e.from = j, e.to = i; /* who lives downstream */
    if (e.kind != SECURITY) e.role = e.kind == ECO ? GIVES : RECEIVES;
    return e;
}

/* Log odds of assent to a proposal about a shared problem. */
static double assent_to(const jd_moment_t *m, const proposal_t *e)
{
    switch (e->kind) {
    case ECO: /* upstream resists until it is told to; poor, it sells its water */
        if (is_mandated(m)) return 1.5;
        return gap(m, e->to, e->from) > 0.5 ? -1 : -3;
    case INFRASTRUCTURE: /* the richer side gains less */
        return 0.5 - 2 * gap(m, e->from, e->to);
    default:
        return 0;
    }
}

static int share_problems(const jd_moment_t *m, const pass_t *pass, int32_t i, jd_ctx_t *ctx)
{
    const cooperation_params_t *p = m->params;
    int rc = JD_OK;
    for (int k = 0; k < NEAR && !rc; k++) {
        proposal_t e = problem_of(m, pass, i, k);
        if (e.kind == ECONOMIC) continue;
        const int64_t pair = (int64_t)i * NEAR + k;
        const ties_t ties = ties_of(m, e.from);
        const bool known = e.kind == SECURITY && same_prefecture(m, e.from, e.to);
        const double rate = p->mandated * (known ? jd_exp(p->familiar) : 1);
        if (tied(&ties, e.to, e.kind) ||
            !happens(m, pass, rate, e.from, draw(pass, DRAW_PROPOSE, pair)))
            continue;
        rc = answer(m, &e, draw(pass, DRAW_AGREE, pair) < logistic(assent_to(m, &e)), ctx);
    }
    return rc;
}

/* Once a year a province ranks its donors by what they did for their partners of late; those in the
 * lower half turn to it. */
static void rank(const jd_moment_t *m, const pass_t *pass, int32_t v)
{
    const int32_t *child = m->tree->child[JD_PREFECTURE];
    const int32_t from = child[m->tree->child[JD_PROVINCE][v]],
                  end = child[m->tree->child[JD_PROVINCE][v + 1]];
    const cooperation_params_t *p = m->params;
    int8_t *behind = jd_own(m, BEHIND);
    double *attention = jd_own(m, ATTENTION), *voluntary = jd_own(m, VOLUNTARY);
    for (int32_t i = from; i < end; i++) {
        int donors = 0, ahead = 0;
        double close = 0; /* the difference of two uniform draws has this density */
        const ties_t mine = ties_of(m, i);
        const double score = attention[i] + draw(pass, DRAW_RANK, i);
        for (int32_t j = from; j < end; j++) {
            const ties_t ties = ties_of(m, j);
            if (count_ties(&ties, ARRANGED, GIVES) == 0) continue;
            donors++;
            ahead += attention[j] + draw(pass, DRAW_RANK, j) > score;
            if (j != i) close += jd_max(0, 1 - fabs(attention[j] - attention[i]));
        }
        const bool ranked = count_ties(&mine, ARRANGED, GIVES) > 0 && donors > 1;
        behind[i] = ranked && 2 * ahead >= donors;
        voluntary[i] = ranked ? p->voluntary * p->rank * close / (donors - 1) : 0;
    }
    for (int32_t i = from; i < end; i++)
        attention[i] = 0.5 * attention[i] + behind[i];
}

/* What a county's ties do to it in the next quarter. */
static int act_on(const jd_moment_t *m, const jd_modifiers_t *next, int32_t i, jd_ctx_t *ctx)
{
    const cooperation_params_t *p = m->params;
    const ties_t ties = ties_of(m, i);
    const int8_t *behind = jd_own(m, BEHIND);
    const double mine = mean_of(m, m->world->output.a_w, i), *voluntary = jd_own(m, VOLUNTARY);
    double learned = 0, sums = 0; /* of money received, mandated = 1 */
    int received = 0, given = 0, rc = JD_OK;
    for (int32_t k = 0; k < ties.n && !rc; k++) {
        const int32_t j = ties.with[k];
        const bool pays = ties.kind[k] == ARRANGED || ties.kind[k] == ECONOMIC;
        given += ties.kind[k] == ARRANGED && ties.role[k] == GIVES;
        if (pays && ties.role[k] == RECEIVES) {
            if (received++ < 3) sums += 1 + (ties.kind[k] == ARRANGED ? voluntary[j] : 0);
            learned += p->learn * (ties.kind[k] == ARRANGED && behind[j] ? 2 : 1) *
                       jd_max(0, mean_of(m, m->world->output.a_w, j) - mine);
        }
        if (pays && j > i) rc = jd_ties_add(next, m->dims, i, j, 1, ctx);
    }
    for (int32_t s = m->tree->child[JD_COUNTY][i]; s < m->tree->child[JD_COUNTY][i + 1]; s++) {
        next->boost_w[s] += jd_min(learned, 0.1);
        next->induce[s] *= 1 + p->capital * sums;
        if (behind[i]) next->burden[s] += p->rank;
    }
    next->budget[i] *= jd_max(0.5, 1 - p->cost * given * (1 + voluntary[i]));
    return rc;
}

/* The nearest counties, nearest first; -1 where there are fewer. */
static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    (void)ctx;
    for (int32_t i = 0; i < m->dims->counties; i++) {
        int32_t *near = (int32_t *)jd_own(m, NEAREST) + (int64_t)i * JD_TIES_MOST;
        double km[NEAR];
        int n = 0;
        for (int k = 0; k < NEAR; k++)
            near[k] = -1;
        for (int32_t j = 0; j < m->dims->counties; j++) {
            const double d = distance(m, i, j);
            if (j == i || (n == NEAR && d >= km[NEAR - 1])) continue;
            int at = n < NEAR ? n++ : NEAR - 1;
            for (; at > 0 && km[at - 1] > d; at--)
                km[at] = km[at - 1], near[at] = near[at - 1];
            km[at] = d, near[at] = j;
        }
        for (int k = 0; k < NEAR; k++) /* a pair's problem is with the one of the smaller number */
            if (near[k] >= 0 && near[k] < i) near[k] = -1;
    }
    return JD_OK;
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const cooperation_params_t *p = m->params;
    const jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_COOPERATION);
    const jd_tree_t *t = m->tree;
    pass_t pass = {.shared = jd_jump(stream, 0, DRAW_SHARED)};
    int rc = JD_OK;
    if (m->period < 1) return JD_OK;
    pass.year = nth(&p->calendar, (m->period - 1) / 4);
    for (int d = 0; d < DRAWS; d++)
        pass.jump[d] = jd_jump(stream, m->period, d);
    for (int32_t i = 0; i < m->dims->counties; i++)
        ((double *)jd_own(m, SHARE))[i] = count_share(m, i);
    for (int32_t i = 0; i < m->dims->counties && !rc; i++) {
        const bool poor = t->fiscal[JD_COUNTY][i] < t->fiscal[JD_PROVINCE][province_of(m, i)];
        if (poor && happens(m, &pass, p->arranged, i, draw(&pass, DRAW_OFFER, i)))
            rc = arrange(m, &pass, i, ctx);
        if (!rc && p->mandated > 0) rc = share_problems(m, &pass, i, ctx);
        if (!rc && happens(m, &pass, p->own, i, draw(&pass, DRAW_LOOK, i)))
            rc = look_for(m, &pass, i, ctx);
    }
    for (int32_t v = 0; v < m->dims->provinces && p->rank > 0 && m->period % 4 == 0; v++)
        rank(m, &pass, v);
    for (int32_t i = 0; i < m->dims->counties && !rc; i++)
        rc = act_on(m, next, i, ctx);
    return rc;
}

/* Ties are mutual, roles opposite, nobody is tied to itself or twice for one thing. */
static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const double *attention = jd_own(m, ATTENTION);
    for (int32_t i = 0; i < m->dims->counties; i++) {
        const ties_t mine = ties_of(m, i);
        bool right = mine.n >= 0 && mine.n <= JD_TIES_MOST && attention[i] >= 0;
        for (int32_t k = 0; k < mine.n && right; k++) {
            const ties_t theirs = ties_of(m, mine.with[k]);
            int found = 0, twice = 0;
            for (int32_t l = 0; l < theirs.n; l++)
                found += theirs.with[l] == i && theirs.kind[l] == mine.kind[k] &&
                         theirs.role[l] == -mine.role[k];
            for (int32_t l = 0; l < mine.n; l++)
                twice += mine.with[l] == mine.with[k] && mine.kind[l] == mine.kind[k];
            right = mine.with[k] != i && found == 1 && twice == 1;
        }
        if (!right)
            return jd_fail(ctx, JD_ERR_DATA, "cooperation: ties of county %d do not hold", (int)i);
    }
    return JD_OK;
}

/* Two counties of one province, at random: the chance that they lie in one prefecture. */
static double same_at_random(const jd_moment_t *m)
{
    double same = 0, all = 0;
    for (int32_t v = 0; v < m->dims->provinces; v++) {
        const int32_t *child = m->tree->child[JD_PREFECTURE], *top = m->tree->child[JD_PROVINCE];
        const double n = child[top[v + 1]] - child[top[v]];
        all += n * (n - 1);
        for (int32_t p = top[v]; p < top[v + 1]; p++)
            same += (double)(child[p + 1] - child[p]) * (child[p + 1] - child[p] - 1);
    }
    return all > 0 ? same / all : (double)NAN;
}

/* The same of two counties near each other. */
static double same_nearby(const jd_moment_t *m)
{
    const int32_t *near = jd_own(m, NEAREST);
    double same = 0, all = 0;
    for (int32_t i = 0; i < m->dims->counties; i++)
        for (int k = 0; k < NEAR; k++) {
            const int32_t j = near[(int64_t)i * JD_TIES_MOST + k];
            if (j < 0) continue;
            all++;
            same += same_prefecture(m, i, j);
        }
    return all > 0 ? same / all : (double)NAN;
}

/* Odds of an economic tie of two counties near each other, in one prefecture over in two: at equal
 * rank of nearness, weighed as Mantel and Haenszel do. */
static double odds_within(const jd_moment_t *m)
{
    const int32_t *near = jd_own(m, NEAREST);
    double above = 0, below = 0;
    for (int k = 0; k < NEAR; k++) {
        double n[2][2] = {{0}}; /* same prefecture, tied */
        for (int32_t i = 0; i < m->dims->counties; i++) {
            const int32_t j = near[(int64_t)i * JD_TIES_MOST + k];
            if (j < 0) continue;
            const ties_t t = ties_of(m, i);
            n[same_prefecture(m, i, j)][tied(&t, j, ECONOMIC)]++;
        }
        const double all = n[0][0] + n[0][1] + n[1][0] + n[1][1];
        if (!(all > 0)) continue;
        above += n[1][1] * n[0][0] / all;
        below += n[1][0] * n[0][1] / all;
    }
    return below > 0 ? above / below : (double)NAN;
}

/* Share of proposals that were agreed to. */
static double agreed(const jd_moment_t *m, int asked)
{
    const int32_t *of = jd_own(m, asked), *made = jd_own(m, asked + 1);
    double n = 0, yes = 0;
    for (int32_t i = 0; i < m->dims->counties; i++)
        n += of[i], yes += made[i];
    return n > 0 ? yes / n : (double)NAN;
}

/* Cases, each once, beside the numbers of Jiang, Eaton and Kostka (2022). */
static int facts(const jd_moment_t *m, jd_fact_t *fact)
{
    double n[ECONOMIC + 1] = {0}, inside[ECONOMIC + 1] = {0}, all = 0, within = 0;
    const double none = (double)NAN, random = 1 - same_at_random(m);
    for (int32_t i = 0; i < m->dims->counties; i++) {
        const ties_t t = ties_of(m, i);
        for (int32_t k = 0; k < t.n; k++) {
            if (t.with[k] < i) continue;
            const bool same = same_prefecture(m, i, t.with[k]);
            n[t.kind[k]]++, all++;
            inside[t.kind[k]] += same, within += same;
        }
    }
    if (!(all > 0)) return 0;
    const double mandated = n[ECO] + n[INFRASTRUCTURE] + n[SECURITY];
    const jd_fact_t list[] = {
        {"cases", "cases of cooperation", "fit", all, 1126, none, NULL, NULL},
        {"arranged", "of them arranged", "fit", n[ARRANGED] / all, 0.59, none, NULL, NULL},
        {"mandated", "of them mandated", "fit", mandated / all, 0.12, none, NULL, NULL},
        {"across", "across prefectures, all", "reported", 1 - within / all, 0.85, random,
         "pairs at random in a province: does not discriminate", NULL},
        {"across_economic", "across prefectures, economic", "reported",
         1 - inside[ECONOMIC] / n[ECONOMIC], 0.91, random,
         "the same, and distance alone: does not discriminate", NULL},
        {"odds_within", "odds of a partner in the own prefecture", "recovery", odds_within(m), none,
         1, "no rivalry", NULL},
        {"security_within", "security pacts within a prefecture", "recovery",
         inside[SECURITY] / n[SECURITY], none, same_nearby(m),
         "neighbours at random: familiarity is put in", NULL},
        {"water_before", "water agreed to, before the mandate", "recovery", agreed(m, WATER_ASKED),
         none, none, NULL, NULL},
        {"water_after", "water agreed to, from the mandate on", "recovery", agreed(m, LATE_ASKED),
         none, agreed(m, WATER_ASKED), "no mandate", NULL},
        {"roads", "roads agreed to", "recovery", agreed(m, ROADS_ASKED), none, none, NULL, NULL},
    };
    const int found = (int)(sizeof list / sizeof *list);
    for (int i = 0; i < found; i++)
        fact[i] = list[i];
    return found;
}

enum { C_ARRANGED = P_SHARED, C_MANDATED, C_OWN, C_GIVEN, C_RECEIVED, C_BEHIND, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    [C_ARRANGED] =
        JD_CELL_COLUMN("arranged", JD_INT32, "1", "arranged ties, as the quarter begins", NULL),
    [C_MANDATED] = JD_CELL_COLUMN("mandated", JD_INT32, "1", "ties about shared problems", NULL),
    [C_OWN] =
        JD_CELL_COLUMN("self", JD_INT32, "1", "ties that counties looked for themselves", NULL),
    [C_GIVEN] =
        JD_CELL_COLUMN("given", JD_INT32, "1", "arranged ties in which the county gives", NULL),
    [C_RECEIVED] = JD_CELL_COLUMN("received", JD_INT32, "1",
                                  "arranged ties in which the county receives", NULL),
    [C_BEHIND] =
        JD_CELL_COLUMN("behind", JD_INT8, "1", "ranked in the lower half of donors", "0 no, 1 yes"),
};

static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const int8_t *behind = jd_own(m, BEHIND);
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        const int64_t at = row * m->dims->counties + c;
        const ties_t t = ties_of(m, c);
        const int given = count_ties(&t, ARRANGED, GIVES),
                  received = count_ties(&t, ARRANGED, RECEIVES);
        int own = 0;
        for (int32_t k = 0; k < t.n; k++)
            own += t.kind[k] == ECONOMIC;
        JD_CELLS(panel, C_ARRANGED, int32_t)[at] = given + received;
        JD_CELLS(panel, C_MANDATED, int32_t)[at] = t.n - given - received - own;
        JD_CELLS(panel, C_OWN, int32_t)[at] = own;
        JD_CELLS(panel, C_GIVEN, int32_t)[at] = given;
        JD_CELLS(panel, C_RECEIVED, int32_t)[at] = received;
        JD_CELLS(panel, C_BEHIND, int8_t)[at] = behind[c];
    }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/cooperation", "truth/cooperation"},
     "Cooperation by county and quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_cooperation = {
    .section =
        {
            .name = "cooperation",
            .help = "cooperation between counties: arranged, mandated, self-initiated",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(cooperation_params_t),
            .unread = unread,
        },
    .on = on,
    .ties = true,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/cooperation", "Proposals to cooperate, and their answers", event_columns,
               EVENT_COLUMNS},
    .init = init,
    .step = step,
    .audit = audit,
    .facts = facts,
};
