/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callaway-Sant'Anna against every cs_* row of did: matched, not matched, or not applicable and
 * why. How a case is fitted is read from the R call recorded with it. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/staggered_data.h"

static const staggered_source_t sources[] = {
    {"mpdta", "countyreal", "year", "first_treat", "lemp", "lpop", NULL},
    {"base_stagg", "id", "year", "year_treated", "y", NULL, NULL},
    {"castle", "sid", "year", "effyear", "l_homicide", NULL, NULL},
    {"sim_rcs", "id", "period", "g", "y", "x1", NULL},
};

static const struct {
    const char *estimator;
    jd_aggregate_t by;
} families[] = {{"cs_attgt", JD_AGGREGATE_CELLS},
                {"cs_simple", JD_AGGREGATE_OVERALL},
                {"cs_dynamic", JD_AGGREGATE_EVENT},
                {"cs_group", JD_AGGREGATE_COHORT},
                {"cs_calendar", JD_AGGREGATE_CALENDAR}};

/* A fitted case, kept while its rows last. */
typedef struct {
    char name[128];
    staggered_data_t data;
    double x2[MAX_N];
    const double *x[2];
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static void load_column(const char *file, const char *name, double *x)
{
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", file);
    assert_true(csv_read(&csv, path));
    for (int i = 0; i < csv.rows; i++)
        x[i] = number(&csv, i, name);
    csv_free(&csv);
}

static void load(const char *dataset, const char *call, fitted_t *f)
{
    static const char *const names[] = {"x1", "x2"};
    staggered_data_t *d = &f->data;
    size_t s = 0;
    while (strncmp(dataset, sources[s].file, strlen(sources[s].file)) != 0)
        assert_true(++s < sizeof sources / sizeof *sources);
    staggered_source_t source = sources[s];
    if (strstr(call, "weightsname")) source.weight = s == 2 ? "popwt" : s == 3 ? "w" : "7";
    load_staggered(&source, d);
    f->x[0] = d->x;
    f->x[1] = f->x2;
    d->panel.x = f->x;
    d->panel.x_name = names;
    d->panel.n_x = strstr(call, "xformla=~1") ? 0 : strstr(call, "x1 + x2") ? 2 : 1;
    if (d->panel.n_x == 2) load_column(source.file, "x2", f->x2);
    int64_t kept = 0;
    for (int64_t i = 0; i < d->panel.n; i++) {
        if (strstr(dataset, "mod 13") && (d->unit[i] + 3 * d->time[i]) % 13 == 0) continue;
        if (strstr(dataset, "first_treat > 0") && d->cohort[i] == 0) continue;
        d->unit[kept] = d->unit[i];
        d->time[kept] = d->time[i];
        d->cohort[kept] = d->cohort[i];
        d->cluster[kept] = d->cluster[i];
        d->weight[kept] = d->weight[i];
        d->x[kept] = d->x[i];
        d->y[kept++] = d->y[i];
    }
    d->panel.n = kept;
    if (strstr(call, "clustervars")) d->panel.cluster = d->cluster;
}

/* The number behind `key=` in a call, or `none`. */
static int32_t number_of(const char *call, const char *key, int32_t none)
{
    const char *at = strstr(call, key);
    return at ? (int32_t)strtol(at + strlen(key), NULL, 10) : none;
}

static void fit_case(fitted_t *f, const char *name, const char *dataset, const char *call,
                     jd_aggregate_t by)
{
    char key[128];
    snprintf(key, sizeof key, "%s/%d", name, (int)by);
    if (strcmp(f->name, key) == 0) return;
    snprintf(f->name, sizeof f->name, "%s", key);
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    load(dataset, call, f);
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.aggregate = by;
    o.control = strstr(call, "notyettreated") ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    o.group_time.universal_base = strstr(call, "universal") != NULL;
    o.anticipation = number_of(call, "anticipation=", 0);
    o.group_time.method = strstr(call, "\"reg\"")   ? JD_METHOD_REG
                          : strstr(call, "\"ipw\"") ? JD_METHOD_IPW
                                                    : JD_METHOD_DR;
    o.group_time.drdid_sign = 1;
    o.cross_sections = strstr(call, ", panel=FALSE") != NULL;
    o.group_time.allow_unbalanced = strstr(call, "allow_unbalanced_panel=TRUE") != NULL;
    o.group_time.balance_event = number_of(call, "balance_e=", INT32_MIN);
    o.event_first = number_of(call, "min_e=", INT32_MIN);
    o.event_last = number_of(call, "max_e=", INT32_MAX);
    int rc = jd_design_prepare(&f->design, jd_estimator_find("callaway_santanna"), &f->data.panel,
                               &o, &ctx);
    const jd_vcov_options_t drawn = {.draws = 100000, .seed = 1, .bands = 1};
    if (!rc)
        rc = jd_design_infer(f->design, f->data.y, strstr(call, "bstrap=TRUE") ? &drawn : NULL,
                             0.95, &f->fit, &ctx);
    if (rc) print_error("%s: %s\n", name, ctx.message);
    assert_int_equal(rc, JD_OK);
}

/* A bootstrap of 100,000 draws there, 100,000 others here: errors of both about 0.4 %. */
static void check_drawn(tally_t *t, const fitted_t *f, const csv_t *e, int row)
{
    const char *quantity = csv_text(e, row, 4), *term = csv_text(e, row, 5);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    char name[JD_TERM_NAME];
    if (strcmp(quantity, "supt_crit_95") == 0) {
        tally(t, fabs(f->fit.uniform / value - 1) < 0.01, e, row, f->fit.uniform, 0);
        return;
    }
    snprintf(name, sizeof name, "%s%s",
             strcmp(quantity, "att_dynamic") == 0    ? "e="
             : strcmp(quantity, "att_group") == 0    ? "g="
             : strcmp(quantity, "att_calendar") == 0 ? "t="
                                                     : "",
             term);
    int k = find_term(f->design, name);
    assert_true(k >= 0);
    double b = f->fit.estimate[k], s = f->fit.std_error[k];
    tally(t, close_to(b, value, s) && fabs(s / se - 1) < 0.015, e, row, b, s);
}

/* A base period of its own has no standard error there, and 0 here. */
static void check_row(tally_t *t, const fitted_t *f, const csv_t *e, int row)
{
    const char *quantity = csv_text(e, row, 4), *term = csv_text(e, row, 5);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    if (strcmp(quantity, "wald_pretest") == 0) {
        jd_wald_t wald;
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        assert_int_equal(jd_fit_pretrend(f->design, &f->fit, &wald, &ctx), JD_OK);
        double w = wald.f * wald.n_terms, p = wald.p_value;
        int is_p = strcmp(term, "pvalue") == 0; /* rounded to five digits */
        tally(t, is_p ? fabs(p - value) < 6e-6 : fabs(w - value) <= 1e-6 * value, e, row,
              is_p ? p : w, 0);
    } else if (strcmp(quantity, "n_units") == 0) {
        tally(t, f->fit.n_units == (int)value, e, row, f->fit.n_units, 0);
    } else {
        int k = find_term(f->design, strcmp(term, "overall") == 0 ? "att" : term);
        double b = k < 0 ? (double)NAN : f->fit.estimate[k], s = k < 0 ? b : f->fit.std_error[k];
        /* The propensities there stop at a change of 1e-8 in the deviance. */
        double slack = f->data.panel.n_x > 0 ? 1e-7 * s : 0;
        tally(t,
              (close_to(b, value, s) || fabs(b - value) < slack) &&
                  (isnan(se) ? s == 0 : close_to(s, se, 0)),
              e, row, b, s);
    }
}

static void check_family(const csv_t *e, const char *family, jd_aggregate_t by)
{
    static fitted_t f;
    tally_t t = {0};
    for (int row = 0; row < e->rows; row++) {
        if (strcmp(csv_text(e, row, 2), family) != 0) continue;
        const char *call = csv_above(e, row, 3);
        if (strstr(call, "bstrap=TRUE")) {
            by = strstr(call, "aggte(dynamic)")    ? JD_AGGREGATE_EVENT
                 : strstr(call, "aggte(group)")    ? JD_AGGREGATE_COHORT
                 : strstr(call, "aggte(calendar)") ? JD_AGGREGATE_CALENDAR
                                                   : JD_AGGREGATE_CELLS;
            fit_case(&f, csv_text(e, row, 0), csv_text(e, row, 1), call, by);
            check_drawn(&t, &f, e, row);
        } else {
            fit_case(&f, csv_text(e, row, 0), csv_text(e, row, 1), call, by);
            check_row(&t, &f, e, row);
        }
    }
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    memset(&f, 0, sizeof f);
    tally_print(&t, family);
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

static void test_every_row_of_callaway_santanna(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (size_t k = 0; k < sizeof families / sizeof *families; k++)
        check_family(&expected, families[k].estimator, families[k].by);
    check_family(&expected, "cs_bootstrap", JD_AGGREGATE_CELLS);
    csv_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_callaway_santanna)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
