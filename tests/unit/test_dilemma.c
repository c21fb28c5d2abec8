/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leniency: what officials who are pressed for growth leave out of environmental pressure. Signs
 * are limit checks; what firms do and where is held against its null. */
#include "small_world.h"

#define BOTH                                                                               \
    "rescaling.event=0", "event.g.kind=eco", "event.g.shape=step", "event.g.start=2020Q1", \
        "event.a.kind=env", "event.a.shape=step", "event.a.start=2020Q1"

static double clip(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* By the equation, street by street and quarter by quarter, in both worlds. */
static int recompute(void *user, const struct jd_simulation *sim, int64_t period)
{
    const jd_rescaling_params_t *p = sim->street.rescaling;
    int *lenient = user;
    (void)period;
    for (int w = 0; w < sim->n_worlds; w++) {
        const jd_world_t *world = &sim->world[w];
        for (int32_t s = 0; s < sim->dims.streets; s++) {
            const double press = world->environment[s], stake = world->incentives.stake_s[s];
            const double x = press > 0 ? clip(p->leniency + stake * p->leniency_stake /
                                                                (sim->events.penalty[s] * press))
                                       : 0;
            const double r = world->authority[sim->tree.parent[JD_STREET][s]] *
                             fmax(0, 1 + p->th_environment * press * (1 - x));
            assert_near(world->stringency[s], r, 1e-12);
            *lenient += x > 0 && x < 1;
        }
    }
    return JD_OK;
}

static void test_equation(void **state)
{
    (void)state;
    static const char *const set[] = {BOTH,
                                      "rescaling.leniency=0.1",
                                      "rescaling.leniency_stake=0.2",
                                      "rescaling.edge=0.5",
                                      "event.g.size=0.4",
                                      "event.a.size=0.5",
                                      "event.a.development=0.8",
                                      NULL};
    small_t s;
    int lenient = 0;
    small_create(&s, set, 0);
    assert_int_equal(jd_simulation_run_hooked(s.sim, NULL, recompute, &lenient, &s.ctx), JD_OK);
    assert_true(lenient > 100);
    small_stop(&s);
}

/* Last quarter's mean of a county column over the world. */
static double last_mean(const char *const *set, uint64_t replicate, const char *column)
{
    small_t s;
    small_run(&s, set, replicate);
    const jd_table_t *t = small_table(&s, "panel/county");
    double sum = 0;
    for (int64_t i = t->rows - t->n_unit; i < t->rows; i++)
        sum += small_cell(t, column, i);
    sum /= (double)t->n_unit;
    small_stop(&s);
    return sum;
}

static void test_limits(void **state)
{
    (void)state;
    static const char *const none[] = {BOTH, "event.g.size=0", "event.a.size=0", NULL},
                             *const all[] = {BOTH, "event.g.size=0.4", "event.a.size=0.5",
                                             "rescaling.leniency=1", NULL},
                             *const strict[] = {BOTH, "event.g.size=0.4", "event.a.size=0.5", NULL},
                             *const dear[] = {BOTH,
                                              "event.g.size=0.4",
                                              "event.a.size=0.5",
                                              "rescaling.leniency_stake=0.2",
                                              "rescaling.penalty=100",
                                              NULL},
                             *const cheap[] = {BOTH,
                                               "event.g.size=0.4",
                                               "event.a.size=0.5",
                                               "rescaling.leniency_stake=0.2",
                                               "rescaling.penalty=0.01",
                                               NULL},
                             *const calm[] = {BOTH, "event.g.size=0", "event.a.size=0.5",
                                              "rescaling.leniency_stake=0.2", NULL},
                             *const pressed[] = {BOTH, "event.g.size=0.4", "event.a.size=0.5",
                                                 "rescaling.leniency_stake=0.2", NULL},
                             *const relief[] = {BOTH, "event.g.size=0.4", "event.a.size=-0.5",
                                                "rescaling.leniency=1", NULL};
    const double unit = last_mean(none, 0, "stringency"), full = last_mean(strict, 0, "stringency");
    assert_true(unit == 1);
    assert_true(full > 1.1);
    assert_true(last_mean(all, 0, "stringency") == 1); /* all is left out */
    assert_true(last_mean(cheap, 0, "stringency") == 1);
    assert_near(last_mean(dear, 0, "stringency"), full, 0.01);
    assert_true(last_mean(pressed, 0, "stringency") < last_mean(calm, 0, "stringency"));
    assert_true(last_mean(relief, 0, "stringency") < 0.8); /* x = 0 where pressure is relieved */
}

/* Rise of the share of dirty firms over a run, of counties at the edge of their prefecture less the
 * others. */
static double edge_gap(const small_t *s)
{
    const jd_table_t *t = small_table(s, "panel/county");
    const double *x = s->sim->tree.x[JD_COUNTY], *y = s->sim->tree.y[JD_COUNTY];
    const int32_t *parent = s->sim->tree.parent[JD_COUNTY];
    double rise[2] = {0}, n[2] = {0};
    for (int64_t c = 0; c < t->n_unit; c++) {
        double nearest = HUGE_VAL;
        int edge = 0;
        for (int64_t d = 0; d < t->n_unit; d++) {
            const double km = hypot(x[d] - x[c], y[d] - y[c]);
            if (d == c || km >= nearest) continue;
            nearest = km;
            edge = parent[d] != parent[c];
        }
        rise[edge] +=
            small_cell(t, "share_dirty", t->rows - t->n_unit + c) - small_cell(t, "share_dirty", c);
        n[edge]++;
    }
    assert_true(n[0] > 0 && n[1] > 0);
    return rise[1] / n[1] - rise[0] / n[0];
}

/* Rise of the share of dirty firms in the first province, which alone is pressed for clean air. */
static double province_rise(const small_t *s)
{
    const jd_table_t *t = small_table(s, "panel/county");
    const int32_t *parent = s->sim->tree.parent[JD_COUNTY],
                  *above = s->sim->tree.parent[JD_PREFECTURE];
    double rise = 0, n = 0;
    for (int64_t c = 0; c < t->n_unit; c++) {
        if (above[parent[c]] != 0) continue;
        rise +=
            small_cell(t, "share_dirty", t->rows - t->n_unit + c) - small_cell(t, "share_dirty", c);
        n++;
    }
    return rise / n;
}

enum { REPLICATES = 8 };

static double mean_of(double (*measure)(const small_t *), const char *const *set, double *error)
{
    double sum = 0, squares = 0;
    for (uint64_t r = 0; r < REPLICATES; r++) {
        small_t s;
        small_run(&s, set, r);
        const double d = measure(&s);
        sum += d, squares += d * d;
        small_stop(&s);
    }
    *error = sqrt(fmax(0, squares - sum * sum / REPLICATES) / (REPLICATES - 1) / REPLICATES);
    print_message("  %.4f (%.4f)\n", sum / REPLICATES, *error);
    return sum / REPLICATES;
}

/* Bounds of four standard errors: a false alarm in 400 at 7 degrees of freedom. */
#define MOVING "firms.n=40000", "run.periods=16", "policy.share=0"

/* Test: dirty firms gather at the edges of prefectures where penalties are smaller there (as in
 * Cai, Chen and Gong 2016 along rivers). Null: equal penalties; what is left is how edges differ in
 * size, under a tenth of it. */
static void test_dirty_firms_at_the_edges(void **state)
{
    (void)state;
    static const char *const edge[] = {BOTH,
                                       "event.g.size=0.4",
                                       "event.a.size=0.6",
                                       MOVING,
                                       "rescaling.leniency_stake=0.1",
                                       "rescaling.edge=0.8",
                                       NULL},
                             *const null[] = {BOTH,
                                              "event.g.size=0.4",
                                              "event.a.size=0.6",
                                              MOVING,
                                              "rescaling.leniency_stake=0.1",
                                              NULL};
    double error, error_null;
    const double gap = mean_of(edge_gap, edge, &error), none = mean_of(edge_gap, null, &error_null);
    assert_true(gap > 4 * error);
    assert_true(fabs(none) < 0.1 * gap);
}

/* Test: pressed for growth too, officials let in some of what clean air would keep out. Null:
 * without leniency growth does not help dirty firms more than others. */
static void test_growth_lets_dirty_firms_in(void **state)
{
    (void)state;
    enum { AIR, AIR_NULL, BOTH_ON, BOTH_NULL };
    static const char *const growth[] = {"event.g.size=0", "event.g.size=0", "event.g.size=0.6",
                                         "event.g.size=0.6"};
    static const char *const stake[] = {"rescaling.leniency_stake=0.18",
                                        "rescaling.leniency_stake=0"};
    double rise[4], error[4];
    small_t first;
    small_run(&first, NULL, 0);
    char unit[64];
    snprintf(unit, sizeof unit, "event.a.unit=%.*s", JD_CODE_WIDTH,
             first.sim->tree.code[JD_PROVINCE]);
    small_stop(&first);
    for (int k = 0; k < 4; k++) {
        const char *const set[] = {
            BOTH,   growth[k], "event.a.size=0.6", "event.a.level=province", unit, stake[k % 2],
            MOVING, NULL};
        rise[k] = mean_of(province_rise, set, &error[k]);
    }
    assert_true(rise[AIR] < -4 * error[AIR]); /* kept out */
    assert_true(rise[BOTH_ON] - rise[AIR] > 4 * hypot(error[BOTH_ON], error[AIR]));
    assert_true(fabs(rise[BOTH_NULL] - rise[AIR_NULL]) <
                4 * hypot(error[BOTH_NULL], error[AIR_NULL]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equation),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_dirty_firms_at_the_edges),
        cmocka_unit_test(test_growth_lets_dirty_firms_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
