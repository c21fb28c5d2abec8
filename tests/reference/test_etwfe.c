/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended two-way fixed effects against the R package etwfe, linear and Poisson. Estimates within
 * 1e-8; standard errors within 1e-5, as the package differentiates numerically. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/staggered_data.h"

typedef struct {
    const char *name, *estimator;
    staggered_source_t source;
    int never, units;
} model_t;

#define MPDTA(y, x)                                              \
    {                                                            \
        "mpdta", "countyreal", "year", "first_treat", y, x, NULL \
    }

static const model_t models[] = {
    {"etwfe_mpdta_nox_notyet", "etwfe", MPDTA("lemp", NULL), 0, 0},
    {"etwfe_mpdta_nox_never", "etwfe", MPDTA("lemp", NULL), 1, 0},
    {"etwfe_mpdta_lpop_notyet", "etwfe", MPDTA("lemp", "lpop"), 0, 0},
    {"etwfe_mpdta_lpop_never", "etwfe", MPDTA("lemp", "lpop"), 1, 0},
    {"etwfe_mpdta_ivar", "etwfe", MPDTA("lemp", NULL), 0, 1},
    {"etwfe_castle", "etwfe", {"castle", "sid", "year", "effyear", "l_homicide", NULL, NULL}, 0, 0},
    {"etwfe_stagg", "etwfe", {"base_stagg", "id", "year", "year_treated", "y", NULL, NULL}, 0, 0},
    {"etwfe_mpdta_poisson", "etwfe_poisson", MPDTA("lemp", "lpop"), 0, 0},
};

static const struct {
    const char *family;
    jd_aggregate_t by;
} families[] = {{"etwfe_simple", JD_AGGREGATE_OVERALL},
                {"etwfe_group", JD_AGGREGATE_COHORT},
                {"etwfe_calendar", JD_AGGREGATE_CALENDAR},
                {"etwfe_event", JD_AGGREGATE_EVENT},
                {"etwfe_coef", JD_AGGREGATE_CELLS}};

typedef struct {
    const model_t *model;
    staggered_data_t data;
    const double *x;
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static void discard(fitted_t *f)
{
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    f->design = NULL;
    f->model = NULL;
}

static void fit_case(fitted_t *f, const model_t *m, jd_aggregate_t by)
{
    static const char *const x_name[] = {"lpop_dm"};
    if (f->model == m) return;
    discard(f);
    load_staggered(&m->source, &f->data);
    f->x = f->data.x;
    if (m->source.x) {
        f->data.panel.n_x = 1;
        f->data.panel.x = &f->x;
        f->data.panel.x_name = x_name;
    }
    for (int64_t i = 0; strcmp(m->estimator, "etwfe_poisson") == 0 && i < f->data.panel.n; i++)
        f->data.y[i] = exp(f->data.y[i]);
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.aggregate = by;
    options.control = m->never ? JD_CONTROL_NEVER : JD_CONTROL_NOT_YET;
    options.no_unit_effects = !m->units;
    int rc = jd_design_prepare(&f->design, jd_estimator_find(m->estimator), &f->data.panel,
                               &options, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->data.y, NULL, 0.95, &f->fit, &ctx);
    if (rc) print_error("%s: %s\n", m->name, ctx.message);
    assert_int_equal(rc, JD_OK);
    f->model = m;
}

/* The package's name of a term in ours. */
static void translate(const fitted_t *f, const char *theirs, char *ours, size_t size)
{
    int g, t, end = 0;
    char gvar[32], tvar[32];
    if (strcmp(theirs, "overall") == 0)
        snprintf(ours, size, "att");
    else if (sscanf(theirs, ".Dtreat:%31[^:]::%d:%31[^:]::%d%n", gvar, &g, tvar, &t, &end) >= 4)
        snprintf(ours, size, "%sg=%d,t=%d%s",
                 strcmp(f->model->estimator, "etwfe_poisson") == 0 ? "log:" : "", g, t,
                 theirs + end);
    else
        snprintf(ours, size, "%s", theirs);
}

static void check_row(tally_t *t, const fitted_t *f, const csv_t *e, int row)
{
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    char name[96];
    translate(f, csv_text(e, row, 5), name, sizeof name);
    int k = find_term(f->design, name);
    if (k < 0 && value == 0 && !(se > 0)) {
        tally_not_applicable(t, "the reference period, 0 by definition");
        return;
    }
    double b = k < 0 ? (double)NAN : f->fit.estimate[k], s = k < 0 ? b : f->fit.std_error[k];
    /* The package's Poisson fits stop at 1e-9 of a standard error, and give the standard errors of
     * the weights before their last step. */
    int poisson = strcmp(f->model->estimator, "etwfe_poisson") == 0;
    tally(t,
          close_to(b, value, poisson ? 100 * s : s) && fabs(s - se) <= (poisson ? 2e-5 : 1e-5) * se,
          e, row, b, s);
}

static void test_every_row(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static fitted_t f;
    csv_t expected;
    int missed = 0;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (size_t k = 0; k < sizeof families / sizeof *families; k++) {
        tally_t t = {0};
        discard(&f);
        for (int row = 0; row < expected.rows; row++) {
            if (strcmp(csv_text(&expected, row, 2), families[k].family) != 0) continue;
            const model_t *m = NULL;
            for (size_t j = 0; j < sizeof models / sizeof *models; j++)
                if (strcmp(models[j].name, csv_text(&expected, row, 0)) == 0) m = &models[j];
            if (!m) {
                tally(&t, 0, &expected, row, 0, 0);
                continue;
            }
            fit_case(&f, m, families[k].by);
            check_row(&t, &f, &expected, row);
        }
        tally_print(&t, families[k].family);
        missed += t.missed;
    }
    discard(&f);
    csv_free(&expected);
    assert_int_equal(missed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
