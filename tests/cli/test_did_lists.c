/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several outcomes, categories as covariates, groups and their differences, fit statistics. The
 * numbers of differences come from NumPy: regressions of each group on dummies, sums of w e by
 * cluster, their covariance across groups (see the comment at each). */
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

enum { UNITS = 48, PERIODS = 8 };

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

/* A wave no estimator fits exactly. */
static double wave(int k)
{
    return (double)((k * 7919 + k * k % 613 * 31) % 1000) / 500 - 1;
}

static int write_panel(void **state)
{
    static const char *const regions[] = {"North", "South", "East", "West"};
    (void)state;
    char path[512];
    run("true");
    snprintf(path, sizeof path, "%s/p.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    if (!out) return -1;
    fputs("u,t,g,region,edu,e2,e3,x,y,z\n", out);
    for (int u = 0; u < UNITS; u++)
        for (int t = 1; t <= PERIODS; t++) {
            const int g = u % 3 == 0 ? 0 : 3 + 2 * (u % 3), on = g && t >= g,
                      edu = 1 + (u * 31 + t * 17 + u * t % 5 + u * u % 7 * t) % 3;
            const double y = 2 + 0.3 * on * (1 + u % 4) + 0.2 * edu + 0.1 * t + wave(u * 17 + t),
                         z = 3 * wave(u * 5 + t * 11) + on;
            fprintf(out, "%d,%d,%d,%s,%d,%d,%d,%.3f,%.4f,%.4f\n", u, t, g, regions[u % 4], edu,
                    edu == 2, edu == 3, wave(u * 3 + t * 29), y, z);
        }
    return fclose(out);
}

#define DID "\"$JIEDAO\" did p.csv --unit u --time t --cohort g "

/* What a command prints as CSV. */
static void table(csv_t *csv, const char *options)
{
    char line[512], path[512];
    snprintf(line, sizeof line, DID "--format csv %s >e.csv", options);
    run(line);
    snprintf(path, sizeof path, "%s/e.csv", getenv("HERE"));
    assert_true(csv_read(csv, path));
}

static const char *text_of(const csv_t *csv, int row, const char *column)
{
    return csv_text(csv, row, csv_find(csv, column));
}

/* Cell of the row whose columns (pairs of name and text, ended by NULL) say so. */
static const char *cell(const csv_t *csv, const char *column, const char *const *is)
{
    for (int row = 0; row < csv->rows; row++) {
        bool found = true;
        for (int k = 0; is[k] && found; k += 2)
            found = !strcmp(text_of(csv, row, is[k]), is[k + 1]);
        if (found) return text_of(csv, row, column);
    }
    fail_msg("no such row: %s %s", is[0], is[1]);
    return "";
}
#define CELL(csv, column, ...) cell((csv), (column), (const char *const[]){__VA_ARGS__, NULL})

static void test_outcomes_are_those_of_their_own_runs(void **state)
{
    (void)state;
    csv_t both, y, z;
    table(&both, "--y y --y z --estimator twfe,callaway_santanna");
    table(&y, "--y y --estimator twfe,callaway_santanna");
    table(&z, "--y z --estimator twfe,callaway_santanna");
    assert_int_equal(both.rows, y.rows + z.rows);
    for (int row = 0; row < both.rows; row++) {
        const csv_t *of = row < y.rows ? &y : &z;
        const int at = row < y.rows ? row : row - y.rows;
        assert_string_equal(text_of(&both, row, "outcome"), row < y.rows ? "y" : "z");
        assert_string_equal(text_of(&both, row, "estimate"), text_of(of, at, "estimate"));
        assert_string_equal(text_of(&both, row, "std_error"), text_of(of, at, "std_error"));
    }
    csv_free(&both);
    csv_free(&y);
    csv_free(&z);
    run(DID "--y y,z --estimator event_study --plot e.svg --vcov-out v.csv -q >t.txt && test -f "
            "e-y.svg && test -f e-z.svg && test -f v-y.csv && test -f v-z.csv && ! test -f e.svg");
    run(DID "--y y,z --estimator twfe --format json >j.json && python3 -c 'import json; a = "
            "json.load(open(\"j.json\")); assert [r[\"outcome\"] for r in a] == [\"y\", \"z\"]'");
    run_shell(&said, DID "--y y,y --estimator twfe");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "--y y is named twice");
    run_shell(&said, DID "--y y,w --estimator twfe");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "--y w");
}

static void test_categories_are_their_dummies(void **state)
{
    (void)state;
    csv_t levels, dummies, other;
    table(&levels, "--y y --x i.edu --estimator twfe,imputation");
    table(&dummies, "--y y --x e2,e3 --estimator twfe,imputation");
    for (int row = 0; row < levels.rows; row++)
        assert_string_equal(text_of(&levels, row, "estimate"), text_of(&dummies, row, "estimate"));
    assert_string_equal(CELL(&levels, "estimate", "term", "edu::3"),
                        CELL(&dummies, "estimate", "term", "e3"));
    table(&other, "--y y --x ib3.edu --estimator twfe");
    assert_near(atof(CELL(&other, "estimate", "term", "edu::1")),
                -atof(CELL(&levels, "estimate", "term", "edu::3")), 1e-12);
    assert_near(atof(CELL(&other, "estimate", "term", "att")),
                atof(CELL(&levels, "estimate", "term", "att")), 1e-12);
    csv_free(&levels);
    csv_free(&dummies);
    csv_free(&other);
    static const struct {
        const char *x, *says;
    } wrong[] = {{"ib9.edu", "no row in use has the level '9'; there are: 1, 2, 3"},
                 {"i.x", "levels are whole numbers or texts"},
                 {"region", "categories are named i.COLUMN"},
                 {"i.reign", "did you mean 'region'"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, DID "--y y --estimator twfe --x %s", wrong[k].x);
        run_shell(&said, line);
        assert_int_not_equal(said.status, 0);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
    /* A column that is really called so is meant. */
    run("sed '1s/,e2,/,i.edu,/' p.csv >q.csv && \"$JIEDAO\" did q.csv --unit u --time t --cohort g "
        "--y y --x i.edu --estimator twfe --format csv >a.csv && " DID
        "--y y --x e2 --estimator twfe --format csv >b.csv && cut -d, -f4- a.csv >c.csv && cut "
        "-d, -f4- b.csv | cmp - c.csv");
}

/* Groups that share no cluster are independent; those that do have the covariance of sums. */
static void test_differences(void **state)
{
    (void)state;
    csv_t csv;
    table(&csv, "--y y --by region --estimator twfe");
    const double north = atof(CELL(&csv, "estimate", "group", "North")),
                 east = atof(CELL(&csv, "estimate", "group", "East")),
                 a = atof(CELL(&csv, "std_error", "group", "North")),
                 b = atof(CELL(&csv, "std_error", "group", "East"));
    assert_near(atof(CELL(&csv, "estimate", "group", "North - East")), north - east, 1e-12);
    assert_near(atof(CELL(&csv, "std_error", "group", "North - East")), sqrt(a * a + b * b), 1e-12);
    assert_string_equal(CELL(&csv, "group", "quantity", "equality"), "all");
    csv_free(&csv);
    /* Each group alone is what --if makes of it. */
    csv_t alone;
    table(&csv, "--y y --by region --estimator twfe,callaway_santanna");
    table(&alone, "--y y --if \"region == 'West'\" --estimator twfe,callaway_santanna");
    for (int row = 0; row < alone.rows; row++)
        assert_near(
            atof(CELL(&csv, "std_error", "group", "West", "estimator",
                      text_of(&alone, row, "estimator"), "term", text_of(&alone, row, "term"))),
            atof(text_of(&alone, row, "std_error")), 1e-12);
    csv_free(&alone);
    csv_free(&csv);
}

/* numpy: for each edu, w = D~ / D~'D~ and e of the regression on unit and period dummies (units
 * seen once left out), s_g = sqrt(factor) sum of w e in cluster g; var = s2's2 + s1's1 - 2 s2's1.
 */
static void test_differences_of_groups_that_share_clusters(void **state)
{
    (void)state;
    csv_t csv;
    table(&csv, "--y y --by edu --estimator twfe,imputation,lp_did,etwfe,did_multiplegt_dyn");
    assert_near(atof(CELL(&csv, "estimate", "group", "2 - 1", "estimator", "twfe")),
                0.6385036752513673, 1e-9);
    assert_near(atof(CELL(&csv, "std_error", "group", "2 - 1", "estimator", "twfe")),
                0.3121295063973425, 1e-9);
    assert_near(atof(CELL(&csv, "std_error", "group", "3 - 1", "estimator", "twfe")),
                0.32895732837150904, 1e-9);
    static const char *const others[] = {"imputation", "lp_did", "etwfe", "did_multiplegt_dyn"};
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        assert_true(atof(CELL(&csv, "std_error", "group", "3 - 1", "estimator", others[k], "term",
                              "att")) > 0);
    csv_free(&csv);
    run_shell(&said, DID "--y y --by edu --estimator stacked --format csv");
    assert_int_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "differences have no standard errors");
    run_shell(&said, DID "--y y --by x --estimator twfe");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "2 to 50 are taken");
    run_shell(&said, DID "--y y --by regoin --estimator twfe");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "did you mean 'region'");
}

/* Outcomes whose squares are no doubles: all in the same units. */
static void test_differences_of_huge_outcomes(void **state)
{
    (void)state;
    csv_t csv, huge;
    table(&csv, "--y y --by edu --estimator twfe");
    run("mv p.csv kept.csv && awk -F, -v OFS=, 'NR > 1 {$9 = $9 \"e200\"} 1' kept.csv >p.csv");
    table(&huge, "--y y --by edu --estimator twfe");
    run("mv kept.csv p.csv");
    assert_int_equal(csv.rows, huge.rows);
    for (int row = 0; row < csv.rows; row++) {
        const double error = csv_number(&csv, row, csv_find(&csv, "std_error")),
                     p = csv_number(&csv, row, csv_find(&csv, "p_value"));
        if (!isnan(error))
            assert_near(csv_number(&huge, row, csv_find(&huge, "std_error")) / 1e200 / error, 1,
                        1e-9);
        assert_near(csv_number(&huge, row, csv_find(&huge, "p_value")), p, 1e-9);
    }
    csv_free(&huge);
    csv_free(&csv);
}

/* numpy: least squares on dummies of units and periods and the treatment. */
static void test_fit_statistics(void **state)
{
    (void)state;
    run(DID "--y y --estimator twfe");
    ASSERT_HOLDS(said.out, "R2 0.4566, adjusted 0.3655, within R2 0.0603, RMSE 0.5863");
    run(DID "--y y --estimator twfe --format json");
    const char *at = strstr(said.out, "\"r2\": ");
    assert_non_null(at);
    assert_near(atof(at + 6), 0.4565844185907244, 1e-12);
    at = strstr(said.out, "\"within_r2\": ");
    assert_non_null(at);
    assert_near(atof(at + 13), 0.06031062186810299, 1e-12);
}

static int begin(void **state)
{
    return set_tiny(state) ? 1 : write_panel(state);
}

/* A policy that began a period after its documents say: each line is the estimate of a file with
 * these dates, the search finds the right one, and without any effect it finds none. */
static void test_dates(void **state)
{
    (void)state;
    csv_t moved, lines;
    run("awk -F, -v OFS=, 'NR == 1 {print \"u,t,g,g1,y,n\"; next} {g = $1 % 2 ? 4 : 0; on = g && "
        "$2 >= "
        "5; print $1, $2, g, g ? g + 1 : 0, $9 - 0.3 * ($3 && $2 >= $3) * (1 + $1 % 4) + 2 * on, "
        "$9}' "
        "p.csv >d.csv && \"$JIEDAO\" did d.csv --y y --unit u --time t --cohort g --estimator twfe "
        "--diagnose dates --format csv >a.csv && \"$JIEDAO\" did d.csv --y y --unit u --time t "
        "--cohort g1 --estimator twfe --format csv >b.csv && \"$JIEDAO\" did d.csv --y y --unit u "
        "--time t --cohort g --estimator twfe --diagnose dates --format csv --threads 1 >a1.csv && "
        "cmp a.csv a1.csv");
    char path[512];
    snprintf(path, sizeof path, "%s/a.csv", getenv("HERE"));
    assert_true(csv_read(&lines, path));
    snprintf(path, sizeof path, "%s/b.csv", getenv("HERE"));
    assert_true(csv_read(&moved, path));
    assert_string_equal(CELL(&lines, "estimate", "term", "shift=+1", "quantity", "att_at_date"),
                        CELL(&moved, "estimate", "term", "att"));
    assert_string_equal(CELL(&lines, "std_error", "term", "shift=+1", "quantity", "att_at_date"),
                        CELL(&moved, "std_error", "term", "att"));
    assert_string_equal(CELL(&lines, "term", "quantity", "sup_wald"), "shift=+1");
    assert_near(atof(CELL(&lines, "p_value", "quantity", "sup_wald")), 1.0 / 200, 1e-12);
    csv_free(&lines);
    csv_free(&moved);
    run("\"$JIEDAO\" did d.csv --y n --unit u --time t --cohort g --estimator twfe --diagnose "
        "dates "
        "--format csv >n.csv");
    snprintf(path, sizeof path, "%s/n.csv", getenv("HERE"));
    assert_true(csv_read(&lines, path));
    assert_true(atof(CELL(&lines, "p_value", "quantity", "sup_wald")) > 0.01);
    csv_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes_are_those_of_their_own_runs),
        cmocka_unit_test(test_categories_are_their_dummies),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_differences_of_groups_that_share_clusters),
        cmocka_unit_test(test_differences_of_huge_outcomes),
        cmocka_unit_test(test_fit_statistics),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
