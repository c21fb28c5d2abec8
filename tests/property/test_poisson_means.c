/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Poisson fits that only estimate leave out what variances need: the same estimates, to the bit,
 * as those beside standard errors, with regressors that are clearly identified, that nearly are
 * not, and that are not. */
#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 90, PERIODS = 6, N = UNITS * PERIODS, N_X = 2, TERMS = 64 };

static struct {
    int32_t unit[N], time[N], cohort[N];
    double y[N], x[N_X][N];
} rows;

static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

/* The second covariate is the first, but for a part of this size. */
static jd_panel_t fill(double apart)
{
    static const double *const x[] = {rows.x[0], rows.x[1]};
    static const char *const names[] = {"a", "b"};
    uint64_t state = 11;
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = 1 + i % PERIODS, g = u % 4 == 0 ? 0 : 2 + u % 4;
        double a = draw(&state), b = draw(&state);
        rows.unit[i] = u;
        rows.time[i] = t;
        rows.cohort[i] = g;
        rows.x[0][i] = a;
        rows.x[1][i] = 2 * a + apart * b;
        rows.y[i] =
            (int)(exp(1 + 0.3 * a + 0.1 * (u % 5) + (g && t >= g ? 0.4 : 0)) + 2 * draw(&state));
    }
    return (jd_panel_t){.n = N,
                        .unit = rows.unit,
                        .time = rows.time,
                        .cohort = rows.cohort,
                        .n_x = N_X,
                        .x = x,
                        .x_name = names};
}

static void check(const char *estimator, double apart)
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_t ctx;
    double alone[TERMS];
    const double *y = rows.y;
    const jd_panel_t panel = fill(apart);
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), &panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(design, rows.y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("%s", ctx.message);
    assert_true(fit.n_terms <= TERMS);
    assert_int_equal(jd_design_estimate(design, &y, 1, alone, &ctx), JD_OK);
    for (int k = 0; k < fit.n_terms; k++)
        if (memcmp(&alone[k], &fit.estimate[k], sizeof alone[k]) != 0 &&
            !(isnan(alone[k]) && isnan(fit.estimate[k])))
            fail_msg("%s, %g apart, term %d: %.17g alone, %.17g with its error", estimator, apart,
                     k, alone[k], fit.estimate[k]);
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_estimates_alone(void **state)
{
    (void)state;
    static const double apart[] = {1, 1e-2, 1e-3, 1e-6, 0};
    for (size_t a = 0; a < sizeof apart / sizeof *apart; a++) {
        check("poisson", apart[a]);
        check("etwfe_poisson", apart[a]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_estimates_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
