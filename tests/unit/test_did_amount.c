/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a dose alone says who is treated: regressions take it, the others refuse. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { UNITS = 12, PERIODS = 5, N = UNITS * PERIODS };

typedef struct {
    int32_t unit[N], time[N];
    int8_t treated[N];
    double dose[N], y[N];
    jd_panel_t panel;
} small_t;

/* Treatment that comes and goes; `times` of it is the dose. */
static void fill(small_t *s, double times)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < N; i++) {
        s->unit[i] = i / PERIODS;
        s->time[i] = 2001 + i % PERIODS;
        s->treated[i] = (int8_t)(s->unit[i] % 3 == 0 && i % PERIODS % 3 == 1);
        s->dose[i] = times * s->treated[i];
        s->y[i] = 2 + 0.3 * (i * 7 % 11) + s->treated[i];
    }
    s->panel = (jd_panel_t){.n = N, .unit = s->unit, .time = s->time};
}

static jd_estimate_t fit_first(const small_t *s, const char *name, char term[JD_TERM_NAME])
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_did_defaults(&options);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &s->panel, &options, NULL),
                     JD_OK);
    assert_int_equal(jd_design_infer(design, s->y, NULL, 0.95, &fit, NULL), JD_OK);
    jd_estimate_t e = {fit.estimate[0], fit.std_error[0], 0, 0, fit.p_value[0]};
    memcpy(term, jd_design_terms(design)[0].name, JD_TERM_NAME);
    jd_fit_free(&fit);
    jd_design_free(design);
    return e;
}

static void test_a_dose_of_two_has_half_the_slope(void **state)
{
    (void)state;
    static const char *const names[] = {"twfe", "poisson"};
    for (int k = 0; k < 2; k++) {
        small_t s;
        char term[JD_TERM_NAME];
        fill(&s, 2);
        s.panel.treated = s.treated;
        jd_estimate_t path = fit_first(&s, names[k], term);
        assert_string_equal(term, "att");
        s.panel.treated = NULL;
        s.panel.dose = s.dose;
        jd_estimate_t amount = fit_first(&s, names[k], term);
        assert_string_equal(term, "dose");
        assert_near(2 * amount.estimate, path.estimate, 1e-9);
        assert_near(2 * amount.std_error, path.std_error, 1e-9);
        assert_near(amount.p_value, path.p_value, 1e-9);
    }
}

/* Amounts everywhere, in every period: there is no control group, and none is needed. */
static void test_a_dose_need_not_be_zero(void **state)
{
    (void)state;
    small_t s, without;
    char term[JD_TERM_NAME];
    fill(&s, 1);
    fill(&without, 1);
    s.panel.dose = s.dose;
    without.panel.dose = without.dose;
    for (int i = 0; i < N; i++)
        s.dose[i] += 10 + s.unit[i];
    assert_near(fit_first(&s, "twfe", term).estimate, fit_first(&without, "twfe", term).estimate,
                1e-9);
}

static void check_refused(const char *name, const jd_panel_t *panel, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), panel, &options, &ctx),
                     code);
    if (!strstr(ctx.message, words)) fail_msg("%s: %s", name, ctx.message);
}

static void test_others_say_what_they_need(void **state)
{
    (void)state;
    small_t s;
    fill(&s, 1);
    s.panel.dose = s.dose;
    for (int i = 0; jd_estimators[i]; i++) {
        const char *name = jd_estimators[i]->name;
        if (!strcmp(name, "twfe") || !strcmp(name, "poisson") ||
            !strcmp(name, "did_multiplegt_dyn") || !strcmp(name, "rings") || strstr(name, "triple"))
            continue;
        check_refused(name, &s.panel, JD_ERR_DATA, "give cohort or treated");
    }
    s.dose[3] = (double)NAN;
    check_refused("twfe", &s.panel, JD_ERR_DATA, "row 4: dose = nan");
    for (int i = 0; i < N; i++)
        s.dose[i] = 0;
    check_refused("twfe", &s.panel, JD_ERR_NO_TREATED, "is ever treated");
    for (int i = 0; i < N; i++)
        s.dose[i] = s.unit[i] + s.time[i];
    check_refused("twfe", &s.panel, JD_ERR_RANK, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dose_of_two_has_half_the_slope),
        cmocka_unit_test(test_a_dose_need_not_be_zero),
        cmocka_unit_test(test_others_say_what_they_need),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
