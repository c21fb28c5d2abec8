/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conley (fixest), panel covariances (plm) and many ways of clustering (fixest on trade flows):
 * every row of these families is matched, not matched, or not applicable and why. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/tally.h"

enum { MAX_N = 39000, COLUMNS = 8 };

/* A data file as numbers and, for texts, codes. */
static int32_t code[COLUMNS][MAX_N], crossed[2][MAX_N];
static double value[COLUMNS][MAX_N];
static int n_rows;

static int near(double ours, double theirs, double scale)
{
    return fabs(ours - theirs) <= 1e-8 * fabs(theirs) + 1e-10 * scale;
}

/* Texts become codes by a plain list; numbers are kept and also cut to int. */
static void read_column(const csv_t *csv, const char *name, int slot)
{
    int column = csv_find(csv, name), n_texts = 0;
    static const char *texts[64];
    assert_true(column >= 0);
    for (int i = 0; i < csv->rows; i++) {
        value[slot][i] = csv_number(csv, i, column);
        if (!isnan(value[slot][i])) {
            code[slot][i] = fabs(value[slot][i]) < INT32_MAX ? (int32_t)value[slot][i] : 0;
            continue;
        }
        int t = 0;
        while (t < n_texts && strcmp(texts[t], csv_text(csv, i, column)) != 0)
            t++;
        assert_true(t < 64);
        if (t == n_texts) texts[n_texts++] = csv_text(csv, i, column);
        code[slot][i] = t;
    }
}

static void read_data(const char *file, const char *const *columns, int n_columns)
{
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", file);
    assert_true(csv_read(&csv, path));
    assert_true(csv.rows <= MAX_N);
    n_rows = csv.rows;
    for (int c = 0; c < n_columns; c++)
        read_column(&csv, columns[c], c);
    csv_free(&csv);
}

static void finish(const tally_t *t, const char *family)
{
    tally_print(t, family);
    assert_int_equal(t->missed, 0);
    assert_true(t->matched > 0);
}

/* Fits twfe and checks the coefficients of one reference case. */
static void check_case(tally_t *t, const csv_t *e, const char *name, const jd_panel_t *panel,
                       const jd_did_options_t *options, const jd_vcov_options_t *v, const double *y,
                       const char *effect)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), panel, options, &ctx);
    if (!rc) rc = jd_design_infer(design, y, v, 0.95, &fit, &ctx);
    if (rc) print_error("%s: %s\n", name, ctx.message);
    assert_int_equal(rc, JD_OK);
    for (int row = 0; row < e->rows; row++) {
        if (strcmp(csv_text(e, row, 0), name) != 0) continue;
        const char *term = csv_text(e, row, 5);
        int k = strcmp(term, effect) == 0 ? 0 : 1;
        assert_true(k < fit.n_terms);
        tally(t,
              near(fit.estimate[k], csv_number(e, row, 6), fit.std_error[k]) &&
                  near(fit.std_error[k], csv_number(e, row, 7), 0),
              e, row, fit.estimate[k], fit.std_error[k]);
    }
    jd_fit_free(&fit);
    jd_design_free(design);
}

static void test_every_row_of_conley(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static const char *const columns[] = {"id", "t", "treat", "lat", "lon", "x", "y"};
    static const char *const names[] = {"x"};
    static int8_t treated[MAX_N];
    tally_t t = {0};
    csv_t e;
    jd_did_options_t options;
    jd_did_defaults(&options);
    assert_true(csv_read(&e, JD_REFERENCE_ROWS));
    read_data("sim_geo", columns, 7);
    for (int i = 0; i < n_rows; i++)
        treated[i] = (int8_t)code[2][i];
    const double *x = value[5];
    const jd_panel_t panel = {.n = n_rows,
                              .unit = code[0],
                              .time = code[1],
                              .treated = treated,
                              .n_x = 1,
                              .x = &x,
                              .x_name = names,
                              .latitude = value[3],
                              .longitude = value[4]};
    for (int km = 100; km <= 300; km += 200)
        for (int triangular = 0; triangular < 2; triangular++) {
            char name[64];
            snprintf(name, sizeof name, "conley_sim_geo_%d_%s", km,
                     triangular ? "triangular" : "spherical");
            jd_vcov_options_t v = {.kind = JD_VCOV_CONLEY, .cutoff_km = km};
            v.distance = triangular ? JD_DISTANCE_TRIANGULAR : JD_DISTANCE_SPHERICAL;
            check_case(&t, &e, name, &panel, &options, &v, value[6], "treat");
        }
    csv_free(&e);
    finish(&t, "conley");
    assert_int_equal(t.matched, 8);
}

/* plm's names of covariances, all without small-sample factors unless said. */
static const struct {
    const char *name;
    jd_vcov_options_t v;
    int by_time, two_ways;
} plm_kinds[] = {
    {"iid", {.kind = JD_VCOV_IID}, 0, 0},
    {"arellano_HC0", {.no_k_adjustment = 1, .no_cluster_adjustment = 1}, 0, 0},
    {"arellano_HC1", {.k_fixed = JD_K_NONE, .no_cluster_adjustment = 1, .n_over = 1}, 0, 0},
    {"arellano_sss", {.k_fixed = JD_K_NONE}, 0, 0},
    {"white1_HC0", {.kind = JD_VCOV_HC1, .no_k_adjustment = 1}, 0, 0},
    {"time_HC0", {.no_k_adjustment = 1, .no_cluster_adjustment = 1}, 1, 0},
    {"doubleclus",
     {.kind = JD_VCOV_MULTIWAY, .no_k_adjustment = 1, .no_cluster_adjustment = 1},
     0,
     1},
    {"SCC_lag2",
     {.kind = JD_VCOV_DRISCOLL_KRAAY, .lag = 2, .no_k_adjustment = 1, .no_cluster_adjustment = 1},
     0,
     0},
    {"NW_lag2",
     {.kind = JD_VCOV_NEWEY_WEST, .lag = 2, .no_k_adjustment = 1, .no_cluster_adjustment = 1},
     0,
     0},
};

static void check_plm(tally_t *t, const csv_t *e, const char *stem, jd_panel_t panel,
                      const jd_did_options_t *options, const double *y, const char *effect)
{
    for (size_t k = 0; k < sizeof plm_kinds / sizeof *plm_kinds; k++) {
        char name[64];
        snprintf(name, sizeof name, "plm_%s_%s", stem, plm_kinds[k].name);
        panel.cluster = plm_kinds[k].by_time ? panel.time : NULL;
        panel.cluster2 = plm_kinds[k].two_ways ? panel.time : NULL;
        check_case(t, e, name, &panel, options, &plm_kinds[k].v, y, effect);
    }
}

static void test_every_row_of_plm(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static const char *const base[] = {"id", "period", "treat", "post", "x1", "y"};
    static const char *const castle[] = {"sid", "year", "post", "l_pop", "l_homicide"};
    static const char *const names[] = {"x"};
    static int8_t treated[MAX_N];
    static double weight[MAX_N];
    tally_t t = {0};
    csv_t e;
    jd_did_options_t options;
    assert_true(csv_read(&e, JD_REFERENCE_ROWS));
    read_data("base_did", base, 6);
    const double *x = value[4];
    jd_panel_t panel = {.n = n_rows,
                        .unit = code[0],
                        .time = code[1],
                        .treated = treated,
                        .n_x = 1,
                        .x = &x,
                        .x_name = names};
    for (int i = 0; i < n_rows; i++) {
        treated[i] = (int8_t)(code[2][i] * code[3][i]);
        weight[i] = (code[0][i] * 7 + code[1][i] * 3) % 11 != 0;
    }
    jd_did_defaults(&options);
    check_plm(&t, &e, "base_did_twoways", panel, &options, value[5], "tp");
    options.no_time_effects = 1;
    check_plm(&t, &e, "base_did_individual", panel, &options, value[5], "tp");
    options.no_time_effects = 0;
    options.no_unit_effects = 1;
    check_plm(&t, &e, "base_did_time", panel, &options, value[5], "tp");
    options.no_unit_effects = 0;
    panel.weight = weight;
    check_plm(&t, &e, "unbal_base_did", panel, &options, value[5], "tp");

    read_data("castle", castle, 5);
    x = value[3];
    panel.n = n_rows;
    panel.weight = NULL;
    for (int i = 0; i < n_rows; i++)
        treated[i] = (int8_t)code[2][i];
    check_plm(&t, &e, "castle", panel, &options, value[4], "post");
    csv_free(&e);
    finish(&t, "plm_within");
    assert_int_equal(t.matched, 90);
}

/* One regressor with any fixed effects and clusters, below the estimators. */
static void fit_flows(const int32_t *const *effects, int n_effects, const int32_t *const *ways,
                      int n_ways, jd_vcov_t kind, double *beta, double *se, jd_vcov_facts_t *facts,
                      double *tss, double *within)
{
    jd_ctx_t ctx;
    jd_effects_t *fe = NULL;
    jd_regression_t r = {0};
    jd_groups_t groups[JD_MAX_WAYS] = {{0}};
    jd_vcov_rows_t rows = {0};
    static double residual[MAX_N];
    double vcov, mean = 0;
    const double *y = value[5];
    const jd_vcov_options_t options = {.kind = kind};
    jd_ctx_init(&ctx);
    assert_int_equal(jd_effects_make(&fe, n_rows, n_effects, effects, NULL, JD_SOLVER_AUTO, &ctx),
                     JD_OK);
    assert_int_equal(jd_regression_init(&r, fe, n_rows, 1, NULL, &ctx), JD_OK);
    for (int i = 0; i < n_rows; i++)
        r.columns[i] = log(value[4][i]);
    assert_int_equal(jd_regression_factor(&r, &ctx), JD_OK);
    jd_regression_estimate(&r, &y, 1, beta, &ctx);
    assert_int_equal(jd_regression_residuals(&r, y, beta, residual, &ctx), JD_OK);
    for (int w = 0; w < n_ways; w++) {
        assert_int_equal(jd_groups_make(&groups[w], ways[w], n_rows, &ctx), JD_OK);
        rows.way[rows.n_ways++] = &groups[w];
    }
    assert_int_equal(jd_regression_vcov(&r, residual, &rows, &options, &vcov, NULL, facts, &ctx),
                     JD_OK);
    *se = sqrt(vcov);
    *tss = 0;
    for (int i = 0; i < n_rows; i++)
        mean += y[i] / n_rows;
    for (int i = 0; i < n_rows; i++)
        *tss += (y[i] - mean) * (y[i] - mean);
    *within = facts->ssr + *beta * r.cross[0] * *beta;
    for (int w = 0; w < n_ways; w++)
        jd_groups_free(&groups[w]);
    jd_regression_free(&r);
    jd_effects_free(fe);
}

static void test_every_row_of_trade_flows(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    static const char *const columns[] = {"Origin", "Destination", "Product",
                                          "Year",   "dist_km",     "Euros"};
    tally_t t = {0};
    csv_t e;
    assert_true(csv_read(&e, JD_REFERENCE_ROWS));
    read_data("trade", columns, 6);
    static int32_t pair[MAX_N];
    for (int i = 0; i < n_rows; i++) {
        value[5][i] = log(value[5][i]);
        pair[i] = code[0][i] * 100 + code[1][i];
        for (int k = 0; k < 2; k++)
            crossed[k][i] = code[k][i] * 10000 + code[3][i];
    }
    const int32_t *plain[] = {code[0], code[1], code[2], code[3]};
    const int32_t *fine[] = {crossed[0], crossed[1], code[2]}, *pairs[] = {pair};
    static const struct {
        const char *name;
        jd_vcov_t kind;
        int n_ways; /* of origin, destination, product; 0 = the pair */
    } kinds[] = {{"iid", JD_VCOV_IID, 1},
                 {"HC1", JD_VCOV_HC1, 1},
                 {"cluster_Origin", JD_VCOV_CLUSTER, 1},
                 {"twoway_OD", JD_VCOV_MULTIWAY, 2},
                 {"threeway_ODP", JD_VCOV_MULTIWAY, 3},
                 {"pair", JD_VCOV_CLUSTER, 0}};
    char last[64] = "";
    double beta = 0, se = 0, tss = 0, within = 0, n = n_rows;
    jd_vcov_facts_t facts = {0};
    for (int row = 0; row < e.rows; row++) {
        if (strcmp(csv_text(&e, row, 2), "feols_multi_fe") != 0) continue;
        const char *name = csv_text(&e, row, 0), *quantity = csv_text(&e, row, 4);
        const char *cut = strchr(name, '/');
        int is_fine = strncmp(name, "trade_ols_ot_dt", 15) == 0;
        size_t k = 0;
        while (cut && strcmp(cut + 1, kinds[k].name) != 0) {
            k++;
            assert_true(k < sizeof kinds / sizeof *kinds);
        }
        if (strcmp(last, name) != 0) {
            fit_flows(is_fine ? fine : plain, is_fine ? 3 : 4, kinds[k].n_ways ? plain : pairs,
                      kinds[k].n_ways ? kinds[k].n_ways : 1, kinds[k].kind, &beta, &se, &facts,
                      &tss, &within);
            snprintf(last, sizeof last, "%s", name);
        }
        double theirs = csv_number(&e, row, 6), ours = (double)NAN, ssr = facts.ssr;
        if (strcmp(quantity, "coef") == 0) {
            tally(&t, near(beta, theirs, se) && near(se, csv_number(&e, row, 7), 0), &e, row, beta,
                  se);
            continue;
        }
        if (strcmp(quantity, "df_t") == 0) ours = facts.df;
        if (strcmp(quantity, "nobs") == 0) ours = n;
        if (strcmp(quantity, "ssr") == 0) ours = ssr;
        if (strcmp(quantity, "rmse") == 0) ours = sqrt(ssr / n);
        if (strcmp(quantity, "r2") == 0) ours = 1 - ssr / tss;
        if (strcmp(quantity, "ar2") == 0) ours = 1 - ssr / tss * (n - 1) / (n - (double)facts.k);
        if (strcmp(quantity, "wr2") == 0) ours = 1 - ssr / within;
        if (strcmp(quantity, "ll") == 0) ours = gaussian_likelihood(ssr, n);
        if (strcmp(quantity, "pr2") == 0)
            ours = 1 - gaussian_likelihood(ssr, n) / gaussian_likelihood(tss, n);
        if (isnan(ours))
            tally_not_applicable(&t, "p-value below the estimators");
        else
            tally(&t, near(ours, theirs, 0), &e, row, ours, 0);
    }
    csv_free(&e);
    assert_int_equal(t.missed, 0); /* told by test_glm, which gives their p-values too */
    assert_true(t.matched > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_of_conley),
        cmocka_unit_test(test_every_row_of_plm),
        cmocka_unit_test(test_every_row_of_trade_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
