/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Synthetic DID on random panels (staggered, shuffled, gappy, with covariates): its weights meet
 * the conditions of an optimum, which are checked from the data alone; estimates, jackknife and
 * frozen weights follow from them by plain loops; on one cohort without weights it is TWFE. */
#include "support.h"

#include "did/synthetic/synthetic.h"
#include "jiedao/synthetic.h"
#include "property/did_dense.h"

enum { TRIALS = 60, MAX_SIDE = 40 };

/* Rows by unit and period, of the units seen in every period once; -1 elsewhere. */
typedef struct {
    int n_controls, n_periods, n_treated;
    int row[MAX_SIDE][MAX_SIDE], treated[MAX_SIDE][MAX_SIDE];
} block_t;

/* A trial of this estimator's kind; units with gaps are left out by it. */
static void make_plain(trial_t *t, uint64_t seed)
{
    make_trial(t, seed);
    t->panel.n_fixed = 0;
    t->panel.cluster = NULL;
    t->panel.weight = NULL;
    if (t->panel.n_x > 2) t->panel.n_x = 2; /* the third is collinear with these */
}

static jd_design_t *prepare(const trial_t *t, const char *name, int synthdid, jd_ctx_t *ctx)
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_did_defaults(&options);
    options.synthetic.synthdid = synthdid;
    jd_ctx_init(ctx);
    return jd_design_prepare(&design, jd_estimator_find(name), &t->panel, &options, ctx) == JD_OK
               ? design
               : NULL;
}

static int find_row(const trial_t *t, int unit, int time)
{
    for (int i = 0; i < t->panel.n; i++)
        if (t->unit[i] == unit && t->time[i] == time) return i;
    return -1;
}

/* Whether a unit has exactly one row in each of the periods. */
static int complete(const trial_t *t, const jd_synthetic_weights_t *w, int unit)
{
    for (int p = 0; p < w->n_periods; p++) {
        int count = 0;
        for (int i = 0; i < t->panel.n; i++)
            count += t->unit[i] == unit && t->time[i] == w->period[p];
        if (count != 1) return 0;
    }
    return 1;
}

/* The rows of a cohort's block. */
static void find_block(const trial_t *t, const jd_synthetic_weights_t *w, int cohort, block_t *b)
{
    memset(b, 0, sizeof *b);
    b->n_controls = w->n_controls;
    b->n_periods = w->n_periods;
    for (int u = 0; u < w->n_controls; u++)
        for (int p = 0; p < w->n_periods; p++)
            b->row[u][p] = find_row(t, w->unit[u], w->period[p]);
    for (int i = 0; i < t->panel.n; i++) {
        if (t->cohort[i] != cohort || t->time[i] != w->period[0] || !complete(t, w, t->unit[i]))
            continue;
        for (int p = 0; p < w->n_periods; p++)
            b->treated[b->n_treated][p] = find_row(t, t->unit[i], w->period[p]);
        b->n_treated++;
    }
}

/* Weights on the simplex are optimal for |A w - b|^2 + ridge |w|^2 (columns centred if asked) iff
 * A_j'(b - A w) - ridge w_j is the same for all positive ones and no larger for the others. */
static double optimality(double a[MAX_SIDE][MAX_SIDE], const double *b, int m, int n, int centre,
                         double ridge, const double *w)
{
    double rest[MAX_SIDE], mean = 0, sum = 0, common = 0, worst = 0, scale = 0, g[MAX_SIDE];
    int positive = 0;
    for (int i = 0; i < m; i++) {
        rest[i] = b[i];
        for (int j = 0; j < n; j++)
            rest[i] -= a[j][i] * w[j];
        mean += rest[i] / m;
    }
    for (int i = 0; i < m && centre; i++)
        rest[i] -= mean;
    for (int j = 0; j < n; j++) {
        g[j] = -ridge * w[j];
        for (int i = 0; i < m; i++) {
            g[j] += a[j][i] * rest[i];
            scale += fabs(a[j][i] * rest[i]);
        }
        sum += w[j];
        if (w[j] < 0) worst = 1;
        if (w[j] > 0) {
            positive++;
            common += g[j];
        }
    }
    common /= positive;
    for (int j = 0; j < n; j++)
        worst = fmax(worst, (w[j] > 0 ? fabs(g[j] - common) : g[j] - common) / (1 + scale));
    return fmax(worst, fabs(sum - 1));
}

static double check_weights(const trial_t *t, const block_t *b, const jd_synthetic_weights_t *w,
                            int c, int n_pre, int is_did)
{
    double a[MAX_SIDE][MAX_SIDE], target[MAX_SIDE], bad = 0;
    const double *omega = w->omega + c * w->n_controls, *lambda = w->lambda + c * w->n_periods;
    for (int p = 0; p < n_pre; p++) {
        target[p] = 0;
        for (int k = 0; k < b->n_treated; k++)
            target[p] += t->y[b->treated[k][p]] / b->n_treated;
        for (int u = 0; u < b->n_controls; u++)
            a[u][p] = t->y[b->row[u][p]];
    }
    double zeta = w->zeta[3 * c];
    bad = optimality(a, target, n_pre, b->n_controls, is_did, n_pre * zeta * zeta, omega);
    if (!is_did) return bad;
    for (int u = 0; u < b->n_controls; u++) {
        target[u] = 0;
        for (int p = n_pre; p < b->n_periods; p++)
            target[u] += t->y[b->row[u][p]] / (b->n_periods - n_pre);
        for (int p = 0; p < n_pre; p++)
            a[p][u] = t->y[b->row[u][p]];
    }
    zeta = w->zeta[3 * c + 1];
    return fmax(
        bad, optimality(a, target, b->n_controls, n_pre, 1, b->n_controls * zeta * zeta, lambda));
}

/* Sum of effects over treated cells, as the paper writes it, less one unit if that is asked for:
 * -1 none, u < n_controls a control, else a treated unit of this block. */
static double block_effect(const trial_t *t, const block_t *b, const jd_synthetic_weights_t *w,
                           int c, int n_pre, int without)
{
    double sum = 0, omega_sum = 0;
    int n_treated = b->n_treated - (without >= b->n_controls);
    for (int u = 0; u < b->n_controls; u++)
        omega_sum += u == without ? 0 : w->omega[c * w->n_controls + u];
    for (int p = 0; p < b->n_periods; p++) {
        double on = p < n_pre ? -w->lambda[c * w->n_periods + p] * (b->n_periods - n_pre) : 1;
        for (int k = 0; k < b->n_treated; k++)
            if (k + b->n_controls != without) sum += on * t->y[b->treated[k][p]] / n_treated;
        for (int u = 0; u < b->n_controls; u++)
            if (u != without)
                sum -= on * w->omega[c * w->n_controls + u] / omega_sum * t->y[b->row[u][p]];
    }
    return sum * n_treated;
}

static int pre_periods(const jd_synthetic_weights_t *w, int c)
{
    int n = 0;
    for (int p = 0; p < w->n_periods; p++)
        n += w->period[p] < w->cohort[c];
    return n;
}

static void test_weights_are_optimal_and_estimates_follow(void **state)
{
    (void)state;
    static const char *const names[] = {"synthetic_did", "synthetic_control"};
    static trial_t t;
    int seen = 0;
    for (int e = 0; e < 2; e++)
        for (uint64_t seed = 1; seed <= TRIALS; seed++) {
            jd_ctx_t ctx;
            jd_synthetic_weights_t w;
            double estimate[MAX_COLUMNS], sum = 0;
            int cells = 0;
            const double *y = t.y;
            make_plain(&t, seed);
            t.panel.n_x = 0;
            jd_design_t *d = prepare(&t, names[e], 0, &ctx);
            if (!d) continue;
            assert_int_equal(jd_design_estimate(d, &y, 1, estimate, &ctx), JD_OK);
            assert_int_equal(jd_synthetic_weights_find(&w, d, t.y, &ctx), JD_OK);
            for (int c = 0; c < w.n_cohorts; c++) {
                block_t b;
                int n_pre = pre_periods(&w, c);
                find_block(&t, &w, w.cohort[c], &b);
                double bad = check_weights(&t, &b, &w, c, n_pre, e == 0);
                if (bad > 1e-9) print_error("seed %d: %s: %g\n", (int)seed, names[e], bad);
                assert_true(bad <= 1e-9);
                sum += block_effect(&t, &b, &w, c, n_pre, -1);
                cells += b.n_treated * (b.n_periods - n_pre);
                seen++;
            }
            assert_true(fabs(sum / cells - estimate[0]) <= 1e-10 * (1 + fabs(estimate[0])));
            jd_synthetic_weights_free(&w);
            jd_design_free(d);
        }
    print_message("%d blocks\n", seen);
    assert_true(seen > TRIALS);
}

/* One left out at a time, by loops. */
static void test_jackknife(void **state)
{
    (void)state;
    static trial_t t;
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_ctx_t ctx;
        jd_synthetic_weights_t w;
        jd_fit_t fit;
        static block_t b[MAX_SIDE];
        double value[2 * MAX_SIDE], mean = 0, sum = 0;
        int n = 0;
        const jd_vcov_options_t options = {.resample = JD_RESAMPLE_JACKKNIFE};
        make_plain(&t, seed);
        t.panel.n_x = 0;
        jd_design_t *d = prepare(&t, "synthetic_did", 0, &ctx);
        if (!d) continue;
        if (jd_design_infer(d, t.y, &options, 0.95, &fit, &ctx) != JD_OK) {
            jd_design_free(d);
            continue;
        }
        assert_int_equal(jd_synthetic_weights_find(&w, d, t.y, &ctx), JD_OK);
        for (int c = 0; c < w.n_cohorts; c++)
            find_block(&t, &w, w.cohort[c], &b[c]);
        for (int out = -w.n_controls; out < w.n_cohorts; out++)
            for (int k = 0; k < (out < 0 ? 1 : b[out].n_treated); k++) {
                double effect = 0;
                int cells = 0;
                for (int c = 0; c < w.n_cohorts; c++) {
                    int n_pre = pre_periods(&w, c);
                    int without = out < 0 ? out + w.n_controls : out == c ? w.n_controls + k : -1;
                    effect += block_effect(&t, &b[c], &w, c, n_pre, without);
                    cells += (b[c].n_treated - (out == c)) * (w.n_periods - n_pre);
                }
                value[n++] = effect / cells;
            }
        for (int i = 0; i < n; i++)
            mean += value[i] / n;
        for (int i = 0; i < n; i++)
            sum += (value[i] - mean) * (value[i] - mean);
        double se = sqrt((n - 1.0) / n * sum);
        assert_true(fabs(fit.std_error[0] - se) <= 1e-9 * (1 + se));
        seen++;
        jd_fit_free(&fit);
        jd_synthetic_weights_free(&w);
        jd_design_free(d);
    }
    assert_true(seen > 3);
}

/* w'y is the estimate; unit and period effects and covariates have no part in it. */
static void test_frozen_weights(void **state)
{
    (void)state;
    static const char *const names[] = {"synthetic_did", "synthetic_control", "block_did"};
    static trial_t t;
    static double w[MAX_COLUMNS * MAX_ROWS];
    int seen = 0;
    for (int e = 0; e < 3; e++)
        for (uint64_t seed = 1; seed <= TRIALS; seed++) {
            jd_ctx_t ctx;
            double estimate[MAX_COLUMNS];
            const double *y = t.y;
            make_plain(&t, seed);
            jd_design_t *d = prepare(&t, names[e], 0, &ctx);
            if (!d) continue;
            assert_int_equal(jd_design_estimate(d, &y, 1, estimate, &ctx), JD_OK);
            assert_int_equal(jd_design_freeze(d, t.y, w, &ctx), JD_OK);
            for (int k = 0; k < jd_design_facts(d).n_terms; k++) {
                const double *own = w + k * t.panel.n;
                double sum = 0, on_x[2] = {0}, on_unit = 0, on_time = 0;
                for (int i = 0; i < t.panel.n; i++) {
                    sum += own[i] * t.y[i];
                    for (int x = 0; x < t.panel.n_x; x++)
                        on_x[x] += own[i] * t.x[x][i];
                    on_unit += own[i] * (t.unit[i] % 1000 + 0.1);
                    on_time += own[i] * (t.time[i] % 2000);
                }
                assert_true(fabs(sum - estimate[k]) <= 1e-9 * (1 + fabs(estimate[k])));
                assert_true(fabs(on_x[0]) <= 1e-8 && fabs(on_x[1]) <= 1e-7);
                assert_true(fabs(on_time) <= 1e-8);
                if (e != 1) assert_true(fabs(on_unit) <= 1e-7);
                seen++;
            }
            jd_design_free(d);
        }
    assert_true(seen > TRIALS);
}

static void test_without_weights_it_is_twfe(void **state)
{
    (void)state;
    static trial_t t;
    int seen = 0;
    for (uint64_t seed = 1; seed <= 4 * TRIALS; seed++) {
        jd_ctx_t ctx;
        double ours[MAX_COLUMNS], twfe[MAX_COLUMNS], weight[MAX_ROWS];
        static double w[MAX_COLUMNS * MAX_ROWS];
        const double *y = t.y;
        make_plain(&t, seed);
        t.panel.n_x = 0;
        int first = t.time[0], last = t.time[0], middle;
        for (int i = 0; i < t.panel.n; i++) {
            first = t.time[i] < first ? t.time[i] : first;
            last = t.time[i] > last ? t.time[i] : last;
        }
        middle = (first + last + 1) / 2;
        for (int i = 0; i < t.panel.n; i++) {
            if (t.cohort[i]) t.cohort[i] = middle;
            t.treated[i] = (int8_t)(t.cohort[i] && t.time[i] >= middle);
        }
        jd_design_t *d = prepare(&t, "block_did", 0, &ctx);
        if (!d) continue;
        assert_int_equal(jd_design_estimate(d, &y, 1, ours, &ctx), JD_OK);
        assert_int_equal(jd_design_freeze(d, t.y, w, &ctx), JD_OK);
        jd_design_free(d);
        for (int i = 0; i < t.panel.n; i++) /* the same rows: units seen in every period */
            weight[i] = w[i] != 0;
        t.panel.weight = weight;
        d = prepare(&t, "twfe", 0, &ctx);
        assert_non_null(d);
        assert_int_equal(jd_design_estimate(d, &y, 1, twfe, &ctx), JD_OK);
        assert_true(fabs(ours[0] - twfe[0]) <= 1e-10);
        jd_design_free(d);
        seen++;
    }
    assert_true(seen > TRIALS);
}

static void refuse(const jd_panel_t *panel, const double *y, const jd_vcov_options_t *vcov,
                   const char *words)
{
    jd_ctx_t ctx;
    jd_did_options_t options;
    jd_design_t *d = NULL;
    jd_fit_t fit;
    jd_ctx_init(&ctx);
    jd_did_defaults(&options);
    int rc = jd_design_prepare(&d, jd_estimator_find("synthetic_did"), panel, &options, &ctx);
    if (!rc) rc = jd_design_infer(d, y, vcov, 0.95, &fit, &ctx);
    jd_design_free(d);
    if (!rc) print_error("'%s' is not refused\n", words);
    assert_true(rc);
    if (!strstr(ctx.message, words)) print_error("'%s' lacks '%s'\n", ctx.message, words);
    assert_non_null(strstr(ctx.message, words));
}

static void test_refusals(void **state)
{
    (void)state;
    enum { N = 16 };
    int32_t unit[N], time[N], cohort[N];
    double y[N], weight[N];
    for (int i = 0; i < N; i++) {
        unit[i] = i / 4;
        time[i] = i % 4 + 1;
        cohort[i] = unit[i] == 3 ? 3 : 0;
        y[i] = (i * 7) % 5 + 0.1 * i;
        weight[i] = 1;
    }
    jd_panel_t panel = {.n = N, .unit = unit, .time = time, .cohort = cohort};
    const jd_vcov_options_t jackknife = {.resample = JD_RESAMPLE_JACKKNIFE};
    const jd_vcov_options_t hc1 = {.kind = JD_VCOV_HC1};
    refuse(&panel, y, &jackknife, "is the whole cohort 3");
    refuse(&panel, y, &hc1, "by placebo, jackknife or bootstrap");
    refuse(&panel, y, &(jd_vcov_options_t){.resample = JD_RESAMPLE_BOOTSTRAP},
           "the bootstrap of one treated unit");
    weight[3] = 2;
    panel.weight = weight;
    refuse(&panel, y, NULL, "weights 1 and 2");
    panel.weight = NULL;
    y[5] = NAN;
    refuse(&panel, y, NULL, "row 6: outcome");
    y[5] = 1;
    for (int i = 0; i < 12; i++)
        cohort[i] = 4; /* controls of the first three periods only */
    refuse(&panel, y, &(jd_vcov_options_t){.resample = JD_RESAMPLE_JACKKNIFE}, "whole cohort 3");
    for (int i = 4; i < 8; i++)
        cohort[i] = 3;
    for (int i = 8; i < 12; i++)
        cohort[i] = 3;
    refuse(&panel, y, &(jd_vcov_options_t){.resample = JD_RESAMPLE_PLACEBO}, "1 controls");
}

enum { LABELLED = 9, LABELLED_T = 8, LABELLED_N = LABELLED * LABELLED_T };

static void count_notes(void *user, const char *message)
{
    if (strstr(message, "1 control has the same outcomes before treatment")) ++*(int *)user;
}

/* Units 7 and 8 are equal before treatment; `merged`: one unit of their mean in place of both. */
static double fit_twins(const char *name, int order, int merged, int *notes)
{
    static int32_t unit[LABELLED_N], time[LABELLED_N], cohort[LABELLED_N];
    static double y[LABELLED_N];
    int n = 0;
    for (int u = 0; u < LABELLED - merged; u++)
        for (int t = 0; t < LABELLED_T; t++, n++) {
            int like = u == 8 ? 7 : u;
            double common = t >= 5 ? (merged ? 0.5 : u == 8) : 0;
            unit[n] = (u * (order == 1 ? 4 : order == 2 ? 7 : 1)) % 11;
            time[n] = 1 + t;
            cohort[n] = u == 0 ? 6 : 0;
            y[n] = sin(1.3 * like * like + 0.7 * t * (like % 4 + 1)) + (like == 7 ? 2 * common : 0);
            if (u == 0)
                y[n] = 0.6 * sin(1.3 * 49 + 0.7 * t * 4) + 0.4 * sin(1.3 * 4 + 0.7 * t * 3) +
                       0.05 * sin(3.0 * t) + (t >= 5);
        }
    const jd_panel_t panel = {.n = n, .unit = unit, .time = time, .cohort = cohort};
    jd_ctx_t ctx = {.threads = 1, .warn = count_notes, .user = notes};
    jd_did_options_t how;
    jd_did_defaults(&how);
    jd_design_t *design = NULL;
    const double *column = y;
    double estimate[16];
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &panel, &how, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_estimate(design, &column, 1, estimate, &ctx), JD_OK);
    jd_design_free(design);
    return estimate[0];
}

/* Weights that are not unique are those of least norm, whoever comes first: equal controls share
 * theirs equally, so they count as one control of their mean. It is said. */
static void test_equal_controls_in_any_order(void **state)
{
    (void)state;
    int notes = 0, none = 0;
    const double merged = fit_twins("synthetic_control", 0, 1, &none);
    const double first = fit_twins("synthetic_control", 0, 0, &notes);
    assert_true(fabs(first - merged) < 1e-7);
    assert_int_equal(notes, 1);
    assert_int_equal(none, 0);
    for (int k = 1; k < 3; k++)
        assert_true(fabs(fit_twins("synthetic_control", k, 0, &notes) - first) < 1e-7);
    notes = 0;
    const double did = fit_twins("synthetic_did", 0, 0, &notes);
    assert_int_equal(notes, 0); /* its ridge counts: one optimum */
    for (int k = 1; k < 3; k++)
        assert_true(fabs(fit_twins("synthetic_did", k, 0, &notes) - did) < 1e-12);
}

enum { TANGLED = 13, TANGLED_T = 12 };

static void count_loose(void *user, const char *message)
{
    if (strstr(message, "not unique")) ++*(int *)user;
}

/* Twelve controls and `before` periods before treatment; without noise of their own the last eight
 * mix two of the first four there. Labels by `order`. */
static double fit_tangled(const char *name, int before, int mixed, int package, int order,
                          int *notes)
{
    static int32_t unit[TANGLED * TANGLED_T], time[TANGLED * TANGLED_T],
        cohort[TANGLED * TANGLED_T];
    static double y[TANGLED * TANGLED_T];
    int n = 0;
    for (int u = 0; u < TANGLED; u++)
        for (int t = 0; t < TANGLED_T; t++, n++) {
            unit[n] = (u * (order == 1 ? 5 : order == 2 ? 8 : 1)) % 13 + 1;
            time[n] = 1 + t;
            cohort[n] = u == 12 ? before + 1 : 0;
            y[n] = sin(2.3 * u * u + 1.7 * t * (u % 5 + 1));
            if (mixed && u >= 4 && u < 12 && t < before)
                y[n] = 0.1 * u * y[(u % 4) * TANGLED_T + t] +
                       (1 - 0.1 * u) * y[((u + 1) % 4) * TANGLED_T + t];
            if (u == 12) {
                y[n] = 0.02 * cos(5.0 * t);
                for (int c = 0; c < 12; c++)
                    y[n] += y[c * TANGLED_T + t] / 12;
            }
        }
    const jd_panel_t panel = {.n = n, .unit = unit, .time = time, .cohort = cohort};
    jd_ctx_t ctx = {.threads = 1, .warn = count_loose, .user = notes};
    jd_did_options_t how;
    jd_did_defaults(&how);
    how.synthetic.synthdid = package;
    jd_design_t *design = NULL;
    const double *column = y;
    double estimate[32];
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find(name), &panel, &how, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_estimate(design, &column, 1, estimate, &ctx), JD_OK);
    jd_design_free(design);
    return estimate[0];
}

/* More controls than periods, or controls that mix others: labels change no digit, and it is said
 * where other weights fit as well. A ridge that counts leaves one optimum, and nothing to say. */
static void test_labels_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int before, mixed, package, notes;
    } way[] = {
        {"synthetic_control", 6, 0, 0, 1},  {"synthetic_control", 9, 1, 0, 1},
        {"synthetic_control", 11, 1, 0, 1}, {"synthetic_did", 6, 0, 0, 0},
        {"synthetic_did", 9, 1, 0, 1},      /* of periods */ {"synthetic_did", 9, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        double first = 0;
        for (int order = 0; order < 3; order++) {
            int notes = 0;
            double here = fit_tangled(way[i].name, way[i].before, way[i].mixed, way[i].package,
                                      order, &notes);
            if (order == 0) first = here;
            assert_true(fabs(here - first) < 1e-9);
            assert_int_equal(notes, way[i].notes);
        }
    }
}

/* Of two optima the one of least norm; one optimum is no note. */
static void test_unique_or_not(void **state)
{
    (void)state;
    const double line[] = {0, 1, 2, 0.5}; /* points of a line, and what is to be hit */
    const double triangle[] = {0, 0, 1, 0, 0, 1, 0.2, 0.3};
    double w[3];
    int unique = -1;
    assert_int_equal(jd_simplex_solve(line, line + 3, 1, 3, 1e-12, w, NULL), JD_OK);
    assert_true(fabs(w[1] + 2 * w[2] - 0.5) < 1e-9);
    assert_int_equal(jd_simplex_is_unique(line, 1, 3, w, &unique, NULL), JD_OK);
    assert_int_equal(unique, 0);
    assert_int_equal(jd_simplex_solve(triangle, triangle + 6, 2, 3, 1e-12, w, NULL), JD_OK);
    assert_true(fabs(w[1] - 0.2) < 1e-9 && fabs(w[2] - 0.3) < 1e-9);
    assert_int_equal(jd_simplex_is_unique(triangle, 2, 3, w, &unique, NULL), JD_OK);
    assert_int_equal(unique, 1);
    /* an end of the line is hit by itself alone, its middle also by both ends */
    assert_int_equal(jd_simplex_is_unique(line, 1, 3, (const double[]){1, 0, 0}, &unique, NULL),
                     JD_OK);
    assert_int_equal(unique, 1);
    assert_int_equal(jd_simplex_is_unique(line, 1, 3, (const double[]){0, 1, 0}, &unique, NULL),
                     JD_OK);
    assert_int_equal(unique, 0);
}

/* Outcomes of any size: the same weights to the last bit, effects in proportion. */
static void test_any_scale(void **state)
{
    (void)state;
    static trial_t t;
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        for (int sign = -1; sign <= 1; sign += 2) {
            jd_ctx_t ctx;
            double plain[MAX_COLUMNS], scaled[MAX_COLUMNS];
            const double *y = t.y;
            make_plain(&t, seed);
            jd_design_t *d = prepare(&t, "synthetic_did", 0, &ctx);
            if (!d) continue;
            assert_int_equal(jd_design_estimate(d, &y, 1, plain, &ctx), JD_OK);
            for (int i = 0; i < t.panel.n; i++)
                t.y[i] = ldexp(t.y[i], sign * 960);
            assert_int_equal(jd_design_estimate(d, &y, 1, scaled, &ctx), JD_OK);
            for (int k = 0; k < jd_design_facts(d).n_terms; k++)
                assert_true(ldexp(scaled[k], -sign * 960) == plain[k]);
            jd_design_free(d);
            seen++;
        }
    assert_true(seen > TRIALS / 2);
}

/* Draws are keyed: the same bits for any threads, another seed other draws. */
static void test_draws_are_keyed(void **state)
{
    (void)state;
    static trial_t t;
    int seen = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        jd_ctx_t ctx;
        jd_fit_t fit[4];
        int rc = JD_OK;
        make_plain(&t, seed);
        jd_design_t *d = prepare(&t, "synthetic_did", 1, &ctx);
        if (!d) continue;
        for (int k = 0; k < 4; k++) {
            const jd_vcov_options_t options = {
                .resample = JD_RESAMPLE_BOOTSTRAP, .draws = 20, .seed = k == 2};
            ctx.threads = k == 1 ? 3 : 1;
            if (!rc) rc = jd_design_infer(d, t.y, &options, 0.95, &fit[k], &ctx);
        }
        jd_design_free(d);
        if (rc) continue;
        assert_memory_equal(&fit[0].std_error[0], &fit[1].std_error[0], sizeof(double));
        assert_memory_equal(&fit[0].std_error[0], &fit[3].std_error[0], sizeof(double));
        assert_true(fit[0].std_error[0] != fit[2].std_error[0]);
        for (int k = 0; k < 4; k++)
            jd_fit_free(&fit[k]);
        seen++;
    }
    assert_true(seen > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_are_optimal_and_estimates_follow),
        cmocka_unit_test(test_jackknife),
        cmocka_unit_test(test_frozen_weights),
        cmocka_unit_test(test_without_weights_it_is_twfe),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_equal_controls_in_any_order),
        cmocka_unit_test(test_labels_change_nothing),
        cmocka_unit_test(test_unique_or_not),
        cmocka_unit_test(test_any_scale),
        cmocka_unit_test(test_draws_are_keyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
