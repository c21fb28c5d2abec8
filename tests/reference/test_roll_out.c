/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roll_out against every row of the R package staggered: its efficient estimator, and the two it
 * contains, by Callaway and Sant'Anna and by Sun and Abraham. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/staggered_data.h"

static const staggered_source_t sources[] = {
    {"mpdta", "countyreal", "year", "first_treat", "lemp", NULL, NULL},
    {"base_stagg", "id", "year", "year_treated", "y", NULL, NULL},
};

static jd_aggregate_t aggregate_of(const char *quantity)
{
    return strstr(quantity, "_simple")     ? JD_AGGREGATE_OVERALL
           : strstr(quantity, "_cohort")   ? JD_AGGREGATE_COHORT
           : strstr(quantity, "_calendar") ? JD_AGGREGATE_CALENDAR
                                           : JD_AGGREGATE_EVENT;
}

static void check_row(tally_t *t, const csv_t *e, int row)
{
    static staggered_data_t data;
    const char *estimator = csv_text(e, row, 2), *quantity = csv_text(e, row, 4);
    const char *term = csv_text(e, row, 5);
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    load_staggered(&sources[strcmp(csv_text(e, row, 1), "base_stagg") == 0], &data);
    o.aggregate = aggregate_of(quantity);
    o.roll_out.adjust = strcmp(estimator, "staggered") == 0 ? JD_ADJUST_EFFICIENT : JD_ADJUST_DID;
    o.roll_out.last_cohort_control = strcmp(estimator, "staggered_sa") == 0;
    o.roll_out.neyman = strncmp(quantity, "se_neyman", 9) == 0;
    int rc = jd_design_prepare(&design, jd_estimator_find("roll_out"), &data.panel, &o, &ctx);
    if (!rc) rc = jd_design_infer(design, data.y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("%s", ctx.message);
    int k = find_term(design, strcmp(term, "overall") == 0 ? "att" : term);
    assert_true(k >= 0);
    double b = fit.estimate[k], se = fit.std_error[k], value = csv_number(e, row, 6);
    int good = o.roll_out.neyman ? close_to(se, value, 0)
                                 : close_to(b, value, se) && close_to(se, csv_number(e, row, 7), 0);
    tally(t, good, e, row, b, se);
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_every_row_of_staggered(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    static const char *const families[] = {"staggered", "staggered_cs", "staggered_sa"};
    for (int f = 0; f < 3; f++) {
        tally_t t = {0};
        for (int row = 0; row < expected.rows; row++)
            if (strcmp(csv_text(&expected, row, 2), families[f]) == 0)
                check_row(&t, &expected, row);
        tally_print(&t, families[f]);
        assert_int_equal(t.missed, 0);
        assert_true(t.matched > 0);
    }
    csv_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_staggered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
