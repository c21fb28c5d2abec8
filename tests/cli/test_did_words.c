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
    assert_true(lines < 14);
    run("q.csv", "--x x,x2 --estimator twfe,roll_out"); /* beside one that is refused, too */
    assert_int_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "note: twfe: 'x', 'x2': collinear");
    ASSERT_HOLDS(said.out, "\n  roll_out: ");
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
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
