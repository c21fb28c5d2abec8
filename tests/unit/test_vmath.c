/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <math.h>

#include "core/vmath.h"
#include "jiedao/random.h"

static double units_off(double got, long double exact)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    return (double)(fabsl((long double)got - exact) / ldexpl(1.0L, exponent - 53));
}

static void test_exp_within_one_unit(void **state)
{
    (void)state;
    jd_jump_t jump = jd_jump(jd_stream(1, 0, JD_DRAW_TREE), 0, 0);
    double worst = 0;
    for (uint64_t i = 0; i < 400000; i++) {
        double x = (jd_draw(&jump, i) - 0.5) * (i % 2 ? 2.0 : 1400.0);
        worst = fmax(worst, units_off(jd_exp(x), expl((long double)x)));
    }
    assert_true(worst < 1.0);
    assert_true(jd_exp(0.0) == 1.0);
    assert_true(jd_exp(-1e9) > 0.0 && isfinite(jd_exp(1e9)));
}

static void test_log_within_one_unit(void **state)
{
    (void)state;
    jd_jump_t jump = jd_jump(jd_stream(2, 0, JD_DRAW_TREE), 0, 0);
    double worst = 0;
    for (uint64_t i = 0; i < 400000; i++) {
        double u = jd_draw(&jump, i);
        double x = i % 2 ? u * 4.0 : exp((u - 0.5) * 1400.0);
        worst = fmax(worst, units_off(jd_log(x), logl((long double)x)));
    }
    assert_true(worst < 1.0);
    assert_true(jd_log(1.0) == 0.0);
    assert_true(jd_log(0.0) < -708.0 && isfinite(jd_log(0.0)));
}

static void test_sincos_turn(void **state)
{
    (void)state;
    const long double two_pi = 6.283185307179586476925286766559L;
    for (int i = -4000; i <= 4000; i++) {
        double turns = i / 1024.0, sine, cosine;
        jd_sincos_turn(turns, &sine, &cosine);
        assert_true(fabsl((long double)sine - sinl(two_pi * (long double)turns)) < 2.5e-16L);
        assert_true(fabsl((long double)cosine - cosl(two_pi * (long double)turns)) < 2.5e-16L);
    }
}

/* 200,000 normals: mean, variance, skewness and kurtosis within 4.5 standard errors (chance of a
 * false alarm about 3e-5; the seed is fixed). */
static void test_normal_moments(void **state)
{
    (void)state;
    jd_stream_t stream = jd_stream(3, 0, JD_DRAW_TREE);
    jd_jump_t first = jd_jump(stream, 0, 0), second = jd_jump(stream, 0, 1);
    const int n = 200000;
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    for (uint64_t i = 0; i < (uint64_t)n; i++) {
        double z = jd_normal(jd_draw(&first, i), jd_draw(&second, i));
        m1 += z, m2 += z * z, m3 += z * z * z, m4 += z * z * z * z;
    }
    double root = sqrt(n);
    assert_true(fabs(m1 / n) < 4.5 / root);
    assert_true(fabs(m2 / n - 1) < 4.5 * sqrt(2) / root);
    assert_true(fabs(m3 / n) < 4.5 * sqrt(15) / root);
    assert_true(fabs(m4 / n - 3) < 4.5 * sqrt(96) / root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp_within_one_unit),
        cmocka_unit_test(test_log_within_one_unit),
        cmocka_unit_test(test_sincos_turn),
        cmocka_unit_test(test_normal_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
