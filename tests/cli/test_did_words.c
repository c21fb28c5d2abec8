/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What jiedao did says speaks of the user's periods, units and rows, not of codes, and each note is
 * told once. */
#include "cli/tiny.h"

enum { UNITS = 32, PERIODS = 8, FIRST = 4 * 2019 };

static said_t said;

/* Quarters, units and clusters as words; x2 = 2 x. A row without an outcome goes before all others;
 * `doubled`: unit u1 has a second row in 2019Q2. */
static void write_quarters(const char *name, bool doubled)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("i,s,t,g,y,d,x,x2,lat,lon,el\nu0,s0,2019Q1,,,0,0,0,30,100,0\n", out);
    for (int i = 0; i < UNITS; i++)
        for (int t = 0; t < PERIODS; t++) {
            int g = i % 4 ? 2 + i % 4 : 0, on = g && t >= g,
                q = doubled && i == 1 && t == 2 ? 1 : t;
            char cohort[16] = "";
            if (g) snprintf(cohort, sizeof cohort, "%dQ%d", 2019 + g / 4, g % 4 + 1);
            fprintf(out, "u%d,s%d,%dQ%d,%s,%.4f,%d,%d,%d,%d,%d,%d\n", i, i / 3, 2019 + q / 4,
                    q % 4 + 1, cohort, 5 + 0.1 * ((i * 7 + t * 5) % 13) + 0.01 * i * t + 0.8 * on,
                    on ? 1 + i % 7 : 0, i * i % 5, 2 * (i * i % 5), 30 + i % 5, 100 + i % 3,
                    i / 4 % 2);
        }
    assert_int_equal(fclose(out), 0);
}

static void run(const char *file, const char *options)
{
    char line[512];
    snprintf(line, sizeof line,
             "\"$JIEDAO\" did %s --y y --unit i --time t --cohort g --dose d --coords lat,lon "
             "--eligible el --rings 50,200 %s",
             file, options);
    run_shell(&said, line);
}

static void assert_no_codes(const char *text)
{
    static const char before[] = " (=:";
    for (const char *b = before; *b; b++)
        for (int t = FIRST; t < FIRST + PERIODS; t++) {
            char code[16];
            snprintf(code, sizeof code, "%c%d", *b, t);
            if (strstr(text, code)) fail_msg("'%s' in: %.60s", code, strstr(text, code) - 20);
        }
}

static void test_no_codes_of_periods(void **state)
{
    (void)state;
    static const char *const options[] = {
        "--x x,x2", "--x x,x2 --aggregate cells --format csv", "--aggregate calendar --format json",
        "--x x --outcome-weights w.csv --aggregate cells --estimator etwfe,sun_abraham; cat w.csv",
        "--cluster s --estimator twfe,callaway_santanna --diagnose all --draws 100 --format csv"};
    write_quarters("q.csv", false);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        run("q.csv", options[i]);
        if (said.status) fail_msg("%s: %s", options[i], said.err);
        assert_no_codes(said.out);
        assert_no_codes(said.err);
    }
    ASSERT_HOLDS(said.err, "cluster s0 is treated in part only in period 2019Q4");
}

/* The first row is dropped: rows are still those of the file. */
static void test_units_and_rows_are_those_of_the_file(void **state)
{
    (void)state;
    write_quarters("q2.csv", true);
    run("q2.csv", "");
    ASSERT_HOLDS(said.out, "row 12: unit u1 has a second row in period 2019Q2");
    ASSERT_HOLDS(said.out, "lp_did: unit u1 has a second row in period 2019Q2 (row 12)");
}

static void test_each_note_once(void **state)
{
    (void)state;
    write_quarters("q.csv", false);
    run("q.csv", "--x x,x2");
    ASSERT_HOLDS(said.err, "twfe, event_study, sun_abraham, triple_difference, poisson: 'x', "
                           "'x2': collinear with the fixed effects or earlier terms; dropped\n");
    ASSERT_HOLDS(said.err, "imputation, two_stage, synthetic_did, synthetic_control, block_did: ");
    ASSERT_HOLDS(said.err, " more: collinear with"); /* the many terms of etwfe */
    int lines = 0;
    for (const char *p = said.err; (p = strchr(p, '\n')); p++)
        lines++;
    assert_true(lines < 15);
    run("q.csv", "--x x,x2 --estimator twfe,roll_out"); /* beside one that is refused, too */
    assert_int_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "note: twfe: 'x', 'x2': collinear");
    ASSERT_HOLDS(said.out, "\n  roll_out: ");
}

/* Four units a cohort, in periods `from` to 8; a cohort is written as it stands. */
static void write_cohorts(const char *const *cohorts, int from)
{
    char path[512];
    snprintf(path, sizeof path, "%s/c.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("i,t,g,y,d\n", out);
    for (int k = 0, i = 0; cohorts[k]; k++)
        for (int one = 0; one < 4; one++, i++)
            for (int t = from; t <= 8; t++)
                fprintf(out, "%d,%d,%s,%.3f,%d\n", i, t, cohorts[k],
                        0.01 * i * t + 0.1 * ((i * 7 + t * 5) % 13), k == 0 && t > 4);
    assert_int_equal(fclose(out), 0);
}

/* Nobody is taken for never treated without a word. */
static void test_who_is_never_treated_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *cohorts[5];
        int from;
        const char *options, *says, *json;
    } cases[] = {
        {{"4", "0"},
         1,
         "--cohort g",
         "4 of 8 units (cohort 0)\n",
         "4, \"never_read_as\": \"cohort 0\""},
        {{"4", ""},
         1,
         "--cohort g",
         "4 of 8 units (empty cells)\n",
         "4, \"never_read_as\": \"empty"},
        {{"4", "", "0", "inf"},
         1,
         "--cohort g",
         "12 of 16 units (4 empty cells, 4 cohort 0, 4 cohort inf)\n",
         "12, \"never_read_as\": \"4 empty cells, 4 cohort 0, 4 cohort inf\""},
        {{"4", "9999", "0"},
         1,
         "--cohort g --never 9999",
         "8 of 12 units (4 code 9999 of --never, 4 cohort 0)\n",
         "8, "},
        {{"4", "", "0"},
         -2,
         "--cohort g",
         "4 of 12 units (empty cells)\n",
         "4, "}, /* 0 is a date */
        {{"4", "0"}, -2, "--cohort g --never 0", "4 of 8 units (code 0 of --never)\n", "4, "},
        {{"4", "6"},
         1,
         "--cohort g --control not_yet",
         "none of 8 units\n",
         "0, \"never_read_as\": \"\""},
        {{"4", "12"}, 1, "--cohort g", "none of 8 units; 4 adopt after the last period\n", "0, "},
        {{"4", "0"}, 1, "--treat d", "4 of 8 units (--treat d is never 1)\n", "4, "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256], says[128];
        write_cohorts(cases[i].cohorts, cases[i].from);
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" did c.csv --y y --unit i --time t --estimator callaway_santanna %s",
                 cases[i].options);
        run_shell(&said, line);
        if (said.status) fail_msg("%s: %s", line, said.err);
        snprintf(says, sizeof says, "\n            never treated: %s", cases[i].says);
        ASSERT_HOLDS(said.out, says);
        strcat(line, " --format json");
        run_shell(&said, line);
        snprintf(says, sizeof says, "\"never_treated\": %s", cases[i].json);
        ASSERT_HOLDS(said.out, says);
    }
}

/* Normalized effects are per unit of treatment: a table and an axis of their own. */
static void test_units_of_effects_stand_apart(void **state)
{
    (void)state;
    run("q.csv", "--estimator did_multiplegt_dyn,event_study,poisson --normalized --plot n.svg"
                 " --diagnose honest --honest-plot h.svg");
    if (said.status) fail_msg("%s", said.err);
    const char *level = strstr(said.out, "\nEstimator  "),
               *log = strstr(said.out, "\nIn log points\n"),
               *dose = strstr(said.out, "\nIn effects per unit of treatment\n");
    if (!log) log = strstr(said.out, "log points\n");
    assert_true(level && log && dose);
    const char *event = strstr(said.out, "\nevent_study "),
               *poisson = strstr(said.out, "\npoisson "),
               *dyn = strstr(said.out, "\ndid_multiplegt_dyn ");
    assert_true(event && poisson && dyn);
    assert_true(event > level && event < log && event < dose);
    assert_true(poisson > log && dyn > dose);
    assert_true((poisson < dose) == (log < dose) && (dyn < log) == (dose < log));
    ASSERT_HOLDS(said.err, "--plot: event_study is measured in another unit (that of the outcome)");
    ASSERT_HOLDS(said.err, "--honest-plot: event_study is measured in another unit");
    run_shell(&said,
              "grep -c 'did_multiplegt_dyn' n.svg; grep -c event_study n.svg; "
              "grep -c 'y per unit of treatment' n.svg h.svg; grep -c event_study h.svg; true");
    assert_string_equal(said.out, "1\n0\nn.svg:1\nh.svg:2\n0\n");
    run("q.csv", "--estimator event_study,did_multiplegt_dyn --normalized --plot n.svg");
    run_shell(&said, "grep -c 'Effect of the policy (y)' n.svg");
    assert_string_equal(said.out, "1\n");
}

static int set_up(void **state)
{
    if (set_tiny(state)) return -1;
    run_shell(&said, "true");
    return said.status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_codes_of_periods),
        cmocka_unit_test(test_units_and_rows_are_those_of_the_file),
        cmocka_unit_test(test_each_note_once),
        cmocka_unit_test(test_who_is_never_treated_is_said),
        cmocka_unit_test(test_units_of_effects_stand_apart),
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
