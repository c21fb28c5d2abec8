/* SPDX-License-Identifier: GPL-3.0-or-later */
/* did_multiplegt_dyn against every row of DIDmultiplegtDYN: matched, not matched, or not applicable
 * and why. How a case is fitted is read from the R call recorded with it. */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/did_multiplegt.h"
#include "reference/csv.h"
#include "reference/staggered_data.h"

/* A data file's columns; treatment as an amount, or from the cohort. */
typedef struct {
    const char *file, *unit, *time, *dose, *cohort, *y, *x, *cluster, *weight;
} source_t;

static const source_t sources[] = {
    {"mpdta", "countyreal", "year", NULL, "first_treat", "lemp", NULL, NULL, NULL},
    {"castle", "sid", "year", NULL, "effyear", "l_homicide", "l_pop", NULL, "popwt"},
    {"favara_imbs", "county", "year", "inter_bra", NULL, "Dl_vloans_b", NULL, "state_n", NULL},
};

typedef struct {
    char name[128];
    jd_panel_t panel;
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N], cluster[MAX_N];
    double dose[MAX_N], weight[MAX_N], x[MAX_N], y[MAX_N];
    const double *columns[1];
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static void load(const source_t *s, const char *call, fitted_t *f)
{
    static const char *const names[] = {"l_pop"};
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", s->file);
    assert_true(csv_read(&csv, path));
    int64_t n = 0;
    for (int i = 0; i < csv.rows && n < MAX_N; i++) {
        double g = s->cohort ? number(&csv, i, s->cohort) : 0;
        f->unit[n] = (int)number(&csv, i, s->unit);
        f->time[n] = (int)number(&csv, i, s->time);
        f->cohort[n] = isnan(g) ? 0 : (int)g;
        f->cluster[n] = s->cluster ? (int)number(&csv, i, s->cluster) : 0;
        f->dose[n] = s->dose ? number(&csv, i, s->dose) : 0;
        f->weight[n] = s->weight ? number(&csv, i, s->weight) : 1;
        f->x[n] = s->x ? number(&csv, i, s->x) : 0;
        f->y[n] = number(&csv, i, s->y);
        n += isfinite(f->y[n]);
    }
    csv_free(&csv);
    f->columns[0] = f->x;
    f->panel = (jd_panel_t){.n = n, .unit = f->unit, .time = f->time};
    if (s->dose) f->panel.dose = f->dose;
    if (s->cohort) f->panel.cohort = f->cohort;
    if (strstr(call, "cluster=")) f->panel.cluster = f->cluster;
    if (strstr(call, "weight=")) f->panel.weight = f->weight;
    if (strstr(call, "controls=")) {
        f->panel.n_x = 1;
        f->panel.x = f->columns;
        f->panel.x_name = names;
    }
}

static int32_t number_of(const char *call, const char *key)
{
    const char *at = strstr(call, key);
    return at ? (int32_t)strtol(at + strlen(key), NULL, 10) : 0;
}

static void fit_case(fitted_t *f, const csv_t *e, int row)
{
    const char *name = csv_text(e, row, 0), *call = csv_above(e, row, 3);
    if (strcmp(f->name, name) == 0) return;
    snprintf(f->name, sizeof f->name, "%s", name);
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    size_t s = 0;
    while (strcmp(csv_text(e, row, 1), sources[s].file) != 0)
        assert_true(++s < sizeof sources / sizeof *sources);
    load(&sources[s], call, f);
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.event_last = number_of(call, "effects=") - 1;
    o.event_first = -1 - number_of(call, "placebo=");
    o.multiplegt.normalized = strstr(call, "normalized=TRUE") != NULL;
    o.multiplegt.same_switchers = strstr(call, "same_switchers=TRUE") != NULL;
    int rc =
        jd_design_prepare(&f->design, jd_estimator_find("did_multiplegt_dyn"), &f->panel, &o, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->y, NULL, 0.95, &f->fit, &ctx);
    if (rc) fail_msg("%s: %s", name, ctx.message);
}

static int term_of(const fitted_t *f, const char *theirs)
{
    char name[16];
    int l;
    if (sscanf(theirs, "Effect_%d", &l) == 1)
        snprintf(name, sizeof name, "e=%d", l - 1);
    else if (sscanf(theirs, "Placebo_%d", &l) == 1)
        snprintf(name, sizeof name, "e=%d", -1 - l);
    else
        snprintf(name, sizeof name, "att");
    return find_term(f->design, name);
}

static void check_row(tally_t *t, const fitted_t *f, const csv_t *e, int row)
{
    const char *quantity = csv_text(e, row, 4);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    int k = term_of(f, csv_text(e, row, 5));
    jd_ctx_t ctx;
    jd_multiplegt_counts_t counts = {-1, -1};
    jd_ctx_init(&ctx);
    assert_true(k >= 0);
    assert_int_equal(jd_did_multiplegt_counts(f->design, k, &counts, &ctx), JD_OK);
    double n = (double)(strcmp(quantity, "n") == 0 ? counts.n_rows : counts.n_switchers);
    if (strcmp(quantity, "estimate") == 0)
        tally(t, close_to(f->fit.estimate[k], value, se) && close_to(f->fit.std_error[k], se, 0), e,
              row, f->fit.estimate[k], f->fit.std_error[k]);
    else
        tally(t, n == value, e, row, n, 0);
}

static void test_every_row_of_did_multiplegt_dyn(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static fitted_t f;
    csv_t expected;
    tally_t t = {0};
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (int row = 0; row < expected.rows; row++) {
        if (strcmp(csv_text(&expected, row, 2), "dcdh") != 0) continue;
        fit_case(&f, &expected, row);
        check_row(&t, &f, &expected, row);
    }
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    csv_free(&expected);
    tally_print(&t, "dcdh");
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_did_multiplegt_dyn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
