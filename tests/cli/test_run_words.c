/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `run` says in words, where there is little to say: no moves, no effect, no controls. */
#include <math.h>

#include "cli/tiny.h"

static said_t said;

static void run_loud(const char *options)
{
    char line[2048];
    snprintf(line, sizeof line, "\"$JIEDAO\" run ${TINY%%--quiet} --force -o w.h5 %s", options);
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s", options, said.err);
    if (strstr(said.out, "nan")) fail_msg("%s: %s", options, said.out);
}

static void test_without_moves(void **state)
{
    (void)state;
    run_loud("--set firms.review=0");
    ASSERT_HOLDS(said.out, "0.0 % of firms move a year, none across a county border");
    ASSERT_HOLDS(said.out, "TWFE recovers the total effect but for trends and chance (0)");
    assert_null(strstr(said.out, "standard errors"));
}

/* Without a dose there is no bias but chance, and nothing to blame. */
static void test_without_effect(void **state)
{
    (void)state;
    run_loud("--set policy.dose=0");
    ASSERT_HOLDS(said.out, "TWFE recovers the total effect but for trends and chance (");
    assert_null(strstr(said.out, "understates"));
}

static void test_without_controls(void **state)
{
    (void)state;
    run_loud("--set policy.share=1");
    ASSERT_HOLDS(said.err, "twfe on the county panel: left out");
    assert_null(strstr(said.out, "In words"));
}

/* Near the direct effect the words are "within", far from it "misses". */
static void test_direct_effect(void **state)
{
    (void)state;
    run_loud("--set firms.n=200000 --set run.direct_folds=4 --seed 3");
    ASSERT_HOLDS(said.out, "Of the direct effect (+");
    /* In per cent it is the file's ratio_ade: of the outcome without the county's own policy. */
    static said_t screen;
    screen = said;
    run_shell(&said, "\"$JIEDAO\" export w.h5 -t truth/estimands -o - -q | awk -F, "
                     "'/^ratio_ade,inflow,,/ {printf \"%+.0f %%  of a county\", 100 * $7}'");
    assert_true(strlen(said.out) > 12);
    ASSERT_HOLDS(screen.out, said.out);
    run_loud("--set firms.n=200000 --set run.direct_folds=4 --set estimate.data=observed"
             " --set observation.coverage=0.3");
    ASSERT_HOLDS(said.out, "The direct effect (+");
    ASSERT_HOLDS(said.out, "it misses by ");
}

/* TWFE is 0 where the effect is +0.09375: what "overstates" is said of stands before it. */
static void test_words_agree_with_the_table(void **state)
{
    (void)state;
    run_loud("--seed 16");
    ASSERT_HOLDS(said.out,
                 "  TWFE                                     0   0.18262   0.09375  -0.09375");
    ASSERT_HOLDS(
        said.out,
        "\n  Trends and chance apart, TWFE overstates the total effect by 0.03125 (33 %),\n");
    run_loud("--set estimate.outcome=outflow --set firms.n=100000"); /* ATT -0.62500 */
    ASSERT_HOLDS(said.out,
                 "Trends and chance apart, TWFE lies 0.75000 below the total effect (120 %),");
    assert_null(strstr(said.out, "overstates"));
}

static void test_words_without_twfe(void **state)
{
    (void)state;
    run_loud("--seed 16 --set estimate.estimators=poisson,imputation");
    ASSERT_HOLDS(said.out, "\nIn words\n  Trends and chance apart, imputation overstates");
    run_loud("--set estimate.estimators=poisson --set estimate.sector=no --set estimate.firm=no");
    ASSERT_HOLDS(said.out, "poisson overstates the total effect by 0.40547 log points (");
}

/* Log points, effects per dose and outcomes of firms have tables of their own. */
static void test_units_stand_apart(void **state)
{
    (void)state;
    static const char *const heads[] = {"\nEstimates  ", "\nEstimates, in log points",
                                        "\nEstimates, per unit of dose", "\nEstimates, per firm"};
    static const char *const rows[] = {"\n  TWFE  ", "\n  poisson", "\n  wald_did",
                                       "\n  TWFE on firms"};
    run_loud("--set firms.n=100000 --set estimate.estimators=poisson,wald_did,twfe,etwfe_poisson");
    const char *at = said.out;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        at = strstr(at, heads[i]);
        if (!at) fail_msg("%s: %s", heads[i], said.out);
        const char *row = strstr(at, rows[i]), *next = strstr(at + 1, "\n\n");
        assert_true(row && row < next);
    }
    ASSERT_HOLDS(said.out, "\n  etwfe_poisson"); /* in levels */
    assert_true(strstr(said.out, "\n  etwfe_poisson") < strstr(said.out, heads[1]));
    run_loud("--set estimate.estimators=poisson,twfe --format json");
    ASSERT_HOLDS(said.out, "\"estimator\": \"poisson\", \"unit\": \"log points\"");
    ASSERT_HOLDS(said.out, "\"estimator\": \"twfe\", \"unit\": \"firms\"");
}

/* Of 12 replicates of 1,000 firms poisson has an answer in few; each row says in how many. */
static void test_replicates_behind_a_mean(void **state)
{
    (void)state;
    static const char few[] =
        "--replicates 12 --set firms.n=1000 --set estimate.estimators=poisson,twfe";
    char line[256], row[64];
    int n = 0;
    run_loud(few);
    const char *at = strstr(said.out, "\n  poisson");
    assert_non_null(at);
    at = strchr(at + 1, '\n');
    assert_int_equal(sscanf(at, " %d of 12", &n), 1);
    assert_true(n > 0 && n < 12);
    ASSERT_HOLDS(said.out, "\n    12 of 12 "); /* TWFE */
    snprintf(line, sizeof line, "%s --format json", few);
    run_loud(line);
    snprintf(row, sizeof row, "\"unit\": \"log points\", \"replicates\": %d,", n);
    ASSERT_HOLDS(said.out, row);
    snprintf(line, sizeof line, "%s --format markdown", few);
    run_loud(line);
    snprintf(row, sizeof row, " | %d |\n", n);
    ASSERT_HOLDS(said.out, " | Replicates |\n");
    ASSERT_HOLDS(strstr(said.out, "| poisson"), row);
    snprintf(line, sizeof line, "%s --format latex", few);
    run_loud(line);
    snprintf(row, sizeof row, " & %d \\\\\n", n);
    ASSERT_HOLDS(strstr(said.out, "\npoisson"), row);
    snprintf(line, sizeof line, "%s --format csv | grep -c poisson", few);
    run_loud(line);
    assert_int_equal(atoi(said.out), n);
}

/* What belongs to the occasion lies beside the file. */
static void test_log(void **state)
{
    (void)state;
    static const char *const fields[] = {"\"finished\": \"", "\"host\": \"",
                                         "\"compiler\": \"", "\"libraries\": \"HDF5 ",
                                         "\"threads\": ",    "\"simulate\": "};
    run_loud("");
    run_shell(&said, "cat w.log.json");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ASSERT_HOLDS(said.out, fields[i]);
}

/* The n-th cell, from 0, of the line of a CSV text that begins so. */
static double cell_of(const char *text, const char *begins, int n)
{
    const char *at = strstr(text, begins);
    if (!at) fail_msg("no line %s: %s", begins, text);
    for (; n > 0; n--)
        at = strchr(at, ',') + 1;
    return strtod(at, NULL);
}

/* did on the run's own sectors: the same estimate, clustered where the policy is assigned. */
static void test_the_triple_difference_of_a_file(void **state)
{
    (void)state;
    run_program(&said, "run $TINY -o triple.h5");
    ASSERT_STATUS(&said, 0);
    run_program(&said, "export triple.h5 -t estimates -o -");
    double own = cell_of(said.out, "sector_county,twfe,att,", 5);
    run_program(&said, "did triple.h5 --table panel/sector_county --estimator triple_difference "
                       "--format csv");
    ASSERT_STATUS(&said, 0);
    assert_true(own != 0);
    assert_true(fabs(cell_of(said.out, "triple_difference,att,att,", 3) - own) < 1e-12);
    assert_true(cell_of(said.out, "triple_difference,att,att,", 10) == 16); /* counties */
    ASSERT_HOLDS(said.err, "clusters are counties");
    run_program(&said, "did triple.h5 --table panel/sector_county --estimator triple_difference "
                       "--cluster unit --format csv");
    assert_true(cell_of(said.out, "triple_difference,att,att,", 10) == 32);
}

/* The reference is a point of the figure at -1, and at -2 where adoption is anticipated. */
static void test_plots_draw_the_reference(void **state)
{
    (void)state;
    char with[2][8];
    run_program(&said, "run $TINY -o drawn.h5");
    ASSERT_STATUS(&said, 0);
    for (int anticipation = 0; anticipation < 2; anticipation++) {
        char line[256];
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" did drawn.h5 --estimator event_study --anticipation %d --plot p.svg "
                 ">/dev/null && grep -o '<use' p.svg | wc -l | tr -d ' \\n'",
                 anticipation);
        run_shell(&said, line);
        ASSERT_STATUS(&said, 0);
        snprintf(with[anticipation], sizeof *with, "%.7s",
                 strrchr(said.out, '\n') ? strrchr(said.out, '\n') + 1 : said.out);
    }
    assert_true(atoi(with[0]) > 8);
    assert_string_equal(with[0], with[1]); /* as many effects, and one reference */
}

/* Names are never cut: of 255 bytes they are whole in every row, of more they are refused. */
static void test_long_names(void **state)
{
    (void)state;
    for (int length = 255; length <= 256; length++) {
        char name[257], line[1024];
        memset(name, 'x', (size_t)length);
        name[length] = '\0';
        snprintf(
            line, sizeof line,
            "awk 'BEGIN { print \"i,t,g,y,%s\"; for (i = 1; i < 9; i++) for (t = 1; t < 4; t++) "
            "print i \",\" t \",\" (i < 4 ? 2 : 0) \",\" i * t %% 5 \",\" i * i * t %% 7 }' "
            ">n.csv; \"$JIEDAO\" did n.csv --y y --unit i --time t --cohort g --estimator twfe "
            "--x %s --format csv",
            name, name);
        run_shell(&said, line);
        assert_int_equal(said.status != 0, length > 255);
        if (length > 255) ASSERT_HOLDS(said.err, "the name has 256 bytes; names of up to 255");
        if (length == 255) ASSERT_HOLDS(said.out, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_moves),
        cmocka_unit_test(test_without_effect),
        cmocka_unit_test(test_without_controls),
        cmocka_unit_test(test_direct_effect),
        cmocka_unit_test(test_words_agree_with_the_table),
        cmocka_unit_test(test_words_without_twfe),
        cmocka_unit_test(test_units_stand_apart),
        cmocka_unit_test(test_replicates_behind_a_mean),
        cmocka_unit_test(test_the_triple_difference_of_a_file),
        cmocka_unit_test(test_plots_draw_the_reference),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
