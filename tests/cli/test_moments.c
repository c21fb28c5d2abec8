/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao moments: against NumPy, of a run and of its own records read back, for any threads. */
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

/* A world all of whose moves are recorded, its moments, and those of its records. */
static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run("\"$JIEDAO\" run $TINY --set observation.coverage=1 --set observation.date_error=0 --set "
        "observation.misclass=0 --set run.direct_folds=0 -q -o w.h5 >run.txt && "
        "\"$JIEDAO\" export w.h5 -t relocations -o moves.csv -q && "
        "\"$JIEDAO\" export w.h5 -t jurisdictions -o divisions.csv -q && "
        "\"$JIEDAO\" moments w.h5 --format csv >w.csv");
    return 0;
}

static void test_numpy_agrees(void **state)
{
    (void)state;
    run_shell(&said, "PATH=/usr/bin:$PATH python3 -c 'import h5py, numpy'");
    if (said.status != 0) {
        printf("skipped: python3 with h5py and numpy is not there\n");
        skip();
    }
    run("PATH=/usr/bin:$PATH python3 " JD_SOURCE_DIR "/tests/cli/readers/moments.py w.h5 w.csv");
}

static void test_threads_and_seeds(void **state)
{
    (void)state;
    run("\"$JIEDAO\" moments w.h5 --bootstrap 30 --format csv --threads 1 >a.csv && "
        "\"$JIEDAO\" moments w.h5 --bootstrap 30 --format csv --threads 3 >b.csv && cmp a.csv "
        "b.csv "
        "&& \"$JIEDAO\" moments w.h5 --bootstrap 30 --seed 2 --format csv >c.csv && ! cmp -s a.csv "
        "c.csv");
}

/* A bootstrap of units that are one number each: the standard error of a mean is known. */
static void test_standard_errors_are_those_of_blocks(void **state)
{
    (void)state;
    csv_t csv;
    char path[512];
    run("\"$JIEDAO\" moments w.h5 --bootstrap 2000 --block unit --estimators '' --format csv "
        ">s.csv && \"$JIEDAO\" export w.h5 -t panel/county -o p.csv -q && awk -F, 'NR == 1 {for (i "
        "= "
        "1; i <= NF; i++) c[$i] = i; next} {y = $c[\"inflow_observed\"]; s[$c[\"unit\"]] += y; "
        "n[$c[\"unit\"]]++} END {for (u in s) {m = s[u] / n[u]; a += m; b += m * m; k++} a /= k; "
        "print sqrt((b / k - a * a) / k)}' p.csv >se.txt");
    snprintf(path, sizeof path, "%s/s.csv", getenv("HERE"));
    assert_true(csv_read(&csv, path));
    assert_string_equal(csv_text(&csv, 0, csv_find(&csv, "moment")), "inflow_mean");
    const double se = csv_number(&csv, 0, csv_find(&csv, "std_error"));
    csv_free(&csv);
    run("cat se.txt");
    /* 2,000 draws: a relative error of 1.6 %; five of them is 1 in two million. */
    assert_near(se / atof(said.out), 1, 0.08);
}

static void test_of_its_own_records(void **state)
{
    (void)state;
    csv_t world, records;
    char path[512];
    run("head -1 moves.csv && \"$JIEDAO\" info w.h5 >info.txt");
    run("\"$JIEDAO\" panel moves.csv --firm firm --date date --from origin_code --to "
        "destination_code "
        "--sector sector --targeted 0 --similar 1 --divisions divisions.csv --first 2020 --last "
        "2021 -o r.h5 -q && \"$JIEDAO\" moments r.h5 --estimators '' --format csv >r.csv");
    snprintf(path, sizeof path, "%s/w.csv", getenv("HERE"));
    assert_true(csv_read(&world, path));
    snprintf(path, sizeof path, "%s/r.csv", getenv("HERE"));
    assert_true(csv_read(&records, path));
    const int name = csv_find(&world, "moment"), value = csv_find(&world, "value");
    int same = 0;
    for (int i = 0; i < world.rows; i++)
        for (int k = 0; k < records.rows; k++)
            if (!strcmp(csv_text(&world, i, name), csv_text(&records, k, name)) &&
                fabs(csv_number(&world, i, value) - csv_number(&records, k, value)) <= 1e-9)
                same++;
    csv_free(&world);
    csv_free(&records);
    if (same < 15) fail_msg("only %d moments agree", same);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } wrong[] = {{"moments", "name a file"},
                 {"moments w.h5 --block unit", "give --bootstrap N too"},
                 {"moments w.h5 --estimators twf", "is no estimator"},
                 {"moments none.h5", "none.h5"},
                 {"moments divisions.csv", "divisions.csv"},
                 {"moments w.h5 -o m.csv", "m.csv"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, "\"$JIEDAO\" %s", wrong[k].line);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].line);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
    run("\"$JIEDAO\" moments w.h5 --bootstrap 10 -o m.h5 -q && \"$JIEDAO\" info m.h5 >i.txt && "
        "\"$JIEDAO\" export m.h5 -t moments -o m.csv -q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numpy_agrees),
        cmocka_unit_test(test_threads_and_seeds),
        cmocka_unit_test(test_standard_errors_are_those_of_blocks),
        cmocka_unit_test(test_of_its_own_records),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
