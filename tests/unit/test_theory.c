/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resting states and folds against the equations they solve and the table of the model's document.
 */
#include "near.h"

#include <string.h>

#include "figures/figures.h"
#include "jiedao/random.h"
#include "jiedao/simulation.h"
#include "model/theory/theory.h"
#include "street_bench.h"

static void defaults(jd_officials_params_t *p, jd_rescaling_params_t *r)
{
    street_bench_t b;
    assert_int_equal(bench_config(&b, ""), JD_OK);
    *p = *(const jd_officials_params_t *)jd_config_section(b.config, "officials");
    *r = *(const jd_rescaling_params_t *)jd_config_section(b.config, "rescaling");
    bench_free(&b);
}

/* Found by simulation on a grid of 0.01, which names the lowest pressure of the grid: at most one
 * step above the fold. */
static void test_folds_are_those_of_the_table(void **state)
{
    (void)state;
    static const double g[] = {0.8, 1, 1.15, 1.3, 1.5}, down[] = {-0.34, -0.21, -0.11, 0, 0.12},
                        up[] = {0.34, 0.53, 0.69, 0.85, 1.07};
    jd_officials_params_t p;
    jd_rescaling_params_t r;
    defaults(&p, &r);
    for (int i = 0; i < 5; i++) {
        p.congestion = g[i];
        jd_folds_t f = jd_theory_folds(&p, &r, 0.5);
        assert_true(f.down <= down[i] && f.down > down[i] - 0.01);
        assert_true(f.up <= up[i] && f.up > up[i] - 0.01);
    }
}

/* Without a shared cost and with time to spare tasks do not meet: nothing folds. */
static void test_folds_need_a_shared_cost(void **state)
{
    (void)state;
    jd_officials_params_t p;
    jd_rescaling_params_t r;
    defaults(&p, &r);
    p.crowding = 0, p.congestion = 5;
    jd_folds_t f = jd_theory_folds(&p, &r, 0.5);
    assert_true(isnan(f.down) && isnan(f.up));
}

/* The positive root of (g + c) k e^2 + (g + c - b k) e - b A0 at the defaults; all time where
 * effort is cheap. */
static void test_s_corner_by_hand(void **state)
{
    (void)state;
    jd_officials_params_t p;
    jd_rescaling_params_t r;
    defaults(&p, &r);
    jd_rest_t rests[JD_RESTS_MAX];
    double b_s = 0.9 * 1.2,
           e = (6 * b_s - 1.2 + sqrt((6 * b_s - 1.2) * (6 * b_s - 1.2) + 4 * 7.2 * 0.1 * b_s)) /
               14.4;
    assert_true(jd_theory_rests(&p, &r, 0.5, 0.2, rests) > 1);
    assert_int_equal(rests[0].kind, JD_REST_S_CORNER);
    assert_false(rests[0].time_binds);
    assert_near(rests[0].e_s, e, 1e-15);
    p.congestion = 0.1;
    jd_theory_rests(&p, &r, 0.5, 0.2, rests);
    assert_int_equal(rests[0].kind, JD_REST_S_CORNER);
    assert_true(rests[0].time_binds);
    assert_true(rests[0].e_s == 1.0);
}

static double slope(const jd_officials_params_t *p, double b, double e)
{
    double k = p->learn / p->forget;
    return b * k * (1 - p->floor) / ((1 + k * e) * (1 + k * e));
}

/* Balance ends exactly where it stops being stable: with all time used (cheap effort) where q_S +
 * q_W = 2 c, with time to spare (dear effort) where q_S q_W = c^2. In between, at g = 1.5, the
 * state that uses all time meets one that does not. */
static void test_fold_is_where_stability_ends(void **state)
{
    (void)state;
    static const double g[] = {0.8, 1, 1.15, 1.3, 1.8, 2.2};
    jd_officials_params_t p;
    jd_rescaling_params_t r;
    defaults(&p, &r);
    for (int i = 0; i < 6; i++) {
        p.congestion = g[i];
        double up = jd_theory_folds(&p, &r, 0.5).up;
        double b_s = 0.9 * (1 + up),
               b_w = 0.5 * pow(0.9725, 8) * (1 + 0.1 * up) + 0.5 / (1 + 0.2 * up);
        jd_rest_t rests[JD_RESTS_MAX];
        int n = jd_theory_rests(&p, &r, 0.5, up - 1e-9, rests), met = 0;
        for (int k = 0; k < n; k++) {
            if (rests[k].kind != JD_REST_INTERIOR || rests[k].e_s < rests[k].e_w) continue;
            double q_s = g[i] + 0.2 - slope(&p, b_s, rests[k].e_s);
            double q_w = g[i] + 0.2 - slope(&p, b_w, rests[k].e_w);
            assert_int_equal(rests[k].time_binds, g[i] < 1.5);
            assert_near(rests[k].time_binds ? q_s + q_w - 0.4 : q_s * q_w - 0.04, 0, 1e-3);
            met++;
        }
        assert_int_equal(met, 2); /* the stable state and the one it falls over */
    }
}

/* Random officials: each state is a fixed point of the choice at the capability it brings, and its
 * stability is that of section 1's conditions; at least one is stable. */
static void test_rests_solve_the_equations(void **state)
{
    (void)state;
    int n_free = 0, n_bound = 0, n_unstable = 0, n_corner = 0;
    jd_jump_t jump = jd_jump(jd_stream(5, 0, JD_DRAW_SAMPLE), 0, 0);
    for (uint64_t i = 0; i < 4000; i++) {
        jd_rng_t rng = jd_rng_at(&jump, i);
        jd_officials_params_t p;
        jd_rescaling_params_t r;
        p = (jd_officials_params_t){.congestion = 0.2 + 2 * jd_rng_uniform(&rng),
                                    .crowding = i % 4 == 0 ? 0 : jd_rng_uniform(&rng),
                                    .learn = 0.6,
                                    .forget = 0.05 + 0.3 * jd_rng_uniform(&rng),
                                    .floor = 0.02 + 0.4 * jd_rng_uniform(&rng),
                                    .mu_strong = 1.2 * jd_rng_uniform(&rng),
                                    .mu_weak = 0.6 * jd_rng_uniform(&rng),
                                    .beta = 1,
                                    .psi_return = 0.1,
                                    .psi_erosion = 0.02,
                                    .burden = 0.4 * jd_rng_uniform(&rng)};
        r = (jd_rescaling_params_t){.th_strong = 1, .th_weak = 0.1};
        double pressure = jd_rng_uniform(&rng), psi = 0.8 * jd_rng_uniform(&rng);
        double b_s = p.mu_strong * (1 + pressure);
        double b_w = p.mu_weak * (1 + 0.1 * pressure) + psi / (1 + 0.2 * (pressure + p.burden));
        double time = 1 - p.burden, c = p.crowding;
        jd_rest_t rests[JD_RESTS_MAX];
        int n = jd_theory_rests(&p, &r, psi, pressure, rests), stable = 0;
        for (int k = 0; k < n; k++) {
            double e_s = rests[k].e_s, e_w = rests[k].e_w, chosen_s, chosen_w;
            double a_s = jd_capability_at(&p, e_s), a_w = jd_capability_at(&p, e_w);
            jd_officials_choose(&p, b_s * a_s, b_w * a_w, time, &chosen_s, &chosen_w);
            assert_near(chosen_s, e_s, 1e-7);
            assert_near(chosen_w, e_w, 1e-7);
            stable += rests[k].stable;
            n_unstable += !rests[k].stable;
            if (rests[k].kind != JD_REST_INTERIOR) {
                n_corner++;
                continue;
            }
            double q_s = p.congestion + c - slope(&p, b_s, e_s),
                   q_w = p.congestion + c - slope(&p, b_w, e_w);
            bool expected =
                rests[k].time_binds ? q_s + q_w > 2 * c : q_s > 0 && q_w > 0 && q_s * q_w > c * c;
            double margin = rests[k].time_binds ? q_s + q_w - 2 * c : q_s * q_w - c * c;
            if (fabs(margin) > 1e-6) assert_int_equal(rests[k].stable, expected);
            if (rests[k].time_binds)
                n_bound++;
            else
                n_free++;
        }
        if (stable == 0) fail_msg("no stable state in set %d", (int)i);
    }
    print_message("%d interior with time to spare, %d without, %d corners, %d unstable\n", n_free,
                  n_bound, n_corner, n_unstable);
    assert_true(n_free > 1000 && n_bound > 400 && n_corner > 500 && n_unstable > 200);
}

/* What the figure of the loop reads, by name and type. */
static void test_loop_table_is_the_figures(void **state)
{
    (void)state;
    street_bench_t b;
    jd_table_t table;
    jd_folds_t folds;
    assert_int_equal(bench_config(&b, ""), JD_OK);
    assert_int_equal(jd_loop_table(b.config, 0, 0.6, 0.3, &table, &folds, &b.ctx), JD_OK);
    assert_int_equal(table.rows, 12);
    assert_int_equal(table.n_columns, JD_EFFORT_COLUMNS);
    for (int c = 0; c < JD_EFFORT_COLUMNS; c++) {
        assert_string_equal(table.columns[c].name, jd_effort_loop_columns[c].name);
        assert_int_equal(table.columns[c].type, jd_effort_loop_columns[c].type);
    }
    /* Alike officials: in balance at 0.3 going up, at the S corner at 0.6 and from there on. */
    static const double pressure[] = {0, 0.3, 0.6, 0.6, 0.3, 0}, corner[] = {0, 0, 1, 1, 1, 1};
    for (int i = 0; i < 12; i++) {
        int population = i / 6;
        assert_near(jd_table_number(&table, JD_EFFORT_PRESSURE, i), pressure[i % 6], 1e-15);
        assert_true(jd_table_number(&table, JD_EFFORT_BRANCH, i) == (i % 6 > 2));
        assert_true(jd_table_number(&table, JD_EFFORT_POPULATION, i) == population);
        if (i < 6) assert_true(jd_table_number(&table, JD_EFFORT_CORNER_STRONG, i) == corner[i]);
    }
    /* They rest where theory says: at 0.3 in balance. */
    jd_rest_t rests[JD_RESTS_MAX];
    int n = jd_theory_rests(jd_config_section(b.config, "officials"),
                            jd_config_section(b.config, "rescaling"), 0.5, 0.3, rests);
    double share = 0;
    for (int k = 0; k < n; k++)
        if (rests[k].kind == JD_REST_INTERIOR && rests[k].stable)
            share = rests[k].e_s / (rests[k].e_s + rests[k].e_w);
    assert_near(jd_table_number(&table, JD_EFFORT_SHARE, 1), share, 1e-9);
    assert_near(folds.up, 0.5284, 1e-4);
    jd_table_free(&table);
    bench_free(&b);
}

/* Same numbers for any number of threads. */
static void test_loop_does_not_depend_on_threads(void **state)
{
    (void)state;
    jd_table_t first = {0};
    static const int threads[] = {1, 2, 3, 7};
    for (int i = 0; i < 4; i++) {
        street_bench_t b;
        jd_table_t t;
        assert_int_equal(bench_config(&b, ""), JD_OK);
        b.ctx.threads = threads[i];
        assert_int_equal(jd_loop_table(b.config, 0, 0.6, 0.2, &t, NULL, &b.ctx), JD_OK);
        bench_free(&b);
        if (i == 0) {
            first = t;
            continue;
        }
        for (int c = JD_EFFORT_SHARE; c < t.n_columns; c++)
            assert_memory_equal(t.data[c], first.data[c], (size_t)t.rows * sizeof(double));
        jd_table_free(&t);
    }
    jd_table_free(&first);
}

static void test_loop_table_errors(void **state)
{
    (void)state;
    static const double wrong[][3] = {
        {-1.1, 1, 0.1}, {0, 4.5, 0.1}, {1, 0, 0.1},          {0, 1, 0},
        {0, 1, -0.1},   {0, 1, 1e-5},  {(double)NAN, 1, 0.1}};
    street_bench_t b;
    jd_table_t table;
    assert_int_equal(bench_config(&b, ""), JD_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        jd_ctx_clear(&b.ctx);
        assert_int_equal(
            jd_loop_table(b.config, wrong[i][0], wrong[i][1], wrong[i][2], &table, NULL, &b.ctx),
            JD_ERR_ARGUMENT);
        assert_non_null(strstr(b.ctx.message, "[-1, 4]"));
        jd_table_free(&table);
    }
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_are_those_of_the_table),
        cmocka_unit_test(test_folds_need_a_shared_cost),
        cmocka_unit_test(test_s_corner_by_hand),
        cmocka_unit_test(test_fold_is_where_stability_ends),
        cmocka_unit_test(test_rests_solve_the_equations),
        cmocka_unit_test(test_loop_table_is_the_figures),
        cmocka_unit_test(test_loop_does_not_depend_on_threads),
        cmocka_unit_test(test_loop_table_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
