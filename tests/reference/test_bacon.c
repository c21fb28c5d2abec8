/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goodman-Bacon's decomposition against bacondecomp, row by row, and against our own two-way
 * fixed effects. */
#include "support.h"

#include "jiedao/bacon.h"
#include "jiedao/did.h"
#include "reference/tally.h"

enum { MAX_N = 3000 };

static const struct {
    const char *name, *data, *y, *unit, *cohort, *x[2];
} cases[] = {
    {"bacon_castle", "castle", "l_homicide", "sid", "effyear", {0}},
    {"bacon_castle_x", "castle", "l_homicide", "sid", "effyear", {"l_pop", "l_income"}},
    {"bacon_mpdta", "mpdta", "lemp", "countyreal", "first_treat", {0}},
    {"bacon_stagg", "base_stagg", "y", "id", "year_treated", {0}},
};

typedef struct {
    jd_panel_t panel;
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N];
    double y[MAX_N], x[2][MAX_N];
    const double *column[2];
} data_t;

static void load(size_t c, data_t *d)
{
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", cases[c].data);
    assert_true(csv_read(&csv, path));
    assert_true(csv.rows <= MAX_N);
    for (int i = 0; i < csv.rows; i++) {
        double g = csv_number(&csv, i, csv_find(&csv, cases[c].cohort));
        d->cohort[i] = isnan(g) || g == 10000 ? 0 : (int32_t)g;
        d->unit[i] = (int32_t)csv_number(&csv, i, csv_find(&csv, cases[c].unit));
        d->time[i] = (int32_t)csv_number(&csv, i, csv_find(&csv, "year"));
        d->y[i] = csv_number(&csv, i, csv_find(&csv, cases[c].y));
        for (int k = 0; k < 2 && cases[c].x[k]; k++)
            d->x[k][i] = csv_number(&csv, i, csv_find(&csv, cases[c].x[k]));
    }
    d->panel = (jd_panel_t){.n = csv.rows, .unit = d->unit, .time = d->time, .cohort = d->cohort};
    for (int k = 0; k < 2; k++)
        d->column[k] = d->x[k];
    d->panel.n_x = cases[c].x[0] ? 2 : 0;
    d->panel.x = d->column;
    d->panel.x_name = cases[c].x;
    csv_free(&csv);
}

/* Our number for a row's quantity and term ("treated=2006,untreated=Inf,Treated vs Untreated"). */
static double ours(const jd_bacon_t *b, const char *quantity, const char *term)
{
    if (strcmp(quantity, "weighted_sum") == 0) return b->between;
    if (strcmp(quantity, "Omega") == 0) return b->omega;
    if (strcmp(quantity, "beta_within") == 0) return b->within;
    for (int k = 0; k < JD_BACON_KINDS; k++) {
        if (strcmp(term, jd_bacon_kind_name((jd_bacon_kind_t)k)) != 0) continue;
        if (strcmp(quantity, "type_weight") == 0) return b->kind_weight[k];
        if (strcmp(quantity, "type_avg_estimate") == 0) return b->kind_estimate[k];
    }
    for (int p = 0; p < b->n_pairs; p++) {
        const jd_bacon_pair_t *pair = &b->pairs[p];
        char text[96], control[16];
        snprintf(control, sizeof control, "%d", pair->control);
        snprintf(text, sizeof text, "treated=%d,untreated=%s,%s", pair->treated,
                 pair->control ? control : "Inf", jd_bacon_kind_name(pair->kind));
        if (strcmp(text, term) == 0)
            return strcmp(quantity, "weight") == 0 ? pair->weight : pair->estimate;
    }
    return (double)NAN;
}

static double twfe(const data_t *d)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *design = NULL;
    double estimate[3];
    const double *y = d->y;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    assert_int_equal(
        jd_design_prepare(&design, jd_estimator_find("twfe"), &d->panel, &options, &ctx), JD_OK);
    assert_int_equal(jd_design_estimate(design, &y, 1, estimate, &ctx), JD_OK);
    jd_design_free(design);
    return estimate[0];
}

static void test_every_row(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static data_t data;
    csv_t e;
    tally_t t = {0};
    assert_true(csv_read(&e, JD_REFERENCE_ROWS));
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        jd_ctx_t ctx;
        jd_bacon_t bacon = {0};
        jd_ctx_init(&ctx);
        load(c, &data);
        assert_int_equal(jd_bacon_decompose(&bacon, &data.panel, data.y, &ctx), JD_OK);
        double sum = (1 - bacon.omega) * bacon.between;
        if (bacon.omega > 0) sum += bacon.omega * bacon.within;
        assert_true(fabs(bacon.estimate - twfe(&data)) <= 1e-11);
        assert_true(fabs(bacon.estimate - sum) <= 1e-11);
        for (int row = 0; row < e.rows; row++) {
            if (strcmp(csv_text(&e, row, 0), cases[c].name) != 0) continue;
            double value = csv_number(&e, row, 6);
            double own = ours(&bacon, csv_text(&e, row, 4), csv_text(&e, row, 5));
            int same = fabs(own - value) <= 1e-8 * fabs(value) + 1e-12;
            tally(&t, same, &e, row, own, (double)NAN);
        }
        jd_bacon_free(&bacon);
    }
    csv_free(&e);
    tally_print(&t, "bacon");
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

static void test_refusals(void **state)
{
    (void)state;
    const int32_t unit[] = {1, 1, 2, 2}, time[] = {1, 2, 1, 2}, gap[] = {1, 2, 1, 1};
    const int32_t cohort[] = {2, 2, 0, 0}, never[] = {0, 0, 0, 0}, same[] = {2, 2, 2, 2};
    const double y[] = {1, 5, 2, 3}, w[] = {1, 1, 1, 1};
    jd_ctx_t ctx;
    jd_bacon_t b;
    jd_ctx_init(&ctx);
    jd_panel_t panel = {.n = 4, .unit = unit, .time = time, .cohort = cohort};
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_OK);
    assert_true(b.n_pairs == 1 && fabs(b.estimate - 3) < 1e-14 && b.pairs[0].weight == 1);
    jd_bacon_free(&b);
    panel.time = gap;
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_ERR_DATA);
    panel.time = time;
    panel.cohort = never;
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_ERR_NO_TREATED);
    panel.cohort = same;
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_ERR_NO_CONTROLS);
    panel.weight = w;
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_ERR_UNSUPPORTED);
}

/* Cohorts 2001 and 2002 are treated alike in data of every second year: no pair, not 0 times NaN.
 */
static void test_cohorts_that_never_differ(void **state)
{
    (void)state;
    const int32_t unit[] = {1, 1, 1, 2, 2, 2, 3, 3, 3};
    const int32_t time[] = {2000, 2002, 2004, 2000, 2002, 2004, 2000, 2002, 2004};
    const int32_t cohort[] = {2001, 2001, 2001, 2002, 2002, 2002, 0, 0, 0};
    const double y[] = {1, 5, 6, 2, 4, 8, 0, 1, 2};
    const jd_panel_t panel = {.n = 9, .unit = unit, .time = time, .cohort = cohort};
    jd_ctx_t ctx;
    jd_bacon_t b;
    jd_ctx_init(&ctx);
    assert_int_equal(jd_bacon_decompose(&b, &panel, y, &ctx), JD_OK);
    assert_int_equal(b.n_pairs, 2);
    assert_true(fabs(b.estimate - 2.75) < 1e-14);
    jd_bacon_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cohorts_that_never_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
