/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Same config, same bytes: for any number of threads, and again. */
#include "cli/tiny.h"

static said_t said;

static const char *const worlds[] = {
    "",
    "--set run.direct_folds=4 --set run.direct_none=yes",
    ("--set policy.adoption='2020Q3, 2021Q1' --set policy.profile=ramp --set "
     "policy.profile_length=3"),
    "--set policy.anticipation=2 --set policy.assignment=neighbours",
    "--set firms.entry=0.05 --set firms.exit=0.04 --set run.burn_in_firms=3",
    ("--set event.a.size=0.3 --set event.a.start=2020Q2 --set event.b.kind=reclassify "
     "--set event.b.level=county --set event.b.rate=0.3 --set rescaling.base_sd=0.2"),
    "--set tournament.street=0.7 --set tournament.county=0.2 --set tournament.prefecture=0.1 --set diffusion.training=0.5 --set diffusion.crisis=0.1 --set entrepreneurs.rate=0.2 --set projects.services=0.1 --set cooperation.arranged=0.2 --set cooperation.self=0.2 --set cooperation.rank=0.1 --set firms.b_tie=1 --set world.fiscal_feedback=0.5",
    "--replicates 3 --set output.keep=all",
    "--set output.relocations=all --set output.streets=yes --set firms.review=0.4",
    "--set firms.n=150000 --set firms.review=0.2 --set world.streets=900",
};

static void run_with(const char *options, int threads, const char *name)
{
    char line[1024];
    snprintf(line, sizeof line, "run $TINY %s --threads %d -o %s", options, threads, name);
    run_program(&said, line);
    if (said.status) fail_msg("%s: %s", line, said.err);
}

static void assert_same(const char *options, int threads)
{
    size_t size[2];
    char *one = load_here("one.h5", &size[0]), *other = load_here("other.h5", &size[1]);
    assert_non_null(one);
    assert_non_null(other);
    if (size[0] != size[1] || memcmp(one, other, size[0]) != 0)
        fail_msg("%s: %d threads give other bytes", options, threads);
    free(one);
    free(other);
}

static void test_threads(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        run_with(worlds[w], 1, "one.h5 --force");
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            run_with(worlds[w], threads[t], "other.h5 --force");
            assert_same(worlds[w], threads[t]);
        }
    }
}

/* Another name and another folder are no part of the file; another seed is. */
static void test_seed_and_place(void **state)
{
    (void)state;
    size_t a, b;
    run_with("", 2, "one.h5 --force");
    run_shell(&said, "mkdir -p deep/er; cd deep/er && \"$JIEDAO\" run $TINY -o x.h5 && mv x.h5 "
                     "../../other.h5");
    assert_same("another folder", 2);
    run_with("--seed 2", 2, "other.h5 --force");
    char *one = load_here("one.h5", &a), *other = load_here("other.h5", &b);
    assert_false(a == b && memcmp(one, other, a) == 0);
    free(one);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_seed_and_place),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
