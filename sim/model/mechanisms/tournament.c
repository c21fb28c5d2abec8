/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Promotion tournament: the leaders under one superior contest a few posts above, by measured
 * strong output. Who is close to the bar is pushed, and pushes the officials beneath
 * (docs/mechanisms/tournament.md). */
#include <math.h>

#include "jiedao/random.h"
#include "model/mechanisms/contest.h"
#include "model/mechanisms/list.h"

enum { OF_STREETS, OF_COUNTIES, OF_PREFECTURES, TIERS };

/* A tier's contest: its stakes, the noise of what is measured, posts at a review. */
typedef struct stakes {
    double tau, noise;
    int64_t posts;
} stakes_t;

typedef struct tournament_params {
    stakes_t of[TIERS];
    double age_cap;
} tournament_params_t;

static const jd_level_t level_of[TIERS] = {
    [OF_STREETS] = JD_STREET, [OF_COUNTIES] = JD_COUNTY, [OF_PREFECTURES] = JD_PREFECTURE};

#define P(field) offsetof(tournament_params_t, field)

#define TIER(tier, name, who, above)                                                          \
    {name,                                                                                    \
     JD_PARAM_DOUBLE,                                                                         \
     P(of[tier].tau),                                                                         \
     "0",                                                                                     \
     0,                                                                                       \
     5,                                                                                       \
     NULL,                                                                                    \
     "1",                                                                                     \
     "tau: rise of the stakes of strong tasks for the leader of a " who " right at the bar, " \
     "among those of one " above,                                                             \
     "off",                                                                                   \
     JD_RESULT},                                                                              \
        {name "_noise",                                                                       \
         JD_PARAM_DOUBLE,                                                                     \
         P(of[tier].noise),                                                                   \
         "0.06",                                                                              \
         0.001,                                                                               \
         1,                                                                                   \
         NULL,                                                                                \
         "1",                                                                                 \
         "SD of the noise in a " who "'s measured output, relative to the plan",              \
         "Li, Zhou 2005: growth SD 6 %",                                                      \
         JD_RESULT},                                                                          \
    {                                                                                         \
        name "_posts", JD_PARAM_INT, P(of[tier].posts), "1", 1, JD_POSTS_MAX, NULL, "posts",  \
            "leaders of a " above " who rise at a review", "assumed", JD_RESULT               \
    }

static const jd_param_t params[] = {
    TIER(OF_STREETS, "street", "street", "county"),
    TIER(OF_COUNTIES, "county", "county", "prefecture"),
    TIER(OF_PREFECTURES, "prefecture", "prefecture", "province"),
    {"age_cap", JD_PARAM_DOUBLE, P(age_cap), "55", 18, 100, NULL, "years",
     "age from which a leader rises no more and contests nothing", "assumed", JD_RESULT},
};

static bool no_streets(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const tournament_params_t *)block)->of[OF_STREETS].tau == 0.0;
}

static bool no_counties(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const tournament_params_t *)block)->of[OF_COUNTIES].tau == 0.0;
}

static bool no_prefectures(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const tournament_params_t *)block)->of[OF_PREFECTURES].tau == 0.0;
}

static bool on(const void *block)
{
    return !no_streets(block, NULL) || !no_counties(block, NULL) || !no_prefectures(block, NULL);
}

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !on(block);
}

static const jd_unread_t unread[] = {
    {"street_noise, street_posts", no_streets, "tournament.street = 0: streets contest nothing"},
    {"county_noise, county_posts", no_counties, "tournament.county = 0: counties contest nothing"},
    {"prefecture_noise, prefecture_posts", no_prefectures,
     "tournament.prefecture = 0: prefectures contest nothing"},
    {"age_cap", is_off, "nobody contests anything"},
    {NULL, NULL, NULL},
};

/* A tier's rows of state: output over plan, the same as measured, sums of the latter over the
 * tenure and over its last year before the review. */
enum { SCORE, MEASURED, SUM, YEAR, ROWS };

#define STATE(tier, name, level)                                                    \
    [(tier)*ROWS + SCORE] = {name "_score", level, JD_DOUBLE},                      \
                   [(tier)*ROWS + MEASURED] = {name "_measured", level, JD_DOUBLE}, \
                   [(tier)*ROWS + SUM] = {name "_sum", level, JD_DOUBLE},           \
                   [(tier)*ROWS + YEAR] = {name "_year", level, JD_DOUBLE}

static const jd_state_t state[] = {
    STATE(OF_STREETS, "street", JD_STREET),
    STATE(OF_COUNTIES, "county", JD_COUNTY),
    STATE(OF_PREFECTURES, "prefecture", JD_PREFECTURE),
    {NULL, JD_STREET, JD_DOUBLE},
};

static double *own_row(const jd_moment_t *m, int tier, int row)
{
    return jd_own(m, tier * ROWS + row);
}

/* Output over plan: a street's, else the mean of the streets beneath, which are neighbours. */
static double output_of(const jd_moment_t *m, jd_level_t level, int32_t unit)
{
    const int32_t from = jd_tree_first_street(m->tree, level, unit),
                  end = jd_tree_first_street(m->tree, level, unit + 1);
    double sum = 0;
    for (int32_t s = from; s < end; s++)
        sum += m->world->output.y_s[s];
    return sum / (end - from) / (m->street->world->ambition_s * m->street->full);
}

/* Scores of this quarter, as they are and as measured. */
static void measure(const jd_moment_t *m, int tier, double noise)
{
    const jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_OUTPUT);
    const jd_jump_t jump[2] = {jd_jump(stream, m->period, 2 * tier),
                               jd_jump(stream, m->period, 2 * tier + 1)};
    const int64_t n = jd_dims_units(m->dims, level_of[tier]);
    double *score = own_row(m, tier, SCORE), *measured = own_row(m, tier, MEASURED);
    for (int32_t i = 0; i < n; i++) {
        const double z = jd_normal(jd_draw(&jump[0], (uint64_t)i), jd_draw(&jump[1], (uint64_t)i));
        score[i] = output_of(m, level_of[tier], i);
        measured[i] = score[i] + noise * z;
    }
}

/* Sums of the present leaders' measured scores; `left` quarters to the review. */
static void remember(const jd_moment_t *m, int tier, int32_t from, int32_t end, int64_t left)
{
    const int32_t seat = jd_dims_seat(m->dims, level_of[tier], 0);
    const double *measured = own_row(m, tier, MEASURED);
    double *sum = own_row(m, tier, SUM), *year = own_row(m, tier, YEAR);
    for (int32_t i = from; i < end; i++) {
        const bool new = m->world->leaders.tenure[seat + i] == 0;
        sum[i] = new ? 0 : sum[i] + measured[i];
        year[i] = new || left > 3 ? 0 : year[i] + measured[i];
    }
}

/* Whether a unit's leader is in the contest: who is too old no longer rises. */
static bool contests(const jd_moment_t *m, int tier, int32_t unit)
{
    const int32_t seat = jd_dims_seat(m->dims, level_of[tier], unit);
    return m->world->leaders.age[seat] < ((const tournament_params_t *)m->params)->age_cap;
}

/* Adds to the stakes of all streets beneath a unit. */
static void add_tour(const jd_moment_t *m, const jd_modifiers_t *next, jd_level_t level,
                     int32_t unit, double tour)
{
    const int32_t from = jd_tree_first_street(m->tree, level, unit),
                  end = jd_tree_first_street(m->tree, level, unit + 1);
    for (int32_t s = from; s < end; s++)
        next->tour[s] += tour;
}

/* Pushes the contestants among units [from, end), who have one superior. */
static void push(const jd_moment_t *m, const jd_modifiers_t *next, int tier, int32_t from,
                 int32_t end)
{
    const stakes_t *stakes = &((const tournament_params_t *)m->params)->of[tier];
    const double *score = own_row(m, tier, SCORE), *measured = own_row(m, tier, MEASURED);
    const int k = (int)stakes->posts;
    double best[JD_POSTS_MAX + 1];
    int held = 0;
    for (int32_t i = from; i < end; i++)
        if (contests(m, tier, i)) held = jd_contest_hold(measured[i], held, k, best);
    for (int32_t i = from; i < end && held == k + 1; i++) {
        if (!contests(m, tier, i)) continue;
        const double bar = jd_contest_bar(measured[i], k, best);
        add_tour(m, next, level_of[tier], i,
                 stakes->tau * jd_contest_push(score[i], bar, stakes->noise));
    }
}

enum {
    EVENT_PERIOD,
    EVENT_LEVEL,
    EVENT_UNIT,
    EVENT_SUPERIOR,
    EVENT_CONTESTANTS,
    EVENT_AGE,
    EVENT_TENURE,
    EVENT_MEAN,
    EVENT_YEAR,
    EVENT_ROSE,
    EVENT_COLUMNS
};

static const jd_column_t event_columns[EVENT_COLUMNS] = {
    [EVENT_PERIOD] =
        JD_CELL_COLUMN("period", JD_INT32, "quarter", "period of the review, from 1", NULL),
    [EVENT_LEVEL] = JD_CELL_COLUMN("level", JD_INT8, "1", "level of the leader's unit",
                                   "2 prefecture, 3 county, 4 street"),
    [EVENT_UNIT] = JD_CELL_COLUMN("unit", JD_INT32, "1", "unit: row of /jurisdictions", NULL),
    [EVENT_SUPERIOR] = JD_CELL_COLUMN("superior", JD_INT32, "1",
                                      "unit above, of the contest: row of /jurisdictions", NULL),
    [EVENT_CONTESTANTS] =
        JD_CELL_COLUMN("contestants", JD_INT32, "leaders", "leaders in the contest", NULL),
    [EVENT_AGE] = JD_CELL_COLUMN("age", JD_DOUBLE, "years", "age", NULL),
    [EVENT_TENURE] = JD_CELL_COLUMN("tenure", JD_INT32, "quarters", "quarters in office", NULL),
    [EVENT_MEAN] = JD_CELL_COLUMN("score", JD_DOUBLE, "1",
                                  "measured output over plan, mean of the tenure", NULL),
    [EVENT_YEAR] = JD_CELL_COLUMN("score_year", JD_DOUBLE, "1",
                                  "the same, mean of the last four quarters of the tenure", NULL),
    [EVENT_ROSE] = JD_CELL_COLUMN("rose", JD_INT8, "1", "the leader rises", "0 no, 1 yes"),
};

typedef struct review {
    int tier;
    int32_t superior, contestants;
} review_t;

static int note(const jd_moment_t *m, const review_t *r, int32_t unit, bool rose, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    int64_t row;
    int rc = jd_event_begin(m, &row, ctx);
    if (rc || row < 0) return rc;
    const jd_level_t level = level_of[r->tier];
    const int32_t seat = jd_dims_seat(m->dims, level, unit);
    const int32_t tenure = m->world->leaders.tenure[seat];
    JD_CELLS(t, EVENT_LEVEL, int8_t)[row] = (int8_t)level;
    JD_CELLS(t, EVENT_UNIT, int32_t)[row] = jd_first_row(m->tree, level) + unit;
    JD_CELLS(t, EVENT_SUPERIOR, int32_t)
    [row] = jd_first_row(m->tree, (jd_level_t)(level - 1)) + r->superior;
    JD_CELLS(t, EVENT_CONTESTANTS, int32_t)[row] = r->contestants;
    JD_CELLS(t, EVENT_AGE, double)[row] = m->world->leaders.age[seat];
    JD_CELLS(t, EVENT_TENURE, int32_t)[row] = tenure;
    JD_CELLS(t, EVENT_MEAN, double)[row] = own_row(m, r->tier, SUM)[unit] / tenure;
    JD_CELLS(t, EVENT_YEAR, double)
    [row] = own_row(m, r->tier, YEAR)[unit] / (tenure < 4 ? tenure : 4);
    JD_CELLS(t, EVENT_ROSE, int8_t)[row] = rose;
    return JD_OK;
}

/* The review of units [from, end): of those who contest and have served, the best by the mean of
 * their tenure rise. */
static int judge(const jd_moment_t *m, const jd_modifiers_t *next, review_t *r, int32_t from,
                 int32_t end, jd_ctx_t *ctx)
{
    const int k = (int)((const tournament_params_t *)m->params)->of[r->tier].posts;
    const int32_t seat = jd_dims_seat(m->dims, level_of[r->tier], 0);
    const int32_t *tenure = m->world->leaders.tenure + seat;
    const double *sum = own_row(m, r->tier, SUM);
    double best[JD_POSTS_MAX + 1];
    int held = 0, rc = JD_OK;
    for (int32_t i = from; i < end; i++) {
        if (tenure[i] == 0 || !contests(m, r->tier, i)) continue;
        held = jd_contest_hold(sum[i] / tenure[i], held, k, best);
        r->contestants++;
    }
    for (int32_t i = from; i < end && !rc && held == k + 1; i++) {
        if (tenure[i] == 0 || !contests(m, r->tier, i)) continue;
        const bool rises = sum[i] / tenure[i] >= best[k - 1];
        if (rises) next->rise[seat + i] = 1;
        rc = note(m, r, i, rises, ctx);
    }
    return rc;
}

static int hold_contests(const jd_moment_t *m, const jd_modifiers_t *next, int tier, jd_ctx_t *ctx)
{
    const jd_level_t above = (jd_level_t)(level_of[tier] - 1);
    int rc = JD_OK;
    measure(m, tier, ((const tournament_params_t *)m->params)->of[tier].noise);
    for (int32_t u = 0; u < jd_dims_units(m->dims, above) && !rc; u++) {
        const int32_t from = m->tree->child[above][u], end = m->tree->child[above][u + 1];
        const int64_t left = jd_leaders_review(m->leaders, u, m->period);
        review_t review = {.tier = tier, .superior = u};
        remember(m, tier, from, end, left);
        push(m, next, tier, from, end);
        if (left == 0) rc = judge(m, next, &review, from, end, ctx);
    }
    return rc;
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const tournament_params_t *p = m->params;
    int rc = JD_OK;
    for (int tier = 0; tier < TIERS && !rc; tier++)
        if (p->of[tier].tau > 0) rc = hold_contests(m, next, tier, ctx);
    return rc;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const tournament_params_t *p = m->params;
    const double most = p->of[OF_STREETS].tau + p->of[OF_COUNTIES].tau + p->of[OF_PREFECTURES].tau;
    for (int32_t s = 0; s < m->dims->streets; s++)
        if (!(m->world->modifiers.tour[s] >= 0 &&
              m->world->modifiers.tour[s] <= most * (1 + 1e-12)))
            return jd_fail(ctx, JD_ERR_DATA, "tournament: street %d is pushed by %g of at most %g",
                           (int)s, m->world->modifiers.tour[s], most);
    return JD_OK;
}

enum { TOUR = P_SHARED, AGE, TENURE, MEASURED_LAST, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    [TOUR] = JD_CELL_COLUMN("tour", JD_DOUBLE, "1",
                            "rise of the stakes of strong tasks, mean of streets", NULL),
    [AGE] = JD_CELL_COLUMN("leader_age", JD_DOUBLE, "years", "age of the county's leader", NULL),
    [TENURE] = JD_CELL_COLUMN("leader_tenure", JD_INT32, "quarters", "quarters in office", NULL),
    [MEASURED_LAST] =
        JD_CELL_COLUMN("score", JD_DOUBLE, "1",
                       "the county's measured output over plan of the quarter before; 0 where "
                       "counties contest nothing",
                       NULL),
};

static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const double *measured = own_row(m, OF_COUNTIES, MEASURED);
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        const int64_t at = row * m->dims->counties + c;
        const int32_t seat = jd_dims_seat(m->dims, JD_COUNTY, c);
        const int32_t from = m->tree->child[JD_COUNTY][c], end = m->tree->child[JD_COUNTY][c + 1];
        double sum = 0;
        for (int32_t s = from; s < end; s++)
            sum += m->world->modifiers.tour[s];
        JD_CELLS(panel, TOUR, double)[at] = sum / (end - from);
        JD_CELLS(panel, AGE, double)[at] = m->world->leaders.age[seat];
        JD_CELLS(panel, TENURE, int32_t)[at] = m->world->leaders.tenure[seat];
        JD_CELLS(panel, MEASURED_LAST, double)[at] = measured[c];
    }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/tournament", "truth/tournament"},
     "Contests for promotion by county and quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_tournament = {
    .section =
        {
            .name = "tournament",
            .help = "promotion tournament among leaders who have one superior",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(tournament_params_t),
            .unread = unread,
        },
    .on = on,
    .leaders = true,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/tournament", "Reviews of leaders: who contested and who rose",
               event_columns, EVENT_COLUMNS},
    .step = step,
    .audit = audit,
};
