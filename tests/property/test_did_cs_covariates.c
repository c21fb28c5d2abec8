/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callaway-Sant'Anna with covariates against the papers' formulas, comparison by comparison, on
 * small random panels: weighted, gappy, covariates that vary over time, are collinear or of odd
 * scale, rows in any order, cross-sections. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"
#include "property/drdid_dense.h"

enum { TRIALS = 36, PERIODS = 4, UNITS = 48 };

static void make_panel(trial_t *t, jd_did_options_t *o, uint64_t seed)
{
    static const char *const names[] = {"a", "b", "c"};
    jd_rng_t rng = trial_rng(seed + 7000);
    int cross = seed % 3 == 1, gaps = seed % 3 == 2, n = 0;
    memset(t, 0, sizeof *t);
    for (int u = 0; u < UNITS; u++) {
        double a = gauss(&rng), b = pick(&rng, 2), w = 0.5 + jd_rng_uniform(&rng);
        int g = pick(&rng, 4);
        if (jd_rng_uniform(&rng) < 0.2) g = a > 0;
        for (int p = 0; p < PERIODS; p++) {
            if (gaps && jd_rng_uniform(&rng) < 0.1) continue;
            if (seed % 4 >= 2) a += 0.2 * gauss(&rng);
            t->unit[n] = 100 + u;
            t->time[n] = 2001 + p;
            t->cohort[n] = g ? 2001 + g : 0;
            t->weight[n] = w * (seed % 5 == 3 ? 1 + 0.3 * p : 1);
            t->x[0][n] = seed % 7 == 4 ? 1e9 + 1e6 * a : a;
            t->x[1][n] = b;
            t->x[2][n] = 3 - 2 * b;
            t->y[n] = 10 + a * (1 + 0.3 * p) + 0.2 * b * p + gauss(&rng) + (g && p >= g);
            n++;
        }
    }
    for (int i = n - 1; i > 0 && seed % 2; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    for (int k = 0; k < 3; k++)
        t->x_column[k] = t->x[k];
    t->panel = (jd_panel_t){.n = n,
                            .unit = t->unit,
                            .time = t->time,
                            .cohort = t->cohort,
                            .n_x = 1 + (int)(seed % 3),
                            .x = t->x_column,
                            .x_name = names};
    if (seed % 5 >= 2) t->panel.weight = t->weight;
    jd_did_defaults(o);
    o->aggregate = JD_AGGREGATE_CELLS;
    o->group_time.method = (jd_method_t)(seed / 3 % 3);
    o->control = seed / 9 % 2 ? JD_CONTROL_NOT_YET : JD_CONTROL_NEVER;
    o->group_time.universal_base = seed / 2 % 2;
    o->cross_sections = cross;
    o->group_time.allow_unbalanced = gaps;
}

static int seen(const trial_t *t, int unit)
{
    int rows = 0;
    for (int i = 0; i < t->panel.n; i++)
        rows += t->unit[i] == unit;
    return rows;
}

/* The comparison behind ATT(g,t); covariates about their mean, so that long doubles suffice. */
static void fill_pair(const trial_t *t, const jd_did_options_t *o, int g, int time,
                      dense_pair_t *pair)
{
    int base = time < g && !o->group_time.universal_base ? time - 1 : g - 1;
    int later = time > base ? time : base;
    int wide = o->cross_sections || o->group_time.allow_unbalanced;
    memset(pair, 0, sizeof *pair);
    pair->cross = wide;
    pair->k = 1 + (t->panel.n_x > 2 ? 2 : t->panel.n_x); /* the third is collinear */
    for (int i = 0; i < t->panel.n; i++) {
        int h = t->cohort[i];
        if (t->time[i] != base && !(wide && t->time[i] == time)) continue;
        if (!wide && seen(t, t->unit[i]) < PERIODS) continue;
        if (h != g && h != 0 && (o->control == JD_CONTROL_NEVER || h <= later)) continue;
        int n = pair->n++;
        pair->d[n] = h == g;
        pair->post[n] = t->time[i] == time;
        pair->id[n] = o->cross_sections ? i : t->unit[i];
        pair->w[n] = t->panel.weight ? (long double)t->weight[i] : 1;
        pair->x[n][0] = 1;
        pair->x[n][1] =
            t->x[0][i] > 1e8 ? ((long double)t->x[0][i] - 1e9L) / 1e6L : (long double)t->x[0][i];
        pair->x[n][2] = (long double)t->x[1][i];
        pair->y[n] = (long double)t->y[i];
        for (int j = 0; !wide && j < t->panel.n; j++)
            if (t->unit[j] == t->unit[i] && t->time[j] == time)
                pair->y[n] = (long double)t->y[j] - (long double)t->y[i];
    }
}

static long double dense_error(dense_pair_t *pair, jd_method_t method)
{
    long double influence[PAIR_ROWS], variance = 0;
    dense_pair_influence(pair, method, influence);
    for (int i = 0; i < pair->n; i++)
        for (int j = 0; j < pair->n; j++)
            if (pair->id[i] == pair->id[j]) variance += influence[i] * influence[j];
    return sqrtl(variance);
}

/* w'y of every term, with the weights told. */
static int weights_disagree(const jd_design_t *design, const trial_t *t, const jd_fit_t *fit)
{
    static double w[MAX_ROWS];
    int wrong = 0;
    for (int k = 0; k < fit->n_terms; k++) {
        long double sum = 0;
        memset(w, 0, sizeof w);
        jd_design_weights(design, k, w);
        for (int i = 0; i < t->panel.n; i++)
            sum += (long double)w[i] * (long double)t->y[i];
        wrong += fabsl(sum - (long double)fit->estimate[k]) > 1e-10L;
    }
    return wrong;
}

static int try_one(uint64_t seed, int *compared, int *left_out)
{
    static trial_t t;
    static dense_pair_t pair;
    jd_did_options_t o;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    make_panel(&t, &o, seed);
    int rc = jd_design_prepare(&design, jd_estimator_find("callaway_santanna"), &t.panel, &o, &ctx);
    if (!rc) rc = jd_design_infer(design, t.y, NULL, 0.95, &fit, &ctx);
    if (rc) {
        print_error("seed %d: %s\n", (int)seed, ctx.message);
        return 1;
    }
    int wrong = weights_disagree(design, &t, &fit), found = 0;
    for (int g = 2002; g <= 2004; g++)
        for (int time = 2001; time <= 2004; time++) {
            char name[JD_TERM_NAME];
            snprintf(name, sizeof name, "g=%d,t=%d", g, time);
            int k = 0;
            while (k < fit.n_terms && strcmp(jd_design_terms(design)[k].name, name) != 0)
                k++;
            if (time == g - 1 && o.group_time.universal_base) {
                found++;
                continue;
            }
            if (time == 2001 && !o.group_time.universal_base) continue;
            fill_pair(&t, &o, g, time, &pair);
            if (k == fit.n_terms) { /* left out: then for want of overlap */
                ++*left_out;
                if (o.group_time.method == JD_METHOD_REG || dense_most(&pair) < 0.999L) {
                    print_error("seed %d: %s left out: %s\n", (int)seed, name, ctx.message);
                    wrong++;
                }
                continue;
            }
            found++;
            ++*compared;
            double b = (double)dense_pair_att(&pair, o.group_time.method);
            double se = (double)dense_error(&pair, o.group_time.method);
            if (fabs(fit.estimate[k] - b) <= 1e-9 * (1 + fabs(b)) &&
                fabs(fit.std_error[k] - se) <= 1e-7 * se)
                continue;
            print_error("seed %d: %s is %.17g (%.17g), the papers' formulas %.17g (%.17g)\n",
                        (int)seed, name, fit.estimate[k], fit.std_error[k], b, se);
            wrong++;
        }
    wrong += found != fit.n_terms;
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_comparisons_equal_the_papers_formulas(void **state)
{
    (void)state;
    int wrong = 0, compared = 0, left_out = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed, &compared, &left_out);
    print_message("%d comparisons; %d left out for want of overlap\n", compared, left_out);
    assert_int_equal(wrong, 0);
    assert_true(compared > TRIALS * 5);
}

/* Estimates, covariances and the bootstrap: the same bits for any threads. */
static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    static trial_t t;
    double first[2000];
    const int threads[] = {1, 2, 5};
    const jd_vcov_options_t vcov = {.draws = 300, .seed = 5, .bands = 1};
    for (uint64_t seed = 1; seed <= 4; seed++)
        for (int k = 0; k < 3; k++) {
            jd_did_options_t o;
            jd_ctx_t ctx;
            jd_design_t *design = NULL;
            jd_fit_t fit = {0};
            jd_ctx_init(&ctx);
            ctx.threads = threads[k];
            make_panel(&t, &o, seed);
            o.aggregate = JD_AGGREGATE_EVENT;
            assert_int_equal(jd_design_prepare(&design, jd_estimator_find("callaway_santanna"),
                                               &t.panel, &o, &ctx),
                             JD_OK);
            assert_int_equal(jd_design_infer(design, t.y, &vcov, 0.9, &fit, &ctx), JD_OK);
            size_t bytes = (size_t)(fit.n_terms * (5 + fit.n_terms)) * sizeof(double);
            assert_true(bytes < sizeof first - sizeof *first);
            if (k == 0) memcpy(first + 1, fit.estimate, bytes);
            if (k == 0) first[0] = fit.uniform;
            assert_memory_equal(first + 1, fit.estimate, bytes);
            assert_true(fit.uniform == first[0] && fit.uniform > 1.7 && fit.uniform < 3.5);
            jd_fit_free(&fit);
            jd_design_free(design);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons_equal_the_papers_formulas),
        cmocka_unit_test(test_same_bits_for_any_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
