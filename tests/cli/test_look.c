/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How figures look: texts, fonts, sizes, grey, scripts; and what is refused. */
#include "cli/tiny.h"

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run("\"$JIEDAO\" run $TINY -q -o w.h5 >run.txt");
    return 0;
}

#define DRAW "\"$JIEDAO\" figures w.h5 --figure event_time -q --force "

static void test_own_texts(void **state)
{
    (void)state;
    run("printf '# mine\\nadoption = start of it all\\nfirms per quarter = f/q\\n' >l.txt && " DRAW
        "--labels l.txt --format svg -o a && grep -q 'start of it all' a/event_time.svg && grep -q "
        "'Effect of the policy (f/q)' a/event_time.svg && ! grep -q '>adoption<' a/event_time.svg");
    /* The last file wins; a mistyped text is told, with the nearest. */
    run("printf 'adoption = second\\n' >m.txt && " DRAW
        "--labels l.txt --labels m.txt --format svg -o b && grep -q second b/event_time.svg");
    run("printf 'adoptoin = x\\n' >n.txt && \"$JIEDAO\" figures w.h5 --figure event_time --force "
        "--labels n.txt --format gp -o c");
    ASSERT_HOLDS(said.err, "n.txt:1: 'adoptoin' stands in no figure; did you mean 'adoption'?");
    /* All that is shipped is known, and English changes nothing. */
    run(DRAW
        "--format gp -o d && " DRAW "--labels en --format gp -o e && cmp d/event_time.gp "
        "e/event_time.gp && \"$JIEDAO\" figures --print-labels zh >zh.txt && grep -q '^adoption "
        "= ' zh.txt");
    /* Texts that stand only where direct effects were measured. */
    run("for t in 'true ADE (direct)' 'against true ADE' 'not defined'; do "
        "grep -qF \"$t = \" zh.txt || exit 1; done");
}

static void test_sizes_grey_and_scripts(void **state)
{
    (void)state;
    run(DRAW
        "--format gp --size 120,90 -o f && grep -q '12.0000cm,9.0000cm' f/event_time.gp && " DRAW
        "--format gp --size slide --title 'A title' -o g && grep -q 'A title' "
        "g/event_time.gp && " DRAW "--format gp --grey -o h && ! grep -q 0072B2 "
        "h/event_time.gp && cd f && gnuplot -d event_time.gp && test -s event_time.pdf");
}

static void test_chinese(void **state)
{
    (void)state;
    run_shell(&said, "fc-list :lang=zh | grep -q CJK");
    if (said.status != 0) {
        run_shell(&said, DRAW "--labels zh --format svg -o z");
        assert_int_not_equal(said.status, 0);
        ASSERT_HOLDS(said.err, "fonts-noto-cjk");
        return;
    }
    run(DRAW
        "--labels zh --format svg,pdf -o z && grep -q 政策开始 z/event_time.svg && grep -q CJK "
        "z/event_time.svg && test -s z/event_time.pdf");
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *options, *says;
    } wrong[] = {
        {"--labels fr", "no labels of this name are shipped; there are: en, zh"},
        {"--labels none.txt", "none.txt"},
        {"--size 10,10", "the width may be 60 to 400 mm"},
        {"--size big", "not one of single, double, slide"},
        {"--font 'No Such Font'", "there is no font 'No Such Font'"},
        {"--size single --width 90", "both set the width"},
        {"--labels bad.txt", "bad.txt:2: 'adoption'"},
        {"--labels twice.txt", "twice.txt:2: 'adoption' stands in line 1 already"},
        {"--labels latin.txt", "save the file as UTF-8"},
        {"--labels odd.txt", "no font that is installed can show"},
    };
    run("printf '# x\\nadoption\\n' >bad.txt && printf 'adoption = a\\nadoption = b\\n' >twice.txt "
        "&& "
        "printf 'adoption = \\351t\\351\\n' >latin.txt && printf 'adoption = "
        "\\363\\260\\200\\200\\n' >odd.txt");
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, DRAW "%s -o wrong", wrong[k].options);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].options);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
    run("! ls wrong/*.svg 2>/dev/null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_texts),
        cmocka_unit_test(test_sizes_grey_and_scripts),
        cmocka_unit_test(test_chinese),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
