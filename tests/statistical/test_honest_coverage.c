/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often robust sets hold the effect when trends violate parallelism as far as the restriction
 * allows: at least 95 % of draws, and the fixed-length interval at its worst trend exactly that.
 * Fixed seeds; false alarm below 1e-4 for each number. */
#include <string.h>

#include "diagnose/trends/honest_parts.h"
#include "near.h"
#include "property/event_paths.h"

enum { PRE = 3, POST = 2, N = PRE + POST };

static const double sigma[N * N] = {0.040, 0.020, 0.010, 0.004, 0.002, /**/
                                    0.020, 0.030, 0.012, 0.006, 0.004, /**/
                                    0.010, 0.012, 0.020, 0.006, 0.005, /**/
                                    0.004, 0.006, 0.006, 0.022, 0.012, /**/
                                    0.002, 0.004, 0.005, 0.012, 0.030};

static double effect = 0.7;

/* Share of draws about `trend` whose set holds the effect of the first period. */
static double coverage(const double *trend, const jd_honest_options_t *options, double m, int draws,
                       uint64_t seed)
{
    double root[N * N], beta[N];
    int held = 0;
    dice_t dice = {.state = seed};
    plain_cholesky(sigma, N, root);
    for (int s = 0; s < draws; s++) {
        jd_event_path_t path;
        jd_honest_set_t set;
        draw_errors(root, N, &dice, beta);
        for (int i = 0; i < N; i++)
            beta[i] += trend[i] + (i == PRE ? effect : 0);
        assert_int_equal(jd_event_path_make(&path, beta, sigma, PRE, POST, NULL), JD_OK);
        assert_int_equal(jd_honest_sets(&path, options, &m, 1, &set, NULL), JD_OK);
        held += set.low <= effect && effect <= set.high;
        jd_event_path_free(&path);
    }
    return (double)held / draws;
}

static void test_interval_is_exact_at_its_worst(void **state)
{
    (void)state;
    enum { DRAWS = 10000 };
    double zero[N] = {0}, trend[N] = {0}, l[POST] = {1, 0}, m = 0.15;
    jd_event_path_t path;
    jd_flci_t flci;
    jd_honest_options_t o;
    assert_int_equal(jd_event_path_make(&path, zero, sigma, PRE, POST, NULL), JD_OK);
    assert_int_equal(jd_flci_make(&flci, &path, l, m, 0.05, NULL), JD_OK);
    for (int kink = 1 - PRE; kink < POST; kink++) { /* each with the sign that adds to the bias */
        double part[N] = {0}, bias = 0;
        for (int t = -PRE; t <= POST; t++)
            if (t != 0) part[PRE + t - (t > 0)] = kink >= 0 ? fmax(t - kink, 0) : fmax(kink - t, 0);
        for (int i = 0; i < N; i++)
            bias += flci.weight[i] * part[i];
        for (int i = 0; i < N; i++)
            trend[i] += (bias > 0 ? m : -m) * part[i];
    }
    double bias = 0;
    for (int i = 0; i < N; i++)
        bias += flci.weight[i] * trend[i];
    assert_near(bias, flci.bias, 1e-12);
    jd_honest_defaults(&o);
    assert_near(coverage(trend, &o, m, DRAWS, 1), 0.95, 4 * sqrt(0.95 * 0.05 / DRAWS));
    jd_flci_free(&flci);
    jd_event_path_free(&path);
}

/* Trends at the restriction's edge: the sets may hold more than 95 %, not less. */
static void test_sets_cover(void **state)
{
    (void)state;
    static const struct {
        jd_honest_delta_t delta;
        jd_honest_method_t method;
        double m, trend[N];
    } cases[] = {
        {JD_HONEST_SD, JD_HONEST_C_LF, 0.2, {0, 0, 0, 0.2, 0.6}},
        {JD_HONEST_SD, JD_HONEST_C_FLCI, 0.2, {-0.9, -0.6, -0.3, 0.5, 1.2}},
        {JD_HONEST_SD, JD_HONEST_CONDITIONAL, 0.2, {0, 0, 0, -0.2, -0.6}},
        {JD_HONEST_RM, JD_HONEST_C_LF, 1, {-1.4, -0.9, -0.5, 0.5, 0.8}},
        {JD_HONEST_RM, JD_HONEST_C_LF, 2, {0.2, -0.2, 0.1, -0.8, -1.2}},
        {JD_HONEST_SDRM, JD_HONEST_C_LF, 1, {1.1, 0.3, 0, 0.5, 1.4}},
    };
    enum { DRAWS = 150 };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_honest_options_t o;
        jd_honest_defaults(&o);
        o.delta = cases[k].delta;
        o.method = cases[k].method;
        o.draws = 500;
        o.grid = 10; /* the effect alone is of interest */
        o.grid_low = effect - 1e-9;
        o.grid_high = effect + 1e-9;
        double share = coverage(cases[k].trend, &o, cases[k].m, DRAWS, 100 + k);
        print_message("%s %s: %.3f\n", jd_honest_name(o.delta, o.shape),
                      jd_honest_method_name(o.method), share);
        assert_true(share >= 0.95 - 4 * sqrt(0.95 * 0.05 / DRAWS));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval_is_exact_at_its_worst),
        cmocka_unit_test(test_sets_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
