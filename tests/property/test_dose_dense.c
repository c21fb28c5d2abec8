/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects by dose and Wald DID on random small panels against plain loops over rows, a truncated
 * power basis in long double, and influence functions by numerical derivatives in units' weights.
 */
#include "support.h"

#include "jiedao/split.h"
#include "property/did_dense.h"

enum { TRIALS = 30, MAX_KNOTS = 2 };

typedef struct {
    jd_panel_t panel;
    int n, units, periods;
    int32_t unit[MAX_ROWS], time[MAX_ROWS], cohort[MAX_ROWS], cluster[MAX_ROWS];
    double weight[MAX_ROWS], dose[MAX_ROWS], y[MAX_ROWS], x[2][MAX_ROWS];
    const double *x_column[2];
    const char *x_name[2];
    double factor[64];             /* of units' weights, for derivatives */
    int complete[64], row[64][16]; /* row of a unit in period 11 + k */
    double knot[MAX_KNOTS];
    int is_dose;
    jd_did_options_t options;
} data_t;

static void swap(data_t *d, int a, int b)
{
#define EXCHANGE(type, column)       \
    do {                             \
        type keep = d->column[a];    \
        d->column[a] = d->column[b]; \
        d->column[b] = keep;         \
    } while (0)
    EXCHANGE(int32_t, unit);
    EXCHANGE(int32_t, time);
    EXCHANGE(int32_t, cohort);
    EXCHANGE(int32_t, cluster);
    EXCHANGE(double, weight);
    EXCHANGE(double, dose);
    EXCHANGE(double, y);
    EXCHANGE(double, x[0]);
    EXCHANGE(double, x[1]);
#undef EXCHANGE
}

/* Cohorts at periods 11 ..., units numbered from 0; some lack a period, and are left out. */
static void make_data(data_t *d, uint64_t seed, int is_dose)
{
    jd_rng_t rng = trial_rng(seed + 5000 * (uint64_t)is_dose);
    memset(d, 0, sizeof *d);
    d->units = 18 + pick(&rng, 12);
    d->periods = 3 + pick(&rng, 4);
    d->is_dose = is_dose;
    jd_did_defaults(&d->options);
    d->options.control = pick(&rng, 2) ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    d->options.aggregate = (jd_aggregate_t)pick(&rng, 5);
    d->options.anticipation = d->periods > 4 ? pick(&rng, 2) : 0;
    d->options.wald_did.time_corrected = !is_dose && pick(&rng, 2);
    d->options.dose.degree = pick(&rng, 4);
    d->options.dose.knots = pick(&rng, 2);
    int weighted = pick(&rng, 2), clustered = pick(&rng, 2);
    for (int u = 0; u < d->units; u++) {
        int cohort = u % 3 == 0 ? 0 : 12 + pick(&rng, d->periods - 2);
        if (d->options.anticipation && cohort == 12) cohort = 13;
        double level = gauss(&rng), dose = 0.5 + 2 * jd_rng_uniform(&rng);
        double weight = weighted ? 0.5 + jd_rng_uniform(&rng) : 1, before = 0.25 * pick(&rng, 2);
        int gap = u == d->units - 1;
        d->complete[u] = !gap;
        d->factor[u] = 1;
        for (int t = 11; t < 11 + d->periods; t++) {
            int i = d->n, treated = cohort && t >= cohort;
            if (gap && t == 12) continue;
            d->unit[i] = u;
            d->time[i] = t;
            d->cohort[i] = cohort;
            d->cluster[i] = clustered ? u / 2 : u;
            d->weight[i] = weight;
            if (is_dose)
                d->dose[i] = treated ? dose : 7 * (u % 2); /* not read before treatment */
            else
                d->dose[i] = before + (treated ? dose + 0.1 * t : u % 6 == 0 && t > 12 ? 0.1 : 0);
            d->y[i] = level + 0.3 * t + treated * dose * dose + gauss(&rng);
            for (int k = 0; k < 2; k++)
                d->x[k][i] = (k ? 5 : level) + ((13 * u + 7 * t * (k + 2)) % 17) / 6.0;
            d->y[i] += 0.2 * t * d->x[0][i];
            d->n++;
        }
    }
    for (int i = d->n - 1; i > 0; i--)
        swap(d, i, pick(&rng, i + 1));
    for (int i = 0; i < d->n; i++)
        d->row[d->unit[i]][d->time[i] - 11] = i;
    d->panel = (jd_panel_t){.n = d->n,
                            .unit = d->unit,
                            .time = d->time,
                            .cohort = d->cohort,
                            .weight = weighted ? d->weight : NULL,
                            .cluster = d->cluster,
                            .dose = d->dose,
                            .n_x = (int)(seed % 3),
                            .x = d->x_column,
                            .x_name = d->x_name};
    for (int k = 0; k < 2; k++) {
        d->x_column[k] = d->x[k];
        d->x_name[k] = "x";
    }
}

static int row_of(const data_t *d, int unit, int time)
{
    return d->row[unit][time - 11];
}

/* What least squares of controls' changes [n], weights w, on a constant and x [n] tells at x of
 * another; columns that depend on earlier ones are left out. */
static double predict(int n, int n_x, const long double *w, const long double *change,
                      long double x[3][MAX_ROWS], const double *at)
{
    static basis_t b;
    static long double column[MAX_ROWS];
    long double slope[3], sum = 0;
    int kept[3], k = 0;
    b.n = n;
    b.n_q = 0;
    for (int p = 0; p <= n_x; p++) {
        for (int i = 0; i < n; i++)
            column[i] = x[p][i] * sqrtl(w[i]);
        if (add_column(&b, column, 1e-10L)) kept[k++] = p;
    }
    for (int p = k - 1; p >= 0; p--) {
        slope[p] = 0;
        for (int i = 0; i < n; i++)
            slope[p] += b.q[p][i] * change[i] * sqrtl(w[i]);
        for (int q = p + 1; q < k; q++)
            slope[p] -= b.r[p][q] * slope[q];
        slope[p] /= b.r[p][p];
        sum += slope[p] * (kept[p] ? (long double)at[kept[p] - 1] : 1);
    }
    return (double)sum;
}

/* theta of a treated row for a column v; 0 if there is no control, with *has = 0. */
static double theta_of(const data_t *d, const double *v, int i, int *has)
{
    static long double w[MAX_ROWS], change[MAX_ROWS], x[3][MAX_ROWS];
    int g = d->cohort[i], t = d->time[i], base = 11;
    for (int s = 11; s < g - d->options.anticipation; s++)
        base = s;
    int own = row_of(d, d->unit[i], base), n = 0;
    const double at[2] = {d->x[0][own], d->x[1][own]};
    for (int j = 0; j < d->n; j++) {
        int u = d->unit[j], h = d->cohort[j];
        if (d->time[j] != t || !d->complete[u]) continue;
        int control =
            h == 0 || (d->options.control == JD_CONTROL_NOT_YET && h > t + d->options.anticipation);
        int before = row_of(d, u, base);
        if (d->options.wald_did.time_corrected &&
            (d->dose[j] != d->dose[before] || d->dose[before] != d->dose[own]))
            control = 0;
        if (!control) continue;
        w[n] = d->weight[j] * d->factor[u];
        change[n] = v[j] - v[before];
        x[0][n] = 1;
        for (int k = 0; k < d->panel.n_x; k++)
            x[k + 1][n] = d->x[k][before];
        n++;
    }
    *has = n > 0;
    return *has ? v[i] - v[own] - predict(n, d->panel.n_x, w, change, x, at) : 0;
}

/* Whether a treated row counts under a term that is a mean. */
static int counts(const data_t *d, const char *term, int i)
{
    int g = d->cohort[i], t = d->time[i], a, b;
    if (strcmp(term, "att") == 0) return 1;
    if (sscanf(term, "g=%d,t=%d", &a, &b) == 2) return g == a && t == b;
    if (sscanf(term, "g=%d", &a) == 1) return g == a;
    if (sscanf(term, "t=%d", &a) == 1) return t == a;
    if (sscanf(term, "e=%d", &a) == 1) return t - g == a;
    return -1;
}

static long double power(const data_t *d, int k, double x, int slope)
{
    int p = d->options.dose.degree;
    if (k <= p) return slope ? k * (k ? powl(x, k - 1) : 0) : powl(x, k);
    double z = x - d->knot[k - p - 1];
    if (p == 0) return slope ? 0 : z >= 0;
    return z < 0 ? 0 : slope ? p * powl(z, p - 1) : powl(z, p); /* slopes from the right */
}

/* A term's estimate by loops; what the truncated powers tell of the curve. */
static double oracle(const data_t *d, const char *term)
{
    static basis_t b;
    static long double column[MAX_ROWS], value[MAX_ROWS], coefficient[MAX_COLUMNS];
    int rows[MAX_ROWS], n = 0, has, k = d->options.dose.degree + 1 + d->options.dose.knots;
    double sum = 0, weight = 0, dose = 0, at = 0;
    for (int i = 0; i < d->n; i++) {
        if (!d->cohort[i] || d->time[i] < d->cohort[i] || !d->complete[d->unit[i]]) continue;
        double w = d->weight[i] * d->factor[d->unit[i]], theta = theta_of(d, d->y, i, &has);
        if (!has) continue;
        if (counts(d, term, i) > 0) {
            sum += w * theta;
            weight += w;
            dose += d->is_dose ? 0 : w * theta_of(d, d->dose, i, &has);
        }
        value[n] = theta;
        rows[n++] = i;
    }
    if (counts(d, term, 0) >= 0) return sum / (d->is_dose ? weight : dose);
    memset(&b, 0, sizeof b);
    b.n = n;
    for (int p = 0; p < k; p++) {
        for (int i = 0; i < n; i++)
            column[i] = power(d, p, d->dose[rows[i]], 0) *
                        sqrtl(d->weight[rows[i]] * d->factor[d->unit[rows[i]]]);
        assert_true(add_column(&b, column, 1e-15L));
    }
    for (int p = k - 1; p >= 0; p--) {
        coefficient[p] = 0;
        for (int i = 0; i < n; i++)
            coefficient[p] +=
                b.q[p][i] * value[i] * sqrtl(d->weight[rows[i]] * d->factor[d->unit[rows[i]]]);
        for (int q = p + 1; q < k; q++)
            coefficient[p] -= b.r[p][q] * coefficient[q];
        coefficient[p] /= b.r[p][p];
    }
    long double result = 0, total = 0;
    int slope = strncmp(term, "acrt", 4) == 0;
    if (strcmp(term, "acrt") == 0) {
        for (int i = 0; i < n; i++) {
            double w = d->weight[rows[i]] * d->factor[d->unit[rows[i]]];
            for (int p = 0; p < k; p++)
                result += w * coefficient[p] * power(d, p, d->dose[rows[i]], 1);
            total += w;
        }
        return (double)(result / total);
    }
    assert_int_equal(sscanf(strstr(term, "d="), "d=%lf", &at), 1);
    for (int p = 0; p < k; p++)
        result += coefficient[p] * power(d, p, at, slope);
    return (double)result;
}

static double oracle_se(data_t *d, const char *term)
{
    const double h = 1e-4;
    double by_cluster[64] = {0}, sum = 0;
    for (int u = 0; u < d->units; u++) {
        double side[2];
        if (!d->complete[u]) continue;
        for (int s = 0; s < 2; s++) {
            d->factor[u] = s ? 1 + h : 1 - h;
            side[s] = oracle(d, term);
        }
        d->factor[u] = 1;
        by_cluster[d->cluster[row_of(d, u, 11)]] += (side[1] - side[0]) / (2 * h);
    }
    for (int g = 0; g < 64; g++)
        sum += by_cluster[g] * by_cluster[g];
    return sqrt(sum);
}

/* Inner knot: the median of treated complete units' doses. */
static void place_knot(data_t *d)
{
    double dose[64];
    int n = 0;
    for (int u = 0; u < d->units; u++) {
        int i = row_of(d, u, 10 + d->periods);
        if (d->complete[u] && d->cohort[i] && d->cohort[i] < 11 + d->periods)
            dose[n++] = d->dose[i];
    }
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            if (dose[j] < dose[i]) {
                double keep = dose[i];
                dose[i] = dose[j];
                dose[j] = keep;
            }
    d->knot[0] = n % 2 ? dose[n / 2] : 0.5 * dose[n / 2 - 1] + 0.5 * dose[n / 2];
}

/* At a jump or kink the digits of the term's name would decide the side. */
static int at_jump(const data_t *d, const char *term)
{
    double at;
    const char *form = d->options.dose.degree == 0 ? "d=%lf" : "acrt,d=%lf";
    return d->options.dose.degree < 2 && d->options.dose.knots && sscanf(term, form, &at) == 1 &&
           fabs(at - d->knot[0]) < 1e-8;
}

static void check(const char *estimator, int is_dose)
{
    static data_t d;
    int panels = 0, terms = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_fit_t fit;
        static double w[MAX_ROWS];
        make_data(&d, seed, is_dose);
        jd_ctx_init(&ctx);
        if (jd_design_prepare(&design, jd_estimator_find(estimator), &d.panel, &d.options, &ctx) !=
            JD_OK)
            continue;
        if (is_dose) place_knot(&d);
        assert_int_equal(jd_design_infer(design, d.y, NULL, 0.95, &fit, &ctx), JD_OK);
        for (int k = 0; k < fit.n_terms; k++) {
            const char *name = jd_design_terms(design)[k].name;
            if (is_dose && at_jump(&d, name)) continue;
            double value = oracle(&d, name), se = oracle_se(&d, name), sum = 0;
            double tolerance = 1e-7 * (1 + fabs(value) + se);
            if (fabs(fit.estimate[k] - value) > tolerance ||
                fabs(fit.std_error[k] - se) > 10 * tolerance)
                print_error(
                    "seed %d, %s: %.12g (%.9g), by loops %.12g (%.9g); degree %d, knots %d, "
                    "control %d, corrected %d\n",
                    (int)seed, name, fit.estimate[k], fit.std_error[k], value, se,
                    d.options.dose.degree, d.options.dose.knots, (int)d.options.control,
                    d.options.wald_did.time_corrected);
            assert_true(fabs(fit.estimate[k] - value) <= tolerance);
            assert_true(fabs(fit.std_error[k] - se) <= 10 * tolerance);
            jd_design_weights(design, k, w);
            for (int i = 0; i < d.n; i++)
                sum += w[i] * d.y[i];
            assert_true(fabs(sum - fit.estimate[k]) <= 1e-10 * (1 + fabs(sum)));
            terms++;
        }
        jd_fit_free(&fit);
        jd_design_free(design);
        panels++;
    }
    print_message("%s: %d panels, %d terms\n", estimator, panels, terms);
    assert_true(panels > TRIALS / 2 && terms > 3 * TRIALS);
}

static void test_dose(void **state)
{
    (void)state;
    check("dose", 1);
}

static void test_wald_did(void **state)
{
    (void)state;
    check("wald_did", 0);
}

/* The bias split against effects per dose: parts add up, and the target is sum tau / sum dose. */
static void test_split_per_dose(void **state)
{
    (void)state;
    static data_t d;
    static double y0[MAX_ROWS];
    static int8_t cell[MAX_ROWS];
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_ctx_t ctx;
        jd_design_t *design = NULL;
        jd_split_t split[MAX_COLUMNS];
        double tau = 0, dose = 0;
        int n = 0;
        make_data(&d, seed, 0);
        d.options.aggregate = JD_AGGREGATE_OVERALL;
        jd_ctx_init(&ctx);
        jd_rng_t rng = trial_rng(seed);
        for (int i = 0; i < d.n; i++) {
            int treated = d.cohort[i] && d.time[i] >= d.cohort[i];
            cell[i] = (int8_t)(treated ? JD_CELL_POST : d.cohort[i] ? JD_CELL_PRE : JD_CELL_NEVER);
            y0[i] = d.y[i] - (treated ? d.dose[i] * gauss(&rng) : 0.1 * gauss(&rng));
            if (!treated) continue;
            tau += d.panel.weight ? d.weight[i] * (d.y[i] - y0[i]) : d.y[i] - y0[i];
            dose += d.panel.weight ? d.weight[i] * d.dose[i] : d.dose[i];
        }
        if (jd_design_prepare(&design, jd_estimator_find("wald_did"), &d.panel, &d.options, &ctx) !=
            JD_OK)
            continue;
        jd_split_input_t input = {
            .y1_obs = d.y, .y1 = d.y, .y0 = y0, .cell = cell, .weight = d.panel.weight};
        assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_ERR_ARGUMENT);
        assert_non_null(strstr(ctx.message, "needs the dose"));
        input.dose = d.dose;
        assert_int_equal(jd_split_bias(design, &input, split, &n, &ctx), JD_OK);
        assert_int_equal(n, 1);
        assert_true(fabs(split[0].residual) <= 1e-12 * split[0].scale);
        assert_true(fabs(split[0].att - tau / dose) <= 1e-12);
        jd_design_free(design);
        seen++;
    }
    assert_true(seen > TRIALS / 2);
}

static void refuse(const data_t *d, const char *estimator, const char *words)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find(estimator), &d->panel, &d->options, &ctx);
    jd_design_free(design);
    if (!rc || !strstr(ctx.message, words))
        print_error("'%s' lacks '%s'\n", ctx.message, words);
    assert_true(rc);
    assert_non_null(strstr(ctx.message, words));
}

static int treated_row(const data_t *d)
{
    int i = 0;
    while (!d->cohort[i] || d->time[i] < d->cohort[i] || !d->complete[d->unit[i]])
        i++;
    return i;
}

static void test_refusals(void **state)
{
    (void)state;
    static data_t d;
    make_data(&d, 4, 1);
    d.options = (jd_did_options_t){0};
    jd_did_defaults(&d.options);
    d.options.dose.at.value[0] = 1e9;
    d.options.dose.at.n = 1;
    refuse(&d, "dose", "an effect at dose 1e+09");
    d.options.dose.at.n = 0;
    d.options.dose.degree = 6;
    refuse(&d, "dose", "degree 6");
    d.options.dose.degree = 3;
    d.options.dose.knots = 60;
    refuse(&d, "dose", "too few for splines");
    d.options.dose.knots = 0;
    int i = treated_row(&d);
    d.dose[i] = 0;
    refuse(&d, "dose", "has dose 0");
    d.dose[i] = NAN;
    refuse(&d, "dose", "dose = nan");
    d.panel.dose = NULL;
    refuse(&d, "dose", "the panel has no dose");
    make_data(&d, 4, 0);
    jd_did_defaults(&d.options);
    for (int k = 0; k < d.n; k++)
        d.dose[k] = 1;
    refuse(&d, "wald_did", "nothing to divide by");
    d.options.wald_did.time_corrected = 1;
    for (int k = 0; k < d.n; k++)
        d.dose[k] = d.cohort[k] ? 1 : 2;
    refuse(&d, "wald_did", "which does not change");
    d.options.anticipation = -1;
    refuse(&d, "wald_did", "anticipation = -1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dose),
        cmocka_unit_test(test_wald_did),
        cmocka_unit_test(test_split_per_dose),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
