/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The seam of mechanisms, by one made for the test: parameters, own state, a modifier, panels by
 * street and by prefecture, events, errors, audit. */
#include <stdlib.h>

#include "small_world.h"

typedef struct toy_params {
    double burden, boost;
    int64_t fails; /* period whose step raises an error; 1000 = init, 1001 = record */
} toy_params_t;

static const jd_param_t params[] = {
    {"burden", JD_PARAM_DOUBLE, offsetof(toy_params_t, burden), "0", 0, 1, NULL, "1", "burden", "",
     JD_RESULT},
    {"boost", JD_PARAM_DOUBLE, offsetof(toy_params_t, boost), "0", 0, 1, NULL, "1", "", "",
     JD_RESULT},
    {"fails", JD_PARAM_INT, offsetof(toy_params_t, fails), "-1000", -1000, 2000, NULL, "1", "", "",
     JD_RESULT},
};

static bool on(const void *block)
{
    return ((const toy_params_t *)block)->burden > 0;
}

enum { TOTAL, STEPS, HALVES };

static const jd_state_t state[] = {
    [TOTAL] = {"total", JD_STREET, JD_DOUBLE},
    [STEPS] = {"steps", JD_COUNTY, JD_INT32},
    [HALVES] = {"halves", JD_PREFECTURE, JD_FLOAT},
    {NULL, JD_STREET, JD_DOUBLE},
};

static int fail_at(const jd_moment_t *m, int64_t when, jd_ctx_t *ctx)
{
    const toy_params_t *p = m->params;
    return p->fails == when ? jd_fail(ctx, JD_ERR_DATA, "toy stops at %d", (int)when) : JD_OK;
}

static int init(const jd_moment_t *m, jd_ctx_t *ctx)
{
    for (int32_t i = 0; i < m->dims->prefectures; i++)
        ((float *)jd_own(m, HALVES))[i] = 0.5F;
    return fail_at(m, 1000, ctx);
}

static int step(const jd_moment_t *m, const jd_modifiers_t *next, jd_ctx_t *ctx)
{
    const toy_params_t *p = m->params;
    double *total = jd_own(m, TOTAL);
    int32_t *steps = jd_own(m, STEPS);
    for (int32_t s = 0; s < m->dims->streets; s++) {
        total[s] += m->world->dose_effective[s];
        next->burden[s] += p->burden;
        next->boost_w[s] += p->boost;
    }
    for (int32_t c = 0; c < m->dims->counties; c++)
        steps[c]++;
    for (int i = 0; m->events && i < 300; i++) { /* more than there is room for at first */
        int rc = jd_table_reserve(m->events, m->events->rows + 1, ctx);
        if (rc) return rc;
        JD_CELLS(m->events, 0, int32_t)[m->events->rows++] = (int32_t)(1000 * m->period + i);
    }
    return fail_at(m, m->period, ctx);
}

static int audit(const jd_moment_t *m, jd_ctx_t *ctx)
{
    const int32_t *steps = jd_own(m, STEPS);
    for (int32_t c = 0; c < m->dims->counties; c++)
        if (steps[c] < 0) return jd_fail(ctx, JD_ERR_DATA, "toy: steps are negative");
    return JD_OK;
}

enum { VALUE = P_SHARED, COLUMNS };

static const jd_column_t columns[COLUMNS] = {
    JD_PANEL_HEAD("a unit", "first treated period"),
    [VALUE] = {"value", JD_DOUBLE, "1", "a value", NULL, 0, JD_AXIS_CELL},
};
static const jd_column_t event_columns[] = {
    {"code", JD_INT32, "1", "period and number", NULL, 0, JD_AXIS_CELL}};

static int record_streets(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    memcpy(JD_CELLS(panel, VALUE, double) + row * panel->n_unit, jd_own(m, TOTAL),
           (size_t)panel->n_unit * sizeof(double));
    return fail_at(m, 1001, ctx);
}

static int record_prefectures(const jd_moment_t *m, jd_table_t *panel, int64_t row, jd_ctx_t *ctx)
{
    const float *halves = jd_own(m, HALVES);
    (void)ctx;
    for (int64_t u = 0; u < panel->n_unit; u++)
        JD_CELLS(panel, VALUE, double)[row * panel->n_unit + u] = (double)halves[u];
    return JD_OK;
}

static const jd_mechanism_panel_t panels[] = {
    {{"panel/toy", "truth/toy"}, "Toy by street", JD_STREET, columns, COLUMNS, record_streets},
    {{"panel/toys", "truth/toys"},
     "Toy by prefecture",
     JD_PREFECTURE,
     columns,
     COLUMNS,
     record_prefectures},
    {{NULL, NULL}, NULL, JD_STREET, NULL, 0, NULL},
};

static const jd_mechanism_t toy = {
    .section = {.name = "toy",
                .help = "toy",
                .params = params,
                .n_params = 3,
                .size = sizeof(toy_params_t)},
    .on = on,
    .state = state,
    .panels = panels,
    .events = {"mechanisms/toy", "What happened", event_columns, 1},
    .init = init,
    .step = step,
    .audit = audit,
};

/* jd_mechanisms and the toy, forwards or backwards. */
static const jd_mechanism_t *list[16];
static int built_in;
static void list_all(bool backwards)
{
    int n = 0;
    while (jd_mechanisms[n])
        n++;
    for (int i = 0; i < n; i++)
        list[backwards ? n - i : i] = jd_mechanisms[i];
    list[backwards ? 0 : n] = &toy;
    list[n + 1] = NULL;
    built_in = n;
}

static int make(small_t *s, const char *const *set)
{
    static const char *const small[] = {
        "world.provinces=2",      "world.prefectures=6",  "world.counties=24",
        "world.streets=150",      "firms.n=6000",         "policy.adoption=2020Q4",
        "run.periods=8",          "run.burn_in=4",        "tournament.street=0.3",
        "diffusion.training=0.3", "diffusion.crisis=0.1", "projects.services=0.2",
        "projects.burden=0",      "diffusion.double=0",   NULL};
    int n;
    const jd_section_t *const *sections = jd_simulation_sections(&n), *all[64];
    memset(s, 0, sizeof *s);
    jd_ctx_init(&s->ctx);
    for (int i = 0; i < n; i++)
        all[i] = sections[i];
    all[n] = &toy.section;
    static const jd_section_t *kept[64]; /* borrowed for the config's life */
    memcpy(kept, all, sizeof all);
    int rc = jd_config_create(&s->config, kept, n + 1, &s->ctx);
    for (const char *const *a = small; *a && !rc; a++)
        rc = jd_config_set(s->config, "--set", *a, &s->ctx);
    for (; set && *set && !rc; set++)
        rc = jd_config_set(s->config, "--set", *set, &s->ctx);
    if (!rc) rc = jd_config_finish(s->config, &s->ctx);
    return rc ? rc : jd_simulation_create_with(&s->sim, s->config, NULL, 0, list, &s->ctx);
}

static const char *const burdened[] = {"toy.burden=0.125", NULL};

/* The k-th mechanism's array of a world. */
static void *own(const struct jd_simulation *sim, int w, int row)
{
    const jd_active_set_t *set = &sim->mechanisms;
    for (int k = 0; k < set->n; k++)
        if (set->active[k].mechanism == &toy)
            return (char *)sim->world[w].own + set->active[k].state_at[row];
    fail_msg("the toy is off");
    return NULL;
}

static void test_off_is_off(void **unused)
{
    (void)unused;
    small_t with, without;
    list_all(false);
    assert_int_equal(make(&with, NULL), JD_OK);
    list[built_in] = NULL; /* as built in */
    assert_int_equal(make(&without, NULL), JD_OK);
    assert_int_equal(with.sim->mechanisms.bytes, without.sim->mechanisms.bytes);
    small_go(&with, NULL);
    small_go(&without, NULL);
    assert_same_tables(&with, &without, NULL);
    small_stop(&with);
    small_stop(&without);
}

static int look(void *user, const struct jd_simulation *sim, int64_t period)
{
    int *seen = user;
    assert_int_equal(small_audit(NULL, sim, period), JD_OK);
    for (int w = 0; w < sim->n_worlds; w++) {
        for (int32_t s = 0; s < sim->dims.streets; s++) /* cleared each period, none before */
            assert_near(sim->world[w].incentives.time[s], period == -3 ? 1 : 0.875, 1e-15);
        for (int32_t c = 0; c < sim->dims.counties; c++)
            assert_int_equal(((int32_t *)own(sim, w, STEPS))[c], period + 4);
    }
    *seen += sim->n_worlds;
    return JD_OK;
}

static void test_modifiers_and_state(void **unused)
{
    (void)unused;
    small_t s;
    int seen = 0;
    list_all(false);
    assert_int_equal(make(&s, burdened), JD_OK);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, look, &seen, &s.ctx), JD_OK);
    assert_int_equal(seen, 7 + 2 * 5); /* burn-in and three quarters in one world */
    const double *with = own(s.sim, JD_WORLD_WITH, TOTAL),
                 *without = own(s.sim, JD_WORLD_WITHOUT, TOTAL);
    double sum = 0;
    for (int32_t i = 0; i < s.sim->dims.streets; i++) {
        assert_true(without[i] == 0);
        sum += with[i];
    }
    assert_true(sum > 0);
    small_stop(&s);
}

static void test_panels(void **unused)
{
    (void)unused;
    small_t s;
    list_all(false);
    assert_int_equal(make(&s, burdened), JD_OK);
    small_go(&s, NULL);
    const jd_table_t *streets = small_table(&s, "panel/toy"), *truth = small_table(&s, "truth/toy");
    const jd_table_t *prefectures = small_table(&s, "truth/toys");
    assert_int_equal(streets->n_unit, 150);
    assert_int_equal(prefectures->n_unit, 6);
    assert_true(small_sum(streets, "value") > 0);
    assert_true(small_sum(truth, "value") == 0);
    assert_true(small_sum(prefectures, "value") == 0.5 * 6 * 8);
    const jd_table_t *units = small_table(&s, "jurisdictions");
    for (int32_t u = 0; u < 150; u++) {
        int32_t row = (int32_t)small_cell(streets, "unit", u);
        assert_int_equal(small_cell(units, "level", row), JD_STREET);
        int32_t county = (int32_t)small_cell(units, "parent", row);
        assert_true(small_cell(streets, "cohort", u) == small_cell(units, "cohort", county));
    }
    for (int32_t u = 0; u < 6; u++) {
        int32_t row = (int32_t)small_cell(prefectures, "unit", u), first = 0;
        for (int64_t c = 0; c < units->rows; c++)
            if ((int32_t)small_cell(units, "parent", c) == row &&
                small_cell(units, "cohort", c) > 0)
                first = 4;
        assert_int_equal(small_cell(units, "level", row), JD_PREFECTURE);
        assert_true(small_cell(prefectures, "cohort", u) == first);
    }
    small_stop(&s);
}

static int take(void *user, const jd_table_t *rows, jd_ctx_t *ctx)
{
    int64_t *n = user;
    (void)ctx;
    if (strcmp(rows->name, "mechanisms/toy") != 0) return JD_OK;
    assert_int_equal(rows->rows, 300);
    for (int64_t i = 0; i < rows->rows; i++, ++*n)
        assert_int_equal(JD_CELLS(rows, 0, int32_t)[i], 1000 * (*n / 300 + 1) + i);
    return JD_OK;
}

static void test_events_go_to_the_sink(void **unused)
{
    (void)unused;
    small_t s;
    int64_t n = 0;
    list_all(false);
    assert_int_equal(make(&s, burdened), JD_OK);
    small_go(&s, &(jd_sink_t){take, &n});
    assert_int_equal(n, 8 * 300);
    assert_null(jd_simulation_table(s.sim, "mechanisms/toy")); /* not kept */
    small_stop(&s);
}

static void test_order_carries_no_meaning(void **unused)
{
    (void)unused;
    small_t a, b;
    static const char *const both[] = {"toy.burden=0.125", "diffusion.double=0.1", NULL};
    list_all(false);
    assert_int_equal(make(&a, both), JD_OK);
    list_all(true);
    assert_int_equal(make(&b, both), JD_OK);
    small_go(&a, NULL);
    small_go(&b, NULL);
    for (int i = 0; i < jd_simulation_n_tables(a.sim); i++) {
        const jd_table_t *ta = jd_simulation_table_at(a.sim, i);
        if (!ta->name) continue;
        const jd_table_t *tb = small_table(&b, ta->name);
        for (int c = 0; c < ta->n_columns; c++)
            assert_true(same_column(ta, c, tb, c));
    }
    small_stop(&a);
    small_stop(&b);
}

static void test_errors_end_the_run(void **unused)
{
    (void)unused;
    static const char *const at[] = {"toy.fails=-2", "toy.fails=3", "toy.fails=1001"};
    small_t s;
    list_all(false);
    for (int i = 0; i < 3; i++) {
        const char *const set[] = {burdened[0], at[i], NULL};
        assert_int_equal(make(&s, set), JD_OK);
        assert_int_equal(jd_simulation_run(s.sim, NULL, &s.ctx), JD_ERR_DATA);
        assert_non_null(strstr(s.ctx.message, "toy stops at "));
        small_stop(&s);
    }
    const char *const set[] = {burdened[0], "toy.fails=1000", NULL};
    assert_int_equal(make(&s, set), JD_ERR_DATA);
    assert_null(s.sim);
    small_stop(&s);
}

/* learn 0.6 in 0.875 of the time, forget 0.1: 0.375 are left. */
static void test_boosts_are_checked(void **unused)
{
    (void)unused;
    static const char *const most[] = {"toy.burden=0.125", "toy.boost=0.375", NULL};
    static const char *const more[] = {"toy.burden=0.125", "toy.boost=0.376", NULL};
    small_t s;
    list_all(false);
    assert_int_equal(make(&s, most), JD_OK);
    small_go(&s, NULL);
    small_stop(&s);
    assert_int_equal(make(&s, more), JD_OK);
    assert_int_equal(jd_simulation_run(s.sim, NULL, &s.ctx), JD_ERR_DATA);
    assert_non_null(strstr(s.ctx.message, "must be at most 1"));
    small_stop(&s);
}

static void test_state_is_audited(void **unused)
{
    (void)unused;
    small_t s;
    list_all(false);
    assert_int_equal(make(&s, burdened), JD_OK);
    small_go(&s, NULL);
    int32_t *steps = own(s.sim, JD_WORLD_WITH, STEPS);
    float *halves = own(s.sim, JD_WORLD_WITHOUT, HALVES);
    assert_int_equal(jd_simulation_audit(s.sim, &s.ctx), JD_OK);
    steps[23] = -1;
    assert_int_equal(jd_simulation_audit(s.sim, &s.ctx), JD_ERR_DATA);
    assert_string_equal(s.ctx.message, "toy: steps are negative");
    halves[5] = (float)INFINITY;
    assert_int_equal(jd_simulation_audit(s.sim, &s.ctx), JD_ERR_DATA);
    assert_non_null(strstr(s.ctx.message, "toy.halves of unit 5 is not finite"));
    small_stop(&s);
}

/* Those that only read leave the modifiers as they are, and nobody clears them. */
static void test_who_only_reads_modifies_nothing(void **unused)
{
    (void)unused;
    small_t s;
    int n = 0;
    for (int i = 0; jd_mechanisms[i]; i++)
        if (jd_mechanisms[i]->only_reads) list[n++] = jd_mechanisms[i];
    list[n] = NULL;
    assert_true(n > 0);
    assert_int_equal(make(&s, NULL), JD_OK);
    assert_int_equal(s.sim->mechanisms.n, n);
    assert_false(s.sim->mechanisms.modifies);
    small_go(&s, NULL);
    assert_int_equal(jd_simulation_audit(s.sim, &s.ctx), JD_OK);
    s.sim->world[JD_WORLD_WITH].modifiers.burden[3] = 0.5;
    assert_int_equal(jd_simulation_audit(s.sim, &s.ctx), JD_ERR_DATA);
    small_stop(&s);
    list_all(false);
    assert_int_equal(make(&s, burdened), JD_OK);
    assert_true(s.sim->mechanisms.modifies);
    small_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_is_off),
        cmocka_unit_test(test_modifiers_and_state),
        cmocka_unit_test(test_panels),
        cmocka_unit_test(test_events_go_to_the_sink),
        cmocka_unit_test(test_order_carries_no_meaning),
        cmocka_unit_test(test_errors_end_the_run),
        cmocka_unit_test(test_boosts_are_checked),
        cmocka_unit_test(test_state_is_audited),
        cmocka_unit_test(test_who_only_reads_modifies_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
