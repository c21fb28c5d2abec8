/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic DID, synthetic control and DID on their blocks against the R package synthdid (by the
 * same search, stopped early) and against the optimum found by hand; both to 1e-10. Every row is
 * counted. */
#include "support.h"

#include <math.h>

#include "did/base/design.h"
#include "did/synthetic/synthetic.h"
#include "jiedao/synthetic.h"
#include "reference/tally.h"

enum { MAX_N = 1300, MAX_UNITS = 120, MAX_TERMS = 40 };

typedef struct {
    const char *name, *family, *estimator;
    int package;
} case_t;

static const case_t cases[] = {
    {"sdid_prop99_synthdid", "synthdid", "synthetic_did", 1},
    {"sdid_prop99_sc", "sc", "synthetic_control", 1},
    {"sdid_prop99_did", "did", "block_did", 1},
    {"sdid_base_did_synthdid", "synthdid", "synthetic_did", 1},
    {"sdid_base_did_sc", "sc", "synthetic_control", 1},
    {"sdid_base_did_did", "did", "block_did", 1},
    {"sdid_prop99_exact", "synthdid_exact", "synthetic_did", 0},
    {"sdid_base_did_exact", "synthdid_exact", "synthetic_did", 0},
};

typedef struct {
    const case_t *c;
    char name[MAX_UNITS][32]; /* of the unit codes */
    int32_t unit[MAX_N], time[MAX_N], cohort[MAX_N];
    double y[MAX_N], placebo[MAX_UNITS];
    jd_panel_t panel;
    jd_design_t *design;
    jd_fit_t fit;
    jd_synthetic_weights_t weights;
} fitted_t;

static int32_t code_of(fitted_t *f, const char *name)
{
    int32_t u = 0;
    while (f->name[u][0] && strcmp(f->name[u], name) != 0)
        u++;
    assert_true(u < MAX_UNITS - 1);
    snprintf(f->name[u], sizeof f->name[u], "%s", name);
    return u;
}

static void load(fitted_t *f, int prop99)
{
    csv_t csv;
    memset(f->name, 0, sizeof f->name);
    assert_true(csv_read(&csv, prop99 ? JD_REFERENCE_DATA "/california_prop99.csv"
                                      : JD_REFERENCE_DATA "/base_did.csv"));
    assert_true(csv.rows <= MAX_N);
    for (int i = 0; i < csv.rows; i++) {
        char name[32];
        int treated;
        if (prop99) {
            snprintf(name, sizeof name, "%s", csv_text(&csv, i, csv_find(&csv, "State")));
            treated = strcmp(name, "California") == 0;
        } else {
            snprintf(name, sizeof name, "u%03d", (int)csv_number(&csv, i, csv_find(&csv, "id")));
            treated = csv_number(&csv, i, csv_find(&csv, "treat")) != 0;
        }
        f->unit[i] = code_of(f, name);
        f->time[i] = (int32_t)csv_number(&csv, i, csv_find(&csv, prop99 ? "Year" : "period"));
        f->cohort[i] = treated ? (prop99 ? 1989 : 6) : 0;
        f->y[i] = csv_number(&csv, i, csv_find(&csv, prop99 ? "PacksPerCapita" : "y"));
    }
    f->panel = (jd_panel_t){.n = csv.rows, .unit = f->unit, .time = f->time, .cohort = f->cohort};
    csv_free(&csv);
}

/* Each control in the place of the treated unit, regularisation kept: as in inference. */
static void find_placebos(fitted_t *f)
{
    const jd_synthetic_t *s = f->design->own;
    jd_synthetic_who_t who;
    jd_block_weights_t weights;
    double term[MAX_TERMS];
    static double matrix[MAX_N];
    int32_t n = s->n_controls;
    assert_int_equal(jd_synthetic_outcomes(s, f->y, matrix, NULL), JD_OK);
    assert_int_equal(jd_synthetic_everyone(s, (size_t)s->n_units, &who, NULL), JD_OK);
    assert_int_equal(jd_block_weights_init(&weights, s, (size_t)n, NULL), JD_OK);
    who.n_controls = n - 1;
    for (int32_t d = 0; d < n; d++) {
        double sum = 0;
        for (int32_t k = 0; k < n - 1; k++) {
            who.control[k] = k < d ? k : k + 1;
            sum += f->weights.omega[who.control[k]];
        }
        for (int32_t k = 0; k < n - 1; k++)
            weights.omega[k] = f->weights.omega[who.control[k]] / sum;
        memcpy(weights.lambda, f->weights.lambda, (size_t)s->n_periods * sizeof *weights.lambda);
        memcpy(weights.zeta, f->weights.zeta, 3 * sizeof *weights.zeta);
        who.treated[0] = d;
        assert_int_equal(jd_synthetic_weigh(s, &who, matrix, 0, &weights, NULL), JD_OK);
        assert_int_equal(jd_synthetic_terms(s, &who, matrix, &weights, term, NULL), JD_OK);
        f->placebo[s->unit[d]] = term[0];
    }
    free(who.control);
    jd_block_weights_free(&weights);
}

static void fit_case(fitted_t *f, const case_t *c)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_vcov_options_t vcov = {0};
    if (f->c == c) return;
    f->c = c;
    jd_fit_free(&f->fit);
    jd_design_free(f->design);
    jd_synthetic_weights_free(&f->weights);
    load(f, strstr(c->name, "prop99") != NULL);
    if (!strstr(c->name, "prop99")) vcov.resample = JD_RESAMPLE_JACKKNIFE; /* several treated */
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    options.synthetic.synthdid = c->package;
    int rc =
        jd_design_prepare(&f->design, jd_estimator_find(c->estimator), &f->panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(f->design, f->y, &vcov, 0.95, &f->fit, &ctx);
    if (!rc) rc = jd_synthetic_weights_find(&f->weights, f->design, f->y, &ctx);
    if (rc) print_error("%s: %s\n", c->name, ctx.message);
    assert_int_equal(rc, JD_OK);
    assert_true(f->fit.n_terms <= MAX_TERMS);
    if (strstr(c->name, "prop99")) find_placebos(f);
}

static double effect_at(const fitted_t *f, int32_t t)
{
    int32_t g = f->weights.cohort[0];
    for (int k = 0; k < f->fit.n_terms; k++) {
        const jd_term_t *term = &jd_design_terms(f->design)[k];
        if (term->kind == JD_TERM_EVENT && term->event_first == t - g) return f->fit.estimate[k];
    }
    return NAN;
}

static double our_value(fitted_t *f, const char *quantity, const char *term)
{
    if (strcmp(quantity, "att") == 0) return f->fit.estimate[0];
    if (strncmp(quantity, "se_", 3) == 0) return f->fit.std_error[0];
    if (strncmp(quantity, "zeta", 4) == 0) return f->weights.zeta[quantity[5] == 'l'];
    if (strcmp(quantity, "effect_curve") == 0) return effect_at(f, (int32_t)atoi(term));
    if (strcmp(quantity, "placebo_att") == 0) return f->placebo[code_of(f, term)];
    if (strcmp(quantity, "omega") == 0)
        for (int32_t u = 0; u < f->weights.n_controls; u++)
            if (strcmp(f->name[f->weights.unit[u]], term) == 0) return f->weights.omega[u];
    if (strcmp(quantity, "lambda") == 0)
        for (int32_t t = 0; t < f->weights.n_periods; t++)
            if (f->weights.period[t] == atoi(term)) return f->weights.lambda[t];
    return NAN;
}

/* Error of a standard deviation of 200 placebos drawn again from the 38, by the delta method. */
static double error_of_draws(const fitted_t *f)
{
    double mean = 0, m2 = 0, m4 = 0;
    int32_t n = f->weights.n_controls;
    for (int32_t u = 0; u < n; u++)
        mean += f->placebo[f->weights.unit[u]] / n;
    for (int32_t u = 0; u < n; u++) {
        double d = f->placebo[f->weights.unit[u]] - mean;
        m2 += d * d / n;
        m4 += d * d * d * d / n;
    }
    return sqrt((m4 - m2 * m2) / 200 / (4 * m2));
}

static void check_family(const csv_t *e, const char *family, double tolerance)
{
    static fitted_t f;
    tally_t t = {0};
    double worst = 0;
    for (int row = 0; row < e->rows; row++) {
        size_t c = 0;
        if (strcmp(csv_text(e, row, 2), family) != 0) continue;
        while (c < sizeof cases / sizeof *cases && strcmp(cases[c].name, csv_text(e, row, 0)) != 0)
            c++;
        if (c == sizeof cases / sizeof *cases) {
            tally(&t, 0, e, row, NAN, NAN);
            continue;
        }
        fit_case(&f, &cases[c]);
        const char *quantity = csv_text(e, row, 4);
        double value = csv_number(e, row, 6);
        double ours = our_value(&f, quantity, csv_text(e, row, 5));
        if (strcmp(quantity, "se_placebo_mc") == 0) {
            /* 200 draws of R's generator from the placebos we have all of. */
            int near = fabs(ours - value) <= 0.05 * value;
            int by_chance = fabs(ours - value) <= 3 * error_of_draws(&f);
            if (near || !by_chance)
                tally(&t, near, e, row, ours, NAN);
            else
                tally_not_applicable(&t, "200 random placebos of R's generator: further than 5 % "
                                         "from all 38, within 3 of its own standard errors");
            continue;
        }
        double error = fabs(ours - value) / fmax(1, fabs(value));
        if (error > worst) worst = error;
        tally(&t, error <= tolerance, e, row, ours, NAN);
    }
    jd_fit_free(&f.fit);
    jd_design_free(f.design);
    jd_synthetic_weights_free(&f.weights);
    memset(&f, 0, sizeof f);
    tally_print(&t, family);
    print_message("    largest error %.1e\n", worst);
    assert_int_equal(t.missed, 0);
    assert_true(t.matched > 0);
}

static void test_every_row(void **state)
{
    (void)state;
    SKIP_WITHOUT(JD_REFERENCE_ROWS);
    csv_t expected;
    assert_true(csv_read(&expected, JD_REFERENCE_ROWS));
    check_family(&expected, "synthdid_exact", 1e-10);
    check_family(&expected, "synthdid", 1e-10);
    check_family(&expected, "sc", 1e-10);
    check_family(&expected, "did", 1e-10);
    csv_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
