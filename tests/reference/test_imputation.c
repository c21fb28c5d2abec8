/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imputation and two-stage against didimputation, did2s and the same by hand, on real data. Every
 * row of these families is matched, not matched, or named not applicable with why. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/tally.h"

enum { MAX_N = 3000, MAX_X = 5, MAX_LEADS = 4 };

typedef struct {
    const char *name, *estimator, *data;
    int by_event; /* terms by event time too */
    int weighted, n_x;
    int n_leads, leads[MAX_LEADS];
} case_t;

static const case_t cases[] = {
    {.name = "imp_mpdta", .estimator = "imputation", .data = "mpdta"},
    {.name = "imp_mpdta_h",
     .estimator = "imputation",
     .data = "mpdta",
     .by_event = 1,
     .n_leads = -1},
    {.name = "imp_mpdta_pre2",
     .estimator = "imputation",
     .data = "mpdta",
     .by_event = 1,
     .n_leads = 2,
     .leads = {-2, -1}},
    {.name = "imp_mpdta_clstate", .estimator = "imputation", .data = "mpdta"},
    {.name = "imp_stagg", .estimator = "imputation", .data = "base_stagg"},
    {.name = "imp_stagg_h", .estimator = "imputation", .data = "base_stagg", .by_event = 1},
    {.name = "imp_stagg_x",
     .estimator = "imputation",
     .data = "base_stagg",
     .by_event = 1,
     .n_x = 1},
    {.name = "imp_castle", .estimator = "imputation", .data = "castle"},
    {.name = "imp_castle_h", .estimator = "imputation", .data = "castle", .by_event = 1},
    {.name = "imp_castle_w", .estimator = "imputation", .data = "castle", .weighted = 1},
    {.name = "imph_mpdta", .estimator = "imputation", .data = "mpdta", .by_event = 1},
    {.name = "imph_mpdta_w",
     .estimator = "imputation",
     .data = "mpdta",
     .by_event = 1,
     .weighted = 1},
    {.name = "imph_stagg", .estimator = "imputation", .data = "base_stagg", .by_event = 1},
    {.name = "imph_stagg_x",
     .estimator = "imputation",
     .data = "base_stagg",
     .by_event = 1,
     .n_x = 1},
    {.name = "imph_castle", .estimator = "imputation", .data = "castle", .by_event = 1},
    {.name = "imph_castle_w",
     .estimator = "imputation",
     .data = "castle",
     .by_event = 1,
     .weighted = 1},
    {.name = "did2s_mpdta", .estimator = "two_stage", .data = "mpdta"},
    {.name = "did2s_mpdta_es", .estimator = "two_stage", .data = "mpdta", .by_event = 1},
    {.name = "did2s_mpdta_x", .estimator = "two_stage", .data = "mpdta", .n_x = 5},
    {.name = "did2s_stagg", .estimator = "two_stage", .data = "base_stagg", .n_x = 1},
    {.name = "did2s_stagg_es", .estimator = "two_stage", .data = "base_stagg", .by_event = 1},
    {.name = "did2s_castle", .estimator = "two_stage", .data = "castle"},
    {.name = "did2s_castle_w", .estimator = "two_stage", .data = "castle", .weighted = 1},
    {.name = "did2s_castle_es", .estimator = "two_stage", .data = "castle", .by_event = 1},
};

/* Names of the columns of a data file. */
static const struct {
    const char *data, *y, *unit, *time, *cohort;
} files[] = {
    {"mpdta", "lemp", "countyreal", "year", "first_treat"},
    {"base_stagg", "y", "id", "year", "year_treated"},
    {"castle", "l_homicide", "sid", "year", "effyear"},
};

typedef struct {
    jd_panel_t panel;
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N], cluster[MAX_N];
    double weight[MAX_N], y[MAX_N], x[MAX_X][MAX_N];
    const double *x_column[MAX_X];
} data_t;

static double number(const csv_t *csv, int row, const char *name)
{
    int column = csv_find(csv, name);
    assert_true(column >= 0);
    return csv_number(csv, row, column);
}

/* x1; or lpop by year, one column a year, 2003 to 2007. */
static double covariate(const csv_t *csv, int row, const case_t *c, int k, int time)
{
    if (c->n_x == 1) return number(csv, row, "x1");
    return time == 2003 + k ? number(csv, row, "lpop") : 0;
}

static void load(const case_t *c, data_t *d)
{
    static const char *const names[MAX_X] = {"x1", "x2", "x3", "x4", "x5"};
    char path[512];
    csv_t csv;
    int f = 0, mpdta = strcmp(c->data, "mpdta") == 0;
    while (strcmp(files[f].data, c->data) != 0)
        f++;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", c->data);
    assert_true(csv_read(&csv, path));
    assert_true(csv.rows <= MAX_N);
    memset(d, 0, sizeof *d);
    for (int i = 0; i < csv.rows; i++) {
        double cohort = number(&csv, i, files[f].cohort);
        d->unit[i] = (int32_t)number(&csv, i, files[f].unit);
        d->time[i] = (int32_t)number(&csv, i, files[f].time);
        d->cohort[i] = isnan(cohort) || cohort == 10000 ? 0 : (int32_t)cohort;
        d->cluster[i] = strstr(c->name, "clstate") ? d->unit[i] / 1000 : d->unit[i];
        d->y[i] = number(&csv, i, files[f].y);
        d->weight[i] = mpdta ? 1 + d->unit[i] % 7 : c->weighted ? number(&csv, i, "popwt") : 1;
        for (int k = 0; k < c->n_x; k++)
            d->x[k][i] = covariate(&csv, i, c, k, d->time[i]);
    }
    for (int k = 0; k < c->n_x; k++)
        d->x_column[k] = d->x[k];
    d->panel = (jd_panel_t){.n = csv.rows,
                            .unit = d->unit,
                            .time = d->time,
                            .cohort = d->cohort,
                            .weight = c->weighted ? d->weight : NULL,
                            .cluster = d->cluster,
                            .n_x = c->n_x,
                            .x = d->x_column,
                            .x_name = names};
    csv_free(&csv);
}

typedef struct {
    const case_t *c;
    data_t data;
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static void fit_case(fitted_t *f, const case_t *c)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    if (f->c == c) return;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    load(c, &f->data);
    for (int k = 0; k < MAX_LEADS; k++)
        options.imputation.pretrend.value[k] = c->leads[k];
    if (!c->by_event) options.aggregate = JD_AGGREGATE_OVERALL;
    options.imputation.pretrend.n = c->n_leads;
    int rc = jd_design_prepare(&f->design, jd_estimator_find(c->estimator), &f->data.panel,
                               &options, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->data.y, NULL, 0.95, &f->fit, &ctx);
    if (rc) print_error("%s: %s\n", c->name, ctx.message);
    assert_int_equal(rc, JD_OK);
    f->c = c;
}

/* "overall", "D::1", "stp::1" are our "att"; "rel::-2" is "e=-2". */
static int find_term(const fitted_t *f, const char *name)
{
    char own[64];
    if (strncmp(name, "rel::", 5) == 0)
        snprintf(own, sizeof own, "e=%s", name + 5);
    else
        snprintf(own, sizeof own, "%s", name[0] == 'e' ? name : "att");
    for (int k = 0; k < f->fit.n_terms; k++)
        if (strcmp(jd_design_terms(f->design)[k].name, own) == 0) return k;
    return -1;
}

static int near(double ours, double theirs, double scale)
{
    return fabs(ours - theirs) <= 1e-8 * fabs(theirs) + 1e-10 * scale;
}

static int check_row(const fitted_t *f, const csv_t *e, int row)
{
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    if (strcmp(csv_text(e, row, 4), "nobs") == 0) return near((double)f->fit.n_obs, value, 0);
    int k = find_term(f, csv_text(e, row, 5));
    if (k < 0) return 0;
    int same = near(f->fit.estimate[k], value, f->fit.std_error[k]) &&
               (isnan(se) || near(f->fit.std_error[k], se, 0));
    if (!same) print_error("ours %.17g (%.17g): ", f->fit.estimate[k], f->fit.std_error[k]);
    return same;
}

static void check_family(const csv_t *e, const char *family)
{
    static fitted_t f;
    tally_t t = {0};
    for (int row = 0; row < e->rows; row++) {
        if (strcmp(csv_text(e, row, 2), family) != 0) continue;
        size_t c = 0;
        while (c < sizeof cases / sizeof *cases && strcmp(cases[c].name, csv_text(e, row, 0)) != 0)
            c++;
        int same = 0;
        if (c < sizeof cases / sizeof *cases) {
            fit_case(&f, &cases[c]);
            same = check_row(&f, e, row);
        }
        tally(&t, same, e, row, (double)NAN, (double)NAN);
    }
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    memset(&f, 0, sizeof f);
    tally_print(&t, family);
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

static void test_every_row(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    check_family(&expected, "imputation");
    check_family(&expected, "did2s");
    csv_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
