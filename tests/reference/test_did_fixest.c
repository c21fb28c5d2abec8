/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 2x2, TWFE, event study and their variances against what fixest, clubSandwich and sandwich return
 * on real data. Every row of these families is matched, not matched, or named not applicable with
 * why. */
#include "support.h"

#include "jiedao/did.h"
#include "reference/tally.h"

enum { MAX_N = 3000, MAX_X = 5 };

/* One model: how its panel is made from a data file. */
typedef struct {
    const char *stem, *data, *estimator, *y, *unit, *time;
    const char *x[MAX_X];
    const char *effect; /* the reference's name of "att" */
} model_t;

static const model_t models[] = {
    {"twfe_base_did", "base_did", "twfe", "y", "id", "period", {0}, "tp"},
    {"twfe_x_base_did", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_w_base_did", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_wzero_base_did", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_unbal_base_did", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_single_base_did_perfect_fit", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_single_base_did_singletons", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_single_base_did_none", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"twfe_base_stagg", "base_stagg", "twfe", "y", "id", "year", {"x1"}, "D"},
    {"twfe_mpdta", "mpdta", "twfe", "lemp", "countyreal", "year", {0}, "D"},
    {"twfe_castle", "castle", "twfe", "l_homicide", "sid", "year", {0}, "post"},
    {"twfe_w_castle",
     "castle",
     "twfe",
     "l_homicide",
     "sid",
     "year",
     {"l_pop", "l_income", "l_police", "unemployrt", "poverty"},
     "post"},
    {"twfe_regionyear_castle", "castle", "twfe", "l_homicide", "sid", "year", {0}, "post"},
    {"twfe_trend_base_did", "base_did", "twfe", "y", "id", "period", {0}, "tp"},
    {"twfe_trend_castle", "castle", "twfe", "l_homicide", "sid", "year", {0}, "post"},
    {"twfe_smallg", "sim_smallg", "twfe", "y", "state", "year", {"x"}, "treat"},
    {"es_base_did", "base_did", "event_study", "y", "id", "period", {"x1"}, NULL},
    {"es_base_stagg", "base_stagg", "event_study", "y", "id", "year", {"x1"}, NULL},
    {"es_mpdta", "mpdta", "event_study", "lemp", "countyreal", "year", {0}, NULL},
    {"did2x2_base_did", "base_did", "2x2", "y", "id", "period", {0}, "treat:post"},
    {"did2x2_mpdta", "mpdta", "2x2", "lemp", "countyreal", "year", {0}, "tr:post"},
    {"did2x2_mpdta_fe", "mpdta", "twfe", "lemp", "countyreal", "year", {0}, "I(tr * post)"},
    {"did2x2_base_did_crx", "base_did", "2x2", "y", "id", "period", {0}, "treat:post"},
    {"twfe_base_did_crx", "base_did", "twfe", "y", "id", "period", {"x1"}, "tp"},
    {"castle_crx", "castle", "twfe", "l_homicide", "sid", "year", {0}, "post"},
    {"castle_w_crx", "castle", "twfe", "l_homicide", "sid", "year", {"unemployrt"}, "post"},
    {"smallg_crx", "sim_smallg", "twfe", "y", "state", "year", {"x"}, "treat"},
};

typedef struct {
    jd_panel_t panel;
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N], fixed[MAX_N];
    int8_t treated[MAX_N];
    double weight[MAX_N], y[MAX_N], x[MAX_X][MAX_N];
    const double *x_column[MAX_X];
    const int32_t *fixed_column, *slope_level;
    double slope[MAX_N];
    const double *slope_column;
} data_t;

static int is(const model_t *model, const char *part)
{
    return strstr(model->stem, part) != NULL;
}

static int keep_row(const model_t *m, int unit, int time, int first_treat)
{
    if (is(m, "_unbal_")) return (unit * 7 + time * 3) % 11 != 0;
    if (is(m, "_single_")) return unit > 6 || time == unit % 10 + 1;
    if (is(m, "did2x2_mpdta")) return time >= 2006 && (first_treat == 0 || first_treat == 2007);
    return 1;
}

static double number(const csv_t *csv, int row, const char *name)
{
    int column = csv_find(csv, name);
    assert_true(column >= 0);
    return csv_number(csv, row, column);
}

static int cohort_of(const csv_t *csv, int row)
{
    if (csv_find(csv, "effyear") >= 0) {
        double year = number(csv, row, "effyear");
        return isnan(year) ? 0 : (int)year;
    }
    if (csv_find(csv, "first_treat") >= 0) return (int)number(csv, row, "first_treat");
    if (csv_find(csv, "year_treated") >= 0) {
        int year = (int)number(csv, row, "year_treated");
        return year == 10000 ? 0 : year;
    }
    return number(csv, row, "treat") > 0 ? 6 : 0; /* base_did: after period 5 */
}

static double weight_of(const csv_t *csv, int row, const model_t *m, int unit)
{
    if (is(m, "twfe_w_base_did")) return 1 + unit % 5;
    if (is(m, "twfe_wzero")) return unit % 4;
    return number(csv, row, "popwt");
}

static int is_weighted(const model_t *m)
{
    return is(m, "twfe_w_") || is(m, "wzero") || is(m, "regionyear") || is(m, "castle_w");
}

/* Year by the four region dummies. */
static int32_t region_year(const csv_t *csv, int row, int time)
{
    return time * 16 +
           (int32_t)(8 * number(csv, row, "northeast") + 4 * number(csv, row, "midwest") +
                     2 * number(csv, row, "south") + number(csv, row, "west"));
}

static void load(const model_t *m, data_t *d)
{
    char path[512];
    csv_t csv;
    snprintf(path, sizeof path, JD_REFERENCE_DATA "/%s.csv", m->data);
    assert_true(csv_read(&csv, path));
    memset(d, 0, sizeof *d);
    jd_panel_t *p = &d->panel;
    int smallg = strcmp(m->data, "sim_smallg") == 0, n = 0;
    while (p->n_x < MAX_X && m->x[p->n_x]) {
        d->x_column[p->n_x] = d->x[p->n_x];
        p->n_x++;
    }
    for (int row = 0; row < csv.rows; row++) {
        int unit = (int)number(&csv, row, m->unit), time = (int)number(&csv, row, m->time);
        int cohort = smallg ? 0 : cohort_of(&csv, row);
        if (!keep_row(m, unit, time, cohort)) continue;
        assert_true(n < MAX_N);
        d->unit[n] = unit;
        d->time[n] = time;
        d->cohort[n] = cohort;
        if (smallg) d->treated[n] = (int8_t)number(&csv, row, "treat");
        if (is_weighted(m)) d->weight[n] = weight_of(&csv, row, m, unit);
        if (is(m, "regionyear")) d->fixed[n] = region_year(&csv, row, time);
        d->y[n] = number(&csv, row, m->y);
        if (is(m, "_trend_")) d->slope[n] = number(&csv, row, is(m, "castle") ? "year" : "x1");
        for (int k = 0; k < p->n_x; k++)
            d->x[k][n] = number(&csv, row, m->x[k]);
        n++;
    }
    csv_free(&csv);
    p->n = n;
    p->unit = d->unit;
    p->time = d->time;
    if (smallg)
        p->treated = d->treated;
    else
        p->cohort = d->cohort;
    if (is_weighted(m)) p->weight = d->weight;
    p->x = d->x_column;
    p->x_name = m->x;
    d->fixed_column = d->fixed;
    p->fixed = &d->fixed_column;
    p->n_fixed = is(m, "regionyear");
    d->slope_level = d->unit;
    d->slope_column = d->slope;
    p->slope_level = &d->slope_level;
    p->slope = &d->slope_column;
    p->n_slopes = is(m, "_trend_");
}

typedef struct {
    jd_vcov_options_t options;
    int by_time;  /* clusters are periods */
    int two_ways; /* periods are the second way */
} variance_t;

/* clubSandwich, sandwich, and the jackknife by hand: clusters, all effects count as parameters. */
static const char *parse_robust(const char *kind, jd_vcov_options_t *v)
{
    static const struct {
        const char *name;
        jd_vcov_t kind;
    } kinds[] = {{"CR2", JD_VCOV_CR2},        {"CR3", JD_VCOV_CR3},
                 {"CV3J", JD_VCOV_CV3J},      {"CV3", JD_VCOV_CV3},
                 {"vcovHC_HC0", JD_VCOV_HC1}, {"vcovHC_HC1", JD_VCOV_HC1},
                 {"vcovHC_HC2", JD_VCOV_HC2}, {"vcovHC_HC3", JD_VCOV_HC3},
                 {"CR", JD_VCOV_CLUSTER},     {"vcovCL", JD_VCOV_CLUSTER}};
    size_t k = 0;
    while (k < sizeof kinds / sizeof *kinds &&
           strncmp(kind, kinds[k].name, strlen(kinds[k].name)) != 0)
        k++;
    if (k == sizeof kinds / sizeof *kinds) return kind;
    v->kind = kinds[k].kind;
    v->k_fixed = JD_K_FULL;
    v->satterthwaite = 1;
    v->no_k_adjustment = strcmp(kind, "CR1S") != 0 && strncmp(kind, "vcovCL_HC1", 10) != 0 &&
                         strcmp(kind, "vcovHC_HC1") != 0;
    v->no_cluster_adjustment = strcmp(kind, "CR0") == 0 || strstr(kind, "_FALSE") != NULL;
    return NULL;
}

/* How a case's variance is asked for; NULL, or why it cannot be. */
static const char *parse_vcov(const char *kind, const model_t *m, variance_t *variance)
{
    static const struct {
        const char *name;
        jd_vcov_t kind;
    } kinds[] = {{"iid", JD_VCOV_IID},         {"HC2", JD_VCOV_HC2},
                 {"HC3", JD_VCOV_HC3},         {"HC", JD_VCOV_HC1},
                 {"NW", JD_VCOV_NEWEY_WEST},   {"DK", JD_VCOV_DRISCOLL_KRAAY},
                 {"twoway", JD_VCOV_MULTIWAY}, {"cluster", JD_VCOV_CLUSTER}};
    jd_vcov_options_t *v = &variance->options;
    memset(variance, 0, sizeof *variance);
    if (is(m, "_crx")) return parse_robust(kind, v);
    size_t k = 0;
    while (k < sizeof kinds / sizeof *kinds &&
           strncmp(kind, kinds[k].name, strlen(kinds[k].name)) != 0)
        k++;
    if (*kind && k == sizeof kinds / sizeof *kinds) return kind;
    v->kind = *kind ? kinds[k].kind : JD_VCOV_IID;
    variance->by_time = strncmp(kind, "clusterperiod", 13) == 0;
    variance->two_ways = v->kind == JD_VCOV_MULTIWAY;
    if (strstr(kind, "lag2")) v->lag = 2;
    if (strstr(kind, "K.adj=FALSE")) v->no_k_adjustment = 1;
    if (strstr(kind, "G.adj=FALSE")) v->no_cluster_adjustment = 1;
    if (strstr(kind, "G.df=conventional")) v->own_cluster_factors = 1;
    if (strstr(kind, "t.df=conventional")) v->residual_df = 1;
    if (strstr(kind, "K.exact=TRUE")) v->k_exact = 1;
    if (strstr(kind, "K.fixef=none")) v->k_fixed = JD_K_NONE;
    if (strstr(kind, "K.fixef=full")) v->k_fixed = JD_K_FULL;
    return NULL;
}

/* Splits a case into model and kind of variance: "model/kind", or "model_crx_kind". */
static const model_t *find_model(const char *name, const char **kind)
{
    const char *cut = strchr(name, '/'), *crx = strstr(name, "_crx_");
    size_t length = cut ? (size_t)(cut - name) : crx ? (size_t)(crx - name) + 4 : strlen(name);
    *kind = cut ? cut + 1 : crx ? crx + 5 : name + length;
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        if (strlen(models[m].stem) == length && strncmp(models[m].stem, name, length) == 0)
            return &models[m];
    return NULL;
}

/* Our term for a name of the reference, or -1. */
static int find_term(const model_t *m, const jd_design_t *design, const char *name, size_t length)
{
    char text[64], own[64];
    snprintf(text, sizeof text, "%.*s", (int)length, name);
    snprintf(own, sizeof own, "%s", text);
    const char *event = strstr(text, "::");
    if (event)
        snprintf(own, sizeof own, "e=%ld",
                 strtol(event + 2, NULL, 10) - (is(m, "es_base_did") ? 6 : 0));
    else if (m->effect && strcmp(text, m->effect) == 0)
        snprintf(own, sizeof own, "att");
    else if (strcmp(m->estimator, "2x2") == 0 && (!strcmp(text, "treat") || !strcmp(text, "tr")))
        snprintf(own, sizeof own, "treated");
    for (int k = 0; k < jd_design_facts(design).n_terms; k++)
        if (strcmp(jd_design_terms(design)[k].name, own) == 0) return k;
    return -1;
}

typedef struct {
    const model_t *model;
    char kind[96];
    data_t data;
    jd_design_t *design;
    jd_fit_t fit;
} fitted_t;

static void fit_case(fitted_t *f, const model_t *m, const char *kind, const variance_t *v)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    if (f->model == m && strcmp(f->kind, kind) == 0) return;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    load(m, &f->data);
    if (v->by_time) f->data.panel.cluster = f->data.time;
    if (v->two_ways) f->data.panel.cluster2 = f->data.time;
    options.keep_singletons = is(m, "_none");
    options.no_time_effects = is(m, "regionyear");
    int rc = jd_design_prepare(&f->design, jd_estimator_find(m->estimator), &f->data.panel,
                               &options, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->data.y, &v->options, 0.95, &f->fit, &ctx);
    if (rc) print_error("%s/%s: %s\n", m->stem, kind, ctx.message);
    assert_int_equal(rc, JD_OK);
    f->model = m;
    snprintf(f->kind, sizeof f->kind, "%s", kind);
}

/* fixest's rmse of a weighted model divides by the weights' sum, not by n. */
static double sum_of_weights(const jd_panel_t *panel)
{
    double sum = 0;
    for (int64_t i = 0; i < panel->n; i++)
        sum += panel->weight[i];
    return sum;
}

/* Statistics of fit; NaN for one we do not give. */
static double statistic(const fitted_t *f, const char *quantity)
{
    double n = (double)f->fit.n_obs, ssr = f->fit.facts.ssr, k = (double)f->fit.facts.k;
    if (strcmp(quantity, "nobs") == 0) return n;
    if (strcmp(quantity, "ssr") == 0) return ssr;
    if (strcmp(quantity, "rmse") == 0)
        return sqrt(ssr / (f->data.panel.weight ? sum_of_weights(&f->data.panel) : n));
    if (strcmp(quantity, "r2") == 0) return 1 - ssr / f->fit.tss;
    if (strcmp(quantity, "ar2") == 0) return 1 - ssr / f->fit.tss * (n - 1) / (n - k);
    /* With weights fixest takes the likelihood of unweighted residuals, and a null model's of
     * weights as numbers of rows. */
    if (strcmp(quantity, "ll") == 0 && !f->data.panel.weight) return gaussian_likelihood(ssr, n);
    if (strcmp(quantity, "pr2") == 0 && !f->data.panel.weight)
        return 1 - gaussian_likelihood(ssr, n) / gaussian_likelihood(f->fit.tss, n);
    if (strcmp(quantity, "wr2") == 0) return 1 - ssr / f->fit.within_tss;
    if (strcmp(quantity, "df_t") == 0) return f->fit.facts.df;
    return (double)NAN;
}

static int near(double ours, double theirs, double scale)
{
    return fabs(ours - theirs) <= 1e-8 * fabs(theirs) + 1e-10 * scale;
}

/* 1 matched, 0 not, -1 not applicable. */
static int check_row(const fitted_t *f, const csv_t *e, int row, const char **why)
{
    const char *quantity = csv_text(e, row, 4), *term = csv_text(e, row, 5);
    double value = csv_number(e, row, 6), se = csv_number(e, row, 7);
    const jd_fit_t *fit = &f->fit;
    if (strcmp(quantity, "vcov") == 0) {
        const char *bar = strstr(term, " | ");
        int a = find_term(f->model, f->design, term, (size_t)(bar - term));
        int b = find_term(f->model, f->design, bar + 3, strlen(bar + 3));
        return a >= 0 && b >= 0 &&
               near(fit->vcov[a * fit->n_terms + b], value, fit->std_error[a] * fit->std_error[b]);
    }
    if (strcmp(quantity, "df_satterthwaite") == 0) {
        int k = find_term(f->model, f->design, term, strlen(term));
        return k >= 0 && near(fit->df[k], value, 0);
    }
    if (strcmp(quantity, "coef") == 0 || strcmp(quantity, "pvalue") == 0) {
        int k = find_term(f->model, f->design, term, strlen(term));
        if (k < 0) return 0;
        if (*quantity == 'c')
            return near(fit->estimate[k], value, fit->std_error[k]) &&
                   near(fit->std_error[k], se, 0);
        /* A tail magnifies an error in t by about t squared. */
        double t = fit->estimate[k] / fit->std_error[k];
        return near(fit->p_value[k], value, 1e2 * value * t * t);
    }
    double ours = statistic(f, quantity);
    if (isnan(ours)) {
        *why = "likelihood with weights: of unweighted residuals, and so its pseudo R2";
        return -1;
    }
    return near(ours, value, 0);
}

static void check_family(const csv_t *e, const char *family, int *matched_all)
{
    static fitted_t f;
    tally_t t = {0};
    for (int row = 0; row < e->rows; row++) {
        if (strcmp(csv_text(e, row, 2), family) != 0) continue;
        const char *kind, *why = NULL;
        const model_t *m = find_model(csv_text(e, row, 0), &kind);
        variance_t v;
        int verdict = -1;
        assert_non_null(m);
        why = parse_vcov(kind, m, &v);
        if (!why) {
            fit_case(&f, m, kind, &v);
            verdict = check_row(&f, e, row, &why);
        }
        if (verdict < 0)
            tally_not_applicable(&t, why);
        else
            tally(&t, verdict, e, row, (double)NAN, (double)NAN);
    }
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    memset(&f, 0, sizeof f);
    tally_print(&t, family);
    assert_int_equal(t.missed, 0);
    *matched_all += t.matched;
}

static void test_every_row_of_the_regression_families(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    int matched = 0;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    check_family(&expected, "twfe", &matched);
    check_family(&expected, "event_study", &matched);
    check_family(&expected, "did2x2", &matched);
    check_family(&expected, "cluster_robust", &matched);
    check_family(&expected, "heteroskedastic", &matched);
    csv_free(&expected);
    assert_true(matched > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_of_the_regression_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
