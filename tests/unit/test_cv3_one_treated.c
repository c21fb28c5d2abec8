/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One treated cluster: the jackknife and CR3 have no error for the treatment, and those of the
 * covariates stay. Right values: numpy, least squares on dummies with each cluster left out,
 * without the treatment where the treated cluster is. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "jiedao/wild_bootstrap.h"
#include "near.h"

enum { UNITS = 6, PERIODS = 4, N = UNITS * PERIODS };

static int32_t unit[N], period[N];
static int8_t treated[N];
static double x[N], z[N], y[N];
static const double *const covariates[] = {x, z};
static const char *const names[] = {"x", "z"};

static jd_panel_t make_panel(int n_x)
{
    for (int i = 0; i < N; i++) {
        int u = i / PERIODS, t = 1 + i % PERIODS;
        unit[i] = u;
        period[i] = t;
        treated[i] = u == 0 && t >= 3;
        x[i] = ((u * 7 + t * 5) % 11) * 0.3;
        z[i] = ((u * 3 + t * t) % 7) * 0.5;
        y[i] = 0.4 * u + 0.2 * t + 1.5 * treated[i] + 0.7 * x[i] - 0.3 * z[i] +
               ((u * 5 + t * 9) % 13) * 0.1;
    }
    return (jd_panel_t){.n = N,
                        .unit = unit,
                        .time = period,
                        .treated = treated,
                        .n_x = n_x,
                        .x = covariates,
                        .x_name = names};
}

static void keep(void *user, const char *message)
{
    snprintf(user, 512, "%s", message);
}

static void check(jd_vcov_t kind, double of_x, double of_z)
{
    char said[512] = "";
    jd_ctx_t ctx = {.threads = 2, .warn = keep, .user = said};
    jd_did_options_t how;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    const jd_panel_t panel = make_panel(2);
    const jd_vcov_options_t v = {.kind = kind};
    jd_did_defaults(&how);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &how, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_infer(design, y, &v, 0.95, &fit, &ctx), JD_OK);
    assert_near(fit.estimate[0], 1.3896226415094346, 1e-12);
    assert_true(isnan(fit.std_error[0]) && isnan(fit.p_value[0]) && isnan(fit.ci_low[0]));
    assert_near(fit.std_error[1], of_x, 1e-12);
    assert_near(fit.std_error[2], of_z, 1e-12);
    assert_non_null(strstr(said, "without cluster 0 coefficient 1 is not identified"));
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_covariates_keep_their_errors(void **state)
{
    (void)state;
    const double up = sqrt(UNITS / (UNITS - 1.0));
    check(JD_VCOV_CV3, 0.0833233724915434, 0.09490523789077833);
    check(JD_VCOV_CV3J, 0.08326888980669195, 0.09397545385474464);
    check(JD_VCOV_CR3, 0.0833233724915434 * up, 0.09490523789077833 * up);
}

/* Nothing else to keep: refused. The unrestricted wild bootstrap is refused for the treatment and
 * not for a covariate. */
static void test_treatment_alone_and_wild(void **state)
{
    (void)state;
    jd_ctx_t ctx = {.threads = 1};
    jd_did_options_t how;
    jd_did_defaults(&how);
    for (int n_x = 0; n_x <= 2; n_x += 2) {
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        const jd_panel_t panel = make_panel(n_x);
        const jd_vcov_options_t v = {.kind = JD_VCOV_CV3};
        assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &how, &ctx),
                         JD_OK);
        int rc = jd_design_infer(design, y, &v, 0.95, &fit, &ctx);
        assert_int_equal(rc, n_x ? JD_OK : JD_ERR_DATA);
        jd_fit_free(&fit);
        for (int term = 0; term < jd_design_facts(design).n_terms; term++) {
            jd_wild_t w;
            const jd_wild_options_t o = {
                .no_interval = 1, .unrestricted = 1, .jackknife_scores = 1, .vcov = {.draws = 99}};
            rc = jd_wild_bootstrap(design, y, term, &o, &w, &ctx);
            assert_int_equal(rc, term == 0 ? JD_ERR_DATA : JD_OK);
            jd_wild_free(&w);
        }
        jd_design_free(design);
    }
    jd_ctx_clear(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_covariates_keep_their_errors),
        cmocka_unit_test(test_treatment_alone_and_wild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
