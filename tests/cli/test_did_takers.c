/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that change nothing are told, and what is told of them is true. */
#include "cli/did_options.h"
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

enum { UNITS = 48, PERIODS = 7 };

static said_t said;

static void run(const char *line)
{
    run_shell(&said, line);
    if (said.status != 0) fail_msg("%s: status %d: %s", line, said.status, said.err);
}

/* A panel all estimators but drdid take. */
static int write_panel(void **state)
{
    (void)state;
    char path[512];
    run("true");
    snprintf(path, sizeof path, "%s/p.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    if (!out) return -1;
    fputs("i,t,g,y,d,el,lat,lon,r\n", out);
    for (int i = 0; i < UNITS; i++)
        for (int t = 1; t <= PERIODS; t++) {
            int g = i % 4 == 0 ? 0 : 2 + i % 4, on = g && t >= g;
            fprintf(out, "%d,%d,%d,%.4f,%.2f,%d,%.3f,%.3f,%d\n", i, t, g,
                    5 + 0.1 * ((i * 7 + t * 5) % 13) + 0.01 * i * t + 0.8 * on * (t - g + 1),
                    on ? 1 + 0.3 * (i % 7) : 0, i / 4 % 2, 30 + 0.05 * i, 100 + 0.03 * (i * 5 % 17),
                    (i * 3 + t * t) % 4);
        }
    return fclose(out);
}

static void estimate(csv_t *csv, const char *options)
{
    char line[512], path[512];
    snprintf(line, sizeof line,
             "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --dose d --eligible el "
             "--coords lat,lon --rings 5,20 --format csv %s >e.csv",
             options);
    run(line);
    snprintf(path, sizeof path, "%s/e.csv", getenv("HERE"));
    assert_true(csv_read(csv, path));
}

static bool holds(const char *list, const char *name)
{
    char all[512], one[80];
    snprintf(all, sizeof all, ",%s,", list);
    snprintf(one, sizeof one, ",%s,", name);
    return strstr(all, one);
}

static const char *takers_of(const char *option)
{
    for (const jd_option_t *o = jd_did_option_rows; o->name; o++)
        if (!strcmp(o->name, option)) return o->of;
    return NULL;
}

static bool is_there(const csv_t *csv, const char *estimator)
{
    for (int row = 0; row < csv->rows; row++)
        if (!strcmp(csv_text(csv, row, 0), estimator)) return true;
    return false;
}

/* Lines of estimators that do not take the option (nor refuse it), with and without. */
static int count_same(const csv_t *with, const csv_t *without, const char *of)
{
    int n[2] = {0}, row[2] = {0};
    const csv_t *both[] = {with, without};
    for (;;) {
        for (int k = 0; k < 2; k++)
            while (row[k] < both[k]->rows && (holds(of, csv_text(both[k], row[k], 0)) ||
                                              !is_there(with, csv_text(both[k], row[k], 0))))
                row[k]++;
        if (row[0] >= with->rows || row[1] >= without->rows) break;
        for (int c = 0; c < with->columns; c++)
            assert_string_equal(csv_text(with, row[0], c), csv_text(without, row[1], c));
        for (int k = 0; k < 2; k++)
            row[k]++, n[k]++;
    }
    assert_int_equal(row[0] - with->rows, row[1] - without->rows);
    return n[0];
}

static void test_who_is_told_to_do_without_does(void **state)
{
    (void)state;
    static const char *const options[][2] = {{"aggregate", "cohort"},
                                             {"control", "not_yet"},
                                             {"anticipation", "1"},
                                             {"universal-base", ""},
                                             {"unbalanced", ""},
                                             {"event", "-2:1"},
                                             {"balance", "1"},
                                             {"reference", "-2"},
                                             {"bin", "-2:2"},
                                             {"bin-width", "2"},
                                             {"pretrend", "all"},
                                             {"dose-degree", "1"},
                                             {"adjust", "did"},
                                             {"switchers", "in"},
                                             {"normalized", ""},
                                             {"reweight", ""},
                                             {"premean", "2"},
                                             {"synthdid", ""},
                                             {"resample", "jackknife"},
                                             {"method", "reg"},
                                             {"time-corrected", ""},
                                             {"lag", "2"},
                                             {"fe", "r"},
                                             {"absorb", "i,t,r"},
                                             {"k-fixed", "full"},
                                             {"satterthwaite", ""},
                                             {"no-k-adjustment", ""},
                                             {"no-cluster-adjustment", ""}};
    csv_t usual, changed;
    estimate(&usual, "");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char line[64];
        const char *of = takers_of(options[i][0]);
        assert_non_null(of);
        snprintf(line, sizeof line, "--%s %s", options[i][0], options[i][1]);
        estimate(&changed, line);
        if (count_same(&changed, &usual, of) < 5) fail_msg("%s: nobody does without", line);
        csv_free(&changed);
    }
    csv_free(&usual);
}

static void test_they_are_told(void **state)
{
    (void)state;
    static const char did[] = "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g ";
    static const struct {
        const char *options, *note;
    } cases[] = {{"--estimator twfe --neyman", "--neyman changes nothing here: it is of roll_out"},
                 {"--estimator twfe,callaway_santanna --anticipation 1",
                  "--anticipation changes nothing in twfe\n"},
                 {"--neyman", "--neyman is taken by roll_out alone"},
                 {"--estimator twfe --cutoff 3", "--cutoff changes nothing here: it is of conley"},
                 {"--estimator event_study --honest-m 1", "--honest-m changes nothing here"}};
    char line[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(line, sizeof line, "%s%s", did, cases[i].options);
        run(line);
        ASSERT_HOLDS(said.err, cases[i].note);
    }
    snprintf(line, sizeof line,
             "%s--coords lat,lon --estimator twfe --vcov conley --cutoff 30 --control never", did);
    run(line);
    ASSERT_HOLDS(said.err, "--control changes nothing here");
    assert_null(strstr(said.err, "--cutoff"));
    assert_null(strstr(said.err, "--coords"));
}

static void test_the_help_names_all_estimators(void **state)
{
    (void)state;
    run("\"$JIEDAO\" help did");
    for (int i = 0; jd_estimators[i]; i++) {
        char name[80];
        snprintf(name, sizeof name, " %s,", jd_estimators[i]->name);
        if (strstr(said.out, name)) continue;
        snprintf(name, sizeof name, "\n%s,", jd_estimators[i]->name);
        if (strstr(said.out, name)) continue;
        snprintf(name, sizeof name, " %s.\n", jd_estimators[i]->name);
        ASSERT_HOLDS(said.out, name);
    }
}

static int set_up(void **state)
{
    return set_tiny(state) || write_panel(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_told_to_do_without_does),
        cmocka_unit_test(test_they_are_told),
        cmocka_unit_test(test_the_help_names_all_estimators),
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
