/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did refuses what it cannot take, and says why: columns, estimators, hostile files. Wrong
 * options are in golden/test_messages.c. */
#include "cli/did_files.h"
#include "near.h"

static void test_slips_in_columns_are_told(void **state)
{
    (void)state;
    write_here("word.csv", "i,t,g,y,z\n1,2020-01,never,1,a\n1,2020-02,never,2,a\n"
                           "1,2020-03,never,2.5,a\n2,2020-01,2020-02,1,b\n2,2020-02,2020-02,4,b\n"
                           "2,2020-03,2020-02,3,b\n3,2020-01,never,0,c\n3,2020-02,never,2.5,c\n"
                           "3,2020-03,never,1,c\n");
    run(1, "\"$JIEDAO\" did word.csv" ROLES);
    ASSERT_HOLDS(said.err, "row 1 holds 'never'");
    ASSERT_HOLDS(said.err, "a word for never goes with --never");
    run(0, "\"$JIEDAO\" did word.csv" ROLES
           "--never never --estimator callaway_santanna --aggregate cells");
    ASSERT_HOLDS(said.out, "\nEstimator          term                  estimate ");
    ASSERT_HOLDS(said.out, "\ncallaway_santanna  g=2020-02,t=2020-02 ");
    run(0, "\"$JIEDAO\" did word.csv" ROLES "--never never");
    ASSERT_HOLDS(said.out, "  drdid: 3 periods (2020-01 ... 2020-03); it compares two");
    run(1, "\"$JIEDAO\" did word.csv" ROLES "--never never --estimator drdid");
    ASSERT_HOLDS(said.err, "drdid: 3 periods (2020-01 ... 2020-03); it compares two");
    run(0, "\"$JIEDAO\" did late.csv" ROLES "--never 7,3,NA --estimator twfe");
    ASSERT_HOLDS(said.err, "--never 7: no row of g holds it; several codes are joined by commas");
    run(1, "\"$JIEDAO\" did late.csv" ROLES "--never 2,3 --estimator twfe");
    ASSERT_HOLDS(said.err, "none of the 3 units is ever treated");
    run(0, "\"$JIEDAO\" did late.csv" ROLES "--never 0 --estimator twfe");
    assert_null(strstr(said.err, "--never"));
    run(1, "\"$JIEDAO\" did word.csv --y z --unit i --time t --cohort g --never never");
    ASSERT_HOLDS(said.err, "--y z: row 1 holds 'a'; a number is needed there");
    run(1, "\"$JIEDAO\" did word.csv --y y --unit i --time t --treat z");
    ASSERT_HOLDS(said.err, "--treat z: row 1 holds 'a'; it must be 0 or 1");
}

static void test_what_does_not_apply_is_said(void **state)
{
    (void)state;
    /* no never-treated unit: the 2x2 has no controls, TWFE has */
    write_here("late.csv",
               "i,t,g,y\n1,1,2,1\n1,2,2,2\n1,3,2,2.5\n2,1,3,1\n2,2,3,1.5\n2,3,3,3\n3,1,3,0\n"
               "3,2,3,0.5\n3,3,3,2\n");
    run(0, "\"$JIEDAO\" did late.csv" ROLES);
    ASSERT_HOLDS(said.out, "Does not apply\n  2x2: no control group");
    ASSERT_HOLDS(said.out, "\ntwfe ");
    run(0, "\"$JIEDAO\" did late.csv" ROLES "--format csv");
    ASSERT_HOLDS(said.err, "2x2 does not apply: no control group");
    run(1, "\"$JIEDAO\" did late.csv --y y --unit i --time t --dose g --estimator event_study");
    ASSERT_HOLDS(said.err, "the treatment is an amount only");
    run(1, "\"$JIEDAO\" did late.csv" ROLES "--estimator 2x2");
    ASSERT_HOLDS(said.err, "no control group");
}

/* A complete panel leaves out whole units: who lacks what, and what keeps them. */
static void test_incomplete_controls_are_told(void **state)
{
    (void)state;
    char text[2048] = "i,t,g,y,x\n";
    for (int u = 1; u <= 8; u++)
        for (int t = 1; t <= 4; t++) {
            size_t at = strlen(text);
            snprintf(text + at, sizeof text - at, "%d,%d,%d,%d,%s\n", u, t, u > 5 ? 3 : 0,
                     u * t % 5,
                     t == 2 && u <= 5 ? ""
                     : t * u % 3      ? "1"
                                      : "2");
        }
    write_here("gap.csv", text);
    run(1, "\"$JIEDAO\" did gap.csv" ROLES "--x x --estimator callaway_santanna");
    ASSERT_HOLDS(said.err, "5 of 5 never-treated units have no row, or one without a covariate, in "
                           "period 2;");
    ASSERT_HOLDS(said.err, "(--unbalanced) keeps the others; 5 of 32 rows are dropped because a "
                           "covariate is missing there ('x' in the first)");
    run(0, "\"$JIEDAO\" did gap.csv" ROLES "--estimator callaway_santanna");
}

/* One table has one unit of event time: those that count waves do not count the calendar. */
static void test_one_unit_of_event_times(void **state)
{
    (void)state;
    char text[2048] = "i,t,g,y\n";
    for (int u = 1; u <= 8; u++)
        for (int t = 2001; t <= 2009; t += 2) {
            size_t at = strlen(text);
            snprintf(text + at, sizeof text - at, "%d,%d,%d,%d\n", u, t, u > 4 ? 2005 : 0,
                     u * t * t % 7);
        }
    write_here("waves.csv", text);
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--estimator event_study,lp_did --periods year");
    ASSERT_HOLDS(said.out, "lp_did: its event times count observed periods");
    run(2, "\"$JIEDAO\" did waves.csv" ROLES "--estimator lp_did --periods year");
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--estimator event_study,lp_did --periods rank");
    ASSERT_HOLDS(said.out, "\nlp_did ");
}

/* A period without outcomes: those that count the periods in use would call others e=0. The gap
 * right after one date of adoption is known. */
static void test_periods_without_outcomes(void **state)
{
    (void)state;
    const int cohorts[2][4] = {{0, 2004, 2004, 0}, {0, 2004, 2006, 0}};
    for (int k = 0; k < 2; k++)
        for (int empty = 2003; empty <= 2007; empty++) {
            char text[4096] = "i,t,g,y\n";
            for (int u = 1; u <= 8; u++)
                for (int t = 2000; t <= 2009; t++) {
                    size_t at = strlen(text);
                    const int g = cohorts[k][u % 4];
                    snprintf(text + at, sizeof text - at, "%d,%d,%d,", u, t, g);
                    at = strlen(text);
                    snprintf(text + at, sizeof text - at, t == empty ? "\n" : "%d.%d\n",
                             g && t >= g ? 10 + t - g : 0, u * t * t % 7);
                }
            write_here("holes.csv", text);
            run(0, "\"$JIEDAO\" did holes.csv" ROLES
                   "--estimator event_study,lp_did,stacked,did_multiplegt_dyn");
            const int known = k == 0 && empty == 2004;
            char text_of_hole[64];
            snprintf(text_of_hole, sizeof text_of_hole, "and none has %d", empty);
            assert_true((strstr(said.out, text_of_hole) == NULL) == known);
            assert_true((strstr(said.out, "\nstacked ") != NULL) == known);
        }
}

/* Fits that are exact, and averages of nothing. */
static void test_too_little_to_tell(void **state)
{
    (void)state;
    write_here("few.csv", "i,t,g,d,y\n-1,-3,7,0,-1.0863\n-1,2,7,0,0.7447\n-1,7,7,1,1.0000\n-1,12,7,"
                          "1,1.0000\n-1,17,7,1,1.1021\n0,-3,22,0,-0.1513\n0,2,22,0,-0.8231\n0,7,22,"
                          "0,0.0000\n0,12,22,0,-0.2558\n0,17,22,0,0.0000\n");
    run(0, "\"$JIEDAO\" did few.csv" ROLES "--dose d --cross-sections --vcov cr2");
    ASSERT_HOLDS(said.out, "\ntwfe ");
    write_here("few.csv", "i,t,g,y\n1,2000,,-0.1\n1,2005,,1.2\n2,2000,2005,0\n2,2005,2005,1\n");
    run(0, "\"$JIEDAO\" did few.csv" ROLES "--estimator etwfe --anticipation 1 --periods integer");
    ASSERT_HOLDS(said.out, "-0.30000"); /* against 2000, five years before */
}

/* A cohort of 0 says never, a period of 0 does not. */
static void test_periods_around_zero(void **state)
{
    (void)state;
    const int bases[] = {6, -10, -4};
    char first[4096] = "";
    for (int k = 0; k < 3; k++) {
        char rows[2048] = "i,t,d,g,y\n";
        size_t n = strlen(rows);
        for (int i = 0; i < 12; i++)
            for (int t = 1; t <= 6; t++) {
                int start = 2 + i % 3, on = i % 4 && t >= start, base = bases[k];
                n += (size_t)snprintf(rows + n, sizeof rows - n, "%d,%d,%d,%d,%d\n", i, base + t,
                                      on, i % 4 ? base + start : 99, (i * 7 + t * 5) % 11 + 3 * on);
            }
        write_here("zero.csv", rows);
        run(0, "\"$JIEDAO\" did zero.csv --y y --unit i --time t --treat d -q --format csv");
        if (k == 0) memcpy(first, said.out, sizeof first - 1);
        assert_int_equal(strncmp(first, said.out, sizeof first - 1), 0);
        run(0, "\"$JIEDAO\" did zero.csv" ROLES "--never 99 -q --format csv");
        assert_int_equal(strncmp(first, said.out, sizeof first - 1), 0);
    }
    write_here("zero.csv", "i,t,g,y\n1,-1,0,1\n1,0,0,3\n2,-1,0,4\n2,0,0,1\n3,-1,-9,1\n3,0,-9,1\n");
    run(1, "\"$JIEDAO\" did zero.csv" ROLES);
    ASSERT_HOLDS(said.err, "0 lies among the periods and may mean never or period 0; --never 0");
    run(1, "\"$JIEDAO\" did zero.csv" ROLES "--never 0");
    ASSERT_HOLDS(said.err, "row 5 holds -9, before the first period; never is empty or 0");
    run(1, "\"$JIEDAO\" did zero.csv" ROLES "--never 0,-9");
    ASSERT_HOLDS(said.err, "is ever treated in the periods -1 to 0");
}

/* Units' rows in uneven waves: four never treated, three from 8, three from 11, two from 12, which
 * lies between two waves. `lost`: the outcome of cohort 11 is missing when it adopts. */
static void write_waves(const char *name, int lost)
{
    static const int waves[] = {1, 4, 6, 8, 11, 13};
    char rows[4096] = "i,t,g,d,y\n";
    size_t n = strlen(rows);
    for (int i = 0; i < 12; i++)
        for (int w = 0; w < 6; w++) {
            const int t = waves[w], g = i < 4 ? 0 : i < 7 ? 8 : i < 10 ? 11 : 12;
            const int on = g && t >= g;
            n += (size_t)snprintf(rows + n, sizeof rows - n, "%d,%d,%d,%d,", i, t, g, on);
            if (!lost || g != 11 || t != 11)
                n += (size_t)snprintf(rows + n, sizeof rows - n, "%.1f",
                                      0.3 * i + 0.1 * t + (i * 7 + t * 5) % 11 * 0.1 +
                                          (on ? 1 + 0.2 * (t - g) : 0));
            n += (size_t)snprintf(rows + n, sizeof rows - n, "\n");
        }
    write_here(name, rows);
}

/* Right: least squares on dummies of units, waves and cells, by another program. */
static void test_waves_and_treatment_of_rows_without_outcome(void **state)
{
    (void)state;
    static const char *const all = "--estimator event_study,sun_abraham,etwfe,imputation,two_stage,"
                                   "stacked,lp_did,callaway_santanna -q --format csv";
    char by_cohort[sizeof said.out], command[512];
    write_waves("waves.csv", 0);
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--estimator event_study,sun_abraham,etwfe");
    ASSERT_HOLDS(said.out, "event times in observed periods");
    ASSERT_HOLDS(said.err, "the periods have gaps, so event times count observed periods");
    ASSERT_HOLDS(said.out, "event_study        att     1.38637");
    ASSERT_HOLDS(said.out, "sun_abraham        att     1.29559");
    ASSERT_HOLDS(said.out, "etwfe              att     1.29559");
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--periods integer --estimator event_study");
    ASSERT_HOLDS(said.out, "1.34412");
    write_waves("waves.csv", 1);
    snprintf(command, sizeof command, "\"$JIEDAO\" did waves.csv" ROLES "%s", all);
    run(0, command);
    memcpy(by_cohort, said.out, sizeof by_cohort);
    ASSERT_HOLDS(by_cohort, "event_study,att,att,1.46976899");
    ASSERT_HOLDS(by_cohort, "sun_abraham,att,att,1.319642857");
    snprintf(command, sizeof command,
             "\"$JIEDAO\" did waves.csv --y y --unit i --time t --treat d %s", all);
    run(0, command);
    assert_string_equal(said.out, by_cohort);
}

/* Without noise every effect is its size: e + 1 in observed periods. Waves 1, 4, 6, 7, 11; adoption
 * in 5, a gap, is adoption in 6. */
static void test_effects_over_uneven_waves(void **state)
{
    (void)state;
    static const int waves[] = {1, 4, 6, 7, 11}, dates[] = {0, 5, 7}, first[] = {9, 2, 3};
    static const struct {
        const char *name;
        double att; /* event times alike, or the twenty treated rows */
        int last;
    } right[] = {{"lp_did", 2, 2},        {"callaway_santanna", 2, 2},
                 {"stacked", 1.5, 1},     {"did_multiplegt_dyn", 1.8, 2},
                 {"roll_out", 1.8, 2},    {"synthetic_did", 1.8, 2},
                 {"imputation", 1.8, 2},  {"event_study", 1.8, 2},
                 {"sun_abraham", 1.8, 2}, {"etwfe", 1.8, 2}};
    char rows[4096] = "i,t,g,y\n", line[512];
    size_t n = strlen(rows);
    for (int i = 0; i < 12; i++)
        for (int w = 0; w < 5; w++) {
            int e = w - first[i % 3];
            n += (size_t)snprintf(rows + n, sizeof rows - n, "%d,%d,%d,%.2f\n", i, waves[w],
                                  dates[i % 3], 0.5 * i + 0.25 * w * w + (e >= 0 ? e + 1 : 0));
        }
    write_here("exact.csv", rows);
    for (size_t k = 0; k < sizeof right / sizeof *right; k++) {
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" did exact.csv" ROLES "--control not_yet --format csv --estimator %s",
                 right[k].name);
        run(0, line);
        assert_null(strstr(said.err, "event times are in")); /* the note on gaps says it */
        for (int e = -1; e <= right[k].last; e++) {
            char head[64], term[16] = "att";
            if (e >= 0) snprintf(term, sizeof term, "e=%d", e);
            snprintf(head, sizeof head, "\n%s,att,%s,", right[k].name, term);
            const char *at = strstr(said.out, head);
            if (!at) fail_msg("%s has no %s", right[k].name, term);
            assert_near(strtod(at + strlen(head), NULL), e < 0 ? right[k].att : e + 1, 1e-9);
        }
    }
    run(0, "\"$JIEDAO\" did exact.csv" ROLES "--event=-9:9 --estimator "
           "lp_did,callaway_santanna,did_multiplegt_dyn,synthetic_did");
    ASSERT_HOLDS(said.err, "lp_did, callaway_santanna, did_multiplegt_dyn, synthetic_did: event "
                           "times up to 9 are requested; the last one estimated is 2");
    ASSERT_HOLDS(said.err, "event times from -9 on are requested; the first one estimated is -");
    run(0, "\"$JIEDAO\" did exact.csv" ROLES "--event=-3:2 --estimator synthetic_did");
    assert_null(strstr(said.err, "requested"));
}

/* A refusal among several is listed; it is an error where nothing is estimated. */
static void test_one_of_several_does_not_apply(void **state)
{
    (void)state;
    write_waves("waves.csv", 0);
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--estimator drdid,lp_did,stacked --event=-4:9");
    ASSERT_HOLDS(said.out, "\nlp_did             att ");
    ASSERT_HOLDS(said.out, "\nDoes not apply\n  drdid: 6 periods (1 ... 13)");
    ASSERT_HOLDS(said.out, "  stacked: no cohort is seen over event times -4 to 6 ");
    run(0, "\"$JIEDAO\" did waves.csv" ROLES "--estimator drdid,lp_did --format csv");
    ASSERT_HOLDS(said.err, "drdid does not apply: 6 periods (1 ... 13)");
    ASSERT_HOLDS(said.out, "\nlp_did,att,att,");
    run(1, "\"$JIEDAO\" did waves.csv" ROLES "--estimator drdid,wald_did");
    ASSERT_HOLDS(said.err, "no estimator applies to these data: drdid: 6 periods");
    assert_string_equal(said.out, "");
    run(1, "\"$JIEDAO\" did waves.csv" ROLES "--estimator drdid");
}

/* ---- Hostile files and lines ---- */

static void test_hostile_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } files[] = {
        {"", "is empty"},
        {"i,t,g,y\n", "no lines of data"},
        {"i,t,g,y\n1,1\n", "h.csv:2: has 2 fields, the header has 4"},
        {"i,t,g,y\n1,\"1,0,1\n", "h.csv:2: a quote that opens here is never closed"},
        {"i,t,g,y\n1,\"1\"2,0,1\n", "text follows a closing quote"},
        {"i,t,g,y\n1,1,0,1\n", "single period"},
        {"i,t,g,y\n1,1,2,1\n1,2,2,3\n1,3,2,4\n", "no control group"},
        {"i,t,g,y\n1,1,2,nan\n1,2,2,inf\n", "lacks a value"},
        {"i,t,g,y\n1,1,2,1\n1,2,2,1e999\n", "--y y: row 2 holds '1e999'"},
        {"i,t,g,y\n1,1,2,1\n1,2,3,1\n", "unit 1 has 2 in row 1 and 3 in row 2"},
        {"i,t,g,y\n1,1.5,2,1\n", "--time t: row 1 holds '1.5'"},
        {"i,t,g,y\n1,1e300,2,1\n", "--time t: row 1 holds '1e+300'"},
        {"i,t,g,y\n1,2020Q5,0,1\n", "--time t: row 1 holds '2020Q5'"},
        {"i,t,g,y\n1,2020-02-30,0,1\n", "row 1 holds '2020-02-30'"},
        {"i,t,g,y\n1,2020Q1,2020,1\n",
         "row 1 holds a year ('2020') where the periods of t are each a quarter"},
        {"i,t,g,y\n99999999999999999999,1,0,1\n", "beyond 2^53"},
        {"i;t;g;y\n1;1;0;1,5\n1;2;0;1.5\n", "row 1 '1,5', with a decimal comma"},
        {"\xFF\xFEi", "UTF-16"},
        {"i,t,g,\xE4\n1,1,1,1\n", "h.csv:1: the name of column 4 is not valid UTF-8"},
        {"i,t,g,\xED\xA0\x80\n1,1,1,1\n", "the name of column 4 is not valid UTF-8"},
        {"i,t,g,y\033\n1,1,1,1\n",
         "h.csv:1: the name of column 4 holds a control character (a line end, a tab, an escape or "
         "the like); rename the column"},
        {"i,\"t\n1\",g,y\n1,1,1,1\n", "h.csv:1: the name of column 2 holds a control character"},
        {"i,t,g,\xC2\x9B\n1,1,1,1\n", "the name of column 4 holds a control character"},
        {"i,t,g,y\n1,\"1\n2\",1,1\n", "--time t: row 1 holds '1?2'; periods are"},
        {"i,t,g,y\n\"u\n1\",1,2,1\n\"u\n1\",2,3,1\n", "unit u?1 has 2 in row 1 and 3 in row 2"},
    };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        write_here("h.csv", files[k].text);
        run(1, "\"$JIEDAO\" did h.csv" ROLES);
        ASSERT_HOLDS(said.err, files[k].message);
        assert_string_equal(said.out, "");
    }
    write_here("h.csv", "i;t;g;y;x\n1;1;0;1,5;1.5\n1;2;0;2,5;2.5\n");
    run(1, "\"$JIEDAO\" did h.csv" ROLES "--x x");
    ASSERT_HOLDS(said.err, "column x is written with decimal points, column y with decimal commas");
    run(1, "\"$JIEDAO\" did h.csv" ROLES "--x x --decimal comma");
    ASSERT_HOLDS(said.err, "--x x: row 1 holds '1.5'");
    run(1, "head -c 5000 \"$JIEDAO\" >h.dta; \"$JIEDAO\" did h.dta" ROLES);
    ASSERT_HOLDS(said.err, "is no Stata file, or is damaged");
    run(1, "head -c 5000 \"$JIEDAO\" >h.csv; \"$JIEDAO\" did h.csv" ROLES);
    ASSERT_HOLDS(said.err, "is no text");
    run(1, "\"$JIEDAO\" did nothing.csv" ROLES);
    ASSERT_HOLDS(said.err, "nothing.csv: cannot be opened");
}

/* Outcomes of any size: 2 units of 2 periods apart by the same pattern. */
static void test_huge_and_tiny_outcomes(void **state)
{
    (void)state;
    static const char *const scales[] = {"e0", "e300", "e-300"};
    double p[3];
    for (int k = 0; k < 3; k++) {
        char text[256];
        csv_t csv;
        const char *s = scales[k];
        snprintf(text, sizeof text,
                 "i,t,g,y\n1,1,2,1%s\n1,2,2,3%s\n2,1,0,1%s\n2,2,0,2%s\n3,1,0,1%s\n3,2,0,1.5%s\n", s,
                 s, s, s, s, s);
        write_here("s.csv", text);
        run(0, "\"$JIEDAO\" did s.csv" ROLES "--estimator twfe --format csv >s.out");
        read_here(&csv, "s.out");
        p[k] = csv_number(&csv, 0, csv_find(&csv, "p_value"));
        assert_near(p[k], p[0], 1e-9);
        assert_true(isfinite(csv_number(&csv, 0, csv_find(&csv, "std_error"))));
        csv_free(&csv);
    }
    assert_true(p[0] > 0 && p[0] < 1);
}

static int set_up(void **state)
{
    if (set_tiny(state)) return -1;
    run_shell(&said, "true"); /* makes the folder */
    return said.status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_apply_is_said),
        cmocka_unit_test(test_slips_in_columns_are_told),
        cmocka_unit_test(test_incomplete_controls_are_told),
        cmocka_unit_test(test_one_unit_of_event_times),
        cmocka_unit_test(test_periods_without_outcomes),
        cmocka_unit_test(test_too_little_to_tell),
        cmocka_unit_test(test_periods_around_zero),
        cmocka_unit_test(test_waves_and_treatment_of_rows_without_outcome),
        cmocka_unit_test(test_effects_over_uneven_waves),
        cmocka_unit_test(test_one_of_several_does_not_apply),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_huge_and_tiny_outcomes),
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
