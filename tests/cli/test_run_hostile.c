/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Odd but legal worlds, words and names: an answer, or a refusal that says why. */
#include "cli/tiny.h"

static said_t said;

/* Runs the tiny world with `options`; the file must be readable, or (status 2) not be there. */
static void assert_runs(const char *options, int status, const char *says)
{
    char line[2048];
    snprintf(line, sizeof line, "run $TINY --force -o h.h5 %s", options);
    run_program(&said, line);
    if (said.status != status) fail_msg("%s: exit %d: %s", options, said.status, said.err);
    if (says) ASSERT_HOLDS(said.err, says);
    if (status) {
        assert_false(is_here("h.h5"));
        return;
    }
    run_program(&said, "info h.h5 && rm h.h5 h.log.json");
    if (said.status) fail_msg("%s: %s", options, said.err);
}

static void test_small_worlds(void **state)
{
    (void)state;
    assert_runs("--set firms.n=1", 0, NULL);
    assert_runs("--set firms.n=1 --set firms.exit=0.2 --set run.periods=100", 0, NULL);
    assert_runs("--set world.counties=1 --set world.prefectures=1 --set world.provinces=1", 0,
                NULL);
    assert_runs("--set world.counties=1 --set world.prefectures=1 --set world.provinces=1 "
                "--set world.streets=2 --set officials.per_street=1 --set firms.n=1",
                0, NULL);
    assert_runs("--set run.periods=2 --set run.burn_in=0", 0, NULL);
    assert_runs("--set run.periods=1", 2, "outside [2, 1000]");
    assert_runs("--set world.streets=1", 2, "outside [2,");
    assert_runs("--set world.counties=65", 2, "world.");
    assert_runs("--set world.prefectures=17", 2, "world.");
}

static void test_policies(void **state)
{
    (void)state;
    assert_runs("--set policy.share=0", 0, NULL);
    assert_runs("--set policy.share=1", 0, NULL);
    assert_runs("--set policy.dose=0", 0, NULL);
    assert_runs("--set policy.dose=0 --set policy.pressure=0 --set run.direct_folds=2", 0, NULL);
    assert_runs("--set policy.adoption=2020Q1", 0, NULL);
    assert_runs("--set policy.adoption=2020Q1 --set policy.anticipation=40", 0, NULL);
    assert_runs("--set policy.adoption=2399Q4", 0, NULL);
    assert_runs("--set policy.share=0 --set run.direct_folds=2", 0, NULL);
    assert_runs("--set run.direct_folds=16 --set policy.share=1 --set run.direct_none=yes", 0,
                NULL);
    assert_runs("--set run.direct_folds=17", 2, "outside [0, 16]");
    assert_runs("--set run.direct_folds=1", 2, "2 or more");
}

static void test_numbers(void **state)
{
    (void)state;
    assert_runs("--seed 0", 0, NULL);
    assert_runs("--seed 9000000000000000", 0, NULL);
    assert_runs("--seed 9000000000000001", 2, "outside");
    assert_runs("--seed -1", 2, "outside");
    assert_runs("--seed 99999999999999999999999999", 2, "outside");
    assert_runs("--set firms.n=99999999999999999999999", 2, "outside");
    assert_runs("--set policy.dose=nan", 2, "policy.dose");
    assert_runs("--set policy.dose=1e999", 2, "policy.dose");
    assert_runs("--set policy.dose=0x1p0", 2, "policy.dose");
    assert_runs("--set policy.dose=", 2, "policy.dose");
    assert_runs("--set policy.dose", 2, "policy.dose");
    assert_runs("--threads 4096", 0, NULL);
    assert_runs("--threads 0", 2, "--threads");
    assert_runs("--replicates 0", 2, "--replicates");
}

static void test_long_lists(void **state)
{
    (void)state;
    char adoption[1100] = "--set policy.adoption=";
    for (int i = 0; i < 128; i++)
        snprintf(adoption + strlen(adoption), 16, "%s%dQ%d", i ? "," : "", 2020 + i / 4, 1 + i % 4);
    assert_runs(adoption, 0, NULL);
    strcat(adoption, ",2052Q1");
    assert_runs(adoption, 2, "more than 128");
    assert_runs("--set firms.sector_shares=0.25,0.25,0.25,0.25", 0, NULL);
    assert_runs("--set firms.sector_shares=0.2,0.2,0.2,0.2,0.2", 2, "1 to 4");
    assert_runs("--set firms.sector_shares=1", 0, NULL);
    assert_runs("--set firms.emission_classes=0,1,2,3 --set firms.emission_shares=0,0,0,1", 0,
                NULL);
}

/* Names with blanks, of other scripts, quoted; a config from a pipe. */
static void test_names(void **state)
{
    (void)state;
    run_shell(&said, "mkdir -p '街道 办' && printf '[run]\\nseed = 3\\n' >'街道 办/我 的.ini'; "
                     "T=${TINY#quickstart}; cd '街道 办' && \"$JIEDAO\" run '我 的.ini' $T && "
                     "\"$JIEDAO\" info '我 的.h5' && ls '我 的.log.json' && "
                     "\"$JIEDAO\" export '我 的.h5' --table relocations -o \"it's.csv\"");
    if (said.status) fail_msg("%s", said.err);
    run_shell(&said, "T=${TINY#quickstart}; mkfifo pipe; { printf '[run]\\nseed = 3\\n' >pipe & }; "
                     "\"$JIEDAO\" run pipe $T -o p.h5 && cmp p.h5 '街道 办/我 的.h5'");
    if (said.status) fail_msg("%s%s", said.out, said.err);
    run_shell(&said, "mkdir quickstart; \"$JIEDAO\" run $TINY -o q.h5"); /* a folder of that name */
    if (said.status) fail_msg("%s", said.err);
}

static void test_long_names(void **state)
{
    (void)state;
    char line[2048], name[1100];
    memset(name, 'x', sizeof name);
    snprintf(line, sizeof line, "run $TINY -o %.246s.h5", name);
    run_program(&said, line);
    ASSERT_STATUS(&said, 0);
    snprintf(line, sizeof line, "run $TINY -o %.260s.h5", name);
    run_program(&said, line);
    ASSERT_STATUS(&said, 1);
    ASSERT_HOLDS(said.err, "too long");
    snprintf(line, sizeof line, "run $TINY -o n.h5 --set world.divisions=%.1100s", name);
    run_program(&said, line);
    ASSERT_STATUS(&said, 2);
    assert_false(is_here("n.h5"));
    snprintf(line, sizeof line, "run %.1100s", name);
    run_program(&said, line);
    ASSERT_STATUS(&said, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_worlds), cmocka_unit_test(test_policies),
        cmocka_unit_test(test_numbers),      cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
