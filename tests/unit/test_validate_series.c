/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What validate keeps of a replicate: which leads the pre-test looks at, whose test is rejected
 * without the policy, and which replicates can be used. */
#include "support.h"

#include <math.h>

#include "sweep/validate/validate.h"

/* A row of /estimates: an effect and its standard error, interval of two of these. */
static void add_row(jd_table_t *t, const char *estimator, const char *term, int32_t event, double b,
                    double se)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_table_reserve(t, t->rows + 1, &ctx), JD_OK);
    int64_t i = t->rows++;
    jd_table_set_text(t, JD_EST_PANEL, i, "dgp");
    jd_table_set_text(t, JD_EST_ESTIMATOR, i, estimator);
    jd_table_set_text(t, JD_EST_TERM, i, term);
    jd_table_set_number(t, JD_EST_EVENT_TIME, i, event);
    jd_table_set_number(t, JD_EST_ESTIMATE, i, b);
    jd_table_set_number(t, JD_EST_STD_ERROR, i, se);
    jd_table_set_number(t, JD_EST_CI_LOW, i, b - 2 * se);
    jd_table_set_number(t, JD_EST_CI_HIGH, i, b + 2 * se);
    jd_table_set_number(t, JD_EST_ATT, i, 1);
    jd_table_set_number(t, JD_EST_ADE, i, (double)NAN);
}

static void begin(jd_table_t *t)
{
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_estimates_init(t, &ctx), JD_OK);
}

/* Whether an overall effect passes where the lead at `event` is so large; twfe has no leads. */
static int8_t passes(const char *overall, const char *leads, int32_t event, double b, double se)
{
    jd_table_t t, none = {0};
    jd_series_list_t list = {0};
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    begin(&t);
    add_row(&t, overall, "att", JD_NO_EVENT, 1, 0.1);
    add_row(&t, leads, "e=-3", -3, 0.01, 0.1);
    add_row(&t, leads, "e=x", event, b, se);
    assert_int_equal(jd_series_add(&list, 0, 0, &t, &none, &ctx), JD_OK);
    int8_t passed = list.series[0].passed[0];
    assert_int_equal(list.series[1].passed[0], -1); /* a lead is not judged */
    assert_int_equal(list.series[0].rejected[0], -1);
    jd_series_free(&list);
    jd_table_free(&t);
    return passed;
}

static void test_which_leads_are_looked_at(void **state)
{
    (void)state;
    assert_int_equal(passes("a", "a", -2, 0.1, 0.1), 1);
    assert_int_equal(passes("a", "a", -2, 0.3, 0.1), 0);
    assert_int_equal(passes("a", "a", -1, 0.3, 0.1), 0); /* neighbouring periods compared */
    assert_int_equal(passes("a", "a", -1, 0, 0), 1);     /* a reference */
    assert_int_equal(passes("a", "a", 0, 0.3, 0.1), 1);
    assert_int_equal(passes("twfe", "event_study", -2, 0.3, 0.1), 0);
    assert_int_equal(passes("twfe", "other", -2, 0.3, 0.1), -1);
}

static void test_rejections_and_use(void **state)
{
    (void)state;
    jd_series_list_t list = {0};
    jd_series_t used;
    jd_ctx_t ctx;
    jd_ctx_init(&ctx);
    for (int32_t r = 0; r < 100; r++) {
        jd_table_t t, null;
        begin(&t);
        begin(&null);
        add_row(&t, "b", "att", JD_NO_EVENT, 2, 0.1);
        add_row(&t, "a", "att", JD_NO_EVENT, r, r == 7 ? (double)NAN : 0.1);
        add_row(&null, "a", "att", JD_NO_EVENT, r % 2 ? 1 : 0, 0.1);
        assert_int_equal(jd_series_add(&list, r % 2, r, &t, &null, &ctx), JD_OK);
        jd_table_free(&t);
        jd_table_free(&null);
    }
    assert_int_equal(list.n, 4); /* two points, two estimators */
    const jd_series_t *odd = &list.series[3];
    assert_string_equal(odd->estimator, "a");
    assert_int_equal(odd->point, 1);
    assert_int_equal(odd->n, 50);
    assert_int_equal(odd->rejected[0], 1);
    assert_int_equal(list.series[1].rejected[0], 0);
    assert_int_equal(jd_series_usable(odd, false, &used, &ctx), JD_OK);
    assert_int_equal(used.n, 49);
    for (int64_t i = 0; i < used.n; i++) {
        assert_true(used.estimate[i] == used.replicate[i] && used.replicate[i] != 7);
        assert_true(used.att[i] == 1);
    }
    jd_series_drop(&used);
    assert_int_equal(jd_series_usable(odd, true, &used, &ctx), JD_OK);
    assert_int_equal(used.n, 0); /* no direct effect is known */
    jd_series_drop(&used);
    jd_series_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_leads_are_looked_at),
        cmocka_unit_test(test_rejections_and_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
