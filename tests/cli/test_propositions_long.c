/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The configs of configs/propositions, run as a reader would with fewer replicates: each claim
 *  holds where its config says so and fails where it says so. A value's bound is four of its
 *  Monte-Carlo errors; with twelve replicates (Student's law of 11 degrees) a false alarm comes
 * once in 900 bounds, and seeds are fixed. */
#include "cli/tiny.h"

#include <math.h>

/* A run's measures as rows of point, estimator, target, measure, value, error. */
typedef struct row {
    int point;
    char estimator[32], target[8], measure[24];
    double value, error;
} row_t;

typedef struct validation {
    row_t row[512];
    int n;
} validation_t;

/* Overall effects on the county panel of one config. */
static void validate(validation_t *v, const char *name, int replicates)
{
    said_t said;
    char line[512];
    snprintf(line, sizeof line,
             "\"$JIEDAO\" validate propositions/%s -o %s --set validate.replicates=%d --format csv "
             "--quiet | awk -F, '$2==\"county\" && $4==\"att\" {print $1, $3, $6, $7, $8, $9}'",
             name, name, replicates);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
    v->n = 0;
    for (char *at = strtok(said.out, "\n"); at; at = strtok(NULL, "\n"), v->n++) {
        row_t *r = &v->row[v->n];
        char value[64] = "", error[64] = "";
        assert_true(v->n < 512);
        assert_int_equal(sscanf(at, "%d %31s %7s %23s %63s %63s", &r->point, r->estimator,
                                r->target, r->measure, value, error) >= 5,
                         1);
        r->value = strtod(value, NULL);
        r->error = strtod(error, NULL);
    }
    assert_true(v->n > 0);
}

static const row_t *find(const validation_t *v, int point, const char *estimator,
                         const char *target, const char *measure)
{
    for (int i = 0; i < v->n; i++) {
        const row_t *r = &v->row[i];
        if (r->point == point && !strcmp(r->estimator, estimator) && !strcmp(r->target, target) &&
            !strcmp(r->measure, measure)) {
            print_message("  point %d, %s: %s against %s %.4f (%.4f)\n", point, estimator, measure,
                          target, r->value, r->error);
            return r;
        }
    }
    fail_msg("point %d has no %s of %s", point, measure, estimator);
    return NULL;
}

static void assert_sign(const row_t *r, int sign)
{
    assert_true(sign * r->value - 4 * r->error > 0);
}

static void assert_within(const row_t *r, double bound)
{
    assert_true(fabs(r->value) < bound + 4 * r->error);
}

/* Mean friction f of a point of p3. */
static double friction_of(int point)
{
    said_t said;
    char line[256];
    snprintf(line, sizeof line,
             "awk -F, 'NR==1 {for (i=1; i<=NF; i++) {if ($i==\"friction\") f=i; if ($i==\"point\") "
             "p=i}} $p==%d {s -= log(1-$f); n++} END {print s/n}' p3.csv",
             point);
    run_shell(&said, line);
    return atof(said.out);
}

/* Differences of points share their draws: 0.02 is ten times what eight replicates leave open. */
static void test_p3(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said, "\"$JIEDAO\" sweep propositions/p3 -o p3 --quiet && \"$JIEDAO\" export "
                     "p3/sweep.h5 --table runs -o p3.csv --force --quiet");
    ASSERT_STATUS(&said, 0);
    double rise[3];
    for (int mu = 0; mu < 3; mu++) {
        double none = friction_of(1 + 3 * mu), some = friction_of(2 + 3 * mu),
               more = friction_of(3 + 3 * mu);
        print_message("  f = %.3f, %.3f, %.3f\n", none, some, more);
        assert_true(some > none + 0.02 && more > some + 0.02);
        rise[mu] = more - none;
    }
    assert_true(rise[0] > rise[1] + 0.02 && rise[1] > rise[2] + 0.02);
    for (int mu = 0; mu < 3; mu++) /* four quarters, ambition_s = 1.5 */
        assert_true(friction_of(30 + 3 * mu) < friction_of(28 + 3 * mu) - 0.02);
}

static void test_p4(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p4", 12);
    const row_t *low = find(&v, 1, "poisson", "ade", "truth");
    for (int point = 2; point <= 4; point++) {
        const row_t *high = find(&v, point, "poisson", "ade", "truth");
        assert_true(low->value - high->value > 4 * hypot(low->error, high->error));
    }
    const row_t *none = find(&v, 5, "poisson", "ade", "truth");
    assert_true(none->value == 0);
}

static void test_p5(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p5", 12);
    for (int point = 1; point <= 4; point++) {
        const row_t *total = find(&v, point, "twfe", "att", "part_spillover");
        const row_t *direct = find(&v, point, "twfe", "ade", "part_spillover");
        assert_sign(total, 1);
        assert_within(direct, 0.02 * find(&v, point, "twfe", "ade", "truth")->value);
        if (point > 1)
            assert_true(total->value > find(&v, point - 1, "twfe", "att", "part_spillover")->value);
    }
}

static void test_p6(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p6", 12);
    for (int drift = -1; drift <= 1; drift++)
        for (int selection = -1; selection <= 1; selection++) {
            const row_t *r =
                find(&v, 3 * (drift + 1) + selection + 2, "twfe", "att", "part_trends");
            if (drift != 0 && selection != 0)
                assert_sign(r, drift * selection);
            else
                assert_within(r, 0);
        }
}

static void test_p7(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p7", 12);
    static const char *const robust[] = {"sun_abraham", "callaway_santanna", "imputation"};
    assert_sign(find(&v, 1, "twfe", "att", "part_weights"), -1);
    assert_sign(find(&v, 3, "twfe", "att", "part_weights"), 1);
    for (int i = 0; i < 3; i++)
        for (int point = 1; point <= 3; point++) {
            assert_true(fabs(find(&v, point, robust[i], "att", "part_weights")->value) < 1e-10);
            assert_sign(find(&v, point, robust[i], "att", "part_spillover"), 1);
        }
}

static void test_p11(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p11", 12);
    assert_sign(find(&v, 6, "twfe", "att", "part_trends"), 1);
    assert_within(find(&v, 6, "poisson", "att", "part_trends"), 0);
    assert_within(find(&v, 5, "twfe", "att", "part_trends"), 0);
    assert_within(find(&v, 2, "twfe", "att", "part_trends"), 0);
}

static void test_p12(void **state)
{
    (void)state;
    static validation_t v;
    validate(&v, "p12", 12);
    for (int point = 1; point <= 2; point++)
        assert_sign(find(&v, point, "twfe", "ade", "part_spillover"), -1);
    for (int point = 3; point <= 4; point++)
        assert_within(find(&v, point, "twfe", "ade", "part_spillover"), 0.02);
}

/* Mean of an estimand of the inflow over a point's runs, and its error. */
static double estimand(const char *file, const char *name, int point, double *error)
{
    said_t said;
    char line[512];
    double mean;
    snprintf(line, sizeof line,
             "awk -F, -v p=%d 'NR==FNR {at[$1]=$2; next} at[$1]==p && $2==\"%s\" && "
             "$3==\"inflow\" && $4==\"\" {s+=$8; q+=$8*$8; n++} END {v=(q-s*s/n)/(n-1)/n; print "
             "s/n, sqrt(v>0 ? v : 0)}' %s_runs.csv %s.csv",
             point, name, file, file);
    run_shell(&said, line);
    ASSERT_STATUS(&said, 0);
    assert_int_equal(sscanf(said.out, "%lf %lf", &mean, error), 2);
    print_message("  point %d: %s %.4f (%.4f)\n", point, name, mean, *error);
    return mean;
}

static void test_p16(void **state)
{
    (void)state;
    said_t said;
    double error, nie[7], nde, att;
    run_shell(&said,
              "\"$JIEDAO\" sweep propositions/p16 -o p16 --set sweep.replicates=8 --quiet && "
              "\"$JIEDAO\" export p16/sweep.h5 --table truth/estimands -o p16.csv && "
              "\"$JIEDAO\" export p16/sweep.h5 --table runs -o p16_runs.csv");
    ASSERT_STATUS(&said, 0);
    for (int point = 1; point <= 6; point++) {
        nie[point] = estimand("p16", "nie", point, &error);
        if (point == 1 || point == 6)
            assert_true(nie[point] == 0);
        else
            assert_true(nie[point] < -4 * error);
        nde = estimand("p16", "nde", point, &error);
        att = estimand("p16", "att", point, &error);
        assert_true(fabs(nie[point] + nde - att) < 1e-5); /* awk prints six digits */
    }
    for (int point = 2; point <= 5; point++)
        assert_true(nie[point] < nie[point - 1]);
}

/* S-share that the tournament of p17 adds at so many streets in the world. */
static double added(int posts, const char *noise, int streets)
{
    said_t said;
    char line[640];
    snprintf(
        line, sizeof line,
        "awk -F, 'NR==1 {for (i=1; i<=NF; i++) c[$i]=i} "
        "NR>1 && $c[\"tournament_street_posts\"]==%d && $c[\"tournament_street_noise\"]==%s && "
        "$c[\"world_streets\"]==%d {s[$c[\"tournament_street\"]>0] += $c[\"share_strong\"]; "
        "n[$c[\"tournament_street\"]>0]++} END {print s[1]/n[1] - s[0]/n[0]}' p17.csv",
        posts, noise, streets);
    run_shell(&said, line);
    print_message("  %d posts, noise %s, %d streets: %s", posts, noise, streets, said.out);
    return atof(said.out);
}

/* Standard errors are below .003; the differences asserted are five of them. */
static void test_p17(void **state)
{
    (void)state;
    said_t said;
    run_shell(&said, "\"$JIEDAO\" sweep propositions/p17 -o p17 --quiet && \"$JIEDAO\" export "
                     "p17/sweep.h5 --table runs -o p17.csv --force --quiet");
    ASSERT_STATUS(&said, 0);
    const double few = added(3, "0.5", 160), six = added(3, "0.5", 240),
                 seven = added(3, "0.5", 280), many = added(3, "0.5", 640);
    assert_true(six > few + 0.02 && seven > few + 0.02);
    assert_true(six > many + 0.02 && seven > many + 0.02);
    /* one post, and little noise: no rise */
    assert_true(added(1, "0.5", 160) > added(1, "0.5", 240) + 0.01);
    assert_true(added(3, "0.06", 160) > added(3, "0.06", 280));
    assert_true(added(3, "0.06", 280) > added(3, "0.06", 640) + 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p3),  cmocka_unit_test(test_p4),  cmocka_unit_test(test_p5),
        cmocka_unit_test(test_p6),  cmocka_unit_test(test_p7),  cmocka_unit_test(test_p11),
        cmocka_unit_test(test_p12), cmocka_unit_test(test_p16), cmocka_unit_test(test_p17),
    };
    return cmocka_run_group_tests(tests, set_tiny, remove_here);
}
