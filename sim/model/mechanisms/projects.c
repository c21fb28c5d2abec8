/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Optional projects: a street's leader launches a governance innovation of his own choice, which
 * shines, fades and ends (docs/mechanisms/projects.md). */
#include <math.h>

#include "core/vmath.h"
#include "jiedao/random.h"
#include "model/mechanisms/list.h"

/* What makes a street launch. */
typedef enum drive { EVALUATION, RIVALS, SERVICES, RESIDENTS, VALUES, HONOUR, DRIVES } drive_t;

typedef struct projects_params {
    double rate[DRIVES];
    double elite, burden, show, toolkit, decline, taste, recognise, keep, city;
} projects_params_t;

#define P(field) offsetof(projects_params_t, field)
#define ROW(name, field, value, most, unit, help, source)                                    \
    {                                                                                        \
        name, JD_PARAM_DOUBLE, P(field), value, 0, most, NULL, unit, help, source, JD_RESULT \
    }

static const jd_param_t params[] = {
    ROW("evaluation", rate[EVALUATION], "0", 10, "1/quarter",
        "hazard of a launch, times what pressure and tournament add to the stakes of strong tasks",
        "off"),
    ROW("rivals", rate[RIVALS], "0", 10, "1/quarter",
        "the same, times the share of the county's other streets with a live project", "off"),
    ROW("services", rate[SERVICES], "0", 10, "1/quarter",
        "the same, times what services fall short of plan", "off"),
    ROW("residents", rate[RESIDENTS], "0", 10, "1/quarter",
        "the same, times what residents' evaluation adds to willingness", "off"),
    ROW("values", rate[VALUES], "0", 10, "1/quarter",
        "the same, times officials' mean willingness, where the leader is of the strategic elite",
        "off"),
    ROW("honour", rate[HONOUR], "0.1", 10, "1/quarter",
        "the same, times fame left from the street's own recognised projects", "assumed"),
    ROW("elite", elite, "0.25", 1, "1", "share of leaders who are of the strategic elite",
        "assumed"),
    ROW("burden", burden, "0.05", 0.9, "1",
        "share of time that a live project takes, and of the county's fiscal autonomy by its share "
        "of streets with one",
        "assumed"),
    ROW("show", show, "0.1", 1, "1", "share of weak effort that a live project turns into show",
        "assumed"),
    ROW("toolkit", toolkit, "0.05", 1, "1", "rise of inducement while a project is recognised",
        "assumed"),
    ROW("decline", decline, "0.1", 10, "1/quarter",
        "kap: visibility falls by it as the project grows old", "assumed"),
    ROW("taste", taste, "0.5", 1, "1",
        "part of visibility lost where the prefecture's leader prefers another theme", "assumed"),
    ROW("recognise", recognise, "0.2", 10, "1/quarter",
        "hazard that the prefecture recognises a project, times its visibility", "assumed"),
    ROW("keep", keep, "0.3", 1, "1", "iota: chance that a project survives its champion's leaving",
        "assumed"),
    ROW("city", city, "0", 1, "1",
        "chance that a launch has a champion at the city level too, in whose time the street's "
        "leader may leave",
        "off"),
};

static bool on(const void *block)
{
    const projects_params_t *p = block;
    double sum = 0;
    for (int d = 0; d < HONOUR; d++) /* honour alone has nothing to begin with */
        sum += p->rate[d];
    return sum > 0;
}

static bool is_off(const void *block, const jd_config_t *config)
{
    (void)config;
    return !on(block);
}

static const jd_unread_t unread[] = {
    {"honour, elite, burden, show, toolkit, decline, taste, recognise, keep, city", is_off,
     "projects.evaluation, rivals, services, residents and values are 0: nobody launches"},
    {NULL, NULL, NULL},
};

/* Theme of the live project (0 = none), quarters it has lived, quality, whether recognised, whether
 * a city champion backs it; fame of the street; whether its leader is of the elite; theme that a
 * prefecture's leader prefers. */
enum { THEME, AGE, QUALITY, RECOGNISED, BACKED, FAME, ELITE, TASTE };
enum { THEMES = 6 };

static const jd_state_t state[] = {
    [THEME] = {"theme", JD_STREET, JD_INT8},
    [AGE] = {"age", JD_STREET, JD_INT32},
    [QUALITY] = {"quality", JD_STREET, JD_DOUBLE},
    [RECOGNISED] = {"recognised", JD_STREET, JD_INT8},
    [BACKED] = {"backed", JD_STREET, JD_INT8},
    [FAME] = {"fame", JD_STREET, JD_DOUBLE},
    [ELITE] = {"elite", JD_STREET, JD_INT8},
    [TASTE] = {"taste", JD_PREFECTURE, JD_INT8},
    {NULL, JD_STREET, JD_DOUBLE},
};

static const double least_visible = 0.25, /* a project that is less visible ends */
    forgotten = 0.05;                     /* of fame, in a quarter */

enum { DRAW_LAUNCH, DRAW_DRIVE, DRAW_THEME, DRAW_QUALITY, DRAW_KEEP, DRAW_RECOGNISE };
enum { DRAW_ELITE = DRAW_RECOGNISE + 1, DRAW_TASTE, DRAW_CITY, DRAWS };

typedef struct pass {
    jd_jump_t jump[DRAWS];
} pass_t;

static pass_t start_pass(const jd_moment_t *m)
{
    const jd_stream_t stream = jd_stream(m->seed, m->replicate, JD_DRAW_PROJECTS);
    pass_t pass;
    for (int d = 0; d < DRAWS; d++)
        pass.jump[d] = jd_jump(stream, m->period, d);
    return pass;
}

static double draw(const pass_t *pass, int what, int32_t unit)
{
    return jd_draw(&pass->jump[what], (uint64_t)unit);
}

static jd_fate_t fate_of(const jd_moment_t *m, jd_level_t level, int32_t unit)
{
    return (jd_fate_t)m->world->leaders.fate[jd_dims_seat(m->dims, level, unit)];
}

/* Traits of who takes office: of the leaders there at the start, or of newcomers alone. */
static void take_office(const jd_moment_t *m, const pass_t *pass, bool all)
{
    const projects_params_t *p = m->params;
    int8_t *elite = jd_own(m, ELITE), *taste = jd_own(m, TASTE);
    for (int32_t s = 0; s < m->dims->streets; s++)
        if (all || fate_of(m, JD_STREET, s) != JD_FATE_STAYED)
            elite[s] = draw(pass, DRAW_ELITE, s) < p->elite;
    for (int32_t u = 0; u < m->dims->prefectures; u++)
        if (all || fate_of(m, JD_PREFECTURE, u) != JD_FATE_STAYED)
            taste[u] = (int8_t)(1 + (int)(draw(pass, DRAW_TASTE, u) * THEMES));
}

static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const pass_t pass = start_pass(m);
    (void)ctx;
    take_office(m, &pass, true);
    return JD_OK;
}

/* Visibility: quality, less with age and out of taste. */
static double visibility(const jd_moment_t *m, int32_t street, bool in_taste)
{
    const projects_params_t *p = m->params;
    const double quality = ((const double *)jd_own(m, QUALITY))[street];
    return quality * jd_exp(-p->decline * ((const int32_t *)jd_own(m, AGE))[street]) *
           (in_taste ? 1 : 1 - p->taste);
}

/* Live projects of a county by theme, as the quarter begins. */
typedef struct county {
    int32_t from, end, prefecture;
    int live, of[THEMES + 1];
} county_t;

static county_t look_at(const jd_moment_t *m, int32_t c)
{
    const int8_t *theme = jd_own(m, THEME);
    county_t x = {.from = m->tree->child[JD_COUNTY][c],
                  .end = m->tree->child[JD_COUNTY][c + 1],
                  .prefecture = m->tree->parent[JD_COUNTY][c]};
    for (int32_t s = x.from; s < x.end; s++) {
        x.live += theme[s] > 0;
        x.of[theme[s]]++;
    }
    return x;
}

/* What each drive of a street without a project is as strong as, most of them from 0 to 1. */
static void drives_of(const jd_moment_t *m, const county_t *county, int32_t s, double x[DRIVES])
{
    const jd_world_t *world = m->world;
    const double plain = m->street->officials->mu_strong;
    const int others = county->end - county->from - 1;
    x[EVALUATION] = plain > 0 ? jd_max(0, world->incentives.stake_s[s] / plain - 1) : 0;
    x[RIVALS] = others > 0 ? (double)county->live / others : 0;
    x[SERVICES] = jd_max(0, 1 - world->services[s]);
    x[RESIDENTS] = jd_max(0, world->incentives.resident[s] - 1);
    x[VALUES] = ((const int8_t *)jd_own(m, ELITE))[s] ? world->output.psi[s] : 0;
    x[HONOUR] = ((const double *)jd_own(m, FAME))[s];
}

/* The drive that makes a street launch, or DRIVES. */
static int driven(const jd_moment_t *m, const pass_t *pass, const county_t *county, int32_t s)
{
    const projects_params_t *p = m->params;
    double hazard[DRIVES], sum = 0;
    drives_of(m, county, s, hazard);
    for (int d = 0; d < DRIVES; d++)
        sum += hazard[d] *= p->rate[d];
    if (!(sum > 0) || draw(pass, DRAW_LAUNCH, s) >= 1 - jd_exp(-sum)) return DRIVES;
    double left = sum * draw(pass, DRAW_DRIVE, s);
    int d = 0;
    while (d < DRIVES - 1 && (left -= hazard[d]) >= 0)
        d++;
    while (d > 0 && !(hazard[d] > 0)) /* rounding at the end */
        d--;
    return d;
}

/* A theme: the taste of the prefecture and those of rivals weigh more. */
static int8_t draw_theme(const county_t *county, int taste, double u)
{
    double sum = 0, weight[THEMES + 1];
    int theme = 1;
    for (int k = 1; k <= THEMES; k++)
        sum += weight[k] = 1 + county->of[k] + (k == taste ? 2 : 0);
    for (double left = u * sum; theme < THEMES && (left -= weight[theme]) >= 0;)
        theme++;
    return (int8_t)theme;
}

typedef enum happening { LAUNCHED = 1, IS_RECOGNISED, ENDED } happening_t;
typedef enum ending { BY_DECLINE = 1, BY_TASTE, BY_LEAVING } ending_t;

enum {
    EVENT_PERIOD,
    EVENT_UNIT,
    EVENT_WHAT,
    EVENT_CAUSE,
    EVENT_THEME,
    EVENT_AGE,
    EVENT_QUALITY,
    EVENT_COPIED,
    EVENT_BACKED,
    EVENT_COLUMNS
};

static const jd_column_t event_columns[EVENT_COLUMNS] = {
    [EVENT_PERIOD] =
        JD_CELL_COLUMN("period", JD_INT32, "quarter", "period at whose end it happens", NULL),
    [EVENT_UNIT] = JD_CELL_COLUMN("unit", JD_INT32, "1", "street: row of /jurisdictions", NULL),
    [EVENT_WHAT] =
        JD_CELL_COLUMN("what", JD_INT8, "1", "what happens", "1 launched, 2 recognised, 3 ended"),
    [EVENT_CAUSE] =
        JD_CELL_COLUMN("cause", JD_INT8, "1",
                       "of a launch the drive: 1 evaluation, 2 rivals, 3 services, 4 residents, "
                       "5 values, 6 honour; of an end",
                       "1 decline, 2 taste, 3 champion left"),
    [EVENT_THEME] = JD_CELL_COLUMN("theme", JD_INT8, "1", "theme of the project", NULL),
    [EVENT_AGE] = JD_CELL_COLUMN("age", JD_INT32, "quarters", "quarters it has lived", NULL),
    [EVENT_QUALITY] = JD_CELL_COLUMN("quality", JD_DOUBLE, "1", "quality", NULL),
    [EVENT_COPIED] =
        JD_CELL_COLUMN("copied", JD_INT32, "streets",
                       "streets of the county with a live project of this theme", NULL),
    [EVENT_BACKED] =
        JD_CELL_COLUMN("backed", JD_INT8, "1", "a champion at the city level", "0 no, 1 yes"),
};

static int note(const jd_moment_t *m, const county_t *county, int32_t s, happening_t what,
                int cause, jd_ctx_t *ctx)
{
    jd_table_t *t = m->events;
    int64_t row;
    int rc = jd_event_begin(m, &row, ctx);
    if (rc || row < 0) return rc;
    const int8_t theme = ((const int8_t *)jd_own(m, THEME))[s];
    JD_CELLS(t, EVENT_UNIT, int32_t)[row] = jd_first_row(m->tree, JD_STREET) + s;
    JD_CELLS(t, EVENT_WHAT, int8_t)[row] = (int8_t)what;
    JD_CELLS(t, EVENT_CAUSE, int8_t)[row] = (int8_t)cause;
    JD_CELLS(t, EVENT_THEME, int8_t)[row] = theme;
    JD_CELLS(t, EVENT_AGE, int32_t)[row] = ((const int32_t *)jd_own(m, AGE))[s];
    JD_CELLS(t, EVENT_QUALITY, double)[row] = ((const double *)jd_own(m, QUALITY))[s];
    JD_CELLS(t, EVENT_COPIED, int32_t)[row] = county->of[theme];
    JD_CELLS(t, EVENT_BACKED, int8_t)[row] = ((const int8_t *)jd_own(m, BACKED))[s];
    return JD_OK;
}

static int launch(const jd_moment_t *m, const pass_t *pass, const county_t *county, int32_t s,
                  jd_ctx_t *ctx)
{
    const projects_params_t *p = m->params;
    const int drive = driven(m, pass, county, s);
    const int taste = ((const int8_t *)jd_own(m, TASTE))[county->prefecture];
    if (drive == DRIVES) return JD_OK;
    ((int8_t *)jd_own(m, THEME))[s] = draw_theme(county, taste, draw(pass, DRAW_THEME, s));
    ((int32_t *)jd_own(m, AGE))[s] = 0;
    ((double *)jd_own(m, QUALITY))[s] = 0.5 + 0.5 * draw(pass, DRAW_QUALITY, s);
    ((int8_t *)jd_own(m, BACKED))[s] = draw(pass, DRAW_CITY, s) < p->city;
    return note(m, county, s, LAUNCHED, drive + 1, ctx);
}

/* Why a live project ends in this quarter, or 0. One that a city champion backs outlives the
 * street's leader; the backing leaves with the prefecture's. */
static int ending(const jd_moment_t *m, const pass_t *pass, const county_t *county, int32_t s,
                  bool in_taste)
{
    const projects_params_t *p = m->params;
    int8_t *backed = jd_own(m, BACKED);
    if (fate_of(m, JD_PREFECTURE, county->prefecture) != JD_FATE_STAYED) backed[s] = 0;
    if (!backed[s] && fate_of(m, JD_STREET, s) != JD_FATE_STAYED &&
        draw(pass, DRAW_KEEP, s) >= p->keep)
        return BY_LEAVING;
    if (visibility(m, s, in_taste) >= least_visible) return 0;
    return visibility(m, s, true) >= least_visible ? BY_TASTE : BY_DECLINE;
}

static void clear_project(const jd_moment_t *m, int32_t s)
{
    ((int8_t *)jd_own(m, THEME))[s] = 0;
    ((int8_t *)jd_own(m, RECOGNISED))[s] = 0;
    ((int8_t *)jd_own(m, BACKED))[s] = 0;
    ((int32_t *)jd_own(m, AGE))[s] = 0;
    ((double *)jd_own(m, QUALITY))[s] = 0;
}

/* A quarter of a live project: older, ended or not, recognised or not. */
static int live_on(const jd_moment_t *m, const pass_t *pass, const county_t *county, int32_t s,
                   jd_ctx_t *ctx)
{
    const projects_params_t *p = m->params;
    int8_t *recognised = jd_own(m, RECOGNISED);
    const bool in_taste = ((const int8_t *)jd_own(m, THEME))[s] ==
                          ((const int8_t *)jd_own(m, TASTE))[county->prefecture];
    ((int32_t *)jd_own(m, AGE))[s]++;
    const int cause = ending(m, pass, county, s, in_taste);
    if (cause) {
        int rc = note(m, county, s, ENDED, cause, ctx);
        clear_project(m, s);
        return rc;
    }
    if (recognised[s] ||
        draw(pass, DRAW_RECOGNISE, s) >= 1 - jd_exp(-p->recognise * visibility(m, s, in_taste)))
        return JD_OK;
    recognised[s] = 1;
    return note(m, county, s, IS_RECOGNISED, 0, ctx);
}

/* What live projects do to the next quarter. */
static void act(const jd_moment_t *m, const jd_modifiers_t *next)
{
    const projects_params_t *p = m->params;
    const int8_t *theme = jd_own(m, THEME), *recognised = jd_own(m, RECOGNISED);
    for (int32_t c = 0; c < m->dims->counties; c++) {
        const county_t county = look_at(m, c);
        next->budget[c] *= 1 - p->burden * county.live / (county.end - county.from);
        for (int32_t s = county.from; s < county.end; s++) {
            if (theme[s] == 0) continue;
            next->burden[s] += p->burden;
            next->show[s] += p->show;
            if (recognised[s]) next->induce[s] *= 1 + p->toolkit;
        }
    }
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const pass_t pass = start_pass(m);
    const int8_t *theme = jd_own(m, THEME), *recognised = jd_own(m, RECOGNISED);
    double *fame = jd_own(m, FAME);
    int rc = JD_OK;
    take_office(m, &pass, false);
    for (int32_t c = 0; c < m->dims->counties && !rc; c++) {
        const county_t county = look_at(m, c);
        for (int32_t s = county.from; s < county.end && !rc; s++)
            rc = theme[s] ? live_on(m, &pass, &county, s, ctx) : launch(m, &pass, &county, s, ctx);
    }
    for (int32_t s = 0; s < m->dims->streets; s++)
        fame[s] = jd_max((1 - forgotten) * fame[s], recognised[s]);
    if (!rc) act(m, next);
    return rc;
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const int8_t *theme = jd_own(m, THEME), *recognised = jd_own(m, RECOGNISED),
                 *backed = jd_own(m, BACKED), *taste = jd_own(m, TASTE);
    const int32_t *age = jd_own(m, AGE);
    const double *fame = jd_own(m, FAME), *quality = jd_own(m, QUALITY);
    for (int32_t s = 0; s < m->dims->streets; s++)
        if (theme[s] < 0 || theme[s] > THEMES || age[s] < 0 || !(fame[s] >= 0 && fame[s] <= 1) ||
            (theme[s] == 0 && (recognised[s] || backed[s] || age[s] || quality[s] > 0)) ||
            (theme[s] > 0 && !(quality[s] >= 0.5 && quality[s] <= 1)))
            return jd_fail(ctx, JD_ERR_DATA,
                           "projects: street %d: theme %d, age %d, quality %g, fame %g", (int)s,
                           theme[s], (int)age[s], quality[s], fame[s]);
    for (int32_t u = 0; u < m->dims->prefectures; u++)
        if (taste[u] < 1 || taste[u] > THEMES)
            return jd_fail(ctx, JD_ERR_DATA, "projects: prefecture %d prefers theme %d", (int)u,
                           taste[u]);
    return JD_OK;
}

enum { LIVE = P_SHARED, LIVE_RECOGNISED, LIVE_AGE, MEAN_FAME, ELITES, PREFERRED, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("county: row of /jurisdictions", "first treated period, 0 = never"),
    [LIVE] = JD_CELL_COLUMN("live", JD_INT32, "streets", "streets with a live project", NULL),
    [LIVE_RECOGNISED] =
        JD_CELL_COLUMN("recognised", JD_INT32, "streets", "of them, recognised", NULL),
    [LIVE_AGE] = JD_CELL_COLUMN("age", JD_DOUBLE, "quarters",
                                "mean age of live projects; NaN if none", NULL),
    [MEAN_FAME] = JD_CELL_COLUMN("fame", JD_DOUBLE, "1", "fame left, mean of streets", NULL),
    [ELITES] = JD_CELL_COLUMN("elite", JD_INT32, "streets",
                              "streets whose leader is of the strategic elite", NULL),
    [PREFERRED] =
        JD_CELL_COLUMN("taste", JD_INT8, "1", "theme that the prefecture's leader prefers", NULL),
};

static int record(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const int8_t *theme = jd_own(m, THEME), *recognised = jd_own(m, RECOGNISED),
                 *elite = jd_own(m, ELITE), *taste = jd_own(m, TASTE);
    const int32_t *age = jd_own(m, AGE);
    const double *fame = jd_own(m, FAME);
    (void)ctx;
    for (int32_t c = 0; c < m->dims->counties; c++) {
        const int64_t at = row * m->dims->counties + c;
        const county_t county = look_at(m, c);
        int32_t famous = 0, elites = 0;
        double ages = 0, sum = 0;
        for (int32_t s = county.from; s < county.end; s++) {
            famous += recognised[s];
            elites += elite[s];
            ages += theme[s] ? age[s] : 0;
            sum += fame[s];
        }
        JD_CELLS(panel, LIVE, int32_t)[at] = county.live;
        JD_CELLS(panel, LIVE_RECOGNISED, int32_t)[at] = famous;
        JD_CELLS(panel, LIVE_AGE, double)
        [at] = county.live > 0 ? ages / county.live : (double)NAN;
        JD_CELLS(panel, MEAN_FAME, double)[at] = sum / (county.end - county.from);
        JD_CELLS(panel, ELITES, int32_t)[at] = elites;
        JD_CELLS(panel, PREFERRED, int8_t)[at] = taste[county.prefecture];
    }
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/projects", "truth/projects"},
     "Optional projects by county and quarter",
     JD_COUNTY,
     columns,
     COLUMNS,
     record},
    {{NULL, NULL}, NULL, JD_COUNTY, NULL, 0, NULL},
};

const jd_mechanism_t jd_projects = {
    .section =
        {
            .name = "projects",
            .help = "optional projects of streets: launched, recognised, faded, ended",
            .params = params,
            .n_params = (int)(sizeof params / sizeof params[0]),
            .size = sizeof(projects_params_t),
            .unread = unread,
        },
    .on = on,
    .leaders = true,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/projects", "Optional projects: launched, recognised, ended",
               event_columns, EVENT_COLUMNS},
    .init = init,
    .step = step,
    .audit = audit,
};
