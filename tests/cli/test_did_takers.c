/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options that change nothing are told, and what is told of them is true. */
#include "cli/did_options.h"
#include "cli/tiny.h"
#include "diagnose/diagnostic.h"
#include "jiedao/did.h"
#include "near.h"
#include "reference/csv.h"

enum { UNITS = 32, PERIODS = 7 };

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
    fputs("i,t,g,y,d,el,lat,lon,r,w,c,x\n", out);
    for (int i = 0; i < UNITS; i++)
        for (int t = 1; t <= PERIODS; t++) {
            int g = i % 4 == 0 ? 0 : 2 + i % 4, on = g && t >= g;
            fprintf(out, "%d,%d,%d,%.4f,%.2f,%d,%.3f,%.3f,%d,%d,%d,%d\n", i, t, g,
                    5 + 0.1 * ((i * 7 + t * 5) % 13) + 0.01 * i * t + 0.8 * on * (t - g + 1),
                    on ? 1 + 0.3 * (i % 7) : 0, i / 4 % 2, 30 + 0.05 * i, 100 + 0.03 * (i * 5 % 17),
                    (i * 3 + t * t) % 4, 1 + i % 3, i / 3, (i * i + 3 * i * t) % 7);
        }
    fprintf(out, "%d,1,0,5,0,0,30,100,0,1,0,0\n", UNITS); /* alone: --keep-singletons */
    return fclose(out);
}

#define ROLES "--dose d --eligible el --coords lat,lon --rings 5,20 "

static void estimate(csv_t *csv, const char *options)
{
    char line[512], path[512];
    snprintf(line, sizeof line,
             "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --format csv %s >e.csv",
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

static bool is_there(const csv_t *csv, const char *estimator)
{
    for (int row = 0; row < csv->rows; row++)
        if (!strcmp(csv_text(csv, row, 0), estimator)) return true;
    return false;
}

/* Whether the lines of an estimator, if any, are the same in two results. */
static bool are_same(const csv_t *a, const csv_t *b, const char *estimator)
{
    for (int i = 0, j = 0;; i++, j++) {
        while (i < a->rows && strcmp(csv_text(a, i, 0), estimator) != 0)
            i++;
        while (j < b->rows && strcmp(csv_text(b, j, 0), estimator) != 0)
            j++;
        if (i == a->rows || j == b->rows) return i == a->rows && j == b->rows;
        for (int c = 0; c < a->columns; c++)
            if (strcmp(csv_text(a, i, c), csv_text(b, j, c)) != 0) return false;
    }
}

/* A value of each option that takes one and has takers; NULL: it goes with the roles, or with a
 * diagnostic. */
static const struct {
    const char *option, *value;
} values[] = {
    {"eligible", NULL},
    {"coords", NULL},
    {"rings", NULL},
    {"honest-plot", NULL},
    {"fe", "r"},
    {"absorb", "i,t,r"},
    {"aggregate", "cohort"},
    {"control", "not_yet"},
    {"method", "reg"},
    {"anticipation", "1"},
    {"event", "-2:1"},
    {"balance", "1"},
    {"reference", "-2"},
    {"bin", "-2:2"},
    {"bin-width", "2"},
    {"pretrend", "all"},
    {"exposure", "count"},
    {"dose-degree", "1"},
    {"dose-knots", "1"},
    {"dose-at", "1,2"},
    {"adjust", "did"},
    {"switchers", "in"},
    {"predict-het", "w"},
    {"premean", "2"},
    {"nonabsorbing", "1"},
    {"honest-mbar", "1"},
    {"honest-m", "1"},
    {"lag", "2"},
    {"cutoff", "9"},
    {"kernel", "bartlett"},
    {"distance", "spherical"},
    {"k-fixed", "full"},
    {"resample", "jackknife"},
    {"fix-weights", "first"},
    {"wild-weights", "webb"},
    {"wild-type", "33"},
    {"strata", "r"},
    {"randomise-by", "coefficient"},
};

static const char *value_of(const jd_option_t *o)
{
    if (o->read == JD_READ_SWITCH) return "";
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (!strcmp(values[i].option, o->name)) return values[i].value;
    fail_msg("--%s: give this test a value of it", o->name);
    return NULL;
}

/* Every option and every estimator: who does not take it neither refuses nor changes. */
static void test_who_is_told_to_do_without_does(void **state)
{
    (void)state;
    csv_t usual, changed;
    estimate(&usual, ROLES);
    for (const jd_option_t *o = jd_did_option_rows(); o->name; o++) {
        char line[128];
        if (!o->of || !value_of(o)) continue;
        snprintf(line, sizeof line, ROLES "--%s %s", o->name, value_of(o));
        estimate(&changed, line);
        ASSERT_HOLDS(said.err, o->name);
        for (int i = 0; jd_estimators[i]; i++)
            if (!holds(o->of, jd_estimators[i]->name) &&
                !are_same(&usual, &changed, jd_estimators[i]->name))
                fail_msg("--%s changes %s", o->name, jd_estimators[i]->name);
        csv_free(&changed);
    }
    estimate(&changed, "--dose d");
    for (int i = 0; jd_estimators[i]; i++)
        if (is_there(&changed, jd_estimators[i]->name) &&
            !are_same(&usual, &changed, jd_estimators[i]->name))
            fail_msg("--eligible, --coords or --rings change %s", jd_estimators[i]->name);
    csv_free(&changed);
    csv_free(&usual);
}

/* What all take: an estimator that cannot refuses, none is silent. */
static void test_what_all_take_is_not_overlooked(void **state)
{
    (void)state;
    static const char *const options[] = {"--x x", "--weights w", "--cluster c", "--vcov hc1",
                                          "--level 0.9"};
    csv_t usual, changed;
    estimate(&usual, ROLES);
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        char line[128];
        snprintf(line, sizeof line, ROLES "%s", options[k]);
        estimate(&changed, line);
        for (int i = 0; jd_estimators[i]; i++) {
            const char *name = jd_estimators[i]->name;
            char refusal[80];
            if (!is_there(&usual, name)) continue;
            snprintf(refusal, sizeof refusal, "%s does not apply: ", name);
            if (!is_there(&changed, name))
                ASSERT_HOLDS(said.err, refusal);
            else if (are_same(&usual, &changed, name))
                fail_msg("%s changes nothing in %s", options[k], name);
        }
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
    } cases[] = {
        {"--estimator twfe --neyman", "--neyman changes nothing here: it applies only to roll_out"},
        {"--estimator twfe,callaway_santanna --anticipation 1",
         "--anticipation changes nothing in twfe\n"},
        {"--neyman", "--neyman is taken by roll_out alone"},
        {"--estimator twfe,lp_did --fe r[t]", "--fe changes nothing in lp_did\n"},
        {"--estimator twfe --own-cluster-factors", "--own-cluster-factors changes nothing here"},
        {"--estimator twfe --cutoff 3", "--cutoff changes nothing here: it applies only to conley"},
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

static void test_the_help_names_all(void **state)
{
    (void)state;
    char word[80];
    run("\"$JIEDAO\" help did | sed -n '/^Estimators:/,/^options:/p' | tr -s ',.:\\n' ' '");
    for (int i = 0; jd_estimators[i]; i++) {
        snprintf(word, sizeof word, " %s ", jd_estimators[i]->name);
        ASSERT_HOLDS(said.out, word);
    }
    for (int i = 0; jd_diagnostics[i]; i++) {
        snprintf(word, sizeof word, " %s ", jd_diagnostics[i]->name);
        ASSERT_HOLDS(said.out, word);
    }
    run("\"$JIEDAO\" completion list did diagnose | tr '\\n' ' '");
    ASSERT_HOLDS(said.out, "all bacon twfe_weights ");
}

static int set_up(void **state)
{
    return set_tiny(state) || write_panel(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_told_to_do_without_does),
        cmocka_unit_test(test_what_all_take_is_not_overlooked),
        cmocka_unit_test(test_they_are_told),
        cmocka_unit_test(test_the_help_names_all),
    };
    return cmocka_run_group_tests(tests, set_up, remove_here);
}
