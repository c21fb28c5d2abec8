/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers for people: one rule, and no wider than its columns. */
#include "core/shown.h"

#include <math.h>
#include <string.h>

#include "support.h"

static void test_the_rule(void **state)
{
    static const struct {
        double x;
        bool sign;
        const char *text;
    } cases[] = {
        {0.0297, false, "0.02970"},
        {0.0297, true, "+0.02970"},
        {-0.00655, true, "-0.00655"},
        {9.999994, false, "9.99999"},
        {10, false, "10.000"},
        {-999.9994, false, "-999.999"},
        {1234.56, false, "1234.6"},
        {1e7, false, "1.00e+07"},
        {-9.5e-05, true, "-9.50e-05"},
        {0.0001, false, "0.00010"},
        {0, true, "0"},
        {-1.4e-14, false, "0"},
        {(double)NAN, false, "-"},
    };
    char text[JD_SHOWN];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(jd_shown(cases[i].x, cases[i].sign, text), cases[i].text);
}

static void test_nine_characters_hold_it(void **state)
{
    char text[JD_SHOWN];
    (void)state;
    double x = 1e-11;
    while (x < 1e6) {
        assert_true(strlen(jd_shown(x, true, text)) <= 9);
        assert_true(strlen(jd_shown(-x, true, text)) <= 9);
        x *= 1.7;
    }
}

static void test_small_outcomes_are_no_rounding(void **state)
{
    char text[JD_SHOWN];
    (void)state;
    assert_string_equal(jd_shown_of(8.6e-14, 2e-12, text), "8.60e-14");
    assert_string_equal(jd_shown_of(8.6e-26, 2e-12, text), "0");
    assert_string_equal(jd_shown_of(-8.6e-302, 2e-300, text), "-8.60e-302");
    assert_string_equal(jd_shown_of(8.6e-14, 2e12, text), "0");
    assert_string_equal(jd_shown_of(0, 0, text), "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rule),
        cmocka_unit_test(test_nine_characters_hold_it),
        cmocka_unit_test(test_small_outcomes_are_no_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
