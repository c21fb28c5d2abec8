/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes and estimators of the user's own in validate: a few lines of awk write panels, and a
 * few more are an estimator, which must agree with ours; programs that die, hang or print rubbish.
 */
#include <time.h>

#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

static int begin(void **state)
{
    if (set_tiny(state)) return 1;
    run("cat >dgp.awk <<'END'\n"
        "function normal() {return sqrt(-2 * log(rand() + 1e-12)) * cos(6.283185307 * rand())}\n"
        "BEGIN {\n"
        "  srand(ENVIRON[\"JIEDAO_SEED\"] * 100003 + ENVIRON[\"JIEDAO_REPLICATE\"])\n"
        "  print \"y0,unit,time,cohort,y\"\n"
        "  for (u = 1; u <= 20; u++) {\n"
        "    a = normal(); g = u % 2 ? 5 : 0\n"
        "    for (t = 1; t <= 8; t++) {\n"
        "      y = a + 0.1 * t + normal()\n"
        "      printf \"%.9f,%d,%d,%d,%.9f\\n\", y, u, t, g, y + 0.5 * (g > 0 && t >= g)\n"
        "    }\n"
        "  }\n"
        "}\n"
        "END\n"
        "cat >est.awk <<'END'\n"
        "NR > 1 {d = $3 > 0; p = $2 >= 5; s[$1, p] += $5; n[$1, p]++; of[$1] = d}\n"
        "END {\n"
        "  for (u in of) {x = s[u, 1] / n[u, 1] - s[u, 0] / n[u, 0]; m[of[u]] += x; q[of[u]] += x "
        "* x; "
        "k[of[u]]++}\n"
        "  for (d = 0; d < 2; d++) {m[d] /= k[d]; v += (q[d] / k[d] - m[d] * m[d]) / (k[d] - 1)}\n"
        "  print \"some words\"; printf \"%.12f, %.12f\\n\", m[1] - m[0], sqrt(v)\n"
        "}\n"
        "END\n"
        "printf '[dgp]\\nkind = program\\ncommand = awk -f dgp.awk\\n[estimate]\\nestimators = "
        "twfe\\nprogram = awk -F, -f est.awk\\n[validate]\\nreplicates = 60\\n' >v.ini");
    return 0;
}

static double measure(const csv_t *csv, const char *estimator, const char *what)
{
    for (int row = 0; row < csv->rows; row++)
        if (!strcmp(csv_text(csv, row, csv_find(csv, "estimator")), estimator) &&
            !strcmp(csv_text(csv, row, csv_find(csv, "measure")), what))
            return csv_number(csv, row, csv_find(csv, "value"));
    fail_msg("no %s of %s", what, estimator);
    return 0;
}

static void test_a_process_and_an_estimator(void **state)
{
    (void)state;
    csv_t csv;
    char path[512];
    run("\"$JIEDAO\" validate v.ini -o v -q --format csv >v.csv && \"$JIEDAO\" validate v.ini -o "
        "one "
        "-q --threads 1 --format csv >one.csv && cmp v.csv one.csv");
    snprintf(path, sizeof path, "%s/v.csv", getenv("HERE"));
    assert_true(csv_read(&csv, path));
    assert_near(measure(&csv, "twfe", "truth"), 0.5, 1e-9);
    assert_near(measure(&csv, "program", "truth"), 0.5, 1e-9);
    /* On a balanced panel with one date the difference of mean differences is TWFE's estimate. */
    assert_near(measure(&csv, "program", "bias"), measure(&csv, "twfe", "bias"), 1e-7);
    assert_near(measure(&csv, "program", "sd"), measure(&csv, "twfe", "sd"), 1e-7);
    assert_near(measure(&csv, "program", "se_ratio") / measure(&csv, "twfe", "se_ratio"), 1, 0.05);
    csv_free(&csv);
    run("\"$JIEDAO\" run $TINY -q --set \"estimate.program=awk -F, -f est.awk\" -o w.h5 >t.txt && "
        "\"$JIEDAO\" export w.h5 -t estimates -o e.csv -q && grep -q '^county,program,att' e.csv");
}

static void test_programs_that_fail(void **state)
{
    (void)state;
    static const struct {
        const char *set, *says;
    } wrong[] = {
        {"dgp.command=false", "'false' ended with status 1: it gave no reason"},
        {"dgp.command=echo oh no >&2; exit 3", "ended with status 3: oh no"},
        {"dgp.command=kill -9 $$", "was ended by signal 9"},
        {"dgp.command=echo unit,time; echo 1,2", "column cohort is missing"},
        {"dgp.command=echo unit,time,cohort,y,y0", "wrote no rows"},
        {"dgp.command=echo unit,time,cohort,y,y0; echo 1,1,,2,2", "row 1 lacks a cohort"},
        {"dgp.command=", "is empty; kind = program takes panels from a command"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        char line[512];
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" validate v.ini -o x --force --set validate.replicates=2 --set '%s'",
                 wrong[k].set);
        run_shell(&said, line);
        if (said.status == 0) fail_msg("%s is taken", wrong[k].set);
        if (!strstr(said.out, wrong[k].says) && !strstr(said.err, wrong[k].says))
            fail_msg("%s: '%s' is not in: %s%s", wrong[k].set, wrong[k].says, said.out, said.err);
    }
    run("\"$JIEDAO\" validate v.ini -o x --force -q --set validate.replicates=2 --set "
        "\"estimate.program=echo nothing\"");
    ASSERT_HOLDS(said.out, "printed 'nothing'; the last line is to hold an estimate");
}

/* One that hangs is ended with all its children. */
static void test_a_program_that_hangs(void **state)
{
    (void)state;
    const time_t start = time(NULL);
    run_shell(&said, "\"$JIEDAO\" validate v.ini -o h -q --set validate.replicates=2 --set "
                     "dgp.seconds=0.3 --set 'dgp.command=sleep 987 & sleep 987'");
    assert_int_not_equal(said.status, 0);
    ASSERT_HOLDS(said.out, "took more than 0.3 s and was ended");
    assert_true(time(NULL) - start < 100); /* not 987 */
    run("! pgrep -x -f 'sleep 987'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_process_and_an_estimator),
        cmocka_unit_test(test_programs_that_fail),
        cmocka_unit_test(test_a_program_that_hangs),
    };
    return cmocka_run_group_tests(tests, begin, remove_here);
}
