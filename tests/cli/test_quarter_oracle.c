/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The equations of a quarter a second time, in Python, from the documentation alone. */
#include "cli/tiny.h"

static said_t said;

static void test_streets_are_the_equations(void **state)
{
    (void)state;
    if (system("PATH=/usr/bin:$PATH python3 -c 'import h5py, numpy' 2>/dev/null") != 0)
        skip(); /* no Python with h5py */
    run_shell(
        &said,
        "\"$JIEDAO\" run $TINY --set run.burn_in=0 --set officials.psi_sd=0 --set "
        "officials.psi_street_sd=0 --set officials.career_sd=0 --set rescaling.inspection=0.7 "
        "--set "
        "rescaling.event_start=2020Q2 --set officials.horizontal=0.1 --set "
        "officials.horizontal_slope=0.3 --set officials.burden=0.1 --set policy.anticipation=2 "
        "--set "
        "policy.profile=ramp --set policy.profile_length=8 -o o.h5 >/dev/null && "
        "PATH=/usr/bin:$PATH python3 '" JD_SOURCE_DIR "/tests/cli/readers/quarter.py' o.h5");
    ASSERT_STATUS(&said, 0);
    double worst = strtod(said.out, NULL);
    print_message("largest difference %s", said.out);
    assert_true(worst > 0 && worst < 5e-7); /* the columns are float32 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_streets_are_the_equations)};
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
