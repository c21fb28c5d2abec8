/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a covariate says decides whether it is collinear, not its unit, its mean or the weights: a
 * covariate a + b x gives the effects of x, and a constant one those without it. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 12, PERIODS = 6, N = UNITS * PERIODS };

typedef struct {
    int32_t unit[N], time[N], cohort[N];
    double y[N], x[N], flat[N], weight[3][N]; /* none; ordinary; over nine powers of ten */
} data_t;

static void fill(data_t *d)
{
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = i % PERIODS + 1, g = u % 3 == 0 ? 0 : u % 3 == 1 ? 3 : 5;
        d->unit[i] = u;
        d->time[i] = t;
        d->cohort[i] = g;
        d->x[i] = (u * 7 + t * 5 + u * t) % 11 - 5;
        d->flat[i] = (u * 5) % 7 - 3;
        d->y[i] = 4 + 0.3 * u + 0.2 * t + 0.25 * d->x[i] + (g && t >= g) +
                  0.1 * ((u * 13 + t * 29) % 17);
        d->weight[1][i] = 1 + 0.37 * ((u * 3 + t) % 5);
        d->weight[2][i] = d->weight[1][i] * pow(10, u % 10 - 4.5);
    }
}

/* The overall effect and its standard error with the covariate, NULL = none. */
static int fit(const data_t *d, const char *name, const double *weight, const double *x, double *b,
               double *se)
{
    const char *x_name = "x";
    jd_panel_t panel = {.n = N,
                        .unit = d->unit,
                        .time = d->time,
                        .cohort = d->cohort,
                        .weight = weight,
                        .n_x = x ? 1 : 0,
                        .x = &x,
                        .x_name = &x_name};
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t f = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.aggregate = JD_AGGREGATE_OVERALL;
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, d->y, NULL, 0.95, &f, &ctx);
    if (!rc) {
        *b = f.estimate[0];
        *se = f.std_error[0];
    }
    if (rc) print_message("%s: %s\n", name, ctx.message);
    jd_fit_free(&f);
    jd_design_free(design);
    return rc;
}

static void test_units_means_and_weights(void **state)
{
    (void)state;
    static data_t d;
    static double x[N];
    static const char *const names[] = {"twfe", "poisson", "callaway_santanna", "imputation",
                                        "two_stage", "etwfe"};
    static const struct {
        double mean, by, close;
    } units[] = {{0, 1e-12, 1e-9}, {0, 1e12, 1e-9}, {1e6, 1, 1e-7},
                 {1e8, 1, 1e-6},   {-7, 1e-3, 1e-9}, {3e-14, 1e-13, 1e-9}};
    static const double constants[] = {1, 0.1, -3e-12, 1e9, 123456.789};
    fill(&d);
    for (int e = 0; e < 6; e++)
        for (int w = 0; w < 3; w++) {
            const double *weight = w ? d.weight[w] : NULL;
            double b, se, with, with_se, again, again_se;
            if (w == 2 && e == 2) continue; /* hardly a control has weight */
            assert_int_equal(fit(&d, names[e], weight, NULL, &b, &se), JD_OK);
            for (int c = 0; c < 5; c++) {
                for (int i = 0; i < N; i++)
                    x[i] = constants[c];
                assert_int_equal(fit(&d, names[e], weight, x, &with, &with_se), JD_OK);
                assert_near(with, b, 1e-12 * (1 + fabs(b)));
                assert_near(with_se, se, 1e-11 * se);
            }
            for (int i = 0; i < N; i++) /* rounding about a constant says nothing either */
                x[i] = 1 + 4e-16 * d.x[i];
            assert_int_equal(fit(&d, names[e], weight, x, &with, &with_se), JD_OK);
            assert_near(with, b, 1e-12 * (1 + fabs(b)));
            if (e < 5 && e != 2) { /* constant within units: absorbed, far from 0 too */
                for (int i = 0; i < N; i++)
                    x[i] = 1e8 + 1e-3 * d.flat[i];
                assert_int_equal(fit(&d, names[e], weight, x, &with, &with_se), JD_OK);
                assert_near(with, b, 1e-12 * (1 + fabs(b)));
            }
            assert_int_equal(fit(&d, names[e], weight, d.x, &with, &with_se), JD_OK);
            assert_true(fabs(with - b) > 1e-4);
            for (int u = 0; u < 6; u++) {
                if (e == 5 && units[u].mean > 1e7) continue; /* told: slopes by period dropped */
                for (int i = 0; i < N; i++)
                    x[i] = units[u].mean + units[u].by * d.x[i];
                assert_int_equal(fit(&d, names[e], weight, x, &again, &again_se), JD_OK);
                assert_near(again, with, units[u].close * fabs(with));
                assert_near(again_se, with_se, 10 * units[u].close * with_se);
            }
        }
}

/* twfe, the ordinary weights, a constant covariate; numpy's lstsq on dummies, CR1 by unit. Before:
 * the constant was kept, its coefficient 1e12 and more, the effect anything. */
static void test_constant_with_weights(void **state)
{
    (void)state;
    static data_t d;
    static double x[N];
    double b, se;
    fill(&d);
    for (int i = 0; i < N; i++)
        x[i] = 0.1;
    assert_int_equal(fit(&d, "twfe", d.weight[1], x, &b, &se), JD_OK);
    assert_near(b, 0.9234174753584593, 1e-12);
    assert_near(se, 0.35165361312555987, 1e-12);
    assert_int_equal(fit(&d, "twfe", d.weight[1], d.x, &b, &se), JD_OK);
    assert_near(b, 1.015109861951195, 1e-12);
    assert_near(se, 0.23050665863782996, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_means_and_weights),
        cmocka_unit_test(test_constant_with_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
