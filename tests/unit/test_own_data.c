/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a file and roles to a panel; what is kept, coded, counted; every allocation may fail. */
#include <math.h>

#include "fault/failing.h"
#include "own_data.h"

static char path[64];
static jd_ctx_t ctx;
static const jd_own_roles_t usual = {.y = "y", .unit = "i", .time = "t", .cohort = "g"};

static void write_file(const char *text)
{
    snprintf(path, sizeof path, "%s/data.csv", folder);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static jd_own_data_t read_text(const char *text, const jd_own_roles_t *roles)
{
    jd_own_data_t data;
    write_file(text);
    jd_ctx_init(&ctx);
    if (own_data_read(&data, path, roles, NULL, &ctx)) fail_msg("%s", ctx.message);
    return data;
}

static void assert_codes(const int32_t *codes, const int32_t *expected, int n)
{
    for (int i = 0; i < n; i++)
        if (codes[i] != expected[i]) fail_msg("row %d: %d, not %d", i, codes[i], expected[i]);
}

static void test_small_ids_stay_and_others_are_coded_in_order(void **state)
{
    (void)state;
    static const struct {
        const char *ids[3];
        int32_t codes[3];
    } cases[] = {
        {{"7", "-3", "2147483646"}, {7, -3, 2147483646}},
        {{"7", "2147483648", "-9223372036854775808"}, {1, 2, 0}},
        {{"9007199254740993", "9007199254740992", "5"}, {2, 1, 0}},
        {{"b", "a", "\"b, c\""}, {1, 0, 2}},
        {{"1.5", "-2", "1.25"}, {2, 0, 1}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[256];
        const char *const *id = cases[k].ids;
        snprintf(text, sizeof text, "i,t,g,y\n%s,1,0,1\n%s,1,0,2\n%s,2,2,3\n", id[0], id[1], id[2]);
        jd_own_data_t data = read_text(text, &usual);
        assert_int_equal(data.panel.n, 3);
        assert_codes(data.panel.unit, cases[k].codes, 3);
        jd_own_data_free(&data);
    }
}

static void test_periods_are_counted_in_their_unit(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *cohort;
        jd_period_t kind;
        int32_t step;
        const char *shown;
    } cases[] = {
        {"2019", "2021", "2021", JD_PERIOD_NUMBER, 1, "2019"},
        {"2019Q4", "2020q2", "2020-Q2", JD_PERIOD_QUARTER, 1, "2019Q4"}, /* a gap: numbered */
        {"2019 Q4", "2020 Q2", "2020q2", JD_PERIOD_QUARTER, 1, "2019Q4"},
        {"2019-12-31 00:00:00", "2020-03-31T00:00:00Z", "2020-03-31T00:00:00", JD_PERIOD_QUARTER, 1,
         "2019Q4"},
        {"2019-12", "2020-02", "2020m2", JD_PERIOD_MONTH, 1, "2019-12"},
        {"2019-12", "2020-06", "2020-06", JD_PERIOD_QUARTER, 1, "2019Q4"},
        {"2019-06", "2020-06", "2021-06", JD_PERIOD_YEAR, 1, "2019"},
        {"2019-12-31", "2020-03-31", "2020-03-31", JD_PERIOD_QUARTER, 1, "2019Q4"},
        {"2020-01-31", "2020-02-29", "2020-02-29", JD_PERIOD_MONTH, 1, "2020-01"},
        {"2020-02-28", "2020-03-01", "2020-03-01", JD_PERIOD_DAY, 1, "2020-02-28"},
        {"1969-12-25", "1970-01-08", "1970-01-08", JD_PERIOD_WEEK, 1, "1969-12-25"},
        {"0001-01-03", "2400-02-29", "2400-02-29", JD_PERIOD_DAY, 1, "0001-01-03"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[256], shown[32];
        snprintf(text, sizeof text, "i,t,g,y\n1,%s,%s,1\n1,%s,%s,2\n", cases[k].first,
                 cases[k].cohort, cases[k].second, cases[k].cohort);
        jd_own_data_t data = read_text(text, &usual);
        assert_int_equal(data.period, cases[k].kind);
        assert_int_equal(data.panel.time[1] - data.panel.time[0], cases[k].step);
        assert_string_equal(jd_own_period_text(&data, data.first, shown, sizeof shown),
                            cases[k].shown);
        jd_own_data_free(&data);
    }
}

static void test_never(void **state)
{
    (void)state;
    static const int32_t expected[] = {0, 0, 0, 0, 0, 2004};
    jd_own_roles_t roles = usual;
    roles.never = "9999";
    jd_own_data_t data = read_text("i,t,g,y\n1,2003,0,1\n2,2003,,1\n3,2003,inf,1\n4,2003,9999,1\n"
                                   "5,2003,NA,1\n6,2003,2004,1\n",
                                   &roles);
    assert_codes(data.panel.cohort, expected, 6);
    jd_own_data_free(&data);
    roles.never = "none";
    data = read_text("i,t,g,y\n1,2020Q1,0,1\n2,2020Q1,,1\n3,2020Q1,Inf,1\n4,2020Q1,none,1\n"
                     "5,2020Q1,0.0,1\n",
                     &roles);
    assert_codes(data.panel.cohort, expected, 5);
    jd_own_data_free(&data);
}

static void test_rows_with_missing_values_are_counted_once(void **state)
{
    (void)state;
    const jd_own_roles_t roles = {.y = "y",
                                  .unit = "i",
                                  .time = "t",
                                  .treat = "d",
                                  .x = "x,z",
                                  .fixed = "f",
                                  .weights = "w",
                                  .cluster = "c"};
    jd_own_data_t data = read_text("i,t,d,y,x,z,f,w,c,other\n"
                                   "1,1,0,1,1,1,a,1,u,\n"
                                   ",1,0,,1,1,a,1,u,1\n"  /* outcome before unit */
                                   ",1,0,1,1,1,a,1,u,1\n" /* unit */
                                   "1,,0,1,1,1,a,1,u,1\n" /* period */
                                   "1,1,.,1,1,1,a,1,u,1\n"
                                   "1,1,0,1,1,1,a,NA,u,1\n"
                                   "1,1,0,1,inf,,a,1,u,1\n"
                                   "1,1,0,1,1,1,,1,,1\n"
                                   "1,2,1,-inf,1,1,a,1,u,1\n"
                                   "1,2,1,3,1,4,b,2,v,1\n",
                                   &roles);
    static const int64_t dropped[JD_OWN_REASONS] = {[JD_OWN_NO_Y] = 2, 1, 1, 1, 1, 1, 1};
    assert_int_equal(data.n_rows, 10);
    assert_int_equal(data.panel.n, 2);
    for (int i = 0; i < JD_OWN_REASONS; i++)
        assert_int_equal(data.dropped[i], dropped[i]);
    assert_int_equal(data.panel.n_x, 2);
    assert_string_equal(data.panel.x_name[1], "z");
    assert_true(data.panel.x[1][1] == 4 && data.panel.weight[1] == 2 && data.panel.treated[1] == 1);
    assert_int_equal(data.panel.n_fixed, 1);
    assert_int_not_equal(data.panel.fixed[0][0], data.panel.fixed[0][1]);
    assert_int_not_equal(data.panel.cluster[0], data.panel.cluster[1]);
    jd_own_data_free(&data);
}

static void test_crossed_ids_and_two_clusters(void **state)
{
    (void)state;
    static const int32_t unit[] = {1, 2, 0, 1}, fixed[] = {2, 0, 1, 2}, second[] = {7, 8, 7, 7};
    const jd_own_roles_t roles = {.y = "y",
                                  .unit = "s^i",
                                  .time = "t",
                                  .treat = "d",
                                  .fixed = "s,t^i^s",
                                  .cluster = "s,c",
                                  .coords = "a,b",
                                  .dose = "x",
                                  .eligible = "d"};
    jd_own_data_t data = read_text("s,i,t,d,y,c,a,b,x\nu,5,2,0,1,7,1,2,-1\nv,5,1,1,1,8,3,4,0\n"
                                   "u,4,2,0,1,7,5,6,.5\nu,5,2,0,1,7,7,8,2\n,5,2,0,1,7,7,8,2\n"
                                   "u,5,2,0,1,7,7,,2\nu,5,2,0,1,7,7,1,\n",
                                   &roles);
    assert_int_equal(data.panel.n, 4);
    assert_int_equal(data.dropped[JD_OWN_NO_PLACE], 1);
    assert_int_equal(data.dropped[JD_OWN_NO_TREAT], 1);
    assert_codes(data.panel.unit, unit, 4);
    assert_int_equal(data.panel.n_fixed, 2);
    assert_codes(data.panel.fixed[1], fixed, 4);
    assert_codes(data.panel.cluster2, second, 4);
    assert_true(data.panel.latitude[2] == 5 && data.panel.longitude[2] == 6);
    assert_true(data.panel.dose[0] == -1 && data.panel.eligible[1] == 1);
    jd_own_data_free(&data);
}

/* reghdfe's absorb(): the effects named and no others. */
static void test_absorb(void **state)
{
    (void)state;
    static const struct {
        const char *absorb;
        int n_fixed;
        bool no_unit, no_time;
    } cases[] = {{"i,t", 0, false, false},
                 {"t", 0, true, false},
                 {"i,t^g", 1, false, true},
                 {"g", 1, true, true},
                 {"g,t,i,y", 2, false, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_own_roles_t roles = usual;
        roles.absorb = cases[k].absorb;
        jd_own_data_t data = read_text("i,t,g,y\n1,1,2,1\n1,2,2,2\n2,1,0,1\n2,2,0,3\n", &roles);
        assert_int_equal(data.panel.n_fixed, cases[k].n_fixed);
        assert_int_equal(data.no_unit_effects, cases[k].no_unit);
        assert_int_equal(data.no_time_effects, cases[k].no_time);
        jd_own_data_free(&data);
    }
}

static void test_slopes_that_differ_by_level(void **state)
{
    (void)state;
    static const struct {
        const char *fixed, *absorb;
        int n_fixed;
        bool no_unit;
        double first; /* of the variable in the second row */
    } cases[] = {{"i[x]", NULL, 0, false, 7},     {"i[[x]]", NULL, 0, false, 7},
                 {"f[x]", NULL, 1, false, 7},     {"f[[t]]", NULL, 0, false, 2},
                 {"f^g[x],f", NULL, 2, false, 7}, {NULL, "t,i[x]", 0, false, 7},
                 {NULL, "t,i[[x]]", 0, true, 7}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_own_roles_t roles = usual;
        roles.fixed = cases[k].fixed;
        roles.absorb = cases[k].absorb;
        jd_own_data_t data =
            read_text("i,t,g,y,f,x\n1,1,2,1,a,5\n1,2,2,2,a,7\n2,1,0,1,b,1\n2,2,0,3,b,\n"
                      "2,3,0,3,b,4\n",
                      &roles);
        assert_int_equal(data.panel.n, strstr(cases[k].fixed ? cases[k].fixed : "x", "t") ? 5 : 4);
        assert_int_equal(data.panel.n_fixed, cases[k].n_fixed);
        assert_int_equal(data.panel.n_slopes, 1);
        assert_int_equal(data.no_unit_effects, cases[k].no_unit);
        assert_true(data.panel.slope[0][1] - data.panel.slope[0][0] ==
                    (cases[k].first == 7 ? 2 : 1));
        assert_int_equal(data.panel.slope_level[0][0], data.panel.slope_level[0][1]);
        assert_int_not_equal(data.panel.slope_level[0][1], data.panel.slope_level[0][2]);
        jd_own_data_free(&data);
    }
    static const char *const wrong[] = {"i[x", "i[]", "i[[x]", "i[x]]", "i[x]z", "i[[x]z]", "i["};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        jd_own_roles_t roles = usual;
        jd_own_data_t data;
        roles.fixed = wrong[k];
        assert_int_equal(own_data_read(&data, path, &roles, NULL, &ctx), JD_ERR_ARGUMENT);
        if (!strstr(ctx.message, "are written i[NAME]")) fail_msg("%s: %s", wrong[k], ctx.message);
    }
}

static void test_rows_as_units(void **state)
{
    (void)state;
    static const int32_t expected[] = {0, 1, 2};
    const jd_own_roles_t roles = {.y = "y", .time = "t", .cohort = "g", .no_unit = true};
    jd_own_data_t data = read_text("t,g,y\n1,2,1\n2,2,2\n2,0,3\n", &roles);
    assert_codes(data.panel.unit, expected, 3);
    jd_own_data_free(&data);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"i,t,d,y,w\n1,1,2,1,1\n", "--treat d: row 1 holds 2"},
        {"i,t,d,y,w\n1,1,1,1,1\n1,2,1,1,-1\n", "--weights w: row 2 holds -1"},
        {"i,t,d,y,w\n1,1,a,1,1\n", "--treat d: row 1 holds 'a'"},
    };
    const jd_own_roles_t roles = {.y = "y", .unit = "i", .time = "t", .treat = "d", .weights = "w"};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        jd_own_data_t data;
        write_file(cases[k].text);
        jd_ctx_init(&ctx);
        assert_int_equal(own_data_read(&data, path, &roles, NULL, &ctx), JD_ERR_DATA);
        if (!strstr(ctx.message, cases[k].message)) fail_msg("%s", ctx.message);
        assert_null(data.y);
    }
}

/* Estimates do not depend on the order of the rows or the names of ids. */
static void test_shuffled_rows_and_renamed_ids(void **state)
{
    (void)state;
    static const char *const texts[] = {"i,t,g,y\n1,1,0,1\n1,2,0,2\n1,3,0,4\n2,1,2,1\n2,2,2,3\n2,3,"
                                        "2,7\n3,1,3,0\n3,2,3,1\n3,3,3,1\n",
                                        "i,t,g,y\nz,2,2,3\nz,1,2,1\ny,3,0,4\nx,1,3,0\ny,2,0,2\nx,3,"
                                        "3,1\ny,1,0,1\nx,2,3,1\nz,3,2,7\n"};
    double first = 0;
    for (int k = 0; k < 2; k++) {
        const jd_vcov_options_t vcov = {0};
        jd_did_options_t options;
        jd_did_defaults(&options);
        jd_own_result_t result;
        jd_own_data_t data = read_text(texts[k], &usual);
        const jd_own_ask_t ask = {
            .estimators = "twfe", .how = &options, .vcov = &vcov, .level = 0.95};
        assert_int_equal(jd_own_estimate(&result, &data, &ask, &ctx), JD_OK);
        double estimate = JD_CELLS(&result.estimates, JD_OWN_ESTIMATE, double)[0];
        if (k == 0) first = estimate;
        assert_true(fabs(estimate - first) < 1e-12);
        jd_own_result_free(&result);
        jd_own_data_free(&data);
    }
}

static double cell(const jd_table_t *t, const char *term, int column)
{
    char text[64];
    for (int64_t i = 0; i < t->rows; i++)
        if (!strcmp(jd_table_text(t, JD_OWN_TERM, i, text, sizeof text), term))
            return jd_table_number(t, column, i);
    fail_msg("no term %s", term);
    return 0;
}

/* Every second year: event times count observed periods. */
static void test_periods_further_apart(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "i,t,g,y\n1,1,3,1\n1,2,3,2\n1,3,3,7\n1,4,3,6\n2,1,0,3\n2,2,0,2\n"
        "2,3,0,4\n2,4,0,1\n3,1,0,3\n3,2,0,1\n3,3,0,1\n3,4,0,1\n",
        "i,t,g,y\n1,2,6,1\n1,4,6,2\n1,6,6,7\n1,8,6,6\n2,2,0,3\n2,4,0,2\n"
        "2,6,0,4\n2,8,0,1\n3,2,0,3\n3,4,0,1\n3,6,0,1\n3,8,0,1\n"};
    const jd_vcov_options_t vcov = {0};
    jd_did_options_t options;
    jd_own_result_t result[2];
    jd_did_defaults(&options);
    for (int k = 0; k < 2; k++) {
        const jd_own_ask_t ask = {
            .estimators = "event_study", .how = &options, .vcov = &vcov, .level = 0.95};
        jd_own_data_t data = read_text(texts[k], &usual);
        assert_int_equal(data.step, 1);
        assert_int_equal(jd_own_estimate(&result[k], &data, &ask, &ctx), JD_OK);
        jd_own_data_free(&data);
    }
    static const char *const terms[][2] = {{"att", "att"}, {"e=-2", "e=-2"}, {"e=1", "e=1"}};
    for (int k = 0; k < 3; k++)
        for (int c = JD_OWN_ESTIMATE; c <= JD_OWN_P_VALUE; c++)
            assert_true(cell(&result[0].estimates, terms[k][0], c) ==
                        cell(&result[1].estimates, terms[k][1], c));
    for (int k = 0; k < 2; k++)
        jd_own_result_free(&result[k]);
}

/* Covariates of any size count as they would otherwise. */
static void test_huge_and_tiny_covariates(void **state)
{
    (void)state;
    double att[3], slope[3];
    for (int k = 0; k < 3; k++) {
        static const char *const powers[] = {"", "e200", "e-200"};
        const char *e = powers[k];
        char text[512];
        snprintf(text, sizeof text,
                 "i,t,g,y,x\n1,1,2,1,.5%s\n1,2,2,4,.7%s\n2,1,0,1,.1%s\n2,2,0,2,.8%s\n3,1,0,2,.4%s\n"
                 "3,2,0,2,.3%s\n4,1,2,1,.2%s\n4,2,2,2,.9%s\n",
                 e, e, e, e, e, e, e, e);
        jd_own_roles_t roles = usual;
        roles.x = "x";
        const jd_vcov_options_t vcov = {0};
        jd_did_options_t options;
        jd_did_defaults(&options);
        const jd_own_ask_t ask = {
            .estimators = "twfe", .how = &options, .vcov = &vcov, .level = 0.95};
        jd_own_result_t result;
        jd_own_data_t data = read_text(text, &roles);
        assert_int_equal(jd_own_estimate(&result, &data, &ask, &ctx), JD_OK);
        att[k] = cell(&result.estimates, "att", JD_OWN_ESTIMATE);
        slope[k] = cell(&result.estimates, "x", JD_OWN_ESTIMATE);
        jd_own_result_free(&result);
        jd_own_data_free(&data);
    }
    for (int k = 1; k < 3; k++) {
        assert_true(fabs(att[k] - att[0]) < 1e-12);
        assert_true(fabs(slope[k] * (k == 1 ? 1e200 : 1e-200) - slope[0]) < 1e-12);
    }
}

/* ---- Memory ---- */

static FILE *out; /* what is printed goes there */

static int work(jd_ctx_t *inner)
{
    const jd_own_roles_t roles = {.y = "y",
                                  .unit = "i",
                                  .time = "t",
                                  .cohort = "g",
                                  .x = "x",
                                  .fixed = "f,f^i",
                                  .weights = "w",
                                  .cluster = "c",
                                  .origin = true};
    const jd_vcov_options_t vcov = {0};
    jd_did_options_t options;
    jd_did_defaults(&options);
    jd_own_data_t data = {0};
    jd_own_result_t result = {0};
    const jd_own_ask_t ask = {.estimators = "all",
                              .diagnostics = "all",
                              .how = &options,
                              .vcov = &vcov,
                              .level = 0.95,
                              .weights = true};
    int rc = own_data_read(&data, path, &roles, NULL, inner);
    if (!rc) rc = jd_own_estimate(&result, &data, &ask, inner);
    if (!rc) rc = jd_own_print(out, &data, &result, path, inner);
    jd_table_t all = {0}, weights = {0};
    if (!rc) rc = jd_own_all_lines(&all, &result, inner);
    if (!rc) rc = jd_own_weights_table(&weights, &data, &result, inner);
    jd_own_weights_free(&weights);
    jd_table_free(&all);
    jd_own_result_free(&result);
    jd_own_data_free(&data);
    return rc;
}

static void test_remarks(void **state)
{
    (void)state;
    static const jd_own_roles_t treat = {.y = "y", .unit = "i", .time = "t", .treat = "d"};
    static const struct {
        const char *rows;
        const jd_own_roles_t *roles;
        int n;
        const char *remark;
    } cases[] = {
        {"a,1,0,0,1\nb,1,2,0,1\na,2,0,0,1\nb,2,2,1,1\n", &usual, 0, ""},
        {"b,2,0,0,1\na,1,2,0,1\nb,1,0,0,1\na,2,2,1,1\nb,2,0,0,1\n", &usual, 1,
         "1 row repeats the unit and period of another (first: row 5, unit b, 2);"},
        {"a,1,4,0,1\na,2,4,0,1\n", &usual, 1, "cohort 4 (2 rows) adopts after the last period"},
        {"a,1,9999,0,1\na,2,9999,0,1\n", &usual, 1, "a code for never goes with --never"},
        {"a,1,0,TRUE,1\na,2,0,TRUE,1\nb,1,0,FALSE,1\n", &treat, 1, "no unit's treatment ever"},
        {"a,1,0,TRUE,1\na,2,0,,1\na,3,0,FALSE,1\n", &treat, 0, ""},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[256];
        snprintf(text, sizeof text, "i,t,g,d,y\n%s", cases[k].rows);
        jd_own_data_t data = read_text(text, cases[k].roles);
        assert_int_equal(data.n_remarks, cases[k].n);
        if (cases[k].n && !strstr(data.remark[0], cases[k].remark)) fail_msg("%s", data.remark[0]);
        jd_own_data_free(&data);
    }
}

static void test_words_for_missing(void **state)
{
    (void)state;
    const jd_csv_style_t style = {.missing = "-999,n.a."};
    jd_own_data_t data;
    write_file("i,t,g,y\na,1,0,-999\na,2,n.a.,-99\nb,1,0,n.a.\nb,2,-999,3\n");
    if (own_data_read(&data, path, &usual, &style, &ctx)) fail_msg("%s", ctx.message);
    assert_int_equal(data.panel.n, 2);
    assert_int_equal(data.dropped[JD_OWN_NO_Y], 2);
    assert_true(data.y[0] == -99);
    assert_int_equal(data.panel.cohort[1], 0);
    jd_own_data_free(&data);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    write_file("i,t,g,y,x,f,w,c\n\"a\",2020Q1,0,1,2,f,1,1\na,2020Q2,0,2,1,g,1,1\nb,2020Q1,2020Q2,1,"
               "3,f,2,2\n"
               "b,2020Q2,2020Q2,4,1,f,2,2\nc,2020Q1,0,2,2,g,1,3\nc,2020Q2,0,2,5,g,1,3\n"
               "d,2020Q1,2020Q2,1,1,g,1,4\nd,2020Q2,2020Q2,3,0,g,2,4\n");
    out = fopen("/dev/null", "w");
    assert_non_null(out);
    for (long n = 0;; n++) {
        const long blocks = failing.blocks;
        fail_at(FAIL_MEMORY, n, &ctx);
        int rc = work(&ctx);
        bool failed = stop_failing();
        if (failing.blocks != blocks)
            fail_msg("allocation %ld: %ld leaked", n, failing.blocks - blocks);
        if (!failed) {
            if (rc) fail_msg("nothing failed, yet: %s", ctx.message);
            assert_true(n > 60);
            fclose(out);
            return;
        }
        if (rc != JD_ERR_NO_MEMORY || !strstr(ctx.message, "memory"))
            fail_msg("allocation %ld: code %d: %s", n, rc, ctx.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_ids_stay_and_others_are_coded_in_order),
        cmocka_unit_test(test_periods_are_counted_in_their_unit),
        cmocka_unit_test(test_never),
        cmocka_unit_test(test_rows_with_missing_values_are_counted_once),
        cmocka_unit_test(test_crossed_ids_and_two_clusters),
        cmocka_unit_test(test_absorb),
        cmocka_unit_test(test_slopes_that_differ_by_level),
        cmocka_unit_test(test_rows_as_units),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_shuffled_rows_and_renamed_ids),
        cmocka_unit_test(test_periods_further_apart),
        cmocka_unit_test(test_huge_and_tiny_covariates),
        cmocka_unit_test(test_remarks),
        cmocka_unit_test(test_words_for_missing),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
