/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tutorials on sweeps, validation and sensitivity: every block of shell lines runs as it
 * stands, in a smaller world and with fewer runs. */
#include "cli/tiny.h"

static said_t said;
static char page[1 << 16], script[512];

/* A program of the same name that makes every study small. */
static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run_shell(&said,
              "mkdir results && cat >jiedao <<'END'\n"
              "#!/bin/sh\n"
              "case \"$1\" in sweep|validate)\n"
              "case \"$*\" in *published*) set -- \"$@\" --set validate.replicates=4;; *)\n"
              "set -- \"$@\" --set world.provinces=2 --set world.prefectures=4 --set "
              "world.counties=16 --set world.streets=64 --set firms.n=3000 --set firms.review=0.3 "
              "--set run.direct_folds=2 --set run.periods=14 --set run.burn_in=4 --set "
              "observation.panel_firms=300 --set "
              "output.officials=20 --set sweep.replicates=2 --set sweep.points=4 --set "
              "validate.replicates=4 --set validate.most=6;;\n"
              "esac;;\n"
              "esac\n"
              "exec \"$JIEDAO\" \"$@\"\n"
              "END\n"
              "chmod +x jiedao");
    return said.status;
}

static void run_blocks(const char *path, int least)
{
    static const char open[] = "```sh\n";
    int n = 0;
    read_back(path, page, sizeof page);
    for (char *at = page; (at = strstr(at, open)); n++) {
        char *block = at + sizeof open - 1, *end = strstr(block, "```");
        assert_non_null(end);
        *end = '\0';
        at = end + 3;
        snprintf(script, sizeof script, "%s/block.sh", getenv("HERE"));
        FILE *out = fopen(script, "w");
        assert_non_null(out);
        fputs(block, out);
        assert_int_equal(fclose(out), 0);
        run_shell(&said, "sh -e block.sh");
        if (said.status) fail_msg("%s: %s%s", path, block, said.err);
        assert_true(strlen(said.out) > 40 || strstr(block, "export"));
    }
    assert_true(n >= least);
}

static void test_first_sweep(void **state)
{
    (void)state;
    run_blocks(JD_SOURCE_DIR "/docs/tutorials/first-sweep.md", 4);
    assert_true(is_here("results/share/did_by_share.pdf"));
    assert_true(is_here("estimates.dta"));
}

static void test_validate(void **state)
{
    (void)state;
    run_blocks(JD_SOURCE_DIR "/docs/tutorials/validate.md", 5);
    assert_true(is_here("results/setting/bias_by.svg"));
    assert_true(is_here("results/bdm2004/rates.pdf"));
}

static void test_sensitivity(void **state)
{
    (void)state;
    run_blocks(JD_SOURCE_DIR "/docs/tutorials/sensitivity.md", 3);
    assert_true(is_here("results/which/morris.png"));
    assert_true(is_here("results/shares/sobol.pdf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_sweep),
        cmocka_unit_test(test_validate),
        cmocka_unit_test(test_sensitivity),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
