/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weights of two-way fixed effects: any effects put into an outcome without noise come out as
 * the weighted sum; signs and sums agree; and the two measures of sensitivity are what they say:
 * found again by making the effects that attain them. */
#include "support.h"

#include "jiedao/did.h"
#include "jiedao/twfe_weights.h"
#include "near.h"
#include "property/did_dense.h"

enum { TRIALS = 120 };

/* A treated row's share and weight over it. */
typedef struct {
    double share, ratio;
} treated_t;

static int list_treated(const trial_t *t, const double *w, treated_t *row)
{
    int n = 0;
    double total = 0;
    for (int i = 0; i < t->panel.n; i++) {
        if (!t->treated[i] || w[i] == 0) continue;
        row[n].share = t->panel.weight ? t->weight[i] : 1;
        row[n].ratio = w[i];
        total += row[n++].share;
    }
    for (int k = 0; k < n; k++) {
        row[k].share /= total;
        row[k].ratio /= row[k].share;
    }
    return n;
}

/* Effects of one sign that give beta with the smallest spread are -lambda (c - ratio)+ with c such
 * that c is the mean of (c - ratio)+ (first-order conditions of the quadratic programme). */
static double smallest_opposite(const treated_t *row, int n, double beta)
{
    double low = -1e4, high = 1e4;
    for (int step = 0; step < 200; step++) {
        double c = (low + high) / 2, mean = 0;
        for (int k = 0; k < n; k++)
            mean += row[k].share * fmax(c - row[k].ratio, 0);
        if (mean < c)
            high = c;
        else
            low = c;
    }
    double c = high, mean = 0, square = 0, sum = 0;
    for (int k = 0; k < n; k++) {
        double effect = -fmax(c - row[k].ratio, 0);
        mean += row[k].share * effect;
        square += row[k].share * effect * effect;
        sum += row[k].share * row[k].ratio * effect;
    }
    return fabs(beta / sum) * sqrt(square - mean * mean);
}

static int try_one(uint64_t seed, int *negative)
{
    static trial_t t;
    static double y[MAX_ROWS], w[MAX_ROWS];
    static treated_t row[MAX_ROWS];
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_twfe_weights_t found = {0};
    jd_design_t *design = NULL;
    jd_rng_t rng = trial_rng(seed + 77);
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    make_trial(&t, seed);
    if (jd_twfe_weights_find(&found, &t.panel, t.y, &o, &ctx) != JD_OK) return 0;
    assert_int_equal(jd_design_prepare(&design, jd_estimator_find("twfe"), &t.panel, &o, &ctx),
                     JD_OK);
    jd_design_weights(design, 0, w);
    jd_design_free(design);
    double sum = 0, cells = 0, square = 0;
    for (int i = 0; i < t.panel.n; i++) {
        double effect = t.treated[i] ? 2 * gauss(&rng) : 0;
        y[i] = effect + 3 + 0.01 * t.unit[i] + 0.5 * (t.time[i] % 7);
        sum += w[i] * effect;
    }
    assert_near(found.sum_positive + found.sum_negative, 1, 1e-10);
    for (int c = 0; c < found.n_cells; c++)
        cells += found.cell[c].weight;
    assert_near(cells, 1, 1e-10);
    int n = list_treated(&t, w, row);
    assert_int_equal(found.n_positive + found.n_negative, n);
    for (int k = 0; k < n; k++)
        square += row[k].share * (row[k].ratio - 1) * (row[k].ratio - 1);
    int64_t rows =
        0; /* a treated row explained by fixed effects has weight 0 and is not in row[] */
    for (int c = 0; c < found.n_cells; c++)
        rows += found.cell[c].n_rows;
    if (square > 1e-12 && rows == n)
        assert_near(found.sigma_zero, fabs(found.estimate) / sqrt(square),
                    1e-8 * (1 + found.sigma_zero));
    if (found.n_negative > 0 && rows == n) {
        double smallest = smallest_opposite(row, n, found.estimate);
        assert_near(found.sigma_opposite, smallest, 1e-6 * (1 + smallest));
        assert_true(found.sigma_opposite >= found.sigma_zero * (1 - 1e-12));
        ++*negative;
    } else if (rows == n) {
        assert_true(isnan(found.sigma_opposite));
    }
    jd_twfe_weights_free(&found);
    assert_int_equal(jd_twfe_weights_find(&found, &t.panel, y, &o, &ctx), JD_OK);
    assert_near(found.estimate, sum, 1e-9 * (1 + fabs(sum)));
    jd_twfe_weights_free(&found);
    return 1;
}

static void test_weights_sum_up_effects(void **state)
{
    (void)state;
    int answered = 0, negative = 0;
    for (uint64_t seed = 1; seed <= TRIALS; seed++)
        answered += try_one(seed, &negative);
    print_message("%d of %d panels answered, %d with negative weights\n", answered, TRIALS,
                  negative);
    assert_true(answered > TRIALS / 2 && negative > 10);
}

/* The paper's example (section I.B): two groups, three periods, one treated from 3 on, one from 2:
 * the weights are 1/2, 1 and -1/2. */
static void test_the_example_of_the_paper(void **state)
{
    (void)state;
    const int32_t unit[] = {1, 1, 1, 2, 2, 2}, time[] = {1, 2, 3, 1, 2, 3};
    const int32_t cohort[] = {3, 3, 3, 2, 2, 2};
    const double y[] = {0, 0, 1, 0, 1, 4}; /* effects 1, 1, 4: beta = 1/2 + 1 - 2 = -1/2 */
    const jd_panel_t panel = {.n = 6, .unit = unit, .time = time, .cohort = cohort};
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_twfe_weights_t w = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    assert_int_equal(jd_twfe_weights_find(&w, &panel, y, &o, &ctx), JD_OK);
    assert_near(w.estimate, -0.5, 1e-12);
    assert_int_equal(w.n_cells, 3);
    static const double weight[] = {1, -0.5, 0.5};
    static const int cell[][2] = {{2, 2}, {2, 3}, {3, 3}};
    for (int k = 0; k < 3; k++) {
        assert_int_equal(w.cell[k].cohort, cell[k][0]);
        assert_int_equal(w.cell[k].time, cell[k][1]);
        assert_near(w.cell[k].weight, weight[k], 1e-12);
    }
    assert_int_equal(w.n_negative, 1);
    assert_near(w.sum_negative, -0.5, 1e-12);
    jd_twfe_weights_free(&w);
    jd_twfe_weights_free(&w);
}

/* Treatment that ends again: no cohorts, periods alone. */
static void test_treatment_that_ends(void **state)
{
    (void)state;
    const int32_t unit[] = {1, 1, 1, 2, 2, 2, 3, 3, 3}, time[] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
    const int8_t treated[] = {0, 1, 0, 0, 1, 1, 0, 0, 0};
    const double y[] = {0, 1, 0, 0, 2, 2, 0, 1, 0};
    const jd_panel_t panel = {.n = 9, .unit = unit, .time = time, .treated = treated};
    jd_ctx_t ctx;
    jd_did_options_t o;
    jd_twfe_weights_t w = {0};
    jd_ctx_init(&ctx);
    jd_did_defaults(&o);
    assert_int_equal(jd_twfe_weights_find(&w, &panel, y, &o, &ctx), JD_OK);
    assert_int_equal(w.n_cells, 2);
    assert_int_equal(w.cell[0].cohort, 0);
    assert_int_equal(w.cell[0].n_rows, 2);
    assert_near(w.cell[0].weight + w.cell[1].weight, 1, 1e-12);
    jd_twfe_weights_free(&w);
    const int8_t none[9] = {0};
    const jd_panel_t untreated = {.n = 9, .unit = unit, .time = time, .treated = none};
    assert_int_equal(jd_twfe_weights_find(&w, &untreated, y, &o, &ctx), JD_ERR_NO_TREATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_sum_up_effects),
        cmocka_unit_test(test_the_example_of_the_paper),
        cmocka_unit_test(test_treatment_that_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
