/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bias split of estimators that are linear with frozen weights, or not linear at all: two toys
 * whose parts can be told by hand, on random panels. The suite's own estimators of these classes
 * are split in test_did_split. */
#include "support.h"

#include "did/base/design.h"
#include "did/base/list.h"
#include "jiedao/split.h"
#include "property/did_dense.h"

enum { TRIALS = 40 };

static int prepare_twfe(jd_design_t *design, const jd_panel_t *panel,
                        const jd_did_options_t *options, jd_ctx_t *ctx)
{
    return jd_estimator_twfe.prepare(design, panel, options, ctx);
}

static double twfe(const jd_design_t *design, const double *y)
{
    double estimate[MAX_COLUMNS];
    jd_regression_estimate(&design->regression, &y, 1, estimate, NULL);
    return estimate[0];
}

/* A factor that the first row of the design decides: data-driven, and known by hand. */
static double factor(const double *y)
{
    return 1 / (1 + y[0] * y[0] / 1e4);
}

static int estimate_frozen(const jd_design_t *design, const double *const *y, int n_y,
                           double *estimate, jd_ctx_t *ctx)
{
    jd_regression_estimate(&design->regression, y, n_y, estimate, ctx);
    for (int k = 0; k < design->facts.n_terms; k++)
        for (int j = 0; j < n_y; j++)
            estimate[k * n_y + j] *= factor(y[j]);
    return JD_OK;
}

static int freeze(const jd_design_t *design, const double *y, double *w, jd_ctx_t *ctx)
{
    (void)ctx;
    for (int k = 0; k < design->facts.n_terms; k++)
        jd_regression_weights(&design->regression, k, w + k * design->sample.n);
    for (int64_t i = 0; i < design->facts.n_terms * design->sample.n; i++)
        w[i] *= factor(y);
    return JD_OK;
}

static int estimate_curved(const jd_design_t *design, const double *const *y, int n_y,
                           double *estimate, jd_ctx_t *ctx)
{
    jd_regression_estimate(&design->regression, y, n_y, estimate, ctx);
    for (int i = 0; i < design->facts.n_terms * n_y; i++)
        estimate[i] = exp(estimate[i] / 10);
    return JD_OK;
}

static const jd_estimator_t frozen_toy = {.name = "frozen toy",
                                          .label = "a toy",
                                          .family = JD_CLASS_FROZEN,
                                          .prepare = prepare_twfe,
                                          .estimate = estimate_frozen,
                                          .freeze = freeze};
static const jd_estimator_t curved_toy = {.name = "curved toy",
                                          .label = "a toy",
                                          .family = JD_CLASS_NONLINEAR,
                                          .prepare = prepare_twfe,
                                          .estimate = estimate_curved,
                                          .target = JD_TARGET_LOG_RATIO};

typedef struct {
    double y1_obs[MAX_ROWS], y1[MAX_ROWS], y0[MAX_ROWS], direct[MAX_ROWS];
    int8_t cell[MAX_ROWS];
} worlds_t;

static void make_worlds(const trial_t *t, worlds_t *w)
{
    jd_rng_t rng = trial_rng(7);
    for (int i = 0; i < t->panel.n; i++) {
        w->cell[i] = (int8_t)(t->treated[i]   ? JD_CELL_POST
                              : !t->cohort[i] ? JD_CELL_NEVER + (i % 5 == 0)
                              : pick(&rng, 2) ? JD_CELL_ANN
                                              : JD_CELL_PRE);
        w->y0[i] = 50 + gauss(&rng);
        w->direct[i] = w->cell[i] <= JD_CELL_ANN ? 2 + gauss(&rng) : 0;
        w->y1[i] = w->y0[i] + w->direct[i] + 0.3 * gauss(&rng);
        w->y1_obs[i] = w->y1[i] + 0.1 * gauss(&rng);
    }
}

static jd_design_t *prepare(const trial_t *t, const jd_estimator_t *estimator)
{
    jd_did_options_t options;
    jd_design_t *design = NULL;
    jd_did_defaults(&options);
    return jd_design_prepare(&design, estimator, &t->panel, &options, NULL) == JD_OK ? design
                                                                                     : NULL;
}

static double of_rows(const jd_design_t *d, const double *y)
{
    double own[MAX_ROWS];
    for (int64_t i = 0; i < d->sample.n; i++)
        own[i] = y[d->sample.row[i]];
    return twfe(d, own);
}

static void split(const jd_design_t *d, const trial_t *t, const worlds_t *w, jd_split_t *s)
{
    jd_ctx_t ctx;
    int n = 0;
    jd_split_t all[MAX_COLUMNS];
    jd_ctx_init(&ctx);
    const jd_split_input_t input = {.y1_obs = w->y1_obs,
                                    .y1 = w->y1,
                                    .y0 = w->y0,
                                    .cell = w->cell,
                                    .direct = w->direct,
                                    .weight = t->panel.weight};
    assert_int_equal(jd_split_bias(d, &input, all, &n, &ctx), JD_OK);
    assert_int_equal(n, 1);
    *s = all[0];
    assert_true(fabs(s->residual) <= 1e-12 * s->scale);
    assert_true(fabs(s->ade_residual) <= 1e-12 * s->scale);
}

static void near(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-11 * (1 + fabs(b)));
}

static void test_frozen(void **state)
{
    (void)state;
    static trial_t t;
    static worlds_t w;
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_split_t s;
        make_trial(&t, seed);
        make_worlds(&t, &w);
        jd_design_t *d = prepare(&t, &frozen_toy);
        if (!d) continue;
        split(d, &t, &w, &s);
        int64_t first = d->sample.row[0];
        double l0 = of_rows(d, w.y0), tau[MAX_ROWS];
        near(s.trends, factor(&w.y0[first]) * l0);
        near(s.response, (factor(&w.y1[first]) - factor(&w.y0[first])) * l0);
        for (int i = 0; i < t.panel.n; i++)
            tau[i] = w.cell[i] == JD_CELL_ANN ? w.y1[i] - w.y0[i] : 0;
        near(s.anticipation, factor(&w.y1[first]) * of_rows(d, tau));
        seen++;
        jd_design_free(d);
    }
    assert_true(seen > TRIALS / 2);
}

static void test_not_linear(void **state)
{
    (void)state;
    static trial_t t;
    static worlds_t w;
    int seen = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++) {
        jd_split_t s;
        double step[2][MAX_ROWS], sum[2] = {0};
        make_trial(&t, seed);
        make_worlds(&t, &w);
        jd_design_t *d = prepare(&t, &curved_toy);
        if (!d) continue;
        split(d, &t, &w, &s);
        for (int i = 0; i < t.panel.n; i++) {
            double weight = t.panel.weight ? t.weight[i] : 1;
            step[0][i] = w.cell[i] == JD_CELL_POST ? w.y1[i] : w.y0[i];
            step[1][i] = w.cell[i] <= JD_CELL_ANN ? w.y1[i] : w.y0[i];
            if (w.cell[i] != JD_CELL_POST) continue;
            sum[0] += weight * w.y0[i];
            sum[1] += weight * w.y1[i];
        }
        near(s.att, log(sum[1] / sum[0]));
        near(s.trends, exp(of_rows(d, w.y0) / 10));
        near(s.weights + s.theta, exp(of_rows(d, step[0]) / 10) - s.trends);
        near(s.anticipation, exp(of_rows(d, step[1]) / 10) - exp(of_rows(d, step[0]) / 10));
        assert_true(s.response == 0);
        seen++;
        double *weights = calloc((size_t)t.panel.n, sizeof *weights);
        assert_int_equal(jd_design_freeze(d, w.y1, weights, NULL), JD_ERR_UNSUPPORTED);
        free(weights);
        jd_design_free(d);
    }
    assert_true(seen > TRIALS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frozen),
        cmocka_unit_test(test_not_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
