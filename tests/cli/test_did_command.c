/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao did, as a user calls it: what a run estimated, what fixest returns, and what it writes. */
#include "cli/did_files.h"
#include "near.h"

/* Row of an estimator's term, or -1. */
static int find_row(const csv_t *csv, const char *estimator, const char *term)
{
    int e = csv_find(csv, "estimator"), t = csv_find(csv, "term");
    for (int row = 0; row < csv->rows; row++)
        if (!strcmp(csv_text(csv, row, e), estimator) && !strcmp(csv_text(csv, row, t), term))
            return row;
    return -1;
}

/* ---- A run's own file ---- */

static void test_a_run_is_repeated_to_the_last_bit(void **state)
{
    (void)state;
    static const char *const columns[] = {"estimate", "std_error", "ci_low",  "ci_high",
                                          "p_value",  "n_obs",     "n_units", "n_clusters"};
    csv_t then, now;
    run(0,
        "\"$JIEDAO\" run $TINY -o tiny.h5 --force >/dev/null && \"$JIEDAO\" export tiny.h5 --table "
        "estimates -o then.csv --force && \"$JIEDAO\" did tiny.h5 --format csv >now.csv");
    read_here(&then, "then.csv");
    read_here(&now, "now.csv");
    int panel = csv_find(&then, "panel"), e = csv_find(&then, "estimator"), same = 0;
    for (int row = 0; row < then.rows; row++) {
        if (strcmp(csv_text(&then, row, panel), "county") != 0) continue;
        const char *estimator = csv_text(&then, row, e);
        int at = find_row(&now, estimator, csv_text(&then, row, csv_find(&then, "term")));
        if (at < 0) fail_msg("%s %s is missing", estimator, csv_text(&then, row, e + 1));
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++, same++)
            assert_string_equal(csv_text(&now, at, csv_find(&now, columns[k])),
                                csv_text(&then, row, csv_find(&then, columns[k])));
    }
    assert_true(same > 50);
    csv_free(&then);
    csv_free(&now);
}

static void test_stata_and_csv_of_a_table_agree(void **state)
{
    (void)state;
    run(0,
        "\"$JIEDAO\" export tiny.h5 --table panel/county -o c.dta --force && "
        "\"$JIEDAO\" export tiny.h5 --table panel/county -o c.csv --force && "
        "for f in c.dta c.csv; do \"$JIEDAO\" did $f --y inflow --unit unit --time time --cohort "
        "cohort --estimator 2x2,twfe,event_study --format csv -q >$f.out; done && "
        "\"$JIEDAO\" did tiny.h5 --estimator 2x2,twfe,event_study --format csv -q >h5.out && "
        "cmp c.dta.out h5.out && cmp c.csv.out h5.out");
}

static void test_other_tables_of_a_file(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" did tiny.h5 --table panel/observed --y moved_treated --estimator twfe");
    ASSERT_HOLDS(said.out, "moved_treated");
    run(1, "\"$JIEDAO\" did tiny.h5 --table panel/none");
    ASSERT_HOLDS(said.err, "has no table panel/none");
    run(2, "\"$JIEDAO\" did tiny.h5 --y inflo");
    ASSERT_HOLDS(said.err, "did you mean 'inflow'?");
}

/* ---- What R says ---- */

/* The reference's name of a term, "" where it is not compared. */
static void name_term(const char *theirs, char *ours, size_t size)
{
    const char *event = strstr(theirs, "::");
    if (event)
        snprintf(ours, size, "e=%s", event + 2);
    else
        snprintf(ours, size, "%s", strcmp(theirs, "D") ? theirs : "att");
}

static int compare(const csv_t *expected, const csv_t *ours, const char *stem,
                   const char *estimator)
{
    int n = 0;
    for (int row = 0; row < expected->rows; row++) {
        char term[64];
        const char *quantity = csv_text(expected, row, csv_find(expected, "quantity"));
        if (strcmp(csv_text(expected, row, 0), stem) != 0 || strcmp(quantity, "coef") != 0)
            continue;
        name_term(csv_text(expected, row, csv_find(expected, "term")), term, sizeof term);
        int at = find_row(ours, estimator, term);
        if (at < 0) fail_msg("%s: %s is missing", stem, term);
        double value = csv_number(expected, row, csv_find(expected, "value"));
        double error = csv_number(expected, row, csv_find(expected, "std_error"));
        assert_near(csv_number(ours, at, csv_find(ours, "estimate")), value, 1e-8 * fabs(value));
        assert_near(csv_number(ours, at, csv_find(ours, "std_error")), error, 1e-6 * error);
        n++;
    }
    return n;
}

static void test_against_fixest(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static const struct {
        const char *stem, *file, *roles, *estimator;
        int terms;
    } models[] = {
        {"twfe_mpdta", "mpdta", "--y lemp --unit countyreal --time year --cohort first_treat",
         "twfe", 1},
        {"es_mpdta", "mpdta", "--y lemp --unit countyreal --time year --cohort first_treat",
         "event_study", 7},
        {"twfe_base_stagg", "base_stagg",
         "--y y --unit id --time year --cohort year_treated --never 10000 --x x1", "twfe", 2},
        {"es_base_stagg", "base_stagg",
         "--y y --unit id --time year --cohort year_treated --never 10000 --x x1", "event_study",
         18},
    };
    static const char *const variances[][2] = {{"cluster", "cluster"}, {"iid", "iid"}};
    csv_t expected, ours;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        for (int v = 0; v < 2; v++) {
            char line[1024], stem[64];
            snprintf(line, sizeof line,
                     "\"$JIEDAO\" did " JD_REFERENCE_DATA
                     "/%s.csv %s --estimator %s --vcov %s --format "
                     "csv >r.csv",
                     models[m].file, models[m].roles, models[m].estimator, variances[v][0]);
            snprintf(stem, sizeof stem, "%s/%s", models[m].stem, variances[v][1]);
            run(0, line);
            read_here(&ours, "r.csv");
            assert_int_equal(compare(&expected, &ours, stem, models[m].estimator), models[m].terms);
            csv_free(&ours);
        }
    csv_free(&expected);
}

/* Cells of cohort and period, where the estimator is there: the same numbers as the R package did.
 */
static void test_cells_of_cohort_and_period(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected, ours;
    int n = 0;
    run(0,
        "\"$JIEDAO\" did " JD_REFERENCE_DATA "/mpdta.csv --y lemp --unit countyreal --time year "
        "--cohort first_treat --estimator callaway_santanna --aggregate cells --format csv >c.csv");
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    read_here(&ours, "c.csv");
    for (int row = 0; row < expected.rows; row++) {
        if (strcmp(csv_text(&expected, row, 0), "cs_mpdta_dr_never_nox_varying_a0") != 0 ||
            strcmp(csv_text(&expected, row, csv_find(&expected, "quantity")), "att_gt") != 0)
            continue;
        int at = find_row(&ours, "callaway_santanna",
                          csv_text(&expected, row, csv_find(&expected, "term")));
        assert_true(at >= 0);
        double value = csv_number(&expected, row, csv_find(&expected, "value"));
        assert_near(csv_number(&ours, at, csv_find(&ours, "estimate")), value, 1e-8 * fabs(value));
        assert_string_equal(csv_text(&ours, at, csv_find(&ours, "quantity")), "att_gt");
        n++;
    }
    assert_int_equal(n, 12);
    csv_free(&expected);
    csv_free(&ours);
}

/* ---- The same data, written in many ways ---- */

#define HEAD                                                                                      \
    "estimator,quantity,term,estimate,std_error,ci_low,ci_high,p_value,n_obs,n_units,n_clusters," \
    "event_time,cohort,period\n"

static void test_ways_of_writing(void **state)
{
    (void)state;
    static const char *const files[] = {
        "i,t,g,y\n1,1,0,1.5\n1,2,0,1.75\n2,1,2,1\n2,2,2,2.5\n3,1,0,2\n3,2,0,2.75\n",
        "\xEF\xBB\xBFi;t;g;y\r\n1;1;;1,5\r\n1;2;;1,75\r\n\r\n2;1;2;1\r\n2;2;2;2,5\r\n3;1;;2\r\n3;2;"
        ";2,75\r\n",
        "y\tg\tt\ti\tnote\n1.5\tinf\t2020Q1\t\"a, \"\"b\"\"\"\t\n1.75\tInf\t2020Q2\t\"a, "
        "\"\"b\"\"\"\tx\n"
        "1\t2020Q2\t2020Q1\tb\t\n2.5\t2020Q2\t2020Q2\tb\t\n2\tinf\t2020Q1\tc\t\n2."
        "75\t0\t2020Q2\tc\t\n",
        "i,t,g,y\n9223372036854775806,2020-03-31,NA,1.5\n9223372036854775806,2020-06-30,NA,1.75\n"
        "9223372036854775807,2020-03-31,2020-06-30,1\n9223372036854775807,2020-06-30,2020-06-30,2."
        "5\n"
        "-5,2020-03-31,,2\n-5,2020-06-30,,2.75\n",
        "i,t,g,y\n3,2019-12,2050-01,2\n3,2020-01,2050-01,2.75\n1,2019-12,,1.5\n2,2020-01,2020-01,2."
        "5\n"
        "1,2020-01,,1.75\n2,2019-12,2020-01,1\n",
    };
    double first[2] = {0};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        csv_t csv;
        write_here("w.csv", files[k]);
        run(0, "\"$JIEDAO\" did w.csv" ROLES "--estimator twfe --format csv -q >w.out");
        assert_string_equal(said.err, "");
        read_here(&csv, "w.out");
        run(0, "cat w.csv | \"$JIEDAO\" did /dev/stdin" ROLES
               "--estimator twfe --format csv | cmp - w.out");
        double estimate = csv_number(&csv, 0, 3), error = csv_number(&csv, 0, 4);
        if (k == 0) first[0] = estimate, first[1] = error;
        assert_near(estimate, 1.0, 1e-12); /* 1.5 less the mean of 0.25 and 0.75 */
        assert_near(error, first[1], 1e-12);
        csv_free(&csv);
    }
    size_t size;
    char *text = load_here("w.out", &size);
    assert_int_equal(strncmp(text, HEAD "twfe,att,att,", strlen(HEAD "twfe,att,att,")), 0);
    free(text);
}

/* Nobody needs to read "g=2020Q2,t=2020Q3": event time, cohort and period have columns, in the
 * file's own words; a covariate called like an event time has none. */
static void test_terms_have_columns(void **state)
{
    (void)state;
    csv_t csv;
    char text[4096] = "i,t,g,y,e=0\n";
    for (int i = 0; i < 6; i++)
        for (int t = 1; t <= 4; t++)
            snprintf(text + strlen(text), 64, "%d,2020Q%d,%s,%d.%d,%d\n", i, t,
                     i % 2 ? "2020Q3" : "", i * t % 5, i * i % 7, (i * 3 + t * t) % 7);
    write_here("cells.csv", text);
    run(0, "\"$JIEDAO\" did cells.csv" ROLES "--estimator callaway_santanna --aggregate cells "
           "--format csv -q >cells.out");
    read_here(&csv, "cells.out");
    const int at = find_row(&csv, "callaway_santanna", "g=2020Q3,t=2020Q4");
    assert_true(at >= 0);
    assert_string_equal(csv_text(&csv, at, csv_find(&csv, "event_time")), "1");
    assert_string_equal(csv_text(&csv, at, csv_find(&csv, "cohort")), "2020Q3");
    assert_string_equal(csv_text(&csv, at, csv_find(&csv, "period")), "2020Q4");
    csv_free(&csv);
    run(0, "\"$JIEDAO\" did cells.csv" ROLES "--estimator twfe --x e=0 --format csv -q "
           ">cells.out");
    read_here(&csv, "cells.out");
    const int x = find_row(&csv, "twfe", "e=0");
    assert_true(x >= 0);
    static const char *const columns[] = {"event_time", "cohort", "period"};
    for (int k = 0; k < 3; k++) {
        assert_string_equal(csv_text(&csv, x, csv_find(&csv, columns[k])), "");
        assert_string_equal(csv_text(&csv, 0, csv_find(&csv, columns[k])), ""); /* att */
    }
    csv_free(&csv);
}

static void test_what_is_dropped_is_said(void **state)
{
    (void)state;
    write_here("d.csv",
               "i,t,g,y,x,w\n1,1,0,1,1,1\n1,2,0,2,4,1\n2,1,2,1,2,2\n2,2,2,3,2.5,1\n3,1,0,1,1,1\n"
               "3,2,0,.,1,1\n4,1,0,5,NA,1\n4,2,0,5,3,1\n5,1,0,1,2,0\n5,2,0,2,1,1\n6,1,0,3,2,1\n6,2,"
               "0,1,3,2\n");
    run(0, "\"$JIEDAO\" did d.csv" ROLES "--x x --weights w --estimator twfe");
    ASSERT_HOLDS(said.out, "2 of 12 rows: 1 with no outcome, 1 with no covariate");
    ASSERT_HOLDS(said.out, "leaves out 1 rows of weight 0");
    ASSERT_HOLDS(said.out, "leaves out 3 rows alone in a level of a fixed effect");
    ASSERT_HOLDS(said.out, "CR1");
}

/* Each estimate is the weights times the outcome. */
/* Rows counted again from the file are those of the estimates, and covariances their squared
 * errors; a row that is left out has its reason. */
static void test_rows_and_covariances(void **state)
{
    (void)state;
    csv_t rows, vcov, estimates;
    int checked = 0;
    write_here("r.csv",
               "i,t,g,y\na,1,0,1\na,2,0,2\na,3,0,2.5\nb,1,2,.\nb,2,2,4\nb,3,2,7\nc,1,3,1\nc,2,3,0\n"
               "c,3,3,2\nd,1,0,1\nd,3,0,3\ne,1,2,0\ne,2,2,1\ne,3,2,5\nf,2,3,1\n,3,3,1\n");
    run(0, "\"$JIEDAO\" did r.csv" ROLES
           "-q --format csv --estimator twfe,callaway_santanna,imputation --rows-out rows.csv "
           "--vcov-out vcov.csv >e.csv");
    read_here(&rows, "rows.csv");
    read_here(&vcov, "vcov.csv");
    read_here(&estimates, "e.csv");
    assert_int_equal(rows.rows, 16);
    assert_string_equal(csv_text(&rows, 3, 1), "no outcome");
    assert_string_equal(csv_text(&rows, 15, 1), "no unit");
    assert_string_equal(csv_text(&rows, 0, 1), "");
    for (int k = 0; k < estimates.rows; k++) {
        const char *estimator = csv_text(&estimates, k, 0), *term = csv_text(&estimates, k, 2);
        const int column = csv_find(&rows, estimator);
        double used = 0, error = csv_number(&estimates, k, csv_find(&estimates, "std_error"));
        for (int row = 0; row < rows.rows; row++)
            used += csv_number(&rows, row, column);
        assert_true(used == csv_number(&estimates, k, csv_find(&estimates, "n_obs")));
        for (int row = 0; row < vcov.rows; row++) {
            if (strcmp(csv_text(&vcov, row, 0), estimator) != 0 ||
                strcmp(csv_text(&vcov, row, 1), term) != 0 ||
                strcmp(csv_text(&vcov, row, 2), term) != 0)
                continue;
            assert_near(csv_number(&vcov, row, 3), error * error, 1e-12 * (1 + error * error));
            checked++;
        }
    }
    assert_true(checked >= 7);
    run(2, "\"$JIEDAO\" did r.csv" ROLES "--rows-out same.csv --vcov-out same.csv");
    ASSERT_HOLDS(said.err, "--rows-out and --vcov-out are one file, same.csv; name two");
    csv_free(&rows);
    csv_free(&vcov);
    csv_free(&estimates);
}

static void test_outcome_weights(void **state)
{
    (void)state;
    csv_t weights, estimates, data;
    write_here("o.csv",
               "i,t,g,y\na,2020Q1,0,1\na,2020Q2,0,2\na,2020Q3,0,2.5\nb,2020Q1,2020Q2,.\n"
               "b,2020Q2,2020Q2,4\nb,2020Q3,2020Q2,7\nc,2020Q1,2020Q3,1\nc,2020Q2,2020Q3,0\n"
               "c,2020Q3,2020Q3,2\nd,2020Q1,0,1\nd,2020Q3,0,3\n");
    run(0, "\"$JIEDAO\" did o.csv" ROLES "-q --format csv --outcome-weights weights.csv >e.csv");
    read_here(&weights, "weights.csv");
    read_here(&estimates, "e.csv");
    read_here(&data, "o.csv");
    assert_int_equal(weights.rows, data.rows - 1);
    assert_string_equal(csv_text(&weights, 3, csv_find(&weights, "unit")), "b");
    assert_string_equal(csv_text(&weights, 3, csv_find(&weights, "time")), "2020Q2");
    for (int c = 3; c < weights.columns; c++) {
        char name[96];
        double sum = 0, scale = 0;
        snprintf(name, sizeof name, "%s", weights.cell[c]);
        char *term = strchr(name, ':');
        *term++ = '\0';
        int at = find_row(&estimates, name, term);
        assert_true(at >= 0);
        for (int row = 0; row < weights.rows; row++) {
            int from = (int)csv_number(&weights, row, 0) - 1;
            double y = csv_number(&data, from, csv_find(&data, "y"));
            sum += csv_number(&weights, row, c) * y;
            scale += fabs(csv_number(&weights, row, c) * y);
        }
        assert_near(sum, csv_number(&estimates, at, csv_find(&estimates, "estimate")),
                    1e-13 * scale);
    }
    assert_true(weights.columns > 8);
    csv_free(&weights);
    csv_free(&estimates);
    csv_free(&data);
}

/* Bacon's lines are those of bacondecomp, with covariates and without. */
static void check_bacon(const char *name, const char *roles, int n_rows)
{
    csv_t expected, ours;
    int n = 0;
    char command[400];
    snprintf(command, sizeof command,
             "\"$JIEDAO\" did " JD_REFERENCE_DATA
             "/%s --estimator twfe --diagnose bacon --format csv -q >b.csv",
             roles);
    run(0, command);
    read_here(&ours, "b.csv");
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (int row = 0; row < expected.rows; row++) {
        if (strcmp(csv_text(&expected, row, 0), name) != 0) continue;
        int at = 0;
        while (at < ours.rows &&
               (strcmp(csv_text(&ours, at, 1), csv_text(&expected, row, 4)) != 0 ||
                strcmp(csv_text(&ours, at, 2), csv_text(&expected, row, 5)) != 0))
            at++;
        if (at == ours.rows) fail_msg("no line %s", csv_text(&expected, row, 5));
        double value = csv_number(&expected, row, 6);
        assert_near(csv_number(&ours, at, 3), value, 1e-10 * (1 + fabs(value)));
        n++;
    }
    assert_int_equal(n, n_rows);
    csv_free(&expected);
    csv_free(&ours);
}

static void test_diagnostics(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" did tiny.h5 --diagnose bacon --estimator twfe");
    ASSERT_HOLDS(said.out, "bacon      weighted_sum");
    write_here("gap.csv", "i,t,g,y\n1,1,2,1\n1,2,2,2\n2,1,0,2\n2,2,0,4\n3,1,0,4\n");
    run(0, "\"$JIEDAO\" did gap.csv" ROLES "--diagnose all --estimator twfe --keep-singletons");
    ASSERT_HOLDS(said.out, "Does not apply\n  bacon: ");
    run(0, "\"$JIEDAO\" did tiny.h5 --diagnose conley_taber,randomisation --estimator twfe "
           "--vcov cr2 --draws 19");
    ASSERT_HOLDS(said.out, "randomisation ");
    ASSERT_HOLDS(said.out, "CR2, factor 1, t with");
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    check_bacon("bacon_mpdta",
                "mpdta.csv --y lemp --unit countyreal --time year --cohort first_treat", 25);
    check_bacon(
        "bacon_castle_x",
        "castle.csv --y l_homicide --unit sid --time year --cohort effyear --x l_pop,l_income", 37);
}

/* Robust sets and pretests of each event study; what has no common reference says so. */
static void test_trends(void **state)
{
    (void)state;
    csv_t ours;
    int sets = 0, bias = 0;
    run(0, "\"$JIEDAO\" did tiny.h5 --diagnose honest,pretrend --estimator event_study "
           "--honest-mbar 0,1 --honest-m 0.5 --honest-average --draws 200 --format csv -q "
           "--honest-plot h.svg >h.csv");
    read_here(&ours, "h.csv");
    for (int row = 0; row < ours.rows; row++) {
        const char *quantity = csv_text(&ours, row, 1), *term = csv_text(&ours, row, 2);
        bias += !strcmp(quantity, "pretrend_bias");
        if (strncmp(quantity, "honest_", 7) != 0 || !strcmp(term, "breakdown")) continue;
        assert_true(csv_number(&ours, row, 5) < csv_number(&ours, row, 6));
        sets += !strcmp(term, "Mbar=0") + !strcmp(term, "Mbar=1") + !strcmp(term, "M=0.5") +
                !strcmp(term, "average");
    }
    assert_int_equal(sets, 4);
    assert_true(bias > 2);
    csv_free(&ours);
    run(0, "grep -c 'after over before' h.svg");
    run(1, "\"$JIEDAO\" did tiny.h5 --estimator twfe --honest-plot h.svg");
    ASSERT_HOLDS(said.err, "--honest-plot h.svg: there are no robust sets to draw");
    run(0, "\"$JIEDAO\" did tiny.h5 --y outflow --diagnose honest --estimator callaway_santanna "
           "--draws 200 "
           "--universal-base");
    ASSERT_HOLDS(said.out, "honest_relmag");
    run(0, "\"$JIEDAO\" did tiny.h5 --diagnose pretrend --estimator event_study --bin :3");
    ASSERT_HOLDS(said.out, "periods_left_out");
    run(0, "\"$JIEDAO\" did tiny.h5 --diagnose honest --estimator two_stage");
    ASSERT_HOLDS(said.out, "honest: event study: two_stage measures its leads");
    run(2, "\"$JIEDAO\" did tiny.h5 --diagnose honest --honest-mbar x");
    run(2, "\"$JIEDAO\" did tiny.h5 --diagnose honest --estimator event_study --honest-mbar -1");
    ASSERT_HOLDS(said.err, "--honest-mbar = -1 cannot be read: '-1' is outside [0, ");
}

static void test_formats_and_figure(void **state)
{
    (void)state;
    run(0, "\"$JIEDAO\" did tiny.h5 --format json --plot sub.svg >e.json && python3 -m json.tool "
           "e.json >/dev/null 2>&1 || grep -q estimator e.json; grep -q 'periods since adoption' "
           "sub.svg");
    ASSERT_HOLDS(said.err, "--plot: a figure shows 8 estimators, so not ");
    run(0, "\"$JIEDAO\" did tiny.h5 --format latex");
    ASSERT_HOLDS(said.out, "\\hline\n & 2x2 & twfe & event\\_study & ");
    ASSERT_HOLDS(said.out, "\natt & ");
    ASSERT_HOLDS(said.out, " \\\\\n & (0.");
    ASSERT_HOLDS(said.out, "\ne=0 &  &  & ");
    ASSERT_HOLDS(said.out, "\ne=$-$2 &  &  & ");
    assert_null(strstr(said.out, " -0."));
    ASSERT_HOLDS(said.out, "\nObservations & 128 & 128 & ");
    run(0, "\"$JIEDAO\" did tiny.h5 --format markdown --level 0.9 --vcov hc1");
    ASSERT_HOLDS(said.out, "|  | 2x2 | twfe | event\\_study | ");
    ASSERT_HOLDS(said.out, "\n| --- | ---: | ---: |");
    ASSERT_HOLDS(said.out, "\n| att | ");
    run(0, "\"$JIEDAO\" did tiny.h5 --estimator twfe --diagnose bacon --format latex");
    ASSERT_HOLDS(said.out, "\nEstimator & Quantity & Term & Value & ");
    run(1, "\"$JIEDAO\" did tiny.h5 --estimator twfe --plot no.svg");
    ASSERT_HOLDS(said.err, "effects by event time");
}

/* What is there and not known as the program's own stays, and is refused before anything is
 * estimated. */
static void test_files_are_kept(void **state)
{
    (void)state;
    static const char *const options[] = {
        "--estimator event_study --plot",
        "--estimator event_study --diagnose honest --honest-mbar 1 --honest-plot",
        "--estimator event_study --outcome-weights"};
    for (int i = 0; i < 3; i++) {
        char line[512];
        const char *ending = i < 2 ? "svg" : "csv";
        snprintf(line, sizeof line, "echo mine >kept.%s; \"$JIEDAO\" did tiny.h5 %s kept.%s -q",
                 ending, options[i], ending);
        run(2, line);
        ASSERT_HOLDS(said.err, "exists already");
        ASSERT_HOLDS(said.err, "--force");
        assert_string_equal(said.out, "");
        snprintf(line, sizeof line,
                 "test \"$(cat kept.%s)\" = mine && \"$JIEDAO\" did tiny.h5 %s kept.%s -q --force "
                 ">/dev/null && test \"$(head -c 4 kept.%s)\" != mine",
                 ending, options[i], ending, ending);
        run(0, line);
        if (i == 2) continue;
        snprintf(line, sizeof line, "\"$JIEDAO\" did tiny.h5 %s kept.svg -q >/dev/null",
                 options[i]);
        run(0, line); /* a figure of its own */
    }
    run(2, "\"$JIEDAO\" did tiny.h5 --estimator event_study --diagnose honest --plot a.svg "
           "--honest-plot a.svg");
    ASSERT_HOLDS(said.err, "name two");
}

/* What was asked for is done, or it is said that it is not. */
static void test_what_is_asked_is_done(void **state)
{
    (void)state;
    run(0, "for v in cluster multiway; do \"$JIEDAO\" did tiny.h5 --estimator twfe --vcov $v "
           "--cluster unit,time --format csv >$v.csv; done; cmp cluster.csv multiway.csv");
    run(1, "\"$JIEDAO\" did tiny.h5 --estimator event_study --reference -99");
    ASSERT_HOLDS(said.err, "no row used lies at the reference, event time -99");
    write_here("late.csv", "i,t,g,y\n1,1,2,1\n1,2,2,2\n1,3,2,4\n2,1,3,-1\n2,2,3,3\n2,3,3,5\n"
                           "3,1,3,1\n3,2,3,2\n3,3,3,3\n");
    run(1, "\"$JIEDAO\" did late.csv" ROLES "--estimator etwfe_poisson");
    ASSERT_HOLDS(said.err, "row 4: outcome = -1"); /* rows of period 3 are left out before it */
}

/* Numbers that are rounding, or too large for their squares, are refused and not shown. */
static void test_numbers_out_of_hand_are_refused(void **state)
{
    (void)state;
    char rows[4096] = "i,t,g,y,x\n";
    for (int i = 0, at = 10; i < 12; i++)
        for (int t = 1; t <= 5; t++) {
            const int g = i % 3 ? 2 + i % 3 : 0;
            const double x = .1 * ((7 * i + 3 * t + i * t) % 10);
            at += snprintf(rows + at, sizeof rows - (size_t)at, "%d,%d,%d,%g,%g\n", i, t, g,
                           2 + 3 * x + .1 * i + .25 * (t % 2) + (g && t >= g),
                           i == 1 && t == 3 ? 746 : x);
        }
    write_here("far.csv", rows);
    run(1, "\"$JIEDAO\" did far.csv" ROLES "--x x --estimator etwfe_poisson");
    ASSERT_HOLDS(said.err, "too large for a standard error");
    run(0, "tail -n +2 " JD_SOURCE_DIR "/tests/fuzz/corpus/did/rounding.txt >flat.csv");
    run(0, "\"$JIEDAO\" did flat.csv" ROLES
           "--estimator twfe,sun_abraham --vcov driscoll_kraay --lag 1 --diagnose honest");
    ASSERT_HOLDS(said.err, "sun_abraham: honest: event study: "); /* said beside twfe's refusal */
    assert_null(strstr(said.out, "honest_"));
}

/* Numbers that stand side by side and do not mean the same, or promise too much. */
static void test_what_to_know_is_said(void **state)
{
    (void)state;
    char rows[1024] = "i,t,g,y\n";
    for (int i = 0, at = 8; i < 12; i++)
        for (int t = 1; t <= 4; t++)
            at += snprintf(rows + at, sizeof rows - (size_t)at, "%d,%d,%d,%d\n", i, t, i ? 0 : 3,
                           (i * 7 + t * 5) % 11);
    write_here("one.csv", rows);
    run(0, "\"$JIEDAO\" did one.csv" ROLES "--estimator twfe");
    ASSERT_HOLDS(said.out, "1 of 12 clusters treated: standard errors");
    run(0, "\"$JIEDAO\" did one.csv" ROLES "--estimator twfe --format csv");
    ASSERT_HOLDS(said.err, "1 of 12 clusters are treated");
    run(0, "\"$JIEDAO\" did one.csv" ROLES "--estimator synthetic_did");
    assert_null(strstr(said.out, "clusters treated"));
    run(0, "\"$JIEDAO\" did tiny.h5 --estimator twfe,event_study,callaway_santanna");
    assert_null(strstr(said.out, "clusters treated"));
    ASSERT_HOLDS(said.out,
                 "att is the plain mean over event times in callaway_santanna, not in the");
    run(0, "\"$JIEDAO\" did tiny.h5 --estimator event_study,callaway_santanna --aggregate overall");
    assert_null(strstr(said.out, "att is the"));
    run(0, "\"$JIEDAO\" did tiny.h5 --estimator event_study,callaway_santanna --cell-mean");
    assert_null(strstr(said.out, "att is the"));
}

/* A covariate may be called as an effect is; its name is whole in every format. */
static void test_covariates_called_like_effects(void **state)
{
    (void)state;
    char rows[8192], name[181];
    memset(name, 'n', 180);
    name[180] = '\0';
    int at = snprintf(rows, sizeof rows, "i,t,g,y,att,e=0,%s\n", name);
    for (int i = 0; i < 12; i++)
        for (int t = 1; t <= 6; t++)
            at += snprintf(rows + at, sizeof rows - (size_t)at, "%d,%d,%d,%d,%d,%d,%d\n", i, t,
                           i % 3 ? 0 : 3, (i * 7 + t * 5) % 11, (i * t) % 5, (i + t * t) % 7,
                           (i * i + t) % 4);
    write_here("like.csv", rows);
    snprintf(rows, sizeof rows,
             "\"$JIEDAO\" did like.csv" ROLES
             "--x att,e=0,%s --estimator twfe,event_study --format ",
             name);
    at = (int)strlen(rows);
    snprintf(rows + at, sizeof rows - (size_t)at,
             "json | python3 -c 'import json, sys\n"
             "d = json.load(sys.stdin)\n"
             "print(sorted((r[\"estimator\"], r[\"quantity\"], r[\"term\"][:3], len(r[\"term\"])) "
             "for r in d if r[\"estimator\"] == \"twfe\"))'");
    run(0, rows);
    assert_string_equal(said.out, "[('twfe', 'att', 'att', 3), ('twfe', 'coef', 'att', 3), "
                                  "('twfe', 'coef', 'e=0', 3), ('twfe', 'coef', 'nnn', 180)]\n");
    snprintf(rows + at, sizeof rows - (size_t)at, "text");
    run(0, rows);
    const char *first = strstr(said.out, "\ntwfe ");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\ntwfe ")); /* one overall effect, no coefficient */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_is_repeated_to_the_last_bit),
        cmocka_unit_test(test_covariates_called_like_effects),
        cmocka_unit_test(test_stata_and_csv_of_a_table_agree),
        cmocka_unit_test(test_other_tables_of_a_file),
        cmocka_unit_test(test_against_fixest),
        cmocka_unit_test(test_cells_of_cohort_and_period),
        cmocka_unit_test(test_ways_of_writing),
        cmocka_unit_test(test_terms_have_columns),
        cmocka_unit_test(test_what_is_dropped_is_said),
        cmocka_unit_test(test_rows_and_covariances),
        cmocka_unit_test(test_outcome_weights),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_trends),
        cmocka_unit_test(test_formats_and_figure),
        cmocka_unit_test(test_files_are_kept),
        cmocka_unit_test(test_what_is_asked_is_done),
        cmocka_unit_test(test_numbers_out_of_hand_are_refused),
        cmocka_unit_test(test_what_to_know_is_said),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
