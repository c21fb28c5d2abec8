/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Policy-process diffusion: every step of a run against the rules, its effects against a slow
 * second account, limits, rates of zero. */
#include <stdlib.h>

#include "small_world.h"

enum { STATE, WAS, DESIGN, ROWS, VISITS = 9 }; /* as in diffusion.c */
enum { STREETS, COUNTIES, PREFECTURES };
enum { NONE, INTERPRETED, PRACTISED };
enum { TRAINING = 1, TOURS, RIVALS, LEADING, EXPERTS, CRISIS, POSTED, RELAPSE, FADING, CAUSES };

static const jd_level_t level_of[] = {JD_STREET, JD_COUNTY, JD_PREFECTURE};

static const void *own(const struct jd_simulation *sim, int w, int row)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++)
        if (strcmp(set->active[k].mechanism->section.name, "diffusion") == 0)
            return (const char *)sim->world[w].own + set->active[k].state_at[row];
    fail_msg("diffusion is off");
    return NULL;
}

static const int8_t *states(const struct jd_simulation *sim, int w, int tier, int row)
{
    return own(sim, w, tier * ROWS + row);
}

static int32_t above(const struct jd_simulation *sim, int tier, int32_t unit, int up)
{
    for (int l = (int)level_of[tier]; up > 0; up--, l--)
        unit = sim->tree.parent[l][unit];
    return unit;
}

static double services_of(const struct jd_simulation *sim, int w, int tier, int32_t unit)
{
    double sum = 0, n = 0;
    for (int32_t s = 0; s < sim->dims.streets; s++)
        if (above(sim, STREETS, s, tier) == unit) sum += sim->world[w].services[s], n++;
    return sum / n;
}

/* The shares that a unit's hazards hold, straight from their definitions. */
typedef struct seen {
    double tours, rivals;
    bool leading;
    int interpreted, practise, used[9];
} seen_t;

static seen_t see(const struct jd_simulation *sim, int w, int tier, int32_t unit, int row)
{
    const int8_t *was = states(sim, w, tier, row), *design = states(sim, w, tier, DESIGN);
    const double *development = sim->tree.development[level_of[tier]];
    seen_t x = {0};
    double peers = 0, others = 0, best = -1, most = -HUGE_VAL;
    for (int32_t i = 0; i < jd_dims_units(&sim->dims, level_of[tier]); i++) {
        if (above(sim, tier, i, 1) == above(sim, tier, unit, 1)) {
            if (development[i] > most) most = development[i], x.leading = was[i] == PRACTISED;
            x.interpreted += was[i] == INTERPRETED;
            peers += i != unit;
            if (was[i] != PRACTISED) continue;
            x.practise++;
            x.used[design[i]]++;
            x.tours += i != unit;
            best = fmax(best, services_of(sim, w, tier, i));
        } else if (above(sim, tier, i, 2) == above(sim, tier, unit, 2)) {
            others++;
            x.rivals += was[i] == PRACTISED;
        }
    }
    x.tours = best > services_of(sim, w, tier, unit) ? x.tours / peers : 0;
    x.rivals = others > 0 ? x.rivals / others : 0;
    return x;
}

/* ---- every quarter of a run ---- */

typedef struct account {
    int steps[3], moved;
    double twofold, joint, trust, visit, tours;
} account_t;

static void check_effects(const account_t *a, const struct jd_simulation *sim, int w)
{
    const jd_modifiers_t *next = &sim->world[w].modifiers;
    const double *visits = own(sim, w, VISITS);
    double *due = test_calloc((size_t)sim->dims.streets, sizeof *due);
    for (int tier = 0; tier < 3; tier++)
        for (int32_t i = 0; i < jd_dims_units(&sim->dims, level_of[tier]); i++) {
            if (states(sim, w, tier, STATE)[i] != PRACTISED) continue;
            const seen_t x = see(sim, w, tier, i, STATE);
            double hosts = 0;
            for (int32_t s = 0; s < sim->dims.streets; s++)
                hosts += above(sim, STREETS, s, tier) == i &&
                         states(sim, w, STREETS, STATE)[s] == PRACTISED;
            for (int32_t s = 0; s < sim->dims.streets; s++)
                if (above(sim, STREETS, s, tier) == i &&
                    states(sim, w, STREETS, STATE)[s] == PRACTISED)
                    due[s] += a->tours * x.interpreted / x.practise / hosts;
        }
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        const bool practises = states(sim, w, STREETS, STATE)[s] == PRACTISED;
        int against = 0;
        for (int tier = 1; tier < 3; tier++)
            against += practises !=
                       (states(sim, w, tier, STATE)[above(sim, STREETS, s, tier)] == PRACTISED);
        assert_near(visits[s], due[s], 1e-12);
        assert_near(next->burden[s], a->twofold * against / 2, 1e-15);
        assert_near(next->show[s], practises ? a->visit * due[s] : 0, 1e-12);
        assert_near(next->crowd[s], practises ? 1 - a->joint : 1, 1e-15);
        assert_near(next->trust[s],
                    practises ? 1 + a->trust * fmin(1, sim->world[w].services[s]) : 1, 1e-15);
    }
    test_free(due);
}

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    account_t *a = user;
    assert_int_equal(small_audit(NULL, sim, period), JD_OK);
    for (int w = 0; w < sim->n_worlds; w++) {
        for (int tier = 0; tier < 3; tier++)
            for (int32_t i = 0; i < jd_dims_units(&sim->dims, level_of[tier]); i++) {
                const int to = states(sim, w, tier, STATE)[i], was = states(sim, w, tier, WAS)[i];
                assert_true(period >= 1 || to == NONE);
                assert_true(to - was != -2 && !(was == PRACTISED && to == NONE));
                a->steps[tier] += to != was;
            }
        if (period >= 1) check_effects(a, sim, w);
    }
    return JD_OK;
}

static const char *const all_on[] = {"diffusion.training=0.3", "diffusion.crisis=0.05",
                                     "diffusion.tours=0.4",    "diffusion.rivals=0.2",
                                     "diffusion.leading=0.1",  "diffusion.experts=0.1",
                                     "diffusion.fade=0.3",     "leaders.rotation=0.1",
                                     "run.periods=12",         NULL};

static void test_effects_are_what_the_definitions_say(void **state)
{
    (void)state;
    account_t a = {.twofold = 0.1, .joint = 0.3, .trust = 0.1, .visit = 0.03, .tours = 0.4};
    small_t s;
    small_create(&s, all_on, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, look, &a, &s.ctx)) fail_msg("%s", s.ctx.message);
    print_message("steps of streets %d, counties %d, prefectures %d\n", a.steps[STREETS],
                  a.steps[COUNTIES], a.steps[PREFECTURES]);
    assert_true(a.steps[STREETS] > 200 && a.steps[COUNTIES] > 50 && a.steps[PREFECTURES] > 10);
    small_stop(&s);
}

/* ---- every event ---- */

typedef struct events {
    struct jd_simulation *sim;
    int n[3][CAUSES]; /* by tier */
} events_t;

static int check_event(events_t *e, const jd_table_t *rows, int64_t i)
{
    const struct jd_simulation *sim = e->sim;
    const int w = jd_factual(sim), level = (int)small_cell(rows, "level", i),
              tier = JD_STREET - level, cause = (int)small_cell(rows, "cause", i),
              from = (int)small_cell(rows, "from", i), to = (int)small_cell(rows, "to", i);
    int32_t first = 0;
    for (int l = 0; l < level; l++)
        first += (int32_t)jd_dims_units(&sim->dims, (jd_level_t)l);
    const int32_t unit = (int32_t)small_cell(rows, "unit", i) - first;
    const int fate = sim->world[w].leaders.fate[jd_dims_seat(&sim->dims, (jd_level_t)level, unit)];
    const seen_t x = see(sim, w, tier, unit, WAS);
    const int ahead =
        tier < PREFECTURES ? states(sim, w, tier + 1, WAS)[above(sim, tier, unit, 1)] : INTERPRETED;
    assert_int_equal(from, states(sim, w, tier, WAS)[unit]);
    assert_int_equal(to, states(sim, w, tier, STATE)[unit]);
    assert_int_equal(to == PRACTISED, small_cell(rows, "design", i) > 0);
    if (cause == TRAINING) assert_true(ahead > from && to == from + 1);
    if (cause == TOURS) assert_true(from == INTERPRETED && x.tours > 0 && to == PRACTISED);
    if (cause == RIVALS) assert_true(from == INTERPRETED && x.rivals > 0 && to == PRACTISED);
    if (cause == LEADING) assert_true(from == INTERPRETED && x.leading && to == PRACTISED);
    if (cause == EXPERTS || cause == CRISIS) assert_true(tier > STREETS && to == PRACTISED);
    if (cause == POSTED) assert_true(fate == JD_FATE_POSTED && to == PRACTISED);
    if (cause == RELAPSE) assert_true(fate != JD_FATE_STAYED && from == PRACTISED);
    if (cause >= RELAPSE) assert_int_equal(to, INTERPRETED);
    return cause;
}

static int take(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    events_t *e = user;
    (void)ctx;
    if (strcmp(rows->name, "mechanisms/diffusion") != 0) return JD_OK;
    for (int64_t i = 0; i < rows->rows; i++)
        e->n[JD_STREET - (int)small_cell(rows, "level", i)][check_event(e, rows, i)]++;
    return JD_OK;
}

static events_t run_events(const char *const *set, const char *more)
{
    const char *all[24] = {NULL};
    small_t s;
    events_t e = {0};
    int n = 0;
    while (set[n])
        all[n] = set[n], n++;
    all[n] = more;
    small_create(&s, all, 0);
    e.sim = s.sim;
    const jd_sink_t sink = {take, &e};
    if (jd_simulation_run(s.sim, &sink, &s.ctx)) fail_msg("%s", s.ctx.message);
    small_stop(&s);
    return e;
}

static int sum_of(const events_t *e, int cause)
{
    return e->n[0][cause] + e->n[1][cause] + e->n[2][cause];
}

/* Each cause occurs, and none where its rate is zero. */
static void test_events_keep_the_rules(void **state)
{
    (void)state;
    static const char *const zero[CAUSES] = {
        [TRAINING] = "diffusion.training=0", [TOURS] = "diffusion.tours=0",
        [RIVALS] = "diffusion.rivals=0",     [LEADING] = "diffusion.leading=0",
        [EXPERTS] = "diffusion.experts=0",   [CRISIS] = "diffusion.crisis=0",
        [POSTED] = "diffusion.posted=0",     [RELAPSE] = "diffusion.relapse=0",
        [FADING] = "diffusion.fade=0"};
    const events_t with = run_events(all_on, NULL);
    for (int cause = TRAINING; cause < CAUSES; cause++) {
        const events_t without = run_events(all_on, zero[cause]);
        print_message("cause %d: %d, at a rate of zero %d\n", cause, sum_of(&with, cause),
                      sum_of(&without, cause));
        assert_true(sum_of(&with, cause) > 0);
        assert_int_equal(sum_of(&without, cause), 0);
    }
    assert_int_equal(with.n[STREETS][CRISIS] + with.n[STREETS][EXPERTS], 0);
}

/* ---- limits ---- */

static const char *const beside[] = {"panel/county", "panel/national",
                                     "truth/county", "panel/sector_county"};

static void assert_same(const small_t *a, const small_t *b)
{
    for (size_t t = 0; t < sizeof beside / sizeof *beside; t++) {
        const jd_table_t *ta = small_table(a, beside[t]), *tb = small_table(b, beside[t]);
        for (int c = 0; c < ta->n_columns; c++)
            if (!same_column(ta, c, tb, c)) fail_msg("%s/%s", beside[t], ta->columns[c].name);
    }
}

/* Nothing starts, or what is practised does nothing: the rest is as without, to the byte. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const off[] = {"diffusion.tours=0.3", NULL};
    static const char *const never[] = {"diffusion.training=1e-300", NULL};
    static const char *const idle[] = {"diffusion.training=0.5",
                                       "diffusion.crisis=0.1",
                                       "diffusion.visit=0",
                                       "diffusion.double=0",
                                       "diffusion.joint=0",
                                       "diffusion.trust=0",
                                       NULL};
    small_t a, b, c;
    small_run(&a, off, 0);
    small_run(&b, never, 0);
    small_run(&c, idle, 0);
    assert_int_equal(a.sim->dims.seats, 0);
    assert_null(jd_simulation_table(a.sim, "panel/diffusion"));
    assert_same(&a, &b);
    assert_same(&a, &c);
    assert_true(small_sum(small_table(&b, "panel/diffusion"), "state") == 0);
    assert_true(small_sum(small_table(&c, "panel/diffusion"), "practised") > 10);
    small_stop(&a);
    small_stop(&b);
    small_stop(&c);
}

/* Training alone never makes anybody practise: the centre has documents, no practice. */
static void test_training_alone_is_documents(void **state)
{
    (void)state;
    static const char *const set[] = {"diffusion.training=10", "run.periods=8", NULL};
    small_t s;
    small_run(&s, set, 0);
    const jd_table_t *t = small_table(&s, "panel/diffusion");
    assert_true(small_sum(t, "practised") == 0);
    /* A tier a quarter: prefectures at the first quarter's end, counties, streets. exp(-10) misses
     * one of 180 units once in 120 runs; the seed is fixed. */
    for (int64_t row = 0; row < t->rows; row++) {
        const int64_t time = row / t->n_unit + 1;
        assert_true(small_cell(t, "superior", row) == (time >= 2));
        assert_true(small_cell(t, "state", row) == (time >= 3));
        assert_true(small_cell(t, "interpreted", row) == (time >= 4));
    }
    small_stop(&s);
}

/* The panel shows what the step at the quarter's end reads: here, the shares of the last row. */
static int panel_matches(void *user, const struct jd_simulation *sim, int64_t period)
{
    int *n = user;
    (void)period;
    if (period < 1) return JD_OK;
    const int w = jd_factual(sim);
    const jd_table_t *t = jd_simulation_table(sim, "panel/diffusion");
    for (int32_t c = 0; c < sim->dims.counties; c++, ++*n) {
        const int64_t at = (period - 1) * sim->dims.counties + c;
        const seen_t x = see(sim, w, COUNTIES, c, WAS);
        const bool practises = states(sim, w, COUNTIES, WAS)[c] == PRACTISED;
        assert_true(small_cell(t, "state", at) == states(sim, w, COUNTIES, WAS)[c]);
        assert_near(small_cell(t, "rivals", at), x.rivals, 1e-15);
        assert_true(small_cell(t, "leading", at) == x.leading);
        if (!practises)
            assert_near(small_cell(t, "tours", at), x.tours, 1e-15);
        else
            assert_true(isnan(small_cell(t, "tours", at)));
    }
    return JD_OK;
}

static void test_panel_shows_what_the_step_reads(void **state)
{
    (void)state;
    small_t s;
    int n = 0;
    small_create(&s, all_on, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, panel_matches, &n, &s.ctx))
        fail_msg("%s", s.ctx.message);
    assert_int_equal(n, 12 * 24);
    small_stop(&s);
}

/* ---- the law of the hazard and of designs ---- */

typedef struct counted {
    double at_risk, stepped;
    int repeated, drawn;
} counted_t;

/* Streets under counties with documents that have none; designs that a peer has already while
 * others are free. */
static int count(void *user, const struct jd_simulation *sim, int64_t period)
{
    counted_t *n = user;
    if (period < 1) return JD_OK;
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        const int was = states(sim, 0, STREETS, WAS)[s], now = states(sim, 0, STREETS, STATE)[s];
        if (was == NONE &&
            states(sim, 0, COUNTIES, WAS)[above(sim, STREETS, s, 1)] >= INTERPRETED) {
            n->at_risk++;
            n->stepped += now > was;
        }
        if (was == PRACTISED || now != PRACTISED) continue;
        int used[9] = {0}, has = 0;
        for (int32_t o = 0; o < sim->dims.streets; o++)
            if (above(sim, STREETS, o, 1) == above(sim, STREETS, s, 1) &&
                states(sim, 0, STREETS, WAS)[o] == PRACTISED)
                used[states(sim, 0, STREETS, STATE)[o] == PRACTISED
                         ? states(sim, 0, STREETS, DESIGN)[o]
                         : 0]++;
        for (int d = 1; d <= 8; d++)
            has += used[d] > 0;
        if (has == 8) continue;
        n->drawn++;
        n->repeated += used[states(sim, 0, STREETS, DESIGN)[s]] > 0;
    }
    return JD_OK;
}

static counted_t count_run(const char *copies)
{
    const char *const set[] = {copies,
                               "diffusion.training=0.25",
                               "diffusion.crisis=0.05",
                               "diffusion.relapse=0",
                               "diffusion.fade=0",
                               "leaders.rotation=0",
                               "policy.share=0",
                               "run.periods=30",
                               NULL};
    counted_t n = {0};
    small_t s;
    small_create(&s, set, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, count, &n, &s.ctx)) fail_msg("%s", s.ctx.message);
    small_stop(&s);
    return n;
}

/* Steps into documents are binomial at 1 - exp(-training); designs are never copied where copies
 * weigh exp(-100), and often where they weigh as others. 4.5 SD: once in 150,000 seeds. */
static void test_laws(void **state)
{
    (void)state;
    const counted_t avoided = count_run("diffusion.copies=100"),
                    free = count_run("diffusion.copies=0");
    const double p = 1 - exp(-0.25);
    print_message("%g of %g stepped, expected %g; repeated %d of %d and %d of %d\n",
                  avoided.stepped, avoided.at_risk, p * avoided.at_risk, avoided.repeated,
                  avoided.drawn, free.repeated, free.drawn);
    assert_true(avoided.at_risk > 300);
    assert_true(fabs(avoided.stepped - p * avoided.at_risk) <
                4.5 * sqrt(p * (1 - p) * avoided.at_risk));
    assert_true(avoided.drawn > 100 && avoided.repeated == 0);
    assert_true(free.repeated > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_are_what_the_definitions_say),
        cmocka_unit_test(test_events_keep_the_rules),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_training_alone_is_documents),
        cmocka_unit_test(test_panel_shows_what_the_step_reads),
        cmocka_unit_test(test_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
