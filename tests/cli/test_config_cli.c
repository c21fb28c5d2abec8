/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a config asks for and does not get is said. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_rounds_away_is_said),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
