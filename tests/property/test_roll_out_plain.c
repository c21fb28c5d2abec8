/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roll_out against plain loops in long double that work unit by unit instead of with covariance
 * matrices, on panels with gaps, a unit always treated and a cohort of one; then its refusals,
 * frozen weights, threads and randomisation test. */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/roll_out.h"
#include "near.h"
#include "property/did_dense.h"

enum { TRIALS = 60, PERIODS = 6, NEVER = 1000 };

/* Random panel: cohorts 3, 4, 6 and (not always) never; rows shuffled. */
static void make_panel(trial_t *t, uint64_t seed)
{
    jd_rng_t rng = trial_rng(seed);
    memset(t, 0, sizeof *t);
    int n = 0, units = 40 + pick(&rng, 20);
    for (int u = 0; u < units; u++) {
        static const int choice[] = {3, 4, 6, 0};
        int g = choice[pick(&rng, seed % 3 == 0 ? 3 : 4)];
        if (u == 0) g = 5; /* alone */
        if (u == 1) g = 1; /* always treated */
        double level = gauss(&rng), slope = 0.3 * gauss(&rng);
        for (int s = 1; s <= PERIODS; s++) {
            if (u == 2 && s == 4) continue; /* a gap */
            t->unit[n] = 7 * u - 50;
            t->time[n] = 2000 + s;
            t->cohort[n] = g ? 2000 + g : 0;
            t->y[n] = level + slope * s + 0.1 * s * s + gauss(&rng) + (g && s >= g ? 0.4 * s : 0);
            n++;
        }
    }
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    t->panel = (jd_panel_t){.n = n, .unit = t->unit, .time = t->time, .cohort = t->cohort};
}

/* Units as the estimator keeps them. */
typedef struct {
    int n, last; /* units; last period with controls */
    int cohort[64];
    long double y[64][PERIODS + 1];
    const jd_did_options_t *options;
} plain_t;

static void take_units(plain_t *p, const trial_t *t)
{
    p->n = 0;
    p->last = PERIODS;
    int latest = 0;
    for (int u = 0; u < 64; u++) {
        int rows = 0, g = 0;
        for (int i = 0; i < t->panel.n; i++) {
            if (t->unit[i] != 7 * u - 50) continue;
            rows++;
            g = t->cohort[i] ? t->cohort[i] - 2000 : NEVER;
            p->y[p->n][t->time[i] - 2000] = t->y[i];
        }
        p->cohort[p->n] = g;
        int alone = g == 5 && u == 0; /* others are never drawn into 2005 */
        if (rows == PERIODS && g > 1 && !alone) p->n++;
    }
    for (int i = 0; i < p->n; i++)
        latest = p->cohort[i] > latest ? p->cohort[i] : latest;
    if (latest == NEVER) return;
    p->last = latest - 1;
    for (int i = 0; i < p->n; i++)
        if (p->cohort[i] == latest) p->cohort[i] = NEVER;
}

static int size_of(const plain_t *p, int g)
{
    int n = 0;
    for (int i = 0; i < p->n; i++)
        n += p->cohort[i] == g;
    return n;
}

/* Adds `by` times ATT(g,t)'s weights on unit i's outcomes, and on those before treatment. */
static void add_att(const plain_t *p, int g, int t, long double by, int i, long double *theta,
                    long double *x)
{
    int controls = 0, own = p->cohort[i] == g;
    for (int j = 0; j < p->n; j++)
        controls += p->cohort[j] > t &&
                    (!p->options->roll_out.last_cohort_control || p->cohort[j] == NEVER);
    int in =
        p->cohort[i] > t && (!p->options->roll_out.last_cohort_control || p->cohort[i] == NEVER);
    long double w = own ? by / size_of(p, g) : in ? -by / controls : 0;
    theta[t] += w;
    x[g - 1] += w;
}

/* Weights of a term on unit i's outcomes: theta's and X's, each unit's times its cohort's size. */
static void unit_weights(const plain_t *p, const char *name, int i, long double *theta,
                         long double *x)
{
    jd_aggregate_t by = p->options->aggregate;
    int key = 0, overall = sscanf(name, "%*c=%d", &key) != 1;
    long double total = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int g = 2; g <= PERIODS; g++)
            for (int t = g; t <= p->last; t++) {
                long double n = size_of(p, g), before = 0, w = n;
                if (n == 0) continue;
                for (int h = 2; h <= t; h++)
                    before += size_of(p, h);
                if (by == JD_AGGREGATE_COHORT) w = overall ? n / (p->last - g + 1) : 1;
                if (by == JD_AGGREGATE_CALENDAR && overall) w = n / before;
                if (!overall && key != (by == JD_AGGREGATE_EVENT    ? t - g
                                        : by == JD_AGGREGATE_COHORT ? g + 2000
                                                                    : t + 2000))
                    continue;
                if (pass == 0) total += w;
                if (pass == 1) add_att(p, g, t, w / total, i, theta, x);
            }
}

/* sum over cohorts of N_g / (N_g - 1) times the sum of products about the cohort's mean. */
static long double spread(const plain_t *p, const long double *a, const long double *b)
{
    long double sum = 0;
    for (int g = 2; g <= NEVER; g++) {
        long double ma = 0, mb = 0, part = 0, n = size_of(p, g);
        if (n == 0) continue;
        for (int i = 0; i < p->n; i++)
            if (p->cohort[i] == g) {
                ma += a[i] / n;
                mb += b[i] / n;
            }
        for (int i = 0; i < p->n; i++)
            if (p->cohort[i] == g) part += (a[i] - ma) * (b[i] - mb);
        sum += part * n / (n - 1);
    }
    return sum;
}

/* Regression of a [units] on the first m outcomes within cohort g, added into sum [m]. */
static void add_slopes(const plain_t *p, int g, int m, const long double *a, long double *sum)
{
    long double z[PERIODS][PERIODS + 1] = {{0}}, mean[PERIODS + 1] = {0}, ma = 0;
    long double n = size_of(p, g);
    for (int i = 0; i < p->n; i++) {
        if (p->cohort[i] != g) continue;
        ma += a[i] / n;
        for (int s = 0; s < m; s++)
            mean[s] += p->y[i][s + 1] / n;
    }
    for (int i = 0; i < p->n; i++)
        for (int s = 0; s < m && p->cohort[i] == g; s++) {
            for (int v = 0; v < m; v++)
                z[s][v] += (p->y[i][s + 1] - mean[s]) * (p->y[i][v + 1] - mean[v]);
            z[s][m] += (p->y[i][s + 1] - mean[s]) * (a[i] - ma);
        }
    for (int s = 0; s < m; s++) /* Gauss and Jordan: positive definite, no pivots needed */
        for (int v = 0; v < m; v++) {
            long double by = v == s ? 0 : z[v][s] / z[s][s];
            for (int c = s; c <= m; c++)
                z[v][c] -= by * z[s][c];
        }
    for (int s = 0; s < m; s++)
        sum[s] += z[s][m] / z[s][s];
}

/* What outcomes before the first cohort's treatment explain; a = theta_g'Y_i of each unit. */
static long double explained(const plain_t *p, const long double *a, int first)
{
    long double slope[PERIODS] = {0}, fit[64] = {0}, sum = 0;
    int m = first - 1, cohorts = 0;
    for (int g = first; g <= NEVER; g++)
        if (size_of(p, g) > 0) {
            cohorts++;
            add_slopes(p, g, m, a, slope);
        }
    for (int g = first; g <= NEVER; g++) {
        long double n = size_of(p, g), mean = 0, part = 0;
        for (int i = 0; i < p->n; i++) {
            fit[i] = 0;
            for (int s = 0; s < m; s++)
                fit[i] += slope[s] * p->y[i][s + 1];
            if (p->cohort[i] == g) mean += fit[i] / n;
        }
        for (int i = 0; n > 0 && i < p->n; i++)
            if (p->cohort[i] == g) part += (fit[i] - mean) * (fit[i] - mean) / (n - 1);
        sum += part;
    }
    return sum / cohorts / p->n;
}

static void plain_term(const plain_t *p, const char *name, double *estimate, double *se)
{
    long double a[64], b[64], scaled[64], net[64], theta0 = 0, x0 = 0;
    int first = NEVER;
    for (int i = 0; i < p->n; i++) {
        long double theta[NEVER / 100] = {0}, x[NEVER / 100] = {0};
        unit_weights(p, name, i, theta, x);
        a[i] = b[i] = 0;
        for (int t = 1; t <= PERIODS; t++) {
            a[i] += theta[t] * p->y[i][t];
            b[i] += x[t] * p->y[i][t];
            if (theta[t] != 0 && p->cohort[i] < first) first = p->cohort[i];
        }
        scaled[i] = a[i] * size_of(p, p->cohort[i]);
        theta0 += a[i];
        x0 += b[i];
    }
    long double beta = p->options->roll_out.adjust == JD_ADJUST_NONE ? 0
                       : p->options->roll_out.adjust == JD_ADJUST_DID
                           ? 1
                           : spread(p, a, b) / spread(p, b, b);
    for (int i = 0; i < p->n; i++)
        net[i] = a[i] - beta * b[i];
    long double variance = spread(p, net, net);
    long double adjusted = variance - explained(p, scaled, first);
    if (!p->options->roll_out.neyman && adjusted >= 0) variance = adjusted;
    *estimate = (double)(theta0 - beta * x0);
    *se = (double)sqrtl(variance);
}

static jd_design_t *fit_trial(trial_t *t, const jd_did_options_t *o, int threads, jd_fit_t *fit)
{
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    ctx.threads = threads;
    int rc = jd_design_prepare(&design, jd_estimator_find("roll_out"), &t->panel, o, &ctx);
    if (!rc) rc = jd_design_infer(design, t->y, NULL, 0.95, fit, &ctx);
    if (rc) fail_msg("%s", ctx.message);
    return design;
}

static void make_options(jd_did_options_t *o, uint64_t seed)
{
    static const jd_aggregate_t by[] = {JD_AGGREGATE_EVENT, JD_AGGREGATE_OVERALL,
                                        JD_AGGREGATE_COHORT, JD_AGGREGATE_CALENDAR};
    jd_did_defaults(o);
    o->aggregate = by[seed % 4];
    o->roll_out.adjust = (jd_adjust_t)(seed / 2 % 3);
    o->roll_out.neyman = seed % 5 == 0;
    o->roll_out.last_cohort_control = seed % 7 == 0;
}

static void test_roll_out_equals_plain_loops(void **state)
{
    (void)state;
    static trial_t t;
    static plain_t p;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_did_options_t o;
        jd_fit_t fit = {0};
        make_panel(&t, seed);
        make_options(&o, seed);
        p.options = &o;
        take_units(&p, &t);
        jd_design_t *design = fit_trial(&t, &o, 1, &fit);
        assert_int_equal(fit.n_units, p.n);
        assert_int_equal(jd_design_facts(design).n_alone, PERIODS - (p.last < PERIODS ? 1 : 0));
        for (int k = 0; k < fit.n_terms; k++) {
            double b, se;
            plain_term(&p, jd_design_terms(design)[k].name, &b, &se);
            assert_near(fit.estimate[k], b, 1e-10 * (1 + fabs(b)));
            assert_near(fit.std_error[k], se, 1e-8 * se);
        }
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

/* Frozen weights give back the estimates, whatever beta is. */
static void test_frozen_weights(void **state)
{
    (void)state;
    static trial_t t;
    static double w[8 * MAX_ROWS];
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_ctx_init(&ctx);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        jd_fit_t fit = {0};
        make_panel(&t, seed);
        make_options(&o, seed);
        jd_design_t *design = fit_trial(&t, &o, 1, &fit);
        assert_true(fit.n_terms <= 8);
        assert_int_equal(jd_design_freeze(design, t.y, w, &ctx), JD_OK);
        for (int k = 0; k < fit.n_terms; k++) {
            double sum = 0;
            for (int i = 0; i < t.panel.n; i++)
                sum += w[k * t.panel.n + i] * t.y[i];
            assert_near(sum, fit.estimate[k], 1e-11 * (1 + fabs(sum)));
        }
        jd_fit_free(&fit);
        jd_design_free(design);
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    static trial_t t;
    jd_did_options_t o;
    jd_did_defaults(&o);
    make_panel(&t, 4);
    jd_fit_t one = {0};
    jd_design_free(fit_trial(&t, &o, 1, &one));
    for (int threads = 2; threads <= 7; threads += 5) {
        jd_fit_t many = {0};
        jd_design_free(fit_trial(&t, &o, threads, &many));
        assert_memory_equal(one.estimate, many.estimate,
                            (size_t)(one.n_terms * (5 + one.n_terms)) * sizeof(double));
        jd_fit_free(&many);
    }
    jd_fit_free(&one);
}

/* Unit effects a billion times the noise cancel in each unit's part, whatever the units' order:
 * the error is the one of the same noise a thousand times larger, to what is left of the noise in
 * the outcome's digits. */
static void test_near_exact_fits_in_any_order(void **state)
{
    (void)state;
    enum { UNITS = 18, T = 8, N = UNITS * T };
    static int32_t unit[N], time[N], cohort[N];
    static double y[N];
    const double noise[] = {1e-6, 1e-9, 1e-9, 1e-9};
    double se[4], estimate[4];
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < N; i++) {
            int u = i / T, t = 1 + i % T, g = (const int[]){0, 4, 6}[u % 3];
            uint32_t mixed = (uint32_t)(u * T + t) * 2654435761u;
            unit[i] = (u * (k == 2 ? 5 : k == 3 ? 11 : 1)) % 19;
            time[i] = t;
            cohort[i] = g;
            y[i] = 0.1 * u + 0.3 * t + (g && t >= g ? 1.7 : 0) +
                   noise[k] * ((mixed >> 8) * 0x1p-24 - 0.5);
        }
        const jd_panel_t panel = {.n = N, .unit = unit, .time = time, .cohort = cohort};
        jd_ctx_t ctx = {.threads = 1};
        jd_did_options_t how;
        jd_design_t *design = NULL;
        jd_fit_t fit = {0};
        jd_did_defaults(&how);
        assert_int_equal(
            jd_design_prepare(&design, jd_estimator_find("roll_out"), &panel, &how, &ctx), JD_OK);
        assert_int_equal(jd_design_infer(design, y, NULL, 0.95, &fit, &ctx), JD_OK);
        se[k] = fit.std_error[0] / noise[k];
        estimate[k] = fit.estimate[0];
        jd_fit_free(&fit);
        jd_design_free(design);
    }
    for (int k = 1; k < 4; k++) {
        assert_true(fabs(se[k] - se[0]) < 1e-4 * se[0]);
        assert_true(fabs(estimate[k] - estimate[1]) < 1e-14);
    }
}

static void check_refusal(const jd_panel_t *panel, int expected, const char *word)
{
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("roll_out"), panel, &o, &ctx),
                     expected);
    if (!strstr(ctx.message, word)) fail_msg("'%s' without '%s'", ctx.message, word);
}

static void test_refusals(void **state)
{
    (void)state;
    static trial_t t;
    make_panel(&t, 1);
    static const char *const name[] = {"x1"};
    const double *const x[] = {t.y};
    jd_panel_t panel = t.panel;
    panel.n_x = 1;
    panel.x = x;
    panel.x_name = name;
    check_refusal(&panel, JD_ERR_ARGUMENT, "covariates");
    panel = t.panel;
    for (int i = 0; i < panel.n; i++)
        t.weight[i] = 1 + i % 2;
    panel.weight = t.weight;
    check_refusal(&panel, JD_ERR_ARGUMENT, "weights differ");
    panel = t.panel;
    for (int i = 0; i < panel.n; i++)
        t.cluster[i] = t.unit[i] / 100;
    panel.cluster = t.cluster;
    check_refusal(&panel, JD_ERR_ARGUMENT, "clusters");
}

/* The test rejects a strong effect and stays in (0, 1]; the same seed gives the same answer. */
static void test_randomisation(void **state)
{
    (void)state;
    static trial_t t;
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_fit_t fit = {0};
    double p[8], again[8];
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    make_panel(&t, 2);
    jd_design_t *design = fit_trial(&t, &o, 1, &fit);
    assert_true(fit.n_terms <= 8);
    assert_int_equal(jd_roll_out_randomise(design, t.y, 199, 5, p, &ctx), JD_OK);
    assert_int_equal(jd_roll_out_randomise(design, t.y, 199, 5, again, &ctx), JD_OK);
    assert_memory_equal(p, again, (size_t)fit.n_terms * sizeof *p);
    assert_true(p[0] < 0.05);
    for (int k = 0; k < fit.n_terms; k++)
        assert_true(p[k] >= 1 / 200.0 && p[k] <= 1);
    assert_int_equal(jd_roll_out_randomise(design, t.y, 0, 5, p, &ctx), JD_ERR_ARGUMENT);
    jd_fit_free(&fit);
    jd_design_free(design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roll_out_equals_plain_loops),
        cmocka_unit_test(test_frozen_weights),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_near_exact_fits_in_any_order),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_randomisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
