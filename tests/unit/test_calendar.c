/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates as programs write them; values by Python's datetime and Stata's documentation. */
#include <string.h>

#include "core/calendar/calendar.h"
#include "support.h"

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        jd_period_t unit;
        int64_t value;
        int32_t seconds;
    } cases[] = {
        {"2018-03-31", JD_PERIOD_DAY, 17621, 0},
        {"2018/3/1", JD_PERIOD_DAY, 17591, 0},
        {"2018.03.31", JD_PERIOD_DAY, 17621, 0},
        {"2018-03-31T14:30:00Z", JD_PERIOD_DAY, 17621, 52200},
        {"2018-03-31 14:30:00.123+02:00", JD_PERIOD_DAY, 17621, 52200},
        {"2018-03-31 14:30", JD_PERIOD_DAY, 17621, 52200},
        {"3/31/2018 2:30:00 PM", JD_PERIOD_DAY, 17621, 52200},
        {"3/31/2018 12:00:00 AM", JD_PERIOD_DAY, 17621, 0},
        {"01jan2018", JD_PERIOD_DAY, 17532, 0},
        {"01jan2018 00:00:00", JD_PERIOD_DAY, 17532, 0},
        {"01JAN2018:12:30:00", JD_PERIOD_DAY, 17532, 45000},
        {"1-Jan-2018", JD_PERIOD_DAY, 17532, 0},
        {"1 January 2018", JD_PERIOD_DAY, 17532, 0},
        {"Jan 1, 2018", JD_PERIOD_DAY, 17532, 0},
        {"2018-Jan-01", JD_PERIOD_DAY, 17532, 0},
        {"29feb2016", JD_PERIOD_DAY, 16860, 0},
        {"31.12.2018", JD_PERIOD_DAY, 17896, 0},
        {"12/31/2018", JD_PERIOD_DAY, 17896, 0},
        {"1/1/2018", JD_PERIOD_DAY, 17532, 0},
        {"Jan 2018", JD_PERIOD_MONTH, 24216, 0},
        {"2018 Jan", JD_PERIOD_MONTH, 24216, 0},
        {"september 2018", JD_PERIOD_MONTH, 24224, 0},
        {"Sept-2018", JD_PERIOD_MONTH, 24224, 0},
        {"jan2018", JD_PERIOD_MONTH, 24216, 0},
        {"2018M3", JD_PERIOD_MONTH, 24218, 0},
        {"2018m03", JD_PERIOD_MONTH, 24218, 0},
        {"2018-M12", JD_PERIOD_MONTH, 24227, 0},
        {"2018-03", JD_PERIOD_MONTH, 24218, 0},
        {"3/2018", JD_PERIOD_MONTH, 24218, 0},
        {"2018Q1", JD_PERIOD_QUARTER, 8072, 0},
        {"2018-q4", JD_PERIOD_QUARTER, 8075, 0},
        {"Q1 2018", JD_PERIOD_QUARTER, 8072, 0},
        {"Q1-2018", JD_PERIOD_QUARTER, 8072, 0},
        {"1Q2018", JD_PERIOD_QUARTER, 8072, 0},
        {"2018:Q1", JD_PERIOD_QUARTER, 8072, 0},
        {"2018H1", JD_PERIOD_HALF, 4036, 0},
        {"2018-S2", JD_PERIOD_HALF, 4037, 0},
        {"2018W05", JD_PERIOD_WEEK, 17560, 0},   /* 29 January */
        {"2020-W53", JD_PERIOD_WEEK, 18624, 0},  /* 28 December */
        {"2018-W05-3", JD_PERIOD_DAY, 17562, 0}, /* 31 January */
        {"2018w5", JD_PERIOD_STATA_WEEK, 104940, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jd_moment_t m;
        if (!jd_date_read(cases[i].text, JD_ORDER_UNKNOWN, &m)) fail_msg("%s", cases[i].text);
        if (m.unit != cases[i].unit || m.value != cases[i].value || m.seconds != cases[i].seconds)
            fail_msg("%s: %d %lld %d", cases[i].text, (int)m.unit, (long long)m.value, m.seconds);
    }
}

static void test_no_dates(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "2018",
                                        "20180131",
                                        "1/2/2018",
                                        "2018-13",
                                        "2018-00",
                                        "2018-02-30",
                                        "29feb2018",
                                        "1/1/18",
                                        "Jan-18",
                                        "2018Q5",
                                        "2018Q0",
                                        "2018W54",
                                        "2018-W53",
                                        "2018w53",
                                        "2018H3",
                                        "never",
                                        "Q1",
                                        "2018-01-01 25:00",
                                        "2018-03-31x",
                                        "01.2018.01",
                                        "2018-1/1",
                                        "32.01.2018",
                                        "2018..01",
                                        "2018 1 1",
                                        "2018-01-01T",
                                        "12:30",
                                        "2018.01",
                                        "99999-01-01",
                                        "Janu 2018"};
    jd_moment_t m;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (jd_date_read(texts[i], JD_ORDER_UNKNOWN, &m)) fail_msg("'%s' is taken", texts[i]);
}

static void test_order_of_day_and_month(void **state)
{
    (void)state;
    const unsigned is = JD_ORDER_IS_DATE, dmy = JD_ORDER_FITS_DMY, mdy = JD_ORDER_FITS_MDY;
    jd_moment_t m;
    assert_int_equal(jd_date_order("1/2/2018"), is | dmy | mdy | JD_ORDER_MATTERS);
    assert_int_equal(jd_date_order("2/2/2018"), is | dmy | mdy);
    assert_int_equal(jd_date_order("13.2.2018"), is | dmy);
    assert_int_equal(jd_date_order("2-13-2018 0:00"), is | mdy);
    assert_int_equal(jd_date_order("13/13/2018"), is);
    assert_int_equal(jd_date_order("2018-01-02"), 0);
    assert_true(jd_date_read("1/2/2018", JD_ORDER_DMY, &m) && m.value == 17563);
    assert_true(jd_date_read("1/2/2018", JD_ORDER_MDY, &m) && m.value == 17533);
    assert_false(jd_date_read("13/2/2018", JD_ORDER_MDY, &m));
}

/* Stata 18, [FN] Date and time functions; %tC: 2016 ended with the 27th leap second. */
static void test_stata(void **state)
{
    (void)state;
    static const struct {
        char letter;
        double number;
        jd_period_t unit;
        int64_t value;
        int32_t seconds;
    } cases[] = {
        {'d', 21185, JD_PERIOD_DAY, 17532, 0},
        {'d', -1, JD_PERIOD_DAY, -3654, 0},
        {'c', 1830384000000, JD_PERIOD_DAY, 17532, 0},
        {'C', 1830384027000, JD_PERIOD_DAY, 17532, 0},
        {'C', 1830384026000, JD_PERIOD_DAY, 17531, 86399},
        {'C', 1798848026000, JD_PERIOD_DAY, 17166, 86399}, /* 31dec2016 23:59:60 */
        {'C', 1798848027000, JD_PERIOD_DAY, 17167, 0},
        {'m', 532, JD_PERIOD_MONTH, 24052, 0},
        {'q', 200, JD_PERIOD_QUARTER, 8040, 0},
        {'w', 3020, JD_PERIOD_STATA_WEEK, 104940, 0},
        {'h', 116, JD_PERIOD_HALF, 4036, 0},
        {'y', 2018, JD_PERIOD_YEAR, 2018, 0},
    };
    jd_moment_t m;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!jd_date_from_stata(cases[i].letter, cases[i].number, &m) || m.unit != cases[i].unit ||
            m.value != cases[i].value || m.seconds != cases[i].seconds)
            fail_msg("%%t%c %.0f: %lld %d", cases[i].letter, cases[i].number, (long long)m.value,
                     m.seconds);
    assert_false(jd_date_from_stata('d', 0.5, &m));
    assert_false(jd_date_from_stata('d', 1e300, &m));
    assert_false(jd_date_from_stata('b', 5, &m));
}

static void test_units(void **state)
{
    (void)state;
    char text[32];
    const int64_t day = jd_day_number(2018, 5, 17);
    static const struct {
        jd_period_t unit;
        int64_t value;
        const char *text;
    } cases[] = {{JD_PERIOD_YEAR, 2018, "2018"},           {JD_PERIOD_HALF, 4036, "2018H1"},
                 {JD_PERIOD_QUARTER, 8073, "2018Q2"},      {JD_PERIOD_MONTH, 24220, "2018-05"},
                 {JD_PERIOD_WEEK, 17665, "2018-05-14"},    {JD_PERIOD_DAY, 17668, "2018-05-17"},
                 {JD_PERIOD_STATA_WEEK, 104955, "2018w20"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(jd_period_of_day(cases[i].unit, day), cases[i].value);
        assert_string_equal(jd_period_text(cases[i].unit, cases[i].value, text, sizeof text),
                            cases[i].text);
        const int64_t first = jd_period_day(cases[i].unit, cases[i].value);
        assert_int_equal(jd_period_of_day(cases[i].unit, first), cases[i].value);
        assert_int_not_equal(jd_period_of_day(cases[i].unit, first - 1), cases[i].value);
    }
    assert_true(jd_period_within(JD_PERIOD_MONTH, JD_PERIOD_QUARTER));
    assert_false(jd_period_within(JD_PERIOD_WEEK, JD_PERIOD_MONTH));
    assert_false(jd_period_within(JD_PERIOD_YEAR, JD_PERIOD_QUARTER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_no_dates),
        cmocka_unit_test(test_order_of_day_and_month),
        cmocka_unit_test(test_stata),
        cmocka_unit_test(test_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
