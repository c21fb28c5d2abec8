/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traits, the quarter's step, willingness, time. */
#include "street_bench.h"

#define SMALL \
    "[world]\nprovinces=2\nprefectures=4\ncounties=10\nstreets=600\n[rescaling]\nevent=0\n"

/* Careers have mean 1 and the SD of logs asked for; set-points mean, SD between and within streets.
 */
static void test_traits_are_as_asked(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, "[world]\nstreets=20000\n[officials]\nper_street=10\n");
    const jd_officials_params_t *p = b.setting.officials;
    int32_t n = b.dims.streets;
    double mean = 0, log2 = 0, psi = 0, between = 0, within = 0, all = 10.0 * n;
    for (int32_t s = 0; s < n; s++) {
        double street = 0, squares = 0;
        for (int k = 0; k < 10; k++) {
            double w = b.traits.career[(int64_t)k * n + s],
                   x = b.traits.psi_bar[(int64_t)k * n + s];
            double z = log(w) + 0.5 * p->career_sd * p->career_sd;
            mean += w, log2 += z * z, street += x, squares += (x - p->psi_bar) * (x - p->psi_bar);
        }
        psi += street;
        street = street / 10 - p->psi_bar;
        between += street * street;
        within += (squares - 10 * street * street) / 9;
    }
    assert_near(mean / all, 1, 5 * 0.2 / sqrt(all));
    assert_near(sqrt(log2 / all), p->career_sd, 5 * 0.2 / sqrt(2 * all));
    assert_near(psi / all, p->psi_bar, 5 * 0.06 / sqrt(n));
    assert_near(sqrt(within / n), p->psi_sd, 0.001);
    assert_near(sqrt(between / n - within / n / 10), p->psi_street_sd, 0.002);
    bench_free(&b);
}

/* An official's traits are its own: those of other streets and slots do not move them. */
static void test_traits_do_not_depend_on_counts(void **state)
{
    (void)state;
    street_bench_t few, many;
    bench_open(
        &few,
        "[world]\nprovinces=1\nprefectures=1\ncounties=1\nstreets=5\n[officials]\nper_street=2\n");
    bench_open(
        &many,
        "[world]\nprovinces=1\nprefectures=1\ncounties=1\nstreets=50\n[officials]\nper_street=9\n");
    for (int k = 0; k < 2; k++) {
        for (int s = 0; s < 5; s++) {
            assert_true(few.traits.career[k * 5 + s] == many.traits.career[k * 50 + s]);
            assert_true(few.traits.psi_bar[k * 5 + s] == many.traits.psi_bar[k * 50 + s]);
        }
    }
    bench_free(&few);
    bench_free(&many);
}

/* Without anything to lower it willingness stays; under overload it rests where section 1 says. */
static void test_willingness_rests(void **state)
{
    (void)state;
    static const double pressures[] = {0, 0.1, 0.7, -0.4};
    for (int i = 0; i < 4; i++) {
        char text[256];
        snprintf(text, sizeof text, SMALL "base=%g\n[officials]\nburden=0.2\n", pressures[i]);
        street_bench_t b;
        bench_open(&b, text);
        for (int q = 8000; q < 8400; q++)
            bench_quarter(&b, q);
        double overload = fmax(0, pressures[i] + 0.2);
        for (int64_t k = 0; k < (int64_t)b.dims.slots * b.dims.streets; k++)
            assert_near(b.world.officials.psi[k], b.traits.psi_bar[k] / (1 + 0.02 / 0.1 * overload),
                        1e-12);
        bench_free(&b);
    }
}

/* Each official of a step does what the closed form says; street sums are means of its officials.
 */
static void test_step_is_choice_output_learning(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, SMALL "base=0.5\n");
    const jd_officials_params_t *p = b.setting.officials;
    for (int q = 8000; q < 8010; q++)
        bench_quarter(&b, q);
    int32_t n = b.dims.streets;
    const jd_officials_t *o = &b.world.officials;
    double *e_s = test_malloc((size_t)n * 6 * sizeof(double)),
           *a_s = test_malloc((size_t)n * 6 * sizeof(double));
    double *y_w = test_calloc((size_t)n, sizeof(double)),
           *corner = test_calloc((size_t)n, sizeof(double));
    for (int32_t i = 0; i < 6 * n; i++) {
        double w = b.traits.career[i], e_w;
        double r_s = w * p->mu_strong * 1.5 * o->strong[i] + p->habit * o->effort_s[i];
        double r_w = (w * p->mu_weak * b.setting.delay * 1.05 + o->psi[i]) * o->weak[i] +
                     p->habit * o->effort_w[i];
        jd_officials_choose(p, r_s, r_w, 1, &e_s[i], &e_w);
        a_s[i] = o->strong[i] + p->learn * e_s[i] * (1 - o->strong[i]) -
                 p->forget * (o->strong[i] - p->floor);
        y_w[i % n] += o->weak[i] * e_w / 6;
        corner[i % n] += (e_w <= 0 && e_s[i] > 0) / 6.0;
    }
    bench_quarter(&b, 8010);
    for (int32_t i = 0; i < 6 * n; i++) {
        assert_near(o->effort_s[i], e_s[i], 1e-14);
        assert_near(o->strong[i], a_s[i], 1e-14);
    }
    for (int32_t s = 0; s < n; s++) {
        assert_near(b.world.output.y_w[s], y_w[s], 1e-14);
        assert_near(b.world.output.corner_s[s], corner[s], 1e-14);
    }
    test_free(e_s);
    test_free(a_s);
    test_free(y_w);
    test_free(corner);
    bench_free(&b);
}

static void test_burden_takes_all_time(void **state)
{
    (void)state;
    street_bench_t b;
    bench_open(&b, SMALL "[officials]\nburden=1\n");
    for (int q = 8000; q < 8400; q++)
        bench_quarter(&b, q);
    for (int32_t s = 0; s < b.dims.streets; s++) {
        assert_true(b.world.output.e_s[s] == 0.0 && b.world.output.e_w[s] == 0.0);
        assert_near(b.world.output.a_s[s], b.setting.officials->floor, 1e-12);
        assert_near(b.world.friction[s], 1, 2e-6);
    }
    bench_free(&b);
}

/* Any cut of the streets into ranges gives the same bits. */
static void test_ranges_do_not_matter(void **state)
{
    (void)state;
    street_bench_t one, cut;
    bench_open(&one, SMALL);
    bench_open(&cut, SMALL);
    for (int q = 8000; q < 8004; q++) {
        bench_quarter(&one, q);
        bench_quarter(&cut, q);
    }
    for (int32_t s = 0; s < 600; s += 7)
        jd_officials_step(cut.setting.officials, &cut.traits, &cut.world.incentives, s,
                          s + 7 < 600 ? s + 7 : 600, &cut.world.officials, &cut.world.output);
    jd_officials_step(one.setting.officials, &one.traits, &one.world.incentives, 0, 600,
                      &one.world.officials, &one.world.output);
    assert_memory_equal(one.world.block, cut.world.block, one.world.bytes);
    bench_free(&one);
    bench_free(&cut);
}

/* Capability may leave [0, 1] if what is learnt and forgotten in a quarter exceeds one. */
static void test_officials_errors(void **state)
{
    (void)state;
    street_bench_t b;
    assert_int_equal(bench_config(&b, "[officials]\nlearn=0.9\nforget=0.2\n"), JD_ERR_COMBINATION);
    assert_non_null(strstr(b.ctx.message, "officials.learn"));
    bench_free(&b);
    assert_int_equal(bench_config(&b, "[officials]\nlearn=0.9\nforget=0.2\nburden=0.2\n"), JD_OK);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traits_are_as_asked),
        cmocka_unit_test(test_traits_do_not_depend_on_counts),
        cmocka_unit_test(test_willingness_rests),
        cmocka_unit_test(test_step_is_choice_output_learning),
        cmocka_unit_test(test_burden_takes_all_time),
        cmocka_unit_test(test_ranges_do_not_matter),
        cmocka_unit_test(test_officials_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
