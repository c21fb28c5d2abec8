/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Mid-level policy entrepreneurs: technocrats of a county's bureaus try out social policies. A
 * design of k parts works if each is solved; complex ones need other bureaus' assent
 * (docs/mechanisms/entrepreneurs.md). */
#include <math.h>
#include <string.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"
#include "model/policy.h"
#include "model/pressure.h"

typedef struct entrepreneurs_params {
    double rate, visibility, cost, assent, burden, loss, others, gain, wear, expertise, turnover;
} entrepreneurs_params_t;

#define P(field) offsetof(entrepreneurs_params_t, field)
#define ROW(name, value, most, unit, help, source)                                           \
    {                                                                                        \
#name, JD_PARAM_DOUBLE, P(name), value, 0, most, NULL, unit, help, source, JD_RESULT \
    }

static const jd_param_t params[] = {
    ROW(rate, "0", 10, "1/quarter",
        "lam: attempts of a bureau that has nothing running, if nobody is rewarded for them",
        "off"),
    ROW(visibility, "2", 20, "1",
        "v: what a success is worth to a leader in a tournament of intensity 1, by the log of the "
        "rate of attempts",
        "assumed"),
    ROW(cost, "1", 20, "1", "fall of the log of that rate where officials have no time left",
        "assumed"),
    ROW(assent, "0.7", 1, "1",
        "chance that another bureau agrees; a design of k parts needs k - 1 of them", "assumed"),
    ROW(burden, "0.01", 1, "1", "share of streets' time that an attempt takes in the next quarter",
        "assumed"),
    ROW(loss, "0.3", 20, "1",
        "fall of the log of visibility with each failure under the same county leader", "assumed"),
    ROW(others, "0.5", 20, "1",
        "rise of visibility with the share of the prefecture's other counties that have the same "
        "bureau's project",
        "assumed"),
    ROW(gain, "0.002", 1, "1/quarter",
        "capability for services learned from each project that runs, of what streets lack",
        "assumed"),
    ROW(wear, "0.05", 1, "1/quarter",
        "chance that a part of a running project has to be solved anew", "assumed"),
    ROW(expertise, "0.4", 1, "1",
        "least expertise x of a bureau, the chance that it solves a part; even from here to 1",
        "assumed"),
    ROW(turnover, "0.01", 1, "1/quarter", "chance that a bureau's technocrats are replaced",
        "assumed: they stay while leaders rotate"),
};

static bool on(const void *block)
{
    return ((const entrepreneurs_params_t *)block)->rate > 0;
}

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !on(block);
}

static const jd_unread_t unread[] = {
    {"visibility, cost, assent, burden, loss, others, gain, wear, expertise, turnover", is_off,
     "entrepreneurs.rate = 0: nobody tries anything"},
    {NULL, NULL, NULL},
};

/* A bureau for each domain of social welfare that a county has; its designs have one part more than
 * the number of the bureau. */
enum { BUREAUS = 4 };

static int parts_of(int bureau)
{
    return bureau + 1;
}

/* Rows of a bureau, a cell for each county: expertise; visibility of a success; whether it tried,
 * and what came of it (outcome_t); a project that runs, now and a quarter ago, and whether a part
 * of it is unsolved; failures under this leader. Then tour as the county's streets felt it. */
enum { X, V, DONE, LIVE, BEFORE, FLAWED, FAILURES, ROWS, TOUR = BUREAUS * ROWS };

#define BUREAU(b)                                                          \
    [(b)*ROWS + X] = {"expertise_" #b, JD_COUNTY, JD_DOUBLE},              \
                [(b)*ROWS + V] = {"visibility_" #b, JD_COUNTY, JD_DOUBLE}, \
                [(b)*ROWS + DONE] = {"outcome_" #b, JD_COUNTY, JD_INT8},   \
                [(b)*ROWS + LIVE] = {"live_" #b, JD_COUNTY, JD_INT8},      \
                [(b)*ROWS + BEFORE] = {"before_" #b, JD_COUNTY, JD_INT8},  \
                [(b)*ROWS + FLAWED] = {"flawed_" #b, JD_COUNTY, JD_INT8},  \
                [(b)*ROWS + FAILURES] = {"failures_" #b, JD_COUNTY, JD_INT32}

static const jd_state_t state[] = {
    BUREAU(0),
    BUREAU(1),
    BUREAU(2),
    BUREAU(3),
    [TOUR] = {"tour", JD_COUNTY, JD_DOUBLE},
    {NULL, JD_COUNTY, JD_DOUBLE},
};

typedef enum outcome { NOTHING, REFUSED, FAILED, SUCCEEDED, ENDED } outcome_t;

static void *row_of(const jd_moment_t *m, int bureau, int row)
{
    return jd_own(m, bureau * ROWS + row);
}

enum { DRAW_X, DRAW_RENEW, DRAW_TRY, DRAW_ASSENT, DRAW_SOLVE, DRAW_WEAR, DRAW_REPAIR, DRAWS };

typedef struct jumps {
    jd_jump_t jump[DRAWS];
} jumps_t;

static jumps_t jumps_of(const jd_moment_t *m, int64_t period)
{
    const jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_BUREAU);
    jumps_t j;
    for (int d = 0; d < DRAWS; d++)
        j.jump[d] = jd_jump(stream, period, d);
    return j;
}

static double draw(const jumps_t *j, int what, int bureau, int32_t county)
{
    return jd_draw(&j->jump[what], (uint64_t)county * BUREAUS + (uint64_t)bureau);
}

static double draw_expertise(const jd_moment_t *m, const jumps_t *j, int b, int32_t c)
{
    const double least = ((const entrepreneurs_params_t *)m->params)->expertise;
    return least + (1 - least) * draw(j, DRAW_X, b, c);
}

static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const jumps_t j = jumps_of(m, 0);
    (void)ctx;
    for (int b = 0; b < BUREAUS; b++) {
        double *x = row_of(m, b, X);
        for (int32_t c = 0; c < m->dims->counties; c++)
            x[c] = draw_expertise(m, &j, b, c);
    }
    return JD_OK;
}

/* The tournament as a street felt it: what its stake in strong tasks was above that of pressure.
 * The modifier itself is of the next quarter already. */
static double tour_felt(const jd_moment_t *m, int32_t s)
{
    const jd_street_setting_t *set = m->street;
    const double pressed = 1 + set->rescaling->th_strong * m->world->pressure[s];
    const double base =
        set->events->mandate_s[s] * (set->officials->mu_strong * jd_max(0, pressed));
    return base > 0 ? m->world->incentives.stake_s[s] / base - 1 : 0;
}

/* A county's quarter, as its bureaus see it. */
typedef struct county {
    int32_t county, from, end; /* and its streets */
    double tour, taken;        /* means: of tour, of time taken away */
    bool changed;              /* another leader took office */
} county_t;

static county_t look_at(const jd_moment_t *m, int32_t c)
{
    county_t k = {.county = c,
                  .from = m->tree->child[JD_COUNTY][c],
                  .end = m->tree->child[JD_COUNTY][c + 1],
                  .changed = m->world->leaders.fate[jd_dims_seat(m->dims, JD_COUNTY, c)] !=
                             JD_FATE_STAYED};
    for (int32_t s = k.from; s < k.end; s++) {
        k.tour += tour_felt(m, s) / (k.end - k.from);
        k.taken += (1 - m->world->incentives.time[s]) / (k.end - k.from);
    }
    return k;
}

/* Share of the prefecture's other counties where the same bureau had a project a quarter ago. */
static double share_of_others(const jd_moment_t *m, int bureau, int32_t county)
{
    const int32_t prefecture = m->tree->parent[JD_COUNTY][county];
    const int32_t from = m->tree->child[JD_PREFECTURE][prefecture],
                  end = m->tree->child[JD_PREFECTURE][prefecture + 1];
    const int8_t *before = row_of(m, bureau, BEFORE);
    int n = 0;
    for (int32_t c = from; c < end; c++)
        n += c != county && before[c] > 0;
    return end - from > 1 ? (double)n / (end - from - 1) : 0;
}

enum {
    EVENT_PERIOD,
    EVENT_COUNTY,
    EVENT_PARTS,
    EVENT_OUTCOME,
    EVENT_EXPERTISE,
    EVENT_TOUR,
    EVENT_VISIBILITY,
    EVENT_COLUMNS
};

static const jd_column_t event_columns[EVENT_COLUMNS] = {
    [EVENT_PERIOD] =
        JD_CELL_COLUMN("period", JD_INT32, "quarter", "period at whose end it happens", NULL),
    [EVENT_COUNTY] = JD_CELL_COLUMN("county", JD_INT32, "1", "county: row of /jurisdictions", NULL),
    [EVENT_PARTS] =
        JD_CELL_COLUMN("parts", JD_INT8, "1", "parts of the bureau's designs, which name it", NULL),
    [EVENT_OUTCOME] =
        JD_CELL_COLUMN("outcome", JD_INT8, "1", "what came of it",
                       "1 refused by another bureau, 2 failed, 3 works, 4 ended by a new leader"),
    [EVENT_EXPERTISE] =
        JD_CELL_COLUMN("expertise", JD_DOUBLE, "1", "expertise of the bureau", NULL),
    [EVENT_TOUR] =
        JD_CELL_COLUMN("tour", JD_DOUBLE, "1", "tournament as the county's streets felt it", NULL),
    [EVENT_VISIBILITY] =
        JD_CELL_COLUMN("visibility", JD_DOUBLE, "1", "visibility of a success", NULL),
};

static int note(const jd_moment_t *m, const county_t *k, int b, outcome_t outcome, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    int64_t row;
    int rc = jd_event_begin(m, &row, ctx);
    if (rc || row < 0) return rc;
    JD_CELLS(t, EVENT_COUNTY, int32_t)[row] = jd_first_row(m->tree, JD_COUNTY) + k->county;
    JD_CELLS(t, EVENT_PARTS, int8_t)[row] = (int8_t)parts_of(b);
    JD_CELLS(t, EVENT_OUTCOME, int8_t)[row] = (int8_t)outcome;
    JD_CELLS(t, EVENT_EXPERTISE, double)[row] = ((double *)row_of(m, b, X))[k->county];
    JD_CELLS(t, EVENT_TOUR, double)[row] = k->tour;
    JD_CELLS(t, EVENT_VISIBILITY, double)[row] = ((double *)row_of(m, b, V))[k->county];
    return JD_OK;
}

/* A running project: parts wear out, and are solved anew or not. A leader keeps what he began, a
 * new one ends what does not work. True if it ended. */
static bool keep_up(const jd_moment_t *m, const jumps_t *j, const county_t *k, int b)
{
    const entrepreneurs_params_t *p = m->params;
    const int32_t c = k->county;
    int8_t *live = row_of(m, b, LIVE), *flawed = row_of(m, b, FLAWED);
    if (k->changed && flawed[c]) {
        live[c] = flawed[c] = 0;
        return true;
    }
    if (draw(j, DRAW_WEAR, b, c) < p->wear)
        flawed[c] = draw(j, DRAW_REPAIR, b, c) >= ((double *)row_of(m, b, X))[c];
    return false;
}

/* What comes of a bureau that has nothing running. */
static outcome_t attempt(const jd_moment_t *m, const jumps_t *j, const county_t *k, int b)
{
    const entrepreneurs_params_t *p = m->params;
    const int32_t c = k->county;
    const int *failures = row_of(m, b, FAILURES), parts = parts_of(b);
    const double works = jd_pow(((double *)row_of(m, b, X))[c], parts);
    double *v = row_of(m, b, V);
    v[c] =
        p->visibility * jd_exp(-p->loss * failures[c]) * (1 + p->others * share_of_others(m, b, c));
    const double rate = p->rate * jd_exp(k->tour * v[c] * works - p->cost * k->taken);
    if (draw(j, DRAW_TRY, b, c) >= 1 - jd_exp(-rate)) return NOTHING;
    if (parts > 1 && draw(j, DRAW_ASSENT, b, c) >= jd_pow(p->assent, parts - 1)) return REFUSED;
    return draw(j, DRAW_SOLVE, b, c) < works ? SUCCEEDED : FAILED;
}

/* A bureau's quarter. */
static int work(const jd_moment_t *m, const jumps_t *j, const county_t *k, int b, jd_ctx_t *ctx)
{
    const entrepreneurs_params_t *p = m->params;
    const int32_t c = k->county;
    int8_t *done = row_of(m, b, DONE), *live = row_of(m, b, LIVE);
    int32_t *failures = row_of(m, b, FAILURES);
    if (draw(j, DRAW_RENEW, b, c) < p->turnover)
        ((double *)row_of(m, b, X))[c] = draw_expertise(m, j, b, c);
    if (k->changed) failures[c] = 0;
    outcome_t outcome;
    if (live[c])
        outcome = keep_up(m, j, k, b) ? ENDED : NOTHING;
    else
        outcome = attempt(m, j, k, b);
    done[c] = (int8_t)outcome;
    failures[c] += outcome == FAILED;
    if (outcome == SUCCEEDED) live[c] = 1;
    return outcome == NOTHING ? JD_OK : note(m, k, b, outcome, ctx);
}

/* What attempts and projects do to the county's streets in the next quarter. */
static void act(const jd_moment_t *m, const county_t *k, const jd_modifiers_t *next)
{
    const entrepreneurs_params_t *p = m->params;
    int tries = 0, running = 0;
    for (int b = 0; b < BUREAUS; b++) {
        const int8_t done = ((int8_t *)row_of(m, b, DONE))[k->county];
        tries += done >= REFUSED && done <= SUCCEEDED;
        running += ((int8_t *)row_of(m, b, LIVE))[k->county];
    }
    for (int32_t s = k->from; s < k->end; s++) {
        next->burden[s] += p->burden * tries;
        next->boost_w[s] += p->gain * running;
    }
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const jumps_t j = jumps_of(m, m->period);
    double *tour = jd_own(m, TOUR);
    int rc = JD_OK;
    if (m->period < 1) return JD_OK;
    for (int b = 0; b < BUREAUS; b++)
        memcpy(row_of(m, b, BEFORE), row_of(m, b, LIVE), (size_t)m->dims->counties);
    for (int32_t c = 0; c < m->dims->counties && !rc; c++) {
        const county_t k = look_at(m, c);
        tour[c] = k.tour;
        for (int b = 0; b < BUREAUS && !rc; b++)
            rc = work(m, &j, &k, b, ctx);
        act(m, &k, next);
    }
    return rc;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const double least = ((const entrepreneurs_params_t *)m->params)->expertise;
    for (int b = 0; b < BUREAUS; b++) {
        const double *x = row_of(m, b, X), *v = row_of(m, b, V);
        const int8_t *live = row_of(m, b, LIVE), *flawed = row_of(m, b, FLAWED);
        const int32_t *failures = row_of(m, b, FAILURES);
        for (int32_t c = 0; c < m->dims->counties; c++)
            if (!(x[c] >= least && x[c] <= 1 && v[c] >= 0) || live[c] < 0 || live[c] > 1 ||
                flawed[c] < 0 || flawed[c] > live[c] || failures[c] < 0)
                return jd_fail(ctx, JD_ERR_DATA,
                               "entrepreneurs: county %d, bureau %d: expertise %g, visibility %g, "
                               "live %d, flawed %d, failures %d",
                               (int)c, b, x[c], v[c], live[c], flawed[c], (int)failures[c]);
    }
    return JD_OK;
}

enum { TOUR_FELT = P_SHARED, FIRST };
enum { OF_X, OF_V, OF_DONE, OF_LIVE, OF_FLAWED, OF_ROWS, COLUMNS = FIRST + BUREAUS * OF_ROWS };

#define OUTCOMES "0 nothing, 1 refused, 2 failed, 3 works, 4 ended"
#define PANEL(b, k)                                                                              \
    [FIRST + (b)*OF_ROWS +                                                                       \
        OF_X] =                                                                                  \
        JD_CELL_COLUMN("expertise_" #k, JD_DOUBLE, "1",                                          \
                       "expertise of bureau " #k ", whose designs have as many parts", NULL),    \
        [FIRST + (b)*OF_ROWS + OF_V] = JD_CELL_COLUMN("visibility_" #k, JD_DOUBLE, "1",          \
                                                      "its visibility when it last had nothing " \
                                                      "running",                                 \
                                                      NULL),                                     \
        [FIRST + (b)*OF_ROWS + OF_DONE] =                                                        \
            JD_CELL_COLUMN("outcome_" #k, JD_INT8, "1", "what it did a quarter ago", OUTCOMES),  \
        [FIRST + (b)*OF_ROWS + OF_LIVE] =                                                        \
            JD_CELL_COLUMN("live_" #k, JD_INT8, "1", "its project runs", "0 no, 1 yes"),         \
        [FIRST + (b)*OF_ROWS + OF_FLAWED] =                                                      \
            JD_CELL_COLUMN("flawed_" #k, JD_INT8, "1", "a part of it is unsolved", "0 no, 1 yes")

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    [TOUR_FELT] = JD_CELL_COLUMN("tour", JD_DOUBLE, "1",
                                 "tournament as the streets felt it a quarter ago", NULL),
    PANEL(0, 1),
    PANEL(1, 2),
    PANEL(2, 3),
    PANEL(3, 4),
};

/* What the quarter begins with: outcomes are those of the quarter before. */
static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    static const int of_row[OF_ROWS] = {X, V, DONE, LIVE, FLAWED};
    const int64_t n = m->dims->counties;
    (void)ctx;
    memcpy(JD_CELLS(panel, TOUR_FELT, double) + row * n, jd_own(m, TOUR),
           (size_t)n * sizeof(double));
    for (int b = 0; b < BUREAUS; b++)
        for (int r = 0; r < OF_ROWS; r++) {
            const int column = FIRST + b * OF_ROWS + r;
            const size_t size = jd_column_size(&panel->columns[column]);
            memcpy((char *)panel->data[column] + (size_t)(row * n) * size, row_of(m, b, of_row[r]),
                   (size_t)n * size);
        }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/entrepreneurs", "truth/entrepreneurs"},
     "Bureaus of counties and their projects, by quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_entrepreneurs = {
    .section =
        {
            .name = "entrepreneurs",
            .help =
                "mid-level policy entrepreneurs: technocrats of bureaus try out social policies",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(entrepreneurs_params_t),
            .unread = unread,
        },
    .on = on,
    .leaders = true,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/entrepreneurs", "Attempts of bureaus and what came of them",
               event_columns, EVENT_COLUMNS},
    .init = init,
    .step = step,
    .audit = audit,
};
