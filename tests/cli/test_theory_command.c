/* SPDX-License-Identifier: GPL-3.0-or-later */
/** jiedao theory: what is made, kept, refused; and docs/theory.md, which is what it makes. */
#include "cli/tiny.h"

#include <signal.h>
#include <time.h>

#include "propositions/proposition.h"

#define QUICK "theory --only P1,p17 --replicates 2 --no-figures --quiet"

static void assert_same(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    char *x = load_here(a, &n), *y = load_here(b, &m);
    if (!x || !y) fail_msg("%s or %s is not there", a, b);
    if (n != m || memcmp(x, y, n)) fail_msg("%s and %s differ", a, b);
    free(x);
    free(y);
}

static void assert_same_theory(const char *folder)
{
    static const char *const files[] = {"theory.md", "theory.csv", "p1/p1.h5", "p17/p17.h5"};
    char a[128], b[128];
    for (int i = 0; i < 4; i++) {
        snprintf(a, sizeof a, "one/%s", files[i]);
        snprintf(b, sizeof b, "%s/%s", folder, files[i]);
        assert_same(a, b);
    }
}

static void make_reference(void)
{
    said_t said;
    if (is_here("one/theory.md")) return;
    run_program(&said, QUICK " -o one --threads 1");
    assert_string_equal(said.err, "");
    ASSERT_STATUS(&said, 0);
    ASSERT_HOLDS(said.out, "P17        6 numbers: 6 as expected");
}

static void test_threads_change_no_byte(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, QUICK " -o two --threads 2");
    ASSERT_STATUS(&said, 0);
    assert_same_theory("two");
    run_program(&said, QUICK " -o two"); /* all is there: nothing moves */
    ASSERT_STATUS(&said, 0);
    assert_same_theory("two");
}

/* One after the other is both at once. */
static void test_only_adds_to_the_page(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, "theory --only p17 --replicates 2 --no-figures --quiet -o parts");
    ASSERT_STATUS(&said, 0);
    run_shell(&said, "grep -c '^## ' parts/theory.md");
    assert_string_equal(said.out, "1\n");
    run_program(&said, "theory --only P1 --replicates 2 --no-figures --quiet -o parts");
    ASSERT_STATUS(&said, 0);
    assert_same_theory("parts");
}

/* Cut at any moment: what is there is whole, and the rest is made as if nothing had been. */
static void test_cuts_leave_nothing_half(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            execl("/bin/sh", "sh", "-c",
                  "cd \"$HERE\" && exec \"$JIEDAO\" " QUICK " -o cut >/dev/null 2>&1",
                  (char *)NULL);
            _exit(127);
        }
        const struct timespec t = {.tv_nsec = (20 + 90 * i) * 1000000};
        nanosleep(&t, NULL);
        kill(child, i % 2 ? SIGKILL : SIGINT);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (is_here("cut/p1/p1.h5")) assert_same("one/p1/p1.h5", "cut/p1/p1.h5");
        if (is_here("cut/theory.md")) assert_same("one/theory.md", "cut/theory.md");
    }
    run_program(&said, QUICK " -o cut");
    ASSERT_STATUS(&said, 0);
    assert_same_theory("cut");
}

static void test_other_runs_are_kept(void **state)
{
    (void)state;
    said_t said;
    make_reference();
    run_program(&said, "theory --only P1 --replicates 2 --seed 7 --no-figures --quiet -o one");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "P1: one/p1 holds other runs");
    run_program(&said, "theory -o one --only P1,P99");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "there is no 'P99'; there are P1, P2, P3");
    assert_null(strchr(strchr(said.err, '\n') + 1, '\n')); /* one message */
}

static void test_figures_are_drawn(void **state)
{
    (void)state;
    said_t said;
    run_program(&said, "theory --only P1 --replicates 2 --quiet -o drawn");
    ASSERT_STATUS(&said, 0);
    assert_true(is_here("drawn/theory/p1.svg") && is_here("drawn/theory/p1.pdf"));
    run_shell(&said, "grep -c '(theory/p1.svg)' drawn/theory.md");
    assert_string_equal(said.out, "1\n");
    run_program(&said, "figures drawn/p1/p1.h5 -o again --format svg");
    ASSERT_STATUS(&said, 0);
    assert_true(is_here("again/claim.svg"));
}

/* The page that is shipped has every claim, what it fails at, and every number that is measured. */
static void test_the_page_is_of_these_propositions(void **state)
{
    (void)state;
    FILE *in = fopen(JD_SOURCE_DIR "/docs/theory.md", "rb");
    assert_non_null(in);
    static char page[1 << 20], line[4096];
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    fclose(in);
    for (int i = 0; jd_propositions[i]; i++) {
        const jd_proposition_t *p = jd_propositions[i];
        snprintf(line, sizeof line, "\n## %s. %s\n\n%s\n", p->name, p->claim, p->literature);
        if (!strstr(page, line)) fail_msg("docs/theory.md: not the claim of %s", p->name);
        snprintf(line, sizeof line, "\nNull: %s\n\nWhere it fails: %s\n", p->null, p->fails);
        if (!strstr(page, line)) fail_msg("docs/theory.md: not where %s fails", p->name);
        if (p->elsewhere && !strstr(page, p->elsewhere)) fail_msg("%s: not elsewhere", p->name);
        for (const jd_number_t *n = p->numbers; n && n->label; n++) {
            snprintf(line, sizeof line, "\n| %s", n->label);
            if (!strstr(page, line)) fail_msg("docs/theory.md: no number '%s'", n->label);
        }
    }
}

/* A claim has its null beside it, and every test that is expected something can fail. */
static void test_every_claim_has_a_null(void **state)
{
    (void)state;
    for (int i = 0; jd_propositions[i]; i++) {
        const jd_proposition_t *p = jd_propositions[i];
        bool null = false, expected = false;
        for (const jd_number_t *n = p->numbers; n && n->label; n++) {
            null = null || n->role == JD_ROLE_NULL;
            expected = expected || (n->role == JD_ROLE_CLAIM && n->expect != JD_EXPECT_NOTHING);
            assert_true(n->expect != JD_EXPECT_NEAR || n->within > 0);
        }
        if (p->numbers && (!null || !expected)) fail_msg("%s: no null, or no claim", p->name);
        if (!p->numbers) assert_true(p->measure || p->elsewhere);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_change_no_byte),
        cmocka_unit_test(test_only_adds_to_the_page),
        cmocka_unit_test(test_cuts_leave_nothing_half),
        cmocka_unit_test(test_other_runs_are_kept),
        cmocka_unit_test(test_figures_are_drawn),
        cmocka_unit_test(test_the_page_is_of_these_propositions),
        cmocka_unit_test(test_every_claim_has_a_null),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
