/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jiedao report: a page that stands alone. In headless Chromium, where it is there, it opens
 * without a message, fetches nothing, sorts, and prints. */
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
    run("\"$JIEDAO\" run $TINY -q -o w.h5 >run.txt && printf '[world]\\nprovinces = "
        "2\\nprefectures = 4\\ncounties = 16\\nstreets = 64\\n[firms]\\nn = 3000\\n[run]\\nperiods "
        "= "
        "8\\nburn_in = 4\\n[policy]\\nadoption = 2021Q1\\n[sweep]\\npolicy.share = 0.3, "
        "0.5\\nreplicates = 3\\n' >v.ini && \"$JIEDAO\" validate v.ini -o v -q >v.txt && "
        "\"$JIEDAO\" report w.h5 -o w.html && \"$JIEDAO\" report w.h5 v/validation.h5 -o both.html "
        "--title 'A <b>title</b> & more'");
    return 0;
}

static void test_it_stands_alone(void **state)
{
    (void)state;
    run("grep -c '<svg' w.html >n.txt && ! grep -qiE '(src|href)=.?https?:' w.html && grep -q "
        "\"default-src 'none'\" w.html && grep -q 'parameters were given' w.html && grep -q "
        "'finds' "
        "w.html && grep -q 'config_hash' w.html");
    run("grep -q 'A &lt;b&gt;title&lt;/b&gt; &amp; more' both.html && ! grep -q '<b>title' "
        "both.html && "
        "grep -q 'without the policy it rejects in' both.html && grep -q 'href=\"#file2\"' "
        "both.html");
    /* The same page for any threads. */
    run("\"$JIEDAO\" report w.h5 -o x.html --threads 1 && cmp w.html x.html");
}

static void test_in_a_browser(void **state)
{
    (void)state;
    run_shell(&said, "chromedriver --version && chromium --version && PATH=/usr/bin:$PATH python3 "
                     "--version");
    if (said.status != 0) {
        printf("skipped: chromium, chromium-driver or python3 is not there\n");
        skip();
    }
    run("PATH=/usr/bin:$PATH python3 " JD_SOURCE_DIR "/tests/cli/readers/page.py w.html && "
        "PATH=/usr/bin:$PATH python3 " JD_SOURCE_DIR "/tests/cli/readers/page.py both.html");
}

static void test_without_gnuplot(void **state)
{
    (void)state;
    run("\"$JIEDAO\" report w.h5 -o plain.html --no-figures && ! grep -q '<figure' plain.html");
    run("PATH=/nowhere \"$JIEDAO\" report w.h5 -o none.html");
    ASSERT_HOLDS(said.err, "the page has no figures");
    run("! ls -d /tmp/jiedao-report-* 2>/dev/null");
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } wrong[] = {{"report w.h5", "where to? -o page.html"},
                 {"report w.h5 -o w.pdf", "w.pdf"},
                 {"report w.h5 -o w.html", "--force"},
                 {"report none.h5 -o p.html", "none.h5"},
                 {"report w.h5 v.ini -o p.html", "v.ini"},
                 {"report w.h5 -o p.html --labels fr", "no labels of this name"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[256];
        snprintf(line, sizeof line, "\"$JIEDAO\" %s", wrong[k].line);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].line);
        ASSERT_HOLDS(said.err, wrong[k].says);
    }
    run("! test -e p.html && ! ls .jiedao-* 2>/dev/null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_stands_alone),
        cmocka_unit_test(test_in_a_browser),
        cmocka_unit_test(test_without_gnuplot),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
