/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outcomes that unit and period explain without error: effects are 0 with no error and no p-value,
 * whatever the outcome's size; an effect of 3 stays 3. */
#include "support.h"

#include <math.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 20, PERIODS = 6, N = UNITS * PERIODS };

static void test_noise_has_no_p_value(void **state)
{
    (void)state;
    static int32_t unit[N], period[N], cohort[N];
    static double y[N];
    static const char *const names[] = {"twfe",        "event_study",   "callaway_santanna",
                                        "imputation",  "sun_abraham",   "roll_out",
                                        "etwfe",       "synthetic_did", "lp_did"};
    static const double sizes[] = {1, 1e-9, 1e9};
    for (int s = 0; s < 3; s++)
        for (int effect = 0; effect < 4; effect += 3)
            for (size_t e = 0; e < sizeof names / sizeof *names; e++) {
                for (int i = 0; i < N; i++) {
                    int u = i / PERIODS, t = i % PERIODS + 1, g = u % 2 ? 4 : 0;
                    unit[i] = u;
                    period[i] = t;
                    cohort[i] = g;
                    y[i] = sizes[s] * (u * 1.1 + t * 0.7 + (g && t >= g ? effect : 0));
                }
                const jd_panel_t panel = {.n = N, .unit = unit, .time = period, .cohort = cohort};
                jd_did_options_t options;
                jd_design_t *design = NULL;
                jd_fit_t fit = {0};
                jd_ctx_t ctx;
                jd_ctx_init(&ctx);
                jd_did_defaults(&options);
                options.aggregate = JD_AGGREGATE_OVERALL;
                assert_int_equal(jd_design_prepare(&design, jd_estimator_find(names[e]), &panel,
                                                   &options, &ctx),
                                 JD_OK);
                assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
                for (int k = 0; k < fit.n_terms; k++) {
                    double b = fit.estimate[k];
                    if (b == 0) {
                        assert_true(fit.std_error[k] == 0 && isnan(fit.p_value[k]));
                        continue;
                    }
                    if (effect == 0) fail_msg("%s: %g (%g)", names[e], b, fit.std_error[k]);
                    assert_near(b, 3 * sizes[s], 1e-11 * sizes[s]);
                }
                jd_fit_free(&fit);
                jd_design_free(design);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_noise_has_no_p_value)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
