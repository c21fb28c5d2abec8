/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power of pretests and what they do to estimates, against closed forms and plain simulation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jiedao/pretrend.h"
#include "near.h"
#include "property/event_paths.h"

static const double critical = 1.959963984540054;

static double normal_density(double z)
{
    return exp(-0.5 * z * z) / sqrt(2 * 3.14159265358979323846);
}

/* One lead: everything has a formula. */
static void test_one_lead(void **state)
{
    (void)state;
    double beta[] = {0.3, 1}, sigma[] = {0.25, 0.12, 0.12, 0.64}, violation[] = {-0.6, 0.9};
    jd_event_path_t path;
    jd_pretrend_options_t o;
    jd_pretrend_t p;
    jd_pretrend_test_t test;
    jd_pretrend_defaults(&o);
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 1, 1, NULL), JD_OK);
    assert_int_equal(jd_pretrend_assess(&p, &path, violation, &o, NULL), JD_OK);
    double a = -critical + 1.2, b = critical + 1.2; /* bounds less the mean, by se */
    double passes = normal_tail(a) - normal_tail(b);
    double mean = (normal_density(a) - normal_density(b)) / passes;
    assert_near(p.power, 1 - passes, 1e-12);
    assert_near(p.size, 0.05, 1e-12);
    assert_near(p.bayes_factor, passes / 0.95, 1e-12);
    assert_near(p.mean[0], -0.6 + 0.5 * mean, 5e-6);
    assert_near(p.mean[1], 0.9 + 0.12 / 0.5 * mean, 5e-6);
    assert_near(p.likelihood_ratio, exp((0.3 * 0.3 - 0.9 * 0.9) / 2 / 0.25), 1e-12);
    assert_near(p.wald_power, p.power, 1e-9);
    assert_int_equal(jd_pretrend_test(&path, &o, &test, NULL), JD_OK);
    assert_near(test.wald, 0.36, 1e-12);
    assert_near(test.p_value, 2 * normal_tail(0.6), 1e-12);
    assert_int_equal(test.n_significant, 0);
    double slope, wald;
    assert_int_equal(jd_pretrend_slope(&path, p.power, &o, &slope, &wald, NULL), JD_OK);
    assert_near(slope, 0.6, 1e-8);
    assert_near(wald, 0.6, 1e-7);
    jd_pretrend_free(&p);
    jd_event_path_free(&path);
}

/* Independent leads: probabilities multiply, means are each one's own. */
static void test_independent_leads(void **state)
{
    (void)state;
    enum { N = 5 };
    double beta[N] = {0}, sigma[N * N] = {0}, violation[N], passes = 1;
    jd_event_path_t path;
    jd_pretrend_options_t o;
    jd_pretrend_t p;
    for (int i = 0; i < N; i++) {
        sigma[i * N + i] = 0.2 + 0.1 * i;
        violation[i] = 0.3 * (i - 2);
    }
    jd_pretrend_defaults(&o);
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 4, 1, NULL), JD_OK);
    assert_int_equal(jd_pretrend_assess(&p, &path, violation, &o, NULL), JD_OK);
    for (int i = 0; i < 4; i++) {
        double se = sqrt(sigma[i * N + i]), shift = violation[i] / se;
        double own = normal_tail(-critical - shift) - normal_tail(critical - shift);
        double mean = (normal_density(-critical - shift) - normal_density(critical - shift)) / own;
        assert_near(p.mean[i], violation[i] + se * mean, 1e-5);
        passes *= own;
    }
    assert_near(p.power, 1 - passes, 1e-12);
    assert_near(p.mean[4], violation[4], 1e-12);
    assert_near(p.coverage_passed[0], p.coverage[0], 1e-12);
    jd_pretrend_free(&p);
    jd_event_path_free(&path);
}

enum { DRAWS = JD_ROUNDS(60000) };

/* Correlated leads, by plain simulation: each number within 5 standard errors (false alarm 6e-7
 * each, some 60 numbers). */
static void check_by_simulation(const jd_event_path_t *path, dice_t *dice)
{
    int n = path->n_pre + path->n_post, passed = 0, rejected = 0;
    double violation[MAX_PATH], root[MAX_PATH * MAX_PATH], sum[MAX_PATH] = {0};
    double squares[MAX_PATH] = {0}, covered[MAX_PATH] = {0}, error[MAX_PATH];
    jd_pretrend_options_t o;
    jd_pretrend_t p;
    jd_pretrend_test_t test;
    for (int i = 0; i < n; i++)
        violation[i] = 0.3 * (i < path->n_pre ? i - path->n_pre : i - path->n_pre + 1);
    jd_pretrend_defaults(&o);
    assert_int_equal(jd_pretrend_assess(&p, path, violation, &o, NULL), JD_OK);
    plain_cholesky(path->vcov, n, root);
    jd_event_path_t drawn = *path;
    drawn.estimate = error;
    for (int s = 0; s < DRAWS; s++) {
        int insignificant = 1;
        draw_errors(root, n, dice, error);
        for (int i = 0; i < n; i++) {
            error[i] += violation[i];
            if (i < path->n_pre)
                insignificant &= fabs(error[i]) <= critical * sqrt(path->vcov[i * n + i]);
        }
        if (s % 8 == 0) { /* solving is slow */
            assert_int_equal(jd_pretrend_test(&drawn, &o, &test, NULL), JD_OK);
            rejected += test.p_value < 0.05;
        }
        if (!insignificant) continue;
        passed++;
        for (int i = 0; i < n; i++) {
            sum[i] += error[i];
            squares[i] += error[i] * error[i];
            covered[i] += fabs(error[i]) <= critical * sqrt(path->vcov[i * n + i]);
        }
    }
    double share = 1 - (double)passed / DRAWS;
    assert_near(p.power, share, 5 * sqrt(0.25 / DRAWS));
    assert_near(p.wald_power, rejected / (DRAWS / 8.0), 5 * sqrt(0.25 / (DRAWS / 8.0)));
    assert_true(p.error < 1e-3 && passed > 1000);
    for (int i = 0; i < n; i++) {
        double mean = sum[i] / passed, spread = sqrt(squares[i] / passed - mean * mean);
        assert_near(p.mean[i], mean, 5 * spread / sqrt(passed));
        if (i >= path->n_pre)
            assert_near(p.coverage_passed[i - path->n_pre], covered[i] / passed,
                        5 * sqrt(0.25 / passed));
    }
    jd_pretrend_free(&p);
}

static void test_by_simulation(void **state)
{
    (void)state;
    dice_t dice = {.state = 17};
    for (int n_pre = 2; n_pre <= 6; n_pre += 2) {
        jd_event_path_t path;
        random_path(&path, n_pre, 3, 1, &dice);
        check_by_simulation(&path, &dice);
        jd_event_path_free(&path);
    }
}

/* The slope found is one against which the test has the power asked for. */
static void test_slope_has_its_power(void **state)
{
    (void)state;
    dice_t dice = {.state = 4};
    jd_event_path_t path;
    jd_pretrend_options_t o;
    jd_pretrend_defaults(&o);
    random_path(&path, 5, 2, 1, &dice);
    for (int k = 0; k < 2; k++) {
        double wanted = k ? 0.8 : 0.5, slope, wald, line[MAX_PATH];
        jd_pretrend_t p;
        assert_int_equal(jd_pretrend_slope(&path, wanted, &o, &slope, &wald, NULL), JD_OK);
        for (int joint = 0; joint < 2; joint++) {
            for (int i = 0; i < 7; i++)
                line[i] = (joint ? wald : slope) * (i < 5 ? i - 5 : i - 4);
            assert_int_equal(jd_pretrend_assess(&p, &path, line, &o, NULL), JD_OK);
            assert_near(joint ? p.wald_power : p.power, wanted, 1e-9);
            jd_pretrend_free(&p);
        }
    }
    jd_event_path_free(&path);
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    dice_t dice = {.state = 6};
    jd_event_path_t path;
    jd_pretrend_options_t o;
    jd_pretrend_t p[2];
    jd_ctx_t ctx;
    double violation[8] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
    jd_pretrend_defaults(&o);
    jd_ctx_init(&ctx);
    random_path(&path, 5, 3, 1, &dice);
    for (int k = 0; k < 2; k++) {
        ctx.threads = k ? 3 : 1;
        assert_int_equal(jd_pretrend_assess(&p[k], &path, violation, &o, &ctx), JD_OK);
    }
    assert_true(p[0].power == p[1].power && p[0].error == p[1].error);
    for (int i = 0; i < 8; i++)
        assert_true(p[0].mean[i] == p[1].mean[i]);
    jd_pretrend_free(&p[0]);
    jd_pretrend_free(&p[1]);
    jd_event_path_free(&path);
}

static void test_refusals(void **state)
{
    (void)state;
    dice_t dice = {.state = 2};
    jd_event_path_t path;
    jd_pretrend_options_t o;
    jd_pretrend_t p;
    jd_ctx_t ctx;
    double slope, wald, violation[3] = {0, (double)NAN, 0};
    jd_pretrend_defaults(&o);
    jd_ctx_init(&ctx);
    random_path(&path, 2, 1, 1, &dice);
    assert_int_equal(jd_pretrend_assess(&p, &path, violation, &o, &ctx), JD_ERR_DATA);
    violation[1] = 0;
    assert_int_equal(jd_pretrend_slope(&path, 0.01, &o, &slope, &wald, &ctx), JD_OK);
    assert_true(slope == 0 && wald == 0); /* both reject more often than that by chance */
    assert_int_equal(jd_pretrend_slope(&path, 0, &o, &slope, &wald, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_pretrend_slope(&path, 1, &o, &slope, &wald, &ctx), JD_ERR_ARGUMENT);
    o.level = 0;
    assert_int_equal(jd_pretrend_assess(&p, &path, violation, &o, &ctx), JD_ERR_ARGUMENT);
    o.level = 0.95;
    for (int i = 0; i < 9; i++)
        path.vcov[i] = 1;
    assert_int_equal(jd_pretrend_assess(&p, &path, violation, &o, &ctx), JD_ERR_DATA);
    assert_int_equal(ctx.n_errors, 5);
    jd_event_path_free(&path);
}

/* ---- From a fit to a path ---- */

typedef struct {
    jd_fit_t fit;
    jd_term_t terms[12];
    double estimate[12], vcov[144];
} fitted_t;

/* A fit with a term for each {first, last}, in the order given; coefficient = 10 + first. */
static void make_fit(fitted_t *f, const int32_t (*events)[2], int n)
{
    *f = (fitted_t){.fit = {.n_terms = n + 1}};
    f->fit.estimate = f->estimate;
    f->fit.vcov = f->vcov;
    f->terms[n].kind = JD_TERM_OVERALL;
    for (int k = 0; k < n; k++) {
        f->terms[k] = (jd_term_t){
            .kind = JD_TERM_EVENT, .event_first = events[k][0], .event_last = events[k][1]};
        f->estimate[k] = 10 + events[k][0];
    }
    for (int a = 0; a <= n; a++)
        for (int b = 0; b <= n; b++)
            f->vcov[a * (n + 1) + b] = (a == b) + 0.001 * f->estimate[a] * f->estimate[b];
}

static void test_path_of_a_fit(void **state)
{
    (void)state;
    static const int32_t events[][2] = {{0, 0},   {2, 9},   {-2, -2}, {1, 1},
                                        {-3, -3}, {-5, -5}, {-9, -6}};
    fitted_t f;
    jd_event_path_t path;
    make_fit(&f, events, 7);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, NULL), JD_OK);
    assert_int_equal(path.n_pre, 2);
    assert_int_equal(path.n_post, 2);
    assert_int_equal(path.reference, -1);
    assert_int_equal(path.n_left_out, 3);
    assert_int_equal(path.first_left, -9);
    static const double expected[] = {7, 8, 10, 11};
    for (int i = 0; i < 4; i++) {
        assert_near(path.estimate[i], expected[i], 0);
        for (int j = 0; j < 4; j++)
            assert_near(path.vcov[i * 4 + j], (i == j) + 0.001 * expected[i] * expected[j], 0);
    }
    jd_event_path_free(&path);
}

/* A base period that is told as 0 without error is the reference. */
static void test_reference_that_is_told(void **state)
{
    (void)state;
    static const int32_t events[][2] = {{-2, -2}, {-1, -1}, {0, 0}};
    fitted_t f;
    jd_event_path_t path;
    make_fit(&f, events, 3);
    f.estimate[1] = 0;
    for (int k = 0; k < 4; k++)
        f.vcov[4 + k] = f.vcov[4 * k + 1] = k == 1 ? (double)NAN : 0;
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, NULL), JD_OK);
    assert_int_equal(path.reference, -1);
    assert_int_equal(path.n_pre + path.n_post, 2);
    assert_int_equal(path.n_left_out, 0);
    jd_event_path_free(&path);
}

static void test_paths_refused(void **state)
{
    (void)state;
    static const int32_t every[][2] = {{-3, -3}, {-2, -2}, {-1, -1}, {0, 0}};
    static const int32_t binned[][2] = {{-9, -2}, {0, 0}};
    static const int32_t late[][2] = {{0, 0}, {1, 1}};
    fitted_t f;
    jd_event_path_t path;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    make_fit(&f, every, 4);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, &ctx), JD_ERR_UNSUPPORTED);
    make_fit(&f, binned, 2);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, &ctx), JD_ERR_UNSUPPORTED);
    make_fit(&f, late, 2);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, &ctx), JD_ERR_UNSUPPORTED);
    make_fit(&f, late, 0);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, &ctx), JD_ERR_UNSUPPORTED);
    double beta[] = {1, 2}, sigma[] = {1, 0.5, 0.5, 1};
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 2, 0, &ctx), JD_ERR_ARGUMENT);
    sigma[3] = 0;
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 1, 1, &ctx), JD_ERR_DATA);
    sigma[3] = 1;
    sigma[1] = 0.4;
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 1, 1, &ctx), JD_ERR_DATA);
    sigma[1] = 0.5;
    beta[0] = INFINITY;
    assert_int_equal(jd_event_path_make(&path, beta, sigma, 1, 1, &ctx), JD_ERR_DATA);
    assert_int_equal(ctx.n_errors, 8);
    /* A bin that is open below begins 2^31 - 1 periods before adoption: no walk through them. */
    static const int32_t open[][2] = {{INT32_MIN + 1, -3}, {-2, -1}, {0, 0}};
    make_fit(&f, open, 3);
    assert_int_equal(jd_event_path_of_fit(&path, &f.fit, f.terms, &ctx), JD_ERR_UNSUPPORTED);
    assert_non_null(strstr(ctx.message, "all event times before 0 have a coefficient"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_lead),
        cmocka_unit_test(test_independent_leads),
        cmocka_unit_test(test_by_simulation),
        cmocka_unit_test(test_slope_has_its_power),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_path_of_a_fit),
        cmocka_unit_test(test_reference_that_is_told),
        cmocka_unit_test(test_paths_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
