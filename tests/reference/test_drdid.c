/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drdid against every drdid_2x2 row of DRDID: two years of mpdta, and a repeated cross-section
 * whose covariates hardly overlap. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/staggered_data.h"

static void load_column(const csv_t *csv, const char *name, double *x)
{
    for (int i = 0; i < csv->rows; i++)
        x[i] = number(csv, i, name);
}

/* mpdta in 2006 and 2007: counties first treated in 2007 against those never treated. */
static void load_mpdta(staggered_data_t *d)
{
    const staggered_source_t source = {"mpdta", "countyreal", "year", "first_treat",
                                       "lemp",  "lpop",       NULL};
    load_staggered(&source, d);
    int64_t kept = 0;
    for (int64_t i = 0; i < d->panel.n; i++) {
        if (d->time[i] < 2006 || (d->cohort[i] != 0 && d->cohort[i] != 2007)) continue;
        d->unit[kept] = d->unit[i];
        d->time[kept] = d->time[i];
        d->cohort[kept] = d->cohort[i];
        d->x[kept] = d->x[i];
        d->y[kept++] = d->y[i];
    }
    d->panel.n = kept;
}

static void load_cross_section(staggered_data_t *d, double x[4][MAX_N])
{
    const staggered_source_t source = {"drdid_sim_rc", "id", "post", "d", "y", NULL, NULL};
    csv_t csv;
    load_staggered(&source, d);
    assert_true(csv_read(&csv, JD_REFERENCE_DATA "/drdid_sim_rc.csv"));
    load_column(&csv, "x1", x[0]);
    load_column(&csv, "x2", x[1]);
    load_column(&csv, "x3", x[2]);
    load_column(&csv, "x4", x[3]);
    csv_free(&csv);
}

static jd_method_t method_of(const char *call)
{
    return strstr(call, "\"imp\"")            ? JD_METHOD_IMPROVED
           : strstr(call, "ordid(")           ? JD_METHOD_REG
           : strstr(call, "normalized=TRUE")  ? JD_METHOD_IPW
           : strstr(call, "normalized=FALSE") ? JD_METHOD_ABADIE
                                              : JD_METHOD_DR;
}

static void check_row(tally_t *t, const csv_t *e, int row)
{
    static staggered_data_t d;
    static double x[4][MAX_N];
    static const char *const names[] = {"x1", "x2", "x3", "x4"};
    const char *call = csv_above(e, row, 3);
    const double *columns[4] = {x[0], x[1], x[2], x[3]};
    int cross = strstr(call, "panel=FALSE") != NULL;
    if (cross)
        load_cross_section(&d, x);
    else
        load_mpdta(&d);
    if (!cross) columns[0] = d.x;
    d.panel.x = columns;
    d.panel.x_name = names;
    d.panel.n_x = strstr(call, "xformla=~1") ? 0 : cross ? 4 : 1;
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.group_time.method = method_of(call);
    o.cross_sections = cross;
    o.group_time.drdid_sign = 1;
    int rc = jd_design_prepare(&design, jd_estimator_find("drdid"), &d.panel, &o, &ctx);
    if (!rc) rc = jd_design_infer(design, d.y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("%s: %s", csv_text(e, row, 0), ctx.message);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    double b = fit.estimate[0], s = fit.std_error[0];
    tally(t, close_to(b, value, se) && close_to(s, se, 0), e, row, b, s);
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_every_row_of_drdid(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    tally_t t = {0};
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (int row = 0; row < expected.rows; row++)
        if (strcmp(csv_text(&expected, row, 2), "drdid_2x2") == 0) check_row(&t, &expected, row);
    csv_free(&expected);
    tally_print(&t, "drdid_2x2");
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_drdid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
