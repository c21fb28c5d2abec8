/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Validation: published numbers, rounds that end where one long round would, resuming. */
#include "cli/tiny.h"

#define PLACEBO                                                                      \
    "validate published/bdm2004 --set validate.published= --set dgp.units=20 --set " \
    "dgp.periods=12 "                                                                \
    "--set dgp.adoption_last=9 --set sweep.dgp.rho=0,0.5 --quiet"

static void test_published_numbers_come_out(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "validate published/staggered -o staggered --quiet");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "   -6.70000         0    -6.70000");
    ASSERT_HOLDS(said.out, "     26.800         0      26.800");
    ASSERT_HOLDS(said.out, "All agree");
    run_program(&said, "validate published/goodman_bacon -o bacon --quiet");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "All agree");
}

/* The tables of two validations, byte by byte. */
static void assert_same_tables(const char *a, const char *b)
{
    said_t said;
    char line[512];
    snprintf(
        line, sizeof line,
        "for d in %s %s; do for t in replicates validation; do \"$JIEDAO\" export "
        "$d/validation.h5 --table $t -o $d$t --format csv --force -q >/dev/null || exit 1; done; "
        "cat ${d}replicates ${d}validation >$d.csv; done; cmp %s.csv %s.csv && wc -l < %s.csv",
        a, b, a, b, a);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
    assert_true(atoi(said.out) > 20);
}

static void test_rounds_end_where_one_would(void **state)
{
    (void)state;
    said_t said;
    char line[512];
    run_program(&said,
                PLACEBO " -o rounds --set validate.replicates=40 --set validate.until_mcse=0.02");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "rounds");
    int replicates = atoi(strstr(said.out, "Replicates") + strlen("Replicates"));
    assert_true(replicates > 40 && replicates < 5000);
    snprintf(line, sizeof line, PLACEBO " -o once --threads 1 --set validate.replicates=%d",
             replicates);
    run_program(&said, line);
    ASSERT_STATUS(&said, 0);
    assert_same_tables("rounds", "once");
}

/* Rates come to their goal too, and where they cannot it is said. */
static void test_rounds_for_rates(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, PLACEBO
                " -o rates --set validate.replicates=40 --set validate.until_rate_mcse=0.03");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "rounds");
    assert_null(strstr(said.out, "Stopped"));
    run_shell(&said, "\"$JIEDAO\" export rates/validation.h5 --table validation -o rates.csv "
                     "--force -q >/dev/null; awk -F, '($7 == \"coverage\" || $7 == \"power\") "
                     "{ n++; if ($9 > 0.03) bad++ } END { print n, bad + 0 }' rates.csv");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.out, "4 0\n");
    run_program(&said, PLACEBO " -o few --set validate.replicates=20 --set validate.most=30 --set "
                               "validate.until_rate_mcse=1e-9");
    ASSERT_HOLDS(said.out, "Monte-Carlo error of coverage, power or size");
}

/* A second computation of the measures, from the table of single replicates. */
static void write_script(void)
{
    static const char text[] =
        "import csv, math\n"
        "rows = list(csv.DictReader(open('replicates.csv')))\n"
        "want = {(r['point'], r['estimator'], r['measure']): r for r in "
        "csv.DictReader(open('validation.csv')) if r['term'] == 'att' and r['target'] == 'att'}\n"
        "f = lambda r, k: float(r[k])\n"
        "n = 0\n"
        "for key in sorted({(r['point'], r['estimator']) for r in rows}):\n"
        "    own = [r for r in rows if (r['point'], r['estimator']) == key]\n"
        "    k = len(own)\n"
        "    assert [int(r['replicate']) for r in own] == list(range(1, k + 1))\n"
        "    d = [f(r, 'estimate') - f(r, 'att') for r in own]\n"
        "    bias = sum(d) / k\n"
        "    sd = math.sqrt(sum((x - bias) ** 2 for x in d) / (k - 1))\n"
        "    mine = {'bias': bias, 'sd': sd, 'rmse': math.sqrt(sum(x * x for x in d) / k),\n"
        "            'coverage': sum(f(r, 'ci_low') <= f(r, 'att') <= f(r, 'ci_high') for r in "
        "own) / k,\n"
        "            'power': sum(f(r, 'ci_low') > 0 or f(r, 'ci_high') < 0 for r in own) / k,\n"
        "            'size': sum(int(r['null_rejected']) for r in own) / k}\n"
        "    assert mine['power'] == sum(f(r, 'p_value') < 0.05 for r in own) / k\n"
        "    for name, x in mine.items():\n"
        "        there = float(want[key + (name,)]['value'])\n"
        "        assert abs(x - there) < 1e-9 * (1 + abs(there)), (key, name, x, there)\n"
        "        n += 1\n"
        "print(k, n)\n";
    char path[512];
    snprintf(path, sizeof path, "%s/summary.py", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* The summary is that of the single replicates, computed apart from the program. */
static void test_summary_is_that_of_the_replicates(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, PLACEBO " -o single --set validate.replicates=60 --set validate.size=yes "
                               "--set dgp.effect=1 --set estimate.estimators=twfe,event_study");
    ASSERT_STATUS(&said, 0);
    write_script();
    run_shell(&said, "for t in validation replicates; do \"$JIEDAO\" export single/validation.h5 "
                     "--table $t -o $t.csv --force -q >/dev/null || exit 1; done; "
                     "python3 summary.py");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.out, "60 24\n");
}

/* Two periods, normal errors: TWFE is a t test with 18 degrees of freedom, whose power against 1.5
 * is that of the noncentral t, 0.6118, its size 0.05. 2,000 replicates; both bounds are 4 errors, a
 * false alarm one time in 8,000. */
static void test_composed_process_against_closed_forms(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said,
              "printf '[dgp]\\nkind = composed\\nunits = 20\\nperiods = 2\\ncohorts = 0, 2\\n"
              "effect = 1.5\\nperiod_sd = 3\\n[estimate]\\nestimators = twfe\\nvariance = iid\\n"
              "[validate]\\nreplicates = 2000\\n' >t.ini; \"$JIEDAO\" validate t.ini -o t -q "
              "--format csv >t.csv; awk -F, '$4 == \"att\" && $6 == \"att\" { v[$7] = $8 } END { "
              "p = v[\"power\"] - 0.6118; s = v[\"size\"] - 0.05; c = v[\"coverage\"] - 0.95; "
              "print p * p < "
              "0.0436 ^ 2, s * s < 0.0195 ^ 2, c * c < 0.0195 ^ 2 }' t.csv");
    ASSERT_STATUS(&said, 0);
    assert_string_equal(said.out, "1 1 1\n");
    run_program(&said, "validate t.ini -o u --set dgp.cohorts=0,9");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "9 is none of the periods 2 to 2, nor 0 = never");
    run_program(&said, "validate t.ini -o u --set dgp.cohort_shares=1");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "has 1 values, cohorts has 2");
    run_program(&said, "validate t.ini -o u --set dgp.clusters=30");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "are 30, and units 20");
}

/* A second computation of what ways of inference say, from single replicates. */
static void write_ways_script(void)
{
    static const char text[] =
        "import csv, sys\n"
        "from statistics import NormalDist\n"
        "def rows(name):\n"
        "    return {(r['estimator'], r['replicate']): r for r in csv.DictReader(open(name))}\n"
        "ways, alone = rows('ways.csv'), {w: rows(w + '.csv') for w in ('cluster', 'cr2', "
        "'cv3')}\n"
        "n = 0\n"
        "for way, table in alone.items():\n"
        "    for (e, k), r in table.items():\n"
        "        mine = ways[e + ':' + way, k]\n"
        "        for c in r:\n"
        "            if c not in ('estimator', 'passed'):\n"
        "                assert mine[c] == r[c], (way, e, k, c, mine[c], r[c])\n"
        "        n += 1\n"
        "z = NormalDist().inv_cdf(0.975)\n"
        "for (e, k), r in ways.items():\n"
        "    b, se, low, high, p = (float(r[c]) for c in ('estimate', 'std_error', "
        "'ci_low', 'ci_high', 'p_value'))\n"
        "    name, way = e.split(':', 1)\n"
        "    assert b == float(ways[name + ':cluster', k]['estimate'])\n"
        "    if way == 'normal':\n"
        "        assert abs(low - b + z * se) < 1e-9 and abs(high - b - z * se) < 1e-9\n"
        "        assert abs(p - 2 * NormalDist().cdf(-abs(b / se))) < 1e-9\n"
        "    if way in ('normal', 'wild', 'webb'):\n"
        "        assert se == float(ways[name + ':cluster', k]['std_error'])\n"
        "        n += 1\n"
        "    if way in ('wild', 'webb'):\n"
        "        assert low < b < high and (p <= 0.05) == (not low <= 0 <= high), (e, k)\n"
        "print(n, sorted({e for e, k in ways}))\n";
    char path[512];
    snprintf(path, sizeof path, "%s/ways.py", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

#define FEW                                                                                        \
    "validate quickstart --set dgp.kind=composed --set dgp.units=40 --set dgp.periods=6 --set "    \
    "dgp.cohorts=0,4 --set dgp.cohort_shares=6,4 --set dgp.clusters=10 --set dgp.shock_sd=0.5 "    \
    "--set dgp.effect=0.4 --set validate.replicates=20 --set estimate.estimators=twfe,imputation " \
    "--quiet"

/* Each way gives what it gives alone, or what a second computation does; threads move nothing. */
static void test_inference_is_an_axis(void **state)
{
    (void)state;
    said_t said;
    write_ways_script();
    run_program(&said, FEW " -o ways --set \"validate.variance=cluster, cluster-normal, cr2, cv3, "
                           "wild:rademacher, wild:webb, placebo\"");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "twfe:wild ");
    ASSERT_HOLDS(said.out, "left out: it has no placebo of its own");
    ASSERT_HOLDS(said.out, "left out: the wild bootstrap needs the residuals of one regression");
    run_program(&said, FEW " -o ways1 --threads 1 --set \"validate.variance=cluster, "
                           "cluster-normal, cr2, cv3, wild:rademacher, wild:webb, placebo\"");
    ASSERT_STATUS(&said, 0);
    assert_same_tables("ways", "ways1");
    run_shell(&said,
              "for w in cluster cr2 cv3; do \"$JIEDAO\" " FEW " --set estimate.variance=$w -o w$w "
              ">/dev/null && \"$JIEDAO\" export w$w/validation.h5 --table replicates -o $w.csv "
              "--force -q >/dev/null || exit 1; done; \"$JIEDAO\" export ways/validation.h5 "
              "--table replicates -o ways.csv --force -q >/dev/null && python3 ways.py");
    ASSERT_STATUS(&said, 0);
    /* twfe thrice and imputation once alone (20 each); twfe's normal, wild, webb, imputation's
     * normal. */
    assert_string_equal(said.out, "160 ['imputation:cluster', 'imputation:normal', 'twfe:cluster', "
                                  "'twfe:cr2', 'twfe:cv3', 'twfe:normal', 'twfe:webb', "
                                  "'twfe:wild']\n");
}

static void test_wrong_ways(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, FEW " -o wrong --set validate.variance=cluster,wilder");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "'wilder', which is no way of inference");
    run_program(&said, FEW " -o wrong --set validate.variance=wild:rademacher,cluster,wild");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "twice");
    run_program(&said, "validate quickstart --set dgp.kind=composed --set dgp.cohorts=0,4 --set "
                       "validate.replicates=2 --set estimate.estimators=twfe -o unread2 --set "
                       "validate.variance=cr2 --set estimate.variance=cv3");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.err, "validate.variance names the ways");
}

static void test_goes_on_after_a_kill(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, PLACEBO " -o whole --set validate.replicates=300");
    ASSERT_STATUS(&said, 0);
    run_shell(&said,
              "\"$JIEDAO\" " PLACEBO
              " -o cut --set validate.replicates=300 >/dev/null 2>&1 & p=$!; "
              "while [ ! -e cut/rounds/01/shards/000003.shard ]; do sleep 0.01; done; kill -9 $p; "
              "wait $p; \"$JIEDAO\" " PLACEBO " -o cut --set validate.replicates=300");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "--resume goes on with it");
    run_program(&said, PLACEBO " -o cut --set validate.replicates=300 --resume");
    ASSERT_STATUS(&said, 0);
    assert_same_tables("whole", "cut");
}

/* TWFE clustered on white noise: 400 placebo laws, 5 % of them found; by chance the share leaves
 * 5 % +- 3.3 % one time in 400. */
static void test_size_of_a_right_test(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said, "\"$JIEDAO\" " PLACEBO " -o size --set estimate.variance=cluster --set "
                     "sweep.dgp.rho=0 --set validate.replicates=400 --format csv | "
                     "awk -F, '$7==\"power\"{print $8}'");
    double size = atof(said.out);
    if (!(size > 0.017 && size < 0.083)) fail_msg("size = %g", size);
}

static void test_the_simulator_too(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "validate $TINY -o sim --set validate.replicates=30 --set "
                       "estimate.estimators=twfe,imputation --set sweep.policy.share=0.25,0.5");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "Point 2: policy.share = 0.5");
    ASSERT_HOLDS(said.out, "imputation");
    ASSERT_HOLDS(said.out, "spillover");
    ASSERT_HOLDS(said.out, "size");
}

/* The parts of every bias, against the total and the direct effect, add up to it; and what the
 * county panel cannot answer is told as failed. */
static void test_parts_add_up_to_the_bias(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said,
              "\"$JIEDAO\" validate $TINY -o parts --set validate.replicates=6 --set "
              "estimate.estimators=twfe,drdid,event_study --set run.direct_folds=2 --set "
              "estimate.data=observed --set policy.anticipation=1 --format csv | awk -F, "
              "'NR>1 {k = $2 $3 $4 $6} $7==\"bias\" {b[k]=$8} $7~/^part_/ {p[k]+=$8; n[k]++} "
              "END {for (k in b) {d=b[k]-p[k]; if (d*d > 1e-20 || n[k] != 5) print k, d; m++} "
              "print (m > 12 ? \"all\" : \"few\")}'");
    assert_string_equal(said.out, "all\n");
    run_shell(&said,
              "cat parts/rounds/01/plan.txt >/dev/null && \"$JIEDAO\" validate $TINY -o parts "
              "--resume --set validate.replicates=6 --set "
              "estimate.estimators=twfe,drdid,event_study --set run.direct_folds=2 --set "
              "estimate.data=observed --set policy.anticipation=1 --format csv | "
              "grep drdid");
    assert_string_equal(
        said.out,
        "1,county,drdid,att,-1000,att,failed,1,0.09957690319339345,6,0.6096657120978346,1\n");
}

/* Rates stand with intervals, log points and effects per dose under heads of their own. */
static void test_screen(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said, "\"$JIEDAO\" validate $TINY -o screen --set validate.replicates=6 --set "
                     "firms.n=30000 --set estimate.estimators=poisson,twfe,wald_did");
    ASSERT_STATUS(&said, 0);
    assert_null(strstr(said.out, "0 (0)"));
    ASSERT_HOLDS(said.out, "   [0,.390]\n"); /* none of 6 failed: z2 / (6 + z2) */
    const char *levels = strstr(said.out, "\n  overall effect     panel "),
               *log = strstr(said.out, "\n  overall effect, in log points "),
               *dose = strstr(said.out, "\n  overall effect, per unit of dose ");
    assert_true(levels && log && dose && levels < log && log < dose);
    assert_true(strstr(said.out, "\n  twfe ") < log && strstr(said.out, "\n  poisson ") > log &&
                strstr(said.out, "\n  poisson ") < dose && strstr(dose, "\n  wald_did "));
}

/* Without noise the estimators made for staggered timing find the mean over treated cells. */
static void test_overall_effects_are_the_att(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said,
              "\"$JIEDAO\" validate published/staggered -o robust --set dgp.units=40 --set "
              "sweep.dgp.periods=24 --set validate.published= --set "
              "estimate.estimators=sun_abraham,callaway_santanna,imputation,two_stage,etwfe,"
              "did_multiplegt_dyn --quiet --format csv | awk -F, '$4==\"att\" && $7==\"bias\" "
              "{print $3, ($8 < 1e-9 && $8 > -1e-9)}' | sort | tr '\\n' ' '");
    assert_string_equal(said.out, "callaway_santanna 1 did_multiplegt_dyn 1 etwfe 1 imputation 1 "
                                  "sun_abraham 1 two_stage 1 ");
}

/* Event times only some replicates have, as dates are drawn, are no failures. */
static void test_rare_event_times_are_no_failures(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said,
              "\"$JIEDAO\" " PLACEBO " -o rare --set estimate.estimators=event_study --set "
              "sweep.dgp.rho=0 --set validate.replicates=20 --format csv | awk -F, "
              "'$7==\"failed\" {n[$8]++; if ($10 < 20) rare=1} END {print (n[0] > 5), n[1] + 0, "
              "rare}'");
    assert_string_equal(said.out, "1 0 1\n");
}

static void test_keys_a_process_does_not_read(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "validate published/bdm2004 -o unread --set validate.replicates=2 --set "
                       "dgp.slopes=1,2 --set sweep.dgp.rho=0");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(
        said.err,
        "dgp.slopes is not read: dgp.kind = ar1_placebo and event_trend adopt at one date");
}

/* Nothing is called an agreement that was not compared, nothing reached that was not. */
static void test_what_is_not_reached_or_there_is_said(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, PLACEBO " -o most --set validate.replicates=20 --set validate.most=30 --set "
                               "validate.until_mcse=1e-9");
    ASSERT_HOLDS(said.out, "Stopped     at validate.most = 30: the largest Monte-Carlo error");
    run_program(&said, "validate published/staggered -o other --set "
                       "validate.published_estimator=twf");
    ASSERT_HOLDS(said.out, "2 of 2 are not there");
    assert_null(strstr(said.out, "agree"));
    run_program(&said, "validate published/staggered -o fewer --set sweep.dgp.periods=24");
    ASSERT_HOLDS(said.out, "2 values, and the design's points are 1: none is compared");
    run_program(&said, "validate propositions/p3 -o p3");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "[estimate] county: is no, as are sector and firm");
}

static void test_wrong_words(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "validate published/bdm2004");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "-o results/validation");
    run_program(&said, "validate published/bdm2004 -o x --set dgp.adoption_last=40");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "must lie in the periods 2 to 21");
    run_program(&said, "validate published/staggered -o x --set dgp.slopes=1,2");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "has 2 values, cohorts has 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_numbers_come_out),
        cmocka_unit_test(test_rounds_end_where_one_would),
        cmocka_unit_test(test_rounds_for_rates),
        cmocka_unit_test(test_summary_is_that_of_the_replicates),
        cmocka_unit_test(test_composed_process_against_closed_forms),
        cmocka_unit_test(test_inference_is_an_axis),
        cmocka_unit_test(test_wrong_ways),
        cmocka_unit_test(test_goes_on_after_a_kill),
        cmocka_unit_test(test_size_of_a_right_test),
        cmocka_unit_test(test_the_simulator_too),
        cmocka_unit_test(test_parts_add_up_to_the_bias),
        cmocka_unit_test(test_screen),
        cmocka_unit_test(test_overall_effects_are_the_att),
        cmocka_unit_test(test_rare_event_times_are_no_failures),
        cmocka_unit_test(test_keys_a_process_does_not_read),
        cmocka_unit_test(test_what_is_not_reached_or_there_is_said),
        cmocka_unit_test(test_wrong_words),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
