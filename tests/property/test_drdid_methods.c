/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drdid by all its methods against the papers' formulas, on small random panels and cross-sections;
 * what it refuses. The improved method's standard errors leave out what vanishes to first order;
 * the reference rows hold them. */
#include "support.h"

#include "jiedao/did.h"
#include "property/did_dense.h"
#include "property/drdid_dense.h"

enum { TRIALS = 40, UNITS = 60 };

static void make_panel(trial_t *t, jd_did_options_t *o, uint64_t seed)
{
    static const char *const names[] = {"a", "b"};
    jd_rng_t rng = trial_rng(seed + 11000);
    int n = 0, cross = seed % 2;
    memset(t, 0, sizeof *t);
    for (int u = 0; u < UNITS; u++) {
        double a = gauss(&rng), b = jd_rng_uniform(&rng), w = 0.5 + jd_rng_uniform(&rng);
        int g = jd_rng_uniform(&rng) < 1 / (1 + exp(-0.5 * a)) ? 7 : 0;
        for (int p = 0; p < 2; p++) {
            if (cross && u > 10 && pick(&rng, 4) == 0) continue;
            t->unit[n] = u;
            t->time[n] = 6 + p;
            t->cohort[n] = g;
            t->weight[n] = w;
            t->x[0][n] = cross ? a + gauss(&rng) : a + 0.1 * p;
            t->x[1][n] = b;
            t->y[n] = a + p * b + gauss(&rng) + (g && p);
            n++;
        }
    }
    for (int i = n - 1; i > 0; i--)
        swap_rows(t, i, pick(&rng, i + 1));
    t->x_column[0] = t->x[0];
    t->x_column[1] = t->x[1];
    t->panel = (jd_panel_t){.n = n,
                            .unit = t->unit,
                            .time = t->time,
                            .cohort = t->cohort,
                            .n_x = (int)(seed / 2 % 3),
                            .x = t->x_column,
                            .x_name = names};
    if (seed % 3) t->panel.weight = t->weight;
    jd_did_defaults(o);
    o->group_time.method = (jd_method_t)(seed % 5);
    o->cross_sections = cross;
}

static void fill_pair(const trial_t *t, int cross, dense_pair_t *pair)
{
    memset(pair, 0, sizeof *pair);
    pair->cross = cross;
    pair->k = 1 + t->panel.n_x;
    for (int i = 0; i < t->panel.n; i++) {
        if (!cross && t->time[i] != 6) continue;
        int n = pair->n++;
        pair->d[n] = t->cohort[i] > 0;
        pair->post[n] = t->time[i] == 7;
        pair->w[n] = t->panel.weight ? (long double)t->weight[i] : 1;
        pair->x[n][0] = 1;
        pair->x[n][1] = (long double)t->x[0][i];
        pair->x[n][2] = (long double)t->x[1][i];
        pair->y[n] = (long double)t->y[i];
        for (int j = 0; !cross && j < t->panel.n; j++)
            if (t->unit[j] == t->unit[i] && t->time[j] == 7)
                pair->y[n] = (long double)t->y[j] - (long double)t->y[i];
    }
}

static int try_one(uint64_t seed)
{
    static trial_t t;
    static dense_pair_t pair;
    static double w[MAX_ROWS];
    long double influence[PAIR_ROWS], variance = 0, weighted = 0;
    jd_did_options_t o;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_fit_t fit = {0};
    jd_ctx_init(&ctx);
    make_panel(&t, &o, seed);
    int rc = jd_design_prepare(&design, jd_estimator_find("drdid"), &t.panel, &o, &ctx);
    if (!rc) rc = jd_design_infer(design, t.y, NULL, 0.95, &fit, &ctx);
    if (rc) fail_msg("seed %d: %s", (int)seed, ctx.message);
    jd_design_weights(design, 0, w);
    for (int i = 0; i < t.panel.n; i++)
        weighted += (long double)w[i] * (long double)t.y[i];
    fill_pair(&t, o.cross_sections, &pair);
    double b = (double)dense_pair_att(&pair, o.group_time.method), se = fit.std_error[0];
    if (o.group_time.method != JD_METHOD_IMPROVED) {
        dense_pair_influence(&pair, o.group_time.method, influence);
        for (int i = 0; i < pair.n; i++)
            variance += influence[i] * influence[i];
        se = (double)sqrtl(variance);
    }
    int wrong = fabs(fit.estimate[0] - b) > 1e-9 * (1 + fabs(b)) ||
                fabs(fit.std_error[0] - se) > 1e-7 * se ||
                fabs((double)weighted - b) > 1e-9 * (1 + fabs(b));
    if (wrong)
        print_error("seed %d, method %d: %.17g (%.17g), the papers' formulas %.17g (%.17g)\n",
                    (int)seed, (int)o.group_time.method, fit.estimate[0], fit.std_error[0], b, se);
    jd_fit_free(&fit);
    jd_design_free(design);
    return wrong;
}

static void test_methods_equal_the_papers_formulas(void **state)
{
    (void)state;
    int wrong = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        wrong += try_one(seed);
    assert_int_equal(wrong, 0);
}

static void check_refused(const trial_t *t, jd_method_t method, int code, const char *words)
{
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    o.group_time.method = method;
    int rc = jd_design_prepare(&design, jd_estimator_find("drdid"), &t->panel, &o, &ctx);
    if (rc != code || !strstr(ctx.message, words)) fail_msg("%d, '%s'", rc, ctx.message);
    assert_null(design);
}

static void test_refusals(void **state)
{
    (void)state;
    static trial_t t;
    jd_did_options_t o;
    make_panel(&t, &o, 4);
    for (int i = 0; i < t.panel.n; i++) /* a covariate that is the treatment */
        t.x[0][i] = t.cohort[i];
    check_refused(&t, JD_METHOD_DR, JD_ERR_NO_CONTROLS, "the warnings say why");
    check_refused(&t, JD_METHOD_REG, JD_ERR_NO_CONTROLS, "the warnings say why");
    t.panel.n_x = 0;
    for (int i = 0; i < t.panel.n; i++)
        if (t.unit[i] == 3) t.time[i] += 2;
    jd_did_options_t wide = o;
    wide.cross_sections = 1;
    jd_ctx_t ctx;
    jd_design_t *design = NULL;
    jd_ctx_init(&ctx);
    int rc = jd_design_prepare(&design, jd_estimator_find("drdid"), &t.panel, &wide, &ctx);
    assert_int_equal(rc, JD_ERR_DATA);
    assert_non_null(strstr(ctx.message, "it compares two"));
    rc = jd_design_prepare(&design, jd_estimator_find("callaway_santanna"), &t.panel,
                           &(jd_did_options_t){.group_time.method = JD_METHOD_ABADIE}, &ctx);
    assert_int_equal(rc, JD_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods_equal_the_papers_formulas),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
