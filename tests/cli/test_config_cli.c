/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a config asks for and does not get is said. */
#include <math.h>

#include "cli/tiny.h"

/* $TINY, whose notes are heard. */
#define LOUD "$(echo $TINY | sed s/--quiet//) --threads 1"

static said_t said;

static void assert_notes(const char *set, const char *note)
{
    char line[512];
    snprintf(line, sizeof line, "run " LOUD " -o said.h5 --force %s", set);
    run_program(&said, line);
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, note);
}

static void test_what_rounds_away_is_said(void **state)
{
    (void)state;
    assert_notes("--set policy.share=0.03", "policy.share = 0.03 of 16 counties is 0.48 counties, "
                                            "rounded to none: nobody is treated");
    assert_notes("--set policy.share=0.97", "is 15.52 counties, and all are treated");
    assert_notes("--set firms.entry=0.0001", "is 0.3 births a quarter, rounded to none");
    run_program(&said, "run $(echo $TINY | sed 's/--quiet//; s/--set policy.adoption=2021Q1//') -o "
                       "said.h5 --force --set policy.share=0.15 "
                       "--set policy.adoption=2020Q3,2020Q4,2021Q1,2021Q2");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, "no county adopts in 2020Q4, 2021Q2: 2 treated counties for 4 dates");
}

/* The config that `jiedao info --config` prints gives the same tables, and is printed again. */
static void assert_again(const char *make)
{
    char line[3000];
    snprintf(line, sizeof line,
             "rm -rf one.h5 two.h5 deep again.ini; mkdir deep; export LIST=2x2,twfe,event_study,"
             "sun_abraham,callaway_santanna,imputation,two_stage,roll_out,synthetic_did,"
             "synthetic_control,block_did,stacked,did_multiplegt_dyn,drdid,etwfe,poisson,lp_did,"
             "wald_did,dose,rings,triple_difference,staggered_triple_difference,etwfe_poisson; "
             "%s && \"$JIEDAO\" info one.h5 --config >deep/again.ini && "
             "\"$JIEDAO\" run deep/again.ini -q --threads 1 -o two.h5 >/dev/null && "
             "\"$JIEDAO\" info two.h5 --config | cmp - deep/again.ini && "
             "for t in estimates panel/county truth/estimands jurisdictions relocations; do "
             "for f in one two; do \"$JIEDAO\" export $f.h5 -t $t -o $f.csv --force >/dev/null; "
             "done; cmp one.csv two.csv || exit; done",
             make);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
}

static void test_info_prints_what_run_takes(void **state)
{
    (void)state;
    assert_again("\"$JIEDAO\" run $TINY --threads 1 -o one.h5 --set estimate.estimators=$LIST "
                 ">/dev/null");
    run_program(&said, "export one.h5 -t config/parameters -o - | grep ^estimate,estimators");
    ASSERT_HOLDS(said.out, "staggered_triple_difference,etwfe_poisson\",1,");
    assert_again("printf '[event.b]\\n[event.a]\\nkind = env ; comment\\n' >e.ini && \"$JIEDAO\" "
                 "run e.ini $(echo $TINY | sed 's/quickstart//') --threads 1 -o one.h5 >/dev/null");
    run_program(&said, "info one.h5 --config");
    ASSERT_HOLDS(said.out, "[event.b]\n\n[event.a]\nkind = env\n");
}

/* Paths from the config and from --set have different bases, and letters that begin comments. */
static void test_info_prints_paths_in_full(void **state)
{
    (void)state;
    run_shell(&said, "mkdir -p 'a ;b' && \"$JIEDAO\" run $TINY --threads 1 -o t.h5 >/dev/null && "
                     "\"$JIEDAO\" export t.h5 -t jurisdictions -o j.csv >/dev/null && awk -F, "
                     "'NR==1 {for (i = 1; i <= NF; i++) c[$i] = i} NR > 1 && $c[\"level\"] == 3 "
                     "{print $c[\"code\"] \",2021Q1\"; n++} n == 4 {exit}' j.csv | "
                     "{ echo code,adoption; cat; } >'a ;b/who #1 \"x\".csv'; cat 'a ;b'/*");
    ASSERT_STATUS(&said, 0);
    assert_again("\"$JIEDAO\" run $TINY --threads 1 -o one.h5 --set policy.assignment=list "
                 "--set \"policy.list=a ;b/who #1 \\\"x\\\".csv\" >/dev/null");
    run_program(&said, "info one.h5 --config");
    ASSERT_HOLDS(said.out, "list = \"/");
    ASSERT_HOLDS(said.out, "/a ;b/who #1 \\\"x\\\".csv\"\n");
    run_shell(&said,
              "printf '[policy]\\nlist = \"who #1 \\\\\"x\\\\\".csv\" ; mine\\nassignment = list"
              "\\n' >'a ;b/c.ini'; \"$JIEDAO\" run 'a ;b/c.ini' $(echo $TINY | "
              "sed 's/quickstart//') --threads 1 -o own.h5 >/dev/null && \"$JIEDAO\" export "
              "own.h5 -t estimates -o - | cmp - one.csv; rm own.log.json; \"$JIEDAO\" info "
              "own.h5 --config");
    ASSERT_HOLDS(said.out, "; as it was given: from the config's folder or");
    ASSERT_HOLDS(said.out, "\nlist = \"who #1 \\\"x\\\".csv\"\n");
}

static void test_info_prints_sweeps_and_replicates(void **state)
{
    (void)state;
    run_program(&said, "sweep $TINY --threads 1 -o s --set 'sweep.policy.adoption=2020Q4 | 2020Q4, "
                       "2021Q1' --set sweep.replicates=2");
    ASSERT_STATUS(&said, 0);
    run_shell(&said,
              "\"$JIEDAO\" info s/sweep.h5 --config >s.ini && \"$JIEDAO\" sweep s.ini -q "
              "--threads 1 -o s2 && for t in runs estimates; do for f in s s2; do \"$JIEDAO\" "
              "export $f/sweep.h5 -t $t -o $f.csv --force >/dev/null; done; cmp s.csv s2.csv "
              "|| exit; done; cat s.ini");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "policy.adoption = 2020Q4 | 2020Q4, 2021Q1\n");
    run_program(&said, "run $TINY --threads 1 -o r.h5 --replicates 3 && \"$JIEDAO\" info r.h5 "
                       "--config");
    ASSERT_HOLDS(said.out, "--replicates 3");
}

/* Kinds of covariance and their options are keys of [estimate]; what a kind does not read is named.
 */
static void test_covariances_are_keys(void **state)
{
    (void)state;
    static const char twfe[] = "run " LOUD " --set estimate.estimators=twfe --set "
                               "estimate.sector=no --set estimate.firm=no --set estimate.";
    static const char *const kinds[] = {
        "hc1", "hc1 --set estimate.no_k_adjustment=yes", "hc3",
        "cv3", "newey_west --set estimate.lag=1",        "newey_west --set estimate.lag=3"};
    double error[6];
    char line[600], *end;
    for (int i = 0; i < 6; i++) {
        snprintf(line, sizeof line,
                 "%svariance=%s -o v.h5 --force >/dev/null && \"$JIEDAO\" export v.h5 -t estimates "
                 "-o - | awk -F, 'NR==1 {for (i = 1; i <= NF; i++) c[$i] = i} NR == 2 {print "
                 "$c[\"std_error\"]}'",
                 twfe, kinds[i]);
        run_program(&said, line);
        error[i] = strtod(said.out, &end);
        assert_true(error[i] > 0 && *end == '\n');
        for (int k = 0; k < i; k++)
            assert_true(fabs(error[k] - error[i]) > 1e-9 * error[i]);
    }
    snprintf(line, sizeof line, "%slag=2 -o v.h5 --force", twfe);
    run_program(&said, line);
    ASSERT_HOLDS(said.err, "estimate.variance does not use it");
    snprintf(line, sizeof line, "%svariance=conley -o v.h5 --force", twfe);
    run_program(&said, line);
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err,
                 "estimate.variance = conley: recorded panels have clusters of one level");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_rounds_away_is_said),
        cmocka_unit_test(test_covariances_are_keys),
        cmocka_unit_test(test_info_prints_what_run_takes),
        cmocka_unit_test(test_info_prints_paths_in_full),
        cmocka_unit_test(test_info_prints_sweeps_and_replicates),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
