/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Policy-process diffusion: participatory governance is trained into lower tiers by their
 * superiors, learned on tours of peers, started by crises, posted leaders and shared experts, and
 * lost again (docs/mechanisms/diffusion.md). */
#include <math.h>
#include <string.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

typedef struct diffusion_params {
    double training, tours, rivals, leading, posted, crisis, experts;
    double copies, visit, twofold, joint, trust, relapse, fade;
} diffusion_params_t;

#define P(field) offsetof(diffusion_params_t, field)
#define ROW(name, field, value, most, unit, help, source)                                    \
    {                                                                                        \
        name, JD_PARAM_DOUBLE, P(field), value, 0, most, NULL, unit, help, source, JD_RESULT \
    }

static const jd_param_t params[] = {
    ROW("training", training, "0", 10, "1/quarter",
        "hazard of a step up while the superior is ahead: none, interpreted, practised", "off"),
    ROW("tours", tours, "0.3", 10, "1/quarter",
        "hazard of practising, times the share of peers under the same superior who practise, if "
        "the best of them has better services; also visits made a quarter",
        "assumed"),
    ROW("rivals", rivals, "0.1", 10, "1/quarter",
        "the same, times the share that practises under neighbouring superiors", "assumed"),
    ROW("leading", leading, "0.05", 10, "1/quarter",
        "the same, if the most developed peer practises", "assumed"),
    ROW("posted", posted, "0.5", 1, "1",
        "chance that a leader who is posted from where it is practised brings it along", "assumed"),
    ROW("crisis", crisis, "0", 1, "1/quarter",
        "hazard of a crisis that makes a county or prefecture practise", "off"),
    ROW("experts", experts, "0.05", 10, "1/quarter",
        "hazard of practising where the county or prefecture whose experts are shared practises",
        "assumed"),
    ROW("copies", copies, "1", 100, "1",
        "nu: a design is drawn with weight exp(-nu n), n peers who have it", "assumed"),
    ROW("visit", visit, "0.03", 1, "1",
        "share of weak effort that a visit a quarter turns into show, where visitors are led",
        "assumed"),
    ROW("double", twofold, "0.1", 1, "1",
        "share of time taken where neither county nor prefecture evaluates as the street works, "
        "half of it where one does; 400 households to a grid in place of 150 are 2.7 times that",
        "assumed"),
    ROW("joint", joint, "0.3", 1, "1",
        "fall of the cost of total effort where departments work together: practising streets",
        "assumed"),
    ROW("trust", trust, "0.1", 1, "1",
        "rise of the set-point of willingness by services seen (at plan), in practising streets",
        "assumed"),
    ROW("relapse", relapse, "0.2", 1, "1", "chance that a change of leader ends what is practised",
        "assumed"),
    ROW("fade", fade, "0.1", 10, "1/quarter",
        "hazard that it is no longer practised, times the share of time that is taken away",
        "assumed"),
};

static bool on(const void *block)
{
    const diffusion_params_t *p = block;
    return p->training > 0 || p->crisis > 0;
}

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !on(block);
}

static const jd_unread_t unread[] = {
    {"tours, rivals, leading, posted, experts, copies, visit, double, joint, trust, relapse, fade",
     is_off, "diffusion.training = 0 and crisis = 0: nobody starts"},
    {NULL, NULL, NULL},
};

enum { OF_STREETS, OF_COUNTIES, OF_PREFECTURES, TIERS };
static const jd_level_t level_of[TIERS] = {JD_STREET, JD_COUNTY, JD_PREFECTURE};

typedef enum stage { NONE, INTERPRETED, PRACTISED } stage_t;

/* Rows of a tier: the state, that of the quarter before, the design of who practises (0 = none).
 * Then visits that a street receives in a quarter. */
enum { STATE, WAS, DESIGN, ROWS, VISITS = TIERS * ROWS };
enum { DESIGNS = 8 };

#define STATES(tier, name, level)                                       \
    [(tier)*ROWS + STATE] = {name "_state", level, JD_INT8},            \
                   [(tier)*ROWS + WAS] = {name "_was", level, JD_INT8}, \
                   [(tier)*ROWS + DESIGN] = {name "_design", level, JD_INT8}

static const jd_state_t state[] = {
    STATES(OF_STREETS, "street", JD_STREET),
    STATES(OF_COUNTIES, "county", JD_COUNTY),
    STATES(OF_PREFECTURES, "prefecture", JD_PREFECTURE),
    [VISITS] = {"visits", JD_STREET, JD_DOUBLE},
    {NULL, JD_STREET, JD_DOUBLE},
};

static int8_t *own_row(const jd_moment_t *m, int tier, int row)
{
    return jd_own(m, tier * ROWS + row);
}

/* Mean over the streets beneath a unit. */
static double mean_of(const jd_moment_t *m, const double *street, int tier, int32_t unit)
{
    return jd_tree_mean(m->tree, level_of[tier], unit, street);
}

/* Units under one superior, as they stand. */
typedef struct peers {
    int tier, ahead; /* the superior's state */
    int32_t from, end, leading;
    int interpreted, practise, used[DESIGNS + 1]; /* counts; of designs */
    double best;                                  /* services, among those who practise */
    double rivals; /* share that practises under other superiors of the same one above */
} peers_t;

/* All but `rivals`. `row` is STATE or WAS. */
static peers_t look_at(const jd_moment_t *m, int tier, int32_t superior, int row)
{
    const jd_level_t above = (jd_level_t)(level_of[tier] - 1);
    const int8_t *now = own_row(m, tier, row), *design = own_row(m, tier, DESIGN);
    const double *development = m->tree->development[level_of[tier]];
    peers_t p = {.tier = tier,
                 .ahead = tier < OF_PREFECTURES ? own_row(m, tier + 1, row)[superior]
                                                : INTERPRETED, /* the centre's documents */
                 .from = m->tree->child[above][superior],
                 .end = m->tree->child[above][superior + 1],
                 .best = -1};
    p.leading = p.from;
    for (int32_t i = p.from; i < p.end; i++) {
        p.interpreted += now[i] == INTERPRETED;
        if (development[i] > development[p.leading]) p.leading = i;
        if (now[i] != PRACTISED) continue;
        p.practise++;
        p.used[design[i]]++;
        p.best = jd_max(p.best, mean_of(m, m->world->services, tier, i));
    }
    return p;
}

/* Share of units beneath `top` that practise, without those of `mine`. */
static double share_beside(const jd_moment_t *m, int32_t top, const peers_t *mine, int row)
{
    const jd_level_t level = level_of[mine->tier];
    const int32_t *child = m->tree->child[level - 1], *groups = m->tree->child[level - 2];
    const int32_t from = child[groups[top]], end = child[groups[top + 1]];
    const int8_t *now = own_row(m, mine->tier, row);
    const int others = end - from - (mine->end - mine->from);
    int practise = -mine->practise;
    for (int32_t i = from; i < end; i++)
        practise += now[i] == PRACTISED;
    return others > 0 ? (double)practise / others : 0;
}

/* Share of peers whom a tour convinces of: those who practise, if the best has better services. */
static double toured(const jd_moment_t *m, const peers_t *p, int32_t unit)
{
    if (p->practise == 0 || !(p->best > mean_of(m, m->world->services, p->tier, unit))) return 0;
    return (double)p->practise / (p->end - p->from - 1);
}

typedef enum cause {
    BY_TRAINING = 1,
    BY_TOURS,
    BY_RIVALS,
    BY_LEADING,
    BY_EXPERTS,
    BY_CRISIS,
    BY_POSTED,
    BY_RELAPSE,
    BY_FADING
} cause_t;

enum { DRAW_UP, DRAW_CAUSE, DRAW_FROM, DRAW_BRINGS, DRAW_DESIGN, DRAW_EXIT, DRAW_EXPERTS, DRAWS };

/* What a pass over a tier shares. */
typedef struct pass {
    jd_jump_t jump[DRAWS];
    int tier;
    int32_t seat;              /* of the tier's first unit */
    int32_t top_from, top_end; /* units under the peers' superior's superior */
} pass_t;

static double draw(const pass_t *pass, int what, int32_t unit)
{
    return jd_draw(&pass->jump[what], (uint64_t)(pass->seat + unit));
}

/* Whether a leader came by post from a unit where it is practised, and brings it along. */
static bool brought(const jd_moment_t *m, const pass_t *pass, int32_t unit)
{
    const diffusion_params_t *p = m->params;
    if (m->world->leaders.fate[pass->seat + unit] != JD_FATE_POSTED) return false;
    const int32_t n = pass->top_end - pass->top_from;
    const int32_t from = pass->top_from + (int32_t)(draw(pass, DRAW_FROM, unit) * n);
    return own_row(m, pass->tier, WAS)[from] == PRACTISED &&
           draw(pass, DRAW_BRINGS, unit) < p->posted;
}

/* Whether the unit whose experts are shared practises: the same one all the time. */
static bool experts_know(const jd_moment_t *m, const pass_t *pass, int32_t unit)
{
    const int64_t n = jd_dims_units(m->dims, level_of[pass->tier]);
    const int32_t other = (int32_t)(draw(pass, DRAW_EXPERTS, unit) * (double)n);
    return own_row(m, pass->tier, WAS)[other] == PRACTISED;
}

/* What makes a unit that does not practise take a step, 0 if nothing does. */
static int step_up(const jd_moment_t *m, const pass_t *pass, const peers_t *peers, int32_t unit)
{
    const diffusion_params_t *p = m->params;
    const int8_t *was = own_row(m, pass->tier, WAS);
    const bool city = pass->tier != OF_STREETS, trained = was[unit] == INTERPRETED;
    double hazard[BY_CRISIS + 1] = {0}, sum = 0;
    if (brought(m, pass, unit)) return BY_POSTED;
    if (peers->ahead > was[unit]) hazard[BY_TRAINING] = p->training;
    if (trained) {
        hazard[BY_TOURS] = p->tours * toured(m, peers, unit);
        hazard[BY_RIVALS] = p->rivals * peers->rivals;
        hazard[BY_LEADING] = was[peers->leading] == PRACTISED ? p->leading : 0;
    }
    if (city) hazard[BY_CRISIS] = p->crisis;
    if (city && p->experts > 0 && experts_know(m, pass, unit)) hazard[BY_EXPERTS] = p->experts;
    for (int c = BY_TRAINING; c <= BY_CRISIS; c++)
        sum += hazard[c];
    if (!(sum > 0) || draw(pass, DRAW_UP, unit) >= 1 - jd_exp(-sum)) return 0;
    double left = sum * draw(pass, DRAW_CAUSE, unit);
    int cause = BY_TRAINING;
    while (cause < BY_CRISIS && (left -= hazard[cause]) >= 0)
        cause++;
    while (cause > BY_TRAINING && !(hazard[cause] > 0)) /* rounding at the end */
        cause--;
    return cause;
}

/* What ends it where it is practised, 0 if nothing does. */
static int step_down(const jd_moment_t *m, const pass_t *pass, int32_t unit)
{
    const diffusion_params_t *p = m->params;
    const double u = draw(pass, DRAW_EXIT, unit);
    if (m->world->leaders.fate[pass->seat + unit] != JD_FATE_STAYED && u < p->relapse)
        return BY_RELAPSE;
    const double taken = 1 - mean_of(m, m->world->incentives.time, pass->tier, unit);
    return draw(pass, DRAW_UP, unit) < 1 - jd_exp(-p->fade * taken) ? BY_FADING : 0;
}

/* A design that few peers have. */
static int draw_design(double copies, const peers_t *peers, double u)
{
    double weight[DESIGNS + 1], sum = 0;
    int design = 1;
    for (int d = 1; d <= DESIGNS; d++)
        sum += weight[d] = jd_exp(-copies * peers->used[d]);
    for (double left = u * sum; design < DESIGNS && (left -= weight[design]) >= 0;)
        design++;
    return design;
}

enum {
    EVENT_PERIOD,
    EVENT_LEVEL,
    EVENT_UNIT,
    EVENT_FROM,
    EVENT_TO,
    EVENT_CAUSE,
    EVENT_DESIGN,
    EVENT_COLUMNS
};

#define STAGES "0 none, 1 interpreted, 2 practised"

static const jd_column_t event_columns[EVENT_COLUMNS] = {
    [EVENT_PERIOD] =
        JD_CELL_COLUMN("period", JD_INT32, "quarter", "period at whose end it happens", NULL),
    [EVENT_LEVEL] = JD_CELL_COLUMN("level", JD_INT8, "1", "level of the unit",
                                   "2 prefecture, 3 county, 4 street"),
    [EVENT_UNIT] = JD_CELL_COLUMN("unit", JD_INT32, "1", "unit: row of /jurisdictions", NULL),
    [EVENT_FROM] = JD_CELL_COLUMN("from", JD_INT8, "1", "state before", STAGES),
    [EVENT_TO] = JD_CELL_COLUMN("to", JD_INT8, "1", "state after", STAGES),
    [EVENT_CAUSE] =
        JD_CELL_COLUMN("cause", JD_INT8, "1", "what did it",
                       "1 training, 2 tours, 3 rivals, 4 leading peer, 5 experts, 6 crisis, 7 "
                       "posted leader, 8 change of leader, 9 time taken away"),
    [EVENT_DESIGN] =
        JD_CELL_COLUMN("design", JD_INT8, "1", "design practised from now on", "0 none"),
};

static int note(const jd_moment_t *m, int tier, int32_t unit, int cause, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    int64_t row;
    int rc = jd_event_begin(m, &row, ctx);
    if (rc || row < 0) return rc;
    JD_CELLS(t, EVENT_LEVEL, int8_t)[row] = (int8_t)level_of[tier];
    JD_CELLS(t, EVENT_UNIT, int32_t)[row] = jd_first_row(m->tree, level_of[tier]) + unit;
    JD_CELLS(t, EVENT_FROM, int8_t)[row] = own_row(m, tier, WAS)[unit];
    JD_CELLS(t, EVENT_TO, int8_t)[row] = own_row(m, tier, STATE)[unit];
    JD_CELLS(t, EVENT_CAUSE, int8_t)[row] = (int8_t)cause;
    JD_CELLS(t, EVENT_DESIGN, int8_t)[row] = own_row(m, tier, DESIGN)[unit];
    return JD_OK;
}

/* One unit's quarter. */
static int move(const jd_moment_t *m, const pass_t *pass, const peers_t *peers, int32_t unit,
                jd_ctx_t *ctx)
{
    const diffusion_params_t *p = m->params;
    int8_t *now = own_row(m, pass->tier, STATE), *design = own_row(m, pass->tier, DESIGN);
    const bool practises = now[unit] == PRACTISED;
    const int cause = practises ? step_down(m, pass, unit) : step_up(m, pass, peers, unit);
    if (cause == 0) return JD_OK;
    now[unit] = (int8_t)(practises              ? INTERPRETED
                         : cause == BY_TRAINING ? now[unit] + 1
                                                : PRACTISED);
    design[unit] = (int8_t)(now[unit] == PRACTISED
                                ? draw_design(p->copies, peers, draw(pass, DRAW_DESIGN, unit))
                                : 0);
    return note(m, pass->tier, unit, cause, ctx);
}

/* A tier's quarter: all see the states of the quarter before. */
static int move_tier(const jd_moment_t *m, int tier, jd_ctx_t *ctx)
{
    const jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_DIFFUSION);
    const jd_level_t level = level_of[tier], above = (jd_level_t)(level - 1);
    const int32_t *child = m->tree->child[above], *groups = m->tree->child[above - 1];
    pass_t pass = {.tier = tier, .seat = jd_dims_seat(m->dims, level, 0)};
    int rc = JD_OK;
    for (int d = 0; d < DRAWS; d++)
        pass.jump[d] = jd_jump(stream, d == DRAW_EXPERTS ? 0 : m->period, d);
    for (int32_t top = 0; top < jd_dims_units(m->dims, (jd_level_t)(above - 1)); top++) {
        pass.top_from = child[groups[top]];
        pass.top_end = child[groups[top + 1]];
        for (int32_t g = groups[top]; g < groups[top + 1]; g++) {
            peers_t peers = look_at(m, tier, g, WAS);
            peers.rivals = share_beside(m, top, &peers, WAS);
            for (int32_t i = peers.from; i < peers.end && !rc; i++)
                rc = move(m, &pass, &peers, i, ctx);
        }
    }
    return rc;
}

/* Who practises under one superior is toured by those who have only documents; a county's and a
 * prefecture's visitors are led to its practising streets. */
static void receive(const jd_moment_t *m, int tier, int32_t superior)
{
    const peers_t peers = look_at(m, tier, superior, STATE);
    const int8_t *now = own_row(m, tier, STATE), *street = own_row(m, OF_STREETS, STATE);
    const double tours = ((const diffusion_params_t *)m->params)->tours;
    double *visits = jd_own(m, VISITS);
    for (int32_t i = peers.from; i < peers.end && peers.practise > 0; i++) {
        const int32_t from = jd_tree_first_street(m->tree, level_of[tier], i),
                      end = jd_tree_first_street(m->tree, level_of[tier], i + 1);
        int hosts = 0;
        if (now[i] != PRACTISED) continue;
        for (int32_t s = from; s < end; s++)
            hosts += street[s] == PRACTISED;
        for (int32_t s = from; s < end; s++)
            if (street[s] == PRACTISED)
                visits[s] += tours * peers.interpreted / peers.practise / hosts;
    }
}

/* What the states do to streets in the next quarter. */
static void act(const jd_moment_t *m, const jd_modifiers_t *next)
{
    const diffusion_params_t *p = m->params;
    const int8_t *street = own_row(m, OF_STREETS, STATE), *county = own_row(m, OF_COUNTIES, STATE),
                 *prefecture = own_row(m, OF_PREFECTURES, STATE);
    const double *visits = jd_own(m, VISITS);
    for (int32_t s = 0; s < m->dims->streets; s++) {
        const int32_t c = m->tree->parent[JD_STREET][s], u = m->tree->parent[JD_COUNTY][c];
        const bool practises = street[s] == PRACTISED;
        const int against =
            (practises != (county[c] == PRACTISED)) + (practises != (prefecture[u] == PRACTISED));
        next->burden[s] += 0.5 * p->twofold * against;
        if (!practises) continue;
        next->show[s] += p->visit * visits[s];
        next->crowd[s] *= 1 - p->joint;
        next->trust[s] *= 1 + p->trust * jd_min(1, m->world->services[s]);
    }
}

/* The centre's campaign begins with the first recorded quarter. */
static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    int rc = JD_OK;
    if (m->period < 1) return JD_OK;
    for (int tier = 0; tier < TIERS; tier++)
        memcpy(own_row(m, tier, WAS), own_row(m, tier, STATE),
               (size_t)jd_dims_units(m->dims, level_of[tier]));
    for (int tier = 0; tier < TIERS && !rc; tier++)
        rc = move_tier(m, tier, ctx);
    memset(jd_own(m, VISITS), 0, (size_t)m->dims->streets * sizeof(double));
    for (int tier = 0; tier < TIERS && !rc; tier++)
        for (int32_t u = 0; u < jd_dims_units(m->dims, (jd_level_t)(level_of[tier] - 1)); u++)
            receive(m, tier, u);
    if (!rc) act(m, next);
    return rc;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const double *visits = jd_own(m, VISITS);
    for (int tier = 0; tier < TIERS; tier++) {
        const int8_t *now = own_row(m, tier, STATE), *design = own_row(m, tier, DESIGN);
        for (int32_t i = 0; i < jd_dims_units(m->dims, level_of[tier]); i++)
            if (now[i] < NONE || now[i] > PRACTISED || design[i] < 0 || design[i] > DESIGNS ||
                (design[i] > 0) != (now[i] == PRACTISED))
                return jd_fail(ctx, JD_ERR_DATA,
                               "diffusion: unit %d of level %d: state %d, design %d", (int)i,
                               (int)level_of[tier], now[i], design[i]);
    }
    for (int32_t s = 0; s < m->dims->streets; s++)
        if (!(visits[s] >= 0))
            return jd_fail(ctx, JD_ERR_DATA, "diffusion: street %d has fewer visits than none",
                           (int)s);
    return JD_OK;
}

enum {
    COUNTY_STATE = P_SHARED,
    SUPERIOR,
    STREETS_INTERPRETED,
    STREETS_PRACTISED,
    DESIGNS_USED,
    VISITS_MEAN,
    TOURED,
    RIVALS,
    LEADING,
    COLUMNS
};

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    [COUNTY_STATE] =
        JD_CELL_COLUMN("state", JD_INT8, "1", "the county's state in the quarter", STAGES),
    [SUPERIOR] = JD_CELL_COLUMN("superior", JD_INT8, "1", "its prefecture's", STAGES),
    [STREETS_INTERPRETED] =
        JD_CELL_COLUMN("interpreted", JD_DOUBLE, "1", "share of streets with documents only", NULL),
    [STREETS_PRACTISED] =
        JD_CELL_COLUMN("practised", JD_DOUBLE, "1", "share of streets that practise", NULL),
    [DESIGNS_USED] = JD_CELL_COLUMN("designs", JD_INT32, "1",
                                    "different designs among streets that practise", NULL),
    [VISITS_MEAN] =
        JD_CELL_COLUMN("visits", JD_DOUBLE, "1/quarter", "visits a street receives, mean", NULL),
    [TOURED] =
        JD_CELL_COLUMN("tours", JD_DOUBLE, "1",
                       "share of counties of the prefecture that practise, if the best of them has "
                       "better services",
                       NULL),
    [RIVALS] = JD_CELL_COLUMN(
        "rivals", JD_DOUBLE, "1",
        "share of counties that practise in other prefectures of the province", NULL),
    [LEADING] =
        JD_CELL_COLUMN("leading", JD_INT8, "1",
                       "the most developed county of the prefecture practises", "0 no, 1 yes"),
};

/* A county's streets. */
static void record_streets(const jd_moment_t *m, jd_table_t *panel, int64_t at, int32_t county)
{
    const peers_t streets = look_at(m, OF_STREETS, county, STATE);
    const double n = streets.end - streets.from;
    int used = 0;
    for (int d = 1; d <= DESIGNS; d++)
        used += streets.used[d] > 0;
    JD_CELLS(panel, STREETS_INTERPRETED, double)[at] = streets.interpreted / n;
    JD_CELLS(panel, STREETS_PRACTISED, double)[at] = streets.practise / n;
    JD_CELLS(panel, DESIGNS_USED, int32_t)[at] = used;
    JD_CELLS(panel, VISITS_MEAN, double)[at] = mean_of(m, jd_own(m, VISITS), OF_COUNTIES, county);
}

/* What the quarter begins with, and what the step at its end will read. */
static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const int8_t *county = own_row(m, OF_COUNTIES, STATE);
    (void)ctx;
    for (int32_t u = 0; u < m->dims->prefectures; u++) {
        peers_t peers = look_at(m, OF_COUNTIES, u, STATE);
        peers.rivals = share_beside(m, m->tree->parent[JD_PREFECTURE][u], &peers, STATE);
        for (int32_t c = peers.from; c < peers.end; c++) {
            const int64_t at = row * m->dims->counties + c;
            JD_CELLS(panel, COUNTY_STATE, int8_t)[at] = county[c];
            JD_CELLS(panel, SUPERIOR, int8_t)[at] = (int8_t)peers.ahead;
            JD_CELLS(panel, TOURED, double)
            [at] = county[c] == PRACTISED ? (double)NAN : toured(m, &peers, c);
            JD_CELLS(panel, RIVALS, double)[at] = peers.rivals;
            JD_CELLS(panel, LEADING, int8_t)[at] = county[peers.leading] == PRACTISED;
            record_streets(m, panel, at, c);
        }
    }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/diffusion", "truth/diffusion"},
     "Diffusion of participatory governance by county and quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_diffusion = {
    .section =
        {
            .name = "diffusion",
            .help = "diffusion of participatory governance by training, tours and triggers",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(diffusion_params_t),
            .unread = unread,
        },
    .on = on,
    .leaders = true,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/diffusion", "Steps of streets, counties and prefectures up and down",
               event_columns, EVENT_COLUMNS},
    .step = step,
    .audit = audit,
};
