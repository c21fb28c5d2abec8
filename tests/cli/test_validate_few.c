/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Few treated clusters in validate, as MacKinnon and Webb (2017, 2020) found: clustered errors
 * reject far too often, the restricted wild bootstrap next to never, randomisation holds its size.
 * Fixed seeds; a share of 200 replicates is off by 4.5 of its errors once in 150,000 times. */
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

static said_t said;

static double measure(const csv_t *csv, const char *estimator, const char *what)
{
    for (int row = 0; row < csv->rows; row++)
        if (!strcmp(csv_text(csv, row, csv_find(csv, "estimator")), estimator) &&
            !strcmp(csv_text(csv, row, csv_find(csv, "measure")), what) &&
            !strcmp(csv_text(csv, row, csv_find(csv, "term")), "att"))
            return csv_number(csv, row, csv_find(csv, "value"));
    fail_msg("no %s of %s", what, estimator);
    return 0;
}

static void test_two_treated_of_thirty(void **state)
{
    (void)state;
    csv_t csv;
    char path[512];
    const double error = 4.5 * 0.0154;
    run_shell(&said,
              "printf '[dgp]\\nkind = composed\\nunits = 30\\nperiods = 12\\ncohorts = 0, "
              "7\\ncohort_shares = 28, 2\\nrho = 0.5\\n[estimate]\\nestimators = twfe\\n"
              "[validate]\\nvariance = cluster, wild:rademacher, randomisation, "
              "conley_taber\\nreplicates = 200\\n' >few.ini && \"$JIEDAO\" validate few.ini -o "
              "few -q --format csv >few.csv && \"$JIEDAO\" validate few.ini -o one -q "
              "--threads 1 --format csv >one.csv && cmp few.csv one.csv");
    if (said.status != 0) fail_msg("%s", said.err);
    snprintf(path, sizeof path, "%s/few.csv", getenv("HERE"));
    assert_true(csv_read(&csv, path));
    assert_true(measure(&csv, "twfe:cluster", "size") > 0.05 + error);
    assert_true(measure(&csv, "twfe:wild", "size") < 0.05);
    assert_near(measure(&csv, "twfe:randomisation", "size"), 0.05, error);
    assert_true(measure(&csv, "twfe:conley_taber", "size") < measure(&csv, "twfe:cluster", "size"));
    assert_near(measure(&csv, "twfe:randomisation", "coverage"),
                1 - measure(&csv, "twfe:randomisation", "power"), 1e-12); /* no effect */
    csv_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_treated_of_thirty),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
