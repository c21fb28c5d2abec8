/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of the wild bootstrap and of randomisation inference, against numpy's full enumeration on
 * the same panel: 8 clusters of 3 units, 3 treated. */
#include "cli/tiny.h"
#include "near.h"
#include "reference/csv.h"

static said_t said;

static int write_panel(void **state)
{
    char path[512];
    if (set_tiny(state)) return -1;
    run_shell(&said, "true");
    snprintf(path, sizeof path, "%s/p.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    if (!out) return -1;
    fputs("i,t,g,c,s,y\n", out);
    for (int u = 0; u < 24; u++)
        for (int t = 1; t <= 6; t++) {
            int c = u / 3, on = c < 3 && t >= 4;
            fprintf(out, "%d,%d,%d,%d,%d,%.4f\n", u, t, c < 3 ? 4 : 0, c, c % 2,
                    0.4 * (u % 5) + 0.2 * t + 0.1 * ((u * 13 + t * 29) % 17) +
                        0.3 * ((c * 7 + t * t) % 5) + 0.6 * on);
        }
    return fclose(out);
}

/* The diagnostic's p-value. */
static double p_value(const char *options)
{
    csv_t csv;
    char line[512], path[512];
    snprintf(
        line, sizeof line,
        "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --cluster c --estimator twfe "
        "--format csv %s >e.csv",
        options);
    run_shell(&said, line);
    if (said.status) fail_msg("%s: %s", options, said.err);
    snprintf(path, sizeof path, "%s/e.csv", getenv("HERE"));
    assert_true(csv_read(&csv, path));
    assert_int_equal(csv.rows, 2);
    assert_near(csv_number(&csv, 1, 3), 0.43777777777777777, 1e-12);
    double p = csv_number(&csv, 1, 7);
    csv_free(&csv);
    return p;
}

static void test_wild(void **state)
{
    (void)state;
    assert_near(p_value("--diagnose wild"), 94 / 256.0, 1e-12);
    assert_near(p_value("--diagnose wild --wild-unrestricted"), 88 / 256.0, 1e-12);
    assert_near(p_value("--diagnose wild --wild-type 13"), p_value("--diagnose wild --vcov cv3"),
                1e-12);
    double plain = p_value("--diagnose wild --wild-type 11"), webb, jackknife, both;
    assert_near(plain, 94 / 256.0, 1e-12);
    webb = p_value("--diagnose wild --wild-weights webb --draws 20000");
    jackknife = p_value("--diagnose wild --wild-type 31");
    both = p_value("--diagnose wild --wild-type 33");
    assert_true(webb != plain && fabs(webb - plain) < 0.1);
    assert_true(jackknife > 0 && jackknife < 1 && both > 0 && both < 1);
    assert_true(p_value("--diagnose wild --wild-weights mammen --draws 999") > 0.05);
}

static void test_randomisation(void **state)
{
    (void)state;
    static const char *const base = "--diagnose randomisation --randomise-clusters";
    static const struct {
        const char *options;
        double p;
    } right[] = {{"--randomise-by coefficient", 19 / 56.0},
                 {"--randomise-by coefficient --strata s", 9 / 24.0},
                 {"", 21 / 56.0},
                 {"--strata s", 11 / 24.0}};
    for (int k = 0; k < 4; k++) {
        char options[128];
        snprintf(options, sizeof options, "%s %s", base, right[k].options);
        assert_near(p_value(options), right[k].p, 1e-12);
    }
}

/* One treated cluster: what is not defined is refused, and the advice names what is. */
/* Clusters are drawn alike whether they are written 1 to 12, c1 to c12, or by names in their order.
 */
static void test_text_clusters(void **state)
{
    (void)state;
    static const char *const ways[] = {"wild-weights webb --diagnose wild",
                                       "wild-weights rademacher --diagnose wild",
                                       "bootstrap pairs"};
    static const char *const columns[] = {"num", "text", "name"};
    char path[512], line[512];
    snprintf(path, sizeof path, "%s/t.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("i,t,g,num,text,name,y\n", out);
    for (int u = 0; u < 36; u++)
        for (int t = 1; t <= 4; t++) {
            int c = u % 12 + 1;
            fprintf(out, "%d,%d,%d,%d,c%d,%c town,%.3f\n", u, t, c < 6 ? 3 : 0, c, c, 'a' + c,
                    0.3 * ((u * 7 + t * t * 5) % 11) + 0.5 * (c < 6 && t >= 3));
        }
    fclose(out);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        char first[sizeof said.out] = "";
        for (int k = 0; k < 3; k++) {
            snprintf(line, sizeof line,
                     "\"$JIEDAO\" did t.csv --y y --unit i --time t --cohort g --cluster %s "
                     "--estimator twfe --format csv --draws 199 --%s",
                     columns[k], ways[w]);
            run_shell(&said, line);
            if (said.status) fail_msg("%s: %s", ways[w], said.err);
            if (k == 0) strcpy(first, said.out);
            assert_string_equal(said.out, first);
        }
    }
}

/* A dummy of one row: the effect's HC2 and HC3 are those without the row (base R), and it is said.
 * The wild bootstrap draws one way of clusters. */
static void test_leverage_of_one(void **state)
{
    (void)state;
    char path[512], with[sizeof said.out], *row;
    snprintf(path, sizeof path, "%s/l.csv", getenv("HERE"));
    for (int drop = 0; drop < 2; drop++) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs("i,t,g,x,y\n", out);
        for (int u = 0; u < 8; u++)
            for (int t = 1; t <= 5; t++)
                if (!drop || u != 3 || t != 2)
                    fprintf(out, "%d,%d,%d,%d,%.3f\n", u, t, u < 4 ? 3 : 0, u == 3 && t == 2,
                            0.3 * ((u * 7 + t * t * 5) % 11) + (u < 4 && t >= 3));
        fclose(out);
        for (int kind = 2; kind <= 3; kind++) {
            char line[256];
            snprintf(line, sizeof line,
                     "\"$JIEDAO\" did l.csv --y y --unit i --time t --cohort g --estimator twfe "
                     "--format csv --vcov hc%d %s | sed -n 2p | cut -d, -f4,5 >hc%d_%d",
                     kind, drop ? "" : "--x x", kind, drop);
            run_shell(&said, line);
            assert_true((strstr(said.err, "1 row is fitted exactly") != NULL) == !drop);
        }
    }
    run_shell(&said, "cat hc2_0 hc3_0");
    strcpy(with, said.out);
    run_shell(&said, "cat hc2_1 hc3_1");
    row = said.out;
    int numbers = 0;
    for (char *at = with; *at; at++) {
        double a, b;
        int n = 0, m = 0;
        if (sscanf(at, "%lf%n", &a, &n) != 1 || sscanf(row, "%lf%n", &b, &m) != 1) break;
        assert_near(a, b, 1e-10);
        numbers++;
        at += n - 1 + (at[n] == ',');
        row += m + (row[m] == ',');
    }
    assert_int_equal(numbers, 4);
    run_shell(&said, "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --cluster c,t "
                     "--estimator twfe --diagnose wild");
    ASSERT_HOLDS(said.out,
                 "clusters are two-way, and the wild bootstrap supports one-way clusters");
}

/* Slopes in the dose are no effects in levels. */
static void test_slopes_have_their_quantity(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/d.csv", getenv("HERE"));
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("i,t,g,d,y\n", out);
    for (int u = 0; u < 30; u++)
        for (int t = 1; t <= 4; t++)
            fprintf(out, "%d,%d,%d,%d,%.3f\n", u, t, u < 18 ? 3 : 0, u < 18 ? 1 + u % 6 : 0,
                    0.3 * ((u * 7 + t * t * 5) % 11) + 0.2 * (u % 6) * (u < 18 && t >= 3));
    fclose(out);
    run_shell(&said, "\"$JIEDAO\" did d.csv --y y --unit i --time t --cohort g --dose d "
                     "--estimator dose --dose-at 2,4 --format csv");
    assert_int_equal(said.status, 0);
    ASSERT_HOLDS(said.out, "dose,acrt,acrt,");
    ASSERT_HOLDS(said.out, "dose,att,d=2,");
    ASSERT_HOLDS(said.out, "dose,att,att,");
    ASSERT_HOLDS(said.err, "acrt and acrt,d=... are slopes, per unit of the dose");
}

static void test_one_treated(void **state)
{
    (void)state;
    static const char *const line =
        "awk -F, -v OFS=, 'NR>1{$3=($4==0)?4:0}1' p.csv >one.csv && \"$JIEDAO\" did one.csv --y y "
        "--unit i --time t --cohort g --cluster c --estimator twfe --diagnose wild "
        "--wild-unrestricted --wild-type ";
    static const char *const types[] = {"31", "33"};
    for (int k = 0; k < 2; k++) {
        char all[512];
        snprintf(all, sizeof all, "%s%s", line, types[k]);
        run_shell(&said, all);
        ASSERT_HOLDS(said.out, "without cluster 0");
        ASSERT_HOLDS(said.out, "andomisation inference");
        assert_null(strstr(said.out, "use CR"));
    }
}

static void test_draws_of_a_bootstrap(void **state)
{
    (void)state;
    static const char *const draws[] = {"1", "1000001"};
    for (int k = 0; k < 4; k++) {
        char line[256];
        snprintf(line, sizeof line,
                 "did p.csv --y y --unit i --time t --cohort g --estimator "
                 "twfe --bootstrap %s --draws %s",
                 k / 2 ? "block" : "pairs", draws[k % 2]);
        run_program(&said, line);
        ASSERT_STATUS(&said, 2);
        ASSERT_HOLDS(said.err, "--bootstrap takes 2 to 1000000, 999 if --draws is not given");
    }
}

/* Fewer draws than a multiplier bootstrap takes are enough for one that replaces it. */
static void test_few_draws(void **state)
{
    (void)state;
    static const char *const kinds[] = {"pairs", "block"};
    char line[512];
    for (int k = 0; k < 2; k++) {
        snprintf(line, sizeof line,
                 "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --estimator "
                 "callaway_santanna --draws 20 --bootstrap %s",
                 kinds[k]);
        run_shell(&said, line);
        ASSERT_STATUS(&said, 0);
        ASSERT_HOLDS(said.out, kinds[k]);
        ASSERT_HOLDS(said.out, "20");
    }
    run_shell(&said, "\"$JIEDAO\" did p.csv --y y --unit i --time t --cohort g --estimator "
                     "callaway_santanna --draws 20");
    ASSERT_STATUS(&said, 2);
    ASSERT_HOLDS(said.err, "at least 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wild),
        cmocka_unit_test(test_randomisation),
        cmocka_unit_test(test_text_clusters),
        cmocka_unit_test(test_leverage_of_one),
        cmocka_unit_test(test_slopes_have_their_quantity),
        cmocka_unit_test(test_one_treated),
        cmocka_unit_test(test_draws_of_a_bootstrap),
        cmocka_unit_test(test_few_draws),
    };
    return cmocka_run_group_tests(tests, write_panel, remove_here);
}
