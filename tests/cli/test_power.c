/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao power and dgp.kind = data: size is nominal, power is that of the closed form, effects are
 * those that were added, whatever the file's form. Seeds are fixed; a share of 600 replicates is
 * off by 4.5 of its errors once in 150,000 times. */
#include <gsl/gsl_cdf.h>

#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

enum { UNITS = 40, PERIODS = 12, REPLICATES = 600 };

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

/* Normal numbers by Box and Muller from a congruential generator: the data are given. */
static double normal(uint64_t *state)
{
    double u[2];
    for (int k = 0; k < 2; k++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        u[k] = ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
    }
    return sqrt(-2 * log(u[0])) * cos(2 * 3.14159265358979323846 * u[1]);
}

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run("true");
    char path[512];
    uint64_t seed = 7;
    snprintf(path, sizeof path, "%s/d.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    if (!out) return 1;
    fputs("id,year,region,adopted,on,y,n\n", out);
    for (int u = 0; u < UNITS; u++) {
        const double level = normal(&seed);
        const int g = u % 4 ? 0 : 2009;
        for (int t = 0; t < PERIODS; t++)
            fprintf(out, "u%02d,%d,r%d,%d,%d,%.6f,%d\n", u, 2000 + t, u / 5, g, g && 2000 + t >= g,
                    level + 0.1 * t + normal(&seed), (int)(5 + 2 * fabs(normal(&seed))));
    }
    return fclose(out);
}

static void table(csv_t *csv, const char *line, const char *file)
{
    char path[512];
    run(line);
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), file);
    assert_true(csv_read(csv, path));
}

/* One date, the 7th of 12 periods, 20 of 40 units: of errors of SD s, TWFE's estimate has variance
 * s^2 (2/20) (1/6 + 1/6) over errors; over placebos of given data the same by symmetry, with s the
 * data's own. Power is that of a t test with 39 degrees of freedom at b / SD. */
static void test_power_is_that_of_the_closed_form(void **state)
{
    (void)state;
    csv_t csv;
    run("printf '[dgp]\\nkind = data\\nfile = d.csv\\ny = y\\nunit = id\\ntime = year\\ndate_from "
        "= "
        "0.5\\ndate_to = 0.5\\n[estimate]\\nestimators = twfe\\n[validate]\\nreplicates = "
        "600\\n[sweep]\\ndgp.effect = 0, 0.3, 0.5, 0.7\\n' >v.ini && \"$JIEDAO\" validate v.ini -o "
        "v "
        "-q --format csv >v.csv");
    table(&csv, "true", "v.csv");
    double sd = 0, found[4] = {0}, size = 0, truth[4] = {0};
    for (int row = 0; row < csv.rows; row++) {
        const int point = (int)csv_number(&csv, row, csv_find(&csv, "point")) - 1;
        const char *measure = csv_text(&csv, row, csv_find(&csv, "measure"));
        const double x = csv_number(&csv, row, csv_find(&csv, "value"));
        if (!strcmp(measure, "sd") && point == 0) sd = x;
        if (!strcmp(measure, "power")) found[point] = x;
        if (!strcmp(measure, "truth")) truth[point] = x;
        if (!strcmp(measure, "size") && point == 0) size = x;
    }
    csv_free(&csv);
    static const double effect[] = {0, 0.3, 0.5, 0.7};
    const double closed = sqrt(0.1 / 3), t = gsl_cdf_tdist_Pinv(0.975, 39);
    assert_near(sd / closed, 1, 0.2); /* the data's own SD is 1 within a tenth */
    assert_near(size, 0.05, 4.5 * sqrt(0.05 * 0.95 / REPLICATES));
    for (int k = 1; k < 4; k++) {
        const double power =
            gsl_cdf_ugaussian_Q(t - effect[k] / sd) + gsl_cdf_ugaussian_P(-t - effect[k] / sd);
        assert_near(truth[k], effect[k], 1e-9);
        assert_near(found[k], power, 4.5 * sqrt(power * (1 - power) / REPLICATES) + 0.02);
    }
}

static void test_the_command(void **state)
{
    (void)state;
    csv_t csv, again;
    table(&csv,
          "\"$JIEDAO\" power d.csv --y y --unit id --time year --estimators twfe,imputation "
          "--replicates 100 -o p -q --format csv >p.csv",
          "p.csv");
    const double mde = csv_number(&csv, 0, csv_find(&csv, "mde"));
    assert_true(mde > 0.3 && mde < 1.2);
    for (int row = 1; row < csv.rows; row++)
        if (!strcmp(csv_text(&csv, row, 0), csv_text(&csv, row - 1, 0)))
            assert_true(csv_number(&csv, row, csv_find(&csv, "power")) >=
                        csv_number(&csv, row - 1, csv_find(&csv, "power")));
    /* Threads, and going on after the end, change nothing. */
    table(&again,
          "\"$JIEDAO\" power d.csv --y y --unit id --time year --estimators twfe,imputation "
          "--replicates 100 -o p -q --resume --format csv >q.csv && cmp p.csv q.csv && "
          "\"$JIEDAO\" power d.csv --y y --unit id --time year --estimators twfe,imputation "
          "--replicates 100 -o p1 -q --threads 1 --format csv >q.csv && cmp p.csv q.csv",
          "q.csv");
    csv_free(&again);
    csv_free(&csv);
    run("\"$JIEDAO\" power d.csv --y y --unit id --time year --estimators twfe --replicates 40 "
        "--effect 0.2,1.5 -o w -q");
    ASSERT_HOLDS(said.out, "finds an effect of");
    ASSERT_HOLDS(said.out, "y in 480 rows of 40 units");
}

/* Counts stay counts, with the mean that was asked for; shares are of the outcome. */
static void test_counts_and_shares(void **state)
{
    (void)state;
    csv_t csv;
    table(&csv,
          "\"$JIEDAO\" power d.csv --y n --unit id --time year --estimators twfe --replicates "
          "200 --effect 0.5 --effect-as counts -o c -q --format csv >c.csv && \"$JIEDAO\" export "
          "c/validation.h5 -t replicates -o r.csv -q",
          "r.csv");
    double sum = 0, n = 0;
    for (int row = 0; row < csv.rows; row++) {
        if (csv_number(&csv, row, csv_find(&csv, "point")) != 2) continue;
        sum += csv_number(&csv, row, csv_find(&csv, "att"));
        n++;
    }
    csv_free(&csv);
    run("awk -F, 'NR > 1 {s += $7; n++} END {print s / n}' d.csv");
    /* 120 treated rows a replicate, Poisson changes: the mean of 200 has an error of .01. */
    assert_near(sum / n, 0.5 * atof(said.out), 0.06);
}

/* Rows under treatment are left out; permute deals out the dates there were. */
static void test_a_file_with_a_policy(void **state)
{
    (void)state;
    run("\"$JIEDAO\" power d.csv --y y --unit id --time year --cohort adopted --estimators twfe "
        "--replicates 40 --effect 1 -o a -q");
    ASSERT_HOLDS(said.out, "y in 450 rows of 40 units");
    run("\"$JIEDAO\" power d.csv --y y --unit id --time year --treat on --estimators twfe "
        "--replicates 40 --effect 1 --rows all --assignment permute -o b -q");
    ASSERT_HOLDS(said.out, "the file's own dates, dealt out anew");
    run("\"$JIEDAO\" power d.csv --y y --unit id --time year --cluster region --estimators twfe "
        "--replicates 40 --effect 1 --share 0.25 -o d -q && \"$JIEDAO\" run $TINY -q -o w.h5 "
        ">t.txt "
        "&& \"$JIEDAO\" power w.h5 --estimators twfe --replicates 20 --effect 1 -o e -q");
    ASSERT_HOLDS(said.out, "w.h5: inflow in");
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *options, *says;
    } wrong[] = {
        {"d.csv --y y --unit id --time year", "name a folder for its runs"},
        {"d.csv --y z --unit id --time year -o x", "--y z"},
        {"none.csv --y y --unit id --time year -o x", "none.csv"},
        {"d.csv --unit id --time year -o x", "is the outcome?"},
        {"d.csv --y y --unit id --time year --assignment permute -o x", "dgp.cohort or dgp.treat"},
        {"d.csv --y y --unit id --time year --effect 0.3,0.1 -o x", "go up"},
        {"d.csv --y y --unit id --time year --effect a -o x", "is no number"},
        {"d.csv --y y --unit region --time year -o x", "two rows in one period"},
        {"d.csv --y y --unit id --time year --cohort adopted --treat on -o x", "give one of them"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, "rm -rf x; \"$JIEDAO\" power %s -q", wrong[k].options);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].options);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_is_that_of_the_closed_form),
        cmocka_unit_test(test_the_command),
        cmocka_unit_test(test_counts_and_shares),
        cmocka_unit_test(test_a_file_with_a_policy),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
