/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What effects by event time are measured from, where periods are unevenly spaced, cohorts adopt
 * between two of them, units are treated when first seen, or nobody is never treated. The right
 * numbers are those of least squares on dense dummies of units, periods and cells, made apart. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "jiedao/did.h"
#include "near.h"

enum { WAVES = 6, MOST = 200 };

static const int32_t waves[WAVES] = {1, 4, 6, 8, 11, 13};

typedef struct {
    int32_t unit[MOST], time[MOST], cohort[MOST];
    int8_t treated[MOST];
    double y[MOST];
    jd_panel_t panel;
} table_t;

/* A unit's rows in the waves from number `first` on. */
static void add_unit(table_t *t, int32_t unit, int32_t cohort, int first)
{
    for (int w = first; w < WAVES; w++) {
        int64_t i = t->panel.n++;
        int on = cohort != 0 && waves[w] >= cohort;
        t->unit[i] = unit;
        t->time[i] = waves[w];
        t->cohort[i] = cohort;
        t->treated[i] = (int8_t)on;
        t->y[i] = 0.3 * unit + 0.1 * waves[w] + ((unit * 7 + waves[w] * 5) % 11) * 0.1 +
                  (on ? 1 + 0.2 * (waves[w] - cohort) : 0);
    }
}

/* Four units never treated, three from 8 on, three from 11, and two from 12, between two waves. */
static void make_table(table_t *t)
{
    memset(t, 0, sizeof *t);
    t->panel = (jd_panel_t){.unit = t->unit, .time = t->time, .cohort = t->cohort};
    for (int u = 0; u < 12; u++)
        add_unit(t, u, u < 4 ? 0 : u < 7 ? 8 : u < 10 ? 11 : 12, 0);
}

static jd_did_options_t defaults(void)
{
    jd_did_options_t options;
    jd_did_defaults(&options);
    return options;
}

/* "att" of a fit: its own, or an event study's mean. */
static jd_estimate_t att_of(const char *name, const table_t *t, const jd_did_options_t *options,
                            jd_design_facts_t *facts)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    double weight[64];
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &t->panel, options, &ctx);
    if (!rc) rc = jd_design_infer(design, t->y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("%s: %s", name, ctx.message);
    *facts = jd_design_facts(design);
    jd_estimate_t e = {fit.estimate[0], fit.std_error[0], 0, 0, 0};
    if (jd_design_terms(design)[0].kind == JD_TERM_EVENT) e = jd_fit_mean(design, &fit, weight);
    jd_fit_free(&fit);
    jd_design_free(design);
    return e;
}

static void check_att(const char *name, const table_t *t, const jd_did_options_t *options,
                      double estimate, double error)
{
    jd_design_facts_t facts;
    jd_estimate_t e = att_of(name, t, options, &facts);
    assert_near(e.estimate, estimate, 1e-9);
    assert_near(e.std_error, error, 1e-9);
}

static void check_refused(const char *name, const table_t *t, const jd_did_options_t *options,
                          const char *words)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find(name), &t->panel, options, &ctx);
    jd_design_free(design);
    assert_int_not_equal(rc, JD_OK);
    if (!strstr(ctx.message, words)) fail_msg("'%s' lacks '%s'", ctx.message, words);
}

static void test_uneven_waves(void **state)
{
    (void)state;
    static table_t t;
    make_table(&t);
    jd_did_options_t options = defaults();
    check_att("event_study", &t, &options, 1.374236137175, 0.198378598789);
    check_att("sun_abraham", &t, &options, 1.295588235294, 0.205326837466);
    check_att("etwfe", &t, &options, 1.295588235294, 0.205326837466);
    options.anticipation = 2;
    check_att("event_study", &t, &options, 1.507551353875, 0.150580386086);
    check_att("sun_abraham", &t, &options, 1.489705882353, 0.182800382149);
    check_att("etwfe", &t, &options, 1.489705882353, 0.182800382149);
}

static void test_treated_when_first_seen(void **state)
{
    (void)state;
    static const char *const names[] = {
        "event_study", "sun_abraham", "etwfe",    "imputation", "two_stage",        "stacked",
        "lp_did",      "2x2",         "roll_out", "block_did",  "callaway_santanna"};
    static table_t t, more;
    jd_did_options_t options = defaults();
    options.control = JD_CONTROL_NEVER;
    make_table(&t);
    make_table(&more);
    add_unit(&more, 50, 1, 0);  /* in the first period */
    add_unit(&more, 51, -3, 0); /* before it */
    add_unit(&more, 52, 8, 3);  /* not seen before */
    for (int path = 0; path < 2; path++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            jd_design_facts_t facts, without;
            for (int64_t i = 0; i < more.panel.n; i++) /* a cohort is above 0 */
                if (more.cohort[i] < 0) more.cohort[i] = 1;
            t.panel.treated = path ? t.treated : NULL;
            more.panel.treated = path ? more.treated : NULL;
            jd_estimate_t right = att_of(names[k], &t, &options, &without);
            jd_estimate_t ours = att_of(names[k], &more, &options, &facts);
            assert_near(ours.estimate, right.estimate, 1e-10);
            assert_near(ours.std_error, right.std_error, 1e-10);
            assert_int_equal(facts.n_obs, without.n_obs);
            int64_t left = facts.dropped.always_treated + facts.n_incomplete;
            assert_int_equal(left, more.panel.n - t.panel.n);
        }
}

/* Who adopts after the last period is a control, in all estimators alike. */
static void test_adoption_after_the_panel(void **state)
{
    (void)state;
    static const char *const names[] = {"event_study",
                                        "sun_abraham",
                                        "etwfe",
                                        "imputation",
                                        "two_stage",
                                        "stacked",
                                        "lp_did",
                                        "2x2",
                                        "roll_out",
                                        "block_did",
                                        "callaway_santanna",
                                        "twfe",
                                        "did_multiplegt_dyn"};
    static table_t t, later;
    jd_did_options_t options = defaults();
    make_table(&t);
    make_table(&later);
    for (int64_t i = 0; i < later.panel.n; i++)
        if (later.unit[i] < 2) later.cohort[i] = 14 + later.unit[i];
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        jd_design_facts_t facts;
        jd_estimate_t right = att_of(names[k], &t, &options, &facts);
        jd_estimate_t ours = att_of(names[k], &later, &options, &facts);
        assert_near(ours.estimate, right.estimate, 1e-10);
        assert_near(ours.std_error, right.std_error, 1e-10);
    }
}

static void test_nobody_never_treated(void **state)
{
    (void)state;
    static table_t t;
    memset(&t, 0, sizeof t);
    t.panel = (jd_panel_t){.unit = t.unit, .time = t.time, .cohort = t.cohort};
    for (int u = 0; u < 12; u++)
        add_unit(&t, u, u < 4 ? 6 : u < 8 ? 8 : 11, 0);
    jd_did_options_t options = defaults();
    check_refused("event_study", &t, &options, "known up to a linear trend only");
    check_refused("event_study", &t, &options, "--reference -1,-2,-3");
}

static void test_references_that_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {"event_study", "sun_abraham", "etwfe"};
    static table_t t;
    make_table(&t);
    jd_did_options_t options = defaults();
    const int32_t after = 2, unseen = -9, some = -2;
    for (int k = 0; k < 3; k++) {
        options.reference.n = 1;
        options.reference.value[0] = after;
        check_refused(names[k], &t, &options, "reference = 2; effects are measured from periods");
        options.reference.value[0] = unseen;
        check_refused(names[k], &t, &options,
                      k ? "no cohort has a row at a reference" : "event time -9");
    }
    /* Of cohorts 8, 11 and 12 only the first has a row at -2; the others have none to measure from.
     */
    options.reference.value[0] = some;
    jd_design_facts_t facts;
    att_of("sun_abraham", &t, &options, &facts);
    assert_int_equal(facts.n_unreferenced, 5 * WAVES);
    options = defaults();
    options.bin_first = 0;
    check_refused("event_study", &t, &options, "no period before adoption is left");
}

static void test_one_date_for_all(void **state)
{
    (void)state;
    static const char *const names[] = {"sun_abraham", "etwfe", "roll_out", "synthetic_did"};
    static table_t t;
    memset(&t, 0, sizeof t);
    t.panel = (jd_panel_t){.unit = t.unit, .time = t.time, .cohort = t.cohort};
    for (int u = 0; u < 12; u++)
        add_unit(&t, u, 8, 0);
    jd_did_options_t options = defaults();
    for (int k = 0; k < 4; k++)
        check_refused(names[k], &t, &options, "all units that are seen before treatment adopt");
}

/* Adoption at 7, the first period after it is 8: event time 1 in all estimators, and no 0. */
static void test_labels_agree(void **state)
{
    (void)state;
    static const char *const names[] = {"event_study", "imputation", "lp_did", "stacked",
                                        "did_multiplegt_dyn"};
    static table_t t;
    memset(&t, 0, sizeof t);
    t.panel = (jd_panel_t){.unit = t.unit, .time = t.time, .cohort = t.cohort};
    for (int u = 0; u < 12; u++)
        add_unit(&t, u, u < 5 ? 0 : 7, 0);
    jd_did_options_t options = defaults();
    for (int k = 0; k < 5; k++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        int first = 0, zero = 0;
        jd_ctx_init(&ctx);
        int rc = jd_design_prepare(&design, jd_estimator_find(names[k]), &t.panel, &options, &ctx);
        if (rc) fail_msg("%s: %s", names[k], ctx.message);
        for (int j = 0; j < jd_design_facts(design).n_terms; j++) {
            first |= strcmp(jd_design_terms(design)[j].name, "e=1") == 0;
            zero |= strcmp(jd_design_terms(design)[j].name, "e=0") == 0;
        }
        if (!first || zero) fail_msg("%s: first effect is not e=1", names[k]);
        jd_design_free(design);
    }
}

/* "att" is of the event times asked for, or they are refused. */
static void test_windows(void **state)
{
    (void)state;
    static const char *const names[] = {"roll_out", "block_did", "lp_did", "did_multiplegt_dyn"};
    static table_t t;
    make_table(&t);
    jd_did_options_t options = defaults();
    options.event_first = 2;
    options.event_last = 3;
    for (int k = 0; k < 4; k++)
        check_refused(names[k], &t, &options, "event times 2:3 leave out some");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uneven_waves),
        cmocka_unit_test(test_treated_when_first_seen),
        cmocka_unit_test(test_adoption_after_the_panel),
        cmocka_unit_test(test_nobody_never_treated),
        cmocka_unit_test(test_references_that_are_none),
        cmocka_unit_test(test_one_date_for_all),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_labels_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
