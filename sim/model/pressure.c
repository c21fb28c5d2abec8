/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/pressure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vmath.h"
#include "jiedao/random.h"

#define R(field) offsetof(jd_rescaling_params_t, field)

static const jd_param_t rescaling_params[] = {
    {"base", JD_PARAM_DOUBLE, R(base), "0.1", -1, 2, NULL, "1",
     "standing pressure P0 on every street", "assumed", JD_RESULT},
    {"base_sd", JD_PARAM_DOUBLE, R(base_sd), "0", 0, 1, NULL, "1",
     "SD between prefectures of standing pressure", "assumed", JD_RESULT},
    {"amplify", JD_PARAM_DOUBLE, R(amplify), "0.1", 0, 0.5, NULL, "1",
     "weight each level adds to what it passes down", "target responsibility; assumed", JD_RESULT},
    {"th_strong", JD_PARAM_DOUBLE, R(th_strong), "1", 0, 3, NULL, "1",
     "rise of the stakes of strong tasks per unit of pressure", "assumed", JD_RESULT},
    {"th_weak", JD_PARAM_DOUBLE, R(th_weak), "0.1", 0, 3, NULL, "1",
     "rise of the stakes of weak tasks per unit of pressure", "assumed", JD_RESULT},
    {"th_environment", JD_PARAM_DOUBLE, R(th_environment), "0.5", 0, 3, NULL, "1",
     "rise of environmental stringency per unit of environmental pressure", "assumed", JD_RESULT},
    {"event", JD_PARAM_DOUBLE, R(event), "0.15", 0, 1.5, NULL, "1",
     "size of the built-in event: the centre ramps up economic pressure; 0 = none", "assumed",
     JD_RESULT},
    {"event_start", JD_PARAM_DATE, R(event_start), "2020Q4", 0, 0, NULL, "quarter",
     "quarter after which the built-in event rises", "assumed", JD_RESULT},
    {"event_length", JD_PARAM_INT, R(event_length), "4", 1, 400, NULL, "quarters",
     "quarters the built-in event takes to rise", "assumed", JD_RESULT},
    {"stringency", JD_PARAM_DOUBLE, R(stringency), "1", 0, 5, NULL, "1",
     "environmental stringency R0 without pressure", "unit", JD_RESULT},
    {"leniency", JD_PARAM_DOUBLE, R(leniency), "0", 0, 1, NULL, "1",
     "share of the rise of stringency that streets leave out whatever is at stake", "off",
     JD_RESULT},
    {"leniency_stake", JD_PARAM_DOUBLE, R(leniency_stake), "0", 0, 5, NULL, "1",
     "the share they leave out more, per unit of the stake of strong tasks over penalty times "
     "environmental pressure",
     "the dilemma of the overview; off", JD_RESULT},
    {"penalty", JD_PARAM_DOUBLE, R(penalty), "1", 0.01, 100, NULL, "1",
     "what leniency costs an official per unit of environmental pressure", "assumed", JD_RESULT},
    {"edge", JD_PARAM_DOUBLE, R(edge), "0", 0, 0.99, NULL, "1",
     "how much smaller the penalty is in counties at the edge of their prefecture, whose nearest "
     "county lies in another",
     "Cai, Chen and Gong 2016; off", JD_RESULT},
    {"inspection", JD_PARAM_DOUBLE, R(inspection), "0", 0, 5, NULL, "1",
     "pressure for visible outcomes, which turns weak effort into show; 0 = off", "assumed",
     JD_RESULT},
    {"show_max", JD_PARAM_DOUBLE, R(show_max), "0.6", 0, 1, NULL, "1",
     "largest share of weak effort that goes into show", "assumed", JD_RESULT},
};

static bool has_no_built_in(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_rescaling_params_t *)block)->event == 0.0;
}

static bool inspects_nobody(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_rescaling_params_t *)block)->inspection == 0.0;
}

static bool has_no_environment(const void *block, const jd_config_t *config)
{
    (void)block;
    for (int i = 0; i < jd_config_count(config, "event"); i++) {
        const jd_event_params_t *e = jd_config_named(config, "event", i, NULL);
        if (e->kind == JD_EVENT_ENV) return false;
    }
    return true;
}

static bool is_never_lenient(const void *block, const jd_config_t *config)
{
    return has_no_environment(block, config) ||
           ((const jd_rescaling_params_t *)block)->leniency_stake == 0.0;
}

static const jd_unread_t rescaling_unread[] = {
    {"event_start, event_length", has_no_built_in, "rescaling.event = 0 is no event"},
    {"show_max", inspects_nobody, "rescaling.inspection = 0 asks for no show"},
    {"th_environment, leniency, leniency_stake", has_no_environment,
     "no [event.NAME] has kind = env"},
    {"penalty, edge", is_never_lenient,
     "it needs rescaling.leniency_stake above 0 and an [event.NAME] of kind = env"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_rescaling_section = {
    .name = "rescaling",
    .help = "pressure on streets and how it is passed down",
    .params = rescaling_params,
    .n_params = (int)(sizeof rescaling_params / sizeof rescaling_params[0]),
    .size = sizeof(jd_rescaling_params_t),
    .unread = rescaling_unread,
};

#define E(field) offsetof(jd_event_params_t, field)

static const jd_param_t event_params[] = {
    {"kind", JD_PARAM_CHOICE, E(kind), "eco", 0, 0, "eco | env | reclassify | mandate", "",
     "eco: economic pressure; env: environmental pressure (raises stringency too); reclassify: "
     "units change rank; mandate: tasks without money, or tasks taken away",
     "", JD_RESULT},
    {"shape", JD_PARAM_CHOICE, E(shape), "ramp", 0, 0, "step | ramp | pulse | updown", "",
     "course over time", "", JD_RESULT},
    {"level", JD_PARAM_CHOICE, E(level), "centre", 0, 0,
     "centre | province | prefecture | county | street", "",
     "level that issues it (each level below adds weight); reclassify: street or county", "",
     JD_RESULT},
    {"start", JD_PARAM_DATE, E(start), "2021Q1", 0, 0, NULL, "quarter", "first quarter", "",
     JD_RESULT},
    {"length", JD_PARAM_INT, E(length), "4", 1, 400, NULL, "quarters", "quarters it takes or lasts",
     "", JD_RESULT},
    {"size", JD_PARAM_DOUBLE, E(size), "0.15", -2, 2, NULL, "1", "pressure at full size", "assumed",
     JD_RESULT},
    {"spread", JD_PARAM_DOUBLE, E(spread), "0", 0, 2, NULL, "1",
     "SD of exposure between prefectures, relative to size", "assumed", JD_RESULT},
    {"development", JD_PARAM_DOUBLE, E(development), "0", -1, 1, NULL, "1",
     "rise of exposure per SD of the county's development, relative to size", "assumed", JD_RESULT},
    {"unit", JD_PARAM_TEXT, E(unit), "", 0, 0, NULL, "",
     "code of the unit of that level it applies to, or several with commas between; empty: all", "",
     JD_RESULT},
    {"tk_land", JD_PARAM_DOUBLE, E(tk_land), "1", 0.05, 5, NULL, "1",
     "multiplier of the land quota (below 1: power taken upward; above: devolved)", "assumed",
     JD_RESULT},
    {"tk_fiscal", JD_PARAM_DOUBLE, E(tk_fiscal), "1", 0.05, 5, NULL, "1",
     "the same for fiscal autonomy", "assumed", JD_RESULT},
    {"tk_authority", JD_PARAM_DOUBLE, E(tk_authority), "1", 0.05, 5, NULL, "1",
     "the same for regulatory authority", "assumed", JD_RESULT},
    {"rate", JD_PARAM_DOUBLE, E(rate), "0.0065", 0, 1, NULL, "1/quarter",
     "reclassify: hazard that a unit changes rank",
     "NBS yearbooks: street offices +2.6 % a year, 2003-08", JD_RESULT},
    {"exposure", JD_PARAM_DOUBLE, E(exposure), "1.1", 0.1, 5, NULL, "1",
     "reclassify: multiplier of the unit's exposure to events", "assumed", JD_RESULT},
    {"mu_strong", JD_PARAM_DOUBLE, E(mu_strong), "1", 0, 5, NULL, "1",
     "mandate: multiplier of the measured stakes of strong tasks; 0: the task is taken away",
     "assumed", JD_RESULT},
    {"mu_weak", JD_PARAM_DOUBLE, E(mu_weak), "1", 0, 5, NULL, "1",
     "mandate: the same for weak tasks", "assumed", JD_RESULT},
    {"burden", JD_PARAM_DOUBLE, E(burden), "0", 0, 1, NULL, "1",
     "mandate: share of officials' time it takes", "assumed", JD_RESULT},
};

static int check_event(const void *block, const char *name, const jd_config_t *config,
                       jd_ctx_t *ctx)
{
    const jd_event_params_t *e = block;
    char section[64] = "event.";
    strncat(section, name, sizeof section - strlen(section) - 1);
    if (e->kind == JD_EVENT_RECLASSIFY && e->level != JD_STREET && e->level != JD_COUNTY)
        return jd_config_blame(
            config, section, "level", ctx,
            "%s.level: only streets and counties are reclassified; write level = "
            "street or level = county",
            section);
    bool tools = e->tk_land != 1.0 || e->tk_fiscal != 1.0 || e->tk_authority != 1.0;
    if (e->kind != JD_EVENT_RECLASSIFY && e->level == JD_STREET && e->unit[0] && tools)
        return jd_config_blame(
            config, section, "unit", ctx,
            "%s.unit = %s: land, fiscal and authority multipliers are a county's, not one "
            "street's; write level = county with the county's code, or leave them at 1",
            section, e->unit);
    return JD_OK;
}

static bool reclassifies(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_event_params_t *)block)->kind == JD_EVENT_RECLASSIFY;
}

static bool is_no_reclassification(const void *block, const jd_config_t *config)
{
    return !reclassifies(block, config);
}

static bool mandates(const void *block, const jd_config_t *config)
{
    (void)config;
    return ((const jd_event_params_t *)block)->kind == JD_EVENT_MANDATE;
}

static bool is_no_mandate(const void *block, const jd_config_t *config)
{
    return !mandates(block, config);
}

static bool is_step(const void *block, const jd_config_t *config)
{
    const jd_event_params_t *e = block;
    return !reclassifies(block, config) && e->shape == JD_SHAPE_STEP;
}

static const jd_unread_t event_unread[] = {
    {"rate, exposure", is_no_reclassification, "only events of kind = reclassify have it"},
    {"shape, size, spread, development", reclassifies,
     "an event of kind = reclassify changes ranks and presses nobody"},
    {"size, spread, development", mandates,
     "an event of kind = mandate changes stakes and time and presses nobody"},
    {"mu_strong, mu_weak, burden", is_no_mandate, "only events of kind = mandate have it"},
    {"length", is_step, "shape = step lasts to the end"},
    {NULL, NULL, NULL},
};

const jd_section_t jd_event_section = {
    .name = "event",
    .help = "a rescaling event; as many as wanted, each under its own name",
    .params = event_params,
    .n_params = (int)(sizeof event_params / sizeof event_params[0]),
    .size = sizeof(jd_event_params_t),
    .named = true,
    .check = check_event,
    .unread = event_unread,
};

double jd_event_shape(const jd_event_params_t *event, int32_t quarter)
{
    double since = quarter - event->start, length = (double)event->length;
    if (since < 0) return 0;
    switch (event->shape) {
    case JD_SHAPE_STEP:
        return 1;
    case JD_SHAPE_RAMP:
        return jd_min(1, since / length);
    case JD_SHAPE_PULSE:
        return since < length;
    default:
        return jd_max(0, 1 - fabs(2 * since / length - 1));
    }
}

/* Marks the streets of one unit; false where no unit of the level has the code. */
static bool cover(const jd_event_params_t *e, const char *code, const jd_tree_t *tree,
                  bool *covered)
{
    const jd_level_t level = (jd_level_t)e->level;
    const int32_t unit = jd_tree_find(tree, level, code);
    if (unit < 0) return false;
    const int32_t end = jd_tree_first_street(tree, level, unit + 1);
    for (int32_t s = jd_tree_first_street(tree, level, unit); s < end; s++)
        covered[s] = true;
    return true;
}

/* Marks the streets the event is for: all, those of the one unit, or of each of a list. */
static int cover_units(const jd_event_params_t *e, const char *name, const jd_tree_t *tree,
                       bool *covered, const jd_config_t *config, jd_ctx_t *ctx)
{
    char section[64] = "event.", list[JD_TEXT_MAX], *next = list;
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++)
        covered[s] = !e->unit[0];
    if (!e->unit[0] || cover(e, e->unit, tree, covered)) return JD_OK;
    memcpy(list, e->unit, sizeof list);
    strncat(section, name, sizeof section - strlen(section) - 1);
    while (next) {
        char *code = next + strspn(next, " "), *end = strchr(code, ',');
        next = end ? end + 1 : NULL;
        if (!end) end = code + strlen(code);
        while (end > code && end[-1] == ' ')
            end--;
        *end = '\0';
        if (!cover(e, code, tree, covered))
            return jd_config_blame(
                config, section, "unit", ctx,
                "%s.unit = %s: no unit of that level has the code '%s'; `jiedao export FILE "
                "--table jurisdictions` lists them",
                section, e->unit, code);
    }
    return JD_OK;
}

/* x_{e,s} (1 + amp)^steps: what a street feels of the event at full size. */
static void expose(const jd_event_params_t *e, int32_t index, const jd_tree_t *tree, double amplify,
                   uint64_t seed, const bool *covered, double *exposure)
{
    jd_stream_t stream = jd_stream(seed, 0, JD_DRAW_EVENT);
    jd_jump_t first = jd_jump(stream, 0, 0), second = jd_jump(stream, 0, 1);
    double passed = 1;
    for (int step = e->level; step < JD_STREET; step++)
        passed *= 1.0 + amplify;
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        int32_t county = tree->parent[JD_STREET][s];
        uint64_t id = (uint64_t)index << 32 | (uint32_t)tree->parent[JD_COUNTY][county];
        double z = e->spread > 0 ? jd_normal(jd_draw(&first, id), jd_draw(&second, id)) : 0;
        double relative = 1 + e->spread * z + e->development * tree->development[JD_COUNTY][county];
        const bool presses = covered[s] && e->kind != JD_EVENT_MANDATE;
        exposure[s] = presses ? e->size * relative * passed : 0;
    }
}

static void set_base(jd_events_t *events, const jd_rescaling_params_t *p, const jd_tree_t *tree,
                     uint64_t seed)
{
    jd_stream_t stream = jd_stream(seed, 0, JD_DRAW_PRESSURE);
    jd_jump_t first = jd_jump(stream, 0, 0), second = jd_jump(stream, 0, 1);
    for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
        uint64_t id = (uint64_t)jd_tree_above(tree, s, JD_PREFECTURE);
        double z = p->base_sd > 0 ? jd_normal(jd_draw(&first, id), jd_draw(&second, id)) : 0;
        events->base[s] = p->base + p->base_sd * z;
        events->tk_street[s] = events->scale[s] = 1;
        events->mandate_s[s] = events->mandate_w[s] = 1;
    }
}

/* Whether a county's nearest other one lies in another prefecture. O(counties). */
static bool is_at_edge(const jd_tree_t *tree, int32_t county)
{
    const double *x = tree->x[JD_COUNTY], *y = tree->y[JD_COUNTY];
    const int32_t *parent = tree->parent[JD_COUNTY];
    double nearest = HUGE_VAL;
    bool edge = false;
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++) {
        const double dx = x[c] - x[county], dy = y[c] - y[county], d = dx * dx + dy * dy;
        if (c == county || d >= nearest) continue;
        nearest = d;
        edge = parent[c] != parent[county];
    }
    return edge;
}

static void set_penalty(jd_events_t *events, const jd_rescaling_params_t *p, const jd_tree_t *tree)
{
    for (int32_t c = 0; c < tree->n[JD_COUNTY]; c++) {
        const bool edge = p->edge > 0 && is_at_edge(tree, c);
        for (int32_t s = tree->child[JD_COUNTY][c]; s < tree->child[JD_COUNTY][c + 1]; s++)
            events->penalty[s] = p->penalty * (edge ? 1 - p->edge : 1);
    }
}

/* The event's multipliers through the toolkit's weights: land^w1 fiscal^w2 authority^w3. */
static double toolkit_of(const jd_event_params_t *e, const jd_world_params_t *p)
{
    return jd_pow(e->tk_land, p->weight_land) * jd_pow(e->tk_fiscal, p->weight_fiscal) *
           jd_pow(e->tk_authority, p->weight_authority);
}

static jd_event_params_t built_in(const jd_rescaling_params_t *p)
{
    return (jd_event_params_t){.kind = JD_EVENT_ECO,
                               .shape = JD_SHAPE_RAMP,
                               .level = JD_CENTRE,
                               .start = p->event_start,
                               .length = p->event_length,
                               .size = p->event,
                               .tk_land = 1,
                               .tk_fiscal = 1,
                               .tk_authority = 1,
                               .mu_strong = 1,
                               .mu_weak = 1};
}

int jd_events_init(jd_events_t *events, const jd_config_t *config, const jd_tree_t *tree,
                   uint64_t seed, jd_ctx_t *ctx)
{
    memset(events, 0, sizeof *events);
    const jd_rescaling_params_t *p = jd_config_section(config, "rescaling");
    int named = jd_config_count(config, "event"), n = named + (p->event != 0.0);
    int64_t streets = tree->n[JD_STREET];
    int rc = jd_make(&events->event, n, sizeof *events->event, "events", ctx);
    if (!rc) rc = jd_make(&events->exposure, n, sizeof *events->exposure, "events", ctx);
    if (!rc) rc = jd_make(&events->covered, n, sizeof *events->covered, "events", ctx);
    if (!rc) rc = jd_make(&events->toolkit, n, sizeof *events->toolkit, "events", ctx);
    if (!rc) rc = jd_make(&events->base, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->tk_street, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->penalty, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->scale, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->reclassified, streets, sizeof(bool), "pressure", ctx);
    if (!rc) rc = jd_make(&events->mandate_s, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->mandate_w, streets, sizeof(double), "pressure", ctx);
    if (!rc) rc = jd_make(&events->mandate_burden, streets, sizeof(double), "pressure", ctx);
    if (rc) return rc;
    set_base(events, p, tree, seed);
    set_penalty(events, p, tree);
    events->n = n;
    for (int i = 0; i < n && !rc; i++) {
        const char *name = "";
        events->event[i] =
            i < named ? *(const jd_event_params_t *)jd_config_named(config, "event", i, &name)
                      : built_in(p);
        events->toolkit[i] = toolkit_of(&events->event[i], jd_config_section(config, "world"));
        rc = jd_make(&events->exposure[i], streets, sizeof(double), "events", ctx);
        if (!rc) rc = jd_make(&events->covered[i], streets, sizeof(bool), "events", ctx);
        if (!rc) rc = cover_units(&events->event[i], name, tree, events->covered[i], config, ctx);
        if (!rc)
            expose(&events->event[i], i, tree, p->amplify, seed, events->covered[i],
                   events->exposure[i]);
    }
    return rc;
}

void jd_events_free(jd_events_t *events)
{
    for (int i = 0; events->exposure && i < events->n; i++)
        free(events->exposure[i]);
    for (int i = 0; events->covered && i < events->n; i++)
        free(events->covered[i]);
    free(events->exposure);
    free(events->covered);
    free(events->toolkit);
    free(events->event);
    free(events->base);
    free(events->tk_street);
    free(events->penalty);
    free(events->scale);
    free(events->reclassified);
    free(events->mandate_s);
    free(events->mandate_w);
    free(events->mandate_burden);
    memset(events, 0, sizeof *events);
}

void jd_events_reclassify(jd_events_t *events, const jd_tree_t *tree, int32_t quarter,
                          int64_t period, uint64_t seed, uint64_t replicate)
{
    jd_jump_t jump = jd_jump(jd_stream(seed, replicate, JD_DRAW_EVENT), period, 2);
    for (int i = 0; i < events->n; i++) {
        const jd_event_params_t *e = &events->event[i];
        bool now = quarter >= e->start && quarter < e->start + e->length;
        if (e->kind != JD_EVENT_RECLASSIFY || !now) continue;
        for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
            uint64_t unit = (uint64_t)(e->level == JD_STREET ? s : tree->parent[JD_STREET][s]);
            if (events->reclassified[s] || !events->covered[i][s]) continue;
            if (jd_draw(&jump, (uint64_t)i << 40 | (uint64_t)e->level << 36 | unit) >= e->rate)
                continue;
            events->reclassified[s] = true;
            events->tk_street[s] *= events->toolkit[i];
            events->scale[s] *= e->exposure;
        }
    }
}

void jd_events_mandate(jd_events_t *events, const jd_tree_t *tree, int32_t quarter)
{
    bool begun = false;
    for (int i = 0; i < events->n; i++) {
        const jd_event_params_t *e = &events->event[i];
        const double shape = jd_event_shape(e, quarter);
        if (e->kind != JD_EVENT_MANDATE) continue;
        for (int32_t s = 0; s < tree->n[JD_STREET]; s++) {
            if (!begun)
                events->mandate_s[s] = events->mandate_w[s] = 1, events->mandate_burden[s] = 0;
            if (!events->covered[i][s]) continue;
            events->mandate_s[s] *= 1 + shape * (e->mu_strong - 1);
            events->mandate_w[s] *= 1 + shape * (e->mu_weak - 1);
            events->mandate_burden[s] += shape * e->burden;
        }
        begun = true;
    }
}

void jd_events_apply(const jd_events_t *events, const jd_tree_t *tree, int32_t quarter,
                     double *restrict pressure, double *restrict environment,
                     double *restrict tk_land, double *restrict tk_fiscal,
                     double *restrict tk_authority)
{
    int32_t streets = tree->n[JD_STREET], counties = tree->n[JD_COUNTY];
    memcpy(pressure, events->base, (size_t)streets * sizeof *pressure);
    memset(environment, 0, (size_t)streets * sizeof *environment);
    for (int32_t c = 0; c < counties; c++)
        tk_land[c] = tk_fiscal[c] = tk_authority[c] = 1;
    for (int i = 0; i < events->n; i++) {
        const jd_event_params_t *e = &events->event[i];
        double shape = jd_event_shape(e, quarter);
        if (shape == 0.0 || e->kind == JD_EVENT_RECLASSIFY) continue;
        const double *exposure = events->exposure[i];
        for (int32_t s = 0; s < streets; s++) {
            double added = shape * exposure[s] * events->scale[s];
            pressure[s] += added;
            if (e->kind == JD_EVENT_ENV) environment[s] += added;
        }
        for (int32_t c = 0; c < counties; c++) {
            if (!events->covered[i][tree->child[JD_COUNTY][c]]) continue;
            tk_land[c] *= 1 + shape * (e->tk_land - 1);
            tk_fiscal[c] *= 1 + shape * (e->tk_fiscal - 1);
            tk_authority[c] *= 1 + shape * (e->tk_authority - 1);
        }
    }
}
