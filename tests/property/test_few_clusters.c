/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wild cluster bootstrap, randomisation inference and Conley-Taber against plain re-estimation:
 * every draw's outcome is built and fitted anew on explicit dummies. */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/randomisation.h"
#include "jiedao/wild_bootstrap.h"
#include "near.h"
#include "property/did_dense.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int same_laws(double *ours, double *plain, int64_t n, const char *what, uint64_t seed)
{
    qsort(ours, (size_t)n, sizeof *ours, by_size);
    qsort(plain, (size_t)n, sizeof *plain, by_size);
    for (int64_t d = 0; d < n; d++)
        if (!(fabs(ours[d] - plain[d]) <= 1e-7 * (1 + fabs(plain[d])))) {
            print_error("seed %llu, %s: draw %d of the sorted law is %.15g, plain %.15g\n",
                        (unsigned long long)seed, what, (int)d, ours[d], plain[d]);
            return 0;
        }
    return 1;
}

/* Residuals of a fit on dummies and covariates, with the treatment or without, plus `null` times
 * treatment where without. Rows as in out->kept_rows. */
static void plain_residuals(const trial_t *t, const dense_t *out, int restricted, double null,
                            double *residual)
{
    static basis_t b;
    static long double x[MAX_ROWS], e[MAX_ROWS];
    const int32_t *effects[2 + MAX_FIXED];
    jd_did_options_t options;
    jd_did_defaults(&options);
    int n_effects = dense_effects(t, "twfe", &options, effects);
    const int *rows = out->kept_rows;
    memset(&b, 0, sizeof b);
    b.n = out->n;
#define ROOT(i) sqrtl(t->panel.weight ? (long double)t->weight[rows[i]] : 1.0L)
    for (int f = 0; f < n_effects; f++)
        for (int l = 0; l < out->n; l++) {
            if (!is_first(effects[f], rows, l)) continue;
            for (int i = 0; i < out->n; i++)
                x[i] = effects[f][rows[i]] == effects[f][rows[l]] ? ROOT(i) : 0;
            add_column(&b, x, 1e-9L);
        }
    for (int i = 0; i < out->n; i++)
        e[i] = t->y[rows[i]] * ROOT(i);
    for (int k = restricted;; k++) {
        char name[JD_TERM_NAME];
        double value = 0;
        if (!dense_term(t, "twfe", out, k, rows[0], &value, name)) break;
        for (int i = 0; i < out->n; i++) {
            dense_term(t, "twfe", out, k, rows[i], &value, name);
            x[i] = value * ROOT(i);
        }
        add_column(&b, x, 1e-7L);
    }
    for (int i = 0; restricted && i < out->n; i++) {
        char name[JD_TERM_NAME];
        double value = 0;
        dense_term(t, "twfe", out, 0, rows[i], &value, name);
        e[i] -= null * value * ROOT(i);
    }
    for (int c = 0; c < b.n_q; c++) {
        long double along = 0;
        for (int i = 0; i < out->n; i++)
            along += b.q[c][i] * e[i];
        for (int i = 0; i < out->n; i++)
            e[i] -= along * b.q[c][i];
    }
    for (int i = 0; i < out->n; i++)
        residual[i] = (double)(e[i] / ROOT(i));
#undef ROOT
}

/* The whole law of t, one dense fit a draw. Clusters are codes 0 ... groups - 1. */
static int plain_wild(trial_t *t, const jd_did_options_t *how, const jd_wild_options_t *o,
                      int groups, double *t_star, dense_t *out)
{
    static double residual[MAX_ROWS], y[MAX_ROWS], fitted[MAX_ROWS];
    static dense_t star;
    if (!dense_fit(t, "twfe", how, &o->vcov, out) || strcmp(out->name[0], "att") != 0) return 0;
    memcpy(y, t->y, sizeof y);
    plain_residuals(t, out, !o->unrestricted, o->null, residual);
    double centre = o->unrestricted ? out->beta[0] : o->null;
    for (int i = 0; i < out->n; i++)
        fitted[i] = y[out->kept_rows[i]] - residual[i];
    for (int d = 0; d < 1 << groups; d++) {
        for (int i = 0; i < out->n; i++) {
            int row = out->kept_rows[i];
            t->y[row] = fitted[i] + (d >> t->cluster[row] & 1 ? -1 : 1) * residual[i];
        }
        dense_fit(t, "twfe", how, &o->vcov, &star);
        t_star[d] = (star.beta[0] - centre) / sqrt(star.vcov[0][0]);
    }
    memcpy(t->y, y, sizeof y);
    return 1;
}

static void test_wild_bootstrap_equals_refitting(void **state)
{
    (void)state;
    static trial_t t;
    static dense_t out;
    static double plain[1024];
    int compared = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        make_trial(&t, seed);
        int groups = 5 + (int)(seed % 2), crossing = seed % 3 == 0;
        for (int i = 0; i < t.panel.n; i++) /* units in clusters, or rows */
            t.cluster[i] = (crossing ? t.time[i] * 3 + abs(t.unit[i]) : abs(t.unit[i])) % groups;
        t.panel.cluster = t.cluster;
        jd_did_options_t how;
        jd_did_defaults(&how);
        jd_wild_options_t o = {.unrestricted = seed % 2 == 0, .null = seed % 4 ? 0 : 0.3};
        int used[8] = {0}, n_used = 0;
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        ctx.threads = 1 + (int)(seed % 3);
        jd_design_t *design = NULL;
        jd_wild_t w = {0};
        int rc = jd_design_prepare(&design, jd_estimator_find("twfe"), &t.panel, &how, &ctx);
        if (!rc) rc = jd_wild_bootstrap(design, t.y, 0, &o, &w, &ctx);
        if (rc) print_message("seed %d: %s\n", (int)seed, ctx.message);
        if (!rc && plain_wild(&t, &how, &o, groups, plain, &out)) {
            for (int i = 0; i < out.n; i++)
                used[t.cluster[out.kept_rows[i]]] = 1;
            for (int g = 0; g < groups; g++)
                n_used += used[g];
            assert_int_equal(n_used, groups);
            assert_true(w.enumerated);
            assert_int_equal(w.draws, 1 << groups);
            int count = 0;
            for (int d = 0; d < 1 << groups; d++)
                count += fabs(plain[d]) >= fabs(w.t) * (1 - 1e-7);
            assert_true(fabs(w.p_value - count / (double)(1 << groups)) < 1e-12);
            assert_true(same_laws(w.t_star, plain, w.draws, "wild", seed));
            compared++;
        }
        jd_wild_free(&w);
        jd_design_free(design);
    }
    assert_true(compared >= 6);
}

/* The ends of the set are where the p-value crosses 1 - level. */
static void test_wild_set_is_the_test_inverted(void **state)
{
    (void)state;
    static trial_t t;
    int bounded = 0;
    for (uint64_t seed = 11; seed <= 18; seed++) {
        make_trial(&t, seed);
        for (int i = 0; i < t.panel.n; i++)
            t.cluster[i] = abs(t.unit[i]) % 9;
        t.panel.cluster = t.cluster;
        jd_did_options_t how;
        jd_did_defaults(&how);
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        jd_design_t *design = NULL;
        jd_wild_options_t o = {.level = 0.9, .law = (jd_wild_law_t)(seed % 3)};
        o.vcov.draws = 599;
        o.unrestricted = seed % 2 == 0;
        o.vcov.kind = seed % 4 == 1 ? JD_VCOV_CV3 : JD_VCOV_CLUSTER;
        o.jackknife_scores = seed % 4 == 2;
        jd_wild_t w = {0}, in = {0}, beyond = {0};
        if (jd_design_prepare(&design, jd_estimator_find("twfe"), &t.panel, &how, &ctx) != JD_OK ||
            jd_wild_bootstrap(design, t.y, 0, &o, &w, &ctx) != JD_OK) {
            jd_design_free(design);
            continue;
        }
        assert_true(w.ci_low <= w.estimate && w.estimate <= w.ci_high);
        if (isfinite(w.ci_high)) {
            double width = w.ci_high - w.estimate;
            o.null = w.ci_high - 1e-6 * width;
            assert_int_equal(jd_wild_bootstrap(design, t.y, 0, &o, &in, &ctx), JD_OK);
            o.null = w.ci_high + 1e-6 * width;
            assert_int_equal(jd_wild_bootstrap(design, t.y, 0, &o, &beyond, &ctx), JD_OK);
            if (!(in.p_value > 0.1 + 1e-12 && beyond.p_value <= 0.1 + 1e-12))
                print_error("seed %d: p %.17g inside the end, %.17g beyond\n", (int)seed,
                            in.p_value, beyond.p_value);
            assert_true(in.p_value > 0.1 + 1e-12 && beyond.p_value <= 0.1 + 1e-12);
            bounded++;
        }
        jd_wild_free(&w);
        jd_wild_free(&in);
        jd_wild_free(&beyond);
        jd_design_free(design);
    }
    assert_true(bounded >= 3);
}

/* All ways to choose who is treated, each fitted by the dense way. */
static void test_randomisation_equals_refitting(void **state)
{
    (void)state;
    static trial_t t;
    static dense_t out;
    static double plain[1024];
    enum { UNITS = 7, PERIODS = 4 };
    for (uint64_t seed = 1; seed <= 4; seed++) {
        jd_rng_t rng = trial_rng(seed);
        int by_t = seed % 2, strata = seed > 2, n = 0;
        static int32_t stratum[MAX_ROWS];
        memset(&t, 0, sizeof t);
        for (int u = 0; u < UNITS; u++)
            for (int s = 1; s <= PERIODS; s++, n++) {
                t.unit[n] = 50 - u;
                t.time[n] = s;
                t.cohort[n] = u == 2 ? 2 : u == 5 ? 3 : 0;
                stratum[n] = u < 4;
                t.y[n] = gauss(&rng) + u;
            }
        t.panel = (jd_panel_t){.n = n, .unit = t.unit, .time = t.time, .cohort = t.cohort};
        jd_did_options_t how;
        jd_did_defaults(&how);
        jd_randomisation_options_t o = {.statistic =
                                            by_t ? JD_RANDOMISE_T : JD_RANDOMISE_COEFFICIENT,
                                        .stratum = strata ? stratum : NULL};
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        jd_randomisation_t r;
        assert_int_equal(
            jd_randomisation_test(&r, jd_estimator_find("twfe"), &t.panel, &how, t.y, &o, &ctx),
            JD_OK);
        int draws = 0, extreme = 0;
        for (int a = 0; a < UNITS; a++)
            for (int b = 0; b < UNITS; b++) {
                if (a == b || (strata && (a >= 4 || b < 4))) continue;
                for (int i = 0; i < n; i++)
                    t.cohort[i] = i / PERIODS == a ? 2 : i / PERIODS == b ? 3 : 0;
                const jd_vcov_options_t cr1 = {.kind = JD_VCOV_CLUSTER};
                assert_true(dense_fit(&t, "twfe", &how, &cr1, &out));
                plain[draws] = out.beta[0] / (by_t ? sqrt(out.vcov[0][0]) : 1);
                extreme += fabs(plain[draws++]) >= fabs(r.statistic) * (1 - 1e-9);
            }
        assert_true(r.enumerated);
        assert_int_equal(r.draws, draws);
        assert_int_equal(r.refused, 0);
        assert_true(fabs(r.p_value - extreme / (double)draws) < 1e-12);
        assert_true(same_laws(r.law, plain, draws, "randomisation", seed));
        jd_randomisation_free(&r);
    }
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    static trial_t t;
    make_trial(&t, 3);
    t.panel.cluster = NULL;
    jd_did_options_t how;
    jd_did_defaults(&how);
    jd_wild_t w[2] = {{0}};
    jd_randomisation_t r[2] = {{0}};
    for (int k = 0; k < 2; k++) {
        jd_ctx_t ctx;
        jd_ctx_init(&ctx);
        ctx.threads = k ? 3 : 1;
        jd_design_t *design = NULL;
        const jd_wild_options_t o = {.vcov = {.draws = 500, .seed = 4}, .law = JD_WILD_WEBB};
        const jd_randomisation_options_t p = {.vcov = {.draws = 40, .seed = 4}};
        assert_int_equal(
            jd_design_prepare(&design, jd_estimator_find("twfe"), &t.panel, &how, &ctx), JD_OK);
        assert_int_equal(jd_wild_bootstrap(design, t.y, 0, &o, &w[k], &ctx), JD_OK);
        assert_int_equal(
            jd_randomisation_test(&r[k], jd_estimator_find("twfe"), &t.panel, &how, t.y, &p, &ctx),
            JD_OK);
        jd_design_free(design);
    }
    assert_memory_equal(w[0].t_star, w[1].t_star, 500 * sizeof(double));
    assert_memory_equal(&w[0].ci_low, &w[1].ci_low, sizeof(double));
    assert_int_equal(w[0].draws, 500);
    assert_memory_equal(r[0].law, r[1].law, 40 * sizeof(double));
    for (int k = 0; k < 2; k++) {
        jd_wild_free(&w[k]);
        jd_randomisation_free(&r[k]);
    }
}

/* Balanced: residuals by plain means, placebos by loops over pairs of controls. */
static void keep_note(void *user, const char *message)
{
    snprintf(user, JD_MESSAGE_SIZE, "%s", message);
}

static void test_conley_taber_equals_loops(void **state)
{
    (void)state;
    enum { UNITS = 9, PERIODS = 6, N = UNITS * PERIODS };
    static int32_t unit[N], time[N], cohort[N];
    static double y[N], plain[UNITS * UNITS], e[UNITS][PERIODS], d[2][PERIODS];
    jd_rng_t rng = trial_rng(77);
    for (int i = 0; i < N; i++) {
        unit[i] = i / PERIODS;
        time[i] = i % PERIODS;
        cohort[i] = unit[i] == 0 ? 2 : unit[i] == 4 ? 4 : 0;
        y[i] = gauss(&rng) + unit[i] + (cohort[i] && time[i] >= cohort[i]);
    }
    jd_panel_t panel = {.n = N, .unit = unit, .time = time, .cohort = cohort};
    jd_did_options_t how;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_did_defaults(&how);
    jd_ctx_init(&ctx);
    jd_conley_taber_t r;
    double b;
    const double *column = y;
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &how, &ctx),
                     JD_OK);
    assert_int_equal(jd_design_estimate(design, &column, 1, &b, &ctx), JD_OK);
    char note[JD_MESSAGE_SIZE] = "";
    ctx.warn = keep_note;
    ctx.user = note;
    assert_int_equal(jd_conley_taber_test(&r, design, y, 0, 0.9, NULL, &ctx), JD_OK);
    assert_non_null(strstr(note, "2 clusters are treated and 7 never are"));
    double by_unit[UNITS] = {0}, by_time[PERIODS] = {0}, all = 0, scale = 0;
    for (int i = 0; i < N; i++) {
        double left = y[i] - b * (cohort[i] && time[i] >= cohort[i]);
        by_unit[unit[i]] += left / PERIODS;
        by_time[time[i]] += left / UNITS;
        all += left / N;
        e[unit[i]][time[i]] = left;
    }
    for (int j = 0; j < 2; j++)
        for (int s = 0; s < PERIODS; s++) {
            int g = j ? 4 : 2;
            d[j][s] = (s >= g) - (PERIODS - g) / (double)PERIODS;
            scale += d[j][s] * d[j][s];
        }
    int n = 0, above = 0, below = 0;
    for (int a = 0; a < UNITS; a++)
        for (int c = 0; c < UNITS; c++) {
            if (a == c || a == 0 || a == 4 || c == 0 || c == 4) continue;
            plain[n] = 0;
            for (int s = 0; s < PERIODS; s++)
                plain[n] += (d[0][s] * (e[a][s] - by_unit[a] - by_time[s] + all) +
                             d[1][s] * (e[c][s] - by_unit[c] - by_time[s] + all)) /
                            scale;
            above += plain[n] >= b;
            below += plain[n++] <= b;
        }
    assert_true(r.enumerated);
    assert_int_equal(r.draws, n);
    assert_int_equal(r.n_treated, 2);
    assert_int_equal(r.n_controls, 7);
    assert_true(same_laws(r.law, plain, n, "Conley-Taber", 77));
    assert_true(fabs(r.p_value - fmin(1, 2.0 * (1 + (above < below ? above : below)) / (n + 1))) <
                1e-12);
    /* 42 placebos: 5 % of 43 leaves the first and last two outside */
    assert_true(fabs(r.ci_low - (b - plain[n - 2])) < 1e-9);
    assert_true(fabs(r.ci_high - (b - plain[1])) < 1e-9);
    jd_conley_taber_free(&r);
    jd_design_free(design);
}

/* Treated at one date: a placebo is a set of controls. C(controls, treated) of them, each once, by
 * subsets of bits; p and the interval say the same at every level. */
static void test_conley_taber_counts_sets(void **state)
{
    (void)state;
    enum { MOST = 12, PERIODS = 6 };
    static const struct {
        int units, treated, placebos;
    } cases[] = {{10, 5, 1}, {8, 3, 10}, {9, 1, 8}, {12, 4, 70}, {11, 5, 6}};
    static int32_t unit[MOST * PERIODS], time[MOST * PERIODS], cohort[MOST * PERIODS];
    static double y[MOST * PERIODS], plain[256];
    jd_did_options_t how;
    jd_ctx_t ctx;
    jd_did_defaults(&how);
    jd_ctx_init(&ctx);
    for (int c = 0; c < 5; c++) {
        const int units = cases[c].units, treated = cases[c].treated, controls = units - treated;
        jd_rng_t rng = trial_rng(91 + (uint64_t)c);
        double diff[MOST], shift_treated = 0, shift_control = 0;
        for (int u = 0; u < units; u++) {
            diff[u] = 0;
            for (int t = 0; t < PERIODS; t++) {
                int i = u * PERIODS + t;
                unit[i] = u;
                time[i] = t + 1;
                cohort[i] = u < treated ? 4 : 0;
                y[i] = gauss(&rng) + u + (u < treated && t >= 3);
                diff[u] += (t >= 3 ? y[i] : -y[i]) / 3;
            }
            *(u < treated ? &shift_treated : &shift_control) += diff[u];
        }
        jd_panel_t panel = {.n = units * PERIODS, .unit = unit, .time = time, .cohort = cohort};
        jd_design_t *design = NULL;
        assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &panel, &how, &ctx),
                         JD_OK);
        /* Half before, half after: the estimate is the difference of mean differences, a placebo
         * the chosen controls' mean difference less all controls'. */
        const double b = shift_treated / treated - shift_control / controls;
        int n = 0, above = 1, below = 1;
        for (int set = 0; set < 1 << controls; set++) {
            double sum = 0;
            int in = 0;
            for (int k = 0; k < controls; k++)
                if (set >> k & 1) {
                    sum += diff[treated + k];
                    in++;
                }
            if (in != treated) continue;
            plain[n] = sum / treated - shift_control / controls;
            above += plain[n] >= b;
            below += plain[n++] <= b;
        }
        assert_int_equal(n, cases[c].placebos);
        for (int l = 1; l < 20; l++) {
            jd_conley_taber_t r;
            assert_int_equal(jd_conley_taber_test(&r, design, y, 0, 0.05 * l, NULL, &ctx), JD_OK);
            assert_near(r.estimate, b, 1e-10);
            assert_int_equal(r.draws, n);
            assert_near(r.p_value, fmin(1, 2.0 * (above < below ? above : below) / (n + 1)), 1e-12);
            assert_int_equal(r.ci_low > 0 || r.ci_high < 0, r.p_value <= 1 - 0.05 * l + 1e-9);
            if (l == 19 && n < 39) assert_true(isinf(r.ci_low) && isinf(r.ci_high));
            if (l == 1) assert_true(n < 2 || same_laws(r.law, plain, n, "sets", (uint64_t)c));
            jd_conley_taber_free(&r);
        }
        jd_design_free(design);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static int32_t unit[12], time[12], cohort[12], cluster[12];
    static double y[12];
    for (int i = 0; i < 12; i++) {
        unit[i] = i / 3;
        time[i] = i % 3;
        cohort[i] = i < 3 ? 1 : 0;
        cluster[i] = i / 6;
        y[i] = i * i % 7;
    }
    jd_panel_t panel = {.n = 12, .unit = unit, .time = time, .cohort = cohort, .cluster = cluster};
    jd_did_options_t how;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_did_defaults(&how);
    jd_ctx_init(&ctx);
    jd_randomisation_t r;
    jd_wild_t w;
    jd_conley_taber_t ct;
    jd_fit_t fit = {0};
    const jd_randomisation_options_t among = {.by_cluster = 1}, strata = {.stratum = unit};
    const jd_estimator_t *twfe = jd_estimator_find("twfe");
    assert_int_equal(jd_randomisation_test(&r, twfe, &panel, &how, y, &among, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "cluster 0"));
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_randomisation_test(&r, twfe, &panel, &how, y, &strata, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "no other assignment"));
    assert_int_equal(jd_design_prepare(&design, twfe, &panel, &how, &ctx), JD_OK);
    const jd_wild_options_t hc = {.vcov = {.kind = JD_VCOV_HC1}};
    assert_int_equal(jd_wild_bootstrap(design, y, 0, &hc, &w, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_wild_bootstrap(design, y, 7, NULL, &w, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_conley_taber_test(&ct, design, y, 0, 0.95, NULL, &ctx), JD_ERR_DATA);
    /* One treated cluster: without it there is no effect to estimate. */
    const jd_vcov_options_t cv3 = {.kind = JD_VCOV_CV3};
    jd_ctx_clear(&ctx);
    assert_int_equal(jd_design_infer(design, y, &cv3, 0.95, &fit, &ctx), JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "without cluster 0"));
    const jd_vcov_options_t two = {.kind = JD_VCOV_MULTIWAY}, conley = {.kind = JD_VCOV_CONLEY};
    assert_int_equal(jd_design_infer(design, y, &two, 0.95, &fit, &ctx), JD_ERR_ARGUMENT);
    assert_int_equal(jd_design_infer(design, y, &conley, 0.95, &fit, &ctx), JD_ERR_ARGUMENT);
    jd_design_free(design);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wild_bootstrap_equals_refitting),
        cmocka_unit_test(test_wild_set_is_the_test_inverted),
        cmocka_unit_test(test_randomisation_equals_refitting),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_conley_taber_equals_loops),
        cmocka_unit_test(test_conley_taber_counts_sets),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
