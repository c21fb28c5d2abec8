/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Optional projects: every event of a run against the rules, effects against a slow second
 * account, limits, rates of zero, the law of launches. */
#include "small_world.h"

enum { THEME, AGE, QUALITY, RECOGNISED, BACKED, FAME, ELITE, TASTE }; /* as in projects.c */
enum { LAUNCHED = 1, IS_RECOGNISED, ENDED };
enum { BY_DECLINE = 1, BY_TASTE, BY_LEAVING };
enum { EVALUATION = 1, RIVALS, SERVICES, RESIDENTS, VALUES, HONOUR };

static const void *own(const struct jd_simulation *sim, int w, int row)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++)
        if (strcmp(set->active[k].mechanism->section.name, "projects") == 0)
            return (const char *)sim->world[w].own + set->active[k].state_at[row];
    fail_msg("projects are off");
    return NULL;
}

static const char *const all_on[] = {
    "projects.evaluation=0.1", "projects.rivals=0.1",      "projects.services=0.05",
    "projects.residents=0.1",  "projects.values=0.1",      "projects.honour=0.1",
    "projects.city=0.3",       "officials.horizontal=0.3", "leaders.rotation=0.1",
    "tournament.street=0.3",   "run.periods=16",           NULL};

/* ---- effects ---- */

typedef struct account {
    int live, famous;
} account_t;

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    account_t *a = user;
    assert_int_equal(small_audit(NULL, sim, period), JD_OK);
    for (int w = 0; w < sim->n_worlds; w++) {
        const jd_modifiers_t *next = &sim->world[w].modifiers;
        const int8_t *theme = own(sim, w, THEME), *recognised = own(sim, w, RECOGNISED);
        for (int32_t c = 0; c < sim->dims.counties; c++) {
            double live = 0, n = 0;
            for (int32_t s = 0; s < sim->dims.streets; s++) {
                if (sim->tree.parent[JD_STREET][s] != c) continue;
                n++, live += theme[s] > 0;
                a->live += theme[s] > 0, a->famous += recognised[s];
                assert_near(next->burden[s], theme[s] ? 0.05 : 0, 1e-15);
                assert_near(next->show[s], theme[s] ? 0.1 : 0, 1e-15);
                assert_near(next->induce[s], recognised[s] ? 1.05 : 1, 1e-15);
            }
            assert_near(next->budget[c], 1 - 0.05 * live / n, 1e-15);
        }
    }
    return JD_OK;
}

static void test_effects_are_what_the_definitions_say(void **state)
{
    (void)state;
    account_t a = {0};
    small_t s;
    small_create(&s, all_on, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, look, &a, &s.ctx)) fail_msg("%s", s.ctx.message);
    print_message("%d streets and quarters with a project, %d recognised\n", a.live, a.famous);
    assert_true(a.live > 1000 && a.famous > 100);
    small_stop(&s);
}

/* ---- events ---- */

typedef struct events {
    struct jd_simulation *sim;
    double decline, taste;
    int launched[HONOUR + 1], ended[BY_LEAVING + 1], recognised;
} events_t;

static void check_end(events_t *e, const jd_table_t *rows, int64_t i, int32_t s)
{
    const struct jd_simulation *sim = e->sim;
    const int w = jd_factual(sim), cause = (int)small_cell(rows, "cause", i);
    const int prefecture = jd_tree_above(&sim->tree, s, JD_PREFECTURE);
    const bool liked =
        small_cell(rows, "theme", i) == ((const int8_t *)own(sim, w, TASTE))[prefecture];
    const double full =
                     small_cell(rows, "quality", i) * exp(-e->decline * small_cell(rows, "age", i)),
                 seen = full * (liked ? 1 : 1 - e->taste);
    const jd_leaders_t *leaders = &sim->world[w].leaders;
    e->ended[cause]++;
    assert_int_equal(((const int8_t *)own(sim, w, THEME))[s], 0);
    if (cause == BY_LEAVING)
        assert_true(leaders->fate[s] != JD_FATE_STAYED && small_cell(rows, "backed", i) == 0);
    else
        assert_true(seen < 0.25);
    if (cause == BY_TASTE) assert_true(!liked && full >= 0.25);
    if (cause == BY_DECLINE) assert_true(full < 0.25);
}

static int take(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    events_t *e = user;
    (void)ctx;
    if (strcmp(rows->name, "mechanisms/projects") != 0) return JD_OK;
    const struct jd_simulation *sim = e->sim;
    const int w = jd_factual(sim);
    const int32_t first = 1 + sim->dims.provinces + sim->dims.prefectures + sim->dims.counties;
    for (int64_t i = 0; i < rows->rows; i++) {
        const int32_t s = (int32_t)small_cell(rows, "unit", i) - first;
        const int what = (int)small_cell(rows, "what", i),
                  cause = (int)small_cell(rows, "cause", i);
        assert_true(s >= 0 && s < sim->dims.streets);
        if (what == LAUNCHED) {
            e->launched[cause]++;
            assert_true(small_cell(rows, "theme", i) == ((const int8_t *)own(sim, w, THEME))[s]);
            assert_int_equal(((const int32_t *)own(sim, w, AGE))[s], 0);
            if (cause == VALUES) assert_int_equal(((const int8_t *)own(sim, w, ELITE))[s], 1);
            if (cause == HONOUR) assert_true(((const double *)own(sim, w, FAME))[s] > 0);
        } else if (what == IS_RECOGNISED) {
            e->recognised++;
            assert_true(((const double *)own(sim, w, FAME))[s] == 1);
        } else {
            check_end(e, rows, i, s);
        }
    }
    return JD_OK;
}

static events_t run_events(const char *more)
{
    const char *all[24] = {NULL};
    small_t s;
    events_t e = {.decline = 0.1, .taste = 0.5};
    int n = 0;
    while (all_on[n])
        all[n] = all_on[n], n++;
    all[n] = more;
    if (more && strcmp(more, "projects.taste=0") == 0) e.taste = 0;
    if (more && strcmp(more, "projects.decline=0") == 0) e.decline = 0;
    small_create(&s, all, 0);
    e.sim = s.sim;
    const jd_sink_t sink = {take, &e};
    if (jd_simulation_run(s.sim, &sink, &s.ctx)) fail_msg("%s", s.ctx.message);
    small_stop(&s);
    return e;
}

static void test_events_keep_the_rules(void **state)
{
    (void)state;
    static const char *const zero[] = {NULL,
                                       "projects.evaluation=0",
                                       "projects.rivals=0",
                                       "projects.services=0",
                                       "projects.residents=0",
                                       "projects.values=0",
                                       "projects.honour=0"};
    const events_t with = run_events(NULL);
    for (int drive = EVALUATION; drive <= HONOUR; drive++) {
        const events_t without = run_events(zero[drive]);
        print_message("drive %d: %d launches, at a rate of zero %d\n", drive, with.launched[drive],
                      without.launched[drive]);
        assert_true(with.launched[drive] > 0);
        assert_int_equal(without.launched[drive], 0);
    }
    assert_true(with.ended[BY_DECLINE] > 0 && with.ended[BY_TASTE] > 0 &&
                with.ended[BY_LEAVING] > 0 && with.recognised > 0);
    assert_int_equal(run_events("projects.keep=1").ended[BY_LEAVING], 0);
    assert_int_equal(run_events("projects.taste=0").ended[BY_TASTE], 0);
    assert_int_equal(run_events("projects.decline=0").ended[BY_DECLINE], 0);
    assert_int_equal(run_events("projects.recognise=0").recognised, 0);
}

/* ---- limits ---- */

static void test_limits(void **state)
{
    (void)state;
    static const char *const off[] = {"projects.honour=0.5", NULL};
    static const char *const never[] = {"projects.services=1e-300", NULL};
    static const char *const idle[] = {"projects.services=0.2", "projects.burden=0",
                                       "projects.show=0", "projects.toolkit=0", NULL};
    static const char *const beside[] = {"panel/county", "panel/national", "truth/county",
                                         "panel/sector_county"};
    small_t a, b[2];
    small_run(&a, off, 0);
    small_run(&b[0], never, 0);
    small_run(&b[1], idle, 0);
    assert_int_equal(a.sim->dims.seats, 0);
    assert_null(jd_simulation_table(a.sim, "panel/projects"));
    for (int k = 0; k < 2; k++)
        for (size_t t = 0; t < sizeof beside / sizeof *beside; t++) {
            const jd_table_t *ta = small_table(&a, beside[t]), *tb = small_table(&b[k], beside[t]);
            for (int c = 0; c < ta->n_columns; c++)
                assert_true(same_column(ta, c, tb, c));
        }
    assert_true(small_sum(small_table(&b[0], "panel/projects"), "live") == 0);
    assert_true(small_sum(small_table(&b[1], "panel/projects"), "live") > 100);
    small_stop(&a);
    small_stop(&b[0]);
    small_stop(&b[1]);
}

/* ---- the law of launches ---- */

typedef struct law {
    double expected, variance, launched;
    int8_t before[200];
} law_t;

/* Streets without a project whose leader is of the elite launch at values * psi, others never. */
static int watch(void *user, const struct jd_simulation *sim, int64_t period)
{
    law_t *l = user;
    const int8_t *theme = own(sim, 0, THEME), *elite = own(sim, 0, ELITE);
    (void)period;
    for (int32_t s = 0; s < sim->dims.streets; s++) {
        const double p =
            l->before[s] || !elite[s] ? 0 : 1 - exp(-0.3 * sim->world[0].output.psi[s]);
        const bool launched = !l->before[s] && theme[s];
        l->expected += p, l->variance += p * (1 - p), l->launched += launched;
        if (launched) assert_int_equal(elite[s], 1);
        l->before[s] = theme[s];
    }
    return JD_OK;
}

/* Of the first world; 4.5 SD: once in 150,000 seeds. */
static void test_launches_follow_their_law(void **state)
{
    (void)state;
    static const char *const set[] = {"projects.values=0.3", "projects.honour=0", "policy.share=0",
                                      "run.periods=40", NULL};
    law_t l = {0};
    small_t s;
    small_create(&s, set, 0);
    if (jd_simulation_run_hooked(s.sim, NULL, watch, &l, &s.ctx)) fail_msg("%s", s.ctx.message);
    print_message("%g launched, expected %g (%g)\n", l.launched, l.expected, sqrt(l.variance));
    assert_true(l.expected > 100);
    assert_true(fabs(l.launched - l.expected) < 4.5 * sqrt(l.variance));
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects_are_what_the_definitions_say),
        cmocka_unit_test(test_events_keep_the_rules),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_launches_follow_their_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
