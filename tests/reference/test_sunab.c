/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sun-Abraham against every sunab row of fixest: matched, not matched, or not applicable and why.
 */
#include "support.h"

#include "jiedao/did.h"
#include "reference/staggered_data.h"

typedef struct {
    const char *stem;
    staggered_source_t source;
} model_t;

#define STAGG(x, w)                                           \
    {                                                         \
        "base_stagg", "id", "year", "year_treated", "y", x, w \
    }

static const model_t models[] = {
    {"sunab_base_stagg", STAGG("x1", NULL)},
    {"sunab_nox_base_stagg", STAGG(NULL, NULL)},
    {"sunab_w_base_stagg", STAGG("x1", "3")},
    {"sunab_ref_base_stagg", STAGG("x1", NULL)},
    {"sunab_bin_base_stagg", STAGG("x1", NULL)},
    {"sunab_mpdta", {"mpdta", "countyreal", "year", "first_treat", "lemp", NULL, NULL}},
    {"sunab_castle", {"castle", "sid", "year", "effyear", "l_homicide", NULL, "popwt"}},
};

static const struct {
    const char *name;
    jd_aggregate_t by;
} kinds[] = {{"_period", JD_AGGREGATE_EVENT},
             {"_att", JD_AGGREGATE_OVERALL},
             {"_cohort", JD_AGGREGATE_COHORT},
             {"_none", JD_AGGREGATE_CELLS}};

/* A fitted case, kept while its rows last. */
typedef struct {
    char name[96];
    staggered_data_t data;
    const double *x;
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static const model_t *find_model(const char *name, jd_aggregate_t *by, const char **variance)
{
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            char stem[96];
            snprintf(stem, sizeof stem, "%s%s", models[m].stem, kinds[k].name);
            size_t n = strlen(stem);
            if (strncmp(name, stem, n) != 0 || (name[n] && name[n] != '/')) continue;
            *by = kinds[k].by;
            *variance = name[n] ? name + n + 1 : "iid";
            return &models[m];
        }
    return NULL;
}

static void fit_case(fitted_t *f, const char *name, const model_t *m, jd_aggregate_t by,
                     const char *variance)
{
    static const char *const x_name[] = {"x1"};
    static const int32_t references[] = {-2, -1};
    if (strcmp(f->name, name) == 0) return;
    snprintf(f->name, sizeof f->name, "%s", name);
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    load_staggered(&m->source, &f->data);
    f->x = f->data.x;
    if (m->source.x) {
        f->data.panel.n_x = 1;
        f->data.panel.x = &f->x;
        f->data.panel.x_name = x_name;
    }
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.aggregate = by;
    if (strstr(m->stem, "_ref_")) {
        memcpy(options.reference.value, references, sizeof references);
        options.reference.n = 2;
    }
    if (strstr(m->stem, "_bin_")) options.bin_width = 2;
    if (variance[0] == 't') f->data.panel.cluster2 = f->data.panel.time;
    jd_vcov_options_t v = {.kind = variance[0] == 'i'   ? JD_VCOV_IID
                                   : variance[0] == 'H' ? JD_VCOV_HC1
                                   : variance[0] == 't' ? JD_VCOV_MULTIWAY
                                                        : JD_VCOV_CLUSTER};
    int rc = jd_design_prepare(&f->design, jd_estimator_find("sun_abraham"), &f->data.panel,
                               &options, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->data.y, &v, 0.95, &f->fit, &ctx);
    if (rc) print_error("%s: %s\n", name, ctx.message);
    assert_int_equal(rc, JD_OK);
}

/* fixest's name of a term in ours: we call a cohort's bin by its first period seen (from 1 on). */
static void translate(const char *theirs, char *ours, size_t size)
{
    int e, g;
    if (sscanf(theirs, "year::%d:cohort::%d", &e, &g) == 2)
        snprintf(ours, size, "g=%d,t=%d", g, g + e > 0 ? g + e : 1);
    else if (sscanf(theirs, "year::%d", &e) == 1)
        snprintf(ours, size, "e=%d", e);
    else if (sscanf(theirs, "cohort::%d", &g) == 1)
        snprintf(ours, size, "g=%d", g);
    else
        snprintf(ours, size, "%s", strcmp(theirs, "ATT") == 0 ? "att" : theirs);
}

/* fixest's rmse of a weighted model divides by the sum of weights. */
static double statistic(const fitted_t *f, const char *quantity)
{
    double n = (double)f->fit.n_obs, ssr = f->fit.facts.ssr, k = (double)f->fit.facts.k, sum = n;
    const double *w = f->data.panel.weight;
    for (int64_t i = 0; w && i < f->data.panel.n; i++)
        sum += w[i] - (i == 0 ? n : 0);
    if (strcmp(quantity, "nobs") == 0) return n;
    if (strcmp(quantity, "ssr") == 0) return ssr;
    if (strcmp(quantity, "rmse") == 0) return sqrt(ssr / sum);
    if (strcmp(quantity, "r2") == 0) return 1 - ssr / f->fit.tss;
    if (strcmp(quantity, "ar2") == 0) return 1 - ssr / f->fit.tss * (n - 1) / (n - k);
    if (strcmp(quantity, "wr2") == 0) return 1 - ssr / f->fit.within_tss;
    if (strcmp(quantity, "df_t") == 0) return f->fit.facts.df;
    /* With weights fixest takes the likelihood of unweighted residuals, and a null model's of
     * weights as numbers of rows. */
    if (strcmp(quantity, "ll") == 0 && !w) return gaussian_likelihood(ssr, n);
    if (strcmp(quantity, "pr2") == 0 && !w)
        return 1 - gaussian_likelihood(ssr, n) / gaussian_likelihood(f->fit.tss, n);
    return (double)NAN;
}

static void check_row(tally_t *t, const fitted_t *f, const csv_t *e, int row)
{
    const char *quantity = csv_text(e, row, 4);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    if (strcmp(quantity, "coef") == 0 || strcmp(quantity, "pvalue") == 0) {
        char name[64];
        translate(csv_text(e, row, 5), name, sizeof name);
        int k = find_term(f->design, name);
        double b = k < 0 ? (double)NAN : f->fit.estimate[k], s = k < 0 ? b : f->fit.std_error[k];
        if (*quantity == 'c') {
            tally(t, close_to(b, value, s) && close_to(s, se, 0), e, row, b, s);
            return;
        }
        /* A tail magnifies an error in t by about t squared. */
        double p = k < 0 ? b : f->fit.p_value[k];
        tally(t, close_to(p, value, 1e2 * value * (1 + b / s * b / s)), e, row, p, s);
        return;
    }
    double ours = statistic(f, quantity);
    if (isnan(ours))
        tally_not_applicable(
            t, "likelihood with weights: of unweighted residuals, and so its pseudo R2");
    else
        tally(t, close_to(ours, value, 0), e, row, ours, 0);
}

static void test_every_row_of_sunab(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static fitted_t f;
    csv_t expected;
    tally_t t = {0};
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    for (int row = 0; row < expected.rows; row++) {
        if (strcmp(csv_text(&expected, row, 2), "sunab") != 0) continue;
        const char *name = csv_text(&expected, row, 0), *variance;
        jd_aggregate_t by;
        const model_t *m = find_model(name, &by, &variance);
        if (!m)
            tally(&t, 0, &expected, row, 0, 0);
        else {
            fit_case(&f, name, m, by, variance);
            check_row(&t, &f, &expected, row);
        }
    }
    csv_free(&expected);
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    tally_print(&t, "sunab");
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row_of_sunab)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
