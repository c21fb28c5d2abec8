/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao calibrate: R2 and posteriors against NumPy, coverage and ranks of the check, what is known
 * with and without distances. Seeds are fixed; a coverage of 240 checks is off by 4.5 of its errors
 * once in 150,000 times. */
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

enum { RUNS = 240 };

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

#define WORLD                                                                                      \
    "[world]\\nprovinces = 4\\nprefectures = 12\\ncounties = 60\\nstreets = 240\\n[firms]\\nn = "  \
    "20000\\n%b[run]\\nperiods = 12\\n[policy]\\nadoption = 2022Q1\\n[observation]\\npanel_firms " \
    "= 0\\n[estimate]\\nestimators = twfe\\nsector = no\\nfirm = no\\n[output]\\nstreets = no\\n"

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run("printf '" WORLD "[sweep]\\ndesign = sobol\\npoints = 240\\ncommon = no\\nmoments = "
        "yes\\nfirms.review = uniform(0.02, 0.1)\\nfirms.gamma = uniform(0, 2)\\n' '' >p.ini && "
        "\"$JIEDAO\" sweep p.ini -o p -q && \"$JIEDAO\" export p/sweep.h5 -t runs -o runs.csv -q "
        "&& "
        "\"$JIEDAO\" export p/sweep.h5 -t facts -o facts.csv -q");
    run("printf '" WORLD "[sweep]\\nmoments = yes\\nfirst = 7\\nrun.seed = 1\\n' 'review = "
        "0.06\\ngamma = 1.5\\n' >t.ini && \"$JIEDAO\" sweep t.ini -o t -q && \"$JIEDAO\" export "
        "t/sweep.h5 -t facts -o t.csv -q && sed 's/\"[^\"]*\"/x/' t.csv | awk -F, 'NR > 1 && $5 != "
        "\"\" {sub(/moments[.]/, \"\", "
        "$2); print $2 \"=\" $5}' >targets.txt && grep -q distance_mean targets.txt");
    return 0;
}

static void read_table(csv_t *csv, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("HERE"), file);
    assert_true(csv_read(csv, path));
}

static double number(const csv_t *csv, int row, const char *column)
{
    return csv_number(csv, row, csv_find(csv, column));
}

static void test_the_truth_is_found(void **state)
{
    (void)state;
    csv_t csv;
    run("\"$JIEDAO\" calibrate p $(sed 's/^/--target /' targets.txt) --format csv >c.csv");
    read_table(&csv, "c.csv");
    static const double truth[] = {0.06, 1.5};
    for (int k = 0; k < 2; k++) {
        assert_true(number(&csv, k, "r2") > 0.8);
        assert_true(number(&csv, k, "q05") < truth[k] + number(&csv, k, "sd"));
        assert_true(number(&csv, k, "q95") > truth[k] - number(&csv, k, "sd"));
        assert_true(number(&csv, k, "sd") < 0.5 * number(&csv, k, "prior_sd"));
    }
    csv_free(&csv);
    run_shell(&said,
              "PATH=/usr/bin:$PATH python3 -c 'import numpy, sys; sys.exit(sys.version_info < "
              "(3, 9))'");
    if (said.status != 0) {
        printf("skipped: python3 with numpy is not there\n");
        skip();
    }
    run("PATH=/usr/bin:$PATH python3 " JD_SOURCE_DIR "/tests/cli/readers/calibrate.py runs.csv "
        "facts.csv c.csv firms.review=0.02,0.1 firms.gamma=0,2 --target $(cat targets.txt)");
}

static void test_the_check(void **state)
{
    (void)state;
    csv_t csv;
    run("\"$JIEDAO\" calibrate p --check 240 --format csv >k.csv && \"$JIEDAO\" calibrate p "
        "--check "
        "240 --threads 1 --format csv >k1.csv && cmp k.csv k1.csv");
    read_table(&csv, "k.csv");
    for (int k = 0; k < 2; k++) {
        assert_near(number(&csv, k, "cover50"), 0.5, 4.5 * sqrt(0.25 / RUNS));
        assert_near(number(&csv, k, "cover90"), 0.9, 4.5 * sqrt(0.09 / RUNS));
        assert_true(number(&csv, k, "rank_p") > 1e-4);
    }
    csv_free(&csv);
}

/* The decay with distance is hardly in counts; with the distances it is. */
static void test_what_is_known(void **state)
{
    (void)state;
    csv_t csv;
    double counts, all;
    run("\"$JIEDAO\" calibrate p --moments inflow_mean,inflow_zeros,move_rate,did.twfe --format "
        "csv "
        ">a.csv");
    read_table(&csv, "a.csv");
    counts = number(&csv, 1, "r2");
    assert_true(number(&csv, 0, "r2") > 0.8);
    csv_free(&csv);
    run("\"$JIEDAO\" calibrate p --format csv >b.csv");
    read_table(&csv, "b.csv");
    all = number(&csv, 1, "r2");
    csv_free(&csv);
    assert_true(counts < 0.5 && all > 0.8);
    run("\"$JIEDAO\" calibrate p --target distance_mean=99999 --target move_rate=0.9");
    ASSERT_HOLDS(said.out, "no run of these priors looks like them");
}

static void test_moments_of_a_sweep_are_those_of_the_file(void **state)
{
    (void)state;
    run("printf '" WORLD
        "[sweep]\\nmoments = yes\\nrun.seed = 5\\n' '' >o.ini && \"$JIEDAO\" sweep "
        "o.ini -o o -q && \"$JIEDAO\" export o/sweep.h5 -t facts -o o.csv -q && sed '/sweep/,$d' "
        "o.ini >r.ini && \"$JIEDAO\" run r.ini --set run.seed=5 -o r.h5 -q >r.txt && \"$JIEDAO\" "
        "moments r.h5 --format csv >m.csv && awk -F, 'NR > 1 {print $1 \",\" $3}' m.csv | sort "
        ">m.txt "
        "&& sed 's/moments[.]//; s/\"[^\"]*\"/x/' o.csv | awk -F, 'NR > 1 {print $2 \",\" $5}' | "
        "sort "
        ">o.txt && cmp m.txt o.txt");
    run_shell(&said,
              "\"$JIEDAO\" sweep o.ini -o n -q --set sweep.moments=no && \"$JIEDAO\" calibrate "
              "n");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.err, "sweep again with --set sweep.moments=yes");
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *options, *says;
    } wrong[] = {{"none", "none"},
                 {"p --target distance=1", "has no moment 'distance'"},
                 {"p --target distance_mean", "write NAME=NUMBER"},
                 {"p --targets none.h5", "none.h5"},
                 {"p --moments nothing", "has none of them"},
                 {"o", "o/sweep.h5"},
                 {"p --check 3", "--check"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, "\"$JIEDAO\" calibrate %s", wrong[k].options);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].options);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_truth_is_found),
        cmocka_unit_test(test_the_check),
        cmocka_unit_test(test_what_is_known),
        cmocka_unit_test(test_moments_of_a_sweep_are_those_of_the_file),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
