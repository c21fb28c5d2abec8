/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of times and cohorts: which dates they are, in what they are counted, what is refused. */
#include <stdlib.h>
#include <string.h>

#include "own_data.h"
#include "support.h"

static jd_ctx_t ctx;
static char notes[2048];
static char path[] = "/tmp/jiedao-dates-XXXXXX";

static void take_note(void *user, const char *text)
{
    (void)user;
    snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s\n", text);
}

/* Rows "time,cohort" of one unit, an outcome each. */
static int read_rows(const char *const *rows, jd_own_spacing_t spacing, jd_own_data_t *data)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs("i;t;g;y\n", out);
    for (int i = 0; i < 8 && rows[i]; i++) {
        const char *comma = strchr(rows[i], '|');
        fprintf(out, "%d;%.*s;%s;%d\n", i, (int)(comma - rows[i]), rows[i], comma + 1, i);
    }
    assert_int_equal(fclose(out), 0);
    const jd_own_roles_t roles = {
        .y = "y", .unit = "i", .time = "t", .cohort = "g", .periods = (int)spacing};
    jd_ctx_init(&ctx);
    ctx.warn = take_note;
    notes[0] = '\0';
    return own_data_read(data, path, &roles, NULL, &ctx);
}

static const struct {
    const char *rows[6];
    jd_own_spacing_t spacing;
    jd_period_t unit;
    int32_t time[4], cohort[4]; /* less the first time; -99 = never */
    const char *first, *note;
} cases[] = {
    /* Codes of year and period. */
    {{"20104|0", "20111|20111"}, 0, JD_PERIOD_QUARTER, {0, 1}, {-99, 1}, "2010Q4", "2011Q1"},
    {{"20104|0", "20111|20111"},
     JD_OWN_BY_INTEGER,
     JD_PERIOD_NUMBER,
     {0, 7},
     {-99, 7},
     "20104",
     ""},
    {{"20104|0", "20111|20111"}, JD_OWN_BY_RANK, JD_PERIOD_NUMBER, {0, 1}, {-99, 1}, "20104", ""},
    {{"20101|0", "20103|20103"}, 0, JD_PERIOD_NUMBER, {0, 1}, {-99, 1}, "20101", "have gaps"},
    {{"20101|0", "20111|20112"},
     JD_OWN_BY_QUARTER,
     JD_PERIOD_QUARTER,
     {0, 4},
     {-99, 5},
     "2010Q1",
     "year and quarter"},
    {{"20101|0", "20114|20112"},
     JD_OWN_BY_YEAR,
     JD_PERIOD_YEAR,
     {0, 1},
     {-99, 1},
     "2010",
     "year and quarter"},
    {{"201712|0", "201801|201802", "201803|"},
     0,
     JD_PERIOD_MONTH,
     {0, 1, 2},
     {-99, 2, -99},
     "2017-12",
     "year and month"},
    {{"201801|0", "201852|201901", "201902|"},
     JD_OWN_BY_WEEK,
     JD_PERIOD_WEEK,
     {0, 51, 53},
     {-99, 53, -99},
     "2018-01-01",
     "year and week"},
    {{"20180131|0", "20180228|20180331"},
     0,
     JD_PERIOD_MONTH,
     {0, 1},
     {-99, 2},
     "2018-01",
     "year, month and day"},
    {{"20180130|0", "20180201|20180203"},
     0,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 2},
     "2018-01-30",
     "year, month and day"},
    {{"2018.75|0", "2019|2019.25", "2019.5|2019"},
     0,
     JD_PERIOD_QUARTER,
     {0, 1, 2},
     {-99, 2, 1},
     "2018Q4",
     "2018.75 is 2018Q4"},
    {{"2018.5|0", "2019|2019.5"}, 0, JD_PERIOD_HALF, {0, 1}, {-99, 2}, "2018H2", "half-year"},
    {{"2018.917|0", "2019|2019.083", "2019.083|"},
     0,
     JD_PERIOD_MONTH,
     {0, 1, 2},
     {-99, 2, -99},
     "2018-12",
     "2018-12"},
    {{"2010|0", "2012|20111"}, 0, JD_PERIOD_YEAR, {0, 1}, {-99, 1}, "2010", "quarter"},
    /* Numbers that are none. */
    {{"1|0", "3|2"}, 0, JD_PERIOD_NUMBER, {0, 1}, {-99, 1}, "1", "have gaps"},
    {{"20105|0", "20111|20111"}, 0, JD_PERIOD_NUMBER, {0, 1}, {-99, 1}, "20105", "have gaps"},
    /* Dates in words and figures. */
    {{"01jan2018|0", "01feb2018|01mar2018"}, 0, JD_PERIOD_MONTH, {0, 1}, {-99, 2}, "2018-01", ""},
    {{"1/1/2018|0", "1/1/2019|1/1/2019"}, 0, JD_PERIOD_YEAR, {0, 1}, {-99, 1}, "2018", ""},
    {{"1/2/2018|0", "13/2/2018|13/2/2018"},
     0,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 1},
     "2018-02-01",
     "have gaps"},
    {{"1/2/2018|0", "1/14/2018|1/14/2018"},
     0,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 1},
     "2018-01-02",
     "have gaps"},
    {{"1/2/2018|0", "1/3/2018|13/3/2018"},
     0,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 2},
     "2018-02-01",
     "have gaps"},
    {{"01.01.2018|0", "01.02.2018|01.03.2018"},
     0,
     JD_PERIOD_MONTH,
     {0, 1},
     {-99, 2},
     "2018-01",
     "day first"},
    {{"Jan 2018|0", "Feb 2018|Mar 2018"}, 0, JD_PERIOD_MONTH, {0, 1}, {-99, 2}, "2018-01", ""},
    {{"2018M3|0", "2018M4|2018m5"}, 0, JD_PERIOD_MONTH, {0, 1}, {-99, 2}, "2018-03", ""},
    {{"2017H2|0", "2018H1|2018H1"}, 0, JD_PERIOD_HALF, {0, 1}, {-99, 1}, "2017H2", ""},
    {{"2020W53|0", "2021W01|2021W02"}, 0, JD_PERIOD_WEEK, {0, 1}, {-99, 2}, "2020-12-28", ""},
    {{"2020w52|0", "2021w1|2021w2"}, 0, JD_PERIOD_STATA_WEEK, {0, 1}, {-99, 2}, "2020w52", ""},
    {{"2018-01-31T12:00:00Z|0", "2018-02-28T12:00:00Z|2018-02-28"},
     0,
     JD_PERIOD_MONTH,
     {0, 1},
     {-99, 1},
     "2018-01",
     ""},
    {{"2018-01-31 10:00|0", "2018-01-31 11:00|2018-02-01"},
     JD_OWN_BY_DAY,
     JD_PERIOD_DAY,
     {0, 0},
     {-99, 1},
     "2018-01-31",
     ""},
    /* Cohorts in another unit. */
    {{"2010Q1|0", "2010Q2|2010-05-17"},
     0,
     JD_PERIOD_QUARTER,
     {0, 1},
     {-99, 1},
     "2010Q1",
     "each day counts as the quarter it lies in"},
    {{"2010|0", "2012|2011-05-17"}, 0, JD_PERIOD_YEAR, {0, 1}, {-99, 1}, "2010", "read as years"},
    {{"2018w5|0", "2018w6|2018-02-06"},
     0,
     JD_PERIOD_STATA_WEEK,
     {0, 1},
     {-99, 1},
     "2018w5",
     "week"},
    {{"2010-01-01|0", "2011-01-01|2010-05-17"},
     JD_OWN_BY_YEAR,
     JD_PERIOD_YEAR,
     {0, 1},
     {-99, 0},
     "2010",
     ""},
    {{"2010-01-01|0", "2011-01-01|2010-05-17"},
     JD_OWN_BY_RANK,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 1},
     "2010-01-01",
     ""},
    {{"2010-01-01|0", "2011-01-01|2010-05-17"},
     0,
     JD_PERIOD_DAY,
     {0, 1},
     {-99, 1},
     "2010-01-01",
     "--periods day counts the calendar"},
    {{"2010-01-01|0", "2011-01-01|2010-05-17"},
     JD_OWN_BY_DAY,
     JD_PERIOD_DAY,
     {0, 365},
     {-99, 365},
     "2010-01-01",
     ""},
    {{"2010Q1|0", "2011Q3|2011"},
     JD_OWN_BY_YEAR,
     JD_PERIOD_YEAR,
     {0, 1},
     {-99, 1},
     "2010",
     "as years"},
    {{"2010Q1|0", "2010Q3|2010Q2"},
     JD_OWN_BY_MONTH,
     JD_PERIOD_MONTH,
     {0, 6},
     {-99, 6},
     "2010-01",
     "begins in"},
    {{"2018-01-03|0", "2018-01-10|2018-01-16"},
     JD_OWN_BY_WEEK,
     JD_PERIOD_WEEK,
     {0, 1},
     {-99, 1},
     "2018-01-03",
     ""},
    /* Observed periods: a gap, and dates on both sides. */
    {{"2001|0", "2004|2002", "2006|2009", "2011|1990"},
     JD_OWN_BY_RANK,
     JD_PERIOD_NUMBER,
     {0, 1, 2, 3},
     {-99, 1, 3, 0},
     "2001",
     ""},
    {{"2001|2012", "2004|2013", "2006|2014"},
     JD_OWN_BY_RANK,
     JD_PERIOD_NUMBER,
     {0, 1, 2},
     {5, 6, 6},
     "2001",
     ""},
};

static void test_columns_of_dates(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_own_data_t data;
        char text[32];
        if (read_rows(cases[k].rows, cases[k].spacing, &data))
            fail_msg("case %zu: %s", k, ctx.message);
        if (data.period != cases[k].unit) fail_msg("case %zu: unit %d", k, (int)data.period);
        for (int i = 0; i < 4 && cases[k].rows[i]; i++) {
            int32_t time = data.panel.time[i] - data.panel.time[0],
                    cohort = data.panel.cohort[i] ? data.panel.cohort[i] - data.panel.time[0] : -99;
            if (time != cases[k].time[i] || cohort != cases[k].cohort[i])
                fail_msg("case %zu, row %d: %d %d", k, i, time, cohort);
        }
        jd_own_period_text(&data, data.first, text, sizeof text);
        if (strcmp(text, cases[k].first) != 0) fail_msg("case %zu: %s", k, text);
        if (!strstr(notes, cases[k].note)) fail_msg("case %zu: %s", k, notes);
        if (!*cases[k].note && *notes) fail_msg("case %zu: %s", k, notes);
        jd_own_data_free(&data);
    }
}

static void test_what_is_ambiguous_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *rows[4];
        jd_own_spacing_t spacing;
        const char *message;
    } refused[] = {
        {{"1/2/2018|0", "1/3/2018|"}, 0, "'1/2/2018': 2018-02-01 or 2018-01-02?"},
        {{"13/2/2018|0", "1/14/2018|"}, 0, "'13/2/2018' (day first)"},
        {{"1/1/18|0", "1/1/19|"}, 0, "years with four digits"},
        {{"20101|0", "20111|20111"}, 0, "look like year and quarter; without a fourth quarter"},
        {{"20100|0", "20103|0", "20111|20111"}, 0, "counted from 0"},
        {{"201801|0", "201904|"}, 0, "look like year and month; no month is beyond the fourth"},
        {{"201801|0", "201852|201901"}, 0, "look like year and week"},
        {{"2018001|0", "2018365|"}, JD_OWN_BY_WEEK, "look like year and day of it"},
        {{"31122018|0", "1012019|"}, 0, "look like day, month and year"},
        {{"20104|0", "20111|20120"}, 0, "row 2 holds 20120, but the periods look like year and"},
        {{"2010Q1|0", "2010Q2|2010"}, 0, "holds a year ('2010') where the periods of t are each"},
        {{"2010Q1|0", "2010Q2|7"}, 0, "holds a whole number ('7')"},
        {{"2010Q1|0", "2010-04|"},
         0,
         "row 2 holds a month where earlier periods are each a quarter"},
        {{"2018-01-31 10:00|0", "2018-01-31 11:00|"}, 0, "another time of day"},
        {{"1|0", "2|2"}, JD_OWN_BY_QUARTER, "which is no date"},
        {{"2018.1|0", "2018.2|"}, 0, "row 1 holds '2018.1'"},
        {{"2018.75|0", "2019|"}, JD_OWN_BY_INTEGER, "row 1 holds '2018.75'"},
    };
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        jd_own_data_t data;
        int rc = read_rows(refused[k].rows, refused[k].spacing, &data);
        if (!rc) fail_msg("case %zu is taken", k);
        if (!strstr(ctx.message, refused[k].message)) fail_msg("case %zu: %s", k, ctx.message);
    }
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_of_dates),
        cmocka_unit_test(test_what_is_ambiguous_is_refused),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
